/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes for IPv6 packets to others (route/rule.h): see ip/ip_rules.c.
 */
#include "if/if.h"
#include "ip6/ip6_int.h"
#include "route/rule.h"

/*
 * The protocol behind extension headers, and ports, which no fragment has.  A
 * chain that cannot be followed ends with the header that is the last of it.
 */
static void
ip6_rule_upper(const struct mbuf *m, struct rule_key *rk)
{
	unsigned n = umin(m->m_pktlen, IP6_LOOK);
	struct ip6_info i6;
	uint8_t head[IP6_LOOK], ports[4];

	if (m->m_len >= n) {
		ip6_take(mtod(m, const uint8_t *), &i6);
		if (ip6_is_ext(i6.i6_proto))
			(void)ip6_parse_ext(mtod(m, const uint8_t *), n, &i6);
	} else {
		m_copydata(m, 0, n, head);
		ip6_take(head, &i6);
		if (ip6_is_ext(i6.i6_proto))
			(void)ip6_parse_ext(head, n, &i6);
	}
	rk->rk_proto = i6.i6_proto;
	rk->rk_ports = (i6.i6_flags & I6F_FRAGMENT) == 0 &&
	    ip_has_ports(i6.i6_proto) &&
	    m->m_pktlen >= i6.i6_l4off + sizeof(ports);
	if (!rk->rk_ports)
		return;
	m_copydata(m, i6.i6_l4off, sizeof(ports), ports);
	rk->rk_sport = ld16be(ports);
	rk->rk_dport = ld16be(ports + 2);
}

static void
ip6_rule_key(const struct mbuf *m, struct rule_key *rk)
{
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);

	*rk = (struct rule_key){
		.rk_family = ADDR_V6,
		.rk_src = in6_load(ip6->ip6_src),
		.rk_dst = in6_load(ip6->ip6_dst),
		.rk_ifindex = m->m_rcvif,
		.rk_dscp = (uint8_t)((ip6->ip6_vfc[0] << 4 |
					 ip6->ip6_vfc[1] >> 4) >>
			2 &
		    63),
	};
	ip6_rule_upper(m, rk);
}

/* Whether the packet is to somebody else, routed by nh. */
static bool
ip6_is_others(const struct spate *sp, uint32_t nh, struct in6 dst)
{
	const struct nhop *hop =
	    ip6_follow(sp, nhop_lookup(sp, nh), dst, NULL);

	return hop->nh_type != NH_LOCAL && hop->nh_type != NH_BROADCAST;
}

void
ip6_rules(struct cpu *c, const struct mvec *mv, struct ip6_vec *iv,
    const uint32_t *policy)
{
	const struct rules *rs = rules_read(c->c_sp);
	struct rule_key rk;
	unsigned i;

	if (rs == NULL || !tun(c->c_sp, ip6_forwarding))
		return;
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if ((policy[i] & IFP_RULES) == 0 || !iv->iv_plain[i] ||
		    (m->m_flags & (MF_BCAST | MF_MCAST)) != 0 ||
		    !ip6_is_others(c->c_sp, iv->iv_nh[i], iv->iv_dst[i]))
			continue;
		ip6_rule_key(m, &rk);
		iv->iv_nh[i] = rules_decide(c, rs, m, &rk, iv->iv_nh[i]);
	}
}
