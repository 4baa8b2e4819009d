/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schedules beside what a large number computes: no drift over days, shares
 * that together are the whole, and a ramp that is its rate's integral.
 */
#include "gen/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "gen/pace_int.h"

#define SECOND UINT64_C(1000000000)
#define DAY    (86400 * SECOND)

typedef unsigned __int128 u128;

static struct rnd r;
static struct hist *h, *gaps;

static int
setup(void **state)
{
	rnd_seed(&r, 4);
	h = hist_create();
	gaps = hist_create();
	return h == NULL;
}

static int
teardown(void **state)
{
	hist_destroy(h);
	hist_destroy(gaps);
	return 0;
}

static struct pace_conf
pps(uint64_t num, uint64_t den)
{
	return (struct pace_conf){ .pc_rate = { num, den } };
}

/* The next packet leaves when it is due. */
static uint64_t
leave(struct pace *p, unsigned len)
{
	uint64_t due = pace_next(p);

	pace_sent(p, len, due);
	return due;
}

/* Packet k leaves at floor(k * 10^9 * den / num), also after weeks. */
static void
constant(void **state)
{
	unsigned i, j;

	for (i = 0; i < 300; i++) {
		uint64_t num = 1 + (rnd_u64(&r) >> (14 + rnd_below(&r, 48)));
		uint64_t den = 1 + rnd_below(&r, PACE_DEN_MAX);
		uint64_t start = rnd_below(&r, DAY), k = 0;
		struct pace_conf pc = pps(num, den);
		struct pace p;

		if (!pace_check(&pc, NULL, 0))
			continue;
		pace_start(&p, &pc, start);
		for (j = 0; j < 1000; j++, k++) {
			u128 t = (u128)k * SECOND * den / num;

			assert_true(pace_next(&p) == start + (uint64_t)t);
			t = ((u128)(pace_next(&p) - start + 1) * num - 1) /
			    ((u128)SECOND * den);
			assert_true(pace_offered(&p, pace_next(&p), 64) ==
			    (uint64_t)t + 1);
			leave(&p, 64);
		}
	}
}

/* A month at odd rates, walked packet by packet for a second at its end. */
static void
no_drift(void **state)
{
	static const uint64_t rates[][2] = { { 14880952, 1 }, { 3, 7 },
		{ 999999937, 10000 }, { 1000003, 3 } };
	unsigned i, j;

	for (i = 0; i < countof(rates); i++) {
		struct pace_conf pc = pps(rates[i][0], rates[i][1]);
		uint64_t month = 30 * DAY;
		struct pace p;

		/* All packets of a month were due; the whole is exact. */
		pace_start(&p, &pc, 0);
		assert_true(pace_offered(&p, month, 64) ==
		    (uint64_t)((u128)month * rates[i][0] /
			((u128)SECOND * rates[i][1])) +
			1);
		/* 2 M steps by addition end where multiplication does. */
		for (j = 0; j < 2000000; j++)
			leave(&p, 64);
		assert_true(pace_next(&p) ==
		    (uint64_t)((u128)j * SECOND * rates[i][1] / rates[i][0]));
	}
}

/* Bits at each layer: the sum of all costs, divided once. */
static void
bits(void **state)
{
	static const unsigned extra[] = { [PACE_L1] = 20, [PACE_L2] = 0 };
	unsigned unit, j;

	for (unit = PACE_L1; unit <= PACE_PERCENT; unit++) {
		struct pace_conf pc = { .pc_unit = unit,
			.pc_rate = { UINT64_C(9876543210), 3 } };
		u128 bits = 0, den = 3, num = pc.pc_rate.pr_num;
		struct pace p;

		if (unit == PACE_PERCENT) {
			pc.pc_line = 10 * SECOND;
			pc.pc_rate = (struct pace_rate){ 3337, 100 };
			num = (u128)pc.pc_line * 3337;
			den = 10000;
		}
		pace_start(&p, &pc, 77);
		for (j = 0; j < 100000; j++) {
			unsigned len = 64 + (unsigned)rnd_below(&r, 1455);

			assert_true(pace_next(&p) ==
			    77 + (uint64_t)(bits * SECOND * den / num));
			leave(&p, len);
			if (unit == PACE_L3)
				bits += (len - 18) * 8;
			else if (unit == PACE_PERCENT)
				bits += (len + 20) * 8;
			else
				bits += (len + extra[unit]) * 8;
		}
	}
}

