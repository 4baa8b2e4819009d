/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 input: what came in is parsed, routed and sent on its way, a vector at
 * a time.
 *
 * From ether_input(), and from ip6_output() for packets of this host to itself
 * (m_rcvif 0; m_oif is then the link of a link-local destination).  To
 * ST_FORWARD6, or by ip6_deliver() to this host.
 *
 * The way of a plain unicast packet to somebody else is ip6_check_vec(),
 * ip6_route_vec() and the first branch of ip6_dispatch_vec(); everything else
 * that can be the matter with a packet is ip6_input_other()'s.
 *
 * RFC 8200, 3; RFC 4291, 2.5 to 2.8; RFC 4007, 9 (scopes).
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "path.h"
#include "route/fib6.h"

/* A header in the first buffer, whatever the driver's buffers are. */
static inline void ON_CPU
ip6_pullup(struct cpu *c, struct mbuf *m)
{
	if (unlikely(m->m_next != NULL && m->m_len < IP6_HLEN))
		(void)m_pullup(c, m, umin(IP6_HLEN, m->m_pktlen));
}

/* Padding of the link is no part of the packet. */
static inline void ON_CPU
ip6_trim(struct cpu *c, struct mbuf *m, unsigned len)
{
	if (likely(m->m_next == NULL))
		m->m_len = m->m_pktlen = len;
	else if (m->m_pktlen > len)
		m_trim(c, m, m->m_pktlen - len);
}

static void ON_CPU
ip6_check_vec(struct cpu *c, struct mvec *mv, struct ip6_vec *iv)
{
	unsigned i, keep = 0, mixed = 0;
	enum ip6stat why;

	stat_add(c, SG_IP6, i6s_total, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		const struct ip6_wire *ip6;

		if (i + MVEC_AHEAD < mv->mv_n)
			m_prefetch(mv->mv_m[i + MVEC_AHEAD]);
		ip6_pullup(c, m);
		why = ip6_check(
		    mtod(m, const uint8_t *), m->m_len, m->m_pktlen);
		if (unlikely(why != i6s_none)) {
			ip6_drop(c, m, why);
			continue;
		}
		ip6 = mtod(m, const struct ip6_wire *);
		ip6_trim(c, m, IP6_HLEN + ld16be(ip6->ip6_plen));
		iv->iv_dst[keep] = in6_load(ip6->ip6_dst);
		iv->iv_plain[keep] = ip6_is_plain(in6_load(ip6->ip6_src)) &&
		    ip6_is_plain(iv->iv_dst[keep]);
		mv->mv_m[keep++] = m;
		mixed |= (unsigned)m->m_rtable ^ mv->mv_m[0]->m_rtable;
	}
	mv->mv_n = keep;
	iv->iv_mixed = mixed != 0;
}

static void
ip6_lookup_run(const struct spate *sp, unsigned rtable, const struct in6 *dst,
    uint32_t *nh, unsigned n)
{
	const struct fib6 *f = atomic_load_explicit(
	    &sp->sp_rt[rtable].rt_fib6, memory_order_acquire);

	fib6_lookup_vec(f, dst, nh, n);
}

/* Packets of one routing table next to each other are looked up together. */
static void
ip6_route_vec(const struct cpu *c, const struct mvec *mv, struct ip6_vec *iv)
{
	unsigned i, first;

	for (first = 0; first < mv->mv_n; first = i) {
		unsigned rtable = mv->mv_m[first]->m_rtable;

		for (i = iv->iv_mixed ? first + 1 : mv->mv_n; i < mv->mv_n; i++)
			if (mv->mv_m[i]->m_rtable != rtable)
				break;
		ip6_lookup_run(c->c_sp, rtable, iv->iv_dst + first,
		    iv->iv_nh + first, i - first);
	}
}

const struct nhop *
ip6_route(
    const struct spate *sp, unsigned rtable, struct in6 dst, uint32_t *index)
{
	uint32_t i;

	ip6_lookup_run(sp, rtable, &dst, &i, 1);
	return ip6_follow(sp, nhop_lookup(sp, i), dst, index);
}

/* More steps than there are tables go round in a circle. */
const struct nhop *
ip6_follow(const struct spate *sp, const struct nhop *nh, struct in6 dst,
    uint32_t *index)
{
	unsigned step;
	uint32_t i;

	for (step = 0; nh->nh_type == NH_TABLE; step++) {
		if (step == RT_MAX) {
			nh = &nhop_loop;
			break;
		}
		ip6_lookup_run(sp, nh->nh_table, &dst, &i, 1);
		nh = nhop_lookup(sp, i);
	}
	if (index != NULL)
		*index = nh->nh_index;
	return nh;
}

