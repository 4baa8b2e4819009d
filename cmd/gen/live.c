/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates are differences of counters over at least lv_every.  While packets are
 * under way what was sent and what was received differ without any loss, so
 * the loss is that of an interval, never below 0; the trial's result is exact.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "show/table.h"

#define NS_S	 1000000000ull
#define NAMEROOM 22 /* columns of the minute before its bars */
#define STEP	 1.1
#define LEAP	 2.0
#define RATE_MOST 1e15 /* of any unit */
#define SCALE	 1000  /* percent are kept in thousandths */

void
live_init(struct live *lv, const char *const *names, unsigned nports,
    uint64_t every)
{
	unsigned i;

	memset(lv, 0, sizeof(*lv));
	lv->lv_nports = nports < GEN_PORTS ? nports : GEN_PORTS;
	lv->lv_every = every;
	for (i = 0; i < lv->lv_nports; i++)
		snprintf(lv->lv_port[i].lp_name, GEN_NAMELEN, "%s", names[i]);
}

void
live_begin(struct live *lv)
{
	memset(&lv->lv_now, 0, sizeof(lv->lv_now));
	memset(&lv->lv_before, 0, sizeof(lv->lv_before));
	lv->lv_at = 0;
}

/* Counters never go back but when a trial begins. */
static double
rate(uint64_t before, uint64_t now, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

static void
port_tick(struct live *lv, unsigned i, uint64_t now, double seconds)
{
	struct live_port *lp = &lv->lv_port[i];
	__auto_type a = &lv->lv_before.tt_port[i];
	__auto_type b = &lv->lv_now.tt_port[i];

	lp->lp_tx_pps = rate(a->tx_packets, b->tx_packets, seconds);
	lp->lp_tx_bps = rate(a->tx_bytes, b->tx_bytes, seconds) * 8;
	lp->lp_rx_pps = rate(a->rx_packets, b->rx_packets, seconds);
	lp->lp_rx_bps = rate(a->rx_bytes, b->rx_bytes, seconds) * 8;
	history_add(&lp->lp_tx, lv->lv_at, now, lp->lp_tx_pps);
	history_add(&lp->lp_rx, lv->lv_at, now, lp->lp_rx_pps);
}

static void
loss_tick(struct live *lv, uint64_t now)
{
	double sent = 0, received = 0;
	unsigned i;

	for (i = 0; i < lv->lv_nports; i++) {
		__auto_type a = &lv->lv_before.tt_port[i];
		__auto_type b = &lv->lv_now.tt_port[i];

		sent += rate(a->sent, b->sent, 1);
		received += rate(a->received, b->received, 1);
	}
	if (!(sent > 0))
		return;
	lv->lv_loss = received < sent ? 100 * (sent - received) / sent : 0;
	history_add(&lv->lv_losses, lv->lv_at, now, lv->lv_loss);
}

void
live_tick(struct live *lv, const struct trial_tick *tt, uint64_t now)
{
	unsigned i;

	lv->lv_now = *tt;
	if (lv->lv_at == 0 || now <= lv->lv_at) {
		lv->lv_before = *tt;
		lv->lv_at = now;
		return;
	}
	if (now - lv->lv_at < lv->lv_every)
		return;
	for (i = 0; i < lv->lv_nports; i++)
		port_tick(lv, i, now, (double)(now - lv->lv_at) / NS_S);
	loss_tick(lv, now);
	if (tt->tt_latency_max > 0) {
		history_add(&lv->lv_latencies, lv->lv_at, now,
		    (double)tt->tt_latency_mean);
		history_add(&lv->lv_worst, lv->lv_at, now,
		    (double)tt->tt_latency_max);
	}
	lv->lv_before = *tt;
	lv->lv_at = now;
}

/* clang-format off */
static const struct table ports = {
	"ports", NULL, "no port", {
		{ "name",	"PORT",		CELL_TEXT },
		{ "tx_pps",	"TX PPS",	CELL_RATE },
		{ "tx_bps",	"TX BIT/S",	CELL_RATE },
		{ "rx_pps",	"RX PPS",	CELL_RATE },
		{ "rx_bps",	"RX BIT/S",	CELL_RATE },
		{ "sent",	"SENT",		CELL_NUMBER },
		{ "received",	"RECEIVED",	CELL_NUMBER },
		{ "late",	"LATE",		CELL_RATE },
		{ "unsent",	"UNSENT",	CELL_RATE } } };

static const struct table figures = {
	"figures", NULL, NULL, {
		{ "name",	"",		CELL_TEXT },
		{ "least",	"LEAST",	CELL_TEXT },
		{ "mean",	"MEAN",		CELL_TEXT },
		{ "most",	"MOST",		CELL_TEXT } } };

static const struct table minute = {
	"minute", NULL, NULL, {
		{ "name",	"",		CELL_TEXT },
		{ "peak",	"PEAK",		CELL_TEXT },
		{ "bars",	"LAST MINUTE",	CELL_TEXT } } };
/* clang-format on */

static void
time_text(double ns, char text[static 32])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned i;

	for (i = 0; i < 3 && ns >= 999.5; i++)
		ns /= 1000;
	snprintf(text, 32, "%.3g %s", ns, units[i]);
}

