/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UDP header as values: RFC 768; RFC 8200, 8.1.  Pure.
 */
#ifndef UDP_UDP_PARSE_H
#define UDP_UDP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip/ip_wire.h"
#include "netisr/in_key.h"
#include "udp/udp_stat.h"

#define UDP_HLEN ((unsigned)sizeof(struct udp_wire))

struct udp_info { /* host order */
	uint16_t ui_sport;
	uint16_t ui_dport;
	uint16_t ui_len; /* with the header, at most what arrived */
	uint16_t ui_sum; /* 0: the sender made none */
};

/*
 * The header at p, of which n bytes are contiguous, of a datagram that total
 * bytes arrived of: udps_none, or why it must be dropped.  six: in IPv6, where
 * a checksum is demanded.  The checksum itself is not looked at.
 */
enum udpstat udp_parse(const uint8_t *p, size_t n, size_t total, bool six,
    struct udp_info *ui);

/*
 * The datagram that an ICMP error quotes, sent from here: its key as an end
 * point here has it (ik_laddr is its source), from n bytes that begin with its
 * IP header, of either family.  False: it is none, or no first fragment, or
 * too little is quoted.
 */
bool udp_parse_quoted(const uint8_t *p, size_t n, struct in_key *ik);

#endif
