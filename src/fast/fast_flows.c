/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path by way of the flow cache (flow.h): who is known leaves, the
 * others are looked up together and remembered.
 */
#include "fast/fast_int.h"

#include <stdio.h>

#include "if/if.h"
#include "mbuf/tell.h"

/* Packets of a batch whose flow is not known. */
struct missed {
	unsigned ms_n4; /* [o] */
	unsigned ms_n6; /* [o] */
	uint8_t ms_at4[FAST_BATCH]; /* [o] which they are, in order */
	uint8_t ms_at6[FAST_BATCH]; /* [o] */
};

/* Where a packet's flow would be, and have it fetched. */
static inline uint32_t
fast_slot(const struct flow_table *ft, const struct in6 *dst)
{
	uint32_t slot = flow_slot(ft, dst);

	__builtin_prefetch(&ft->ft_flow[slot]);
	return slot;
}

static void
fast_slot_all(const struct fast *f, struct batch *b)
{
	unsigned i, n6 = 0;

	for (i = 0; i < b->b_n; i++) {
		struct in6 dst = { .i6_lo = b->b_dst[i] };

		if (b->b_vers[i] == 6)
			dst = b->b_dst6[n6++];
		b->b_slot[i] = fast_slot(f->f_flows, &dst);
	}
}

/* The packet goes the way of its flow; false if the stages must see to it. */
static inline bool ON_CPU
fast_flow_send(struct fast *f, struct mbuf *m, struct flow *fl, unsigned vers,
    unsigned len)
{
	uint8_t *p = m->m_data;

	if (unlikely(len > fl->fl_mtu ||
		!adj_if_runs(f->f_c, f->f_cpu, fl->fl_oif) ||
		(f->f_left != 0 && (f->f_left & fast_pair(m)) != 0)))
		return false;
	if (unlikely(m->m_hashtype != RSS_NONE))
		trust_hash(f->f_c, m);
	memcpy(p, fl->fl_macs, FLOW_MACS);
	if (vers == 4)
		fast_ttl4(p + L2);
	else
		p[L2 + 7]--;
	m->m_len = m->m_pktlen = L2 + len;
	m->m_oif = fl->fl_oif;
	flow_hit(fl, len);
	f->f_out[f->f_nout++] = m;
	f->f_n4 += vers == 4;
	return true;
}

/*
 * Packets whose flow is known leave.  The others stay behind, in the order
 * they came: of those, b_at[i] is the place in the batch.
 */
static void ON_CPU
fast_known(struct fast *f, struct batch *b, struct mbuf **mm,
    struct missed *ms)
{
	unsigned i, v, n6 = 0;

	for (i = 0; i < b->b_n; i++) {
		struct in6 dst = { .i6_lo = b->b_dst[i] };
		struct flow *fl;

		v = b->b_vers[i];
		if (v == 6)
			dst = b->b_dst6[n6++];
		fl = flow_find(
		    f->f_flows, b->b_slot[i], f->f_flowkey | v, &dst);
		if (likely(fl != NULL)) {
			f->f_hits++;
			if (!fast_flow_send(f, mm[i], fl, v, b->b_len[i]))
				fast_leave(f, mm[i]);
		} else if (v == 4) {
			b->b_dst[ms->ms_n4] = b->b_dst[i];
			ms->ms_at4[ms->ms_n4++] = (uint8_t)i;
		} else {
			b->b_dst6[ms->ms_n6] = dst;
			ms->ms_at6[ms->ms_n6++] = (uint8_t)i;
		}
	}
}

