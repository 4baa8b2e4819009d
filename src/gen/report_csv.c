/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report as comma-separated values, RFC 4180: one quantity a line, with its
 * unit, so that each line stands for itself and tables of any form can be made
 * of them.
 */
#include <math.h>
#include <string.h>

#include "gen/report_int.h"

/* What the lines of a point or trial begin and end with. */
struct lines {
	FILE *ln_file;
	const char *ln_profile;
	const char *ln_section;
	const char *ln_method;
	const char *ln_point; /* frame size */
	size_t ln_number;     /* of the trial or row, from 1; or 0 */
	const char *ln_where; /* port, stream or variant; "" */
	const char *ln_status;
	const json_t *ln_notes;
};

static void
text_print(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
}

static void
cell(FILE *f, const char *text)
{
	if (strpbrk(text, ",\"\r\n") != NULL) {
		fputc('"', f);
		text_print(f, text);
		fputc('"', f);
	} else {
		fputs(text, f);
	}
	fputc(',', f);
}

/* The last cell: one note after the other. */
static void
notes(FILE *f, const json_t *list)
{
	const json_t *note;
	size_t i, n = 0;

	json_array_foreach(list, i, note)
	{
		const char *text = json_string_value(note);

		if (text == NULL)
			continue;
		fputs(n++ == 0 ? "\"" : "; ", f);
		text_print(f, text);
	}
	fputs(n > 0 ? "\"\r\n" : "\r\n", f);
}

static void
line(const struct lines *ln, const char *quantity, const char *value,
    const char *unit)
{
	FILE *f = ln->ln_file;

	cell(f, ln->ln_section);
	cell(f, ln->ln_method);
	cell(f, ln->ln_point);
	if (ln->ln_number > 0)
		fprintf(f, "%zu", ln->ln_number);
	fputc(',', f);
	cell(f, ln->ln_where);
	cell(f, quantity);
	cell(f, value);
	cell(f, unit);
	cell(f, ln->ln_status);
	cell(f, ln->ln_profile);
	notes(f, ln->ln_notes);
}

/* A number as exactly as the tree has it. */
static void
raw(const json_t *value, char *text, size_t len)
{
	if (json_is_integer(value))
		snprintf(text, len, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
	else
		snprintf(text, len, "%.15g", json_real_value(value));
}

static void
quantities(const struct lines *ln, const struct quantity *qu,
    const json_t *row)
{
	for (; qu->qu_key != NULL; qu++) {
		const json_t *value = json_object_get(row, qu->qu_key);
		char text[64];

		if (qu->qu_kind == QK_TEXT || !json_is_number(value))
			continue;
		raw(value, text, sizeof(text));
		line(ln, qu->qu_key, text, quantity_raw_unit(qu->qu_kind));
	}
}

/* latency.p99.9 and the like. */
static void
distribution(const struct lines *ln, const char *name, const json_t *dist)
{
	static const char *const keys[] = { "count", "min", "mean", "stddev",
		"max" };
	const char *unit = tree_text(dist, "unit");
	char quantity[64], text[64];
	const json_t *pair;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(dist, keys[i]);

		if (!json_is_number(value))
			continue;
		raw(value, text, sizeof(text));
		snprintf(quantity, sizeof(quantity), "%s.%s", name, keys[i]);
		line(ln, quantity, text, i > 0 ? unit : "1");
	}
	json_array_foreach(json_object_get(dist, "percentiles"), i, pair)
	{
		const json_t *value = json_array_get(pair, 1);

		if (!json_is_number(value))
			continue;
		raw(value, text, sizeof(text));
		snprintf(quantity, sizeof(quantity), "%s.p%.10g", name,
		    json_number_value(json_array_get(pair, 0)));
		line(ln, quantity, text, unit);
	}
}

static void
distributions(const struct lines *ln, const json_t *row)
{
	unsigned i;

	for (i = 0; distribution_keys[i] != NULL; i++)
		distribution(ln, distribution_keys[i],
		    json_object_get(row, distribution_keys[i]));
}

