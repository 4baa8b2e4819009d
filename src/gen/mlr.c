/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiple loss ratio search (RFC 9971).
 *
 * What is promised of a result is the RFC's: how trials classify a load
 * (appendix A), which bounds are relevant, what the conditional throughput is
 * (appendix B).  Which load is tried next is ours:
 *
 * Goals are worked on one after another, each in phases, from short trials and
 * a wide gap between the bounds to the goal's own.  A phase starts at the
 * bounds that the phase before has found, and tries loads that were tried
 * before rather than new ones, as their trials count for all goals.  Without a
 * lower bound it goes to where the trial at the upper bound says that the
 * limit is, and then down in steps that double; without an upper bound up in
 * the same way; between the bounds, to the middle.  A load is tried until
 * it is decided; as each decided load is a bound of its phase or lies outside,
 * and loads are whole numbers, that ends.
 */
#include "gen/search.h"

#include "base/kassert.h"

#define MLR_PHASES 3 /* and no more than durations double */

struct mlr_sums {
	double full_low, full_high, short_low, short_high;
};

static struct mlr_sums
mlr_sum(const struct mlr_goal *mg, const struct mlr_trial *mt, unsigned n,
    uint64_t load)
{
	struct mlr_sums s = { 0, 0, 0, 0 };
	unsigned i;

	for (i = 0; i < n; i++) {
		bool full = mt[i].mt_duration >= mg->mg_duration;
		bool low = mt[i].mt_loss <= mg->mg_loss;

		if (mt[i].mt_load != load)
			continue;
		*(full ? (low ? &s.full_low : &s.full_high) :
		    (low ? &s.short_low :
			&s.short_high)) += (double)mt[i].mt_duration;
	}
	return s;
}

/* Appendix A: could what is missing of the goal's sum still change it? */
enum mlr_class
mlr_classify(const struct mlr_goal *mg, const struct mlr_trial *mt, unsigned n,
    uint64_t load)
{
	struct mlr_sums s = mlr_sum(mg, mt, n, load);
	double balance = s.short_low * mg->mg_exceed / (1 - mg->mg_exceed);
	double excess = s.short_high > balance ? s.short_high - balance : 0;
	double high = s.full_high + excess;
	double whole = s.full_low + high;
	double allowed;

	if (whole < (double)mg->mg_sum)
		whole = (double)mg->mg_sum;
	allowed = whole * mg->mg_exceed;
	if (whole - s.full_low <= allowed)
		return MLR_LOWER;
	return high <= allowed ? MLR_UNDECIDED : MLR_UPPER;
}

/*
 * Appendix B: the loss ratio of the best trials that together are long enough,
 * the worst of them.  Sorting in place of a sorted list: trials at one load
 * are few.
 */
double
mlr_throughput(const struct mlr_goal *mg, const struct mlr_trial *mt,
    unsigned n, uint64_t load)
{
	struct mlr_sums s = mlr_sum(mg, mt, n, load);
	double whole = s.full_low + s.full_high;
	double left, loss = -1;
	unsigned i;

	if (whole <= 0)
		return 0;
	if (whole < (double)mg->mg_sum)
		whole = (double)mg->mg_sum;
	left = whole * (1 - mg->mg_exceed);
	while (loss < 0 || left > 0) {
		double next = 2, length = 0;

		/* All trials with the next higher loss ratio. */
		for (i = 0; i < n; i++) {
			if (mt[i].mt_load != load ||
			    mt[i].mt_duration < mg->mg_duration ||
			    mt[i].mt_loss <= loss || mt[i].mt_loss > next)
				continue;
			length = mt[i].mt_loss < next ? 0 : length;
			next = mt[i].mt_loss;
			length += (double)mt[i].mt_duration;
		}
		if (next > 1)
			return 0; /* what is missing counts as lost */
		loss = next;
		left -= length;
	}
	return (double)load * (1 - loss);
}

void
mlr_bounds(const struct mlr_goal *mg, const struct mlr_trial *mt, unsigned n,
    struct mlr_bounds *mb)
{
	unsigned i;

	*mb = (struct mlr_bounds){ .mb_upper = 0 };
	for (i = 0; i < n; i++)
		if ((mb->mb_upper == 0 || mt[i].mt_load < mb->mb_upper) &&
		    mlr_classify(mg, mt, n, mt[i].mt_load) == MLR_UPPER)
			mb->mb_upper = mt[i].mt_load;
	for (i = 0; i < n; i++)
		if (mt[i].mt_load > mb->mb_lower &&
		    (mb->mb_upper == 0 || mt[i].mt_load < mb->mb_upper) &&
		    mlr_classify(mg, mt, n, mt[i].mt_load) == MLR_LOWER)
			mb->mb_lower = mt[i].mt_load;
	if (mb->mb_lower != 0)
		mb->mb_throughput = mlr_throughput(mg, mt, n, mb->mb_lower);
	if (mb->mb_lower == 0 || mb->mb_upper == 0)
		return;
	mb->mb_regular = mb->mb_upper - mb->mb_lower <= 1 ||
	    (double)(mb->mb_upper - mb->mb_lower) <=
		mg->mg_width * (double)mb->mb_upper;
}

