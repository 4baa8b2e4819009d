/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial as a part of a report's tree.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "gen/hist.h"
#include "gen/report_int.h"
#include "gen/trial.h"

/*
 * Thousandths of a percent: near enough for a curve, and among them all that
 * people ask for.
 */
static const uint64_t percentiles[] = { 0, 5000, 10000, 20000, 25000, 30000,
	40000, 50000, 60000, 70000, 75000, 80000, 85000, 90000, 92500, 95000,
	97500, 99000, 99250, 99500, 99750, 99900, 99925, 99950, 99975, 99990,
	99993, 99995, 99998, 99999, 100000 };

#define PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

json_t *
report_hist(struct report *rp, const struct hist *h, const char *unit)
{
	json_t *dist = json_object();
	unsigned i;

	report_set_text(rp, dist, "unit", unit);
	report_set_count(rp, dist, "count", h->h_n);
	report_set_count(rp, dist, "min", hist_min(h));
	report_set_real(rp, dist, "mean", hist_mean(h));
	report_set_real(rp, dist, "stddev", hist_stddev(h));
	report_set_count(rp, dist, "max", hist_max(h));
	report_set(rp, dist, "percentiles", json_array());
	for (i = 0; i < PERCENTILES; i++)
		report_append(rp, dist, "percentiles",
		    json_pack("[f, I]", (double)percentiles[i] / 1000,
			(json_int_t)hist_percentile(
			    h, percentiles[i], 100000)));
	return dist;
}

static void
hist_set(struct report *rp, json_t *to, const char *key, const struct hist *h,
    const char *unit)
{
	if (h != NULL && h->h_n > 0)
		report_set(rp, to, key, report_hist(rp, h, unit));
}

/* What people ask for of a latency, to be read in a table. */
static void
latency_set(struct report *rp, json_t *to, const struct hist *h,
    const struct hist *jitter)
{
	static const struct {
		const char *key;
		uint64_t percentile; /* thousandths */
	} of[] = { { "latency_min_ns", 0 }, { "latency_p50_ns", 50000 },
		{ "latency_p90_ns", 90000 }, { "latency_p99_ns", 99000 },
		{ "latency_p999_ns", 99900 }, { "latency_p9999_ns", 99990 },
		{ "latency_p99999_ns", 99999 }, { "latency_max_ns", 100000 } };
	unsigned i;

	if (h == NULL || h->h_n == 0)
		return;
	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		report_set_count(rp, to, of[i].key,
		    hist_percentile(h, of[i].percentile, 100000));
	report_set_real(rp, to, "latency_mean_ns", hist_mean(h));
	report_set_real(rp, to, "latency_stddev_ns", hist_stddev(h));
	if (jitter != NULL && jitter->h_n > 0)
		report_set_real(rp, to, "jitter_ns", hist_mean(jitter));
}

void
report_counts(struct report *rp, json_t *to, const struct trial_counts *tn)
{
	report_set_count(rp, to, "offered_packets", tn->tn_offered);
	report_set_count(rp, to, "sent_packets", tn->tn_sent);
	report_set_count(rp, to, "unsent_packets", tn->tn_unsent);
	report_set_count(rp, to, "sent_bytes", tn->tn_sent_bytes);
	report_set_count(rp, to, "received_packets", tn->tn_received);
	report_set_count(rp, to, "received_bytes", tn->tn_received_bytes);
	report_set_count(rp, to, "lost_packets", tn->tn_lost);
	if (tn->tn_unseen == 0 || tn->tn_unseen < tn->tn_sent)
		report_set_real(rp, to, "loss_percent", 100 * trial_loss(tn));
	if (tn->tn_unseen > 0)
		report_set_count(rp, to, "unseen_packets", tn->tn_unseen);
	report_set_count(rp, to, "duplicated_packets", tn->tn_duplicated);
	report_set_count(rp, to, "reordered_packets", tn->tn_reordered);
	report_set_count(rp, to, "extent_max_packets", tn->tn_extent_max);
}

/* A rate in packets and, at all layers, bits. */
static void
rate_set(struct report *rp, json_t *to, const char *what, double pps,
    double frame)
{
	char key[32];
	unsigned layer;

	snprintf(key, sizeof(key), "%s_pps", what);
	report_set_real(rp, to, key, pps);
	for (layer = 1; layer <= 3; layer++) {
		snprintf(key, sizeof(key), "%s_l%u_bps", what, layer);
		report_set_real(rp, to, key, trial_bps(pps, frame, layer));
	}
}