static json_t *
ports_tree(const struct live *lv)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < lv->lv_nports; i++) {
		const struct live_port *lp = &lv->lv_port[i];
		__auto_type now = &lv->lv_now.tt_port[i];

		json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, "
		    "s:f, s:I, s:I, s:I, s:I}", "name", lp->lp_name, "tx_pps",
		    lp->lp_tx_pps, "tx_bps", lp->lp_tx_bps, "rx_pps",
		    lp->lp_rx_pps, "rx_bps", lp->lp_rx_bps, "sent",
		    (json_int_t)now->sent, "received",
		    (json_int_t)now->received, "late", (json_int_t)now->late,
		    "unsent", (json_int_t)now->unsent));
	}
	return list;
}

static json_t *
figures_tree(const struct live *lv)
{
	char least[32], mean[32], most[32], loss[32];
	const struct trial_tick *tt = &lv->lv_now;

	if (tt->tt_latency_max == 0) {
		strcpy(least, "-");
		strcpy(mean, "-");
		strcpy(most, "-");
	} else {
		time_text((double)tt->tt_latency_min, least);
		time_text((double)tt->tt_latency_mean, mean);
		time_text((double)tt->tt_latency_max, most);
	}
	snprintf(loss, sizeof(loss), "%.4f %%", lv->lv_loss);
	return json_pack("[{s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s}]",
	    "name", "latency", "least", least, "mean", mean, "most", most,
	    "name", "loss", "least", "", "mean", loss, "most", "");
}

/* A row of the minute; fmt takes its peak. */
static void
bars_add(json_t *list, const struct history *hi, uint64_t now, unsigned cells,
    bool utf8, const char *name, const char *peak, double top)
{
	double values[HISTORY_SECONDS];
	char bars[3 * HISTORY_SECONDS + 1];

	if (cells == 0)
		return;
	history_read(hi, now, cells, values);
	history_bars(values, cells, top, utf8, bars);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", name,
	    "peak", peak, "bars", bars));
}

static void
rate_text(double v, char text[static 32])
{
	static const char units[] = " kMGT";
	unsigned i;

	for (i = 0; i < 4 && v >= 999.5; i++)
		v /= 1000;
	snprintf(text, 32, i > 0 ? "%.3g%c" : "%.3g", v, units[i]);
}

static json_t *
minute_tree(const struct live *lv, uint64_t now, int width, bool utf8)
{
	unsigned i, cells = history_cells(width - NAMEROOM - GEN_NAMELEN / 2);
	json_t *list = json_array();
	char name[GEN_NAMELEN + 8], peak[32];
	double top;

	for (i = 0; i < lv->lv_nports; i++) {
		const struct live_port *lp = &lv->lv_port[i];

		snprintf(name, sizeof(name), "%s tx", lp->lp_name);
		top = history_peak(&lp->lp_tx, now);
		rate_text(top, peak);
		bars_add(list, &lp->lp_tx, now, cells, utf8, name, peak, top);
		snprintf(name, sizeof(name), "%s rx", lp->lp_name);
		top = history_peak(&lp->lp_rx, now);
		rate_text(top, peak);
		bars_add(list, &lp->lp_rx, now, cells, utf8, name, peak, top);
	}
	top = history_peak(&lv->lv_latencies, now);
	time_text(top, peak);
	bars_add(list, &lv->lv_latencies, now, cells, utf8, "latency, mean",
	    peak, top);
	top = history_peak(&lv->lv_worst, now);
	time_text(top, peak);
	bars_add(list, &lv->lv_worst, now, cells, utf8, "latency, most", peak,
	    top);
	top = history_peak(&lv->lv_losses, now);
	snprintf(peak, sizeof(peak), "%.3g %%", top);
	bars_add(list, &lv->lv_losses, now, cells, utf8, "loss", peak, top);
	return list;
}

void
live_print(const struct live *lv, uint64_t now, int width, bool utf8, FILE *f)
{
	json_t *tree = json_pack("{s:o, s:o, s:o}", "ports", ports_tree(lv),
	    "figures", figures_tree(lv), "minute",
	    minute_tree(lv, now, width, utf8));
	bool gap;

	if (tree == NULL) {
		fputs("no memory for a page\n", f);
		return;
	}
	gap = table_print(&ports, tree, false, f);
	gap = table_print(&figures, tree, gap, f);
	table_print(&minute, tree, gap, f);
	json_decref(tree);
}

