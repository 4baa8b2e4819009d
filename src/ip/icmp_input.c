/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP messages for this host (RFC 792; RFC 1122, 3.2.2).
 *
 * From ip_deliver().  An echo request is turned round in its own buffers,
 * whatever its size, and goes to ST_IPOUT: the request was delivered, the
 * reply is originated.  Echo replies and errors about echo requests are told
 * to whoever waits for them (ping.h).  The rest is consumed or dropped.
 */
#include <string.h>

#include "base/addr.h"
#include "ip/icmp_parse.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "ip/ip_options.h"
#include "ip/ping.h"
#include "mbuf/in_cksum.h"
#include "netisr/netisr.h"
#include "path.h"

/* How much of an ICMP message is looked at. */
#define ICMP_PULLUP (IP_HLEN_MAX + ICMP_HLEN)

static void ON_CPU
icmp_drop(struct cpu *c, struct mbuf *m, enum icmpstat why)
{
	m_drop(c, m, SG_ICMP, why);
}

static void ON_CPU
icmp_consume(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}

/* A checksum left to the device never left memory: it is completed first. */
static bool
icmp_cksum_ok(struct mbuf *m, unsigned hlen)
{
	if ((m->m_flags & MF_CSUM_OK) != 0)
		return true;
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		return m_csum_complete(m);
	return in_cksum_fold(m_cksum_add(m, hlen, m->m_pktlen - hlen, 0)) == 0;
}

/*
 * Record route and timestamp go back to whoever asked, with this host in them;
 * other options do not (RFC 1122, 3.2.2.6; there are no source routes).
 * Returns the length of the reply's header.
 */
static unsigned ON_CPU
icmp_turn_options(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	uint8_t options[IP_OPTLEN_MAX];
	unsigned n = 0, less;

	if (likely(ii->ii_hlen == IP_HLEN))
		return IP_HLEN;
	if (tun(c->c_sp, ip_process_options) == IPOPTS_PROCESS) {
		ip_record(c, m, ii->ii_dst);
		n = ip_options_echoed(m->m_data, ii->ii_hlen, options);
	}
	less = ii->ii_hlen - IP_HLEN - n;
	memmove(m->m_data + less, m->m_data, IP_HLEN);
	memcpy(m->m_data + less + IP_HLEN, options, n);
	m_adj(m, less);
	mtod(m, struct ip_wire *)->ip_vhl =
	    (uint8_t)(4 << 4 | (IP_HLEN + n) / 4);
	st16be(mtod(m, struct ip_wire *)->ip_len, (uint16_t)m->m_pktlen);
	return IP_HLEN + n;
}

/* m is writable up to the ICMP header.  Which becomes that of the reply. */
static void ON_CPU
icmp_turn(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	struct ip_wire *ip;
	struct icmp_wire *ic;
	unsigned hlen;
	uint16_t sum;

	hlen = icmp_turn_options(c, m, ii);
	ip = mtod(m, struct ip_wire *);
	st32be(ip->ip_src, ii->ii_dst);
	st32be(ip->ip_dst, ii->ii_src);
	st16be(ip->ip_off, 0);
	st16be(ip->ip_id, (uint16_t)rnd_u64(&c->c_rnd));
	ip->ip_ttl = (uint8_t)tun(c->c_sp, ip_ttl);
	ic = (void *)(m->m_data + hlen);
	ic->ic_type = ICMP_ECHOREPLY;
	sum = in_cksum_update16(ld16be(ic->ic_sum), ICMP_ECHO << 8, 0);
	/* All zeros but for this; -0 is right for whatever the rest is. */
	st16be(ic->ic_sum, sum != 0 ? sum : 0xffff);
	m->m_flags = MF_LOCAL | (m->m_flags & MF_TOLD);
	m->m_rcvif = 0;
}

