/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adjacencies: what a next hop comes to, on one cache line: link header,
 * interface, MTU.
 *
 * They are a CPU's own and are made from next hops and neighbours as they are
 * published.  One is used at most as long as sp_hopgen stands still, and looked
 * at again by the first packet of each vector that needs it: whether its
 * interface runs, and to tell ctl that the neighbour is used.
 *
 *	o	owner CPU only
 */
#ifndef FAST_ADJ_H
#define FAST_ADJ_H

#include <stdalign.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "fast/flow.h"
#include "fast/flow_auto.h"
#include "route/neigh.h"
#include "route/nhop.h"

#define ADJ_SLOTS 2048u /* of each of the two tables; a power of two */

struct adj {
	alignas(CACHELINE) uint64_t a_key; /* [o] adj_key() it is good for */
	uint8_t a_hdr[ETHER_HDR_LEN]; /* [o] complete Ethernet header */
	uint16_t a_oif; /* [o] */
	uint16_t a_mtu; /* [o] longest packet; 0: ask adj_dst() */
	uint16_t a_linkmtu; /* [o] the same where a_mtu is 0 */
	uint8_t a_vers; /* [o] of packets: 4 or 6; 0: nothing is known */
	uint32_t a_nh; /* [o] next hop */
	uint32_t a_gen; /* [o] of sp_hopgen */
	const struct lle *a_lle; /* [o] while a_gen stands; NULL: a_mtu is 0 */
	struct in6 a_dst; /* [o] of a connected network: for whom */
};
static_assert(sizeof(struct adj) == CACHELINE, "one line");

struct fast_cpu {
	struct adj fc_hop[ADJ_SLOTS]; /* [o] by next hop */
	struct adj fc_dst[ADJ_SLOTS]; /* [o] by destination on a link */
	uint32_t fc_turn; /* [o] vectors so far */
	uint32_t fc_gen; /* [o] of sp_hopgen, for this vector */
	uint32_t fc_ifturn[IF_MAX]; /* [o] when it was last seen to run */
	const struct flow_table *fc_flows; /* [o] for this vector, or NULL */
	struct flow_cpu fc_flow; /* flows remembered */
	struct flow_auto fc_auto; /* whether that is worth it */
	struct rnd fc_rnd; /* [o] of a simulated CPU: what packets cost */
};

/* A vector begins: what was looked at before must be looked at again. */
void adj_begin(struct cpu *) ON_CPU;

/* What an adjacency must have in a_key to be used as it is. */
static inline uint64_t
adj_key(const struct fast_cpu *fc, unsigned vers, uint32_t nh)
{
	return (uint64_t)fc->fc_turn << 32 | vers << 24 | nh;
}

static inline struct adj *
adj_slot(struct fast_cpu *fc, unsigned vers, uint32_t nh)
{
	return &fc->fc_hop[(nh * 2 + (vers == 6)) & (ADJ_SLOTS - 1)];
}

/* Whether packets may leave by an interface, asked once a vector. */
bool adj_if_looked(struct cpu *, unsigned oif) ON_CPU;

static inline bool ON_CPU
adj_if_runs(struct cpu *c, struct fast_cpu *fc, unsigned oif)
{
	return likely(fc->fc_ifturn[oif] == fc->fc_turn) ||
	    adj_if_looked(c, oif);
}

/*
 * The same when that is not so, for a packet of len bytes, by which the
 * neighbour is used; NULL: the packet must take the slow path.
 */
struct adj *adj_find(
    struct cpu *, unsigned vers, uint32_t nh, unsigned len) ON_CPU;

/* Of a connected network: the neighbour with this address; NULL as above. */
struct adj *adj_dst(struct cpu *, const struct adj *, const struct in6 *dst,
    unsigned len) ON_CPU;

#endif
