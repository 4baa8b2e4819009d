/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP on the wire, for IPv4 over Ethernet: RFC 826.  Bytes only, so that it
 * may overlay any offset.
 */
#ifndef ETHER_ARP_WIRE_H
#define ETHER_ARP_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

struct arp_wire {
	uint8_t ar_hrd[2]; /* hardware */
	uint8_t ar_pro[2]; /* protocol: an EtherType */
	uint8_t ar_hln; /* length of a hardware address */
	uint8_t ar_pln; /* length of a protocol address */
	uint8_t ar_op[2];
	uint8_t ar_sha[6]; /* sender */
	uint8_t ar_spa[4];
	uint8_t ar_tha[6]; /* target */
	uint8_t ar_tpa[4];
};
static_assert(sizeof(struct arp_wire) == 28, "RFC 826");
static_assert(alignof(struct arp_wire) == 1, "overlays any offset");

enum {
	ARPHRD_ETHER = 1,
	ARPOP_REQUEST = 1,
	ARPOP_REPLY = 2,
};

#endif
