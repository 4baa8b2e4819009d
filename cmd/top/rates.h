/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened per second between two answers of the daemon to "show top".
 * Pure: JSON in, JSON out.
 */
#ifndef CMD_TOP_RATES_H
#define CMD_TOP_RATES_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A new object with the lists "cpus", "interfaces", "stages" and "drops", in
 * which counters have become rates, and "seconds", the time between.  Items
 * without a former one count from 0, as counters do that were set back.
 * NULL if there is no rate to tell: the answers are of different runs of the
 * daemon, not of different times, or no answers to this question at all.
 */
json_t *rates(const json_t *former, const json_t *now);

/* Which run of the daemon an answer is of. */
json_int_t rates_run(const json_t *answer);

/* The time of an answer on the daemon's clock, in ns. */
json_int_t rates_time(const json_t *answer);

/*
 * Sort a list of objects by a member, numbers the largest first and texts the
 * least first, or the other way round.  Equals stay in order.
 */
void rates_sort(json_t *list, const char *key, bool reverse);

#endif
