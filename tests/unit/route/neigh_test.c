/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours from end to end, with CPUs and ctl stepped by hand: packets wait
 * and go on or fail, nothing is asked twice, limits hold, entries age.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"

static const uint8_t mac1[6] = { 2, 0, 0, 0, 1, 1 };
static const uint8_t mac2[6] = { 2, 0, 0, 0, 1, 2 };

/* What CPUs were told to ask on the wire. */
static unsigned asked, probed;
static struct addr asked_last;

static void
fake_solicit(struct endpoint *ep, struct msg *msg)
{
	struct neigh_solicit *ns =
	    container_of(msg, struct neigh_solicit, ns_msg);

	asked += !ns->ns_unicast;
	probed += ns->ns_unicast;
	asked_last = ns->ns_target;
	msg_done(ep, msg);
}

static const struct neigh_proto fake = { .np_solicit = fake_solicit };

static void
setup(struct bed *b, unsigned ncpus)
{
	asked = probed = 0;
	bed_create(b, ncpus, &fake, &fake);
	bed_run(b, 0);
}

static void
teardown(struct bed *b)
{
	bed_run(b, 0);
	bed_balance(b);
	bed_destroy(b);
}

static struct mbuf *
packet(struct bed *b, struct cpu *c, const struct addr *to)
{
	uint8_t ip[40] = { to->a_family == ADDR_V4 ? 0x45 : 0x60 };

	return bed_packet(b, c, ip, sizeof(ip));
}

static void
hold(struct bed *b, unsigned cpu, const char *to)
{
	struct cpu *c = host_cpu(b->sp, cpu);
	struct addr a = bed_addr(to);

	neigh_hold(c, b->ifp->if_index, &a, packet(b, c, &a));
}

static void
heard(struct bed *b, unsigned cpu, const char *from, const uint8_t *mac,
    enum neigh_news news, unsigned flags)
{
	struct cpu *c = host_cpu(b->sp, cpu);
	struct addr a = bed_addr(from);

	neigh_heard(c, b->ifp->if_index, &a, mac, news, flags);
}

static const struct lle *
lookup(struct bed *b, const char *text)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct addr a = bed_addr(text);

	return neigh_lookup(c, b->ifp->if_index, &a);
}

static void
dump_one(void *arg, const struct neigh_info *ni)
{
	struct neigh_info *want = arg;

	if (addr_eq(&ni->ni_addr, &want->ni_addr))
		*want = *ni;
}

static enum neigh_state
state_of(struct bed *b, const char *text)
{
	struct neigh_info ni = { .ni_addr = bed_addr(text) };

	role_enter(&on_ctl);
	neigh_dump(b->ctl, dump_one, &ni);
	return ni.ni_state;
}

static void
drop_all(struct bed *b, unsigned cpu, enum stage st)
{
	struct cpu *c = host_cpu(b->sp, cpu);
	struct mvec mv;

	bed_take(c, st, &mv);
	bed_free(c, &mv);
}

/* Make a neighbour reachable. */
static void
resolve(struct bed *b, const char *text)
{
	hold(b, 0, text);
	bed_run(b, NS_MS);
	heard(b, 0, text, mac1, NN_REPLY, NNF_OVERRIDE);
	bed_run(b, NS_MS);
	assert_int_equal(state_of(b, text), NS_REACHABLE);
	drop_all(b, 0, ST_RESOLVE);
}

static const char *const families[] = { "10.0.0.2", "fd00::2" };

static void
test_resolved(void **state)
{
	struct mvec mv;
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(families); i++) {
		setup(&b, 1);
		hold(&b, 0, families[i]);
		hold(&b, 0, families[i]);
		assert_int_equal(neigh_held(b.sp->sp_cpu[0]), 2);
		bed_run(&b, NS_MS);
		assert_int_equal(asked, 1);
		assert_int_equal(state_of(&b, families[i]), NS_INCOMPLETE);
		assert_null(lookup(&b, families[i]));
		heard(&b, 0, families[i], mac1, NN_REPLY, NNF_OVERRIDE);
		bed_run(&b, NS_MS);
		assert_int_equal(neigh_held(b.sp->sp_cpu[0]), 0);
		bed_take(b.sp->sp_cpu[0], ST_RESOLVE, &mv);
		assert_int_equal(mv.mv_n, 2);
		bed_free(b.sp->sp_cpu[0], &mv);
		assert_non_null(lookup(&b, families[i]));
		assert_memory_equal(
		    lookup(&b, families[i])->lle_hdr, mac1, 6);
		assert_memory_equal(
		    lookup(&b, families[i])->lle_hdr + 6, bed_mac, 6);
		teardown(&b);
	}
}

