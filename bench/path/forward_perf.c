/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles per packet of the forwarding path, by stage.
 *
 * One CPU forwards 64-byte frames (66 with IPv6) from one pair link to
 * another, hot: the packets of a few flows, one route, one neighbour.  A tester
 * stands at the far ends of the links, makes the packets, and has checked what
 * becomes of some before; it is called by hand and not in the figures.  What is
 * counted is whole rounds of the router, with receiving from the link and
 * sending to it.  The figure is the median of many short runs, so that a
 * machine that is taken away now and then does not blur it.
 *
 * With a filter (-f) it tells instead what a capture costs whose filter no
 * packet matches, beside runs without one.
 *
 * usage: forward [-6] [-f filter] [-n packets]
 */
#include <err.h>
#include <pcap/pcap.h>
#include <spate/capture.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "dev/dev.h"
#include "mbuf/capture.h"
#include "path.h"
#include "rig.h"

#define RUNS 200

struct bench {
	struct rig b_rig;
	uint64_t b_cycles;
	uint64_t b_packets;
};

static void
run(struct bench *b, uint64_t packets)
{
	unsigned n;

	b->b_cycles = b->b_packets = 0;
	while (b->b_packets < packets) {
		rig_offer(&b->b_rig, 0, 0, RIG_BURST);
		b->b_cycles += rig_round(&b->b_rig, 0);
		if ((n = rig_collect(&b->b_rig, 0)) == 0)
			errx(1, "the router forwards nothing");
		b->b_packets += n;
	}
}

static double
per_packet(const struct bench *b)
{
	return (double)b->b_cycles / (double)b->b_packets;
}

/* Of one run: what each stage took for a packet; its counters start anew. */
static void
take_stages(struct cpu *c, double took[ST_N][RUNS], unsigned run)
{
	unsigned st;

	for (st = 0; st < ST_N; st++) {
		struct path_stage *ps = &c->c_path->p_stage[st];
		uint64_t n = stat_cell_read(&ps->ps_packets);

		took[st][run] = n > 0 ?
		    (double)stat_cell_read(&ps->ps_cycles) / (double)n : 0;
		ps->ps_packets = ps->ps_cycles = 0;
	}
}

static void
report(bool six, double whole[RUNS], double stages[ST_N][RUNS])
{
	double sum = 0, one;
	unsigned st;

	printf("forward %s, %u bytes, pair to pair, hot, 1 CPU\n",
	    six ? "IPv6" : "IPv4", six ? 66 : 64);
	for (st = 0; st < ST_N; st++) {
		if ((one = median(stages[st], RUNS)) == 0)
			continue;
		printf("  %-20s %7.1f cycles/packet\n", path_names[st], one);
		sum += one;
	}
	one = median(whole, RUNS);
	printf("  %-20s %7.1f receive, reap, the round itself\n",
	    "outside of stages", one - sum);
	printf("  %-20s %7.1f goal 120: %.2f of it\n", "whole", one,
	    one / 120);
}

static struct filter *
compiled(const char *text)
{
	pcap_t *pc = pcap_open_dead(DLT_EN10MB, CAPTURE_SNAPLEN);
	struct bpf_program bp;
	struct filter *f;

	if (pcap_compile(pc, &bp, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		errx(2, "%s", pcap_geterr(pc));
	/* struct bpf_insn is laid out as struct filter_insn. */
	if ((f = filter_create((const void *)bp.bf_insns, bp.bf_len)) == NULL)
		errx(1, "the filter is refused");
	pcap_freecode(&bp);
	pcap_close(pc);
	return f;
}

static void
withdrawn(void *arg)
{
	(void)arg;
}

/* Runs with the capture on an interface or all, and without it, by turns. */
static void ON_CTL
capture_ratio(struct bench *b, uint64_t packets, struct capture *cap,
    const char *where)
{
	struct spate *sp = b->b_rig.r_router;
	double with[RUNS], without[RUNS], faster;
	unsigned i;

	for (i = 0; i < RUNS; i++) {
		run(b, packets / RUNS);
		without[i] = per_packet(b);
		if (capture_publish(sp, cap) != 0)
			errx(1, "no memory");
		run(b, packets / RUNS);
		with[i] = per_packet(b);
		capture_withdraw(sp, cap, withdrawn);
		rig_turn(&b->b_rig);
	}
	faster = median(without, RUNS);
	printf("  %-20s %7.1f cycles/packet, without %.1f: "
	    "%.3f of the rate, goal 0.9\n", where, median(with, RUNS),
	    faster, faster / median(with, RUNS));
}

static void ON_CTL
capture_report(struct bench *b, uint64_t packets, const char *text)
{
	struct capture *cap = capture_create(b->b_rig.r_router,
	    1u << SCR_IN | 1u << SCR_OUT, CAPTURE_SNAPLEN, CAPTURE_BUFFER,
	    compiled(text));
	struct capture_cpu *cc;
	unsigned i;

	if (cap == NULL)
		errx(1, "no memory");
	printf("forward with a capture of \"%s\", which nothing matches\n",
	    text);
	capture_want(cap, 1, true);
	capture_ratio(b, packets, cap, "one interface");
	capture_want(cap, 2, true);
	capture_ratio(b, packets, cap, "both interfaces");
	cc = cap->cap_cpu[0];
	for (i = 1; i <= 2; i++)
		if (cc->cc_count[i].cn_seen == 0 ||
		    cc->cc_count[i].cn_matched != 0)
			errx(1, "the capture has not looked");
	capture_destroy(cap);
}

static void ON_CTL
stages_report(struct bench *b, uint64_t packets, bool six)
{
	static double whole[RUNS], stages[ST_N][RUNS];
	struct cpu *c = b->b_rig.r_router->sp_cpu[0];
	unsigned i;

	for (i = 0; i < RUNS; i++) {
		run(b, packets / RUNS);
		whole[i] = per_packet(b);
	}
	rig_set(&b->b_rig, "net.isr.cycles", "1");
	take_stages(c, stages, 0);
	for (i = 0; i < RUNS; i++) {
		run(b, packets / RUNS);
		take_stages(c, stages, i);
	}
	report(six, whole, stages);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	uint64_t packets = 4000000;
	const char *filter = NULL;
	bool six = false;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "6f:n:")) != -1)
		if (ch == '6')
			six = true;
		else if (ch == 'f')
			filter = optarg;
		else if (ch == 'n')
			packets = strtoull(optarg, NULL, 10);
		else
			errx(2, "usage: forward [-6] [-f filter] [-n packets]");
	rig_create(&b.b_rig, 1, 1, six, true);
	run(&b, packets / 10);
	if (filter != NULL)
		capture_report(&b, packets, filter);
	else
		stages_report(&b, packets, six);
	rig_destroy(&b.b_rig);
	return 0;
}
