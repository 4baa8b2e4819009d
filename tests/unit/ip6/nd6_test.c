/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery as a station on the link sees it: who is answered and
 * how, what is learnt, duplicate address detection, announcements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"
#include "ether/ether_wire.h"
#include "ip6/nd6.h"
#include "ip6/nd6_parse.h"
#include "route/nhop.h"

static const uint8_t peer[6] = { 2, 0, 0, 0, 1, 1 };

static unsigned done_calls, done_unique;

static void
setup(struct bed *b)
{
	bed_create(b, 1, &nd6_proto, &nd6_proto);
	role_enter(&on_ctl);
	assert_int_equal(route_ctl_init(b->ctl), 0);
	assert_int_equal(nd6_ctl_init(b->ctl), 0);
	bed_address(b, "fe80::1/64", 0);
	bed_address(b, "2001:db8::1/64", 0);
	bed_address(b, "2001:db8::7/64", IFA_TENTATIVE);
	bed_run(b, 0);
	done_calls = done_unique = 0;
}

static void
teardown(struct bed *b)
{
	bed_balance(b);
	role_enter(&on_ctl);
	nd6_ctl_fini(b->ctl);
	route_ctl_fini(b->ctl);
	bed_destroy(b);
}

static struct nd6_info
message(unsigned type, const char *src, const char *dst, const char *target,
    const uint8_t *lla)
{
	struct nd6_info nd = { .nd_type = (uint8_t)type,
		.nd_src = bed_addr(src).a_v6,
		.nd_target = bed_addr(target).a_v6 };

	nd.nd_dst = dst != NULL ? bed_addr(dst).a_v6 :
	    in6_solicited_node(nd.nd_target);
	if (lla != NULL) {
		nd.nd_haslla = true;
		memcpy(nd.nd_lla, lla, 6);
	}
	return nd;
}

static void
input(struct bed *b, const struct nd6_info *nd)
{
	struct cpu *c = host_cpu(b->sp, 0);
	uint8_t p[ND6_BUILD_MAX];
	unsigned n = nd6_build(p, nd);
	struct ip6_info i6 = { .i6_src = nd->nd_src,
		.i6_dst = nd->nd_dst,
		.i6_len = n,
		.i6_hlim = p[7] };

	nd6_input(c, bed_packet(b, c, p, n), &i6, 40);
	bed_run(b, NS_MS);
}

/* The only packet before a stage, off bytes into it; it is freed. */
static struct nd6_info
output(struct bed *b, enum stage st, unsigned off)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1 };
	struct nd6_info nd = { 0 };
	const uint8_t *p;

	mv.mv_m[0] = bed_only(c, st);
	p = mv.mv_m[0]->m_data + off;
	if (st == ST_RESOLVE) {
		assert_int_equal(mv.mv_m[0]->m_nh, 0);
		assert_int_equal(mv.mv_m[0]->m_oif, b->ifp->if_index);
	}
	nd.nd_src = in6_load(p + 8);
	nd.nd_dst = in6_load(p + 24);
	nd.nd_hlim = p[7];
	assert_int_equal(
	    nd6_parse(p + 40, mv.mv_m[0]->m_pktlen - off - 40, &nd), nds_none);
	bed_free(c, &mv);
	return nd;
}

static bool
is_addr(struct in6 a, const char *text)
{
	return in6_eq(a, bed_addr(text).a_v6);
}

static const struct lle *
lookup(struct bed *b, const char *text)
{
	struct in6 a = bed_addr(text).a_v6;

	return neigh_lookup6(b->sp, b->ifp->if_index, &a);
}

static unsigned
flags_of(struct bed *b, const char *text)
{
	struct addr a = bed_addr(text);
	unsigned flags = 0;

	assert_true(if_has_addr(b->ifp, &a, &flags));
	return flags;
}

