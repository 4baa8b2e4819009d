/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash of a packet's flow, by which it takes one of several ways, as
 * ip_flow_hash() is told of.  Behind an extension header no ports are looked
 * for: fragments must not be told from whole packets by what only some carry.
 * The flow label is left out, as hosts change it within a connection.
 */
#include "base/hash.h"
#include "ip6/ip6_int.h"

uint64_t
ip6_flow_hash(const struct mbuf *m)
{
	const uint8_t *p = mtod(m, const uint8_t *);
	const struct ip6_wire *ip6 = (const void *)p;
	const struct in6 src = in6_load(ip6->ip6_src);
	const struct in6 dst = in6_load(ip6->ip6_dst);
	uint8_t ports[4] = { 0 };
	uint64_t hash, nxt = 0;

	if (!ip6_is_ext(ip6->ip6_nxt))
		nxt = ip6->ip6_nxt;
	if (ip_has_ports((unsigned)nxt) &&
	    m->m_pktlen >= IP6_HLEN + sizeof(ports)) {
		if (likely(m->m_len >= IP6_HLEN + sizeof(ports)))
			memcpy(ports, p + IP6_HLEN, sizeof(ports));
		else
			m_copydata(m, IP6_HLEN, sizeof(ports), ports);
	}
	hash = hash_mix64(hash_mix64(src.i6_hi) ^ src.i6_lo);
	hash = hash_mix64(hash_mix64(hash ^ dst.i6_hi) ^ dst.i6_lo);
	return hash ^ (nxt << 32 | ld32be(ports));
}
