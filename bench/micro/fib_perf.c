/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookups per second in the compiled forwarding tables, and changes per second.
 *
 *	fib_perf [-n lookups] [-c changes] [routes]
 *
 * A table like the Internet's: so many routes of IPv4 (1,000,000 unless told)
 * and a quarter of that of IPv6, over NHOPS next hops.  "hot" asks for the same
 * 256 addresses again and again, "random" for a million different ones in
 * random routes.  Changes: a route is withdrawn and comes back by another next
 * hop; each change is published by itself, or with PUBLISH others.  Then the
 * same table beside DPDK's (fib_peers.h), if this was built with libdpdk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../bench.h"
#include "bgp.h"
#ifdef BENCH_DPDK
#include "fib_peers.h"
#endif

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/random.h"
#include "base/tsa.h"
#include "cpu/qsbr.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/rib.h"

#define NDST  (1u << 20)
#define NHOT  256u
#define BATCH 128u
#define NHOPS 500u

#define PUBLISH 1000u
#define TRIALS	5

struct bench {
	struct rnd b_rnd;
	struct rib *b_rib;
	unsigned b_n4; /* routes */
	unsigned b_n6;
	struct bgp_route *b_r4;
	struct bgp_route *b_r6;
	struct qsbr b_qsbr; /* of no CPU: grace is at once */
	unsigned b_lookups; /* in a trial */
	unsigned b_changes; /* in a trial */
	unsigned b_compiles;
	double b_loaded[2]; /* ms: IPv4, IPv6 routes into the RIB */
	double b_ribmb[2];
	double b_memory; /* MB of both tables */
	uint32_t b_sink; /* sum of some results */
	uint32_t *b_v4; /* NDST destinations */
	struct in6 *b_v6; /* NDST destinations */
};

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *
must_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		panic("out of memory");
	return p;
}

static void
rib_change(struct bench *b, const struct bgp_route *br, bool add)
{
	struct rib_entry re = { .re_proto = RP_STATIC,
		.re_nhop = br->br_nhop };
	int error;

	role_enter(&on_ctl);
	error = add ? rib_add(b->b_rib, &br->br_prefix, &re) :
	    rib_delete(b->b_rib, &br->br_prefix, &re);
	if (error != 0)
		panic("rib: %s", strerror(error));
}

static void
load(struct bench *b, bool six, const struct bgp_route *br, unsigned n)
{
	size_t had = rib_memory(b->b_rib);
	double t = seconds();
	unsigned i;

	for (i = 0; i < n; i++)
		rib_change(b, &br[i], true);
	b->b_loaded[six] = (seconds() - t) * 1e3;
	b->b_ribmb[six] = (double)(rib_memory(b->b_rib) - had) / 1e6;
	printf("IPv%u: %u routes into the RIB in %.0f ms\n", six ? 6 : 4, n,
	    b->b_loaded[six]);
}

static void
fill(struct bench *b)
{
	struct rnd *rnd = &b->b_rnd;
	unsigned i;

	b->b_r4 = bgp_make(ADDR_V4, b->b_n4, NHOPS, rnd);
	b->b_r6 = bgp_make(ADDR_V6, b->b_n6, NHOPS, rnd);
	load(b, false, b->b_r4, b->b_n4);
	load(b, true, b->b_r6, b->b_n6);
	for (i = 0; i < NDST; i++) {
		const struct bgp_route *r4 = b->b_r4 + rnd_below(rnd, b->b_n4);
		const struct bgp_route *r6 = b->b_r6 + rnd_below(rnd, b->b_n6);

		b->b_v4[i] = bgp_host(&r4->br_prefix, rnd).a_v4;
		b->b_v6[i] = bgp_host(&r6->br_prefix, rnd).a_v6;
	}
}

static void
run4(struct bench *b, const void *fib, unsigned at)
{
	uint32_t nh[BATCH];

	fib4_lookup_vec(fib, b->b_v4 + at, nh, BATCH);
	b->b_sink += nh[0];
}

