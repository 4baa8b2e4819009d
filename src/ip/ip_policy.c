/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What interfaces ask for IPv4 packets that come in by them (if_policy).
 *
 * Reverse path: a packet is dropped, without a word, if its source would not
 * be reached by the interface that it came in by ("strict"; of several ways of
 * equal cost any will do), or not at all ("loose").  RFC 2827; RFC 3704, 2.2
 * and 2.4; RFC 1812, 5.3.8.
 *
 * DSCP: what is forwarded gets the interface's codepoint in place of its own
 * (RFC 2474, 3; RFC 2475, 2.3.3).  Errors quote packets as they came.
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip/ip_int.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "route/fib4.h"

/* Packets whose source is looked up. */
struct ip_reverse {
	unsigned ir_n;
	uint32_t ir_src[MVEC_MAX];
	uint32_t ir_nh[MVEC_MAX];
	uint8_t ir_at[MVEC_MAX]; /* place in the vector */
};
static_assert(MVEC_MAX <= UINT8_MAX, "ir_at");

/*
 * Sources that no packet from the wire may have are somebody else's to drop,
 * and who has no address yet asks for one without.
 */
static void
ip_reverse_select(const struct mvec *mv, const uint32_t *policy,
    struct ip_reverse *ir)
{
	unsigned i;

	ir->ir_n = 0;
	for (i = 0; i < mv->mv_n; i++) {
		const struct ip_wire *ip =
		    mtod(mv->mv_m[i], const struct ip_wire *);
		uint32_t src = ld32be(ip->ip_src);

		if ((policy[i] & IFP_REVERSE) == 0 ||
		    !(ip_is_plain(src) || in_is_linklocal(src)))
			continue;
		ir->ir_at[ir->ir_n] = (uint8_t)i;
		ir->ir_src[ir->ir_n++] = src;
	}
}

/* Packets of one routing table next to each other are looked up together. */
static void
ip_reverse_route(
    const struct spate *sp, const struct mvec *mv, struct ip_reverse *ir)
{
	unsigned i, first;

	for (first = 0; first < ir->ir_n; first = i) {
		unsigned rtable = mv->mv_m[ir->ir_at[first]]->m_rtable;

		for (i = first + 1; i < ir->ir_n; i++)
			if (mv->mv_m[ir->ir_at[i]]->m_rtable != rtable)
				break;
		fib4_lookup_vec(atomic_load_explicit(&sp->sp_rt[rtable].rt_fib4,
				    memory_order_acquire),
		    ir->ir_src + first, ir->ir_nh + first, i - first);
	}
}

/* Whether a packet from src, which is routed by nh, may come in by ifindex. */
static bool
ip_reverse_ok(const struct spate *sp, uint32_t nh, uint32_t src,
    unsigned ifindex, bool strict)
{
	const struct nhop *hop =
	    ip_follow(sp, nhop_lookup(sp, nh), src, NULL);

	return nhop_is_way(hop) &&
	    (!strict || nhop_is_by(sp, hop, ifindex));
}

static void ON_CPU
ip_reverse(struct cpu *c, struct mvec *mv, struct ip_vec *iv,
    uint32_t *policy)
{
	struct ip_reverse ir;
	unsigned i, k = 0, keep = 0;

	ip_reverse_select(mv, policy, &ir);
	ip_reverse_route(c->c_sp, mv, &ir);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		bool ok = true;

		if (k < ir.ir_n && ir.ir_at[k] == i) {
			ok = ip_reverse_ok(c->c_sp, ir.ir_nh[k], ir.ir_src[k],
			    m->m_rcvif, (policy[i] & IFP_STRICT) != 0);
			k++;
		}
		if (!ok) {
			tell(c, m, "the way back to the source is not %s",
			    (policy[i] & IFP_STRICT) != 0 ?
			    "by this interface" : "known");
			ip_drop(c, m, ips_reverse);
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
ip_policy(struct cpu *c, struct mvec *mv, struct ip_vec *iv)
{
	uint32_t policy[MVEC_MAX], all;

	all = if_policy_vec(c->c_sp, mv, policy);
	if ((all & IFP_REVERSE) != 0)
		ip_reverse(c, mv, iv, policy);
	if ((all & IFP_RULES) != 0)
		ip_rules(c, mv, iv, policy);
}

/* Which may be another mbuf then; NULL: there was no memory. */
static struct mbuf *ON_CPU
ip_set_ds(struct cpu *c, struct mbuf *m, uint32_t policy)
{
	struct ip_wire *ip = mtod(m, struct ip_wire *);
	uint8_t ds = if_policy_ds(policy, ip->ip_tos);
	struct mbuf *w;

	if (ds == ip->ip_tos)
		return m;
	if ((m->m_flags & MF_SHARED) != 0) {
		if ((w = m_writable(c, m, (ip->ip_vhl & 15u) * 4)) == NULL) {
			ip_drop(c, m, ips_nobuf);
			return NULL;
		}
		m = w;
		ip = mtod(m, struct ip_wire *);
	}
	st16be(ip->ip_sum,
	    in_cksum_update16(ld16be(ip->ip_sum), ip->ip_tos, ds));
	ip->ip_tos = ds;
	stat_add(c, SG_IP, ips_remarked, 1);
	return m;
}

void
ip_remark(struct cpu *c, struct mvec *mv)
{
	uint32_t policy[MVEC_MAX];
	unsigned i, keep = 0;

	if ((if_policy_vec(c->c_sp, mv, policy) & IFP_DSCP) == 0)
		return;
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if ((policy[i] & IFP_DSCP) != 0 &&
		    mtod(m, const struct ip_wire *)->ip_ttl > 1)
			m = ip_set_ds(c, m, policy[i]);
		if (m != NULL)
			mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
}
