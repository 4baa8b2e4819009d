/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plot: axes that fit what is to be shown, a grid, series, a legend.
 *
 * Everything is drawn in a box of WIDTH by HEIGHT units, which the page scales.
 */
#include <math.h>
#include <string.h>

#include "gen/plot.h"
#include "gen/text.h"

#define WIDTH	 560
#define HEIGHT	 310
#define LEFT	 82
#define RIGHT	 26
#define TOP	 12
#define BOTTOM	 52
#define TICKS	 16  /* the most on an axis */
#define NAMES	 10  /* more would not stand side by side */
#define NAME_LEN 9  /* characters of each */
#define SPREAD	 12  /* factor that wants a logarithmic axis */
#define NINES	 5.0 /* the tail ends at 99.999 % */

struct axis {
	enum plot_scale ax_scale;
	enum plot_unit ax_unit;
	double ax_from, ax_to; /* values */
	double ax_begin, ax_end; /* where these are */
	unsigned ax_nticks;
	double ax_tick[TICKS];
};

/* A value where the scale is even. */
static double
evened(enum plot_scale scale, double v)
{
	if (scale == PLOT_LOG)
		return v > 0 ? log10(v) : -INFINITY;
	if (scale == PLOT_TAIL)
		return v >= 100 ? NINES : fmin(-log10(1 - v / 100), NINES);
	return v;
}

/* Values outside stand on the edge. */
static double
axis_at(const struct axis *ax, double v)
{
	double from = evened(ax->ax_scale, ax->ax_from);
	double to = evened(ax->ax_scale, ax->ax_to);
	double share = (evened(ax->ax_scale, v) - from) / (to - from);

	return ax->ax_begin +
	    (ax->ax_end - ax->ax_begin) * fmin(fmax(share, 0), 1);
}

static void
axis_tick(struct axis *ax, double v)
{
	if (ax->ax_nticks < TICKS)
		ax->ax_tick[ax->ax_nticks++] = v;
}

/* 1, 2 or 5 times a power of ten: the least that is not below v. */
static double
round_up(double v)
{
	double power = pow(10, floor(log10(v)));
	double lead = v / power;

	/* What a division left over is no reason for a longer axis. */
	if (lead > 5 + 1e-9)
		return power * 10;
	return power * (lead > 2 + 1e-9 ? 5 : lead > 1 + 1e-9 ? 2 : 1);
}

static void
axis_linear(struct axis *ax, double least, double most)
{
	double step, v;
	int i;

	if (!(most > least))
		most = least + (least != 0 ? fabs(least) : 1);
	step = round_up((most - least) / 6);
	ax->ax_from = floor(least / step + 1e-9) * step;
	ax->ax_to = ceil(most / step - 1e-9) * step;
	for (i = 0; i < TICKS; i++) {
		v = ax->ax_from + i * step;
		if (v > ax->ax_to + step / 2)
			break;
		axis_tick(ax, fabs(v) < step / 1e6 ? 0 : v);
	}
}

/* The largest of 1, 2 and 5 times a power of ten that is not above v. */
static double
round_down(double v)
{
	double power = pow(10, floor(log10(v)));
	double lead = v / power;

	return power * (lead >= 5 - 1e-9 ? 5 : lead >= 2 - 1e-9 ? 2 : 1);
}

static void
axis_log(struct axis *ax, double least, double most)
{
	static const double leads[] = { 1, 2, 5 };
	double decades, v;
	int e, step;
	unsigned i;

	ax->ax_from = round_down(least);
	ax->ax_to = round_up(most);
	if (!(ax->ax_to > ax->ax_from))
		ax->ax_to = ax->ax_from * 10;
	decades = log10(ax->ax_to) - log10(ax->ax_from);
	step = decades > 8 ? (int)ceil(decades / 6) : 1;
	for (e = (int)floor(log10(ax->ax_from) + 1e-9); e <= 308; e += step)
		for (i = 0; i < (decades > 3 ? 1 : 3); i++) {
			v = leads[i] * pow(10, e);
			if (v > ax->ax_to * (1 + 1e-9))
				return;
			if (v >= ax->ax_from * (1 - 1e-9))
				axis_tick(ax, v);
		}
}

static void
axis_tail(struct axis *ax)
{
	static const double nines[] = { 0, 90, 99, 99.9, 99.99, 99.999 };
	unsigned i;

	ax->ax_from = 0;
	ax->ax_to = nines[5];
	for (i = 0; i < 6; i++)
		axis_tick(ax, nines[i]);
}

