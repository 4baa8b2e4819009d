/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "trace" command.
 *
 * A job takes the records out of the rings of all CPUs, in the order of their
 * numbers, puts those of a packet together (told.h) and sends it to the client
 * when its way has ended.  Records of the last two milliseconds wait, for a CPU
 * that is still in its round and has older ones.
 *
 * The life of a job: it runs; it is withdrawn, because it has told as many
 * packets as were asked for, or the client asked or has gone; when no CPU
 * writes any more (qsbr) it sends what is left, the counts, and ends.  The
 * client may go at any time.
 */
#include "ctl/trace.h"

#include <errno.h>
#include <spate/capture.h>
#include <stdlib.h>

#include "ctl/capture_int.h"
#include "ctl/show_int.h"
#include "ctl/told.h"
#include "if/if.h"
#include "mbuf/tell.h"
#include "path.h"

#define JOB_TICK    (5 * NS_MS)
#define JOB_HORIZON (2 * NS_MS)
#define JOB_UNREAD  (1u << 20) /* bytes the client may have before it reads */
#define JOB_OPEN    1024u /* packets whose way has not ended */
#define JOB_COUNT   1000000000 /* packets, at most */
#define JOB_BUFFER  CAPTURE_BUFFER_MIN

enum job_state {
	JOB_RUNS,
	JOB_WITHDRAWN, /* some CPU may still write */
	JOB_QUIET, /* what is left is sent */
};

/* All of it is ctl's. */
struct trace_job {
	struct trace_job *jo_next;
	struct capture *jo_cap;
	struct ctl *jo_ctl;
	struct control_client *jo_client; /* NULL: gone */
	struct timer jo_timer;
	enum job_state jo_state;
	json_t *jo_names; /* of interfaces; NULL: all */
	struct told *jo_open; /* oldest first */
	struct told **jo_tail;
	unsigned jo_nopen;
	uint64_t jo_count; /* packets to tell; 0: all */
	uint64_t jo_told; /* sent to the client */
};

static void
job_close(struct trace_job *jo, struct told **tdp)
{
	struct told *td = *tdp;

	if ((*tdp = td->td_next) == NULL)
		jo->jo_tail = tdp;
	jo->jo_nopen--;
	told_free(td);
}

static void ON_CTL
job_free(struct trace_job *jo)
{
	struct trace_job **pp = &jo->jo_ctl->ctl_traces;

	while (*pp != jo)
		pp = &(*pp)->jo_next;
	*pp = jo->jo_next;
	timer_cancel(&jo->jo_ctl->ctl_wheel, &jo->jo_timer);
	if (jo->jo_client != NULL)
		jo->jo_client->cc_stream = false;
	while (jo->jo_open != NULL)
		job_close(jo, &jo->jo_open);
	capture_destroy(jo->jo_cap);
	json_decref(jo->jo_names);
	free(jo);
}

/* Stages tell as long as there is a trace that runs. */
static void ON_CTL
job_switch(struct ctl *ctl)
{
	const struct trace_job *jo = ctl->ctl_traces;

	while (jo != NULL && jo->jo_state != JOB_RUNS)
		jo = jo->jo_next;
	path_tell(ctl->ctl_sp, jo != NULL);
}

/* Interfaces come and go; a trace is by name. */
static void ON_CTL
job_interfaces(struct trace_job *jo)
{
	const struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		ifp = if_lookup(jo->jo_ctl->ctl_sp, i);
		capture_want(jo->jo_cap, i,
		    ifp != NULL && wanted_name(jo->jo_names, ifp->if_name));
	}
}

/* The ring whose first record has the least number, at most of that time. */
static struct recring *
job_oldest(const struct trace_job *jo, uint64_t most,
    const struct tell_record **first)
{
	const struct capture *cap = jo->jo_cap;
	struct recring *oldest = NULL;
	unsigned i;
	size_t n;

	for (i = 0; i < cap->cap_ncpus; i++) {
		struct recring *r = cap->cap_cpu[i]->cc_ring;
		const struct tell_record *tr = recring_peek(r, &n);

		if (tr == NULL || tr->tr_time > most ||
		    (oldest != NULL && tr->tr_seq >= (*first)->tr_seq))
			continue;
		oldest = r;
		*first = tr;
	}
	return oldest;
}

