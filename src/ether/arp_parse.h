/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ARP packet as values.  Nothing here points into the packet; whoever holds
 * one owns it.
 */
#ifndef ETHER_ARP_PARSE_H
#define ETHER_ARP_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ether/arp_stat.h"

struct arp_info { /* host order */
	uint16_t ai_op; /* ARPOP_* */
	uint8_t ai_sha[MAC_LEN]; /* a station's, never zero */
	uint8_t ai_tha[MAC_LEN];
	uint32_t ai_spa; /* a host's, or 0: a probe (RFC 5227, 2.1.1) */
	uint32_t ai_tpa;
};

/* The packet of n bytes at p.  Returns ars_none, or why it must be dropped. */
enum arpstat arp_parse(const uint8_t *p, size_t n, struct arp_info *);

/* The same back to bytes; p has room for a struct arp_wire. */
void arp_build(uint8_t *p, const struct arp_info *);

#endif
