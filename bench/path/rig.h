/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between two pair links, and a second instance at their far ends
 * whose driver functions are called by hand: what offers and collects packets
 * is not in the figures.  The packets are the tester's.  One of each flow is
 * made once and copied, over and over, so that what makes and checks packets
 * does not push the router out of the caches.
 *
 * A CPU of the tester is used by the thread that runs the same CPU of the
 * router; ctl runs in rig_turn() only, while no CPU does.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/tsa.h"
#include "gen/tpl.h"
#include "if/if.h"
#include "spate.h"

#define RIG_FRAME 62 /* bytes at most; IPv4: 64 with the FCS, IPv6: 66 */
#define RIG_BURST 64
#define RIG_FLOWS 16 /* of a CPU; no more than TPL_BURST */
#define RIG_BUFS  1024 /* of a CPU */

struct rig {
	struct spate *r_router;
	struct spate *r_tester;
	struct ifnet *r_in; /* the tester's ends */
	struct ifnet *r_out;
	/* A packet of each flow, by the CPU that owns it. */
	alignas(CACHELINE)
	    uint8_t r_frame[CPU_MAX][RIG_FLOWS][TPL_ROOM(RIG_FRAME)];
	uint32_t r_len; /* of each */
};

/*
 * So many CPUs, so many receive queues at the router's incoming end, one
 * route.  Exits with a message on any error.  If it is to prove the router,
 * also unless new packets to each CPU all come out once, whole, and flow by
 * flow in order.  (A signature does not fit into IPv6 packets as small as
 * these: of them checksums are verified, and their number.)
 */
void rig_create(struct rig *, unsigned ncpus, unsigned queues, bool six,
    bool prove) ON_CTL;
void rig_destroy(struct rig *) ON_CTL;

/*
 * One more link, of one queue a CPU; *far is the tester's end.  Returns the
 * router's.
 */
struct ifnet *rig_link(
    struct rig *, const char *name, struct ifnet **far) ON_CTL;

/* A sysctl of the router. */
void rig_set(struct rig *, const char *name, const char *value) ON_CTL;

/* A round of each CPU and ctl of both instances: lets things settle. */
void rig_turn(struct rig *) ON_CTL;

/* The tester's CPU cpu sends n packets (at most RIG_BURST) of an owner CPU. */
void rig_offer(struct rig *, unsigned cpu, unsigned owner, unsigned n);

/* A round of a CPU of the router; cycles it took. */
uint64_t rig_round(struct rig *, unsigned cpu);

/* Packets that came out of the router for the tester's CPU. */
unsigned rig_collect(struct rig *, unsigned cpu);

/*
 * The next burst of a template, in new buffers of a CPU of the tester, which
 * are the caller's.  Returns TPL_BURST; ends the program without buffers.
 */
unsigned rig_fill(struct cpu *, struct tpl_cursor *, uint16_t key,
    struct mbuf *mm[static TPL_BURST]) ON_CPU;

#endif
