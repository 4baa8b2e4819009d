/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP for IPv4 over Ethernet (RFC 826, 5227).
 */
#ifndef ETHER_ARP_H
#define ETHER_ARP_H

#include "base/tsa.h"
#include "ether/arp_stat.h"
#include "mbuf/mbuf.h"
#include "route/neigh.h"

/* Stage: packets with m_data at the ARP header. */
void arp_input(struct cpu *, struct mvec *) ON_CPU;

/* How ctl has CPUs send requests; for neigh_ctl_init(). */
extern const struct neigh_proto arp_proto;

/* Announcements and conflicts of own addresses.  ENOMEM. */
int arp_ctl_init(struct ctl *) ON_CTL;
void arp_ctl_fini(struct ctl *) ON_CTL;

/*
 * ctl: announce an address that ifp has now (gratuitous ARP, RFC 5227 2.3).
 */
void arp_announce(struct ctl *, struct ifnet *, uint32_t addr) ON_CTL;

#endif
