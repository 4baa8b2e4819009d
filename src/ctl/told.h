/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the records of a told packet (mbuf/tell.h) to what people and programs
 * read: the packet, the stages it passed, what was looked up there and what
 * the answer was, and its end.
 *
 *	{"packet": {"number": 1, "interface": "lan", "source": ..., ...},
 *	 "steps": [{"stage": "ip_input", "cpu": 0, "after": 0, "pieces": 1,
 *	     "lookups": [{"what": "route", "for": "10.2.0.2 in main",
 *		 "answer": "10.2.0.0/16 static"}, ...],
 *	     "rule": "guests", "notes": ["..."]}, ...],
 *	 "ends": [{"how": "sent", "stage": "dev_output", "cpu": 0,
 *	     "text": "on wan, queue 0", ...}]}
 *
 * "rule" is the policy route that decided, if one did.  A packet that is cut
 * has several ends; one that was put aside and came back
 * has had one before the last ("held").
 *
 *	C	ctl only
 */
#ifndef CTL_TOLD_H
#define CTL_TOLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "mbuf/tell.h"

struct told {
	struct told *td_next; /* [C] the user's list */
	uint32_t td_id; /* [C] of the packet */
	uint64_t td_first; /* [C] times of its records */
	uint64_t td_last; /* [C] */
	unsigned td_ended; /* [C] ends for good */
	json_t *td_packet; /* [C] */
	json_t *td_steps; /* [C] */
	json_t *td_ends; /* [C] */
	json_t *td_step; /* [C] the last of td_steps; NULL: none yet */
	bool td_ruled; /* [C] a rule decided there … */
	uint32_t td_rule; /* [C] … for this next hop */
	struct tell_record td_at; /* [C] how it came to that stage … */
	uint8_t td_data[TELL_DATA]; /* [C] … with its first bytes */
};

/* A packet that begins with this record.  NULL: no memory. */
struct told *told_new(struct ctl *, const struct tell_record *begin) ON_CTL;
void told_free(struct told *);

/* What happened to it next. */
void told_take(struct ctl *, struct told *, const struct tell_record *) ON_CTL;

/*
 * Whether nothing more is to be expected of it now: it has an end, and for a
 * moment there was nothing new; or nothing came for very long.
 */
bool told_done(const struct told *, uint64_t now);

/* All that is known of it, as the caller's number n.  A new object. */
json_t *told_json(const struct told *, unsigned n);

#endif
