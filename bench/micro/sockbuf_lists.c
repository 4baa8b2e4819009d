/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists, one for each CPU, of buffers that hold a datagram each, as a kernel
 * keeps mbufs: the producer puts what it has in front of the list with one
 * exchange, the consumer takes the whole of it with another and turns it
 * round; buffers come back the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "sockbuf.h"

struct buffer {
	struct buffer *bu_next;
	uint64_t bu_len;
	uint8_t bu_data[SB_LARGE - 16];
};

/* Filled ones, newest first; and on their way back. */
struct lists {
	alignas(LINEPAIR) _Atomic(struct buffer *) li_full;
	alignas(LINEPAIR) _Atomic(struct buffer *) li_done;
	alignas(LINEPAIR) struct buffer *li_free; /* of the producer */
	size_t li_out; /* bytes that are not in li_free */
	alignas(LINEPAIR) struct buffer *li_mine; /* of the consumer */
	struct buffer *li_mem;
};

static void *
create(void)
{
	struct lists *li = lines_alloc(1, sizeof(*li));
	unsigned i;

	if (li == NULL)
		return NULL;
	if ((li->li_mem = lines_alloc(SB_SIZE / SB_LARGE, SB_LARGE)) == NULL) {
		free(li);
		return NULL;
	}
	for (i = SB_SIZE / SB_LARGE; i-- > 0;) {
		li->li_mem[i].bu_next = li->li_free;
		li->li_free = &li->li_mem[i];
	}
	return li;
}

static void
destroy(void *p)
{
	struct lists *li = p;

	free(li->li_mem);
	free(li);
}

/* The chain from first to last goes in front. */
static void
push(_Atomic(struct buffer *) *list, struct buffer *first, struct buffer *last)
{
	struct buffer *old = atomic_load_explicit(list, memory_order_relaxed);

	do
		last->bu_next = old;
	while (!atomic_compare_exchange_weak_explicit(list, &old, first,
	    memory_order_release, memory_order_relaxed));
}

static struct buffer *
take_all(_Atomic(struct buffer *) *list)
{
	if (atomic_load_explicit(list, memory_order_relaxed) == NULL)
		return NULL;
	return atomic_exchange_explicit(list, NULL, memory_order_acquire);
}

static struct buffer *
buffer_get(struct lists *li)
{
	struct buffer *b, *i;

	if (li->li_free == NULL) {
		li->li_free = take_all(&li->li_done);
		for (i = li->li_free; i != NULL; i = i->bu_next)
			li->li_out -= SB_LARGE;
	}
	if ((b = li->li_free) != NULL) {
		li->li_free = b->bu_next;
		li->li_out += SB_LARGE;
	}
	return b;
}

static unsigned
put(void *p, const uint8_t *src, size_t size, unsigned n, uint8_t *seq)
{
	struct lists *li = p;
	struct buffer *b, *first = NULL, *last = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		if ((b = buffer_get(li)) == NULL)
			break;
		b->bu_len = size;
		memcpy(b->bu_data, src, size);
		b->bu_data[0] = (*seq)++;
		b->bu_next = first;
		first = b;
		if (last == NULL)
			last = b;
	}
	if (first != NULL)
		push(&li->li_full, first, last);
	return i;
}

/* The oldest first. */
static struct buffer *
turn(struct buffer *b)
{
	struct buffer *next, *before = NULL;

	for (; b != NULL; b = next) {
		next = b->bu_next;
		b->bu_next = before;
		before = b;
	}
	return before;
}

static unsigned
take(void *p, uint8_t *dst, unsigned n, uint64_t *sum)
{
	struct lists *li = p;
	struct buffer *b, *first = NULL, *last = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (li->li_mine == NULL)
			li->li_mine = turn(take_all(&li->li_full));
		if ((b = li->li_mine) == NULL)
			break;
		li->li_mine = b->bu_next;
		memcpy(dst, b->bu_data, b->bu_len);
		*sum += dst[0];
		b->bu_next = first;
		first = b;
		if (last == NULL)
			last = b;
	}
	if (first != NULL)
		push(&li->li_done, first, last);
	return i;
}

/* As a CPU that looks after idle sockets. */
static size_t
held(void *p)
{
	struct lists *li = p;
	struct buffer *b, *i;

	if ((b = take_all(&li->li_done)) != NULL) {
		for (i = b;; i = i->bu_next) {
			li->li_out -= SB_LARGE;
			if (i->bu_next == NULL)
				break;
		}
		i->bu_next = li->li_free;
		li->li_free = b;
	}
	return li->li_out;
}

const struct sockbuf_kind sockbuf_lists = { "lists", create, destroy, put,
	take, held };
