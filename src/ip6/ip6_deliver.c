/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 packets for this host: through their extension headers (RFC 8200, 4)
 * to ICMPv6, to the CPU that has the end point of UDP, or refused.
 */
#include "if/if.h"
#include "ip/ip.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "netisr/netisr.h"
#include "netisr/punt.h"
#include "path.h"

/* Something in the headers is not as it should be; the parser says what. */
static void ON_CPU
ip6_bad_header(struct cpu *c, struct mbuf *m, enum ip6stat why,
    const struct ip6_info *i6)
{
	if (i6->i6_errcode == IP6_SILENT)
		ip6_drop(c, m, why);
	else
		ip6_reject(
		    c, m, why, ICMP6_PARAM, i6->i6_errcode, i6->i6_errptr);
}

/*
 * In the name of this host from the wire: must not cause an answer.  ICMPv6
 * looks for itself, as duplicates of own addresses are found by such packets.
 */
static bool
ip6_own_source(
    const struct cpu *c, const struct mbuf *m, const struct ip6_info *i6)
{
	return m->m_rcvif != 0 && i6->i6_proto != IPP_ICMPV6 &&
	    ip6_is_own(c->c_sp, m->m_rtable, i6->i6_src, m->m_rcvif);
}

/* Bytes of an upper-layer header that must not be split. */
static unsigned
ip6_l4_header(unsigned proto)
{
	switch (proto) {
	case IPP_TCP:
		return sizeof(struct tcp_wire);
	case IPP_UDP:
	case IPP_ICMPV6:
		return sizeof(struct udp_wire);
	default:
		return 0;
	}
}

/*
 * RFC 7112, 5: the first fragment holds all headers.  The parser's silent
 * i6s_badext says that they went on beyond the packet, or beyond what we look
 * at.
 */
static bool
ip6_splits_headers(
    const struct mbuf *m, const struct ip6_info *i6, enum ip6stat why)
{
	if ((i6->i6_flags & I6F_MF) == 0 || i6->i6_off != 0)
		return false;
	if (why != i6s_none)
		return why == i6s_badext && i6->i6_errcode == IP6_SILENT;
	return i6->i6_l4off + ip6_l4_header(i6->i6_proto) > m->m_pktlen;
}

#define PORT_DHCP6 547

/* For the relay of DHCPv6, which looks at it again. */
static bool
ip6_is_dhcp(
    const struct cpu *c, const struct mbuf *m, const struct ip6_info *i6)
{
	struct udp_wire uh;

	if (!if_any_relay(c->c_sp) ||
	    m->m_pktlen < i6->i6_l4off + sizeof(uh))
		return false;
	m_copydata(m, i6->i6_l4off, sizeof(uh), &uh);
	return ld16be(uh.uh_dport) == PORT_DHCP6;
}

void
ip6_udp_refuse(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	if (m->m_rcvif != 0 && !punt_take(c, m->m_rcvif, PUNT_UDP))
		ip6_drop(c, m, i6s_punt);
	else
		ip6_refuse_udp(c, m, i6);
}

static void ON_CPU
ip6_deliver_udp(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	if (ip6_is_dhcp(c, m, i6)) {
		m->m_l4off = i6->i6_l4off;
		path_next(c, ST_DHCP6, m);
	} else if (ip_udp_any(c->c_sp)) {
		m->m_l4off = i6->i6_l4off;
		netisr_queue(c, NETISR_IP6, ST_UDP6, m);
	} else {
		ip6_refuse_udp(c, m, i6);
	}
}

static void ON_CPU
ip6_deliver_proto(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	stat_add(c, SG_IP6, i6s_delivered, 1);
	if ((i6->i6_flags & I6F_FRAGMENT) != 0) { /* RFC 6946 */
		stat_add(c, SG_IP6, i6s_atomic, 1);
		m->m_flags |= MF_REASS;
	}
	switch (i6->i6_proto) {
	case IPP_ICMPV6:
		m->m_l4off = i6->i6_l4off;
		path_next(c, ST_ICMP6, m);
		break;
	case IPP_TCP:
		ip6_refuse_tcp(c, m, i6);
		break;
	case IPP_UDP:
		ip6_deliver_udp(c, m, i6);
		break;
	case IPP_NONE:
		ip6_drop(c, m, i6s_nonext); /* RFC 8200, 4.7 */
		break;
	default:
		ip6_reject(c, m, i6s_noproto, ICMP6_PARAM, ICMP6_PARAM_NEXT,
		    i6->i6_errptr);
		break;
	}
}

static bool
ip6_is_nd(const struct mbuf *m, const struct ip6_info *i6)
{
	uint8_t type;

	if (m->m_pktlen <= i6->i6_l4off)
		return false;
	m_copydata(m, i6->i6_l4off, 1, &type);
	return type >= ICMP6_ND_FIRST && type <= ICMP6_ND_LAST;
}

/*
 * What a packet from the wire may cost: see netisr/punt.h.  Discovery comes
 * from neighbours alone, with a hop limit of 255 and no other headers as a
 * rule; it has a budget that those farther away cannot use up.
 */
static bool ON_CPU
ip6_within_budget(
    struct cpu *c, const struct mbuf *m, const struct ip6_info *i6)
{
	enum punt p = PUNT_OTHER;

	if (m->m_rcvif == 0 || i6->i6_proto == IPP_FRAGMENT)
		return true;
	if (i6->i6_proto == IPP_ICMPV6)
		p = i6->i6_hlim == 255 && ip6_is_nd(m, i6) ? PUNT_ND :
		    PUNT_ICMP6;
	else if (i6->i6_proto == IPP_TCP)
		p = PUNT_TCP;
	else if (i6->i6_proto == IPP_UDP && ip_udp_any(c->c_sp) &&
	    !ip6_is_dhcp(c, m, i6))
		return true; /* only what nobody wants: ip6_udp_refuse() */
	else if (i6->i6_proto == IPP_UDP)
		p = PUNT_UDP;
	return punt_take(c, m->m_rcvif, p);
}

void
ip6_deliver(struct cpu *c, struct mbuf *m, struct ip6_info *i6)
{
	enum ip6stat why = i6s_none;

	if (!ip6_within_budget(c, m, i6)) {
		ip6_drop(c, m, i6s_punt);
		return;
	}
	if (ip6_is_ext(i6->i6_proto)) {
		(void)m_pullup(c, m, umin(IP6_LOOK, m->m_pktlen));
		why = ip6_parse_ext(mtod(m, const uint8_t *),
		    umin(IP6_LOOK, m->m_len), i6);
	}
	if (ip6_splits_headers(m, i6, why))
		ip6_reject(c, m, i6s_fragchain, ICMP6_PARAM, ICMP6_PARAM_CHAIN,
		    0);
	else if (why != i6s_none)
		ip6_bad_header(c, m, why, i6);
	else if (ip6_own_source(c, m, i6))
		ip6_drop(c, m, i6s_ownsrc);
	else if (i6->i6_off != 0 || (i6->i6_flags & I6F_MF) != 0)
		ip6_reass_give(c, m, i6);
	else
		ip6_deliver_proto(c, m, i6);
}
