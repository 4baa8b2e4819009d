/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "ping" command.
 *
 * A job lives from the request until its last answer, or until its client has
 * gone.  It sends by timer, keeps what is unanswered by sequence number, and
 * reports each request once: answered, refused or timed out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ping.h"
#include "if/if.h"
#include "ip/ping.h"
#include "ip6/ping6.h"

#define PING_WINDOW  64 /* requests that may be unanswered */
#define PING_TIMEOUT (1 * NS_S)

struct ping_sent {
	uint32_t ps_seq;  /* [C] 0: nothing here */
	uint64_t ps_when; /* [C] */
};

/* All of it is ctl's. */
struct ping_job {
	struct ping_job *pj_next;
	struct ping pj_ping;
	struct timer pj_timer;
	struct ctl *pj_ctl;
	struct control_client *pj_client;
	struct addr pj_dst;
	uint16_t pj_oif;
	uint8_t pj_rtable;
	uint32_t pj_count;
	uint32_t pj_size;
	uint32_t pj_sent;
	uint32_t pj_received;
	uint64_t pj_interval; /* ns */
	uint64_t pj_due;      /* next request */
	double pj_rtt_min;    /* us */
	double pj_rtt_max;
	double pj_rtt_sum;
	struct ping_sent pj_open[PING_WINDOW];
};

static void ON_CTL
job_free(struct ping_job *pj)
{
	struct ping_job **pp = &pj->pj_ctl->ctl_pingjobs;

	while (*pp != pj)
		pp = &(*pp)->pj_next;
	*pp = pj->pj_next;
	timer_cancel(&pj->pj_ctl->ctl_wheel, &pj->pj_timer);
	ping_close(pj->pj_ctl, &pj->pj_ping);
	free(pj);
}

static void ON_CTL
job_finish(struct ping_job *pj)
{
	control_reply(pj->pj_client,
	    json_pack("{s:I, s:I, s:f, s:f, s:f}", "sent",
		(json_int_t)pj->pj_sent, "received",
		(json_int_t)pj->pj_received, "rtt_min_us", pj->pj_rtt_min,
		"rtt_avg_us",
		pj->pj_received > 0 ? pj->pj_rtt_sum / pj->pj_received : 0.0,
		"rtt_max_us", pj->pj_rtt_max),
	    true);
	job_free(pj);
}

static struct ping_sent *
job_slot(struct ping_job *pj, uint32_t seq)
{
	return &pj->pj_open[seq % PING_WINDOW];
}

static bool
job_waits(const struct ping_job *pj)
{
	unsigned i;

	for (i = 0; i < PING_WINDOW; i++)
		if (pj->pj_open[i].ps_seq != 0)
			return true;
	return false;
}

static void
job_timeouts(struct ping_job *pj, uint64_t now)
{
	unsigned i;

	for (i = 0; i < PING_WINDOW; i++) {
		struct ping_sent *ps = &pj->pj_open[i];

		if (ps->ps_seq == 0 || now - ps->ps_when < PING_TIMEOUT)
			continue;
		control_reply(pj->pj_client,
		    json_pack("{s:I, s:b}", "seq", (json_int_t)ps->ps_seq,
			"timeout", 1),
		    false);
		ps->ps_seq = 0;
	}
}

/* The next request, if its slot is free; otherwise when one times out. */
static void ON_CTL
job_send(struct ping_job *pj, uint64_t now)
{
	uint32_t seq = pj->pj_sent + 1;
	struct ping_probe pr = {
		.pr_dst = pj->pj_dst,
		.pr_oif = pj->pj_oif,
		.pr_rtable = pj->pj_rtable,
		.pr_seq = (uint16_t)seq,
		.pr_size = (uint16_t)pj->pj_size,
	};
	unsigned cpu = seq % pj->pj_ctl->ctl_sp->sp_ncpus;
	int error;

	if (job_slot(pj, seq)->ps_seq != 0)
		return;
	error = pj->pj_dst.a_family == 6 ?
	    ping6_send(pj->pj_ctl, &pj->pj_ping, cpu, &pr) :
	    ping_send(pj->pj_ctl, &pj->pj_ping, cpu, &pr);
	if (error != 0)
		return; /* no memory for a message: at the next tick */
	*job_slot(pj, seq) = (struct ping_sent){ seq, now };
	pj->pj_sent = seq;
	pj->pj_due += pj->pj_interval;
}

