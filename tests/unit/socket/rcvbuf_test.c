/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive buffers: bytes come out as they went in and are counted exactly;
 * chunks are lent while there are bytes, and all of them come back; rubbish
 * from the program stops them.
 */
#include "socket/rcvbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app_bed.h"
#include "base/bytes.h"
#include "base/random.h"
#include "socket/app_user.h"

#define CHUNKS 20u
#define SOCKS  3u

static const struct app_shape shape = { .as_ncpus = 2, .as_nthreads = 1,
	.as_nsocks = SOCKS, .as_pipe = APP_PIPE_MIN, .as_events = APP_EV_MIN,
	.as_nchunks = CHUNKS };

struct bed {
	struct app_mem b_am;
	struct rcvpool b_pool;
	struct rcvbuf b_rb[SOCKS];
	struct user_rcv b_ur[SOCKS];
};

static void
bed_open(struct bed *b, uint32_t limit)
{
	uint32_t i;

	app_bed_open(&b->b_am, &shape);
	assert_int_equal(rcvpool_init(&b->b_pool, &b->b_am, 1), 0);
	for (i = 0; i < SOCKS; i++) {
		rcvbuf_init(&b->b_rb[i], &b->b_pool, app_rcv(&b->b_am, i, 1),
		    limit);
		user_rcv_init(&b->b_ur[i], &b->b_am, i, 1);
	}
}

static void
bed_close(struct bed *b)
{
	unsigned i;

	for (i = 0; i < SOCKS; i++)
		rcvbuf_fini(&b->b_rb[i]);
	assert_int_equal(b->b_pool.rp_nfree, CHUNKS);
	assert_null(b->b_pool.rp_oldest);
	rcvpool_fini(&b->b_pool);
	app_bed_close(&b->b_am);
}

/* The byte of a socket at a count. */
static uint8_t
byte(unsigned sock, uint64_t at)
{
	return (uint8_t)(at * 7 + at / 256 + sock * 31);
}

static bool
put(struct bed *b, unsigned sock, size_t n)
{
	struct rcvbuf *rb = &b->b_rb[sock];
	uint8_t bytes[8192];
	size_t i, now;

	for (; n > 0; n -= now) {
		now = u64min(n, sizeof(bytes));
		for (i = 0; i < now; i++)
			bytes[i] = byte(sock, rb->rb_head + i);
		rcvbuf_put(rb, bytes, now);
	}
	return rcvbuf_flush(rb);
}

static void
get(struct bed *b, unsigned sock, size_t n)
{
	struct user_rcv *ur = &b->b_ur[sock];
	uint64_t at = ur->ur_tail;
	static uint8_t bytes[CHUNKS * APP_CHUNK];
	size_t i;

	user_rcv_get(ur, bytes, n);
	for (i = 0; i < n; i++)
		if (bytes[i] != byte(sock, at + i))
			fail_msg("socket %u, byte %zu of %zu at %lu", sock, i,
			    n, (unsigned long)at);
}

/* Limits, counts, and that nothing is lent to who has nothing. */
static void
counts(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 10000);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 10000);
	assert_int_equal(b.b_pool.rp_nfree, CHUNKS);
	assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 0);
	put(&b, 0, 9000);
	assert_int_equal(b.b_pool.rp_nfree, CHUNKS - 3);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 1000);
	assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 9000);
	get(&b, 0, APP_CHUNKED);
	user_rcv_done(&b.b_ur[0]);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 1000 + APP_CHUNKED);
	/* The program still looks for the second in the first. */
	assert_int_equal(b.b_pool.rp_nfree, CHUNKS - 3);
	get(&b, 0, 1);
	user_rcv_done(&b.b_ur[0]);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 1001 + APP_CHUNKED);
	assert_int_equal(b.b_pool.rp_nfree, CHUNKS - 2);
	assert_int_equal(rcvbuf_bytes(&b.b_rb[0]), 8999 - APP_CHUNKED);
	get(&b, 0, 8999 - APP_CHUNKED);
	user_rcv_done(&b.b_ur[0]);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 10000);
	assert_int_equal(b.b_pool.rp_nfree, CHUNKS - 1);
	assert_int_equal(rcvpool_reclaim(&b.b_pool, 5), 1);
	put(&b, 0, 10); /* from nothing again */
	assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 10);
	get(&b, 0, 10);
	bed_close(&b);
}

/* One chunk does for a socket that is always read. */
static void
one_chunk(void **state)
{
	struct bed b;
	unsigned i;

	(void)state;
	bed_open(&b, 100000);
	for (i = 0; i < 1000; i++) {
		assert_true(rcvbuf_room(&b.b_rb[0]) > 1500);
		put(&b, 0, 1 + i * 37 % 1500);
		assert_true(user_rcv_bytes(&b.b_ur[0]) == 1 + i * 37 % 1500);
		get(&b, 0, 1 + i * 37 % 1500);
		user_rcv_done(&b.b_ur[0]);
		assert_int_equal(b.b_pool.rp_nfree, CHUNKS - 1);
	}
	bed_close(&b);
}

