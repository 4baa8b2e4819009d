/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a CPU keeps for steering.
 *	o	owner CPU only
 *	A	written by the owner, read by anyone
 */
#ifndef NETISR_NETISR_INT_H
#define NETISR_NETISR_INT_H

#include <stdalign.h>

#include "netisr/netisr.h"

/* A counter for each protocol: written by one CPU, a line of its own. */
struct netisr_row {
	alignas(CACHELINE) stat_cell nr_n[NETISR_N]; /* [A] */
};

struct netisr_cpu {
	struct netisr_row nc_dispatched;
	struct netisr_row nc_hybrid;
	struct netisr_row nc_len; /* on their way to us, when last looked at */
	struct netisr_row nc_watermark;
	struct netisr_row nc_queued[CPU_MAX]; /* by us to each CPU */
	struct netisr_row nc_drops[CPU_MAX]; /* by us, meant for each CPU */
	struct netisr_row nc_handled[CPU_MAX]; /* by us from each CPU */
	uint64_t nc_sum[NETISR_N]; /* [o] this round: found on their way */
	uint64_t nc_took[NETISR_N]; /* [o] and taken in */
	stat_cell nc_bucket[1u << RSS_MAXBITS]; /* [A] packets */
};

/* One more packet of a bucket. */
static inline void
netisr_count_bucket(struct cpu *c, unsigned bucket)
{
	stat_cell_add(&c->c_netisr->nc_bucket[bucket], 1);
}

#endif
