/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What interfaces ask for IPv4 packets that come in by them (if_policy).
 *
 * Reverse path: a packet is dropped, without a word, if its source would not
 * be reached by the interface that it came in by ("strict"; of several ways of
 * equal cost any will do), or not at all ("loose").  RFC 2827; RFC 3704, 2.2
 * and 2.4; RFC 1812, 5.3.8.
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip/ip_int.h"
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
    const uint32_t *policy)
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
			ip_drop(c, m, ips_reverse);
			continue;
		}
		iv->iv_dst[keep] = iv->iv_dst[i];
		iv->iv_nh[keep] = iv->iv_nh[i];
		iv->iv_plain[keep] = iv->iv_plain[i];
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
}
