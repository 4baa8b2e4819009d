/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histograms beside arrays that are sorted: what a histogram says of values is
 * what the array says, to three digits where it may be less than exact.
 */
#include "gen/hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { MANY = 20000 };

static struct hist *h, *other;
static uint64_t v[MANY];
static struct rnd r;

static int
setup(void **state)
{
	h = hist_create();
	other = hist_create();
	rnd_seed(&r, 1);
	return h == NULL || other == NULL;
}

static int
teardown(void **state)
{
	hist_destroy(h);
	hist_destroy(other);
	return 0;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Values of a kind: all small, around a middle, over the whole range, … */
static uint64_t
draw(unsigned kind)
{
	switch (kind) {
	case 0:
		return rnd_below(&r, 100);
	case 1:
		return 1000000 + rnd_below(&r, 5000) + rnd_below(&r, 5000);
	case 2:
		return rnd_u64(&r) >> (64 - HIST_RANGE + rnd_below(&r, 41));
	case 3: /* few very long ones */
		return rnd_below(&r, 10000) == 0 ?
		    UINT64_C(1000000000000) + rnd_below(&r, 1000) :
		    2000 + rnd_below(&r, 100);
	default:
		return 2047 + rnd_below(&r, 3);
	}
}

/* Buckets join without a gap, and none is wider than a 1024th. */
static void
buckets(void **state)
{
	unsigned i;
	uint64_t from, to;

	for (i = 0; i < HIST_N - 1; i++) {
		from = hist_bucket_from(i);
		to = hist_bucket_to(i);
		assert_int_equal(hist_bucket(from), i);
		assert_int_equal(hist_bucket(to), i);
		assert_int_equal(hist_bucket(to + 1), i + 1);
		assert_true(to == from || (to - from + 1) * 1024 <= from);
	}
	assert_true(hist_bucket_from(HIST_N - 1) <= HIST_LAST);
	assert_int_equal(hist_bucket(HIST_LAST), HIST_N - 1);
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_N - 1);
	assert_true(HIST_LAST > UINT64_C(1000000000000));
}

static void
same_as_sorted(void **state)
{
	static const uint64_t parts[][2] = { { 0, 1 }, { 1, 1000 }, { 1, 100 },
		{ 1, 4 }, { 1, 2 }, { 3, 4 }, { 90, 100 }, { 99, 100 },
		{ 999, 1000 }, { 9999, 10000 }, { 99999, 100000 }, { 1, 1 } };
	unsigned kind, n, i, p;

	for (kind = 0; kind < 5; kind++)
		for (n = 1; n <= MANY; n = n * 5 / 2 + 1) {
			hist_init(h);
			for (i = 0; i < n; i++)
				hist_add(h, v[i] = draw(kind));
			qsort(v, n, sizeof(v[0]), ascending);
			assert_int_equal(h->h_n, n);
			assert_int_equal(hist_min(h), v[0]);
			assert_int_equal(hist_max(h), v[n - 1]);
			for (p = 0; p < countof(parts); p++) {
				uint64_t rank = (n * parts[p][0] +
						    parts[p][1] - 1) /
				    parts[p][1];
				uint64_t right = v[rank == 0 ? 0 : rank - 1];
				uint64_t told = hist_percentile(
				    h, parts[p][0], parts[p][1]);

				assert_true(told >= right);
				assert_true((told - right) * 1000 <= right);
			}
		}
}

static void
exact_ends(void **state)
{
	hist_init(h);
	hist_add(h, 123456789);
	hist_add(h, 987654321);
	assert_int_equal(hist_percentile(h, 0, 100), 123456789);
	assert_int_equal(hist_percentile(h, 100, 100), 987654321);
	assert_int_equal(hist_percentile(h, 200, 100), 987654321);
	assert_int_equal(hist_percentile(h, 99999, 100000), 987654321);
}

static void
nothing(void **state)
{
	struct hist_bin hb = { 0 };

	hist_init(h);
	assert_int_equal(hist_percentile(h, 1, 2), 0);
	assert_int_equal(hist_min(h), 0);
	assert_int_equal(hist_max(h), 0);
	assert_true(hist_mean(h) == 0 && hist_stddev(h) == 0);
	assert_false(hist_next(h, &hb));
	hist_merge(h, other);
	assert_int_equal(h->h_n, 0);
}

/* Ones that are too long count, and the longest is known. */
static void
too_long(void **state)
{
	hist_init(h);
	hist_add(h, 5);
	hist_add(h, HIST_LAST + 1);
	hist_add(h, UINT64_MAX);
	assert_int_equal(h->h_over, 2);
	assert_int_equal(h->h_n, 3);
	assert_true(hist_max(h) == UINT64_MAX);
	assert_true(hist_percentile(h, 99, 100) == UINT64_MAX);
	assert_int_equal(hist_percentile(h, 1, 3), 5);
}

/* Two halves put together are the whole, sums beyond 64 bits too. */
static void
merged(void **state)
{
	struct hist *whole = hist_create();
	unsigned i;

	assert_non_null(whole);
	hist_init(h);
	hist_init(other);
	for (i = 0; i < MANY; i++) {
		uint64_t x = draw(i % 5);

		hist_add(i % 3 == 0 ? h : other, x);
		hist_add(whole, x);
	}
	hist_addn(h, UINT64_MAX / 3, 7);
	hist_addn(other, UINT64_MAX / 5, 9);
	hist_addn(whole, UINT64_MAX / 3, 7);
	hist_addn(whole, UINT64_MAX / 5, 9);
	hist_merge(h, other);
	assert_memory_equal(h, whole, sizeof(*h));
	assert_int_equal(h->h_sum[1], 4);
	hist_destroy(whole);
}

static void
mean_and_deviation(void **state)
{
	unsigned i;

	hist_init(h);
	for (i = 1; i <= 1000; i++)
		hist_add(h, i);
	assert_true(hist_mean(h) == 500.5);
	/* sqrt((n^2 - 1) / 12) */
	assert_true(hist_stddev(h) > 288.674 && hist_stddev(h) < 288.675);
	hist_init(h);
	hist_addn(h, UINT64_C(1) << 40, UINT64_C(1) << 40);
	assert_true(hist_mean(h) == 0x1p40);
	assert_true(hist_stddev(h) == 0);
}

/* The bins are all values in order. */
static void
iteration(void **state)
{
	struct hist_bin hb = { 0 };
	uint64_t n = 0, last = 0;
	unsigned i;

	hist_init(h);
	for (i = 0; i < MANY; i++)
		hist_add(h, draw(2));
	hist_add(h, 0);
	while (hist_next(h, &hb)) {
		assert_true(n == 0 || hb.hb_from > last);
		assert_true(hb.hb_to >= hb.hb_from && hb.hb_n > 0);
		last = hb.hb_to;
		n += hb.hb_n;
		assert_int_equal(hb.hb_upto, n);
	}
	assert_int_equal(n, h->h_n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets),
		cmocka_unit_test(same_as_sorted),
		cmocka_unit_test(exact_ends),
		cmocka_unit_test(nothing),
		cmocka_unit_test(too_long),
		cmocka_unit_test(merged),
		cmocka_unit_test(mean_and_deviation),
		cmocka_unit_test(iteration),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
