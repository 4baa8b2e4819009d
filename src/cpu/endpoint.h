/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * End points of messages: every CPU, and ctl.
 *
 * State crosses from one end point to another only in a message, and the
 * message moves ownership: what it points to belongs to the receiver from
 * msg_send() on.  Between each two end points there is one SPSC ring in each
 * direction.  A message is never dropped: when the ring is full it waits in
 * the sender's queue, in order.
 *
 * Sleep and wake-up (docs/models/wakeup.pml is this protocol):
 *	sleeper:  asleep = 1; full barrier; look at all rings; sleep
 *	producer: enqueue;    full barrier; if asleep, wake
 * One of the two sees the other's store, whichever way they meet.
 *
 * Who may touch a member, in this file:
 *	I	immutable after endpoint_init(), or the event named
 *	o	the thread that runs the end point
 *	A	atomic; the order is given where it is used
 */
#ifndef CPU_ENDPOINT_H
#define CPU_ENDPOINT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cpu/ring.h"

#define CPU_MAX   64
#define EP_MAX    (CPU_MAX + 1) /* ctl is the last */
#define MSG_RING  256 /* messages in flight between two */
#define MSG_BYTES 256 /* of a message with everything in it */
#define MSG_POOL  1024 /* messages a CPU owns */

struct spate;
struct endpoint;

/*
 * First member of every message; what follows is the sender's and the
 * handler's business.  The handler ends with msg_done(), or by sending the
 * message on.
 */
struct msg {
	struct msg *msg_next; /* [o] of whoever holds the message */
	void (*msg_fn)(struct endpoint *, struct msg *); /* [I] msg_send() */
	uint16_t msg_home; /* [I] msg_alloc(): whose pool it is from */
};

struct msgq {
	struct msg *mq_head; /* [o] */
	struct msg **mq_tail; /* [o] */
};

struct endpoint {
	uint16_t ep_id; /* [I] CPU number; ncpus is ctl */
	uint16_t ep_n; /* [I] end points in the instance */
	struct spate *ep_sp; /* [I] */
	void *ep_engine; /* [I] env's own, see struct spate_env */
	struct ring *ep_in[EP_MAX]; /* [I] from each other end point */
	struct msgq ep_wait[EP_MAX]; /* [o] for rings that were full */
	unsigned ep_nwait; /* [o] messages in all of ep_wait */
	struct msg *ep_free; /* [o] pool */
	struct msg *ep_pool; /* [I] its memory; NULL: from malloc */

	alignas(CACHELINE) _Atomic uint32_t ep_asleep; /* [A] */
	_Atomic uint64_t ep_wakeups; /* [A] times somebody had to wake it */
};

/*
 * Set up *ep with its rings in; pool is how many messages it owns, 0 for an
 * end point that may allocate (ctl).  ENOMEM.
 */
int endpoint_init(
    struct endpoint *, struct spate *, unsigned id, unsigned n, unsigned pool);
void endpoint_fini(struct endpoint *);

/*
 * Nothing runs any more: free what is under way to ep.  All end points of an
 * instance are drained before the first is finished, whose messages may lie
 * in the rings of the others.
 */
void endpoint_drain(struct endpoint *);

/*
 * A message of the given size (at most MSG_BYTES) from the caller's own pool,
 * zeroed behind struct msg; NULL if the pool is empty, which a CPU meets by
 * trying again in a later round.
 */
void *msg_alloc(struct endpoint *self, size_t size);

/* The handler is done with msg: it goes back to its home. */
void msg_done(struct endpoint *self, struct msg *msg);

/*
 * Hand msg and everything it points to over to end point "to", where msg_fn
 * will run.  The sender must not touch it again.  Sending to oneself is
 * allowed; msg_run() runs it, never this call.
 */
void msg_send(struct endpoint *self, unsigned to, struct msg *msg);

/*
 * Run what was sent to self, and send what waited for room.  Returns the
 * number of messages handled.
 */
unsigned msg_run(struct endpoint *self);

/* Whether something was sent to self. */
bool msg_arrived(const struct endpoint *self);

/*
 * Whether msg_run() has something to do.  That includes messages which wait
 * for room in another's ring: whoever makes room there does not wake us.
 */
bool msg_waiting(const struct endpoint *self);

/*
 * Wake end point "to" if it sleeps.  Call after making work visible to it;
 * contains the producer's full barrier.
 */
void endpoint_wake(struct spate *, unsigned to);

/*
 * The sleeper's half: publish "asleep", full barrier.  After it the caller
 * looks at everything it could be woken for, once, and either sleeps or calls
 * endpoint_sleep_cancel().  Whoever wakes it has cleared the flag.
 */
void endpoint_sleep_begin(struct endpoint *self);
void endpoint_sleep_cancel(struct endpoint *self);

#endif
