/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VRFs: their names and numbers differ, what names one means one, and routes
 * from one to another do not go round in circles.
 */
#include "ctl/conf/conf_int.h"

#include <stdlib.h>
#include <string.h>

int
conf_rtable(const struct conf *cf, const char *vrf)
{
	unsigned i;

	if (vrf == NULL || strcmp(vrf, CONF_VRF_MAIN) == 0)
		return 0;
	for (i = 0; i < cf->cf_nvrf; i++) {
		if (strcmp(cf->cf_vrf[i].vr_name, vrf) == 0)
			return (int)cf->cf_vrf[i].vr_id;
	}
	return -1;
}

/* There are few of them. */
static void
check_twice(struct conf_ctx *ctx, const struct conf_vrf *vr)
{
	const struct conf_vrf *o;
	const struct conf_pos *pos = conf_where(&vr->vr_sec, "id");

	for (o = ctx->x_conf->cf_vrf; o < vr; o++) {
		if (strcmp(o->vr_name, vr->vr_name) == 0) {
			conf_error(ctx->x_errs, &vr->vr_sec.cs_pos,
			    "a VRF of this name is given twice, first at %s; "
			    "expected it once",
			    conf_ref(&vr->vr_sec.cs_pos, &o->vr_sec.cs_pos)
				.r_text);
			return;
		}
		if (o->vr_id == vr->vr_id && vr->vr_id != 0)
			conf_error(ctx->x_errs, pos,
			    "id %u is that of \"%s\" (%s); expected another "
			    "number from 1 to %u", vr->vr_id, o->vr_name,
			    conf_ref(pos, conf_where(&o->vr_sec, "id")).r_text,
			    CONF_VRF_MAX);
	}
}

static void
check_named(struct conf_ctx *ctx, const char *name, const struct conf_sec *cs,
    const char *key)
{
	const struct conf *cf = ctx->x_conf;
	struct conf_guess g = { .g_word = name };
	struct conf_names known = { .m_full = false };
	unsigned i;

	if (conf_rtable(cf, name) >= 0 || ctx->x_ids_bad)
		return;
	conf_names_add(&known, CONF_VRF_MAIN);
	for (i = 0; i < cf->cf_nvrf; i++) {
		conf_names_add(&known, cf->cf_vrf[i].vr_name);
		conf_guess(ctx, &g, cf->cf_vrf[i].vr_name);
	}
	conf_error(ctx->x_errs, conf_where(cs, key),
	    "no VRF \"%s\" in this file; known: %s%s%s%s", name,
	    known.m_text, g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
}

void
conf_check_vrfs(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_route *ro;
	unsigned i;

	for (i = 0; i < cf->cf_nvrf; i++) {
		if (strcmp(cf->cf_vrf[i].vr_name, CONF_VRF_MAIN) == 0)
			conf_error(ctx->x_errs, &cf->cf_vrf[i].vr_sec.cs_pos,
			    "\"" CONF_VRF_MAIN "\" is the name of what is in "
			    "no VRF; expected another name");
		check_twice(ctx, &cf->cf_vrf[i]);
	}
	for (i = 0; i < conf_nifs(cf); i++)
		check_named(ctx, conf_if_at(cf, i)->ci_vrf,
		    &conf_if_at(cf, i)->ci_sec, "vrf");
	for (i = 0; i < cf->cf_nroute; i++) {
		ro = &cf->cf_route[i];
		check_named(ctx, ro->ro_vrf, &ro->ro_sec, "vrf");
		check_named(ctx, ro->ro_table, &ro->ro_sec, "table");
	}
	for (i = 0; i < cf->cf_nservice; i++)
		check_named(ctx, cf->cf_service[i].sv_vrf,
		    &cf->cf_service[i].sv_sec, "vrf");
	for (i = 0; i < cf->cf_nrule; i++) {
		ro = &cf->cf_rule[i].ru_way;
		check_named(ctx, ro->ro_vrf, &cf->cf_rule[i].ru_sec, "vrf");
		check_named(ctx, ro->ro_table, &cf->cf_rule[i].ru_sec,
		    "table");
	}
}

/*
 * Loops.
 *
 * A packet goes round in a circle if each of some tables has, as its longest
 * match, a route into the next.  The longest of these routes then is matched
 * by the packet in its own table, and all of it lies within each of the
 * others, which are the longest that cover it there.  So a circle shows when
 * the prefix of each route into a table is followed as a whole; what only part
 * of it would match on the way does not matter to the rest.
 */

/* What a table knows, by table and prefix. */
struct cover {
	int		 c_rtable;
	struct prefix	 c_prefix;
	const struct conf_route *c_route;	/* NULL: a network of ours */
};

struct covers {
	struct cover	*cs_cover;
	size_t		 cs_n;
};

static int
cover_cmp(const void *va, const void *vb)
{
	const struct cover *a = va;
	const struct cover *b = vb;

	if (a->c_rtable != b->c_rtable)
		return a->c_rtable < b->c_rtable ? -1 : 1;
	return prefix_cmp(&a->c_prefix, &b->c_prefix);
}

/* A network of ours comes before a route to it, and is what counts. */
static int
cover_sort(const void *va, const void *vb)
{
	const struct cover *a = va;
	const struct cover *b = vb;
	int c = cover_cmp(a, b);

	return c != 0 ? c : (a->c_route != NULL) - (b->c_route != NULL);
}

static void
covers_add(struct covers *cs, int rtable, const struct prefix *p,
    const struct conf_route *ro)
{
	cs->cs_cover[cs->cs_n++] = (struct cover) {
		.c_rtable = rtable,
		.c_prefix = *p,
		.c_route = ro,
	};
}

static bool
covers_make(struct conf_ctx *ctx, struct covers *cs)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_if *ci;
	struct prefix net;
	size_t n = cf->cf_nroute;
	unsigned i;
	unsigned k;

	for (i = 0; i < conf_nifs(cf); i++)
		n += conf_if_at(cf, i)->ci_naddr;
	cs->cs_n = 0;
	cs->cs_cover = conf_alloc(ctx->x_mem, n, sizeof(*cs->cs_cover));
	if (cs->cs_cover == NULL)
		return false;
	for (i = 0; i < conf_nifs(cf); i++) {
		ci = conf_if_at(cf, i);
		for (k = 0; k < ci->ci_naddr; k++) {
			net = conf_net(&ci->ci_addr[k].cx_prefix);
			covers_add(cs, conf_rtable(cf, ci->ci_vrf), &net,
			    NULL);
		}
	}
	for (i = 0; i < cf->cf_nroute; i++)
		covers_add(cs, conf_rtable(cf, cf->cf_route[i].ro_vrf),
		    &cf->cf_route[i].ro_dst.cx_prefix, &cf->cf_route[i]);
	qsort(cs->cs_cover, cs->cs_n, sizeof(*cs->cs_cover), cover_sort);
	return true;
}

