/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What "spate show" can show, and how it looks.
 */
#ifndef CMD_SHOW_VIEWS_H
#define CMD_SHOW_VIEWS_H

#include "table.h"

struct view {
	const char *v_name;
	const char *v_text; /* what it is, for the usage message */
	const struct table *v_tables; /* ends with one without path; or NULL: */
	const char *v_verbatim; /* key of a text, printed as it is */
};

/* Ends with one without a name. */
extern const struct view views[];

#endif
