/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools: every buffer once, back home whoever frees it, what is counted; and
 * two threads that allocate and free for each other.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOST_BUFS 512
#include "../dev/host.h"

#define NCPUS 3

static uint64_t now;
static struct spate *sp;

static int
setup(void **state)
{
	sp = host_create(NCPUS, &now);
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(host_missing(sp), 0);
	host_destroy(sp);
	return 0;
}

static struct mpool_info
info(unsigned cpu)
{
	struct mpool_info mi;

	mpool_info(sp->sp_cpu[cpu], &mi);
	return mi;
}

static void
each_buffer_once(void **state)
{
	struct mbuf *m[NCPUS][HOST_BUFS];
	const uint8_t *base = pktmem_base(sp->sp_pktmem);
	static bool seen[NCPUS * HOST_BUFS];
	unsigned i, k, slot;

	memset(seen, 0, sizeof(seen));
	assert_int_equal(info(0).mi_total, HOST_BUFS);
	assert_int_equal(info(0).mi_free, HOST_BUFS); /* before any round */
	assert_int_equal(
	    pktmem_size(sp->sp_pktmem), NCPUS * HOST_BUFS * MBUF_SIZE);
	for (i = 0; i < NCPUS; i++) {
		struct cpu *c = host_cpu(sp, i);

		assert_int_equal(m_alloc_bulk(c, m[i], HOST_BUFS), HOST_BUFS);
		assert_null(m_alloc(c));
		for (k = 0; k < HOST_BUFS; k++) {
			slot = (unsigned)(m[i][k]->m_head - base) / MBUF_SIZE;
			assert_false(seen[slot]);
			seen[slot] = true;
			assert_int_equal(m[i][k]->m_home, i);
			assert_in_range(m_headroom(m[i][k]), MBUF_HEADROOM,
			    MBUF_HEADMOST);
			assert_ptr_equal(pktmem_mbuf(sp->sp_pktmem,
			    m[i][k]->m_head + MBUF_SIZE - 1), m[i][k]);
		}
		m_free_bulk(c, m[i], HOST_BUFS);
	}
}

/* No line of a page is the first of many packets of a vector. */
static void
begins_in_many_lines(void **state)
{
	enum { LINES = 4096 / CACHELINE, EACH = HOST_BUFS / 6 };
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m[HOST_BUFS];
	unsigned first[LINES] = { 0 };
	unsigned i, used = 0;

	assert_int_equal(m_alloc_bulk(c, m, HOST_BUFS), HOST_BUFS);
	for (i = 0; i < HOST_BUFS; i++) {
		assert_in_range(
		    m_headroom(m[i]), MBUF_HEADROOM, MBUF_HEADMOST);
		assert_int_equal((uintptr_t)m[i]->m_data % CACHELINE, 0);
		assert_true(m_tailroom(m[i]) >= MBUF_DATA);
		first[(uintptr_t)m[i]->m_data / CACHELINE % LINES]++;
	}
	m_free_bulk(c, m, HOST_BUFS);
	for (i = 0; i < LINES; i++) {
		used += first[i] > 0;
		assert_true(first[i] <= EACH + 2);
	}
	assert_int_equal(used, 6);
}

static void
starved(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m[HOST_BUFS];
	unsigned n;

	assert_false(mpool_starved(c));
	n = m_alloc_bulk(c, m, HOST_BUFS - 10);
	assert_true(mpool_starved(c));
	assert_int_equal(m_alloc_bulk(c, m + n, 15), 10);
	assert_int_equal(info(0).mi_failed, 5);
	mpool_flush(c);
	assert_int_equal(info(0).mi_free, 0);
	m_free_bulk(c, m, HOST_BUFS);
	mpool_flush(c);
	assert_int_equal(info(0).mi_free, HOST_BUFS);
	assert_int_equal(info(0).mi_least, 0);
	assert_false(mpool_starved(c));
}

