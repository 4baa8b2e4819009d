/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash of a packet's flow, by which it takes one of several ways; what it
 * covers is told in ip_int.h.  RFC 2991, 4; RFC 2992.
 */
#include "base/hash.h"
#include "ip/ip_int.h"

uint64_t
ip_flow_hash(const struct mbuf *m)
{
	const uint8_t *p = mtod(m, const uint8_t *);
	const struct ip_wire *ip = (const void *)p;
	unsigned hlen = (ip->ip_vhl & 15u) * 4;
	uint8_t ports[4] = { 0 };
	uint64_t hash;

	if ((ld16be(ip->ip_off) & (IP_OFFMASK | IP_MF)) == 0 &&
	    ip_has_ports(ip->ip_p) && m->m_pktlen >= hlen + sizeof(ports)) {
		if (likely(m->m_len >= hlen + sizeof(ports)))
			memcpy(ports, p + hlen, sizeof(ports));
		else
			m_copydata(m, hlen, sizeof(ports), ports);
	}
	hash = (uint64_t)ld32be(ip->ip_src) << 32 | ld32be(ip->ip_dst);
	return hash_mix64(hash) ^ ((uint64_t)ip->ip_p << 32 | ld32be(ports));
}
