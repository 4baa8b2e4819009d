/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a plan, one after the other; what a run at one rate finds is
 * told and added to the report.
 */
#include <errno.h>
#include <stdlib.h>

#include "run_int.h"
#include "screen.h"

void
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
	if (plan_said(&pm->pm_sec, "warmup"))
		pf->pf_warmup = pm->pm_warmup;
	if (plan_said(&pm->pm_sec, "learn"))
		pf->pf_learn = pm->pm_learn;
	if (pm->pm_drain != 0)
		pf->pf_drain = pm->pm_drain;
	if (plan_said(&pm->pm_sec, "settle"))
		pf->pf_settle = pf->pf_burst_rest = pm->pm_settle;
	if (pm->pm_resolution != 0)
		pf->pf_ppm = pm->pm_resolution;
	if (pm->pm_retries != 0)
		pf->pf_retries = pm->pm_retries;
	if (pm->pm_duration != 0 || pm->pm_drain != 0 ||
	    plan_said(&pm->pm_sec, "settle"))
		profile_changed(pf);
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

void
step_failed(struct run *ru, const struct plan_step *pn, const char *why)
{
	const struct conf_pos *pos = &pn->pn_sec.cs_pos;

	ru->ru_unknown = true;
	fprintf(stderr, "%s:%u:%u: step %s: %s\n", pos->cp_file, pos->cp_line,
	    pos->cp_col, pn->pn_name, why);
}

void
step_why(const struct run *ru, const char *name, const char *what,
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
		step_why(ru, name, "not valid", tr->tr_reason[i]);
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
		.tc_warmup = plan_said(&pn->pn_sec, "warmup") ? pn->pn_warmup :
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
		error = expects_run(ru, pn, &ld, tc.tc_size, &tr);
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
		    methods_step(ru, pn);
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
