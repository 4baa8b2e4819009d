/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes with an index at each end (L. Lamport, 1977), each of which
 * remembers what it last saw of the other.
 */
#include <stdlib.h>
#include <string.h>

#include "sockbuf.h"

#define SKIP UINT64_MAX

struct lamport {
	alignas(LINEPAIR) _Atomic uint64_t la_head; /* bytes ever put */
	uint64_t la_tail_seen;
	alignas(LINEPAIR) _Atomic uint64_t la_tail; /* bytes ever taken */
	uint64_t la_head_seen;
	alignas(LINEPAIR) uint8_t la_mem[SB_SIZE];
};

static void *
create(void)
{
	return lines_alloc(1, sizeof(struct lamport));
}

static uint64_t *
word(struct lamport *la, uint64_t at)
{
	return (uint64_t *)(void *)(la->la_mem + at % SB_SIZE);
}

/* Whether so many bytes from head on are free. */
static int
fits(struct lamport *la, uint64_t head, uint64_t need)
{
	if (head + need - la->la_tail_seen <= SB_SIZE)
		return 1;
	la->la_tail_seen =
	    atomic_load_explicit(&la->la_tail, memory_order_acquire);
	return head + need - la->la_tail_seen <= SB_SIZE;
}

static unsigned
put(void *p, const uint8_t *src, size_t size, unsigned n, uint8_t *seq)
{
	struct lamport *la = p;
	uint64_t head = atomic_load_explicit(
	    &la->la_head, memory_order_relaxed);
	uint64_t need = SB_WORD + SB_ROUND(size), left;
	uint8_t *to;
	unsigned i;

	for (i = 0; i < n; i++) {
		left = SB_SIZE - head % SB_SIZE;
		if (need > left) {
			if (!fits(la, head, left + need))
				break;
			*word(la, head) = SKIP;
			head += left;
		} else if (!fits(la, head, need)) {
			break;
		}
		*word(la, head) = size;
		to = (uint8_t *)(word(la, head) + 1);
		memcpy(to, src, size);
		to[0] = (*seq)++;
		head += need;
	}
	atomic_store_explicit(&la->la_head, head, memory_order_release);
	return i;
}

static unsigned
take(void *p, uint8_t *dst, unsigned n, uint64_t *sum)
{
	struct lamport *la = p;
	uint64_t tail = atomic_load_explicit(
	    &la->la_tail, memory_order_relaxed);
	uint64_t size;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (tail == la->la_head_seen)
			la->la_head_seen = atomic_load_explicit(
			    &la->la_head, memory_order_acquire);
		if (tail == la->la_head_seen)
			break;
		if ((size = *word(la, tail)) == SKIP) {
			tail += SB_SIZE - tail % SB_SIZE;
			size = *word(la, tail);
		}
		memcpy(dst, word(la, tail) + 1, size);
		*sum += dst[0];
		tail += SB_WORD + SB_ROUND(size);
	}
	if (i > 0)
		atomic_store_explicit(&la->la_tail, tail, memory_order_release);
	return i;
}

/* Memory that was written once stays. */
static size_t
held(void *p)
{
	struct lamport *la = p;
	uint64_t head = atomic_load(&la->la_head);

	return head < SB_SIZE ? (size_t)head : SB_SIZE;
}

const struct sockbuf_kind sockbuf_lamport = { "Lamport ring", create, free,
	put, take, held };
