/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled IPv6 table against a list of routes, at every address where an
 * answer can change; and each kind of slot, by tables that need it.
 */
#include "naive.h"

#include <string.h>

#include "base/bytes.h"
#include "route/fib6.h"

struct tables {
	const struct naive *t_naive;
	const struct rib *t_rib;
	const struct fib6 *t_fib;
	unsigned t_kinds; /* bits of the slots that were passed */
};

/* Which kinds of slot a lookup passes: the test shall have seen them all. */
static unsigned
kinds_passed(const struct fib6 *f, const struct in6 *dst)
{
	unsigned depth;
	uint32_t slot = fib6_root(f, dst, &depth);
	unsigned kinds = 1u << fib6_kind(slot);

	while (fib6_kind(slot) >= F6_NODE) {
		slot = fib6_step(f, slot, dst, &depth);
		kinds |= 1u << fib6_kind(slot);
		assert_true(depth <= 128);
	}
	return kinds;
}

static void
check_naive(void *arg, const struct addr *a)
{
	struct tables *t = arg;

	assert_int_equal(
	    fib6_lookup(t->t_fib, &a->a_v6), naive_lookup(t->t_naive, a));
	t->t_kinds |= kinds_passed(t->t_fib, &a->a_v6);
}

static void
check_rib(void *arg, const struct addr *a)
{
	struct tables *t = arg;

	assert_int_equal(
	    fib6_lookup(t->t_fib, &a->a_v6), rib_nhop(t->t_rib, a));
	t->t_kinds |= kinds_passed(t->t_fib, &a->a_v6);
}

static struct fib6 *
must_compile(const struct rib *r)
{
	struct fib6 *f;

	assert_int_equal(fib6_compile(r, &f), 0);
	return f;
}

/*
 * A vector of n must give what n single lookups give, and write no more;
 * whether the table is small or not is how it is done, not what.
 */
static void
check_vec(struct fib6 *f, const struct naive *nv, struct rnd *rnd, unsigned n)
{
	static const size_t sizes[] = { 0, SIZE_MAX };
	size_t nwords = f->f6_nwords;
	struct in6 dst[300];
	uint32_t nh[301];
	unsigned i, k;

	assert_true(n <= countof(dst));
	for (i = 0; i < n; i++) {
		dst[i] = random_key(rnd);
		if (nv->nv_n > 0 && i % 4 != 0)
			dst[i] = nv->nv_prefix[rnd_below(rnd, nv->nv_n)]
				     .p_addr.a_v6;
	}
	for (k = 0; k < countof(sizes); k++) {
		f->f6_nwords = sizes[k];
		memset(nh, 0xff, sizeof(nh));
		nh[n] = 0xdeadbeef;
		fib6_lookup_vec(f, dst, nh, n);
		for (i = 0; i < n; i++)
			assert_int_equal(nh[i], fib6_lookup(f, &dst[i]));
		assert_int_equal(nh[n], 0xdeadbeef);
	}
	f->f6_nwords = nwords;
}

static unsigned
run_shape(const struct shape *sh, uint64_t seed)
{
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rib *r;
	struct fib6 *f;
	struct rnd rnd;

	rnd_seed(&rnd, seed);
	nv.nv_n = 0;
	assert_int_equal(rib_create(&r), 0);
	naive_fill(&nv, r, &rnd, sh);
	f = must_compile(r);
	t.t_rib = r;
	t.t_fib = f;
	naive_probe(&nv, ADDR_V6, &rnd, check_naive, &t);
	check_vec(f, &nv, &rnd, (unsigned)rnd_below(&rnd, 300));
	fib6_free(f);
	rib_destroy(r);
	return t.t_kinds;
}

