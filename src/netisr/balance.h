/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which buckets go to which CPU so that all CPUs have about as much to do: the
 * decision.  Pure; balancer.h measures and moves.
 *
 * A bucket's weight is its share, by packets, of its CPU's busy time.  From
 * the CPU that is busy most to the one that is busy least goes the heaviest
 * bucket that leaves the receiver no busier than the giver: so what is uneven
 * gets less with every move, and a flow that is heavier than that stays where
 * it is, and others leave it alone there.  What a CPU does beside its buckets
 * (serving a queue, say) makes them look heavier than they are, which errs on
 * the side of moving less.
 *
 * It does not swing, even where measurements lie: it begins only when the
 * difference has been over the threshold twice running and ends at half of it;
 * a bucket that was moved rests, twice as long each time, up to BALANCE_LEVELS
 * doublings, and gets them back one by one while it stays.
 */
#ifndef NETISR_BALANCE_H
#define NETISR_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/endpoint.h"
#include "netisr/rss.h"

#define BALANCE_LEVELS 8 /* doublings of a bucket's rest */

/* A CPU in the last interval. */
struct balance_cpu {
	/* the caller's to set */
	uint64_t bc_busy; /* ns in rounds with work */
	uint64_t bc_packets; /* it worked on, of buckets or not */
	/* of the decision */
	uint64_t bc_load; /* ns that it would be busy after the moves */
	uint64_t bc_owned; /* packets of its buckets */
	bool bc_stuck; /* busiest, but nothing of it can go */
};

struct balance_bucket {
	uint64_t bb_packets; /* in the last interval; the caller's to set */
	uint16_t bb_cpu; /* owner; the caller's to set */
	uint16_t bb_rest; /* intervals that it stays in any case */
	uint16_t bb_calm; /* intervals since then */
	uint8_t bb_level; /* doublings of its next rest */
};

struct balance_limits {
	unsigned bl_threshold; /* percent of a CPU's time that is too uneven */
	unsigned bl_hot; /* percent that the busiest must be, at least */
	unsigned bl_moves; /* buckets in an interval */
	unsigned bl_rest; /* intervals, to begin with */
};

struct balance {
	unsigned ba_ncpus;
	unsigned ba_nbuckets;
	uint64_t ba_span; /* ns of the interval; the caller's to set */
	struct balance_limits ba_limits; /* the caller's to set */
	unsigned ba_uneven; /* intervals running over the threshold */
	bool ba_active; /* it has begun, and not ended */
	struct balance_cpu ba_cpu[CPU_MAX];
	struct balance_bucket ba_bucket[RSS_MAXBUCKETS];
};

struct balance_move {
	uint16_t bm_bucket;
	uint16_t bm_from;
	uint16_t bm_to;
	uint64_t bm_weight; /* ns of the interval, as estimated */
};

/*
 * One interval has passed.  Returns how many buckets to move, at most
 * bl_moves; they count as moved, and bb_cpu is the new one.
 */
unsigned balance_decide(struct balance *, struct balance_move *);

/* Somebody else has moved a bucket: it rests, too. */
void balance_moved(struct balance *, unsigned bucket, unsigned cpu);

#endif
