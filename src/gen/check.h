/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of the packets of a trial: lost, duplicated, reordered, and how
 * long they took, from the signatures of those that arrived.
 *
 * Flows have numbers from a base on; groups (streams) have flows one after the
 * other.  A flow is checked by one CPU: of n checkers, number i has the flows
 * with (flow - base) % n == i.  A flow's sequence numbers begin at the same
 * value and count up by one; they may wrap.
 *
 * What is exact:
 *	received	first copies of packets
 *	lost		sent - received, once all have arrived that will
 *	duplicates	copies beyond the first
 *	reordered	RFC 4737, 3.3: Type-P-Reordered, first copies only
 *	extent		RFC 4737, 4.2: how many arrived between the earliest
 *			packet with a larger number and a reordered one
 *	3-reordered	RFC 4737, 5: at least three packets right before it have
 *			larger numbers, so that TCP would have sent again
 *	late offset	RFC 4737, 4.3: how long after the earliest packet with a
 *			larger number, to 256 ns, up to 18 minutes
 * as long as a packet comes no more than the window behind the largest number
 * of its flow.  One that comes later is counted as received, reordered and
 * old (cg_old, cf_old): nobody knows whether it is a first copy, and it has no
 * extent.  So with old packets the loss is between what is told and that many
 * more, and duplicates the other way round.  Numbers must not jump by 2^31.
 *
 * The window is 1024 packets where there are up to 8,192 flows in a checker,
 * then half as much for twice as many, down to 64.  Over 131,072 flows there
 * are no extents, 3-reordering and late offsets (checker_has_extent()), and a
 * flow takes 64 bytes; below, all of that takes 64 MiB at most.
 *
 * Latency, and what follows from it, are of first copies (and old ones).
 *	jitter		RFC 3550, 6.4.1: smoothed difference of the latencies of
 *			neighbours as they arrive; the histogram is of the
 *			differences themselves
 *	PDV		RFC 5481, 4.2: latency less the least latency, which is
 *			the histogram of latency seen from its least value
 * A packet that arrives before it was sent, by clocks that disagree, took no
 * time and is counted (cg_early).
 *
 * Pure: no clock, no memory but at creation.  A checker belongs to one thread.
 */
#ifndef GEN_CHECK_H
#define GEN_CHECK_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gen/hist.h"

struct sig;

#define CHECK_WINDOW     1024u /* packets, if memory permits */
#define CHECK_WINDOW_MIN 64u
#define CHECK_WINDOW_MAX 65536u
#define CHECK_BURST      32u

/* A stream: this many flows, which share counters … */
struct check_stream {
	uint32_t cs_flows;
	uint32_t cs_hists; /* … and, with other streams, these histograms */
};

struct check_conf {
	uint32_t cc_base; /* number of the first flow */
	uint32_t cc_first; /* sequence number of a flow's first packet */
	const struct check_stream *cc_stream; /* only read at creation */
	unsigned cc_nstreams;
	unsigned cc_share; /* of this checker, from 0 */
	unsigned cc_shares; /* 0: 1 */
	unsigned cc_window; /* a power of two, CHECK_WINDOW_*; 0: see above */
};

/* One flow.  All that a packet needs is on this line. */
struct check_flow {
	alignas(CACHELINE) uint64_t cf_received;
	uint64_t cf_duplicated;
	uint64_t cf_reordered;
	uint64_t cf_old; /* of them beyond the window */
	uint64_t cf_latency; /* ns, of the last one */
	uint64_t cf_jitter; /* 1/16 ns */
	uint64_t cf_seen; /* who of the last 64 came, if that is the window */
	uint32_t cf_next; /* one more than the largest number so far */
	uint32_t cf_group;
};
static_assert(sizeof(struct check_flow) == CACHELINE, "a million of them");
#define CHECK_FLOW_SHIFT 3 /* from flow to flow in words of 64 bits */
static_assert(sizeof(struct check_flow) == 8u << CHECK_FLOW_SHIFT, "so many");

