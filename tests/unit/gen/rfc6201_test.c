/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System recovery and reset against a model that is dead for a known time.
 */
#include "model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

#define GBIT 1e9
#define MS   1000000ull

static const unsigned size[] = { 64 };

/* Trials that do not count leave nothing to those that are run instead. */
static void
unlucky(struct model *mo, struct method_conf *mc)
{
	mo->mo_invalid = 0.3;
	mc->mc_profile.pf_retries = 50;
}

static void
test_recovery(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct outage_result *ou;

		model_init(&mo, seed, 2, GBIT);
		mo.mo_pps = 100000 + (double)rnd_below(&mo.mo_rnd, 1000000);
		mo.mo_dead = seed % 10 == 0 ? 0 :
		    rnd_below(&mo.mo_rnd, 1800) * MS;
		model_conf(&mo, &mc, size);
		if (seed % 2)
			unlucky(&mo, &mc);
		assert_int_equal(method_run(MT_RECOVERY, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		ou = &me.me_point[0].mp_outage;
		assert_int_equal(ou->ou_ns.sm_n,
		    profile_quick.pf_recovery_reps);
		assert_true(ou->ou_ns.sm_mean == (double)mo.mo_dead);
		assert_true(ou->ou_before_pps > mo.mo_pps * 1.095);
		assert_true(ou->ou_before_pps < mo.mo_pps * 1.1 + 1);
		assert_true(ou->ou_pps <= ou->ou_before_pps / 2);
		assert_int_equal(ou->ou_none,
		    mo.mo_dead == 0 ? ou->ou_ns.sm_n : 0);
		method_fini(&me);
	}
}

static void
test_no_recovery(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	/* Longer than anybody waits. */
	model_init(&mo, 1, 2, GBIT);
	mo.mo_pps = 500000;
	mo.mo_dead = 1000000 * MS;
	model_conf(&mo, &mc, size);
	assert_int_equal(method_run(MT_RECOVERY, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_int_equal(me.me_point[0].mp_outage.ou_never,
	    profile_quick.pf_recovery_reps);
	method_fini(&me);

	/* Nothing is too much for it. */
	mo.mo_pps = 0;
	mo.mo_down = 0;
	assert_int_equal(method_run(MT_RECOVERY, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);

	/* The links are not 10 % faster. */
	mo.mo_dead = 0;
	mo.mo_pps = GBIT / 672 * 0.95;
	assert_int_equal(method_run(MT_RECOVERY, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_outage.ou_before_pps ==
	    (double)(uint64_t)(GBIT / 672));
	assert_int_equal(me.me_nnotes, 2);
	method_fini(&me);
}

static void
test_reset(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct outage_result *ou;
		double want;

		model_init(&mo, seed, 2, GBIT);
		mo.mo_pps = 100000 + (double)rnd_below(&mo.mo_rnd, 1000000);
		mo.mo_reset = (200 + rnd_below(&mo.mo_rnd, 50000)) * MS;
		model_conf(&mo, &mc, NULL);
		mc.mc_nsizes = 0;
		mc.mc_profile.pf_reset_reps = 3;
		if (seed % 2)
			unlucky(&mo, &mc);
		assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		assert_int_equal(me.me_npoints, 1);
		assert_int_equal(me.me_point[0].mp_size, 64);
		ou = &me.me_point[0].mp_outage;
		want = (double)mo.mo_reset;
		assert_int_equal(ou->ou_ns.sm_n, 3);
		assert_true(ou->ou_ns.sm_mean == want);
		assert_true(ou->ou_loss_ns.sm_mean > want * 0.999);
		assert_true(ou->ou_loss_ns.sm_mean < want * 1.001);
		assert_int_equal(ou->ou_never + ou->ou_none, 0);
		method_fini(&me);
	}
}

static void
test_no_reset(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_pps = 500000;
	model_conf(&mo, &mc, size);
	/* Nobody said how. */
	assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
	/* It does not work. */
	mo.mo_reset_error = EIO;
	assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_FAILED);
	method_fini(&me);
	mo.mo_reset_error = 0;
	/* It interrupts nothing. */
	mo.mo_reset = 1;
	mo.mo_ideal = true;
	assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_int_equal(me.me_point[0].mp_outage.ou_none, 1);
	assert_true(me.me_point[0].mp_outage.ou_ns.sm_mean == 0);
	method_fini(&me);
	/* It takes for ever. */
	mo.mo_ideal = false;
	mo.mo_reset = 1000000 * MS;
	assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_int_equal(me.me_point[0].mp_outage.ou_never, 1);
	method_fini(&me);
	/* There is no way to do it. */
	mo.mo_runner.rn_event = NULL;
	assert_int_equal(method_run(MT_RESET, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_no_recovery),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_no_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
