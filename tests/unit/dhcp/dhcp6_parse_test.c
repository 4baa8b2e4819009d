/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 messages as a relay takes and makes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dhcp/dhcp6_parse.h"
#include "dhcp/dhcp_wire.h"

static const struct in6 link = { 0x20010db800000001, 1 };
static const struct in6 peer = { 0xfe80000000000000, 9 };
static const uint8_t solicit[] = { 1, 0xaa, 0xbb, 0xcc, 0, 8, 0, 2, 0, 0 };

static void
test_round_trip(void **state)
{
	struct dhcp6_info d6;
	uint8_t p[100];
	size_t n;

	(void)state;
	n = dhcp6_forward_build(solicit, sizeof(solicit), 3, link, peer,
	    (const uint8_t *)"lan", 3, p, sizeof(p));
	assert_int_equal(n, 34 + 4 + 3 + 4 + sizeof(solicit));
	assert_int_equal(dhcp6_parse(p, n, &d6), rls_none);
	assert_int_equal(d6.d6_type, DHCP6_RELAY_FORW);
	assert_int_equal(d6.d6_hops, 3);
	assert_true(in6_eq(d6.d6_link, link));
	assert_true(in6_eq(d6.d6_peer, peer));
	assert_int_equal(d6.d6_idlen, 3);
	assert_memory_equal(p + d6.d6_id, "lan", 3);
	assert_int_equal(d6.d6_msglen, sizeof(solicit));
	assert_memory_equal(p + d6.d6_msg, solicit, sizeof(solicit));
	assert_int_equal(dhcp6_forward_build(solicit, sizeof(solicit), 3, link,
	    peer, (const uint8_t *)"lan", 3, p, n - 1), 0);
}

/* A client's message is not looked into; it may be of any kind (RFC 7283). */
static void
test_client(void **state)
{
	struct dhcp6_info d6;
	uint8_t p[4] = { 200, 1, 2, 3 };

	(void)state;
	assert_int_equal(dhcp6_parse(solicit, sizeof(solicit), &d6), rls_none);
	assert_int_equal(d6.d6_type, 1);
	assert_int_equal(d6.d6_msg, 0);
	assert_int_equal(dhcp6_parse(p, 4, &d6), rls_none);
	assert_int_equal(d6.d6_type, 200);
	assert_int_equal(dhcp6_parse(p, 3, &d6), rls_toosmall);
	assert_int_equal(dhcp6_parse(p, 0, &d6), rls_toosmall);
}

#define MSG 0, 9, 0, 4, 7, 1, 2, 3

static const struct {
	const char *name;
	unsigned n; /* of the options */
	uint8_t opt[24];
	enum relaystat want;
} tab[] = {
	{ "no option", 0, { 0 }, rls_badopt },
	{ "a message", 8, { MSG }, rls_none },
	{ "others around it", 18, { 0, 79, 0, 1, 5, MSG, 0, 37, 0, 1, 5 },
	    rls_none },
	{ "two messages", 16, { MSG, MSG }, rls_badopt },
	{ "an identifier", 13, { 0, 18, 0, 1, 'x', MSG }, rls_none },
	{ "two identifiers", 18, { 0, 18, 0, 1, 'x', 0, 18, 0, 1, 'x', MSG },
	    rls_badopt },
	{ "a message that is too short", 7, { 0, 9, 0, 3, 7, 1, 2 },
	    rls_badopt },
	{ "a message that is cut off", 7, { 0, 9, 0, 4, 7, 1, 2 },
	    rls_badopt },
	{ "an option without length", 11, { MSG, 0, 18, 0 }, rls_badopt },
	{ "an option that is cut off", 12, { MSG, 0, 18, 0, 1 }, rls_badopt },
	{ "the largest length", 12, { MSG, 0, 18, 0xff, 0xff }, rls_badopt },
};

static void
test_options(void **state)
{
	struct dhcp6_info d6;
	uint8_t p[100] = { DHCP6_RELAY_REPL };
	unsigned i;

	(void)state;
	for (i = 0; i < countof(tab); i++) {
		memcpy(p + 34, tab[i].opt, tab[i].n);
		if (dhcp6_parse(p, 34 + tab[i].n, &d6) != tab[i].want)
			fail_msg("%s", tab[i].name);
	}
	assert_int_equal(dhcp6_parse(p, 33, &d6), rls_toosmall);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
