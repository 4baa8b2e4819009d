/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours: from an IP address on a link to a MAC address.  The same table
 * and state machine serve ARP (RFC 826) and neighbour discovery (RFC 4861).
 *
 * One table, published by ctl and read by all CPUs.  ctl alone creates
 * entries, changes their state, ages and deletes them.  The CPU that misses
 * holds the packet, asks ctl, and goes on; an answer comes to every CPU that
 * asked, as a message, and it sends (or gives up) what it held.
 *
 *	I	immutable once published
 *	o	owner CPU
 *	C	ctl only
 *	P	published by ctl
 *	A	atomic, relaxed
 */
#ifndef ROUTE_NEIGH_H
#define ROUTE_NEIGH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "route/neigh_stat.h"

#define ETHER_HDR_LEN 14

/* RFC 4861, 7.3.2; FAILED is ours: it did not answer a moment ago. */
enum neigh_state {
	NS_NONE, /* there is no entry */
	NS_INCOMPLETE,
	NS_REACHABLE,
	NS_STALE,
	NS_DELAY,
	NS_PROBE,
	NS_FAILED,
	NS_PERMANENT, /* configured */
	NS_N
};

/* What CPUs see of a neighbour; only those that have a MAC are published. */
struct lle {
	struct addr lle_addr; /* [I] */
	uint16_t lle_ifindex; /* [I] */
	uint8_t lle_hdr[ETHER_HDR_LEN]; /* [I] complete Ethernet header */
	_Atomic bool lle_used; /* [A] set by CPUs, cleared by ctl */
	_Atomic uint8_t lle_state; /* [A] enum neigh_state, set by ctl */
};

/*
 * The neighbour, until the end of the round; NULL if it must be resolved.
 * addr is on the link of the interface.
 */
const struct lle *neigh_lookup4(
    const struct spate *, unsigned ifindex, uint32_t addr);
const struct lle *neigh_lookup6(
    const struct spate *, unsigned ifindex, const struct in6 *addr);

/* The same for either family, on a packet's way. */
const struct lle *neigh_lookup(
    struct cpu *, unsigned ifindex, const struct addr *) ON_CPU;

/* A CPU used it; the state machine wants to know (STALE -> DELAY). */
static inline void
lle_use(const struct cpu *c, const struct lle *lle)
{
	_Atomic bool *used = (_Atomic bool *)&lle->lle_used;

	if (!atomic_load_explicit(used, memory_order_relaxed) &&
	    !cpu_pretends(c))
		atomic_store_explicit(used, true, memory_order_relaxed);
}

static inline bool
lle_is(const struct lle *lle, unsigned ifindex, const struct addr *a)
{
	return lle->lle_ifindex == ifindex && addr_eq(&lle->lle_addr, a);
}

/* Packets a CPU holds, by neighbour.  ENOMEM. */
int neigh_cpu_init(struct cpu *);
void neigh_cpu_fini(struct cpu *);

/*
 * Hold m, whose next hop addr on ifindex is not resolved, and have it resolved.
 * m is at its IP header and comes back to ST_RESOLVE when there is an entry,
 * goes to ST_UNREACH (or ST_UNREACH6) if there is none, or is dropped and
 * counted when too many wait.  Without a packet (NULL) the neighbour is only
 * resolved.
 */
void neigh_hold(struct cpu *, unsigned ifindex, const struct addr *addr,
    struct mbuf *m) ON_CPU;

/* Packets held by this CPU. */
unsigned neigh_held(const struct cpu *);

/*
 * An entry can be seen a while before ctl's answer that there is one.  Whoever
 * finds it first sends what this CPU holds for it before anything else, or
 * leaves that to one who does.
 *
 * Whether something is held for addr; the oldest of it, which is held no
 * longer, at its IP header, or NULL.
 */
bool neigh_holds(
    struct cpu *, unsigned ifindex, const struct addr *addr) ON_CPU;
struct mbuf *neigh_take(
    struct cpu *, unsigned ifindex, const struct addr *addr) ON_CPU;

/*
 * What ARP and ND heard on the wire, told to ctl.  Throttled per CPU: news
 * that repeats what the table says is not sent at all.
 */
enum neigh_news {
	NN_REQUEST, /* it asked us: MAC of the asker */
	NN_REPLY, /* solicited answer: confirms reachability */
	NN_ANNOUNCE, /* unsolicited: MAC only, creates nothing */
};
enum {
	NNF_OVERRIDE = 1u << 0, /* ND: may replace another MAC */
	NNF_ROUTER = 1u << 1,
};
void neigh_heard(struct cpu *, unsigned ifindex, const struct addr *,
    const uint8_t mac[static ETHER_ALEN], enum neigh_news,
    unsigned flags) ON_CPU;

/*
 * Whether this CPU may tell ctl, now, one more thing of a kind that the wire
 * can provoke at will.  Each link has a budget of its own: a flood on one must
 * not hide the answers on another.  ARP and ND ask it for what they tell ctl
 * themselves.
 */
enum neigh_tell {
	NT_REQUEST,
	NT_REPLY,
	NT_ANNOUNCE,
	NT_CONFLICT,
	NT_SOLICIT, /* of routers, as the next */
	NT_ROUTER,
	NT_N
};
bool neigh_may_tell(struct cpu *, unsigned ifindex, enum neigh_tell) ON_CPU;

/* How ctl asks a CPU to send requests; one of these for each family. */
struct neigh_solicit {
	struct msg ns_msg;
	uint16_t ns_ifindex;
	bool ns_unicast; /* probe: to ns_mac */
	uint8_t ns_mac[ETHER_ALEN];
	struct addr ns_target;
};
struct neigh_proto {
	/* Runs on a CPU: builds and sends one request, then msg_done(). */
	void (*np_solicit)(struct endpoint *, struct msg *);
};

int neigh_ctl_init(struct ctl *, const struct neigh_proto *v4,
    const struct neigh_proto *v6) ON_CTL;
void neigh_ctl_fini(struct ctl *) ON_CTL;

/* A static entry; replaces a learnt one.  ENOMEM, ENOSPC. */
int neigh_add(struct ctl *, struct ifnet *, const struct addr *,
    const uint8_t mac[static ETHER_ALEN]) ON_CTL;
int neigh_delete(struct ctl *, struct ifnet *, const struct addr *) ON_CTL;

/* All entries of an interface, because it goes. */
void neigh_flush(struct ctl *, unsigned ifindex) ON_CTL;

/* Those that were learnt, because its link went down or a user wishes so. */
void neigh_unlearn(struct ctl *, unsigned ifindex) ON_CTL;

struct neigh_info {
	struct addr ni_addr;
	uint16_t ni_ifindex;
	enum neigh_state ni_state;
	bool ni_router;
	uint8_t ni_mac[ETHER_ALEN];
	uint64_t ni_age_ns; /* since last confirmed */
};
void neigh_dump(struct ctl *, void (*fn)(void *, const struct neigh_info *),
    void *arg) ON_CTL;
/* One of them; false if there is none. */
bool neigh_query(struct ctl *, unsigned ifindex, const struct addr *,
    struct neigh_info *) ON_CTL;
const char *neigh_state_name(enum neigh_state);

#endif
