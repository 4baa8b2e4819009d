/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU of the data plane: one thread and everything it owns.
 *
 * struct cpu is the first argument of every function on a packet's way.
 * Layers above keep their per-CPU state behind a pointer here, of a type that
 * only they know.
 *
 *	I	immutable after cpu_create(), or the event named
 *	o	owner CPU only: plain loads and stores
 *	A	atomic, relaxed: written by the owner, read by anyone
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include <stdint.h>

#include "base/kassert.h"
#include "base/random.h"
#include "base/tsa.h"
#include "cpu/endpoint.h"
#include "cpu/instance.h"
#include "cpu/stat.h"
#include "cpu/wheel.h"

#define NS_US 1000ull
#define NS_MS 1000000ull
#define NS_S  1000000000ull

#define CPU_QUEUES 256 /* receive queues a CPU may serve */
#define CPU_SPAN   (10 * NS_S) /* of c_lately */

struct fast_cpu;
struct icmp_limit;
struct move_cpu;
struct mpool;
struct neigh_cpu;
struct netisr_cpu;
struct punt_cpu;
struct path;
struct reass_cpu;
struct rule_cpu;
struct rxq;
struct tell_explain;
struct trust_if;
struct txq;
struct udp_cpu;

/*
 * What the packets of an interface came to of late: counts that are halved
 * together, so that they tell of the last thousand or two.
 */
#define INTAKE_MEMORY 1024u
#define INTAKE_OWED   16u
struct intake {
	uint32_t in_taken; /* [o] from its queues */
	uint32_t in_vain; /* [o] of them and its VLANs', for nothing */
	uint32_t in_owed; /* [o] that it may take, in 1/INTAKE_OWED */
};

struct cpu {
	struct endpoint c_ep; /* first: an end point is its CPU */

	/* read and written every round */
	alignas(CACHELINE) uint64_t c_now; /* [o] ns, read once a round */
	struct path *c_path; /* [I] stage vectors, path.h */
	struct mpool *c_mpool; /* [I] packet buffers, mbuf/ */
	struct spate *c_sp; /* [I] */
	uint16_t c_id; /* [I] */
	uint16_t c_nrxq; /* [o] queues in c_rxq */
	uint32_t c_work; /* [o] things done this round */
	uint64_t c_busy; /* [o] last time there was work */
	stat_cell c_longest; /* [A] ns of the longest round with work */
	stat_cell c_lately[2]; /* [A] the same, of this span and the last */
	stat_cell c_span; /* [A] when this span began, ns */
	stat_cell *c_stat[SG_N]; /* [A] counters by group */
	stat_cell *c_drop[IF_MAX]; /* [A] drop reasons by interface, flat */

	struct rxq *c_rxq[CPU_QUEUES]; /* [o] queues it serves */
	struct txq *c_txq[CPU_QUEUES]; /* [o] queues to kick and reap */
	uint16_t c_ntxq; /* [o] */
	uint16_t c_nrxfull; /* [o] queues that gave all they might */
	struct intake c_intake[IF_MAX]; /* [o] by the interface of the queue */

	struct wheel c_wheel; /* [o] timers */
	struct rnd c_rnd; /* [o] */
	struct trust_if *c_trust; /* [I] hashes of interfaces, netisr/ */
	struct netisr_cpu *c_netisr; /* [I] steering, netisr/ */
	struct move_cpu *c_move; /* [I] buckets on their way, netisr/ */
	struct neigh_cpu *c_neigh; /* [I] packets held, route/ */
	struct rule_cpu *c_rules; /* [I] counters of rules, route/ */
	struct fast_cpu *c_fast; /* [I] next hops resolved, fast/ */
	struct icmp_limit *c_icmp_limit; /* [I] error budget, ip/ */
	struct punt_cpu *c_punt; /* [I] budgets of this host, netisr/ */
	struct reass_cpu *c_reass; /* [I] unfinished datagrams, ip/ */
	struct udp_cpu *c_udp; /* [I] end points, udp/ */
	void *c_engine; /* [I] thread or coroutine */
	unsigned c_tellends; /* [o] ends of packets told, mbuf/tell.h */
	struct tell_explain *c_explain; /* [o] NULL but in a copy of a CPU */
};

/* The CPU this thread runs; NULL outside workers and in ctl. */
extern _Thread_local struct cpu *curcpu;

#define CPU_ASSERT(c) KASSERT(curcpu == (c))

static inline struct cpu *
endpoint_cpu(struct endpoint *ep)
{
	KASSERT(ep->ep_id < ep->ep_sp->sp_ncpus);
	return container_of(ep, struct cpu, c_ep);
}

/*
 * Whether c is a copy on which a packet is only explained: nothing may be sent,
 * held, asked or remembered (mbuf/tell.h).
 */
static inline bool
cpu_pretends(const struct cpu *c)
{
	return c->c_explain != NULL;
}

/* Counter of a layer, for n events. */
static inline void
stat_add(struct cpu *c, enum stat_group g, unsigned which, uint64_t n)
{
	stat_cell_add(&c->c_stat[g][which], n);
}

/* A packet that came in by this interface (0: from here) came to nothing. */
static inline void
cpu_in_vain(struct cpu *c, unsigned ifindex)
{
	unsigned dev = atomic_load_explicit(
	    &c->c_sp->sp_if_dev[ifindex], memory_order_relaxed);

	if (c->c_intake[dev].in_vain < 2 * INTAKE_MEMORY)
		c->c_intake[dev].in_vain++;
}

/*
 * The parts of a CPU that this layer owns; src/spate.c calls it and then
 * each layer's own.  ENOMEM.
 */
int cpu_init(struct cpu *, struct spate *, unsigned id) ON_CTL;
void cpu_fini(struct cpu *);

/* Make room for the drop counters of an interface; before it is published. */
int cpu_drop_attach(struct cpu *, unsigned ifindex) ON_CTL;

#endif
