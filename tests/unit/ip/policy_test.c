/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What interfaces ask for packets that come in by them, of both families.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_stat.h"
#include "mbuf/in_cksum.h"

/*
 * Hosts on a and b; 10.9/16 and 2001:db8:9::/48 are behind b, 10.8/16 is
 * behind both, and 10.7/16 nowhere.  In table 1, c's, 10.0.0/24 is a's network
 * in table 0.
 */
struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
	struct ifnet *c;
};

static void
world_init(struct world *w)
{
	static const char *const both[] = { "10.0.0.7", "192.0.2.7" };
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	w->a = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	w->b = fixture_if(fx, "b", 1500, "192.0.2.1/24");
	fixture_addr(fx, w->a, "2001:db8:a::1/64", 0);
	fixture_addr(fx, w->b, "2001:db8:b::1/64", 0);
	fixture_route(fx, "10.9.0.0/16", NH_GATEWAY, w->b, "192.0.2.7");
	fixture_route(
	    fx, "2001:db8:9::/48", NH_GATEWAY, w->b, "2001:db8:b::7");
	fixture_ways(fx, "10.8.0.0/16",
	    (struct ifnet *const[]){ w->a, w->b }, both, 2);
	fixture_route(fx, "10.7.0.0/16", NH_BLACKHOLE, NULL, NULL);
	fixture_route(fx, "2001:db8:7::/48", NH_UNREACHABLE, NULL, NULL);
	fx->fx_rtable = 1;
	w->c = fixture_if(fx, "c", 1500, "10.5.0.1/24");
	fixture_leak(fx, "10.0.0.0/24", 0);
	fixture_leak(fx, "192.0.2.0/24", 0);
	fx->fx_rtable = 0;
}

static void
want(struct world *w, struct ifnet *ifp, uint32_t policy)
{
	if_set_policy(w->fx.fx_ctl, ifp, IFP_REVERSE, policy);
}

/* Whether a packet of this source is forwarded; else for which reason not. */
static bool
passes(struct world *w, const struct ifnet *from, const char *src,
    const char *dst)
{
	struct fixture *fx = &w->fx;
	struct fx_packet fp = { .fp_src = src, .fp_dst = dst,
		.fp_proto = 132, .fp_len = 8 };
	uint64_t n = fixture_stat(fx, SG_IP, ips_reverse) +
	    fixture_stat(fx, SG_IP6, i6s_reverse);
	bool sent;

	fixture_input(fx, from, &fp);
	sent = fx->fx_n == 1 && fx->fx_stage[0] == ST_RESOLVE;
	assert_true(sent || fx->fx_n == 0); /* and no error goes back */
	n = fixture_stat(fx, SG_IP, ips_reverse) +
	    fixture_stat(fx, SG_IP6, i6s_reverse) - n;
	assert_int_equal(n, !sent);
	fixture_clear(fx);
	return sent;
}

#define TO4 "10.9.0.9"
#define TO6 "2001:db8:9::9"

static void
test_strict(void **state)
{
	static const struct {
		const char *src;
		bool a, b; /* whether it may come in there */
	} tab[] = {
		{ "10.0.0.9", true, false },
		{ "192.0.2.9", false, true },
		{ "10.9.1.1", false, true },
		{ "203.0.113.1", false, false }, /* no route */
		{ "10.7.0.1", false, false }, /* blackhole */
		{ "10.0.0.1", false, false }, /* our own */
		{ "10.0.0.255", false, false }, /* broadcast */
		{ "2001:db8:a::9", true, false },
		{ "2001:db8:b::9", false, true },
		{ "2001:db8:9::1", false, true },
		{ "2001:db8:7::1", false, false },
		{ "2001:db8:f::1", false, false },
	};
	struct world w;
	unsigned i;

	world_init(&w);
	want(&w, w.a, IFP_STRICT);
	want(&w, w.b, IFP_STRICT);
	for (i = 0; i < countof(tab); i++) {
		const char *dst = strchr(tab[i].src, ':') ? TO6 : TO4;

		assert_int_equal(passes(&w, w.a, tab[i].src, dst), tab[i].a);
		assert_int_equal(passes(&w, w.b, tab[i].src, dst), tab[i].b);
	}
	fixture_fini(&w.fx);
}

