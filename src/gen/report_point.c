/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A point of a method's result as a part of a report's tree.
 */
#include <string.h>

#include "gen/hist.h"
#include "gen/method.h"
#include "gen/report_int.h"

void
report_frame(struct report *rp, json_t *to, unsigned size)
{
	char text[32];

	if (size == 0) {
		report_set_text(rp, to, "frame", "template");
		return;
	}
	snprintf(text, sizeof(text), "%u", size);
	report_set_text(rp, to, "frame", text);
}

void
report_brief(struct report *rp, json_t *to, const struct latency_brief *lb)
{
	if (lb->lb_n == 0)
		return;
	report_set_count(rp, to, "latency_min_ns", lb->lb_min);
	report_set_real(rp, to, "latency_mean_ns", lb->lb_mean);
	report_set_real(rp, to, "latency_stddev_ns", lb->lb_stddev);
	report_set_count(rp, to, "latency_p50_ns", lb->lb_p50);
	report_set_count(rp, to, "latency_p90_ns", lb->lb_p90);
	report_set_count(rp, to, "latency_p99_ns", lb->lb_p99);
	report_set_count(rp, to, "latency_p999_ns", lb->lb_p999);
	report_set_count(rp, to, "latency_p9999_ns", lb->lb_p9999);
	report_set_count(rp, to, "latency_p99999_ns", lb->lb_p99999);
	report_set_count(rp, to, "latency_max_ns", lb->lb_max);
	report_set_real(rp, to, "jitter_ns", lb->lb_jitter);
}

/* The values of repeated measurements, in their order. */
static void
values_set(struct report *rp, json_t *to, const char *key,
    const struct summary *sm)
{
	unsigned i;

	for (i = 0; i < sm->sm_n && i < METHOD_REPS; i++)
		report_append(rp, to, key, json_real(sm->sm_value[i]));
}

static void
throughput_set(struct report *rp, json_t *to,
    const struct throughput_result *tr)
{
	report_set_real(rp, to, "throughput_pps", tr->tr_pps);
	report_set_real(rp, to, "throughput_port_pps", tr->tr_port_pps);
	report_set_real(rp, to, "throughput_l1_bps", tr->tr_l1_bps);
	report_set_real(rp, to, "throughput_l2_bps", tr->tr_l2_bps);
	if (tr->tr_line > 0)
		report_set_real(rp, to, "line_percent", 100 * tr->tr_line);
	if (tr->tr_lossy_pps > 0) {
		report_set_real(rp, to, "lossy_pps", tr->tr_lossy_pps);
		report_set_real(rp, to, "lossy_percent",
		    100 * tr->tr_lossy_ratio);
	}
	report_set_count(rp, to, "reordered_packets", tr->tr_reordered);
	report_set_count(rp, to, "duplicated_packets", tr->tr_duplicated);
	report_brief(rp, to, &tr->tr_latency);
}

static void
latency_set(struct report *rp, json_t *to, const struct latency_result *la)
{
	report_set_positive(rp, to, "rate_pps", la->la_pps);
	if (la->la_mean.sm_n > 0) {
		report_set_real(rp, to, "trials_mean_ns", la->la_mean.sm_mean);
		report_set_real(rp, to, "trials_mean_min_ns",
		    la->la_mean.sm_min);
		report_set_real(rp, to, "trials_mean_max_ns",
		    la->la_mean.sm_max);
		report_set_real(rp, to, "trials_p50_ns",
		    la->la_tagged.sm_median);
		report_set_real(rp, to, "trials_p999_ns",
		    la->la_worst.sm_median);
		values_set(rp, to, "trials_means", &la->la_mean);
	}
	report_brief(rp, to, &la->la_all);
	if (la->la_hist != NULL && la->la_hist->h_n > 0)
		report_set(rp, to, "latency",
		    report_hist(rp, la->la_hist, "ns"));
}

/* A new row of a point: a rate of a curve, a goal, a kind. */
static json_t *
row_new(struct report *rp, const json_t *point, const char *status)
{
	json_t *row = json_object();

	report_set_text(rp, row, "frame", tree_text(point, "frame"));
	report_set_text(rp, row, "variant", tree_text(point, "variant"));
	report_set_text(rp, row, "status", status);
	report_set(rp, row, "notes", json_array());
	return row;
}

