/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several ways of equal cost, and several tables with the same addresses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "lab.h"

/*
 * A router of two CPUs, senders on one side, and as many gateways as there are
 * ways on the other.  Each flow numbers its packets.
 */
#define NWAYS 4
#define NFLOW 48

struct ecmp;

struct out {
	struct ecmp	*o_ecmp;
	unsigned	 o_index;
	struct wire	*o_wire;
	struct peer	*o_gw[2];	/* IPv4, IPv6 */
};

struct ecmp {
	struct sim	*e_sim;
	struct host	*e_r;
	struct peer	*e_from[2];
	struct out	 e_out[NWAYS];
	bool		 e_conf;	/* routes are of a configuration */
	unsigned	 e_seq[2];	/* sent of each flow */
	unsigned	 e_heard[2][NFLOW];	/* number that came last */
	uint8_t		 e_way[2][NFLOW];	/* and where */
	uint8_t		 e_was[2][NFLOW];
};

/* A packet of a flow leaves: after all that were sent before it. */
static void
out_heard(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct out *o = arg;
	struct ecmp *e = o->o_ecmp;
	unsigned v6 = fi->fi_dst.a_family == ADDR_V6, flow, seq;

	(void)p;
	(void)n;
	if (fi->fi_proto != 17 || fi->fi_l4len < 16)
		return;
	flow = ld16be(fi->fi_l4) - 1000u;
	seq = ld32be(fi->fi_l4 + 8);
	SIM_CHECK(e->e_sim, flow < NFLOW);
	SIM_EQ(e->e_sim, seq, e->e_heard[v6][flow] + 1);
	e->e_heard[v6][flow] = seq;
	e->e_way[v6][flow] = (uint8_t)o->o_index;
}

static void
ecmp_out(struct ecmp *e, unsigned k)
{
	struct out *o = &e->e_out[k];
	char name[8], text[64];

	o->o_ecmp = e;
	o->o_index = k;
	snprintf(name, sizeof(name), "out%u", k);
	o->o_wire = sim_wire(e->e_sim, e->e_r, name, 0);
	snprintf(text, sizeof(text), "10.0.%u.1/24", k);
	host_addr(e->e_r, name, text);
	snprintf(text, sizeof(text), "fd00:%u::1/64", k);
	host_addr(e->e_r, name, text);
	snprintf(text, sizeof(text), "10.0.%u.2/24", k);
	o->o_gw[0] = wire_peer(o->o_wire, text, NULL);
	snprintf(text, sizeof(text), "fd00:%u::2/64", k);
	o->o_gw[1] = wire_peer(o->o_wire, text, NULL);
	wire_watch(o->o_wire, out_heard, o);
}

/* The configuration that has these routes. */
static void
ecmp_text(const struct ecmp *e, const char *ways, char *text, size_t n)
{
	static const char *const dst[] = { "172.16.0.0/16", "fd00:f::/64" };
	unsigned i, f;
	FILE *to = fmemopen(text, n, "w");

	fprintf(to, "interface in { driver = tap device = in address = "
	    "{10.1.0.1/24, fd00:aa::1/64} }\n");
	for (i = 0; i < NWAYS; i++)
		fprintf(to, "interface out%u { driver = tap device = out%u "
		    "address = {10.0.%u.1/24, fd00:%u::1/64} }\n", i, i, i,
		    i);
	for (f = 0; f < 2; f++) {
		fprintf(to, "route %s { via = {", dst[f]);
		for (i = 0; ways[i] != '\0'; i++)
			fprintf(to, "%s, ",
			    e->e_out[ways[i] - '0'].o_gw[f]->pr_text);
		fprintf(to, "} }\n");
	}
	fclose(to);
}

