/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The published table of neighbours: lookup by any CPU, changes by ctl.
 *
 * A reader may meet a table that has just been replaced.  It then misses what
 * was added since, asks ctl, and is answered at once; what was deleted since
 * it may still use until the end of its round.  Both tables and entries are
 * freed by qsbr.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/point.h"
#include "route/neigh_int.h"

#define NEIGH_TABLE_MIN 64u /* slots */

/* What stands in a slot whose entry was deleted; equals no address. */
static const struct lle neigh_deleted = { .lle_addr.a_family = ADDR_NONE };
#define NEIGH_DELETED ((struct lle *)&neigh_deleted)

static const struct neigh_table *
neigh_table(const struct spate *sp)
{
	sim_point(SP_PUBLISH);
	return atomic_load_explicit(&sp->sp_neighs, memory_order_acquire);
}

/* Acquire: who sees an entry sees what is in it. */
static inline struct lle *
neigh_slot(const struct neigh_table *t, uint64_t i)
{
	return atomic_load_explicit(
	    &t->ngt_slot[i & t->ngt_mask], memory_order_acquire);
}

const struct lle *
neigh_lookup4(const struct spate *sp, unsigned ifindex, uint32_t addr)
{
	const struct neigh_table *t = neigh_table(sp);
	uint64_t i = neigh_hash4(t->ngt_key, ifindex, addr);
	const struct lle *lle;

	for (; (lle = neigh_slot(t, i)) != NULL; i++)
		if (lle->lle_addr.a_family == ADDR_V4 &&
		    lle->lle_addr.a_v4 == addr && lle->lle_ifindex == ifindex)
			break;
	return lle;
}

const struct lle *
neigh_lookup6(const struct spate *sp, unsigned ifindex, const struct in6 *addr)
{
	const struct neigh_table *t = neigh_table(sp);
	uint64_t i = neigh_hash6(t->ngt_key, ifindex, *addr);
	const struct lle *lle;

	for (; (lle = neigh_slot(t, i)) != NULL; i++)
		if (lle->lle_addr.a_family == ADDR_V6 &&
		    in6_eq(lle->lle_addr.a_v6, *addr) &&
		    lle->lle_ifindex == ifindex)
			break;
	return lle;
}

static struct neigh_table *
neigh_table_create(uint64_t key, uint32_t slots)
{
	struct neigh_table *t;

	t = calloc(1, sizeof(*t) + slots * sizeof(t->ngt_slot[0]));
	if (t != NULL) {
		t->ngt_key = key;
		t->ngt_mask = slots - 1;
	}
	return t;
}

/* The slot of an entry of the table, or, for NULL, the first free one. */
static uint64_t
neigh_table_find(const struct neigh_table *t, uint64_t i, const struct lle *lle)
{
	while (neigh_slot(t, i) != lle)
		i++;
	return i & t->ngt_mask;
}

static uint64_t
lle_hash(const struct neigh_table *t, const struct lle *lle)
{
	return neigh_hash(t->ngt_key, lle->lle_ifindex, &lle->lle_addr);
}

static void
neigh_table_store(struct neigh_table *t, uint64_t i, struct lle *lle)
{
	sim_point(SP_PUBLISH);
	/* Release: the entry is complete before it can be found. */
	atomic_store_explicit(&t->ngt_slot[i], lle, memory_order_release);
}

static void
neigh_table_copy(struct neigh_table *to, const struct neigh_table *from)
{
	struct lle *lle;
	uint32_t i;

	for (i = 0; i <= from->ngt_mask; i++) {
		lle = neigh_slot(from, i);
		if (lle != NULL && lle != NEIGH_DELETED)
			neigh_table_store(to,
			    neigh_table_find(to, lle_hash(to, lle), NULL), lle);
	}
}

static void
neigh_table_publish(struct spate *sp, struct neigh_table *t)
{
	sim_point(SP_PUBLISH);
	atomic_store_explicit(&sp->sp_neighs, t, memory_order_release);
}

int
neigh_pub_init(struct spate *sp, struct neigh_pub *np, uint64_t key)
{
	np->np_table = neigh_table_create(key, NEIGH_TABLE_MIN);
	if (np->np_table == NULL)
		return ENOMEM;
	np->np_live = np->np_taken = 0;
	neigh_table_publish(sp, np->np_table);
	return 0;
}

void
neigh_pub_fini(struct spate *sp, struct neigh_pub *np)
{
	neigh_table_publish(sp, NULL);
	free(np->np_table);
	np->np_table = NULL;
}

/* Without deleted marks, and at most a quarter full. */
static int ON_CTL
neigh_pub_rebuild(struct spate *sp, struct neigh_pub *np)
{
	struct neigh_table *old = np->np_table, *new;
	uint32_t slots = (uint32_t)roundup_pow2((np->np_live + 1) * 4ull);

	slots = umax(slots, NEIGH_TABLE_MIN);
	if ((new = neigh_table_create(old->ngt_key, slots)) == NULL)
		return ENOMEM;
	neigh_table_copy(new, old);
	np->np_table = new;
	np->np_taken = np->np_live;
	neigh_table_publish(sp, new);
	qsbr_retire(&sp->sp_qsbr, old,
	    sizeof(*old) + (old->ngt_mask + 1) * sizeof(old->ngt_slot[0]),
	    free);
	return 0;
}

/*
 * Half of the slots stay free, so that a reader who looks for what is not
 * there soon meets one.
 */
int
neigh_pub_set(struct spate *sp, struct neigh_pub *np, struct lle *new,
    struct lle *old)
{
	struct neigh_table *t = np->np_table;
	int error;

	if (old != NULL) {
		neigh_table_store(
		    t, neigh_table_find(t, lle_hash(t, old), old), new);
		hopgen_bump(sp);
		qsbr_retire(&sp->sp_qsbr, old, sizeof(*old), free);
		return 0;
	}
	if ((np->np_taken + 1) * 2 > t->ngt_mask + 1) {
		if ((error = neigh_pub_rebuild(sp, np)) != 0)
			return error;
		t = np->np_table;
	}
	neigh_table_store(t, neigh_table_find(t, lle_hash(t, new), NULL), new);
	np->np_live++;
	np->np_taken++;
	return 0;
}

void
neigh_pub_delete(struct spate *sp, struct neigh_pub *np, struct lle *lle)
{
	struct neigh_table *t = np->np_table;

	neigh_table_store(
	    t, neigh_table_find(t, lle_hash(t, lle), lle), NEIGH_DELETED);
	hopgen_bump(sp);
	np->np_live--;
	qsbr_retire(&sp->sp_qsbr, lle, sizeof(*lle), free);
}
