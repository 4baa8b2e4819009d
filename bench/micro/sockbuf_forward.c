/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring without indices that both ends see (J. Giacomoni, T. Moseley and
 * M. Vachharajani, "FastForward for Efficient Pipeline Parallelism", 2008):
 * whether there is a datagram, and whether it was taken, stands in the word
 * before it.  The producer follows with a second index of its own what was
 * taken.
 */
#include <stdlib.h>
#include <string.h>

#include "sockbuf.h"

enum { EMPTY, FULL, TAKEN, SKIP }; /* the two lowest bits of a word */

struct forward {
	alignas(LINEPAIR) uint64_t fo_head; /* of the producer, as both below */
	uint64_t fo_reaped; /* up to here it knows of what was taken */
	size_t fo_top; /* bytes ever written to */
	alignas(LINEPAIR) uint64_t fo_tail; /* of the consumer */
	alignas(LINEPAIR) uint8_t fo_mem[SB_SIZE];
};

static void *
create(void)
{
	return lines_alloc(1, sizeof(struct forward));
}

static _Atomic uint64_t *
word(struct forward *fo, uint64_t at)
{
	return (_Atomic uint64_t *)(void *)(fo->fo_mem + at % SB_SIZE);
}

/* Whether need bytes from head on are free, and a word behind them. */
static int
fits(struct forward *fo, uint64_t head, uint64_t need)
{
	uint64_t w;

	while (head + need + SB_WORD - fo->fo_reaped > SB_SIZE) {
		w = atomic_load_explicit(
		    word(fo, fo->fo_reaped), memory_order_acquire);
		if ((w & 3) != TAKEN)
			return 0;
		fo->fo_reaped += w >> 2;
	}
	return 1;
}

/* Nothing is behind it yet; then it is there. */
static void
publish(struct forward *fo, uint64_t at, uint64_t bytes, uint64_t w)
{
	atomic_store_explicit(
	    word(fo, at + bytes), EMPTY, memory_order_relaxed);
	atomic_store_explicit(word(fo, at), w, memory_order_release);
}

static unsigned
put(void *p, const uint8_t *src, size_t size, unsigned n, uint8_t *seq)
{
	struct forward *fo = p;
	uint64_t need = SB_WORD + SB_ROUND(size), left;
	uint8_t *to;
	unsigned i;

	for (i = 0; i < n; i++) {
		left = SB_SIZE - fo->fo_head % SB_SIZE;
		if (need > left) {
			if (!fits(fo, fo->fo_head, left + need))
				break;
			publish(fo, fo->fo_head, left, left << 2 | SKIP);
			fo->fo_head += left;
		} else if (!fits(fo, fo->fo_head, need)) {
			break;
		}
		to = (uint8_t *)(word(fo, fo->fo_head) + 1);
		memcpy(to, src, size);
		to[0] = (*seq)++;
		publish(fo, fo->fo_head, need, (uint64_t)size << 2 | FULL);
		fo->fo_head += need;
		if (fo->fo_top < SB_SIZE)
			fo->fo_top += need;
	}
	return i;
}

static unsigned
take(void *p, uint8_t *dst, unsigned n, uint64_t *sum)
{
	struct forward *fo = p;
	uint64_t w, bytes;
	unsigned i = 0;

	while (i < n) {
		w = atomic_load_explicit(
		    word(fo, fo->fo_tail), memory_order_acquire);
		if ((w & 3) == EMPTY || (w & 3) == TAKEN)
			break;
		if ((w & 3) == SKIP) {
			bytes = w >> 2;
		} else {
			memcpy(dst, word(fo, fo->fo_tail) + 1, w >> 2);
			*sum += dst[0];
			bytes = SB_WORD + SB_ROUND(w >> 2);
			i++;
		}
		atomic_store_explicit(word(fo, fo->fo_tail),
		    bytes << 2 | TAKEN, memory_order_release);
		fo->fo_tail += bytes;
	}
	return i;
}

/* Memory that was written once stays. */
static size_t
held(void *p)
{
	struct forward *fo = p;

	return fo->fo_top < SB_SIZE ? fo->fo_top : SB_SIZE;
}

const struct sockbuf_kind sockbuf_forward = { "FastForward", create, free, put,
	take, held };
