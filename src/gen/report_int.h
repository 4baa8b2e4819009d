/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of a report: one tree of JSON, as docs/gen-report.schema.json
 * describes it, and several ways to print it.
 *
 * The printers take any tree and trust nothing in it: what is missing, or of
 * another type, is printed as not known.
 */
#ifndef GEN_REPORT_INT_H
#define GEN_REPORT_INT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "gen/method.h"
#include "gen/report.h"

/* How well valid trials kept their schedule; NULL: there was none. */
struct pacing {
	struct hist *pg_behind; /* ns */
	struct hist *pg_gap; /* ns */
};

struct report {
	json_t *rp_tree;
	bool rp_nomem; /* something is missing in it */
	json_t *rp_told; /* trials of the method that runs; NULL: none yet */
	struct pacing *rp_pace; /* of its points */
	unsigned rp_npaces;
	struct timespec rp_began; /* CLOCK_MONOTONIC */
};

/* How a quantity is kept in the tree, and how people read it. */
enum quantity_kind {
	QK_TEXT,
	QK_COUNT,   /* whole */
	QK_PPS,     /* packets a second */
	QK_BPS,     /* bit/s, printed as Mbit/s */
	QK_TIME,    /* ns, printed as µs */
	QK_SECONDS,
	QK_PERCENT,
	QK_BYTES,
	QK_N
};

enum brief {	/* whether it stands where there is little room */
	NEVER,
	ALWAYS,
	NOT_ZERO,
};

struct quantity {
	const char *qu_key;	/* in a point or trial */
	const char *qu_name;	/* heading */
	enum quantity_kind qu_kind;
	enum brief qu_brief;
};

/*
 * All that a point or a trial may have, in the order of columns; ends with a
 * key of NULL.
 */
extern const struct quantity point_quantities[];
extern const struct quantity trial_quantities[];

/* Distributions that a point, trial or port may have; ends with NULL. */
extern const char *const distribution_keys[];

/* "Mbit/s", "µs", ...; "" for text. And the unit of the tree: "bit/s". */
const char *quantity_unit(enum quantity_kind);
const char *quantity_raw_unit(enum quantity_kind);

/*
 * A row's value as text for people, without its unit; "" if it has none.
 * group: digits of whole numbers are parted in threes.
 */
void quantity_print(const struct quantity *, const json_t *row, bool group,
    char *text, size_t len);

/* Whether any row of a list has it. */
bool quantity_used(const struct quantity *, const json_t *rows);

/* Whether it has a column where there is little room. */
bool quantity_wanted(const struct quantity *, const json_t *rows);

/* Of an object, or of anything else. */
const char *tree_text(const json_t *, const char *key); /* never NULL */
double tree_number(const json_t *, const char *key); /* NaN: none */
bool tree_is(const json_t *, const char *key, const char *text);

/*
 * Members of an object of the tree; what cannot be set is noted in rp_nomem.
 * Text is cleaned; NULL and "" set nothing, nor does a number that is none.
 */
void report_set(struct report *, json_t *, const char *key, json_t *value);
void report_set_text(struct report *, json_t *, const char *key, const char *);
void report_set_count(struct report *, json_t *, const char *key, uint64_t);
void report_set_real(struct report *, json_t *, const char *key, double);

/* Nothing measured is nothing, not 0. */
void report_set_positive(struct report *, json_t *, const char *key, double v);

/* To the end of a list, which is made if there is none. */
void report_append(struct report *, json_t *, const char *key, json_t *value);
void report_append_text(
    struct report *, json_t *, const char *key, const char *);

/* What was told of a method's trials is no longer needed. */
void report_forget(struct report *);

/* The parts of a tree: new objects, or NULL. */
json_t *report_machine(struct report *);
json_t *report_trial(struct report *, const struct trial_result *);
void report_counts(struct report *, json_t *, const struct trial_counts *);
json_t *report_point(
    struct report *, enum method, const struct method_point *);
void report_brief(struct report *, json_t *, const struct latency_brief *);
void report_frame(struct report *, json_t *, unsigned size);
json_t *report_hist(struct report *, const struct hist *, const char *unit);

/* How far a row's numbers count. */
enum standing {
	ST_GOOD,
	ST_BOUND,   /* a bound of what was to be found */
	ST_DOUBT,   /* not valid, or not all */
};
enum standing tree_standing(const json_t *row);

/*
 * What a method's table and plots are made of, a new list: the rows of its
 * points (rates of a curve, goals, kinds), or the points themselves if they
 * have none.  NULL: no memory.
 */
json_t *tree_rows(const json_t *method);
bool tree_has_rows(const json_t *method);

void report_csv(const json_t *tree, FILE *);
void report_text(const json_t *tree, FILE *);
void report_html(const json_t *tree, FILE *);

/* report_style.c: the style sheet of the page. */
extern const char report_style[];

/* report_plots.c: the figures of a method, as HTML. */
void report_plots(const json_t *method, FILE *);

#endif
