/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interleaving points.
 *
 * Code between two points is one step to every other CPU as far as the
 * simulator is concerned: at a point its hook may run another CPU first.  So
 * each action that another CPU can see is preceded by one.  Production threads
 * leave the hook NULL.
 */
#ifndef BASE_POINT_H
#define BASE_POINT_H

#include <stddef.h>

#include "base/bytes.h"

enum sim_point {
	SP_RING, /* a ring's index is about to be read or moved */
	SP_PUBLISH, /* a pointer is about to be published or read */
	SP_STAGE, /* between two stages of the path */
	SP_SLEEP, /* inside the steps that lead to sleep */
	SP_WAKE, /* between an enqueue, the look at the flag, the waking */
	SP_QSBR /* a checkpoint or a retirement */
};

/* Set by the simulator around each step of a CPU; NULL otherwise. */
extern _Thread_local void (*sim_point_hook)(enum sim_point);

static inline void
sim_point(enum sim_point k)
{
	if (unlikely(sim_point_hook != NULL))
		sim_point_hook(k);
}

#endif
