/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 headers, and every rule of RFC 4443, 2.4(e) about what is never
 * answered that the packet alone decides.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"

static void
test_parse(void **state)
{
	static const uint8_t p[8] = { 128, 0, 0xab, 0xcd, 0x12, 0x34, 0, 7 };
	static const uint8_t big[8] = { 2, 0, 0, 0, 0, 1, 0, 0 };
	struct icmp6_info ic;
	unsigned n;

	for (n = 0; n < 8; n++)
		assert_int_equal(icmp6_parse(p, n, &ic), i6cs_toosmall);
	assert_int_equal(icmp6_parse(p, 8, &ic), i6cs_none);
	assert_int_equal(ic.ic6_type, ICMP6_ECHO);
	assert_int_equal(ic.ic6_id, 0x1234);
	assert_int_equal(ic.ic6_seq, 7);
	assert_int_equal(ic.ic6_mtu, 0);
	assert_int_equal(icmp6_parse(big, 8, &ic), i6cs_none);
	assert_int_equal(ic.ic6_mtu, 65536);
}

#define UNREACH ICMP6_UNREACH, ICMP6_UNREACH_NOROUTE
#define TOOBIG  ICMP6_TOOBIG, 0
#define OPTION  ICMP6_PARAM, ICMP6_PARAM_OPTION
#define HEADER  ICMP6_PARAM, ICMP6_PARAM_HEADER

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	unsigned off;
	unsigned proto;
	int l4; /* first byte behind the headers; -1: none */
	bool mcast; /* on the link */
	unsigned type;
	unsigned code;
	bool may;
} answertab[] = {
	{ "plain", "2001:db8::1", "2001:db8::2", 0, 17, 0, false, UNREACH,
	    true },
	{ "nothing behind", "2001:db8::1", "2001:db8::2", 0, 17, -1, false,
	    UNREACH, true },
	{ "later fragment", "2001:db8::1", "2001:db8::2", 8, 17, 0, false,
	    UNREACH, true },
	{ "echo request", "2001:db8::1", "2001:db8::2", 0, 58, 128, false,
	    UNREACH, true },
	{ "informational", "2001:db8::1", "2001:db8::2", 0, 58, 200, false,
	    UNREACH, true },
	/* (e.1) */
	{ "error", "2001:db8::1", "2001:db8::2", 0, 58, 1, false, UNREACH,
	    false },
	{ "unknown error", "2001:db8::1", "2001:db8::2", 0, 58, 127, false,
	    UNREACH, false },
	{ "ICMPv6 without type", "2001:db8::1", "2001:db8::2", 0, 58, -1, false,
	    UNREACH, false },
	{ "later fragment of ICMPv6", "2001:db8::1", "2001:db8::2", 8, 58, 128,
	    false, UNREACH, false },
	/* (e.2) */
	{ "redirect", "2001:db8::1", "2001:db8::2", 0, 58, 137, false,
	    UNREACH, false },
	/* (e.3), and its exceptions */
	{ "to a group", "2001:db8::1", "ff02::1", 0, 17, 0, false, UNREACH,
	    false },
	{ "to a group, too big", "2001:db8::1", "ff0e::1", 0, 17, 0, false,
	    TOOBIG, true },
	{ "to a group, option", "2001:db8::1", "ff02::1", 0, 17, 0, false,
	    OPTION, true },
	{ "to a group, header", "2001:db8::1", "ff02::1", 0, 17, 0, false,
	    HEADER, false },
	/* (e.4), (e.5) */
	{ "link multicast", "2001:db8::1", "2001:db8::2", 0, 17, 0, true,
	    UNREACH, false },
	{ "link multicast, too big", "2001:db8::1", "2001:db8::2", 0, 17, 0,
	    true, TOOBIG, true },
	/* (e.6) */
	{ "from nobody", "::", "2001:db8::2", 0, 17, 0, false, UNREACH,
	    false },
	{ "from a group", "ff02::1", "2001:db8::2", 0, 17, 0, false, UNREACH,
	    false },
	{ "from nobody, too big", "::", "2001:db8::2", 0, 17, 0, false, TOOBIG,
	    false },
};

static void
test_may_answer(void **state)
{
	unsigned i;

	for (i = 0; i < countof(answertab); i++) {
		struct ip6_info i6 = { .i6_src = fx_v6(answertab[i].src),
			.i6_dst = fx_v6(answertab[i].dst),
			.i6_off = (uint16_t)answertab[i].off,
			.i6_proto = (uint8_t)answertab[i].proto };
		uint8_t l4 = (uint8_t)answertab[i].l4;

		if (icmp6_may_answer(&i6, &l4, answertab[i].l4 >= 0,
			answertab[i].mcast, answertab[i].type,
			answertab[i].code) != answertab[i].may)
			fail_msg("%s", answertab[i].name);
	}
}

static void
test_quoted_echo(void **state)
{
	static const uint8_t icmp[16] = { 58, 0, 1, 4, 0, 0, 0, 0, 128, 0, 0,
		0, 0xc0, 1, 0, 9 };
	const struct fx_packet fp = { .fp_src = "2001:db8::1",
		.fp_dst = "2001:db8::9",
		.fp_proto = IPP_DSTOPTS,
		.fp_payload = icmp,
		.fp_len = sizeof(icmp) };
	struct icmp6_quoted_echo iq;
	uint8_t p[64];
	unsigned i, n = fx_build(&fp, p);

	for (i = 0; i < n; i++)
		assert_false(icmp6_parse_quoted_echo(p, i, &iq));
	assert_true(icmp6_parse_quoted_echo(p, n, &iq));
	assert_true(in6_eq(iq.iq6_dst, fx_v6("2001:db8::9")));
	assert_int_equal(iq.iq6_id, 0xc001);
	assert_int_equal(iq.iq6_seq, 9);
	p[48] = ICMP6_ECHOREPLY;
	assert_false(icmp6_parse_quoted_echo(p, n, &iq));
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
