/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A neighbour discovery message as values.  Nothing here points into the
 * packet; whoever holds one owns it.
 */
#ifndef IP6_ND6_PARSE_H
#define IP6_ND6_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ip6/nd6_stat.h"
#include "ip6/nd6_wire.h"

struct nd6_info { /* host order */
	struct in6 nd_src; /* of the IPv6 header, as the next two */
	struct in6 nd_dst;
	uint8_t nd_hlim;
	uint8_t nd_type; /* ND6_NS, … */
	uint8_t nd_flags; /* ND6_NA_* */
	bool nd_haslla;
	bool nd_hasnonce;
	uint8_t nd_lla[MAC_LEN]; /* SLLA of a solicitation, TLLA of others */
	uint8_t nd_nonce[ND6_NONCELEN];
	struct in6 nd_target; /* of solicitations and advertisements */
};

/*
 * The ICMPv6 message of n bytes at p, whose checksum is right; nd_src, nd_dst
 * and nd_hlim are set.  Returns nds_none, or why it must be dropped: RFC 4861,
 * 6.1, 7.1 and 8.1, as far as what we use.
 */
enum nd6stat nd6_parse(const uint8_t *p, size_t n, struct nd6_info *);

/*
 * A whole packet, IPv6 header and checksum included, of a solicitation or an
 * advertisement.  Returns its length, at most ND6_BUILD_MAX.
 */
#define ND6_BUILD_MAX (40 + 24 + 8 + 8)
unsigned nd6_build(uint8_t *p, const struct nd6_info *);

#endif
