/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a plan, one after the other; what they find is told, added to
 * the report and held against what is expected.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run_int.h"
#include "screen.h"

#define S PLAN_NS

/* Nothing may be given, too. */
static bool
given(const struct conf_sec *sec, const char *key)
{
	return conf_where(sec, key) != &sec->cs_pos;
}

/* What somebody changed is not the RFCs' any more. */
static void
profile_changed(struct profile *pf)
{
	pf->pf_rfc = false;
	pf->pf_text = "durations as the plan says, not what the RFCs ask";
}

void
steps_profile(const struct plan *pl, struct profile *pf)
{
	const struct plan_timing *pm = pl->pl_timing;

	*pf = pl->pl_profile == PLAN_RFC ? profile_rfc : profile_quick;
	if (pm->pm_duration != 0) {
		pf->pf_duration = pf->pf_latency = pm->pm_duration;
		pf->pf_overload = pf->pf_recovery = pm->pm_duration;
		pf->pf_burst = pm->pm_duration;
		pf->pf_mlr_initial = pf->pf_mlr_sum = pm->pm_duration;
	}
	if (given(&pm->pm_sec, "warmup"))
		pf->pf_warmup = pm->pm_warmup;
	if (given(&pm->pm_sec, "learn"))
		pf->pf_learn = pm->pm_learn;
	if (pm->pm_drain != 0)
		pf->pf_drain = pm->pm_drain;
	if (given(&pm->pm_sec, "settle"))
		pf->pf_settle = pf->pf_burst_rest = pm->pm_settle;
	if (pm->pm_resolution != 0)
		pf->pf_ppm = pm->pm_resolution;
	if (pm->pm_retries != 0)
		pf->pf_retries = pm->pm_retries;
	if (pm->pm_duration != 0 || pm->pm_drain != 0 ||
	    given(&pm->pm_sec, "settle"))
		profile_changed(pf);
}

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
	if (given(&pn->pn_sec, "warmup"))
		pf->pf_warmup = pn->pn_warmup;
	if (pn->pn_trials != 0) {
		pf->pf_latency_reps = pf->pf_burst_reps = pn->pn_trials;
		pf->pf_recovery_reps = pf->pf_reset_reps = pn->pn_trials;
	}
}

void
step_load_free(struct step_load *ld)
{
	free(ld->ld_flow);
	free(ld->ld_packets);
	free(ld->ld_stream);
}

static unsigned
port_number(const struct plan *pl, const struct plan_port *pp)
{
	return (unsigned)(pp - pl->pl_port);
}

int
step_load_make(const struct run *ru, const struct plan_step *pn,
    const struct plan_sizes *pz, struct step_load *ld)
{
	const struct plan *pl = ru->ru_plan;
	const struct tpl_raw *rw;
	const struct plan_flow *pf;
	unsigned i;

	*ld = (struct step_load) {
		.ld_flow = calloc(PLAN_FLOWS_MAX, sizeof(*ld->ld_flow)),
	};
	if (ld->ld_flow == NULL)
		return ENOMEM;
	ld->ld_n = plan_flows(pl, pn, ld->ld_flow);
	ld->ld_packets = calloc(ld->ld_n, sizeof(*ld->ld_packets));
	ld->ld_stream = calloc(ld->ld_n, sizeof(*ld->ld_stream));
	if (ld->ld_packets == NULL || ld->ld_stream == NULL) {
		step_load_free(ld);
		return ENOMEM;
	}
	for (i = 0; i < ld->ld_n; i++) {
		pf = &ld->ld_flow[i];
		plan_packets_make(pl, pf, pz, &ld->ld_packets[i]);
		rw = &ru->ru_raw[pf->pf_template - pl->pl_template];
		if (pf->pf_template->pt_pcap != NULL) {
			ld->ld_packets[i].pk_conf.tc_frames = rw->rw_frames;
			ld->ld_packets[i].pk_conf.tc_nframes = rw->rw_n;
		}
		ld->ld_stream[i] = (struct trial_stream) {
			.ts_name = pf->pf_name,
			.ts_from = port_number(pl, pf->pf_from),
			.ts_to = port_number(pl, pf->pf_to),
			.ts_weight = pf->pf_stream->ps_weight,
			.ts_tpl = &ld->ld_packets[i].pk_conf,
		};
	}
	return 0;
}

/* Expectations */

static int
expect_told(struct run *ru, const struct plan_expect *px, unsigned size,
    double value)
{
	enum report_verdict verdict = isnan(value) ? REPORT_UNKNOWN :
	    plan_expect_holds(px, value) ? REPORT_PASS : REPORT_FAIL;
	char measured[64];
	char text[1200];

	plan_measured_text(px, value, measured, sizeof(measured));
	if (size != 0 && px->px_size == 0)
		snprintf(text, sizeof(text), "%s at %u", px->px_text, size);
	else
		snprintf(text, sizeof(text), "%s", px->px_text);
	ru->ru_unmet |= verdict == REPORT_FAIL;
	ru->ru_unknown |= verdict == REPORT_UNKNOWN;
	if (ru->ru_text != NULL)
		fprintf(ru->ru_text, "  %s: %s (%s)\n",
		    verdict == REPORT_PASS ? "met" :
			verdict == REPORT_FAIL ? "NOT MET" :
			    "unknown",
		    text, measured);
	return report_expect(
	    ru->ru_report, text, verdict, isnan(value) ? NULL : measured);
}

