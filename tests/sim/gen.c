/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester: what it says of links that are known.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen_stat.h"
#include "gen/hist.h"
#include "gen/tpl.h"
#include "sim/sim.h"
#include "sim/tester.h"

#define LATE (20 * NS_MS) /* the world's CPUs pause */

struct bench {
	struct sim	*b_sim;
	struct host	*b_host;
	struct gen	*b_gen;
	struct link	*b_link;
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
	b->b_link = sim_link(
	    s, b->b_host, "left", b->b_host, "right", queues, impair);
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", "10.0.1.10", "2001:db8:1::10", NULL, NULL);
	port(b, "right", "10.0.2.10", "2001:db8:2::10", NULL, NULL);
	return b;
}

/* A tester with a router between its ports. */
static struct bench *
router(struct sim *s, unsigned ncpus, unsigned rcpus,
    const struct pair_impair *impair, bool offload)
{
	struct bench *b = calloc(1, sizeof(*b));
	/* Enough for all that waits for MACs. */
	struct host *r = sim_host_small(s, "r", rcpus, 4096);

	b->b_sim = s;
	b->b_host = sim_host(s, "t", ncpus);
	b->b_link = sim_link(s, b->b_host, "left", r, "in", 0, impair);
	if (offload)
		sim_link_offload(s, b->b_host, "right", r, "out", 0);
	else
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
	SIM_EQ(s, b->b_result.tr_all.tn_offered, 1000);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 1000);
	SIM_EQ(s, b->b_result.tr_all.tn_received, 1000);
	SIM_EQ(s, b->b_result.tr_all.tn_duplicated, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_reordered, 0);
	SIM_EQ(s, b->b_result.tr_port[0].tp_if_tx_packets, 500);
	SIM_EQ(s, b->b_result.tr_port[1].tp_if_rx_packets, 500);
	done(b);
}

static void
routed(struct sim *s)
{
	unsigned family = sim_seed(s) % 2 == 0 ? ADDR_V4 : ADDR_V6;
	struct bench *b = router(s, 1 + (unsigned)sim_below(s, 2),
	    1 + (unsigned)sim_below(s, 2), NULL, false);

	streams(b, family, 16);
	b->b_conf.tc_warmup = 10 * NS_MS;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 1000);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	done(b);
}

/* The link lost, doubled and flipped: the tester says how often. */
static void
impaired(struct sim *s)
{
	struct pair_impair impair = { .pi_delay = NS_MS, .pi_jitter = NS_MS / 2,
		.pi_loss = 30000, .pi_dup = 20000, .pi_corrupt = 20000 };
	struct bench *b = loop(s, 1 + (unsigned)sim_below(s, 2), 0, &impair);
	const struct trial_result *tr = &b->b_result;
	uint64_t lost = 0, twice = 0, flipped = 0, corrupt = 0, wrong = 0;
	struct pair_counts pn;
	unsigned i;

	streams(b, ADDR_V4, 1 + (uint32_t)sim_below(s, 10));
	b->b_conf.tc_foreign = 1000000;
	trial(b);
	sound(b);
	valid(b);
	for (i = 0; i < 2; i++) {
		link_counts(b->b_link, i, &pn);
		lost += pn.pn_lost;
		twice += pn.pn_duplicated;
		flipped += pn.pn_corrupted;
		corrupt += tr->tr_port[i].tp_corrupt;
		wrong += tr->tr_port[i].tp_corrupt + tr->tr_port[i].tp_foreign +
		    tr->tr_port[i].tp_control;
	}
	/* A flipped bit in a MAC harms nobody; in a type it is not IP. */
	SIM_CHECK(s, wrong <= flipped);
	SIM_CHECK(s, corrupt > 0 || flipped < 5);
	SIM_EQ(s, tr->tr_all.tn_sent + twice, tr->tr_all.tn_received +
	    tr->tr_all.tn_duplicated + lost + wrong);
	SIM_CHECK(s, hist_percentile(tr->tr_latency, 1, 2) > NS_MS);
	SIM_CHECK(s, hist_percentile(tr->tr_latency, 1, 2) < 2 * NS_MS);
	done(b);
}

