/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables: rows are gathered along a path, then every cell is made into text,
 * then columns are as wide as their widest cell.
 */
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define DEPTH	 4  /* objects from the top to a row */
#define CELL_MAX 256 /* bytes of a cell; longer ones are cut */

/* An object, and those it lies in. */
struct row {
	const json_t *r_at[DEPTH];
	unsigned r_depth;
};

struct rows {
	struct row *rs_row;
	size_t rs_n;
	size_t rs_room;
};

static void
rows_add(struct rows *rs, const struct row *r)
{
	if (rs->rs_n == rs->rs_room) {
		rs->rs_room = rs->rs_room * 2 + 16;
		rs->rs_row =
		    reallocarray(rs->rs_row, rs->rs_room, sizeof(*rs->rs_row));
		if (rs->rs_row == NULL) {
			perror("spate");
			exit(1);
		}
	}
	rs->rs_row[rs->rs_n++] = *r;
}

/* Follow the rest of a path from r; value is what its last step led to. */
static void
rows_gather(struct rows *rs, struct row r, const json_t *value,
    const char *path)
{
	size_t i, len = strcspn(path, "/");
	const json_t *item;

	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		    rows_gather(rs, r, item, path);
		return;
	}
	if (!json_is_object(value) || r.r_depth == DEPTH)
		return;
	r.r_at[r.r_depth++] = value;
	if (len == 0)
		rows_add(rs, &r);
	else
		rows_gather(rs, r, json_object_getn(value, path, len),
		    path + len + (path[len] == '/'));
}

static const json_t *
row_value(const struct row *r, const char *key)
{
	unsigned at = r->r_depth - 1;

	for (; strncmp(key, "../", 3) == 0 && at > 0; key += 3)
		at--;
	return json_object_get(r->r_at[at], key);
}

static bool
value_empty(const json_t *v)
{
	if (json_is_string(v))
		return *json_string_value(v) == '\0';
	return v == NULL || json_is_null(v) || json_is_false(v);
}

static void
format_bytes(double n, char text[static CELL_MAX])
{
	static const char units[] = "KMGTPE";
	int i = -1;

	for (; n >= 1024 && units[i + 1] != '\0'; i++)
		n /= 1024;
	if (i < 0)
		snprintf(text, CELL_MAX, "%.0f", n);
	else
		snprintf(text, CELL_MAX, "%.1f%c", n, units[i]);
}

static void
format_rate(double n, char text[static CELL_MAX])
{
	static const char units[] = " kMGTPE";
	int i = 0;

	/* What would be printed as 1000.0k is 1.0M. */
	for (; n >= (i > 0 ? 999.95 : 999.5) && units[i + 1] != '\0'; i++)
		n /= 1000;
	if (i > 0)
		snprintf(text, CELL_MAX, "%.1f%c", n, units[i]);
	else
		snprintf(text, CELL_MAX, "%.*f", n > 0 && n < 9.95 ? 1 : 0, n);
}

static void
format_time(double seconds, char text[static CELL_MAX])
{
	unsigned long s = (unsigned long)seconds;

	if (s < 60)
		snprintf(text, CELL_MAX, "%.1fs", seconds);
	else if (s < 86400)
		snprintf(text, CELL_MAX, "%02lu:%02lu:%02lu", s / 3600,
		    s / 60 % 60, s % 60);
	else
		snprintf(text, CELL_MAX, "%lud %02lu:%02lu", s / 86400,
		    s / 3600 % 24, s / 60 % 60);
}

/* A value as the column wants it, or as it is if it is something else. */
static void
cell_format(const json_t *v, enum cell cell, char text[static CELL_MAX])
{
	if (cell == CELL_YES)
		snprintf(text, CELL_MAX, "%s", value_empty(v) ? "-" : "yes");
	else if (value_empty(v))
		snprintf(text, CELL_MAX, "-");
	else if (json_is_string(v))
		snprintf(text, CELL_MAX, "%s", json_string_value(v));
	else if (!json_is_number(v))
		snprintf(text, CELL_MAX, "?");
	else if (cell == CELL_BYTES)
		format_bytes(json_number_value(v), text);
	else if (cell == CELL_TIME)
		format_time(json_number_value(v), text);
	else if (cell == CELL_RATE)
		format_rate(json_number_value(v), text);
	else if (cell == CELL_REAL || json_is_real(v))
		snprintf(text, CELL_MAX, "%.1f", json_number_value(v));
	else
		snprintf(text, CELL_MAX, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
}

/* The text of a column in a row; without a row, its heading. */
static void
cell_text(const struct column *co, const struct row *r,
    char text[static CELL_MAX])
{
	if (r == NULL)
		snprintf(text, CELL_MAX, "%s", co->co_heading);
	else
		cell_format(row_value(r, co->co_key), co->co_cell, text);
}

static unsigned
table_columns(const struct table *ta)
{
	unsigned n = 0;

	while (n < TABLE_COLUMNS && ta->ta_columns[n].co_key != NULL)
		n++;
	return n;
}

/* The widest of a column's texts. */
static int
column_width(const struct column *co, const struct rows *rs)
{
	char text[CELL_MAX];
	size_t i, width;

	width = strlen(co->co_heading);
	for (i = 0; i < rs->rs_n; i++) {
		cell_text(co, &rs->rs_row[i], text);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void
line_print(const struct table *ta, const int *width, const struct row *r,
    FILE *f)
{
	unsigned i, n = table_columns(ta);
	char text[CELL_MAX];

	for (i = 0; i < n; i++) {
		const struct column *co = &ta->ta_columns[i];
		bool left = co->co_cell <= CELL_YES;
		const char *gap = i > 0 ? "  " : "";

		cell_text(co, r, text);
		if (left && i + 1 == n) /* no blanks at the end of a line */
			fprintf(f, "%s%s", gap, text);
		else
			fprintf(f, "%s%*s", gap, left ? -width[i] : width[i],
			    text);
	}
	fputc('\n', f);
}

/* Drop the rows that the table does not want. */
static void
rows_filter(struct rows *rs, const struct table *ta)
{
	size_t i, n = 0;

	for (i = 0; i < rs->rs_n; i++)
		if (ta->ta_only == NULL ||
		    !value_empty(row_value(&rs->rs_row[i], ta->ta_only)))
			rs->rs_row[n++] = rs->rs_row[i];
	rs->rs_n = n;
}

bool
table_print(const struct table *ta, const json_t *result, bool gap, FILE *f)
{
	struct row top = { .r_depth = 0 };
	struct rows rs = { .rs_n = 0 };
	int width[TABLE_COLUMNS];
	size_t i;

	rows_gather(&rs, top, result, ta->ta_path);
	rows_filter(&rs, ta);
	for (i = 0; i < table_columns(ta); i++)
		width[i] = column_width(&ta->ta_columns[i], &rs);
	if (gap && (rs.rs_n > 0 || ta->ta_empty != NULL))
		fputc('\n', f);
	if (rs.rs_n > 0)
		line_print(ta, width, NULL, f);
	else if (ta->ta_empty != NULL)
		fprintf(f, "%s\n", ta->ta_empty);
	for (i = 0; i < rs.rs_n; i++)
		line_print(ta, width, &rs.rs_row[i], f);
	free(rs.rs_row);
	return gap || rs.rs_n > 0 || ta->ta_empty != NULL;
}
