/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of values that only plans have: one word of the file to a value, and
 * back.
 */
#include "gen/plan_int.h"

#include <inttypes.h>
#include <string.h>

#define DIGITS_MAX 18u /* of a number: it fits 63 bits */
#define NITEMS(a)  (sizeof(a) / sizeof((a)[0]))

struct unit {
	const char *u_name;
	uint64_t u_factor;
	unsigned u_what;
};

const char *
plan_keep(struct conf_ctx *ctx, const char *text)
{
	const char *s = conf_strndup(ctx->x_keep, text, strlen(text));

	if (s == NULL)
		ctx->x_nomem = true;
	return s;
}

/* No sign, no leading zero, at most nine decimals. */
bool
plan_number(const char *s, struct plan_number *nb)
{
	size_t whole = strspn(s, "0123456789");
	size_t part = 0;
	size_t i;

	if (whole == 0 || (whole > 1 && s[0] == '0'))
		return false;
	if (s[whole] == '.') {
		part = strspn(s + whole + 1, "0123456789");
		if (part == 0 || part > 9)
			return false;
	}
	if (whole + part > DIGITS_MAX)
		return false;
	nb->nb_num = 0;
	nb->nb_den = 1;
	for (i = 0; i < whole + part; i++) {
		nb->nb_num = nb->nb_num * 10 +
		    (uint64_t)(s[i < whole ? i : i + 1] - '0');
		if (i >= whole)
			nb->nb_den *= 10;
	}
	while (nb->nb_den > 1 && nb->nb_num % 10 == 0) {
		nb->nb_num /= 10;
		nb->nb_den /= 10;
	}
	s += whole + (part != 0 ? part + 1 : 0);
	nb->nb_unit = s + strspn(s, " \t");
	return true;
}

/* The factor in two steps, so that decimals vanish before it grows. */
bool
plan_number_scale(const struct plan_number *nb, uint64_t factor, uint64_t *out)
{
	uint64_t num = nb->nb_num;
	uint64_t den = nb->nb_den;

	while (den > 1 && factor % 10 == 0) {
		den /= 10;
		factor /= 10;
	}
	if (den != 1 || (num != 0 && factor > INT64_MAX / num))
		return false;
	*out = num * factor;
	return true;
}

/* The last of the units that fits is the one without a name, if any. */
static const struct unit *
unit_find(const struct unit *u, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(u[i].u_name, name) == 0)
			return &u[i];
	}
	return NULL;
}

static void
wrong(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, const char *want)
{
	conf_error(ctx->x_errs, &w->w_pos, "%s: %s is %s",
	    conf_quote(w->w_text).q_text, k->kd_name, want);
}

/* Times, in ns. */

static const struct unit time_units[] = {
	{ "s", PLAN_NS, 0 },
	{ "ms", 1000000, 0 },
	{ "us", 1000, 0 },
	{ "ns", 1, 0 },
	{ "min", 60 * PLAN_NS, 0 },
};

bool
plan_time_parse(const char *text, uint64_t *ns)
{
	struct plan_number nb;
	const struct unit *u;

	if (!plan_number(text, &nb))
		return false;
	*ns = 0;
	if (strcmp(text, "0") == 0)
		return true; /* nothing has no unit */
	u = unit_find(time_units, NITEMS(time_units), nb.nb_unit);
	return u != NULL && plan_number_scale(&nb, u->u_factor, ns);
}

/* In the largest unit that leaves no rest. */
void
plan_time_text(uint64_t ns, char *buf, size_t len)
{
	unsigned i = 0;

	while (i < 3 && ns % time_units[i].u_factor != 0)
		i++;
	snprintf(buf, len, "%" PRIu64 " %s", ns / time_units[i].u_factor,
	    time_units[i].u_name);
}

static bool
time_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	char lo[32];
	char hi[32];
	uint64_t ns;

	if (plan_time_parse(w->w_text, &ns) && ns >= k->kd_lo &&
	    ns <= k->kd_hi) {
		*(uint64_t *)out = ns;
		return true;
	}
	plan_time_text(k->kd_lo, lo, sizeof(lo));
	plan_time_text(k->kd_hi, hi, sizeof(hi));
	conf_error(ctx->x_errs, &w->w_pos,
	    "%s: %s is a time in min, s, ms, us or ns, from %s to %s",
	    conf_quote(w->w_text).q_text, k->kd_name, lo, hi);
	return false;
}

static void
time_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	char buf[32];

	plan_time_text(*(const uint64_t *)v, buf, sizeof(buf));
	fprintf(f, "\"%s\"", buf);
}

const struct conf_type plan_type_time = {
	.t_size = sizeof(uint64_t),
	.t_parse = time_parse,
	.t_print = time_print,
	.t_equal = conf_u64_equal,
};

/* Speeds of links, in bit/s. */

static const struct unit speed_units[] = {
	{ "G", 1000000000, 0 },
	{ "M", 1000000, 0 },
	{ "K", 1000, 0 },
};