/* Shares merged by time are the schedule of one CPU. */
static void
shares_are_whole(void **state)
{
	static const enum pace_kind kinds[] = { PACE_CONSTANT, PACE_BURST,
		PACE_RAMP };
	struct pace one, part[7];
	unsigned kind, n, i, j;

	for (kind = 0; kind < countof(kinds); kind++)
		for (n = 1; n <= countof(part); n++) {
			struct pace_conf pc = pps(1234567, 10);

			pc.pc_kind = kinds[kind];
			pc.pc_burst = 5;
			pc.pc_to.pr_num = 1000000;
			pc.pc_over = SECOND / 50;
			pace_start(&one, &pc, 9);
			for (i = 0; i < n; i++) {
				pc.pc_share = i;
				pc.pc_shares = n;
				pace_start(&part[i], &pc, 9);
			}
			for (j = 0; j < 20000; j++) {
				unsigned least = 0;

				for (i = 1; i < n; i++)
					if (pace_next(&part[i]) <
					    pace_next(&part[least]))
						least = i;
				assert_true(pace_next(&one) ==
				    pace_next(&part[least]));
				leave(&one, 64);
				leave(&part[least], 64);
			}
		}
}

/* Shares of a bit rate have each their part of it. */
static void
bit_shares(void **state)
{
	struct pace_conf pc = { .pc_unit = PACE_L1,
		.pc_rate = { 10 * SECOND, 1 },
		.pc_len = 1518,
		.pc_shares = 4 };
	uint64_t n = 0;
	struct pace p;

	for (pc.pc_share = 0; pc.pc_share < 4; pc.pc_share++) {
		pace_start(&p, &pc, 0);
		assert_int_equal(pace_next(&p), 12304 * pc.pc_share / 10);
		n += pace_offered(&p, SECOND - 1, 1518);
	}
	assert_int_equal(n, 812744); /* ceil(10^10 / 12304) */
}

