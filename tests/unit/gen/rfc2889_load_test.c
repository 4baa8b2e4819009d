/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control, forwarding rate and forward pressure of a model that has
 * them, or not.
 */
#include "model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "gen/tpl.h"

#define GBIT 1e9
#define FULL (GBIT / 672)

static const unsigned size[] = { 64 };
static struct trial_stream crowd[3];

/* Ports 0 and 1 send to 3, and 0 also to 2; streams in any order. */
static void
congested(struct model *mo, struct method_conf *mc, uint64_t seed)
{
	static const uint8_t ways[3][2] = { { 0, 2 }, { 0, 3 }, { 1, 3 } };
	unsigned i;

	model_init(mo, seed, 4, GBIT);
	mo->mo_switch = true;
	mo->mo_bps = GBIT;
	model_conf(mo, mc, size);
	for (i = 0; i < 3; i++)
		crowd[(i + seed) % 3] = (struct trial_stream){
			.ts_from = ways[i][0], .ts_to = ways[i][1],
			.ts_tpl = mc->mc_stream[0].ts_tpl };
	mc->mc_stream = crowd;
	mc->mc_nstreams = 3;
}

static void
near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-3 * fmax(b, 1));
}

static void
test_congestion(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 12; seed++) {
		const struct congestion_result *cg;
		struct method_result me;
		struct method_conf mc;
		struct model mo;

		congested(&mo, &mc, seed);
		mo.mo_blocking = seed % 4 == 1;
		mo.mo_pressure = seed % 4 == 2;
		mo.mo_floor = seed % 4 == 3 ? 0.1 : 0; /* loses always */
		assert_int_equal(method_run(MT_CONGESTION, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		cg = &me.me_point[0].mp_congestion;
		near(cg->cg_pps, floor(FULL));
		assert_int_equal(cg->cg_blocking, mo.mo_blocking);
		assert_int_equal(cg->cg_pressure, mo.mo_pressure);
		near(cg->cg_held, mo.mo_pressure ? 0.25 : 0);
		near(cg->cg_alone.bl_ratio, mo.mo_floor);
		near(cg->cg_free.bl_ratio, mo.mo_blocking ? 1.0 / 3 :
		    mo.mo_floor);
		near(cg->cg_full.bl_ratio, mo.mo_pressure ? 0 : 1.0 / 3);
		near(cg->cg_full.bl_received_pps, FULL);
		assert_int_equal(me.me_ntrials, mo.mo_pressure ?
		    2 + profile_quick.pf_retries : 2);
		method_fini(&me);
	}
}

static void
test_no_congestion(void **state)
{
	struct method_result me;
	struct method_conf mc;
	struct model mo;

	(void)state;
	/* Its ports carry more than was said. */
	congested(&mo, &mc, 0);
	mo.mo_bps = 2 * GBIT;
	assert_int_equal(method_run(MT_CONGESTION, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "not congested"));
	method_fini(&me);
	/* The tester cannot. */
	mo.mo_invalid = 1;
	assert_int_equal(method_run(MT_CONGESTION, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_FAILED);
	method_fini(&me);
	/* Streams that are others. */
	crowd[0].ts_from = 2;
	assert_int_equal(method_run(MT_CONGESTION, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "three streams"));
	method_fini(&me);
	mc.mc_nstreams = 2;
	assert_int_equal(method_run(MT_CONGESTION, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
}

static void
test_forwarding(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 30; seed++) {
		const struct forwarding_result *fw;
		struct method_result me;
		struct method_conf mc;
		struct model mo;
		double most;

		model_init(&mo, seed, 2, GBIT);
		mo.mo_pps = 100000 + (double)rnd_below(&mo.mo_rnd, 1000000);
		mo.mo_worse = seed % 2 ? 0.05 : 0;
		model_conf(&mo, &mc, size);
		assert_int_equal(method_run(MT_FORWARDING, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		fw = &me.me_point[0].mp_forwarding;
		most = mo.mo_pps - mo.mo_worse * (floor(FULL) - mo.mo_pps);
		assert_true(fabs(fw->fw_pps / mo.mo_pps - 1) < 0.003 ||
		    mo.mo_worse > 0);
		assert_true(fw->fw_pps <= mo.mo_pps * 1.0001);
		assert_true(fabs(fw->fw_most_pps / most - 1) < 0.003);
		assert_true(fw->fw_at_pps >= fw->fw_pps - 1);
		assert_int_equal(fw->fw_n, METHOD_LOADS);
		method_fini(&me);
	}
}

static void
test_forwarding_all(void **state)
{
	struct method_result me;
	struct method_conf mc;
	struct model mo;

	(void)state;
	model_init(&mo, 1, 2, GBIT);
	model_conf(&mo, &mc, size);
	assert_int_equal(method_run(MT_FORWARDING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_int_equal(me.me_point[0].mp_forwarding.fw_n, 1);
	assert_true(me.me_point[0].mp_forwarding.fw_pps ==
	    me.me_point[0].mp_forwarding.fw_most_pps);
	method_fini(&me);
}

/* What keeps gaps loses, or stores, what is too much. */
static void
test_pressure(void **state)
{
	static const struct {
		double bps, buffer;
		bool pressure;
	} device[] = {
		{ 0, 0, true },
		{ GBIT, 0, false },
		{ GBIT, 1e9, false },
		{ GBIT * 1.001, 0, false },
		{ GBIT * 1.01, 1e9, true },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < countof(device); i++) {
		const struct pressure_result *ps;
		struct method_result me;
		struct method_conf mc;
		struct model mo;

		model_init(&mo, i, 2, GBIT);
		mo.mo_bps = device[i].bps;
		mo.mo_buffer = device[i].buffer;
		model_conf(&mo, &mc, size);
		assert_int_equal(method_run(MT_PRESSURE, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		ps = &me.me_point[0].mp_pressure;
		near(ps->ps_pps, FULL * 84 / 83);
		assert_int_equal(ps->ps_pressure, device[i].pressure);
		method_fini(&me);
	}
}

static void
test_no_pressure(void **state)
{
	struct method_result me;
	struct method_conf mc;
	struct model mo;

	(void)state;
	/* The links' speed is not known; the tester cannot; it is late. */
	model_init(&mo, 1, 2, 0);
	model_conf(&mo, &mc, size);
	mc.mc_port_pps = 1000;
	assert_int_equal(method_run(MT_PRESSURE, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "speed"));
	method_fini(&me);
	model_init(&mo, 1, 2, GBIT);
	mo.mo_limit = FULL;
	assert_int_equal(method_run(MT_PRESSURE, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_int_equal(me.me_ntrials, 0);
	method_fini(&me);
	mo.mo_limit = 0;
	mo.mo_invalid = 1;
	assert_int_equal(method_run(MT_PRESSURE, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "88 bits"));
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_congestion),
		cmocka_unit_test(test_no_congestion),
		cmocka_unit_test(test_forwarding),
		cmocka_unit_test(test_forwarding_all),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_no_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
