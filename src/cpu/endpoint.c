/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between end points, and sleep and wake-up.
 *
 * A message's life: msg_alloc() from the sender's pool, msg_send(), msg_fn on
 * the receiver, msg_done() there, which sends it home, where it is put back
 * into the pool.  The pool of a CPU is fixed, so that nothing on its way calls
 * malloc(); ctl allocates and frees.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/point.h"
#include "cpu/endpoint.h"
#include "cpu/instance.h"

#define MSG_BATCH 64

static void
msgq_init(struct msgq *mq)
{
	mq->mq_head = NULL;
	mq->mq_tail = &mq->mq_head;
}

static void
msg_pool_put(struct endpoint *ep, struct msg *msg)
{
	if (ep->ep_pool == NULL) {
		free(msg);
		return;
	}
	msg->msg_next = ep->ep_free;
	ep->ep_free = msg;
}

static int
msg_pool_init(struct endpoint *ep, unsigned n)
{
	char *p;

	if (n == 0)
		return 0;
	if ((p = calloc(n, MSG_BYTES)) == NULL)
		return ENOMEM;
	ep->ep_pool = (struct msg *)(void *)p;
	for (; n > 0; n--, p += MSG_BYTES)
		msg_pool_put(ep, (struct msg *)(void *)p);
	return 0;
}

int
endpoint_init(struct endpoint *ep, struct spate *sp, unsigned id, unsigned n,
    unsigned pool)
{
	unsigned i;
	int error;

	memset(ep, 0, sizeof(*ep));
	ep->ep_id = (uint16_t)id;
	ep->ep_n = (uint16_t)n;
	ep->ep_sp = sp;
	for (i = 0; i < n; i++)
		msgq_init(&ep->ep_wait[i]);
	if ((error = msg_pool_init(ep, pool)) != 0)
		goto fail;
	for (i = 0; i < n; i++)
		if ((ep->ep_in[i] = ring_create(MSG_RING)) == NULL) {
			error = ENOMEM;
			goto fail;
		}
	return 0;
fail:
	endpoint_fini(ep);
	return error;
}

/*
 * Messages of ctl that a CPU has not handled lie in the CPU's rings: they came
 * from malloc() and go there.  Messages of CPUs go with their pools.
 */
static void
msg_discard(struct endpoint *ep, struct msg *msg)
{
	if (msg->msg_home == ep->ep_n - 1)
		free(msg);
}

void
endpoint_drain(struct endpoint *ep)
{
	struct msg *msg;
	void *p;
	unsigned i;

	for (i = 0; i < ep->ep_n; i++) {
		while (ep->ep_in[i] != NULL && ring_get(ep->ep_in[i], &p, 1))
			msg_discard(ep, p);
		while ((msg = ep->ep_wait[i].mq_head) != NULL) {
			ep->ep_wait[i].mq_head = msg->msg_next;
			msg_discard(ep, msg);
		}
		msgq_init(&ep->ep_wait[i]);
	}
	ep->ep_nwait = 0;
}

void
endpoint_fini(struct endpoint *ep)
{
	unsigned i;

	endpoint_drain(ep);
	for (i = 0; i < ep->ep_n; i++) {
		ring_destroy(ep->ep_in[i]);
		ep->ep_in[i] = NULL;
	}
	free(ep->ep_pool);
	ep->ep_pool = NULL;
}

void *
msg_alloc(struct endpoint *self, size_t size)
{
	struct msg *msg;

	KASSERT(size >= sizeof(*msg) && size <= MSG_BYTES);
	if (self->ep_pool == NULL) {
		if ((msg = calloc(1, MSG_BYTES)) == NULL)
			return NULL;
	} else {
		if ((msg = self->ep_free) == NULL)
			return NULL;
		self->ep_free = msg->msg_next;
		memset(msg, 0, size);
	}
	msg->msg_home = self->ep_id;
	return msg;
}

static void
msg_came_home(struct endpoint *self, struct msg *msg)
{
	msg_pool_put(self, msg);
}

