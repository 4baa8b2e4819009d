/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tester reports of links whose loss, delay and rate are known, beside
 * what chance allows: five standard deviations.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/check.h"
#include "gen/tpl.h"
#include "if/if.h"
#include "sim/sim.h"
#include "sim/tester.h"

#define SIGMAS 5.0
#define LATE   (20 * NS_MS) /* the world's CPUs pause */

struct bench {
	struct sim	*b_sim;
	struct host	*b_host;
	struct gen	*b_gen;
	struct tpl_conf	 b_tpl;
	struct trial_stream b_stream;
	struct trial_conf b_conf;
	struct trial_result b_result;
};

static void
bench_port(struct bench *b, const char *name, const char *text)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_nhosts = 1,
		.gp_linerate = 1000000000 };

	addr_parse(&pc.gp_hosts[0].gh_first, text);
	pc.gp_hosts[0].gh_n = 10;
	tester_port(b->b_host, b->b_gen, &pc);
}

/* left to right through a link; pps for a time. */
static struct bench *
bench(struct sim *s, const struct pair_impair *impair, uint64_t pps,
    uint64_t ns, uint32_t flows)
{
	struct bench *b = calloc(1, sizeof(*b));
	char err[GEN_ERRLEN];

	b->b_sim = s;
	b->b_host = sim_host(s, "t", 1);
	sim_link(s, b->b_host, "left", b->b_host, "right", 1, impair);
	b->b_gen = sim_tester(b->b_host);
	bench_port(b, "left", "10.0.1.10");
	bench_port(b, "right", "10.0.2.10");
	SIM_EQ(s, gen_tpl(b->b_gen, 0, 1, ADDR_V4, &b->b_tpl, err,
	    sizeof(err)), 0);
	b->b_tpl.tc_flows = flows;
	b->b_stream = (struct trial_stream){ .ts_to = 1, .ts_tpl = &b->b_tpl };
	b->b_conf = (struct trial_conf){ .tc_stream = &b->b_stream,
		.tc_nstreams = 1,
		.tc_pace = { .pc_rate = { pps, 1 } },
		.tc_duration = ns,
		.tc_drain = NS_S,
		.tc_quiet = 50 * NS_MS,
		.tc_seed = sim_seed(s),
		.tc_late = LATE,
		.tc_rateerr = 500000 };
	return b;
}

static const struct trial_counts *
trial(struct bench *b)
{
	const struct trial_counts *tn = &b->b_result.tr_all;

	if (tester_trial(b->b_host, b->b_gen, &b->b_conf, &b->b_result) != 0)
		SIM_FAIL(b->b_sim, "%s", gen_error(b->b_gen));
	SIM_EQ(b->b_sim, tn->tn_offered, tn->tn_sent + tn->tn_unsent);
	SIM_EQ(b->b_sim, tn->tn_sent, tn->tn_received + tn->tn_lost);
	return tn;
}

static void
bench_done(struct bench *b)
{
	trial_result_fini(&b->b_result);
	free(b);
}

/* Of so many, each with a chance in a million. */
static void
by_chance(struct sim *s, const char *what, uint64_t count, uint64_t of,
    double ppm)
{
	double p = ppm / PAIR_PPM, mean = (double)of * p;
	double spread = SIGMAS * sqrt((double)of * p * (1 - p)) + 1;

	if (fabs((double)count - mean) > spread)
		SIM_FAIL(s, "%s: %ju of %ju, not %.0f +- %.0f", what,
		    (uintmax_t)count, (uintmax_t)of, mean, spread);
}

static void
losses(struct sim *s)
{
	const struct pair_impair pi = { .pi_loss = 10000, .pi_dup = 5000 };
	struct bench *b = bench(s, &pi, 100000, 200 * NS_MS, 8);
	const struct trial_counts *tn = trial(b);

	by_chance(s, "lost", tn->tn_lost, tn->tn_sent, 10000);
	by_chance(s, "duplicated", tn->tn_duplicated, tn->tn_received, 5000);
	SIM_EQ(s, tn->tn_reordered, 0);
	SIM_EQ(s, b->b_result.tr_port[1].tp_corrupt, 0);
	SIM_EQ(s, b->b_result.tr_port[1].tp_if_rx_packets,
	    tn->tn_received + tn->tn_duplicated);
	bench_done(b);
}

