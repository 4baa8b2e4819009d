/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured, as expectations speak of it.
 */
#include <math.h>

#include "plan_texts.h"

#include "gen/hist.h"
#include "gen/method.h"

#define STEP(method, expect)                                                  \
	PORTS TPL STREAM "step x { method=" method " expect=\"" expect "\" }\n"
#define RUNS(expect)                                                          \
	PORTS TPL STREAM "step x { method=run rate=max duration=1s "          \
			 "expect=\"" expect "\" }\n"

static bool
near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fabs(b);
}

/* A point as methods make them, for frames of 64 bytes on a link of 1G. */
static double
measured(const char *text, enum method method, const struct method_point *mp)
{
	struct plan *pl = plan_of(text);
	const struct method_result me = { .me_method = method };
	double v = plan_measured(&pl->pl_step->pn_expect[0], &me, mp);

	plan_free(pl);
	return v;
}

static void
rates(void **state)
{
	struct method_point mp = { .mp_size = 64, .mp_line_pps = 1e9 / 672,
		.mp_throughput = { .tr_pps = 1e6 } };

	assert_true(near(measured(STEP("throughput", "throughput > 1 pps"),
	    MT_THROUGHPUT, &mp), 1e6));
	assert_true(near(measured(STEP("throughput", "throughput > 1 %"),
	    MT_THROUGHPUT, &mp), 67.2));
	assert_true(near(measured(STEP("throughput", "throughput > 1 bit/s"),
	    MT_THROUGHPUT, &mp), 672e6));
	assert_true(near(measured(STEP("throughput",
	    "throughput > 1 bit/s L2"), MT_THROUGHPUT, &mp), 512e6));
	assert_true(near(measured(STEP("throughput",
	    "throughput > 1 bit/s L3"), MT_THROUGHPUT, &mp), 368e6));
	mp.mp_line_pps = 0;
	assert_true(isnan(measured(STEP("throughput", "throughput > 1 %"),
	    MT_THROUGHPUT, &mp)));
}

static void
what_was_not_measured(void **state)
{
	static const enum method_status none[] = { MS_IMPOSSIBLE, MS_FAILED,
		MS_PARTIAL };
	struct method_point mp = { .mp_size = 64,
		.mp_throughput = { .tr_pps = 1e6 } };
	unsigned i;

	for (i = 0; i < NITEMS(none); i++) {
		mp.mp_status = none[i];
		assert_true(isnan(measured(STEP("throughput",
		    "throughput > 1 pps"), MT_THROUGHPUT, &mp)));
	}
	mp.mp_status = MS_LIMITED;
	assert_true(near(measured(STEP("throughput", "throughput > 1 pps"),
	    MT_THROUGHPUT, &mp), 1e6));
}

static void
latencies(void **state)
{
	struct hist *h = hist_create();
	struct method_point mp = { .mp_size = 64,
		.mp_latency = { .la_hist = h,
		    .la_all = { .lb_n = 100, .lb_mean = 7, .lb_p99 = 9,
			.lb_jitter = 3 } } };
	unsigned i;

	assert_non_null(h);
	for (i = 1; i <= 100; i++)
		hist_add(h, i);
	assert_true(near(measured(STEP("latency", "latency min > 0"),
	    MT_LATENCY, &mp), 1));
	assert_true(near(measured(STEP("latency", "latency max > 0"),
	    MT_LATENCY, &mp), 100));
	assert_true(near(measured(STEP("latency", "latency > 0"), MT_LATENCY,
	    &mp), 50.5));
	assert_true(near(measured(STEP("latency", "latency p75 > 0"),
	    MT_LATENCY, &mp), 75));
	assert_true(near(measured(STEP("latency", "jitter > 0"), MT_LATENCY,
	    &mp), 3));
	mp.mp_latency.la_hist = NULL;
	assert_true(near(measured(STEP("latency", "latency p99 > 0"),
	    MT_LATENCY, &mp), 9));
	assert_true(isnan(measured(STEP("latency", "latency p98 > 0"),
	    MT_LATENCY, &mp)));
	hist_destroy(h);
}

