/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods of the tester, on the tester itself, over links that are known.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/method.h"
#include "gen/tpl.h"
#include "sim/sim.h"
#include "sim/tester.h"

#define MBIT 1000000u
#define L1   84u /* bytes that the smallest frame takes on the line */

static const unsigned size[] = { 64 };

struct bench {
	struct sim		*b_sim;
	struct link		*b_link;
	struct host		*b_host;
	struct gen		*b_gen;
	struct tester_runner	 b_tester;
	struct runner		 b_runner;
	struct tpl_conf		 b_tpl;
	struct trial_stream	 b_stream;
	struct method_conf	 b_conf;
	struct method_result	 b_result;
};

static void
port(struct bench *b, const char *name, uint32_t host)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_nhosts = 2,
		.gp_linerate = 60 * MBIT };

	pc.gp_hosts[0].gh_first = (struct addr){ .a_family = ADDR_V4,
		.a_v4 = host };
	pc.gp_hosts[1].gh_first = (struct addr){ .a_family = ADDR_V6,
		.a_v6 = { UINT64_C(0x2001000200000000) + host, 1 } };
	tester_port(b->b_host, b->b_gen, &pc);
}

/* A tester whose ports are joined by such a link of 60 Mbit/s. */
static struct bench *
bench(struct sim *s, const struct pair_impair *impair)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct profile *pf = &b->b_conf.mc_profile;
	char err[GEN_ERRLEN];

	b->b_sim = s;
	b->b_host = sim_host(s, "t", 1);
	b->b_link = sim_link(
	    s, b->b_host, "left", b->b_host, "right", 1, impair);
	b->b_gen = sim_tester(b->b_host);
	port(b, "left", 0x0a000101);
	port(b, "right", 0x0a000201);
	b->b_tester = (struct tester_runner){ b->b_host, b->b_gen };
	tester_runner(&b->b_tester, &b->b_runner);
	SIM_EQ(s, gen_tpl(b->b_gen, 0, 1, ADDR_V4, &b->b_tpl, err,
	    sizeof(err)), 0);
	b->b_stream = (struct trial_stream){ .ts_from = 0, .ts_to = 1,
		.ts_tpl = &b->b_tpl };
	b->b_conf = (struct method_conf){
		.mc_runner = &b->b_runner,
		.mc_profile = profile_quick,
		.mc_stream = &b->b_stream,
		.mc_nstreams = 1,
		.mc_size = size,
		.mc_nsizes = 1,
		.mc_seed = sim_seed(s),
		.mc_late = 20 * NS_MS, /* the world's CPUs pause */
		.mc_rateerr = 100000,
	};
	pf->pf_learn = pf->pf_settle = NS_MS;
	pf->pf_drain = 50 * NS_MS;
	pf->pf_burst_rest = 50 * NS_MS;
	return b;
}

static const struct method_point *
run(struct sim *s, struct bench *b, enum method me)
{
	if (method_run(me, &b->b_conf, &b->b_result) != 0)
		SIM_FAIL(s, "no memory");
	if (b->b_result.me_status != MS_OK)
		SIM_FAIL(s, "%s: %s", method_status_name(
		    b->b_result.me_status), b->b_result.me_why);
	return &b->b_result.me_point[0];
}

static void
done(struct bench *b)
{
	method_fini(&b->b_result);
	free(b);
}

/* Half a per cent of what the link lets through, at most. */
static void
throughput(struct sim *s)
{
	struct pair_impair limited = { .pi_rate = 40 * MBIT,
		.pi_limit = 200 * L1 };
	struct bench *b = bench(s, &limited);
	const struct method_point *mp = run(s, b, MT_THROUGHPUT);
	double limit = 40e6 / (8 * L1);

	if (fabs(mp->mp_throughput.tr_pps / limit - 1) > 0.005)
		SIM_FAIL(s, "%.0f packets/s, not %.0f",
		    mp->mp_throughput.tr_pps, limit);
	sim_note(s, "%.0f of %.0f packets/s in %u trials",
	    mp->mp_throughput.tr_pps, limit, mp->mp_trials);
	done(b);
}

