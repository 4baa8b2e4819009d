/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces of a configuration, and their devices.
 *
 * An interface whose parameters change is detached and attached again: a
 * device cannot be opened twice, and closing it takes until all CPUs have let
 * go of it, so there are rounds between the two.  The ends of a pair come and
 * go together.
 *
 * An interface that is attached already when the first configuration is
 * applied is taken as it is: the simulator has devices of its own.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "dev/dev.h"
#include "dev/memif.h"
#include "dev/pair.h"
#include "ether/vlan.h"
#include "ip6/ra_send.h"
#include "netisr/rss.h"

/* What can change while an interface stays attached. */
static const char *const changeable[] = { "address", "accept_ra",
	"description", "dscp", "mss", "reverse_path",
	"vrf", /* its name: the table's number is compared */
	NULL };

/* What it was attached by; NULL: it is taken as it is. */
static const struct conf_if *ON_CTL
if_conf(const struct ctl *ctl, const struct ifnet *ifp)
{
	return ctl->ctl_control->co_if[ifp->if_index];
}

bool
control_if_same(const struct ifnet *ifp, const struct conf_if *is,
    const struct conf *conf, const struct conf_if *want)
{
	return conf_sec_equal(&is->ci_sec, &want->ci_sec, changeable) &&
	    ifp->if_rtable == conf_rtable(conf, want->ci_vrf);
}

static bool ON_CTL
if_same(const struct ctl *ctl, const struct ifnet *ifp,
    const struct conf *conf)
{
	const struct conf_if *is = if_conf(ctl, ifp);
	const struct conf_if *want = conf_if_find(conf, ifp->if_name);

	return want != NULL &&
	    (is == NULL || control_if_same(ifp, is, conf, want));
}

/* Whether it can stay attached as the configuration wants it. */
static bool ON_CTL
if_stays(const struct ctl *ctl, const struct ifnet *ifp,
    const struct conf *conf)
{
	const struct conf_if *want = conf_if_find(conf, ifp->if_name);
	const struct ifnet *peer;

	if (!if_same(ctl, ifp, conf))
		return false;
	if (if_conf(ctl, ifp) == NULL || want->ci_driver != CONF_PAIR)
		return true;
	peer = if_find(ctl, want->ci_peer);
	return peer != NULL && if_same(ctl, peer, conf);
}

/* The attached interface, other than that of the name, on a device. */
static struct ifnet *ON_CTL
if_on_device(const struct ctl *ctl, const struct conf_if *want)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);
		const struct conf_if *is;

		if (ifp == NULL || (is = if_conf(ctl, ifp)) == NULL)
			continue;
		if (conf_same_device(is, want) &&
		    strcmp(is->ci_name, want->ci_name) != 0)
			return ifp;
	}
	return NULL;
}

/* It is wanted otherwise, or another one is wanted on its device. */
static bool ON_CTL
if_in_the_way(const struct ctl *ctl, const struct ifnet *ifp,
    const struct conf *conf)
{
	unsigned i;

	if (conf_if_find(conf, ifp->if_name) != NULL &&
	    !if_stays(ctl, ifp, conf))
		return true;
	for (i = 0; i < conf->cf_nif; i++)
		if (if_on_device(ctl, &conf->cf_if[i]) == ifp)
			return true;
	return false;
}

void
control_if_makeway(struct ctl *ctl, const struct conf *conf)
{
	struct ifnet *ifp;
	bool first = true;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		ifp = if_lookup(ctl->ctl_sp, i);
		if (ifp == NULL || !if_in_the_way(ctl, ifp, conf))
			continue;
		if (first)
			control_set_ahead(ctl, conf);
		first = false;
		control_detach(ctl, ifp);
	}
	control_vlan_makeway(ctl, conf);
}

/* Whether ifp will be detached, by makeway, sweep, or the change of VLANs. */
static bool ON_CTL
if_goes(struct ctl *ctl, const struct ifnet *ifp, const struct conf *conf)
{
	const struct ifnet *parent;

	if (vlan_conf(ifp) == NULL)
		return if_in_the_way(ctl, ifp, conf) ||
		    (if_conf(ctl, ifp) != NULL &&
			conf_if_find(conf, ifp->if_name) == NULL);
	parent = if_lower(ifp);
	return control_vlan_goes(ifp, conf) ||
	    (parent != NULL && if_goes(ctl, parent, conf));
}

void
control_farewell(struct ctl *ctl, const struct conf *conf)
{
	const struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		ifp = if_lookup(ctl->ctl_sp, i);
		if (ifp != NULL && if_goes(ctl, ifp, conf))
			ra_send_stop(ctl, ifp);
	}
}

void
control_if_adopt(struct ctl *ctl, const struct conf *conf)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && if_conf(ctl, ifp) != NULL)
			ctl->ctl_control->co_if[i] =
			    conf_if_find(conf, ifp->if_name);
	}
}

