/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's clock: nanoseconds of the instance's clock (CLOCK_MONOTONIC,
 * or virtual), read without a system call and some ten times as fast.
 *
 * It is the processor's counter, scaled.  Once a second ctl compares it with
 * the real clock and changes the scale a little, so that it never jumps and
 * never goes back; all CPUs read the same scale, so their times are comparable.
 * Where the counter is no clock (its rate changes, or the time is virtual) the
 * instance's clock itself is read.
 *
 * Readers take the slot that gk_gen names; ctl writes the other one, and then
 * gk_gen.  A reader who was interrupted for so long that his slot was written
 * again sees that by gk_gen, and reads once more.
 *
 *	I	immutable after gen_clock_init()
 *	A	atomic: written by ctl, read by anyone
 *	C	ctl only
 */
#ifndef GEN_CLOCK_H
#define GEN_CLOCK_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cycles.h"
#include "cpu/instance.h"

#define GEN_CLOCK_ANCHOR NS_S /* between two comparisons */
#define GEN_CLOCK_ERROR	 100000 /* ns that are too far apart to be believed */

struct gen_clock_slot {
	_Atomic uint64_t ks_cycles; /* [A] at this count … */
	_Atomic uint64_t ks_ns; /* [A] … it was so late */
	_Atomic uint64_t ks_mult; /* [A] ns of a cycle, times 2^32 */
};

struct gen_clock {
	alignas(CACHELINE) const struct spate_env *gk_env; /* [I] */
	bool gk_counter; /* [I] the counter is a clock */
	_Atomic uint32_t gk_gen; /* [A] lowest bit: slot */
	struct gen_clock_slot gk_slot[2];

	alignas(CACHELINE) uint64_t gk_cycles; /* [C] last comparison … */
	uint64_t gk_ns; /* [C] … and what the real clock read */
	uint64_t gk_mult; /* [C] the rate found, uncorrected */
	uint64_t gk_worst; /* [C] ns: largest difference found, since
			    * gen_clock_forget() */
	uint64_t gk_resolution; /* [I] ns */
};

/* Compares for some 20 ms, but not under a virtual clock. */
void gen_clock_init(struct gen_clock *, const struct spate_env *);

/* ctl, as often as it likes: compares once a second. */
void gen_clock_tick(struct gen_clock *);

/* What gk_worst knows is of no concern any more. */
void gen_clock_forget(struct gen_clock *);

/*
 * Nobody will call gen_clock_tick() for a while: go on by the rate that was
 * found, without the correction that is for one second.
 */
void gen_clock_rest(struct gen_clock *);

/* At so many cycles it is so late.  Pure; for gen_clock_tick() and tests. */
void gen_clock_anchor(struct gen_clock *, uint64_t cycles, uint64_t ns);

/* The time at so many cycles, which are not before the last comparison. */
static inline uint64_t
gen_clock_at(const struct gen_clock *gk, uint64_t at)
{
	const struct gen_clock_slot *ks;
	uint64_t from, mult, ns;
	uint32_t gen;

	do {
		/* Acquire: the slot was written before. */
		gen = atomic_load_explicit(&gk->gk_gen, memory_order_acquire);
		ks = &gk->gk_slot[gen & 1];
		/* Acquire: gk_gen is looked at after them. */
		from = atomic_load_explicit(
		    &ks->ks_cycles, memory_order_acquire);
		mult = atomic_load_explicit(&ks->ks_mult, memory_order_acquire);
		ns = atomic_load_explicit(&ks->ks_ns, memory_order_acquire);
	} while (unlikely(atomic_load_explicit(&gk->gk_gen,
	    memory_order_relaxed) - gen > 1));
	/* Another CPU's counter may be some cycles behind. */
	if (unlikely((int64_t)(at - from) < 0))
		return ns;
	return ns + (uint64_t)((unsigned __int128)(at - from) * mult >> 32);
}

/* Any thread. */
static inline uint64_t
gen_clock(const struct gen_clock *gk)
{
	if (likely(gk->gk_counter))
		return gen_clock_at(gk, cycles());
	return gk->gk_env->env_now(gk->gk_env->env_arg);
}

#endif
