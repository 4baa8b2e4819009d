/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled IPv4 table against a list of routes, at every address where an
 * answer can change; and each size of the direct table and of a chunk.
 */
#include "naive.h"

#include <string.h>

#include "base/bytes.h"
#include "route/fib4.h"
#include "route/fib_edit.h"
#include "route/fib_find.h"

struct tables {
	const struct naive *t_naive;
	const struct rib *t_rib;
	const struct fib4 *t_fib;
};

static void
check_naive(void *arg, const struct addr *a)
{
	const struct tables *t = arg;

	assert_int_equal(
	    fib4_lookup(t->t_fib, a->a_v4), naive_lookup(t->t_naive, a));
}

static void
check_rib(void *arg, const struct addr *a)
{
	const struct tables *t = arg;

	assert_int_equal(fib4_lookup(t->t_fib, a->a_v4), rib_nhop(t->t_rib, a));
}

static struct fib4 *
must_compile(const struct rib *r)
{
	struct fib4 *f;

	assert_int_equal(fib4_compile(r, &f), 0);
	return f;
}

/* A vector of n must give what n single lookups give, and write no more. */
static void
check_vec(const struct fib4 *f, struct rnd *rnd, unsigned n)
{
	uint32_t dst[300];
	uint32_t nh[301];
	unsigned i;

	assert_true(n <= countof(dst));
	for (i = 0; i < n; i++)
		dst[i] = (uint32_t)rnd_u64(rnd);
	nh[n] = 0xdeadbeef;
	fib4_lookup_vec(f, dst, nh, n);
	for (i = 0; i < n; i++)
		assert_int_equal(nh[i], fib4_lookup(f, dst[i]));
	assert_int_equal(nh[n], 0xdeadbeef);
}

static void
run_shape(const struct shape *sh, uint64_t seed)
{
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rib *r;
	struct fib4 *f;
	struct rnd rnd;

	rnd_seed(&rnd, seed);
	nv.nv_n = 0;
	assert_int_equal(rib_create(&r), 0);
	naive_fill(&nv, r, &rnd, sh);
	f = must_compile(r);
	t.t_rib = r;
	t.t_fib = f;
	naive_probe(&nv, ADDR_V4, &rnd, check_naive, &t);
	check_vec(f, &rnd, (unsigned)rnd_below(&rnd, 300));
	fib4_free(f);
	rib_destroy(r);
}

static const struct shape shapes[] = {
	{ "nothing", ADDR_V4, 0, 0, 0, 0, 1 },
	{ "default only", ADDR_V4, 0, 0, 0, 1, 9 },
	{ "few", ADDR_V4, 0, 32, 0, 8, 100 },
	{ "any length", ADDR_V4, 0, 32, 0, 400, 100 },
	{ "two next hops merge", ADDR_V4, 8, 24, 0, 400, 2 },
	{ "short", ADDR_V4, 0, 12, 0, 400, 5 },
	{ "about the direct table", ADDR_V4, 14, 18, 0, 400, 50 },
	{ "in one chunk", ADDR_V4, 16, 32, 16, 400, 50 },
	{ "hosts in one chunk", ADDR_V4, 32, 32, 20, 400, 1000 },
	{ "large next hops", ADDR_V4, 0, 32, 0, 100, 1 << 18 },
};

static void
test_random(void **state)
{
	uint64_t seed;
	unsigned i;

	for (i = 0; i < countof(shapes); i++)
		for (seed = 0; seed < 20; seed++)
			run_shape(&shapes[i], seed);
}

static void
test_empty(void **state)
{
	struct rib *r;
	struct fib4 *f;
	uint32_t dst = 0;

	assert_int_equal(rib_create(&r), 0);
	f = must_compile(r);
	assert_int_equal(fib4_lookup(f, 0), 0);
	assert_int_equal(fib4_lookup(f, UINT32_MAX), 0);
	fib4_lookup_vec(f, &dst, &dst, 0);
	assert_true(fib4_memory(f) < 300 * 1024);
	fib4_free(f);
	fib4_free(NULL);
	rib_destroy(r);
}

/* All lengths under one another, at the low end, the high end, between. */
static void
test_nested(void **state)
{
	static const uint32_t at[] = { 0, UINT32_MAX, 0x0a0a0a0a, 0xc0000201,
		0x80000000, 0x7fffffff };
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned i, len;

	for (i = 0; i < countof(at); i++) {
		struct addr a = addr_v4(at[i]);
		struct rib *r;
		struct fib4 *f;

		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		assert_int_equal(rib_create(&r), 0);
		for (len = 0; len <= 32; len++) {
			struct prefix p = make_prefix(
			    ADDR_V4, key_from_addr(&a), len);

			naive_add(&nv, r, &p, 100 + len);
		}
		f = must_compile(r);
		t.t_fib = f;
		assert_int_equal(fib4_lookup(f, at[i]), 132);
		naive_probe(&nv, ADDR_V4, &rnd, check_naive, &t);
		fib4_free(f);
		rib_destroy(r);
	}
}

