/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops and publishing: sharing, growing, when a number is free again;
 * routes that come and go with addresses; random changes against a model, as
 * a CPU sees them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOST_BUFS 16
#include "../dev/host.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/nhop_int.h"
#include "route/route.h"

static uint64_t now;
static struct spate *sp;
static struct ifnet *ifp;

static int
drv_open(struct ifnet *new, const struct dev_conf *dc, char *err, size_t errlen)
{
	new->if_mtu = 1500;
	return 0;
}

static void
drv_close(struct ifnet *old)
{
}

static const struct dev_ops drv_ops = {
	.do_name = "test",
	.do_open = drv_open,
	.do_close = drv_close,
};

static int
setup(void **state)
{
	struct dev_conf dc = { 0 };

	role_enter(&on_ctl);
	sp = host_create(1, &now);
	assert_int_equal(route_ctl_init(sp->sp_ctl), 0);
	ifp = host_attach(sp, "wan", &drv_ops, &dc);
	return 0;
}

static int
teardown(void **state)
{
	role_enter(&on_ctl);
	host_settle(sp);
	qsbr_drain(&sp->sp_qsbr);
	route_ctl_fini(sp->sp_ctl);
	host_destroy(sp);
	return 0;
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text), 0);
	return p;
}

static struct nhop
gateway(uint32_t n)
{
	return (struct nhop){ .nh_type = NH_GATEWAY, .nh_ifindex = 1,
		.nh_mtu = 1500, .nh_gw = addr_v4(0x0a000000 + n) };
}

/* The next hop a CPU finds for an address. */
static const struct nhop *
look(const char *text)
{
	const struct rtable *rt = &sp->sp_rt[0];
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	if (a.a_family == ADDR_V4)
		return nhop_lookup(sp, fib4_lookup(rt->rt_fib4, a.a_v4));
	return nhop_lookup(sp, fib6_lookup(rt->rt_fib6, &a.a_v6));
}

static int
add(const char *text, enum rib_proto proto, const struct nhop *nh)
{
	struct prefix p = prefix(text);

	role_enter(&on_ctl);
	return route_add(sp->sp_ctl, 0, &p, proto, 0, nh);
}

static int delete (
    const char *text, enum rib_proto proto, const struct nhop *nh)
{
	struct prefix p = prefix(text);

	role_enter(&on_ctl);
	return route_delete(sp->sp_ctl, 0, &p, proto, nh);
}

static void
publish(void)
{
	role_enter(&on_ctl);
	assert_int_equal(route_publish(sp->sp_ctl), 0);
}

/* Next hops there are. */
static unsigned
count(void)
{
	unsigned i, n = 0;

	for (i = 1; i < sp->sp_nhops->nt_size; i++)
		n += sp->sp_nhops->nt_nh[i] != NULL;
	return n;
}

static void
equal_are_one(void **state)
{
	struct nhop a = gateway(1), b = gateway(1), c = gateway(2);
	struct nhop d = gateway(1), e = gateway(1);
	uint32_t ia, ib, i;

	role_enter(&on_ctl);
	d.nh_mtu = 1400;
	e.nh_type = NH_UNREACHABLE;
	assert_int_equal(nhop_get(sp->sp_ctl, &a, &ia), 0);
	assert_int_equal(nhop_get(sp->sp_ctl, &b, &ib), 0);
	assert_int_equal(ia, ib);
	assert_int_equal(nhop_lookup(sp, ia)->nh_refs, 2);
	assert_int_equal(nhop_lookup(sp, ia)->nh_index, ia);
	assert_int_equal(nhop_get(sp->sp_ctl, &c, &i), 0);
	assert_int_equal(nhop_get(sp->sp_ctl, &d, &i), 0);
	assert_int_equal(nhop_get(sp->sp_ctl, &e, &i), 0);
	assert_int_equal(count(), 4);
	assert_ptr_equal(nhop_lookup(sp, 0), &nhop_none);
	assert_ptr_equal(nhop_lookup(sp, 63), &nhop_none);
	assert_ptr_equal(nhop_lookup(sp, UINT32_MAX), &nhop_none);
}

