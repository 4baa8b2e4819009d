/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ICMP header as values.  Nothing here points into the packet; whoever
 * holds one owns it.
 */
#ifndef IP_ICMP_PARSE_H
#define IP_ICMP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip/icmp_stat.h"
#include "ip/ip_parse.h"

struct icmp_info { /* host order */
	uint8_t ic_type;
	uint8_t ic_code;
	uint16_t ic_id; /* echo */
	uint16_t ic_seq;
	uint16_t ic_mtu; /* fragmentation needed: next hop's, 0 if not told */
};

/* What an error tells of an echo request that this host had sent. */
struct icmp_quoted_echo {
	uint32_t iq_dst;
	uint16_t iq_id;
	uint16_t iq_seq;
};

/* n contiguous bytes of the message.  Returns ics_none, or why not. */
enum icmpstat icmp_parse(const uint8_t *p, size_t n, struct icmp_info *);

bool icmp_is_error(unsigned type);

/*
 * Whether the n bytes that an error quotes are of an echo request, and which.
 */
bool icmp_parse_quoted_echo(
    const uint8_t *p, size_t n, struct icmp_quoted_echo *);

/*
 * Whether an ICMP error may be sent about a packet, as far as the packet alone
 * tells (RFC 1122, 3.2.2; RFC 1812, 4.3.2.7).  l4 holds the first n bytes
 * behind its header.
 */
bool icmp_may_answer(const struct ip_info *, const uint8_t *l4, size_t n);

#endif
