/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of records: bounds and wrapping with one thread; with two, that
 * nothing is lost, doubled, reordered, or seen before it was written.
 */
#include "cpu/recring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static void
put(struct recring *r, unsigned char fill, size_t n)
{
	void *p = recring_reserve(r, n);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 8, 0);
	memset(p, fill, n);
	recring_commit(r, n);
}

static void
take(struct recring *r, unsigned char fill, size_t want)
{
	const unsigned char *p;
	size_t n, i;

	p = recring_peek(r, &n);
	assert_non_null(p);
	assert_int_equal(n, want);
	for (i = 0; i < n; i++)
		assert_int_equal(p[i], fill);
	recring_consume(r);
}

static void
bounds(void **state)
{
	struct recring *r = recring_create(64);
	size_t n;

	(void)state;
	assert_null(recring_peek(r, &n));
	recring_consume(r); /* of nothing: nothing */
	assert_null(recring_reserve(r, 57));
	put(r, 1, 24);
	put(r, 2, 0);
	put(r, 3, 16);
	assert_null(recring_reserve(r, 1));
	take(r, 1, 24);
	take(r, 2, 0);
	take(r, 3, 16);
	assert_null(recring_peek(r, &n));
	recring_destroy(r);
	recring_destroy(NULL);
}

/* One that does not fit before the end begins anew. */
static void
wraps(void **state)
{
	struct recring *r = recring_create(64);
	size_t n;

	(void)state;
	put(r, 1, 32); /* 40 with its word */
	assert_null(recring_reserve(r, 32));
	take(r, 1, 32);
	assert_non_null(recring_reserve(r, 24)); /* not committed */
	assert_null(recring_peek(r, &n));
	put(r, 2, 8); /* up to 56 */
	put(r, 3, 24); /* a skip of 8, then at 0 */
	take(r, 2, 8);
	take(r, 3, 24);
	recring_destroy(r);
}

/* Less than what was reserved is committed. */
static void
shorter(void **state)
{
	struct recring *r = recring_create(128);
	void *p = recring_reserve(r, 100);

	(void)state;
	memset(p, 9, 100);
	recring_commit(r, 11);
	put(r, 4, 80);
	take(r, 9, 11);
	take(r, 4, 80);
	recring_destroy(r);
}

#define RECORDS 200000

static void *
producer(void *arg)
{
	struct recring *r = arg;
	struct rnd rnd;
	unsigned i;
	size_t n;
	void *p;

	rnd_seed(&rnd, 5);
	for (i = 0; i < RECORDS; i++) {
		n = 4 + rnd_below(&rnd, 400);
		while ((p = recring_reserve(r, n)) == NULL)
			sched_yield();
		memset(p, (int)(i & 0xff), n);
		memcpy(p, &i, 4);
		recring_commit(r, n);
	}
	return NULL;
}

static void
two_threads(void **state)
{
	struct recring *r = recring_create(4096);
	const unsigned char *p;
	pthread_t thread;
	struct rnd rnd;
	unsigned i, k;
	size_t n, m;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, producer, r), 0);
	rnd_seed(&rnd, 5);
	for (i = 0; i < RECORDS; i++) {
		while ((p = recring_peek(r, &n)) == NULL)
			sched_yield();
		assert_int_equal(n, 4 + rnd_below(&rnd, 400));
		memcpy(&k, p, 4);
		assert_int_equal(k, i);
		for (m = 4; m < n; m++)
			if (p[m] != (i & 0xff))
				fail_msg("record %u, byte %zu", i, m);
		recring_consume(r);
	}
	pthread_join(thread, NULL);
	assert_null(recring_peek(r, &n));
	recring_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),
		cmocka_unit_test(wraps),
		cmocka_unit_test(shorter),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
