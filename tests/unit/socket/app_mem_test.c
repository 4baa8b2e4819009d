/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in a program's memory: nothing overlaps, all is where its
 * kind may be, and shapes that make no sense are refused.
 */
#include "socket/app_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/bytes.h"

static const struct app_shape small = { .as_ncpus = 1, .as_nthreads = 1,
	.as_nsocks = 1, .as_pipe = APP_PIPE_MIN, .as_events = APP_EV_MIN,
	.as_nchunks = 1 };
static const struct app_shape largest = { .as_ncpus = 64,
	.as_nthreads = APP_THREADS, .as_nsocks = APP_SOCKS,
	.as_pipe = APP_PIPE_MAX, .as_events = APP_EV_MAX,
	.as_nchunks = APP_CHUNKS / 64 };

/* Each kind of thing begins where the one before ends, on a page. */
static void
apart(const struct app_shape *as)
{
	struct app_mem am = { .am_shape = *as };
	const struct app_layout *ay = &am.am_layout;
	unsigned ring = app_ring(&am, as->as_nthreads - 1, as->as_ncpus - 1);

	assert_null(app_layout(as, &am.am_layout));
	assert_int_equal(ay->ay_cpus, 0);
	assert_true(
	    ay->ay_threads >= as->as_ncpus * sizeof(struct app_sleeper));
	assert_true(ay->ay_pipe_ends >=
	    ay->ay_threads + as->as_nthreads * sizeof(struct app_sleeper));
	assert_true((uint8_t *)(app_pipe_ends(&am, ring) + 1) <=
	    am.am_base + ay->ay_event_ends);
	assert_true((uint8_t *)(app_event_ends(&am, ring) + 1) <=
	    am.am_base + ay->ay_pipes);
	assert_true(app_pipe_bytes(&am, ring) + as->as_pipe <=
	    am.am_base + ay->ay_events);
	assert_true((uint8_t *)(app_events(&am, ring) + as->as_events) <=
	    am.am_base + ay->ay_rcv);
	assert_true(
	    (uint8_t *)(app_rcv(&am, as->as_nsocks - 1, as->as_ncpus - 1) +
		1) <= am.am_base + ay->ay_chunks);
	assert_true(
	    (uint8_t *)(app_chunk(&am, as->as_nchunks * as->as_ncpus - 1) +
		1) <= am.am_base + ay->ay_size);
	assert_int_equal(ay->ay_pipes % APP_PAGE, 0);
	assert_int_equal(ay->ay_rcv % APP_PAGE, 0);
	assert_int_equal(ay->ay_chunks % APP_PAGE, 0);
	assert_int_equal(ay->ay_size % APP_PAGE, 0);
}

static void
layouts(void **state)
{
	struct app_shape odd = { .as_ncpus = 3, .as_nthreads = 7,
		.as_nsocks = 1001, .as_pipe = 2 * APP_PIPE_MIN,
		.as_events = 64, .as_nchunks = 33 };

	(void)state;
	apart(&small);
	apart(&odd);
	apart(&largest);
}

static void
refused(void **state)
{
	static const struct {
		size_t at; /* of a member */
		uint32_t value;
	} bad[] = {
		{ offsetof(struct app_shape, as_ncpus), 0 },
		{ offsetof(struct app_shape, as_ncpus), 65 },
		{ offsetof(struct app_shape, as_nthreads), 0 },
		{ offsetof(struct app_shape, as_nthreads), APP_THREADS + 1 },
		{ offsetof(struct app_shape, as_nsocks), 0 },
		{ offsetof(struct app_shape, as_nsocks), APP_SOCKS + 1 },
		{ offsetof(struct app_shape, as_pipe), 0 },
		{ offsetof(struct app_shape, as_pipe), APP_PIPE_MIN / 2 },
		{ offsetof(struct app_shape, as_pipe), APP_PIPE_MIN + 8 },
		{ offsetof(struct app_shape, as_pipe), 2 * APP_PIPE_MAX },
		{ offsetof(struct app_shape, as_events), 0 },
		{ offsetof(struct app_shape, as_events), 17 },
		{ offsetof(struct app_shape, as_events), 2 * APP_EV_MAX },
		{ offsetof(struct app_shape, as_nchunks), 0 },
		{ offsetof(struct app_shape, as_nchunks), APP_CHUNKS + 1 },
		{ offsetof(struct app_shape, as_nchunks), UINT32_MAX },
	};
	struct app_layout ay;
	struct app_shape as;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(bad); i++) {
		as = small;
		*(uint32_t *)(void *)((char *)&as + bad[i].at) = bad[i].value;
		assert_non_null(app_layout(&as, &ay));
	}
	as = largest; /* more chunks in all than have numbers */
	as.as_nchunks++;
	assert_non_null(app_layout(&as, &ay));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
