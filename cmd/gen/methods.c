/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps that are methods of src/gen: what the plan says of one as the method
 * takes it, and what the method says on its way.
 */
#include <stdlib.h>
#include <string.h>

#include "run_int.h"

/* What a step of its own says. */
static void
step_profile(const struct plan_step *pn, struct profile *pf)
{
	if (pn->pn_duration != 0) {
		pf->pf_duration = pf->pf_latency = pn->pn_duration;
		pf->pf_burst = pn->pn_duration;
		pf->pf_mlr_sum = pn->pn_duration;
		if (pf->pf_mlr_initial > pn->pn_duration)
			pf->pf_mlr_initial = pn->pn_duration;
		profile_changed(pf);
	}
	if (plan_said(&pn->pn_sec, "warmup"))
		pf->pf_warmup = pn->pn_warmup;
	if (pn->pn_trials != 0) {
		pf->pf_latency_reps = pf->pf_burst_reps = pn->pn_trials;
		pf->pf_recovery_reps = pf->pf_reset_reps = pn->pn_trials;
	}
}

static void
says(void *arg, const char *text)
{
	const struct run *ru = arg;

	if (ru->ru_text != NULL)
		fprintf(ru->ru_text, "  %s\n", text);
}

static void
told(void *arg, const struct method_result *me, const struct method_trial *mx,
    const struct trial_result *tr)
{
	struct run *ru = arg;
	char what[64];

	ru->ru_trials++;
	if (report_told(ru->ru_report, mx, tr) != 0)
		ru->ru_unknown = true;
	if (ru->ru_text == NULL) {
		snprintf(what, sizeof(what), "trial %u, %.9g pps, not valid",
		    ru->ru_trials, mx->mx_pps);
		if (!mx->mx_valid)
			step_why(ru, method_name(me->me_method), what,
			    mx->mx_reason);
		return;
	}
	fprintf(ru->ru_text, "    trial %u: ", ru->ru_trials);
	if (mx->mx_pps > 0)
		fprintf(ru->ru_text, "%.9g pps", mx->mx_pps);
	else
		fputs("as fast as it goes", ru->ru_text);
	fprintf(ru->ru_text, ", sent %.9g, received %.9g pps, lost %llu%s%s\n",
	    mx->mx_sent_pps, mx->mx_received_pps,
	    (unsigned long long)mx->mx_n.tn_lost,
	    mx->mx_valid ? "" : "; not valid: ", mx->mx_reason);
}

static bool
same_list(const struct plan_step *a, const struct plan_step *b)
{
	unsigned i;

	if (a->pn_nstream != b->pn_nstream)
		return false;
	for (i = 0; i < a->pn_nstream; i++) {
		if (strcmp(a->pn_stream[i], b->pn_stream[i]) != 0)
			return false;
	}
	return true;
}

/* What an earlier step found out counts for the same packets only. */
static void
step_remember(struct run *ru, const struct plan_step *pn)
{
	const struct plan_step *was = ru->ru_remembers;
	const bool mix = pn->pn_nsize == 1 && pn->pn_size[0].pz_sizes->sz_n > 1;

	if (was == NULL || mix || !same_list(was, pn) ||
	    was->pn_rate.pr_unit != pn->pn_rate.pr_unit ||
	    was->pn_rate.pr_num != pn->pn_rate.pr_num ||
	    was->pn_rate.pr_den != pn->pn_rate.pr_den)
		memset(&ru->ru_memory, 0, sizeof(ru->ru_memory));
	ru->ru_remembers = mix ? NULL : pn;
}

/* Sizes as numbers; 0 stands for the templates' own. */
static unsigned
step_sizes(const struct plan_step *pn, const struct step_load *ld,
    unsigned size[METHOD_SIZES])
{
	unsigned i;

	for (i = 0; i < pn->pn_nsize && i < METHOD_SIZES; i++) {
		const struct sizes *sz = pn->pn_size[i].pz_sizes;

		size[i] = sz->sz_n == 1 ? sz->sz_mix[0].sw_size : 0;
	}
	if (i != 0)
		return i;
	for (i = 0; i < ld->ld_n; i++) {
		const struct plan_template *pt = ld->ld_flow[i].pf_template;

		if (pt->pt_size.pz_sizes != NULL || pt->pt_nraw != 0 ||
		    pt->pt_pcap != NULL) {
			size[0] = 0;
			return 1;
		}
	}
	return 0;
}

static int
method_once(struct run *ru, const struct plan_step *pn, const char *name,
    struct method_conf *mc)
{
	struct method_result me;
	unsigned i;
	int error;

