/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Applying a configuration to an instance.
 *
 * What could be refused has been refused when the file was checked; what can
 * still fail here is the world: a device that is busy, memory that is short.
 *
 * The way of an IPv6 address: tentative at first, neither used nor answered
 * for; when duplicate address detection found it unique, its routes are
 * published and it is announced.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control.h"
#include "dev/dev.h"
#include "dev/pair.h"
#include "ether/arp.h"
#include "if/if.h"
#include "ip6/nd6.h"
#include "route/neigh.h"
#include "route/route.h"

struct control {
	const struct conf *co_conf; /* [C] */
};

static int
control_check_sysctl(void *arg, const char *name, const char *value, char *err,
    size_t errlen)
{
	uint64_t v;

	(void)arg;
	return sysctl_check(name, value, &v, err, errlen);
}

const struct conf_env control_conf_env = {
	.ce_via_max = 1, /* there are no groups of next hops yet */
	.ce_sysctl = control_check_sysctl,
};

const struct conf *
control_conf(const struct ctl *ctl)
{
	return ctl->ctl_control != NULL ? ctl->ctl_control->co_conf : NULL;
}

void
control_fini(struct ctl *ctl)
{
	free(ctl->ctl_control);
	ctl->ctl_control = NULL;
}

static void ON_CTL
control_sysctls(struct ctl *ctl, const struct conf *conf)
{
	char err[160];
	unsigned i;

	for (i = 0; i < conf->cf_nsysctl; i++) {
		const struct conf_sysctl *sy = &conf->cf_sysctl[i];

		if (sysctl_set(&ctl->ctl_sp->sp_sysctl, sy->sy_name,
			sy->sy_value, err, sizeof(err)) != 0)
			log_error(&ctl->ctl_sp->sp_env.env_log, "%s", err);
	}
}

/* The other end of a pair that is attached already; NULL: we come first. */
static struct ifnet *ON_CTL
pair_peer(struct ctl *ctl, const struct conf_if *ci)
{
	return if_find(ctl, ci->ci_peer);
}

/*
 * The link of a pair is made when its first end is attached, and let go of by
 * us when its second is.
 */
static int ON_CTL
control_pair(struct ctl *ctl, const struct conf *conf,
    const struct conf_if *ci, struct pair **links, struct dev_conf *dc)
{
	const struct conf_if *peer = conf_if_find(conf, ci->ci_peer);
	struct pair_conf pc = { .pc_seed = ctl->ctl_sp->sp_env.env_seed };
	size_t me = (size_t)(ci - conf->cf_if);
	size_t other = (size_t)(peer - conf->cf_if);
	unsigned side = pair_peer(ctl, ci) != NULL;
	int error;

	if (side == 0) {
		pc.pc_loop = me == other;
		pc.pc_side[0].ps_queues = (uint16_t)conf->cf_cpus;
		pc.pc_side[1].ps_queues = (uint16_t)conf->cf_cpus;
		pc.pc_side[0].ps_mtu = (uint16_t)ci->ci_mtu;
		pc.pc_side[1].ps_mtu = (uint16_t)peer->ci_mtu;
		if ((error = pair_create(&pc, &links[me])) != 0)
			return error;
		dc->dc_pair = pair_end(links[me], 0);
	} else
		dc->dc_pair = pair_end(links[other], 1);
	return 0;
}

static bool
mac_given(const uint8_t mac[static MAC_LEN])
{
	static const uint8_t none[MAC_LEN];

	return memcmp(mac, none, MAC_LEN) != 0;
}

