/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "capture" command.
 *
 * A job empties the rings of all CPUs into the client's connection, by timer
 * and whenever the client has read, oldest record first.  Records of the last
 * two milliseconds wait, for a CPU that is still in its round and has older
 * ones.  What the client does not read stays in the rings, where CPUs then
 * find no room; nobody else notices.
 *
 * The life of a job: it runs; it is withdrawn, because the client asked or has
 * gone; when no CPU writes any more (qsbr) it sends what is left, the counts,
 * and ends.  The client may go at any time.
 */
#include "ctl/capture.h"

#include <errno.h>
#include <spate/capture.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture_int.h"
#include "if/if.h"
#include "mbuf/capture.h"

#define JOB_TICK    (5 * NS_MS)
#define JOB_HORIZON (2 * NS_MS)
#define JOB_UNREAD  (1u << 20) /* bytes the client may have before it reads */
#define JOB_CHUNK   65536

enum job_state {
	JOB_RUNS,
	JOB_WITHDRAWN, /* some CPU may still write */
	JOB_QUIET, /* what is left is sent */
};

/* All of it is ctl's. */
struct capture_job {
	struct capture_job *jo_next;
	struct capture *jo_cap;
	struct ctl *jo_ctl;
	struct control_client *jo_client; /* NULL: gone */
	struct timer jo_timer;
	enum job_state jo_state;
	json_t *jo_names; /* of interfaces; NULL: all */
	uint32_t jo_told[IF_MAX]; /* generation + 1 that the client knows */
	bool *jo_reason; /* told, by number */
	uint8_t *jo_out; /* on its way */
	size_t jo_outlen;
	size_t jo_outroom;
};

static void ON_CTL
job_free(struct capture_job *jo)
{
	struct capture_job **pp = &jo->jo_ctl->ctl_captures;

	while (*pp != jo)
		pp = &(*pp)->jo_next;
	*pp = jo->jo_next;
	timer_cancel(&jo->jo_ctl->ctl_wheel, &jo->jo_timer);
	if (jo->jo_client != NULL)
		jo->jo_client->cc_stream = false;
	capture_destroy(jo->jo_cap);
	json_decref(jo->jo_names);
	free(jo->jo_reason);
	free(jo->jo_out);
	free(jo);
}

static void
job_flush(struct capture_job *jo)
{
	if (jo->jo_outlen > 0)
		jo->jo_client->cc_write(
		    jo->jo_client, jo->jo_out, jo->jo_outlen);
	else
		free(jo->jo_out);
	jo->jo_out = NULL;
	jo->jo_outlen = jo->jo_outroom = 0;
}

/* Room for n more bytes; NULL if there is no memory. */
static void *
job_room(struct capture_job *jo, size_t n)
{
	if (jo->jo_outlen + n > jo->jo_outroom) {
		job_flush(jo);
		jo->jo_outroom = n > JOB_CHUNK ? n : JOB_CHUNK;
		if ((jo->jo_out = malloc(jo->jo_outroom)) == NULL) {
			jo->jo_outroom = 0;
			return NULL;
		}
	}
	jo->jo_outlen += n;
	return jo->jo_out + jo->jo_outlen - n;
}

/* A record of our own. */
static bool
job_tell(struct capture_job *jo, struct spate_capture_record scr,
    const void *data, size_t n)
{
	uint8_t *to;

	scr.scr_size = (uint32_t)(sizeof(scr) + RECRING_ROUND(n));
	scr.scr_datalen = (uint32_t)n;
	scr.scr_time = jo->jo_ctl->ctl_now;
	if ((to = job_room(jo, scr.scr_size)) == NULL)
		return false;
	memset(to + scr.scr_size - 8, 0, 8);
	memcpy(to, &scr, sizeof(scr));
	if (n > 0)
		memcpy(to + sizeof(scr), data, n);
	return true;
}

static bool
job_tell_interface(struct capture_job *jo, unsigned index, const char *name,
    uint32_t gen)
{
	struct spate_capture_record scr = { .scr_kind = SCR_INTERFACE,
		.scr_if = (uint16_t)index };

	if (jo->jo_told[index] == gen)
		return true;
	if (!job_tell(jo, scr, name, strlen(name)))
		return false;
	jo->jo_told[index] = gen;
	return true;
}

