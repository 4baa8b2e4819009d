/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a closed TCP or UDP port answers.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_refuse.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

static const struct {
	const char *name;
	unsigned flags;
	uint32_t seq;
	uint32_t ack;
	unsigned seglen; /* with a header of 20 */
	bool none;
	unsigned wantflags;
	uint32_t wantseq;
	uint32_t wantack;
} rsttab[] = { /* RFC 9293, 3.10.7.1 */
	{ "SYN", TH_SYN, 100, 0, 20, false, TH_RST | TH_ACK, 0, 101 },
	{ "SYN with data", TH_SYN, 100, 0, 25, false, TH_RST | TH_ACK, 0,
	    106 },
	{ "SYN at the wrap", TH_SYN, 0xffffffff, 0, 20, false,
	    TH_RST | TH_ACK, 0, 0 },
	{ "FIN", TH_FIN, 7, 0, 21, false, TH_RST | TH_ACK, 0, 9 },
	{ "nothing set", 0, 7, 0, 20, false, TH_RST | TH_ACK, 0, 7 },
	{ "ACK", TH_ACK, 7, 55, 20, false, TH_RST, 55, 0 },
	{ "SYN ACK", TH_SYN | TH_ACK, 7, 55, 20, false, TH_RST, 55, 0 },
	{ "data", TH_ACK, 7, 55, 999, false, TH_RST, 55, 0 },
	{ "RST", TH_RST, 7, 0, 20, true, 0, 0, 0 },
	{ "RST ACK", TH_RST | TH_ACK, 7, 55, 20, true, 0, 0, 0 },
};

static void
segment(uint8_t *p, unsigned flags, uint32_t seq, uint32_t ack)
{
	memset(p, 0, 20);
	st16be(p, 4000);
	st16be(p + 2, 80);
	st32be(p + 4, seq);
	st32be(p + 8, ack);
	p[12] = 5 << 4;
	p[13] = (uint8_t)flags;
}

static void
test_reset_for(void **state)
{
	struct tcp_wire rst;
	uint8_t p[20];
	unsigned i;
	bool none;

	for (i = 0; i < countof(rsttab); i++) {
		segment(p, rsttab[i].flags, rsttab[i].seq, rsttab[i].ack);
		assert_true(
		    tcp_reset_for(p, 20, rsttab[i].seglen, &rst, &none));
		assert_int_equal(none, rsttab[i].none);
		if (none)
			continue;
		if (rst.th_flags != rsttab[i].wantflags ||
		    ld32be(rst.th_seq) != rsttab[i].wantseq ||
		    ld32be(rst.th_ack) != rsttab[i].wantack)
			fail_msg("%s", rsttab[i].name);
		assert_int_equal(ld16be(rst.th_sport), 80);
		assert_int_equal(ld16be(rst.th_dport), 4000);
	}
}

static void
test_malformed(void **state)
{
	struct tcp_wire rst;
	uint8_t p[20];
	unsigned n;
	bool none;

	segment(p, TH_SYN, 1, 0);
	for (n = 0; n < 20; n++)
		assert_false(tcp_reset_for(p, n, n, &rst, &none));
	p[12] = 4 << 4;
	assert_false(tcp_reset_for(p, 20, 20, &rst, &none));
	p[12] = 6 << 4;
	assert_false(tcp_reset_for(p, 20, 23, &rst, &none));
	assert_true(tcp_reset_for(p, 20, 24, &rst, &none));
}

static uint64_t
pseudo(const struct fx_packet *fp)
{
	return in_cksum_pseudo(fx_v4(fp->fp_src), fx_v4(fp->fp_dst),
	    (uint8_t)fp->fp_proto, (uint16_t)fp->fp_len);
}

