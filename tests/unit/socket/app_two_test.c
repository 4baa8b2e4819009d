/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads, a program and a CPU, with a program's memory between them: each
 * record that the program sends comes back as bytes for the socket and as an
 * event, and who has nothing to do sleeps.  Nothing is lost, doubled or seen
 * too early, and nobody sleeps for ever.
 *
 * The rings are small, so that both ends wait for room and for content.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app_bed.h"
#include "base/bytes.h"
#include "base/random.h"
#include "socket/app_event.h"
#include "socket/app_pipe.h"
#include "socket/app_user.h"
#include "socket/rcvbuf.h"

#define RECORDS	 30000u
#define LARGEST	 3000u
#define OP_ECHO	 1
#define EV_DONE	 1 /* a record was handled */
#define EV_READ	 2 /* bytes came */
#define TAKEN	 8u

static const struct app_shape shape = { .as_ncpus = 1, .as_nthreads = 1,
	.as_nsocks = 1, .as_pipe = APP_PIPE_MIN, .as_events = APP_EV_MIN,
	.as_nchunks = 12 };

struct bed {
	struct app_mem b_am;
	int b_cpu[2]; /* pipes: who writes wakes who reads */
	int b_thread[2];
};

static void
wake(const int *fd)
{
	assert_int_equal(write(fd[1], "", 1), 1);
}

static void
doze(const int *fd)
{
	char c;

	assert_int_equal(read(fd[0], &c, 1), 1);
}

/* The size of record n, and so its bytes. */
static size_t
size_of(uint32_t n)
{
	uint32_t h = n * 2654435761u;

	return (h >> 8 & 7) == 0 ? h % LARGEST : h % 60;
}

struct cpu_end {
	struct bed *e_bed;
	struct app_pipe e_pipe;
	struct app_tell e_tell;
	struct rcvpool e_pool;
	struct rcvbuf e_rb;
	struct app_item e_item[TAKEN]; /* taken, and not all handled */
	unsigned e_n, e_at;
	unsigned e_owed; /* events that found no room */
	uint32_t e_done; /* records whose event was put */
	uint32_t e_read; /* records handled */
};

/* Puts the events that are owed. */
static void
cpu_tell(struct cpu_end *e, bool readable)
{
	struct app_event ev = { .ev_what = EV_DONE };

	e->e_owed += readable;
	while (e->e_done < e->e_read) {
		ev.ev_tag = e->e_done;
		if (!app_tell_put(&e->e_tell, &ev))
			break;
		e->e_done++;
	}
	ev.ev_what = EV_READ;
	while (e->e_owed > 0 && app_tell_put(&e->e_tell, &ev))
		e->e_owed--;
	if (app_tell_flush(&e->e_tell) &&
	    app_flag_take(&app_thread_sleeper(&e->e_bed->b_am, 0)->al_asleep))
		wake(e->e_bed->b_thread);
}

/* What was taken goes to the socket, as far as there is room. */
static unsigned
cpu_echo(struct cpu_end *e)
{
	size_t room = rcvbuf_room(&e->e_rb);
	unsigned n = 0;

	for (; e->e_at < e->e_n; e->e_at++, e->e_read++, n++) {
		const struct app_item *pi = &e->e_item[e->e_at];

		if (room < sizeof(pi->pi_head) + pi->pi_head.rc_len)
			break;
		room -= sizeof(pi->pi_head) + pi->pi_head.rc_len;
		rcvbuf_put(&e->e_rb, &pi->pi_head, sizeof(pi->pi_head));
		rcvbuf_put(&e->e_rb, pi->pi_data, pi->pi_head.rc_len);
	}
	cpu_tell(e, rcvbuf_flush(&e->e_rb));
	return n;
}

static unsigned
cpu_round(struct cpu_end *e)
{
	unsigned n;

	if (e->e_at == e->e_n) {
		if (app_pipe_done(&e->e_pipe) &&
		    app_flag_take(&app_thread_sleeper(
			&e->e_bed->b_am, 0)->al_asleep))
			wake(e->e_bed->b_thread);
		e->e_n = app_pipe_take(&e->e_pipe, e->e_item, TAKEN);
		e->e_at = 0;
	}
	n = cpu_echo(e);
	assert_int_equal(e->e_pipe.ap_fault, APP_SOUND);
	assert_int_equal(e->e_tell.at_fault, APP_SOUND);
	assert_int_equal(e->e_pool.rp_fault, APP_SOUND);
	return n;
}

/* Room in the receive buffer is not waited for asleep: a CPU does not. */
static void
cpu_sleep(struct cpu_end *e)
{
	_Atomic uint32_t *asleep = &app_cpu_sleeper(&e->e_bed->b_am, 0)
					->al_asleep;
	bool owes = e->e_done < e->e_read || e->e_owed > 0;

	app_flag_set(asleep);
	if (e->e_at < e->e_n || app_pipe_waiting(&e->e_pipe) ||
	    (owes && app_tell_want(&e->e_tell))) {
		app_flag_clear(asleep);
		return;
	}
	doze(e->e_bed->b_cpu);
	app_flag_clear(asleep);
}

