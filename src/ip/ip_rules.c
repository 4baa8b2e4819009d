/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes for IPv4 packets to others (route/rule.h); RFC 1812, 5.3.1 and
 * 5.3.6 leave it to a router what more than the destination it goes by.
 *
 * What is for this host, from or to an unusual address, or came as a broadcast
 * is no rule's: they decide ways, not what is let in.
 */
#include "if/if.h"
#include "ip/ip_int.h"
#include "route/rule.h"

/*
 * A fragment has no ports, the first one either: all of a datagram go the same
 * way.
 */
static void
ip_rule_ports(const struct mbuf *m, const struct ip_wire *ip,
    struct rule_key *rk)
{
	unsigned hlen = (ip->ip_vhl & 15u) * 4;
	uint8_t ports[4];

	rk->rk_ports = (ld16be(ip->ip_off) & (IP_OFFMASK | IP_MF)) == 0 &&
	    ip_has_ports(ip->ip_p) && m->m_pktlen >= hlen + sizeof(ports);
	if (!rk->rk_ports)
		return;
	m_copydata(m, hlen, sizeof(ports), ports);
	rk->rk_sport = ld16be(ports);
	rk->rk_dport = ld16be(ports + 2);
}

static void
ip_rule_key(const struct mbuf *m, struct rule_key *rk)
{
	const struct ip_wire *ip = mtod(m, const struct ip_wire *);

	*rk = (struct rule_key){
		.rk_family = ADDR_V4,
		.rk_src = { 0, ld32be(ip->ip_src) },
		.rk_dst = { 0, ld32be(ip->ip_dst) },
		.rk_ifindex = m->m_rcvif,
		.rk_proto = ip->ip_p,
		.rk_dscp = ip->ip_tos >> 2,
	};
	ip_rule_ports(m, ip, rk);
}

/* Whether the packet is to somebody else, routed by nh. */
static bool
ip_is_others(const struct spate *sp, uint32_t nh, uint32_t dst)
{
	const struct nhop *hop =
	    ip_follow(sp, nhop_lookup(sp, nh), dst, NULL);

	return hop->nh_type != NH_LOCAL && hop->nh_type != NH_BROADCAST;
}

void
ip_rules(struct cpu *c, const struct mvec *mv, struct ip_vec *iv,
    const uint32_t *policy)
{
	const struct rules *rs = rules_read(c->c_sp);
	struct rule_key rk;
	unsigned i;

	if (rs == NULL || !tun(c->c_sp, ip_forwarding))
		return;
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if ((policy[i] & IFP_RULES) == 0 || !iv->iv_plain[i] ||
		    (m->m_flags & (MF_BCAST | MF_MCAST)) != 0 ||
		    !ip_is_others(c->c_sp, iv->iv_nh[i], iv->iv_dst[i]))
			continue;
		ip_rule_key(m, &rk);
		iv->iv_nh[i] = rules_decide(c, rs, m, &rk, iv->iv_nh[i]);
	}
}
