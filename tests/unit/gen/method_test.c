/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the same for all methods: sizes that fit, the tester's own limit,
 * trials that are not valid, an end before the end, repeatability.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "gen/tpl.h"

#define GBIT 1e9

static const unsigned sizes[] = { 64, 128, 1518 };

/* IPv6 does not fit into 64 bytes: that is said, and 84 is used. */
static void
test_least(void **state)
{
	static const unsigned small[] = { 64, 70, 84, 1280 };
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, NULL);
	mc.mc_nsizes = 0;
	mc.mc_stream = model_streams(true);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_npoints, 7);
	assert_int_equal(me.me_point[0].mp_size, 84);
	assert_int_equal(me.me_point[0].mp_asked, 64);
	assert_int_equal(me.me_point[1].mp_size, 128);
	assert_int_equal(me.me_point[1].mp_asked, 0);
	assert_int_equal(me.me_point[6].mp_size, 1518);
	assert_int_equal(me.me_nnotes, 2); /* quick, size */
	assert_non_null(strstr(me.me_note[1], "84"));
	method_fini(&me);

	mc.mc_size = small;
	mc.mc_nsizes = countof(small);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_npoints, 2); /* 84 once, 1280 */
	method_fini(&me);
}

/* As the templates say: rates by their mean size. */
static void
test_mix(void **state)
{
	static const unsigned asis[] = { 0 };
	struct trial_stream ts = *model_streams(false);
	struct tpl_conf tc = *ts.ts_tpl;
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	char err[200];

	(void)state;
	assert_int_equal(
	    sizes_parse(&tc.tc_sizes, "64:1,164:1", err, sizeof(err)), 0);
	ts.ts_tpl = &tc;
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, asis);
	mc.mc_stream = &ts;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_point[0].mp_size, 0);
	assert_true(me.me_point[0].mp_max_pps ==
	    (double)(uint64_t)(GBIT / (134 * 8)));
	method_fini(&me);
}

/* A device faster than the tester: "at least". */
static void
test_own_limit(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	struct method_memory mm = { .mm_n = 0 };

	(void)state;
	model_init(&mo, 1, 2, 10 * GBIT);
	mo.mo_limit = 2e6;
	model_conf(&mo, &mc, sizes);
	mc.mc_memory = &mm;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_true(me.me_point[0].mp_near);
	assert_true(me.me_point[0].mp_limit_pps == 2e6);
	assert_true(me.me_point[0].mp_throughput.tr_pps == 2e6);
	assert_true(mo.mo_most == 2e6);
	method_fini(&me);

	/* Within five per cent of it: measured, but said. */
	mo.mo_pps = 1.95e6;
	memset(&mm, 0, sizeof(mm));
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_near);
	method_fini(&me);

	mo.mo_pps = 1.8e6;
	memset(&mm, 0, sizeof(mm));
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_false(me.me_point[0].mp_near);
	method_fini(&me);

	assert_int_equal(method_run(MT_LIMIT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_throughput.tr_pps == 2e6);
	method_fini(&me);
}

static int
no_limit(void *arg, const struct trial_conf *tc, double *pps)
{
	(void)arg;
	(void)tc;
	*pps = 0;
	return 0;
}

/* Nobody knew the limit, and the tester finds it the hard way. */
static void
test_invalid_above(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, 10 * GBIT);
	mo.mo_limit = 2e6;
	mo.mo_runner.rn_limit = no_limit;
	model_conf(&mo, &mc, sizes);
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_non_null(strstr(me.me_why, "limited by the tester at 20"));
	assert_non_null(strstr(me.me_why, "(late 25 %)"));
	assert_true(me.me_point[0].mp_throughput.tr_pps <= 2e6);
	assert_true(me.me_point[0].mp_throughput.tr_pps > 1.9e6);
	assert_true(me.me_point[0].mp_near);
	assert_true(me.me_point[0].mp_invalid <= 12);
	assert_true(me.me_point[0].mp_throughput.tr_lossy_pps == 0);
	assert_true(me.me_point[0].mp_invalid > 0);
	method_fini(&me);
}