/* The highest rate that was really sent. */
static void
losses(void **state)
{
	struct method_point mp = { .mp_size = 64, .mp_loss = { .lo_n = 2,
		.lo_point = { { .lo_valid = false },
		    { .lo_valid = true, .lo_sent = 200, .lo_lost = 1,
			.lo_received_pps = 50 } } } };

	assert_true(near(measured(STEP("loss", "loss < 1 %"), MT_LOSS, &mp),
	    0.5));
	assert_true(near(measured(STEP("loss", "loss < 9"), MT_LOSS, &mp), 1));
	assert_true(near(measured(STEP("loss", "rate > 9 pps"), MT_LOSS, &mp),
	    50));
	mp.mp_loss.lo_n = 1;
	assert_true(isnan(measured(STEP("loss", "loss < 9"), MT_LOSS, &mp)));
}

static void
outages(void **state)
{
	struct method_point mp = { .mp_size = 64,
		.mp_outage = { .ou_ns = { .sm_n = 1, .sm_mean = 5e8 } } };

	assert_true(near(measured(STEP("recovery", "recovery < 1 s"),
	    MT_RECOVERY, &mp), 5e8));
	mp.mp_outage.ou_never = 1;
	assert_true(isinf(measured(STEP("recovery", "recovery < 1 s"),
	    MT_RECOVERY, &mp)));
}

static void
bursts(void **state)
{
	struct method_point mp = { .mp_size = 64,
		.mp_burst = { .bu_frames = { .sm_n = 2, .sm_mean = 1000 },
		    .bu_buffer = 300 } };

	assert_true(near(measured(STEP("burst", "burst > 1"), MT_BURST, &mp),
	    1000));
	assert_true(near(measured(STEP("burst", "buffer > 1"), MT_BURST, &mp),
	    300));
}

static double
ran(const char *text, const struct trial_result *tr)
{
	struct plan *pl = plan_of(text);
	double v = plan_measured_run(&pl->pl_step->pn_expect[0], tr,
	    1000000000);

	plan_free(pl);
	return v;
}

static void
runs(void **state)
{
	struct trial_port port[2] = {
		{ .tp_tx = { .tn_sent = 1000 }, .tp_corrupt = 1 },
		{ .tp_rx_pps = 1e6, .tp_corrupt = 2 },
	};
	struct trial_result tr = { .tr_valid = true, .tr_frame = 64,
		.tr_nports = 2, .tr_port = port,
		.tr_all = { .tn_sent = 1000, .tn_lost = 5, .tn_received = 995,
		    .tn_reordered = 199, .tn_duplicated = 3 } };

	assert_true(near(ran(RUNS("loss = 0"), &tr), 5));
	assert_true(near(ran(RUNS("loss < 1 %"), &tr), 0.5));
	assert_true(near(ran(RUNS("reordered < 1 %"), &tr), 20));
	assert_true(near(ran(RUNS("duplicated < 1"), &tr), 3));
	assert_true(near(ran(RUNS("corrupt < 1"), &tr), 3));
	assert_true(near(ran(RUNS("rate > 1 %"), &tr), 67.2));
	assert_true(isnan(ran(RUNS("latency < 1 s"), &tr)));
	tr.tr_valid = false;
	assert_true(isnan(ran(RUNS("loss = 0"), &tr)));
}

static void
texts(void **state)
{
	static const struct {
		enum plan_kind kind;
		double value;
		const char *want;
	} t[] = {
		{ PLAN_K_NUMBER, 12345678, "12345678" },
		{ PLAN_K_PERCENT, 99.5, "99.5 %" },
		{ PLAN_K_TIME, 1234567, "1.235 ms" },
		{ PLAN_K_PPS, 1488095, "1.488 Mpps" },
		{ PLAN_K_L2, 999, "999 bit/s L2" },
		{ PLAN_K_TIME, NAN, "not measured" },
		{ PLAN_K_TIME, INFINITY, "for ever" },
	};
	struct plan_expect px = { .px_op = PLAN_GE };
	char buf[64];
	unsigned i;

	for (i = 0; i < NITEMS(t); i++) {
		px.px_kind = t[i].kind;
		plan_measured_text(&px, t[i].value, buf, sizeof(buf));
		assert_string_equal(buf, t[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(what_was_not_measured),
		cmocka_unit_test(latencies),
		cmocka_unit_test(losses),
		cmocka_unit_test(outages),
		cmocka_unit_test(bursts),
		cmocka_unit_test(runs),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