/* One at a time and in bundles, freed by another CPU. */
static void
comes_home(void **state)
{
	static const unsigned sizes[] = { 1, MPOOL_RETURN - 1, MPOOL_RETURN,
		MPOOL_RETURN + 1, HOST_BUFS };
	struct mbuf *m[HOST_BUFS];
	unsigned i, n;

	for (i = 0; i < countof(sizes); i++) {
		struct cpu *home = host_cpu(sp, 0), *other;

		n = m_alloc_bulk(home, m, sizes[i]);
		assert_int_equal(n, sizes[i]);
		other = host_cpu(sp, 1);
		m_free_bulk(other, m, n);
		home = host_cpu(sp, 0);
		mpool_run(home);
		mpool_flush(home);
		/* Whole bundles do not wait. */
		assert_int_equal(info(0).mi_free,
		    HOST_BUFS - n % MPOOL_RETURN);
		mpool_flush(host_cpu(sp, 1));
		home = host_cpu(sp, 0);
		mpool_run(home);
		mpool_flush(home);
		assert_int_equal(info(0).mi_free, HOST_BUFS);
		assert_int_equal(info(1).mi_free, HOST_BUFS);
	}
}

/* Everything a CPU has, buffers and clones, comes home at one time. */
static void
all_at_once(void **state)
{
	struct mbuf *m[2 * HOST_BUFS];
	struct cpu *c = host_cpu(sp, 0);
	unsigned i;

	assert_int_equal(m_alloc_bulk(c, m, HOST_BUFS), HOST_BUFS);
	for (i = 0; i < HOST_BUFS; i++)
		assert_non_null(m[HOST_BUFS + i] = m_clone(c, m[i]));
	assert_null(m_clone(c, m[0]));
	mpool_flush(c);
	assert_int_equal(info(0).mi_clones, HOST_BUFS);
	c = host_cpu(sp, 2);
	m_free_bulk(c, m, 2 * HOST_BUFS);
	mpool_flush(c);
	assert_int_equal(info(2).mi_foreign, 2 * HOST_BUFS);
}

/* The buffer goes when the last of those that share it goes, in any order. */
static void
last_reference(void **state)
{
	unsigned order, i, at;

	for (order = 0; order < 27; order++) {
		struct cpu *c = host_cpu(sp, 0);
		struct mbuf *m[3];

		m[0] = m_alloc(c);
		m[1] = m_clone(c, m[0]);
		m[2] = m_clone(c, m[1]); /* of a clone: the same buffer */
		for (i = 0; i < 3; i++)
			assert_ptr_equal(m[i]->m_head, m[0]->m_head);
		assert_int_equal(m[0]->m_refs, 3);
		for (i = 0, at = order; i < 3; i++, at /= 3) {
			c = host_cpu(sp, at % 3);
			mpool_flush(host_cpu(sp, 0));
			assert_int_equal(info(0).mi_free, HOST_BUFS - 1);
			c = host_cpu(sp, at % 3);
			m_free(c, m[(i + order) % 3]);
		}
		assert_int_equal(host_missing(sp), 0);
	}
}

/* A clone of what is not at home here is a copy. */
static void
clone_of_foreign(void **state)
{
	struct mbuf *m = m_from_bytes(host_cpu(sp, 0), "foreign", 7), *k;
	struct cpu *c = host_cpu(sp, 1);

	k = m_clone(c, m);
	assert_non_null(k);
	assert_int_equal(k->m_home, 1);
	assert_ptr_not_equal(k->m_head, m->m_head);
	assert_int_equal(k->m_flags & MF_SHARED, 0);
	assert_memory_equal(k->m_data, "foreign", 7);
	m_free(c, k);
	m_free(c, m);
}

