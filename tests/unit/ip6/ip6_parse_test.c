/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 headers and chains of extension headers: what is taken, what is refused
 * and why, cut off anywhere.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_wire.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_wire.h"

/* A packet with this next header and payload; returns its length. */
static unsigned
build(uint8_t *p, unsigned nxt, const void *payload, unsigned n)
{
	const struct fx_packet fp = { .fp_src = "2001:db8::1",
		.fp_dst = "2001:db8:1::9",
		.fp_proto = nxt,
		.fp_payload = payload,
		.fp_len = n };

	return fx_build(&fp, p);
}

static void
test_values(void **state)
{
	struct ip6_info i6;
	uint8_t p[52];

	(void)build(p, IPP_UDP, NULL, 12);
	st32be(p, 0x6b812345);
	assert_int_equal(ip6_parse(p, 52, 52, &i6), i6s_none);
	assert_true(in6_eq(i6.i6_src, fx_v6("2001:db8::1")));
	assert_true(in6_eq(i6.i6_dst, fx_v6("2001:db8:1::9")));
	assert_int_equal(i6.i6_len, 52);
	assert_int_equal(i6.i6_proto, IPP_UDP);
	assert_int_equal(i6.i6_hlim, 64);
	assert_int_equal(i6.i6_tclass, 0xb8);
	assert_int_equal(i6.i6_flow, 0x12345);
	assert_int_equal(i6.i6_l4off, 40);
	assert_int_equal(i6.i6_flags, 0);
}

static void
test_cut(void **state)
{
	struct ip6_info i6;
	uint8_t p[52];
	unsigned n;

	(void)build(p, IPP_UDP, NULL, 12);
	for (n = 0; n < 52; n++)
		assert_int_equal(ip6_parse(p, n, n, &i6),
		    n < 40 ? i6s_toosmall : i6s_badlen);
	assert_int_equal(ip6_parse(p, 40, 52, &i6), i6s_none);
	assert_int_equal(ip6_parse(p, 52, 60, &i6), i6s_none);
	assert_int_equal(i6.i6_len, 52);
	p[0] = 0x40;
	assert_int_equal(ip6_parse(p, 52, 52, &i6), i6s_badvers);
	/* A jumbogram: RFC 2675 is not spoken here. */
	(void)build(p, IPP_HOPOPTS, NULL, 0);
	assert_int_equal(ip6_parse(p, 40, 52, &i6), i6s_badlen);
}

static const struct {
	const char *name;
	unsigned nxt;
	unsigned len;
	uint8_t ext[56];
	enum ip6stat want;
	unsigned proto; /* of the upper layer */
	unsigned l4off;
	unsigned flags;
	unsigned code; /* of the parameter problem */
	unsigned errptr;
} exttab[] = { /* RFC 8200, 4 */
	{ "none", IPP_UDP, 8, { 0 }, i6s_none, IPP_UDP, 40, 0, 0, 6 },
	{ "unknown protocol", 200, 8, { 0 }, i6s_none, 200, 40, 0, 0, 6 },
	{ "hop-by-hop, padding", IPP_HOPOPTS, 16, { 17, 0, 1, 4 }, i6s_none,
	    IPP_UDP, 48, 0, 0, 40 },
	{ "Pad1 only", IPP_DSTOPTS, 16, { 17, 0 }, i6s_none, IPP_UDP, 48, 0,
	    0, 40 },
	{ "router alert (RFC 2711)", IPP_HOPOPTS, 16,
	    { 58, 0, 5, 2, 0, 0, 1, 0 }, i6s_none, IPP_ICMPV6, 48, I6F_ALERT,
	    0, 40 },
	{ "destination of 16", IPP_DSTOPTS, 24, { 17, 1, 1, 12 }, i6s_none,
	    IPP_UDP, 56, 0, 0, 40 },
	{ "chain", IPP_HOPOPTS, 32,
	    { 60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4 }, i6s_none, IPP_UDP, 56,
	    0, 0, 48 },
	{ "unknown option to skip", IPP_DSTOPTS, 16, { 17, 0, 0x1e, 4 },
	    i6s_none, IPP_UDP, 48, 0, 0, 40 },
	{ "unknown option: discard", IPP_DSTOPTS, 16, { 17, 0, 0x5e, 4 },
	    i6s_badopt, 0, 0, 0, IP6_SILENT, 0 },
	{ "unknown option: tell", IPP_DSTOPTS, 16, { 17, 0, 0x9e, 4 },
	    i6s_badopt, 0, 0, 0, ICMP6_PARAM_OPTION, 42 },
	{ "unknown option: tell, unless multicast", IPP_DSTOPTS, 16,
	    { 17, 0, 0, 0xde, 3 }, i6s_badopt, 0, 0, 0, ICMP6_PARAM_OPTION,
	    43 },
	{ "option beyond its header", IPP_DSTOPTS, 16, { 17, 0, 1, 5 },
	    i6s_badext, 0, 0, 0, ICMP6_PARAM_HEADER, 43 },
	{ "option without length", IPP_DSTOPTS, 16, { 17, 0, 0, 0, 0, 0, 0, 1 },
	    i6s_badext, 0, 0, 0, ICMP6_PARAM_HEADER, 48 },
	{ "hop-by-hop not first", IPP_DSTOPTS, 24, { 0, 0, 1, 4 }, i6s_badext,
	    0, 0, 0, ICMP6_PARAM_NEXT, 40 },
	{ "header beyond the packet", IPP_DSTOPTS, 16, { 17, 2 }, i6s_badext, 0,
	    0, 0, IP6_SILENT, 0 },
	{ "routing, at its end", IPP_ROUTING, 16, { 17, 0, 0, 0 }, i6s_none,
	    IPP_UDP, 48, 0, 0, 40 },
	{ "routing type 0 (RFC 5095)", IPP_ROUTING, 32, { 17, 2, 0, 1 },
	    i6s_srcroute, 0, 0, 0, ICMP6_PARAM_HEADER, 42 },
	{ "routing type unknown", IPP_ROUTING, 32, { 17, 2, 99, 1 },
	    i6s_srcroute, 0, 0, 0, ICMP6_PARAM_HEADER, 42 },
	{ "atomic fragment (RFC 6946)", IPP_FRAGMENT, 16, { 17 }, i6s_none,
	    IPP_UDP, 48, I6F_FRAGMENT, 0, 40 },
	{ "first fragment", IPP_FRAGMENT, 16, { 17, 0, 0, 1 }, i6s_none,
	    IPP_UDP, 48, I6F_FRAGMENT | I6F_MF, 0, 40 },
	{ "later fragment: its rest is no header", IPP_FRAGMENT, 16,
	    { 60, 0, 0, 8 }, i6s_none, IPP_DSTOPTS, 48, I6F_FRAGMENT, 0, 40 },
	{ "fragment beyond 65535", IPP_FRAGMENT, 16, { 17, 0, 0xff, 0xf8 },
	    i6s_toolong, 0, 0, 0, ICMP6_PARAM_HEADER, 42 },
	{ "nothing follows", IPP_DSTOPTS, 8, { 59, 0, 1, 4 }, i6s_none,
	    IPP_NONE, 48, 0, 0, 40 },
};

