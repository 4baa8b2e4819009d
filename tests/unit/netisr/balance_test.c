/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balancer's decision: what is uneven gets even, and then it stands still.
 *
 * A world has buckets of a known weight on CPUs that do something else, too;
 * what the balancer is told of it is exact or not.
 */
#include "netisr/balance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define SPAN	1000000000ull
#define PERCENT (SPAN / 100)
#define REST	10
#define MOVES	8

static struct balance ba;
static struct balance_move moves[RSS_MAXBUCKETS];
static uint64_t weight[RSS_MAXBUCKETS]; /* ns an interval */
static uint64_t beside[CPU_MAX]; /* ns an interval */

static void
world(unsigned ncpus, unsigned nbuckets)
{
	memset(&ba, 0, sizeof(ba));
	memset(weight, 0, sizeof(weight));
	memset(beside, 0, sizeof(beside));
	ba.ba_ncpus = ncpus;
	ba.ba_nbuckets = nbuckets;
	ba.ba_span = SPAN;
	ba.ba_limits = (struct balance_limits){ 20, 30, MOVES, REST };
}

static uint64_t
load(unsigned cpu)
{
	uint64_t sum = beside[cpu];
	unsigned b;

	for (b = 0; b < ba.ba_nbuckets; b++)
		if (ba.ba_bucket[b].bb_cpu == cpu)
			sum += weight[b];
	return sum;
}

static uint64_t
uneven(void)
{
	uint64_t most = 0, least = UINT64_MAX;
	unsigned i;

	for (i = 0; i < ba.ba_ncpus; i++) {
		most = u64max(most, load(i));
		least = u64min(least, load(i));
	}
	return most - least;
}

/* An interval passes; all numbers are wrong by up to so many percent. */
static unsigned
interval(struct rnd *r, unsigned noise)
{
	uint16_t was[RSS_MAXBUCKETS];
	unsigned i, b, n;

	for (i = 0; i < ba.ba_ncpus; i++)
		ba.ba_cpu[i] = (struct balance_cpu){ .bc_busy = load(i) };
	for (b = 0; b < ba.ba_nbuckets; b++) {
		uint64_t n0 = weight[b] / 1000;

		if (noise > 0)
			n0 = n0 * (100 - noise + rnd_below(r, 2 * noise)) / 100;
		ba.ba_bucket[b].bb_packets = n0;
		ba.ba_cpu[ba.ba_bucket[b].bb_cpu].bc_packets += n0;
		was[b] = ba.ba_bucket[b].bb_cpu;
	}
	for (i = 0; i < ba.ba_ncpus && noise > 0; i++)
		ba.ba_cpu[i].bc_busy = ba.ba_cpu[i].bc_busy *
		    (100 - noise + rnd_below(r, 2 * noise)) / 100;
	n = balance_decide(&ba, moves);
	assert_true(n <= ba.ba_limits.bl_moves);
	for (i = 0; i < n; i++) {
		b = moves[i].bm_bucket;
		assert_int_equal(moves[i].bm_from, was[b]);
		assert_int_equal(moves[i].bm_to, ba.ba_bucket[b].bb_cpu);
		assert_int_not_equal(moves[i].bm_from, moves[i].bm_to);
		was[b] = UINT16_MAX; /* at most once */
	}
	return n;
}

/* Until nothing has moved for longer than the longest rest; how many moved. */
static unsigned
settle(void)
{
	unsigned quiet = 0, sum = 0, n;

	while (quiet < 3u * REST) {
		n = interval(NULL, 0);
		sum += n;
		quiet = n > 0 ? 0 : quiet + 1;
		assert_true(sum <= 4 * ba.ba_nbuckets);
	}
	return sum;
}

static void
even_stays(void **state)
{
	unsigned b;

	world(4, 128);
	for (b = 0; b < 128; b++) {
		ba.ba_bucket[b].bb_cpu = (uint16_t)(b % 4);
		weight[b] = 2 * PERCENT;
	}
	assert_int_equal(settle(), 0);
	weight[4] += 19 * PERCENT; /* below the threshold */
	assert_int_equal(settle(), 0);
}

static void
idle_stays(void **state)
{
	unsigned b;

	world(2, 128);
	for (b = 0; b < 128; b++)
		weight[b] = 29 * PERCENT / 128;
	assert_int_equal(settle(), 0);
}