static int
hopeful_limit(void *arg, const struct trial_conf *tc, double *pps)
{
	(void)tc;
	*pps = ((struct model *)arg)->mo_limit * 1.1;
	return 0;
}

/* What it can do as fast as it goes is more than it can do in time. */
static void
test_limit_is_late(void **state)
{
	struct method_memory mm = { .mm_n = 0 };
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, 10 * GBIT);
	mo.mo_limit = 2e6;
	mo.mo_runner.rn_limit = hopeful_limit;
	model_conf(&mo, &mc, sizes);
	mc.mc_memory = &mm;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_true(me.me_point[0].mp_throughput.tr_pps > 1.9e6);
	assert_true(me.me_point[0].mp_throughput.tr_pps <= 2e6);
	assert_true(mo.mo_most <= 2.2e6);
	assert_in_range(me.me_ntrials, 3, 8);
	method_fini(&me);

	/* The next method does not try that again. */
	mo.mo_most = 0;
	assert_int_equal(method_run(MT_LOSS, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_int_equal(me.me_ntrials, 2);
	assert_true(mo.mo_most <= 2e6);
	method_fini(&me);
}

/* Some trials are not valid: they are run again, and never count. */
static void
test_again(void **state)
{
	unsigned ok = 0, seed;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		unsigned i, invalid = 0;

		model_init(&mo, seed, 2, 10 * GBIT);
		mo.mo_pps = 1e6;
		mo.mo_invalid = 0.2;
		model_conf(&mo, &mc, sizes);
		assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
		assert_true(me.me_point[0].mp_throughput.tr_pps <= 1e6);
		for (i = 0; i < me.me_ntrials; i++)
			invalid += !me.me_trial[i].mx_valid;
		assert_int_equal(me.me_point[0].mp_invalid, invalid);
		ok += me.me_status == MS_OK;
		method_fini(&me);
	}
	assert_true(ok >= 190);
}

/* None is valid: a failure that says why, after a bounded number of trials. */
static void
test_never_valid(void **state)
{
	enum method methods[] = { MT_THROUGHPUT, MT_LATENCY, MT_LOSS, MT_BURST,
		MT_RECOVERY, MT_RESET, MT_MLR, MT_BROADCAST, MT_FORWARDING };
	unsigned i;

	(void)state;
	for (i = 0; i < countof(methods); i++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;

		model_init(&mo, 1, 2, GBIT);
		mo.mo_invalid = 2;
		mo.mo_reset = 1;
		model_conf(&mo, &mc, sizes);
		assert_int_equal(method_run(methods[i], &mc, &me), 0);
		assert_int_equal(me.me_status, MS_FAILED);
		assert_true(me.me_why[0] != '\0');
		/* The first rate four times, others once; or one only. */
		assert_true(mo.mo_trials <= 6 + 3);
		method_fini(&me);
	}
}

/* Stopped in its nth trial: it runs no other and keeps what it has. */
static void
test_stop(void **state)
{
	enum method me;
	unsigned n;

	(void)state;
	for (me = MT_THROUGHPUT; me < MT_N; me++) {
		for (n = 1; n < 12; n++) {
			struct model mo;
			struct method_conf mc;
			struct method_result res;

			model_init(&mo, n, 3, GBIT);
			mo.mo_pps = 300000;
			mo.mo_buffer = 100;
			mo.mo_reset = 100000000;
			mo.mo_table = 1000;
			mo.mo_forgets = true;
			mo.mo_stop = n;
			model_conf(&mo, &mc, sizes);
			mc.mc_nsizes = countof(sizes);
			mc.mc_bridge = (struct method_bridge){ 0, 1, 2, 0, 0,
				0 };
			assert_int_equal(method_run(me, &mc, &res), 0);
			if (mo.mo_trials < n) { /* it took fewer */
				method_fini(&res);
				break;
			}
			assert_int_equal(mo.mo_trials, n);
			assert_int_equal(res.me_status, MS_PARTIAL);
			assert_int_equal(res.me_ntrials, n);
			method_fini(&res);
		}
	}
}

