/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * End points of UDP: what a program, a service or a socket is to the stack.
 *
 * A struct udpcb lies in memory of whoever uses it (it is embedded in a socket,
 * say; container_of() leads back), with a struct in_here for each CPU if it is
 * ever to be bound.  Nobody but this layer writes to either between udp_init()
 * and the end of udp_close().
 *
 * What is to be done with it is asked for by any end point of messages, a CPU
 * or ctl, and done by messages; one at a time for each udpcb.  When the answer
 * is there,
 *	bound		every CPU delivers to it, and no other end point can
 *			be bound that would conflict
 *	connected	the CPU that owns its bucket delivers to it, and the
 *			tuple is its alone
 *	closed		nobody delivers to it any more, and it is the
 *			user's again
 *
 * Ports are registered in stripes: the registry of port p is CPU p % ncpus,
 * which decides who may be bound.  A connected tuple is decided by the table of
 * its bucket alone: the same local port serves any number of peers.
 *
 *	I	immutable from udp_init() to the end of udp_close()
 *	S	immutable while no operation runs
 *	r	the CPU that is the port's registry
 */
#ifndef UDP_UDP_PCB_H
#define UDP_UDP_PCB_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/endpoint.h"
#include "mbuf/mbuf.h"
#include "netisr/in_pcb.h"

struct udpcb;

/* What an ICMP error said about a datagram of an end point. */
struct udp_error {
	int ue_errno; /* as recv() gives it: ECONNREFUSED, EMSGSIZE, … */
	uint8_t ue_type; /* of ICMP, or of ICMPv6 */
	uint8_t ue_code;
	bool ue_six; /* it was ICMPv6 */
	uint32_t ue_mtu; /* EMSGSIZE: what fits; 0: not said */
	struct addr ue_from; /* who said so */
	struct in_key ue_key; /* the datagram: from us (l) to them (f) */
};

/*
 * What becomes of a user's datagrams.  All of these are called on the CPU that
 * has the end point, or one of those if it is bound: the run-to-completion
 * form, with no queue between.  None may block.  They may send, and ask for
 * operations, which never happen before they have returned.  here is the CPU's
 * own pointer for this end point, NULL at first; while it is connected there
 * is none, and here is NULL itself.
 */
struct udp_ops {
	const char *uo_name; /* for people: "echo", "socket" */
	/*
	 * n datagrams, in the order they came, each with m_data at its data
	 * (udp.h tells more of it).  The user owns them: each ends in
	 * udp_consume(), udp_reply() or m_drop(), or is held (pks_held).
	 */
	void (*uo_input)(struct cpu *, struct udpcb *, void **here,
	    struct mbuf **, unsigned n);
	/* NULL: of no interest. */
	void (*uo_error)(struct cpu *, struct udpcb *, void **here,
	    const struct udp_error *);
	/*
	 * This CPU delivers no more to it: it is closed, or was bound and is
	 * now connected.  Whatever *here leads to should go.  NULL: nothing.
	 */
	void (*uo_gone)(struct cpu *, struct udpcb *, void **here);
	/*
	 * It moves with its bucket, from this CPU, to this CPU: timers and the
	 * like move, too.  NULL, both: nothing has to be done.
	 */
	void (*uo_leave)(struct cpu *, struct udpcb *);
	void (*uo_arrive)(struct cpu *, struct udpcb *);
};

struct udpcb {
	struct inpcb ucb_inp; /* first; inp_key says what it is bound to */
	struct in_here *ucb_here; /* [I] one for each CPU, or NULL */
	LIST_ENTRY(udpcb) ucb_registered; /* [r] */
	uint32_t ucb_uid; /* [I] of the user, for shared ports; 0: any */
	uint16_t ucb_state; /* [S] INF_BOUND, INF_CONNECTED */
	uint16_t ucb_bucket; /* [S] connected: whose table it is in */
};
static_assert(sizeof(struct udpcb) == 96, "a million of them");

static inline struct udpcb *
udp_pcb(struct inpcb *inp)
{
	return container_of(inp, struct udpcb, ucb_inp);
}

/*
 * A fresh end point.  here: sp_ncpus entries, for one that is to be bound, or
 * NULL.  flags: INF_V6ONLY, INF_REUSEADDR, INF_REUSEPORT.
 */
void udp_init(struct spate *, struct udpcb *, const struct udp_ops *,
    struct in_here *here, unsigned flags, uint32_t uid);

/* Take only datagrams of this bucket (RSS_LISTEN_BUCKET); before udp_bind(). */
void udp_listen_bucket(struct udpcb *, unsigned bucket);

/* An operation, and its answer. */
struct udp_op {
	struct msg uop_msg; /* first: from msg_alloc() */
	struct udpcb *uop_pcb;
	/* Called by the end point that asked. */
	void (*uop_done)(struct endpoint *, const struct udp_op *);
	void *uop_arg; /* of the asker */
	struct in_key uop_key; /* what is wanted; then what came of it */
	int uop_error; /* 0, or an errno value */
	uint16_t uop_from; /* end point that asked */
	uint16_t uop_count; /* CPUs it has been to */
	uint16_t uop_keeps; /* CPU whose entry goes last */
	uint32_t uop_unseen; /* ports that no CPU so far knows to be taken */
};
typedef void udp_done_fn(struct endpoint *, const struct udp_op *);

/*
 * All of these return 0 and call done later, never before they return; or
 * ENOMEM, when the end point has no messages left and nothing happens.
 *
 * udp_bind(): to ik_laddr (ik_plen bits of it, in_key_bind()), ik_lport,
 * ik_ifindex and ik_rtable.  Port 0: a free one is chosen, at random (RFC
 * 6056), by the CPU that asks if it is one.
 *	EADDRINUSE	another end point is bound, in_bind_conflict()
 *	EADDRNOTAVAIL	no port is free
 * Whether the address is one of this host is not asked.
 */
int udp_bind(struct endpoint *, struct udpcb *, const struct in_key *,
    udp_done_fn *, void *arg);

/*
 * To ik_faddr and ik_fport.  ik_laddr with ik_plen below IN_PLEN_MAX: an
 * address of this host is chosen, of that prefix if it has any.  Port 0: one
 * is chosen at random such that what the peer sends comes to the CPU that
 * asks, or, if it is ctl or there is none, to another one.  One that is bound
 * keeps its port, and its address if it is bound to one.
 *	EADDRINUSE	the tuple is another end point's
 *	EADDRNOTAVAIL	no port is free; or ik_laddr cannot be used
 *	ENETUNREACH	there is no way to the peer
 */
int udp_connect(struct endpoint *, struct udpcb *, const struct in_key *,
    udp_done_fn *, void *arg);

/* Whatever it is, it ends. */
int udp_close(struct endpoint *, struct udpcb *, udp_done_fn *, void *arg);

/* The CPU that a connected one is with at this moment; any thread. */
unsigned udp_pcb_cpu(const struct spate *, const struct udpcb *);

#endif
