/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link in memory as a thing with two ends: opening, closing, and that no
 * buffer is lost with what was under way.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "link.h"

static void
refusals(void **state)
{
	struct pair_conf pc = { .pc_ring = 100 };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct ifnet *ifp;
	struct link l;
	char err[128];

	assert_int_equal(pair_create(&pc, &l.pair), EINVAL);
	pc.pc_ring = 0;
	pc.pc_side[1].ps_queues = IF_MAXQUEUES + 1;
	assert_int_equal(pair_create(&pc, &l.pair), EINVAL);

	pc.pc_side[1].ps_queues = 0;
	link_up(&l, &pc, 1, false);
	role_enter(&on_ctl);
	assert_int_equal(if_attach(l.sp[A]->sp_ctl, "c", &dev_pair, &dc, &ifp,
			     err, sizeof(err)),
	    ENODEV);
	assert_string_equal(err, "c: has no peer");
	dc.dc_pair = pair_end(l.pair, 0);
	assert_int_equal(if_attach(l.sp[A]->sp_ctl, "c", &dev_pair, &dc, &ifp,
			     err, sizeof(err)),
	    EBUSY);
	assert_string_equal(err, "c: this end of the link is in use");
	link_down(&l);
}

static void
carrier_needs_both_ends(void **state)
{
	struct pair_conf pc = { .pc_seed = 1 };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct dev_stats ds;
	struct mbuf *m;
	struct link l;

	link_up(&l, &pc, 1, true);
	assert_memory_not_equal(l.ifp[A]->if_mac, l.ifp[B]->if_mac, MAC_LEN);
	assert_int_equal(l.ifp[A]->if_mac[0] & 3, 2);
	assert_int_equal(l.ifp[A]->if_mtu, 1500);
	assert_int_equal(l.ifp[A]->if_caps, IFCAP_CHAIN);
	host_detach(l.sp[B], l.ifp[B]);
	assert_false(if_running(l.ifp[A]));
	dev_pair.do_stats(l.ifp[A], &ds);
	assert_string_equal(ds.ds_note, "the other end of the link is closed");
	m = frame(host_cpu(l.sp[A], 0), 1, 60);
	assert_int_equal(send_from(&l, A, 0, &m, 1), 0);

	dc.dc_pair = pair_end(l.pair, 1);
	l.ifp[B] = host_attach(l.sp[B], "b", &dev_pair, &dc);
	assert_true(if_running(l.ifp[A]));
	send_ids(&l, A, 1, 1);
	link_down(&l);
}

enum { PIECE = 32 };

static void
loop_to_itself(void **state)
{
	struct pair_conf pc = { .pc_loop = true };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct pair_counts pn;
	struct mvec mv;
	struct link l = { .now = 1000 };
	unsigned i;

	assert_int_equal(pair_create(&pc, &l.pair), 0);
	l.sp[A] = host_create(1, &l.now);
	dc.dc_pair = pair_end(l.pair, 0);
	l.ifp[A] = host_attach(l.sp[A], "a", &dev_pair, &dc);
	assert_true(if_running(l.ifp[A]));
	for (i = 0; i < 10; i++) {
		send_ids(&l, A, i * 100, 20);
		assert_int_equal(receive(&l, A, 0, &mv), 20);
		assert_int_equal(frame_id(mv.mv_m[19]), i * 100 + 19);
		free_vec(&l, A, &mv);
	}
	send_ids(&l, A, 0, 3);
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_underway, 3);
	pair_destroy(l.pair); /* the interface still uses it */
	host_detach(l.sp[A], l.ifp[A]);
	assert_int_equal(host_missing(l.sp[A]), 0);
	host_destroy(l.sp[A]);
}