static int ON_CTL
control_interface(struct ctl *ctl, const struct conf *conf,
    const struct conf_if *ci, struct pair **links, struct conf_errors *errs)
{
	static const char *const drivers[] = { [CONF_TAP] = "tap",
		[CONF_XDP] = "xdp", [CONF_PAIR] = "pair",
		[CONF_PCAP] = "pcap" };
	static const char *const modes[] = { [CONF_MODE_AUTO] = "auto",
		[CONF_MODE_COPY] = "copy", [CONF_MODE_ZEROCOPY] = "zerocopy" };
	struct dev_conf dc = {
		.dc_driver = drivers[ci->ci_driver],
		.dc_device = ci->ci_device,
		.dc_queues = ci->ci_queues,
		.dc_mtu = ci->ci_mtu,
		.dc_mac = mac_given(ci->ci_mac) ? ci->ci_mac : NULL,
		.dc_repair = ci->ci_checksum == CONF_CSUM_REPAIR,
		.dc_nooffload = !ci->ci_offload,
		.dc_mode = modes[ci->ci_mode],
		.dc_read = ci->ci_read,
		.dc_write = ci->ci_write,
	};
	struct ifnet *ifp;
	char err[256];
	int error;

	if (ci->ci_driver == CONF_PAIR &&
	    (error = control_pair(ctl, conf, ci, links, &dc)) != 0)
		return error;
	error = if_attach(ctl, ci->ci_name, dev_driver(dc.dc_driver), &dc,
	    &ifp, err, sizeof(err));
	if (error != 0) {
		conf_error(errs, conf_where(&ci->ci_sec, "device"), "%s", err);
		return error;
	}
	if_set_up(ctl, ifp, true);
	return 0;
}

static int ON_CTL
control_interfaces(struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	struct pair **links;
	unsigned i;
	int error = 0;

	if ((links = calloc(conf->cf_nif + 1, sizeof(*links))) == NULL)
		return ENOMEM;
	for (i = 0; i < conf->cf_nif && error == 0; i++)
		error = control_interface(ctl, conf, &conf->cf_if[i], links,
		    errs);
	for (i = 0; i < conf->cf_nif; i++)
		if (links[i] != NULL)
			pair_destroy(links[i]);
	free(links);
	return error;
}

/* Duplicate address detection is done: ours to use, or not. */
static void ON_CTL
address_probed(struct ctl *ctl, unsigned ifindex, const struct in6 *a6,
    bool unique)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, ifindex);
	const struct ifaddrs *ias = ifp != NULL ? if_addrs(ifp) : NULL;
	struct addr a = addr_v6(*a6);
	unsigned i;

	for (i = 0; ias != NULL && unique && i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, &a) &&
		    (route_address(ctl, ifp, &ias->ias_a[i], true) != 0 ||
			route_publish(ctl) != 0))
			log_error(&ctl->ctl_sp->sp_env.env_log,
			    "no memory for the routes of an address of %s",
			    ifp->if_name);
}

static int ON_CTL
control_address(struct ctl *ctl, struct ifnet *ifp, struct ifaddr *ifa)
{
	const struct addr *a = &ifa->ifa_addr;
	int error;

	if (a->a_family == 6)
		ifa->ifa_flags |= IFA_TENTATIVE;
	if ((error = if_addr_set(ctl, ifp, ifa)) != 0)
		return error;
	if (a->a_family == 6)
		return nd6_dad_start(ctl, ifp, &a->a_v6, address_probed);
	if ((error = route_address(ctl, ifp, ifa, true)) == 0)
		arp_announce(ctl, ifp, a->a_v4);
	return error;
}

/* Every interface has a link-local address (RFC 4291, 2.8). */
static int ON_CTL
control_linklocal(struct ctl *ctl, struct ifnet *ifp)
{
	struct ifaddr ifa = {
		.ifa_addr = addr_v6(in6_linklocal_mac(ifp->if_mac)),
		.ifa_plen = 64,
		.ifa_flags = IFA_AUTO,
	};

	return control_address(ctl, ifp, &ifa);
}

static int ON_CTL
control_addresses(struct ctl *ctl, const struct conf_if *ci)
{
	struct ifnet *ifp = if_find(ctl, ci->ci_name);
	unsigned i;
	int error;

	if ((error = control_linklocal(ctl, ifp)) != 0)
		return error;
	for (i = 0; i < ci->ci_naddr; i++) {
		const struct prefix *p = &ci->ci_addr[i].cx_prefix;
		struct ifaddr ifa = { .ifa_addr = p->p_addr,
			.ifa_plen = p->p_len };

		if ((error = control_address(ctl, ifp, &ifa)) != 0)
			return error;
	}
	return 0;
}

