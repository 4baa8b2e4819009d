/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash tables of end points, which belong to one CPU and grow while they are
 * used: never all at once, and never by memory that the CPU has to ask the
 * system for.
 *
 * A table works without any memory, as one chain.  When it holds more nodes
 * than slots it wants twice as many; somebody else allocates them, and from
 * then on each insertion moves a few of the old slots, so that no operation
 * ever costs more than a few chains.
 *
 *	o	owner CPU only
 */
#ifndef NETISR_IN_TABLE_H
#define NETISR_IN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First in what is to be found. */
struct in_node {
	struct in_node *in_next; /* [o] */
};

struct in_table {
	struct in_node **it_slot; /* [o] */
	struct in_node **it_old; /* [o] being emptied; NULL: nothing is */
	uint32_t it_mask; /* [o] slots - 1 */
	uint32_t it_oldmask; /* [o] */
	uint32_t it_moved; /* [o] slots of it_old that are empty */
	uint32_t it_n; /* [o] nodes */
	struct in_node *it_one; /* [o] the slot of a table without memory */
	bool it_asked; /* [o] for memory; for who uses the table */
};

#define IN_TABLE_MIN  64u /* slots, when it first has memory */
#define IN_TABLE_STEP 4 /* old slots moved by an insertion */

/* Must not move in memory while it has none of its own: it_one. */
void in_table_init(struct in_table *);

/* The hash of a node, the low bits of which name its slot. */
typedef uint64_t in_hash_fn(const struct in_node *, const void *arg);

/* The chain that holds whatever has this hash. */
static inline struct in_node **
in_table_chain(struct in_table *t, uint64_t hash)
{
	uint32_t old = (uint32_t)hash & t->it_oldmask;

	if (__builtin_expect(t->it_old != NULL, 0) && old >= t->it_moved)
		return &t->it_old[old];
	return &t->it_slot[(uint32_t)hash & t->it_mask];
}

/*
 * Insert a node that is in no table; fn and arg are for the nodes that move.
 * Returns the memory of slots that became empty, which is the caller's to
 * free, or NULL.
 */
void *in_table_insert(struct in_table *, struct in_node *, uint64_t hash,
    in_hash_fn *fn, const void *arg);

/* A node that is in the table, by its hash. */
void in_table_remove(struct in_table *, struct in_node *, uint64_t hash);

/*
 * Slots that it should have instead of those it has; 0: these are good.  Not
 * while it is still growing.
 */
uint32_t in_table_wants(const struct in_table *);

/*
 * Take memory for n slots, all NULL: as many as in_table_wants() said.  False:
 * it has as many already, or is growing, and the memory is the caller's.
 */
bool in_table_grow(struct in_table *, struct in_node **slot, uint32_t n);

/* Bytes of slots. */
size_t in_table_bytes(const struct in_table *);

/*
 * Call fn for each node; it may remove the node, and no other.  Not bounded.
 */
void in_table_each(struct in_table *, void (*fn)(struct in_node *, void *),
    void *arg);

/* Give up the memory of slots by free(3); nodes are left alone. */
void in_table_fini(struct in_table *);

#endif
