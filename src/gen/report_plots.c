/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which plots a method's points make.
 *
 * A point belongs to a frame size ("frame") and perhaps to a variant of it
 * ("variant": a goal, a direction).  Quantities stand above the sizes, a line
 * for each variant; distributions and the loss curve have a line for each size
 * and variant.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/plot.h"
#include "gen/report_int.h"

/* What is plotted above the frame sizes, and what it cannot exceed. */
struct figure {
	const char *fi_key;
	const char *fi_title;
	const char *fi_ylabel;
	enum plot_unit fi_unit;
	const char *fi_low, *fi_high;	/* keys of whiskers, or NULL */
	struct {
		const char *key, *name;
	} fi_limit[2];
};

/* clang-format off */
static const struct figure figures[] = {
	{ "throughput_pps", "Frames a second by frame size", "frames/s",
	    PLOT_PLAIN, NULL, NULL, { { "line_pps", "line rate" },
	    { "limit_pps", "tester's own limit" } } },
	{ "throughput_l1_bps", "Bits a second on the wire by frame size",
	    "bit/s, layer 1", PLOT_PLAIN, NULL, NULL,
	    { { "line_bps", "line rate" },
	    { "limit_l1_bps", "tester's own limit" } } },
	{ "burst_frames", "Longest burst without loss by frame size", "frames",
	    PLOT_PLAIN, "burst_min_frames", "burst_max_frames",
	    { { NULL, NULL } } },
	{ "buffer_ns", "Time that the buffer holds, corrected", "time",
	    PLOT_TIME, NULL, NULL, { { NULL, NULL } } },
	{ "outage_ns", "Time until all is forwarded again", "time", PLOT_TIME,
	    "outage_min_ns", "outage_max_ns", { { NULL, NULL } } },
	{ "addresses", "Addresses learned by frame size", "addresses",
	    PLOT_PLAIN, NULL, NULL, { { NULL, NULL } } },
	{ "learning_pps", "Learning rate by frame size", "frames/s",
	    PLOT_PLAIN, NULL, NULL, { { NULL, NULL } } },
	{ "latency_mean_ns", "Latency by frame size: mean, from least to p99",
	    "latency", PLOT_TIME, "latency_min_ns", "latency_p99_ns",
	    { { NULL, NULL } } },
};
/* clang-format on */

#define FIGURES (sizeof(figures) / sizeof(figures[0]))
#define LIMITS	2

/* The colours of limits, which no line has but the seventh and eighth. */
#define LIMIT_COLOUR 6

/* A set of names, in the order in which they came. */
struct names {
	const char **nm_name; /* room for one of each point */
	size_t nm_n;
};

struct drawing {
	struct names dr_frames;
	struct names dr_variants;
	struct plot_series *dr_series; /* owns names and numbers of each */
	size_t dr_n;
	bool dr_failed; /* no memory for something */
};

static size_t
name_index(struct names *nm, const char *name)
{
	size_t i;

	for (i = 0; i < nm->nm_n; i++)
		if (strcmp(nm->nm_name[i], name) == 0)
			return i;
	nm->nm_name[nm->nm_n] = name;
	return nm->nm_n++;
}

static bool
drawing_init(struct drawing *dr, const json_t *points)
{
	size_t i, n = json_array_size(points);
	const json_t *point;

	*dr = (struct drawing){ 0 };
	dr->dr_frames.nm_name = calloc(n + 1, sizeof(char *));
	dr->dr_variants.nm_name = calloc(n + 1, sizeof(char *));
	if (dr->dr_frames.nm_name == NULL || dr->dr_variants.nm_name == NULL)
		return false;
	json_array_foreach(points, i, point)
	{
		name_index(&dr->dr_frames, tree_text(point, "frame"));
		name_index(&dr->dr_variants, tree_text(point, "variant"));
	}
	return true;
}

static void
drawing_fini(struct drawing *dr)
{
	size_t i;

	for (i = 0; i < dr->dr_n; i++) {
		free((void *)dr->dr_series[i].ps_name);
		free((void *)dr->dr_series[i].ps_x); /* and all others */
		free((void *)dr->dr_series[i].ps_doubt);
	}
	free(dr->dr_series);
	free(dr->dr_frames.nm_name);
	free(dr->dr_variants.nm_name);
}

/* The four rows of numbers that a series has. */
enum { ROW_X, ROW_Y, ROW_LOW, ROW_HIGH, ROWS };

static double *
series_row(struct plot_series *ps, unsigned i)
{
	return (double *)ps->ps_x + i * ps->ps_n;
}

