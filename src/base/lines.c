/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/lines.h"

#include <stdlib.h>
#include <string.h>

void *
lines_alloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) ||
	    __builtin_add_overflow(bytes, LINEPAIR - 1, &bytes))
		return NULL;
	bytes &= ~(size_t)(LINEPAIR - 1);
	if ((p = aligned_alloc(LINEPAIR, bytes)) != NULL)
		memset(p, 0, bytes);
	return p;
}
