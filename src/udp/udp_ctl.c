/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on end points: bind, connect, close.
 *
 * An operation is one message, which goes from CPU to CPU until it is done and
 * then back to who asked.
 *
 *	bind	the registry of the port decides, and puts up its entry; then
 *		each other CPU puts up its own
 *	connect	the CPU that chooses the port, or owns the bucket if that is
 *		given, inserts
 *	... of one that is bound: first its registry remembers it apart, then
 *		each CPU but the new owner takes its entry down; the owner does
 *		and inserts in one go, so that the peer finds it at all times
 *	close	the bucket's owner takes it out; or each CPU takes its entry
 *		down, the registry last, which then gives the port away
 *
 * A bucket may move meanwhile.  Its old owner sends the message on, and its
 * new one sends it to itself until the bucket is there.
 */
#include <errno.h>

#include "base/plant.h"
#include "cpu/ctl.h"
#include "ip/ip.h"
#include "ip6/ip6.h"
#include "udp/udp_int.h"

typedef void op_fn(struct endpoint *, struct msg *);

static struct udp_op *
op_of(struct msg *msg)
{
	return container_of(msg, struct udp_op, uop_msg);
}

static void
op_go(struct endpoint *ep, unsigned to, struct udp_op *op, op_fn *fn)
{
	op->uop_msg.msg_fn = fn;
	msg_send(ep, to, &op->uop_msg);
}

/* At who asked. */
static void
op_done(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);

	op->uop_done(ep, op);
	msg_done(ep, msg);
}

static void
op_finish(struct cpu *c, struct udp_op *op, int error)
{
	if (op->uop_error == 0)
		op->uop_error = error;
	if (op->uop_error == 0)
		op->uop_key = op->uop_pcb->ucb_inp.inp_key;
	op_go(&c->c_ep, op->uop_from, op, op_done);
}

static int
op_ask(struct endpoint *ep, struct udpcb *ucb, const struct in_key *ik,
    udp_done_fn *done, void *arg, unsigned to, op_fn *fn)
{
	struct udp_op *op = msg_alloc(ep, sizeof(*op));

	if (op == NULL)
		return ENOMEM;
	op->uop_pcb = ucb;
	op->uop_done = done;
	op->uop_arg = arg;
	if (ik != NULL)
		op->uop_key = *ik;
	op->uop_from = ep->ep_id;
	op_go(ep, to, op, fn);
	return 0;
}

/* Who asked, if that is a CPU; else any. */
static unsigned
op_cpu(struct endpoint *ep)
{
	struct spate *sp = ep->ep_sp;

	if (ep->ep_id < sp->sp_ncpus)
		return ep->ep_id;
	return (unsigned)rnd_below(&endpoint_ctl(ep)->ctl_rnd, sp->sp_ncpus);
}

static void
udps_count(struct spate *sp, int n)
{
	atomic_fetch_add_explicit(
	    &sp->sp_udps, (uint32_t)n, memory_order_relaxed);
}

void
udp_init(struct spate *sp, struct udpcb *ucb, const struct udp_ops *ops,
    struct in_here *here, unsigned flags, uint32_t uid)
{
	unsigned i;

	*ucb = (struct udpcb){ .ucb_here = here,
		.ucb_uid = uid,
		.ucb_inp = { .inp_ops = ops,
		    .inp_flags = (uint16_t)flags,
		    .inp_bucket = INP_ANYBUCKET,
		    .inp_id = atomic_fetch_add_explicit(&sp->sp_udp->u_id, 1,
			memory_order_relaxed) } };
	for (i = 0; here != NULL && i < sp->sp_ncpus; i++)
		here[i] = (struct in_here){ .ih_inp = NULL };
}

void
udp_listen_bucket(struct udpcb *ucb, unsigned bucket)
{
	ucb->ucb_inp.inp_bucket = (uint16_t)bucket;
}

unsigned
udp_pcb_cpu(const struct spate *sp, const struct udpcb *ucb)
{
	return rss_cpu(sp, ucb->ucb_bucket);
}

/*
 * Bind.
 */

