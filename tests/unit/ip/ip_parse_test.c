/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 headers: what is taken, what is refused and why, cut off anywhere.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/ip_parse.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

/* 10.0.0.1 > 192.0.2.9, UDP, 32 bytes in all, TTL 64, DF, id 0x1234. */
static const uint8_t good[32] = { 0x45, 0x10, 0, 32, 0x12, 0x34, 0x40, 0, 64,
	17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 9 };

static void
sum(uint8_t *p)
{
	st16be(p + 10, 0);
	st16be(p + 10, in_cksum(p, (p[0] & 15u) * 4));
}

static void
test_values(void **state)
{
	struct ip_info ii;
	uint8_t p[32];

	memcpy(p, good, sizeof(p));
	sum(p);
	assert_int_equal(ip_parse(p, 32, 32, &ii), ips_none);
	assert_int_equal(ii.ii_src, fx_v4("10.0.0.1"));
	assert_int_equal(ii.ii_dst, fx_v4("192.0.2.9"));
	assert_int_equal(ii.ii_len, 32);
	assert_int_equal(ii.ii_hlen, 20);
	assert_int_equal(ii.ii_off, 0);
	assert_int_equal(ii.ii_id, 0x1234);
	assert_int_equal(ii.ii_proto, IPP_UDP);
	assert_int_equal(ii.ii_ttl, 64);
	assert_int_equal(ii.ii_tos, 0x10);
	assert_int_equal(ii.ii_flags, IIF_DF);
}

/* Bytes changed in the good header; the checksum is made right again. */
static const struct {
	const char *name;
	unsigned at;
	uint8_t to[2];
	size_t total;
	enum ipstat want;
} headtab[] = {
	{ "version 5", 0, { 0x55, 0x10 }, 32, ips_badvers },
	{ "version 0", 0, { 0x05, 0x10 }, 32, ips_badvers },
	{ "header of 16", 0, { 0x44, 0x10 }, 32, ips_badhlen },
	{ "header of 0", 0, { 0x40, 0x10 }, 32, ips_badhlen },
	{ "header longer than the buffer", 0, { 0x4f, 0x10 }, 32,
	    ips_badhlen },
	{ "length below the header", 2, { 0, 19 }, 32, ips_badlen },
	{ "length is the header", 2, { 0, 20 }, 32, ips_none },
	{ "length beyond the packet", 2, { 0, 33 }, 32, ips_badlen },
	{ "padding behind", 2, { 0, 32 }, 46, ips_none },
	{ "last fragment up to 65535", 6, { 0x1f, 0xfe }, 32, ips_none },
	{ "fragment beyond 65535", 6, { 0x1f, 0xff }, 32, ips_toolong },
	{ "reserved flag", 6, { 0x80, 0 }, 32, ips_none },
};

static void
test_headers(void **state)
{
	struct ip_info ii;
	uint8_t p[32];
	unsigned i;

	for (i = 0; i < countof(headtab); i++) {
		memcpy(p, good, sizeof(p));
		memcpy(p + headtab[i].at, headtab[i].to, 2);
		if ((p[0] & 15) * 4 <= 32)
			sum(p);
		if (ip_parse(p, 32, headtab[i].total, &ii) != headtab[i].want)
			fail_msg("%s", headtab[i].name);
	}
}

/* RFC 1122, 3.2.1.2: every wrong bit is found. */
static void
test_checksum(void **state)
{
	struct ip_info ii;
	uint8_t p[32];
	unsigned bit;

	for (bit = 8; bit < 160; bit++) {
		memcpy(p, good, sizeof(p));
		sum(p);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(ip_parse(p, 32, 32, &ii), ips_none);
	}
}

static void
test_cut(void **state)
{
	struct ip_info ii;
	uint8_t p[32];
	unsigned n;

	memcpy(p, good, sizeof(p));
	sum(p);
	for (n = 0; n < 32; n++)
		assert_int_equal(ip_parse(p, n, n, &ii),
		    n < 20 ? ips_toosmall : ips_badlen);
	/* The payload may lie in other buffers. */
	assert_int_equal(ip_parse(p, 20, 32, &ii), ips_none);
}

/* That there are options is found; what they are is not looked at. */
static void
test_options(void **state)
{
	struct ip_info ii;
	uint8_t p[32];

	memcpy(p, good, sizeof(p));
	sum(p);
	assert_int_equal(ip_check(p, 32, 32), ips_none);
	p[0] = 0x48;
	memset(p + 20, 7, 12);
	sum(p);
	assert_int_equal(ip_check(p, 32, 32), ips_options);
	assert_int_equal(ip_parse(p, 32, 32, &ii), ips_none);
	assert_int_equal(ii.ii_hlen, 32);
	p[0] = 0x46;
	st16be(p + 6, 0x1fff);
	sum(p);
	assert_int_equal(ip_check(p, 32, 32), ips_toolong);
}

/* What an error quotes is cut off and may have a wrong checksum. */
static void
test_quoted(void **state)
{
	struct ip_info ii;
	unsigned n;

	for (n = 0; n <= 32; n++)
		assert_int_equal(ip_parse_quoted(good, n, &ii),
		    n < 20 ? ips_toosmall : ips_none);
	assert_int_equal(ii.ii_dst, fx_v4("192.0.2.9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
