/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frame says of itself, for people: the heading of a told packet.
 * Pure; what cannot be read is left at 0.
 */
#ifndef CTL_TOLD_FRAME_H
#define CTL_TOLD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct told_frame {
	uint16_t tf_type; /* Ethernet type behind the tags */
	uint16_t tf_vlan[2]; /* VLAN numbers, outer first */
	uint8_t tf_nvlan;
	bool tf_ip; /* what follows was read */
	struct addr tf_src, tf_dst;
	uint8_t tf_proto; /* IPv6: of the first header behind its own */
	uint8_t tf_ttl;
	uint8_t tf_dscp;
	bool tf_fragment; /* not the first: without ports */
	bool tf_ports; /* TCP and UDP: */
	uint16_t tf_sport, tf_dport;
	uint32_t tf_len; /* of the IP packet */
};

/* p[0..n) is a frame from its Ethernet header on, maybe cut. */
void told_frame_parse(const uint8_t *p, size_t n, struct told_frame *);

/* The same without a link header. */
void told_packet_parse(const uint8_t *p, size_t n, struct told_frame *);

#endif