static void
run6(struct bench *b, const void *fib, unsigned at)
{
	uint32_t nh[BATCH];

	fib6_lookup_vec(fib, b->b_v6 + at, nh, BATCH);
	b->b_sink += nh[0];
}

/* One address after the other, each waiting for the one before. */
static void
chain4(struct bench *b, const void *fib, unsigned at)
{
	uint32_t nh = 0;
	unsigned i;

	for (i = 0; i < BATCH; i++)
		nh = fib4_lookup(fib, b->b_v4[at + i] ^ (nh & 1));
	b->b_sink += nh;
}

static void
chain6(struct bench *b, const void *fib, unsigned at)
{
	struct in6 dst;
	uint32_t nh = 0;
	unsigned i;

	for (i = 0; i < BATCH; i++) {
		dst = b->b_v6[at + i];
		dst.i6_lo ^= nh & 1;
		nh = fib6_lookup(fib, &dst);
	}
	b->b_sink += nh;
}

/* Million lookups per second over the first n destinations, in rounds. */
static struct bench_figure
trials(struct bench *b, const void *fib, unsigned n,
    void (*run)(struct bench *, const void *, unsigned))
{
	double rate[TRIALS];
	unsigned trial, i;

	for (trial = 0; trial < TRIALS; trial++) {
		double t = seconds();

		for (i = 0; i < b->b_lookups; i += BATCH)
			run(b, fib, i % n);
		rate[trial] = b->b_lookups / (seconds() - t) / 1e6;
	}
	return bench_figure(rate, TRIALS);
}

/* The best of them. */
static double
measure(struct bench *b, const void *fib, unsigned n,
    void (*run)(struct bench *, const void *, unsigned))
{
	return trials(b, fib, n, run).bf_max;
}

/* A line of the table of all benchmarks. */
static void
goal(const char *what, const char *unit, struct bench_figure is,
    enum bench_goal goalis, double number)
{
	bench_row(&(struct bench_row){ .br_bench = "micro/fib",
		.br_what = what, .br_unit = unit, .br_spate = is,
		.br_goalis = goalis, .br_goal = number });
}

static struct bench_figure
once(double v)
{
	return bench_figure(&v, 1);
}

/* Publishes what was marked; the table that readers see from then on. */
static struct fib4 *
publish4(struct bench *b, struct fib4 *f)
{
	struct fib4 *new;

	role_enter(&on_ctl);
	if (fib4_update(f, b->b_rib, &b->b_qsbr) != 0) {
		if (fib4_compile(b->b_rib, &new) != 0)
			panic("fib4_compile failed");
		b->b_compiles++;
		fib4_retire(f, &b->b_qsbr);
		f = new;
	}
	qsbr_reclaim(&b->b_qsbr);
	return f;
}

static struct fib6 *
publish6(struct bench *b, struct fib6 *f)
{
	struct fib6 *new;

	role_enter(&on_ctl);
	if (fib6_update(f, b->b_rib, &b->b_qsbr) != 0) {
		if (fib6_compile(b->b_rib, &new) != 0)
			panic("fib6_compile failed");
		b->b_compiles++;
		fib6_retire(f, &b->b_qsbr);
		f = new;
	}
	qsbr_reclaim(&b->b_qsbr);
	return f;
}

static void
mark(struct fib4 *f4, struct fib6 *f6, const struct prefix *p)
{
	role_enter(&on_ctl);
	if (p->p_addr.a_family == ADDR_V4)
		fib4_mark(f4, p);
	else
		fib6_mark(f6, p);
}

/*
 * Changes random routes, every with-th time publishing what changed; thousands
 * a second.
 */
