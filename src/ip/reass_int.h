/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of reassembly share; see reass_table.h.
 *
 *	I	immutable after reass_cpu_init()
 *	o	owner CPU only
 *	A	atomic, relaxed: written by the owner, read by anyone
 */
#ifndef IP_REASS_INT_H
#define IP_REASS_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "ip/reass_table.h"

#define REASS_SLOTS   2048
#define REASS_SOURCES 1024
#define REASS_LISTS   128 /* buckets are spread over so many lists */

struct reass_queue {
	LIST_ENTRY(reass_queue) rq_slot; /* [o] */
	TAILQ_ENTRY(reass_queue) rq_source; /* [o] */
	TAILQ_ENTRY(reass_queue) rq_bucket; /* [o] also when detached */
	TAILQ_ENTRY(reass_queue) rq_age; /* [o] */
	struct reass_key rq_key; /* [o] */
	struct timer rq_timer; /* [o] */
	uint64_t rq_deadline; /* [o] ns */
	struct mbuf *rq_buf; /* [o] the buffer this lies in */
	uint32_t rq_hash; /* [o] of the addresses */
	uint32_t rq_bytes; /* [o] of buffers, with this one */
	uint8_t rq_family; /* [o] enum reass_family */
	struct reass rq_reass; /* [o] */
	struct mbuf *rq_m[REASS_PIECES_MAX]; /* [o] as r_piece */
};
static_assert(sizeof(struct reass_queue) <= MBUF_SIZE, "lies in a buffer");

TAILQ_HEAD(reass_list, reass_queue);
LIST_HEAD(reass_chain, reass_queue);

/* Sources that collide share their share. */
struct reass_source {
	struct reass_list rs_list; /* [o] oldest first */
	uint32_t rs_n; /* [o] datagrams */
	uint64_t rs_bytes; /* [o] */
};

struct reass_table {
	const struct reass_ops *rt_ops; /* [I] */
	struct reass_list rt_age; /* [o] oldest first */
	stat_cell rt_n; /* [A] datagrams */
	stat_cell rt_frags; /* [A] */
	stat_cell rt_bytes; /* [A] */
	stat_cell rt_peak; /* [A] */
	struct reass_chain rt_slot[REASS_SLOTS]; /* [o] */
	struct reass_source rt_source[REASS_SOURCES]; /* [o] */
	struct reass_list rt_bucket[REASS_LISTS]; /* [o] */
};

struct reass_cpu {
	uint8_t rc_key[SIPHASH_KEYLEN]; /* [I] of this table's hashes */
	struct reass_table rc_table[REASS_FAMILIES]; /* [o] */
};

/* What a CPU may have; its part of what the instance may. */
struct reass_caps {
	uint64_t rl_datagrams;
	uint64_t rl_fragments;
	uint64_t rl_bytes;
	uint64_t rl_slot; /* datagrams that hash alike */
	uint64_t rl_source; /* datagrams of one source */
	uint64_t rl_pieces; /* fragments of one datagram */
	uint64_t rl_ttl; /* ns */
};

static inline struct reass_table *
reass_table(struct cpu *c, unsigned fam)
{
	return &c->c_reass->rc_table[fam];
}

/* The source's list and sums. */
struct reass_source *reass_source(
    struct cpu *, unsigned fam, const struct reass_key *);

/* The datagram dies, and this is why. */
void reass_kill(struct cpu *, struct reass_queue *, enum reass_why) ON_CPU;

void reass_caps(
    const struct spate *, enum reass_family, struct reass_caps *);

/* What a fragment asks for; rm_queue is its datagram, or NULL: a new one. */
struct reass_room {
	enum reass_family rm_family; /* [o] */
	const struct reass_key *rm_key; /* [o] */
	const struct reass_queue *rm_queue; /* [o] */
	uint32_t rm_bytes; /* [o] */
};

/*
 * Make room, at the cost of whom reass_table.h says.  low: packet memory is,
 * and something should go if there is anything.  False: there is no room to be
 * made.
 */
bool reass_make_room(struct cpu *, const struct reass_room *,
    const struct reass_caps *, bool low) ON_CPU;

#endif
