/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles per packet of the forwarding path, receive to transmit, with the
 * wire: one CPU forwards 64-byte frames out of an interface whose link leads
 * back to itself, so that the same packets come round and round.  That is how
 * DPDK's l3fwd runs on a ring device.
 *
 * hot: 256 packets under way, 512 addresses in 16 networks, each by a gateway
 * of its own.  cold (-c): 65,536 packets to random destinations in a table
 * like the Internet's (routes: -r) by 500 gateways, so that each packet finds
 * nothing of its own in the caches.
 *
 * Packets get their TTL back between runs, outside of what is counted.  The
 * figure is the median of the runs; the least of them, which is what it takes
 * while nobody else disturbs the machine, stands beside it.
 *
 * With -f (which means -c) they go to so many addresses; if those are more than
 * the packets, to others in each lap.  With several -s the runs with each of
 * the settings alternate, -t turns of them, and each has its line.  What a turn
 * counts begins when four times as many packets as there are addresses have
 * passed with the setting: 98 of 100 addresses have been seen by then.
 *
 * usage: loop [-6c] [-f flows] [-n packets] [-r routes]
 *	[-s name=value[,name=value]] ... [-t turns]
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
#include "gen/tpl.h"
#include "ip/ip_parse.h"
#include "mbuf/in_cksum.h"
#include "micro/bgp.h"
#include "path.h"
#include "route/neigh.h"
#include "route/route.h"

#define RUNS 200
#define NETS 16 /* hot: networks */
#define DSTS 512 /* hot: addresses */

#define HOT_PACKETS  256
#define COLD_PACKETS 65536
#define COLD_NHOPS   500
#define TTL	     64
#define AWAY	     (1u << 18) /* cycles of no round: somebody else's */
#define KEY	     0x5350 /* of packets' signatures */
#define SETTINGS     8
#define TURNS_MAX    64 /* with each, if there are several */

struct loop {
	struct spate *l_sp;
	struct ifnet *l_if;
	bool l_six;
	bool l_cold;
	unsigned l_packets; /* under way */
	unsigned l_routes;
	unsigned l_flows; /* destinations; 0: as many as packets */
	char *l_set[SETTINGS]; /* name=value,name=value */
	unsigned l_nset;
	unsigned l_turns;
	struct rnd l_rnd;
	struct rnd l_pick;
	struct bgp_route *l_bgp;
	const char *l_name; /* of files; NULL: there are none */
};

static FILE *
file_open(const struct loop *l, const char *what)
{
	char name[300];
	FILE *f;

	snprintf(name, sizeof(name), "%s.%s", l->l_name, what);
	if ((f = fopen(name, "we")) == NULL)
		err(1, "%s", name);
	return f;
}

static struct cpu *
enter(struct loop *l)
{
	role_enter(&on_cpu);
	curcpu = l->l_sp->sp_cpu[0];
	return curcpu;
}

static void ON_CTL
attach(struct loop *l)
{
	struct pair_conf pc = { .pc_seed = 1, .pc_loop = true,
		.pc_ring = COLD_PACKETS };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct pair *link;
	char error[200];

	if (pair_create(&pc, &link) != 0)
		errx(1, "no memory");
	dc.dc_pair = pair_end(link, 0);
	if (if_attach(l->l_sp->sp_ctl, "loop", &dev_pair, &dc, &l->l_if, error,
		sizeof(error)) != 0)
		errx(1, "%s", error);
	if_set_up(l->l_sp->sp_ctl, l->l_if, true);
	pair_destroy(link);
}

/* The n-th gateway, which is this interface itself. */
static struct nhop ON_CTL
gateway(struct loop *l, unsigned n)
{
	struct nhop nh = { .nh_type = NH_GATEWAY,
		.nh_ifindex = l->l_if->if_index, .nh_mtu = l->l_if->if_mtu };

	addr_parse(&nh.nh_gw, l->l_six ? "2001:db8:ff::" : "203.0.112.0");
	if (l->l_six)
		nh.nh_gw.a_v6.i6_lo += n;
	else
		nh.nh_gw.a_v4 += n;
	return nh;
}

