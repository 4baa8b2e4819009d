/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors about datagrams that were sent from here (RFC 1122, 4.1.3.3;
 * RFC 4443, 3): to the end point that sent them.
 *
 * From icmp_input() and icmp6_input(), which found the message undamaged and
 * steered it as an answer to the datagram would have been: to the CPU that has
 * the end point.
 */
#include <errno.h>

#include "ip/icmp_wire.h"
#include "ip/ip_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_parse.h"
#include "mbuf/tell.h"
#include "path.h"
#include "udp/udp_int.h"
#include "udp/udp_parse.h"

#define QUOTE_LOOK 512u /* of extension headers, too */

static int
error_of4(unsigned type, unsigned code)
{
	switch (type) {
	case ICMP_UNREACH:
		if (code == ICMP_UNREACH_PORT)
			return ECONNREFUSED;
		if (code == ICMP_UNREACH_NEEDFRAG)
			return EMSGSIZE;
		if (code == ICMP_UNREACH_PROTO)
			return ENOPROTOOPT;
		return EHOSTUNREACH;
	case ICMP_PARAM:
		return EPROTO;
	default:
		return EHOSTUNREACH;
	}
}

static int
error_of6(unsigned type, unsigned code)
{
	switch (type) {
	case ICMP6_UNREACH:
		if (code == ICMP6_UNREACH_PORT)
			return ECONNREFUSED;
		if (code == ICMP6_UNREACH_ADMIN)
			return EACCES;
		return code == ICMP6_UNREACH_NOROUTE ? ENETUNREACH :
		    EHOSTUNREACH;
	case ICMP6_TOOBIG:
		return EMSGSIZE;
	case ICMP6_PARAM:
		return EPROTO;
	default:
		return EHOSTUNREACH;
	}
}

/* What the message says; both kinds begin with type, code, sum, 32 bits. */
static void
error_take(const struct mbuf *m, struct udp_error *ue)
{
	uint8_t head[sizeof(struct icmp_wire)];

	m_copydata(m, m->m_l4off, sizeof(head), head);
	ue->ue_type = head[0];
	ue->ue_code = head[1];
	ue->ue_six = *m->m_data >> 4 == 6;
	if (ue->ue_six) {
		ue->ue_from = addr_v6(
		    in6_load(mtod(m, const struct ip6_wire *)->ip6_src));
		ue->ue_errno = error_of6(head[0], head[1]);
		ue->ue_mtu = ue->ue_errno == EMSGSIZE ? ld32be(head + 4) : 0;
	} else {
		ue->ue_from = addr_v4(
		    ld32be(mtod(m, const struct ip_wire *)->ip_src));
		ue->ue_errno = error_of4(head[0], head[1]);
		ue->ue_mtu = ue->ue_errno == EMSGSIZE ? ld16be(head + 6) : 0;
	}
}

static bool
error_quote(const struct mbuf *m, struct in_key *ik)
{
	unsigned off = m->m_l4off + (unsigned)sizeof(struct icmp_wire);
	uint8_t quote[QUOTE_LOOK];
	unsigned n;

	if (m->m_pktlen < off)
		return false;
	n = umin(m->m_pktlen - off, sizeof(quote));
	m_copydata(m, off, n, quote);
	return udp_parse_quoted(quote, n, ik);
}

static void ON_CPU
error_one(struct cpu *c, struct mbuf *m)
{
	const struct udp_ops *ops;
	struct udpcb *ucb = NULL;
	struct udp_error ue;
	void **here;

	if (error_quote(m, &ue.ue_key)) {
		ue.ue_key.ik_ifindex = m->m_rcvif;
		ue.ue_key.ik_rtable = m->m_rtable;
		ucb = udp_find(c, &ue.ue_key,
		    rss_bucket(c->c_sp, m->m_hash), &here);
	}
	if (ucb == NULL) {
		stat_add(c, SG_UDP, udps_errnone, 1);
	} else {
		error_take(m, &ue);
		stat_add(c, SG_UDP, udps_errin, 1);
		ops = udp_ops(&ucb->ucb_inp);
		tell(c, m, "an error of %s, port %u", ops->uo_name,
		    ue.ue_key.ik_lport);
		if (ops->uo_error != NULL && !cpu_pretends(c))
			ops->uo_error(c, ucb, here, &ue);
	}
	udp_consume(c, m);
}

void
udp_error_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		error_one(c, mv->mv_m[i]);
}
