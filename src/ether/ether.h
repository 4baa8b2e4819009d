/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet: the link header off and on.
 */
#ifndef ETHER_ETHER_H
#define ETHER_ETHER_H

#include "base/tsa.h"
#include "ether/ether_stat.h"
#include "ether/ether_wire.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

/* Stage: frames with m_data at the Ethernet header. */
void ether_input(struct cpu *, struct mvec *) ON_CPU;

/*
 * Stage: packets with m_data at the IP header, m_nh set and, for NH_CONNECTED,
 * the destination to be resolved in their IP header; m_nh 0 means connected to
 * m_oif (a link-local IPv6 destination).  Each leaves with its Ethernet header
 * and m_oif for ST_ETHEROUT, or is held (neigh_hold()), or dropped.
 */
void neigh_resolve(struct cpu *, struct mvec *) ON_CPU;

/* Stage: complete frames with m_oif set, on their way to ST_TX. */
void ether_output(struct cpu *, struct mvec *) ON_CPU;

/*
 * m_data is at a payload of this type; put an Ethernet header in front and
 * send it to dst on ifp.  Consumes m.
 */
void ether_send(struct cpu *, struct ifnet *, struct mbuf *m,
    const uint8_t dst[static ETHER_ALEN], unsigned type) ON_CPU;

#endif