/*
 * A tester that is late from some rate on, for its CPU is slow, is found to be
 * the limit in about as many trials as a device is; what comes next begins
 * there.  Slower still, it is late at any rate, and gives up soon.
 */
static void
late(struct sim *s)
{
	struct bench *b = bench(s, NULL);
	struct method_memory mm = { .mm_n = 0 };
	const struct method_point *mp;
	double found;

	b->b_conf.mc_memory = &mm;
	b->b_conf.mc_profile.pf_duration = 200 * NS_MS;
	host_cost(b->b_host, 20000 + sim_below(s, 40000));
	SIM_EQ(s, method_run(MT_THROUGHPUT, &b->b_conf, &b->b_result), 0);
	mp = &b->b_result.me_point[0];
	found = mp->mp_throughput.tr_pps;
	sim_note(s, "%.0f of %.0f packets/s, %u trials, %u late: %s", found,
	    mp->mp_max_pps, mp->mp_trials, mp->mp_invalid, mp->mp_why);
	SIM_EQ(s, mp->mp_status, MS_LIMITED);
	SIM_CHECK(s, strstr(mp->mp_why, "limited by the tester at ") != NULL);
	SIM_CHECK(s, strstr(mp->mp_why, " %): ") != NULL);
	SIM_CHECK(s, found > 0.1 * mp->mp_max_pps && mp->mp_near);
	SIM_CHECK(s, mp->mp_trials <= 12);
	method_fini(&b->b_result);

	mm.mm_size[0].mm_known = false; /* the throughput, not the limit */
	SIM_EQ(s, method_run(MT_THROUGHPUT, &b->b_conf, &b->b_result), 0);
	mp = &b->b_result.me_point[0];
	SIM_CHECK(s, mp->mp_max_pps <= found);
	SIM_CHECK(s, mp->mp_trials <= 6);
	method_fini(&b->b_result);

	mm.mm_n = 0;
	host_cost(b->b_host, 2 * NS_MS);
	SIM_EQ(s, method_run(MT_THROUGHPUT, &b->b_conf, &b->b_result), 0);
	mp = &b->b_result.me_point[0];
	SIM_EQ(s, mp->mp_status, MS_FAILED);
	SIM_CHECK(s, strstr(mp->mp_why, "limited by the tester at ") != NULL);
	SIM_CHECK(s, mp->mp_trials <= 9);
	done(b);
}

/* The frames that wait for the link, and the one on it. */
static void
burst(struct sim *s)
{
	unsigned frames = 300 + (unsigned)sim_below(s, 300);
	struct pair_impair limited = { .pi_rate = 20 * MBIT,
		.pi_limit = frames * L1 };
	struct bench *b = bench(s, &limited);
	const struct method_point *mp;

	b->b_conf.mc_profile.pf_duration = NS_S;
	b->b_conf.mc_profile.pf_burst = 50 * NS_MS;
	b->b_conf.mc_profile.pf_burst_reps = 2;
	mp = run(s, b, MT_BURST);
	/* A pause of the sender makes one of its rounds a burst of its own. */
	if (fabs(mp->mp_burst.bu_buffer / frames - 1) > 0.05)
		SIM_FAIL(s, "%.0f frames, not %u", mp->mp_burst.bu_buffer,
		    frames);
	sim_note(s, "%.1f of %u frames", mp->mp_burst.bu_buffer, frames);
	done(b);
}

/* A delay is found as it is. */
static void
latency(struct sim *s)
{
	struct pair_impair slow = { .pi_delay = 3 * NS_MS };
	struct bench *b = bench(s, &slow);
	const struct latency_result *la;

	b->b_conf.mc_profile.pf_duration = 100 * NS_MS;
	b->b_conf.mc_profile.pf_latency = 200 * NS_MS;
	b->b_conf.mc_port_pps = 5000;
	la = &run(s, b, MT_LATENCY)->mp_latency;
	SIM_EQ(s, la->la_pps, 5000);
	SIM_EQ(s, la->la_mean.sm_n, profile_quick.pf_latency_reps);
	/* The link counts from the round, which may pause. */
	SIM_CHECK(s, fabs(la->la_mean.sm_mean / 3e6 - 1) < 0.1);
	sim_note(s, "%.0f us, %.0f to %.0f", la->la_mean.sm_mean / 1e3,
	    (double)la->la_all.lb_min / 1e3, (double)la->la_all.lb_max / 1e3);
	done(b);
}

