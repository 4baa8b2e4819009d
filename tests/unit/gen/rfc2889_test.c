/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bridges: a table of n addresses is found to hold n, exactly; learning as
 * fast as it learns; broadcasts.
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
bridge(struct model *mo, struct method_conf *mc, uint64_t seed)
{
	model_init(mo, seed, 3, GBIT);
	mo->mo_forgets = true;
	mo->mo_aging = 300 * S;
	model_conf(mo, mc, size);
	mc->mc_seed = seed;
	mc->mc_bridge = (struct method_bridge){ .mb_learn = 0, .mb_test = 1,
		.mb_monitor = 2 };
}

static void
test_caching(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 300; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct bridge_result *br;

		bridge(&mo, &mc, seed);
		mo.mo_table = 2 + rnd_below(&mo.mo_rnd, 120000);
		if (seed % 2) {
			mo.mo_forgets = false;
			mc.mc_bridge.mb_aging = 301 * S;
		}
		assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		br = &me.me_point[0].mp_bridge;
		/* One place is taken by the port that the frames go to. */
		assert_true(br->br_addresses == mo.mo_table - 1);
		assert_true(br->br_failed == mo.mo_table);
		assert_true(br->br_others == 1);
		assert_true(me.me_ntrials <= 8);
		method_fini(&me);
	}
}

static void
test_no_caching(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	/* It does not forget: told. */
	bridge(&mo, &mc, 1);
	mo.mo_table = 1000;
	mo.mo_forgets = false;
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_non_null(strstr(me.me_why, "forget"));
	assert_int_equal(mo.mo_trials, 0);
	method_fini(&me);
	/* It waits as long as the bridge needs. */
	mc.mc_profile = profile_rfc;
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_true(me.me_point[0].mp_bridge.br_addresses == 999);
	assert_true(me.me_point[0].mp_ns >= 3 * 300 * S);
	method_fini(&me);
	/* More than was allowed. */
	mo.mo_forgets = true;
	mc.mc_bridge.mb_addresses = 100;
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_LIMITED);
	assert_true(me.me_point[0].mp_bridge.br_addresses == 100);
	method_fini(&me);
	/* A hub: all is flooded. */
	mo.mo_table = 1;
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_FAILED);
	method_fini(&me);
	/* Ports that are not three. */
	mc.mc_bridge.mb_monitor = 0;
	assert_int_equal(method_run(MT_CACHING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	method_fini(&me);
}

static void
test_learning(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		struct model mo;
		struct method_conf mc;
		struct method_result me;
		const struct bridge_result *br;

		bridge(&mo, &mc, seed);
		mo.mo_table = 8192;
		mo.mo_learn = 10 + (double)rnd_below(&mo.mo_rnd, 1000000);
		mc.mc_bridge.mb_addresses = 8000;
		mc.mc_bridge.mb_pps = 100000;
		assert_int_equal(method_run(MT_LEARNING, &mc, &me), 0);
		assert_int_equal(me.me_status, MS_OK);
		br = &me.me_point[0].mp_bridge;
		assert_true(br->br_pps <= mo.mo_learn * 1.0002);
		assert_true(br->br_pps >= mo.mo_learn * 0.997 - 1);
		assert_true(br->br_failed_pps > mo.mo_learn);
		method_fini(&me);
	}
}

static void
test_learning_ends(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	/* As fast as the link. */
	bridge(&mo, &mc, 1);
	mo.mo_table = 8192;
	assert_int_equal(method_run(MT_LEARNING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_true(me.me_point[0].mp_bridge.br_pps ==
	    (double)(uint64_t)(GBIT / 672));
	assert_true(me.me_point[0].mp_bridge.br_addresses == 1000);
	method_fini(&me);
	/* More addresses than fit. */
	mo.mo_table = 500;
	assert_int_equal(method_run(MT_LEARNING, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_FAILED);
	method_fini(&me);
}

static void
test_broadcast(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	double found;

	(void)state;
	bridge(&mo, &mc, 1);
	mo.mo_pps = 200000;
	assert_int_equal(method_run(MT_BROADCAST, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	found = me.me_point[0].mp_broadcast.bc_throughput.tr_pps;
	assert_true(found <= 200000 && found > 199000);
	assert_int_equal(me.me_point[0].mp_broadcast.bc_ports, 2);
	assert_true(mo.mo_last.tc_stream[0].ts_from == 0);
	method_fini(&me);
}

static void
test_errored(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	const struct errored_result *er;
	unsigned i;

	(void)state;
	bridge(&mo, &mc, 1);
	assert_int_equal(method_run(MT_ERRORED, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	er = &me.me_point[0].mp_errored;
	assert_true(er->er_kind[0].er_tested);
	assert_true(er->er_kind[0].er_sent == 1000);
	assert_int_equal(mo.mo_last.tc_size, 1519);
	for (i = 1; i < METHOD_ERRORS; i++)
		assert_true(!er->er_kind[i].er_tested &&
		    er->er_kind[i].er_why[0] != '\0');
	method_fini(&me);

	mo.mo_mtu = 1518;
	assert_int_equal(method_run(MT_ERRORED, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	er = &me.me_point[0].mp_errored;
	assert_string_equal(er->er_kind[0].er_why, "no such frames");
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caching),
		cmocka_unit_test(test_no_caching),
		cmocka_unit_test(test_learning),
		cmocka_unit_test(test_learning_ends),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_errored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