static void
port_counters_set(struct report *rp, json_t *to, const struct trial_port *tp)
{
	report_set_count(rp, to, "if_tx_packets", tp->tp_if_tx_packets);
	report_set_count(rp, to, "if_tx_bytes", tp->tp_if_tx_bytes);
	report_set_count(rp, to, "if_rx_packets", tp->tp_if_rx_packets);
	report_set_count(rp, to, "if_rx_bytes", tp->tp_if_rx_bytes);
	report_set_count(rp, to, "if_rx_dropped", tp->tp_if_rx_dropped);
	report_set_count(rp, to, "if_errors", tp->tp_if_errors);
	if (!tp->tp_has_kernel)
		return;
	report_set_count(rp, to, "kernel_tx_packets", tp->tp_k_tx_packets);
	report_set_count(rp, to, "kernel_rx_packets", tp->tp_k_rx_packets);
	report_set_count(rp, to, "kernel_rx_dropped", tp->tp_k_rx_dropped);
	report_set_count(rp, to, "kernel_tx_dropped", tp->tp_k_tx_dropped);
}

/* What came at a port that is no result, and how well it sent. */
static void
port_rest_set(struct report *rp, json_t *to, const struct trial_port *tp)
{
	report_set_count(rp, to, "late_packets", tp->tp_late);
	report_set_count(rp, to, "late_max_ns", tp->tp_late_max);
	report_set_count(rp, to, "tx_full", tp->tp_txfull);
	report_set_count(rp, to, "corrupt_packets", tp->tp_corrupt);
	report_set_count(rp, to, "foreign_packets", tp->tp_foreign);
	report_set_count(rp, to, "control_packets", tp->tp_control);
	report_set_count(rp, to, "stale_packets", tp->tp_stale);
	report_set_count(rp, to, "astray_packets", tp->tp_astray);
}

static json_t *
port_make(struct report *rp, const struct trial_result *tr, unsigned i)
{
	const struct trial_port *tp = &tr->tr_port[i];
	json_t *port = json_object(), *tx = json_object(), *rx = json_object();

	report_set_text(rp, port, "name", tp->tp_name);
	report_set_real(rp, port, "offered_pps", tp->tp_offered_pps);
	rate_set(rp, port, "tx", tp->tp_tx_pps, tr->tr_frame);
	rate_set(rp, port, "rx", tp->tp_rx_pps, tr->tr_frame);
	report_counts(rp, tx, &tp->tp_tx);
	report_counts(rp, rx, &tp->tp_rx);
	report_set(rp, port, "from_it", tx);
	report_set(rp, port, "to_it", rx);
	port_rest_set(rp, port, tp);
	port_counters_set(rp, port, tp);
	hist_set(rp, port, "latency", tr->tr_pair_latency[i], "ns");
	return port;
}

static json_t *
stream_make(struct report *rp, const struct trial_result *tr, unsigned i)
{
	const struct trial_stream_result *sr = &tr->tr_stream[i];
	json_t *stream = json_object();

	report_set_text(rp, stream, "name", sr->sr_name);
	if (sr->sr_from < tr->tr_nports)
		report_set_text(rp, stream, "from",
		    tr->tr_port[sr->sr_from].tp_name);
	if (sr->sr_to < tr->tr_nports)
		report_set_text(rp, stream, "to",
		    tr->tr_port[sr->sr_to].tp_name);
	report_counts(rp, stream, &sr->sr_n);
	report_set_count(rp, stream, "flows", sr->sr_flows);
	report_set_count(rp, stream, "flows_lossy", sr->sr_flows_lost);
	if (sr->sr_n.tn_received == 0)
		return stream;
	report_set_count(rp, stream, "latency_min_ns", sr->sr_latency_min);
	report_set_count(rp, stream, "latency_mean_ns", sr->sr_latency_mean);
	report_set_count(rp, stream, "latency_max_ns", sr->sr_latency_max);
	report_set_count(rp, stream, "jitter_ns", sr->sr_jitter);
	return stream;
}

