/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floods that the router itself has work with, on an interface of their own,
 * beside transit traffic that the same CPU forwards: that keeps at least nine
 * tenths of what it has without the flood.
 *
 *	a4 -- left -- r (1 CPU) -- right -- b4
 *	flood -- evil, 10.0.3.1; behind it 10.9.0.0/16, where nobody is
 *
 * Work takes time here (host_cost()), and queues are as short as a NIC's; both
 * are filled again and again, the flood's many times over.
 */
#include <string.h>

#include "base/bytes.h"
#include "ether/arp_stat.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"
#include "route/neigh_stat.h"

#define COST	NS_US /* of a packet in a stage: 100,000 packets/s */
#define RING	256 /* of a NIC */
#define PERIOD	(NS_MS / 4) /* of what fills it */
#define SECOND	(100 * NS_MS) /* in which packets are counted */
#define RATE	500 /* net.punt: half of a percent of what r can do */

struct protect;

/* Makes the flood's n-th frame. */
typedef void flood_fn(struct protect *, unsigned n, struct frame *);

struct protect {
	struct lab p_lab;
	struct wire *p_evil;
	struct peer *p_peer[2]; /* of it, by family */
	struct frame p_transit;
	unsigned p_load; /* frames of transit a period */
	flood_fn *p_flood; /* NULL: calm */
	unsigned p_n;
	bool p_stop;
	uint64_t p_out; /* transit that left */
};

static void
protect_watch(void *arg, const struct frame_info *fi, const uint8_t *p,
    size_t n)
{
	struct protect *pr = arg;

	(void)p;
	(void)n;
	pr->p_out += fi->fi_proto == FP_UDP;
}

static void
protect_period(void *arg)
{
	struct protect *pr = arg;
	struct frame f;
	unsigned i;

	if (pr->p_stop)
		return;
	for (i = 0; i < pr->p_load; i++)
		wire_inject(pr->p_lab.l_left, &pr->p_transit);
	for (i = 0; pr->p_flood != NULL && i < 2 * RING; i++) {
		pr->p_flood(pr, pr->p_n++, &f);
		wire_inject(pr->p_evil, &f);
	}
	sim_after(pr->p_lab.l_sim, PERIOD, protect_period, pr);
}

static void
protect_tune(struct host *r)
{
	static const char *const names[] = { "net.punt.arp", "net.punt.nd",
		"net.punt.icmp", "net.punt.icmp6", "net.punt.tcp",
		"net.punt.udp", "net.punt.other" };
	unsigned i;

	for (i = 0; i < countof(names); i++)
		host_tune(r, names[i], RATE);
	/* As in a router that is a hundred times as fast. */
	host_tune(r, "net.link.neigh.maxincomplete", 64);
	host_tune(r, "net.link.neigh.retrans", 100);
}

static void
protect_make(struct protect *pr, struct sim *s)
{
	struct lab *l = &pr->p_lab;
	struct ping *p4, *p6;
	struct frame_spec fs;

	memset(pr, 0, sizeof(*pr));
	lab_make(l, s, 1, 1);
	pr->p_evil = sim_wire(s, l->l_r, "evil", 1);
	host_addr(l->l_r, "evil", "10.0.3.1/24");
	host_addr(l->l_r, "evil", "10.9.0.1/16");
	host_addr(l->l_r, "evil", "fd00:3::1/64");
	pr->p_peer[0] = wire_peer(pr->p_evil, "10.0.3.2/24", "10.0.3.1");
	pr->p_peer[1] = wire_peer(pr->p_evil, "fd00:3::2/64", "fd00:3::1");
	lab_ping(l, 1);
	p4 = peer_ping(pr->p_peer[0], "10.0.3.1", 1, NS_MS, 8);
	p6 = peer_ping(pr->p_peer[1], "fd00:3::1", 1, NS_MS, 8);
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 3 * NS_S);
	SIM_CHECK(s, peer_spec(l->l_a4, &l->l_b4->pr_addr, &fs));
	frame_udp(&pr->p_transit, &fs, 1024, 9, "transit", 7);
	protect_tune(l->l_r);
	host_cost(l->l_r, COST);
	wire_limit(l->l_left, RING);
	wire_limit(pr->p_evil, RING);
	wire_watch(l->l_right, protect_watch, pr);
	wire_anything(pr->p_evil);
}

/* What is forwarded beside that flood, in a while. */
static uint64_t
protect_run(struct protect *pr, flood_fn *flood, unsigned load)
{
	struct sim *s = pr->p_lab.l_sim;
	uint64_t out;

	pr->p_flood = flood;
	pr->p_load = load;
	pr->p_stop = false;
	protect_period(pr);
	sim_pass(s, 20 * NS_MS);
	out = pr->p_out;
	sim_pass(s, SECOND);
	out = pr->p_out - out;
	pr->p_stop = true;
	sim_pass(s, 500 * NS_MS); /* neighbours are given up */
	sim_rest(s);
	return out;
}

