/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between nhop.c, nhop_group.c, route.c and route_flush.c; private to route/.
 */
#ifndef ROUTE_NHOP_INT_H
#define ROUTE_NHOP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"
#include "cpu/wheel.h"
#include "route/nhop.h"
#include "route/rib.h"

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
	uint64_t rc_seed; /* [C] ng_seed of all groups */
	bool rc_letgo; /* [C] next hops lost what named them, not by a route */
	struct rule_ctl *rc_rules; /* [C] */
	struct timer rc_ask; /* [C] asks for members that do not answer */
};

/* rule_ctl.c */
int rule_ctl_init(struct ctl *) ON_CTL; /* ENOMEM */
void rule_ctl_fini(struct ctl *) ON_CTL;

/*
 * route.c: next hops were put that no table has named: the next publish begins
 * their grace period, whether or not there are other changes.
 */
void route_let_go(struct ctl *) ON_CTL;

int nhop_ctl_init(struct ctl *) ON_CTL;
void nhop_ctl_fini(struct ctl *) ON_CTL;

/* The number of a next hop like *want; 0: there is none. */
uint32_t nhop_find(const struct ctl *, const struct nhop *want);

/* A new object under a number of its own, with one reference. */
int nhop_insert(struct ctl *, struct nhop *, uint32_t *index) ON_CTL;

/* new takes the place of the object of its number; CPUs let go of that. */
void nhop_replace(struct ctl *, struct nhop *new) ON_CTL;

/* The object of a number, or NULL. */
struct nhop *nhop_at(const struct ctl *, uint32_t index);
uint32_t nhop_limit(const struct ctl *); /* numbers are below this */

/* nhop_group.c */
void nhop_group_init(struct ctl *) ON_CTL;
void nhop_group_fini(struct ctl *) ON_CTL;
/* The group got its first reference, or lost its last one. */
void nhop_group_hold(struct ctl *, const struct nhop_group *) ON_CTL;
void nhop_group_release(struct ctl *, const struct nhop_group *) ON_CTL;

/* route.c: take an entry out of a table that has it. */
void route_drop(struct ctl *, unsigned rtable, const struct prefix *,
    const struct rib_entry *) ON_CTL;

/*
 * slots.c: who has which slot.  Pure.
 *
 * slots_share() hands out nslots slots among n so that each gets the same, or
 * one more than another.  Slots that are theirs already stay, as far as their
 * share goes; those that are NHG_NOBODY's are handed out.
 *
 * slots_cover() gives the slots of home to those alive (bit by place): who is
 * alive has his own; another's stay with who covered for him before (in now),
 * if he is alive, or go to whoever has fewest.  If nobody is alive, each has
 * his own.
 */
void slots_share(nhg_slot *, unsigned nslots, unsigned n);
void slots_cover(const nhg_slot *home, nhg_slot *now, unsigned nslots,
    unsigned n, uint64_t alive);

/* Free next hops without routes that no CPU can find any more. */
void nhop_sweep(struct ctl *) ON_CTL;

#endif
