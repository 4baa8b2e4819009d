/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of interfaces, and the link-local one that each has by itself
 * (RFC 4291, 2.8).
 *
 * The way of an IPv6 address: tentative at first, neither used nor answered
 * for; when duplicate address detection found it unique, its routes are
 * published and it is announced.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ether/arp.h"
#include "ip6/nd6.h"
#include "ip6/ra_send.h"
#include "route/route.h"

/* o_item is NULL for the link-local address. */
static unsigned
addr_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i, k, n = 0;

	for (i = 0; i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);
		struct control_obj o = { .o_conf = conf, .o_sec = ci,
			.o_pos = &ci->ci_sec.cs_pos, .o_ifname = ci->ci_name };

		if (out != NULL)
			out[n] = o;
		for (k = 0, n++; k < ci->ci_naddr; k++, n++) {
			o.o_item = &ci->ci_addr[k];
			o.o_pos = &ci->ci_addr[k].cx_pos;
			if (out != NULL)
				out[n] = o;
		}
	}
	return n;
}

static int
addr_objcmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_prefix *pa = a->o_item, *pb = b->o_item;
	int c = strcmp(a->o_ifname, b->o_ifname);

	if (c != 0)
		return c;
	if (pa == NULL || pb == NULL)
		return (pa != NULL) - (pb != NULL);
	return addr_cmp(&pa->cx_prefix.p_addr, &pb->cx_prefix.p_addr);
}

static struct ifaddr
addr_wanted(const struct control_obj *o, const struct ifnet *ifp)
{
	const struct conf_prefix *cx = o->o_item;

	if (cx == NULL)
		return (struct ifaddr){
			.ifa_addr = addr_v6(in6_linklocal_mac(ifp->if_mac)),
			.ifa_plen = 64,
			.ifa_flags = IFA_AUTO,
		};
	return (struct ifaddr){ .ifa_addr = cx->cx_prefix.p_addr,
		.ifa_plen = cx->cx_prefix.p_len };
}

/* The address as the interface has it, or NULL. */
static const struct ifaddr *
addr_find(const struct ifnet *ifp, const struct addr *a)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, a))
			return &ias->ias_a[i];
	return NULL;
}

static bool ON_CTL
addr_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);
	const struct ifaddr *ifa;
	struct ifaddr want;

	if (ifp == NULL)
		return true;
	want = addr_wanted(o, ifp);
	ifa = addr_find(ifp, &want.ifa_addr);
	return ifa != NULL && ifa->ifa_plen == want.ifa_plen &&
	    (ifa->ifa_flags & IFA_SLAAC) == 0;
}

/* Duplicate address detection is done: ours to use, or not. */
static void ON_CTL
addr_probed(struct ctl *ctl, unsigned ifindex, const struct in6 *a6,
    bool unique)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, ifindex);
	struct addr a = addr_v6(*a6);
	const struct ifaddr *ifa = ifp != NULL ? addr_find(ifp, &a) : NULL;

	role_enter(&on_ctl);
	if (ifa != NULL && unique &&
	    (route_address(ctl, ifp, ifa, true) != 0 ||
		route_publish(ctl) != 0))
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "no memory for the routes of an address of %s",
		    ifp->if_name);
}

/* Its routes; not of one that is not in use. */
static int ON_CTL
addr_routes(struct ctl *ctl, struct ifnet *ifp, const struct ifaddr *ifa,
    bool add)
{
	if ((ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
		return 0;
	return route_address(ctl, ifp, ifa, add);
}

int
control_addr_set(struct ctl *ctl, struct ifnet *ifp, const struct ifaddr *want)
{
	const struct ifaddr *found = addr_find(ifp, &want->ifa_addr);
	const struct addr *a = &want->ifa_addr;
	struct ifaddr ifa = *want, old = found != NULL ? *found : ifa;
	int error;

	/* Another length changes nothing about whose it is. */
	if (found != NULL)
		ifa.ifa_flags = old.ifa_flags &
		    (uint8_t) ~(IFA_SLAAC | IFA_DEPRECATED);
	else if (a->a_family == ADDR_V6)
		ifa.ifa_flags |= IFA_TENTATIVE;
	if ((error = if_addr_set(ctl, ifp, &ifa)) != 0)
		return error;
	if (found != NULL) {
		(void)addr_routes(ctl, ifp, &old, false);
		ra_send_changed(ctl, ifp);
	}
	if ((error = addr_routes(ctl, ifp, &ifa, true)) != 0 || found != NULL)
		return error;
	if (a->a_family == ADDR_V6) {
		ra_send_changed(ctl, ifp);
		return nd6_dad_start(ctl, ifp, &a->a_v6, addr_probed);
	}
	arp_announce(ctl, ifp, a->a_v4);
	return 0;
}

int
control_addr_clear(struct ctl *ctl, struct ifnet *ifp, const struct addr *a)
{
	const struct ifaddr *found = addr_find(ifp, a);
	struct ifaddr ifa;
	int error;

	if (found == NULL)
		return ENOENT;
	ifa = *found;
	if ((error = if_addr_delete(ctl, ifp, a)) != 0)
		return error;
	ra_send_changed(ctl, ifp);
	return addr_routes(ctl, ifp, &ifa, false);
}

static int ON_CTL
addr_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	struct ifnet *ifp = if_find(ctl, o->o_ifname);
	struct ifaddr want = addr_wanted(o, ifp);

	return control_addr_set(ctl, ifp, &want);
}

static void ON_CTL
addr_clear(struct ctl *ctl, const struct control_obj *o)
{
	struct ifnet *ifp = if_find(ctl, o->o_ifname);
	struct ifaddr gone;

	if (ifp == NULL || !addr_there(ctl, o))
		return;
	gone = addr_wanted(o, ifp);
	(void)control_addr_clear(ctl, ifp, &gone.ifa_addr);
}

const struct control_kind control_addr_kind = {
	.ck_name = "address",
	.ck_list = addr_list,
	.ck_cmp = addr_objcmp,
	.ck_there = addr_there,
	.ck_set = addr_make,
	.ck_clear = addr_clear,
};
