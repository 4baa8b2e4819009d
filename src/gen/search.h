/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Searching for a limit by trials: which load is tried next, given what became
 * of the earlier ones.  Pure: no trials are run here, nothing is allocated.
 * Loads are whole numbers of any unit (frames a second, frames of a burst,
 * addresses), so that a search is repeatable to the last digit.
 *
 * bisect: the binary search of RFC 2544, 24, for one limit.  A load either
 * passes or fails.  It ends with a load that passed (or none) and a higher one
 * that failed (or none), both tried, no further apart than asked.
 *
 * mlr: multiple loss ratio search (RFC 9971): several limits at once, each a
 * goal with a loss ratio; trials of any length at any load are all used for
 * all goals; a goal may let some of the time be worse than its ratio, so that
 * a single disturbed trial does not decide.
 */
#ifndef GEN_SEARCH_H
#define GEN_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

/* Binary search */

struct bisect_conf {
	uint64_t bc_min; /* lowest load worth a trial, >= 1 */
	uint64_t bc_max; /* highest, >= bc_min; it is tried first */
	uint64_t bc_step; /* ends when the bounds are so near, >= 1 ... */
	unsigned bc_ppm; /* ... or this many millionths of the upper one */
	/*
	 * A load that failed is tried so often again before it counts, and
	 * passes if one of them passes: binary search with loss verification
	 * (ETSI GS NFV-TST 009, 12.3.3).  0 is RFC 2544's.
	 */
	unsigned bc_verify;
};

struct bisect {
	struct bisect_conf bi_conf;
	uint64_t bi_lower; /* highest load that passed, 0: none */
	uint64_t bi_upper; /* lowest load above that failed, 0: none */
	uint64_t bi_load; /* of the trial under way */
	uint64_t bi_hint; /* where the limit may be, 0: nobody knows */
	unsigned bi_hints; /* used so far */
	uint64_t bi_leap; /* next step away from a guess that was wrong */
	bool bi_down; /* in this direction */
	unsigned bi_failed; /* times that bi_load failed */
	unsigned bi_trials;
};

void bisect_start(struct bisect *, const struct bisect_conf *);

/*
 * Where the limit may be, before the first trial or at any time: a guess saves
 * trials and changes nothing in what is promised of the result.
 */
void bisect_guess(struct bisect *, uint64_t load);

/* The next load to try.  False: the search is over. */
bool bisect_next(struct bisect *, uint64_t *load);

/*
 * What became of the load that bisect_next() gave.  A failed one may come with
 * a guess, such as the rate at which frames were forwarded; 0 without.
 */
void bisect_told(struct bisect *, bool passed, uint64_t guess);

/* Most trials that a search with this configuration takes. */
unsigned bisect_bound(const struct bisect_conf *);

/*
 * Multiple loss ratio search, RFC 9971.  Clauses are those of its drafts -12
 * and -15, which were read.
 */

#define MLR_GOALS  8
#define MLR_TRIALS 1024

struct mlr_goal {
	double mg_loss; /* goal loss ratio, [0, 1) */
	double mg_exceed; /* goal exceed ratio, [0, 1) */
	double mg_width; /* goal width, of the upper bound, > 0 */
	uint64_t mg_duration; /* goal final trial duration, ns */
	uint64_t mg_sum; /* goal duration sum, ns, >= mg_duration */
};

struct mlr_trial {
	uint64_t mt_load;
	uint64_t mt_duration; /* ns */
	double mt_loss; /* trial loss ratio, [0, 1] */
};

enum mlr_class { MLR_UNDECIDED, MLR_LOWER, MLR_UPPER };

struct mlr_bounds {
	uint64_t mb_lower; /* relevant lower bound, 0: none */
	uint64_t mb_upper; /* relevant upper bound, 0: none */
	double mb_throughput; /* conditional throughput at mb_lower */
	/* Both bounds are there and no further apart than the goal's width. */
	bool mb_regular;
};

struct mlr_conf {
	uint64_t ml_min; /* min load, >= 1 */
	uint64_t ml_max; /* max load */
	uint64_t ml_initial; /* ns of the shortest trials; longer ones follow */
	unsigned ml_limit; /* trials at most, 1 .. MLR_TRIALS */
	unsigned ml_ngoals; /* 1 .. MLR_GOALS */
	struct mlr_goal ml_goals[MLR_GOALS];
};

/* What is being worked on: a goal, with shorter trials and wider first. */
struct mlr_phase {
	unsigned mp_goal;
	unsigned mp_phase; /* 0: shortest trials */
	unsigned mp_down; /* steps down without a lower bound */
	uint64_t mp_lower, mp_upper; /* of the phase or goal before */
};

struct mlr {
	struct mlr_conf mr_conf;
	struct mlr_phase mr_at;
	uint64_t mr_load, mr_duration; /* of the trial under way */
	unsigned mr_ntrials;
	struct mlr_trial mr_trials[MLR_TRIALS];
};

/* What can be said of a load by the trials at it (appendix A). */
enum mlr_class mlr_classify(const struct mlr_goal *, const struct mlr_trial *,
    unsigned ntrials, uint64_t load);

/*
 * Forwarding rate that can be expected at a load (appendix B), in the unit of
 * loads; 0 without a trial of the goal's full length at it.
 */
double mlr_throughput(const struct mlr_goal *, const struct mlr_trial *,
    unsigned ntrials, uint64_t load);

/* Relevant bounds of a goal as far as the trials tell. */
void mlr_bounds(const struct mlr_goal *, const struct mlr_trial *,
    unsigned ntrials, struct mlr_bounds *);

/* What is wrong with a configuration, NULL: nothing. */
const char *mlr_check(const struct mlr_conf *);

void mlr_start(struct mlr *, const struct mlr_conf *);

/* The next trial.  False: all goals are reached, or ml_limit is. */
bool mlr_next(struct mlr *, uint64_t *load, uint64_t *duration);

/* What became of it: the ratio of lost frames. */
void mlr_told(struct mlr *, double loss);

#endif
