/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYNs that are forwarded between interfaces that limit the segment size.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"

struct world {
	struct fixture fx;
	struct ifnet *a; /* 9000 */
	struct ifnet *b; /* 1400 */
};

static void
world_init(struct world *w, unsigned mss_a, unsigned mss_b)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
	w->b = fixture_if(&w->fx, "b", 1400, "192.0.2.1/24");
	fixture_addr(&w->fx, w->a, "2001:db8:a::1/64", 0);
	fixture_addr(&w->fx, w->b, "2001:db8:b::1/64", 0);
	if_set_mss(w->fx.fx_ctl, w->a, mss_a);
	if_set_mss(w->fx.fx_ctl, w->b, mss_b);
}

static const struct fx_packet transit4 = { .fp_src = "10.0.0.9",
	.fp_dst = "192.0.2.9", .fp_proto = IPP_TCP };
static const struct fx_packet transit6 = { .fp_src = "2001:db8:a::9",
	.fp_dst = "2001:db8:b::9", .fp_proto = IPP_TCP };

/* A TCP header with one option, for a frame of a jumbo link. */
static unsigned
syn(uint8_t th[static 24], unsigned flags)
{
	memset(th, 0, 24);
	th[12] = 6 << 4;
	th[13] = (uint8_t)flags;
	th[20] = 2;
	th[21] = 4;
	st16be(th + 22, 8960);
	return 24;
}

/* The MSS of that segment when it leaves. */
static unsigned
after(struct world *w, const struct ifnet *from, const struct fx_packet *like,
    unsigned flags)
{
	struct fx_packet fp = *like;
	const struct mbuf *m;
	uint8_t th[24];
	unsigned mss;

	fp.fp_len = syn(th, flags);
	fp.fp_payload = th;
	fixture_input(&w->fx, from, &fp);
	m = fixture_caught(&w->fx, ST_RESOLVE);
	mss = ld16be(m->m_data + m->m_pktlen - 2);
	fixture_clear(&w->fx);
	return mss;
}

static void
test_off(void **state)
{
	struct world w;

	world_init(&w, IF_MSS_ANY, IF_MSS_ANY);
	assert_int_equal(w.fx.fx_sp->sp_mss, 0);
	assert_int_equal(after(&w, w.a, &transit4, TH_SYN), 8960);
	assert_int_equal(after(&w, w.a, &transit6, TH_SYN), 8960);
	fixture_fini(&w.fx);
}

/* Either interface's word holds, in either direction; the smaller of two. */
static void
test_limits(void **state)
{
	static const struct {
		unsigned a, b, want4, want6;
	} tab[] = {
		{ IF_MSS_ANY, IF_MSS_AUTO, 1360, 1340 },
		{ IF_MSS_AUTO, IF_MSS_ANY, 8960, 8940 },
		{ IF_MSS_AUTO, IF_MSS_AUTO, 1360, 1340 },
		{ 1000, IF_MSS_AUTO, 1000, 1000 },
		{ IF_MSS_ANY, 900, 900, 900 },
		{ 901, 900, 900, 900 },
		{ 900, 901, 900, 900 },
		{ 9000, IF_MSS_ANY, 8960, 8960 },
	};
	struct fx_packet back = { .fp_src = "192.0.2.9",
		.fp_dst = "10.0.0.9", .fp_proto = IPP_TCP };
	struct world w;
	unsigned i;

	world_init(&w, IF_MSS_ANY, IF_MSS_ANY);
	for (i = 0; i < countof(tab); i++) {
		if_set_mss(w.fx.fx_ctl, w.a, tab[i].a);
		if_set_mss(w.fx.fx_ctl, w.b, tab[i].b);
		assert_int_equal(
		    after(&w, w.a, &transit4, TH_SYN), tab[i].want4);
		assert_int_equal(
		    after(&w, w.a, &transit6, TH_SYN), tab[i].want6);
		assert_int_equal(after(&w, w.b, &back, TH_SYN | TH_ACK),
		    tab[i].want4);
	}
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_mss), 12);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_mss), 7);
	fixture_fini(&w.fx);
}

/* What is no SYN, no TCP, not whole, or goes no further. */
static void
test_left_alone(void **state)
{
	struct fx_packet fp = transit4;
	struct world w;
	const uint8_t *p;
	uint8_t th[24];

	world_init(&w, 500, 500);
	assert_int_equal(after(&w, w.a, &transit4, TH_ACK), 8960);
	assert_int_equal(after(&w, w.a, &transit6, TH_RST), 8960);
	fp.fp_proto = IPP_UDP;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 8960);
	fp = transit4;
	fp.fp_off = IP_MF;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 8960);
	fp.fp_off = 100;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 8960);
	fp.fp_off = IP_DF;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 500);
	/* The error quotes what came. */
	fp.fp_ttl = 1;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 8960);
	/* A header that ends outside the packet. */
	fp = transit4;
	(void)syn(th, TH_SYN);
	th[12] = 15 << 4;
	fp.fp_payload = th;
	fp.fp_len = 24;
	fixture_input(&w.fx, w.a, &fp);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(ld16be(p + 42), 8960);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_mss), 1);
	fixture_fini(&w.fx);
}

