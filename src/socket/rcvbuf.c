/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive buffers.
 *
 * Bytes are counted from the first that ever came.  rb_head - rb_tail of them
 * wait; they lie in the chunks from rb_first to rb_last, and rb_end says which
 * byte is the first behind rb_first.  A chunk goes back when the program has
 * consumed a byte behind it: one that consumed exactly all of it still looks
 * there for the number of the next.
 *
 * When everything is consumed the program looks nowhere.  Then all chunks but
 * one go back, and after half of that the next byte goes to its start again,
 * where rw_start and rw_chunk send the program: question and answer use the
 * same few lines over and over.  The last goes when the buffer has been idle
 * for some time (rcvpool_reclaim()).
 *
 * Memory order: bytes and words, then rw_head (release); the program loads it
 * (acquire), reads, and stores rw_tail (release), which is loaded here
 * (acquire) before anything is written again.
 */
#include "socket/rcvbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"

int
rcvpool_init(struct rcvpool *rp, const struct app_mem *am, unsigned cpu)
{
	uint32_t i, n = am->am_shape.as_nchunks;

	*rp = (struct rcvpool){ .rp_mem = am, .rp_base = cpu * n,
		.rp_free = cpu * n, .rp_nfree = n };
	if ((rp->rp_next = calloc(n, sizeof(*rp->rp_next))) == NULL)
		return ENOMEM;
	for (i = 0; i < n; i++)
		rp->rp_next[i] = i + 1 < n ? rp->rp_base + i + 1 : APP_NOCHUNK;
	return 0;
}

void
rcvpool_fini(struct rcvpool *rp)
{
	free(rp->rp_next);
	rp->rp_next = NULL;
}

static uint32_t *
next_of(struct rcvpool *rp, uint32_t chunk)
{
	return &rp->rp_next[chunk - rp->rp_base];
}

static uint32_t
chunk_get(struct rcvpool *rp)
{
	uint32_t chunk = rp->rp_free;

	KASSERT(rp->rp_nfree > 0);
	rp->rp_free = *next_of(rp, chunk);
	rp->rp_nfree--;
	*next_of(rp, chunk) = APP_NOCHUNK;
	return chunk;
}

/* The latest that came back is the next to be lent: it is warm. */
static void
chunk_put(struct rcvpool *rp, uint32_t chunk)
{
	*next_of(rp, chunk) = rp->rp_free;
	rp->rp_free = chunk;
	rp->rp_nfree++;
}

static void
list_add(struct rcvpool *rp, struct rcvbuf *rb)
{
	rb->rb_next = NULL;
	rb->rb_prev = rp->rp_latest;
	if (rp->rp_latest != NULL)
		rp->rp_latest->rb_next = rb;
	else
		rp->rp_oldest = rb;
	rp->rp_latest = rb;
}

static void
list_remove(struct rcvpool *rp, struct rcvbuf *rb)
{
	if (rb->rb_prev != NULL)
		rb->rb_prev->rb_next = rb->rb_next;
	else
		rp->rp_oldest = rb->rb_next;
	if (rb->rb_next != NULL)
		rb->rb_next->rb_prev = rb->rb_prev;
	else
		rp->rp_latest = rb->rb_prev;
}

void
rcvbuf_init(struct rcvbuf *rb, struct rcvpool *rp, struct app_rcv *words,
    uint32_t limit)
{
	*rb = (struct rcvbuf){ .rb_pool = rp, .rb_words = words,
		.rb_first = APP_NOCHUNK, .rb_last = APP_NOCHUNK,
		.rb_limit = limit };
	atomic_store_explicit(&words->rw_head, 0, memory_order_relaxed);
	atomic_store_explicit(&words->rw_tail, 0, memory_order_relaxed);
	atomic_store_explicit(&words->rw_start, 0, memory_order_relaxed);
	atomic_store_explicit(
	    &words->rw_chunk, APP_NOCHUNK, memory_order_relaxed);
}

/* The oldest chunk goes back; it may be the last. */
static void
first_back(struct rcvbuf *rb)
{
	uint32_t chunk = rb->rb_first;

	rb->rb_first = *next_of(rb->rb_pool, chunk);
	rb->rb_end += APP_CHUNKED;
	chunk_put(rb->rb_pool, chunk);
	if (rb->rb_first == APP_NOCHUNK) {
		rb->rb_last = APP_NOCHUNK;
		list_remove(rb->rb_pool, rb);
	}
}

void
rcvbuf_fini(struct rcvbuf *rb)
{
	while (rb->rb_first != APP_NOCHUNK)
		first_back(rb);
}

