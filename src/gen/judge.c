/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a trial: what came of it, and whether it counts.
 *
 * All jobs are back.  What was sent of each flow follows from how many packets
 * each lane has sent, because a lane goes through its flows in turn; so the
 * checkers can say of each flow what is missing, and sums are exact.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen_int.h"

#define RATE_ERROR   1000u /* ppm */
#define FOREIGN	     1000u /* ppm … */
#define FOREIGN_FEW  10u /* … and more than so many */
#define PPM	     1000000u

static unsigned
stream_of(const struct gen *g, uint32_t flow)
{
	unsigned low = 0, high = g->g_conf_now->tc_nstreams - 1, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (flow < g->g_upto[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* For checkers: lane i of n has the flows i, i + n, i + 2n, in turn. */
static uint64_t
flow_sent(void *arg, uint32_t flow)
{
	const struct gen *g = arg;
	unsigned s = stream_of(g, flow);
	uint32_t k = flow - (s > 0 ? g->g_upto[s - 1] : 0);
	const struct gen_lane *gl = g->g_lane[s][k % g->g_nlane[s]];
	uint32_t mine = gl->gl_run.cu_mine;

	return gl->gl_sent / mine +
	    (k / g->g_nlane[s] < gl->gl_sent % mine);
}

/* All checkers in the first one, which is returned; NULL: there are none. */
static const struct checker *
gather(struct gen *g)
{
	struct checker *first = g->g_job[0]->gj_checker;
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		struct checker *ck = g->g_job[i]->gj_checker;

		if (ck == NULL)
			continue;
		checker_finish(ck, flow_sent, g);
		if (ck != first)
			checker_merge(first, ck);
	}
	return first;
}

static void
take_stream(const struct gen *g, const struct checker *ck, unsigned i,
    struct trial_result *tr)
{
	const struct trial_stream *ts = &g->g_conf_now->tc_stream[i];
	const struct check_group *cg = checker_group(ck, i);
	struct trial_stream_result *sr = &tr->tr_stream[i];
	unsigned k;

	if (ts->ts_name != NULL)
		snprintf(sr->sr_name, sizeof(sr->sr_name), "%s", ts->ts_name);
	sr->sr_from = ts->ts_from;
	sr->sr_to = ts->ts_to;
	for (k = 0; k < g->g_nlane[i]; k++) {
		sr->sr_n.tn_sent += g->g_lane[i][k]->gl_sent;
		sr->sr_n.tn_sent_bytes += g->g_lane[i][k]->gl_bytes;
	}
	sr->sr_flows = tpl_flows(g->g_tpl[i]);
	if (g->g_port[ts->ts_to].gp_deaf) {
		sr->sr_n.tn_unseen = sr->sr_n.tn_sent;
		return;
	}
	sr->sr_n.tn_received = cg->cg_received;
	sr->sr_n.tn_received_bytes = cg->cg_bytes;
	sr->sr_n.tn_lost = cg->cg_lost;
	sr->sr_n.tn_duplicated = cg->cg_duplicated;
	sr->sr_n.tn_reordered = cg->cg_reordered;
	sr->sr_n.tn_extent_max = cg->cg_extent_max;
	sr->sr_flows_lost = cg->cg_flows_lost;
	if (cg->cg_received > 0) {
		sr->sr_latency_min = cg->cg_latency_min;
		sr->sr_latency_max = cg->cg_latency_max;
		sr->sr_latency_mean =
		    (uint64_t)(cg->cg_latency_sum / cg->cg_received);
	}
	if (cg->cg_jitter_flows > 0)
		sr->sr_jitter =
		    (uint64_t)(cg->cg_jitter_sum / cg->cg_jitter_flows);
	if (cg->cg_surplus > 0)
		trial_invalid(tr, "stream %s: %llu packets came that were not "
		    "sent", sr->sr_name, (unsigned long long)cg->cg_surplus);
	if (cg->cg_early > 0)
		trial_invalid(tr, "stream %s: %llu packets came before they "
		    "were sent: the clock is not to be trusted", sr->sr_name,
		    (unsigned long long)cg->cg_early);
}

/* When something was lost for the last time. */
static void
take_loss(const struct gen *g, const struct checker *ck,
    struct trial_result *tr)
{
	uint64_t gap = 0;
	bool cut = false;
	unsigned i;

	for (i = 0; i < tr->tr_nstreams; i++) {
		const struct check_group *cg = checker_group(ck, i);

		if (tr->tr_stream[i].sr_n.tn_lost == 0)
			continue;
		gap = u64max(gap, cg->cg_gap);
		cut |= cg->cg_flows_cut > 0;
	}
	if (cut)
		tr->tr_loss_last = tr->tr_elapsed;
	else if (gap > g->g_run_at)
		tr->tr_loss_last = u64min(gap - g->g_run_at, tr->tr_elapsed);
}

/*
 * The longest time without a packet on any CPU: what the longest times of the
 * CPUs that got any have in common.
 */
static void
take_silence(const struct gen *g, struct trial_result *tr)
{
	uint64_t from = 0, to = UINT64_MAX;
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		const struct gen_job *gj = g->g_job[i];

		if (gj->gj_last == 0)
			continue;
		from = u64max(from, gj->gj_silence[0]);
		to = u64min(to, gj->gj_silence[1]);
	}
	tr->tr_silence = to != UINT64_MAX && to > from ? to - from : 0;
}

static void
take_hists(const struct gen *g, const struct checker *ck,
    struct trial_result *tr)
{
	unsigned i;

	for (i = 0; i < g->g_nports; i++) {
		const struct check_hists *ch;

		if (g->g_hists[i] == UINT32_MAX)
			continue;
		ch = checker_hists(ck, g->g_hists[i]);
		hist_merge(tr->tr_latency, &ch->ch_latency);
		hist_merge(tr->tr_jitter, &ch->ch_jitter);
		hist_merge(tr->tr_extent, &ch->ch_extent);
		if (ch->ch_latency.h_n > 0 &&
		    (tr->tr_pair_latency[i] = hist_create()) != NULL)
			hist_merge(tr->tr_pair_latency[i], &ch->ch_latency);
	}
}

/* What the schedule wanted beyond what was sent: the lanes whose turn it was.
 */
static void
take_unsent(const struct gen_sender *gs, uint64_t unsent,
    struct trial_result *tr)
{
	uint64_t turns = unsent / gs->gs_nrow, rest = unsent % gs->gs_nrow;
	unsigned i;

	for (i = 0; i < gs->gs_nrow; i++) {
		unsigned at = (gs->gs_at + i) % gs->gs_nrow;
		unsigned s = gs->gs_lane[gs->gs_row[at]].gl_stream;

		tr->tr_stream[s].sr_n.tn_unsent += turns + (i < rest);
	}
}

static void
take_sender(const struct gen *g, const struct gen_sender *gs,
    struct trial_result *tr)
{
	struct trial_port *tp = &tr->tr_port[gs->gs_port];
	uint64_t unsent = gs->gs_offered - gs->gs_sent;

	(void)g;
	tp->tp_late += gs->gs_late;
	tp->tp_late_max = u64max(tp->tp_late_max, gs->gs_late_max);
	tp->tp_txfull += gs->gs_txfull;
	take_unsent(gs, unsent, tr);
	if (gs->gs_nobuf > 0 && (unsent > 0 || gs->gs_late > 0))
		trial_invalid(tr, "%s: the tester ran out of packet buffers",
		    tp->tp_name);
}

static void
take_jobs(const struct gen *g, struct trial_result *tr)
{
	uint64_t uncut = 0;
	unsigned i, k;

	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		const struct gen_job *gj = g->g_job[i];

		for (k = 0; k < gj->gj_nsenders; k++)
			take_sender(g, &gj->gj_sender[k], tr);
		for (k = 0; k < g->g_nports; k++) {
			struct trial_port *tp = &tr->tr_port[k];
			const struct gen_seen *gn = &gj->gj_seen[k];

			tp->tp_corrupt += gn->gn_corrupt;
			tp->tp_foreign += gn->gn_foreign;
			tp->tp_control += gn->gn_control;
			tp->tp_stale += gn->gn_stale;
			tp->tp_astray += gn->gn_astray;
			uncut += gn->gn_uncut;
		}
		hist_merge(tr->tr_pace, gj->gj_pace);
		hist_merge(tr->tr_gap, gj->gj_gap);
		if (tr->tr_elapsed > 0 && (double)g->g_busy[i] /
		    (double)tr->tr_elapsed > tr->tr_busy)
			tr->tr_busy = (double)g->g_busy[i] /
			    (double)tr->tr_elapsed;
	}
	if (tr->tr_busy > 1)
		tr->tr_busy = 1; /* what came right before and after */
	if (uncut > 0)
		trial_invalid(tr, "%llu large segments could not be cut into "
		    "the packets that they are: no buffers",
		    (unsigned long long)uncut);
}

