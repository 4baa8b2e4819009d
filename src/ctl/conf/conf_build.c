/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of a file to a struct conf, by its table.
 *
 * A section in which something is wrong is left out, so that the checks after
 * this see only whole ones.  Interfaces stay (CONF_NAMED): else each mention
 * of one would be a mistake too.
 */
#include "ctl/conf/conf_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct conf_secdef *
conf_secdef_find(const struct conf_table *ct, const char *name)
{
	unsigned i;

	for (i = 0; i < ct->ct_nsections; i++) {
		if (strcmp(ct->ct_sections[i].sd_name, name) == 0)
			return &ct->ct_sections[i];
	}
	return NULL;
}

const struct conf_keydef *
conf_keydef_find(const struct conf_secdef *sd, const char *name)
{
	unsigned i;

	for (i = 0; i < sd->sd_nkeys; i++) {
		if (strcmp(sd->sd_keys[i].kd_name, name) == 0)
			return &sd->sd_keys[i];
	}
	return NULL;
}

bool
conf_key_applies(const struct conf_keydef *k, const void *sec)
{
	const struct conf_sec *cs = sec;
	const struct conf_keydef *kind;
	unsigned v;

	if (k->kd_only == 0)
		return true;
	kind = conf_keydef_find(cs->cs_def, cs->cs_def->sd_kind);
	memcpy(&v, (const char *)sec + kind->kd_off, sizeof(v));
	return (k->kd_only & 1u << v) != 0;
}

void *
conf_list_get(const void *base, size_t off, size_t noff, unsigned *n)
{
	const char *b = base;
	void *p;

	memcpy(&p, b + off, sizeof(p));
	memcpy(n, b + noff, sizeof(*n));
	return p;
}

void
conf_list_set(void *base, size_t off, size_t noff, void *p, unsigned n)
{
	char *b = base;

	memcpy(b + off, &p, sizeof(p));
	memcpy(b + noff, &n, sizeof(n));
}

static void *
build_alloc(struct conf_ctx *ctx, size_t n, size_t size)
{
	void *p;

	if ((p = conf_alloc(ctx->x_keep, n, size)) == NULL)
		ctx->x_nomem = true;
	return p;
}

static bool
build_list(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_node *n, void *sec)
{
	const struct conf_word *w;
	char *items;
	unsigned i = 0;
	bool ok = true;

	if (n->n_value.v_n == 0 || n->n_value.v_n > k->kd_max) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s has %u values; expected 1 to %u", k->kd_name,
		    n->n_value.v_n, k->kd_max);
		return false;
	}
	items = build_alloc(ctx, n->n_value.v_n, k->kd_type->t_size);
	if (items == NULL)
		return false;
	for (w = n->n_value.v_first; w != NULL; w = w->w_next) {
		if (k->kd_type->t_parse(ctx, k, w,
			items + i * k->kd_type->t_size))
			i++;
		else
			ok = false;
	}
	conf_list_set(sec, k->kd_off, k->kd_noff, items, i);
	return ok;
}

static bool
build_value(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_node *n, void *sec)
{
	if (n->n_value.v_bad)
		return false;
	if (k->kd_noff != 0)
		return build_list(ctx, k, n, sec);
	if (n->n_value.v_list) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s takes one value, not a list; expected %s = VALUE",
		    k->kd_name, k->kd_name);
		return false;
	}
	return k->kd_type->t_parse(ctx, k, n->n_value.v_first,
	    (char *)sec + k->kd_off);
}

static void
unknown_key(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n)
{
	struct conf_guess g = { .g_word = n->n_key };
	struct conf_names known = { .m_full = false };
	unsigned i;

	for (i = 0; i < sd->sd_nkeys; i++) {
		conf_names_add(&known, sd->sd_keys[i].kd_name);
		conf_guess(ctx, &g, sd->sd_keys[i].kd_name);
	}
	conf_error(ctx->x_errs, &n->n_pos,
	    "unknown key %s in %s; known: %s%s%s%s",
	    conf_quote(n->n_key).q_text, sd->sd_name, known.m_text,
	    g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
}

static bool
build_key(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n, struct conf_sec *sec)
{
	const struct conf_keydef *k = conf_keydef_find(sd, n->n_key);
	struct conf_pos *at;

	if (sd == ctx->x_table->ct_top &&
	    conf_secdef_find(ctx->x_table, n->n_key) != NULL) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s is a section, not a setting; expected %s ... { ... }",
		    n->n_key, n->n_key);
		return false;
	}
	if (k == NULL) {
		unknown_key(ctx, sd, n);
		return false;
	}
	at = &sec->cs_at[k - sd->sd_keys];
	if (at->cp_line != 0) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s is given twice, first at %s; expected it once",
		    k->kd_name, conf_ref(&n->n_pos, at).r_text);
		return false;
	}
	*at = n->n_pos;
	return build_value(ctx, k, n, sec);
}

