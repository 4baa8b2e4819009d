/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys: what src/route computes with instead of addresses, so that one code
 * serves both families.  A key is a struct in6; an IPv4 address stands in its
 * upper 32 bits, and the bits behind a prefix are 0 in its first address and
 * 1 in its last, over all 128.
 */
#ifndef ROUTE_ROUTE_INT_H
#define ROUTE_ROUTE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define KEY_BITS 128

static inline struct in6
key_from_addr(const struct addr *a)
{
	if (a->a_family == ADDR_V4)
		return (struct in6){ (uint64_t)a->a_v4 << 32, 0 };
	return a->a_v6;
}

static inline struct addr
key_to_addr(struct in6 key, uint8_t family)
{
	if (family == ADDR_V4)
		return addr_v4((uint32_t)(key.i6_hi >> 32));
	return addr_v6(key);
}

static inline struct in6
key_first(struct in6 key, unsigned len)
{
	return in6_and(key, in6_mask(len));
}

static inline struct in6
key_last(struct in6 key, unsigned len)
{
	struct in6 mask = in6_mask(len);

	return (struct in6){ key.i6_hi | ~mask.i6_hi, key.i6_lo | ~mask.i6_lo };
}

static inline struct in6
key_next(struct in6 key)
{
	key.i6_lo++;
	key.i6_hi += key.i6_lo == 0;
	return key;
}

static inline bool
key_before(struct in6 a, struct in6 b)
{
	return a.i6_hi < b.i6_hi || (a.i6_hi == b.i6_hi && a.i6_lo < b.i6_lo);
}

static inline unsigned
key_bit(struct in6 key, unsigned i)
{
	uint64_t half = i < 64 ? key.i6_hi : key.i6_lo;

	return half >> (63 - i % 64) & 1;
}

/* The number of leading bits two keys share. */
static inline unsigned
key_common(struct in6 a, struct in6 b)
{
	if (a.i6_hi != b.i6_hi)
		return (unsigned)__builtin_clzll(a.i6_hi ^ b.i6_hi);
	if (a.i6_lo != b.i6_lo)
		return 64 + (unsigned)__builtin_clzll(a.i6_lo ^ b.i6_lo);
	return KEY_BITS;
}

/* The key with the last of its first len (1 to 128) bits worth v. */
static inline struct in6
key_at(uint64_t v, unsigned len)
{
	if (len <= 64)
		return (struct in6){ v << (64 - len), 0 };
	if (len == KEY_BITS)
		return (struct in6){ 0, v };
	return (struct in6){ v >> (len - 64), v << (128 - len) };
}

#endif /* ROUTE_ROUTE_INT_H */
