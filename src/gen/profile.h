/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long and how often: what the RFCs ask, or quick ones for every day.
 * Results of the quick profile are no RFC results, and every report says so.
 */
#ifndef GEN_PROFILE_H
#define GEN_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct profile {
	const char *pf_name; /* what a user calls it */
	const char *pf_text; /* one line for reports */
	bool pf_rfc; /* durations and repetitions are the RFCs' */

	/* Trials: RFC 2544, 23 and 24 */
	uint64_t pf_duration; /* ns of a trial of throughput, frame loss */
	uint64_t pf_warmup; /* ns of traffic before it that does not count */
	uint64_t pf_learn; /* ns of rest after learning frames */
	uint64_t pf_drain; /* ns for what is still on its way */
	uint64_t pf_settle; /* ns of rest after a trial */
	unsigned pf_retries; /* of an invalid trial */

	/* Searches */
	unsigned pf_ppm; /* resolution of rates, in millionths of them */
	unsigned pf_verify; /* see struct bisect_conf */

	/* 26.2 latency */
	uint64_t pf_latency;
	unsigned pf_latency_reps;

	/* 26.3 frame loss rate */
	unsigned pf_loss_step; /* percent of the highest rate, 1 .. 10 */

	/* 26.4 back-to-back, by RFC 9004 */
	uint64_t pf_burst; /* ns of the longest burst */
	uint64_t pf_burst_rest; /* ns after a burst, for buffers to be empty */
	unsigned pf_burst_reps;

	/* 26.5 system recovery */
	uint64_t pf_overload; /* ns of too much */
	uint64_t pf_recovery; /* ns of half of it, in which to recover */
	unsigned pf_recovery_reps;

	/* 26.6 reset, by RFC 6201 */
	uint64_t pf_reset; /* ns in which it must be back */
	unsigned pf_reset_reps;

	/* RFC 9971: trials of its goals, and the shortest */
	uint64_t pf_mlr_initial;
	uint64_t pf_mlr_sum;

	/* RFC 2889, 5.7 and 5.8 */
	uint64_t pf_aging; /* ns after which a bridge has forgotten */
};

extern const struct profile profile_rfc, profile_quick;

/* By name; NULL: there is none. */
const struct profile *profile_find(const char *name);

#endif
