/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial from phase to phase, as ctl sees it.
 *
 *	resolve	ask for MACs of gateways, again and again, but not for ever
 *	learn	hosts announce themselves; then time to settle
 *	warm up, run	CPUs have their jobs and go by the clock; ctl looks on
 *	drain	until nothing has come for a while, or the time is over
 * Then CPUs are told to count no more; when all have said that their records
 * are with those who check them, jobs come back.  So what was counted is whole.
 *
 * A stop leads from wherever the trial is to the end of the drain, on the
 * shortest way: what was sent may still arrive.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen_int.h"

#define ASK_NS	     (NS_S / 2)
#define ASK_TRIES    6u
#define ANNOUNCE_N   64u /* hosts of a port at a time */
#define ANNOUNCE_NS  NS_MS
#define ANNOUNCE_MAX (1u << 20) /* hosts of a port */
#define LEAD_NS	     NS_MS /* for the message to come to all CPUs */
#define STOP_DRAIN   (NS_S / 5) /* after a stop … */
#define STOP_QUIET   (NS_S / 20) /* … and quiet that ends it */
#define DRAIN_NS     (2 * NS_S) /* RFC 2544, 23 */

static uint64_t
now_of(const struct gen *g)
{
	return gen_clock(&g->g_clock);
}

static void
enter(struct gen *g, enum trial_phase ph)
{
	g->g_phase = ph;
	g->g_phase_at = now_of(g);
}

static void
over(struct gen *g, int error)
{
	g->g_failed = error;
	g->g_state = GS_OVER;
}

/* Resolving. */

static int
no_answer(struct gen *g, const struct gen_port *gp, const struct gen_gw *gw)
{
	char text[ADDR_STRLEN];
	bool v4 = gw->gw_addr.a_family == ADDR_V4;

	snprintf(g->g_error, sizeof(g->g_error),
	    "%s: gateway %s does not answer %s", gp->gp_name,
	    addr_format(&gw->gw_addr, text),
	    v4 ? "ARP" : "neighbour solicitations");
	return EHOSTUNREACH;
}

/* By a host of the port; of none it would be nobody who asks. */
static bool
asker(const struct gen_port *gp, unsigned family, struct addr *src)
{
	unsigned i;

	for (i = 0; i < gp->gp_host.hp_n; i++)
		if (gp->gp_host.hp_hosts[i].gh_first.a_family == family) {
			*src = gp->gp_host.hp_hosts[i].gh_first;
			return true;
		}
	return false;
}

static int ON_CTL
ask(struct gen *g, unsigned port, struct gen_gw *gw)
{
	struct gen_msg gm = { .gm_port = port, .gm_target = gw->gw_addr };
	struct gen_port *gp = &g->g_port[port];

	if (gw->gw_tries++ == ASK_TRIES)
		return no_answer(g, gp, gw);
	if (!asker(gp, gw->gw_addr.a_family, &gm.gm_src)) {
		snprintf(g->g_error, sizeof(g->g_error), "%s: there is no host "
		    "of the gateway's family to ask for its MAC", gp->gp_name);
		return EINVAL;
	}
	gw->gw_next = now_of(g) + ASK_NS;
	return gen_tell(g, gen_port_cpu(g, port), gen_on_ask, &gm);
}

static void ON_CTL
resolve(struct gen *g)
{
	bool all = true;
	unsigned i, w;
	int error;

	for (i = 0; i < g->g_nports; i++)
		for (w = 0; w < GW_N; w++) {
			struct gen_gw *gw = &g->g_port[i].gp_gw[w];

			if (!gw->gw_wanted || gw->gw_known)
				continue;
			all = false;
			if (now_of(g) >= gw->gw_next &&
			    (error = ask(g, i, gw)) != 0) {
				over(g, error);
				return;
			}
		}
	if (all)
		enter(g, TPH_LEARN);
}

/* Learning. */

static bool ON_CTL
announce(struct gen *g, unsigned port)
{
	struct gen_port *gp = &g->g_port[port];
	uint64_t n = host_count(&gp->gp_host);
	struct gen_msg gm = { .gm_port = port, .gm_first = gp->gp_announced,
		.gm_n = ANNOUNCE_N };

	if (!gp->gp_used || (!gp->gp_announcing && gp->gp_announced >= n))
		return true;
	if (!gp->gp_announcing &&
	    gen_tell(g, gen_port_cpu(g, port), gen_on_announce, &gm) == 0)
		gp->gp_announcing = true;
	return false;
}

/* So many of them have been. */
void
gen_on_announced(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	struct gen_port *gp = &gm->gm_gen->g_port[gm->gm_port];

	if (gm->gm_first == gp->gp_announced) /* else of a trial before */
		gp->gp_announced += gm->gm_n;
	gp->gp_announcing = false;
	msg_done(ep, msg);
}

static int
too_many(struct gen *g, const struct gen_port *gp)
{
	snprintf(g->g_error, sizeof(g->g_error), "%s: learning announces up "
	    "to %u hosts of a port, which has more", gp->gp_name, ANNOUNCE_MAX);
	return EINVAL;
}