static bool
job_tell_reason(struct capture_job *jo, unsigned reason)
{
	struct spate_capture_record scr = { .scr_kind = SCR_REASON,
		.scr_reason = (uint16_t)reason };
	const struct stat_desc *sd;
	char text[160];
	unsigned g = 0;

	if (jo->jo_reason[reason])
		return true;
	while (g + 1 < SG_N && stat_base(g + 1) <= reason)
		g++;
	sd = &stat_groups[g].sg_desc[reason - stat_base(g)];
	snprintf(text, sizeof(text), "%s (%s)", sd->sd_text, sd->sd_name);
	jo->jo_reason[reason] = job_tell(jo, scr, text, strlen(text));
	return jo->jo_reason[reason];
}

bool
wanted_name(const json_t *names, const char *name)
{
	size_t i;

	if (names == NULL)
		return true;
	for (i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) ==
		    0)
			return true;
	return false;
}

/* Interfaces come and go; a capture is by name. */
static void ON_CTL
job_interfaces(struct capture_job *jo)
{
	bool want;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(jo->jo_ctl->ctl_sp, i);

		want = ifp != NULL && wanted_name(jo->jo_names, ifp->if_name);
		capture_want(jo->jo_cap, i, want);
		if (want)
			job_tell_interface(
			    jo, i, ifp->if_name, ifp->if_gen + 1u);
	}
	want = jo->jo_names == NULL &&
	    (jo->jo_cap->cap_kinds & 1u << SCR_DROP) != 0;
	capture_want(jo->jo_cap, 0, want);
	if (want)
		job_tell_interface(jo, 0, "(this host)", 1);
}

/* The ring whose first record is the oldest, at most of that time. */
static struct recring *
job_oldest(const struct capture_job *jo, uint64_t most,
    const struct spate_capture_record **first)
{
	const struct capture *cap = jo->jo_cap;
	struct recring *oldest = NULL;
	uint64_t least = 0;
	size_t n;
	unsigned i;

	for (i = 0; i < cap->cap_ncpus; i++) {
		struct recring *r = cap->cap_cpu[i]->cc_ring;
		const struct spate_capture_record *scr = recring_peek(r, &n);

		if (scr == NULL || scr->scr_time > most ||
		    (oldest != NULL && scr->scr_time >= least))
			continue;
		least = scr->scr_time;
		oldest = r;
		*first = scr;
	}
	return oldest;
}

static bool
job_put(struct capture_job *jo, const struct spate_capture_record *scr)
{
	void *to;

	if (scr->scr_kind == SCR_DROP && !job_tell_reason(jo, scr->scr_reason))
		return false;
	if ((to = job_room(jo, scr->scr_size)) == NULL)
		return false;
	memcpy(to, scr, scr->scr_size);
	return true;
}

/* Send what there is and the client has room for; whether that was all. */
static bool ON_CTL
job_drain(struct capture_job *jo)
{
	uint64_t now = jo->jo_ctl->ctl_now;
	uint64_t most = jo->jo_state == JOB_QUIET ? UINT64_MAX :
	    now > JOB_HORIZON			  ? now - JOB_HORIZON :
		0;
	struct control_client *cc = jo->jo_client;
	const struct spate_capture_record *scr;
	struct recring *r;
	bool all = true;

	while ((r = job_oldest(jo, most, &scr)) != NULL) {
		all = cc->cc_unread(cc) + jo->jo_outlen < JOB_UNREAD &&
		    job_put(jo, scr);
		if (!all)
			break;
		recring_consume(r);
	}
	job_flush(jo);
	return all;
}

/* Counts of an interface the client knows. */
static void
job_count(struct capture_job *jo, unsigned index)
{
	const struct capture *cap = jo->jo_cap;
	struct spate_capture_record scr = { .scr_kind = SCR_COUNTS,
		.scr_if = (uint16_t)index };
	struct spate_capture_counts scc = { 0 };
	unsigned i;

	for (i = 0; i < cap->cap_ncpus; i++) {
		const struct capture_count *cn = &cap->cap_cpu[i]
						      ->cc_count[index];

		scc.scc_seen += stat_cell_read(&cn->cn_seen);
		scc.scc_matched += stat_cell_read(&cn->cn_matched);
		scc.scc_lost += stat_cell_read(&cn->cn_lost);
	}
	job_tell(jo, scr, &scc, sizeof(scc));
}

static void ON_CTL
job_end(struct capture_job *jo)
{
	struct spate_capture_record scr = { .scr_kind = SCR_END };
	unsigned i;

	for (i = 0; i < IF_MAX; i++)
		if (jo->jo_told[i] != 0)
			job_count(jo, i);
	job_tell(jo, scr, NULL, 0);
	job_flush(jo);
	job_free(jo);
}

