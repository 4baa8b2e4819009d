/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running the path: order of stages and of packets, vectors that overflow,
 * stages that feed themselves and earlier ones, handing over to another CPU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stages.h"

#define HAND_RING 2048 /* as in path.c */

static struct {
	uint64_t now;
	struct spate *sp;
	unsigned seen[ST_N]; /* packets by stage */
	unsigned calls; /* vectors */
	enum stage last; /* stage called last */
	uint32_t next; /* number the next packet at ST_TX must have */
	unsigned laps; /* of each packet through ST_IP, by itself */
	enum stage back; /* ST_FORWARD sends each packet here once */
} t;

static void
stage_packet(struct cpu *c, enum stage st, struct mbuf *m)
{
	role_enter(&on_cpu);
	if (st == ST_TX) {
		assert_int_equal(m->m_hash, t.next++);
		stat_add(c, SG_PATH, pks_sent, 1);
		m_free(c, m);
	} else if (st == ST_IP && m->m_nh < t.laps) {
		m->m_nh++;
		path_next(c, ST_IP, m);
	} else if (st == ST_FORWARD && t.back != ST_N && m->m_oif == 0) {
		m->m_oif = 1;
		path_next(c, t.back, m);
	} else {
		path_next(c, st + 1, m);
	}
}

static void
stage_test(struct cpu *c, enum stage st, struct mvec *mv)
{
	unsigned i;

	assert_true(mv->mv_n > 0 && mv->mv_n <= MVEC_MAX);
	t.seen[st] += mv->mv_n;
	t.calls++;
	t.last = st;
	for (i = 0; i < mv->mv_n; i++)
		stage_packet(c, st, mv->mv_m[i]);
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.back = ST_N;
	t.sp = stages_create(2, &t.now);
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(host_missing(t.sp), 0);
	assert_true(stages_stat(t.sp, pks_received) ==
	    stages_stat(t.sp, pks_sent) + stages_stat(t.sp, pks_dropped));
	assert_true(stages_stat(t.sp, pks_held) == 0);
	stages_destroy(t.sp);
	return 0;
}

static void
feed(struct cpu *c, unsigned n)
{
	unsigned i;

	host_cpu(t.sp, c->c_id);
	for (i = 0; i < n; i++) {
		struct mbuf *m = stages_packet(c, i);

		m->m_nh = 0;
		m->m_oif = 0;
		path_next(c, ST_RX, m);
	}
}

static unsigned
sweeps_until_empty(struct cpu *c)
{
	unsigned n = 0;

	host_cpu(t.sp, c->c_id);
	while (path_waiting(c)) {
		(void)path_run(c, 0, ST_N - 1);
		assert_true(n++ < 1000);
	}
	return n;
}

static void
one_vector_one_sweep(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	unsigned st;

	feed(c, MVEC_MAX);
	assert_int_equal(path_run(c, 0, ST_N - 1), MVEC_MAX * ST_N);
	assert_false(path_waiting(c));
	assert_int_equal(t.calls, ST_N);
	for (st = 0; st < ST_N; st++) {
		const struct path_stage *ps = &c->c_path->p_stage[st];

		assert_int_equal(t.seen[st], MVEC_MAX);
		assert_true(stat_cell_read(&ps->ps_packets) == MVEC_MAX);
		assert_true(stat_cell_read(&ps->ps_calls) == 1);
		assert_non_null(path_names[st]);
	}
	assert_int_equal(path_run(c, 0, ST_N - 1), 0);
}

static void
part_of_the_stages(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);

	feed(c, 3);
	assert_int_equal(path_run(c, ST_RX, ST_ETHER), 9);
	assert_int_equal(t.last, ST_ETHER);
	assert_true(path_waiting(c));
	assert_int_equal(path_run(c, ST_IP, ST_TX), 0); /* at ST_ARP */
	(void)sweeps_until_empty(c);
	assert_int_equal(t.next, 3);
}

