/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is added to a report: methods with their trials, and single runs.
 *
 * A method knows its trials briefly; who tells them to report_told() as they
 * end has all of them in the report, and the distributions of the points.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/hist.h"
#include "gen/method.h"
#include "gen/report_int.h"

/* Trials */

/* What the method asked for of a trial, whatever became of it. */
static void
asked_set(struct report *rp, json_t *to, const struct method_trial *mx)
{
	report_set_positive(rp, to, "asked_pps", mx->mx_pps);
	if (mx->mx_duration > 0)
		report_set_real(rp, to, "asked_s",
		    (double)mx->mx_duration / 1e9);
	if (mx->mx_packets > 0)
		report_set_count(rp, to, "asked_packets", mx->mx_packets);
}

/* As the method remembers it. */
static json_t *
brief_trial(struct report *rp, const struct method_trial *mx)
{
	json_t *trial = json_object();

	report_set_text(rp, trial, "status",
	    mx->mx_valid ? "valid" : "invalid");
	report_set(rp, trial, "notes", json_array());
	if (mx->mx_reason[0] != '\0')
		report_append_text(rp, trial, "notes", mx->mx_reason);
	report_set_real(rp, trial, "tx_pps", mx->mx_sent_pps);
	report_set_real(rp, trial, "rx_pps", mx->mx_received_pps);
	report_counts(rp, trial, &mx->mx_n);
	report_brief(rp, trial, &mx->mx_latency);
	report_set_real(rp, trial, "busy_percent", 100 * mx->mx_busy);
	return trial;
}

static void
hist_keep(struct report *rp, struct hist **to, const struct hist *h)
{
	if (h->h_n == 0)
		return;
	if (*to == NULL && (*to = hist_create()) == NULL)
		rp->rp_nomem = true;
	else
		hist_merge(*to, h);
}

/* Pacing errors of all valid trials of a point. */
static void
pace_keep(struct report *rp, unsigned point, const struct trial_result *tr)
{
	struct pacing *more;

	if (point >= rp->rp_npaces) {
		more = reallocarray(rp->rp_pace, point + 1, sizeof(*more));
		if (more == NULL) {
			rp->rp_nomem = true;
			return;
		}
		rp->rp_pace = more;
		while (rp->rp_npaces <= point)
			rp->rp_pace[rp->rp_npaces++] = (struct pacing){ 0 };
	}
	hist_keep(rp, &rp->rp_pace[point].pg_behind, tr->tr_pace);
	hist_keep(rp, &rp->rp_pace[point].pg_gap, tr->tr_gap);
}

int
report_told(struct report *rp, const struct method_trial *mx,
    const struct trial_result *tr)
{
	json_t *trial = report_trial(rp, tr);

	asked_set(rp, trial, mx);
	if (rp->rp_told == NULL)
		rp->rp_told = json_array();
	if (json_array_append_new(rp->rp_told, trial) != 0)
		rp->rp_nomem = true;
	if (tr->tr_valid && tr->tr_pace != NULL)
		pace_keep(rp, mx->mx_point, tr);
	return rp->rp_nomem ? ENOMEM : 0;
}

void
report_forget(struct report *rp)
{
	unsigned i;

	json_decref(rp->rp_told);
	rp->rp_told = NULL;
	for (i = 0; i < rp->rp_npaces; i++) {
		hist_destroy(rp->rp_pace[i].pg_behind);
		hist_destroy(rp->rp_pace[i].pg_gap);
	}
	free(rp->rp_pace);
	rp->rp_pace = NULL;
	rp->rp_npaces = 0;
}

/* Trials as they were told, or, if nobody did, briefly. */
static json_t *
trials_make(struct report *rp, const struct method_result *me)
{
	bool told = json_array_size(rp->rp_told) == me->me_ntrials;
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < me->me_ntrials; i++) {
		const struct method_trial *mx = &me->me_trial[i];
		json_t *trial = told ?
		    json_incref(json_array_get(rp->rp_told, i)) :
		    brief_trial(rp, mx);

		if (mx->mx_point < me->me_npoints) {
			const struct method_point *mp =
			    &me->me_point[mx->mx_point];

			report_frame(rp, trial, mp->mp_size);
			report_set_text(rp, trial, "variant", mp->mp_variant);
		}
		asked_set(rp, trial, mx);
		if (json_array_append_new(list, trial) != 0)
			rp->rp_nomem = true;
	}
	return list;
}

/*
 * The distribution of latency at the throughput: of the valid trial without
 * loss that was fastest.
 */
