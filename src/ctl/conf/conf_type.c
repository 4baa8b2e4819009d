/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of values: one word of the file to a value, and back.
 */
#include "ctl/conf/conf_int.h"

#include <inttypes.h>
#include <string.h>

#include "base/addr.h"

/* A decimal number as people write it: no sign, no leading zero. */
static bool
number(const char *s, size_t n, unsigned base, uint64_t *v)
{
	size_t i;

	if (n == 0 || n > 20 || (base == 10 && n > 1 && s[0] == '0'))
		return false;
	*v = 0;
	for (i = 0; i < n; i++) {
		unsigned d = (unsigned)(s[i] - '0');

		if (s[i] < '0' || d >= base || *v > (UINT64_MAX - d) / base)
			return false;
		*v = *v * base + d;
	}
	return true;
}

bool
conf_number(const char *s, size_t len, uint64_t *v)
{
	return number(s, len, 10, v);
}

static bool
u64_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;

	if (!number(w->w_text, strlen(w->w_text), 10, &v) || v < k->kd_lo ||
	    v > k->kd_hi) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: %s is a number from %" PRIu64 " to %" PRIu64,
		    conf_quote(w->w_text).q_text, k->kd_name, k->kd_lo,
		    k->kd_hi);
		return false;
	}
	*(uint64_t *)out = v;
	return true;
}

static void
u64_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	fprintf(f, "%" PRIu64, *(const uint64_t *)v);
}

bool
conf_u64_equal(const void *a, const void *b)
{
	return *(const uint64_t *)a == *(const uint64_t *)b;
}

const struct conf_type conf_type_u64 = {
	.t_size = sizeof(uint64_t),
	.t_parse = u64_parse,
	.t_print = u64_print,
	.t_equal = conf_u64_equal,
};

static bool
u32_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;

	if (!u64_parse(ctx, k, w, &v))
		return false;
	*(unsigned *)out = (unsigned)v;
	return true;
}

static void
u32_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	fprintf(f, "%u", *(const unsigned *)v);
}

static bool
u32_equal(const void *a, const void *b)
{
	return *(const unsigned *)a == *(const unsigned *)b;
}

const struct conf_type conf_type_u32 = {
	.t_size = sizeof(unsigned),
	.t_parse = u32_parse,
	.t_print = u32_print,
	.t_equal = u32_equal,
};

/* Seconds; "infinite" is UINT32_MAX, as on the wire. */
static bool
lifetime_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;

	if (strcmp(w->w_text, "infinite") == 0) {
		*(unsigned *)out = CONF_INFINITE;
		return true;
	}
	if (!number(w->w_text, strlen(w->w_text), 10, &v) || v < k->kd_lo ||
	    v >= CONF_INFINITE) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: %s is a number of seconds, at least %" PRIu64
		    ", or infinite",
		    conf_quote(w->w_text).q_text, k->kd_name, k->kd_lo);
		return false;
	}
	*(unsigned *)out = (unsigned)v;
	return true;
}

static void
lifetime_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	if (*(const unsigned *)v == CONF_INFINITE)
		fputs("infinite", f);
	else
		u32_print(k, v, f);
}

const struct conf_type conf_type_lifetime = {
	.t_size = sizeof(unsigned),
	.t_parse = lifetime_parse,
	.t_print = lifetime_print,
	.t_equal = u32_equal,
};

static bool
mss_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;

	if (strcmp(w->w_text, "auto") == 0) {
		*(unsigned *)out = CONF_MSS_AUTO;
		return true;
	}
	if (number(w->w_text, strlen(w->w_text), 10, &v) && v >= k->kd_lo &&
	    v <= k->kd_hi) {
		*(unsigned *)out = (unsigned)v;
		return true;
	}
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s: %s is auto or a number from %" PRIu64 " to %" PRIu64,
	    conf_quote(w->w_text).q_text, k->kd_name, k->kd_lo, k->kd_hi);
	return false;
}

static void
mss_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	if (*(const unsigned *)v == CONF_MSS_AUTO)
		fputs("\"auto\"", f);
	else
		u32_print(k, v, f);
}

const struct conf_type conf_type_mss = {
	.t_size = sizeof(unsigned),
	.t_parse = mss_parse,
	.t_print = mss_print,
	.t_equal = u32_equal,
};

static bool
octal_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;

	if (!number(w->w_text, strlen(w->w_text), 8, &v) || v < k->kd_lo ||
	    v > k->kd_hi) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: %s is an octal number from %04" PRIo64 " to "
		    "%04" PRIo64, conf_quote(w->w_text).q_text, k->kd_name,
		    k->kd_lo, k->kd_hi);
		return false;
	}
	*(unsigned *)out = (unsigned)v;
	return true;
}

static void
octal_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	fprintf(f, "\"%04o\"", *(const unsigned *)v);
}

const struct conf_type conf_type_octal = {
	.t_size = sizeof(unsigned),
	.t_parse = octal_parse,
	.t_print = octal_print,
	.t_equal = u32_equal,
};