/* When the sending that counts began and ended. */
static void
take_times(const struct gen *g, struct trial_result *tr)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t end = 0;
	unsigned i, k;

	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		for (k = 0; k < g->g_job[i]->gj_nsenders; k++)
			end = u64max(end, g->g_job[i]->gj_sender[k].gs_last);
	if (tc->tc_nstreams == 0 || g->g_stopped)
		end = u64max(end, g->g_end_at);
	else if (tc->tc_duration != 0 && tc->tc_packets == 0)
		end = u64max(end, g->g_run_at + tc->tc_duration);
	tr->tr_elapsed = end > g->g_run_at ? end - g->g_run_at : 0;
	tr->tr_drained = g->g_drained;
	tr->tr_started = g->g_utc[0];
	tr->tr_ended = g->g_utc[1];
}

static void
sum_up(const struct gen *g, struct trial_result *tr)
{
	unsigned i;

	for (i = 0; i < tr->tr_nstreams; i++) {
		struct trial_stream_result *sr = &tr->tr_stream[i];

		sr->sr_n.tn_offered = sr->sr_n.tn_sent + sr->sr_n.tn_unsent;
		trial_counts_add(&tr->tr_port[sr->sr_from].tp_tx, &sr->sr_n);
		trial_counts_add(&tr->tr_port[sr->sr_to].tp_rx, &sr->sr_n);
		trial_counts_add(&tr->tr_all, &sr->sr_n);
	}
	if (tr->tr_all.tn_sent > 0)
		tr->tr_frame = (double)tr->tr_all.tn_sent_bytes /
		    (double)tr->tr_all.tn_sent;
	for (i = 0; i < g->g_nports && tr->tr_elapsed > 0; i++) {
		struct trial_port *tp = &tr->tr_port[i];
		double s = (double)tr->tr_elapsed / 1e9;

		tp->tp_offered_pps = (double)tp->tp_tx.tn_offered / s;
		tp->tp_tx_pps = (double)tp->tp_tx.tn_sent / s;
		tp->tp_rx_pps = (double)tp->tp_rx.tn_received / s;
	}
}