static void
test_tcp(void **state)
{
	uint8_t tcp[30] = { 0 };
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_TCP,
		.fp_payload = tcp,
		.fp_len = sizeof(tcp) };
	struct fixture fx;
	struct ifnet *a;
	struct mbuf *m;

	fixture_init(&fx);
	a = fixture_if(&fx, "a", 1500, "10.0.0.1/24");
	segment(tcp, TH_SYN, 100, 0);
	st16be(tcp + 16, in_cksum_fold(in_cksum_add(tcp, 30, pseudo(&fp))));
	fixture_input(&fx, a, &fp);
	m = fixture_caught(&fx, ST_RESOLVE);
	assert_int_equal(m->m_pktlen, 40);
	assert_int_equal(m->m_data[9], IPP_TCP);
	assert_int_equal(ld32be(m->m_data + 28), 111);
	assert_int_equal(in_cksum_fold(in_cksum_add(m->m_data + 20, 20,
			     in_cksum_pseudo(fx_v4("10.0.0.1"),
				 fx_v4("10.0.0.9"), IPP_TCP, 20))),
	    0);
	assert_int_equal(fixture_stat(&fx, SG_IP, ips_notcp), 1);
	fixture_clear(&fx);
	/* Damaged: who knows who sent it. */
	tcp[25] ^= 1;
	fixture_input(&fx, a, &fp);
	assert_int_equal(fx.fx_n, 0);
	assert_int_equal(fixture_stat(&fx, SG_IP, ips_badl4sum), 1);
	fixture_fini(&fx);
}

/* RFC 1122, 4.2.3.10; and resets are no weapon. */
static void
test_tcp_silent(void **state)
{
	uint8_t tcp[20];
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.255",
		.fp_proto = IPP_TCP,
		.fp_payload = tcp,
		.fp_len = sizeof(tcp) };
	struct fixture fx;
	struct ifnet *a;
	unsigned i;

	fixture_init(&fx);
	a = fixture_if(&fx, "a", 1500, "10.0.0.1/24");
	segment(tcp, TH_SYN, 100, 0);
	st16be(tcp + 16, in_cksum_fold(in_cksum_add(tcp, 20, pseudo(&fp))));
	fixture_input(&fx, a, &fp);
	assert_int_equal(fx.fx_n, 0);
	fp.fp_dst = "10.0.0.1";
	segment(tcp, TH_SYN, 100, 0);
	st16be(tcp + 16, in_cksum_fold(in_cksum_add(tcp, 20, pseudo(&fp))));
	for (i = 0; i < 3 * REFUSE_RATE; i++)
		fixture_input(&fx, a, &fp);
	assert_int_equal(fx.fx_n, REFUSE_RATE);
	assert_int_equal(
	    fixture_stat(&fx, SG_IP, ips_notcp), 3 * REFUSE_RATE + 1);
	fixture_fini(&fx);
}

static const struct {
	const char *name;
	unsigned ulen;
	unsigned len; /* of the IP payload */
	int sum; /* 0: none, 1: right, -1: wrong */
	enum ipstat why;
	bool answered;
} udptab[] = {
	{ "right", 20, 20, 1, ips_noport, true },
	{ "without checksum", 20, 20, 0, ips_noport, true },
	{ "wrong checksum", 20, 20, -1, ips_badl4sum, false },
	{ "shorter than its packet", 12, 20, 1, ips_noport, true },
	{ "longer than its packet", 21, 20, 1, ips_badl4, false },
	{ "length below the header", 7, 20, 1, ips_badl4, false },
	{ "cut off", 8, 7, 0, ips_badl4, false },
};

static void
test_udp(void **state)
{
	uint8_t udp[20];
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_UDP,
		.fp_payload = udp };
	struct fixture fx;
	struct ifnet *a;
	unsigned i;

	fixture_init(&fx);
	a = fixture_if(&fx, "a", 1500, "10.0.0.1/24");
	for (i = 0; i < countof(udptab); i++) {
		uint64_t n = fixture_stat(&fx, SG_IP, udptab[i].why);

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
		fixture_input(&fx, a, &fp);
		if (fx.fx_n != udptab[i].answered ||
		    fixture_stat(&fx, SG_IP, udptab[i].why) != n + 1)
			fail_msg("%s", udptab[i].name);
		fixture_clear(&fx);
	}
	fixture_fini(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_for),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_silent),
		cmocka_unit_test(test_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