/* The routes by these ways, whose digits stand in the text. */
static void
ecmp_ways(struct ecmp *e, const char *ways)
{
	char text[2048];
	const char *via[2][NWAYS + 1] = { { NULL }, { NULL } };
	unsigned i, f;

	if (e->e_conf) {
		ecmp_text(e, ways, text, sizeof(text));
		host_reload(e->e_sim, e->e_r, text, 0);
		return;
	}
	for (f = 0; f < 2; f++)
		for (i = 0; ways[i] != '\0'; i++)
			via[f][i] = e->e_out[ways[i] - '0'].o_gw[f]->pr_text;
	host_ways(e->e_r, "172.16.0.0/16", via[0]);
	host_ways(e->e_r, "fd00:f::/64", via[1]);
}

static void
ecmp_send(struct ecmp *e, unsigned v6, unsigned flow)
{
	struct addr dst = addr_v4(0xac100001 + flow % 5);
	struct frame_spec fs;
	uint8_t data[8] = { 0 };
	struct frame f;

	if (v6)
		dst = addr_v6((struct in6){ UINT64_C(0xfd00000f00000000),
		    1 + flow % 5 });
	SIM_CHECK(e->e_sim, peer_spec(e->e_from[v6], &dst, &fs));
	st32be(data, e->e_seq[v6]);
	frame_udp(&f, &fs, (uint16_t)(1000 + flow), 53, data, sizeof(data));
	wire_inject(e->e_from[v6]->pr_wire, &f);
}

static bool
ecmp_all(const struct ecmp *e)
{
	unsigned f, i;

	for (f = 0; f < 2; f++)
		for (i = 0; i < NFLOW; i++)
			if (e->e_heard[f][i] != e->e_seq[f])
				return false;
	return true;
}

/* A few packets of each flow, mixed by seed. */
static void
ecmp_burst(struct ecmp *e)
{
	unsigned k, f, i, from;

	for (k = 0; k < 3; k++) {
		from = (unsigned)sim_below(e->e_sim, NFLOW);
		e->e_seq[0]++;
		e->e_seq[1]++;
		for (i = 0; i < NFLOW; i++)
			for (f = 0; f < 2; f++)
				ecmp_send(e, f, (from + i) % NFLOW);
		sim_pass(e->e_sim, sim_below(e->e_sim, 200000));
	}
}

/* All arrive, in order. */
static void
ecmp_round(struct ecmp *e)
{
	ecmp_burst(e);
	SIM_UNTIL(e->e_sim, ecmp_all(e), 5 * NS_S);
}

/* Since the last time, flows only went away from "from" or to "to". */
static void
ecmp_moved(struct ecmp *e, unsigned from, unsigned to, bool some)
{
	unsigned f, i, n = 0;

	for (f = 0; f < 2; f++)
		for (i = 0; i < NFLOW; i++) {
			if (e->e_way[f][i] == e->e_was[f][i])
				continue;
			n++;
			SIM_CHECK(e->e_sim, e->e_was[f][i] == from ||
			    e->e_way[f][i] == to);
		}
	SIM_CHECK(e->e_sim, some ? n > 0 && n < 2 * NFLOW / 2 : n == 0);
	memcpy(e->e_was, e->e_way, sizeof(e->e_was));
}

static void
ecmp_make(struct ecmp *e, struct sim *s)
{
	struct wire *in;
	unsigned k;

	e->e_sim = s;
	e->e_r = sim_host(s, "r", 2);
	in = sim_wire(s, e->e_r, "in", 0);
	host_addr(e->e_r, "in", "10.1.0.1/24");
	host_addr(e->e_r, "in", "fd00:aa::1/64");
	e->e_from[0] = wire_peer(in, "10.1.0.2/24", "10.1.0.1");
	e->e_from[1] = wire_peer(in, "fd00:aa::2/64", "fd00:aa::1");
	for (k = 0; k < NWAYS; k++)
		ecmp_out(e, k);
	/* Everybody is known, so that nothing waits. */
	for (k = 0; k < 2 * NWAYS; k++)
		(void)peer_ping(e->e_from[k % 2],
		    e->e_out[k / 2].o_gw[k % 2]->pr_text, 1, NS_MS, 8);
	for (k = 0; k < NWAYS; k++)
		wire_anything(e->e_out[k].o_wire);
	sim_pass(s, NS_S);
}

