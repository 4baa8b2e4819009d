/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs: trunks between instances, and to peers whose tags are written and
 * read by the simulator; tags of tags; priorities; frames of no VLAN; packet
 * sizes; VLANs that come and go, alone and with what they stand on.
 */
#include <stdio.h>

#include "ether/ether_stat.h"
#include "if/if.h"
#include "ip/icmp_stat.h"
#include "ip/ip_stat.h"
#include "sim/sim.h"

#define TAG(tpid, pcp, id)                                                     \
	((uint32_t)(tpid) << 16 | (uint32_t)(pcp) << 13 | (uint32_t)(id))

static void
peer_tag(struct peer *p, uint32_t outer, uint32_t inner)
{
	p->pr_tags.ft_n = 1 + (inner != 0);
	p->pr_tags.ft_tag[0] = outer;
	p->pr_tags.ft_tag[1] = inner;
}

static void
ping(struct sim *s, struct peer *from, const char *to, unsigned n, size_t size)
{
	struct ping *pg = peer_ping(from, to, n, NS_MS, size);

	SIM_UNTIL(s, ping_done(pg), 3 * NS_S + n * NS_MS);
	SIM_EQ(s, pg->pg_dups, 0);
}

/*
 * Two networks and the link's own on one link; each has its own way, which is
 * seen by the counters.
 */
static void
trunk(struct sim *s)
{
	static const char *const net[] = { "10.1.0", "10.2.0", "10.3.0" };
	struct host *a = sim_host(s, "a", 1 + (unsigned)sim_below(s, 3));
	struct host *b = sim_host(s, "b", 1 + (unsigned)sim_below(s, 3));
	struct wire *left = sim_wire(s, a, "left", 0);
	struct peer *p4, *p6;
	struct if_counts ic;
	char text[32], to[32];
	unsigned i;

	sim_link(s, a, "ab", b, "ba", (unsigned)sim_below(s, 3), NULL);
	host_vlan(a, "ab.20", "ab", TAG(0x8100, 0, 20), 0);
	host_vlan(b, "ba.20", "ba", TAG(0x8100, 0, 20), 0);
	host_vlan(a, "ab.30", "ab", TAG(0x88a8, 0, 20), 0);
	host_vlan(b, "ba.30", "ba", TAG(0x88a8, 0, 20), 0);
	for (i = 0; i < 3; i++) {
		const char *ifa = i == 0 ? "ab" : i == 1 ? "ab.20" : "ab.30";
		const char *ifb = i == 0 ? "ba" : i == 1 ? "ba.20" : "ba.30";

		snprintf(text, sizeof(text), "%s.1/24", net[i]);
		host_addr(a, ifa, text);
		snprintf(text, sizeof(text), "%s.2/24", net[i]);
		host_addr(b, ifb, text);
	}
	host_addr(a, "left", "10.0.0.1/24");
	host_addr(a, "left", "fd00:1::1/64");
	host_addr_dad(a, "ab.20", "fd00:2::1/64");
	host_addr_dad(b, "ba.20", "fd00:2::2/64");
	host_route(b, "0.0.0.0/0", "10.2.0.1");
	host_route(b, "::/0", "fd00:2::1");
	p4 = wire_peer(left, "10.0.0.2/24", "10.0.0.1");
	p6 = wire_peer(left, "fd00:1::2/64", "fd00:1::1");
	SIM_UNTIL(s, host_addr_flags(b, "ba.20", "fd00:2::2") == 0, 5 * NS_S);
	SIM_UNTIL(s, host_addr_flags(a, "ab.20", "fd00:2::1") == 0, 5 * NS_S);
	for (i = 0; i < 3; i++) {
		snprintf(to, sizeof(to), "%s.2", net[i]);
		ping(s, p4, to, 5, 1400);
	}
	ping(s, p6, "fd00:2::2", 5, 1400);
	sim_rest(s);
	/* What one end sent on a VLAN the other received on it. */
	for (i = 0; i < 2; i++) {
		struct if_counts ib;

		host_counts(a, i == 0 ? "ab.20" : "ab.30", &ic);
		host_counts(b, i == 0 ? "ba.20" : "ba.30", &ib);
		SIM_EQ(s, ic.ic_tx_packets, ib.ic_rx_packets);
		SIM_EQ(s, ic.ic_tx_bytes, ib.ic_rx_bytes);
		SIM_EQ(s, ic.ic_rx_packets, ib.ic_tx_packets);
		SIM_EQ(s, ic.ic_rx_bytes, ib.ic_tx_bytes);
		SIM_CHECK(s, ic.ic_tx_packets >= 5);
	}
	SIM_EQ(s, host_stat(b, SG_ETHER, ets_novlan), 0);
}