/* The latest series; nothing is known of its n points yet. NULL: no memory. */
static struct plot_series *
series_new(struct drawing *dr, enum plot_style style, const char *name,
    size_t n)
{
	struct plot_series *ps;
	double *rows = calloc(n + 1, ROWS * sizeof(double));
	bool *doubt = calloc(n + 1, sizeof(bool));
	char *copy = strdup(name);
	size_t i;

	ps = reallocarray(dr->dr_series, dr->dr_n + 1, sizeof(*ps));
	if (ps != NULL)
		dr->dr_series = ps;
	if (ps == NULL || rows == NULL || doubt == NULL || copy == NULL) {
		free(rows);
		free(doubt);
		free(copy);
		dr->dr_failed = true;
		return NULL;
	}
	for (i = 0; i < n * ROWS; i++)
		rows[i] = NAN;
	ps = &dr->dr_series[dr->dr_n];
	*ps = (struct plot_series){ .ps_name = copy, .ps_style = style,
		.ps_colour = (unsigned)dr->dr_n++, .ps_n = n, .ps_x = rows,
		.ps_y = rows + n * ROW_Y, .ps_low = rows + n * ROW_LOW,
		.ps_high = rows + n * ROW_HIGH, .ps_doubt = doubt };
	return ps;
}

/* "64" and "loss 0.1 %" to what a legend says of both. */
static void
label(const char *frame, const char *variant, char *text, size_t len)
{
	snprintf(text, len, "%s%s%s", frame,
	    *frame != '\0' && *variant != '\0' ? ", " : "", variant);
}

static void
drawing_print(struct drawing *dr, struct plot *pl, FILE *f)
{
	pl->pl_series = dr->dr_series;
	pl->pl_nseries = dr->dr_n;
	if (dr->dr_failed)
		fputs("<p class=\"note\">There was no memory for a plot.</p>\n",
		    f);
	else
		plot_print(pl, f);
}

/* A key of all points of a variant, above the frame sizes. */
static void
variant_add(struct drawing *dr, const json_t *points, size_t variant,
    const struct figure *fi)
{
	const char *name = dr->dr_variants.nm_name[variant];
	struct plot_series *ps = series_new(dr, PLOT_LINE,
	    *name != '\0' ? name : "measured", dr->dr_frames.nm_n);
	const json_t *point;
	size_t i, at;

	if (ps == NULL)
		return;
	json_array_foreach(points, i, point)
	{
		if (!tree_is(point, "variant", name))
			continue;
		at = name_index(&dr->dr_frames, tree_text(point, "frame"));
		series_row(ps, ROW_X)[at] = (double)at;
		series_row(ps, ROW_Y)[at] = tree_number(point, fi->fi_key);
		if (fi->fi_low != NULL) {
			series_row(ps, ROW_LOW)[at] =
			    tree_number(point, fi->fi_low);
			series_row(ps, ROW_HIGH)[at] =
			    tree_number(point, fi->fi_high);
		}
		((bool *)ps->ps_doubt)[at] = tree_standing(point) != ST_GOOD;
	}
}

static void
limit_add(struct drawing *dr, const json_t *points, const char *key,
    const char *name, unsigned colour)
{
	struct plot_series *ps;
	const json_t *point;
	size_t i, at, n = 0;

	json_array_foreach(points, i, point)
	    n += isfinite(tree_number(point, key));
	if (n == 0 ||
	    (ps = series_new(dr, PLOT_LIMIT, name, dr->dr_frames.nm_n)) == NULL)
		return;
	ps->ps_colour = colour;
	json_array_foreach(points, i, point)
	{
		at = name_index(&dr->dr_frames, tree_text(point, "frame"));
		series_row(ps, ROW_X)[at] = (double)at;
		series_row(ps, ROW_Y)[at] = tree_number(point, key);
	}
}

/* Only a logarithmic axis shows all that there is. */
static enum plot_scale
scale_of(const struct drawing *dr)
{
	double least = INFINITY, most = -INFINITY;
	size_t i, k;

	for (i = 0; i < dr->dr_n; i++)
		for (k = 0; k < dr->dr_series[i].ps_n; k++) {
			double v = dr->dr_series[i].ps_y[k];

			if (!(v > 0))
				continue;
			least = fmin(least, v);
			most = fmax(most, v);
		}
	return plot_spread((double[]){ least, most }, 2) ? PLOT_LOG :
	    PLOT_LINEAR;
}

static void
figure_print(const json_t *points, const struct figure *fi, FILE *f)
{
	const json_t *point;
	struct drawing dr;
	size_t i, n = 0;

	json_array_foreach(points, i, point)
	    n += isfinite(tree_number(point, fi->fi_key));
	if (n == 0)
		return;
	if (!drawing_init(&dr, points)) {
		drawing_fini(&dr);
		return;
	}
	/* One number alone is in the table. */
	if (dr.dr_frames.nm_n == 1 && fi->fi_limit[0].key == NULL) {
		drawing_fini(&dr);
		return;
	}
	for (i = 0; i < dr.dr_variants.nm_n; i++)
		variant_add(&dr, points, i, fi);
	for (i = 0; i < LIMITS; i++)
		if (fi->fi_limit[i].key != NULL)
			limit_add(&dr, points, fi->fi_limit[i].key,
			    fi->fi_limit[i].name, LIMIT_COLOUR + (unsigned)i);
	struct plot pl = { .pl_title = fi->fi_title, .pl_text = fi->fi_title,
		.pl_xlabel = "frame size with FCS, byte",
		.pl_ylabel = fi->fi_ylabel,
		.pl_xscale = PLOT_NAMES,
		.pl_yscale = scale_of(&dr),
		.pl_yunit = fi->fi_unit,
		.pl_names = dr.dr_frames.nm_name,
		.pl_nnames = dr.dr_frames.nm_n };
	drawing_print(&dr, &pl, f);
	drawing_fini(&dr);
}

