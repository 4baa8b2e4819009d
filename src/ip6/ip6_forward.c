/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 packets on their way through: hop limit and MTU.
 *
 * From ip6_input(), with m_nh set; to ST_RESOLVE.  RFC 8200, 3 (hop limit)
 * and 5 (routers do not fragment); RFC 8201.
 *
 * A large segment (m_gso) stands for the packets that a device will cut from
 * it, and it is their size that counts.
 */
#include "if/if.h"
#include "ip/mss.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "mbuf/tell.h"
#include "path.h"

/* The largest packet that will be on the wire for m. */
static unsigned
ip6_wire_len(const struct mbuf *m)
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

/*
 * What the loop below does not do at once.  Returns m if it goes on as it is,
 * or NULL if it was dealt with.
 */
static struct mbuf *ON_CPU
ip6_forward_other(struct cpu *c, struct mbuf *m, const struct nhop *nh)
{
	unsigned mtu = umax(nh->nh_mtu, IP6_MTU_MIN);
	struct mbuf *w;

	if (mtod(m, const struct ip6_wire *)->ip6_hlim <= 1) {
		ip6_reject(c, m, i6s_ttl, ICMP6_TIMEX, ICMP6_TIMEX_HLIM, 0);
		return NULL;
	}
	if (nh->nh_type == NH_NONE) { /* the route went a moment ago */
		ip6_drop(c, m, i6s_noroute);
		return NULL;
	}
	if (ip6_wire_len(m) > mtu) {
		tell(c, m, "%u bytes, more than the next hop's mtu %u",
		    ip6_wire_len(m), mtu);
		ip6_reject(c, m, i6s_mtu, ICMP6_TOOBIG, 0, mtu);
		return NULL;
	}
	if ((w = m_writable(c, m, IP6_HLEN)) == NULL)
		ip6_drop(c, m, i6s_nobuf);
	return w;
}

void
ip6_forward(struct cpu *c, struct mvec *mv)
{
	const struct nhop *nh = &nhop_none;
	uint32_t last = 0;
	unsigned i, n = 0;

	CPU_ASSERT(c);
	if (unlikely(tun(c->c_sp, ip6_redirect) != 0))
		ip6_redirect(c, mv);
	if (unlikely(mss_limited(c->c_sp)))
		ip6_mss_vec(c, mv);
	if (unlikely(if_any_policy(c->c_sp)))
		ip6_remark(c, mv);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (m->m_nh != last) {
			last = m->m_nh;
			nh = nhop_lookup(c->c_sp, last);
		}
		if (unlikely(mtod(m, struct ip6_wire *)->ip6_hlim <= 1 ||
			m->m_pktlen > nh->nh_mtu ||
			(m->m_flags & MF_SHARED) != 0)) {
			if ((m = ip6_forward_other(c, m, nh)) == NULL)
				continue;
		}
		mtod(m, struct ip6_wire *)->ip6_hlim--;
		path_next(c, ST_RESOLVE, m);
		n++;
	}
	stat_add(c, SG_IP6, i6s_forward, n);
}
