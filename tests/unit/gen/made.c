/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "gen/hist.h"
#include "made.h"

#define LINK_BPS 10e9
#define OWN_PPS	 2.4e6 /* the tester's limit */
#define DUT_PPS	 8.1e5

static const unsigned made_size[] = { 64, 128, 256, 512, 1024, 1280, 1518 };

struct report *
made_report(const struct profile *profile)
{
	char *const argv[] = { (char[]){ "spate" }, (char[]){ "gen" },
		(char[]){ "-c" }, (char[]){ "it's a plan.conf" } };
	static const struct report_port ports[] = {
		{ "left", "xdp", "veth0", "02:00:00:00:00:01", "10.0.1.2/24",
		    LINK_BPS, 1, 1500 },
		{ "right", "memif", "/run/dut.sock", "02:00:00:00:00:02",
		    "10.0.2.2/24, 2001:db8:2::2/64", LINK_BPS, 2, 1500 },
	};
	static const struct report_stream streams[] = {
		{ "there", "left", "right", "UDP 10.0.1.2 > 10.0.2.2", 64, 1 },
		{ "back", "right", "left", "UDP 10.0.2.2 > 10.0.1.2", 64, 1 },
	};
	struct report_conf rc = { .rc_title = "A router <b> & \"friends\"",
		.rc_profile = profile, .rc_argc = 4, .rc_argv = argv,
		.rc_plan_file = "it's a plan.conf",
		.rc_plan_text = "profile quick;\nport left {\n\tdevice "
				"veth0;\n}\n",
		.rc_seed = UINT64_MAX,
		.rc_dut_name = "Linux, as a router",
		.rc_dut_version = "6.18",
		.rc_port = ports,
		.rc_nports = 2,
		.rc_stream = streams,
		.rc_nstreams = 2,
		.rc_cpus = "0, 1",
		.rc_clock = "TSC",
		.rc_clock_ns = 1 };
	struct report *rp;

	if (report_create(&rc, &rp) != 0)
		abort();
	return rp;
}

/* Most near the base, some far away. */
static void
made_hist(struct hist *h, uint64_t base, unsigned n)
{
	uint64_t x = base * 7919 + 1;
	unsigned i;

	for (i = 0; i < n; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		hist_add(h, base + (x >> 40) % (base / 4 + 1) +
		    (i % 97 == 0 ? base / 2 : 0) +
		    (i % 997 == 0 ? base * 3 : 0) +
		    (i % 9973 == 0 ? base * 30 : 0));
	}
}

static void
made_counts(struct trial_counts *tn, double pps, double seconds, double loss,
    unsigned size)
{
	tn->tn_offered = tn->tn_sent = (uint64_t)(pps * seconds);
	tn->tn_sent_bytes = tn->tn_sent * size;
	tn->tn_lost = (uint64_t)((double)tn->tn_sent * loss);
	tn->tn_received = tn->tn_sent - tn->tn_lost;
	tn->tn_received_bytes = tn->tn_received * size;
}

void
made_trial(struct trial_result *tr, unsigned size, double pps, bool valid)
{
	double loss = pps > DUT_PPS ? 1 - DUT_PPS / pps : 0;
	unsigned i;

	memset(tr, 0, sizeof(*tr));
	if (trial_result_init(tr, 2, 2) != 0)
		abort();
	tr->tr_valid = true;
	tr->tr_phase = TPH_DONE;
	tr->tr_started = 1795374012345000000;
	tr->tr_ended = tr->tr_started + 2100000000;
	tr->tr_elapsed = 2000000000;
	tr->tr_drained = 100000000;
	tr->tr_seed = 42;
	tr->tr_size = size;
	tr->tr_frame = size != 0 ? size : 353.8;
	made_counts(&tr->tr_all, pps, 2, loss, size);
	for (i = 0; i < 2; i++) {
		struct trial_port *tp = &tr->tr_port[i];
		struct trial_stream_result *sr = &tr->tr_stream[i];

		strcpy(tp->tp_name, i == 0 ? "left" : "right");
		made_counts(&tp->tp_tx, pps / 2, 2, loss, size);
		tp->tp_rx = sr->sr_n = tp->tp_tx;
		tp->tp_offered_pps = tp->tp_tx_pps = pps / 2;
		tp->tp_rx_pps = pps / 2 * (1 - loss);
		tp->tp_if_tx_packets = tp->tp_tx.tn_sent + 3;
		tp->tp_has_kernel = i == 0;
		tp->tp_k_tx_packets = tp->tp_if_tx_packets;
		tp->tp_control = 3;
		strcpy(sr->sr_name, i == 0 ? "there" : "back");
		sr->sr_from = i;
		sr->sr_to = 1 - i;
		sr->sr_flows = 64;
		sr->sr_flows_lost = loss > 0 ? 64 : 0;
		sr->sr_latency_min = 8000;
		sr->sr_latency_mean = 9100;
		sr->sr_latency_max = 300000;
		sr->sr_jitter = 120;
	}
	made_hist(tr->tr_latency, 8000 + 3 * size, 20000);
	made_hist(tr->tr_jitter, 100, 20000);
	made_hist(tr->tr_pace, 40, 20000);
	made_hist(tr->tr_gap, 25, 20000);
	tr->tr_busy = pps / OWN_PPS;
	tr->tr_clock_res = 1;
	if (valid)
		return;
	tr->tr_port[0].tp_late = 132;
	tr->tr_port[0].tp_late_max = 1200000;
	trial_invalid(tr, "left: %u packets were late, the worst by %.1f ms",
	    132u, 1.2);
}

