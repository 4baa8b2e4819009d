/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester around a bridge of three ports (RFC 2889, 5.1 and 5.2): each to
 * all others, one to the others, the others to one.  The bridge is a few lines
 * here; its links carry so much and no more, either way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/method.h"
#include "gen/tpl.h"
#include "sim/sim.h"
#include "sim/tester.h"

#define NPORTS 3u
#define MBIT   1000000u
#define SPEED  (20 * MBIT)
#define L1     84u /* bytes that the smallest frame takes on the line */

static const unsigned size[] = { 64 };

struct bench {
	struct sim *b_sim;
	struct host *b_host;
	struct gen *b_gen;
	struct wire *b_wire[NPORTS];
	struct plug {
		struct bench *pl_bench;
		unsigned pl_port;
	} b_plug[NPORTS];
	struct tester_runner b_tester;
	struct runner b_runner;
	struct tpl_conf b_tpl[NPORTS * NPORTS];
	struct trial_stream b_stream[NPORTS * NPORTS];
	struct method_conf b_conf;
	uint64_t b_flooded;
};

/* To whom it belongs; nobody's and everybody's goes everywhere else. */
static void
bridge(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	const struct plug *pl = arg;
	struct bench *b = pl->pl_bench;
	unsigned i;

	(void)fi;
	for (i = 0; i < NPORTS; i++)
		if (memcmp(p, gen_port_mac(b->b_gen, i), MAC_LEN) == 0) {
			wire_inject_bytes(b->b_wire[i], p, n);
			return;
		}
	b->b_flooded++;
	for (i = 0; i < NPORTS; i++)
		if (i != pl->pl_port)
			wire_inject_bytes(b->b_wire[i], p, n);
}

static struct bench *
bench(struct sim *s)
{
	const struct pair_impair link = { .pi_rate = SPEED,
		.pi_limit = 100 * L1 };
	struct bench *b = calloc(1, sizeof(*b));
	unsigned i;

	b->b_sim = s;
	b->b_host = sim_host(s, "t", 1);
	for (i = 0; i < NPORTS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%u", i);
		b->b_wire[i] = sim_wire(s, b->b_host, name, 1);
		wire_impair(b->b_wire[i], &link);
		wire_limit(b->b_wire[i], 1024);
	}
	b->b_gen = sim_tester(b->b_host);
	for (i = 0; i < NPORTS; i++) {
		struct gen_port_conf pc = { .gp_nhosts = 1,
			.gp_linerate = SPEED };
		char name[8];

		snprintf(name, sizeof(name), "p%u", i);
		pc.gp_name = name;
		pc.gp_hosts[0].gh_first = addr_v4(0x0a000001 + i);
		tester_port(b->b_host, b->b_gen, &pc);
		b->b_plug[i] = (struct plug){ b, i };
		wire_anything(b->b_wire[i]);
		wire_watch(b->b_wire[i], bridge, &b->b_plug[i]);
	}
	b->b_tester = (struct tester_runner){ b->b_host, b->b_gen };
	tester_runner(&b->b_tester, &b->b_runner);
	b->b_conf = (struct method_conf){
		.mc_runner = &b->b_runner,
		.mc_profile = profile_quick,
		.mc_stream = b->b_stream,
		.mc_size = size,
		.mc_nsizes = 1,
		.mc_seed = sim_seed(s),
		.mc_late = 20 * NS_MS, /* the world's CPUs pause */
		.mc_rateerr = 100000,
	};
	b->b_conf.mc_profile.pf_duration = 100 * NS_MS;
	b->b_conf.mc_profile.pf_learn = NS_MS;
	b->b_conf.mc_profile.pf_settle = NS_MS;
	b->b_conf.mc_profile.pf_drain = 50 * NS_MS;
	return b;
}

static void
stream(struct bench *b, unsigned from, unsigned to)
{
	unsigned n = b->b_conf.mc_nstreams++;
	char err[GEN_ERRLEN];

	SIM_EQ(b->b_sim, gen_tpl(b->b_gen, from, to, ADDR_V4, &b->b_tpl[n],
	    err, sizeof(err)), 0);
	b->b_stream[n] = (struct trial_stream){ .ts_from = from, .ts_to = to,
		.ts_tpl = &b->b_tpl[n] };
}

/* All links that matter are full, and nothing is lost, in the first trial. */
static void
fills(struct bench *b, double links)
{
	const double line = links * SPEED / (8 * L1);
	struct method_result me;
	const struct method_point *mp;

	SIM_EQ(b->b_sim, method_run(MT_THROUGHPUT, &b->b_conf, &me), 0);
	mp = &me.me_point[0];
	sim_note(b->b_sim, "%.0f of %.0f packets/s in %u trials %s",
	    mp->mp_throughput.tr_pps, line, mp->mp_trials, mp->mp_why);
	SIM_EQ(b->b_sim, me.me_status, MS_OK);
	SIM_CHECK(b->b_sim, mp->mp_line_pps < line * 1.001);
	SIM_CHECK(b->b_sim, mp->mp_throughput.tr_pps > 0.99 * line);
	SIM_CHECK(b->b_sim, mp->mp_throughput.tr_pps < 1.001 * line);
	SIM_CHECK(b->b_sim, b->b_flooded > 0); /* hosts announced themselves */
	method_fini(&me);
	free(b);
}

static void
mesh(struct sim *s)
{
	struct bench *b = bench(s);
	unsigned i, k;

	for (i = 0; i < NPORTS; i++)
		for (k = 0; k < NPORTS; k++)
			if (i != k)
				stream(b, i, k);
	fills(b, NPORTS);
}

static void
one_to_many(struct sim *s)
{
	struct bench *b = bench(s);

	stream(b, 0, 1);
	stream(b, 0, 2);
	fills(b, 1);
}

/* They share the one's link. */
static void
many_to_one(struct sim *s)
{
	struct bench *b = bench(s);

	stream(b, 1, 0);
	stream(b, 2, 0);
	fills(b, 1);
}

static const struct scenario scenarios[] = {
	{ "mesh", mesh, 2 },
	{ "one-to-many", one_to_many, 2 },
	{ "many-to-one", many_to_one, 2 },
	{ NULL, NULL, 0 },
};

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, scenarios);
}
