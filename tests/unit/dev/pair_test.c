/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link in memory: who gets which frame when, what becomes of the others,
 * and that no buffer is lost.
 */
#include "dev/pair.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"
#include "dev/drivers.h"
#include "host.h"

#define NBUF(len) (((len) + MBUF_SIZE - 1) / MBUF_SIZE)

enum { A, B };

/* A link and the interfaces at its ends; both in sp[A] if sp[B] is NULL. */
struct link {
	uint64_t now;
	struct spate *sp[2];
	struct pair *pair;
	struct ifnet *ifp[2];
};

static void
link_up(struct link *l, struct pair_conf *pc, unsigned queues, bool two)
{
	struct dev_conf dc = { .dc_driver = "pair" };
	unsigned i;

	memset(l, 0, sizeof(*l));
	l->now = 1000;
	pc->pc_side[0].ps_queues = pc->pc_side[1].ps_queues = (uint16_t)queues;
	assert_int_equal(pair_create(pc, &l->pair), 0);
	for (i = 0; i < 2; i++) {
		l->sp[i] = i == 0 || two ? host_create(queues, &l->now) :
					   l->sp[0];
		dc.dc_pair = pair_end(l->pair, i);
		l->ifp[i] =
		    host_attach(l->sp[i], i == 0 ? "a" : "b", &dev_pair, &dc);
	}
	assert_true(if_running(l->ifp[A]));
	assert_true(if_running(l->ifp[B]));
}

static void
link_down(struct link *l)
{
	bool two = l->sp[A] != l->sp[B];

	host_detach(l->sp[A], l->ifp[A]);
	host_detach(l->sp[B], l->ifp[B]);
	pair_destroy(l->pair);
	assert_int_equal(host_missing(l->sp[A]), 0);
	assert_int_equal(host_missing(l->sp[B]), 0);
	host_destroy(l->sp[A]);
	if (two)
		host_destroy(l->sp[B]);
}

/* What byte i of frame "id" is, behind the id itself. */
static uint8_t
pattern(uint32_t id, unsigned i)
{
	return (uint8_t)(id * 7 + i);
}

static struct mbuf *ON_CPU
frame(struct cpu *c, uint32_t id, unsigned len)
{
	uint8_t *p = test_malloc(len);
	struct mbuf *m;
	unsigned i;

	for (i = 0; i < len; i++)
		p[i] = pattern(id, i);
	st32be(p, id);
	m = m_from_bytes(c, p, len);
	assert_non_null(m);
	test_free(p);
	return m;
}

static uint32_t
frame_id(const struct mbuf *m)
{
	return ld32be(m->m_data);
}

/* Whether all bytes are those of its id. */
static bool
frame_whole(const struct mbuf *m)
{
	unsigned i, n = m->m_pktlen;
	uint8_t *p = test_malloc(n);
	bool ok = true;

	m_copydata(m, 0, n, p);
	for (i = 4; i < n; i++)
		ok &= p[i] == pattern(ld32be(p), i);
	test_free(p);
	return ok;
}

/* Returns how many of the n frames were taken; frees the others. */
static unsigned
send_from(struct link *l, unsigned side, unsigned cpu, struct mbuf **mm,
    unsigned n)
{
	struct cpu *c = host_cpu(l->sp[side], cpu);
	struct txq *txq = l->ifp[side]->if_tx[cpu];
	unsigned sent;

	c->c_now = l->now;
	sent = dev_pair.do_tx(c, txq, mm, n);
	dev_pair.do_kick(c, txq);
	m_free_bulk(c, mm + sent, n - sent);
	return sent;
}

static void
send_ids(struct link *l, unsigned side, uint32_t first, unsigned n)
{
	struct mbuf *mm[MVEC_MAX];
	unsigned i;

	assert_true(n <= MVEC_MAX);
	for (i = 0; i < n; i++)
		mm[i] = frame(host_cpu(l->sp[side], 0), first + i, 60);
	assert_int_equal(send_from(l, side, 0, mm, n), n);
}

static unsigned
receive(struct link *l, unsigned side, unsigned q, struct mvec *mv)
{
	struct cpu *c = host_cpu(l->sp[side], q);

	c->c_now = l->now;
	mv->mv_n = 0;
	return dev_pair.do_rx(c, &l->ifp[side]->if_rxq[q], mv, MVEC_MAX);
}

