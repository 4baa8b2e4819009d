/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages are tables of rates (show/table.h).  A table of the last minute is made
 * of the histories, in a list beside the rates.
 */
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "rates.h"

/* clang-format off */
static const struct table cpus = {
	"cpus", NULL, "no CPU", {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "busy",	"BUSY %",	CELL_REAL },
		{ "rounds",	"ROUNDS",	CELL_RATE },
		{ "sleeps",	"SLEEPS",	CELL_RATE },
		{ "messages",	"MESSAGES",	CELL_RATE },
		{ "received",	"RECEIVED",	CELL_RATE },
		{ "sent",	"SENT",		CELL_RATE },
		{ "delivered",	"DELIVERED",	CELL_RATE },
		{ "dropped",	"DROPPED",	CELL_RATE },
		{ "held",	"HELD",		CELL_NUMBER } } };

static const struct table interfaces = {
	"interfaces", NULL, "no interface is configured", {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "state",	"STATE",	CELL_TEXT },
		{ "rx_pps",	"RX PPS",	CELL_RATE },
		{ "rx_bps",	"RX BIT/S",	CELL_RATE },
		{ "tx_pps",	"TX PPS",	CELL_RATE },
		{ "tx_bps",	"TX BIT/S",	CELL_RATE },
		{ "drop_pps",	"DROPS",	CELL_RATE },
		{ "lost_pps",	"LOST",		CELL_RATE } } };

static const struct table stages = {
	"stages", NULL, "no packet has moved yet", {
		{ "stage",	"STAGE",	CELL_TEXT },
		{ "pps",	"PACKETS",	CELL_RATE },
		{ "calls",	"VECTORS",	CELL_RATE },
		{ "vector",	"PER VECTOR",	CELL_REAL },
		{ "cycles",	"CYCLES",	CELL_REAL } } };

static const struct table drops = {
	"drops", NULL, "no packet was dropped", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "pps",	"DROPS",	CELL_RATE },
		{ "packets",	"IN ALL",	CELL_NUMBER },
		{ "layer",	"LAYER",	CELL_TEXT },
		{ "reason",	"REASON",	CELL_TEXT } } };

/* Of a CPU the busy share, of an interface packets a second. */
static const struct table minute = {
	"minute", NULL, NULL, {
		{ "name",	"",		CELL_TEXT },
		{ "peak",	"PEAK",		CELL_RATE },
		{ "bars",	"LAST MINUTE",	CELL_TEXT } } };
/* clang-format on */

#define PAGE_TABLES 4

static const struct {
	const char *name;
	const struct table *tables[PAGE_TABLES]; /* the first is sorted */
} pages[PG_N] = {
	[PG_OVERVIEW] = { "overview", { &interfaces, &cpus, &drops } },
	[PG_CPUS] = { "cpus", { &cpus, &minute } },
	[PG_INTERFACES] = { "interfaces", { &interfaces, &minute } },
	[PG_STAGES] = { "stages", { &stages } },
	[PG_DROPS] = { "drops", { &drops } },
};

const char *
page_name(enum page page)
{
	return pages[page].name;
}

enum page
page_lookup(const char *name)
{
	unsigned i;

	for (i = 0; i < PG_N; i++)
		if (strcmp(pages[i].name, name) == 0)
			break;
	return i;
}

unsigned
page_columns(enum page page)
{
	const struct table *ta = pages[page].tables[0];
	unsigned n = 0;

	while (n < TABLE_COLUMNS && ta->ta_columns[n].co_key != NULL)
		n++;
	return n;
}

const char *
page_sorted_by(const struct look *lk)
{
	return lk->lk_column < 0 ? NULL :
	    pages[lk->lk_page].tables[0]->ta_columns[lk->lk_column].co_heading;
}

static struct series *
series_of(struct histories *hs, enum page page, const char *name)
{
	struct series *se;
	size_t i;

	for (i = 0; i < hs->hs_n; i++) {
		se = &hs->hs_series[i];
		if (se->se_page == page && strcmp(se->se_name, name) == 0)
			return se;
	}
	if (hs->hs_n == hs->hs_room) {
		size_t room = hs->hs_room * 2 + 16;

		se = reallocarray(hs->hs_series, room, sizeof(*se));
		if (se == NULL)
			return NULL;
		hs->hs_series = se;
		hs->hs_room = room;
	}
	se = &hs->hs_series[hs->hs_n++];
	*se = (struct series){ .se_page = page };
	snprintf(se->se_name, sizeof(se->se_name), "%s", name);
	return se;
}

/* One more rate of a series; without memory it is left out. */
static void
series_add(struct histories *hs, enum page page, const char *name, double top,
    const json_t *rate, uint64_t from, uint64_t to)
{
	struct series *se = series_of(hs, page, name);

	if (se == NULL)
		return;
	se->se_seen = true;
	se->se_top = top;
	history_add(&se->se_history, from, to, json_number_value(rate));
}

