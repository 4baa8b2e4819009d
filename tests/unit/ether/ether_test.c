/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: for whom they are, where they go, why they are dropped; the header
 * of those we send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"
#include "ether/ether.h"

static const struct neigh_proto none;

#define US    2, 0, 0, 0, 0, 1
#define PEER  2, 0, 0, 0, 0, 2
#define OTHER 2, 0, 0, 0, 0, 3
#define ALL   0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define GROUP 1, 0, 0x5e, 0, 0, 1

static const struct {
	const char *name;
	uint8_t frame[18];
	unsigned len;
	enum etherstat why; /* ets_none: goes to st, with flags */
	enum stage st;
	unsigned flags;
} frames[] = {
	{ "IPv4 to us", { US, PEER, 8, 0 }, 18, ets_none, ST_IP, 0 },
	{ "IPv6 to us", { US, PEER, 0x86, 0xdd }, 18, ets_none, ST_IP6, 0 },
	{ "ARP to us", { US, PEER, 8, 6 }, 18, ets_none, ST_ARP, 0 },
	{ "header alone", { US, PEER, 8, 0 }, 14, ets_none, ST_IP, 0 },
	{ "ARP to all", { ALL, PEER, 8, 6 }, 18, ets_none, ST_ARP, MF_BCAST },
	{ "IPv4 to a group", { GROUP, PEER, 8, 0 }, 18, ets_none, ST_IP,
	    MF_MCAST },
	{ "to another", { OTHER, PEER, 8, 0 }, 18, ets_notforus, ST_N, 0 },
	{ "from a group", { US, GROUP, 8, 0 }, 18, ets_badsrc, ST_N, 0 },
	{ "from all", { US, ALL, 8, 0 }, 18, ets_badsrc, ST_N, 0 },
	{ "length", { US, PEER, 0, 46 }, 18, ets_8023, ST_N, 0 },
	{ "longest length", { US, PEER, 5, 0xff }, 18, ets_8023, ST_N, 0 },
	{ "least type", { US, PEER, 6, 0 }, 18, ets_type, ST_N, 0 },
	{ "VLAN", { US, PEER, 0x81, 0, 0, 1 }, 18, ets_novlan, ST_N, 0 },
	{ "QinQ", { US, PEER, 0x88, 0xa8, 0, 1 }, 18, ets_novlan, ST_N, 0 },
	{ "unknown type", { US, PEER, 0x88, 0xcc }, 18, ets_type, ST_N, 0 },
};

static void
check_frame(struct bed *b, unsigned i)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1 };
	struct mbuf *m;

	mv.mv_m[0] = bed_packet(b, c, frames[i].frame, frames[i].len);
	ether_input(c, &mv);
	if (frames[i].why != ets_none) {
		if (bed_stat(b, SG_ETHER, frames[i].why) != 1)
			fail_msg("%s: not dropped", frames[i].name);
		return;
	}
	if (bed_count(b, frames[i].st) != 1)
		fail_msg("%s: went elsewhere", frames[i].name);
	m = bed_only(c, frames[i].st);
	assert_int_equal(m->m_flags, frames[i].flags);
	assert_int_equal(m->m_pktlen, frames[i].len - 14);
	mv.mv_m[0] = m;
	mv.mv_n = 1;
	bed_free(c, &mv);
}

static void
test_input(void **state)
{
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(frames); i++) {
		bed_create(&b, 1, &none, &none);
		check_frame(&b, i);
		bed_balance(&b);
		bed_destroy(&b);
	}
}

static void
test_runts(void **state)
{
	struct mvec mv = { .mv_n = 0 };
	struct cpu *c;
	struct bed b;
	unsigned n;

	(void)state;
	bed_create(&b, 1, &none, &none);
	c = host_cpu(b.sp, 0);
	for (n = 0; n < 14; n++)
		mv.mv_m[mv.mv_n++] = bed_packet(&b, c, frames[0].frame, n);
	ether_input(c, &mv);
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_runt), 14);
	bed_balance(&b);
	bed_destroy(&b);
}

/* Frames of an interface that has gone, or has been replaced, since. */
static void
test_gone(void **state)
{
	struct mvec mv = { .mv_n = 2 };
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_create(&b, 1, &none, &none);
	c = host_cpu(b.sp, 0);
	mv.mv_m[0] = bed_packet(&b, c, frames[0].frame, 18);
	mv.mv_m[1] = bed_packet(&b, c, frames[0].frame, 18);
	mv.mv_m[0]->m_rcvif = 7;
	mv.mv_m[1]->m_rcvgen++;
	/* Drops are counted by interface: index 7 was there once. */
	role_enter(&on_ctl);
	assert_int_equal(cpu_drop_attach(c, 7), 0);
	ether_input(c, &mv);
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_noif), 2);
	bed_balance(&b);
	bed_destroy(&b);
}

static void
test_send(void **state)
{
	static const uint8_t want[] = { PEER, US, 8, 6, 'x' };
	static const uint8_t peer[6] = { PEER };
	struct mvec mv;
	struct mbuf *m;
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_create(&b, 1, &none, &none);
	c = host_cpu(b.sp, 0);
	ether_send(c, b.ifp, bed_packet(&b, c, "x", 1), peer, ETHERTYPE_ARP);
	bed_take(c, ST_ETHEROUT, &mv);
	ether_output(c, &mv);
	m = bed_only(c, ST_TX);
	assert_int_equal(m->m_oif, b.ifp->if_index);
	assert_int_equal(m->m_pktlen, sizeof(want));
	assert_memory_equal(m->m_data, want, sizeof(want));
	/* Without room for a header it cannot leave. */
	m->m_data = m->m_head;
	ether_send(c, b.ifp, m, peer, ETHERTYPE_ARP);
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_nobufs), 1);
	bed_balance(&b);
	bed_destroy(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_runts),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
