/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source addresses: the examples of RFC 6724, 10.1, and each rule by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip6/ip6_source.h"

#define OUT 1u /* the interface it leaves on */

static const struct {
	const char *name;
	const char *dst;
	const char *first;
	unsigned flags, ifindex;
	const char *second;
	unsigned flags2, ifindex2;
} pairs[] = {
	/* RFC 6724, 10.1 */
	{ "scope", "2001:db8:1::1", "2001:db8:3::1/64", 0, OUT, "fe80::1/64",
	    0, OUT },
	{ "scope of a group", "ff05::1", "2001:db8:3::1/64", 0, OUT,
	    "fe80::1/64", 0, OUT },
	{ "same address", "2001:db8:1::1", "2001:db8:1::1/64", IFA_DEPRECATED,
	    OUT, "2001:db8:2::1/64", 0, OUT },
	{ "scope before deprecated", "fe80::1", "fe80::2/64", IFA_DEPRECATED,
	    OUT, "2001:db8:1::1/64", 0, OUT },
	{ "longest prefix", "2001:db8:1::1", "2001:db8:1::2/64", 0, OUT,
	    "2001:db8:3::2/64", 0, OUT },
	{ "label", "2002:c633:6401::1",
	    "2002:c633:6401::d5e3:7953:13eb:22e8/64", 0, OUT,
	    "2001:db8:1::2/64", 0, OUT },
	/* The rest. */
	{ "deprecated", "2001:db8:1::1", "2001:db8:3::2/64", 0, OUT,
	    "2001:db8:1::2/64", IFA_DEPRECATED, OUT },
	{ "interface", "2001:db8:1::1", "2001:db8:3::2/64", 0, OUT,
	    "2001:db8:1::2/64", 0, 2 },
	{ "interface before label", "fd00::1", "2001:db8::1/64", 0, OUT,
	    "fd00::2/64", 0, 2 },
	{ "unique local", "fd00:1::1", "fd00:2::1/64", 0, OUT,
	    "2001:db8::1/64", 0, OUT },
	{ "link-local to link-local", "fe80::9", "fe80::1/64", 0, OUT,
	    "2001:db8::1/64", 0, OUT },
	{ "all nodes", "ff02::1", "fe80::1/64", 0, OUT, "2001:db8::1/64", 0,
	    OUT },
};

static struct ifaddr
address(const char *text, unsigned flags)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text), 0);
	return (struct ifaddr){ .ifa_addr = p.p_addr, .ifa_plen = p.p_len,
		.ifa_flags = (uint8_t)flags };
}

static void
test_pairs(void **state)
{
	struct ifaddr a, b;
	struct addr dst;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(pairs); i++) {
		assert_int_equal(addr_parse(&dst, pairs[i].dst), 0);
		a = address(pairs[i].first, pairs[i].flags);
		b = address(pairs[i].second, pairs[i].flags2);
		if (!in6_source_before(&a, pairs[i].ifindex, &b,
			pairs[i].ifindex2, dst.a_v6, OUT))
			fail_msg("%s: the wrong one", pairs[i].name);
		if (in6_source_before(&b, pairs[i].ifindex2, &a,
			pairs[i].ifindex, dst.a_v6, OUT))
			fail_msg("%s: both are the better one", pairs[i].name);
	}
}

/* RFC 6724, 2.2: bits of the interface identifier do not count. */
static void
test_equal(void **state)
{
	struct ifaddr a = address("2001:db8::1/64", 0);
	struct ifaddr b = address("2001:db8::ff/64", 0);
	struct addr dst;

	(void)state;
	assert_int_equal(addr_parse(&dst, "2001:db8::fe"), 0);
	assert_false(in6_source_before(&a, OUT, &b, OUT, dst.a_v6, OUT));
	assert_false(in6_source_before(&b, OUT, &a, OUT, dst.a_v6, OUT));
}

static void
test_labels(void **state)
{
	static const struct {
		const char *addr;
		unsigned label, scope;
	} tab[] = { { "::1", 0, 2 }, { "2001:db8::1", 1, 14 },
		{ "2002::1", 2, 14 }, { "::192.0.2.1", 3, 14 },
		{ "::ffff:192.0.2.1", 4, 14 }, { "2001::1", 5, 14 },
		{ "fec0::1", 11, 5 }, { "3ffe::1", 12, 14 },
		{ "fd00::1", 13, 14 }, { "fe80::1", 1, 2 },
		{ "ff02::1", 1, 2 }, { "ff0e::1", 1, 14 },
		{ "ff05::2", 1, 5 } };
	struct addr a;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(tab); i++) {
		assert_int_equal(addr_parse(&a, tab[i].addr), 0);
		if (in6_label(a.a_v6) != tab[i].label ||
		    in6_scope(a.a_v6) != tab[i].scope)
			fail_msg("%s: label %u, scope %u", tab[i].addr,
			    in6_label(a.a_v6), in6_scope(a.a_v6));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
