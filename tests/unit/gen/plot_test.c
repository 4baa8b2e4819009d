/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plots: labels, axes, and values that no axis has.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/plot.h"
#include "gen/text.h"

/* Not inlined: gcc 12 then takes what it returns for the address of text. */
static char *__attribute__((noinline))
printed(const struct plot *pl, bool drawn)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(plot_print(pl, f), drawn);
	fclose(f);
	if (!drawn)
		assert_int_equal(len, 0);
	return text;
}

static unsigned
occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

/* Every number of a path is within the box. */
static void
inside_box(const char *svg)
{
	const char *p = svg;

	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	while ((p = strstr(p, " d=\"M")) != NULL) {
		char *end;
		double x = strtod(p + 5, &end), y = strtod(end, NULL);

		assert_true(x >= -6 && x <= 566);
		assert_true(y >= -6 && y <= 316);
		p += 5;
	}
}

static void
labels(void **state)
{
	static const struct {
		enum plot_unit unit;
		double value;
		const char *text;
	} cases[] = {
		{ PLOT_PLAIN, 0, "0" },
		{ PLOT_PLAIN, 999, "999" },
		{ PLOT_PLAIN, 1000, "1 k" },
		{ PLOT_PLAIN, 14880952.38, "14.88 M" },
		{ PLOT_PLAIN, 1e10, "10 G" },
		{ PLOT_PLAIN, -2500, "-2.5 k" },
		{ PLOT_PLAIN, 1e21, "1e+06 P" },
		{ PLOT_TIME, 0, "0 ns" },
		{ PLOT_TIME, 0.5, "0.5 ns" },
		{ PLOT_TIME, 1500, "1.5 µs" },
		{ PLOT_TIME, 2e6, "2 ms" },
		{ PLOT_TIME, 3.6e12, "3600 s" },
		{ PLOT_PERCENT, 0.001, "0.001 %" },
		{ PLOT_PERCENT, 100, "100 %" },
	};
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plot_label(cases[i].unit, cases[i].value, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void
spreads(void **state)
{
	assert_false(plot_spread((double[]){ 1, 10 }, 2));
	assert_true(plot_spread((double[]){ 1, 100 }, 2));
	assert_true(plot_spread((double[]){ NAN, 0, 1, INFINITY, 100 }, 5));
	assert_false(plot_spread((double[]){ 0, NAN }, 2));
	assert_false(plot_spread(NULL, 0));
}

/* Whatever the values, the plot stays in its box and numbers are numbers. */
static void
any_values(void **state)
{
	static const double values[][4] = {
		{ 1, 2, 3, 4 },
		{ 0, 0, 0, 0 },
		{ NAN, 5, NAN, NAN },
		{ 7, 7, 7, 7 },
		{ -5, 3, -1, 0 },
		{ 1e-9, 1e300, 1, 1e12 },
		{ INFINITY, 1, -INFINITY, 2 },
		{ 1e300, 1e300, 1e300, 1e300 },
		{ 99.999, 100, 0, 200 },
	};
	static const char *const names[] = { "64", "128", "256", "512" };
	static const double at[] = { 0, 1, 2, 3 };
	struct plot_series ps = { .ps_name = "s", .ps_n = 4 };
	struct plot pl = { .pl_title = "t", .pl_text = "t", .pl_xlabel = "x",
		.pl_ylabel = "y", .pl_yunit = PLOT_TIME, .pl_names = names,
		.pl_nnames = 4, .pl_series = &ps, .pl_nseries = 1 };
	unsigned i, n = sizeof(values) / sizeof(values[0]);

	/* Every style on every scale of both axes. */
	for (i = 0; i < n * 32; i++) {
		char *text;

		pl.pl_xscale = i / 8 % 4;
		pl.pl_yscale = i / 4 % 2;
		ps.ps_style = i % 4;
		ps.ps_y = ps.ps_low = ps.ps_high = values[i / 32];
		ps.ps_x = pl.pl_xscale == PLOT_NAMES ? at : values[i / 32];
		text = printed(&pl, true);
		inside_box(text);
		free(text);
	}
}

static void
empty(void **state)
{
	static const double none[] = { NAN, NAN };
	struct plot_series ps = { .ps_name = "s", .ps_n = 2, .ps_x = none,
		.ps_y = none };
	struct plot pl = { .pl_title = "t", .pl_text = "t", .pl_xlabel = "x",
		.pl_ylabel = "y" };

	free(printed(&pl, false));
	pl.pl_series = &ps;
	pl.pl_nseries = 1;
	free(printed(&pl, false));
}

/* A gap where nothing is known: the line begins anew. */
static void
gaps(void **state)
{
	static const double x[] = { 0, 1, 2, 3, 4 };
	static const double y[] = { 1, 2, NAN, 2, 1 };
	static const bool doubt[] = { false, true, false, false, false };
	struct plot_series ps = { .ps_name = "a", .ps_n = 5, .ps_x = x,
		.ps_y = y, .ps_doubt = doubt };
	struct plot pl = { .pl_title = "t", .pl_text = "t", .pl_xlabel = "x",
		.pl_ylabel = "y", .pl_series = &ps, .pl_nseries = 1 };
	char *text = printed(&pl, true), *line = strstr(text, "s0 line\" d=");

	assert_non_null(line);
	*strchr(line, '>') = '\0';
	assert_int_equal(occurrences(line, "M"), 2);
	assert_int_equal(occurrences(line, "L"), 2);
	line += strlen(line) + 1;
	assert_int_equal(occurrences(line, " mark"), 4);
	assert_int_equal(occurrences(line, " mark doubt"), 1);
	free(text);
}

/* A legend only where there is something to tell apart. */
static void
legend(void **state)
{
	static const double v[] = { 1, 2 };
	struct plot_series ps[20];
	struct plot pl = { .pl_title = "<t>", .pl_text = "\"t\"",
		.pl_xlabel = "x", .pl_ylabel = "y", .pl_series = ps,
		.pl_nseries = 1 };
	char *text;
	unsigned i;

	for (i = 0; i < 20; i++)
		ps[i] = (struct plot_series){ .ps_name = "<b>&", .ps_n = 2,
			.ps_colour = i, .ps_x = v, .ps_y = v };
	text = printed(&pl, true);
	assert_null(strstr(text, "legend"));
	free(text);
	pl.pl_nseries = 20;
	text = printed(&pl, true);
	assert_int_equal(occurrences(text, "<li>"), 20);
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "<t>"));
	assert_non_null(strstr(text, "&lt;b&gt;&amp;"));
	assert_non_null(strstr(text, "s0 again"));
	free(text);
}

