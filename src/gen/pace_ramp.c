/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rate that changes evenly, integrated exactly.
 *
 * The work that the schedule has wanted t ns after its start, as long as the
 * ramp of T ns lasts, is
 *
 *	W(t) = from * t + (to - from) * t^2 / 2T
 *
 * and a packet is due at the first whole ns at which W has reached the work of
 * all packets before it.  That work is a whole number, so W may be rounded
 * down.  The time is found by Newton's method, with numbers that need not be
 * exact, between two times that have been tried exactly.
 */
#include "base/bytes.h"
#include "gen/pace_int.h"

#define NEWTON 16 /* steps; then the interval is halved */

static unsigned __int128
ramp_work(const struct pace *p, uint64_t t)
{
	uint64_t over = p->p_conf.pc_over, twice = 2 * over, d;
	uint64_t in = u64min(t, over);
	unsigned __int128 square = (unsigned __int128)in * in;
	unsigned __int128 w = (unsigned __int128)p->p_from * in, more;
	uint64_t q = (uint64_t)(square / twice);
	uint64_t rem = (uint64_t)(square % twice);

	if (p->p_to >= p->p_from) {
		d = p->p_to - p->p_from;
		more = (unsigned __int128)d * rem / twice;
		w += (unsigned __int128)d * q + more;
	} else {
		d = p->p_from - p->p_to;
		more = ((unsigned __int128)d * rem + twice - 1) / twice;
		w -= (unsigned __int128)d * q + more;
	}
	return w + (unsigned __int128)p->p_to * (t - in);
}

/* Work per ns, about. */
static double
ramp_slope(const struct pace *p, uint64_t t)
{
	double over = (double)p->p_conf.pc_over;

	if ((double)t >= over)
		return (double)p->p_to;
	return (double)p->p_from +
	    ((double)p->p_to - (double)p->p_from) * ((double)t / over);
}

/* How far from t, about, another diff of work is done; at least 1. */
static uint64_t
newton(const struct pace *p, uint64_t t, unsigned __int128 diff)
{
	double slope = ramp_slope(p, t), step;

	if (slope <= 0)
		return PACE_FAR;
	step = (double)diff / slope;
	if (step >= (double)PACE_FAR)
		return PACE_FAR;
	return step < 1 ? 1 : (uint64_t)step;
}

/*
 * lo has not enough work, hi has, or is too far for it to matter; the answer
 * is hi when they are neighbours.
 */
static uint64_t
search(const struct pace *p, uint64_t lo, unsigned __int128 work)
{
	uint64_t hi = PACE_FAR, t = lo;
	unsigned i;

	for (i = 0; hi - lo > 1; i++) {
		if (i >= NEWTON)
			t = lo + (hi - lo) / 2;
		else if (t == lo)
			t = lo + newton(p, lo, p->p_need - work);
		else
			t = hi - u64min(hi, newton(p, hi, work - p->p_need));
		if (t <= lo || t >= hi)
			t = lo + (hi - lo) / 2;
		work = ramp_work(p, t);
		if (work < p->p_need)
			lo = t;
		else
			hi = t;
	}
	return hi;
}

uint64_t
pace_ramp_due(const struct pace *p, uint64_t from)
{
	uint64_t lo = from - p->p_start;
	unsigned __int128 work = ramp_work(p, lo);

	if (work >= p->p_need)
		return from;
	lo = search(p, lo, work);
	return lo >= PACE_FAR ? PACE_NEVER : p->p_start + lo;
}

uint64_t
pace_ramp_until(const struct pace *p, uint64_t t, uint64_t cost)
{
	unsigned __int128 work = ramp_work(p, t - p->p_start);

	if (work < p->p_need)
		return 0;
	return (uint64_t)((work - p->p_need) /
		   ((unsigned __int128)p->p_unit * cost)) +
	    1;
}
