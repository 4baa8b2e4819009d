/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 2544: throughput (26.1), latency (26.2), frame loss rate (26.3), and the
 * tester's own limit.
 */
#include <stdio.h>

#include "base/bytes.h"
#include "gen/method_int.h"

void
point_limit(struct run *ru)
{
	struct throughput_result *tr = &run_point(ru)->mp_throughput;

	if (!run_rates(ru))
		return;
	if (run_point(ru)->mp_limit_pps == 0) {
		run_status(ru, MS_IMPOSSIBLE, "the tester's own limit cannot "
		    "be measured here");
		return;
	}
	tr->tr_pps = run_point(ru)->mp_limit_pps;
	tr->tr_port_pps = tr->tr_pps / ru->ru_senders;
	tr->tr_l1_bps = trial_bps(tr->tr_pps, run_point(ru)->mp_size, 1);
	tr->tr_l2_bps = trial_bps(tr->tr_pps, run_point(ru)->mp_size, 2);
	if (run_point(ru)->mp_line_pps > 0)
		tr->tr_line = tr->tr_pps / run_point(ru)->mp_line_pps;
}

/*
 * 26.1: the highest rate at which as many frames come back as were sent.
 */
void
point_throughput(struct run *ru)
{
	struct trial_result best = { .tr_nports = 0 };
	struct hunt hu = { .hu_duration = ru->ru_profile->pf_duration };
	enum ran ran;

	if (!run_rates(ru))
		return;
	hu.hu_max = ru->ru_highest;
	ran = run_hunt(ru, &hu, &best);
	throughput_fill(ru, &run_point(ru)->mp_throughput, &hu, &best);
	if (ran == RAN_OK)
		run_remember(ru, hu.hu_found);
	trial_result_fini(&best);
}

static void
latency_of(struct run *ru, struct latency_result *la,
    const struct trial_result *tr)
{
	struct latency_brief lb;

	latency_brief(&lb, tr->tr_latency);
	if (lb.lb_n == 0)
		return;
	summary_add(&la->la_mean, lb.lb_mean);
	summary_add(&la->la_tagged, (double)lb.lb_p50);
	summary_add(&la->la_worst, (double)lb.lb_p999);
	la->la_jitter += tr->tr_jitter != NULL ? hist_mean(tr->tr_jitter) : 0;
	hist_merge(la->la_hist, tr->tr_latency);
	if (tr->tr_all.tn_lost != 0)
		run_note(ru, "packets were lost in trials of latency: the "
		    "throughput does not hold for so long");
}

/*
 * 26.2: at the throughput, many times, the mean of all.  The RFC follows one
 * tagged frame a trial; here each frame is one, so a trial's value is the mean
 * of its frames.
 */
void
point_latency(struct run *ru)
{
	struct latency_result *la;
	struct ask as = { .as_duration = ru->ru_profile->pf_latency };
	unsigned i;

	if (!run_rates(ru) || run_throughput(ru, &as.as_pps) != RAN_OK)
		return;
	if (as.as_pps == 0) {
		run_status(ru, MS_FAILED, "there is no rate without loss");
		return;
	}
	la = &run_point(ru)->mp_latency;
	if ((la->la_hist = hist_create()) == NULL) {
		ru->ru_nomem = true;
		return;
	}
	la->la_pps = run_all(ru, as.as_pps);
	for (i = 0; i < ru->ru_profile->pf_latency_reps; i++) {
		struct trial_result tr = { .tr_nports = 0 };
		enum ran ran;

		run_say(ru, "Latency, %u bytes: %.0f packets/s, %u of %u",
		    run_point(ru)->mp_size, la->la_pps, i + 1,
		    ru->ru_profile->pf_latency_reps);
		ran = run_trial(ru, &as, &tr);
		if (ran == RAN_OK)
			latency_of(ru, la, &tr);
		if (ran == RAN_INVALID)
			run_blame(ru, &tr);
		trial_result_fini(&tr);
		if (ran != RAN_OK)
			break;
	}
	latency_brief(&la->la_all, la->la_hist);
	if (la->la_mean.sm_n > 0)
		la->la_all.lb_jitter = la->la_jitter / la->la_mean.sm_n;
	run_near(ru, la->la_pps);
}

static void
loss_of(struct loss_point *lo, double port_pps, unsigned senders,
    const struct trial_result *tr)
{
	double s = (double)tr->tr_elapsed / 1e9;

	lo->lo_valid = tr->tr_valid;
	lo->lo_pps = port_pps * senders;
	lo->lo_sent = tr->tr_all.tn_sent;
	lo->lo_lost = tr->tr_all.tn_lost;
	lo->lo_ratio = trial_loss(&tr->tr_all);
	if (s > 0)
		lo->lo_received_pps = (double)tr->tr_all.tn_received / s;
}

/*
 * 26.3: from the highest rate down in steps, until two trials running lose
 * nothing.
 */
void
point_loss(struct run *ru)
{
	struct loss_result *lr;
	unsigned step = ru->ru_profile->pf_loss_step, percent, clean = 0;
	char why[TRIAL_REASONLEN] = "";
	unsigned valid = 0, again = ru->ru_profile->pf_retries;

	if (!run_rates(ru))
		return;
	lr = &run_point(ru)->mp_loss;
	step = step < 1 ? 1 : step;
	for (percent = 100; percent > 0 && percent <= 100 && clean < 2;
	     percent -= step) {
		struct loss_point *lo = &lr->lo_point[lr->lo_n];
		struct trial_result tr = { .tr_nports = 0 };
		struct ask as = {
			.as_pps = u64max(ru->ru_highest * percent / 100, 1),
			.as_duration = ru->ru_profile->pf_duration,
			.as_again = &again,
		};
		enum ran ran;

		run_say(ru, "Frame loss rate, %u bytes: %u %%",
		    run_point(ru)->mp_size, percent);
		ran = run_trial(ru, &as, &tr);
		if (ran == RAN_OK || ran == RAN_INVALID) {
			lo->lo_percent = percent;
			loss_of(lo, (double)as.as_pps, ru->ru_senders, &tr);
			lr->lo_n++;
			valid += lo->lo_valid;
			clean = lo->lo_valid && lo->lo_lost == 0 ? clean + 1 :
			    0;
			if (ran == RAN_INVALID)
				snprintf(why, sizeof(why), "%s",
				    tr.tr_nreasons > 0 ? tr.tr_reason[0] : "");
			if (lo->lo_valid && lo->lo_lost == 0 && clean == 1)
				run_near(ru, lo->lo_pps);
		}
		trial_result_fini(&tr);
		if (ran == RAN_STOPPED || ran == RAN_FAILED)
			return;
		if (valid == 0 && lr->lo_n == HUNT_INVALID)
			break;
	}
	lr->lo_clean = clean == 2;
	if (valid != 0 && valid < lr->lo_n)
		run_status(ru, MS_LIMITED, "at some rates no trial was valid: "
		    "%s", why);
	if (valid == 0)
		run_status(ru, MS_FAILED, "no trial was valid: %s", why);
}
