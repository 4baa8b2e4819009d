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
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "route/fib_edit.h"
#include "route/fib_find.h"
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

/* Who may touch a member: o, who compiles or updates, and what that calls. */
struct build4 {
	struct range4 *b_range; /* [o] upwards, without gaps */
	size_t b_n; /* [o] */
	size_t b_cap; /* [o] */
	uint32_t b_maxnh; /* [o] */
	const struct rib *b_rib; /* [o] when it updates */
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
	while (b->b_maxnh >> bits != 0)
		bits++;
	return bits;
}

/* Bytes of an object of so many words. */
static size_t
fib_size(size_t nwords)
{
	return sizeof(struct fib4) + nwords * sizeof(uint32_t) + FIB_SLACK;
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
	f = calloc(1, fib_size(nwords));
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

/* Words that n ranges of a chunk take, with their number if it needs one. */
static size_t
chunk_words(size_t n)
{
	return n + (n >= F4_MANY);
}

/*
 * Writes n ranges at ref, the first of which may begin before the chunk.
 * Returns the chunk's entry.
 */
static uint32_t
chunk_write(struct fib4 *f, uint32_t ref, uint32_t chunk,
    const struct range4 *r, size_t n)
{
	uint32_t inline_n = n < F4_MANY ? (uint32_t)n : F4_MANY;
	uint32_t *to = f->f4_table + ref;
	uint32_t first;
	size_t i;

	if (inline_n == F4_MANY)
		*to++ = (uint32_t)n;
	for (i = 0; i < n; i++) {
		first = i == 0 ? chunk << f->f4_shift : r[i].r_first;
		*to++ = first << f->f4_bits | r[i].r_nh;
	}
	return inline_n << F4_REF_BITS | ref;
}

static uint32_t
chunk_append(
    struct build4 *b, uint32_t chunk, const struct range4 *r, size_t n)
{
	uint32_t ref = b->b_nwords;

	b->b_nwords += (uint32_t)chunk_words(n);
	return chunk_write(b->b_fib, ref, chunk, r, n);
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
		entry = n == 1 ? r->r_nh : chunk_append(b, chunk, r, n);
		if (entry != 0)
			f->f4_table[chunk] = entry;
		r += n - 1;
		if (r + 1 < end && r[1].r_first == (chunk + 1) << f->f4_shift)
			r++;
	}
}

/*
 * Gives the object room for changes in place of the room that was counted
 * generously.  Without it the table does as well.
 */
