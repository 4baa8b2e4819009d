/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs of hosts.
 */
#include <string.h>

#include "ether/vlan.h"
#include "if/if.h"
#include "sim/sim_int.h"

struct vlan_ask {
	const char	*va_name;
	const char	*va_parent;
	struct vlan_conf va_conf;
	unsigned	 va_mtu;
	struct if_counts *va_counts;
	char		 va_err[256];	/* "": it went well */
};

static void
host_vlan_ask(struct host *h, void (*fn)(struct ctl *, void *),
    struct vlan_ask *va)
{
	host_ctl(h, fn, va);
	if (va->va_err[0] != '\0')
		SIM_FAIL(h->h_sim, "%s: %s: %s", h->h_name, va->va_name,
		    va->va_err);
}

static void
vlan_job(struct ctl *ctl, void *arg)
{
	struct vlan_ask *va = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	if (vlan_attach(ctl, va->va_name, if_find(ctl, va->va_parent),
		&va->va_conf, va->va_mtu, &ifp, va->va_err,
		sizeof(va->va_err)) == 0)
		if_set_up(ctl, ifp, true);
}

void
host_vlan(struct host *h, const char *name, const char *parent, uint32_t tag,
    unsigned mtu)
{
	struct vlan_ask va = { .va_name = name, .va_parent = parent,
		.va_mtu = mtu,
		.va_conf = { .vc_id = tag & VLAN_VID,
		    .vc_tpid = (uint16_t)(tag >> 16),
		    .vc_priority = (uint8_t)(tag >> 13 & 7) } };

	host_vlan_ask(h, vlan_job, &va);
}

void
host_vlan_map(struct host *h, const char *name, const char *parent,
    uint32_t tag)
{
	struct vlan_ask va = { .va_name = name, .va_parent = parent,
		.va_conf = { .vc_id = tag & VLAN_VID,
		    .vc_tpid = (uint16_t)(tag >> 16),
		    .vc_priority = VLAN_PRIORITY_MAP } };

	host_vlan_ask(h, vlan_job, &va);
}

static void
vlan_delete_job(struct ctl *ctl, void *arg)
{
	struct vlan_ask *va = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	ifp = if_find(ctl, va->va_name);
	port_forget(ctl, ifp);
	if_detach(ctl, ifp);
}

void
host_vlan_delete(struct host *h, const char *name)
{
	struct vlan_ask va = { .va_name = name };

	host_vlan_ask(h, vlan_delete_job, &va);
}

static void
vlan_close_job(struct ctl *ctl, void *arg)
{
	unsigned i;

	(void)arg;
	role_enter(&on_ctl);
	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || vlan_conf(ifp) == NULL)
			continue;
		port_forget(ctl, ifp);
		if_detach(ctl, ifp);
	}
}

void
host_close_vlans(struct host *h)
{
	host_ctl(h, vlan_close_job, NULL);
}

static void
counts_job(struct ctl *ctl, void *arg)
{
	struct vlan_ask *va = arg;

	role_enter(&on_ctl);
	if_counts(if_find(ctl, va->va_name), va->va_counts);
}

void
host_counts(struct host *h, const char *ifname, struct if_counts *ic)
{
	struct vlan_ask va = { .va_name = ifname, .va_counts = ic };

	host_vlan_ask(h, counts_job, &va);
}
