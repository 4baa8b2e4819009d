/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of others, as values of the configuration. */
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf_int.h"
#include "ctl/conf/conf_schema.h"

static bool
addr_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct conf_addr *ca = out;
	const char *why;

	ca->ca_pos = w->w_pos;
	ca->ca_zone[0] = '\0';
	if (addr_parse(&ca->ca_addr, w->w_text) != 0) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: expected an IPv4 or IPv6 address%s",
		    conf_quote(w->w_text).q_text,
		    strchr(w->w_text, '/') != NULL ? " without a length" : "");
		return false;
	}
	if ((why = conf_host_wrong(&ca->ca_addr)) != NULL) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s is %s; expected the address of a neighbour",
		    conf_quote(w->w_text).q_text, why);
		return false;
	}
	return true;
}

static void
addr_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct conf_addr *ca = v;
	char buf[ADDR_STRLEN];

	fprintf(f, "\"%s\"", addr_format(&ca->ca_addr, buf));
}

static bool
addr_equal(const void *a, const void *b)
{
	return addr_eq(&((const struct conf_addr *)a)->ca_addr,
	    &((const struct conf_addr *)b)->ca_addr);
}

const struct conf_type conf_type_addr = {
	.t_size = sizeof(struct conf_addr),
	.t_parse = addr_value,
	.t_print = addr_print,
	.t_equal = addr_equal,
};

/* "fe80::1%left": where the link-local address is one. */
static bool
gateway_zone(struct conf_ctx *ctx, const struct conf_word *w, const char *zone,
    struct conf_addr *ca)
{
	const char *why = NULL;
	size_t len = strlen(zone);

	if (ca->ca_addr.a_family != ADDR_V6 ||
	    !in6_is_linklocal(ca->ca_addr.a_v6))
		why = "only a link-local address is one of an interface; "
		      "expected the address alone";
	else if (len == 0 || len >= sizeof(ca->ca_zone))
		why = "expected the name of an interface behind the %";
	if (why != NULL) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s",
		    conf_quote(w->w_text).q_text, why);
		return false;
	}
	memcpy(ca->ca_zone, zone, len + 1);
	return true;
}

static bool
gateway_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	const char *zone = strchr(w->w_text, '%');
	char text[ADDR_STRLEN];
	struct conf_word alone = *w;

	if (zone == NULL || (size_t)(zone - w->w_text) >= sizeof(text))
		return addr_value(ctx, k, w, out);
	memcpy(text, w->w_text, (size_t)(zone - w->w_text));
	text[zone - w->w_text] = '\0';
	alone.w_text = text;
	return addr_value(ctx, k, &alone, out) &&
	    gateway_zone(ctx, w, zone + 1, out);
}

static void
gateway_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct conf_addr *ca = v;
	char buf[ADDR_STRLEN];

	fprintf(f, "\"%s%s%s\"", addr_format(&ca->ca_addr, buf),
	    ca->ca_zone[0] != '\0' ? "%" : "", ca->ca_zone);
}

static bool
gateway_equal(const void *a, const void *b)
{
	return addr_equal(a, b) &&
	    strcmp(((const struct conf_addr *)a)->ca_zone,
		((const struct conf_addr *)b)->ca_zone) == 0;
}

const struct conf_type conf_type_gateway = {
	.t_size = sizeof(struct conf_addr),
	.t_parse = gateway_value,
	.t_print = gateway_print,
	.t_equal = gateway_equal,
};
