/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From frame to hash: the known answers of the RSS specification, and what
 * decides between two and four fields.
 */
#include "dev/rss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* "Verifying the RSS Hash Calculation", Microsoft's tables. */
static const struct {
	const char *src;
	const char *dst;
	uint16_t sport, dport;
	uint32_t addrs; /* hash over addresses */
	uint32_t ports; /* … and ports */
} known[] = {
	{ "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2,
	    0x51ccc178 },
	{ "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a,
	    0xc626b0ea },
	{ "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de,
	    0x5c2b394a },
	{ "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176,
	    0xafc7327f },
	{ "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5,
	    0x10e828a2 },
	{ "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5,
	    0x40207d3d },
	{ "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c,
	    0xdde51bbf },
	{ "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf",
	    44251, 38024, 0x4b61e985, 0x02d1feef },
};

enum { TCP = 6, UDP = 17, LEN = 100 };

/* An Ethernet frame with 20 bytes of transport; returns where L3 begins. */
static uint8_t *
build(uint8_t f[LEN], unsigned i, unsigned tags, uint8_t proto)
{
	struct addr src, dst;
	uint8_t *p = f + 12;

	memset(f, 0, LEN);
	assert_int_equal(addr_parse(&src, known[i].src), 0);
	assert_int_equal(addr_parse(&dst, known[i].dst), 0);
	for (; tags > 0; tags--, p += 4)
		st16be(p, tags == 2 ? 0x88a8 : 0x8100);
	if (src.a_family == ADDR_V4) {
		st16be(p, 0x0800);
		p[2] = 0x45;
		p[2 + 9] = proto;
		st32be(p + 2 + 12, src.a_v4);
		st32be(p + 2 + 16, dst.a_v4);
		st16be(p + 22, known[i].sport);
		st16be(p + 24, known[i].dport);
	} else {
		st16be(p, 0x86dd);
		p[2] = 0x60;
		p[2 + 6] = proto;
		in6_store(p + 2 + 8, src.a_v6);
		in6_store(p + 2 + 24, dst.a_v6);
		st16be(p + 42, known[i].sport);
		st16be(p + 44, known[i].dport);
	}
	return p + 2;
}

static struct toeplitz tz;

static int
setup(void **state)
{
	toeplitz_init(&tz, toeplitz_key_default);
	return 0;
}

static void
known_answers(void **state)
{
	uint8_t f[LEN];
	uint32_t hash;
	unsigned i, tags;

	for (i = 0; i < countof(known); i++)
		for (tags = 0; tags <= 2; tags++) {
			bool v4 = i < 5;

			build(f, i, tags, TCP);
			assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash),
			    v4 ? RSS_TCP4 : RSS_TCP6);
			assert_int_equal(hash, known[i].ports);
			build(f, i, tags, UDP);
			assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash),
			    v4 ? RSS_IP4 : RSS_IP6);
			assert_int_equal(hash, known[i].addrs);
		}
}

static void
fragments_have_no_ports(void **state)
{
	static const uint16_t off[] = { 0x2000, 0x0001, 0x1fff, 0x3fff };
	uint8_t f[LEN];
	uint8_t *ip = build(f, 0, 0, TCP);
	uint32_t hash;
	unsigned i;

	for (i = 0; i < countof(off); i++) {
		st16be(ip + 6, off[i]);
		assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash),
		    RSS_IP4);
		assert_int_equal(hash, known[0].addrs);
	}
	st16be(ip + 6, 0x4000); /* DF alone is no fragment */
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_TCP4);
}

static void
options_are_passed_over(void **state)
{
	uint8_t f[LEN];
	uint8_t *ip = build(f, 0, 0, TCP);
	uint32_t hash;

	memmove(ip + 28, ip + 20, 20);
	memset(ip + 20, 1, 8);
	ip[0] = 0x47;
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_TCP4);
	assert_int_equal(hash, known[0].ports);
	ip[0] = 0x44; /* a header shorter than itself */
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_IP4);
}

/* Every length: nothing is read behind it (the sanitizer sees it). */
static void
short_frames(void **state)
{
	uint8_t f[LEN];
	uint32_t hash;
	unsigned i;
	size_t n;

	for (i = 0; i < countof(known); i++) {
		size_t l3 = (size_t)(build(f, i, 1, TCP) - f);
		size_t hdr = l3 + (i < 5 ? 20 : 40);

		for (n = 0; n <= hdr + 4; n++) {
			uint8_t *cut = test_malloc(n + 1);
			enum rss_type type;

			memcpy(cut + 1, f, n);
			type = rss_frame(&tz, RSS_TCP, cut + 1, n, &hash);
			test_free(cut);
			if (n < hdr)
				assert_int_equal(type, RSS_NONE);
			else if (n < hdr + 4)
				assert_int_equal(hash, known[i].addrs);
			else
				assert_int_equal(hash, known[i].ports);
		}
	}
}

static void
not_ip(void **state)
{
	uint8_t f[LEN];
	uint8_t *ip = build(f, 0, 0, TCP);
	uint32_t hash = 1;

	ip[0] = 0x65;
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_NONE);
	assert_int_equal(hash, 0);
	st16be(f + 12, 0x0806);
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_NONE);
	build(f, 0, 3, TCP); /* one tag too many */
	assert_int_equal(rss_frame(&tz, RSS_TCP, f, LEN, &hash), RSS_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(fragments_have_no_ports),
		cmocka_unit_test(options_are_passed_over),
		cmocka_unit_test(short_frames),
		cmocka_unit_test(not_ip),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
