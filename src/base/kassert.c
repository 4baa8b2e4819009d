/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the program when an invariant is broken.
 *
 * panic() goes straight to standard error: the log sink belongs to an instance
 * whose state can no longer be trusted.
 */
#include "base/kassert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("panic: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}
