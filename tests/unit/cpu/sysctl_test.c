/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every tunable: its default, bounds and texts; what a value may look like.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "cpu/sysctl.h"

static int
set(struct sysctls *s, const struct sysctl_desc *sc, uint64_t v)
{
	char text[32], err[256];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	return sysctl_set(s, sc->sc_name, text, err, sizeof(err));
}

static void
each_has_name_text_bounds(void **state)
{
	const struct sysctl_desc *sc, *other;

	for (sc = sysctl_descs; sc->sc_name != NULL; sc++) {
		assert_int_equal(strncmp(sc->sc_name, "net.", 4), 0);
		assert_int_equal(strspn(sc->sc_name,
		    "abcdefghijklmnopqrstuvwxyz0123456789._"),
		    strlen(sc->sc_name));
		assert_true(strlen(sc->sc_text) > 0);
		assert_true(sc->sc_least <= sc->sc_default);
		assert_true(sc->sc_default <= sc->sc_most);
		assert_ptr_equal(sysctl_find(sc->sc_name), sc);
		for (other = sysctl_descs; other < sc; other++)
			assert_int_not_equal(other->sc_offset, sc->sc_offset);
	}
	assert_null(sysctl_find("net.isr"));
	assert_null(sysctl_find(""));
}

static void
each_keeps_its_bounds(void **state)
{
	const struct sysctl_desc *sc, *other;
	struct sysctls s;

	sysctl_init(&s);
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++) {
		assert_true(sysctl_get(&s, sc) == sc->sc_default);
		assert_int_equal(set(&s, sc, sc->sc_least), 0);
		assert_true(sysctl_get(&s, sc) == sc->sc_least);
		if (sc->sc_least > 0)
			assert_int_equal(set(&s, sc, sc->sc_least - 1), EINVAL);
		assert_true(sysctl_get(&s, sc) == sc->sc_least);
		assert_int_equal(set(&s, sc, sc->sc_most), 0);
		assert_int_equal(set(&s, sc, sc->sc_most + 1), EINVAL);
		assert_true(sysctl_get(&s, sc) == sc->sc_most);
		/* The next ones are still as they were. */
		for (other = sc + 1; other->sc_name != NULL; other++)
			assert_true(sysctl_get(&s, other) == other->sc_default);
	}
}

static void
text_of_a_value(void **state)
{
	static const struct {
		const char *text;
		int error;
	} tab[] = {
		{ "1", 0 },
		{ "64", 0 },
		{ "0064", 0 },
		{ "", EINVAL },
		{ " 64", EINVAL },
		{ "64 ", EINVAL },
		{ "+64", EINVAL },
		{ "-1", EINVAL },
		{ "0x40", EINVAL },
		{ "6.4", EINVAL },
		{ "sixty", EINVAL },
		{ "18446744073709551617", EINVAL }, /* 2^64 + 1 */
		{ "999999999999999999999999", EINVAL },
	};
	char err[256];
	unsigned i;
	uint64_t v;

	for (i = 0; i < countof(tab); i++) {
		v = 12345;
		assert_int_equal(sysctl_check("net.inet.ip.ttl", tab[i].text,
		    &v, err, sizeof(err)), tab[i].error);
		if (tab[i].error == 0)
			continue;
		assert_true(v == 12345);
		assert_non_null(strstr(err, "net.inet.ip.ttl"));
		assert_non_null(strstr(err, "from 1 to 255"));
	}
	assert_int_equal(sysctl_check("net.inet.ip.tll", "1", &v, err,
	    sizeof(err)), ENOENT);
	assert_non_null(strstr(err, "net.inet.ip.tll"));
	assert_int_equal(sysctl_check("x", "1", &v, err, 5), ENOENT);
	assert_int_equal(strlen(err), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_name_text_bounds),
		cmocka_unit_test(each_keeps_its_bounds),
		cmocka_unit_test(text_of_a_value),
	};

	return cmocka_run_group_tests_name("cpu/sysctl", tests, NULL, NULL);
}
