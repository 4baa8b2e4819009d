/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What "spate show" can show, as JSON.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"

/*
 * A new object with what was asked for; NULL if there is nothing of that name
 * or no memory.
 */
json_t *show(struct ctl *, const char *what) ON_CTL;

/* The routes of these tables. */
json_t *show_routes_of(struct ctl *, unsigned first, unsigned last) ON_CTL;

/*
 * Flow caches, and of their flows sfw_most at most, those to a network or
 * (ADDR_NONE) any.
 */
#define SHOW_FLOWS_MOST 10000u
struct show_flows_wish {
	struct prefix sfw_to;
	unsigned sfw_most;
};
json_t *show_flows_of(struct ctl *, const struct show_flows_wish *) ON_CTL;

/* The names that show() knows, separated by commas, for messages. */
const char *show_names(void);

#endif