bool
ip6_is_own(const struct spate *sp, unsigned rtable, struct in6 a, unsigned link)
{
	struct addr addr = addr_v6(a);
	const struct nhop *nh;
	const struct ifnet *ifp;
	unsigned flags;

	if (!in6_is_linklocal(a)) {
		nh = ip6_route(sp, rtable, a, NULL);
		if (nh->nh_type != NH_LOCAL)
			return false;
		if (nh->nh_ifindex == 0)
			return true;
		link = nh->nh_ifindex;
	}
	return (ifp = if_lookup(sp, link)) != NULL &&
	    if_has_addr(ifp, &addr, &flags) &&
	    (flags & (IFA_TENTATIVE | IFA_DUPLICATE)) == 0;
}

/* RFC 4291, 2.5.2, 2.5.3, 2.5.5, 2.7: addresses that no wire may carry. */
static enum ip6stat
ip6_check_addrs(const struct mbuf *m, const struct ip6_info *i6)
{
	if (m->m_rcvif == 0)
		return i6s_none;
	if (in6_is_multicast(i6->i6_src) ||
	    (i6->i6_src.i6_hi == 0 && !in6_is_unspecified(i6->i6_src)))
		return i6s_badsrc;
	/* Only who looks for an address has none: it asks a group. */
	if (in6_is_unspecified(i6->i6_src) && !in6_is_multicast(i6->i6_dst))
		return i6s_badsrc;
	if (i6->i6_dst.i6_hi == 0)
		return i6s_baddst;
	/* Scopes 0 and 1 do not leave a node. */
	if (in6_is_multicast(i6->i6_dst) &&
	    (i6->i6_dst.i6_hi >> 48 & 0xf) <= 1)
		return i6s_baddst;
	return i6s_none;
}

/* ff02::1, ff02::2: RFC 4291, 2.7.1 and 2.8. */
#define IN6_LINK_HI    UINT64_C(0xff02000000000000)
#define IN6_ALLNODES   1
#define IN6_ALLROUTERS 2
#define IN6_ALLDHCP    UINT64_C(0x10002) /* ff02::1:2: RFC 8415, 7.1 */

/* Tentative addresses count: duplicates are found by their group. */
static bool
ip6_solicited(const struct ifnet *ifp, struct in6 group)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct addr *a = &ias->ias_a[i].ifa_addr;

		if (a->a_family == ADDR_V6 &&
		    in6_eq(in6_solicited_node(a->a_v6), group))
			return true;
	}
	return false;
}

/* Groups that a node is in without having joined. */
static bool
ip6_in_group(const struct cpu *c, const struct mbuf *m, struct in6 group)
{
	unsigned link = m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;
	const struct ifnet *ifp = if_lookup(c->c_sp, link);

	if (group.i6_hi == IN6_LINK_HI && group.i6_lo == IN6_ALLNODES)
		return true;
	if (group.i6_hi == IN6_LINK_HI && group.i6_lo == IN6_ALLROUTERS)
		return tun(c->c_sp, ip6_forwarding) != 0;
	if (group.i6_hi == IN6_LINK_HI && group.i6_lo == IN6_ALLDHCP)
		return ifp != NULL && if_relay(ifp) != NULL;
	return in6_is_solicited_node(group) && ifp != NULL &&
	    ip6_solicited(ifp, group);
}

/* Not for this host; why it is not forwarded either. */
static void ON_CPU
ip6_not_forwarded(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    const struct nhop *nh)
{
	if (!tun(c->c_sp, ip6_forwarding)) {
		ip6_drop(c, m, i6s_noforward);
		return;
	}
	if (in6_is_linklocal(i6->i6_src)) { /* RFC 4443, 3.1 */
		ip6_reject(c, m, i6s_linklocal, ICMP6_UNREACH,
		    ICMP6_UNREACH_SCOPE, 0);
		return;
	}
	switch (nh->nh_type) {
	case NH_BLACKHOLE:
		ip6_drop(c, m, i6s_blackhole);
		break;
	case NH_LOCAL:
		ip6_drop(c, m, i6s_tentative); /* RFC 4862, 5.4 */
		break;
	case NH_UNREACHABLE:
		ip6_reject(c, m, i6s_reject, ICMP6_UNREACH,
		    ICMP6_UNREACH_REJECT, 0);
		break;
	case NH_PROHIBIT:
		ip6_reject(c, m, i6s_prohibit, ICMP6_UNREACH,
		    ICMP6_UNREACH_ADMIN, 0);
		break;
	case NH_LOOP:
		ip6_reject(c, m, i6s_tableloop, ICMP6_UNREACH,
		    ICMP6_UNREACH_NOROUTE, 0);
		break;
	default:
		ip6_reject(c, m, i6s_noroute, ICMP6_UNREACH,
		    ICMP6_UNREACH_NOROUTE, 0);
		break;
	}
}

