/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory on cache lines of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/lines.h"

#define TRIES 200

static void
apart(void **state)
{
	unsigned char *p[TRIES];
	size_t i, k;

	for (i = 0; i < TRIES; i++) {
		p[i] = lines_alloc(1, i + 1);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % LINEPAIR, 0);
		for (k = 0; k < (i + LINEPAIR) / LINEPAIR * LINEPAIR; k++) {
			assert_int_equal(p[i][k], 0);
			p[i][k] = 0xff; /* all of its lines are its */
		}
	}
	for (i = 0; i < TRIES; i++)
		free(p[i]);
}

static void
too_much(void **state)
{
	volatile size_t n = SIZE_MAX / 2;

	assert_null(lines_alloc(n, 3));
	assert_null(lines_alloc(n, 2));
}

/* On either side of the size from which on pages are huge. */
static void
huge(void **state)
{
	static const size_t size[] = { 1, 4096, (2ul << 20) - 1, 2ul << 20,
		(4ul << 20) + 100 };
	unsigned char *p;
	size_t i, k;

	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		p = huge_alloc(size[i]);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % LINEPAIR, 0);
		for (k = 0; k < size[i]; k += 97)
			assert_int_equal(p[k], 0);
		p[size[i] - 1] = 0xff;
		free(p);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(apart),
		cmocka_unit_test(too_much),
		cmocka_unit_test(huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
