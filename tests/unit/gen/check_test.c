/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of a bad network, which knows what it did to each packet, and what
 * the checker makes of what comes out of it.  The truth is computed from the
 * definitions, packet against packet.
 */
#include "gen/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "gen/sig.h"

enum { FLOWS = 7, SENT = 600, MOST = FLOWS * SENT * 3 };

struct channel {
	unsigned loss; /* of 1000 packets */
	unsigned duplicate;
	unsigned delay; /* of 1000 packets are held up … */
	unsigned by; /* … by up to so many packet times */
};

/* What becomes of a flow, by the definitions. */
struct truth {
	uint64_t received, duplicated, reordered, reordered3, extent_max;
	uint64_t offset_max, old;
	uint64_t latency_sum, latency_min, latency_max;
	uint64_t jitter; /* of the differences */
};

static struct rnd r;
static struct check_rec out[MOST];
static unsigned nout;
static uint64_t sent[FLOWS];

static int
setup(void **state)
{
	rnd_seed(&r, 11);
	return 0;
}

static int
by_arrival(const void *a, const void *b)
{
	const struct check_rec *x = a, *y = b;

	if (x->cr_now != y->cr_now)
		return x->cr_now < y->cr_now ? -1 : 1;
	return (x->cr_more > y->cr_more) - (x->cr_more < y->cr_more);
}

static void
arrive(uint32_t flow, uint32_t seq, uint64_t ts, uint64_t after)
{
	out[nout] = (struct check_rec){ .cr_flow = flow,
		.cr_seq = seq,
		.cr_ts = ts,
		.cr_now = ts + after,
		.cr_len = 64,
		.cr_more = nout };
	nout++;
}

/* A packet each 1024 ns, of the flows in turn; numbers from first on. */
static void
transmit(const struct channel *c, uint32_t base, uint32_t first)
{
	unsigned i;

	nout = 0;
	for (i = 0; i < FLOWS * SENT; i++) {
		uint32_t flow = base + i % FLOWS, seq = first + i / FLOWS;
		uint64_t ts = 5000 + i * 1024, after = rnd_below(&r, 100);

		sent[i % FLOWS] = SENT;
		if (rnd_below(&r, 1000) < c->delay)
			after += 1024 * rnd_below(&r, c->by + 1);
		if (rnd_below(&r, 1000) >= c->loss)
			arrive(flow, seq, ts, after);
		else
			continue;
		while (nout < MOST - FLOWS * SENT &&
		    rnd_below(&r, 1000) < c->duplicate)
			arrive(flow, seq, ts,
			    after + 1024 * rnd_below(&r, c->by + 1));
	}
	qsort(out, nout, sizeof(out[0]), by_arrival);
	for (i = 0; i < nout; i++)
		out[i].cr_more = i;
}

/* Whether a came earlier in the sequence than b. */
static bool
before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* How one first copy stands to the n that came before it: RFC 4737. */
static void
judge(struct truth *t, const struct check_rec *const *got, unsigned n)
{
	uint32_t seq = got[n]->cr_seq;
	unsigned first, three;

	for (first = 0; first < n && before(got[first]->cr_seq, seq);)
		first++;
	if (first == n)
		return;
	t->reordered++;
	t->extent_max = u64max(t->extent_max, n - first);
	t->offset_max =
	    u64max(t->offset_max, got[n]->cr_now - got[first]->cr_now);
	for (three = 1; three <= 3 && three <= n; three++)
		if (!before(seq, got[n - three]->cr_seq))
			break;
	t->reordered3 += three == 4;
}

static struct truth
truth_of(uint32_t flow)
{
	static const struct check_rec *got[MOST];
	struct truth t = { .latency_min = UINT64_MAX };
	uint64_t last = 0;
	unsigned i, j, n = 0;

	for (i = 0; i < nout; i++) {
		uint64_t latency = out[i].cr_now - out[i].cr_ts;

		if (out[i].cr_flow != flow)
			continue;
		for (j = 0; j < n; j++)
			if (got[j]->cr_seq == out[i].cr_seq)
				break;
		if (j < n) {
			t.duplicated++;
			continue;
		}
		got[n] = &out[i];
		judge(&t, got, n);
		t.latency_sum += latency;
		t.latency_min = u64min(t.latency_min, latency);
		t.latency_max = u64max(t.latency_max, latency);
		if (n++ > 0)
			t.jitter += (latency > last ? latency - last :
			    last - latency);
		last = latency;
	}
	t.received = n;
	return t;
}

