/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schedules in whole numbers.
 *
 * A rate is a fraction, num/den units of cost a second.  In share i of n a
 * packet of some cost takes
 *
 *	cost * n * 10^9 * den / num = cost * A / B
 *
 * nanoseconds.  Times are kept as whole nanoseconds and a count of B-ths, so
 * adding them up loses nothing.  B has no part of n in it, so that the offset
 * of a share, i * cost * (A / n) / B, is a count of B-ths, too.
 */
#include "gen/pace.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "gen/pace_int.h"

#define SECOND UINT64_C(1000000000)

/* A Poisson schedule that is further behind is not drawn packet by packet. */
#define POISSON_AHEAD (1u << 20)

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

struct pace_conf
pace_filled(const struct pace_conf *pc)
{
	struct pace_conf full = *pc;

	full.pc_rate.pr_den += full.pc_rate.pr_den == 0;
	full.pc_to.pr_den += full.pc_to.pr_den == 0;
	full.pc_shares += full.pc_shares == 0;
	if (full.pc_len == 0)
		full.pc_len = 64;
	if (full.pc_l2 == 0)
		full.pc_l2 = 18;
	return full;
}

uint64_t
pace_cost(const struct pace_conf *pc, unsigned wirelen)
{
	switch (pc->pc_unit) {
	case PACE_PPS:
		return 1;
	case PACE_L1:
	case PACE_PERCENT:
		return (wirelen + (uint64_t)PACE_GAP) * 8;
	case PACE_L3:
		/* What has no IP still takes its time. */
		return wirelen > pc->pc_l2 ?
		    (wirelen - pc->pc_l2) * UINT64_C(8) :
		    8;
	default:
		return wirelen * UINT64_C(8);
	}
}

bool
pace_units(
    const struct pace_conf *pc, const struct pace_rate *pr, struct pace_rate *r)
{
	uint64_t by = pr->pr_den, times = 1, g;

	if (pc->pc_unit == PACE_PERCENT) {
		by *= 100;
		times = pc->pc_line;
	}
	g = gcd(times, by);
	times /= g;
	by /= g;
	g = gcd(pr->pr_num, by);
	r->pr_den = by / g;
	return !__builtin_mul_overflow(pr->pr_num / g, times, &r->pr_num) &&
	    r->pr_num < PACE_NUM_MAX;
}

/* A step of n/rate seconds a unit of cost. */
static void
step_init(struct pace_step *ps, const struct pace_rate *r, unsigned n)
{
	uint64_t ns = SECOND * r->pr_den;
	uint64_t g = gcd(ns, r->pr_num);

	memset(ps, 0, sizeof(*ps));
	ps->ps_a = ns / g * n;
	ps->ps_b = r->pr_num / g;
}

/* Make the step that of a packet of this cost. */
static void
step_set(struct pace_step *ps, uint64_t cost)
{
	unsigned __int128 ns = (unsigned __int128)ps->ps_a * cost;
	unsigned __int128 whole = ns / ps->ps_b;

	ps->ps_cost = cost;
	if (whole >= PACE_FAR) { /* nothing that pace_check() lets through */
		ps->ps_ns = PACE_FAR;
		ps->ps_rem = 0;
	} else {
		ps->ps_ns = (uint64_t)whole;
		ps->ps_rem = (uint64_t)(ns % ps->ps_b);
	}
	ps->ps_frac = umin(32, (unsigned)__builtin_clzll(ps->ps_ns | 1) - 1);
	ps->ps_mean = (ps->ps_ns << ps->ps_frac) +
	    (uint64_t)(((unsigned __int128)ps->ps_rem << ps->ps_frac) /
		ps->ps_b);
}

/* Go on by a packet of this cost. */
static inline void
step_on(struct pace_step *ps, uint64_t cost, uint64_t *due, uint64_t *frac)
{
	if (unlikely(cost != ps->ps_cost))
		step_set(ps, cost);
	*due += ps->ps_ns;
	*frac += ps->ps_rem;
	if (*frac >= ps->ps_b) {
		*frac -= ps->ps_b;
		(*due)++;
	}
}

/* Of the steps of this cost that begin at due, how many begin until t. */
static uint64_t
steps_until(const struct pace_step *ps, uint64_t cost, uint64_t due,
    uint64_t frac, uint64_t t)
{
	unsigned __int128 room;

	if (due > t)
		return 0;
	room = (unsigned __int128)(t - due + 1) * ps->ps_b - 1 - frac;
	return (uint64_t)(room / ((unsigned __int128)ps->ps_a * cost)) + 1;
}