static bool
speed_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_number nb;
	const struct unit *u;
	uint64_t v;

	if (plan_number(w->w_text, &nb) &&
	    (u = unit_find(speed_units, NITEMS(speed_units), nb.nb_unit)) !=
		NULL &&
	    plan_number_scale(&nb, u->u_factor, &v) && v >= k->kd_lo &&
	    v <= k->kd_hi) {
		*(uint64_t *)out = v;
		return true;
	}
	wrong(ctx, k, w, "bits a second with K, M or G, 1K to 10000G, as 2.5G");
	return false;
}

static void
speed_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	uint64_t bps = *(const uint64_t *)v;
	unsigned i = 0;

	while (i < 2 && bps % speed_units[i].u_factor != 0)
		i++;
	if (bps % speed_units[i].u_factor == 0)
		fprintf(f, "\"%" PRIu64 "%s\"", bps / speed_units[i].u_factor,
		    speed_units[i].u_name);
	else
		fprintf(f, "\"%" PRIu64 ".%03" PRIu64 "K\"", bps / 1000,
		    bps % 1000);
}

const struct conf_type plan_type_speed = {
	.t_size = sizeof(uint64_t),
	.t_parse = speed_parse,
	.t_print = speed_print,
	.t_equal = conf_u64_equal,
};

/* Rates. */

static const struct unit rate_units[] = {
	{ "pps", 1, PLAN_PPS },
	{ "kpps", 1000, PLAN_PPS },
	{ "Mpps", 1000000, PLAN_PPS },
	{ "bit/s", 1, PLAN_L1 },
	{ "kbit/s", 1000, PLAN_L1 },
	{ "Mbit/s", 1000000, PLAN_L1 },
	{ "Gbit/s", 1000000000, PLAN_L1 },
	{ "%", 1, PLAN_PERCENT },
};

#define RATE_MOST 100000000000000ull /* 100 Tbit/s, or packets a second */

/* "Gbit/s L2" is Gbit/s; the layer, 1 if none is said, 0 if a wrong one. */
static unsigned
rate_layer(const char *unit, char *name, size_t len)
{
	size_t n = strcspn(unit, " \t");
	const char *layer = unit + n + strspn(unit + n, " \t");

	snprintf(name, len, "%.*s", (int)n, unit);
	if (layer[0] == '\0')
		return 1;
	if (layer[0] != 'L' || layer[1] < '1' || layer[1] > '3' ||
	    layer[2] != '\0')
		return 0;
	return (unsigned)(layer[1] - '0');
}

bool
plan_rate_parse(const char *text, struct plan_rate *pr, const char **why)
{
	struct plan_number nb;
	const struct unit *u;
	unsigned layer;
	char name[16];

	*why = "max, or a number with %, pps, kpps, Mpps, bit/s, kbit/s, "
	       "Mbit/s or Gbit/s, these with L1, L2 or L3 behind them";
	if (strcmp(text, "max") == 0) {
		pr->pr_unit = PLAN_MAX;
		pr->pr_num = pr->pr_den = 1;
		return true;
	}
	if (!plan_number(text, &nb))
		return false;
	layer = rate_layer(nb.nb_unit, name, sizeof(name));
	u = unit_find(rate_units, NITEMS(rate_units), name);
	if (u == NULL || layer == 0 ||
	    (u->u_what != PLAN_L1 && strchr(nb.nb_unit, 'L') != NULL))
		return false;
	*why = "above 0 and at most 100 %, 100000000 Mpps, 100000 Gbit/s";
	pr->pr_unit = u->u_what == PLAN_L1 ? PLAN_L1 + layer - 1 : u->u_what;
	pr->pr_den = nb.nb_den;
	if (nb.nb_num == 0 || nb.nb_num / nb.nb_den > RATE_MOST / u->u_factor)
		return false;
	pr->pr_num = nb.nb_num;
	if (u->u_factor >= nb.nb_den) {
		pr->pr_num *= u->u_factor / nb.nb_den;
		pr->pr_den = 1;
	} else if (u->u_factor != 1) {
		pr->pr_den /= u->u_factor;
	}
	if (pr->pr_unit == PLAN_PERCENT && pr->pr_num > 100 * pr->pr_den)
		return false;
	*why = "a number with fewer decimals";
	return pr->pr_den <= PACE_DEN_MAX;
}

void
plan_rate_text(const struct plan_rate *pr, char *buf, size_t len)
{
	static const char *const names[] = {
		[PLAN_PPS] = " pps",
		[PLAN_L1] = " bit/s L1",
		[PLAN_L2] = " bit/s L2",
		[PLAN_L3] = " bit/s L3",
		[PLAN_PERCENT] = " %",
	};
	uint64_t rest = pr->pr_num % pr->pr_den;
	char part[16] = "";
	int width = 0;
	uint64_t d;

	if (pr->pr_unit == PLAN_NONE || pr->pr_unit == PLAN_MAX) {
		snprintf(buf, len, "max");
		return;
	}
	for (d = pr->pr_den; d > 1; d /= 10)
		width++;
	if (width != 0)
		snprintf(part, sizeof(part), ".%0*" PRIu64, width, rest);
	snprintf(buf, len, "%" PRIu64 "%s%s", pr->pr_num / pr->pr_den, part,
	    names[pr->pr_unit]);
}

