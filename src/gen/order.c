/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ctl orders of CPUs, by message, and what they do then.
 */
#include <errno.h>
#include <string.h>

#include "gen/gen_int.h"
#include "path.h"

/* A message as gen_tell() sends it, or NULL. */
static struct gen_msg *
order(struct gen *g, void (*fn)(struct endpoint *, struct msg *),
    const struct gen_msg *what)
{
	struct gen_msg *gm =
	    msg_alloc(&g->g_sp->sp_ctl->ctl_ep, sizeof(*gm));
	struct msg head;

	if (gm == NULL)
		return NULL;
	head = gm->gm_msg;
	*gm = *what;
	gm->gm_msg = head;
	gm->gm_msg.msg_fn = fn;
	gm->gm_gen = g;
	return gm;
}

int
gen_tell(struct gen *g, unsigned cpu,
    void (*fn)(struct endpoint *, struct msg *), const struct gen_msg *what)
{
	struct gen_msg *gm = order(g, fn, what);

	if (gm == NULL)
		return ENOMEM;
	msg_send(&g->g_sp->sp_ctl->ctl_ep, cpu, &gm->gm_msg);
	return 0;
}

int
gen_tell_all(struct gen *g, void (*fn)(struct endpoint *, struct msg *))
{
	struct endpoint *ep = &g->g_sp->sp_ctl->ctl_ep;
	unsigned i, n = g->g_sp->sp_ncpus;
	struct gen_msg *gm[CPU_MAX];

	for (i = 0; i < n; i++) {
		struct gen_msg what = { .gm_job = g->g_job[i] };

		if ((gm[i] = order(g, fn, &what)) == NULL)
			break;
	}
	if (i < n) {
		while (i-- > 0)
			msg_done(ep, &gm[i]->gm_msg);
		return ENOMEM;
	}
	for (i = 0; i < n; i++)
		msg_send(ep, i, &gm[i]->gm_msg);
	g->g_waiting += n;
	return 0;
}

unsigned
gen_port_cpu(const struct gen *g, unsigned port)
{
	const struct ifnet *ifp = gen_ifnet(g, port);
	unsigned i;

	for (i = 0; ifp != NULL && i < g->g_sp->sp_ncpus; i++)
		if (ifp->if_tx[i] != NULL)
			return i;
	return 0;
}

void
gen_on_begin(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	struct gen_cpu *gc = gm->gm_job->gj_cpu;

	KASSERT(gc->gc_job == NULL);
	gc->gc_job = gm->gm_job;
	gc->gc_glance.ge_winmin = UINT64_MAX;
	gc->gc_glance.ge_winmax = 0;
	gc->gc_glance.ge_winend = 0;
	msg->msg_fn = gen_returned;
	msg_send(ep, sp_ctl_id(ep->ep_sp), msg);
}

/* Answered in a round: once the records are with who checks them. */
void
gen_on_quiet(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	struct gen_cpu *gc = gm->gm_job->gj_cpu;

	(void)ep;
	gm->gm_job->gj_quiet = true;
	gc->gc_quiet = msg;
}

void
gen_quiet_answer(struct cpu *c, struct gen_cpu *gc)
{
	struct msg *msg = gc->gc_quiet;

	gc->gc_quiet = NULL;
	msg->msg_fn = gen_returned;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), msg);
}

void
gen_on_end(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct gen_job *gj = gm->gm_job;
	struct gen_cpu *gc = gj->gj_cpu;

	role_enter(&on_cpu);
	gen_send_end(c, gj, c->c_now);
	gen_recv_records(c, gc);
	gc->gc_job = NULL;
	gc->gc_next = UINT64_MAX;
	msg->msg_fn = gen_returned;
	msg_send(ep, sp_ctl_id(c->c_sp), msg);
}

/* A frame that hosts send by themselves. */
static bool ON_CPU
say(struct cpu *c, const struct gen_port *gp, const uint8_t *frame,
    unsigned len)
{
	struct mbuf *m = m_from_bytes(c, frame, len);

	if (m == NULL)
		return false;
	stat_add(c, SG_PATH, pks_originated, 1);
	gen_send_control(c, m, gp);
	return true;
}

void
gen_on_ask(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	const struct gen_port *gp = &gm->gm_gen->g_port[gm->gm_port];
	uint8_t frame[HOST_FRAME];
	unsigned len;

	role_enter(&on_cpu);
	len = host_ask(frame, &gp->gp_host, &gm->gm_target, &gm->gm_src);
	if (say(endpoint_cpu(ep), gp, frame, len))
		stat_add(endpoint_cpu(ep), SG_GEN, gns_ask, 1);
	msg_done(ep, msg);
}

void
gen_on_announce(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	const struct gen_port *gp = &gm->gm_gen->g_port[gm->gm_port];
	uint8_t frame[HOST_FRAME];
	struct addr a;
	unsigned i, len;

	role_enter(&on_cpu);
	for (i = 0; i < gm->gm_n; i++) {
		if (!host_nth(&gp->gp_host, gm->gm_first + i, &a))
			break;
		len = host_announce(frame, &gp->gp_host, &a);
		if (!say(endpoint_cpu(ep), gp, frame, len))
			break; /* no buffers now: ctl goes on from here */
	}
	stat_add(endpoint_cpu(ep), SG_GEN, gns_announce, i);
	gm->gm_n = i;
	msg->msg_fn = gen_on_announced;
	msg_send(ep, sp_ctl_id(ep->ep_sp), msg);
}
