/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All counters of all layers, gathered from their lists.
 */
#include "base/bytes.h"
#include "cpu/stat.h"
#include "dev/dev_stat.h"
#include "dhcp/relay_stat.h"
#include "ether/arp_stat.h"
#include "ether/ether_stat.h"
#include "fast/flow_stat.h"
#include "gen/gen_stat.h"
#include "ip/icmp_stat.h"
#include "ip/ip_stat.h"
#include "ip6/icmp6_stat.h"
#include "ip6/ip6_stat.h"
#include "ip6/nd6_stat.h"
#include "netisr/netisr_stat.h"
#include "route/neigh_stat.h"
#include "udp/udp_stat.h"

#define COUNTER(name, text) { #name, text, false },
#define DROP(name, text)    { #name, text, true },

#define DESC(LIST)                                                             \
	(const struct stat_desc[])                                             \
	{                                                                      \
		LIST(COUNTER, DROP)                                            \
	}
#define GROUP(id, name, LIST)                                                  \
	[id] = { name, DESC(LIST),                                             \
		sizeof(DESC(LIST)) / sizeof(struct stat_desc) }

const struct stat_group_desc stat_groups[SG_N] = {
	GROUP(SG_PATH, "path", PATH_STATS),
	GROUP(SG_CPU, "cpu", CPU_STATS),
	GROUP(SG_DEV, "dev", DEV_STATS),
	GROUP(SG_NETISR, "netisr", NETISR_STATS),
	GROUP(SG_ETHER, "ether", ETHER_STATS),
	GROUP(SG_ARP, "arp", ARP_STATS),
	GROUP(SG_NEIGH, "neighbour", NEIGH_STATS),
	GROUP(SG_IP, "ip", IP_STATS),
	GROUP(SG_ICMP, "icmp", ICMP_STATS),
	GROUP(SG_IP6, "ip6", IP6_STATS),
	GROUP(SG_ICMP6, "icmp6", ICMP6_STATS),
	GROUP(SG_ND6, "nd6", ND6_STATS),
	GROUP(SG_UDP, "udp", UDP_STATS),
	GROUP(SG_DHCP, "dhcp", RELAY_STATS),
	GROUP(SG_FLOW, "flow", FLOW_STATS),
	GROUP(SG_GEN, "gen", GEN_STATS),
};

unsigned
stat_base(enum stat_group g)
{
	unsigned i, base = 0;

	for (i = 0; i < g; i++)
		base += stat_groups[i].sg_n;
	return base;
}

unsigned
stat_total(void)
{
	return stat_base(SG_N);
}