/* Packet i of the batch, to dst, was looked up. */
static void ON_CPU
fast_unknown(struct fast *f, const struct batch *b, struct mbuf **mm,
    unsigned i, uint32_t nh, const struct in6 *dst)
{
	unsigned v = b->b_vers[i], len = b->b_len[i];
	struct mbuf *m = mm[i];
	const struct adj *a = fast_adj(f, nh, m, v, len);
	struct flow new = { .fl_key = f->f_flowkey | v, .fl_dst = *dst };

	if (unlikely(a == NULL ||
		(f->f_left != 0 && (f->f_left & fast_pair(m)) != 0))) {
		fast_leave(f, m);
		return;
	}
	if (unlikely(m->m_hashtype != RSS_NONE))
		trust_hash(f->f_c, m);
	fast_rewrite(m, a, v, len);
	f->f_out[f->f_nout++] = m;
	f->f_n4 += v == 4;
	memcpy(new.fl_macs, a->a_hdr, FLOW_MACS);
	new.fl_oif = a->a_oif;
	new.fl_mtu = a->a_linkmtu;
	new.fl_nh = nh;
	flow_store(
	    f->f_c, &f->f_cpu->fc_flow, f->f_flows, b->b_slot[i], &new, len);
}

static void ON_CPU
fast_unknown_all(struct fast *f, struct batch *b, struct mbuf **mm,
    const struct missed *ms)
{
	unsigned i;

	f->f_misses += ms->ms_n4 + ms->ms_n6;
	if (ms->ms_n4 > 0)
		fib4_lookup_vec(f->f_fib4, b->b_dst, b->b_nh, ms->ms_n4);
	for (i = 0; i < ms->ms_n4; i++) {
		struct in6 dst = { .i6_lo = b->b_dst[i] };

		fast_unknown(f, b, mm, ms->ms_at4[i], b->b_nh[i], &dst);
	}
	if (ms->ms_n6 > 0)
		fib6_lookup_vec(f->f_fib6, b->b_dst6, b->b_nh6, ms->ms_n6);
	for (i = 0; i < ms->ms_n6; i++)
		fast_unknown(
		    f, b, mm, ms->ms_at6[i], b->b_nh6[i], &b->b_dst6[i]);
}

/*
 * The batch by way of the flow cache.  All packets of a flow are in it or not,
 * because nothing is added before the last was looked for: so those that leave
 * first overtake none of their own.  That does not hold for packets that are
 * not plain; a batch with one of these does without.
 */
void
fast_flows(struct fast *f, struct batch *b, struct mbuf **mm)
{
	struct missed ms = { .ms_n4 = 0 };

	fast_slot_all(f, b);
	fast_known(f, b, mm, &ms);
	if (ms.ms_n4 + ms.ms_n6 > 0)
		fast_unknown_all(f, b, mm, &ms);
}

/* "gateway 10.2.0.2 on wan" */
static void
flow_text(const struct spate *sp, const struct flow *fl, char *text, size_t len)
{
	const struct nhop *nh = nhop_lookup(sp, fl->fl_nh & FLOW_NH);
	const struct ifnet *ifp = if_lookup(sp, fl->fl_oif);
	const char *ifname = ifp != NULL ? ifp->if_name : "-";
	char via[ADDR_STRLEN];

	if (nh->nh_type == NH_GATEWAY)
		snprintf(text, len, "gateway %s on %s",
		    addr_format(&nh->nh_gw, via), ifname);
	else
		snprintf(text, len, "a neighbour on %s", ifname);
}

void
fast_flows_tell(const struct fast *f, const struct mbuf *m, unsigned vers,
    unsigned len, const struct in6 *dst)
{
	const struct flow *fl;
	char text[96];

	if (f->f_flows == NULL) {
		tell(f->f_c, m, "flow cache: not used now (auto)");
		return;
	}
	fl = flow_find(f->f_flows, flow_slot(f->f_flows, dst),
	    f->f_flowkey | vers, dst);
	if (fl == NULL) {
		tell(f->f_c, m, "flow cache: the destination is not in it");
		return;
	}
	flow_text(f->f_c->c_sp, fl, text, sizeof(text));
	tell(f->f_c, m,
	    "flow cache: %s, %02x:%02x:%02x:%02x:%02x:%02x, %llu packets%s",
	    text, fl->fl_macs[0], fl->fl_macs[1], fl->fl_macs[2],
	    fl->fl_macs[3], fl->fl_macs[4], fl->fl_macs[5],
	    (unsigned long long)fl->fl_packets,
	    len > fl->fl_mtu ? "; this one is too long for it" : "");
}