const char *
mlr_check(const struct mlr_conf *ml)
{
	unsigned i;

	if (ml->ml_min < 1 || ml->ml_max < ml->ml_min)
		return "the highest load is below the lowest, or that is 0";
	if (ml->ml_ngoals < 1 || ml->ml_ngoals > MLR_GOALS)
		return "number of goals is not 1 to 8";
	if (ml->ml_limit < 1 || ml->ml_limit > MLR_TRIALS)
		return "number of trials is not 1 to 1024";
	if (ml->ml_initial == 0)
		return "the first trials have no duration";
	for (i = 0; i < ml->ml_ngoals; i++) {
		const struct mlr_goal *mg = &ml->ml_goals[i];

		if (!(mg->mg_loss >= 0 && mg->mg_loss < 1))
			return "loss ratio of a goal is not in [0, 1)";
		if (!(mg->mg_exceed >= 0 && mg->mg_exceed < 1))
			return "exceed ratio of a goal is not in [0, 1)";
		if (!(mg->mg_width > 0 && mg->mg_width < 1))
			return "width of a goal is not in (0, 1)";
		if (mg->mg_duration == 0 || mg->mg_sum < mg->mg_duration)
			return "duration of a goal is 0, or over its sum";
	}
	return NULL;
}

void
mlr_start(struct mlr *mr, const struct mlr_conf *ml)
{
	KASSERT(mlr_check(ml) == NULL);
	mr->mr_conf = *ml;
	mr->mr_at = (struct mlr_phase){ .mp_goal = 0 };
	mr->mr_ntrials = 0;
	mr->mr_load = mr->mr_duration = 0;
}

/* Phases before the last of a goal: durations between the shortest and it. */
static unsigned
mlr_nphases(const struct mlr *mr, const struct mlr_goal *mg)
{
	uint64_t d = mr->mr_conf.ml_initial;
	unsigned n = 1;

	for (; n < MLR_PHASES && d < mg->mg_duration; n++)
		d *= 2;
	return n;
}

/* The goal as it is in this phase; durations grow evenly by factors. */
static struct mlr_goal
mlr_phase_goal(const struct mlr *mr)
{
	struct mlr_goal g = mr->mr_conf.ml_goals[mr->mr_at.mp_goal];
	unsigned before = mlr_nphases(mr, &g) - 1 - mr->mr_at.mp_phase;
	uint64_t first = mr->mr_conf.ml_initial, d = first;

	if (before == 0)
		return g;
	/* Between: half of the way, by factors. */
	while (mr->mr_at.mp_phase > 0 && d < g.mg_duration / 2 &&
	    (double)d * (double)d < (double)first * (double)g.mg_duration)
		d *= 2;
	g.mg_duration = g.mg_sum = d;
	for (; before > 0; before--)
		g.mg_width = g.mg_width < 0.2 ? 2 * g.mg_width : g.mg_width;
	return g;
}

static bool
mlr_tried(const struct mlr *mr, uint64_t load)
{
	unsigned i;

	for (i = 0; i < mr->mr_ntrials; i++)
		if (mr->mr_trials[i].mt_load == load)
			return true;
	return false;
}

static bool
mlr_is_undecided(const struct mlr *mr, const struct mlr_goal *mg, uint64_t load)
{
	return load != 0 && mlr_tried(mr, load) &&
	    mlr_classify(mg, mr->mr_trials, mr->mr_ntrials, load) ==
	    MLR_UNDECIDED;
}

/*
 * A load between the bounds, exclusive (upper 0: no bound), that was tried and
 * is undecided: the highest, or the lowest.  0: none.
 */
static uint64_t
mlr_known(const struct mlr *mr, const struct mlr_goal *mg, uint64_t lower,
    uint64_t upper, bool highest)
{
	uint64_t found = 0;
	unsigned i;

	for (i = 0; i < mr->mr_ntrials; i++) {
		uint64_t load = mr->mr_trials[i].mt_load;

		if (load <= lower || (upper != 0 && load >= upper))
			continue;
		if (found != 0 && (highest ? load <= found : load >= found))
			continue;
		if (mlr_is_undecided(mr, mg, load))
			found = load;
	}
	return found;
}

/*
 * Where the last trial at an upper bound says that the goal's limit is; once,
 * as it will say it again and again of what loses some at any load.
 */