/* CPUs get their jobs; nobody sends before all can receive. */
static void ON_CTL
start(struct gen *g)
{
	int error = gen_jobs(g);

	if (error == 0 && (error = gen_tell_all(g, gen_on_begin)) != 0)
		snprintf(g->g_error, sizeof(g->g_error), "no memory");
	if (error != 0)
		over(g, error);
	else
		g->g_state = GS_START;
}

/* All have them: these are the times. */
static void ON_CTL
go(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t warm_at;
	unsigned i;

	for (i = 0; i < g->g_nports; i++)
		gen_port_count(g, i, &g->g_port[i].gp_before);
	gen_clock_forget(&g->g_clock);
	warm_at = now_of(g) + LEAD_NS;
	g->g_run_at = warm_at + tc->tc_warmup;
	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		struct gen_job *gj = g->g_job[i];

		g->g_busy[i] = stat_cell_read(
		    &g->g_sp->sp_cpu[i]->c_stat[SG_CPU][cps_busy_ns]);
		gj->gj_warm_at = warm_at;
		gj->gj_run_at = g->g_run_at;
		gj->gj_end_at = tc->tc_duration != 0 ?
		    g->g_run_at + tc->tc_duration - 1 : UINT64_MAX;
		/* Release: the times come before. */
		atomic_store_explicit(&gj->gj_go, true, memory_order_release);
		endpoint_wake(g->g_sp, i);
	}
	g->g_state = GS_PHASE;
	enter(g, tc->tc_warmup > 0 ? TPH_WARMUP : TPH_RUN);
}

static void ON_CTL
learn(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t now = now_of(g);
	bool all = true;
	unsigned i;

	if (!tc->tc_learn) {
		start(g);
		return;
	}
	for (i = 0; i < g->g_nports; i++) {
		struct gen_port *gp = &g->g_port[i];

		if (gp->gp_used && host_count(&gp->gp_host) > ANNOUNCE_MAX) {
			over(g, too_many(g, gp));
			return;
		}
	}
	if (now < g->g_announce_at)
		return;
	for (i = 0; i < g->g_nports; i++)
		all &= announce(g, i);
	g->g_announce_at = now + ANNOUNCE_NS;
	if (!all)
		g->g_settled_at = now + tc->tc_settle;
	else if (now >= g->g_settled_at)
		start(g);
}

/* While CPUs work. */

static uint64_t
utc_of(const struct gen *g)
{
	const struct spate_env *env = &g->g_sp->sp_env;

	return env->env_utc != NULL ? env->env_utc(env->env_arg) : 0;
}

static void
halt(struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		if (g->g_job[i] != NULL) {
			atomic_store_explicit(&g->g_job[i]->gj_halt, true,
			    memory_order_relaxed);
			endpoint_wake(g->g_sp, i);
		}
}

/* Whether all CPUs have sent all they had to. */
static bool
all_sent(const struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		if (g->g_job[i]->gj_nsenders > 0 &&
		    !atomic_load_explicit(
			&g->g_job[i]->gj_sent, memory_order_acquire))
			return false;
	return true;
}

static uint64_t
last_heard(const struct gen *g)
{
	uint64_t last = 0;
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		last = u64max(last, atomic_load_explicit(
		    &g->g_job[i]->gj_heard, memory_order_relaxed));
	return last;
}

/*
 * Since when all CPUs have looked: one that the system keeps from running has
 * not heard what waits for it.  Those that sleep are woken by what comes.
 */
static uint64_t
all_looked(const struct gen *g)
{
	uint64_t since = now_of(g);
	unsigned i;

	if (g->g_sp->sp_env.env_virtual)
		return since;
	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		since = u64min(since, atomic_load_explicit(
		    &g->g_job[i]->gj_looked, memory_order_relaxed));
	return since;
}

static void
busy_taken(struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		g->g_busy[i] = stat_cell_read(&g->g_sp->sp_cpu[i]
		    ->c_stat[SG_CPU][cps_busy_ns]) - g->g_busy[i];
}

static void
run(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t now = now_of(g);

	if (g->g_phase == TPH_WARMUP && now >= g->g_run_at && !g->g_stopped)
		enter(g, TPH_RUN);
	if (g->g_utc[0] == 0 && now >= g->g_run_at)
		g->g_utc[0] = utc_of(g) - (now - g->g_run_at);
	if (!all_sent(g) || (tc->tc_nstreams == 0 && !g->g_stopped &&
	    now < g->g_run_at + tc->tc_duration))
		return;
	busy_taken(g);
	g->g_end_at = now;
	g->g_ended_in = g->g_phase;
	enter(g, TPH_DRAIN);
}

