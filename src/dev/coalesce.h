/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making large segments of small ones, for a device that takes them: what
 * receive coalescing of hosts does, but where a frame leaves, because only
 * there is it known that nothing is gained by keeping packets apart.
 *
 * Packets are merged only if cutting the result (dev/segment.h, or the device
 * by the same rules) gives back each of them, byte for byte.  So the hosts at
 * both ends cannot tell, but by the packets' arriving together.  Nothing waits:
 * only what one vector holds is merged.
 */
#ifndef DEV_COALESCE_H
#define DEV_COALESCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

#define COAL_HDRMAX 122 /* two VLAN tags, IPv6, TCP with all options */

enum coal_kind {
	COAL_OTHER, /* neither TCP nor UDP: of no flow here */
	COAL_UNKNOWN, /* may be of any flow: a fragment, options */
	COAL_ALONE, /* of its flow, but nothing may be merged with it */
	COAL_DATA, /* may begin a large segment, or follow in one */
};

/* What a frame is; all of it checked. */
struct coal_pkt {
	uint16_t cp_l3; /* where the IP header begins */
	uint16_t cp_l4; /* … and that of TCP or UDP */
	uint16_t cp_hdrlen; /* … and the payload */
	uint16_t cp_end; /* … and what the link added */
	bool cp_v6;
	bool cp_udp;
};

/* Pure.  The first n bytes of a frame of pktlen are at p. */
enum coal_kind coal_parse(
    struct coal_pkt *, const uint8_t *p, unsigned n, unsigned pktlen);

/* Pure.  Whether two frames (not COAL_OTHER, COAL_UNKNOWN) are of one flow. */
bool coal_same_flow(const uint8_t *a, const struct coal_pkt *,
    const uint8_t *b, const struct coal_pkt *);

/*
 * Pure.  Whether b is what cutting makes of a large segment that begins with a
 * as its piece i, the last one.  Payload and checksums are not looked at.
 */
bool coal_follows(const uint8_t *a, const struct coal_pkt *, const uint8_t *b,
    const struct coal_pkt *, unsigned i);

/* What a device can take of dev_coalesce(): worth calling it. */
static inline bool
coal_wanted(const struct ifnet *ifp)
{
	const uint32_t need = IFCAP_CHAIN | IFCAP_TXCSUM;

	return (ifp->if_caps & need) == need &&
	    (ifp->if_caps & (IFCAP_TSO4 | IFCAP_TSO6 | IFCAP_USO)) != 0;
}

/*
 * Merge what may be merged of n frames that leave by ifp, in their order.  What
 * is merged into another is gone from mm.  Returns how many are left.
 */
unsigned dev_coalesce(
    struct cpu *, const struct ifnet *ifp, struct mbuf **mm, unsigned n) ON_CPU;

#endif
