/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic of reassembly: RFC 791, 3.2; RFC 8200, 4.5; RFC 5722, 4;
 * RFC 3168, 5.3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "ip/reass.h"

#define ROWS 6

/* len 0 ends a row. */
static const struct {
	const char *name;
	struct reass_frag frag[ROWS];
	enum reass_verdict last; /* all before are held */
} casetab[] = {
	{ "in order", { { 0, 8, true, 0 }, { 8, 8, true, 0 },
	    { 16, 3, false, 0 } }, REASS_COMPLETE },
	{ "backwards", { { 16, 3, false, 0 }, { 8, 8, true, 0 },
	    { 0, 8, true, 0 } }, REASS_COMPLETE },
	{ "middle last", { { 0, 8, true, 0 }, { 16, 3, false, 0 },
	    { 8, 8, true, 0 } }, REASS_COMPLETE },
	{ "one is missing", { { 0, 8, true, 0 }, { 16, 3, false, 0 } },
	    REASS_HOLD },
	{ "end is missing", { { 0, 8, true, 0 }, { 8, 8, true, 0 } },
	    REASS_HOLD },
	{ "all in one", { { 0, 5, false, 0 } }, REASS_COMPLETE },
	{ "as much as there can be",
	    { { 0, 65528, true, 0 }, { 65528, 7, false, 0 } }, REASS_COMPLETE },
	{ "one byte too much", { { 65528, 8, false, 0 } }, REASS_TOOLONG },
	{ "far too much", { { 0, 70000, false, 0 } }, REASS_TOOLONG },
	{ "no multiple of 8", { { 0, 9, true, 0 } }, REASS_UNALIGNED },
	{ "empty", { { 8, 0, true, 0 } }, REASS_EMPTY },
	{ "the same again", { { 0, 8, true, 0 }, { 0, 8, true, 0 } },
	    REASS_DUPLICATE },
	{ "the last again", { { 8, 3, false, 0 }, { 8, 3, false, 0 } },
	    REASS_DUPLICATE },
	{ "a middle one again", { { 0, 8, true, 0 }, { 8, 8, true, 0 },
	    { 24, 8, true, 0 }, { 8, 8, true, 0 } }, REASS_DUPLICATE },
	{ "longer", { { 0, 8, true, 0 }, { 0, 16, true, 0 } },
	    REASS_OVERLAP },
	{ "shorter", { { 0, 16, true, 0 }, { 0, 8, true, 0 } },
	    REASS_OVERLAP },
	{ "inside", { { 0, 32, true, 0 }, { 8, 8, true, 0 } },
	    REASS_OVERLAP },
	{ "around", { { 8, 8, true, 0 }, { 0, 32, true, 0 } },
	    REASS_OVERLAP },
	{ "into the next", { { 8, 16, true, 0 }, { 0, 16, true, 0 } },
	    REASS_OVERLAP },
	{ "into the one before", { { 0, 16, true, 0 }, { 8, 16, true, 0 } },
	    REASS_OVERLAP },
	{ "two ends", { { 8, 3, false, 0 }, { 16, 3, false, 0 } }, REASS_END },
	{ "an earlier end", { { 16, 3, false, 0 }, { 8, 3, false, 0 } },
	    REASS_END },
	{ "behind the end", { { 8, 3, false, 0 }, { 16, 8, true, 0 } },
	    REASS_END },
	{ "end inside", { { 16, 8, true, 0 }, { 8, 3, false, 0 } }, REASS_END },
	{ "end after all, but more follows",
	    { { 8, 8, false, 0 }, { 8, 8, true, 0 } }, REASS_END },
	{ "more follows, but it is the end",
	    { { 8, 8, true, 0 }, { 8, 8, false, 0 } }, REASS_END },
	{ "ECT(0) and ECT(1)", { { 0, 8, true, 2 }, { 8, 8, false, 1 } },
	    REASS_COMPLETE },
	{ "ECT and CE", { { 0, 8, true, 2 }, { 8, 8, false, 3 } },
	    REASS_COMPLETE },
	{ "not-ECT and CE", { { 0, 8, true, 0 }, { 8, 8, false, 3 } },
	    REASS_ECN },
	{ "ECT and not-ECT", { { 0, 8, true, 1 }, { 8, 8, false, 0 } },
	    REASS_ECN },
};

static void
test_cases(void **state)
{
	enum reass_verdict v = REASS_HOLD;
	unsigned i, k, at;

	for (i = 0; i < countof(casetab); i++) {
		const struct reass_frag *rf = casetab[i].frag;
		struct reass r = { 0 };

		for (k = 0; k == 0 || (k < ROWS && rf[k].rf_len > 0); k++) {
			if (k > 0 && v != REASS_HOLD)
				fail_msg("%s: %u", casetab[i].name, k);
			v = reass_add(&r, &rf[k], REASS_PIECES_MAX, &at);
		}
		if (v != casetab[i].last)
			fail_msg("%s: verdict %u", casetab[i].name, v);
	}
	(void)state;
}

