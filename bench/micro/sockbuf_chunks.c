/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of clusters: bytes in chunks that the producer takes from a pool when
 * data comes and puts back when it was taken.  Two counts say how far each end
 * is; which chunk follows stands in a chunk.  When the consumer has taken all,
 * and half of a chunk is used, the producer begins it anew.
 */
#include <stdlib.h>
#include <string.h>

#include "sockbuf.h"

#define CHUNK 4096u
#define BYTES (CHUNK - sizeof(struct chunk *))

struct chunk {
	struct chunk *ch_next; /* by the producer, before the count says so */
	uint8_t ch_data[BYTES];
};

struct chunks {
	/* of the producer; the consumer reads them */
	alignas(LINEPAIR) _Atomic uint64_t cl_head; /* bytes ever put */
	uint64_t cl_start; /* count at which cl_at began */
	struct chunk *cl_at;
	/* of the producer alone */
	alignas(LINEPAIR) uint64_t cl_tail_seen;
	struct chunk *cl_first, *cl_last; /* in use, oldest first */
	uint64_t cl_end; /* count at which cl_first is full */
	size_t cl_off; /* in cl_last */
	struct chunk *cl_free; /* the pool */
	size_t cl_held;
	/* of the consumer; the producer reads it */
	alignas(LINEPAIR) _Atomic uint64_t cl_tail; /* bytes ever taken */
	/* of the consumer alone */
	alignas(LINEPAIR) uint64_t cl_head_seen;
	struct chunk *cl_reads;
	size_t cl_roff; /* in cl_reads */
	struct chunk *cl_mem;
};

static void *
create(void)
{
	struct chunks *cl = lines_alloc(1, sizeof(*cl));
	unsigned i;

	if (cl == NULL)
		return NULL;
	if ((cl->cl_mem = lines_alloc(SB_SIZE / CHUNK, CHUNK)) == NULL) {
		free(cl);
		return NULL;
	}
	for (i = SB_SIZE / CHUNK; i-- > 0;) {
		cl->cl_mem[i].ch_next = cl->cl_free;
		cl->cl_free = &cl->cl_mem[i];
	}
	return cl;
}

static void
destroy(void *p)
{
	struct chunks *cl = p;

	free(cl->cl_mem);
	free(cl);
}

static struct chunk *
chunk_get(struct chunks *cl)
{
	struct chunk *ch = cl->cl_free;

	if (ch != NULL) {
		cl->cl_free = ch->ch_next;
		cl->cl_held += CHUNK;
	}
	return ch;
}

/*
 * What is consumed goes back to the pool, but for the last.  Not yet one that
 * was read just to its end: the consumer still looks there for the next.
 */
static void
reap(struct chunks *cl)
{
	struct chunk *ch;

	while (cl->cl_first != cl->cl_last && cl->cl_tail_seen > cl->cl_end) {
		ch = cl->cl_first;
		cl->cl_first = ch->ch_next;
		ch->ch_next = cl->cl_free;
		cl->cl_free = ch;
		cl->cl_held -= CHUNK;
		cl->cl_end += BYTES;
	}
}

/* All was taken: from the start of a chunk again. */
static void
begin(struct chunks *cl, uint64_t head)
{
	reap(cl);
	while (cl->cl_first != cl->cl_last) {
		struct chunk *ch = cl->cl_first;

		cl->cl_first = ch->ch_next;
		ch->ch_next = cl->cl_free;
		cl->cl_free = ch;
		cl->cl_held -= CHUNK;
	}
	if (cl->cl_first == NULL)
		cl->cl_first = cl->cl_last = chunk_get(cl);
	cl->cl_start = head;
	cl->cl_at = cl->cl_first;
	cl->cl_end = head + BYTES;
	cl->cl_off = 0;
}

/* Enough chunks for need more bytes are linked; or none is. */
static int
room(struct chunks *cl, size_t need)
{
	size_t have = BYTES - cl->cl_off;
	struct chunk *ch, *last = cl->cl_last;

	while (have < need) {
		if ((ch = chunk_get(cl)) == NULL)
			return 0; /* what was linked is used later */
		last->ch_next = ch;
		ch->ch_next = NULL;
		last = ch;
		have += BYTES;
	}
	return 1;
}