/*
 * A flipped bit of the packet is found by a checksum; of the frame's header,
 * in the addresses, it makes a packet for somebody else, or nobody minds.
 */
static void
flips(struct sim *s)
{
	const struct pair_impair pi = { .pi_corrupt = 10000 };
	struct bench *b = bench(s, &pi, 100000, 200 * NS_MS, 8);
	const struct trial_counts *tn = trial(b);
	const struct trial_port *tp = &b->b_result.tr_port[1];
	const double size = 60, packet = 46, source = 6; /* bytes */

	SIM_CHECK(s, tp->tp_corrupt <= tn->tn_lost);
	SIM_CHECK(s, tn->tn_lost <=
	    tp->tp_corrupt + tp->tp_foreign + tp->tp_stale + tp->tp_control);
	by_chance(s, "lost", tn->tn_lost, tn->tn_sent,
	    10000 * (size - source) / size);
	SIM_CHECK(s, (double)tp->tp_corrupt > (double)tn->tn_lost *
	    (packet / size) / 2);
	bench_done(b);
}

/* 100 us +- 20 us, evenly; the world's CPUs look later, and only add to it. */
static void
delays(struct sim *s)
{
	const struct pair_impair pi = { .pi_delay = 80 * NS_US,
		.pi_jitter = 40 * NS_US };
	struct bench *b = bench(s, &pi, 5000, NS_S, 1);
	const struct trial_counts *tn = trial(b);
	const struct hist *h = b->b_result.tr_latency;
	double far = SIGMAS * sqrt(0.25 / (double)tn->tn_received);
	unsigned percent;

	SIM_EQ(s, tn->tn_lost, 0);
	SIM_CHECK(s, hist_min(h) >= 80 * NS_US);
	SIM_CHECK(s, hist_min(h) < 100 * NS_US);
	for (percent = 10; percent <= 90; percent += 20)
		SIM_CHECK(s, (double)hist_percentile(h, percent, 100) >=
		    (80 + 40 * (percent / 100.0 - far)) * NS_US);
	/* Who sends in time looks in time: it is the same CPU. */
	if (hist_percentile(b->b_result.tr_pace, 9, 10) < 2 * NS_US)
		SIM_CHECK(s, hist_percentile(h, 1, 2) < 104 * NS_US);
	bench_done(b);
}

/*
 * Frames overtake as far as the jitter reaches, 20 of the schedule's gaps, and
 * none is lost by that.
 */
static void
overtaking(struct sim *s)
{
	const struct pair_impair pi = { .pi_jitter = 2 * NS_MS };
	struct bench *b = bench(s, &pi, 10000, NS_S, 1);
	const struct trial_counts *tn = trial(b);

	SIM_EQ(s, tn->tn_lost, 0);
	SIM_EQ(s, tn->tn_duplicated, 0);
	/* Of n neighbours in flight the one that comes last is in order. */
	SIM_CHECK(s, tn->tn_reordered > tn->tn_sent / 2);
	SIM_CHECK(s, tn->tn_extent_max >= 10);
	SIM_EQ(s, b->b_result.tr_extent->h_n, tn->tn_reordered);
	bench_done(b);
}

/* 10,000 frames of 64 bytes a second; what comes faster waits, or is lost. */
static void
narrow(struct sim *s)
{
	const struct pair_impair pi = { .pi_rate = 6720000,
		.pi_limit = 20 * 84 };
	struct bench *b = bench(s, &pi, 20000, NS_S, 1);
	const struct trial_counts *tn = trial(b);

	/* Twice as many as pass, and those that waited at the end. */
	SIM_CHECK(s, tn->tn_received <= 10000 + 20 + 2);
	SIM_EQ(s, tn->tn_reordered, 0);
	/* While a CPU of the world pauses the link may run dry. */
	SIM_CHECK(s, tn->tn_received > 5000);
	SIM_CHECK(s, hist_max(b->b_result.tr_latency) >= 20 * 100 * NS_US);
	bench_done(b);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "losses", losses, 10 },
		{ "flips", flips, 10 },
		{ "delays", delays, 10 },
		{ "overtaking", overtaking, 10 },
		{ "narrow", narrow, 10 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
