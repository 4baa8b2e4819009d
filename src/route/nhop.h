/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops: what a FIB's result means.
 *
 * Routes refer to next hops by number, and many routes to one: losing a link
 * replaces one object, not a million routes.  An object is immutable; ctl
 * replaces it whole.  Number 0 is "no route".
 *
 *	I	immutable once published
 *	C	ctl only
 *	P	published by ctl
 */
#ifndef ROUTE_NHOP_H
#define ROUTE_NHOP_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"

enum nhop_type {
	NH_NONE, /* no route */
	NH_LOCAL, /* an address of this host */
	NH_CONNECTED, /* destination is a neighbour on nh_ifindex */
	NH_GATEWAY, /* by way of nh_gw on nh_ifindex */
	NH_BROADCAST, /* IPv4 broadcast on nh_ifindex; delivered here */
	NH_BLACKHOLE, /* dropped without a word */
	NH_UNREACHABLE, /* dropped, sender is told */
};

struct nhop {
	uint8_t nh_type; /* [I] enum nhop_type */
	uint16_t nh_ifindex; /* [I] 0 where the type has none */
	uint16_t nh_mtu; /* [I] of the interface, or smaller */
	struct addr nh_gw; /* [I] NH_GATEWAY */
	uint32_t nh_index; /* [I] its number */
	uint32_t nh_refs; /* [C] routes that use it */
	uint64_t nh_last; /* [C] rc_published when it lost the last */
};

struct nhop_table {
	uint32_t nt_size; /* [I] */
	_Atomic(struct nhop *) nt_nh[]; /* [P] */
};

/*
 * The next hop of a number, until the end of the round.  Never NULL: what is
 * not there (any more) is of type NH_NONE.
 */
extern const struct nhop nhop_none;

static inline const struct nhop *
nhop_lookup(const struct spate *sp, uint32_t index)
{
	const struct nhop_table *nt =
	    atomic_load_explicit(&sp->sp_nhops, memory_order_acquire);
	const struct nhop *nh;

	if (index == 0 || index >= nt->nt_size)
		return &nhop_none;
	nh = atomic_load_explicit(&nt->nt_nh[index], memory_order_acquire);
	return nh != NULL ? nh : &nhop_none;
}

/* route_ctl: next hops and tables of the instance. */
int route_ctl_init(struct ctl *) ON_CTL;
void route_ctl_fini(struct ctl *) ON_CTL;

/*
 * The number of a next hop like *want (nh_type, nh_ifindex, nh_mtu, nh_gw),
 * existing or new, with one reference more.  ENOMEM.
 */
int nhop_get(struct ctl *, const struct nhop *want, uint32_t *index) ON_CTL;
void nhop_put(struct ctl *, uint32_t index) ON_CTL;

#endif
