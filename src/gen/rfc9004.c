/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Back-to-back frames: RFC 2544, 26.4, as RFC 9004 says.
 *
 * The longest burst at the highest rate of which no frame is lost, found by a
 * binary search and that many times, gives the size of the device's buffer:
 * while a burst of n frames comes in at the highest rate M, the device forwards
 * at its throughput T, so of a burst that just fits n (1 - T/M) frames are in
 * the buffer (5.4).  A device that forwards at M shows nothing of its buffer
 * (5.1).
 *
 * All rates and counts are of one port; bursts come in at all sending ports at
 * the same time.
 */
#include <math.h>

#include "base/bytes.h"
#include "gen/method_int.h"

struct burst {
	uint64_t bt_max; /* rates */
	uint64_t bt_throughput;
	uint64_t bt_limit; /* frames */
	double bt_stays; /* share of a burst that the buffer must hold */
};

/* Of a burst that was too long: which one would just have fitted. */
static uint64_t
fits(const struct run *ru, const struct burst *bt,
    const struct trial_result *tr)
{
	double sent = (double)tr->tr_all.tn_sent / ru->ru_senders;
	double lost = (double)tr->tr_all.tn_lost / ru->ru_senders;
	double held = sent * bt->bt_stays - lost;

	return held > 0 ? (uint64_t)(held / bt->bt_stays) : 0;
}

/*
 * 5.2: the burst, its way out at the throughput, and some rest for buffers to
 * be empty; more of that where bursts are long.
 */
static void
burst_ask(const struct run *ru, const struct burst *bt, uint64_t frames,
    struct ask *as)
{
	double out = (double)frames * 1e9 /
	    (double)u64max(bt->bt_throughput, 1);
	double in = (double)frames * 1e9 / (double)bt->bt_max;
	double rest = (double)ru->ru_profile->pf_burst_rest;

	*as = (struct ask){
		.as_pps = bt->bt_max,
		.as_packets = frames,
		.as_drain = (uint64_t)(fmax(out - in, 0) + fmax(rest, in)),
	};
	/* A device that does not forward at all is not waited for long. */
	as->as_drain = u64min(as->as_drain, 60000000000);
}

/* One repetition: the longest burst, 0: not even one frame. */
static enum ran
burst_search(struct run *ru, const struct burst *bt, uint64_t guess,
    uint64_t *longest)
{
	struct bisect_conf bc = {
		.bc_min = 1,
		.bc_max = bt->bt_limit,
		.bc_ppm = ru->ru_profile->pf_ppm,
		.bc_verify = ru->ru_profile->pf_verify,
	};
	enum ran ran = RAN_OK;
	struct bisect bi;
	struct ask as;
	uint64_t n;

	bisect_start(&bi, &bc);
	bisect_guess(&bi, guess);
	while (bisect_next(&bi, &n)) {
		struct trial_result tr = { .tr_nports = 0 };

		run_say(ru, "Back-to-back, %u bytes: %ju frames",
		    run_point(ru)->mp_size, (uintmax_t)n);
		burst_ask(ru, bt, n, &as);
		ran = run_trial(ru, &as, &tr);
		if (ran == RAN_OK)
			bisect_told(&bi, tr.tr_all.tn_lost == 0,
			    fits(ru, bt, &tr));
		if (ran == RAN_INVALID)
			run_blame(ru, &tr);
		trial_result_fini(&tr);
		if (ran != RAN_OK)
			break;
	}
	*longest = bi.bi_lower;
	return ran;
}

static bool
burst_rates(struct run *ru, struct burst *bt, struct burst_result *bu)
{
	const struct profile *pf = ru->ru_profile;

	bt->bt_max = ru->ru_highest;
	bt->bt_limit = u64max((uint64_t)((double)bt->bt_max *
	    (double)pf->pf_burst / 1e9), 1);
	bt->bt_stays = 1 - (double)bt->bt_throughput / (double)bt->bt_max;
	bu->bu_max_pps = (double)bt->bt_max;
	bu->bu_throughput_pps = (double)bt->bt_throughput;
	bu->bu_limit = bt->bt_limit;
	bu->bu_theoretical = run_point(ru)->mp_line_pps > 0 &&
	    run_point(ru)->mp_max_pps >= run_point(ru)->mp_line_pps * 0.999 -
		ru->ru_senders;
	if (!bu->bu_theoretical)
		run_note(ru, "bursts come at less than the links' rate, which "
		    "is not known or more than the tester can do");
	if (bt->bt_throughput == 0) {
		run_status(ru, MS_FAILED, "there is no rate without loss");
		return false;
	}
	if (bt->bt_stays <= (double)pf->pf_ppm / 1e6) {
		run_status(ru, MS_IMPOSSIBLE, "the device forwards at the "
		    "highest rate: bursts do not fill its buffer (RFC 9004, "
		    "5.1)");
		return false;
	}
	return true;
}

void
point_burst(struct run *ru)
{
	const struct profile *pf = ru->ru_profile;
	struct burst bt = { .bt_max = 0 };
	struct burst_result *bu;
	uint64_t longest = 0;
	unsigned i;

	if (!run_rates(ru) || run_throughput(ru, &bt.bt_throughput) != RAN_OK)
		return;
	bu = &run_point(ru)->mp_burst;
	/* That of the throughput is no matter here. */
	if (run_point(ru)->mp_status == MS_LIMITED)
		run_point(ru)->mp_status = MS_OK;
	if (!burst_rates(ru, &bt, bu))
		return;
	for (i = 0; i < pf->pf_burst_reps; i++) {
		enum ran ran = burst_search(ru, &bt, longest, &longest);

		if (ran != RAN_OK)
			break;
		summary_add(&bu->bu_frames, (double)longest);
		if (longest == bt.bt_limit) {
			run_status(ru, MS_LIMITED, "at least this: the "
			    "longest burst that is allowed passes; allow "
			    "longer ones (RFC 9004, 5.2)");
			break;
		}
	}
	if (bu->bu_frames.sm_n == 0)
		return;
	bu->bu_step = u64max((uint64_t)(bu->bu_frames.sm_mean * pf->pf_ppm /
	    1e6), 1);
	/* 5.4 */
	bu->bu_implied_ns = bu->bu_frames.sm_mean / bu->bu_max_pps * 1e9;
	bu->bu_corrected_ns = bu->bu_implied_ns * bt.bt_stays;
	bu->bu_buffer = bu->bu_frames.sm_mean * bt.bt_stays;
}
