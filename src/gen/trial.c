/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trial came to, as values; see trial.h.
 */
#include "gen/trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "gen/hist.h"

const char *
trial_phase_name(enum trial_phase ph)
{
	static const char *const names[] = {
		[TPH_RESOLVE] = "resolving",
		[TPH_LEARN] = "learning",
		[TPH_WARMUP] = "warming up",
		[TPH_RUN] = "running",
		[TPH_DRAIN] = "draining",
		[TPH_DONE] = "done",
	};

	return names[ph];
}

int
trial_result_init(struct trial_result *tr, unsigned nports, unsigned nstreams)
{
	unsigned i;

	*tr = (struct trial_result){ .tr_valid = true, .tr_nports = nports,
		.tr_nstreams = nstreams };
	tr->tr_port = calloc(nports + 1, sizeof(*tr->tr_port));
	tr->tr_stream = calloc(nstreams + 1, sizeof(*tr->tr_stream));
	tr->tr_latency = hist_create();
	tr->tr_jitter = hist_create();
	tr->tr_extent = hist_create();
	tr->tr_pace = hist_create();
	tr->tr_gap = hist_create();
	if (tr->tr_port == NULL || tr->tr_stream == NULL ||
	    tr->tr_latency == NULL || tr->tr_jitter == NULL ||
	    tr->tr_extent == NULL || tr->tr_pace == NULL ||
	    tr->tr_gap == NULL) {
		trial_result_fini(tr);
		return ENOMEM;
	}
	for (i = 0; i < nstreams; i++)
		snprintf(tr->tr_stream[i].sr_name,
		    sizeof(tr->tr_stream[i].sr_name), "%u", i);
	return 0;
}

void
trial_result_fini(struct trial_result *tr)
{
	unsigned i;

	hist_destroy(tr->tr_latency);
	hist_destroy(tr->tr_jitter);
	hist_destroy(tr->tr_extent);
	hist_destroy(tr->tr_pace);
	hist_destroy(tr->tr_gap);
	for (i = 0; i < countof(tr->tr_pair_latency); i++)
		hist_destroy(tr->tr_pair_latency[i]);
	free(tr->tr_port);
	free(tr->tr_stream);
	memset(tr, 0, sizeof(*tr));
}

void
trial_invalid(struct trial_result *tr, const char *fmt, ...)
{
	va_list ap;

	tr->tr_valid = false;
	if (tr->tr_nreasons < TRIAL_REASONS) {
		va_start(ap, fmt);
		vsnprintf(tr->tr_reason[tr->tr_nreasons], TRIAL_REASONLEN, fmt,
		    ap);
		va_end(ap);
		tr->tr_nreasons++;
		return;
	}
	/* The last one stands for what there is no room for. */
	snprintf(tr->tr_reason[TRIAL_REASONS - 1], TRIAL_REASONLEN,
	    "and more reasons than there is room for");
}

void
trial_counts_add(struct trial_counts *to, const struct trial_counts *from)
{
	to->tn_offered += from->tn_offered;
	to->tn_sent += from->tn_sent;
	to->tn_unsent += from->tn_unsent;
	to->tn_sent_bytes += from->tn_sent_bytes;
	to->tn_received += from->tn_received;
	to->tn_received_bytes += from->tn_received_bytes;
	to->tn_lost += from->tn_lost;
	to->tn_unseen += from->tn_unseen;
	to->tn_duplicated += from->tn_duplicated;
	to->tn_reordered += from->tn_reordered;
	to->tn_extent_max = u64max(to->tn_extent_max, from->tn_extent_max);
}

double
trial_late(const struct trial_result *tr)
{
	uint64_t late = 0, offered = 0;
	unsigned i;

	for (i = 0; i < tr->tr_nports; i++) {
		late += tr->tr_port[i].tp_late + tr->tr_port[i].tp_tx.tn_unsent;
		offered += tr->tr_port[i].tp_tx.tn_offered;
	}
	return offered == 0 ? 0 : (double)late / (double)offered;
}

double
trial_loss(const struct trial_counts *tn)
{
	return tn->tn_sent == tn->tn_unseen ? 0 :
	    (double)tn->tn_lost / (double)(tn->tn_sent - tn->tn_unseen);
}

double
trial_bps(double pps, double size, unsigned layer)
{
	static const double less[] = { 0, -20, 0, 18 };

	return pps * (size - less[layer]) * 8;
}