/* Ways come and go under traffic, by link and by configuration. */
static void
ecmp(struct sim *s)
{
	struct ecmp *e = calloc(1, sizeof(*e));

	ecmp_make(e, s);
	ecmp_ways(e, "012");
	ecmp_round(e);
	memcpy(e->e_was, e->e_way, sizeof(e->e_was));
	ecmp_round(e);
	ecmp_moved(e, NWAYS, NWAYS, false);
	host_up(e->e_r, "out1", false);
	ecmp_round(e);
	ecmp_moved(e, 1, NWAYS, true);
	host_up(e->e_r, "out1", true);
	ecmp_round(e);
	ecmp_moved(e, NWAYS, 1, true);
	ecmp_ways(e, "0123");
	ecmp_round(e);
	ecmp_moved(e, NWAYS, 3, true);
	ecmp_ways(e, "123");
	ecmp_round(e);
	ecmp_moved(e, 0, NWAYS, true);
	ecmp_round(e);
	ecmp_moved(e, NWAYS, NWAYS, false);
	ecmp_ways(e, "");
	SIM_EQ(s, host_dropped(e->e_r, NULL, SG_IP, ips_noroute), 0);
	free(e);
}

static unsigned
ecmp_on(const struct ecmp *e, unsigned way)
{
	unsigned f, i, n = 0;

	for (f = 0; f < 2; f++)
		for (i = 0; i < NFLOW; i++)
			n += e->e_way[f][i] == way;
	return n;
}

/*
 * Members come and go by reload while packets are on their way; so do other
 * things in the same file.
 */
static void
ecmp_reload(struct sim *s)
{
	struct ecmp *e = calloc(1, sizeof(*e));
	char text[2048];

	ecmp_make(e, s);
	ecmp_text(e, "012", text, sizeof(text));
	host_apply(s, e->e_r, text);
	e->e_conf = true;
	ecmp_round(e);
	memcpy(e->e_was, e->e_way, sizeof(e->e_was));
	ecmp_ways(e, "210"); /* the order means nothing */
	ecmp_round(e);
	ecmp_moved(e, NWAYS, NWAYS, false);
	ecmp_burst(e);
	ecmp_ways(e, "0123");
	ecmp_round(e);
	ecmp_moved(e, NWAYS, 3, true);
	ecmp_burst(e);
	ecmp_ways(e, "013");
	ecmp_round(e);
	ecmp_moved(e, 2, NWAYS, true);
	/* Down to one, which is no group, and up again. */
	ecmp_burst(e);
	ecmp_ways(e, "1");
	ecmp_round(e);
	SIM_EQ(s, ecmp_on(e, 1), 2 * NFLOW);
	memcpy(e->e_was, e->e_way, sizeof(e->e_was));
	ecmp_burst(e);
	ecmp_ways(e, "13");
	ecmp_round(e);
	SIM_CHECK(s, ecmp_on(e, 1) > NFLOW / 2 && ecmp_on(e, 3) > NFLOW / 2);
	SIM_EQ(s, host_dropped(e->e_r, NULL, SG_IP, ips_noroute), 0);
	SIM_EQ(s, host_dropped(e->e_r, NULL, SG_IP6, i6s_noroute), 0);
	host_fini(e->e_r);
	free(e);
}

/* A gateway dies without a word, and comes back. */
static void
silent(struct sim *s)
{
	struct ecmp *e = calloc(1, sizeof(*e));
	uint64_t end;

	ecmp_make(e, s);
	ecmp_ways(e, "012");
	ecmp_round(e);
	memcpy(e->e_was, e->e_way, sizeof(e->e_was));
	e->e_out[2].o_gw[0]->pr_noarp = e->e_out[2].o_gw[1]->pr_noarp = true;
	/* In use, it is found out by the neighbour's state machine. */
	for (end = sim_now(s) + 90 * NS_S; sim_now(s) < end;) {
		ecmp_round(e);
		sim_pass(s, 2 * NS_S);
	}
	ecmp_moved(e, 2, NWAYS, true);
	e->e_out[2].o_gw[0]->pr_noarp = e->e_out[2].o_gw[1]->pr_noarp = false;
	sim_pass(s, 10 * NS_S);
	ecmp_round(e);
	ecmp_moved(e, NWAYS, 2, true);
	free(e);
}