static void
test_loose(void **state)
{
	struct world w;

	world_init(&w);
	want(&w, w.a, IFP_LOOSE);
	assert_true(passes(&w, w.a, "192.0.2.9", TO4));
	assert_true(passes(&w, w.a, "10.9.1.1", TO4));
	assert_true(passes(&w, w.a, "2001:db8:b::9", TO6));
	assert_false(passes(&w, w.a, "203.0.113.1", TO4));
	assert_false(passes(&w, w.a, "10.7.0.1", TO4));
	assert_false(passes(&w, w.a, "192.0.2.1", TO4));
	assert_false(passes(&w, w.a, "2001:db8:f::1", TO6));
	/* The other interface asks nothing. */
	assert_true(passes(&w, w.b, "203.0.113.1", TO4));
	assert_true(passes(&w, w.b, "2001:db8:f::1", TO6));
	/* Nor does this one any more. */
	want(&w, w.a, 0);
	assert_int_equal(w.fx.fx_sp->sp_policies, 0);
	assert_true(passes(&w, w.a, "203.0.113.1", TO4));
	fixture_fini(&w.fx);
}

/* Any of several ways back is one. */
static void
test_ways(void **state)
{
	struct world w;

	world_init(&w);
	want(&w, w.a, IFP_STRICT);
	want(&w, w.b, IFP_STRICT);
	assert_true(passes(&w, w.a, "10.8.0.1", TO4));
	assert_true(passes(&w, w.b, "10.8.0.1", TO4));
	/* One that does not answer is one still. */
	if_set_up(w.fx.fx_ctl, w.a, false);
	nhop_links(w.fx.fx_ctl);
	assert_true(passes(&w, w.a, "10.8.0.1", TO4));
	fixture_fini(&w.fx);
}

/* The way back is that of the interface's own table. */
static void
test_vrf(void **state)
{
	struct world w;

	world_init(&w);
	want(&w, w.c, IFP_STRICT);
	assert_true(passes(&w, w.c, "10.5.0.9", "10.0.0.9"));
	assert_false(passes(&w, w.c, "10.0.0.9", "192.0.2.9"));
	assert_false(passes(&w, w.c, "10.9.0.9", "192.0.2.9"));
	want(&w, w.c, IFP_LOOSE);
	assert_true(passes(&w, w.c, "10.0.0.9", "192.0.2.9"));
	assert_false(passes(&w, w.c, "10.9.0.9", "192.0.2.9"));
	fixture_fini(&w.fx);
}

/* Those without an address, and what dies for a better reason. */
static void
test_not_asked(void **state)
{
	static const struct {
		const char *src, *dst;
		enum stat_group group;
		unsigned why;
	} tab[] = {
		{ "0.0.0.0", TO4, SG_IP, ips_badsrc },
		{ "127.0.0.1", TO4, SG_IP, ips_badsrc },
		{ "224.0.0.1", TO4, SG_IP, ips_badsrc },
		{ "::", TO6, SG_IP6, i6s_badsrc },
		{ "ff02::1", TO6, SG_IP6, i6s_badsrc },
		{ "fe80::1", "ff02::77", SG_IP6, i6s_mcast },
	};
	struct world w;
	unsigned i;

	world_init(&w);
	want(&w, w.a, IFP_STRICT);
	for (i = 0; i < countof(tab); i++) {
		struct fx_packet fp = { .fp_src = tab[i].src,
			.fp_dst = tab[i].dst, .fp_proto = 132, .fp_len = 8 };
		uint64_t n =
		    fixture_stat(&w.fx, tab[i].group, tab[i].why);

		fixture_input(&w.fx, w.a, &fp);
		assert_int_equal(
		    fixture_stat(&w.fx, tab[i].group, tab[i].why), n + 1);
	}
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_reverse), 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_reverse), 0);
	fixture_fini(&w.fx);
}

