/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts: an instance whose CPUs and ctl are tasks of the simulator.
 *
 * What a scenario wants from ctl is a job, run by the ctl's own task between
 * two rounds: so it is interrupted and interleaved like ctl's own work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/dev.h"
#include "gen/gen.h"
#include "mbuf/mbuf.h"
#include "path.h"
#include "sim/sim_int.h"
#include "spate.h"

#define JOB_NS (30 * NS_S) /* what ctl may take for a job */

static void
host_cpu_round(void *arg)
{
	const struct host_cpu *hc = arg;
	struct cpu *c = hc->hc_cpu;

	role_enter(&on_cpu);
	c->c_sp->sp_round(c);
	sched_spend(hc->hc_host->h_sim->sm_sched,
	    c->c_work * hc->hc_host->h_cost);
	c->c_sp->sp_idle(c);
}

static void
host_run_job(struct host *h)
{
	struct job *j = h->h_jobs;

	h->h_jobs = j->j_next;
	j->j_fn(h->h_spate->sp_ctl, j->j_arg);
	j->j_done = true;
	sched_stop(h->h_sim->sm_sched);
}

static void
host_ctl_round(void *arg)
{
	struct host *h = arg;

	role_enter(&on_ctl);
	if (h->h_jobs != NULL)
		host_run_job(h);
	ctl_round(h->h_spate->sp_ctl);
	if (h->h_jobs == NULL)
		ctl_idle(h->h_spate->sp_ctl);
}

static bool
endpoint_busy(const struct endpoint *ep)
{
	unsigned i;

	for (i = 0; i < ep->ep_n; i++)
		if (!ring_empty(ep->ep_in[i]))
			return true;
	return false;
}

/* Something lies in a queue that would have had to wake it. */
static bool
host_cpu_busy(void *arg)
{
	const struct host_cpu *hc = arg;
	struct cpu *c = hc->hc_cpu;
	bool busy;

	role_enter(&on_cpu);
	curcpu = c;
	busy = endpoint_busy(&c->c_ep) || path_hand_waiting(c) || dev_arm(c);
	curcpu = NULL;
	return busy;
}

static bool
host_ctl_busy(void *arg)
{
	struct host *h = arg;

	return endpoint_busy(&h->h_spate->sp_ctl->ctl_ep);
}

static void
host_log(void *arg, enum log_level level, const char *text)
{
	struct host *h = arg;

	if (getenv("SPATE_SIM_LOG") != NULL)
		fprintf(stderr, "# %llu %s: %s: %s\n",
		    (unsigned long long)sim_now(h->h_sim), h->h_name,
		    log_level_name(level), text);
}

static void
host_tasks(struct host *h)
{
	struct sched *sc = h->h_sim->sm_sched;
	struct spate *sp = h->h_spate;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		snprintf(h->h_taskname[i], sizeof(h->h_taskname[i]),
		    "%s cpu %u", h->h_name, i);
		h->h_cpu[i] = (struct host_cpu){ h, sp->sp_cpu[i] };
		h->h_task[i] = task_create(sc, h->h_taskname[i],
		    sp->sp_cpu[i], host_cpu_round, host_cpu_busy,
		    &h->h_cpu[i]);
		if (h->h_task[i] == NULL)
			SIM_FAIL(h->h_sim, "no memory");
		task_bind(h->h_task[i], &sp->sp_cpu[i]->c_ep);
	}
	snprintf(h->h_taskname[i], sizeof(h->h_taskname[i]), "%s ctl",
	    h->h_name);
	h->h_ctltask = task_create(sc, h->h_taskname[i], NULL,
	    host_ctl_round, host_ctl_busy, h);
	if (h->h_ctltask == NULL)
		SIM_FAIL(h->h_sim, "no memory");
	task_bind(h->h_ctltask, &sp->sp_ctl->ctl_ep);
}

