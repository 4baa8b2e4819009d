/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 packets that originate here: source, way, fragments.
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/ip6.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"

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
	w->a = fixture_if(fx, "a", 1500, "fd00:a::1/64");
	fixture_addr(fx, w->a, "2001:db8:a::1/64", 0);
	fixture_addr(fx, w->a, "2001:db8:a::dad/64", IFA_TENTATIVE);
	fixture_addr(fx, w->a, "2001:db8:a::2bad/64", IFA_DUPLICATE);
	fixture_addr(fx, w->a, "fe80::a/64", 0);
	w->b = fixture_if(fx, "b", 1280, "2001:db8:b::1/64");
	w->bare = fixture_if(fx, "bare", 1500, NULL);
	fixture_route(fx, "2001:db8:c::/48", NH_GATEWAY, w->a, "fe80::fe");
	fixture_route(fx, "fd00:c::/48", NH_GATEWAY, w->a, "fe80::fe");
	fixture_route(fx, "2001:db8:d::/48", NH_CONNECTED, w->bare, NULL);
	fixture_route(fx, "2001:db8:e::/48", NH_BLACKHOLE, NULL, NULL);
}

static const struct {
	const char *dst;
	unsigned link; /* 1: a, 2: b, 3: bare */
	const char *src; /* NULL: cannot be sent */
} sourcetab[] = { /* RFC 6724, 5 */
	{ "2001:db8:a::9", 0, "2001:db8:a::1" },
	{ "2001:db8:a::dac", 0, "2001:db8:a::1" }, /* not the tentative */
	{ "2001:db8:b::9", 0, "2001:db8:b::1" }, /* rule 5 */
	{ "2001:db8:c::9", 0, "2001:db8:a::1" }, /* rule 8 */
	{ "fd00:c::9", 0, "fd00:a::1" }, /* rule 8 */
	{ "2001:db8:d::9", 0, "2001:db8:a::1" }, /* borrowed */
	{ "fe80::9", 1, "fe80::a" }, /* rule 2 */
	{ "fe80::9", 2, "2001:db8:b::1" }, /* has no other */
	{ "fe80::9", 3, NULL },
	{ "fe80::9", 0, NULL },
	{ "ff02::1", 1, "fe80::a" },
	{ "ff0e::1", 1, "2001:db8:a::1" }, /* rule 6 */
	{ "fe80::a", 1, "fe80::a" },
	{ "2001:db8:a::1", 0, "2001:db8:a::1" },
	{ "::1", 0, "::1" },
	{ "2001:db8:e::9", 0, NULL },
	{ "2001:db8:f::9", 0, NULL },
};

static void
test_source(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(sourcetab); i++) {
		unsigned link = sourcetab[i].link;
		struct in6 src = { 0, 0 };
		bool ok;

		ok = ip6_source(w.fx.fx_sp, 0, link, fx_v6(sourcetab[i].dst),
		    &src);
		if (ok != (sourcetab[i].src != NULL) ||
		    (ok && !in6_eq(src, fx_v6(sourcetab[i].src))))
			fail_msg("%s on %u", sourcetab[i].dst, link);
	}
	fixture_fini(&w.fx);
}

static void
test_mtu(void **state)
{
	struct world w;

	world_init(&w);
	assert_int_equal(
	    ip6_mtu(w.fx.fx_sp, 0, 0, fx_v6("2001:db8:a::9")), 1500);
	assert_int_equal(
	    ip6_mtu(w.fx.fx_sp, 0, 0, fx_v6("2001:db8:b::9")), 1280);
	assert_int_equal(ip6_mtu(w.fx.fx_sp, 0, 2, fx_v6("fe80::9")), 1280);
	assert_int_equal(
	    ip6_mtu(w.fx.fx_sp, 0, 0, fx_v6("::1")), IP6_LEN_MAX);
	fixture_fini(&w.fx);
}

static struct mbuf *
output(struct world *w, const char *dst, unsigned link, unsigned len)
{
	const struct fx_packet fp = { .fp_src = "2001:db8:a::1",
		.fp_dst = dst,
		.fp_proto = IPP_UDP,
		.fp_len = len };
	struct mbuf *m = fixture_packet(&w->fx, NULL, &fp);

	m->m_oif = (uint16_t)link;
	fixture_run(&w->fx, ST_IP6OUT, m);
	return m;
}