/* A router between VLANs of every kind: peers on each reach each other. */
static void
router(struct sim *s)
{
	static const struct {
		const char *name, *parent;
		uint32_t tag;
		uint32_t outer, inner; /* what peers see */
	} tab[] = {
		{ "lan", NULL, 0, 0, 0 },
		{ "v5", "lan", TAG(0x8100, 5, 5), TAG(0x8100, 5, 5), 0 },
		{ "s9", "lan", TAG(0x88a8, 0, 9), TAG(0x88a8, 0, 9), 0 },
		{ "v5.s9", "s9", TAG(0x8100, 3, 5), TAG(0x88a8, 0, 9),
		    TAG(0x8100, 3, 5) },
		{ "v6.v5", "v5", TAG(0x8100, 0, 4094), TAG(0x8100, 5, 5),
		    TAG(0x8100, 0, 4094) },
	};
	struct host *r = sim_host(s, "r", 1 + (unsigned)sim_below(s, 4));
	struct wire *w = sim_wire(s, r, "lan", (unsigned)sim_below(s, 3));
	struct peer *p4[countof(tab)], *p6[countof(tab)];
	char text[64], gw[64];
	unsigned i, k;

	for (i = 0; i < countof(tab); i++) {
		if (tab[i].parent != NULL)
			host_vlan(r, tab[i].name, tab[i].parent, tab[i].tag, 0);
		snprintf(text, sizeof(text), "10.0.%u.1/24", i);
		host_addr(r, tab[i].name, text);
		snprintf(text, sizeof(text), "fd00:%u::1/64", i);
		host_addr(r, tab[i].name, text);
		snprintf(text, sizeof(text), "10.0.%u.2/24", i);
		snprintf(gw, sizeof(gw), "10.0.%u.1", i);
		p4[i] = wire_peer(w, text, gw);
		snprintf(text, sizeof(text), "fd00:%u::2/64", i);
		snprintf(gw, sizeof(gw), "fd00:%u::1", i);
		p6[i] = wire_peer(w, text, gw);
		if (tab[i].parent != NULL) {
			peer_tag(p4[i], tab[i].outer, tab[i].inner);
			peer_tag(p6[i], tab[i].outer, tab[i].inner);
		}
	}
	for (i = 0; i < countof(tab); i++)
		for (k = 0; k < countof(tab); k++) {
			if (k == i)
				continue;
			ping(s, p4[i], p4[k]->pr_text, 1, 56);
			ping(s, p6[i], p6[k]->pr_text, 1, 1400);
		}
}

/* The priority of what leaves is the packet's, on both tags. */
static void
map(struct sim *s)
{
	struct host *r = sim_host(s, "r", 1);
	struct wire *w = sim_wire(s, r, "lan", 1);
	struct peer *p;

	host_vlan_map(r, "s", "lan", TAG(0x88a8, 0, 9));
	host_vlan(r, "c", "s", TAG(0x8100, 6, 5), 0);
	host_addr(r, "c", "10.0.1.1/24");
	p = wire_peer(w, "10.0.1.2/24", NULL);
	peer_tag(p, TAG(0x88a8, 6, 9), TAG(0x8100, 6, 5));
	ping(s, p, "10.0.1.1", 3, 56);
}

/* A frame with priority only is the interface's; unknown VLANs are counted. */
static void
strangers(struct sim *s)
{
	static const struct {
		struct frame_tags ft;
		enum etherstat why;
	} tab[] = {
		{ { 1, { TAG(0x8100, 7, 0) } }, ets_none },
		{ { 1, { TAG(0x88a8, 1, 0) } }, ets_none },
		{ { 2, { TAG(0x88a8, 1, 0), TAG(0x8100, 7, 0) } }, ets_none },
		{ { 1, { TAG(0x8100, 0, 21) } }, ets_novlan },
		{ { 1, { TAG(0x88a8, 0, 20) } }, ets_novlan },
		{ { 1, { TAG(0x8100, 7, 4095) } }, ets_novlan },
		{ { 2, { TAG(0x8100, 0, 20), TAG(0x8100, 0, 20) } },
		    ets_novlan },
	};
	struct host *r = sim_host(s, "r", 2);
	struct wire *w = sim_wire(s, r, "lan", 2);
	struct peer *p = wire_peer(w, "10.0.1.2/24", NULL);
	uint64_t echoes, drops;
	struct frame_spec fs;
	struct frame f;
	struct addr to;
	unsigned i;

	host_addr(r, "lan", "10.0.1.1/24");
	host_vlan(r, "lan.20", "lan", TAG(0x8100, 0, 20), 0);
	host_addr(r, "lan.20", "10.0.20.1/24");
	ping(s, p, "10.0.1.1", 1, 56);
	SIM_CHECK(s, addr_parse(&to, "10.0.1.1") == 0);
	SIM_CHECK(s, peer_spec(p, &to, &fs));
	for (i = 0; i < countof(tab); i++) {
		echoes = host_stat(r, SG_ICMP, ics_echo);
		drops = host_stat(r, SG_ETHER, ets_novlan);
		frame_echo(&f, &fs, false, 77, 1, 56);
		frame_tag(&f, &tab[i].ft);
		wire_inject(w, &f);
		sim_rest(s);
		SIM_EQ(s, host_stat(r, SG_ICMP, ics_echo) - echoes,
		    tab[i].why == ets_none);
		SIM_EQ(s, host_stat(r, SG_ETHER, ets_novlan) - drops,
		    tab[i].why == ets_novlan);
	}
	SIM_EQ(s, host_dropped(r, "lan", SG_ETHER, ets_novlan), 3);
}

