/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates whose flows fill the buckets of a device's receive side scaling
 * (gen/flows.h): their keys, and the lists of flows that come of them.
 *
 * A list depends on addresses, which a template may leave to the ports: so
 * each direction of a stream has its own.  It is made when the plan is
 * checked, belongs to the plan, and is never changed.
 */
#include "dev/rss.h"
#include "gen/flows.h"
#include "gen/plan_int.h"

#include <errno.h>
#include <string.h>

#define RSS_PORTS    1024u /* the first source port of flows */
#define RSS_BUCKETS  128u /* of most devices */
#define RSS_KEYBYTES 64u /* of the longest that devices have */

/* The key: its name, or its bytes as ethtool(8) writes them. */

static bool
key_bytes(const char *s, uint8_t key[static TOEPLITZ_KEYLEN])
{
	unsigned n = 0;
	int hi, lo;

	for (;; n++) {
		s += strspn(s, " :");
		if (*s == '\0')
			return n >= TOEPLITZ_KEYLEN && n <= RSS_KEYBYTES;
		if ((hi = hex_digit(s[0])) < 0 || (lo = hex_digit(s[1])) < 0)
			return false;
		s += 2;
		/* What is behind those is for longer tuples than there are. */
		if (n < TOEPLITZ_KEYLEN)
			key[n] = (uint8_t)(hi << 4 | lo);
	}
}

static bool
key_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_rsskey *rk = out;
	const char *s = w->w_text;

	rk->rk_pos = w->w_pos;
	if (strcmp(s, "default") == 0) {
		memcpy(rk->rk_key, toeplitz_key_default, TOEPLITZ_KEYLEN);
	} else if (strcmp(s, "symmetric") == 0) {
		memcpy(rk->rk_key, toeplitz_key_symmetric, TOEPLITZ_KEYLEN);
	} else if (!key_bytes(s, rk->rk_key)) {
		conf_error(ctx->x_errs, &w->w_pos, "%s: %s is default, "
		    "symmetric, or a key of %u to %u bytes, each of two "
		    "hexadecimal digits, as ethtool -x shows it",
		    conf_quote(s).q_text, k->kd_name, TOEPLITZ_KEYLEN,
		    RSS_KEYBYTES);
		return false;
	}
	rk->rk_text = plan_keep(ctx, s);
	return rk->rk_text != NULL;
}

static void
key_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	const struct plan_rsskey *rk = v;

	(void)k;
	conf_print_string(rk->rk_text, f);
}

static bool
key_equal(const void *a, const void *b)
{
	const struct plan_rsskey *p = a;
	const struct plan_rsskey *q = b;

	if (p->rk_text == NULL || q->rk_text == NULL)
		return p->rk_text == q->rk_text;
	return memcmp(p->rk_key, q->rk_key, TOEPLITZ_KEYLEN) == 0;
}

const struct conf_type plan_type_rsskey = {
	.t_size = sizeof(struct plan_rsskey),
	.t_parse = key_parse,
	.t_print = key_print,
	.t_equal = key_equal,
};

/* Keys that go together. */

static bool
wrong(struct conf_ctx *ctx, const struct plan_template *pt, const char *key,
    const char *text)
{
	conf_error(ctx->x_errs, conf_where(&pt->pt_sec, key), "%s", text);
	return false;
}

/* Queues that the indirection has; 0: nobody said. */
static unsigned
queues(const struct plan_template *pt)
{
	unsigned n = pt->pt_rss_queues;
	unsigned i;

	for (i = 0; i < pt->pt_rss_ntable; i++) {
		if (pt->pt_rss_table[i] >= n)
			n = pt->pt_rss_table[i] + 1;
	}
	return n;
}

static unsigned
buckets(const struct plan_template *pt)
{
	if (pt->pt_rss_ntable != 0)
		return pt->pt_rss_ntable;
	return pt->pt_rss_buckets != 0 ? pt->pt_rss_buckets : RSS_BUCKETS;
}

static bool
check_weights(struct conf_ctx *ctx, const struct plan_template *pt)
{
	const unsigned nq = queues(pt);
	const unsigned want = nq != 0 ? nq : buckets(pt);

	if (pt->pt_rss_nweight == 0 || pt->pt_rss_nweight == want)
		return true;
	conf_error(ctx->x_errs, conf_where(&pt->pt_sec, "rss_weight"),
	    "rss_weight has %u values; expected one of each %s, of which "
	    "there are %u", pt->pt_rss_nweight, nq != 0 ? "queue" : "bucket",
	    want);
	return false;
}

/* Fields that the list of flows is for. */
static bool
check_vary(struct conf_ctx *ctx, const struct plan_template *pt)
{
	unsigned i;

	for (i = 0; i < pt->pt_nvary; i++) {
		const uint8_t field = pt->pt_vary[i].pv_vary.tv_field;

		if (field != TPL_F_SRC && field != TPL_F_DST &&
		    field != TPL_F_SPORT && field != TPL_F_DPORT)
			continue;
		conf_error(ctx->x_errs, &pt->pt_vary[i].pv_pos,
		    "addresses and ports are what rss_key chooses flows by; "
		    "expected other fields to vary");
		return false;
	}
	if (pt->pt_nvary + 2 <= TPL_VARY_MAX)
		return true;
	return wrong(ctx, pt, "vary", "rss_key makes two fields vary; expected "
	    "two less here");
}