void
msg_done(struct endpoint *self, struct msg *msg)
{
	if (msg->msg_home == self->ep_id) {
		msg_pool_put(self, msg);
		return;
	}
	msg->msg_fn = msg_came_home;
	msg_send(self, msg->msg_home, msg);
}

static void
msg_wait(struct endpoint *self, unsigned to, struct msg *msg)
{
	struct msgq *mq = &self->ep_wait[to];

	msg->msg_next = NULL;
	*mq->mq_tail = msg;
	mq->mq_tail = &msg->msg_next;
	self->ep_nwait++;
}

void
msg_send(struct endpoint *self, unsigned to, struct msg *msg)
{
	struct endpoint *dst;
	void *p = msg;

	KASSERT(to < self->ep_n && msg->msg_fn != NULL);
	dst = self->ep_sp->sp_ep[to];
	if (self->ep_wait[to].mq_head != NULL ||
	    ring_put(dst->ep_in[self->ep_id], &p, 1) == 0) {
		msg_wait(self, to, msg);
		return;
	}
	if (to != self->ep_id)
		endpoint_wake(self->ep_sp, to);
}

static void
msg_flush_to(struct endpoint *self, unsigned to)
{
	struct endpoint *dst = self->ep_sp->sp_ep[to];
	struct msgq *mq = &self->ep_wait[to];
	struct msg *msg, *next;
	bool moved = false;
	void *p;

	while ((msg = mq->mq_head) != NULL) {
		next = msg->msg_next; /* the ring gives msg away */
		p = msg;
		if (ring_put(dst->ep_in[self->ep_id], &p, 1) == 0)
			break;
		if ((mq->mq_head = next) == NULL)
			mq->mq_tail = &mq->mq_head;
		self->ep_nwait--;
		moved = true;
	}
	if (moved)
		endpoint_wake(self->ep_sp, to);
}

static void
msg_flush(struct endpoint *self)
{
	unsigned i;

	for (i = 0; i < self->ep_n && self->ep_nwait > 0; i++)
		if (self->ep_wait[i].mq_head != NULL)
			msg_flush_to(self, i);
}

unsigned
msg_run(struct endpoint *self)
{
	void *batch[MSG_BATCH];
	unsigned from, i, n, total = 0;

	for (from = 0; from < self->ep_n; from++) {
		if ((n = ring_get(self->ep_in[from], batch, MSG_BATCH)) == 0)
			continue;
		for (i = 0; i < n; i++) {
			struct msg *msg = batch[i];

			msg->msg_fn(self, msg);
		}
		total += n;
	}
	if (self->ep_nwait > 0)
		msg_flush(self);
	return total;
}

bool
msg_arrived(const struct endpoint *self)
{
	unsigned i;

	for (i = 0; i < self->ep_n; i++)
		if (!ring_empty(self->ep_in[i]))
			return true;
	return false;
}

bool
msg_waiting(const struct endpoint *self)
{
	return self->ep_nwait > 0 || msg_arrived(self);
}

void
endpoint_wake(struct spate *sp, unsigned to)
{
	struct endpoint *dst = sp->sp_ep[to];

	sim_point(SP_WAKE);
	/* Enqueued before, flag read after: pairs with sleep_begin(). */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&dst->ep_asleep, memory_order_relaxed) == 0)
		return;
	if (atomic_exchange_explicit(
		&dst->ep_asleep, 0, memory_order_acq_rel) == 0)
		return; /* another producer wakes it */
	sim_point(SP_WAKE);
	atomic_fetch_add_explicit(&dst->ep_wakeups, 1, memory_order_relaxed);
	sp->sp_env.env_wake(sp->sp_env.env_arg, dst);
}

void
endpoint_sleep_begin(struct endpoint *self)
{
	sim_point(SP_SLEEP);
	atomic_store_explicit(&self->ep_asleep, 1, memory_order_relaxed);
	/* Flag written before, rings read after: pairs with wake(). */
	atomic_thread_fence(memory_order_seq_cst);
	sim_point(SP_SLEEP);
}

void
endpoint_sleep_cancel(struct endpoint *self)
{
	atomic_store_explicit(&self->ep_asleep, 0, memory_order_relaxed);
}
