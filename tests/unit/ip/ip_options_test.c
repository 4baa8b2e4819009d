/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 options: which are malformed, what is recorded, which are copied into
 * fragments and echo replies.  RFC 791, 3.1; RFC 1812, 5.3.13; RFC 7126.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip/ip_options.h"

/* A header with these options; returns its length. */
static unsigned
header(uint8_t p[IP_HLEN_MAX], const uint8_t *opt, unsigned len)
{
	memset(p, 0, IP_HLEN_MAX);
	p[0] = (uint8_t)(0x45 + len / 4);
	memcpy(p + IP_HLEN, opt, len);
	return IP_HLEN + len;
}

static const struct {
	const char *name;
	unsigned len;
	uint8_t opt[16];
	enum ipstat want;
	unsigned errptr;
} formtab[] = {
	{ "none but padding", 4, { 1, 1, 1, 0 }, ips_none, 0 },
	{ "end, then anything", 4, { 0, 7, 0xff, 1 }, ips_none, 0 },
	{ "router alert (RFC 2113)", 4, { 148, 4, 0, 0 }, ips_none, 0 },
	{ "unknown", 4, { 0x5e, 4, 1, 2 }, ips_none, 0 },
	{ "length 0", 4, { 7, 0, 0, 0 }, ips_badopt, 21 },
	{ "length 1", 4, { 7, 1, 0, 0 }, ips_badopt, 21 },
	{ "beyond the header", 4, { 7, 5, 0, 0 }, ips_badopt, 21 },
	{ "type without length", 4, { 1, 1, 1, 7 }, ips_badopt, 24 },
	{ "second beyond", 8, { 148, 4, 0, 0, 7, 5, 4, 0 }, ips_badopt, 25 },
	{ "unknown of length 0", 4, { 0x5e, 0, 1, 2 }, ips_badopt, 21 },
	{ "loose source route", 8, { 131, 7, 4, 1, 2, 3, 4, 0 },
	    ips_srcroute, 0 },
	{ "strict source route", 8, { 137, 7, 4, 1, 2, 3, 4, 0 },
	    ips_srcroute, 0 },
	{ "source route behind another", 12,
	    { 148, 4, 0, 0, 131, 7, 4, 1, 2, 3, 4, 0 }, ips_srcroute, 0 },
	{ "record route", 8, { 7, 7, 4, 0, 0, 0, 0, 0 }, ips_none, 0 },
	{ "full", 8, { 7, 7, 8, 1, 2, 3, 4, 0 }, ips_none, 0 },
	{ "room for nobody", 4, { 7, 3, 4, 0 }, ips_none, 0 },
	{ "too short to have a pointer", 4, { 7, 2, 4, 0 }, ips_badopt, 21 },
	{ "pointer to itself", 8, { 7, 7, 3, 0, 0, 0, 0, 0 }, ips_badopt, 22 },
	{ "room for half", 8, { 7, 7, 5, 0, 0, 0, 0, 0 }, ips_badopt, 22 },
	{ "room for a byte", 8, { 1, 7, 7, 7, 0, 0, 0, 0 }, ips_badopt, 23 },
	{ "twice", 8, { 7, 3, 4, 1, 7, 3, 4, 0 }, ips_badopt, 24 },
	{ "timestamp", 8, { 68, 8, 5, 0, 0, 0, 0, 0 }, ips_none, 0 },
	{ "with address", 12, { 68, 12, 5, 1 }, ips_none, 0 },
	{ "prespecified", 12, { 68, 12, 5, 3 }, ips_none, 0 },
	{ "full, counted", 4, { 68, 4, 5, 0xe0 }, ips_none, 0 },
	{ "full, cannot be counted", 4, { 68, 4, 5, 0xf0 }, ips_badopt, 23 },
	{ "full, all were asked", 4, { 68, 4, 5, 0xf3 }, ips_none, 0 },
	{ "too short for a flag", 4, { 68, 3, 5, 0 }, ips_badopt, 21 },
	{ "pointer to the flag", 8, { 68, 8, 4, 0, 0, 0, 0, 0 }, ips_badopt,
	    22 },
	{ "time for half", 8, { 68, 8, 6, 0, 0, 0, 0, 0 }, ips_badopt, 22 },
	{ "address, no time", 8, { 68, 8, 5, 1, 0, 0, 0, 0 }, ips_badopt, 22 },
	{ "asked, no time", 8, { 68, 8, 5, 3, 0, 0, 0, 0 }, ips_badopt, 22 },
	{ "unknown flag", 8, { 68, 8, 5, 2, 0, 0, 0, 0 }, ips_badopt, 23 },
	{ "time twice", 8, { 68, 4, 5, 0, 68, 4, 5, 0 }, ips_badopt, 24 },
};

static void
test_form(void **state)
{
	uint8_t p[IP_HLEN_MAX];
	struct ip_options io;
	unsigned i, hlen, errptr;

	(void)state;
	for (i = 0; i < countof(formtab); i++) {
		errptr = 0;
		hlen = header(p, formtab[i].opt, formtab[i].len);
		if (ip_options_parse(p, hlen, &io, &errptr) !=
			formtab[i].want ||
		    errptr != formtab[i].errptr)
			fail_msg("%s: byte %u", formtab[i].name, errptr);
	}
}

#define ADDR  0x0a000001u
#define STAMP 0x01020304u

