/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP headers as values, and quoted by ICMP errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip6/ip6_wire.h"
#include "udp/udp_parse.h"

static const struct {
	const char *name;
	unsigned dport, len, sum; /* of the header */
	size_t n, total;
	bool six;
	enum udpstat why;
} tab[] = {
	{ "right", 7, 20, 1, 20, 20, false, udps_none },
	{ "right, IPv6", 7, 20, 1, 20, 20, true, udps_none },
	{ "of a chain", 7, 2000, 1, 8, 2000, false, udps_none },
	{ "empty", 7, 8, 1, 8, 8, false, udps_none },
	{ "shorter than its packet", 7, 12, 1, 20, 20, false, udps_none },
	{ "no checksum (RFC 768)", 7, 20, 0, 20, 20, false, udps_none },
	{ "no checksum (RFC 8200, 8.1)", 7, 20, 0, 20, 20, true,
	    udps_nosum6 },
	{ "header cut", 7, 20, 1, 7, 7, false, udps_hdrops },
	{ "nothing", 7, 20, 1, 0, 0, false, udps_hdrops },
	{ "longer than its packet", 7, 21, 1, 20, 20, false, udps_badlen },
	{ "length below the header", 7, 7, 1, 20, 20, false, udps_badlen },
	{ "length 0", 7, 0, 1, 20, 20, true, udps_badlen },
	{ "port 0", 0, 20, 1, 20, 20, false, udps_port0 },
};

static void
test_parse(void **state)
{
	struct udp_info ui;
	uint8_t p[20] = { 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < countof(tab); i++) {
		st16be(p, 1234);
		st16be(p + 2, (uint16_t)tab[i].dport);
		st16be(p + 4, (uint16_t)tab[i].len);
		st16be(p + 6, (uint16_t)tab[i].sum);
		if (udp_parse(p, tab[i].n, tab[i].total, tab[i].six, &ui) !=
		    tab[i].why)
			fail_msg("%s", tab[i].name);
		if (tab[i].why != udps_none)
			continue;
		assert_int_equal(ui.ui_sport, 1234);
		assert_int_equal(ui.ui_dport, tab[i].dport);
		assert_int_equal(ui.ui_len, tab[i].len);
		assert_int_equal(ui.ui_sum, tab[i].sum);
	}
}

static void
quoted4(uint8_t *p)
{
	memset(p, 0, 28);
	p[0] = 0x45;
	st16be(p + 2, 100);
	p[9] = IPP_UDP;
	st32be(p + 12, 0x0a000001);
	st32be(p + 16, 0x0a000002);
	st16be(p + 20, 1111);
	st16be(p + 22, 2222);
}

static void
test_quoted4(void **state)
{
	struct in_key ik;
	uint8_t p[28];

	(void)state;
	quoted4(p);
	assert_true(udp_parse_quoted(p, 28, &ik));
	assert_true(udp_parse_quoted(p, 24, &ik));
	assert_int_equal(ik.ik_lport, 1111);
	assert_int_equal(ik.ik_fport, 2222);
	assert_true(in6_eq(ik.ik_laddr, in6_mapped(0x0a000001)));
	assert_true(in6_eq(ik.ik_faddr, in6_mapped(0x0a000002)));
	assert_int_equal(ik.ik_plen, IN_PLEN_MAX);
	assert_false(udp_parse_quoted(p, 23, &ik));
	assert_false(udp_parse_quoted(p, 0, &ik));
	p[9] = IPP_TCP;
	assert_false(udp_parse_quoted(p, 28, &ik));
	quoted4(p);
	st16be(p + 6, IP_MF); /* the first fragment has the ports */
	assert_true(udp_parse_quoted(p, 28, &ik));
	st16be(p + 6, 5);
	assert_false(udp_parse_quoted(p, 28, &ik));
}

static void
test_quoted6(void **state)
{
	uint8_t p[IP6_HLEN + 8 + 8] = { 0x60 };
	struct in_key ik;

	(void)state;
	st16be(p + 4, 8);
	p[6] = IPP_UDP;
	p[7] = 64;
	p[23] = 1;
	p[39] = 2;
	st16be(p + 40, 1111);
	st16be(p + 42, 2222);
	assert_true(udp_parse_quoted(p, 48, &ik));
	assert_int_equal(ik.ik_laddr.i6_lo, 1);
	assert_int_equal(ik.ik_faddr.i6_lo, 2);
	assert_int_equal(ik.ik_lport, 1111);
	assert_int_equal(ik.ik_fport, 2222);
	/* Behind a header of destination options. */
	memmove(p + 48, p + 40, 8);
	memset(p + 40, 0, 8);
	p[6] = IPP_DSTOPTS;
	st16be(p + 4, 16);
	p[40] = IPP_UDP;
	p[42] = 1; /* PadN */
	p[43] = 4;
	assert_true(udp_parse_quoted(p, 56, &ik));
	assert_int_equal(ik.ik_lport, 1111);
	assert_false(udp_parse_quoted(p, 51, &ik));
	p[40] = IPP_TCP;
	assert_false(udp_parse_quoted(p, 56, &ik));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_quoted4),
		cmocka_unit_test(test_quoted6),
	};

	return cmocka_run_group_tests_name("udp/udp_parse", tests, NULL, NULL);
}
