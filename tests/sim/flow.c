/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow cache while what it remembers changes: once a change of a route, a
 * neighbour or a link is made, no packet that comes afterwards goes the old
 * way.  Without the cache the same holds, so seeds choose its size.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "fast/flow_stat.h"
#include "sim/sim.h"

#define OUTS  2
#define DSTS  12 /* of each family */
#define STEPS 30

struct flows;

struct out {
	struct flows *o_flows;
	unsigned o_index;
	struct wire *o_wire;
	char o_name[8];
	struct peer *o_gw[2]; /* IPv4, IPv6 */
	uint8_t o_mac[2][MAC_LEN]; /* what the router knows of them */
	bool o_up;
};

struct flows {
	struct sim *f_sim;
	struct host *f_r;
	struct peer *f_from[2];
	struct out f_out[OUTS];
	unsigned f_way[2]; /* who gets what is sent now; OUTS: nobody */
	uint32_t f_step; /* changes so far */
	unsigned f_came; /* packets of this step */
};

/* A packet that was sent after the last change went as it says. */
static void
out_heard(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct out *o = arg;
	struct flows *f = o->o_flows;
	unsigned v6 = fi->fi_dst.a_family == ADDR_V6;

	(void)n;
	if (fi->fi_proto != 17 || ld32be(fi->fi_l4 + 8) != f->f_step)
		return;
	SIM_EQ(f->f_sim, o->o_index, f->f_way[v6]);
	SIM_CHECK(f->f_sim, memcmp(p, o->o_mac[v6], MAC_LEN) == 0);
	f->f_came++;
}

static void
out_make(struct flows *f, unsigned k)
{
	struct out *o = &f->f_out[k];
	char text[64];
	unsigned v6;

	o->o_flows = f;
	o->o_index = k;
	o->o_up = true;
	snprintf(o->o_name, sizeof(o->o_name), "out%u", k);
	o->o_wire = sim_wire(f->f_sim, f->f_r, o->o_name, 0);
	wire_anything(o->o_wire);
	snprintf(text, sizeof(text), "10.0.%u.1/24", k);
	host_addr(f->f_r, o->o_name, text);
	snprintf(text, sizeof(text), "fd00:%u::1/64", k);
	host_addr(f->f_r, o->o_name, text);
	snprintf(text, sizeof(text), "10.0.%u.2/24", k);
	o->o_gw[0] = wire_peer(o->o_wire, text, NULL);
	snprintf(text, sizeof(text), "fd00:%u::2/64", k);
	o->o_gw[1] = wire_peer(o->o_wire, text, NULL);
	for (v6 = 0; v6 < 2; v6++)
		memcpy(o->o_mac[v6], o->o_gw[v6]->pr_mac, MAC_LEN);
	wire_watch(o->o_wire, out_heard, o);
}

static void
change_route(struct flows *f, unsigned v6, unsigned way)
{
	const char *via[2] = { NULL, NULL };

	if (way == f->f_way[v6])
		return;
	if (way < OUTS)
		via[0] = f->f_out[way].o_gw[v6]->pr_text;
	host_ways(f->f_r, v6 ? "fd00:f::/64" : "172.16.0.0/16", via);
	f->f_way[v6] = way;
}

static void
change_neigh(struct flows *f, unsigned v6, unsigned way)
{
	struct out *o = &f->f_out[way];

	o->o_mac[v6][4] = (uint8_t)sim_below(f->f_sim, 256);
	o->o_mac[v6][5] = (uint8_t)f->f_step;
	host_neigh(f->f_r, o->o_name, o->o_gw[v6]->pr_text, o->o_mac[v6]);
}

/* One that goes down loses what was learnt; it is told again. */
static void
change_link(struct flows *f, unsigned way)
{
	struct out *o = &f->f_out[way];
	unsigned v6;

	o->o_up = !o->o_up;
	host_up(f->f_r, o->o_name, o->o_up);
	for (v6 = 0; o->o_up && v6 < 2; v6++)
		host_neigh(f->f_r, o->o_name, o->o_gw[v6]->pr_text,
		    o->o_mac[v6]);
}

