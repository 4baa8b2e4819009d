/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report as text for a terminal: who and what, then a table for each method.
 *
 * What does not count says so in its row, and a note below the table says why.
 */
#include <math.h>
#include <string.h>

#include "gen/report_int.h"
#include "gen/text.h"

#define CELL	256
#define COLUMNS 24 /* of a table, at most: the list of quantities is shorter */

struct grid {
	const struct quantity *gr_column[COLUMNS];
	size_t gr_width[COLUMNS];
	unsigned gr_n;
	size_t gr_blanks; /* to come before what comes next in a line */
};

/* Text of anybody's: nothing of it may command the terminal. */
static void
say(FILE *f, const char *text)
{
	uint32_t ch;
	unsigned n;

	for (; *text != '\0'; text += n) {
		n = text_utf8(text, &ch);
		if (ch == TEXT_BAD || ch == '\n')
			fputc('?', f);
		else
			fwrite(text, 1, n, f);
	}
}

/* No line ends in blanks. */
static void
blanks_say(struct grid *gr, FILE *f)
{
	for (; gr->gr_blanks > 0; gr->gr_blanks--)
		fputc(' ', f);
}

static void
line_end(struct grid *gr, FILE *f)
{
	gr->gr_blanks = 0;
	fputc('\n', f);
}

static void
widen(struct grid *gr, unsigned i, const char *text)
{
	size_t columns = text_columns(text);

	if (columns > gr->gr_width[i])
		gr->gr_width[i] = columns;
}

/* Which columns there are, and how wide they must be. */
static void
grid_fit(struct grid *gr, const struct quantity *qu, const json_t *rows)
{
	const json_t *row;
	char text[CELL];
	size_t k;

	*gr = (struct grid){ 0 };
	for (; qu->qu_key != NULL; qu++) {
		unsigned i = gr->gr_n;

		if (i == COLUMNS || !quantity_wanted(qu, rows))
			continue;
		gr->gr_column[gr->gr_n++] = qu;
		widen(gr, i, qu->qu_name);
		widen(gr, i, quantity_unit(qu->qu_kind));
		json_array_foreach(rows, k, row)
		{
			quantity_print(qu, row, false, text, sizeof(text));
			widen(gr, i, *text != '\0' ? text : "-");
		}
	}
}

static void
cell(struct grid *gr, unsigned i, const char *text, FILE *f)
{
	size_t more = gr->gr_width[i] - text_columns(text);
	bool left = gr->gr_column[i]->qu_kind == QK_TEXT;

	gr->gr_blanks += 2 + (left ? 0 : more);
	if (*text != '\0') {
		blanks_say(gr, f);
		say(f, text);
	}
	gr->gr_blanks += left ? more : 0;
}

static void
heading(struct grid *gr, FILE *f)
{
	unsigned i;

	for (i = 0; i < gr->gr_n; i++)
		cell(gr, i, gr->gr_column[i]->qu_name, f);
	line_end(gr, f);
	for (i = 0; i < gr->gr_n; i++)
		cell(gr, i, quantity_unit(gr->gr_column[i]->qu_kind), f);
	line_end(gr, f);
}

static void
note(const char *label, const json_t *notes, FILE *f)
{
	const json_t *text;
	size_t i;

	json_array_foreach(notes, i, text)
	{
		if (!json_is_string(text))
			continue;
		fprintf(f, "  %s ", label);
		say(f, json_string_value(text));
		fputc('\n', f);
	}
}

/* One line; what does not count, or has a note, is marked at its end. */
static void
line(struct grid *gr, const json_t *row, unsigned number, FILE *f)
{
	char text[CELL];
	unsigned i;

	for (i = 0; i < gr->gr_n; i++) {
		quantity_print(gr->gr_column[i], row, false, text,
		    sizeof(text));
		cell(gr, i, *text != '\0' ? text : "-", f);
	}
	gr->gr_blanks += 2;
	if (tree_standing(row) != ST_GOOD) {
		blanks_say(gr, f);
		say(f, tree_text(row, "status"));
		gr->gr_blanks = 1;
	}
	if (number > 0) {
		blanks_say(gr, f);
		fprintf(f, "[%u]", number);
	}
	line_end(gr, f);
}

static const json_t *
notes_of(const json_t *row)
{
	const json_t *notes = json_object_get(row, "notes");

	return json_array_size(notes) > 0 ? notes : NULL;
}

/*
 * The number of a row's notes: of the first row that has the same. Counts on
 * if it is that one.
 */
static unsigned
note_number(const json_t *rows, size_t at, unsigned *nnotes)
{
	unsigned number = 0;
	size_t i, k;

	for (i = 0; i <= at; i++) {
		const json_t *notes = notes_of(json_array_get(rows, i));

		for (k = 0; notes != NULL && k < i; k++)
			if (json_equal(
				notes, notes_of(json_array_get(rows, k))))
				break;
		if (notes == NULL || k < i)
			continue;
		number++;
		if (json_equal(notes, notes_of(json_array_get(rows, at))))
			break;
	}
	if (number > *nnotes)
		*nnotes = number;
	return number;
}

