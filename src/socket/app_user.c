/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's ends.  app_pipe.c, app_event.c and rcvbuf.c are the others, and
 * say what order makes them safe.
 */
#include "socket/app_user.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"

void
user_pipe_init(struct user_pipe *up, const struct app_mem *am, unsigned thread,
    unsigned cpu)
{
	unsigned ring = app_ring(am, thread, cpu);

	*up = (struct user_pipe){ .up_ends = app_pipe_ends(am, ring),
		.up_cpu = app_cpu_sleeper(am, cpu),
		.up_bytes = app_pipe_bytes(am, ring),
		.up_mask = am->am_shape.as_pipe - 1 };
}

static struct app_rec *
pipe_rec(struct user_pipe *up, uint64_t at)
{
	return (struct app_rec *)(void *)(up->up_bytes + (at & up->up_mask));
}

/* Bytes to leave out at the end, so that need of them are in one piece. */
static uint64_t
pipe_skip(const struct user_pipe *up, uint64_t need)
{
	uint64_t left = up->up_mask + 1 - (up->up_head & up->up_mask);

	return need > left ? left : 0;
}

static bool
pipe_fits(struct user_pipe *up, uint64_t need)
{
	if (up->up_head + need - up->up_tail <= up->up_mask + 1)
		return true;
	up->up_tail = atomic_load_explicit(
	    &up->up_ends->ae_tail, memory_order_acquire);
	return up->up_head + need - up->up_tail <= up->up_mask + 1;
}

struct app_rec *
user_pipe_reserve(struct user_pipe *up, size_t n)
{
	uint64_t need = APP_REC_ROUND(n);
	uint64_t skip = pipe_skip(up, need);

	sim_point(SP_RING);
	if (!pipe_fits(up, skip + need))
		return NULL;
	if (skip > 0)
		*pipe_rec(up, up->up_head) =
		    (struct app_rec){ .rc_op = APP_SKIP };
	up->up_at = up->up_head + skip;
	return pipe_rec(up, up->up_at);
}

void
user_pipe_commit(struct user_pipe *up, const struct app_rec *rc)
{
	KASSERT(rc == pipe_rec(up, up->up_at) && rc->rc_op != APP_SKIP);
	up->up_head = up->up_at + APP_REC_ROUND(rc->rc_len);
}

bool
user_pipe_flush(struct user_pipe *up)
{
	if (up->up_told == up->up_head)
		return false;
	up->up_told = up->up_head;
	/* Release: who sees the new head sees the records. */
	atomic_store_explicit(
	    &up->up_ends->ae_head, up->up_head, memory_order_release);
	return app_flag_take(&up->up_cpu->al_asleep);
}

bool
user_pipe_want(struct user_pipe *up, size_t n)
{
	uint64_t need = APP_REC_ROUND(n);

	app_flag_set(&up->up_ends->ae_full);
	if (!pipe_fits(up, pipe_skip(up, need) + need))
		return false;
	app_flag_clear(&up->up_ends->ae_full);
	return true;
}

void
user_events_init(struct user_events *ue, const struct app_mem *am,
    unsigned thread, unsigned cpu)
{
	unsigned ring = app_ring(am, thread, cpu);

	*ue = (struct user_events){ .ue_ends = app_event_ends(am, ring),
		.ue_event = app_events(am, ring),
		.ue_mask = am->am_shape.as_events - 1 };
}

const struct app_event *
user_events_take(struct user_events *ue)
{
	sim_point(SP_RING);
	if (ue->ue_tail == ue->ue_head)
		ue->ue_head = atomic_load_explicit(
		    &ue->ue_ends->ae_head, memory_order_acquire);
	if (ue->ue_tail == ue->ue_head)
		return NULL;
	return &ue->ue_event[ue->ue_tail++ & ue->ue_mask];
}

bool
user_events_done(struct user_events *ue)
{
	if (ue->ue_told == ue->ue_tail)
		return false;
	ue->ue_told = ue->ue_tail;
	/* Release: who sees the new tail may overwrite the events. */
	atomic_store_explicit(
	    &ue->ue_ends->ae_tail, ue->ue_tail, memory_order_release);
	return app_flag_take(&ue->ue_ends->ae_full);
}

bool
user_events_waiting(const struct user_events *ue)
{
	sim_point(SP_RING);
	return atomic_load_explicit(&ue->ue_ends->ae_head,
		   memory_order_relaxed) != ue->ue_tail;
}

void
user_rcv_init(struct user_rcv *ur, const struct app_mem *am, uint32_t sock,
    unsigned cpu)
{
	*ur = (struct user_rcv){ .ur_mem = am,
		.ur_words = app_rcv(am, sock, cpu), .ur_chunk = APP_NOCHUNK };
}

uint64_t
user_rcv_bytes(struct user_rcv *ur)
{
	sim_point(SP_RING);
	ur->ur_head = atomic_load_explicit(
	    &ur->ur_words->rw_head, memory_order_acquire);
	return ur->ur_head - ur->ur_tail;
}

/* To the chunk with the next byte, which is there. */
static void
rcv_find(struct user_rcv *ur)
{
	struct app_rcv *rw = ur->ur_words;

	if (ur->ur_tail ==
	    atomic_load_explicit(&rw->rw_start, memory_order_relaxed)) {
		ur->ur_chunk = atomic_load_explicit(
		    &rw->rw_chunk, memory_order_relaxed);
		ur->ur_off = 0;
	} else if (ur->ur_off == APP_CHUNKED) {
		ur->ur_chunk = atomic_load_explicit(
		    &app_chunk(ur->ur_mem, ur->ur_chunk)->ac_next,
		    memory_order_relaxed);
		ur->ur_off = 0;
	}
}

void
user_rcv_get(struct user_rcv *ur, void *to, size_t n)
{
	uint8_t *p = to;
	size_t now;

	KASSERT(n <= ur->ur_head - ur->ur_tail);
	while (n > 0) {
		rcv_find(ur);
		now = u64min(n, APP_CHUNKED - ur->ur_off);
		if (p != NULL) {
			memcpy(p, app_chunk(ur->ur_mem, ur->ur_chunk)->ac_data +
				ur->ur_off, now);
			p += now;
		}
		ur->ur_off += (uint32_t)now;
		ur->ur_tail += now;
		n -= now;
	}
}

void
user_rcv_done(struct user_rcv *ur)
{
	/* Release: who sees the new tail may overwrite the bytes. */
	atomic_store_explicit(
	    &ur->ur_words->rw_tail, ur->ur_tail, memory_order_release);
}

bool
user_rcv_arm(struct user_rcv *ur)
{
	app_flag_set(&ur->ur_words->rw_armed);
	if (user_rcv_bytes(ur) == 0)
		return true;
	app_flag_clear(&ur->ur_words->rw_armed);
	return false;
}
