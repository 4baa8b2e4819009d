/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_2M (2ul << 20)

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

void *
huge_alloc(size_t size)
{
	void *p;

	if (size < HUGE_2M)
		return lines_alloc(1, size);
	if (posix_memalign(&p, HUGE_2M, size) != 0)
		return NULL;
	/* What is left over at the end stays on small pages. */
	(void)madvise(p, size & ~(HUGE_2M - 1), MADV_HUGEPAGE);
	memset(p, 0, size);
	return p;
}
