/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and prefixes, in host order; their text.
 *
 * An IPv4 address is a uint32_t, an IPv6 address two 64-bit halves, so that
 * masks and comparisons are arithmetic.  struct addr holds either.
 *
 * These are values: whoever holds one owns it, no member is shared.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define MAC_LEN 6

/* Room for the text and its NUL. */
#define ADDR_STRLEN   46
#define PREFIX_STRLEN (ADDR_STRLEN + 4)
#define MAC_STRLEN    18

enum { /* a_family */
	ADDR_NONE = 0,
	ADDR_V4 = 4,
	ADDR_V6 = 6
};

struct in6 {
	uint64_t i6_hi;
	uint64_t i6_lo;
};

struct addr {
	uint8_t a_family; /* ADDR_* */
	union {
		uint32_t a_v4;
		struct in6 a_v6;
	};
};

struct prefix {
	struct addr p_addr; /* host bits may be set: an interface's own */
	uint8_t p_len;
};

/*
 * Text to value: 0, or EINVAL and the target untouched.  addr_parse() takes
 * an address without a length, prefix_parse() wants one and keeps host bits,
 * mac_parse() takes six pairs of hexadecimal digits between colons.
 */
int addr_parse(struct addr *, const char *);
int prefix_parse(struct prefix *, const char *);
int mac_parse(uint8_t mac[static MAC_LEN], const char *);

/*
 * Value to text, IPv6 as RFC 5952 says; they return the buffer.  ADDR_NONE is
 * "none".
 */
const char *addr_format(const struct addr *, char buf[static ADDR_STRLEN]);
const char *prefix_format(
    const struct prefix *, char buf[static PREFIX_STRLEN]);
const char *mac_format(
    const uint8_t mac[static MAC_LEN], char buf[static MAC_STRLEN]);

static inline struct in6
in6_load(const uint8_t p[static 16])
{
	return (struct in6){ .i6_hi = ld64be(p), .i6_lo = ld64be(p + 8) };
}

static inline void
in6_store(uint8_t p[static 16], struct in6 a)
{
	st64be(p, a.i6_hi);
	st64be(p + 8, a.i6_lo);
}

static inline bool
in6_eq(struct in6 a, struct in6 b)
{
	return ((a.i6_hi ^ b.i6_hi) | (a.i6_lo ^ b.i6_lo)) == 0;
}

static inline struct in6
in6_and(struct in6 a, struct in6 b)
{
	return (struct in6){ a.i6_hi & b.i6_hi, a.i6_lo & b.i6_lo };
}

/* The network mask of a length, at most 32. */
static inline uint32_t
in_mask(unsigned len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

/* The same for at most 128. */
static inline struct in6
in6_mask(unsigned len)
{
	if (len == 0)
		return (struct in6){ 0, 0 };
	if (len <= 64)
		return (struct in6){ UINT64_MAX << (64 - len), 0 };
	return (struct in6){ UINT64_MAX, UINT64_MAX << (128 - len) };
}

static inline struct addr
addr_v4(uint32_t a)
{
	return (struct addr){ .a_family = ADDR_V4, .a_v4 = a };
}

static inline struct addr
addr_v6(struct in6 a)
{
	return (struct addr){ .a_family = ADDR_V6, .a_v6 = a };
}

static inline bool
addr_eq(const struct addr *a, const struct addr *b)
{
	if (a->a_family != b->a_family)
		return false;
	switch (a->a_family) {
	case ADDR_V4:
		return a->a_v4 == b->a_v4;
	case ADDR_V6:
		return in6_eq(a->a_v6, b->a_v6);
	}
	return true;
}

/* An order: IPv4 before IPv6, then by value; prefixes then by length. */
int addr_cmp(const struct addr *, const struct addr *);
int prefix_cmp(const struct prefix *, const struct prefix *);

/* The longest length of a family: 32, 128, or 0 for none. */
static inline unsigned
addr_bits(unsigned family)
{
	return family == ADDR_V4 ? 32 : family == ADDR_V6 ? 128 : 0;
}

/* Whether the prefix covers the address; never across families. */
static inline bool
prefix_match(const struct prefix *p, const struct addr *a)
{
	struct in6 m;

	if (p->p_addr.a_family != a->a_family)
		return false;
	switch (a->a_family) {
	case ADDR_V4:
		return ((p->p_addr.a_v4 ^ a->a_v4) & in_mask(p->p_len)) == 0;
	case ADDR_V6:
		m = in6_mask(p->p_len);
		return in6_eq(in6_and(p->p_addr.a_v6, m), in6_and(a->a_v6, m));
	}
	return false;
}

/* RFC 5735: 0.0.0.0, 127/8, 169.254/16, 224/4, 255.255.255.255. */
static inline bool
in_is_unspecified(uint32_t a)
{
	return a == 0;
}

static inline bool
in_is_loopback(uint32_t a)
{
	return a >> 24 == 127;
}

static inline bool
in_is_linklocal(uint32_t a)
{
	return a >> 16 == 0xa9fe;
}

static inline bool
in_is_multicast(uint32_t a)
{
	return a >> 28 == 0xe;
}

static inline bool
in_is_broadcast(uint32_t a)
{
	return a == UINT32_MAX;
}

/* RFC 4291: ::, ::1, fe80::/10, ff00::/8, ::ffff:0:0/96. */
static inline bool
in6_is_unspecified(struct in6 a)
{
	return (a.i6_hi | a.i6_lo) == 0;
}

static inline bool
in6_is_loopback(struct in6 a)
{
	return a.i6_hi == 0 && a.i6_lo == 1;
}

static inline bool
in6_is_linklocal(struct in6 a)
{
	return a.i6_hi >> 54 == 0xfe80 >> 6;
}

static inline bool
in6_is_multicast(struct in6 a)
{
	return a.i6_hi >> 56 == 0xff;
}

static inline bool
in6_is_v4mapped(struct in6 a)
{
	return a.i6_hi == 0 && a.i6_lo >> 32 == 0xffff;
}

/* RFC 4291, 2.7.1: ff02::1:ff00:0/104 and the last 24 bits. */
#define IN6_SOLICITED_HI UINT64_C(0xff02000000000000)
#define IN6_SOLICITED_LO UINT64_C(0x00000001ff000000)

static inline struct in6
in6_solicited_node(struct in6 a)
{
	return (struct in6){ IN6_SOLICITED_HI,
		IN6_SOLICITED_LO | (a.i6_lo & 0xffffff) };
}

static inline bool
in6_is_solicited_node(struct in6 a)
{
	return a.i6_hi == IN6_SOLICITED_HI &&
	    a.i6_lo >> 24 == IN6_SOLICITED_LO >> 24;
}

/* fe80:: and the EUI-64 of a MAC: RFC 4291, appendix A; RFC 2464, 4 and 5. */
static inline struct in6
in6_linklocal_mac(const uint8_t mac[static MAC_LEN])
{
	uint8_t eui[8] = { mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3],
		mac[4], mac[5] };

	return (struct in6){ UINT64_C(0xfe80000000000000), ld64be(eui) };
}

#endif