static uint64_t
mlr_estimate(const struct mlr *mr, const struct mlr_goal *mg, uint64_t upper)
{
	unsigned i = mr->mr_ntrials;
	double load;

	while (i > 0 && mr->mr_trials[i - 1].mt_load != upper)
		i--;
	if (i == 0)
		return 0;
	if (mr->mr_trials[i - 1].mt_loss >= 1)
		return upper / 2; /* nothing came: it tells nothing */
	if (mr->mr_at.mp_down > 0)
		return 0;
	load = (double)upper * (1 - mr->mr_trials[i - 1].mt_loss) /
	    (1 - mg->mg_loss);
	load *= 1 - mg->mg_width / 2;
	return load >= 1 ? (uint64_t)load : 1;
}

static uint64_t
mlr_down(struct mlr *mr, const struct mlr_goal *mg, uint64_t upper)
{
	uint64_t known = mlr_known(mr, mg, 0, upper, true);
	uint64_t min = mr->mr_conf.ml_min;
	double step = mg->mg_width / 2;
	uint64_t load;
	unsigned i;

	if (known != 0)
		return known;
	load = mlr_estimate(mr, mg, upper);
	for (i = 0; i < mr->mr_at.mp_down && step < 0.5; i++)
		step *= 2;
	if (load == 0 || load >= upper)
		load = (uint64_t)((double)upper *
		    (1 - (step < 0.5 ? step : 0.5)));
	mr->mr_at.mp_down++;
	if (load >= upper)
		load = upper - 1;
	return load > min ? load : min;
}

static uint64_t
mlr_up(struct mlr *mr, const struct mlr_goal *mg, uint64_t lower)
{
	uint64_t known = mlr_known(mr, mg, lower, 0, false);
	uint64_t max = mr->mr_conf.ml_max;
	double step = mg->mg_width / 2;
	double load;
	unsigned i;

	if (known != 0)
		return known;
	if (lower == 0 || !mlr_tried(mr, max))
		return max;
	for (i = 0; i < mr->mr_at.mp_down && step < 1; i++)
		step *= 2;
	mr->mr_at.mp_down++;
	load = (double)lower * (1 + step) + 1;
	return load < (double)max ? (uint64_t)load : max;
}

/* The next load for a phase; 0: its bounds are near enough, or at an end. */
static uint64_t
mlr_pick(struct mlr *mr, const struct mlr_goal *mg)
{
	struct mlr_phase *mp = &mr->mr_at;
	struct mlr_bounds mb;
	uint64_t known;

	mlr_bounds(mg, mr->mr_trials, mr->mr_ntrials, &mb);
	if (mb.mb_regular || mb.mb_lower == mr->mr_conf.ml_max ||
	    mb.mb_upper == mr->mr_conf.ml_min)
		return 0;
	if (mlr_is_undecided(mr, mg, mr->mr_load) &&
	    mr->mr_load > mb.mb_lower &&
	    (mb.mb_upper == 0 || mr->mr_load < mb.mb_upper))
		return mr->mr_load;
	if (mlr_is_undecided(mr, mg, mp->mp_lower) && mb.mb_lower == 0 &&
	    (mb.mb_upper == 0 || mp->mp_lower < mb.mb_upper))
		return mp->mp_lower;
	if (mlr_is_undecided(mr, mg, mp->mp_upper) && mb.mb_upper == 0 &&
	    mp->mp_upper > mb.mb_lower)
		return mp->mp_upper;
	if (mb.mb_upper == 0)
		return mlr_up(mr, mg, mb.mb_lower);
	if (mb.mb_lower == 0)
		return mlr_down(mr, mg, mb.mb_upper);
	known = mlr_known(mr, mg, mb.mb_lower, mb.mb_upper, true);
	if (known != 0)
		return known;
	return mb.mb_lower + (mb.mb_upper - mb.mb_lower) / 2;
}

bool
mlr_next(struct mlr *mr, uint64_t *load, uint64_t *duration)
{
	struct mlr_phase *mp = &mr->mr_at;

	while (mp->mp_goal < mr->mr_conf.ml_ngoals &&
	    mr->mr_ntrials < mr->mr_conf.ml_limit) {
		struct mlr_goal g = mlr_phase_goal(mr);
		struct mlr_bounds mb;

		if ((mr->mr_load = mlr_pick(mr, &g)) != 0) {
			*load = mr->mr_load;
			*duration = mr->mr_duration = g.mg_duration;
			return true;
		}
		mlr_bounds(&g, mr->mr_trials, mr->mr_ntrials, &mb);
		mp->mp_lower = mb.mb_lower;
		mp->mp_upper = mb.mb_upper;
		mp->mp_down = 0;
		if (++mp->mp_phase >=
		    mlr_nphases(mr, &mr->mr_conf.ml_goals[mp->mp_goal])) {
			mp->mp_phase = 0;
			mp->mp_goal++;
		}
	}
	return false;
}

void
mlr_told(struct mlr *mr, double loss)
{
	KASSERT(mr->mr_ntrials < MLR_TRIALS && mr->mr_load != 0);
	mr->mr_trials[mr->mr_ntrials++] = (struct mlr_trial){
		.mt_load = mr->mr_load,
		.mt_duration = mr->mr_duration,
		.mt_loss = loss,
	};
}
