/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 errors that this host sends (RFC 4443, 2 and 3), and the packets that
 * are dropped with one.
 *
 * An error is a packet of its own, originated here: it quotes the other and
 * goes to ST_IP6OUT.  Its source is the address the packet was for, if that is
 * one of this host, else the one to reach the sender from (RFC 4443, 2.2).  A
 * link-local sender is answered on the link it is on.
 *
 * Whether to answer at all is decided in three steps: by the packet alone
 * (icmp6_may_answer()), by what only this host knows about its addresses, and
 * by the budget.
 */
#include "ip/icmp_limit.h"
#include "ip6/icmp6_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "path.h"

void
icmp6_cksum(struct mbuf *m, unsigned l4off)
{
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);
	struct icmp6_wire *ic = (void *)(m->m_data + l4off);
	unsigned len = m->m_pktlen - l4off;

	st16be(ic->ic6_sum, 0);
	st16be(ic->ic6_sum,
	    in_cksum_fold(m_cksum_add(m, l4off, len,
		in6_cksum_pseudo(in6_load(ip6->ip6_src),
		    in6_load(ip6->ip6_dst), IPP_ICMPV6, len))));
}

/* What is beyond the headers we look at counts as not there. */
static bool
icmp6_may_answer_here(const struct cpu *c, const struct mbuf *m,
    struct ip6_info *i6, unsigned type, unsigned code)
{
	bool mcast = (m->m_flags & (MF_BCAST | MF_MCAST)) != 0;
	uint8_t look[IP6_LOOK];
	unsigned n = umin(m->m_pktlen, sizeof(look));
	struct ip6_info walk;

	m_copydata(m, 0, n, look);
	if (ip6_parse_quoted(look, n, i6) != i6s_none)
		return false;
	walk = *i6;
	/* If the chain is broken, what was found up to there decides. */
	(void)ip6_parse_ext(look, n, &walk);
	n = walk.i6_l4off < n ? n - walk.i6_l4off : 0;
	if (!icmp6_may_answer(
		&walk, look + walk.i6_l4off, n, mcast, type, code))
		return false;
	return m->m_rcvif == 0 ||
	    !ip6_is_own(c->c_sp, m->m_rtable, i6->i6_src, m->m_rcvif);
}

/* The link a link-local address of the packet is on. */
static unsigned
icmp6_link(const struct mbuf *m)
{
	return m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;
}

static bool
icmp6_error_source(const struct cpu *c, const struct mbuf *m,
    const struct ip6_info *i6, struct in6 *src)
{
	if (ip6_is_own(c->c_sp, m->m_rtable, i6->i6_dst, icmp6_link(m))) {
		*src = i6->i6_dst;
		return true;
	}
	return ip6_source(
	    c->c_sp, m->m_rtable, icmp6_link(m), i6->i6_src, src);
}

static struct mbuf *ON_CPU
icmp6_error_make(struct cpu *c, const struct mbuf *m,
    const struct ip6_info *i6, struct in6 src, unsigned type, unsigned code,
    uint32_t arg)
{
	unsigned quote =
	    umin(m->m_pktlen, ICMP6_ERROR_MAX - IP6_HLEN - ICMP6_HLEN);
	struct icmp6_wire *ic;
	struct ip6_wire *ip6;
	struct mbuf *e;

	if ((e = m_alloc(c)) == NULL)
		return NULL;
	e->m_len = e->m_pktlen = IP6_HLEN + ICMP6_HLEN + quote;
	e->m_flags = MF_LOCAL;
	e->m_rtable = m->m_rtable;
	e->m_oif = ip6_needs_link(i6->i6_src) ? (uint16_t)icmp6_link(m) : 0;
	ip6 = mtod(e, struct ip6_wire *);
	*ip6 = (struct ip6_wire){ .ip6_vfc = { 6 << 4 },
		.ip6_nxt = IPP_ICMPV6 };
	st16be(ip6->ip6_plen, (uint16_t)(ICMP6_HLEN + quote));
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, i6->i6_src);
	ic = (void *)(ip6 + 1);
	*ic = (struct icmp6_wire){ .ic6_type = (uint8_t)type,
		.ic6_code = (uint8_t)code };
	st16be(ic->ic6_id, (uint16_t)(arg >> 16));
	st16be(ic->ic6_seq, (uint16_t)arg);
	m_copydata(m, 0, quote, ic + 1);
	icmp6_cksum(e, IP6_HLEN);
	return e;
}

static enum icmp6stat
icmp6_error_stat(unsigned type)
{
	switch (type) {
	case ICMP6_UNREACH:
		return i6cs_unreach;
	case ICMP6_TOOBIG:
		return i6cs_toobig;
	case ICMP6_TIMEX:
		return i6cs_timex;
	default:
		return i6cs_param;
	}
}

void
icmp6_error(struct cpu *c, const struct mbuf *m, unsigned type, unsigned code,
    uint32_t arg)
{
	uint64_t rate = tun(c->c_sp, icmp6_limit);
	struct ip6_info i6;
	struct in6 src;
	struct mbuf *e;

	/* First what costs least: a flood of them is refused here. */
	if (!icmp_limit_has(c, IB_ICMP6, rate)) {
		stat_add(c, SG_ICMP6, i6cs_limited, 1);
		tell(c, m,
		    "no ICMPv6 error: net.inet6.icmp6.errppslimit is used up");
		return;
	}
	if (!icmp6_may_answer_here(c, m, &i6, type, code) ||
	    !icmp6_error_source(c, m, &i6, &src)) {
		stat_add(c, SG_ICMP6, i6cs_silent, 1);
		tell(c, m, "no ICMPv6 error: such packets get none");
		return;
	}
	(void)icmp_limit_take(c, IB_ICMP6, rate);
	e = icmp6_error_make(c, m, &i6, src, type, code, arg);
	if (e == NULL) {
		stat_add(c, SG_ICMP6, i6cs_nobuf, 1);
		return;
	}
	stat_add(c, SG_ICMP6, icmp6_error_stat(type), 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	tell(c, m, "the sender is told: ICMPv6 type %u code %u", type, code);
	path_next(c, ST_IP6OUT, e);
}

void
ip6_reject(struct cpu *c, struct mbuf *m, enum ip6stat why, unsigned type,
    unsigned code, uint32_t arg)
{
	icmp6_error(c, m, type, code, arg);
	ip6_drop(c, m, why);
}

/* Stage: packets whose neighbour does not answer (RFC 4861, 7.2.2). */
void
ip6_unreach(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		ip6_reject(c, mv->mv_m[i], i6s_noneigh, ICMP6_UNREACH,
		    ICMP6_UNREACH_ADDR, 0);
}
