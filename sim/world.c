/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world of a scenario: its clock, its end, and what must hold then.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mbuf/mbuf.h"
#include "sim/sim_int.h"
#include "spate.h"

#define SETTLE_NS   (130 * NS_S) /* reassembly takes up to 120 */
#define SETTLE_STEP (5 * NS_MS)
#define REST_NS     (5 * NS_S)
#define REST_STEP   (50 * NS_US)
#define REST_STEPS  1000000u

struct sim *
sim_create(const char *name, uint64_t seed, const char *pcap,
    struct sim_report *rp)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->sm_sched = sched_create(seed)) == NULL)
		panic("sim: no memory");
	s->sm_seed = seed;
	s->sm_name = name;
	s->sm_pcap = pcap;
	s->sm_report = rp != NULL ? rp : &s->sm_own;
	rnd_seed(&s->sm_rnd, seed ^ UINT64_C(0x73696d));
	return s;
}

uint64_t
sim_now(const struct sim *s)
{
	return sched_now(s->sm_sched);
}

uint64_t
sim_seed(const struct sim *s)
{
	return s->sm_seed;
}

uint64_t
sim_below(struct sim *s, uint64_t n)
{
	return rnd_below(&s->sm_rnd, n);
}

void
sim_after(struct sim *s, uint64_t ns, void (*fn)(void *), void *arg)
{
	sched_at(s->sm_sched, sim_now(s) + ns, fn, arg);
}

/* What may explain a failure: why packets died. */
static void
host_tell_drops(const struct host *h)
{
	unsigned g, i;

	for (g = 0; g < SG_N; g++)
		for (i = 0; i < stat_groups[g].sg_n; i++) {
			uint64_t n = host_stat(h, g, i);

			if (n > 0 && stat_groups[g].sg_desc[i].sd_drop)
				printf("# %s: dropped %llu: %s\n", h->h_name,
				    (unsigned long long)n,
				    stat_groups[g].sg_desc[i].sd_text);
		}
}

void
sim_fail(struct sim *s, const char *file, int line, const char *fmt, ...)
{
	struct sim_report *rp = s->sm_report;
	const struct host *h;
	va_list ap;
	int n;

	n = snprintf(rp->rp_text, sizeof(rp->rp_text), "%s:%d: ", file, line);
	va_start(ap, fmt);
	(void)vsnprintf(rp->rp_text + n, sizeof(rp->rp_text) - (size_t)n, fmt,
	    ap);
	va_end(ap);
	rp->rp_failed = true;
	for (h = s->sm_hosts; h != NULL; h = h->h_next)
		host_tell_drops(h);
	if (rp == &s->sm_own)
		panic("sim: %s: seed %llu: %s", s->sm_name,
		    (unsigned long long)s->sm_seed, rp->rp_text);
	fflush(stdout);
	_exit(1);
}

void
sim_note(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->sm_report->rp_note, sizeof(s->sm_report->rp_note),
	    fmt, ap);
	va_end(ap);
}

void
sim_pass(struct sim *s, uint64_t ns)
{
	uint64_t until = sim_now(s) + ns;

	for (;;) {
		switch (sched_run(s->sm_sched, until)) {
		case SE_TIME:
			return;
		case SE_STOPPED:
			break;
		case SE_STEPS:
			SIM_FAIL(s, "does not come to an end: too many steps");
		case SE_LOST:
			SIM_FAIL(s, "lost wake-up: %s sleeps on work",
			    sched_lost(s->sm_sched));
		}
	}
}

/* Nothing moves in the host, and nothing waits for the end of a round. */
static bool
host_quiet(const struct host *h)
{
	return spate_stat(h->h_spate, SG_PATH, pks_held) == 0 &&
	    h->h_spate->sp_qsbr.q_nretired == 0;
}

static bool
sim_quiet(const struct sim *s)
{
	const struct host *h;
	const struct link *l;
	const struct wire *w;

	if (!sched_quiet(s->sm_sched, UINT64_MAX - 1))
		return false;
	for (h = s->sm_hosts; h != NULL; h = h->h_next)
		if (!host_quiet(h))
			return false;
	for (l = s->sm_links; l != NULL; l = link_next(l))
		if (!link_quiet(l))
			return false;
	for (w = s->sm_wires; w != NULL; w = wire_next(w))
		if (!wire_quiet(w))
			return false;
	return true;
}

static void
sim_restless(struct sim *s)
{
	const struct host *h;

	for (h = s->sm_hosts; h != NULL; h = h->h_next) {
		uint64_t held = spate_stat(h->h_spate, SG_PATH, pks_held);

		if (held != 0)
			SIM_FAIL(s, "%s still holds %lld packets", h->h_name,
			    (long long)held);
		if (h->h_spate->sp_qsbr.q_nretired != 0)
			SIM_FAIL(s, "%s: %u retired objects never freed",
			    h->h_name, h->h_spate->sp_qsbr.q_nretired);
	}
	SIM_FAIL(s, "does not come to rest: packets stay on a link");
}