/* Jitter of more than the gap reorders within a flow. */
static void
reordered(struct sim *s)
{
	struct pair_impair impair = { .pi_delay = NS_MS,
		.pi_jitter = NS_MS };
	struct bench *b = loop(s, 1, 1, &impair);

	streams(b, ADDR_V6, 1);
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_duplicated, 0);
	SIM_CHECK(s, b->b_result.tr_all.tn_reordered > 50);
	SIM_CHECK(s, b->b_result.tr_all.tn_extent_max > 0);
	SIM_EQ(s, b->b_result.tr_extent->h_n, b->b_result.tr_all.tn_reordered);
	done(b);
}

/* A link of half the rate lets half of it through. */
static void
limited(struct sim *s)
{
	struct pair_impair impair = { .pi_rate = 84 * 8 * 5000,
		.pi_limit = 1000 };
	struct bench *b = loop(s, 1, 1, &impair);
	uint64_t got;

	streams(b, ADDR_V4, 4);
	b->b_conf.tc_duration = 100 * NS_MS;
	trial(b);
	sound(b);
	got = b->b_result.tr_stream[0].sr_n.tn_received;
	SIM_CHECK(s, got >= 480 && got <= 540);
	done(b);
}

/* A number of packets, at the pace of bits, of several sizes. */
static void
counted(struct sim *s)
{
	struct bench *b = loop(s, 1 + (unsigned)sim_below(s, 2), 0, NULL);
	char err[100];

	streams(b, ADDR_V4, 6);
	SIM_EQ(s, sizes_parse(&b->b_tpl[0].tc_sizes, "imix", err, sizeof(err)),
	    0);
	b->b_stream[1].ts_from = 0;
	b->b_stream[1].ts_to = 1;
	b->b_stream[1].ts_weight = 3;
	b->b_tpl[1] = b->b_tpl[0];
	b->b_conf.tc_duration = 0;
	b->b_conf.tc_packets = 400;
	b->b_conf.tc_pace.pc_unit = PACE_L1;
	b->b_conf.tc_pace.pc_rate.pr_num = 30000000;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 400);
	SIM_EQ(s, b->b_result.tr_all.tn_received, 400);
	SIM_EQ(s, b->b_result.tr_stream[0].sr_n.tn_sent, 100);
	SIM_CHECK(s, b->b_result.tr_frame > 64);
	done(b);
}

/* Nobody takes what is sent so fast: what could not leave is told. */
static void
overloaded(struct sim *s)
{
	struct bench *b = loop(s, 1, 1, NULL);

	host_cost(b->b_host, 20000);
	streams(b, ADDR_V4, 4);
	b->b_conf.tc_nstreams = 1;
	b->b_conf.tc_pace.pc_rate.pr_num = 200000;
	b->b_conf.tc_duration = 20 * NS_MS;
	b->b_conf.tc_late = NS_MS;
	trial(b);
	sound(b);
	SIM_CHECK(s, !b->b_result.tr_valid);
	SIM_EQ(s, b->b_result.tr_all.tn_offered, 4000);
	SIM_CHECK(s, b->b_result.tr_all.tn_unsent > 0);
	SIM_CHECK(s, b->b_result.tr_port[0].tp_late > 0);
	done(b);
}

/* The ring is full: tried again and told, not dropped. */
static void
full(struct sim *s)
{
	struct pair_impair impair = { .pi_delay = 0 };
	struct bench *b = calloc(1, sizeof(*b));
	struct host *deaf = sim_host(s, "deaf", 1);

	b->b_sim = s;
	b->b_host = sim_host_small(s, "t", 1, 4096);
	b->b_link = sim_link(s, b->b_host, "left", deaf, "in", 1, &impair);
	sim_link(s, b->b_host, "right", deaf, "out", 1, &impair);
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", "10.0.1.10", "2001:db8:1::10", NULL, NULL);
	port(b, "right", "10.0.2.10", "2001:db8:2::10", NULL, NULL);
	host_cost(deaf, 100000);
	streams(b, ADDR_V4, 4);
	b->b_conf.tc_nstreams = 1;
	b->b_conf.tc_pace.pc_rate.pr_num = 200000;
	b->b_conf.tc_duration = 20 * NS_MS;
	b->b_conf.tc_late = NS_MS;
	memcpy(b->b_tpl[0].tc_dst_mac, host_mac(deaf, "in"), MAC_LEN);
	trial(b);
	sound(b);
	SIM_CHECK(s, !b->b_result.tr_valid);
	SIM_CHECK(s, b->b_result.tr_port[0].tp_txfull > 0);
	SIM_EQ(s, b->b_result.tr_all.tn_received, 0);
	done(b);
}

