/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was changed by hand (edit.h): the difference between what the
 * configuration wants and what the instance has.  Nothing is recorded when a
 * change is made; the instance is compared with its configuration, so that
 * the answer is right however it came to be so.
 *
 * Changes are routes, neighbours, addresses and sysctls.  A reload leaves them
 * alone where the new configuration has no word about the same object, and
 * makes them again if they went with their interface for a while; where it
 * has one, it wins.  What did not outlive a reload can be told.
 *
 * All of it is ctl's.
 */
#ifndef CTL_BYHAND_H
#define CTL_BYHAND_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/conf/conf.h"

struct byhand;

/*
 * Compare.  What is made refers to the configuration that runs, and must be
 * freed before that is.  ENOMEM.
 */
int byhand_create(struct ctl *, struct byhand **) ON_CTL;
void byhand_free(struct byhand *);

/* The configuration as it runs: with all changes.  Lives with the other. */
const struct conf *byhand_conf(const struct byhand *);

/*
 * The changes, in the file's form: [{"sign": "+", "text": "route …"}, …].  "+"
 * runs and is not in the configuration, "-" the other way round.  lost: only
 * those that do not hold any more.  NULL: no memory.
 */
json_t *byhand_list(struct ctl *, const struct byhand *, bool lost) ON_CTL;

/* For reload.c: before a change to a configuration, what it contradicts goes */
void byhand_yield(struct ctl *, const struct byhand *, const struct conf *to)
    ON_CTL;

/*
 * and behind it, what it does not contradict comes back if it went.  back: to
 * the configuration of the changes, which are all made again.  The caller
 * publishes the routes.
 */
void byhand_restore(struct ctl *, const struct byhand *,
    const struct conf *to, bool back) ON_CTL;

/* "spate show changes": {"changes": […]}. */
json_t *show_changes(struct ctl *) ON_CTL;

#endif