/* What ADDR and STAMP make of an option; next_ours where it counts. */
static const struct {
	const char *name;
	unsigned len;
	uint8_t opt[16];
	bool ours;
	uint8_t want[16];
} recordtab[] = {
	{ "route", 8, { 1, 7, 7, 4, 9, 9, 9, 9 }, false,
	    { 1, 7, 7, 8, 10, 0, 0, 1 } },
	{ "second of a route", 12, { 7, 11, 8, 9, 9, 9, 9, 0, 0, 0, 0 }, false,
	    { 7, 11, 12, 9, 9, 9, 9, 10, 0, 0, 1 } },
	{ "full route", 8, { 7, 7, 8, 9, 9, 9, 9 }, false,
	    { 7, 7, 8, 9, 9, 9, 9 } },
	{ "time", 8, { 68, 8, 5, 0, 9, 9, 9, 9 }, false,
	    { 68, 8, 9, 0, 1, 2, 3, 4 } },
	{ "address and time", 12, { 68, 12, 5, 1 }, false,
	    { 68, 12, 13, 1, 10, 0, 0, 1, 1, 2, 3, 4 } },
	{ "no room", 8, { 68, 8, 9, 0x21, 9, 9, 9, 9 }, false,
	    { 68, 8, 9, 0x31, 9, 9, 9, 9 } },
	{ "one more, then no more", 4, { 68, 4, 5, 0xe0 }, false,
	    { 68, 4, 5, 0xf0 } },
	{ "asked for", 12, { 68, 12, 5, 3, 10, 0, 0, 7 }, true,
	    { 68, 12, 13, 3, 10, 0, 0, 7, 1, 2, 3, 4 } },
	{ "somebody else asked for", 12, { 68, 12, 5, 3, 10, 0, 0, 7 }, false,
	    { 68, 12, 5, 3, 10, 0, 0, 7 } },
	{ "all that were asked for", 12,
	    { 68, 12, 13, 3, 10, 0, 0, 7, 1, 1, 1, 1 }, true,
	    { 68, 12, 13, 3, 10, 0, 0, 7, 1, 1, 1, 1 } },
	{ "both", 16, { 7, 7, 4, 0, 0, 0, 0, 68, 8, 5 }, false,
	    { 7, 7, 8, 10, 0, 0, 1, 68, 8, 9, 0, 1, 2, 3, 4 } },
	{ "router alert", 4, { 148, 4, 0, 0 }, true, { 148, 4, 0, 0 } },
};

static void
test_record(void **state)
{
	uint8_t p[IP_HLEN_MAX];
	struct ip_options io;
	unsigned i, hlen, errptr;

	(void)state;
	for (i = 0; i < countof(recordtab); i++) {
		hlen = header(p, recordtab[i].opt, recordtab[i].len);
		assert_int_equal(
		    ip_options_parse(p, hlen, &io, &errptr), ips_none);
		ip_options_record(p, &io, ADDR, STAMP, recordtab[i].ours);
		if (memcmp(p + IP_HLEN, recordtab[i].want, recordtab[i].len))
			fail_msg("%s", recordtab[i].name);
	}
}

/* Whom a timestamp is asked of. */
static void
test_next(void **state)
{
	static const uint8_t opt[] = { 68, 20, 13, 3, 10, 0, 0, 7, 1, 1, 1, 1,
		10, 0, 0, 8, 0, 0, 0, 0 };
	uint8_t p[IP_HLEN_MAX];
	struct ip_options io;
	unsigned errptr;

	(void)state;
	assert_int_equal(
	    ip_options_parse(p, header(p, opt, sizeof(opt)), &io, &errptr),
	    ips_none);
	assert_int_equal(io.io_flag, IPOPT_TS_PRESPEC);
	assert_int_equal(io.io_next, 0x0a000008);
}

/* A route of nine, which is all that fits. */
static void
test_fill(void **state)
{
	uint8_t opt[IP_OPTLEN_MAX] = { 7, 39, 4 }, p[IP_HLEN_MAX];
	unsigned i, hlen = header(p, opt, sizeof(opt)), errptr;
	struct ip_options io;

	(void)state;
	for (i = 0; i < 12; i++) {
		assert_int_equal(
		    ip_options_parse(p, hlen, &io, &errptr), ips_none);
		assert_int_equal(io.io_rr != 0, i < 9);
		ip_options_record(p, &io, ADDR + i, 0, false);
	}
	for (i = 0; i < 9; i++)
		assert_int_equal(ld32be(p + 23 + 4 * i), ADDR + i);
	assert_int_equal(p[59], 0);
}

static void
test_select(void **state)
{
	static const uint8_t opt[] = { 1, 7, 3, 4, 148, 4, 0, 0, 68, 4, 5, 0,
		0x5e, 3, 1, 0xde, 2, 0, 7, 3 };
	static const uint8_t copied[] = { 148, 4, 0, 0, 0xde, 2, 0, 0 };
	static const uint8_t echoed[] = { 7, 3, 4, 68, 4, 5, 0, 0 };
	uint8_t p[IP_HLEN_MAX], to[IP_OPTLEN_MAX];
	unsigned hlen = header(p, opt, sizeof(opt));

	(void)state;
	assert_int_equal(ip_options_copied(p, hlen, to), 8);
	assert_memory_equal(to, copied, 8);
	assert_int_equal(ip_options_echoed(p, hlen, to), 8);
	assert_memory_equal(to, echoed, 8);
	p[25] = 0; /* malformed: what was before it is all */
	assert_int_equal(ip_options_copied(p, hlen, to), 0);
	assert_int_equal(ip_options_echoed(p, hlen, to), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