/* Numbers of ranges about the one that no longer fits the direct table. */
static void
test_chunk_sizes(void **state)
{
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned n, i;

	rnd_seed(&rnd, 1);
	for (n = 1; n < 140; n++) {
		struct rib *r;
		struct fib4 *f;

		nv.nv_n = 0;
		assert_int_equal(rib_create(&r), 0);
		for (i = 0; i < n; i++) {
			struct prefix p = { .p_addr = addr_v4(0x0a0b0000 + i),
				.p_len = 32 };

			naive_add(&nv, r, &p, i + 1);
		}
		f = must_compile(r);
		t.t_fib = f;
		naive_probe(&nv, ADDR_V4, &rnd, check_naive, &t);
		fib4_free(f);
		rib_destroy(r);
	}
}

/* Routes that begin and end with chunks need the direct table only. */
static void
test_aligned(void **state)
{
	struct rib *r;
	struct fib4 *f;
	uint32_t i;

	assert_int_equal(rib_create(&r), 0);
	for (i = 0; i < 100; i++) {
		struct prefix p = { .p_addr = addr_v4(i << 17), .p_len = 16 };

		must_add(r, &p, i + 1);
	}
	f = must_compile(r);
	assert_int_equal(f->f4_bits, 16);
	assert_int_equal(f->f4_edit->fe_top, 1u << 16);
	for (i = 0; i < 100; i++) {
		assert_int_equal(fib4_lookup(f, i << 17 | 0xffff), i + 1);
		assert_int_equal(fib4_lookup(f, i << 17 | 0x10000), 0);
	}
	fib4_free(f);
	rib_destroy(r);
}

static void
test_large_nhop(void **state)
{
	static const struct {
		uint32_t nh;
		uint32_t bits;
	} tab[] = {
		{ 0xffff, 16 },
		{ 0x10000, 17 },
		{ 0xfffff, 20 },
		{ RIB_NHOP_MAX, 24 },
	};
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		struct prefix p = { .p_addr = addr_v4(0x0a000001),
			.p_len = 32 };
		struct rib *r;
		struct fib4 *f;

		assert_int_equal(rib_create(&r), 0);
		must_add(r, &p, tab[i].nh);
		f = must_compile(r);
		assert_int_equal(f->f4_bits, tab[i].bits);
		assert_int_equal(fib4_lookup(f, 0x0a000000), 0);
		assert_int_equal(fib4_lookup(f, 0x0a000001), tab[i].nh);
		assert_int_equal(fib4_lookup(f, 0x0a000002), 0);
		fib4_free(f);
		rib_destroy(r);
	}
}

/* Enough routes for each size of the direct table; the rib is the judge. */
static void
test_many(void **state)
{
	static const struct {
		unsigned routes;
		uint32_t bits;
	} tab[] = {
		{ 1000, 16 },
		{ 10000, 18 },
		{ 60000, 18 },
	};
	static struct naive nv;
	struct tables t = { .t_naive = &nv };
	struct rnd rnd;
	unsigned i, j;

	for (i = 0; i < countof(tab); i++) {
		struct rib *r;
		struct fib4 *f;

		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		assert_int_equal(rib_create(&r), 0);
		for (j = 0; j < tab[i].routes; j++) {
			struct rib_entry re = { .re_nhop = j % 200 + 1 };
			struct prefix p = make_prefix(ADDR_V4, random_key(&rnd),
			    16 + (unsigned)rnd_below(&rnd, 17));

			role_enter(&on_ctl);
			if (rib_add(r, &p, &re) == 0 && nv.nv_n < NAIVE_MAX)
				nv.nv_prefix[nv.nv_n++] = p;
		}
		f = must_compile(r);
		assert_int_equal(f->f4_bits, tab[i].bits);
		t.t_rib = r;
		t.t_fib = f;
		naive_probe(&nv, ADDR_V4, &rnd, check_rib, &t);
		check_vec(f, &rnd, 300);
		fib4_free(f);
		rib_destroy(r);
	}
}

#ifdef FIB_VECTOR
FIB_VECTOR static void
find_vector(const uint32_t *num)
{
	uint32_t few[2 * FIB_FEW], key;
	unsigned i, n;

	for (n = 0; n <= FIB_FEW; n++) {
		memset(few, 0xdb, sizeof(few));
		memcpy(few, num, n * sizeof(num[0]));
		for (i = 0; i < FIB_FEW; i++)
			for (key = num[i] - 1; key != num[i] + 2; key++)
				assert_int_equal(fib_find_vector(few, key, n),
				    fib_find(few, key, n));
	}
}
#endif

/* Both ways to find a place among few, for each place and number of them. */
static void
test_find(void **state)
{
	uint32_t num[FIB_FEW], few[2 * FIB_FEW];
	unsigned i, n;

	for (i = 0; i < countof(num); i++)
		num[i] = i * 0x11111111; /* both halves of the range */
	for (n = 0; n <= FIB_FEW; n++) {
		memset(few, 0xdb, sizeof(few));
		memcpy(few, num, n * sizeof(num[0]));
		for (i = 0; i < n; i++) {
			assert_int_equal(fib_find(few, num[i], n), i + 1);
			if (i > 0)
				assert_int_equal(
				    fib_find(few, num[i] - 1, n), i);
		}
		assert_int_equal(fib_find(few, UINT32_MAX, n), n);
	}
#ifdef FIB_VECTOR
	if (fib_vector())
		find_vector(num);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_chunk_sizes),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_large_nhop),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
