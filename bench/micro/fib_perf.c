/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookups per second in the compiled forwarding tables.
 *
 *	fib_perf [routes]
 *
 * Random routes (100,000 unless told), lengths spread roughly as on the
 * Internet; random destinations inside of them.  "hot" asks for the same 256
 * addresses again and again, "random" for a million different ones.  Prints a
 * line for each family, and how long compiling took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/random.h"
#include "base/tsa.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/rib.h"

#define NDST  (1u << 20)
#define NHOT  256u
#define BATCH 128u

struct bench {
	struct rnd b_rnd;
	struct rib *b_rib;
	unsigned b_routes;
	uint32_t b_sink; /* sum of some results */
	uint32_t *b_v4; /* NDST destinations */
	struct in6 *b_v6; /* NDST destinations */
};

/* Out of 16 routes; more than half of the Internet's IPv4 routes are /24. */
static const uint8_t lens4[16] = { 14, 16, 18, 19, 20, 21, 22, 22, 22, 23, 24,
	24, 24, 24, 24, 24 };
static const uint8_t lens6[16] = { 29, 32, 32, 32, 36, 40, 40, 44, 44, 46, 47,
	48, 48, 48, 48, 48 };

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
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

/* As registries hand them out: 2000 blocks of /24 to /32, filled inside. */
static struct in6
random_v6(struct rnd *rnd)
{
	uint64_t block = rnd_below(rnd, 2000) * UINT64_C(0x9e3779b97f4a7c15);

	return (struct in6){ UINT64_C(1) << 61 | (block & 0x0fffff00) << 32 |
		    (rnd_u64(rnd) & UINT64_C(0xffffffffff)),
		rnd_u64(rnd) };
}

static void
add_route(struct bench *b, struct addr a, unsigned len)
{
	struct prefix p = { .p_addr = a, .p_len = (uint8_t)len };
	struct rib_entry re = { .re_proto = RP_STATIC,
		.re_nhop = 1 + (uint32_t)rnd_below(&b->b_rnd, 250) };

	role_enter(&on_ctl);
	(void)rib_add(b->b_rib, &p, &re);
}

/* Routes of both families, and destinations of which most have a route. */
static void
fill(struct bench *b)
{
	unsigned i;

	for (i = 0; i < b->b_routes; i++) {
		uint32_t v4 = (uint32_t)rnd_u64(&b->b_rnd);
		struct in6 v6 = random_v6(&b->b_rnd);

		add_route(b, addr_v4(v4), lens4[rnd_below(&b->b_rnd, 16)]);
		add_route(b, addr_v6(v6), lens6[rnd_below(&b->b_rnd, 16)]);
		if (i >= NDST)
			continue;
		b->b_v4[i] = v4;
		b->b_v6[i] = v6;
	}
	for (; i < NDST; i++) {
		unsigned from = (unsigned)rnd_below(&b->b_rnd, b->b_routes);

		b->b_v4[i] =
		    b->b_v4[from] ^ (uint32_t)rnd_below(&b->b_rnd, 256);
		b->b_v6[i] = b->b_v6[from];
		b->b_v6[i].i6_lo = rnd_u64(&b->b_rnd);
	}
	/* Neighbours must not be in the order of the routes. */
	for (i = NDST - 1; i > 0; i--) {
		unsigned j = (unsigned)rnd_below(&b->b_rnd, i + 1);
		uint32_t v4 = b->b_v4[i];
		struct in6 v6 = b->b_v6[i];

		b->b_v4[i] = b->b_v4[j];
		b->b_v4[j] = v4;
		b->b_v6[i] = b->b_v6[j];
		b->b_v6[j] = v6;
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
	fib6_free(f);
}

int
main(int argc, char **argv)
{
	struct bench b = { .b_routes = 100000 };

	if (argc > 1)
		b.b_routes = (unsigned)strtoul(argv[1], NULL, 10);
	if (b.b_routes == 0) {
		fprintf(stderr, "usage: fib_perf [routes]\n");
		return 2;
	}
	rnd_seed(&b.b_rnd, 1);
	b.b_v4 = must_alloc(NDST, sizeof(*b.b_v4));
	b.b_v6 = must_alloc(NDST, sizeof(*b.b_v6));
	if (rib_create(&b.b_rib) != 0)
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
	return b.b_sink ==
	    1; /* the sink must be used, its value does not matter */
}