/* What there is to do now; jo may be gone after it. */
static void ON_CTL
job_run(struct capture_job *jo)
{
	if (jo->jo_client == NULL)
		return;
	if (jo->jo_state == JOB_RUNS)
		job_interfaces(jo);
	if (job_drain(jo) && jo->jo_state == JOB_QUIET)
		job_end(jo);
}

static void
job_timer(struct timer *t, void *ctx)
{
	struct capture_job *jo = container_of(t, struct capture_job, jo_timer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + JOB_TICK);
	job_run(jo);
}

/* No CPU writes to the rings any more. */
static void
job_quiet(void *arg)
{
	struct capture *cap = arg;
	struct capture_job *jo = cap->cap_owner;

	role_enter(&on_ctl);
	jo->jo_state = JOB_QUIET;
	if (jo->jo_client == NULL)
		job_free(jo);
}

static void ON_CTL
job_withdraw(struct capture_job *jo)
{
	if (jo->jo_state != JOB_RUNS)
		return;
	jo->jo_state = JOB_WITHDRAWN;
	capture_withdraw(jo->jo_ctl->ctl_sp, jo->jo_cap, job_quiet);
}

static struct capture_job *
job_of(const struct ctl *ctl, const struct control_client *cc)
{
	struct capture_job *jo = ctl->ctl_captures;

	while (jo != NULL && jo->jo_client != cc)
		jo = jo->jo_next;
	return jo;
}

bool
capture_runs(const struct ctl *ctl, const struct control_client *cc)
{
	return job_of(ctl, cc) != NULL;
}

void
capture_stop(struct ctl *ctl, struct control_client *cc)
{
	job_withdraw(job_of(ctl, cc));
}

void
capture_drained(struct ctl *ctl, struct control_client *cc)
{
	struct capture_job *jo = job_of(ctl, cc);

	if (jo != NULL && cc->cc_unread(cc) < JOB_UNREAD / 2)
		job_run(jo);
}

void
capture_gone(struct ctl *ctl, struct control_client *cc)
{
	struct capture_job *jo = job_of(ctl, cc);

	if (jo == NULL)
		return;
	jo->jo_client = NULL;
	if (jo->jo_state == JOB_QUIET)
		job_free(jo);
	else
		job_withdraw(jo);
}

bool
wanted_number(const json_t *req, const char *key, json_int_t least,
    json_int_t most, json_int_t *n)
{
	const json_t *v = json_object_get(req, key);

	if (v == NULL)
		return true;
	*n = json_integer_value(v);
	return json_is_integer(v) && *n >= least && *n <= most;
}

static unsigned
wanted_kinds(const json_t *req)
{
	const json_t *v = json_object_get(req, "what");
	const char *what = v == NULL ? "both" : json_string_value(v);

	return what == NULL		    ? 0 :
	    strcmp(what, "both") == 0	    ? 1u << SCR_IN | 1u << SCR_OUT :
	    strcmp(what, "in") == 0	    ? 1u << SCR_IN :
	    strcmp(what, "out") == 0	    ? 1u << SCR_OUT :
	    strcmp(what, "drops") == 0 ? 1u << SCR_DROP :
		0;
}

/* One instruction: [code, jt, jf, k]. */
static bool
wanted_insn(const json_t *v, struct filter_insn *fi)
{
	static const json_int_t most[4] = { UINT16_MAX, UINT8_MAX, UINT8_MAX,
		UINT32_MAX };
	json_int_t n[4];
	unsigned i;

	if (json_array_size(v) != 4)
		return false;
	for (i = 0; i < 4; i++) {
		const json_t *e = json_array_get(v, i);

		n[i] = json_integer_value(e);
		if (!json_is_integer(e) || n[i] < 0 || n[i] > most[i])
			return false;
	}
	*fi = (struct filter_insn){ (uint16_t)n[0], (uint8_t)n[1],
		(uint8_t)n[2], (uint32_t)n[3] };
	return true;
}

bool
wanted_filter(const json_t *req, struct filter **f)
{
	const json_t *v = json_object_get(req, "filter");
	size_t i, n = json_array_size(v);
	struct filter_insn *fi;

	*f = NULL;
	if (v == NULL)
		return true;
	if (n == 0 || n > FILTER_MAX || (fi = calloc(n, sizeof(*fi))) == NULL)
		return false;
	for (i = 0; i < n && wanted_insn(json_array_get(v, i), &fi[i]); i++)
		;
	if (i == n)
		*f = filter_create(fi, (unsigned)n);
	free(fi);
	return *f != NULL;
}

