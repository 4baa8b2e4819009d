/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between check.c and check_result.c.
 *
 * Who may touch a member:
 *	I	immutable after checker_create()
 *	o	the thread that the checker belongs to
 */
#ifndef GEN_CHECK_INT_H
#define GEN_CHECK_INT_H

#include "gen/check.h"

/* A number that was passed over: who went past it, and when. */
struct check_hole {
	uint32_t ho_at; /* the low bits of how many had come before */
	uint32_t ho_time; /* 256 ns */
};

/* The last packets of a flow that came out of order. */
struct check_recent {
	uint32_t re_at[3]; /* how many had come before */
	uint32_t re_seq[3];
	uint32_t re_n; /* of them are known … */
	uint32_t re_next; /* … and where the next goes */
};
static_assert(sizeof(struct check_recent) == CACHELINE / 2, "no gaps");

struct checker {
	struct check_flow *ck_flow; /* [o] flows of this share */
	uint64_t *ck_window1; /* [I] the first flow's window, … */
	unsigned ck_shift; /* [I] … the next 1 << ck_shift words on */
	bool ck_far; /* [I] flows do not stay in a cache nearby */
	uint64_t *ck_seen; /* [o] windows over 64: bits by number */
	struct check_hole *ck_hole; /* [o] likewise; NULL: no extents */
	struct check_recent *ck_recent; /* [o] likewise */
	struct check_group *ck_group; /* [o] */
	struct check_hists *ck_hists; /* [o] */
	uint64_t ck_stray; /* [o] */
	uint32_t ck_base; /* [I] */
	uint32_t ck_first; /* [I] */
	uint32_t ck_nflows; /* [I] of this share */
	unsigned ck_share; /* [I] */
	unsigned ck_shares; /* [I] */
	unsigned ck_window; /* [I] */
	unsigned ck_ngroups; /* [I] */
	unsigned ck_nhists; /* [I] */
};

/* The place of a flow here; ck_nflows or more: not one of ours. */
static inline uint32_t
check_index(const struct checker *ck, uint32_t flow)
{
	uint32_t i = flow - ck->ck_base;

	if (ck->ck_shares == 1)
		return i;
	if (i % ck->ck_shares != ck->ck_share)
		return UINT32_MAX;
	return i / ck->ck_shares;
}

#endif