struct host *
sim_host_small(struct sim *s, const char *name, unsigned ncpus,
    unsigned buffers)
{
	static const unsigned long holdoff[] = { 0, 0, 2, 20 };
	struct host *h = calloc(1, sizeof(*h)), **tail;
	struct spate_conf conf = { .sc_ncpus = ncpus, .sc_hostname = name };
	struct spate_env env = { .env_seed = sim_below(s, UINT64_MAX) };
	int error;

	if (h == NULL)
		SIM_FAIL(s, "no memory");
	h->h_sim = s;
	snprintf(h->h_name, sizeof(h->h_name), "%s", name);
	conf.sc_pktmem = (uint64_t)buffers * MBUF_SIZE * ncpus;
	sched_env(s->sm_sched, &env);
	log_init(&env.env_log, host_log, h, LOGL_DEBUG);
	if ((error = spate_create(&conf, &env, &h->h_spate)) != 0)
		SIM_FAIL(s, "%s: %s", name, strerror(error));
	host_tasks(h);
	host_tune(h, "net.isr.holdoff",
	    holdoff[sim_below(s, countof(holdoff))]);
	for (tail = &s->sm_hosts; *tail != NULL; tail = &(*tail)->h_next)
		continue;
	*tail = h;
	return h;
}

struct host *
sim_host(struct sim *s, const char *name, unsigned ncpus)
{
	return sim_host_small(s, name, ncpus, HOST_BUFFERS);
}

void
host_cost(struct host *h, uint64_t ns)
{
	h->h_cost = ns;
}

/* All at rest: no round is under way. */
void
host_destroy(struct host *h)
{
	unsigned i;

	for (i = 0; i < h->h_spate->sp_ncpus; i++)
		task_destroy(h->h_task[i]);
	task_destroy(h->h_ctltask);
	role_enter(&on_ctl);
	gen_destroy(h->h_spate->sp_gen);
	spate_destroy(h->h_spate);
	free(h);
}

struct spate *
host_spate(struct host *h)
{
	return h->h_spate;
}

struct port *
host_port(struct host *h, const char *ifname)
{
	struct port *po;

	for (po = h->h_ports; po != NULL; po = po->po_next)
		if (strcmp(po->po_name, ifname) == 0)
			return po;
	SIM_FAIL(h->h_sim, "%s has no interface %s", h->h_name, ifname);
}

const uint8_t *
host_mac(struct host *h, const char *ifname)
{
	return host_port(h, ifname)->po_if->if_mac;
}

void
host_ctl(struct host *h, void (*fn)(struct ctl *, void *), void *arg)
{
	struct job j = { .j_fn = fn, .j_arg = arg }, **tail;
	uint64_t end = sim_now(h->h_sim) + JOB_NS;

	for (tail = &h->h_jobs; *tail != NULL; tail = &(*tail)->j_next)
		continue;
	*tail = &j;
	task_wake(h->h_ctltask);
	while (!j.j_done) {
		if (sim_now(h->h_sim) >= end)
			SIM_FAIL(h->h_sim, "%s: ctl does not come back",
			    h->h_name);
		switch (sched_run(h->h_sim->sm_sched, end)) {
		case SE_STEPS:
			SIM_FAIL(h->h_sim, "too many steps");
		case SE_LOST:
			SIM_FAIL(h->h_sim, "lost wake-up: %s sleeps on work",
			    sched_lost(h->h_sim->sm_sched));
		case SE_TIME:
		case SE_STOPPED:
			break;
		}
	}
}

/* Counters. */

uint64_t
host_stat(const struct host *h, enum stat_group g, unsigned which)
{
	return spate_stat(h->h_spate, g, which);
}

uint64_t
host_stat_cpu(const struct host *h, unsigned cpu, enum stat_group g,
    unsigned which)
{
	return stat_cell_read(&h->h_spate->sp_cpu[cpu]->c_stat[g][which]);
}

static uint64_t
host_dropped_if(const struct host *h, unsigned ifindex, unsigned which)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < h->h_spate->sp_ncpus; i++) {
		stat_cell *drop = h->h_spate->sp_cpu[i]->c_drop[ifindex];

		if (drop != NULL)
			n += stat_cell_read(&drop[which]);
	}
	return n;
}

uint64_t
host_dropped(struct host *h, const char *ifname, enum stat_group g,
    unsigned which)
{
	uint64_t n = 0;
	unsigned i;

	which += stat_base(g);
	if (ifname != NULL)
		return host_dropped_if(
		    h, host_port(h, ifname)->po_if->if_index, which);
	for (i = 0; i < IF_MAX; i++)
		n += host_dropped_if(h, i, which);
	return n;
}
