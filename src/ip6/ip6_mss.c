/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The segment size of TCP connections over IPv6 that are forwarded: ip/mss.h.
 */
#include "ip/mss.h"
#include "ip6/ip6_int.h"

#define HEADERS (IP6_HLEN + (unsigned)sizeof(struct tcp_wire))

/*
 * Offset of the TCP header; 0 if there is none, or not all of the segment is
 * there, or it lies behind what we do not understand.
 */
static unsigned ON_CPU
ip6_mss_l4off(struct cpu *c, struct mbuf *m)
{
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);
	struct ip6_info i6;

	if (likely(!ip6_is_ext(ip6->ip6_nxt)))
		return ip6->ip6_nxt == IPP_TCP ? IP6_HLEN : 0;
	if (m->m_next != NULL && m->m_len < IP6_LOOK)
		(void)m_pullup(c, m, umin(IP6_LOOK, m->m_pktlen));
	ip6_take(mtod(m, const uint8_t *), &i6);
	if (ip6_parse_ext(mtod(m, const uint8_t *), umin(IP6_LOOK, m->m_len),
		&i6) != i6s_none ||
	    i6.i6_off != 0 || (i6.i6_flags & I6F_MF) != 0)
		return 0;
	return i6.i6_proto == IPP_TCP ? i6.i6_l4off : 0;
}

static enum mss_done ON_CPU
ip6_mss(struct cpu *c, struct mbuf **m)
{
	unsigned limit, l4off = ip6_mss_l4off(c, *m);

	/* An error quotes what goes no further as it came. */
	if (l4off == 0 || mtod(*m, const struct ip6_wire *)->ip6_hlim <= 1)
		return MSS_LEFT;
	limit = mss_limit(
	    c->c_sp, *m, nhop_lookup(c->c_sp, (*m)->m_nh), HEADERS);
	return limit < MSS_NOLIMIT ? mss_clamp(c, m, l4off, limit) : MSS_LEFT;
}

void
ip6_mss_vec(struct cpu *c, struct mvec *mv)
{
	unsigned i, keep = 0, lowered = 0;

	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		enum mss_done done = ip6_mss(c, &m);

		if (done == MSS_NOBUF) {
			ip6_drop(c, m, i6s_nobuf);
			continue;
		}
		lowered += done == MSS_LOWERED;
		mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
	stat_add(c, SG_IP6, i6s_mss, lowered);
}