/* All on one CPU, a few a time; then it stands still. */
static void
skewed_gets_even(void **state)
{
	static const struct {
		unsigned ncpus, nbuckets;
	} tab[] = { { 2, 2 }, { 2, 128 }, { 4, 128 }, { 16, 128 },
		{ 64, 256 }, { 2, 4096 } };
	unsigned i, b, n;

	for (i = 0; i < countof(tab); i++) {
		world(tab[i].ncpus, tab[i].nbuckets);
		for (b = 0; b < tab[i].nbuckets; b++)
			weight[b] = 95 * PERCENT / tab[i].nbuckets;
		n = settle();
		assert_true(n > 0 && n <= tab[i].nbuckets);
		assert_true(uneven() <= (i < 3 ? 20 : 30) * PERCENT);
		assert_int_equal(settle(), 0);
	}
}

/* Nothing in the first interval: it might have been a moment. */
static void
waits_for_a_second_look(void **state)
{
	unsigned b;

	world(2, 16);
	for (b = 0; b < 16; b++)
		weight[b] = 5 * PERCENT;
	assert_int_equal(interval(NULL, 0), 0);
	for (b = 0; b < 16; b++)
		weight[b] = 0;
	assert_int_equal(interval(NULL, 0), 0);
	for (b = 0; b < 16; b++)
		weight[b] = 5 * PERCENT;
	assert_int_equal(interval(NULL, 0), 0);
	assert_true(interval(NULL, 0) > 0);
}

/* The elephant stays, and is left alone there. */
static void
elephant(void **state)
{
	unsigned b;

	world(2, 128);
	weight[0] = 60 * PERCENT;
	assert_int_equal(settle(), 0);
	for (b = 1; b < 31; b++)
		weight[b] = PERCENT;
	ba.ba_bucket[40].bb_cpu = 1;
	weight[40] = 10 * PERCENT;
	assert_true(settle() > 0);
	assert_int_equal(ba.ba_bucket[0].bb_cpu, 0);
	assert_true(uneven() <= 30 * PERCENT); /* the last few are no use */
	assert_true(load(0) >= load(1));
}

/* Of two, one goes; and neither comes back. */
static void
elephants(void **state)
{
	world(2, 128);
	weight[3] = 45 * PERCENT;
	weight[7] = 44 * PERCENT;
	assert_int_equal(settle(), 1);
	assert_int_not_equal(ba.ba_bucket[3].bb_cpu, ba.ba_bucket[7].bb_cpu);
}

/* The busiest can give nothing; the second can. */
static void
second_busiest(void **state)
{
	unsigned b;

	world(4, 128);
	weight[0] = 95 * PERCENT;
	for (b = 1; b < 41; b++) {
		ba.ba_bucket[b].bb_cpu = 1;
		weight[b] = 2 * PERCENT;
	}
	assert_true(settle() > 0);
	assert_int_equal(ba.ba_bucket[0].bb_cpu, 0);
	assert_int_equal(load(0), 95 * PERCENT);
	assert_true(load(1) < 45 * PERCENT);
}

/* A CPU is busy with what cannot move: what little can does not matter. */
static void
not_worth_it(void **state)
{
	unsigned b;

	world(2, 128);
	for (b = 0; b < 128; b++)
		ba.ba_bucket[b].bb_packets = 10;
	for (b = 0; b < 100; b++) {
		ba.ba_cpu[0] = (struct balance_cpu){ .bc_busy = 80 * PERCENT,
			.bc_packets = 1000000 };
		ba.ba_cpu[1] = (struct balance_cpu){ 0 };
		assert_int_equal(balance_decide(&ba, moves), 0);
	}
}

/*
 * Worlds by seed, measured rightly: with each move the sum of the squares of
 * the loads gets less, so no state comes twice, and it ends.
 */
static double
squares(void)
{
	double sum = 0;
	unsigned i;

	for (i = 0; i < ba.ba_ncpus; i++) {
		double l = (double)load(i) / (double)PERCENT;

		sum += l * l;
	}
	return sum;
}

static void
random_world(struct rnd *r)
{
	unsigned b, n;

	world(2 + (unsigned)rnd_below(r, 15), 1u << (4 + rnd_below(r, 5)));
	for (b = 0; b < ba.ba_nbuckets; b++) {
		ba.ba_bucket[b].bb_cpu = (uint16_t)rnd_below(r, ba.ba_ncpus);
		n = (unsigned)rnd_below(r, 100);
		weight[b] = n < 50 ? 0 :
		    n < 95	   ? rnd_below(r, 2 * PERCENT) :
			rnd_below(r, 30 * PERCENT);
	}
	/* No CPU has more to do than there is time. */
	for (b = 0; b < ba.ba_nbuckets; b++)
		if (load(ba.ba_bucket[b].bb_cpu) > SPAN)
			weight[b] = 0;
}

