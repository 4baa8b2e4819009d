/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a closed TCP or UDP port answers over IPv6; the reset itself is
 * ip/ip_refuse_test.c's.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 1500, "2001:db8:a::1/64");
	fixture_addr(&w->fx, w->a, "fe80::a/64", 0);
}

static uint64_t
pseudo(const struct fx_packet *fp)
{
	return in6_cksum_pseudo(fx_v6(fp->fp_src), fx_v6(fp->fp_dst),
	    (uint8_t)fp->fp_proto, fp->fp_len);
}

static void
test_tcp(void **state)
{
	uint8_t tcp[30] = { 0 };
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = IPP_TCP,
		.fp_payload = tcp,
		.fp_len = sizeof(tcp) };
	struct world w;
	struct mbuf *m;

	world_init(&w);
	st32be(tcp + 4, 100);
	tcp[12] = 5 << 4;
	tcp[13] = TH_SYN;
	st16be(tcp + 16, in_cksum_fold(in_cksum_add(tcp, 30, pseudo(&fp))));
	fixture_input(&w.fx, w.a, &fp);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_pktlen, 60);
	assert_int_equal(m->m_data[40 + 13], TH_RST | TH_ACK);
	assert_int_equal(ld32be(m->m_data + 48), 111);
	assert_int_equal(in_cksum_fold(in_cksum_add(m->m_data + 40, 20,
			     in6_cksum_pseudo(fx_v6(fp.fp_dst),
				 fx_v6(fp.fp_src), IPP_TCP, 20))),
	    0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_notcp), 1);
	fixture_clear(&w.fx);
	tcp[25] ^= 1;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_badl4sum), 1);
	/* Link-local: back by the link it came from. */
	fp.fp_src = "fe80::9";
	fp.fp_dst = "fe80::a";
	st16be(tcp + 16, 0);
	st16be(tcp + 16, in_cksum_fold(in_cksum_add(tcp, 30, pseudo(&fp))));
	fixture_input(&w.fx, w.a, &fp);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_oif, w.a->if_index);
	fixture_fini(&w.fx);
}

static const struct {
	const char *name;
	unsigned ulen;
	unsigned len;
	int sum; /* 0: none, 1: right, -1: wrong */
	enum ip6stat why;
	bool answered;
} udptab[] = {
	{ "right", 20, 20, 1, i6s_noport, true },
	{ "without checksum (RFC 8200, 8.1)", 20, 20, 0, i6s_badl4sum,
	    false },
	{ "wrong checksum", 20, 20, -1, i6s_badl4sum, false },
	{ "longer than its packet", 21, 20, 1, i6s_badl4, false },
	{ "length below the header", 7, 20, 1, i6s_badl4, false },
	{ "cut off", 8, 7, 0, i6s_badl4, false },
};

static void
test_udp(void **state)
{
	uint8_t udp[20];
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = IPP_UDP,
		.fp_payload = udp };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(udptab); i++) {
		uint64_t n = fixture_stat(&w.fx, SG_IP6, udptab[i].why);

		memset(udp, 0x5a, sizeof(udp));
		st16be(udp + 4, (uint16_t)udptab[i].ulen);
		st16be(udp + 6, 0);
		fp.fp_len = umin(udptab[i].ulen, 20);
		if (udptab[i].sum != 0)
			st16be(udp + 6,
			    (uint16_t)(in_cksum_fold(in_cksum_add(udp,
					   fp.fp_len, pseudo(&fp))) +
				(udptab[i].sum < 0)));
		fp.fp_len = udptab[i].len;
		fixture_input(&w.fx, w.a, &fp);
		if (w.fx.fx_n != udptab[i].answered ||
		    fixture_stat(&w.fx, SG_IP6, udptab[i].why) != n + 1)
			fail_msg("%s", udptab[i].name);
		fixture_clear(&w.fx);
	}
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
