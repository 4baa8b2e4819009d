/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a datagram costs between a CPU and a program, copied in and copied out,
 * in each candidate for a socket's buffer (sockbuf.h): on two threads, and on
 * one that fills and empties in turn; and what an idle buffer keeps of memory.
 *
 * The least of some runs: others run on the machine.  Of two threads it is what
 * both spend together, without waiting, told apart by how far from each other
 * the two CPUs are.
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "../path/duo.h"
#include "base/bytes.h"
#include "base/cycles.h"
#include "sockbuf.h"

static const struct sockbuf_kind *const kinds[] = { &sockbuf_lamport,
	&sockbuf_forward, &sockbuf_chunks, &sockbuf_lists };
static const size_t sizes[] = { 1, 64, 256, 510, 1500 };
static const unsigned batches[] = { 1, 8, 64 };

#define NKINDS countof(kinds)

struct run {
	const struct sockbuf_kind *r_kind;
	void *r_buf;
	size_t r_size;
	unsigned r_batch;
	uint64_t r_n;
	double r_ns; /* a datagram, of all that was done for it */
	double r_put, r_take; /* of two threads: cycles a datagram */
	uint64_t r_sum; /* of first bytes */
};

static uint8_t src[SB_LARGE];
static double cycle_ns;

/* The batch that n of r_n leave. */
static unsigned
batch(const struct run *r, uint64_t n)
{
	return (unsigned)u64min(r->r_batch, r->r_n - n);
}

/*
 * What successful calls take, in groups of GROUP datagrams, of which the median
 * counts: whoever else runs on the machine stops a few of them for long.
 */
#define GROUP  64u
#define GROUPS 4096u

struct groups {
	double g_v[GROUPS]; /* cycles a datagram */
	unsigned g_n;
	uint64_t g_cycles; /* of the group that is not whole */
	unsigned g_done;
};

static void
groups_add(struct groups *g, uint64_t took, uint64_t extra, unsigned n)
{
	g->g_cycles += took > extra ? took - extra : 0;
	g->g_done += n;
	if (g->g_done < GROUP || g->g_n == GROUPS)
		return;
	g->g_v[g->g_n++] = (double)g->g_cycles / g->g_done;
	g->g_cycles = g->g_done = 0;
}

/* Cycles of one reading. */
static uint64_t
reading(void)
{
	uint64_t least = UINT64_MAX, t;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		t = cycles();
		least = u64min(least, cycles() - t);
	}
	return least;
}

static void
produce(void *arg)
{
	struct groups *g = calloc(1, sizeof(*g));
	struct run *r = arg;
	uint64_t n, t, extra = reading();
	unsigned put, spins = 0;
	uint8_t seq = 0;

	if (g == NULL)
		errx(1, "no memory");
	for (n = 0; n < r->r_n; n += put) {
		t = cycles();
		put = r->r_kind->sk_put(
		    r->r_buf, src, r->r_size, batch(r, n), &seq);
		if (put > 0)
			groups_add(g, cycles() - t, extra, put);
		else if (++spins % 256 == 0)
			sched_yield();
	}
	r->r_put = median(g->g_v, g->g_n);
	free(g);
}

static void
consume(void *arg)
{
	struct groups *g = calloc(1, sizeof(*g));
	struct run *r = arg;
	uint64_t n, t, extra = reading();
	unsigned got, spins = 0;
	uint8_t dst[SB_LARGE];

	if (g == NULL)
		errx(1, "no memory");
	for (n = 0; n < r->r_n; n += got) {
		t = cycles();
		got = r->r_kind->sk_take(
		    r->r_buf, dst, r->r_batch, &r->r_sum);
		if (got > 0)
			groups_add(g, cycles() - t, extra, got);
		else if (++spins % 256 == 0)
			sched_yield();
	}
	r->r_take = median(g->g_v, g->g_n);
	free(g);
}

static void
alternate(void *arg)
{
	struct run *r = arg;
	uint64_t n, left, start = bench_cpu_ns();
	uint8_t seq = 0, dst[SB_LARGE];

	for (n = 0; n < r->r_n; n += left) {
		left = r->r_kind->sk_put(
		    r->r_buf, src, r->r_size, batch(r, n), &seq);
		if (r->r_kind->sk_take(r->r_buf, dst, r->r_batch, &r->r_sum) !=
		    left)
			errx(1, "%s: lost", r->r_kind->sk_name);
	}
	r->r_ns = (double)(bench_cpu_ns() - start) / (double)r->r_n;
}

