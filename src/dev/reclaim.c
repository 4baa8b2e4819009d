/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffers of closed devices on their way home.
 */
#include <stdlib.h>

#include "cpu/ctl.h"
#include "dev/reclaim.h"

struct reclaim_msg {
	struct msg rcm_msg;
	struct mbuf *rcm_m; /* by m_nextpkt */
};

/* What waits; lost with its instance, if that ends before. */
struct reclaim_late {
	struct timer rl_timer;
	struct reclaim rl_rec;
};

void
reclaim_add(struct reclaim *rec, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_next;
		m->m_next = NULL;
		m->m_nextpkt = rec->rec_m[m->m_home];
		rec->rec_m[m->m_home] = m;
	}
}

static void
reclaim_run(struct endpoint *ep, struct msg *msg)
{
	struct reclaim_msg *rcm =
	    container_of(msg, struct reclaim_msg, rcm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct mbuf *m, *next;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	for (m = rcm->rcm_m; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_free(c, m);
	}
	msg_done(ep, msg);
}

void
reclaim_send(struct spate *sp, struct reclaim *rec)
{
	struct endpoint *ep = &sp->sp_ctl->ctl_ep;
	struct reclaim_msg *rcm;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		if (rec->rec_m[i] == NULL)
			continue;
		/* Without memory for a message the buffers are lost. */
		if ((rcm = msg_alloc(ep, sizeof(*rcm))) == NULL)
			continue;
		rcm->rcm_m = rec->rec_m[i];
		rcm->rcm_msg.msg_fn = reclaim_run;
		msg_send(ep, i, &rcm->rcm_msg);
		rec->rec_m[i] = NULL;
	}
}

static void
reclaim_late_run(struct timer *t, void *ctx)
{
	struct reclaim_late *rl =
	    container_of(t, struct reclaim_late, rl_timer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	reclaim_send(ctl->ctl_sp, &rl->rl_rec);
	free(rl);
}

void
reclaim_send_late(struct spate *sp, const struct reclaim *rec, uint64_t ns)
{
	struct ctl *ctl = sp->sp_ctl;
	struct reclaim_late *rl;

	if ((rl = malloc(sizeof(*rl))) == NULL)
		return;
	rl->rl_rec = *rec;
	timer_init(&rl->rl_timer, reclaim_late_run);
	timer_set(&ctl->ctl_wheel, &rl->rl_timer, ctl->ctl_now + ns);
}
