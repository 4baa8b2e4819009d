/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hierarchical timing wheel, after G. Varghese and T. Lauck, "Hashed and
 * Hierarchical Timing Wheels" (1987), scheme 7.
 *
 * Place.  A tick is a number of 48 bits, eight digits to the base 64.  A timer
 * lies in the level of the highest digit in which its tick differs from
 * w_tick, in the slot of that digit.  Everything in level n is therefore
 * before everything in level n + 1, all slots in use of a level lie above
 * w_tick's own digit, and the first bit set in the lowest level that has one
 * tells where the next timers are: no empty slot is ever visited, and hours of
 * virtual time cost as much as a tick.
 *
 * Time.  wheel_run() moves w_tick to the start of that slot.  In level 0 a
 * slot is one tick and its timers fire; in a higher level they move down,
 * each to its new highest differing digit.  A timer moves at most once per
 * level.  Slots are filled and emptied in order, and nothing can be set
 * straight into a slot before what is to move there has moved: timers of a
 * tick stay in the order they were set.
 *
 * Two lists stand beside the slots.  "Due" takes what is set to w_tick or
 * before; it fires at the start of the next run, so that a function that
 * always sets its timer to a time past cannot hold a run forever.  "Fire"
 * holds the timers of the tick that is firing; since it is a list like the
 * others, a function may cancel a timer that would be next.
 *
 * Each list is a ring through its head, so a timer leaves it without knowing
 * which it is; only when nothing but the head remains must the bit of the list
 * be found, and the head's place in w_list tells it.
 */
#include "cpu/wheel.h"

#include <assert.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/kassert.h"

#define DIGIT_BITS 6
#define TICK_MAX   (UINT64_MAX >> WHEEL_TICK_SHIFT)

static_assert(WHEEL_SLOTS == 1 << DIGIT_BITS, "a slot is a digit");
static_assert(WHEEL_LEVELS * DIGIT_BITS + WHEEL_TICK_SHIFT == 64,
    "the levels cover all of time");

static unsigned
digit(uint64_t tick, unsigned level)
{
	return tick >> level * DIGIT_BITS & (WHEEL_SLOTS - 1);
}

static void
list_init(struct tmlink *head)
{
	head->tl_next = head;
	head->tl_prev = head;
}

static void
list_append(struct wheel *w, unsigned list, struct timer *t)
{
	struct tmlink *head = &w->w_list[list];
	struct tmlink *l = &t->tm_link;

	l->tl_next = head;
	l->tl_prev = head->tl_prev;
	head->tl_prev->tl_next = l;
	head->tl_prev = l;
	w->w_map[list / WHEEL_SLOTS] |= UINT64_C(1) << list % WHEEL_SLOTS;
}

static void
list_remove(struct wheel *w, struct timer *t)
{
	struct tmlink *next = t->tm_link.tl_next;
	struct tmlink *prev = t->tm_link.tl_prev;
	size_t list;

	next->tl_prev = prev;
	prev->tl_next = next;
	t->tm_link.tl_next = NULL;
	t->tm_link.tl_prev = NULL;
	if (next == prev) {
		list = (size_t)(next - w->w_list);
		w->w_map[list / WHEEL_SLOTS] &= ~(
		    UINT64_C(1) << list % WHEEL_SLOTS);
	}
}

/* NULL if the list is empty. */
static struct timer *
list_first(struct wheel *w, unsigned list)
{
	struct tmlink *head = &w->w_list[list];

	if (head->tl_next == head)
		return NULL;
	return container_of(head->tl_next, struct timer, tm_link);
}

/* To the slot that the head of this file tells. */
static void
wheel_place(struct wheel *w, struct timer *t)
{
	uint64_t diff = t->tm_tick ^ w->w_tick;
	unsigned level;

	if (t->tm_tick <= w->w_tick) {
		list_append(w, WHEEL_DUE, t);
		return;
	}
	level = (63 - (unsigned)__builtin_clzll(diff)) / DIGIT_BITS;
	list_append(w, level * WHEEL_SLOTS + digit(t->tm_tick, level), t);
}

