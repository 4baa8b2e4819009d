/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiple loss ratio search: the RFC's own example; bounds on both sides of
 * each goal's limit; what disturbed trials may change.
 */
#include "gen/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define S     1000000000ull
#define SEEDS 1000

static struct mlr mlr; /* large */

/*
 * RFC 9971, appendix C: goals and trials, and what they make of a load.  For
 * the last goal and the last two points the classes are those of the code in
 * appendix A: the table's figures, 42.857 % and 27.273 % where 20 % may
 * exceed, make the load an upper bound, too, although it says lower.
 */
static const struct mlr_goal example[4] = {
	{ 0, 0, 0.005, 60 * S, 60 * S },
	{ 0, 0.5, 0.005, 60 * S, 120 * S },
	{ 0.005, 0.5, 0.005, 1 * S, 120 * S },
	{ 0.005, 0.2, 0.005, 60 * S, 60 * S },
};

static const struct {
	unsigned times;
	uint64_t duration;
	double loss;
	enum mlr_class class[4];
} points[] = {
	{ 59, 1 * S, 0, { 0, 0, 0, 0 } },
	{ 1, 1 * S, 0.01, { MLR_UPPER, 0, 0, 0 } },
	{ 59, 1 * S, 0.01, { MLR_UPPER, 0, 0, MLR_UPPER } },
	{ 1, 1 * S, 0, { MLR_UPPER, 0, MLR_LOWER, MLR_UPPER } },
	{ 1, 60 * S, 0.001, { MLR_UPPER, 0, MLR_LOWER, MLR_UPPER } },
	{ 1, 60 * S, 0, { MLR_UPPER, MLR_LOWER, MLR_LOWER, MLR_UPPER } },
};

static void
test_example(void **state)
{
	struct mlr_trial t[130];
	unsigned n = 0, p, g, i;

	(void)state;
	for (p = 0; p < countof(points); p++) {
		for (i = 0; i < points[p].times; i++)
			t[n++] = (struct mlr_trial){ 1000000,
				points[p].duration, points[p].loss };
		for (g = 0; g < 4; g++)
			assert_int_equal(
			    mlr_classify(&example[g], t, n, 1000000),
			    points[p].class[g]);
	}
	/* Half of the full-length time of goal 2 has 0.1 % loss. */
	assert_true(mlr_throughput(&example[1], t, n, 1000000) == 1000000);
	assert_true(mlr_throughput(&example[3], t, n, 1000000) == 999000);
	assert_true(mlr_throughput(&example[0], t, n, 2) == 0);
}

static void
test_none(void **state)
{
	struct mlr_bounds mb;

	(void)state;
	assert_int_equal(mlr_classify(&example[0], NULL, 0, 5), MLR_UNDECIDED);
	mlr_bounds(&example[0], NULL, 0, &mb);
	assert_true(mb.mb_lower == 0 && mb.mb_upper == 0 && !mb.mb_regular);
}

/* A lower bound above an upper bound is not relevant: loss inversion. */
static void
test_inversion(void **state)
{
	static const struct mlr_trial t[] = {
		{ 900, 60 * S, 0 },
		{ 899, 60 * S, 0.1 },
		{ 800, 60 * S, 0 },
		{ 700, 60 * S, 0 },
		{ 1000, 60 * S, 0.2 },
	};
	struct mlr_bounds mb;

	(void)state;
	mlr_bounds(&example[0], t, countof(t), &mb);
	assert_true(mb.mb_lower == 800 && mb.mb_upper == 899);
	assert_true(mb.mb_throughput == 800 && !mb.mb_regular);
}

static double
loss_at(uint64_t load, double capacity)
{
	double l = (double)load;

	return l <= capacity ? 0 : (l - capacity) / l;
}

static void
two_goals(struct mlr_conf *ml, uint64_t duration, double exceed)
{
	*ml = (struct mlr_conf){
		.ml_min = 1000,
		.ml_max = 14880952,
		.ml_initial = S / 2,
		.ml_limit = MLR_TRIALS,
		.ml_ngoals = 2,
		.ml_goals = {
			{ 0, exceed, 0.002, duration, 2 * duration },
			{ 0.005, exceed, 0.002, duration, 2 * duration },
		},
	};
	if (exceed == 0)
		ml->ml_goals[0].mg_sum = ml->ml_goals[1].mg_sum = duration;
}

static void
check_goal(const struct mlr_conf *ml, unsigned g, double capacity)
{
	const struct mlr_goal *mg = &ml->ml_goals[g];
	double limit = capacity / (1 - mg->mg_loss);
	struct mlr_bounds mb;

	mlr_bounds(mg, mlr.mr_trials, mlr.mr_ntrials, &mb);
	if (limit >= (double)ml->ml_max) {
		assert_true(mb.mb_lower == ml->ml_max && mb.mb_upper == 0);
		return;
	}
	assert_true(mb.mb_upper > 0 && (double)mb.mb_upper > limit);
	if (limit < (double)ml->ml_min) {
		assert_true(mb.mb_lower == 0 && mb.mb_upper == ml->ml_min);
		return;
	}
	assert_true(mb.mb_regular);
	assert_true((double)mb.mb_lower <= limit);
	assert_true(mb.mb_lower > 0);
	assert_true((double)(mb.mb_upper - mb.mb_lower) <=
	    mg->mg_width * (double)mb.mb_upper + 1);
	assert_true(mb.mb_throughput <= capacity);
	assert_true(mb.mb_throughput >= (double)mb.mb_lower * 0.995 - 1);
}

