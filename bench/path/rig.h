/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between two pair links, and a second instance at their far ends
 * whose driver functions are called by hand: what offers and collects frames
 * is not in the figures.
 *
 * A CPU of the tester is used by the thread that runs the same CPU of the
 * router; ctl runs in rig_turn() only, while no CPU does.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "if/if.h"
#include "spate.h"

#define RIG_FRAME 60 /* bytes; 64 with the FCS */
#define RIG_BURST 64
#define RIG_FLOWS 16 /* of a CPU */
#define RIG_BUFS  1024 /* of a CPU */

struct rig {
	struct spate *r_router;
	struct spate *r_tester;
	struct ifnet *r_in; /* the tester's ends */
	struct ifnet *r_out;
	uint8_t r_frame[CPU_MAX][RIG_FLOWS][RIG_FRAME]; /* by owner CPU */
};

/* Clock, and no sleep: whoever uses it calls rounds by hand. */
void rig_env(struct spate_env *);

/*
 * So many CPUs, so many receive queues at the router's incoming end, one
 * route.  Exits with a message on any error.
 */
void rig_create(
    struct rig *, unsigned ncpus, unsigned queues, bool six) ON_CTL;
void rig_destroy(struct rig *) ON_CTL;

/* A sysctl of the router. */
void rig_set(struct rig *, const char *name, const char *value) ON_CTL;

/* A round of each CPU and ctl of both instances: lets things settle. */
void rig_turn(struct rig *) ON_CTL;

/* The tester's CPU cpu sends n frames (at most RIG_BURST) of an owner CPU. */
void rig_offer(struct rig *, unsigned cpu, unsigned owner, unsigned n);

/* A round of a CPU of the router; cycles it took. */
uint64_t rig_round(struct rig *, unsigned cpu);

/* Frames that came out of the router for the tester's CPU. */
unsigned rig_collect(struct rig *, unsigned cpu);

/* Their median; sorts v.  0 of none. */
double median(double *v, unsigned n);

#endif
