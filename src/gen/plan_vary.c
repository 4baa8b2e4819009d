/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type of values of plans: a field that varies from packet to packet.
 *
 *	FIELD [flow] count FIRST-LAST [step N] [every N]
 *	FIELD [flow] random FIRST-LAST [every N]
 *	FIELD [flow] list VALUE,... [every N]
 *
 * Whether the field is in the template's packets is the template's question.
 */
#include "gen/plan_int.h"

#include <string.h>

#define LIST_MAX 256u

enum form { F_NUMBER, F_MAC, F_ADDR };

static const struct {
	const char *f_name;
	enum form f_form;
} fields[TPL_F_N] = {
	[TPL_F_SIZE] = { "size", F_NUMBER },
	[TPL_F_DST_MAC] = { "destination_mac", F_MAC },
	[TPL_F_SRC_MAC] = { "source_mac", F_MAC },
	[TPL_F_VLAN] = { "vlan", F_NUMBER },
	[TPL_F_PRIO] = { "priority", F_NUMBER },
	[TPL_F_VLAN2] = { "vlan2", F_NUMBER },
	[TPL_F_PRIO2] = { "priority2", F_NUMBER },
	[TPL_F_SRC] = { "source", F_ADDR },
	[TPL_F_DST] = { "destination", F_ADDR },
	[TPL_F_TOS] = { "tos", F_NUMBER },
	[TPL_F_TTL] = { "ttl", F_NUMBER },
	[TPL_F_LABEL] = { "flow_label", F_NUMBER },
	[TPL_F_IPID] = { "id", F_NUMBER },
	[TPL_F_SPORT] = { "source_port", F_NUMBER },
	[TPL_F_DPORT] = { "destination_port", F_NUMBER },
	[TPL_F_PAYLOAD] = { "payload", F_NUMBER },
	[TPL_F_BYTES] = { "bytes", F_NUMBER },
};

/* Words between blanks, one after the other. */
struct words {
	struct conf_ctx *ws_ctx;
	const struct conf_word *ws_all;
	const char *ws_next;
	char ws_word[1024];
};

static bool
word_next(struct words *ws)
{
	size_t n;

	ws->ws_next += strspn(ws->ws_next, " \t");
	n = strcspn(ws->ws_next, " \t");
	if (n >= sizeof(ws->ws_word))
		n = sizeof(ws->ws_word) - 1;
	memcpy(ws->ws_word, ws->ws_next, n);
	ws->ws_word[n] = '\0';
	ws->ws_next += n;
	return n != 0;
}

static bool
word_wrong(struct words *ws, const char *what, const char *want)
{
	conf_error(ws->ws_ctx->x_errs, &ws->ws_all->w_pos,
	    "vary %s: %s is %s; expected %s",
	    conf_quote(ws->ws_all->w_text).q_text,
	    conf_quote(ws->ws_word).q_text, what, want);
	return false;
}

/* A number of a field at an offset: payload:OFFSET:WIDTH. */
static bool
field_place(struct words *ws, const char *place, struct tpl_vary *tv)
{
	const char *colon = strchr(place, ':');
	uint64_t offset;
	uint64_t width;

	if (colon == NULL ||
	    !conf_number(place, (size_t)(colon - place), &offset) ||
	    !conf_number(colon + 1, strlen(colon + 1), &width) ||
	    offset > UINT16_MAX || width < 1 || width > 8)
		return word_wrong(ws, "no place",
		    "payload:OFFSET:WIDTH or bytes:OFFSET:WIDTH, a width of 1 "
		    "to 8 bytes");
	tv->tv_offset = (uint16_t)offset;
	tv->tv_width = (uint8_t)width;
	return true;
}

static bool
field_unknown(struct words *ws)
{
	struct conf_guess g = { .g_word = ws->ws_word };
	struct conf_names known = { .m_full = false };
	unsigned i;

	for (i = 0; i < TPL_F_N; i++) {
		conf_names_add(&known, fields[i].f_name);
		conf_guess(ws->ws_ctx, &g, fields[i].f_name);
	}
	conf_error(ws->ws_ctx->x_errs, &ws->ws_all->w_pos,
	    "vary %s: unknown field %s; known: %s%s%s%s",
	    conf_quote(ws->ws_all->w_text).q_text,
	    conf_quote(ws->ws_word).q_text, known.m_text,
	    g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
	return false;
}

static bool
vary_field(struct words *ws, struct tpl_vary *tv)
{
	size_t n;
	unsigned i;
	bool placed;

	word_next(ws);
	n = strcspn(ws->ws_word, ":");
	for (i = 0; i < TPL_F_N; i++) {
		if (strlen(fields[i].f_name) == n &&
		    strncmp(fields[i].f_name, ws->ws_word, n) == 0)
			break;
	}
	placed = i == TPL_F_PAYLOAD || i == TPL_F_BYTES;
	if (i == TPL_F_N || (!placed && ws->ws_word[n] != '\0'))
		return field_unknown(ws);
	tv->tv_field = (uint8_t)i;
	return !placed ||
	    field_place(ws, ws->ws_word + n + (ws->ws_word[n] != '\0'), tv);
}

static bool
vary_op(struct words *ws, struct tpl_vary *tv)
{
	static const char *const ops[] = {
		[TPL_COUNT] = "count",
		[TPL_RANDOM] = "random",
		[TPL_LIST] = "list",
	};
	unsigned i;

	word_next(ws);
	if (strcmp(ws->ws_word, "flow") == 0) {
		tv->tv_byflow = true;
		word_next(ws);
	}
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i], ws->ws_word) == 0) {
			tv->tv_op = (uint8_t)i;
			return true;
		}
	}
	return word_wrong(ws, "no way to vary",
	    "count, random or list, each perhaps with flow before it");
}

