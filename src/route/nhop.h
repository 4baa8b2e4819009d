/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops: what a FIB's result means.
 *
 * Routes refer to next hops by number, and many routes to one: losing a link
 * replaces one object, not a million routes.  An object is immutable; ctl
 * replaces it whole.  Number 0 is "no route".
 *
 * Two kinds say where to look further (nhop_is_indirect()).  A table (NH_TABLE)
 * is how routes of one VRF use those of another.  A group (NH_GROUP) is several
 * ways of equal cost: a flow's hash names a slot of the group, and the slot a
 * member, so that of each flow all packets go one way.  When a member comes or
 * goes, only slots that it gets or had change hands; other flows stay where
 * they are ("resilient": RFC 2992 tells what it costs to do without).
 *
 *	I	immutable once published
 *	C	ctl only
 *	P	published by ctl
 */
#ifndef ROUTE_NHOP_H
#define ROUTE_NHOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
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
	NH_PROHIBIT, /* dropped, sender is told that it is not allowed */
	NH_LOOP, /* never in a table: where tables go round in circles */
	NH_TABLE, /* whatever table nh_table says */
	NH_GROUP, /* a member of the struct nhop_group it begins */
};

struct nhop {
	uint8_t nh_type; /* [I] enum nhop_type */
	uint8_t nh_table; /* [I] NH_TABLE */
	uint16_t nh_ifindex; /* [I] 0 where the type has none */
	uint16_t nh_mtu; /* [I] of the interface, or smaller */
	struct addr nh_gw; /* [I] NH_GATEWAY */
	uint32_t nh_index; /* [I] its number */
	uint32_t nh_refs; /* [C] routes and groups that use it */
	uint32_t nh_groups; /* [C] of them, groups */
	bool nh_dead; /* [C] in a group, and its gateway does not answer */
	uint64_t nh_last; /* [C] rc_published when it lost the last */
};

#define NHG_MAX	  64u /* members of a group */
#define NHG_SLOTS 1024u /* at most */

/* Which member has a slot; by place in ng_member. */
typedef uint8_t nhg_slot;
#define NHG_NOBODY 0xff

/* What a CPU needs comes first; the slots it looks at are ng_slot. */
struct nhop_group {
	struct nhop ng_nh; /* NH_GROUP; nh_mtu is the members' least */
	uint64_t ng_seed; /* [I] of this instance */
	uint32_t ng_mask; /* [I] slots - 1, a power of two */
	uint32_t ng_slot[NHG_SLOTS]; /* [I] number of a next hop */
	uint32_t ng_n; /* [I] members, 2 to NHG_MAX */
	uint64_t ng_alive; /* [C] those that are used: bit by place */
	uint32_t ng_member[NHG_MAX]; /* [I] their numbers, upwards */
	nhg_slot ng_home[NHG_SLOTS]; /* [C] whose slot it is if he is alive */
	nhg_slot ng_now[NHG_SLOTS]; /* [C] who has it; ng_slot by place */
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
extern const struct nhop nhop_loop; /* of type NH_LOOP, without a number */

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

static inline bool
nhop_is_indirect(const struct nhop *nh)
{
	return nh->nh_type >= NH_TABLE;
}

/*
 * The member of a group for a flow, until the end of the round.
 *
 * The flow's hash is mixed anew with a secret of this instance.  Were its bits
 * used as they are, those that chose the CPU, or the member at the router
 * before this one, would be the same for all flows that come to this place,
 * and some members would get nothing.
 */
static inline const struct nhop *
nhop_member(const struct spate *sp, const struct nhop *group, uint64_t flow)
{
	const struct nhop_group *ng = (const void *)group;

	flow = hash_mix64(flow ^ ng->ng_seed);
	return nhop_lookup(sp, ng->ng_slot[flow & ng->ng_mask]);
}

/*
 * Whether neighbours are behind it: packets to there may leave, and so may
 * packets come from there; and whether by an interface, which of a group is
 * that of any member, alive or not.
 */
static inline bool
nhop_is_way(const struct nhop *nh)
{
	return nh->nh_type == NH_CONNECTED || nh->nh_type == NH_GATEWAY ||
	    nh->nh_type == NH_GROUP;
}
bool nhop_is_by(
    const struct spate *, const struct nhop *, unsigned ifindex);

/* route_ctl: next hops and tables of the instance. */
int route_ctl_init(struct ctl *) ON_CTL;
void route_ctl_fini(struct ctl *) ON_CTL;

/*
 * The number of a next hop like *want (nh_type, nh_table, nh_ifindex, nh_mtu,
 * nh_gw), existing or new, with one reference more.  ENOMEM.
 */
int nhop_get(struct ctl *, const struct nhop *want, uint32_t *index) ON_CTL;

/*
 * The number of a group of n (2 to NHG_MAX) next hops, each once, with one
 * reference more.  Flows stay where they were in "from" as far as it can be:
 * the number of a group or of a single next hop; 0: there was none.  ENOMEM.
 */
int nhop_group_get(struct ctl *, const struct nhop *want, unsigned n,
    uint32_t from, uint32_t *index) ON_CTL;

/* Whether a number is that of a group of just these. */
bool nhop_group_is(const struct ctl *, uint32_t index, const struct nhop *,
    unsigned n) ON_CTL;

/*
 * The same for a group without its members on an interface; it may be a single
 * next hop.  ENOENT: there are no others.
 */
int nhop_group_without(struct ctl *, uint32_t group, unsigned ifindex,
    uint32_t *index) ON_CTL;

/* Whether packets may take this interface by it. */
bool nhop_uses_if(const struct ctl *, uint32_t index, unsigned ifindex);

/* A reference less, of a group as well. */
void nhop_put(struct ctl *, uint32_t index) ON_CTL;

/*
 * Interfaces went up or down, came or went: slots of members on them move to
 * others, or come back.
 */
void nhop_links(struct ctl *) ON_CTL;

/* The same for a neighbour that does not answer, or answers again. */
void nhop_neigh(struct ctl *, unsigned ifindex, const struct addr *,
    bool answers) ON_CTL;

/* How many slots of a group a member has now; 0: it is not used. */
unsigned nhop_group_share(const struct nhop_group *, unsigned member);

#endif
