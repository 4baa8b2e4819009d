/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the neighbour table share: the state machine, the
 * published table, and the messages between CPUs and ctl.
 *
 *	I	immutable once published, or after the event named
 *	o	whoever holds the message
 *	C	ctl only
 *	P	published by ctl
 */
#ifndef ROUTE_NEIGH_INT_H
#define ROUTE_NEIGH_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "route/neigh.h"

/* How long "it does not answer" is believed without asking again. */
#define NEIGH_NEGATIVE_NS NS_S

/*
 * The state machine, neigh_fsm.c: RFC 4861, appendix C.  What was heard is
 * told apart by three things: an answer to a request (SOL) or not (UNS); the
 * MAC we know (SAME) or another; if another, whether it is to take the old
 * one's place (NEW) or not (KEEP).  An entry without a MAC knows no SAME.
 */
enum neigh_event {
	NE_ASK, /* a CPU holds packets for it */
	NE_USED, /* CPUs have sent packets by it */
	NE_TIMEOUT, /* the state's timer has expired */
	NE_EXHAUSTED, /* and the last request has been sent */
	NE_SOL_SAME,
	NE_SOL_NEW,
	NE_SOL_KEEP,
	NE_UNS_SAME,
	NE_UNS_NEW,
	NE_UNS_KEEP,
	NE_N
};

enum { /* nr_act */
	NA_TIMER = 1u << 0, /* start the new state's timer */
	NA_SOLICIT = 1u << 1, /* send a request to all */
	NA_PROBE = 1u << 2, /* send a request to the MAC we know */
	NA_RECORD = 1u << 3, /* take the MAC over and publish it */
	NA_ANSWER = 1u << 4, /* tell the CPUs that asked */
	NA_FORGET = 1u << 5, /* the entry goes */
};

struct neigh_rule {
	uint8_t nr_next; /* [I] enum neigh_state; NS_NONE: stays */
	uint8_t nr_act; /* [I] NA_* */
};

const struct neigh_rule *neigh_rule(enum neigh_state, enum neigh_event);

/*
 * The published table: open addressing, linear probing.  ctl fills free slots
 * and replaces entries in place, with one store each; deleting leaves a mark
 * that readers pass over.  A table too full of either is built anew and
 * published whole, with the same entries.
 */
struct neigh_table {
	uint64_t ngt_key; /* [I] of the hash: neighbours choose addresses */
	uint32_t ngt_mask; /* [I] slots - 1 */
	_Atomic(struct lle *) ngt_slot[]; /* [P] NULL: free, never used */
};

static inline uint64_t
neigh_hash4(uint64_t key, unsigned ifindex, uint32_t a)
{
	return hash_mix64(key ^ ((uint64_t)ifindex << 32 | a));
}

static inline uint64_t
neigh_hash6(uint64_t key, unsigned ifindex, struct in6 a)
{
	return hash_mix64(hash_mix64(key ^ a.i6_hi) ^ a.i6_lo ^ ifindex);
}

static inline uint64_t
neigh_hash(uint64_t key, unsigned ifindex, const struct addr *a)
{
	if (a->a_family == ADDR_V4)
		return neigh_hash4(key, ifindex, a->a_v4);
	return neigh_hash6(key, ifindex, a->a_v6);
}

/* ctl's side of the published table. */
struct neigh_pub {
	struct neigh_table *np_table; /* [C] the published one */
	unsigned np_live; /* [C] entries in it */
	unsigned np_taken; /* [C] slots that are not free: with deleted ones */
};

/* Publishes an empty table.  ENOMEM. */
int neigh_pub_init(struct spate *, struct neigh_pub *, uint64_t key) ON_CTL;
/* All CPUs have stopped; entries are the caller's. */
void neigh_pub_fini(struct spate *, struct neigh_pub *) ON_CTL;
/* new appears, in the place of old (of the same key) if that is not NULL. */
int neigh_pub_set(struct spate *, struct neigh_pub *, struct lle *new,
    struct lle *old) ON_CTL;
void neigh_pub_delete(
    struct spate *, struct neigh_pub *, struct lle *) ON_CTL;

enum neigh_answer { NANS_RESOLVED, NANS_FAILED, NANS_REFUSED };

/*
 * A CPU asks for a neighbour.  ctl keeps the question until it knows, and
 * sends it back as the answer: an answer needs no memory and cannot be lost.
 */
struct neigh_ask {
	struct msg nq_msg; /* [o] */
	struct addr nq_addr; /* [o] */
	uint16_t nq_ifindex; /* [o] */
	uint8_t nq_cpu; /* [o] whom to answer */
	uint8_t nq_answer; /* [o] enum neigh_answer */
};

/* A CPU tells what it heard on the wire. */
struct neigh_report {
	struct msg nrp_msg; /* [o] */
	struct addr nrp_addr; /* [o] */
	uint16_t nrp_ifindex; /* [o] */
	uint8_t nrp_mac[ETHER_ALEN]; /* [o] */
	uint8_t nrp_news; /* [o] enum neigh_news */
	uint8_t nrp_flags; /* [o] NNF_* */
};

/* Have a neighbour resolved for ctl's own sake. */
void neigh_ask(struct ctl *, unsigned ifindex, const struct addr *) ON_CTL;

/* Handlers: on ctl, and of the answer on the CPU. */
void neigh_ctl_asked(struct endpoint *, struct msg *);
void neigh_ctl_heard(struct endpoint *, struct msg *);
void neigh_cpu_answered(struct endpoint *, struct msg *);

#endif