static void ON_CTL
drain(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t limit = tc->tc_drain != 0 ? tc->tc_drain : DRAIN_NS;
	uint64_t quiet = tc->tc_quiet != 0 ? tc->tc_quiet : limit;
	uint64_t now, since, looked;

	if (tc->tc_nstreams == 0)
		limit = 0;
	if (g->g_stopped) {
		limit = u64min(limit, STOP_DRAIN);
		quiet = u64min(quiet, STOP_QUIET);
	}
	now = now_of(g);
	looked = all_looked(g);
	since = u64max(g->g_end_at, last_heard(g));
	if (now - g->g_end_at < limit &&
	    (looked < since || looked - since < quiet))
		return;
	g->g_drained = now - g->g_end_at;
	g->g_utc[1] = utc_of(g);
	gen_look_at_links(g);
	if (gen_tell_all(g, gen_on_quiet) == 0) /* else in the next step */
		g->g_state = GS_QUIET;
}

/* A CPU has its job, has answered gen_on_quiet(), or gives the job back. */
void
gen_returned(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);

	KASSERT(gm->gm_gen->g_waiting > 0);
	gm->gm_gen->g_waiting--;
	msg_done(ep, msg);
}

void
gen_on_heard(struct endpoint *ep, struct msg *msg)
{
	struct gen_msg *gm = container_of(msg, struct gen_msg, gm_msg);
	struct gen_port *gp = &gm->gm_gen->g_port[gm->gm_port];
	unsigned w;

	for (w = 0; w < GW_N; w++) {
		struct gen_gw *gw = &gp->gp_gw[w];

		if (!gw->gw_wanted || gw->gw_known ||
		    !addr_eq(&gw->gw_addr, &gm->gm_heard.hh_addr))
			continue;
		memcpy(gw->gw_mac, gm->gm_heard.hh_mac, MAC_LEN);
		gw->gw_known = true;
	}
	msg_done(ep, msg);
}

static void ON_CTL
look_for_stop(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;

	if (tc->tc_stop != NULL &&
	    atomic_load_explicit(tc->tc_stop, memory_order_relaxed))
		gen_stop(g);
}

void
gen_stop(struct gen *g)
{
	if (g->g_state != GS_PHASE || g->g_stopped)
		return;
	g->g_stopped = true;
	g->g_stopped_in = g->g_phase;
	if (g->g_phase >= TPH_WARMUP)
		halt(g);
	else
		over(g, 0);
}

int
gen_begin(struct gen *g, const struct trial_conf *tc)
{
	unsigned i, k;
	int error;

	if (g->g_state != GS_IDLE) {
		snprintf(g->g_error, sizeof(g->g_error), "a trial runs");
		return EBUSY;
	}
	g->g_error[0] = '\0';
	g->g_conf_now = tc;
	if ((error = gen_prepare(g)) != 0) {
		gen_forget(g);
		return error;
	}
	g->g_state = GS_PHASE;
	g->g_failed = 0;
	g->g_stopped = false;
	g->g_repace = 0;
	g->g_utc[0] = g->g_utc[1] = 0;
	g->g_run_at = g->g_end_at = g->g_drained = 0;
	g->g_tick_at = g->g_announce_at = g->g_settled_at = 0;
	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		for (k = 0; k < GEN_PORTS; k++)
			memset(&g->g_cpu[i]->gc_live[k], 0,
			    sizeof(g->g_cpu[i]->gc_live[k]));
	enter(g, TPH_RESOLVE);
	return 0;
}

static void ON_CTL
step_phase(struct gen *g)
{
	switch (g->g_phase) {
	case TPH_RESOLVE:
		resolve(g);
		break;
	case TPH_LEARN:
		learn(g);
		break;
	case TPH_WARMUP:
	case TPH_RUN:
		run(g);
		break;
	case TPH_DRAIN:
		drain(g);
		break;
	case TPH_DONE:
		break;
	}
}

bool
gen_step(struct gen *g)
{
	gen_clock_tick(&g->g_clock);
	if (g->g_state == GS_START && g->g_waiting == 0)
		go(g);
	if (g->g_state == GS_PHASE)
		look_for_stop(g);
	if (g->g_state == GS_PHASE)
		gen_look(g);
	if (g->g_state == GS_PHASE)
		step_phase(g);
	if (g->g_state == GS_QUIET && g->g_waiting == 0 &&
	    gen_tell_all(g, gen_on_end) == 0)
		g->g_state = GS_RETURN;
	if (g->g_state == GS_RETURN && g->g_waiting == 0) {
		if (!g->g_stopped)
			g->g_phase = TPH_DONE;
		over(g, 0);
	}
	return g->g_state == GS_OVER;
}

int
gen_end(struct gen *g, struct trial_result *tr)
{
	int error = g->g_failed;

	KASSERT(g->g_state == GS_OVER);
	if (error == 0) {
		error = trial_result_init(
		    tr, g->g_nports, g->g_conf_now->tc_nstreams);
		if (error == 0)
			gen_judge(g, tr);
		else
			snprintf(g->g_error, sizeof(g->g_error), "no memory");
	}
	gen_clock_rest(&g->g_clock);
	gen_forget(g);
	return error;
}
