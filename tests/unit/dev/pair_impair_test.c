/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the link in memory does to frames: when they arrive, in which order, how
 * often, and that a seed repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dev/pair_int.h"
#include "link.h"
#include "mbuf/in_cksum.h"

/* By time, and in order of coming where that is equal. */
static void
arrivals_are_sorted(void **state)
{
	static struct pair p = { .p_delay = 1000 };
	static struct pair_arrival heap[1000];
	static struct mbuf m[1000];
	struct pair_rxq pr = { .pr_heap = heap, .pr_end = &p.p_end[0] };
	struct mbuf *next, *last = NULL;
	struct rnd r;
	unsigned i;

	p.p_end[0].pe_pair = &p;
	rnd_seed(&r, 1);
	for (i = 0; i < countof(m); i++) {
		m[i].m_ts = 100 + rnd_below(&r, 200);
		pair_delay(&pr, &m[i], m[i].m_ts);
	}
	assert_null(pair_arrived(&pr, 99));
	for (i = 0; (next = pair_arrived(&pr, 199)) != NULL; i++) {
		assert_true(next->m_ts <= 199);
		if (last != NULL)
			assert_true(last->m_ts < next->m_ts ||
			    (last->m_ts == next->m_ts && last < next));
		last = next;
	}
	assert_int_equal(pr.pr_nheap, countof(m) - i);
	assert_true(pr.pr_nheap > 0 && heap[0].pa_at == 200);
	for (; pair_arrived(&pr, UINT64_MAX) != NULL; i++)
		;
	assert_int_equal(i, countof(m));
}

/* A checksum that is still to come does not hide a flipped bit. */
static void
corruption_shows_in_the_checksum(void **state)
{
	struct pair_conf pc = {
		.pc_offload = true,
		.pc_side[0].ps_impair.pi_corrupt = PAIR_PPM,
	};
	struct pair_counts pn;
	struct mbuf *m, *kept;
	uint8_t was[60];
	struct mvec mv;
	struct link l;
	unsigned i;

	link_up(&l, &pc, 1, false);
	for (i = 0; i < 100; i++) {
		m = frame(host_cpu(l.sp[A], 0), i, 60);
		st16be(m->m_data + 16, 0);
		memcpy(was, m->m_data, sizeof(was));
		m->m_flags = MF_CSUM_PARTIAL;
		m->m_l4off = 0; /* all of it is summed */
		m->m_csumoff = 16;
		kept = m_clone(host_cpu(l.sp[A], 0), m);
		assert_int_equal(send_from(&l, A, 0, &m, 1), 1);
		assert_int_equal(receive(&l, B, 0, &mv), 1);
		assert_int_equal(mv.mv_m[0]->m_flags, 0);
		assert_int_not_equal(
		    in_cksum(mv.mv_m[0]->m_data, mv.mv_m[0]->m_len), 0);
		assert_memory_equal(kept->m_data, was, sizeof(was));
		m_free(host_cpu(l.sp[A], 0), kept);
		free_vec(&l, B, &mv);
	}
	m = frame(host_cpu(l.sp[A], 0), i, 6000);
	m->m_gso = GSO_TCP4;
	assert_int_equal(send_from(&l, A, 0, &m, 1), 1);
	assert_balance(&l, A, &pn);
	assert_int_equal(pn.pn_corrupted, 100);
	assert_int_equal(pn.pn_lost_chance, 1); /* the large one */
	link_down(&l);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals_are_sorted),
		cmocka_unit_test(delay_holds_frames),
		cmocka_unit_test(rate_spaces_frames),
		cmocka_unit_test(impairments_are_what_was_asked),
		cmocka_unit_test(corruption_shows_in_the_checksum),
		cmocka_unit_test(same_seed_same_fate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