/* A key that this kind lacks, or one that it needs. */
static bool
check_applies(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_pos *at, const struct conf_sec *sec)
{
	const struct conf_keydef *kind;
	struct conf_names have = { .m_full = false };
	unsigned v;
	unsigned i;

	if (at->cp_line == 0 || conf_key_applies(k, sec))
		return true;
	kind = conf_keydef_find(sec->cs_def, sec->cs_def->sd_kind);
	memcpy(&v, (const char *)sec + kind->kd_off, sizeof(v));
	for (i = 0; kind->kd_names[i] != NULL; i++) {
		if ((k->kd_only & 1u << i) != 0)
			conf_names_add(&have, kind->kd_names[i]);
	}
	conf_error(ctx->x_errs, at,
	    "%s has no meaning with %s %s; expected %s %s", k->kd_name,
	    kind->kd_name, kind->kd_names[v], kind->kd_name, have.m_text);
	return false;
}

static bool
check_required(struct conf_ctx *ctx, const struct conf_keydef *k,
    const struct conf_sec *sec)
{
	struct conf_names names = { .m_full = false };
	unsigned i;

	for (i = 0; k->kd_names != NULL && k->kd_names[i] != NULL; i++)
		conf_names_add(&names, k->kd_names[i]);
	conf_error(ctx->x_errs, &sec->cs_pos,
	    "this %s has no %s; expected %s = %s%s", sec->cs_def->sd_name,
	    k->kd_name, k->kd_name, names.m_text[0] != '\0' ? "one of " : "",
	    names.m_text[0] != '\0' ? names.m_text : k->kd_hint);
	return false;
}

static void
set_default(struct conf_ctx *ctx, const struct conf_keydef *k,
    struct conf_sec *sec)
{
	struct conf_word w = { .w_text = k->kd_default };

	if (k->kd_default != NULL)
		k->kd_type->t_parse(ctx, k, &w, (char *)sec + k->kd_off);
}

/* kind_ok: the kind is known, so what it needs is known too. */
static bool
check_keys(struct conf_ctx *ctx, const struct conf_secdef *sd,
    struct conf_sec *sec, bool kind_ok)
{
	const struct conf_keydef *k;
	bool ok = true;
	unsigned i;

	for (i = 0; i < sd->sd_nkeys; i++) {
		k = &sd->sd_keys[i];
		if (k->kd_only != 0 && !kind_ok)
			continue;
		if (!check_applies(ctx, k, &sec->cs_at[i], sec))
			ok = false;
		if (sec->cs_at[i].cp_line != 0 || !conf_key_applies(k, sec))
			continue;
		if (k->kd_required && !check_required(ctx, k, sec))
			ok = false;
		set_default(ctx, k, sec);
	}
	return ok;
}

static bool
build_keys(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *first, struct conf_sec *sec)
{
	const struct conf_node *n;
	bool kind_ok = false;
	bool ok = true;

	sec->cs_def = sd;
	sec->cs_at = build_alloc(ctx, sd->sd_nkeys, sizeof(*sec->cs_at));
	if (sec->cs_at == NULL)
		return false;
	for (n = first; n != NULL; n = n->n_next) {
		if (n->n_kind == CONF_SECTION)
			continue;
		if (!build_key(ctx, sd, n, sec))
			ok = false;
		else if (sd->sd_kind != NULL &&
		    strcmp(n->n_key, sd->sd_kind) == 0)
			kind_ok = true;
	}
	if (!check_keys(ctx, sd, sec, kind_ok))
		ok = false;
	return ok && (sd->sd_check == NULL || sd->sd_check(ctx, sec));
}

/* Sections stand at the top only. */
static bool
check_nested(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n)
{
	bool ok = true;

	for (; n != NULL; n = n->n_next) {
		if (n->n_kind != CONF_SECTION)
			continue;
		conf_error(ctx->x_errs, &n->n_pos,
		    "section %s within %s; expected settings there",
		    conf_quote(n->n_key).q_text, sd->sd_name);
		ok = false;
	}
	return ok;
}

static bool
sysctl_name_ok(const char *s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%-";

	return strlen(s) <= 128 && strspn(s, set) == strlen(s);
}

