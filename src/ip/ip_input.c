/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 input: what came in is parsed, routed and sent on its way, a vector at
 * a time.
 *
 * From ether_input(), and from ip_output() for packets of this host to itself
 * (m_rcvif 0).  To ST_FORWARD, or by ip_deliver() to this host.
 *
 * The way of a plain unicast packet to somebody else is ip_check_vec(),
 * ip_route_vec() and the first branch of ip_dispatch_vec(); everything else
 * that can be the matter with a packet is ip_input_other()'s.
 *
 * RFC 1122, 3.2.1 and 3.3; RFC 1812, 4.2.2.11, 5.2 and 5.3.  What options ask
 * for is done where it is known which way the packet leaves (MF_OPTIONS).
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "ip/ip_options.h"
#include "path.h"
#include "route/fib4.h"

/* A header in the first buffer, whatever the driver's buffers are. */
static inline void ON_CPU
ip_pullup(struct cpu *c, struct mbuf *m)
{
	if (unlikely(m->m_next != NULL && m->m_len < IP_HLEN_MAX))
		(void)m_pullup(c, m, umin(IP_HLEN_MAX, m->m_pktlen));
}

/* Padding of the link is no part of the packet. */
static inline void ON_CPU
ip_trim(struct cpu *c, struct mbuf *m, unsigned len)
{
	if (likely(m->m_next == NULL))
		m->m_len = m->m_pktlen = len;
	else if (m->m_pktlen > len)
		m_trim(c, m, m->m_pktlen - len);
}

/* Options that cannot be read are answered: a sender can mend them. */
static bool ON_CPU
ip_read_options(struct cpu *c, struct mbuf *m)
{
	const uint8_t *p = mtod(m, const uint8_t *);
	struct ip_options io;
	unsigned errptr;
	enum ipstat why;

	why = ip_options_parse(p, (p[0] & 15u) * 4, &io, &errptr);
	if (why == ips_badopt) {
		ip_reject(c, m, why, ICMP_PARAM, 0, errptr << 24);
		return false;
	}
	if (why != ips_none) {
		ip_drop(c, m, why);
		return false;
	}
	if (io.io_rr != 0 || io.io_ts != 0)
		m->m_flags |= MF_OPTIONS;
	return true;
}

/* What ip_check() has to say of m: whether it goes on all the same. */
static bool ON_CPU
ip_accept(struct cpu *c, struct mbuf *m, enum ipstat why)
{
	if (why != ips_options) {
		ip_drop(c, m, why);
		return false;
	}
	stat_add(c, SG_IP, ips_options, 1);
	switch (tun(c->c_sp, ip_process_options)) {
	case IPOPTS_IGNORE:
		return true;
	case IPOPTS_PROCESS:
		return ip_read_options(c, m);
	default:
		ip_reject(c, m, ips_optrefused, ICMP_UNREACH,
		    ICMP_UNREACH_ADMIN, 0);
		return false;
	}
}

static void ON_CPU
ip_check_vec(struct cpu *c, struct mvec *mv, struct ip_vec *iv)
{
	unsigned i, keep = 0, mixed = 0;
	enum ipstat why;

	stat_add(c, SG_IP, ips_total, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		const struct ip_wire *ip;

		if (i + MVEC_AHEAD < mv->mv_n)
			m_prefetch(mv->mv_m[i + MVEC_AHEAD]);
		ip_pullup(c, m);
		why = ip_check(
		    mtod(m, const uint8_t *), m->m_len, m->m_pktlen);
		if (unlikely(why != ips_none) && !ip_accept(c, m, why))
			continue;
		ip = mtod(m, const struct ip_wire *);
		ip_trim(c, m, ld16be(ip->ip_len));
		iv->iv_dst[keep] = ld32be(ip->ip_dst);
		iv->iv_plain[keep] = ip_is_plain(ld32be(ip->ip_src)) &&
		    ip_is_plain(iv->iv_dst[keep]);
		mv->mv_m[keep++] = m;
		mixed |= (unsigned)m->m_rtable ^ mv->mv_m[0]->m_rtable;
	}
	mv->mv_n = keep;
	iv->iv_mixed = mixed != 0;
}

