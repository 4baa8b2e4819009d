/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redirects (RFC 4861, 4.5 and 8.2): a host on a link that sends by us what it
 * could send to another node of the link is told so, if
 * net.inet6.ip6.redirect is on.
 *
 * The better first hop is the destination itself, or a router, which is named
 * by its link-local address: a route by another address of it says too little.
 * On an interface where rules may decide nobody is told; see ip/ip_redirect.c.
 */
#include <string.h>

#include "if/if.h"
#include "ip/icmp_limit.h"
#include "ip6/icmp6_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_int.h"
#include "ip6/nd6_wire.h"
#include "mbuf/tell.h"
#include "path.h"
#include "route/neigh.h"

/* What goes into one. */
struct redirect {
	struct in6 rd_src; /* our link-local address */
	struct in6 rd_dst; /* who is told */
	struct in6 rd_target; /* whom to send to … */
	struct in6 rd_for; /* … what is for this address */
	const struct lle *rd_lle; /* the target; NULL: not known */
};

/* Our address on the link, which must be the link-local one. */
static bool
redirect_source(const struct ifnet *ifp, struct in6 *src)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if (ifa->ifa_addr.a_family != ADDR_V6 ||
		    !in6_is_linklocal(ifa->ifa_addr.a_v6) ||
		    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
			continue;
		*src = ifa->ifa_addr.a_v6;
		return true;
	}
	return false;
}

/* Whether a host of this address is a neighbour: on a network of the link. */
static bool
redirect_neighbour(const struct ifnet *ifp, struct in6 a)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	const struct addr addr = addr_v6(a);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct prefix p = { .p_addr = ias->ias_a[i].ifa_addr,
			.p_len = ias->ias_a[i].ifa_plen };

		if (prefix_match(&p, &addr))
			return true;
	}
	return false;
}

/* Whether there is a better way than by us, which is then *rd. */
static bool ON_CPU
redirect_wanted(struct cpu *c, const struct mbuf *m, struct redirect *rd)
{
	const struct nhop *nh = nhop_lookup(c->c_sp, m->m_nh);
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);
	const struct ifnet *ifp;
	struct addr to;

	if (nh->nh_ifindex != m->m_rcvif ||
	    (ifp = if_lookup(c->c_sp, m->m_rcvif)) == NULL ||
	    (if_policy(ifp) & IFP_RULES) != 0 || ip6->ip6_hlim <= 1)
		return false;
	rd->rd_dst = in6_load(ip6->ip6_src);
	rd->rd_for = in6_load(ip6->ip6_dst);
	rd->rd_target = nh->nh_type == NH_GATEWAY ? nh->nh_gw.a_v6 : rd->rd_for;
	if ((nh->nh_type == NH_GATEWAY && !in6_is_linklocal(rd->rd_target)) ||
	    !redirect_neighbour(ifp, rd->rd_dst) ||
	    !redirect_source(ifp, &rd->rd_src))
		return false;
	to = addr_v6(rd->rd_target);
	rd->rd_lle = neigh_lookup(c, m->m_rcvif, &to);
	return true;
}

/* RFC 4861, 4.6.3: as much of the packet as fits, in units of 8 bytes. */
static void
redirect_quote(struct mbuf *e, const struct mbuf *m)
{
	unsigned room = ICMP6_ERROR_MAX - e->m_len - ND6_OPT_REDIRECTED_HLEN;
	unsigned n = umin(m->m_pktlen, room) & ~7u;
	uint8_t *p = e->m_data + e->m_len;

	memset(p, 0, ND6_OPT_REDIRECTED_HLEN);
	p[0] = ND6_OPT_REDIRECTED;
	p[1] = (uint8_t)((ND6_OPT_REDIRECTED_HLEN + n) / 8);
	m_copydata(m, 0, n, p + ND6_OPT_REDIRECTED_HLEN);
	e->m_len += ND6_OPT_REDIRECTED_HLEN + n;
}

static void
redirect_build(struct mbuf *e, const struct mbuf *m, const struct redirect *rd)
{
	struct ip6_wire *ip6 = mtod(e, struct ip6_wire *);
	struct nd6_redirect_wire *w = (void *)(ip6 + 1);
	struct nd6_opt_wire *opt = (void *)(w + 1);

	*ip6 = (struct ip6_wire){ .ip6_vfc = { 6 << 4 },
		.ip6_nxt = IPP_ICMPV6,
		.ip6_hlim = ND6_HLIM };
	in6_store(ip6->ip6_src, rd->rd_src);
	in6_store(ip6->ip6_dst, rd->rd_dst);
	*w = (struct nd6_redirect_wire){ .ndr_type = ND6_REDIRECT };
	in6_store(w->ndr_target, rd->rd_target);
	in6_store(w->ndr_dst, rd->rd_for);
	e->m_len = IP6_HLEN + sizeof(*w);
	if (rd->rd_lle != NULL) {
		opt->ndo_type = ND6_OPT_TLLA;
		opt->ndo_len = 1;
		/* The Ethernet header begins with its destination. */
		memcpy(opt->ndo_data, rd->rd_lle->lle_hdr, MAC_LEN);
		e->m_len += sizeof(*opt);
	}
	redirect_quote(e, m);
	e->m_pktlen = e->m_len;
	st16be(ip6->ip6_plen, (uint16_t)(e->m_len - IP6_HLEN));
	icmp6_cksum(e, IP6_HLEN);
}

static void ON_CPU
redirect_send(struct cpu *c, const struct mbuf *m, const struct redirect *rd)
{
	struct mbuf *e;

	if (!icmp_limit_take(c, IB_ICMP6, tun(c->c_sp, icmp6_limit))) {
		stat_add(c, SG_ICMP6, i6cs_limited, 1);
		return;
	}
	if ((e = m_alloc(c)) == NULL) {
		stat_add(c, SG_ICMP6, i6cs_nobuf, 1);
		return;
	}
	redirect_build(e, m, rd);
	e->m_rtable = m->m_rtable;
	e->m_nh = 0; /* a neighbour on m_oif */
	e->m_oif = m->m_rcvif;
	stat_add(c, SG_ICMP6, i6cs_redirect, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	tell(c, m, "the sender is told: ICMPv6 type %u code 0", ND6_REDIRECT);
	path_next(c, ST_RESOLVE, e);
}

void
ip6_redirect(struct cpu *c, const struct mvec *mv)
{
	struct redirect rd;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		if (redirect_wanted(c, mv->mv_m[i], &rd))
			redirect_send(c, mv->mv_m[i], &rd);
}
