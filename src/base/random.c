/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xoshiro256** by Blackman and Vigna (2018), its state filled by splitmix64,
 * as they advise, so that no seed leads to the all-zero state.
 */
#include "base/random.h"

#include <string.h>

#include "base/bytes.h"

static uint64_t
splitmix64(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rnd_seed(struct rnd *r, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < countof(r->r_s); i++)
		r->r_s[i] = splitmix64(&seed);
}

uint64_t
rnd_u64(struct rnd *r)
{
	uint64_t *s = r->r_s;
	uint64_t out = rotl64(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl64(s[3], 45);
	return out;
}

/*
 * Numbers below 2^64 mod n are thrown away, so that what is left holds each
 * remainder equally often.  Less than one number in two is lost.
 */
uint64_t
rnd_below(struct rnd *r, uint64_t n)
{
	uint64_t low;
	uint64_t v;

	if (n == 0)
		return 0;
	low = (UINT64_MAX - n + 1) % n;
	do
		v = rnd_u64(r);
	while (v < low);
	return v % n;
}

/* Little endian whatever the machine, so that a seed repeats everywhere. */
void
rnd_bytes(struct rnd *r, void *buf, size_t n)
{
	uint8_t *p = buf;
	uint8_t last[8];

	for (; n >= 8; n -= 8, p += 8)
		st64le(p, rnd_u64(r));
	if (n != 0) {
		st64le(last, rnd_u64(r));
		memcpy(p, last, n);
	}
}