static void
job_timer(struct timer *t, void *ctx)
{
	struct ping_job *pj = container_of(t, struct ping_job, pj_timer);
	struct ctl *ctl = ctx;
	uint64_t next;

	role_enter(&on_ctl);
	job_timeouts(pj, ctl->ctl_now);
	if (pj->pj_sent < pj->pj_count && ctl->ctl_now >= pj->pj_due)
		job_send(pj, ctl->ctl_now);
	if (pj->pj_sent == pj->pj_count && !job_waits(pj)) {
		job_finish(pj);
		return;
	}
	next = ctl->ctl_now + PING_TIMEOUT / 10;
	if (pj->pj_sent < pj->pj_count)
		next = u64min(next, pj->pj_due);
	timer_set(&ctl->ctl_wheel, t, next);
}

/* What the ICMP errors of both families say; RFC 792, 1122, 4443. */
static const struct {
	uint8_t family;
	uint8_t type;
	uint8_t code;
	const char *text;
} icmp_texts[] = {
	{ 4, 3, 0, "network unreachable" },
	{ 4, 3, 1, "host unreachable" },
	{ 4, 3, 2, "protocol unreachable" },
	{ 4, 3, 3, "port unreachable" },
	{ 4, 3, 4, "fragmentation needed" },
	{ 4, 3, 9, "network prohibited" },
	{ 4, 3, 10, "host prohibited" },
	{ 4, 3, 13, "communication prohibited" },
	{ 4, 11, 0, "time to live exceeded" },
	{ 4, 11, 1, "reassembly time exceeded" },
	{ 4, 12, 0, "parameter problem" },
	{ 6, 1, 0, "no route to destination" },
	{ 6, 1, 1, "communication prohibited" },
	{ 6, 1, 2, "beyond scope of source address" },
	{ 6, 1, 3, "address unreachable" },
	{ 6, 1, 4, "port unreachable" },
	{ 6, 1, 5, "source address failed policy" },
	{ 6, 1, 6, "route rejected" },
	{ 6, 2, 0, "packet too big" },
	{ 6, 3, 0, "hop limit exceeded" },
	{ 6, 3, 1, "reassembly time exceeded" },
	{ 6, 4, 0, "erroneous header field" },
	{ 6, 4, 1, "unknown next header" },
	{ 6, 4, 2, "unknown option" },
};

static const char *
icmp_text(unsigned family, unsigned type, unsigned code)
{
	unsigned i;

	for (i = 0; i < countof(icmp_texts); i++)
		if (icmp_texts[i].family == family &&
		    icmp_texts[i].type == type && icmp_texts[i].code == code)
			return icmp_texts[i].text;
	return "an ICMP error of an unknown kind";
}

static const char *
error_text(const struct ping_job *pj, const struct ping_event *pe)
{
	switch (pe->pe_kind) {
	case PE_NOROUTE:
		return "no route, or no address to send from";
	case PE_NOBUF:
		return "no packet buffers left";
	default:
		return icmp_text(pj->pj_dst.a_family, pe->pe_type,
		    pe->pe_code);
	}
}

static json_t *
event_json(struct ping_job *pj, uint32_t seq, const struct ping_event *pe)
{
	double rtt = (double)pe->pe_rtt / NS_US;
	char from[ADDR_STRLEN] = "";

	if (pe->pe_from.a_family != 0)
		addr_format(&pe->pe_from, from);
	if (pe->pe_kind != PE_REPLY)
		return json_pack("{s:I, s:s, s:s, s:I}", "seq",
		    (json_int_t)seq, "error", error_text(pj, pe), "from", from,
		    "mtu", (json_int_t)pe->pe_mtu);
	pj->pj_received++;
	if (pe->pe_rtt == UINT64_MAX) /* too short to carry the time */
		return json_pack("{s:I, s:s, s:i, s:I}", "seq",
		    (json_int_t)seq, "from", from, "ttl", (int)pe->pe_ttl,
		    "size", (json_int_t)pe->pe_len);
	pj->pj_rtt_sum += rtt;
	if (rtt > pj->pj_rtt_max)
		pj->pj_rtt_max = rtt;
	if (pj->pj_received == 1 || rtt < pj->pj_rtt_min)
		pj->pj_rtt_min = rtt;
	return json_pack("{s:I, s:f, s:s, s:i, s:I}", "seq", (json_int_t)seq,
	    "rtt_us", rtt, "from", from, "ttl", (int)pe->pe_ttl, "size",
	    (json_int_t)pe->pe_len);
}

