/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum over long buffers.
 *
 * One's complement addition does not care for the width of the words nor for
 * their byte order (RFC 1071, 2): memory is added up in the machine's own
 * 64-bit words, each carry put back in at the bottom, and what comes out is
 * folded and turned to wire order once.  Four sums run side by side, because
 * an addition with carry must wait for the one before.
 */
#include "mbuf/in_cksum.h"

/* Fewer than 8 bytes as a word padded with zeros, in memory order. */
static uint64_t
load_tail(const uint8_t *p, size_t n)
{
	uint8_t b[8] = { 0 };

	memcpy(b, p, n);
	return ld64(b);
}

/* The same, 1 to 7 bytes, where 8 - n before them are the buffer's, too. */
static inline uint64_t
load_end(const uint8_t *p, size_t n)
{
	unsigned shift = 64 - 8 * (unsigned)n;
	uint64_t v = ld64(p + n - 8);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return v >> shift;
#else
	return v << shift;
#endif
}

uint64_t
in_cksum_add(const void *buf, size_t n, uint64_t sum)
{
	const uint8_t *p = buf;
	uint64_t s[4] = { 0 };
	bool some = n >= 8;

	for (; n >= 32; n -= 32, p += 32) {
		s[0] = in_cksum_add64(s[0], ld64(p));
		s[1] = in_cksum_add64(s[1], ld64(p + 8));
		s[2] = in_cksum_add64(s[2], ld64(p + 16));
		s[3] = in_cksum_add64(s[3], ld64(p + 24));
	}
	for (; n >= 8; n -= 8, p += 8)
		s[0] = in_cksum_add64(s[0], ld64(p));
	if (n != 0)
		s[1] = in_cksum_add64(
		    s[1], some ? load_end(p, n) : load_tail(p, n));
	s[0] = in_cksum_add64(
	    in_cksum_add64(s[0], s[1]), in_cksum_add64(s[2], s[3]));
	return sum + in_cksum_order(in_cksum_reduce(s[0]));
}

uint64_t
in_cksum_add_odd(const void *buf, size_t n, uint64_t sum)
{
	uint16_t v = in_cksum_reduce(in_cksum_add(buf, n, 0));

	return sum + __builtin_bswap16(v);
}
