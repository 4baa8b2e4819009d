/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type of values of plans: what is expected of a measurement.
 *
 *	METRIC [STATISTIC] OPERATOR VALUE [UNIT] [at SIZE]
 *
 * as "throughput >= 95 %", "latency p99 < 1 ms at 64", "loss = 0".  Which
 * metrics a step has is the check's question (plan_check.c).
 */
#include "gen/plan_int.h"

#include <math.h>
#include <string.h>

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

#define KIND(k)	  (1u << (k))
#define K_RATES                                                               \
	(KIND(PLAN_K_PERCENT) | KIND(PLAN_K_PPS) | KIND(PLAN_K_L1) |          \
	    KIND(PLAN_K_L2) | KIND(PLAN_K_L3))
#define K_COUNTS  (KIND(PLAN_K_NUMBER) | KIND(PLAN_K_PERCENT))

const char *const plan_metric_names[] = {
	[PLAN_M_THROUGHPUT] = "throughput",
	[PLAN_M_RATE] = "rate",
	[PLAN_M_LOSS] = "loss",
	[PLAN_M_LATENCY] = "latency",
	[PLAN_M_JITTER] = "jitter",
	[PLAN_M_REORDERED] = "reordered",
	[PLAN_M_DUPLICATED] = "duplicated",
	[PLAN_M_CORRUPT] = "corrupt",
	[PLAN_M_BURST] = "burst",
	[PLAN_M_BUFFER] = "buffer",
	[PLAN_M_RECOVERY] = "recovery",
	[PLAN_M_RESET] = "reset",
	[PLAN_M_ADDRESSES] = "addresses",
	[PLAN_M_LEARNING] = "learning",
	[PLAN_METRICS] = NULL,
};

/* Kinds of values that a metric has. */
static const unsigned metric_kinds[PLAN_METRICS] = {
	[PLAN_M_THROUGHPUT] = K_RATES,
	[PLAN_M_RATE] = K_RATES,
	[PLAN_M_LOSS] = K_COUNTS,
	[PLAN_M_LATENCY] = KIND(PLAN_K_TIME),
	[PLAN_M_JITTER] = KIND(PLAN_K_TIME),
	[PLAN_M_REORDERED] = K_COUNTS,
	[PLAN_M_DUPLICATED] = K_COUNTS,
	[PLAN_M_CORRUPT] = KIND(PLAN_K_NUMBER),
	[PLAN_M_BURST] = KIND(PLAN_K_NUMBER),
	[PLAN_M_BUFFER] = KIND(PLAN_K_NUMBER),
	[PLAN_M_RECOVERY] = KIND(PLAN_K_TIME),
	[PLAN_M_RESET] = KIND(PLAN_K_TIME),
	[PLAN_M_ADDRESSES] = KIND(PLAN_K_NUMBER),
	[PLAN_M_LEARNING] = KIND(PLAN_K_PPS),
};

static const char *const kind_texts[] = {
	[PLAN_K_NUMBER] = "a number",
	[PLAN_K_PERCENT] = "%",
	[PLAN_K_TIME] = "a time in s, ms, us or ns",
	[PLAN_K_PPS] = "pps, kpps or Mpps",
	[PLAN_K_L1] = "kbit/s, Mbit/s or Gbit/s (L1, L2 or L3)",
};

static const char *const ops[] = {
	[PLAN_GE] = ">=",
	[PLAN_GT] = ">",
	[PLAN_LE] = "<=",
	[PLAN_LT] = "<",
	[PLAN_EQ] = "=",
};

/* One expectation being read; x_at is what comes next. */
struct reading {
	struct conf_ctx *rd_ctx;
	const struct conf_word *rd_word;
	const char *rd_at;
	char rd_token[64];
};

static bool
refuse(struct reading *rd, const char *what, const char *want)
{
	conf_error(rd->rd_ctx->x_errs, &rd->rd_word->w_pos,
	    "expect %s: %s; expected %s",
	    conf_quote(rd->rd_word->w_text).q_text, what, want);
	return false;
}

