/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between nhop.c and route.c; private to route/.
 */
#ifndef ROUTE_NHOP_INT_H
#define ROUTE_NHOP_INT_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "route/nhop.h"

int nhop_ctl_init(struct ctl *) ON_CTL;
void nhop_ctl_fini(struct ctl *) ON_CTL;

/* The number of a next hop like *want; 0: there is none. */
uint32_t nhop_find(const struct ctl *, const struct nhop *want);

/* Free next hops without routes: no published FIB names them any more. */
void nhop_sweep(struct ctl *) ON_CTL;

#endif
