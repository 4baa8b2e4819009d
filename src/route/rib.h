/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routing table: all routes of both families, as the control plane knows
 * them.  Forwarding never reads it; see fib4.h and fib6.h for what is
 * compiled from it.
 *
 * A prefix may be known from several protocols and by several next hops.  The
 * entry with the lowest distance is active; between equals the protocol that
 * stands first in RIB_PROTOS, then the entry that came first.
 */
#ifndef ROUTE_RIB_H
#define ROUTE_RIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"

/* Protocol, its name, and the distance its routes have unless told. */
#define RIB_PROTOS(X)                                                          \
	X(RP_LOCAL, "local", 0) /* own addresses */                            \
	X(RP_CONNECTED, "connected", 0) /* their subnets */                    \
	X(RP_STATIC, "static", 1) /* configured */                             \
	X(RP_RUNTIME, "runtime", 1) /* by hand, while it runs */               \
	X(RP_RA, "ra", 200) /* advertised by a router */

#define X(proto, name, distance) proto,
enum rib_proto { RIB_PROTOS(X) RP_N };
#undef X

/* The compiled forms pack an index of a next hop beside other bits. */
#define RIB_NHOP_MAX ((1u << 24) - 1)

/* A way to a prefix; protocol and next hop tell it from others. */
struct rib_entry {
	uint32_t re_nhop; /* 1 to RIB_NHOP_MAX; 0 is "none" */
	uint8_t re_proto; /* enum rib_proto */
	uint8_t re_distance; /* lower wins */
};

struct rib;

/*
 * Sees one entry; active if it is the one its prefix is forwarded by.  Any
 * other value than 0 ends the walk.  Must not change the table.
 */
typedef int rib_walk_fn(
    void *arg, const struct prefix *, const struct rib_entry *, bool active);

int rib_create(struct rib **);
void rib_destroy(struct rib *);

/*
 * Bits beyond the prefix's length are ignored.  EINVAL: a member is out of
 * range.  EEXIST: the prefix has an entry of this protocol and next hop.
 */
int rib_add(
    struct rib *, const struct prefix *, const struct rib_entry *) ON_CTL;

/* Finds the entry by protocol and next hop.  ESRCH: there is none. */
int rib_delete(
    struct rib *, const struct prefix *, const struct rib_entry *) ON_CTL;

/* The active entry of exactly this prefix. */
bool rib_lookup_exact(
    const struct rib *, const struct prefix *, struct rib_entry *);

/* The best entry of exactly this prefix from one protocol, active or not. */
bool rib_find(const struct rib *, const struct prefix *, enum rib_proto,
    struct rib_entry *);

/* The best of them that has another next hop than this. */
bool rib_find_other(const struct rib *, const struct prefix *, enum rib_proto,
    uint32_t nhop, struct rib_entry *);

/* The active entry of the longest prefix that covers the address. */
bool rib_lookup(const struct rib *, const struct addr *, struct prefix *,
    struct rib_entry *);

/*
 * Calls fn for each entry of a family (4 or 6) by ascending address, shorter
 * prefixes first, the active entry first.  Returns what ended the walk, or 0.
 */
int rib_walk(const struct rib *, uint8_t family, rib_walk_fn *fn, void *arg);

/*
 * The same for what decides in a block of addresses: the longest prefix that
 * is shorter than the block's and covers it, if there is one, then those that
 * lie in it.
 */
int rib_walk_block(const struct rib *, const struct prefix *block,
    rib_walk_fn *fn, void *arg);

/* Number of prefixes of a family, and bytes the whole table takes. */
size_t rib_count(const struct rib *, uint8_t family);
size_t rib_memory(const struct rib *);

const char *rib_proto_name(enum rib_proto);
uint8_t rib_proto_distance(enum rib_proto);

#endif /* ROUTE_RIB_H */
