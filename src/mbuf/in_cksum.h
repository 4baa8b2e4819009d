/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum (RFC 1071) over bytes, and its changes (RFC 1624).
 *
 * Three forms, never mixed:
 *	sum	uint64_t: 16-bit words, as they read on the wire, added up;
 *		starts at 0, takes any number of additions, order is free
 *	reduced	uint16_t: a sum folded to 16 bits, end-around carry; what goes
 *		into the checksum field when a device is to finish the work
 *	cksum	uint16_t: the complement of that, what a finished field holds
 * All are host-order values, to be stored with st16be().
 *
 * Over data that includes its own right checksum the cksum is 0.  UDP sends
 * a cksum of 0 as 0xffff (RFC 768); that is the caller's to do.
 */
#ifndef MBUF_IN_CKSUM_H
#define MBUF_IN_CKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

/* A reduced sum of bytes in memory order, as a host-order value. */
static inline uint16_t
in_cksum_order(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

/* One's complement addition of words in the same order, whichever it is. */
static inline uint64_t
in_cksum_add64(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

static inline uint16_t
in_cksum_reduce(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static inline uint16_t
in_cksum_fold(uint64_t sum)
{
	return (uint16_t)~in_cksum_reduce(sum);
}

/*
 * Add n bytes that stand at an even offset of what is summed.  An odd n is
 * padded with a zero byte, so more can be added only with in_cksum_add_odd().
 */
uint64_t in_cksum_add(const void *, size_t n, uint64_t sum);

/*
 * Add n bytes that stand at an odd offset: behind an odd number of bytes, as
 * in a chain of buffers.  Their high and low bytes change places.
 */
uint64_t in_cksum_add_odd(const void *, size_t n, uint64_t sum);

/* The sum of an IPv4 header without options. */
static inline uint64_t
in_cksum_sum20(const uint8_t p[static 20])
{
	uint64_t a;
	uint64_t b;
	uint32_t c;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	memcpy(&c, p + 16, 4);
	a = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;
	return in_cksum_order(in_cksum_reduce(a));
}

/* The cksum of n bytes; 0 if they hold a right one. */
static inline uint16_t
in_cksum(const void *p, size_t n)
{
	if (likely(n == 20))
		return in_cksum_fold(in_cksum_sum20(p));
	return in_cksum_fold(in_cksum_add(p, n, 0));
}

/* RFC 9293, 3.1; RFC 768: len counts the transport's header and data. */
static inline uint64_t
in_cksum_pseudo(uint32_t src, uint32_t dst, uint8_t proto, uint16_t len)
{
	return (uint64_t)src + dst + proto + len;
}

/* RFC 8200, 8.1. */
static inline uint64_t
in6_cksum_pseudo(struct in6 src, struct in6 dst, uint8_t proto, uint32_t len)
{
	return (src.i6_hi >> 32) + (src.i6_hi & 0xffffffff) +
	    (src.i6_lo >> 32) + (src.i6_lo & 0xffffffff) + (dst.i6_hi >> 32) +
	    (dst.i6_hi & 0xffffffff) + (dst.i6_lo >> 32) +
	    (dst.i6_lo & 0xffffffff) + proto + len;
}

/*
 * The cksum after a 16-bit field at an even offset went from old to new: RFC
 * 1624, equation 3.  The result is the one that summing anew would give,
 * unless all that is summed is zero, which no header with a checksum is.
 */
static inline uint16_t
in_cksum_update16(uint16_t cksum, uint16_t old, uint16_t new)
{
	return in_cksum_fold((uint64_t)(uint16_t)~cksum + (uint16_t)~old + new);
}

/* The same for 32 bits at an even offset: an address, a sequence number. */
static inline uint16_t
in_cksum_update32(uint16_t cksum, uint32_t old, uint32_t new)
{
	return in_cksum_fold((uint64_t)(uint16_t)~cksum + (uint32_t)~old + new);
}

/* An IPv4 TTL, the high byte of its word, went down by one. */
static inline uint16_t
in_cksum_update_ttl(uint16_t cksum)
{
	return in_cksum_update16(cksum, 0x0100, 0);
}

#endif
