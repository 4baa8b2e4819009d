/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors that this host sends (RFC 792; RFC 1122, 3.2.2; RFC 1812, 4.3),
 * and the packets that are dropped with one.
 *
 * An error is a packet of its own, originated here: it quotes the other and
 * goes to ST_IPOUT, which finds the interface back to the sender and takes the
 * source address from it (RFC 1812, 4.3.2.4), unless the packet was for an
 * address of this host, which then answers itself.
 *
 * Whether to answer at all is decided in three steps: by the packet alone
 * (icmp_may_answer()), by what only this host knows about its addresses, and
 * by the budget.
 */
#include "ip/icmp_limit.h"
#include "ip/icmp_parse.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "path.h"

#define ICMP_TOS 0xc0 /* precedence 6: RFC 1812, 4.3.2.5 */

/* Enough of a packet to judge it. */
#define ICMP_LOOK (IP_HLEN_MAX + 1)

static bool
icmp_may_answer_here(
    const struct cpu *c, const struct mbuf *m, struct ip_info *ii)
{
	const struct spate *sp = c->c_sp;
	uint8_t look[ICMP_LOOK];
	unsigned n = umin(m->m_pktlen, sizeof(look));
	unsigned src, dst;

	m_copydata(m, 0, n, look);
	if (ip_parse_quoted(look, n, ii) != ips_none ||
	    !icmp_may_answer(ii, look + ii->ii_hlen, n - ii->ii_hlen) ||
	    (m->m_flags & (MF_BCAST | MF_MCAST)) != 0)
		return false;
	src = ip_route(sp, m->m_rtable, ii->ii_src, NULL)->nh_type;
	dst = ip_route(sp, m->m_rtable, ii->ii_dst, NULL)->nh_type;
	return src != NH_BROADCAST && dst != NH_BROADCAST &&
	    (src != NH_LOCAL || m->m_rcvif == 0);
}

static void
icmp_error_header(const struct cpu *c, struct mbuf *e, const struct mbuf *m,
    const struct ip_info *ii)
{
	const struct spate *sp = c->c_sp;
	struct ip_wire *ip = mtod(e, struct ip_wire *);
	bool local =
	    ip_route(sp, m->m_rtable, ii->ii_dst, NULL)->nh_type == NH_LOCAL;

	*ip = (struct ip_wire){ .ip_vhl = 0x45, .ip_tos = ICMP_TOS,
		.ip_ttl = (uint8_t)tun(sp, ip_ttl), .ip_p = IPP_ICMP };
	st16be(ip->ip_len, (uint16_t)e->m_pktlen);
	st16be(ip->ip_off, IP_DF);
	st32be(ip->ip_src, local ? ii->ii_dst : 0);
	st32be(ip->ip_dst, ii->ii_src);
}

static struct mbuf *ON_CPU
icmp_error_make(struct cpu *c, const struct mbuf *m, const struct ip_info *ii,
    unsigned type, unsigned code, uint32_t arg)
{
	unsigned quote =
	    umin(m->m_pktlen, ICMP_ERROR_MAX - IP_HLEN - ICMP_HLEN);
	struct icmp_wire *ic;
	struct mbuf *e;

	if ((e = m_alloc(c)) == NULL)
		return NULL;
	e->m_len = e->m_pktlen = IP_HLEN + ICMP_HLEN + quote;
	e->m_flags = MF_LOCAL;
	e->m_rtable = m->m_rtable;
	icmp_error_header(c, e, m, ii);
	ic = (void *)(e->m_data + IP_HLEN);
	*ic = (struct icmp_wire){ .ic_type = (uint8_t)type,
		.ic_code = (uint8_t)code };
	st16be(ic->ic_id, (uint16_t)(arg >> 16));
	st16be(ic->ic_seq, (uint16_t)arg);
	m_copydata(m, 0, quote, ic + 1);
	st16be(ic->ic_sum, in_cksum(ic, ICMP_HLEN + quote));
	return e;
}

static enum icmpstat
icmp_error_stat(unsigned type, unsigned code)
{
	switch (type) {
	case ICMP_UNREACH:
		return code == ICMP_UNREACH_NEEDFRAG ? ics_needfrag :
		    ics_unreach;
	case ICMP_TIMEX:
		return ics_timex;
	case ICMP_REDIRECT:
		return ics_redirect;
	default:
		return ics_param;
	}
}

void
icmp_error(struct cpu *c, const struct mbuf *m, unsigned type, unsigned code,
    uint32_t arg)
{
	uint64_t rate = tun(c->c_sp, icmp_limit);
	struct ip_info ii;
	struct mbuf *e;

	/* First what costs least: a flood of them is refused here. */
	if (!icmp_limit_has(c, IB_ICMP, rate)) {
		stat_add(c, SG_ICMP, ics_limited, 1);
		tell(c, m,
		    "no ICMP error: net.inet.icmp.icmplim is used up");
		return;
	}
	if (!icmp_may_answer_here(c, m, &ii)) {
		stat_add(c, SG_ICMP, ics_silent, 1);
		tell(c, m, "no ICMP error: such packets get none");
		return;
	}
	(void)icmp_limit_take(c, IB_ICMP, rate);
	if ((e = icmp_error_make(c, m, &ii, type, code, arg)) == NULL) {
		stat_add(c, SG_ICMP, ics_nobuf, 1);
		return;
	}
	stat_add(c, SG_ICMP, icmp_error_stat(type, code), 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	tell(c, m, "the sender is told: ICMP type %u code %u", type, code);
	path_next(c, ST_IPOUT, e);
}

void
ip_reject(struct cpu *c, struct mbuf *m, enum ipstat why, unsigned type,
    unsigned code, uint32_t arg)
{
	icmp_error(c, m, type, code, arg);
	ip_drop(c, m, why);
}

/* Stage: packets whose neighbour does not answer (RFC 1812, 5.2.7.1). */
void
ip_unreach(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		ip_reject(c, mv->mv_m[i], ips_noneigh, ICMP_UNREACH,
		    ICMP_UNREACH_HOST, 0);
}
