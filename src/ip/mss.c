/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which segment size is too large, and making it smaller.
 *
 * Where a link in the middle is narrower than those of both ends, and the ICMP
 * errors that should say so are lost, a connection opens and then hangs.  As
 * both hosts announce what they can receive in their SYN (RFC 9293, 3.7.1), a
 * router on the narrow link can put in what fits.  A SYN without the option
 * stays without: its sender is content with the default.
 */
#include "ip/mss.h"

#include "if/if.h"
#include "ip/ip_wire.h"
#include "ip/mss_parse.h"

/* What the interface of an index allows; mtu is of the way through it. */
static unsigned
if_mss_limit(
    const struct spate *sp, unsigned index, unsigned mtu, unsigned headers)
{
	const struct ifnet *ifp = if_lookup(sp, index);
	unsigned mss;

	if (ifp == NULL || (mss = if_mss(ifp)) == IF_MSS_ANY)
		return MSS_NOLIMIT;
	if (mss != IF_MSS_AUTO)
		return mss;
	if (mtu == 0)
		mtu = ifp->if_mtu;
	return mtu > headers ? mtu - headers : MSS_NOLIMIT;
}

unsigned
mss_limit(const struct spate *sp, const struct mbuf *m, const struct nhop *nh,
    unsigned headers)
{
	return umin(if_mss_limit(sp, m->m_rcvif, 0, headers),
	    if_mss_limit(sp, nh->nh_ifindex, nh->nh_mtu, headers));
}

enum mss_done
mss_clamp(struct cpu *c, struct mbuf **mp, unsigned l4off, unsigned most)
{
	struct mbuf *m = *mp;
	const struct tcp_wire *th;
	unsigned n;

	if (!m_pullup(c, m, l4off + (unsigned)sizeof(*th)))
		return MSS_LEFT;
	th = (const void *)(m->m_data + l4off);
	n = (th->th_off >> 4) * 4u;
	if (likely((th->th_flags & TH_SYN) == 0) || n <= sizeof(*th) ||
	    !m_pullup(c, m, l4off + n) ||
	    !tcp_mss_exceeds(m->m_data + l4off, n, most))
		return MSS_LEFT;
	if ((m = m_writable(c, m, l4off + n)) == NULL)
		return MSS_NOBUF;
	tcp_mss_lower(m->m_data + l4off, n, most,
	    (m->m_flags & MF_CSUM_PARTIAL) != 0);
	*mp = m;
	return MSS_LOWERED;
}