static bool
build_sysctl(struct conf_ctx *ctx, const struct conf_node *n,
    struct conf_sysctl *sy)
{
	const struct conf_value *v = &n->n_value;
	struct conf_mem *mem = ctx->x_keep;

	if (v->v_bad)
		return false;
	if (!sysctl_name_ok(n->n_key)) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s is no name of a sysctl; expected one as "
		    "net.inet.ip.ttl", conf_quote(n->n_key).q_text);
		return false;
	}
	if (v->v_list) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%.128s takes one value, not a list; expected %.128s = "
		    "VALUE", n->n_key, n->n_key);
		return false;
	}
	sy->sy_pos = n->n_pos;
	sy->sy_name = conf_strndup(mem, n->n_key, strlen(n->n_key));
	sy->sy_value = conf_strndup(mem, v->v_first->w_text,
	    strlen(v->v_first->w_text));
	if (sy->sy_name == NULL || sy->sy_value == NULL)
		ctx->x_nomem = true;
	return !ctx->x_nomem;
}

static void
build_sysctls(struct conf_ctx *ctx, const struct conf_node *sec)
{
	struct conf *cf = ctx->x_conf;
	const struct conf_node *n;
	unsigned room = 0;

	for (n = sec->n_first; n != NULL; n = n->n_next)
		room++;
	cf->cf_sysctl = build_alloc(ctx, room, sizeof(*cf->cf_sysctl));
	if (cf->cf_sysctl == NULL)
		return;
	for (n = sec->n_first; n != NULL; n = n->n_next) {
		if (n->n_kind == CONF_SETTING &&
		    build_sysctl(ctx, n, &cf->cf_sysctl[cf->cf_nsysctl]))
			cf->cf_nsysctl++;
	}
}

/* The name of a section, or that it has none. */
static bool
build_id(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n, void *sec)
{
	const struct conf_value *v = &n->n_value;

	if (v->v_bad)
		return false;
	if ((sd->sd_flags & CONF_ONCE) != 0) {
		if (v->v_n == 0)
			return true;
		conf_error(ctx->x_errs, &v->v_first->w_pos,
		    "%s has no name; expected %s { ... }", sd->sd_name,
		    sd->sd_name);
		return false;
	}
	if (v->v_n != 1 || v->v_list) {
		conf_error(ctx->x_errs, &n->n_pos,
		    "%s has %s name; expected %s %s { ... }", sd->sd_name,
		    v->v_n == 0 ? "no" : "a list as its", sd->sd_name,
		    sd->sd_id.kd_hint);
		return false;
	}
	return sd->sd_id.kd_type->t_parse(ctx, &sd->sd_id, v->v_first,
	    (char *)sec + sd->sd_id.kd_off);
}

/* Whether to keep the section at sec. */
static bool
build_section(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n, void *sec)
{
	struct conf_sec *cs = sec;
	bool named;
	bool ok;

	named = build_id(ctx, sd, n, sec);
	ok = check_nested(ctx, sd, n->n_first);
	cs->cs_pos = n->n_pos;
	if (n->n_value.v_n == 1)
		cs->cs_pos = n->n_value.v_first->w_pos;
	if (!build_keys(ctx, sd, n->n_first, cs))
		ok = false;
	if ((sd->sd_flags & CONF_NAMED) == 0)
		return named && ok;
	if (!named)
		ctx->x_ids_bad = true;
	if (!named || !ok)
		ctx->x_ifs_bad = true;
	return named;
}

/* The nodes of one kind of section; the first of those that stand once. */
static unsigned
count_sections(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node **first)
{
	const struct conf_node *n;
	unsigned count = 0;

	*first = NULL;
	for (n = ctx->x_top.n_first; n != NULL; n = n->n_next) {
		if (n->n_kind != CONF_SECTION ||
		    strcmp(n->n_key, sd->sd_name) != 0)
			continue;
		if (count++ == 0)
			*first = n;
		else if ((sd->sd_flags & CONF_ONCE) != 0)
			conf_error(ctx->x_errs, &n->n_pos,
			    "%s is given twice, first at %s; expected it once",
			    n->n_key,
			    conf_ref(&n->n_pos, &(*first)->n_pos).r_text);
		else if (count == sd->sd_max + 1)
			conf_error(ctx->x_errs, &n->n_pos,
			    "too many of %s; expected at most %u", n->n_key,
			    sd->sd_max);
	}
	return count;
}

