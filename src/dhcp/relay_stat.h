/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of the relay of DHCP and DHCPv6.
 */
#ifndef DHCP_RELAY_STAT_H
#define DHCP_RELAY_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define RELAY_STATS(C, D)						\
	C(rls_requests,	"DHCP messages of clients relayed")		\
	C(rls_replies,	"DHCP messages of servers relayed")		\
	C(rls_requests6, "DHCPv6 messages of clients relayed")		\
	C(rls_replies6,	"DHCPv6 messages of servers relayed")		\
	C(rls_sent,	"DHCP messages sent to servers")		\
	C(rls_sent6,	"DHCPv6 messages sent to servers")		\
	C(rls_noserver,	"DHCP messages not sent to a server: no way to it") \
	C(rls_nobufs,	"DHCP messages not sent: no packet buffers left") \
	C(rls_noroom,	"DHCP messages without our option 82: no room")	\
	D(rls_badudp,	"malformed UDP datagram, or bad checksum")	\
	D(rls_toosmall,	"DHCP message cut short")			\
	D(rls_toolong,	"DHCP message longer than a relay takes")	\
	D(rls_badop,	"DHCP message that is neither request nor reply") \
	D(rls_badhlen,	"DHCP message with an impossible hardware address") \
	D(rls_badopt,	"malformed DHCP option")			\
	D(rls_rate,	"DHCP messages beyond net.inet.dhcprelay.rate")	\
	D(rls_noconf,	"DHCP request by an interface without relay")	\
	D(rls_hops,	"DHCP message that came through too many relays") \
	D(rls_agent,	"DHCP request of a client with an option 82")	\
	D(rls_ourgiaddr, "DHCP request that says we relayed it")	\
	D(rls_noaddr,	"DHCP relay's interface has no address")	\
	D(rls_notours,	"DHCP reply for another relay")			\
	D(rls_toobig,	"DHCP reply larger than the link's MTU")	\
	D(rls_badpeer,	"DHCPv6 message from or to an impossible address") \
	D(rls_badtype,	"DHCPv6 message that relays do not get")
/* clang-format on */

enum relaystat { RELAY_STATS(STAT_ENUM, STAT_ENUM) RLS_N };

#define rls_none rls_requests /* no reason to drop it */

#endif