static void
made_summary(struct summary *sm, double v)
{
	unsigned i;

	for (i = 0; i < 5; i++)
		summary_add(sm, v * (0.96 + 0.02 * i));
}

static void
made_throughput(struct throughput_result *tr, unsigned size, double line)
{
	tr->tr_pps = DUT_PPS < line ? DUT_PPS : line;
	tr->tr_lossy_pps = DUT_PPS < line ? DUT_PPS * 1.004 : 0;
	tr->tr_lossy_ratio = 0.002;
	tr->tr_port_pps = tr->tr_pps / 2;
	tr->tr_l1_bps = trial_bps(tr->tr_pps, size, 1);
	tr->tr_l2_bps = trial_bps(tr->tr_pps, size, 2);
	tr->tr_line = tr->tr_pps / line;
}

static void
made_loss(struct loss_result *lo, double max)
{
	unsigned i;

	for (i = 0; i < 10; i++) {
		struct loss_point *lp = &lo->lo_point[lo->lo_n++];

		lp->lo_percent = 100 - 10 * i;
		lp->lo_pps = max * lp->lo_percent / 100;
		lp->lo_received_pps = lp->lo_pps < DUT_PPS ? lp->lo_pps :
		    DUT_PPS;
		lp->lo_ratio = 1 - lp->lo_received_pps / lp->lo_pps;
		lp->lo_sent = (uint64_t)(2 * lp->lo_pps);
		lp->lo_lost = (uint64_t)(2 * (lp->lo_pps -
		    lp->lo_received_pps));
		lp->lo_valid = i != 0;
	}
	lo->lo_clean = true;
}

static void
made_mlr(struct mlr_result *ml)
{
	static const double goals[] = { 0, 0.005 };
	unsigned i;

	for (i = 0; i < 2; i++) {
		ml->ml_goal[i].mg_loss = goals[i];
		ml->ml_bounds[i].mb_regular = i == 0;
		ml->ml_pps[i] = DUT_PPS * (1 + goals[i]);
		ml->ml_upper_pps[i] = ml->ml_pps[i] * 1.005;
		ml->ml_throughput_pps[i] = DUT_PPS;
	}
	ml->ml_ngoals = 2;
}

static void
made_errored(struct errored_result *er)
{
	er->er_kind[0].er_name = "oversize";
	er->er_kind[0].er_tested = true;
	er->er_kind[0].er_sent = 1000;
	er->er_kind[1].er_name = "bad FCS";
	strcpy(er->er_kind[1].er_why, "the driver makes the FCS");
}

static void
made_burst(struct burst_result *bu, double line_pps)
{
	bu->bu_max_pps = line_pps;
	bu->bu_throughput_pps = DUT_PPS;
	bu->bu_limit = 1000000;
	bu->bu_step = 10;
	made_summary(&bu->bu_frames, 40000);
	bu->bu_implied_ns = 2.7e6;
	bu->bu_corrected_ns = 1.1e5;
	bu->bu_buffer = 1024;
}

