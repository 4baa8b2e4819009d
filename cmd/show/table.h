/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables for people, made from the daemon's JSON as const descriptions say.
 *
 * A table has a row for each object at its path, "interfaces/addresses": each
 * step is a key, and a list on the way stands for all its items.  A column's
 * key is looked up in the row, or with "../" in the object around it.
 */
#ifndef CMD_SHOW_TABLE_H
#define CMD_SHOW_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum cell {	/* how a value is written; all but the first two are aligned */
	CELL_TEXT,	/* to the left; "-" if empty */
	CELL_YES,	/* "yes" or "-" */
	CELL_NUMBER,
	CELL_REAL,	/* one digit behind the point */
	CELL_BYTES,	/* 512, 1.5K, 64.0M */
	CELL_TIME,	/* seconds: 3.1s, 02:10:59, 3d 02:10 */
	CELL_RATE,	/* 0.5, 999, 1.2k, 10.3M: thousands */
};

struct column {
	const char *co_key;
	const char *co_heading;
	enum cell co_cell;
};

#define TABLE_COLUMNS 12

struct table {
	const char *ta_path;
	const char *ta_only;  /* rows in which this key is not empty, or NULL */
	const char *ta_empty; /* said when there is no row, or NULL */
	struct column ta_columns[TABLE_COLUMNS]; /* up to one without key */
};

/*
 * gap: an empty line goes before it, if there is anything to print.  Returns
 * whether the next table wants one.
 */
bool table_print(const struct table *, const json_t *result, bool gap, FILE *);

#endif