/* Many names: some are left out, long ones are cut between characters. */
static void
names(void **state)
{
	static const char *const many[40] = { [0 ... 39] = "größtmögliche" };
	double x[40], y[40];
	struct plot_series ps = { .ps_name = "a", .ps_n = 40, .ps_x = x,
		.ps_y = y };
	struct plot pl = { .pl_title = "t", .pl_text = "t", .pl_xlabel = "x",
		.pl_ylabel = "y", .pl_xscale = PLOT_NAMES, .pl_names = many,
		.pl_nnames = 40, .pl_series = &ps, .pl_nseries = 1 };
	char *text;
	int i;

	for (i = 0; i < 40; i++)
		x[i] = y[i] = i;
	text = printed(&pl, true);
	assert_int_equal(occurrences(text, ">größtmögl…<"), 10);
	free(text);
}

static void
utf8(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "", "" },
		{ "plain\ttext\n", "plain\ttext\n" },
		{ "grün 日本 🙂", "grün 日本 🙂" },
		{ "\xff\xfe", "��" }, { "a\xc3", "a�" },
		{ "\xc0\x80", "��" },	     /* overlong */
		{ "\xed\xa0\x80", "���" },  /* surrogate */
		{ "\xf4\x90\x80\x80", "����" }, /* beyond U+10FFFF */
		{ "\xe2\x82", "��" },
		{ "\x1b[31mred\x07", "�[31mred�" },
		{ "\xc2\x9b", "�" },	     /* CSI of eight bits */
		{ "\xef\xbf\xbf", "�" },    /* no character */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = text_clean(cases[i].from);

		assert_string_equal(text, cases[i].to);
		free(text);
	}
	assert_int_equal(text_columns("grün"), 4);
	assert_int_equal(text_columns("\xff\xff"), 2);
}

static void
html(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	html_text(f, "<a href='x' title=\"y\">&amp;\xff</a>\x1b");
	fclose(f);
	assert_string_equal(text,
	    "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;�"
	    "&lt;/a&gt;�");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(spreads),
		cmocka_unit_test(any_values),
		cmocka_unit_test(empty),
		cmocka_unit_test(gaps),
		cmocka_unit_test(legend),
		cmocka_unit_test(names),
		cmocka_unit_test(utf8),
		cmocka_unit_test(html),
	};

	return cmocka_run_group_tests_name("gen/plot", tests, NULL, NULL);
}
