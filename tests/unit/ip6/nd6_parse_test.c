/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery messages: what is accepted, and why the rest is not
 * (RFC 4861, 6.1, 7.1, 8.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_parse.h"
#include "mbuf/in_cksum.h"

#define LL(n)	   { UINT64_C(0xfe80000000000000), n }
#define SOLNODE(n) { IN6_SOLICITED_HI, IN6_SOLICITED_LO | (n) }
#define ALLNODES   { UINT64_C(0xff02000000000000), 1 }
#define NONE	   { 0, 0 }

#define TARGET 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define GROUP  0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define SLLA   1, 1, 2, 0, 0, 0, 0, 2
#define TLLA   2, 1, 2, 0, 0, 0, 0, 2
#define NONCE  14, 1, 1, 2, 3, 4, 5, 6
#define MTU    5, 1, 0, 0, 0, 0, 5, 0xdc

static const struct {
	const char *name;
	struct in6 src;
	struct in6 dst;
	unsigned hlim;
	unsigned len;
	uint8_t bytes[64];
	enum nd6stat why;
	bool lla;
	bool nonce;
} cases[] = {
	{ "NS", LL(2), SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, SLLA }, nds_none, true, false },
	{ "NS, unicast", LL(2), LL(1), 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_none, false, false },
	{ "NS, DAD", NONE, SOLNODE(1), 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_none, false, false },
	{ "NS, DAD, nonce", NONE, SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, NONCE }, nds_none, false,
	    true },
	{ "NS, DAD, unicast", NONE, LL(1), 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_baddst, false, false },
	{ "NS, DAD, all nodes", NONE, ALLNODES, 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_baddst, false, false },
	{ "NS, DAD with MAC", NONE, SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, SLLA }, nds_badopt, true,
	    false },
	{ "NS, foreign option", LL(2), SOLNODE(1), 255, 40,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, MTU, SLLA }, nds_none, true,
	    false },
	{ "NS, other's MAC option", LL(2), SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, TLLA }, nds_none, false,
	    false },
	{ "NS, hop limit 254", LL(2), SOLNODE(1), 254, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_badhlim, false, false },
	{ "NS, code 1", LL(2), SOLNODE(1), 255, 24,
	    { 135, 1, 0, 0, 0, 0, 0, 0, TARGET }, nds_badcode, false, false },
	{ "NS, target a group", LL(2), SOLNODE(1), 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, GROUP }, nds_badtarget, false, false },
	{ "NS, from a group", ALLNODES, SOLNODE(1), 255, 24,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET }, nds_badsrc, false, false },
	{ "NS, option of no length", LL(2), SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, 1, 0 }, nds_badopt, false,
	    false },
	{ "NS, option too long", LL(2), SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, 1, 2 }, nds_badopt, false,
	    false },
	{ "NS, longer MAC", LL(2), SOLNODE(1), 255, 40,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, 1, 2 }, nds_none, false,
	    false },
	{ "NS, MAC a group", LL(2), SOLNODE(1), 255, 32,
	    { 135, 0, 0, 0, 0, 0, 0, 0, TARGET, 1, 1, 3 }, nds_badmac, true,
	    false },

	{ "NA, solicited", LL(1), LL(2), 255, 32,
	    { 136, 0, 0, 0, 0x60, 0, 0, 0, TARGET, TLLA }, nds_none, true,
	    false },
	{ "NA, without MAC", LL(1), LL(2), 255, 24,
	    { 136, 0, 0, 0, 0x40, 0, 0, 0, TARGET }, nds_none, false, false },
	{ "NA, unsolicited", LL(1), ALLNODES, 255, 32,
	    { 136, 0, 0, 0, 0x20, 0, 0, 0, TARGET, TLLA }, nds_none, true,
	    false },
	{ "NA, solicited, to a group", LL(1), ALLNODES, 255, 32,
	    { 136, 0, 0, 0, 0x40, 0, 0, 0, TARGET, TLLA }, nds_baddst, true,
	    false },
	{ "NA, target a group", LL(1), LL(2), 255, 24,
	    { 136, 0, 0, 0, 0x40, 0, 0, 0, GROUP }, nds_badtarget, false,
	    false },
	{ "NA, from nobody", NONE, LL(2), 255, 24,
	    { 136, 0, 0, 0, 0x40, 0, 0, 0, TARGET }, nds_badsrc, false, false },

	{ "RS", LL(2), ALLNODES, 255, 16, { 133, 0, 0, 0, 0, 0, 0, 0, SLLA },
	    nds_none, true, false },
	{ "RA", LL(2), ALLNODES, 255, 16, { 134 }, nds_none, false, false },
	{ "RS, no address", NONE, ALLNODES, 255, 8, { 133 }, nds_none, false,
	    false },
	{ "RS, no address but a MAC", NONE, ALLNODES, 255, 16,
	    { 133, 0, 0, 0, 0, 0, 0, 0, SLLA }, nds_badopt, true, false },
	{ "RA, not link-local", { UINT64_C(0x20010db800000000), 2 }, ALLNODES,
	    255, 16, { 134 }, nds_badsrc, false, false },
	{ "RA, from nobody", NONE, ALLNODES, 255, 16, { 134 }, nds_badsrc,
	    false, false },
	{ "RA, hop limit 64", LL(2), ALLNODES, 64, 16, { 134 }, nds_badhlim,
	    false, false },
	{ "RA, short", LL(2), ALLNODES, 255, 15, { 134 }, nds_short, false,
	    false },
	{ "redirect", LL(2), LL(1), 255, 40, { 137 }, nds_none, false, false },
	{ "redirect, short", LL(2), LL(1), 255, 39, { 137 }, nds_short, false,
	    false },
	{ "echo", LL(2), LL(1), 255, 40, { 128 }, nds_badtype, false, false },
	{ "138", LL(2), LL(1), 255, 40, { 138 }, nds_badtype, false, false },
};