/* The next gap, added on: mean times a draw; 2^-64-ths of a ns carried. */
static void
poisson_on(struct pace *p, uint64_t cost)
{
	struct pace_step *ps = &p->p_step;
	unsigned __int128 ns;
	unsigned shift;

	if (unlikely(cost != ps->ps_cost))
		step_set(ps, cost);
	shift = 32 + ps->ps_frac;
	ns = (unsigned __int128)ps->ps_mean * pace_exponential(&p->p_rnd);
	ns += p->p_frac >> (64 - shift);
	p->p_due += (uint64_t)(ns >> shift);
	p->p_frac = (uint64_t)(ns << (64 - shift));
}

static void
burst_on(struct pace *p, unsigned wirelen, uint64_t cost)
{
	p->p_burstcost += cost;
	if (++p->p_inburst < p->p_conf.pc_burst) {
		if (p->p_line.ps_b != 0)
			step_on(&p->p_line, (wirelen + (uint64_t)PACE_GAP) * 8,
			    &p->p_due, &p->p_frac);
		return;
	}
	step_on(&p->p_step, p->p_burstcost, &p->p_burstdue, &p->p_burstfrac);
	p->p_inburst = 0;
	p->p_burstcost = 0;
	p->p_due = p->p_burstdue;
	p->p_frac = 0;
}

/* The packet that was next is not any more. */
static inline void
move_on(struct pace *p, unsigned wirelen)
{
	uint64_t cost = pace_cost(&p->p_conf, wirelen);

	switch (p->p_conf.pc_kind) {
	case PACE_CONSTANT:
		step_on(&p->p_step, cost, &p->p_due, &p->p_frac);
		break;
	case PACE_POISSON:
		poisson_on(p, cost);
		break;
	case PACE_BURST:
		burst_on(p, wirelen, cost);
		break;
	case PACE_RAMP:
		p->p_need += (unsigned __int128)p->p_unit * cost;
		p->p_due = pace_ramp_due(p, p->p_due);
		break;
	case PACE_MAX:
		break;
	}
}

/* The offset of this share: i packets (bursts) of one CPU that has all. */
static void
start_share(struct pace *p)
{
	const struct pace_conf *pc = &p->p_conf;
	uint64_t n = pc->pc_kind == PACE_BURST ? pc->pc_burst : 1;
	unsigned __int128 ns = (unsigned __int128)p->p_step.ps_a /
	    pc->pc_shares * pace_cost(pc, pc->pc_len) * n * pc->pc_share;

	p->p_due += (uint64_t)(ns / p->p_step.ps_b);
	p->p_frac = (uint64_t)(ns % p->p_step.ps_b);
}

static void
start_burst(struct pace *p)
{
	struct pace_rate line = { p->p_conf.pc_line, 1 };

	p->p_burstdue = p->p_due;
	p->p_burstfrac = p->p_frac;
	p->p_frac = 0;
	if (line.pr_num != 0)
		step_init(&p->p_line, &line, 1);
}

static void
start_ramp(struct pace *p)
{
	const struct pace_conf *pc = &p->p_conf;
	struct pace_rate from, to;
	uint64_t den;

	(void)pace_units(pc, &pc->pc_rate, &from);
	(void)pace_units(pc, &pc->pc_to, &to);
	den = from.pr_den / gcd(from.pr_den, to.pr_den) * to.pr_den;
	p->p_from = from.pr_num * (den / from.pr_den);
	p->p_to = to.pr_num * (den / to.pr_den);
	p->p_unit = SECOND * den * pc->pc_shares;
	p->p_need = (unsigned __int128)SECOND * den * pc->pc_share *
	    pace_cost(pc, pc->pc_len);
	p->p_due = pace_ramp_due(p, p->p_start);
}

