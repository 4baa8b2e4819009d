/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bridges (RFC 2889) at more than they can do: congestion control (5.5),
 * maximum forwarding rate and forward pressure (5.6).
 *
 * The congested port is one that two ports send to, a and b, each as much as
 * its link carries; the other half of what a sends goes to a port of its own.
 * A device that then loses what goes there keeps it behind what it cannot get
 * rid of (head of line blocking); one that takes less of its senders than they
 * offer slows them down (back pressure).  Before that b sends to the congested
 * port and a to the other, all of it, which no port is too small for: what is
 * lost then has other reasons, and the tester has shown that it can do it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gen/method_int.h"

#define HELD 0.01 /* of what was offered, and it is not chance any more */

bool
congestion_streams(const struct method_conf *mc, unsigned stream[3])
{
	static const uint8_t order[][3] = { { 0, 1, 2 }, { 0, 2, 1 },
		{ 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	unsigned i, k;

	if (mc->mc_nstreams != 3)
		return false;
	for (i = 0; i < countof(order); i++) {
		const struct trial_stream *f = &mc->mc_stream[order[i][0]];
		const struct trial_stream *o = &mc->mc_stream[order[i][1]];
		const struct trial_stream *b = &mc->mc_stream[order[i][2]];

		if (f->ts_from != o->ts_from || b->ts_from == o->ts_from ||
		    b->ts_to != o->ts_to || f->ts_to == o->ts_to)
			continue;
		for (k = 0; k < 3; k++)
			stream[k] = order[i][k];
		return true;
	}
	return false;
}

/* What these add up to. */
static void
load_of(const struct trial_result *tr, const struct trial_counts *n,
    struct bridge_load *bl)
{
	double s = (double)tr->tr_elapsed / 1e9;

	trial_counts_add(&bl->bl_n, n);
	bl->bl_ratio = trial_loss(&bl->bl_n);
	if (s <= 0)
		return;
	bl->bl_pps = (double)bl->bl_n.tn_sent / s;
	bl->bl_received_pps = (double)bl->bl_n.tn_received / s;
}

/* What senders did not get rid of, because their devices had no room. */
static double
held_back(const struct trial_result *tr)
{
	uint64_t full = 0;
	unsigned i;

	for (i = 0; i < tr->tr_nports; i++)
		full += tr->tr_port[i].tp_txfull;
	return full > 0 ? trial_late(tr) : 0;
}

/* Each to a port of its own; false: the point says why that is no good. */
static bool
without_congestion(struct run *ru, const struct trial_stream st[2],
    struct ask *as, struct congestion_result *cg)
{
	struct trial_result tr = { .tr_nports = 0 };
	enum ran ran = RAN_FAILED;

	run_streams(ru, st, 2);
	if (run_rates(ru)) {
		as->as_pps = ru->ru_highest;
		run_say(ru, "Congestion control, %u bytes: without congestion",
		    run_point(ru)->mp_size);
		ran = run_trial(ru, as, &tr);
	}
	if (ran == RAN_OK)
		load_of(&tr, &tr.tr_stream[0].sr_n, &cg->cg_alone);
	else if (ran == RAN_INVALID)
		run_blame(ru, &tr);
	trial_result_fini(&tr);
	return ran == RAN_OK;
}

static void
congestion_of(struct run *ru, struct congestion_result *cg,
    const struct trial_result *tr, bool valid)
{
	load_of(tr, &tr->tr_stream[0].sr_n, &cg->cg_free);
	load_of(tr, &tr->tr_stream[1].sr_n, &cg->cg_full);
	load_of(tr, &tr->tr_stream[2].sr_n, &cg->cg_full);
	cg->cg_held = valid ? 0 : held_back(tr);
	cg->cg_pressure = cg->cg_held > HELD;
	if (!valid && !cg->cg_pressure) {
		run_blame(ru, tr);
		return;
	}
	if (!cg->cg_pressure && cg->cg_full.bl_n.tn_lost == 0)
		run_status(ru, MS_IMPOSSIBLE, "the port that two send to was "
		    "not congested: it carried all of it; give the speed of "
		    "its link");
	cg->cg_blocking = cg->cg_free.bl_ratio > cg->cg_alone.bl_ratio;
}

/* 5.5: congestion control. */
void
point_congestion(struct run *ru)
{
	const struct method_conf *mc = ru->ru_conf;
	struct congestion_result *cg = &run_point(ru)->mp_congestion;
	struct ask as = { .as_duration = ru->ru_profile->pf_duration };
	struct trial_result tr = { .tr_nports = 0 };
	struct trial_stream st[3], two[2];
	unsigned which[3], i;
	enum ran ran;

	if (!congestion_streams(mc, which))
		return; /* method_run() has looked */
	for (i = 0; i < 3; i++) {
		st[i] = mc->mc_stream[which[i]];
		st[i].ts_weight = 1;
	}
	two[0] = st[0];
	two[1] = st[2];
	if (without_congestion(ru, two, &as, cg)) {
		run_streams(ru, st, 3);
		run_say(ru, "Congestion control, %u bytes: %.0f packets/s",
		    run_point(ru)->mp_size, run_all(ru, as.as_pps));
		ran = run_trial(ru, &as, &tr);
		cg->cg_pps = (double)as.as_pps;
		if (ran == RAN_OK || ran == RAN_INVALID)
			congestion_of(ru, cg, &tr, ran == RAN_OK);
		trial_result_fini(&tr);
	}
	run_streams(ru, mc->mc_stream, mc->mc_nstreams);
}

#define FORWARDING_STEPS 10

/*
 * 5.6: the highest rate at which frames come out, whatever is lost, of loads
 * from the throughput to the highest; and that at the highest load.
 */
void
point_forwarding(struct run *ru)
{
	struct forwarding_result *fw;
	uint64_t throughput;
	unsigned i;

	if (!run_rates(ru) || run_throughput(ru, &throughput) != RAN_OK)
		return;
	fw = &run_point(ru)->mp_forwarding;
	fw->fw_throughput_pps = run_all(ru, throughput);
	for (i = 0; i <= FORWARDING_STEPS; i++) {
		struct ask as = { .as_duration = ru->ru_profile->pf_duration,
			.as_pps = u64max(1, throughput +
			    (ru->ru_highest - throughput) * i /
			    FORWARDING_STEPS) };
		struct bridge_load *bl = &fw->fw_load[fw->fw_n];
		struct trial_result tr = { .tr_nports = 0 };
		enum ran ran;

		run_say(ru, "Maximum forwarding rate, %u bytes: %.0f packets/s",
		    run_point(ru)->mp_size, run_all(ru, as.as_pps));
		ran = run_trial(ru, &as, &tr);
		if (ran == RAN_INVALID)
			run_limited(ru, MS_LIMITED, "of what was valid",
			    as.as_pps, trial_late(&tr),
			    tr.tr_nreasons > 0 ? tr.tr_reason[0] : "");
		if (ran == RAN_OK) {
			load_of(&tr, &tr.tr_all, bl);
			fw->fw_n++;
			if (bl->bl_received_pps > fw->fw_pps) {
				fw->fw_pps = bl->bl_received_pps;
				fw->fw_at_pps = bl->bl_pps;
			}
			if (i == FORWARDING_STEPS ||
			    throughput == ru->ru_highest)
				fw->fw_most_pps = bl->bl_received_pps;
		}
		trial_result_fini(&tr);
		if (ran == RAN_STOPPED || ran == RAN_FAILED)
			return;
		if (throughput == ru->ru_highest)
			break; /* there is nothing above it */
	}
	if (fw->fw_n == 0)
		run_status(ru, MS_FAILED, "no trial was valid");
	run_near(ru, fw->fw_pps);
}

/* How much came out while much was still coming in. */
struct pressure {
	uint64_t pr_from; /* ns when it begins to count */
	uint64_t pr_first, pr_last; /* ns */
	uint64_t pr_received[2]; /* packets by then */
};

static void
pressure_begin(void *arg)
{
	((struct pressure *)arg)->pr_first = 0;
}

static bool
pressure_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct pressure *pr = arg;
	uint64_t n = 0;
	unsigned i;

	(void)pc;
	if (tt->tt_phase != TPH_RUN || tt->tt_now < pr->pr_from)
		return true;
	for (i = 0; i < tt->tt_nports; i++)
		n += tt->tt_port[i].received;
	if (pr->pr_first == 0) {
		pr->pr_first = tt->tt_now;
		pr->pr_received[0] = n;
	}
	pr->pr_last = tt->tt_now;
	pr->pr_received[1] = n;
	return true;
}

/* Packets a second of each port with gaps of 88 bits instead of 96. */
static uint64_t
pressed(const struct run *ru, double line)
{
	double size = ru->ru_me->me_point[ru->ru_me->me_npoints - 1].mp_size;

	return (uint64_t)(line * (size + 20) / (size + 19));
}

static void
pressure_of(struct run *ru, struct pressure_result *ps,
    const struct pressure *pr, double line)
{
	double s = (double)(pr->pr_last - pr->pr_first) / 1e9;

	if (s <= 0) {
		run_status(ru, MS_FAILED, "the trial was too short to see what "
		    "comes out");
		return;
	}
	ps->ps_received_pps =
	    (double)(pr->pr_received[1] - pr->pr_received[0]) / s;
	/* In the middle between the links' rate and what was sent. */
	ps->ps_pressure = ps->ps_received_pps > (line + ps->ps_pps) / 2;
}

/*
 * 5.6: forward pressure: whether a device that gets frames with gaps that are
 * too short sends them with such gaps, too.
 */
void
point_pressure(struct run *ru)
{
	struct pressure_result *ps = &run_point(ru)->mp_pressure;
	struct pressure pr = { .pr_from = ru->ru_profile->pf_duration / 4 };
	struct ask as = { .as_duration = ru->ru_profile->pf_duration,
		.as_begin = pressure_begin, .as_tick = pressure_tick,
		.as_arg = &pr };
	struct trial_result tr = { .tr_nports = 0 };
	const struct method_point *mp;
	enum ran ran;

	if (!run_rates(ru))
		return;
	mp = run_point(ru);
	if (mp->mp_line_pps == 0 || mp->mp_size == 0) {
		run_status(ru, MS_IMPOSSIBLE, "the speed of the links and the "
		    "size of frames must be known: say them");
		return;
	}
	as.as_pps = pressed(ru, mp->mp_line_pps / ru->ru_senders);
	ps->ps_pps = run_all(ru, as.as_pps);
	if (mp->mp_limit_pps > 0 && ps->ps_pps > mp->mp_limit_pps) {
		run_status(ru, MS_IMPOSSIBLE, "the tester or its devices "
		    "cannot send with gaps of 88 bits");
		return;
	}
	ran = run_trial(ru, &as, &tr);
	if (ran == RAN_OK)
		pressure_of(ru, ps, &pr, mp->mp_line_pps);
	else if (ran == RAN_INVALID)
		run_status(ru, MS_IMPOSSIBLE, "frames cannot be sent with gaps "
		    "of 88 bits here: %.*s", METHOD_TEXT - 60,
		    tr.tr_nreasons > 0 ? tr.tr_reason[0] : "not valid");
	trial_result_fini(&tr);
}
