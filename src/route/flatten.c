/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One walk over the table, which gives an outer prefix before those inside of
 * it.  The prefixes that cover the current address lie on a stack: a prefix
 * begins a range with its own next hop, its end begins one with the next hop
 * of whatever it lay in.  Several ranges may be begun at one address (a prefix
 * ends where another begins, two prefixes begin together); the last one
 * counts, so a range is held back until the next begins elsewhere.
 */
#include "route/flatten.h"

#include <stdbool.h>

#include "base/kassert.h"
#include "route/rib.h"
#include "route/route_int.h"

/* Who may touch a member: o, rib_flatten() and what it calls. */
struct cover {
	struct in6 c_last; /* [o] last address of the prefix */
	uint32_t c_nh; /* [o] */
};

struct flatten {
	flatten_fn *f_fn; /* [o] */
	void *f_arg; /* [o] */
	struct in6 f_begin; /* [o] of the block */
	struct in6 f_end; /* [o] its last address */
	struct in6 f_first; /* [o] of the range held back */
	uint32_t f_nh; /* [o] of the range held back */
	uint32_t f_told; /* [o] next hop of the range before */
	bool f_any; /* [o] there was a range before */
	unsigned f_depth; /* [o] of the stack */
	struct cover f_cover[KEY_BITS + 2]; /* [o] the block, prefixes */
};

static int
range_tell(struct flatten *f)
{
	if (f->f_any && f->f_told == f->f_nh)
		return 0;
	f->f_any = true;
	f->f_told = f->f_nh;
	return f->f_fn(f->f_arg, f->f_first, f->f_nh);
}

static int
range_begin(struct flatten *f, struct in6 first, uint32_t nh)
{
	int error = 0;

	if (!in6_eq(first, f->f_first))
		error = range_tell(f);
	f->f_first = first;
	f->f_nh = nh;
	return error;
}

static void
cover_push(struct flatten *f, struct in6 last, uint32_t nh)
{
	KASSERT(f->f_depth < KEY_BITS + 2);
	f->f_cover[f->f_depth++] = (struct cover){ last, nh };
}

/* The innermost prefix ends. */
static int
cover_pop(struct flatten *f)
{
	struct in6 next = key_next(f->f_cover[--f->f_depth].c_last);

	return range_begin(f, next, f->f_cover[f->f_depth - 1].c_nh);
}

static int
flatten_route(
    void *arg, const struct prefix *p, const struct rib_entry *re, bool active)
{
	struct flatten *f = arg;
	struct in6 key = key_from_addr(&p->p_addr);
	struct in6 last = key_last(key, p->p_len);
	int error;

	if (!active)
		return 0;
	/* One that covers the block. */
	if (key_before(key, f->f_begin))
		key = f->f_begin;
	if (key_before(f->f_end, last))
		last = f->f_end;
	while (key_before(f->f_cover[f->f_depth - 1].c_last, key))
		if ((error = cover_pop(f)) != 0)
			return error;
	cover_push(f, last, re->re_nhop);
	return range_begin(f, key, re->re_nhop);
}

int
rib_flatten_block(const struct rib *r, const struct prefix *block,
    flatten_fn *fn, void *arg)
{
	struct in6 key = key_from_addr(&block->p_addr);
	struct flatten f = { .f_fn = fn,
		.f_arg = arg,
		.f_begin = key_first(key, block->p_len),
		.f_end = key_last(key, block->p_len) };
	int error;

	f.f_first = f.f_begin;
	cover_push(&f, f.f_end, 0);
	if ((error = rib_walk_block(r, block, flatten_route, &f)) != 0)
		return error;
	while (!in6_eq(f.f_cover[f.f_depth - 1].c_last, f.f_end))
		if ((error = cover_pop(&f)) != 0)
			return error;
	return range_tell(&f);
}

int
rib_flatten(const struct rib *r, uint8_t family, flatten_fn *fn, void *arg)
{
	const struct prefix all = { .p_addr = { .a_family = family } };

	return rib_flatten_block(r, &all, fn, arg);
}