static bool
value_addr(struct plan_vary *pv, const char *s, struct in6 *out)
{
	struct addr a;

	if (addr_parse(&a, s) != 0 ||
	    (pv->pv_family != 0 && pv->pv_family != a.a_family))
		return false;
	pv->pv_family = a.a_family;
	*out = a.a_family == ADDR_V6 ? a.a_v6 : (struct in6) { 0, a.a_v4 };
	return true;
}

static bool
value(struct plan_vary *pv, const char *s, size_t n, struct in6 *out)
{
	uint8_t mac[MAC_LEN];
	char text[ADDR_STRLEN];
	unsigned i;

	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	*out = (struct in6) { 0, 0 };
	switch (fields[pv->pv_vary.tv_field].f_form) {
	case F_ADDR:
		return value_addr(pv, text, out);
	case F_MAC:
		if (mac_parse(mac, text) != 0)
			return false;
		for (i = 0; i < MAC_LEN; i++)
			out->i6_lo = out->i6_lo << 8 | mac[i];
		return true;
	default:
		return conf_number(text, n, &out->i6_lo);
	}
}

static bool
value_wrong(struct words *ws, const struct tpl_vary *tv)
{
	static const char *const forms[] = {
		[F_NUMBER] = "numbers",
		[F_MAC] = "MAC addresses",
		[F_ADDR] = "addresses of one family",
	};
	char want[96];

	snprintf(want, sizeof(want), "%s of %s",
	    tv->tv_op == TPL_LIST ? "VALUE,VALUE,..." : "FIRST-LAST",
	    forms[fields[tv->tv_field].f_form]);
	return word_wrong(ws, "no value of this field", want);
}

static bool
vary_range(struct words *ws, struct plan_vary *pv)
{
	struct tpl_vary *tv = &pv->pv_vary;
	const char *dash = strchr(ws->ws_word, '-');

	if (dash == NULL ||
	    !value(pv, ws->ws_word, (size_t)(dash - ws->ws_word),
		&tv->tv_from) ||
	    !value(pv, dash + 1, strlen(dash + 1), &tv->tv_to))
		return value_wrong(ws, tv);
	return true;
}

static bool
vary_list(struct words *ws, struct plan_vary *pv)
{
	struct tpl_vary *tv = &pv->pv_vary;
	const char *s = ws->ws_word;
	struct in6 *list;
	size_t n;

	list = conf_alloc(ws->ws_ctx->x_keep, LIST_MAX, sizeof(*list));
	if (list == NULL) {
		ws->ws_ctx->x_nomem = true;
		return false;
	}
	tv->tv_list = list;
	for (;; s += n + 1) {
		if (tv->tv_nlist == LIST_MAX)
			return word_wrong(ws, "too long", "at most 256 values");
		n = strcspn(s, ",");
		if (!value(pv, s, n, &list[tv->tv_nlist++]))
			return value_wrong(ws, tv);
		if (s[n] == '\0')
			return true;
	}
}

/* "step N", "every N" in any order. */
static bool
vary_rest(struct words *ws, struct tpl_vary *tv)
{
	uint64_t v;
	bool step;

	while (word_next(ws)) {
		step = strcmp(ws->ws_word, "step") == 0;
		if ((!step && strcmp(ws->ws_word, "every") != 0) ||
		    (step && tv->tv_op != TPL_COUNT))
			return word_wrong(ws, "not understood",
			    tv->tv_op == TPL_COUNT ? "step N or every N" :
			    "every N");
		word_next(ws);
		if (!conf_number(ws->ws_word, strlen(ws->ws_word), &v) ||
		    v == 0 || v > UINT32_MAX)
			return word_wrong(ws, "no number", "1 to 4294967295");
		if (step)
			tv->tv_step = (struct in6) { 0, v };
		else
			tv->tv_every = (uint32_t)v;
	}
	return true;
}

static bool
vary_parse(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_word *w, void *out)
{
	struct plan_vary *pv = out;
	struct words ws = {
		.ws_ctx = ctx, .ws_all = w, .ws_next = w->w_text,
	};

	*pv = (struct plan_vary) { .pv_pos = w->w_pos };
	if (!vary_field(&ws, &pv->pv_vary) || !vary_op(&ws, &pv->pv_vary))
		return false;
	word_next(&ws);
	if (pv->pv_vary.tv_op == TPL_LIST ? !vary_list(&ws, pv) :
	    !vary_range(&ws, pv))
		return false;
	if (!vary_rest(&ws, &pv->pv_vary))
		return false;
	pv->pv_text = plan_keep(ctx, w->w_text);
	return pv->pv_text != NULL;
}

static void
vary_print(const struct conf_keydef *k, const void *v, FILE *f)
{
	conf_print_string(((const struct plan_vary *)v)->pv_text, f);
}

static bool
vary_equal(const void *a, const void *b)
{
	return strcmp(((const struct plan_vary *)a)->pv_text,
	    ((const struct plan_vary *)b)->pv_text) == 0;
}

const struct conf_type plan_type_vary = {
	.t_size = sizeof(struct plan_vary),
	.t_parse = vary_parse,
	.t_print = vary_print,
	.t_equal = vary_equal,
};
