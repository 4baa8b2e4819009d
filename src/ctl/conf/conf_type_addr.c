/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of values: addresses, of hosts, of networks and of others. */
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf_int.h"
#include "ctl/conf/conf_schema.h"

static bool
mac_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	static const uint8_t zero[MAC_LEN];
	uint8_t mac[MAC_LEN];
	const char *why = NULL;

	if (mac_parse(mac, w->w_text) != 0)
		why = "is six bytes in hexadecimal, as 02:00:00:00:00:01";
	else if ((mac[0] & 1) != 0)
		why = "is the address of one station; this is a group's";
	else if (memcmp(mac, zero, MAC_LEN) == 0)
		why = "is not all zero";
	if (why != NULL) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s %s",
		    conf_quote(w->w_text).q_text, k->kd_name, why);
		return false;
	}
	memcpy(out, mac, MAC_LEN);
	return true;
}

static void
mac_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	char buf[MAC_STRLEN];

	fprintf(f, "\"%s\"", mac_format(v, buf));
}

static bool
mac_equal(const void *a, const void *b)
{
	return memcmp(a, b, MAC_LEN) == 0;
}

const struct conf_type conf_type_mac = {
	.t_size = MAC_LEN,
	.t_parse = mac_value,
	.t_print = mac_print,
	.t_equal = mac_equal,
};

const char *
conf_host_wrong(const struct addr *a)
{
	struct in6 a6;

	if (a->a_family == ADDR_V4) {
		if (a->a_v4 >> 24 == 0)
			return "an address of 0.0.0.0/8, which is no host";
		if (in_is_loopback(a->a_v4))
			return "a loopback address";
		if (in_is_multicast(a->a_v4))
			return "a multicast address";
		if (in_is_broadcast(a->a_v4))
			return "the broadcast address";
		if (a->a_v4 >> 28 == 15)
			return "an address of 240.0.0.0/4, which is reserved";
		return NULL;
	}
	a6 = a->a_v6;
	if (in6_is_unspecified(a6))
		return "the unspecified address, which is no host";
	if (in6_is_loopback(a6))
		return "a loopback address";
	if (in6_is_multicast(a6))
		return "a multicast address";
	if (in6_is_v4mapped(a6))
		return "an IPv4 address in IPv6 form";
	return NULL;
}

static struct addr
host_part(const struct prefix *p)
{
	struct in6 m;

	if (p->p_addr.a_family == ADDR_V4)
		return addr_v4(p->p_addr.a_v4 & ~in_mask(p->p_len));
	m = in6_mask(p->p_len);
	m = (struct in6) { ~m.i6_hi, ~m.i6_lo };
	return addr_v6(in6_and(p->p_addr.a_v6, m));
}

struct prefix
conf_net(const struct prefix *p)
{
	struct prefix net = *p;

	if (p->p_addr.a_family == ADDR_V4)
		net.p_addr.a_v4 &= in_mask(p->p_len);
	else
		net.p_addr.a_v6 = in6_and(p->p_addr.a_v6, in6_mask(p->p_len));
	return net;
}

static bool
addr_is_zero(const struct addr *a)
{
	return a->a_family == ADDR_V4 ? in_is_unspecified(a->a_v4) :
	    in6_is_unspecified(a->a_v6);
}

const char *
conf_edge_wrong(const struct prefix *p)
{
	const struct addr host = host_part(p);
	const unsigned hostbits = addr_bits(p->p_addr.a_family) - p->p_len;

	/* RFC 3021, 6164: two addresses, both of hosts. */
	if (hostbits < 2)
		return NULL;
	if (host.a_family == ADDR_V4 && host.a_v4 == ~in_mask(p->p_len))
		return "the broadcast address";
	if (!addr_is_zero(&host))
		return NULL;
	return host.a_family == ADDR_V4 ? "the network's own address" :
	    "the routers' anycast address";
}

/* Says which half of ADDRESS/LENGTH is wrong. */
static bool
prefix_value(struct conf_ctx *ctx, const struct conf_word *w,
    struct prefix *out)
{
	const char *slash = strchr(w->w_text, '/');
	char text[ADDR_STRLEN];
	struct addr a;
	size_t n = slash == NULL ? strlen(w->w_text) :
	    (size_t)(slash - w->w_text);
	bool is_addr = false;

