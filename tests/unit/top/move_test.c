/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buckets move on real threads, all to one CPU and back, again and again,
 * while flows are forwarded: nothing is lost, and no flow is reordered.
 *
 *	tester -- in, 1 queue -- router, CPUs that are threads -- out -- tester
 *
 * The tester's drivers are called by hand in the test's thread, which is also
 * the router's ctl.  No more packets are under way than every queue takes.
 * The router sends by one queue: a receiver cannot tell in which order frames
 * left by two.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dev/dev.h"
#include "mbuf/in_cksum.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "route/neigh.h"
#include "route/route.h"
#include "spate.h"
#include "wire.h"

#define CPUS   3
#define FLOWS  64
#define TIMES  100 /* to one CPU, and back */
#define BURST  16
#define FLYING 192 /* packets under way */
#define FRAME  60
#define NUMBER 42 /* offset of a packet's number: behind UDP's header */
#define STUCK  60 /* seconds without progress */

struct lab {
	struct engine *l_engine;
	struct spate *l_router;
	struct spate *l_tester;
	struct pair *l_pair[2];
	struct ifnet *l_in; /* the tester's ends */
	struct ifnet *l_out;
	uint8_t l_frame[FRAME];
	uint32_t l_sent[FLOWS];
	uint32_t l_next[FLOWS];
	uint64_t l_nsent;
	uint64_t l_ngot;
	uint64_t l_wrong; /* out of order */
	uint64_t l_had; /* of l_ngot, at l_since by ctl's clock */
	uint64_t l_since;
	unsigned l_turn;
	unsigned l_moved; /* moves that are done */
};

static uint64_t
tester_now(void *arg)
{
	return NS_S;
}

static void
tester_wait(void *arg, struct endpoint *ep, uint64_t until)
{
}

static void
tester_wake(void *arg, struct endpoint *ep)
{
}

static void
give_route(struct spate *sp, struct ifnet *out)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct prefix dst;
	struct nhop nh = { .nh_type = NH_GATEWAY,
		.nh_ifindex = out->if_index, .nh_mtu = out->if_mtu };

	assert_int_equal(prefix_parse(&dst, "198.51.100.0/24"), 0);
	assert_int_equal(addr_parse(&nh.nh_gw, "203.0.113.2"), 0);
	assert_int_equal(
	    route_add(sp->sp_ctl, 0, &dst, RP_STATIC, 0, &nh), 0);
	assert_int_equal(route_publish(sp->sp_ctl), 0);
	assert_int_equal(neigh_add(sp->sp_ctl, out, &nh.nh_gw, mac), 0);
}

/* But for its flow and number. */
static void
make_frame(uint8_t *p, const struct ifnet *to)
{
	struct addr src, dst;

	memset(p, 0, FRAME);
	memcpy(p, to->if_mac, 6);
	p[6] = 2;
	st16be(p + 12, 0x0800);
	p[14] = 0x45;
	st16be(p + 16, FRAME - 14);
	p[22] = 64;
	p[23] = 17;
	assert_int_equal(addr_parse(&src, "192.0.2.1"), 0);
	assert_int_equal(addr_parse(&dst, "198.51.100.7"), 0);
	st32be(p + 26, src.a_v4);
	st32be(p + 30, dst.a_v4);
	st16be(p + 24, in_cksum(p + 14, 20));
	st16be(p + 36, 9);
	st16be(p + 38, FRAME - 34);
}

static void
lab_open(struct lab *l)
{
	struct spate_conf sc = { .sc_ncpus = CPUS };
	struct spate_env env = { .env_seed = 1 };
	struct spate_env by_hand = { .env_now = tester_now,
		.env_wait = tester_wait, .env_wake = tester_wake,
		.env_seed = 2 };
	struct pair_conf in = { .pc_seed = 1 }, out = { .pc_seed = 1 };
	struct ifnet *rin, *rout;
	char err[128];

	role_enter(&on_ctl);
	memset(l, 0, sizeof(*l));
	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_ERROR);
	by_hand.env_log = env.env_log;
	assert_int_equal(engine_create(&env, &l->l_engine), 0);
	assert_int_equal(spate_create(&sc, &env, &l->l_router), 0);
	sc.sc_ncpus = 1;
	assert_int_equal(spate_create(&sc, &by_hand, &l->l_tester), 0);
	in.pc_side[0].ps_queues = in.pc_side[1].ps_queues = 1;
	out.pc_side[0].ps_queues = out.pc_side[1].ps_queues = 1;
	assert_int_equal(pair_create(&in, &l->l_pair[0]), 0);
	assert_int_equal(pair_create(&out, &l->l_pair[1]), 0);
	rin = wire_attach(l->l_router, "in", l->l_pair[0], 0);
	l->l_in = wire_attach(l->l_tester, "in", l->l_pair[0], 1);
	rout = wire_attach(l->l_router, "out", l->l_pair[1], 0);
	l->l_out = wire_attach(l->l_tester, "out", l->l_pair[1], 1);
	assert_int_equal(sysctl_set(&l->l_router->sp_sysctl, "net.isr.dispatch",
			     "deferred", err, sizeof(err)),
	    0);
	assert_int_equal(sysctl_set(&l->l_router->sp_sysctl,
			     "net.inet.rss.udp_4tuple", "1", err, sizeof(err)),
	    0);
	give_route(l->l_router, rout);
	make_frame(l->l_frame, rin);
	assert_int_equal(engine_start(l->l_engine, l->l_router, NULL), 0);
}

