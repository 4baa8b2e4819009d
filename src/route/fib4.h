/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 forwarding table: one object, compiled from a rib; few changes are made
 * in place.
 *
 * The form is DXR: M. Zec, L. Rizzo, M. Mikuc, "DXR: towards a billion routing
 * lookups per second in software", ACM SIGCOMM Computer Communication Review
 * 42(5), 2012.  Routes are flattened to ranges of addresses with one next hop.
 * The first f4_bits bits of an address (the paper's X) index a direct table,
 * whose entry is either the next hop of the whole chunk or tells where the
 * ranges of that chunk lie; the right one is found by binary search.
 *
 * A range is one word: the low 32 - X bits of its first address above, its
 * next hop in the X bits below.  So X also bounds the index of a next hop, and
 * fib4_compile() takes as large an X as the table needs: 16 for a few
 * routes, so that a new table costs microseconds; 18 for a full one, where 17
 * is slower in small tables and 19 no faster in any: it takes a quarter more
 * memory, and the last steps of a search are one (fib_find.h).
 *
 * Who compiles publishes the pointer and retires the old object; any number of
 * CPUs may read.  A change of a few routes makes the ranges of their chunks
 * anew, elsewhere in the same object, and then stores the entries of the direct
 * table: a CPU sees each chunk as it was or as it will be (fib_edit.h).
 */
#ifndef ROUTE_FIB4_H
#define ROUTE_FIB4_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/qsbr.h"

struct fib_edit;
struct rib;

/*
 * An entry of the direct table.  Number of ranges 0: the rest is the next hop.
 * F4_MANY: the number stands in front of the ranges.
 */
#define F4_REF_BITS 26
#define F4_REF_MASK ((1u << F4_REF_BITS) - 1)
#define F4_MANY     63u

/*
 * Who may touch a member:
 *	I	immutable after fib4_compile()
 *	C	ctl only
 *	P	written by ctl; an entry of the direct table is atomic, and what
 *		it leads to stays as it is until readers of it ended their round
 */
struct fib4 {
	uint32_t f4_bits; /* [I] X, 16 to 24; 1: no routes */
	uint32_t f4_shift; /* [I] 32 - X */
	uint32_t f4_mask; /* [I] 2^X - 1: next hop in a range */
	uint32_t f4_nranges; /* [C] */
	size_t f4_nwords; /* [I] of f4_table */
	struct fib_edit *f4_edit; /* [C] NULL: any change compiles anew */
	uint32_t f4_table[]; /* [P] direct table, then the ranges */
};

/* Compiles the active IPv4 routes.  ENOMEM, or E2BIG beyond 2^26 words. */
int fib4_compile(const struct rib *, struct fib4 **);

/* Nobody reads it, and nothing of it is retired. */
void fib4_free(struct fib4 *);

/* It was published and no longer is: free it after a grace period. */
void fib4_retire(struct fib4 *, struct qsbr *) ON_CTL;

/* The routes of this prefix are about to change, or have. */
void fib4_mark(struct fib4 *, const struct prefix *) ON_CTL;

/*
 * Make what was marked as the rib has it.  An error (E2BIG, ENOMEM): some of
 * it is not; the table must be compiled and published anew.
 */
int fib4_update(struct fib4 *, const struct rib *, struct qsbr *) ON_CTL;

size_t fib4_memory(const struct fib4 *);

/* nh[i] = fib4_lookup(dst[i]); misses of the cache overlap. */
void fib4_lookup_vec(
    const struct fib4 *, const uint32_t *dst, uint32_t *nh, unsigned n);

/* The next hop for dst, given the entry of its chunk in the direct table. */
static inline uint32_t
fib4_search(const struct fib4 *f, uint32_t entry, uint32_t dst)
{
	uint32_t n = entry >> F4_REF_BITS;
	const uint32_t *r = f->f4_table + (entry & F4_REF_MASK);
	uint32_t key = dst << f->f4_bits | f->f4_mask;

	if (n == 0)
		return entry;
	if (n == F4_MANY)
		n = *r++;
	while (n > 1) {
		uint32_t half = n / 2;

		r += r[half] <= key ? half : 0;
		n -= half;
	}
	return *r & f->f4_mask;
}

/* The direct table's entry for an address.  Acquire: then its ranges. */
static inline uint32_t
fib4_entry(const struct fib4 *f, uint32_t dst)
{
	return __atomic_load_n(
	    &f->f4_table[dst >> f->f4_shift], __ATOMIC_ACQUIRE);
}

/* The index of the next hop for an address in host order, or 0. */
static inline uint32_t
fib4_lookup(const struct fib4 *f, uint32_t dst)
{
	return fib4_search(f, fib4_entry(f, dst), dst);
}

#endif /* ROUTE_FIB4_H */