static const char units[] = "KMGT";

/* The largest unit that leaves no rest. */
static void
size_text(uint64_t v, char *buf, size_t len)
{
	unsigned i = 0;

	while (i < 4 && v != 0 && v % 1024 == 0) {
		v /= 1024;
		i++;
	}
	snprintf(buf, len, "%" PRIu64 "%.1s", v, i == 0 ? "" : units + i - 1);
}

static bool
size_number(const char *s, uint64_t *v)
{
	size_t n = strlen(s);
	const char *u = n == 0 ? NULL : strchr(units, s[n - 1]);
	unsigned shift = u == NULL ? 0 : 10 * (unsigned)(u - units + 1);

	if (!number(s, u == NULL ? n : n - 1, 10, v))
		return false;
	if (*v > UINT64_MAX >> shift)
		return false;
	*v <<= shift;
	return true;
}

static bool
size_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	uint64_t v;
	char lo[32];
	char hi[32];

	if (!size_number(w->w_text, &v) || v < k->kd_lo || v > k->kd_hi) {
		size_text(k->kd_lo, lo, sizeof(lo));
		size_text(k->kd_hi, hi, sizeof(hi));
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: %s is a number of bytes, K, M, G or T from %s to %s",
		    conf_quote(w->w_text).q_text, k->kd_name, lo, hi);
		return false;
	}
	*(uint64_t *)out = v;
	return true;
}

static void
size_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	char buf[32];

	size_text(*(const uint64_t *)v, buf, sizeof(buf));
	fprintf(f, "\"%s\"", buf);
}

const struct conf_type conf_type_size = {
	.t_size = sizeof(uint64_t),
	.t_parse = size_parse,
	.t_print = size_print,
	.t_equal = conf_u64_equal,
};

static bool
bool_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	bool yes = strcmp(w->w_text, "yes") == 0;

	if (!yes && strcmp(w->w_text, "no") != 0) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s is yes or no",
		    conf_quote(w->w_text).q_text, k->kd_name);
		return false;
	}
	*(bool *)out = yes;
	return true;
}

static void
bool_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	fputs(*(const bool *)v ? "yes" : "no", f);
}

static bool
bool_equal(const void *a, const void *b)
{
	return *(const bool *)a == *(const bool *)b;
}

const struct conf_type conf_type_bool = {
	.t_size = sizeof(bool),
	.t_parse = bool_parse,
	.t_print = bool_print,
	.t_equal = bool_equal,
};

static bool
enum_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct conf_names known = { .m_full = false };
	unsigned i;

	for (i = 0; k->kd_names[i] != NULL; i++) {
		if (strcmp(k->kd_names[i], w->w_text) == 0) {
			*(unsigned *)out = i;
			return true;
		}
		conf_names_add(&known, k->kd_names[i]);
	}
	conf_error(ctx->x_errs, &w->w_pos, "%s: %s is one of %s",
	    conf_quote(w->w_text).q_text, k->kd_name, known.m_text);
	return false;
}

static void
enum_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	conf_print_string(k->kd_names[*(const unsigned *)v], f);
}

/* The enumerations of conf.h hold no negative value: they are unsigned. */
const struct conf_type conf_type_enum = {
	.t_size = sizeof(unsigned),
	.t_parse = enum_parse,
	.t_print = enum_print,
	.t_equal = u32_equal,
};

static bool
str_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	size_t n = strlen(w->w_text);
	const char *why = NULL;

	if (n > k->kd_hi) {
		conf_error(ctx->x_errs, &w->w_pos,
		    "%s: %s has at most %" PRIu64 " bytes",
		    conf_quote(w->w_text).q_text, k->kd_name, k->kd_hi);
		return false;
	}
	if (k->kd_check != NULL && (why = k->kd_check(w->w_text)) != NULL) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s is %s",
		    conf_quote(w->w_text).q_text, k->kd_name, why);
		return false;
	}
	*(const char **)out = conf_strndup(ctx->x_keep, w->w_text, n);
	if (*(const char **)out == NULL)
		ctx->x_nomem = true;
	return !ctx->x_nomem;
}

static void
str_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	conf_print_string(*(const char *const *)v, f);
}

static bool
str_equal(const void *a, const void *b)
{
	const char *s = *(const char *const *)a;
	const char *t = *(const char *const *)b;

	if (s == NULL || t == NULL)
		return s == t;
	return strcmp(s, t) == 0;
}

const struct conf_type conf_type_str = {
	.t_size = sizeof(char *),
	.t_parse = str_parse,
	.t_print = str_print,
	.t_equal = str_equal,
};

/* A name of nothing but letters, digits and ._-, which needs no quotes. */
static void
name_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	fputs(*(const char *const *)v, f);
}

const struct conf_type conf_type_name = {
	.t_size = sizeof(char *),
	.t_parse = str_parse,
	.t_print = name_print,
	.t_equal = str_equal,
};

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
