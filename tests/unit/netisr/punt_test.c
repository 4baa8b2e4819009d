/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets of what is for this host itself.
 */
#include "../fixture.h"

#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_stat.h"
#include "netisr/punt.h"

#define RATE 1000 /* a depth of 100 */

static unsigned
take(struct fixture *fx, unsigned ifindex, enum punt p, unsigned n)
{
	unsigned i, got = 0;

	role_enter(&on_cpu);
	for (i = 0; i < n; i++)
		got += punt_take(fx->fx_c, ifindex, p);
	return got;
}

static void
test_bucket(void **state)
{
	struct fixture *fx = *state;
	struct punt_counts puc;

	atomic_store(&fx->fx_sp->sp_sysctl.punt_icmp, RATE);
	assert_int_equal(take(fx, 1, PUNT_ICMP, 250), 100);
	fx->fx_c->c_now += NS_MS;
	assert_int_equal(take(fx, 1, PUNT_ICMP, 9), 1);
	fx->fx_c->c_now += 50 * NS_MS;
	assert_int_equal(take(fx, 1, PUNT_ICMP, 99), 50);
	/* No more than the depth, however long nothing came. */
	fx->fx_c->c_now += 60 * NS_S;
	assert_int_equal(take(fx, 1, PUNT_ICMP, 250), 100);
	/* Other protocols and other interfaces have their own. */
	assert_int_equal(take(fx, 1, PUNT_ARP, 9), 9);
	assert_int_equal(take(fx, 2, PUNT_ICMP, 9), 9);
	punt_counts(fx->fx_sp, 0, 1, PUNT_ICMP, &puc);
	assert_int_equal(puc.puc_passed, 251);
	assert_int_equal(puc.puc_refused, 150 + 8 + 49 + 150);
}

/* A new rate counts at once; 0 is no limit. */
static void
test_rates(void **state)
{
	struct fixture *fx = *state;

	atomic_store(&fx->fx_sp->sp_sysctl.punt_udp, 1);
	assert_int_equal(take(fx, 1, PUNT_UDP, 9), 1); /* the least depth */
	atomic_store(&fx->fx_sp->sp_sysctl.punt_udp, 0);
	assert_int_equal(take(fx, 1, PUNT_UDP, 9999), 9999);
	assert_int_equal(punt_rate(fx->fx_sp, PUNT_UDP), 0);
	atomic_store(&fx->fx_sp->sp_sysctl.punt_udp, 100);
	fx->fx_c->c_now += NS_S;
	assert_int_equal(take(fx, 1, PUNT_UDP, 99), 10);
}

/* What each protocol takes from; transit and what is from here take nothing. */
static void
test_protocols(void **state)
{
	static const struct {
		unsigned proto;
		enum punt p;
		const char *src, *dst;
	} tab[] = {
		{ IPP_ICMP, PUNT_ICMP, "10.0.0.9", "10.0.0.1" },
		{ IPP_TCP, PUNT_TCP, "10.0.0.9", "10.0.0.1" },
		{ IPP_UDP, PUNT_UDP, "10.0.0.9", "10.0.0.255" },
		{ 132, PUNT_OTHER, "10.0.0.9", "10.0.0.1" },
		{ IPP_ICMPV6, PUNT_ICMP6, "2001:db8::9", "2001:db8::1" },
		{ IPP_TCP, PUNT_TCP, "2001:db8::9", "2001:db8::1" },
		{ IPP_UDP, PUNT_UDP, "2001:db8::9", "2001:db8::1" },
		{ 132, PUNT_OTHER, "2001:db8::9", "2001:db8::1" },
		{ IPP_UDP, PUNT_N, "10.0.0.9", "10.0.0.8" },
	};
	struct fixture *fx = *state;
	struct ifnet *ifp = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	struct punt_counts puc;
	unsigned i, p;

	fixture_addr(fx, ifp, "2001:db8::1/64", 0);
	for (i = 0; i < countof(tab); i++) {
		struct fx_packet fp = { .fp_src = tab[i].src,
			.fp_dst = tab[i].dst, .fp_proto = tab[i].proto,
			.fp_len = 40 };
		uint64_t before[PUNT_N];

		for (p = 0; p < PUNT_N; p++) {
			punt_counts(fx->fx_sp, 0, ifp->if_index, p, &puc);
			before[p] = puc.puc_passed;
		}
		fixture_input(fx, ifp, &fp);
		fixture_input(fx, NULL, &fp);
		for (p = 0; p < PUNT_N; p++) {
			punt_counts(fx->fx_sp, 0, ifp->if_index, p, &puc);
			assert_int_equal(
			    puc.puc_passed - before[p], p == tab[i].p);
		}
		fixture_clear(fx);
	}
}

/* Discovery from the link has a budget that others cannot use up. */
static void
test_discovery(void **state)
{
	struct fixture *fx = *state;
	struct ifnet *ifp = fixture_if(fx, "a", 1500, "2001:db8::1/64");
	uint8_t ns[32] = { 135 };
	struct fx_packet fp = { .fp_src = "2001:db8::9",
		.fp_dst = "2001:db8::1", .fp_proto = IPP_ICMPV6,
		.fp_payload = ns, .fp_len = sizeof(ns), .fp_ttl = 255 };
	struct punt_counts puc;
	unsigned i;

	atomic_store(&fx->fx_sp->sp_sysctl.punt_icmp6, 10);
	for (i = 0; i < 5; i++) {
		fp.fp_ttl = 64;
		fixture_input(fx, ifp, &fp);
		fp.fp_ttl = 255;
		fixture_input(fx, ifp, &fp);
	}
	punt_counts(fx->fx_sp, 0, ifp->if_index, PUNT_ND, &puc);
	assert_int_equal(puc.puc_passed, 5);
	punt_counts(fx->fx_sp, 0, ifp->if_index, PUNT_ICMP6, &puc);
	assert_int_equal(puc.puc_passed, 1);
	assert_int_equal(puc.puc_refused, 4);
	assert_int_equal(fixture_stat(fx, SG_IP6, i6s_punt), 4);
	fixture_clear(fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_bucket, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    test_rates, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    test_protocols, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    test_discovery, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
