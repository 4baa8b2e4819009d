/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 routes that say where to look further: other tables, and several ways
 * of equal cost.
 */
#include <stdio.h>

#include "../fixture.h"

#include "base/random.h"
#include "ip6/ip6.h"
#include "ip6/ip6_wire.h"

/*
 * Table 0 and table 1 with the same network each; table 2 has a service
 * network that 1 uses, and uses 1's.  Table 3 has loops.
 */
struct world {
	struct fixture fx;
	struct ifnet *main;
	struct ifnet *red;
	struct ifnet *svc;
};

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	w->main = fixture_if(fx, "main", 1500, "fd00:1::1/64");
	fx->fx_rtable = 1;
	w->red = fixture_if(fx, "red", 1500, "fd00:1::1/64");
	fixture_leak(fx, "fd00:9::0/64", 2);
	fixture_leak(fx, "fd00:7::0/64", 3);
	fixture_leak(fx, "fd00:6::0/64", 3);
	fx->fx_rtable = 2;
	w->svc = fixture_if(fx, "svc", 1400, "fd00:9::1/64");
	fixture_leak(fx, "fd00:1::0/64", 1);
	fixture_route(fx, "fd00:7::0/64", NH_GATEWAY, w->svc, "fd00:9::9");
	fx->fx_rtable = 3;
	fixture_leak(fx, "fd00:7::0/64", 2);
	fixture_leak(fx, "fd00:6::0/64", 1);
	fx->fx_rtable = 0;
}

/* The way of a packet that was forwarded. */
static const struct nhop *
way(struct world *w)
{
	return nhop_lookup(w->fx.fx_sp,
	    fixture_caught(&w->fx, ST_RESOLVE)->m_nh);
}

static void
input(struct world *w, const struct ifnet *ifp, const char *src,
    const char *dst)
{
	struct fx_packet fp = { .fp_src = src, .fp_dst = dst,
		.fp_proto = 132, .fp_len = 8 };

	fixture_clear(&w->fx);
	fixture_input(&w->fx, ifp, &fp);
}

static void
test_tables(void **state)
{
	struct world w;

	world_init(&w);
	/* The same destination, by whichever table. */
	input(&w, w.main, "fd00:1::9", "fd00:1::8");
	assert_int_equal(way(&w)->nh_ifindex, w.main->if_index);
	input(&w, w.red, "fd00:1::9", "fd00:1::8");
	assert_int_equal(way(&w)->nh_ifindex, w.red->if_index);
	/* Red and service, there and back; main has neither. */
	input(&w, w.red, "fd00:1::9", "fd00:9::9");
	assert_int_equal(way(&w)->nh_ifindex, w.svc->if_index);
	input(&w, w.svc, "fd00:9::9", "fd00:1::9");
	assert_int_equal(way(&w)->nh_ifindex, w.red->if_index);
	input(&w, w.main, "fd00:1::9", "fd00:9::9");
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_noroute), 1);
	/* By way of two tables to a gateway. */
	input(&w, w.red, "fd00:1::9", "fd00:7::9");
	assert_int_equal(way(&w)->nh_ifindex, w.svc->if_index);
	assert_int_equal(way(&w)->nh_type, NH_GATEWAY);
	fixture_fini(&w.fx);
}

/* The circle ends, and the sender is told from its own table. */
static void
test_loop(void **state)
{
	struct world w;
	const struct mbuf *m;

	world_init(&w);
	input(&w, w.red, "fd00:1::9", "fd00:6::9");
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_tableloop), 1);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_rtable, 1);
	assert_int_equal(way(&w)->nh_ifindex, w.red->if_index);
	assert_true(in6_eq(in6_load(m->m_data + 8), fx_v6("fd00:1::1")));
	fixture_fini(&w.fx);
}

/* To an address of this host in another table; the answer goes back. */
static void
test_local(void **state)
{
	struct world w;
	const struct mbuf *m;

	world_init(&w);
	input(&w, w.red, "fd00:1::9", "fd00:9::1");
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_delivered), 1);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_rtable, 1);
	assert_int_equal(way(&w)->nh_ifindex, w.red->if_index);
	assert_true(in6_eq(in6_load(m->m_data + 8), fx_v6("fd00:9::1")));
	fixture_fini(&w.fx);
}

/* What the next packet is. */
struct flow {
	char src[64];
	char dst[64];
	uint8_t l4[8];
};

static void
flow_make(struct rnd *rnd, struct flow *f)
{
	snprintf(f->src, sizeof(f->src), "fd00:f::%u",
	    (unsigned)rnd_below(rnd, 200) + 1);
	snprintf(f->dst, sizeof(f->dst), "fd00:20::%u",
	    (unsigned)rnd_below(rnd, 200) + 1);
	st64be(f->l4, rnd_u64(rnd));
}

