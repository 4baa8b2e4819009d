/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes of memory: keyed where an outsider chooses the input, cheap where
 * nobody does.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEYLEN 16

/* SipHash-2-4: cannot be steered into collisions without the key. */
uint64_t siphash24(
    const uint8_t key[static SIPHASH_KEYLEN], const void *, size_t);

/*
 * A bijection of 64 bits in which each input bit changes each output bit with
 * a chance near one half (the finisher of MurmurHash3).
 */
static inline uint64_t
hash_mix64(uint64_t v)
{
	v ^= v >> 33;
	v *= UINT64_C(0xff51afd7ed558ccd);
	v ^= v >> 33;
	v *= UINT64_C(0xc4ceb9fe1a85ec53);
	v ^= v >> 33;
	return v;
}

#endif
