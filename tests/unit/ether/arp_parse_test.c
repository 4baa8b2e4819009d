/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP packets: what is accepted, and why the rest is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ether/arp_parse.h"
#include "ether/arp_wire.h"

/* 10.0.0.2 at 02:00:00:00:00:02 asks for 10.0.0.1. */
static const uint8_t request[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2,
	10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1 };

static void
test_request(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
	struct arp_info ai;
	uint8_t again[28];

	(void)state;
	assert_int_equal(arp_parse(request, sizeof(request), &ai), ars_none);
	assert_int_equal(ai.ai_op, ARPOP_REQUEST);
	assert_int_equal(ai.ai_spa, 0x0a000002);
	assert_int_equal(ai.ai_tpa, 0x0a000001);
	assert_memory_equal(ai.ai_sha, mac, 6);
	arp_build(again, &ai);
	assert_memory_equal(again, request, sizeof(request));
}

/* A request with some bytes changed. */
static const struct {
	const char *name;
	unsigned at;
	unsigned n;
	uint8_t bytes[6];
	enum arpstat why;
} changes[] = {
	{ "hardware 6", 0, 2, { 0, 6 }, ars_badhw },
	{ "protocol IPv6", 2, 2, { 0x86, 0xdd }, ars_badproto },
	{ "MAC of 8", 4, 1, { 8 }, ars_badlen },
	{ "address of 16", 5, 1, { 16 }, ars_badlen },
	{ "operation 0", 6, 2, { 0, 0 }, ars_badop },
	{ "reply", 6, 2, { 0, 2 }, ars_none },
	{ "operation 3", 6, 2, { 0, 3 }, ars_badop },
	{ "operation 0x101", 6, 2, { 1, 1 }, ars_badop },
	{ "sender's MAC a group", 8, 1, { 3 }, ars_badsha },
	{ "sender's MAC broadcast", 8, 6,
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, ars_badsha },
	{ "sender's MAC zero", 8, 6, { 0 }, ars_badsha },
	{ "probe", 14, 4, { 0 }, ars_none },
	{ "sender multicast", 14, 1, { 224 }, ars_badspa },
	{ "sender broadcast", 14, 4, { 255, 255, 255, 255 }, ars_badspa },
	{ "sender loopback", 14, 1, { 127 }, ars_badspa },
	{ "target's MAC anything", 18, 6,
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, ars_none },
	{ "target zero", 24, 4, { 0 }, ars_badtpa },
	{ "target multicast", 24, 1, { 239 }, ars_badtpa },
	{ "target broadcast", 24, 4, { 255, 255, 255, 255 }, ars_badtpa },
	{ "announcement", 24, 4, { 10, 0, 0, 2 }, ars_none },
};

static void
test_changes(void **state)
{
	uint8_t p[sizeof(request)];
	struct arp_info ai;
	enum arpstat why;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(changes); i++) {
		memcpy(p, request, sizeof(p));
		memcpy(p + changes[i].at, changes[i].bytes, changes[i].n);
		why = arp_parse(p, sizeof(p), &ai);
		if (why != changes[i].why)
			fail_msg("%s: %d", changes[i].name, why);
	}
}

/* The answer to a probe has no target address (RFC 5227, 2.1.1). */
static void
test_probe_reply(void **state)
{
	uint8_t p[sizeof(request)];
	struct arp_info ai;

	(void)state;
	memcpy(p, request, sizeof(p));
	p[7] = ARPOP_REPLY;
	memset(p + 24, 0, 4);
	assert_int_equal(arp_parse(p, sizeof(p), &ai), ars_none);
}

/* In memory of exactly that size, so that a sanitizer sees what lies behind. */
static void
test_truncated(void **state)
{
	struct arp_info ai;
	uint8_t *p;
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(request); n++) {
		p = malloc(n + (n == 0));
		assert_non_null(p);
		memcpy(p, request, n);
		assert_int_equal(arp_parse(p, n, &ai),
		    n < sizeof(request) ? ars_short : ars_none);
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_probe_reply),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
