/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 fragments for this host (RFC 8200, 4.5).
 *
 * From ip6_deliver(), to the CPU that owns the bucket of the two addresses, at
 * ST_REASS6; when all are there the packet goes to the CPU that its whole
 * tuple belongs to, at ST_LOCAL6, and is delivered like any other.
 *
 * Fragments that are all of a packet never come here (RFC 6946), nor first
 * fragments without all headers (RFC 7112).  Next header and unfragmentable
 * part are those of the first fragment; the others' are not looked at.
 */
#include <string.h>

#include "ip/reass_table.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "netisr/netisr.h"
#include "path.h"

static void
ip6_reass_expired(struct cpu *c, const struct mbuf *first)
{
	role_enter(&on_cpu);
	icmp6_error(c, first, ICMP6_TIMEX, ICMP6_TIMEX_REASS, 0);
}

static const struct reass_ops ip6_reass_ops = {
	.ro_group = SG_IP6,
	.ro_why = {
		[RW_OFF] = i6s_reass,
		[RW_DUPLICATE] = i6s_fragdup,
		[RW_BAD] = i6s_fragbad,
		[RW_OVERLAP] = i6s_fragoverlap,
		[RW_MANY] = i6s_fragmany,
		[RW_ECN] = i6s_fragecn,
		[RW_TIMEOUT] = i6s_fragtime,
		[RW_SOURCE] = i6s_fragsource,
		[RW_LIMIT] = i6s_fraglimit,
		[RW_NOBUF] = i6s_nobuf,
	},
	.ro_expired = ip6_reass_expired,
};

int
ip6_reass_cpu_init(struct cpu *c)
{
	return reass_cpu_init(c, REASS_IP6, &ip6_reass_ops);
}

/* What the fragment header of a packet says. */
static void
ip6_take_frag(const struct mbuf *m, const struct ip6_info *i6,
    struct reass_frag *rf)
{
	*rf = (struct reass_frag){ .rf_off = i6->i6_off,
		.rf_len = m->m_pktlen - i6->i6_fragat -
		    (uint32_t)sizeof(struct ip6_frag_wire),
		.rf_more = (i6->i6_flags & I6F_MF) != 0,
		.rf_ecn = i6->i6_tclass & 3 };
}

void
ip6_reass_give(struct cpu *c, struct mbuf *m, const struct ip6_info *i6)
{
	struct reass_frag rf;

	stat_add(c, SG_IP6, i6s_fragments, 1);
	ip6_take_frag(m, i6, &rf);
	if (reass_check(&rf) == REASS_UNALIGNED) {
		ip6_reject(c, m, i6s_fragbad, ICMP6_PARAM, ICMP6_PARAM_HEADER,
		    offsetof(struct ip6_wire, ip6_plen));
		return;
	}
	if (!reass_is_here(c, m))
		stat_add(c, SG_IP6, i6s_fraghanded, 1);
	netisr_queue(c, NETISR_IP6, ST_REASS6, m);
}

/*
 * The fragment header goes: what stands before it moves up.  Its first 8 bytes
 * are in the first buffer, which is writable.
 */
static void
ip6_reass_header(struct mbuf *m, const struct ip6_info *i6, bool ce)
{
	const unsigned n = sizeof(struct ip6_frag_wire);
	struct ip6_wire *ip6;

	m->m_data[i6->i6_fragby] = m->m_data[i6->i6_fragat];
	memmove(m->m_data + n, m->m_data, i6->i6_fragat);
	m_adj(m, n);
	ip6 = mtod(m, struct ip6_wire *);
	st16be(ip6->ip6_plen, (uint16_t)(m->m_pktlen - IP6_HLEN));
	if (ce)
		ip6->ip6_vfc[1] |= 3 << 4; /* RFC 3168, 5.3 */
}

/* m is whole: to the CPU that goes on with it. */
static void ON_CPU
ip6_reass_done(struct cpu *c, struct mbuf *m, bool ce)
{
	unsigned hlen = m->m_l4off;
	struct ip6_info i6;
	struct mbuf *w;

	if (m->m_pktlen - sizeof(struct ip6_frag_wire) > IP6_LEN_MAX) {
		ip6_drop(c, m, i6s_toolong);
		return;
	}
	if ((w = m_writable(c, m, hlen)) == NULL) {
		ip6_drop(c, m, i6s_nobuf);
		return;
	}
	/* All of it was right when the fragment came. */
	ip6_take(mtod(w, const uint8_t *), &i6);
	(void)ip6_parse_ext(mtod(w, const uint8_t *), hlen, &i6);
	ip6_reass_header(w, &i6, ce);
	stat_add(c, SG_IP6, i6s_reassembled, 1);
	stat_add(c, SG_IP6,
	    reass_is_here(c, w) ? i6s_reasshere : i6s_reasshanded, 1);
	netisr_queue(c, NETISR_IP6, ST_LOCAL6, w);
}

static void ON_CPU
ip6_reass_one(struct cpu *c, struct mbuf *m)
{
	unsigned link = m->m_rcvif != 0 ? m->m_rcvif : m->m_oif;
	struct reass_frag rf;
	struct reass_key rk;
	struct mbuf *whole;
	struct ip6_info i6;
	bool ce;

	/* Found right by ip6_deliver(). */
	ip6_take(mtod(m, const uint8_t *), &i6);
	(void)ip6_parse_ext(mtod(m, const uint8_t *), m->m_len, &i6);
	ip6_take_frag(m, &i6, &rf);
	rk = (struct reass_key){ .rk_src = i6.i6_src,
		.rk_dst = i6.i6_dst,
		.rk_id = i6.i6_id,
		.rk_rtable = m->m_rtable };
	if (ip6_needs_link(i6.i6_src) || ip6_needs_link(i6.i6_dst))
		rk.rk_link = (uint16_t)link;
	m->m_l4off = (uint16_t)(i6.i6_fragat + sizeof(struct ip6_frag_wire));
	whole = reass_input(c, REASS_IP6, &rk, &rf, m->m_hash, m, &ce);
	if (whole != NULL)
		ip6_reass_done(c, whole, ce);
}

/* Stage: fragments, at their IPv6 header, on the CPU that joins them. */
void
ip6_reass(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		ip6_reass_one(c, mv->mv_m[i]);
}

/* Stage: packets for this host that are whole again, on their CPU. */
void
ip6_local(struct cpu *c, struct mvec *mv)
{
	struct ip6_info i6;
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++) {
		ip6_take(mtod(mv->mv_m[i], const uint8_t *), &i6);
		ip6_deliver(c, mv->mv_m[i], &i6);
	}
}
