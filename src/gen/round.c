/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One round of a tester's CPU, in place of that in src/round.c.
 *
 * While a trial runs a CPU never sleeps: to be woken takes longer than packets
 * may be late.  Under a virtual clock nobody runs unless all others sleep or
 * wait, and waking takes the time that the simulator says.
 */
#include "dev/dev.h"
#include "gen/gen_int.h"
#include "path.h"

/* As in src/round.c. */
#define ROUND_STARVED_NS NS_MS
#define ROUND_HOLDOFF_NS (50 * NS_US) /* without a trial */

static void
gen_cpu_clock(struct cpu *c, const struct gen *g)
{
	uint64_t now = gen_clock(&g->g_clock);

	if (c->c_work > 0) {
		stat_add(c, SG_CPU, cps_busy_ns, now - c->c_now);
		c->c_busy = now;
	}
	c->c_now = now;
}

static unsigned
gen_messages(struct cpu *c)
{
	unsigned n = msg_run(&c->c_ep);

	stat_add(c, SG_CPU, cps_messages, n);
	return n;
}

/* What hosts say: the end of the path, perhaps on another CPU. */
static unsigned ON_CPU
gen_control(struct cpu *c)
{
	unsigned n = 0;

	if (c->c_sp->sp_ncpus > 1)
		n = path_hand_run(c);
	if (unlikely(c->c_path->p_stage[ST_TX].ps_vec.mv_n > 0))
		n += path_run(c, ST_TX, ST_TX);
	if (c->c_sp->sp_ncpus > 1)
		path_hand_flush(c);
	return n;
}

void
gen_round(struct cpu *c)
{
	const struct gen *g = c->c_sp->sp_gen;
	struct gen_cpu *gc = g->g_cpu[c->c_id];
	unsigned work;

	gen_cpu_clock(c, g);
	work = gen_messages(c); /* trials come and go */
	mpool_run(c);
	work += gen_recv(c, gc); /* before sending: it makes room */
	if (gc->gc_job != NULL)
		atomic_store_explicit(
		    &gc->gc_job->gj_looked, c->c_now, memory_order_relaxed);
	work += wheel_run(&c->c_wheel, c->c_now);
	work += gen_send(c, gc); /* what is due */
	work += gen_control(c); /* what hosts answered */
	dev_tx(c);
	mpool_flush(c);
	stat_add(c, SG_CPU, cps_rounds, 1);
	stat_add(c, SG_CPU, cps_worked, work > 0);
	c->c_work = work;
	/* no published pointer survives this line */
	qsbr_checkpoint(&c->c_sp->sp_qsbr, c->c_id);
}

/* Records of another CPU wait, or ours for it. */
static bool
gen_records_waiting(const struct cpu *c, struct gen_cpu *gc)
{
	unsigned i;
	size_t n;

	if (gc->gc_cut != NULL)
		return true;
	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (gc->gc_nrec[i] > 0 || (gc->gc_in[i] != NULL &&
		    recring_peek(gc->gc_in[i], &n) != NULL))
			return true;
	return false;
}

static bool ON_CPU
gen_has_work(struct cpu *c, struct gen_cpu *gc)
{
	return msg_waiting(&c->c_ep) || path_hand_waiting(c) ||
	    path_waiting(c) || gen_records_waiting(c, gc) || dev_arm(c);
}

static uint64_t ON_CPU
gen_sleep_until(struct cpu *c, const struct gen_cpu *gc)
{
	uint64_t until = u64min(wheel_next(&c->c_wheel), dev_when(c));

	until = u64min(until, gc->gc_next);
	if (dev_txpending(c) || mpool_starved(c))
		until = u64min(until, c->c_now + ROUND_STARVED_NS);
	mpool_flush(c);
	return until;
}

void
gen_idle(struct cpu *c)
{
	const struct spate_env *env = &c->c_sp->sp_env;
	struct gen_cpu *gc = c->c_sp->sp_gen->g_cpu[c->c_id];
	uint64_t until;

	if (c->c_work > 0 || path_waiting(c) || gc->gc_next <= c->c_now)
		return;
	if (!env->env_virtual && (gc->gc_job != NULL ||
	    c->c_now - c->c_busy < ROUND_HOLDOFF_NS))
		return;
	endpoint_sleep_begin(&c->c_ep);
	if (gen_has_work(c, gc)) {
		endpoint_sleep_cancel(&c->c_ep);
		return;
	}
	stat_add(c, SG_CPU, cps_sleeps, 1);
	until = gen_sleep_until(c, gc);
	qsbr_sleep(&c->c_sp->sp_qsbr, c->c_id);
	env->env_wait(env->env_arg, &c->c_ep, until);
	qsbr_wake(&c->c_sp->sp_qsbr, c->c_id);
	endpoint_sleep_cancel(&c->c_ep);
}
