/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes that change under traffic, and the route behind them: each
 * packet goes a way that rules and route of some moment between its coming and
 * its leaving say, once, and only those get lost for which a blackhole was one
 * of these ways.
 *
 * What rules say is found out here again, rule by rule.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "lab.h"
#include "route/route.h"
#include "route/rule.h"

#define OUTS  3
#define HOLE  OUTS /* a way: blackhole */
#define TABLE (OUTS + 1) /* as the route has it */
#define WAYS  (OUTS + 2)
#define HOSTS 4 /* sources, and as many destinations */
#define PORTS 8
#define MOST  6 /* rules */
#define STEPS 24
#define BURST 32 /* packets, at most */
#define SENT  (STEPS * 5 * BURST)

/* A rule as this test understands it. */
struct want {
	unsigned w_way;
	bool w_v6;
	int w_src; /* number of the host; -1: any */
	int w_dst; /* the same */
	unsigned w_lo, w_hi; /* source ports, of PORTS */
};

struct moment {
	struct want mo_rule[MOST];
	unsigned mo_n;
	unsigned mo_route[2]; /* way of the route: IPv4, IPv6 */
};

struct packet {
	unsigned p_step; /* when it came */
	unsigned p_came; /* how often it left */
	uint8_t p_v6, p_src, p_dst, p_port;
};

struct world;

struct out {
	struct world *o_world;
	unsigned o_index;
	struct peer *o_gw[2];
	char o_name[8];
};

struct world {
	struct sim *w_sim;
	struct host *w_r;
	struct peer *w_from[2];
	struct out w_out[OUTS];
	struct moment w_moment[STEPS + 1];
	unsigned w_step; /* the last of them */
	unsigned w_n; /* packets so far … */
	unsigned w_settled; /* … whose fate is known */
	struct packet w_packet[SENT];
};

/* By the rules of a moment. */
static unsigned
rules_say(const struct moment *mo, const struct packet *p)
{
	const struct want *w;
	unsigned i;

	for (i = 0; i < mo->mo_n; i++) {
		w = &mo->mo_rule[i];
		if (w->w_v6 == p->p_v6 &&
		    (w->w_src < 0 || w->w_src == p->p_src) &&
		    (w->w_dst < 0 || w->w_dst == p->p_dst) &&
		    p->p_port >= w->w_lo && p->p_port <= w->w_hi)
			return w->w_way;
	}
	return TABLE;
}

/* Ways that a packet may go until now: a bit each. */
static unsigned
ways(const struct world *w, const struct packet *p)
{
	unsigned i, rules = 0, routes = 0;

	for (i = p->p_step; i <= w->w_step; i++) {
		rules |= 1u << rules_say(&w->w_moment[i], p);
		routes |= 1u << w->w_moment[i].mo_route[p->p_v6];
	}
	return (rules & 1u << TABLE) != 0 ? rules | routes : rules;
}

static void
out_heard(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	const struct out *o = arg;
	struct world *w = o->o_world;
	struct packet *pk;
	uint32_t number;

	(void)p;
	(void)n;
	if (fi->fi_proto != FP_UDP)
		return;
	number = ld32be(fi->fi_l4 + 8);
	SIM_CHECK(w->w_sim, number < w->w_n);
	pk = &w->w_packet[number];
	SIM_CHECK(w->w_sim, (ways(w, pk) >> o->o_index & 1) != 0);
	SIM_EQ(w->w_sim, ++pk->p_came, 1);
}

/* Nothing moves: what could not be lost is there. */
static void
settle(struct world *w)
{
	const struct packet *pk;

	sim_rest(w->w_sim);
	for (; w->w_settled < w->w_n; w->w_settled++) {
		pk = &w->w_packet[w->w_settled];
		if ((ways(w, pk) >> HOLE & 1) == 0)
			SIM_EQ(w->w_sim, pk->p_came, 1);
		if (ways(w, pk) == 1u << HOLE)
			SIM_EQ(w->w_sim, pk->p_came, 0);
	}
}

static struct addr
address(const char *v4, const char *v6, bool six, unsigned host)
{
	struct addr a;

	(void)addr_parse(&a, six ? v6 : v4);
	if (six)
		a.a_v6.i6_lo += host;
	else
		a.a_v4 += host;
	return a;
}