static struct fib4 *
fib_trim(struct build4 *b)
{
	struct fib4 *f = b->b_fib;
	size_t room = b->b_nwords;
	struct fib4 *trimmed;

	if (f->f4_bits > F4_BITS_EMPTY)
		room = fib_edit_room(room);
	if (room > F4_REF_MASK)
		room = b->b_nwords;
	trimmed = fib_edit_place(f, fib_size(b->b_nwords), fib_size(room));
	if (trimmed != NULL)
		f = trimmed;
	else
		room = f->f4_nwords;
	f->f4_nwords = room;
	if (f->f4_bits > F4_BITS_EMPTY)
		f->f4_edit = fib_edit_create(f->f4_table,
		    sizeof(f->f4_table[0]), 1u << f->f4_bits, b->b_nwords,
		    room);
	return f;
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
fib4_mark(struct fib4 *f, const struct prefix *p)
{
	uint32_t mask = in_mask(p->p_len), first = p->p_addr.a_v4 & mask;

	if (f->f4_edit != NULL)
		fib_edit_mark(f->f4_edit, first >> f->f4_shift,
		    (first | ~mask) >> f->f4_shift);
}

/* How many ranges a chunk has by its entry. */
static size_t
entry_ranges(const struct fib4 *f, uint32_t entry)
{
	uint32_t n = entry >> F4_REF_BITS;

	if (n == 0)
		return 1;
	return n == F4_MANY ? f->f4_table[entry & F4_REF_MASK] : n;
}

/* Writes the ranges of b, at least two, where no CPU can reach them. */
static int ON_CTL
chunk_make(struct build4 *b, uint32_t chunk, uint32_t *entry)
{
	struct fib4 *f = b->b_fib;
	uint32_t ref = fib_edit_take(f->f4_edit, chunk_words(b->b_n));

	if (ref == 0)
		return E2BIG;
	*entry = chunk_write(f, ref, chunk, b->b_range, b->b_n);
	return 0;
}

/* Puts the ranges of b in the place of the chunk's; the object stays. */
static int ON_CTL
chunk_replace(struct build4 *b, uint32_t chunk)
{
	struct fib4 *f = b->b_fib;
	uint32_t entry = b->b_range->r_nh, old = f->f4_table[chunk];
	size_t oldn = entry_ranges(f, old);
	int error;

	if (b->b_maxnh > f->f4_mask)
		return E2BIG;
	if (b->b_n > 1 && (error = chunk_make(b, chunk, &entry)) != 0)
		return error;
	__atomic_store_n(&f->f4_table[chunk], entry, __ATOMIC_RELEASE);
	f->f4_nranges += (uint32_t)(b->b_n - oldn);
	return oldn == 1 ? 0 :
	    fib_edit_drop(f->f4_edit, old & F4_REF_MASK, chunk_words(oldn));
}

static int ON_CTL
chunk_update(void *arg, uint32_t chunk)
{
	struct build4 *b = arg;
	const struct fib4 *f = b->b_fib;
	struct prefix block = { addr_v4(chunk << f->f4_shift),
		(uint8_t)f->f4_bits };
	int error;

	b->b_n = 0;
	if ((error = rib_flatten_block(b->b_rib, &block, range_add, b)) != 0)
		return error;
	return chunk_replace(b, chunk);
}

int
fib4_update(struct fib4 *f, const struct rib *rib, struct qsbr *q)
{
	struct build4 b = { .b_fib = f, .b_rib = rib };
	int error;

	error = fib_edit_update(f->f4_edit, q, chunk_update, &b);
	free(b.b_range);
	return error;
}

void
fib4_free(struct fib4 *f)
{
	if (f == NULL)
		return;
	fib_edit_destroy(f->f4_edit);
	free(f);
}

void
fib4_retire(struct fib4 *f, struct qsbr *q)
{
	fib_edit_retire_table(f->f4_edit, f, fib_size(f->f4_nwords), q);
}

size_t
fib4_memory(const struct fib4 *f)
{
	return fib_size(f->f4_nwords) + fib_edit_memory(f->f4_edit);
}

/*
 * Fetches what will be searched.  A leaf has no such place, but its next hop is
 * below 2^X: that address is in the table as well.
 */
static inline __attribute__((always_inline)) void
fetch_batch(
    const struct fib4 *f, const uint32_t *dst, uint32_t *entry, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		const uint32_t *r;

		entry[i] = fib4_entry(f, dst[i]);
		r = f->f4_table + (entry[i] & F4_REF_MASK);
		/* The usual few may lie on two lines. */
		__builtin_prefetch(r);
		__builtin_prefetch(r + (entry[i] >> F4_REF_BITS));
	}
}

static void
lookup_batch(
    const struct fib4 *f, const uint32_t *dst, uint32_t *nh, unsigned n)
{
	uint32_t entry[F4_BATCH];
	unsigned i;

	fetch_batch(f, dst, entry, n);
	for (i = 0; i < n; i++)
		nh[i] = fib4_search(f, entry[i], dst[i]);
}

#ifdef FIB_VECTOR
/* fib4_search() with the last steps in one; nearly always there are no more. */
FIB_VECTOR static inline uint32_t
search_vector(const struct fib4 *f, uint32_t entry, uint32_t dst)
{
	uint32_t n = entry >> F4_REF_BITS;
	const uint32_t *r = f->f4_table + (entry & F4_REF_MASK);
	uint32_t key = dst << f->f4_bits | f->f4_mask, nh;

	if (unlikely(n > FIB_FEW)) {
		if (n == F4_MANY)
			n = *r++;
		while (n > FIB_FEW) {
			uint32_t half = n / 2;

			r += r[half] <= key ? half : 0;
			n -= half;
		}
	}
	/* Leaves are as likely as not: no branch for them. */
	nh = r[(int)fib_find_vector(r, key, n) - (n != 0)] & f->f4_mask;
	return n == 0 ? entry : nh;
}

FIB_VECTOR static void
lookup_batch_vector(
    const struct fib4 *f, const uint32_t *dst, uint32_t *nh, unsigned n)
{
	uint32_t entry[F4_BATCH];
	unsigned i;

	fetch_batch(f, dst, entry, n);
	for (i = 0; i < n; i++)
		nh[i] = search_vector(f, entry[i], dst[i]);
}
#endif

void
fib4_lookup_vec(
    const struct fib4 *f, const uint32_t *dst, uint32_t *nh, unsigned n)
{
	void (*batch)(const struct fib4 *, const uint32_t *, uint32_t *,
	    unsigned) = lookup_batch;

#ifdef FIB_VECTOR
	if (fib_vector())
		batch = lookup_batch_vector;
#endif
	for (; n > F4_BATCH; n -= F4_BATCH) {
		batch(f, dst, nh, F4_BATCH);
		dst += F4_BATCH;
		nh += F4_BATCH;
	}
	batch(f, dst, nh, n);
}