/* The one section that was given, or one with nothing but defaults. */
static void
build_once(struct conf_ctx *ctx, const struct conf_secdef *sd,
    const struct conf_node *n)
{
	const struct conf_sec *top = ctx->x_root;
	const struct conf_node none = {
		.n_pos = { top->cs_pos.cp_file, 0, 0 },
	};
	struct conf_sec unnamed;
	void *sec;

	if ((sd->sd_flags & CONF_FREE) != 0) {
		if (n != NULL && build_id(ctx, sd, n, &unnamed) &&
		    check_nested(ctx, sd, n->n_first))
			build_sysctls(ctx, n);
		return;
	}
	if ((sec = build_alloc(ctx, 1, sd->sd_size)) == NULL)
		return;
	build_section(ctx, sd, n != NULL ? n : &none, sec);
	conf_list_set(ctx->x_root, sd->sd_off, sd->sd_noff, sec, 1);
}

static void
build_sections(struct conf_ctx *ctx, const struct conf_secdef *sd)
{
	const struct conf_node *n;
	unsigned count;
	unsigned used = 0;
	char *secs;

	count = count_sections(ctx, sd, &n);
	if ((sd->sd_flags & CONF_ONCE) != 0) {
		build_once(ctx, sd, n);
		return;
	}
	if (count > sd->sd_max) {
		ctx->x_ids_bad = true;
		return;
	}
	if ((secs = build_alloc(ctx, count, sd->sd_size)) == NULL)
		return;
	for (; n != NULL && !ctx->x_nomem; n = n->n_next) {
		if (n->n_kind != CONF_SECTION ||
		    strcmp(n->n_key, sd->sd_name) != 0)
			continue;
		memset(secs + used * sd->sd_size, 0, sd->sd_size);
		if (build_section(ctx, sd, n, secs + used * sd->sd_size))
			used++;
	}
	conf_list_set(ctx->x_root, sd->sd_off, sd->sd_noff, secs, used);
}

static void
unknown_sections(struct conf_ctx *ctx)
{
	const struct conf_table *ct = ctx->x_table;
	struct conf_names known = { .m_full = false };
	const struct conf_node *n;
	unsigned i;

	for (i = 0; i < ct->ct_nsections; i++)
		conf_names_add(&known, ct->ct_sections[i].sd_name);
	for (n = ctx->x_top.n_first; n != NULL; n = n->n_next) {
		struct conf_guess g = { .g_word = n->n_key };

		if (n->n_kind != CONF_SECTION ||
		    conf_secdef_find(ct, n->n_key) != NULL)
			continue;
		if (conf_keydef_find(ct->ct_top, n->n_key) != NULL) {
			conf_error(ctx->x_errs, &n->n_pos,
			    "%s is a setting; expected %s = VALUE", n->n_key,
			    n->n_key);
			continue;
		}
		for (i = 0; i < ct->ct_nsections; i++)
			conf_guess(ctx, &g, ct->ct_sections[i].sd_name);
		conf_error(ctx->x_errs, &n->n_pos,
		    "unknown section %s; known: %s%s%s%s",
		    conf_quote(n->n_key).q_text, known.m_text,
		    g.g_best != NULL ? "; did you mean \"" : "",
		    g.g_best != NULL ? g.g_best : "",
		    g.g_best != NULL ? "\"?" : "");
	}
}

bool
conf_build(struct conf_ctx *ctx)
{
	const struct conf_table *ct = ctx->x_table;
	unsigned i;

	unknown_sections(ctx);
	build_keys(ctx, ct->ct_top, ctx->x_top.n_first, ctx->x_root);
	for (i = 0; i < ct->ct_nsections && !ctx->x_nomem; i++)
		build_sections(ctx, &ct->ct_sections[i]);
	return !ctx->x_nomem;
}

int
conf_value_parse(const char *section, const char *key, const char *text,
    void *out, char *err, size_t errlen)
{
	const struct conf_secdef *sd =
	    conf_secdef_find(&conf_table_spate, section);
	const struct conf_keydef *k =
	    key != NULL ? conf_keydef_find(sd, key) : &sd->sd_id;
	const struct conf_word w = { .w_text = text };
	struct conf_errors errs = { 0 };
	struct conf_ctx ctx = { .x_errs = &errs };
	bool ok = k->kd_type->t_parse(&ctx, k, &w, out);

	if (!ok)
		snprintf(err, errlen, "%s", errs.ce_text[0] != NULL ?
		    errs.ce_text[0] : "out of memory");
	conf_errors_free(&errs);
	return ok ? 0 : EINVAL;
}
