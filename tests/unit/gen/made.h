/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Made-up results, for tests of reports.
 */
#ifndef TESTS_GEN_MADE_H
#define TESTS_GEN_MADE_H

#include "gen/method.h"
#include "gen/report.h"

/* A report on two ports, begun, with nothing in it. */
struct report *made_report(const struct profile *);

/*
 * A result of a method as it could be, of so many frame sizes; to be freed by
 * made_free().  Its trials are told to the report.
 */
void made_method(struct report *, enum method, unsigned nsizes,
    struct method_result *);
void made_free(struct method_result *);

/* A trial; to be freed by trial_result_fini(). */
void made_trial(struct trial_result *, unsigned size, double pps, bool valid);

#endif