static void
bursts(void **state)
{
	struct pace_conf pc = pps(1000000, 1);
	struct pace p;
	unsigned i;

	pc.pc_kind = PACE_BURST;
	pc.pc_burst = 10;
	pace_start(&p, &pc, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(leave(&p, 64), i / 10 * 10000);
	/* On a line of 10 Gbit/s, 67.2 ns one behind the other. */
	pc.pc_line = 10 * SECOND;
	pace_start(&p, &pc, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(
		    leave(&p, 64), i / 10 * 10000 + i % 10 * 672 / 10);
	for (i = 0; i < 100000; i += 7) {
		uint64_t full = i / 10000 * 10, in = i % 10000 * 10 / 672 + 1;

		/* Whole ns: the offset is rounded down. */
		while (in < 10 && in * 672 / 10 <= i % 10000)
			in++;
		pace_start(&p, &pc, 0);
		assert_int_equal(
		    pace_offered(&p, i, 64), full + u64min(in, 10));
	}
}

/* Whatever the state, what was offered is what would be walked. */
static void
offered_is_walked(void **state)
{
	unsigned i, j;

	for (i = 0; i < 4000; i++) {
		struct pace_conf pc = { .pc_kind = (enum pace_kind)(i % 4),
			.pc_unit = (enum pace_unit)rnd_below(&r, 4),
			.pc_rate = { 1 + rnd_below(&r, 1000000),
			    1 + rnd_below(&r, 100) },
			.pc_to = { rnd_below(&r, 1000000), 1 },
			.pc_over = 1 + rnd_below(&r, SECOND),
			.pc_burst = 1 + (unsigned)rnd_below(&r, 20),
			.pc_shares = 1 + (unsigned)rnd_below(&r, 5),
			.pc_line = rnd_below(&r, 2) * 10 * SECOND,
			.pc_seed = i };
		unsigned len = 64 + (unsigned)rnd_below(&r, 1000);
		struct pace p, q;
		uint64_t t, n;

		pc.pc_share = (unsigned)rnd_below(&r, pc.pc_shares);
		pc.pc_to.pr_den = pc.pc_rate.pr_den;
		assert_true(pace_check(&pc, NULL, 0));
		pace_start(&p, &pc, 5);
		for (j = (unsigned)rnd_below(&r, 100);
		     j > 0 && pace_next(&p) < PACE_NEVER; j--)
			leave(&p, 64 + (unsigned)rnd_below(&r, 1000));
		q = p;
		for (j = (unsigned)rnd_below(&r, 100), t = 5;
		     j > 0 && pace_next(&q) < PACE_NEVER; j--)
			t = leave(&q, len);
		t = u64max(t, p.p_due == PACE_NEVER ? 0 : p.p_due) +
		    rnd_below(&r, 3) * rnd_below(&r, SECOND / 1000);
		n = p.p_sent;
		for (q = p; pace_next(&q) <= t; n++)
			leave(&q, len);
		assert_int_equal(pace_offered(&p, t, len), n);
		assert_int_equal(pace_due(&p, t, len, 32),
		    u64min(n - p.p_sent, 32));
	}
}

/* W(t) by long arithmetic: the due time is the first that has it. */
static void
ramp(void **state)
{
	static const uint64_t ramps[][3] = { /* from, to, over */
		{ 0, 1000000, SECOND }, { 1000000, 0, SECOND },
		{ 1000, 14880952, 10 * SECOND }, { 77777, 77777, 12345 },
		{ 5000000, 3, 86400 * SECOND }, { 1, 1000000000, 7 }
	};
	unsigned i, j;

	for (i = 0; i < countof(ramps); i++) {
		struct pace_conf pc = pps(ramps[i][0], 1);
		long double from = ramps[i][0], to = ramps[i][1];
		long double over = ramps[i][2], want;
		uint64_t last = 0;
		struct pace p;

		pc.pc_kind = PACE_RAMP;
		pc.pc_to.pr_num = ramps[i][1];
		pc.pc_over = ramps[i][2];
		pace_start(&p, &pc, 0);
		for (j = 0; j < 200000 && pace_next(&p) != PACE_NEVER; j++) {
			long double t = (long double)leave(&p, 64);

			assert_true(t >= last);
			last = (uint64_t)t;
			want = t <= over ?
			    from * t + (to - from) * t * t / (2 * over) :
			    (from + to) / 2 * over + to * (t - over);
			/* Reached now, not yet a nanosecond before. */
			assert_true(want >= j * 1e9L * (1 - 1e-15L));
			assert_true(j == 0 ||
			    want - fmaxl(from, to) < j * 1e9L * (1 + 1e-15L));
		}
	}
}

/* The number of packets of whole ramps is the trapezium. */
static void
ramp_sum(void **state)
{
	struct pace_conf pc = pps(1000000, 1);
	struct pace p;

	pc.pc_kind = PACE_RAMP;
	pc.pc_to.pr_num = 3000000;
	pc.pc_over = 100 * SECOND;
	pace_start(&p, &pc, 3);
	assert_int_equal(
	    pace_offered(&p, 3 + 100 * SECOND, 64), 200 * 1000000 + 1);
	assert_int_equal(
	    pace_offered(&p, 3 + 101 * SECOND, 64), 203 * 1000000 + 1);
	/* It ends at nothing, and so it ends. */
	pc.pc_to.pr_num = 0;
	pc.pc_over = SECOND / 1000;
	pace_start(&p, &pc, 0);
	while (pace_next(&p) != PACE_NEVER)
		leave(&p, 64);
	assert_in_range(p.p_sent, 500, 501);
}

/* 20 classes of equal probability; the 99.9 % point of chi2(19) is 43.8. */
static void
exponential(void **state)
{
	enum { N = 400000, CLASSES = 20 };
	unsigned seen[CLASSES] = { 0 }, seed, i;

	for (seed = 1; seed <= 5; seed++) {
		double sum = 0, chi = 0;
		struct rnd g;

		rnd_seed(&g, seed);
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < N; i++) {
			double x = (double)pace_exponential(&g) * 0x1p-32;
			double u = 1 - exp(-x);

			sum += x;
			seen[(unsigned)(u * CLASSES) % CLASSES]++;
		}
		for (i = 0; i < CLASSES; i++) {
			double d = seen[i] - (double)N / CLASSES;

			chi += d * d / ((double)N / CLASSES);
		}
		assert_true(chi < 43.8);
		assert_true(fabs(sum / N - 1) < 4 / sqrt(N));
	}
}

/* The logarithm itself, against the library's. */
static void
logarithm(void **state)
{
	unsigned i;

	for (i = 0; i < 200000; i++) {
		struct rnd same = r;
		uint64_t x = pace_exponential(&r);
		double u = (double)(rnd_u64(&same) | 1) * 0x1p-64;

		assert_true(fabs((double)x * 0x1p-32 + log(u)) < 0x1p-31);
	}
}

static void
poisson(void **state)
{
	struct pace_conf pc = pps(1000000, 1);
	struct pace p, same;
	uint64_t last = 0, n = 0;
	unsigned i;

	pc.pc_kind = PACE_POISSON;
	pc.pc_seed = 42;
	pc.pc_shares = 2;
	hist_init(h);
	for (pc.pc_share = 0; pc.pc_share < 2; pc.pc_share++) {
		pace_start(&p, &pc, 0);
		pace_start(&same, &pc, 0);
		for (i = 0, last = 0; pace_next(&p) < SECOND; i++) {
			hist_add(h, pace_next(&p) - last);
			last = leave(&p, 64);
			assert_int_equal(leave(&same, 64), last);
		}
		n += i;
	}
	/* 10^6 +- 4 sigma, of both together; gaps of either 2 us. */
	assert_in_range(n, 996000, 1004000);
	assert_true(fabs(hist_mean(h) - 2000) < 8);
	assert_true(fabs(hist_stddev(h) - 2000) < 10);
	/* Far behind, the rest is the mean. */
	pc.pc_share = 0;
	pace_start(&p, &pc, 0);
	n = pace_offered(&p, 100 * SECOND, 64);
	assert_in_range(n, 49990000, 50010000);
}

static void
lateness(void **state)
{
	struct pace_conf pc = pps(1000000, 1);
	struct pace p;

	pc.pc_tolerance = 500;
	pc.pc_error = h;
	pc.pc_gap = gaps;
	hist_init(h);
	hist_init(gaps);
	pace_start(&p, &pc, 1000);
	pace_sent(&p, 64, 1000);
	pace_sent(&p, 64, 2500); /* 500 behind: not late */
	pace_sent(&p, 64, 3501); /* 501: late */
	pace_sent(&p, 64, 9000); /* 5000: late */
	/* The schedule does not wait for who is late. */
	assert_int_equal(pace_next(&p), 5000);
	assert_int_equal(p.p_late, 2);
	assert_int_equal(p.p_worst, 5000);
	assert_int_equal(h->h_n, 4);
	assert_int_equal(hist_max(h), 5000);
	/* 0, 500, 501, 5000 behind */
	assert_int_equal(gaps->h_n, 3);
	assert_int_equal(hist_min(gaps), 1);
	assert_int_equal(hist_percentile(gaps, 1, 2), 500);
	assert_int_equal(hist_max(gaps), 4499);
	assert_int_equal(pace_due(&p, 9000, 64, 32), 5);
	assert_int_equal(pace_offered(&p, 9000, 64), 9);
	assert_int_equal(pace_due(&p, 4999, 64, 32), 0);
	assert_int_equal(pace_due(&p, 9000, 64, 3), 3);
	assert_int_equal(pace_due(&p, 9000, 64, 0), 0);
}

static void
as_fast_as_it_goes(void **state)
{
	struct pace_conf pc = { .pc_kind = PACE_MAX };
	struct pace p;

	assert_true(pace_check(&pc, NULL, 0));
	pace_start(&p, &pc, 7);
	assert_int_equal(pace_next(&p), 7);
	pace_sent(&p, 64, 100000);
	assert_int_equal(pace_next(&p), 7);
	assert_int_equal(pace_due(&p, 8, 64, 32), 32);
	assert_int_equal(p.p_late, 0);
	assert_int_equal(pace_offered(&p, 1000000, 64), 1);
}

#define GBIT10 (10 * SECOND)
static const struct {
	struct pace_conf pc;
	const char *says; /* NULL: it is possible */
} checked[] = {
	{ { .pc_rate = { 0, 1 } }, "rate: 0 packets/s would send nothing" },
	{ { .pc_rate = { 14880952, 1 }, .pc_line = GBIT10 }, NULL },
	{ { .pc_rate = { 14880953, 1 }, .pc_line = GBIT10 },
	    "at most 14880952 packets/s" },
	{ { .pc_rate = { 14880953, 1 } }, NULL },
	{ { .pc_unit = PACE_L1, .pc_rate = { GBIT10, 1 }, .pc_line = GBIT10 },
	    NULL },
	{ { .pc_unit = PACE_L1,
	      .pc_rate = { GBIT10 + 1, 1 },
	      .pc_line = GBIT10 },
	    "at most 10000000000 bit/s at layer 1" },
	{ { .pc_unit = PACE_L2, .pc_rate = { GBIT10, 1 }, .pc_line = GBIT10 },
	    "at most 7619047619 bit/s at layer 2" },
	{ { .pc_unit = PACE_L3,
	      .pc_rate = { GBIT10, 1 },
	      .pc_line = GBIT10,
	      .pc_len = 1518 },
	    "at most 9752925877 bit/s at layer 3" },
	{ { .pc_unit = PACE_L3, .pc_rate = { 1, 1 }, .pc_len = 18 },
	    "have no IP packet" },
	{ { .pc_unit = PACE_PERCENT, .pc_rate = { 100, 1 } },
	    "the line rate is not known" },
	{ { .pc_unit = PACE_PERCENT,
	      .pc_rate = { 10001, 100 },
	      .pc_line = GBIT10 },
	    "100.01 % is more than the line has" },
	{ { .pc_unit = PACE_PERCENT,
	      .pc_rate = { 9999, 100 },
	      .pc_line = GBIT10 },
	    NULL },
	{ { .pc_rate = { 1, 20000 } }, "at most 10000-ths" },
	{ { .pc_rate = { UINT64_MAX, 1 } }, "more than can be reckoned with" },
	{ { .pc_kind = PACE_BURST, .pc_rate = { 1, 1 } },
	    "burst: of 0 packets; 1 to" },
	{ { .pc_kind = PACE_BURST,
	      .pc_rate = { 1, 10000 },
	      .pc_burst = PACE_BURST_MAX },
	    "at most 104" },
	{ { .pc_rate = { 1, 1 }, .pc_share = 2, .pc_shares = 2 },
	    "share: 2 of 2" },
	{ { .pc_kind = PACE_RAMP, .pc_rate = { 1, 1 } }, "over: " },
	{ { .pc_kind = PACE_RAMP, .pc_over = 5 }, "from 0 to 0" },
	{ { .pc_kind = PACE_RAMP,
	      .pc_over = 5,
	      .pc_to = { 14880953, 1 },
	      .pc_line = GBIT10 },
	    "to: 14880953 packets/s" },
	{ { .pc_kind = PACE_RAMP,
	      .pc_over = 5,
	      .pc_rate = { 1, 9999 },
	      .pc_to = { 1, 10000 } },
	    "no common fraction" },
};

static void
refusals(void **state)
{
	char err[256];
	unsigned i;

	for (i = 0; i < countof(checked); i++) {
		bool ok = pace_check(&checked[i].pc, err, sizeof(err));

		if (checked[i].says == NULL) {
			assert_true(ok);
			continue;
		}
		assert_false(ok);
		if (strstr(err, checked[i].says) == NULL)
			fail_msg("%u: %s", i, err);
	}
}

static void
packets_a_second(void **state)
{
	struct pace_conf pc = { .pc_unit = PACE_PERCENT,
		.pc_rate = { 50, 1 },
		.pc_line = GBIT10 };

	assert_true(fabs(pace_pps(&pc, 64) - 7440476.19) < 0.01);
	pc.pc_unit = PACE_PPS;
	assert_true(pace_pps(&pc, 64) == 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant),
		cmocka_unit_test(no_drift),
		cmocka_unit_test(bits),
		cmocka_unit_test(shares_are_whole),
		cmocka_unit_test(bit_shares),
		cmocka_unit_test(bursts),
		cmocka_unit_test(offered_is_walked),
		cmocka_unit_test(ramp),
		cmocka_unit_test(ramp_sum),
		cmocka_unit_test(exponential),
		cmocka_unit_test(logarithm),
		cmocka_unit_test(poisson),
		cmocka_unit_test(lateness),
		cmocka_unit_test(as_fast_as_it_goes),
		cmocka_unit_test(refusals),
		cmocka_unit_test(packets_a_second),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
