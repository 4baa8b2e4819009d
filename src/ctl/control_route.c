/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes of a configuration.  One that somebody made by hand to the same
 * prefix gives way.
 */
#include <errno.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "route/route.h"

static unsigned
route_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nroute; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_route[i].ro_sec.cs_pos,
			.o_sec = &conf->cf_route[i] };
	return conf->cf_nroute;
}

static unsigned
route_rtable(const struct control_obj *o)
{
	const struct conf_route *ro = o->o_sec;

	return (unsigned)conf_rtable(o->o_conf, ro->ro_vrf);
}

static int
route_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_route *ra = a->o_sec, *rb = b->o_sec;
	unsigned ta = route_rtable(a), tb = route_rtable(b);

	if (ta != tb)
		return ta < tb ? -1 : 1;
	return prefix_cmp(&ra->ro_dst.cx_prefix, &rb->ro_dst.cx_prefix);
}

/*
 * The interface of the route's VRF on whose network a gateway is; the check
 * found one.
 */
static const char *
route_network(const struct control_obj *o, const struct addr *a)
{
	const struct conf *conf = o->o_conf;
	int rtable = (int)route_rtable(o);
	unsigned i, k;

	for (i = 0; i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);

		if (conf_rtable(conf, ci->ci_vrf) != rtable)
			continue;
		for (k = 0; k < ci->ci_naddr; k++)
			if (prefix_match(&ci->ci_addr[k].cx_prefix, a))
				return ci->ci_name;
	}
	return NULL;
}

/*
 * For a route by hand it is whichever has the network now: the interfaces of
 * the configuration under which it was made may have other names.
 */
static const struct ifnet *ON_CTL
route_network_now(
    struct ctl *ctl, const struct control_obj *o, const struct addr *a)
{
	unsigned i, k;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || ifp->if_rtable != route_rtable(o))
			continue;
		for (k = 0; k < if_addrs(ifp)->ias_n; k++) {
			const struct ifaddr *ifa = &if_addrs(ifp)->ias_a[k];
			const struct prefix p = { .p_addr = ifa->ifa_addr,
				.p_len = ifa->ifa_plen };

			if (prefix_match(&p, a))
				return ifp;
		}
	}
	return NULL;
}

static const struct ifnet *ON_CTL
route_interface(
    struct ctl *ctl, const struct control_obj *o, const struct conf_addr *via)
{
	const char *ifname = conf_via_if(o->o_sec, via);

	if (ifname == NULL && o->o_hand)
		return route_network_now(ctl, o, &via->ca_addr);
	if (ifname == NULL)
		ifname = route_network(o, &via->ca_addr);
	return ifname != NULL ? if_find(ctl, ifname) : NULL;
}

/* By way of one gateway; false while its interface is not attached. */
static bool ON_CTL
route_gateway(struct ctl *ctl, const struct control_obj *o,
    const struct conf_addr *via, struct nhop *nh)
{
	const struct ifnet *ifp = route_interface(ctl, o, via);

	if (ifp == NULL)
		return false;
	*nh = (struct nhop){ .nh_type = NH_GATEWAY,
		.nh_gw = via->ca_addr,
		.nh_ifindex = ifp->if_index,
		.nh_mtu = ifp->if_mtu };
	return true;
}

unsigned
control_route_nhops(
    struct ctl *ctl, const struct control_obj *o, struct nhop *nh)
{
	const struct conf_route *ro = o->o_sec;
	unsigned i, n = 0;

	if (ro->ro_nvia == 0) {
		nh[0] = (struct nhop){
			.nh_type = ro->ro_blackhole ? NH_BLACKHOLE :
			    ro->ro_unreachable ? NH_UNREACHABLE :
			    ro->ro_prohibit ? NH_PROHIBIT : NH_TABLE,
			.nh_table =
			    (uint8_t)conf_rtable(o->o_conf, ro->ro_table),
		};
		return 1;
	}
	for (i = 0; i < ro->ro_nvia; i++)
		n += route_gateway(ctl, o, &ro->ro_via[i], &nh[n]);
	return n;
}

static bool ON_CTL
route_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_route *ro = o->o_sec;
	const struct prefix *p = &ro->ro_dst.cx_prefix;
	unsigned rtable = route_rtable(o), n;
	struct nhop nh[NHG_MAX];

	n = control_route_nhops(ctl, o, nh);
	if (n == 0 || (o->o_hand && n < ro->ro_nvia))
		return !o->o_hand;
	if (route_has(ctl, rtable, p, RP_RUNTIME))
		return o->o_hand && route_is_set(ctl, rtable, p, RP_RUNTIME,
		    ro->ro_preference, nh, n);
	return route_is_set(ctl, rtable, p, RP_STATIC, ro->ro_preference, nh,
	    n);
}

static int ON_CTL
route_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_route *ro = o->o_sec;
	struct nhop nh[NHG_MAX];
	unsigned n = control_route_nhops(ctl, o, nh);
	int error;

	if (n == 0)
		return EHOSTUNREACH;
	error = route_set(ctl, route_rtable(o), &ro->ro_dst.cx_prefix,
	    o->o_hand ? RP_RUNTIME : RP_STATIC, ro->ro_preference, nh, n);
	if (error == 0)
		(void)route_unset(ctl, route_rtable(o), &ro->ro_dst.cx_prefix,
		    o->o_hand ? RP_STATIC : RP_RUNTIME);
	return error;
}

const struct conf_route *
control_route_find(const struct conf *conf, unsigned rtable,
    const struct prefix *p)
{
	unsigned i;

	for (i = 0; i < conf->cf_nroute; i++)
		if (prefix_cmp(&conf->cf_route[i].ro_dst.cx_prefix, p) == 0 &&
		    conf_rtable(conf, conf->cf_route[i].ro_vrf) == (int)rtable)
			return &conf->cf_route[i];
	return NULL;
}

static void ON_CTL
route_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_route *ro = o->o_sec;

	route_unset(ctl, route_rtable(o), &ro->ro_dst.cx_prefix, RP_STATIC);
}

static void ON_CTL
route_ifgoes(struct ctl *ctl, struct ifnet *ifp)
{
	route_flush_if(ctl, ifp->if_index);
}

const struct control_kind control_route_kind = {
	.ck_name = "route",
	.ck_ahead = true,
	.ck_list = route_list,
	.ck_cmp = route_cmp,
	.ck_there = route_there,
	.ck_set = route_make,
	.ck_clear = route_clear,
	.ck_ifgoes = route_ifgoes,
};