static enum nd6stat
parse(unsigned i, const uint8_t *p, size_t n, struct nd6_info *nd)
{
	*nd = (struct nd6_info){ .nd_src = cases[i].src,
		.nd_dst = cases[i].dst,
		.nd_hlim = (uint8_t)cases[i].hlim };
	return nd6_parse(p, n, nd);
}

static void
test_cases(void **state)
{
	struct nd6_info nd;
	enum nd6stat why;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(cases); i++) {
		why = parse(i, cases[i].bytes, cases[i].len, &nd);
		if (why != cases[i].why || nd.nd_haslla != cases[i].lla ||
		    nd.nd_hasnonce != cases[i].nonce)
			fail_msg("%s: %d", cases[i].name, why);
	}
}

static void
test_values(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
	struct nd6_info nd;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(cases); i++) {
		if (cases[i].why != nds_none)
			continue;
		assert_int_equal(
		    parse(i, cases[i].bytes, cases[i].len, &nd), nds_none);
		assert_int_equal(nd.nd_type, cases[i].bytes[0]);
		assert_int_equal(nd.nd_flags, cases[i].bytes[4]);
		if (nd.nd_type == ND6_NS || nd.nd_type == ND6_NA)
			assert_int_equal(nd.nd_target.i6_lo, 1);
		if (nd.nd_haslla)
			assert_memory_equal(nd.nd_lla, mac, 6);
	}
}

/* In memory of exactly that size, so that a sanitizer sees what lies behind. */
static void
test_truncated(void **state)
{
	struct nd6_info nd;
	unsigned i, n;
	uint8_t *p;

	(void)state;
	for (i = 0; i < countof(cases); i++)
		for (n = 0; n < cases[i].len; n++) {
			p = malloc(n + (n == 0));
			assert_non_null(p);
			memcpy(p, cases[i].bytes, n);
			/* Cut between options it may still be good. */
			if (parse(i, p, n, &nd) == nds_none)
				assert_int_equal(n % 8, 0);
			free(p);
		}
}

/* What we build is what we would accept. */
static void
test_build(void **state)
{
	uint8_t p[ND6_BUILD_MAX];
	struct nd6_info nd, again;
	struct in6 src, dst;
	unsigned i, len;
	uint64_t sum;

	(void)state;
	for (i = 0; i < countof(cases); i++) {
		if (cases[i].why != nds_none || cases[i].bytes[0] < ND6_NS ||
		    cases[i].bytes[0] > ND6_NA)
			continue;
		(void)parse(i, cases[i].bytes, cases[i].len, &nd);
		len = nd6_build(p, &nd);
		assert_true(len <= sizeof(p));
		assert_int_equal(p[0], 0x60);
		assert_int_equal(ld16be(p + 4), len - 40);
		assert_int_equal(p[6], IPP_ICMPV6);
		assert_int_equal(p[7], 255);
		src = in6_load(p + 8);
		dst = in6_load(p + 24);
		sum = in6_cksum_pseudo(src, dst, IPP_ICMPV6, len - 40);
		assert_int_equal(
		    in_cksum_fold(in_cksum_add(p + 40, len - 40, sum)), 0);
		memset(&again, 0, sizeof(again));
		again.nd_src = src;
		again.nd_dst = dst;
		again.nd_hlim = p[7];
		assert_int_equal(
		    nd6_parse(p + 40, len - 40, &again), nds_none);
		assert_int_equal(again.nd_type, nd.nd_type);
		assert_int_equal(again.nd_flags, nd.nd_flags);
		assert_true(in6_eq(again.nd_target, nd.nd_target));
		assert_int_equal(again.nd_haslla, nd.nd_haslla);
		assert_int_equal(again.nd_hasnonce, nd.nd_hasnonce);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
