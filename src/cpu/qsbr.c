/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reclamation of what ctl has replaced; see qsbr.h for the protocol.
 *
 * q_epoch starts at 1, so that 0 can mean "asleep" in a CPU's word.  A CPU
 * stores the epoch it reads at the end of a round, after its last use of
 * anything published.  An object is stamped with the epoch that its retirement
 * began: a CPU whose word is at least that has since ended a round, and reads
 * the object's successor from then on.
 *
 * In the simulator a freed object is overwritten and kept until the end, so
 * that a reader who kept a pointer to it meets poison and not somebody else's
 * memory.
 *
 * What is retired is noted.  Notes are used again and some are made at the
 * start, so that a machine short of memory can still give some back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/point.h"
#include "cpu/qsbr.h"

#define QSBR_POISON 0xdb
#define QSBR_SPARE  64 /* notes there are from the start */

struct qsbr_retired {
	struct qsbr_retired *qr_next; /* [C] */
	void *qr_obj; /* [C] */
	size_t qr_size; /* [C] */
	void (*qr_fn)(void *); /* [C] */
	uint64_t qr_epoch; /* [C] free when all have passed it */
};

static void
note_put(struct qsbr *q, struct qsbr_retired *qr)
{
	qr->qr_next = q->q_spare;
	q->q_spare = qr;
}

static struct qsbr_retired *
note_get(struct qsbr *q)
{
	struct qsbr_retired *qr = q->q_spare;

	if (qr == NULL)
		return malloc(sizeof(*qr));
	q->q_spare = qr->qr_next;
	return qr;
}

static void
notes_free(struct qsbr_retired *qr)
{
	struct qsbr_retired *next;

	for (; qr != NULL; qr = next) {
		next = qr->qr_next;
		free(qr);
	}
}

int
qsbr_init(struct qsbr *q, unsigned ncpus, bool poison)
{
	struct qsbr_retired *qr;
	unsigned i;

	memset(q, 0, sizeof(*q));
	q->q_cpu = lines_alloc(ncpus, sizeof(*q->q_cpu));
	if (q->q_cpu == NULL)
		return ENOMEM;
	/* All CPUs count as asleep until their first round. */
	atomic_init(&q->q_epoch, 1);
	q->q_ncpus = ncpus;
	q->q_poison = poison;
	q->q_tail = &q->q_head;
	for (i = 0; i < QSBR_SPARE; i++) {
		if ((qr = malloc(sizeof(*qr))) == NULL) {
			qsbr_fini(q);
			return ENOMEM;
		}
		note_put(q, qr);
	}
	return 0;
}

static void
qsbr_free_head(struct qsbr *q)
{
	struct qsbr_retired *qr = q->q_head;

	if ((q->q_head = qr->qr_next) == NULL)
		q->q_tail = &q->q_head;
	q->q_nretired--;
	if (q->q_poison && qr->qr_size > 0) {
		memset(qr->qr_obj, QSBR_POISON, qr->qr_size);
		qr->qr_next = q->q_quarantine;
		q->q_quarantine = qr;
		return;
	}
	qr->qr_fn(qr->qr_obj);
	note_put(q, qr);
}

void
qsbr_drain(struct qsbr *q)
{
	while (q->q_head != NULL)
		qsbr_free_head(q);
}

void
qsbr_fini(struct qsbr *q)
{
	struct qsbr_retired *qr;

	qsbr_drain(q);
	while ((qr = q->q_quarantine) != NULL) {
		q->q_quarantine = qr->qr_next;
		qr->qr_fn(qr->qr_obj);
		note_put(q, qr);
	}
	notes_free(q->q_spare);
	q->q_spare = NULL;
	free(q->q_cpu);
	q->q_cpu = NULL;
}

void
qsbr_retire(struct qsbr *q, void *obj, size_t size, void (*fn)(void *))
{
	struct qsbr_retired *qr;

	/* Without memory for the note the object leaks, but never breaks. */
	if ((qr = note_get(q)) == NULL)
		return;
	/*
	 * The pointer was replaced before; whoever reads the new epoch with
	 * acquire sees the replacement.
	 */
	qr->qr_epoch =
	    atomic_fetch_add_explicit(&q->q_epoch, 1, memory_order_seq_cst) + 1;
	qr->qr_obj = obj;
	qr->qr_size = size;
	qr->qr_fn = fn;
	qr->qr_next = NULL;
	*q->q_tail = qr;
	q->q_tail = &qr->qr_next;
	q->q_nretired++;
	sim_point(SP_QSBR);
}

/* The oldest epoch that some reader may still be in. */
static uint64_t
qsbr_passed(struct qsbr *q)
{
	uint64_t e, least = UINT64_MAX;
	unsigned i;

	/*
	 * The epoch was raised before, the words are read after: pairs with
	 * the barrier of qsbr_wake().
	 */
	atomic_thread_fence(memory_order_seq_cst);
	for (i = 0; i < q->q_ncpus; i++) {
		e = atomic_load_explicit(
		    &q->q_cpu[i].qc_epoch, memory_order_acquire);
		if (e != 0)
			least = u64min(least, e);
	}
	return least;
}

unsigned
qsbr_reclaim(struct qsbr *q)
{
	uint64_t passed;

	if (q->q_head == NULL)
		return 0;
	passed = qsbr_passed(q);
	while (q->q_head != NULL && q->q_head->qr_epoch <= passed)
		qsbr_free_head(q);
	return q->q_nretired;
}

void
qsbr_sleep(struct qsbr *q, unsigned cpu)
{
	sim_point(SP_QSBR);
	atomic_store_explicit(&q->q_cpu[cpu].qc_epoch, 0, memory_order_release);
}

void
qsbr_wake(struct qsbr *q, unsigned cpu)
{
	uint64_t e = atomic_load_explicit(&q->q_epoch, memory_order_acquire);

	atomic_store_explicit(&q->q_cpu[cpu].qc_epoch, e, memory_order_relaxed);
	/* Word written before, pointers read after: pairs with passed(). */
	atomic_thread_fence(memory_order_seq_cst);
	sim_point(SP_QSBR);
}