/* Each once, apart from each other, and home from anywhere. */
static void
large_ones(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m[HOST_BUFS], *k;
	unsigned i, n = 0;

	while ((m[n] = m_alloc_large(c)) != NULL) {
		assert_int_equal(m_tailroom(m[n]), MBUF_LARGE);
		memset(m[n]->m_head, (int)n, MBUF_LARGE);
		n++;
	}
	assert_int_equal(n, HOST_BUFS * MBUF_SIZE / MPOOL_LARGE / MBUF_LARGE);
	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(m[i]->m_head[0], i);
		assert_int_equal(m[i]->m_head[MBUF_LARGE - 1], i);
	}
	mpool_flush(c);
	assert_int_equal(info(0).mi_large, n);
	assert_int_equal(info(0).mi_largefree, 0);
	/* A clone keeps it out. */
	assert_non_null(k = m_clone(c, m[0]));
	c = host_cpu(sp, 1);
	m_free_bulk(c, m, n);
	host_settle(sp);
	assert_int_equal(info(0).mi_largefree, n - 1);
	m_free(host_cpu(sp, 2), k);
	host_settle(sp);
	assert_int_equal(info(0).mi_largefree, n);
	assert_int_equal(info(1).mi_largefree, n);
}

static void
drops_are_counted(void **state)
{
	struct cpu *c = host_cpu(sp, 1);
	struct mbuf *m = m_alloc(c);

	assert_int_equal(cpu_drop_attach(c, 7), 0);
	m->m_rcvif = 7;
	m_drop(c, m, SG_PATH, pks_handfull);
	m_drop(c, m_alloc(c), SG_PATH, pks_handfull);
	assert_true(stat_cell_read(&c->c_stat[SG_PATH][pks_dropped]) == 2);
	assert_true(stat_cell_read(&c->c_stat[SG_PATH][pks_handfull]) == 2);
	assert_true(stat_cell_read(
	    &c->c_drop[7][stat_base(SG_PATH) + pks_handfull]) == 1);
	assert_true(stat_cell_read(
	    &c->c_drop[0][stat_base(SG_PATH) + pks_handfull]) == 1);
}

#define NPACKETS 100000

struct side {
	struct ring *sd_out, *sd_in;
	unsigned sd_id;
	uint64_t sd_bad;
};

/* Sends packets of its own, marked; frees what the other sent. */
static void *
side_main(void *arg)
{
	struct side *sd = arg;
	struct cpu *c = host_cpu(sp, sd->sd_id);
	unsigned sent = 0, got = 0;
	void *p;

	while (sent < NPACKETS || got < NPACKETS) {
		struct mbuf *m = NULL;

		if (sent < NPACKETS && ring_room(sd->sd_out) > 0 &&
		    ((m = sent % 2 != 0 ? m_alloc_large(c) : NULL) != NULL ||
		    (m = m_alloc(c)) != NULL)) {
			memset(m->m_data, (int)sd->sd_id, 64);
			p = m;
			sent += ring_put(sd->sd_out, &p, 1);
		}
		if (ring_get(sd->sd_in, &p, 1) == 1) {
			got++;
			m = p;
			sd->sd_bad += m->m_data[63] != !sd->sd_id;
			m_free(c, m);
		} else if (m == NULL) {
			sched_yield();
		}
		mpool_run(c);
		mpool_flush(c);
	}
	return NULL;
}

static void
two_threads(void **state)
{
	struct ring *r[2] = { ring_create(128), ring_create(128) };
	struct side sd[2] = { { r[0], r[1], 0, 0 }, { r[1], r[0], 1, 0 } };
	pthread_t th;

	assert_int_equal(pthread_create(&th, NULL, side_main, &sd[1]), 0);
	side_main(&sd[0]);
	assert_int_equal(pthread_join(th, NULL), 0);
	assert_true(sd[0].sd_bad == 0);
	assert_true(sd[1].sd_bad == 0);
	ring_destroy(r[0]);
	ring_destroy(r[1]);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(each_buffer_once),
		T(begins_in_many_lines),
		T(starved),
		T(comes_home),
		T(all_at_once),
		T(last_reference),
		T(clone_of_foreign),
		T(large_ones),
		T(drops_are_counted),
		T(two_threads),
	};
#undef T

	return cmocka_run_group_tests_name("mbuf/pool", tests, NULL, NULL);
}