	if (n < sizeof(text)) {
		memcpy(text, w->w_text, n);
		text[n] = '\0';
		is_addr = addr_parse(&a, text) == 0;
	}
	if (!is_addr)
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: expected an IPv4 or IPv6 address and its prefix "
		    "length, as 192.0.2.1/24 or 2001:db8::1/64",
		    conf_quote(w->w_text).q_text);
	else if (slash == NULL)
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: the prefix length is missing; expected %s/LENGTH, "
		    "0 to %u", conf_quote(w->w_text).q_text, text,
		    addr_bits(a.a_family));
	else if (prefix_parse(out, w->w_text) != 0)
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: prefix length is 0 to %u",
		    conf_quote(w->w_text).q_text, addr_bits(a.a_family));
	else
		return true;
	return false;
}

static bool
ifaddr_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct conf_prefix *cx = out;
	const char *why;

	if (!prefix_value(ctx, w, &cx->cx_prefix))
		return false;
	cx->cx_pos = w->w_pos;
	if ((why = conf_host_wrong(&cx->cx_prefix.p_addr)) == NULL)
		why = conf_edge_wrong(&cx->cx_prefix);
	if (why == NULL && cx->cx_prefix.p_len == 0)
		why = "an address whose network would be everything";
	if (why == NULL)
		return true;
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s is %s; expected an address that a host can have",
	    conf_quote(w->w_text).q_text, why);
	return false;
}

static void
prefix_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct conf_prefix *cx = v;
	char buf[PREFIX_STRLEN];

	fprintf(f, "\"%s\"", prefix_format(&cx->cx_prefix, buf));
}

static bool
prefix_equal(const void *a, const void *b)
{
	const struct prefix *p = &((const struct conf_prefix *)a)->cx_prefix;
	const struct prefix *q = &((const struct conf_prefix *)b)->cx_prefix;

	return p->p_len == q->p_len && addr_eq(&p->p_addr, &q->p_addr);
}

const struct conf_type conf_type_ifaddr = {
	.t_size = sizeof(struct conf_prefix),
	.t_parse = ifaddr_parse,
	.t_print = prefix_print,
	.t_equal = prefix_equal,
};

static bool
dst_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct conf_prefix *cx = out;
	struct prefix net;
	struct addr host;
	char buf[PREFIX_STRLEN];

	if (!prefix_value(ctx, w, &cx->cx_prefix))
		return false;
	cx->cx_pos = w->w_pos;
	host = host_part(&cx->cx_prefix);
	if (addr_is_zero(&host))
		return true;
	net = conf_net(&cx->cx_prefix);
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s has bits set behind its prefix length; did you mean \"%s\"?",
	    conf_quote(w->w_text).q_text, prefix_format(&net, buf));
	return false;
}

const struct conf_type conf_type_dst = {
	.t_size = sizeof(struct conf_prefix),
	.t_parse = dst_parse,
	.t_print = prefix_print,
	.t_equal = prefix_equal,
};

/* Anybody's, a group's or nobody's. */
static bool
address_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct conf_addr *ca = out;

	ca->ca_pos = w->w_pos;
	ca->ca_zone[0] = '\0';
	if (addr_parse(&ca->ca_addr, w->w_text) == 0)
		return true;
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s: expected an IPv4 or IPv6 address%s",
	    conf_quote(w->w_text).q_text,
	    strchr(w->w_text, '/') != NULL ? " without a length" : "");
	return false;
}

static bool
addr_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	const struct conf_addr *ca = out;
	const char *why;

	if (!address_value(ctx, k, w, out))
		return false;
	if ((why = conf_host_wrong(&ca->ca_addr)) == NULL)
		return true;
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s is %s; expected the address of a neighbour",
	    conf_quote(w->w_text).q_text, why);
	return false;
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

const struct conf_type conf_type_address = {
	.t_size = sizeof(struct conf_addr),
	.t_parse = address_value,
	.t_print = addr_print,
	.t_equal = addr_equal,
};

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