static void
random_worlds_end(void **state)
{
	unsigned i, k, quiet;
	double before, after;
	struct rnd r;

	rnd_seed(&r, 1);
	for (i = 0; i < 300; i++) {
		random_world(&r);
		before = squares();
		for (k = quiet = 0; quiet < 3 * REST; k++) {
			unsigned n = interval(NULL, 0);

			after = squares();
			assert_true(n == 0 || after < before);
			quiet = n > 0 ? 0 : quiet + 1;
			before = after;
			assert_true(k < 2000);
		}
	}
}

/*
 * What CPUs do beside makes buckets look heavier than they are: never so that
 * the receiver gets busier than the giver is.
 */
static void
random_worlds_beside(void **state)
{
	unsigned i, k, n, j;
	struct rnd r;

	rnd_seed(&r, 2);
	for (i = 0; i < 300; i++) {
		random_world(&r);
		for (k = 0; k < ba.ba_nbuckets; k++)
			weight[k] /= 2;
		for (k = 0; k < ba.ba_ncpus; k++)
			beside[k] = rnd_below(&r, 50 * PERCENT);
		ba.ba_limits.bl_moves = 1;
		for (k = 0; k < 500; k++) {
			n = interval(NULL, 0);
			for (j = 0; j < n; j++)
				assert_true(load(moves[j].bm_from) + 1000 >=
				    load(moves[j].bm_to));
		}
		assert_int_equal(settle(), 0);
	}
}

/* The worst of worlds: all load is always where the buckets are. */
static void
adversary(void **state)
{
	unsigned last[128] = { 0 }, times[128] = { 0 }, k, i, n, b, total = 0;

	world(2, 128);
	for (k = 1; k <= 20000; k++) {
		for (b = 0; b < 128; b++)
			weight[b] = 0;
		/* Whoever may move next is heavy. */
		for (b = 0; b < 8; b++)
			weight[b] = 10 * PERCENT;
		for (b = 0; b < 8; b++)
			if (ba.ba_bucket[b].bb_cpu != k / 100 % 2)
				weight[b] = 0;
		n = interval(NULL, 0);
		for (i = 0; i < n; i++) {
			b = moves[i].bm_bucket;
			if (times[b] > 0)
				assert_true(k - last[b] >= REST);
			last[b] = k;
			times[b]++;
		}
		total += n;
	}
	/* Levels up, one back for each long calm; far from once a rest. */
	assert_true(total < 8 * 20000 / REST / 10);
}

/* Measurements that lie by a third: hardly a move a thousand intervals. */
static void
noise(void **state)
{
	unsigned b, k, n = 0;
	struct rnd r;

	rnd_seed(&r, 3);
	world(4, 128);
	for (b = 0; b < 128; b++)
		weight[b] = 3 * PERCENT / 2;
	for (k = 0; k < 1000; k++)
		interval(&r, 5);
	assert_true(uneven() <= 25 * PERCENT);
	for (k = 0; k < 10000; k++)
		n += interval(&r, 33);
	assert_true(n < 10000);
	for (k = 0; k < 3000; k++)
		interval(&r, 5);
	assert_true(uneven() <= 30 * PERCENT);
}

/* What an operator moved stays a while. */
static void
by_hand(void **state)
{
	unsigned b, k;

	world(2, 4);
	for (b = 0; b < 4; b++)
		weight[b] = 20 * PERCENT;
	for (b = 0; b < 4; b++)
		balance_moved(&ba, b, 0);
	for (k = 1; k < REST; k++)
		assert_int_equal(interval(NULL, 0), 0);
	assert_int_equal(settle(), 2);
	assert_int_equal(load(0), load(1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even_stays),
		cmocka_unit_test(idle_stays),
		cmocka_unit_test(skewed_gets_even),
		cmocka_unit_test(waits_for_a_second_look),
		cmocka_unit_test(elephant),
		cmocka_unit_test(elephants),
		cmocka_unit_test(second_busiest),
		cmocka_unit_test(not_worth_it),
		cmocka_unit_test(random_worlds_end),
		cmocka_unit_test(random_worlds_beside),
		cmocka_unit_test(adversary),
		cmocka_unit_test(noise),
		cmocka_unit_test(by_hand),
	};

	return cmocka_run_group_tests_name("netisr/balance", tests, NULL, NULL);
}
