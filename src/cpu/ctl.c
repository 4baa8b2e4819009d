/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control thread's round.  Unlike a CPU it may allocate and take its
 * time; like a CPU it is stepped by whoever runs it: a thread with an event
 * loop, or the simulator.
 */
#include <string.h>

#include "cpu/ctl.h"

/* While something waits for grace, look again this often. */
#define CTL_RECLAIM_NS (10 * NS_MS)

int
ctl_init(struct ctl *ctl, struct spate *sp)
{
	int error;

	memset(ctl, 0, sizeof(*ctl));
	error =
	    endpoint_init(&ctl->ctl_ep, sp, sp_ctl_id(sp), sp->sp_ncpus + 1, 0);
	if (error != 0)
		return error;
	ctl->ctl_sp = sp;
	ctl->ctl_now = sp->sp_env.env_now(sp->sp_env.env_arg);
	wheel_init(&ctl->ctl_wheel, ctl->ctl_now, ctl);
	rnd_seed(&ctl->ctl_rnd, sp->sp_env.env_seed);
	return 0;
}

void
ctl_fini(struct ctl *ctl)
{
	endpoint_fini(&ctl->ctl_ep);
}

bool
ctl_round(struct ctl *ctl)
{
	struct spate *sp = ctl->ctl_sp;
	unsigned n;

	ctl->ctl_now = sp->sp_env.env_now(sp->sp_env.env_arg);
	n = msg_run(&ctl->ctl_ep);
	n += wheel_run(&ctl->ctl_wheel, ctl->ctl_now);
	qsbr_reclaim(&sp->sp_qsbr);
	return n > 0;
}

uint64_t
ctl_next(const struct ctl *ctl)
{
	uint64_t next = wheel_next(&ctl->ctl_wheel);

	/* CPUs do not tell when they pass an epoch; full rings neither. */
	if (ctl->ctl_sp->sp_qsbr.q_nretired > 0 || ctl->ctl_ep.ep_nwait > 0)
		next = u64min(next, ctl->ctl_now + CTL_RECLAIM_NS);
	return next;
}

void
ctl_idle(struct ctl *ctl)
{
	const struct spate_env *env = &ctl->ctl_sp->sp_env;

	endpoint_sleep_begin(&ctl->ctl_ep);
	/* What waits for room elsewhere is ctl_next()'s business. */
	if (!msg_arrived(&ctl->ctl_ep))
		env->env_wait(env->env_arg, &ctl->ctl_ep, ctl_next(ctl));
	endpoint_sleep_cancel(&ctl->ctl_ep);
}