void
pace_start(struct pace *p, const struct pace_conf *pc, uint64_t now)
{
	struct pace_rate r;

	KASSERT(pace_check(pc, NULL, 0));
	memset(p, 0, sizeof(*p));
	p->p_conf = pace_filled(pc);
	pc = &p->p_conf;
	p->p_start = now;
	p->p_due = now;
	if (pc->pc_kind == PACE_MAX)
		return;
	if (pc->pc_kind == PACE_RAMP) {
		start_ramp(p);
		return;
	}
	(void)pace_units(pc, &pc->pc_rate, &r);
	step_init(&p->p_step, &r, pc->pc_shares);
	if (pc->pc_kind == PACE_POISSON) {
		rnd_seed(&p->p_rnd, pc->pc_seed + pc->pc_share * SECOND);
		poisson_on(p, pace_cost(pc, pc->pc_len));
		return;
	}
	start_share(p);
	if (pc->pc_kind == PACE_BURST)
		start_burst(p);
}

unsigned
pace_due(const struct pace *p, uint64_t now, unsigned wirelen, unsigned most)
{
	struct pace ahead;
	unsigned n;

	if (p->p_due > now || most == 0)
		return 0;
	if (p->p_conf.pc_kind == PACE_MAX)
		return most;
	ahead = *p;
	for (n = 1; n < most; n++) {
		move_on(&ahead, wirelen);
		if (ahead.p_due > now)
			break;
	}
	return n;
}

void
pace_sent(struct pace *p, unsigned wirelen, uint64_t now)
{
	uint64_t behind = now - p->p_due;

	KASSERT(now >= p->p_due);
	p->p_sent++;
	if (p->p_conf.pc_kind == PACE_MAX)
		return;
	if (behind > p->p_conf.pc_tolerance)
		p->p_late++;
	if (behind > p->p_worst)
		p->p_worst = behind;
	if (p->p_conf.pc_error != NULL)
		hist_add(p->p_conf.pc_error, behind);
	if (p->p_conf.pc_gap != NULL && p->p_sent > 1)
		hist_add(p->p_conf.pc_gap, behind > p->p_behind ?
		    behind - p->p_behind : p->p_behind - behind);
	p->p_behind = behind;
	move_on(p, wirelen);
}

/* Drawn one by one as far as that is sensible. */
static uint64_t
poisson_until(const struct pace *p, uint64_t t, unsigned wirelen)
{
	struct pace ahead = *p;
	uint64_t cost = pace_cost(&p->p_conf, wirelen);
	uint64_t n;

	for (n = 0; ahead.p_due <= t; n++) {
		if (n == POISSON_AHEAD)
			return n +
			    steps_until(&ahead.p_step, cost, ahead.p_due, 0, t);
		poisson_on(&ahead, cost);
	}
	return n;
}

/* What is left of this burst, whole bursts, and what has begun. */
static uint64_t
burst_until(const struct pace *p, uint64_t t, unsigned wirelen)
{
	struct pace ahead = *p;
	unsigned burst = p->p_conf.pc_burst;
	uint64_t cost = pace_cost(&p->p_conf, wirelen);
	uint64_t n = 0, begun, most = burst;

	while (ahead.p_due <= t && ahead.p_inburst != 0) {
		burst_on(&ahead, wirelen, cost);
		n++;
	}
	if (ahead.p_due > t)
		return n;
	begun = steps_until(&ahead.p_step, cost * burst, ahead.p_burstdue,
	    ahead.p_burstfrac, t);
	if (ahead.p_line.ps_b != 0) {
		/* When the last one began is known by its number. */
		unsigned __int128 frac = (unsigned __int128)ahead.p_step.ps_a *
			(cost * burst) * (begun - 1) +
		    ahead.p_burstfrac;

		most = steps_until(&ahead.p_line,
		    (wirelen + (uint64_t)PACE_GAP) * 8,
		    ahead.p_burstdue + (uint64_t)(frac / ahead.p_step.ps_b), 0,
		    t);
	}
	return n + (begun - 1) * burst + u64min(most, burst);
}

uint64_t
pace_offered(const struct pace *p, uint64_t t, unsigned wirelen)
{
	uint64_t cost = pace_cost(&p->p_conf, wirelen);

	if (p->p_due > t)
		return p->p_sent;
	switch (p->p_conf.pc_kind) {
	case PACE_CONSTANT:
		return p->p_sent +
		    steps_until(&p->p_step, cost, p->p_due, p->p_frac, t);
	case PACE_POISSON:
		return p->p_sent + poisson_until(p, t, wirelen);
	case PACE_BURST:
		return p->p_sent + burst_until(p, t, wirelen);
	case PACE_RAMP:
		return p->p_sent + pace_ramp_until(p, t, cost);
	default:
		return p->p_sent;
	}
}