static uint64_t
sent_of(void *base, uint32_t flow)
{
	return sent[flow - *(uint32_t *)base];
}

static struct checker *
create(uint32_t base, uint32_t first, unsigned window, unsigned share,
    unsigned shares)
{
	/* Two streams of the one set of histograms, one of another. */
	static const struct check_stream streams[] = { { 3, 0 }, { 1, 1 },
		{ FLOWS - 4, 0 } };
	struct check_conf cc = { .cc_base = base,
		.cc_first = first,
		.cc_stream = streams,
		.cc_nstreams = countof(streams),
		.cc_share = share,
		.cc_shares = shares,
		.cc_window = window };
	struct checker *ck;

	assert_int_equal(checker_create(&cc, &ck), 0);
	return ck;
}

static void
same_flow(const struct check_flow *cf, const struct truth *t)
{
	assert_non_null(cf);
	assert_int_equal(cf->cf_received, t->received);
	assert_int_equal(cf->cf_duplicated, t->duplicated);
	assert_int_equal(cf->cf_reordered, t->reordered);
	assert_int_equal(cf->cf_old, 0);
	assert_int_equal(check_flow_lost(cf, SENT), SENT - t->received);
}

/* What the flows of a group make together. */
static void
same_group(const struct check_group *cg, uint32_t base, unsigned from,
    unsigned n)
{
	struct truth sum = { .latency_min = UINT64_MAX };
	unsigned i;

	for (i = from; i < from + n; i++) {
		struct truth t = truth_of(base + i);

		sum.received += t.received;
		sum.duplicated += t.duplicated;
		sum.reordered += t.reordered;
		sum.reordered3 += t.reordered3;
		sum.extent_max = u64max(sum.extent_max, t.extent_max);
		sum.offset_max = u64max(sum.offset_max, t.offset_max);
		sum.latency_sum += t.latency_sum;
		sum.latency_min = u64min(sum.latency_min, t.latency_min);
		sum.latency_max = u64max(sum.latency_max, t.latency_max);
	}
	assert_int_equal(cg->cg_received, sum.received);
	assert_int_equal(cg->cg_bytes, sum.received * 64);
	assert_int_equal(cg->cg_lost, n * SENT - sum.received);
	assert_int_equal(cg->cg_duplicated, sum.duplicated);
	assert_int_equal(cg->cg_reordered, sum.reordered);
	assert_int_equal(cg->cg_reordered3, sum.reordered3);
	assert_int_equal(cg->cg_extent_max, sum.extent_max);
	assert_true(cg->cg_offset_max + 256 > sum.offset_max &&
	    cg->cg_offset_max < sum.offset_max + 256);
	assert_int_equal(cg->cg_old, 0);
	assert_int_equal(cg->cg_early, 0);
	assert_int_equal(cg->cg_flows, n);
	assert_true(cg->cg_latency_sum == sum.latency_sum);
	assert_int_equal(cg->cg_latency_min, sum.latency_min);
	assert_int_equal(cg->cg_latency_max, sum.latency_max);
}

static void
same_hists(const struct checker *ck, uint32_t base)
{
	static const unsigned set[FLOWS] = { 0, 0, 0, 1, 0, 0, 0 };
	struct truth t, sum[2] = { { 0 }, { 0 } };
	uint64_t first[2] = { 0 };
	unsigned i;

	for (i = 0; i < FLOWS; i++) {
		t = truth_of(base + i);
		sum[set[i]].received += t.received;
		sum[set[i]].reordered += t.reordered;
		sum[set[i]].latency_sum += t.latency_sum;
		sum[set[i]].jitter += t.jitter;
		first[set[i]] += t.received != 0;
	}
	for (i = 0; i < 2; i++) {
		const struct check_hists *ch = checker_hists(ck, i);

		assert_int_equal(ch->ch_latency.h_n, sum[i].received);
		assert_int_equal(ch->ch_latency.h_sum[0], sum[i].latency_sum);
		assert_int_equal(ch->ch_jitter.h_n, sum[i].received - first[i]);
		assert_int_equal(ch->ch_jitter.h_sum[0], sum[i].jitter);
		assert_int_equal(ch->ch_extent.h_n, sum[i].reordered);
		assert_int_equal(ch->ch_offset.h_n, sum[i].reordered);
	}
}

