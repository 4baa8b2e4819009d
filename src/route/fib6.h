/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 forwarding table: one object, compiled from a rib; few changes are made
 * in place.
 *
 * Routes are flattened to ranges of addresses with one next hop.  A direct
 * table over the first bits leads into a tree that divides the ranges until at
 * most F6_BUCKET of them are left in a block.  The direct table takes f6_bits
 * bits in 2000::/3, where nearly all routes are (global unicast, RFC 4291 and
 * the registry of IANA), and F6_BITS_REST elsewhere: its entries are chunks,
 * numbered in the order of addresses.  The tree:
 *
 *	leaf	one range: the index of its next hop
 *	bucket	few ranges: their first addresses, in order, for a binary
 *		search, then the next hops; of the addresses the 32 bits behind
 *		the block's own suffice in the usual case, halves where no range
 *		begins inside a /64
 *	node	many ranges: the block is cut into 64; a bit map marks each
 *		cut that differs from the one before, and only those have a
 *		slot, found by counting bits
 *	skip	all ranges begin within a much smaller block: whoever is
 *		outside of it takes the first range's next hop or the last's
 *
 * Prior work it stands on: ranges, direct table and binary search as in DXR
 * (see fib4.h); bit maps that mark the heads of equal runs, from the Lulea
 * scheme (Degermark, Brodnik, Carlsson, Pink, "Small forwarding tables for
 * fast routing lookups", SIGCOMM 1997); bit map and contents side by side,
 * from Tree Bitmap (Eatherton, Varghese, Dittia, CCR 34(2), 2004); skipping of
 * sparse levels, from the LC-trie (Nilsson, Karlsson, IEEE JSAC 17(6), 1999).
 *
 * Who compiles publishes the pointer and retires the old object; any number of
 * CPUs may read.  A change of a few routes makes the trees of their chunks
 * anew, elsewhere in the same object, and then stores the entries of the direct
 * table: a CPU sees each chunk as it was or as it will be (fib_edit.h).
 */
#ifndef ROUTE_FIB6_H
#define ROUTE_FIB6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/qsbr.h"
#include "route/fib_find.h"

struct fib_edit;
struct rib;

#define F6_STRIDE    6
#define F6_BITS_REST 8 /* of an address outside of 2000::/3 index the root */
#define F6_DENSE     1u /* 2000::/3 by its first three bits */
#define F6_BUCKET 16 /* most ranges in a bucket */

/*
 * A slot: kind, number of ranges less one (buckets), and where the thing
 * stands in f6_words; in a leaf the next hop instead.  The slot 0 is thus the
 * leaf "no route".
 */
#define F6_KIND_SHIFT 29
#define F6_NUM_SHIFT  25
#define F6_REF_MASK   ((1u << F6_NUM_SHIFT) - 1)

enum f6_kind {
	F6_LEAF,
	F6_BUCKET_32, /* ranges differ in 32 bits only; next hops of 16 bits */
	F6_BUCKET_HI, /* ranges differ in their upper half only */
	F6_BUCKET_ALL,
	F6_NODE,
	F6_SKIP
};

/* All ranges of a block begin in this smaller one. */
struct fib6_skip {
	struct in6 s6_base; /* first address of the smaller block */
	struct in6 s6_last; /* and its last */
	uint32_t s6_below; /* slot of who is before it */
	uint32_t s6_above; /* slot of who is behind it */
	uint32_t s6_inside; /* slot of the smaller block */
	uint32_t s6_depth; /* bits that are equal in it */
};

/*
 * Who may touch a member:
 *	I	immutable after fib6_compile()
 *	C	ctl only
 *	P	written by ctl; an entry of the direct table is atomic, and what
 *		it leads to stays as it is until readers of it ended their round
 */
struct fib6 {
	uint32_t f6_bits; /* [I] of an address in 2000::/3 index the root */
	uint32_t f6_nranges; /* [I] when it was compiled */
	size_t f6_nwords; /* [I] of f6_words */
	struct fib_edit *f6_edit; /* [C] NULL: any change compiles anew */
	uint64_t f6_words[]; /* [P] direct table, then the tree */
};

/* Compiles the active IPv6 routes.  ENOMEM, or E2BIG beyond 2^25 words. */
int fib6_compile(const struct rib *, struct fib6 **);

/* As fib4_free(), fib4_retire(), fib4_mark(), fib4_update(). */
void fib6_free(struct fib6 *);
void fib6_retire(struct fib6 *, struct qsbr *) ON_CTL;
void fib6_mark(struct fib6 *, const struct prefix *) ON_CTL;
int fib6_update(struct fib6 *, const struct rib *, struct qsbr *) ON_CTL;

size_t fib6_memory(const struct fib6 *);

/* nh[i] = fib6_lookup(&dst[i]); misses of the cache overlap. */
void fib6_lookup_vec(
    const struct fib6 *, const struct in6 *dst, uint32_t *nh, unsigned n);

static inline enum f6_kind
fib6_kind(uint32_t slot)
{
	return (enum f6_kind)(slot >> F6_KIND_SHIFT);
}

/* What a slot refers to; not for a leaf. */
static inline const uint64_t *
fib6_ref(const struct fib6 *f, uint32_t slot)
{
	return f->f6_words + (slot & F6_REF_MASK);
}

/* Chunks before 2000::/3, in it, and all of them. */
#define F6_BEFORE (F6_DENSE << (F6_BITS_REST - 3))

static inline uint32_t
fib6_dense(const struct fib6 *f)
{
	return 1u << (f->f6_bits - 3);
}

static inline uint32_t
fib6_chunks(const struct fib6 *f)
{
	return (1u << F6_BITS_REST) - F6_BEFORE + fib6_dense(f);
}

/* Which chunk an address is in, and how many bits all of it have in common. */
static inline uint32_t
fib6_chunk(const struct fib6 *f, const struct in6 *dst, unsigned *depth)
{
	uint32_t rest = (uint32_t)(dst->i6_hi >> (64 - F6_BITS_REST));

	if (dst->i6_hi >> 61 == F6_DENSE) {
		*depth = f->f6_bits;
		return F6_BEFORE +
		    (uint32_t)(dst->i6_hi << 3 >> (64 - f->f6_bits + 3));
	}
	*depth = F6_BITS_REST;
	return rest < F6_BEFORE ? rest : rest - F6_BEFORE + fib6_dense(f);
}

/* The slot of an address's chunk, and how many bits it stands for. */
static inline uint32_t
fib6_root(const struct fib6 *f, const struct in6 *dst, unsigned *depth)
{
	const uint32_t *root = (const void *)f->f6_words;

	/* Acquire: then what it leads to. */
	return __atomic_load_n(
	    &root[fib6_chunk(f, dst, depth)], __ATOMIC_ACQUIRE);
}

/*
 * 64 bits of an address behind the first depth ones (1 to 127), filled up with
 * zeroes.
 */
static inline uint64_t
fib6_bits(const struct in6 *a, unsigned depth)
{
	if (depth < 64)
		return a->i6_hi << depth | a->i6_lo >> (64 - depth);
	return a->i6_lo << (depth - 64);
}

/* F6_STRIDE bits of an address, behind the first depth ones (1 to 122). */
static inline unsigned
fib6_cut(const struct in6 *a, unsigned depth)
{
	return (unsigned)(fib6_bits(a, depth) >> (64 - F6_STRIDE));
}

static inline bool
fib6_before(const struct in6 *a, const struct in6 *b)
{
	return a->i6_hi < b->i6_hi ||
	    (a->i6_hi == b->i6_hi && a->i6_lo < b->i6_lo);
}

/* From a node or skip at *depth to the next slot. */
static inline uint32_t
fib6_step(
    const struct fib6 *f, uint32_t slot, const struct in6 *dst, unsigned *depth)
{
	const uint64_t *w = fib6_ref(f, slot);

	if (fib6_kind(slot) == F6_NODE) {
		const uint32_t *slots = (const void *)(w + 1);
		uint64_t upto = (2ull << fib6_cut(dst, *depth)) - 1;

		*depth += F6_STRIDE;
		return slots[__builtin_popcountll(*w & upto) - 1];
	} else {
		const struct fib6_skip *s = (const void *)w;

		*depth = s->s6_depth;
		if (fib6_before(dst, &s->s6_base))
			return s->s6_below;
		if (fib6_before(&s->s6_last, dst))
			return s->s6_above;
		return s->s6_inside;
	}
}

/* Ranges in a bucket. */
static inline unsigned
fib6_count(uint32_t slot)
{
	return (slot >> F6_NUM_SHIFT & (F6_BUCKET - 1)) + 1;
}

/*
 * From a leaf or bucket at depth to the next hop.  The first range of a bucket
 * begins at or before its block, so only the others' first addresses are kept.
 */
static inline uint32_t
fib6_finish(const struct fib6 *f, uint32_t slot, const struct in6 *dst,
    unsigned depth)
{
	const uint64_t *w = fib6_ref(f, slot);
	const uint32_t *few = (const void *)w;
	const struct in6 *all = (const void *)w;
	const uint32_t *nh;
	unsigned n = fib6_count(slot);
	unsigned left = n;
	unsigned i = 0;
	unsigned half;

	switch (fib6_kind(slot)) {
	case F6_BUCKET_32:
		i = fib_find(
		    few, (uint32_t)(fib6_bits(dst, depth) >> 32), n - 1);
		return ((const uint16_t *)(const void *)(few + n - 1))[i];
	case F6_BUCKET_HI:
		for (; left > 1; left -= half) {
			half = left / 2;
			/* A mask, as a branch would be mispredicted. */
			i += half & -(unsigned)(w[i + half - 1] <= dst->i6_hi);
		}
		nh = (const void *)(w + n - 1);
		return nh[i];
	case F6_BUCKET_ALL:
		for (; left > 1; left -= half) {
			half = left / 2;
			i += half &
			    -(unsigned)!fib6_before(dst, &all[i + half - 1]);
		}
		nh = (const void *)(all + n - 1);
		return nh[i];
	default:
		return slot;
	}
}

/* The index of the next hop for an address, or 0. */
static inline uint32_t
fib6_lookup(const struct fib6 *f, const struct in6 *dst)
{
	unsigned depth;
	uint32_t slot = fib6_root(f, dst, &depth);

	while (fib6_kind(slot) >= F6_NODE)
		slot = fib6_step(f, slot, dst, &depth);
	return fib6_finish(f, slot, dst, depth);
}

#endif /* ROUTE_FIB6_H */
