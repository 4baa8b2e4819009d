/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * End points of transports: who gets a packet.  Transports have their own
 * control block around a struct inpcb (udp/udp_pcb.h).
 *
 * A connected end point stands in the table of its bucket, which one CPU owns
 * (rss.h) and which moves with the bucket, whole.  A bound one that is not
 * connected stands in every CPU's table of such, by an entry (struct in_here)
 * for each, so that whatever CPU has a packet finds it; all it reads of the
 * inpcb itself does not change while it is bound.
 *
 * Nothing here allocates, sends messages or knows packets.
 *
 *	I	immutable while it is bound or connected
 *	o	owner CPU of the table only
 */
#ifndef NETISR_IN_PCB_H
#define NETISR_IN_PCB_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/tsa.h"
#include "netisr/in_key.h"
#include "netisr/in_table.h"

enum { /* inp_flags */
	INF_V6ONLY = 1u << 0, /* bound to ::, but not for IPv4 */
	INF_REUSEADDR = 1u << 1, /* SO_REUSEADDR */
	INF_REUSEPORT = 1u << 2, /* SO_REUSEPORT, IP_BINDMULTI: a group */
	/* What a transport remembers of it, elsewhere: */
	INF_BOUND = 1u << 3, /* its port is registered */
	INF_CONNECTED = 1u << 4, /* it stands in the table of a bucket */
};

#define INP_ANYBUCKET UINT16_MAX

struct inpcb {
	struct in_node inp_node; /* [o] of its bucket, if connected */
	struct in_key inp_key; /* [I] */
	const void *inp_ops; /* [I] of the transport, what is done with it */
	uint32_t inp_id; /* [I] one of its own in the instance */
	uint16_t inp_flags; /* [I] INF_* */
	uint16_t inp_bucket; /* [I] takes packets of this one; INP_ANYBUCKET */
};
static_assert(sizeof(struct inpcb) == CACHELINE, "a look-up is one line");

/* A CPU's entry for an end point that is bound. */
struct in_here {
	struct in_node ih_node; /* [o] */
	struct inpcb *ih_inp; /* [I] */
	void *ih_arg; /* [o] of who has the end point; NULL at first */
	uint64_t ih_hash; /* [I] */
};
static_assert(sizeof(struct in_here) == 32, "one for each CPU");

/* Secrets of the hashes, of an instance. */
struct in_seed {
	uint64_t is_seed[4];
};

/*
 * Connected.
 */

/*
 * The end point of a packet, whose local side is ik_laddr and that came by
 * ik_ifindex; hash is in_key_hash().  One that is bound to the interface goes
 * before one that is not.  NULL: there is none.
 */
struct inpcb *in_conn_lookup(
    struct in_table *, const struct in_key *, uint64_t hash);

/* The same with exactly this interface: whether the key is taken. */
struct inpcb *in_conn_find(
    struct in_table *, const struct in_key *, uint64_t hash);

uint64_t in_conn_hash(const struct in_node *, const void *seed);

/*
 * Bound.
 */
struct in_bound {
	struct in_table ib_table; /* [o] */
	uint32_t ib_nplen[IN_PLEN_MAX + 1]; /* [o] entries of each length */
	uint64_t ib_plen[BITMAP_WORDS(IN_PLEN_MAX + 1)]; /* [o] that exist */
	uint32_t *ib_port; /* [o] entries of each port: 65536 */
};

int in_bound_init(struct in_bound *); /* ENOMEM */
void in_bound_fini(struct in_bound *);

static inline bool
in_bound_port_used(const struct in_bound *ib, unsigned port)
{
	return ib->ib_port[port] != 0;
}

/* As in_table_insert(); ih_inp and ih_arg are set, ih_hash is here. */
void *in_bound_insert(
    struct in_bound *, struct in_here *, const struct in_seed *);
void in_bound_remove(struct in_bound *, struct in_here *);

/*
 * The end point of a packet that nobody is connected to, by ik_laddr,
 * ik_lport, ik_rtable and ik_ifindex, of this bucket: that of the longest
 * prefix; there, one that is bound to the interface before one that is not,
 * then one that wants only this bucket before one that takes any.  Of several
 * that are left, the members of a group, flow says which: any hash of the
 * flow, but not the one that chose the CPU.  A flow stays with its member
 * while others come and go.
 */
struct in_here *in_bound_lookup(struct in_bound *, const struct in_seed *,
    const struct in_key *, unsigned bucket, uint64_t flow);

/*
 * Of a packet to many (broadcast, multicast): call fn for each that takes it.
 * It must not change the table.
 */
typedef void in_here_fn(struct in_here *, void *arg);
unsigned in_bound_each(struct in_bound *, const struct in_seed *,
    const struct in_key *, in_here_fn *, void *arg);

/*
 * The same for all that are bound to the address or to a prefix of it, on
 * whatever interface and for whatever family; seldom for others, too.
 */
unsigned in_bound_covering(struct in_bound *, const struct in_seed *,
    const struct in_key *, in_here_fn *, void *arg);

/*
 * Whether an end point cannot be bound because another one is: they could get
 * the same packets, and do not both say that they may share (SO_REUSEADDR for
 * a more or less special one, SO_REUSEPORT for the very same), or belong to
 * different users.
 */
bool in_bind_conflict(const struct inpcb *wanted, uint32_t wanted_uid,
    const struct inpcb *there, uint32_t there_uid);

#endif
