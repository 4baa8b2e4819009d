/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers: the published sequences, no bias, and repeatable.
 */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* splitmix64 from 0: what the state must be filled with. */
static const uint64_t seeded[4] = {
	UINT64_C(0xe220a8397b1dcdaf),
	UINT64_C(0x6e789e6aa1b965f4),
	UINT64_C(0x06c45d188009454f),
	UINT64_C(0xf88bb8a8724c81ec),
};

/* xoshiro256** from the state 1, 2, 3, 4. */
static const uint64_t known[] = {
	UINT64_C(11520),
	UINT64_C(0),
	UINT64_C(1509978240),
	UINT64_C(1215971899390074240),
	UINT64_C(1216172134540287360),
	UINT64_C(607988272756665600),
	UINT64_C(16172922978634559625),
	UINT64_C(8476171486693032832),
	UINT64_C(10595114339597558777),
	UINT64_C(2904607092377533576),
};

static void
known_answers(void **state)
{
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 0);
	assert_memory_equal(r.r_s, seeded, sizeof(seeded));
	r = (struct rnd){ { 1, 2, 3, 4 } };
	for (i = 0; i < countof(known); i++)
		assert_true(rnd_u64(&r) == known[i]);
}

static void
same_seed_same_numbers(void **state)
{
	struct rnd a;
	struct rnd b;
	unsigned i;

	rnd_seed(&a, 42);
	rnd_seed(&b, 42);
	for (i = 0; i < 100; i++)
		assert_true(rnd_u64(&a) == rnd_u64(&b));
	rnd_seed(&b, 43);
	assert_true(rnd_u64(&a) != rnd_u64(&b));
}

static void
below_stays_below(void **state)
{
	static const uint64_t limits[] = { 1, 2, 3, 7, 64, 1000, UINT32_MAX,
		(UINT64_C(1) << 63) + 1, UINT64_MAX };
	struct rnd r;
	unsigned i;
	unsigned k;

	rnd_seed(&r, 7);
	for (i = 0; i < countof(limits); i++)
		for (k = 0; k < 1000; k++)
			assert_true(rnd_below(&r, limits[i]) < limits[i]);
	assert_true(rnd_below(&r, 0) == 0);
}

/* Chi-square with 9 degrees of freedom; 40 is passed once in 100,000. */
static void
below_is_even(void **state)
{
	unsigned count[10] = { 0 };
	double chi = 0;
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 99);
	for (i = 0; i < 100000; i++)
		count[rnd_below(&r, 10)]++;
	for (i = 0; i < 10; i++)
		chi += (count[i] - 1e4) * (count[i] - 1e4) / 1e4;
	assert_true(chi < 40);
}

/*
 * Three quarters of 2^64: plain remainders would fall into the lower third
 * half the time.
 */
static void
below_has_no_bias(void **state)
{
	uint64_t n = UINT64_C(3) << 62;
	unsigned low = 0;
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 5);
	for (i = 0; i < 30000; i++)
		low += rnd_below(&r, n) < n / 3;
	assert_in_range(low, 9700, 10300);
}

static void
bytes_of_any_length(void **state)
{
	uint8_t buf[40];
	uint8_t all[40];
	struct rnd r;
	size_t n;

	for (n = 0; n <= 32; n++) {
		memset(buf, 0xee, sizeof(buf));
		rnd_seed(&r, 3);
		rnd_bytes(&r, buf, n);
		rnd_seed(&r, 3);
		rnd_bytes(&r, all, 32);
		assert_memory_equal(buf, all, n);
		assert_int_equal(buf[n], 0xee);
	}
	rnd_seed(&r, 3);
	assert_true(ld64le(all) == rnd_u64(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(same_seed_same_numbers),
		cmocka_unit_test(below_stays_below),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(below_has_no_bias),
		cmocka_unit_test(bytes_of_any_length),
	};

	return cmocka_run_group_tests_name("base/random", tests, NULL, NULL);
}