/* Everything but the client; NULL, and why in *why, if it cannot be. */
static struct capture *ON_CTL
wanted_capture(struct ctl *ctl, const json_t *req, const char **why)
{
	json_int_t snaplen = CAPTURE_SNAPLEN, buffer = CAPTURE_BUFFER;
	unsigned kinds = wanted_kinds(req);
	struct capture *cap;
	struct filter *f;

	*why = kinds == 0 ?
	    "\"what\" is \"in\", \"out\", \"both\" or \"drops\"" :
	    !wanted_number(req, "snaplen", 1, CAPTURE_SNAPLEN, &snaplen) ?
	    "\"snaplen\" is a number from 1 to 262144" :
	    !wanted_number(req, "buffer", CAPTURE_BUFFER_MIN,
		CAPTURE_BUFFER_MAX, &buffer) || (buffer & (buffer - 1)) != 0 ?
	    "\"buffer\" is a power of two from 262144 to 1073741824" :
	    !wanted_filter(req, &f) ?
	    CAPTURE_BADFILTER : NULL;
	if (*why != NULL)
		return NULL;
	cap = capture_create(ctl->ctl_sp, kinds, (uint32_t)snaplen,
	    (size_t)buffer, f);
	if (cap == NULL)
		*why = "no memory for its buffers";
	return cap;
}

static void ON_CTL
job_start(struct ctl *ctl, struct control_client *cc, struct capture_job *jo)
{
	int error;

	job_interfaces(jo);
	if ((error = capture_publish(ctl->ctl_sp, jo->jo_cap)) != 0) {
		free(jo->jo_out);
		jo->jo_out = NULL;
		control_error(cc, "capture: %s", error == EBUSY ?
		    "too many captures run already" : "no memory");
		job_free(jo);
		return;
	}
	control_reply(cc, json_pack("{s:I}", "clock",
	    (json_int_t)ctl->ctl_now), false);
	cc->cc_stream = true;
	job_flush(jo);
	timer_set(&ctl->ctl_wheel, &jo->jo_timer, ctl->ctl_now + JOB_TICK);
}

static void ON_CTL
refuse_name(struct ctl *ctl, struct control_client *cc, const char *command,
    const char *name)
{
	char known[256] = "none";
	size_t len = 0;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || len + IF_NAMELEN + 6 > sizeof(known))
			continue;
		len += (size_t)snprintf(known + len, sizeof(known) - len,
		    "%s%s", len > 0 ? ", " : "", ifp->if_name);
	}
	control_error(cc, "%s: no interface is named \"%s\"; there are: %s",
	    command, name, known);
}

bool
wanted_names(struct ctl *ctl, struct control_client *cc, const char *command,
    const json_t *names)
{
	const char *name = "";
	size_t i;

	if (names == NULL)
		return true;
	for (i = 0; i < json_array_size(names); i++) {
		name = json_string_value(json_array_get(names, i));
		if (name == NULL || if_find(ctl, name) == NULL)
			break;
	}
	if (i > 0 && i == json_array_size(names))
		return true;
	refuse_name(ctl, cc, command, name != NULL ? name : "");
	return false;
}

void
capture_request(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	json_t *names = json_object_get(req, "interfaces");
	struct capture_job *jo = NULL;
	struct capture *cap;
	const char *why;

	if (!wanted_names(ctl, cc, "capture", names))
		return;
	if ((cap = wanted_capture(ctl, req, &why)) == NULL) {
		control_error(cc, "capture: %s", why);
		return;
	}
	if ((jo = calloc(1, sizeof(*jo))) == NULL ||
	    (jo->jo_reason = calloc(stat_total(), 1)) == NULL) {
		capture_destroy(cap);
		free(jo);
		control_error(cc, "capture: no memory");
		return;
	}
	jo->jo_cap = cap;
	cap->cap_owner = jo;
	jo->jo_ctl = ctl;
	jo->jo_client = cc;
	jo->jo_names = json_incref(names);
	timer_init(&jo->jo_timer, job_timer);
	jo->jo_next = ctl->ctl_captures;
	ctl->ctl_captures = jo;
	job_start(ctl, cc, jo);
}