/* The pace */

static double
pace_value(const struct pace_conf *pc)
{
	uint64_t den = pc->pc_rate.pr_den != 0 ? pc->pc_rate.pr_den : 1;

	return (double)pc->pc_rate.pr_num / (double)den;
}

/* Three digits are enough for a key. */
static void
pace_set(struct pace_conf *pc, double v)
{
	double power = v > 0 ? pow(10, floor(log10(v)) - 2) : 1;

	v = round(v / power) * power;
	pc->pc_rate.pr_den = pc->pc_unit == PACE_PERCENT ? SCALE : 1;
	pc->pc_rate.pr_num = (uint64_t)llround(v * (double)pc->pc_rate.pr_den);
	if (pc->pc_rate.pr_num == 0)
		pc->pc_rate.pr_num = 1;
}

bool
live_pace_step(struct pace_conf *pc, int step, double now_pps)
{
	double by = abs(step) >= 10 ? LEAP : STEP, before, v;

	if (pc->pc_kind == PACE_MAX) {
		if (step > 0 || !(now_pps >= 1))
			return false;
		pc->pc_kind = PACE_CONSTANT;
		pc->pc_unit = PACE_PPS;
		pace_set(pc, now_pps / by);
		return true;
	}
	if (pc->pc_kind == PACE_RAMP) { /* from where it would end */
		pc->pc_kind = PACE_CONSTANT;
		pc->pc_rate = pc->pc_to;
	}
	before = pace_value(pc);
	v = step > 0 ? before * by : before / by;
	if (pc->pc_unit == PACE_PERCENT && v > 100)
		v = 100;
	if (v > RATE_MOST)
		v = RATE_MOST;
	pace_set(pc, v);
	/* A small number may round to itself. */
	if (pace_value(pc) == before && step > 0 && v > before)
		pc->pc_rate.pr_num++;
	else if (pace_value(pc) == before && step < 0 &&
	    pc->pc_rate.pr_num > 1)
		pc->pc_rate.pr_num--;
	return pace_value(pc) != before;
}

void
live_pace_text(const struct pace_conf *pc, char *text, size_t len)
{
	static const char units[] = " kMGT";
	double v = pace_value(pc);
	unsigned i;

	if (pc->pc_kind == PACE_MAX) {
		snprintf(text, len, "as fast as it goes");
		return;
	}
	if (pc->pc_unit == PACE_PERCENT) {
		snprintf(text, len, "%.4g %% of the line rate", v);
		return;
	}
	for (i = 0; i < 4 && v >= 999.95; i++)
		v /= 1000;
	if (pc->pc_unit == PACE_PPS)
		snprintf(text, len, i > 0 ? "%.4g %cpps" : "%.4g pps", v,
		    units[i]);
	else if (i > 0)
		snprintf(text, len, "%.4g %cbit/s, layer %u", v, units[i],
		    (unsigned)(pc->pc_unit - PACE_L1) + 1);
	else
		snprintf(text, len, "%.4g bit/s, layer %u", v,
		    (unsigned)(pc->pc_unit - PACE_L1) + 1);
}

bool
live_pace_parse(const char *text, struct pace_conf *pc)
{
	static const char prefixes[] = "kMGT";
	enum pace_unit unit;
	double v, factor = 1;
	const char *found;
	char *end;

	text += strspn(text, " ");
	if (strcmp(text, "max") == 0) {
		pc->pc_kind = PACE_MAX;
		return true;
	}
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtod(text, &end);
	end += strspn(end, " ");
	if (*end != '\0' && (found = strchr(prefixes, *end)) != NULL) {
		factor = pow(1000, (double)(found - prefixes) + 1);
		end++;
	}
	if (strcmp(end, "pps") == 0 || *end == '\0')
		unit = PACE_PPS;
	else if (strcmp(end, "%") == 0 && factor == 1)
		unit = PACE_PERCENT;
	else if (strncmp(end, "bit/s", 5) == 0 && end[5] == '\0')
		unit = PACE_L1;
	else if (strncmp(end, "bit/s l", 7) == 0 && end[7] >= '1' &&
	    end[7] <= '3' && end[8] == '\0')
		unit = PACE_L1 + (unsigned)(end[7] - '1');
	else
		return false;
	v *= factor;
	if (errno != 0 || !(v > 0) || v > RATE_MOST ||
	    (unit == PACE_PERCENT && v > 100))
		return false;
	if (pc->pc_kind == PACE_MAX || pc->pc_kind == PACE_RAMP)
		pc->pc_kind = PACE_CONSTANT;
	pc->pc_unit = unit;
	pc->pc_rate.pr_den = SCALE;
	pc->pc_rate.pr_num = (uint64_t)llround(v * SCALE);
	return pc->pc_rate.pr_num > 0;
}