static void
overflow_keeps_order(void **state)
{
	static const unsigned sizes[] = { MVEC_MAX + 1, 2 * MVEC_MAX,
		2 * MVEC_MAX + 1, 1000 };
	struct cpu *c = host_cpu(t.sp, 0);
	unsigned i;

	for (i = 0; i < countof(sizes); i++) {
		t.next = 0;
		feed(c, sizes[i]);
		assert_int_equal(sweeps_until_empty(c),
		    (sizes[i] + MVEC_MAX - 1) / MVEC_MAX);
		assert_int_equal(t.next, sizes[i]);
	}
}

/* New packets come while old ones wait in the list. */
static void
overflow_while_running(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	uint32_t fed = 0;
	unsigned i, k;

	for (k = 0; k < 20; k++) {
		for (i = 0; i < 10 + 35 * (k % 7); i++) {
			struct mbuf *m = stages_packet(c, fed++);

			m->m_nh = 0;
			path_next(c, ST_ETHER, m);
		}
		(void)path_run(c, 0, ST_N - 1);
	}
	(void)sweeps_until_empty(c);
	assert_int_equal(t.next, fed);
}

/* A stage that feeds itself goes on in the next sweep, in order. */
static void
feeds_itself(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);

	t.laps = 3;
	feed(c, MVEC_MAX);
	assert_int_equal(sweeps_until_empty(c), 4);
	assert_int_equal(t.seen[ST_IP], 4 * MVEC_MAX);
	assert_int_equal(t.next, MVEC_MAX);

	t.next = 0;
	feed(c, 3 * MVEC_MAX + 5);
	(void)sweeps_until_empty(c);
	assert_int_equal(t.next, 3 * MVEC_MAX + 5);
}

static void
back_to_an_earlier_stage(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);

	t.back = ST_ETHER;
	feed(c, 300);
	assert_true(sweeps_until_empty(c) <= 6);
	assert_int_equal(t.seen[ST_ETHER], 600);
	assert_int_equal(t.next, 300);
}

static unsigned
hand(struct cpu *c, unsigned to, unsigned from, unsigned n)
{
	unsigned i;

	host_cpu(t.sp, c->c_id);
	for (i = 0; i < n; i++)
		path_hand(c, to, ST_ETHEROUT, stages_packet(c, from + i));
	path_hand_flush(c);
	return from + n;
}

static void
handed_over_in_order(void **state)
{
	struct cpu *a = t.sp->sp_cpu[0], *b = t.sp->sp_cpu[1];
	uint32_t n = 0;
	unsigned k;

	assert_false(path_hand_waiting(b));
	for (k = 1; k < 12; k++) {
		n = hand(a, 1, n, k * 20);
		assert_true(path_hand_waiting(b));
		assert_false(path_hand_waiting(a));
		host_cpu(t.sp, 1);
		while (path_hand_run(b) > 0)
			(void)sweeps_until_empty(b);
		assert_int_equal(t.next, n);
		assert_true(stages_stat(t.sp, pks_held) == 0);
	}
	assert_int_equal(t.seen[ST_RESOLVE], 0);
	assert_int_equal(t.seen[ST_ETHEROUT], n);
}

/* What the other CPU cannot take is dropped, and everything is counted. */
static void
full_ring_drops(void **state)
{
	struct cpu *a = t.sp->sp_cpu[0], *b = t.sp->sp_cpu[1];
	unsigned drops = 500;

	(void)hand(a, 1, 0, HAND_RING + drops);
	assert_true(stages_stat(t.sp, pks_handfull) == drops);
	assert_true(stages_stat(t.sp, pks_dropped) == drops);
	assert_true(stages_stat(t.sp, pks_held) == HAND_RING);
	assert_true(stat_cell_read(&a->c_drop[0][pks_handfull]) == drops);
	host_cpu(t.sp, 1);
	while (path_hand_run(b) > 0)
		(void)sweeps_until_empty(b);
	assert_int_equal(t.next, HAND_RING);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(one_vector_one_sweep),
		T(part_of_the_stages),
		T(overflow_keeps_order),
		T(overflow_while_running),
		T(feeds_itself),
		T(back_to_an_earlier_stage),
		T(handed_over_in_order),
		T(full_ring_drops),
	};
#undef T

	return cmocka_run_group_tests_name("top/path", tests, NULL, NULL);
}
