/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minute of a rate: seconds get their share, whatever the interval was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "top/history.h"

#define S 1000000000ull

/* The newest of a minute's seconds at a time, the one before it, ... */
static double
second_at(const struct history *hi, uint64_t now, unsigned back)
{
	double values[HISTORY_SECONDS];

	history_read(hi, now, HISTORY_SECONDS, values);
	return values[HISTORY_SECONDS - 1 - back];
}

static void
test_empty(void **state)
{
	struct history hi = { 0 };
	double values[HISTORY_SECONDS];
	unsigned i;

	history_read(&hi, 3 * S, HISTORY_SECONDS, values);
	for (i = 0; i < HISTORY_SECONDS; i++)
		assert_true(values[i] == HISTORY_NONE);
	assert_true(history_peak(&hi, 3 * S) == 0);
	history_read(&hi, 0, HISTORY_SECONDS, values);
	assert_true(values[0] == HISTORY_NONE);
}

static void
test_second(void **state)
{
	struct history hi = { 0 };

	history_add(&hi, 100 * S, 101 * S, 5);
	assert_true(second_at(&hi, 101 * S, 0) == 5);
	assert_true(second_at(&hi, 101 * S, 1) == HISTORY_NONE);
	/* A moment later a second has begun of which nothing is known. */
	assert_true(second_at(&hi, 101 * S + 1, 0) == HISTORY_NONE);
	assert_true(second_at(&hi, 101 * S + 1, 1) == 5);
}

/* A second of two rates is their mean by time. */
static void
test_shares(void **state)
{
	struct history hi = { 0 };

	history_add(&hi, 10 * S, 10 * S + S / 4, 8);
	history_add(&hi, 10 * S + S / 4, 11 * S, 0);
	assert_true(second_at(&hi, 11 * S, 0) == 2);
}

/* One rate over several seconds is the rate of each. */
static void
test_long(void **state)
{
	struct history hi = { 0 };
	unsigned i;

	history_add(&hi, 20 * S, 25 * S, 7);
	for (i = 0; i < 5; i++)
		assert_true(second_at(&hi, 25 * S, i) == 7);
	assert_true(second_at(&hi, 25 * S, 5) == HISTORY_NONE);
	/* Longer than the ring. */
	history_add(&hi, 25 * S, 5000 * S + S / 2, 3);
	for (i = 0; i < HISTORY_SECONDS; i++)
		assert_true(second_at(&hi, 5000 * S + S / 2, i) == 3);
	assert_true(history_peak(&hi, 5000 * S + S / 2) == 3);
}

/* What is older than a minute is gone, and so is a gap. */
static void
test_forgotten(void **state)
{
	struct history hi = { 0 };

	history_add(&hi, 100 * S, 101 * S, 50);
	assert_true(history_peak(&hi, 160 * S) == 50);
	assert_true(history_peak(&hi, 161 * S) == 0);
	/* The same place of the ring. */
	history_add(&hi, 164 * S, 165 * S, 4);
	assert_true(second_at(&hi, 165 * S, 0) == 4);
}

static void
test_coarse(void **state)
{
	struct history hi = { 0 };
	double values[30];

	history_add(&hi, 118 * S, 119 * S, 10);
	history_add(&hi, 119 * S, 120 * S, 20);
	history_read(&hi, 120 * S, 30, values);
	assert_true(values[29] == 15);
	assert_true(values[28] == HISTORY_NONE);
}

static void
test_cells(void **state)
{
	static const struct {
		int width;
		unsigned cells;
	} rows[] = { { -5, 0 }, { 0, 0 }, { 1, 1 }, { 7, 6 }, { 29, 20 },
		{ 30, 30 }, { 59, 30 }, { 60, 60 }, { 500, 60 } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(history_cells(rows[i].width), rows[i].cells);
}

static void
test_bars(void **state)
{
	static const double values[] = { HISTORY_NONE, 0, 0.1, 4, 7.9, 8, 9 };
	char text[3 * 7 + 1];

	history_bars(values, 7, 8, false, text);
	assert_string_equal(text, " _.+###");
	history_bars(values, 7, 8, true, text);
	assert_string_equal(text, " _▁▅███");
	/* Nothing at all has no peak. */
	history_bars(values, 2, 0, true, text);
	assert_string_equal(text, " _");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_coarse),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
