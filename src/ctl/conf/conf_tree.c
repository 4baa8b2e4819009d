/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of a configuration as it grows under the grammar, and the macros,
 * which are gone once it has grown.
 *
 * A top-level setting whose key is not known defines a macro.  So that a
 * misspelt key cannot pass for one, every macro must be used.
 */
#include "ctl/conf/conf_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool
conf_stop(struct conf_ctx *ctx, const struct conf_pos *pos, const char *fmt,
    ...)
{
	char *text;
	va_list ap;
	int n;

	ctx->x_stop = true;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return false;
	conf_error(ctx->x_errs, pos, "%s", text);
	free(text);
	return false;
}

struct conf_word *
conf_word_new(struct conf_ctx *ctx, const char *text, size_t len,
    const struct conf_pos *pos)
{
	struct conf_word *w;

	if (++ctx->x_nwords > CONF_WORDS_MAX) {
		conf_stop(ctx, pos, "too many words in all; expected %u",
		    CONF_WORDS_MAX);
		return NULL;
	}
	if ((w = conf_alloc(ctx->x_mem, 1, sizeof(*w))) == NULL)
		return NULL;
	if ((w->w_text = conf_strndup(ctx->x_mem, text, len)) == NULL)
		return NULL;
	w->w_pos = *pos;
	return w;
}

void
conf_value_one(struct conf_value *v, struct conf_word *w)
{
	*v = (struct conf_value) { .v_first = w, .v_last = w, .v_n = 1 };
}

bool
conf_value_join(struct conf_ctx *ctx, struct conf_value *v,
    const struct conf_value *add)
{
	v->v_bad |= add->v_bad;
	if (add->v_n == 0)
		return true;
	if (v->v_n + add->v_n > CONF_LIST_MAX)
		return conf_stop(ctx, &add->v_first->w_pos,
		    "the list grows too long; expected at most %u values",
		    CONF_LIST_MAX);
	if (v->v_n == 0)
		v->v_first = add->v_first;
	else
		v->v_last->w_next = add->v_first;
	v->v_last = add->v_last;
	v->v_n += add->v_n;
	return true;
}

static struct conf_macro *
macro_find(struct conf_ctx *ctx, const char *name)
{
	struct conf_macro *m;

	for (m = ctx->x_macros; m != NULL; m = m->m_next) {
		if (strcmp(m->m_name, name) == 0)
			return m;
	}
	return NULL;
}

static void
macro_unknown(struct conf_ctx *ctx, const struct conf_word *name)
{
	struct conf_guess g = { .g_word = name->w_text };
	const struct conf_macro *m;

	for (m = ctx->x_macros; m != NULL; m = m->m_next)
		conf_guess(ctx, &g, m->m_name);
	if (g.g_best != NULL)
		conf_error(ctx->x_errs, &name->w_pos,
		    "macro \"%.48s\" is not defined; did you mean \"$%s\"?",
		    name->w_text, g.g_best);
	else
		conf_error(ctx->x_errs, &name->w_pos,
		    "macro \"%.48s\" is not defined; expected %.48s = VALUE "
		    "above this line", name->w_text, name->w_text);
}

/* The words of a macro, as if they stood where its name stands. */
bool
conf_value_macro(struct conf_ctx *ctx, struct conf_value *v,
    const struct conf_word *name)
{
	struct conf_macro *m;
	const struct conf_word *w;
	struct conf_word *copy;
	struct conf_value one;

	*v = (struct conf_value) { 0 };
	if ((m = macro_find(ctx, name->w_text)) == NULL) {
		macro_unknown(ctx, name);
		v->v_bad = true;
		return true;
	}
	m->m_used = true;
	v->v_list = m->m_value.v_list;
	v->v_bad = m->m_value.v_bad;
	for (w = m->m_value.v_first; w != NULL; w = w->w_next) {
		copy = conf_word_new(ctx, w->w_text, strlen(w->w_text),
		    &name->w_pos);
		if (copy == NULL)
			return false;
		conf_value_one(&one, copy);
		if (!conf_value_join(ctx, v, &one))
			return false;
	}
	return true;
}

static bool
macro_name_ok(const char *name)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_";

	return strspn(name, letters) == strlen(name) &&
	    strchr(digits, name[0]) == NULL;
}

