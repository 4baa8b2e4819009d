/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a function in BTF: each kind of type is passed over by its length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/btf.h>

#include "base/bytes.h"
#include "dev/open_btf.h"

#define NAMES "\0wanted\0other\0wanted_not"

static const struct {
	uint8_t kind;
	uint8_t vlen;
	uint16_t extra; /* bytes that follow, by the format's description */
} kinds[] = {
	{ BTF_KIND_INT, 0, 4 },
	{ BTF_KIND_PTR, 0, 0 },
	{ BTF_KIND_ARRAY, 0, 12 },
	{ BTF_KIND_STRUCT, 3, 36 },
	{ BTF_KIND_UNION, 2, 24 },
	{ BTF_KIND_ENUM, 2, 16 },
	{ BTF_KIND_FWD, 0, 0 },
	{ BTF_KIND_TYPEDEF, 0, 0 },
	{ BTF_KIND_VOLATILE, 0, 0 },
	{ BTF_KIND_CONST, 0, 0 },
	{ BTF_KIND_RESTRICT, 0, 0 },
	{ BTF_KIND_FUNC_PROTO, 2, 16 },
	{ BTF_KIND_VAR, 0, 4 },
	{ BTF_KIND_DATASEC, 1, 12 },
	{ BTF_KIND_FLOAT, 0, 0 },
	{ BTF_KIND_DECL_TAG, 0, 4 },
	{ BTF_KIND_TYPE_TAG, 0, 0 },
	{ BTF_KIND_ENUM64, 1, 12 },
};

struct btf {
	uint8_t b_bytes[1024];
	size_t b_len;
};

static void
btf_add(struct btf *b, unsigned kind, unsigned vlen, unsigned name,
    unsigned extra)
{
	struct btf_type bt = { .name_off = name, .info = kind << 24 | vlen };

	memcpy(b->b_bytes + b->b_len, &bt, sizeof(bt));
	memset(b->b_bytes + b->b_len + sizeof(bt), 0x5a, extra);
	b->b_len += sizeof(bt) + extra;
}

/* All kinds, a function of a longer name, and the one that is wanted. */
static int
btf_make(struct btf *b)
{
	struct btf_header bh = { .magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = sizeof(bh),
		.str_len = sizeof(NAMES) };
	unsigned i;

	memset(b, 0, sizeof(*b));
	b->b_len = sizeof(bh);
	for (i = 0; i < countof(kinds); i++)
		btf_add(b, kinds[i].kind, kinds[i].vlen, 1, kinds[i].extra);
	btf_add(b, BTF_KIND_FUNC, 0, 14, 0);
	btf_add(b, BTF_KIND_FUNC, 0, 1, 0);
	bh.type_len = bh.str_off = (uint32_t)(b->b_len - sizeof(bh));
	memcpy(b->b_bytes + b->b_len, NAMES, sizeof(NAMES));
	b->b_len += sizeof(NAMES);
	memcpy(b->b_bytes, &bh, sizeof(bh));
	return (int)countof(kinds) + 2;
}

static void
found(void **state)
{
	struct btf b;
	int id = btf_make(&b);

	assert_int_equal(btf_find_func(b.b_bytes, b.b_len, "wanted"), id);
	assert_int_equal(
	    btf_find_func(b.b_bytes, b.b_len, "wanted_not"), id - 1);
	assert_int_equal(btf_find_func(b.b_bytes, b.b_len, "other"), 0);
	assert_int_equal(btf_find_func(b.b_bytes, b.b_len, "want"), 0);
}

/* Whatever is missing at the end, in memory of just that length. */
static void
cut_short(void **state)
{
	struct btf b;
	size_t n;

	btf_make(&b);
	for (n = 0; n < b.b_len; n++) {
		uint8_t *copy = test_malloc(n + 1);

		memcpy(copy, b.b_bytes, n);
		assert_int_equal(btf_find_func(copy, n, "wanted"), 0);
		test_free(copy);
	}
}

static void
nonsense(void **state)
{
	struct btf b;
	unsigned i;

	btf_make(&b);
	b.b_bytes[0] ^= 1;
	assert_int_equal(btf_find_func(b.b_bytes, b.b_len, "wanted"), 0);
	for (i = 8; i < sizeof(struct btf_header); i += 4) {
		btf_make(&b);
		memset(b.b_bytes + i, 0xff, 4);
		(void)btf_find_func(b.b_bytes, b.b_len, "wanted");
	}
	btf_make(&b); /* a kind of the future, whose length is not known */
	b.b_bytes[sizeof(struct btf_header) + 7] = 31;
	assert_int_equal(btf_find_func(b.b_bytes, b.b_len, "wanted"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
