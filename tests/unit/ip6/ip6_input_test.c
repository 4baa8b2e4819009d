/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an IPv6 packet goes, or why it is dropped.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

/* A router between 2001:db8:a::/64 and 2001:db8:b::/64. */
struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	w->a = fixture_if(fx, "a", 1500, "2001:db8:a::1/64");
	fixture_addr(fx, w->a, "fe80::a/64", 0);
	fixture_addr(fx, w->a, "fe80::dad/64", IFA_TENTATIVE);
	fixture_addr(fx, w->a, "2001:db8:a::dad/64", IFA_TENTATIVE);
	w->b = fixture_if(fx, "b", 1500, "2001:db8:b::1/64");
	fixture_addr(fx, w->b, "fe80::b/64", 0);
	fixture_route(fx, "2001:db8:c::/48", NH_GATEWAY, w->b, "fe80::fe");
	fixture_route(fx, "2001:db8:d::/48", NH_BLACKHOLE, NULL, NULL);
	fixture_route(fx, "2001:db8:e::/48", NH_UNREACHABLE, NULL, NULL);
	fixture_route(fx, "2001:db8:e:1::/64", NH_PROHIBIT, NULL, NULL);
}

/* A drop that is answered, by type and code; IC_NONE if it is not. */
#define IC_NONE      0
#define IC(type, code) (1u << 16 | (type) << 8 | (code))
#define PORT	     IC(ICMP6_UNREACH, ICMP6_UNREACH_PORT)

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	unsigned flags; /* MF_* */
	enum ip6stat why; /* i6s_none: forwarded */
	unsigned error;
} dispatchtab[] = {
	{ "to a neighbour", "2001:db8:a::9", "2001:db8:b::9", 0, i6s_none,
	    0 },
	{ "by a gateway", "2001:db8:a::9", "2001:db8:c::9", 0, i6s_none, 0 },
	{ "unique local source", "fd00::1", "2001:db8:b::9", 0, i6s_none, 0 },
	{ "no route", "2001:db8:a::9", "2001:db8:f::9", 0, i6s_noroute,
	    IC(ICMP6_UNREACH, ICMP6_UNREACH_NOROUTE) },
	{ "blackhole", "2001:db8:a::9", "2001:db8:d::9", 0, i6s_blackhole,
	    IC_NONE },
	{ "prohibit", "2001:db8:a::9", "2001:db8:e:1::9", 0, i6s_prohibit,
	    IC(ICMP6_UNREACH, ICMP6_UNREACH_ADMIN) },
	{ "reject", "2001:db8:a::9", "2001:db8:e::9", 0, i6s_reject,
	    IC(ICMP6_UNREACH, ICMP6_UNREACH_REJECT) },
	/* RFC 4291, 2.5.2, 2.5.3, 2.7 */
	{ "from loopback", "::1", "2001:db8:b::9", 0, i6s_badsrc, 0 },
	{ "from nobody", "::", "2001:db8:b::9", 0, i6s_badsrc, 0 },
	{ "from nobody to us", "::", "2001:db8:a::1", 0, i6s_badsrc, 0 },
	{ "from a group", "ff02::1", "2001:db8:b::9", 0, i6s_badsrc, 0 },
	{ "from IPv4", "::ffff:10.0.0.1", "2001:db8:b::9", 0, i6s_badsrc, 0 },
	{ "to nobody", "2001:db8:a::9", "::", 0, i6s_baddst, 0 },
	{ "to loopback", "2001:db8:a::9", "::1", 0, i6s_baddst, 0 },
	{ "to IPv4", "2001:db8:a::9", "::ffff:10.0.0.1", 0, i6s_baddst, 0 },
	{ "group of scope 0", "2001:db8:a::9", "ff00::1", MF_MCAST,
	    i6s_baddst, 0 },
	{ "group of this node", "2001:db8:a::9", "ff01::1", MF_MCAST,
	    i6s_baddst, 0 },
	{ "group not joined", "2001:db8:a::9", "ff02::fb", MF_MCAST, i6s_mcast,
	    0 },
	{ "routed group", "2001:db8:a::9", "ff0e::1", MF_MCAST, i6s_mcast, 0 },
	{ "solicited node of nobody", "fe80::9", "ff02::1:ff00:77", MF_MCAST,
	    i6s_mcast, 0 },
	{ "solicited node of the other link", "fe80::9", "ff02::1:ff00:b",
	    MF_MCAST, i6s_mcast, 0 },
	{ "transit in a broadcast", "2001:db8:a::9", "2001:db8:b::9", MF_BCAST,
	    i6s_linkbcast, 0 },
	{ "transit in a multicast", "2001:db8:a::9", "2001:db8:b::9", MF_MCAST,
	    i6s_linkbcast, 0 },
	/* RFC 4291, 2.5.6; RFC 4007, 9; RFC 4443, 3.1 code 2 */
	{ "from link-local", "fe80::9", "2001:db8:b::9", 0, i6s_linklocal,
	    IC(ICMP6_UNREACH, ICMP6_UNREACH_SCOPE) },
	{ "to link-local", "2001:db8:a::9", "fe80::9", 0, i6s_linklocal, 0 },
	{ "to link-local of the other link", "fe80::9", "fe80::b", 0,
	    i6s_linklocal, 0 },
	/* to this host */
	{ "to us", "2001:db8:a::9", "2001:db8:a::1", 0, i6s_noport, PORT },
	{ "to our other side", "2001:db8:a::9", "2001:db8:b::1", 0,
	    i6s_noport, PORT },
	{ "to link-local us", "fe80::9", "fe80::a", 0, i6s_noport, PORT },
	{ "to all nodes", "fe80::9", "ff02::1", MF_MCAST, i6s_noport, 0 },
	{ "to all routers", "fe80::9", "ff02::2", MF_MCAST, i6s_noport, 0 },
	{ "to our solicited node", "fe80::9", "ff02::1:ff00:a", MF_MCAST,
	    i6s_noport, 0 },
	{ "to a tentative one's solicited node", "fe80::9",
	    "ff02::1:ff00:dad", MF_MCAST, i6s_noport, 0 },
	{ "our source", "2001:db8:a::1", "2001:db8:a::1", 0, i6s_ownsrc, 0 },
	{ "our link-local source", "fe80::a", "2001:db8:a::1", 0, i6s_ownsrc,
	    0 },
	/* RFC 4862, 5.4 */
	{ "to a tentative address", "2001:db8:a::9", "2001:db8:a::dad", 0,
	    i6s_tentative, 0 },
	{ "to a tentative link-local", "fe80::9", "fe80::dad", 0,
	    i6s_linklocal, 0 },
};

