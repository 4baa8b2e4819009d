/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes by hand, while the instance runs: the commands "route", "neigh",
 * "address" and "sysctl".  Values are what the configuration file takes for the
 * same thing, and mistakes are told as there.
 *
 *	{"command": "route", "action": "add", "prefix": "10.9.0.0/16",
 *	    "via": ["10.0.1.2"], "interface": "left", "preference": 5,
 *	    "vrf": "main"}
 *	{"command": "route", "action": "change", "prefix": "10.9.0.0/16",
 *	    "type": "blackhole"}
 *	{"command": "routes", "edits": [{"action": "add", ...}, ...]}
 *	{"command": "neigh", "action": "add", "address": "10.0.1.7",
 *	    "mac": "02:00:00:00:00:07", "interface": "left"}
 *	{"command": "address", "action": "delete", "address": "10.0.3.1/24",
 *	    "interface": "left"}
 *	{"command": "sysctl", "name": "net.inet.ip.ttl", "value": "63"}
 *
 * Actions are add, change and delete.  The result of all but sysctl has
 * "configured": true if the running configuration has the same object, which a
 * reload will therefore bring back as it stands there.
 *
 * "routes" is any number of "route" in one line, in this order, seen by CPUs at
 * once; "configured" then says of how many.  It ends at the first that cannot
 * be: the error has "entry", how many were made before it, which hold.
 */
#ifndef CTL_EDIT_H
#define CTL_EDIT_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void edit_route(struct ctl *, struct control_client *, const json_t *) ON_CTL;
void edit_routes(struct ctl *, struct control_client *, const json_t *)
    ON_CTL;
void edit_neigh(struct ctl *, struct control_client *, const json_t *) ON_CTL;
void edit_addr(struct ctl *, struct control_client *, const json_t *) ON_CTL;
void edit_sysctl(struct ctl *, struct control_client *, const json_t *) ON_CTL;

#endif