static void ON_CPU
icmp_echo(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	struct mbuf *w;

	/* RFC 1122, 3.2.2.6: not to broadcasts and multicasts. */
	if ((m->m_flags & (MF_BCAST | MF_MCAST)) != 0 ||
	    in_is_multicast(ii->ii_dst) || in_is_broadcast(ii->ii_dst) ||
	    ip_route(c->c_sp, m->m_rtable, ii->ii_dst, NULL)->nh_type ==
		NH_BROADCAST) {
		icmp_drop(c, m, ics_bcast);
		return;
	}
	if ((w = m_writable(c, m, ii->ii_hlen + ICMP_HLEN)) == NULL) {
		icmp_drop(c, m, ics_outbuf);
		return;
	}
	icmp_turn(c, w, ii);
	stat_add(c, SG_ICMP, ics_echo, 1);
	stat_add(c, SG_PATH, pks_delivered, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	path_next(c, ST_IPOUT, w);
}

static void ON_CPU
icmp_echoreply(struct cpu *c, struct mbuf *m, const struct ip_info *ii,
    const struct icmp_info *ic)
{
	struct ping_event pe = { .pe_kind = PE_REPLY,
		.pe_from = addr_v4(ii->ii_src),
		.pe_id = ic->ic_id,
		.pe_seq = ic->ic_seq,
		.pe_ttl = ii->ii_ttl,
		.pe_len = m->m_pktlen - ii->ii_hlen };

	stat_add(c, SG_ICMP, ics_echoreply, 1);
	ping_heard(c, &pe, m, ii->ii_hlen + ICMP_HLEN);
	icmp_consume(c, m);
}

/* Whether the n bytes that an error quotes are of a datagram of UDP. */
static bool
icmp_quotes_udp(const uint8_t *p, unsigned n)
{
	struct ip_info ii;

	return ip_parse_quoted(p, n, &ii) == ips_none &&
	    ii.ii_proto == IPP_UDP;
}

/* An error this host provoked, by an echo request or a datagram. */
static void ON_CPU
icmp_error_input(struct cpu *c, struct mbuf *m, const struct ip_info *ii,
    const struct icmp_info *ic)
{
	uint8_t quote[IP_HLEN_MAX + ICMP_HLEN];
	unsigned off = ii->ii_hlen + ICMP_HLEN;
	unsigned n = umin(m->m_pktlen - off, sizeof(quote));
	struct icmp_quoted_echo iq;
	struct ping_event pe = { .pe_kind = PE_ERROR,
		.pe_from = addr_v4(ii->ii_src),
		.pe_ttl = ii->ii_ttl,
		.pe_type = ic->ic_type,
		.pe_code = ic->ic_code,
		.pe_mtu = ic->ic_mtu };

	stat_add(c, SG_ICMP, ics_errin, 1);
	m_copydata(m, off, n, quote);
	if (ip_udp_any(c->c_sp) && icmp_quotes_udp(quote, n)) {
		m->m_l4off = ii->ii_hlen;
		netisr_queue_about(c, NETISR_IP, ST_UDPERR, m, quote, n);
		return;
	}
	if (icmp_parse_quoted_echo(quote, n, &iq)) {
		pe.pe_id = iq.iq_id;
		pe.pe_seq = iq.iq_seq;
		ping_heard(c, &pe, NULL, 0);
	}
	icmp_consume(c, m);
}

static void ON_CPU
icmp_input_one(struct cpu *c, struct mbuf *m)
{
	enum icmpstat why;
	struct icmp_info ic;
	struct ip_info ii;

	(void)m_pullup(c, m, umin(ICMP_PULLUP, m->m_pktlen));
	/* ip_input() has found the header right. */
	(void)ip_parse_quoted(mtod(m, const uint8_t *), m->m_len, &ii);
	why = icmp_parse(m->m_data + ii.ii_hlen, m->m_len - ii.ii_hlen, &ic);
	if (why != ics_none)
		icmp_drop(c, m, why);
	else if (!icmp_cksum_ok(m, ii.ii_hlen))
		icmp_drop(c, m, ics_badsum);
	else if (ic.ic_type == ICMP_ECHO)
		icmp_echo(c, m, &ii);
	else if (ic.ic_type == ICMP_ECHOREPLY)
		icmp_echoreply(c, m, &ii, &ic);
	else if (ic.ic_type == ICMP_UNREACH || ic.ic_type == ICMP_QUENCH ||
	    ic.ic_type == ICMP_TIMEX || ic.ic_type == ICMP_PARAM)
		icmp_error_input(c, m, &ii, &ic);
	else if (ic.ic_type == ICMP_REDIRECT) /* RFC 1812, 5.2.7.2 */
		icmp_drop(c, m, ics_redirected);
	else
		icmp_drop(c, m, ics_type);
}

/* mv holds ICMP messages for this host, at their IPv4 header. */
void
icmp_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	stat_add(c, SG_ICMP, ics_total, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		icmp_input_one(c, mv->mv_m[i]);
}