static uint32_t
flow_way(struct world *w, const struct flow *f, unsigned proto, unsigned off,
    unsigned chain)
{
	struct fx_packet fp = { .fp_src = f->src, .fp_dst = f->dst,
		.fp_proto = proto, .fp_payload = f->l4, .fp_len = 8,
		.fp_off = off, .fp_chain = chain };

	fixture_clear(&w->fx);
	fixture_input(&w->fx, w->red, &fp);
	return fixture_caught(&w->fx, ST_RESOLVE)->m_nh;
}

#define WAYS 3

static void
ways_init(struct world *w)
{
	static const char *const gw[WAYS] = { "fd00:1::7", "fd00:1::8",
		"fd00:9::7" };
	struct ifnet *ifp[WAYS];

	world_init(w);
	ifp[0] = ifp[1] = w->red;
	ifp[2] = w->svc;
	w->fx.fx_rtable = 1;
	fixture_ways(&w->fx, "fd00:20::0/64", ifp, gw, WAYS);
	w->fx.fx_rtable = 0;
}

/* All packets of a flow one way, flows all ways. */
static void
test_flows(void **state)
{
	unsigned i, k, count[WAYS] = { 0 };
	uint32_t nh, seen[WAYS] = { 0 };
	struct flow f;
	struct rnd rnd;
	struct world w;

	ways_init(&w);
	rnd_seed(&rnd, 1);
	for (i = 0; i < 3000; i++) {
		flow_make(&rnd, &f);
		nh = flow_way(&w, &f, IPP_UDP, 0, 0);
		for (k = 0; k < WAYS && seen[k] != 0 && seen[k] != nh; k++)
			continue;
		assert_true(k < WAYS);
		seen[k] = nh;
		count[k]++;
		st32be(f.l4 + 4, (uint32_t)i); /* behind the ports */
		assert_int_equal(flow_way(&w, &f, IPP_UDP, 0, 0), nh);
		/* However its bytes lie in memory. */
		assert_int_equal(flow_way(&w, &f, IPP_UDP, 0, 41), nh);
	}
	for (k = 0; k < WAYS; k++)
		assert_in_range(count[k], 900, 1100);
	fixture_fini(&w.fx);
}

/* A fragment header hides the ports, of whole datagrams as well. */
static void
test_fragments(void **state)
{
	struct flow f;
	struct rnd rnd;
	struct world w;
	unsigned i;
	uint32_t nh;

	ways_init(&w);
	rnd_seed(&rnd, 3);
	for (i = 0; i < 300; i++) {
		flow_make(&rnd, &f);
		f.l4[0] = IPP_UDP;
		nh = flow_way(&w, &f, IPP_FRAGMENT, 0, 0);
		st64be(f.l4, rnd_u64(&rnd));
		f.l4[0] = IPP_UDP;
		assert_int_equal(flow_way(&w, &f, IPP_FRAGMENT, 0, 0), nh);
	}
	fixture_fini(&w.fx);
}

/* Ports of a protocol that has none are none. */
static void
test_no_ports(void **state)
{
	struct flow f;
	struct rnd rnd;
	struct world w;
	unsigned i;
	uint32_t nh;

	ways_init(&w);
	rnd_seed(&rnd, 2);
	flow_make(&rnd, &f);
	nh = flow_way(&w, &f, 47, 0, 0);
	for (i = 0; i < 100; i++) {
		st64be(f.l4, rnd_u64(&rnd));
		assert_int_equal(flow_way(&w, &f, 47, 0, 0), nh);
	}
	fixture_fini(&w.fx);
}

/* What starts here: to a group with and without a source. */
static void
test_output(void **state)
{
	struct fx_packet fp = { .fp_src = "fd00:1::1", .fp_dst = "fd00:20::9",
		.fp_proto = IPP_UDP, .fp_len = 8 };
	struct in6 src;
	struct world w;
	struct mbuf *m;

	ways_init(&w);
	m = fixture_packet(&w.fx, NULL, &fp);
	m->m_rtable = 1;
	fixture_run(&w.fx, ST_IP6OUT, m);
	assert_int_equal(way(&w)->nh_type, NH_GATEWAY);
	assert_true(ip6_source(w.fx.fx_sp, 1, 0, fx_v6("fd00:20::9"), &src));
	assert_true(in6_eq(src, fx_v6("fd00:1::1")) ||
	    in6_eq(src, fx_v6("fd00:9::1")));
	assert_false(ip6_source(w.fx.fx_sp, 0, 0, fx_v6("fd00:20::9"), &src));
	/* Too big for one way is too big. */
	assert_int_equal(ip6_mtu(w.fx.fx_sp, 1, 0, fx_v6("fd00:20::9")), 1400);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_no_ports),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
