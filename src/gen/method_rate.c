/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates that are worth a trial, and the search for the highest without loss.
 *
 * The highest rate is what the slowest link of the streams carries, or less:
 * what the user allows, and what the tester itself can do on the same devices,
 * which is measured first.  A search that ends there has found the tester's
 * limit and says so.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

/* Mean size of frames of all streams, FCS included; 0: not known. */
static double
mean_size(const struct run *ru)
{
	unsigned size = ru->ru_me->me_point[ru->ru_me->me_npoints - 1].mp_size;
	uint64_t bytes = 0, packets = 0, n;
	char err[TPL_ERRLEN];
	struct tpl *tpl;
	unsigned i;

	if (size != 0)
		return size;
	for (i = 0; i < ru->ru_nstreams; i++) {
		if (tpl_create(ru->ru_stream[i].ts_tpl, &tpl, err,
			sizeof(err)) != 0)
			return 0;
		bytes += tpl_turn(tpl, &n);
		packets += n;
		tpl_destroy(tpl);
	}
	return packets > 0 ? (double)bytes / (double)packets : 0;
}

/*
 * What comes to a port when each sending one sends 1: it divides that by the
 * weights of its streams.
 */
static double
port_load(const struct run *ru, unsigned port)
{
	double load = 0;
	unsigned i, k;

	for (i = 0; i < ru->ru_nstreams; i++) {
		const struct trial_stream *ts = &ru->ru_stream[i];
		double all = 0;

		if (ts->ts_to != port)
			continue;
		for (k = 0; k < ru->ru_nstreams; k++)
			if (ru->ru_stream[k].ts_from == ts->ts_from)
				all += umax(ru->ru_stream[k].ts_weight, 1);
		load += umax(ts->ts_weight, 1) / all;
	}
	return load;
}

/*
 * Packets a second that each sending port may send so that no link carries
 * more than it can, its own or that of who receives from several; 0: unknown.
 */
static double
line_pps(const struct run *ru)
{
	const struct runner *rn = ru->ru_runner;
	double size = mean_size(ru), bps = 0;
	unsigned i;

	for (i = 0; i < ru->ru_nstreams; i++) {
		double from = rn->rn_linerate[ru->ru_stream[i].ts_from];
		double to = rn->rn_linerate[ru->ru_stream[i].ts_to];

		if (from == 0 && to == 0)
			return 0;
		to /= port_load(ru, ru->ru_stream[i].ts_to);
		from = from == 0 || (to != 0 && to < from) ? to : from;
		if (bps == 0 || from < bps)
			bps = from;
	}
	return size > 0 ? bps / trial_bps(1, size, 1) : 0;
}

static int
memory_find(struct method_memory *mm, unsigned size)
{
	unsigned i;

	if (mm == NULL)
		return -1;
	for (i = 0; i < mm->mm_n; i++)
		if (mm->mm_size[i].mm_size == size)
			return (int)i;
	if (mm->mm_n == METHOD_SIZES)
		return -1;
	memset(&mm->mm_size[mm->mm_n], 0, sizeof(mm->mm_size[0]));
	mm->mm_size[mm->mm_n].mm_size = size;
	return (int)mm->mm_n++;
}

/* Of what is measured with other streams nothing is remembered. */
static int
memory(const struct run *ru)
{
	const struct method_point *mp =
	    &ru->ru_me->me_point[ru->ru_me->me_npoints - 1];

	if (ru->ru_stream != ru->ru_conf->mc_stream)
		return -1;
	return memory_find(ru->ru_conf->mc_memory, mp->mp_size);
}

