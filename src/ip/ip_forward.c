/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets on their way through: TTL, MTU and options.
 *
 * From ip_input(), with m_nh set; to ST_RESOLVE.  RFC 1812, 4.2.2.9 and
 * 5.3.1 (TTL), 4.2.2.7 (fragmentation), 5.3.13 (options); RFC 1191, 4;
 * RFC 1624 (checksum).
 *
 * A large segment (m_gso) stands for the packets that a device will cut from
 * it, and it is their size that counts.  If those are too big and may be
 * fragmented, it is cut here first: a segment is a packet of its own to
 * whoever reassembles it.
 */
#include "dev/segment.h"
#include "if/if.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "ip/ip_options.h"
#include "ip/mss.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "path.h"

/* The largest packet that will be on the wire for m. */
static unsigned
ip_wire_len(const struct mbuf *m)
{
	unsigned l4len = sizeof(struct udp_wire);
	uint8_t off;

	if (m->m_gso == GSO_NONE)
		return m->m_pktlen;
	if (m->m_gso != GSO_UDP) {
		if (m->m_l4off + sizeof(struct tcp_wire) > m->m_pktlen)
			return m->m_pktlen;
		m_copydata(m,
		    m->m_l4off + (unsigned)offsetof(struct tcp_wire, th_off), 1,
		    &off);
		l4len = (off >> 4) * 4u;
	}
	return umin(m->m_pktlen, m->m_l4off + l4len + m->m_gsosize);
}

static inline void
ip_decrement_ttl(struct ip_wire *ip)
{
	ip->ip_ttl--;
	st16be(ip->ip_sum, in_cksum_update_ttl(ld16be(ip->ip_sum)));
}

/* Too big as it is, and DF is not set. */
static void ON_CPU
ip_forward_fragment(struct cpu *c, struct mbuf *m, unsigned mtu)
{
	struct mbuf *next;

	if (m->m_gso == GSO_NONE) {
		ip_fragment(c, m, mtu);
		return;
	}
	stat_add(c, SG_IP, ips_segmented, 1);
	for (m = dev_segment(c, m, 0, true); m != NULL; m = next) {
		next = m->m_nextpkt;
		if (m->m_pktlen > mtu)
			ip_fragment(c, m, mtu);
		else
			path_next(c, ST_RESOLVE, m);
	}
}

/*
 * Recorded is the address that this host has toward where the packet goes
 * (RFC 1812, 5.3.13.5).  Not before now: an error quotes it as it arrived.
 */
static void ON_CPU
ip_forward_options(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	if ((m->m_flags & MF_OPTIONS) == 0)
		return;
	m->m_flags &= (uint16_t)~MF_OPTIONS;
	ip_record(c, m,
	    ip_source_by(c->c_sp, nh,
		ld32be(mtod(m, const struct ip_wire *)->ip_dst)));
}

/*
 * What the loop below does not do at once.  Returns m if it goes on as it is,
 * or NULL if it was dealt with.
 */
static struct mbuf *ON_CPU
ip_forward_other(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	const struct ip_wire *ip = mtod(m, const struct ip_wire *);
	bool toobig = ip_wire_len(m) > nh->nh_mtu;
	struct mbuf *w;

	if (ip->ip_ttl <= 1) {
		ip_reject(c, m, ips_ttl, ICMP_TIMEX, ICMP_TIMEX_TTL, 0);
		return NULL;
	}
	if (nh->nh_type == NH_NONE) { /* the route went a moment ago */
		ip_drop(c, m, ips_noroute);
		return NULL;
	}
	if (toobig)
		tell(c, m, "%u bytes, more than the next hop's mtu %u: %s",
		    ip_wire_len(m), nh->nh_mtu,
		    (ld16be(ip->ip_off) & IP_DF) != 0 ?
		    "may not be cut (DF)" : "cut into fragments");
	if (toobig && (ld16be(ip->ip_off) & IP_DF) != 0) {
		ip_reject(c, m, ips_mtu, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG,
		    nh->nh_mtu);
		return NULL;
	}
	if ((w = m_writable(c, m, (ip->ip_vhl & 15u) * 4)) == NULL) {
		ip_drop(c, m, ips_nobuf);
		return NULL;
	}
	ip_forward_options(c, w, nh);
	if (!toobig)
		return w;
	ip_decrement_ttl(mtod(w, struct ip_wire *));
	stat_add(c, SG_IP, ips_forward, 1);
	ip_forward_fragment(c, w, nh->nh_mtu);
	return NULL;
}

void
ip_forward(struct cpu *c, struct mvec *mv)
{
	const struct nhop *nh = &nhop_none;
	uint32_t last = 0;
	unsigned i, n = 0;

	CPU_ASSERT(c);
	if (unlikely(tun(c->c_sp, ip_redirect) != 0))
		ip_redirect(c, mv);
	if (unlikely(mss_limited(c->c_sp)))
		ip_mss_vec(c, mv);
	if (unlikely(if_any_policy(c->c_sp)))
		ip_remark(c, mv);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (m->m_nh != last) {
			last = m->m_nh;
			nh = nhop_lookup(c->c_sp, last);
		}
		if (unlikely(mtod(m, struct ip_wire *)->ip_ttl <= 1 ||
			m->m_pktlen > nh->nh_mtu ||
			(m->m_flags & (MF_SHARED | MF_OPTIONS)) != 0)) {
			if ((m = ip_forward_other(c, m, nh)) == NULL)
				continue;
		}
		ip_decrement_ttl(mtod(m, struct ip_wire *));
		path_next(c, ST_RESOLVE, m);
		n++;
	}
	stat_add(c, SG_IP, ips_forward, n);
}
