/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sysctl tree: names, bounds and texts of the tunables, and setting them
 * from text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/sysctl.h"

#define OFFSET(member) offsetof(struct sysctls, member)

const struct sysctl_desc sysctl_descs[] = {
#define X(member, name, def, least, most, text)                                \
	{ .sc_name = name,                                                     \
		.sc_text = text,                                               \
		.sc_offset = OFFSET(member),                                   \
		.sc_default = def,                                             \
		.sc_least = least,                                             \
		.sc_most = most },
	SYSCTLS(X)
#undef X
#define X(member, name, def, words, text)                                      \
	{ .sc_name = name,                                                     \
		.sc_text = text,                                               \
		.sc_offset = OFFSET(member),                                   \
		.sc_default = def,                                             \
		.sc_words = words },
	SYSCTLS_NAMED(X)
#undef X
#define X(member, name, def, least, most, text)                                \
	{ .sc_name = name,                                                     \
		.sc_text = text,                                               \
		.sc_offset = OFFSET(member),                                   \
		.sc_default = def,                                             \
		.sc_least = least,                                             \
		.sc_most = most,                                               \
		.sc_start = true },
	SYSCTLS_START(X)
#undef X
#define X(member, name, def, words, text)                                      \
	{ .sc_name = name,                                                     \
		.sc_text = text,                                               \
		.sc_offset = OFFSET(member),                                   \
		.sc_default = def,                                             \
		.sc_words = words,                                             \
		.sc_start = true },
	SYSCTLS_START_NAMED(X)
#undef X
#define X(member, digits, name, def, words, text)                              \
	{ .sc_name = name,                                                     \
		.sc_text = text,                                               \
		.sc_offset = OFFSET(member),                                   \
		.sc_words = words,                                             \
		.sc_defkey = def,                                              \
		.sc_digits = digits,                                           \
		.sc_start = true },
	SYSCTLS_START_KEY(X)
#undef X
	{ .sc_name = NULL },
};

static _Atomic uint64_t *
sysctl_cell(struct sysctls *s, const struct sysctl_desc *sc)
{
	return (_Atomic uint64_t *)(void *)((char *)s + sc->sc_offset);
}

static char *
sysctl_key(struct sysctls *s, const struct sysctl_desc *sc)
{
	return (char *)s + sc->sc_offset;
}

void
sysctl_init(struct sysctls *s)
{
	const struct sysctl_desc *sc;

	s->s_sealed = false;
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		sysctl_reset(s, sc);
}

const struct sysctl_desc *
sysctl_find(const char *name)
{
	const struct sysctl_desc *sc;

	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		if (strcmp(sc->sc_name, name) == 0)
			return sc;
	return NULL;
}

/* The word at w is *len long; where the next one begins, or NULL. */
static const char *
word_next(const char *w, size_t *len)
{
	*len = strcspn(w, ",");
	return w[*len] == ',' ? w + *len + 2 : NULL;
}