/* Sums over ports. */
static void
ports_set(struct report *rp, json_t *trial, const struct trial_result *tr)
{
	double offered = 0, tx = 0, rx = 0;
	struct trial_port all = { 0 };
	unsigned i;

	report_set(rp, trial, "ports", json_array());
	for (i = 0; i < tr->tr_nports; i++) {
		const struct trial_port *tp = &tr->tr_port[i];

		offered += tp->tp_offered_pps;
		tx += tp->tp_tx_pps;
		rx += tp->tp_rx_pps;
		all.tp_late += tp->tp_late;
		if (tp->tp_late_max > all.tp_late_max)
			all.tp_late_max = tp->tp_late_max;
		all.tp_txfull += tp->tp_txfull;
		all.tp_corrupt += tp->tp_corrupt;
		all.tp_foreign += tp->tp_foreign;
		all.tp_control += tp->tp_control;
		all.tp_stale += tp->tp_stale;
		all.tp_astray += tp->tp_astray;
		report_append(rp, trial, "ports", port_make(rp, tr, i));
	}
	report_set_real(rp, trial, "offered_pps", offered);
	rate_set(rp, trial, "tx", tx, tr->tr_frame);
	rate_set(rp, trial, "rx", rx, tr->tr_frame);
	port_rest_set(rp, trial, &all);
}

static void
time_set(struct report *rp, json_t *to, const char *key, uint64_t ns)
{
	char text[40], second[32];
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;

	if (ns == 0)
		return;
	gmtime_r(&s, &tm);
	strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03uZ", second,
	    (unsigned)(ns / 1000000 % 1000));
	report_set_text(rp, to, key, text);
}

static void
verdict_set(struct report *rp, json_t *to, const struct trial_result *tr)
{
	unsigned i;
	char text[64];

	report_set_text(rp, to, "status", tr->tr_stopped ? "partial" :
	    tr->tr_valid ? "valid" : "invalid");
	report_set(rp, to, "notes", json_array());
	if (tr->tr_stopped && tr->tr_nreasons == 0) {
		snprintf(text, sizeof(text), "stopped in phase \"%s\"",
		    trial_phase_name(tr->tr_phase));
		report_append_text(rp, to, "notes", text);
	}
	for (i = 0; i < tr->tr_nreasons && i < TRIAL_REASONS; i++)
		report_append_text(rp, to, "notes", tr->tr_reason[i]);
}

json_t *
report_trial(struct report *rp, const struct trial_result *tr)
{
	json_t *trial = json_object();
	char text[32];
	unsigned i;

	verdict_set(rp, trial, tr);
	/* As templates say: it may be the same for all. */
	if (tr->tr_size != 0)
		snprintf(text, sizeof(text), "%u", tr->tr_size);
	else if (tr->tr_frame == floor(tr->tr_frame) && tr->tr_frame > 0)
		snprintf(text, sizeof(text), "%.0f", tr->tr_frame);
	else
		snprintf(text, sizeof(text), "mix");
	report_set_text(rp, trial, "frame", text);
	report_set_real(rp, trial, "frame_bytes", tr->tr_frame);
	time_set(rp, trial, "started", tr->tr_started);
	report_set_real(rp, trial, "elapsed_s", (double)tr->tr_elapsed / 1e9);
	report_set_real(rp, trial, "drained_s", (double)tr->tr_drained / 1e9);
	report_counts(rp, trial, &tr->tr_all);
	ports_set(rp, trial, tr);
	report_set(rp, trial, "streams", json_array());
	for (i = 0; i < tr->tr_nstreams; i++)
		report_append(rp, trial, "streams", stream_make(rp, tr, i));
	report_set_real(rp, trial, "busy_percent", 100 * tr->tr_busy);
	report_set_count(rp, trial, "clock_resolution_ns", tr->tr_clock_res);
	latency_set(rp, trial, tr->tr_latency, tr->tr_jitter);
	hist_set(rp, trial, "latency", tr->tr_latency, "ns");
	hist_set(rp, trial, "jitter", tr->tr_jitter, "ns");
	hist_set(rp, trial, "extent", tr->tr_extent, "packet");
	hist_set(rp, trial, "pacing", tr->tr_pace, "ns");
	hist_set(rp, trial, "gaps", tr->tr_gap, "ns");
	return trial;
}
