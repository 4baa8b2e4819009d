/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of IPv4 share.
 */
#ifndef IP_IP_INT_H
#define IP_IP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "ip/ip_parse.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/mbuf.h"
#include "route/nhop.h"

static inline void ON_CPU
ip_drop(struct cpu *c, struct mbuf *m, enum ipstat why)
{
	m_drop(c, m, SG_IP, why);
}

/*
 * The packets of a vector that were found right.  Their headers are visited
 * once: buffers lie so that few of them stay in the first level cache.
 */
struct ip_vec {
	uint32_t iv_dst[MVEC_MAX];
	uint32_t iv_nh[MVEC_MAX];
	bool iv_plain[MVEC_MAX]; /* from and to usual addresses */
	bool iv_mixed; /* of several routing tables */
};

/*
 * What interfaces ask for packets that come in by them (if_policy), between
 * the lookup of routes and what comes of it: some are dropped, and leave the
 * vector.  Only to be called if if_any_policy().
 */
void ip_policy(struct cpu *, struct mvec *, struct ip_vec *) ON_CPU;

/*
 * A part of it: rules may have another next hop for packets to others
 * (route/rule.h).
 */
void ip_rules(struct cpu *, const struct mvec *, struct ip_vec *,
    const uint32_t *policy) ON_CPU;

/*
 * The same, for packets that are about to be forwarded and whose TTL is good
 * for it: their DSCP.
 */
void ip_remark(struct cpu *, struct mvec *) ON_CPU;

/*
 * The next hop for one address, until the end of the round, whichever table
 * knows it.  It may be a group, of which nhop_member() finds a flow's.
 */
const struct nhop *ip_route(
    const struct spate *, unsigned rtable, uint32_t dst, uint32_t *index);

/* Go on from a next hop that may be another table. */
const struct nhop *ip_follow(const struct spate *, const struct nhop *,
    uint32_t dst, uint32_t *index);

/*
 * What a packet's flow is told by where there are several ways: addresses and
 * protocol, and ports if there are any.  A fragment has none, so fragments go
 * by addresses and protocol alone: all of a datagram the same way, which need
 * not be that of the flow's whole packets.  The receive hash (m_hash) is not
 * used: not every device has one, fragments and UDP differ by setting, and a
 * flow must not change its way with them.
 */
uint64_t ip_flow_hash(const struct mbuf *);

/*
 * This host's address toward dst, which is reached by nh, until the end of the
 * round; 0: it has none.
 */
uint32_t ip_source_by(
    const struct spate *, const struct nhop *nh, uint32_t dst);

/*
 * Drop m for this reason and send the ICMP error that goes with it, if one may
 * be sent.  arg: icmp_error().
 */
void ip_reject(struct cpu *, struct mbuf *m, enum ipstat why, unsigned type,
    unsigned code, uint32_t arg) ON_CPU;

/*
 * Send an ICMP error about m, which stays the caller's and is as it arrived.
 * arg is what stands behind the checksum: MTU, or pointer << 24.
 */
void icmp_error(struct cpu *, const struct mbuf *m, unsigned type,
    unsigned code, uint32_t arg) ON_CPU;

/*
 * Packets that are about to be forwarded, m_nh set: where an interface limits
 * the segment size of TCP, see to it (mss.h).
 */
void ip_mss_vec(struct cpu *, struct mvec *) ON_CPU;

/*
 * Packets that are about to be forwarded, m_nh set: tell their senders who of
 * their link is a better next hop.  Only to be called if ip_redirect.
 */
void ip_redirect(struct cpu *, const struct mvec *) ON_CPU;

/* m is for this host: to its protocol.  Consumes m. */
void ip_deliver(struct cpu *, struct mbuf *m, const struct ip_info *) ON_CPU;

/*
 * Cut m, which is routed and complete but for its header checksum, into
 * fragments for this MTU and pass them to ST_RESOLVE.  Consumes m.
 */
void ip_fragment(struct cpu *, struct mbuf *m, unsigned mtu) ON_CPU;

/* m is a fragment for this host: to the CPU that joins it.  Consumes m. */
void ip_reass_give(struct cpu *, struct mbuf *m) ON_CPU;

/* A TCP segment or UDP datagram for a port where nothing listens. */
void ip_refuse_tcp(struct cpu *, struct mbuf *m, const struct ip_info *) ON_CPU;
void ip_refuse_udp(struct cpu *, struct mbuf *m, const struct ip_info *) ON_CPU;

/* Put the checksum into a header whose other fields are final. */
void ip_header_cksum(struct ip_wire *);

#endif
