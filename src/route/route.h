/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routing tables of an instance: changes go to the RIB, and the FIBs that
 * CPUs read are compiled from it and published.
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "route/nhop.h"
#include "route/rib.h"

struct ifaddr;

/*
 * Add or delete the route of this source by way of this next hop (nh_type,
 * nh_ifindex, nh_mtu, nh_gw).  The change is in the RIB at once and seen by
 * CPUs after route_publish().  distance: lower wins, 0: the source's usual one.
 * EEXIST, ESRCH, ENOMEM.
 */
int route_add(struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto, unsigned distance, const struct nhop *) ON_CTL;
int route_delete(struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto, const struct nhop *) ON_CTL;

/*
 * Have the source know this prefix by these n (1 to NHG_MAX) next hops of equal
 * cost alone, each once, whatever it knew it by before; or not at all (ESRCH:
 * it did not).  Flows of next hops that stay, stay with them, also of those
 * that another source had in force.  route_is_set()
 * tells whether it is as route_set() would make it.  ENOMEM: the prefix may
 * have lost it.
 */
int route_set(struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto, unsigned distance, const struct nhop *, unsigned n) ON_CTL;
int route_unset(struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto) ON_CTL;
bool route_is_set(const struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto, unsigned distance, const struct nhop *, unsigned n) ON_CTL;

/* Whether the source knows the prefix. */
bool route_has(const struct ctl *, unsigned rtable, const struct prefix *,
    enum rib_proto) ON_CTL;

/*
 * Delete all routes by way of an interface, whatever their source, because it
 * goes.  One of several ways goes on with the others.
 */
void route_flush_if(struct ctl *, unsigned ifindex) ON_CTL;

/*
 * Delete the routes of a table that were added by hand, and those that lead
 * into it, because what goes by its number from now on is another one.
 */
void route_flush_table(struct ctl *, unsigned rtable) ON_CTL;

/*
 * The name of a table ("main" is 0; without a name it is not in use), and the
 * table of a name: RT_MAX if there is none.  NULL takes a name away.
 */
void rtable_set_name(struct ctl *, unsigned rtable, const char *) ON_CTL;
const char *rtable_name(const struct spate *, unsigned rtable);
unsigned rtable_find(const struct spate *, const char *name);

/*
 * A reference to what n (1 to NHG_MAX) next hops are: one of them, or a group,
 * as nhop_group_get() has it.  ENOMEM.
 */
int route_nhop_get(struct ctl *, const struct nhop *, unsigned n, uint32_t from,
    uint32_t *index) ON_CTL;

/* Compile and publish what has changed since the last time.  ENOMEM. */
int route_publish(struct ctl *) ON_CTL;

/*
 * Routes that belong to an address: itself (NH_LOCAL), its network
 * (NH_CONNECTED), for IPv4 also the network's and the all-ones broadcast.
 * Publishes nothing.  When deleting, the address is no longer in if_addrs, and
 * routes that another address of the interface needs stay.
 */
int route_address(
    struct ctl *, struct ifnet *, const struct ifaddr *, bool add) ON_CTL;

/*
 * Packets of IPv6 on the link of ifp may have so many bytes from now on: routes
 * of its addresses are set anew.  Publishes nothing.
 */
void route_set_mtu6(struct ctl *, struct ifnet *, unsigned mtu) ON_CTL;

#endif
