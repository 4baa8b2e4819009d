/* SPDX-License-Identifier: BSD-2-Clause */
#include "bgp.h"

#include <err.h>
#include <stdlib.h>

#include "base/kassert.h"
#include "route/route_int.h"

#define RUN    6 /* routes of one network, in the mean */
#define INSIDE 35 /* of 100: within the prefix before */
#define OTHER  8 /* of 100: by another next hop than the network's others */

/* Of 10,000 routes; G. Huston's reports on the BGP table are the source. */
static const struct share {
	uint8_t sh_len;
	uint16_t sh_n;
} share4[] = { { 8, 1 }, { 10, 1 }, { 11, 1 }, { 12, 3 }, { 13, 6 }, { 14, 12 },
	{ 15, 20 }, { 16, 135 }, { 17, 82 }, { 18, 137 }, { 19, 250 },
	{ 20, 425 }, { 21, 505 }, { 22, 1080 }, { 23, 990 }, { 24, 6352 } },
  share6[] = { { 20, 2 }, { 24, 5 }, { 28, 20 }, { 29, 270 }, { 30, 40 },
	{ 31, 30 }, { 32, 1230 }, { 33, 160 }, { 34, 140 }, { 35, 80 },
	{ 36, 530 }, { 38, 130 }, { 40, 950 }, { 42, 170 }, { 44, 1080 },
	{ 45, 120 }, { 46, 410 }, { 47, 380 }, { 48, 4253 } };

struct maker {
	struct rnd *mk_rnd;
	uint8_t mk_family;
	uint32_t mk_nhops;
	uint32_t mk_nhop; /* of the network at hand */
	struct in6 mk_at; /* first address not given out yet */
	struct prefix mk_last; /* the prefix before */
};

static unsigned
draw_len(struct maker *mk)
{
	const struct share *sh = mk->mk_family == ADDR_V4 ? share4 : share6;
	uint64_t left = rnd_below(mk->mk_rnd, 10000);

	for (; left >= sh->sh_n; sh++)
		left -= sh->sh_n;
	return sh->sh_len;
}

/* Few next hops lead to most networks. */
static uint32_t
draw_nhop(struct maker *mk)
{
	uint64_t a = rnd_below(mk->mk_rnd, mk->mk_nhops);
	uint64_t b = rnd_below(mk->mk_rnd, mk->mk_nhops);

	return 1 + (uint32_t)(a * b / mk->mk_nhops);
}

/* Only the upper half of an address matters: no prefix is longer than 64. */
static void
skip(struct maker *mk, uint64_t gap)
{
	uint64_t first = mk->mk_family == ADDR_V4 ? 1ull << 56 : 1ull << 61;
	uint64_t end = mk->mk_family == ADDR_V4 ? 224ull << 56 : 3ull << 60;

	mk->mk_at.i6_hi += gap;
	if (mk->mk_at.i6_hi < first || mk->mk_at.i6_hi >= end)
		mk->mk_at.i6_hi = first + gap;
}

/*
 * Another network: an eighth of the space is gaps, which a table of n routes
 * of any size spreads over.  The registries' blocks are in all of 2000::/4.
 */
static void
network(struct maker *mk, unsigned n)
{
	uint64_t space = mk->mk_family == ADDR_V4 ? 223ull << 53 : 1ull << 57;

	mk->mk_nhop = draw_nhop(mk);
	skip(mk, rnd_below(mk->mk_rnd, 2 * (space / (n / RUN + 1))));
}

static struct prefix
place(struct maker *mk, unsigned len)
{
	const struct prefix *last = &mk->mk_last;
	uint64_t size = 1ull << (64 - len);
	struct prefix p;

	if (last->p_len != 0 && last->p_len < len &&
	    rnd_below(mk->mk_rnd, 100) < INSIDE) {
		struct addr a = bgp_host(last, mk->mk_rnd);

		return (struct prefix){ key_to_addr(
					    key_first(key_from_addr(&a), len),
					    mk->mk_family),
			(uint8_t)len };
	}
	mk->mk_at.i6_hi = (mk->mk_at.i6_hi + size - 1) & ~(size - 1);
	skip(mk, 0);
	mk->mk_at.i6_hi &= ~(size - 1);
	p = (struct prefix){ key_to_addr(mk->mk_at, mk->mk_family),
		(uint8_t)len };
	skip(mk, size);
	return p;
}

static int
compare(const void *a, const void *b)
{
	const struct prefix *p = &((const struct bgp_route *)a)->br_prefix;
	const struct prefix *q = &((const struct bgp_route *)b)->br_prefix;
	struct in6 pk = key_from_addr(&p->p_addr);
	struct in6 qk = key_from_addr(&q->p_addr);

	if (!in6_eq(pk, qk))
		return key_before(pk, qk) ? -1 : 1;
	return (int)p->p_len - (int)q->p_len;
}

/* Sorts them, and drops those whose prefix is there; how many are left. */
static unsigned
unique(struct bgp_route *br, unsigned n)
{
	unsigned i, k = 0;

	qsort(br, n, sizeof(*br), compare);
	for (i = 0; i < n; i++)
		if (k == 0 || compare(&br[k - 1], &br[i]) != 0)
			br[k++] = br[i];
	return k;
}

static void
shuffle(struct bgp_route *br, unsigned n, struct rnd *rnd)
{
	unsigned i, k;

	for (i = n; i > 1; i--) {
		struct bgp_route swap = br[i - 1];

		k = (unsigned)rnd_below(rnd, i);
		br[i - 1] = br[k];
		br[k] = swap;
	}
}

struct bgp_route *
bgp_make(uint8_t family, unsigned n, uint32_t nhops, struct rnd *rnd)
{
	struct maker mk = { .mk_rnd = rnd, .mk_family = family,
		.mk_nhops = nhops };
	struct bgp_route *br;
	unsigned have = 0;

	if ((br = calloc(n, sizeof(*br))) == NULL)
		errx(1, "no memory");
	while (have < n) {
		unsigned i;

		for (i = have; i < n; i++) {
			if (rnd_below(rnd, RUN) == 0 || i == 0)
				network(&mk, n);
			mk.mk_last = place(&mk, draw_len(&mk));
			br[i].br_prefix = mk.mk_last;
			br[i].br_nhop = rnd_below(rnd, 100) < OTHER ?
			    draw_nhop(&mk) : mk.mk_nhop;
		}
		have = unique(br, n);
	}
	shuffle(br, n, rnd);
	return br;
}

struct addr
bgp_host(const struct prefix *p, struct rnd *rnd)
{
	struct in6 key = key_from_addr(&p->p_addr);
	struct in6 mask = in6_mask(p->p_len);

	key.i6_hi |= rnd_u64(rnd) & ~mask.i6_hi;
	key.i6_lo |= rnd_u64(rnd) & ~mask.i6_lo;
	return key_to_addr(key, p->p_addr.a_family);
}
