/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums against the definition of RFC 1071, changes against summing anew.
 */
#include "mbuf/in_cksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

/* RFC 1071, 1: 16-bit words, odd byte padded, end-around carry, complement. */
static uint16_t
naive(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* The example of RFC 1071, 3: the sum is ddf2. */
static void
known_answer(void **state)
{
	static const uint8_t p[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6,
		0xf7 };

	assert_int_equal(in_cksum(p, sizeof(p)), 0x220d);
	assert_int_equal(in_cksum_reduce(in_cksum_add(p, 8, 0)), 0xddf2);
	assert_int_equal(in_cksum(p, 0), 0xffff);
}

static void
every_length_and_offset(void **state)
{
	uint8_t buf[300];
	struct rnd r;
	size_t off;
	size_t n;

	rnd_seed(&r, 1);
	rnd_bytes(&r, buf, sizeof(buf));
	for (off = 0; off < 8; off++)
		for (n = 0; n + off <= sizeof(buf); n++)
			assert_int_equal(
			    in_cksum(buf + off, n), naive(buf + off, n));
}

/* The most carries there can be. */
static void
all_ones_and_zeros(void **state)
{
	static uint8_t buf[70000];
	size_t n;

	memset(buf, 0xff, sizeof(buf));
	for (n = 0; n < sizeof(buf); n += n < 100 ? 1 : 4999)
		assert_int_equal(in_cksum(buf, n), naive(buf, n));
	memset(buf, 0, sizeof(buf));
	for (n = 0; n < sizeof(buf); n += n < 100 ? 1 : 4999)
		assert_int_equal(in_cksum(buf, n), 0xffff);
}

static void
own_checksum_verifies(void **state)
{
	uint8_t buf[64];
	struct rnd r;
	unsigned i;
	size_t n;

	rnd_seed(&r, 2);
	for (i = 0; i < 20000; i++) {
		n = 20 + 2 * (size_t)rnd_below(&r, 20);
		rnd_bytes(&r, buf, n);
		st16be(buf + 10, 0);
		st16be(buf + 10, in_cksum(buf, n));
		assert_int_equal(in_cksum(buf, n), 0);
		assert_int_equal(
		    in_cksum_fold(in_cksum_sum20(buf)), naive(buf, 20));
		buf[rnd_below(&r, n)] ^= (uint8_t)(1u << rnd_below(&r, 8));
		assert_int_not_equal(in_cksum(buf, n), 0);
	}
}

/* A chain of pieces, each even or odd, sums like the whole. */
static void
pieces_of_any_length(void **state)
{
	uint8_t buf[500];
	uint64_t sum;
	struct rnd r;
	size_t off;
	size_t n;
	unsigned i;

	rnd_seed(&r, 3);
	rnd_bytes(&r, buf, sizeof(buf));
	for (i = 0; i < 5000; i++) {
		sum = 0;
		for (off = 0; off < sizeof(buf); off += n) {
			n = (size_t)rnd_below(&r, sizeof(buf) - off + 1);
			if (off % 2 == 0)
				sum = in_cksum_add(buf + off, n, sum);
			else
				sum = in_cksum_add_odd(buf + off, n, sum);
		}
		assert_int_equal(in_cksum_fold(sum), naive(buf, sizeof(buf)));
	}
}

static void
reduce_any_sum(void **state)
{
	struct rnd r;
	uint64_t v;
	unsigned i;

	assert_int_equal(in_cksum_reduce(0), 0);
	assert_int_equal(in_cksum_reduce(UINT64_MAX), 0xffff);
	assert_int_equal(in_cksum_reduce(UINT64_C(0xffff0000ffff0001)), 1);
	rnd_seed(&r, 4);
	for (i = 0; i < 100000; i++) {
		v = rnd_u64(&r) | 1;
		/* 2^16 is 1 modulo 65535; 0 stands as 65535. */
		assert_int_equal(
		    in_cksum_reduce(v), v % 65535 == 0 ? 65535 : v % 65535);
	}
}

static void
pseudo_headers(void **state)
{
	uint8_t p4[12];
	uint8_t p6[40];
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 5);
	for (i = 0; i < 20000; i++) {
		rnd_bytes(&r, p4, sizeof(p4));
		p4[8] = 0;
		assert_int_equal(in_cksum_fold(in_cksum_pseudo(ld32be(p4),
				     ld32be(p4 + 4), p4[9], ld16be(p4 + 10))),
		    naive(p4, sizeof(p4)));
		rnd_bytes(&r, p6, sizeof(p6));
		memset(p6 + 36, 0, 3);
		assert_int_equal(
		    in_cksum_fold(in6_cksum_pseudo(in6_load(p6),
			in6_load(p6 + 16), p6[39], ld32be(p6 + 32))),
		    naive(p6, sizeof(p6)));
	}
	memset(p6, 0xff, 36);
	assert_int_equal(in_cksum_fold(in6_cksum_pseudo(in6_load(p6),
			     in6_load(p6 + 16), p6[39], ld32be(p6 + 32))),
	    naive(p6, sizeof(p6)));
}

