/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots of a group of next hops; what is wanted is told in nhop_int.h.
 *
 * A hash taken modulo the number of members moves nearly all flows when that
 * number changes (RFC 2992, 3.1: its own way, by regions, still moves between
 * a quarter and a half).  Slots that are handed over one by one move what must
 * move and nothing else.
 */
#include "route/nhop_int.h"

#include "base/kassert.h"

/*
 * Give up what is over the share.  Who has more than the least share may keep
 * one above it, as long as there are such.
 */
static void
slots_give(nhg_slot *slot, unsigned nslots, unsigned n, unsigned *count)
{
	unsigned extra = nslots % n;
	unsigned keep[NHG_MAX];
	unsigned i;

	for (i = 0; i < n; i++) {
		keep[i] = nslots / n;
		if (count[i] > keep[i] && extra > 0) {
			keep[i]++;
			extra--;
		}
	}
	for (i = 0; i < nslots; i++) {
		nhg_slot who = slot[i];

		if (who != NHG_NOBODY && count[who] > keep[who]) {
			count[who]--;
			slot[i] = NHG_NOBODY;
		}
	}
}

/* Whoever of them has fewest, the first of these. */
static unsigned
slots_poorest(const unsigned *count, unsigned n, uint64_t of)
{
	unsigned i, best = NHG_MAX;

	for (i = 0; i < n; i++)
		if ((of >> i & 1) != 0 &&
		    (best == NHG_MAX || count[i] < count[best]))
			best = i;
	KASSERT(best < NHG_MAX);
	return best;
}

static void
slots_take(nhg_slot *slot, unsigned nslots, unsigned n, unsigned *count,
    uint64_t of)
{
	unsigned i, who;

	for (i = 0; i < nslots; i++) {
		if (slot[i] != NHG_NOBODY)
			continue;
		who = slots_poorest(count, n, of);
		slot[i] = (nhg_slot)who;
		count[who]++;
	}
}

static void
slots_count(const nhg_slot *slot, unsigned nslots, unsigned *count)
{
	unsigned i;

	for (i = 0; i < nslots; i++)
		if (slot[i] != NHG_NOBODY)
			count[slot[i]]++;
}

void
slots_share(nhg_slot *slot, unsigned nslots, unsigned n)
{
	unsigned count[NHG_MAX] = { 0 };

	slots_count(slot, nslots, count);
	slots_give(slot, nslots, n, count);
	slots_take(slot, nslots, n, count, UINT64_MAX);
}

void
slots_cover(const nhg_slot *home, nhg_slot *now, unsigned nslots, unsigned n,
    uint64_t alive)
{
	unsigned count[NHG_MAX] = { 0 };
	unsigned i;

	if (n < 64)
		alive &= (UINT64_C(1) << n) - 1;
	for (i = 0; i < nslots; i++) {
		if (alive == 0 || (alive >> home[i] & 1) != 0)
			now[i] = home[i];
		else if (now[i] != NHG_NOBODY && (alive >> now[i] & 1) == 0)
			now[i] = NHG_NOBODY;
	}
	slots_count(now, nslots, count);
	if (alive != 0)
		slots_take(now, nslots, n, count, alive);
}