static void
test_answer(void **state)
{
	struct nd6_info nd;
	struct bed b;

	(void)state;
	setup(&b);
	nd = message(ND6_NS, "fe80::2", NULL, "2001:db8::1", peer);
	input(&b, &nd);
	nd = output(&b, ST_ETHEROUT, 14);
	assert_int_equal(nd.nd_type, ND6_NA);
	assert_true(is_addr(nd.nd_src, "2001:db8::1"));
	assert_true(is_addr(nd.nd_dst, "fe80::2"));
	assert_true(is_addr(nd.nd_target, "2001:db8::1"));
	assert_int_equal(nd.nd_flags,
	    ND6_NA_ROUTER | ND6_NA_SOLICITED | ND6_NA_OVERRIDE);
	assert_memory_equal(nd.nd_lla, bed_mac, 6);
	assert_non_null(lookup(&b, "fe80::2"));
	assert_memory_equal(lookup(&b, "fe80::2")->lle_hdr, peer, 6);
	/* One who does not forward says so. */
	atomic_store(&b.sp->sp_sysctl.ip6_forwarding, 0);
	nd = message(ND6_NS, "fe80::2", "2001:db8::1", "2001:db8::1", NULL);
	input(&b, &nd);
	nd = output(&b, ST_RESOLVE, 0);
	assert_int_equal(nd.nd_flags, ND6_NA_SOLICITED | ND6_NA_OVERRIDE);
	teardown(&b);
}

/* Another's duplicate address detection is told to all nodes. */
static void
test_answer_dad(void **state)
{
	struct nd6_info nd;
	struct bed b;

	(void)state;
	setup(&b);
	nd = message(ND6_NS, "::", NULL, "fe80::1", NULL);
	input(&b, &nd);
	nd = output(&b, ST_RESOLVE, 0);
	assert_true(is_addr(nd.nd_dst, "ff02::1"));
	assert_int_equal(nd.nd_flags, ND6_NA_ROUTER | ND6_NA_OVERRIDE);
	teardown(&b);
}

static void
test_no_answer(void **state)
{
	struct nd6_info nd;
	struct bed b;

	(void)state;
	setup(&b);
	nd = message(ND6_NS, "fe80::2", NULL, "2001:db8::99", peer);
	input(&b, &nd); /* not ours */
	nd = message(ND6_NS, "fe80::2", NULL, "2001:db8::7", peer);
	input(&b, &nd); /* tentative */
	nd = message(ND6_NS, "fe80::1", NULL, "2001:db8::1", bed_mac);
	input(&b, &nd); /* our own, come back */
	assert_int_equal(bed_count(&b, ST_RESOLVE), 0);
	assert_int_equal(bed_count(&b, ST_ETHEROUT), 0);
	assert_null(lookup(&b, "fe80::2"));
	assert_int_equal(bed_stat(&b, SG_ND6, nds_looped), 1);
	/* Off the link: answered, as it may be on it, but not learnt. */
	nd = message(ND6_NS, "2001:db8:9::2", NULL, "2001:db8::1", peer);
	input(&b, &nd);
	(void)output(&b, ST_ETHEROUT, 14);
	assert_null(lookup(&b, "2001:db8:9::2"));
	teardown(&b);
}

static void
test_ask(void **state)
{
	struct addr to = bed_addr("2001:db8::2");
	uint8_t ip[40] = { 0x60 };
	struct nd6_info nd;
	struct mvec mv;
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	neigh_hold(
	    c, b.ifp->if_index, &to, bed_packet(&b, c, ip, sizeof(ip)));
	bed_run(&b, NS_MS);
	nd = output(&b, ST_RESOLVE, 0);
	assert_int_equal(nd.nd_type, ND6_NS);
	assert_true(is_addr(nd.nd_src, "2001:db8::1"));
	assert_true(is_addr(nd.nd_dst, "ff02::1:ff00:2"));
	assert_memory_equal(nd.nd_lla, bed_mac, 6);
	/* Without its MAC the answer is of no use. */
	nd = message(
	    ND6_NA, "2001:db8::2", "2001:db8::1", "2001:db8::2", NULL);
	nd.nd_flags = ND6_NA_SOLICITED;
	input(&b, &nd);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 0);
	nd = message(
	    ND6_NA, "2001:db8::2", "2001:db8::1", "2001:db8::2", peer);
	nd.nd_flags = ND6_NA_SOLICITED;
	input(&b, &nd);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 1);
	assert_int_equal(
	    atomic_load(&lookup(&b, "2001:db8::2")->lle_state), NS_REACHABLE);
	bed_take(c, ST_RESOLVE, &mv);
	bed_free(c, &mv);
	teardown(&b);
}

/* Link-local targets are asked from the link-local address. */
static void
test_ask_linklocal(void **state)
{
	struct addr to = bed_addr("fe80::2");
	struct nd6_info nd;
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	neigh_hold(c, b.ifp->if_index, &to, NULL);
	bed_run(&b, NS_MS);
	nd = output(&b, ST_RESOLVE, 0);
	assert_true(is_addr(nd.nd_src, "fe80::1"));
	teardown(&b);
}