static void *
cpu_main(void *arg)
{
	struct cpu_end e = { .e_bed = arg };

	app_pipe_init(&e.e_pipe, &e.e_bed->b_am, 0);
	app_tell_init(&e.e_tell, &e.e_bed->b_am, 0);
	assert_int_equal(rcvpool_init(&e.e_pool, &e.e_bed->b_am, 0), 0);
	rcvbuf_init(
	    &e.e_rb, &e.e_pool, app_rcv(&e.e_bed->b_am, 0, 0), 20000);
	for (;;) {
		unsigned n = cpu_round(&e);

		if (e.e_done == RECORDS && e.e_owed == 0)
			break;
		if (n == 0)
			cpu_sleep(&e);
	}
	rcvbuf_fini(&e.e_rb);
	assert_int_equal(e.e_pool.rp_nfree, shape.as_nchunks);
	rcvpool_fini(&e.e_pool);
	return NULL;
}

struct user_end {
	struct bed *u_bed;
	struct user_pipe u_pipe;
	struct user_events u_events;
	struct user_rcv u_rcv;
	uint32_t u_sent, u_done, u_got;
	unsigned u_armed, u_readable; /* asked for such an event, got it */
};

static unsigned
user_send(struct user_end *u)
{
	struct app_rec *rc;
	unsigned n = 0;
	size_t size;

	for (; u->u_sent < RECORDS && n < 100; n++) {
		size = size_of(u->u_sent);
		if ((rc = user_pipe_reserve(&u->u_pipe, size)) == NULL)
			break;
		*rc = (struct app_rec){ .rc_len = (uint32_t)size,
			.rc_op = OP_ECHO, .rc_tag = u->u_sent };
		memset(rc + 1, (int)(u->u_sent & 0xff), size);
		user_pipe_commit(&u->u_pipe, rc);
		u->u_sent++;
	}
	if (user_pipe_flush(&u->u_pipe))
		wake(u->u_bed->b_cpu);
	return n;
}

static unsigned
user_events(struct user_end *u)
{
	const struct app_event *ev;
	unsigned n = 0;

	for (; (ev = user_events_take(&u->u_events)) != NULL; n++) {
		if (ev->ev_what == EV_DONE)
			assert_int_equal(ev->ev_tag, u->u_done++);
		else
			u->u_readable++;
	}
	if (user_events_done(&u->u_events) &&
	    app_flag_take(&app_cpu_sleeper(&u->u_bed->b_am, 0)->al_asleep))
		wake(u->u_bed->b_cpu);
	return n;
}

static unsigned
user_read(struct user_end *u)
{
	uint64_t left = user_rcv_bytes(&u->u_rcv);
	uint8_t bytes[LARGEST];
	struct app_rec rc;
	unsigned n = 0, i;

	for (; left > 0; n++) {
		user_rcv_get(&u->u_rcv, &rc, sizeof(rc));
		assert_int_equal(rc.rc_tag, u->u_got);
		assert_int_equal(rc.rc_len, size_of(u->u_got));
		user_rcv_get(&u->u_rcv, bytes, rc.rc_len);
		for (i = 0; i < rc.rc_len; i++)
			if (bytes[i] != (uint8_t)u->u_got)
				fail_msg("record %u, byte %u", u->u_got, i);
		left -= sizeof(rc) + rc.rc_len;
		u->u_got++;
	}
	if (n > 0)
		user_rcv_done(&u->u_rcv);
	return n;
}

static void
user_sleep(struct user_end *u)
{
	_Atomic uint32_t *asleep = &app_thread_sleeper(&u->u_bed->b_am, 0)
					->al_asleep;
	bool sends = u->u_sent < RECORDS;

	if (!user_rcv_arm(&u->u_rcv))
		return;
	u->u_armed++;
	app_flag_set(asleep);
	if (user_events_waiting(&u->u_events) ||
	    (sends && user_pipe_want(&u->u_pipe, size_of(u->u_sent)))) {
		app_flag_clear(asleep);
		return;
	}
	doze(u->u_bed->b_thread);
	app_flag_clear(asleep);
}

static void
two_threads(void **state)
{
	struct bed b;
	struct user_end u = { .u_bed = &b };
	pthread_t cpu;

	(void)state;
	app_bed_open(&b.b_am, &shape);
	assert_int_equal(pipe(b.b_cpu) | pipe(b.b_thread), 0);
	user_pipe_init(&u.u_pipe, &b.b_am, 0, 0);
	user_events_init(&u.u_events, &b.b_am, 0, 0);
	assert_int_equal(pthread_create(&cpu, NULL, cpu_main, &b), 0);
	user_rcv_init(&u.u_rcv, &b.b_am, 0, 0);
	while (u.u_done < RECORDS || u.u_got < RECORDS)
		if (user_send(&u) + user_events(&u) + user_read(&u) == 0)
			user_sleep(&u);
	/* The CPU may owe an event that nobody needs any more. */
	while (pthread_tryjoin_np(cpu, NULL) != 0)
		user_events(&u);
	assert_true(u.u_readable <= u.u_armed);
	assert_int_equal(user_rcv_bytes(&u.u_rcv), 0);
	close(b.b_cpu[0]);
	close(b.b_cpu[1]);
	close(b.b_thread[0]);
	close(b.b_thread[1]);
	app_bed_close(&b.b_am);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
