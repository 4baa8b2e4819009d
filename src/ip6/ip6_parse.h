/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv6 header, and the chain of extension headers behind it, as values.
 * Nothing here points into the packet; whoever holds one owns it.
 */
#ifndef IP6_IP6_PARSE_H
#define IP6_IP6_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"

#define IP6_EXT_MAX 8 /* extension headers we go through */

#define IP6_SILENT 0xff /* drop without a word */

enum { /* i6_flags; set by ip6_parse_ext() */
	I6F_FRAGMENT = 1u << 0, /* there is a fragment header */
	I6F_MF = 1u << 1, /* and more fragments follow */
	I6F_ALERT = 1u << 2, /* router alert (RFC 2711) */
};

struct ip6_info { /* host order */
	struct in6 i6_src;
	struct in6 i6_dst;
	uint32_t i6_flow; /* flow label */
	uint32_t i6_len; /* whole packet, at most what arrived */
	uint32_t i6_id; /* of a fragment */
	uint16_t i6_off; /* fragment offset in bytes */
	uint16_t i6_fragat; /* offset of the fragment header, … */
	uint16_t i6_fragby; /* … and of the byte that named it */
	uint16_t i6_l4off; /* upper-layer header, after ip6_parse_ext() */
	uint16_t i6_errptr; /* offset of the byte that is wrong; without an
			     * error, of that which named i6_proto */
	uint8_t i6_errcode; /* ICMPv6 parameter problem, or IP6_SILENT */
	uint8_t i6_proto; /* next header; upper layer after ip6_parse_ext() */
	uint8_t i6_hlim;
	uint8_t i6_tclass;
	uint8_t i6_flags; /* I6F_* */
};

/*
 * Unicast that may cross routers: not ff00::/8, fe80::/10, nor ::/64, where
 * only the unspecified, loopback and IPv4-mapped addresses are.
 */
static inline bool
ip6_is_plain(struct in6 a)
{
	return a.i6_hi != 0 && !in6_is_multicast(a) && !in6_is_linklocal(a);
}

/*
 * The fixed header at p, of which n bytes are contiguous, of a packet of total
 * bytes: i6s_none, or why the packet must be dropped.  Inline, because every
 * packet comes through.
 */
static inline enum ip6stat
ip6_check(const uint8_t *p, size_t n, size_t total)
{
	const struct ip6_wire *ip6 = (const void *)p;
	unsigned plen;

	if (unlikely(n < sizeof(*ip6)))
		return i6s_toosmall;
	if (unlikely(ip6->ip6_vfc[0] >> 4 != 6))
		return i6s_badvers;
	plen = ld16be(ip6->ip6_plen);
	if (unlikely(IP6_HLEN + plen > total))
		return i6s_badlen;
	/* A jumbogram (RFC 2675) has its length in an option. */
	if (unlikely(plen == 0 && ip6->ip6_nxt == IPP_HOPOPTS))
		return i6s_badlen;
	return i6s_none;
}

/* What ip6_check() found right, as values. */
void ip6_take(const uint8_t *p, struct ip6_info *);

/* Both at once; the values are set only if there is no complaint. */
enum ip6stat ip6_parse(
    const uint8_t *p, size_t n, size_t total, struct ip6_info *);

/* The header of the packet that an ICMPv6 error quotes: cut off. */
enum ip6stat ip6_parse_quoted(const uint8_t *p, size_t n, struct ip6_info *);

/* Whether ip6_parse_ext() goes through this header. */
bool ip6_is_ext(unsigned proto);

/*
 * Go on through extension headers, of which the first n bytes of the packet
 * are contiguous, to the upper-layer header (which may lie beyond n).  What
 * this host does not have to understand is skipped.
 */
enum ip6stat ip6_parse_ext(const uint8_t *p, size_t n, struct ip6_info *);

#endif