static unsigned
caught_error(struct fixture *fx)
{
	const uint8_t *p;

	if (fx->fx_n == 0)
		return IC_NONE;
	p = fixture_caught(fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[6], IPP_ICMPV6);
	return IC((unsigned)p[40], (unsigned)p[41]);
}

static void
udp(uint8_t *p, const char *src, const char *dst)
{
	memset(p, 0, 8);
	p[5] = 8;
	st16be(p + 6,
	    in_cksum_fold(in_cksum_add(
		p, 8, in6_cksum_pseudo(fx_v6(src), fx_v6(dst), IPP_UDP, 8))));
}

static void
test_dispatch(void **state)
{
	uint8_t payload[8];
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dispatchtab); i++) {
		const struct fx_packet fp = { .fp_src = dispatchtab[i].src,
			.fp_dst = dispatchtab[i].dst,
			.fp_proto = IPP_UDP,
			.fp_payload = payload,
			.fp_len = 8 };
		enum ip6stat why = dispatchtab[i].why;
		uint64_t before = fixture_stat(&w.fx, SG_IP6, why);
		struct mbuf *m;

		udp(payload, fp.fp_src, fp.fp_dst);
		m = fixture_packet(&w.fx, w.a, &fp);
		m->m_flags |= (uint16_t)dispatchtab[i].flags;
		fixture_run(&w.fx, ST_IP6, m);
		if (why == i6s_none) {
			if (w.fx.fx_n != 1 ||
			    fixture_caught(&w.fx, ST_RESOLVE) != m)
				fail_msg("%s", dispatchtab[i].name);
		} else if (fixture_stat(&w.fx, SG_IP6, why) != before + 1 ||
		    caught_error(&w.fx) != dispatchtab[i].error) {
			fail_msg("%s", dispatchtab[i].name);
		}
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

static void
test_forwarding_off(void **state)
{
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:b::9",
		.fp_proto = IPP_UDP };
	const struct fx_packet routers = { .fp_src = "fe80::9",
		.fp_dst = "ff02::2",
		.fp_proto = IPP_UDP };
	struct world w;

	world_init(&w);
	atomic_store(&w.fx.fx_sp->sp_sysctl.ip6_forwarding, 0);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_noforward), 1);
	/* A host is no router. */
	fixture_input(&w.fx, w.a, &routers);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_mcast), 1);
	fixture_fini(&w.fx);
}

