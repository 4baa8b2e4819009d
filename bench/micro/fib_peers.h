/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of fib_perf's beside DPDK's, which are made of the same routes and
 * asked for the same addresses: lookups by turns, then what the tables take,
 * what making them took, and changes a second, all as ratios.
 */
#ifndef BENCH_FIB_PEERS_H
#define BENCH_FIB_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "bgp.h"

struct fib_side {
	uint8_t fs_family;
	const struct bgp_route *fs_routes;
	unsigned fs_n;
	const void *fs_keys; /* uint32_t or struct in6 */
	unsigned fs_nkeys;   /* a power of two */
	unsigned fs_nhot;    /* the first of them */
	unsigned fs_lookups; /* in a turn */
	unsigned fs_changes; /* of each peer, at most: a second's are enough */
	/* Spate's: its lookups, and what there is to know of it */
	void (*fs_run)(void *arg, unsigned at); /* DPDK_BATCH keys from at on */
	uint32_t (*fs_lookup)(void *arg, unsigned key);
	void *fs_arg;
	double fs_memory;	/* MB that lookups read */
	double fs_whole;	/* MB with the routes */
	double fs_built;	/* ms, routes and all */
	double fs_changed;	/* thousand a second */
};

void fib_peers(const struct fib_side *);

#endif
