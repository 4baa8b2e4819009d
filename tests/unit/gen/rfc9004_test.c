/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Back-to-back frames against a model: its buffer is found, corrected for what
 * it forwards meanwhile.
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

static const unsigned size[] = { 64 };

static void
test_buffer(void **state)
{
	uint64_t seed, trials = 0, reps = 0;

	(void)state;
	for (seed = 0; seed < 300; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct burst_result *bu;
		double line = GBIT / 672, share, slack;

		model_init(&mo, seed, 2, GBIT);
		share = 0.05 + (double)rnd_below(&mo.mo_rnd, 900) / 1000;
		mo.mo_pps = line * share;
		mo.mo_buffer = 10 + (double)rnd_below(&mo.mo_rnd, 50000);
		model_conf(&mo, &mc, size);
		mc.mc_nstreams = 1 + seed % 2;
		mc.mc_profile.pf_duration = 60000000000;
		mc.mc_profile.pf_ppm = 100;
		assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		bu = &me.me_point[0].mp_burst;
		assert_int_equal(bu->bu_frames.sm_n,
		    profile_quick.pf_burst_reps);
		assert_true(bu->bu_theoretical);
		assert_true(bu->bu_frames.sm_stddev <=
		    bu->bu_frames.sm_mean / 1e4);
		/*
		 * The throughput is known to 0.01 %, and more of it by the
		 * buffer's frames in 60 s: so much of the share that stays is
		 * uncertain.
		 */
		slack = 1e-3 + (2e-4 + mo.mo_buffer / 60 / line) / (1 - share);
		assert_true(bu->bu_buffer < mo.mo_buffer * (1 + slack) + 1);
		assert_true(bu->bu_buffer > mo.mo_buffer * (1 - slack) - 2);
		assert_true(bu->bu_corrected_ns < bu->bu_implied_ns);
		trials += me.me_ntrials;
		reps += bu->bu_frames.sm_n;
		method_fini(&me);
	}
	print_message("# %.1f trials for a repetition\n",
	    (double)trials / (double)reps);
	assert_true(trials < reps * 12);
}

/* Bursts that the buffer could take to the end of time. */
static void
test_limits(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	/* It forwards at the links' rate. */
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, size);
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "highest rate"));
	method_fini(&me);

	/* Its buffer holds more than the longest burst. */
	mo.mo_pps = 1000000;
	mo.mo_buffer = 2000000;
	mc.mc_profile.pf_duration = 60000000000;
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_true(me.me_point[0].mp_burst.bu_frames.sm_n == 1);
	method_fini(&me);

	/* It has none. */
	mo.mo_buffer = 0;
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	assert_true(me.me_point[0].mp_burst.bu_buffer <= 1);
	method_fini(&me);

	/* It forwards nothing without loss. */
	mo.mo_floor = 1;
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_FAILED);
	method_fini(&me);
}

/* After a burst there is time for it to come out, and for buffers to empty. */
static void
test_rest(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	const struct trial_conf *tc;
	double out;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_pps = 100000;
	mo.mo_buffer = 100000;
	model_conf(&mo, &mc, size);
	mc.mc_profile.pf_burst_rest = 2000000000;
	mc.mc_profile.pf_duration = 60000000000;
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	tc = &mo.mo_last;
	assert_true(tc->tc_packets > 100000 && tc->tc_duration == 0);
	assert_true(tc->tc_pace.pc_rate.pr_num == (uint64_t)(GBIT / 672));
	out = (double)tc->tc_packets / mo.mo_pps -
	    (double)tc->tc_packets / (GBIT / 672);
	assert_true((double)tc->tc_drain / 1e9 > out * 0.9 + 2);
	method_fini(&me);
}

/* A lossy trial by chance makes a repetition shorter, the mean says so. */
static void
test_noise(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	const struct burst_result *bu;

	(void)state;
	model_init(&mo, 5, 2, GBIT);
	mo.mo_pps = 500000;
	mo.mo_buffer = 1000;
	model_conf(&mo, &mc, size);
	mc.mc_profile.pf_burst_reps = 50;
	mc.mc_profile.pf_verify = 2;
	mo.mo_noise = 0.05;
	assert_int_equal(method_run(MT_BURST, &mc, &me), 0);
	bu = &me.me_point[0].mp_burst;
	assert_int_equal(bu->bu_frames.sm_n, 50);
	assert_true(bu->bu_frames.sm_max <= 1000 / (1 - 0.5 / 1.488) + 1);
	assert_true(bu->bu_buffer > 990 && bu->bu_buffer < 1003);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