void
control_if_sweep(struct ctl *ctl, const struct conf *conf)
{
	struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		ifp = if_lookup(ctl->ctl_sp, i);
		if (ifp != NULL && if_conf(ctl, ifp) != NULL &&
		    conf_if_find(conf, ifp->if_name) == NULL)
			control_detach(ctl, ifp);
	}
}

static bool
mac_given(const uint8_t mac[static MAC_LEN])
{
	static const uint8_t none[MAC_LEN];

	return memcmp(mac, none, MAC_LEN) != 0;
}

/* link: the end of a pair that it opens, or NULL. */
static int ON_CTL
if_open_one(struct ctl *ctl, const struct conf *conf, const struct conf_if *ci,
    struct pair_end *link, struct conf_errors *errs)
{
	const struct rss *rs = ctl->ctl_sp->sp_rss;
	static const char *const modes[] = { [CONF_MODE_AUTO] = "auto",
		[CONF_MODE_COPY] = "copy", [CONF_MODE_ZEROCOPY] = "zerocopy" };
	const struct memif_conf mc = {
		.mc_socket = ci->ci_socket,
		.mc_id = ci->ci_memid,
		.mc_client = ci->ci_role == CONF_CLIENT,
		.mc_ring = ci->ci_ring,
		.mc_buffer = ci->ci_buffer,
		.mc_secret = ci->ci_secret,
	};
	struct dev_conf dc = {
		.dc_driver = conf_driver_name(ci->ci_driver),
		.dc_device = ci->ci_device,
		.dc_queues = ci->ci_queues,
		.dc_mtu = ci->ci_mtu,
		.dc_mac = mac_given(ci->ci_mac) ? ci->ci_mac : NULL,
		.dc_rtable = (unsigned)conf_rtable(conf, ci->ci_vrf),
		.dc_repair = ci->ci_checksum == CONF_CSUM_REPAIR,
		.dc_nooffload = !ci->ci_offload,
		.dc_nomute = !ci->ci_mute,
		.dc_mode = modes[ci->ci_mode],
		.dc_read = ci->ci_read,
		.dc_write = ci->ci_write,
		.dc_pair = link,
		.dc_memif = ci->ci_socket != NULL ? &mc : NULL,
		.dc_rsskey = rs->rs_algo == RSS_TOEPLITZ ? rs->rs_key : NULL,
	};
	struct ifnet *ifp;
	char err[256];
	int error;

	error = if_attach(ctl, ci->ci_name, dev_driver(dc.dc_driver), &dc,
	    &ifp, err, sizeof(err));
	if (error != 0) {
		conf_error(errs, conf_where(&ci->ci_sec,
		    ci->ci_socket != NULL ? "socket" : "device"), "%s", err);
		return error;
	}
	ctl->ctl_control->co_if[ifp->if_index] = ci;
	if_set_up(ctl, ifp, true);
	return 0;
}

/* Both ends at once; the link is theirs then. */
static int ON_CTL
if_open_pair(struct ctl *ctl, const struct conf *conf, const struct conf_if *ci,
    struct conf_errors *errs)
{
	const struct conf_if *peer = conf_if_find(conf, ci->ci_peer);
	struct pair_conf pc = { .pc_seed = ctl->ctl_sp->sp_env.env_seed,
		.pc_loop = peer == ci };
	struct pair *link;
	int error;

	pc.pc_side[0].ps_queues = (uint16_t)conf->cf_cpus;
	pc.pc_side[1].ps_queues = (uint16_t)conf->cf_cpus;
	pc.pc_side[0].ps_mtu = (uint16_t)ci->ci_mtu;
	pc.pc_side[1].ps_mtu = (uint16_t)peer->ci_mtu;
	if ((error = pair_create(&pc, &link)) != 0)
		return error;
	error = if_open_one(ctl, conf, ci, pair_end(link, 0), errs);
	if (error == 0 && peer != ci)
		error = if_open_one(ctl, conf, peer, pair_end(link, 1), errs);
	pair_destroy(link);
	return error;
}

/* Another interface is in its place, and will go. */
static bool ON_CTL
if_blocked(const struct ctl *ctl, const struct conf_if *ci)
{
	return if_on_device(ctl, ci) != NULL ||
	    (ci->ci_driver == CONF_PAIR && if_find(ctl, ci->ci_peer) != NULL);
}

int
control_if_attach_one(struct ctl *ctl, const struct conf *conf,
    const struct conf_if *ci, struct conf_errors *errs)
{
	if (if_find(ctl, ci->ci_name) != NULL || if_blocked(ctl, ci))
		return 0;
	if (ci->ci_driver == CONF_PAIR)
		return if_open_pair(ctl, conf, ci, errs);
	return if_open_one(ctl, conf, ci, NULL, errs);
}

int
control_if_attach(struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	unsigned i;
	int error = 0, first = 0;

	for (i = 0; i < conf->cf_nif; i++) {
		error = control_if_attach_one(ctl, conf, &conf->cf_if[i],
		    errs);
		first = first != 0 ? first : error;
	}
	return first;
}
