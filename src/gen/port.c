/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's ports: interfaces with hosts, and what was counted on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	else if (pc->gp_dev.dc_norx && (pc->gp_gw4.a_family != ADDR_NONE ||
	    pc->gp_gw6.a_family != ADDR_NONE))
		why = "a port that hears nothing cannot ask for the MAC of a "
		      "gateway";
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

void
gen_port_close(struct gen_port *gp)
{
	if (gp->gp_kernel >= 0)
		close(gp->gp_kernel);
}

/*
 * Now, as there may be no opening files later.  This file is of the network
 * namespace, which what is mounted at /sys need not be.
 */
static int
kernel_open(const struct gen *g, const struct ifnet *ifp)
{
	if (g->g_sp->sp_env.env_virtual ||
	    strcmp(ifp->if_ops->do_name, "pair") == 0)
		return -1;
	return open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC);
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
		.gp_linerate = pc->gp_linerate,
		.gp_deaf = pc->gp_dev.dc_norx };
	snprintf(gp->gp_name, sizeof(gp->gp_name), "%s", pc->gp_name);
	memcpy(gp->gp_host.hp_mac, ifp->if_mac, MAC_LEN);
	gp->gp_host.hp_vlan = pc->gp_vlan;
	gp->gp_host.hp_udp = pc->gp_udp;
	gp->gp_host.hp_n = pc->gp_nhosts;
	for (i = 0; i < pc->gp_nhosts; i++)
		gp->gp_host.hp_hosts[i] = pc->gp_hosts[i];
	gp->gp_gw[GW_V4].gw_addr = pc->gp_gw4;
	gp->gp_gw[GW_V6].gw_addr = pc->gp_gw6;
	gp->gp_kernel = kernel_open(g, ifp);
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

/*
 * The kernel's counts of a device, from its line; packets as it sends and gets
 * them.  The columns are bytes, packets, errors, drops and four more of what
 * is received, then the same of what is sent.
 */
static bool
kernel_line(const char *line, const char *device, uint64_t k[static 4])
{
	const size_t n = strlen(device);
	unsigned long long v[12];
	unsigned i;
	char *end;

	line += strspn(line, " ");
	if (strncmp(line, device, n) != 0 || line[n] != ':')
		return false;
	line += n + 1;
	for (i = 0; i < countof(v); i++, line = end) {
		v[i] = strtoull(line, &end, 10);
		if (end == line)
			return false;
	}
	k[0] = v[9];
	k[1] = v[1];
	k[2] = v[3];
	k[3] = v[11];
	return true;
}

/* The file as it is now; NULL if there is none, or no memory. */
static char *
kernel_text(int fd)
{
	size_t room = 8192, len = 0;
	char *text = NULL, *more;
	ssize_t n = 1;

	if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0)
		return NULL;
	while (n > 0) {
		if (text == NULL || len + 1 == room) {
			room *= 2;
			if ((more = realloc(text, room)) == NULL)
				break;
			text = more;
		}
		if ((n = read(fd, text + len, room - len - 1)) > 0)
			len += (size_t)n;
	}
	if (text != NULL)
		text[len] = '\0';
	return text;
}

static bool
port_kernel(const struct gen_port *gp, const char *device,
    uint64_t k[static 4])
{
	char *text = kernel_text(gp->gp_kernel);
	const char *line = text;
	bool found = false;

	while (line != NULL && !found) {
		found = kernel_line(line, device, k);
		if ((line = strchr(line, '\n')) != NULL)
			line++;
	}
	free(text);
	return found;
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
	gi->gi_kernel =
	    port_kernel(&g->g_port[port], ifp->if_device, gi->gi_k);
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
