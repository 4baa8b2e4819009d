/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending echo requests over IPv6; see ip/ping.h.
 */
#include "ip6/ping6.h"

#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "path.h"

static void
ping6_header(struct cpu *c, struct mbuf *m, const struct ping_msg *pm,
    struct in6 src)
{
	const struct ping_probe *pr = &pm->pm_probe;
	struct ip6_wire *ip6 = mtod(m, struct ip6_wire *);
	struct icmp6_wire *ic = (void *)(ip6 + 1);

	ip6->ip6_vfc[0] = 6 << 4;
	ip6->ip6_nxt = IPP_ICMPV6;
	ip6->ip6_hlim = pr->pr_ttl;
	st16be(ip6->ip6_plen, (uint16_t)(m->m_pktlen - IP6_HLEN));
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, pr->pr_dst.a_v6);
	ic->ic6_type = ICMP6_ECHO;
	st16be(ic->ic6_id, pm->pm_id);
	st16be(ic->ic6_seq, pr->pr_seq);
	icmp6_cksum(m, IP6_HLEN);
	m->m_rtable = pr->pr_rtable;
	m->m_oif = ip6_needs_link(pr->pr_dst.a_v6) ? pr->pr_oif : 0;
}

/* Packets are fragmented here unless the user says no: nothing is sent. */
static bool
ping6_too_big(const struct cpu *c, const struct ping_probe *pr,
    unsigned size, struct ping_event *pe)
{
	unsigned mtu = ip6_mtu(
	    c->c_sp, pr->pr_rtable, pr->pr_oif, pr->pr_dst.a_v6);

	if (!pr->pr_df || IP6_HLEN + ICMP6_HLEN + size <= mtu)
		return false;
	pe->pe_kind = PE_ERROR;
	pe->pe_type = ICMP6_TOOBIG;
	pe->pe_mtu = mtu;
	return true;
}

/* On a CPU: make and send it. */
static void
ping6_on_cpu(struct endpoint *ep, struct msg *msg)
{
	const struct ping_msg *pm = container_of(msg, struct ping_msg, pm_msg);
	const struct ping_probe *pr = &pm->pm_probe;
	unsigned size = umin(pr->pr_size, PING_SIZE_MAX);
	struct ping_event pe = { .pe_kind = PE_NOROUTE,
		.pe_id = pm->pm_id,
		.pe_seq = pr->pr_seq };
	struct cpu *c = endpoint_cpu(ep);
	struct mbuf *m;
	struct in6 src;

	role_enter(&on_cpu);
	if (!ip6_source(c->c_sp, pr->pr_rtable, pr->pr_oif, pr->pr_dst.a_v6,
		&src)) {
		ping_tell(c, &pe);
	} else if (ping6_too_big(c, pr, size, &pe)) {
		pe.pe_from = addr_v6(src);
		ping_tell(c, &pe);
	} else if ((m = ping_make(c, IP6_HLEN + ICMP6_HLEN, size)) == NULL) {
		pe.pe_kind = PE_NOBUF;
		ping_tell(c, &pe);
	} else {
		ping6_header(c, m, pm, src);
		stat_add(c, SG_PATH, pks_originated, 1);
		path_next(c, ST_IP6OUT, m);
	}
	msg_done(ep, msg);
}

int
ping6_send(struct ctl *ctl, const struct ping *p, unsigned cpu,
    const struct ping_probe *pr)
{
	return ping_post(ctl, p, cpu, pr, ping6_on_cpu);
}