/* Of n datagrams whose first bytes count: nothing lost, doubled or mixed up. */
static void
check(const struct run *r)
{
	uint64_t sum = r->r_n / 256 * (255 * 128), i;

	for (i = 0; i < r->r_n % 256; i++)
		sum += i;
	if (r->r_sum != sum)
		errx(1, "%s: datagrams of %zu bytes are not what they were",
		    r->r_kind->sk_name, r->r_size);
}

static double
measure(struct duo *du, struct run *r, bool two)
{
	if ((r->r_buf = r->r_kind->sk_create()) == NULL)
		errx(1, "no memory");
	r->r_sum = 0;
	if (two)
		duo_run(du, produce, r, consume, r);
	else
		duo_run(du, alternate, r, NULL, NULL);
	check(r);
	r->r_kind->sk_destroy(r->r_buf);
	if (two)
		r->r_ns = (r->r_put + r->r_take) * cycle_ns;
	return r->r_ns;
}

static void
calibrate(void)
{
	uint64_t from = bench_ns(), t = cycles();

	while (bench_ns() - from < 20000000)
		continue;
	cycle_ns = (double)(bench_ns() - from) / (double)(cycles() - t);
}

/* One line: the best of the runs, of two threads at each distance. */
static void
line(struct duo *du, struct run *r, unsigned runs, bool two)
{
	double best[DISTANCES][NKINDS] = { { 0 } }, ns;
	enum distance before, after;
	unsigned i, k, d;

	for (i = 0; i < runs; i++)
		for (k = 0; k < NKINDS; k++) {
			r->r_kind = kinds[k];
			before = two ? duo_distance(du) : NEAR;
			ns = measure(du, r, two);
			after = two ? duo_distance(du) : NEAR;
			if (before == after &&
			    (best[before][k] == 0 || ns < best[before][k]))
				best[before][k] = ns;
		}
	for (d = 0; d < DISTANCES; d++) {
		if (best[d][0] + best[d][1] + best[d][2] + best[d][3] == 0)
			continue;
		printf("%-12s %6zu %6u", two ? distance_names[d] : "one thread",
		    r->r_size, r->r_batch);
		for (k = 0; k < NKINDS; k++)
			if (best[d][k] > 0)
				printf(" %13.1f", best[d][k]);
			else
				printf(" %13s", "-");
		printf("\n");
	}
	fflush(stdout);
}

static void
speeds(struct duo *du, uint64_t n, unsigned runs, bool two)
{
	struct run r = { .r_n = n };
	unsigned i, k;

	for (i = 0; i < countof(sizes); i++)
		for (k = 0; k < countof(batches); k++) {
			r.r_size = sizes[i];
			r.r_batch = batches[k];
			line(du, &r, runs, two);
		}
}

/* Bytes kept: by 64 datagrams, then empty, then after the buffer was full. */
static void
memory(void)
{
	uint8_t seq = 0, dst[SB_LARGE];
	size_t some, idle, full;
	uint64_t sum;
	unsigned k;
	void *buf;

	printf("\n%-12s %16s %16s %16s\n", "bytes held", "64 of 64 bytes",
	    "taken", "filled, taken");
	for (k = 0; k < NKINDS; k++) {
		if ((buf = kinds[k]->sk_create()) == NULL)
			errx(1, "no memory");
		kinds[k]->sk_put(buf, src, 64, 64, &seq);
		some = kinds[k]->sk_held(buf);
		while (kinds[k]->sk_take(buf, dst, 64, &sum) > 0)
			continue;
		idle = kinds[k]->sk_held(buf);
		while (kinds[k]->sk_put(buf, src, 1500, 64, &seq) == 64)
			continue;
		while (kinds[k]->sk_take(buf, dst, 64, &sum) > 0)
			continue;
		full = kinds[k]->sk_held(buf);
		printf("%-12s %16zu %16zu %16zu\n", kinds[k]->sk_name, some,
		    idle, full);
		kinds[k]->sk_destroy(buf);
	}
}

int
main(int argc, char **argv)
{
	uint64_t n = 20000;
	unsigned runs = 9, k;
	struct duo *du;
	int ch;

	while ((ch = getopt(argc, argv, "n:r:")) != -1)
		switch (ch) {
		case 'n':
			n = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			runs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			errx(1, "usage: sockbuf_perf [-n datagrams] [-r runs]");
		}
	calibrate();
	du = duo_create();
	printf("ns a datagram %6s %6s", "bytes", "batch");
	for (k = 0; k < NKINDS; k++)
		printf(" %13s", kinds[k]->sk_name);
	printf("\n");
	speeds(du, n, runs, false);
	speeds(du, n, runs, true);
	duo_destroy(du);
	memory();
	return 0;
}
