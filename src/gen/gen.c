/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester put together and taken apart, and what it is asked from outside.
 *
 * A tester of its own has an engine (src/thread.c); this thread is its ctl,
 * and runs ctl's rounds only while it waits for something here, which is
 * enough: nothing but trials concerns ctl.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen_int.h"
#include "mbuf/pool.h"
#include "spate.h"

#define WAIT_NS	     NS_MS /* between two looks at what is going on */
#define WAIT_RUN_NS (10 * NS_MS) /* while CPUs send, who say when they have */

struct spate *
gen_spate(const struct gen *g)
{
	return g->g_sp;
}

unsigned
gen_nports(const struct gen *g)
{
	return g->g_nports;
}

const char *
gen_port_name(const struct gen *g, unsigned port)
{
	KASSERT(port < g->g_nports);
	return g->g_port[port].gp_name;
}

const uint8_t *
gen_port_mac(const struct gen *g, unsigned port)
{
	KASSERT(port < g->g_nports);
	return g->g_port[port].gp_host.hp_mac;
}

struct ifnet *
gen_port_if(const struct gen *g, unsigned port)
{
	return gen_ifnet(g, port);
}

uint64_t
gen_udp(const struct gen *g, unsigned cpu)
{
	stat_cell *st;

	if (cpu >= g->g_sp->sp_ncpus)
		return 0;
	st = g->g_sp->sp_cpu[cpu]->c_stat[SG_GEN];
	return stat_cell_read(&st[gns_sunk]) + stat_cell_read(&st[gns_reflect]);
}

uint64_t
gen_now(const struct gen *g)
{
	return gen_clock(&g->g_clock);
}

const char *
gen_error(const struct gen *g)
{
	return g->g_error;
}

static void
gen_cpu_destroy(struct gen_cpu *gc)
{
	unsigned i;

	if (gc == NULL)
		return;
	for (i = 0; i < CPU_MAX; i++)
		if (gc->gc_in[i] != NULL)
			recring_destroy(gc->gc_in[i]);
	free(gc->gc_linear);
	free(gc);
}

static int
gen_cpu_create(struct gen *g, unsigned id)
{
	struct gen_cpu *gc = lines_alloc(1, sizeof(*gc));
	unsigned i;

	if ((g->g_cpu[id] = gc) == NULL)
		return ENOMEM;
	gc->gc_gen = g;
	gc->gc_c = g->g_sp->sp_cpu[id];
	gc->gc_next = UINT64_MAX;
	gc->gc_linear = lines_alloc(1, GEN_LINEAR);
	if (gc->gc_linear == NULL)
		return ENOMEM;
	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		if (i != id &&
		    (gc->gc_in[i] = recring_create(GEN_RING)) == NULL)
			return ENOMEM;
	return 0;
}

static void
gen_free(struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_nports; i++)
		gen_port_close(&g->g_port[i]);
	for (i = 0; i < CPU_MAX; i++)
		gen_cpu_destroy(g->g_cpu[i]);
	free(g);
}

int
gen_adopt(struct spate *sp, const struct gen_conf *gc, struct gen **gp,
    char *err, size_t errlen)
{
	struct gen *g = lines_alloc(1, sizeof(*g));
	unsigned i;

	snprintf(err, errlen, "no memory");
	if (g == NULL)
		return ENOMEM;
	g->g_sp = sp;
	g->g_conf = *gc;
	memset(g->g_ifport, GEN_PORTS, sizeof(g->g_ifport));
	for (i = 0; i < sp->sp_ncpus; i++)
		if (gen_cpu_create(g, i) != 0) {
			gen_free(g);
			return ENOMEM;
		}
	gen_clock_init(&g->g_clock, &sp->sp_env);
	sp->sp_gen = g;
	sp->sp_round = gen_round;
	sp->sp_idle = gen_idle;
	*gp = g;
	return 0;
}

static int
gen_instance(const struct gen_conf *gc, struct engine **en, struct spate **spp)
{
	struct spate_conf sc = { .sc_ncpus = umax(gc->gc_ncpus, 1),
		.sc_pktmem = gc->gc_pktmem, .sc_shared = gc->gc_shared,
		.sc_hostname = "tester" };
	struct spate_env env = { .env_seed = gc->gc_seed,
		.env_log = gc->gc_log, .env_opener = gc->gc_opener };
	int error;

	if (gc->gc_log.l_sink == NULL)
		log_init(&env.env_log, log_sink_stderr, NULL, LOGL_WARN);
	if ((error = engine_create(&env, en)) != 0)
		return error;
	if ((error = spate_create(&sc, &env, spp)) != 0)
		engine_destroy(*en);
	return error;
}

int
gen_create(const struct gen_conf *gc, struct gen **gp, char *err, size_t errlen)
{
	struct engine *en;
	struct spate *sp;
	int error;

	if ((error = gen_instance(gc, &en, &sp)) != 0) {
		snprintf(err, errlen, "%s", error == EINVAL ?
		    "a tester has 1 to 64 CPUs" : strerror(error));
		return error;
	}
	if ((error = gen_adopt(sp, gc, gp, err, errlen)) != 0) {
		spate_destroy(sp);
		engine_destroy(en);
		return error;
	}
	(*gp)->g_engine = en;
	return 0;
}

int
gen_start(struct gen *g, char *err, size_t errlen)
{
	int error = engine_start(g->g_engine, g->g_sp, g->g_conf.gc_cpu);

	if (error != 0) {
		snprintf(err, errlen, "cannot start threads: %s",
		    strerror(error));
		return error;
	}
	g->g_running = true;
	return 0;
}

