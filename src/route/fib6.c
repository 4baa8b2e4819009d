/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiler of the IPv6 forwarding table; the form is told in fib6.h.
 *
 * rib_flatten() gives the ranges; block_build() makes the slot of a block of
 * addresses from the ranges that lie in it, and calls itself for the parts of
 * a node.  What a slot refers to is written before the slot, so the object
 * grows at its end only; it may move meanwhile, so it is referred to by index.
 */
#include "route/fib6.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "route/fib_edit.h"
#include "route/flatten.h"
#include "route/rib.h"
#include "route/route_int.h"

#define F6_CUTS        (1u << F6_STRIDE)
#define F6_SKIP_MIN    (2 * F6_STRIDE) /* a skip pays from two nodes on */
#define F6_BITS_SMALL  F6_BITS_REST
#define F6_BITS_MIDDLE 14
#define F6_BITS_LARGE  20

/* The last node of a path ends with the address. */
static_assert((KEY_BITS - F6_BITS_SMALL) % F6_STRIDE == 0, "");
static_assert((KEY_BITS - F6_BITS_MIDDLE) % F6_STRIDE == 0, "");
static_assert((KEY_BITS - F6_BITS_LARGE) % F6_STRIDE == 0, "");
static_assert(F6_BUCKET <= 1u << (F6_KIND_SHIFT - F6_NUM_SHIFT), "");
static_assert(RIB_NHOP_MAX < 1u << F6_KIND_SHIFT, "a leaf holds a next hop");
static_assert(sizeof(struct fib6_skip) == 48, "whole words");

struct range6 {
	struct in6 r_first;
	uint32_t r_nh;
};

/* Who may touch a member: o, who compiles or updates, and what that calls. */
struct build6 {
	struct range6 *b_range; /* [o] upwards, without gaps */
	size_t b_n; /* [o] */
	size_t b_cap; /* [o] */
	const struct rib *b_rib; /* [o] when it updates */
	struct fib6 *b_fib; /* [o] f6_nwords in use while it is compiled */
	size_t b_room; /* [o] words there is room for */
	bool b_update; /* [o] in place: takes from f6_edit, never moves */
};

/* A block of addresses, and the ranges that have addresses in it. */
struct block {
	struct in6 bk_first;
	unsigned bk_depth; /* bits its addresses have in common */
	const struct range6 *bk_range;
	size_t bk_n;
};

static int block_build(struct build6 *, const struct block *, uint32_t *slot);

static int
range_add(void *arg, struct in6 first, uint32_t nh)
{
	struct build6 *b = arg;
	struct range6 *range;
	size_t cap;

	if (b->b_n == b->b_cap) {
		cap = b->b_cap == 0 ? 64 : b->b_cap * 2;
		range = reallocarray(b->b_range, cap, sizeof(*range));
		if (range == NULL)
			return ENOMEM;
		b->b_range = range;
		b->b_cap = cap;
	}
	b->b_range[b->b_n++] = (struct range6){ first, nh };
	return 0;
}

/* Bytes of an object of so many words. */
static size_t
fib_size(size_t nwords)
{
	return sizeof(struct fib6) + nwords * sizeof(uint64_t) + FIB_SLACK;
}

static int
fib_resize(struct build6 *b, size_t nwords)
{
	struct fib6 *f;

	f = realloc(b->b_fib, fib_size(nwords));
	if (f == NULL)
		return ENOMEM;
	b->b_fib = f;
	b->b_room = nwords;
	return 0;
}

/* Takes n bytes where no CPU can reach them. */
static int
update_take(struct build6 *b, size_t n, uint32_t *ref)
{
	size_t words = (n + 7) / 8;

	role_enter(&on_ctl);
	if ((*ref = fib_edit_take(b->b_fib->f6_edit, words)) == 0)
		return E2BIG;
	b->b_fib->f6_words[*ref + words - 1] = 0;
	return 0;
}

/* Takes n bytes, when compiling at the end; then the object may move. */
static int
fib_take(struct build6 *b, size_t n, uint32_t *ref)
{
	size_t old = b->b_fib->f6_nwords;
	size_t new = old + (n + 7) / 8;
	int error;

	if (b->b_update)
		return update_take(b, n, ref);
	if (new > F6_REF_MASK)
		return E2BIG;
	if (new > b->b_room && (error = fib_resize(b, new * 2)) != 0)
		return error;
	/* What fills up the last word shall be the same in each run. */
	b->b_fib->f6_words[new - 1] = 0;
	b->b_fib->f6_nwords = new;
	*ref = (uint32_t)old;
	return 0;
}

/*
 * Narrows a block to the part that begins at first and has depth bits in
 * common.  The part lies at or above bk_range.
 */
