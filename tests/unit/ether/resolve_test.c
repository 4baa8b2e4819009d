/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From next hops to Ethernet headers: gateways, neighbours, groups, what is
 * held and what is dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"
#include "ether/ether.h"
#include "route/nhop.h"

static const uint8_t mac1[6] = { 2, 0, 0, 0, 1, 1 };

static void
deaf(struct endpoint *ep, struct msg *msg)
{
	msg_done(ep, msg);
}

static const struct neigh_proto fake = { .np_solicit = deaf };

static void
setup(struct bed *b)
{
	struct addr v4 = bed_addr("10.0.0.2"), v6 = bed_addr("fd00::2");

	bed_create(b, 1, &fake, &fake);
	role_enter(&on_ctl);
	assert_int_equal(route_ctl_init(b->ctl), 0);
	assert_int_equal(neigh_add(b->ctl, b->ifp, &v4, mac1), 0);
	assert_int_equal(neigh_add(b->ctl, b->ifp, &v6, mac1), 0);
}

static void
teardown(struct bed *b)
{
	bed_balance(b);
	role_enter(&on_ctl);
	route_ctl_fini(b->ctl);
	bed_destroy(b);
}

static uint32_t
nexthop(struct bed *b, enum nhop_type type, const char *gw)
{
	struct nhop nh = { .nh_type = (uint8_t)type,
		.nh_ifindex = b->ifp->if_index,
		.nh_mtu = 1500 };
	uint32_t index;

	role_enter(&on_ctl);
	if (gw != NULL)
		nh.nh_gw = bed_addr(gw);
	assert_int_equal(nhop_get(b->ctl, &nh, &index), 0);
	return index;
}

static struct mbuf *
packet(struct bed *b, const char *dst, uint32_t nh)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct addr to = bed_addr(dst);
	uint8_t ip[40] = { 0x45 };
	struct mbuf *m;

	if (to.a_family == ADDR_V4) {
		st32be(ip + 16, to.a_v4);
	} else {
		ip[0] = 0x60;
		in6_store(ip + 24, to.a_v6);
	}
	m = bed_packet(b, c, ip, sizeof(ip));
	m->m_nh = nh;
	return m;
}

static void
resolve(struct bed *b, struct mbuf *m)
{
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1, .mv_m = { m } };

	neigh_resolve(c, &mv);
}

static const struct {
	const char *name;
	const char *gw; /* NULL: connected */
	const char *dst;
	uint8_t mac[6];
	unsigned type;
} good[] = {
	{ "neighbour", NULL, "10.0.0.2", { 2, 0, 0, 0, 1, 1 }, 0x0800 },
	{ "gateway", "10.0.0.2", "192.0.2.1", { 2, 0, 0, 0, 1, 1 }, 0x0800 },
	{ "group", NULL, "224.0.0.5", { 1, 0, 0x5e, 0, 0, 5 }, 0x0800 },
	{ "group, 23 bits", NULL, "239.255.1.2", { 1, 0, 0x5e, 0x7f, 1, 2 },
	    0x0800 },
	{ "all ones", NULL, "255.255.255.255",
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 0x0800 },
	{ "neighbour 6", NULL, "fd00::2", { 2, 0, 0, 0, 1, 1 }, 0x86dd },
	{ "gateway 6", "fd00::2", "2001:db8::1", { 2, 0, 0, 0, 1, 1 }, 0x86dd },
	{ "group 6", NULL, "ff02::1:ff01:203",
	    { 0x33, 0x33, 0xff, 1, 2, 3 }, 0x86dd },
};

static void
test_good(void **state)
{
	struct mvec mv = { .mv_n = 1 };
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b);
	for (i = 0; i < countof(good); i++) {
		struct cpu *c = host_cpu(b.sp, 0);
		enum nhop_type type =
		    good[i].gw != NULL ? NH_GATEWAY : NH_CONNECTED;

		resolve(&b,
		    packet(&b, good[i].dst, nexthop(&b, type, good[i].gw)));
		mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
		assert_int_equal(mv.mv_m[0]->m_oif, b.ifp->if_index);
		assert_int_equal(mv.mv_m[0]->m_pktlen, 54);
		if (memcmp(mv.mv_m[0]->m_data, good[i].mac, 6) != 0)
			fail_msg("%s: wrong MAC", good[i].name);
		assert_memory_equal(mv.mv_m[0]->m_data + 6, bed_mac, 6);
		assert_int_equal(
		    ld16be(mv.mv_m[0]->m_data + 12), good[i].type);
		mv.mv_n = 1;
		bed_free(c, &mv);
	}
	teardown(&b);
}

static void
test_broadcast(void **state)
{
	struct mvec mv = { .mv_n = 1 };
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	resolve(&b,
	    packet(&b, "10.0.0.255", nexthop(&b, NH_BROADCAST, NULL)));
	mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
	assert_true(mac_is_broadcast(mv.mv_m[0]->m_data));
	bed_free(c, &mv);
	teardown(&b);
}