static void ON_CTL
job_begin(struct trace_job *jo, const struct tell_record *tr)
{
	struct told *td;

	if (tr->tr_kind != TELL_BEGIN ||
	    (td = told_new(jo->jo_ctl, tr)) == NULL)
		return; /* its line went already; what is late has no place */
	*jo->jo_tail = td;
	jo->jo_tail = &td->td_next;
	jo->jo_nopen++;
}

static void ON_CTL
job_take(struct trace_job *jo, const struct tell_record *tr)
{
	struct told *td = jo->jo_open;

	while (td != NULL && td->td_id != tr->tr_id)
		td = td->td_next;
	if (td != NULL)
		told_take(jo->jo_ctl, td, tr);
	else
		job_begin(jo, tr);
}

static bool
job_writable(const struct trace_job *jo)
{
	return jo->jo_client->cc_unread(jo->jo_client) < JOB_UNREAD;
}

/*
 * Send packets whose way has ended, all that are left at the end, and the
 * oldest if there are too many.
 */
static void ON_CTL
job_send(struct trace_job *jo)
{
	uint64_t now = jo->jo_ctl->ctl_now;
	struct told **tdp = &jo->jo_open, *td;

	while ((td = *tdp) != NULL && job_writable(jo)) {
		if (jo->jo_state != JOB_QUIET && jo->jo_nopen < JOB_OPEN &&
		    !told_done(td, now)) {
			tdp = &td->td_next;
			continue;
		}
		control_reply(jo->jo_client,
		    told_json(td, (unsigned)++jo->jo_told), false);
		job_close(jo, tdp);
	}
}

/* Take what there is and the client has room for; whether that was all. */
static bool ON_CTL
job_drain(struct trace_job *jo)
{
	uint64_t now = jo->jo_ctl->ctl_now;
	uint64_t most = jo->jo_state == JOB_QUIET ? UINT64_MAX :
	    now > JOB_HORIZON			  ? now - JOB_HORIZON :
		0;
	const struct tell_record *tr;
	struct recring *r;

	while ((r = job_oldest(jo, most, &tr)) != NULL) {
		if (jo->jo_nopen >= JOB_OPEN)
			job_send(jo);
		if (jo->jo_nopen >= JOB_OPEN)
			return false;
		job_take(jo, tr);
		recring_consume(r);
	}
	job_send(jo);
	return jo->jo_state != JOB_QUIET || jo->jo_open == NULL;
}

static void ON_CTL
job_end(struct trace_job *jo)
{
	const struct capture *cap = jo->jo_cap;
	uint64_t matched = 0, lost = 0;
	unsigned i, k;

	for (i = 0; i < cap->cap_ncpus; i++)
		for (k = 0; k < IF_MAX; k++) {
			const struct capture_count *cn = &cap->cap_cpu[i]
							      ->cc_count[k];

			matched += stat_cell_read(&cn->cn_matched);
			lost += stat_cell_read(&cn->cn_lost);
		}
	control_reply(jo->jo_client,
	    json_pack("{s:I, s:I, s:I}", "matched", INT(matched), "told",
		INT(jo->jo_told), "lost", INT(lost)),
	    true);
	job_free(jo);
}

/* No CPU writes to the rings any more. */
static void
job_quiet(void *arg)
{
	struct capture *cap = arg;
	struct trace_job *jo = cap->cap_owner;

	role_enter(&on_ctl);
	jo->jo_state = JOB_QUIET;
	if (jo->jo_client == NULL)
		job_free(jo);
}

static void ON_CTL
job_withdraw(struct trace_job *jo)
{
	if (jo->jo_state != JOB_RUNS)
		return;
	jo->jo_state = JOB_WITHDRAWN;
	job_switch(jo->jo_ctl);
	capture_withdraw(jo->jo_ctl->ctl_sp, jo->jo_cap, job_quiet);
}

/* What there is to do now; jo may be gone after it. */
static void ON_CTL
job_run(struct trace_job *jo)
{
	bool all;

	if (jo->jo_client == NULL)
		return;
	if (jo->jo_state == JOB_RUNS)
		job_interfaces(jo);
	all = job_drain(jo);
	if (jo->jo_state == JOB_QUIET && all)
		job_end(jo);
	else if (jo->jo_count > 0 && jo->jo_told >= jo->jo_count)
		job_withdraw(jo);
}