static struct block
block_part(const struct block *bk, struct in6 first, unsigned depth)
{
	const struct range6 *end = bk->bk_range + bk->bk_n;
	const struct range6 *r = bk->bk_range;
	struct in6 last = key_last(first, depth);
	size_t n = 1;

	while (r + 1 < end && !key_before(first, r[1].r_first))
		r++;
	while (r + n < end && !key_before(last, r[n].r_first))
		n++;
	return (struct block){ first, depth, r, n };
}

/* Takes the ranges a part began with from what is left of its block. */
static void
block_advance(struct block *bk, const struct block *part)
{
	const struct range6 *r = part->bk_range + part->bk_n - 1;

	bk->bk_n -= (size_t)(r - bk->bk_range);
	bk->bk_range = r;
}

/* The smallest form that holds the ranges of a block. */
static enum f6_kind
bucket_kind(const struct block *bk)
{
	unsigned end = umin(bk->bk_depth + 32, KEY_BITS);
	struct in6 firsts = { 0, 0 };
	uint32_t nhs = bk->bk_range[0].r_nh;
	size_t i;

	for (i = 1; i < bk->bk_n; i++) {
		firsts.i6_hi |= bk->bk_range[i].r_first.i6_hi;
		firsts.i6_lo |= bk->bk_range[i].r_first.i6_lo;
		nhs |= bk->bk_range[i].r_nh;
	}
	if (in6_eq(firsts, key_first(firsts, end)) && nhs <= UINT16_MAX)
		return F6_BUCKET_32;
	return firsts.i6_lo == 0 ? F6_BUCKET_HI : F6_BUCKET_ALL;
}

/* Bytes of the first addresses, which all but one of n ranges have. */
static size_t
bucket_keys(enum f6_kind kind, size_t n)
{
	if (kind == F6_BUCKET_32)
		return (n - 1) * sizeof(uint32_t);
	return (n - 1) *
	    (kind == F6_BUCKET_HI ? sizeof(uint64_t) : sizeof(struct in6));
}

static size_t
bucket_bytes(enum f6_kind kind, size_t n)
{
	return bucket_keys(kind, n) +
	    n * (kind == F6_BUCKET_32 ? sizeof(uint16_t) : sizeof(uint32_t));
}

/* The address and the next hop of range i. */
static void
bucket_put(
    const struct block *bk, enum f6_kind kind, char *p, size_t i)
{
	const struct range6 *r = &bk->bk_range[i];
	size_t nhs = bucket_keys(kind, bk->bk_n), size = bucket_keys(kind, 2);
	uint16_t nh = (uint16_t)r->r_nh;
	uint32_t key = (uint32_t)(fib6_bits(&r->r_first, bk->bk_depth) >> 32);

	if (kind == F6_BUCKET_32)
		memcpy(p + nhs + i * sizeof(nh), &nh, sizeof(nh));
	else
		memcpy(p + nhs + i * sizeof(r->r_nh), &r->r_nh,
		    sizeof(r->r_nh));
	/* The upper half stands first in struct in6. */
	if (i > 0)
		memcpy(p + (i - 1) * size,
		    kind == F6_BUCKET_32 ? (void *)&key : (void *)&r->r_first,
		    size);
}

static int
bucket_build(struct build6 *b, const struct block *bk, uint32_t *slot)
{
	enum f6_kind kind = bucket_kind(bk);
	uint32_t ref;
	size_t i;
	int error;

	error = fib_take(b, bucket_bytes(kind, bk->bk_n), &ref);
	if (error != 0)
		return error;
	for (i = 0; i < bk->bk_n; i++)
		bucket_put(bk, kind, (char *)(b->b_fib->f6_words + ref), i);
	*slot = (uint32_t)kind << F6_KIND_SHIFT |
	    (uint32_t)(bk->bk_n - 1) << F6_NUM_SHIFT | ref;
	return 0;
}
static_assert(offsetof(struct in6, i6_hi) == 0, "bucket_build() copies it");

static int
node_build(struct build6 *b, const struct block *bk, uint32_t *slot)
{
	unsigned depth = bk->bk_depth + F6_STRIDE;
	struct block rest = *bk;
	struct block part;
	uint32_t slots[F6_CUTS];
	uint32_t ref, s;
	uint64_t bits = 0;
	unsigned cut;
	unsigned n = 0;
	int error;

	for (cut = 0; cut < F6_CUTS; cut++) {
		struct in6 first = key_at(cut, depth);

		first.i6_hi |= bk->bk_first.i6_hi;
		first.i6_lo |= bk->bk_first.i6_lo;
		part = block_part(&rest, first, depth);
		if ((error = block_build(b, &part, &s)) != 0)
			return error;
		block_advance(&rest, &part);
		if (n > 0 && s == slots[n - 1])
			continue;
		bits |= UINT64_C(1) << cut;
		slots[n++] = s;
	}
	error = fib_take(b, sizeof(bits) + n * sizeof(slots[0]), &ref);
	if (error != 0)
		return error;
	memcpy(&b->b_fib->f6_words[ref], &bits, sizeof(bits));
	memcpy(&b->b_fib->f6_words[ref + 1], slots, n * sizeof(slots[0]));
	*slot = (uint32_t)F6_NODE << F6_KIND_SHIFT | ref;
	return 0;
}