/* Ports or streams of a trial; what left a port, and what was sent to it. */
static void
parts(const struct lines *trial, const json_t *list, const char *section)
{
	struct lines ln = *trial;
	const json_t *part;
	char from[64], to[64];
	size_t i;

	json_array_foreach(list, i, part)
	{
		ln.ln_section = section;
		ln.ln_where = tree_text(part, "name");
		quantities(&ln, trial_quantities, part);
		snprintf(from, sizeof(from), "%s from", section);
		ln.ln_section = from;
		quantities(&ln, trial_quantities,
		    json_object_get(part, "from_it"));
		snprintf(to, sizeof(to), "%s to", section);
		ln.ln_section = to;
		quantities(&ln, trial_quantities,
		    json_object_get(part, "to_it"));
	}
}

/* A result or trial, with its own status and notes. */
static struct lines
begin(const struct lines *method, const char *section, const json_t *of)
{
	struct lines ln = *method;

	ln.ln_section = section;
	ln.ln_point = tree_text(of, "frame");
	ln.ln_where = tree_text(of, "variant");
	ln.ln_status = tree_text(of, "status");
	ln.ln_notes = json_object_get(of, "notes");
	return ln;
}

static void
point(const struct lines *method, const json_t *of)
{
	struct lines ln = begin(method, "result", of);
	const json_t *inner;
	size_t i;

	/* Of a point without any number at least what became of it. */
	line(&ln, "status", ln.ln_status, "");
	quantities(&ln, point_quantities, of);
	distributions(&ln, of);
	json_array_foreach(json_object_get(of, "rows"), i, inner)
	{
		ln = begin(method, "row", inner);
		ln.ln_number = i + 1;
		quantities(&ln, point_quantities, inner);
	}
}

static void
trial(const struct lines *method, const json_t *of, size_t number)
{
	struct lines ln = begin(method, "trial", of);

	ln.ln_number = number;
	quantities(&ln, trial_quantities, of);
	parts(&ln, json_object_get(of, "ports"), "port");
	parts(&ln, json_object_get(of, "streams"), "stream");
}

/* Who, where, with what: "machine.cpu" and the like. */
static void
facts(const struct lines *ln, const char *path, const json_t *value)
{
	const char *key;
	const json_t *inner;
	char text[64], deeper[256];
	size_t i;

	json_object_foreach((json_t *)value, key, inner)
	{
		if (*path == '\0' && strcmp(key, "methods") == 0)
			continue;
		snprintf(deeper, sizeof(deeper), "%s%s%s", path,
		    *path != '\0' ? "." : "", key);
		facts(ln, deeper, inner);
	}
	json_array_foreach(value, i, inner)
	{
		snprintf(deeper, sizeof(deeper), "%s.%zu", path, i + 1);
		facts(ln, deeper, inner);
	}
	if (json_is_string(value)) {
		line(ln, path, json_string_value(value), "");
	} else if (json_is_boolean(value)) {
		line(ln, path, json_is_true(value) ? "true" : "false", "");
	} else if (json_is_number(value)) {
		raw(value, text, sizeof(text));
		line(ln, path, text, "");
	}
}

void
report_csv(const json_t *tree, FILE *f)
{
	struct lines ln = { .ln_file = f, .ln_method = "", .ln_point = "",
		.ln_where = "", .ln_section = "report",
		.ln_status = tree_text(tree, "status"),
		.ln_profile = tree_text(
		    json_object_get(tree, "profile"), "name") };
	const json_t *method, *of;
	size_t i, k;

	fputs("section,method,frame,number,where,quantity,value,unit,status,"
	    "profile,notes\r\n", f);
	facts(&ln, "", tree);
	json_array_foreach(json_object_get(tree, "methods"), i, method)
	{
		ln.ln_method = tree_text(method, "name");
		/* Of a method without results at least why. */
		ln.ln_section = "method";
		ln.ln_status = tree_text(method, "status");
		ln.ln_notes = json_object_get(method, "notes");
		line(&ln, "status", ln.ln_status, "");
		json_array_foreach(json_object_get(method, "points"), k, of)
		    point(&ln, of);
		json_array_foreach(json_object_get(method, "trials"), k, of)
		    trial(&ln, of, k + 1);
	}
}
