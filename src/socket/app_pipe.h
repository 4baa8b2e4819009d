/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack's end of a pipe: what a thread of a program has for a CPU.
 *
 *	I	immutable after app_pipe_init()
 *	o	the CPU
 */
#ifndef SOCKET_APP_PIPE_H
#define SOCKET_APP_PIPE_H

#include "socket/app_fault.h"
#include "socket/app_mem.h"

struct app_pipe {
	struct app_ends *ap_ends; /* [I] */
	const uint8_t *ap_bytes; /* [I] */
	uint64_t ap_mask; /* [I] bytes - 1 */
	uint64_t ap_tail; /* [o] bytes ever taken */
	uint64_t ap_told; /* [o] ap_tail, as the program knows it */
	enum app_fault ap_fault; /* [o] takes nothing any more */
};

/*
 * A record as it was when it was looked at: pi_head is a copy.  pi_data has
 * pi_head.rc_len bytes, in the pipe, and the program may still change them:
 * copy, then look.  Good until app_pipe_done().
 */
struct app_item {
	struct app_rec pi_head;
	const uint8_t *pi_data;
};

/* The pipe is empty, and nobody uses it yet. */
void app_pipe_init(struct app_pipe *, const struct app_mem *, unsigned ring);

/*
 * Up to max of the oldest records that were not taken yet, in order.  Fewer
 * than there are may be got while ap_fault is APP_SOUND; with a fault none.
 */
unsigned app_pipe_take(struct app_pipe *, struct app_item *, unsigned max);

/*
 * All that was taken is done with: its room is the program's again.  Whether a
 * thread waits for that and is to be woken.
 */
bool app_pipe_done(struct app_pipe *);

/*
 * Whether there is something to take.  Exact: after a full barrier it sees all
 * that was put before the program's full barrier.
 */
bool app_pipe_waiting(const struct app_pipe *);

#endif
