/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 (RFC 791, 1122, 1812) and ICMP (RFC 792).
 */
#ifndef IP_IP_H
#define IP_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "ip/icmp_stat.h"
#include "ip/ip_stat.h"
#include "mbuf/mbuf.h"

/*
 * Stages; m_data is at the IPv4 header in all of them.
 *
 * What is routed has its next hop in m_nh.  Who originates a packet gives it to
 * ST_IPOUT with MF_LOCAL, m_rcvif 0, all of its header but the checksum, and a
 * source or 0 to have one chosen; pks_originated is the caller's to count.
 */
void ip_input(struct cpu *, struct mvec *) ON_CPU;
void ip_reass(struct cpu *, struct mvec *) ON_CPU;
void ip_local(struct cpu *, struct mvec *) ON_CPU;
void ip_forward(struct cpu *, struct mvec *) ON_CPU;
void icmp_input(struct cpu *, struct mvec *) ON_CPU;
void ip_unreach(struct cpu *, struct mvec *) ON_CPU;
void ip_output(struct cpu *, struct mvec *) ON_CPU;

/*
 * The address to send from toward dst, until the end of the round; false if
 * dst cannot be reached or there is none.
 */
bool ip_source(
    const struct spate *, unsigned rtable, uint32_t dst, uint32_t *src);

/*
 * A datagram for this host, whose header is copied to *uh: ips_none, or why it
 * must be dropped.
 */
struct ip_info;
struct udp_wire;
enum ipstat ip_udp_check(
    const struct mbuf *, const struct ip_info *, struct udp_wire *uh);

/*
 * A datagram for this host that nobody wants: port unreachable (RFC 1122,
 * 4.1.3.1), within the budget of what this host does for strangers.
 */
void ip_udp_refuse(
    struct cpu *, struct mbuf *m, const struct ip_info *) ON_CPU;

/* Whether an address is the broadcast one of all or of a link. */
bool ip_is_broadcast(const struct spate *, unsigned rtable, uint32_t);

/*
 * Whether a packet is for an end point of UDP, should there be one for it: the
 * host has any.
 */
static inline bool
ip_udp_any(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_udps, memory_order_relaxed) != 0;
}

/* What an IPv4/ICMP CPU remembers (the error budget).  ENOMEM. */
int icmp_cpu_init(struct cpu *);
void icmp_cpu_fini(struct cpu *);

/* Its unfinished datagrams; reass_cpu_fini() undoes it.  ENOMEM. */
int ip_reass_cpu_init(struct cpu *);

#endif