static double
churn(struct bench *b, struct fib4 **f4, struct fib6 **f6, unsigned with)
{
	struct bgp_route *all = f4 != NULL ? b->b_r4 : b->b_r6;
	unsigned n = f4 != NULL ? b->b_n4 : b->b_n6, i;
	double t = seconds();

	b->b_compiles = 0;
	for (i = 1; i <= b->b_changes; i++) {
		struct bgp_route *br = all + rnd_below(&b->b_rnd, n);

		rib_change(b, br, false);
		br->br_nhop = 1 + br->br_nhop % NHOPS;
		rib_change(b, br, true);
		mark(f4 != NULL ? *f4 : NULL, f6 != NULL ? *f6 : NULL,
		    &br->br_prefix);
		if (i % with != 0 && i < b->b_changes)
			continue;
		if (f4 != NULL)
			*f4 = publish4(b, *f4);
		else
			*f6 = publish6(b, *f6);
	}
	t = seconds() - t;
	printf("%s: %.0f thousand changes a second, published by %u; compiled "
	    "anew %u times\n", f4 != NULL ? "IPv4" : "IPv6",
	    b->b_changes / t / 1e3, with, b->b_compiles);
	return b->b_changes / t / 1e3;
}

#ifdef BENCH_DPDK
struct beside {
	struct bench *be_b;
	const void *be_fib;
};

static void
beside_run4(void *arg, unsigned at)
{
	struct beside *be = arg;

	run4(be->be_b, be->be_fib, at);
}

static void
beside_run6(void *arg, unsigned at)
{
	struct beside *be = arg;

	run6(be->be_b, be->be_fib, at);
}

static uint32_t
beside_lookup4(void *arg, unsigned key)
{
	struct beside *be = arg;

	return fib4_lookup(be->be_fib, be->be_b->b_v4[key]);
}

static uint32_t
beside_lookup6(void *arg, unsigned key)
{
	struct beside *be = arg;

	return fib6_lookup(be->be_fib, &be->be_b->b_v6[key]);
}
#endif

/* DPDK's tables of the same routes; ms: of compiling ours. */
static void
beside(struct bench *b, const void *fib, bool six, double ms, double changed)
{
#ifdef BENCH_DPDK
	struct beside be = { b, fib };
	double mb = (double)(six ? fib6_memory(fib) : fib4_memory(fib)) / 1e6;

	fib_peers(&(struct fib_side){ .fs_family = six ? ADDR_V6 : ADDR_V4,
		.fs_routes = six ? b->b_r6 : b->b_r4,
		.fs_n = six ? b->b_n6 : b->b_n4,
		.fs_keys = six ? (const void *)b->b_v6 : b->b_v4,
		.fs_nkeys = NDST, .fs_nhot = NHOT, .fs_lookups = b->b_lookups,
		.fs_changes = b->b_changes,
		.fs_run = six ? beside_run6 : beside_run4,
		.fs_lookup = six ? beside_lookup6 : beside_lookup4,
		.fs_arg = &be, .fs_memory = mb,
		.fs_whole = mb + b->b_ribmb[six],
		.fs_built = b->b_loaded[six] + ms, .fs_changed = changed });
#else
	(void)fib, (void)ms, (void)changed;
	printf("DPDK's tables are left out: built without libdpdk (package "
	       "libdpdk-dev)\n");
	bench_absent("micro/fib", six ? "IPv6" : "IPv4", "DPDK",
	    "built without libdpdk");
	(void)b;
#endif
}

static void
bench4(struct bench *b)
{
	struct fib4 *f;
	double t = seconds(), changed;

	if (fib4_compile(b->b_rib, &f) != 0)
		panic("fib4_compile failed");
	t = seconds() - t;
	printf("IPv4 %8zu %8u %6.2f %7.2f %8.1f %8.1f %8.1f %8.1f\n",
	    rib_count(b->b_rib, ADDR_V4), f->f4_nranges,
	    (double)fib4_memory(f) / 1e6, t * 1e3, measure(b, f, NHOT, run4),
	    measure(b, f, NDST, run4), measure(b, f, NHOT, chain4),
	    measure(b, f, NDST, chain4));
	b->b_memory += (double)fib4_memory(f) / 1e6;
	goal("IPv4, random", "M lookups/s", trials(b, f, NDST, run4),
	    BENCH_AT_LEAST, 100);
	changed = churn(b, &f, NULL, 1);
	goal("IPv4, changes one by one", "thousand/s", once(changed),
	    BENCH_AT_LEAST, 100);
	churn(b, &f, NULL, PUBLISH);
	printf("after that %.2f MB, %.1f M/s random\n",
	    (double)fib4_memory(f) / 1e6, measure(b, f, NDST, run4));
	goal("IPv4, from routes to table", "s",
	    once((b->b_loaded[0] / 1e3 + t)), BENCH_AT_MOST, 1);
	beside(b, f, false, t * 1e3, changed);
	fib4_free(f);
}