/* Unicast from here to here; the link of a link-local address is its. */
static bool
ip6_for_us(const struct cpu *c, const struct mbuf *m, struct in6 dst)
{
	unsigned link = m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;

	return (m->m_rcvif == 0 && in6_is_loopback(dst)) ||
	    ip6_is_own(c->c_sp, m->m_rtable, dst, link);
}

/* Packets that are not plain transit. */
static void ON_CPU
ip6_input_other(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	struct ip6_info i6;
	enum ip6stat why;

	ip6_take(mtod(m, const uint8_t *), &i6);
	if ((why = ip6_check_addrs(m, &i6)) != i6s_none) {
		ip6_drop(c, m, why);
	} else if (in6_is_multicast(i6.i6_dst)) {
		if (ip6_in_group(c, m, i6.i6_dst))
			ip6_deliver(c, m, &i6);
		else
			ip6_drop(c, m, i6s_mcast);
	} else if ((m->m_flags & MF_BCAST) != 0) {
		ip6_drop(c, m, i6s_linkbcast);
	} else if (ip6_for_us(c, m, i6.i6_dst)) {
		ip6_deliver(c, m, &i6);
	} else if (in6_is_linklocal(i6.i6_dst)) {
		ip6_drop(c, m, i6s_linklocal);
	} else if ((m->m_flags & MF_MCAST) != 0) {
		ip6_drop(c, m, i6s_linkbcast);
	} else {
		ip6_not_forwarded(c, m, &i6, nh);
	}
}

static inline bool
ip6_is_transit(const struct mbuf *m, const struct nhop *nh)
{
	return (nh->nh_type == NH_CONNECTED || nh->nh_type == NH_GATEWAY) &&
	    (m->m_flags & (MF_BCAST | MF_MCAST)) == 0;
}

/*
 * What is not known to be transit at the first look: a route into another
 * table, and one of several ways, are looked into first.
 */
static void ON_CPU
ip6_dispatch_other(
    struct cpu *c, struct mbuf *m, const struct nhop *hop, bool plain)
{
	if (nhop_is_indirect(hop)) {
		hop = ip6_follow(c->c_sp, hop,
		    in6_load(mtod(m, const struct ip6_wire *)->ip6_dst), NULL);
		if (hop->nh_type == NH_GROUP)
			hop = nhop_member(c->c_sp, hop, ip6_flow_hash(m));
		if (plain && ip6_is_transit(m, hop)) {
			m->m_nh = hop->nh_index;
			path_next(c, ST_FORWARD6, m);
			return;
		}
	}
	ip6_input_other(c, m, hop);
}

static void ON_CPU
ip6_dispatch_vec(struct cpu *c, struct mvec *mv, const struct ip6_vec *iv)
{
	const struct nhop *hop = &nhop_none;
	bool forwarding = tun(c->c_sp, ip6_forwarding) != 0;
	uint32_t last = 0;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (iv->iv_nh[i] != last) {
			last = iv->iv_nh[i];
			hop = nhop_lookup(c->c_sp, last);
		}
		if (likely(iv->iv_plain[i] && ip6_is_transit(m, hop) &&
			forwarding)) {
			m->m_nh = last;
			path_next(c, ST_FORWARD6, m);
		} else {
			ip6_dispatch_other(
			    c, m, hop, iv->iv_plain[i] && forwarding);
		}
	}
}

/*
 * mv holds packets that start at their IPv6 header.  Each moves to another
 * stage or is dropped and counted.
 */
void
ip6_input(struct cpu *c, struct mvec *mv)
{
	struct ip6_vec iv;

	CPU_ASSERT(c);
	ip6_check_vec(c, mv, &iv); /* malformed packets leave here */
	ip6_route_vec(c, mv, &iv);
	if (unlikely(if_any_policy(c->c_sp)))
		ip6_policy(c, mv, &iv); /* spoofed sources leave here */
	ip6_dispatch_vec(c, mv, &iv); /* local, transit, or ICMPv6 error */
}
