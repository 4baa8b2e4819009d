/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each packet of a trial that arrived, against what was expected of its flow.
 *
 * A flow knows the number it expects next.  One that is not below it is in
 * order (RFC 4737, 3.3); what it passes over is missing until it comes.  The
 * last numbers below, a window of them, have a bit each that says whether it
 * came; bits are found by the number's low bits, so nothing is shifted.  A
 * number that is passed over also gets a note of who did it and when, which is
 * all that the extent and the late offset need: the earliest packet with a
 * larger number is by definition the one that passed over it.
 *
 * In order and without loss, a packet touches the line of its flow and a word
 * of the window if that is over 64; and the line of its group, and a line or
 * two of each of two histograms, only if it took longer or shorter than the
 * one before it.
 */
#include "gen/check.h"

#include "gen/check_int.h"
#include "gen/sig.h"

#define HOLE_SHIFT 8 /* 256 ns, 2^40 of them: 18 minutes */

/* The window of the flow at this place. */
static inline uint64_t *
window_of(const struct checker *ck, size_t at)
{
	return ck->ck_window1 + (at << ck->ck_shift);
}

/* The numbers from the next one on, n of them, were passed over. */
static __attribute__((noinline)) void
pass_over(const struct checker *ck, struct check_flow *cf, uint32_t n,
    uint64_t now)
{
	unsigned mask = ck->ck_window - 1;
	uint64_t *seen = window_of(ck, (size_t)(cf - ck->ck_flow));
	uint32_t seq = cf->cf_next + n - umin(n, ck->ck_window);
	uint32_t end = cf->cf_next + n;
	struct check_hole *holes = NULL;

	if (ck->ck_hole != NULL)
		holes = ck->ck_hole +
		    (size_t)(cf - ck->ck_flow) * ck->ck_window;
	for (; seq != end; seq++) {
		unsigned bit = seq & mask;

		seen[bit / 64] &= ~(UINT64_C(1) << bit % 64);
		if (holes != NULL)
			holes[bit] = (struct check_hole){
				(uint32_t)cf->cf_received,
				(uint32_t)(now >> HOLE_SHIFT)
			};
	}
}

/* Whether none of the three right before has a lower number; note this one. */
static bool
three_before(struct check_recent *re, uint32_t seq, uint32_t at)
{
	bool all = true;
	unsigned i;

	for (i = 0; i < re->re_n; i++)
		if (at - re->re_at[i] <= 3 &&
		    (int32_t)(re->re_seq[i] - seq) < 0)
			all = false;
	re->re_at[re->re_next] = at;
	re->re_seq[re->re_next] = seq;
	re->re_next = (re->re_next + 1) % 3;
	if (re->re_n < 3)
		re->re_n++;
	return all;
}

/* How far out of order a packet came that was passed over. */
static void
how_far(struct checker *ck, const struct check_flow *cf,
    struct check_group *cg, uint32_t seq, uint64_t now)
{
	size_t i = (size_t)(cf - ck->ck_flow);
	const struct check_hole *ho = ck->ck_hole + i * ck->ck_window +
	    (seq & (ck->ck_window - 1));
	uint32_t extent = (uint32_t)cf->cf_received - ho->ho_at;
	uint64_t offset =
	    (uint64_t)((uint32_t)(now >> HOLE_SHIFT) - ho->ho_time)
	    << HOLE_SHIFT;

	hist_add(&cg->cg_hists->ch_extent, extent);
	hist_add(&cg->cg_hists->ch_offset, offset);
	cg->cg_extent_max = u64max(cg->cg_extent_max, extent);
	cg->cg_offset_max = u64max(cg->cg_offset_max, offset);
	if (three_before(&ck->ck_recent[i], seq, (uint32_t)cf->cf_received) &&
	    extent >= 3)
		cg->cg_reordered3++;
}

/* A number below the one expected: false if it is only a further copy. */
static __attribute__((noinline)) bool
out_of_order(struct checker *ck, struct check_flow *cf,
    struct check_group *cg, uint32_t seq, uint64_t now)
{
	unsigned bit = seq & (ck->ck_window - 1);
	uint64_t *seen =
	    &window_of(ck, (size_t)(cf - ck->ck_flow))[bit / 64];

	if (cf->cf_next - seq > ck->ck_window) {
		cf->cf_old++;
		cg->cg_old++;
	} else if ((*seen >> bit % 64 & 1) != 0) {
		cf->cf_duplicated++;
		cg->cg_duplicated++;
		return false;
	} else {
		*seen |= UINT64_C(1) << bit % 64;
		if (ck->ck_hole != NULL)
			how_far(ck, cf, cg, seq, now);
	}
	cf->cf_reordered++;
	cg->cg_reordered++;
	return true;
}

/*
 * What packets that follow each other add to their group.  They left together
 * and came together, so that most have the same latency and the same change
 * of it: a value goes into the histogram when another one comes.
 */
struct run {
	struct check_group *ru_group; /* NULL: none yet */
	uint64_t ru_latency;
	uint64_t ru_latencies; /* packets that took so long */
	uint64_t ru_change;
	uint64_t ru_changes;
	uint64_t ru_received;
	uint64_t ru_bytes;
};