/* The points of a size and variant, by their rate. */
static void
loss_add(struct drawing *dr, const json_t *points, const char *frame,
    const char *variant, const char *xkey)
{
	struct plot_series *ps;
	const json_t *point;
	char name[256];
	size_t i, at = 0, n = 0;

	json_array_foreach(points, i, point)
	    n += tree_is(point, "frame", frame) &&
	    tree_is(point, "variant", variant);
	if (n == 0)
		return;
	label(frame, variant, name, sizeof(name));
	if ((ps = series_new(dr, PLOT_LINE, name, n)) == NULL)
		return;
	json_array_foreach(points, i, point)
	{
		if (!tree_is(point, "frame", frame) ||
		    !tree_is(point, "variant", variant))
			continue;
		series_row(ps, ROW_X)[at] = tree_number(point, xkey);
		series_row(ps, ROW_Y)[at] = tree_number(point, "loss_percent");
		((bool *)ps->ps_doubt)[at++] = tree_standing(point) != ST_GOOD;
	}
}

/* RFC 2544, 26.3: loss above the rate offered. */
static void
loss_print(const json_t *points, FILE *f)
{
	const json_t *point;
	bool percent = true;
	struct drawing dr;
	size_t i, k;

	json_array_foreach(points, i, point)
	    percent &= isfinite(tree_number(point, "offered_percent"));
	if (!drawing_init(&dr, points)) {
		drawing_fini(&dr);
		return;
	}
	for (i = 0; i < dr.dr_frames.nm_n; i++)
		for (k = 0; k < dr.dr_variants.nm_n; k++)
			loss_add(&dr, points, dr.dr_frames.nm_name[i],
			    dr.dr_variants.nm_name[k],
			    percent ? "offered_percent" : "tx_pps");
	struct plot pl = { .pl_title = "Loss by offered rate",
		.pl_text = "frames lost in percent above the rate offered, "
			   "a line for each frame size",
		.pl_xlabel = percent ? "offered, % of the highest rate" :
		"offered, frames/s",
		.pl_ylabel = "frames lost",
		.pl_xunit = percent ? PLOT_PERCENT : PLOT_PLAIN,
		.pl_yunit = PLOT_PERCENT };
	drawing_print(&dr, &pl, f);
	drawing_fini(&dr);
}

static void
tail_add(struct drawing *dr, const json_t *point, const char *key)
{
	const json_t *list =
	    json_object_get(json_object_get(point, key), "percentiles");
	struct plot_series *ps;
	const json_t *pair;
	char name[256];
	size_t i;

	if (json_array_size(list) == 0)
		return;
	label(tree_text(point, "frame"), tree_text(point, "variant"), name,
	    sizeof(name));
	ps = series_new(dr, PLOT_CURVE, name, json_array_size(list));
	if (ps == NULL)
		return;
	json_array_foreach(list, i, pair)
	{
		const json_t *x = json_array_get(pair, 0);
		const json_t *y = json_array_get(pair, 1);

		/* The largest is in the table: its place is not on the axis. */
		if (!json_is_number(x) || !json_is_number(y) ||
		    json_number_value(x) > 99.999)
			continue;
		series_row(ps, ROW_X)[i] = json_number_value(x);
		series_row(ps, ROW_Y)[i] = json_number_value(y);
	}
}

/* Distributions of all points, as times that so many percent do not exceed. */
static void
tails_print(const json_t *method, const char *key, const char *title,
    const char *ylabel, FILE *f)
{
	const json_t *points = json_object_get(method, "points");
	const json_t *point;
	struct drawing dr;
	size_t i;

	if (!drawing_init(&dr, points)) {
		drawing_fini(&dr);
		return;
	}
	json_array_foreach(points, i, point) tail_add(&dr, point, key);
	struct plot pl = { .pl_title = title,
		.pl_text = title,
		.pl_xlabel = "percentile",
		.pl_ylabel = ylabel,
		.pl_xscale = PLOT_TAIL,
		.pl_xunit = PLOT_PLAIN,
		.pl_yscale = scale_of(&dr),
		.pl_yunit = PLOT_TIME };
	drawing_print(&dr, &pl, f);
	drawing_fini(&dr);
}

void
report_plots(const json_t *method, FILE *f)
{
	json_t *rows = tree_rows(method);
	unsigned i;

	if (json_array_size(rows) > 0) {
		fputs("<div class=\"plots\">\n", f);
		/* A curve, or a number for each size. */
		if (tree_is(method, "name", "loss"))
			loss_print(rows, f);
		else
			for (i = 0; i < FIGURES; i++)
				figure_print(rows, &figures[i], f);
		tails_print(method, "latency", "Latency by percentile",
		    "latency", f);
		tails_print(method, "pacing",
		    "Pacing error: how far behind its time a frame left",
		    "behind the schedule", f);
		fputs("</div>\n", f);
	}
	json_decref(rows);
}
