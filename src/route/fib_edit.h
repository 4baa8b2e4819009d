/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing a compiled forwarding table in place, while CPUs read it.
 *
 * A table is a direct table, indexed by the first bits of an address (an index
 * is a chunk), and pieces: runs of words that entries of the direct table lead
 * to.  What a change of routes touches is made anew, in words that no CPU can
 * reach; one store to the direct table brings it in, and the words it took the
 * place of are free again after a grace period.  So readers see each chunk as
 * it was or as it will be.
 *
 * Here is what both families need for it: which chunks are to be made anew,
 * and which words are free.  The words are the table's; a free piece holds the
 * number of the next free one of its size.
 *
 * All of it belongs to ctl.
 */
#ifndef ROUTE_FIB_EDIT_H
#define ROUTE_FIB_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/qsbr.h"

#define FE_SIZES 4100 /* a piece has fewer words: 4096 addresses' ranges fit */

struct fib_old;

struct fib_edit {
	void *fe_words; /* of the table */
	uint32_t fe_wordsize; /* bytes of one: 4 or 8 */
	uint32_t fe_top; /* words from here on were never used */
	uint32_t fe_room; /* words there are */
	uint32_t fe_nfree; /* words of pieces in fe_free */
	uint32_t fe_chunks; /* of the direct table */
	uint32_t fe_ndirty; /* to be made anew: in fe_list, but see
			     * fib_edit_many() */
	uint32_t *fe_list; /* their numbers, in order of marking */
	struct fib_old *fe_old; /* pieces replaced since the last publish */
	uint32_t fe_free[FE_SIZES]; /* first free piece of each size; 0: none */
	uint64_t fe_some[(FE_SIZES + 63) / 64]; /* sizes that have one */
	uint64_t fe_dirty[]; /* by chunk: is in fe_list */
};

/*
 * For a table of so many chunks whose words, the first used ones in use, have
 * room for room of them.  NULL if there is no memory.
 */
struct fib_edit *fib_edit_create(void *words, uint32_t wordsize,
    uint32_t chunks, size_t used, size_t room);
void fib_edit_destroy(struct fib_edit *);
size_t fib_edit_memory(const struct fib_edit *);

/* Words worth having for a table that uses so many. */
size_t fib_edit_room(size_t used);

/*
 * The table, of which the first used bytes are written, in size bytes where
 * lookups find it fastest; free() frees it.  NULL: ENOMEM, and it is as it was.
 */
void *fib_edit_place(void *table, size_t used, size_t size);

/* Chunks first to last have changed. */
void fib_edit_mark(struct fib_edit *, uint32_t first, uint32_t last) ON_CTL;

/* So many have that compiling the table costs less. */
bool fib_edit_many(const struct fib_edit *);

/* A piece of n words that no CPU can reach; 0 if there is no room. */
uint32_t fib_edit_take(struct fib_edit *, size_t n) ON_CTL;

/*
 * The piece at ref is no longer reached from the table.  It is free a grace
 * period after the update.  ENOMEM: it is not, and never will be.
 */
int fib_edit_drop(struct fib_edit *, uint32_t ref, size_t n) ON_CTL;

/* Makes a chunk as the rib has it; an errno value. */
typedef int fib_chunk_fn(void *arg, uint32_t chunk);

/*
 * Have fn make each chunk that is marked; what it drops is free after a grace
 * period.  fe may be NULL.  An error (E2BIG: there are too many, or no room):
 * some are not made; the table must be compiled anew, and updates fail until
 * then.
 */
int fib_edit_update(
    struct fib_edit *, struct qsbr *, fib_chunk_fn *fn, void *arg) ON_CTL;

/*
 * The table, size bytes of malloc()'s, has another in its place: free it and
 * its edit, which may be NULL, after a grace period.
 */
void fib_edit_retire_table(struct fib_edit *, void *table, size_t size,
    struct qsbr *) ON_CTL;

#endif
