/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that have names: protocols above IP, by the names that IANA has for
 * those that are seen; and codepoints of the DS field, by those that RFC 2474,
 * 2597, 3246, 5865 and 8622 give some of them.
 */
#include <string.h>

#include "ctl/conf/conf_int.h"

struct named {
	const char	*n_name;
	unsigned	 n_number;
};

struct named_type {
	const struct named *nt_names;
	size_t		 nt_n;
	unsigned	 nt_max;	/* of numbers */
	unsigned	 nt_base;	/* a number is kept as this more */
	const char	*nt_accepts;
};

static const struct named protos[] = {
	{ "icmp", 1 }, { "ipip", 4 }, { "tcp", 6 }, { "udp", 17 },
	{ "dccp", 33 }, { "ipv6", 41 }, { "gre", 47 }, { "esp", 50 },
	{ "ah", 51 }, { "icmp6", 58 }, { "ospf", 89 }, { "sctp", 132 },
	{ "udplite", 136 },
};

static const struct named dscps[] = {
	{ "cs0", 0 }, { "le", 1 }, { "cs1", 8 }, { "af11", 10 },
	{ "af12", 12 }, { "af13", 14 }, { "cs2", 16 }, { "af21", 18 },
	{ "af22", 20 }, { "af23", 22 }, { "cs3", 24 }, { "af31", 26 },
	{ "af32", 28 }, { "af33", 30 }, { "cs4", 32 }, { "af41", 34 },
	{ "af42", 36 }, { "af43", 38 }, { "cs5", 40 }, { "va", 44 },
	{ "ef", 46 }, { "cs6", 48 }, { "cs7", 56 },
};

static const struct named_type proto_type = {
	.nt_names = protos,
	.nt_n = sizeof(protos) / sizeof(protos[0]),
	.nt_max = 255,
	.nt_accepts = "a number from 0 to 255, or one of icmp, ipip, tcp, udp, "
	    "dccp, ipv6, gre, esp, ah, icmp6, ospf, sctp, udplite",
};

static const struct named_type dscp_type = {
	.nt_names = dscps,
	.nt_n = sizeof(dscps) / sizeof(dscps[0]),
	.nt_max = 63,
	.nt_base = CONF_DSCP(0),
	.nt_accepts = "a number from 0 to 63, or one of cs0 to cs7, af11 to "
	    "af43, ef, va, le",
};

static bool
named_number(const struct named_type *nt, const char *s, unsigned *number)
{
	uint64_t v;
	size_t i;

	for (i = 0; i < nt->nt_n; i++)
		if (strcmp(s, nt->nt_names[i].n_name) == 0) {
			*number = nt->nt_names[i].n_number;
			return true;
		}
	if (!conf_number(s, strlen(s), &v) || v > nt->nt_max)
		return false;
	*number = (unsigned)v;
	return true;
}

static bool
named_parse(const struct named_type *nt, struct conf_ctx *ctx,
    const struct conf_keydef *k, const struct conf_word *w, unsigned *out)
{
	unsigned number;

	if (!named_number(nt, w->w_text, &number)) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s is %s",
		    conf_quote(w->w_text).q_text, k->kd_name, nt->nt_accepts);
		return false;
	}
	*out = nt->nt_base + number;
	return true;
}

static void
named_print(const struct named_type *nt, unsigned v, FILE *f)
{
	unsigned number = v - nt->nt_base;
	size_t i;

	for (i = 0; i < nt->nt_n; i++)
		if (nt->nt_names[i].n_number == number) {
			fprintf(f, "\"%s\"", nt->nt_names[i].n_name);
			return;
		}
	fprintf(f, "%u", number);
}

static bool
named_equal(const void *a, const void *b)
{
	return *(const unsigned *)a == *(const unsigned *)b;
}

static bool
proto_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	return named_parse(&proto_type, ctx, k, w, out);
}

static void
proto_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	(void)k;
	named_print(&proto_type, *(const unsigned *)v, f);
}

const struct conf_type conf_type_proto = {
	.t_size = sizeof(unsigned),
	.t_parse = proto_parse,
	.t_print = proto_print,
	.t_equal = named_equal,
};

static bool
dscp_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	return named_parse(&dscp_type, ctx, k, w, out);
}

static void
dscp_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	(void)k;
	named_print(&dscp_type, *(const unsigned *)v, f);
}

const struct conf_type conf_type_dscp = {
	.t_size = sizeof(unsigned),
	.t_parse = dscp_parse,
	.t_print = dscp_print,
	.t_equal = named_equal,
};