static __attribute__((noinline)) void
add_latency(struct check_group *cg, uint64_t latency, uint64_t n)
{
	if (n == 0)
		return;
	hist_addn(&cg->cg_hists->ch_latency, latency, n);
	cg->cg_latency_sum += (unsigned __int128)latency * n;
	cg->cg_latency_min = u64min(cg->cg_latency_min, latency);
	cg->cg_latency_max = u64max(cg->cg_latency_max, latency);
}

static __attribute__((noinline)) void
add_change(struct check_group *cg, uint64_t change, uint64_t n)
{
	if (n != 0)
		hist_addn(&cg->cg_hists->ch_jitter, change, n);
}

/* All of the run is the group's; the next begins. */
static inline void
run_end(struct run *ru, struct check_group *next)
{
	struct check_group *cg = ru->ru_group;

	if (cg != NULL) {
		add_latency(cg, ru->ru_latency, ru->ru_latencies);
		add_change(cg, ru->ru_change, ru->ru_changes);
		cg->cg_received += ru->ru_received;
		cg->cg_bytes += ru->ru_bytes;
	}
	*ru = (struct run){ .ru_group = next };
}

/* Latency, and its change since the packet before. */
static inline void
time_taken(struct check_flow *cf, struct run *ru, uint64_t ts, uint64_t now)
{
	uint64_t latency = now - ts, change;

	if (unlikely(now < ts)) {
		latency = 0;
		ru->ru_group->cg_early++;
	}
	if (unlikely(latency != ru->ru_latency)) {
		add_latency(ru->ru_group, ru->ru_latency, ru->ru_latencies);
		ru->ru_latency = latency;
		ru->ru_latencies = 0;
	}
	ru->ru_latencies++;
	if (likely(cf->cf_received != 0)) {
		change = latency > cf->cf_latency ? latency - cf->cf_latency :
		    cf->cf_latency - latency;
		if (unlikely(change != ru->ru_change)) {
			add_change(ru->ru_group, ru->ru_change, ru->ru_changes);
			ru->ru_change = change;
			ru->ru_changes = 0;
		}
		ru->ru_changes++;
		/* RFC 3550, A.8. */
		cf->cf_jitter += change - ((cf->cf_jitter + 8) >> 4);
	}
	cf->cf_latency = latency;
}

static inline void
take(struct checker *ck, uint32_t at, struct run *ru,
    const struct check_rec *cr)
{
	struct check_flow *cf = &ck->ck_flow[at];
	struct check_group *cg = &ck->ck_group[cf->cf_group];
	uint32_t seq = cr->cr_seq, ahead = seq - cf->cf_next;

	if (unlikely(cg != ru->ru_group))
		run_end(ru, cg);
	if (likely(ahead < UINT32_C(1) << 31)) {
		unsigned bit = seq & (ck->ck_window - 1);

		if (unlikely(ahead != 0)) {
			pass_over(ck, cf, ahead, cr->cr_now);
			cg->cg_gap = u64max(cg->cg_gap, cr->cr_ts);
		}
		window_of(ck, at)[bit / 64] |= UINT64_C(1) << bit % 64;
		cf->cf_next = seq + 1;
	} else if (!out_of_order(ck, cf, cg, seq, cr->cr_now)) {
		return;
	}
	time_taken(cf, ru, cr->cr_ts, cr->cr_now);
	cf->cf_received++;
	ru->ru_received++;
	ru->ru_bytes += cr->cr_len;
}

bool
check_packet(struct checker *ck, const struct sig *sg, unsigned wirelen,
    uint64_t now)
{
	struct check_rec cr = { sg->sg_flow, sg->sg_seq, sg->sg_ts, now,
		wirelen, 0 };

	return check_burst(ck, &cr, 1) == 1;
}

/* What the next packets' flows have is on its way when it is needed. */
static void
fetch_ahead(const struct checker *ck, const struct check_rec *cr, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		uint32_t at = check_index(ck, cr[i].cr_flow);

		if (unlikely(at >= ck->ck_nflows))
			continue;
		__builtin_prefetch(&ck->ck_flow[at], 1);
		if (ck->ck_window != 64)
			__builtin_prefetch(window_of(ck, at) +
				(cr[i].cr_seq & (ck->ck_window - 1)) / 64,
			    1);
	}
}

unsigned
check_burst(struct checker *ck, const struct check_rec *cr, unsigned n)
{
	struct run ru = { 0 };
	unsigned i, own = 0;

	for (i = 0; i < n; i++) {
		uint32_t at = check_index(ck, cr[i].cr_flow);

		if (unlikely(ck->ck_far) && i % CHECK_BURST == 0)
			fetch_ahead(ck, cr + i, umin(n - i, CHECK_BURST));
		if (unlikely(at >= ck->ck_nflows)) {
			ck->ck_stray++;
			continue;
		}
		take(ck, at, &ru, &cr[i]);
		own++;
	}
	run_end(&ru, NULL);
	return own;
}
