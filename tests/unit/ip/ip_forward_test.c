/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TTL, checksum and MTU of IPv4 packets that pass through.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b; /* its MTU is 1280 */
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
	w->b = fixture_if(&w->fx, "b", 1280, "192.0.2.1/24");
}

static const struct fx_packet transit = { .fp_src = "10.0.0.9",
	.fp_dst = "192.0.2.9",
	.fp_proto = IPP_UDP,
	.fp_len = 100 };

/* RFC 1624: at every TTL the checksum is that of the whole header. */
static void
test_ttl(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;
	unsigned ttl;

	world_init(&w);
	for (ttl = 2; ttl <= 255; ttl++) {
		fp.fp_ttl = ttl;
		fp.fp_id = ttl * 257;
		fixture_input(&w.fx, w.a, &fp);
		p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
		assert_int_equal(p[8], ttl - 1);
		assert_int_equal(in_cksum(p, IP_HLEN), 0);
		fixture_clear(&w.fx);
	}
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_forward), 254);
	fixture_fini(&w.fx);
}

/* RFC 1812, 5.3.1; the quoted header is the one that arrived. */
static void
test_ttl_expired(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fp.fp_ttl = 1;
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[20], ICMP_TIMEX);
	assert_int_equal(ld32be(p + 12), fx_v4("10.0.0.1"));
	assert_int_equal(ld32be(p + 16), fx_v4("10.0.0.9"));
	assert_int_equal(p[28 + 8], 1);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_ttl), 1);
	fixture_fini(&w.fx);
}

/* RFC 1191, 4: the MTU of the next hop is told. */
static void
test_mtu_df(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fp.fp_off = IP_DF;
	fp.fp_len = 1260;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 1280);
	fixture_clear(&w.fx);
	fp.fp_len = 1261;
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[20], ICMP_UNREACH);
	assert_int_equal(p[21], ICMP_UNREACH_NEEDFRAG);
	assert_int_equal(ld32be(p + 24), 1280);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_mtu), 1);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP, ics_needfrag), 1);
	fixture_fini(&w.fx);
}

static void
test_fragment(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	unsigned i;

	world_init(&w);
	fp.fp_len = 3000;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(w.fx.fx_stage[i], ST_RESOLVE);
		assert_true(w.fx.fx_m[i]->m_pktlen <= 1280);
		assert_int_equal(w.fx.fx_m[i]->m_data[8], 63);
	}
	fixture_fini(&w.fx);
}

/* Data that others read is copied before the TTL goes down. */
static void
test_shared(void **state)
{
	struct world w;
	struct mbuf *m, *clone;

	world_init(&w);
	m = fixture_packet(&w.fx, w.a, &transit);
	assert_non_null(clone = m_clone(w.fx.fx_c, m));
	fixture_run(&w.fx, ST_IP, clone);
	assert_int_equal(
	    fixture_caught(&w.fx, ST_RESOLVE)->m_data[8], 63);
	assert_int_equal(m->m_data[8], 64);
	m_free(w.fx.fx_c, m);
	fixture_fini(&w.fx);
}

/* A TCP segment of n bytes of payload, to be cut into gsosize each. */
static struct mbuf *
large(struct world *w, unsigned n, unsigned gsosize, unsigned off)
{
	static uint8_t tcp[65000];
	struct fx_packet fp = transit;
	struct mbuf *m;

	memset(tcp, 0, sizeof(tcp));
	tcp[12] = 8 << 4; /* header of 32 */
	fp.fp_proto = IPP_TCP;
	fp.fp_payload = tcp;
	fp.fp_len = 32 + n;
	fp.fp_off = off;
	m = fixture_packet(&w->fx, w->a, &fp);
	m->m_flags |= MF_CSUM_PARTIAL;
	m->m_l4off = IP_HLEN;
	m->m_csumoff = 16;
	m->m_gso = GSO_TCP4;
	m->m_gsosize = (uint16_t)gsosize;
	return m;
}

/* It is the segments that must fit: 20 + 32 + 1228 is 1280. */
static void
test_gso(void **state)
{
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fixture_run(&w.fx, ST_IP, large(&w, 40000, 1228, IP_DF));
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 40052);
	fixture_clear(&w.fx);
	fixture_run(&w.fx, ST_IP, large(&w, 40000, 1229, IP_DF));
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[21], ICMP_UNREACH_NEEDFRAG);
	assert_int_equal(ld32be(p + 24), 1280);
	fixture_clear(&w.fx);
	/* A single short segment is as long as it is. */
	fixture_run(&w.fx, ST_IP, large(&w, 1000, 1448, IP_DF));
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 1052);
	fixture_fini(&w.fx);
}

/* Without DF: segments, and each of those in fragments of its own. */
static void
test_gso_fragment(void **state)
{
	struct world w;
	unsigned i, mf = 0;

	world_init(&w);
	fixture_run(&w.fx, ST_IP, large(&w, 3000, 1448, 0));
	assert_int_equal(w.fx.fx_n, 2 + 2 + 1);
	for (i = 0; i < w.fx.fx_n; i++) {
		const uint8_t *p = w.fx.fx_m[i]->m_data;

		assert_true(w.fx.fx_m[i]->m_pktlen <= 1280);
		assert_int_equal(w.fx.fx_m[i]->m_gso, GSO_NONE);
		assert_int_equal(in_cksum(p, IP_HLEN), 0);
		mf += (ld16be(p + 6) & IP_MF) != 0;
	}
	assert_int_equal(mf, 2);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_segmented), 1);
	fixture_fini(&w.fx);
}

/* Without buffers packets are dropped, counted, and nothing leaks. */
static void
test_no_memory(void **state)
{
	struct fx_packet fp = transit;
	struct mbuf *list = NULL, *m;
	struct world w;

	world_init(&w);
	fp.fp_len = 3000;
	m = fixture_packet(&w.fx, w.a, &fp);
	for (;;) {
		struct mbuf *hog = m_alloc(w.fx.fx_c);

		if (hog == NULL)
			break;
		hog->m_nextpkt = list;
		list = hog;
	}
	fixture_run(&w.fx, ST_IP, m);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_nobuf), 1);
	for (; list != NULL; list = m) {
		m = list->m_nextpkt;
		m_free(w.fx.fx_c, list);
	}
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_ttl_expired),
		cmocka_unit_test(test_mtu_df),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_gso),
		cmocka_unit_test(test_gso_fragment),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
