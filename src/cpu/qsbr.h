/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quiescent-state-based reclamation, one domain per instance.
 *
 * ctl publishes objects that all CPUs read.  A CPU may hold a published
 * pointer until the end of its round and no longer.  What ctl has replaced it
 * retires here; it is freed once every CPU has ended a round that began after
 * the replacement, or sleeps.  Readers pay one load and, when the epoch has
 * moved, one store a round; nothing on a packet's way.
 *
 * docs/models/qsbr.pml is this protocol.  (After Hart, McKenney, Brown and
 * Walpole, "Performance of memory reclamation for lockless synchronization",
 * 2007.)
 *
 *	I	immutable after qsbr_init()
 *	o	the CPU it belongs to
 *	C	ctl only
 *	A	atomic; the order is given where it is used
 */
#ifndef CPU_QSBR_H
#define CPU_QSBR_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"
#include "base/tsa.h"

/* One a CPU, on a line of its own: the epoch it last passed, 0 = asleep. */
struct qsbr_cpu {
	alignas(LINEPAIR) _Atomic uint64_t qc_epoch; /* [A] written by o */
};

struct qsbr_retired;

struct qsbr {
	alignas(CACHELINE) _Atomic uint64_t q_epoch; /* [A] written by ctl */
	unsigned q_ncpus; /* [I] */
	struct qsbr_cpu *q_cpu; /* [I] */
	bool q_poison; /* [I] overwrite before freeing */
	struct qsbr_retired *q_head; /* [C] oldest first */
	struct qsbr_retired **q_tail; /* [C] */
	unsigned q_nretired; /* [C] */
	struct qsbr_retired *q_quarantine; /* [C] poisoned, kept to the end */
	struct qsbr_retired *q_spare; /* [C] notes not in use */
};

/* poison: what is freed is first overwritten (simulator).  ENOMEM. */
int qsbr_init(struct qsbr *, unsigned ncpus, bool poison);

/* All readers have stopped: free everything retired, at once. */
void qsbr_drain(struct qsbr *);
void qsbr_fini(struct qsbr *);

/*
 * Free obj by fn(obj) after a grace period.  obj is no longer reachable from
 * any published pointer.  size: bytes of obj to poison; 0 if fn must still
 * read them, which then is all the simulator can do.
 */
void qsbr_retire(
    struct qsbr *, void *obj, size_t size, void (*fn)(void *)) ON_CTL;

/* Free what may be freed.  Returns how many objects still wait. */
unsigned qsbr_reclaim(struct qsbr *) ON_CTL;

/* End of a round: the caller holds no published pointer. */
static inline void
qsbr_checkpoint(struct qsbr *q, unsigned cpu)
{
	uint64_t e = atomic_load_explicit(&q->q_epoch, memory_order_acquire);
	_Atomic uint64_t *mine = &q->q_cpu[cpu].qc_epoch;

	/* Release: our reads of old objects come before this store. */
	if (atomic_load_explicit(mine, memory_order_relaxed) != e)
		atomic_store_explicit(mine, e, memory_order_release);
}

/* A CPU goes to sleep: nobody needs to wait for it. */
void qsbr_sleep(struct qsbr *, unsigned cpu);

/* A CPU woke up: call before reading anything published. */
void qsbr_wake(struct qsbr *, unsigned cpu);

#endif