static void
change(struct flows *f)
{
	unsigned v6 = (unsigned)sim_below(f->f_sim, 2);
	unsigned way = (unsigned)sim_below(f->f_sim, OUTS);

	switch (sim_below(f->f_sim, 8)) {
	case 0:
		change_link(f, way);
		break;
	case 1:
		change_route(f, v6, OUTS);
		break;
	case 2:
	case 3:
		change_neigh(f, v6, way);
		break;
	default:
		change_route(f, v6, way);
		break;
	}
	f->f_step++;
	f->f_came = 0;
}

/* A packet to each destination; how many shall come out. */
static unsigned
burst(struct flows *f)
{
	struct frame_spec fs;
	unsigned i, v6, way, n = 0;
	struct frame fr;
	uint8_t data[8] = { 0 };

	st32be(data, f->f_step);
	for (i = 0; i < DSTS; i++)
		for (v6 = 0; v6 < 2; v6++) {
			struct addr dst = v6 ? addr_v6((struct in6){
				UINT64_C(0xfd00000f00000000), 1 + i }) :
			    addr_v4(0xac100001 + i);

			SIM_CHECK(f->f_sim, peer_spec(f->f_from[v6], &dst,
			    &fs));
			frame_udp(&fr, &fs, (uint16_t)(1000 + i), 53, data,
			    sizeof(data));
			wire_inject(f->f_from[v6]->pr_wire, &fr);
			way = f->f_way[v6];
			n += way < OUTS && f->f_out[way].o_up;
		}
	return n;
}

static void
flows_make(struct flows *f, struct sim *s)
{
	struct wire *in;
	struct ping *pg;
	unsigned i;

	memset(f, 0, sizeof(*f));
	f->f_sim = s;
	f->f_r = sim_host(s, "r", 1 + (unsigned)sim_below(s, 3));
	in = sim_wire(s, f->f_r, "in", 0);
	host_addr(f->f_r, "in", "10.1.0.1/24");
	host_addr(f->f_r, "in", "fd00:aa::1/64");
	f->f_from[0] = wire_peer(in, "10.1.0.2/24", "10.1.0.1");
	f->f_from[1] = wire_peer(in, "fd00:aa::2/64", "fd00:aa::1");
	for (i = 0; i < OUTS; i++)
		out_make(f, i);
	for (i = 0; i < 2; i++) {
		pg = peer_ping(f->f_from[i], i == 0 ? "10.1.0.1" : "fd00:aa::1",
		    1, NS_MS, 56);
		SIM_UNTIL(s, ping_ended(pg), 5 * NS_S);
		change_neigh(f, i, 0);
		change_neigh(f, i, 1);
		f->f_way[i] = OUTS;
		change_route(f, i, i);
	}
}

static void
old_way(struct sim *s)
{
	static const unsigned sizes[] = { 0, 4, 16, 4096 };
	unsigned i, k, want, size = sizes[sim_below(s, countof(sizes))];
	struct flows f;

	flows_make(&f, s);
	host_tune(f.f_r, "net.inet.ip.flow.size", size);
	host_sysctl(f.f_r, "net.inet.ip.fastforward",
	    sim_below(s, 2) == 0 ? "on" : "auto");
	for (i = 0; i < STEPS; i++) {
		change(&f);
		/* Each CPU has begun another round. */
		sim_pass(s, NS_MS);
		want = 0;
		for (k = 1 + (unsigned)sim_below(s, 4); k > 0; k--) {
			want += burst(&f);
			sim_pass(s, sim_below(s, 200000));
		}
		SIM_UNTIL(s, f.f_came >= want, NS_S);
		SIM_EQ(s, f.f_came, want);
		burst(&f); /* still under way at the next change */
		f.f_step++;
	}
	sim_rest(s);
	SIM_CHECK(s, (host_stat(f.f_r, SG_FLOW, fls_hits) > 0) == (size > 0));
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "old-way", old_way, 40 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