static void
write_bytes(struct chunks *cl, const void *src, size_t n)
{
	const uint8_t *p = src;
	size_t now;

	while (n > 0) {
		if (cl->cl_off == BYTES) {
			cl->cl_last = cl->cl_last->ch_next;
			cl->cl_off = 0;
		}
		now = BYTES - cl->cl_off < n ? BYTES - cl->cl_off : n;
		memcpy(cl->cl_last->ch_data + cl->cl_off, p, now);
		cl->cl_off += now;
		p += now;
		n -= now;
	}
}

static unsigned
put(void *p, const uint8_t *src, size_t size, unsigned n, uint8_t *seq)
{
	struct chunks *cl = p;
	uint64_t head = atomic_load_explicit(
	    &cl->cl_head, memory_order_relaxed);
	uint64_t length = size;
	size_t need = SB_WORD + SB_ROUND(size);
	unsigned i;

	cl->cl_tail_seen =
	    atomic_load_explicit(&cl->cl_tail, memory_order_acquire);
	if (cl->cl_tail_seen == head &&
	    (cl->cl_first == NULL || cl->cl_off > BYTES / 2))
		begin(cl, head);
	else
		reap(cl);
	for (i = 0; i < n; i++) {
		/* One chunk is kept in hand, so that room() never stops. */
		if (cl->cl_held + need + CHUNK > SB_SIZE || !room(cl, need))
			break;
		write_bytes(cl, &length, SB_WORD);
		write_bytes(cl, (uint8_t[]){ (*seq)++ }, 1);
		write_bytes(cl, src + 1, SB_ROUND(size) - 1);
		head += need;
	}
	atomic_store_explicit(&cl->cl_head, head, memory_order_release);
	return i;
}

static void
read_bytes(struct chunks *cl, void *dst, size_t n)
{
	uint8_t *p = dst;
	size_t now;

	while (n > 0) {
		if (cl->cl_roff == BYTES) {
			cl->cl_reads = cl->cl_reads->ch_next;
			cl->cl_roff = 0;
		}
		now = BYTES - cl->cl_roff < n ? BYTES - cl->cl_roff : n;
		memcpy(p, cl->cl_reads->ch_data + cl->cl_roff, now);
		cl->cl_roff += now;
		p += now;
		n -= now;
	}
}

static unsigned
take(void *p, uint8_t *dst, unsigned n, uint64_t *sum)
{
	struct chunks *cl = p;
	uint64_t tail = atomic_load_explicit(
	    &cl->cl_tail, memory_order_relaxed);
	uint64_t size;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (tail == cl->cl_head_seen) {
			cl->cl_head_seen = atomic_load_explicit(
			    &cl->cl_head, memory_order_acquire);
			if (tail == cl->cl_head_seen)
				break;
		}
		if (tail == cl->cl_start) {
			cl->cl_reads = cl->cl_at;
			cl->cl_roff = 0;
		}
		read_bytes(cl, &size, SB_WORD);
		read_bytes(cl, dst, SB_ROUND(size));
		*sum += dst[0];
		tail += SB_WORD + SB_ROUND(size);
	}
	if (i > 0)
		atomic_store_explicit(&cl->cl_tail, tail, memory_order_release);
	return i;
}

/* As a CPU that looks after idle sockets: what is consumed goes back. */
static size_t
held(void *p)
{
	struct chunks *cl = p;

	cl->cl_tail_seen = atomic_load(&cl->cl_tail);
	if (cl->cl_first != NULL && cl->cl_tail_seen == cl->cl_head) {
		begin(cl, cl->cl_head);
		cl->cl_first->ch_next = cl->cl_free;
		cl->cl_free = cl->cl_first;
		cl->cl_first = cl->cl_last = NULL;
		cl->cl_held -= CHUNK;
	}
	return cl->cl_held;
}

const struct sockbuf_kind sockbuf_chunks = { "chunks", create, destroy, put,
	take, held };
