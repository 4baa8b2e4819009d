/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv4 header as values: RFC 791, 3.1; RFC 1122, 3.2.1; RFC 1812, 5.2.2.
 * Pure.  Nothing in a struct ip_info points into the packet; whoever holds one
 * owns it.  Inline, because every packet comes through.
 */
#ifndef IP_IP_PARSE_H
#define IP_IP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

enum { /* ii_flags */
	IIF_DF = 1u << 0,
	IIF_MF = 1u << 1,
};

struct ip_info { /* host order */
	uint32_t ii_src;
	uint32_t ii_dst;
	uint16_t ii_len; /* whole datagram, at most what arrived */
	uint16_t ii_off; /* fragment offset in bytes */
	uint16_t ii_id;
	uint8_t ii_hlen; /* bytes, with options */
	uint8_t ii_proto;
	uint8_t ii_ttl;
	uint8_t ii_tos;
	uint8_t ii_flags; /* IIF_* */
};

/*
 * ip_check() and ip_take() at once; ii is set only if there is nothing to
 * complain about.  Options are not looked at.
 */
enum ipstat ip_parse(
    const uint8_t *p, size_t n, size_t total, struct ip_info *ii);

/* Of ip_check(): fragments, and whether there are options. */
enum ipstat ip_check_rest(const uint8_t *p);

/*
 * The header of the packet that an ICMP error quotes: cut off, and its
 * checksum and length need not be right any more.
 */
enum ipstat ip_parse_quoted(const uint8_t *p, size_t n, struct ip_info *ii);

/* Unicast that may cross routers: not 0/8, 127/8, 169.254/16, 224/3. */
static inline bool
ip_is_plain(uint32_t a)
{
	return a - 0x01000000u < 0xdf000000u && a >> 24 != 127 &&
	    a >> 16 != 0xa9fe;
}

/*
 * Whether the checksum is right: the sum of all words folds to all ones, in
 * whatever byte order they are read (RFC 1071, 2).
 */
static inline bool
ip_cksum_ok(const uint8_t *p, unsigned hlen)
{
	uint64_t a, b, sum;
	uint32_t c;

	if (unlikely(hlen != IP_HLEN))
		return in_cksum(p, hlen) == 0;
	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	memcpy(&c, p + 16, 4);
	sum = a + b;
	sum += sum < b;
	sum += c;
	sum += sum < c;
	/*
	 * All ones is what a multiple of 65535 folds to, and this is not 0.  A
	 * multiple is what times the inverse of 65535 does not exceed 2^64 /
	 * 65535.
	 */
	return sum * UINT64_C(0xfffefffefffeffff) <=
	    UINT64_C(0x0001000100010001);
}

/*
 * The header at p, of which n bytes are contiguous, of a packet of total
 * bytes: ips_none; ips_options if all is well and ip_options_parse() is next;
 * or why the packet must be dropped.
 */
static inline enum ipstat
ip_check(const uint8_t *p, size_t n, size_t total)
{
	const struct ip_wire *ip = (const void *)p;
	unsigned hlen, len;

	if (unlikely(n < sizeof(*ip)))
		return ips_toosmall;
	if (unlikely(ip->ip_vhl >> 4 != 4))
		return ips_badvers;
	hlen = (ip->ip_vhl & 15u) * 4;
	if (unlikely(hlen < sizeof(*ip) || hlen > n))
		return ips_badhlen;
	len = ld16be(ip->ip_len);
	if (unlikely(len < hlen || len > total))
		return ips_badlen;
	if (unlikely(!ip_cksum_ok(p, hlen)))
		return ips_badsum;
	if (likely(ip->ip_vhl == 0x45 && (ip->ip_off[0] & 0x1f) == 0))
		return ips_none;
	return ip_check_rest(p);
}

/* What ip_check() found right, as values. */
static inline void
ip_take(const uint8_t *p, struct ip_info *ii)
{
	const struct ip_wire *ip = (const void *)p;
	unsigned off = ld16be(ip->ip_off);

	ii->ii_src = ld32be(ip->ip_src);
	ii->ii_dst = ld32be(ip->ip_dst);
	ii->ii_len = ld16be(ip->ip_len);
	ii->ii_off = (uint16_t)((off & IP_OFFMASK) * 8);
	ii->ii_id = ld16be(ip->ip_id);
	ii->ii_hlen = (uint8_t)((ip->ip_vhl & 15u) * 4);
	ii->ii_proto = ip->ip_p;
	ii->ii_ttl = ip->ip_ttl;
	ii->ii_tos = ip->ip_tos;
	ii->ii_flags = (uint8_t)(((off & IP_DF) != 0 ? IIF_DF : 0) |
	    ((off & IP_MF) != 0 ? IIF_MF : 0));
}

#endif
