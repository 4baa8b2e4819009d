/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bridges (RFC 2889): errored frames (5.9) and broadcasts (5.10).
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

static const char fcs_why[] = "devices append the FCS themselves: such a frame "
    "cannot be sent here";

/* 5.9.1, and why it cannot be tested; NULL: it can. */
static const struct {
	const char *name, *why;
} errors[] = {
	{ "oversize", NULL },
	{ "undersize", "drivers and devices pad frames to 64 bytes" },
	{ "CRC error", fcs_why },
	{ "fragment", fcs_why },
	{ "alignment error", "devices send whole bytes only" },
	{ "dribble bits", "devices send whole bytes only" },
	{ "symbol error", "devices code symbols themselves" },
};
static_assert(countof(errors) == METHOD_ERRORS, "one result each");

/* Frames of one byte over what 802.3 allows; MTUs of devices may forbid it. */
static enum ran
oversize(struct run *ru, struct errored_result *er)
{
	unsigned i, tags = 0;
	struct ask as = {
		.as_pps = u64min(ru->ru_highest, 1000),
		.as_packets = 1000,
	};
	struct trial_result tr = { .tr_nports = 0 };
	enum ran ran;

	for (i = 0; i < ru->ru_nstreams; i++)
		tags = ru->ru_stream[i].ts_tpl->tc_ntags > tags ?
		    ru->ru_stream[i].ts_tpl->tc_ntags : tags;
	as.as_size = 1519 + 4 * tags;
	ran = run_trial(ru, &as, &tr);
	if (ran == RAN_OK) {
		er->er_kind[0].er_tested = true;
		er->er_kind[0].er_sent = tr.tr_all.tn_sent;
		er->er_kind[0].er_forwarded = tr.tr_all.tn_received;
	} else if (ran == RAN_INVALID || ran == RAN_FAILED) {
		/* That is how it ends where the MTU is 1500. */
		snprintf(er->er_kind[0].er_why, METHOD_TEXT, "%.*s",
		    METHOD_TEXT - 1,
		    ran == RAN_INVALID && tr.tr_nreasons > 0 ?
			tr.tr_reason[0] :
			run_point(ru)->mp_why);
		run_point(ru)->mp_status = MS_OK;
		run_point(ru)->mp_why[0] = '\0';
		ran = RAN_OK;
	}
	trial_result_fini(&tr);
	return ran;
}

void
point_errored(struct run *ru)
{
	struct errored_result *er = &run_point(ru)->mp_errored;
	unsigned i;

	for (i = 0; i < METHOD_ERRORS; i++) {
		er->er_kind[i].er_name = errors[i].name;
		if (errors[i].why != NULL)
			snprintf(er->er_kind[i].er_why, METHOD_TEXT, "%s",
			    errors[i].why);
	}
	if (!run_rates(ru) || oversize(ru, er) != RAN_OK)
		return;
	if (!er->er_kind[0].er_tested)
		run_status(ru, MS_IMPOSSIBLE, "none of these frames can be "
		    "sent here");
	run_note(ru, "of errored frames only oversize ones can be sent by "
	    "these devices");
}

/* Every port but the sender got every frame. */
static bool
everywhere(struct run *ru, const struct trial_result *tr)
{
	const struct trial_stream *ts = ru->ru_stream;
	unsigned i;

	if (tr->tr_all.tn_sent == 0 || tr->tr_all.tn_lost != 0)
		return false;
	for (i = 0; i < tr->tr_nports; i++)
		if (i != ts->ts_from && i != ts->ts_to &&
		    tr->tr_port[i].tp_astray < tr->tr_all.tn_sent)
			return false;
	return true;
}

/*
 * 5.10: broadcasts from one port; every other one must receive all of them.
 * The latency is that of the stream's own port.
 */
void
point_broadcast(struct run *ru)
{
	struct tpl_conf tc = *ru->ru_stream[0].ts_tpl;
	struct trial_stream ts = ru->ru_stream[0];
	struct hunt hu = { .hu_duration = ru->ru_profile->pf_duration,
		.hu_passes = everywhere };
	struct trial_result best = { .tr_nports = 0 };
	enum ran ran = RAN_OK;

	memset(tc.tc_dst_mac, 0xff, MAC_LEN);
	ts.ts_tpl = &tc;
	run_streams(ru, &ts, 1);
	if (run_rates(ru)) {
		hu.hu_max = ru->ru_highest;
		ran = run_hunt(ru, &hu, &best);
		throughput_fill(
		    ru, &run_point(ru)->mp_broadcast.bc_throughput, &hu, &best);
		run_point(ru)
		    ->mp_broadcast.bc_ports = ru->ru_runner->rn_nports - 1;
		trial_result_fini(&best);
	}
	(void)ran;
	run_streams(ru, ru->ru_conf->mc_stream, ru->ru_conf->mc_nstreams);
}