/* The first of equal ones, or NULL. */
static const struct cover *
covers_exact(const struct covers *cs, const struct cover *want)
{
	size_t lo = 0;
	size_t hi = cs->cs_n;
	size_t mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (cover_cmp(&cs->cs_cover[mid], want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == cs->cs_n || cover_cmp(&cs->cs_cover[lo], want) != 0)
		return NULL;
	return &cs->cs_cover[lo];
}

/* The longest that holds all of a prefix. */
static const struct cover *
covers_longest(const struct covers *cs, int rtable, const struct prefix *p)
{
	struct cover want = { .c_rtable = rtable, .c_prefix = *p };
	const struct cover *c;

	for (;;) {
		if ((c = covers_exact(cs, &want)) != NULL)
			return c;
		if (want.c_prefix.p_len == 0)
			return NULL;
		want.c_prefix.p_len--;
		want.c_prefix = conf_net(&want.c_prefix);
	}
}

static void
check_loop(struct conf_ctx *ctx, const struct covers *cs,
    const struct conf_route *ro)
{
	const struct conf_pos *pos = conf_where(&ro->ro_sec, "table");
	const struct conf *cf = ctx->x_conf;
	const struct conf_route *next = ro;
	const struct cover *c;
	unsigned step;

	for (step = 0; step <= CONF_VRF_MAX; step++) {
		c = covers_longest(cs, conf_rtable(cf, next->ro_table),
		    &ro->ro_dst.cx_prefix);
		if (c == NULL || c->c_route == NULL ||
		    c->c_route->ro_table == NULL)
			return;
		if (c->c_route == ro)
			break;
		next = c->c_route;
	}
	if (step > CONF_VRF_MAX)
		return; /* a circle that others make, who are told */
	if (next == ro)
		conf_error(ctx->x_errs, pos,
		    "this route is in \"%s\" itself; expected another VRF",
		    ro->ro_table);
	else
		conf_error(ctx->x_errs, pos,
		    "packets would go round in a circle: the route at %s "
		    "sends them back; expected one of the two to be more "
		    "specific, or another next hop",
		    conf_ref(pos, &next->ro_sec.cs_pos).r_text);
}

bool
conf_check_loops(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	struct covers cs = { .cs_cover = NULL };
	unsigned i;

	for (i = 0; i < cf->cf_nroute && !ctx->x_ids_bad; i++) {
		if (cf->cf_route[i].ro_table == NULL ||
		    conf_rtable(cf, cf->cf_route[i].ro_table) < 0)
			continue;
		if (cs.cs_cover == NULL && !covers_make(ctx, &cs))
			return false;
		check_loop(ctx, &cs, &cf->cf_route[i]);
	}
	return true;
}
