/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP messages: what is taken and what is not, and option 82 in and out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dhcp/dhcp_parse.h"
#include "dhcp/dhcp_wire.h"

#define FIXED 236u
#define OPTS  240u

/* A request with these options behind the cookie. */
static size_t
message(uint8_t *p, const uint8_t *opt, size_t n)
{
	size_t i;

	for (i = 0; i < FIXED; i++)
		p[i] = (uint8_t)(i * 7);
	p[0] = BOOTREQUEST;
	p[1] = 1;
	p[2] = 6;
	p[3] = 3;
	p[10] = 0x80;
	st32be(p + FIXED, DHCP_COOKIE);
	if (n > 0)
		memcpy(p + OPTS, opt, n);
	return OPTS + n;
}

static void
test_values(void **state)
{
	static const uint8_t opt[] = { 53, 1, 1, 255 };
	struct dhcp_info di;
	uint8_t p[400];
	size_t n = message(p, opt, sizeof(opt));

	(void)state;
	st32be(p + 12, 0x0a000001);
	st32be(p + 16, 0x0a000002);
	st32be(p + 24, 0x0a000003);
	assert_int_equal(dhcp_parse(p, n, &di), rls_none);
	assert_int_equal(di.di_op, BOOTREQUEST);
	assert_int_equal(di.di_htype, 1);
	assert_int_equal(di.di_hlen, 6);
	assert_int_equal(di.di_hops, 3);
	assert_int_equal(di.di_ciaddr, 0x0a000001);
	assert_int_equal(di.di_yiaddr, 0x0a000002);
	assert_int_equal(di.di_giaddr, 0x0a000003);
	assert_memory_equal(di.di_chaddr, p + 28, 16);
	assert_true(di.di_broadcast);
	assert_true(di.di_options);
	assert_false(di.di_agent);
	p[10] = 0x7f;
	assert_int_equal(dhcp_parse(p, n, &di), rls_none);
	assert_false(di.di_broadcast);
}

static const struct {
	const char *name;
	unsigned n;
	uint8_t opt[16];
	enum relaystat want;
	bool agent;
} forms[] = {
	{ "none", 0, { 0 }, rls_none, false },
	{ "end", 1, { 255 }, rls_none, false },
	{ "pads", 4, { 0, 0, 255, 0 }, rls_none, false },
	{ "no end", 3, { 53, 1, 1 }, rls_none, false },
	{ "agent", 7, { 53, 1, 1, 82, 1, 7, 255 }, rls_none, true },
	{ "agent behind the end", 4, { 255, 82, 1, 7 }, rls_none, false },
	{ "agent inside another", 6, { 43, 3, 82, 1, 7, 255 }, rls_none,
	    false },
	{ "empty", 3, { 80, 0, 255 }, rls_none, false },
	{ "no length", 1, { 53 }, rls_badopt, false },
	{ "cut off", 3, { 53, 2, 1 }, rls_badopt, false },
	{ "junk behind the end", 3, { 255, 53, 9 }, rls_none, false },
};

static void
test_forms(void **state)
{
	struct dhcp_info di;
	uint8_t p[400];
	unsigned i;
	size_t n;

	(void)state;
	for (i = 0; i < countof(forms); i++) {
		n = message(p, forms[i].opt, forms[i].n);
		if (dhcp_parse(p, n, &di) != forms[i].want)
			fail_msg("%s", forms[i].name);
		if (forms[i].want == rls_none && di.di_agent != forms[i].agent)
			fail_msg("%s: agent", forms[i].name);
	}
}

static void
test_malformed(void **state)
{
	struct dhcp_info di;
	uint8_t p[400];
	size_t n = message(p, NULL, 0);

	(void)state;
	assert_int_equal(dhcp_parse(p, FIXED - 1, &di), rls_toosmall);
	assert_int_equal(dhcp_parse(p, 0, &di), rls_toosmall);
	assert_int_equal(dhcp_parse(p, FIXED, &di), rls_none);
	assert_false(di.di_options);
	p[0] = 3;
	assert_int_equal(dhcp_parse(p, n, &di), rls_badop);
	p[0] = BOOTREPLY;
	p[2] = 17;
	assert_int_equal(dhcp_parse(p, n, &di), rls_badhlen);
	p[2] = 16;
	assert_int_equal(dhcp_parse(p, n, &di), rls_none);
}

static const uint8_t mine[] = { 82, 4, 1, 2, 'i', 'f' };

