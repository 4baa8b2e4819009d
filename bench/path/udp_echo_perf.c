/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles per datagram of UDP echo on one CPU, in the run-to-completion form:
 * from the link's receive queue to its transmit queue, what is bound and what
 * is connected.
 *
 * Datagrams of a few flows come by a pair link; its far end belongs to a second
 * instance, whose driver is called by hand and not in the figures.  What is
 * counted is whole rounds; the figure is the median of many short runs.
 *
 * usage: udp_echo [-n datagrams]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench.h"
#include "base/cycles.h"
#include "dev/dev.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "if/if.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"
#include "path.h"
#include "route/neigh.h"
#include "route/route.h"
#include "udp/udp.h"

#define RUNS  200
#define FLOWS 16
#define BURST 64
#define PORT  7
#define ETHER 14u
#define HOST  0x0a000001u /* 10.0.0.1, and the peer is .2 */

struct echo {
	struct spate *e_sp;
	struct spate *e_far;
	struct ifnet *e_if;
	struct ifnet *e_farif;
	struct udpcb e_pcb[FLOWS];
	struct in_here e_here[1];
	unsigned e_busy;
	unsigned e_len; /* of a frame */
	uint8_t e_frame[FLOWS][600];
};

static void
echo_input(struct cpu *c, struct udpcb *ucb, void **here, struct mbuf **mm,
    unsigned n)
{
	unsigned i;

	role_enter(&on_cpu);
	(void)ucb;
	(void)here;
	for (i = 0; i < n; i++)
		udp_reply(c, mm[i], false);
}

static const struct udp_ops echo_ops = {
	.uo_name = "echo",
	.uo_input = echo_input,
};

static void
answered(struct endpoint *ep, const struct udp_op *op)
{
	struct echo *e = op->uop_arg;

	(void)ep;
	if (op->uop_error != 0)
		errx(1, "%s", strerror(op->uop_error));
	e->e_busy--;
}

static struct ifnet *ON_CTL
attach(struct spate *sp, struct pair *link, unsigned side)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(link, side) };
	struct ifnet *ifp;
	char error[200];

	if (if_attach(sp->sp_ctl, "link", &dev_pair, &dc, &ifp, error,
		sizeof(error)) != 0)
		errx(1, "%s", error);
	if_set_up(sp->sp_ctl, ifp, true);
	return ifp;
}

static void ON_CTL
turn(struct echo *e)
{
	struct spate *sp[] = { e->e_far, e->e_sp };
	unsigned i;

	for (i = 0; i < 2; i++) {
		role_enter(&on_cpu);
		curcpu = sp[i]->sp_cpu[0];
		cpu_round(curcpu);
		curcpu = NULL;
		ctl_round(sp[i]->sp_ctl);
	}
}

static void ON_CTL
link_up(struct echo *e)
{
	static const uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 0, 2 };
	struct ifaddr ifa = { .ifa_addr = addr_v4(HOST), .ifa_plen = 24 };
	struct pair_conf pc = { .pc_seed = 2 };
	struct addr peer = addr_v4(HOST + 1);
	struct pair *link;

	pc.pc_side[0].ps_queues = pc.pc_side[1].ps_queues = 1;
	if (pair_create(&pc, &link) != 0)
		errx(1, "no memory");
	e->e_farif = attach(e->e_far, link, 0);
	e->e_if = attach(e->e_sp, link, 1);
	pair_destroy(link);
	turn(e);
	if (if_addr_set(e->e_sp->sp_ctl, e->e_if, &ifa) != 0 ||
	    route_address(e->e_sp->sp_ctl, e->e_if, &ifa, true) != 0 ||
	    route_publish(e->e_sp->sp_ctl) != 0 ||
	    neigh_add(e->e_sp->sp_ctl, e->e_if, &peer, mac) != 0)
		errx(1, "no memory");
	turn(e);
}

static void
make_frame(struct echo *e, unsigned flow)
{
	uint8_t *p = e->e_frame[flow];
	struct ip_wire *ip = (void *)(p + ETHER);
	struct udp_wire *uh = (void *)(ip + 1);
	unsigned len = e->e_len - ETHER - IP_HLEN;

	memset(p, 0, sizeof(e->e_frame[flow]));
	memcpy(p, e->e_if->if_mac, MAC_LEN);
	p[6] = 2;
	p[11] = 2;
	st16be(p + 12, 0x0800);
	*ip = (struct ip_wire){ .ip_vhl = 0x45, .ip_ttl = 64,
		.ip_p = IPP_UDP };
	st16be(ip->ip_len, (uint16_t)(IP_HLEN + len));
	st32be(ip->ip_src, HOST + 1);
	st32be(ip->ip_dst, HOST);
	st16be(ip->ip_sum, in_cksum(ip, IP_HLEN));
	st16be(uh->uh_sport, (uint16_t)(5000 + flow));
	st16be(uh->uh_dport, PORT);
	st16be(uh->uh_len, (uint16_t)len);
	st16be(uh->uh_sum,
	    in_cksum_fold(in_cksum_add(uh, len,
		in_cksum_pseudo(HOST + 1, HOST, IPP_UDP, (uint16_t)len))));
}