/* Frames under way when an end closes are lost; all buffers go home. */
static void
closing_loses_what_is_under_way(void **state)
{
	struct pair_conf pc = { .pc_seed = 3 };
	struct pair_counts pn;
	struct mvec mv;
	struct link l;
	unsigned two, delayed, first;

	for (two = 0; two < 2; two++)
		for (delayed = 0; delayed < 2; delayed++)
			for (first = 0; first < 2; first++) {
				pc.pc_side[0].ps_impair.pi_delay =
				    delayed * NS_MS;
				pc.pc_side[1].ps_impair.pi_delay =
				    delayed * NS_MS;
				link_up(&l, &pc, 1, two);
				send_ids(&l, A, 0, 10);
				send_ids(&l, B, 0, 20);
				receive(&l, A, 0, &mv);
				free_vec(&l, A, &mv);
				receive(&l, B, 0, &mv);
				free_vec(&l, B, &mv);
				send_ids(&l, A, 0, 7);
				send_ids(&l, B, 0, 9);
				host_detach(l.sp[first], l.ifp[first]);
				host_detach(l.sp[!first], l.ifp[!first]);
				assert_balance(&l, A, &pn);
				assert_int_equal(pn.pn_underway, 0);
				assert_int_equal(pn.pn_holds, 0);
				assert_int_equal(
				    pn.pn_lost_down, delayed ? 17 : 7);
				assert_balance(&l, B, &pn);
				assert_int_equal(
				    pn.pn_lost_down, delayed ? 29 : 9);
				assert_int_equal(host_missing(l.sp[A]), 0);
				assert_int_equal(host_missing(l.sp[B]), 0);
				pair_destroy(l.pair);
				host_destroy(l.sp[A]);
				if (two)
					host_destroy(l.sp[B]);
			}
}

/* One side opens and closes while the other never stops. */
struct hammer {
	struct link *l;
	_Atomic bool stop; /* [A] */
	uint64_t sent;
};

static void *
hammer_main(void *arg)
{
	struct hammer *h = arg;
	struct cpu *c = host_cpu(h->l->sp[A], 0);
	struct txq *txq = h->l->ifp[A]->if_tx[0];
	struct mbuf *mm[PIECE];
	unsigned n, sent, i;
	struct mvec mv;

	while (!atomic_load(&h->stop)) {
		mv.mv_n = 0;
		dev_pair.do_rx(c, &h->l->ifp[A]->if_rxq[0], &mv, MVEC_MAX);
		m_free_bulk(c, mv.mv_m, mv.mv_n);
		n = m_alloc_bulk(c, mm, PIECE);
		for (i = 0; i < n; i++)
			mm[i]->m_len = mm[i]->m_pktlen = 60;
		sent = dev_pair.do_tx(c, txq, mm, n);
		m_free_bulk(c, mm + sent, n - sent);
		h->sent += sent;
		dev_pair.do_kick(c, txq);
		mpool_run(c);
		sched_yield();
	}
	dev_pair.do_kick(c, txq);
	curcpu = NULL;
	return NULL;
}

static void
closing_beside_traffic(void **state)
{
	struct pair_conf pc = { .pc_ring = 64 };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct hammer h = { .sent = 0 };
	struct pair_counts pn;
	pthread_t thread;
	struct mvec mv;
	struct link l;
	unsigned i, k;

	link_up(&l, &pc, 1, true);
	h.l = &l;
	assert_int_equal(pthread_create(&thread, NULL, hammer_main, &h), 0);
	for (i = 0; i < 50; i++) {
		for (k = 0; k < 20; k++) {
			receive(&l, B, 0, &mv);
			send_from(&l, B, 0, mv.mv_m, mv.mv_n);
			sched_yield();
		}
		host_detach(l.sp[B], l.ifp[B]);
		assert_int_equal(host_missing(l.sp[B]), 0);
		/* Another instance comes to the same end. */
		host_destroy(l.sp[B]);
		l.sp[B] = host_create(1, &l.now);
		dc.dc_pair = pair_end(l.pair, 1);
		l.ifp[B] = host_attach(l.sp[B], "b", &dev_pair, &dc);
	}
	atomic_store(&h.stop, true);
	pthread_join(thread, NULL);
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_sent, h.sent);
	assert_balance(&l, B, &pn);
	link_down(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(carrier_needs_both_ends),
		cmocka_unit_test(loop_to_itself),
		cmocka_unit_test(closing_loses_what_is_under_way),
		cmocka_unit_test(closing_beside_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
