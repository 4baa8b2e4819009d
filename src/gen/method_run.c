/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points and trials of any method.
 *
 * A trial follows RFC 2544, 23: the hosts announce themselves, the device gets
 * some time, traffic, time for what is on its way, time to calm down.  It is
 * run again if it is not valid, some times.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

struct method_point *
run_point(struct run *ru)
{
	return &ru->ru_me->me_point[ru->ru_me->me_npoints - 1];
}

static uint64_t
now(const struct run *ru)
{
	return ru->ru_runner->rn_now(ru->ru_runner->rn_arg);
}

bool
run_open(struct run *ru, unsigned size, const char *variant)
{
	struct method_result *me = ru->ru_me;
	struct method_point *mp = reallocarray(
	    me->me_point, me->me_npoints + 1, sizeof(*mp));

	if (mp == NULL) {
		ru->ru_nomem = true;
		return false;
	}
	me->me_point = mp;
	mp += me->me_npoints++;
	memset(mp, 0, sizeof(*mp));
	mp->mp_size = size;
	snprintf(mp->mp_variant, sizeof(mp->mp_variant), "%s", variant);
	ru->ru_began = now(ru);
	return true;
}

void
run_close(struct run *ru)
{
	run_point(ru)->mp_ns = now(ru) - ru->ru_began;
}

void
run_status(struct run *ru, enum method_status ms, const char *fmt, ...)
{
	struct method_point *mp = run_point(ru);
	va_list ap;

	if (ms <= mp->mp_status)
		return;
	mp->mp_status = ms;
	va_start(ap, fmt);
	vsnprintf(mp->mp_why, sizeof(mp->mp_why), fmt, ap);
	va_end(ap);
}

void
run_note(struct run *ru, const char *fmt, ...)
{
	struct method_result *me = ru->ru_me;
	char text[METHOD_TEXT];
	va_list ap;
	unsigned i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < me->me_nnotes; i++)
		if (strcmp(me->me_note[i], text) == 0)
			return;
	if (me->me_nnotes == METHOD_NOTES) {
		strcpy(me->me_note[METHOD_NOTES - 1],
		    "and more notes than there is room for");
		return;
	}
	memcpy(me->me_note[me->me_nnotes++], text, sizeof(text));
}

void
run_say(struct run *ru, const char *fmt, ...)
{
	char text[METHOD_TEXT];
	va_list ap;

	if (ru->ru_conf->mc_says == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ru->ru_conf->mc_says(ru->ru_conf->mc_arg, text);
}

bool
run_is_stopped(struct run *ru)
{
	return ru->ru_nomem ||
	    ru->ru_runner->rn_stopped(ru->ru_runner->rn_arg);
}

bool
run_rest(struct run *ru, uint64_t ns)
{
	if (ns != 0 && !run_is_stopped(ru))
		ru->ru_runner->rn_sleep(ru->ru_runner->rn_arg, ns);
	return !run_is_stopped(ru);
}

void
run_streams(struct run *ru, const struct trial_stream *ts, unsigned n)
{
	bool sends[GEN_PORTS] = { false };
	unsigned i;

	ru->ru_stream = ts;
	ru->ru_nstreams = n;
	ru->ru_senders = 0;
	for (i = 0; i < n; i++) {
		ru->ru_senders += !sends[ts[i].ts_from];
		sends[ts[i].ts_from] = true;
	}
}

double
run_all(const struct run *ru, uint64_t pps)
{
	return (double)pps * ru->ru_senders;
}

struct ticking {
	struct run *ti_run;
	const struct ask *ti_ask;
	bool ti_ended; /* by the method */
};

static bool
tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct ticking *ti = arg;
	const struct method_conf *mc = ti->ti_run->ru_conf;

	if (ti->ti_ask->as_tick != NULL &&
	    !ti->ti_ask->as_tick(ti->ti_ask->as_arg, tt, pc)) {
		ti->ti_ended = true;
		return false;
	}
	if (mc->mc_tick != NULL) {
		struct pace_conf unused = *pc;

		return mc->mc_tick(mc->mc_arg, tt, &unused);
	}
	return true;
}

static void
conf_of(struct run *ru, const struct ask *as, struct trial_conf *tc)
{
	const struct profile *pf = ru->ru_profile;
	struct rnd r;

	rnd_seed(&r, ru->ru_conf->mc_seed + ru->ru_me->me_ntrials);
	*tc = (struct trial_conf){
		.tc_stream = ru->ru_stream,
		.tc_nstreams = ru->ru_nstreams,
		.tc_pace = {
			.pc_kind = PACE_CONSTANT,
			.pc_unit = PACE_PPS,
			.pc_rate = { as->as_pps, 1 },
		},
		.tc_size = as->as_size != 0 ? as->as_size :
		run_point(ru)->mp_size,
		.tc_duration = as->as_duration,
		.tc_packets = as->as_packets,
		.tc_warmup = as->as_duration != 0 ? pf->pf_warmup : 0,
		.tc_learn = !as->as_quietly,
		.tc_settle = as->as_quietly ? 0 : pf->pf_learn,
		.tc_drain = as->as_drain != 0 ? as->as_drain : pf->pf_drain,
		.tc_seed = rnd_u64(&r),
		.tc_stop = ru->ru_conf->mc_stop,
		.tc_late = ru->ru_conf->mc_late,
		.tc_rateerr = ru->ru_conf->mc_rateerr,
		.tc_foreign = ru->ru_conf->mc_foreign,
		.tc_tick = tick,
	};
}

