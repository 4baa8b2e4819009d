/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sysctl tree: names, bounds and texts of the tunables, and setting them
 * from text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/sysctl.h"

const struct sysctl_desc sysctl_descs[] = {
#define X(member, name, def, least, most, text)                                \
	{ name, text, offsetof(struct sysctls, member), def, least, most },
	SYSCTLS(X)
#undef X
	{ .sc_name = NULL },
};

static _Atomic uint64_t *
sysctl_cell(struct sysctls *s, const struct sysctl_desc *sc)
{
	return (_Atomic uint64_t *)(void *)((char *)s + sc->sc_offset);
}

void
sysctl_init(struct sysctls *s)
{
	const struct sysctl_desc *sc;

	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		atomic_init(sysctl_cell(s, sc), sc->sc_default);
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

int
sysctl_check(const char *name, const char *value, uint64_t *out, char *err,
    size_t errlen)
{
	const struct sysctl_desc *sc;
	uint64_t v;
	char *end;

	if ((sc = sysctl_find(name)) == NULL) {
		snprintf(err, errlen,
		    "no sysctl is named \"%s\"; \"spate show sysctl\" lists "
		    "them",
		    name);
		return ENOENT;
	}
	errno = 0;
	v = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 ||
	    v < sc->sc_least || v > sc->sc_most) {
		snprintf(err, errlen,
		    "%s: \"%s\" is not a number from %llu to %llu", name, value,
		    (unsigned long long)sc->sc_least,
		    (unsigned long long)sc->sc_most);
		return EINVAL;
	}
	*out = v;
	return 0;
}

int
sysctl_set(struct sysctls *s, const char *name, const char *value, char *err,
    size_t errlen)
{
	uint64_t v;
	int error;

	if ((error = sysctl_check(name, value, &v, err, errlen)) != 0)
		return error;
	atomic_store_explicit(
	    sysctl_cell(s, sysctl_find(name)), v, memory_order_relaxed);
	return 0;
}

void
sysctl_reset(struct sysctls *s, const struct sysctl_desc *sc)
{
	atomic_store_explicit(
	    sysctl_cell(s, sc), sc->sc_default, memory_order_relaxed);
}

uint64_t
sysctl_get(const struct sysctls *s, const struct sysctl_desc *sc)
{
	const _Atomic uint64_t *cell =
	    (const void *)((const char *)s + sc->sc_offset);

	return atomic_load_explicit(cell, memory_order_relaxed);
}