void
wheel_init(struct wheel *w, uint64_t now, void *ctx)
{
	unsigned i;

	w->w_tick = now >> WHEEL_TICK_SHIFT;
	w->w_ctx = ctx;
	w->w_running = false;
	for (i = 0; i < countof(w->w_map); i++)
		w->w_map[i] = 0;
	for (i = 0; i < WHEEL_LISTS; i++)
		list_init(&w->w_list[i]);
}

void
wheel_fini(struct wheel *w)
{
	struct timer *t;
	unsigned i;

	KASSERT(!w->w_running);
	for (i = 0; i < WHEEL_LISTS; i++)
		while ((t = list_first(w, i)) != NULL)
			list_remove(w, t);
}

void
timer_init(struct timer *t, timer_fn *fn)
{
	t->tm_link.tl_next = NULL;
	t->tm_link.tl_prev = NULL;
	t->tm_tick = 0;
	t->tm_fn = fn;
}

void
timer_set(struct wheel *w, struct timer *t, uint64_t when)
{
	bool part = (when & ((UINT64_C(1) << WHEEL_TICK_SHIFT) - 1)) != 0;

	timer_cancel(w, t);
	/* Up, never early; but for the last tick there is, in 584 years. */
	t->tm_tick = u64min((when >> WHEEL_TICK_SHIFT) + part, TICK_MAX);
	wheel_place(w, t);
}

void
timer_cancel(struct wheel *w, struct timer *t)
{
	if (timer_pending(t))
		list_remove(w, t);
}

/* The first slot in use, as a list, and its first tick; false if none. */
static bool
wheel_first(const struct wheel *w, unsigned *list, uint64_t *tick)
{
	unsigned level;
	unsigned slot;
	unsigned shift;

	for (level = 0; level < WHEEL_LEVELS; level++)
		if (w->w_map[level] != 0)
			break;
	if (level == WHEEL_LEVELS)
		return false;
	slot = (unsigned)__builtin_ctzll(w->w_map[level]);
	shift = level * DIGIT_BITS;
	*list = level * WHEEL_SLOTS + slot;
	/* w_tick's digits above, this one, zeros below. */
	*tick = (w->w_tick >> shift >> DIGIT_BITS << DIGIT_BITS | slot)
	    << shift;
	return true;
}

static unsigned
wheel_fire(struct wheel *w)
{
	struct timer *t;
	unsigned n;

	for (n = 0; (t = list_first(w, WHEEL_FIRE)) != NULL; n++) {
		list_remove(w, t);
		t->tm_fn(t, w->w_ctx);
	}
	return n;
}

/* Empty a list: what is to fire now to WHEEL_FIRE, the rest to its slot. */
static void
wheel_move(struct wheel *w, unsigned list)
{
	struct timer *t;

	while ((t = list_first(w, list)) != NULL) {
		list_remove(w, t);
		if (t->tm_tick <= w->w_tick)
			list_append(w, WHEEL_FIRE, t);
		else
			wheel_place(w, t);
	}
}

unsigned
wheel_run(struct wheel *w, uint64_t now)
{
	uint64_t end = now >> WHEEL_TICK_SHIFT;
	uint64_t tick;
	unsigned list;
	unsigned n;

	KASSERT(!w->w_running);
	w->w_running = true;
	wheel_move(w, WHEEL_DUE);
	n = wheel_fire(w);
	while (wheel_first(w, &list, &tick) && tick <= end) {
		w->w_tick = tick;
		wheel_move(w, list);
		n += wheel_fire(w);
	}
	w->w_tick = u64max(w->w_tick, end);
	w->w_running = false;
	return n;
}

uint64_t
wheel_next(const struct wheel *w)
{
	uint64_t tick;
	unsigned list;

	if (w->w_map[WHEEL_LEVELS] != 0)
		return w->w_tick << WHEEL_TICK_SHIFT;
	if (!wheel_first(w, &list, &tick))
		return UINT64_MAX;
	return tick << WHEEL_TICK_SHIFT;
}