/* Who has nothing to read gives way to who gets something. */
static void
starved(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, UINT32_MAX);
	put(&b, 0, 10);
	put(&b, 1, 10);
	assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 10);
	get(&b, 0, 10);
	user_rcv_done(&b.b_ur[0]);
	assert_int_equal(
	    rcvbuf_room(&b.b_rb[2]), (CHUNKS - 2) * APP_CHUNKED);
	assert_int_equal(rcvpool_reclaim(&b.b_pool, 8), 1);
	assert_int_equal(
	    rcvbuf_room(&b.b_rb[2]), (CHUNKS - 1) * APP_CHUNKED);
	put(&b, 2, (CHUNKS - 1) * APP_CHUNKED);
	assert_int_equal(rcvbuf_room(&b.b_rb[2]), 0);
	assert_int_equal(rcvbuf_room(&b.b_rb[0]), 0);
	assert_int_equal(rcvbuf_room(&b.b_rb[1]), APP_CHUNKED - 10);
	bed_close(&b);
}

/* Asked, then told once; not when there is something already. */
static void
armed(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1000);
	assert_false(put(&b, 0, 5));
	assert_false(user_rcv_arm(&b.b_ur[0]));
	get(&b, 0, 5);
	user_rcv_done(&b.b_ur[0]);
	assert_true(user_rcv_arm(&b.b_ur[0]));
	assert_true(put(&b, 0, 5));
	assert_false(put(&b, 0, 5));
	assert_false(rcvbuf_flush(&b.b_rb[0]));
	bed_close(&b);
}

/* A program may look and not take. */
static void
peek(void **state)
{
	struct user_rcv before;
	struct bed b;

	(void)state;
	bed_open(&b, 20000);
	put(&b, 0, 12000);
	assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 12000);
	before = b.b_ur[0];
	get(&b, 0, 9000);
	b.b_ur[0] = before;
	user_rcv_get(&b.b_ur[0], NULL, 5000);
	get(&b, 0, 7000);
	user_rcv_done(&b.b_ur[0]);
	bed_close(&b);
}

/* Random deeds beside a count of what must be there. */
static void
random_deeds(void **state)
{
	struct rnd r;
	struct bed b;
	unsigned i, s;
	size_t n;

	(void)state;
	bed_open(&b, 30000);
	rnd_seed(&r, 11);
	for (i = 0; i < 20000; i++) {
		s = (unsigned)rnd_below(&r, SOCKS);
		switch (rnd_below(&r, 5)) {
		case 0:
		case 1:
			n = rcvbuf_room(&b.b_rb[s]);
			assert_true(n <= 30000 - rcvbuf_bytes(&b.b_rb[s]));
			put(&b, s, rnd_below(&r, u64min(n, 9000) + 1));
			break;
		case 2:
			rcvpool_reclaim(&b.b_pool, 1);
			break;
		default:
			n = user_rcv_bytes(&b.b_ur[s]);
			assert_int_equal(
			    n, b.b_rb[s].rb_head - b.b_ur[s].ur_tail);
			get(&b, s,
			    rnd_below(&r, 2) ? n : rnd_below(&r, n + 1));
			user_rcv_done(&b.b_ur[s]);
			break;
		}
		assert_int_equal(b.b_pool.rp_fault, APP_SOUND);
	}
	assert_true(b.b_rb[0].rb_head > 100 * APP_CHUNKED);
	bed_close(&b);
}

static void
rubbish(void **state)
{
	static const uint64_t bad[] = { 0, 99, 201, 1u << 30, UINT64_MAX };
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(bad); i++) {
		bed_open(&b, 1000);
		put(&b, 0, 200);
		assert_int_equal(user_rcv_bytes(&b.b_ur[0]), 200);
		get(&b, 0, 100);
		user_rcv_done(&b.b_ur[0]);
		assert_int_equal(rcvbuf_room(&b.b_rb[0]), 900);
		atomic_store(&app_rcv(&b.b_am, 0, 1)->rw_tail, bad[i]);
		assert_int_equal(rcvbuf_room(&b.b_rb[0]), 0);
		assert_int_equal(b.b_pool.rp_fault, APP_F_RCV);
		assert_int_equal(rcvbuf_room(&b.b_rb[1]), 0);
		assert_int_equal(rcvpool_reclaim(&b.b_pool, 9), 0);
		bed_close(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(one_chunk),
		cmocka_unit_test(starved),
		cmocka_unit_test(armed),
		cmocka_unit_test(peek),
		cmocka_unit_test(random_deeds),
		cmocka_unit_test(rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
