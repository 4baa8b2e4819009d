/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trials of the flow cache, with costs as the test wants them: what is found
 * for which costs, that it stays when nothing is clear, and what trials cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "fast/flow_auto.h"

#define SIZE   4096
#define VECTOR 64

/* What a packet costs without and with the cache; up to noise more. */
struct costs {
	struct flow_auto co_fa;
	unsigned co_per[2];
	unsigned co_noise;
	uint64_t co_packets; /* so far … */
	uint64_t co_with; /* … of them, by the cache */
	uint64_t co_counted; /* vectors whose cost was wanted */
	struct rnd co_rnd;
};

static void
vector(struct costs *co, unsigned n)
{
	bool with = flow_auto_begin(&co->co_fa, SIZE);
	bool counts = flow_auto_counts(&co->co_fa);
	uint64_t took = n *
	    (co->co_per[with] + rnd_below(&co->co_rnd, co->co_noise + 1));

	flow_auto_end(&co->co_fa, n, counts ? took : 0);
	co->co_packets += n;
	co->co_with += with ? n : 0;
	co->co_counted += counts;
}

/* Until so many trials have ended. */
static void
trials(struct costs *co, unsigned n)
{
	uint64_t end = stat_cell_read(&co->co_fa.fa_trials) + n;
	unsigned i;

	for (i = 0; stat_cell_read(&co->co_fa.fa_trials) < end; i++) {
		assert_true(i < n * 1000000);
		vector(co, 1 + (unsigned)rnd_below(&co->co_rnd, VECTOR));
	}
}

static struct costs
costs(unsigned without, unsigned with, unsigned noise)
{
	struct costs co = { .co_per = { without, with }, .co_noise = noise };

	rnd_seed(&co.co_rnd, 1);
	return co;
}

static uint64_t
why(const struct costs *co)
{
	return stat_cell_read(&co->co_fa.fa_why);
}

static void
finds_the_faster(void **state)
{
	struct costs co = costs(100, 80, 40);

	flow_auto_begin(&co.co_fa, SIZE);
	assert_int_equal(why(&co), FW_NEW);
	assert_false(co.co_fa.fa_use);
	trials(&co, 1);
	assert_true(co.co_fa.fa_use);
	assert_int_equal(why(&co), FW_FASTER);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_using), 1);
	assert_true(stat_cell_read(&co.co_fa.fa_won) >= FLOW_AUTO_WON);
	trials(&co, 2);
	assert_int_equal(why(&co), FW_FASTER);
	co.co_per[0] = 60; /* the load is another one */
	trials(&co, 1);
	assert_false(co.co_fa.fa_use);
	assert_int_equal(why(&co), FW_SLOWER);
	trials(&co, 1);
	assert_int_equal(why(&co), FW_SLOWER);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_changes), 2);
}

static void
measures_right(void **state)
{
	struct costs co = costs(100, 50, 0);

	trials(&co, 1);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_mid[0]),
	    100 * FLOW_AUTO_UNIT);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_mid[1]),
	    50 * FLOW_AUTO_UNIT);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_won), FLOW_AUTO_PAIRS);
}

/* Noise alone, and a difference too small to matter, change nothing. */
static void
stays(void **state)
{
	struct costs co = costs(1000, 1000, 500);

	trials(&co, 60);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_changes), 0);
	co = costs(1000, 980, 0);
	trials(&co, 5);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_changes), 0);
	assert_int_equal(why(&co), FW_CLOSE);
	co = costs(1000, 800, 0);
	trials(&co, 1);
	assert_true(co.co_fa.fa_use);
	co.co_per[0] = 785;
	trials(&co, 5);
	assert_true(co.co_fa.fa_use);
	co.co_per[0] = 1000, co.co_per[1] = 1000, co.co_noise = 500;
	trials(&co, 60);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_changes), 1);
}

/* Four slices of eighteen meet with somebody else's interrupt. */
static void
bears_a_disturbance(void **state)
{
	struct costs co = costs(100, 80, 0);
	unsigned i;

	for (i = 0; stat_cell_read(&co.co_fa.fa_trials) < 1; i++) {
		co.co_per[1] =
		    co.co_fa.fa_step >= 10 && co.co_fa.fa_step < 18 ? 8000 : 80;
		vector(&co, VECTOR);
	}
	assert_true(co.co_fa.fa_use);
	assert_int_equal(stat_cell_read(&co.co_fa.fa_mid[1]),
	    80 * FLOW_AUTO_UNIT);
}

/* One packet of some 64 is in a trial, and one of 256 of a counted vector. */
static void
costs_little(void **state)
{
	struct costs co = costs(50, 100, 0);
	unsigned i;

	trials(&co, 1);
	co.co_packets = co.co_with = co.co_counted = 0;
	for (i = 0; i < 40; i++)
		trials(&co, 1);
	assert_true(co.co_with * FLOW_AUTO_REST < co.co_packets);
	assert_true(co.co_counted * VECTOR / 2 * FLOW_AUTO_REST <
	    co.co_packets);
}

static void
knows_its_cache(void **state)
{
	struct costs co = costs(100, 80, 0);

	assert_false(flow_auto_begin(&co.co_fa, 0));
	assert_int_equal(why(&co), FW_NOROOM);
	flow_auto_end(&co.co_fa, VECTOR, 0);
	assert_false(flow_auto_begin(&co.co_fa, 0));
	trials(&co, 1);
	assert_true(flow_auto_begin(&co.co_fa, SIZE));
	assert_false(flow_auto_begin(&co.co_fa, SIZE * 2));
	assert_int_equal(why(&co), FW_NEW);
	assert_false(flow_auto_begin(&co.co_fa, 0));
	assert_int_equal(stat_cell_read(&co.co_fa.fa_using), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_faster),
		cmocka_unit_test(measures_right),
		cmocka_unit_test(stays),
		cmocka_unit_test(bears_a_disturbance),
		cmocka_unit_test(costs_little),
		cmocka_unit_test(knows_its_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
