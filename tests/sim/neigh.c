/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resolution: several CPUs that miss the same neighbour at once, neighbours
 * that go and return, packets held, duplicates found, a subnet scanned.
 */
#include <stdio.h>

#include "cpu/instance.h"
#include "if/if.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"
#include "route/neigh.h"
#include "route/neigh_stat.h"

#define MANY 8

/* The number-th peer of a family on the left wire. */
static struct peer *
left_peer(struct lab *l, bool v6, unsigned number)
{
	char text[64];

	if (v6) {
		snprintf(text, sizeof(text), "fd00:1::1:%x/64", number);
		return wire_peer(l->l_left, text, "fd00:1::1");
	}
	snprintf(text, sizeof(text), "10.0.1.%u/24", 100 + number);
	return wire_peer(l->l_left, text, "10.0.1.1");
}

/* Many sources at once to one target, over all CPUs: none is lost. */
static void
resolve(struct sim *s, bool v6)
{
	struct ping *p[MANY];
	struct peer *to;
	struct lab l;
	unsigned i;

	lab_make(&l, s, 4, 0);
	to = v6 ? l.l_b6 : l.l_b4;
	for (i = 0; i < MANY; i++)
		p[i] = peer_ping(left_peer(&l, v6, i), to->pr_text, 2,
		    NS_MS / 50, 56);
	for (i = 0; i < MANY; i++)
		SIM_UNTIL(s, ping_done(p[i]), 4 * NS_S);
	/* All CPUs together ask as often as one would. */
	SIM_CHECK(s, to->pr_requests <= 3);
}

static void
resolve4(struct sim *s)
{
	resolve(s, false);
}

static void
resolve6(struct sim *s)
{
	resolve(s, true);
}

/* A neighbour dies, is found dead, and returns with another MAC. */
static void
dies(struct sim *s, bool v6)
{
	struct peer *from, *to;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	from = v6 ? l.l_a6 : l.l_a4;
	to = v6 ? l.l_b6 : l.l_b4;
	host_tune(l.l_r, "net.link.neigh.reachable", 500);
	host_tune(l.l_r, "net.link.neigh.delay", 500);
	lab_ping(&l, 2);
	to->pr_mute = true;
	p = peer_ping(from, to->pr_text, 200, 50 * NS_MS, 56);
	SIM_UNTIL(s, p->pg_sent == p->pg_n, 12 * NS_S);
	SIM_EQ(s, p->pg_got, 0);
	SIM_CHECK(s, from->pr_errors > 0);
	to->pr_mute = false;
	to->pr_mac[5] ^= 0x55;
	p = peer_ping(from, to->pr_text, 100, 50 * NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), 12 * NS_S);
	SIM_CHECK(s, p->pg_got > 50);
}

static void
dies4(struct sim *s)
{
	dies(s, false);
}

static void
dies6(struct sim *s)
{
	dies(s, true);
}

/* Packets wait for an answer; those beyond the limit are replaced. */
static void
held(struct sim *s)
{
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 1, 0);
	lab_ping(&l, 1);
	host_tune(l.l_r, "net.link.neigh.maxhold", 4);
	p = peer_ping(l.l_a4, "10.0.2.9", 20, NS_MS / 100, 56);
	SIM_UNTIL(s, p->pg_sent == p->pg_n, NS_S);
	(void)wire_peer(l.l_right, "10.0.2.9/24", "10.0.2.1");
	SIM_UNTIL(s, p->pg_got == 4, 5 * NS_S);
	SIM_EQ(s, host_dropped(l.l_r, "left", SG_NEIGH, nes_replaced), 16);
}

struct sequence {
	struct sim *sq_sim;
	unsigned sq_last; /* source port of the last one that came */
	unsigned sq_came;
};

static void
sequence_heard(
    void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct sequence *sq = arg;

	(void)p;
	(void)n;
	if (fi->fi_proto != 17)
		return;
	SIM_CHECK(sq->sq_sim, ld16be(fi->fi_l4) > sq->sq_last);
	sq->sq_last = ld16be(fi->fi_l4);
	sq->sq_came++;
}

/* Those that come when it is just resolved do not overtake those that wait. */
static void
in_order(struct sim *s, bool v6)
{
	enum { MOST = 60000, ENOUGH = 100 };
	struct sequence sq = { .sq_sim = s };
	struct peer *to;
	struct lab l;
	unsigned i;

	lab_make(&l, s, 1, 0);
	lab_ping(&l, 1);
	to = wire_peer(l.l_right, v6 ? "fd00:2::9/64" : "10.0.2.9/24", NULL);
	wire_watch(l.l_right, sequence_heard, &sq);
	for (i = 1; i < MOST && sq.sq_came < ENOUGH; i++) {
		SIM_CHECK(s, peer_udp(v6 ? l.l_a6 : l.l_a4, &to->pr_addr,
		    (uint16_t)i, 7, 32));
		sim_pass(s, sim_below(s, 2) * NS_US);
	}
	SIM_UNTIL(s, sq.sq_last == i - 1, NS_S);
}

static void
in_order4(struct sim *s)
{
	in_order(s, false);
}

static void
in_order6(struct sim *s)
{
	in_order(s, true);
}