static void
bench6(struct bench *b)
{
	struct fib6 *f;
	double t = seconds(), changed;

	if (fib6_compile(b->b_rib, &f) != 0)
		panic("fib6_compile failed");
	t = seconds() - t;
	printf("IPv6 %8zu %8u %6.2f %7.2f %8.1f %8.1f %8.1f %8.1f\n",
	    rib_count(b->b_rib, ADDR_V6), f->f6_nranges,
	    (double)fib6_memory(f) / 1e6, t * 1e3, measure(b, f, NHOT, run6),
	    measure(b, f, NDST, run6), measure(b, f, NHOT, chain6),
	    measure(b, f, NDST, chain6));
	b->b_memory += (double)fib6_memory(f) / 1e6;
	goal("IPv6, random", "M lookups/s", trials(b, f, NDST, run6),
	    BENCH_AT_LEAST, 50);
	changed = churn(b, NULL, &f, 1);
	goal("IPv6, changes one by one", "thousand/s", once(changed),
	    BENCH_AT_LEAST, 100);
	churn(b, NULL, &f, PUBLISH);
	printf("after that %.2f MB, %.1f M/s random\n",
	    (double)fib6_memory(f) / 1e6, measure(b, f, NDST, run6));
	goal("IPv6, from routes to table", "s",
	    once((b->b_loaded[1] / 1e3 + t)), BENCH_AT_MOST, 1);
	beside(b, f, true, t * 1e3, changed);
	fib6_free(f);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: fib_perf [-n lookups] [-c changes] [routes]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	struct bench b = { .b_n4 = 1000000, .b_lookups = 2 * NDST,
		.b_changes = 50000 };
	int ch;

	while ((ch = getopt(argc, argv, "c:n:")) != -1)
		if (ch == 'c')
			b.b_changes = (unsigned)strtoul(optarg, NULL, 10);
		else if (ch == 'n')
			b.b_lookups = (unsigned)strtoul(optarg, NULL, 10);
		else
			usage();
	if (optind < argc)
		b.b_n4 = (unsigned)strtoul(argv[optind], NULL, 10);
	b.b_n6 = b.b_n4 / 4;
	b.b_lookups -= b.b_lookups % BATCH;
	if (b.b_n6 == 0 || b.b_changes == 0 || b.b_lookups == 0)
		usage();
	rnd_seed(&b.b_rnd, 1);
	b.b_v4 = must_alloc(NDST, sizeof(*b.b_v4));
	b.b_v6 = must_alloc(NDST, sizeof(*b.b_v6));
	if (rib_create(&b.b_rib) != 0 || qsbr_init(&b.b_qsbr, 0, false) != 0)
		panic("out of memory");
	fill(&b);
	printf("                                      vector, M/s      "
	       " one by one, M/s\n");
	printf("       routes   ranges     MB      ms      hot   random"
	       "      hot   random\n");
	bench4(&b);
	bench6(&b);
	goal("IPv4 and IPv6 tables", "MB", once(b.b_memory), BENCH_AT_MOST,
	    12);
	rib_destroy(b.b_rib);
	free(b.b_v4);
	free(b.b_v6);
	free(b.b_r4);
	free(b.b_r6);
	qsbr_drain(&b.b_qsbr);
	qsbr_fini(&b.b_qsbr);
	return b.b_sink ==
	    1; /* the sink must be used, its value does not matter */
}
