/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services that answer datagrams; see udp_service.h.
 *
 * A service belongs to ctl, which starts and ends it by operations
 * (udp_pcb.h).  CPUs read what does not change and write counters of their
 * own.  One that is to end before it has begun ends when it has.
 */
#include "udp/udp_service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "udp/udp_int.h"

#define CHARGEN_MAX  512u /* RFC 864 */
#define CHARGEN_LINE 72u

const char *const udp_service_names[UDPS_SERVICES + 1] = {
	[UDPS_ECHO] = "echo",
	[UDPS_DISCARD] = "discard",
	[UDPS_DAYTIME] = "daytime",
	[UDPS_CHARGEN] = "chargen",
};

const uint16_t udp_service_ports[UDPS_SERVICES] = {
	[UDPS_ECHO] = 7,
	[UDPS_DISCARD] = 9,
	[UDPS_DAYTIME] = 13,
	[UDPS_CHARGEN] = 19,
};

/* echo, daytime, qotd, chargen, time: they would answer our answer. */
static bool
answers(unsigned port)
{
	return port == 0 || port == 7 || port == 13 || port == 17 ||
	    port == 19 || port == 37;
}

/* RFC 864: lines of 72 out of a ring of 95 characters, each a step on. */
static unsigned
chargen_text(struct rnd *rnd, char text[static CHARGEN_MAX])
{
	unsigned n = (unsigned)rnd_below(rnd, CHARGEN_MAX + 1);
	unsigned i, line, at;

	for (i = 0; i < n; i++) {
		line = i / (CHARGEN_LINE + 2);
		at = i % (CHARGEN_LINE + 2);
		if (at < CHARGEN_LINE)
			text[i] = (char)(' ' + (line + at) % 95);
		else
			text[i] = at == CHARGEN_LINE ? '\r' : '\n';
	}
	return n;
}

/* Year, month and day of a day since 1970-01-01, by eras of 400 years. */
static void
civil(uint64_t day, unsigned *y, unsigned *m, unsigned *d)
{
	uint64_t z = day + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;

	*d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*y = (unsigned)(yoe + era * 400 + (*m <= 2));
}

/* RFC 867: "Tuesday, February 22, 1982 17:37:43-PST". */
static unsigned
daytime_text(uint64_t utc_ns, char *text, size_t len)
{
	static const char *const days[] = { "Thursday", "Friday", "Saturday",
		"Sunday", "Monday", "Tuesday", "Wednesday" };
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	uint64_t s = utc_ns / NS_S;
	unsigned y, m, d;

	civil(s / 86400, &y, &m, &d);
	return (unsigned)snprintf(text, len, "%s, %s %u, %u %02u:%02u:%02u-UTC"
	    "\r\n", days[s / 86400 % 7], months[m - 1], d, y,
	    (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
	    (unsigned)(s % 60));
}

/* A datagram with this text instead of the one that came. */
static bool ON_CPU
answer(struct cpu *c, struct mbuf *m, const char *text, unsigned n)
{
	struct addr to = udp_source(m), from = udp_destination(m);
	struct udp_how uh = { .uh_key = {
		.ik_laddr = in_key_addr(&from),
		.ik_faddr = in_key_addr(&to),
		.ik_lport = (uint16_t)udp_destination_port(m),
		.ik_fport = (uint16_t)udp_source_port(m),
		.ik_ifindex = m->m_rcvif,
		.ik_rtable = m->m_rtable,
		.ik_plen = IN_PLEN_MAX } };
	struct mbuf *a;

	udp_consume(c, m);
	if ((a = m_alloc(c)) == NULL)
		return false;
	if (!m_append(c, a, text, n)) {
		m_free(c, a);
		return false;
	}
	return udp_output(c, &uh, a) == 0;
}

static bool ON_CPU
serve(struct cpu *c, enum udp_service what, struct mbuf *m)
{
	const struct spate_env *env = &c->c_sp->sp_env;
	char text[CHARGEN_MAX];
	unsigned n;

	switch (what) {
	case UDPS_ECHO:
		udp_reply(c, m, false);
		return true;
	case UDPS_CHARGEN:
		n = chargen_text(&c->c_rnd, text);
		return answer(c, m, text, n);
	case UDPS_DAYTIME:
		if (env->env_utc != NULL) {
			n = daytime_text(
			    env->env_utc(env->env_arg), text, sizeof(text));
			return answer(c, m, text, n);
		}
		/* FALLTHROUGH */
	default:
		udp_consume(c, m);
		return false;
	}
}

static void
server_input(struct cpu *c, struct udpcb *ucb, void **here, struct mbuf **mm,
    unsigned n)
{
	struct udp_server *us = container_of(ucb, struct udp_server, us_pcb);
	struct udp_served *sv = &us->us_served[c->c_id];
	unsigned i, out = 0, refused = 0;

	role_enter(&on_cpu);
	(void)here;
	for (i = 0; i < n; i++) {
		if (unlikely(us->us_what != UDPS_DISCARD &&
			(answers(udp_source_port(mm[i])) ||
			    udp_to_many(c, mm[i])))) {
			refused++;
			udp_drop(c, mm[i], udps_refused);
		} else if (serve(c, us->us_what, mm[i])) {
			out++;
		}
	}
	stat_cell_add(&sv->us_in, n);
	stat_cell_add(&sv->us_out, out);
	stat_cell_add(&sv->us_refused, refused);
}

static const struct udp_ops server_ops[UDPS_SERVICES] = {
	[UDPS_ECHO] = { .uo_name = "echo", .uo_input = server_input },
	[UDPS_DISCARD] = { .uo_name = "discard", .uo_input = server_input },
	[UDPS_DAYTIME] = { .uo_name = "daytime", .uo_input = server_input },
	[UDPS_CHARGEN] = { .uo_name = "chargen", .uo_input = server_input },
};

static void
server_free(struct udp_server *us)
{
	LIST_REMOVE(us, us_link);
	free(us->us_served);
	free(us->us_here);
	free(us);
}

static void
server_ended(struct endpoint *ep, const struct udp_op *op)
{
	(void)ep;
	server_free(op->uop_arg);
}

static void
server_started(struct endpoint *ep, const struct udp_op *op)
{
	struct udp_server *us = op->uop_arg;
	struct ctl *ctl = endpoint_ctl(ep);
	bool ends = us->us_state == UDPS_ENDS;

	us->us_error = op->uop_error;
	us->us_state = op->uop_error == 0 ? UDPS_RUNS : UDPS_FAILED;
	if (op->uop_error != 0 && !ends)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "service %s, UDP port %u: %s",
		    udp_service_names[us->us_what], us->us_key.ik_lport,
		    strerror(op->uop_error));
	if (!ends)
		return;
	us->us_state = UDPS_ENDS;
	if (udp_close(ep, &us->us_pcb, server_ended, us) != 0)
		us->us_state = UDPS_RUNS; /* no memory: it goes on */
}

