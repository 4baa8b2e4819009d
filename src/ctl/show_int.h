/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views that have a file of their own; show.c has the list.  Each makes a new
 * object.
 */
#ifndef CTL_SHOW_INT_H
#define CTL_SHOW_INT_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"

#define INT(n) ((json_int_t)(n))

json_t *show_affinity(struct ctl *) ON_CTL;
json_t *show_dhcp(struct ctl *) ON_CTL;
json_t *show_flows(struct ctl *) ON_CTL;
json_t *show_fragments(struct ctl *) ON_CTL;
json_t *show_netisr(struct ctl *) ON_CTL;
json_t *show_punts(struct ctl *) ON_CTL;
json_t *show_services(struct ctl *) ON_CTL;
json_t *show_routers(struct ctl *) ON_CTL;
json_t *show_rss(struct ctl *) ON_CTL;
json_t *show_top(struct ctl *) ON_CTL;
json_t *show_routes(struct ctl *) ON_CTL;
json_t *show_rules(struct ctl *) ON_CTL;
json_t *show_vrfs(struct ctl *) ON_CTL;

/* enum nhop_type, for people. */
const char *show_nhop_type(unsigned);

/* The interface of an index, by name; "-" for none and for one that went. */
const char *show_ifname(const struct spate *, unsigned index);

#endif
