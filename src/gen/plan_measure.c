/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured, as an expectation speaks of it.
 */
#include "gen/plan_int.h"

#include <math.h>
#include <stdio.h>

#include "gen/hist.h"
#include "gen/method.h"

_Static_assert(
    PLAN_METHODS == MT_N + 1 && (int)PLAN_PRESSURE == (int)MT_PRESSURE + 1,
    "plan_method");

/* Packets a second in the unit that is expected. */
static double
rate(const struct plan_expect *px, double pps, double size, double line_pps)
{
	switch (px->px_kind) {
	case PLAN_K_PPS:
		return pps;
	case PLAN_K_L1:
	case PLAN_K_L2:
	case PLAN_K_L3:
		return trial_bps(pps, size, 1 + px->px_kind - PLAN_K_L1);
	case PLAN_K_PERCENT:
		return line_pps > 0 ? 100 * pps / line_pps : NAN;
	default:
		return NAN;
	}
}

/* A count, or its share of all. */
static double
share(const struct plan_expect *px, uint64_t n, uint64_t all)
{
	if (px->px_kind == PLAN_K_NUMBER)
		return (double)n;
	return all != 0 ? 100 * (double)n / (double)all : NAN;
}

static double
of_hist(const struct plan_expect *px, const struct hist *h)
{
	if (h == NULL || h->h_n == 0)
		return NAN;
	switch (px->px_percentile) {
	case PLAN_AVG:
		return hist_mean(h);
	case PLAN_MIN:
		return (double)hist_min(h);
	case PLAN_PMAX:
		return (double)hist_max(h);
	default:
		return (double)hist_percentile(h,
		    (uint64_t)px->px_percentile, 100000);
	}
}

static double
of_brief(const struct plan_expect *px, const struct latency_result *la)
{
	if (px->px_metric == PLAN_M_JITTER)
		return px->px_percentile == PLAN_AVG ?
		    la->la_all.lb_jitter : NAN;
	if (la->la_hist != NULL)
		return of_hist(px, la->la_hist);
	if (la->la_all.lb_n == 0)
		return NAN;
	switch (px->px_percentile) {
	case PLAN_AVG:
		return la->la_all.lb_mean;
	case PLAN_MIN:
		return (double)la->la_all.lb_min;
	case PLAN_PMAX:
		return (double)la->la_all.lb_max;
	case 50000:
		return (double)la->la_all.lb_p50;
	case 90000:
		return (double)la->la_all.lb_p90;
	case 99000:
		return (double)la->la_all.lb_p99;
	case 99900:
		return (double)la->la_all.lb_p999;
	case 99990:
		return (double)la->la_all.lb_p9999;
	case 99999:
		return (double)la->la_all.lb_p99999;
	default:
		return NAN;
	}
}

/* At the highest rate that was sent. */
static double
of_loss(const struct plan_expect *px, const struct loss_result *lo,
    const struct method_point *mp)
{
	const struct loss_point *at;
	unsigned i;

	for (i = 0; i < lo->lo_n; i++) {
		at = &lo->lo_point[i];
		if (!at->lo_valid)
			continue;
		if (px->px_metric == PLAN_M_LOSS)
			return share(px, at->lo_lost, at->lo_sent);
		return rate(px, at->lo_received_pps, mp->mp_size,
		    mp->mp_line_pps);
	}
	return NAN;
}

/* Who never came back took for ever. */
static double
of_outage(const struct outage_result *ou)
{
	if (ou->ou_never != 0)
		return INFINITY;
	return ou->ou_ns.sm_n != 0 ? ou->ou_ns.sm_mean : NAN;
}

static double
of_burst(const struct plan_expect *px, const struct burst_result *bu)
{
	if (bu->bu_frames.sm_n == 0)
		return NAN;
	return px->px_metric == PLAN_M_BURST ? bu->bu_frames.sm_mean :
	    bu->bu_buffer;
}

