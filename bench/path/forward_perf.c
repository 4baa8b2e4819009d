/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles per packet of the forwarding path, by stage.
 *
 * One CPU forwards 64-byte frames from one pair link to another, hot: the same
 * few packets, one route, one neighbour.  A second instance stands at the far
 * ends of the links; its driver functions are called by hand and are not in
 * the figures.  What is counted is whole rounds of the router, with receiving
 * from the link and sending to it.  The figure is the median of many short
 * runs, so that a machine that is taken away now and then does not blur it.
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
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cycles.h"
#include "dev/dev.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "if/if.h"
#include "mbuf/capture.h"
#include "mbuf/in_cksum.h"
#include "path.h"
#include "route/neigh.h"
#include "route/route.h"
#include "spate.h"

#define BURST 64
#define RUNS  200
#define FRAME 60 /* 64 with the FCS */

static uint64_t
bench_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static void
bench_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	(void)arg, (void)ep, (void)until;
}

static void
bench_wake(void *arg, struct endpoint *ep)
{
	(void)arg, (void)ep;
}

static struct spate *
instance(const char *name)
{
	struct spate_env env = {
		.env_now = bench_now,
		.env_wait = bench_wait,
		.env_wake = bench_wake,
		.env_seed = 1,
	};
	struct spate_conf sc = { .sc_ncpus = 1, .sc_hostname = name };
	struct spate *sp;

	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_WARN);
	if (spate_create(&sc, &env, &sp) != 0)
		errx(1, "no memory");
	return sp;
}

static struct ifnet *ON_CTL
attach(struct spate *sp, const char *name, struct pair *link, unsigned side)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(link, side) };
	struct ifnet *ifp;
	char error[200];

	if (if_attach(sp->sp_ctl, name, &dev_pair, &dc, &ifp, error,
		sizeof(error)) != 0)
		errx(1, "%s", error);
	if_set_up(sp->sp_ctl, ifp, true);
	return ifp;
}

/* The router's CPU takes its place; ctl and other CPUs stand still. */
static void ON_CPU
turn(struct spate *sp)
{
	role_enter(&on_ctl);
	curcpu = sp->sp_cpu[0];
	cpu_round(sp->sp_cpu[0]);
	curcpu = NULL;
	ctl_round(sp->sp_ctl);
}

static void ON_CTL
give_route(struct spate *sp, struct ifnet *out, bool six)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct prefix dst;
	struct nhop nh = { .nh_type = NH_GATEWAY,
		.nh_ifindex = out->if_index, .nh_mtu = out->if_mtu };

	prefix_parse(&dst, six ? "2001:db8:2::/48" : "198.51.100.0/24");
	addr_parse(&nh.nh_gw, six ? "2001:db8:ff::2" : "203.0.113.2");
	if (route_add(sp->sp_ctl, 0, &dst, RP_STATIC, 0, &nh) != 0 ||
	    route_publish(sp->sp_ctl) != 0 ||
	    neigh_add(sp->sp_ctl, out, &nh.nh_gw, mac) != 0)
		errx(1, "no memory");
}

static void
make_frame(uint8_t *p, const struct ifnet *to, bool six)
{
	static const uint8_t from[6] = { 2, 0, 0, 0, 0, 1 };
	struct addr src, dst;

	memset(p, 0, FRAME);
	memcpy(p, to->if_mac, 6);
	memcpy(p + 6, from, 6);
	addr_parse(&src, six ? "2001:db8:1::7" : "192.0.2.7");
	addr_parse(&dst, six ? "2001:db8:2::7" : "198.51.100.7");
	if (six) {
		st16be(p + 12, 0x86dd);
		p[14] = 0x60;
		st16be(p + 18, FRAME - 54);
		p[20] = 59; /* no next header */
		p[21] = 64;
		in6_store(p + 22, src.a_v6);
		in6_store(p + 38, dst.a_v6);
		return;
	}
	st16be(p + 12, 0x0800);
	p[14] = 0x45;
	st16be(p + 16, FRAME - 14);
	p[22] = 64;
	p[23] = 17;
	st32be(p + 26, src.a_v4);
	st32be(p + 30, dst.a_v4);
	st16be(p + 24, in_cksum(p + 14, 20));
}

struct bench {
	struct spate *b_router;
	struct spate *b_tester;
	struct ifnet *b_in;   /* tester's */
	struct ifnet *b_out;  /* tester's */
	uint8_t b_frame[FRAME];
	uint64_t b_cycles;
	uint64_t b_packets;
};

static void ON_CPU
offer(struct bench *b)
{
	struct cpu *c = b->b_tester->sp_cpu[0];
	struct mbuf *mm[BURST];
	unsigned i, n;

	curcpu = c;
	n = m_alloc_bulk(c, mm, BURST);
	for (i = 0; i < n; i++) {
		memcpy(mm[i]->m_data, b->b_frame, FRAME);
		mm[i]->m_len = mm[i]->m_pktlen = FRAME;
	}
	i = dev_pair.do_tx(c, &b->b_in->if_txq[0], mm, n);
	m_free_bulk(c, mm + i, n - i);
	dev_pair.do_kick(c, &b->b_in->if_txq[0]);
}

