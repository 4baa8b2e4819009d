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

/* Set to the number, or to the word of the number. */
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
		if (sc->sc_words == NULL) {
			assert_true(sc->sc_least <= sc->sc_default);
			assert_true(sc->sc_default <= sc->sc_most);
		}
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
		if (sc->sc_words != NULL)
			continue;
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
			if (other->sc_digits == 0)
				assert_true(sysctl_get(&s, other) ==
				    other->sc_default);
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

/* All words of all lists, and words that are like them. */
static void
words(void **state)
{
	char text[SYSCTL_VALUELEN], again[SYSCTL_VALUELEN], err[256];
	const struct sysctl_desc *sc;
	struct sysctls s;
	char *w, *save;
	uint64_t i;

	sysctl_init(&s);
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++) {
		if (sc->sc_words == NULL)
			continue;
		snprintf(text, sizeof(text), "%s", sc->sc_words);
		w = strtok_r(text, ", ", &save);
		for (i = 0; w != NULL; i++, w = strtok_r(NULL, ", ", &save)) {
			assert_int_equal(sysctl_set(&s, sc->sc_name, w, err,
			    sizeof(err)), 0);
			assert_string_equal(sysctl_format(&s, sc, again), w);
			if (sc->sc_digits == 0)
				assert_true(sysctl_get(&s, sc) == i);
			w[strlen(w) - 1] ^= 1;
			assert_int_equal(sysctl_set(&s, sc->sc_name, w, err,
			    sizeof(err)), EINVAL);
			assert_non_null(strstr(err, sc->sc_words));
		}
		assert_int_equal(set(&s, sc, 0), EINVAL);
		assert_int_equal(sysctl_set(&s, sc->sc_name, "", err,
		    sizeof(err)), EINVAL);
	}
	assert_int_equal(sysctl_set(&s, "net.isr.dispatch", "direct, hybrid",
	    err, sizeof(err)), EINVAL);
}

#define TENDIGITS "0123456789"
#define SEVENTY TENDIGITS TENDIGITS TENDIGITS TENDIGITS TENDIGITS TENDIGITS \
	TENDIGITS

static void
keys(void **state)
{
	static const struct {
		const char *text;
		int error;
	} tab[] = {
		{ SEVENTY "abcdefABCD", 0 },
		{ SEVENTY "abcdefABC", EINVAL },
		{ SEVENTY "abcdefABCDE", EINVAL },
		{ SEVENTY "abcdefgBCD", EINVAL },
		{ "0x" SEVENTY "abcdefAB", EINVAL },
	};
	char text[SYSCTL_VALUELEN], err[256];
	struct sysctls s;
	unsigned i;

	sysctl_init(&s);
	assert_string_equal(s.rss_key, "default");
	for (i = 0; i < countof(tab); i++)
		assert_int_equal(sysctl_set(&s, "net.inet.rss.key", tab[i].text,
		    err, sizeof(err)), tab[i].error);
	assert_non_null(strstr(err, "80 hexadecimal digits"));
	assert_string_equal(sysctl_format(&s, sysctl_find("net.inet.rss.key"),
	    text), tab[0].text);
}

/* What is for the start only is final then; the rest is not. */
static void
sealed(void **state)
{
	const struct sysctl_desc *sc;
	struct sysctls s;
	char err[256];

	sysctl_init(&s);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.bits", "8", err,
	    sizeof(err)), 0);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.key",
	    SEVENTY "abcdefABCD", err, sizeof(err)), 0);
	sysctl_seal(&s);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.bits", "9", err,
	    sizeof(err)), EBUSY);
	assert_non_null(strstr(err, "at start only, to 8 now"));
	assert_int_equal(sysctl_set(&s, "net.inet.rss.bits", "08", err,
	    sizeof(err)), 0);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.key",
	    SEVENTY "ABCDEFabcd", err, sizeof(err)), 0);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.key", "random", err,
	    sizeof(err)), EBUSY);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.hashalgo", "symmetric",
	    err, sizeof(err)), EBUSY);
	assert_int_equal(sysctl_set(&s, "net.inet.rss.bits", "nine", err,
	    sizeof(err)), EINVAL);
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		if (!sc->sc_start && sc->sc_words == NULL)
			assert_int_equal(set(&s, sc, sc->sc_most), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_name_text_bounds),
		cmocka_unit_test(each_keeps_its_bounds),
		cmocka_unit_test(text_of_a_value),
		cmocka_unit_test(words),
		cmocka_unit_test(keys),
		cmocka_unit_test(sealed),
	};

	return cmocka_run_group_tests_name("cpu/sysctl", tests, NULL, NULL);
}
