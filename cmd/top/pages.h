/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of "spate top": which tables are on each, and how they are sorted.
 */
#ifndef CMD_TOP_PAGES_H
#define CMD_TOP_PAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "show/table.h"
#include "top/history.h"

enum page { PG_OVERVIEW, PG_CPUS, PG_INTERFACES, PG_STAGES, PG_DROPS, PG_N };

/* The last minute of a rate; see histories_add(). */
struct series {
	char se_name[40];     /* as it is shown: "left rx" */
	enum page se_page;    /* where it stands */
	double se_top;	      /* of a full bar; 0: its own peak */
	bool se_seen;	      /* in the newest rates */
	struct history se_history;
};

struct histories {
	struct series *hs_series;
	size_t hs_n;
	size_t hs_room;
	uint64_t hs_now; /* time of the newest rates */
};

/*
 * Keep the busy share of CPUs and packets a second of interfaces, both ways.
 * What is not in the rates any more is forgotten.  "to": their end in ns.
 */
void histories_add(struct histories *, const json_t *rates, uint64_t to);
void histories_free(struct histories *);

/* How a page is looked at. */
struct look {
	enum page lk_page;
	int lk_column;	 /* of the page's table, to sort by; -1: as it comes */
	bool lk_reverse;
	bool lk_raw;	 /* plain numbers, for programs */
	bool lk_utf8;	 /* bars of eighths */
	int lk_width;	 /* for bars; 0: none */
};

/* "overview", …, or the page of a name; PG_N if there is none. */
const char *page_name(enum page);
enum page page_lookup(const char *name);

/*
 * The table that is sorted by look's column; how many columns it has, and the
 * heading of the one in force or NULL.
 */
unsigned page_columns(enum page);
const char *page_sorted_by(const struct look *);

/* Write a page: tables, each with a heading line, an empty line between. */
void page_print(
    const struct look *, const json_t *rates, const struct histories *, FILE *);

#endif
