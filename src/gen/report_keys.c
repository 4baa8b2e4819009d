/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All quantities that a report may have, in the order of columns.  The schema
 * (docs/gen-report.schema.json) knows each of them, too; a test holds what is
 * printed against it.
 */
#include "gen/report_int.h"

/* clang-format off */

/* Of a latency or its like: columns of a prefix. */
#define LATENCY_QUANTITIES					\
	{ "latency_min_ns",	"latency, least",	QK_TIME, NEVER }, \
	{ "latency_mean_ns",	"latency, mean",	QK_TIME, ALWAYS }, \
	{ "latency_stddev_ns",	"std. dev.",		QK_TIME, NEVER }, \
	{ "latency_p50_ns",	"p50",			QK_TIME, NEVER }, \
	{ "latency_p90_ns",	"p90",			QK_TIME, NEVER }, \
	{ "latency_p99_ns",	"p99",			QK_TIME, ALWAYS }, \
	{ "latency_p999_ns",	"p99.9",		QK_TIME, NEVER }, \
	{ "latency_p9999_ns",	"p99.99",		QK_TIME, NEVER }, \
	{ "latency_p99999_ns",	"p99.999",		QK_TIME, ALWAYS }, \
	{ "latency_max_ns",	"most",			QK_TIME, ALWAYS }, \
	{ "jitter_ns",		"jitter",		QK_TIME, NEVER }

