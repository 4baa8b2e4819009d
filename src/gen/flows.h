/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of flows whose packets a device's receive side scaling spreads as one
 * wants: as evenly as numbers allow, or on purpose not.
 *
 * A device hashes a packet (Toeplitz, with a key), takes the low bits of the
 * hash as a bucket, and looks up the bucket's queue in its indirection table.
 * Here flows are looked for, by source address and source port, of which each
 * bucket gets its share.
 *
 * Who calls owns what it gets.  No member is shared.
 */
#ifndef GEN_FLOWS_H
#define GEN_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/toeplitz.h"
#include "gen/tpl.h"

#define FLOWS_BUCKETS 4096u /* at most; a power of two */
#define FLOWS_SOURCES (1u << 20) /* addresses that are looked at */
#define FLOWS_MAX     (1u << 20)
#define FLOWS_TRIES   (1u << 28)

struct flows_conf {
	uint8_t fc_key[TOEPLITZ_KEYLEN];
	unsigned fc_types; /* RSS_SET()s whose ports the device hashes */
	uint8_t fc_proto; /* enum tpl_proto */
	struct addr fc_src; /* the first of fc_nsrc */
	struct addr fc_dst;
	uint32_t fc_nsrc; /* 0 is 1 */
	uint16_t fc_sport_from; /* both included; echo: identifiers */
	uint16_t fc_sport_to;
	uint16_t fc_dport;
	unsigned fc_nbuckets;
	const uint16_t *fc_table; /* queue of each bucket; NULL: all one's */
	const uint32_t *fc_weight; /* of each bucket; NULL: all alike */
	/*
	 * Of each of fc_nqueues queues, which then comes first: a queue gets
	 * its share, and its buckets divide that by theirs.  NULL: the sum of
	 * its buckets.
	 */
	const uint32_t *fc_qweight;
	unsigned fc_nqueues;
	uint32_t fc_n; /* flows that are wanted */
	uint64_t fc_seed; /* of their order */
};

struct flows {
	uint32_t fl_n;
	struct in6 *fl_src; /* of each flow, as numbers: lists of a template */
	struct in6 *fl_sport;
	uint16_t *fl_bucket;
	uint32_t *fl_count; /* flows of each of fc_nbuckets buckets */
};

/*
 * Finds them; EINVAL, with the reason in err, if there are none or they would
 * take too long to find; ENOMEM.
 */
int flows_create(
    const struct flows_conf *, struct flows *, char *err, size_t errlen);
void flows_destroy(struct flows *);

/*
 * The two fields of a template that make its flows these, to be used as long
 * as they are; its tc_flows is fl_n.
 */
void flows_vary(const struct flows *, struct tpl_vary v[2]);

#endif
