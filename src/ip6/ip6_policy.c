/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What interfaces ask for IPv6 packets that come in by them (if_policy): see
 * ip/ip_policy.c.
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip6/ip6_int.h"
#include "mbuf/tell.h"
#include "route/fib6.h"

/* Packets whose source is looked up. */
struct ip6_reverse {
	unsigned ir_n;
	struct in6 ir_src[MVEC_MAX];
	uint32_t ir_nh[MVEC_MAX];
	uint8_t ir_at[MVEC_MAX]; /* place in the vector */
};
static_assert(MVEC_MAX <= UINT8_MAX, "ir_at");

/*
 * Who has no address yet asks for one without; a link-local one is behind its
 * link, whichever that is; other unusual ones are somebody else's to drop.
 */
static void
ip6_reverse_select(const struct mvec *mv, const uint32_t *policy,
    struct ip6_reverse *ir)
{
	unsigned i;

	ir->ir_n = 0;
	for (i = 0; i < mv->mv_n; i++) {
		const struct ip6_wire *ip6 =
		    mtod(mv->mv_m[i], const struct ip6_wire *);
		struct in6 src = in6_load(ip6->ip6_src);

		if ((policy[i] & IFP_REVERSE) == 0 ||
		    !ip6_is_plain(src))
			continue;
		ir->ir_at[ir->ir_n] = (uint8_t)i;
		ir->ir_src[ir->ir_n++] = src;
	}
}

/* Packets of one routing table next to each other are looked up together. */
static void
ip6_reverse_route(
    const struct spate *sp, const struct mvec *mv, struct ip6_reverse *ir)
{
	unsigned i, first;

	for (first = 0; first < ir->ir_n; first = i) {
		unsigned rtable = mv->mv_m[ir->ir_at[first]]->m_rtable;

		for (i = first + 1; i < ir->ir_n; i++)
			if (mv->mv_m[ir->ir_at[i]]->m_rtable != rtable)
				break;
		fib6_lookup_vec(atomic_load_explicit(&sp->sp_rt[rtable].rt_fib6,
				    memory_order_acquire),
		    ir->ir_src + first, ir->ir_nh + first, i - first);
	}
}

/* Whether a packet from src, which is routed by nh, may come in by ifindex. */
static bool
ip6_reverse_ok(const struct spate *sp, uint32_t nh, struct in6 src,
    unsigned ifindex, bool strict)
{
	const struct nhop *hop =
	    ip6_follow(sp, nhop_lookup(sp, nh), src, NULL);

	return nhop_is_way(hop) &&
	    (!strict || nhop_is_by(sp, hop, ifindex));
}

static void ON_CPU
ip6_reverse(struct cpu *c, struct mvec *mv, struct ip6_vec *iv,
    uint32_t *policy)
{
	struct ip6_reverse ir;
	unsigned i, k = 0, keep = 0;

	ip6_reverse_select(mv, policy, &ir);
	ip6_reverse_route(c->c_sp, mv, &ir);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		bool ok = true;

		if (k < ir.ir_n && ir.ir_at[k] == i) {
			ok = ip6_reverse_ok(c->c_sp, ir.ir_nh[k], ir.ir_src[k],
			    m->m_rcvif, (policy[i] & IFP_STRICT) != 0);
			k++;
		}
		if (!ok) {
			tell(c, m, "the way back to the source is not %s",
			    (policy[i] & IFP_STRICT) != 0 ?
			    "by this interface" : "known");
			ip6_drop(c, m, i6s_reverse);
			continue;
		}
		iv->iv_dst[keep] = iv->iv_dst[i];
		iv->iv_nh[keep] = iv->iv_nh[i];
		iv->iv_plain[keep] = iv->iv_plain[i];
		policy[keep] = policy[i];
		mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
}

void
ip6_policy(struct cpu *c, struct mvec *mv, struct ip6_vec *iv)
{
	uint32_t policy[MVEC_MAX], all;

	all = if_policy_vec(c->c_sp, mv, policy);
	if ((all & IFP_REVERSE) != 0)
		ip6_reverse(c, mv, iv, policy);
	if ((all & IFP_RULES) != 0)
		ip6_rules(c, mv, iv, policy);
}

/* Which may be another mbuf then; NULL: there was no memory. */
static struct mbuf *ON_CPU
ip6_set_ds(struct cpu *c, struct mbuf *m, uint32_t policy)
{
	uint8_t *vfc = mtod(m, struct ip6_wire *)->ip6_vfc;
	uint8_t was = (uint8_t)(vfc[0] << 4 | vfc[1] >> 4);
	uint8_t ds = if_policy_ds(policy, was);
	struct mbuf *w;

	if (ds == was)
		return m;
	if ((m->m_flags & MF_SHARED) != 0) {
		if ((w = m_writable(c, m, IP6_HLEN)) == NULL) {
			ip6_drop(c, m, i6s_nobuf);
			return NULL;
		}
		m = w;
		vfc = mtod(m, struct ip6_wire *)->ip6_vfc;
	}
	vfc[0] = (uint8_t)(6 << 4 | ds >> 4);
	vfc[1] = (uint8_t)(ds << 4 | (vfc[1] & 15));
	stat_add(c, SG_IP6, i6s_remarked, 1);
	return m;
}

void
ip6_remark(struct cpu *c, struct mvec *mv)
{
	uint32_t policy[MVEC_MAX];
	unsigned i, keep = 0;

	if ((if_policy_vec(c->c_sp, mv, policy) & IFP_DSCP) == 0)
		return;
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if ((policy[i] & IFP_DSCP) != 0 &&
		    mtod(m, const struct ip6_wire *)->ip6_hlim > 1)
			m = ip6_set_ds(c, m, policy[i]);
		if (m != NULL)
			mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
}