static void ON_CTL
neighbour(struct loop *l, unsigned n)
{
	struct nhop nh = gateway(l, n);

	if (neigh_add(l->l_sp->sp_ctl, l->l_if, &nh.nh_gw, l->l_if->if_mac) !=
	    0)
		errx(1, "no memory");
}

static void ON_CTL
route(struct loop *l, const struct prefix *p, unsigned gw)
{
	struct nhop nh = gateway(l, gw);

	if (route_add(l->l_sp->sp_ctl, 0, p, RP_STATIC, 0, &nh) != 0)
		errx(1, "a route is refused");
}

/* The n-th network of the hot table, and an address in it. */
static struct prefix
hot_net(const struct loop *l, unsigned n)
{
	struct prefix p;

	prefix_parse(&p, l->l_six ? "2001:db8:1000::/48" : "198.18.0.0/24");
	if (l->l_six)
		p.p_addr.a_v6.i6_hi += (uint64_t)n << 16;
	else
		p.p_addr.a_v4 += n << 8;
	return p;
}

static struct addr
destination(struct loop *l, unsigned n)
{
	struct prefix p;
	const struct bgp_route *br;

	if (l->l_cold) {
		struct addr a;

		do { /* some have routes, and yet nothing goes there */
			br = &l->l_bgp[rnd_below(&l->l_rnd, l->l_routes)];
			a = bgp_host(&br->br_prefix, &l->l_rnd);
		} while (!l->l_six && !ip_is_plain(a.a_v4));
		return a;
	}
	p = hot_net(l, n % NETS);
	n = n % DSTS / NETS;
	if (l->l_six)
		p.p_addr.a_v6.i6_lo += 1 + n;
	else
		p.p_addr.a_v4 += 1 + n;
	return p.p_addr;
}

static void ON_CTL
routes(struct loop *l)
{
	unsigned i;

	for (i = 0; i < (l->l_cold ? COLD_NHOPS : NETS); i++)
		neighbour(l, i);
	if (l->l_cold) {
		l->l_bgp = bgp_make(l->l_six ? ADDR_V6 : ADDR_V4, l->l_routes,
		    COLD_NHOPS, &l->l_rnd);
		for (i = 0; i < l->l_routes; i++)
			route(l, &l->l_bgp[i].br_prefix,
			    l->l_bgp[i].br_nhop % COLD_NHOPS);
	} else {
		for (i = 0; i < NETS; i++) {
			struct prefix p = hot_net(l, i);

			route(l, &p, i);
		}
	}
	if (route_publish(l->l_sp->sp_ctl) != 0)
		errx(1, "no memory");
}

/* The table as text. */
static void
routes_write(const struct loop *l)
{
	FILE *f = file_open(l, "routes");
	char text[PREFIX_STRLEN];
	unsigned i;

	for (i = 0; i < (l->l_cold ? l->l_routes : NETS); i++) {
		struct prefix p = l->l_cold ? l->l_bgp[i].br_prefix :
		    hot_net(l, i);

		fprintf(f, "%s\n", prefix_format(&p, text));
	}
	if (fclose(f) != 0)
		err(1, "%s.routes", l->l_name);
}

static void
ttl_back(const struct loop *l, uint8_t *p)
{
	if (l->l_six) {
		p[21] = TTL;
		return;
	}
	p[22] = TTL;
	st16be(p + 24, 0);
	st16be(p + 24, in_cksum(p + 14, 20));
}

