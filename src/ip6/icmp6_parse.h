/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ICMPv6 header as values.  Nothing here points into the packet; whoever
 * holds one owns it.
 */
#ifndef IP6_ICMP6_PARSE_H
#define IP6_ICMP6_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip6/icmp6_stat.h"
#include "ip6/ip6_parse.h"

struct icmp6_info { /* host order */
	uint8_t ic6_type;
	uint8_t ic6_code;
	uint16_t ic6_id; /* echo */
	uint16_t ic6_seq;
	uint32_t ic6_mtu; /* packet too big: next hop's */
};

/* What an error tells of an echo request that this host had sent. */
struct icmp6_quoted_echo {
	struct in6 iq6_dst;
	uint16_t iq6_id;
	uint16_t iq6_seq;
};

/* n contiguous bytes of the message.  Returns i6cs_none, or why not. */
enum icmp6stat icmp6_parse(const uint8_t *p, size_t n, struct icmp6_info *);

bool icmp6_is_error(unsigned type);

/*
 * Whether the n bytes that an error quotes are of an echo request, and which.
 */
bool icmp6_parse_quoted_echo(
    const uint8_t *p, size_t n, struct icmp6_quoted_echo *);

/*
 * Whether this ICMPv6 error may be sent about a packet, as far as the packet
 * alone tells (RFC 4443, 2.4(e)).  The chain of headers has been gone through;
 * l4 holds the first n bytes behind it.  mcast: it came as a link-layer
 * multicast or broadcast.
 */
bool icmp6_may_answer(const struct ip6_info *, const uint8_t *l4, size_t n,
    bool mcast, unsigned type, unsigned code);

#endif