const struct quantity point_quantities[] = {
	{ "frame",		"frame",		QK_TEXT,  ALWAYS },
	{ "variant",		"variant",		QK_TEXT,  ALWAYS },

	/* Rates: asked for, sent, found */
	{ "offered_percent",	"offered",		QK_PERCENT, ALWAYS },
	{ "offered_pps",	"offered",		QK_PPS,   ALWAYS },
	{ "tx_pps",		"sent",			QK_PPS,   ALWAYS },
	{ "rx_pps",		"received",		QK_PPS,   ALWAYS },
	{ "rate_pps",		"at rate",		QK_PPS,   ALWAYS },
	{ "throughput_pps",	"throughput",		QK_PPS,   ALWAYS },
	{ "throughput_l1_bps",	"layer 1",		QK_BPS,   ALWAYS },
	{ "throughput_l2_bps",	"layer 2",		QK_BPS,   NEVER },
	{ "line_percent",	"of line rate",		QK_PERCENT, ALWAYS },
	{ "throughput_port_pps", "of each port",	QK_PPS,   NEVER },
	{ "lossy_pps",		"lowest with loss",	QK_PPS,   NEVER },
	{ "lossy_percent",	"loss there",		QK_PERCENT, NEVER },
	{ "upper_pps",		"upper bound",		QK_PPS,   ALWAYS },
	{ "conditional_pps",	"conditional throughput", QK_PPS, ALWAYS },

	/* What was lost, and became of others */
	{ "sent_packets",	"sent",			QK_COUNT, ALWAYS },
	{ "forwarded_packets",	"forwarded",		QK_COUNT, ALWAYS },
	{ "lost_packets",	"lost",			QK_COUNT, ALWAYS },
	{ "loss_percent",	"loss",			QK_PERCENT, ALWAYS },
	{ "reordered_packets",	"reordered",		QK_COUNT, NOT_ZERO },
	{ "duplicated_packets",	"duplicated",		QK_COUNT, NOT_ZERO },

	/* Back-to-back */
	{ "burst_frames",	"burst, frames",	QK_COUNT, ALWAYS },
	{ "burst_min_frames",	"least",		QK_COUNT, ALWAYS },
	{ "burst_max_frames",	"most",			QK_COUNT, ALWAYS },
	{ "burst_stddev_frames", "std. dev.",		QK_COUNT, NEVER },
	{ "burst_limit_frames",	"longest tried",	QK_COUNT, NEVER },
	{ "burst_step_frames",	"resolution",		QK_COUNT, NEVER },
	{ "buffer_frames",	"buffer, frames",	QK_COUNT, ALWAYS },
	{ "buffer_ns",		"buffer, corrected",	QK_TIME,  ALWAYS },
	{ "buffer_implied_ns",	"buffer, implied",	QK_TIME,  NEVER },
	{ "burst_at_pps",	"burst's rate",		QK_PPS,   NEVER },

	/* Recovery and reset */
	{ "before_pps",		"overload",		QK_PPS,   NEVER },
	{ "outage_ns",		"time",			QK_TIME,  ALWAYS },
	{ "outage_min_ns",	"least",		QK_TIME,  ALWAYS },
	{ "outage_max_ns",	"most",			QK_TIME,  ALWAYS },
	{ "outage_stddev_ns",	"std. dev.",		QK_TIME,  NEVER },
	{ "outage_loss_ns",	"by lost frames",	QK_TIME,  ALWAYS },
	{ "outage_lost_packets", "frames lost",		QK_COUNT, NEVER },
	{ "outage_none",	"without any",		QK_COUNT, NEVER },
	{ "outage_never",	"without end",		QK_COUNT, NOT_ZERO },

	/* Bridges */
	{ "addresses",		"addresses",		QK_COUNT, ALWAYS },
	{ "addresses_failed",	"too many",		QK_COUNT, ALWAYS },
	{ "addresses_others",	"known besides",	QK_COUNT, NEVER },
	{ "learning_pps",	"learning rate",	QK_PPS,   ALWAYS },
	{ "learning_failed_pps", "too fast",		QK_PPS,   NEVER },
	{ "receivers",		"ports that receive",	QK_COUNT, ALWAYS },
	{ "forwarding_pps",	"forwarded at most",	QK_PPS,   ALWAYS },
	{ "forwarding_most_pps", "at the highest load",	QK_PPS,   ALWAYS },
	{ "head_of_line_blocking", "head of line blocking", QK_TEXT, ALWAYS },
	{ "back_pressure",	"back pressure",	QK_TEXT,  ALWAYS },
	{ "held_percent",	"held back",		QK_PERCENT, NOT_ZERO },
	{ "forward_pressure",	"forward pressure",	QK_TEXT,  ALWAYS },

	/* Latency */
	{ "trials_mean_ns",	"mean of trials",	QK_TIME,  ALWAYS },
	{ "trials_mean_min_ns",	"least of trials",	QK_TIME,  NEVER },
	{ "trials_mean_max_ns",	"most of trials",	QK_TIME,  NEVER },
	{ "trials_p50_ns",	"typical, RFC 8219",	QK_TIME,  NEVER },
	{ "trials_p999_ns",	"worst, RFC 8219",	QK_TIME,  NEVER },
	LATENCY_QUANTITIES,

	/* The tester's own departures */
	{ "gap_error_p50_ns",	"gaps off, p50",	QK_TIME,  ALWAYS },
	{ "gap_error_p99_ns",	"p99",			QK_TIME,  ALWAYS },

	/* What it is to be held against */
	{ "max_pps",		"highest tried",	QK_PPS,   NEVER },
	{ "line_pps",		"line rate",		QK_PPS,   NEVER },
	{ "line_bps",		"line rate, layer 1",	QK_BPS,   NEVER },
	{ "limit_pps",		"tester's limit",	QK_PPS,   ALWAYS },
	{ "limit_l1_bps",	"tester's limit, layer 1", QK_BPS, NEVER },
	{ "trials_run",		"trials",		QK_COUNT, NEVER },
	{ "trials_invalid",	"invalid",		QK_COUNT, NEVER },
	{ "elapsed_s",		"took",			QK_SECONDS, NEVER },
	{ NULL,			NULL,			QK_TEXT,  NEVER },
};

