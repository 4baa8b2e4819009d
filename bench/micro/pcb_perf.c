/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to find an end point among a thousand to a million, connected
 * or bound, hot (always the same few) and cold (any); and the bytes that one
 * takes in the stack while it is idle.
 *
 * usage: pcb [-n end points at most] [-l look-ups]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "base/random.h"
#include "netisr/in_pcb.h"
#include "udp/udp_pcb.h"

#define BUCKETS 128 /* that the connected are spread over */
#define CPUS	2 /* entries of one that is bound */
#define HOT	64

static const struct in_seed seed = { { 11, 22, 33, 44 } };

struct ends {
	struct udpcb *en_pcb;
	struct in_here *en_here;
	struct in_table en_conn[BUCKETS];
	struct in_bound en_bound;
	unsigned en_n;
};

/* The peer, and the port, of end point i. */
static struct in_key
key(unsigned i, bool connected)
{
	struct in_key ik = { .ik_laddr = in6_mapped(0x0a000001 + i / 50000),
		.ik_lport = (uint16_t)(1024 + i % 50000),
		.ik_plen = IN_PLEN_MAX };

	if (connected) {
		ik.ik_faddr = in6_mapped(0xc0000200 + i / 7);
		ik.ik_fport = (uint16_t)(1 + i % 7);
	}
	return ik;
}

static void
grow(struct in_table *t)
{
	uint32_t n = in_table_wants(t);
	struct in_node **slot;

	if (n == 0)
		return;
	if ((slot = calloc(n, sizeof(*slot))) == NULL)
		errx(1, "no memory");
	in_table_grow(t, slot, n);
}

static void
fill(struct ends *en, unsigned n, bool connected)
{
	struct in_table *t;
	struct inpcb *inp;
	unsigned i;

	for (i = 0; i < n; i++) {
		inp = &en->en_pcb[i].ucb_inp;
		*inp = (struct inpcb){ .inp_key = key(i, connected),
			.inp_id = i, .inp_bucket = INP_ANYBUCKET };
		if (connected) {
			t = &en->en_conn[i % BUCKETS];
			free(in_table_insert(t, &inp->inp_node,
			    in_key_hash(&inp->inp_key, seed.is_seed),
			    in_conn_hash, &seed));
		} else {
			t = &en->en_bound.ib_table;
			en->en_here[i] = (struct in_here){ .ih_inp = inp };
			free(in_bound_insert(
			    &en->en_bound, &en->en_here[i], &seed));
		}
		grow(t);
	}
	en->en_n = n;
}

static void
empty(struct ends *en)
{
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		in_table_fini(&en->en_conn[i]);
		in_table_init(&en->en_conn[i]);
	}
	in_bound_fini(&en->en_bound);
	if (in_bound_init(&en->en_bound) != 0)
		errx(1, "no memory");
}

static bool
find(struct ends *en, unsigned i, bool connected)
{
	struct in_key ik = key(i, true);
	uint64_t h;

	if (connected) {
		h = in_key_hash(&ik, seed.is_seed);
		return in_conn_lookup(&en->en_conn[i % BUCKETS], &ik, h) ==
		    &en->en_pcb[i].ucb_inp;
	}
	return in_bound_lookup(&en->en_bound, &seed, &ik, 0, i) ==
	    &en->en_here[i];
}

static double
look(struct ends *en, bool connected, unsigned among, uint64_t times)
{
	uint64_t k, began;
	struct rnd rnd;

	rnd_seed(&rnd, 5);
	began = bench_cpu_ns();
	for (k = 0; k < times; k++)
		if (!find(en, (unsigned)rnd_below(&rnd, among), connected))
			errx(1, "an end point is not found");
	return (double)(bench_cpu_ns() - began) / (double)times;
}

static double
slots(struct ends *en, bool connected)
{
	size_t sum = 0;
	unsigned i;

	if (!connected)
		return CPUS *
		    (double)in_table_bytes(&en->en_bound.ib_table) / en->en_n;
	for (i = 0; i < BUCKETS; i++)
		sum += in_table_bytes(&en->en_conn[i]);
	return (double)sum / en->en_n;
}

static void
report(struct ends *en, unsigned n, bool connected, uint64_t times)
{
	double bytes = sizeof(struct udpcb), hot, cold;

	fill(en, n, connected);
	hot = look(en, connected, HOT, times);
	cold = look(en, connected, n, times);
	if (!connected)
		bytes += CPUS * sizeof(struct in_here);
	bytes += slots(en, connected);
	printf("  %-10s %8u %9.1f ns hot %8.1f ns any %7.1f bytes each\n",
	    connected ? "connected" : "bound", n, hot, cold, bytes);
	empty(en);
}

int
main(int argc, char **argv)
{
	static struct ends en;
	uint64_t times = 2000000;
	unsigned most = 1000000, n, i;
	int ch;

	while ((ch = getopt(argc, argv, "l:n:")) != -1)
		if (ch == 'n')
			most = (unsigned)strtoul(optarg, NULL, 10);
		else if (ch == 'l')
			times = strtoull(optarg, NULL, 10);
		else
			errx(2, "usage: pcb [-n end points] [-l look-ups]");
	en.en_pcb = calloc(most, sizeof(*en.en_pcb));
	en.en_here = calloc(most, sizeof(*en.en_here));
	if (en.en_pcb == NULL || en.en_here == NULL ||
	    in_bound_init(&en.en_bound) != 0)
		errx(1, "no memory");
	for (i = 0; i < BUCKETS; i++)
		in_table_init(&en.en_conn[i]);
	printf("end points of UDP, %d CPUs; with the making of a key\n", CPUS);
	for (i = 0; i < 2; i++)
		for (n = 1000; n <= most; n *= 10)
			report(&en, n, i == 0, times);
	in_bound_fini(&en.en_bound);
	free(en.en_pcb);
	free(en.en_here);
	return 0;
}
