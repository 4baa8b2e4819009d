/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator's engine: a virtual clock, and tasks that run under it in one
 * thread.
 *
 * A task is a coroutine that runs the CPU or the ctl of an instance (or a
 * test's own loop).  It runs until it sleeps, ends a round, or meets an
 * interleaving point (base/point.h) where the seed says that another goes
 * first.  Tasks run side by side: a round takes some virtual time of its own,
 * and the clock goes on only when nobody is left to run at the present time.
 * Then it jumps to whatever comes first: a task or an event.
 *
 * The seed decides, once a run, how often tasks are interrupted, for how long,
 * and what rounds and wake-ups cost.  Everything follows from the seed, so a
 * run repeats exactly.
 *
 * All of it belongs to the thread that runs the simulator.
 */
#ifndef SIM_SCHED_H
#define SIM_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "cpu/instance.h"

struct cpu;
struct task;
struct sched;

/* What the seed chose for the run. */
struct sched_temper {
	uint32_t	 st_switch;	/* points of 1024 that switch */
	uint32_t	 st_pause;	/* switches of 1024 that take long */
	uint64_t	 st_round;	/* ns of a round, at most */
	uint64_t	 st_pause_ns;	/* of a long pause, at most */
	uint64_t	 st_wake;	/* ns until it runs, at most */
};

enum sched_end {
	SE_TIME,	/* the time asked for has come */
	SE_STOPPED,	/* sched_stop() */
	SE_STEPS,	/* more steps than allowed */
	SE_LOST,	/* a task sleeps on work: sched_lost() tells which */
};

struct sched *sched_create(uint64_t seed);

/* Tasks first: nothing of theirs is left to run. */
void sched_destroy(struct sched *);

uint64_t sched_now(const struct sched *);
struct rnd *sched_rnd(struct sched *);
const struct sched_temper *sched_temper(const struct sched *);

/* Changes when anything happens in another order or at another time. */
uint64_t sched_digest(const struct sched *);
uint64_t sched_steps(const struct sched *);

#define SCHED_STEPS 20000000ull

/* More steps than this end a run. */
void sched_limit(struct sched *, uint64_t steps);

/*
 * A task that calls fn(arg) for every round; fn sleeps through the
 * environment.  c is what curcpu shall be while it runs.  busy(arg) tells
 * whether a sleeping task has something to do that it should have been woken
 * for; NULL: never.  sim_point() is harmless in it.
 */
struct task *task_create(struct sched *, const char *name, struct cpu *c,
    void (*fn)(void *), bool (*busy)(void *), void *arg);
void task_destroy(struct task *);

/* The running task's round takes that much longer. */
void sched_spend(struct sched *, uint64_t ns);

/* The task whose env_wait() and env_wake() concern this end point. */
void task_bind(struct task *, struct endpoint *);

/* End its sleep, now or the next one. */
void task_wake(struct task *);

/* Sleeping without having been woken. */
bool task_asleep(const struct task *);

/* Call fn(arg) at the time when, outside all tasks. */
void sched_at(struct sched *, uint64_t when, void (*fn)(void *), void *arg);

/* Run until the clock reads until, and not longer. */
enum sched_end sched_run(struct sched *, uint64_t until);

/* From an event or a task: sched_run() returns SE_STOPPED soon. */
void sched_stop(struct sched *);

/* Nothing runs, no event is due before the time given. */
bool sched_quiet(const struct sched *, uint64_t until);

/* Which task slept on work. */
const char *sched_lost(const struct sched *);

/* Clock, sleep and wake-up of this engine, for an instance. */
void sched_env(struct sched *, struct spate_env *);

#endif