static void
ip_lookup_run(const struct spate *sp, unsigned rtable, const uint32_t *dst,
    uint32_t *nh, unsigned n)
{
	const struct fib4 *f = atomic_load_explicit(
	    &sp->sp_rt[rtable].rt_fib4, memory_order_acquire);

	fib4_lookup_vec(f, dst, nh, n);
}

/* Packets of one routing table next to each other are looked up together. */
static void
ip_route_vec(const struct cpu *c, const struct mvec *mv, struct ip_vec *iv)
{
	unsigned i, first;

	for (first = 0; first < mv->mv_n; first = i) {
		unsigned rtable = mv->mv_m[first]->m_rtable;

		for (i = iv->iv_mixed ? first + 1 : mv->mv_n; i < mv->mv_n; i++)
			if (mv->mv_m[i]->m_rtable != rtable)
				break;
		ip_lookup_run(c->c_sp, rtable, iv->iv_dst + first,
		    iv->iv_nh + first, i - first);
	}
}

const struct nhop *
ip_route(
    const struct spate *sp, unsigned rtable, uint32_t dst, uint32_t *index)
{
	uint32_t i;

	ip_lookup_run(sp, rtable, &dst, &i, 1);
	return ip_follow(sp, nhop_lookup(sp, i), dst, index);
}

/*
 * A table that comes twice on the way says the same both times: there are no
 * more steps than tables unless they go round in a circle.
 */
const struct nhop *
ip_follow(const struct spate *sp, const struct nhop *nh, uint32_t dst,
    uint32_t *index)
{
	unsigned step;
	uint32_t i;

	for (step = 0; nh->nh_type == NH_TABLE; step++) {
		if (step == RT_MAX) {
			nh = &nhop_loop;
			break;
		}
		ip_lookup_run(sp, nh->nh_table, &dst, &i, 1);
		nh = nhop_lookup(sp, i);
	}
	if (index != NULL)
		*index = nh->nh_index;
	return nh;
}

/*
 * From a host that asks everybody for its address (RFC 1122, 3.2.1.3; RFC
 * 2131, 4.1), and we are who passes it on.
 */
static bool
ip_is_first_word(
    const struct cpu *c, const struct mbuf *m, const struct ip_info *ii)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, m->m_rcvif);

	return ii->ii_src == 0 && in_is_broadcast(ii->ii_dst) &&
	    ii->ii_proto == IPP_UDP && ifp != NULL && if_relay(ifp) != NULL;
}

/*
 * RFC 1122, 3.2.1.3: addresses that no packet from the wire may carry.  Own
 * addresses as source are looked for on delivery and before an answer, where
 * they can do harm; a router need not (RFC 1812, 5.3.7).
 */
static enum ipstat
ip_check_addrs(
    const struct cpu *c, const struct mbuf *m, const struct ip_info *ii)
{
	uint32_t src = ii->ii_src, dst = ii->ii_dst;

	if (m->m_rcvif == 0)
		return ips_none;
	if (src >> 24 == 0 && !ip_is_first_word(c, m, ii))
		return ips_badsrc;
	if (in_is_loopback(src) || src >> 28 >= 0xe)
		return ips_badsrc;
	if (dst >> 24 == 0 || in_is_loopback(dst) ||
	    (dst >> 28 == 0xf && !in_is_broadcast(dst)))
		return ips_baddst;
	return ips_none;
}

/* Not for this host; why it is not forwarded either. */
static void ON_CPU
ip_not_forwarded(struct cpu *c, struct mbuf *m, const struct ip_info *ii,
    const struct nhop *nh)
{
	if (in_is_linklocal(ii->ii_src) || in_is_linklocal(ii->ii_dst)) {
		ip_drop(c, m, ips_linklocal); /* RFC 3927, 2.7 */
		return;
	}
	if (!tun(c->c_sp, ip_forwarding)) {
		ip_drop(c, m, ips_noforward);
		return;
	}
	switch (nh->nh_type) {
	case NH_BLACKHOLE:
		ip_drop(c, m, ips_blackhole);
		break;
	case NH_UNREACHABLE:
		ip_reject(
		    c, m, ips_reject, ICMP_UNREACH, ICMP_UNREACH_HOST, 0);
		break;
	case NH_PROHIBIT:
		ip_reject(
		    c, m, ips_prohibit, ICMP_UNREACH, ICMP_UNREACH_ADMIN, 0);
		break;
	case NH_LOOP:
		ip_reject(
		    c, m, ips_tableloop, ICMP_UNREACH, ICMP_UNREACH_NET, 0);
		break;
	default:
		ip_reject(
		    c, m, ips_noroute, ICMP_UNREACH, ICMP_UNREACH_NET, 0);
		break;
	}
}

