/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets that this host originates: source, route, size.
 *
 * From whoever made them, with MF_LOCAL; to ST_RESOLVE, or back to ST_IP if
 * they are for this host itself (in the next sweep, so a host that talks to
 * itself takes its turn).
 *
 * RFC 1122, 3.3.4.3 (source); RFC 1812, 4.3.2.4 (source of errors, which come
 * here without one).
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "mbuf/in_cksum.h"
#include "path.h"

/*
 * The best of an interface's addresses toward a neighbour: one of the same
 * network, else the first.  0: it has none.
 */
static uint32_t
ip_source_of(const struct ifnet *ifp, uint32_t to)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	uint32_t first = 0;
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];
		uint32_t a = ifa->ifa_addr.a_v4;

		if (ifa->ifa_addr.a_family != ADDR_V4)
			continue;
		if (((a ^ to) & in_mask(ifa->ifa_plen)) == 0)
			return a;
		if (first == 0)
			first = a;
	}
	return first;
}

/*
 * An interface without an address borrows one of the same table (RFC 1812,
 * 2.2.7).
 */
static uint32_t
ip_source_any(const struct spate *sp, unsigned rtable, uint32_t to)
{
	const struct ifnet *ifp;
	uint32_t a = 0;
	unsigned i;

	for (i = 1; i < IF_MAX && a == 0; i++)
		if ((ifp = if_lookup(sp, i)) != NULL &&
		    ifp->if_rtable == rtable)
			a = ip_source_of(ifp, to);
	return a;
}

uint32_t
ip_source_by(const struct spate *sp, const struct nhop *nh, uint32_t dst)
{
	uint32_t to = nh->nh_type == NH_GATEWAY ? nh->nh_gw.a_v4 : dst;
	const struct ifnet *ifp;
	uint32_t a;

	if (nh->nh_type == NH_LOCAL || in_is_loopback(dst))
		return dst;
	if ((ifp = if_lookup(sp, nh->nh_ifindex)) == NULL)
		return 0;
	a = ip_source_of(ifp, to);
	return a != 0 ? a : ip_source_any(sp, ifp->if_rtable, to);
}

static bool
ip_can_send(const struct nhop *nh)
{
	return nh->nh_type == NH_CONNECTED || nh->nh_type == NH_GATEWAY ||
	    nh->nh_type == NH_LOCAL;
}

/* Why a next hop that nothing is sent by is there. */
static enum ipstat
ip_why_not(const struct nhop *nh)
{
	switch (nh->nh_type) {
	case NH_BLACKHOLE:
		return ips_blackhole;
	case NH_UNREACHABLE:
		return ips_reject;
	case NH_PROHIBIT:
		return ips_prohibit;
	case NH_LOOP:
		return ips_tableloop;
	default:
		return ips_noroute;
	}
}

bool
ip_source(const struct spate *sp, unsigned rtable, uint32_t dst, uint32_t *src)
{
	const struct nhop *nh = ip_route(sp, rtable, dst, NULL);

	if (nh->nh_type == NH_GROUP)
		nh = nhop_member(sp, nh, dst);
	if (in_is_multicast(dst) ||
	    !(ip_can_send(nh) || in_is_loopback(dst)))
		return false;
	*src = ip_source_by(sp, nh, dst);
	return *src != 0;
}

/* What the wire would do to it, but without a wire. */
static void ON_CPU
ip_loopback(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_IP, ips_loopback, 1);
	ip_header_cksum(mtod(m, struct ip_wire *));
	path_next(c, ST_IP, m);
}

static void ON_CPU
ip_send(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	struct ip_wire *ip = mtod(m, struct ip_wire *);

	if (likely(m->m_pktlen <= nh->nh_mtu)) {
		ip_header_cksum(ip);
		path_next(c, ST_RESOLVE, m);
	} else if ((ld16be(ip->ip_off) & IP_DF) == 0) {
		ip_fragment(c, m, nh->nh_mtu);
	} else {
		ip_reject(c, m, ips_mtu, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG,
		    nh->nh_mtu);
	}
}

static void ON_CPU
ip_output_one(struct cpu *c, struct mbuf *m)
{
	struct ip_wire *ip = mtod(m, struct ip_wire *);
	uint32_t dst = ld32be(ip->ip_dst);
	const struct nhop *nh;

	KASSERT((m->m_flags & MF_LOCAL) != 0 && m->m_rcvif == 0);
	m->m_flags &= (uint16_t)~MF_LOCAL;
	nh = ip_route(c->c_sp, m->m_rtable, dst, NULL);
	if (nh->nh_type == NH_GROUP)
		nh = nhop_member(c->c_sp, nh, ip_flow_hash(m));
	m->m_nh = nh->nh_index;
	if (in_is_multicast(dst) ||
	    !(ip_can_send(nh) || in_is_loopback(dst))) {
		ip_drop(c, m, ip_why_not(nh));
		return;
	}
	if (ld32be(ip->ip_src) == 0)
		st32be(ip->ip_src, ip_source_by(c->c_sp, nh, dst));
	if (ld32be(ip->ip_src) == 0)
		ip_drop(c, m, ips_nosrc);
	else if (nh->nh_type == NH_LOCAL || in_is_loopback(dst))
		ip_loopback(c, m);
	else
		ip_send(c, m, nh);
}

void
ip_output(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	stat_add(c, SG_IP, ips_output, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		ip_output_one(c, mv->mv_m[i]);
}