static const struct channel channels[] = {
	{ 0, 0, 0, 0 },
	{ 100, 0, 0, 0 },
	{ 0, 200, 0, 5 },
	{ 0, 0, 100, 30 },
	{ 50, 50, 200, 200 },
	{ 500, 300, 500, 400 },
	{ 990, 0, 0, 0 },
	{ 1000, 0, 0, 0 },
	{ 10, 900, 10, 400 },
};

/* The counts are the truth, whatever the channel, also over the wrap. */
static void
model(void **state)
{
	static const uint32_t firsts[] = { 0, UINT32_MAX - SENT / 2,
		0x7fffff00 };
	static const unsigned windows[] = { 64, 128, 0 };
	unsigned i, f, w;

	for (i = 0; i < countof(channels) * 9; i++) {
		uint32_t base = (uint32_t)rnd_u64(&r), first = firsts[i % 3];
		unsigned window = windows[i / 3 % 3];
		struct checker *ck = create(base, first, window, 0, 1);
		struct channel c = channels[i / 9];

		/* Nothing may come from further back than the window. */
		if (window == 64)
			c.by /= 2;
		transmit(&c, base, first);
		for (w = 0; w < nout; w += 50)
			assert_int_equal(
			    check_burst(ck, out + w, umin(50, nout - w)),
			    umin(50, nout - w));
		for (f = 0; f < FLOWS; f++) {
			struct truth t = truth_of(base + f);

			same_flow(checker_flow(ck, base + f), &t);
		}
		checker_finish(ck, sent_of, &base);
		same_group(checker_group(ck, 0), base, 0, 3);
		same_group(checker_group(ck, 1), base, 3, 1);
		same_group(checker_group(ck, 2), base, 4, FLOWS - 4);
		same_hists(ck, base);
		checker_destroy(ck);
	}
}

/* Three CPUs that have a third of the flows each are as good as one. */
static void
shares(void **state)
{
	struct checker *part[3];
	uint32_t base = 100;
	unsigned i, f;

	for (i = 0; i < 3; i++)
		part[i] = create(base, 0, 0, i, 3);
	transmit(&channels[4], base, 0);
	for (i = 0; i < nout; i++) {
		struct sig sg = { out[i].cr_flow, out[i].cr_seq,
			out[i].cr_ts };
		unsigned own = check_share(sg.sg_flow, base, 3);

		assert_true(check_packet(part[own], &sg, 64, out[i].cr_now));
	}
	for (i = 0; i < 3; i++)
		checker_finish(part[i], sent_of, &base);
	for (f = 0; f < FLOWS; f++) {
		struct truth t = truth_of(base + f);

		for (i = 0; i < 3; i++)
			if (i != f % 3)
				assert_null(checker_flow(part[i], base + f));
		same_flow(checker_flow(part[f % 3], base + f), &t);
	}
	checker_merge(part[0], part[1]);
	checker_merge(part[0], part[2]);
	same_group(checker_group(part[0], 0), base, 0, 3);
	same_group(checker_group(part[0], 1), base, 3, 1);
	same_group(checker_group(part[0], 2), base, 4, FLOWS - 4);
	same_hists(part[0], base);
	for (i = 0; i < 3; i++)
		checker_destroy(part[i]);
}

/*
 * Behind the window nobody knows, and that is told: received is too large by
 * at most the old ones.
 */
static void
beyond_the_window(void **state)
{
	static const struct channel far = { 20, 100, 100, 2000 };
	struct checker *ck = create(0, 0, 64, 0, 1);
	uint64_t received = 0, told = 0, old = 0, copies = 0, reordered = 0;
	unsigned f;

	transmit(&far, 0, 0);
	check_burst(ck, out, nout);
	for (f = 0; f < FLOWS; f++) {
		const struct check_flow *cf = checker_flow(ck, f);
		struct truth t = truth_of(f);

		assert_true(cf->cf_received >= t.received);
		assert_true(cf->cf_received - t.received <= cf->cf_old);
		assert_int_equal(cf->cf_received + cf->cf_duplicated,
		    t.received + t.duplicated);
		assert_int_equal(cf->cf_received - cf->cf_reordered,
		    t.received - t.reordered);
		received += t.received;
		copies += t.duplicated;
		reordered += t.reordered;
		told += cf->cf_received;
		old += cf->cf_old;
	}
	assert_true(old > 0 && told > received && copies > 0 && reordered > 0);
	checker_destroy(ck);
}

