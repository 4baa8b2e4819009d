/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states of a neighbour: RFC 4861, appendix C, row by row, and ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "route/neigh_int.h"

#define STAYS NS_NONE
#define LEARN (NA_RECORD | NA_TIMER)

static const struct {
	const char *name;
	enum neigh_state state;
	enum neigh_event event;
	enum neigh_state next;
	unsigned act;
} rows[] = {
	{ "-: packet to send", NS_NONE, NE_ASK, NS_INCOMPLETE,
	    NA_SOLICIT | NA_TIMER },
	{ "-: NS from it", NS_NONE, NE_UNS_NEW, NS_STALE, LEARN },
	{ "-: NA", NS_NONE, NE_SOL_NEW, STAYS, 0 },
	{ "-: NA, O=0", NS_NONE, NE_SOL_KEEP, STAYS, 0 },
	{ "-: NA, S=0, O=0", NS_NONE, NE_UNS_KEEP, STAYS, 0 },

	{ "INCOMPLETE: another packet", NS_INCOMPLETE, NE_ASK, STAYS, 0 },
	{ "INCOMPLETE: timeout, less than N", NS_INCOMPLETE, NE_TIMEOUT, STAYS,
	    NA_SOLICIT | NA_TIMER },
	{ "INCOMPLETE: timeout, N or more", NS_INCOMPLETE, NE_EXHAUSTED,
	    NS_FAILED, NA_ANSWER | NA_TIMER },
	{ "INCOMPLETE: NA, S=0, O=1", NS_INCOMPLETE, NE_UNS_NEW, NS_STALE,
	    LEARN | NA_ANSWER },
	{ "INCOMPLETE: NA, S=0, O=0", NS_INCOMPLETE, NE_UNS_KEEP, NS_STALE,
	    LEARN | NA_ANSWER },
	{ "INCOMPLETE: NA, S=1, O=1", NS_INCOMPLETE, NE_SOL_NEW, NS_REACHABLE,
	    LEARN | NA_ANSWER },
	{ "INCOMPLETE: NA, S=1, O=0", NS_INCOMPLETE, NE_SOL_KEEP, NS_REACHABLE,
	    LEARN | NA_ANSWER },

	{ "REACHABLE: NA, S=1, same", NS_REACHABLE, NE_SOL_SAME, NS_REACHABLE,
	    NA_TIMER },
	{ "REACHABLE: NA, O=0, other", NS_REACHABLE, NE_UNS_KEEP, NS_STALE,
	    NA_TIMER },
	{ "REACHABLE: NA, S=1, O=0, other", NS_REACHABLE, NE_SOL_KEEP, NS_STALE,
	    NA_TIMER },
	{ "REACHABLE: NA, S=1, O=1, other", NS_REACHABLE, NE_SOL_NEW,
	    NS_REACHABLE, LEARN },
	{ "REACHABLE: NA, S=0, same", NS_REACHABLE, NE_UNS_SAME, STAYS, 0 },
	{ "REACHABLE: NA, S=0, O=1, other; NS, other", NS_REACHABLE, NE_UNS_NEW,
	    NS_STALE, LEARN },
	{ "REACHABLE: timeout", NS_REACHABLE, NE_TIMEOUT, NS_STALE, NA_TIMER },
	{ "REACHABLE: asked late", NS_REACHABLE, NE_ASK, STAYS, NA_ANSWER },

	{ "STALE: packet sent", NS_STALE, NE_USED, NS_DELAY, NA_TIMER },
	{ "STALE: NA, S=1, same", NS_STALE, NE_SOL_SAME, NS_REACHABLE,
	    NA_TIMER },
	{ "STALE: NA, S=1, O=1, other", NS_STALE, NE_SOL_NEW, NS_REACHABLE,
	    LEARN },
	{ "STALE: NA, S=1, O=0, other", NS_STALE, NE_SOL_KEEP, STAYS, 0 },
	{ "STALE: NA, S=0, O=0, other", NS_STALE, NE_UNS_KEEP, STAYS, 0 },
	{ "STALE: NA, S=0, O=1, other", NS_STALE, NE_UNS_NEW, NS_STALE, LEARN },
	{ "STALE: NS, same", NS_STALE, NE_UNS_SAME, STAYS, 0 },
	{ "STALE: unused for long", NS_STALE, NE_TIMEOUT, STAYS, NA_FORGET },
	{ "STALE: asked late", NS_STALE, NE_ASK, STAYS, NA_ANSWER },

	{ "DELAY: timeout", NS_DELAY, NE_TIMEOUT, NS_PROBE,
	    NA_PROBE | NA_TIMER },
	{ "DELAY: NA, S=1, same", NS_DELAY, NE_SOL_SAME, NS_REACHABLE,
	    NA_TIMER },
	{ "DELAY: NA, S=1, O=1, other", NS_DELAY, NE_SOL_NEW, NS_REACHABLE,
	    LEARN },
	{ "DELAY: NA, O=0, other", NS_DELAY, NE_SOL_KEEP, STAYS, 0 },
	{ "DELAY: NA, S=0, O=0, other", NS_DELAY, NE_UNS_KEEP, STAYS, 0 },
	{ "DELAY: NA, S=0, same", NS_DELAY, NE_UNS_SAME, STAYS, 0 },
	{ "DELAY: NA, S=0, O=1, other", NS_DELAY, NE_UNS_NEW, NS_STALE, LEARN },
	{ "DELAY: used", NS_DELAY, NE_USED, STAYS, 0 },
	{ "DELAY: asked late", NS_DELAY, NE_ASK, STAYS, NA_ANSWER },

	{ "PROBE: timeout, less than N", NS_PROBE, NE_TIMEOUT, STAYS,
	    NA_PROBE | NA_TIMER },
	{ "PROBE: timeout, N or more", NS_PROBE, NE_EXHAUSTED, STAYS,
	    NA_FORGET },
	{ "PROBE: NA, S=1, same", NS_PROBE, NE_SOL_SAME, NS_REACHABLE,
	    NA_TIMER },
	{ "PROBE: NA, S=1, O=1, other", NS_PROBE, NE_SOL_NEW, NS_REACHABLE,
	    LEARN },
	{ "PROBE: NA, O=0, other", NS_PROBE, NE_SOL_KEEP, STAYS, 0 },
	{ "PROBE: NA, S=0, O=0, other", NS_PROBE, NE_UNS_KEEP, STAYS, 0 },
	{ "PROBE: NA, S=0, same", NS_PROBE, NE_UNS_SAME, STAYS, 0 },
	{ "PROBE: NA, S=0, O=1, other", NS_PROBE, NE_UNS_NEW, NS_STALE, LEARN },
	{ "PROBE: asked late", NS_PROBE, NE_ASK, STAYS, NA_ANSWER },

	{ "FAILED: asked again", NS_FAILED, NE_ASK, STAYS, NA_ANSWER },
	{ "FAILED: forgotten", NS_FAILED, NE_TIMEOUT, STAYS, NA_FORGET },
	{ "FAILED: late answer", NS_FAILED, NE_SOL_NEW, NS_REACHABLE, LEARN },
	{ "FAILED: late answer, O=0", NS_FAILED, NE_SOL_KEEP, NS_REACHABLE,
	    LEARN },
	{ "FAILED: NS from it", NS_FAILED, NE_UNS_NEW, NS_STALE, LEARN },

	{ "PERMANENT: asked late", NS_PERMANENT, NE_ASK, STAYS, NA_ANSWER },
	{ "PERMANENT: NA, other", NS_PERMANENT, NE_SOL_NEW, STAYS, 0 },
	{ "PERMANENT: NS, other", NS_PERMANENT, NE_UNS_NEW, STAYS, 0 },
	{ "PERMANENT: timeout", NS_PERMANENT, NE_TIMEOUT, STAYS, 0 },
};

