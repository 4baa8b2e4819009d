/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 messages for this host (RFC 4443).
 *
 * From ip6_deliver(), which left the offset of the message in m_l4off.  An
 * echo request is turned round in its own buffers, whatever its size, and goes
 * to ST_IP6OUT: the request was delivered, the reply is originated.  Echo
 * replies and errors about echo requests are told to whoever waits for them
 * (ip/ping.h).  Neighbour discovery goes to nd6_input().
 */
#include <string.h>

#include "base/addr.h"
#include "ip/ip.h"
#include "ip/ping.h"
#include "ip6/icmp6_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "ip6/nd6.h"
#include "mbuf/in_cksum.h"
#include "netisr/netisr.h"
#include "path.h"

static void ON_CPU
icmp6_drop(struct cpu *c, struct mbuf *m, enum icmp6stat why)
{
	m_drop(c, m, SG_ICMP6, why);
}

static void ON_CPU
icmp6_consume(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}

/* A checksum left to the device never left memory: it is completed first. */
static bool
icmp6_cksum_ok(struct mbuf *m, const struct ip6_info *i6)
{
	unsigned len = m->m_pktlen - i6->i6_l4off;

	if ((m->m_flags & MF_CSUM_OK) != 0)
		return true;
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		return m_csum_complete(m);
	return in_cksum_fold(m_cksum_add(m, i6->i6_l4off, len,
		   in6_cksum_pseudo(
		       i6->i6_src, i6->i6_dst, IPP_ICMPV6, len))) == 0;
}

/* The reply has no extension headers: what they say is the request's. */
static void
icmp6_strip_ext(struct mbuf *m, unsigned l4off)
{
	if (likely(l4off == IP6_HLEN))
		return;
	memmove(m->m_data + l4off - IP6_HLEN, m->m_data, IP6_HLEN);
	m_adj(m, l4off - IP6_HLEN);
	mtod(m, struct ip6_wire *)->ip6_nxt = IPP_ICMPV6;
	st16be(mtod(m, struct ip6_wire *)->ip6_plen,
	    (uint16_t)(m->m_pktlen - IP6_HLEN));
}

/* m is writable up to the ICMPv6 header, which becomes that of the reply. */
static void
icmp6_turn(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    struct in6 src)
{
	struct ip6_wire *ip6;
	struct icmp6_wire *ic;

	icmp6_strip_ext(m, i6->i6_l4off);
	ip6 = mtod(m, struct ip6_wire *);
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, i6->i6_src);
	ip6->ip6_hlim = 0; /* ip6_output() knows it */
	ic = (void *)(ip6 + 1);
	ic->ic6_type = ICMP6_ECHOREPLY;
	if (in6_eq(src, i6->i6_dst)) /* a sum does not see the exchange */
		st16be(ic->ic6_sum,
		    in_cksum_update16(ld16be(ic->ic6_sum), ICMP6_ECHO << 8,
			ICMP6_ECHOREPLY << 8));
	else
		icmp6_cksum(m, IP6_HLEN);
	m->m_oif = ip6_needs_link(i6->i6_src) ? m->m_rcvif : 0;
	m->m_flags = MF_LOCAL | (m->m_flags & MF_TOLD);
	m->m_rcvif = 0;
}