static void
one(struct checker *ck, uint32_t seq, uint64_t ts, uint64_t now)
{
	struct sig sg = { 0, seq, ts };

	assert_true(check_packet(ck, &sg, 100, now));
}

/* RFC 4737's own way of saying it: 1, 2, 3, 7, 8, 4, 5, 6 and the like. */
static void
by_hand(void **state)
{
	static const uint32_t order[] = { 0, 1, 2, 6, 7, 3, 4, 5, 8, 10, 9,
		10, 10 };
	struct checker *ck = create(0, 0, 0, 0, 1);
	const struct check_group *cg = checker_group(ck, 0);
	const struct check_hists *ch = checker_hists(ck, 0);
	unsigned i;

	for (i = 0; i < countof(order); i++)
		one(ck, order[i], 0, i * 1024);
	assert_int_equal(cg->cg_received, 11);
	assert_int_equal(cg->cg_duplicated, 2);
	assert_int_equal(cg->cg_reordered, 4);
	assert_int_equal(cg->cg_extent_max, 4); /* 5 behind 6 */
	assert_int_equal(cg->cg_offset_max, 4096);
	assert_int_equal(cg->cg_reordered3, 0); /* 4 and 5 came behind 3 */
	assert_int_equal(ch->ch_extent.h_sum[0], 2 + 3 + 4 + 1);
	checker_destroy(ck);
}

/* The smoothed jitter is that of RFC 3550, A.8. */
static void
jitter(void **state)
{
	struct checker *ck = create(0, 0, 0, 0, 1);
	uint64_t j = 0, last = 0, at = 0;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		uint64_t latency = 100000 + rnd_below(&r, 20000);
		uint64_t d = latency > last ? latency - last : last - latency;

		at += 1000000;
		one(ck, i, at, at + latency);
		if (i > 0)
			j += d - ((j + 8) >> 4);
		last = latency;
		assert_int_equal(
		    check_flow_jitter(checker_flow(ck, 0)), j >> 4);
	}
	/* The mean difference of two uniform ones is a third of the range. */
	assert_in_range(check_flow_jitter(checker_flow(ck, 0)), 4000, 10000);
	assert_in_range(check_pdv(&checker_hists(ck, 0)->ch_latency, 1, 2),
	    9000, 11000);
	checker_destroy(ck);
}

/* Clocks that disagree are told, and do no harm. */
static void
early(void **state)
{
	struct checker *ck = create(0, 0, 0, 0, 1);

	one(ck, 0, 1000, 999);
	one(ck, 1, UINT64_MAX, 1);
	one(ck, 2, 1000, 1000);
	assert_int_equal(checker_group(ck, 0)->cg_early, 2);
	assert_int_equal(checker_group(ck, 0)->cg_latency_max, 0);
	checker_destroy(ck);
}

static void
strays(void **state)
{
	struct checker *ck = create(1000, 0, 0, 1, 2);
	static const uint32_t not_ours[] = { 0, 999, 1000, 1002, 1000 + FLOWS,
		1001 + FLOWS, UINT32_MAX };
	unsigned i;

	for (i = 0; i < countof(not_ours); i++) {
		struct sig sg = { not_ours[i], 0, 0 };

		assert_false(check_packet(ck, &sg, 64, 0));
		assert_null(checker_flow(ck, not_ours[i]));
	}
	assert_int_equal(checker_stray(ck), countof(not_ours));
	checker_reset(ck);
	assert_int_equal(checker_stray(ck), 0);
	checker_destroy(ck);
}