static void
loss_set(struct report *rp, json_t *to, const struct loss_result *lo)
{
	unsigned i;

	for (i = 0; i < lo->lo_n && i < METHOD_CURVE; i++) {
		const struct loss_point *lp = &lo->lo_point[i];
		json_t *row = row_new(rp, to,
		    lp->lo_valid ? "valid" : "invalid");

		report_set_real(rp, row, "offered_percent", lp->lo_percent);
		report_set_real(rp, row, "tx_pps", lp->lo_pps);
		report_set_real(rp, row, "rx_pps", lp->lo_received_pps);
		report_set_real(rp, row, "loss_percent", 100 * lp->lo_ratio);
		report_set_count(rp, row, "sent_packets", lp->lo_sent);
		report_set_count(rp, row, "lost_packets", lp->lo_lost);
		if (!lp->lo_valid)
			report_append_text(rp, row, "notes",
			    "the tester could not send so fast");
		report_append(rp, to, "rows", row);
	}
}

static void
burst_set(struct report *rp, json_t *to, const struct burst_result *bu)
{
	report_set_positive(rp, to, "burst_at_pps", bu->bu_max_pps);
	report_set_positive(rp, to, "rate_pps", bu->bu_throughput_pps);
	report_set_count(rp, to, "burst_limit_frames", bu->bu_limit);
	report_set_count(rp, to, "burst_step_frames", bu->bu_step);
	if (!bu->bu_theoretical)
		report_append_text(rp, to, "notes", "bursts went out as fast "
		    "as the tester can, the links' rate is not known");
	if (bu->bu_frames.sm_n == 0)
		return;
	report_set_real(rp, to, "burst_frames", bu->bu_frames.sm_mean);
	report_set_real(rp, to, "burst_min_frames", bu->bu_frames.sm_min);
	report_set_real(rp, to, "burst_max_frames", bu->bu_frames.sm_max);
	report_set_real(rp, to, "burst_stddev_frames",
	    bu->bu_frames.sm_stddev);
	values_set(rp, to, "bursts", &bu->bu_frames);
	report_set_real(rp, to, "buffer_implied_ns", bu->bu_implied_ns);
	report_set_real(rp, to, "buffer_ns", bu->bu_corrected_ns);
	report_set_real(rp, to, "buffer_frames", bu->bu_buffer);
}

static void
outage_set(struct report *rp, json_t *to, const struct outage_result *ou)
{
	report_set_positive(rp, to, "before_pps", ou->ou_before_pps);
	report_set_positive(rp, to, "rate_pps", ou->ou_pps);
	report_set_count(rp, to, "outage_none", ou->ou_none);
	report_set_count(rp, to, "outage_never", ou->ou_never);
	if (ou->ou_ns.sm_n > 0) {
		report_set_real(rp, to, "outage_ns", ou->ou_ns.sm_mean);
		report_set_real(rp, to, "outage_min_ns", ou->ou_ns.sm_min);
		report_set_real(rp, to, "outage_max_ns", ou->ou_ns.sm_max);
		report_set_real(rp, to, "outage_stddev_ns",
		    ou->ou_ns.sm_stddev);
		values_set(rp, to, "outages", &ou->ou_ns);
	}
	if (ou->ou_loss_ns.sm_n > 0)
		report_set_real(rp, to, "outage_loss_ns",
		    ou->ou_loss_ns.sm_mean);
	if (ou->ou_lost.sm_n > 0)
		report_set_real(rp, to, "outage_lost_packets",
		    ou->ou_lost.sm_mean);
}