static void ON_CPU
collect(struct bench *b)
{
	struct cpu *c = b->b_tester->sp_cpu[0];
	struct mvec mv = { .mv_n = 0 };

	curcpu = c;
	dev_pair.do_rx(c, &b->b_out->if_rxq[0], &mv, MVEC_MAX);
	b->b_packets += mv.mv_n;
	m_free_bulk(c, mv.mv_m, mv.mv_n);
}

static void ON_CPU
run(struct bench *b, uint64_t packets)
{
	struct cpu *c = b->b_router->sp_cpu[0];
	uint64_t began;

	b->b_cycles = b->b_packets = 0;
	while (b->b_packets < packets) {
		uint64_t had = b->b_packets;

		offer(b);
		curcpu = c;
		began = cycles();
		cpu_round(c);
		b->b_cycles += cycles() - began;
		collect(b);
		if (b->b_packets == had)
			errx(1, "the router forwards nothing");
	}
	curcpu = NULL;
}

/* Of one run: what each stage took for a packet; its counters start anew. */
static void
take_stages(struct cpu *c, double *took)
{
	unsigned st;

	for (st = 0; st < ST_N; st++) {
		struct path_stage *ps = &c->c_path->p_stage[st];
		uint64_t n = stat_cell_read(&ps->ps_packets);

		took[st] = n > 0 ?
		    (double)stat_cell_read(&ps->ps_cycles) / (double)n : 0;
		ps->ps_packets = ps->ps_cycles = 0;
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of v[0], v[stride], …; n of them. */
static double
median(const double *v, unsigned n, unsigned stride)
{
	double sorted[RUNS];
	unsigned i;

	for (i = 0; i < n; i++)
		sorted[i] = v[i * stride];
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[n / 2];
}

static void
report(bool six, const double *whole, double stages[RUNS][ST_N])
{
	double sum = 0, one;
	unsigned st;

	printf("forward %s, 64 bytes, pair to pair, hot, 1 CPU\n",
	    six ? "IPv6" : "IPv4");
	for (st = 0; st < ST_N; st++) {
		if ((one = median(&stages[0][st], RUNS, ST_N)) == 0)
			continue;
		printf("  %-20s %7.1f cycles/packet\n", path_names[st], one);
		sum += one;
	}
	one = median(whole, RUNS, 1);
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
	struct spate *sp = b->b_router;
	double with[RUNS], without[RUNS];
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < RUNS; i++) {
		run(b, packets / RUNS);
		without[i] = (double)b->b_cycles / (double)b->b_packets;
		if (capture_publish(sp, cap) != 0)
			errx(1, "no memory");
		run(b, packets / RUNS);
		with[i] = (double)b->b_cycles / (double)b->b_packets;
		capture_withdraw(sp, cap, withdrawn);
		turn(sp);
	}
	printf("  %-20s %7.1f cycles/packet, without %.1f: "
	    "%.3f of the rate, goal 0.9\n", where, median(with, RUNS, 1),
	    median(without, RUNS, 1),
	    median(without, RUNS, 1) / median(with, RUNS, 1));
}

static void ON_CTL
capture_report(struct bench *b, uint64_t packets, const char *text)
{
	struct capture *cap = capture_create(b->b_router,
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

int
main(int argc, char **argv)
{
	struct pair_conf pc = { .pc_seed = 1 };
	struct bench b = { 0 };
	struct pair *near, *far;
	struct ifnet *rin, *rout;
	uint64_t packets = 4000000;
	const char *filter = NULL;
	bool six = false;
	static double whole[RUNS], stages[RUNS][ST_N];
	int ch, i;

	role_enter(&on_ctl);
	role_enter(&on_cpu);
	while ((ch = getopt(argc, argv, "6f:n:")) != -1)
		if (ch == '6')
			six = true;
		else if (ch == 'f')
			filter = optarg;
		else if (ch == 'n')
			packets = strtoull(optarg, NULL, 10);
		else
			errx(2, "usage: forward [-6] [-f filter] [-n packets]");
	if (pair_create(&pc, &near) != 0 || pair_create(&pc, &far) != 0)
		errx(1, "no memory");
	b.b_router = instance("router");
	b.b_tester = instance("tester");
	b.b_in = attach(b.b_tester, "in", near, 0);
	b.b_out = attach(b.b_tester, "out", far, 0);
	rin = attach(b.b_router, "in", near, 1);
	rout = attach(b.b_router, "out", far, 1);
	pair_destroy(near);
	pair_destroy(far);
	give_route(b.b_router, rout, six);
	make_frame(b.b_frame, rin, six);
	for (i = 0; i < 10; i++) {
		turn(b.b_tester);
		turn(b.b_router);
	}
	run(&b, packets / 10);
	if (filter != NULL) {
		capture_report(&b, packets, filter);
		goto done;
	}
	for (i = 0; i < RUNS; i++) {
		run(&b, packets / RUNS);
		whole[i] = (double)b.b_cycles / (double)b.b_packets;
	}
	sysctl_set(&b.b_router->sp_sysctl, "net.isr.cycles", "1", NULL, 0);
	take_stages(b.b_router->sp_cpu[0], stages[0]);
	for (i = 0; i < RUNS; i++) {
		run(&b, packets / RUNS);
		take_stages(b.b_router->sp_cpu[0], stages[i]);
	}
	report(six, whole, stages);
done:
	spate_destroy(b.b_router);
	spate_destroy(b.b_tester);
	return 0;
}