static void
curve_set(struct report *rp, json_t *point, const json_t *trials,
    const struct method_result *me, unsigned index)
{
	const json_t *trial, *best = NULL;
	double pps, most = 0;
	size_t i;

	json_array_foreach(trials, i, trial)
	{
		pps = tree_number(trial, "tx_pps");
		if (me->me_trial[i].mx_point != index ||
		    !me->me_trial[i].mx_valid ||
		    me->me_trial[i].mx_n.tn_lost != 0 || !(pps > most))
			continue;
		most = pps;
		best = trial;
	}
	if (json_object_get(best, "latency") != NULL)
		report_set(rp, point, "latency",
		    json_incref(json_object_get(best, "latency")));
}

static void
gaps_set(struct report *rp, json_t *point, const struct hist *h)
{
	if (h == NULL || h->h_n == 0)
		return;
	report_set(rp, point, "gaps", report_hist(rp, h, "ns"));
	report_set_count(rp, point, "gap_error_p50_ns",
	    hist_percentile(h, 50, 100));
	report_set_count(rp, point, "gap_error_p99_ns",
	    hist_percentile(h, 99, 100));
}

static void
pacing_set(struct report *rp, json_t *point, const struct pacing *pg)
{
	if (pg->pg_behind != NULL)
		report_set(rp, point, "pacing",
		    report_hist(rp, pg->pg_behind, "ns"));
	gaps_set(rp, point, pg->pg_gap);
}

static void
points_set(struct report *rp, json_t *method, const struct method_result *me)
{
	const json_t *trials = json_object_get(method, "trials");
	json_t *point;
	unsigned i;

	report_set(rp, method, "points", json_array());
	for (i = 0; i < me->me_npoints; i++) {
		point = report_point(rp, me->me_method, &me->me_point[i]);
		if (json_object_get(point, "latency") == NULL &&
		    json_object_get(point, "throughput_pps") != NULL)
			curve_set(rp, point, trials, me, i);
		if (i < rp->rp_npaces)
			pacing_set(rp, point, &rp->rp_pace[i]);
		report_append(rp, method, "points", point);
	}
}

/* Begins a method in the tree, and says which step of the plan it is. */
static json_t *
method_new(struct report *rp, const char *step, const char *name,
    const char *title, const char *clause)
{
	json_t *method = json_object();
	char *both;

	report_set_text(rp, method, "name", name);
	report_set_text(rp, method, "step", step);
	if (step == NULL || strcmp(step, name) == 0) {
		report_set_text(rp, method, "title", title);
	} else if (asprintf(&both, "%s: %s", step, title) != -1) {
		report_set_text(rp, method, "title", both);
		free(both);
	} else {
		rp->rp_nomem = true;
	}
	report_set_text(rp, method, "clause", clause);
	return method;
}

int
report_add(struct report *rp, const char *step,
    const struct method_result *me)
{
	json_t *method = method_new(rp, step, method_name(me->me_method),
	    method_title(me->me_method), method_clause(me->me_method));
	unsigned i;

	report_set_text(rp, method, "status", me->me_status == MS_OK ?
	    "complete" : method_status_name(me->me_status));
	report_set(rp, method, "notes", json_array());
	if (me->me_why[0] != '\0')
		report_append_text(rp, method, "notes", me->me_why);
	for (i = 0; i < me->me_nnotes && i < METHOD_NOTES; i++)
		report_append_text(rp, method, "notes", me->me_note[i]);
	report_set(rp, method, "trials", trials_make(rp, me));
	points_set(rp, method, me);
	report_append(rp, rp->rp_tree, "methods", method);
	report_forget(rp);
	return rp->rp_nomem ? ENOMEM : 0;
}

int
report_add_trial(struct report *rp, const char *step,
    const struct trial_result *tr)
{
	json_t *method = method_new(rp, step, "run", "A run at one rate", "");
	json_t *point = json_object(), *trial = report_trial(rp, tr);
	static const char *const keys[] = { "frame", "status", "notes",
		"offered_pps", "tx_pps", "rx_pps", "loss_percent",
		"sent_packets", "lost_packets", "reordered_packets",
		"duplicated_packets", "latency", "pacing", "latency_min_ns",
		"latency_mean_ns", "latency_stddev_ns", "latency_p50_ns",
		"latency_p90_ns", "latency_p99_ns", "latency_p999_ns",
		"latency_p9999_ns", "latency_p99999_ns", "latency_max_ns",
		"jitter_ns" };
	unsigned i;

	report_set_text(rp, method, "status",
	    tr->tr_stopped ? "partial" : "complete");
	report_set(rp, method, "notes", json_array());
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(trial, keys[i]) != NULL)
			report_set(rp, point, keys[i],
			    json_incref(json_object_get(trial, keys[i])));
	gaps_set(rp, point, tr->tr_gap);
	report_append(rp, method, "points", point);
	report_append(rp, method, "trials", trial);
	report_append(rp, rp->rp_tree, "methods", method);
	return rp->rp_nomem ? ENOMEM : 0;
}
