/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixes of sizes: from text, as a row, what is refused.
 */
#include "gen/sizes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

static struct sizes sz;
static uint16_t row[SIZES_ROW];
static char err[200];

/* The row as sizes with blanks between. */
static const char *
as_row(const char *text)
{
	static char out[4000];
	unsigned n;
	unsigned i;
	int at = 0;

	if (sizes_parse(&sz, text, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	n = sizes_rowlen(&sz);
	assert_true(n != 0);
	sizes_row(&sz, row);
	for (i = 0; i < n; i++)
		at += snprintf(out + at, sizeof(out) - (size_t)at, "%s%u",
		    i != 0 ? " " : "", sz.sz_mix[row[i]].sw_size);
	return out;
}

static void
rows(void **state)
{
	assert_string_equal(as_row("64"), "64");
	assert_string_equal(as_row("64:7"), "64");
	assert_string_equal(as_row("64,128"), "64 128");
	assert_string_equal(as_row("64:30,128:10"), "64 64 128 64");
	assert_string_equal(as_row("imix"),
	    "64 594 64 64 594 64 1518 64 594 64 594 64");
	assert_int_equal(sizes_min(&sz), 64);
	assert_int_equal(sizes_max(&sz), 1518);
	assert_string_equal(as_row("imix6"),
	    "84 594 84 84 594 84 1518 84 594 84 594 84");
	assert_string_equal(as_row("genome:aaahhz,z=9018"),
	    "64 64 64 2112 2112 9018");
	assert_string_equal(
	    as_row("genome:abcdefgh"), "64 128 256 512 1024 1280 1518 2112");
	assert_string_equal(as_row("genome:Zz,Z=777"), "777 1518");
	assert_string_equal(as_row("genome:aka,k=64"), "64 64 64");
}

static const struct {
	const char *text;
	const char *err;
} bad[] = {
	{ "", "\"\" is no size and weight; accepted are \"1518\", \"64:7\"" },
	{ "64,",
	    "\"\" is no size and weight; accepted are \"1518\", "
	    "\"64:7\"" },
	{ "64:0",
	    "\"64:0\" is no size and weight; accepted are \"1518\", "
	    "\"64:7\"" },
	{ "64:7:1,5",
	    "\"64:7:1\" is no size and weight; accepted are "
	    "\"1518\", \"64:7\"" },
	{ "9999999999",
	    "\"9999999999\" is no size and weight; accepted are "
	    "\"1518\", \"64:7\"" },
	{ "64,128,64", "size 64 is there twice" },
	{ "64:65537,128",
	    "the weights of the sizes add up to more than "
	    "65536; take rounder ones" },
	{ "genome:", "a genome has 1 to 256 letters, this one 0" },
	{ "genome:a1",
	    "\"1\" is no letter of a genome; accepted are a to h, "
	    "z, and any that is given a size" },
	{ "genome:ak", "\"k\" has no size; give it one: \"ak,k=777\"" },
	{ "genome:ak,k",
	    "\"k\" gives no letter a size; accepted is "
	    "\"z=9018\"" },
	{ "genome:ak,k=0",
	    "\"k=0\" gives no letter a size; accepted is "
	    "\"z=9018\"" },
};

static void
refused(void **state)
{
	struct sizes before;
	unsigned i;

	sizes_one(&sz, 77);
	before = sz;
	for (i = 0; i < countof(bad); i++) {
		assert_int_equal(
		    sizes_parse(&sz, bad[i].text, err, sizeof(err)), EINVAL);
		assert_string_equal(err, bad[i].err);
		assert_memory_equal(&sz, &before, sizeof(sz));
	}
}

/* Each as often as its weight, and nowhere far from its share. */
static void
spread(void **state)
{
	struct rnd rnd;
	unsigned seen[SIZES_MAX];
	unsigned round;
	unsigned unit;
	unsigned n;
	unsigned i;
	unsigned j;

	rnd_seed(&rnd, 5);
	for (round = 0; round < 200; round++) {
		memset(&sz, 0, sizeof(sz));
		memset(seen, 0, sizeof(seen));
		sz.sz_n = 1 + (unsigned)rnd_below(&rnd, 10);
		for (i = 0; i < sz.sz_n; i++)
			sz.sz_mix[i] = (struct size_weight){ 64 + i,
				1 + (uint32_t)rnd_below(&rnd, 500) };
		n = sizes_rowlen(&sz);
		sizes_row(&sz, row);
		for (unit = i = 0; i < sz.sz_n; i++)
			unit += sz.sz_mix[i].sw_weight;
		unit /= n;
		for (j = 0; j < n; j++) {
			seen[row[j]]++;
			for (i = 0; i < sz.sz_n; i++)
				assert_true(
				    labs((long)seen[i] * n * unit -
					(long)sz.sz_mix[i].sw_weight *
					    (j + 1)) <= (long)n * unit * 2);
		}
		for (i = 0; i < sz.sz_n; i++)
			assert_int_equal(
			    seen[i] * unit, sz.sz_mix[i].sw_weight);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(refused),
		cmocka_unit_test(spread),
	};

	return cmocka_run_group_tests_name("gen/sizes", tests, NULL, NULL);
}
