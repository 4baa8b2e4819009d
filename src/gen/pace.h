/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When packets may leave: a schedule that is fixed when it starts.
 *
 * The time of a packet is computed from the start of the schedule in whole
 * numbers and fractions, never from the time of the packet before it, so
 * rates do not drift, however long it runs and however late packets are.
 * What could not leave in time stays due, leaves as soon as it can, and is
 * counted; nothing is ever taken off the schedule.
 *
 *	constant	each packet takes cost/rate of time
 *	Poisson		gaps are exponential, of that mean; repeatable by seed
 *	burst		n packets at once (or one behind the other at line rate,
 *			where that is known), then a pause for their n costs
 *	ramp		the rate changes evenly from one value to another, then
 *			stays; the schedule is the rate's exact integral
 *	max		as fast as it goes: always due, never late
 *
 * The cost of a packet is 1 (packets/s) or its bits at a layer.  "wirelen" is
 * what people call the frame size: with the FCS, so 4 bytes more than what is
 * in memory.
 *
 * CPUs share a schedule: share i of n.  In packets/s of any kind but Poisson
 * the shares together are, to the nanosecond, what one CPU alone would have
 * (whole bursts go to CPUs in turn).  Poisson shares are independent, which
 * together is Poisson again.  In bit/s each share has its part of the rate,
 * the first packet i/n of a packet's (a burst's) time after the start.
 *
 * Pure: no clock, no memory of its own.  A struct pace belongs to one thread,
 * which may copy it.
 */
#ifndef GEN_PACE_H
#define GEN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "gen/hist.h"

#define PACE_GAP    20u /* bytes at layer 1: preamble, SFD, gap (802.3) */
#define PACE_NEVER  UINT64_MAX
#define PACE_SHARES 1024u
#define PACE_BURST_MAX (1u << 24)
#define PACE_RAMP_MAX UINT64_C(86400000000000) /* ns: a day */
#define PACE_DEN_MAX 10000u

enum pace_kind { PACE_CONSTANT, PACE_POISSON, PACE_BURST, PACE_RAMP, PACE_MAX };

enum pace_unit {
	PACE_PPS, /* packets/s */
	PACE_L1, /* bit/s on the line: frame, FCS, PACE_GAP */
	PACE_L2, /* bit/s of frames with FCS */
	PACE_L3, /* bit/s of IP packets */
	PACE_PERCENT, /* of the line rate, at layer 1 */
};

/* num/den packets/s, bit/s or percent. */
struct pace_rate {
	uint64_t pr_num;
	uint64_t pr_den; /* 1 to PACE_DEN_MAX; 0 means 1 */
};

struct pace_conf {
	enum pace_kind pc_kind;
	enum pace_unit pc_unit;
	struct pace_rate pc_rate; /* of all shares; at a ramp's begin */
	struct pace_rate pc_to; /* at a ramp's end */
	uint64_t pc_over; /* ns that a ramp takes */
	unsigned pc_burst; /* packets in a burst */
	uint64_t pc_line; /* line rate in bit/s; 0: not known */
	unsigned pc_len; /* wirelen of the shortest frames; 0: 64 */
	unsigned pc_l2; /* bytes of it that are not IP's: 18, 4 more a tag; 0
			 * means 18 */
	unsigned pc_share; /* this CPU's, from 0 */
	unsigned pc_shares; /* 0 means 1 */
	uint64_t pc_seed; /* of the trial: the same for all shares */
	uint64_t pc_tolerance; /* ns behind the schedule that are not late */
	struct hist *pc_error; /* ns behind the schedule, of each packet; may
				* be NULL; must outlive the pace */
	struct hist *pc_gap; /* ns that the time since the packet before
			      * differs from the schedule's; likewise */
};

/*
 * Time in steps of cost * A / B ns, with the remainder carried on; the last
 * division is remembered, because most packets have the same length.
 */
struct pace_step {
	uint64_t ps_a; /* ns per unit of cost: A … */
	uint64_t ps_b; /* … over B */
	uint64_t ps_cost; /* of the last step; 0: none yet */
	uint64_t ps_ns; /* that it took … */
	uint64_t ps_rem; /* … and B-ths beyond */
	uint64_t ps_mean; /* Poisson: the same, with … */
	unsigned ps_frac; /* … so many binary digits behind the point */
};

struct pace {
	uint64_t p_due; /* when the next may leave */
	uint64_t p_frac; /* B-ths (Poisson: 2^-64-ths) of a ns behind p_due */
	struct pace_step p_step;
	struct pace_conf p_conf; /* with all that 0 means filled in */
	uint64_t p_start;
	uint64_t p_sent; /* packets */
	uint64_t p_late; /* of them more than the tolerance behind */
	uint64_t p_worst; /* ns behind, of all */
	uint64_t p_behind; /* ns, of the last one */

	/* PACE_BURST; p_due is of the next packet, this of the burst */
	unsigned p_inburst; /* packets of it that have left */
	uint64_t p_burstcost; /* theirs */
	uint64_t p_burstdue;
	uint64_t p_burstfrac;
	struct pace_step p_line; /* how long a packet takes on the line */

	struct rnd p_rnd; /* PACE_POISSON */

	/* PACE_RAMP: work is cost times 10^9 times the rates' denominator */
	unsigned __int128 p_need; /* work after which the next is due */
	uint64_t p_unit; /* work of a cost of 1 in this share */
	uint64_t p_from; /* rates' numerators */
	uint64_t p_to;
};

/*
 * Whether such a schedule is possible.  false: err has a sentence that says
 * what is wrong and what would be right, beginning with the setting's name.
 */
bool pace_check(const struct pace_conf *, char *err, size_t errlen);

/* Begin a schedule, which pace_check() must have found possible, at now. */
void pace_start(struct pace *, const struct pace_conf *, uint64_t now);

/* When the next packet may leave; PACE_NEVER: there is none any more. */
static inline uint64_t
pace_next(const struct pace *p)
{
	return p->p_due;
}

/*
 * How many packets of this wirelen, at most most, are due at now.  They still
 * are afterwards: that they leave is for pace_sent() to say.
 */
unsigned pace_due(
    const struct pace *, uint64_t now, unsigned wirelen, unsigned most);

/* The next packet left at now, which is not before pace_next(). */
void pace_sent(struct pace *, unsigned wirelen, uint64_t now);

/*
 * How many packets the schedule wanted to leave from its start until t, t
 * included, those that have left and those that are due; where lengths count
 * and vary, due ones are taken to be of this wirelen.  t is not before the
 * last pace_sent().  Exact but for one case: when a Poisson schedule is more
 * than 2^20 packets behind, what is beyond is its mean.  For PACE_MAX it is
 * what was sent.
 */
uint64_t pace_offered(const struct pace *, uint64_t t, unsigned wirelen);

/* Packets/s of this wirelen that the rate means (a ramp's: at its end). */
double pace_pps(const struct pace_conf *, unsigned wirelen);

#endif