/* The tester's own limit, of each port; 0: unknown. */
static uint64_t
own_limit(struct run *ru)
{
	const struct runner *rn = ru->ru_runner;
	struct trial_conf tc = {
		.tc_stream = ru->ru_stream,
		.tc_nstreams = ru->ru_nstreams,
		.tc_size = run_point(ru)->mp_size,
		.tc_stop = ru->ru_conf->mc_stop,
	};
	int at = memory(ru);
	double pps = 0;
	int error;

	if (at >= 0 && ru->ru_conf->mc_memory->mm_size[at].mm_limit_known)
		return ru->ru_conf->mc_memory->mm_size[at].mm_limit;
	if (rn->rn_limit == NULL) {
		run_note(ru, "the tester's own limit is not known: it cannot "
		    "be measured here");
		return 0;
	}
	run_say(ru, "measuring the tester's own limit");
	error = rn->rn_limit(rn->rn_arg, &tc, &pps);
	if (run_is_stopped(ru))
		return 0;
	if (error != 0)
		run_note(ru, "the tester's own limit is not known: %s",
		    rn->rn_error(rn->rn_arg));
	pps = error == 0 && pps > 0 ? pps / ru->ru_senders : 0;
	if (at >= 0) {
		ru->ru_conf->mc_memory->mm_size[at].mm_limit = (uint64_t)pps;
		ru->ru_conf->mc_memory->mm_size[at].mm_limit_known = true;
	}
	return (uint64_t)pps;
}

bool
run_rates(struct run *ru)
{
	struct method_point *mp = run_point(ru);
	double line = line_pps(ru), user = ru->ru_conf->mc_port_pps;
	uint64_t limit = own_limit(ru);
	double highest = line;

	mp = run_point(ru);
	mp->mp_nports = ru->ru_senders;
	mp->mp_line_pps = line * ru->ru_senders;
	mp->mp_limit_pps = run_all(ru, limit);
	ru->ru_byuser = user > 0 && (highest == 0 || user < highest);
	if (ru->ru_byuser)
		highest = user;
	ru->ru_bytester = limit != 0 &&
	    (highest == 0 || (double)limit < floor(highest));
	if (ru->ru_bytester)
		highest = (double)limit;
	if (run_is_stopped(ru)) {
		run_status(ru, MS_PARTIAL, "stopped");
		return false;
	}
	if (highest < 1) {
		run_status(ru, MS_IMPOSSIBLE, "no highest rate: neither the "
		    "links' speed is known, nor the tester's own limit, and "
		    "none was given");
		return false;
	}
	ru->ru_highest = (uint64_t)highest;
	mp->mp_max_pps = run_all(ru, ru->ru_highest);
	return true;
}

void
run_near(struct run *ru, double pps)
{
	struct method_point *mp = run_point(ru);

	mp->mp_near |= mp->mp_limit_pps > 0 &&
	    pps >= (1 - METHOD_NEAR) * mp->mp_limit_pps;
}

static bool
no_loss(struct run *ru, const struct trial_result *tr)
{
	(void)ru;
	return tr->tr_all.tn_sent > 0 && tr->tr_all.tn_lost == 0;
}

/* What a port's packets that came through make a second. */
static uint64_t
forwarded(const struct run *ru, const struct trial_result *tr)
{
	double s = (double)tr->tr_elapsed / 1e9;

	if (s <= 0)
		return 0;
	return (uint64_t)((double)tr->tr_all.tn_received / s / ru->ru_senders);
}

/*
 * A lower rate, while there is no valid trial yet: what the tester did send,
 * or the next step down.
 */
static uint64_t
hunt_lower(const struct run *ru, const struct hunt *hu, uint64_t pps,
    const struct trial_result *tr)
{
	static const double step[HUNT_INVALID - 1] = { 0.9, 0.75, 0.5, 0.25,
		0.125 };
	double s = (double)tr->tr_elapsed / 1e9;
	unsigned i = umin(hu->hu_ninvalid, HUNT_INVALID - 1) - 1;
	double lower = (double)hu->hu_max * step[i], did;

	if (s > 0 && tr->tr_all.tn_unsent > 0) {
		did = (double)tr->tr_all.tn_sent / s / ru->ru_senders;
		lower = fmin(lower, (1 - METHOD_NEAR) * did);
	}
	/* Never less than the lowest step, and less than before. */
	lower = fmax(lower, (double)hu->hu_max * step[HUNT_INVALID - 2]);
	lower = fmin(lower, (double)pps * step[0]);
	return u64max((uint64_t)lower, 1);
}

