/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving buckets from CPU to CPU under traffic: nothing is lost, and within a
 * bucket nothing is reordered.
 *
 * State that packets need (a reassembly, later a connection) belongs to the
 * CPU that owns its bucket (rss.h).  When a bucket gets a new owner,
 *
 *	1. the new owner is told to hold what comes for it;
 *	2. ctl publishes the new owner;
 *	3. every CPU marks, for the old owner, how many packets it has handed
 *	   to that CPU: those may be the bucket's, later ones are not;
 *	4. when the old owner has finished all of them, each CPU tells it when
 *	   what it handed on in turn (to be sent, say) has left, too;
 *	5. the old owner sends the bucket's state to the new one, which takes
 *	   it in and lets go what it held.
 *
 * Packets between two CPUs are counted, so a mark is a number in a message and
 * needs no place among them.  docs/models/bucket.pml is this protocol.
 *
 *	I	immutable after the event named
 *	o	the CPU only
 *	C	ctl only
 */
#ifndef NETISR_MOVE_H
#define NETISR_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "mbuf/mbuf.h"
#include "netisr/rss.h"
#include "path.h"

/*
 * What a layer keeps for each bucket.  The old owner detaches, the new one
 * attaches; what lies between is nobody's, and goes with packet memory if the
 * instance ends before it arrives.
 */
struct bucket_state {
	const char *bs_name;
	void *(*bs_detach)(struct cpu *, unsigned bucket); /* NULL: nothing */
	void (*bs_attach)(struct cpu *, unsigned bucket, void *state);
};

/* src/bucket.c: of all layers. */
#define BUCKET_STATES_MAX 4
extern const struct bucket_state bucket_states[];
extern const unsigned bucket_nstates;

struct move_msg;

/* A CPU's part in a move. */
struct move_cpu {
	unsigned mc_ncoming; /* [o] bits set in mc_coming */
	unsigned mc_nheld; /* [o] packets in mc_held */
	uint64_t mc_coming[BITMAP_WORDS(RSS_MAXBUCKETS)]; /* [o] awaits state */
	struct mbuf *mc_held; /* [o] for them; by m_nextpkt */
	struct mbuf **mc_tail; /* [o] */
	struct move_msg *mc_marks; /* [o] 3: of packets handed to us */
	unsigned mc_nmarks; /* [o] */
	struct move_msg *mc_asked; /* [o] 4: to be answered */
	struct move_msg *mc_left; /* [o] 4: answered */
	unsigned mc_nleft; /* [o] */
};

/* With netisr_cpu_init(). */
int move_cpu_init(struct cpu *);
void move_cpu_fini(struct cpu *);
int move_ctl_init(struct ctl *) ON_CTL;
void move_ctl_fini(struct ctl *) ON_CTL;

/*
 * Move every bucket b to CPU cpu[b]; MOVE_STAY leaves it.  done(ctl, error,
 * arg) is called by ctl, maybe before this returns, when all of them are where
 * they were wanted, or wanted elsewhere by a later call; or, with ENOMEM, when
 * they stay.  One move runs at a time; what is asked for meanwhile follows.
 * EINVAL: there is no such CPU.  ENOMEM.
 */
#define MOVE_STAY UINT16_MAX
typedef void move_done_fn(struct ctl *, int error, void *arg);
int move_buckets(
    struct ctl *, const uint16_t *cpu, move_done_fn *done, void *arg) ON_CTL;

/* What was asked for with this arg happens, but done() is not called. */
void move_leave(struct ctl *, const void *arg) ON_CTL;

/* Buckets moved so far, and whether a move runs. */
uint64_t move_count(const struct ctl *) ON_CTL;
bool move_running(const struct ctl *) ON_CTL;

/* The rest of move_hold(). */
bool move_hold_coming(struct cpu *, enum stage, struct mbuf *) ON_CPU;

/*
 * The packet is here because this CPU owns its bucket (m_hash is valid): if
 * the bucket is still on its way, hold it, to go on at stage st, and return
 * true.
 */
static inline bool ON_CPU
move_hold(struct cpu *c, enum stage st, struct mbuf *m)
{
	return unlikely(c->c_move->mc_ncoming > 0) &&
	    move_hold_coming(c, st, m);
}

/* The rest of move_run(). */
void move_run_marks(struct cpu *) ON_CPU;

/* At the end of a round: everything taken in has left, unless it waits. */
static inline void ON_CPU
move_run(struct cpu *c)
{
	const struct move_cpu *mc = c->c_move;

	if (unlikely(mc->mc_marks != NULL || mc->mc_asked != NULL))
		move_run_marks(c);
}

#endif
