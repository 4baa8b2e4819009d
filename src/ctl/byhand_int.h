/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of changes by hand; private to ctl/.
 */
#ifndef CTL_BYHAND_INT_H
#define CTL_BYHAND_INT_H

#include "ctl/byhand.h"
#include "ctl/control_int.h"

struct byhand_one {
	const struct control_kind *bo_kind;
	struct control_obj bo_obj; /* o_hand: it runs and is not configured */
	char *bo_text;
};

struct byhand {
	struct conf by_conf; /* sections of the other one, and some of ours */
	struct conf_mem *by_mem; /* arrays of by_conf */
	struct byhand_one *by_one;
	unsigned by_n;
};

/* byhand.c: one more change.  ENOMEM. */
int byhand_add(struct byhand *, const struct control_kind *,
    const struct control_obj *);

/*
 * byhand_find.c: the changes of each kind, in the order in which they can be
 * made again, and by_conf as it runs.  ENOMEM.
 */
int byhand_find(struct ctl *, struct byhand *, const struct conf *) ON_CTL;

#endif
