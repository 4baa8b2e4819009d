/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration, applied to an instance.
 *
 *	C	ctl only
 */
#ifndef CTL_CONTROL_H
#define CTL_CONTROL_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/conf/conf.h"
#include "if/if.h"

/*
 * What a configuration asks of an instance before there is one: for
 * conf_load(), which then refuses what spate_create() or control_apply() could
 * not do.
 */
extern const struct conf_env control_conf_env;

/*
 * Bring a fresh instance to what the configuration says: tunables, interfaces
 * with their devices, addresses, routes, neighbours.  The configuration is
 * taken, whatever comes of it.  Devices are opened here; those that
 * cannot be opened are told, with the position of their sections, in errs.
 * Returns 0 or an errno value; after a failure the instance is only good for
 * control_fini() and spate_destroy().
 */
int control_apply(struct ctl *, struct conf *, struct conf_errors *)
    ON_CTL;
void control_fini(struct ctl *) ON_CTL;

/*
 * The instance is about to stop: tell the links so.  It takes some rounds of
 * ctl and CPUs, as long as control_leaving().
 */
void control_leave(struct ctl *) ON_CTL;
bool control_leaving(const struct ctl *) ON_CTL;

/*
 * The only way to take an interface away while it runs: first its routes and
 * whatever else is on it, then the interface itself.  Its device is closed
 * some rounds later (if_closing()).
 */
void control_detach(struct ctl *, struct ifnet *) ON_CTL;

/*
 * An interface of the configuration that is not attached, because its device
 * had gone: attach it again, with its addresses, neighbours and routes.  0,
 * also if it is attached; ENOENT: the configuration has no such interface;
 * another errno value with text in the errors, which are the caller's to free
 * in any case.
 */
int control_return(struct ctl *, const char *ifname, struct conf_errors *)
    ON_CTL;

/* The route to a prefix in a configuration, in a routing table; or NULL. */
const struct conf_route *control_route_find(const struct conf *,
    unsigned rtable, const struct prefix *);

/* The configuration that runs; NULL if none was applied. */
const struct conf *control_conf(const struct ctl *) ON_CTL;

#endif
