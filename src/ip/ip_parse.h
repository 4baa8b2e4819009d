/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv4 header as values.  Nothing here points into the packet; whoever
 * holds one owns it.
 */
#ifndef IP_IP_PARSE_H
#define IP_IP_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "ip/ip_stat.h"

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
	uint8_t ii_errptr; /* ips_badopt: offset of the bad byte */
};

/*
 * The header at p, of which n bytes are contiguous, of a packet of total
 * bytes.  Returns ips_none, or why the packet must be dropped; then ii holds
 * what was understood until there.
 */
enum ipstat ip_parse(
    const uint8_t *p, size_t n, size_t total, struct ip_info *ii);

/*
 * The header of the packet that an ICMP error quotes: cut off, and its
 * checksum and length need not be right any more.
 */
enum ipstat ip_parse_quoted(const uint8_t *p, size_t n, struct ip_info *ii);

#endif