/* A device without noise: bounds are on both sides, trials are few. */
static void
test_bounds(void **state)
{
	uint64_t seed, most = 0, all = 0;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		struct mlr_conf ml;
		struct rnd r;
		double capacity;
		uint64_t load, duration;

		rnd_seed(&r, seed);
		two_goals(&ml, (seed % 3 + 1) * 2 * S, seed % 2 ? 0.5 : 0);
		capacity = (double)(rnd_u64(&r) >> (40 + seed % 16));
		mlr_start(&mlr, &ml);
		while (mlr_next(&mlr, &load, &duration)) {
			assert_in_range(load, ml.ml_min, ml.ml_max);
			assert_in_range(duration, ml.ml_initial,
			    ml.ml_goals[0].mg_duration);
			mlr_told(&mlr, loss_at(load, capacity));
		}
		assert_true(mlr.mr_ntrials < 100);
		most = mlr.mr_ntrials > most ? mlr.mr_ntrials : most;
		all += mlr.mr_ntrials;
		check_goal(&ml, 0, capacity);
		check_goal(&ml, 1, capacity);
	}
	print_message("# trials for two goals: mean %.1f, most %u\n",
	    (double)all / SEEDS, (unsigned)most);
}

/*
 * Trials that lose some by chance.  The bounds are what the trials say, all
 * of them, and they are always on their sides: noise is never gain.
 */
static void
test_noise(void **state)
{
	unsigned near = 0, regular = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		double capacity = 1234567;
		struct mlr_conf ml;
		struct mlr_bounds mb;
		struct rnd r;
		uint64_t load, duration;

		rnd_seed(&r, seed);
		two_goals(&ml, 2 * S, 0.5);
		mlr_start(&mlr, &ml);
		while (mlr_next(&mlr, &load, &duration)) {
			double loss = loss_at(load, capacity);

			if (rnd_below(&r, 10) == 0)
				loss += 0.02;
			mlr_told(&mlr, loss);
		}
		mlr_bounds(&ml.ml_goals[0], mlr.mr_trials, mlr.mr_ntrials, &mb);
		regular += mb.mb_regular;
		assert_true((double)mb.mb_lower <= capacity);
		near += (double)mb.mb_lower >= capacity * 0.99;
	}
	print_message("# one trial in ten disturbed: %u of %u regular, "
	    "%u within 1 %%\n", regular, SEEDS, near);
	assert_true(regular >= SEEDS * 99 / 100);
	assert_true(near >= SEEDS * 9 / 10);
}

/* The same trials give the same search. */
static void
test_repeatable(void **state)
{
	uint64_t seen[2][64], load, duration;
	unsigned n[2], k;

	(void)state;
	for (k = 0; k < 2; k++) {
		struct mlr_conf ml;

		two_goals(&ml, 2 * S, 0);
		mlr_start(&mlr, &ml);
		for (n[k] = 0; mlr_next(&mlr, &load, &duration); n[k]++) {
			assert_true(n[k] < 64);
			seen[k][n[k]] = load;
			mlr_told(&mlr, loss_at(load, 3e6));
		}
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(seen[0], seen[1], n[0] * sizeof(seen[0][0]));
}

/* A device that loses at any load, one that never does, one that is odd. */
static void
test_extremes(void **state)
{
	unsigned kind;

	(void)state;
	for (kind = 0; kind < 3; kind++) {
		struct mlr_conf ml;
		struct mlr_bounds mb;
		struct rnd r;
		uint64_t load, duration;

		rnd_seed(&r, kind);
		two_goals(&ml, 2 * S, 0);
		mlr_start(&mlr, &ml);
		while (mlr_next(&mlr, &load, &duration))
			mlr_told(&mlr, kind == 0 ? 1 : kind == 1 ? 0 :
			    (double)rnd_below(&r, 2));
		mlr_bounds(&ml.ml_goals[0], mlr.mr_trials, mlr.mr_ntrials, &mb);
		if (kind == 0)
			assert_true(mb.mb_lower == 0 &&
			    mb.mb_upper == ml.ml_min);
		if (kind == 1)
			assert_true(mb.mb_lower == ml.ml_max);
		assert_true(mlr.mr_ntrials < 200);
	}
}

static void
test_check(void **state)
{
	struct mlr_conf ml;

	(void)state;
	two_goals(&ml, S, 0);
	assert_null(mlr_check(&ml));
#define BAD(member, value)                                                     \
	do {                                                                   \
		struct mlr_conf bad = ml;                                      \
		bad.member = value;                                            \
		assert_non_null(mlr_check(&bad));                              \
	} while (0)
	BAD(ml_min, 0);
	BAD(ml_max, 1);
	BAD(ml_ngoals, 0);
	BAD(ml_ngoals, MLR_GOALS + 1);
	BAD(ml_limit, 0);
	BAD(ml_limit, MLR_TRIALS + 1);
	BAD(ml_initial, 0);
	BAD(ml_goals[1].mg_loss, 1);
	BAD(ml_goals[1].mg_loss, -0.1);
	BAD(ml_goals[1].mg_loss, 0.0 / 0.0);
	BAD(ml_goals[0].mg_exceed, 1);
	BAD(ml_goals[0].mg_width, 0);
	BAD(ml_goals[0].mg_duration, 0);
	BAD(ml_goals[0].mg_sum, S - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_inversion),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_repeatable),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
