/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of this host's addresses a packet comes from: RFC 6724, 5.  Values and
 * pure functions; whoever holds one owns it.
 */
#ifndef IP6_IP6_SOURCE_H
#define IP6_IP6_SOURCE_H

#include <stdbool.h>

#include "base/addr.h"
#include "if/if.h"

/* RFC 4291, 2.7; what unicast has none of is global. */
enum in6_scope {
	IN6_SCOPE_INTERFACE = 1,
	IN6_SCOPE_LINK = 2,
	IN6_SCOPE_SITE = 5,
	IN6_SCOPE_GLOBAL = 14,
};

/* RFC 6724, 3.1. */
unsigned in6_scope(struct in6);

/* RFC 6724, 2.1: the label of an address in the default policy table. */
unsigned in6_label(struct in6);

/*
 * Whether a comes before b as the source of a packet for dst that leaves on
 * the interface out; aif and bif are those that they are of.  Neither is
 * tentative or a duplicate.
 */
bool in6_source_before(const struct ifaddr *a, unsigned aif,
    const struct ifaddr *b, unsigned bif, struct in6 dst, unsigned out);

#endif
