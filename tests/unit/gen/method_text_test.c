/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of methods, summaries of repetitions, briefs of distributions.
 */
#include "gen/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"

static void
test_names(void **state)
{
	enum method me;

	(void)state;
	for (me = 0; me < MT_N; me++) {
		assert_int_equal(method_find(method_name(me)), me);
		assert_true(method_title(me)[0] != '\0');
		assert_true(me == MT_LIMIT || method_clause(me)[0] == 'R');
	}
	assert_int_equal(method_find("none"), MT_N);
	assert_int_equal(method_find(""), MT_N);
}

static void
test_sizes(void **state)
{
	const unsigned *sizes;
	unsigned n = method_sizes(&sizes);

	(void)state;
	assert_int_equal(n, 7);
	assert_int_equal(sizes[0], 64);
	assert_int_equal(sizes[6], 1518);
}

static void
test_summary(void **state)
{
	static const double values[] = { 4, 2, 9, 1 };
	struct summary sm = { .sm_n = 0 };
	size_t i;

	(void)state;
	summary_add(&sm, 7);
	assert_true(sm.sm_mean == 7 && sm.sm_stddev == 0 && sm.sm_median == 7);
	sm = (struct summary){ .sm_n = 0 };
	for (i = 0; i < countof(values); i++)
		summary_add(&sm, values[i]);
	assert_int_equal(sm.sm_n, 4);
	assert_true(sm.sm_mean == 4 && sm.sm_min == 1 && sm.sm_max == 9);
	assert_true(sm.sm_median == 3);
	assert_true(sm.sm_stddev > 3.55 && sm.sm_stddev < 3.56);
	for (i = 0; i < 2 * METHOD_REPS; i++)
		summary_add(&sm, 0); /* what does not fit is left out */
	assert_int_equal(sm.sm_n, METHOD_REPS);
}

static void
test_brief(void **state)
{
	struct hist *h = hist_create();
	struct latency_brief lb;
	unsigned i;

	(void)state;
	latency_brief(&lb, NULL);
	assert_true(lb.lb_n == 0 && lb.lb_max == 0);
	latency_brief(&lb, h);
	assert_true(lb.lb_n == 0 && lb.lb_max == 0);
	for (i = 1; i <= 1000; i++)
		hist_add(h, i);
	latency_brief(&lb, h);
	assert_true(lb.lb_n == 1000 && lb.lb_min == 1 && lb.lb_max == 1000);
	assert_true(lb.lb_mean == 500.5);
	assert_true(lb.lb_p50 == 500 && lb.lb_p90 == 900 && lb.lb_p99 == 990);
	assert_true(lb.lb_p999 == 999 && lb.lb_p99999 == 1000);
	hist_destroy(h);
}

static void
test_profiles(void **state)
{
	(void)state;
	assert_ptr_equal(profile_find("rfc"), &profile_rfc);
	assert_ptr_equal(profile_find("quick"), &profile_quick);
	assert_null(profile_find("slow"));
	assert_true(profile_rfc.pf_rfc && !profile_quick.pf_rfc);
	assert_true(profile_rfc.pf_duration == 60000000000);
	assert_true(profile_quick.pf_duration == 2000000000);
	assert_true(profile_rfc.pf_latency_reps >= 20);
	assert_true(profile_rfc.pf_burst_reps >= 50);
	assert_in_range(profile_rfc.pf_loss_step, 1, 10);
	assert_true(profile_rfc.pf_burst_reps <= METHOD_REPS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
