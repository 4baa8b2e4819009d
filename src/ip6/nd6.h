/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 neighbour discovery on the wire (RFC 4861), and duplicate address
 * detection (RFC 4862).
 */
#ifndef IP6_ND6_H
#define IP6_ND6_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "ip6/ip6_parse.h"
#include "ip6/nd6_stat.h"
#include "mbuf/mbuf.h"
#include "route/neigh.h"

/*
 * An ICMPv6 message of types 133 to 137 for this host; consumes m.  m_data is
 * at the IPv6 header, the ICMPv6 header l4off behind it; its checksum is right.
 * Called by icmp6_input().
 */
void nd6_input(struct cpu *, struct mbuf *m, const struct ip6_info *,
    unsigned l4off) ON_CPU;

/* Duplicate address detection and announcements under way.  ENOMEM. */
int nd6_ctl_init(struct ctl *) ON_CTL;
void nd6_ctl_fini(struct ctl *) ON_CTL;

/* How ctl has CPUs send solicitations; for neigh_ctl_init(). */
extern const struct neigh_proto nd6_proto;

/*
 * ctl: probe for an address of ifp that is IFA_TENTATIVE (RFC 4862 5.4), once
 * the link is up.  When it is found unique it loses the flag and is announced;
 * a duplicate gets IFA_DUPLICATE and an error in the log.  Either way done()
 * is told, from a later round; it may be NULL.  Should the address or the
 * interface go, the probing ends without a word.  ENOMEM.
 */
int nd6_dad_start(struct ctl *, struct ifnet *, const struct in6 *,
    void (*done)(struct ctl *, unsigned ifindex, const struct in6 *,
	bool unique)) ON_CTL;

/* ctl: announce an address that ifp has now (unsolicited NA). */
void nd6_announce(struct ctl *, struct ifnet *, const struct in6 *) ON_CTL;

#endif