static void
test_rows(void **state)
{
	const struct neigh_rule *nr;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(rows); i++) {
		nr = neigh_rule(rows[i].state, rows[i].event);
		if (nr->nr_next != rows[i].next || nr->nr_act != rows[i].act)
			fail_msg("%s: goes to %s, does %#x", rows[i].name,
			    neigh_state_name(nr->nr_next), nr->nr_act);
	}
}

static bool
has_mac(unsigned state)
{
	return state >= NS_REACHABLE && state != NS_FAILED;
}

/* What must hold for any rule, listed above or not. */
static void
test_sense(void **state)
{
	unsigned s, e;

	(void)state;
	for (s = 0; s < NS_N; s++)
		for (e = 0; e < NE_N; e++) {
			const struct neigh_rule *nr = neigh_rule(s, e);
			unsigned act = nr->nr_act;

			/* A MAC comes from what was heard only. */
			if ((act & NA_RECORD) != 0)
				assert_true(e >= NE_SOL_SAME);
			/* Nobody reaches a state with a MAC without one. */
			if (has_mac(nr->nr_next) && !has_mac(s))
				assert_true((act & NA_RECORD) != 0);
			if ((act & NA_PROBE) != 0)
				assert_true(has_mac(s));
			if ((act & NA_FORGET) != 0)
				assert_int_equal(act, NA_FORGET);
			/* Each state that is entered has its timer. */
			if (nr->nr_next != NS_NONE)
				assert_true((act & NA_TIMER) != 0);
			/* Who asks is answered, unless it is under way. */
			if (e == NE_ASK && s != NS_NONE && s != NS_INCOMPLETE)
				assert_true((act & NA_ANSWER) != 0);
			/* Who waits in INCOMPLETE hears of its end. */
			if (s == NS_INCOMPLETE && nr->nr_next != NS_NONE)
				assert_true((act & NA_ANSWER) != 0);
		}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(neigh_state_name(NS_INCOMPLETE), "incomplete");
	assert_string_equal(neigh_state_name(NS_PERMANENT), "permanent");
	assert_string_equal(neigh_state_name(NS_N), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sense),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
