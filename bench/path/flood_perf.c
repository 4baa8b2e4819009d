/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What transit keeps of its rate beside a flood that the router itself has work
 * with: one CPU, transit by one link, the flood by another, both at the highest
 * rate, which is that their queues are never empty.  The rate is of transit
 * packets in the cycles that the router's rounds take; whoever sends and
 * receives is not in it, nor is ctl, which has a thread of its own.
 *
 * A bracket is calm, flood, calm; what is told is the median of the flood's
 * rate over the mean of its neighbours'.
 *
 * usage: flood [-n rounds] [-b brackets]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "dev/drivers.h"
#include "rig.h"
#include "route/route.h"

#define KEY	     1
#define DEPTH	     256u /* packets that wait at a queue, at least */
#define BRACKETS_MAX 100
#define AWAY	     16 /* times the least: the system ran something else */
#define CTL_EVERY    16 /* rounds between two of ctl */

struct kind {
	const char *k_name;
	const char *k_dst; /* 10.9.0.1 is the router's own */
	bool k_all; /* all addresses of 10.9.0.0/16 */
	uint8_t k_ttl;
};

static const struct kind kinds[] = {
	{ "the router's address", "10.9.0.1", false, 64 },
	{ "unresolved, all of a /16", "10.9.0.2", true, 64 },
	{ "TTL of 1", "198.51.100.7", false, 1 },
};

/* A link on which packets come in, and are kept waiting. */
struct source {
	struct ifnet *s_far; /* the tester's end */
	struct rxq *s_rxq; /* the router's queue */
	struct tpl_cursor s_cursor;
	uint64_t s_sent;
};

struct bench {
	struct rig b_rig;
	struct source b_transit;
	struct source b_flood;
	struct ifnet *b_evil; /* the router's end of b_flood */
	struct tpl *b_tpl[countof(kinds)];
	struct tpl *b_plain;
	uint64_t b_rounds; /* of a part of a bracket */
	uint64_t b_least; /* cycles of a round that forwarded something */
};

