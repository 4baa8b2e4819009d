/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose packet is it: the tuple by which end points are told apart, of all
 * transports and both families.
 *
 * IPv4 addresses are written as IPv6 does it, ::ffff:a.b.c.d, so that one
 * table holds both.  What an end point is bound to is a prefix of that space:
 *
 *	an address			128 bits
 *	a network of IPv4, of IPv6	96 + its length, its length
 *	any of IPv4			::ffff:0:0/96
 *	any of IPv6, and of IPv4	::/0 (of IPv6 alone with INF_V6ONLY)
 *
 * and the longest that covers a packet's destination is the one that is meant.
 *
 * These are values: whoever holds one owns it.
 */
#ifndef NETISR_IN_KEY_H
#define NETISR_IN_KEY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "dev/rss.h"

struct in_key {
	struct in6 ik_laddr; /* ours; host bits beyond ik_plen are 0 */
	struct in6 ik_faddr; /* theirs; :: while not connected */
	uint16_t ik_lport;
	uint16_t ik_fport; /* 0 while not connected */
	uint16_t ik_ifindex; /* by this interface only; 0: by any */
	uint8_t ik_rtable;
	uint8_t ik_plen; /* bits of ik_laddr that count: 128 an address */
};
static_assert(sizeof(struct in_key) == 40, "half of a line, and no padding");

#define IN_MAPPED   UINT64_C(0x0000ffff00000000) /* low half of ::ffff:0:0 */
#define IN_PLEN4    96u /* what stands before the bits of an IPv4 address */
#define IN_PLEN_MAX 128u

static inline struct in6
in6_mapped(uint32_t a)
{
	return (struct in6){ .i6_lo = IN_MAPPED | a };
}

/* Of either family, as keys have it. */
static inline struct in6
in_key_addr(const struct addr *a)
{
	return a->a_family == ADDR_V4 ? in6_mapped(a->a_v4) : a->a_v6;
}

/* The other way round; a is an address, not a prefix. */
static inline struct addr
in_key_text(struct in6 a)
{
	return in6_is_v4mapped(a) ? addr_v4((uint32_t)a.i6_lo) : addr_v6(a);
}

/* Whether the local side is of IPv4 alone. */
static inline bool
in_key_is4(const struct in_key *ik)
{
	return ik->ik_plen >= IN_PLEN4 && in6_is_v4mapped(ik->ik_laddr);
}

static inline bool
in_key_connected(const struct in_key *ik)
{
	return ik->ik_fport != 0;
}

/* What a prefix stands for: to ik_laddr and ik_plen. */
static inline void
in_key_bind(struct in_key *ik, const struct addr *a, unsigned len)
{
	bool four = a->a_family == ADDR_V4;

	ik->ik_plen = (uint8_t)(four ? IN_PLEN4 + len : len);
	ik->ik_laddr = in6_and(in_key_addr(a), in6_mask(ik->ik_plen));
}

/* Addresses, ports and routing table are the same; interfaces may differ. */
static inline bool
in_key_same(const struct in_key *a, const struct in_key *b)
{
	return in6_eq(a->ik_laddr, b->ik_laddr) &&
	    in6_eq(a->ik_faddr, b->ik_faddr) && a->ik_lport == b->ik_lport &&
	    a->ik_fport == b->ik_fport && a->ik_rtable == b->ik_rtable;
}

/* Where the hash of a table begins; keyed, as strangers choose the tuples. */
static inline uint64_t
in_key_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/*
 * Of a whole tuple.  Has nothing to do with the hash that chose the CPU: what
 * is alike there is spread here.
 */
static inline uint64_t
in_key_hash(const struct in_key *ik, const uint64_t seed[static 4])
{
	uint64_t h;

	h = in_key_fold(ik->ik_laddr.i6_hi ^ seed[0],
	    ik->ik_laddr.i6_lo ^ seed[1]);
	h ^= in_key_fold(ik->ik_faddr.i6_hi ^ seed[1],
	    ik->ik_faddr.i6_lo ^ seed[2]);
	return in_key_fold(h ^ seed[3],
	    ((uint64_t)ik->ik_lport << 24 | (uint64_t)ik->ik_fport << 40 |
		ik->ik_rtable) ^ seed[2]);
}

/* Of a local prefix and port. */
static inline uint64_t
in_key_hash_local(struct in6 laddr, unsigned plen, unsigned lport,
    unsigned rtable, const uint64_t seed[static 4])
{
	uint64_t h = in_key_fold(laddr.i6_hi ^ seed[0], laddr.i6_lo ^ seed[1]);

	return in_key_fold(h ^ seed[3],
	    ((uint64_t)lport << 24 | (uint64_t)plen << 40 | rtable) ^ seed[2]);
}

/*
 * The tuple as a packet that is received for this key has it.  ports: type of
 * tuples with ports (RSS_UDP4 or RSS_TCP4, whichever family), or RSS_NONE if
 * only addresses are hashed.
 */
static inline struct rss_tuple
in_key_tuple(const struct in_key *ik, enum rss_type ports)
{
	bool four = in6_is_v4mapped(ik->ik_laddr);
	struct rss_tuple rt = { .rt_src = ik->ik_faddr,
		.rt_dst = ik->ik_laddr };

	if (four) {
		rt.rt_src = (struct in6){ 0, (uint32_t)ik->ik_faddr.i6_lo };
		rt.rt_dst = (struct in6){ 0, (uint32_t)ik->ik_laddr.i6_lo };
	}
	if (ports == RSS_NONE) {
		rt.rt_type = four ? RSS_IP4 : RSS_IP6;
		return rt;
	}
	rt.rt_ports = (uint32_t)ik->ik_fport << 16 | ik->ik_lport;
	if (ports == RSS_UDP4)
		rt.rt_type = four ? RSS_UDP4 : RSS_UDP6;
	else
		rt.rt_type = four ? RSS_TCP4 : RSS_TCP6;
	return rt;
}

#endif