static void
test_override(void **state)
{
	static const uint8_t moved[6] = { 2, 0, 0, 0, 1, 9 };
	struct nd6_info nd;
	struct bed b;

	(void)state;
	setup(&b);
	nd = message(ND6_NS, "fe80::2", NULL, "fe80::1", peer);
	input(&b, &nd);
	(void)output(&b, ST_ETHEROUT, 14);
	nd = message(ND6_NA, "fe80::2", "ff02::1", "fe80::2", moved);
	input(&b, &nd);
	assert_memory_equal(lookup(&b, "fe80::2")->lle_hdr, peer, 6);
	nd.nd_flags = ND6_NA_OVERRIDE;
	input(&b, &nd);
	assert_memory_equal(lookup(&b, "fe80::2")->lle_hdr, moved, 6);
	teardown(&b);
}

static void
done(struct ctl *ctl, unsigned ifindex, const struct in6 *addr, bool unique)
{
	(void)ctl;
	(void)ifindex;
	(void)addr;
	done_calls++;
	done_unique += unique;
}

static void
dad_start(struct bed *b)
{
	struct in6 a = bed_addr("2001:db8::7").a_v6;

	role_enter(&on_ctl);
	assert_int_equal(nd6_dad_start(b->ctl, b->ifp, &a, done), 0);
}

/* Until the probe has been sent. */
static struct nd6_info
dad_probe(struct bed *b)
{
	unsigned i;

	for (i = 0; i < 110 && bed_count(b, ST_RESOLVE) == 0; i++)
		bed_run(b, 10 * NS_MS);
	return output(b, ST_RESOLVE, 0);
}

static void
test_dad_unique(void **state)
{
	struct nd6_info nd;
	struct bed b;

	(void)state;
	setup(&b);
	dad_start(&b);
	nd = dad_probe(&b);
	assert_int_equal(nd.nd_type, ND6_NS);
	assert_true(is_addr(nd.nd_src, "::"));
	assert_true(is_addr(nd.nd_dst, "ff02::1:ff00:7"));
	assert_true(is_addr(nd.nd_target, "2001:db8::7"));
	assert_false(nd.nd_haslla);
	assert_true(nd.nd_hasnonce);
	/* Our probe comes back over a loop: not another station's. */
	input(&b, &nd);
	/* Another asks for it by its name: none of our business yet. */
	nd = message(ND6_NS, "fe80::2", NULL, "2001:db8::7", peer);
	input(&b, &nd);
	bed_pass(&b, 900 * NS_MS, 10 * NS_MS);
	assert_int_equal(done_calls, 0);
	bed_pass(&b, 200 * NS_MS, 10 * NS_MS);
	assert_int_equal(done_calls, 1);
	assert_int_equal(done_unique, 1);
	assert_int_equal(flags_of(&b, "2001:db8::7"), 0);
	/* And announced. */
	nd = output(&b, ST_RESOLVE, 0);
	assert_int_equal(nd.nd_type, ND6_NA);
	assert_true(is_addr(nd.nd_target, "2001:db8::7"));
	assert_true(is_addr(nd.nd_dst, "ff02::1"));
	assert_int_equal(nd.nd_flags, ND6_NA_ROUTER | ND6_NA_OVERRIDE);
	teardown(&b);
}

static void
test_dad_duplicate(void **state)
{
	struct nd6_info nd;
	struct bed b;
	unsigned i;

	(void)state;
	/* An owner's advertisement, and one who probes like us. */
	for (i = 0; i < 2; i++) {
		setup(&b);
		dad_start(&b);
		(void)dad_probe(&b);
		if (i == 0) {
			nd = message(ND6_NA, "2001:db8::7", "ff02::1",
			    "2001:db8::7", peer);
		} else {
			nd = message(ND6_NS, "::", NULL, "2001:db8::7", NULL);
			nd.nd_hasnonce = true;
		}
		input(&b, &nd);
		bed_pass(&b, 5 * NS_S, 100 * NS_MS);
		assert_int_equal(done_calls, 1);
		assert_int_equal(done_unique, 0);
		assert_int_equal(flags_of(&b, "2001:db8::7"), IFA_DUPLICATE);
		assert_int_equal(bed_count(&b, ST_RESOLVE), 0);
		/* It is not ours: nobody is answered. */
		nd = message(ND6_NS, "fe80::2", NULL, "2001:db8::7", peer);
		input(&b, &nd);
		assert_int_equal(bed_count(&b, ST_ETHEROUT), 0);
		teardown(&b);
	}
}

