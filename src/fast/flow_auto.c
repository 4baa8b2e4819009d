/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trials of the flow cache; see flow_auto.h.
 *
 * Steps.  1 warms the cache.  Then slices of two halves each: 2 and 3 are those
 * of the first slice, 4 and 5 of the second, and so on; with the cache,
 * without, without, with, so that neither always comes first.
 */
#include "fast/flow_auto.h"

#include <stdlib.h>

#define WARM  1u
#define FIRST 2u /* step of the first slice */
#define END   (FIRST + 4 * FLOW_AUTO_PAIRS)

/* Packets of half a slice: a quarter of the cache, within these. */
#define HALF_LEAST 64u
#define HALF_MOST  16384u

#define WARM_MOST (1u << 20)

const char *const flow_why_names[FW_N] = {
	[FW_NOROOM] = "there is none",
	[FW_NEW] = "not measured yet",
	[FW_CLOSE] = "no clear difference",
	[FW_FASTER] = "faster",
	[FW_SLOWER] = "slower",
};

static uint64_t
auto_half(const struct flow_auto *fa)
{
	return u64min(u64max(fa->fa_size / 4, HALF_LEAST), HALF_MOST);
}

static uint64_t
auto_warm(const struct flow_auto *fa)
{
	return u64min(2 * fa->fa_size, WARM_MOST);
}

static uint64_t
auto_rest(const struct flow_auto *fa)
{
	return FLOW_AUTO_REST *
	    (auto_warm(fa) + auto_half(fa) * 4 * FLOW_AUTO_PAIRS);
}

static void
auto_use(struct flow_auto *fa, bool use)
{
	stat_cell_add(&fa->fa_changes, use != fa->fa_use);
	stat_cell_set(&fa->fa_using, use);
	fa->fa_use = use;
}

/* Another cache: nothing is known of it. */
static void
auto_reset(struct flow_auto *fa, uint64_t size)
{
	fa->fa_size = size;
	fa->fa_step = 0;
	fa->fa_left = 0;
	fa->fa_with = fa->fa_counts = false;
	auto_use(fa, false);
	stat_cell_set(&fa->fa_why, size != 0 ? FW_NEW : FW_NOROOM);
}

bool
flow_auto_begin(struct flow_auto *fa, uint64_t size)
{
	if (unlikely(fa->fa_size != size))
		auto_reset(fa, size);
	return fa->fa_with;
}

static int
cost_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t
auto_median(uint32_t cost[FLOW_AUTO_PAIRS])
{
	qsort(cost, FLOW_AUTO_PAIRS, sizeof(cost[0]), cost_cmp);
	return cost[FLOW_AUTO_PAIRS / 2];
}

/* The cache won so many pairs; mid: without it, with it. */
static enum flow_why
auto_verdict(bool use, unsigned won, const uint32_t mid[2])
{
	unsigned wins = use ? FLOW_AUTO_PAIRS - won : won;
	uint32_t now = mid[use], other = mid[!use];

	if (wins >= FLOW_AUTO_WON && other < now - now / FLOW_AUTO_LEAST)
		return use ? FW_SLOWER : FW_FASTER;
	/* What is in force may be clearly the better one. */
	if (wins <= FLOW_AUTO_PAIRS - FLOW_AUTO_WON &&
	    now < other - other / FLOW_AUTO_LEAST)
		return use ? FW_FASTER : FW_SLOWER;
	return FW_CLOSE;
}

static void
auto_decide(struct flow_auto *fa)
{
	unsigned i, won = 0;
	enum flow_why why;
	uint32_t mid[2];

	for (i = 0; i < FLOW_AUTO_PAIRS; i++)
		won += fa->fa_took[1][i] < fa->fa_took[0][i];
	for (i = 0; i < 2; i++) {
		mid[i] = auto_median(fa->fa_took[i]);
		stat_cell_set(&fa->fa_mid[i], mid[i]);
	}
	why = auto_verdict(fa->fa_use, won, mid);
	if (why != FW_CLOSE)
		auto_use(fa, why == FW_FASTER);
	stat_cell_set(&fa->fa_won, won);
	stat_cell_set(&fa->fa_why, why);
	stat_cell_add(&fa->fa_trials, 1);
}

/* A slice has ended: what a packet of it took. */
static void
auto_note(struct flow_auto *fa)
{
	unsigned pair = (fa->fa_step - FIRST) / 4;

	fa->fa_took[fa->fa_with][pair] = (uint32_t)u64min(UINT32_MAX,
	    fa->fa_cost * FLOW_AUTO_UNIT / u64max(fa->fa_packets, 1));
	fa->fa_cost = fa->fa_packets = 0;
}

static void
auto_next(struct flow_auto *fa)
{
	unsigned slice;

	if (fa->fa_counts)
		auto_note(fa);
	fa->fa_counts = false;
	if (++fa->fa_step == END) {
		auto_decide(fa);
		fa->fa_step = 0;
		fa->fa_with = fa->fa_use;
		fa->fa_left = auto_rest(fa);
	} else if (fa->fa_step == WARM) {
		fa->fa_with = true;
		fa->fa_left = auto_warm(fa);
	} else {
		slice = (fa->fa_step - FIRST) / 2;
		fa->fa_with = ((slice ^ slice >> 1) & 1) == 0;
		fa->fa_counts = fa->fa_step % 2 == 1;
		fa->fa_left = auto_half(fa);
	}
}

void
flow_auto_step(struct flow_auto *fa, unsigned n, uint64_t took)
{
	if (fa->fa_counts) {
		fa->fa_packets += n;
		fa->fa_cost += took;
	}
	fa->fa_left -= u64min(fa->fa_left, n);
	if (fa->fa_left == 0 && fa->fa_size != 0)
		auto_next(fa);
}
