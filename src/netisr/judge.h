/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a NIC does, judged by what it said of some packets.  Pure.
 */
#ifndef NETISR_JUDGE_H
#define NETISR_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/toeplitz.h"
#include "dev/rss.h"

/* One packet: its tuple of the type that the NIC named, or that we want. */
struct rss_sample {
	struct rss_tuple sm_tuple;
	uint32_t sm_hash; /* the NIC's; if sm_hashed */
	bool sm_hashed;
	uint8_t sm_queue; /* it arrived in */
};

enum rss_verdict { /* of a hash */
	RSSV_NONE, /* there was none */
	RSSV_RIGHT, /* as we compute it */
	RSSV_16BIT, /* the same, but only 16 bits of it */
	RSSV_REVERSED, /* of the tuple of the other direction */
	RSSV_DEFAULT, /* with the key that NICs start with */
	RSSV_SYMMETRIC, /* with 6d5a repeated */
	RSSV_KEY, /* with some other key */
	RSSV_FEW, /* not as we do, and too few flows to say how */
	RSSV_WRONG, /* no Toeplitz hash with any one key */
	RSSV_N
};

/* For people: "other key", ... */
const char *rss_verdict_name(enum rss_verdict);

/* Of the hashes of n samples; tz has the key that the NIC should have. */
enum rss_verdict rss_judge_hash(
    const struct toeplitz *tz, const struct rss_sample *, unsigned n);

enum rss_choice { /* of a queue */
	RSSC_NONE, /* nothing to judge */
	RSSC_PREDICTED, /* as our hash and the table say */
	RSSC_OWN, /* as the NIC's own hash and the table say */
	RSSC_FLOWS, /* another one, but always the same for a flow */
	RSSC_MIXED, /* packets of a flow came in several queues */
	RSSC_N
};

const char *rss_choice_name(enum rss_choice);

/*
 * Of the queues of n samples, by an indirection table that names the nqueues
 * in turn, which is what NICs start with.  agree is how many were predicted.
 */
enum rss_choice rss_judge_queue(const struct toeplitz *tz,
    const struct rss_sample *, unsigned n, unsigned nqueues, unsigned *agree);

#endif
