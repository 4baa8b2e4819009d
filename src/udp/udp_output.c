/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP output: headers before data, and off to ST_IPOUT or ST_IP6OUT.
 *
 * The checksum of what is made here is left to the device (MF_CSUM_PARTIAL),
 * which does it, or dev_offload() does.  A datagram that goes back in its own
 * buffers keeps the checksum it came with: exchanging source and destination
 * does not change a sum.
 */
#include <errno.h>
#include <string.h>

#include "ip/ip.h"
#include "ip6/ip6.h"
#include "mbuf/in_cksum.h"
#include "path.h"
#include "udp/udp_int.h"
#include "udp/udp_parse.h"

#define CSUM_OFF 6 /* of uh_sum */

/* What is left to the device, of a header that starts at off. */
static void
output_partial(struct mbuf *m, unsigned off, uint64_t pseudo)
{
	struct udp_wire *uh = (void *)(m->m_data + off);

	st16be(uh->uh_sum, in_cksum_reduce(pseudo));
	m->m_flags |= MF_CSUM_PARTIAL;
	m->m_l4off = (uint16_t)off;
	m->m_csumoff = CSUM_OFF;
}

/* From here, as if it had never come in. */
static void
output_fresh(struct mbuf *m)
{
	m->m_flags = (uint16_t)(MF_LOCAL |
	    (m->m_flags & (MF_TOLD | MF_SHARED | MF_CSUM_PARTIAL)));
	m->m_rcvif = 0;
	m->m_nvlan = 0;
	m->m_gso = GSO_NONE;
	m->m_hashtype = RSS_NONE;
}

static void ON_CPU
output_go(struct cpu *c, struct mbuf *m, bool six)
{
	output_fresh(m);
	stat_add(c, SG_UDP, udps_opackets, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	path_next(c, six ? ST_IP6OUT : ST_IPOUT, m);
}

/*
 * m is at its IP header again, without options and extension headers: UDP's is
 * at off.
 */
static void
reply_turn(struct cpu *c, struct mbuf *m, bool six)
{
	unsigned off = six ? IP6_HLEN : IP_HLEN;
	struct udp_wire *uh = (void *)(m->m_data + off);
	struct ip6_wire *ip6 = mtod(m, struct ip6_wire *);
	struct ip_wire *ip = mtod(m, struct ip_wire *);
	uint16_t port = ld16be(uh->uh_sport);
	struct in6 src6;
	uint32_t src;

	st16be(uh->uh_sport, ld16be(uh->uh_dport));
	st16be(uh->uh_dport, port);
	st16be(uh->uh_len, (uint16_t)(m->m_pktlen - off));
	if (six) {
		src6 = in6_load(ip6->ip6_src);
		in6_store(ip6->ip6_src, in6_load(ip6->ip6_dst));
		in6_store(ip6->ip6_dst, src6);
		st32be(ip6->ip6_vfc, 6u << 28);
		st16be(ip6->ip6_plen, (uint16_t)(m->m_pktlen - off));
		ip6->ip6_nxt = IPP_UDP;
		ip6->ip6_hlim = 0; /* ip6_output() knows it */
		m->m_oif = in6_is_linklocal(src6) ? m->m_rcvif : 0;
		return;
	}
	src = ld32be(ip->ip_src);
	ip->ip_vhl = 0x45;
	ip->ip_tos = 0;
	st16be(ip->ip_len, (uint16_t)m->m_pktlen);
	st16be(ip->ip_id, (uint16_t)rnd_u64(&c->c_rnd));
	st16be(ip->ip_off, 0);
	ip->ip_ttl = (uint8_t)tun(c->c_sp, ip_ttl);
	memcpy(ip->ip_src, ip->ip_dst, sizeof(ip->ip_src));
	st32be(ip->ip_dst, src);
}

/* Of the headers that stand in m. */
static uint64_t
output_pseudo(const struct mbuf *m, bool six)
{
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);
	const struct ip_wire *ip = mtod(m, const struct ip_wire *);

	if (six)
		return in6_cksum_pseudo(in6_load(ip6->ip6_src),
		    in6_load(ip6->ip6_dst), IPP_UDP, m->m_pktlen - IP6_HLEN);
	return in_cksum_pseudo(ld32be(ip->ip_src), ld32be(ip->ip_dst),
	    IPP_UDP, (uint16_t)(m->m_pktlen - IP_HLEN));
}

/* Put the IP header right before UDP's, and m at it. */
static void
reply_expose(struct mbuf *m, bool six)
{
	unsigned off = six ? IP6_HLEN : IP_HLEN;
	unsigned back = off + UDP_HLEN;
	uint8_t *ip = m->m_data + (int16_t)m->m_l4off;

	m->m_data -= back;
	m->m_len += back;
	m->m_pktlen += back;
	if (unlikely(m->m_data != ip))
		memmove(m->m_data, ip, off);
	m->m_l4off = (uint16_t)off;
}

