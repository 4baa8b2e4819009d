/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a number's place among few in order, all compared at once: a search
 * by halves would be as many mispredicted or dependent steps.
 *
 * The functions that use it are compiled twice, for any processor and with
 * FIB_VECTOR; which one runs, fib_vector() says.  Under ThreadSanitizer there
 * is only the first, as the other reads beyond what it was given.
 */
#ifndef ROUTE_FIB_FIND_H
#define ROUTE_FIB_FIND_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIB_SCALAR
#endif
#endif

#define FIB_FEW	  16u /* numbers compared at once */
#define FIB_SLACK 64u /* readable bytes behind the last number of a table */

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(FIB_SCALAR)
#include <immintrin.h>

#define FIB_VECTOR __attribute__((target("avx2,bmi,bmi2,popcnt")))

/* Whether the processor can. */
static inline bool
fib_vector(void)
{
	return __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

/*
 * How many of the first n (at most FIB_FEW) numbers at p, which are in order,
 * are at most key.  Reads FIB_FEW of them.
 */
FIB_VECTOR static inline unsigned
fib_find_vector(const uint32_t *p, uint32_t key, unsigned n)
{
	const __m256i sign = _mm256_set1_epi32(INT32_MIN); /* unsigned order */
	const __m256i k = _mm256_set1_epi32((int)(key ^ 0x80000000));
	__m256i a = _mm256_loadu_si256((const void *)p);
	__m256i b = _mm256_loadu_si256((const void *)(p + 8));
	unsigned above;

	a = _mm256_cmpgt_epi32(_mm256_xor_si256(a, sign), k);
	b = _mm256_cmpgt_epi32(_mm256_xor_si256(b, sign), k);
	above = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(a)) |
	    (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(b)) << 8;
	return (unsigned)__builtin_ctz(above | 1u << n);
}
#endif

/* The same on any processor; reads no more than n. */
static inline unsigned
fib_find(const uint32_t *p, uint32_t key, unsigned n)
{
	unsigned i = 0, half;

	for (; n > 0; n -= half) {
		half = (n + 1) / 2;
		i += half & -(unsigned)(p[i + half - 1] <= key);
	}
	return i;
}

#endif /* ROUTE_FIB_FIND_H */
