/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP headers, and every rule of RFC 1122, 3.2.2 and RFC 1812, 4.3.2.7 about
 * what is never answered that the packet alone decides.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_parse.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"

static void
test_parse(void **state)
{
	static const uint8_t p[8] = { 8, 0, 0xab, 0xcd, 0x12, 0x34, 0, 7 };
	static const uint8_t big[8] = { 3, 4, 0, 0, 0, 0, 5, 0 };
	struct icmp_info ic;
	unsigned n;

	for (n = 0; n < 8; n++)
		assert_int_equal(icmp_parse(p, n, &ic), ics_toosmall);
	assert_int_equal(icmp_parse(p, 8, &ic), ics_none);
	assert_int_equal(ic.ic_type, ICMP_ECHO);
	assert_int_equal(ic.ic_id, 0x1234);
	assert_int_equal(ic.ic_seq, 7);
	assert_int_equal(ic.ic_mtu, 0);
	assert_int_equal(icmp_parse(big, 8, &ic), ics_none);
	assert_int_equal(ic.ic_mtu, 1280); /* RFC 1191, 4 */
}

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	unsigned off;
	unsigned proto;
	int l4; /* first byte behind the header; -1: none */
	bool may;
} answertab[] = {
	{ "plain", "10.0.0.1", "10.0.0.2", 0, 17, 0, true },
	{ "nothing behind", "10.0.0.1", "10.0.0.2", 0, 17, -1, true },
	{ "echo request", "10.0.0.1", "10.0.0.2", 0, 1, 8, true },
	{ "echo reply", "10.0.0.1", "10.0.0.2", 0, 1, 0, true },
	{ "timestamp", "10.0.0.1", "10.0.0.2", 0, 1, 13, true },
	{ "unreachable", "10.0.0.1", "10.0.0.2", 0, 1, 3, false },
	{ "source quench", "10.0.0.1", "10.0.0.2", 0, 1, 4, false },
	{ "redirect", "10.0.0.1", "10.0.0.2", 0, 1, 5, false },
	{ "time exceeded", "10.0.0.1", "10.0.0.2", 0, 1, 11, false },
	{ "parameter problem", "10.0.0.1", "10.0.0.2", 0, 1, 12, false },
	{ "ICMP of unknown type", "10.0.0.1", "10.0.0.2", 0, 1, 200, false },
	{ "ICMP without type", "10.0.0.1", "10.0.0.2", 0, 1, -1, false },
	{ "to all ones", "10.0.0.1", "255.255.255.255", 0, 17, 0, false },
	{ "to a group", "10.0.0.1", "224.0.0.5", 0, 17, 0, false },
	{ "to a far group", "10.0.0.1", "239.1.2.3", 0, 17, 0, false },
	{ "later fragment", "10.0.0.1", "10.0.0.2", 8, 17, 0, false },
	{ "from 0.0.0.0", "0.0.0.0", "10.0.0.2", 0, 17, 0, false },
	{ "from 0/8", "0.1.2.3", "10.0.0.2", 0, 17, 0, false },
	{ "from loopback", "127.0.0.1", "10.0.0.2", 0, 17, 0, false },
	{ "from a group", "224.0.0.1", "10.0.0.2", 0, 17, 0, false },
	{ "from class E", "240.0.0.1", "10.0.0.2", 0, 17, 0, false },
	{ "from all ones", "255.255.255.255", "10.0.0.2", 0, 17, 0, false },
};

static void
test_may_answer(void **state)
{
	unsigned i;

	for (i = 0; i < countof(answertab); i++) {
		struct ip_info ii = { .ii_src = fx_v4(answertab[i].src),
			.ii_dst = fx_v4(answertab[i].dst),
			.ii_off = (uint16_t)answertab[i].off,
			.ii_proto = (uint8_t)answertab[i].proto };
		uint8_t l4 = (uint8_t)answertab[i].l4;

		if (icmp_may_answer(&ii, &l4, answertab[i].l4 >= 0) !=
		    answertab[i].may)
			fail_msg("%s", answertab[i].name);
	}
}

static void
test_quoted_echo(void **state)
{
	static const uint8_t icmp[8] = { 8, 0, 0, 0, 0xc0, 1, 0, 9 };
	const struct fx_packet fp = { .fp_src = "10.0.0.1",
		.fp_dst = "10.9.9.9",
		.fp_proto = IPP_ICMP,
		.fp_payload = icmp,
		.fp_len = sizeof(icmp) };
	struct icmp_quoted_echo iq;
	uint8_t p[64];
	unsigned i, n = fx_build(&fp, p);

	for (i = 0; i < n; i++)
		assert_false(icmp_parse_quoted_echo(p, i, &iq));
	assert_true(icmp_parse_quoted_echo(p, n, &iq));
	assert_int_equal(iq.iq_dst, fx_v4("10.9.9.9"));
	assert_int_equal(iq.iq_id, 0xc001);
	assert_int_equal(iq.iq_seq, 9);
	p[20] = ICMP_ECHOREPLY;
	assert_false(icmp_parse_quoted_echo(p, n, &iq));
	p[20] = ICMP_ECHO;
	p[9] = IPP_UDP;
	assert_false(icmp_parse_quoted_echo(p, n, &iq));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_may_answer),
		cmocka_unit_test(test_quoted_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