/* A scan of the whole net does not hurt who is resolved. */
static void
scan(struct sim *s)
{
	struct addr target = addr_v4(0x0a000200);
	struct ping *p;
	struct lab l;
	unsigned i;

	lab_make(&l, s, 2, 0);
	host_tune(l.l_r, "net.link.neigh.maxincomplete", 32);
	host_tune(l.l_r, "net.link.neigh.maxheld", 64);
	lab_ping(&l, 1);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 200, NS_MS, 56);
	for (i = 3; i < 255; i++) {
		target.a_v4 = 0x0a000200 + i;
		SIM_CHECK(s, peer_udp(l.l_a4, &target, 1000, 7, 32));
		if (i % 16 == 0)
			sim_pass(s, NS_MS);
	}
	SIM_UNTIL(s, ping_ended(p), 5 * NS_S);
	SIM_EQ(s, p->pg_got, 200);
	SIM_CHECK(s, host_dropped(l.l_r, "left", SG_NEIGH, nes_refused) +
	    host_dropped(l.l_r, "left", SG_NEIGH, nes_toomany) > 0);
}

/*
 * Packets for many that do not answer, more than there are buffers, leave
 * enough of them for everybody else; chains count as what they take.
 */
static void
few_buffers(struct sim *s, size_t payload)
{
	unsigned ncpus = 1 + (unsigned)sim_below(s, 3);
	struct addr target = addr_v4(0);
	struct mpool_info mi;
	struct lab l;
	unsigned i;

	lab_make_host(&l, s, sim_host_small(s, "r", ncpus, 128), 0, 9000,
	    9000);
	lab_ping(&l, 1);
	for (i = 0; i < 600; i++) {
		target.a_v4 = 0x0a000203 + i % 200;
		SIM_CHECK(s, peer_udp(l.l_a4, &target,
		    (uint16_t)(1000 + i), 7, payload));
		if (i % 8 == 0)
			sim_pass(s, NS_MS / 10);
	}
	sim_pass(s, 10 * NS_MS); /* what is not held has left */
	for (i = 0; i < ncpus; i++) {
		mpool_info(host_spate(l.l_r)->sp_cpu[i], &mi);
		SIM_CHECK(s, mi.mi_free >= mi.mi_total * 3 / 4);
	}
	lab_ping(&l, 20);
	SIM_CHECK(s, host_dropped(l.l_r, "left", SG_NEIGH, nes_toomany) > 0);
}

static void
pool_small(struct sim *s)
{
	few_buffers(s, 32);
}

static void
pool_chains(struct sim *s)
{
	few_buffers(s, 4000);
}

/* A static entry needs nobody to answer. */
static void
permanent(struct sim *s)
{
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	l.l_b4->pr_noarp = true;
	host_neigh(l.l_r, "right", l.l_b4->pr_text, l.l_b4->pr_mac);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 5, NS_MS, 56);
	SIM_UNTIL(s, ping_done(p), NS_S);
	SIM_EQ(s, l.l_b4->pr_requests, 0);
}

/* Duplicate address detection: alone on the link, and not. */
static void
dad(struct sim *s)
{
	struct host *h = sim_host(s, "h", 2);
	struct wire *w = sim_wire(s, h, "eth", 0);
	struct peer *p = wire_peer(w, "fd00::5/64", NULL);
	struct ping *pg;

	host_addr_dad(h, "eth", "fd00::1/64");
	host_addr_dad(h, "eth", "fd00::5/64");
	SIM_EQ(s, host_addr_flags(h, "eth", "fd00::1"), IFA_TENTATIVE);
	SIM_UNTIL(s, host_addr_flags(h, "eth", "fd00::1") == 0, 5 * NS_S);
	SIM_UNTIL(s, (host_addr_flags(h, "eth", "fd00::5") &
	    IFA_DUPLICATE) != 0, 5 * NS_S);
	SIM_CHECK(s, p->pr_requests > 0);
	pg = peer_ping(p, "fd00::1", 3, NS_MS, 56);
	SIM_UNTIL(s, ping_done(pg), 2 * NS_S);
}

/* Two that probe for the same address at the same time: neither gets it. */
static void
dad_both(struct sim *s)
{
	struct host *h = sim_host(s, "h", 2), *k = sim_host(s, "k", 2);

	sim_link(s, h, "hk", k, "kh", 0, NULL);
	host_addr_dad(h, "hk", "fd00::1/64");
	host_addr_dad(k, "kh", "fd00::1/64");
	SIM_UNTIL(s,
	    (host_addr_flags(h, "hk", "fd00::1") & IFA_TENTATIVE) == 0 &&
		(host_addr_flags(k, "kh", "fd00::1") & IFA_TENTATIVE) == 0,
	    5 * NS_S);
	SIM_CHECK(s,
	    host_addr_flags(h, "hk", "fd00::1") != 0 ||
		host_addr_flags(k, "kh", "fd00::1") != 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "resolve4", resolve4, 100 },
		{ "resolve6", resolve6, 100 },
		{ "dies4", dies4, 20 },
		{ "dies6", dies6, 20 },
		{ "held", held, 20 },
		{ "in-order4", in_order4, 20 },
		{ "in-order6", in_order6, 20 },
		{ "scan", scan, 10 },
		{ "pool-small", pool_small, 20 },
		{ "pool-chains", pool_chains, 20 },
		{ "permanent", permanent, 20 },
		{ "dad", dad, 20 },
		{ "dad-both", dad_both, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
