/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Toeplitz against the published answers and against its definition.
 */
#include "base/toeplitz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/random.h"

/* The definition: bit by bit, with the key as one long register. */
static uint32_t
by_bits(const uint8_t *key, const uint8_t *p, size_t n)
{
	uint32_t window = ld32be(key);
	uint32_t h = 0;
	size_t i;

	for (i = 0; i < 8 * n; i++) {
		if (p[i / 8] >> (7 - i % 8) & 1)
			h ^= window;
		window = window << 1 | (key[4 + i / 8] >> (7 - i % 8) & 1u);
	}
	return h;
}

/* Microsoft, "Verifying the RSS Hash Calculation". */
static const struct {
	const char *src;
	uint16_t sport;
	const char *dst;
	uint16_t dport;
	uint32_t two;
	uint32_t four;
} known[] = {
	{ "66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e8fc2,
	    0x51ccc178 },
	{ "199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718262a, 0xc626b0ea },
	{ "24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0a5de,
	    0x5c2b394a },
	{ "38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176,
	    0xafc7327f },
	{ "153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d1809c5,
	    0x10e828a2 },
	{ "3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2cc18cd5,
	    0x40207d3d },
	{ "3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0f0c461c,
	    0xdde51bbf },
	{ "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
	    "fe80::200:f8ff:fe21:67cf", 38024, 0x4b61e985, 0x02d1feef },
};

static struct toeplitz tz;

static void
known_answers(void **state)
{
	struct addr s;
	struct addr d;
	uint32_t two;
	uint32_t four;
	unsigned i;

	toeplitz_init(&tz, toeplitz_key_default);
	for (i = 0; i < countof(known); i++) {
		assert_int_equal(addr_parse(&s, known[i].src), 0);
		assert_int_equal(addr_parse(&d, known[i].dst), 0);
		if (s.a_family == ADDR_V4) {
			two = toeplitz_v4(&tz, s.a_v4, d.a_v4);
			four = toeplitz_v4_ports(&tz, s.a_v4, d.a_v4,
			    known[i].sport, known[i].dport);
		} else {
			two = toeplitz_v6(&tz, s.a_v6, d.a_v6);
			four = toeplitz_v6_ports(&tz, s.a_v6, d.a_v6,
			    known[i].sport, known[i].dport);
		}
		assert_int_equal(two, known[i].two);
		assert_int_equal(four, known[i].four);
	}
}

static void
symmetric_key(void **state)
{
	uint32_t a;
	uint32_t b;

	toeplitz_init(&tz, toeplitz_key_symmetric);
	a = 66u << 24 | 9 << 16 | 149 << 8 | 187;
	b = 161u << 24 | 142 << 16 | 100 << 8 | 80;
	assert_int_equal(toeplitz_v4_ports(&tz, a, b, 2794, 1766), 0x9fcc9fcc);
	assert_int_equal(toeplitz_v4_ports(&tz, b, a, 1766, 2794), 0x9fcc9fcc);
}

static void
random_against_definition(void **state)
{
	uint8_t key[TOEPLITZ_KEYLEN];
	uint8_t in[TOEPLITZ_MAXLEN];
	struct rnd r;
	unsigned i;
	size_t n;

	rnd_seed(&r, 11);
	for (i = 0; i < 50; i++) {
		rnd_bytes(&r, key, sizeof(key));
		toeplitz_init(&tz, key);
		for (n = 0; n <= sizeof(in); n++) {
			rnd_bytes(&r, in, sizeof(in));
			assert_int_equal(
			    toeplitz_hash(&tz, in, n), by_bits(key, in, n));
		}
	}
}

/* The helpers hash the same bytes in the same places as the plain form. */
static void
helpers_against_bytes(void **state)
{
	uint8_t in[36];
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 12);
	toeplitz_init(&tz, toeplitz_key_default);
	for (i = 0; i < 1000; i++) {
		rnd_bytes(&r, in, sizeof(in));
		assert_int_equal(toeplitz_v4(&tz, ld32be(in), ld32be(in + 4)),
		    toeplitz_hash(&tz, in, 8));
		assert_int_equal(
		    toeplitz_v4_ports(&tz, ld32be(in), ld32be(in + 4),
			ld16be(in + 8), ld16be(in + 10)),
		    toeplitz_hash(&tz, in, 12));
		assert_int_equal(
		    toeplitz_v6(&tz, in6_load(in), in6_load(in + 16)),
		    toeplitz_hash(&tz, in, 32));
		assert_int_equal(
		    toeplitz_v6_ports(&tz, in6_load(in), in6_load(in + 16),
			ld16be(in + 32), ld16be(in + 34)),
		    toeplitz_hash(&tz, in, 36));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(symmetric_key),
		cmocka_unit_test(random_against_definition),
		cmocka_unit_test(helpers_against_bytes),
	};

	return cmocka_run_group_tests_name("base/toeplitz", tests, NULL, NULL);
}
