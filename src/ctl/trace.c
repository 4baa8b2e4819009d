/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "trace" command.
 *
 * A job is a stream (stream.h): it takes the records out of the rings of all
 * CPUs, in the order of their numbers, puts those of a packet together (told.h)
 * and sends it to the client when its way has ended.  It ends by itself when it
 * has told as many packets as were asked for.
 */
#include "ctl/trace.h"

#include <spate/capture.h>
#include <stdlib.h>

#include "ctl/show_int.h"
#include "ctl/stream.h"
#include "ctl/told.h"
#include "ctl/wanted.h"
#include "if/if.h"
#include "mbuf/tell.h"
#include "path.h"

#define JOB_OPEN    1024u /* packets whose way has not ended */
#define JOB_COUNT   1000000000 /* packets, at most */
#define JOB_BUFFER  CAPTURE_BUFFER_MIN

/* All of it is ctl's. */
struct trace_job {
	struct stream jo_stream;
	struct told *jo_open; /* oldest first */
	struct told **jo_tail;
	unsigned jo_nopen;
	uint64_t jo_count; /* packets to tell; 0: all */
	uint64_t jo_told; /* sent to the client */
};

static struct trace_job *
job_of(struct stream *sm)
{
	return container_of(sm, struct trace_job, jo_stream);
}

static void
job_close(struct trace_job *jo, struct told **tdp)
{
	struct told *td = *tdp;

	if ((*tdp = td->td_next) == NULL)
		jo->jo_tail = tdp;
	jo->jo_nopen--;
	told_free(td);
}

static void
job_free(struct stream *sm)
{
	struct trace_job *jo = job_of(sm);

	while (jo->jo_open != NULL)
		job_close(jo, &jo->jo_open);
	free(jo);
}

/* Interfaces come and go; a trace is by name. */
static void ON_CTL
job_interfaces(struct stream *sm)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++)
		stream_want(sm, i);
}

static struct stream_place
job_place(const void *record)
{
	const struct tell_record *tr = record;

	return (struct stream_place) { tr->tr_time, tr->tr_seq };
}

static void ON_CTL
job_begin(struct trace_job *jo, const struct tell_record *tr)
{
	struct told *td;

	if (tr->tr_kind != TELL_BEGIN ||
	    (td = told_new(jo->jo_stream.sm_ctl, tr)) == NULL)
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
		told_take(jo->jo_stream.sm_ctl, td, tr);
	else
		job_begin(jo, tr);
}

static bool
job_writable(const struct trace_job *jo)
{
	struct control_client *cc = jo->jo_stream.sm_client;

	return cc->cc_unread(cc) < STREAM_UNREAD;
}

/*
 * Send packets whose way has ended, all that are left at the end, and the
 * oldest if there are too many.
 */
static void ON_CTL
job_send(struct trace_job *jo)
{
	const struct stream *sm = &jo->jo_stream;
	struct told **tdp = &jo->jo_open, *td;

	while ((td = *tdp) != NULL && job_writable(jo)) {
		if (sm->sm_state != STREAM_QUIET && jo->jo_nopen < JOB_OPEN &&
		    !told_done(td, sm->sm_ctl->ctl_now)) {
			tdp = &td->td_next;
			continue;
		}
		control_reply(sm->sm_client,
		    told_json(td, (unsigned)++jo->jo_told), false);
		job_close(jo, tdp);
	}
}

/* Take what there is and the client has room for; whether that was all. */
static bool ON_CTL
job_takeall(struct trace_job *jo)
{
	const struct stream *sm = &jo->jo_stream;
	const void *tr;
	struct recring *r;

	while ((r = stream_oldest(sm, &tr)) != NULL) {
		if (jo->jo_nopen >= JOB_OPEN)
			job_send(jo);
		if (jo->jo_nopen >= JOB_OPEN)
			return false;
		job_take(jo, tr);
		recring_consume(r);
	}
	job_send(jo);
	return jo->jo_open == NULL;
}

static bool ON_CTL
job_drain(struct stream *sm)
{
	struct trace_job *jo = job_of(sm);
	bool all = job_takeall(jo);

	if (jo->jo_count > 0 && jo->jo_told >= jo->jo_count)
		stream_withdraw(sm);
	return all;
}

static void ON_CTL
job_end(struct stream *sm)
{
	const struct capture *cap = sm->sm_cap;
	uint64_t matched = 0, lost = 0;
	unsigned i, k;

	for (i = 0; i < cap->cap_ncpus; i++)
		for (k = 0; k < IF_MAX; k++) {
			const struct capture_count *cn = &cap->cap_cpu[i]
							      ->cc_count[k];

			matched += stat_cell_read(&cn->cn_matched);
			lost += stat_cell_read(&cn->cn_lost);
		}
	control_reply(sm->sm_client,
	    json_pack("{s:I, s:I, s:I}", "matched", INT(matched), "told",
		INT(job_of(sm)->jo_told), "lost", INT(lost)),
	    true);
}

static void job_switch(struct ctl *) ON_CTL;

static const struct stream_ops trace_ops = {
	.so_name = "trace",
	.so_toomany = "too many traces and captures run already",
	.so_place = job_place,
	.so_interfaces = job_interfaces,
	.so_drain = job_drain,
	.so_end = job_end,
	.so_switch = job_switch,
	.so_free = job_free,
};

/* Stages tell as long as there is a trace that runs. */
static void
job_switch(struct ctl *ctl)
{
	path_tell(ctl->ctl_sp, stream_running(ctl, &trace_ops));
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
	    !wanted_filter(req, &f) ? WANTED_BADFILTER :
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
	jo->jo_count = (uint64_t)count;
	jo->jo_tail = &jo->jo_open;
	if (stream_start(&jo->jo_stream, &trace_ops, ctl, cc, cap, names))
		control_reply(cc, json_pack("{s:b}", "tracing", 1), false);
}
