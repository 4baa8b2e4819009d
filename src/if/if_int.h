/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of if/: what attaching an interface and opening its device
 * again have in common.
 *
 *	I	immutable after if_conf_copy()
 *	C	ctl only
 */
#ifndef IF_IF_INT_H
#define IF_IF_INT_H

#include "if/if.h"

struct if_ctl {
	struct ifnet *ic_if[IF_MAX]; /* [C] also those that are going */
	uint16_t ic_gen[IF_MAX]; /* [C] */
	uint16_t ic_last; /* [C] index given out last */
};

/* To a CPU: serve these queues from now on, or let go of them. */
struct if_queues_msg {
	struct msg iqm_msg; /* [C] and the CPU it was sent to */
	struct ifnet *iqm_if; /* [I] */
};

/* A copy of what if_attach() was given, as far as drivers need it again. */
struct if_conf {
	struct dev_conf ico_dc; /* [I] points to the others */
	char ico_device[64]; /* [I] */
	char ico_mode[16]; /* [I] */
};

/* NULL without memory. */
struct if_conf *if_conf_copy(const struct dev_conf *);

/* Open its device; the queues it turns out to have must find a place. */
int if_open(struct ctl *, struct ifnet *, const struct dev_conf *, char *err,
    size_t errlen) ON_CTL;

/* Close it, and remember what its driver counted. */
void if_close(struct ifnet *) ON_CTL;

/* A message for each CPU, all or none (ENOMEM); and off they go. */
int if_msgs_alloc(
    struct ctl *, struct if_queues_msg *iqm[static CPU_MAX]) ON_CTL;
void if_msgs_send(struct ctl *, struct if_queues_msg *const iqm[static CPU_MAX],
    struct ifnet *, void (*fn)(struct endpoint *, struct msg *)) ON_CTL;

/* What these messages are for, on the CPU. */
void cpu_serve_queues(struct endpoint *, struct msg *);
void cpu_drop_queues(struct endpoint *, struct msg *);

/* A virtual interface counts where others have queues that do.  ENOMEM. */
int if_virtual_init(struct ifnet *) ON_CTL;

/* gone is out of sight: what stands on it has no link any more. */
void if_virtual_orphan(struct ctl *, const struct ifnet *gone) ON_CTL;

/* The CPU's sleep ends, or no longer does, when the queue is readable. */
static inline void
cpu_watch(struct cpu *c, const struct rxq *rxq, bool on)
{
	const struct spate_env *env = &c->c_sp->sp_env;

	if (rxq->rxq_fd >= 0 && env->env_watch != NULL)
		env->env_watch(env->env_arg, &c->c_ep, rxq->rxq_fd, on);
}

#endif
