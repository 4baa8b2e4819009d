/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between nhop.c and route.c; private to route/.
 */
#ifndef ROUTE_NHOP_INT_H
#define ROUTE_NHOP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"
#include "route/nhop.h"

/*
 * A next hop without routes is named by the FIBs of the last publish before
 * it lost them, so its number is free once the next publish has been seen by
 * all CPUs.
 *
 *	C	ctl only
 */
struct route_ctl {
	bool rc_changed[RT_MAX]; /* [C] since the last publish */
	uint64_t rc_published; /* [C] publishes so far */
	uint64_t rc_graced; /* [C] of them, those that all CPUs have seen */
	uint32_t rc_lastnh; /* [C] number given out last */
};

int nhop_ctl_init(struct ctl *) ON_CTL;
void nhop_ctl_fini(struct ctl *) ON_CTL;

/* The number of a next hop like *want; 0: there is none. */
uint32_t nhop_find(const struct ctl *, const struct nhop *want);

/* Free next hops without routes that no CPU can find any more. */
void nhop_sweep(struct ctl *) ON_CTL;

#endif