/* That is not about to end. */
static struct udp_server *ON_CTL
server_find(struct ctl *ctl, enum udp_service what, const struct in_key *ik)
{
	struct udp_server *us;

	LIST_FOREACH (us, ctl->ctl_services, us_link)
		if (us->us_what == what && in_key_same(&us->us_key, ik) &&
		    us->us_key.ik_plen == ik->ik_plen &&
		    us->us_state != UDPS_ENDS)
			return us;
	return NULL;
}

bool
udp_service_there(
    struct ctl *ctl, enum udp_service what, const struct in_key *ik)
{
	struct udp_server *us = server_find(ctl, what, ik);

	return us != NULL && us->us_state != UDPS_FAILED;
}

int
udp_service_start(
    struct ctl *ctl, enum udp_service what, const struct in_key *ik)
{
	struct udp_server *us = server_find(ctl, what, ik);
	struct spate *sp = ctl->ctl_sp;
	int error = ENOMEM;

	if (us != NULL && us->us_state != UDPS_FAILED)
		return 0;
	if (us != NULL)
		server_free(us);
	if ((us = calloc(1, sizeof(*us))) == NULL)
		return ENOMEM;
	us->us_what = what;
	us->us_key = *ik;
	us->us_here = calloc(sp->sp_ncpus, sizeof(*us->us_here));
	us->us_served = lines_alloc(sp->sp_ncpus, sizeof(*us->us_served));
	LIST_INSERT_HEAD(ctl->ctl_services, us, us_link);
	if (us->us_here != NULL && us->us_served != NULL) {
		udp_init(sp, &us->us_pcb, &server_ops[what], us->us_here, 0,
		    0);
		error = udp_bind(
		    &ctl->ctl_ep, &us->us_pcb, ik, server_started, us);
	}
	if (error != 0)
		server_free(us);
	return error;
}

void
udp_service_stop(
    struct ctl *ctl, enum udp_service what, const struct in_key *ik)
{
	struct udp_server *us = server_find(ctl, what, ik);

	if (us == NULL)
		return;
	if (us->us_state == UDPS_FAILED)
		server_free(us);
	else if (us->us_state == UDPS_STARTS)
		us->us_state = UDPS_ENDS; /* server_started() */
	else if (udp_close(&ctl->ctl_ep, &us->us_pcb, server_ended, us) == 0)
		us->us_state = UDPS_ENDS;
}

int
udp_service_init(struct ctl *ctl)
{
	ctl->ctl_services = malloc(sizeof(*ctl->ctl_services));
	if (ctl->ctl_services == NULL)
		return ENOMEM;
	LIST_INIT(ctl->ctl_services);
	return 0;
}

void
udp_service_fini(struct ctl *ctl)
{
	struct udp_server *us;

	if (ctl->ctl_services == NULL)
		return;
	while ((us = LIST_FIRST(ctl->ctl_services)) != NULL)
		server_free(us);
	free(ctl->ctl_services);
	ctl->ctl_services = NULL;
}
