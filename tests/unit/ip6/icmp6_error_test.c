/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 errors: what they say, how long they are, from where, and when there
 * is none (RFC 4443, 2.2 and 2.4).
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "2001:db8:a::1/64");
	fixture_addr(&w->fx, w->a, "fe80::a/64", 0);
	w->b = fixture_if(&w->fx, "b", 1500, "2001:db8:b::1/64");
	fixture_route(&w->fx, "2001:db8:c::/48", NH_GATEWAY, w->b, "fe80::fe");
}

/* (c): as much as fits in 1280 bytes. */
static void
test_quote(void **state)
{
	static const unsigned lens[] = { 0, 1, 8, 1191, 1192, 1193, 5000 };
	uint8_t payload[5000], packet[5100];
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:f::1",
		.fp_proto = IPP_UDP,
		.fp_payload = payload };
	struct world w;
	struct mbuf *m;
	unsigned i, n;

	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 5);
	world_init(&w);
	for (i = 0; i < countof(lens); i++) {
		fp.fp_len = lens[i];
		n = umin(fx_build(&fp, packet), 1280 - 48);
		fixture_input(&w.fx, w.a, &fp);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(m->m_pktlen, 48 + n);
		assert_memory_equal(m->m_data + 48, packet, n);
		assert_int_equal(
		    in_cksum_fold(in_cksum_add(m->m_data + 40, 8 + n,
			in6_cksum_pseudo(fx_v6("2001:db8:a::1"),
			    fx_v6("2001:db8:a::9"), IPP_ICMPV6, 8 + n))),
		    0);
		assert_int_equal(ld32be(m->m_data + 44), 0);
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	const char *from; /* source of the error; NULL: none */
	unsigned flags;
} sourcetab[] = {
	{ "where it came from", "2001:db8:a::9", "2001:db8:b::9",
	    "2001:db8:a::1", 0 },
	{ "where it goes back", "2001:db8:c::9", "2001:db8:b::9",
	    "2001:db8:b::1", 0 },
	{ "it was for us", "2001:db8:c::9", "2001:db8:a::1",
	    "2001:db8:a::1", 0 },
	{ "link-local", "fe80::9", "fe80::8", "fe80::a", 0 },
	{ "from nowhere", "2001:db8:f::9", "2001:db8:b::9", NULL, 0 },
	{ "from us", "2001:db8:a::1", "2001:db8:b::9", NULL, 0 },
	{ "from link-local us", "fe80::a", "2001:db8:b::9", NULL, 0 },
	{ "from nobody", "::", "2001:db8:b::9", NULL, 0 },
	{ "to a group", "2001:db8:a::9", "ff02::9", NULL, 0 },
	{ "link multicast", "2001:db8:a::9", "2001:db8:b::9", NULL,
	    MF_MCAST },
	{ "link broadcast", "2001:db8:a::9", "2001:db8:b::9", NULL,
	    MF_BCAST },
};

/* A neighbour that does not answer; who is told, and by whom. */
static void
test_unreach(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(sourcetab); i++) {
		const struct fx_packet fp = { .fp_src = sourcetab[i].src,
			.fp_dst = sourcetab[i].dst,
			.fp_proto = IPP_UDP,
			.fp_len = 8 };
		struct mbuf *m = fixture_packet(&w.fx, w.a, &fp);

		m->m_flags |= (uint16_t)sourcetab[i].flags;
		fixture_run(&w.fx, ST_UNREACH6, m);
		if (w.fx.fx_n != (sourcetab[i].from != NULL))
			fail_msg("%s", sourcetab[i].name);
		if (w.fx.fx_n == 1) {
			const uint8_t *p = w.fx.fx_m[0]->m_data;

			assert_int_equal(ld16be(p + 40),
			    ICMP6_UNREACH << 8 | ICMP6_UNREACH_ADDR);
			if (!in6_eq(in6_load(p + 8), fx_v6(sourcetab[i].from)))
				fail_msg("%s", sourcetab[i].name);
		}
		fixture_clear(&w.fx);
	}
	assert_int_equal(
	    fixture_stat(&w.fx, SG_IP6, i6s_noneigh), countof(sourcetab));
	fixture_fini(&w.fx);
}

/* Behind extension headers an error is found as well. */
static void
test_hidden_error(void **state)
{
	uint8_t ext[24] = { 60, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0,
		ICMP6_UNREACH };
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:f::1",
		.fp_proto = IPP_DSTOPTS,
		.fp_payload = ext,
		.fp_len = sizeof(ext) };
	struct world w;

	world_init(&w);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_silent), 1);
	ext[16] = ICMP6_ECHO;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 1);
	fixture_fini(&w.fx);
}

/* (f) */
static void
test_limit(void **state)
{
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:f::1",
		.fp_proto = IPP_UDP };
	struct world w;
	unsigned i;

	world_init(&w);
	atomic_store(&w.fx.fx_sp->sp_sysctl.icmp6_limit, 10);
	for (i = 0; i < 50; i++)
		fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 10);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_limited), 40);
	fixture_clear(&w.fx);
	w.fx.fx_now += NS_S / 2;
	for (i = 0; i < 50; i++)
		fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 5);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_unreach),
		cmocka_unit_test(test_hidden_error),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
