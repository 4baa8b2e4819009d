/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is told of a better first hop, of both families: RFC 1812, 5.2.7.2; RFC
 * 4861, 4.5 and 8.2.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip6/icmp6_stat.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_wire.h"
#include "mbuf/in_cksum.h"
#include "route/neigh_int.h"

/*
 * Hosts on a and b.  10.9/16 and 2001:db8:9::/48 are behind a host on a; what
 * is behind a router of which only a global address is known is 2001:db8:8::.
 */
struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
	struct neigh_pub np; /* no neighbours */
};

static void
set(struct world *w, uint64_t on)
{
	atomic_store(&w->fx.fx_sp->sp_sysctl.ip_redirect, on);
	atomic_store(&w->fx.fx_sp->sp_sysctl.ip6_redirect, on);
}

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	assert_int_equal(neigh_pub_init(fx->fx_sp, &w->np, 1), 0);
	w->a = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	w->b = fixture_if(fx, "b", 1500, "192.0.2.1/24");
	fixture_addr(fx, w->a, "2001:db8:a::1/64", 0);
	fixture_addr(fx, w->a, "fe80::1/64", 0);
	fixture_route(fx, "10.9.0.0/16", NH_GATEWAY, w->a, "10.0.0.7");
	fixture_route(fx, "2001:db8:9::/48", NH_GATEWAY, w->a, "fe80::7");
	fixture_route(fx, "2001:db8:8::/48", NH_GATEWAY, w->a, "2001:db8:a::8");
	set(w, 1);
}

static void
world_fini(struct world *w)
{
	neigh_pub_fini(w->fx.fx_sp, &w->np);
	fixture_fini(&w->fx);
}

/* Whether the sender of a packet, which is forwarded, is told. */
static bool
told(struct world *w, const struct ifnet *ifp, const struct fx_packet *fp)
{
	struct fixture *fx = &w->fx;
	uint64_t n = fixture_stat(fx, SG_ICMP, ics_redirect) +
	    fixture_stat(fx, SG_ICMP6, i6cs_redirect);
	unsigned sent;

	fixture_input(fx, ifp, fp);
	n = fixture_stat(fx, SG_ICMP, ics_redirect) +
	    fixture_stat(fx, SG_ICMP6, i6cs_redirect) - n;
	sent = fx->fx_n;
	fixture_clear(fx);
	assert_int_equal(sent, 1 + n);
	return n > 0;
}

#define P(src, dst, ...)                                                       \
	(&(struct fx_packet){                                                  \
	    .fp_src = (src), .fp_dst = (dst), .fp_proto = 132, __VA_ARGS__ })

static void
test_whom(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_true(told(&w, w.a, P("10.0.0.9", "10.9.0.1")));
	assert_true(told(&w, w.a, P("10.0.0.9", "10.0.0.8")));
	assert_true(told(&w, w.a, P("2001:db8:a::9", "2001:db8:9::1")));
	assert_true(told(&w, w.a, P("2001:db8:a::9", "2001:db8:a::8")));
	/* Not a neighbour; by another interface; a fragment's rest. */
	assert_false(told(&w, w.a, P("10.1.0.9", "10.9.0.1")));
	assert_false(told(&w, w.a, P("2001:db8:f::9", "2001:db8:9::1")));
	assert_false(told(&w, w.b, P("192.0.2.9", "10.9.0.1")));
	assert_false(told(&w, w.a, P("10.0.0.9", "192.0.2.9")));
	assert_false(told(&w, w.a, P("10.0.0.9", "10.9.0.1", .fp_off = 3)));
	/* A router must be named by its link-local address. */
	assert_false(told(&w, w.a, P("2001:db8:a::9", "2001:db8:8::1")));
	/* Where rules decide a destination says too little. */
	if_set_policy(w.fx.fx_ctl, w.a, IFP_RULES, IFP_RULES);
	assert_false(told(&w, w.a, P("10.0.0.9", "10.9.0.1")));
	assert_false(told(&w, w.a, P("2001:db8:a::9", "2001:db8:9::1")));
	if_set_policy(w.fx.fx_ctl, w.a, IFP_RULES, 0);
	set(&w, 0);
	assert_false(told(&w, w.a, P("10.0.0.9", "10.9.0.1")));
	assert_false(told(&w, w.a, P("2001:db8:a::9", "2001:db8:9::1")));
	world_fini(&w);
}

