/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP and DHCPv6 on the wire, as far as a relay looks.  Bytes only, so that
 * they may overlay any offset.
 */
#ifndef DHCP_DHCP_WIRE_H
#define DHCP_DHCP_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

enum { /* UDP ports */
	DHCP_SERVER = 67, /* and relays */
	DHCP_CLIENT = 68,
	DHCP6_CLIENT = 546,
	DHCP6_SERVER = 547, /* and relays */
};

enum { BOOTREQUEST = 1, BOOTREPLY = 2 }; /* bp_op */

#define BOOTP_BROADCAST 0x8000u /* bp_flags */
#define BOOTP_MIN	300u /* RFC 951, 3; RFC 1542, 2.1 */
#define DHCP_COOKIE	0x63825363u /* RFC 2131, 3 */

/* RFC 2131, 2.  The options follow, behind the cookie. */
struct bootp_wire {
	uint8_t bp_op;
	uint8_t bp_htype; /* as in ARP */
	uint8_t bp_hlen;
	uint8_t bp_hops;
	uint8_t bp_xid[4];
	uint8_t bp_secs[2];
	uint8_t bp_flags[2];
	uint8_t bp_ciaddr[4];
	uint8_t bp_yiaddr[4];
	uint8_t bp_siaddr[4];
	uint8_t bp_giaddr[4];
	uint8_t bp_chaddr[16];
	uint8_t bp_sname[64];
	uint8_t bp_file[128];
};
static_assert(sizeof(struct bootp_wire) == 236, "RFC 2131");
static_assert(alignof(struct bootp_wire) == 1, "overlays any offset");

enum { /* options: RFC 2132 */
	DHCPOPT_PAD = 0,
	DHCPOPT_AGENT = 82, /* RFC 3046, and its sub-options: */
	DHCPOPT_END = 255,
	DHCPAGENT_CIRCUIT = 1,
	DHCPAGENT_REMOTE = 2,
};

enum { /* messages: RFC 8415, 7.3 */
	DHCP6_ADVERTISE = 2,
	DHCP6_REPLY = 7,
	DHCP6_RECONFIGURE = 10,
	DHCP6_RELAY_FORW = 12,
	DHCP6_RELAY_REPL = 13,
};

enum { /* options: RFC 8415, 21 */
	DHCP6OPT_RELAY_MSG = 9,
	DHCP6OPT_INTERFACE_ID = 18,
};

/* RFC 8415, 9.  Options follow. */
struct dhcp6_relay_wire {
	uint8_t d6_type;
	uint8_t d6_hops;
	uint8_t d6_link[16];
	uint8_t d6_peer[16];
};
static_assert(sizeof(struct dhcp6_relay_wire) == 34, "RFC 8415");
static_assert(alignof(struct dhcp6_relay_wire) == 1, "overlays any offset");

#endif
