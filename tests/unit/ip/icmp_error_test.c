/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors: what they say, how long they are, from where, and when there
 * is none (RFC 1122, 3.2.2; RFC 1812, 4.3.2).
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_limit.h"
#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
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
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
	w->b = fixture_if(&w->fx, "b", 1500, "192.0.2.1/24");
	fixture_route(
	    &w->fx, "198.51.100.0/24", NH_GATEWAY, w->b, "192.0.2.254");
}

/* RFC 1812, 4.3.2.3: as much as fits in 576 bytes. */
static void
test_quote(void **state)
{
	static const unsigned lens[] = { 0, 1, 8, 527, 528, 529, 5000 };
	uint8_t payload[5000], packet[5100];
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "172.16.0.1",
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
		n = umin(fx_build(&fp, packet), 576 - 28);
		fixture_input(&w.fx, w.a, &fp);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(m->m_pktlen, 28 + n);
		assert_memory_equal(m->m_data + 28, packet, n);
		assert_int_equal(in_cksum(m->m_data, IP_HLEN), 0);
		assert_int_equal(in_cksum(m->m_data + 20, 8 + n), 0);
		assert_int_equal(m->m_data[1], 0xc0); /* 4.3.2.5 */
		assert_int_equal(ld32be(m->m_data + 24), 0);
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

/*
 * RFC 1812, 4.3.2.4: the address of the interface the error leaves by; that
 * it was sent to if it is ours.
 */
static void
test_source(void **state)
{
	struct fx_packet fp = { .fp_src = "198.51.100.9",
		.fp_dst = "172.16.0.1",
		.fp_proto = IPP_UDP };
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(ld32be(p + 12), fx_v4("192.0.2.1"));
	fixture_clear(&w.fx);
	fp.fp_dst = "10.0.0.1";
	fp.fp_proto = 132;
	fixture_input(&w.fx, w.b, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(ld32be(p + 12), fx_v4("10.0.0.1"));
	fixture_fini(&w.fx);
}

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	unsigned off;
	unsigned proto;
	uint8_t l4;
	unsigned flags;
	bool answered;
} unreachtab[] = {
	{ "plain", "10.0.0.9", "192.0.2.9", 0, IPP_UDP, 0, 0, true },
	{ "first fragment", "10.0.0.9", "192.0.2.9", IP_MF, IPP_UDP, 0, 0,
	    true },
	{ "echo request", "10.0.0.9", "192.0.2.9", 0, IPP_ICMP, 8, 0, true },
	{ "from ourselves", "10.0.0.1", "192.0.2.9", 0, IPP_UDP, 0, 0,
	    false },
	{ "later fragment", "10.0.0.9", "192.0.2.9", 5, IPP_UDP, 0, 0,
	    false },
	{ "ICMP error", "10.0.0.9", "192.0.2.9", 0, IPP_ICMP, 3, 0, false },
	{ "from a net", "10.0.0.255", "192.0.2.9", 0, IPP_UDP, 0, 0, false },
	{ "to a net", "10.0.0.9", "192.0.2.255", 0, IPP_UDP, 0, 0, false },
	{ "from loopback", "127.0.0.1", "192.0.2.9", 0, IPP_UDP, 0, 0, false },
	{ "from nobody", "0.0.0.0", "192.0.2.9", 0, IPP_UDP, 0, 0, false },
	{ "from a group", "224.0.0.9", "192.0.2.9", 0, IPP_UDP, 0, 0, false },
	{ "to a group", "10.0.0.9", "224.0.0.9", 0, IPP_UDP, 0, 0, false },
	{ "link broadcast", "10.0.0.9", "192.0.2.9", 0, IPP_UDP, 0, MF_BCAST,
	    false },
	{ "link multicast", "10.0.0.9", "192.0.2.9", 0, IPP_UDP, 0, MF_MCAST,
	    false },
	{ "nowhere to answer to", "172.16.0.1", "192.0.2.9", 0, IPP_UDP, 0, 0,
	    false },
};

/* A neighbour that does not answer; every rule of who is told. */
static void
test_unreach(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(unreachtab); i++) {
		const struct fx_packet fp = { .fp_src = unreachtab[i].src,
			.fp_dst = unreachtab[i].dst,
			.fp_off = unreachtab[i].off,
			.fp_proto = unreachtab[i].proto,
			.fp_payload = &unreachtab[i].l4,
			.fp_len = 1 };
		struct mbuf *m = fixture_packet(&w.fx, w.a, &fp);

		m->m_flags |= (uint16_t)unreachtab[i].flags;
		fixture_run(&w.fx, ST_UNREACH, m);
		if (w.fx.fx_n != unreachtab[i].answered)
			fail_msg("%s", unreachtab[i].name);
		if (w.fx.fx_n == 1)
			assert_int_equal(ld16be(w.fx.fx_m[0]->m_data + 20),
			    ICMP_UNREACH << 8 | ICMP_UNREACH_HOST);
		fixture_clear(&w.fx);
	}
	assert_int_equal(
	    fixture_stat(&w.fx, SG_IP, ips_noneigh), countof(unreachtab));
	fixture_fini(&w.fx);
}

/* RFC 1812, 4.3.2.8. */
static void
test_limit(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "172.16.0.1",
		.fp_proto = IPP_UDP };
	struct world w;
	unsigned i;

	world_init(&w);
	atomic_store(&w.fx.fx_sp->sp_sysctl.icmp_limit, 10);
	for (i = 0; i < 50; i++)
		fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 10);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP, ics_limited), 40);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP, ics_unreach), 10);
	fixture_clear(&w.fx);
	w.fx.fx_now += NS_S / 2;
	for (i = 0; i < 50; i++)
		fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 5);
	fixture_clear(&w.fx);
	atomic_store(&w.fx.fx_sp->sp_sysctl.icmp_limit, 0);
	w.fx.fx_now += 10 * NS_S;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_noroute), 101);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_unreach),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
