/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiple loss ratio search (RFC 9971): the manager and the measurer; the
 * controller is gen/mlr.c.
 *
 * A trial in which the tester could not offer the load counts as one that lost
 * everything, as the RFC recommends to measurers: the search goes on below.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "gen/method_int.h"

/* No loss, and half a percent; a disturbed trial of several may exceed. */
static void
default_goals(const struct profile *pf, struct mlr_conf *ml)
{
	static const double ratios[] = { 0, 0.005 };
	unsigned i;

	for (i = 0; i < countof(ratios); i++)
		ml->ml_goals[i] = (struct mlr_goal){
			.mg_loss = ratios[i],
			.mg_exceed = pf->pf_mlr_sum > pf->pf_duration ? 0.5 : 0,
			.mg_width = pf->pf_ppm / 1e6,
			.mg_duration = pf->pf_duration,
			.mg_sum = u64max(pf->pf_mlr_sum, pf->pf_duration),
		};
	ml->ml_ngoals = countof(ratios);
}

static bool
goals(struct run *ru, struct mlr_conf *ml)
{
	const struct method_conf *mc = ru->ru_conf;
	const char *bad;
	unsigned i;

	*ml = (struct mlr_conf){
		.ml_min = 1,
		.ml_max = ru->ru_highest,
		.ml_initial = ru->ru_profile->pf_mlr_initial,
		.ml_limit = MLR_TRIALS,
	};
	default_goals(ru->ru_profile, ml);
	for (i = 0; i < mc->mc_ngoals; i++)
		ml->ml_goals[i] = mc->mc_goal[i];
	if (mc->mc_ngoals > 0)
		ml->ml_ngoals = mc->mc_ngoals;
	if ((bad = mlr_check(ml)) != NULL)
		run_status(ru, MS_IMPOSSIBLE, "%s", bad);
	return bad == NULL;
}

struct invalid {
	uint64_t in_lowest; /* load at which no trial was valid; 0: none */
	unsigned in_first; /* loads before the first with a valid trial */
	bool in_valid; /* there has been one */
	double in_late; /* share of packets that were late at in_lowest */
	unsigned in_again; /* see as_again */
	char in_why[TRIAL_REASONLEN];
};

static enum ran
measure(struct run *ru, uint64_t pps, uint64_t duration, double *loss,
    struct invalid *in)
{
	struct ask as = { .as_pps = pps, .as_duration = duration,
		.as_again = &in->in_again };
	struct trial_result tr = { .tr_nports = 0 };
	enum ran ran;

	run_say(ru, "Multiple loss ratio search, %u bytes: %.0f packets/s for "
	    "%.1f s", run_point(ru)->mp_size, run_all(ru, pps),
	    (double)duration / 1e9);
	ran = run_trial(ru, &as, &tr);
	*loss = trial_loss(&tr.tr_all);
	if (ran == RAN_INVALID) {
		*loss = 1;
		if (in->in_lowest == 0 || pps < in->in_lowest) {
			in->in_lowest = pps;
			in->in_late = trial_late(&tr);
			snprintf(in->in_why, sizeof(in->in_why), "%s",
			    tr.tr_nreasons > 0 ? tr.tr_reason[0] : "");
		}
		run_note(ru, "a trial at %.0f packets/s was not valid, counted "
		    "as lost: %.*s", run_all(ru, pps), 100,
		    tr.tr_nreasons > 0 ? tr.tr_reason[0] : "");
		if (in->in_valid || ++in->in_first < HUNT_INVALID)
			ran = RAN_OK;
		else
			run_blame(ru, &tr);
	} else if (ran == RAN_OK) {
		in->in_valid = true;
	}
	trial_result_fini(&tr);
	return ran;
}

static void
results(struct run *ru, const struct mlr *mr, const struct invalid *in)
{
	struct mlr_result *ml = &run_point(ru)->mp_mlr;
	unsigned i;

	ml->ml_ngoals = mr->mr_conf.ml_ngoals;
	for (i = 0; i < ml->ml_ngoals; i++) {
		struct mlr_bounds *mb = &ml->ml_bounds[i];

		ml->ml_goal[i] = mr->mr_conf.ml_goals[i];
		mlr_bounds(&ml->ml_goal[i], mr->mr_trials, mr->mr_ntrials, mb);
		ml->ml_pps[i] = run_all(ru, mb->mb_lower);
		ml->ml_upper_pps[i] = run_all(ru, mb->mb_upper);
		ml->ml_throughput_pps[i] = mb->mb_throughput * ru->ru_senders;
		run_near(ru, ml->ml_pps[i]);
		if (mb->mb_lower == 0)
			run_status(ru, MS_FAILED, "a goal of %g %% loss is "
			    "reached at no load", ml->ml_goal[i].mg_loss * 100);
		else if (mb->mb_upper == 0 && ru->ru_bytester)
			run_status(ru, MS_LIMITED, "at least this: the tester "
			    "itself can do no more");
		else if (mb->mb_upper != 0 && mb->mb_upper == in->in_lowest)
			run_limited(ru, MS_LIMITED, "at least this",
			    in->in_lowest, in->in_late, in->in_why);
	}
}

void
point_mlr(struct run *ru)
{
	struct mlr_conf ml;
	struct mlr *mr;
	struct invalid in = { .in_again = ru->ru_profile->pf_retries };
	uint64_t pps, duration;
	enum ran ran = RAN_OK;
	double loss;

	if (!run_rates(ru) || !goals(ru, &ml))
		return;
	if ((mr = malloc(sizeof(*mr))) == NULL) {
		ru->ru_nomem = true;
		return;
	}
	mlr_start(mr, &ml);
	while (ran == RAN_OK && mlr_next(mr, &pps, &duration)) {
		ran = measure(ru, pps, duration, &loss, &in);
		if (ran == RAN_OK)
			mlr_told(mr, loss);
	}
	results(ru, mr, &in);
	free(mr);
}
