/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: levels, formatting, limiters on a virtual clock.
 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

struct catch
{
	unsigned c_n;
	enum log_level c_level;
	char c_text[LOG_LINE_MAX];
};

static void
catch_sink(void *arg, enum log_level level, const char *text)
{
	struct catch *c = arg;

	c->c_n++;
	c->c_level = level;
	strcpy(c->c_text, text);
}

static void
levels(void **state)
{
	struct catch c = { 0 };
	struct log l;
	int limit;
	int level;

	for (limit = LOGL_ERROR; limit <= LOGL_DEBUG; limit++)
		for (level = LOGL_ERROR; level <= LOGL_DEBUG; level++) {
			c.c_n = 0;
			log_init(&l, catch_sink, &c, (enum log_level)limit);
			log_msg(&l, (enum log_level)level, "x");
			assert_int_equal(c.c_n, level <= limit);
		}
	log_set_level(&l, LOGL_ERROR);
	c.c_n = 0;
	log_warn(&l, "not now");
	assert_int_equal(c.c_n, 0);
	log_set_level(&l, LOGL_WARN);
	log_warn(&l, "now");
	assert_int_equal(c.c_n, 1);
}

static void
wrappers_format(void **state)
{
	struct catch c = { 0 };
	struct log l;

	log_init(&l, catch_sink, &c, LOGL_DEBUG);
	log_error(&l, "%s: %d", "eth1", 5);
	assert_string_equal(c.c_text, "eth1: 5");
	assert_int_equal(c.c_level, LOGL_ERROR);
	log_warn(&l, "w%u", 1);
	assert_string_equal(c.c_text, "w1");
	assert_int_equal(c.c_level, LOGL_WARN);
	log_info(&l, "i%u", 2);
	assert_string_equal(c.c_text, "i2");
	assert_int_equal(c.c_level, LOGL_INFO);
	log_debug(&l, "d%u", 3);
	assert_string_equal(c.c_text, "d3");
	assert_int_equal(c.c_level, LOGL_DEBUG);
}

static void
long_messages_are_cut(void **state)
{
	struct catch c = { 0 };
	struct log l;

	log_init(&l, catch_sink, &c, LOGL_DEBUG);
	log_info(&l, "%2000d", 1);
	assert_int_equal(strlen(c.c_text), LOG_LINE_MAX - 1);
}

static void
names_of_levels(void **state)
{
	assert_string_equal(log_level_name(LOGL_ERROR), "error");
	assert_string_equal(log_level_name(LOGL_WARN), "warning");
	assert_string_equal(log_level_name(LOGL_INFO), "info");
	assert_string_equal(log_level_name(LOGL_DEBUG), "debug");
}

/* One message in 100. */
static const struct {
	uint64_t now;
	bool pass;
	uint64_t held;
} ratetab[] = {
	{ 5, true, 0 },
	{ 5, false, 0 },
	{ 104, false, 0 },
	{ 105, true, 2 },
	{ 106, false, 0 },
	{ 500, true, 1 },
	{ 600, true, 0 },
};

static void
rate_is_limited(void **state)
{
	struct lograte lr = { 0 };
	uint64_t held;
	unsigned i;

	for (i = 0; i < countof(ratetab); i++) {
		assert_int_equal(lograte_pass(&lr, ratetab[i].now, 100, &held),
		    ratetab[i].pass);
		if (ratetab[i].pass)
			assert_int_equal(held, ratetab[i].held);
	}
}

static void
once_means_once(void **state)
{
	struct logonce lo = { 0 };

	assert_true(logonce_pass(&lo));
	assert_false(logonce_pass(&lo));
	logonce_reset(&lo);
	assert_true(logonce_pass(&lo));
	assert_false(logonce_pass(&lo));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(wrappers_format),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(names_of_levels),
		cmocka_unit_test(rate_is_limited),
		cmocka_unit_test(once_means_once),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