static void
table_grows(void **state)
{
	uint32_t i, index[1000];

	role_enter(&on_ctl);
	qsbr_wake(&sp->sp_qsbr, 0);
	for (i = 0; i < countof(index); i++) {
		const struct nhop_table *seen = sp->sp_nhops;
		struct nhop nh = gateway(i);

		assert_int_equal(nhop_get(sp->sp_ctl, &nh, &index[i]), 0);
		/* A CPU's table stays until its round ends. */
		assert_true(seen->nt_size <= sp->sp_nhops->nt_size);
		if (i > 0)
			assert_true(seen->nt_nh[index[i - 1]] != NULL);
		(void)ctl_round(sp->sp_ctl);
		qsbr_checkpoint(&sp->sp_qsbr, 0);
	}
	for (i = 0; i < countof(index); i++)
		assert_true(nhop_lookup(sp, index[i])->nh_gw.a_v4 ==
		    0x0a000000 + i);
	assert_int_equal(sp->sp_nhops->nt_size, 1024);
	qsbr_sleep(&sp->sp_qsbr, 0);
}

static void
seen_when_published(void **state)
{
	struct nhop a = gateway(1), b = gateway(2);
	uint32_t gen = sp->sp_rt[0].rt_gen;

	assert_int_equal(add("10.1.0.0/16", RP_STATIC, &a), 0);
	assert_int_equal(add("10.1.0.0/16", RP_STATIC, &a), EEXIST);
	assert_int_equal(add("2001:db8::/32", RP_STATIC, &b), 0);
	assert_int_equal(look("10.1.2.3")->nh_type, NH_NONE);
	publish();
	assert_int_equal(sp->sp_rt[0].rt_gen, gen + 1);
	publish(); /* nothing to do */
	assert_int_equal(sp->sp_rt[0].rt_gen, gen + 1);
	assert_true(look("10.1.2.3")->nh_gw.a_v4 == 0x0a000001);
	assert_true(look("2001:db8::1")->nh_gw.a_v4 == 0x0a000002);
	assert_int_equal(look("10.2.0.0")->nh_type, NH_NONE);
	assert_int_equal(delete ("10.1.0.0/16", RP_STATIC, &b), ESRCH);
	assert_int_equal(delete ("10.1.0.0/17", RP_STATIC, &a), ESRCH);
	assert_int_equal(delete ("10.1.0.0/16", RP_STATIC, &a), 0);
	assert_int_equal(delete ("10.1.0.0/16", RP_STATIC, &a), ESRCH);
	assert_true(look("10.1.2.3")->nh_gw.a_v4 == 0x0a000001);
	publish();
	assert_int_equal(look("10.1.2.3")->nh_type, NH_NONE);
}

static void
default_routes(void **state)
{
	struct nhop a = gateway(1), b = gateway(2);

	assert_int_equal(add("0.0.0.0/0", RP_STATIC, &a), 0);
	assert_int_equal(add("::/0", RP_STATIC, &b), 0);
	publish();
	assert_true(look("255.255.255.255")->nh_gw.a_v4 == 0x0a000001);
	assert_true(look("0.0.0.0")->nh_gw.a_v4 == 0x0a000001);
	assert_true(look("::")->nh_gw.a_v4 == 0x0a000002);
	assert_true(look("ffff::1")->nh_gw.a_v4 == 0x0a000002);
}

static void
pass_round(void)
{
	role_enter(&on_ctl);
	qsbr_checkpoint(&sp->sp_qsbr, 0);
	(void)ctl_round(sp->sp_ctl);
}

/*
 * A number that the published FIB names, or that a CPU may have looked up,
 * keeps its next hop: also when an earlier publish's grace ends meanwhile.
 */
static void
number_rests_until_grace(void **state)
{
	struct nhop a = gateway(1), b = gateway(2), c = gateway(3);
	uint32_t ib;

	role_enter(&on_ctl);
	qsbr_wake(&sp->sp_qsbr, 0);
	assert_int_equal(add("10.1.0.0/16", RP_STATIC, &a), 0);
	assert_int_equal(add("10.2.0.0/16", RP_STATIC, &b), 0);
	publish(); /* its grace period begins */
	ib = look("10.2.0.0")->nh_index;
	assert_int_equal(delete ("10.2.0.0/16", RP_STATIC, &b), 0);
	pass_round(); /* … and ends; the FIB still names b */
	assert_true(look("10.2.0.0")->nh_gw.a_v4 == 0x0a000002);

	assert_int_equal(delete ("10.1.0.0/16", RP_STATIC, &a), 0);
	publish(); /* now a CPU may have b's number in hand */
	(void)ctl_round(sp->sp_ctl);
	assert_int_equal(nhop_lookup(sp, ib)->nh_type, NH_GATEWAY);
	assert_int_equal(add("10.3.0.0/16", RP_STATIC, &c), 0);
	assert_true(nhop_lookup(sp, ib)->nh_gw.a_v4 == 0x0a000002);
	publish();
	pass_round();
	assert_int_equal(nhop_lookup(sp, ib)->nh_type, NH_NONE);
	pass_round();
	assert_int_equal(count(), 1);
	assert_true(look("10.3.0.0")->nh_gw.a_v4 == 0x0a000003);
	qsbr_sleep(&sp->sp_qsbr, 0);
}

