/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plots as SVG inside a page of HTML.  Pure: numbers in, text out.
 *
 * Colours, lines and fonts are classes; the page's style sheet has them
 * (report_html.c), so that a plot follows the page into the dark and onto
 * paper.  Series differ by mark and dash as well as by colour.
 */
#ifndef GEN_PLOT_H
#define GEN_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PLOT_COLOURS 8 /* the next series begins anew, dashed */

enum plot_scale {
	PLOT_LINEAR,
	PLOT_LOG,
	PLOT_TAIL,  /* percentiles: 90, 99, 99.9 ... at equal distances */
	PLOT_NAMES, /* x is an index into pl_names */
};

enum plot_unit {
	PLOT_PLAIN,   /* 1.5 k, 20 M */
	PLOT_TIME,    /* values in ns: 200 ns, 1.5 µs, 2 s */
	PLOT_PERCENT, /* 0.1 % */
};

enum plot_style {
	PLOT_LINE,	/* a line, and a mark at each point */
	PLOT_CURVE,	/* a line without marks */
	PLOT_POINTS,	/* marks alone, with whiskers where there are any */
	PLOT_LIMIT,	/* a level across each name: what nothing exceeds */
};

struct plot_series {
	const char *ps_name;   /* as the user wrote it; escaped here */
	enum plot_style ps_style;
	unsigned ps_colour;    /* of PLOT_COLOURS; any number is taken modulo */
	size_t ps_n;
	const double *ps_x;
	const double *ps_y;    /* NaN: nothing is known there */
	const double *ps_low;  /* whiskers; NULL, or NaN, if there is none */
	const double *ps_high;
	const bool *ps_doubt;  /* drawn hollow: not valid; NULL if all are */
};

struct plot {
	const char *pl_title;
	const char *pl_text;   /* what it shows, for those who do not see it */
	const char *pl_xlabel;
	const char *pl_ylabel;
	enum plot_scale pl_xscale;
	enum plot_scale pl_yscale;
	enum plot_unit pl_xunit;
	enum plot_unit pl_yunit;
	const char *const *pl_names; /* PLOT_NAMES */
	size_t pl_nnames;
	const struct plot_series *pl_series;
	size_t pl_nseries;
};

/*
 * A figure: title, legend if there is more than one series, and the plot.
 * Returns false, with nothing written, if no series has a point.
 */
bool plot_print(const struct plot *, FILE *);

/* Whether values differ so much that only a logarithmic axis shows them. */
bool plot_spread(const double *values, size_t n);

/* A value as an axis writes it. */
void plot_label(enum plot_unit, double value, char *text, size_t len);

/*
 * Text of anybody's into HTML or SVG, between tags or in quotes: what means
 * something there is escaped; what is no UTF-8, or a control character,
 * becomes U+FFFD.
 */
void html_text(FILE *, const char *);

#endif
