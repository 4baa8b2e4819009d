/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bitmaps of a fixed number of bits over 64-bit words.
 *
 *	uint64_t used[BITMAP_WORDS(NPORTS)];
 *
 * n is always the number of bits of the map.  Bits of the last word beyond n
 * are never set, so whole words can be searched and counted.  No atomics: a
 * map has one owner.
 */
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BITMAP_WORDS(n) (((n) + 63) / 64)

/* i takes the index of each set bit, upwards; clearing bit i is allowed. */
#define BITMAP_FOREACH(i, map, n)                                              \
	for ((i) = bitmap_ffs((map), (n)); (i) < (n);                          \
	     (i) = bitmap_next((map), (n), (i) + 1))

static inline void
bitmap_zero(uint64_t *map, unsigned n)
{
	memset(map, 0, BITMAP_WORDS(n) * sizeof(*map));
}

static inline void
bitmap_set(uint64_t *map, unsigned i)
{
	map[i / 64] |= UINT64_C(1) << i % 64;
}

static inline void
bitmap_clear(uint64_t *map, unsigned i)
{
	map[i / 64] &= ~(UINT64_C(1) << i % 64);
}

static inline bool
bitmap_test(const uint64_t *map, unsigned i)
{
	return map[i / 64] >> i % 64 & 1;
}

/* The first set bit at or above from; n if there is none. */
static inline unsigned
bitmap_next(const uint64_t *map, unsigned n, unsigned from)
{
	unsigned w = from / 64;
	uint64_t bits;

	if (from >= n)
		return n;
	bits = map[w] & UINT64_MAX << from % 64;
	while (bits == 0) {
		if (++w == BITMAP_WORDS(n))
			return n;
		bits = map[w];
	}
	return w * 64 + (unsigned)__builtin_ctzll(bits);
}

/* The first set bit, from 0; n if there is none. */
static inline unsigned
bitmap_ffs(const uint64_t *map, unsigned n)
{
	return bitmap_next(map, n, 0);
}

static inline unsigned
bitmap_count(const uint64_t *map, unsigned n)
{
	unsigned sum = 0;
	unsigned w;

	for (w = 0; w < BITMAP_WORDS(n); w++)
		sum += (unsigned)__builtin_popcountll(map[w]);
	return sum;
}

#endif
