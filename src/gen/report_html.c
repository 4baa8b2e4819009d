/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report as one page of HTML: it needs nothing but itself, runs no script,
 * and is as good on paper.
 */
#include <math.h>
#include <string.h>

#include "gen/plot.h"
#include "gen/report_int.h"

/* Of what does not count, of bounds, and of all others. */
static const char *const row_class[] = { "", "bound", "doubt" };
static const char *const text_class[] = { "good", "warn", "bad" };

static void
notes_print(const json_t *notes, const char *class, FILE *f)
{
	const json_t *note;
	size_t i;

	if (json_array_size(notes) == 0)
		return;
	fprintf(f, "<div class=\"note %s\">", class);
	json_array_foreach(notes, i, note)
	{
		fputs("<p>", f);
		html_text(
		    f, json_is_string(note) ? json_string_value(note) : "");
		fputs("</p>", f);
	}
	fputs("</div>\n", f);
}

/* A term and what it is, unless that is unknown. */
static void
fact(FILE *f, const char *term, const char *text)
{
	if (*text == '\0')
		return;
	fprintf(f, "<dt>%s</dt><dd>", term);
	html_text(f, text);
	fputs("</dd>\n", f);
}

static void
fact_number(FILE *f, const char *term, double v, const char *unit)
{
	char text[64];

	if (!isfinite(v))
		return;
	snprintf(text, sizeof(text), "%.4g %s", v, unit);
	fact(f, term, text);
}

/* Tables of rows: what a row is, whether it counts, numbers, and notes. */

struct view {
	const struct quantity *vi_quantities;
	const json_t *vi_rows;
	bool vi_brief; /* only what most readers want */
};

static bool
shown(const struct view *vi, const struct quantity *qu)
{
	return vi->vi_brief ? quantity_wanted(qu, vi->vi_rows) :
	    quantity_used(qu, vi->vi_rows);
}

static void
head_cell(const struct quantity *qu, FILE *f)
{
	fprintf(f, "<th scope=\"col\"%s>%s<small>%s</small></th>",
	    qu->qu_kind == QK_TEXT ? " class=\"t\"" : "", qu->qu_name,
	    quantity_unit(qu->qu_kind));
}

static void
heading(const struct view *vi, FILE *f)
{
	const struct quantity *qu;

	fputs("<thead><tr>", f);
	for (qu = vi->vi_quantities; qu->qu_key != NULL; qu++)
		if (qu->qu_kind == QK_TEXT && shown(vi, qu))
			head_cell(qu, f);
	fputs("<th scope=\"col\" class=\"t\">result</th>", f);
	for (qu = vi->vi_quantities; qu->qu_key != NULL; qu++)
		if (qu->qu_kind != QK_TEXT && shown(vi, qu))
			head_cell(qu, f);
	fputs("</tr></thead>\n", f);
}

static void
cell(const struct quantity *qu, const json_t *row, FILE *f)
{
	char text[256];

	if (qu->qu_kind == QK_TEXT) {
		fputs("<td class=\"t\">", f);
		html_text(f, tree_text(row, qu->qu_key));
	} else {
		quantity_print(qu, row, true, text, sizeof(text));
		fputs("<td>", f);
		html_text(f, *text != '\0' ? text : "–");
	}
	fputs("</td>", f);
}

/* What is to be said of it stands below, as wide as the table is. */
static void
remarks(const struct view *vi, const json_t *row, FILE *f)
{
	const json_t *notes = json_object_get(row, "notes"), *note;
	const struct quantity *qu;
	unsigned columns = 1;
	size_t i;

	if (json_array_size(notes) == 0)
		return;
	for (qu = vi->vi_quantities; qu->qu_key != NULL; qu++)
		columns += shown(vi, qu);
	fprintf(f, "<tr class=\"%s\"><td class=\"why\" colspan=\"%u\">",
	    row_class[tree_standing(row)], columns);
	json_array_foreach(notes, i, note)
	{
		fputs(i > 0 ? "; " : "", f);
		html_text(
		    f, json_is_string(note) ? json_string_value(note) : "");
	}
	fputs("</td></tr>\n", f);
}

