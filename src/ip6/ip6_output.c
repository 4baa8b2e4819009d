/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 packets that this host originates: source, route, size.
 *
 * From whoever made them, with MF_LOCAL; to ST_RESOLVE, or back to ST_IP6 if
 * they are for this host itself (in the next sweep, so a host that talks to
 * itself takes its turn).
 *
 * The source is covered by every checksum above, so it is chosen by
 * ip6_source() before the packet is made, by the rules of ip6_source.c.
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "ip6/ip6_source.h"
#include "path.h"

/* RFC 4291, 2.7: the scope of a group is in its address. */
static bool
in6_link_scope(struct in6 a)
{
	return in6_is_linklocal(a) ||
	    (in6_is_multicast(a) && (a.i6_hi >> 48 & 0xf) <= 2);
}

/* A link-local source does not get beyond the link. */
static bool
ip6_source_serves(const struct ifaddr *ifa, struct in6 dst)
{
	return ifa->ifa_addr.a_family == ADDR_V6 &&
	    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) == 0 &&
	    (!in6_is_linklocal(ifa->ifa_addr.a_v6) || in6_link_scope(dst));
}

/* The best so far, and the interface it is of; 0: none. */
struct ip6_best {
	struct ifaddr ib_ifa;
	unsigned ib_if;
};

static void
ip6_source_of(const struct ifnet *ifp, struct in6 dst, unsigned out,
    struct ip6_best *ib)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if (!ip6_source_serves(ifa, dst))
			continue;
		if (ib->ib_if != 0 &&
		    !in6_source_before(ifa, ifp->if_index, &ib->ib_ifa,
			ib->ib_if, dst, out))
			continue;
		ib->ib_ifa = *ifa;
		ib->ib_if = ifp->if_index;
	}
}

/*
 * RFC 6724, 4: of the interface it leaves on; a router may take others, which
 * this one does if that has none that serves.  Of the same table only.
 */
static bool
ip6_source_on(const struct spate *sp, const struct ifnet *out, struct in6 dst,
    struct in6 *src)
{
	struct ip6_best ib = { .ib_if = 0 };
	const struct ifnet *ifp;
	unsigned i;

	ip6_source_of(out, dst, out->if_index, &ib);
	for (i = 1; i < IF_MAX && ib.ib_if == 0 && !in6_link_scope(dst); i++)
		if ((ifp = if_lookup(sp, i)) != NULL &&
		    ifp->if_rtable == out->if_rtable)
			ip6_source_of(ifp, dst, out->if_index, &ib);
	if (ib.ib_if != 0)
		*src = ib.ib_ifa.ifa_addr.a_v6;
	return ib.ib_if != 0;
}

static bool
ip6_can_send(const struct nhop *nh)
{
	return nh->nh_type == NH_CONNECTED || nh->nh_type == NH_GATEWAY;
}

/* Why a next hop that nothing is sent by is there. */
static enum ip6stat
ip6_why_not(const struct nhop *nh)
{
	switch (nh->nh_type) {
	case NH_BLACKHOLE:
		return i6s_blackhole;
	case NH_UNREACHABLE:
		return i6s_reject;
	case NH_PROHIBIT:
		return i6s_prohibit;
	case NH_LOOP:
		return i6s_tableloop;
	default:
		return i6s_noroute;
	}
}

bool
ip6_source(const struct spate *sp, unsigned rtable, unsigned link,
    struct in6 dst, struct in6 *src)
{
	const struct ifnet *ifp;
	const struct nhop *nh;

	if (in6_is_loopback(dst) || ip6_is_own(sp, rtable, dst, link)) {
		*src = dst;
		return true;
	}
	if (!ip6_needs_link(dst)) {
		nh = ip6_route(sp, rtable, dst, NULL);
		if (nh->nh_type == NH_GROUP)
			nh = nhop_member(sp, nh, dst.i6_hi ^ dst.i6_lo);
		if (!ip6_can_send(nh))
			return false;
		link = nh->nh_ifindex;
	}
	if ((ifp = if_lookup(sp, link)) == NULL)
		return false;
	return ip6_source_on(sp, ifp, dst, src);
}

