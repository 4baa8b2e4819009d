/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 (RFC 8200), ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861).
 */
#ifndef IP6_IP6_H
#define IP6_IP6_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "ip6/icmp6_stat.h"
#include "ip6/ip6_stat.h"
#include "ip6/nd6_stat.h"
#include "mbuf/mbuf.h"

/*
 * Stages; m_data is at the IPv6 header in all of them.
 *
 * What is routed has its next hop in m_nh.  Who originates a packet gives it to
 * ST_IP6OUT with MF_LOCAL, m_rcvif 0 and a complete header, with a source from
 * ip6_source(); pks_originated is the caller's to count.  A hop limit of 0 in
 * the header stands for the usual one.
 *
 * A link-local destination has no route: its link is m_oif, given by who
 * originates the packet.  It reaches ST_RESOLVE with m_nh 0, which there means
 * "a neighbour on m_oif".
 */
void ip6_input(struct cpu *, struct mvec *) ON_CPU;
void ip6_reass(struct cpu *, struct mvec *) ON_CPU;
void ip6_local(struct cpu *, struct mvec *) ON_CPU;
void ip6_forward(struct cpu *, struct mvec *) ON_CPU;
void icmp6_input(struct cpu *, struct mvec *) ON_CPU;
void ip6_unreach(struct cpu *, struct mvec *) ON_CPU;
void ip6_output(struct cpu *, struct mvec *) ON_CPU;

/*
 * The address to send from toward dst, until the end of the round; false if
 * dst cannot be reached or there is none.  link: interface index of a
 * link-local or multicast destination.
 */
bool ip6_source(const struct spate *, unsigned rtable, unsigned link,
    struct in6 dst, struct in6 *src);

/* The largest packet toward dst that needs no fragmentation here. */
unsigned ip6_mtu(
    const struct spate *, unsigned rtable, unsigned link, struct in6 dst);

/*
 * A datagram for this host, whose header is copied to *uh: i6s_none, or why it
 * must be dropped.
 */
struct ip6_info;
struct udp_wire;
enum ip6stat ip6_udp_check(
    const struct mbuf *, const struct ip6_info *, struct udp_wire *uh);

/* As ip_udp_refuse() of ip/ip.h: RFC 4443, 3.1. */
void ip6_udp_refuse(
    struct cpu *, struct mbuf *m, const struct ip6_info *) ON_CPU;

/* A CPU's unfinished packets; reass_cpu_fini() undoes it.  ENOMEM. */
int ip6_reass_cpu_init(struct cpu *);

#endif
