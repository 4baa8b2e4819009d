/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a neighbour, as RFC 4861 has it (7.3.2 and appendix C), for both
 * families; what differs for ARP is only which event a packet makes.
 *
 * Two things are ours.  A neighbour that does not answer stays FAILED for a
 * moment, so that those who go on sending to it do not have it asked for all
 * the time.  And one that fails its unicast probes is forgotten, so that the
 * next packet has it asked for by broadcast: it may have another MAC now.
 */
#include "route/neigh_int.h"

/* clang-format off */
static const struct neigh_rule neigh_fsm[NS_N][NE_N] = {
	[NS_NONE] = {
		[NE_ASK]	= { NS_INCOMPLETE, NA_SOLICIT | NA_TIMER },
		/* Only a request to us; the others create nothing (7.2.5). */
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
	},
	[NS_INCOMPLETE] = {
		/* One more CPU waits for what is under way. */
		[NE_ASK]	= { NS_NONE, 0 },
		[NE_TIMEOUT]	= { NS_NONE, NA_SOLICIT | NA_TIMER },
		[NE_EXHAUSTED]	= { NS_FAILED, NA_ANSWER | NA_TIMER },
		/* The first MAC is taken whatever the flags say (7.2.5). */
		[NE_SOL_NEW]	= { NS_REACHABLE,
				    NA_RECORD | NA_ANSWER | NA_TIMER },
		[NE_SOL_KEEP]	= { NS_REACHABLE,
				    NA_RECORD | NA_ANSWER | NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE,
				    NA_RECORD | NA_ANSWER | NA_TIMER },
		[NE_UNS_KEEP]	= { NS_STALE,
				    NA_RECORD | NA_ANSWER | NA_TIMER },
	},
	[NS_REACHABLE] = {
		/* The question met the answer on its way. */
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
		[NE_TIMEOUT]	= { NS_STALE, NA_TIMER },
		[NE_SOL_SAME]	= { NS_REACHABLE, NA_TIMER },
		[NE_SOL_NEW]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		/* Two stations claim it: doubt, but keep the first. */
		[NE_SOL_KEEP]	= { NS_STALE, NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
		[NE_UNS_KEEP]	= { NS_STALE, NA_TIMER },
	},
	[NS_STALE] = {
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
		[NE_USED]	= { NS_DELAY, NA_TIMER },
		/* Unused for so long that it goes. */
		[NE_TIMEOUT]	= { NS_NONE, NA_FORGET },
		[NE_SOL_SAME]	= { NS_REACHABLE, NA_TIMER },
		[NE_SOL_NEW]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
	},
	[NS_DELAY] = {
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
		[NE_TIMEOUT]	= { NS_PROBE, NA_PROBE | NA_TIMER },
		[NE_SOL_SAME]	= { NS_REACHABLE, NA_TIMER },
		[NE_SOL_NEW]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
	},
	[NS_PROBE] = {
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
		[NE_TIMEOUT]	= { NS_NONE, NA_PROBE | NA_TIMER },
		[NE_EXHAUSTED]	= { NS_NONE, NA_FORGET },
		[NE_SOL_SAME]	= { NS_REACHABLE, NA_TIMER },
		[NE_SOL_NEW]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
	},
	[NS_FAILED] = {
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
		[NE_TIMEOUT]	= { NS_NONE, NA_FORGET },
		/* It lives after all: as if it were INCOMPLETE. */
		[NE_SOL_NEW]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		[NE_SOL_KEEP]	= { NS_REACHABLE, NA_RECORD | NA_TIMER },
		[NE_UNS_NEW]	= { NS_STALE, NA_RECORD | NA_TIMER },
		[NE_UNS_KEEP]	= { NS_STALE, NA_RECORD | NA_TIMER },
	},
	[NS_PERMANENT] = {
		/* Whoever configured it knows better than the wire. */
		[NE_ASK]	= { NS_NONE, NA_ANSWER },
	},
};
/* clang-format on */

const struct neigh_rule *
neigh_rule(enum neigh_state state, enum neigh_event event)
{
	KASSERT(state < NS_N && event < NE_N);
	return &neigh_fsm[state][event];
}

const char *
neigh_state_name(enum neigh_state state)
{
	static const char *const names[NS_N] = {
		[NS_NONE] = "none",
		[NS_INCOMPLETE] = "incomplete",
		[NS_REACHABLE] = "reachable",
		[NS_STALE] = "stale",
		[NS_DELAY] = "delay",
		[NS_PROBE] = "probe",
		[NS_FAILED] = "failed",
		[NS_PERMANENT] = "permanent",
	};

	return state < NS_N ? names[state] : "?";
}
