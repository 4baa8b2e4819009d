/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "rss" command.  A job lives from the request until its move is done, or
 * until its client has gone.
 */
#include "ctl/rss.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/show_int.h"
#include "netisr/move.h"
#include "netisr/rss.h"

/* All of it is ctl's. */
struct rss_job {
	struct rss_job *rj_next;
	struct ctl *rj_ctl;
	struct control_client *rj_client;
	unsigned rj_n; /* buckets named */
	unsigned rj_move; /* of them, not where they are wanted */
	uint16_t rj_cpu[RSS_MAXBUCKETS]; /* wanted; or MOVE_STAY */
};

static void ON_CTL
job_free(struct rss_job *rj)
{
	struct rss_job **pp = &rj->rj_ctl->ctl_rssjobs;

	while (*pp != rj)
		pp = &(*pp)->rj_next;
	*pp = rj->rj_next;
	free(rj);
}

/* Another move may have taken some of them elsewhere meanwhile. */
static void ON_CTL
job_answer(const struct rss_job *rj)
{
	const struct spate *sp = rj->rj_ctl->ctl_sp;
	unsigned b, first = 0, away = 0;

	for (b = rss_buckets(sp); b-- > 0;)
		if (rj->rj_cpu[b] != MOVE_STAY &&
		    rss_cpu(sp, b) != rj->rj_cpu[b]) {
			first = b;
			away++;
		}
	if (away > 0)
		control_error(rj->rj_client,
		    "%u of %u buckets went elsewhere: somebody else moved "
		    "them at the same time (bucket %u, say, to CPU %u)",
		    away, rj->rj_n, first, rss_cpu(sp, first));
	else
		control_reply(rj->rj_client,
		    json_pack("{s:I, s:I}", "buckets", INT(rj->rj_n), "moved",
			INT(rj->rj_move)),
		    true);
}

static void ON_CTL
job_done(struct ctl *ctl, int error, void *arg)
{
	struct rss_job *rj = arg;

	(void)ctl;
	if (error != 0)
		control_error(rj->rj_client, "buckets stay where they are: %s",
		    strerror(error));
	else
		job_answer(rj);
	job_free(rj);
}

/* A number at *p, which goes behind it; more than any bucket: RSS_MAXBUCKETS */
static bool
number_at(const char **p, unsigned *out)
{
	const char *start = *p;

	*out = 0;
	for (; **p >= '0' && **p <= '9'; (*p)++)
		if (*out < RSS_MAXBUCKETS)
			*out = *out * 10 + (unsigned)(**p - '0');
	*out = umin(*out, RSS_MAXBUCKETS);
	return *p > start;
}

/* "5", "0-63" at *p. */
static bool
range_at(const char **p, unsigned *first, unsigned *last)
{
	if (!number_at(p, first))
		return false;
	*last = *first;
	if (**p != '-')
		return true;
	(*p)++;
	return number_at(p, last) && *first <= *last;
}

/*
 * The buckets of a list ("all", "5", "0-63,70"): rj_cpu becomes 0 for them.
 * False, and the client was told, if it is none.
 */
static bool ON_CTL
job_buckets(struct rss_job *rj, const char *text)
{
	unsigned n = rss_buckets(rj->rj_ctl->ctl_sp), first, last;
	const char *p = text;

	if (strcmp(text, "all") == 0) {
		memset(rj->rj_cpu, 0, n * sizeof(rj->rj_cpu[0]));
		return true;
	}
	for (;;) {
		if (!range_at(&p, &first, &last) || (*p != ',' && *p != '\0')) {
			control_refuse(rj->rj_client,
			    "\"%s\" names no buckets: \"5\", \"0-63\", "
			    "\"1,3,8-15\" or \"all\"",
			    text);
			return false;
		}
		if (last >= n) {
			control_refuse(rj->rj_client,
			    "there is no bucket %u: they are 0 to %u", last,
			    n - 1);
			return false;
		}
		for (; first <= last; first++)
			rj->rj_cpu[first] = 0;
		if (*p++ == '\0')
			return true;
	}
}

/* Where they are to go; false, and the client was told, if that is nowhere. */
static bool ON_CTL
job_cpu(struct rss_job *rj, const json_t *v)
{
	const struct spate *sp = rj->rj_ctl->ctl_sp;
	const char *word = json_string_value(v);
	json_int_t cpu = json_integer_value(v);
	bool spread = word != NULL && strcmp(word, "spread") == 0;
	unsigned b;

	if (!spread && !json_is_integer(v)) {
		control_refuse(rj->rj_client,
		    "\"cpu\" is the number of a CPU, or \"spread\"");
		return false;
	}
	if (!spread && (cpu < 0 || cpu >= (json_int_t)sp->sp_ncpus)) {
		control_refuse(rj->rj_client, "there is no CPU %lld: %s %u",
		    (long long)cpu, sp->sp_ncpus > 1 ? "they are 0 to" :
		    "the only one is", sp->sp_ncpus - 1);
		return false;
	}
	for (b = 0; b < rss_buckets(sp); b++) {
		if (rj->rj_cpu[b] == MOVE_STAY)
			continue;
		rj->rj_cpu[b] =
		    (uint16_t)(spread ? rss_cpu_default(sp, b) : (unsigned)cpu);
		rj->rj_n++;
		rj->rj_move += rj->rj_cpu[b] != rss_cpu(sp, b);
	}
	return true;
}

void
rss_request(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	const char *buckets =
	    json_string_value(json_object_get(req, "buckets"));
	struct rss_job *rj;
	int error;

	if (buckets == NULL) {
		control_refuse(cc, "rss needs \"buckets\" and \"cpu\"");
		return;
	}
	if ((rj = malloc(sizeof(*rj))) == NULL) {
		control_error(cc, "no memory");
		return;
	}
	*rj = (struct rss_job){ .rj_next = ctl->ctl_rssjobs, .rj_ctl = ctl,
		.rj_client = cc };
	memset(rj->rj_cpu, 0xff, sizeof(rj->rj_cpu));
	static_assert(MOVE_STAY == 0xffff, "filled by bytes");
	ctl->ctl_rssjobs = rj;
	if (!job_buckets(rj, buckets) ||
	    !job_cpu(rj, json_object_get(req, "cpu"))) {
		job_free(rj);
		return;
	}
	if ((error = move_buckets(ctl, rj->rj_cpu, job_done, rj)) != 0) {
		control_error(cc, "buckets stay where they are: %s",
		    strerror(error));
		job_free(rj);
	}
}

void
rss_gone(struct ctl *ctl, struct control_client *cc)
{
	struct rss_job *rj, *next;

	for (rj = ctl->ctl_rssjobs; rj != NULL; rj = next) {
		next = rj->rj_next;
		if (rj->rj_client != cc)
			continue;
		move_leave(ctl, rj);
		job_free(rj);
	}
}