static void
axis_names(struct axis *ax, size_t n)
{
	size_t i, step = (n + NAMES - 1) / NAMES;

	ax->ax_from = -0.5;
	ax->ax_to = (double)n - 0.5;
	for (i = 0; i < n; i += step)
		axis_tick(ax, (double)i);
}

/* Widens a range by values; what cannot be on the scale does not count. */
static void
range_add(enum plot_scale scale, const double *v, size_t n, double *least,
    double *most)
{
	size_t i;

	for (i = 0; v != NULL && i < n; i++) {
		if (!isfinite(v[i]) || (scale == PLOT_LOG && !(v[i] > 0)))
			continue;
		*least = fmin(*least, v[i]);
		*most = fmax(*most, v[i]);
	}
}

static void
axis_fit(struct axis *ax, double least, double most, size_t nnames)
{
	ax->ax_nticks = 0;
	if (ax->ax_scale == PLOT_NAMES) {
		axis_names(ax, nnames);
		return;
	}
	if (ax->ax_scale == PLOT_TAIL) {
		axis_tail(ax);
		return;
	}
	if (ax->ax_scale == PLOT_LOG && !(least <= most)) /* all were 0 */
		ax->ax_scale = PLOT_LINEAR;
	if (!(least <= most))
		least = most = 0;
	if (ax->ax_scale == PLOT_LOG)
		axis_log(ax, least, most);
	else
		/* Lengths are compared only if they begin at 0. */
		axis_linear(ax, fmin(least, 0), fmax(most, 0));
}

static void
axes_fit(const struct plot *pl, struct axis *x, struct axis *y)
{
	double xleast = INFINITY, xmost = -INFINITY;
	double yleast = INFINITY, ymost = -INFINITY;
	size_t i;

	*x = (struct axis){ .ax_scale = pl->pl_xscale, .ax_unit = pl->pl_xunit,
		.ax_begin = LEFT, .ax_end = WIDTH - RIGHT };
	*y = (struct axis){ .ax_scale = pl->pl_yscale, .ax_unit = pl->pl_yunit,
		.ax_begin = HEIGHT - BOTTOM, .ax_end = TOP };
	for (i = 0; i < pl->pl_nseries; i++) {
		const struct plot_series *ps = &pl->pl_series[i];

		range_add(x->ax_scale, ps->ps_x, ps->ps_n, &xleast, &xmost);
		range_add(y->ax_scale, ps->ps_y, ps->ps_n, &yleast, &ymost);
		range_add(y->ax_scale, ps->ps_low, ps->ps_n, &yleast, &ymost);
		range_add(y->ax_scale, ps->ps_high, ps->ps_n, &yleast, &ymost);
	}
	axis_fit(x, xleast, xmost, pl->pl_nnames);
	axis_fit(y, yleast, ymost, 0);
}

bool
plot_spread(const double *values, size_t n)
{
	double least = INFINITY, most = -INFINITY;

	range_add(PLOT_LOG, values, n, &least, &most);
	return least <= most && most / least > SPREAD;
}

void
plot_label(enum plot_unit unit, double value, char *text, size_t len)
{
	static const char *const time[] = { " ns", " µs", " ms", " s" };
	static const char *const plain[] = { "", " k", " M", " G", " T", " P" };
	const char *const *names = unit == PLOT_TIME ? time : plain;
	unsigned i, most = unit == PLOT_TIME ? 3 : 5;

	if (unit == PLOT_PERCENT) {
		snprintf(text, len, "%.6g %%", value);
		return;
	}
	for (i = 0; i < most && fabs(value) >= 999.9999; i++)
		value /= 1000;
	snprintf(text, len, "%.4g%s", value,
	    value == 0 && unit == PLOT_PLAIN ? "" : names[i]);
}

static void
name_print(FILE *f, const char *name)
{
	char cut[NAME_LEN * 4 + 8];
	size_t columns = 0, n = 0;
	uint32_t ch;

	for (; name[n] != '\0' && columns < NAME_LEN; columns++)
		n += text_utf8(name + n, &ch);
	snprintf(cut, sizeof(cut), "%.*s%s", (int)n, name,
	    name[n] != '\0' ? "…" : "");
	html_text(f, cut);
}

static void
xtick_label(const struct axis *x, double v, char *text, size_t len)
{
	if (x->ax_scale == PLOT_TAIL) /* all nines */
		snprintf(text, len, "%.6g", v);
	else
		plot_label(x->ax_unit, v, text, len);
}

