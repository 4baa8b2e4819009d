/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What neighbour discovery on a CPU and on ctl tell each other.
 *
 *	o	whoever holds the message
 */
#ifndef IP6_ND6_INT_H
#define IP6_ND6_INT_H

#include "ip6/nd6.h"
#include "ip6/nd6_wire.h"

/* About an address of ours. */
struct nd6_own_msg {
	struct msg nom_msg; /* [o] */
	struct in6 nom_addr; /* [o] of nom_ifindex */
	uint16_t nom_ifindex; /* [o] */
	bool nom_hasmac; /* [o] of a conflict: it told its MAC */
	bool nom_hasnonce; /* [o] of a conflict: it was a probe with one */
	uint8_t nom_mac[ETHER_ALEN]; /* [o] */
	uint8_t nom_nonce[ND6_NONCELEN]; /* [o] */
};

/* To a CPU: send a probe, or an unsolicited advertisement. */
void nd6_cpu_probe(struct endpoint *, struct msg *);
void nd6_cpu_announce(struct endpoint *, struct msg *);

/* To ctl: somebody else has the address, or wants it too. */
void nd6_ctl_conflict(struct endpoint *, struct msg *);

#endif
