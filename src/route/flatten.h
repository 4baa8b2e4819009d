/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From routes to ranges: the active routes of a family cut all addresses into
 * ranges that do not overlap, each with the next hop of its longest prefix.
 * The compilers of forwarding tables start from these.
 */
#ifndef ROUTE_FLATTEN_H
#define ROUTE_FLATTEN_H

#include <stdint.h>

#include "base/addr.h"

struct rib;

/*
 * Sees the first address of a range and the range's next hop, 0 for none.
 * Any other value than 0 ends the work.
 */
typedef int flatten_fn(void *arg, struct in6 first, uint32_t nh);

/*
 * Calls fn for each range, upwards and without gaps: the first begins at
 * address 0, each ends where the next begins, the last with the last address;
 * neighbours differ in their next hop.  IPv4 addresses come in the upper 32
 * bits.  Returns what ended the work, or 0.
 */
int rib_flatten(const struct rib *, uint8_t family, flatten_fn *fn, void *arg);

/*
 * The same for a block of addresses alone: the first range begins with it, the
 * last ends with it.
 */
int rib_flatten_block(const struct rib *, const struct prefix *block,
    flatten_fn *fn, void *arg);

#endif /* ROUTE_FLATTEN_H */