/* At each CPU behind the registry. */
static void
bind_put_up(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct cpu *c = endpoint_cpu(ep);
	unsigned n = c->c_sp->sp_ncpus;

	role_enter(&on_cpu);
	udp_here_insert(c, op->uop_pcb);
	if (++op->uop_count < n)
		op_go(ep, (c->c_id + 1u) % n, op, bind_put_up);
	else
		op_finish(c, op, 0);
}

/* At the registry. */
static void
bind_register(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct udpcb *ucb = op->uop_pcb;
	struct in_key *ik = &ucb->ucb_inp.inp_key;
	struct cpu *c = endpoint_cpu(ep);

	role_enter(&on_cpu);
	*ik = op->uop_key;
	if (ik->ik_lport == 0)
		ik->ik_lport = (uint16_t)udp_port_bind(c, ik);
	if (ik->ik_lport == 0 || !udp_may_bind(c, ucb)) {
		op_finish(c, op,
		    ik->ik_lport == 0 ? EADDRNOTAVAIL : EADDRINUSE);
		return;
	}
	LIST_INSERT_HEAD(udp_chain(c->c_udp->uc_port, ik->ik_lport), ucb,
	    ucb_registered);
	ucb->ucb_state = INF_BOUND;
	udps_count(c->c_sp, 1);
	stat_add(c, SG_UDP, udps_binds, 1);
	bind_put_up(ep, msg);
}

int
udp_bind(struct endpoint *ep, struct udpcb *ucb, const struct in_key *ik,
    udp_done_fn *done, void *arg)
{
	KASSERT(ucb->ucb_state == 0 && ucb->ucb_here != NULL);
	KASSERT(ik->ik_plen <= IN_PLEN_MAX && ik->ik_fport == 0);
	return op_ask(ep, ucb, ik, done, arg,
	    ik->ik_lport != 0 ? udp_registry(ep->ep_sp, ik->ik_lport) :
	    op_cpu(ep), bind_register);
}

/*
 * Connect.
 */

/* It was bound and cannot be connected: bound again, and the error told. */
static void
connect_undo(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct udpcb *ucb = op->uop_pcb;
	struct cpu *c = endpoint_cpu(ep);

	LIST_REMOVE(ucb, ucb_registered);
	LIST_INSERT_HEAD(
	    udp_chain(c->c_udp->uc_port, ucb->ucb_inp.inp_key.ik_lport), ucb,
	    ucb_registered);
	op->uop_count = 0;
	bind_put_up(ep, msg);
}

static void
connect_fails(struct cpu *c, struct udp_op *op, int error)
{
	struct udpcb *ucb = op->uop_pcb;

	op->uop_error = error;
	if (ucb->ucb_state == 0 || op->uop_count == 0)
		op_finish(c, op, error);
	else
		op_go(&c->c_ep,
		    udp_registry(c->c_sp, ucb->ucb_inp.inp_key.ik_lport), op,
		    connect_undo);
}

static void ON_CPU
connect_insert(struct cpu *c, struct udp_op *op, unsigned bucket)
{
	struct udpcb *ucb = op->uop_pcb;

	if (ucb->ucb_state == 0)
		udps_count(c->c_sp, 1);
	else
		udp_here_remove(c, ucb);
	ucb->ucb_inp.inp_key = op->uop_key;
	ucb->ucb_state |= INF_CONNECTED;
	udp_conn_insert(c, ucb, bucket);
	stat_add(c, SG_UDP, udps_connects, 1);
	op_finish(c, op, 0);
}

/*
 * The tuple is whole: at the owner of its bucket.  Returns UDP_HERE there, or
 * has sent the message on.
 */
static bool
op_at_owner(struct cpu *c, struct udp_op *op, unsigned bucket, op_fn *fn)
{
	switch (udp_has(c, bucket)) {
	case UDP_ELSEWHERE:
		op_go(&c->c_ep, rss_cpu(c->c_sp, bucket), op, fn);
		return false;
	case UDP_COMING:
		op_go(&c->c_ep, c->c_id, op, fn);
		return false;
	default:
		return true;
	}
}