static void
record(struct run *ru, const struct trial_conf *tc,
    const struct trial_result *tr)
{
	struct method_result *me = ru->ru_me;
	struct method_trial *mx = reallocarray(
	    me->me_trial, me->me_ntrials + 1, sizeof(*mx));
	double s = (double)tr->tr_elapsed / 1e9;

	if (mx == NULL) {
		ru->ru_nomem = true;
		return;
	}
	me->me_trial = mx;
	mx += me->me_ntrials++;
	*mx = (struct method_trial){
		.mx_point = me->me_npoints - 1,
		.mx_pps = run_all(ru, tc->tc_pace.pc_rate.pr_num),
		.mx_duration = tc->tc_duration,
		.mx_packets = tc->tc_packets,
		.mx_n = tr->tr_all,
		.mx_valid = tr->tr_valid,
		.mx_seed = tc->tc_seed,
		.mx_busy = tr->tr_busy,
	};
	if (s > 0) {
		mx->mx_sent_pps = (double)tr->tr_all.tn_sent / s;
		mx->mx_received_pps = (double)tr->tr_all.tn_received / s;
	}
	if (tr->tr_nreasons > 0)
		memcpy(mx->mx_reason, tr->tr_reason[0], TRIAL_REASONLEN);
	latency_brief(&mx->mx_latency, tr->tr_latency);
	if (tr->tr_jitter != NULL)
		mx->mx_latency.lb_jitter = hist_mean(tr->tr_jitter);
	if (ru->ru_conf->mc_told != NULL)
		ru->ru_conf->mc_told(ru->ru_conf->mc_arg, me, mx, tr);
}

/* One trial, once. */
static enum ran
run_once(struct run *ru, const struct ask *as, struct trial_result *tr)
{
	const struct runner *rn = ru->ru_runner;
	struct ticking ti = { ru, as, false };
	struct method_point *mp = run_point(ru);
	struct trial_conf tc;

	if (as->as_begin != NULL)
		as->as_begin(as->as_arg);
	conf_of(ru, as, &tc);
	tc.tc_tickarg = &ti;
	mp->mp_trials++;
	if (rn->rn_trial(rn->rn_arg, &tc, tr) != 0) {
		if (run_is_stopped(ru))
			goto stopped;
		run_status(ru, MS_FAILED, "%s", rn->rn_error(rn->rn_arg));
		return RAN_FAILED;
	}
	/* Ended because the method has seen enough: that is as it should. */
	if (ti.ti_ended && tr->tr_stopped && tr->tr_nreasons <= 1) {
		tr->tr_valid = true;
		tr->tr_nreasons = 0;
	}
	record(ru, &tc, tr);
	if (run_is_stopped(ru) || (tr->tr_stopped && !ti.ti_ended))
		goto stopped;
	if (tr->tr_valid)
		return RAN_OK;
	mp->mp_invalid++;
	return RAN_INVALID;

stopped:
	run_status(ru, MS_PARTIAL, "stopped");
	return RAN_STOPPED;
}

/* Whether an invalid trial may be run again; n times it already was. */
static bool
again(const struct run *ru, const struct ask *as,
    const struct trial_result *tr, unsigned n)
{
	/* Bad luck may be over the next time, too high a rate is not. */
	unsigned cost = trial_late(tr) > HUNT_LATE ? 2 : 1;

	if (as->as_again == NULL)
		return n < ru->ru_profile->pf_retries;
	if (*as->as_again < cost)
		return false;
	*as->as_again -= cost;
	return true;
}

enum ran
run_trial(struct run *ru, const struct ask *as, struct trial_result *tr)
{
	unsigned n = 0;
	enum ran ran;

	if (ru->ru_me->me_ntrials > 0 &&
	    !run_rest(ru, ru->ru_profile->pf_settle)) {
		run_status(ru, MS_PARTIAL, "stopped");
		return RAN_STOPPED;
	}
	while ((ran = run_once(ru, as, tr)) == RAN_INVALID &&
	    again(ru, as, tr, n)) {
		run_say(ru, "not valid, again: %s", tr->tr_reason[0]);
		trial_result_fini(tr);
		n++;
		if (!run_rest(ru, ru->ru_profile->pf_settle)) {
			run_status(ru, MS_PARTIAL, "stopped");
			return RAN_STOPPED;
		}
	}
	if (ran == RAN_OK && as->as_again != NULL &&
	    *as->as_again < ru->ru_profile->pf_retries)
		++*as->as_again;
	return ran;
}

void
run_limited(struct run *ru, enum method_status ms, const char *what,
    uint64_t pps, double late, const char *why)
{
	if (late > 0)
		run_status(ru, ms, "%s: limited by the tester at %.0f "
		    "packets/s (late %.3g %%): %s", what, run_all(ru, pps),
		    100 * late, why);
	else
		run_status(ru, ms, "%s: at %.0f packets/s trials are not "
		    "valid: %s", what, run_all(ru, pps), why);
}

void
run_blame(struct run *ru, const struct trial_result *tr)
{
	run_status(ru, MS_FAILED, "no trial was valid: %.*s",
	    METHOD_TEXT - 40,
	    tr->tr_nreasons > 0 ? tr->tr_reason[0] : "no reason is known");
}