static void
line(const struct view *vi, const json_t *row, FILE *f)
{
	bool noted = json_array_size(json_object_get(row, "notes")) > 0;
	enum standing standing = tree_standing(row);
	const struct quantity *qu;

	fprintf(f, "<tr class=\"%s%s\">", row_class[standing],
	    noted ? " noted" : "");
	for (qu = vi->vi_quantities; qu->qu_key != NULL; qu++)
		if (qu->qu_kind == QK_TEXT && shown(vi, qu))
			cell(qu, row, f);
	fprintf(f, "<td class=\"t %s\">", text_class[standing]);
	html_text(f, tree_text(row, "status"));
	fputs("</td>", f);
	for (qu = vi->vi_quantities; qu->qu_key != NULL; qu++)
		if (qu->qu_kind != QK_TEXT && shown(vi, qu))
			cell(qu, row, f);
	fputs("</tr>\n", f);
	remarks(vi, row, f);
}

static void
table(const struct quantity *qu, const json_t *rows, bool brief, FILE *f)
{
	struct view vi = { qu, rows, brief };
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	fputs("<div class=\"wide\"><table>\n", f);
	heading(&vi, f);
	fputs("<tbody>\n", f);
	json_array_foreach(rows, i, row) line(&vi, row, f);
	fputs("</tbody></table></div>\n", f);
}

/* What takes room and few people read: closed at first. */
static void
closed_table(const char *what, const struct quantity *qu, const json_t *rows,
    FILE *f)
{
	if (json_array_size(rows) == 0)
		return;
	fprintf(f, "<details><summary>%s</summary>\n", what);
	table(qu, rows, false, f);
	fputs("</details>\n", f);
}

static void
trials_print(const json_t *trials, FILE *f)
{
	size_t n = json_array_size(trials);
	char text[64];

	snprintf(text, sizeof(text), "%zu trial%s", n, n == 1 ? "" : "s");
	closed_table(text, trial_quantities, trials, f);
}

static const char *
status_class(const char *status)
{
	if (strcmp(status, "complete") == 0 || strcmp(status, "pass") == 0)
		return "good";
	return strcmp(status, "partial") == 0 ||
	    strcmp(status, "limited") == 0 ? "warn" : "bad";
}

static void
badge(FILE *f, const char *class, const char *before, const char *text)
{
	if (*text == '\0')
		return;
	fprintf(f, "<span class=\"badge %s\">%s", class, before);
	html_text(f, text);
	fputs("</span>", f);
}

static void
expectations(const json_t *list, FILE *f)
{
	const json_t *of;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fputs("<h3>Expected</h3>\n<ul>\n", f);
	json_array_foreach(list, i, of)
	{
		fprintf(f, "<li><span class=\"%s\">",
		    status_class(tree_text(of, "verdict")));
		html_text(f, tree_text(of, "verdict"));
		fputs("</span>: ", f);
		html_text(f, tree_text(of, "text"));
		if (*tree_text(of, "measured") != '\0') {
			fputs(", measured ", f);
			html_text(f, tree_text(of, "measured"));
		}
		fputs("</li>\n", f);
	}
	fputs("</ul>\n", f);
}

static void
method_print(const json_t *method, const char *profile, FILE *f)
{
	const json_t *points = json_object_get(method, "points");
	json_t *rows = tree_rows(method);

	fputs("<section>\n<h2>", f);
	html_text(f, tree_text(method, "title"));
	fputs("</h2>\n<p class=\"clause\">", f);
	if (*tree_text(method, "clause") != '\0') {
		html_text(f, tree_text(method, "clause"));
		fputs(" · ", f);
	}
	fputs("profile ", f);
	html_text(f, profile);
	fputs("</p>\n", f);
	badge(f, status_class(tree_text(method, "status")), "",
	    tree_text(method, "status"));
	badge(f, status_class(tree_text(method, "verdict")), "",
	    tree_text(method, "verdict"));
	fputc('\n', f);
	notes_print(json_object_get(method, "notes"), "", f);
	expectations(json_object_get(method, "expectations"), f);
	if (json_array_size(points) == 0)
		fputs("<p>Nothing was measured.</p>\n", f);
	report_plots(method, f);
	table(point_quantities, rows, true, f);
	json_decref(rows);
	if (tree_has_rows(method)) {
		fputs("<h3>By frame size</h3>\n", f);
		table(point_quantities, points, true, f);
	}
	closed_table("All numbers", point_quantities, points, f);
	trials_print(json_object_get(method, "trials"), f);
	fputs("</section>\n", f);
}

