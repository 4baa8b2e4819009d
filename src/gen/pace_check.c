/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which schedules are possible, and what they mean in packets.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "gen/pace_int.h"

static const char *const units[] = {
	[PACE_PPS] = "packets/s",
	[PACE_L1] = "bit/s at layer 1",
	[PACE_L2] = "bit/s at layer 2",
	[PACE_L3] = "bit/s at layer 3",
	[PACE_PERCENT] = "%",
};

struct complaint {
	char *c_text;
	size_t c_len;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(const struct complaint *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->c_text, c->c_len, fmt, ap);
	va_end(ap);
	return false;
}

static double
value(const struct pace_rate *pr)
{
	return (double)pr->pr_num / (double)pr->pr_den;
}

double
pace_pps(const struct pace_conf *conf, unsigned wirelen)
{
	struct pace_conf pc = pace_filled(conf);
	double rate =
	    value(pc.pc_kind == PACE_RAMP ? &pc.pc_to : &pc.pc_rate);

	if (pc.pc_unit == PACE_PERCENT)
		rate *= (double)pc.pc_line / 100;
	return rate / (double)pace_cost(&pc, wirelen);
}

/* Not faster than the line, with the frames that fill it soonest. */
static bool
line_ok(const struct pace_conf *pc, const char *name,
    const struct pace_rate *rate, const struct complaint *c)
{
	struct pace_rate r;
	unsigned __int128 want, can;
	uint64_t bits = (pc->pc_len + (uint64_t)PACE_GAP) * 8;
	uint64_t cost = pace_cost(pc, pc->pc_len);

	if (pc->pc_line == 0)
		return true;
	(void)pace_units(pc, rate, &r);
	want = (unsigned __int128)r.pr_num * bits;
	can = (unsigned __int128)pc->pc_line * r.pr_den * cost;
	if (want <= can)
		return true;
	if (pc->pc_unit == PACE_PERCENT)
		return refuse(c,
		    "%s: %g %% is more than the line has; at most "
		    "100 %%",
		    name, value(rate));
	return refuse(c,
	    "%s: %.15g %s of frames of %u bytes are more than a line of %llu "
	    "bit/s has; at most %.15g %s",
	    name, value(rate), units[pc->pc_unit], pc->pc_len,
	    (unsigned long long)pc->pc_line,
	    (double)(uint64_t)((unsigned __int128)pc->pc_line * cost / bits),
	    units[pc->pc_unit]);
}

/* That it can be computed with, and is neither nothing nor too much. */
static bool
rate_ok(const struct pace_conf *pc, const char *name,
    const struct pace_rate *rate, const struct complaint *c)
{
	struct pace_rate r;

	if (rate->pr_den > PACE_DEN_MAX)
		return refuse(c, "%s: a fraction of %llu-ths; at most %u-ths",
		    name, (unsigned long long)rate->pr_den, PACE_DEN_MAX);
	if (pc->pc_unit == PACE_PERCENT && pc->pc_line == 0)
		return refuse(
		    c, "%s: percent of what? the line rate is not known", name);
	if (!pace_units(pc, rate, &r))
		return refuse(c,
		    "%s: %g %s is more than can be reckoned with; "
		    "less than 2^50, in parts of the fraction",
		    name, value(rate), units[pc->pc_unit]);
	return line_ok(pc, name, rate, c);
}

/* One packet of a share in less than PACE_FAR. */
static bool
not_too_slow(const struct pace_conf *pc, const char *name,
    const struct pace_rate *rate, const struct complaint *c)
{
	unsigned n = pc->pc_kind == PACE_BURST ? pc->pc_burst : 1;
	struct pace_rate r;
	double ns;

	(void)pace_units(pc, rate, &r);
	if (r.pr_num == 0)
		return refuse(c, "%s: 0 %s would send nothing; more than 0",
		    name, units[pc->pc_unit]);
	ns = 1e9 * pc->pc_shares * (double)n *
	    (double)pace_cost(pc, pc->pc_len) / value(&r);
	if (ns >= (double)PACE_FAR)
		return refuse(c,
		    "%s: %g %s is a packet (a burst) in %.0f days; at most 104",
		    name, value(rate), units[pc->pc_unit], ns / 86400e9);
	return true;
}

/* Both ends on one scale. */
static bool
ramp_ok(const struct pace_conf *pc, const struct complaint *c)
{
	struct pace_rate from, to;
	uint64_t a, b, den;

	if (pc->pc_over == 0 || pc->pc_over > PACE_RAMP_MAX)
		return refuse(c, "over: a ramp takes %llu ns; 1 ns to a day",
		    (unsigned long long)pc->pc_over);
	if (!rate_ok(pc, "to", &pc->pc_to, c))
		return false;
	(void)pace_units(pc, &pc->pc_rate, &from);
	(void)pace_units(pc, &pc->pc_to, &to);
	if (from.pr_num == 0 && to.pr_num == 0)
		return refuse(c, "to: a ramp from 0 to 0 would send nothing");
	for (den = from.pr_den; den % to.pr_den != 0;)
		den += from.pr_den;
	if (den > 100 * PACE_DEN_MAX ||
	    __builtin_mul_overflow(from.pr_num, den / from.pr_den, &a) ||
	    __builtin_mul_overflow(to.pr_num, den / to.pr_den, &b) ||
	    a >= PACE_NUM_MAX || b >= PACE_NUM_MAX)
		return refuse(c,
		    "to: %.15g and %.15g have no common fraction that can be "
		    "reckoned with; write both with as many decimals",
		    value(&pc->pc_rate), value(&pc->pc_to));
	return true;
}

static bool
shape_ok(const struct pace_conf *pc, const struct complaint *c)
{
	if (pc->pc_shares > PACE_SHARES || pc->pc_share >= pc->pc_shares)
		return refuse(c,
		    "share: %u of %u; from 0 and below the number "
		    "of shares, at most %u",
		    pc->pc_share, pc->pc_shares, PACE_SHARES);
	if (pc->pc_kind == PACE_BURST &&
	    (pc->pc_burst == 0 || pc->pc_burst > PACE_BURST_MAX))
		return refuse(c, "burst: of %u packets; 1 to %u", pc->pc_burst,
		    PACE_BURST_MAX);
	if (pc->pc_unit == PACE_L3 && pc->pc_len <= pc->pc_l2)
		return refuse(c,
		    "rate: bit/s at layer 3 of frames of %u "
		    "bytes, which have no IP packet; more than %u",
		    pc->pc_len, pc->pc_l2);
	return true;
}

bool
pace_check(const struct pace_conf *conf, char *err, size_t errlen)
{
	struct pace_conf pc = pace_filled(conf);
	struct complaint c = { err, errlen };

	if (pc.pc_kind > PACE_MAX || pc.pc_unit > PACE_PERCENT)
		return refuse(&c, "rate: of no known kind or unit");
	if (!shape_ok(&pc, &c))
		return false;
	if (pc.pc_kind == PACE_MAX)
		return true;
	if (!rate_ok(&pc, "rate", &pc.pc_rate, &c))
		return false;
	if (pc.pc_kind == PACE_RAMP)
		return ramp_ok(&pc, &c);
	return not_too_slow(&pc, "rate", &pc.pc_rate, &c);
}