#define SOURCE(six, i)	    address("10.1.0.10", "fd00:aa::10", six, i)
#define DESTINATION(six, i) address("172.16.0.10", "fd00:f::10", six, i)

static struct prefix *
host_prefix(struct addr a)
{
	struct prefix *p = calloc(1, sizeof(*p));

	p->p_addr = a;
	p->p_len = (uint8_t)addr_bits(a.a_family);
	return p;
}

static void ON_CTL
rule_make(struct world *w, struct ctl *ctl, const struct want *wa,
    unsigned i, struct rule *ru)
{
	struct nhop nh = { .nh_type = NH_BLACKHOLE };
	const struct out *o;

	snprintf(ru->ru_name, sizeof(ru->ru_name), "r%u", i);
	ru->ru_family = wa->w_v6 ? ADDR_V6 : ADDR_V4;
	ru->ru_anyproto = true;
	bitmap_set(ru->ru_if, if_find(ctl, "in")->if_index);
	if (wa->w_src >= 0 && (ru->ru_nsrc = 1) == 1)
		ru->ru_src = host_prefix(SOURCE(wa->w_v6, wa->w_src));
	if (wa->w_dst >= 0 && (ru->ru_ndst = 1) == 1)
		ru->ru_dst = host_prefix(DESTINATION(wa->w_v6, wa->w_dst));
	if (wa->w_lo > 0 || wa->w_hi < PORTS - 1) {
		ru->ru_nsport = 1;
		ru->ru_sport = calloc(1, sizeof(*ru->ru_sport));
		ru->ru_sport->rp_lo = (uint16_t)(1000 + wa->w_lo);
		ru->ru_sport->rp_hi = (uint16_t)(1000 + wa->w_hi);
	}
	if (wa->w_way == TABLE)
		return;
	if (wa->w_way != HOLE) {
		o = &w->w_out[wa->w_way];
		nh.nh_type = NH_GATEWAY;
		nh.nh_gw = o->o_gw[wa->w_v6]->pr_addr;
		nh.nh_ifindex = if_find(ctl, o->o_name)->if_index;
		nh.nh_mtu = if_find(ctl, o->o_name)->if_mtu;
	}
	SIM_EQ(w->w_sim, route_nhop_get(ctl, &nh, 1, 0, &ru->ru_nh), 0);
}

static void
rules_job(struct ctl *ctl, void *arg)
{
	struct world *w = arg;
	const struct moment *mo = &w->w_moment[w->w_step];
	struct rule *ru = NULL;
	unsigned i;

	role_enter(&on_ctl);
	if (mo->mo_n > 0)
		ru = calloc(mo->mo_n, sizeof(*ru));
	for (i = 0; i < mo->mo_n; i++)
		rule_make(w, ctl, &mo->mo_rule[i], i, &ru[i]);
	SIM_EQ(w->w_sim, rules_set(ctl, ru, mo->mo_n), 0);
	SIM_EQ(w->w_sim, route_publish(ctl), 0);
}

static void
route(struct world *w, unsigned v6)
{
	unsigned way = w->w_moment[w->w_step].mo_route[v6];
	const char *via[2] = { w->w_out[way].o_gw[v6]->pr_text, NULL };

	host_ways(w->w_r, v6 ? "fd00:f::/64" : "172.16.0.0/16", via);
}

static int
any_or(struct sim *s, unsigned n)
{
	return sim_below(s, 2) == 0 ? -1 : (int)sim_below(s, n);
}

/*
 * Other rules, or another route.  The moment counts from before it is made:
 * while ctl makes it packets go by either.
 */
static void
change(struct world *w)
{
	struct sim *s = w->w_sim;
	struct moment *mo = &w->w_moment[w->w_step + 1];
	unsigned i, v6 = (unsigned)sim_below(s, 2);

	*mo = w->w_moment[w->w_step++];
	if (sim_below(s, 4) == 0) {
		mo->mo_route[v6] = (unsigned)sim_below(s, OUTS);
		route(w, v6);
		return;
	}
	mo->mo_n = (unsigned)sim_below(s, MOST + 1);
	for (i = 0; i < mo->mo_n; i++) {
		struct want *wa = &mo->mo_rule[i];

		wa->w_way = (unsigned)sim_below(s, WAYS);
		wa->w_v6 = sim_below(s, 2) == 0;
		wa->w_src = any_or(s, HOSTS);
		wa->w_dst = any_or(s, HOSTS);
		wa->w_lo = (unsigned)sim_below(s, PORTS);
		wa->w_hi = wa->w_lo + (unsigned)sim_below(s, PORTS - wa->w_lo);
	}
	host_ctl(w->w_r, rules_job, w);
}

