/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames across the link in memory: who gets which frame, in which buffer, with
 * what told of it.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "link.h"

/* Within an instance the mbuf itself arrives, with nothing told of it. */
static void
same_instance_passes_the_mbuf(void **state)
{
	struct pair_conf pc = { 0 };
	struct mbuf *m, *shared;
	struct mvec mv;
	struct link l;
	struct cpu *c;

	link_up(&l, &pc, 1, false);
	c = host_cpu(l.sp[A], 0);
	m = frame(c, 9, 60);
	m->m_flags = MF_LOCAL | MF_MCAST | MF_CSUM_OK | MF_CSUM_PARTIAL;
	m->m_gso = GSO_TCP4;
	m->m_hashtype = RSS_TCP4;
	m->m_nh = 5;
	m->m_oif = 6;
	m_cold(m);
	m->m_ts = 7;
	m->m_nvlan = 1;
	m->m_pftag = 8;
	m->m_pfstate = m;
	assert_int_equal(send_from(&l, A, 0, &m, 1), 1);
	assert_int_equal(receive(&l, B, 0, &mv), 1);
	assert_ptr_equal(mv.mv_m[0], m);
	assert_int_equal(m->m_flags, 0);
	assert_int_equal(m->m_gso, GSO_NONE);
	assert_int_equal(m->m_hashtype, RSS_NONE);
	assert_int_equal(m->m_nh, 0);
	assert_int_equal(m->m_oif, 0);
	assert_int_equal(m->m_nvlan, 0);
	m_cold(m);
	assert_int_equal(m->m_ts, 0);
	assert_int_equal(m->m_pftag, 0);
	assert_null(m->m_pfstate);
	assert_int_equal(frame_id(m), 9);

	shared = m_clone(c, m); /* what is shared stays so */
	assert_int_equal(send_from(&l, A, 0, &shared, 1), 1);
	m_free(c, m);
	assert_int_equal(receive(&l, B, 0, &mv), 1);
	assert_int_equal(mv.mv_m[0]->m_flags, MF_SHARED);
	free_vec(&l, B, &mv);
	link_down(&l);
}

static void
other_instance_copies(void **state)
{
	static const unsigned lens[] = { 14, 60, 63, 64, 65, 127, 128, 1500,
		MBUF_DATA - CACHELINE, MBUF_DATA - CACHELINE + 1, MBUF_DATA - 1,
		MBUF_DATA, MBUF_DATA + 1, MBUF_SIZE, 9014, 65535 };
	struct pair_conf pc = { .pc_offload = true };
	struct pair_counts pn;
	struct mvec mv;
	struct link l;
	unsigned i, before;

	link_up(&l, &pc, 1, true);
	before = host_missing(l.sp[A]);
	for (i = 0; i < countof(lens); i++) {
		struct mbuf *m = frame(host_cpu(l.sp[A], 0), i, lens[i]);

		/* An odd place in the buffer, up to its end. */
		if (lens[i] < MBUF_DATA && i % 2 == 1) {
			memmove(m->m_head + m->m_size - lens[i], m->m_data,
			    lens[i]);
			m->m_data = m->m_head + m->m_size - lens[i];
		}
		m->m_flags = MF_LOCAL | MF_CSUM_PARTIAL;
		m->m_l4off = 34;
		m->m_csumoff = 16;
		m->m_gso = GSO_TCP6;
		m->m_gsosize = 1448;
		m->m_gsoflags = GSOF_ECN;
		assert_int_equal(send_from(&l, A, 0, &m, 1), 1);
		assert_true(dev_pair.do_txpending(
		    l.sp[A]->sp_cpu[0], l.ifp[A]->if_tx[0]));
		assert_int_equal(receive(&l, B, 0, &mv), 1);
		assert_ptr_not_equal(mv.mv_m[0], m);
		m = mv.mv_m[0];
		assert_int_equal(m->m_pktlen, lens[i]);
		assert_true(frame_whole(m));
		assert_int_equal(m->m_flags, MF_CSUM_PARTIAL);
		assert_int_equal(m->m_l4off, 34);
		assert_int_equal(m->m_csumoff, 16);
		assert_int_equal(m->m_gso, GSO_TCP6);
		assert_int_equal(m->m_gsosize, 1448);
		assert_int_equal(m->m_gsoflags, GSOF_ECN);
		free_vec(&l, B, &mv);
		dev_pair.do_kick(host_cpu(l.sp[A], 0), l.ifp[A]->if_tx[0]);
		assert_false(dev_pair.do_txpending(
		    l.sp[A]->sp_cpu[0], l.ifp[A]->if_tx[0]));
		assert_int_equal(host_missing(l.sp[A]), before);
	}
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_received, countof(lens));
	assert_int_equal(pn.pn_holds, 0);
	link_down(&l);
}

