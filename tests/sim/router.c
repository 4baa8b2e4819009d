/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwarding through a router: pings, bad links, hand-over between CPUs,
 * routes that change and interfaces that go while packets come, and the
 * reason of every drop.
 */
#include <stdio.h>
#include <string.h>

#include "dev/dev_stat.h"
#include "ether/ether_stat.h"
#include "ip/icmp_stat.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"

static void
ping(struct sim *s)
{
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 20);
	SIM_EQ(s, host_stat(l.l_r, SG_IP, ips_forward), 40);
}

/* The routing scenario of many seeds: CPUs, queues and links by seed. */
static void
routing(struct sim *s)
{
	struct pair_impair pi = { .pi_delay = sim_below(s, 100000),
		.pi_jitter = sim_below(s, 50000) };
	struct lab l;
	unsigned i;

	lab_make(&l, s, 1 + (unsigned)sim_below(s, 4),
	    (unsigned)sim_below(s, 3));
	wire_impair(l.l_left, &pi);
	wire_impair(l.l_right, &pi);
	host_route(l.l_r, "10.9.0.0/16", l.l_b4->pr_text);
	for (i = 0; i < 2; i++)
		lab_ping(&l, 1 + (unsigned)sim_below(s, 8));
	host_route_delete(l.l_r, "10.9.0.0/16", l.l_b4->pr_text);
}

/* Two instances as hosts, a third between them, real links. */
struct chain {
	struct host	*c_a, *c_r, *c_b;
	struct link	*c_link;	/* from r to b */
	struct peer	*c_peer;	/* behind a */
};

static void
chain_make(struct chain *c, struct sim *s, unsigned queues)
{
	struct wire *w;

	c->c_a = sim_host(s, "a", 1);
	c->c_r = sim_host(s, "r", 2);
	c->c_b = sim_host(s, "b", 2);
	w = sim_wire(s, c->c_a, "test", 1);
	sim_link(s, c->c_a, "a-r", c->c_r, "r-a", queues, NULL);
	c->c_link = sim_link(s, c->c_r, "r-b", c->c_b, "b-r", queues, NULL);
	host_addr(c->c_a, "test", "10.0.0.1/24");
	host_addr(c->c_a, "a-r", "10.0.1.1/24");
	host_addr(c->c_r, "r-a", "10.0.1.2/24");
	host_addr(c->c_r, "r-b", "10.0.2.1/24");
	host_addr(c->c_b, "b-r", "10.0.2.2/24");
	host_route(c->c_a, "0.0.0.0/0", "10.0.1.2");
	host_route(c->c_r, "10.0.0.0/24", "10.0.1.1");
	host_route(c->c_b, "0.0.0.0/0", "10.0.2.1");
	c->c_peer = wire_peer(w, "10.0.0.2/24", "10.0.0.1");
}

static void
chain(struct sim *s)
{
	struct ping *pg;
	struct chain c;

	chain_make(&c, s, 1 + (unsigned)sim_below(s, 2));
	pg = peer_ping(c.c_peer, "10.0.2.2", 20, NS_MS / 2, 1400);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	SIM_EQ(s, host_stat(c.c_b, SG_IP, ips_delivered), 20);
}

