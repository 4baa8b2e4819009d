/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking at the flow caches of CPUs while they work.
 *
 * ctl reads places as they are written: a flow that changes under its eyes it
 * passes over.  What it says of one is of some moment in between.
 */
#ifndef FAST_FLOW_LOOK_H
#define FAST_FLOW_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"

struct flow_info {
	struct addr fi_dst;
	uint32_t fi_nh; /* number of the next hop */
	uint16_t fi_oif;
	uint16_t fi_mtu; /* longest packet */
	uint8_t fi_rtable;
	bool fi_stale; /* to be looked up again before it is used */
	uint8_t fi_mac[MAC_LEN]; /* to whom frames go */
	uint64_t fi_packets;
	uint64_t fi_bytes; /* of IP */
	uint64_t fi_age_ns; /* since it is known, to within 17 ms */
};

/* Any other value than 0 ends the walk. */
typedef int flow_walk_fn(void *arg, const struct flow_info *);

/* All flows of a CPU, in no order.  Returns what ended the walk, or 0. */
int flow_walk(const struct ctl *, unsigned cpu, flow_walk_fn *, void *arg)
    ON_CTL;

/* What is known of a CPU's cache, without looking at its flows. */
struct flow_state {
	uint64_t fs_size; /* flows it was made for; 0: there is none */
	uint64_t fs_places; /* flows it has room for */
	bool fs_used; /* flows are looked for, apart from trials */
	/* With net.inet.ip.fastforward = auto only: */
	const char *fs_why; /* what the last trial said; NULL: not auto */
	double fs_with; /* cycles a packet, medians of that trial … */
	double fs_without;
	unsigned fs_won; /* … and the pairs that the cache won */
	unsigned fs_pairs; /* … of so many */
	uint64_t fs_trials; /* so far */
	uint64_t fs_changes; /* of fs_used */
};
void flow_state(const struct ctl *, unsigned cpu, struct flow_state *) ON_CTL;

#endif