/*
 * The depth of the smallest block of the node's raster in which all ranges
 * but the first begin.
 */
static unsigned
skip_depth(const struct block *bk)
{
	unsigned common = key_common(
	    bk->bk_range[1].r_first, bk->bk_range[bk->bk_n - 1].r_first);

	KASSERT(common >= bk->bk_depth);
	return common - (common - bk->bk_depth) % F6_STRIDE;
}

static int
skip_build(
    struct build6 *b, const struct block *bk, unsigned depth, uint32_t *slot)
{
	struct in6 first = key_first(bk->bk_range[1].r_first, depth);
	struct block part = block_part(bk, first, depth);
	struct fib6_skip skip = {
		.s6_base = first,
		.s6_last = key_last(first, depth),
		.s6_below = bk->bk_range[0].r_nh,
		.s6_above = bk->bk_range[bk->bk_n - 1].r_nh,
		.s6_depth = depth,
	};
	uint32_t ref;
	int error;

	if ((error = block_build(b, &part, &skip.s6_inside)) != 0 ||
	    (error = fib_take(b, sizeof(skip), &ref)) != 0)
		return error;
	memcpy(&b->b_fib->f6_words[ref], &skip, sizeof(skip));
	*slot = (uint32_t)F6_SKIP << F6_KIND_SHIFT | ref;
	return 0;
}

static int
block_build(struct build6 *b, const struct block *bk, uint32_t *slot)
{
	unsigned depth;

	if (bk->bk_n == 1) {
		*slot = bk->bk_range->r_nh;
		return 0;
	}
	if (bk->bk_n <= F6_BUCKET)
		return bucket_build(b, bk, slot);
	depth = skip_depth(bk);
	if (depth - bk->bk_depth >= F6_SKIP_MIN)
		return skip_build(b, bk, depth, slot);
	return node_build(b, bk, slot);
}

static unsigned
choose_bits(const struct build6 *b)
{
	if (b->b_n > 1u << 16)
		return F6_BITS_LARGE;
	return b->b_n > 1u << 10 ? F6_BITS_MIDDLE : F6_BITS_SMALL;
}

/* The object with a direct table of zeroes: no route is not written. */
static int
root_alloc(struct build6 *b)
{
	unsigned bits = choose_bits(b);
	const struct fib6 root = { .f6_bits = bits };
	size_t nwords = fib6_chunks(&root) * sizeof(uint32_t) / 8;
	struct fib6 *f;

	f = calloc(1, fib_size(nwords));
	if (f == NULL)
		return ENOMEM;
	f->f6_bits = bits;
	f->f6_nranges = (uint32_t)b->b_n;
	f->f6_nwords = nwords;
	b->b_fib = f;
	b->b_room = nwords;
	return 0;
}

/* All addresses of a chunk, without ranges yet. */
static struct block
chunk_block(const struct fib6 *f, uint32_t chunk)
{
	uint32_t behind = F6_BEFORE + fib6_dense(f);

	if (chunk < F6_BEFORE)
		return (struct block){ .bk_first = key_at(chunk, F6_BITS_REST),
			.bk_depth = F6_BITS_REST };
	if (chunk >= behind)
		return (struct block){ .bk_depth = F6_BITS_REST,
			.bk_first = key_at(
			    chunk - behind + 2 * F6_BEFORE, F6_BITS_REST) };
	return (struct block){ .bk_depth = f->f6_bits,
		.bk_first = key_at(chunk - F6_BEFORE + fib6_dense(f) * F6_DENSE,
		    f->f6_bits) };
}

static int
root_build(struct build6 *b)
{
	uint32_t n = fib6_chunks(b->b_fib);
	struct block rest = { .bk_range = b->b_range, .bk_n = b->b_n };
	struct block part;
	uint32_t chunk, slot;
	int error;

	for (chunk = 0; chunk < n; chunk++) {
		part = chunk_block(b->b_fib, chunk);
		part = block_part(&rest, part.bk_first, part.bk_depth);
		if ((error = block_build(b, &part, &slot)) != 0)
			return error;
		block_advance(&rest, &part);
		if (slot != 0)
			((uint32_t *)(void *)b->b_fib->f6_words)[chunk] = slot;
	}
	return 0;
}

