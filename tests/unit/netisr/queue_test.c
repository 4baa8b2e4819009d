/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hand-over to the owner: who it is, in which order packets come, what is
 * counted, and the limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../top/stages.h"

enum { MAXGOT = 8192 };

static struct {
	struct spate *sp;
	uint64_t now;
	unsigned n; /* packets at ST_UDP */
	uint32_t got[MAXGOT]; /* their numbers */
	enum stage stage;
	unsigned cpu;
} t;

static void
stage_test(struct cpu *c, enum stage st, struct mvec *mv)
{
	unsigned i;

	role_enter(&on_cpu);
	t.stage = st;
	t.cpu = c->c_id;
	for (i = 0; i < mv->mv_n; i++) {
		assert_true(t.n < MAXGOT);
		t.got[t.n++] = ld32be(mv->mv_m[i]->m_data + 24);
		stat_add(c, SG_PATH, pks_delivered, 1);
		m_free(c, mv->mv_m[i]);
	}
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.now = NS_S;
	t.sp = stages_create(2, &t.now);
	assert_int_equal(rss_create(t.sp), 0);
	return 0;
}

static int
teardown(void **state)
{
	/* Nothing is lost. */
	assert_true(stages_stat(t.sp, pks_received) ==
	    stages_stat(t.sp, pks_delivered) + stages_stat(t.sp, pks_dropped));
	assert_true(stages_stat(t.sp, pks_held) == 0);
	rss_destroy(t.sp);
	stages_destroy(t.sp);
	return 0;
}

static void
set(const char *name, const char *value)
{
	char err[256];

	assert_int_equal(sysctl_set(&t.sp->sp_sysctl, name, value, err,
	    sizeof(err)), 0);
}

/* A UDP packet of a flow that this CPU owns, with a number. */
static struct mbuf *
packet(struct cpu *c, unsigned owner, uint32_t number)
{
	struct mbuf *m = stages_packet(c, 0);
	uint8_t *p = m->m_data;
	uint32_t dst = 0x0a000001;

	memset(p, 0, 28);
	p[0] = 0x45;
	p[9] = 17;
	st32be(p + 24, number);
	m->m_len = m->m_pktlen = 28;
	do {
		st32be(p + 16, ++dst);
		m->m_hashtype = RSS_NONE;
	} while (netisr_owner(c, m) != owner);
	return m;
}

static void
info(unsigned cpu, struct netisr_info *ni)
{
	netisr_info(t.sp, cpu, NETISR_IP, ni);
}

static void
take(unsigned cpu)
{
	struct cpu *c = host_cpu(t.sp, cpu);

	while (path_hand_run(c) > 0)
		while (path_waiting(c))
			path_run(c, 0, ST_N - 1);
	path_run(c, 0, ST_N - 1);
}

static void
here_or_there(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	struct netisr_info ni;

	netisr_queue(c, NETISR_IP, ST_IPOUT, packet(c, 0, 1));
	take(0);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.cpu, 0);
	info(0, &ni);
	assert_true(ni.ni_hybrid == 1 && ni.ni_dispatched == 0);

	netisr_queue(c, NETISR_IP, ST_IPOUT, packet(c, 1, 2));
	path_hand_flush(c);
	assert_int_equal(t.n, 1);
	info(1, &ni);
	assert_true(ni.ni_queued == 1 && ni.ni_handled == 0);
	assert_true(ni.ni_len == 1);
	take(1);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.cpu, 1);
	assert_int_equal(t.stage, ST_IPOUT);
	info(1, &ni);
	assert_true(ni.ni_handled == 1 && ni.ni_len == 0);
	assert_true(ni.ni_watermark == 1);
	host_cpu(t.sp, 0);
	mpool_run(t.sp->sp_cpu[0]);
}