/* No more of them than of other errors. */
static void
test_limit(void **state)
{
	struct world w;
	unsigned i, n4 = 0, n6 = 0;

	(void)state;
	world_init(&w);
	for (i = 0; i < 300; i++) {
		n4 += told(&w, w.a, P("10.0.0.9", "10.9.0.1"));
		n6 += told(&w, w.a, P("2001:db8:a::9", "2001:db8:9::1"));
	}
	assert_int_equal(n4, tun(w.fx.fx_sp, icmp_limit));
	assert_int_equal(n6, tun(w.fx.fx_sp, icmp6_limit));
	world_fini(&w);
}

/* The one of two packets caught that was made here. */
static const uint8_t *
message(struct fixture *fx, unsigned proto, unsigned *len)
{
	unsigned i;

	assert_int_equal(fx->fx_n, 2);
	for (i = 0; i < 2; i++) {
		const uint8_t *p = fx->fx_m[i]->m_data;

		*len = fx->fx_m[i]->m_len;
		if ((p[0] >> 4 == 4 ? p[9] : p[6]) == proto)
			return p;
	}
	fail();
	return NULL;
}

static void
test_bytes(void **state)
{
	const struct nd6_redirect_wire *rd;
	const struct icmp_wire *ic;
	const struct ip6_wire *ip6;
	const struct ip_wire *ip;
	const uint8_t *p;
	struct world w;
	unsigned len;

	(void)state;
	world_init(&w);
	fixture_input(&w.fx, w.a, P("10.0.0.9", "10.9.0.1"));
	ip = (const void *)message(&w.fx, IPP_ICMP, &len);
	ic = (const void *)(ip + 1);
	assert_int_equal(ld32be(ip->ip_src), fx_v4("10.0.0.1"));
	assert_int_equal(ld32be(ip->ip_dst), fx_v4("10.0.0.9"));
	assert_int_equal(ic->ic_type, ICMP_REDIRECT);
	assert_int_equal(ic->ic_code, ICMP_REDIRECT_HOST);
	assert_int_equal(ld32be((const uint8_t *)ic + 4), fx_v4("10.0.0.7"));
	assert_int_equal(((const struct ip_wire *)(ic + 1))->ip_ttl, 64);
	fixture_clear(&w.fx);
	fixture_input(
	    &w.fx, w.a, P("2001:db8:a::9", "2001:db8:9::1", .fp_len = 1450));
	p = message(&w.fx, IPP_ICMPV6, &len);
	ip6 = (const void *)p;
	rd = (const void *)(ip6 + 1);
	assert_int_equal(len, 1280); /* as much as fits */
	assert_int_equal(ip6->ip6_hlim, 255);
	assert_int_equal(rd->ndr_type, ND6_REDIRECT);
	assert_int_equal(rd->ndr_code, 0);
	assert_true(in6_eq(in6_load(ip6->ip6_src), fx_v6("fe80::1")));
	assert_true(in6_eq(in6_load(ip6->ip6_dst), fx_v6("2001:db8:a::9")));
	assert_true(in6_eq(in6_load(rd->ndr_target), fx_v6("fe80::7")));
	assert_true(in6_eq(in6_load(rd->ndr_dst), fx_v6("2001:db8:9::1")));
	assert_int_equal(p[80], ND6_OPT_REDIRECTED);
	assert_int_equal(p[81], 1200 / 8);
	assert_int_equal(p[88] >> 4, 6);
	fixture_clear(&w.fx);
	world_fini(&w);
}

/* Those that come are counted, and nothing else. */
static void
test_received(void **state)
{
	uint8_t msg[8 + 28] = { ICMP_REDIRECT, 1, 0, 0, 10, 0, 0, 66, 0x45, 0,
		0, 28 };
	struct world w;

	(void)state;
	world_init(&w);
	st16be(msg + 2, in_cksum(msg, sizeof(msg)));
	fixture_input(&w.fx, w.a,
	    &(struct fx_packet){ .fp_src = "10.0.0.7",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_ICMP,
		.fp_payload = msg,
		.fp_len = sizeof(msg) });
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP, ics_redirected), 1);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whom),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_received),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