static void ON_CTL
take_devices(const struct gen *g, struct trial_result *tr)
{
	unsigned i;

	for (i = 0; i < g->g_nports; i++) {
		const struct gen_ifcounts *was = &g->g_port[i].gp_before;
		struct trial_port *tp = &tr->tr_port[i];
		struct gen_ifcounts is;

		gen_port_count(g, i, &is);
		tp->tp_if_tx_packets =
		    is.gi_if.ic_tx_packets - was->gi_if.ic_tx_packets;
		tp->tp_if_tx_bytes =
		    is.gi_if.ic_tx_bytes - was->gi_if.ic_tx_bytes;
		tp->tp_if_rx_packets =
		    is.gi_if.ic_rx_packets - was->gi_if.ic_rx_packets;
		tp->tp_if_rx_bytes =
		    is.gi_if.ic_rx_bytes - was->gi_if.ic_rx_bytes;
		tp->tp_if_rx_dropped =
		    is.gi_dev.ds_rx_dropped - was->gi_dev.ds_rx_dropped;
		tp->tp_if_errors = is.gi_dev.ds_rx_errors +
		    is.gi_dev.ds_tx_errors - was->gi_dev.ds_rx_errors -
		    was->gi_dev.ds_tx_errors;
		tp->tp_has_kernel = is.gi_kernel && was->gi_kernel;
		if (!tp->tp_has_kernel)
			continue;
		tp->tp_k_tx_packets = is.gi_k[0] - was->gi_k[0];
		tp->tp_k_rx_packets = is.gi_k[1] - was->gi_k[1];
		tp->tp_k_rx_dropped = is.gi_k[2] - was->gi_k[2];
		tp->tp_k_tx_dropped = is.gi_k[3] - was->gi_k[3];
	}
}

/* Reasons of a port why the trial does not count. */

