/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of pace*.c.
 */
#ifndef GEN_PACE_INT_H
#define GEN_PACE_INT_H

#include "gen/pace.h"

/* Limits below which no arithmetic here overflows. */
#define PACE_NUM_MAX (UINT64_C(1) << 50) /* numerator of a rate */
#define PACE_FAR     (UINT64_C(1) << 53) /* ns of a packet: 104 days */

/* With defaults for what is 0. */
struct pace_conf pace_filled(const struct pace_conf *);

/* What a packet costs in the unit of the rate. */
uint64_t pace_cost(const struct pace_conf *, unsigned wirelen);

/*
 * A rate in units of cost a second, reduced; false: its numerator has more
 * than 50 bits.
 */
bool pace_units(
    const struct pace_conf *, const struct pace_rate *, struct pace_rate *);

/* Exponential with mean 1, as 32.32 bits; at most 45. */
uint64_t pace_exponential(struct rnd *);

/* The first time, from not before, at which p_need of a ramp is done. */
uint64_t pace_ramp_due(const struct pace *, uint64_t from);

/* Packets of this cost, from the next on, that a ramp wants until t. */
uint64_t pace_ramp_until(const struct pace *, uint64_t t, uint64_t cost);

#endif
