/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binary search: whatever the limit and the guesses, the bounds were tried,
 * are on their sides of it, and as near as asked, after few trials.
 */
#include "gen/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define SEEDS 2000

enum guess { NONE, EXACT, NEAR, WILD };

/* Runs one to its end against a limit; returns the trials. */
static unsigned
run(struct bisect *bi, uint64_t limit, enum guess guess, struct rnd *r)
{
	uint64_t load, lower = 0, upper = 0, said = 0;
	unsigned n = 0;

	while (bisect_next(bi, &load)) {
		assert_in_range(load, bi->bi_conf.bc_min, bi->bi_conf.bc_max);
		assert_true(n++ < bisect_bound(&bi->bi_conf));
		if (load <= limit) {
			lower = load > lower ? load : lower;
			bisect_told(bi, true, 0);
			continue;
		}
		upper = upper == 0 || load < upper ? load : upper;
		if (guess == EXACT)
			said = limit;
		if (guess == NEAR)
			said = limit - limit / 64 +
			    rnd_below(r, limit / 32 + 1);
		if (guess == WILD)
			said = rnd_u64(r) >> rnd_below(r, 64);
		bisect_told(bi, false, said);
	}
	assert_true(bi->bi_lower == lower);
	assert_true(bi->bi_upper == upper);
	assert_int_equal(bi->bi_trials, n);
	return n;
}

static void
random_conf(struct bisect_conf *bc, struct rnd *r)
{
	*bc = (struct bisect_conf){
		.bc_min = 1 + (rnd_u64(r) >> (24 + rnd_below(r, 40))),
		.bc_step = rnd_below(r, 3) != 0 ? 1 : rnd_below(r, 1000),
		.bc_ppm = rnd_below(r, 3) != 0 ? (unsigned)rnd_below(r, 20000) :
		0,
	};
	bc->bc_max = bc->bc_min + (rnd_u64(r) >> (24 + rnd_below(r, 40)));
}

/* What is promised, for limits anywhere and guesses of any worth. */
static void
test_limits(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		struct bisect_conf bc;
		struct bisect bi;
		struct rnd r;
		uint64_t limit, width;

		rnd_seed(&r, seed);
		random_conf(&bc, &r);
		limit = bc.bc_min - 1 +
		    rnd_below(&r, bc.bc_max - bc.bc_min + 3);
		bisect_start(&bi, &bc);
		run(&bi, limit, (enum guess)(seed % 4), &r);

		if (limit >= bc.bc_max) {
			assert_true(bi.bi_lower == bc.bc_max);
			assert_true(bi.bi_upper == 0);
			continue;
		}
		assert_true(bi.bi_upper > limit);
		if (limit < bc.bc_min) {
			assert_true(bi.bi_lower == 0);
			assert_true(bi.bi_upper == bc.bc_min);
			continue;
		}
		width = (uint64_t)((double)bi.bi_upper * bc.bc_ppm / 1e6);
		width = width > bc.bc_step ? width : bc.bc_step;
		assert_in_range(bi.bi_lower, bc.bc_min, limit);
		assert_true(bi.bi_upper - bi.bi_lower <= (width ? width : 1));
	}
}

/* A trial at the limit and one over it: that is all, if the guess is good. */
static void
test_guesses(void **state)
{
	struct bisect_conf bc = { .bc_min = 1000, .bc_max = 10000000,
		.bc_ppm = 1000 };
	struct bisect bi;
	struct rnd r;
	unsigned with = 0, without = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		uint64_t limit;

		rnd_seed(&r, seed);
		limit = 100000 + rnd_below(&r, 9800000);
		bisect_start(&bi, &bc);
		assert_int_equal(run(&bi, limit, EXACT, &r), 3);
		bisect_start(&bi, &bc);
		with += run(&bi, limit, NEAR, &r);
		bisect_start(&bi, &bc);
		without += run(&bi, limit, NONE, &r);
	}
	assert_true(with < without);

	/* One before the first trial: the highest load is not tried. */
	bisect_start(&bi, &bc);
	bisect_guess(&bi, 500000);
	assert_int_equal(run(&bi, 500000, NONE, &r), 2);
}

/* One trial that fails by chance: the result is lower, or verified away. */
static void
test_noise(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		struct bisect_conf bc = { .bc_min = 100, .bc_max = 1000000,
			.bc_ppm = 1000, .bc_verify = seed % 2 };
		struct bisect bi;
		struct rnd r;
		uint64_t load, limit;
		unsigned n = 0, bad;

		rnd_seed(&r, seed);
		limit = 10000 + rnd_below(&r, 900000);
		bad = (unsigned)rnd_below(&r, 8);
		bisect_start(&bi, &bc);
		while (bisect_next(&bi, &load)) {
			assert_true(n < bisect_bound(&bc));
			bisect_told(&bi, load <= limit && n++ != bad, 0);
		}
		assert_in_range(bi.bi_lower, 0, limit);
		if (bc.bc_verify)
			assert_true(bi.bi_lower + bi.bi_upper / 1000 >=
			    limit * 999 / 1000 - 1);
	}
}

static void
test_ends(void **state)
{
	static const struct {
		uint64_t min, max, limit, lower, upper;
		unsigned trials;
	} tab[] = {
		{ 1, 1, 1, 1, 0, 1 }, /* one load, and it passes */
		{ 1, 1, 0, 0, 1, 1 }, /* or not */
		{ 5, 6, 5, 5, 6, 2 },
		{ 5, 6, 4, 0, 5, 2 },
		{ 5, 6, 9, 6, 0, 1 },
		{ UINT64_MAX - 1, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 1,
		    UINT64_MAX, 2 },
	};
	struct rnd r;
	size_t i;

	(void)state;
	rnd_seed(&r, 1);
	for (i = 0; i < countof(tab); i++) {
		struct bisect_conf bc = { .bc_min = tab[i].min,
			.bc_max = tab[i].max };
		struct bisect bi;

		bisect_start(&bi, &bc);
		assert_int_equal(run(&bi, tab[i].limit, NONE, &r),
		    tab[i].trials);
		assert_true(bi.bi_lower == tab[i].lower);
		assert_true(bi.bi_upper == tab[i].upper);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