bool
plan_check_rss(struct conf_ctx *ctx, const struct plan_template *pt)
{
	static const char *const keys[] = { "rss_fields", "rss_buckets",
		"rss_queues", "rss_table", "rss_weight", "rss_sources" };
	unsigned i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (pt->pt_rss_key.rk_text != NULL ||
		    !plan_given(&pt->pt_sec, keys[i]))
			continue;
		conf_error(ctx->x_errs, conf_where(&pt->pt_sec, keys[i]),
		    "%s without rss_key; expected rss_key = default, or the "
		    "device's", keys[i]);
		return false;
	}
	if (pt->pt_rss_key.rk_text == NULL)
		return true;
	if (pt->pt_rss_ntable != 0 && pt->pt_rss_queues != 0)
		return wrong(ctx, pt, "rss_queues", "rss_queues beside "
		    "rss_table; expected one of the two");
	if (pt->pt_rss_ntable != 0 && plan_given(&pt->pt_sec, "rss_buckets"))
		return wrong(ctx, pt, "rss_buckets", "rss_buckets beside "
		    "rss_table, which has a value of each; expected one of "
		    "the two");
	return check_weights(ctx, pt) && check_vary(ctx, pt);
}

/* Lists. */

/* Tables of the search, scratch memory; false: none. */
static bool
spread_conf(struct conf_ctx *ctx, const struct plan_template *pt,
    const struct plan_flow *pf, struct flows_conf *fc)
{
	const unsigned n = buckets(pt);
	uint16_t *table = conf_alloc(ctx->x_mem, n, sizeof(*table));
	unsigned i;

	if (table == NULL)
		return false;
	for (i = 0; i < n; i++)
		table[i] = (uint16_t)(pt->pt_rss_ntable != 0 ?
			pt->pt_rss_table[i] :
			pt->pt_rss_queues != 0 ? i % pt->pt_rss_queues :
			    0);
	*fc = (struct flows_conf) {
		.fc_types = pt->pt_rss_fields == PLAN_4TUPLE ?
		    RSS_UDP | RSS_TCP : 0,
		.fc_proto = (uint8_t)pt->pt_protocol,
		.fc_src = pf->pf_src,
		.fc_dst = pf->pf_dst,
		.fc_nsrc = pt->pt_rss_sources,
		.fc_sport_from = RSS_PORTS,
		.fc_sport_to = 65535,
		.fc_dport = (uint16_t)(pf->pf_back ? pt->pt_sport :
		pt->pt_dport),
		.fc_nbuckets = n,
		.fc_table = table,
		.fc_n = pt->pt_flows,
		.fc_seed = ((const struct plan *)ctx->x_root)->pl_seed,
	};
	memcpy(fc->fc_key, pt->pt_rss_key.rk_key, TOEPLITZ_KEYLEN);
	if (pt->pt_rss_nweight == 0)
		return true;
	if (queues(pt) == 0) {
		fc->fc_weight = pt->pt_rss_weight;
	} else {
		fc->fc_qweight = pt->pt_rss_weight;
		fc->fc_nqueues = queues(pt);
	}
	return true;
}

static struct in6 *
keep(struct conf_ctx *ctx, const struct in6 *list, uint32_t n)
{
	struct in6 *copy = conf_alloc(ctx->x_keep, n, sizeof(*copy));

	if (copy != NULL)
		memcpy(copy, list, n * sizeof(*copy));
	return copy;
}

bool
plan_rss_make(struct conf_ctx *ctx, const struct plan_flow *pf)
{
	const struct plan_template *pt = pf->pf_template;
	struct plan *pl = ctx->x_root;
	struct plan_spread *sp = &pl->pl_stream[pf->pf_stream - pl->pl_stream]
				      .ps_spread[pf->pf_back];
	struct flows_conf fc;
	struct flows fl;
	char err[256];
	int error;

	if (pt->pt_rss_key.rk_text == NULL || sp->sp_n != 0)
		return true;
	if (!spread_conf(ctx, pt, pf, &fc)) {
		ctx->x_nomem = true;
		return false;
	}
	error = flows_create(&fc, &fl, err, sizeof(err));
	if (error == EINVAL) {
		conf_error(ctx->x_errs, &pt->pt_rss_key.rk_pos,
		    "%s (stream %s)", err, pf->pf_stream->ps_name);
		return false;
	}
	if (error == 0) {
		sp->sp_src = keep(ctx, fl.fl_src, fl.fl_n);
		sp->sp_sport = keep(ctx, fl.fl_sport, fl.fl_n);
		if (sp->sp_src != NULL && sp->sp_sport != NULL)
			sp->sp_n = fl.fl_n;
		flows_destroy(&fl);
	}
	if (sp->sp_n == 0)
		ctx->x_nomem = true;
	return sp->sp_n != 0;
}

unsigned
plan_rss_vary(const struct plan_flow *pf, struct tpl_vary v[static 2])
{
	const struct plan_spread *sp = &pf->pf_stream->ps_spread[pf->pf_back];
	const struct flows fl = { .fl_n = sp->sp_n, .fl_src = sp->sp_src,
		.fl_sport = sp->sp_sport };

	if (sp->sp_n == 0)
		return 0;
	flows_vary(&fl, v);
	return 2;
}
