/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring: order, bounds and wrapping with one thread; with two, that nothing
 * is lost, doubled, reordered or seen before it was written.
 *
 * Includes ring.c to set the indices just before they wrap.
 */
#include "cpu/ring.c"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"

#define BURST 40

/* The n-th thing to put; never looked behind in the tests of one thread. */
static void *
thing(unsigned n)
{
	return (void *)(uintptr_t)(n + 1);
}

static unsigned
put_some(struct ring *r, unsigned from, unsigned n)
{
	void *v[BURST] = { NULL };
	unsigned i;

	for (i = 0; i < n; i++)
		v[i] = thing(from + i);
	return ring_put(r, v, n);
}

static void
empty_and_full(void **state)
{
	struct ring *r = ring_create(8);
	void *v[BURST];
	unsigned i;

	assert_non_null(r);
	assert_true(ring_empty(r));
	assert_int_equal(ring_room(r), 8);
	assert_int_equal(ring_get(r, v, BURST), 0);
	assert_int_equal(put_some(r, 0, 0), 0);
	assert_true(ring_empty(r));

	assert_int_equal(put_some(r, 0, BURST), 8); /* as many as fit */
	assert_false(ring_empty(r));
	assert_int_equal(ring_count(r), 8);
	assert_int_equal(ring_room(r), 0);
	assert_int_equal(put_some(r, 8, 1), 0);

	assert_int_equal(ring_get(r, v, 3), 3);
	assert_int_equal(ring_room(r), 3);
	assert_int_equal(put_some(r, 8, 2), 2);
	assert_int_equal(ring_get(r, v + 3, BURST), 7);
	for (i = 0; i < 10; i++)
		assert_ptr_equal(v[i], thing(i));
	assert_true(ring_empty(r));
	ring_destroy(r);
}

static void
size_of_one(void **state)
{
	struct ring *r = ring_create(1);
	void *v[2];
	unsigned i;

	for (i = 0; i < 10; i++) {
		assert_int_equal(put_some(r, i, 2), 1);
		assert_int_equal(ring_room(r), 0);
		assert_int_equal(ring_get(r, v, 2), 1);
		assert_ptr_equal(v[0], thing(i));
	}
	ring_destroy(r);
}

/* Against two counters, from a start shortly before the indices wrap. */
static void
random_across_the_wrap(void **state)
{
	struct ring *r = ring_create(32);
	uint32_t start = UINT32_MAX - 1000;
	unsigned put = 0;
	unsigned got = 0;
	void *v[BURST];
	struct rnd rnd;
	unsigned want;
	unsigned n;
	unsigned i;

	atomic_init(&r->rg_head, start);
	atomic_init(&r->rg_tail, start);
	r->rg_head_seen = r->rg_tail_seen = start;
	rnd_seed(&rnd, 1);
	while (got < 5000) {
		n = (unsigned)rnd_below(&rnd, BURST + 1);
		if (rnd_below(&rnd, 2) == 0) {
			want = umin(n, 32 - (put - got));
			assert_int_equal(put_some(r, put, n), want);
			put += want;
		} else {
			want = umin(n, put - got);
			assert_int_equal(ring_get(r, v, n), want);
			for (i = 0; i < want; i++)
				assert_ptr_equal(v[i], thing(got + i));
			got += want;
		}
		assert_int_equal(ring_count(r), put - got);
		if (n == 0) /* seldom: it looks at the other end anew */
			assert_int_equal(ring_room(r), 32 - (put - got));
		assert_int_equal(ring_empty(r), put == got);
	}
	ring_destroy(r);
}

static unsigned points;

static void
count_points(enum sim_point k)
{
	points += k == SP_RING;
}

static void
each_operation_is_a_point(void **state)
{
	struct ring *r = ring_create(4);
	void *v[4];

	sim_point_hook = count_points;
	put_some(r, 0, 4);
	ring_get(r, v, 4);
	ring_empty(r);
	sim_point_hook = NULL;
	assert_int_equal(points, 3);
	ring_destroy(r);
}

#define NITEMS 300000

/* Written by the producer without atomics: ThreadSanitizer checks the order. */
struct item {
	unsigned it_n;
};

struct stress {
	struct ring *s_ring;
	struct item *s_items;
	unsigned s_size;
	unsigned s_burst; /* largest */
};

static void *
producer(void *arg)
{
	struct stress *s = arg;
	void *v[BURST];
	struct rnd rnd;
	unsigned put = 0;
	unsigned n;
	unsigned i;

	rnd_seed(&rnd, 2);
	while (put < NITEMS) {
		n = 1 + (unsigned)rnd_below(&rnd, s->s_burst);
		n = umin(n, NITEMS - put);
		for (i = 0; i < n; i++) {
			s->s_items[put + i].it_n = put + i;
			v[i] = &s->s_items[put + i];
		}
		if ((n = ring_put(s->s_ring, v, n)) == 0)
			sched_yield();
		put += n;
	}
	return NULL;
}

/* How many came right, before the first that did not. */
static unsigned
consume(struct stress *s)
{
	void *v[BURST];
	struct rnd rnd;
	unsigned got = 0;
	unsigned n;
	unsigned i;

	rnd_seed(&rnd, 3);
	while (got < NITEMS) {
		n = 1 + (unsigned)rnd_below(&rnd, s->s_burst);
		if ((n = ring_get(s->s_ring, v, n)) == 0)
			sched_yield();
		if (ring_count(s->s_ring) > s->s_size)
			return got;
		for (i = 0; i < n; i++, got++)
			if (v[i] != &s->s_items[got] ||
			    ((struct item *)v[i])->it_n != got)
				return got;
	}
	return got;
}

static void
two_threads(void **state)
{
	static const struct {
		unsigned size;
		unsigned burst;
	} shape[] = { { 1, 1 }, { 8, BURST }, { 1024, BURST } };
	struct stress s;
	pthread_t p;
	unsigned i;

	s.s_items = calloc(NITEMS, sizeof(*s.s_items));
	assert_non_null(s.s_items);
	for (i = 0; i < countof(shape); i++) {
		s.s_ring = ring_create(shape[i].size);
		s.s_size = shape[i].size;
		s.s_burst = shape[i].burst;
		assert_int_equal(pthread_create(&p, NULL, producer, &s), 0);
		assert_int_equal(consume(&s), NITEMS);
		assert_int_equal(pthread_join(p, NULL), 0);
		assert_true(ring_empty(s.s_ring));
		ring_destroy(s.s_ring);
	}
	free(s.s_items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_and_full),
		cmocka_unit_test(size_of_one),
		cmocka_unit_test(random_across_the_wrap),
		cmocka_unit_test(each_operation_is_a_point),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests_name("cpu/ring", tests, NULL, NULL);
}
