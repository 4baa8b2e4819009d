/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One round of a CPU: the table of contents of the data plane.
 *
 * Nothing in it blocks, allocates from the system, or reads a second clock.
 * When rounds find nothing to do for net.isr.holdoff the CPU sleeps; while it
 * is loaded no system call wakes it.
 */
#include "base/plant.h"
#include "cpu/cpu.h"
#include "dev/dev.h"
#include "mbuf/mbuf.h"
#include "netisr/move.h"
#include "path.h"
#include "route/neigh.h"

/* A CPU that waits for buffers to come back looks for them this often. */
#define ROUND_STARVED_NS NS_MS

/* A round took so long that it is worth a note. */
static __attribute__((noinline)) void
cpu_long_round(struct cpu *c, uint64_t now, uint64_t took)
{
	if (now - stat_cell_read(&c->c_span) >= CPU_SPAN) {
		stat_cell_set(&c->c_lately[1],
		    now - stat_cell_read(&c->c_span) < 2 * CPU_SPAN ?
		    stat_cell_read(&c->c_lately[0]) : 0);
		stat_cell_set(&c->c_lately[0], 0);
		stat_cell_set(&c->c_span, now);
	}
	if (took > stat_cell_read(&c->c_lately[0]))
		stat_cell_set(&c->c_lately[0], took);
	if (took > stat_cell_read(&c->c_longest))
		stat_cell_set(&c->c_longest, took);
}

/*
 * The time since the last reading is what the last round took; it counts as
 * busy if that round had work.
 */
static void
cpu_clock(struct cpu *c)
{
	const struct spate_env *env = &c->c_sp->sp_env;
	uint64_t now = env->env_now(env->env_arg);

	if (c->c_work > 0) {
		stat_add(c, SG_CPU, cps_busy_ns, now - c->c_now);
		if (now - c->c_now > stat_cell_read(&c->c_lately[0]) ||
		    now - stat_cell_read(&c->c_span) >= CPU_SPAN)
			cpu_long_round(c, now, now - c->c_now);
		c->c_busy = now;
	}
	c->c_now = now;
}

/* Over the path until nothing is left, but a bounded number of times. */
static unsigned ON_CPU
cpu_sweep(struct cpu *c)
{
	unsigned n, total = 0, left = (unsigned)tun(c->c_sp, isr_sweeps);

	do {
		n = path_run(c, 0, ST_N - 1);
		total += n;
	} while (--left > 0 && path_waiting(c));
	return total;
}

static unsigned
cpu_messages(struct cpu *c)
{
	unsigned n = msg_run(&c->c_ep);

	stat_add(c, SG_CPU, cps_messages, n);
	return n;
}

/*
 * While packets of the last round are left no more are taken in: they would
 * only wait here, where nobody sees that this CPU cannot keep up.
 */
static unsigned ON_CPU
cpu_receive(struct cpu *c)
{
	if (unlikely(path_waiting(c)))
		return 0;
	return path_hand_run(c) + dev_rx(c);
}

static void
cpu_account(struct cpu *c, unsigned work)
{
	stat_add(c, SG_CPU, cps_rounds, 1);
	stat_add(c, SG_CPU, cps_worked, work > 0);
	c->c_work = work;
}

void
cpu_round(struct cpu *c)
{
	unsigned work = 0;

	cpu_clock(c); /* the only clock read of the round */
	work += cpu_messages(c); /* work handed over by others */
	mpool_run(c); /* our buffers that others are done with */
	work += cpu_receive(c); /* other CPUs and drivers fill stages */
	work += cpu_sweep(c); /* whole vectors, in order */
	/* after input: an answer beats its own timeout */
	work += wheel_run(&c->c_wheel, c->c_now);
	work += cpu_sweep(c); /* what timers sent */
	dev_tx(c); /* kick the transmit rings, reap what was sent */
	path_hand_flush(c); /* bundles for other CPUs */
	move_run(c); /* buckets that leave, once their packets have */
	mpool_flush(c); /* other CPUs' buffers go home */
	cpu_account(c, work);
	/* no published pointer survives this line */
	qsbr_checkpoint(&c->c_sp->sp_qsbr, c->c_id);
}

/* Anything that a sleeper would be woken for, or that cannot wake it. */
static bool ON_CPU
cpu_has_work(struct cpu *c)
{
	return msg_waiting(&c->c_ep) || path_hand_waiting(c) ||
	    path_waiting(c) || dev_arm(c);
}

/*
 * Reaps what has been sent, too; what that frees goes home before the sleep,
 * which may be long.
 */
static uint64_t ON_CPU
cpu_sleep_until(struct cpu *c)
{
	uint64_t until = u64min(wheel_next(&c->c_wheel), dev_when(c));

	if (dev_txpending(c) || mpool_starved(c))
		until = u64min(until, c->c_now + ROUND_STARVED_NS);
	mpool_flush(c);
	return until;
}

void
cpu_idle(struct cpu *c)
{
	const struct spate_env *env = &c->c_sp->sp_env;
	uint64_t until;

	if (c->c_work > 0 || path_waiting(c) ||
	    c->c_now - c->c_busy < tun(c->c_sp, isr_holdoff) * NS_US)
		return;
	endpoint_sleep_begin(&c->c_ep);
	if (!PLANT_WAKEUP && cpu_has_work(c)) {
		endpoint_sleep_cancel(&c->c_ep);
		return;
	}
	stat_add(c, SG_CPU, cps_sleeps, 1);
	until = cpu_sleep_until(c);
	qsbr_sleep(&c->c_sp->sp_qsbr, c->c_id);
	env->env_wait(env->env_arg, &c->c_ep, until);
	qsbr_wake(&c->c_sp->sp_qsbr, c->c_id);
	endpoint_sleep_cancel(&c->c_ep);
}
