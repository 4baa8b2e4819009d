/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single-producer, single-consumer ring, after L. Lamport, "Proving the
 * Correctness of Multiprocess Programs" (1977), with cached indices.
 *
 * Indices.  rg_head counts what was ever put, rg_tail what was ever got, both
 * modulo 2^32; an entry's slot is its index & rg_mask.  head - tail, unsigned,
 * is the number inside whatever has wrapped, because the size is at most 2^31.
 * So all slots can be used, and full and empty cannot be mixed up.
 *
 * Memory order.  The producer fills slots, then stores rg_head with release;
 * the consumer loads rg_head with acquire, then reads the slots: it sees them,
 * and all that the producer wrote behind the pointers.  The other way round,
 * the consumer stores rg_tail with release after it has read the slots, and
 * the producer loads it with acquire before it writes them anew.  Each end
 * reads its own index without order, being its only writer.  There is no full
 * barrier here: whoever combines a ring with a sleep flag adds it.
 *
 * Cost.  Each end keeps the value of the other's index that it saw last and
 * looks again only when that shows too little, so the line of the other end
 * moves once per many entries.  The ends stand on lines of their own, with
 * a guard line between them, since processors fetch lines in pairs.
 *
 * Who may touch a member:
 *	I	immutable after ring_create()
 *	p	the producer only
 *	c	the consumer only
 *	A	atomic; written by the end named, as told above
 */
#include "cpu/ring.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "base/point.h"

#define PAIR_ALIGN alignas(LINEPAIR)

struct ring {
	uint32_t rg_mask; /* [I] size - 1 */

	PAIR_ALIGN _Atomic uint32_t rg_head; /* [A] by the producer */
	uint32_t rg_tail_seen; /* [p] rg_tail, perhaps of old */

	PAIR_ALIGN _Atomic uint32_t rg_tail; /* [A] by the consumer */
	uint32_t rg_head_seen; /* [c] rg_head, perhaps of old */

	PAIR_ALIGN void *rg_slot[]; /* owned by whom the indices say */
};
static_assert(LINE(struct ring, rg_tail) - LINE(struct ring, rg_head) == 2,
    "a guard line between the ends");

struct ring *
ring_create(unsigned size)
{
	struct ring *r;
	size_t n;

	KASSERT(is_pow2(size));
	n = sizeof(*r) + (size_t)size * sizeof(r->rg_slot[0]);
	n = (n + LINEPAIR - 1) / LINEPAIR * LINEPAIR;
	/* Not lines_alloc(): slots take memory when they are used first. */
	if ((r = aligned_alloc(LINEPAIR, n)) == NULL)
		return NULL;
	r->rg_mask = size - 1;
	atomic_init(&r->rg_head, 0);
	r->rg_tail_seen = 0;
	atomic_init(&r->rg_tail, 0);
	r->rg_head_seen = 0;
	return r;
}

void
ring_destroy(struct ring *r)
{
	free(r);
}

/* Single producer. */
unsigned
ring_put(struct ring *r, void *const *v, unsigned n)
{
	uint32_t size = r->rg_mask + 1;
	uint32_t head, at, first;

	sim_point(SP_RING);
	head = atomic_load_explicit(&r->rg_head, memory_order_relaxed);
	if (size - (head - r->rg_tail_seen) < n)
		r->rg_tail_seen = atomic_load_explicit(
		    &r->rg_tail, memory_order_acquire);
	n = umin(n, size - (head - r->rg_tail_seen));
	if (n == 0)
		return 0;
	at = head & r->rg_mask;
	first = umin(n, size - at);
	memcpy(&r->rg_slot[at], v, first * sizeof(*v));
	memcpy(&r->rg_slot[0], v + first, (n - first) * sizeof(*v));
	/* Release: who sees the new head sees the slots. */
	atomic_store_explicit(&r->rg_head, head + n, memory_order_release);
	return n;
}

/* Single consumer. */
unsigned
ring_get(struct ring *r, void **v, unsigned n)
{
	uint32_t tail, at, first;

	sim_point(SP_RING);
	tail = atomic_load_explicit(&r->rg_tail, memory_order_relaxed);
	if (r->rg_head_seen - tail < n)
		r->rg_head_seen = atomic_load_explicit(
		    &r->rg_head, memory_order_acquire);
	n = umin(n, r->rg_head_seen - tail);
	if (n == 0)
		return 0;
	at = tail & r->rg_mask;
	first = umin(n, r->rg_mask + 1 - at);
	memcpy(v, &r->rg_slot[at], first * sizeof(*v));
	memcpy(v + first, &r->rg_slot[0], (n - first) * sizeof(*v));
	/* Release: who sees the new tail may overwrite the slots. */
	atomic_store_explicit(&r->rg_tail, tail + n, memory_order_release);
	return n;
}

/* Single producer. */
unsigned
ring_room(struct ring *r)
{
	uint32_t head;

	sim_point(SP_RING);
	head = atomic_load_explicit(&r->rg_head, memory_order_relaxed);
	r->rg_tail_seen = atomic_load_explicit(
	    &r->rg_tail, memory_order_acquire);
	return r->rg_mask + 1 - (head - r->rg_tail_seen);
}

/* Single consumer. */
bool
ring_empty(const struct ring *r)
{
	sim_point(SP_RING);
	return atomic_load_explicit(&r->rg_head, memory_order_acquire) ==
	    atomic_load_explicit(&r->rg_tail, memory_order_relaxed);
}

/*
 * Any thread.  The tail first: read the other way round it could have passed
 * the head.  As it is the head may have run ahead by more than the size.
 */
unsigned
ring_count(const struct ring *r)
{
	uint32_t tail;
	uint32_t head;

	tail = atomic_load_explicit(&r->rg_tail, memory_order_acquire);
	head = atomic_load_explicit(&r->rg_head, memory_order_relaxed);
	return umin(head - tail, r->rg_mask + 1);
}