static const struct shape shapes[] = {
	{ "nothing", ADDR_V6, 0, 0, 0, 0, 1 },
	{ "default only", ADDR_V6, 0, 0, 0, 1, 9 },
	{ "few", ADDR_V6, 0, 128, 0, 8, 100 },
	{ "any length", ADDR_V6, 0, 128, 0, 400, 100 },
	{ "two next hops merge", ADDR_V6, 8, 48, 0, 400, 2 },
	{ "short", ADDR_V6, 0, 12, 0, 400, 5 },
	{ "like a provider's", ADDR_V6, 32, 48, 32, 400, 50 },
	{ "subnets", ADDR_V6, 48, 64, 48, 400, 50 },
	{ "over the middle", ADDR_V6, 56, 72, 56, 400, 50 },
	{ "hosts", ADDR_V6, 128, 128, 112, 400, 1000 },
	{ "end of the address", ADDR_V6, 116, 128, 116, 400, 1000 },
	{ "many", ADDR_V6, 0, 128, 0, 1500, 100 },
	{ "large next hops", ADDR_V6, 0, 128, 0, 100, RIB_NHOP_MAX },
};

static void
test_random(void **state)
{
	unsigned kinds = 0;
	uint64_t seed;
	unsigned i;

	for (i = 0; i < countof(shapes); i++)
		for (seed = 0; seed < 10; seed++)
			kinds |= run_shape(&shapes[i], seed);
	assert_int_equal(kinds,
	    1u << F6_LEAF | 1u << F6_BUCKET_32 | 1u << F6_BUCKET_HI |
		1u << F6_BUCKET_ALL | 1u << F6_NODE | 1u << F6_SKIP);
}

static void
test_empty(void **state)
{
	const struct in6 last = { UINT64_MAX, UINT64_MAX };
	struct in6 dst = { 0, 0 };
	struct rib *r;
	struct fib6 *f;
	uint32_t nh = 7;

	assert_int_equal(rib_create(&r), 0);
	f = must_compile(r);
	assert_int_equal(fib6_lookup(f, &dst), 0);
	assert_int_equal(fib6_lookup(f, &last), 0);
	fib6_lookup_vec(f, &dst, &nh, 0);
	assert_int_equal(nh, 7);
	assert_true(fib6_memory(f) < 4096);
	fib6_free(f);
	fib6_free(NULL);
	rib_destroy(r);
}

/* All lengths under one another, at the low end, the high end, between. */
static void
test_nested(void **state)
{
	static const struct in6 at[] = {
		{ 0, 0 },
		{ UINT64_MAX, UINT64_MAX },
		{ 0x20010db800010002, 0x0003000400050006 },
		{ 0x5555555555555555, 0x5555555555555555 },
		{ UINT64_MAX, 0 },
		{ 0, UINT64_MAX },
	};
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned i, len;

	for (i = 0; i < countof(at); i++) {
		struct rib *r;
		struct fib6 *f;

		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		assert_int_equal(rib_create(&r), 0);
		for (len = 0; len <= 128; len++) {
			struct prefix p = make_prefix(ADDR_V6, at[i], len);

			naive_add(&nv, r, &p, 100 + len);
		}
		f = must_compile(r);
		t.t_fib = f;
		assert_int_equal(fib6_lookup(f, &at[i]), 228);
		naive_probe(&nv, ADDR_V6, &rnd, check_naive, &t);
		fib6_free(f);
		rib_destroy(r);
	}
}

/* Numbers of ranges about the largest bucket, at each place in an address. */
static void
test_block_sizes(void **state)
{
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned n, i, len;

	rnd_seed(&rnd, 1);
	for (len = 8; len <= 128; len += 4)
		for (n = 12; n < 20; n++) {
			struct rib *r;
			struct fib6 *f;

			nv.nv_n = 0;
			assert_int_equal(rib_create(&r), 0);
			for (i = 0; i < n; i++) {
				struct prefix p = make_prefix(
				    ADDR_V6, key_at(i + 40, len), len);

				naive_add(&nv, r, &p, i + 1);
			}
			f = must_compile(r);
			t.t_fib = f;
			naive_probe(&nv, ADDR_V6, &rnd, check_naive, &t);
			fib6_free(f);
			rib_destroy(r);
		}
}