/* A trial that cannot be run at all. */
static void
test_error(void **state)
{
	enum method me;

	(void)state;
	for (me = MT_THROUGHPUT; me < MT_N; me++) {
		struct model mo;
		struct method_conf mc;
		struct method_result res;

		/* Congestion's streams are others; its own test has them. */
		if (me == MT_ERRORED || me == MT_IP6 || me == MT_CONGESTION)
			continue;
		model_init(&mo, 1, 3, GBIT);
		mo.mo_error = 1;
		mo.mo_reset = 1;
		mo.mo_forgets = true;
		model_conf(&mo, &mc, sizes);
		mc.mc_bridge = (struct method_bridge){ 0, 1, 2, 0, 0, 0 };
		assert_int_equal(method_run(me, &mc, &res), 0);
		assert_int_equal(res.me_status, MS_FAILED);
		assert_string_equal(res.me_why, "no such frames");
		method_fini(&res);
	}
}

static void
test_wrong(void **state)
{
	struct trial_stream ts = *model_streams(false);
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, sizes);
	mc.mc_nstreams = 0;
	assert_int_equal(method_run(MT_LOSS, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
	ts.ts_to = 2;
	mc.mc_stream = &ts;
	mc.mc_nstreams = 1;
	assert_int_equal(method_run(MT_LOSS, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
	mc.mc_stream = model_streams(false);
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "three ports"));
	method_fini(&me);
	assert_int_equal(mo.mo_trials, 0);
}

/* The same seed, the same trials. */
static void
test_repeatable(void **state)
{
	struct method_result me[2];
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct model mo;
		struct method_conf mc;

		model_init(&mo, 7, 2, GBIT);
		mo.mo_pps = 123456;
		mo.mo_noise = 0.1;
		model_conf(&mo, &mc, sizes);
		assert_int_equal(method_run(MT_MLR, &mc, &me[i]), 0);
	}
	assert_int_equal(me[0].me_ntrials, me[1].me_ntrials);
	for (i = 0; i < me[0].me_ntrials; i++)
		assert_memory_equal(&me[0].me_trial[i], &me[1].me_trial[i],
		    sizeof(me[0].me_trial[0]));
	method_fini(&me[0]);
	method_fini(&me[1]);
}

struct heard {
	unsigned trials, lines, ticks;
};

static void
on_trial(void *arg, const struct method_result *me,
    const struct method_trial *mx, const struct trial_result *tr)
{
	struct heard *h = arg;

	h->trials++;
	assert_int_equal(me->me_ntrials, h->trials);
	assert_true(mx->mx_n.tn_sent == tr->tr_all.tn_sent);
}

static void
on_line(void *arg, const char *text)
{
	((struct heard *)arg)->lines++;
	assert_true(text[0] != '\0');
}

static bool
on_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	((struct heard *)arg)->ticks++;
	assert_int_equal(tt->tt_phase, TPH_RUN);
	pc->pc_rate.pr_num = 1; /* not the user's to set */
	return true;
}

static void
test_callbacks(void **state)
{
	struct heard h = { 0, 0, 0 };
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	model_init(&mo, 7, 2, GBIT);
	mo.mo_pps = 123456;
	model_conf(&mo, &mc, sizes);
	mc.mc_told = on_trial;
	mc.mc_says = on_line;
	mc.mc_tick = on_tick;
	mc.mc_arg = &h;
	assert_int_equal(method_run(MT_THROUGHPUT, &mc, &me), 0);
	assert_int_equal(h.trials, me.me_ntrials);
	assert_true(h.lines >= h.trials && h.ticks >= 20 * h.trials);
	assert_true(me.me_point[0].mp_throughput.tr_pps > 123000);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_own_limit),
		cmocka_unit_test(test_invalid_above),
		cmocka_unit_test(test_limit_is_late),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_never_valid),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_repeatable),
		cmocka_unit_test(test_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