static void
table(const json_t *rows, FILE *f)
{
	struct grid gr;
	const json_t *row;
	unsigned nnotes = 0, said = 0;
	size_t i;

	grid_fit(&gr, point_quantities, rows);
	heading(&gr, f);
	json_array_foreach(rows, i, row) line(&gr, row,
	    notes_of(row) != NULL ? note_number(rows, i, &nnotes) : 0, f);
	json_array_foreach(rows, i, row)
	{
		char label[16];

		if (notes_of(row) == NULL ||
		    note_number(rows, i, &nnotes) != said + 1)
			continue;
		snprintf(label, sizeof(label), "[%u]", ++said);
		note(label, notes_of(row), f);
	}
}

static void
points_say(const json_t *points, FILE *f)
{
	const json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
	{
		const json_t *notes = json_object_get(point, "notes");

		if (tree_standing(point) == ST_GOOD &&
		    json_array_size(notes) == 0)
			continue;
		fputs("  ", f);
		say(f, tree_text(point, "frame"));
		fputs(": ", f);
		say(f, tree_text(point, "status"));
		fputc('\n', f);
		note("   ", notes, f);
	}
}

static void
expectations(const json_t *list, FILE *f)
{
	const json_t *of;
	size_t i;

	json_array_foreach(list, i, of)
	{
		fputs("  ", f);
		say(f, tree_text(of, "verdict"));
		fputs(": ", f);
		say(f, tree_text(of, "text"));
		if (*tree_text(of, "measured") != '\0') {
			fputs(", measured ", f);
			say(f, tree_text(of, "measured"));
		}
		fputc('\n', f);
	}
}

static void
method_print(const json_t *method, const char *profile, FILE *f)
{
	json_t *rows = tree_rows(method);

	fputc('\n', f);
	say(f, tree_text(method, "title"));
	fputs(" (", f);
	if (*tree_text(method, "clause") != '\0') {
		say(f, tree_text(method, "clause"));
		fputs("; ", f);
	}
	fputs("profile ", f);
	say(f, profile);
	fputs(")", f);
	if (!tree_is(method, "status", "complete")) {
		fputs(": ", f);
		say(f, tree_text(method, "status"));
	}
	fputs("\n", f);
	note("!", json_object_get(method, "notes"), f);
	if (json_array_size(rows) == 0)
		fputs("  no result\n", f);
	else
		table(rows, f);
	json_decref(rows);
	/* What is to be said of a size as a whole. */
	if (tree_has_rows(method))
		points_say(json_object_get(method, "points"), f);
	expectations(json_object_get(method, "expectations"), f);
}

static void
fact(const char *name, const char *text, FILE *f)
{
	if (*text == '\0')
		return;
	fprintf(f, "%-10s", name);
	say(f, text);
	fputc('\n', f);
}

static void
port(const json_t *of, FILE *f)
{
	double bps = tree_number(of, "line_bps");

	fprintf(f, "%-10s", "port");
	say(f, tree_text(of, "name"));
	fputs(", driver ", f);
	say(f, tree_text(of, "driver"));
	if (isfinite(bps) && bps > 0)
		fprintf(f, ", line rate %.6g Gbit/s", bps / 1e9);
	fputc('\n', f);
}

static void
head(const json_t *tree, FILE *f)
{
	const json_t *machine = json_object_get(tree, "machine");
	const json_t *profile = json_object_get(tree, "profile");
	const json_t *of;
	char text[CELL];
	size_t i;

	fact("report", tree_text(tree, "title"), f);
	snprintf(text, sizeof(text), "%s: %s", tree_text(profile, "name"),
	    tree_text(profile, "text"));
	fact("profile", text, f);
	fact("device", tree_text(json_object_get(tree, "dut"), "description"),
	    f);
	json_array_foreach(json_object_get(tree, "ports"), i, of) port(of, f);
	snprintf(text, sizeof(text), "spate %s on %s, %s",
	    tree_text(tree, "spate"), tree_text(machine, "cpu"),
	    tree_text(machine, "kernel"));
	fact("tester", text, f);
	fact("seed", tree_text(tree, "seed"), f);
	fact("began", tree_text(tree, "started"), f);
}

void
report_text(const json_t *tree, FILE *f)
{
	const json_t *method;
	size_t i;

	head(tree, f);
	json_array_foreach(json_object_get(tree, "methods"), i, method)
	    method_print(
		method, tree_text(json_object_get(tree, "profile"), "name"), f);
	if (!tree_is(tree, "status", "complete")) {
		fputs("\nPARTIAL: not all that was planned was measured\n", f);
		note("!", json_object_get(tree, "notes"), f);
	}
}