static void
test_ce(void **state)
{
	const struct reass_frag a = { 0, 8, true, 2 }, b = { 8, 8, true, 1 };
	const struct reass_frag ce = { 16, 8, false, 3 };
	struct reass r = { 0 };
	unsigned at;

	assert_int_equal(reass_add(&r, &a, 9, &at), REASS_HOLD);
	assert_int_equal(reass_add(&r, &b, 9, &at), REASS_HOLD);
	assert_false(reass_ce(&r));
	assert_int_equal(reass_add(&r, &ce, 9, &at), REASS_COMPLETE);
	assert_true(reass_ce(&r));
	(void)state;
}

static void
test_many(void **state)
{
	struct reass_frag rf = { 0, 8, true, 0 };
	struct reass r = { 0 };
	unsigned i, at;

	for (i = 0; i < REASS_PIECES_MAX; i++) {
		rf.rf_off = i * 16;
		assert_int_equal(
		    reass_add(&r, &rf, 1000, &at), REASS_HOLD);
		assert_int_equal(at, i);
	}
	rf.rf_off = 8;
	assert_int_equal(reass_add(&r, &rf, 1000, &at), REASS_MANY);
	assert_true(reass_is_fatal(REASS_MANY));
	(void)state;
}

/* Up to 64 cuts of a datagram of a random length; returns how many pieces. */
static unsigned
cut(struct rnd *rnd, struct reass_frag *rf, unsigned *total)
{
	unsigned n = 0, off = 0, len;

	*total = 1 + (unsigned)rnd_below(rnd, 65535);
	while (off < *total && n < 63) {
		len = 8 * (1 + (unsigned)rnd_below(rnd, 300));
		if (off + len >= *total)
			break;
		rf[n++] = (struct reass_frag){ off, len, true, 0 };
		off += len;
	}
	rf[n++] = (struct reass_frag){ off, *total - off, false, 0 };
	return n;
}

static void
shuffle(struct rnd *rnd, struct reass_frag *rf, unsigned n)
{
	struct reass_frag t;
	unsigned i, k;

	for (i = n; i > 1; i--) {
		k = (unsigned)rnd_below(rnd, i);
		t = rf[i - 1];
		rf[i - 1] = rf[k];
		rf[k] = t;
	}
}

/* What reass_add() said about places is where the pieces are. */
static void
check_places(const struct reass *r, const struct reass_frag *rf, unsigned at)
{
	unsigned i;

	assert_int_equal(r->r_piece[at].rp_off, rf->rf_off);
	assert_int_equal(r->r_piece[at].rp_end, rf->rf_off + rf->rf_len);
	for (i = 1; i < r->r_n; i++)
		assert_true(r->r_piece[i].rp_off >= r->r_piece[i - 1].rp_end);
}

/* Random cuts in random order, some twice, give the original. */
static void
test_random_order(void **state)
{
	struct reass_frag rf[64];
	enum reass_verdict v;
	unsigned i, k, n, at, total;
	struct rnd rnd;

	rnd_seed(&rnd, 1);
	for (i = 0; i < 20000; i++) {
		struct reass r = { 0 };

		n = cut(&rnd, rf, &total);
		shuffle(&rnd, rf, n);
		for (k = 0; k < n; k++) {
			v = reass_add(&r, &rf[k], 64, &at);
			assert_int_equal(
			    v, k + 1 < n ? REASS_HOLD : REASS_COMPLETE);
			check_places(&r, &rf[k], at);
			if (k + 1 < n && rnd_below(&rnd, 4) == 0)
				assert_int_equal(
				    reass_add(&r,
					&rf[rnd_below(&rnd, k + 1)], 64, &at),
				    REASS_DUPLICATE);
		}
		assert_int_equal(r.r_total, total);
	}
	(void)state;
}

/*
 * However fragments lie, what is held is never contradictory: against a map of
 * all 8 byte units, kept the plain way.
 */
static void
test_random_overlaps(void **state)
{
	static uint8_t map[8192];
	unsigned i, k, u, at, refused = 0;
	struct reass_frag rf;
	enum reass_verdict v;
	struct rnd rnd;
	bool clash;

	rnd_seed(&rnd, 2);
	for (i = 0; i < 20000; i++) {
		struct reass r = { 0 };

		memset(map, 0, sizeof(map));
		for (k = 0, v = REASS_HOLD; k < 40 && v == REASS_HOLD; k++) {
			rf = (struct reass_frag){
				8 * (unsigned)rnd_below(&rnd, 400),
				8 * (1 + (unsigned)rnd_below(&rnd, 8)), true,
				0 };
			clash = false;
			for (u = 0; u < rf.rf_len / 8; u++)
				clash |= map[rf.rf_off / 8 + u] != 0;
			v = reass_add(&r, &rf, 64, &at);
			assert_int_equal(!clash, v == REASS_HOLD);
			if (v == REASS_DUPLICATE)
				v = REASS_HOLD;
			for (u = 0; u < rf.rf_len / 8; u++)
				map[rf.rf_off / 8 + u] = 1;
		}
		refused += v == REASS_OVERLAP;
	}
	assert_true(refused > 10000);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_ce),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_random_order),
		cmocka_unit_test(test_random_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
