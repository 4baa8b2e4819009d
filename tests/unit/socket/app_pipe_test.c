/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pipe: records come out as they went in, whatever their sizes and wherever
 * it wraps; it is full when it is full; and rubbish in it stops it.
 */
#include "socket/app_pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app_bed.h"
#include "base/bytes.h"
#include "base/random.h"
#include "socket/app_user.h"

static const struct app_shape shape = { .as_ncpus = 2, .as_nthreads = 2,
	.as_nsocks = 1, .as_pipe = APP_PIPE_MIN, .as_events = APP_EV_MIN,
	.as_nchunks = 1 };

struct bed {
	struct app_mem b_am;
	struct app_pipe b_in;
	struct user_pipe b_out;
};

static void
bed_open(struct bed *b)
{
	app_bed_open(&b->b_am, &shape);
	app_pipe_init(&b->b_in, &b->b_am, app_ring(&b->b_am, 1, 1));
	user_pipe_init(&b->b_out, &b->b_am, 1, 1);
}

static bool
put(struct bed *b, uint32_t tag, size_t n)
{
	struct app_rec *rc = user_pipe_reserve(&b->b_out, n);

	if (rc == NULL)
		return false;
	*rc = (struct app_rec){ .rc_len = (uint32_t)n, .rc_op = 7,
		.rc_tag = tag };
	memset(rc + 1, (int)tag, n);
	user_pipe_commit(&b->b_out, rc);
	return true;
}

static void
take(struct bed *b, uint32_t tag, size_t n)
{
	struct app_item pi;
	size_t i;

	assert_int_equal(app_pipe_take(&b->b_in, &pi, 1), 1);
	assert_int_equal(pi.pi_head.rc_op, 7);
	assert_int_equal(pi.pi_head.rc_tag, tag);
	assert_int_equal(pi.pi_head.rc_len, n);
	for (i = 0; i < n; i++)
		if (pi.pi_data[i] != (uint8_t)tag)
			fail_msg("record %u, byte %zu", tag, i);
}

/* Nothing is seen before it is flushed, no room is given before done. */
static void
steps(void **state)
{
	struct app_item pi[4];
	struct bed b;

	(void)state;
	bed_open(&b);
	assert_int_equal(app_pipe_take(&b.b_in, pi, 4), 0);
	assert_false(app_pipe_done(&b.b_in));
	assert_true(put(&b, 1, 100) && put(&b, 2, 0) && put(&b, 3, 5));
	assert_int_equal(app_pipe_take(&b.b_in, pi, 4), 0);
	assert_false(app_pipe_waiting(&b.b_in));
	assert_false(user_pipe_flush(&b.b_out)); /* nobody sleeps */
	assert_true(app_pipe_waiting(&b.b_in));
	assert_int_equal(app_pipe_take(&b.b_in, pi, 2), 2);
	assert_int_equal(pi[1].pi_head.rc_tag, 2);
	take(&b, 3, 5);
	assert_false(app_pipe_waiting(&b.b_in));
	assert_int_equal(
	    atomic_load(&app_pipe_ends(&b.b_am, 3)->ae_tail), 0);
	assert_false(app_pipe_done(&b.b_in));
	assert_int_equal(
	    atomic_load(&app_pipe_ends(&b.b_am, 3)->ae_tail), 128 + 16 + 32);
	app_bed_close(&b.b_am);
}

/* Random sizes, many times around; as many as fit, then all out. */
static void
around(void **state)
{
	uint32_t tag = 0, got = 0;
	size_t size[4096];
	struct rnd r;
	struct bed b;
	unsigned i;

	(void)state;
	bed_open(&b);
	rnd_seed(&r, 3);
	for (i = 0; i < 100; i++) {
		do
			size[tag % 4096] = rnd_below(&r, 3) != 0 ?
			    rnd_below(&r, 2000) : rnd_below(&r, 70000);
		while (put(&b, tag, size[tag % 4096]) && ++tag - got < 4096);
		user_pipe_flush(&b.b_out);
		while (got < tag && (rnd_below(&r, 50) != 0 || i == 99)) {
			take(&b, got, size[got % 4096]);
			got++;
		}
		app_pipe_done(&b.b_in);
	}
	assert_int_equal(got, tag);
	assert_true(tag > 500);
	assert_int_equal(b.b_in.ap_tail, b.b_out.up_head);
	assert_true(b.b_in.ap_tail > 5 * (uint64_t)APP_PIPE_MIN);
	app_bed_close(&b.b_am);
}