/* Wanted again before it was freed. */
static void
number_comes_back(void **state)
{
	struct nhop a = gateway(1);
	uint32_t ia;

	role_enter(&on_ctl);
	qsbr_wake(&sp->sp_qsbr, 0);
	assert_int_equal(add("10.1.0.0/16", RP_STATIC, &a), 0);
	publish();
	ia = look("10.1.0.0")->nh_index;
	assert_int_equal(delete ("10.1.0.0/16", RP_STATIC, &a), 0);
	publish();
	assert_int_equal(add("10.2.0.0/16", RP_STATIC, &a), 0);
	publish();
	pass_round();
	pass_round();
	assert_int_equal(look("10.2.0.0")->nh_index, ia);
	assert_int_equal(count(), 1);
	qsbr_sleep(&sp->sp_qsbr, 0);
}

static int
address(const char *text, bool on)
{
	struct prefix p = prefix(text);
	struct ifaddr ifa = { .ifa_addr = p.p_addr, .ifa_plen = p.p_len };
	int error;

	role_enter(&on_ctl);
	if (on)
		error = if_addr_set(sp->sp_ctl, ifp, &ifa);
	else
		error = if_addr_delete(sp->sp_ctl, ifp, &ifa.ifa_addr);
	assert_int_equal(error, 0);
	error = route_address(sp->sp_ctl, ifp, &ifa, on);
	publish();
	return error;
}

static void
routes_of_an_address(void **state)
{
	static const struct {
		const char *address;
		const char *look;
		enum nhop_type type;
	} tab[] = {
		{ "10.0.0.1/24", "10.0.0.1", NH_LOCAL },
		{ "10.0.0.1/24", "10.0.0.2", NH_CONNECTED },
		{ "10.0.0.1/24", "10.0.0.0", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.0.255", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.1.0", NH_NONE },
		{ "10.0.0.5/30", "10.0.0.4", NH_BROADCAST },
		{ "10.0.0.5/30", "10.0.0.7", NH_BROADCAST },
		{ "10.0.0.4/31", "10.0.0.4", NH_LOCAL }, /* RFC 3021 */
		{ "10.0.0.4/31", "10.0.0.5", NH_CONNECTED },
		{ "10.0.0.4/31", "10.0.0.6", NH_NONE },
		{ "10.0.0.4/32", "10.0.0.4", NH_LOCAL },
		{ "10.0.0.4/32", "10.0.0.5", NH_NONE },
		{ "2001:db8::1/64", "2001:db8::1", NH_LOCAL },
		{ "2001:db8::1/64", "2001:db8::", NH_CONNECTED },
		{ "2001:db8::1/64", "2001:db8::ffff:ffff:ffff:ffff",
		    NH_CONNECTED },
		{ "2001:db8::1/64", "2001:db8:0:1::", NH_NONE },
		{ "2001:db8::2/127", "2001:db8::2", NH_LOCAL }, /* RFC 6164 */
		{ "2001:db8::2/127", "2001:db8::3", NH_CONNECTED },
		{ "2001:db8::2/127", "2001:db8::4", NH_NONE },
		{ "2001:db8::2/128", "2001:db8::2", NH_LOCAL },
		{ "2001:db8::2/128", "2001:db8::3", NH_NONE },
		{ "fe80::1/64", "fe80::1", NH_NONE }, /* means a link only */
	};
	const struct nhop *nh;
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		assert_int_equal(address(tab[i].address, true), 0);
		nh = look(tab[i].look);
		assert_int_equal(nh->nh_type, tab[i].type);
		if (nh->nh_type != NH_NONE) {
			assert_int_equal(nh->nh_ifindex, ifp->if_index);
			assert_int_equal(nh->nh_mtu, 1500);
		}
		assert_int_equal(address(tab[i].address, false), 0);
		assert_int_equal(look(tab[i].look)->nh_type, NH_NONE);
		host_settle(sp);
		assert_int_equal(count(), 0);
	}
}