/* The next run of characters of, or not of, <>=; blanks end one too. */
static bool
token(struct reading *rd)
{
	size_t n;

	rd->rd_at += strspn(rd->rd_at, " \t");
	n = strspn(rd->rd_at, "<>=");
	if (n == 0)
		n = strcspn(rd->rd_at, " \t<>=");
	if (n >= sizeof(rd->rd_token))
		n = sizeof(rd->rd_token) - 1;
	memcpy(rd->rd_token, rd->rd_at, n);
	rd->rd_token[n] = '\0';
	rd->rd_at += n;
	return n != 0;
}

static bool
read_metric(struct reading *rd, struct plan_expect *px)
{
	struct conf_guess g = { .g_word = rd->rd_token };
	struct conf_names known = { .m_full = false };
	unsigned i;

	token(rd);
	for (i = 0; i < PLAN_METRICS; i++) {
		if (strcmp(plan_metric_names[i], rd->rd_token) == 0) {
			px->px_metric = (enum plan_metric)i;
			return true;
		}
		conf_names_add(&known, plan_metric_names[i]);
		conf_guess(rd->rd_ctx, &g, plan_metric_names[i]);
	}
	conf_error(rd->rd_ctx->x_errs, &rd->rd_word->w_pos,
	    "expect %s: unknown metric %s; known: %s%s%s%s",
	    conf_quote(rd->rd_word->w_text).q_text,
	    conf_quote(rd->rd_token).q_text, known.m_text,
	    g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
	return false;
}

/* "p99.9" to thousandths of a percent. */
static bool
percentile(const char *s, int *out)
{
	struct plan_number nb;
	uint64_t v;

	if (s[0] != 'p' || !plan_number(s + 1, &nb) ||
	    nb.nb_unit[0] != '\0' || !plan_number_scale(&nb, 1000, &v) ||
	    v == 0 || v >= 100000)
		return false;
	*out = (int)v;
	return true;
}

/* What stands between the metric and the operator. */
static bool
read_statistic(struct reading *rd, struct plan_expect *px)
{
	px->px_percentile = PLAN_AVG;
	if (!token(rd))
		return refuse(rd, "nothing behind the metric",
		    "one of >=, >, <=, < and =");
	if (strspn(rd->rd_token, "<>=") != 0)
		return true;
	if (px->px_metric != PLAN_M_LATENCY && px->px_metric != PLAN_M_JITTER)
		return refuse(rd, "no operator behind the metric",
		    "one of >=, >, <=, < and =");
	if (strcmp(rd->rd_token, "min") == 0)
		px->px_percentile = PLAN_MIN;
	else if (strcmp(rd->rd_token, "max") == 0)
		px->px_percentile = PLAN_PMAX;
	else if (strcmp(rd->rd_token, "avg") != 0 &&
	    !percentile(rd->rd_token, &px->px_percentile))
		return refuse(rd, "an unknown statistic",
		    "min, avg, max or a percentile as p99 or p99.999");
	token(rd);
	return true;
}

static bool
read_op(struct reading *rd, struct plan_expect *px)
{
	unsigned i;

	for (i = 0; i < NITEMS(ops); i++) {
		if (strcmp(ops[i], rd->rd_token) == 0) {
			px->px_op = (enum plan_op)i;
			return true;
		}
	}
	return refuse(rd, "an unknown operator", "one of >=, >, <=, < and =");
}

/* The value's kind and its number in the kind's base unit. */
static bool
value_parse(const char *s, struct plan_expect *px)
{
	struct plan_number nb;
	struct plan_rate pr;
	const char *why;
	uint64_t ns;

	if (!plan_number(s, &nb))
		return false;
	px->px_value = (double)nb.nb_num / (double)nb.nb_den;
	if (nb.nb_unit[0] == '\0' || strcmp(nb.nb_unit, "packets") == 0 ||
	    strcmp(nb.nb_unit, "frames") == 0) {
		px->px_kind = PLAN_K_NUMBER;
	} else if (strcmp(nb.nb_unit, "%") == 0) {
		px->px_kind = PLAN_K_PERCENT;
	} else if (plan_time_parse(s, &ns)) {
		px->px_kind = PLAN_K_TIME;
		px->px_value = (double)ns;
	} else if (plan_rate_parse(s, &pr, &why)) {
		px->px_kind = PLAN_K_PPS + (pr.pr_unit - PLAN_PPS);
		px->px_value = (double)pr.pr_num / (double)pr.pr_den;
	} else {
		return false;
	}
	return true;
}

static bool
kind_refuse(struct reading *rd, const struct plan_expect *px)
{
	struct conf_names want = { .m_full = false };
	char what[96];
	unsigned i;

	for (i = 0; i < NITEMS(kind_texts); i++) {
		if ((metric_kinds[px->px_metric] & KIND(i)) != 0)
			conf_names_add(&want, kind_texts[i]);
	}
	snprintf(what, sizeof(what), "this is no value of %s",
	    plan_metric_names[px->px_metric]);
	return refuse(rd, what, want.m_text);
}

static bool
read_value(struct reading *rd, struct plan_expect *px)
{
	const char *at = strstr(rd->rd_at, " at ");
	size_t n = at != NULL ? (size_t)(at - rd->rd_at) : strlen(rd->rd_at);
	char text[64];
	uint64_t size;

	while (n > 0 && rd->rd_at[n - 1] == ' ')
		n--;
	while (n > 0 && rd->rd_at[0] == ' ') {
		rd->rd_at++;
		n--;
	}
	if (n >= sizeof(text))
		return refuse(rd, "the value is too long", "a number");
	memcpy(text, rd->rd_at, n);
	text[n] = '\0';
	if (!value_parse(text, px) ||
	    (metric_kinds[px->px_metric] & KIND(px->px_kind)) == 0) {
		/* Nothing has no unit. */
		if (strcmp(text, "0") != 0)
			return kind_refuse(rd, px);
		px->px_kind = (metric_kinds[px->px_metric] &
				  KIND(PLAN_K_TIME)) != 0 ?
		    PLAN_K_TIME : PLAN_K_PPS;
	}
	if (at == NULL)
		return true;
	at += strlen(" at ");
	if (!conf_number(at, strlen(at), &size) || size < TPL_MINSIZE ||
	    size > TPL_MAXSIZE)
		return refuse(rd, "no frame size behind at",
		    "64 to 16384 bytes");
	px->px_size = (unsigned)size;
	return true;
}

static bool
expect_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_expect *px = out;
	struct reading rd = {
		.rd_ctx = ctx, .rd_word = w, .rd_at = w->w_text,
	};

	*px = (struct plan_expect) { .px_pos = w->w_pos };
	if (!read_metric(&rd, px) || !read_statistic(&rd, px) ||
	    !read_op(&rd, px) || !read_value(&rd, px))
		return false;
	px->px_text = plan_keep(ctx, w->w_text);
	return px->px_text != NULL;
}

static void
expect_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	conf_print_string(((const struct plan_expect *)v)->px_text, f);
}

static bool
expect_equal(const void *a, const void *b)
{
	return strcmp(((const struct plan_expect *)a)->px_text,
	    ((const struct plan_expect *)b)->px_text) == 0;
}

const struct conf_type plan_type_expect = {
	.t_size = sizeof(struct plan_expect),
	.t_parse = expect_parse,
	.t_print = expect_print,
	.t_equal = expect_equal,
};

bool
plan_expect_holds(const struct plan_expect *px, double value)
{
	if (isnan(value))
		return false;
	switch (px->px_op) {
	case PLAN_GE:
		return value >= px->px_value;
	case PLAN_GT:
		return value > px->px_value;
	case PLAN_LE:
		return value <= px->px_value;
	case PLAN_LT:
		return value < px->px_value;
	default:
		return value == px->px_value;
	}
}
