/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "spate show rules": policy routes in their order, and what matched them.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/show_int.h"
#include "route/nhop.h"
#include "route/route.h"
#include "route/rule.h"

static json_t *
rule_prefixes(const struct prefix *p, unsigned n)
{
	json_t *list = json_array();
	char text[PREFIX_STRLEN];
	unsigned i;

	for (i = 0; i < n; i++)
		json_array_append_new(
		    list, json_string(prefix_format(&p[i], text)));
	return list;
}

static json_t *
rule_bits(const uint64_t *bits, unsigned n, bool any)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < n && !any; i++)
		if ((bits[i / 64] >> i % 64 & 1) != 0)
			json_array_append_new(list, json_integer(INT(i)));
	return list;
}

static json_t *
rule_ports(const struct rule_ports *rp, unsigned n)
{
	json_t *list = json_array();
	char text[16];
	unsigned i;

	for (i = 0; i < n; i++) {
		if (rp[i].rp_lo == rp[i].rp_hi)
			snprintf(text, sizeof(text), "%u", rp[i].rp_lo);
		else
			snprintf(text, sizeof(text), "%u-%u", rp[i].rp_lo,
			    rp[i].rp_hi);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* As the configuration has them: none if it is for all of its VRF. */
static json_t *
rule_interfaces(const struct conf *conf, const struct rule *ru)
{
	json_t *list = json_array();
	unsigned i, k;

	for (i = 0; conf != NULL && i < conf->cf_nrule; i++) {
		const struct conf_rule *cr = &conf->cf_rule[i];

		if (strcmp(cr->ru_name, ru->ru_name) != 0)
			continue;
		for (k = 0; k < cr->ru_nif; k++)
			json_array_append_new(list, json_string(cr->ru_if[k]));
	}
	return list;
}

/* Gateways; or the table. */
static json_t *
rule_via(const struct spate *sp, const struct rule *ru)
{
	const struct nhop *nh = nhop_lookup(sp, ru->ru_nh), *to;
	const struct nhop_group *ng = (const void *)nh;
	char text[ADDR_STRLEN + 20], via[ADDR_STRLEN];
	json_t *list = json_array();
	unsigned i, n = nh->nh_type == NH_GROUP ? ng->ng_n : 1;

	if (nh->nh_type == NH_NONE && !ru->ru_idle)
		json_array_append_new(
		    list, json_string(rtable_name(sp, ru->ru_rtable)));
	if (nh->nh_type == NH_TABLE)
		json_array_append_new(
		    list, json_string(rtable_name(sp, nh->nh_table)));
	for (i = 0; i < n; i++) {
		to = nh->nh_type == NH_GROUP ?
		    nhop_lookup(sp, ng->ng_member[i]) : nh;
		if (to->nh_type != NH_GATEWAY)
			continue;
		snprintf(text, sizeof(text), "%s%%%s",
		    addr_format(&to->nh_gw, via),
		    show_ifname(sp, to->nh_ifindex));
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static const char *
rule_action(const struct spate *sp, const struct rule *ru)
{
	if (ru->ru_idle)
		return "idle";
	return ru->ru_nh == 0 ? show_nhop_type(NH_TABLE) :
	    show_nhop_type(nhop_lookup(sp, ru->ru_nh)->nh_type);
}

/* "tcp from 10.0.0.0/8 port 80 …", for people. */
static void
rule_word(char *text, size_t len, const char *before, const json_t *list)
{
	size_t n = strlen(text), i;
	char number[16];

	for (i = 0; i < json_array_size(list) && n < len; i++) {
		const json_t *v = json_array_get(list, i);

		snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(v));
		n += (size_t)snprintf(text + n, len - n, "%s%s",
		    i > 0 ? "," : before,
		    json_is_string(v) ? json_string_value(v) : number);
	}
}

static void
rule_text(json_t *o, const struct rule *ru)
{
	static const struct {
		const char *key;
		const char *before;
	} words[] = { { "interfaces", " in by " },
		{ "protocols", " protocol " },
		{ "sources", " from " }, { "source_ports", " port " },
		{ "destinations", " to " }, { "destination_ports", " port " },
		{ "dscps", " dscp " } };
	char text[256] = "";
	unsigned i;

	if (ru->ru_family != ADDR_NONE && ru->ru_nsrc + ru->ru_ndst == 0)
		snprintf(text, sizeof(text), " IPv%u", ru->ru_family);
	for (i = 0; i < countof(words); i++)
		rule_word(text, sizeof(text), words[i].before,
		    json_object_get(o, words[i].key));
	json_object_set_new(o, "match",
	    json_string(text[0] != '\0' ? text + 1 : "everything"));
	text[0] = '\0';
	rule_word(text, sizeof(text), "", json_object_get(o, "via"));
	json_object_set_new(o, "to", json_string(text));
}

static json_t *ON_CTL
show_rule(struct ctl *ctl, const struct rule *ru)
{
	const struct spate *sp = ctl->ctl_sp;
	struct rule_counts ruc;
	json_t *o;

	rule_counts(ctl, ru, &ruc);
	o = json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, "
		      "s:s, s:o, s:I, s:I}",
	    "name", ru->ru_name, "vrf", rtable_name(sp, ru->ru_rtable),
	    "interfaces", rule_interfaces(control_conf(ctl), ru), "family",
	    (int)ru->ru_family, "sources",
	    rule_prefixes(ru->ru_src, ru->ru_nsrc), "destinations",
	    rule_prefixes(ru->ru_dst, ru->ru_ndst), "dscps",
	    rule_bits(&ru->ru_dscp, 64, ru->ru_dscp == 0), "protocols",
	    rule_bits(ru->ru_proto, 256, ru->ru_anyproto), "source_ports",
	    rule_ports(ru->ru_sport, ru->ru_nsport), "destination_ports",
	    rule_ports(ru->ru_dport, ru->ru_ndport), "action",
	    rule_action(sp, ru), "via", rule_via(sp, ru), "packets",
	    INT(ruc.ruc_packets), "bytes", INT(ruc.ruc_bytes));
	if (o != NULL)
		rule_text(o, ru);
	return o;
}

json_t *
show_rules(struct ctl *ctl)
{
	json_t *list = json_array();
	const struct rule *ru;
	unsigned i, n;

	ru = rules_now(ctl, &n);
	for (i = 0; i < n; i++)
		json_array_append_new(list, show_rule(ctl, &ru[i]));
	return json_pack("{s:o}", "rules", list);
}
