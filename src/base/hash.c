/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4, from its paper: J.-P. Aumasson, D. J. Bernstein, "SipHash: a
 * fast short-input PRF" (2012), section 2.
 */
#include "base/hash.h"

#include "base/bytes.h"

struct sip {
	uint64_t s_v[4];
};

static void
sip_round(struct sip *s)
{
	uint64_t *v = s->s_v;

	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl64(v[1], 13) ^ v[0];
	v[3] = rotl64(v[3], 16) ^ v[2];
	v[0] = rotl64(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotl64(v[3], 21) ^ v[0];
	v[1] = rotl64(v[1], 17) ^ v[2];
	v[2] = rotl64(v[2], 32);
}

static void
sip_word(struct sip *s, uint64_t m)
{
	s->s_v[3] ^= m;
	sip_round(s);
	sip_round(s);
	s->s_v[0] ^= m;
}

/* The last word: what is left of the input, and its length on top. */
static uint64_t
sip_tail(const uint8_t *p, size_t n)
{
	uint64_t m = (uint64_t)n << 56;
	size_t i;

	for (i = 0; i < n % 8; i++)
		m |= (uint64_t)p[i] << 8 * i;
	return m;
}

uint64_t
siphash24(const uint8_t key[static SIPHASH_KEYLEN], const void *buf, size_t n)
{
	const uint8_t *p = buf;
	uint64_t k0 = ld64le(key);
	uint64_t k1 = ld64le(key + 8);
	size_t left;
	unsigned i;
	struct sip s = { {
	    k0 ^ UINT64_C(0x736f6d6570736575),
	    k1 ^ UINT64_C(0x646f72616e646f6d),
	    k0 ^ UINT64_C(0x6c7967656e657261),
	    k1 ^ UINT64_C(0x7465646279746573),
	} };

	for (left = n; left >= 8; left -= 8, p += 8)
		sip_word(&s, ld64le(p));
	sip_word(&s, sip_tail(p, n));
	s.s_v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(&s);
	return s.s_v[0] ^ s.s_v[1] ^ s.s_v[2] ^ s.s_v[3];
}
