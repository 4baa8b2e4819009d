/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiler of the IPv4 forwarding table, and lookup of a vector; the form is
 * told in fib4.h.
 *
 * rib_flatten() gives the ranges; then one pass over the chunks of the direct
 * table hands each its ranges.  The object is one block of memory that begins
 * as zeroes, and what has no route is not written, so that the pages of a
 * mostly empty table are never touched.
 */
#include "route/fib4.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/addr.h"
#include "route/flatten.h"
#include "route/rib.h"

#define F4_BITS_MIN   16
#define F4_BITS_EMPTY 1 /* a table without routes costs next to nothing */
#define F4_BATCH      64 /* lookups in flight */

static_assert(RIB_NHOP_MAX < 1u << F4_REF_BITS, "a leaf holds any next hop");
static_assert(RIB_NHOP_MAX < 1u << 24, "X is at most 24");

struct range4 {
	uint32_t r_first;
	uint32_t r_nh;
};

/* Who may touch a member: o, fib4_compile() and what it calls. */
struct build4 {
	struct range4 *b_range; /* [o] upwards, without gaps */
	size_t b_n; /* [o] */
	size_t b_cap; /* [o] */
	uint32_t b_maxnh; /* [o] */
	struct fib4 *b_fib; /* [o] */
	uint32_t b_nwords; /* [o] of f4_table that are in use */
};

static int
range_add(void *arg, struct in6 first, uint32_t nh)
{
	struct build4 *b = arg;
	struct range4 *range;
	size_t cap;

	if (b->b_n == b->b_cap) {
		cap = b->b_cap == 0 ? 64 : b->b_cap * 2;
		range = reallocarray(b->b_range, cap, sizeof(*range));
		if (range == NULL)
			return ENOMEM;
		b->b_range = range;
		b->b_cap = cap;
	}
	range = &b->b_range[b->b_n++];
	range->r_first = (uint32_t)(first.i6_hi >> 32);
	range->r_nh = nh;
	if (nh > b->b_maxnh)
		b->b_maxnh = nh;
	return 0;
}

/* X: enough for the next hops; more ranges are worth a larger table. */
static uint32_t
choose_bits(const struct build4 *b)
{
	uint32_t bits = F4_BITS_MIN;

	if (b->b_n == 1 && b->b_maxnh == 0)
		return F4_BITS_EMPTY;
	if (b->b_n > 1u << 12)
		bits = 18;
	if (b->b_n > 1u << 16)
		bits = 20;
	while (b->b_maxnh >> bits != 0)
		bits++;
	return bits;
}

static int
fib_alloc(struct build4 *b)
{
	uint32_t bits = choose_bits(b);
	struct fib4 *f;
	size_t nwords;

	/*
	 * A range may stand in two chunks, the last of one and the first of
	 * the next that has several; and 63 or more cost one word for their
	 * number.
	 */
	nwords = ((size_t)1 << bits) + 2 * b->b_n + b->b_n / F4_MANY + 1;
	if (nwords > F4_REF_MASK)
		return E2BIG;
	f = calloc(1, sizeof(*f) + nwords * sizeof(f->f4_table[0]));
	if (f == NULL)
		return ENOMEM;
	f->f4_bits = bits;
	f->f4_shift = 32 - bits;
	f->f4_mask = (1u << bits) - 1;
	f->f4_nranges = (uint32_t)b->b_n;
	f->f4_nwords = nwords;
	b->b_fib = f;
	b->b_nwords = 1u << bits;
	return 0;
}

/* Writes n ranges, the first of which may begin before the chunk. */
static uint32_t
chunk_ranges(struct build4 *b, uint32_t chunk, const struct range4 *r, size_t n)
{
	struct fib4 *f = b->b_fib;
	uint32_t ref = b->b_nwords;
	uint32_t inline_n = n < F4_MANY ? (uint32_t)n : F4_MANY;
	uint32_t first;
	size_t i;

	if (inline_n == F4_MANY)
		f->f4_table[b->b_nwords++] = (uint32_t)n;
	for (i = 0; i < n; i++) {
		first = i == 0 ? chunk << f->f4_shift : r[i].r_first;
		f->f4_table[b->b_nwords++] = first << f->f4_bits | r[i].r_nh;
	}
	return inline_n << F4_REF_BITS | ref;
}

static void
fib_fill(struct build4 *b)
{
	struct fib4 *f = b->b_fib;
	const struct range4 *r = b->b_range;
	const struct range4 *end = r + b->b_n;
	uint32_t nchunks = 1u << f->f4_bits;
	uint32_t chunk, entry;
	size_t n;

	for (chunk = 0; chunk < nchunks; chunk++) {
		/* r covers the chunk's first address. */
		for (n = 1; r + n < end; n++)
			if (r[n].r_first >> f->f4_shift != chunk)
				break;
		entry = n == 1 ? r->r_nh : chunk_ranges(b, chunk, r, n);
		if (entry != 0)
			f->f4_table[chunk] = entry;
		r += n - 1;
		if (r + 1 < end && r[1].r_first == (chunk + 1) << f->f4_shift)
			r++;
	}
}

/* Gives back the room that was counted generously. */
static struct fib4 *
fib_trim(struct build4 *b)
{
	struct fib4 *f = b->b_fib;
	struct fib4 *trimmed;

	f->f4_nwords = b->b_nwords;
	trimmed = realloc(f, fib4_memory(f));
	return trimmed != NULL ? trimmed : f;
}

int
fib4_compile(const struct rib *rib, struct fib4 **fp)
{
	struct build4 b = { 0 };
	int error;

	if ((error = rib_flatten(rib, ADDR_V4, range_add, &b)) == 0 &&
	    (error = fib_alloc(&b)) == 0) {
		fib_fill(&b);
		*fp = fib_trim(&b);
	}
	free(b.b_range);
	return error;
}

void
fib4_free(struct fib4 *f)
{
	free(f);
}

size_t
fib4_memory(const struct fib4 *f)
{
	return sizeof(*f) + f->f4_nwords * sizeof(f->f4_table[0]);
}

static void
lookup_batch(
    const struct fib4 *f, const uint32_t *dst, uint32_t *nh, unsigned n)
{
	uint32_t entry[F4_BATCH];
	unsigned i;

	/*
	 * Fetch where the search will begin.  A leaf has no such place, but
	 * its next hop is below 2^X: that address is in the table as well.
	 */
	for (i = 0; i < n; i++) {
		entry[i] = f->f4_table[dst[i] >> f->f4_shift];
		__builtin_prefetch(f->f4_table + (entry[i] & F4_REF_MASK) +
		    (entry[i] >> F4_REF_BITS) / 2);
	}
	for (i = 0; i < n; i++)
		nh[i] = fib4_search(f, entry[i], dst[i]);
}

void
fib4_lookup_vec(
    const struct fib4 *f, const uint32_t *dst, uint32_t *nh, unsigned n)
{
	for (; n > F4_BATCH; n -= F4_BATCH) {
		lookup_batch(f, dst, nh, F4_BATCH);
		dst += F4_BATCH;
		nh += F4_BATCH;
	}
	lookup_batch(f, dst, nh, n);
}
