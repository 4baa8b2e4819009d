/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's ports: interfaces with hosts, and what was counted on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ether/ether_wire.h"
#include "gen/gen_int.h"

#define VLAN_TAG 4u

struct ifnet *
gen_ifnet(const struct gen *g, unsigned port)
{
	const struct gen_port *gp = &g->g_port[port];
	struct ifnet *ifp = if_lookup(g->g_sp, gp->gp_if);

	return ifp != NULL && ifp->if_gen == gp->gp_gen ? ifp : NULL;
}

static bool
gateway_ok(const struct addr *a, unsigned family)
{
	return a->a_family == ADDR_NONE || a->a_family == family;
}

/* A range goes beyond its family's end, or has no family. */
static bool
hosts_ok(const struct gen_hosts *gh)
{
	uint64_t more = gh->gh_n > 0 ? gh->gh_n - 1 : 0;

	switch (gh->gh_first.a_family) {
	case ADDR_V4:
		return !in_is_multicast(gh->gh_first.a_v4) &&
		    more <= UINT32_MAX - gh->gh_first.a_v4;
	case ADDR_V6:
		return !in6_is_multicast(gh->gh_first.a_v6) &&
		    more <= UINT64_MAX - gh->gh_first.a_v6.i6_lo;
	}
	return false;
}

static int
port_check(const struct gen *g, const struct gen_port_conf *pc, char *err,
    size_t errlen)
{
	const char *why = NULL;
	unsigned i;

	if (g->g_nports == GEN_PORTS)
		why = "a tester has at most 16 ports";
	else if (pc->gp_nhosts > GEN_HOSTS)
		why = "a port has at most 16 ranges of hosts";
	else if (!gateway_ok(&pc->gp_gw4, ADDR_V4) ||
	    !gateway_ok(&pc->gp_gw6, ADDR_V6))
		why = "a gateway is an address of its family";
	else if (pc->gp_vlan > 4094)
		why = "a VLAN is a number from 1 to 4094";
	for (i = 0; why == NULL && i < pc->gp_nhosts; i++)
		if (!hosts_ok(&pc->gp_hosts[i]))
			why = "hosts are unicast addresses of one family, "
			      "IPv6 ones of one /64";
	if (why == NULL)
		return 0;
	snprintf(err, errlen, "%s: %s", pc->gp_name, why);
	return EINVAL;
}

static int ON_CTL
port_open(struct gen *g, const struct gen_port_conf *pc, struct ifnet **ifpp,
    char *err, size_t errlen)
{
	struct ctl *ctl = g->g_sp->sp_ctl;
	struct dev_conf dc = pc->gp_dev;
	int error;

	if (pc->gp_ops != NULL) {
		if (dc.dc_rsskey == NULL)
			dc.dc_rsskey = g->g_sp->sp_rss_key;
		error = if_attach(
		    ctl, pc->gp_name, pc->gp_ops, &dc, ifpp, err, errlen);
		if (error != 0)
			return error;
	} else if ((*ifpp = if_find(ctl, pc->gp_name)) == NULL) {
		snprintf(err, errlen, "there is no interface %s", pc->gp_name);
		return ENOENT;
	}
	if (((*ifpp)->if_caps & (IFCAP_VIRTUAL | IFCAP_LOOPBACK)) != 0) {
		snprintf(err, errlen, "%s: a port of a tester is an Ethernet "
		    "device; tags are made by templates", pc->gp_name);
		return EINVAL;
	}
	if_set_up(ctl, *ifpp, true);
	return 0;
}

