/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: order, pools, the way home, full rings, what is left at the end;
 * and that a sleeper is woken once, when there is something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOST_BUFS 64
#include "../dev/host.h"

#define NCPUS 3
#define CTL   NCPUS

struct note {
	struct msg nt_msg;
	unsigned nt_n;
	unsigned nt_hops; /* send on this often */
};

/* What a test looks at. */
static struct {
	uint64_t now;
	struct spate *sp;
	unsigned n; /* messages handled … */
	unsigned last; /* … and the number of the last */
	bool disorder;
	unsigned wakes;
	unsigned waits;
	uint64_t until;
} t;

static void
count_wake(void *arg, struct endpoint *ep)
{
	t.wakes++;
}

static void
count_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	t.waits++;
	t.until = until;
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.sp = host_create(NCPUS, &t.now);
	t.sp->sp_env.env_wake = count_wake;
	t.sp->sp_env.env_wait = count_wait;
	return 0;
}

/* Not host_destroy(), which lets everything settle first. */
static int
teardown(void **state)
{
	unsigned i;

	for (i = 0; i <= NCPUS; i++)
		endpoint_drain(t.sp->sp_ep[i]);
	host_destroy(t.sp);
	return 0;
}

static void
handle(struct endpoint *ep, struct msg *msg)
{
	struct note *nt = container_of(msg, struct note, nt_msg);

	if (nt->nt_hops > 0) {
		nt->nt_hops--;
		msg_send(ep, (ep->ep_id + 1u) % NCPUS, msg);
		return;
	}
	t.disorder |= t.n > 0 && nt->nt_n != t.last + 1;
	t.last = nt->nt_n;
	t.n++;
	msg_done(ep, msg);
}

static bool
send_note(unsigned from, unsigned to, unsigned n, unsigned hops)
{
	struct note *nt = msg_alloc(t.sp->sp_ep[from], sizeof(*nt));

	if (nt == NULL)
		return false;
	assert_int_equal(nt->nt_n, 0);
	assert_int_equal(nt->nt_hops, 0);
	nt->nt_msg.msg_fn = handle;
	nt->nt_n = n;
	nt->nt_hops = hops;
	msg_send(t.sp->sp_ep[from], to, &nt->nt_msg);
	return true;
}

static unsigned
run_all(void)
{
	unsigned i, n, total = 0;

	do {
		for (n = i = 0; i <= NCPUS; i++)
			n += msg_run(t.sp->sp_ep[i]);
		total += n;
	} while (n > 0);
	return total;
}

static void
pool_ends_and_comes_home(void **state)
{
	unsigned i, k;

	for (k = 0; k < 3; k++) {
		for (i = 0; i < MSG_POOL; i++)
			assert_true(send_note(0, 1 + i % 2, 0, i % 3));
		assert_false(send_note(0, 1, 0, 0));
		/* Another's pool is another's. */
		assert_true(send_note(1, 2, 0, 0));
		run_all();
		assert_int_equal(t.n, (k + 1) * (MSG_POOL + 1));
		assert_false(msg_waiting(t.sp->sp_ep[0]));
	}
}

/* Many times what a ring holds, run in bits. */
static void
full_ring_keeps_order(void **state)
{
	struct endpoint *from = t.sp->sp_ep[CTL];
	unsigned i, sent = 0;

	for (i = 0; i < 40; i++) {
		while (sent < (i + 1) * 100)
			assert_true(send_note(CTL, 1, ++sent, 0));
		(void)msg_run(t.sp->sp_ep[1]);
		(void)msg_run(from);
	}
	assert_true(from->ep_nwait > 0);
	assert_true(msg_waiting(from));
	run_all();
	assert_int_equal(from->ep_nwait, 0);
	assert_int_equal(t.n, sent);
	assert_false(t.disorder);
}

static void
to_self(void **state)
{
	unsigned i;

	for (i = 1; i <= MSG_POOL; i++)
		assert_true(send_note(1, 1, i, 0));
	assert_int_equal(t.n, 0);
	run_all();
	assert_int_equal(t.n, MSG_POOL);
	assert_false(t.disorder);
	assert_int_equal(t.wakes, 0);
}

/* From and to everywhere, and nobody handles them: the sanitizer looks on. */
static void
left_at_the_end(void **state)
{
	unsigned i, k;

	for (i = 0; i <= NCPUS; i++)
		for (k = 0; k < 1000; k++)
			assert_true(send_note(i, k % (NCPUS + 1), 0, 5));
	for (i = 0; i < NCPUS; i++)
		(void)msg_run(t.sp->sp_ep[i]);
}

static void
woken_once(void **state)
{
	struct endpoint *ep = t.sp->sp_ep[1];

	assert_true(send_note(0, 1, 1, 0));
	assert_int_equal(t.wakes, 0); /* it is awake */
	endpoint_sleep_begin(ep);
	assert_true(msg_waiting(ep)); /* so it does not sleep */
	endpoint_sleep_cancel(ep);
	(void)msg_run(ep);

	endpoint_sleep_begin(ep);
	assert_false(msg_waiting(ep));
	assert_true(send_note(0, 1, 2, 0));
	assert_true(send_note(0, 1, 3, 0));
	assert_true(send_note(2, 1, 4, 0));
	assert_int_equal(t.wakes, 1);
	assert_int_equal(ep->ep_wakeups, 1);
	(void)msg_run(ep);
	assert_int_equal(t.n, 4);
}

/* What finds no room must not wake; what then finds it must. */
static void
waiting_wakes_when_it_moves(void **state)
{
	struct endpoint *from = t.sp->sp_ep[0], *to = t.sp->sp_ep[1];
	unsigned i;

	for (i = 1; i <= MSG_RING + 1; i++)
		assert_true(send_note(0, 1, i, 0));
	assert_int_equal(from->ep_nwait, 1);
	endpoint_sleep_begin(to); /* as if it slept on a full ring */
	(void)msg_run(from);
	assert_int_equal(from->ep_nwait, 1);
	assert_int_equal(t.wakes, 0);
	(void)msg_run(to);
	(void)msg_run(from);
	assert_int_equal(from->ep_nwait, 0);
	assert_int_equal(t.wakes, 1);
}

/* Waiting for room elsewhere it sleeps a little, unless there is work. */
static void
ctl_sleeps(void **state)
{
	struct ctl *ctl = t.sp->sp_ctl;
	unsigned i;

	role_enter(&on_ctl);
	ctl_idle(ctl);
	assert_int_equal(t.waits, 1);
	assert_true(t.until == UINT64_MAX);

	for (i = 1; i <= MSG_RING + 1; i++)
		assert_true(send_note(CTL, 1, i, 0));
	ctl_idle(ctl);
	assert_int_equal(t.waits, 2);
	assert_true(t.until <= t.now + 10 * NS_MS);

	assert_true(send_note(0, CTL, 0, 0));
	ctl_idle(ctl);
	assert_int_equal(t.waits, 2); /* there is a message */
	assert_true(ctl_round(ctl));
	ctl_idle(ctl);
	assert_int_equal(t.waits, 3);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(pool_ends_and_comes_home),
		T(full_ring_keeps_order),
		T(to_self),
		T(left_at_the_end),
		T(woken_once),
		T(waiting_wakes_when_it_moves),
		T(ctl_sleeps),
	};
#undef T

	return cmocka_run_group_tests_name("cpu/endpoint", tests, NULL, NULL);
}
