/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binary search (RFC 2544, 24; RFC 9004, 5.2).
 *
 * The highest load comes first: if it passes, nothing else need be tried.
 * A load that failed usually tells where the limit is (what was forwarded), so
 * the next two trials are just below and just above of that, and if both do as
 * expected the search is over.  If not, the limit is taken to be near, and is
 * looked for in steps that grow by eight; what then fails may know better.
 * Guesses are used a few times only, and steps end in the middle of what is
 * left: whatever was guessed, halving goes on from there.
 */
#include "gen/search.h"

#include "base/kassert.h"

#define BISECT_HINTS 6
#define BISECT_LEAPS 22 /* most of one guess: 8^22 is more than 2^64 */

/* How far apart the bounds may be, with an upper one. */
static uint64_t
bisect_width(const struct bisect *bi, uint64_t upper)
{
	uint64_t width = (uint64_t)((unsigned __int128)upper *
	    bi->bi_conf.bc_ppm / 1000000);

	return width > bi->bi_conf.bc_step ? width : bi->bi_conf.bc_step;
}

void
bisect_start(struct bisect *bi, const struct bisect_conf *bc)
{
	KASSERT(bc->bc_min >= 1 && bc->bc_max >= bc->bc_min);
	*bi = (struct bisect){ .bi_conf = *bc };
	if (bi->bi_conf.bc_step == 0)
		bi->bi_conf.bc_step = 1;
}

void
bisect_guess(struct bisect *bi, uint64_t load)
{
	if (load == 0 || bi->bi_hints >= BISECT_HINTS)
		return;
	bi->bi_hint = load;
	bi->bi_hints++;
}

/* Loads that may still be tried: above the lower bound, below the upper. */
static bool
bisect_open(const struct bisect *bi, uint64_t load)
{
	if (load < bi->bi_conf.bc_min || load > bi->bi_conf.bc_max)
		return false;
	return load > bi->bi_lower &&
	    (bi->bi_upper == 0 || load < bi->bi_upper);
}

/* Just below of the guess, then just above; 0: no use of it any more. */
static uint64_t
bisect_by_hint(struct bisect *bi)
{
	uint64_t half = bisect_width(bi, bi->bi_hint) / 2;
	uint64_t below = bi->bi_hint > half ? bi->bi_hint - half : 1;
	uint64_t above = below + (half > 0 ? 2 * half : 1);

	if (bisect_open(bi, below))
		return below;
	bi->bi_leap = 2 * bisect_width(bi, bi->bi_hint);
	bi->bi_down = below == bi->bi_upper;
	bi->bi_hint = 0;
	if (below == bi->bi_lower && bisect_open(bi, above))
		return above;
	return 0;
}

/* A step away from a wrong guess; 0: no use of it any more. */
static uint64_t
bisect_by_leap(struct bisect *bi)
{
	uint64_t room = bi->bi_upper - bi->bi_lower, leap = bi->bi_leap;

	uint64_t load = bi->bi_down ? bi->bi_upper - leap : bi->bi_lower + leap;

	if (bi->bi_upper == 0 || leap >= room / 2 || !bisect_open(bi, load)) {
		bi->bi_leap = 0;
		return 0;
	}
	bi->bi_leap = leap > UINT64_MAX / 8 ? UINT64_MAX : 8 * leap;
	return load;
}

static bool
bisect_over(const struct bisect *bi)
{
	if (bi->bi_lower == bi->bi_conf.bc_max)
		return true;
	if (bi->bi_upper == 0)
		return false;
	if (bi->bi_upper == bi->bi_conf.bc_min)
		return true; /* not even that passes */
	if (bi->bi_lower == 0)
		return false;
	return bi->bi_upper - bi->bi_lower <= bisect_width(bi, bi->bi_upper);
}

bool
bisect_next(struct bisect *bi, uint64_t *load)
{
	uint64_t lower;

	if (bi->bi_failed > 0) {
		*load = bi->bi_load; /* verification */
		return true;
	}
	if (bisect_over(bi))
		return false;
	bi->bi_load = bi->bi_hint != 0 ? bisect_by_hint(bi) : 0;
	if (bi->bi_load == 0 && bi->bi_leap != 0)
		bi->bi_load = bisect_by_leap(bi);
	if (bi->bi_load == 0 && bi->bi_upper == 0)
		bi->bi_load = bi->bi_conf.bc_max;
	if (bi->bi_load == 0) {
		lower = bi->bi_lower;
		/* Towards the lowest load, which itself is still to try. */
		if (lower == 0)
			lower = bi->bi_conf.bc_min - 1;
		bi->bi_load = lower + (bi->bi_upper - lower) / 2;
		if (bi->bi_load < bi->bi_conf.bc_min)
			bi->bi_load = bi->bi_conf.bc_min;
		if (bi->bi_lower == 0 &&
		    bi->bi_upper - bi->bi_conf.bc_min <=
			bisect_width(bi, bi->bi_upper))
			bi->bi_load = bi->bi_conf.bc_min;
	}
	*load = bi->bi_load;
	return true;
}

void
bisect_told(struct bisect *bi, bool passed, uint64_t guess)
{
	bi->bi_trials++;
	if (!passed && bi->bi_failed < bi->bi_conf.bc_verify) {
		bi->bi_failed++;
		return;
	}
	bi->bi_failed = 0;
	/* A step in the other direction than before has gone too far. */
	if (bi->bi_leap != 0 && bi->bi_hint == 0 && passed == bi->bi_down)
		bi->bi_leap = 0;
	if (passed) {
		bi->bi_lower = bi->bi_load;
		return;
	}
	bi->bi_upper = bi->bi_load;
	if (bi->bi_hint >= bi->bi_upper)
		bi->bi_hint = 0;
	if (bisect_open(bi, guess))
		bisect_guess(bi, guess);
}

unsigned
bisect_bound(const struct bisect_conf *bc)
{
	uint64_t span = bc->bc_max - bc->bc_min + 1;
	unsigned n = 2 + (2 + BISECT_LEAPS) * BISECT_HINTS;

	for (; span > 1; span = span / 2 + span % 2)
		n++;
	return n * (bc->bc_verify + 1);
}