/* The receiver has no buffers: lost, counted, the sender's come back. */
static void
receiver_without_buffers(void **state)
{
	struct pair_conf pc = { 0 };
	struct mbuf *all[HOST_BUFS];
	struct pair_counts pn;
	struct dev_stats ds;
	struct mvec mv;
	struct link l;
	struct cpu *c;
	unsigned n;

	link_up(&l, &pc, 1, true);
	c = host_cpu(l.sp[B], 0);
	n = m_alloc_bulk(c, all, HOST_BUFS);
	m_free(c, all[--n]);
	m_free(c, all[--n]);
	send_ids(&l, A, 0, 5);
	assert_int_equal(receive(&l, B, 0, &mv), 2);
	assert_int_equal(frame_id(mv.mv_m[1]), 1);
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_lost_nobuf, 3);
	dev_pair.do_stats(l.ifp[B], &ds);
	assert_int_equal(ds.ds_rx_dropped, 3);
	free_vec(&l, B, &mv);
	m_free_bulk(host_cpu(l.sp[B], 0), all, n);
	link_down(&l);
}

/* One receiving queue pushes back; several lose what is for the full one. */
static void
full_queues(void **state)
{
	struct pair_conf pc = { .pc_ring = 8 };
	struct pair_counts pn;
	struct mbuf *mm[12];
	struct mvec mv;
	struct link l;
	unsigned i, two, queues;

	for (two = 0; two < 2; two++)
		for (queues = 1; queues <= 2; queues++) {
			link_up(&l, &pc, queues, two);
			for (i = 0; i < 12; i++)
				mm[i] = frame(host_cpu(l.sp[A], 0), i, 60);
			assert_int_equal(send_from(&l, A, 0, mm, 12),
			    queues == 1 ? 8 : 12);
			assert_balance(&l, A, &pn);
			assert_int_equal(pn.pn_underway, 8);
			assert_int_equal(pn.pn_holds, 8);
			assert_int_equal(
			    pn.pn_lost_full, queues == 1 ? 0 : 4);
			assert_int_equal(receive(&l, B, 0, &mv), 8);
			for (i = 0; i < 8; i++)
				assert_int_equal(frame_id(mv.mv_m[i]), i);
			free_vec(&l, B, &mv);
			link_down(&l);
		}
}

/* A TCP segment between two addresses of which the last bytes are given. */
static struct mbuf *ON_CPU
tcp_frame(struct cpu *c, unsigned src, unsigned dst, uint16_t sport)
{
	uint8_t f[60] = { 0 };
	struct mbuf *m;

	st16be(f + 12, 0x0800);
	f[14] = 0x45;
	f[14 + 9] = 6;
	st32be(f + 26, 0x0a000000 | src);
	st32be(f + 30, 0x0a000100 | dst);
	st16be(f + 34, sport);
	st16be(f + 36, 80);
	m = m_from_bytes(c, f, sizeof(f));
	assert_non_null(m);
	return m;
}

/*
 * Each frame arrives in the queue that hash and table name, with the hash.
 * The hash is computed here bit by bit, from the definition.
 */
static uint32_t
slow_hash(const uint8_t *key, const uint8_t *in, unsigned n)
{
	uint32_t hash = 0;
	unsigned i, b;

	for (i = 0; i < n * 8; i++) {
		uint32_t window = 0;

		for (b = 0; b < 32; b++)
			window = window << 1 |
			    (key[(i + b) / 8] >> (7 - (i + b) % 8) & 1u);
		if ((in[i / 8] >> (7 - i % 8) & 1) != 0)
			hash ^= window;
	}
	return hash;
}