static int
method_expects(struct run *ru, const struct plan_step *pn,
    const struct method_result *me)
{
	const struct plan_expect *px;
	const struct method_point *mp;
	bool found;
	unsigned i;
	unsigned k;
	int error = 0;

	for (i = 0; i < pn->pn_nexpect && error == 0; i++) {
		px = &pn->pn_expect[i];
		found = false;
		for (k = 0; k < me->me_npoints && error == 0; k++) {
			mp = &me->me_point[k];
			if (px->px_size != 0 && px->px_size != mp->mp_size &&
			    px->px_size != mp->mp_asked)
				continue;
			found = true;
			error = expect_told(ru, px, mp->mp_size,
			    plan_measured(px, me, mp));
		}
		if (!found && error == 0)
			error = expect_told(ru, px, 0, NAN);
	}
	return error;
}

uint64_t
step_load_speed(const struct step_load *ld)
{
	uint64_t speed = UINT64_MAX;
	unsigned i;

	for (i = 0; i < ld->ld_n; i++) {
		if (ld->ld_flow[i].pf_from->pp_speed < speed)
			speed = ld->ld_flow[i].pf_from->pp_speed;
	}
	return speed == UINT64_MAX ? 0 : speed;
}

static int
run_expects(struct run *ru, const struct plan_step *pn,
    const struct step_load *ld, unsigned size, const struct trial_result *tr)
{
	const struct plan_expect *px;
	unsigned i;
	int error = 0;

	for (i = 0; i < pn->pn_nexpect && error == 0; i++) {
		px = &pn->pn_expect[i];
		if (px->px_size != 0 && px->px_size != size)
			continue;
		error = expect_told(ru, px, size,
		    plan_measured_run(px, tr, step_load_speed(ld)));
	}
	return error;
}

/* A step that could not be: where it stands, and why. */
static void
step_failed(struct run *ru, const struct plan_step *pn, const char *why)
{
	const struct conf_pos *pos = &pn->pn_sec.cs_pos;

	ru->ru_unknown = true;
	fprintf(stderr, "%s:%u:%u: step %s: %s\n", pos->cp_file, pos->cp_line,
	    pos->cp_col, pn->pn_name, why);
}

/* What keeps a result from counting is told to those who want quiet, too. */
static void
tell_why(const struct run *ru, const char *name, const char *what,
    const char *why)
{
	if (ru->ru_text == NULL)
		fprintf(stderr, "spate gen: %s: %s: %s\n", name, what, why);
	else
		fprintf(ru->ru_text, "  %s: %s\n", what, why);
}

/* method = run */

static void
run_tell(const struct run *ru, const char *name, unsigned size,
    const struct trial_result *tr)
{
	const struct trial_counts *n = &tr->tr_all;
	unsigned i;

	for (i = 0; i < tr->tr_nreasons && i < TRIAL_REASONS; i++)
		tell_why(ru, name, "not valid", tr->tr_reason[i]);
	if (ru->ru_text == NULL)
		return;
	if (size != 0)
		fprintf(ru->ru_text, "  %u bytes:", size);
	fprintf(ru->ru_text, "  sent %llu", (unsigned long long)n->tn_sent);
	if (n->tn_sent > n->tn_unseen || n->tn_sent == 0)
		fprintf(ru->ru_text, ", received %llu, lost %llu (%.4g %%)",
		    (unsigned long long)n->tn_received,
		    (unsigned long long)n->tn_lost, 100 * trial_loss(n));
	if (n->tn_unseen > 0)
		fprintf(ru->ru_text, ", not looked for %llu",
		    (unsigned long long)n->tn_unseen);
	for (i = 0; i < tr->tr_nports; i++) {
		const struct trial_port *tp = &tr->tr_port[i];

		if (tp->tp_tx.tn_sent == 0)
			continue;
		fprintf(ru->ru_text, ", %s sends %.9g pps", tp->tp_name,
		    tp->tp_tx_pps);
		if (tp->tp_late_max > 0)
			fprintf(ru->ru_text, " (late %llu, the worst %.4g us)",
			    (unsigned long long)tp->tp_late,
			    (double)tp->tp_late_max / 1e3);
	}
	fputc('\n', ru->ru_text);
}

