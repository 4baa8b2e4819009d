/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in a frame, and to which checksums its bytes belong.
 *
 * Values only: no member is shared.  All of it is pure.
 */
#ifndef GEN_LAYOUT_H
#define GEN_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_TAGS 4u /* VLAN tags that are looked through */

/* Offsets in the frame; 0: there is none. */
struct layout {
	uint8_t ly_ntags;
	uint8_t ly_family; /* ADDR_V4, ADDR_V6 or ADDR_NONE */
	uint8_t ly_ipproto; /* of what is at ly_l4 */
	bool ly_broken; /* it should be UDP, TCP or ICMP, but is not whole */
	uint16_t ly_l3; /* also of what is not IP */
	uint16_t ly_l4; /* 0 also in fragments, which are parts of a packet */
	uint16_t ly_l4ck; /* 0 also for protocols with no such checksum */
	uint32_t ly_payload; /* behind UDP, TCP, ICMP; or behind IP's header */
	uint32_t ly_end; /* of IP's payload; or of the frame */
};

enum layout_class { /* of a byte, for who wants to change it */
	LY_FREE, /* in no checksum */
	LY_IP, /* in that of the IPv4 header */
	LY_ADDR4, /* in it, and in the pseudo header of UDP and TCP */
	LY_PSEUDO, /* in the pseudo header only */
	LY_L4, /* in that of UDP, TCP or ICMP */
	LY_FIXED, /* says what the packet is, or is a checksum */
};

/* What is wrong inside of IP makes a frame of another protocol of it. */
void layout_parse(struct layout *, const uint8_t *frame, uint32_t len);

enum layout_class layout_class(const struct layout *, uint32_t at);

/* The sums that the checksums are of, their own fields taken as zero. */
uint64_t layout_ipsum(const struct layout *, const uint8_t *frame);
uint64_t layout_l4sum(
    const struct layout *, const uint8_t *frame, uint32_t end);

#endif
