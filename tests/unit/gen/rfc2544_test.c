/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 2544 against a model: throughput is within the resolution of what the
 * model forwards and never above, whatever its limits; latency and loss are
 * the model's.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

#define SEEDS 300
#define GBIT  1e9

static const unsigned sizes[] = { 64, 512, 1518 };

static void
random_device(struct model *mo, uint64_t seed)
{
	model_init(mo, seed, 2, 10 * GBIT);
	if (seed % 3 != 0)
		mo->mo_pps = 1000 + (double)rnd_below(&mo->mo_rnd, 20000000);
	if (seed % 3 != 1)
		mo->mo_bps = 1e7 + (double)rnd_below(&mo->mo_rnd, 11000000000);
	if (seed % 4 == 0)
		mo->mo_buffer = (double)rnd_below(&mo->mo_rnd, 2000);
}

/* With a buffer a trial passes at a little more than the device forwards. */
static double
passes(const struct model *mo, unsigned size, uint64_t duration)
{
	return model_capacity(mo, size) +
	    mo->mo_buffer / ((double)duration / 1e9);
}

static void
test_throughput(void **state)
{
	uint64_t seed, trials = 0, points = 0;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		unsigned i;

		random_device(&mo, seed);
		model_conf(&mo, &mc, sizes);
		mc.mc_nsizes = countof(sizes);
		mc.mc_nstreams = 1 + seed % 2;
		assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
		assert_int_equal(me.me_npoints, countof(sizes));
		assert_int_equal(me.me_status, MS_OK);
		for (i = 0; i < me.me_npoints; i++) {
			const struct method_point *mp = &me.me_point[i];
			double most = passes(&mo, sizes[i],
			    mc.mc_profile.pf_duration);
			double line = 10 * GBIT / trial_bps(1, sizes[i], 1);
			double found = mp->mp_throughput.tr_port_pps;

			assert_int_equal(mp->mp_size, sizes[i]);
			assert_int_equal(mp->mp_nports, mc.mc_nstreams);
			assert_true(found <= most && found <= line);
			if (most < line - 1)
				assert_true(found >= most * 0.998 - 2);
			else
				assert_true(found >= line - 1);
			assert_true(mp->mp_throughput.tr_pps ==
			    found * mc.mc_nstreams);
			assert_true(mp->mp_throughput.tr_line <= 1);
			assert_true(mp->mp_ns >= mp->mp_trials *
			    mc.mc_profile.pf_duration);
			trials += mp->mp_trials;
			points++;
		}
		method_fini(&me);
	}
	print_message("# %.1f trials for a throughput\n",
	    (double)trials / (double)points);
	assert_true(trials < 8 * points);
}

/* What is asked of each trial. */
static void
test_trials(void **state)
{
	const struct trial_conf *tc;
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	unsigned i;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_pps = 500000;
	model_conf(&mo, &mc, sizes);
	mc.mc_profile = profile_rfc;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	tc = &mo.mo_last;
	assert_true(tc->tc_duration == 60000000000);
	assert_true(tc->tc_drain >= 2000000000);
	assert_true(tc->tc_settle == 2000000000 && tc->tc_learn);
	assert_int_equal(tc->tc_size, 64);
	assert_int_equal(tc->tc_pace.pc_kind, PACE_CONSTANT);
	assert_int_equal(me.me_nnotes, 0);
	assert_int_equal(me.me_ntrials, me.me_point[0].mp_trials);
	for (i = 1; i < me.me_ntrials; i++)
		assert_true(me.me_trial[i].mx_seed != me.me_trial[0].mx_seed);
	assert_true(me.me_trial[0].mx_pps == (double)(uint64_t)(GBIT / 672));
	assert_true(me.me_trial[0].mx_n.tn_lost > 0);
	method_fini(&me);
}

static void
test_no_rate(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_floor = 0.9;
	model_conf(&mo, &mc, sizes);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_throughput.tr_pps < 2);
	method_fini(&me);

	/* Neither speed nor limit is known. */
	model_init(&mo, 1, 2, 0);
	model_conf(&mo, &mc, sizes);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_int_equal(mo.mo_trials, 0);
	method_fini(&me);
	mc.mc_port_pps = 1000;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_throughput.tr_pps == 1000);
	method_fini(&me);
}

/* One lossy trial: the result is lower, never higher. */
static void
test_noise(void **state)
{
	unsigned verify, near = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		for (verify = 0; verify < 2; verify++) {
			struct model mo;
			struct method_conf mc;
			struct method_result me;
			double found;

			model_init(&mo, seed, 2, 10 * GBIT);
			mo.mo_pps = 3e6;
			mo.mo_noise = 0.05;
			model_conf(&mo, &mc, sizes);
			mc.mc_profile.pf_verify = verify;
			assert_int_equal(
			    method_run(MT_THROUGHPUT, &mc, &me), 0);
			found = me.me_point[0].mp_throughput.tr_pps;
			assert_true(found <= 3e6);
			near += verify && found > 3e6 * 0.995;
			method_fini(&me);
		}
	}
	assert_true(near > SEEDS * 95 / 100);
}

static void
test_latency(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	struct method_memory mm = { .mm_n = 0 };
	const struct latency_result *la;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_pps = 500000;
	mo.mo_latency = 20000;
	model_conf(&mo, &mc, sizes);
	mc.mc_memory = &mm;
	assert_int_equal(method_run(MT_LATENCY, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	la = &me.me_point[0].mp_latency;
	assert_true(la->la_pps > 498000 && la->la_pps <= 500000);
	assert_int_equal(la->la_mean.sm_n, profile_quick.pf_latency_reps);
	assert_true(la->la_mean.sm_mean == 25000);
	assert_true(la->la_all.lb_min == 20000);
	assert_in_range(la->la_all.lb_p99, 30000, 30030);
	assert_in_range(la->la_worst.sm_mean, 30000, 30030);
	assert_true(la->la_all.lb_n ==
	    profile_quick.pf_latency_reps * (uint64_t)la->la_pps * 2);
	method_fini(&me);

	/* The throughput is known by now. */
	mo.mo_trials = 0;
	assert_int_equal(method_run(MT_LATENCY, &mc, &me), 0);
	assert_int_equal(mo.mo_trials, profile_quick.pf_latency_reps);
	method_fini(&me);
}

/* From all down to where two trials are clean, and no further. */
static void
test_loss(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	const struct loss_result *lr;
	unsigned i;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	mo.mo_bps = 0.55 * GBIT;
	model_conf(&mo, &mc, sizes);
	assert_int_equal(method_run(MT_LOSS, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	lr = &me.me_point[0].mp_loss;
	assert_int_equal(lr->lo_n, 7); /* 100, 90 .. 60: lossy; 50, 40 */
	assert_true(lr->lo_clean);
	for (i = 0; i < lr->lo_n; i++) {
		double percent = 100 - 10.0 * i;
		double want = percent > 55 ? 1 - 55 / percent : 0;

		assert_true(lr->lo_point[i].lo_percent == percent);
		assert_true(lr->lo_point[i].lo_ratio > want - 1e-4);
		assert_true(lr->lo_point[i].lo_ratio < want + 1e-4);
	}
	method_fini(&me);

	/* Nothing comes through at any rate: all of them, and an end. */
	mo.mo_floor = 1;
	mc.mc_profile.pf_loss_step = 1;
	assert_int_equal(method_run(MT_LOSS, &mc, &me), 0);
	assert_int_equal(me.me_point[0].mp_loss.lo_n, 100);
	assert_false(me.me_point[0].mp_loss.lo_clean);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_throughput),
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_no_rate),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
