/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From routes to ranges: known cases, and for random tables that ranges
 * ascend, have no gaps, differ from their neighbours, and agree with the rib.
 */
#include <stdio.h>
#include <string.h>

#include "naive.h"

#include "base/bytes.h"
#include "route/flatten.h"

static const struct {
	const char *name;
	const char *routes; /* prefix next-hop ... */
	const char *ranges; /* first=next-hop ... */
} cases[] = {
	{ "empty", "", "0.0.0.0=0" },
	{ "default", "0.0.0.0/0 1", "0.0.0.0=1" },
	{ "inside", "10.0.0.0/8 1", "0.0.0.0=0 10.0.0.0=1 11.0.0.0=0" },
	{ "at the low end", "0.0.0.0/8 1", "0.0.0.0=1 1.0.0.0=0" },
	{ "at the high end", "255.0.0.0/8 1", "0.0.0.0=0 255.0.0.0=1" },
	{ "begin together", "10.0.0.0/8 1 10.0.0.0/16 2",
	    "0.0.0.0=0 10.0.0.0=2 10.1.0.0=1 11.0.0.0=0" },
	{ "end together", "10.0.0.0/8 1 10.255.0.0/16 2",
	    "0.0.0.0=0 10.0.0.0=1 10.255.0.0=2 11.0.0.0=0" },
	{ "touch", "10.0.0.0/8 1 11.0.0.0/8 2",
	    "0.0.0.0=0 10.0.0.0=1 11.0.0.0=2 12.0.0.0=0" },
	{ "touch, same next hop", "10.0.0.0/8 1 11.0.0.0/8 1",
	    "0.0.0.0=0 10.0.0.0=1 12.0.0.0=0" },
	{ "inside, same next hop", "10.0.0.0/8 1 10.9.0.0/16 1",
	    "0.0.0.0=0 10.0.0.0=1 11.0.0.0=0" },
	{ "halves hide the whole", "10.0.0.0/8 1 10.0.0.0/9 2 10.128.0.0/9 2",
	    "0.0.0.0=0 10.0.0.0=2 11.0.0.0=0" },
	{ "hosts at the ends", "0.0.0.0/32 1 255.255.255.255/32 2",
	    "0.0.0.0=1 0.0.0.1=0 255.255.255.255=2" },
};

static int
range_print(void *arg, struct in6 first, uint32_t nh)
{
	struct addr a = key_to_addr(first, ADDR_V4);
	char text[ADDR_STRLEN];
	char *out = arg;

	sprintf(out + strlen(out), "%s%s=%u", *out == '\0' ? "" : " ",
	    addr_format(&a, text), nh);
	return 0;
}

static void
test_cases(void **state)
{
	unsigned i;

	for (i = 0; i < countof(cases); i++) {
		const char *s = cases[i].routes;
		char out[512] = "";
		char text[64];
		struct prefix p;
		struct rib *r;
		unsigned nh;
		int used;

		assert_int_equal(rib_create(&r), 0);
		for (; sscanf(s, "%63s %u%n", text, &nh, &used) == 2;
		     s += used) {
			assert_int_equal(prefix_parse(&p, text), 0);
			must_add(r, &p, nh);
		}
		assert_int_equal(rib_flatten(r, ADDR_V4, range_print, out), 0);
		assert_string_equal(out, cases[i].ranges);
		rib_destroy(r);
	}
}

struct seen {
	const struct rib *s_rib;
	uint8_t s_family;
	struct in6 s_begin; /* of the block */
	unsigned s_n;
	struct in6 s_first;
	uint32_t s_nh;
};

static int
range_check(void *arg, struct in6 first, uint32_t nh)
{
	struct seen *s = arg;
	struct addr a = key_to_addr(first, s->s_family);

	if (s->s_n++ == 0)
		assert_true(in6_eq(first, s->s_begin));
	else {
		assert_true(key_before(s->s_first, first));
		assert_int_not_equal(s->s_nh, nh);
	}
	assert_int_equal(nh, rib_nhop(s->s_rib, &a));
	s->s_first = first;
	s->s_nh = nh;
	return 0;
}

static const struct shape shapes[] = {
	{ "v4", ADDR_V4, 0, 32, 0, 500, 4 },
	{ "v4, dense", ADDR_V4, 20, 32, 20, 500, 2 },
	{ "v6", ADDR_V6, 0, 128, 0, 500, 4 },
	{ "v6, dense", ADDR_V6, 116, 128, 116, 500, 2 },
};

static void
test_random(void **state)
{
	static struct naive nv;
	unsigned i;

	for (i = 0; i < countof(shapes); i++) {
		struct seen s = { .s_family = shapes[i].sh_family };
		struct rib *r;
		struct rnd rnd;

		assert_int_equal(rib_create(&r), 0);
		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		naive_fill(&nv, r, &rnd, &shapes[i]);
		s.s_rib = r;
		assert_int_equal(
		    rib_flatten(r, shapes[i].sh_family, range_check, &s), 0);
		assert_true(s.s_n > 1);
		rib_destroy(r);
	}
}

/*
 * Blocks of any size, around prefixes and elsewhere: right ranges, and as many
 * as all addresses have there.
 */
static void
check_block(const struct rib *r, uint8_t family, const struct prefix *block)
{
	struct in6 begin = key_first(key_from_addr(&block->p_addr),
	    block->p_len);
	struct seen s = { .s_rib = r, .s_family = family, .s_begin = begin };
	struct addr last = key_to_addr(key_last(begin, block->p_len), family);

	assert_int_equal(rib_flatten_block(r, block, range_check, &s), 0);
	assert_true(s.s_n > 0);
	assert_false(key_before(key_last(begin, block->p_len), s.s_first));
	assert_int_equal(rib_nhop(r, &last), s.s_nh);
}

static void
test_block(void **state)
{
	static struct naive nv;
	unsigned i, k;

	for (i = 0; i < countof(shapes); i++) {
		uint8_t family = shapes[i].sh_family;
		struct rib *r;
		struct rnd rnd;

		assert_int_equal(rib_create(&r), 0);
		rnd_seed(&rnd, i);
		nv.nv_n = 0;
		for (k = 0; k < 2; k++) { /* the empty table, too */
			unsigned n;

			for (n = 0; n < 2000; n++) {
				struct prefix b =
				    random_prefix(&rnd, &shapes[i]);

				b.p_len = (uint8_t)rnd_below(
				    &rnd, addr_bits(family) + 1);
				check_block(r, family, &b);
			}
			naive_fill(&nv, r, &rnd, &shapes[i]);
		}
		rib_destroy(r);
	}
}

static int
range_refuse(void *arg, struct in6 first, uint32_t nh)
{
	unsigned *left = arg;

	return (*left)-- == 0 ? 42 : 0;
}

static void
test_stops(void **state)
{
	struct prefix p = { .p_addr = addr_v4(10u << 24), .p_len = 8 };
	struct rib *r;
	unsigned left;
	unsigned i;

	assert_int_equal(rib_create(&r), 0);
	must_add(r, &p, 1);
	for (i = 0; i < 4; i++) {
		left = i;
		assert_int_equal(rib_flatten(r, ADDR_V4, range_refuse, &left),
		    i < 3 ? 42 : 0);
	}
	rib_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