/* What another address needs stays, whichever goes first. */
static void
addresses_share(void **state)
{
	static const struct {
		const char *first, *second;
		const char *look;
		enum nhop_type with_first; /* when only that is left */
	} tab[] = {
		{ "10.0.0.1/24", "10.0.0.2/24", "10.0.0.9", NH_CONNECTED },
		{ "10.0.0.1/24", "10.0.0.2/24", "10.0.0.0", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.0.2/24", "10.0.0.255", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.0.2/24", "10.0.0.2", NH_CONNECTED },
		/* Another network, the same broadcast address. */
		{ "10.0.0.1/24", "10.0.0.2/25", "10.0.0.0", NH_BROADCAST },
		{ "10.0.0.1/25", "10.0.0.2/24", "10.0.0.0", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.0.200/25", "10.0.0.255", NH_BROADCAST },
		{ "10.0.0.1/24", "10.0.0.200/25", "10.0.0.128", NH_CONNECTED },
		{ "2001:db8::1/64", "2001:db8::2/64", "2001:db8::9",
		    NH_CONNECTED },
		{ "2001:db8::1/64", "2001:db8::2/128", "2001:db8::2",
		    NH_CONNECTED },
	};
	unsigned i, order;

	for (i = 0; i < countof(tab); i++)
		for (order = 0; order < 2; order++) {
			assert_int_equal(address(order == 0 ? tab[i].first :
				tab[i].second, true), 0);
			assert_int_equal(address(order == 0 ? tab[i].second :
				tab[i].first, true), 0);
			assert_int_equal(address(tab[i].second, false), 0);
			assert_int_equal(
			    look(tab[i].look)->nh_type, tab[i].with_first);
			assert_int_equal(address(tab[i].first, false), 0);
			assert_int_equal(look(tab[i].look)->nh_type, NH_NONE);
			host_settle(sp);
			assert_int_equal(count(), 0);
		}
}

/* Local beats connected beats static; each takes over from the one before. */
static void
protocols_in_order(void **state)
{
	struct nhop gw = gateway(9);

	assert_int_equal(add("10.0.0.0/24", RP_STATIC, &gw), 0);
	assert_int_equal(add("10.0.0.1/32", RP_STATIC, &gw), 0);
	publish();
	assert_int_equal(look("10.0.0.1")->nh_type, NH_GATEWAY);
	assert_int_equal(address("10.0.0.1/24", true), 0);
	assert_int_equal(look("10.0.0.1")->nh_type, NH_LOCAL);
	assert_int_equal(look("10.0.0.2")->nh_type, NH_CONNECTED);
	assert_int_equal(address("10.0.0.1/24", false), 0);
	assert_int_equal(look("10.0.0.1")->nh_type, NH_GATEWAY);
	assert_int_equal(look("10.0.0.2")->nh_type, NH_GATEWAY);
}

/* Random changes: NPREF prefixes 10.n.0.0/16 and 10.n.0.0/24. */
#define NPREF 24
#define NGW   6

/* Gateway + 1 of each; 0: no route.  By length: 16, 24. */
static unsigned wish[2][NPREF], shown[2][NPREF];

static void
random_change(struct rnd *rnd)
{
	unsigned l = (unsigned)rnd_below(rnd, 2);
	unsigned n = (unsigned)rnd_below(rnd, NPREF);
	struct prefix p = { .p_addr = addr_v4(0x0a000000 | n << 16),
		.p_len = (uint8_t)(l == 0 ? 16 : 24) };
	struct nhop nh;

	role_enter(&on_ctl);
	if (wish[l][n] != 0) {
		nh = gateway(wish[l][n]);
		assert_int_equal(
		    route_delete(sp->sp_ctl, 0, &p, RP_STATIC, &nh), 0);
		wish[l][n] = 0;
	} else {
		wish[l][n] = 1 + (unsigned)rnd_below(rnd, NGW);
		nh = gateway(wish[l][n]);
		assert_int_equal(
		    route_add(sp->sp_ctl, 0, &p, RP_STATIC, 0, &nh), 0);
	}
}

static void
check_one(uint32_t addr, unsigned want)
{
	const struct nhop *nh =
	    nhop_lookup(sp, fib4_lookup(sp->sp_rt[0].rt_fib4, addr));

	assert_int_equal(nh->nh_type, want != 0 ? NH_GATEWAY : NH_NONE);
	if (want != 0)
		assert_true(nh->nh_gw.a_v4 == 0x0a000000 + want);
}

static void
check_shown(void)
{
	unsigned n;

	for (n = 0; n < NPREF; n++) {
		uint32_t net = 0x0a000000 | n << 16;

		check_one(net + 256, shown[0][n]);
		check_one(net + 7,
		    shown[1][n] != 0 ? shown[1][n] : shown[0][n]);
	}
}

static void
random_changes(void **state)
{
	struct rnd rnd;
	unsigned i;

	role_enter(&on_ctl);
	memset(wish, 0, sizeof(wish));
	memset(shown, 0, sizeof(shown));
	rnd_seed(&rnd, 5);
	qsbr_wake(&sp->sp_qsbr, 0);
	for (i = 0; i < 3000; i++) {
		switch (rnd_below(&rnd, 8)) {
		case 0:
			publish();
			memcpy(shown, wish, sizeof(shown));
			break;
		case 1:
			qsbr_checkpoint(&sp->sp_qsbr, 0);
			break;
		case 2:
			(void)ctl_round(sp->sp_ctl);
			break;
		default:
			random_change(&rnd);
			break;
		}
		check_shown();
	}
	/* Few of them: numbers are used again. */
	assert_true(sp->sp_nhops->nt_size <= 64);
	qsbr_sleep(&sp->sp_qsbr, 0);
}

static void
leak(unsigned rtable, const char *text, enum rib_proto proto, unsigned into)
{
	struct nhop nh = { .nh_type = NH_TABLE, .nh_table = (uint8_t)into };
	struct prefix p = prefix(text);

	role_enter(&on_ctl);
	assert_int_equal(
	    route_add(sp->sp_ctl, rtable, &p, proto, 0, &nh), 0);
}

/* What stood in it by hand goes with it, and what led there. */
static void
table_goes(void **state)
{
	struct nhop hole = { .nh_type = NH_BLACKHOLE };
	struct prefix p = prefix("10.3.0.0/16");
	unsigned i;

	(void)state;
	role_enter(&on_ctl);
	assert_int_equal(
	    route_add(sp->sp_ctl, 2, &p, RP_RUNTIME, 0, &hole), 0);
	assert_int_equal(route_add(sp->sp_ctl, 3, &p, RP_RUNTIME, 0, &hole), 0);
	leak(0, "10.1.0.0/16", RP_RUNTIME, 2);
	leak(0, "10.2.0.0/16", RP_RUNTIME, 3);
	leak(3, "fd00::/16", RP_RUNTIME, 2);
	leak(3, "fd01::/16", RP_STATIC, 2);
	leak(2, "::/0", RP_RUNTIME, 3);
	leak(2, "0.0.0.0/0", RP_STATIC, 3);
	route_flush_table(sp->sp_ctl, 2);
	for (i = 0; i < RT_MAX; i++) {
		size_t four[] = { 1, 0, 1, 1 }, six[] = { 0, 0, 0, 1 };

		assert_int_equal(rib_count(sp->sp_rt[i].rt_rib, 4),
		    i < countof(four) ? four[i] : 0);
		assert_int_equal(rib_count(sp->sp_rt[i].rt_rib, 6),
		    i < countof(six) ? six[i] : 0);
	}
	p = prefix("fd01::/16");
	assert_true(route_has(sp->sp_ctl, 3, &p, RP_STATIC));
	p = prefix("10.2.0.0/16");
	assert_true(route_has(sp->sp_ctl, 0, &p, RP_RUNTIME));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(equal_are_one),
		T(table_grows),
		T(seen_when_published),
		T(default_routes),
		T(number_rests_until_grace),
		T(number_comes_back),
		T(routes_of_an_address),
		T(addresses_share),
		T(protocols_in_order),
		T(table_goes),
		T(random_changes),
	};
#undef T

	return cmocka_run_group_tests_name("route/route", tests, NULL, NULL);
}