/* Three words of which the first changes; the other two sum to rest. */
static uint16_t
words(uint16_t first, uint16_t rest)
{
	uint32_t sum = (uint32_t)first + rest;

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static const uint16_t corner[] = { 0x0000, 0x0001, 0x00ff, 0x0100, 0x5555,
	0x7fff, 0x8000, 0xaaaa, 0xfeff, 0xff00, 0xfffe, 0xffff };

static void
update16_one(uint16_t rest, uint16_t old, uint16_t new)
{
	uint16_t got = in_cksum_update16(words(old, rest), old, new);

	/* All zero: both forms of zero verify, none is "summed anew". */
	if (rest == 0 && new == 0)
		assert_true(got == 0 || got == 0xffff);
	else if (got != words(new, rest))
		fail_msg(
		    "rest %04x old %04x new %04x: %04x", rest, old, new, got);
}

/* Each of the three values takes all 65536, the others their corners. */
static void
update16_exhaustively(void **state)
{
	unsigned v;
	unsigned a;
	unsigned b;

	for (v = 0; v <= UINT16_MAX; v++)
		for (a = 0; a < countof(corner); a++)
			for (b = 0; b < countof(corner); b++) {
				update16_one((uint16_t)v, corner[a], corner[b]);
				update16_one(corner[a], (uint16_t)v, corner[b]);
				update16_one(corner[a], corner[b], (uint16_t)v);
			}
}

/*
 * RFC 1624, 4: a header with checksum dd2f, a field that goes from 5555 to
 * 3285.  Equation 2 (of RFC 1141) gives ffff, which is wrong.
 */
static void
update16_of_rfc1624(void **state)
{
	assert_int_equal(in_cksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void
update32_at_random(void **state)
{
	uint8_t buf[20];
	struct rnd r;
	uint16_t cksum;
	uint32_t old;
	uint32_t new;
	unsigned i;

	rnd_seed(&r, 6);
	for (i = 0; i < 200000; i++) {
		rnd_bytes(&r, buf, sizeof(buf));
		if (i % 3 == 0)
			st32be(buf + 12,
			    (uint32_t)corner[i % countof(corner)] << 16 |
				corner[i / 7 % countof(corner)]);
		old = ld32be(buf + 12);
		new = i % 5 == 0 ? (uint32_t)~old : (uint32_t)rnd_u64(&r);
		cksum = naive(buf, sizeof(buf));
		st32be(buf + 12, new);
		assert_int_equal(in_cksum_update32(cksum, old, new),
		    naive(buf, sizeof(buf)));
	}
}

static void
ttl_exhaustively(void **state)
{
	uint8_t buf[20] = { 0x45, 0, 0, 84, 0, 0, 0, 0, 0, 1, 0, 0, 10, 0, 0, 1,
		10, 0, 0, 2 };
	uint16_t cksum;
	unsigned ttl;
	unsigned id;

	for (ttl = 1; ttl < 256; ttl += ttl == 2 ? 62 : 1)
		for (id = 0; id <= UINT16_MAX; id += 1 + ttl % 17) {
			buf[8] = (uint8_t)ttl;
			st16be(buf + 4, (uint16_t)id);
			cksum = in_cksum(buf, 20);
			buf[8]--;
			assert_int_equal(
			    in_cksum_update_ttl(cksum), in_cksum(buf, 20));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answer),
		cmocka_unit_test(every_length_and_offset),
		cmocka_unit_test(all_ones_and_zeros),
		cmocka_unit_test(own_checksum_verifies),
		cmocka_unit_test(pieces_of_any_length),
		cmocka_unit_test(reduce_any_sum),
		cmocka_unit_test(pseudo_headers),
		cmocka_unit_test(update16_exhaustively),
		cmocka_unit_test(update16_of_rfc1624),
		cmocka_unit_test(update32_at_random),
		cmocka_unit_test(ttl_exhaustively),
	};

	return cmocka_run_group_tests_name("mbuf/in_cksum", tests, NULL, NULL);
}
