/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook of the interleaving points: none by default, one per thread.
 */
#include "base/point.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned seen[SP_QSBR + 1];

static void
hook(enum sim_point k)
{
	seen[k]++;
}

static void *
other_thread(void *arg)
{
	sim_point(SP_WAKE);
	return sim_point_hook == NULL ? NULL : arg;
}

static void
hook_of_this_thread_only(void **state)
{
	pthread_t other;
	void *bad;

	sim_point(SP_RING); /* no hook: nothing happens */
	sim_point_hook = hook;
	sim_point(SP_STAGE);
	sim_point(SP_STAGE);
	sim_point(SP_QSBR);
	assert_int_equal(pthread_create(&other, NULL, other_thread, seen), 0);
	assert_int_equal(pthread_join(other, &bad), 0);
	sim_point_hook = NULL;
	sim_point(SP_STAGE);

	assert_null(bad);
	assert_int_equal(seen[SP_RING], 0);
	assert_int_equal(seen[SP_STAGE], 2);
	assert_int_equal(seen[SP_QSBR], 1);
	assert_int_equal(seen[SP_WAKE], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hook_of_this_thread_only),
	};

	return cmocka_run_group_tests_name("base/point", tests, NULL, NULL);
}
