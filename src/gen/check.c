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
 * In order and without loss, a packet touches the line of its flow, a word of
 * the window if that is over 64, and the line of its group, and a line or two
 * of each of two histograms.
 */
#include "gen/check.h"

#include "gen/check_int.h"
#include "gen/sig.h"

#define HOLE_SHIFT 8 /* 256 ns, 2^40 of them: 18 minutes */

static inline uint64_t *
window_of(const struct checker *ck, struct check_flow *cf)
{
	size_t i = (size_t)(cf - ck->ck_flow);

	if (ck->ck_window == 64)
		return &cf->cf_seen;
	return ck->ck_seen + i * (ck->ck_window / 64);
}

/* The numbers from the next one on, n of them, were passed over. */
static __attribute__((noinline)) void
pass_over(const struct checker *ck, struct check_flow *cf, uint32_t n,
    uint64_t now)
{
	unsigned mask = ck->ck_window - 1;
	uint64_t *seen = window_of(ck, cf);
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
	uint64_t *seen = &window_of(ck, cf)[bit / 64];

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

/* Latency, and its change since the packet before. */
static inline void
time_taken(struct check_flow *cf, struct check_group *cg, uint64_t ts,
    uint64_t now)
{
	struct check_hists *ch = cg->cg_hists;
	uint64_t latency = now - ts, change;

	if (unlikely(now < ts)) {
		latency = 0;
		cg->cg_early++;
	}
	hist_add(&ch->ch_latency, latency);
	cg->cg_latency_sum += latency;
	if (latency < cg->cg_latency_min)
		cg->cg_latency_min = latency;
	if (latency > cg->cg_latency_max)
		cg->cg_latency_max = latency;
	if (likely(cf->cf_received != 0)) {
		change = latency > cf->cf_latency ? latency - cf->cf_latency :
		    cf->cf_latency - latency;
		hist_add(&ch->ch_jitter, change);
		/* RFC 3550, A.8. */
		cf->cf_jitter += change - ((cf->cf_jitter + 8) >> 4);
	}
	cf->cf_latency = latency;
}

static inline void
take(struct checker *ck, struct check_flow *cf, uint32_t seq, uint64_t ts,
    unsigned wirelen, uint64_t now)
{
	struct check_group *cg = &ck->ck_group[cf->cf_group];
	uint32_t ahead = seq - cf->cf_next;

	if (likely(ahead < UINT32_C(1) << 31)) {
		unsigned bit = seq & (ck->ck_window - 1);

		if (unlikely(ahead != 0)) {
			pass_over(ck, cf, ahead, now);
			cg->cg_gap = u64max(cg->cg_gap, ts);
		}
		window_of(ck, cf)[bit / 64] |= UINT64_C(1) << bit % 64;
		cf->cf_next = seq + 1;
	} else if (!out_of_order(ck, cf, cg, seq, now)) {
		return;
	}
	time_taken(cf, cg, ts, now);
	cf->cf_received++;
	cg->cg_received++;
	cg->cg_bytes += wirelen;
}

bool
check_packet(struct checker *ck, const struct sig *sg, unsigned wirelen,
    uint64_t now)
{
	uint32_t i = check_index(ck, sg->sg_flow);

	if (unlikely(i >= ck->ck_nflows)) {
		ck->ck_stray++;
		return false;
	}
	take(ck, &ck->ck_flow[i], sg->sg_seq, sg->sg_ts, wirelen, now);
	return true;
}

unsigned
check_burst(struct checker *ck, const struct check_rec *cr, unsigned n)
{
	struct check_flow *flow[CHECK_BURST];
	unsigned done, i, own = 0;

	for (done = 0; done < n; done += CHECK_BURST, cr += CHECK_BURST) {
		unsigned now = umin(n - done, CHECK_BURST);

		for (i = 0; i < now; i++) {
			uint32_t at = check_index(ck, cr[i].cr_flow);

			flow[i] = NULL;
			if (unlikely(at >= ck->ck_nflows)) {
				ck->ck_stray++;
				continue;
			}
			flow[i] = &ck->ck_flow[at];
			__builtin_prefetch(flow[i], 1);
			if (ck->ck_window != 64)
				__builtin_prefetch(window_of(ck, flow[i]) +
					(cr[i].cr_seq & (ck->ck_window - 1)) /
					    64,
				    1);
		}
		for (i = 0; i < now; i++) {
			if (unlikely(flow[i] == NULL))
				continue;
			take(ck, flow[i], cr[i].cr_seq, cr[i].cr_ts,
			    cr[i].cr_len, cr[i].cr_now);
			own++;
		}
	}
	return own;
}
