/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Broken invariants stop the program.  KASSERT is for what only a bug in Spate
 * can make false, never for what the wire, a file or a user says.  The build
 * switches it on with SPATE_KASSERT (meson's option "kassert", off in release
 * builds); without it the expression is compiled but not evaluated.
 */
#ifndef BASE_KASSERT_H
#define BASE_KASSERT_H

#include <stdbool.h>

#include "base/bytes.h"

/* Print to standard error and abort. */
_Noreturn void panic(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), cold));

#ifdef SPATE_KASSERT
#define KASSERT(e) kassert((e), #e, __FILE__, __LINE__)
#else
#define KASSERT(e) ((void)sizeof((e) ? 1 : 0))
#endif

static inline void
kassert(bool ok, const char *text, const char *file, int line)
{
	if (unlikely(!ok))
		panic("%s:%d: assertion failed: %s", file, line, text);
}

#endif
