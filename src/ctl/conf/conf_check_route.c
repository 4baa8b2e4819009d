/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a route demands of itself: one way for its packets, and next hops that
 * go with its prefix.  conf_check.c tells whether they can be reached.
 */
#include <string.h>

#include "ctl/conf/conf_int.h"

const char *
conf_via_if(const struct conf_route *ro, const struct conf_addr *via)
{
	return via->ca_zone[0] != '\0' ? via->ca_zone : ro->ro_if;
}

static bool
check_via_family(struct conf_ctx *ctx, const struct conf_route *ro,
    const struct conf_addr *ca)
{
	const unsigned family = ro->ro_dst.cx_prefix.p_addr.a_family;
	char buf[ADDR_STRLEN];

	if (ca->ca_addr.a_family == family)
		return true;
	conf_error(ctx->x_errs, &ca->ca_pos,
	    "\"%s\" is an IPv%u address, the route is of IPv%u; "
	    "expected an IPv%u address", addr_format(&ca->ca_addr, buf),
	    ca->ca_addr.a_family, family, family);
	return false;
}

bool
conf_check_via(struct conf_ctx *ctx, const struct conf_route *ro,
    const struct conf_addr *ca)
{
	const struct addr *a = &ca->ca_addr;
	const char *name = conf_via_if(ro, ca);
	const struct conf_addr *c;
	char buf[ADDR_STRLEN];

	addr_format(a, buf);
	if (a->a_family == ADDR_V6 && in6_is_linklocal(a->a_v6) &&
	    name == NULL) {
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s\" is a link-local address and stands on every link; "
		    "expected \"%s%%INTERFACE\", or interface = "
		    "\"INTERFACE\" beside it", buf, buf);
		return false;
	}
	if (ro->ro_if != NULL && strcmp(name, ro->ro_if) != 0) {
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s%%%s\" is on %s, and interface = \"%s\" says "
		    "otherwise; expected one of them", buf, name, name,
		    ro->ro_if);
		return false;
	}
	for (c = ro->ro_via; c < ca; c++) {
		if (!addr_eq(&c->ca_addr, a) ||
		    strcmp(c->ca_zone, ca->ca_zone) != 0)
			continue;
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s\" is given twice; expected each next hop once", buf);
		return false;
	}
	return true;
}

bool
conf_check_route(struct conf_ctx *ctx, const void *sec)
{
	const struct conf_route *ro = sec;
	const unsigned ways = (ro->ro_nvia != 0) + (ro->ro_table != NULL) +
	    ro->ro_blackhole + ro->ro_unreachable + ro->ro_prohibit;
	const unsigned max = ctx->x_env->ce_via_max;
	unsigned i;
	bool ok = true;

	if (ways != 1) {
		conf_error(ctx->x_errs, &ro->ro_sec.cs_pos,
		    "this route says %s what becomes of its packets; expected "
		    "one of via = {\"ADDRESS\"}, table = \"VRF\", "
		    "blackhole = yes, unreachable = yes, prohibit = yes",
		    ways == 0 ? "nothing of" : "in several ways");
		return false;
	}
	if (ro->ro_nvia == 0 && ro->ro_if != NULL) {
		conf_error(ctx->x_errs, conf_where(&ro->ro_sec, "interface"),
		    "interface goes with via; expected via = {\"ADDRESS\"} "
		    "beside it");
		return false;
	}
	if (max != 0 && ro->ro_nvia > max) {
		conf_error(ctx->x_errs, &ro->ro_via[max].ca_pos,
		    "this route has %u next hops; expected at most %u",
		    ro->ro_nvia, max);
		return false;
	}
	for (i = 0; i < ro->ro_nvia; i++) {
		if (!check_via_family(ctx, ro, &ro->ro_via[i]) ||
		    !conf_check_via(ctx, ro, &ro->ro_via[i]))
			ok = false;
	}
	return ok;
}