static void
lab_close(struct lab *l)
{
	engine_destroy(l->l_engine);
	spate_destroy(l->l_router);
	spate_destroy(l->l_tester);
	pair_destroy(l->l_pair[0]);
	pair_destroy(l->l_pair[1]);
}

static void
offer(struct lab *l)
{
	struct cpu *c = l->l_tester->sp_cpu[0];
	unsigned i, n, flow;
	struct mbuf *mm[BURST];

	if (l->l_nsent - l->l_ngot > FLYING - BURST)
		return;
	n = m_alloc_bulk(c, mm, BURST);
	for (i = 0; i < n; i++) {
		uint8_t *p = mm[i]->m_data;

		flow = l->l_turn++ % FLOWS;
		memcpy(p, l->l_frame, FRAME);
		st16be(p + 34, (uint16_t)(1024 + flow));
		st32be(p + NUMBER, l->l_sent[flow]++);
		mm[i]->m_len = mm[i]->m_pktlen = FRAME;
	}
	assert_int_equal(dev_pair.do_tx(c, &l->l_in->if_txq[0], mm, n), n);
	dev_pair.do_kick(c, &l->l_in->if_txq[0]);
	l->l_nsent += n;
}

static void
collect(struct lab *l)
{
	struct cpu *c = l->l_tester->sp_cpu[0];
	struct mvec mv = { .mv_n = 0 };
	unsigned i;

	dev_pair.do_rx(c, &l->l_out->if_rxq[0], &mv, MVEC_MAX);
	for (i = 0; i < mv.mv_n; i++) {
		const uint8_t *p = mv.mv_m[i]->m_data;
		unsigned flow = ld16be(p + 34) - 1024u;

		assert_true(flow < FLOWS);
		l->l_wrong += ld32be(p + NUMBER) != l->l_next[flow];
		l->l_next[flow] = ld32be(p + NUMBER) + 1;
	}
	l->l_ngot += mv.mv_n;
	m_free_bulk(c, mv.mv_m, mv.mv_n);
}

/* A turn of the tester, and of the router's ctl; false if all stands still. */
static bool
turn(struct lab *l, bool send)
{
	struct ctl *ctl = l->l_router->sp_ctl;

	curcpu = l->l_tester->sp_cpu[0];
	if (send)
		offer(l);
	collect(l);
	mpool_run(l->l_tester->sp_cpu[0]);
	curcpu = NULL;
	(void)ctl_round(ctl);
	if (l->l_ngot != l->l_had || l->l_since == 0) {
		l->l_had = l->l_ngot;
		l->l_since = ctl->ctl_now;
	}
	return ctl->ctl_now - l->l_since < STUCK * NS_S;
}

static void
moved(struct ctl *ctl, int error, void *arg)
{
	struct lab *l = arg;

	assert_int_equal(error, 0);
	l->l_moved++;
}

static void
move_all(struct lab *l, const uint16_t *cpu)
{
	unsigned want = l->l_moved + 1;
	uint64_t got = l->l_ngot + BURST;

	assert_int_equal(
	    move_buckets(l->l_router->sp_ctl, cpu, moved, l), 0);
	/* Some packets by the new table, too. */
	while (l->l_moved < want || l->l_ngot < got)
		assert_true(turn(l, true));
}

static void
all_to_one_and_back(void **state)
{
	uint16_t one[RSS_MAXBUCKETS], spread[RSS_MAXBUCKETS];
	unsigned i, b, nbuckets;
	struct lab l;

	lab_open(&l);
	nbuckets = rss_buckets(l.l_router);
	for (b = 0; b < nbuckets; b++)
		spread[b] = (uint16_t)rss_cpu(l.l_router, b);
	for (i = 0; i < TIMES; i++) {
		for (b = 0; b < nbuckets; b++)
			one[b] = (uint16_t)(i % CPUS);
		move_all(&l, one);
		move_all(&l, spread);
	}
	while (l.l_ngot < l.l_nsent)
		assert_true(turn(&l, false));
	assert_int_equal(l.l_wrong, 0);
	assert_int_equal(l.l_nsent, l.l_ngot);
	assert_int_equal(
	    spate_stat(l.l_router, SG_PATH, pks_dropped), 0);
	assert_true(spate_stat(l.l_router, SG_NETISR, nis_moved) >=
	    (uint64_t)TIMES * nbuckets);
	print_message("# %u packets, %u of them held for buckets\n",
	    (unsigned)l.l_nsent,
	    (unsigned)spate_stat(l.l_router, SG_NETISR, nis_held));
	lab_close(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_to_one_and_back),
	};

	return cmocka_run_group_tests_name("top/move", tests, NULL, NULL);
}
