/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's clock on counters that are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "gen/clock.h"

static uint64_t
env_now(void *arg)
{
	return *(uint64_t *)arg;
}

/* A clock whose counter has rate cycles a second, compared at 0. */
static void
start(struct gen_clock *gk, uint64_t rate)
{
	memset(gk, 0, sizeof(*gk));
	gk->gk_counter = true;
	atomic_store(&gk->gk_slot[0].ks_mult,
	    (uint64_t)(((unsigned __int128)NS_S << 32) / rate));
}

static void
virtual_is_read(void **state)
{
	uint64_t now = 12345;
	struct spate_env env = { .env_now = env_now, .env_arg = &now,
		.env_virtual = true };
	struct gen_clock gk;

	(void)state;
	gen_clock_init(&gk, &env);
	assert_false(gk.gk_counter);
	assert_int_equal(gen_clock(&gk), 12345);
	now = 99999;
	assert_int_equal(gen_clock(&gk), 99999);
	gen_clock_tick(&gk);
	assert_int_equal(gk.gk_worst, 0);
	assert_int_equal(gk.gk_resolution, 1);
}

/* A scale that was 100 ppm wrong is right within some seconds, without jump. */
static void
converges(void **state)
{
	const uint64_t rate = 2600000000, said = 2600260000;
	struct gen_clock gk;
	uint64_t s, at, last = 0, off = 0;

	(void)state;
	start(&gk, said);
	for (s = 1; s <= 5; s++) {
		uint64_t before, after, t;

		for (at = (s - 1) * rate; at < s * rate; at += rate / 1000) {
			t = gen_clock_at(&gk, at);
			assert_true(t >= last);
			last = t;
		}
		at = s * rate;
		before = gen_clock_at(&gk, at);
		gen_clock_anchor(&gk, at, s * NS_S);
		after = gen_clock_at(&gk, at);
		assert_int_equal(before, after);
		off = s * NS_S > after ? s * NS_S - after : after - s * NS_S;
	}
	assert_true(off < 1000);
	assert_true(gk.gk_worst > 90000 && gk.gk_worst < 110000);
	gen_clock_forget(&gk);
	assert_int_equal(gk.gk_worst, 0);
}

/* Even after a pause of the machine it only runs faster, never back. */
static void
never_goes_back(void **state)
{
	const uint64_t rate = 1000000000;
	struct gen_clock gk;
	uint64_t s, k, last = 0, ns = 0, t;

	(void)state;
	start(&gk, rate);
	for (s = 1; s < 20; s++) {
		/* The counter stood still, or ran on, for half a second. */
		ns += s == 5 ? NS_S * 3 / 2 : s == 9 ? NS_S / 2 : NS_S;
		gen_clock_anchor(&gk, s * rate, ns);
		for (k = 0; k < 1000; k++) {
			t = gen_clock_at(&gk, s * rate + k * rate / 1000);
			assert_true(t >= last);
			last = t;
		}
	}
	assert_true(gk.gk_worst > 100000);
}

/* A CPU whose counter is a little behind the comparison. */
static void
behind_is_not_before(void **state)
{
	struct gen_clock gk;

	(void)state;
	start(&gk, 1000000000);
	gen_clock_anchor(&gk, 1000, 1000);
	assert_int_equal(gen_clock_at(&gk, 990), gen_clock_at(&gk, 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(virtual_is_read),
		cmocka_unit_test(converges),
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(behind_is_not_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
