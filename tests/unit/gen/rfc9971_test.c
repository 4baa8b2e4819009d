/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiple loss ratio search as a method: goals of the profile or the user's,
 * bounds on both sides of what the model does.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

#define GBIT 1e9
#define S    1000000000ull

static const unsigned size[] = { 64 };

static void
test_goals(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct mlr_result *ml;
		unsigned g;

		model_init(&mo, seed, 2, 10 * GBIT);
		mo.mo_pps = 10000 + (double)rnd_below(&mo.mo_rnd, 14000000);
		model_conf(&mo, &mc, size);
		mc.mc_nstreams = 1 + seed % 2;
		if (seed % 3 == 0)
			mc.mc_profile = profile_rfc;
		assert_int_equal(method_run(MT_MLR, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		ml = &me.me_point[0].mp_mlr;
		assert_int_equal(ml->ml_ngoals, 2);
		for (g = 0; g < 2; g++) {
			double limit = mo.mo_pps / (g == 0 ? 1 : 0.995) *
			    mc.mc_nstreams;

			assert_true(ml->ml_bounds[g].mb_regular);
			assert_true(ml->ml_pps[g] <= limit * (1 + 1e-6));
			assert_true(ml->ml_upper_pps[g] > limit * (1 - 1e-6));
			assert_true(ml->ml_pps[g] > limit * 0.997);
			assert_true(ml->ml_throughput_pps[g] <=
			    mo.mo_pps * mc.mc_nstreams * (1 + 1e-6));
		}
		method_fini(&me);
	}
}

static void
test_rfc2544(void **state)
{
	static const struct mlr_goal goal[] = {
		{ 0, 0, 0.001, 60 * S, 60 * S },
	};
	struct model mo;
	struct method_conf mc;
	struct method_result me[2];
	double by_mlr, by_halves;

	(void)state;
	model_init(&mo, 1, 2, 10 * GBIT);
	mo.mo_pps = 1234567;
	model_conf(&mo, &mc, size);
	mc.mc_profile = profile_rfc;
	mc.mc_goal = goal;
	mc.mc_ngoals = 1;
	assert_int_equal(method_run(MT_MLR, &mc, &me[0]), 0);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me[1]), 0);
	by_mlr = me[0].me_point[0].mp_mlr.ml_pps[0];
	by_halves = me[1].me_point[0].mp_throughput.tr_pps;
	assert_true(by_mlr > by_halves * 0.998 && by_mlr < by_halves * 1.002);
	method_fini(&me[0]);
	method_fini(&me[1]);
}

static void
test_wrong(void **state)
{
	static const struct mlr_goal goal[] = { { 1.5, 0, 0.1, S, S } };
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, size);
	mc.mc_goal = goal;
	mc.mc_ngoals = 1;
	assert_int_equal(method_run(MT_MLR, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_int_equal(mo.mo_trials, 0);
	method_fini(&me);
}

/* Where the tester can do no more. */
static void
test_limit(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, 10 * GBIT);
	mo.mo_limit = 1e6;
	model_conf(&mo, &mc, size);
	assert_int_equal(method_run(MT_MLR, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_true(me.me_point[0].mp_near);
	assert_true(me.me_point[0].mp_mlr.ml_pps[0] == 1e6);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goals),
		cmocka_unit_test(test_rfc2544),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
