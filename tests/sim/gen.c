/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester: what it says of links that are known.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gen/check.h"
#include "gen/tpl.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "sim/sim.h"
#include "sim/tester.h"

#define LATE (20 * NS_MS) /* the world's CPUs pause */

struct bench {
	struct sim	*b_sim;
	struct host	*b_host;
	struct gen	*b_gen;
	struct tpl_conf	 b_tpl[2];
	struct trial_stream b_stream[2];
	struct trial_conf b_conf;
	struct trial_result b_result;
};

static struct addr
address(const char *text)
{
	struct addr a = { 0 };

	addr_parse(&a, text);
	return a;
}

/* Hosts of a port, and its gateways where they are given. */
static void
port(struct bench *b, const char *name, const char *v4, const char *v6,
    const char *gw4, const char *gw6)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_nhosts = 2,
		.gp_linerate = 1000000000 };

	pc.gp_hosts[0] = (struct gen_hosts){ address(v4), 4000 };
	pc.gp_hosts[1] = (struct gen_hosts){ address(v6), 4000 };
	if (gw4 != NULL)
		pc.gp_gw4 = address(gw4);
	if (gw6 != NULL)
		pc.gp_gw6 = address(gw6);
	tester_port(b->b_host, b->b_gen, &pc);
}

/* 10,000 packets a second for 50 ms, each way. */
static void
streams(struct bench *b, unsigned family, uint32_t flows)
{
	char err[GEN_ERRLEN];
	unsigned i;

	b->b_conf = (struct trial_conf){
		.tc_stream = b->b_stream,
		.tc_nstreams = 2,
		.tc_pace = { .pc_rate = { 10000, 1 } },
		.tc_duration = 50 * NS_MS,
		.tc_drain = NS_S,
		.tc_quiet = 20 * NS_MS,
		.tc_seed = sim_seed(b->b_sim),
		.tc_late = LATE,
		.tc_rateerr = 500000,
	};
	for (i = 0; i < 2; i++) {
		SIM_EQ(b->b_sim, gen_tpl(b->b_gen, i, 1 - i, family,
		    &b->b_tpl[i], err, sizeof(err)), 0);
		b->b_tpl[i].tc_flows = flows;
		b->b_stream[i] = (struct trial_stream){ .ts_from = i,
			.ts_to = 1 - i, .ts_tpl = &b->b_tpl[i] };
	}
}

/* A trial that comes to an end, whatever that is. */
static void
trial(struct bench *b)
{
	if (tester_trial(b->b_host, b->b_gen, &b->b_conf, &b->b_result) != 0)
		SIM_FAIL(b->b_sim, "%s", gen_error(b->b_gen));
}

static void
valid(struct bench *b)
{
	if (!b->b_result.tr_valid)
		SIM_FAIL(b->b_sim, "%s", b->b_result.tr_reason[0]);
}

/* What adds up in all results. */
static void
sound(struct bench *b)
{
	const struct trial_result *tr = &b->b_result;
	unsigned i;

	for (i = 0; i < tr->tr_nstreams; i++) {
		const struct trial_counts *tn = &tr->tr_stream[i].sr_n;

		SIM_EQ(b->b_sim, tn->tn_offered, tn->tn_sent + tn->tn_unsent);
		SIM_EQ(b->b_sim, tn->tn_sent, tn->tn_received + tn->tn_lost);
	}
	SIM_EQ(b->b_sim, tr->tr_latency->h_n, tr->tr_all.tn_received);
}

static void
done(struct bench *b)
{
	trial_result_fini(&b->b_result);
	free(b);
}

/* A tester whose ports are joined. */
static struct bench *
loop(struct sim *s, unsigned ncpus, unsigned queues,
    const struct pair_impair *impair)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->b_sim = s;
	b->b_host = sim_host(s, "t", ncpus);
	sim_link(s, b->b_host, "left", b->b_host, "right", queues, impair);
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", "10.0.1.10", "2001:db8:1::10", NULL, NULL);
	port(b, "right", "10.0.2.10", "2001:db8:2::10", NULL, NULL);
	return b;
}

/* A tester with a router between its ports. */
static struct bench *
router(struct sim *s, unsigned ncpus, unsigned rcpus,
    const struct pair_impair *impair)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct host *r = sim_host(s, "r", rcpus);

	b->b_sim = s;
	b->b_host = sim_host(s, "t", ncpus);
	sim_link(s, b->b_host, "left", r, "in", 0, impair);
	sim_link(s, b->b_host, "right", r, "out", 0, impair);
	host_addr(r, "in", "10.0.1.1/16");
	host_addr(r, "out", "10.2.1.1/16");
	host_addr(r, "in", "2001:db8:1::1/64");
	host_addr(r, "out", "2001:db8:2::1/64");
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", "10.0.1.10", "2001:db8:1::10", "10.0.1.1",
	    "2001:db8:1::1");
	port(b, "right", "10.2.1.10", "2001:db8:2::10", "10.2.1.1",
	    "2001:db8:2::1");
	return b;
}

static void
good(struct sim *s)
{
	struct bench *b = loop(s, 1, 1, NULL);

	streams(b, ADDR_V4, 1 + (uint32_t)sim_below(s, 40));
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_offered, 1002);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 1002);
	SIM_EQ(s, b->b_result.tr_all.tn_received, 1002);
	SIM_EQ(s, b->b_result.tr_all.tn_duplicated, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_reordered, 0);
	SIM_EQ(s, b->b_result.tr_port[0].tp_if_tx_packets, 501);
	SIM_EQ(s, b->b_result.tr_port[1].tp_if_rx_packets, 501);
	done(b);
}

static void
routed(struct sim *s)
{
	unsigned family = sim_seed(s) % 2 == 0 ? ADDR_V4 : ADDR_V6;
	struct bench *b = router(s, 1 + (unsigned)sim_below(s, 2),
	    1 + (unsigned)sim_below(s, 2), NULL);

	streams(b, family, 16);
	b->b_conf.tc_warmup = 10 * NS_MS;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 1002);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	done(b);
}

static const struct scenario scenarios[] = {
	{ "good", good, 0 },
	{ "routed", routed, 0 },
	{ NULL, NULL, 0 },
};

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, scenarios);
}
