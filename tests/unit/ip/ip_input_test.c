/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an IPv4 packet goes, or why it is dropped.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"

/* A router between 10.0.0.0/24 (a) and 192.0.2.0/24 (b). */
struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	fixture_init(fx);
	w->a = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	w->b = fixture_if(fx, "b", 1500, "192.0.2.1/24");
	fixture_addr(fx, w->a, "169.254.1.1/16", 0);
	fixture_route(fx, "198.51.100.0/24", NH_GATEWAY, w->b, "192.0.2.254");
	fixture_route(fx, "203.0.113.0/25", NH_BLACKHOLE, NULL, NULL);
	fixture_route(fx, "203.0.113.64/26", NH_PROHIBIT, NULL, NULL);
	fixture_route(fx, "203.0.113.128/25", NH_UNREACHABLE, NULL, NULL);
}

/* A drop that is answered, by type and code; IC_NONE if it is not. */
#define IC_NONE      0
#define IC(type, code) (1u << 16 | (type) << 8 | (code))

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	unsigned flags; /* MF_* */
	enum ipstat why; /* ips_none: forwarded */
	unsigned error;
} dispatchtab[] = {
	{ "to a neighbour", "10.0.0.9", "192.0.2.9", 0, ips_none, 0 },
	{ "by a gateway", "10.0.0.9", "198.51.100.9", 0, ips_none, 0 },
	{ "far source", "8.8.8.8", "192.0.2.9", 0, ips_none, 0 },
	{ "no route", "10.0.0.9", "172.16.0.1", 0, ips_noroute,
	    IC(ICMP_UNREACH, ICMP_UNREACH_NET) },
	{ "blackhole", "10.0.0.9", "203.0.113.1", 0, ips_blackhole, IC_NONE },
	{ "prohibit", "10.0.0.9", "203.0.113.65", 0, ips_prohibit,
	    IC(ICMP_UNREACH, ICMP_UNREACH_ADMIN) },
	{ "reject", "10.0.0.9", "203.0.113.129", 0, ips_reject,
	    IC(ICMP_UNREACH, ICMP_UNREACH_HOST) },
	/* RFC 1812, 5.3.7; RFC 1122, 3.2.1.3 */
	{ "from loopback", "127.0.0.1", "192.0.2.9", 0, ips_badsrc, 0 },
	{ "from nobody", "0.0.0.0", "192.0.2.9", 0, ips_badsrc, 0 },
	{ "from a group", "224.1.1.1", "192.0.2.9", 0, ips_badsrc, 0 },
	{ "from class E", "250.0.0.1", "192.0.2.9", 0, ips_badsrc, 0 },
	{ "from all ones", "255.255.255.255", "192.0.2.9", 0, ips_badsrc, 0 },
	{ "to loopback", "10.0.0.9", "127.0.0.1", 0, ips_baddst, 0 },
	{ "to 0/8", "10.0.0.9", "0.0.0.0", 0, ips_baddst, 0 },
	{ "to class E", "10.0.0.9", "240.0.0.1", 0, ips_baddst, 0 },
	{ "to a group", "10.0.0.9", "239.1.1.1", 0, ips_mcast, 0 },
	/* RFC 1122, 3.3.6; RFC 1812, 5.3.4 */
	{ "transit in a broadcast", "10.0.0.9", "192.0.2.9", MF_BCAST,
	    ips_linkbcast, 0 },
	{ "transit in a multicast", "10.0.0.9", "192.0.2.9", MF_MCAST,
	    ips_linkbcast, 0 },
	{ "to us in a broadcast", "10.0.0.9", "10.0.0.1", MF_BCAST,
	    ips_linkbcast, 0 },
	/* RFC 3927, 2.7 */
	{ "from link-local", "169.254.7.7", "192.0.2.9", 0, ips_linklocal, 0 },
	{ "to link-local", "10.0.0.9", "169.254.7.7", 0, ips_linklocal, 0 },
	/* to this host */
	{ "our source", "10.0.0.1", "10.0.0.1", 0, ips_ownsrc, 0 },
	{ "our other source", "192.0.2.1", "10.0.0.1", 0, ips_ownsrc, 0 },
	{ "from a net's broadcast", "10.0.0.255", "10.0.0.1", 0, ips_badsrc,
	    0 },
	{ "UDP to us", "10.0.0.9", "10.0.0.1", 0, ips_noport,
	    IC(ICMP_UNREACH, ICMP_UNREACH_PORT) },
	{ "UDP to our other side", "10.0.0.9", "192.0.2.1", 0, ips_noport,
	    IC(ICMP_UNREACH, ICMP_UNREACH_PORT) },
	{ "UDP to our link-local", "169.254.7.7", "169.254.1.1", 0,
	    ips_noport, IC(ICMP_UNREACH, ICMP_UNREACH_PORT) },
	{ "UDP to all ones", "10.0.0.9", "255.255.255.255", MF_BCAST,
	    ips_noport, IC_NONE },
	{ "UDP to a net", "10.0.0.9", "10.0.0.255", MF_BCAST, ips_noport,
	    IC_NONE },
	{ "UDP to all hosts", "10.0.0.9", "224.0.0.1", MF_MCAST, ips_noport,
	    IC_NONE },
};