/* UDP in the smallest frames there are, each a flow to its destination. */
static struct tpl *
make_template(struct loop *l)
{
	static const uint8_t from[MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
	struct in6 *dst = calloc(l->l_packets, sizeof(*dst));
	const struct tpl_vary vary = { .tv_field = TPL_F_DST,
		.tv_op = TPL_LIST, .tv_byflow = true, .tv_list = dst,
		.tv_nlist = l->l_packets };
	struct tpl_conf tc = { .tc_plain = l->l_six, .tc_ttl = TTL,
		.tc_flows = l->l_packets, .tc_vary = &vary, .tc_nvary = 1 };
	char error[TPL_ERRLEN], text[ADDR_STRLEN];
	FILE *f = l->l_name != NULL ? file_open(l, "packets") : NULL;
	struct tpl *tp;
	unsigned i;

	if (dst == NULL)
		errx(1, "no memory");
	addr_parse(&tc.tc_src, l->l_six ? "2001:db8:1::7" : "192.0.2.7");
	for (i = 0; i < l->l_packets; i++) {
		tc.tc_dst = destination(l, i);
		if (f != NULL)
			fprintf(f, "%s\n", addr_format(&tc.tc_dst, text));
		dst[i] = l->l_six ? tc.tc_dst.a_v6 :
		    (struct in6){ 0, tc.tc_dst.a_v4 };
	}
	if (f != NULL && fclose(f) != 0)
		err(1, "%s.packets", l->l_name);
	memcpy(tc.tc_dst_mac, l->l_if->if_mac, MAC_LEN);
	memcpy(tc.tc_src_mac, from, MAC_LEN);
	if (tpl_create(&tc, &tp, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	free(dst);
	return tp;
}

/* As if they had been sent. */
static void
send(struct loop *l, struct mbuf **mm, unsigned n)
{
	struct cpu *c = enter(l);

	if (dev_pair.do_tx(c, &l->l_if->if_txq[0], mm, n) != n)
		errx(1, "the link is full");
	dev_pair.do_kick(c, &l->l_if->if_txq[0]);
}

static void
offer(struct loop *l)
{
	struct tpl *tp = make_template(l);
	struct tpl_cursor cursor;
	struct mbuf *m;
	uint16_t sigoff;
	uint32_t len;
	unsigned i;

	tpl_cursor_init(&cursor, tp, 0, 0, 1);
	for (i = 0; i < l->l_packets; i++) {
		if ((m = m_alloc(enter(l))) == NULL)
			errx(1, "no buffers");
		tpl_fill(&cursor, KEY, &m->m_data, &len, &sigoff, 1);
		m->m_len = m->m_pktlen = len;
		send(l, &m, 1);
	}
	tpl_destroy(tp);
}

/* The packet goes to any of l_flows addresses. */
static void
redirect(struct loop *l, uint8_t *p)
{
	uint64_t flow = rnd_below(&l->l_pick, l->l_flows);
	struct addr dst;

	rnd_seed(&l->l_rnd, flow);
	dst = destination(l, 0);
	if (l->l_six)
		in6_store(p + 38, dst.a_v6);
	else
		st32be(p + 30, dst.a_v4);
}

/* All packets that are under way get their TTL back; none is missing. */
static void
refresh(struct loop *l)
{
	struct mvec mv;
	unsigned i, n;

	for (n = 0; n < l->l_packets; n += mv.mv_n) {
		mv.mv_n = 0;
		dev_pair.do_rx(
		    enter(l), &l->l_if->if_rxq[0], &mv, MVEC_MAX / 2);
		if (mv.mv_n == 0)
			errx(1, "%u of %u packets are left", n, l->l_packets);
		for (i = 0; i < mv.mv_n; i++) {
			if (l->l_flows != 0)
				redirect(l, mv.mv_m[i]->m_data);
			ttl_back(l, mv.mv_m[i]->m_data);
		}
		send(l, mv.mv_m, mv.mv_n);
	}
	curcpu = NULL;
	role_enter(&on_ctl);
	ctl_round(l->l_sp->sp_ctl);
}

static uint64_t
sent(const struct loop *l)
{
	return stat_cell_read(&l->l_if->if_txq[0].txq_packets);
}

/*
 * So many packets, or somewhat more; cycles for each.  A round during which the
 * machine was elsewhere is not counted.
 */
static double
run(struct loop *l, uint64_t packets)
{
	struct cpu *c = l->l_sp->sp_cpu[0];
	uint64_t took = 0, began = sent(l), lap, from, n = 0;

	while (sent(l) - began < packets) {
		refresh(l);
		enter(l);
		lap = l->l_packets;
		if (l->l_flows <= l->l_packets)
			lap = u64min(packets, lap * (TTL - 2));
		from = sent(l);
		while (sent(l) - from < lap) {
			uint64_t before = sent(l), at = cycles();

			cpu_round(c);
			at = cycles() - at;
			if (at < AWAY) {
				took += at;
				n += sent(l) - before;
			}
			if (c->c_work == 0)
				errx(1, "the router forwards nothing");
		}
	}
	return n > 0 ? (double)took / (double)n : 0;
}

static void
stages(struct loop *l, uint64_t packets)
{
	struct cpu *c = l->l_sp->sp_cpu[0];
	static double took[ST_N][RUNS];
	unsigned i, st;

	run(l, packets / RUNS);
	for (st = 0; st < ST_N; st++)
		c->c_path->p_stage[st].ps_packets = c->c_path->p_stage[st]
							.ps_cycles = 0;
	for (i = 0; i < RUNS; i++) {
		run(l, packets / RUNS);
		for (st = 0; st < ST_N; st++) {
			struct path_stage *ps = &c->c_path->p_stage[st];
			uint64_t n = stat_cell_read(&ps->ps_packets);

			took[st][i] = n > 0 ?
			    (double)stat_cell_read(&ps->ps_cycles) / (double)n :
			    0;
			ps->ps_packets = ps->ps_cycles = 0;
		}
	}
	for (st = 0; st < ST_N; st++) {
		double mid = median(took[st], RUNS);

		if (mid > 0)
			printf("  %-20s %7.1f, least %.1f\n", path_names[st],
			    mid, took[st][0]);
	}
}

static void ON_CTL
set(struct loop *l, const char *name, const char *value)
{
	char error[200];

	if (sysctl_set(&l->l_sp->sp_sysctl, name, value, error,
		sizeof(error)) != 0)
		errx(2, "%s", error);
}

/* name=value,name=value */
static void ON_CTL
set_all(struct loop *l, const char *settings)
{
	char *all = strdup(settings), *at = all, *one, *value;

	if (all == NULL)
		errx(1, "no memory");
	while ((one = strsep(&at, ",")) != NULL) {
		if ((value = strchr(one, '=')) == NULL)
			errx(2, "\"%s\" is not name=value", one);
		*value++ = '\0';
		set(l, one, value);
	}
	free(all);
}

static void ON_CTL
create(struct loop *l)
{
	l->l_packets = l->l_cold ? COLD_PACKETS : HOT_PACKETS;
	rnd_seed(&l->l_rnd, 1);
	rnd_seed(&l->l_pick, 1);
	l->l_sp = bench_instance("loop", 1, l->l_packets + 1024);
	attach(l);
	routes(l);
}

/* Each setting in the table of all benchmarks, beside the first. */
static void
compare_row(const struct loop *l, const char *set, struct bench_figure is,
    struct bench_figure peer)
{
	char what[160];

	snprintf(what, sizeof(what), "IPv%u, %u addresses, %u routes: %s",
	    l->l_six ? 6 : 4, l->l_flows != 0 ? l->l_flows : l->l_packets,
	    l->l_routes, set);
	bench_row(&(struct bench_row){ .br_bench = "path/flows",
		.br_what = what, .br_unit = "cycles/packet", .br_spate = is,
		.br_peer = peer, .br_peername = l->l_set[0],
		.br_goalis = BENCH_NO_MORE });
}

/* Each of several settings in turn, over and over. */
static void
compare(struct loop *l, uint64_t packets)
{
	static double took[SETTINGS][TURNS_MAX], of[SETTINGS][TURNS_MAX];
	uint64_t warm = u64max(4ull * l->l_flows, 2ull * l->l_packets);
	struct bench_figure first, is;
	unsigned i, s;

	if (l->l_flows <= l->l_packets)
		warm = 8ull * l->l_packets;
	for (i = 0; i < l->l_turns; i++)
		for (s = 0; s < l->l_nset; s++) {
			curcpu = NULL;
			role_enter(&on_ctl);
			set_all(l, l->l_set[s]);
			run(l, warm);
			took[s][i] = run(l, packets / l->l_turns);
			of[s][i] = took[s][i] / took[0][i];
		}
	printf("loop IPv%u: %u packets to %u addresses, %u routes, %u turns\n",
	    l->l_six ? 6 : 4, l->l_packets,
	    l->l_flows != 0 ? l->l_flows : l->l_packets, l->l_routes,
	    l->l_turns);
	first = bench_figure(took[0], l->l_turns);
	for (s = 0; s < l->l_nset; s++) {
		is = bench_figure(took[s], l->l_turns);
		printf("  %7.1f cycles/packet, least %.1f, of the first %.3f: "
		       "%s\n", is.bf_median, is.bf_min,
		    median(of[s], l->l_turns), l->l_set[s]);
		if (s > 0)
			compare_row(l, l->l_set[s], is, first);
	}
}

/* Runs as they are asked for. */
static void
obey(struct loop *l)
{
	unsigned long long packets;

	while (scanf("%llu", &packets) == 1) {
		printf("%.3f\n", run(l, packets));
		fflush(stdout);
	}
}

static void
report(struct loop *l, uint64_t packets)
{
	static double took[RUNS];
	double goal = l->l_six ? (l->l_cold ? 120 : 55) : l->l_cold ? 90 : 40;
	char what[32];
	double mid;
	unsigned i;

	run(l, packets / 10);
	for (i = 0; i < RUNS; i++)
		took[i] = run(l, packets / RUNS);
	mid = median(took, RUNS);
	snprintf(what, sizeof(what), "IPv%u, %s", l->l_six ? 6 : 4,
	    l->l_cold ? "cold" : "hot");
	bench_row(&(struct bench_row){ .br_bench = "path/loop",
		.br_what = what, .br_unit = "cycles/packet",
		.br_spate = bench_figure(took, RUNS),
		.br_goalis = BENCH_AT_MOST, .br_goal = goal });
	printf("loop IPv%u, %u bytes, %s: %u packets, %u routes\n",
	    l->l_six ? 6 : 4, l->l_six ? 66 : 64, l->l_cold ? "cold" : "hot",
	    l->l_packets, l->l_cold ? l->l_routes : NETS);
	printf("  %-20s %7.1f cycles/packet, least %.1f; goal %.0f\n", "whole",
	    mid, took[0], goal);
}

int
main(int argc, char **argv)
{
	static struct loop l = { .l_turns = 9 };
	uint64_t packets = 4000000;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "6cf:i:n:r:s:t:")) != -1)
		switch (ch) {
		case '6':
			l.l_six = true;
			break;
		case 'c':
			l.l_cold = true;
			break;
		case 'f':
			l.l_flows = (unsigned)strtoul(optarg, NULL, 10);
			l.l_cold = true;
			break;
		case 'i':
			l.l_name = optarg;
			break;
		case 'n':
			packets = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			l.l_routes = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			if (l.l_nset == SETTINGS)
				errx(2, "at most %u settings", SETTINGS);
			l.l_set[l.l_nset++] = optarg;
			break;
		case 't':
			l.l_turns = (unsigned)strtoul(optarg, NULL, 10);
			if (l.l_turns < 1 || l.l_turns > TURNS_MAX)
				errx(2, "turns: 1 to %u", TURNS_MAX);
			break;
		default:
			errx(2,
			    "usage: loop [-6c] [-f flows] [-n packets] "
			    "[-r routes] [-i NAME] [-s name=value,...] ... "
			    "[-t turns]");
		}
	if (l.l_routes == 0)
		l.l_routes = l.l_six ? 250000 : 1000000;
	create(&l);
	if (l.l_nset == 1)
		set_all(&l, l.l_set[0]);
	offer(&l);
	if (l.l_name != NULL) {
		routes_write(&l);
		obey(&l);
	} else if (l.l_nset > 1) {
		compare(&l, packets);
	} else {
		report(&l, packets);
		role_enter(&on_ctl);
		set(&l, "net.isr.cycles", "1");
		stages(&l, packets);
	}
	curcpu = NULL;
	role_enter(&on_ctl);
	spate_destroy(l.l_sp);
	free(l.l_bgp);
	return 0;
}
