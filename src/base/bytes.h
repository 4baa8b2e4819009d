/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes, lines and small arithmetic that every layer needs.
 *
 * Wire order exists only in arrays of bytes.  The loads and stores here are
 * the one way in and out; they touch unsigned characters only, so alignment
 * and aliasing are not in question, and compilers make one access of each.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHELINE          64
#define LINE(type, member) (offsetof(type, member) / CACHELINE)

#define likely(e)   __builtin_expect(!!(e), 1)
#define unlikely(e) __builtin_expect(!!(e), 0)

#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of this type whose member p points to. */
#define container_of(p, type, member)                                          \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

static inline uint16_t
ld16be(const uint8_t p[static 2])
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t
ld32be(const uint8_t p[static 4])
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
ld64be(const uint8_t p[static 8])
{
	return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 |
	    (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 |
	    (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}

/* As the machine has them in memory, for sums and comparisons of bytes. */
static inline uint32_t
ld32(const uint8_t p[static 4])
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
ld64(const uint8_t p[static 8])
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
st16be(uint8_t p[static 2], uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
st32be(uint8_t p[static 4], uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void
st64be(uint8_t p[static 8], uint64_t v)
{
	p[0] = (uint8_t)(v >> 56);
	p[1] = (uint8_t)(v >> 48);
	p[2] = (uint8_t)(v >> 40);
	p[3] = (uint8_t)(v >> 32);
	p[4] = (uint8_t)(v >> 24);
	p[5] = (uint8_t)(v >> 16);
	p[6] = (uint8_t)(v >> 8);
	p[7] = (uint8_t)v;
}

static inline uint16_t
ld16le(const uint8_t p[static 2])
{
	return (uint16_t)((unsigned)p[1] << 8 | p[0]);
}

static inline uint32_t
ld32le(const uint8_t p[static 4])
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t
ld64le(const uint8_t p[static 8])
{
	return (uint64_t)p[7] << 56 | (uint64_t)p[6] << 48 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[4] << 32 | (uint64_t)p[3] << 24 |
	    (uint64_t)p[2] << 16 | (uint64_t)p[1] << 8 | p[0];
}

static inline void
st16le(uint8_t p[static 2], uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void
st32le(uint8_t p[static 4], uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void
st64le(uint8_t p[static 8], uint64_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
	p[4] = (uint8_t)(v >> 32);
	p[5] = (uint8_t)(v >> 40);
	p[6] = (uint8_t)(v >> 48);
	p[7] = (uint8_t)(v >> 56);
}

static inline unsigned
umin(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static inline unsigned
umax(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static inline uint64_t
u64min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
u64max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline size_t
szmin(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t
szmax(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Rotate left by 1 to 63. */
static inline uint64_t
rotl64(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static inline bool
is_pow2(uint64_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

/* The smallest power of two not below v, for v up to 2^63; 1 for 0. */
static inline uint64_t
roundup_pow2(uint64_t v)
{
	return v <= 1 ? 1 : UINT64_C(1) << (64 - __builtin_clzll(v - 1));
}

/* The value of a hexadecimal digit; -1: it is none. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif
