/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's own speed: one CPU sends, receives and checks over a link in
 * memory that leads back to its port.
 *
 * Each packet has four fields that vary, its flow, number and time, and right
 * checksums; each one that arrives is classified, its checksums verified, and
 * its flow checked for loss, copies, order and time.  The link's ring bounds
 * what is under way, so every packet sent is received in the same round or the
 * next, and a packet's time below is that of all of it together.
 *
 * usage: gen_perf [-n packets] [-r repetitions] [-s size] [-f flows]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/gen.h"
#include "gen/hist.h"
#include "gen/tpl.h"
#include "mbuf/mbuf.h"
#include "spate.h"

#define ROUNDS	1024 /* of the CPU between two of ctl */
#define BUFFERS 1024 /* few, so that they stay in the cache */

static struct gen *ON_CTL
perf_tester(void)
{
	struct spate *sp = bench_instance("tester", 1, BUFFERS);
	struct gen_port_conf pc = { .gp_name = "loop", .gp_ops = &dev_pair,
		.gp_nhosts = 1 };
	struct pair_conf loop = { .pc_loop = true, .pc_ring = 256 };
	struct gen_conf gc = { 0 };
	char error[GEN_ERRLEN];
	struct pair *p;
	struct gen *g;

	if (pair_create(&loop, &p) != 0)
		errx(1, "no memory");
	pc.gp_dev = (struct dev_conf){ .dc_driver = "pair",
		.dc_pair = pair_end(p, 0) };
	addr_parse(&pc.gp_hosts[0].gh_first, "198.18.0.1");
	if (gen_adopt(sp, &gc, &g, error, sizeof(error)) != 0 ||
	    gen_port(g, &pc, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	pair_destroy(p);
	return g;
}

static void
perf_template(struct tpl_conf *tc, unsigned size, uint32_t flows)
{
	static const struct tpl_vary vary[] = {
		{ .tv_field = TPL_F_SRC, .tv_from = { 0, 0xc6120001 },
			.tv_to = { 0, 0xc61200ff } },
		{ .tv_field = TPL_F_DST, .tv_from = { 0, 0xc6130001 },
			.tv_to = { 0, 0xc61301ff } },
		{ .tv_field = TPL_F_SPORT, .tv_op = TPL_RANDOM,
			.tv_from = { 0, 1024 }, .tv_to = { 0, 65535 } },
		{ .tv_field = TPL_F_DPORT, .tv_from = { 0, 1 },
			.tv_to = { 0, 9999 } },
	};

	*tc = (struct tpl_conf){ .tc_flows = flows, .tc_vary = vary,
		.tc_nvary = 4 };
	addr_parse(&tc->tc_src, "198.18.0.1");
	addr_parse(&tc->tc_dst, "198.19.0.1");
	sizes_one(&tc->tc_sizes, size);
}

/* ns a packet of a trial, its beginning and end included. */
static double ON_CTL
perf_trial(struct gen *g, const struct trial_conf *conf)
{
	struct trial_result tr = { 0 };
	uint64_t from, took;
	unsigned i;

	if (gen_begin(g, conf) != 0)
		errx(1, "%s", gen_error(g));
	from = bench_cpu_ns();
	while (!gen_step(g)) {
		role_enter(&on_cpu);
		curcpu = gen_spate(g)->sp_cpu[0];
		for (i = 0; i < ROUNDS; i++)
			gen_round(curcpu);
		curcpu = NULL;
		ctl_round(gen_spate(g)->sp_ctl);
	}
	took = bench_cpu_ns() - from;
	if (gen_end(g, &tr) != 0)
		errx(1, "%s", gen_error(g));
	if (!tr.tr_valid)
		errx(1, "%s", tr.tr_reason[0]);
	if (tr.tr_all.tn_received != tr.tr_all.tn_sent ||
	    tr.tr_all.tn_reordered != 0)
		errx(1, "%llu packets were lost",
		    (unsigned long long)tr.tr_all.tn_lost);
	trial_result_fini(&tr);
	return (double)took / (double)conf->tc_packets;
}

int
main(int argc, char **argv)
{
	unsigned i, packets = 5000000, reps = 9, size = 64, flows = 64;
	struct trial_stream stream = { 0 };
	struct trial_conf conf = { .tc_stream = &stream, .tc_nstreams = 1,
		.tc_pace = { .pc_kind = PACE_MAX }, .tc_quiet = 1,
		.tc_seed = 1 };
	struct tpl_conf tc;
	struct spate *sp;
	struct gen *g;
	double *ns, mid;
	int opt;

	while ((opt = getopt(argc, argv, "f:n:r:s:")) != -1)
		switch (opt) {
		case 'f':
			flows = (unsigned)atoi(optarg);
			break;
		case 'n':
			packets = (unsigned)atoi(optarg);
			break;
		case 'r':
			reps = (unsigned)atoi(optarg);
			break;
		case 's':
			size = (unsigned)atoi(optarg);
			break;
		default:
			errx(2, "usage: gen_perf [-n packets] "
			    "[-r repetitions] [-s size] [-f flows]");
		}
	role_enter(&on_ctl);
	g = perf_tester();
	perf_template(&tc, size, flows);
	stream.ts_tpl = &tc;
	conf.tc_packets = packets;
	if ((ns = calloc(reps, sizeof(*ns))) == NULL)
		errx(1, "no memory");
	for (i = 0; i < reps; i++)
		ns[i] = perf_trial(g, &conf);
	mid = median(ns, reps);
	printf("tester, one CPU, %u bytes, %u flows, 4 fields: %.1f ns a "
	    "packet sent, received and checked (best %.1f), %.2f M "
	    "packets/s\n", size, flows, mid, ns[0], 1e3 / mid);
	free(ns);
	sp = gen_spate(g);
	gen_destroy(g);
	spate_destroy(sp);
	return 0;
}
