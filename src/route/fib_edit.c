/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free words are kept by the size of the piece.  A piece is cut from the words
 * never used as long as there are any, then from a larger one.  What churn
 * scatters is never joined again: when no piece is large enough the table is
 * compiled anew, which begins with everything in one.
 */
#include "route/fib_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/kassert.h"
#include "base/lines.h"

#define FE_SPARE  4096 /* words of room that even a small table gets */
#define FE_MANY   8 /* of so many chunks one is changed at most */
#define FE_HUGE   (2u << 20) /* bytes from which on huge pages pay */
#define FE_POISON 0xdb /* in free pieces: nothing that a lookup may find */

struct fib_old {
	struct fib_edit *fo_edit;
	uint32_t fo_n;
	uint32_t fo_room;
	struct fib_piece {
		uint32_t fp_ref;
		uint32_t fp_n;
	} fo_piece[];
};

/* One more and compiling is cheaper. */
static uint32_t
list_room(uint32_t chunks)
{
	return chunks / FE_MANY;
}

struct fib_edit *
fib_edit_create(void *words, uint32_t wordsize, uint32_t chunks, size_t used,
    size_t room)
{
	size_t nbits = BITMAP_WORDS((size_t)chunks);
	struct fib_edit *fe;

	fe = calloc(1, sizeof(*fe) + nbits * sizeof(fe->fe_dirty[0]) +
	    list_room(chunks) * sizeof(fe->fe_list[0]));
	if (fe == NULL)
		return NULL;
	fe->fe_list = (void *)(fe->fe_dirty + nbits);
	fe->fe_words = words;
	fe->fe_wordsize = wordsize;
	fe->fe_chunks = chunks;
	fe->fe_top = (uint32_t)used;
	fe->fe_room = (uint32_t)room;
	return fe;
}

void
fib_edit_destroy(struct fib_edit *fe)
{
	if (fe == NULL)
		return;
	free(fe->fe_old);
	free(fe);
}

size_t
fib_edit_memory(const struct fib_edit *fe)
{
	if (fe == NULL)
		return 0;
	return sizeof(*fe) +
	    BITMAP_WORDS((size_t)fe->fe_chunks) * sizeof(fe->fe_dirty[0]) +
	    list_room(fe->fe_chunks) * sizeof(fe->fe_list[0]);
}

size_t
fib_edit_room(size_t used)
{
	return used + used / 3 + FE_SPARE;
}

void *
fib_edit_place(void *table, size_t used, size_t size)
{
	void *placed;

	if (size < FE_HUGE)
		return realloc(table, size);
	if ((placed = huge_alloc(size)) == NULL)
		return NULL;
	memcpy(placed, table, used);
	free(table);
	return placed;
}

void
fib_edit_mark(struct fib_edit *fe, uint32_t first, uint32_t last)
{
	uint32_t i;

	KASSERT(first <= last && last < fe->fe_chunks);
	for (i = first; i <= last && !fib_edit_many(fe); i++) {
		if (bitmap_test(fe->fe_dirty, i))
			continue;
		if (fe->fe_ndirty == list_room(fe->fe_chunks)) {
			fe->fe_ndirty = UINT32_MAX;
			return;
		}
		bitmap_set(fe->fe_dirty, i);
		fe->fe_list[fe->fe_ndirty++] = i;
	}
}

bool
fib_edit_many(const struct fib_edit *fe)
{
	return fe->fe_ndirty == UINT32_MAX;
}

static char *
piece_at(const struct fib_edit *fe, uint32_t ref)
{
	return (char *)fe->fe_words + (size_t)ref * fe->fe_wordsize;
}

static void
piece_put(struct fib_edit *fe, uint32_t ref, uint32_t n)
{
	memset(piece_at(fe, ref), FE_POISON, (size_t)n * fe->fe_wordsize);
	memcpy(piece_at(fe, ref), &fe->fe_free[n], sizeof(fe->fe_free[n]));
	fe->fe_free[n] = ref;
	fe->fe_nfree += n;
	bitmap_set(fe->fe_some, n);
}

