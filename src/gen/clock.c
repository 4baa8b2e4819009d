/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's clock; see clock.h.
 *
 * A comparison is a reading of the real clock between two of the counter; of
 * some, the one that took least counts, so that an interrupt does no harm.
 * From one second to the next the new scale is the rate that the counter had,
 * changed by what the clock is off now, so that it is right a second later.
 */
#include "gen/clock.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/bytes.h"
#include "cpu/cpu.h"

#define CALIBRATE_NS   (20 * NS_MS)
#define COMPARE_TRIES  8
#define SLEW_MAX       (NS_S / 20) /* ns in a second: 5 % */
#define RESOLVE_TRIES  64
#define CLOCKSOURCE                                                           \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* Whether the kernel itself tells the time by the counter. */
static bool
clock_kernel_counter(void)
{
	char text[32] = "";
	FILE *f = fopen(CLOCKSOURCE, "re");

	if (f == NULL)
		return false;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	fclose(f);
	return strcmp(text, "tsc\n") == 0;
}

/* Whether it counts at one rate whatever the processor does. */
static bool
clock_is_counter(void)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;

	if (__get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 1u << 8) != 0)
		return true;
	return clock_kernel_counter();
#elif defined(__aarch64__)
	return true;
#else
	(void)clock_kernel_counter;
	return false;
#endif
}

static uint64_t
clock_real(const struct gen_clock *gk)
{
	return gk->gk_env->env_now(gk->gk_env->env_arg);
}

static void
clock_compare(const struct gen_clock *gk, uint64_t *count, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;
	unsigned i;

	*count = *ns = 0; /* gcc does not see that the first try sets them */
	for (i = 0; i < COMPARE_TRIES; i++) {
		uint64_t before = cycles();
		uint64_t now = clock_real(gk);
		uint64_t after = cycles();

		if (after - before >= best)
			continue;
		best = after - before;
		*count = before + best / 2;
		*ns = now;
	}
}

static void
clock_publish(struct gen_clock *gk, uint64_t at, uint64_t ns, uint64_t mult)
{
	uint32_t gen = atomic_load_explicit(&gk->gk_gen, memory_order_relaxed);
	struct gen_clock_slot *ks = &gk->gk_slot[(gen + 1) & 1];

	/* Release: readers who see any of it see the last gk_gen, too. */
	atomic_store_explicit(&ks->ks_cycles, at, memory_order_release);
	atomic_store_explicit(&ks->ks_ns, ns, memory_order_release);
	atomic_store_explicit(&ks->ks_mult, mult, memory_order_release);
	/* Release: the slot comes before. */
	atomic_store_explicit(&gk->gk_gen, gen + 1, memory_order_release);
}

static uint64_t
clock_mult(uint64_t count, uint64_t ns)
{
	return count == 0 ? 1ull << 32 :
	    (uint64_t)(((unsigned __int128)ns << 32) / count);
}

void
gen_clock_anchor(struct gen_clock *gk, uint64_t count, uint64_t ns)
{
	uint64_t said = gen_clock_at(gk, count), mult;
	int64_t off = (int64_t)(ns - said);
	uint64_t error = (uint64_t)(off < 0 ? -off : off);

	mult = clock_mult(count - gk->gk_cycles, ns - gk->gk_ns);
	gk->gk_mult = mult;
	gk->gk_cycles = count;
	gk->gk_ns = ns;
	gk->gk_worst = u64max(gk->gk_worst, error);
	error = u64min(error, SLEW_MAX);
	/* Off by that much in the next second, the other way. */
	error = (uint64_t)((unsigned __int128)mult * error / NS_S);
	clock_publish(gk, count, said, off < 0 ? mult - error : mult + error);
}

/* The least that two readings differ by if they differ. */
static uint64_t
clock_resolve(const struct gen_clock *gk)
{
	uint64_t best = UINT64_MAX;
	unsigned i;

	if (gk->gk_env->env_virtual)
		return 1;
	for (i = 0; i < RESOLVE_TRIES; i++) {
		uint64_t from = gen_clock(gk), to;

		do
			to = gen_clock(gk);
		while (to == from);
		best = u64min(best, to - from);
	}
	return best;
}

void
gen_clock_init(struct gen_clock *gk, const struct spate_env *env)
{
	uint64_t from, from_ns, to, to_ns;

	memset(gk, 0, sizeof(*gk));
	gk->gk_env = env;
	gk->gk_counter = !env->env_virtual && clock_is_counter();
	if (gk->gk_counter) {
		clock_compare(gk, &from, &from_ns);
		while (clock_real(gk) - from_ns < CALIBRATE_NS)
			continue;
		clock_compare(gk, &to, &to_ns);
		gk->gk_cycles = to;
		gk->gk_ns = to_ns;
		gk->gk_mult = clock_mult(to - from, to_ns - from_ns);
		clock_publish(gk, to, to_ns, gk->gk_mult);
	}
	gk->gk_resolution = clock_resolve(gk);
}

void
gen_clock_tick(struct gen_clock *gk)
{
	uint64_t count, ns;

	if (!gk->gk_counter ||
	    clock_real(gk) - gk->gk_ns < GEN_CLOCK_ANCHOR)
		return;
	clock_compare(gk, &count, &ns);
	gen_clock_anchor(gk, count, ns);
}

void
gen_clock_rest(struct gen_clock *gk)
{
	uint64_t count = cycles();

	if (gk->gk_counter)
		clock_publish(gk, count, gen_clock_at(gk, count), gk->gk_mult);
}

void
gen_clock_forget(struct gen_clock *gk)
{
	gk->gk_worst = 0;
}
