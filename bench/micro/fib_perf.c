/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookups per second in the compiled forwarding tables, and changes per second.
 *
 *	fib_perf [routes]
 *
 * A table like the Internet's: so many routes of IPv4 (1,000,000 unless told)
 * and a quarter of that of IPv6, over NHOPS next hops.  "hot" asks for the same
 * 256 addresses again and again, "random" for a million different ones in
 * random routes.  Changes: a route is withdrawn and comes back by another next
 * hop; each change is published by itself, or with PUBLISH others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp.h"

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

#define CHANGES 50000u
#define PUBLISH 1000u

struct bench {
	struct rnd b_rnd;
	struct rib *b_rib;
	unsigned b_n4; /* routes */
	unsigned b_n6;
	struct bgp_route *b_r4;
	struct bgp_route *b_r6;
	struct qsbr b_qsbr; /* of no CPU: grace is at once */
	unsigned b_compiles;
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
load(struct bench *b, const char *name, const struct bgp_route *br, unsigned n)
{
	double t = seconds();
	unsigned i;

	for (i = 0; i < n; i++)
		rib_change(b, &br[i], true);
	printf("%s: %u routes into the RIB in %.0f ms\n", name, n,
	    (seconds() - t) * 1e3);
}

static void
fill(struct bench *b)
{
	struct rnd *rnd = &b->b_rnd;
	unsigned i;

	b->b_r4 = bgp_make(ADDR_V4, b->b_n4, NHOPS, rnd);
	b->b_r6 = bgp_make(ADDR_V6, b->b_n6, NHOPS, rnd);
	load(b, "IPv4", b->b_r4, b->b_n4);
	load(b, "IPv6", b->b_r6, b->b_n6);
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
static double
measure(struct bench *b, const void *fib, unsigned n,
    void (*run)(struct bench *, const void *, unsigned))
{
	double best = 0;
	unsigned trial, i;

	for (trial = 0; trial < 5; trial++) {
		double t = seconds();
		double rate;

		for (i = 0; i < 2 * NDST; i += BATCH)
			run(b, fib, i % n);
		rate = 2 * NDST / (seconds() - t) / 1e6;
		best = rate > best ? rate : best;
	}
	return best;
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

/* Changes random routes, every with-th time publishing what changed. */
static void
churn(struct bench *b, struct fib4 **f4, struct fib6 **f6, unsigned with)
{
	struct bgp_route *all = f4 != NULL ? b->b_r4 : b->b_r6;
	unsigned n = f4 != NULL ? b->b_n4 : b->b_n6, i;
	double t = seconds();

	b->b_compiles = 0;
	for (i = 1; i <= CHANGES; i++) {
		struct bgp_route *br = all + rnd_below(&b->b_rnd, n);

		rib_change(b, br, false);
		br->br_nhop = 1 + br->br_nhop % NHOPS;
		rib_change(b, br, true);
		mark(f4 != NULL ? *f4 : NULL, f6 != NULL ? *f6 : NULL,
		    &br->br_prefix);
		if (i % with == 0 && f4 != NULL)
			*f4 = publish4(b, *f4);
		else if (i % with == 0)
			*f6 = publish6(b, *f6);
	}
	t = seconds() - t;
	printf("%s: %.0f thousand changes a second, published by %u; compiled "
	    "anew %u times\n", f4 != NULL ? "IPv4" : "IPv6",
	    CHANGES / t / 1e3, with, b->b_compiles);
}

static void
bench4(struct bench *b)
{
	struct fib4 *f;
	double t = seconds();

	if (fib4_compile(b->b_rib, &f) != 0)
		panic("fib4_compile failed");
	t = seconds() - t;
	printf("IPv4 %8zu %8u %6.2f %7.2f %8.1f %8.1f %8.1f %8.1f\n",
	    rib_count(b->b_rib, ADDR_V4), f->f4_nranges,
	    (double)fib4_memory(f) / 1e6, t * 1e3, measure(b, f, NHOT, run4),
	    measure(b, f, NDST, run4), measure(b, f, NHOT, chain4),
	    measure(b, f, NDST, chain4));
	churn(b, &f, NULL, 1);
	churn(b, &f, NULL, PUBLISH);
	printf("after that %.2f MB, %.1f M/s random\n",
	    (double)fib4_memory(f) / 1e6, measure(b, f, NDST, run4));
	fib4_free(f);
}

static void
bench6(struct bench *b)
{
	struct fib6 *f;
	double t = seconds();

	if (fib6_compile(b->b_rib, &f) != 0)
		panic("fib6_compile failed");
	t = seconds() - t;
	printf("IPv6 %8zu %8u %6.2f %7.2f %8.1f %8.1f %8.1f %8.1f\n",
	    rib_count(b->b_rib, ADDR_V6), f->f6_nranges,
	    (double)fib6_memory(f) / 1e6, t * 1e3, measure(b, f, NHOT, run6),
	    measure(b, f, NDST, run6), measure(b, f, NHOT, chain6),
	    measure(b, f, NDST, chain6));
	churn(b, NULL, &f, 1);
	churn(b, NULL, &f, PUBLISH);
	printf("after that %.2f MB, %.1f M/s random\n",
	    (double)fib6_memory(f) / 1e6, measure(b, f, NDST, run6));
	fib6_free(f);
}

int
main(int argc, char **argv)
{
	struct bench b = { .b_n4 = 1000000 };

	if (argc > 1)
		b.b_n4 = (unsigned)strtoul(argv[1], NULL, 10);
	b.b_n6 = b.b_n4 / 4;
	if (b.b_n6 == 0) {
		fprintf(stderr, "usage: fib_perf [routes]\n");
		return 2;
	}
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