static void
connect_tuple(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct cpu *c = endpoint_cpu(ep);
	unsigned bucket = udp_key_bucket(c->c_sp, &op->uop_key);

	role_enter(&on_cpu);
	/* Its entry here, should this not be the owner any more. */
	if (op->uop_pcb->ucb_state != 0 &&
	    udp_has(c, bucket) == UDP_ELSEWHERE)
		udp_here_remove(c, op->uop_pcb);
	if (!op_at_owner(c, op, bucket, connect_tuple))
		return;
	if (udp_conn_taken(c, &op->uop_key, bucket))
		connect_fails(c, op, EADDRINUSE);
	else
		connect_insert(c, op, bucket);
}

/* Of one that is bound: at each CPU, the owner-to-be keeps its entry. */
static void
connect_take_down(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct cpu *c = endpoint_cpu(ep);
	unsigned n = c->c_sp->sp_ncpus;

	role_enter(&on_cpu);
	if (c->c_id != op->uop_keeps)
		udp_here_remove(c, op->uop_pcb);
	if (++op->uop_count < n)
		op_go(ep, (c->c_id + 1u) % n, op, connect_take_down);
	else
		op_go(ep, op->uop_keeps, op, connect_tuple);
}

/* An address of ours toward the peer. */
static int
connect_source(const struct spate *sp, struct in_key *ik)
{
	struct in6 src, mask = in6_mask(ik->ik_plen);
	uint32_t src4;

	if (ik->ik_plen == IN_PLEN_MAX)
		return in6_is_v4mapped(ik->ik_laddr) ==
			in6_is_v4mapped(ik->ik_faddr) ? 0 : EADDRNOTAVAIL;
	if (in6_is_v4mapped(ik->ik_faddr)) {
		if (!ip_source(sp, ik->ik_rtable,
			(uint32_t)ik->ik_faddr.i6_lo, &src4))
			return ENETUNREACH;
		src = in6_mapped(src4);
	} else if (!ip6_source(sp, ik->ik_rtable, ik->ik_ifindex,
		       ik->ik_faddr, &src)) {
		return ENETUNREACH;
	}
	/* Bound to a network: one of that. */
	if (!in6_eq(in6_and(src, mask), ik->ik_laddr))
		return EADDRNOTAVAIL;
	ik->ik_laddr = src;
	ik->ik_plen = IN_PLEN_MAX;
	return 0;
}

/* Of one that is bound: at its registry. */
static void
connect_bound(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct udpcb *ucb = op->uop_pcb;
	struct cpu *c = endpoint_cpu(ep);
	struct in_key ik = ucb->ucb_inp.inp_key;
	int error;

	role_enter(&on_cpu);
	ik.ik_faddr = op->uop_key.ik_faddr;
	ik.ik_fport = op->uop_key.ik_fport;
	if (ik.ik_ifindex == 0)
		ik.ik_ifindex = op->uop_key.ik_ifindex;
	if ((error = connect_source(c->c_sp, &ik)) != 0) {
		op_finish(c, op, error);
		return;
	}
	op->uop_key = ik;
	op->uop_keeps =
	    (uint16_t)rss_cpu(c->c_sp, udp_key_bucket(c->c_sp, &ik));
	LIST_REMOVE(ucb, ucb_registered);
	LIST_INSERT_HEAD(udp_chain(c->c_udp->uc_held, ik.ik_lport), ucb,
	    ucb_registered);
	connect_take_down(ep, msg);
}

/* A port is to be chosen: at the CPU that wants the peer's datagrams. */
static void
connect_choose(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct cpu *c = endpoint_cpu(ep);
	struct in_key *ik = &op->uop_key;
	unsigned n = c->c_sp->sp_ncpus;
	int error;

	role_enter(&on_cpu);
	if ((error = connect_source(c->c_sp, ik)) != 0) {
		op_finish(c, op, error);
		return;
	}
	if (ik->ik_lport != 0) {
		connect_tuple(ep, msg);
		return;
	}
	/* Where ports do not count, only one CPU can have it. */
	if (udp_rss_ports(c->c_sp) == RSS_NONE &&
	    !op_at_owner(c, op, udp_key_bucket(c->c_sp, ik), connect_choose))
		return;
	if (udp_port_connect(c, ik, op->uop_count == 0, &op->uop_unseen) != 0) {
		connect_insert(c, op, udp_key_bucket(c->c_sp, ik));
		return;
	}
	/* Buckets that move may have been nowhere when they were asked for. */
	if (++op->uop_count == n || udp_rss_ports(c->c_sp) == RSS_NONE) {
		if ((int32_t)op->uop_unseen <= 0) {
			op_finish(c, op, EADDRNOTAVAIL);
			return;
		}
		op->uop_count = 0;
	}
	op_go(ep, (c->c_id + 1u) % n, op, connect_choose);
}