/* Who is outside of a skipped block may have another route on either side. */
static void
test_skip_sides(void **state)
{
	const struct in6 low = { 0xfd00000000000000, 0 };
	const struct in6 middle = { 0xfd80000000000000, 0 };
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct prefix p;
	struct rib *r;
	struct fib6 *f;
	struct rnd rnd;
	unsigned depth, i;

	rnd_seed(&rnd, 1);
	nv.nv_n = 0;
	assert_int_equal(rib_create(&r), 0);
	p = make_prefix(ADDR_V6, low, 9);
	naive_add(&nv, r, &p, 1);
	p = make_prefix(ADDR_V6, middle, 9);
	naive_add(&nv, r, &p, 2);
	for (i = 0; i < 20; i++) {
		p = make_prefix(
		    ADDR_V6, (struct in6){ middle.i6_hi + i, 0 }, 64);
		naive_add(&nv, r, &p, 3 + i);
	}
	f = must_compile(r);
	assert_int_equal(fib6_kind(fib6_root(f, &middle, &depth)), F6_SKIP);
	t.t_fib = f;
	naive_probe(&nv, ADDR_V6, &rnd, check_naive, &t);
	fib6_free(f);
	rib_destroy(r);
}

/* A router's own table must not cost a walk over each bit of its addresses. */
static void
test_few_is_shallow(void **state)
{
	struct in6 dst = { 0xfd00000000000001, 2 };
	struct rib *r;
	struct fib6 *f;
	unsigned depth, steps, i;
	uint32_t slot;

	assert_int_equal(rib_create(&r), 0);
	for (i = 0; i < 50; i++) {
		struct in6 own = { 0xfd00000000000000 + i, 1 };
		struct prefix p = make_prefix(ADDR_V6, own, 64);

		must_add(r, &p, 2 * i + 1);
		p = make_prefix(ADDR_V6, own, 128);
		must_add(r, &p, 2 * i + 2);
	}
	f = must_compile(r);
	assert_int_equal(fib6_lookup(f, &dst), 3);
	dst.i6_lo = 1;
	assert_int_equal(fib6_lookup(f, &dst), 4);
	slot = fib6_root(f, &dst, &depth);
	for (steps = 0; fib6_kind(slot) >= F6_NODE; steps++)
		slot = fib6_step(f, slot, &dst, &depth);
	assert_true(steps <= 3);
	fib6_free(f);
	rib_destroy(r);
}

/* Enough routes for each size of the direct table; the rib is the judge. */
static void
test_many(void **state)
{
	static const struct {
		unsigned routes;
		uint32_t bits;
	} tab[] = {
		{ 300, 8 },
		{ 10000, 14 },
		{ 60000, 20 },
	};
	/* Where the direct table changes its step. */
	static const char *const edges[] = { "::/0", "1fff:ffff::/32",
		"2000::/3", "2000::/32", "3fff:ffff:ffff::/48", "3000::/4",
		"4000::/2", "4000::/9", "4000::/64", "ff00::/8" };
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned i, j;

	for (i = 0; i < countof(tab); i++) {
		struct rib *r;
		struct fib6 *f;

		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		assert_int_equal(rib_create(&r), 0);
		for (j = 0; j < countof(edges); j++) {
			struct prefix p;

			assert_int_equal(prefix_parse(&p, edges[j]), 0);
			naive_add(&nv, r, &p, 300 + j);
		}
		for (; j < tab[i].routes; j++) {
			struct rib_entry re = { .re_nhop = j % 200 + 1 };
			struct prefix p = make_prefix(ADDR_V6, random_key(&rnd),
			    20 + (unsigned)rnd_below(&rnd, 45));

			p.p_addr.a_v6.i6_hi >>= 3;
			p.p_addr.a_v6.i6_hi |= UINT64_C(1) << 61;
			p = make_prefix(ADDR_V6, p.p_addr.a_v6, p.p_len);
			role_enter(&on_ctl);
			if (rib_add(r, &p, &re) == 0 && nv.nv_n < NAIVE_MAX)
				nv.nv_prefix[nv.nv_n++] = p;
		}
		f = must_compile(r);
		assert_int_equal(f->f6_bits, tab[i].bits);
		t.t_rib = r;
		t.t_fib = f;
		naive_probe(&nv, ADDR_V6, &rnd, check_rib, &t);
		check_vec(f, &nv, &rnd, 300);
		fib6_free(f);
		rib_destroy(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_block_sizes),
		cmocka_unit_test(test_skip_sides),
		cmocka_unit_test(test_few_is_shallow),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