static void
test_ext(void **state)
{
	struct ip6_info i6;
	uint8_t p[128];
	unsigned i, n;

	for (i = 0; i < countof(exttab); i++) {
		n = build(p, exttab[i].nxt, exttab[i].ext, exttab[i].len);
		assert_int_equal(ip6_parse(p, n, n, &i6), i6s_none);
		if (ip6_parse_ext(p, n, &i6) != exttab[i].want)
			fail_msg("%s", exttab[i].name);
		if (exttab[i].want == i6s_none) {
			assert_int_equal(i6.i6_proto, exttab[i].proto);
			assert_int_equal(i6.i6_l4off, exttab[i].l4off);
			assert_int_equal(i6.i6_flags, exttab[i].flags);
			assert_int_equal(i6.i6_errptr, exttab[i].errptr);
			continue;
		}
		assert_int_equal(i6.i6_errcode, exttab[i].code);
		if (exttab[i].code != IP6_SILENT)
			assert_int_equal(i6.i6_errptr, exttab[i].errptr);
	}
}

/* Each chain cut at every byte ends in a value or a reason. */
static void
test_ext_cut(void **state)
{
	struct ip6_info i6;
	uint8_t p[128];
	unsigned i, k, n;

	for (i = 0; i < countof(exttab); i++) {
		n = build(p, exttab[i].nxt, exttab[i].ext, exttab[i].len);
		for (k = 40; k < n; k++) {
			assert_int_equal(ip6_parse(p, n, n, &i6), i6s_none);
			if (ip6_parse_ext(p, k, &i6) == i6s_none)
				assert_true(i6.i6_l4off <= k);
		}
	}
}

static void
test_multicast_option(void **state)
{
	static const uint8_t ext[16] = { 17, 0, 0xde, 4 };
	struct ip6_info i6;
	uint8_t p[64];
	unsigned n = build(p, IPP_DSTOPTS, ext, sizeof(ext));

	p[24] = 0xff;
	assert_int_equal(ip6_parse(p, n, n, &i6), i6s_none);
	assert_int_equal(ip6_parse_ext(p, n, &i6), i6s_badopt);
	assert_int_equal(i6.i6_errcode, IP6_SILENT);
}

/* RFC 8504, 5.3. */
static void
test_bound(void **state)
{
	uint8_t ext[8 * 20], p[256];
	struct ip6_info i6;
	unsigned i, k, n;

	for (k = 1; k < 20; k++) {
		for (i = 0; i < 20; i++)
			memcpy(ext + 8 * i,
			    i + 1 == k ? "\x11\0\1\4\0\0\0\0" :
			    "\x3c\0\1\4\0\0\0\0",
			    8);
		n = build(p, IPP_DSTOPTS, ext, sizeof(ext));
		assert_int_equal(ip6_parse(p, n, n, &i6), i6s_none);
		assert_int_equal(ip6_parse_ext(p, n, &i6),
		    k <= IP6_EXT_MAX ? i6s_none : i6s_manyext);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_ext),
		cmocka_unit_test(test_ext_cut),
		cmocka_unit_test(test_multicast_option),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