static void
test_dad_none(void **state)
{
	struct bed b;
	struct nd6_info nd;

	(void)state;
	setup(&b);
	atomic_store(&b.sp->sp_sysctl.dad_count, 0);
	dad_start(&b);
	assert_int_equal(done_calls, 0);
	bed_run(&b, NS_MS);
	assert_int_equal(done_unique, 1);
	bed_run(&b, NS_MS);
	nd = output(&b, ST_RESOLVE, 0);
	assert_int_equal(nd.nd_type, ND6_NA);
	teardown(&b);
}

/* Nothing is sent while the link is down; then it begins. */
static void
test_dad_link(void **state)
{
	struct bed b;

	(void)state;
	setup(&b);
	role_enter(&on_ctl);
	if_set_up(b.ctl, b.ifp, false);
	dad_start(&b);
	bed_pass(&b, 20 * NS_S, 100 * NS_MS);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 0);
	assert_int_equal(done_calls, 0);
	if_set_up(b.ctl, b.ifp, true);
	(void)dad_probe(&b);
	teardown(&b);
}

/* The address goes while it is probed: no word. */
static void
test_dad_deleted(void **state)
{
	struct addr a = bed_addr("2001:db8::7");
	struct bed b;

	(void)state;
	setup(&b);
	dad_start(&b);
	(void)dad_probe(&b);
	role_enter(&on_ctl);
	assert_int_equal(if_addr_delete(b.ctl, b.ifp, &a), 0);
	bed_pass(&b, 5 * NS_S, 100 * NS_MS);
	assert_int_equal(done_calls, 0);
	assert_int_equal(bed_count(&b, ST_RESOLVE), 0);
	teardown(&b);
}

/* An address in use is kept and defended, every ten seconds at most. */
static void
test_defend(void **state)
{
	struct nd6_info nd;
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b);
	nd = message(ND6_NA, "fe80::1", "ff02::1", "fe80::1", peer);
	nd.nd_flags = ND6_NA_OVERRIDE;
	for (i = 0; i < 3; i++)
		input(&b, &nd);
	assert_int_equal(bed_stat(&b, SG_ND6, nds_conflicts), 3);
	assert_int_equal(flags_of(&b, "fe80::1"), 0);
	assert_null(lookup(&b, "fe80::1"));
	nd = output(&b, ST_RESOLVE, 0);
	assert_int_equal(nd.nd_type, ND6_NA);
	teardown(&b);
}

static void
test_ignored(void **state)
{
	static const uint8_t ra[56] = { [0] = 0x60, [7] = 255, [40] = ND6_RA };
	struct ip6_info i6 = { .i6_src = bed_addr("fe80::2").a_v6,
		.i6_dst = bed_addr("ff02::1").a_v6,
		.i6_len = sizeof(ra),
		.i6_hlim = 255 };
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	nd6_input(c, bed_packet(&b, c, ra, sizeof(ra)), &i6, 40);
	assert_int_equal(bed_stat(&b, SG_ND6, nds_ra), 1);
	i6.i6_hlim = 64;
	nd6_input(c, bed_packet(&b, c, ra, sizeof(ra)), &i6, 40);
	assert_int_equal(bed_stat(&b, SG_ND6, nds_badhlim), 1);
	/* Longer than it says, or than it is. */
	i6.i6_hlim = 255;
	i6.i6_len = sizeof(ra) + 1;
	nd6_input(c, bed_packet(&b, c, ra, sizeof(ra)), &i6, 40);
	nd6_input(c, bed_packet(&b, c, ra, sizeof(ra)), &i6, 60);
	assert_int_equal(bed_stat(&b, SG_ND6, nds_short), 2);
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_answer_dad),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_ask_linklocal),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_dad_unique),
		cmocka_unit_test(test_dad_duplicate),
		cmocka_unit_test(test_dad_none),
		cmocka_unit_test(test_dad_link),
		cmocka_unit_test(test_dad_deleted),
		cmocka_unit_test(test_defend),
		cmocka_unit_test(test_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
