/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes like those of the Internet without a default route, from a seed.
 *
 * Lengths are as in the published histograms of the global table of 2024.
 * Routes come as networks announce them: a few prefixes side by side or inside
 * of each other by one next hop, some of them by another one, then a gap.
 */
#ifndef BENCH_BGP_H
#define BENCH_BGP_H

#include <stdint.h>

#include "base/addr.h"
#include "base/random.h"

struct bgp_route {
	struct prefix br_prefix;
	uint32_t br_nhop; /* 1 to the number there are */
};

/* n routes of a family, no prefix twice; free() them.  Exits without memory. */
struct bgp_route *bgp_make(
    uint8_t family, unsigned n, uint32_t nhops, struct rnd *);

/* An address inside of a prefix. */
struct addr bgp_host(const struct prefix *, struct rnd *);

#endif
