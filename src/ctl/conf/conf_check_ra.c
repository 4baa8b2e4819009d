/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements: what RFC 4861, 6.2.1 and RFC 8106 demand of one value
 * on another, and that interfaces are there.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

#define SEARCH_MAX 248 /* bytes of names on the wire: one option's */

static bool
check_lifetimes(struct conf_ctx *ctx, const struct conf_sec *sec,
    unsigned valid, unsigned preferred)
{
	if (preferred <= valid)
		return true;
	conf_error(ctx->x_errs, conf_where(sec, "preferred_lifetime"),
	    "preferred_lifetime is longer than valid_lifetime; expected at "
	    "most that");
	return false;
}

static bool
check_interval(struct conf_ctx *ctx, const struct conf_advertise *ad)
{
	if (ad->ad_min > ad->ad_max * 3 / 4) {
		conf_error(ctx->x_errs, conf_where(&ad->ad_sec,
		    "interval_min"), "interval_min is %u; expected at most "
		    "%u, three quarters of interval_max", ad->ad_min,
		    ad->ad_max * 3 / 4);
		return false;
	}
	if (ad->ad_lifetime != 0 && ad->ad_lifetime < ad->ad_max) {
		conf_error(ctx->x_errs, conf_where(&ad->ad_sec, "lifetime"),
		    "lifetime is %u; expected 0 or at least %u, which is "
		    "interval_max", ad->ad_lifetime, ad->ad_max);
		return false;
	}
	return true;
}

static bool
check_dns(struct conf_ctx *ctx, const struct conf_advertise *ad)
{
	size_t bytes = 0;
	unsigned i;

	for (i = 0; i < ad->ad_ndns; i++) {
		if (ad->ad_dns[i].ca_addr.a_family == ADDR_V6)
			continue;
		conf_error(ctx->x_errs, &ad->ad_dns[i].ca_pos,
		    "dns is told by IPv6; expected an IPv6 address");
		return false;
	}
	/* Labels with their lengths, and the root. */
	for (i = 0; i < ad->ad_nsearch; i++)
		bytes += strlen(ad->ad_search[i]) + 2;
	if (bytes <= SEARCH_MAX)
		return true;
	conf_error(ctx->x_errs, conf_where(&ad->ad_sec, "dns_search"),
	    "the names of dns_search take %zu bytes; expected at most %u",
	    bytes, SEARCH_MAX);
	return false;
}

bool
conf_check_advertise(struct conf_ctx *ctx, const void *sec)
{
	const struct conf_advertise *ad = sec;

	return check_interval(ctx, ad) &&
	    check_lifetimes(ctx, &ad->ad_sec, ad->ad_valid, ad->ad_preferred) &&
	    check_dns(ctx, ad);
}

bool
conf_check_adprefix(struct conf_ctx *ctx, const void *sec)
{
	const struct conf_adprefix *ap = sec;
	const struct addr *a = &ap->ap_prefix.cx_prefix.p_addr;

	if (a->a_family != ADDR_V6 || in6_is_linklocal(a->a_v6) ||
	    in6_is_multicast(a->a_v6)) {
		conf_error(ctx->x_errs, &ap->ap_prefix.cx_pos,
		    "expected an IPv6 prefix that is neither link-local nor "
		    "multicast");
		return false;
	}
	return check_lifetimes(ctx, &ap->ap_sec, ap->ap_valid,
	    ap->ap_preferred);
}

/* RFC 8200, 5, as far as the file knows the MTU. */
static void
check_mtu(struct conf_ctx *ctx, const struct conf_advertise *ad,
    const struct conf_if *ci)
{
	const struct conf_pos *pos = conf_where(&ad->ad_sec, "mtu");

	if (ci->ci_mtu != 0 && ci->ci_mtu < 1280)
		conf_error(ctx->x_errs, &ad->ad_sec.cs_pos,
		    "the mtu of %s is %u, too small for IPv6; expected at "
		    "least 1280 there", ci->ci_name, ci->ci_mtu);
	else if (ci->ci_mtu != 0 && ad->ad_mtu > ci->ci_mtu)
		conf_error(ctx->x_errs, pos,
		    "mtu is %u, but that of %s is %u; expected at most that",
		    ad->ad_mtu, ci->ci_name, ci->ci_mtu);
}

static int
cmp_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
cmp_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static bool
is_advertised(const struct conf *cf, const char *ifname)
{
	unsigned i;

	for (i = 0; i < cf->cf_nadvertise; i++)
		if (strcmp(cf->cf_advertise[i].ad_if, ifname) == 0)
			return true;
	return false;
}

static bool
check_advertises(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_advertise *ad;
	const struct conf_if *ci;
	struct conf_items names;
	unsigned i;

	if (!conf_items_init(ctx, &names, cf->cf_nadvertise))
		return false;
	for (i = 0; i < cf->cf_nadvertise; i++) {
		ad = &cf->cf_advertise[i];
		ci = conf_check_named(ctx, ad->ad_if, &ad->ad_sec.cs_pos);
		if (ci != NULL)
			check_mtu(ctx, ad, ci);
		conf_items_add(&names, ad->ad_if, &ad->ad_sec.cs_pos, NULL,
		    cmp_name);
	}
	conf_items_check(ctx, &names, "advertise for this interface");
	return true;
}

bool
conf_check_ras(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_adprefix *ap;
	const struct conf_if *ci;
	struct conf_items prefixes;
	unsigned i;

	if (!check_advertises(ctx) ||
	    !conf_items_init(ctx, &prefixes, cf->cf_nadprefix))
		return false;
	for (i = 0; i < cf->cf_nadprefix; i++) {
		ap = &cf->cf_adprefix[i];
		ci = conf_check_named(ctx, ap->ap_if,
		    conf_where(&ap->ap_sec, "interface"));
		if (ci == NULL)
			continue;
		if (!is_advertised(cf, ap->ap_if) && !ctx->x_ifs_bad)
			conf_error(ctx->x_errs,
			    conf_where(&ap->ap_sec, "interface"),
			    "%s sends no advertisements; expected "
			    "advertise %s { ... } in this file", ap->ap_if,
			    ap->ap_if);
		conf_items_add(&prefixes, &ap->ap_prefix.cx_prefix,
		    &ap->ap_sec.cs_pos, ci, cmp_prefix);
	}
	conf_items_check(ctx, &prefixes, "this prefix of this interface");
	return true;
}