/* State must be with its owner under each policy; the rest may stay. */
static void
policies(void **state)
{
	static const struct {
		const char *policy;
		bool stays;
	} tab[] = {
		{ "direct", true },
		{ "hybrid", false },
		{ "deferred", false },
	};
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		struct cpu *c = host_cpu(t.sp, 0);

		set("net.isr.dispatch", tab[i].policy);
		netisr_dispatch(c, NETISR_IP, ST_IPOUT, packet(c, 1, 1));
		path_hand_flush(c);
		take(0);
		assert_int_equal(t.n, 2 * i + tab[i].stays);
		take(1);
		assert_int_equal(t.n, 2 * i + 1);
		c = host_cpu(t.sp, 0);
		netisr_queue(c, NETISR_IP, ST_IPOUT, packet(c, 1, 1));
		path_hand_flush(c);
		take(0);
		assert_int_equal(t.n, 2 * i + 1);
		take(1);
		assert_int_equal(t.n, 2 * i + 2);
	}
	set("net.isr.dispatch", "direct");
	set("net.isr.ip.dispatch", "deferred");
	assert_int_equal(netisr_policy(t.sp, NETISR_IP), NETISR_DEFERRED);
	assert_int_equal(netisr_policy(t.sp, NETISR_IP6), NETISR_DIRECT);
	assert_false(netisr_policy_default(t.sp, NETISR_IP));
}

static void
in_order(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	unsigned i;

	for (i = 0; i < 1000; i++)
		netisr_queue(c, NETISR_IP, ST_IPOUT, packet(c, 1, i));
	path_hand_flush(c);
	take(1);
	assert_int_equal(t.n, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(t.got[i], i);
}

/* Limit, packets sent, those that come through. */
static void
limits(void **state)
{
	static const struct {
		const char *name, *limit;
		unsigned sent, through;
	} tab[] = {
		{ "net.isr.ip.qlimit", "10", 100, 10 },
		{ "net.isr.ip.qlimit", "200", 1000, 200 },
		{ "net.isr.maxqlimit", "7", 100, 7 },
		{ "net.isr.maxqlimit", "10240", 1000, 200 },
		{ "net.isr.ip.qlimit", "0", 2000, 2000 },
		{ "net.isr.defaultqlimit", "300", 1000, 300 },
		/* The ring itself. */
		{ "net.isr.defaultqlimit", "10240", 3000, 2048 },
	};
	uint64_t drops = 0, queued = 0;
	struct netisr_info ni;
	unsigned i, k;

	for (i = 0; i < countof(tab); i++) {
		struct cpu *c = host_cpu(t.sp, 0);

		t.n = 0;
		set(tab[i].name, tab[i].limit);
		for (k = 0; k < tab[i].sent; k++)
			netisr_queue(c, NETISR_IP, ST_IPOUT, packet(c, 1, k));
		path_hand_flush(c);
		info(1, &ni);
		assert_int_equal(ni.ni_len, tab[i].through);
		drops += tab[i].sent - tab[i].through;
		queued += tab[i].through;
		assert_true(ni.ni_drops == drops && ni.ni_queued == queued);
		take(1);
		assert_int_equal(t.n, tab[i].through);
		for (k = 0; k < t.n; k++)
			assert_int_equal(t.got[k], k);
		info(1, &ni);
		assert_true(ni.ni_handled == queued && ni.ni_len == 0);
		mpool_flush(t.sp->sp_cpu[1]);
		mpool_run(host_cpu(t.sp, 0));
	}
	info(1, &ni);
	assert_true(ni.ni_watermark == 2048);
	info(0, &ni);
	assert_true(ni.ni_queued == 0 && ni.ni_drops == 0);
}

/* Frames for a CPU with a transmit queue obey no protocol's limit. */
static void
output_is_no_input(void **state)
{
	struct cpu *c = host_cpu(t.sp, 0);
	struct netisr_info ni;
	unsigned i;

	set("net.isr.defaultqlimit", "1");
	for (i = 0; i < 100; i++)
		path_hand(c, 1, ST_TX, packet(c, 1, i));
	path_hand_flush(c);
	take(1);
	assert_int_equal(t.n, 100);
	info(1, &ni);
	assert_true(ni.ni_queued == 0 && ni.ni_handled == 0);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(here_or_there),
		T(policies),
		T(in_order),
		T(limits),
		T(output_is_no_input),
	};
#undef T

	return cmocka_run_group_tests_name("netisr/queue", tests, NULL, NULL);
}
