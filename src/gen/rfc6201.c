/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interruptions: system recovery (RFC 2544, 26.5) and reset (RFC 2544, 26.6,
 * as RFC 6201 says).
 *
 * Recovery: too much for a time, then half of that.  Time stamp A is when it
 * becomes half, B when the last packet was sent that was lost.
 *
 * Reset: traffic at the throughput of the smallest frames, and somebody resets
 * the device.  The time is measured both ways of RFC 6201, 1.3: by time stamps,
 * from the last packet before to the first one after the longest silence, and
 * by loss, packets lost divided by the rate.
 */
#include <errno.h>

#include "base/bytes.h"
#include "gen/method_int.h"

#define MS 1000000ull
#define S  (1000 * MS)

struct recovery {
	uint64_t re_pps; /* of each port, half of the overload */
	uint64_t re_after; /* ns of overload */
	uint64_t re_changed; /* ns when it became half; 0: not yet */
};

static void
recovery_begin(void *arg)
{
	((struct recovery *)arg)->re_changed = 0;
}

static bool
recovery_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct recovery *re = arg;

	if (tt->tt_phase != TPH_RUN)
		return true;
	if (re->re_changed != 0) {
		pc->pc_rate = (struct pace_rate){ re->re_pps, 1 };
	} else if (tt->tt_now >= re->re_after) {
		pc->pc_rate = (struct pace_rate){ re->re_pps, 1 };
		re->re_changed = tt->tt_now;
	}
	return true;
}

static void
recovery_of(struct run *ru, struct outage_result *ou,
    const struct recovery *re, const struct trial_result *tr)
{
	uint64_t last = tr->tr_loss_last;

	if (last >= tr->tr_elapsed - u64min(tr->tr_elapsed,
	    ru->ru_profile->pf_recovery / 20)) {
		ou->ou_never++;
		run_status(ru, MS_LIMITED, "the device still lost packets %ju "
		    "ms after the load had halved: allow more time",
		    (uintmax_t)((tr->tr_elapsed - re->re_changed) / MS));
		return;
	}
	if (last <= re->re_changed)
		ou->ou_none++;
	summary_add(&ou->ou_ns, last > re->re_changed ?
	    (double)(last - re->re_changed) : 0);
	summary_add(&ou->ou_lost, (double)tr->tr_all.tn_lost);
}

/* 110 % of the throughput, or the highest rate; half of it.  false: neither. */
static bool
recovery_rates(struct run *ru, uint64_t throughput, struct recovery *re,
    struct ask *as)
{
	as->as_pps = u64min(ru->ru_highest, throughput + throughput / 10);
	if (throughput == 0) {
		run_status(ru, MS_FAILED, "there is no rate without loss");
		return false;
	}
	if (as->as_pps <= throughput) {
		run_status(ru, MS_IMPOSSIBLE, "the highest rate is no "
		    "overload: the device forwards it without loss");
		return false;
	}
	if (as->as_pps < throughput + throughput / 10)
		run_note(ru, "the overload is the highest rate, which is less "
		    "than 110 %% of the throughput");
	re->re_pps = u64max(as->as_pps / 2, 1);
	re->re_after = ru->ru_profile->pf_overload;
	as->as_duration = re->re_after + ru->ru_profile->pf_recovery;
	return true;
}

void
point_recovery(struct run *ru)
{
	struct recovery re = { .re_pps = 0 };
	struct ask as = { .as_begin = recovery_begin,
		.as_tick = recovery_tick, .as_arg = &re };
	struct outage_result *ou;
	uint64_t throughput;
	unsigned i;

	if (!run_rates(ru) || run_throughput(ru, &throughput) != RAN_OK)
		return;
	if (run_point(ru)->mp_status == MS_LIMITED)
		run_point(ru)->mp_status = MS_OK;
	if (!recovery_rates(ru, throughput, &re, &as))
		return;
	ou = &run_point(ru)->mp_outage;
	ou->ou_before_pps = run_all(ru, as.as_pps);
	ou->ou_pps = run_all(ru, re.re_pps);
	for (i = 0; i < ru->ru_profile->pf_recovery_reps; i++) {
		struct trial_result tr = { .tr_nports = 0 };
		enum ran ran;

		run_say(ru, "System recovery, %u bytes: %u of %u",
		    run_point(ru)->mp_size, i + 1,
		    ru->ru_profile->pf_recovery_reps);
		ran = run_trial(ru, &as, &tr);
		if (ran == RAN_OK)
			recovery_of(ru, ou, &re, &tr);
		if (ran == RAN_INVALID)
			run_blame(ru, &tr);
		trial_result_fini(&tr);
		if (ran != RAN_OK)
			break;
	}
}

/*
 * A reset under traffic: before it some seconds of what is normal; it is over
 * when most of the rate has come back and stayed for a second or, if it never
 * went away, when the time for it has run out.
 */
