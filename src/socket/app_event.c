/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events for a program.  What was put is counted here, and of the ring nothing
 * is ever read but how many the program took, which is checked.
 */
#include "socket/app_event.h"

#include "base/bytes.h"

void
app_tell_init(struct app_tell *at, const struct app_mem *am, unsigned ring)
{
	*at = (struct app_tell){ .at_ends = app_event_ends(am, ring),
		.at_event = app_events(am, ring),
		.at_mask = am->am_shape.as_events - 1 };
}

static void
tell_look(struct app_tell *at)
{
	uint64_t tail = atomic_load_explicit(
	    &at->at_ends->ae_tail, memory_order_acquire);

	if (tail - at->at_tail > at->at_told - at->at_tail)
		at->at_fault = APP_F_TAIL;
	else
		at->at_tail = tail;
}

static bool
tell_room(struct app_tell *at)
{
	if (at->at_head - at->at_tail > at->at_mask)
		tell_look(at);
	return at->at_fault == APP_SOUND &&
	    at->at_head - at->at_tail <= at->at_mask;
}

bool
app_tell_put(struct app_tell *at, const struct app_event *ev)
{
	sim_point(SP_RING);
	if (at->at_fault != APP_SOUND || !tell_room(at))
		return false;
	at->at_event[at->at_head++ & at->at_mask] = *ev;
	return true;
}

bool
app_tell_flush(struct app_tell *at)
{
	if (at->at_told == at->at_head)
		return false;
	at->at_told = at->at_head;
	/* Release: who sees the new head sees the events. */
	atomic_store_explicit(
	    &at->at_ends->ae_head, at->at_head, memory_order_release);
	return true;
}

bool
app_tell_want(struct app_tell *at)
{
	app_flag_set(&at->at_ends->ae_full);
	if (at->at_fault == APP_SOUND && !tell_room(at))
		return false;
	app_flag_clear(&at->at_ends->ae_full);
	return true;
}