/* After a reset nothing is left of a trial. */
static void
again(void **state)
{
	struct checker *ck = create(0, 0, 0, 0, 1);
	struct check_group was;
	uint32_t base = 0;
	unsigned i;

	transmit(&channels[5], 0, 0);
	for (i = 0; i < 2; i++) {
		check_burst(ck, out, nout);
		checker_finish(ck, sent_of, &base);
		if (i == 0)
			was = *checker_group(ck, 2);
		else
			assert_memory_equal(
			    &was, checker_group(ck, 2), sizeof(was));
		checker_reset(ck);
	}
	checker_destroy(ck);
}

/* A million flows have their 64 bytes each, and a window of 64. */
static void
a_million_flows(void **state)
{
	static const struct check_stream stream = { 1000000, 0 };
	struct check_conf cc = { .cc_stream = &stream, .cc_nstreams = 1 };
	struct checker *ck;
	uint32_t f;

	assert_int_equal(checker_create(&cc, &ck), 0);
	assert_int_equal(checker_window(ck), 64);
	assert_false(checker_has_extent(ck));
	for (f = 0; f < 1000000; f++) {
		struct check_rec cr[] = { { .cr_flow = f, .cr_seq = 2 },
			{ .cr_flow = f, .cr_seq = 1 },
			{ .cr_flow = f, .cr_seq = 1 } };

		assert_int_equal(check_burst(ck, cr, 3), 3);
	}
	assert_int_equal(checker_group(ck, 0)->cg_received, 2000000);
	assert_int_equal(checker_group(ck, 0)->cg_duplicated, 1000000);
	assert_int_equal(checker_group(ck, 0)->cg_reordered, 1000000);
	checker_destroy(ck);
}

static void
refusals(void **state)
{
	static const struct check_stream none = { 0, 0 },
					 many = { 1u << 29, 0 },
					 far = { 1, 1 }, good = { 1, 0 };
	const struct check_conf bad[] = {
		{ .cc_nstreams = 0 },
		{ .cc_stream = &none, .cc_nstreams = 1 },
		{ .cc_stream = &many, .cc_nstreams = 1 },
		{ .cc_stream = &far, .cc_nstreams = 1 },
		{ .cc_stream = &good, .cc_nstreams = 1, .cc_window = 32 },
		{ .cc_stream = &good, .cc_nstreams = 1, .cc_window = 100 },
		{ .cc_stream = &good, .cc_nstreams = 1, .cc_window = 1 << 17 },
		{ .cc_stream = &good, .cc_nstreams = 1, .cc_share = 1 },
	};
	struct checker *ck;
	unsigned i;

	for (i = 0; i < countof(bad); i++)
		assert_int_equal(checker_create(&bad[i], &ck), EINVAL);
}

static uint64_t
ten_each(void *arg, uint32_t flow)
{
	return 10;
}

/* When something was lost for the last time, and what is missing at the end. */
static void
last_loss(void **state)
{
	static const struct check_stream stream[] = { { 1, 0 }, { 1, 0 } };
	struct check_conf cc = { .cc_stream = stream, .cc_nstreams = 2 };
	struct checker *ck;
	uint32_t seq;

	assert_int_equal(checker_create(&cc, &ck), 0);
	for (seq = 0; seq < 10; seq++) {
		if (seq != 3 && seq != 4 && seq != 7)
			check_packet(ck, &(struct sig){ 0, seq, seq * 100 }, 64,
			    seq * 100 + 5);
		if (seq < 8)
			check_packet(ck, &(struct sig){ 1, seq, seq * 100 }, 64,
			    seq * 100 + 5);
	}
	checker_finish(ck, ten_each, NULL);
	assert_int_equal(checker_group(ck, 0)->cg_gap, 800);
	assert_int_equal(checker_group(ck, 0)->cg_flows_cut, 0);
	assert_int_equal(checker_group(ck, 0)->cg_lost, 3);
	assert_int_equal(checker_group(ck, 1)->cg_gap, 0);
	assert_int_equal(checker_group(ck, 1)->cg_flows_cut, 1);
	assert_int_equal(checker_group(ck, 1)->cg_lost, 2);
	checker_destroy(ck);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model),
		cmocka_unit_test(shares),
		cmocka_unit_test(beyond_the_window),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(jitter),
		cmocka_unit_test(early),
		cmocka_unit_test(strays),
		cmocka_unit_test(again),
		cmocka_unit_test(a_million_flows),
		cmocka_unit_test(last_loss),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