static void
sim_settle(struct sim *s)
{
	uint64_t end = sim_now(s) + SETTLE_NS;

	while (!sim_quiet(s)) {
		if (sim_now(s) >= end)
			sim_restless(s);
		sim_pass(s, SETTLE_STEP);
	}
}

static void
host_check_ledger(struct host *h)
{
	struct ledger lg;

	spate_ledger(h->h_spate, &lg);
	if (ledger_balanced(&lg))
		return;
	SIM_FAIL(h->h_sim,
	    "%s: ledger: received %llu + originated %llu + copied %llu is not "
	    "delivered %llu + sent %llu + merged %llu + dropped %llu + "
	    "held %llu",
	    h->h_name, (unsigned long long)lg.lg_received,
	    (unsigned long long)lg.lg_originated,
	    (unsigned long long)lg.lg_copied,
	    (unsigned long long)lg.lg_delivered,
	    (unsigned long long)lg.lg_sent, (unsigned long long)lg.lg_merged,
	    (unsigned long long)lg.lg_dropped,
	    (unsigned long long)lg.lg_held);
}

void
sim_rest(struct sim *s)
{
	uint64_t end = sim_now(s) + REST_NS;
	struct host *h;

	sched_limit(s->sm_sched, REST_STEPS);
	do {
		if (sim_now(s) >= end)
			SIM_FAIL(s, "does not come to rest");
		sim_pass(s, REST_STEP);
	} while (!sched_quiet(s->sm_sched, sim_now(s) + REST_NS));
	sched_limit(s->sm_sched, SCHED_STEPS);
	for (h = s->sm_hosts; h != NULL; h = h->h_next)
		host_check_ledger(h);
}

static void
host_close_ports(struct host *h)
{
	struct port *po;

	for (po = h->h_ports; po != NULL; po = po->po_next)
		if (po->po_if != NULL)
			host_detach(h, po->po_name);
}

/* Buffers returned by others are taken home in a round. */
static void
host_rounds(struct host *h)
{
	unsigned i, k;

	for (k = 0; k < 3; k++) {
		for (i = 0; i < h->h_spate->sp_ncpus; i++)
			task_wake(h->h_task[i]);
		sim_pass(h->h_sim, NS_MS);
	}
}

static void
host_check_pools(struct host *h)
{
	struct mpool_info mi;
	unsigned i;

	for (i = 0; i < h->h_spate->sp_ncpus; i++) {
		mpool_info(h->h_spate->sp_cpu[i], &mi);
		if (mi.mi_free != mi.mi_total || mi.mi_clones != 0 ||
		    mi.mi_largefree != mi.mi_large)
			SIM_FAIL(h->h_sim,
			    "%s: pool of cpu %u has %u of %u buffers, "
			    "and %u clones are out: packets leaked or freed "
			    "into the wrong pool", h->h_name, i, mi.mi_free,
			    mi.mi_total, mi.mi_clones);
	}
}

static void
sim_check(struct sim *s)
{
	struct host *h;
	struct link *l;
	struct wire *w;

	for (h = s->sm_hosts; h != NULL; h = h->h_next)
		host_check_ledger(h);
	for (l = s->sm_links; l != NULL; l = link_next(l))
		link_check(s, l);
	for (w = s->sm_wires; w != NULL; w = wire_next(w))
		wire_check(s, w);
	/* A VLAN may go before what it stands on, or after. */
	for (h = s->sm_hosts; h != NULL; h = h->h_next) {
		if (s->sm_seed % 2 == 0)
			host_close_vlans(h);
		host_close_ports(h);
		host_close_vlans(h);
	}
	for (h = s->sm_hosts; h != NULL; h = h->h_next)
		host_rounds(h);
	sim_settle(s);
	for (h = s->sm_hosts; h != NULL; h = h->h_next) {
		host_check_ledger(h);
		host_check_pools(h);
	}
}

void
sim_finish(struct sim *s)
{
	struct host *h;
	struct link *l;
	struct wire *w;

	sim_settle(s);
	sim_check(s);
	s->sm_report->rp_steps = sched_steps(s->sm_sched);
	s->sm_report->rp_digest = sched_digest(s->sm_sched);
	while ((h = s->sm_hosts) != NULL) {
		s->sm_hosts = h->h_next;
		host_destroy(h);
	}
	while ((l = s->sm_links) != NULL) {
		s->sm_links = link_next(l);
		link_destroy(l);
	}
	while ((w = s->sm_wires) != NULL) {
		s->sm_wires = wire_next(w);
		wire_destroy(w);
	}
	sched_destroy(s->sm_sched);
	free(s);
}

struct sim *
sim_open(const char *name, uint64_t seed)
{
	return sim_create(name, seed, NULL, NULL);
}

void
sim_close(struct sim *s)
{
	sched_limit(s->sm_sched, REST_STEPS);
	sim_finish(s);
}