static struct tpl *template(const struct ifnet *to, const struct kind *k)
{
	static const uint8_t from[MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
	struct tpl_vary vary = { .tv_field = TPL_F_DST };
	struct tpl_conf tc = { .tc_sport = 9, .tc_dport = 9,
		.tc_ttl = k->k_ttl };
	char error[TPL_ERRLEN];
	struct tpl *tp;

	memcpy(tc.tc_dst_mac, to->if_mac, MAC_LEN);
	memcpy(tc.tc_src_mac, from, MAC_LEN);
	addr_parse(&tc.tc_src, "198.18.0.1");
	addr_parse(&tc.tc_dst, k->k_dst);
	vary.tv_from.i6_lo = tc.tc_dst.a_v4;
	vary.tv_to.i6_lo = tc.tc_dst.a_v4 | 0xfffe;
	if (k->k_all) {
		tc.tc_vary = &vary;
		tc.tc_nvary = 1;
	}
	if (tpl_create(&tc, &tp, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	return tp;
}

/* The flood's link, and the network behind it. */
static void ON_CTL
evil_open(struct bench *b)
{
	struct ctl *ctl = b->b_rig.r_router->sp_ctl;
	struct ifaddr ifa = { .ifa_plen = 16 };

	b->b_evil = rig_link(&b->b_rig, "evil", &b->b_flood.s_far);
	b->b_flood.s_rxq = &b->b_evil->if_rxq[0];
	addr_parse(&ifa.ifa_addr, "10.9.0.1");
	if (if_addr_set(ctl, b->b_evil, &ifa) != 0 ||
	    route_address(ctl, b->b_evil, &ifa, true) != 0 ||
	    route_publish(ctl) != 0)
		errx(1, "no memory");
}

static void ON_CTL
bench_open(struct bench *b)
{
	static const struct kind plain = { "transit", "198.51.100.7", false,
		64 };
	struct ifnet *in;
	unsigned i;

	rig_create(&b->b_rig, 1, 1, false, true);
	evil_open(b);
	if ((in = if_find(b->b_rig.r_router->sp_ctl, "in")) == NULL)
		errx(1, "no transit link");
	b->b_transit.s_far = b->b_rig.r_in;
	b->b_transit.s_rxq = &in->if_rxq[0];
	b->b_transit.s_sent = stat_cell_read(&in->if_rxq[0].rxq_packets);
	b->b_plain = template(in, &plain);
	tpl_cursor_init(&b->b_transit.s_cursor, b->b_plain, 0, 0, 1);
	for (i = 0; i < countof(kinds); i++)
		b->b_tpl[i] = template(b->b_evil, &kinds[i]);
	for (i = 0; i < 10; i++)
		rig_turn(&b->b_rig);
}

static void ON_CTL
bench_close(struct bench *b)
{
	unsigned i;

	curcpu = NULL;
	tpl_destroy(b->b_plain);
	for (i = 0; i < countof(kinds); i++)
		tpl_destroy(b->b_tpl[i]);
	rig_destroy(&b->b_rig);
}

static struct cpu *tester(const struct bench *b)
    TSA(assert_capability(on_cpu));

static struct cpu *
tester(const struct bench *b)
{
	role_enter(&on_cpu);
	return curcpu = b->b_rig.r_tester->sp_cpu[0];
}

static void ON_CPU
burst(struct cpu *c, struct source *s)
{
	struct mbuf *mm[TPL_BURST];
	unsigned n = rig_fill(c, &s->s_cursor, KEY, mm);

	if (dev_pair.do_tx(c, &s->s_far->if_txq[0], mm, n) != n)
		errx(1, "more was offered than the link holds");
	s->s_sent += n;
}

/* Until so many wait at the router's queue. */
static void ON_CPU
fill(struct cpu *c, struct source *s)
{
	while (s->s_sent - stat_cell_read(&s->s_rxq->rxq_packets) < DEPTH)
		burst(c, s);
	dev_pair.do_kick(c, &s->s_far->if_txq[0]);
}

/* What came out by a link. */
static unsigned ON_CPU
collect(struct cpu *c, struct ifnet *far)
{
	unsigned n = 0;
	struct mvec mv;

	do {
		mv.mv_n = 0;
		dev_pair.do_rx(c, &far->if_rxq[0], &mv, MVEC_MAX);
		m_free_bulk(c, mv.mv_m, mv.mv_n);
		n += mv.mv_n;
	} while (mv.mv_n > 0);
	return n;
}

/* Transit packets for each cycle of the router. */
static double
rate(struct bench *b, bool flood, uint64_t rounds)
{
	uint64_t i, n, out = 0, took = 0, one;
	struct cpu *c;

	for (i = 0; i < rounds; i++) {
		c = tester(b);
		fill(c, &b->b_transit);
		if (flood)
			fill(c, &b->b_flood);
		one = rig_round(&b->b_rig, 0);
		c = tester(b);
		n = collect(c, b->b_rig.r_out);
		collect(c, b->b_flood.s_far);
		if (n > 0)
			b->b_least = u64min(b->b_least, one);
		if (one / AWAY < b->b_least) {
			took += one;
			out += n;
		}
		if (i % CTL_EVERY == 0) {
			curcpu = NULL;
			role_enter(&on_ctl);
			ctl_round(b->b_rig.r_router->sp_ctl);
		}
	}
	if (out == 0 && rounds > 1)
		errx(1, "the router forwards nothing");
	return (double)out / (double)(took + 1);
}

/* What waits of the flood goes, so that calm is calm. */
static void
calm(struct bench *b)
{
	struct source *s = &b->b_flood;
	unsigned i;

	for (i = 0; i < 10000; i++) {
		if (s->s_sent == stat_cell_read(&s->s_rxq->rxq_packets))
			break;
		rate(b, false, 1);
	}
	rate(b, false, b->b_rounds / 4);
}

static double
bracket(struct bench *b, double *alone)
{
	double beside;

	calm(b);
	*alone = rate(b, false, b->b_rounds) / 2;
	rate(b, true, b->b_rounds / 4);
	beside = rate(b, true, b->b_rounds);
	calm(b);
	*alone += rate(b, false, b->b_rounds) / 2;
	return beside / *alone;
}

static void
measure(struct bench *b, unsigned which, unsigned brackets)
{
	double kept[BRACKETS_MAX], alone[BRACKETS_MAX];
	uint64_t taken = stat_cell_read(&b->b_flood.s_rxq->rxq_packets);
	unsigned i;

	tpl_cursor_init(&b->b_flood.s_cursor, b->b_tpl[which], 0, 0, 1);
	for (i = 0; i < brackets; i++)
		kept[i] = bracket(b, &alone[i]);
	taken = stat_cell_read(&b->b_flood.s_rxq->rxq_packets) - taken;
	printf("  %-26s transit keeps %.3f of its rate, goal 0.9 (alone %.1f "
	       "cycles/packet; %lu of the flood were taken)\n",
	    kinds[which].k_name, median(kept, brackets),
	    1 / median(alone, brackets), (unsigned long)taken);
}

int
main(int argc, char **argv)
{
	static struct bench b = { .b_rounds = 20000, .b_least = UINT64_MAX };
	unsigned brackets = 9, i;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "n:b:")) != -1)
		if (ch == 'n')
			b.b_rounds = strtoull(optarg, NULL, 10);
		else if (ch == 'b')
			brackets = (unsigned)atoi(optarg);
		else
			errx(2, "usage: flood [-n rounds] [-b brackets]");
	if (brackets < 1 || brackets > BRACKETS_MAX || b.b_rounds == 0)
		errx(2, "brackets: 1 to %u; rounds: 1 or more", BRACKETS_MAX);
	bench_open(&b);
	printf("forward IPv4, 64 bytes, one CPU, beside a flood by another "
	       "link\n");
	for (i = 0; i < countof(kinds); i++)
		measure(&b, i, brackets);
	role_enter(&on_ctl);
	bench_close(&b);
	return 0;
}