/* Whoever waits for room or records is told once. */
static void
flags(void **state)
{
	const size_t half = APP_PIPE_MIN / 2 - sizeof(struct app_rec);
	struct app_item pi;
	struct bed b;

	(void)state;
	bed_open(&b);
	app_flag_set(&app_cpu_sleeper(&b.b_am, 1)->al_asleep);
	assert_true(put(&b, 1, half) && put(&b, 2, half));
	assert_false(put(&b, 3, 0));
	assert_true(user_pipe_flush(&b.b_out));
	assert_false(user_pipe_want(&b.b_out, 0));
	assert_false(app_pipe_done(&b.b_in)); /* nothing is taken */
	assert_int_equal(app_pipe_take(&b.b_in, &pi, 1), 1);
	assert_true(app_pipe_done(&b.b_in));
	assert_true(user_pipe_want(&b.b_out, half));
	assert_false(user_pipe_want(&b.b_out, half + 1));
	assert_int_equal(app_pipe_take(&b.b_in, &pi, 1), 1);
	assert_true(app_pipe_done(&b.b_in));
	assert_true(put(&b, 3, 10));
	assert_false(user_pipe_flush(&b.b_out));
	app_bed_close(&b.b_am);
}

static void
rubbish(void **state)
{
	static const struct {
		uint64_t head; /* of the pipe, after 64 bytes were taken */
		uint32_t len; /* of the record there */
		uint16_t op;
		enum app_fault fault;
	} bad[] = {
		{ 63, 0, 1, APP_F_HEAD },
		{ 0, 0, 1, APP_F_HEAD },
		{ 65, 0, 1, APP_F_HEAD },
		{ UINT64_MAX - 15, 0, 1, APP_F_HEAD },
		{ 64 + APP_PIPE_MIN + 16, 0, 1, APP_F_HEAD },
		{ 80, 1, 1, APP_F_REC },
		{ 96, 17, 1, APP_F_REC },
		{ 96, UINT32_MAX, 1, APP_F_REC },
		{ 96, UINT32_MAX - 15, 1, APP_F_REC },
		{ 96, 0, APP_SKIP, APP_F_REC },
		{ APP_PIPE_MIN, 0, APP_SKIP, APP_SOUND },
		{ 96, 16, 1, APP_SOUND },
		{ 64, 0, 1, APP_SOUND },
	};
	struct app_rec *rc;
	struct app_item pi;
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(bad); i++) {
		bed_open(&b);
		assert_true(put(&b, 1, 48));
		user_pipe_flush(&b.b_out);
		take(&b, 1, 48);
		rc = (struct app_rec *)(void *)(app_pipe_bytes(&b.b_am, 3) +
		    64);
		*rc = (struct app_rec){ .rc_op = bad[i].op,
			.rc_len = bad[i].len };
		atomic_store(
		    &app_pipe_ends(&b.b_am, 3)->ae_head, bad[i].head);
		app_pipe_take(&b.b_in, &pi, 1);
		assert_int_equal(b.b_in.ap_fault, bad[i].fault);
		if (b.b_in.ap_fault != APP_SOUND) {
			assert_int_equal(b.b_in.ap_tail, 64);
			assert_false(app_pipe_waiting(&b.b_in));
			assert_int_equal(app_pipe_take(&b.b_in, &pi, 1), 0);
			assert_non_null(app_fault_text(b.b_in.ap_fault));
		}
		app_bed_close(&b.b_am);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps),
		cmocka_unit_test(around),
		cmocka_unit_test(flags),
		cmocka_unit_test(rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
