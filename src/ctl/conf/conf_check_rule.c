/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy route demands of itself: one way for its packets, addresses of
 * one family, protocols that go with it and with its ports; and of others:
 * interfaces of one VRF, next hops that can be reached from there.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf_int.h"

#define ICMP4 1
#define ICMP6 58

/* An address of the rule; the first one says of which family it is. */
static bool
take_family(struct conf_ctx *ctx, struct conf_rule *ru, unsigned family,
    const struct conf_pos *pos, const char *text)
{
	if (ru->ru_family == 0 || ru->ru_family == family) {
		ru->ru_family = family;
		return true;
	}
	conf_error(ctx->x_errs, pos,
	    "\"%s\" is of IPv%u, other addresses of this rule are of IPv%u; "
	    "expected one family, or a rule for each", text, family,
	    ru->ru_family);
	return false;
}

static bool
check_prefixes(struct conf_ctx *ctx, struct conf_rule *ru,
    const struct conf_prefix *cx, unsigned n)
{
	char buf[PREFIX_STRLEN];
	unsigned i;
	bool ok = true;

	for (i = 0; i < n; i++)
		if (!take_family(ctx, ru, cx[i].cx_prefix.p_addr.a_family,
			&cx[i].cx_pos, prefix_format(&cx[i].cx_prefix, buf)))
			ok = false;
	return ok;
}

static bool
check_vias(struct conf_ctx *ctx, struct conf_rule *ru)
{
	const struct conf_route *ro = &ru->ru_way;
	const unsigned max = ctx->x_env->ce_via_max;
	const struct conf_addr *ca;
	char buf[ADDR_STRLEN];
	bool ok = true;

	if (max != 0 && ro->ro_nvia > max) {
		conf_error(ctx->x_errs, &ro->ro_via[max].ca_pos,
		    "this rule has %u next hops; expected at most %u",
		    ro->ro_nvia, max);
		return false;
	}
	for (ca = ro->ro_via; ca < ro->ro_via + ro->ro_nvia; ca++)
		if (!take_family(ctx, ru, ca->ca_addr.a_family, &ca->ca_pos,
			addr_format(&ca->ca_addr, buf)) ||
		    !conf_check_via(ctx, ro, ca))
			ok = false;
	return ok;
}

static bool
check_ways(struct conf_ctx *ctx, const struct conf_rule *ru)
{
	const struct conf_route *ro = &ru->ru_way;
	const unsigned ways = (ro->ro_nvia != 0) + (ro->ro_table != NULL) +
	    ro->ro_blackhole + ro->ro_unreachable + ro->ro_prohibit;

	if (ways == 1)
		return true;
	conf_error(ctx->x_errs, &ru->ru_sec.cs_pos,
	    "this rule says %s what becomes of its packets; expected one of "
	    "via = {\"ADDRESS\"}, table = \"VRF\", blackhole = yes, "
	    "unreachable = yes, prohibit = yes",
	    ways == 0 ? "nothing of" : "in several ways");
	return false;
}

/* As ip_has_ports() has it. */
static bool
has_ports(unsigned proto)
{
	return proto == 6 || proto == 17 || proto == 33 || proto == 132 ||
	    proto == 136;
}

static bool
check_protocols(struct conf_ctx *ctx, const struct conf_rule *ru)
{
	const struct conf_pos *pos = conf_where(&ru->ru_sec, "protocol");
	const bool ports = ru->ru_nsport + ru->ru_ndport != 0;
	unsigned i;

	for (i = 0; i < ru->ru_nproto; i++) {
		unsigned proto = ru->ru_proto[i];

		if (ports && !has_ports(proto)) {
			conf_error(ctx->x_errs, pos,
			    "protocol %u has no ports, of which this rule "
			    "speaks; expected tcp, udp, dccp, sctp or udplite",
			    proto);
			return false;
		}
		if ((ru->ru_family == ADDR_V6 && proto == ICMP4) ||
		    (ru->ru_family == ADDR_V4 && proto == ICMP6)) {
			conf_error(ctx->x_errs, pos,
			    "%s is the ICMP of the other family, the rule is "
			    "of IPv%u; expected %s",
			    proto == ICMP4 ? "icmp" : "icmp6", ru->ru_family,
			    proto == ICMP4 ? "icmp6" : "icmp");
			return false;
		}
	}
	return true;
}

bool
conf_check_rule(struct conf_ctx *ctx, const void *sec)
{
	struct conf_rule *ru = (struct conf_rule *)sec;
	bool ok = check_ways(ctx, ru);

	if (!check_prefixes(ctx, ru, ru->ru_src, ru->ru_nsrc) ||
	    !check_prefixes(ctx, ru, ru->ru_dst, ru->ru_ndst) ||
	    !check_vias(ctx, ru))
		ok = false;
	return check_protocols(ctx, ru) && ok;
}

/* Interfaces are of one VRF, and the rule is of it, too. */
static bool
check_interfaces(struct conf_ctx *ctx, struct conf_rule *ru)
{
	const struct conf_pos *pos = conf_where(&ru->ru_sec, "interface");
	const struct conf *cf = ctx->x_conf;
	const char *vrf = ru->ru_way.ro_vrf;
	const struct conf_if *ci;
	unsigned i;

	for (i = 0; i < ru->ru_nif; i++) {
		ci = conf_check_named(ctx, ru->ru_if[i], pos);
		if (ci == NULL)
			return false;
		if (i == 0 && vrf == NULL)
			vrf = ci->ci_vrf;
		if (conf_rtable(cf, ci->ci_vrf) == conf_rtable(cf, vrf))
			continue;
		conf_error(ctx->x_errs, pos,
		    "\"%s\" is in VRF \"%s\", this rule in \"%s\"; expected "
		    "interfaces of one VRF", ci->ci_name,
		    ci->ci_vrf != NULL ? ci->ci_vrf : CONF_VRF_MAIN,
		    vrf != NULL ? vrf : CONF_VRF_MAIN);
		return false;
	}
	ru->ru_way.ro_vrf = vrf;
	return true;
}

static int
cmp_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool
conf_check_rules(struct conf_ctx *ctx)
{
	struct conf *cf = ctx->x_conf;
	struct conf_items names;
	unsigned i;

	if (!conf_items_init(ctx, &names, cf->cf_nrule))
		return false;
	for (i = 0; i < cf->cf_nrule; i++) {
		struct conf_rule *ru = &cf->cf_rule[i];

		conf_items_add(&names, ru->ru_name, &ru->ru_sec.cs_pos, NULL,
		    cmp_name);
		if (!check_interfaces(ctx, ru))
			continue;
		ru->ru_way.ro_sec = ru->ru_sec;
		if (conf_rtable(cf, ru->ru_way.ro_vrf) >= 0)
			conf_check_vias(ctx, &ru->ru_way, NULL);
	}
	conf_items_check(ctx, &names, "a rule of this name");
	return true;
}
