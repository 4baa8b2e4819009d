/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the link in memory: pair.c makes, opens and closes it, pair_io.c
 * moves frames, pair_impair.c loses and delays them.
 *
 * From each sending queue to each receiving queue there is a wire of its own:
 * a ring of frames, and a ring on which frames come back that were copied.
 * Every ring has one producer and one consumer.
 *
 * The guard.  A CPU that touches the other side (its memory, its end point, the
 * rings between) first sets its queue's "busy", then looks whether that side
 * is open; closing clears "open" first and then waits for each "busy" of the
 * other side.  All four accesses are sequentially consistent, so one of the two
 * sees the other.  After the wait the closing end has the rings to itself.
 *
 * Who may touch a member:
 *	I	immutable after pair_create()
 *	U	set by opening, before pe_open; read under the guard
 *	L	who holds p_lock
 *	s	the CPU that fills the sending queue
 *	r	the CPU that serves the receiving queue
 *	A	atomic, relaxed unless said
 */
#ifndef DEV_PAIR_INT_H
#define DEV_PAIR_INT_H

#include <stdalign.h>
#include <stdatomic.h>

#include "base/lines.h"
#include "base/random.h"
#include "cpu/ring.h"
#include "dev/pair.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

struct pair_wire {
	struct ring *pw_data; /* [I] frames, see pair_entry() */
	struct ring *pw_done; /* [I] between instances: copied ones */

	alignas(LINEPAIR) uint32_t pw_out; /* [s] not come back yet; at most
					     * the size of either ring */
	uint32_t pw_n; /* [s] gathered for pw_data */
	void *pw_stage[MVEC_MAX]; /* [s] */
};

enum pair_sstat { /* pt_stat */
	PTS_SENT,
	PTS_DUP,
	PTS_CORRUPT,
	PTS_LOSS,
	PTS_LIMIT,
	PTS_FULL,
	PTS_N
};

struct pair_txq {
	struct pair_end *pt_end; /* [I] */
	struct pair_wire *pt_wire; /* [I] to each queue of the other side */

	/* Receivers find their wires above, and must not wait for this. */
	alignas(LINEPAIR) _Atomic uint32_t pt_busy; /* [A] the guard */
	uint64_t pt_dirty; /* [s] receiving queues to tell */
	uint32_t pt_out; /* [s] sum of pw_out */
	struct rnd pt_rnd; /* [s] */
	stat_cell pt_stat[PTS_N]; /* [A] */
};

/* A frame under delay; those of equal time keep their order. */
struct pair_arrival {
	uint64_t pa_at; /* [r] ns */
	uint64_t pa_seq; /* [r] */
	struct mbuf *pa_m; /* [r] */
};

struct pair_rxq {
	alignas(LINEPAIR) _Atomic uint32_t pr_busy; /* [A] the guard */
	struct pair_end *pr_end; /* [I] */
	unsigned pr_index; /* [I] */
	unsigned pr_turn; /* [r] wire to begin with */
	struct pair_arrival *pr_heap; /* [r] first to arrive on top */
	uint32_t pr_nheap; /* [r] */
	uint64_t pr_seq; /* [r] */
	stat_cell pr_received; /* [A] */
	stat_cell pr_nobuf; /* [A] */
	stat_cell pr_delayed; /* [A] pr_nheap, for others */
};

struct pair_end {
	struct pair *pe_pair; /* [I] */
	struct pair_end *pe_peer; /* [I] itself in a loop */
	unsigned pe_maxq; /* [I] queues there is room for */
	uint16_t pe_mtu; /* [I] */
	uint8_t pe_mac[MAC_LEN]; /* [I] */
	struct toeplitz *pe_tz; /* [U] for what it receives */
	unsigned pe_types; /* [U] RSS_SET()s of it */
	bool pe_keyed; /* [I] ps_key: the key is burnt in */
	bool pe_hash16; /* [I] */
	bool pe_reversed; /* [I] */
	struct pair_txq *pe_txq; /* [I] pe_maxq of them */
	struct pair_rxq *pe_rxq; /* [I] pe_maxq of them */

	_Atomic uint32_t pe_open; /* [A] */
	struct spate *pe_sp; /* [U] */
	unsigned pe_nrxq; /* [U] */
	_Atomic uint16_t pe_cpu[IF_MAXQUEUES]; /* [A] who serves each queue */
	uint8_t pe_table[RSS_TABLE]; /* [U] from hash to queue */
	struct ifnet *pe_ifp; /* [L] NULL: closed */
	stat_cell pe_lost_down; /* [L] of what it sent; read by anyone */

	bool pe_impaired; /* [U] or pair_set_impair() */
	struct pair_impair pe_impair; /* [U] or pair_set_impair() */
	_Atomic uint64_t pe_free_at; /* [A] when pi_rate lets the next out */
};

struct pair {
	atomic_flag p_lock; /* [A] opening, closing; never in a round */
	unsigned p_users; /* [L] creator and open ends */
	unsigned p_ring; /* [I] size */
	unsigned p_delay; /* [I] size of heaps */
	bool p_offload; /* [I] */
	unsigned p_nends; /* [I] 1 in a loop */
	struct pair_end p_end[2];
};

/*
 * An entry of pw_data is a frame; bit 0 says that m_ts is the time of its
 * arrival.
 */
static inline void *
pair_entry(struct mbuf *m, bool timed)
{
	return (char *)m + timed;
}

static inline bool
pair_entry_timed(const void *entry)
{
	return ((uintptr_t)entry & 1) != 0;
}

static inline struct mbuf *
pair_entry_mbuf(void *entry)
{
	return (struct mbuf *)(void *)((char *)entry - pair_entry_timed(entry));
}

/* The wire to receiving queue pr from the i-th queue of the other side. */
static inline struct pair_wire *
pair_wire_in(const struct pair_rxq *pr, unsigned i)
{
	return &pr->pr_end->pe_peer->pe_txq[i].pt_wire[pr->pr_index];
}

/*
 * pair_impair.c.  What the link does to a frame that the sending CPU hands it:
 * NULL if it is lost (counted and freed), else the frame, maybe another mbuf.
 * If the link takes time, *timed is set and m_ts is the arrival.
 */
struct mbuf *pair_impair(
    struct cpu *, struct pair_txq *, struct mbuf *, bool *timed) ON_CPU;

/* A second frame like m, with an arrival of its own; NULL: none. */
struct mbuf *pair_impair_dup(
    struct cpu *, struct pair_txq *, const struct mbuf *m) ON_CPU;

/* There is room: pr_nheap < p_delay. */
void pair_delay(struct pair_rxq *, struct mbuf *, uint64_t at);

/* The next frame whose time has come by now; NULL if there is none. */
struct mbuf *pair_arrived(struct pair_rxq *, uint64_t now);

/* pair_io.c: the driver's functions on a packet's way. */
unsigned pair_rx(
    struct cpu *, struct rxq *, struct mvec *, unsigned max) ON_CPU;
unsigned pair_tx(
    struct cpu *, struct txq *, struct mbuf **, unsigned n) ON_CPU;
void pair_kick(struct cpu *, struct txq *) ON_CPU;
void pair_moved(struct cpu *, struct rxq *) ON_CPU;
bool pair_arm(struct cpu *, struct rxq *) ON_CPU;
uint64_t pair_when(struct cpu *, struct rxq *) ON_CPU;
bool pair_txpending(struct cpu *, struct txq *) ON_CPU;

#endif
