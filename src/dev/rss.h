/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive side scaling as NICs do it: from a packet to its hash.
 *
 * Which fields are hashed depends on the packet and on the set of types that
 * is switched on: addresses and ports of TCP and, if wanted, of UDP; addresses
 * of all else, of fragments, and behind IPv6 extension headers.  All of it is
 * pure.
 */
#ifndef DEV_RSS_H
#define DEV_RSS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/toeplitz.h"

enum rss_type { /* m_hashtype: what m_hash was computed over */
	RSS_NONE,
	RSS_IP4,
	RSS_TCP4,
	RSS_IP6,
	RSS_TCP6,
	RSS_UDP4,
	RSS_UDP6,
	RSS_TYPES
};

/* Sets of types.  Addresses are always hashed. */
#define RSS_SET(type) (1u << (type))
#define RSS_TCP	      (RSS_SET(RSS_TCP4) | RSS_SET(RSS_TCP6))
#define RSS_UDP	      (RSS_SET(RSS_UDP4) | RSS_SET(RSS_UDP6))

#define RSS_TABLE 128 /* entries of an indirection table */

/* What is hashed, in host order. */
struct rss_tuple {
	struct in6 rt_src; /* IPv4: the low 32 bits */
	struct in6 rt_dst;
	uint32_t rt_ports; /* source << 16 | destination */
	uint8_t rt_type; /* enum rss_type */
};

static inline bool
rss_type_v6(unsigned type)
{
	return type == RSS_IP6 || type == RSS_TCP6 || type == RSS_UDP6;
}

static inline bool
rss_type_ports(unsigned type)
{
	return type != RSS_NONE && type != RSS_IP4 && type != RSS_IP6;
}

/* "2-tuple IPv4", "UDP IPv6", ...; for people. */
const char *rss_type_name(unsigned type);

/*
 * What is to be hashed of the IP packet of which the first n bytes are at p,
 * with the set of types; returns its type, or RSS_NONE for what is no IP.
 * Ports that lie beyond n are as if there were none: RSS_PEEK bytes are
 * always enough.
 */
#define RSS_PEEK 64
enum rss_type rss_tuple(
    const uint8_t *p, size_t n, unsigned types, struct rss_tuple *);

/* Only the type of it. */
enum rss_type rss_wants(const uint8_t *p, size_t n, unsigned types);

/* As a NIC with this key hashes it. */
uint32_t rss_toeplitz(const struct toeplitz *, const struct rss_tuple *);

/*
 * A cheap hash that is the same in both directions of a flow, and that nobody
 * without the seed can steer.
 */
uint32_t rss_symmetric(const uint64_t seed[static 4], const struct rss_tuple *);

/* The tuple of the other direction. */
struct rss_tuple rss_reverse(const struct rss_tuple *);

/*
 * What is to be hashed of an Ethernet frame of which the first n bytes are at
 * p; VLAN tags are looked through.  RSS_NONE for what is not IP.
 */
enum rss_type rss_frame_tuple(
    const uint8_t *p, size_t n, unsigned types, struct rss_tuple *);

/*
 * The Toeplitz hash of an Ethernet frame of which the first n bytes are at p.
 * RSS_NONE, and 0, for what is not IP.
 */
enum rss_type rss_frame(const struct toeplitz *, unsigned types,
    const uint8_t *p, size_t n, uint32_t *hash);

#endif