/* The cable is pulled under traffic, with frames on it, and plugged again. */
static void
unplug(struct sim *s)
{
	struct ping *pg;
	struct chain c;

	chain_make(&c, s, 2);
	pg = peer_ping(c.c_peer, "10.0.2.2", 1, NS_S, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	pg = peer_ping(c.c_peer, "10.0.2.2", 200, NS_MS / 50, 56);
	sim_pass(s, NS_MS);
	host_detach(c.c_r, "r-b");
	SIM_UNTIL(s, ping_ended(pg), 2 * NS_S);
	link_reattach(c.c_link, 0);
	host_addr(c.c_r, "r-b", "10.0.2.1/24");
	pg = peer_ping(c.c_peer, "10.0.2.2", 5, 10 * NS_MS, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
}

/* A link between instances that loses, doubles, delays, breaks, overtakes. */
static void
lossy(struct sim *s)
{
	struct pair_impair pi = { .pi_delay = 20000, .pi_jitter = 200000,
		.pi_loss = 50000, .pi_dup = 50000, .pi_corrupt = 10000 };
	struct host *a = sim_host(s, "a", 2), *b = sim_host(s, "b", 2);
	struct wire *w = sim_wire(s, a, "test", 1);
	struct peer *p;
	struct ping *pg;

	wire_anything(w);
	sim_link(s, a, "ab", b, "ba", 2, &pi);
	host_addr(a, "test", "fd00::1/64");
	host_addr(a, "ab", "fd00:1::1/64");
	host_addr(b, "ba", "fd00:1::2/64");
	host_route(b, "::/0", "fd00:1::1");
	p = wire_peer(w, "fd00::2/64", "fd00::1");
	pg = peer_ping(p, "fd00:1::2", 10, NS_S, 200);
	SIM_UNTIL(s, pg->pg_got > 0, 20 * NS_S);
	pg = peer_ping(p, "fd00:1::2", 200, NS_MS / 4, 200);
	SIM_UNTIL(s, ping_ended(pg), 5 * NS_S);
	SIM_CHECK(s, pg->pg_got > 100 && pg->pg_got <= 200);
}

/* One queue and two CPUs: the other CPU's frames are handed over. */
static void
single_queue(struct sim *s)
{
	struct lab l;
	struct ping *p[8];
	unsigned i;

	lab_make(&l, s, 2, 1);
	lab_ping(&l, 4);
	for (i = 0; i < countof(p); i++)
		p[i] = peer_ping(l.l_a4, l.l_b4->pr_text, 10, NS_MS / 10, i);
	for (i = 0; i < countof(p); i++)
		SIM_UNTIL(s, ping_done(p[i]), NS_S);
}

/* The left wire has two queues, the right one: frames change CPU to leave. */
static void
handover(struct sim *s)
{
	struct host *r = sim_host(s, "r", 2);
	struct wire *left = sim_wire(s, r, "left", 2);
	struct wire *right = sim_wire(s, r, "right", 1);
	struct ping *p[8];
	char text[32];
	unsigned i;

	host_addr(r, "left", "10.0.1.1/24");
	host_addr(r, "right", "10.0.2.1/24");
	(void)wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	p[0] = peer_ping(
	    wire_peer(left, "10.0.1.2/24", "10.0.1.1"), "10.0.2.2", 1, 1, 56);
	SIM_UNTIL(s, ping_done(p[0]), 2 * NS_S);
	for (i = 0; i < countof(p); i++) {
		snprintf(text, sizeof(text), "10.0.1.%u/24", 10 + i);
		p[i] = peer_ping(wire_peer(left, text, "10.0.1.1"), "10.0.2.2",
		    10, NS_MS / 10, 100);
	}
	for (i = 0; i < countof(p); i++)
		SIM_UNTIL(s, ping_done(p[i]), 3 * NS_S);
	SIM_CHECK(s, host_stat(r, SG_DEV, dvs_handed) > 0);
}

/* ctl publishes tables while packets are looked up in them. */
static void
route_change(struct sim *s)
{
	struct lab l;
	struct ping *p4, *p6;
	char text[64];
	unsigned i;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	p4 = peer_ping(l.l_a4, l.l_b4->pr_text, 200, NS_MS / 20, 56);
	p6 = peer_ping(l.l_a6, l.l_b6->pr_text, 200, NS_MS / 20, 56);
	for (i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "10.%u.0.0/16", 10 + i);
		host_route(l.l_r, text, l.l_b4->pr_text);
		snprintf(text, sizeof(text), "fd00:2::/%u", 65 + i);
		host_route(l.l_r, text, l.l_b6->pr_text);
		sim_pass(s, sim_below(s, NS_MS));
		host_route_delete(l.l_r, text, l.l_b6->pr_text);
	}
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 2 * NS_S);
}

/* A destination goes to a blackhole and comes back. */
static void
route_blackhole(struct sim *s)
{
	struct lab l;
	struct ping *p;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	host_route(l.l_r, "10.0.2.2/32", NULL);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 5, NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, p->pg_got, 0);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP, ips_blackhole), 5);
	host_route_delete(l.l_r, "10.0.2.2/32", NULL);
	lab_ping(&l, 2);
}

/* An interface goes under traffic, and returns. */
static void
detach(struct sim *s)
{
	struct lab l;
	struct ping *p;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 2);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 100, NS_MS / 10, 56);
	sim_pass(s, 2 * NS_MS);
	host_detach(l.l_r, "right");
	SIM_UNTIL(s, ping_ended(p), 2 * NS_S);
	SIM_CHECK(s, p->pg_got < 100);
	wire_reattach(l.l_right);
	host_addr(l.l_r, "right", "10.0.2.1/24");
	host_addr(l.l_r, "right", "fd00:2::1/64");
	lab_ping(&l, 5);
}

/* An interface is set down and up, again and again. */
static void
down(struct sim *s)
{
	struct lab l;
	struct ping *p;
	unsigned i;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 100, NS_MS / 10, 56);
	for (i = 0; i < 5; i++) {
		host_up(l.l_r, "right", false);
		sim_pass(s, NS_MS);
		host_up(l.l_r, "right", true);
		sim_pass(s, NS_MS);
	}
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_CHECK(s, p->pg_got > 0 && p->pg_got < 100);
	SIM_CHECK(s, host_dropped(l.l_r, "left", SG_ETHER, ets_down) > 0);
}

