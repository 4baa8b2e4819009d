/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/stream.h"

#include <errno.h>

#include "ctl/wanted.h"
#include "if/if.h"

#define STREAM_TICK    (5 * NS_MS)
#define STREAM_HORIZON (2 * NS_MS)

static void ON_CTL
stream_free(struct stream *sm)
{
	struct stream **pp = &sm->sm_ctl->ctl_streams;

	while (*pp != sm)
		pp = &(*pp)->sm_next;
	*pp = sm->sm_next;
	timer_cancel(&sm->sm_ctl->ctl_wheel, &sm->sm_timer);
	if (sm->sm_client != NULL)
		sm->sm_client->cc_stream = false;
	capture_destroy(sm->sm_cap);
	json_decref(sm->sm_names);
	sm->sm_ops->so_free(sm);
}

static void ON_CTL
stream_switch(const struct stream *sm)
{
	if (sm->sm_ops->so_switch != NULL)
		sm->sm_ops->so_switch(sm->sm_ctl);
}

bool
stream_running(const struct ctl *ctl, const struct stream_ops *ops)
{
	const struct stream *sm = ctl->ctl_streams;

	while (sm != NULL &&
	    (sm->sm_ops != ops || sm->sm_state != STREAM_RUNS))
		sm = sm->sm_next;
	return sm != NULL;
}

const struct ifnet *
stream_want(struct stream *sm, unsigned index)
{
	const struct ifnet *ifp = if_lookup(sm->sm_ctl->ctl_sp, index);
	bool want = ifp != NULL && wanted_name(sm->sm_names, ifp->if_name);

	capture_want(sm->sm_cap, index, want);
	return want ? ifp : NULL;
}

struct recring *
stream_oldest(const struct stream *sm, const void **first)
{
	uint64_t now = sm->sm_ctl->ctl_now, least = UINT64_MAX, most;
	const struct capture *cap = sm->sm_cap;
	struct recring *oldest = NULL;
	unsigned i;
	size_t n;

	most = sm->sm_state == STREAM_QUIET ? UINT64_MAX :
	    now > STREAM_HORIZON	    ? now - STREAM_HORIZON :
		0;
	for (i = 0; i < cap->cap_ncpus; i++) {
		struct recring *r = cap->cap_cpu[i]->cc_ring;
		const void *record = recring_peek(r, &n);
		struct stream_place pl;

		if (record == NULL)
			continue;
		pl = sm->sm_ops->so_place(record);
		if (pl.pl_time > most ||
		    (oldest != NULL && pl.pl_order >= least))
			continue;
		least = pl.pl_order;
		oldest = r;
		*first = record;
	}
	return oldest;
}

/* No CPU writes to the rings any more. */
static void
stream_quiet(void *arg)
{
	struct capture *cap = arg;
	struct stream *sm = cap->cap_owner;

	role_enter(&on_ctl);
	sm->sm_state = STREAM_QUIET;
	if (sm->sm_client == NULL)
		stream_free(sm);
}

void
stream_withdraw(struct stream *sm)
{
	if (sm->sm_state != STREAM_RUNS)
		return;
	sm->sm_state = STREAM_WITHDRAWN;
	stream_switch(sm);
	capture_withdraw(sm->sm_ctl->ctl_sp, sm->sm_cap, stream_quiet);
}

/* What there is to do now; sm may be gone after it. */
static void ON_CTL
stream_run(struct stream *sm)
{
	bool all;

	if (sm->sm_client == NULL)
		return;
	if (sm->sm_state == STREAM_RUNS)
		sm->sm_ops->so_interfaces(sm);
	all = sm->sm_ops->so_drain(sm);
	if (sm->sm_state != STREAM_QUIET || !all)
		return;
	sm->sm_ops->so_end(sm);
	stream_free(sm);
}

static void
stream_timer(struct timer *t, void *ctx)
{
	struct stream *sm = container_of(t, struct stream, sm_timer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + STREAM_TICK);
	stream_run(sm);
}

bool
stream_start(struct stream *sm, const struct stream_ops *ops, struct ctl *ctl,
    struct control_client *cc, struct capture *cap, json_t *names)
{
	int error;

	sm->sm_ops = ops;
	sm->sm_ctl = ctl;
	sm->sm_client = cc;
	sm->sm_cap = cap;
	cap->cap_owner = sm;
	sm->sm_names = json_incref(names);
	timer_init(&sm->sm_timer, stream_timer);
	sm->sm_next = ctl->ctl_streams;
	ctl->ctl_streams = sm;

	ops->so_interfaces(sm);
	stream_switch(sm);
	if ((error = capture_publish(ctl->ctl_sp, cap)) != 0) {
		control_error(cc, "%s: %s", ops->so_name,
		    error == EBUSY ? ops->so_toomany : "no memory");
		sm->sm_state = STREAM_QUIET;
		stream_switch(sm);
		stream_free(sm);
		return false;
	}
	cc->cc_stream = true;
	timer_set(&ctl->ctl_wheel, &sm->sm_timer, ctl->ctl_now + STREAM_TICK);
	return true;
}

static struct stream *
stream_of(const struct ctl *ctl, const struct control_client *cc)
{
	struct stream *sm = ctl->ctl_streams;

	while (sm != NULL && sm->sm_client != cc)
		sm = sm->sm_next;
	return sm;
}

bool
stream_runs(const struct ctl *ctl, const struct control_client *cc)
{
	return stream_of(ctl, cc) != NULL;
}

void
stream_stop(struct ctl *ctl, struct control_client *cc)
{
	stream_withdraw(stream_of(ctl, cc));
}

void
stream_drained(struct ctl *ctl, struct control_client *cc)
{
	struct stream *sm = stream_of(ctl, cc);

	if (sm != NULL && cc->cc_unread(cc) < STREAM_UNREAD / 2)
		stream_run(sm);
}

void
stream_gone(struct ctl *ctl, struct control_client *cc)
{
	struct stream *sm = stream_of(ctl, cc);

	if (sm == NULL)
		return;
	sm->sm_client = NULL;
	if (sm->sm_state == STREAM_QUIET)
		stream_free(sm);
	else
		stream_withdraw(sm);
}
