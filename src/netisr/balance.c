/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which buckets go to which CPU; see balance.h.
 */
#include "netisr/balance.h"

#include "base/bytes.h"

/* All that could be moved must be this part of the difference, ... */
#define WORTH 8
/* ... and a single bucket this: as many as there may be, all alike, are. */
#define WORTH_ONE (2 * RSS_MAXBUCKETS)

void
balance_moved(struct balance *ba, unsigned bucket, unsigned cpu)
{
	struct balance_bucket *bb = &ba->ba_bucket[bucket];

	bb->bb_cpu = (uint16_t)cpu;
	bb->bb_rest = (uint16_t)u64min(
	    (uint64_t)ba->ba_limits.bl_rest << bb->bb_level, UINT16_MAX);
	bb->bb_calm = 0;
	if (bb->bb_level < BALANCE_LEVELS)
		bb->bb_level++;
}

/* An interval's rest for all; who stayed as long again gets a doubling back. */
static void
balance_age(struct balance *ba)
{
	uint64_t stay;
	unsigned b;

	for (b = 0; b < ba->ba_nbuckets; b++) {
		struct balance_bucket *bb = &ba->ba_bucket[b];

		if (bb->bb_rest > 0) {
			bb->bb_rest--;
			continue;
		}
		if (bb->bb_level == 0)
			continue;
		stay = (uint64_t)ba->ba_limits.bl_rest << bb->bb_level;
		if (++bb->bb_calm < u64min(stay, UINT16_MAX))
			continue;
		bb->bb_calm = 0;
		bb->bb_level--;
	}
}

static void
balance_loads(struct balance *ba)
{
	unsigned i, b;

	for (i = 0; i < ba->ba_ncpus; i++) {
		struct balance_cpu *bc = &ba->ba_cpu[i];

		bc->bc_load = u64min(bc->bc_busy, ba->ba_span);
		bc->bc_owned = 0;
		bc->bc_stuck = false;
	}
	for (b = 0; b < ba->ba_nbuckets; b++)
		ba->ba_cpu[ba->ba_bucket[b].bb_cpu].bc_owned += ba->ba_bucket[b]
								    .bb_packets;
}

/*
 * The busiest CPU that is not stuck, and the idlest; the first of them if
 * there are several.  Returns the difference.
 */
static uint64_t
balance_ends(const struct balance *ba, unsigned *hot, unsigned *cool)
{
	unsigned i;

	*hot = *cool = 0;
	for (i = 1; i < ba->ba_ncpus; i++)
		if (ba->ba_cpu[i].bc_load < ba->ba_cpu[*cool].bc_load)
			*cool = i;
	*hot = *cool;
	for (i = 0; i < ba->ba_ncpus; i++)
		if (!ba->ba_cpu[i].bc_stuck &&
		    ba->ba_cpu[i].bc_load > ba->ba_cpu[*hot].bc_load)
			*hot = i;
	return ba->ba_cpu[*hot].bc_load - ba->ba_cpu[*cool].bc_load;
}

/* A bucket's part of what its CPU was busy with. */
static uint64_t
balance_weight(const struct balance *ba, const struct balance_bucket *bb)
{
	const struct balance_cpu *bc = &ba->ba_cpu[bb->bb_cpu];
	uint64_t busy = u64min(bc->bc_busy, ba->ba_span);
	uint64_t packets = u64max(bc->bc_owned, bc->bc_packets);

	if (bb->bb_packets == 0)
		return 0;
	return (uint64_t)((double)busy * (double)bb->bb_packets /
	    (double)packets);
}

/*
 * The heaviest bucket of CPU hot that may go and leaves the receiver no busier
 * than hot; ba_nbuckets if there is none, or all of them would not matter.
 */
static unsigned
balance_pick(const struct balance *ba, unsigned hot, uint64_t uneven,
    uint64_t *weight)
{
	unsigned b, best = ba->ba_nbuckets;
	uint64_t sum = 0, w;

	*weight = 0;
	for (b = 0; b < ba->ba_nbuckets; b++) {
		const struct balance_bucket *bb = &ba->ba_bucket[b];

		if (bb->bb_cpu != hot || bb->bb_rest > 0)
			continue;
		w = balance_weight(ba, bb);
		if (w > uneven / 2)
			continue;
		sum += w;
		if (w > *weight) {
			*weight = w;
			best = b;
		}
	}
	return sum < uneven / WORTH || *weight <= uneven / WORTH_ONE ?
	    ba->ba_nbuckets : best;
}

/* Whether it is uneven enough, for long enough, to do something. */
static bool
balance_wanted(struct balance *ba)
{
	uint64_t percent = ba->ba_span / 100;
	uint64_t threshold = ba->ba_limits.bl_threshold * percent;
	unsigned hot, cool;
	uint64_t uneven = balance_ends(ba, &hot, &cool);

	if (ba->ba_cpu[hot].bc_load < ba->ba_limits.bl_hot * percent ||
	    uneven <= (ba->ba_active ? threshold / 2 : threshold)) {
		ba->ba_uneven = 0;
		ba->ba_active = false;
	} else if (++ba->ba_uneven >= 2) {
		ba->ba_active = true;
	}
	return ba->ba_active;
}

unsigned
balance_decide(struct balance *ba, struct balance_move *mv)
{
	uint64_t least = ba->ba_limits.bl_threshold * (ba->ba_span / 100) / 2;
	unsigned n = 0, b, hot, cool;
	uint64_t uneven, weight;

	balance_age(ba);
	balance_loads(ba);
	if (!balance_wanted(ba))
		return 0;
	while (n < ba->ba_limits.bl_moves &&
	    (uneven = balance_ends(ba, &hot, &cool)) > least) {
		b = balance_pick(ba, hot, uneven, &weight);
		if (b == ba->ba_nbuckets) {
			ba->ba_cpu[hot].bc_stuck = true;
			continue;
		}
		mv[n++] = (struct balance_move){ (uint16_t)b, (uint16_t)hot,
			(uint16_t)cool, weight };
		ba->ba_cpu[hot].bc_load -= weight;
		ba->ba_cpu[cool].bc_load += weight;
		balance_moved(ba, b, cool);
	}
	if (n == 0) { /* as good as it gets: it must be seen anew */
		ba->ba_uneven = 0;
		ba->ba_active = false;
	}
	return n;
}