void
udp_reply(struct cpu *c, struct mbuf *m, bool changed)
{
	bool six = udp_is_six(m), partial;
	unsigned off = six ? IP6_HLEN : IP_HLEN;
	struct mbuf *w;

	reply_expose(m, six);
	/* Whose data others may read has headers of its own. */
	if ((w = m_writable(c, m, off + UDP_HLEN)) == NULL) {
		udp_drop(c, m, udps_nobuf);
		return;
	}
	stat_add(c, SG_PATH, pks_delivered, 1);
	partial = (w->m_flags & MF_CSUM_PARTIAL) != 0;
	reply_turn(c, w, six);
	w->m_l4off = (uint16_t)off;
	if (changed || partial)
		output_partial(w, off, output_pseudo(w, six));
	output_go(c, w, six);
}

static int
output_source(const struct cpu *c, const struct udp_how *uh, struct mbuf *m,
    struct in6 *src)
{
	const struct in_key *ik = &uh->uh_key;
	uint32_t src4;

	*src = ik->ik_laddr;
	if (in6_is_v4mapped(ik->ik_faddr)) {
		if (ik->ik_plen == IN_PLEN_MAX)
			return in6_is_v4mapped(*src) ? 0 : EADDRNOTAVAIL;
		if (!ip_source(c->c_sp, m->m_rtable,
			(uint32_t)ik->ik_faddr.i6_lo, &src4))
			return ENETUNREACH;
		*src = in6_mapped(src4);
		return 0;
	}
	if (ik->ik_plen == IN_PLEN_MAX)
		return in6_is_v4mapped(*src) ? EADDRNOTAVAIL : 0;
	return ip6_source(c->c_sp, m->m_rtable, m->m_oif, ik->ik_faddr, src) ?
	    0 :
	    ENETUNREACH;
}

static void
output_header4(struct cpu *c, struct mbuf *m, const struct udp_how *uh,
    struct in6 src)
{
	struct ip_wire *ip = mtod(m, struct ip_wire *);

	*ip = (struct ip_wire){ .ip_vhl = 0x45, .ip_tos = uh->uh_tos,
		.ip_ttl = uh->uh_ttl, .ip_p = IPP_UDP };
	if (uh->uh_ttl == 0)
		ip->ip_ttl = (uint8_t)tun(c->c_sp, ip_ttl);
	st16be(ip->ip_len, (uint16_t)m->m_pktlen);
	st16be(ip->ip_id, (uint16_t)rnd_u64(&c->c_rnd));
	st16be(ip->ip_off, uh->uh_df ? IP_DF : 0);
	st32be(ip->ip_src, (uint32_t)src.i6_lo);
	st32be(ip->ip_dst, (uint32_t)uh->uh_key.ik_faddr.i6_lo);
}

static void
output_header6(struct mbuf *m, const struct udp_how *uh, struct in6 src)
{
	struct ip6_wire *ip6 = mtod(m, struct ip6_wire *);

	*ip6 = (struct ip6_wire){ .ip6_nxt = IPP_UDP,
		.ip6_hlim = uh->uh_ttl };
	st32be(ip6->ip6_vfc, 6u << 28 | (uint32_t)uh->uh_tos << 20);
	st16be(ip6->ip6_plen, (uint16_t)(m->m_pktlen - IP6_HLEN));
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, uh->uh_key.ik_faddr);
}

static int
output_make(struct cpu *c, const struct udp_how *uh, struct mbuf *m)
{
	bool six = !in6_is_v4mapped(uh->uh_key.ik_faddr);
	unsigned off = six ? IP6_HLEN : IP_HLEN;
	struct udp_wire *udp;
	struct in6 src;
	int error;

	if (m->m_pktlen + UDP_HLEN + (six ? 0 : IP_HLEN) > IP_LEN_MAX)
		return EMSGSIZE;
	if ((error = output_source(c, uh, m, &src)) != 0)
		return error;
	if (m_prepend(m, off + UDP_HLEN) == NULL)
		return ENOBUFS;
	udp = (void *)(m->m_data + off);
	*udp = (struct udp_wire){ .uh_sum = { 0 } };
	st16be(udp->uh_sport, uh->uh_key.ik_lport);
	st16be(udp->uh_dport, uh->uh_key.ik_fport);
	st16be(udp->uh_len, (uint16_t)(m->m_pktlen - off));
	if (six)
		output_header6(m, uh, src);
	else
		output_header4(c, m, uh, src);
	output_partial(m, off, output_pseudo(m, six));
	return 0;
}

int
udp_output(struct cpu *c, const struct udp_how *uh, struct mbuf *m)
{
	int error;

	m->m_rtable = uh->uh_key.ik_rtable;
	m->m_oif = uh->uh_key.ik_ifindex;
	m->m_flags &= MF_SHARED;
	if ((error = output_make(c, uh, m)) != 0) {
		/* It never was a packet of the path's. */
		m_free(c, m);
		return error;
	}
	output_go(c, m, !in6_is_v4mapped(uh->uh_key.ik_faddr));
	return 0;
}
