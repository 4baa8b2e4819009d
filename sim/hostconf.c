/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration of hosts, as jobs of their ctl.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ether/arp.h"
#include "if/if.h"
#include "ip6/nd6.h"
#include "route/neigh.h"
#include "route/route.h"
#include "sim/sim_int.h"

/* The question and its answer, for all of them. */
struct ask {
	const char	*as_if;
	struct prefix	 as_prefix;
	struct addr	 as_addr;
	const char	*as_via;
	const char	*const *as_ways;
	const uint8_t	*as_mac;
	bool		 as_add;
	bool		 as_dad;
	bool		 as_up;
	unsigned	 as_rtable;
	int		 as_flags;
	int		 as_error;
};

static void
host_ask(struct host *h, void (*fn)(struct ctl *, void *), struct ask *as,
    const char *what)
{
	host_ctl(h, fn, as);
	if (as->as_error != 0)
		SIM_FAIL(h->h_sim, "%s: %s: %s", h->h_name, what,
		    strerror(as->as_error));
}

static struct prefix
host_prefix(struct host *h, const char *text)
{
	struct prefix p;

	if (prefix_parse(&p, text) != 0)
		SIM_FAIL(h->h_sim, "bad prefix \"%s\"", text);
	return p;
}

static struct addr
host_text_addr(struct host *h, const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		SIM_FAIL(h->h_sim, "bad address \"%s\"", text);
	return a;
}

static void ON_CTL
address_routes(struct ctl *ctl, unsigned ifindex, const struct addr *a)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, ifindex);
	const struct ifaddrs *ias = ifp != NULL ? if_addrs(ifp) : NULL;
	unsigned i;

	for (i = 0; ias != NULL && i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, a)) {
			(void)route_address(ctl, ifp, &ias->ias_a[i], true);
			(void)route_publish(ctl);
			return;
		}
}

static void ON_CTL
address_probed(struct ctl *ctl, unsigned ifindex, const struct in6 *a6,
    bool unique)
{
	struct addr a = addr_v6(*a6);

	if (unique)
		address_routes(ctl, ifindex, &a);
}

static int ON_CTL
address_add(struct ctl *ctl, struct ifnet *ifp, struct ifaddr *ifa, bool dad)
{
	const struct addr *a = &ifa->ifa_addr;
	int error;

	if (dad)
		ifa->ifa_flags |= IFA_TENTATIVE;
	if ((error = if_addr_set(ctl, ifp, ifa)) != 0)
		return error;
	if (dad)
		return nd6_dad_start(ctl, ifp, &a->a_v6, address_probed);
	if ((error = route_address(ctl, ifp, ifa, true)) != 0 ||
	    (error = route_publish(ctl)) != 0)
		return error;
	if (a->a_family == ADDR_V4)
		arp_announce(ctl, ifp, a->a_v4);
	else
		nd6_announce(ctl, ifp, &a->a_v6);
	return 0;
}

/* Every interface that speaks IPv6 has a link-local address. */
static int ON_CTL
linklocal_add(struct ctl *ctl, struct ifnet *ifp)
{
	struct ifaddr ifa = {
		.ifa_addr = addr_v6(in6_linklocal_mac(ifp->if_mac)),
		.ifa_plen = 64,
		.ifa_flags = IFA_AUTO,
	};

	if (if_has_addr(ifp, &ifa.ifa_addr, NULL))
		return 0;
	return address_add(ctl, ifp, &ifa, false);
}

static void
addr_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct ifaddr ifa = { .ifa_addr = as->as_prefix.p_addr,
		.ifa_plen = as->as_prefix.p_len };
	struct ifnet *ifp;

	role_enter(&on_ctl);
	if ((ifp = if_find(ctl, as->as_if)) == NULL) {
		as->as_error = ENXIO;
		return;
	}
	if (!as->as_add) {
		as->as_error = if_addr_delete(ctl, ifp, &ifa.ifa_addr);
		if (as->as_error == 0)
			as->as_error = route_address(ctl, ifp, &ifa, false);
		if (as->as_error == 0)
			as->as_error = route_publish(ctl);
		return;
	}
	if (ifa.ifa_addr.a_family == ADDR_V6 &&
	    (as->as_error = linklocal_add(ctl, ifp)) != 0)
		return;
	as->as_error = address_add(ctl, ifp, &ifa, as->as_dad);
}

void
host_addr(struct host *h, const char *ifname, const char *prefix)
{
	struct ask as = { .as_if = ifname, .as_add = true,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, addr_job, &as, prefix);
}

void
host_addr_dad(struct host *h, const char *ifname, const char *prefix)
{
	struct ask as = { .as_if = ifname, .as_add = true, .as_dad = true,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, addr_job, &as, prefix);
}

void
host_addr_delete(struct host *h, const char *ifname, const char *prefix)
{
	struct ask as = { .as_if = ifname,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, addr_job, &as, prefix);
}

static void
flags_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct ifnet *ifp;
	unsigned flags;

	role_enter(&on_ctl);
	as->as_flags = -1;
	if ((ifp = if_find(ctl, as->as_if)) != NULL &&
	    if_has_addr(ifp, &as->as_addr, &flags))
		as->as_flags = (int)flags;
}