/* Padding behind, in a chain of tiny buffers. */
static void
test_padding(void **state)
{
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:b::9",
		.fp_len = 30,
		.fp_chain = 7 };
	struct world w;
	struct mbuf *m;

	world_init(&w);
	m = fixture_packet(&w.fx, w.a, &fp);
	assert_true(m_append(w.fx.fx_c, m, "paddingpadding", 14));
	fixture_run(&w.fx, ST_IP6, m);
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 70);
	fixture_fini(&w.fx);
}

static void
test_cut(void **state)
{
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = IPP_ICMPV6,
		.fp_len = 20 };
	struct world w;
	uint8_t p[60];
	unsigned n, len = fx_build(&fp, p);

	world_init(&w);
	for (n = 0; n < len; n++)
		fixture_run(&w.fx, ST_IP6, fixture_bytes(&w.fx, w.a, p, n));
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_toosmall), 40);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_badlen), len - 40);
	fixture_fini(&w.fx);
}

static const struct {
	const char *name;
	unsigned nxt;
	uint8_t payload[16];
	enum ip6stat why;
	unsigned error;
	unsigned pointer;
} delivertab[] = {
	{ "unknown protocol", 200, { 0 }, i6s_noproto,
	    IC(ICMP6_PARAM, ICMP6_PARAM_NEXT), 6 },
	{ "unknown behind options", IPP_DSTOPTS, { 200, 0, 1, 4 },
	    i6s_noproto, IC(ICMP6_PARAM, ICMP6_PARAM_NEXT), 40 },
	{ "unknown option", IPP_HOPOPTS, { 17, 0, 0x80, 4 }, i6s_badopt,
	    IC(ICMP6_PARAM, ICMP6_PARAM_OPTION), 42 },
	{ "routing header", IPP_ROUTING, { 17, 1, 0, 1 }, i6s_srcroute,
	    IC(ICMP6_PARAM, ICMP6_PARAM_HEADER), 42 },
	{ "fragment of a fragment", IPP_FRAGMENT,
	    { 44, 0, 0, 1, 0, 0, 0, 1, 17 }, i6s_fragnest, IC_NONE, 0 },
	{ "fragment without all headers", IPP_FRAGMENT,
	    { 60, 0, 0, 1, 0, 0, 0, 1, 17, 1 }, i6s_fragchain,
	    IC(ICMP6_PARAM, ICMP6_PARAM_CHAIN), 0 },
	{ "nothing", IPP_NONE, { 0 }, i6s_nonext, IC_NONE, 0 },
	{ "cut chain", IPP_DSTOPTS, { 17, 9 }, i6s_badext, IC_NONE, 0 },
};

static void
test_deliver(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(delivertab); i++) {
		const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
			.fp_dst = "2001:db8:a::1",
			.fp_proto = delivertab[i].nxt,
			.fp_payload = delivertab[i].payload,
			.fp_len = 16,
			.fp_chain = 11 };
		uint64_t n = fixture_stat(&w.fx, SG_IP6, delivertab[i].why);

		fixture_input(&w.fx, w.a, &fp);
		if (fixture_stat(&w.fx, SG_IP6, delivertab[i].why) != n + 1 ||
		    caught_error(&w.fx) != delivertab[i].error)
			fail_msg("%s", delivertab[i].name);
		if (w.fx.fx_n > 0)
			assert_int_equal(ld32be(w.fx.fx_m[0]->m_data + 44),
			    delivertab[i].pointer);
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

/* Routers do not look at hop-by-hop options (RFC 8200, 4.3). */
static void
test_transit_options(void **state)
{
	static const uint8_t ext[16] = { 17, 0, 0xde, 4 };
	const struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:b::9",
		.fp_proto = IPP_HOPOPTS,
		.fp_payload = ext,
		.fp_len = 16 };
	struct world w;

	world_init(&w);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 56);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_forwarding_off),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_transit_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