static bool
sysctl_check_word(
    const struct sysctl_desc *sc, const char *value, uint64_t *out)
{
	const char *w, *next;
	uint64_t i = 0;
	size_t len;

	for (w = sc->sc_words; w != NULL; w = next, i++) {
		next = word_next(w, &len);
		if (strlen(value) == len && memcmp(w, value, len) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
sysctl_check_number(
    const struct sysctl_desc *sc, const char *value, uint64_t *out)
{
	uint64_t v;
	char *end;

	errno = 0;
	v = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 ||
	    v < sc->sc_least || v > sc->sc_most)
		return false;
	*out = v;
	return true;
}

static bool
sysctl_check_value(
    const struct sysctl_desc *sc, const char *value, uint64_t *out)
{
	if (sc->sc_words == NULL)
		return sysctl_check_number(sc, value, out);
	if (sysctl_check_word(sc, value, out))
		return true;
	return sc->sc_digits != 0 && strlen(value) == sc->sc_digits &&
	    strspn(value, "0123456789abcdefABCDEF") == sc->sc_digits;
}

/* What would have been accepted. */
static void
sysctl_complain(
    const struct sysctl_desc *sc, const char *value, char *err, size_t errlen)
{
	if (sc->sc_words == NULL)
		snprintf(err, errlen,
		    "%s: \"%s\" is not a number from %llu to %llu",
		    sc->sc_name, value, (unsigned long long)sc->sc_least,
		    (unsigned long long)sc->sc_most);
	else if (sc->sc_digits == 0)
		snprintf(err, errlen, "%s: \"%s\" is none of %s",
		    sc->sc_name, value, sc->sc_words);
	else
		snprintf(err, errlen,
		    "%s: \"%s\" is none of %s, nor %u hexadecimal digits",
		    sc->sc_name, value, sc->sc_words, sc->sc_digits);
}

int
sysctl_check(const char *name, const char *value, uint64_t *out, char *err,
    size_t errlen)
{
	const struct sysctl_desc *sc;

	if ((sc = sysctl_find(name)) == NULL) {
		snprintf(err, errlen,
		    "no sysctl is named \"%s\"; \"spate show sysctl\" lists "
		    "them",
		    name);
		return ENOENT;
	}
	if (!sysctl_check_value(sc, value, out)) {
		sysctl_complain(sc, value, err, errlen);
		return EINVAL;
	}
	return 0;
}

/* Writing "07" for 7 is no change. */
static bool
sysctl_differs(const struct sysctls *s, const struct sysctl_desc *sc,
    const char *value, uint64_t v)
{
	char now[SYSCTL_VALUELEN];

	if (sc->sc_digits == 0)
		return sysctl_get(s, sc) != v;
	return strcasecmp(sysctl_format(s, sc, now), value) != 0;
}

int
sysctl_set(struct sysctls *s, const char *name, const char *value, char *err,
    size_t errlen)
{
	const struct sysctl_desc *sc;
	char now[SYSCTL_VALUELEN];
	uint64_t v = 0;
	int error;

	if ((error = sysctl_check(name, value, &v, err, errlen)) != 0)
		return error;
	sc = sysctl_find(name);
	if (sc->sc_start && s->s_sealed) {
		if (!sysctl_differs(s, sc, value, v))
			return 0;
		snprintf(err, errlen,
		    "%s is set at start only, to %s now; change it in the "
		    "configuration file and start again",
		    name, sysctl_format(s, sc, now));
		return EBUSY;
	}
	if (sc->sc_digits != 0)
		snprintf(sysctl_key(s, sc), sc->sc_digits + 1, "%s", value);
	else
		atomic_store_explicit(
		    sysctl_cell(s, sc), v, memory_order_relaxed);
	return 0;
}

void
sysctl_reset(struct sysctls *s, const struct sysctl_desc *sc)
{
	if (sc->sc_start && s->s_sealed)
		return;
	if (sc->sc_digits != 0)
		snprintf(sysctl_key(s, sc), sc->sc_digits + 1, "%s",
		    sc->sc_defkey);
	else
		atomic_store_explicit(
		    sysctl_cell(s, sc), sc->sc_default, memory_order_relaxed);
}

bool
sysctl_is(const struct sysctls *s, const char *name, const char *value)
{
	const struct sysctl_desc *sc = sysctl_find(name);
	uint64_t v = 0;

	return sc != NULL && sysctl_check_value(sc, value, &v) &&
	    !sysctl_differs(s, sc, value, v);
}

uint64_t
sysctl_get(const struct sysctls *s, const struct sysctl_desc *sc)
{
	const _Atomic uint64_t *cell =
	    (const void *)((const char *)s + sc->sc_offset);

	return atomic_load_explicit(cell, memory_order_relaxed);
}

char *
sysctl_format(const struct sysctls *s, const struct sysctl_desc *sc,
    char text[static SYSCTL_VALUELEN])
{
	const char *w = sc->sc_words;
	uint64_t v;
	size_t len;

	if (sc->sc_digits != 0) {
		snprintf(text, SYSCTL_VALUELEN, "%s",
		    (const char *)s + sc->sc_offset);
		return text;
	}
	v = sysctl_get(s, sc);
	if (w == NULL) {
		snprintf(text, SYSCTL_VALUELEN, "%llu", (unsigned long long)v);
		return text;
	}
	while (v-- > 0)
		w = word_next(w, &len);
	word_next(w, &len);
	snprintf(text, SYSCTL_VALUELEN, "%.*s", (int)len, w);
	return text;
}

void
sysctl_seal(struct sysctls *s)
{
	s->s_sealed = true;
}