/* What all of it is of */

static void
title_print(const json_t *tree, FILE *f)
{
	const json_t *profile = json_object_get(tree, "profile");
	bool rfc = json_is_true(json_object_get(profile, "rfc"));

	fputs("<header>\n<h1>", f);
	html_text(f, tree_text(tree, "title"));
	fputs("</h1>\n", f);
	badge(f, rfc ? "good" : "warn", "profile ", tree_text(profile, "name"));
	badge(f, status_class(tree_text(tree, "status")), "",
	    tree_text(tree, "status"));
	badge(f, status_class(tree_text(tree, "verdict")), "",
	    tree_text(tree, "verdict"));
	fputc('\n', f);
	if (!rfc) {
		fputs("<p class=\"banner\">Profile <b>", f);
		html_text(f, tree_text(profile, "name"));
		fputs("</b>: ", f);
		html_text(f, tree_text(profile, "text"));
		fputs("</p>\n", f);
	}
	notes_print(json_object_get(tree, "notes"),
	    tree_is(tree, "status", "complete") ? "" : "bad", f);
	fputs("</header>\n", f);
}

static void
overview_print(const json_t *tree, FILE *f)
{
	const json_t *dut = json_object_get(tree, "dut");
	char text[64];
	double s = tree_number(tree, "elapsed_s");

	fputs("<dl>\n", f);
	fact(f, "Device under test", tree_text(dut, "description"));
	fact(f, "its version", tree_text(dut, "version"));
	fact(f, "about it", tree_text(dut, "notes"));
	fact(f, "Began", tree_text(tree, "started"));
	if (isfinite(s)) {
		snprintf(text, sizeof(text), "%.0f s", s);
		fact(f, "Took", text);
	}
	fact(f, "Profile", tree_text(json_object_get(tree, "profile"), "text"));
	fact(f, "Seed", tree_text(tree, "seed"));
	fputs("</dl>\n", f);
}

static const struct quantity port_quantities[] = {
	{ "name", "port", QK_TEXT, ALWAYS },
	{ "driver", "driver", QK_TEXT, ALWAYS },
	{ "device", "device", QK_TEXT, ALWAYS },
	{ "mac", "MAC", QK_TEXT, ALWAYS },
	{ "line_bps", "line rate", QK_BPS, ALWAYS },
	{ "queues", "queues", QK_COUNT, ALWAYS },
	{ "mtu", "MTU", QK_BYTES, ALWAYS },
	{ "addresses", "addresses", QK_TEXT, ALWAYS },
	{ NULL, NULL, QK_TEXT, NEVER },
};

static const struct quantity stream_quantities[] = {
	{ "name", "stream", QK_TEXT, ALWAYS },
	{ "from", "from", QK_TEXT, ALWAYS },
	{ "to", "to", QK_TEXT, ALWAYS },
	{ "packets", "packets", QK_TEXT, ALWAYS },
	{ "flows", "flows", QK_COUNT, ALWAYS },
	{ "weight", "weight", QK_COUNT, ALWAYS },
	{ NULL, NULL, QK_TEXT, NEVER },
};

