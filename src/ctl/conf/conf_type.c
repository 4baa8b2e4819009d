/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of values: one word of the file to a value, and back.  Those of
 * addresses are in conf_type_addr.c.
 */
#include "ctl/conf/conf_int.h"

#include <inttypes.h>
#include <string.h>

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