/* rb_first is where the next byte goes, at its start; the program is sent. */
static void
start_here(struct rcvbuf *rb)
{
	rb->rb_off = 0;
	rb->rb_end = rb->rb_head + APP_CHUNKED;
	atomic_store_explicit(
	    &rb->rb_words->rw_start, rb->rb_head, memory_order_relaxed);
	atomic_store_explicit(
	    &rb->rb_words->rw_chunk, rb->rb_first, memory_order_relaxed);
}

/* False: the program writes rubbish. */
static bool
rcvbuf_look(struct rcvbuf *rb)
{
	uint64_t tail = atomic_load_explicit(
	    &rb->rb_words->rw_tail, memory_order_acquire);

	sim_point(SP_RING);
	if (tail - rb->rb_tail > rb->rb_told - rb->rb_tail) {
		rb->rb_pool->rp_fault = APP_F_RCV;
		return false;
	}
	rb->rb_tail = tail;
	while (rb->rb_first != rb->rb_last && tail > rb->rb_end)
		first_back(rb);
	return true;
}

/*
 * All is consumed: one chunk stays, and begins anew once half of it was used.
 * Not at once: the program may still have the lines that it read last.
 */
static void
rcvbuf_anew(struct rcvbuf *rb)
{
	while (rb->rb_first != rb->rb_last)
		first_back(rb);
	if (rb->rb_off > APP_CHUNKED / 2 && rb->rb_first != APP_NOCHUNK)
		start_here(rb);
}

size_t
rcvbuf_room(struct rcvbuf *rb)
{
	struct rcvpool *rp = rb->rb_pool;
	uint64_t waits, chunked;

	if (rp->rp_fault != APP_SOUND || !rcvbuf_look(rb))
		return 0;
	if (rb->rb_tail == rb->rb_head)
		rcvbuf_anew(rb);
	waits = rb->rb_head - rb->rb_tail;
	if (waits >= rb->rb_limit)
		return 0;
	chunked = (uint64_t)rp->rp_nfree * APP_CHUNKED;
	if (rb->rb_first != APP_NOCHUNK)
		chunked += APP_CHUNKED - rb->rb_off;
	return (size_t)u64min(rb->rb_limit - waits, chunked);
}

/* A first chunk, or one more. */
static void
chunk_more(struct rcvbuf *rb)
{
	struct rcvpool *rp = rb->rb_pool;
	uint32_t chunk = chunk_get(rp);

	if (rb->rb_first == APP_NOCHUNK) {
		rb->rb_first = rb->rb_last = chunk;
		start_here(rb);
		list_add(rp, rb);
		return;
	}
	*next_of(rp, rb->rb_last) = chunk;
	atomic_store_explicit(&app_chunk(rp->rp_mem, rb->rb_last)->ac_next,
	    chunk, memory_order_relaxed);
	rb->rb_last = chunk;
	rb->rb_off = 0;
}

void
rcvbuf_put(struct rcvbuf *rb, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	struct app_chunk *ac;
	size_t now;

	while (n > 0) {
		if (rb->rb_first == APP_NOCHUNK || rb->rb_off == APP_CHUNKED)
			chunk_more(rb);
		ac = app_chunk(rb->rb_pool->rp_mem, rb->rb_last);
		now = u64min(n, APP_CHUNKED - rb->rb_off);
		memcpy(ac->ac_data + rb->rb_off, p, now);
		rb->rb_off += (uint32_t)now;
		rb->rb_head += now;
		p += now;
		n -= now;
	}
}

bool
rcvbuf_flush(struct rcvbuf *rb)
{
	if (rb->rb_told == rb->rb_head)
		return false;
	rb->rb_told = rb->rb_head;
	if (rb->rb_pool->rp_latest != rb) {
		list_remove(rb->rb_pool, rb);
		list_add(rb->rb_pool, rb);
	}
	/* Release: who sees the new head sees the bytes and the words. */
	atomic_store_explicit(
	    &rb->rb_words->rw_head, rb->rb_head, memory_order_release);
	return app_flag_take(&rb->rb_words->rw_armed);
}

unsigned
rcvpool_reclaim(struct rcvpool *rp, unsigned max)
{
	uint32_t before = rp->rp_nfree;
	struct rcvbuf *rb;

	for (; max > 0 && (rb = rp->rp_oldest) != NULL; max--) {
		if (rp->rp_fault != APP_SOUND || !rcvbuf_look(rb))
			break;
		if (rb->rb_tail == rb->rb_head) {
			rcvbuf_fini(rb);
			continue;
		}
		list_remove(rp, rb);
		list_add(rp, rb);
	}
	return rp->rp_nfree - before;
}