static void
free_vec(struct link *l, unsigned side, struct mvec *mv)
{
	struct cpu *c = host_cpu(l->sp[side], 0);

	m_free_bulk(c, mv->mv_m, mv->mv_n);
}

static void
assert_balance(struct link *l, unsigned side, struct pair_counts *pn)
{
	pair_counts(pair_end(l->pair, side), pn);
	assert_int_equal(pn->pn_sent + pn->pn_duplicated,
	    pn->pn_received + pn->pn_lost + pn->pn_underway);
}

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
	assert_int_equal(m->m_ts, 0);
	assert_int_equal(m->m_nvlan, 0);
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

static void
delay_holds_frames(void **state)
{
	struct pair_conf pc = {
		.pc_side[0].ps_impair.pi_delay = 5 * NS_MS,
		.pc_delay = 4,
	};
	struct rxq *rxq;
	struct mvec mv;
	struct link l;
	struct cpu *c;
	unsigned i;

	link_up(&l, &pc, 1, true);
	rxq = &l.ifp[B]->if_rxq[0];
	c = l.sp[B]->sp_cpu[0];
	assert_false(dev_pair.do_arm(c, rxq));
	assert_int_equal(dev_pair.do_when(c, rxq), UINT64_MAX);
	send_ids(&l, A, 0, 3);
	l.now += NS_MS;
	send_ids(&l, A, 3, 3);
	assert_true(dev_pair.do_arm(c, rxq));
	assert_int_equal(receive(&l, B, 0, &mv), 0);
	/* Four are under delay, two on the wire: there is no room. */
	assert_false(dev_pair.do_arm(c, rxq));
	assert_int_equal(dev_pair.do_when(c, rxq), 1000 + 5 * NS_MS);
	l.now = 1000 + 5 * NS_MS - 1;
	assert_int_equal(receive(&l, B, 0, &mv), 0);
	l.now++;
	assert_int_equal(receive(&l, B, 0, &mv), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(frame_id(mv.mv_m[i]), i);
	free_vec(&l, B, &mv);
	assert_true(dev_pair.do_arm(c, rxq));
	l.now += NS_MS;
	assert_int_equal(receive(&l, B, 0, &mv), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(frame_id(mv.mv_m[i]), 3 + i);
	free_vec(&l, B, &mv);
	link_down(&l);
}

/* 60 bytes and 24 of Ethernet's own at 672 bits in a microsecond. */
static void
rate_spaces_frames(void **state)
{
	struct pair_conf pc = {
		.pc_side[0].ps_impair = { .pi_rate = 672000000,
		    .pi_limit = 84 * 5 },
	};
	struct pair_counts pn;
	struct mvec mv;
	struct link l;
	unsigned i;

	link_up(&l, &pc, 1, true);
	send_ids(&l, A, 0, 10);
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_lost_limit, 4); /* one leaves, five wait */
	for (i = 0; i < 6; i++) {
		l.now += NS_US - 1;
		assert_int_equal(receive(&l, B, 0, &mv), 0);
		l.now++;
		assert_int_equal(receive(&l, B, 0, &mv), 1);
		assert_int_equal(frame_id(mv.mv_m[0]), i);
		free_vec(&l, B, &mv);
	}
	link_down(&l);
}

enum { IMPAIRED = 20000 };

struct fate {
	uint32_t order[2 * IMPAIRED]; /* ids as they arrived */
	unsigned n;
	unsigned broken;
	struct pair_counts pn;
};

static void
take_fates(struct link *l, struct fate *f)
{
	struct mvec mv;
	unsigned i;

	while (receive(l, B, 0, &mv) > 0) {
		for (i = 0; i < mv.mv_n; i++) {
			struct mbuf *m = mv.mv_m[i];

			f->order[f->n++] = frame_id(m);
			f->broken += !frame_whole(m) ||
			    frame_id(m) >= IMPAIRED;
		}
		free_vec(l, B, &mv);
	}
}

static void
run_impaired(const struct pair_impair *pi, uint64_t seed, bool two,
    struct fate *f)
{
	struct pair_conf pc = { .pc_side[0].ps_impair = *pi, .pc_seed = seed };
	struct link l;
	uint32_t id;

	memset(f, 0, sizeof(*f));
	link_up(&l, &pc, 1, two);
	for (id = 0; id < IMPAIRED; id += 100) {
		send_ids(&l, A, id, 100);
		take_fates(&l, f);
		l.now += 100 * NS_US;
	}
	l.now += NS_S;
	take_fates(&l, f);
	send_from(&l, A, 0, NULL, 0); /* takes back what was copied */
	assert_balance(&l, A, &f->pn);
	assert_int_equal(f->pn.pn_sent, IMPAIRED);
	assert_int_equal(f->pn.pn_underway, 0);
	assert_int_equal(f->pn.pn_received, f->n);
	link_down(&l);
}

static unsigned
overtaken(const struct fate *f)
{
	unsigned i, n = 0;

	for (i = 1; i < f->n; i++)
		n += f->order[i] < f->order[i - 1];
	return n;
}

static void
impairments_are_what_was_asked(void **state)
{
	static struct fate f;
	struct pair_impair pi = { .pi_loss = 100000 };

	run_impaired(&pi, 1, true, &f);
	assert_in_range(f.pn.pn_lost_chance, 1800, 2200);
	assert_int_equal(f.pn.pn_lost, f.pn.pn_lost_chance);
	assert_int_equal(overtaken(&f) + f.broken, 0);

	pi = (struct pair_impair){ .pi_dup = 50000 };
	run_impaired(&pi, 1, true, &f);
	assert_in_range(f.pn.pn_duplicated, 850, 1150);
	assert_int_equal(f.n, IMPAIRED + f.pn.pn_duplicated);
	assert_int_equal(f.broken, 0);

	pi = (struct pair_impair){ .pi_corrupt = 20000 };
	run_impaired(&pi, 1, true, &f);
	assert_in_range(f.pn.pn_corrupted, 320, 480);
	assert_int_equal(f.n, IMPAIRED);
	assert_in_range(f.broken, f.pn.pn_corrupted * 9 / 10,
	    f.pn.pn_corrupted); /* a flipped id may be another good one */

	pi = (struct pair_impair){ .pi_delay = NS_MS, .pi_jitter = NS_MS };
	run_impaired(&pi, 1, true, &f);
	assert_int_equal(f.n, IMPAIRED);
	assert_true(overtaken(&f) > IMPAIRED / 4);

	pi = (struct pair_impair){ .pi_loss = PAIR_PPM };
	run_impaired(&pi, 1, true, &f);
	assert_int_equal(f.n, 0);
}

static void
same_seed_same_fate(void **state)
{
	static const struct pair_impair pi = {
		.pi_delay = NS_MS,
		.pi_jitter = NS_MS / 2,
		.pi_rate = 10000000000,
		.pi_limit = 60000,
		.pi_loss = 10000,
		.pi_dup = 10000,
		.pi_corrupt = 10000,
	};
	static struct fate f, g;

	run_impaired(&pi, 42, true, &f);
	run_impaired(&pi, 42, true, &g);
	assert_memory_equal(&f, &g, sizeof(f));
	run_impaired(&pi, 42, false, &g); /* copied or not */
	assert_memory_equal(&f, &g, sizeof(f));
	run_impaired(&pi, 43, true, &g);
	assert_memory_not_equal(&f, &g, sizeof(f));
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
		cmocka_unit_test(same_instance_passes_the_mbuf),
		cmocka_unit_test(other_instance_copies),
		cmocka_unit_test(receiver_without_buffers),
		cmocka_unit_test(full_queues),
		cmocka_unit_test(frames_reach_their_queue),
		cmocka_unit_test(loop_to_itself),
		cmocka_unit_test(closing_loses_what_is_under_way),
		cmocka_unit_test(delay_holds_frames),
		cmocka_unit_test(rate_spaces_frames),
		cmocka_unit_test(impairments_are_what_was_asked),
		cmocka_unit_test(same_seed_same_fate),
		cmocka_unit_test(two_threads),
		cmocka_unit_test(closing_beside_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