/* One bound end point for all flows, or one connected for each. */
static void ON_CTL
open_ends(struct echo *e, bool connected)
{
	struct in_key ik = { .ik_lport = PORT, .ik_plen = IN_PLEN_MAX,
		.ik_laddr = in6_mapped(HOST),
		.ik_faddr = in6_mapped(HOST + 1) };
	struct endpoint *ep = &e->e_sp->sp_ctl->ctl_ep;
	struct addr any = addr_v4(0);
	unsigned i;

	e->e_busy = connected ? FLOWS : 1;
	for (i = 0; i < e->e_busy; i++) {
		udp_init(e->e_sp, &e->e_pcb[i], &echo_ops, e->e_here, 0, 0);
		ik.ik_fport = (uint16_t)(5000 + i);
		if (connected) {
			udp_connect(ep, &e->e_pcb[i], &ik, answered, e);
			continue;
		}
		ik = (struct in_key){ .ik_lport = PORT };
		in_key_bind(&ik, &any, 0);
		udp_bind(ep, &e->e_pcb[i], &ik, answered, e);
	}
	while (e->e_busy > 0)
		turn(e);
}

static void ON_CTL
close_ends(struct echo *e, bool connected)
{
	struct endpoint *ep = &e->e_sp->sp_ctl->ctl_ep;
	unsigned i;

	e->e_busy = connected ? FLOWS : 1;
	for (i = 0; i < (connected ? FLOWS : 1u); i++)
		udp_close(ep, &e->e_pcb[i], answered, e);
	while (e->e_busy > 0)
		turn(e);
}

static void ON_CPU
offer(struct echo *e)
{
	struct cpu *c = curcpu = e->e_far->sp_cpu[0];
	struct mbuf *mm[BURST];
	unsigned i, n = m_alloc_bulk(c, mm, BURST);

	for (i = 0; i < n; i++) {
		memcpy(mm[i]->m_data, e->e_frame[i % FLOWS], e->e_len);
		mm[i]->m_len = mm[i]->m_pktlen = e->e_len;
	}
	if (dev_pair.do_tx(c, &e->e_farif->if_txq[0], mm, n) != n)
		errx(1, "more was offered than the link holds");
	dev_pair.do_kick(c, &e->e_farif->if_txq[0]);
}

static unsigned ON_CPU
collect(struct echo *e)
{
	struct cpu *c = curcpu = e->e_far->sp_cpu[0];
	struct mvec mv = { .mv_n = 0 };

	dev_pair.do_rx(c, &e->e_farif->if_rxq[0], &mv, MVEC_MAX);
	if (mv.mv_n > 0 && (mv.mv_m[0]->m_pktlen != e->e_len ||
		ld32be(mv.mv_m[0]->m_data + ETHER + 16) != HOST + 1))
		errx(1, "what came back is no echo");
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	mpool_run(c);
	return mv.mv_n;
}

static double ON_CPU
run(struct echo *e, uint64_t datagrams)
{
	uint64_t n = 0, spent = 0, t;
	unsigned got;

	while (n < datagrams) {
		offer(e);
		curcpu = e->e_sp->sp_cpu[0];
		t = cycles();
		cpu_round(curcpu);
		spent += cycles() - t;
		if ((got = collect(e)) == 0)
			errx(1, "nothing comes back");
		n += got;
	}
	curcpu = NULL;
	return (double)spent / (double)n;
}

/* Cycles of cycles() a second. */
static double
rate(void)
{
	uint64_t t = bench_ns(), c = cycles();

	while (bench_ns() - t < 50000000)
		;
	return (double)(cycles() - c) * 1e9 / (double)(bench_ns() - t);
}

static void ON_CTL
measure(struct echo *e, unsigned len, bool connected, uint64_t datagrams,
    double hz)
{
	struct bench_row row = { .br_bench = "path/udp_echo",
		.br_unit = "Mpps", .br_goalis = BENCH_AT_LEAST, .br_goal = 5 };
	double took[RUNS], mpps[RUNS], mid;
	char what[64];
	unsigned i;

	e->e_len = len;
	for (i = 0; i < FLOWS; i++)
		make_frame(e, i);
	open_ends(e, connected);
	role_enter(&on_cpu);
	run(e, datagrams / 10);
	for (i = 0; i < RUNS; i++) {
		took[i] = run(e, datagrams / RUNS);
		mpps[i] = hz / took[i] / 1e6;
	}
	snprintf(what, sizeof(what), "UDP echo, %u-byte frames, %s", len,
	    connected ? "connected" : "bound");
	row.br_what = what;
	row.br_spate = bench_figure(mpps, RUNS);
	bench_row(&row);
	mid = median(took, RUNS);
	printf("  %-44s %7.1f cycles %7.2f Mpps, goal 5\n", what, mid,
	    hz / mid / 1e6);
	close_ends(e, connected);
}

int
main(int argc, char **argv)
{
	static struct echo e;
	uint64_t datagrams = 4000000;
	double hz;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "n:")) != -1)
		if (ch == 'n')
			datagrams = strtoull(optarg, NULL, 10);
		else
			errx(2, "usage: udp_echo [-n datagrams]");
	e.e_sp = bench_instance("echo", 1, 2048);
	e.e_far = bench_instance("far", 1, 2048);
	link_up(&e);
	hz = rate();
	printf("UDP echo, pair to pair, run to completion, 1 CPU\n");
	measure(&e, 64, false, datagrams, hz);
	measure(&e, 64, true, datagrams, hz);
	measure(&e, 510, false, datagrams, hz);
	measure(&e, 510, true, datagrams, hz);
	spate_destroy(e.e_sp);
	spate_destroy(e.e_far);
	return 0;
}
