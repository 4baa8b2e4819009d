/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A move and its messages; move.h tells the steps.
 *
 * For each old owner and each CPU there is one message, which makes the whole
 * tour, so that no CPU ever needs one of its own:
 *
 *	ctl -> CPU	how many packets have you handed to the old owner?
 *	-> old owner	waits until it has finished so many, of every CPU
 *	-> CPU		what I handed to you: has it left?
 *	-> old owner	waits for all
 *	-> CPU		if it is a new owner: the state of its buckets
 *	-> ctl		over
 *
 *	I	immutable after move_start()
 *	o	whoever holds the message
 *	C	ctl only
 */
#ifndef NETISR_MOVE_INT_H
#define NETISR_MOVE_INT_H

#include "netisr/move.h"

/* One bucket's way. */
struct move_way {
	uint16_t mw_bucket; /* [I] */
	uint16_t mw_from; /* [I] */
	uint16_t mw_to; /* [I] */
	void *mw_state[BUCKET_STATES_MAX]; /* [o] old owner, then new */
};

/* A move; all of its messages point to it. */
struct move {
	unsigned mv_n; /* [I] */
	unsigned mv_left; /* [C] messages that are not back */
	struct move_msg *mv_tour; /* [C] for steps 3 to 5, till they begin */
	struct move_way mv_way[]; /* [I] */
};

struct move_msg {
	struct msg mm_msg;
	struct move_msg *mm_next; /* [o] */
	struct move *mm_move; /* [I] */
	uint16_t mm_cpu; /* [I] */
	uint16_t mm_old; /* [I] */
	uint64_t mm_seq; /* [o] packets from one CPU to the other */
};

static inline void
move_send(struct endpoint *self, unsigned to, struct move_msg *mm,
    void (*fn)(struct endpoint *, struct msg *))
{
	mm->mm_msg.msg_fn = fn;
	msg_send(self, to, &mm->mm_msg);
}

static inline struct move_msg *
move_msg(struct msg *msg)
{
	return container_of(msg, struct move_msg, mm_msg);
}

/* Steps at a CPU: 1, 3. */
void move_prepare(struct endpoint *, struct msg *);
void move_mark(struct endpoint *, struct msg *);

/* At ctl: 1 is done, and a message is at its end. */
void move_held(struct endpoint *, struct msg *);
void move_over(struct endpoint *, struct msg *);

#endif
