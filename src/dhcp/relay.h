/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relay of DHCP (RFC 1542, 2131, 3046) and DHCPv6 (RFC 8415, 19): what
 * hosts on a link say to all servers goes to some that are elsewhere, and what
 * those answer goes to the link.
 *
 * A relay remembers nothing.  What came from a client is told from the
 * interface it came by; what came from a server names the interface, by its
 * address (giaddr) or by the identifier that went with the request.  So each
 * message is done with on the CPU that it came to, and ctl only says which
 * interfaces relay, and how.
 *
 *	I	immutable once published
 */
#ifndef DHCP_RELAY_H
#define DHCP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "dhcp/relay_stat.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

#define RELAY_SERVERS 16u /* of each family */
#define RELAY_IDLEN   64u

/* A client's message that holds an option 82 already (RFC 3046, 2.1). */
enum relay_policy {
	RELAY_DROP, /* nobody but a relay puts it there */
	RELAY_KEEP, /* it is from a device that may: left alone */
	RELAY_REPLACE, /* taken out, and ours put in */
};

/* How an interface relays; members that are not given are 0. */
struct relay {
	uint32_t rl_server4[RELAY_SERVERS]; /* [I] rl_n4 of them */
	struct in6 rl_server6[RELAY_SERVERS]; /* [I] rl_n6 of them */
	uint32_t rl_addr4; /* [I] giaddr; 0: the interface's first */
	struct in6 rl_addr6; /* [I] link-address; 0: the first */
	uint8_t rl_n4; /* [I] 0: IPv4 is not relayed */
	uint8_t rl_n6; /* [I] the same for IPv6 */
	uint8_t rl_hops4; /* [I] relays a message may have come through */
	uint8_t rl_hops6; /* [I] */
	bool rl_agent; /* [I] option 82 is put in */
	uint8_t rl_policy; /* [I] enum relay_policy */
	uint8_t rl_circuitlen; /* [I] of rl_circuit; 0: the name */
	uint8_t rl_remotelen; /* [I] of rl_remote; 0: none */
	uint8_t rl_circuit[RELAY_IDLEN]; /* [I] circuit, and interface id */
	uint8_t rl_remote[RELAY_IDLEN]; /* [I] */
};

/*
 * Relay so from now on; NULL: no longer.  What rl says is copied.  ENOMEM.
 */
int relay_set(struct ctl *, struct ifnet *, const struct relay *rl) ON_CTL;

/* Whether it relays just so; NULL: not at all. */
bool relay_is(const struct ifnet *, const struct relay *rl);

/*
 * The address by which servers know the link of ifp; false: it has none that
 * can be used.
 */
bool relay_address(const struct ifnet *, const struct relay *, unsigned family,
    struct addr *);

/* What identifies the link to servers beside that. */
const uint8_t *relay_circuit(
    const struct ifnet *, const struct relay *, size_t *n);

/*
 * Stages: UDP to the ports of DHCP for this host, m_data at the IP header; of
 * IPv6, m_l4off at the UDP header.
 */
void relay_input(struct cpu *, struct mvec *) ON_CPU;
void relay6_input(struct cpu *, struct mvec *) ON_CPU;

#endif