/* 4,000 hosts are asked for, one after the other, and pinged. */
static void
hosts(struct sim *s)
{
	struct bench *b = router(s, 1, 1, NULL, false);
	struct tpl_vary vary = { .tv_field = TPL_F_DST, .tv_op = TPL_COUNT,
		.tv_byflow = true };

	streams(b, ADDR_V4, 300);
	vary.tv_from.i6_lo = b->b_tpl[0].tc_dst.a_v4;
	vary.tv_to.i6_lo = vary.tv_from.i6_lo + 299;
	b->b_tpl[0].tc_vary = &vary;
	b->b_tpl[0].tc_nvary = 1;
	b->b_conf.tc_nstreams = 1;
	/* Learnt first: no packet waits, or is lost, for a MAC. */
	b->b_conf.tc_warmup = 3 * NS_S;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	SIM_CHECK(s, host_stat(b->b_host, SG_GEN, gns_arp) >= 300);
	done(b);
}

static void
learning(struct sim *s)
{
	struct bench *b = loop(s, 1, 1, NULL);

	streams(b, ADDR_V6, 4);
	b->b_conf.tc_learn = true;
	b->b_conf.tc_settle = 5 * NS_MS;
	b->b_conf.tc_drain = 100 * NS_MS;
	b->b_conf.tc_duration = 5 * NS_MS;
	trial(b);
	sound(b);
	SIM_EQ(s, host_stat(b->b_host, SG_GEN, gns_announce), 16000);
	done(b);
}

static void
silent_gateway(struct sim *s)
{
	bool six = sim_seed(s) % 2 == 0;
	struct bench *b = router(s, 1, 1, NULL, false);
	struct gen_port_conf pc = { .gp_name = "third", .gp_nhosts = 1 };

	sim_wire(s, b->b_host, "third", 1);
	pc.gp_hosts[0].gh_first =
	    address(six ? "2001:db8:3::2" : "10.3.0.2");
	pc.gp_gw4 = address("10.3.0.1");
	pc.gp_gw6 = address("2001:db8:3::1");
	tester_port(b->b_host, b->b_gen, &pc);
	streams(b, six ? ADDR_V6 : ADDR_V4, 1);
	b->b_stream[0].ts_from = 2;
	SIM_CHECK(s,
	    tester_trial(b->b_host, b->b_gen, &b->b_conf, &b->b_result) != 0);
	SIM_CHECK(s,
	    strcmp(gen_error(b->b_gen),
		six ? "third: gateway 2001:db8:3::1 does not answer neighbour "
		      "solicitations" :
		      "third: gateway 10.3.0.1 does not answer ARP") == 0);
	/* The next trial is as good as any. */
	b->b_stream[0].ts_from = 0;
	trial(b);
	sound(b);
	valid(b);
	done(b);
}

static trial_flag stop_flag;

static void
stop_now(void *arg)
{
	(void)arg;
	atomic_store(&stop_flag, true);
}

/* Whenever it is stopped, it ends soon, and what it says adds up. */
static void
stopped(struct sim *s)
{
	struct bench *b = router(
	    s, 1 + (unsigned)sim_below(s, 2), 1, NULL, false);
	uint64_t began, end;

	streams(b, ADDR_V4, 8);
	b->b_conf.tc_learn = sim_below(s, 2) == 0;
	b->b_conf.tc_warmup = 20 * NS_MS;
	b->b_conf.tc_quiet = NS_S;
	b->b_conf.tc_stop = &stop_flag;
	atomic_store(&stop_flag, false);
	began = sim_now(s);
	end = sim_below(s, 250 * NS_MS);
	sim_after(s, end, stop_now, NULL);
	trial(b);
	sound(b);
	SIM_CHECK(s, b->b_result.tr_stopped && !b->b_result.tr_valid);
	SIM_CHECK(s, b->b_result.tr_phase != TPH_DONE);
	SIM_CHECK(s, sim_now(s) - began < end + 150 * NS_MS);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	done(b);
}

