/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fast.c and fast_flows.c share; private to fast/.
 *
 *	o	owner CPU only
 */
#ifndef FAST_FAST_INT_H
#define FAST_FAST_INT_H

#include "ether/ether_wire.h"
#include "fast/adj.h"
#include "fast/flow.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_wire.h"
#include "mbuf/mbuf.h"
#include "netisr/trust.h"
#include "path.h"
#include "route/fib4.h"
#include "route/fib6.h"

#define FAST_BATCH 32u

/* Before the first byte of IP in a frame that is looked at. */
#define L2 ETHER_HLEN

/* A vector, or the part of it that came by one interface. */
struct fast {
	struct cpu *f_c; /* [o] */
	struct fast_cpu *f_cpu; /* [o] c_fast */
	uint64_t f_rcv; /* [o] m_rcv of the packets */
	uint64_t f_key; /* [o] adj_key() without version and next hop */
	uint64_t f_mac; /* [o] of the interface, in the upper 48 bits */
	const struct fib4 *f_fib4; /* [o] NULL: no IPv4 this way */
	const struct fib6 *f_fib6; /* [o] NULL: no IPv6 this way */
	uint64_t f_left; /* [o] hashes of address pairs left to the stages */
	struct mbuf **f_out; /* [o] frames that leave … */
	unsigned f_nout; /* [o] … and how many */
	unsigned f_n4; /* [o] of these, IPv4 */
	const struct flow_table *f_flows; /* [o] NULL: no flow cache */
	uint64_t f_flowkey; /* [o] flow_key() without version */
	unsigned f_hits; /* [o] packets whose flow was known */
	unsigned f_misses; /* [o] those that were looked up instead */
};

struct batch {
	unsigned b_n; /* [o] */
	unsigned b_n4; /* [o] of them, IPv4 */
	unsigned b_n6; /* [o] of them, IPv6 */
	uint8_t b_vers[FAST_BATCH]; /* [o] 4, 6; 0: not plain */
	uint8_t b_at6[FAST_BATCH]; /* [o] where b_dst6[i] is in the batch */
	uint16_t b_len[FAST_BATCH]; /* [o] of the packet, without padding */
	uint32_t b_nh[FAST_BATCH]; /* [o] */
	uint32_t b_nh6[FAST_BATCH]; /* [o] of b_dst6 */
	uint32_t b_dst[FAST_BATCH]; /* [o] 0 unless IPv4 */
	struct in6 b_dst6[FAST_BATCH]; /* [o] b_n6 of them */
	uint32_t b_slot[FAST_BATCH]; /* [o] of the flow; packet by packet */
};

/* A bit for the two addresses of an IP packet; 0: it has none. */
static inline uint64_t
fast_pair(const struct mbuf *m)
{
	const uint8_t *p = m->m_data + L2;
	uint64_t a;

	if (m->m_len >= L2 + IP6_HLEN && p[0] >> 4 == 6)
		a = ld64be(p + 8) ^ ld64be(p + 16) ^ rotl64(ld64be(p + 24), 7) ^
		    rotl64(ld64be(p + 32), 7);
	else if (m->m_len >= L2 + IP_HLEN && p[0] >> 4 == 4)
		a = (uint64_t)ld32be(p + 12) << 32 | ld32be(p + 16);
	else
		return 0;
	return UINT64_C(1) << (hash_mix64(a) >> 58);
}

/* m goes on at the stages, and so do others of its two addresses. */
void fast_leave(struct fast *, struct mbuf *m) ON_CPU;

/* Who has the packet's address on a connected link. */
struct adj *fast_dst(struct cpu *, const struct adj *, const struct mbuf *,
    unsigned len) ON_CPU;

/* Where a packet to a next hop goes; NULL: the stages know. */
static inline const struct adj *ON_CPU
fast_adj(const struct fast *f, uint32_t nh, const struct mbuf *m,
    unsigned vers, unsigned len)
{
	struct adj *a;

	if (unlikely(vers == 0))
		return NULL;
	a = adj_slot(f->f_cpu, vers, nh);
	if (unlikely(a->a_key != (f->f_key | vers << 24 | nh)) &&
	    (a = adj_find(f->f_c, vers, nh, len)) == NULL)
		return NULL;
	if (unlikely(len > a->a_mtu) &&
	    (a->a_mtu != 0 || (a = fast_dst(f->f_c, a, m, len)) == NULL))
		return NULL;
	return a;
}

/*
 * TTL, protocol and checksum are one word.  The TTL goes down by one, so the
 * checksum goes up by one at the same place, with an end-around carry; what
 * would become all ones becomes 0 (RFC 1624, equation 3).  Such sums are the
 * same in either byte order.
 */
static inline void
fast_ttl4(uint8_t *p)
{
	uint32_t w = ld32le(p + 8);

	st32le(p + 8, w + 0xffff + ((uint32_t)(w >= 0xfffe0000) << 16));
}

static inline void
fast_rewrite(struct mbuf *m, const struct adj *a, unsigned vers, unsigned len)
{
	uint8_t *p = m->m_data;

	memcpy(p, a->a_hdr, ETHER_HDR_LEN);
	if (vers == 4)
		fast_ttl4(p + L2);
	else
		p[L2 + 7]--;
	m->m_len = m->m_pktlen = L2 + len;
	m->m_oif = a->a_oif;
}

/* fast_flows.c: the batch by way of the flow cache. */
void fast_flows(struct fast *, struct batch *, struct mbuf **mm) ON_CPU;

/*
 * What the flow cache has to say of m, which is told: plain transit of a
 * version and length to dst.
 */
void fast_flows_tell(const struct fast *, const struct mbuf *m, unsigned vers,
    unsigned len, const struct in6 *dst) ON_CPU;

#endif