static int
run_one(struct run *ru, const struct plan_step *pn,
    const struct plan_sizes *pz, const char *name)
{
	const bool plain = pz != NULL && pz->pz_sizes->sz_n == 1;
	struct trial_conf tc = {
		.tc_size = plain ? pz->pz_sizes->sz_mix[0].sw_size : 0,
		.tc_packets = pn->pn_packets,
		.tc_duration = pn->pn_duration,
		.tc_warmup = given(&pn->pn_sec, "warmup") ? pn->pn_warmup :
		    ru->ru_profile.pf_warmup,
		.tc_learn = true,
		.tc_settle = ru->ru_profile.pf_learn,
		.tc_drain = ru->ru_profile.pf_drain,
		.tc_seed = ru->ru_plan->pl_seed,
		.tc_stop = child_stop,
	};
	struct trial_result tr = { .tr_valid = false };
	struct step_load ld;
	int error;

	if ((error = step_load_make(ru, pn, pz, &ld)) != 0)
		return error;
	plan_pace_make(pn, step_load_speed(&ld), &tc.tc_pace);
	tc.tc_stream = ld.ld_stream;
	tc.tc_nstreams = ld.ld_n;
	error = ru->ru_runner.rn_trial(ru, &tc, &tr);
	if (error == ENOMEM)
		goto out;
	if (error != 0) {
		step_failed(ru, pn, ru->ru_runner.rn_error(ru));
		error = 0;
		goto out;
	}
	ru->ru_trials++;
	ru->ru_unknown |= !tr.tr_valid;
	run_tell(ru, name, tc.tc_size, &tr);
	if ((error = report_add_trial(ru->ru_report, name, &tr)) == 0)
		error = run_expects(ru, pn, &ld, tc.tc_size, &tr);
out:
	trial_result_fini(&tr);
	step_load_free(&ld);
	return error;
}

static int
step_run(struct run *ru, const struct plan_step *pn)
{
	char name[PLAN_NAMELEN + 32];
	unsigned i;
	int error = 0;

	if (pn->pn_nsize == 0)
		return run_one(ru, pn, NULL, pn->pn_name);
	for (i = 0; i < pn->pn_nsize && error == 0; i++) {
		if (ru->ru_runner.rn_stopped(ru))
			break;
		snprintf(name, sizeof(name), "%s, %.16s bytes", pn->pn_name,
		    pn->pn_size[i].pz_text);
		error = run_one(ru, pn, &pn->pn_size[i],
		    pn->pn_nsize == 1 ? pn->pn_name : name);
	}
	return error;
}

/* All other methods */

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
			tell_why(ru, method_name(me->me_method), what,
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
		tell_why(ru, name, method_status_name(me.me_status), me.me_why);
	for (i = 0; i < me.me_nnotes && ru->ru_text != NULL; i++)
		fprintf(ru->ru_text, "  note: %s\n", me.me_note[i]);
	if ((error = report_add(ru->ru_report, name, &me)) == 0)
		error = method_expects(ru, pn, &me);
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

static int
step_method(struct run *ru, const struct plan_step *pn)
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

int
steps_run(struct run *ru)
{
	const struct plan *pl = ru->ru_plan;
	const struct plan_step *pn;
	unsigned i;
	int error = 0;

	for (i = 0; i < pl->pl_nstep && error == 0; i++) {
		if (ru->ru_runner.rn_stopped(ru))
			break;
		pn = &pl->pl_step[i];
		if (ru->ru_text != NULL)
			fprintf(ru->ru_text, "%s: %s\n", pn->pn_name,
			    plan_method_name(pn->pn_method));
		error = pn->pn_method == PLAN_RUN ? step_run(ru, pn) :
		    step_method(ru, pn);
	}
	return error;
}

/* A screen */

static int
screen_ended(void *arg, const struct trial_result *tr)
{
	struct run *ru = arg;
	char name[32];

	snprintf(name, sizeof(name), "trial %u", ++ru->ru_trials);
	return report_add_trial(ru->ru_report, name, tr);
}

int
steps_screen(struct run *ru, struct screen *sn)
{
	const struct plan_step *pn = &ru->ru_plan->pl_step[0];
	const struct plan_sizes *pz = pn->pn_nsize != 0 ? pn->pn_size : NULL;
	const bool plain = pz != NULL && pz->pz_sizes->sz_n == 1;
	const char *names[GEN_PORTS];
	struct screen_conf sc = {
		.sc_runner = &ru->ru_runner,
		.sc_port = names,
		.sc_trial = {
			.tc_size = plain ? pz->pz_sizes->sz_mix[0].sw_size : 0,
			.tc_learn = true,
			.tc_settle = ru->ru_profile.pf_learn,
			.tc_seed = ru->ru_plan->pl_seed,
			.tc_stop = child_stop,
		},
		.sc_ended = screen_ended,
		.sc_arg = ru,
	};
	char why[256] = "";
	struct step_load ld;
	unsigned i;
	int error;

	if ((error = step_load_make(ru, pn, pz, &ld)) != 0)
		return error;
	for (i = 0; i < gen_nports(ru->ru_gen); i++)
		names[i] = gen_port_name(ru->ru_gen, i);
	plan_pace_make(pn, step_load_speed(&ld), &sc.sc_trial.tc_pace);
	sc.sc_trial.tc_stream = ld.ld_stream;
	sc.sc_trial.tc_nstreams = ld.ld_n;
	error = gen_screen_run(sn, &sc, why, sizeof(why));
	gen_screen_close(sn);
	if (error != 0 && error != ENOMEM) {
		step_failed(ru, pn, why);
		error = 0;
	}
	step_load_free(&ld);
	return error;
}
