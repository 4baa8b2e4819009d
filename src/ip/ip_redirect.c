/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redirects: a host that sends by us what it could send to the next hop itself
 * is told so (RFC 792; RFC 1812, 5.2.7.2), if net.inet.ip.redirect is on.
 *
 * Always for one host (code 1), and by the packet as it came.  Who is not on a
 * network with both of us is not told, nor is anybody on an interface where
 * rules may decide: they go by more than the destination, which is all that a
 * redirect can name.  Source routes, which would forbid it, are not forwarded.
 */
#include "if/if.h"
#include "ip/icmp_wire.h"
#include "ip/ip_int.h"

/* Whether one network of ifp has both addresses. */
static bool
ip_shares_network(const struct ifnet *ifp, uint32_t a, uint32_t b)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	const struct addr aa = addr_v4(a), ab = addr_v4(b);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct prefix p = { .p_addr = ias->ias_a[i].ifa_addr,
			.p_len = ias->ias_a[i].ifa_plen };

		if (prefix_match(&p, &aa) && prefix_match(&p, &ab))
			return true;
	}
	return false;
}

static void ON_CPU
ip_redirect_one(struct cpu *c, const struct mbuf *m)
{
	const struct nhop *nh = nhop_lookup(c->c_sp, m->m_nh);
	const struct ip_wire *ip = mtod(m, const struct ip_wire *);
	const struct ifnet *ifp;
	uint32_t to;

	if (nh->nh_ifindex != m->m_rcvif ||
	    (ifp = if_lookup(c->c_sp, m->m_rcvif)) == NULL ||
	    (if_policy(ifp) & IFP_RULES) != 0)
		return;
	to = nh->nh_type == NH_GATEWAY ? nh->nh_gw.a_v4 : ld32be(ip->ip_dst);
	if (ip->ip_ttl > 1 && ip_shares_network(ifp, ld32be(ip->ip_src), to))
		icmp_error(c, m, ICMP_REDIRECT, ICMP_REDIRECT_HOST, to);
}

void
ip_redirect(struct cpu *c, const struct mvec *mv)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		ip_redirect_one(c, mv->mv_m[i]);
}