/* An answer; duplicates and what came after its time were told before. */
static void ON_CTL
job_event(struct ctl *ctl, struct ping *p, const struct ping_event *pe)
{
	struct ping_job *pj = p->p_arg;
	struct ping_sent *ps = job_slot(pj, pe->pe_seq);

	if (ps->ps_seq == 0 || (uint16_t)ps->ps_seq != pe->pe_seq)
		return;
	control_reply(pj->pj_client, event_json(pj, ps->ps_seq, pe), false);
	ps->ps_seq = 0;
	if (pj->pj_sent == pj->pj_count && !job_waits(pj))
		timer_set(&ctl->ctl_wheel, &pj->pj_timer, ctl->ctl_now);
}

/* A member that may be missing; -1 if it is there and out of bounds. */
static json_int_t
number(const json_t *req, const char *key, json_int_t def, json_int_t least,
    json_int_t most)
{
	const json_t *v = json_object_get(req, key);
	json_int_t n = json_integer_value(v);

	if (v == NULL)
		return def;
	return json_is_integer(v) && n >= least && n <= most ? n : -1;
}

/* "fe80::1%wan" names the link of a link-local address. */
static int ON_CTL
parse_target(struct ctl *ctl, const char *text, struct ping_job *pj)
{
	char buf[ADDR_STRLEN + IF_NAMELEN];
	const struct ifnet *ifp;
	char *link;

	if (text == NULL || strlen(text) >= sizeof(buf))
		return EINVAL;
	strcpy(buf, text);
	if ((link = strchr(buf, '%')) != NULL) {
		*link++ = '\0';
		if ((ifp = if_find(ctl, link)) == NULL)
			return ENXIO;
		pj->pj_oif = ifp->if_index;
	}
	return addr_parse(&pj->pj_dst, buf);
}

/* Fill in what the client wants; the reason why not in *why. */
static bool ON_CTL
job_parse(struct ctl *ctl, struct ping_job *pj, const json_t *req,
    const char **why)
{
	const char *to = json_string_value(json_object_get(req, "address"));
	json_int_t count = number(req, "count", 5, 1, UINT32_MAX);
	json_int_t interval = number(req, "interval_ms", 1000, 1, 3600000);
	json_int_t size = number(req, "size", 56, 0, PING_SIZE_MAX);
	int error = parse_target(ctl, to, pj);

	*why = error == ENXIO ? "no interface has the name behind the %" :
	    error != 0 ? "\"address\" must be an IPv4 or IPv6 address" :
	    count < 0 ? "\"count\" is a number from 1 to 4294967295" :
	    interval < 0 ? "\"interval_ms\" is a number from 1 to 3600000" :
	    size < 0 ? "\"size\" is a number from 0 to 65000" : NULL;
	if (*why != NULL)
		return false;
	pj->pj_count = (uint32_t)count;
	pj->pj_interval = (uint64_t)interval * NS_MS;
	pj->pj_size = (uint32_t)size;
	return true;
}

void
ping_request(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct ping_job *pj;
	const char *why = "no memory";
	unsigned rtable;

	if (!request_vrf(ctl, cc, req, &rtable))
		return;
	if ((pj = calloc(1, sizeof(*pj))) == NULL ||
	    !job_parse(ctl, pj, req, &why)) {
		control_error(cc, "ping: %s", why);
		free(pj);
		return;
	}
	pj->pj_ctl = ctl;
	pj->pj_client = cc;
	pj->pj_rtable = (uint8_t)rtable;
	pj->pj_due = ctl->ctl_now;
	pj->pj_ping.p_fn = job_event;
	pj->pj_ping.p_arg = pj;
	timer_init(&pj->pj_timer, job_timer);
	if (ping_open(ctl, &pj->pj_ping) != 0) {
		control_error(cc, "ping: too many pings run already");
		free(pj);
		return;
	}
	pj->pj_next = ctl->ctl_pingjobs;
	ctl->ctl_pingjobs = pj;
	timer_set(&ctl->ctl_wheel, &pj->pj_timer, ctl->ctl_now);
}

void
ping_gone(struct ctl *ctl, struct control_client *cc)
{
	struct ping_job *pj, *next;

	for (pj = ctl->ctl_pingjobs; pj != NULL; pj = next) {
		next = pj->pj_next;
		if (pj->pj_client == cc)
			job_free(pj);
	}
}