int
host_addr_flags(struct host *h, const char *ifname, const char *addr)
{
	struct ask as = { .as_if = ifname,
		.as_addr = host_text_addr(h, addr) };

	host_ask(h, flags_job, &as, addr);
	return as.as_flags;
}

/* The interface on whose network a gateway is. */
static struct ifnet *
route_interface(struct ctl *ctl, unsigned rtable, const struct addr *via)
{
	unsigned i, k;

	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);
		const struct ifaddrs *ias;

		if (ifp == NULL || ifp->if_rtable != rtable)
			continue;
		ias = if_addrs(ifp);
		for (k = 0; k < ias->ias_n; k++) {
			struct prefix p = {
				.p_addr = ias->ias_a[k].ifa_addr,
				.p_len = ias->ias_a[k].ifa_plen };

			if (prefix_match(&p, via))
				return ifp;
		}
	}
	return NULL;
}

static int
route_nhop(struct ctl *ctl, const struct ask *as, const char *via,
    struct nhop *nh)
{
	struct ifnet *ifp;

	*nh = (struct nhop){ .nh_type = NH_BLACKHOLE };
	if (via == NULL)
		return 0;
	if (strcmp(via, "reject") == 0 || strcmp(via, "prohibit") == 0) {
		nh->nh_type = *via == 'r' ? NH_UNREACHABLE : NH_PROHIBIT;
		return 0;
	}
	if (sscanf(via, "table %hhu", &nh->nh_table) == 1) {
		nh->nh_type = NH_TABLE;
		return 0;
	}
	nh->nh_type = NH_GATEWAY;
	if (addr_parse(&nh->nh_gw, via) != 0)
		return EINVAL;
	ifp = route_interface(ctl, as->as_rtable, &nh->nh_gw);
	if (ifp == NULL)
		return EHOSTUNREACH;
	nh->nh_ifindex = ifp->if_index;
	nh->nh_mtu = ifp->if_mtu;
	return 0;
}

static void
route_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct nhop nh;

	role_enter(&on_ctl);
	if ((as->as_error = route_nhop(ctl, as, as->as_via, &nh)) != 0)
		return;
	if (as->as_add)
		as->as_error = route_add(ctl, as->as_rtable, &as->as_prefix,
		    RP_STATIC, 0, &nh);
	else
		as->as_error = route_delete(ctl, as->as_rtable,
		    &as->as_prefix, RP_STATIC, &nh);
	if (as->as_error == 0)
		as->as_error = route_publish(ctl);
}

void
host_route(struct host *h, const char *prefix, const char *via)
{
	struct ask as = { .as_via = via, .as_add = true,
		.as_rtable = h->h_rtable,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, route_job, &as, prefix);
}

void
host_route_delete(struct host *h, const char *prefix, const char *via)
{
	struct ask as = { .as_via = via, .as_rtable = h->h_rtable,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, route_job, &as, prefix);
}

static void
ways_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct nhop nh[NHG_MAX];
	unsigned n;

	role_enter(&on_ctl);
	for (n = 0; as->as_ways[n] != NULL && as->as_error == 0; n++)
		as->as_error = route_nhop(ctl, as, as->as_ways[n], &nh[n]);
	if (as->as_error != 0)
		return;
	as->as_error = n == 0 ?
	    route_unset(ctl, as->as_rtable, &as->as_prefix, RP_STATIC) :
	    route_set(ctl, as->as_rtable, &as->as_prefix, RP_STATIC, 0, nh, n);
	if (as->as_error == 0)
		as->as_error = route_publish(ctl);
}

void
host_ways(struct host *h, const char *prefix, const char *const *via)
{
	struct ask as = { .as_ways = via, .as_rtable = h->h_rtable,
		.as_prefix = host_prefix(h, prefix) };

	host_ask(h, ways_job, &as, prefix);
}

void
host_vrf(struct host *h, unsigned rtable)
{
	h->h_rtable = rtable;
}

static void
neigh_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	if ((ifp = if_find(ctl, as->as_if)) == NULL)
		as->as_error = ENXIO;
	else
		as->as_error = neigh_add(ctl, ifp, &as->as_addr, as->as_mac);
}

void
host_neigh(struct host *h, const char *ifname, const char *addr,
    const uint8_t mac[static MAC_LEN])
{
	struct ask as = { .as_if = ifname, .as_mac = mac,
		.as_addr = host_text_addr(h, addr) };

	host_ask(h, neigh_job, &as, addr);
}

static void
up_job(struct ctl *ctl, void *arg)
{
	struct ask *as = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	if ((ifp = if_find(ctl, as->as_if)) == NULL)
		as->as_error = ENXIO;
	else
		if_set_up(ctl, ifp, as->as_up);
	nhop_links(ctl);
}

void
host_up(struct host *h, const char *ifname, bool up)
{
	struct ask as = { .as_if = ifname, .as_up = up };

	host_ask(h, up_job, &as, ifname);
}

void
host_sysctl(struct host *h, const char *name, const char *value)
{
	char err[128];

	if (sysctl_set(&h->h_spate->sp_sysctl, name, value, err, sizeof(err)) !=
	    0)
		SIM_FAIL(h->h_sim, "%s: %s", name, err);
}

void
host_tune(struct host *h, const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	host_sysctl(h, name, text);
}