/* Of a vector, the wrong ones leave and the others keep their order. */
static void
test_vector(void **state)
{
	static const char *const src[] = { "10.0.0.9", "203.0.113.1",
		"10.0.0.10", "10.5.0.9", "192.0.2.9", "10.0.0.11" };
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	want(&w, w.a, IFP_STRICT);
	role_enter(&on_cpu);
	for (i = 0; i < countof(src); i++) {
		struct fx_packet fp = { .fp_src = src[i], .fp_dst = "10.0.0.8",
			.fp_proto = 132, .fp_len = 8 };

		m = fixture_packet(&w.fx, i == 3 ? w.c : i == 4 ? w.b : w.a,
		    &fp);
		path_next(w.fx.fx_c, ST_IP, m);
	}
	fixture_step(&w.fx);
	assert_int_equal(w.fx.fx_n, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(ld32be(w.fx.fx_m[i]->m_data + 12),
		    fx_v4(src[i + (i > 0)]));
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_reverse), 1);
	fixture_fini(&w.fx);
}

/* The DS field of a packet when it is forwarded; its checksum is right. */
static unsigned
ds_after(struct world *w, const struct ifnet *from, const char *src,
    const char *dst, unsigned ds, bool shared)
{
	struct fx_packet fp = { .fp_src = src, .fp_dst = dst,
		.fp_proto = 132, .fp_len = 8 };
	struct mbuf *m = fixture_packet(&w->fx, from, &fp), *other = NULL;
	bool v6 = m->m_data[0] >> 4 == 6;
	uint8_t *p = m->m_data;

	role_enter(&on_cpu);
	if (v6) {
		p[0] = (uint8_t)(6 << 4 | ds >> 4);
		p[1] = (uint8_t)(ds << 4 | 5);
	} else {
		p[1] = (uint8_t)ds;
		st16be(p + 10, 0);
		st16be(p + 10, in_cksum(p, 20));
	}
	if (shared) {
		other = m_clone(w->fx.fx_c, m);
		assert_non_null(other);
	}
	fixture_run(&w->fx, v6 ? ST_IP6 : ST_IP, m);
	m = fixture_caught(&w->fx, ST_RESOLVE);
	p = m->m_data;
	if (v6) {
		ds = (p[0] & 15u) << 4 | p[1] >> 4;
		assert_int_equal(p[0] >> 4, 6);
		assert_int_equal(p[1] & 15, 5);
	} else {
		ds = p[1];
		assert_int_equal(in_cksum(p, 20), 0);
	}
	if (shared) { /* what others see has not changed */
		assert_ptr_not_equal(other->m_data, m->m_data);
		m_free(w->fx.fx_c, other);
	}
	fixture_clear(&w->fx);
	return ds;
}

static void
test_dscp(void **state)
{
	struct world w;
	unsigned ds, dscp, n = 0;

	world_init(&w);
	assert_int_equal(ds_after(&w, w.a, "10.0.0.9", TO4, 0xb9, false), 0xb9);
	for (dscp = 0; dscp < 64; dscp += 9) {
		if_set_policy(w.fx.fx_ctl, w.a, IFP_DSCP_MASK,
		    IFP_DSCP | dscp << IFP_DSCP_SHIFT);
		for (ds = 0; ds < 256; ds++) {
			unsigned want = dscp << 2 | (ds & 3);

			assert_int_equal(
			    ds_after(&w, w.a, "10.0.0.9", TO4, ds, ds % 5 == 0),
			    want);
			assert_int_equal(ds_after(&w, w.a, "2001:db8:a::9",
					     TO6, ds, ds % 7 == 0),
			    want);
			n += want != ds;
		}
	}
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_remarked), n);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_remarked), n);
	/* The other interface's are left alone. */
	assert_int_equal(
	    ds_after(&w, w.b, "192.0.2.9", "10.0.0.9", 0xb9, false), 0xb9);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_loose),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_vrf),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_dscp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
