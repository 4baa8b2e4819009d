/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads, stores and the small arithmetic of base/bytes.h.
 */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t seq[9] = { 0xff, 0x81, 0x72, 0x63, 0x54, 0xc5, 0x36, 0x27,
	0x98 };

static void
loads(void **state)
{
	assert_int_equal(ld16be(seq), 0xff81);
	assert_int_equal(ld16le(seq), 0x81ff);
	assert_int_equal(ld32be(seq), 0xff817263);
	assert_int_equal(ld32le(seq), 0x637281ff);
	assert_true(ld64be(seq) == UINT64_C(0xff81726354c53627));
	assert_true(ld64le(seq) == UINT64_C(0x2736c554637281ff));
	/* any offset */
	assert_int_equal(ld16be(seq + 1), 0x8172);
	assert_true(ld64be(seq + 1) == UINT64_C(0x81726354c5362798));
}

static void
stores_16_exhaustively(void **state)
{
	uint8_t be[2];
	uint8_t le[2];
	unsigned v;

	for (v = 0; v <= UINT16_MAX; v++) {
		st16be(be, (uint16_t)v);
		st16le(le, (uint16_t)v);
		assert_int_equal(be[0], v >> 8);
		assert_int_equal(be[1], v & 255);
		assert_int_equal(le[0], be[1]);
		assert_int_equal(le[1], be[0]);
		assert_int_equal(ld16be(be), v);
		assert_int_equal(ld16le(le), v);
	}
}

/* One bit at a time finds any byte that stands in the wrong place. */
static void
stores_each_bit(void **state)
{
	uint8_t b[8];
	unsigned i;

	for (i = 0; i < 64; i++) {
		st64be(b, UINT64_C(1) << i);
		assert_int_equal(b[7 - i / 8], 1u << i % 8);
		assert_true(ld64be(b) == UINT64_C(1) << i);
		st64le(b, UINT64_C(1) << i);
		assert_int_equal(b[i / 8], 1u << i % 8);
		assert_true(ld64le(b) == UINT64_C(1) << i);
	}
	for (i = 0; i < 32; i++) {
		st32be(b, UINT32_C(1) << i);
		assert_int_equal(b[3 - i / 8], 1u << i % 8);
		assert_int_equal(ld32be(b), UINT32_C(1) << i);
		st32le(b, UINT32_C(1) << i);
		assert_int_equal(b[i / 8], 1u << i % 8);
		assert_int_equal(ld32le(b), UINT32_C(1) << i);
	}
}

static void
minimum_maximum(void **state)
{
	assert_int_equal(umin(1, 2), 1);
	assert_int_equal(umin(UINT32_MAX, 2), 2);
	assert_int_equal(umax(1, UINT32_MAX), UINT32_MAX);
	assert_true(u64min(UINT64_MAX, 5) == 5);
	assert_true(u64max(UINT64_MAX, 5) == UINT64_MAX);
	assert_int_equal(szmin(3, 3), 3);
	assert_int_equal(szmax(3, 4), 4);
}

static const struct {
	uint64_t v;
	bool is;
	uint64_t up;
} pow2tab[] = {
	{ 0, false, 1 },
	{ 1, true, 1 },
	{ 2, true, 2 },
	{ 3, false, 4 },
	{ 4, true, 4 },
	{ 5, false, 8 },
	{ 1000, false, 1024 },
	{ UINT32_MAX, false, UINT64_C(1) << 32 },
	{ UINT64_C(1) << 63, true, UINT64_C(1) << 63 },
	{ (UINT64_C(1) << 62) + 1, false, UINT64_C(1) << 63 },
};

static void
powers_of_two(void **state)
{
	unsigned i;

	for (i = 0; i < countof(pow2tab); i++) {
		assert_int_equal(is_pow2(pow2tab[i].v), pow2tab[i].is);
		assert_true(roundup_pow2(pow2tab[i].v) == pow2tab[i].up);
	}
	assert_false(is_pow2(UINT64_MAX));
	assert_true(rotl64(UINT64_C(0x8000000000000001), 4) == 0x18);
}

struct inner {
	int i_v;
};

struct outer {
	char o_pad[100];
	struct inner o_inner;
};

static void
places_in_structs(void **state)
{
	struct outer o;

	assert_ptr_equal(container_of(&o.o_inner, struct outer, o_inner), &o);
	assert_int_equal(LINE(struct outer, o_pad), 0);
	assert_int_equal(LINE(struct outer, o_inner), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads),
		cmocka_unit_test(stores_16_exhaustively),
		cmocka_unit_test(stores_each_bit),
		cmocka_unit_test(minimum_maximum),
		cmocka_unit_test(powers_of_two),
		cmocka_unit_test(places_in_structs),
	};

	return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