const struct quantity trial_quantities[] = {
	{ "name",		"name",			QK_TEXT,  ALWAYS },
	{ "frame",		"frame",		QK_TEXT,  ALWAYS },
	{ "variant",		"variant",		QK_TEXT,  ALWAYS },
	{ "started",		"began",		QK_TEXT,  NEVER },
	{ "frame_bytes",	"mean size",		QK_BYTES, NEVER },
	{ "asked_pps",		"asked for",		QK_PPS,   ALWAYS },
	{ "offered_pps",	"offered",		QK_PPS,   ALWAYS },
	{ "tx_pps",		"sent",			QK_PPS,   ALWAYS },
	{ "tx_l1_bps",		"sent, layer 1",	QK_BPS,   NEVER },
	{ "tx_l2_bps",		"sent, layer 2",	QK_BPS,   NEVER },
	{ "tx_l3_bps",		"sent, layer 3",	QK_BPS,   NEVER },
	{ "rx_pps",		"received",		QK_PPS,   ALWAYS },
	{ "rx_l1_bps",		"received, layer 1",	QK_BPS,   NEVER },
	{ "rx_l2_bps",		"received, layer 2",	QK_BPS,   NEVER },
	{ "rx_l3_bps",		"received, layer 3",	QK_BPS,   NEVER },
	{ "offered_packets",	"offered, frames",	QK_COUNT, NEVER },
	{ "sent_packets",	"sent, frames",		QK_COUNT, ALWAYS },
	{ "unsent_packets",	"unsent, frames",	QK_COUNT, NOT_ZERO },
	{ "sent_bytes",		"sent",			QK_BYTES, NEVER },
	{ "received_packets",	"received, frames",	QK_COUNT, NEVER },
	{ "received_bytes",	"received",		QK_BYTES, NEVER },
	{ "lost_packets",	"lost, frames",		QK_COUNT, ALWAYS },
	{ "unseen_packets",	"not looked for",	QK_COUNT, NOT_ZERO },
	{ "loss_percent",	"loss",			QK_PERCENT, ALWAYS },
	{ "duplicated_packets",	"duplicated",		QK_COUNT, NOT_ZERO },
	{ "reordered_packets",	"reordered",		QK_COUNT, NOT_ZERO },
	{ "extent_max_packets",	"extent, most",		QK_COUNT, NEVER },
	{ "corrupt_packets",	"corrupt",		QK_COUNT, NOT_ZERO },
	{ "foreign_packets",	"foreign",		QK_COUNT, NEVER },
	{ "control_packets",	"control",		QK_COUNT, NEVER },
	{ "stale_packets",	"stale",		QK_COUNT, NEVER },
	{ "astray_packets",	"astray",		QK_COUNT, NEVER },
	{ "late_packets",	"late",			QK_COUNT, NOT_ZERO },
	{ "late_max_ns",	"latest",		QK_TIME,  NOT_ZERO },
	{ "tx_full",		"device full",		QK_COUNT, NEVER },
	{ "flows",		"flows",		QK_COUNT, NEVER },
	{ "flows_lossy",	"flows with loss",	QK_COUNT, NEVER },
	LATENCY_QUANTITIES,
	{ "if_tx_packets",	"interface, sent",	QK_COUNT, NEVER },
	{ "if_tx_bytes",	"interface, sent",	QK_BYTES, NEVER },
	{ "if_rx_packets",	"interface, received",	QK_COUNT, NEVER },
	{ "if_rx_bytes",	"interface, received",	QK_BYTES, NEVER },
	{ "if_rx_dropped",	"interface, dropped",	QK_COUNT, NEVER },
	{ "if_errors",		"interface, errors",	QK_COUNT, NEVER },
	{ "kernel_tx_packets",	"kernel, sent",		QK_COUNT, NEVER },
	{ "kernel_rx_packets",	"kernel, received",	QK_COUNT, NEVER },
	{ "kernel_rx_dropped",	"kernel, dropped",	QK_COUNT, NEVER },
	{ "kernel_tx_dropped",	"kernel, not sent",	QK_COUNT, NEVER },
	{ "busy_percent",	"tester busy",		QK_PERCENT, ALWAYS },
	{ "elapsed_s",		"sending",		QK_SECONDS, ALWAYS },
	{ "drained_s",		"drain",		QK_SECONDS, NEVER },
	{ "asked_s",		"asked for",		QK_SECONDS, NEVER },
	{ "asked_packets",	"asked for, frames",	QK_COUNT, NEVER },
	{ "clock_resolution_ns", "clock",		QK_TIME,  NEVER },
	{ NULL,			NULL,			QK_TEXT,  NEVER },
};

const char *const distribution_keys[] = { "latency", "jitter", "extent",
	"pacing", "gaps", NULL };
/* clang-format on */
