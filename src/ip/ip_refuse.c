/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP and UDP where nothing listens: a reset (RFC 9293, 3.10.7.1), or port
 * unreachable (RFC 1122, 4.1.3.1).  Only what is undamaged is answered.
 */
#include "ip/ip_refuse.h"

#include "base/bytes.h"
#include "ip/icmp_limit.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "mbuf/in_cksum.h"
#include "path.h"

/* SYN and FIN take a sequence number each. */
static uint32_t
tcp_seg_len(const struct tcp_wire *th, size_t seglen)
{
	return (uint32_t)(seglen - (th->th_off >> 4) * 4u) +
	    ((th->th_flags & TH_SYN) != 0) + ((th->th_flags & TH_FIN) != 0);
}

bool
tcp_reset_for(const uint8_t *p, size_t n, size_t seglen, struct tcp_wire *rst,
    bool *none)
{
	const struct tcp_wire *th = (const void *)p;

	if (n < sizeof(*th) || (th->th_off >> 4) * 4u < sizeof(*th) ||
	    (th->th_off >> 4) * 4u > seglen)
		return false;
	*none = (th->th_flags & TH_RST) != 0;
	*rst = (struct tcp_wire){ .th_off = 5 << 4, .th_flags = TH_RST };
	st16be(rst->th_sport, ld16be(th->th_dport));
	st16be(rst->th_dport, ld16be(th->th_sport));
	if ((th->th_flags & TH_ACK) != 0) {
		st32be(rst->th_seq, ld32be(th->th_ack));
	} else {
		rst->th_flags |= TH_ACK;
		st32be(rst->th_ack,
		    ld32be(th->th_seq) + tcp_seg_len(th, seglen));
	}
	return true;
}

static uint64_t
ip_pseudo(const struct ip_info *ii, unsigned len)
{
	return in_cksum_pseudo(
	    ii->ii_src, ii->ii_dst, ii->ii_proto, (uint16_t)len);
}

/* Over len bytes of payload; nothing to check if it never left memory. */
static bool
ip_l4_cksum_ok(const struct mbuf *m, const struct ip_info *ii, unsigned len)
{
	if ((m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0)
		return true;
	return in_cksum_fold(m_cksum_add(
		   m, ii->ii_hlen, len, ip_pseudo(ii, len))) == 0;
}

static void ON_CPU
ip_send_reset(struct cpu *c, const struct mbuf *m, const struct ip_info *ii,
    struct tcp_wire *rst)
{
	struct ip_wire *ip;
	struct mbuf *r;

	if (!icmp_limit_take(c, IB_RST, REFUSE_RATE) ||
	    (r = m_alloc(c)) == NULL)
		return;
	r->m_len = r->m_pktlen = sizeof(*ip) + sizeof(*rst);
	r->m_flags = MF_LOCAL;
	r->m_rtable = m->m_rtable;
	ip = mtod(r, struct ip_wire *);
	*ip = (struct ip_wire){ .ip_vhl = 0x45,
		.ip_ttl = (uint8_t)tun(c->c_sp, ip_ttl), .ip_p = IPP_TCP };
	st16be(ip->ip_len, (uint16_t)r->m_pktlen);
	st16be(ip->ip_off, IP_DF);
	st32be(ip->ip_src, ii->ii_dst);
	st32be(ip->ip_dst, ii->ii_src);
	st16be(rst->th_sum,
	    in_cksum_fold(
		in_cksum_add(rst, sizeof(*rst), ip_pseudo(ii, sizeof(*rst)))));
	*(struct tcp_wire *)(void *)(ip + 1) = *rst;
	stat_add(c, SG_IP, ips_rst, 1);
	stat_add(c, SG_PATH, pks_originated, 1);
	path_next(c, ST_IPOUT, r);
}

/* A group or a network cannot be connected to (RFC 1122, 4.2.3.10). */
static bool
ip_is_group(const struct cpu *c, const struct mbuf *m, uint32_t dst)
{
	return (m->m_flags & (MF_BCAST | MF_MCAST)) != 0 || dst >> 28 >= 0xe ||
	    ip_route(c->c_sp, m->m_rtable, dst, NULL)->nh_type == NH_BROADCAST;
}

void
ip_refuse_tcp(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	unsigned seglen = m->m_pktlen - ii->ii_hlen;
	unsigned n = umin(seglen, sizeof(struct tcp_wire));
	uint8_t th[sizeof(struct tcp_wire)];
	struct tcp_wire rst;
	bool none;

	m_copydata(m, ii->ii_hlen, n, th);
	if (!tcp_reset_for(th, n, seglen, &rst, &none)) {
		ip_drop(c, m, ips_badl4);
		return;
	}
	if (!ip_l4_cksum_ok(m, ii, seglen)) {
		ip_drop(c, m, ips_badl4sum);
		return;
	}
	if (!none && !ip_is_group(c, m, ii->ii_dst))
		ip_send_reset(c, m, ii, &rst);
	ip_drop(c, m, ips_notcp);
}

enum ipstat
ip_udp_check(
    const struct mbuf *m, const struct ip_info *ii, struct udp_wire *uh)
{
	unsigned have = m->m_pktlen - ii->ii_hlen;
	unsigned len;

	if (have < sizeof(*uh))
		return ips_badl4;
	m_copydata(m, ii->ii_hlen, sizeof(*uh), uh);
	len = ld16be(uh->uh_len);
	if (len < sizeof(*uh) || len > have)
		return ips_badl4;
	return ld16be(uh->uh_sum) == 0 || ip_l4_cksum_ok(m, ii, len) ?
	    ips_none : ips_badl4sum;
}

void
ip_refuse_udp(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	struct udp_wire uh;
	enum ipstat why = ip_udp_check(m, ii, &uh);

	if (why != ips_none)
		ip_drop(c, m, why);
	else
		ip_reject(c, m, ips_noport, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
}
