/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quantities of a report: their keys, names and units, once for all printers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/report_int.h"

static const struct {
	const char *raw, *unit;
	double divisor;
	int digits; /* behind the point */
} kinds[QK_N] = {
	[QK_TEXT] = { "", "", 1, 0 },
	[QK_COUNT] = { "1", "", 1, 0 },
	[QK_PPS] = { "packet/s", "packet/s", 1, 0 },
	[QK_BPS] = { "bit/s", "Mbit/s", 1e6, 3 },
	[QK_TIME] = { "ns", "µs", 1e3, 3 },
	[QK_SECONDS] = { "s", "s", 1, 3 },
	[QK_PERCENT] = { "%", "%", 1, 4 },
	[QK_BYTES] = { "byte", "byte", 1, 0 },
};

const char *
quantity_unit(enum quantity_kind kind)
{
	return kinds[kind].unit;
}

const char *
quantity_raw_unit(enum quantity_kind kind)
{
	return kinds[kind].raw;
}

const char *
tree_text(const json_t *tree, const char *key)
{
	const char *text = json_string_value(json_object_get(tree, key));

	return text != NULL ? text : "";
}

double
tree_number(const json_t *tree, const char *key)
{
	const json_t *value = json_object_get(tree, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

bool
tree_is(const json_t *tree, const char *key, const char *text)
{
	return strcmp(tree_text(tree, key), text) == 0;
}

enum standing
tree_standing(const json_t *row)
{
	const char *status = tree_text(row, "status");

	if (*status == '\0' || strcmp(status, "valid") == 0)
		return ST_GOOD;
	return strcmp(status, "limited") == 0 ? ST_BOUND : ST_DOUBT;
}

bool
tree_has_rows(const json_t *method)
{
	const json_t *point;
	size_t i;

	json_array_foreach(json_object_get(method, "points"), i,
	    point) if (json_array_size(json_object_get(point, "rows")) >
	    0) return true;
	return false;
}

json_t *
tree_rows(const json_t *method)
{
	json_t *points = json_object_get(method, "points"), *list, *point;
	size_t i;

	if (!tree_has_rows(method))
		return json_is_array(points) ? json_incref(points) :
		    json_array();
	if ((list = json_array()) == NULL)
		return NULL;
	json_array_foreach(points, i,
	    point) if (json_is_array(json_object_get(point, "rows")) &&
	    json_array_extend(list, json_object_get(point, "rows")) != 0)
	{
		json_decref(list);
		return NULL;
	}
	return list;
}

/* Parts the digits of a whole number, which may have a sign, in threes. */
static void
group_digits(const char *number, char *text, size_t len)
{
	size_t n = strlen(number), i, at = 0;

	for (i = 0; i < n && at + 4 < len; i++) {
		if (i > 0 && (n - i) % 3 == 0 && number[i - 1] != '-') {
			memcpy(text + at, "\xe2\x80\xaf", 3); /* U+202F */
			at += 3;
		}
		text[at++] = number[i];
	}
	text[at] = '\0';
}

static void
print_real(enum quantity_kind kind, double v, char *text, size_t len)
{
	double least = pow(10, -kinds[kind].digits);

	v /= kinds[kind].divisor;
	/* What is little is not nothing. */
	if (v > 0 && v < least / 2)
		snprintf(text, len, "<%.*f", kinds[kind].digits, least);
	else
		snprintf(text, len, "%.*f", kinds[kind].digits, v);
}

void
quantity_print(const struct quantity *qu, const json_t *row, bool group,
    char *text, size_t len)
{
	const json_t *value = json_object_get(row, qu->qu_key);
	char digits[64];

	*text = '\0';
	if (qu->qu_kind == QK_TEXT) {
		snprintf(text, len, "%s", tree_text(row, qu->qu_key));
	} else if (!json_is_number(value)) {
		;
	} else if (kinds[qu->qu_kind].digits > 0) {
		print_real(qu->qu_kind, json_number_value(value), text, len);
	} else {
		if (json_is_integer(value))
			snprintf(digits, sizeof(digits),
			    "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		else
			snprintf(digits, sizeof(digits), "%.0f",
			    json_real_value(value));
		if (group)
			group_digits(digits, text, len);
		else
			snprintf(text, len, "%s", digits);
	}
}

bool
quantity_used(const struct quantity *qu, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const json_t *value = json_object_get(row, qu->qu_key);

		if (qu->qu_kind == QK_TEXT ? json_is_string(value) :
		    json_is_number(value))
			return true;
	}
	return false;
}

bool
quantity_wanted(const struct quantity *qu, const json_t *rows)
{
	size_t i;

	if (qu->qu_brief != NOT_ZERO)
		return qu->qu_brief == ALWAYS && quantity_used(qu, rows);
	for (i = 0; i < json_array_size(rows); i++)
		if (tree_number(json_array_get(rows, i), qu->qu_key) > 0)
			return true;
	return false;
}