static void
xaxis_print(const struct plot *pl, const struct axis *x, FILE *f)
{
	unsigned i;

	for (i = 0; i < x->ax_nticks; i++) {
		double at = axis_at(x, x->ax_tick[i]);
		char text[32];

		if (x->ax_scale != PLOT_NAMES)
			fprintf(f, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>",
			    at, TOP, HEIGHT - BOTTOM);
		fprintf(f, "<text x=\"%.1f\" y=\"%d\" class=\"mid\">", at,
		    HEIGHT - BOTTOM + 18);
		if (x->ax_scale == PLOT_NAMES) {
			name_print(f, pl->pl_names[(size_t)x->ax_tick[i]]);
		} else {
			xtick_label(x, x->ax_tick[i], text, sizeof(text));
			fputs(text, f);
		}
		fputs("</text>\n", f);
	}
	fprintf(f, "<text x=\"%d\" y=\"%d\" class=\"mid label\">",
	    (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
	html_text(f, pl->pl_xlabel);
	fputs("</text>\n", f);
}

static void
yaxis_print(const struct plot *pl, const struct axis *y, FILE *f)
{
	unsigned i;

	for (i = 0; i < y->ax_nticks; i++) {
		double at = axis_at(y, y->ax_tick[i]);
		char text[32];

		plot_label(y->ax_unit, y->ax_tick[i], text, sizeof(text));
		fprintf(f, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text "
		    "x=\"%d\" y=\"%.1f\" class=\"end\">%s</text>\n", LEFT,
		    at, WIDTH - RIGHT, LEFT - 8, at + 4, text);
	}
	fprintf(f, "<text transform=\"translate(14 %d) rotate(-90)\" "
	    "class=\"mid label\">", (TOP + HEIGHT - BOTTOM) / 2);
	html_text(f, pl->pl_ylabel);
	fprintf(f, "</text>\n<path class=\"axis\" d=\"M%d %dH%d\"/>\n", LEFT,
	    HEIGHT - BOTTOM, WIDTH - RIGHT);
}

static bool
known(const struct plot_series *ps, size_t i)
{
	return isfinite(ps->ps_x[i]) && isfinite(ps->ps_y[i]);
}

static void
series_class(const struct plot_series *ps, const char *more, FILE *f)
{
	fprintf(f, "class=\"s%u%s%s\"", ps->ps_colour % PLOT_COLOURS,
	    ps->ps_colour >= PLOT_COLOURS ? " again" : "", more);
}

/* From point to point; a gap where nothing is known. */
static void
line_print(const struct plot_series *ps, const struct axis *x,
    const struct axis *y, FILE *f)
{
	bool drawn = false;
	size_t i;

	fputs("<path ", f);
	series_class(ps, " line", f);
	fputs(" d=\"", f);
	for (i = 0; i < ps->ps_n; i++) {
		if (known(ps, i))
			fprintf(f, "%c%.1f %.1f", drawn ? 'L' : 'M',
			    axis_at(x, ps->ps_x[i]), axis_at(y, ps->ps_y[i]));
		drawn = known(ps, i);
	}
	fputs("\"/>\n", f);
}

static void
limit_print(const struct plot_series *ps, const struct axis *x,
    const struct axis *y, FILE *f)
{
	size_t i;

	fputs("<path ", f);
	series_class(ps, " limit", f);
	fputs(" d=\"", f);
	for (i = 0; i < ps->ps_n; i++)
		if (known(ps, i))
			fprintf(f, "M%.1f %.1fH%.1f",
			    axis_at(x, ps->ps_x[i] - 0.42),
			    axis_at(y, ps->ps_y[i]),
			    axis_at(x, ps->ps_x[i] + 0.42));
	fputs("\"/>\n", f);
}

/* A mark in its form, around a point. */
static void
mark_print(unsigned colour, double x, double y, FILE *f)
{
	switch (colour % 4) {
	case 0:
		fprintf(f, "M%.1f %.1fa4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
		    x - 4.5, y);
		break;
	case 1:
		fprintf(f, "M%.1f %.1fh8v8h-8z", x - 4, y - 4);
		break;
	case 2:
		fprintf(f, "M%.1f %.1fl5 9h-10z", x, y - 5.5);
		break;
	case 3:
		fprintf(f, "M%.1f %.1fl5.5 5.5l-5.5 5.5l-5.5-5.5z", x, y - 5.5);
		break;
	}
}

static void
whisker_print(const struct plot_series *ps, size_t i, const struct axis *x,
    const struct axis *y, FILE *f)
{
	double at = axis_at(x, ps->ps_x[i]), low, high;

	if (ps->ps_low == NULL || ps->ps_high == NULL ||
	    !isfinite(ps->ps_low[i]) || !isfinite(ps->ps_high[i]))
		return;
	low = axis_at(y, ps->ps_low[i]);
	high = axis_at(y, ps->ps_high[i]);
	fputs("<path ", f);
	series_class(ps, " whisker", f);
	fprintf(f, " d=\"M%.1f %.1fh8m-4 0V%.1fm-4 0h8\"/>", at - 4, low,
	    high);
}

/* Each tells its value to a pointer that rests on it. */
static void
marks_print(const struct plot *pl, const struct plot_series *ps,
    const struct axis *x, const struct axis *y, FILE *f)
{
	char text[32];
	size_t i;

	for (i = 0; i < ps->ps_n; i++) {
		if (!known(ps, i))
			continue;
		whisker_print(ps, i, x, y, f);
		fputs("<path ", f);
		series_class(ps, ps->ps_doubt != NULL && ps->ps_doubt[i] ?
		    " mark doubt" : " mark", f);
		fputs(" d=\"", f);
		mark_print(ps->ps_colour, axis_at(x, ps->ps_x[i]),
		    axis_at(y, ps->ps_y[i]), f);
		fputs("\"><title>", f);
		html_text(f, ps->ps_name);
		fputs(": ", f);
		if (pl->pl_xscale == PLOT_NAMES &&
		    ps->ps_x[i] == floor(ps->ps_x[i])) {
			html_text(f, pl->pl_names[(size_t)ps->ps_x[i]]);
		} else {
			plot_label(pl->pl_xunit, ps->ps_x[i], text,
			    sizeof(text));
			fputs(text, f);
		}
		plot_label(pl->pl_yunit, ps->ps_y[i], text, sizeof(text));
		fprintf(f, ", %s</title></path>\n", text);
	}
}

/* A sample of each series, and its name. */
static void
legend_print(const struct plot *pl, FILE *f)
{
	size_t i;

	fputs("<ul class=\"legend\">\n", f);
	for (i = 0; i < pl->pl_nseries; i++) {
		const struct plot_series *ps = &pl->pl_series[i];

		fputs("<li><svg viewBox=\"0 0 28 14\" aria-hidden=\"true\">",
		    f);
		if (ps->ps_style != PLOT_POINTS) {
			fputs("<path ", f);
			series_class(ps, ps->ps_style == PLOT_LIMIT ?
			    " limit" : " line", f);
			fputs(" d=\"M1 7H27\"/>", f);
		}
		if (ps->ps_style == PLOT_LINE || ps->ps_style == PLOT_POINTS) {
			fputs("<path ", f);
			series_class(ps, " mark", f);
			fputs(" d=\"", f);
			mark_print(ps->ps_colour, 14, 7, f);
			fputs("\"/>", f);
		}
		fputs("</svg>", f);
		html_text(f, ps->ps_name);
		fputs("</li>\n", f);
	}
	fputs("</ul>\n", f);
}

static void
series_print(const struct plot *pl, const struct axis *x, const struct axis *y,
    FILE *f)
{
	size_t i;

	for (i = 0; i < pl->pl_nseries; i++) {
		const struct plot_series *ps = &pl->pl_series[i];

		if (ps->ps_style == PLOT_LIMIT)
			limit_print(ps, x, y, f);
		else if (ps->ps_style != PLOT_POINTS)
			line_print(ps, x, y, f);
	}
	for (i = 0; i < pl->pl_nseries; i++) {
		const struct plot_series *ps = &pl->pl_series[i];

		if (ps->ps_style == PLOT_LINE || ps->ps_style == PLOT_POINTS)
			marks_print(pl, ps, x, y, f);
	}
}

static bool
plot_empty(const struct plot *pl)
{
	size_t i, k;

	for (i = 0; i < pl->pl_nseries; i++)
		for (k = 0; k < pl->pl_series[i].ps_n; k++)
			if (known(&pl->pl_series[i], k))
				return false;
	return true;
}

bool
plot_print(const struct plot *pl, FILE *f)
{
	struct axis x, y;

	if (plot_empty(pl))
		return false;
	axes_fit(pl, &x, &y);
	fputs("<figure>\n<figcaption>", f);
	html_text(f, pl->pl_title);
	fputs("</figcaption>\n", f);
	if (pl->pl_nseries > 1)
		legend_print(pl, f);
	fprintf(f, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" "
	    "aria-label=\"", WIDTH, HEIGHT);
	html_text(f, pl->pl_text);
	fputs("\">\n", f);
	xaxis_print(pl, &x, f);
	yaxis_print(pl, &y, f);
	series_print(pl, &x, &y, f);
	fputs("</svg>\n</figure>\n", f);
	return true;
}
