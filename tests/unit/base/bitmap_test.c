/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bitmaps against an array of booleans.
 */
#include "base/bitmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define NMAX 200

static const unsigned sizes[] = { 1, 2, 63, 64, 65, 127, 128, 129, NMAX };

/* All that the map can tell agrees with the model. */
static void
compare(const uint64_t *map, const bool *model, unsigned n)
{
	unsigned count = 0;
	unsigned last = n;
	unsigned i;

	assert_int_equal(bitmap_next(map, n, n), n);
	for (i = n; i-- > 0;) {
		assert_int_equal(bitmap_test(map, i), model[i]);
		count += model[i];
		if (model[i])
			last = i;
		assert_int_equal(bitmap_next(map, n, i), last);
	}
	assert_int_equal(bitmap_ffs(map, n), last);
	assert_int_equal(bitmap_count(map, n), count);
	BITMAP_FOREACH(i, map, n)
	{
		assert_true(model[i]);
		count--;
	}
	assert_int_equal(i, n);
	assert_int_equal(count, 0);
}

static void
random_against_model(void **state)
{
	uint64_t map[BITMAP_WORDS(NMAX)];
	bool model[NMAX];
	struct rnd r;
	unsigned s;
	unsigned k;
	unsigned i;

	rnd_seed(&r, 2);
	for (s = 0; s < countof(sizes); s++) {
		memset(model, 0, sizeof(model));
		bitmap_zero(map, sizes[s]);
		compare(map, model, sizes[s]);
		for (k = 0; k < 500; k++) {
			i = (unsigned)rnd_below(&r, sizes[s]);
			if ((model[i] = rnd_below(&r, 3) == 0))
				bitmap_set(map, i);
			else
				bitmap_clear(map, i);
			compare(map, model, sizes[s]);
		}
	}
}

static void
each_bit_alone(void **state)
{
	uint64_t map[BITMAP_WORDS(NMAX)];
	bool model[NMAX] = { false };
	unsigned i;

	bitmap_zero(map, NMAX);
	for (i = 0; i < NMAX; i++) {
		bitmap_set(map, i);
		model[i] = true;
		compare(map, model, NMAX);
		bitmap_clear(map, i);
		model[i] = false;
	}
	compare(map, model, NMAX);
}

static void
clear_while_walking(void **state)
{
	uint64_t map[BITMAP_WORDS(NMAX)];
	unsigned seen = 0;
	unsigned i;

	bitmap_zero(map, NMAX);
	for (i = 0; i < NMAX; i += 3)
		bitmap_set(map, i);
	BITMAP_FOREACH(i, map, NMAX)
	{
		bitmap_clear(map, i);
		seen++;
	}
	assert_int_equal(seen, (NMAX + 2) / 3);
	assert_int_equal(bitmap_count(map, NMAX), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_against_model),
		cmocka_unit_test(each_bit_alone),
		cmocka_unit_test(clear_while_walking),
	};

	return cmocka_run_group_tests_name("base/bitmap", tests, NULL, NULL);
}