/* Rows that have nothing but what they are. */
static void
plain_table(const char *name, const struct quantity *qu, const json_t *rows,
    FILE *f)
{
	const struct quantity *of;
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	fprintf(f, "<h3>%s</h3>\n<div class=\"wide\"><table>\n<thead><tr>",
	    name);
	for (of = qu; of->qu_key != NULL; of++)
		if (quantity_used(of, rows))
			head_cell(of, f);
	fputs("</tr></thead>\n<tbody>\n", f);
	json_array_foreach(rows, i, row)
	{
		fputs("<tr>", f);
		for (of = qu; of->qu_key != NULL; of++)
			if (quantity_used(of, rows))
				cell(of, row, f);
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

static void
machine_print(const json_t *tree, FILE *f)
{
	const json_t *machine = json_object_get(tree, "machine");
	const json_t *clock = json_object_get(tree, "clock");
	char text[128];

	fputs("<h3>Tester</h3>\n<dl>\n", f);
	snprintf(text, sizeof(text), "spate %s", tree_text(tree, "spate"));
	fact(f, "Program", text);
	fact(f, "Machine", tree_text(machine, "host"));
	fact(f, "Model", tree_text(machine, "product"));
	fact(f, "System", tree_text(machine, "system"));
	fact(f, "Kernel", tree_text(machine, "kernel"));
	fact(f, "Architecture", tree_text(machine, "architecture"));
	fact(f, "CPU", tree_text(machine, "cpu"));
	fact(f, "Microcode", tree_text(machine, "microcode"));
	fact_number(f, "CPUs", tree_number(machine, "cpus"), "online");
	fact(f, "of them used", tree_text(tree, "cpus"));
	fact(f, "Frequency governor", tree_text(machine, "governor"));
	fact_number(f, "Memory",
	    tree_number(machine, "memory_bytes") / 1073741824, "GiB");
	fact(f, "Clock", tree_text(clock, "source"));
	fact_number(f, "its resolution", tree_number(clock, "resolution_ns"),
	    "ns");
	fputs("</dl>\n", f);
}

static void
setup_print(const json_t *tree, FILE *f)
{
	const json_t *plan = json_object_get(tree, "plan");

	fputs("<section>\n<h2>How to repeat it</h2>\n", f);
	if (*tree_text(tree, "command") != '\0') {
		fputs("<h3>Command</h3>\n<pre>", f);
		html_text(f, tree_text(tree, "command"));
		fputs("</pre>\n", f);
	}
	machine_print(tree, f);
	plain_table("Ports", port_quantities, json_object_get(tree, "ports"),
	    f);
	plain_table("Streams", stream_quantities,
	    json_object_get(tree, "streams"), f);
	if (*tree_text(plan, "text") != '\0') {
		fputs("<h3>Plan ", f);
		html_text(f, tree_text(plan, "file"));
		fputs("</h3>\n<pre>", f);
		html_text(f, tree_text(plan, "text"));
		fputs("</pre>\n", f);
	}
	fputs("</section>\n", f);
}

/* On each sheet of paper. */
static void
always_print(const json_t *tree, FILE *f)
{
	const json_t *profile = json_object_get(tree, "profile");

	fputs("<div class=\"always\">profile ", f);
	html_text(f, tree_text(profile, "name"));
	if (!json_is_true(json_object_get(profile, "rfc")))
		fputs(": durations and repetitions are not those of the RFCs",
		    f);
	if (!tree_is(tree, "status", "complete"))
		fputs(" · the report is partial", f);
	fputs("</div>\n", f);
}

void
report_html(const json_t *tree, FILE *f)
{
	const char *profile =
	    tree_text(json_object_get(tree, "profile"), "name");
	const json_t *method;
	size_t i;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width,initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none';style-src 'unsafe-inline'\">\n"
	    "<title>", f);
	html_text(f, tree_text(tree, "title"));
	fputs("</title>\n<style>\n", f);
	fputs(report_style, f);
	fputs("</style>\n</head>\n<body>\n", f);
	always_print(tree, f);
	title_print(tree, f);
	overview_print(tree, f);
	fputs("<main>\n", f);
	json_array_foreach(json_object_get(tree, "methods"), i, method)
	    method_print(method, profile, f);
	setup_print(tree, f);
	fputs("</main>\n<footer>spate ", f);
	html_text(f, tree_text(tree, "spate"));
	fputs(". Sizes include the FCS; layer 1 counts preamble and gap, 20 "
	    "bytes a frame. Hollow marks and coloured rows do not count, "
	    "and say why. The same numbers are in the JSON and CSV of this "
	    "report.</footer>\n</body>\n</html>\n", f);
}
