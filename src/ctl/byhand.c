/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes by hand: listing them, and what becomes of them when the
 * configuration changes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/byhand_int.h"
#include "ctl/control.h"
#include "route/route.h"

const struct conf *
byhand_conf(const struct byhand *by)
{
	return &by->by_conf;
}

void
byhand_free(struct byhand *by)
{
	unsigned i;

	if (by == NULL)
		return;
	for (i = 0; i < by->by_n; i++)
		free(by->by_one[i].bo_text);
	free(by->by_one);
	conf_mem_destroy(by->by_mem);
	free(by);
}

int
byhand_create(struct ctl *ctl, struct byhand **byp)
{
	struct byhand *by = calloc(1, sizeof(*by));
	int error = ENOMEM;

	*byp = NULL;
	if (by == NULL)
		return ENOMEM;
	if ((by->by_mem = conf_mem_create()) == NULL ||
	    (error = byhand_find(ctl, by, control_conf(ctl))) != 0) {
		byhand_free(by);
		return error;
	}
	*byp = by;
	return 0;
}

static bool
is_number(const char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

/* In the file's form, on one line. */
static void
one_print(const struct control_kind *ck, const struct control_obj *o, FILE *f)
{
	const struct conf_if *ci = o->o_sec;
	const struct conf_prefix *cx = o->o_item;
	const struct conf_sysctl *sy = o->o_sec;
	const char *quote;
	char text[PREFIX_STRLEN];

	if (ck == &control_route_kind)
		conf_print_line("route", o->o_sec, f);
	else if (ck == &control_neigh_kind)
		conf_print_line("neighbour", o->o_sec, f);
	else if (ck == &control_addr_kind)
		fprintf(f, "%s \"%s\" { address = {\"%s\"} }",
		    ci->ci_parent != NULL ? "vlan" : "interface", ci->ci_name,
		    prefix_format(&cx->cx_prefix, text));
	else {
		quote = is_number(sy->sy_value) ? "" : "\"";
		fprintf(f, "sysctl { %s = %s%s%s }", sy->sy_name, quote,
		    sy->sy_value, quote);
	}
}

static char *
one_text(const struct control_kind *ck, const struct control_obj *o)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return NULL;
	one_print(ck, o, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

int
byhand_add(struct byhand *by, const struct control_kind *ck,
    const struct control_obj *o)
{
	struct byhand_one *more;

	/* Powers of two. */
	if ((by->by_n & (by->by_n - 1)) == 0) {
		more = realloc(by->by_one,
		    (by->by_n > 0 ? 2 * by->by_n : 1) * sizeof(*more));
		if (more == NULL)
			return ENOMEM;
		by->by_one = more;
	}
	by->by_one[by->by_n] = (struct byhand_one){ .bo_kind = ck,
		.bo_obj = *o, .bo_text = one_text(ck, o) };
	return by->by_one[by->by_n++].bo_text != NULL ? 0 : ENOMEM;
}

/* Whether the VRF still has its number; NULL: main. */
static bool ON_CTL
vrf_stands(struct ctl *ctl, const struct conf *conf, const char *vrf)
{
	return vrf == NULL || strcmp(rtable_name(ctl->ctl_sp,
	    (unsigned)conf_rtable(conf, vrf)), vrf) == 0;
}

/* Whether what a change is about can be there at all. */
static bool ON_CTL
one_ground(struct ctl *ctl, const struct byhand_one *bo)
{
	const struct control_obj *o = &bo->bo_obj;
	const struct conf_route *ro = o->o_sec;

	if (o->o_ifname != NULL)
		return if_find(ctl, o->o_ifname) != NULL;
	return bo->bo_kind != &control_route_kind ||
	    (vrf_stands(ctl, o->o_conf, ro->ro_vrf) &&
		vrf_stands(ctl, o->o_conf, ro->ro_table));
}

static bool ON_CTL
one_holds(struct ctl *ctl, const struct byhand_one *bo)
{
	bool there = one_ground(ctl, bo) &&
	    bo->bo_kind->ck_there(ctl, &bo->bo_obj);

	return there == bo->bo_obj.o_hand;
}

json_t *
byhand_list(struct ctl *ctl, const struct byhand *by, bool lost)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < by->by_n; i++) {
		const struct byhand_one *bo = &by->by_one[i];

		if (!lost || !one_holds(ctl, bo))
			json_array_append_new(list, json_pack("{s:s, s:s}",
			    "sign", bo->bo_obj.o_hand ? "+" : "-", "text",
			    bo->bo_text));
	}
	return list;
}

