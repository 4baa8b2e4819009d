/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6: the sizes of RFC 5180, the least that fits, jumbo frames or why not.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"

#define GBIT 1e9

static void
ip6(struct model *mo, struct method_conf *mc)
{
	model_init(mo, 1, 2, GBIT);
	mo->mo_pps = 50000;
	model_conf(mo, mc, NULL);
	mc->mc_nsizes = 0;
	mc->mc_stream = model_streams(true);
	mc->mc_nstreams = 2;
}

static void
test_sizes(void **state)
{
	static const unsigned want[] = { 84, 128, 256, 512, 1024, 1280, 1518,
		4096, 8192, 9216 };
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	unsigned i;

	(void)state;
	ip6(&mo, &mc);
	assert_int_equal(method_run(MT_IP6, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_int_equal(me.me_npoints, 6 * countof(want));
	for (i = 0; i < countof(want); i++) {
		assert_int_equal(me.me_point[i].mp_size, want[i]);
		assert_string_equal(me.me_point[i].mp_variant, "");
		assert_true(me.me_point[i].mp_throughput.tr_pps > 0);
	}
	assert_int_equal(me.me_point[0].mp_asked, 64);
	method_fini(&me);
}

/* Each chain of headers makes the least frame as much longer. */
static void
test_chains(void **state)
{
	static const unsigned size[] = { 64 };
	static const unsigned want[] = { 84, 92, 92, 92, 92, 116 };
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	unsigned i;

	(void)state;
	ip6(&mo, &mc);
	mc.mc_size = size;
	mc.mc_nsizes = 1;
	assert_int_equal(method_run(MT_IP6, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_OK);
	assert_int_equal(me.me_npoints, countof(want));
	for (i = 0; i < me.me_npoints; i++)
		assert_int_equal(me.me_point[i].mp_size, want[i]);
	assert_string_equal(
	    me.me_point[1].mp_variant, "hop-by-hop options");
	method_fini(&me);
}

/* A device with an MTU of 1500: jumbo frames are not a failure. */
static void
test_no_jumbo(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;
	unsigned i;

	(void)state;
	ip6(&mo, &mc);
	mo.mo_mtu = 1518;
	assert_int_equal(method_run(MT_IP6, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	for (i = 0; i < me.me_npoints; i++)
		assert_int_equal(me.me_point[i].mp_status,
		    i % 10 < 7 ? MS_OK : MS_IMPOSSIBLE);
	assert_string_equal(me.me_point[9].mp_why, "no such frames");
	method_fini(&me);
}

static void
test_ip4(void **state)
{
	struct model mo;
	struct method_conf mc;
	struct method_result me;

	(void)state;
	ip6(&mo, &mc);
	mc.mc_stream = model_streams(false);
	assert_int_equal(method_run(MT_IP6, &mc, &me), 0);
	assert_int_equal(me.me_status, MS_IMPOSSIBLE);
	assert_int_equal(mo.mo_trials, 0);
	method_fini(&me);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_no_jumbo),
		cmocka_unit_test(test_ip4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
