/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookup of a vector in the IPv6 forwarding table.
 */
#include "base/bytes.h"
#include "route/fib6.h"
#include "route/fib_find.h"

#define F6_BATCH 64 /* lookups in flight */
#define F6_SMALL 8192u /* words of a table that the caches hold */

/*
 * A leaf has nothing to fetch; the begin of the object stands in for it.  What
 * is larger than a cache line, or lies on two, is fetched to the second one.
 */
static inline void
slot_prefetch(const struct fib6 *f, uint32_t slot)
{
	const uint64_t *w = fib6_ref(f, fib6_kind(slot) == F6_LEAF ? 0 : slot);

	__builtin_prefetch(w);
	__builtin_prefetch((const char *)w + 56);
}

/* Lookups on their way.  Who may touch a member: o, who looks up. */
struct walk6 {
	unsigned wk_depth[F6_BATCH]; /* [o] */
	uint8_t wk_live[F6_BATCH]; /* [o] at a node or skip */
	unsigned wk_nlive; /* [o] */
	uint8_t wk_last[F6_BATCH]; /* [o] at a bucket */
	unsigned wk_nlast; /* [o] */
};

/* Lookup i is at slot.  No branches: what comes is as good as random. */
static inline __attribute__((always_inline)) void
walk_at(const struct fib6 *f, struct walk6 *wk, unsigned i, uint32_t slot)
{
	slot_prefetch(f, slot);
	wk->wk_live[wk->wk_nlive] = (uint8_t)i;
	wk->wk_nlive += fib6_kind(slot) >= F6_NODE;
	wk->wk_last[wk->wk_nlast] = (uint8_t)i;
	wk->wk_nlast +=
	    fib6_kind(slot) - F6_BUCKET_32 <= F6_BUCKET_ALL - F6_BUCKET_32;
}

/*
 * All lookups take a step, then all that are not done take the next, so that
 * what one waits for from memory is fetched while the others go on.  Those at
 * a bucket are left.
 */
static inline __attribute__((always_inline)) void
walk_batch(const struct fib6 *f, struct walk6 *wk, const struct in6 *dst,
    uint32_t *nh, unsigned n)
{
	unsigned todo, i, j;

	wk->wk_nlive = wk->wk_nlast = 0;
	for (i = 0; i < n; i++) {
		nh[i] = fib6_root(f, &dst[i], &wk->wk_depth[i]);
		walk_at(f, wk, i, nh[i]);
	}
	while ((todo = wk->wk_nlive) > 0) {
		wk->wk_nlive = 0;
		for (j = 0; j < todo; j++) {
			i = wk->wk_live[j];
			nh[i] = fib6_step(f, nh[i], &dst[i], &wk->wk_depth[i]);
			walk_at(f, wk, i, nh[i]);
		}
	}
}

static void
lookup_batch(
    const struct fib6 *f, const struct in6 *dst, uint32_t *nh, unsigned n)
{
	struct walk6 wk;
	unsigned i, j;

	walk_batch(f, &wk, dst, nh, n);
	for (j = 0; j < wk.wk_nlast; j++) {
		i = wk.wk_last[j];
		nh[i] = fib6_finish(f, nh[i], &dst[i], wk.wk_depth[i]);
	}
}

#ifdef FIB_VECTOR
/* fib6_finish(), faster for the usual bucket. */
FIB_VECTOR static inline uint32_t
finish_vector(const struct fib6 *f, uint32_t slot, const struct in6 *dst,
    unsigned depth)
{
	const uint32_t *few = (const void *)fib6_ref(f, slot);
	unsigned n = fib6_count(slot) - 1;
	uint32_t key;

	if (unlikely(fib6_kind(slot) != F6_BUCKET_32))
		return fib6_finish(f, slot, dst, depth);
	key = (uint32_t)(fib6_bits(dst, depth) >> 32);
	return ((const uint16_t *)(const void *)(few +
	    n))[fib_find_vector(few, key, n)];
}

FIB_VECTOR static void
lookup_batch_vector(
    const struct fib6 *f, const struct in6 *dst, uint32_t *nh, unsigned n)
{
	struct walk6 wk;
	unsigned i, j;

	walk_batch(f, &wk, dst, nh, n);
	for (j = 0; j < wk.wk_nlast; j++) {
		i = wk.wk_last[j];
		nh[i] = finish_vector(f, nh[i], &dst[i], wk.wk_depth[i]);
	}
}
#endif

/*
 * One after the other, for a table that the caches hold anyway: there the
 * processor overlaps them better than walk_batch() does.
 */
static void
lookup_small(
    const struct fib6 *f, const struct in6 *dst, uint32_t *nh, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		nh[i] = fib6_lookup(f, &dst[i]);
}

#ifdef FIB_VECTOR
FIB_VECTOR static void
lookup_small_vector(
    const struct fib6 *f, const struct in6 *dst, uint32_t *nh, unsigned n)
{
	unsigned i, depth;
	uint32_t slot;

	for (i = 0; i < n; i++) {
		slot = fib6_root(f, &dst[i], &depth);
		while (fib6_kind(slot) >= F6_NODE)
			slot = fib6_step(f, slot, &dst[i], &depth);
		nh[i] = finish_vector(f, slot, &dst[i], depth);
	}
}
#endif

void
fib6_lookup_vec(
    const struct fib6 *f, const struct in6 *dst, uint32_t *nh, unsigned n)
{
	bool small = f->f6_nwords <= F6_SMALL;
	void (*batch)(const struct fib6 *, const struct in6 *, uint32_t *,
	    unsigned) = small ? lookup_small : lookup_batch;

#ifdef FIB_VECTOR
	if (fib_vector())
		batch = small ? lookup_small_vector : lookup_batch_vector;
#endif
	for (; n > F6_BATCH; n -= F6_BATCH) {
		batch(f, dst, nh, F6_BATCH);
		dst += F6_BATCH;
		nh += F6_BATCH;
	}
	batch(f, dst, nh, n);
}