/* Not a loss: the search goes on below, and its end will say it. */
static void
hunt_invalid(const struct run *ru, struct hunt *hu, struct bisect *bi,
    uint64_t pps, const struct trial_result *tr)
{
	struct bisect_conf bc = bi->bi_conf;

	hu->hu_invalid = pps;
	hu->hu_ninvalid++;
	hu->hu_late = trial_late(tr);
	snprintf(hu->hu_why, sizeof(hu->hu_why), "%s",
	    tr->tr_nreasons > 0 ? tr->tr_reason[0] : "");
	if (bi->bi_lower == 0 && hu->hu_lossy == 0) {
		bc.bc_max = hunt_lower(ru, hu, pps, tr);
		bisect_start(bi, &bc);
		return;
	}
	bi->bi_failed = bi->bi_conf.bc_verify;
	bisect_told(bi, false, 0);
}

static enum ran
hunt_once(struct run *ru, struct hunt *hu, struct bisect *bi, uint64_t pps,
    struct trial_result *best)
{
	struct ask as = { .as_pps = pps, .as_duration = hu->hu_duration,
		.as_again = &hu->hu_again };
	struct trial_result tr = { .tr_nports = 0 };
	enum ran ran;

	run_say(ru, "%s, %u bytes: %.0f packets/s",
	    method_title(ru->ru_me->me_method), run_point(ru)->mp_size,
	    run_all(ru, pps));
	ran = run_trial(ru, &as, &tr);
	if (ran == RAN_OK) {
		hu->hu_ninvalid = 0;
		hu->hu_valid = true;
	}
	if (ran == RAN_OK && hu->hu_passes(ru, &tr)) {
		trial_result_fini(best);
		*best = tr;
		bisect_told(bi, true, 0);
		return ran;
	}
	if (ran == RAN_INVALID) {
		hunt_invalid(ru, hu, bi, pps, &tr);
	} else if (ran == RAN_OK) {
		if (hu->hu_lossy == 0 || pps < hu->hu_lossy)
			hu->hu_ratio = trial_loss(&tr.tr_all);
		bisect_told(bi, false, forwarded(ru, &tr));
		if (bi->bi_upper == pps)
			hu->hu_lossy = pps;
	}
	trial_result_fini(&tr);
	return ran;
}

/*
 * The next rate; false: the search is over.  Between a rate that passed and one
 * that the tester could not do it is not narrowed down further than such a
 * result is near the tester's limit anyway.
 */
static bool
hunt_next(const struct hunt *hu, struct bisect *bi, uint64_t *pps)
{
	/* Not the rate is the matter, if an eighth of it is no better. */
	if (hu->hu_ninvalid >= HUNT_INVALID)
		return false;
	if (bi->bi_lower == bi->bi_conf.bc_max &&
	    hu->hu_invalid > bi->bi_lower)
		bi->bi_conf.bc_max = bi->bi_upper = hu->hu_invalid;
	if (bi->bi_lower != 0 && bi->bi_upper == hu->hu_invalid &&
	    (double)(bi->bi_upper - bi->bi_lower) <=
		METHOD_NEAR * (double)bi->bi_upper)
		return false;
	return bisect_next(bi, pps);
}

/* What the tester kept the search from. */
static void
hunt_limits(struct run *ru, struct hunt *hu, const struct bisect *bi)
{
	struct method_memory *mm = ru->ru_conf->mc_memory;
	int at = memory(ru);

	if (hu->hu_found == 0 && hu->hu_invalid != 0 && hu->hu_lossy == 0) {
		run_limited(ru, MS_FAILED, !hu->hu_valid ?
		    "no trial was valid" : "no rate without loss was found",
		    hu->hu_invalid, hu->hu_late, hu->hu_why);
	} else if (hu->hu_invalid != 0 && hu->hu_invalid == bi->bi_upper) {
		run_limited(ru, MS_LIMITED, "at least this", hu->hu_invalid,
		    hu->hu_late, hu->hu_why);
		run_point(ru)->mp_near |= hu->hu_late > 0;
		/* What is measured next begins there. */
		if (at >= 0 && hu->hu_late > 0) {
			mm->mm_size[at].mm_limit = hu->hu_found;
			mm->mm_size[at].mm_limit_known = true;
		}
	} else if (hu->hu_found == hu->hu_max && ru->ru_bytester) {
		run_status(ru, MS_LIMITED, "at least this: the tester itself "
		    "can do no more");
	} else if (hu->hu_found == hu->hu_max && ru->ru_byuser) {
		run_note(ru, "at least this: no higher rate was allowed");
	}
}

