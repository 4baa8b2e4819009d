/* SPDX-License-Identifier: BSD-2-Clause */
#include "gen/profile.h"

#include <stddef.h>
#include <string.h>

#define MS 1000000ull
#define S  (1000 * MS)

/*
 * RFC 2544, 23 (2 s after learning, 2 s for residual frames, 5 s to
 * restabilize), 24 (60 s), 26.2 (120 s, 20 times), 26.4 (50 times), 26.5
 * (60 s); RFC 9004, 5.2 (up to 30 s); RFC 9971 (its goal that is RFC 2544's).
 */
const struct profile profile_rfc = {
	.pf_name = "rfc",
	.pf_text = "durations and repetitions as the RFCs say",
	.pf_rfc = true,
	.pf_duration = 60 * S,
	.pf_learn = 2 * S,
	.pf_drain = 2 * S,
	.pf_settle = 5 * S,
	.pf_retries = 3,
	.pf_ppm = 1000,
	.pf_latency = 120 * S,
	.pf_latency_reps = 20,
	.pf_loss_step = 10,
	.pf_burst = 30 * S,
	.pf_burst_rest = 2 * S,
	.pf_burst_reps = 50,
	.pf_overload = 60 * S,
	.pf_recovery = 60 * S,
	.pf_recovery_reps = 3,
	.pf_reset = 600 * S,
	.pf_reset_reps = 3,
	.pf_mlr_initial = 1 * S,
	.pf_mlr_sum = 60 * S,
	.pf_aging = 315 * S, /* 802.1D: 300 s, and what clocks are late */
};

const struct profile profile_quick = {
	.pf_name = "quick",
	.pf_text = "quick: 2 s trials and few repetitions, "
	    "not what the RFCs ask",
	.pf_duration = 2 * S,
	.pf_learn = 200 * MS,
	.pf_drain = 500 * MS,
	.pf_settle = 200 * MS,
	.pf_retries = 3,
	.pf_ppm = 2000,
	.pf_latency = 2 * S,
	.pf_latency_reps = 3,
	.pf_loss_step = 10,
	.pf_burst = 2 * S,
	.pf_burst_rest = 500 * MS,
	.pf_burst_reps = 5,
	.pf_overload = 2 * S,
	.pf_recovery = 2 * S,
	.pf_recovery_reps = 2,
	.pf_reset = 60 * S,
	.pf_reset_reps = 1,
	.pf_mlr_initial = 500 * MS,
	.pf_mlr_sum = 4 * S,
	.pf_aging = 0, /* addresses of each trial are new instead */
};

const struct profile *
profile_find(const char *name)
{
	static const struct profile *const all[] = { &profile_rfc,
		&profile_quick };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->pf_name, name) == 0)
			return all[i];
	return NULL;
}