/* The VLAN's own MTU counts: fragments, or an error that says it. */
static void
mtu(struct sim *s)
{
	struct host *r = sim_host(s, "r", 1);
	struct wire *left = sim_wire(s, r, "left", 1);
	struct wire *right = sim_wire(s, r, "right", 1);
	struct peer *a4, *a6, *b4, *b6;
	struct ping *pg;

	host_vlan(r, "v", "right", TAG(0x8100, 0, 7), 1400);
	host_addr(r, "left", "10.0.1.1/24");
	host_addr(r, "left", "fd00:1::1/64");
	host_addr(r, "v", "10.0.2.1/24");
	host_addr(r, "v", "fd00:2::1/64");
	a4 = wire_peer(left, "10.0.1.2/24", "10.0.1.1");
	a6 = wire_peer(left, "fd00:1::2/64", "fd00:1::1");
	b4 = wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	b6 = wire_peer(right, "fd00:2::2/64", "fd00:2::1");
	peer_tag(b4, TAG(0x8100, 0, 7), 0);
	peer_tag(b6, TAG(0x8100, 0, 7), 0);
	ping(s, a4, b4->pr_text, 2, 1400 - 28);
	ping(s, a6, b6->pr_text, 2, 1400 - 48);
	pg = peer_ping(a4, b4->pr_text, 1, NS_MS, 1400 - 27);
	pg->pg_df = true;
	SIM_UNTIL(s, a4->pr_errors == 1, 3 * NS_S);
	SIM_EQ(s, a4->pr_mtu, 1400);
	peer_ping(a6, b6->pr_text, 1, NS_MS, 1400 - 47);
	SIM_UNTIL(s, a6->pr_errors == 1, 3 * NS_S);
	SIM_EQ(s, a6->pr_mtu, 1400);
	peer_ping(a4, b4->pr_text, 1, NS_MS, 1472);
	SIM_UNTIL(s, host_stat(r, SG_IP, ips_fragmented) == 1, 3 * NS_S);
}

/* VLANs come and go under traffic, by themselves and with their link. */
static void
churn(struct sim *s)
{
	struct host *a = sim_host(s, "a", 2), *b = sim_host(s, "b", 2);
	struct wire *left = sim_wire(s, a, "left", 2);
	struct link *l = sim_link(s, a, "ab", b, "ba", 2, NULL);
	struct peer *p;
	struct ping *pg;
	unsigned i;

	host_addr(a, "left", "10.0.0.1/24");
	host_vlan(b, "s", "ba", TAG(0x88a8, 0, 1), 0);
	host_vlan(b, "c", "s", TAG(0x8100, 0, 2), 0);
	host_addr(b, "c", "10.1.0.2/24");
	host_route(b, "0.0.0.0/0", "10.1.0.1");
	p = wire_peer(left, "10.0.0.2/24", "10.0.0.1");
	for (i = 0; i < 4; i++) {
		host_vlan(a, "s", "ab", TAG(0x88a8, 0, 1), 0);
		host_vlan(a, "c", "s", TAG(0x8100, 0, 2), 0);
		host_addr(a, "c", "10.1.0.1/24");
		ping(s, p, "10.1.0.2", 2, 56);
		pg = peer_ping(p, "10.1.0.2", 50, NS_MS / 50, 56);
		sim_pass(s, sim_below(s, NS_MS));
		switch (sim_below(s, 3)) {
		case 0:
			host_vlan_delete(a, "c");
			host_vlan_delete(a, "s");
			break;
		case 1:
			host_vlan_delete(a, "s");
			sim_pass(s, sim_below(s, NS_MS));
			host_vlan_delete(a, "c");
			break;
		case 2:
			host_detach(a, "ab");
			link_reattach(l, 0);
			host_vlan_delete(a, "c");
			host_vlan_delete(a, "s");
			break;
		}
		SIM_UNTIL(s, ping_ended(pg), 3 * NS_S);
	}
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "trunk", trunk, 30 },
		{ "router", router, 30 },
		{ "map", map, 5 },
		{ "strangers", strangers, 10 },
		{ "mtu", mtu, 5 },
		{ "churn", churn, 100 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
