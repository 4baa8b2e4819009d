/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has which slot of a group: fair, and nothing moves that need not, over
 * random walks of members that come, go, fail and return.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "route/nhop_int.h"

static const unsigned sizes[] = { 1024, 256, 64, 1 };

static void
counts(const nhg_slot *slot, unsigned nslots, unsigned *count)
{
	unsigned i;

	memset(count, 0, (NHG_MAX + 1) * sizeof(*count));
	for (i = 0; i < nslots; i++) {
		assert_in_range(slot[i], 0, NHG_MAX - 1);
		count[slot[i]]++;
	}
}

static void
assert_fair(const nhg_slot *slot, unsigned nslots, unsigned n)
{
	unsigned count[NHG_MAX + 1], i;

	counts(slot, nslots, count);
	for (i = 0; i < NHG_MAX; i++)
		if (i < n)
			assert_in_range(count[i], nslots / n,
			    (nslots + n - 1) / n);
		else
			assert_int_equal(count[i], 0);
}

/* Member "gone" leaves n others; those behind it move up. */
static void
check_remove(nhg_slot *slot, unsigned nslots, unsigned n, unsigned gone)
{
	nhg_slot old[NHG_SLOTS];
	unsigned i;

	memcpy(old, slot, nslots);
	for (i = 0; i < nslots; i++)
		slot[i] = old[i] == gone ? NHG_NOBODY :
		    (nhg_slot)(old[i] - (old[i] > gone));
	slots_share(slot, nslots, n);
	assert_fair(slot, nslots, n);
	for (i = 0; i < nslots; i++)
		if (old[i] != gone)
			assert_int_equal(slot[i], old[i] - (old[i] > gone));
}

static void
check_add(nhg_slot *slot, unsigned nslots, unsigned n)
{
	nhg_slot old[NHG_SLOTS];
	unsigned i;

	memcpy(old, slot, nslots);
	slots_share(slot, nslots, n);
	assert_fair(slot, nslots, n);
	for (i = 0; i < nslots; i++)
		if (slot[i] != n - 1)
			assert_int_equal(slot[i], old[i]);
}

static void
members_come_and_go(void **state)
{
	nhg_slot slot[NHG_SLOTS];
	unsigned k, i, n;
	struct rnd rnd;

	rnd_seed(&rnd, 7);
	for (k = 0; k < countof(sizes); k++) {
		memset(slot, NHG_NOBODY, sizeof(slot));
		n = 1;
		slots_share(slot, sizes[k], n);
		assert_fair(slot, sizes[k], n);
		for (i = 0; i < 2000; i++)
			if (n > 1 && (n == NHG_MAX || rnd_below(&rnd, 2) == 0))
				check_remove(slot, sizes[k], n - 1,
				    (unsigned)rnd_below(&rnd, n)), n--;
			else
				check_add(slot, sizes[k], ++n);
	}
}

static unsigned
bits(uint64_t v)
{
	return (unsigned)__builtin_popcountll(v);
}

/* One of n fails or returns: what he had, or has, and nothing else moves. */
static void
check_turn(const nhg_slot *home, nhg_slot *now, unsigned nslots, unsigned n,
    uint64_t alive, unsigned who)
{
	bool back = (alive >> who & 1) != 0;
	nhg_slot old[NHG_SLOTS];
	unsigned i;

	memcpy(old, now, nslots);
	slots_cover(home, now, nslots, n, alive);
	for (i = 0; i < nslots; i++) {
		if (alive == 0) {
			assert_int_equal(now[i], home[i]);
			continue;
		}
		assert_true((alive >> now[i] & 1) != 0);
		if ((alive >> home[i] & 1) != 0)
			assert_int_equal(now[i], home[i]);
		/* When nobody was left, all had their own again. */
		if (bits(alive) == 1 && back)
			continue;
		if (back ? home[i] != who : old[i] != who)
			assert_int_equal(now[i], old[i]);
	}
}

static void
members_fail_and_return(void **state)
{
	nhg_slot home[NHG_SLOTS], now[NHG_SLOTS];
	unsigned k, i, n, who;
	struct rnd rnd;
	uint64_t alive;

	rnd_seed(&rnd, 8);
	for (k = 0; k < countof(sizes); k++)
		for (n = 2; n <= NHG_MAX; n += 1 + n / 3) {
			memset(home, NHG_NOBODY, sizeof(home));
			memset(now, NHG_NOBODY, sizeof(now));
			slots_share(home, sizes[k], n);
			alive = UINT64_MAX;
			if (n < 64)
				alive = (UINT64_C(1) << n) - 1;
			slots_cover(home, now, sizes[k], n, alive);
			assert_memory_equal(home, now, sizes[k]);
			for (i = 0; i < 300; i++) {
				who = (unsigned)rnd_below(&rnd, n);
				alive ^= UINT64_C(1) << who;
				check_turn(home, now, sizes[k], n, alive, who);
			}
		}
}

/* The slots of one that fails are shared evenly. */
static void
cover_is_fair(void **state)
{
	nhg_slot home[NHG_SLOTS], now[NHG_SLOTS];
	unsigned count[NHG_MAX + 1], n, i, who;

	for (n = 2; n <= NHG_MAX; n++)
		for (who = 0; who < n; who++) {
			memset(home, NHG_NOBODY, sizeof(home));
			memset(now, NHG_NOBODY, sizeof(now));
			slots_share(home, 256, n);
			slots_cover(home, now, 256, n,
			    UINT64_MAX ^ UINT64_C(1) << who);
			counts(now, 256, count);
			for (i = 0; i < n; i++)
				if (i != who)
					assert_in_range(count[i], 256 / (n - 1),
					    (256 + n - 2) / (n - 1));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_and_go),
		cmocka_unit_test(members_fail_and_return),
		cmocka_unit_test(cover_is_fair),
	};

	return cmocka_run_group_tests_name("route/slots", tests, NULL, NULL);
}
