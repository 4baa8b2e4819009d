/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hop limit and MTU of IPv6 packets that pass through.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b; /* its MTU is 1280 */
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "2001:db8:a::1/64");
	w->b = fixture_if(&w->fx, "b", 1280, "2001:db8:b::1/64");
}

static const struct fx_packet transit = { .fp_src = "2001:db8:a::9",
	.fp_dst = "2001:db8:b::9",
	.fp_proto = IPP_UDP,
	.fp_len = 100 };

static void
test_hlim(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;
	unsigned hlim;

	world_init(&w);
	for (hlim = 2; hlim <= 255; hlim++) {
		fp.fp_ttl = hlim;
		fixture_input(&w.fx, w.a, &fp);
		p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
		assert_int_equal(p[7], hlim - 1);
		fixture_clear(&w.fx);
	}
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_forward), 254);
	fp.fp_ttl = 1;
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[40], ICMP6_TIMEX);
	assert_true(in6_eq(in6_load(p + 8), fx_v6("2001:db8:a::1")));
	assert_int_equal(p[48 + 7], 1);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_ttl), 1);
	fixture_fini(&w.fx);
}

/* RFC 4443, 3.2. */
static void
test_mtu(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fp.fp_len = 1240;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 1280);
	fixture_clear(&w.fx);
	fp.fp_len = 1241;
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[40], ICMP6_TOOBIG);
	assert_int_equal(ld32be(p + 44), 1280);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_mtu), 1);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_toobig), 1);
	fixture_fini(&w.fx);
}

/* Data that others read is copied before the hop limit goes down. */
static void
test_shared(void **state)
{
	struct world w;
	struct mbuf *m, *clone;

	world_init(&w);
	m = fixture_packet(&w.fx, w.a, &transit);
	assert_non_null(clone = m_clone(w.fx.fx_c, m));
	fixture_run(&w.fx, ST_IP6, clone);
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_data[7], 63);
	assert_int_equal(m->m_data[7], 64);
	m_free(w.fx.fx_c, m);
	fixture_fini(&w.fx);
}

/* A TCP segment of n bytes of payload, to be cut into gsosize each. */
static struct mbuf *
large(struct world *w, unsigned n, unsigned gsosize)
{
	static uint8_t tcp[65000];
	struct fx_packet fp = transit;
	struct mbuf *m;

	memset(tcp, 0, sizeof(tcp));
	tcp[12] = 8 << 4; /* header of 32 */
	fp.fp_proto = IPP_TCP;
	fp.fp_payload = tcp;
	fp.fp_len = 32 + n;
	m = fixture_packet(&w->fx, w->a, &fp);
	m->m_flags |= MF_CSUM_PARTIAL;
	m->m_l4off = IP6_HLEN;
	m->m_csumoff = 16;
	m->m_gso = GSO_TCP6;
	m->m_gsosize = (uint16_t)gsosize;
	return m;
}

/* It is the segments that must fit: 40 + 32 + 1208 is 1280. */
static void
test_gso(void **state)
{
	struct world w;
	const uint8_t *p;

	world_init(&w);
	fixture_run(&w.fx, ST_IP6, large(&w, 40000, 1208));
	assert_int_equal(fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 40072);
	fixture_clear(&w.fx);
	fixture_run(&w.fx, ST_IP6, large(&w, 40000, 1209));
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[40], ICMP6_TOOBIG);
	assert_int_equal(ld32be(p + 44), 1280);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hlim),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_gso),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
