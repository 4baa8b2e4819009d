/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP as a station on the link sees it: who is answered, what is learnt, what
 * is asked and announced, and how own addresses are defended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"
#include "ether/arp.h"
#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether_wire.h"

static const uint8_t peer[6] = { 2, 0, 0, 0, 1, 1 };
static const uint8_t zero[6];

static void
setup(struct bed *b)
{
	bed_create(b, 1, &arp_proto, &arp_proto);
	role_enter(&on_ctl);
	assert_int_equal(arp_ctl_init(b->ctl), 0);
	bed_address(b, "10.0.0.1/24", 0);
	bed_address(b, "10.0.0.7/24", IFA_TENTATIVE);
	bed_run(b, 0);
}

static void
teardown(struct bed *b)
{
	bed_balance(b);
	role_enter(&on_ctl);
	arp_ctl_fini(b->ctl);
	bed_destroy(b);
}

static void
input(struct bed *b, unsigned op, const uint8_t *sha, const char *spa,
    const char *tpa)
{
	struct arp_info ai = { .ai_op = (uint16_t)op,
		.ai_spa = bed_addr(spa).a_v4,
		.ai_tpa = bed_addr(tpa).a_v4 };
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1 };
	uint8_t p[28];

	memcpy(ai.ai_sha, sha, 6);
	arp_build(p, &ai);
	mv.mv_m[0] = bed_packet(b, c, p, sizeof(p));
	arp_input(c, &mv);
	bed_run(b, NS_MS);
}

/* The only frame sent; its destination in dst if not NULL. */
static struct arp_info
output(struct bed *b, uint8_t *dst)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1 };
	struct arp_info ai;

	mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
	assert_int_equal(mv.mv_m[0]->m_pktlen, 42);
	assert_int_equal(ld16be(mv.mv_m[0]->m_data + 12), ETHERTYPE_ARP);
	assert_memory_equal(mv.mv_m[0]->m_data + 6, bed_mac, 6);
	if (dst != NULL)
		memcpy(dst, mv.mv_m[0]->m_data, 6);
	assert_int_equal(
	    arp_parse(mv.mv_m[0]->m_data + 14, 28, &ai), ars_none);
	bed_free(c, &mv);
	return ai;
}

static void
count_one(void *arg, const struct neigh_info *ni)
{
	unsigned *n = arg;

	(void)ni;
	++*n;
}

static unsigned
neighbours(struct bed *b)
{
	unsigned n = 0;

	role_enter(&on_ctl);
	neigh_dump(b->ctl, count_one, &n);
	return n;
}

static void
test_answer(void **state)
{
	struct arp_info ai;
	uint8_t dst[6];
	struct bed b;

	(void)state;
	setup(&b);
	input(&b, ARPOP_REQUEST, peer, "10.0.0.2", "10.0.0.1");
	ai = output(&b, dst);
	assert_memory_equal(dst, peer, 6);
	assert_int_equal(ai.ai_op, ARPOP_REPLY);
	assert_memory_equal(ai.ai_sha, bed_mac, 6);
	assert_memory_equal(ai.ai_tha, peer, 6);
	assert_int_equal(ai.ai_spa, 0x0a000001);
	assert_int_equal(ai.ai_tpa, 0x0a000002);
	assert_non_null(neigh_lookup4(b.sp, b.ifp->if_index, 0x0a000002));
	teardown(&b);
}

static const struct {
	const char *name;
	unsigned op;
	const char *spa;
	const char *tpa;
	bool answered;
	bool learnt;
} cases[] = {
	{ "for another", ARPOP_REQUEST, "10.0.0.2", "10.0.0.3", false, false },
	{ "for a tentative one", ARPOP_REQUEST, "10.0.0.2", "10.0.0.7", false,
	    false },
	{ "probe for ours", ARPOP_REQUEST, "0.0.0.0", "10.0.0.1", true, false },
	{ "probe for another", ARPOP_REQUEST, "0.0.0.0", "10.0.0.3", false,
	    false },
	{ "from another network", ARPOP_REQUEST, "172.16.0.2", "10.0.0.1", true,
	    false },
	{ "announcement", ARPOP_REQUEST, "10.0.0.2", "10.0.0.2", false, false },
	{ "reply nobody asked for", ARPOP_REPLY, "10.0.0.2", "10.0.0.1", false,
	    false },
};

static void
test_cases(void **state)
{
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(cases); i++) {
		setup(&b);
		input(&b, cases[i].op, peer, cases[i].spa, cases[i].tpa);
		if (bed_count(&b, ST_ETHEROUT) != cases[i].answered ||
		    neighbours(&b) != cases[i].learnt)
			fail_msg("%s", cases[i].name);
		if (cases[i].answered)
			(void)output(&b, NULL);
		teardown(&b);
	}
}