/* Those that no rate came for go. */
static void
histories_sweep(struct histories *hs)
{
	size_t i, n = 0;

	for (i = 0; i < hs->hs_n; i++)
		if (hs->hs_series[i].se_seen)
			hs->hs_series[n++] = hs->hs_series[i];
	hs->hs_n = n;
}

void
histories_add(struct histories *hs, const json_t *rates, uint64_t to)
{
	double seconds =
	    json_number_value(json_object_get(rates, "seconds"));
	uint64_t span = (uint64_t)(seconds * 1e9);
	uint64_t from = to > span ? to - span : 0;
	json_t *item;
	char name[sizeof(((struct series *)0)->se_name)];
	size_t i;

	for (i = 0; i < hs->hs_n; i++)
		hs->hs_series[i].se_seen = false;
	json_array_foreach(json_object_get(rates, "cpus"), i, item)
	{
		snprintf(name, sizeof(name), "CPU %d busy",
		    (int)json_integer_value(json_object_get(item, "cpu")));
		series_add(hs, PG_CPUS, name, 100,
		    json_object_get(item, "busy"), from, to);
	}
	json_array_foreach(json_object_get(rates, "interfaces"), i, item)
	{
		static const char *const ways[] = { "rx", "tx" };
		char key[] = "rx_pps";
		unsigned w;

		for (w = 0; w < 2; w++) {
			key[0] = ways[w][0];
			snprintf(name, sizeof(name), "%s %s",
			    json_string_value(json_object_get(item, "name")),
			    ways[w]);
			series_add(hs, PG_INTERFACES, name, 0,
			    json_object_get(item, key), from, to);
		}
	}
	histories_sweep(hs);
	hs->hs_now = to;
}

void
histories_free(struct histories *hs)
{
	free(hs->hs_series);
	*hs = (struct histories){ 0 };
}

/* Cells for bars, beside the longest name and a peak like "999.9M". */
static unsigned
minute_cells(const struct look *lk, const struct histories *hs)
{
	size_t i, longest = 0;

	for (i = 0; i < hs->hs_n; i++)
		if (hs->hs_series[i].se_page == lk->lk_page &&
		    strlen(hs->hs_series[i].se_name) > longest)
			longest = strlen(hs->hs_series[i].se_name);
	return history_cells(lk->lk_width - (int)longest - 2 - 6 - 2);
}

/* The list of the page's histories. */
static json_t *
minute_list(const struct look *lk, const struct histories *hs)
{
	unsigned cells = minute_cells(lk, hs);
	double values[HISTORY_SECONDS];
	char bars[3 * HISTORY_SECONDS + 1];
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < hs->hs_n && cells > 0; i++) {
		const struct series *se = &hs->hs_series[i];
		double peak = history_peak(&se->se_history, hs->hs_now);

		if (se->se_page != lk->lk_page)
			continue;
		history_read(&se->se_history, hs->hs_now, cells, values);
		history_bars(values, cells, se->se_top > 0 ? se->se_top : peak,
		    lk->lk_utf8, bars);
		json_array_append_new(list, json_pack("{s:s, s:f, s:s}",
		    "name", se->se_name, "peak", peak, "bars", bars));
	}
	return list;
}

/* The table with plain numbers. */
static struct table
table_raw(const struct table *ta)
{
	struct table raw = *ta;
	unsigned i;

	for (i = 0; i < TABLE_COLUMNS; i++)
		if (raw.ta_columns[i].co_cell == CELL_RATE)
			raw.ta_columns[i].co_cell = CELL_REAL;
	return raw;
}

/* A copy that shares the items, with the page's list in order. */
static json_t *
page_rates(const struct look *lk, const json_t *rates,
    const struct histories *hs)
{
	const struct table *ta = pages[lk->lk_page].tables[0];
	json_t *copy = json_copy((json_t *)rates), *list;

	list = json_copy(json_object_get(rates, ta->ta_path));
	if (lk->lk_column >= 0)
		rates_sort(list, ta->ta_columns[lk->lk_column].co_key,
		    lk->lk_reverse);
	json_object_set_new(copy, ta->ta_path, list);
	json_object_set_new(copy, "minute", minute_list(lk, hs));
	return copy;
}

void
page_print(const struct look *lk, const json_t *rates,
    const struct histories *hs, FILE *f)
{
	json_t *shown = page_rates(lk, rates, hs);
	bool gap = false;
	unsigned i;

	for (i = 0; i < PAGE_TABLES && pages[lk->lk_page].tables[i] != NULL;
	     i++) {
		struct table ta = *pages[lk->lk_page].tables[i];

		if (lk->lk_raw)
			ta = table_raw(&ta);
		gap = table_print(&ta, shown, gap, f);
	}
	json_decref(shown);
}