static void
test_failed(void **state)
{
	static const enum stage unreach[] = { ST_UNREACH, ST_UNREACH6 };
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(families); i++) {
		setup(&b, 1);
		hold(&b, 0, families[i]);
		bed_pass(&b, 2900 * NS_MS, 10 * NS_MS);
		assert_int_equal(asked, 3);
		assert_int_equal(bed_count(&b, unreach[i]), 0);
		bed_pass(&b, 200 * NS_MS, 10 * NS_MS);
		assert_int_equal(bed_count(&b, unreach[i]), 1);
		/* For a moment those who go on trying are told at once. */
		hold(&b, 0, families[i]);
		bed_run(&b, NS_MS);
		assert_int_equal(bed_count(&b, unreach[i]), 2);
		assert_int_equal(asked, 3);
		/* Then it is asked for again. */
		bed_pass(&b, 1200 * NS_MS, 100 * NS_MS);
		assert_int_equal(state_of(&b, families[i]), NS_NONE);
		hold(&b, 0, families[i]);
		bed_run(&b, NS_MS);
		assert_int_equal(asked, 4);
		drop_all(&b, 0, unreach[i]);
		bed_pass(&b, 4 * NS_S, 100 * NS_MS);
		drop_all(&b, 0, unreach[i]);
		teardown(&b);
	}
}

/* Each CPU that asked is answered, the one that heard and the other. */
static void
test_two_cpus(void **state)
{
	struct bed b;

	(void)state;
	setup(&b, 2);
	hold(&b, 0, "10.0.0.2");
	hold(&b, 1, "10.0.0.2");
	bed_run(&b, NS_MS);
	assert_int_equal(asked, 1);
	heard(&b, 1, "10.0.0.2", mac1, NN_REPLY, NNF_OVERRIDE);
	bed_run(&b, NS_MS);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 2);
	/* A question that meets the entry is answered too. */
	hold(&b, 1, "10.0.0.2");
	bed_run(&b, NS_MS);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 3);
	drop_all(&b, 0, ST_RESOLVE);
	drop_all(&b, 1, ST_RESOLVE);
	teardown(&b);
}

static void
test_hold_limits(void **state)
{
	struct bed b;
	char text[ADDR_STRLEN];
	unsigned i;

	(void)state;
	setup(&b, 1);
	/* One neighbour: the newest are kept. */
	for (i = 0; i < 20; i++)
		hold(&b, 0, "10.0.0.2");
	assert_int_equal(neigh_held(b.sp->sp_cpu[0]), 16);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_replaced), 4);
	/* All neighbours. */
	atomic_store(&b.sp->sp_sysctl.neigh_maxheld, 40);
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", i);
		hold(&b, 0, text);
	}
	assert_int_equal(neigh_held(b.sp->sp_cpu[0]), 40);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_toomany), 76);
	bed_balance(&b);
	bed_pass(&b, 4 * NS_S, 100 * NS_MS);
	assert_int_equal(neigh_held(b.sp->sp_cpu[0]), 0);
	assert_int_equal(bed_count(&b, ST_UNREACH), 40);
	drop_all(&b, 0, ST_UNREACH);
	teardown(&b);
}

/* A scan is refused beyond a number, and hurts nobody who is resolved. */
static void
test_scan(void **state)
{
	struct bed b;
	char text[ADDR_STRLEN];
	unsigned i;

	(void)state;
	setup(&b, 1);
	resolve(&b, "10.0.0.2");
	asked = 0;
	atomic_store(&b.sp->sp_sysctl.neigh_maxincomplete, 10);
	atomic_store(&b.sp->sp_sysctl.neigh_max, 16);
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", i);
		hold(&b, 0, text);
		bed_run(&b, NS_MS);
	}
	assert_int_equal(asked, 10);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_refused), 90);
	/* Refused again at once, without a question. */
	hold(&b, 0, text);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_refused), 91);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_asked), 101);
	for (i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "10.1.%u.%u", i / 200, i % 200);
		hold(&b, 0, text);
		if (i % 100 == 0)
			bed_run(&b, 100 * NS_MS);
		drop_all(&b, 0, ST_UNREACH);
	}
	assert_non_null(lookup(&b, "10.0.0.2"));
	bed_pass(&b, 5 * NS_S, 500 * NS_MS);
	drop_all(&b, 0, ST_UNREACH);
	teardown(&b);
}

