/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of IPv6 share.
 */
#ifndef IP6_IP6_INT_H
#define IP6_IP6_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "if/if.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "mbuf/mbuf.h"
#include "route/nhop.h"

/*
 * How far we look for the end of a chain of extension headers, wherever the
 * packet's buffers end: they fit the first fragment (RFC 7112, 5).
 */
#define IP6_LOOK IP6_MTU_MIN

/* Destinations that mean nothing without a link. */
static inline bool
ip6_needs_link(struct in6 dst)
{
	return in6_is_linklocal(dst) || in6_is_multicast(dst);
}

static inline void ON_CPU
ip6_drop(struct cpu *c, struct mbuf *m, enum ip6stat why)
{
	m_drop(c, m, SG_IP6, why);
}

/*
 * The packets of a vector that were found right.  Their headers are visited
 * once: buffers lie so that few of them stay in the first level cache.
 */
struct ip6_vec {
	struct in6 iv_dst[MVEC_MAX];
	uint32_t iv_nh[MVEC_MAX];
	bool iv_plain[MVEC_MAX]; /* from and to usual addresses */
	bool iv_mixed; /* of several routing tables */
};

/* As ip_policy(), ip_rules() and ip_remark() of ip/ip_int.h. */
void ip6_rules(struct cpu *, const struct mvec *, struct ip6_vec *,
    const uint32_t *policy) ON_CPU;
void ip6_policy(struct cpu *, struct mvec *, struct ip6_vec *) ON_CPU;
void ip6_remark(struct cpu *, struct mvec *) ON_CPU;

/* As ip_route(), ip_follow() and ip_flow_hash() of ip/ip_int.h. */
const struct nhop *ip6_route(
    const struct spate *, unsigned rtable, struct in6 dst, uint32_t *index);
const struct nhop *ip6_follow(const struct spate *, const struct nhop *,
    struct in6 dst, uint32_t *index);
uint64_t ip6_flow_hash(const struct mbuf *);

/*
 * Whether a is an address of this host; for a link-local one, on the link of
 * this index.  Not while it may be a duplicate.
 */
bool ip6_is_own(
    const struct spate *, unsigned rtable, struct in6 a, unsigned link);

/*
 * Drop m for this reason and send the ICMPv6 error that goes with it, if one
 * may be sent.  arg: icmp6_error().
 */
void ip6_reject(struct cpu *, struct mbuf *m, enum ip6stat why, unsigned type,
    unsigned code, uint32_t arg) ON_CPU;

/*
 * Send an ICMPv6 error about m, which stays the caller's and is as it arrived.
 * arg is what stands behind the checksum: MTU, or pointer.
 */
void icmp6_error(struct cpu *, const struct mbuf *m, unsigned type,
    unsigned code, uint32_t arg) ON_CPU;

/* Put the checksum into the ICMPv6 message at l4off; the rest is final. */
void icmp6_cksum(struct mbuf *m, unsigned l4off);

/*
 * Packets that are about to be forwarded, m_nh set: where an interface limits
 * the segment size of TCP, see to it (ip/mss.h).
 */
void ip6_mss_vec(struct cpu *, struct mvec *) ON_CPU;

/* As ip_redirect() of ip/ip_int.h. */
void ip6_redirect(struct cpu *, const struct mvec *) ON_CPU;

/* m is for this host: to its protocol.  Consumes m. */
void ip6_deliver(struct cpu *, struct mbuf *m, struct ip6_info *) ON_CPU;

/*
 * Cut m, which originates here, is routed, complete and without extension
 * headers, into fragments for this MTU and pass them to ST_RESOLVE.  Consumes
 * m.
 */
void ip6_fragment(struct cpu *, struct mbuf *m, unsigned mtu) ON_CPU;

/* m is a fragment for this host: to the CPU that joins it.  Consumes m. */
void ip6_reass_give(
    struct cpu *, struct mbuf *m, const struct ip6_info *) ON_CPU;

/* A TCP segment or UDP datagram for a port where nothing listens. */
void ip6_refuse_tcp(
    struct cpu *, struct mbuf *m, const struct ip6_info *) ON_CPU;
void ip6_refuse_udp(
    struct cpu *, struct mbuf *m, const struct ip6_info *) ON_CPU;

#endif