static bool
rate_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_rate *pr = out;
	const char *why;

	pr->pr_pos = w->w_pos;
	if (plan_rate_parse(w->w_text, pr, &why))
		return true;
	wrong(ctx, k, w, why);
	return false;
}

static void
rate_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	char buf[64];

	plan_rate_text(v, buf, sizeof(buf));
	fprintf(f, "\"%s\"", buf);
}

static bool
rate_equal(const void *a, const void *b)
{
	const struct plan_rate *p = a;
	const struct plan_rate *q = b;

	return p->pr_unit == q->pr_unit && p->pr_num == q->pr_num &&
	    p->pr_den == q->pr_den;
}

const struct conf_type plan_type_rate = {
	.t_size = sizeof(struct plan_rate),
	.t_parse = rate_parse,
	.t_print = rate_print,
	.t_equal = rate_equal,
};

/* Percentages of loss: a goal ratio. */

static bool
ratio_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_number nb;

	if (plan_number(w->w_text, &nb) && strcmp(nb.nb_unit, "%") == 0 &&
	    nb.nb_num < 100 * nb.nb_den) {
		*(double *)out = (double)nb.nb_num / (double)nb.nb_den;
		return true;
	}
	wrong(ctx, k, w, "a percentage below 100 %, as 0.5 %");
	return false;
}

static void
ratio_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	char buf[32];
	size_t n;

	n = (size_t)snprintf(buf, sizeof(buf), "%.9f", *(const double *)v);
	while (buf[n - 1] == '0')
		buf[--n] = '\0';
	if (buf[n - 1] == '.')
		buf[--n] = '\0';
	fprintf(f, "\"%s %%\"", buf);
}

static bool
ratio_equal(const void *a, const void *b)
{
	return *(const double *)a == *(const double *)b;
}

const struct conf_type plan_type_ratio = {
	.t_size = sizeof(double),
	.t_parse = ratio_parse,
	.t_print = ratio_print,
	.t_equal = ratio_equal,
};

/* Mixes of sizes. */

static bool
sizes_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_sizes *pz = out;
	struct sizes *sz;
	char err[256];

	if ((sz = conf_alloc(ctx->x_keep, 1, sizeof(*sz))) == NULL) {
		ctx->x_nomem = true;
		return false;
	}
	pz->pz_pos = w->w_pos;
	pz->pz_sizes = sz;
	if (sizes_parse(sz, w->w_text, err, sizeof(err)) == 0) {
		pz->pz_text = plan_keep(ctx, w->w_text);
		return pz->pz_text != NULL;
	}
	conf_error(ctx->x_errs, &w->w_pos, "%s: %s",
	    conf_quote(w->w_text).q_text, err);
	return false;
}

static void
sizes_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct plan_sizes *pz = v;

	conf_print_string(pz->pz_text, f);
}

static bool
text_equal(const char *s, const char *t)
{
	if (s == NULL || t == NULL)
		return s == t;
	return strcmp(s, t) == 0;
}

static bool
sizes_equal(const void *a, const void *b)
{
	return text_equal(((const struct plan_sizes *)a)->pz_text,
	    ((const struct plan_sizes *)b)->pz_text);
}

const struct conf_type plan_type_sizes = {
	.t_size = sizeof(struct plan_sizes),
	.t_parse = sizes_value,
	.t_print = sizes_print,
	.t_equal = sizes_equal,
};

/* Bytes, two hexadecimal digits each; blanks and colons may stand between. */

/* Number of bytes, or -1. */
static int
hex_bytes(const char *s, uint8_t *out)
{
	int n = 0;

	for (;;) {
		s += strspn(s, " :");
		if (*s == '\0')
			return n;
		if (hex_digit(s[0]) < 0 || hex_digit(s[1]) < 0)
			return -1;
		out[n++] = (uint8_t)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
		s += 2;
	}
}

static bool
bytes_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_bytes *pb = out;
	uint8_t *data;
	int n;

	data = conf_alloc(ctx->x_keep, 1, strlen(w->w_text) / 2 + 1);
	if (data == NULL) {
		ctx->x_nomem = true;
		return false;
	}
	n = hex_bytes(w->w_text, data);
	if (n > 0) {
		*pb = (struct plan_bytes) { w->w_pos, data, (unsigned)n };
		return true;
	}
	wrong(ctx, k, w, "bytes, each of two hexadecimal digits");
	return false;
}

static void
bytes_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct plan_bytes *pb = v;
	unsigned i;

	putc('"', f);
	for (i = 0; i < pb->pb_len; i++)
		fprintf(f, "%02x", pb->pb_data[i]);
	putc('"', f);
}

static bool
bytes_equal(const void *a, const void *b)
{
	const struct plan_bytes *p = a;
	const struct plan_bytes *q = b;

	return p->pb_len == q->pb_len &&
	    (p->pb_len == 0 || memcmp(p->pb_data, q->pb_data, p->pb_len) == 0);
}

const struct conf_type plan_type_bytes = {
	.t_size = sizeof(struct plan_bytes),
	.t_parse = bytes_parse,
	.t_print = bytes_print,
	.t_equal = bytes_equal,
};