/* At twice what r can do, and at 80 % of it. */
static void
protect_check(struct sim *s, flood_fn *flood, enum stat_group g, unsigned why)
{
	static struct protect pr;
	uint64_t most, beside, light;
	unsigned load;

	protect_make(&pr, s);
	most = protect_run(&pr, NULL, RING);
	SIM_CHECK(s, most > 0);
	beside = protect_run(&pr, flood, RING);
	load = (unsigned)(most * 8 / 10 * PERIOD / SECOND);
	light = protect_run(&pr, flood, load);
	SIM_CHECK(s, host_dropped(pr.p_lab.l_r, "evil", g, why) > 100);
	SIM_CHECK(s, beside * 10 >= most * 9);
	SIM_CHECK(s, light * 10 >= load * (SECOND / PERIOD) * 9);
	sim_note(s, "%llu packets alone, %llu beside the flood",
	    (unsigned long long)most, (unsigned long long)beside);
}

static void
evil_spec(struct protect *pr, const char *dst, struct frame_spec *fs)
{
	struct addr a;

	SIM_EQ(pr->p_lab.l_sim, addr_parse(&a, dst), 0);
	SIM_CHECK(pr->p_lab.l_sim,
	    peer_spec(pr->p_peer[a.a_family == ADDR_V6], &a, fs));
}

static void
flood_echo(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	evil_spec(pr, "10.0.3.1", &fs);
	frame_echo(f, &fs, false, 7, (uint16_t)n, 8);
}

static void
flood_echo6(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	evil_spec(pr, "fd00:3::1", &fs);
	frame_echo(f, &fs, false, 7, (uint16_t)n, 8);
}

static void
flood_udp(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	evil_spec(pr, "10.0.3.1", &fs);
	frame_udp(f, &fs, (uint16_t)n, 9, "x", 1);
}

static void
flood_fragment(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	evil_spec(pr, "10.0.3.1", &fs);
	fs.fs_proto = FP_UDP;
	fs.fs_id = (uint16_t)n;
	fs.fs_frag = 0x2000;
	frame_ip(f, &fs, "16 bytes of data", 16);
}

static void
flood_arp(struct protect *pr, unsigned n, struct frame *f)
{
	static const uint8_t none[MAC_LEN], all[MAC_LEN] = { 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff };
	uint8_t mac[MAC_LEN] = { 2, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, 9 };

	(void)pr;
	frame_arp(f, all, 1, mac, 0x0a090000 + 2 + n % 65000, none,
	    0x0a090001);
}

static void
flood_ns(struct protect *pr, unsigned n, struct frame *f)
{
	uint8_t mac[MAC_LEN] = { 2, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, 9 };
	struct addr a;

	SIM_EQ(pr->p_lab.l_sim, addr_parse(&a, "fd00:3::1"), 0);
	frame_ns(f, mac, (struct in6){ a.a_v6.i6_hi, 16 + n }, a.a_v6);
}

/* Somebody else in each packet, of whom nothing is known. */
static void
flood_unresolved(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	evil_spec(pr, "10.9.0.2", &fs);
	fs.fs_dst = addr_v4(0x0a090000 + 2 + n % 65000);
	frame_udp(f, &fs, 1, 9, "x", 1);
}

static void
flood_ttl(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	(void)n;
	evil_spec(pr, "10.0.2.2", &fs);
	fs.fs_ttl = 1;
	frame_udp(f, &fs, 1, 9, "x", 1);
}

static void
flood_ttl6(struct protect *pr, unsigned n, struct frame *f)
{
	struct frame_spec fs;

	(void)n;
	evil_spec(pr, "fd00:2::2", &fs);
	fs.fs_ttl = 1;
	frame_udp(f, &fs, 1, 9, "x", 1);
}

#define SCENARIO(name, group, why)					\
	static void							\
	name(struct sim *s)						\
	{								\
		protect_check(s, flood_##name, group, why);		\
	}

SCENARIO(echo, SG_IP, ips_punt)
SCENARIO(echo6, SG_IP6, i6s_punt)
SCENARIO(udp, SG_IP, ips_punt)
SCENARIO(fragment, SG_IP, ips_fragsource)
SCENARIO(arp, SG_ARP, ars_punt)
SCENARIO(ns, SG_IP6, i6s_punt)
SCENARIO(unresolved, SG_NEIGH, nes_toomany)
SCENARIO(ttl, SG_IP, ips_ttl)
SCENARIO(ttl6, SG_IP6, i6s_ttl)

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "echo", echo, 3 },
		{ "echo6", echo6, 3 },
		{ "udp", udp, 3 },
		{ "fragment", fragment, 3 },
		{ "arp", arp, 3 },
		{ "ns", ns, 3 },
		{ "unresolved", unresolved, 3 },
		{ "ttl", ttl, 3 },
		{ "ttl6", ttl6, 3 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