/* Room for changes; a small table is as quickly compiled. */
static void
fib_finish(struct build6 *b)
{
	size_t used = b->b_fib->f6_nwords;
	size_t room = used;
	struct fib6 *f;

	if (b->b_fib->f6_bits > F6_BITS_SMALL)
		room = fib_edit_room(used);
	if (room > F6_REF_MASK)
		room = used;
	f = fib_edit_place(b->b_fib, fib_size(used), fib_size(room));
	if (f != NULL) {
		b->b_fib = f;
		b->b_room = room;
	}
	f = b->b_fib;
	f->f6_nwords = b->b_room;
	if (f->f6_bits > F6_BITS_SMALL)
		f->f6_edit = fib_edit_create(f->f6_words,
		    sizeof(f->f6_words[0]), fib6_chunks(f), used, b->b_room);
}

int
fib6_compile(const struct rib *rib, struct fib6 **fp)
{
	struct build6 b = { 0 };
	int error;

	if ((error = rib_flatten(rib, ADDR_V6, range_add, &b)) == 0 &&
	    (error = root_alloc(&b)) == 0 && (error = root_build(&b)) == 0) {
		fib_finish(&b);
		*fp = b.b_fib;
	} else
		free(b.b_fib);
	free(b.b_range);
	return error;
}

void
fib6_mark(struct fib6 *f, const struct prefix *p)
{
	struct in6 first = key_first(p->p_addr.a_v6, p->p_len);
	struct in6 last = key_last(first, p->p_len);

	unsigned depth;

	if (f->f6_edit != NULL)
		fib_edit_mark(f->f6_edit, fib6_chunk(f, &first, &depth),
		    fib6_chunk(f, &last, &depth));
}

/* Gives up what a slot leads to, and the words of that. */
static int ON_CTL
slot_drop(struct fib6 *f, uint32_t slot)
{
	const uint64_t *w = fib6_ref(f, slot);
	const uint32_t *slots = (const void *)(w + 1);
	unsigned n = fib6_count(slot), i;
	size_t bytes;
	int error = 0;

	switch (fib6_kind(slot)) {
	case F6_BUCKET_32:
	case F6_BUCKET_HI:
	case F6_BUCKET_ALL:
		bytes = bucket_bytes(fib6_kind(slot), n);
		break;
	case F6_NODE:
		n = (unsigned)__builtin_popcountll(*w);
		for (i = 0; i < n && error == 0; i++)
			error = slot_drop(f, slots[i]);
		bytes = sizeof(*w) + n * sizeof(slots[0]);
		break;
	case F6_SKIP:
		error = slot_drop(f,
		    ((const struct fib6_skip *)(const void *)w)->s6_inside);
		bytes = sizeof(struct fib6_skip);
		break;
	default:
		return 0;
	}
	if (error != 0)
		return error;
	return fib_edit_drop(f->f6_edit, slot & F6_REF_MASK, (bytes + 7) / 8);
}

/* Makes the tree of a chunk anew, beside the old one, and brings it in. */
static int ON_CTL
chunk_update(void *arg, uint32_t chunk)
{
	struct build6 *b = arg;
	struct fib6 *f = b->b_fib;
	uint32_t *root = (void *)f->f6_words;
	uint32_t old = root[chunk], slot;
	struct block bk = chunk_block(f, chunk);
	struct prefix p = { addr_v6(bk.bk_first), (uint8_t)bk.bk_depth };
	int error;

	b->b_n = 0;
	if ((error = rib_flatten_block(b->b_rib, &p, range_add, b)) != 0)
		return error;
	bk.bk_range = b->b_range;
	bk.bk_n = b->b_n;
	if ((error = block_build(b, &bk, &slot)) != 0)
		return error;
	__atomic_store_n(&root[chunk], slot, __ATOMIC_RELEASE);
	return slot_drop(f, old);
}

int
fib6_update(struct fib6 *f, const struct rib *rib, struct qsbr *q)
{
	struct build6 b = { .b_fib = f, .b_rib = rib, .b_update = true };
	int error;

	error = fib_edit_update(f->f6_edit, q, chunk_update, &b);
	free(b.b_range);
	return error;
}

void
fib6_free(struct fib6 *f)
{
	if (f == NULL)
		return;
	fib_edit_destroy(f->f6_edit);
	free(f);
}

void
fib6_retire(struct fib6 *f, struct qsbr *q)
{
	fib_edit_retire_table(f->f6_edit, f, fib_size(f->f6_nwords), q);
}

size_t
fib6_memory(const struct fib6 *f)
{
	return fib_size(f->f6_nwords) + fib_edit_memory(f->f6_edit);
}