static const struct {
	const char *name;
	unsigned n;
	uint8_t opt[24];
	bool strip, add;
	unsigned nwant;
	uint8_t want[24]; /* then zeros */
} rewrites[] = {
	{ "as it is", 4, { 53, 1, 1, 255 }, false, false, 4,
	    { 53, 1, 1, 255 } },
	{ "nothing to take out", 6, { 53, 1, 1, 255, 9, 9 }, true, false, 6,
	    { 53, 1, 1, 255, 9, 9 } },
	{ "put in", 4, { 53, 1, 1, 255 }, false, true, 10,
	    { 53, 1, 1, 82, 4, 1, 2, 'i', 'f', 255 } },
	{ "put in without an end", 3, { 53, 1, 1 }, false, true, 10,
	    { 53, 1, 1, 82, 4, 1, 2, 'i', 'f', 255 } },
	{ "taken out", 12, { 53, 1, 1, 82, 2, 9, 9, 54, 0, 255, 1, 2 }, true,
	    false, 6, { 53, 1, 1, 54, 0, 255 } },
	{ "taken out twice", 11, { 82, 2, 9, 9, 53, 1, 1, 82, 1, 9, 255 },
	    true, false, 4, { 53, 1, 1, 255 } },
	{ "replaced", 8, { 82, 2, 9, 9, 53, 1, 1, 255 }, true, true, 10,
	    { 53, 1, 1, 82, 4, 1, 2, 'i', 'f', 255 } },
	{ "added to another", 8, { 82, 2, 9, 9, 53, 1, 1, 255 }, false, true,
	    14, { 82, 2, 9, 9, 53, 1, 1, 82, 4, 1, 2, 'i', 'f', 255 } },
};

static void
test_rewrite(void **state)
{
	uint8_t p[400], out[400], want[BOOTP_MIN];
	struct dhcp_info di;
	unsigned i;
	size_t n;

	(void)state;
	for (i = 0; i < countof(rewrites); i++) {
		n = message(p, rewrites[i].opt, rewrites[i].n);
		memset(want, 0, sizeof(want));
		memcpy(want, p, OPTS);
		memcpy(want + OPTS, rewrites[i].want, rewrites[i].nwant);
		assert_int_equal(dhcp_parse(p, n, &di), rls_none);
		memset(out, 0xee, sizeof(out));
		n = dhcp_rewrite(p, n, &di, rewrites[i].strip,
		    rewrites[i].add ? mine : NULL,
		    rewrites[i].add ? sizeof(mine) : 0, out, sizeof(out));
		assert_int_equal(n, BOOTP_MIN);
		if (memcmp(out, want, n) != 0)
			fail_msg("%s", rewrites[i].name);
	}
}

/* It never gets longer than it may. */
static void
test_room(void **state)
{
	uint8_t p[400], opt[100], out[400];
	struct dhcp_info di;
	size_t n;

	(void)state;
	memset(opt, 0, sizeof(opt));
	opt[0] = 43;
	opt[1] = 97;
	opt[99] = 255;
	n = message(p, opt, sizeof(opt));
	assert_int_equal(dhcp_parse(p, n, &di), rls_none);
	assert_int_equal(dhcp_rewrite(p, n, &di, false, mine, sizeof(mine),
	    out, n + sizeof(mine)), n + sizeof(mine));
	assert_int_equal(dhcp_rewrite(p, n, &di, false, mine, sizeof(mine),
	    out, n + sizeof(mine) - 1), 0);
	assert_int_equal(
	    dhcp_rewrite(p, n, &di, false, NULL, 0, out, n - 1), 0);
}

/* Plain BOOTP has no place for options. */
static void
test_bootp(void **state)
{
	uint8_t p[400], out[400];
	struct dhcp_info di;

	(void)state;
	(void)message(p, NULL, 0);
	st32be(p + FIXED, 0);
	memset(p + OPTS, 0x52, 60);
	assert_int_equal(dhcp_parse(p, 300, &di), rls_none);
	assert_int_equal(dhcp_rewrite(p, 300, &di, true, mine, sizeof(mine),
	    out, sizeof(out)), 300);
	assert_memory_equal(p, out, 300);
}

static void
test_agent(void **state)
{
	static const uint8_t want[] = { 82, 9, 1, 3, 'a', 'b', 'c', 2, 2, 'x',
		'y' };
	uint8_t out[DHCP_AGENT_MAX];

	(void)state;
	assert_int_equal(dhcp_agent_build((const uint8_t *)"abc", 3,
	    (const uint8_t *)"xy", 2, out), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	assert_int_equal(dhcp_agent_build((const uint8_t *)"if", 2, NULL, 0,
	    out), sizeof(mine));
	assert_memory_equal(out, mine, sizeof(mine));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_bootp),
		cmocka_unit_test(test_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