/* The address on whatever interface of the same VRF. */
static bool
conf_has_addr(const struct conf *conf, const struct byhand_one *bo)
{
	const struct conf_prefix *cx = bo->bo_obj.o_item;
	const struct conf_if *is = bo->bo_obj.o_sec;
	unsigned i, k;

	if (cx->cx_prefix.p_addr.a_family == ADDR_V6 &&
	    in6_is_linklocal(cx->cx_prefix.p_addr.a_v6))
		return false;
	for (i = 0; i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);

		if (conf_rtable(conf, ci->ci_vrf) !=
		    conf_rtable(bo->bo_obj.o_conf, is->ci_vrf))
			continue;
		for (k = 0; k < ci->ci_naddr; k++)
			if (addr_eq(&ci->ci_addr[k].cx_prefix.p_addr,
				&cx->cx_prefix.p_addr))
				return true;
	}
	return false;
}

/* Whether a configuration has a word about the same object. */
static bool
conf_speaks(const struct conf *conf, const struct byhand_one *bo)
{
	const struct control_kind *ck = bo->bo_kind;
	unsigned i, n = ck->ck_list(conf, NULL);
	struct control_obj *obj = calloc(n + 1, sizeof(*obj));
	bool found = obj == NULL; /* rather lost, and told, than wrong */

	if (obj != NULL)
		ck->ck_list(conf, obj);
	for (i = 0; i < n && !found; i++)
		found = ck->ck_cmp(&obj[i], &bo->bo_obj) == 0;
	free(obj);
	return found ||
	    (ck == &control_addr_kind && conf_has_addr(conf, bo));
}

void
byhand_yield(struct ctl *ctl, const struct byhand *by, const struct conf *to)
{
	unsigned i;

	for (i = 0; i < by->by_n; i++) {
		const struct byhand_one *bo = &by->by_one[i];

		if (bo->bo_obj.o_hand && bo->bo_kind == &control_addr_kind &&
		    conf_has_addr(to, bo) && one_ground(ctl, bo))
			bo->bo_kind->ck_clear(ctl, &bo->bo_obj);
	}
}

/* RFC 8200, 5: the interface may have come back with a smaller MTU. */
static bool ON_CTL
one_may_come(struct ctl *ctl, const struct byhand_one *bo)
{
	const struct conf_prefix *cx = bo->bo_obj.o_item;

	return one_ground(ctl, bo) && (bo->bo_kind != &control_addr_kind ||
	    cx->cx_prefix.p_addr.a_family == ADDR_V4 ||
	    if_find(ctl, bo->bo_obj.o_ifname)->if_mtu >= 1280);
}

void
byhand_restore(struct ctl *ctl, const struct byhand *by,
    const struct conf *to, bool back)
{
	struct conf_errors errs = { 0 };
	unsigned i;

	for (i = 0; i < by->by_n; i++) {
		const struct byhand_one *bo = &by->by_one[i];

		if (one_holds(ctl, bo) || !one_may_come(ctl, bo))
			continue;
		if (!bo->bo_obj.o_hand) {
			if (back)
				bo->bo_kind->ck_clear(ctl, &bo->bo_obj);
		} else if (back || !conf_speaks(to, bo)) {
			/* What fails is told as lost. */
			(void)bo->bo_kind->ck_set(ctl, &bo->bo_obj, &errs);
		}
	}
	conf_errors_free(&errs);
}

json_t *
show_changes(struct ctl *ctl)
{
	struct byhand *by;
	json_t *list;

	if (control_conf(ctl) == NULL || byhand_create(ctl, &by) != 0)
		return NULL;
	list = byhand_list(ctl, by, false);
	byhand_free(by);
	return json_pack("{s:o}", "changes", list);
}