/* 127.0.0.0/8 and ::1 are this host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
static int ON_CTL
control_loopback(struct ctl *ctl)
{
	struct nhop nh = { .nh_type = NH_LOCAL, .nh_mtu = UINT16_MAX };
	struct prefix p4 = { .p_addr = addr_v4(0x7f000000), .p_len = 8 };
	struct prefix p6 = { .p_addr = addr_v6((struct in6){ 0, 1 }),
		.p_len = 128 };
	int error;

	if ((error = route_add(ctl, 0, &p4, RP_LOCAL, 0, &nh)) != 0)
		return error;
	return route_add(ctl, 0, &p6, RP_LOCAL, 0, &nh);
}

/* The interface on whose network a gateway is; the check found one. */
static const struct conf_if *
control_network(const struct conf *conf, const struct addr *a)
{
	unsigned i, k;

	for (i = 0; i < conf->cf_nif; i++)
		for (k = 0; k < conf->cf_if[i].ci_naddr; k++)
			if (prefix_match(
				&conf->cf_if[i].ci_addr[k].cx_prefix, a))
				return &conf->cf_if[i];
	return NULL;
}

static int ON_CTL
control_gateway(struct ctl *ctl, const struct conf *conf,
    const struct conf_route *ro, const struct addr *via)
{
	const struct conf_if *ci = ro->ro_if != NULL ?
	    conf_if_find(conf, ro->ro_if) : control_network(conf, via);
	struct nhop nh = { .nh_type = NH_GATEWAY, .nh_gw = *via };
	const struct ifnet *ifp;

	if (ci == NULL || (ifp = if_find(ctl, ci->ci_name)) == NULL)
		return EHOSTUNREACH;
	nh.nh_ifindex = ifp->if_index;
	nh.nh_mtu = ifp->if_mtu;
	return route_add(ctl, 0, &ro->ro_dst.cx_prefix, RP_STATIC,
	    ro->ro_preference, &nh);
}

static int ON_CTL
control_route(struct ctl *ctl, const struct conf *conf,
    const struct conf_route *ro)
{
	struct nhop nh = {
		.nh_type = ro->ro_blackhole ? NH_BLACKHOLE : NH_UNREACHABLE,
	};

	if (ro->ro_nvia == 0)
		return route_add(ctl, 0, &ro->ro_dst.cx_prefix, RP_STATIC,
	    ro->ro_preference, &nh);
	return control_gateway(ctl, conf, ro, &ro->ro_via[0].ca_addr);
}

static int ON_CTL
control_neighbour(struct ctl *ctl, const struct conf_neigh *ne)
{
	return neigh_add(ctl, if_find(ctl, ne->ne_if), &ne->ne_addr.ca_addr,
	    ne->ne_mac);
}

static int ON_CTL
control_objects(struct ctl *ctl, const struct conf *conf)
{
	unsigned i;
	int error;

	if ((error = control_loopback(ctl)) != 0)
		return error;
	for (i = 0; i < conf->cf_nif; i++)
		if ((error = control_addresses(ctl, &conf->cf_if[i])) != 0)
			return error;
	for (i = 0; i < conf->cf_nneigh; i++)
		if ((error = control_neighbour(ctl, &conf->cf_neigh[i])) != 0)
			return error;
	for (i = 0; i < conf->cf_nroute; i++)
		if ((error = control_route(ctl, conf, &conf->cf_route[i])) != 0)
			return error;
	return route_publish(ctl);
}

int
control_apply(struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	int error;

	ctl->ctl_control = calloc(1, sizeof(*ctl->ctl_control));
	if (ctl->ctl_control == NULL)
		return ENOMEM;
	ctl->ctl_control->co_conf = conf;
	memset(errs, 0, sizeof(*errs));
	control_sysctls(ctl, conf);
	if ((error = control_interfaces(ctl, conf, errs)) == 0)
		error = control_objects(ctl, conf);
	if (error != 0 && errs->ce_n == 0)
		conf_error(errs, &conf->cf_sec.cs_pos, "%s", strerror(error));
	return error;
}