double
plan_measured(const struct plan_expect *px, const struct method_result *me,
    const struct method_point *mp)
{
	/* What was ended early, or was limited, is a value all the same. */
	if (mp->mp_status == MS_IMPOSSIBLE || mp->mp_status == MS_FAILED ||
	    mp->mp_status == MS_PARTIAL)
		return NAN;
	switch (me->me_method) {
	case MT_LIMIT:
	case MT_THROUGHPUT:
	case MT_IP6:
		return rate(px, mp->mp_throughput.tr_pps, mp->mp_size,
		    mp->mp_line_pps);
	case MT_BROADCAST:
		return rate(px, mp->mp_broadcast.bc_throughput.tr_pps,
		    mp->mp_size, mp->mp_line_pps);
	case MT_MLR:
		return mp->mp_mlr.ml_ngoals == 0 ? NAN :
		    rate(px, mp->mp_mlr.ml_pps[0], mp->mp_size,
			mp->mp_line_pps);
	case MT_LATENCY:
		return of_brief(px, &mp->mp_latency);
	case MT_LOSS:
		return of_loss(px, &mp->mp_loss, mp);
	case MT_BURST:
		return of_burst(px, &mp->mp_burst);
	case MT_RECOVERY:
	case MT_RESET:
		return of_outage(&mp->mp_outage);
	case MT_CACHING:
		return (double)mp->mp_bridge.br_addresses;
	case MT_LEARNING:
		return mp->mp_bridge.br_pps;
	case MT_CONGESTION: /* of what goes to the uncongested port */
		return share(px, mp->mp_congestion.cg_free.bl_n.tn_lost,
		    mp->mp_congestion.cg_free.bl_n.tn_sent);
	case MT_FORWARDING:
		return rate(px, mp->mp_forwarding.fw_pps, mp->mp_size,
		    mp->mp_line_pps);
	case MT_PRESSURE:
		return rate(px, mp->mp_pressure.ps_received_pps, mp->mp_size,
		    mp->mp_line_pps);
	default:
		return NAN;
	}
}

static double
run_rate(const struct plan_expect *px, const struct trial_result *tr,
    uint64_t speed)
{
	double bits = trial_bps(1, tr->tr_frame, 1);
	double line = 0;
	double pps = 0;
	unsigned i;

	for (i = 0; i < tr->tr_nports; i++) {
		pps += tr->tr_port[i].tp_rx_pps;
		if (tr->tr_port[i].tp_tx.tn_sent != 0)
			line += (double)speed / bits;
	}
	return rate(px, pps, tr->tr_frame, line);
}

double
plan_measured_run(const struct plan_expect *px, const struct trial_result *tr,
    uint64_t speed)
{
	const struct trial_counts *n = &tr->tr_all;
	uint64_t corrupt = 0;
	unsigned i;

	if (!tr->tr_valid)
		return NAN;
	switch (px->px_metric) {
	case PLAN_M_RATE:
		return run_rate(px, tr, speed);
	case PLAN_M_LOSS:
		return share(px, n->tn_lost, n->tn_sent);
	case PLAN_M_REORDERED:
		return share(px, n->tn_reordered, n->tn_received);
	case PLAN_M_DUPLICATED:
		return share(px, n->tn_duplicated, n->tn_received);
	case PLAN_M_LATENCY:
		return of_hist(px, tr->tr_latency);
	case PLAN_M_JITTER:
		return of_hist(px, tr->tr_jitter);
	case PLAN_M_CORRUPT:
		for (i = 0; i < tr->tr_nports; i++)
			corrupt += tr->tr_port[i].tp_corrupt;
		return (double)corrupt;
	default:
		return NAN;
	}
}

/* Four digits and the unit that leaves the fewest before the point. */
static void
scaled(double v, const char *const *units, unsigned n, char *buf, size_t len)
{
	unsigned i = 0;

	while (i + 1 < n && v >= 1000) {
		v /= 1000;
		i++;
	}
	snprintf(buf, len, "%.4g %s", v, units[i]);
}

void
plan_measured_text(const struct plan_expect *px, double value, char *buf,
    size_t len)
{
	static const char *const times[] = { "ns", "us", "ms", "s" };
	static const char *const pps[] = { "pps", "kpps", "Mpps", "Gpps" };
	static const char *const bits[3][4] = {
		{ "bit/s L1", "kbit/s L1", "Mbit/s L1", "Gbit/s L1" },
		{ "bit/s L2", "kbit/s L2", "Mbit/s L2", "Gbit/s L2" },
		{ "bit/s L3", "kbit/s L3", "Mbit/s L3", "Gbit/s L3" },
	};

	if (isnan(value))
		snprintf(buf, len, "not measured");
	else if (isinf(value))
		snprintf(buf, len, "for ever");
	else if (px->px_kind == PLAN_K_NUMBER)
		snprintf(buf, len, "%.10g", value);
	else if (px->px_kind == PLAN_K_PERCENT)
		snprintf(buf, len, "%.6g %%", value);
	else if (px->px_kind == PLAN_K_TIME)
		scaled(value, times, 4, buf, len);
	else if (px->px_kind == PLAN_K_PPS)
		scaled(value, pps, 4, buf, len);
	else
		scaled(value, bits[px->px_kind - PLAN_K_L1], 4, buf, len);
}