/*
 * Red and blue have the same networks; a third, of services, is known to both,
 * and knows one network of each.
 */
struct vrfs {
	struct sim	*v_sim;
	struct host	*v_r;
	struct peer	*v_a[3][2];	/* by table - 1 and family */
	struct peer	*v_b[3][2];
};

enum { RED = 1, BLUE, SERVICE };

static void
vrf_side(struct vrfs *v, unsigned table, const char *ifname, unsigned net,
    struct peer **peer)
{
	struct wire *w = sim_wire(v->v_sim, v->v_r, ifname, 0);
	char net4[32], net6[32], own4[40], own6[40], gw4[40], gw6[40];

	(void)table;
	snprintf(net4, sizeof(net4), "10.%u.0.", net);
	snprintf(net6, sizeof(net6), "fd00:%u::", net);
	snprintf(own4, sizeof(own4), "%s1/24", net4);
	snprintf(own6, sizeof(own6), "%s1/64", net6);
	host_addr(v->v_r, ifname, own4);
	host_addr(v->v_r, ifname, own6);
	snprintf(gw4, sizeof(gw4), "%s1", net4);
	snprintf(gw6, sizeof(gw6), "%s1", net6);
	snprintf(own4, sizeof(own4), "%s2/24", net4);
	snprintf(own6, sizeof(own6), "%s2/64", net6);
	peer[0] = wire_peer(w, own4, gw4);
	peer[1] = wire_peer(w, own6, gw6);
}

static void
vrfs_make(struct vrfs *v, struct sim *s)
{
	v->v_sim = s;
	v->v_r = sim_host(s, "r", 2);
	host_vrf(v->v_r, RED);
	vrf_side(v, RED, "red-a", 1, v->v_a[0]);
	vrf_side(v, RED, "red-b", 2, v->v_b[0]);
	host_route(v->v_r, "10.9.0.0/24", "table 3");
	host_route(v->v_r, "fd00:9::/64", "table 3");
	host_route(v->v_r, "10.66.0.0/16", "prohibit");
	host_route(v->v_r, "fd00:66::/64", "prohibit");
	host_vrf(v->v_r, BLUE);
	vrf_side(v, BLUE, "blue-a", 1, v->v_a[1]);
	vrf_side(v, BLUE, "blue-b", 2, v->v_b[1]);
	host_route(v->v_r, "10.9.0.0/24", "table 3");
	host_route(v->v_r, "fd00:9::/64", "table 3");
	host_vrf(v->v_r, SERVICE);
	vrf_side(v, SERVICE, "service", 9, v->v_a[2]);
	host_route(v->v_r, "10.1.0.0/24", "table 1");
	host_route(v->v_r, "fd00:1::/64", "table 1");
	host_route(v->v_r, "10.2.0.0/24", "table 2");
	host_route(v->v_r, "fd00:2::/64", "table 2");
}

static void
vrf_ping(struct vrfs *v, struct peer *from, struct peer *to)
{
	uint64_t echoes = to->pr_echoes;
	struct ping *pg = peer_ping(from, to->pr_text, 5, NS_MS, 56);

	SIM_UNTIL(v->v_sim, ping_ended(pg), 5 * NS_S);
	SIM_EQ(v->v_sim, pg->pg_got, 5);
	SIM_EQ(v->v_sim, to->pr_echoes - echoes, 5);
}