static void
made_result(enum method method, struct method_point *mp)
{
	struct throughput_result *tr = &mp->mp_throughput;

	switch (method) {
	case MT_LIMIT:
		made_throughput(tr, mp->mp_size, mp->mp_line_pps);
		tr->tr_pps = mp->mp_limit_pps;
		break;
	case MT_THROUGHPUT:
	case MT_IP6:
		made_throughput(tr, mp->mp_size, mp->mp_line_pps);
		break;
	case MT_BROADCAST:
		made_throughput(&mp->mp_broadcast.bc_throughput, mp->mp_size,
		    mp->mp_line_pps);
		mp->mp_broadcast.bc_ports = 3;
		break;
	case MT_CONGESTION:
		mp->mp_congestion = (struct congestion_result){
			.cg_pps = DUT_PPS, .cg_held = 0.02,
			.cg_full = { { .tn_sent = 300, .tn_lost = 100 },
			    300, 200, 1.0 / 3 }, .cg_pressure = true };
		break;
	case MT_FORWARDING:
		mp->mp_forwarding = (struct forwarding_result){
			.fw_throughput_pps = DUT_PPS / 2, .fw_pps = DUT_PPS,
			.fw_at_pps = 2 * DUT_PPS, .fw_n = 1 };
		break;
	case MT_PRESSURE:
		mp->mp_pressure = (struct pressure_result){ 1010, 1000, true };
		break;
	case MT_LATENCY:
		mp->mp_latency.la_pps = DUT_PPS;
		mp->mp_latency.la_hist = hist_create();
		made_hist(mp->mp_latency.la_hist, 9000 + 2 * mp->mp_size,
		    200000);
		latency_brief(&mp->mp_latency.la_all, mp->mp_latency.la_hist);
		made_summary(&mp->mp_latency.la_mean, 9500);
		made_summary(&mp->mp_latency.la_tagged, 9400);
		made_summary(&mp->mp_latency.la_worst, 31000);
		break;
	case MT_LOSS:
		made_loss(&mp->mp_loss, mp->mp_max_pps);
		break;
	case MT_BURST:
		made_burst(&mp->mp_burst, mp->mp_line_pps);
		break;
	case MT_RECOVERY:
	case MT_RESET:
		mp->mp_outage.ou_pps = DUT_PPS / 2;
		made_summary(&mp->mp_outage.ou_ns, 3e6);
		made_summary(&mp->mp_outage.ou_loss_ns, 3.1e6);
		made_summary(&mp->mp_outage.ou_lost, 1200);
		break;
	case MT_MLR:
		made_mlr(&mp->mp_mlr);
		break;
	case MT_CACHING:
	case MT_LEARNING:
		mp->mp_bridge = (struct bridge_result){ 8191, 8192, 1, 5000,
			6000 };
		break;
	case MT_ERRORED:
		made_errored(&mp->mp_errored);
		break;
	case MT_N:
		break;
	}
}

/* One with loss, one that did not count, one without. */
static void
made_trials(struct report *rp, struct method_result *me, unsigned point)
{
	static const double share[] = { 2, 1.5, 1 };
	unsigned i;

	for (i = 0; i < 3; i++) {
		struct method_trial *mx = &me->me_trial[me->me_ntrials++];
		struct trial_result tr;

		made_trial(&tr, me->me_point[point].mp_size,
		    DUT_PPS * share[i], i != 1);
		mx->mx_point = point;
		mx->mx_pps = DUT_PPS * share[i];
		mx->mx_duration = 2000000000;
		mx->mx_sent_pps = mx->mx_pps;
		mx->mx_received_pps = DUT_PPS;
		mx->mx_n = tr.tr_all;
		mx->mx_valid = tr.tr_valid;
		if (tr.tr_nreasons > 0)
			strcpy(mx->mx_reason, tr.tr_reason[0]);
		latency_brief(&mx->mx_latency, tr.tr_latency);
		mx->mx_busy = tr.tr_busy;
		if (rp != NULL && report_told(rp, mx, &tr) != 0)
			abort();
		trial_result_fini(&tr);
	}
}

void
made_method(struct report *rp, enum method method, unsigned nsizes,
    struct method_result *me)
{
	unsigned i;

	memset(me, 0, sizeof(*me));
	me->me_method = method;
	me->me_profile = profile_quick;
	me->me_point = calloc(nsizes + 1, sizeof(*me->me_point));
	me->me_trial = calloc(3 * nsizes + 1, sizeof(*me->me_trial));
	if (me->me_point == NULL || me->me_trial == NULL)
		abort();
	for (i = 0; i < nsizes; i++) {
		struct method_point *mp = &me->me_point[i];

		mp->mp_size = made_size[i % 7] + i / 7;
		mp->mp_nports = 2;
		mp->mp_line_pps = 2 * LINK_BPS / 8 / (mp->mp_size + 20);
		mp->mp_limit_pps = OWN_PPS < mp->mp_line_pps ? OWN_PPS :
		    mp->mp_line_pps;
		mp->mp_max_pps = mp->mp_limit_pps;
		mp->mp_trials = 3;
		mp->mp_invalid = 1;
		mp->mp_ns = 7000000000;
		made_result(method, mp);
	}
	me->me_npoints = nsizes;
	for (i = 0; i < nsizes; i++)
		made_trials(rp, me, i);
}

void
made_free(struct method_result *me)
{
	unsigned i;

	for (i = 0; i < me->me_npoints; i++)
		if (me->me_method == MT_LATENCY)
			hist_destroy(me->me_point[i].mp_latency.la_hist);
	free(me->me_point);
	free(me->me_trial);
}
