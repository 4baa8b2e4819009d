/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are refused, and what is said of them: a table, and a test for
 * each row of it.  The header that includes this one has text_errors().
 */
#ifndef TESTS_BAD_TEXTS_H
#define TESTS_BAD_TEXTS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct bad_text {
	const char *name;
	const char *text;
	const char *want; /* all messages, a line each */
};

/* All messages of a text, a line each; "" if it is good.  The caller's. */
static inline char *text_errors(const char *text, size_t len);

static inline void
test_bad(void **state)
{
	const struct bad_text *bad = *state;
	char *errs = text_errors(bad->text, strlen(bad->text));

	assert_string_equal(errs, bad->want);
	free(errs);
}

static inline void
add_bad(struct CMUnitTest *tests, const struct bad_text *bad, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tests[i] = (struct CMUnitTest) {
			.name = bad[i].name,
			.test_func = test_bad,
			.initial_state = (void *)(uintptr_t)&bad[i],
		};
	}
}

#endif