static void
frames_reach_their_queue(void **state)
{
	struct pair_conf pc = { .pc_side[1].ps_key = toeplitz_key_symmetric };
	struct mbuf *mm[64];
	struct mvec mv;
	struct link l;
	unsigned side, two, i, q, got[4];

	for (two = 0; two < 2; two++) {
		link_up(&l, &pc, 4, two);
		assert_int_equal(l.ifp[A]->if_caps, IFCAP_CHAIN | IFCAP_HASH);
		for (side = 0; side < 2; side++) {
			const uint8_t *key = side == A ?
			    toeplitz_key_symmetric :
			    toeplitz_key_default;

			for (i = 0; i < 64; i++)
				mm[i] = tcp_frame(host_cpu(l.sp[side], i % 4),
				    i, 7 * i, (uint16_t)(1024 + i));
			for (i = 0; i < 64; i++)
				assert_int_equal(
				    send_from(&l, side, i % 4, &mm[i], 1), 1);
			memset(got, 0, sizeof(got));
			for (q = 0; q < 4; q++) {
				receive(&l, !side, q, &mv);
				for (i = 0; i < mv.mv_n; i++) {
					struct mbuf *m = mv.mv_m[i];
					uint32_t h = slow_hash(
					    key, m->m_data + 26, 12);

					assert_int_equal(m->m_hash, h);
					assert_int_equal(
					    m->m_hashtype, RSS_TCP4);
					assert_int_equal(h % 128 % 4, q);
					assert_int_equal(q,
					    pair_queue(
						pair_end(l.pair, !side), h));
				}
				got[q] = mv.mv_n;
				assert_true(got[q] > 0);
				free_vec(&l, !side, &mv);
			}
			assert_int_equal(
			    got[0] + got[1] + got[2] + got[3], 64);
		}
		link_down(&l);
	}
}

/* Two threads, each stepping the one CPU of its instance. */
enum { THREADED = 100000, PIECE = 32 };

struct walker {
	struct link *l;
	unsigned side;
	_Atomic unsigned *done; /* [A] sides that have all they wait for */
	uint32_t sent, got;
	bool bad;
};

static void ON_CPU
walker_take(struct walker *w, struct cpu *c)
{
	struct mvec mv = { .mv_n = 0 };
	unsigned i;

	dev_pair.do_rx(c, &w->l->ifp[w->side]->if_rxq[0], &mv, MVEC_MAX);
	for (i = 0; i < mv.mv_n; i++) {
		w->bad |= frame_id(mv.mv_m[i]) != w->got++;
		m_free(c, mv.mv_m[i]);
	}
}

static void ON_CPU
walker_give(struct walker *w, struct cpu *c)
{
	struct txq *txq = w->l->ifp[w->side]->if_tx[0];
	struct mbuf *mm[PIECE];
	unsigned i, n, sent;

	n = m_alloc_bulk(c, mm, umin(PIECE, THREADED - w->sent));
	for (i = 0; i < n; i++) {
		st32be(mm[i]->m_data, w->sent + i);
		mm[i]->m_len = mm[i]->m_pktlen = 60;
	}
	sent = dev_pair.do_tx(c, txq, mm, n);
	m_free_bulk(c, mm + sent, n - sent);
	w->sent += sent;
	dev_pair.do_kick(c, txq);
}

static void *
walker_main(void *arg)
{
	struct walker *w = arg;
	struct cpu *c = host_cpu(w->l->sp[w->side], 0);
	bool told = false;

	while (atomic_load(w->done) < 2) {
		walker_take(w, c);
		walker_give(w, c);
		mpool_run(c);
		if (!told && w->got == THREADED && w->sent == THREADED) {
			told = true;
			atomic_fetch_add(w->done, 1);
		}
		sched_yield();
	}
	curcpu = NULL;
	return NULL;
}

static void
two_threads(void **state)
{
	struct pair_conf pc = { .pc_ring = 64 };
	_Atomic unsigned done = 0;
	struct walker w[2];
	struct pair_counts pn;
	pthread_t thread[2];
	struct link l;
	unsigned i;

	link_up(&l, &pc, 1, true);
	for (i = 0; i < 2; i++) {
		w[i] = (struct walker){ .l = &l, .side = i, .done = &done };
		assert_int_equal(
		    pthread_create(&thread[i], NULL, walker_main, &w[i]), 0);
	}
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < 2; i++) {
		assert_false(w[i].bad);
		assert_int_equal(w[i].got, THREADED);
		assert_balance(&l, i, &pn);
		assert_int_equal(pn.pn_received, THREADED);
	}
	link_down(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_instance_passes_the_mbuf),
		cmocka_unit_test(other_instance_copies),
		cmocka_unit_test(receiver_without_buffers),
		cmocka_unit_test(full_queues),
		cmocka_unit_test(frames_reach_their_queue),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
