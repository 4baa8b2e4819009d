/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 against its authors' vectors; the mixer's spread.
 */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

/* Key 00 01 .. 0f, input 00 01 .. of n bytes. */
static const struct {
	size_t n;
	uint64_t hash;
} siptab[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31) },
	{ 1, UINT64_C(0x74f839c593dc67fd) },
	{ 2, UINT64_C(0x0d6c8009d9a94f5a) },
	{ 3, UINT64_C(0x85676696d7fb7e2d) },
	{ 4, UINT64_C(0xcf2794e0277187b7) },
	{ 5, UINT64_C(0x18765564cd99a68d) },
	{ 6, UINT64_C(0xcbc9466e58fee3ce) },
	{ 7, UINT64_C(0xab0200f58b01d137) },
	{ 8, UINT64_C(0x93f5f5799a932462) },
	{ 9, UINT64_C(0x9e0082df0ba9e4b0) },
	{ 10, UINT64_C(0x7a5dbbc594ddb9f3) },
	{ 15, UINT64_C(0xa129ca6149be45e5) }, /* the paper's appendix A */
	{ 16, UINT64_C(0x3f2acc7f57c29bdb) },
	{ 63, UINT64_C(0x958a324ceb064572) },
};

static void
siphash_known_answers(void **state)
{
	uint8_t key[SIPHASH_KEYLEN];
	uint8_t in[64];
	unsigned i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < countof(siptab); i++)
		assert_true(siphash24(key, in, siptab[i].n) == siptab[i].hash);
}

static void
siphash_at_any_offset(void **state)
{
	uint8_t key[SIPHASH_KEYLEN] = { 1, 2, 3 };
	uint8_t a[32];
	uint8_t b[40];
	unsigned off;
	unsigned i;

	for (i = 0; i < sizeof(a); i++)
		a[i] = (uint8_t)(i * 37);
	for (off = 0; off < 8; off++) {
		for (i = 0; i < sizeof(a); i++)
			b[off + i] = a[i];
		assert_true(siphash24(key, a, sizeof(a)) ==
		    siphash24(key, b + off, sizeof(a)));
	}
}

/* Each output bit changes for 30 to 70 % of inputs, whichever bit is turned. */
static void
mixer_spreads_each_bit(void **state)
{
	unsigned changed[64][64] = { 0 };
	uint64_t diff;
	uint64_t v;
	struct rnd r;
	unsigned n;
	unsigned i;
	unsigned o;

	rnd_seed(&r, 1);
	for (n = 0; n < 1000; n++) {
		v = rnd_u64(&r);
		for (i = 0; i < 64; i++) {
			diff = hash_mix64(v) ^ hash_mix64(v ^ UINT64_C(1) << i);
			for (o = 0; o < 64; o++)
				changed[i][o] += diff >> o & 1;
		}
	}
	for (i = 0; i < 64; i++)
		for (o = 0; o < 64; o++)
			assert_in_range(changed[i][o], 300, 700);
	assert_true(hash_mix64(0) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_known_answers),
		cmocka_unit_test(siphash_at_any_offset),
		cmocka_unit_test(mixer_spreads_each_bit),
	};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
