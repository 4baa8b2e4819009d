/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codepoints of the DS field, by number or by the names that RFC 2474, 2597,
 * 3246, 5865 and 8622 give some of them.
 */
#include <string.h>

#include "ctl/conf/conf_int.h"

static const struct {
	const char	*name;
	unsigned	 dscp;
} names[] = {
	{ "cs0", 0 }, { "le", 1 }, { "cs1", 8 }, { "af11", 10 },
	{ "af12", 12 }, { "af13", 14 }, { "cs2", 16 }, { "af21", 18 },
	{ "af22", 20 }, { "af23", 22 }, { "cs3", 24 }, { "af31", 26 },
	{ "af32", 28 }, { "af33", 30 }, { "cs4", 32 }, { "af41", 34 },
	{ "af42", 36 }, { "af43", 38 }, { "cs5", 40 }, { "va", 44 },
	{ "ef", 46 }, { "cs6", 48 }, { "cs7", 56 },
};

static bool
dscp_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(w->w_text, names[i].name) == 0) {
			*(unsigned *)out = CONF_DSCP(names[i].dscp);
			return true;
		}
	if (conf_number(w->w_text, strlen(w->w_text), &v) && v < 64) {
		*(unsigned *)out = CONF_DSCP((unsigned)v);
		return true;
	}
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s: %s is a number from 0 to 63, or one of cs0 to cs7, af11 to "
	    "af43, ef, va, le", conf_quote(w->w_text).q_text, k->kd_name);
	return false;
}

static void
dscp_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	unsigned dscp = *(const unsigned *)v - CONF_DSCP(0);
	size_t i;

	(void)k;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].dscp == dscp) {
			fprintf(f, "\"%s\"", names[i].name);
			return;
		}
	fprintf(f, "%u", dscp);
}

static bool
dscp_equal(const void *a, const void *b)
{
	return *(const unsigned *)a == *(const unsigned *)b;
}

const struct conf_type conf_type_dscp = {
	.t_size = sizeof(unsigned),
	.t_parse = dscp_parse,
	.t_print = dscp_print,
	.t_equal = dscp_equal,
};
