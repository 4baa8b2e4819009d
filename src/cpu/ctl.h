/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control thread as an end point: its clock, timers and messages.  What
 * it controls is above, in route/ and ctl/.
 *
 *	I	immutable after ctl_init(), or the event named
 *	C	ctl only
 */
#ifndef CPU_CTL_H
#define CPU_CTL_H

#include "base/random.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/endpoint.h"
#include "cpu/wheel.h"

struct arp_ctl;
struct balancer;
struct explain_job;
struct if_ctl;
struct nd6_ctl;
struct neigh_ctl;
struct ping_job;
struct ra_ctl;
struct route_ctl;
struct control;
struct memif_listener;
struct move_ctl;
struct ping;
struct rss_job;
struct stream;
struct udp_servers;

struct ctl {
	struct endpoint ctl_ep; /* first: an end point is its ctl */
	struct spate *ctl_sp; /* [I] */
	uint64_t ctl_now; /* [C] ns, read once a round */
	struct wheel ctl_wheel; /* [C] */
	struct rnd ctl_rnd; /* [C] */
	struct if_ctl *ctl_if; /* [C] interfaces, if/ */
	struct neigh_ctl *ctl_neigh; /* [C] neighbours, route/ */
	struct arp_ctl *ctl_arp; /* [C] own IPv4 addresses, ether/ */
	struct nd6_ctl *ctl_nd6; /* [C] own IPv6 addresses, ip6/ */
	struct ra_ctl *ctl_ra; /* [C] router discovery, ip6/ */
	struct route_ctl *ctl_route; /* [C] next hops, route/ */
	struct move_ctl *ctl_move; /* [C] buckets that move, netisr/ */
	struct balancer *ctl_balancer; /* [C] moves buckets, netisr/ */
	struct ping *ctl_pings; /* [C] who waits for echo replies, ip/ */
	struct control *ctl_control; /* [C] configuration, ctl/ */
	struct ping_job *ctl_pingjobs; /* [C] that run, ctl/ */
	struct rss_job *ctl_rssjobs; /* [C] that wait for moves, ctl/ */
	struct explain_job *ctl_explains; /* [C] under way, ctl/ */
	struct udp_servers *ctl_services; /* [C] own services, udp/ */
	struct stream *ctl_streams; /* [C] captures and traces, ctl/ */
	struct memif_listener *ctl_memif; /* [C] sockets, dev/ */
};

static inline struct ctl *
endpoint_ctl(struct endpoint *ep)
{
	KASSERT(ep->ep_id == sp_ctl_id(ep->ep_sp));
	return container_of(ep, struct ctl, ctl_ep);
}

int ctl_init(struct ctl *, struct spate *);
void ctl_fini(struct ctl *);

/* Clock, messages, timers, reclamation.  Returns whether it did anything. */
bool ctl_round(struct ctl *) ON_CTL;

/* When ctl_round() is due even if nobody wakes it; UINT64_MAX: never. */
uint64_t ctl_next(const struct ctl *) ON_CTL;

/* Sleep through the environment until there is something to do. */
void ctl_idle(struct ctl *) ON_CTL;

#endif
