/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A receive queue moves from one CPU to another.
 *
 *	ctl		"stop" to the CPU that serves it
 *	old CPU		serves it no more; when all that it took from it has
 *			left its stages, and the rings to other CPUs, "start"
 *			to the new one
 *	new CPU		serves it
 *
 * So a packet that the new CPU receives comes behind all that the old one
 * did, also where both hand over to a third.  It is packets from before the
 * stop that are waited for: an overloaded CPU gets there, too, since it takes
 * in no more while its stages are not empty (round.c).
 *
 * In between nobody serves the queue, and packets wait in the device.  The
 * interface may go at any time, or only its device: messages name the one by
 * index and generation and the other by the number that went before it, and
 * whoever finds another forgets the move.  A CPU that has dropped its queues
 * on ctl's order sees that number changed, so it cannot take one on after that.
 */
#include <errno.h>
#include <stdio.h>

#include "if/if.h"
#include "if/if_int.h"
#include "path.h"

struct if_move_msg {
	struct msg imm_msg;
	uint16_t imm_if;
	uint16_t imm_gen;
	uint16_t imm_queue;
	uint16_t imm_to;
	uint32_t imm_past; /* if_past_devs */
	bool imm_sent; /* the old CPU's stages have been empty */
	bool imm_marked; /* imm_mark is valid */
	uint16_t imm_at; /* CPUs before it have taken what we handed them */
	uint64_t imm_mark; /* packets that this one must take */
};

static inline uint32_t
if_past_devs(const struct ifnet *ifp)
{
	return atomic_load_explicit(&ifp->if_past_devs, memory_order_relaxed);
}

/* The queue, until the end of the round; NULL if it has gone. */
static struct rxq *
move_queue(const struct spate *sp, const struct if_move_msg *imm)
{
	struct ifnet *ifp = if_lookup(sp, imm->imm_if);

	if (ifp == NULL || ifp->if_gen != imm->imm_gen ||
	    if_past_devs(ifp) != imm->imm_past)
		return NULL;
	return &ifp->if_rxq[imm->imm_queue];
}