int
gen_port(struct gen *g, const struct gen_port_conf *pc, char *err,
    size_t errlen)
{
	struct gen_port *gp = &g->g_port[g->g_nports];
	struct ifnet *ifp;
	unsigned i;
	int error;

	if ((error = port_check(g, pc, err, errlen)) != 0 ||
	    (error = port_open(g, pc, &ifp, err, errlen)) != 0)
		return error;
	*gp = (struct gen_port){ .gp_number = g->g_nports,
		.gp_if = ifp->if_index, .gp_gen = ifp->if_gen,
		.gp_linerate = pc->gp_linerate };
	snprintf(gp->gp_name, sizeof(gp->gp_name), "%s", pc->gp_name);
	memcpy(gp->gp_host.hp_mac, ifp->if_mac, MAC_LEN);
	gp->gp_host.hp_vlan = pc->gp_vlan;
	gp->gp_host.hp_udp = pc->gp_udp;
	gp->gp_host.hp_n = pc->gp_nhosts;
	for (i = 0; i < pc->gp_nhosts; i++)
		gp->gp_host.hp_hosts[i] = pc->gp_hosts[i];
	gp->gp_gw[GW_V4].gw_addr = pc->gp_gw4;
	gp->gp_gw[GW_V6].gw_addr = pc->gp_gw6;
	g->g_ifport[ifp->if_index] = (uint8_t)g->g_nports++;
	return 0;
}

bool
gen_port_takes(const struct gen *g, unsigned port, uint32_t size,
    unsigned tags, char *err, size_t errlen)
{
	const struct gen_port *gp = &g->g_port[port];
	const struct ifnet *ifp = gen_ifnet(g, port);
	unsigned len = size - TPL_FCS;

	if (ifp == NULL) {
		snprintf(err, errlen, "%s: the interface is gone",
		    gp->gp_name);
		return false;
	}
	if (len > ifp->if_mtu + ETHER_HLEN + tags * VLAN_TAG) {
		snprintf(err, errlen, "%s: its MTU of %u takes frames of up to "
		    "%u bytes, not of %u", gp->gp_name, ifp->if_mtu,
		    ifp->if_mtu + ETHER_HLEN + tags * VLAN_TAG + TPL_FCS, size);
		return false;
	}
	if (len > MBUF_DATA && (ifp->if_caps & IFCAP_CHAIN) == 0) {
		snprintf(err, errlen, "%s: the driver sends frames of up to %u "
		    "bytes, not of %u", gp->gp_name, MBUF_DATA + TPL_FCS, size);
		return false;
	}
	return true;
}

/* The kernel's counts of a device; packets as it sends and gets them. */
static bool
port_kernel(const char *device, uint64_t k[static 4])
{
	static const char *const names[] = { "tx_packets", "rx_packets",
		"rx_dropped", "tx_dropped" };
	unsigned long long v;
	char path[160];
	unsigned i;
	FILE *f;
	int got;

	for (i = 0; i < countof(names); i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s",
		    device, names[i]);
		if (strchr(device, '/') != NULL ||
		    (f = fopen(path, "re")) == NULL)
			return false;
		got = fscanf(f, "%llu", &v);
		fclose(f);
		if (got != 1)
			return false;
		k[i] = v;
	}
	return true;
}

void
gen_port_count(const struct gen *g, unsigned port, struct gen_ifcounts *gi)
{
	struct ifnet *ifp = gen_ifnet(g, port);

	memset(gi, 0, sizeof(*gi));
	if (ifp == NULL)
		return;
	if_counts(ifp, &gi->gi_if);
	if_stats(ifp, &gi->gi_dev);
	if (!g->g_sp->sp_env.env_virtual &&
	    strcmp(ifp->if_ops->do_name, "pair") != 0)
		gi->gi_kernel = port_kernel(ifp->if_device, gi->gi_k);
}

/* The first host of a family. */
static const struct addr *
port_host(const struct gen_port *gp, unsigned family)
{
	unsigned i;

	for (i = 0; i < gp->gp_host.hp_n; i++)
		if (gp->gp_host.hp_hosts[i].gh_first.a_family == family)
			return &gp->gp_host.hp_hosts[i].gh_first;
	return NULL;
}

int
gen_tpl(const struct gen *g, unsigned from, unsigned to, unsigned family,
    struct tpl_conf *tc, char *err, size_t errlen)
{
	const struct addr *src = port_host(&g->g_port[from], family);
	const struct addr *dst = port_host(&g->g_port[to], family);

	if (src == NULL || dst == NULL) {
		snprintf(err, errlen, "%s has no host with an IPv%u address",
		    g->g_port[src == NULL ? from : to].gp_name, family);
		return ENOENT;
	}
	*tc = (struct tpl_conf){ .tc_src = *src, .tc_dst = *dst,
		.tc_sport = 9, .tc_dport = 9 };
	return 0;
}