static void
burst(struct world *w)
{
	struct sim *s = w->w_sim;
	struct frame_spec fs;
	struct packet *pk;
	uint8_t data[8] = { 0 };
	struct frame fr;
	struct addr dst;
	unsigned n;

	for (n = 1 + (unsigned)sim_below(s, BURST); n > 0; n--) {
		pk = &w->w_packet[w->w_n];
		*pk = (struct packet){ .p_step = w->w_step,
			.p_v6 = (uint8_t)sim_below(s, 2),
			.p_src = (uint8_t)sim_below(s, HOSTS),
			.p_dst = (uint8_t)sim_below(s, HOSTS),
			.p_port = (uint8_t)sim_below(s, PORTS) };
		dst = DESTINATION(pk->p_v6, pk->p_dst);
		SIM_CHECK(s, peer_spec(w->w_from[pk->p_v6], &dst, &fs));
		fs.fs_src = SOURCE(pk->p_v6, pk->p_src);
		st32be(data, w->w_n++);
		frame_udp(&fr, &fs, (uint16_t)(1000 + pk->p_port), 53, data,
		    sizeof(data));
		wire_inject(w->w_from[pk->p_v6]->pr_wire, &fr);
	}
}

static void
out_make(struct world *w, unsigned k)
{
	struct out *o = &w->w_out[k];
	struct wire *wire;
	char text[64];
	unsigned v6;

	o->o_world = w;
	o->o_index = k;
	snprintf(o->o_name, sizeof(o->o_name), "out%u", k);
	wire = sim_wire(w->w_sim, w->w_r, o->o_name, 0);
	for (v6 = 0; v6 < 2; v6++) {
		snprintf(text, sizeof(text), v6 ? "fd00:%u::1/64" :
		    "10.0.%u.1/24", k);
		host_addr(w->w_r, o->o_name, text);
		snprintf(text, sizeof(text), v6 ? "fd00:%u::2/64" :
		    "10.0.%u.2/24", k);
		o->o_gw[v6] = wire_peer(wire, text, NULL);
		host_neigh(w->w_r, o->o_name, o->o_gw[v6]->pr_text,
		    o->o_gw[v6]->pr_mac);
	}
	wire_watch(wire, out_heard, o);
}

static void
world_make(struct world *w, struct sim *s)
{
	struct wire *in;
	struct ping *pg;
	unsigned i;

	memset(w, 0, sizeof(*w));
	w->w_sim = s;
	w->w_r = sim_host(s, "r", 1 + (unsigned)sim_below(s, 3));
	in = sim_wire(s, w->w_r, "in", 0);
	host_addr(w->w_r, "in", "10.1.0.1/24");
	host_addr(w->w_r, "in", "fd00:aa::1/64");
	w->w_from[0] = wire_peer(in, "10.1.0.2/24", "10.1.0.1");
	w->w_from[1] = wire_peer(in, "fd00:aa::2/64", "fd00:aa::1");
	for (i = 0; i < OUTS; i++)
		out_make(w, i);
	for (i = 0; i < 2; i++) {
		pg = peer_ping(w->w_from[i], i == 0 ? "10.1.0.1" :
		    "fd00:aa::1", 1, NS_MS, 56);
		SIM_UNTIL(s, ping_ended(pg), 5 * NS_S);
		route(w, i);
	}
	if (sim_below(s, 2) == 0)
		host_tune(w->w_r, "net.inet.ip.flow.size", 16);
}

static void
under_traffic(struct sim *s)
{
	static struct world w;
	unsigned i, k;

	world_make(&w, s);
	while (w.w_step < STEPS) {
		for (k = 1 + (unsigned)sim_below(s, 4); k > 0; k--) {
			burst(&w);
			if (sim_below(s, 2) == 0)
				sim_pass(s, sim_below(s, 100 * NS_US));
		}
		if (sim_below(s, 4) == 0)
			settle(&w);
		change(&w);
	}
	burst(&w);
	settle(&w);
	for (i = k = 0; i < w.w_n; i++)
		k += w.w_packet[i].p_came;
	SIM_CHECK(s, k > 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "under-traffic", under_traffic, 40 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