static void
move_start(struct endpoint *ep, struct msg *msg)
{
	struct if_move_msg *imm =
	    container_of(msg, struct if_move_msg, imm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct rxq *rxq = move_queue(ep->ep_sp, imm);

	if (rxq != NULL) {
		KASSERT(c->c_nrxq < CPU_QUEUES);
		c->c_rxq[c->c_nrxq++] = rxq;
		/*
		 * Who put a packet into the queue and then woke the old CPU
		 * did not see this: we see the packet, this very round.
		 */
		atomic_store_explicit(
		    &rxq->rxq_cpu, c->c_id, memory_order_seq_cst);
		if (rxq->rxq_if->if_ops->do_moved != NULL)
			rxq->rxq_if->if_ops->do_moved(c, rxq);
		atomic_thread_fence(memory_order_seq_cst);
		cpu_watch(c, rxq, true);
	}
	msg_done(ep, msg);
}

/* Whether what the old CPU took in has left it, and the rings from it. */
static bool ON_CPU
move_left(struct cpu *c, struct if_move_msg *imm)
{
	if (!imm->imm_sent) {
		if (path_waiting(c))
			return false;
		path_hand_flush(c);
		imm->imm_sent = true;
	}
	for (; imm->imm_at < c->c_sp->sp_ncpus; imm->imm_at++) {
		uint64_t put = path_handed(c, imm->imm_at);

		if (imm->imm_at == c->c_id)
			continue;
		if (!imm->imm_marked)
			imm->imm_mark = put;
		imm->imm_marked = true;
		if (put - path_untaken(c, imm->imm_at) < imm->imm_mark)
			return false;
		imm->imm_marked = false;
	}
	return true;
}

/* Sends itself to itself until all has left. */
static void
move_wait(struct endpoint *ep, struct msg *msg)
{
	struct if_move_msg *imm =
	    container_of(msg, struct if_move_msg, imm_msg);
	struct cpu *c = endpoint_cpu(ep);
	bool done;

	role_enter(&on_cpu);
	done = move_left(c, imm);
	msg->msg_fn = done ? move_start : move_wait;
	msg_send(ep, done ? imm->imm_to : c->c_id, msg);
}

static void
move_stop(struct endpoint *ep, struct msg *msg)
{
	struct if_move_msg *imm =
	    container_of(msg, struct if_move_msg, imm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct rxq *rxq = move_queue(ep->ep_sp, imm);
	unsigned i, n;

	if (rxq == NULL) {
		msg_done(ep, msg);
		return;
	}
	for (i = n = 0; i < c->c_nrxq; i++)
		if (c->c_rxq[i] != rxq)
			c->c_rxq[n++] = c->c_rxq[i];
	KASSERT(n + 1 == c->c_nrxq);
	c->c_nrxq = (uint16_t)n;
	cpu_watch(c, rxq, false);
	msg->msg_fn = move_wait;
	msg_send(ep, c->c_id, msg);
}

/* Receive queues that are a CPU's, or will be. */
static unsigned
queues_of(const struct spate *sp, unsigned cpu)
{
	unsigned i, q, n = 0;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(sp, i);

		for (q = 0; ifp != NULL && q < ifp->if_nrxq; q++)
			n += ifp->if_rxq[q].rxq_goal == cpu;
	}
	return n;
}

static int ON_CTL
move_check(const struct spate *sp, const struct ifnet *ifp, unsigned queue,
    unsigned cpu, char *err, size_t errlen)
{
	if (ifp->if_dev != IFD_OPEN) {
		snprintf(err, errlen, "the device of %s is gone", ifp->if_name);
		return ENODEV;
	}
	if (queue >= ifp->if_nrxq) {
		snprintf(err, errlen, "%s has no receive queue %u; it has %u",
		    ifp->if_name, queue, ifp->if_nrxq);
		return EINVAL;
	}
	if (cpu >= sp->sp_ncpus) {
		snprintf(err, errlen, "there is no CPU %u; the last is %u", cpu,
		    sp->sp_ncpus - 1);
		return EINVAL;
	}
	if (if_queue_cpu(&ifp->if_rxq[queue]) != ifp->if_rxq[queue].rxq_goal) {
		snprintf(err, errlen,
		    "queue %u of %s is on its way to CPU %u; try again", queue,
		    ifp->if_name, ifp->if_rxq[queue].rxq_goal);
		return EBUSY;
	}
	if (queues_of(sp, cpu) >= CPU_QUEUES) {
		snprintf(err, errlen, "CPU %u serves %u queues, no more fit",
		    cpu, CPU_QUEUES);
		return ENFILE;
	}
	return 0;
}

int
if_queue_move(struct ctl *ctl, struct ifnet *ifp, unsigned queue, unsigned cpu,
    char *err, size_t errlen)
{
	struct if_move_msg *imm;
	unsigned from;
	int error;

	error = move_check(ctl->ctl_sp, ifp, queue, cpu, err, errlen);
	if (error != 0)
		return error;
	if ((from = if_queue_cpu(&ifp->if_rxq[queue])) == cpu)
		return 0;
	if ((imm = msg_alloc(&ctl->ctl_ep, sizeof(*imm))) == NULL) {
		snprintf(err, errlen, "no memory");
		return ENOMEM;
	}
	ifp->if_rxq[queue].rxq_goal = (uint16_t)cpu;
	imm->imm_if = ifp->if_index;
	imm->imm_gen = ifp->if_gen;
	imm->imm_past = if_past_devs(ifp);
	imm->imm_queue = (uint16_t)queue;
	imm->imm_to = (uint16_t)cpu;
	imm->imm_msg.msg_fn = move_stop;
	msg_send(&ctl->ctl_ep, from, &imm->imm_msg);
	return 0;
}
