/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The segment size of TCP connections over IPv4 that are forwarded: mss.h.
 */
#include "ip/ip_int.h"
#include "ip/mss.h"

#define HEADERS (IP_HLEN + (unsigned)sizeof(struct tcp_wire))

/*
 * A fragment is left alone, as not all of the segment is there.  So is what
 * goes no further, as the error that it causes quotes it as it came.
 */
static inline bool
ip_mss_concerns(const struct ip_wire *ip)
{
	return ip->ip_p == IPP_TCP && ip->ip_ttl > 1 &&
	    (ld16be(ip->ip_off) & (IP_OFFMASK | IP_MF)) == 0;
}

void
ip_mss_vec(struct cpu *c, struct mvec *mv)
{
	unsigned i, limit, keep = 0, lowered = 0;

	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		const struct ip_wire *ip = mtod(m, const struct ip_wire *);
		enum mss_done done = MSS_LEFT;

		if (ip_mss_concerns(ip)) {
			limit = mss_limit(c->c_sp, m,
			    nhop_lookup(c->c_sp, m->m_nh), HEADERS);
			if (limit < MSS_NOLIMIT)
				done = mss_clamp(
				    c, &m, (ip->ip_vhl & 15u) * 4, limit);
		}
		if (done == MSS_NOBUF) {
			ip_drop(c, m, ips_nobuf);
			continue;
		}
		lowered += done == MSS_LOWERED;
		mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
	stat_add(c, SG_IP, ips_mss, lowered);
}
