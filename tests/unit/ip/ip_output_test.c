/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets that originate here: source, way, size.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/ip.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
	struct ifnet *bare; /* has no address */
};

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	w->a = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	fixture_addr(fx, w->a, "10.1.0.1/24", 0);
	w->b = fixture_if(fx, "b", 1500, "192.0.2.1/24");
	w->bare = fixture_if(fx, "bare", 1500, NULL);
	fixture_route(fx, "198.51.100.0/24", NH_GATEWAY, w->a, "10.1.0.254");
	fixture_route(fx, "172.16.0.0/16", NH_CONNECTED, w->bare, NULL);
	fixture_route(fx, "203.0.113.0/24", NH_BLACKHOLE, NULL, NULL);
}

static const struct {
	const char *dst;
	const char *src; /* NULL: cannot be sent */
} sourcetab[] = { /* RFC 1122, 3.3.4.3 */
	{ "10.0.0.9", "10.0.0.1" },
	{ "10.1.0.9", "10.1.0.1" },
	{ "192.0.2.9", "192.0.2.1" },
	{ "198.51.100.9", "10.1.0.1" }, /* that of the gateway's network */
	{ "172.16.0.9", "10.0.0.1" }, /* borrowed: RFC 1812, 2.2.7 */
	{ "10.0.0.1", "10.0.0.1" },
	{ "127.0.0.1", "127.0.0.1" },
	{ "203.0.113.9", NULL },
	{ "8.8.8.8", NULL },
	{ "224.0.0.1", NULL },
	{ "255.255.255.255", NULL },
};

static void
test_source(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(sourcetab); i++) {
		uint32_t src = 0;
		bool ok = ip_source(
		    w.fx.fx_sp, 0, fx_v4(sourcetab[i].dst), &src);

		assert_int_equal(ok, sourcetab[i].src != NULL);
		if (ok)
			assert_int_equal(src, fx_v4(sourcetab[i].src));
	}
	fixture_fini(&w.fx);
}

static void
test_send(void **state)
{
	const struct fx_packet fp = { .fp_src = "0.0.0.0",
		.fp_dst = "198.51.100.9",
		.fp_len = 8 };
	struct world w;
	struct mbuf *m;

	world_init(&w);
	fixture_run(&w.fx, ST_IPOUT, fixture_packet(&w.fx, NULL, &fp));
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(ld32be(m->m_data + 12), fx_v4("10.1.0.1"));
	assert_int_equal(in_cksum(m->m_data, IP_HLEN), 0);
	assert_int_equal(m->m_flags & MF_LOCAL, 0);
	assert_int_equal(
	    nhop_lookup(w.fx.fx_sp, m->m_nh)->nh_type, NH_GATEWAY);
	fixture_fini(&w.fx);
}

static void
test_no_way(void **state)
{
	static const char *const dst[] = { "8.8.8.8", "203.0.113.1",
		"224.0.0.1" };
	struct fx_packet fp = { .fp_src = "0.0.0.0", .fp_len = 8 };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dst); i++) {
		fp.fp_dst = dst[i];
		fixture_run(
		    &w.fx, ST_IPOUT, fixture_packet(&w.fx, NULL, &fp));
	}
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_noroute), 2);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_blackhole), 1);
	fixture_fini(&w.fx);
}

/* No address anywhere. */
static void
test_no_source(void **state)
{
	const struct fx_packet fp = { .fp_src = "0.0.0.0",
		.fp_dst = "172.16.0.9" };
	struct fixture fx;
	struct ifnet *ifp;

	fixture_init(&fx);
	ifp = fixture_if(&fx, "a", 1500, NULL);
	fixture_route(&fx, "172.16.0.0/16", NH_CONNECTED, ifp, NULL);
	fixture_run(&fx, ST_IPOUT, fixture_packet(&fx, NULL, &fp));
	assert_int_equal(fixture_stat(&fx, SG_IP, ips_nosrc), 1);
	fixture_fini(&fx);
}

/* A host that pings itself needs no wire.  The reply is all zeros. */
static void
test_loopback(void **state)
{
	static const char *const dst[] = { "10.0.0.1", "192.0.2.1",
		"127.0.0.1", "127.8.9.10" };
	static const uint8_t echo[8] = { 8, 0, 0xf7, 0xff };
	struct fx_packet fp = { .fp_src = "0.0.0.0",
		.fp_proto = IPP_ICMP,
		.fp_payload = echo,
		.fp_len = 8 };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dst); i++) {
		fp.fp_dst = dst[i];
		fixture_run(
		    &w.fx, ST_IPOUT, fixture_packet(&w.fx, NULL, &fp));
		assert_int_equal(w.fx.fx_n, 0);
		assert_int_equal(
		    fixture_stat(&w.fx, SG_ICMP, ics_echo), i + 1);
		assert_int_equal(
		    fixture_stat(&w.fx, SG_ICMP, ics_echoreply), i + 1);
	}
	fixture_fini(&w.fx);
}

/* What is too big is cut, or its sender, this host, is told. */
static void
test_mtu(void **state)
{
	struct fx_packet fp = { .fp_src = "10.0.0.1",
		.fp_dst = "10.0.0.9",
		.fp_len = 2000 };
	struct world w;

	world_init(&w);
	fixture_run(&w.fx, ST_IPOUT, fixture_packet(&w.fx, NULL, &fp));
	assert_int_equal(w.fx.fx_n, 2);
	fixture_clear(&w.fx);
	fp.fp_off = IP_DF;
	fixture_run(&w.fx, ST_IPOUT, fixture_packet(&w.fx, NULL, &fp));
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_mtu), 1);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP, ics_errin), 1);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_no_way),
		cmocka_unit_test(test_no_source),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