struct reset {
	struct run *rs_run;
	uint64_t rs_at; /* ns when to do it */
	uint64_t rs_done; /* ns when it was done; 0: not yet */
	int rs_error;
	uint64_t rs_last; /* of the tick before: time and packets */
	uint64_t rs_received;
	uint64_t rs_since; /* ns since when all is well again; 0: it is not */
	bool rs_gone; /* it was not */
	double rs_pps; /* that is well: half of the rate */
};

static void
reset_begin(void *arg)
{
	struct reset *rs = arg;

	*rs = (struct reset){ .rs_run = rs->rs_run, .rs_at = 2 * S,
		.rs_pps = rs->rs_pps };
}

static uint64_t
received(const struct trial_tick *tt)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < tt->tt_nports; i++)
		n += tt->tt_port[i].received;
	return n;
}

static bool
reset_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct reset *rs = arg;
	const struct runner *rn = rs->rs_run->ru_runner;
	uint64_t n = received(tt), span = tt->tt_now - rs->rs_last;
	bool well;

	(void)pc;
	if (tt->tt_phase != TPH_RUN)
		return true;
	if (rs->rs_done == 0 && tt->tt_now >= rs->rs_at) {
		rs->rs_error = rn->rn_event(rn->rn_arg, RE_RESET);
		rs->rs_done = u64max(tt->tt_now, 1);
		rs->rs_last = tt->tt_now;
		rs->rs_received = n;
		return rs->rs_error == 0;
	}
	if (rs->rs_done == 0 || span < 100 * MS)
		return true;
	well = (double)(n - rs->rs_received) * 1e9 / (double)span >= rs->rs_pps;
	rs->rs_gone |= !well;
	rs->rs_since = !well  ? 0 :
	    rs->rs_since != 0 ? rs->rs_since :
		tt->tt_now;
	rs->rs_last = tt->tt_now;
	rs->rs_received = n;
	return !rs->rs_gone || rs->rs_since == 0 ||
	    tt->tt_now - rs->rs_since < S;
}

static void
reset_of(struct run *ru, struct outage_result *ou, const struct reset *rs,
    const struct trial_result *tr)
{
	double lost = (double)tr->tr_all.tn_lost;

	if (rs->rs_gone && rs->rs_since == 0) {
		ou->ou_never++;
		run_status(ru, MS_LIMITED, "the device was not back %ju s "
		    "after the reset: allow more time",
		    (uintmax_t)((tr->tr_elapsed - rs->rs_done) / S));
		return;
	}
	if (tr->tr_all.tn_lost == 0)
		ou->ou_none++;
	summary_add(&ou->ou_lost, lost);
	summary_add(&ou->ou_loss_ns, lost / ou->ou_pps * 1e9);
	summary_add(&ou->ou_ns, tr->tr_all.tn_lost != 0 ?
	    (double)tr->tr_silence : 0);
}

static enum ran
reset_once(struct run *ru, const struct ask *as, struct outage_result *ou)
{
	struct reset *rs = as->as_arg;
	struct trial_result tr = { .tr_nports = 0 };
	enum ran ran;

	*rs = (struct reset){ .rs_run = ru, .rs_pps = ou->ou_pps / 2 };
	ran = run_trial(ru, as, &tr);
	if (rs->rs_error != 0) {
		run_status(ru,
		    rs->rs_error == ENOTSUP ? MS_IMPOSSIBLE : MS_FAILED,
		    rs->rs_error == ENOTSUP ?
			"nobody said how to reset the device: give a command" :
			"the device was not reset: the command failed");
		ran = RAN_FAILED;
	}
	if (ran == RAN_OK)
		reset_of(ru, ou, rs, &tr);
	if (ran == RAN_INVALID)
		run_blame(ru, &tr);
	trial_result_fini(&tr);
	return ran;
}

void
point_reset(struct run *ru)
{
	struct reset rs;
	struct ask as = { .as_begin = reset_begin, .as_tick = reset_tick,
		.as_arg = &rs,
		.as_duration = ru->ru_profile->pf_reset };
	struct outage_result *ou;
	unsigned i;

	if (ru->ru_runner->rn_event == NULL) {
		run_status(ru, MS_IMPOSSIBLE, "nobody said how to reset the "
		    "device: give a command");
		return;
	}
	if (!run_rates(ru) || run_throughput(ru, &as.as_pps) != RAN_OK)
		return;
	if (as.as_pps == 0) {
		run_status(ru, MS_FAILED, "there is no rate without loss");
		return;
	}
	if (run_point(ru)->mp_status == MS_LIMITED)
		run_point(ru)->mp_status = MS_OK;
	ou = &run_point(ru)->mp_outage;
	ou->ou_pps = run_all(ru, as.as_pps);
	for (i = 0; i < ru->ru_profile->pf_reset_reps; i++) {
		run_say(ru, "Reset, %u bytes: %u of %u",
		    run_point(ru)->mp_size, i + 1,
		    ru->ru_profile->pf_reset_reps);
		if (reset_once(ru, &as, ou) != RAN_OK)
			break;
	}
	if (ou->ou_none > 0)
		run_note(ru, "in %u trials of reset no packet was lost: it did "
		    "not interrupt forwarding, or did not happen",
		    ou->ou_none);
}
