/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ARP on a CPU and ARP on ctl tell each other.
 *
 *	o	whoever holds the message
 */
#ifndef ETHER_ARP_INT_H
#define ETHER_ARP_INT_H

#include "ether/arp.h"

/* To a CPU: announce aom_addr.  To ctl: aom_mac uses it as well. */
struct arp_own_msg {
	struct msg aom_msg; /* [o] */
	uint32_t aom_addr; /* [o] of aom_ifindex */
	uint16_t aom_ifindex; /* [o] */
	uint8_t aom_mac[ETHER_ALEN]; /* [o] */
};

void arp_cpu_announce(struct endpoint *, struct msg *);
void arp_ctl_conflict(struct endpoint *, struct msg *);

#endif