static bool
macro_define(struct conf_ctx *ctx, const struct conf_word *name,
    const struct conf_value *v)
{
	struct conf_macro *m;

	if ((m = macro_find(ctx, name->w_text)) != NULL) {
		conf_error(ctx->x_errs, &name->w_pos,
		    "macro \"%.48s\" is defined twice, first at %s; expected "
		    "one definition", name->w_text,
		    conf_ref(&name->w_pos, &m->m_pos).r_text);
		return true;
	}
	if (++ctx->x_nmacros > CONF_MACROS_MAX)
		return conf_stop(ctx, &name->w_pos,
		    "too many macros; expected at most %u", CONF_MACROS_MAX);
	if ((m = conf_alloc(ctx->x_mem, 1, sizeof(*m))) == NULL)
		return false;
	m->m_name = name->w_text;
	m->m_pos = name->w_pos;
	m->m_value = *v;
	m->m_next = ctx->x_macros;
	ctx->x_macros = m;
	return true;
}

/* Why an unused macro stands there at all: most likely a slip. */
static void
macro_unused(struct conf_ctx *ctx, const struct conf_macro *m)
{
	struct conf_guess g = { .g_word = m->m_name };
	const struct conf_table *ct = ctx->x_table;
	const struct conf_secdef *in = NULL;
	const struct conf_secdef *sd;
	unsigned i;
	unsigned k;

	for (i = 0; i < ct->ct_top->sd_nkeys; i++)
		conf_guess(ctx, &g, ct->ct_top->sd_keys[i].kd_name);
	for (i = 0; i < ct->ct_nsections; i++) {
		sd = &ct->ct_sections[i];
		conf_guess(ctx, &g, sd->sd_name);
		for (k = 0; k < sd->sd_nkeys; k++) {
			const char *best = g.g_best;

			conf_guess(ctx, &g, sd->sd_keys[k].kd_name);
			if (g.g_best != best)
				in = sd;
		}
	}
	if (in != NULL && conf_keydef_find(in, g.g_best) == NULL)
		in = NULL;
	if (g.g_best == NULL)
		conf_error(ctx->x_errs, &m->m_pos,
		    "\"%.48s\" is no key here, and as a macro it is never "
		    "used; expected $%.48s below", m->m_name, m->m_name);
	else if (in != NULL && conf_keydef_find(ct->ct_top, g.g_best) == NULL)
		conf_error(ctx->x_errs, &m->m_pos,
		    "\"%.48s\" is no key here, and as a macro it is never "
		    "used; did you mean \"%s\" in a section %s?", m->m_name,
		    g.g_best, in->sd_name);
	else
		conf_error(ctx->x_errs, &m->m_pos,
		    "\"%.48s\" is no key here, and as a macro it is never "
		    "used; did you mean \"%s\"?", m->m_name, g.g_best);
}

void
conf_macros_check(struct conf_ctx *ctx)
{
	const struct conf_macro *m;

	for (m = ctx->x_macros; m != NULL; m = m->m_next) {
		if (!m->m_used)
			macro_unused(ctx, m);
	}
}

static struct conf_node *
node_add(struct conf_parse *p, enum conf_nodekind kind,
    const struct conf_word *key, const struct conf_value *v)
{
	struct conf_node *n;

	if ((n = conf_alloc(p->p_ctx->x_mem, 1, sizeof(*n))) == NULL)
		return NULL;
	n->n_kind = kind;
	n->n_key = key->w_text;
	n->n_pos = key->w_pos;
	n->n_value = *v;
	n->n_last = &n->n_first;
	n->n_up = p->p_cur;
	*p->p_cur->n_last = n;
	p->p_cur->n_last = &n->n_next;
	p->p_ctx->x_said = true;
	return n;
}

bool
conf_setting(struct conf_parse *p, const struct conf_word *key,
    const struct conf_value *v)
{
	struct conf_ctx *ctx = p->p_ctx;
	const char *name = key->w_text;

	if (p->p_cur == &ctx->x_top && macro_name_ok(name) &&
	    conf_keydef_find(ctx->x_table->ct_top, name) == NULL &&
	    conf_secdef_find(ctx->x_table, name) == NULL) {
		ctx->x_said = true;
		return macro_define(ctx, key, v);
	}
	return node_add(p, CONF_SETTING, key, v) != NULL;
}

bool
conf_section_open(struct conf_parse *p, const struct conf_word *key,
    const struct conf_value *name)
{
	struct conf_node *n;

	if ((n = node_add(p, CONF_SECTION, key, name)) == NULL)
		return false;
	p->p_cur = n;
	return true;
}

void
conf_section_close(struct conf_parse *p)
{
	p->p_cur = p->p_cur->n_up;
}
