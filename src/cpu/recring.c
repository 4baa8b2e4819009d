/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single-producer, single-consumer ring of records in one piece of memory.
 *
 * Indices.  rr_head counts the bytes that were ever put, rr_tail those ever
 * taken out, in 64 bits, which do not wrap.  A record stands at its index
 * & rr_mask behind a word with its length.  One that would run over the end
 * begins at the start instead, and a word with RECRING_SKIP at the place where
 * it would have stood sends the consumer there.  All is in multiples of 8
 * bytes, so that such a word always fits.
 *
 * Memory order.  As in cpu/ring.c: the producer writes a record, then stores
 * rr_head with release; the consumer loads it with acquire.  The consumer
 * stores rr_tail with release when it has read; the producer loads it with
 * acquire before it writes there again.  Each end keeps the other's index that
 * it saw last, and looks again only when that shows too little.
 *
 * Who may touch a member:
 *	I	immutable after recring_create()
 *	p	the producer only
 *	c	the consumer only
 *	A	atomic; written by the end named
 */
#include "cpu/recring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "base/point.h"

#define RECRING_SKIP UINT64_MAX

struct recring {
	uint64_t rr_mask; /* [I] size - 1 */
	uint8_t *rr_mem; /* [I] */

	alignas(LINEPAIR) _Atomic uint64_t rr_head; /* [A] by the producer */
	uint64_t rr_tail_seen; /* [p] rr_tail, perhaps of old */
	uint64_t rr_at; /* [p] where what is reserved begins */
	size_t rr_room; /* [p] bytes reserved, without the word */

	alignas(LINEPAIR) _Atomic uint64_t rr_tail; /* [A] by the consumer */
	uint64_t rr_head_seen; /* [c] rr_head, perhaps of old */
};

struct recring *
recring_create(size_t size)
{
	struct recring *r;

	KASSERT(size >= 64 && size <= 1u << 30 && (size & (size - 1)) == 0);
	if ((r = lines_alloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->rr_mask = size - 1;
	if ((r->rr_mem = aligned_alloc(LINEPAIR,
	    size < LINEPAIR ? LINEPAIR : size)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
recring_destroy(struct recring *r)
{
	if (r == NULL)
		return;
	free(r->rr_mem);
	free(r);
}

static uint64_t *
recring_word(struct recring *r, uint64_t index)
{
	return (uint64_t *)(void *)(r->rr_mem + (index & r->rr_mask));
}

/* Whether bytes from head on are free. */
static bool
recring_fits(struct recring *r, uint64_t head, uint64_t bytes)
{
	uint64_t size = r->rr_mask + 1;

	if (head + bytes - r->rr_tail_seen <= size)
		return true;
	r->rr_tail_seen = atomic_load_explicit(
	    &r->rr_tail, memory_order_acquire);
	return head + bytes - r->rr_tail_seen <= size;
}

void *
recring_reserve(struct recring *r, size_t n)
{
	uint64_t need = RECRING_HEAD + RECRING_ROUND(n);
	uint64_t head, left, skip;

	sim_point(SP_RING);
	head = atomic_load_explicit(&r->rr_head, memory_order_relaxed);
	left = r->rr_mask + 1 - (head & r->rr_mask);
	skip = need > left ? left : 0;
	if (!recring_fits(r, head, skip + need))
		return NULL;
	if (skip > 0)
		*recring_word(r, head) = RECRING_SKIP;
	r->rr_at = head + skip;
	r->rr_room = RECRING_ROUND(n);
	return recring_word(r, r->rr_at) + 1;
}

void
recring_commit(struct recring *r, size_t n)
{
	KASSERT(n <= r->rr_room);
	*recring_word(r, r->rr_at) = n;
	/* Release: who sees the new head sees the record. */
	atomic_store_explicit(&r->rr_head,
	    r->rr_at + RECRING_HEAD + RECRING_ROUND(n), memory_order_release);
}

/* Where the oldest record begins; false if there is none. */
static bool
recring_oldest(struct recring *r, uint64_t *at)
{
	uint64_t tail =
	    atomic_load_explicit(&r->rr_tail, memory_order_relaxed);

	if (r->rr_head_seen == tail)
		r->rr_head_seen = atomic_load_explicit(
		    &r->rr_head, memory_order_acquire);
	if (r->rr_head_seen == tail)
		return false;
	if (*recring_word(r, tail) == RECRING_SKIP)
		tail += r->rr_mask + 1 - (tail & r->rr_mask);
	*at = tail;
	return true;
}

const void *
recring_peek(struct recring *r, size_t *n)
{
	uint64_t at;

	sim_point(SP_RING);
	if (!recring_oldest(r, &at))
		return NULL;
	*n = *recring_word(r, at);
	return recring_word(r, at) + 1;
}

void
recring_consume(struct recring *r)
{
	uint64_t at;

	if (!recring_oldest(r, &at))
		return;
	at += RECRING_HEAD + RECRING_ROUND(*recring_word(r, at));
	/* Release: who sees the new tail may overwrite the record. */
	atomic_store_explicit(&r->rr_tail, at, memory_order_release);
}
