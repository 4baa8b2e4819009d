/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What told.c and told_look.c share.
 */
#ifndef CTL_TOLD_INT_H
#define CTL_TOLD_INT_H

#include "ctl/told.h"
#include "ctl/told_frame.h"

/*
 * What the stage of td_at has looked up, which shows in how the packet is now:
 * at its next stage, or when it was dropped there.
 */
void told_lookups(
    struct ctl *, const struct told *, const struct tell_record *now) ON_CTL;

/* The rule of this name decided for td_rule. */
void told_rule_look(struct ctl *, const struct told *, const char *name) ON_CTL;

/* "no IPv4 route (ips_noroute)" */
void told_reason(unsigned reason, char *text, size_t len);

#endif