/* Frames in several buffers, or larger than the link takes. */
static void
jumbo(struct sim *s)
{
	struct bench *b = calloc(1, sizeof(*b));
	char err[100];

	b->b_sim = s;
	b->b_host = sim_host(s, "t", 1);
	b->b_link = sim_link_mtu(s, b->b_host, "left", b->b_host, "right", 1,
	    9000);
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", "10.0.1.10", "2001:db8:1::10", NULL, NULL);
	port(b, "right", "10.0.2.10", "2001:db8:2::10", NULL, NULL);
	streams(b, ADDR_V4, 3);
	SIM_EQ(s, sizes_parse(&b->b_tpl[0].tc_sizes, "9018:1,64:1,2000:1", err,
	    sizeof(err)), 0);
	b->b_conf.tc_pace.pc_rate.pr_num = 1000;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	b->b_conf.tc_size = 9019;
	SIM_CHECK(s, tester_trial(b->b_host, b->b_gen, &b->b_conf,
	    &b->b_result) != 0);
	SIM_CHECK(s, strcmp(gen_error(b->b_gen), "left: its MTU of 9000 takes "
	    "frames of up to 9018 bytes, not of 9019") == 0);
	done(b);
}

/*
 * What a router puts together to large segments: packets are counted as they
 * were sent, on either of the CPUs.
 */
static void
segments(struct sim *s)
{
	struct bench *b = router(s, 1 + (unsigned)sim_below(s, 2), 1, NULL,
	    true);
	bool fast = sim_seed(s) % 2 == 0; /* bursts, at once */

	streams(b, ADDR_V6, 1 + (uint32_t)sim_below(s, 3));
	b->b_conf.tc_nstreams = 1;
	b->b_conf.tc_pace.pc_kind = PACE_BURST;
	b->b_conf.tc_pace.pc_burst = 50;
	b->b_conf.tc_size = 300; /* takes longer on the line than the least */
	b->b_conf.tc_pace.pc_line = fast ? 100000000000 : 0;
	b->b_conf.tc_learn = true;
	b->b_conf.tc_warmup = 20 * NS_MS;
	b->b_conf.tc_drain = b->b_conf.tc_quiet;
	trial(b);
	sound(b);
	valid(b);
	SIM_EQ(s, b->b_result.tr_all.tn_sent, 500);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_duplicated, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_reordered, 0);
	SIM_EQ(s, b->b_result.tr_all.tn_received_bytes,
	    b->b_result.tr_all.tn_sent_bytes);
	SIM_EQ(s, b->b_result.tr_port[1].tp_corrupt, 0);
	SIM_EQ(s, b->b_result.tr_port[1].tp_foreign, 0);
	SIM_CHECK(s, !fast || b->b_result.tr_port[1].tp_if_rx_packets < 400);
	done(b);
}

/* From a screen: twice the rate from some time on. */
static bool
faster(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct bench *b = arg;

	if (tt->tt_phase == TPH_RUN && tt->tt_now > 100 * NS_MS)
		pc->pc_rate.pr_num = 20000;
	SIM_CHECK(b->b_sim, tt->tt_nports == 2);
	return true;
}

static void
repaced(struct sim *s)
{
	struct bench *b = loop(s, 1, 1, NULL);
	uint64_t n;

	streams(b, ADDR_V4, 2);
	b->b_conf.tc_nstreams = 1;
	b->b_conf.tc_duration = 400 * NS_MS;
	b->b_conf.tc_tick = faster;
	b->b_conf.tc_tickarg = b;
	trial(b);
	sound(b);
	valid(b);
	n = b->b_result.tr_all.tn_sent;
	SIM_CHECK(s, n > 5000 && n < 7100);
	SIM_EQ(s, b->b_result.tr_all.tn_lost, 0);
	done(b);
}

static const struct scenario scenarios[] = {
	{ "good", good, 60 },
	{ "routed", routed, 20 },
	{ "impaired", impaired, 30 },
	{ "reordered", reordered, 20 },
	{ "limited", limited, 20 },
	{ "counted", counted, 30 },
	{ "overloaded", overloaded, 20 },
	{ "full", full, 20 },
	{ "hosts", hosts, 5 },
	{ "learning", learning, 5 },
	{ "silent-gateway", silent_gateway, 5 },
	{ "stopped", stopped, 30 },
	{ "jumbo", jumbo, 20 },
	{ "segments", segments, 20 },
	{ "repaced", repaced, 10 },
	{ NULL, NULL, 0 },
};

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, scenarios);
}