/* One error comes back, from the router's side that the sender is on. */
static void
vrf_refused(struct vrfs *v, struct peer *from, const char *dst, unsigned ttl,
    unsigned type, unsigned code)
{
	struct ping *pg = peer_ping(from, dst, 1, NS_MS, 56);
	uint64_t errors = from->pr_errors;

	pg->pg_ttl = (uint8_t)ttl;
	SIM_UNTIL(v->v_sim, from->pr_errors > errors, 5 * NS_S);
	SIM_EQ(v->v_sim, from->pr_type, type);
	SIM_EQ(v->v_sim, from->pr_code, code);
	SIM_CHECK(v->v_sim, addr_eq(&from->pr_from, &from->pr_gw));
	SIM_UNTIL(v->v_sim, ping_ended(pg), 5 * NS_S);
	SIM_EQ(v->v_sim, pg->pg_got, 0);
}

static void
vrf_errors(struct vrfs *v)
{
	vrf_refused(v, v->v_a[0][0], "10.9.0.2", 1, ICMP_TIMEX, 0);
	vrf_refused(v, v->v_a[1][0], "10.2.0.2", 1, ICMP_TIMEX, 0);
	vrf_refused(v, v->v_a[0][0], "10.66.0.2", 64, ICMP_UNREACH,
	    ICMP_UNREACH_ADMIN);
	vrf_refused(v, v->v_a[1][0], "10.66.0.2", 64, ICMP_UNREACH,
	    ICMP_UNREACH_NET);
	vrf_refused(v, v->v_a[2][0], "10.1.0.99", 64, ICMP_UNREACH,
	    ICMP_UNREACH_HOST); /* red's neighbour that does not answer */
	vrf_refused(v, v->v_a[0][1], "fd00:9::2", 1, ICMP6_TIMEX, 0);
	vrf_refused(v, v->v_a[0][1], "fd00:66::2", 64, ICMP6_UNREACH,
	    ICMP6_UNREACH_ADMIN);
	vrf_refused(v, v->v_a[1][1], "fd00:66::2", 64, ICMP6_UNREACH,
	    ICMP6_UNREACH_NOROUTE);
	SIM_EQ(v->v_sim,
	    host_dropped(v->v_r, "red-a", SG_IP, ips_prohibit), 1);
	SIM_EQ(v->v_sim,
	    host_dropped(v->v_r, "red-a", SG_IP6, i6s_prohibit), 1);
}

static void
vrfs(struct sim *s)
{
	struct vrfs v;
	unsigned f;

	vrfs_make(&v, s);
	for (f = 0; f < 2; f++) {
		vrf_ping(&v, v.v_a[0][f], v.v_b[0][f]);
		vrf_ping(&v, v.v_b[1][f], v.v_a[1][f]);
		/* red's a and blue's b have a way back */
		vrf_ping(&v, v.v_a[0][f], v.v_a[2][f]);
		vrf_ping(&v, v.v_b[1][f], v.v_a[2][f]);
		vrf_ping(&v, v.v_a[2][f], v.v_a[0][f]);
		SIM_EQ(s, v.v_b[0][f]->pr_other + v.v_a[1][f]->pr_other, 0);
	}
	vrf_errors(&v);
}

/* The router itself, at its address in each, and across. */
static void
vrf_self(struct sim *s)
{
	struct vrfs v;
	struct ping *pg;
	unsigned f, t;

	vrfs_make(&v, s);
	for (f = 0; f < 2; f++)
		for (t = 0; t < 2; t++) {
			pg = peer_ping(v.v_a[t][f],
			    f == 0 ? "10.1.0.1" : "fd00:1::1", 3, NS_MS, 56);
			SIM_UNTIL(s, ping_ended(pg), 5 * NS_S);
			SIM_EQ(s, pg->pg_got, 3);
			pg = peer_ping(v.v_a[t][f],
			    f == 0 ? "10.9.0.1" : "fd00:9::1", 3, NS_MS, 56);
			SIM_UNTIL(s, ping_ended(pg), 5 * NS_S);
			SIM_EQ(s, pg->pg_got, 3);
		}
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "ecmp", ecmp, 30 },
		{ "reload", ecmp_reload, 20 },
		{ "silent", silent, 3 },
		{ "vrfs", vrfs, 20 },
		{ "vrf-self", vrf_self, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
