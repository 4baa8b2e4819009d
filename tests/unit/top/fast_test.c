/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routers that differ in net.inet.ip.fastforward, and in the size of their flow
 * cache, alone get the same random
 * frames (plain, broken, expired, with options, fragments, tags, to every kind
 * of next hop) while routes, neighbours, links and settings change: the same
 * frames come out, those of each flow in the same order, and every counter,
 * also of drops and of interfaces, is the same.
 *
 * A run is SPATE_SEEDS seeds (some, if not given), new ones each time unless
 * SPATE_SEED says which is the first; a failure tells which one it was.  "make
 * differ" runs 1,000, of 1,000 frames and more each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "fast/flow_stat.h"
#include "sides.h"

#define SEEDS  50
#define FRAMES 1000 /* of a seed, at least */
#define MOST   64 /* frames a turn */

const struct way sides_ways[] = {
	{ "the stages", "off", "0" },
	{ "the fast path", "on", "0" },
	{ "the flow cache", "on", "4096" },
	{ "a small flow cache", "on", "16" },
	{ "the flow cache by turns", "auto", "32" },
};
const unsigned sides_n = countof(sides_ways);

static uint64_t seed; /* that runs, or failed */
static bool ended; /* the last one was good */
static uint64_t frames, by_stages[SIDES_MAX];
static uint64_t flows[SIDES_MAX][FLS_N];

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

/* Time passes, by little, or enough for a timer. */
static void
pass(struct sides *sd)
{
	sd->sd_now += one_in(sd, 8) ? below(sd, 500) * NS_MS :
	    below(sd, 1000) * NS_US;
}

static void
run(struct sides *sd)
{
	static struct probe pb;
	unsigned n;

	sides_tables(sd);
	while (sd->sd_sent < FRAMES) {
		pass(sd);
		sd->sd_calm = one_in(sd, 2);
		while (one_in(sd, 3))
			sides_change(sd);
		while (sd->sd_nquestions > 0)
			if (sides_answer(sd, &pb) && !one_in(sd, 4))
				sides_send(sd, &pb);
		for (n = 1 + below(sd, MOST); n > 0; n--) {
			sides_frame(sd, &pb);
			sides_send(sd, &pb);
		}
		sides_turn(sd);
	}
	sd->sd_now += 10 * NS_S; /* what is held is given up */
	sides_turn(sd);
}

static void
run_seed(void)
{
	static struct sides sd;
	unsigned i, k;

	sides_open(&sd, seed);
	run(&sd);
	frames += sd.sd_sent;
	for (i = 0; i < sides_n; i++) {
		by_stages[i] += sides_by_stages(&sd, i);
		for (k = 0; k < FLS_N; k++)
			flows[i][k] += sides_flows(&sd, i, k);
	}
	sides_close(&sd);
}

/*
 * Those that failed once: a packet too long for a neighbour's link used him;
 * long options were seen or not by where a packet's first buffer ended.
 */
static void
seeds_of_old_faults(void **state)
{
	static const uint64_t seeds[] = { 1795332070036, 1795332101040 };
	unsigned i;

	(void)state;
	for (i = 0; i < countof(seeds); i++) {
		seed = seeds[i];
		run_seed();
	}
	ended = true;
}

static void
all_ways_are_one(void **state)
{
	uint64_t first = number("SPATE_SEED", (uint64_t)time(NULL) * 1000);
	uint64_t n = number("SPATE_SEEDS", SEEDS);
	unsigned i;

	(void)state;
	ended = false;
	for (seed = first; seed < first + n; seed++)
		run_seed();
	ended = true;
	print_message("# %lu seeds from %lu on, %lu frames\n", (unsigned long)n,
	    (unsigned long)first, (unsigned long)frames);
	for (i = 0; i < sides_n; i++)
		print_message("# %s: %lu packets by stages\n",
		    sides_ways[i].w_name, (unsigned long)by_stages[i]);
	print_message("# flow cache: %lu hits, %lu misses; the small one %lu "
		      "and %lu\n", (unsigned long)flows[2][fls_hits],
	    (unsigned long)flows[2][fls_misses],
	    (unsigned long)flows[3][fls_hits],
	    (unsigned long)flows[3][fls_misses]);
	assert_true(n < 10 || flows[2][fls_hits] > n);
	assert_true(n < 10 || flows[2][fls_stale] > 0);
	assert_true(n < 10 || flows[3][fls_evicted] > 0);
	assert_true(n < 10 || flows[4][fls_hits] > 0);
	assert_true(n < 10 || flows[4][fls_hits] < flows[2][fls_hits]);
	/* Some did not go by the stages, although not all are plain here. */
	for (i = 1; i < sides_n; i++)
		assert_true(n < 10 || by_stages[i] * 10 < by_stages[0] * 9);
}

static int
tell_seed(void **state)
{
	(void)state;
	if (!ended)
		print_error("seed %lu; again: SPATE_SEED=%lu SPATE_SEEDS=1\n",
		    (unsigned long)seed, (unsigned long)seed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(seeds_of_old_faults, tell_seed),
		cmocka_unit_test_teardown(all_ways_are_one, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
