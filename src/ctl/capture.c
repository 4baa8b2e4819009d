/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "capture" command.
 *
 * A job is a stream (stream.h): it empties the rings of all CPUs into the
 * client's connection, oldest record first.  What the client does not read
 * stays in the rings, where CPUs then find no room; nobody else notices.
 */
#include "ctl/capture.h"

#include <spate/capture.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/stream.h"
#include "ctl/wanted.h"
#include "if/if.h"
#include "mbuf/capture.h"

#define JOB_CHUNK 65536

/* All of it is ctl's. */
struct capture_job {
	struct stream jo_stream;
	uint32_t jo_told[IF_MAX]; /* generation + 1 that the client knows */
	bool *jo_reason; /* told, by number */
	uint8_t *jo_out; /* on its way */
	size_t jo_outlen;
	size_t jo_outroom;
};

static struct capture_job *
job_of(struct stream *sm)
{
	return container_of(sm, struct capture_job, jo_stream);
}

static void
job_free(struct stream *sm)
{
	struct capture_job *jo = job_of(sm);

	free(jo->jo_reason);
	free(jo->jo_out);
	free(jo);
}

static void
job_flush(struct capture_job *jo)
{
	struct control_client *cc = jo->jo_stream.sm_client;

	if (jo->jo_outlen > 0)
		cc->cc_write(cc, jo->jo_out, jo->jo_outlen);
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
	scr.scr_time = jo->jo_stream.sm_ctl->ctl_now;
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

/* Interfaces come and go; a capture is by name. */
static void ON_CTL
job_interfaces(struct stream *sm)
{
	struct capture_job *jo = job_of(sm);
	const struct ifnet *ifp;
	unsigned i;
	bool want;

	for (i = 1; i < IF_MAX; i++)
		if ((ifp = stream_want(sm, i)) != NULL)
			job_tell_interface(
			    jo, i, ifp->if_name, ifp->if_gen + 1u);
	want = sm->sm_names == NULL &&
	    (sm->sm_cap->cap_kinds & 1u << SCR_DROP) != 0;
	capture_want(sm->sm_cap, 0, want);
	if (want)
		job_tell_interface(jo, 0, "(this host)", 1);
}

static struct stream_place
job_place(const void *record)
{
	const struct spate_capture_record *scr = record;

	return (struct stream_place) { scr->scr_time, scr->scr_time };
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
job_drain(struct stream *sm)
{
	struct capture_job *jo = job_of(sm);
	struct control_client *cc = sm->sm_client;
	const void *scr;
	struct recring *r;
	bool all = true;

	while ((r = stream_oldest(sm, &scr)) != NULL) {
		all = cc->cc_unread(cc) + jo->jo_outlen < STREAM_UNREAD &&
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
	const struct capture *cap = jo->jo_stream.sm_cap;
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
job_end(struct stream *sm)
{
	struct spate_capture_record scr = { .scr_kind = SCR_END };
	struct capture_job *jo = job_of(sm);
	unsigned i;

	for (i = 0; i < IF_MAX; i++)
		if (jo->jo_told[i] != 0)
			job_count(jo, i);
	job_tell(jo, scr, NULL, 0);
	job_flush(jo);
}

static const struct stream_ops capture_ops = {
	.so_name = "capture",
	.so_toomany = "too many captures run already",
	.so_place = job_place,
	.so_interfaces = job_interfaces,
	.so_drain = job_drain,
	.so_end = job_end,
	.so_free = job_free,
};

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
	    WANTED_BADFILTER : NULL;
	if (*why != NULL)
		return NULL;
	cap = capture_create(ctl->ctl_sp, kinds, (uint32_t)snaplen,
	    (size_t)buffer, f);
	if (cap == NULL)
		*why = "no memory for its buffers";
	return cap;
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
	if (!stream_start(&jo->jo_stream, &capture_ops, ctl, cc, cap, names))
		return;
	control_reply(cc, json_pack("{s:I}", "clock",
	    (json_int_t)ctl->ctl_now), false);
	job_flush(jo);
}