/* A stream, as far as this checker has its flows. */
struct check_group {
	alignas(CACHELINE) uint64_t cg_received;
	uint64_t cg_bytes; /* of those, of wirelen */
	unsigned __int128 cg_latency_sum; /* ns */
	uint64_t cg_latency_min; /* UINT64_MAX: none yet */
	uint64_t cg_latency_max;
	struct check_hists *cg_hists; /* not this group's own */
	uint64_t cg_early;
	uint64_t cg_duplicated;
	uint64_t cg_reordered;
	uint64_t cg_reordered3;
	uint64_t cg_old;
	uint64_t cg_extent_max; /* packets */
	uint64_t cg_offset_max; /* ns, late offset */
	uint64_t cg_gap; /* when the last one was sent that passed over some */
	/* What checker_finish() finds. */
	uint64_t cg_lost;
	uint64_t cg_surplus; /* received more than sent, flow by flow */
	uint32_t cg_flows; /* that sent anything */
	uint32_t cg_flows_lost; /* with any loss */
	uint32_t cg_flows_silent; /* nothing came of them */
	uint32_t cg_flows_cut; /* the last packets of them did not come */
	uint32_t cg_jitter_flows; /* with at least two packets … */
	uint64_t cg_jitter_max; /* ns, of these flows' jitter at the end … */
	unsigned __int128 cg_jitter_sum; /* … and their sum */
};

struct check_hists {
	struct hist ch_latency; /* ns */
	struct hist ch_jitter; /* ns */
	struct hist ch_extent; /* packets, of each reordered one */
	struct hist ch_offset; /* ns, late offset of each reordered one */
};

/* A packet that arrived; what goes to the CPU that checks its flow. */
struct check_rec {
	uint32_t cr_flow;
	uint32_t cr_seq;
	uint64_t cr_ts; /* ns, when it was sent … */
	uint64_t cr_now; /* … and when it came */
	uint32_t cr_len; /* wirelen: with the FCS */
	uint32_t cr_more; /* the caller's */
};
static_assert(sizeof(struct check_rec) == CACHELINE / 2, "two on a line");

struct checker;

/*
 * EINVAL: no flows, more than 2^32, a window that is none, or a share beyond
 * the shares; ENOMEM.  cs_hists counts from 0, and all below the largest are
 * there.
 */
int checker_create(const struct check_conf *, struct checker **);
void checker_destroy(struct checker *);

/* As before the first packet. */
void checker_reset(struct checker *);

/* The checker that has this flow, if its number is one of the trial's. */
static inline unsigned
check_share(uint32_t flow, uint32_t base, unsigned shares)
{
	return shares == 1 ? 0 : (flow - base) % shares;
}

/*
 * A packet of this signature and wirelen came at now.  false: its flow is not
 * one of this checker's (counted, checker_stray()).
 */
bool check_packet(
    struct checker *, const struct sig *, unsigned wirelen, uint64_t now);

/* n of them, in order of arrival; faster.  Returns how many were its own. */
unsigned check_burst(struct checker *, const struct check_rec *, unsigned n);

/*
 * All have come that will.  sent() tells how many packets of a flow were sent;
 * it is asked once for each.  Fills in what groups say of loss and jitter.
 */
void checker_finish(struct checker *,
    uint64_t (*sent)(void *arg, uint32_t flow), void *arg);

/*
 * What groups, histograms and counters of another checker of the same streams
 * say is added to this one's.  Flows stay where they are.
 */
void checker_merge(struct checker *, const struct checker *);

unsigned checker_window(const struct checker *);
bool checker_has_extent(const struct checker *);
uint64_t checker_stray(const struct checker *); /* packets of no such flow */
unsigned checker_ngroups(const struct checker *);
unsigned checker_nhists(const struct checker *);
const struct check_group *checker_group(const struct checker *, unsigned);
const struct check_hists *checker_hists(const struct checker *, unsigned);

/* A flow by its number; NULL if this checker does not have it. */
const struct check_flow *checker_flow(const struct checker *, uint32_t flow);

/* Lost of that many sent; 0 if more came than were sent. */
uint64_t check_flow_lost(const struct check_flow *, uint64_t sent);

/* Jitter of a flow in ns, as RFC 3550 would report it now. */
uint64_t check_flow_jitter(const struct check_flow *);

/* PDV (RFC 5481, 4.2) that num/den of packets do not exceed, ns. */
uint64_t check_pdv(const struct hist *latency, uint64_t num, uint64_t den);

#endif