static void
mlr_set(struct report *rp, json_t *to, const struct mlr_result *ml)
{
	unsigned i;

	for (i = 0; i < ml->ml_ngoals && i < MLR_GOALS; i++) {
		bool regular = ml->ml_bounds[i].mb_regular;
		json_t *row = row_new(rp, to, regular ? "valid" : "limited");
		char text[160];

		snprintf(text, sizeof(text), "%s%sloss at most %.6g %%",
		    tree_text(to, "variant"),
		    *tree_text(to, "variant") != '\0' ? ", " : "",
		    100 * ml->ml_goal[i].mg_loss);
		report_set_text(rp, row, "variant", text);
		report_set_real(rp, row, "throughput_pps", ml->ml_pps[i]);
		report_set_positive(rp, row, "upper_pps", ml->ml_upper_pps[i]);
		report_set_positive(rp, row, "conditional_pps",
		    ml->ml_throughput_pps[i]);
		if (!regular)
			report_append_text(rp, row, "notes",
			    "the bounds are further apart than the goal asks, "
			    "or one is missing");
		report_append(rp, to, "rows", row);
	}
}

static void
bridge_set(struct report *rp, json_t *to, const struct bridge_result *br,
    enum method method)
{
	bool learning = method == MT_LEARNING;

	report_set_count(rp, to, "addresses", br->br_addresses);
	if (br->br_failed > 0)
		report_set_count(rp, to, "addresses_failed", br->br_failed);
	report_set_count(rp, to, "addresses_others", br->br_others);
	report_set_real(rp, to, learning ? "learning_pps" : "rate_pps",
	    br->br_pps);
	if (learning)
		report_set_positive(rp, to, "learning_failed_pps",
		    br->br_failed_pps);
}

static void
errored_set(struct report *rp, json_t *to, const struct errored_result *er)
{
	unsigned i;

	for (i = 0; i < METHOD_ERRORS; i++) {
		__auto_type kind = &er->er_kind[i];
		json_t *row;

		if (kind->er_name == NULL)
			continue;
		row = row_new(rp, to, kind->er_tested ? "valid" : "impossible");
		report_set_text(rp, row, "variant", kind->er_name);
		if (kind->er_tested) {
			report_set_count(rp, row, "sent_packets",
			    kind->er_sent);
			report_set_count(rp, row, "forwarded_packets",
			    kind->er_forwarded);
		} else {
			report_append_text(rp, row, "notes", kind->er_why);
		}
		report_append(rp, to, "rows", row);
	}
}

static json_t *
load_row(struct report *rp, const json_t *point, const char *variant,
    const struct bridge_load *bl)
{
	json_t *row = row_new(rp, point, "valid");

	if (variant != NULL)
		report_set_text(rp, row, "variant", variant);
	report_set_real(rp, row, "tx_pps", bl->bl_pps);
	report_set_real(rp, row, "rx_pps", bl->bl_received_pps);
	report_set_count(rp, row, "sent_packets", bl->bl_n.tn_sent);
	report_set_count(rp, row, "lost_packets", bl->bl_n.tn_lost);
	report_set_real(rp, row, "loss_percent", 100 * bl->bl_ratio);
	return row;
}

static void
congestion_set(struct report *rp, json_t *to,
    const struct congestion_result *cg)
{
	report_set_real(rp, to, "offered_pps", cg->cg_pps);
	report_set_text(rp, to, "head_of_line_blocking",
	    cg->cg_blocking ? "yes" : "no");
	report_set_text(rp, to, "back_pressure",
	    cg->cg_pressure ? "yes" : "no");
	report_set_real(rp, to, "held_percent", 100 * cg->cg_held);
	report_append(rp, to, "rows", load_row(rp, to,
	    "uncongested port, without congestion", &cg->cg_alone));
	report_append(rp, to, "rows", load_row(rp, to,
	    "uncongested port", &cg->cg_free));
	report_append(rp, to, "rows", load_row(rp, to,
	    "congested port", &cg->cg_full));
}

static void
forwarding_set(struct report *rp, json_t *to,
    const struct forwarding_result *fw)
{
	unsigned i;

	report_set_real(rp, to, "forwarding_pps", fw->fw_pps);
	report_set_real(rp, to, "rate_pps", fw->fw_at_pps);
	report_set_positive(rp, to, "forwarding_most_pps", fw->fw_most_pps);
	report_set_real(rp, to, "throughput_pps", fw->fw_throughput_pps);
	for (i = 0; i < fw->fw_n; i++)
		report_append(rp, to, "rows",
		    load_row(rp, to, NULL, &fw->fw_load[i]));
}