#define IN_ALLHOSTS 0xe0000001u /* 224.0.0.1: every host is in it */

/* Packets that are not plain transit. */
static void ON_CPU
ip_input_other(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	struct ip_info ii;
	enum ipstat why;

	ip_take(mtod(m, const uint8_t *), &ii);
	if ((why = ip_check_addrs(c, m, &ii)) != ips_none) {
		ip_drop(c, m, why);
	} else if (in_is_multicast(ii.ii_dst)) {
		if (ii.ii_dst == IN_ALLHOSTS)
			ip_deliver(c, m, &ii);
		else
			ip_drop(c, m, ips_mcast);
	} else if (in_is_broadcast(ii.ii_dst) ||
	    nh->nh_type == NH_BROADCAST) {
		ip_deliver(c, m, &ii);
	} else if ((m->m_flags & (MF_BCAST | MF_MCAST)) != 0) {
		ip_drop(c, m, ips_linkbcast); /* RFC 1122, 3.3.6 */
	} else if (nh->nh_type == NH_LOCAL ||
	    (m->m_rcvif == 0 && in_is_loopback(ii.ii_dst))) {
		ip_deliver(c, m, &ii);
	} else {
		ip_not_forwarded(c, m, &ii, nh);
	}
}

static inline bool
ip_is_transit(const struct mbuf *m, const struct nhop *nh)
{
	return (nh->nh_type == NH_CONNECTED || nh->nh_type == NH_GATEWAY) &&
	    (m->m_flags & (MF_BCAST | MF_MCAST)) == 0;
}

/*
 * What is not known to be transit at the first look: a route into another
 * table, and one of several ways, are looked into first.
 */
static void ON_CPU
ip_dispatch_other(
    struct cpu *c, struct mbuf *m, const struct nhop *hop, bool plain)
{
	if (nhop_is_indirect(hop)) {
		hop = ip_follow(c->c_sp, hop,
		    ld32be(mtod(m, const struct ip_wire *)->ip_dst), NULL);
		if (hop->nh_type == NH_GROUP)
			hop = nhop_member(c->c_sp, hop, ip_flow_hash(m));
		if (plain && ip_is_transit(m, hop)) {
			m->m_nh = hop->nh_index;
			path_next(c, ST_FORWARD, m);
			return;
		}
	}
	ip_input_other(c, m, hop);
}

static void ON_CPU
ip_dispatch_vec(struct cpu *c, struct mvec *mv, const struct ip_vec *iv)
{
	const struct nhop *hop = &nhop_none;
	bool forwarding = tun(c->c_sp, ip_forwarding) != 0;
	uint32_t last = 0;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (iv->iv_nh[i] != last) {
			last = iv->iv_nh[i];
			hop = nhop_lookup(c->c_sp, last);
		}
		if (likely(iv->iv_plain[i] && ip_is_transit(m, hop) &&
			forwarding)) {
			m->m_nh = last;
			path_next(c, ST_FORWARD, m);
		} else {
			ip_dispatch_other(
			    c, m, hop, iv->iv_plain[i] && forwarding);
		}
	}
}

/*
 * mv holds packets that start at their IPv4 header.  Each moves to another
 * stage or is dropped and counted.
 */
void
ip_input(struct cpu *c, struct mvec *mv)
{
	struct ip_vec iv;

	CPU_ASSERT(c);
	ip_check_vec(c, mv, &iv); /* malformed packets leave here */
	ip_route_vec(c, mv, &iv);
	if (unlikely(if_any_policy(c->c_sp)))
		ip_policy(c, mv, &iv); /* spoofed sources leave here */
	ip_dispatch_vec(c, mv, &iv); /* local, transit, or ICMP error */
}