static void
test_way(void **state)
{
	struct world w;
	struct mbuf *m;

	world_init(&w);
	m = output(&w, "2001:db8:c::9", 0, 8);
	assert_ptr_equal(fixture_caught(&w.fx, ST_RESOLVE), m);
	assert_int_equal(m->m_flags & MF_LOCAL, 0);
	assert_int_equal(
	    nhop_lookup(w.fx.fx_sp, m->m_nh)->nh_type, NH_GATEWAY);
	fixture_clear(&w.fx);
	/* Link-local and groups: on the link they were given. */
	m = output(&w, "fe80::9", 2, 8);
	assert_ptr_equal(fixture_caught(&w.fx, ST_RESOLVE), m);
	assert_int_equal(m->m_nh, 0);
	assert_int_equal(m->m_oif, 2);
	fixture_clear(&w.fx);
	(void)output(&w, "ff02::1", 1, 8);
	assert_int_equal(w.fx.fx_n, 1);
	fixture_clear(&w.fx);
	(void)output(&w, "fe80::9", 0, 8);
	(void)output(&w, "fe80::9", 77, 8);
	(void)output(&w, "2001:db8:e::9", 0, 8);
	(void)output(&w, "2001:db8:f::9", 0, 8);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_noroute), 3);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_blackhole), 1);
	fixture_fini(&w.fx);
}

static const struct {
	unsigned len;
	unsigned chain;
	unsigned n;
} cuttab[] = {
	{ 1240, 0, 1 },
	{ 1241, 0, 2 },
	{ 2464, 0, 2 }, /* 2 * 1232, the most in 1280 - 48 */
	{ 2465, 0, 3 },
	{ 9000, 0, 8 },
	{ 9000, 333, 8 },
	{ 65000, 0, 53 },
};

/* RFC 8200, 4.5: put together again it is what it was. */
static void
test_fragments(void **state)
{
	uint8_t *from = malloc(65536), *to = malloc(65536);
	struct world w;
	unsigned i, k, at;

	for (i = 0; i < 65536; i++)
		from[i] = (uint8_t)(i * 7 + (i >> 8));
	world_init(&w);
	for (i = 0; i < countof(cuttab); i++) {
		const struct fx_packet fp = { .fp_src = "2001:db8:b::1",
			.fp_dst = "2001:db8:b::9",
			.fp_proto = IPP_UDP,
			.fp_payload = from,
			.fp_len = cuttab[i].len,
			.fp_chain = cuttab[i].chain };
		uint32_t id = 0;

		fixture_run(
		    &w.fx, ST_IP6OUT, fixture_packet(&w.fx, NULL, &fp));
		assert_int_equal(w.fx.fx_n, cuttab[i].n);
		for (k = at = 0; cuttab[i].n > 1 && k < w.fx.fx_n; k++) {
			struct mbuf *m = w.fx.fx_m[k];
			struct ip6_info i6;

			assert_true(m->m_pktlen <= 1280);
			assert_int_equal(
			    ip6_parse(m->m_data, m->m_len, m->m_pktlen, &i6),
			    i6s_none);
			assert_int_equal(i6.i6_len, m->m_pktlen);
			assert_int_equal(
			    ip6_parse_ext(m->m_data, m->m_len, &i6), i6s_none);
			assert_int_equal(i6.i6_proto, IPP_UDP);
			assert_int_equal(i6.i6_off, at);
			assert_int_equal((i6.i6_flags & I6F_MF) != 0,
			    k + 1 < w.fx.fx_n);
			if (k == 0)
				id = ld32be(m->m_data + 44);
			assert_int_equal(ld32be(m->m_data + 44), id);
			m_copydata(m, 48, m->m_pktlen - 48, to + at);
			at += m->m_pktlen - 48;
		}
		if (cuttab[i].n > 1) {
			assert_int_equal(at, cuttab[i].len);
			assert_memory_equal(from, to, at);
		}
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
	free(from);
	free(to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_way),
		cmocka_unit_test(test_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
