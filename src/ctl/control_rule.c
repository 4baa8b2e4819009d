/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes of a configuration.  As their order counts they are one object:
 * all of them are there, or all are set.
 *
 * CPUs must not see a rule before the routes of the table it names, nor a table
 * without the routes that a former rule still names.  So rules are set last,
 * and if they change, the routes that were set are published before; what the
 * new configuration has not is cleared and published after.  This is the one
 * case in which CPUs see routes of both for a moment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "ctl/control.h"
#include "ctl/control_int.h"
#include "route/route.h"
#include "route/rule.h"

static unsigned
rule_list(const struct conf *conf, struct control_obj *out)
{
	if (out != NULL)
		out[0] = (struct control_obj){ .o_conf = conf,
			.o_pos = conf->cf_nrule > 0 ?
			    &conf->cf_rule[0].ru_sec.cs_pos :
			    &conf->cf_sec.cs_pos };
	return 1;
}

static int
rule_cmp(const struct control_obj *a, const struct control_obj *b)
{
	(void)a;
	(void)b;
	return 0;
}

/* Interfaces that are attached. */
static void ON_CTL
want_interfaces(struct ctl *ctl, const struct conf_rule *cr, struct rule *ru)
{
	const struct ifnet *ifp;
	unsigned i;

	for (i = 0; i < cr->ru_nif; i++)
		if ((ifp = if_find(ctl, cr->ru_if[i])) != NULL)
			bitmap_set(ru->ru_if, ifp->if_index);
	for (i = 1; cr->ru_nif == 0 && i < IF_MAX; i++)
		if ((ifp = if_lookup(ctl->ctl_sp, i)) != NULL &&
		    ifp->if_rtable == ru->ru_rtable)
			bitmap_set(ru->ru_if, i);
}

static bool
want_prefixes(const struct conf_prefix *cx, unsigned n, struct prefix **out,
    unsigned *nout)
{
	unsigned i;

	if (n == 0)
		return true;
	if ((*out = calloc(n, sizeof(**out))) == NULL)
		return false;
	for (i = 0; i < n; i++)
		(*out)[i] = cx[i].cx_prefix;
	*nout = n;
	return true;
}

static bool
want_ports(const struct conf_ports *cp, unsigned n, struct rule_ports **out,
    unsigned *nout)
{
	unsigned i;

	if (n == 0)
		return true;
	if ((*out = calloc(n, sizeof(**out))) == NULL)
		return false;
	for (i = 0; i < n; i++)
		(*out)[i] = (struct rule_ports){ cp[i].cp_lo, cp[i].cp_hi };
	*nout = n;
	return true;
}

/*
 * What becomes of its packets.  Without any of its next hops it is idle; its
 * own table is where they were routed already.  Flows of a group stay where
 * those of the rule's former one were.
 */
static int ON_CTL
want_way(struct ctl *ctl, const struct conf *conf, const struct conf_rule *cr,
    struct rule *ru)
{
	const struct control_obj o = { .o_conf = conf, .o_sec = &cr->ru_way };
	const struct rule *now;
	struct nhop nh[NHG_MAX];
	uint32_t from = 0;
	unsigned i, nnow, n = control_route_nhops(ctl, &o, nh);

	ru->ru_idle = n == 0;
	if (n == 0 ||
	    (nh[0].nh_type == NH_TABLE && nh[0].nh_table == ru->ru_rtable))
		return 0;
	now = rules_now(ctl, &nnow);
	for (i = 0; i < nnow; i++)
		if (strcmp(now[i].ru_name, ru->ru_name) == 0)
			from = now[i].ru_nh;
	return route_nhop_get(ctl, nh, n, from, &ru->ru_nh);
}

static int ON_CTL
want_rule(struct ctl *ctl, const struct conf *conf, const struct conf_rule *cr,
    struct rule *ru)
{
	unsigned i;

	memcpy(ru->ru_name, cr->ru_name, strlen(cr->ru_name) + 1);
	ru->ru_family = (uint8_t)cr->ru_family;
	ru->ru_rtable = (uint8_t)conf_rtable(conf, cr->ru_way.ro_vrf);
	want_interfaces(ctl, cr, ru);
	for (i = 0; i < cr->ru_ndscp; i++)
		ru->ru_dscp |= UINT64_C(1) << (cr->ru_dscp[i] - CONF_DSCP(0));
	for (i = 0; i < cr->ru_nproto; i++)
		bitmap_set(ru->ru_proto, cr->ru_proto[i]);
	ru->ru_anyproto = cr->ru_nproto == 0;
	if (!want_prefixes(cr->ru_src, cr->ru_nsrc, &ru->ru_src,
		&ru->ru_nsrc) ||
	    !want_prefixes(cr->ru_dst, cr->ru_ndst, &ru->ru_dst,
		&ru->ru_ndst) ||
	    !want_ports(cr->ru_sport, cr->ru_nsport, &ru->ru_sport,
		&ru->ru_nsport) ||
	    !want_ports(cr->ru_dport, cr->ru_ndport, &ru->ru_dport,
		&ru->ru_ndport))
		return ENOMEM;
	return want_way(ctl, conf, cr, ru);
}

/* All rules of a configuration, on the interfaces there are. */
static int ON_CTL
want_rules(struct ctl *ctl, const struct conf *conf, struct rule **out)
{
	struct rule *ru = calloc(conf->cf_nrule + 1, sizeof(*ru));
	unsigned i;
	int error;

	if (ru == NULL)
		return ENOMEM;
	for (i = 0; i < conf->cf_nrule; i++) {
		error = want_rule(ctl, conf, &conf->cf_rule[i], &ru[i]);
		if (error == 0)
			continue;
		rule_list_free(ctl, ru, i + 1);
		return error;
	}
	*out = ru;
	return 0;
}

static bool ON_CTL
rule_there(struct ctl *ctl, const struct control_obj *o)
{
	unsigned n = o->o_conf->cf_nrule, now;
	struct rule *ru;
	bool same;

	(void)rules_now(ctl, &now);
	if (n == 0 || n != now)
		return n == now;
	if (want_rules(ctl, o->o_conf, &ru) != 0)
		return false;
	same = rules_are(ctl, ru, n);
	rule_list_free(ctl, ru, n);
	return same;
}

static int ON_CTL
rule_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	struct rule *ru;
	int error;

	(void)errs;
	if ((error = route_publish(ctl)) != 0 ||
	    (error = want_rules(ctl, o->o_conf, &ru)) != 0)
		return error;
	return rules_set(ctl, ru, o->o_conf->cf_nrule);
}

/* There are always rules, if only none of them. */
static void ON_CTL
rule_clear(struct ctl *ctl, const struct control_obj *o)
{
	(void)ctl;
	(void)o;
}

static void ON_CTL
rule_ifgoes(struct ctl *ctl, struct ifnet *ifp)
{
	rules_flush_if(ctl, ifp->if_index);
}

const struct control_kind control_rule_kind = {
	.ck_name = "rule",
	.ck_list = rule_list,
	.ck_cmp = rule_cmp,
	.ck_there = rule_there,
	.ck_set = rule_make,
	.ck_clear = rule_clear,
	.ck_ifgoes = rule_ifgoes,
};