/* With all messages out the question waits for a timer, and is not lost. */
static void
test_no_message(void **state)
{
	struct cpu *c;
	struct msg *list = NULL, *msg;
	struct bed b;

	(void)state;
	setup(&b, 1);
	c = host_cpu(b.sp, 0);
	while ((msg = msg_alloc(&c->c_ep, sizeof(*msg))) != NULL) {
		msg->msg_next = list;
		list = msg;
	}
	hold(&b, 0, "10.0.0.2");
	bed_run(&b, 20 * NS_MS);
	assert_int_equal(asked, 0);
	assert_true(bed_stat(&b, SG_NEIGH, nes_nomsg) >= 2);
	while ((msg = list) != NULL) {
		list = msg->msg_next;
		msg_done(&c->c_ep, msg);
	}
	bed_run(&b, 20 * NS_MS);
	assert_int_equal(asked, 1);
	heard(&b, 0, "10.0.0.2", mac1, NN_REPLY, 0);
	bed_run(&b, NS_MS);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 1);
	drop_all(&b, 0, ST_RESOLVE);
	teardown(&b);
}

/* REACHABLE, STALE, DELAY, PROBE, and back or away. */
static void
test_ages(void **state)
{
	struct bed b;

	(void)state;
	setup(&b, 1);
	resolve(&b, "10.0.0.2");
	bed_pass(&b, 14 * NS_S, NS_S);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_REACHABLE);
	bed_pass(&b, 32 * NS_S, NS_S);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_STALE);
	bed_pass(&b, 60 * NS_S, NS_S);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_STALE);
	lle_use(host_cpu(b.sp, 0), lookup(&b, "10.0.0.2"));
	bed_pass(&b, 2 * NS_S, NS_S);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_DELAY);
	assert_int_equal(probed, 0);
	bed_pass(&b, 5 * NS_S, 500 * NS_MS);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_PROBE);
	assert_int_equal(probed, 1);
	heard(&b, 0, "10.0.0.2", mac1, NN_REPLY, 0);
	bed_run(&b, NS_MS);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_REACHABLE);
	/* Now it is gone. */
	bed_pass(&b, 46 * NS_S, NS_S);
	lle_use(host_cpu(b.sp, 0), lookup(&b, "10.0.0.2"));
	bed_pass(&b, 11 * NS_S, 100 * NS_MS);
	assert_int_equal(probed, 4);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_NONE);
	assert_null(lookup(&b, "10.0.0.2"));
	teardown(&b);
}

static void
test_gc(void **state)
{
	struct bed b;

	(void)state;
	setup(&b, 1);
	atomic_store(&b.sp->sp_sysctl.neigh_gc, 100);
	resolve(&b, "10.0.0.2");
	while (state_of(&b, "10.0.0.2") != NS_STALE)
		bed_run(&b, NS_S);
	bed_pass(&b, 90 * NS_S, NS_S);
	assert_non_null(lookup(&b, "10.0.0.2"));
	bed_pass(&b, 12 * NS_S, NS_S);
	assert_null(lookup(&b, "10.0.0.2"));
	teardown(&b);
}

/* A full table gives up what is unused for what is asked for. */
static void
test_evict(void **state)
{
	char text[ADDR_STRLEN];
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b, 1);
	atomic_store(&b.sp->sp_sysctl.neigh_max, 16);
	for (i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", i);
		heard(&b, 0, text, mac1, NN_REQUEST, NNF_OVERRIDE);
		bed_run(&b, NS_MS);
		assert_int_equal(state_of(&b, text), NS_STALE);
	}
	for (i = 1; i < 16; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u", i);
		lle_use(host_cpu(b.sp, 0), lookup(&b, text));
	}
	resolve(&b, "10.0.0.2");
	assert_null(lookup(&b, "10.0.1.0"));
	assert_non_null(lookup(&b, "10.0.1.1"));
	/* All in use: there is no room. */
	hold(&b, 0, "10.0.0.3");
	bed_run(&b, NS_MS);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_refused), 1);
	teardown(&b);
}

