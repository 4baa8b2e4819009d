/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of UDP share.
 *
 *	I	immutable after udp_create() or udp_cpu_init()
 *	o	the CPU that has the bucket, or the CPU whose it is
 *	A	atomic, relaxed
 */
#ifndef UDP_UDP_INT_H
#define UDP_UDP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "netisr/in_pcb.h"
#include "netisr/move.h"
#include "netisr/rss.h"
#include "udp/udp.h"
#include "udp/udp_pcb.h"

#define UDP_CHAINS   1024 /* of the registry */
#define UDP_COUNTERS 64 /* of RFC 6056, algorithm 4 */

/* The connected end points of a bucket. */
struct udp_bucket {
	struct in_table ub_table; /* [o] */
	uint32_t ub_movers; /* [o] of those, how many want to know of moves */
};

struct udp {
	struct in_seed u_seed; /* [I] */
	uint64_t u_secret; /* [I] of ports */
	_Atomic uint32_t u_id; /* [A] last inp_id */
	struct udp_bucket u_bucket[RSS_MAXBUCKETS]; /* [o] */
};

LIST_HEAD(udp_list, udpcb);

struct udp_cpu {
	struct udp_bucket *uc_bucket[RSS_MAXBUCKETS]; /* [o] NULL: not ours,
						       * or empty */
	struct in_bound uc_bound; /* [o] */
	struct udp_list uc_port[UDP_CHAINS]; /* [o] bound, of our ports */
	struct udp_list uc_held[UDP_CHAINS]; /* [o] connected with a port that
					      * they were bound to */
	uint32_t uc_next[UDP_COUNTERS]; /* [o] */
	void **uc_garbage; /* [o] slots to be freed, by their first word */
};

/* To what a type of tuples with ports is for UDP, now. */
static inline enum rss_type
udp_rss_ports(const struct spate *sp)
{
	return tun(sp, rss_udp_4tuple) != 0 ? RSS_UDP4 : RSS_NONE;
}

/* The bucket of what is received for a key. */
static inline unsigned
udp_key_bucket(const struct spate *sp, const struct in_key *ik)
{
	const struct rss_tuple rt = in_key_tuple(ik, udp_rss_ports(sp));

	return rss_bucket(sp, rss_tuple_hash(sp, &rt));
}

/* Whether this CPU has a bucket, is to get it, or another one has it. */
enum udp_has { UDP_ELSEWHERE, UDP_COMING, UDP_HERE };

static inline enum udp_has
udp_has(const struct cpu *c, unsigned bucket)
{
	if (rss_cpu(c->c_sp, bucket) != c->c_id)
		return UDP_ELSEWHERE;
	return bitmap_test(c->c_move->mc_coming, bucket) ? UDP_COMING :
	    UDP_HERE;
}

static inline const struct udp_ops *
udp_ops(const struct inpcb *inp)
{
	return inp->inp_ops;
}

/* udp_table.c: the tables of a CPU, whose memory comes from ctl. */

void udp_conn_insert(struct cpu *, struct udpcb *, unsigned bucket) ON_CPU;
void udp_conn_remove(struct cpu *, struct udpcb *) ON_CPU;
/* Whether a key is taken, in a bucket that is here. */
bool udp_conn_taken(
    struct cpu *, const struct in_key *, unsigned bucket) ON_CPU;
/* The CPU's entry for a bound end point, that is in no table, or is in it. */
void udp_here_insert(struct cpu *, struct udpcb *) ON_CPU;
void udp_here_remove(struct cpu *, struct udpcb *) ON_CPU;

/* udp_port.c */

/*
 * A free port for an end point that is bound to ik, of those whose registry is
 * this CPU; 0: there is none.
 */
unsigned udp_port_bind(struct cpu *, const struct in_key *ik) ON_CPU;

/*
 * A free port for an end point that is connected, ik without it, such that its
 * bucket is here; 0: there is none.  *unseen is how many ports have not been
 * found to be taken, by this CPU and those that were asked before; all, for
 * the first.
 */
unsigned udp_port_connect(struct cpu *, struct in_key *ik, bool first,
    uint32_t *unseen) ON_CPU;

/* Whether one that wants inp_key may be bound; this is its registry. */
bool udp_may_bind(struct cpu *, const struct udpcb *) ON_CPU;

static inline unsigned
udp_registry(const struct spate *sp, unsigned port)
{
	return port % sp->sp_ncpus;
}

static inline struct udp_list *
udp_chain(struct udp_list *lists, unsigned port)
{
	return &lists[hash_mix64(port) % UDP_CHAINS];
}

static inline void ON_CPU
udp_drop(struct cpu *c, struct mbuf *m, enum udpstat why)
{
	m_drop(c, m, SG_UDP, why);
}

/* The end point that a key belongs to, on this CPU; NULL: none. */
struct udpcb *udp_find(struct cpu *, const struct in_key *, unsigned bucket,
    void ***here) ON_CPU;

#endif
