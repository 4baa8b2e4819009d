/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash tables of end points; see in_table.h.
 *
 * While a table grows, an old slot's nodes are all there, or all in the new
 * slots: it_moved is where the border is.  Twice the slots are full only after
 * as many insertions as there were old slots, and each moves several: a table
 * has always done with one growth when it wants the next.
 */
#include "netisr/in_table.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/kassert.h"

void
in_table_init(struct in_table *t)
{
	*t = (struct in_table){ .it_slot = &t->it_one };
}

/* The nodes of one old slot to the new ones. */
static void
table_move_slot(struct in_table *t, in_hash_fn *fn, const void *arg)
{
	struct in_node *n, *next, **to;

	n = t->it_old[t->it_moved];
	t->it_old[t->it_moved] = NULL;
	for (t->it_moved++; n != NULL; n = next) {
		next = n->in_next;
		to = &t->it_slot[(uint32_t)fn(n, arg) & t->it_mask];
		n->in_next = *to;
		*to = n;
	}
}

/* Some old slots; their memory when none is left. */
static void *
table_step(struct in_table *t, in_hash_fn *fn, const void *arg)
{
	void *old;
	unsigned i;

	for (i = 0; i < IN_TABLE_STEP && t->it_moved <= t->it_oldmask; i++)
		table_move_slot(t, fn, arg);
	if (t->it_moved <= t->it_oldmask)
		return NULL;
	old = t->it_old;
	t->it_old = NULL;
	return old != (void *)&t->it_one ? old : NULL;
}

void *
in_table_insert(struct in_table *t, struct in_node *n, uint64_t hash,
    in_hash_fn *fn, const void *arg)
{
	struct in_node **chain;
	void *old = NULL;

	if (t->it_old != NULL)
		old = table_step(t, fn, arg);
	chain = in_table_chain(t, hash);
	n->in_next = *chain;
	*chain = n;
	t->it_n++;
	return old;
}

void
in_table_remove(struct in_table *t, struct in_node *n, uint64_t hash)
{
	struct in_node **p;

	for (p = in_table_chain(t, hash); *p != n; p = &(*p)->in_next)
		KASSERT(*p != NULL);
	*p = n->in_next;
	n->in_next = NULL;
	t->it_n--;
}

uint32_t
in_table_wants(const struct in_table *t)
{
	if (t->it_old != NULL || t->it_n <= t->it_mask + 1 ||
	    t->it_mask >= 1u << 30)
		return 0;
	return (uint32_t)u64max(IN_TABLE_MIN, roundup_pow2(t->it_n));
}

bool
in_table_grow(struct in_table *t, struct in_node **slot, uint32_t n)
{
	if (t->it_old != NULL || n <= t->it_mask + 1 || !is_pow2(n))
		return false;
	t->it_old = t->it_slot;
	t->it_oldmask = t->it_mask;
	t->it_moved = 0;
	t->it_slot = slot;
	t->it_mask = n - 1;
	return true;
}

static size_t
slots_bytes(const struct in_table *t, struct in_node *const *slot,
    uint32_t mask)
{
	return slot == NULL || slot == &t->it_one ? 0 :
	    ((size_t)mask + 1) * sizeof(*slot);
}

size_t
in_table_bytes(const struct in_table *t)
{
	return slots_bytes(t, t->it_slot, t->it_mask) +
	    slots_bytes(t, t->it_old, t->it_oldmask);
}

static void
chains_each(struct in_node *const *slot, uint32_t n,
    void (*fn)(struct in_node *, void *), void *arg)
{
	struct in_node *node, *next;
	uint32_t i;

	for (i = 0; i < n; i++)
		for (node = slot[i]; node != NULL; node = next) {
			next = node->in_next;
			fn(node, arg);
		}
}

void
in_table_each(
    struct in_table *t, void (*fn)(struct in_node *, void *), void *arg)
{
	chains_each(t->it_slot, t->it_mask + 1, fn, arg);
	if (t->it_old != NULL)
		chains_each(t->it_old, t->it_oldmask + 1, fn, arg);
}

void
in_table_fini(struct in_table *t)
{
	if (t->it_slot != &t->it_one)
		free(t->it_slot);
	if (t->it_old != &t->it_one)
		free(t->it_old);
	in_table_init(t);
}