/* Behind IP options, and cut into small buffers. */
static void
test_odd_packets(void **state)
{
	static const uint8_t nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct fx_packet fp = transit4;
	struct world w;

	world_init(&w, IF_MSS_ANY, 700);
	fp.fp_options = nops;
	fp.fp_optlen = 8;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 700);
	fp.fp_chain = 7;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 700);
	fp = transit6;
	fp.fp_chain = 7;
	assert_int_equal(after(&w, w.a, &fp, TH_SYN), 700);
	fixture_fini(&w.fx);
}

/* Behind extension headers; an atomic fragment is whole, others are not. */
static void
test_extensions(void **state)
{
	static const struct {
		uint8_t ext[16];
		unsigned first, want;
	} tab[] = {
		{ { IPP_DSTOPTS, 0, 1, 4, 0, 0, 0, 0, IPP_TCP, 0, 1, 4 },
		    IPP_HOPOPTS, 700 },
		{ { IPP_FRAGMENT, 0, 1, 4, 0, 0, 0, 0, IPP_TCP, 0, 0, 0 },
		    IPP_DSTOPTS, 700 },
		{ { IPP_FRAGMENT, 0, 1, 4, 0, 0, 0, 0, IPP_TCP, 0, 0, 1 },
		    IPP_DSTOPTS, 8960 },
		{ { IPP_FRAGMENT, 0, 1, 4, 0, 0, 0, 0, IPP_TCP, 0, 0, 8 },
		    IPP_DSTOPTS, 8960 },
		{ { IPP_DSTOPTS, 0, 1, 4, 0, 0, 0, 0, IPP_UDP, 0, 1, 4 },
		    IPP_HOPOPTS, 8960 },
		/* An option that the destination must know. */
		{ { IPP_DSTOPTS, 0, 1, 4, 0, 0, 0, 0, IPP_TCP, 0, 0x80, 4 },
		    IPP_HOPOPTS, 8960 },
	};
	struct fx_packet fp = transit6;
	uint8_t p[40];
	struct world w;
	unsigned i;

	world_init(&w, IF_MSS_ANY, 700);
	for (i = 0; i < countof(tab); i++) {
		const struct mbuf *m;

		memcpy(p, tab[i].ext, 16);
		fp.fp_proto = tab[i].first;
		fp.fp_payload = p;
		fp.fp_len = 16 + syn(p + 16, TH_SYN);
		fixture_input(&w.fx, w.a, &fp);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(ld16be(m->m_data + 78), tab[i].want);
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

/* Data that others read is copied before it changes. */
static void
test_shared(void **state)
{
	struct fx_packet fp = transit4;
	struct world w;
	struct mbuf *m, *clone;
	uint8_t th[24];

	world_init(&w, IF_MSS_AUTO, IF_MSS_AUTO);
	fp.fp_len = syn(th, TH_SYN);
	fp.fp_payload = th;
	m = fixture_packet(&w.fx, w.a, &fp);
	assert_non_null(clone = m_clone(w.fx.fx_c, m));
	fixture_run(&w.fx, ST_IP, clone);
	assert_int_equal(ld16be(
	    fixture_caught(&w.fx, ST_RESOLVE)->m_data + 42), 1360);
	assert_int_equal(ld16be(m->m_data + 42), 8960);
	m_free(w.fx.fx_c, m);
	fixture_fini(&w.fx);
}

/* The last interface with a limit takes the work with it. */
static void
test_detach(void **state)
{
	struct world w;

	world_init(&w, IF_MSS_ANY, IF_MSS_AUTO);
	assert_int_equal(w.fx.fx_sp->sp_mss, 1);
	if_set_mss(w.fx.fx_ctl, w.a, 1000);
	assert_int_equal(w.fx.fx_sp->sp_mss, 2);
	if_set_mss(w.fx.fx_ctl, w.b, IF_MSS_ANY);
	assert_int_equal(w.fx.fx_sp->sp_mss, 1);
	if_detach(w.fx.fx_ctl, w.a);
	assert_int_equal(w.fx.fx_sp->sp_mss, 0);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_odd_packets),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
