/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow cache (ipflow): for a destination the whole decision of the fast
 * path, on one cache line, so that a packet whose flow is known asks neither
 * the forwarding table nor the next hop nor the neighbour.
 *
 * Key.  A flow is all that the decision depends on: version, routing table
 * and destination.  Packets of any source and port to the same address are one
 * flow, so that a flood of sources cannot fill the cache.  What else could
 * decide (a policy of the interface, one of several ways of equal cost) is the
 * stages' and never comes here.
 *
 * Validity.  What was read is summed up in a number of the CPU's own, the
 * epoch: it moves on when ctl has published a forwarding table (sp_flowgen),
 * replaced a next hop or a neighbour (sp_hopgen), or wants to be told anew
 * whether a neighbour is used (sp_flowgen).  A flow of another epoch is stale:
 * its packet is looked up, and what is found takes its place.  The two numbers
 * are read before the tables are: what is found may be newer than its epoch,
 * which does no harm, but never older.  Whether the interface runs is asked
 * once a vector, as without the cache.
 *
 * Room.  A flow has two places, next to each other.  One that came by twice is
 * in use, and is given up only when a second newcomer asks while it was not
 * used in between; while few packets hit, of 16 newcomers one is let in.  So a
 * flood of new destinations costs a look at one line for each packet, and
 * writes little.
 *
 * A CPU has a table of its own, which ctl allocates when the CPU asks for it
 * (its size is not net.inet.ip.flow.size) and publishes.  The CPU is the only
 * one that writes to it, by relaxed stores of words, so that ctl may read it
 * while it is used.
 *
 *	I	immutable once published
 *	P	published by ctl
 *	o	owner CPU only
 *	A	atomic, relaxed: written by the owner CPU, read by ctl
 */
#ifndef FAST_FLOW_H
#define FAST_FLOW_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/tsa.h"
#include "cpu/cpu.h"

#define FLOW_MACS 12 /* bytes of an Ethernet header before its type */

/* In fl_nh, above the number of the next hop. */
#define FLOW_USED (1u << 31) /* came by again since somebody wanted its place */
#define FLOW_NEXT (1u << 30) /* a flow of this place may be in the next one */
#define FLOW_NH	  ((1u << 24) - 1)

#define FLOW_MADE_SHIFT 24 /* fl_made is in units of 2^24 ns */

struct flow {
	/* Epoch, 16 bits of 0, routing table, version (4 or 6); 0: nothing. */
	alignas(CACHELINE) uint64_t fl_key; /* [A] */
	struct in6 fl_dst; /* [A] IPv4: in i6_lo */
	uint8_t fl_macs[FLOW_MACS]; /* [A] how the frame begins */
	uint16_t fl_oif; /* [A] */
	uint16_t fl_mtu; /* [A] longest packet */
	uint32_t fl_nh; /* [A] number of the next hop, FLOW_* */
	uint32_t fl_made; /* [A] since when it is known */
	uint64_t fl_packets; /* [A] */
	uint64_t fl_bytes; /* [A] of IP */
};
static_assert(sizeof(struct flow) == CACHELINE, "one line");

struct flow_table {
	uint64_t ft_size; /* [I] the tunable it was made for */
	unsigned ft_shift; /* [I] of a hash, to the number of a place */
	uint64_t ft_seed[2]; /* [I] odd */
	struct flow *ft_flow; /* [I] 2^(64 - ft_shift) of them */
};

/* What a CPU knows besides. */
struct flow_cpu {
	_Atomic(struct flow_table *) fw_table; /* [P] NULL: none */
	uint32_t fw_epoch; /* [A] never 0 once begun */
	uint32_t fw_hopgen; /* [o] sp_hopgen and … */
	uint32_t fw_flowgen; /* [o] … sp_flowgen of the epoch */
	uint64_t fw_asked; /* [o] size that ctl was last asked for … */
	uint64_t fw_askedat; /* [o] … and when */
	uint32_t fw_hits; /* [o] of the window … */
	uint32_t fw_total; /* [o] … of so many packets */
	uint32_t fw_poor; /* [o] few packets of the last window were hits */
	uint32_t fw_came; /* [o] newcomers for taken places */
};

/* A vector begins; sp_hopgen is as it was read for it. */
struct flow_table *flow_begin(
    struct cpu *, struct flow_cpu *, uint32_t hopgen) ON_CPU;

/* It ends: of so many packets so many had a flow. */
void flow_end(
    struct cpu *, struct flow_cpu *, unsigned hits, unsigned misses) ON_CPU;

static inline uint64_t
flow_key(const struct flow_cpu *fw, unsigned rtable, unsigned vers)
{
	return (uint64_t)fw->fw_epoch << 32 | rtable << 8 | vers;
}

/* How many flows it has room for. */
static inline uint64_t
flow_places(const struct flow_table *ft)
{
	return UINT64_C(1) << (64 - ft->ft_shift);
}

/* Nobody outside knows the seeds, and so whose places are the same. */
static inline uint32_t
flow_slot(const struct flow_table *ft, const struct in6 *dst)
{
	uint64_t h = dst->i6_hi * ft->ft_seed[0] + dst->i6_lo;

	return (uint32_t)((h ^ h >> 32) * ft->ft_seed[1] >> ft->ft_shift);
}

static inline bool
flow_is(const struct flow *fl, uint64_t key, const struct in6 *dst)
{
	return fl->fl_key == key && fl->fl_dst.i6_lo == dst->i6_lo &&
	    fl->fl_dst.i6_hi == dst->i6_hi;
}

/* The flow of a key and destination; NULL: it is not known. */
static inline struct flow *
flow_find(const struct flow_table *ft, uint32_t slot, uint64_t key,
    const struct in6 *dst)
{
	struct flow *fl = &ft->ft_flow[slot];

	if (likely(flow_is(fl, key, dst)))
		return fl;
	if ((fl->fl_nh & FLOW_NEXT) == 0)
		return NULL;
	fl = &ft->ft_flow[slot ^ 1];
	return flow_is(fl, key, dst) ? fl : NULL;
}

/* A packet of len bytes of IP goes the flow's way. */
static inline void
flow_hit(struct flow *fl, unsigned len)
{
	__atomic_store_n(
	    &fl->fl_packets, fl->fl_packets + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&fl->fl_bytes, fl->fl_bytes + len, __ATOMIC_RELAXED);
	if (unlikely((fl->fl_nh & FLOW_USED) == 0))
		__atomic_store_n(
		    &fl->fl_nh, fl->fl_nh | FLOW_USED, __ATOMIC_RELAXED);
}

/*
 * Remember what *new says: fl_key, fl_dst, fl_macs, fl_oif, fl_mtu, fl_nh, for
 * a packet of len bytes that was looked up.
 */
void flow_store(struct cpu *, struct flow_cpu *, const struct flow_table *,
    uint32_t slot, struct flow *new, unsigned len) ON_CPU;

/* Nobody reads the CPU's table any more. */
void flow_fini(struct flow_cpu *);

#endif