static unsigned
caught_error(struct fixture *fx)
{
	const uint8_t *p;

	if (fx->fx_n == 0)
		return IC_NONE;
	p = fixture_caught(fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[9], IPP_ICMP);
	return IC((unsigned)p[20], (unsigned)p[21]);
}

static void
test_dispatch(void **state)
{
	static const uint8_t udp[8] = { 0, 9, 0, 9, 0, 8 };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dispatchtab); i++) {
		const struct fx_packet fp = { .fp_src = dispatchtab[i].src,
			.fp_dst = dispatchtab[i].dst,
			.fp_proto = IPP_UDP,
			.fp_payload = udp,
			.fp_len = 8 };
		enum ipstat why = dispatchtab[i].why;
		uint64_t before = fixture_stat(&w.fx, SG_IP, why);
		struct mbuf *m = fixture_packet(&w.fx, w.a, &fp);

		m->m_flags |= (uint16_t)dispatchtab[i].flags;
		fixture_run(&w.fx, ST_IP, m);
		if (why == ips_none) {
			if (w.fx.fx_n != 1 ||
			    fixture_caught(&w.fx, ST_RESOLVE) != m)
				fail_msg("%s", dispatchtab[i].name);
		} else if (fixture_stat(&w.fx, SG_IP, why) != before + 1 ||
		    caught_error(&w.fx) != dispatchtab[i].error) {
			fail_msg("%s", dispatchtab[i].name);
		}
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

static void
test_forwarding_off(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9" };
	struct world w;

	world_init(&w);
	atomic_store(&w.fx.fx_sp->sp_sysctl.ip_forwarding, 0);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_noforward), 1);
	fixture_fini(&w.fx);
}

/* The link pads small frames to 46 bytes. */
static void
test_padding(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9",
		.fp_len = 5 };
	uint8_t p[46] = { 0 };
	struct world w;
	struct mbuf *m;

	world_init(&w);
	(void)fx_build(&fp, p);
	fixture_run(&w.fx, ST_IP, fixture_bytes(&w.fx, w.a, p, sizeof(p)));
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_pktlen, 25);
	assert_int_equal(m->m_len, 25);
	fixture_fini(&w.fx);
}

/* A chain whose last buffers are padding, and whose first is tiny. */
static void
test_chain(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9",
		.fp_len = 30,
		.fp_chain = 7 };
	struct world w;
	struct mbuf *m;

	world_init(&w);
	m = fixture_packet(&w.fx, w.a, &fp);
	assert_true(m_append(w.fx.fx_c, m, "paddingpadding", 14));
	fixture_run(&w.fx, ST_IP, m);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_pktlen, 50);
	fixture_fini(&w.fx);
}

/* Cut at every length: dropped with a reason, never more. */
static void
test_cut(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_ICMP,
		.fp_len = 20 };
	struct world w;
	uint8_t p[40];
	unsigned n, len = fx_build(&fp, p);

	world_init(&w);
	for (n = 0; n < len; n++)
		fixture_run(&w.fx, ST_IP, fixture_bytes(&w.fx, w.a, p, n));
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_toosmall), 20);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_badlen), len - 20);
	fixture_fini(&w.fx);
}

/* RFC 1812, 5.2.2: options that cannot be read are answered, RFC 792. */
static void
test_bad_option(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9",
		.fp_options = "\x07\x05\x04",
		.fp_optlen = 4 };
	const uint8_t *p;
	struct world w;

	world_init(&w);
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[20], ICMP_PARAM);
	assert_int_equal(p[24], 21); /* pointer */
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_badopt), 1);
	fixture_fini(&w.fx);
}

/* RFC 1122, 3.2.2.1; a fragment waits. */
static void
test_deliver(void **state)
{
	const struct fx_packet proto = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = 132 };
	const struct fx_packet frag = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_UDP,
		.fp_off = IP_MF,
		.fp_len = 8 };
	struct world w;

	world_init(&w);
	fixture_input(&w.fx, w.a, &proto);
	assert_int_equal(caught_error(&w.fx),
	    IC(ICMP_UNREACH, ICMP_UNREACH_PROTO));
	fixture_clear(&w.fx);
	fixture_input(&w.fx, w.a, &frag);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_fragments), 1);
	fixture_fini(&w.fx);
}

/* A full vector of two tables and all kinds keeps its order. */
static void
test_vector(void **state)
{
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "198.51.100.9" };
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	for (i = 0; i < MVEC_MAX; i++) {
		m = fixture_packet(&w.fx, w.a, &fp);
		m->m_hash = i;
		m->m_rtable = i % 8 == 7; /* which knows no route */
		path_next(w.fx.fx_c, ST_IP, m);
	}
	atomic_store(&w.fx.fx_sp->sp_sysctl.icmp_limit, 0);
	fixture_step(&w.fx);
	assert_int_equal(w.fx.fx_n, MVEC_MAX - MVEC_MAX / 8);
	for (i = 1; i < w.fx.fx_n; i++)
		assert_true(w.fx.fx_m[i - 1]->m_hash < w.fx.fx_m[i]->m_hash);
	assert_int_equal(
	    fixture_stat(&w.fx, SG_IP, ips_noroute), MVEC_MAX / 8);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_forwarding_off),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bad_option),
		cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
