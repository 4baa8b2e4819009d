/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: which CPU goes on with a packet.
 *
 * All state of a flow lives with one CPU, the owner of its bucket (rss.h).  A
 * packet that needs none is processed where it arrived, and one that needs it
 * goes to the owner.  How eagerly is the dispatch policy, per protocol:
 *
 *	direct		packets go on where they arrive; only netisr_queue()
 *			hands over, for what would be wrong elsewhere
 *	hybrid		so does forwarding; netisr_dispatch() to a local
 *			protocol goes to the owner, at once if that is here
 *	deferred	a frame goes to its owner before anything else is done
 *			with it: one CPU serves the device's queue and all of
 *			them forward
 *
 * A protocol here is what a packet was when it came: its queue has a limit,
 * counted over all packets on their way to a CPU.  Hand-over is by the rings
 * of src/path.c: packets of a flow always take the same one and so keep their
 * order.
 */
#ifndef NETISR_NETISR_H
#define NETISR_NETISR_H

#include <stdint.h>

#include "base/tsa.h"
#include "mbuf/mbuf.h"
#include "netisr/netisr_stat.h"
#include "netisr/rss.h"
#include "path.h"

enum netisr_proto {
	NETISR_NONE, /* not input: frames to a CPU with a transmit queue */
	NETISR_IP,
	NETISR_IP6,
	NETISR_ARP,
	NETISR_ETHER, /* frames of any other type */
	NETISR_N
};

enum netisr_policy { NETISR_DIRECT, NETISR_HYBRID, NETISR_DEFERRED };

extern const char *const netisr_names[NETISR_N];
extern const char *const netisr_policies[3];

/* The policy in force for a protocol; any thread. */
enum netisr_policy netisr_policy(const struct spate *, enum netisr_proto);

/* Whether it follows net.isr.dispatch rather than a setting of its own. */
bool netisr_policy_default(const struct spate *, enum netisr_proto);

/* Packets of a protocol that may be on their way to one CPU. */
unsigned netisr_qlimit(const struct spate *, enum netisr_proto);

size_t netisr_cpu_size(void); /* of what c_netisr points to */
int netisr_cpu_init(struct cpu *) ON_CTL; /* ENOMEM; after rss_create() */
void netisr_cpu_fini(struct cpu *);

/* Protocols that are deferred, as a set; none on a single CPU. */
unsigned netisr_deferred(const struct spate *);

/* n frames of a protocol go on where they arrived. */
void netisr_count(struct cpu *, enum netisr_proto, unsigned n) ON_CPU;

/* Stage: frames as they came from the devices. */
void netisr_input(struct cpu *, struct mvec *) ON_CPU;

/*
 * The CPU that owns the flow of an IP packet, m_data at its header; its hash
 * is made valid.
 */
unsigned netisr_owner(struct cpu *, struct mbuf *) ON_CPU;

/*
 * The IP packet m, m_data at its header, goes on at a stage on its owner: here
 * at once, or handed over.  Consumes m.  For what needs its flow's state; call
 * it again whenever the tuple has changed (reassembly, decapsulation).
 */
void netisr_queue(struct cpu *, enum netisr_proto, enum stage,
    struct mbuf *m) ON_CPU;

/*
 * The same for a packet m about one that was sent from here, of which the
 * first n bytes are at p, not empty: m goes on where answers to that do, and
 * has their hash, not its own.
 */
void netisr_queue_about(struct cpu *, enum netisr_proto, enum stage,
    struct mbuf *m, uint8_t *p, size_t n) ON_CPU;

/*
 * The same, unless the protocol's policy is "direct": then m goes on here.
 * For local protocols that do well everywhere, and best with the owner.
 */
void netisr_dispatch(struct cpu *, enum netisr_proto, enum stage,
    struct mbuf *m) ON_CPU;

/*
 * Of path.c, about a bundle for another CPU.  netisr_admit() drops what is
 * beyond its protocol's limit there and returns how many are left, in order.
 * netisr_queued() counts them, of which the ring will take so many, before
 * they are put there: no CPU has handled more than it was sent.
 */
unsigned netisr_admit(
    struct cpu *, unsigned cpu, struct mbuf **, unsigned n) ON_CPU;
void netisr_queued(struct cpu *, unsigned cpu, struct mbuf *const *,
    unsigned n, unsigned taken) ON_CPU;

/* Of path.c: a bundle from a CPU was taken in; all bundles of a round were. */
void netisr_handled(struct cpu *, unsigned from, struct mbuf *const *,
    unsigned n) ON_CPU;
void netisr_handled_end(struct cpu *) ON_CPU;

/* Of a protocol on a CPU, as in netstat -Q; any thread, approximately. */
struct netisr_info {
	uint64_t ni_dispatched; /* processed where they arrived */
	uint64_t ni_hybrid; /* so, because the owner is here */
	uint64_t ni_drops; /* too many on their way to this CPU */
	uint64_t ni_queued; /* handed to this CPU */
	uint64_t ni_handled; /* taken in by it */
	uint64_t ni_len; /* on their way now */
	uint64_t ni_watermark; /* most of that so far */
};
void netisr_info(const struct spate *, unsigned cpu, enum netisr_proto,
    struct netisr_info *);

/* Packets whose bucket was looked up by a CPU; any thread. */
uint64_t netisr_bucket_packets(
    const struct spate *, unsigned cpu, unsigned bucket);

#endif