int
udp_connect(struct endpoint *ep, struct udpcb *ucb, const struct in_key *ik,
    udp_done_fn *done, void *arg)
{
	const struct in_key *is = &ucb->ucb_inp.inp_key;

	KASSERT((ucb->ucb_state & INF_CONNECTED) == 0);
	KASSERT(ik->ik_plen <= IN_PLEN_MAX && ik->ik_fport != 0);
	if (ucb->ucb_state == INF_BOUND)
		return op_ask(ep, ucb, ik, done, arg,
		    udp_registry(ep->ep_sp, is->ik_lport), connect_bound);
	return op_ask(ep, ucb, ik, done, arg, op_cpu(ep), connect_choose);
}

/*
 * Close.
 */

static void
close_finish(struct cpu *c, struct udp_op *op)
{
	op->uop_pcb->ucb_state = 0;
	udps_count(c->c_sp, -1);
	stat_add(c, SG_UDP, udps_closes, 1);
	op_finish(c, op, 0);
}

/* At the registry, when no CPU delivers to it any more. */
static void
close_register(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);

	LIST_REMOVE(op->uop_pcb, ucb_registered);
	close_finish(endpoint_cpu(ep), op);
}

/* At each CPU, the registry last. */
static void
close_take_down(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct cpu *c = endpoint_cpu(ep);
	unsigned n = c->c_sp->sp_ncpus;

	role_enter(&on_cpu);
	if (!PLANT_ENTRY || op->uop_count > 0)
		udp_here_remove(c, op->uop_pcb);
	if (++op->uop_count < n)
		op_go(ep, (c->c_id + 1u) % n, op, close_take_down);
	else
		close_register(ep, msg);
}

static void
close_connected(struct endpoint *ep, struct msg *msg)
{
	struct udp_op *op = op_of(msg);
	struct udpcb *ucb = op->uop_pcb;
	const struct udp_ops *ops = udp_ops(&ucb->ucb_inp);
	struct cpu *c = endpoint_cpu(ep);

	role_enter(&on_cpu);
	if (!op_at_owner(c, op, ucb->ucb_bucket, close_connected))
		return;
	udp_conn_remove(c, ucb);
	if (ops->uo_gone != NULL)
		ops->uo_gone(c, ucb, NULL);
	if ((ucb->ucb_state & INF_BOUND) != 0)
		op_go(ep,
		    udp_registry(c->c_sp, ucb->ucb_inp.inp_key.ik_lport), op,
		    close_register);
	else
		close_finish(c, op);
}

/* It was neither bound nor connected. */
static void
close_nothing(struct endpoint *ep, struct msg *msg)
{
	op_finish(endpoint_cpu(ep), op_of(msg), 0);
}

int
udp_close(
    struct endpoint *ep, struct udpcb *ucb, udp_done_fn *done, void *arg)
{
	unsigned n = ep->ep_sp->sp_ncpus;

	if ((ucb->ucb_state & INF_CONNECTED) != 0)
		return op_ask(ep, ucb, NULL, done, arg,
		    udp_pcb_cpu(ep->ep_sp, ucb), close_connected);
	if (ucb->ucb_state == 0)
		return op_ask(
		    ep, ucb, NULL, done, arg, op_cpu(ep), close_nothing);
	return op_ask(ep, ucb, NULL, done, arg,
	    (udp_registry(ep->ep_sp, ucb->ucb_inp.inp_key.ik_lport) + 1) % n,
	    close_take_down);
}
