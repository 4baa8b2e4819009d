/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory on cache lines of its own.
 *
 * What one CPU writes must not lie beside what another reads: not on the same
 * line, and not on the other half of a pair of lines, which processors fetch
 * together.  All that belongs to a CPU or a queue is allocated here.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stddef.h>

#include "base/bytes.h"

#define LINEPAIR (2 * CACHELINE)

/* n * size zeroed bytes on pairs of lines; free() frees them.  NULL: ENOMEM. */
void *lines_alloc(size_t n, size_t size)
    __attribute__((malloc, alloc_size(1, 2), assume_aligned(LINEPAIR)));

/*
 * Zeroed memory that is read here and there: on huge pages, if it is large
 * enough for them and the system has transparent ones, as else each access may
 * cost a walk through page tables.  free() frees it.  NULL: ENOMEM.
 */
void *huge_alloc(size_t size) __attribute__((malloc, alloc_size(1)));

#endif
