/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports, one or from one to another.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf_int.h"

static bool
port_number(const char *s, size_t len, uint64_t *v)
{
	return conf_number(s, len, v) && *v <= UINT16_MAX;
}

static bool
ports_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	const char *dash = strchr(w->w_text, '-');
	struct conf_ports *cp = out;
	size_t len = dash != NULL ? (size_t)(dash - w->w_text) :
	    strlen(w->w_text);
	uint64_t lo;
	uint64_t hi;

	if (port_number(w->w_text, len, &lo)) {
		hi = lo;
		if ((dash == NULL ||
			port_number(dash + 1, strlen(dash + 1), &hi)) &&
		    lo <= hi) {
			cp->cp_lo = (uint16_t)lo;
			cp->cp_hi = (uint16_t)hi;
			return true;
		}
	}
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s: %s is a number from 0 to 65535, or two with a \"-\" between, "
	    "the lower one first, as 8000-8080",
	    conf_quote(w->w_text).q_text, k->kd_name);
	return false;
}

static void
ports_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct conf_ports *cp = v;

	(void)k;
	if (cp->cp_lo == cp->cp_hi)
		fprintf(f, "%u", cp->cp_lo);
	else
		fprintf(f, "\"%u-%u\"", cp->cp_lo, cp->cp_hi);
}

static bool
ports_equal(const void *a, const void *b)
{
	const struct conf_ports *p = a;
	const struct conf_ports *q = b;

	return p->cp_lo == q->cp_lo && p->cp_hi == q->cp_hi;
}

const struct conf_type conf_type_ports = {
	.t_size = sizeof(struct conf_ports),
	.t_parse = ports_parse,
	.t_print = ports_print,
	.t_equal = ports_equal,
};