/* A vector in which flows alternate: each gets its own header, in order. */
static void
test_mixed(void **state)
{
	static const char *const dst[] = { "10.0.0.2", "10.0.0.2", "224.0.0.1",
		"fd00::2", "192.0.2.1", "10.0.0.2", "ff02::1", "192.0.2.1" };
	struct mvec mv = { .mv_n = 0 };
	uint32_t conn, gw;
	struct cpu *c;
	struct bed b;
	unsigned i;

	(void)state;
	setup(&b);
	conn = nexthop(&b, NH_CONNECTED, NULL);
	gw = nexthop(&b, NH_GATEWAY, "10.0.0.2");
	c = host_cpu(b.sp, 0);
	for (i = 0; i < countof(dst); i++)
		mv.mv_m[mv.mv_n++] = packet(&b, dst[i],
		    dst[i][0] == '1' && dst[i][1] == '9' ? gw : conn);
	neigh_resolve(c, &mv);
	bed_take(c, ST_ETHEROUT, &mv);
	assert_int_equal(mv.mv_n, countof(dst));
	for (i = 0; i < countof(dst); i++) {
		const uint8_t *p = mv.mv_m[i]->m_data;
		bool group = mac_is_group(p);

		assert_int_equal(group, i == 2 || i == 6);
		assert_int_equal(ld16be(p + 12),
		    i == 3 || i == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	}
	bed_free(c, &mv);
	teardown(&b);
}

static void
test_held(void **state)
{
	struct mvec mv;
	struct addr a = bed_addr("10.0.0.3");
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	resolve(&b, packet(&b, "10.0.0.3", nexthop(&b, NH_CONNECTED, NULL)));
	resolve(&b,
	    packet(&b, "192.0.2.1", nexthop(&b, NH_GATEWAY, "10.0.0.3")));
	assert_int_equal(neigh_held(c), 2);
	bed_run(&b, NS_MS);
	role_enter(&on_ctl);
	assert_int_equal(neigh_add(b.ctl, b.ifp, &a, mac1), 0);
	bed_run(&b, NS_MS);
	bed_take(c, ST_RESOLVE, &mv);
	assert_int_equal(mv.mv_n, 2);
	curcpu = c;
	neigh_resolve(c, &mv);
	bed_take(c, ST_ETHEROUT, &mv);
	assert_int_equal(mv.mv_n, 2);
	assert_memory_equal(mv.mv_m[1]->m_data, mac1, 6);
	bed_free(c, &mv);
	teardown(&b);
}

/* Link-local destinations come with an interface instead of a next hop. */
static void
test_oif(void **state)
{
	struct mvec mv = { .mv_n = 1 };
	struct mbuf *m;
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	m = packet(&b, "fd00::2", 0);
	m->m_oif = b.ifp->if_index;
	resolve(&b, m);
	mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
	assert_memory_equal(mv.mv_m[0]->m_data, mac1, 6);
	bed_free(c, &mv);
	m = packet(&b, "fd00::2", 0);
	m->m_oif = 0;
	resolve(&b, m);
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_noif), 1);
	teardown(&b);
}

static void
test_drops(void **state)
{
	uint32_t conn, gw6;
	struct bed b;

	(void)state;
	setup(&b);
	conn = nexthop(&b, NH_CONNECTED, NULL);
	gw6 = nexthop(&b, NH_GATEWAY, "fd00::2");
	resolve(&b, packet(&b, "10.0.0.2", gw6));
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_family), 1);
	resolve(&b, packet(&b, "10.0.0.2", 9999));
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_nonh), 1);
	role_enter(&on_ctl);
	if_set_up(b.ctl, b.ifp, false);
	resolve(&b, packet(&b, "10.0.0.2", conn));
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_down), 1);
	neigh_flush(b.ctl, b.ifp->if_index);
	host_detach(b.sp, b.ifp);
	{
		struct mbuf *m;
		struct cpu *c = host_cpu(b.sp, 0);
		uint8_t ip[20] = { 0x45 };

		m = m_from_bytes(c, ip, sizeof(ip));
		stat_add(c, SG_PATH, pks_originated, 1);
		m->m_nh = conn;
		resolve(&b, m);
	}
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_noif), 1);
	teardown(&b);
}

/* Data that others read is not written into: the packet is copied. */
static void
test_shared(void **state)
{
	struct mvec mv = { .mv_n = 1 };
	struct mbuf *m, *clone;
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	m = packet(&b, "10.0.0.2", nexthop(&b, NH_CONNECTED, NULL));
	clone = m_clone(c, m);
	assert_non_null(clone);
	stat_add(c, SG_PATH, pks_copied, 1);
	resolve(&b, clone);
	mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
	assert_ptr_not_equal(mv.mv_m[0]->m_head, m->m_head);
	assert_memory_equal(mv.mv_m[0]->m_data, mac1, 6);
	assert_memory_equal(mv.mv_m[0]->m_data + 14, m->m_data, 40);
	bed_free(c, &mv);
	mv.mv_n = 1;
	mv.mv_m[0] = m;
	bed_free(c, &mv);
	teardown(&b);
}

static void
test_no_link_layer(void **state)
{
	struct mvec mv = { .mv_n = 1 };
	struct cpu *c;
	struct bed b;

	(void)state;
	setup(&b);
	c = host_cpu(b.sp, 0);
	b.ifp->if_caps |= IFCAP_LOOPBACK;
	resolve(&b, packet(&b, "10.0.0.9", nexthop(&b, NH_CONNECTED, NULL)));
	mv.mv_m[0] = bed_only(c, ST_ETHEROUT);
	assert_int_equal(mv.mv_m[0]->m_pktlen, 40);
	assert_int_equal(mv.mv_m[0]->m_oif, b.ifp->if_index);
	bed_free(c, &mv);
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_oif),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_no_link_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
