/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet header on the wire.  Bytes only, so that it may overlay any
 * offset.
 */
#ifndef ETHER_ETHER_WIRE_H
#define ETHER_ETHER_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

#define ETHER_HLEN 14u

enum {
	ETHERTYPE_MIN = 0x0600, /* less is a length (802.3) */
	ETHERTYPE_IP = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
};

struct ether_wire {
	uint8_t eh_dst[MAC_LEN];
	uint8_t eh_src[MAC_LEN];
	uint8_t eh_type[2];
};
static_assert(sizeof(struct ether_wire) == ETHER_HLEN, "IEEE 802.3");
static_assert(alignof(struct ether_wire) == 1, "overlays any offset");

static inline bool
mac_is_group(const uint8_t mac[static MAC_LEN])
{
	return (mac[0] & 1) != 0;
}

static inline bool
mac_is_broadcast(const uint8_t mac[static MAC_LEN])
{
	return ld32be(mac) == UINT32_MAX && ld16be(mac + 4) == UINT16_MAX;
}

static inline bool
mac_eq(const uint8_t a[static MAC_LEN], const uint8_t b[static MAC_LEN])
{
	return ld32be(a) == ld32be(b) && ld16be(a + 4) == ld16be(b + 4);
}

static inline void
mac_set_broadcast(uint8_t mac[static MAC_LEN])
{
	memset(mac, 0xff, MAC_LEN);
}

/* RFC 1112, 6.4: the low 23 bits of the group. */
static inline void
mac_set_group4(uint8_t mac[static MAC_LEN], uint32_t group)
{
	st16be(mac, 0x0100);
	st32be(mac + 2, 0x5e000000 | (group & 0x7fffff));
}

/* RFC 2464, 7: the low 32 bits of the group. */
static inline void
mac_set_group6(uint8_t mac[static MAC_LEN], struct in6 group)
{
	st16be(mac, 0x3333);
	st32be(mac + 2, (uint32_t)group.i6_lo);
}

#endif