static void
judge_sending(const struct gen *g, const struct trial_port *tp,
    struct trial_result *tr)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t tolerance = tc->tc_late != 0 ? tc->tc_late : TRIAL_LATE;

	if (tp->tp_tx.tn_unsent > 0)
		trial_invalid(tr, "%s: %llu of %llu packets could not be sent "
		    "in time; the device had no room %llu times", tp->tp_name,
		    (unsigned long long)tp->tp_tx.tn_unsent,
		    (unsigned long long)tp->tp_tx.tn_offered,
		    (unsigned long long)tp->tp_txfull);
	if (tp->tp_late > 0)
		trial_invalid(tr, "%s: %llu of %llu packets left more than "
		    "%llu us late, the worst %llu us", tp->tp_name,
		    (unsigned long long)tp->tp_late,
		    (unsigned long long)tp->tp_tx.tn_offered,
		    (unsigned long long)(tolerance / NS_US),
		    (unsigned long long)(tp->tp_late_max / NS_US));
}

/* Of what was to be sent in the time that was given for it. */
static void
judge_rate(const struct gen *g, const struct trial_port *tp,
    struct trial_result *tr)
{
	const struct trial_conf *tc = g->g_conf_now;
	unsigned ppm = tc->tc_rateerr != 0 ? tc->tc_rateerr : RATE_ERROR;
	double got, off;

	if (g->g_pace.pc_kind == PACE_MAX || tc->tc_packets != 0 ||
	    g->g_stopped || tp->tp_tx.tn_offered == 0)
		return;
	got = (double)tp->tp_tx.tn_sent / (double)tp->tp_tx.tn_offered *
	    (double)tc->tc_duration / (double)tr->tr_elapsed;
	off = (1 - got) * PPM;
	if (off > ppm)
		trial_invalid(tr, "%s: the rate was %.3f %% below what was "
		    "asked for", tp->tp_name, off / 10000);
}

static void
judge_receiving(const struct gen *g, const struct trial_port *tp,
    struct trial_result *tr)
{
	uint32_t ppm = g->g_conf_now->tc_foreign;
	uint64_t all = tp->tp_rx.tn_received + tp->tp_foreign;

	if (ppm == 0)
		ppm = FOREIGN;
	if (g->g_conf_now->tc_nstreams > 0 && tp->tp_foreign > FOREIGN_FEW &&
	    (double)tp->tp_foreign * PPM > (double)ppm * (double)all)
		trial_invalid(tr, "%s: %llu packets came that are not of the "
		    "trial", tp->tp_name, (unsigned long long)tp->tp_foreign);
	if (tp->tp_if_rx_dropped > 0)
		trial_invalid(tr, "%s: the device lost %llu packets before "
		    "the tester could take them", tp->tp_name,
		    (unsigned long long)tp->tp_if_rx_dropped);
}

static void
judge_ports(const struct gen *g, struct trial_result *tr)
{
	unsigned i;

	for (i = 0; i < g->g_nports; i++) {
		const struct trial_port *tp = &tr->tr_port[i];

		if (!g->g_port[i].gp_used)
			continue;
		if (g->g_port[i].gp_lost)
			trial_invalid(tr, "%s: it lost its carrier",
			    tp->tp_name);
		judge_sending(g, tp, tr);
		judge_rate(g, tp, tr);
		judge_receiving(g, tp, tr);
	}
	if (g->g_clock.gk_worst > GEN_CLOCK_ERROR)
		trial_invalid(tr, "the clock was off by %llu us: the machine "
		    "was stopped, or its counter is none",
		    (unsigned long long)(g->g_clock.gk_worst / NS_US));
	if (tr->tr_stopped)
		trial_invalid(tr, "stopped while %s",
		    trial_phase_name(tr->tr_phase));
}

void
gen_judge(struct gen *g, struct trial_result *tr)
{
	const struct checker *ck;
	unsigned i;

	tr->tr_stopped = g->g_stopped;
	tr->tr_phase = g->g_stopped ? g->g_stopped_in : TPH_DONE;
	tr->tr_seed = g->g_conf_now->tc_seed;
	tr->tr_size = g->g_conf_now->tc_size;
	tr->tr_clock_res = g->g_clock.gk_resolution;
	for (i = 0; i < g->g_nports; i++)
		snprintf(tr->tr_port[i].tp_name, GEN_NAMELEN, "%s",
		    g->g_port[i].gp_name);
	if (g->g_job[0] != NULL) {
		take_times(g, tr);
		if ((ck = gather(g)) != NULL) {
			for (i = 0; i < tr->tr_nstreams; i++)
				take_stream(g, ck, i, tr);
			take_loss(g, ck, tr);
			take_hists(g, ck, tr);
		}
		take_jobs(g, tr);
		take_silence(g, tr);
		sum_up(g, tr);
		take_devices(g, tr);
	}
	judge_ports(g, tr);
}