static void
test_news(void **state)
{
	struct bed b;
	uint64_t told;
	unsigned i;

	(void)state;
	setup(&b, 1);
	/* Creates nothing. */
	heard(&b, 0, "10.0.0.2", mac1, NN_ANNOUNCE, NNF_OVERRIDE);
	heard(&b, 0, "10.0.0.2", mac1, NN_REPLY, NNF_OVERRIDE);
	bed_run(&b, NS_MS);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_NONE);
	/* Who asked us is known. */
	heard(&b, 0, "10.0.0.2", mac1, NN_REQUEST, NNF_OVERRIDE);
	bed_run(&b, NS_MS);
	assert_int_equal(state_of(&b, "10.0.0.2"), NS_STALE);
	/* What says nothing new is not told. */
	told = bed_stat(&b, SG_NEIGH, nes_told);
	heard(&b, 0, "10.0.0.2", mac1, NN_REQUEST, NNF_OVERRIDE);
	heard(&b, 0, "10.0.0.2", mac1, NN_ANNOUNCE, NNF_OVERRIDE);
	assert_int_equal(bed_stat(&b, SG_NEIGH, nes_told), told);
	/* Another MAC without override is not taken; with it, it is. */
	heard(&b, 0, "10.0.0.2", mac2, NN_ANNOUNCE, 0);
	bed_run(&b, NS_MS);
	assert_memory_equal(lookup(&b, "10.0.0.2")->lle_hdr, mac1, 6);
	heard(&b, 0, "10.0.0.2", mac2, NN_ANNOUNCE, NNF_OVERRIDE);
	bed_run(&b, NS_MS);
	assert_memory_equal(lookup(&b, "10.0.0.2")->lle_hdr, mac2, 6);
	/* A flood of news is not passed on. */
	told = bed_stat(&b, SG_NEIGH, nes_told);
	for (i = 0; i < 1000; i++)
		heard(&b, 0, "10.0.0.2", i % 2 == 0 ? mac1 : mac2,
		    NN_ANNOUNCE, NNF_OVERRIDE);
	assert_true(bed_stat(&b, SG_NEIGH, nes_told) - told <= 256);
	/* But what another link says is not lost in it. */
	role_enter(&on_cpu);
	assert_false(neigh_may_tell(b.sp->sp_cpu[0], b.ifp->if_index,
	    NT_ANNOUNCE));
	assert_true(neigh_may_tell(b.sp->sp_cpu[0], b.ifp->if_index + 1u,
	    NT_ANNOUNCE));
	bed_run(&b, NS_MS);
	teardown(&b);
}

static void
test_static(void **state)
{
	struct addr a = bed_addr("10.0.0.9");
	struct bed b;

	(void)state;
	setup(&b, 1);
	hold(&b, 0, "10.0.0.9");
	bed_run(&b, NS_MS);
	role_enter(&on_ctl);
	assert_int_equal(neigh_add(b.ctl, b.ifp, &a, mac2), 0);
	bed_run(&b, NS_MS);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 1);
	drop_all(&b, 0, ST_RESOLVE);
	/* The wire does not change it, nor time, nor a link that fails. */
	heard(&b, 0, "10.0.0.9", mac1, NN_REQUEST, NNF_OVERRIDE);
	bed_pass(&b, 3000 * NS_S, 100 * NS_S);
	neigh_unlearn(b.ctl, b.ifp->if_index);
	assert_memory_equal(lookup(&b, "10.0.0.9")->lle_hdr, mac2, 6);
	assert_int_equal(state_of(&b, "10.0.0.9"), NS_PERMANENT);
	assert_int_equal(neigh_delete(b.ctl, b.ifp, &a), 0);
	assert_int_equal(neigh_delete(b.ctl, b.ifp, &a), ENOENT);
	assert_null(lookup(&b, "10.0.0.9"));
	teardown(&b);
}

/* Who waits for a neighbour on an interface that goes is told. */
static void
test_flush(void **state)
{
	struct bed b;

	(void)state;
	setup(&b, 1);
	resolve(&b, "10.0.0.2");
	hold(&b, 0, "10.0.0.3");
	bed_run(&b, NS_MS);
	role_enter(&on_ctl);
	neigh_flush(b.ctl, b.ifp->if_index);
	bed_run(&b, NS_MS);
	assert_null(lookup(&b, "10.0.0.2"));
	assert_int_equal(bed_count(&b, ST_UNREACH), 1);
	drop_all(&b, 0, ST_UNREACH);
	host_detach(b.sp, b.ifp);
	/* And who asks after it has gone. */
	bed_pass(&b, 2 * NS_S, NS_S);
	asked = 0;
	{
		struct cpu *c = host_cpu(b.sp, 0);
		struct addr a = bed_addr("10.0.0.4");
		uint8_t ip[20] = { 0x45 };
		struct mbuf *m = m_from_bytes(c, ip, sizeof(ip));

		stat_add(c, SG_PATH, pks_originated, 1);
		neigh_hold(c, 1, &a, m);
	}
	bed_run(&b, NS_MS);
	assert_int_equal(asked, 0);
	assert_int_equal(bed_count(&b, ST_UNREACH), 1);
	drop_all(&b, 0, ST_UNREACH);
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_hold_limits),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_no_message),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_gc),
		cmocka_unit_test(test_evict),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