static void
pressure_set(struct report *rp, json_t *to, const struct pressure_result *ps)
{
	report_set_real(rp, to, "tx_pps", ps->ps_pps);
	report_set_real(rp, to, "rx_pps", ps->ps_received_pps);
	report_set_text(rp, to, "forward_pressure",
	    ps->ps_pressure ? "yes" : "no");
}

/* What this method has of a point. */
static void
result_set(struct report *rp, json_t *to, enum method method,
    const struct method_point *mp)
{
	switch (method) {
	case MT_LIMIT:
	case MT_THROUGHPUT:
	case MT_IP6:
		throughput_set(rp, to, &mp->mp_throughput);
		break;
	case MT_LATENCY:
		latency_set(rp, to, &mp->mp_latency);
		break;
	case MT_LOSS:
		loss_set(rp, to, &mp->mp_loss);
		break;
	case MT_BURST:
		burst_set(rp, to, &mp->mp_burst);
		break;
	case MT_RECOVERY:
	case MT_RESET:
		outage_set(rp, to, &mp->mp_outage);
		break;
	case MT_MLR:
		mlr_set(rp, to, &mp->mp_mlr);
		break;
	case MT_CACHING:
	case MT_LEARNING:
		bridge_set(rp, to, &mp->mp_bridge, method);
		break;
	case MT_ERRORED:
		errored_set(rp, to, &mp->mp_errored);
		break;
	case MT_BROADCAST:
		throughput_set(rp, to, &mp->mp_broadcast.bc_throughput);
		report_set_count(rp, to, "receivers",
		    mp->mp_broadcast.bc_ports);
		break;
	case MT_CONGESTION:
		congestion_set(rp, to, &mp->mp_congestion);
		break;
	case MT_FORWARDING:
		forwarding_set(rp, to, &mp->mp_forwarding);
		break;
	case MT_PRESSURE:
		pressure_set(rp, to, &mp->mp_pressure);
		break;
	case MT_N:
		break;
	}
}

/* What the result is to be held against. */
static void
bounds_set(struct report *rp, json_t *to, const struct method_point *mp)
{
	report_set_positive(rp, to, "max_pps", mp->mp_max_pps);
	report_set_positive(rp, to, "line_pps", mp->mp_line_pps);
	report_set_positive(rp, to, "limit_pps", mp->mp_limit_pps);
	if (mp->mp_size != 0) {
		report_set_positive(rp, to, "line_bps",
		    trial_bps(mp->mp_line_pps, mp->mp_size, 1));
		report_set_positive(rp, to, "limit_l1_bps",
		    trial_bps(mp->mp_limit_pps, mp->mp_size, 1));
	}
	report_set_count(rp, to, "trials_run", mp->mp_trials);
	report_set_count(rp, to, "trials_invalid", mp->mp_invalid);
	report_set_real(rp, to, "elapsed_s", (double)mp->mp_ns / 1e9);
}

json_t *
report_point(struct report *rp, enum method method,
    const struct method_point *mp)
{
	json_t *point = json_object();
	char text[80];

	report_frame(rp, point, mp->mp_size);
	report_set_text(rp, point, "variant", mp->mp_variant);
	report_set_text(rp, point, "status",
	    mp->mp_status == MS_OK ? "valid" :
	    method_status_name(mp->mp_status));
	report_set(rp, point, "notes", json_array());
	if (mp->mp_why[0] != '\0')
		report_append_text(rp, point, "notes", mp->mp_why);
	if (mp->mp_near && method != MT_LIMIT)
		report_append_text(rp, point, "notes",
		    "within 5 % of the tester's own limit: the device may be "
		    "faster");
	if (mp->mp_asked != 0) {
		snprintf(text, sizeof(text),
		    "instead of %u, too short for its headers", mp->mp_asked);
		report_append_text(rp, point, "notes", text);
	}
	/* Of what was not measured the numbers mean nothing. */
	if (mp->mp_status != MS_IMPOSSIBLE && mp->mp_status != MS_FAILED)
		result_set(rp, point, method, mp);
	bounds_set(rp, point, mp);
	return point;
}