/* RFC 4443, 4.2: requests to a group are answered too. */
static void ON_CPU
icmp6_echo(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	unsigned link = m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;
	struct in6 src = i6->i6_dst;
	struct mbuf *w;

	if (m->m_rcvif == 0)
		m->m_rcvif = m->m_oif; /* a link-local address of our own */
	else if (in6_is_unspecified(i6->i6_src) ||
	    ip6_is_own(c->c_sp, m->m_rtable, i6->i6_src, link)) {
		ip6_drop(c, m, i6s_ownsrc);
		return;
	}
	if (in6_is_multicast(i6->i6_dst) &&
	    !ip6_source(c->c_sp, m->m_rtable, link, i6->i6_src, &src)) {
		ip6_drop(c, m, i6s_nosrc);
		return;
	}
	if ((w = m_writable(c, m, i6->i6_l4off + ICMP6_HLEN)) == NULL) {
		icmp6_drop(c, m, i6cs_outbuf);
		return;
	}
	icmp6_turn(c, w, i6, src);
	stat_add(c, SG_ICMP6, i6cs_echo, 1);
	stat_add(c, SG_PATH, pks_delivered, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	path_next(c, ST_IP6OUT, w);
}

static void ON_CPU
icmp6_echoreply(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    const struct icmp6_info *ic)
{
	struct ping_event pe = { .pe_kind = PE_REPLY,
		.pe_from = addr_v6(i6->i6_src),
		.pe_id = ic->ic6_id,
		.pe_seq = ic->ic6_seq,
		.pe_ttl = i6->i6_hlim,
		.pe_len = m->m_pktlen - i6->i6_l4off };

	stat_add(c, SG_ICMP6, i6cs_echoreply, 1);
	ping_heard(c, &pe, m, i6->i6_l4off + ICMP6_HLEN);
	icmp6_consume(c, m);
}

/* Whether the n bytes that an error quotes are of a datagram of UDP. */
static bool
icmp6_quotes_udp(const uint8_t *p, unsigned n)
{
	struct ip6_info i6;

	if (ip6_parse_quoted(p, n, &i6) != i6s_none)
		return false;
	if (ip6_is_ext(i6.i6_proto))
		(void)ip6_parse_ext(p, n, &i6);
	return i6.i6_proto == IPP_UDP;
}

/* An error this host provoked, by an echo request or a datagram. */
static void ON_CPU
icmp6_error_input(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    const struct icmp6_info *ic)
{
	uint8_t quote[IP6_LOOK];
	unsigned off = i6->i6_l4off + ICMP6_HLEN;
	unsigned n = umin(m->m_pktlen - off, sizeof(quote));
	struct icmp6_quoted_echo iq;
	struct ping_event pe = { .pe_kind = PE_ERROR,
		.pe_from = addr_v6(i6->i6_src),
		.pe_ttl = i6->i6_hlim,
		.pe_type = ic->ic6_type,
		.pe_code = ic->ic6_code,
		.pe_mtu = ic->ic6_mtu };

	stat_add(c, SG_ICMP6, i6cs_errin, 1);
	m_copydata(m, off, n, quote);
	if (ip_udp_any(c->c_sp) && icmp6_quotes_udp(quote, n)) {
		m->m_l4off = i6->i6_l4off;
		netisr_queue_about(c, NETISR_IP6, ST_UDPERR, m, quote, n);
		return;
	}
	if (icmp6_parse_quoted_echo(quote, n, &iq)) {
		pe.pe_id = iq.iq6_id;
		pe.pe_seq = iq.iq6_seq;
		ping_heard(c, &pe, NULL, 0);
	}
	icmp6_consume(c, m);
}

static void ON_CPU
icmp6_input_one(struct cpu *c, struct mbuf *m)
{
	unsigned l4off = m->m_l4off;
	enum icmp6stat why;
	struct icmp6_info ic;
	struct ip6_info i6;

	(void)m_pullup(c, m, umin(l4off + ICMP6_HLEN, m->m_pktlen));
	/* ip6_input() has found the header right. */
	(void)ip6_parse_quoted(mtod(m, const uint8_t *), m->m_len, &i6);
	i6.i6_l4off = (uint16_t)l4off;
	i6.i6_proto = IPP_ICMPV6;
	why = icmp6_parse(m->m_data + l4off,
	    m->m_len > l4off ? m->m_len - l4off : 0, &ic);
	if (why != i6cs_none)
		icmp6_drop(c, m, why);
	else if (!icmp6_cksum_ok(m, &i6))
		icmp6_drop(c, m, i6cs_badsum);
	else if (ic.ic6_type == ICMP6_ECHO)
		icmp6_echo(c, m, &i6);
	else if (ic.ic6_type == ICMP6_ECHOREPLY)
		icmp6_echoreply(c, m, &i6, &ic);
	else if (ic.ic6_type >= ICMP6_ND_FIRST && ic.ic6_type <= ICMP6_ND_LAST)
		nd6_input(c, m, &i6, l4off);
	else if (ic.ic6_type >= ICMP6_UNREACH && ic.ic6_type <= ICMP6_PARAM)
		icmp6_error_input(c, m, &i6, &ic);
	else
		icmp6_drop(c, m, i6cs_type);
}

/* mv holds ICMPv6 messages for this host, at their IPv6 header. */
void
icmp6_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	stat_add(c, SG_ICMP6, i6cs_total, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		icmp6_input_one(c, mv->mv_m[i]);
}
