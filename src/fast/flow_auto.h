/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a CPU uses its flow cache (flow.h): with net.inet.ip.fastforward =
 * auto it finds out, by trying.
 *
 * A trial lets the cache get warm, and then works on slices of packets with it
 * and without it, by turns.  Of each slice the first half is not counted: the
 * processor's caches hold what the slice before has used.  The median of the
 * slices with the cache, in cycles a packet, is held against that of those
 * without; and each slice against the one beside it, which shared its moment.
 * What is not in force must win clearly by both, or all stays as it is.
 * Between trials a CPU takes FLOW_AUTO_REST times the packets of a trial.
 *
 * Which way a packet is decided makes no difference to it, so that nothing but
 * time depends on what is found.  A simulated CPU has no cycles: the caller
 * gives it random numbers, so that seeds try all turns.
 *
 *	o	owner CPU only
 *	A	atomic, relaxed: written by the owner CPU, read by ctl
 */
#ifndef FAST_FLOW_AUTO_H
#define FAST_FLOW_AUTO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cpu/stat.h"

#define FLOW_AUTO_PAIRS	9u /* slices with the cache; as many without */
#define FLOW_AUTO_WON	7u /* of these: what is not in force takes over */
#define FLOW_AUTO_LEAST 32u /* … if it is better by 1/32 */
#define FLOW_AUTO_REST	64u
#define FLOW_AUTO_UNIT	16u /* costs are in 1/16 cycle a packet */

/* What the last trial said; and what it is called. */
enum flow_why {
	FW_NOROOM, /* there is no cache */
	FW_NEW, /* none has ended */
	FW_CLOSE, /* no clear difference: it stayed as it was */
	FW_FASTER, /* the cache is faster */
	FW_SLOWER, /* … slower */
	FW_N
};
extern const char *const flow_why_names[FW_N];

struct flow_auto {
	uint64_t fa_size; /* [o] of the cache that this is about */
	uint64_t fa_left; /* [o] packets until the next step */
	uint32_t fa_step; /* [o] 0: rest; 1: warming; then slices */
	bool fa_use; /* [o] the cache, if there is no trial */
	bool fa_with; /* [o] the cache, now */
	bool fa_counts; /* [o] the slice's second half */
	uint64_t fa_packets; /* [o] of the slice that were counted … */
	uint64_t fa_cost; /* [o] … and what they cost */
	uint32_t fa_took[2][FLOW_AUTO_PAIRS]; /* [o] without, with */
	/* For people. */
	stat_cell fa_using; /* [A] fa_use */
	stat_cell fa_why; /* [A] enum flow_why */
	stat_cell fa_mid[2]; /* [A] medians of the last trial */
	stat_cell fa_won; /* [A] pairs of it that the cache won */
	stat_cell fa_trials; /* [A] ended */
	stat_cell fa_changes; /* [A] of fa_use */
};

/*
 * A vector begins: whether the cache is used for it.  size: of the cache; 0:
 * there is none.
 */
bool flow_auto_begin(struct flow_auto *, uint64_t size);

/* Whether flow_auto_end() wants to know what the vector costs. */
static inline bool
flow_auto_counts(const struct flow_auto *fa)
{
	return unlikely(fa->fa_counts);
}

/* It had n packets; cycles they took, if they were asked for. */
void flow_auto_step(struct flow_auto *, unsigned n, uint64_t took);

static inline void
flow_auto_end(struct flow_auto *fa, unsigned n, uint64_t took)
{
	if (likely(fa->fa_left > n && !fa->fa_counts))
		fa->fa_left -= n;
	else
		flow_auto_step(fa, n, took);
}

#endif