static uint32_t
piece_get(struct fib_edit *fe, uint32_t n)
{
	uint32_t ref = fe->fe_free[n];

	memcpy(&fe->fe_free[n], piece_at(fe, ref), sizeof(fe->fe_free[n]));
	fe->fe_nfree -= n;
	if (fe->fe_free[n] == 0)
		bitmap_clear(fe->fe_some, n);
	return ref;
}

uint32_t
fib_edit_take(struct fib_edit *fe, size_t n)
{
	uint32_t ref, size;

	if (n >= FE_SIZES)
		return 0;
	if (fe->fe_free[n] != 0)
		return piece_get(fe, (uint32_t)n);
	if (fe->fe_room - fe->fe_top >= n) {
		ref = fe->fe_top;
		fe->fe_top += (uint32_t)n;
		return ref;
	}
	size = bitmap_next(fe->fe_some, FE_SIZES, (unsigned)n);
	if (size == FE_SIZES)
		return 0;
	ref = piece_get(fe, size);
	piece_put(fe, ref + (uint32_t)n, size - (uint32_t)n);
	return ref;
}

int
fib_edit_drop(struct fib_edit *fe, uint32_t ref, size_t n)
{
	struct fib_old *fo = fe->fe_old;
	uint32_t room;

	if (n >= FE_SIZES)
		return ENOMEM;
	if (fo == NULL || fo->fo_n == fo->fo_room) {
		room = fo == NULL ? 64 : fo->fo_room * 2;
		fo = realloc(fo, sizeof(*fo) + room * sizeof(fo->fo_piece[0]));
		if (fo == NULL)
			return ENOMEM;
		if (fe->fe_old == NULL)
			fo->fo_n = 0;
		fo->fo_edit = fe;
		fo->fo_room = room;
		fe->fe_old = fo;
	}
	fo->fo_piece[fo->fo_n++] = (struct fib_piece){ ref, (uint32_t)n };
	return 0;
}

static void
pieces_free(void *arg)
{
	struct fib_old *fo = arg;
	uint32_t i;

	for (i = 0; i < fo->fo_n; i++)
		piece_put(fo->fo_edit, fo->fo_piece[i].fp_ref,
		    fo->fo_piece[i].fp_n);
	free(fo);
}

/*
 * What was marked is done, as far as it could be: what took the place of it
 * goes after a grace period.
 */
static void ON_CTL
edit_end(struct fib_edit *fe, struct qsbr *q, bool whole)
{
	struct fib_old *fo = fe->fe_old;
	uint32_t i;

	for (i = 0; i < fe->fe_ndirty; i++)
		bitmap_clear(fe->fe_dirty, fe->fe_list[i]);
	fe->fe_ndirty = whole ? 0 : UINT32_MAX;
	fe->fe_old = NULL;
	if (fo != NULL)
		qsbr_retire(q, fo, 0, pieces_free);
}

int
fib_edit_update(struct fib_edit *fe, struct qsbr *q, fib_chunk_fn *fn,
    void *arg)
{
	uint32_t i;
	int error = 0;

	if (fe == NULL || fib_edit_many(fe))
		return E2BIG;
	for (i = 0; i < fe->fe_ndirty && error == 0; i++)
		error = fn(arg, fe->fe_list[i]);
	edit_end(fe, q, error == 0);
	return error;
}

static void
table_retired(void *table)
{
	free(table);
}

static void
edit_retired(void *fe)
{
	fib_edit_destroy(fe);
}

void
fib_edit_retire_table(
    struct fib_edit *fe, void *table, size_t size, struct qsbr *q)
{
	/* Its pieces that wait for their grace come before both. */
	if (fe != NULL)
		qsbr_retire(q, fe, 0, edit_retired);
	qsbr_retire(q, table, size, table_retired);
}
