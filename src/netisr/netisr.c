/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering of frames.
 *
 * Forwarding keeps no state that belongs to one CPU, so a frame goes on where
 * it arrived, unless its protocol is deferred: then the CPU that serves the
 * device's queue only looks whose it is.  What has no flow (ARP, other frames)
 * goes on here in any case.
 */
#include "netisr/netisr.h"

#include "dev/frame.h"
#include "netisr/move.h"
#include "netisr/netisr_int.h"
#include "netisr/trust.h"

enum { FRAME_ARP = 0x0806 };

static enum netisr_proto
netisr_type(unsigned type)
{
	switch (type) {
	case FRAME_IP4:
		return NETISR_IP;
	case FRAME_IP6:
		return NETISR_IP6;
	case FRAME_ARP:
		return NETISR_ARP;
	default:
		return NETISR_ETHER;
	}
}

/* The protocol of a frame; tags are looked through. */
static inline enum netisr_proto
netisr_classify(const struct mbuf *m)
{
	unsigned type;

	if (unlikely(m->m_len < FRAME_HDR))
		return NETISR_ETHER;
	type = ld16be(m->m_data + FRAME_HDR - 2);
	if (likely(type == FRAME_IP4))
		return NETISR_IP;
	if (unlikely(type == FRAME_TAG || type == FRAME_QINQ) &&
	    frame_parse(m->m_data, m->m_len, &type) == 0)
		return NETISR_ETHER;
	return netisr_type(type);
}

unsigned
netisr_deferred(const struct spate *sp)
{
	unsigned p, set = 0;

	for (p = 1; p < NETISR_N && sp->sp_ncpus > 1; p++)
		if (netisr_policy(sp, p) == NETISR_DEFERRED)
			set |= 1u << p;
	return set;
}

/* Whether m has gone to its owner, or waits here for its bucket. */
static bool ON_CPU
netisr_defer(struct cpu *c, enum netisr_proto proto, struct mbuf *m)
{
	unsigned bucket = rss_bucket(c->c_sp, rss_hash_frame(c, m));
	unsigned cpu;

	if (m->m_hashtype == RSS_NONE)
		return false;
	netisr_count_bucket(c, bucket);
	if ((cpu = rss_cpu(c->c_sp, bucket)) == c->c_id)
		return move_hold(c, ST_ETHER, m);
	stat_add(c, SG_NETISR, nis_handed, 1);
	path_hand_isr(c, cpu, ST_ETHER, proto, m);
	return true;
}

void
netisr_count(struct cpu *c, enum netisr_proto proto, unsigned n)
{
	stat_cell_add(&c->c_netisr->nc_dispatched.nr_n[proto], n);
	stat_add(c, SG_NETISR, nis_direct, n);
}

/*
 * Frames of one protocol mostly come in a row: they are counted by the row.
 */
void
netisr_input(struct cpu *c, struct mvec *mv)
{
	unsigned i, run = 0, deferred = netisr_deferred(c->c_sp);
	enum netisr_proto proto, last = NETISR_IP;

	trust_queue(c, mv->mv_m[0]);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (i + MVEC_AHEAD < mv->mv_n)
			m_prefetch(mv->mv_m[i + MVEC_AHEAD]);
		if (unlikely(m->m_hashtype != RSS_NONE))
			trust_hash(c, m);
		proto = netisr_classify(m);
		if (unlikely((deferred & 1u << proto) != 0) &&
		    netisr_defer(c, proto, m))
			continue;
		if (unlikely(proto != last)) {
			netisr_count(c, last, run);
			last = proto;
			run = 0;
		}
		run++;
		path_next(c, ST_ETHER, m);
	}
	netisr_count(c, last, run);
}
