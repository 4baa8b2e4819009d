/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP and UDP where nothing listens: a reset (RFC 9293, 3.10.7.1), or port
 * unreachable (RFC 4443, 3.1).  Only what is undamaged is answered.
 */
#include "ip/icmp_limit.h"
#include "ip/ip_refuse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "mbuf/in_cksum.h"
#include "path.h"

static uint64_t
ip6_pseudo(const struct ip6_info *i6, unsigned len)
{
	return in6_cksum_pseudo(i6->i6_src, i6->i6_dst, i6->i6_proto, len);
}

/* Over len bytes of payload; nothing to check if it never left memory. */
static bool
ip6_l4_cksum_ok(const struct mbuf *m, const struct ip6_info *i6, unsigned len)
{
	if ((m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0)
		return true;
	return in_cksum_fold(m_cksum_add(
		   m, i6->i6_l4off, len, ip6_pseudo(i6, len))) == 0;
}

static void ON_CPU
ip6_send_reset(struct cpu *c, const struct mbuf *m, const struct ip6_info *i6,
    struct tcp_wire *rst)
{
	struct ip6_wire *ip6;
	struct mbuf *r;

	if (!icmp_limit_take(c, IB_RST, REFUSE_RATE) ||
	    (r = m_alloc(c)) == NULL)
		return;
	r->m_len = r->m_pktlen = sizeof(*ip6) + sizeof(*rst);
	r->m_flags = MF_LOCAL;
	r->m_rtable = m->m_rtable;
	if (ip6_needs_link(i6->i6_src))
		r->m_oif = m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;
	ip6 = mtod(r, struct ip6_wire *);
	*ip6 = (struct ip6_wire){ .ip6_vfc = { 6 << 4 },
		.ip6_nxt = IPP_TCP };
	st16be(ip6->ip6_plen, sizeof(*rst));
	in6_store(ip6->ip6_src, i6->i6_dst);
	in6_store(ip6->ip6_dst, i6->i6_src);
	st16be(rst->th_sum,
	    in_cksum_fold(in_cksum_add(
		rst, sizeof(*rst), ip6_pseudo(i6, sizeof(*rst)))));
	*(struct tcp_wire *)(void *)(ip6 + 1) = *rst;
	stat_add(c, SG_IP6, i6s_rst, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	path_next(c, ST_IP6OUT, r);
}

/* A group cannot be connected to (RFC 9293, 3.9.2.3). */
static bool
ip6_is_group(const struct mbuf *m, struct in6 dst)
{
	return (m->m_flags & (MF_BCAST | MF_MCAST)) != 0 ||
	    in6_is_multicast(dst);
}

void
ip6_refuse_tcp(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	unsigned seglen = m->m_pktlen - i6->i6_l4off;
	unsigned n = umin(seglen, sizeof(struct tcp_wire));
	uint8_t th[sizeof(struct tcp_wire)];
	struct tcp_wire rst;
	bool none;

	m_copydata(m, i6->i6_l4off, n, th);
	if (!tcp_reset_for(th, n, seglen, &rst, &none)) {
		ip6_drop(c, m, i6s_badl4);
		return;
	}
	if (!ip6_l4_cksum_ok(m, i6, seglen)) {
		ip6_drop(c, m, i6s_badl4sum);
		return;
	}
	if (!none && !ip6_is_group(m, i6->i6_dst) &&
	    !in6_is_unspecified(i6->i6_src))
		ip6_send_reset(c, m, i6, &rst);
	ip6_drop(c, m, i6s_notcp);
}

enum ip6stat
ip6_udp_check(
    const struct mbuf *m, const struct ip6_info *i6, struct udp_wire *uh)
{
	unsigned have = m->m_pktlen - i6->i6_l4off;
	unsigned len;

	if (m->m_pktlen < i6->i6_l4off || have < sizeof(*uh))
		return i6s_badl4;
	m_copydata(m, i6->i6_l4off, sizeof(*uh), uh);
	len = ld16be(uh->uh_len);
	if (len < sizeof(*uh) || len > have)
		return i6s_badl4;
	return ld16be(uh->uh_sum) != 0 && /* RFC 8200, 8.1 */
		ip6_l4_cksum_ok(m, i6, len) ?
	    i6s_none : i6s_badl4sum;
}

void
ip6_refuse_udp(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	struct udp_wire uh;
	enum ip6stat why = ip6_udp_check(m, i6, &uh);

	if (why != i6s_none)
		ip6_drop(c, m, why);
	else
		ip6_reject(
		    c, m, i6s_noport, ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0);
}
