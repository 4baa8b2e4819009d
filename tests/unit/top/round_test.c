/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The round: what it counts, how much it does at most, what it takes in when
 * it cannot keep up; and when a CPU sleeps, until when, and with nothing of
 * others in its hands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dev/dev.h"
#include "stages.h"

static struct {
	uint64_t now;
	struct spate *sp;
	unsigned rx; /* packets the next dev_rx() finds */
	unsigned circling; /* packets that go round ST_IP for ever */
	unsigned laps; /* times they did */
	unsigned sent;
	bool armed; /* dev_arm() finds packets */
	uint64_t when; /* dev_when() */
	struct mbuf *pending; /* comes back when reaped */
	unsigned waits;
	uint64_t until;
	bool released; /* qsbr: asleep while it waited */
} t;

static void
stage_test(struct cpu *c, enum stage st, struct mvec *mv)
{
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (st == ST_IP && m->m_hash < t.circling) {
			t.laps++;
			path_next(c, ST_IP, m);
			continue;
		}
		t.sent++;
		m_free(c, m);
	}
}

unsigned
dev_rx(struct cpu *c)
{
	unsigned i, n = t.rx;

	t.rx = 0;
	for (i = 0; i < n; i++)
		path_next(c, ST_IP, stages_packet(c, i));
	return n;
}

void
dev_tx(struct cpu *c)
{
}

bool
dev_arm(struct cpu *c)
{
	return t.armed;
}

uint64_t
dev_when(struct cpu *c)
{
	return t.when;
}

bool
dev_txpending(struct cpu *c)
{
	bool pending = t.pending != NULL;

	if (pending)
		m_free(c, t.pending);
	t.pending = NULL;
	return pending;
}

static void
wait_test(void *arg, struct endpoint *ep, uint64_t until)
{
	struct cpu *c = endpoint_cpu(ep);

	t.waits++;
	t.until = until;
	assert_int_equal(ep->ep_asleep, 1);
	t.released = t.sp->sp_qsbr.q_cpu[c->c_id].qc_epoch == 0;
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.when = UINT64_MAX;
	t.now = NS_S;
	t.sp = stages_create(2, &t.now);
	t.sp->sp_env.env_wait = wait_test;
	qsbr_wake(&t.sp->sp_qsbr, 0);
	return 0;
}

static int
teardown(void **state)
{
	stages_destroy(t.sp);
	return 0;
}

static uint64_t
count(enum cpustat which)
{
	return stat_cell_read(&t.sp->sp_cpu[0]->c_stat[SG_CPU][which]);
}

static void
nop(struct endpoint *ep, struct msg *msg)
{
	msg_done(ep, msg);
}

static void
send_nop(void)
{
	struct msg *msg = msg_alloc(&t.sp->sp_ctl->ctl_ep, sizeof(*msg));

	assert_non_null(msg);
	msg->msg_fn = nop;
	msg_send(&t.sp->sp_ctl->ctl_ep, 0, msg);
}

static void
counts_what_it_did(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);

	cpu_round(c);
	assert_true(count(cps_rounds) == 1);
	assert_true(count(cps_worked) == 0);
	send_nop();
	send_nop();
	cpu_round(c);
	assert_true(count(cps_messages) == 2);
	assert_true(count(cps_worked) == 1);
	t.now += 700; /* what that round took */
	t.rx = 5;
	cpu_round(c);
	t.now += 30;
	cpu_round(c);
	t.now += 1000; /* spent on nothing */
	cpu_round(c);
	assert_int_equal(t.sent, 5);
	assert_true(count(cps_rounds) == 5);
	assert_true(count(cps_worked) == 2);
	assert_true(count(cps_busy_ns) == 730);
	assert_true(stat_cell_read(&c->c_longest) == 700);
	assert_true(stat_cell_read(&c->c_lately[0]) == 700);
}

static void
forgets_long_rounds(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	unsigned i;

	for (i = 0; i < 3; i++) {
		t.rx = 1;
		cpu_round(c);
		t.now += i == 0 ? 900 : 40;
		cpu_round(c);
		if (i == 1)
			assert_true(stat_cell_read(&c->c_lately[1]) == 900);
		t.now += CPU_SPAN;
	}
	assert_true(stat_cell_read(&c->c_longest) == 900);
	assert_true(stat_cell_read(&c->c_lately[0]) == 40);
	assert_true(stat_cell_read(&c->c_lately[1]) == 40);
}

