/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tester's receiver costs for each packet.
 *
 *	check_perf [batches]
 *
 * Frames of 64 bytes, UDP over IPv4, in batches of 2048 that lie in the cache,
 * as a device leaves them: told apart with all checksums (classify), counted
 * against what was expected with latency and jitter (check), and both, in
 * bursts of 32.  The flows follow each other, so with a million each packet
 * finds its flow's line out of the cache.  "reorder" is both, with every
 * fourth packet two places late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cycles.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "gen/check.h"
#include "gen/classify.h"
#include "gen/sig.h"
#include "mbuf/in_cksum.h"

enum { BATCH = 2048, FRAME = 60, STRIDE = 256, KEY = 0x1234 };

struct bench {
	uint8_t *b_mem; /* BATCH frames, STRIDE apart */
	struct mbuf *b_m; /* their headers */
	struct mbuf *b_mv[BATCH];
	struct check_rec b_rec[BATCH];
	struct checker *b_ck;
	uint32_t b_flows;
	uint64_t b_at; /* packets so far */
	unsigned b_batches;
};

/* What is measured. */
struct cost {
	double c_ns;
	double c_cycles;
};

static const struct classify_keys keys = { KEY, { 0x4321, 0x5432 } };

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
build(uint8_t *p)
{
	static const uint8_t head[42] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8,
		0, 0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1,
		192, 0, 2, 2, 0xc0, 0, 0, 9, 0, 26, 0, 0 };
	struct sig sg = { 0, 0, 0 };
	uint64_t sum;

	memcpy(p, head, sizeof(head));
	sig_write(p + FRAME - SIG_LEN, KEY, &sg);
	st16be(p + 24, in_cksum(p + 14, 20));
	sum = in_cksum_add(p + 34, 26, 17 + 26);
	st16be(p + 40, in_cksum_fold(in_cksum_add(p + 26, 8, sum)));
}

/* The next packets of all flows in turn; late ones two places behind. */
static void
fill(struct bench *b, bool reorder)
{
	unsigned i;

	for (i = 0; i < BATCH; i++) {
		uint64_t n = b->b_at + i;
		struct sig sg;

		if (reorder && i % 4 != 3)
			n = n - i % 4 + (i + 1) % 3;
		sg.sg_flow = (uint32_t)(n % b->b_flows);
		sg.sg_seq = (uint32_t)(n / b->b_flows);
		sg.sg_ts = n * 100;
		sig_write(b->b_mv[i]->m_data + FRAME - SIG_LEN, KEY, &sg);
		b->b_rec[i] = (struct check_rec){ sg.sg_flow, sg.sg_seq,
			sg.sg_ts, n * 100 + 5000 + n % 64, 64, i };
	}
	b->b_at += BATCH;
}

static void
classify_only(struct bench *b)
{
	struct check_rec cr[CHECK_BURST];
	uint8_t why[CHECK_BURST];
	unsigned i;

	for (i = 0; i < BATCH; i += CHECK_BURST)
		if (classify_burst(&keys, b->b_mv + i, CHECK_BURST, i, why,
			cr) != CHECK_BURST)
			panic("a packet was not known");
}

static void
check_only(struct bench *b)
{
	unsigned i;

	for (i = 0; i < BATCH; i += CHECK_BURST)
		if (check_burst(b->b_ck, b->b_rec + i, CHECK_BURST) !=
		    CHECK_BURST)
			panic("a flow was not known");
}

static void
both(struct bench *b)
{
	struct check_rec cr[CHECK_BURST];
	uint8_t why[CHECK_BURST];
	unsigned i, n;

	for (i = 0; i < BATCH; i += CHECK_BURST) {
		n = classify_burst(&keys, b->b_mv + i, CHECK_BURST,
		    (b->b_at + i) * 100 + 5000, why, cr);
		check_burst(b->b_ck, cr, n);
	}
}

/* The median batch, so that others on the machine do not count. */
static int
ascending(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static struct cost
measure(struct bench *b, void (*run)(struct bench *), bool reorder)
{
	uint64_t *c = calloc(b->b_batches, sizeof(*c));
	uint64_t ns = 0, total = 0;
	struct cost cost;
	unsigned i;

	if (c == NULL)
		panic("out of memory");
	for (i = 0; i < b->b_batches; i++) {
		uint64_t start;

		fill(b, reorder);
		start = now_ns();
		c[i] = cycles();
		run(b);
		c[i] = cycles() - c[i];
		ns += now_ns() - start;
		total += c[i];
	}
	qsort(c, b->b_batches, sizeof(*c), ascending);
	cost.c_cycles = (double)c[b->b_batches / 2] / BATCH;
	cost.c_ns = cost.c_cycles * (double)ns / (double)total;
	free(c);
	return cost;
}

static void
with_flows(struct bench *b, uint32_t flows)
{
	const struct check_stream stream = { flows, 0 };
	struct check_conf cc = { .cc_stream = &stream, .cc_nstreams = 1 };
	struct cost c[4];
	unsigned i;

	b->b_flows = flows;
	b->b_at = 0;
	if (checker_create(&cc, &b->b_ck) != 0)
		panic("out of memory");
	c[0] = measure(b, classify_only, false);
	c[1] = measure(b, check_only, false);
	c[2] = measure(b, both, false);
	c[3] = measure(b, both, true);
	printf("%8u %7u", flows, checker_window(b->b_ck));
	for (i = 0; i < countof(c); i++)
		printf("  %6.1f %6.1f", c[i].c_cycles, c[i].c_ns);
	printf("\n");
	checker_destroy(b->b_ck);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	unsigned i;

	b.b_batches = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;
	if (b.b_batches == 0) {
		fprintf(stderr, "usage: check_perf [batches]\n");
		return 2;
	}
	b.b_mem = lines_alloc(BATCH, STRIDE);
	b.b_m = lines_alloc(BATCH, sizeof(*b.b_m));
	if (b.b_mem == NULL || b.b_m == NULL)
		panic("out of memory");
	for (i = 0; i < BATCH; i++) {
		b.b_mv[i] = &b.b_m[i];
		b.b_m[i].m_data = b.b_mem + (size_t)i * STRIDE;
		b.b_m[i].m_len = b.b_m[i].m_pktlen = FRAME;
		build(b.b_m[i].m_data);
	}
	printf("                  classify       check          both"
	       "           reorder\n");
	printf("   flows  window  cycles     ns  cycles     ns  cycles     ns"
	       "  cycles     ns\n");
	with_flows(&b, 1);
	with_flows(&b, 1000);
	with_flows(&b, 30000);
	with_flows(&b, 1000000);
	free(b.b_mem);
	free(b.b_m);
	return 0;
}