static void
test_looped(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	input(&b, ARPOP_REQUEST, bed_mac, "10.0.0.1", "10.0.0.1");
	assert_int_equal(bed_stat(&b, SG_ARP, ars_looped), 1);
	assert_int_equal(bed_stat(&b, SG_ARP, ars_conflicts), 0);
	teardown(&b);
}

/* A request of ours from the network's address, and what its reply does. */
static void
test_ask(void **state)
{
	struct addr to = bed_addr("10.0.0.2");
	const struct lle *lle;
	uint8_t ip[20] = { 0x45 };
	struct arp_info ai;
	struct mvec mv;
	uint8_t dst[6];
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	neigh_hold(
	    c, b.ifp->if_index, &to, bed_packet(&b, c, ip, sizeof(ip)));
	bed_run(&b, NS_MS);
	ai = output(&b, dst);
	assert_true(mac_is_broadcast(dst));
	assert_int_equal(ai.ai_op, ARPOP_REQUEST);
	assert_int_equal(ai.ai_spa, 0x0a000001);
	assert_int_equal(ai.ai_tpa, 0x0a000002);
	assert_memory_equal(ai.ai_tha, zero, 6);
	input(&b, ARPOP_REPLY, peer, "10.0.0.2", "10.0.0.1");
	assert_int_equal(bed_count(&b, ST_RESOLVE), 1);
	lle = neigh_lookup4(b.sp, b.ifp->if_index, 0x0a000002);
	assert_non_null(lle);
	assert_int_equal(atomic_load(&lle->lle_state), NS_REACHABLE);
	bed_take(c, ST_RESOLVE, &mv);
	bed_free(c, &mv);
	teardown(&b);
}

/* A neighbour we know is brought up to date by whatever it says. */
static void
test_update(void **state)
{
	static const uint8_t moved[6] = { 2, 0, 0, 0, 1, 9 };
	struct bed b;

	(void)state;
	setup(&b);
	input(&b, ARPOP_REQUEST, peer, "10.0.0.2", "10.0.0.1");
	(void)output(&b, NULL);
	input(&b, ARPOP_REQUEST, moved, "10.0.0.2", "10.0.0.2");
	assert_memory_equal(
	    neigh_lookup4(b.sp, b.ifp->if_index, 0x0a000002)->lle_hdr, moved,
	    6);
	teardown(&b);
}

static void
test_announce(void **state)
{
	struct arp_info ai;
	uint8_t dst[6];
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b);
	role_enter(&on_ctl);
	arp_announce(b.ctl, b.ifp, 0x0a000001);
	for (i = 0; i < 2; i++) {
		bed_run(&b, i == 0 ? NS_MS : 2001 * NS_MS);
		ai = output(&b, dst);
		assert_true(mac_is_broadcast(dst));
		assert_int_equal(ai.ai_op, ARPOP_REQUEST);
		assert_int_equal(ai.ai_spa, 0x0a000001);
		assert_int_equal(ai.ai_tpa, 0x0a000001);
	}
	bed_pass(&b, 10 * NS_S, NS_S);
	assert_int_equal(bed_count(&b, ST_ETHEROUT), 0);
	/* A tentative address is not announced. */
	arp_announce(b.ctl, b.ifp, 0x0a000007);
	bed_pass(&b, 10 * NS_S, NS_S);
	assert_int_equal(bed_count(&b, ST_ETHEROUT), 0);
	teardown(&b);
}

/* RFC 5227, 2.4: defended, but not more often than every ten seconds. */
static void
test_defend(void **state)
{
	struct arp_info ai;
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b);
	for (i = 0; i < 5; i++)
		input(&b, ARPOP_REQUEST, peer, "10.0.0.1", "10.0.0.9");
	assert_int_equal(bed_stat(&b, SG_ARP, ars_conflicts), 5);
	ai = output(&b, NULL);
	assert_int_equal(ai.ai_spa, 0x0a000001);
	assert_int_equal(ai.ai_tpa, 0x0a000001);
	assert_null(neigh_lookup4(b.sp, b.ifp->if_index, 0x0a000001));
	bed_pass(&b, 9 * NS_S, NS_S);
	input(&b, ARPOP_REPLY, peer, "10.0.0.1", "10.0.0.9");
	assert_int_equal(bed_count(&b, ST_ETHEROUT), 0);
	bed_pass(&b, 2 * NS_S, NS_S);
	input(&b, ARPOP_REPLY, peer, "10.0.0.1", "10.0.0.9");
	bed_run(&b, NS_MS);
	(void)output(&b, NULL);
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_looped),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_announce),
		cmocka_unit_test(test_defend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