static void
job_timer(struct timer *t, void *ctx)
{
	struct trace_job *jo = container_of(t, struct trace_job, jo_timer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + JOB_TICK);
	job_run(jo);
}

static struct trace_job *
job_of(const struct ctl *ctl, const struct control_client *cc)
{
	struct trace_job *jo = ctl->ctl_traces;

	while (jo != NULL && jo->jo_client != cc)
		jo = jo->jo_next;
	return jo;
}

bool
trace_runs(const struct ctl *ctl, const struct control_client *cc)
{
	return job_of(ctl, cc) != NULL;
}

void
trace_stop(struct ctl *ctl, struct control_client *cc)
{
	job_withdraw(job_of(ctl, cc));
}

void
trace_drained(struct ctl *ctl, struct control_client *cc)
{
	struct trace_job *jo = job_of(ctl, cc);

	if (jo != NULL && cc->cc_unread(cc) < JOB_UNREAD / 2)
		job_run(jo);
}

void
trace_gone(struct ctl *ctl, struct control_client *cc)
{
	struct trace_job *jo = job_of(ctl, cc);

	if (jo == NULL)
		return;
	jo->jo_client = NULL;
	if (jo->jo_state == JOB_QUIET)
		job_free(jo);
	else
		job_withdraw(jo);
}

/* Everything but the client; NULL, and why in *why, if it cannot be. */
static struct capture *ON_CTL
wanted_trace(struct ctl *ctl, const json_t *req, json_int_t *count,
    const char **why)
{
	struct capture *cap;
	struct filter *f;

	*count = 0;
	*why = !wanted_number(req, "count", 1, JOB_COUNT, count) ?
	    "\"count\" is a number from 1 to 1000000000" :
	    !wanted_filter(req, &f) ? CAPTURE_BADFILTER :
		NULL;
	if (*why != NULL)
		return NULL;
	cap = capture_create(ctl->ctl_sp, 1u << SCR_IN | 1u << CAP_TRACE, 0,
	    JOB_BUFFER, f);
	if (cap == NULL)
		*why = "no memory for its buffers";
	else
		atomic_store_explicit(&cap->cap_left,
		    *count > 0 ? *count : INT64_MAX, memory_order_relaxed);
	return cap;
}

static void ON_CTL
job_start(struct ctl *ctl, struct control_client *cc, struct trace_job *jo)
{
	int error;

	job_interfaces(jo);
	job_switch(ctl);
	if ((error = capture_publish(ctl->ctl_sp, jo->jo_cap)) != 0) {
		control_error(cc, "trace: %s",
		    error == EBUSY ?
			"too many traces and captures run already" :
			"no memory");
		jo->jo_state = JOB_QUIET;
		job_switch(ctl);
		job_free(jo);
		return;
	}
	cc->cc_stream = true;
	control_reply(cc, json_pack("{s:b}", "tracing", 1), false);
	timer_set(&ctl->ctl_wheel, &jo->jo_timer, ctl->ctl_now + JOB_TICK);
}

void
trace_request(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	json_t *names = json_object_get(req, "interfaces");
	struct trace_job *jo = NULL;
	struct capture *cap;
	json_int_t count;
	const char *why;

	if (!wanted_names(ctl, cc, "trace", names))
		return;
	if ((cap = wanted_trace(ctl, req, &count, &why)) == NULL) {
		control_error(cc, "trace: %s", why);
		return;
	}
	if ((jo = calloc(1, sizeof(*jo))) == NULL) {
		capture_destroy(cap);
		control_error(cc, "trace: no memory");
		return;
	}
	jo->jo_cap = cap;
	cap->cap_owner = jo;
	jo->jo_ctl = ctl;
	jo->jo_client = cc;
	jo->jo_count = (uint64_t)count;
	jo->jo_names = json_incref(names);
	jo->jo_tail = &jo->jo_open;
	timer_init(&jo->jo_timer, job_timer);
	jo->jo_next = ctl->ctl_traces;
	ctl->ctl_traces = jo;
	job_start(ctl, cc, jo);
}