enum ran
run_hunt(struct run *ru, struct hunt *hu, struct trial_result *best)
{
	struct bisect_conf bc = {
		.bc_min = 1,
		.bc_max = hu->hu_max,
		.bc_ppm = ru->ru_profile->pf_ppm,
		.bc_verify = ru->ru_profile->pf_verify,
	};
	struct bisect bi;
	enum ran ran = RAN_OK;
	uint64_t pps;

	if (hu->hu_passes == NULL)
		hu->hu_passes = no_loss;
	hu->hu_again = ru->ru_profile->pf_retries;
	bisect_start(&bi, &bc);
	while (hunt_next(hu, &bi, &pps)) {
		ran = hunt_once(ru, hu, &bi, pps, best);
		if (ran == RAN_STOPPED || ran == RAN_FAILED)
			break;
		ran = RAN_OK;
	}
	hu->hu_found = bi.bi_lower;
	if (hu->hu_lossy > bi.bi_upper)
		hu->hu_lossy = 0;
	if (ran != RAN_OK)
		return ran;
	hunt_limits(ru, hu, &bi);
	return run_point(ru)->mp_status == MS_FAILED ? RAN_FAILED : RAN_OK;
}

enum ran
run_throughput(struct run *ru, uint64_t *pps)
{
	struct trial_result best = { .tr_nports = 0 };
	struct method_memory *mm = ru->ru_conf->mc_memory;
	struct hunt hu = { .hu_max = ru->ru_highest,
		.hu_duration = ru->ru_profile->pf_duration };
	int at = memory(ru);
	enum ran ran;

	if (at >= 0 && mm->mm_size[at].mm_known) {
		*pps = u64min(mm->mm_size[at].mm_port_pps, ru->ru_highest);
		return RAN_OK;
	}
	ran = run_hunt(ru, &hu, &best);
	trial_result_fini(&best);
	*pps = hu.hu_found;
	if (ran == RAN_OK)
		run_remember(ru, hu.hu_found);
	return ran;
}

void
run_remember(struct run *ru, uint64_t pps)
{
	struct method_memory *mm = ru->ru_conf->mc_memory;
	int at = memory(ru);

	if (at < 0)
		return;
	mm->mm_size[at].mm_port_pps = pps;
	mm->mm_size[at].mm_known = true;
}

void
throughput_fill(struct run *ru, struct throughput_result *tr,
    const struct hunt *hu, const struct trial_result *best)
{
	struct method_point *mp = run_point(ru);
	double size = mean_size(ru);

	tr->tr_pps = run_all(ru, hu->hu_found);
	tr->tr_port_pps = (double)hu->hu_found;
	tr->tr_lossy_pps = run_all(ru, hu->hu_lossy);
	tr->tr_lossy_ratio = hu->hu_lossy != 0 ? hu->hu_ratio : 0;
	tr->tr_l1_bps = trial_bps(tr->tr_pps, size, 1);
	tr->tr_l2_bps = trial_bps(tr->tr_pps, size, 2);
	if (mp->mp_line_pps > 0)
		tr->tr_line = tr->tr_pps / mp->mp_line_pps;
	tr->tr_reordered = best->tr_all.tn_reordered;
	tr->tr_duplicated = best->tr_all.tn_duplicated;
	latency_brief(&tr->tr_latency, best->tr_latency);
	if (best->tr_jitter != NULL)
		tr->tr_latency.lb_jitter = hist_mean(best->tr_jitter);
	run_near(ru, tr->tr_pps);
}