static void
bounded_sweeps(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	unsigned laps;

	t.rx = t.circling = 1;
	cpu_round(c);
	/* Before the timers and after them. */
	assert_int_equal(t.laps, 2 * tun(t.sp, isr_sweeps));
	laps = t.laps;
	cpu_round(c);
	assert_int_equal(t.laps, 2 * laps);
	cpu_idle(c);
	assert_int_equal(t.waits, 0); /* there is work left */
	t.circling = 0;
	cpu_round(c);
	assert_int_equal(t.sent, 1);
}

/* With a backlog nothing more is taken in, or it would grow for ever. */
static void
backlog_goes_first(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);

	t.rx = 3000;
	t.sp->sp_sysctl.isr_sweeps = 2;
	cpu_round(c);
	assert_true(path_waiting(c));
	t.rx = 1;
	cpu_round(c);
	assert_int_equal(t.rx, 1);
	while (path_waiting(c))
		cpu_round(c);
	assert_int_equal(t.sent, 3000);
	cpu_round(c);
	assert_int_equal(t.rx, 0);
}

static void
grace_ends_with_the_round(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	uint64_t before = t.sp->sp_qsbr.q_cpu[0].qc_epoch;

	t.sp->sp_qsbr.q_epoch++;
	cpu_round(c);
	assert_true(t.sp->sp_qsbr.q_cpu[0].qc_epoch == before + 1);
}

static void
idle_for(struct cpu *c, uint64_t ns)
{
	t.now += ns;
	cpu_round(c);
	cpu_idle(c);
}

static void
sleeps_after_holdoff(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	uint64_t holdoff = tun(t.sp, isr_holdoff) * NS_US;

	send_nop();
	cpu_round(c);
	cpu_idle(c);
	idle_for(c, 1); /* the round with work ends here */
	idle_for(c, holdoff - 1);
	assert_int_equal(t.waits, 0);
	idle_for(c, 1);
	assert_int_equal(t.waits, 1);
	assert_true(t.until == UINT64_MAX);
	assert_true(t.released);
	assert_true(t.sp->sp_qsbr.q_cpu[0].qc_epoch != 0);
	assert_int_equal(c->c_ep.ep_asleep, 0);
	assert_true(count(cps_sleeps) == 1);
}

/* Each thing that must keep it awake. */
static void
stays_awake(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0), *other;

	t.armed = true;
	idle_for(c, NS_MS);
	assert_int_equal(t.waits, 0);
	t.armed = false;

	t.now += NS_MS;
	cpu_round(c);
	send_nop();
	cpu_idle(c);
	assert_int_equal(t.waits, 0);

	cpu_round(c);
	idle_for(c, NS_MS);
	t.waits = 0;
	t.now += NS_MS;
	cpu_round(c);
	other = host_cpu(t.sp, 1);
	path_hand(other, 0, ST_IP, stages_packet(other, 0));
	path_hand_flush(other);
	host_cpu(t.sp, 0);
	cpu_idle(c);
	assert_int_equal(t.waits, 0);
	cpu_round(c);
	assert_int_equal(t.sent, 1);
}

static void
nothing(struct timer *tm, void *ctx)
{
	(void)tm;
	(void)ctx;
}

static void
sleeps_no_longer_than(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	struct mpool_info mi;
	struct mbuf *m[HOST_BUFS];
	struct timer tm;
	unsigned n;

	t.when = t.now + 5 * NS_S;
	idle_for(c, NS_MS);
	assert_true(t.until == t.when);

	timer_init(&tm, nothing);
	timer_set(&c->c_wheel, &tm, t.now + NS_S);
	idle_for(c, NS_MS);
	assert_true(t.until <= t.now + NS_S + NS_MS);
	timer_cancel(&c->c_wheel, &tm);

	/* A foreign buffer that is reaped on the way to sleep goes home. */
	t.pending = m_alloc(host_cpu(t.sp, 1));
	host_cpu(t.sp, 0);
	idle_for(c, NS_MS);
	assert_true(t.until == t.now + NS_MS);
	mpool_info(c, &mi);
	assert_int_equal(mi.mi_foreign, 1);

	n = m_alloc_bulk(c, m, HOST_BUFS);
	idle_for(c, NS_MS);
	assert_true(t.until == t.now + NS_MS); /* starved */
	m_free_bulk(c, m, n);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(counts_what_it_did),
		T(forgets_long_rounds),
		T(bounded_sweeps),
		T(backlog_goes_first),
		T(grace_ends_with_the_round),
		T(sleeps_after_holdoff),
		T(stays_awake),
		T(sleeps_no_longer_than),
	};
#undef T

	return cmocka_run_group_tests_name("top/round", tests, NULL, NULL);
}
