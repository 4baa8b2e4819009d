/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Toeplitz hash of receive side scaling, exactly as NICs compute it.
 *
 * For each set bit i of the input, from the left, the hash is XORed with bits
 * i to i + 31 of the key.  XOR lets whole bytes be looked up: one table for
 * each byte of the input, 1 KiB each, made once from the key.
 *
 * Addresses and ports are in host order; the hash is over source address,
 * destination address, source port, destination port in wire order.
 * Members are marked as in base/log.h.
 */
#ifndef BASE_TOEPLITZ_H
#define BASE_TOEPLITZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define TOEPLITZ_KEYLEN 40
#define TOEPLITZ_MAXLEN (TOEPLITZ_KEYLEN - 4) /* the input this key covers */

struct toeplitz {
	uint32_t tz_tab[TOEPLITZ_MAXLEN][256]; /* [I] toeplitz_init() */
};

/* The key of Microsoft's RSS specification, which most NICs start with. */
extern const uint8_t toeplitz_key_default[TOEPLITZ_KEYLEN];

/* 6d5a repeated: both directions of a flow hash alike. */
extern const uint8_t toeplitz_key_symmetric[TOEPLITZ_KEYLEN];

void toeplitz_init(
    struct toeplitz *, const uint8_t key[static TOEPLITZ_KEYLEN]);

/* Bytes as they stand on the wire, at most TOEPLITZ_MAXLEN. */
uint32_t toeplitz_hash(const struct toeplitz *, const void *, size_t);

/* What the 32 bits v, at byte "at" of the input, add to the hash. */
static inline uint32_t
toeplitz_at32(const struct toeplitz *t, unsigned at, uint32_t v)
{
	return t->tz_tab[at][v >> 24] ^ t->tz_tab[at + 1][v >> 16 & 255] ^
	    t->tz_tab[at + 2][v >> 8 & 255] ^ t->tz_tab[at + 3][v & 255];
}

static inline uint32_t
toeplitz_at64(const struct toeplitz *t, unsigned at, uint64_t v)
{
	return toeplitz_at32(t, at, (uint32_t)(v >> 32)) ^
	    toeplitz_at32(t, at + 4, (uint32_t)v);
}

static inline uint32_t
toeplitz_v4(const struct toeplitz *t, uint32_t src, uint32_t dst)
{
	return toeplitz_at32(t, 0, src) ^ toeplitz_at32(t, 4, dst);
}

static inline uint32_t
toeplitz_v4_ports(const struct toeplitz *t, uint32_t src, uint32_t dst,
    uint16_t sport, uint16_t dport)
{
	return toeplitz_v4(t, src, dst) ^
	    toeplitz_at32(t, 8, (uint32_t)sport << 16 | dport);
}

static inline uint32_t
toeplitz_v6(const struct toeplitz *t, struct in6 src, struct in6 dst)
{
	return toeplitz_at64(t, 0, src.i6_hi) ^ toeplitz_at64(t, 8, src.i6_lo) ^
	    toeplitz_at64(t, 16, dst.i6_hi) ^ toeplitz_at64(t, 24, dst.i6_lo);
}

static inline uint32_t
toeplitz_v6_ports(const struct toeplitz *t, struct in6 src, struct in6 dst,
    uint16_t sport, uint16_t dport)
{
	return toeplitz_v6(t, src, dst) ^
	    toeplitz_at32(t, 32, (uint32_t)sport << 16 | dport);
}

#endif
