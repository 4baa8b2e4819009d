/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables of src/route are compared with: a list of routes, searched
 * from end to end.  And random routes of shapes that hurt: nested, adjacent,
 * with common ends, over few and over many bits.
 */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/tsa.h"
#include "route/rib.h"
#include "route/route_int.h"

#define NAIVE_MAX 4096

struct naive {
	struct prefix nv_prefix[NAIVE_MAX];
	uint32_t nv_nh[NAIVE_MAX];
	unsigned nv_n;
};

/* How random prefixes are drawn. */
struct shape {
	const char *sh_name;
	uint8_t sh_family;
	unsigned sh_minlen;
	unsigned sh_maxlen;
	unsigned sh_common; /* leading bits that all prefixes share */
	unsigned sh_routes;
	uint32_t sh_maxnh;
};

static inline struct in6
random_key(struct rnd *rnd)
{
	struct in6 key = { rnd_u64(rnd), rnd_u64(rnd) };

	return key;
}

static inline struct prefix
make_prefix(uint8_t family, struct in6 key, unsigned len)
{
	return (
	    struct prefix){ .p_addr = key_to_addr(key_first(key, len), family),
		.p_len = (uint8_t)len };
}

/* Runs of equal bits make prefixes touch, nest, and end together. */
static inline struct prefix
random_prefix(struct rnd *rnd, const struct shape *sh)
{
	unsigned len = sh->sh_minlen +
	    (unsigned)rnd_below(rnd, sh->sh_maxlen - sh->sh_minlen + 1);
	struct in6 base = { 0x20010db8a5c3f00f, 0x1234567800000001 };
	struct in6 mask = in6_mask(sh->sh_common);
	struct in6 key = random_key(rnd);
	struct in6 run = in6_mask((unsigned)rnd_below(rnd, KEY_BITS + 1));

	switch (rnd_below(rnd, 4)) {
	case 0:
		key = in6_and(key, run);
		break;
	case 1:
		key.i6_hi |= ~run.i6_hi;
		key.i6_lo |= ~run.i6_lo;
		break;
	case 2:
		key = base;
		break;
	}
	key.i6_hi = (base.i6_hi & mask.i6_hi) | (key.i6_hi & ~mask.i6_hi);
	key.i6_lo = (base.i6_lo & mask.i6_lo) | (key.i6_lo & ~mask.i6_lo);
	return make_prefix(sh->sh_family, key, len);
}

static inline void
must_add(struct rib *r, const struct prefix *p, uint32_t nh)
{
	const struct rib_entry re = { .re_nhop = nh, .re_proto = RP_STATIC };

	role_enter(&on_ctl);
	assert_int_equal(rib_add(r, p, &re), 0);
}

static inline bool
prefix_same(const struct prefix *a, const struct prefix *b)
{
	return a->p_len == b->p_len && addr_eq(&a->p_addr, &b->p_addr);
}

/* A route into both tables, unless the prefix is there. */
static inline void
naive_add(struct naive *nv, struct rib *r, const struct prefix *p, uint32_t nh)
{
	unsigned i;

	for (i = 0; i < nv->nv_n; i++)
		if (prefix_same(&nv->nv_prefix[i], p))
			return;
	assert_true(nv->nv_n < NAIVE_MAX);
	nv->nv_prefix[nv->nv_n] = *p;
	nv->nv_nh[nv->nv_n++] = nh;
	must_add(r, p, nh);
}

static inline void
naive_fill(
    struct naive *nv, struct rib *r, struct rnd *rnd, const struct shape *sh)
{
	unsigned i;

	for (i = 0; i < sh->sh_routes; i++) {
		struct prefix p = random_prefix(rnd, sh);

		naive_add(
		    nv, r, &p, 1 + (uint32_t)rnd_below(rnd, sh->sh_maxnh));
	}
}

static inline uint32_t
naive_lookup(const struct naive *nv, const struct addr *a)
{
	uint32_t nh = 0;
	int best = -1;
	unsigned i;

	for (i = 0; i < nv->nv_n; i++)
		if (nv->nv_prefix[i].p_len > best &&
		    prefix_match(&nv->nv_prefix[i], a)) {
			best = nv->nv_prefix[i].p_len;
			nh = nv->nv_nh[i];
		}
	return nh;
}

/* The active entry's next hop by the rib, for tables too large to scan. */
static inline uint32_t
rib_nhop(const struct rib *r, const struct addr *a)
{
	struct rib_entry re;
	struct prefix p;

	return rib_lookup(r, a, &p, &re) ? re.re_nhop : 0;
}

/*
 * Calls check with each address at which an answer can change: the first and
 * last of each prefix, and their neighbours; then with as many random ones.
 */
static inline void
naive_probe(const struct naive *nv, uint8_t family, struct rnd *rnd,
    void (*check)(void *arg, const struct addr *), void *arg)
{
	unsigned step = 128 - addr_bits(family);
	struct in6 one =
	    step == 96 ? (struct in6){ 1ull << 32, 0 } : (struct in6){ 0, 1 };
	unsigned i, j;

	for (i = 0; i < nv->nv_n; i++) {
		struct in6 first = key_from_addr(&nv->nv_prefix[i].p_addr);
		struct in6 last = key_last(first, nv->nv_prefix[i].p_len);
		struct in6 keys[5] = { first, last, key_next(last), first,
			random_key(rnd) };
		struct addr a;

		keys[3].i6_hi -= one.i6_hi + (first.i6_lo < one.i6_lo);
		keys[3].i6_lo -= one.i6_lo;
		for (j = 0; j < 5; j++) {
			a = key_to_addr(keys[j], family);
			check(arg, &a);
		}
	}
}

#endif
