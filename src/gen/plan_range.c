/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A type of values of plans: ranges of addresses.
 */
#include "gen/plan_int.h"

#include <string.h>

/* At most ADDR_STRLEN - 1 bytes of text. */
static bool
addr_parse_n(struct addr *a, const char *s, size_t n)
{
	char text[ADDR_STRLEN];

	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	return addr_parse(a, text) == 0;
}

/* Hosts of a network: without its own address and IPv4's broadcast. */
static void
range_of_prefix(const struct prefix *p, struct plan_range *pg)
{
	const struct prefix net = conf_net(p);
	const unsigned host = addr_bits(net.p_addr.a_family) - net.p_len;
	struct in6 mask;

	pg->pg_from = net.p_addr;
	if (net.p_addr.a_family == ADDR_V4) {
		pg->pg_to = addr_v4(net.p_addr.a_v4 | ~in_mask(net.p_len));
		if (host > 1) {
			pg->pg_from.a_v4++;
			pg->pg_to.a_v4--;
		}
		return;
	}
	mask = in6_mask(net.p_len);
	pg->pg_to = addr_v6((struct in6) {
	    net.p_addr.a_v6.i6_hi | ~mask.i6_hi,
	    net.p_addr.a_v6.i6_lo | ~mask.i6_lo,
	});
	if (host > 1)
		pg->pg_from.a_v6.i6_lo++;
}

static bool
range_text(const char *s, struct plan_range *pg)
{
	const char *dash = strchr(s, '-');
	struct prefix p;

	if (strchr(s, '/') != NULL) {
		if (prefix_parse(&p, s) != 0)
			return false;
		range_of_prefix(&p, pg);
		return true;
	}
	if (!addr_parse_n(&pg->pg_from, s,
		dash != NULL ? (size_t)(dash - s) : strlen(s)))
		return false;
	pg->pg_to = pg->pg_from;
	return dash == NULL || addr_parse_n(&pg->pg_to, dash + 1,
	    strlen(dash + 1));
}

static bool
range_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_range *pg = out;
	const char *why = NULL;

	pg->pg_pos = w->w_pos;
	if (!range_text(w->w_text, pg))
		why = "an address, a network, or a first and a last address, "
		      "as 10.0.0.9, 10.0.0.0/24 or 10.0.0.9-10.0.0.99";
	else if (pg->pg_from.a_family != pg->pg_to.a_family)
		why = "of one family, IPv4 or IPv6";
	else if (addr_cmp(&pg->pg_from, &pg->pg_to) > 0)
		why = "a range whose first address is not behind its last";
	if (why == NULL)
		return true;
	conf_error(ctx->x_errs, &w->w_pos, "%s: %s is %s",
	    conf_quote(w->w_text).q_text, k->kd_name, why);
	return false;
}

static void
range_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct plan_range *pg = v;
	char from[ADDR_STRLEN];
	char to[ADDR_STRLEN];

	addr_format(&pg->pg_from, from);
	addr_format(&pg->pg_to, to);
	if (strcmp(from, to) == 0)
		fprintf(f, "\"%s\"", from);
	else
		fprintf(f, "\"%s-%s\"", from, to);
}

static bool
range_equal(const void *a, const void *b)
{
	const struct plan_range *p = a;
	const struct plan_range *q = b;

	return addr_eq(&p->pg_from, &q->pg_from) &&
	    addr_eq(&p->pg_to, &q->pg_to);
}

const struct conf_type plan_type_range = {
	.t_size = sizeof(struct plan_range),
	.t_parse = range_parse,
	.t_print = range_print,
	.t_equal = range_equal,
};