unsigned
ip6_mtu(const struct spate *sp, unsigned rtable, unsigned link, struct in6 dst)
{
	const struct ifnet *ifp;
	const struct nhop *nh;

	if (in6_is_loopback(dst) || ip6_is_own(sp, rtable, dst, link))
		return IP6_LEN_MAX;
	if (!ip6_needs_link(dst)) {
		nh = ip6_route(sp, rtable, dst, NULL);
		return umax(nh->nh_mtu, IP6_MTU_MIN);
	}
	ifp = if_lookup(sp, link);
	return ifp != NULL ? umax(if_mtu6(ifp), IP6_MTU_MIN) : IP6_MTU_MIN;
}

static void ON_CPU
ip6_loopback(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_IP6, i6s_loopback, 1);
	path_next(c, ST_IP6, m);
}

/* No hop limit means the usual one: the link's, or ours. */
static void
ip6_set_hlim(const struct cpu *c, struct mbuf *m, unsigned link)
{
	struct ip6_wire *ip6 = mtod(m, struct ip6_wire *);
	const struct ifnet *ifp = if_lookup(c->c_sp, link);
	unsigned hlim = 0;

	if (ip6->ip6_hlim != 0)
		return;
	if (ifp != NULL)
		hlim = atomic_load_explicit(
		    &ifp->if_hlim6, memory_order_relaxed);
	if (hlim == 0)
		hlim = (unsigned)tun(c->c_sp, ip6_hlim);
	ip6->ip6_hlim = (uint8_t)hlim;
}

static void ON_CPU
ip6_send(struct cpu *c, struct mbuf *m, unsigned mtu)
{
	if (likely(m->m_pktlen <= umax(mtu, IP6_MTU_MIN)))
		path_next(c, ST_RESOLVE, m);
	else
		ip6_fragment(c, m, mtu);
}

/* The destination is on the link m_oif, or nowhere. */
static void ON_CPU
ip6_output_link(struct cpu *c, struct mbuf *m)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, m->m_oif);

	m->m_nh = 0;
	ip6_set_hlim(c, m, m->m_oif);
	if (m->m_oif == 0 || ifp == NULL)
		ip6_drop(c, m, i6s_noroute);
	else
		ip6_send(c, m, if_mtu6(ifp));
}

static void ON_CPU
ip6_output_one(struct cpu *c, struct mbuf *m)
{
	struct in6 dst = in6_load(mtod(m, struct ip6_wire *)->ip6_dst);
	const struct nhop *nh;

	KASSERT((m->m_flags & MF_LOCAL) != 0 && m->m_rcvif == 0);
	m->m_flags &= (uint16_t)~MF_LOCAL;
	if (in6_is_loopback(dst) ||
	    ip6_is_own(c->c_sp, m->m_rtable, dst, m->m_oif)) {
		ip6_set_hlim(c, m, 0);
		ip6_loopback(c, m);
	} else if (ip6_needs_link(dst)) {
		ip6_output_link(c, m);
	} else {
		nh = ip6_route(c->c_sp, m->m_rtable, dst, NULL);
		if (nh->nh_type == NH_GROUP)
			nh = nhop_member(c->c_sp, nh, ip6_flow_hash(m));
		m->m_nh = nh->nh_index;
		ip6_set_hlim(c, m, nh->nh_ifindex);
		if (ip6_can_send(nh))
			ip6_send(c, m, nh->nh_mtu);
		else
			ip6_drop(c, m, ip6_why_not(nh));
	}
}

void
ip6_output(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	stat_add(c, SG_IP6, i6s_output, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		ip6_output_one(c, mv->mv_m[i]);
}