/* A queue is all that there is to recover: nothing is lost after the step. */
static void
recovery(struct sim *s)
{
	struct pair_impair limited = { .pi_rate = 20 * MBIT,
		.pi_limit = 100 * L1 };
	struct bench *b = bench(s, &limited);
	struct profile *pf = &b->b_conf.mc_profile;
	const struct outage_result *ou;

	pf->pf_duration = 500 * NS_MS;
	pf->pf_overload = 600 * NS_MS;
	pf->pf_recovery = 500 * NS_MS;
	ou = &run(s, b, MT_RECOVERY)->mp_outage;
	SIM_EQ(s, ou->ou_ns.sm_n, pf->pf_recovery_reps);
	SIM_CHECK(s, ou->ou_ns.sm_max < 20 * NS_MS);
	SIM_CHECK(s, ou->ou_lost.sm_min > 0);
	sim_note(s, "%.0f us", ou->ou_ns.sm_mean / 1e3);
	done(b);
}

/* Packets with extension headers are told from broken and foreign ones. */
static void
ip6(struct sim *s)
{
	struct bench *b = bench(s, NULL);
	char err[GEN_ERRLEN];
	unsigned i;

	SIM_EQ(s, gen_tpl(b->b_gen, 0, 1, ADDR_V6, &b->b_tpl, err,
	    sizeof(err)), 0);
	b->b_tpl.tc_flows = 10;
	b->b_conf.mc_profile.pf_duration = 20 * NS_MS;
	b->b_conf.mc_port_pps = 5000;
	run(s, b, MT_IP6);
	SIM_EQ(s, b->b_result.me_npoints, 6);
	for (i = 0; i < b->b_result.me_npoints; i++)
		SIM_EQ(s, b->b_result.me_point[i].mp_throughput.tr_pps, 5000);
	done(b);
}

#define OUTAGE (300 * NS_MS)

static void
come_back(void *arg)
{
	struct bench *b = arg;

	link_impair(b->b_link, &(struct pair_impair){ .pi_delay = 1000 });
}

/* Everything is lost for a while. */
static int
go_away(void *arg, enum runner_event re)
{
	struct bench *b =
	    container_of(arg, struct bench, b_tester);

	SIM_CHECK(b->b_sim, re == RE_RESET);
	link_impair(b->b_link, &(struct pair_impair){ .pi_loss = PAIR_PPM });
	sim_after(b->b_sim, OUTAGE, come_back, b);
	return 0;
}

/* By time stamps and by loss it is as long as it was. */
static void
reset(struct sim *s)
{
	struct bench *b = bench(s, NULL);
	const struct outage_result *ou;

	b->b_runner.rn_event = go_away;
	b->b_conf.mc_profile.pf_duration = 100 * NS_MS;
	b->b_conf.mc_port_pps = 5000;
	ou = &run(s, b, MT_RESET)->mp_outage;
	SIM_EQ(s, ou->ou_ns.sm_n, 1);
	SIM_CHECK(s, fabs(ou->ou_ns.sm_mean / OUTAGE - 1) < 0.02);
	SIM_CHECK(s, fabs(ou->ou_loss_ns.sm_mean / OUTAGE - 1) < 0.02);
	sim_note(s, "%.2f ms, by loss %.2f ms", ou->ou_ns.sm_mean / 1e6,
	    ou->ou_loss_ns.sm_mean / 1e6);
	done(b);
}

static const struct scenario scenarios[] = {
	{ "throughput", throughput, 1 },
	{ "late", late, 2 },
	{ "burst", burst, 1 },
	{ "latency", latency, 10 },
	{ "recovery", recovery, 2 },
	{ "ip6", ip6, 10 },
	{ "reset", reset, 3 },
	{ NULL, NULL, 0 },
};

int
main(int argc, char **argv)
{
	return sim_main(argc, argv, scenarios);
}