	error = method_run((enum method)(pn->pn_method - 1), mc, &me);
	if (error != 0)
		return error;
	if (me.me_status == MS_FAILED)
		step_failed(ru, pn, me.me_why[0] != '\0' ? me.me_why :
		    method_status_name(me.me_status));
	else if (me.me_status != MS_OK && me.me_why[0] != '\0')
		step_why(ru, name, method_status_name(me.me_status), me.me_why);
	for (i = 0; i < me.me_nnotes && ru->ru_text != NULL; i++)
		fprintf(ru->ru_text, "  note: %s\n", me.me_note[i]);
	if ((error = report_add(ru->ru_report, name, &me)) == 0)
		error = expects_method(ru, pn, &me);
	method_fini(&me);
	return error;
}

static void
step_goals(const struct run *ru, const struct plan_step *pn,
    struct mlr_goal goal[MLR_GOALS], struct method_conf *mc)
{
	const struct profile *pf = &mc->mc_profile;
	unsigned i;

	for (i = 0; i < pn->pn_nloss && i < MLR_GOALS; i++)
		goal[i] = (struct mlr_goal) {
			.mg_loss = pn->pn_loss[i] / 100,
			.mg_exceed = pf->pf_mlr_sum > pf->pf_duration ? 0.5 : 0,
			.mg_width = (double)pf->pf_ppm / 1e6,
			.mg_duration = pf->pf_duration,
			.mg_sum = pf->pf_mlr_sum > pf->pf_duration ?
			    pf->pf_mlr_sum : pf->pf_duration,
		};
	mc->mc_goal = goal;
	mc->mc_ngoals = i;
}

static void
step_bridge(const struct plan *pl, const struct plan_step *pn,
    struct method_bridge *mb)
{
	if (pn->pn_learn == NULL)
		return;
	mb->mb_learn = (unsigned)plan_port_find(pl, pn->pn_learn);
	mb->mb_test = (unsigned)plan_port_find(pl, pn->pn_test);
	mb->mb_monitor = (unsigned)plan_port_find(pl, pn->pn_monitor);
	mb->mb_addresses = pn->pn_addresses;
}

/*
 * A highest rate in packets is one for all sizes; one in bits or percent is
 * another for each.
 */
static int
method_rates(struct run *ru, const struct plan_step *pn,
    const struct step_load *ld, struct method_conf *mc)
{
	const enum plan_unit unit = pn->pn_rate.pr_unit;
	char name[PLAN_NAMELEN + 32];
	struct pace_conf pc;
	const unsigned *size = mc->mc_size;
	unsigned n = mc->mc_nsizes;
	unsigned i;
	int error = 0;

	if (unit == PLAN_NONE || unit == PLAN_MAX)
		return method_once(ru, pn, pn->pn_name, mc);
	plan_pace_make(pn, step_load_speed(ld), &pc);
	if (unit == PLAN_PPS) {
		mc->mc_port_pps = pace_pps(&pc, 64);
		return method_once(ru, pn, pn->pn_name, mc);
	}
	if (n == 0)
		n = method_sizes(&size);
	for (i = 0; i < n && error == 0; i++) {
		if (i != 0 && ru->ru_runner.rn_stopped(ru))
			break;
		mc->mc_size = &size[i];
		mc->mc_nsizes = 1;
		mc->mc_port_pps = pace_pps(&pc, size[i] != 0 ? size[i] : 64);
		snprintf(name, sizeof(name), "%s, %u bytes", pn->pn_name,
		    size[i]);
		error = method_once(ru, pn, n == 1 ? pn->pn_name : name, mc);
	}
	return error;
}

int
methods_step(struct run *ru, const struct plan_step *pn)
{
	const bool mix = pn->pn_nsize == 1 && pn->pn_size[0].pz_sizes->sz_n > 1;
	struct method_conf mc = {
		.mc_runner = &ru->ru_runner,
		.mc_profile = ru->ru_profile,
		.mc_seed = ru->ru_plan->pl_seed,
		.mc_memory = &ru->ru_memory,
		.mc_stop = child_stop,
		.mc_told = told,
		.mc_says = says,
		.mc_arg = ru,
	};
	struct mlr_goal goal[MLR_GOALS];
	unsigned size[METHOD_SIZES];
	struct step_load ld;
	int error;

	step_profile(pn, &mc.mc_profile);
	step_remember(ru, pn);
	error = step_load_make(ru, pn, mix ? &pn->pn_size[0] : NULL, &ld);
	if (error != 0)
		return error;
	mc.mc_stream = ld.ld_stream;
	mc.mc_nstreams = ld.ld_n;
	mc.mc_nsizes = step_sizes(pn, &ld, size);
	mc.mc_size = size;
	if (pn->pn_method == PLAN_MLR)
		step_goals(ru, pn, goal, &mc);
	step_bridge(ru->ru_plan, pn, &mc.mc_bridge);
	error = method_rates(ru, pn, &ld, &mc);
	step_load_free(&ld);
	return error;
}
