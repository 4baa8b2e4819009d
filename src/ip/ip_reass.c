/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 fragments for this host (RFC 791, 3.2; RFC 1122, 3.3.2).
 *
 * From ip_deliver(), to the CPU that owns the bucket of the two addresses, at
 * ST_REASS; when all are there the datagram goes to the CPU that its whole
 * tuple belongs to, at ST_LOCAL, and is delivered like any other.
 *
 * The first fragment must hold the header of a transport that is known, as
 * RFC 7112 demands of IPv6: nobody who sees the first may be told less than
 * who sees the whole (RFC 1858, 3).
 */
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "ip/reass_table.h"
#include "netisr/netisr.h"
#include "path.h"

static void
ip_reass_expired(struct cpu *c, const struct mbuf *first)
{
	role_enter(&on_cpu);
	icmp_error(c, first, ICMP_TIMEX, ICMP_TIMEX_REASS, 0);
}

static const struct reass_ops ip_reass_ops = {
	.ro_group = SG_IP,
	.ro_why = {
		[RW_OFF] = ips_reass,
		[RW_DUPLICATE] = ips_fragdup,
		[RW_BAD] = ips_fragbad,
		[RW_OVERLAP] = ips_fragoverlap,
		[RW_MANY] = ips_fragmany,
		[RW_ECN] = ips_fragecn,
		[RW_TIMEOUT] = ips_fragtime,
		[RW_SOURCE] = ips_fragsource,
		[RW_LIMIT] = ips_fraglimit,
		[RW_NOBUF] = ips_nobuf,
	},
	.ro_expired = ip_reass_expired,
};

int
ip_reass_cpu_init(struct cpu *c)
{
	return reass_cpu_init(c, REASS_IP4, &ip_reass_ops);
}

void
ip_reass_give(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_IP, ips_fragments, 1);
	if (!reass_is_here(c, m))
		stat_add(c, SG_IP, ips_fraghanded, 1);
	netisr_queue(c, NETISR_IP, ST_REASS, m);
}

/* Bytes of a transport's header that must not be split. */
static unsigned
ip_l4_header(unsigned proto)
{
	switch (proto) {
	case IPP_TCP:
		return sizeof(struct tcp_wire);
	case IPP_UDP:
	case IPP_ICMP:
		return sizeof(struct udp_wire);
	default:
		return 0;
	}
}

static bool
ip_frag_is_tiny(const struct ip_info *ii, const struct reass_frag *rf)
{
	unsigned least = ip_l4_header(ii->ii_proto);

	return rf->rf_off == 0 ? rf->rf_len < least : rf->rf_off < least;
}

/*
 * The header of the whole: that of the first fragment, with its options.  m is
 * writable up to its payload.
 */
static void
ip_reass_header(struct mbuf *m, bool ce)
{
	struct ip_wire *ip = mtod(m, struct ip_wire *);

	st16be(ip->ip_len, (uint16_t)m->m_pktlen);
	st16be(ip->ip_off, ld16be(ip->ip_off) & IP_DF);
	if (ce)
		ip->ip_tos |= 3; /* RFC 3168, 5.3 */
	ip_header_cksum(ip);
}

/* m is whole: to the CPU that goes on with it. */
static void ON_CPU
ip_reass_done(struct cpu *c, struct mbuf *m, bool ce)
{
	struct mbuf *w;

	if (m->m_pktlen > IP_LEN_MAX) {
		ip_drop(c, m, ips_toolong);
		return;
	}
	if ((w = m_writable(c, m, m->m_l4off)) == NULL) {
		ip_drop(c, m, ips_nobuf);
		return;
	}
	ip_reass_header(w, ce);
	stat_add(c, SG_IP, ips_reassembled, 1);
	stat_add(c, SG_IP,
	    reass_is_here(c, w) ? ips_reasshere : ips_reasshanded, 1);
	netisr_queue(c, NETISR_IP, ST_LOCAL, w);
}

static void ON_CPU
ip_reass_one(struct cpu *c, struct mbuf *m)
{
	struct ip_info ii;
	struct reass_frag rf;
	struct reass_key rk;
	struct mbuf *whole;
	bool ce;

	ip_take(mtod(m, const uint8_t *), &ii);
	rf = (struct reass_frag){ .rf_off = ii.ii_off,
		.rf_len = (uint32_t)ii.ii_len - ii.ii_hlen,
		.rf_more = (ii.ii_flags & IIF_MF) != 0,
		.rf_ecn = ii.ii_tos & 3 };
	rk = (struct reass_key){ .rk_src = { .i6_lo = ii.ii_src },
		.rk_dst = { .i6_lo = ii.ii_dst },
		.rk_id = ii.ii_id,
		.rk_proto = ii.ii_proto,
		.rk_rtable = m->m_rtable };
	if (ip_frag_is_tiny(&ii, &rf)) {
		ip_drop(c, m, ips_fragtiny);
		return;
	}
	m->m_l4off = ii.ii_hlen;
	whole = reass_input(c, REASS_IP4, &rk, &rf, m->m_hash, m, &ce);
	if (whole != NULL)
		ip_reass_done(c, whole, ce);
}

/* Stage: fragments, at their IPv4 header, on the CPU that joins them. */
void
ip_reass(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		ip_reass_one(c, mv->mv_m[i]);
}

/* Stage: datagrams for this host that are whole again, on their CPU. */
void
ip_local(struct cpu *c, struct mvec *mv)
{
	struct ip_info ii;
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++) {
		ip_take(mtod(mv->mv_m[i], const uint8_t *), &ii);
		ip_deliver(c, mv->mv_m[i], &ii);
	}
}
