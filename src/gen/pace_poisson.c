/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exponential numbers: -ln(u) of a uniform u, in whole numbers, so that a seed
 * gives the same schedule on every machine.
 *
 * u = m * 2^e with m from sqrt(1/2) to sqrt(2), and with s = (m-1)/(m+1)
 *
 *	ln m = 2 * (s + s^3/3 + s^5/5 + ...)
 *
 * of which six terms leave out less than 2^-35.
 */
#include "gen/pace_int.h"

#define ONE62 (UINT64_C(1) << 62)
#define LN2   UINT64_C(0x2c5c85fdf473de6b) /* ln 2, 62 binary digits */
#define SQRT2 UINT64_C(0x5a827999fcef3242) /* 62 binary digits */

/* The product of two numbers of 62 binary digits. */
static inline uint64_t
mul62(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b >> 62);
}

/* |ln m|, 62 binary digits, of m = a/b. */
static uint64_t
ln_near_1(uint64_t m)
{
	static const uint64_t over[] = { ONE62 / 9, ONE62 / 7, ONE62 / 5,
		ONE62 / 3, ONE62 };
	uint64_t less = m >= ONE62 ? m - ONE62 : ONE62 - m;
	uint64_t s = (uint64_t)(((unsigned __int128)less << 62) / (m + ONE62));
	uint64_t square = mul62(s, s), sum = ONE62 / 11;
	unsigned i;

	for (i = 0; i < countof(over); i++)
		sum = over[i] + mul62(sum, square);
	return 2 * mul62(sum, s);
}

uint64_t
pace_exponential(struct rnd *r)
{
	uint64_t u = rnd_u64(r) | 1;
	unsigned zeros = (unsigned)__builtin_clzll(u);
	uint64_t m = u << zeros >> 1; /* 1 to 2, 62 binary digits */
	uint64_t ln;
	unsigned __int128 sum;

	/* u / 2^64 = m * 2^-(zeros + 1) */
	if (m > SQRT2) {
		ln = ln_near_1(m >> 1);
		sum = (unsigned __int128)LN2 * zeros + ln;
	} else {
		ln = ln_near_1(m);
		sum = (unsigned __int128)LN2 * (zeros + 1) - ln;
	}
	return (uint64_t)((sum + (1u << 29)) >> 30);
}