/* Each mistake a user can make has its reason, and its ICMP error. */
static void
reasons(struct sim *s)
{
	struct lab l;
	struct ping *p;

	lab_make_mtu(&l, s, 2, 0, 1280);
	lab_ping(&l, 1);

	p = peer_ping(l.l_a4, "192.0.2.1", 1, NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP, ips_noroute), 1);
	SIM_EQ(s, l.l_a4->pr_type, 3);

	p = peer_ping(l.l_a4, l.l_b4->pr_text, 1, NS_MS, 56);
	p->pg_ttl = 1;
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP, ips_ttl), 1);
	SIM_EQ(s, l.l_a4->pr_type, 11);

	p = peer_ping(l.l_a4, l.l_b4->pr_text, 1, NS_MS, 1400);
	p->pg_df = true;
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP, ips_mtu), 1);
	SIM_EQ(s, l.l_a4->pr_type, 3);
	SIM_EQ(s, l.l_a4->pr_code, 4);
	SIM_EQ(s, l.l_a4->pr_mtu, 1280);

	p = peer_ping(l.l_a4, "10.0.2.77", 1, NS_MS, 56);
	SIM_UNTIL(s, host_dropped(l.l_r, "left", SG_IP, ips_noneigh) == 1,
	    8 * NS_S);
	SIM_UNTIL(s, l.l_a4->pr_errors == 4, NS_S);
	SIM_EQ(s, l.l_a4->pr_code, 1);
}

static void
reasons6(struct sim *s)
{
	struct lab l;
	struct ping *p;

	lab_make_mtu(&l, s, 2, 0, 1280);
	lab_ping(&l, 1);

	p = peer_ping(l.l_a6, "2001:db8::1", 1, NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP6, i6s_noroute), 1);
	SIM_EQ(s, l.l_a6->pr_type, 1);

	p = peer_ping(l.l_a6, l.l_b6->pr_text, 1, NS_MS, 56);
	p->pg_ttl = 1;
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP6, i6s_ttl), 1);
	SIM_EQ(s, l.l_a6->pr_type, 3);

	p = peer_ping(l.l_a6, l.l_b6->pr_text, 1, NS_MS, 1400);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP6, i6s_mtu), 1);
	SIM_EQ(s, l.l_a6->pr_type, 2);
	SIM_EQ(s, l.l_a6->pr_mtu, 1280);

	p = peer_ping(l.l_a6, "fd00:2::77", 1, NS_MS, 56);
	SIM_UNTIL(s, host_dropped(l.l_r, "left", SG_IP6, i6s_noneigh) == 1,
	    8 * NS_S);
	SIM_UNTIL(s, l.l_a6->pr_errors == 4, NS_S);
	SIM_EQ(s, l.l_a6->pr_type, 1);
	SIM_EQ(s, l.l_a6->pr_code, 3);
}

struct pieces {
	unsigned	 pi_n;
	size_t		 pi_bytes;
	size_t		 pi_largest;
};

static void
count_pieces(void *arg, const struct frame_info *fi, const uint8_t *p,
    size_t n)
{
	struct pieces *pi = arg;

	if (fi->fi_type != FT_IP4 || fi->fi_proto != FP_ICMP)
		return;
	pi->pi_n++;
	pi->pi_bytes += fi->fi_l4len;
	if (n > pi->pi_largest)
		pi->pi_largest = n;
}

/* Larger than the MTU ahead, and may be cut. */
static void
fragments(struct sim *s)
{
	struct pieces pi = { 0 };
	struct ping *p;
	struct lab l;

	lab_make_mtu(&l, s, 2, 0, 700);
	lab_ping(&l, 1);
	wire_watch(l.l_right, count_pieces, &pi);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 10, NS_MS, 1472);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	SIM_EQ(s, host_stat(l.l_r, SG_IP, ips_fragmented), 10);
	SIM_EQ(s, pi.pi_n, 30);
	SIM_EQ(s, pi.pi_bytes, 10 * 1480);
	SIM_CHECK(s, pi.pi_largest <= 714);
	SIM_EQ(s, l.l_b4->pr_other, 30);
}

/* Errors are limited by time; the packets are dropped and counted anyway. */
static void
icmp_limit(struct sim *s)
{
	struct ping *p4, *p6;
	struct lab l;

	lab_make(&l, s, 1, 0);
	host_tune(l.l_r, "net.inet.icmp.icmplim", 20);
	host_tune(l.l_r, "net.inet6.icmp6.errppslimit", 20);
	lab_ping(&l, 1);
	p4 = peer_ping(l.l_a4, "192.0.2.1", 1000, NS_MS / 2, 56);
	p6 = peer_ping(l.l_a6, "2001:db8::1", 1000, NS_MS / 2, 56);
	SIM_UNTIL(s, ping_ended(p4) && ping_ended(p6), 2 * NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP, ips_noroute), 1000);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_IP6, i6s_noroute), 1000);
	SIM_CHECK(s, l.l_a4->pr_errors >= 5 && l.l_a4->pr_errors <= 40);
	SIM_CHECK(s, l.l_a6->pr_errors >= 5 && l.l_a6->pr_errors <= 40);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "ping", ping, 100 },
		{ "routing", routing, 300 },
		{ "chain", chain, 50 },
		{ "unplug", unplug, 50 },
		{ "lossy", lossy, 30 },
		{ "single-queue", single_queue, 50 },
		{ "handover", handover, 100 },
		{ "route-change", route_change, 50 },
		{ "route-blackhole", route_blackhole, 20 },
		{ "detach", detach, 50 },
		{ "down", down, 20 },
		{ "reasons", reasons, 20 },
		{ "reasons6", reasons6, 20 },
		{ "fragments", fragments, 20 },
		{ "icmp-limit", icmp_limit, 5 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
