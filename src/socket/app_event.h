/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack's end of a ring of events: what a CPU has for a thread of a
 * program.
 *
 *	I	immutable after app_tell_init()
 *	o	the CPU
 */
#ifndef SOCKET_APP_EVENT_H
#define SOCKET_APP_EVENT_H

#include "socket/app_fault.h"
#include "socket/app_mem.h"

struct app_tell {
	struct app_ends *at_ends; /* [I] */
	struct app_event *at_event; /* [I] */
	uint64_t at_mask; /* [I] */
	uint64_t at_head; /* [o] ever put */
	uint64_t at_told; /* [o] at_head, as the program knows it */
	uint64_t at_tail; /* [o] ever taken, perhaps of old */
	enum app_fault at_fault; /* [o] puts nothing any more */
};

/* The ring is empty, and nobody uses it yet. */
void app_tell_init(struct app_tell *, const struct app_mem *, unsigned ring);

/*
 * Put one behind the others; false if there is no room, or with a fault.  The
 * program sees it after app_tell_flush().
 */
bool app_tell_put(struct app_tell *, const struct app_event *);

/*
 * What was put is there.  Whether the program must be woken if it sleeps, which
 * the caller finds out by taking its thread's flag.
 */
bool app_tell_flush(struct app_tell *);

/*
 * Have the program wake this CPU when there is room again.  Returns true, and
 * it will not, if there is already.
 */
bool app_tell_want(struct app_tell *);

#endif
