/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers of one owner: a hierarchical timing wheel.
 *
 * A timer is a member of what it times and is never allocated here.  Time is
 * whatever the owner passes in, in ns; the wheel reads no clock.  A timer
 * never fires before its time, and in the first wheel_run() at or after its
 * time rounded up to a tick.  Setting and cancelling cost the same however
 * many timers there are and however far away they are.
 *
 * Who may touch a member, in this file: o, the owner of the wheel only.
 */
#ifndef CPU_WHEEL_H
#define CPU_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK_SHIFT 16 /* a tick is 2^16 ns, about 66 us */
#define WHEEL_LEVELS     8 /* of 6 bits: all 48 bits of a tick */
#define WHEEL_SLOTS      64 /* of a level: one word of a bitmap */

/* The two lists beside the slots; see wheel.c. */
#define WHEEL_DUE   (WHEEL_LEVELS * WHEEL_SLOTS)
#define WHEEL_FIRE  (WHEEL_DUE + 1)
#define WHEEL_LISTS (WHEEL_FIRE + 1)

struct timer;
struct wheel;

/* ctx is what wheel_init() was given. */
typedef void timer_fn(struct timer *, void *ctx);

struct tmlink {
	struct tmlink *tl_next; /* [o] NULL: in no list */
	struct tmlink *tl_prev; /* [o] */
};

struct timer {
	struct tmlink tm_link; /* [o] */
	uint64_t tm_tick; /* [o] fires at this tick */
	timer_fn *tm_fn; /* [o] timer_init() */
};

struct wheel {
	uint64_t w_tick; /* [o] all before and of it has fired */
	void *w_ctx; /* [o] wheel_init() */
	bool w_running; /* [o] inside wheel_run() */
	uint64_t w_map[WHEEL_LEVELS + 1]; /* [o] which lists hold timers */
	struct tmlink w_list[WHEEL_LISTS]; /* [o] heads */
};

void wheel_init(struct wheel *, uint64_t now_ns, void *ctx);

/* Timers that are still pending are cancelled. */
void wheel_fini(struct wheel *);

void timer_init(struct timer *, timer_fn *);

/*
 * Fire at when_ns, whatever was set before.  A time that is past already
 * means the next wheel_run(), or this one if it has still to catch up to it.
 */
void timer_set(struct wheel *, struct timer *, uint64_t when_ns);

/* Harmless if it is not pending. */
void timer_cancel(struct wheel *, struct timer *);

static inline bool
timer_pending(const struct timer *t)
{
	return t->tm_link.tl_next != NULL;
}

/*
 * Fire all timers due at now_ns and say how many: by tick, within a tick in
 * the order they were set.  A timer is no longer pending when its function is
 * called; the function may set and cancel any timer, and free its own.
 */
unsigned wheel_run(struct wheel *, uint64_t now_ns);

/*
 * No timer fires before this, and wheel_run() then gets at least nearer to
 * one (a far timer takes up to WHEEL_LEVELS steps); UINT64_MAX if none is set.
 */
uint64_t wheel_next(const struct wheel *);

#endif
