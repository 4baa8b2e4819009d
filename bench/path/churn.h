/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between a link that brings packets and two that take them, run with
 * its tester by a thread of its own, which is pinned; ctl is the caller's, who
 * is pinned to another CPU.  If the router has several CPUs, the thread runs
 * them in turn.
 *
 * The tester sends by the clock.  What is due when it looks is sent at once;
 * what the link has no room for is lost.
 */
#ifndef BENCH_CHURN_H
#define BENCH_CHURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "if/if.h"
#include "micro/bgp.h"
#include "route/nhop.h"
#include "spate.h"

#define CHURN_DSTS 16384u /* destinations, a power of two */
#define CHURN_RING 4096u  /* frames between tester and router */

struct churn_count {
	uint64_t cc_sent; /* what was due */
	uint64_t cc_came; /* out of the router */
	double cc_longest; /* us of a round of the router's CPU */
};

struct churn;

/* A packet that came out by a link (0, 1); the thread's. */
typedef void churn_seen_fn(void *arg, unsigned link, const uint8_t *frame);

struct churn {
	unsigned ch_ncpus;	 /* of the router */
	churn_seen_fn *ch_seen;	 /* NULL: nobody looks; before churn_start() */
	void *ch_arg;
	struct spate *ch_router;
	struct spate *ch_tester;
	struct ifnet *ch_in;	 /* the tester's end of what brings packets */
	struct ifnet *ch_out[2]; /* … and of what takes them */
	struct ifnet *ch_via[2]; /* the router's ends of these */
	uint8_t (*ch_frame)[64]; /* CHURN_DSTS of them */
	uint32_t ch_len;	 /* of each */
	pthread_t ch_thread;
	/* ctl's wishes: counts begin anew, at this rate, when ch_want grows. */
	double ch_hz;		 /* [before ch_want] packets a second */
	_Atomic unsigned ch_want;
	_Atomic unsigned ch_have; /* what the thread is at */
	_Atomic bool ch_quit;
	/* [o] the thread's; ctl reads them while nothing is sent */
	uint64_t ch_began, ch_sent, ch_came, ch_next;
};

/* Each link has gateways, and a default route leads by the first link. */
void churn_create(struct churn *, unsigned ncpus, unsigned gateways) ON_CTL;
void churn_destroy(struct churn *) ON_CTL;

/* A gateway on a link. */
struct nhop churn_gateway(const struct churn *, unsigned link, unsigned n);

/* Whether all that covers the address leads by the first link. */
bool churn_first(const struct churn *, const struct addr *) ON_CTL;

/* Destinations, CHURN_DSTS of them; once, before churn_start(). */
void churn_load(struct churn *, const uint32_t *dst) ON_CTL;
void churn_start(struct churn *) ON_CTL;

/*
 * Before churn_start(): which of the router's CPUs has each destination's
 * packets.  Their IPv4 identification is the destination's number.
 */
void churn_owners(struct churn *, uint8_t owner[CHURN_DSTS]) ON_CTL;

/* Send from now on; and stop, with what came of it. */
void churn_begin(struct churn *, double rate) ON_CTL;
void churn_end(struct churn *, struct churn_count *) ON_CTL;

/* Parts of a million that were lost. */
double churn_lost(const struct churn_count *);

/* Publish routes, and a round of ctl. */
void churn_publish(struct churn *) ON_CTL;

/* The second link comes or goes. */
void churn_link(struct churn *, bool up) ON_CTL;

/* ctl has nothing to do for so long but what it always has. */
void churn_rest(struct churn *, uint64_t ns) ON_CTL;

#endif