/*
 * A trial that was left in the middle is on CPUs: once those have stopped its
 * jobs are ours again.
 */
void
gen_destroy(struct gen *g)
{
	struct spate *sp;
	struct engine *en;

	if (g == NULL)
		return;
	sp = g->g_sp;
	en = g->g_engine;
	if (g->g_running)
		engine_stop(en);
	gen_forget(g);
	if (en != NULL) {
		spate_destroy(sp);
		engine_destroy(en);
	}
	gen_free(g);
}

/*
 * When to look next.  Seldom while CPUs work: it may be on one of theirs, where
 * each look costs packets.
 */
static uint64_t
wait_until(const struct gen *g, uint64_t now)
{
	const struct trial_conf *tc = g->g_conf_now;

	if (g->g_state != GS_PHASE ||
	    (g->g_phase != TPH_WARMUP && g->g_phase != TPH_RUN))
		return now + WAIT_NS;
	if (tc->tc_nstreams > 0)
		return now + WAIT_RUN_NS;
	return u64min(now + WAIT_RUN_NS,
	    u64max(g->g_run_at + tc->tc_duration, now + WAIT_NS));
}

/* A round of ctl, and a sleep until it is woken, but not long. */
static void ON_CTL
gen_wait(struct gen *g, uint64_t until)
{
	struct ctl *ctl = g->g_sp->sp_ctl;
	const struct spate_env *env = &g->g_sp->sp_env;

	if (g->g_conf.gc_pump != NULL)
		g->g_conf.gc_pump(g->g_conf.gc_pumparg);
	ctl_round(ctl);
	until = u64min(until, wait_until(g, ctl->ctl_now));
	endpoint_sleep_begin(&ctl->ctl_ep);
	if (!msg_arrived(&ctl->ctl_ep))
		env->env_wait(
		    env->env_arg, &ctl->ctl_ep, u64min(until, ctl_next(ctl)));
	endpoint_sleep_cancel(&ctl->ctl_ep);
	ctl_round(ctl);
}

int
gen_trial(struct gen *g, const struct trial_conf *tc, struct trial_result *tr)
{
	int error = gen_begin(g, tc);

	if (error != 0)
		return error;
	while (!gen_step(g))
		gen_wait(g, UINT64_MAX);
	return gen_end(g, tr);
}

void
gen_sleep(struct gen *g, uint64_t ns, bool (*stopped)(void *), void *arg)
{
	const struct spate_env *env = &g->g_sp->sp_env;
	uint64_t end = env->env_now(env->env_arg) + ns;

	while (env->env_now(env->env_arg) < end &&
	    (stopped == NULL || !stopped(arg)))
		gen_wait(g, end);
}

/*
 * As fast as it goes: what leaves is what we can do, on these devices, while
 * we take what comes.
 */
int
gen_limit(struct gen *g, const struct trial_conf *conf, double *pps)
{
	struct trial_conf tc = *conf;
	struct trial_result tr = { 0 };
	unsigned i;
	int error;

	tc.tc_pace = (struct pace_conf){ .pc_kind = PACE_MAX };
	tc.tc_packets = 0;
	tc.tc_duration = NS_S;
	tc.tc_drain = NS_S / 2;
	tc.tc_quiet = NS_S / 10;
	*pps = 0;
	if ((error = gen_trial(g, &tc, &tr)) != 0)
		return error;
	for (i = 0; i < tr.tr_nports; i++)
		*pps += tr.tr_port[i].tp_tx_pps;
	trial_result_fini(&tr);
	return 0;
}

/* As a runner. */

static int
run_trial(void *arg, const struct trial_conf *conf, struct trial_result *tr)
{
	struct gen *g = arg;
	struct trial_conf tc = *conf;

	role_enter(&on_ctl);
	if (tc.tc_stop == NULL)
		tc.tc_stop = g->g_stop;
	return gen_trial(g, &tc, tr);
}

static const char *
run_error(void *arg)
{
	return gen_error(arg);
}

static bool
run_stopped(void *arg)
{
	const struct gen *g = arg;

	return g->g_stop != NULL &&
	    atomic_load_explicit(g->g_stop, memory_order_relaxed);
}

static void
run_sleep(void *arg, uint64_t ns)
{
	role_enter(&on_ctl);
	gen_sleep(arg, ns, run_stopped, arg);
}

static uint64_t
run_now(void *arg)
{
	return gen_now(arg);
}

static int
run_limit(void *arg, const struct trial_conf *conf, double *pps)
{
	struct gen *g = arg;
	struct trial_conf tc = *conf;

	role_enter(&on_ctl);
	if (tc.tc_stop == NULL)
		tc.tc_stop = g->g_stop;
	return gen_limit(g, &tc, pps);
}

void
gen_runner(struct gen *g, struct runner *rn, const trial_flag *stop)
{
	unsigned i;

	g->g_stop = stop;
	*rn = (struct runner){
		.rn_trial = run_trial,
		.rn_error = run_error,
		.rn_stopped = run_stopped,
		.rn_sleep = run_sleep,
		.rn_now = run_now,
		.rn_limit = run_limit,
		.rn_nports = g->g_nports,
		.rn_arg = g,
	};
	for (i = 0; i < g->g_nports; i++)
		rn->rn_linerate[i] = (double)g->g_port[i].gp_linerate;
}
