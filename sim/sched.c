/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator's engine; see sched.h.
 *
 * A task is ready from t_ready on.  At the end of a round that is now plus
 * what the round cost; when it was interrupted, now or after a pause; when it
 * sleeps, its deadline, which a wake-up moves forward.  Of all that are ready
 * the seed picks one.
 *
 * A lost wake-up: nobody runs, nobody was interrupted, no wake-up is on its
 * way, and yet something lies in a ring of a sleeper.
 */
#include "sim/sched.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/point.h"
#include "cpu/cpu.h"
#include "sim/coro.h"

#define SCHED_START NS_S /* an instance may take 0 for "never" */

enum task_state { TS_RUN, TS_SLEEP };

struct task {
	struct sched	*t_sched;
	struct task	*t_next;
	const char	*t_name;
	struct coro	*t_coro;
	struct cpu	*t_cpu;
	void		 (*t_fn)(void *);
	bool		 (*t_busy)(void *);
	void		*t_arg;
	uint64_t	 t_ready;
	uint64_t	 t_spent;	/* in this round */
	unsigned	 t_id;
	enum task_state	 t_state;
	bool		 t_woken;	/* since it last slept */
};

struct event {
	uint64_t	 e_when;
	uint64_t	 e_seq;		/* same time: in order */
	void		 (*e_fn)(void *);
	void		*e_arg;
};

struct sched {
	uint64_t	 s_now;
	uint64_t	 s_steps;
	uint64_t	 s_limit;
	uint64_t	 s_digest;
	struct rnd	 s_rnd;
	struct sched_temper s_temper;
	struct task	*s_tasks;
	struct task	*s_current;	/* NULL: the scheduler itself */
	unsigned	 s_ntasks;
	bool		 s_stop;
	const char	*s_lost;
	struct event	*s_event;	/* a heap, earliest first */
	unsigned	 s_nevents;
	unsigned	 s_maxevents;
	uint64_t	 s_eseq;
};

/* The hook has no argument: whose points they are, while a task runs. */
static _Thread_local struct sched *sched_running;

static void
sched_note(struct sched *s, uint64_t what)
{
	s->s_digest = (s->s_digest ^ what) * UINT64_C(0x100000001b3);
}

static uint64_t
pick(struct sched *s, const uint64_t *of, unsigned n)
{
	return of[rnd_below(&s->s_rnd, n)];
}

/* Some runs switch often, some rarely, some never within a round. */
static void
sched_choose(struct sched *s)
{
	static const uint64_t switches[] = { 0, 4, 16, 64, 256, 512 };
	static const uint64_t pauses[] = { 0, 8, 64, 256 };
	static const uint64_t rounds[] = { 200, 1000, 5000, 50000 };
	static const uint64_t pause_ns[] = { 1000, 20000, 500000 };
	static const uint64_t wakes[] = { 1, 2000, 50000 };
	struct sched_temper *st = &s->s_temper;

	st->st_switch = (uint32_t)pick(s, switches, countof(switches));
	st->st_pause = (uint32_t)pick(s, pauses, countof(pauses));
	st->st_round = pick(s, rounds, countof(rounds));
	st->st_pause_ns = pick(s, pause_ns, countof(pause_ns));
	st->st_wake = pick(s, wakes, countof(wakes));
}

struct sched *
sched_create(uint64_t seed)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	rnd_seed(&s->s_rnd, seed);
	s->s_now = SCHED_START;
	s->s_limit = SCHED_STEPS;
	s->s_digest = UINT64_C(0xcbf29ce484222325);
	sched_choose(s);
	return s;
}

void
sched_destroy(struct sched *s)
{
	while (s->s_tasks != NULL)
		task_destroy(s->s_tasks);
	free(s->s_event);
	free(s);
}

uint64_t
sched_now(const struct sched *s)
{
	return s->s_now;
}

struct rnd *
sched_rnd(struct sched *s)
{
	return &s->s_rnd;
}

const struct sched_temper *
sched_temper(const struct sched *s)
{
	return &s->s_temper;
}

uint64_t
sched_digest(const struct sched *s)
{
	return s->s_digest;
}

uint64_t
sched_steps(const struct sched *s)
{
	return s->s_steps;
}

void
sched_limit(struct sched *s, uint64_t steps)
{
	s->s_limit = s->s_steps + steps;
}

void
sched_stop(struct sched *s)
{
	s->s_stop = true;
}

const char *
sched_lost(const struct sched *s)
{
	return s->s_lost;
}

/* Tasks. */

static void
task_suspend(struct task *t)
{
	coro_suspend(t->t_coro);
}

static void
task_main(void *arg)
{
	struct task *t = arg;
	struct sched *s = t->t_sched;

	for (;;) {
		t->t_fn(t->t_arg);
		t->t_ready = s->s_now + 1 + t->t_spent +
		    rnd_below(&s->s_rnd, s->s_temper.st_round);
		t->t_spent = 0;
		task_suspend(t);
	}
}

void
sched_spend(struct sched *s, uint64_t ns)
{
	s->s_current->t_spent += ns;
}

struct task *
task_create(struct sched *s, const char *name, struct cpu *c,
    void (*fn)(void *), bool (*busy)(void *), void *arg)
{
	struct task *t = calloc(1, sizeof(*t)), **tail;

	if (t == NULL)
		return NULL;
	if ((t->t_coro = coro_create(task_main, t)) == NULL) {
		free(t);
		return NULL;
	}
	t->t_sched = s;
	t->t_name = name;
	t->t_cpu = c;
	t->t_fn = fn;
	t->t_busy = busy;
	t->t_arg = arg;
	t->t_id = s->s_ntasks++;
	t->t_ready = s->s_now;
	for (tail = &s->s_tasks; *tail != NULL; tail = &(*tail)->t_next)
		continue;
	*tail = t;
	return t;
}

void
task_destroy(struct task *t)
{
	struct task **tp;

	for (tp = &t->t_sched->s_tasks; *tp != t; tp = &(*tp)->t_next)
		continue;
	*tp = t->t_next;
	coro_destroy(t->t_coro);
	free(t);
}

void
task_bind(struct task *t, struct endpoint *ep)
{
	ep->ep_engine = t;
}

void
task_wake(struct task *t)
{
	struct sched *s = t->t_sched;
	uint64_t when;

	t->t_woken = true;
	if (t->t_state != TS_SLEEP)
		return;
	when = s->s_now + rnd_below(&s->s_rnd, s->s_temper.st_wake);
	t->t_ready = u64min(t->t_ready, when);
}

bool
task_asleep(const struct task *t)
{
	return t->t_state == TS_SLEEP && !t->t_woken;
}

static void
task_run(struct task *t)
{
	struct sched *s = t->t_sched;

	s->s_steps++;
	sched_note(s, s->s_now * 64 + t->t_id);
	t->t_state = TS_RUN;
	s->s_current = t;
	curcpu = t->t_cpu;
	coro_resume(t->t_coro);
	curcpu = NULL;
	s->s_current = NULL;
}

/* The hook: perhaps somebody else goes first. */
static void
sched_point(enum sim_point k)
{
	struct sched *s = sched_running;
	const struct sched_temper *st;
	struct task *t;

	if (s == NULL || (t = s->s_current) == NULL)
		return;
	st = &s->s_temper;
	if (rnd_below(&s->s_rnd, 1024) >= st->st_switch)
		return;
	sched_note(s, (uint64_t)k + 1);
	t->t_ready = s->s_now;
	if (rnd_below(&s->s_rnd, 1024) < st->st_pause)
		t->t_ready += rnd_below(&s->s_rnd, st->st_pause_ns);
	task_suspend(t);
}

/* The environment of an instance. */

static uint64_t
sched_env_now(void *arg)
{
	return ((struct sched *)arg)->s_now;
}

static void
sched_env_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	struct task *t = ep->ep_engine;

	(void)arg;
	if (!t->t_woken) {
		t->t_state = TS_SLEEP;
		t->t_ready = until;
		task_suspend(t);
	}
	t->t_woken = false;
}

static void
sched_env_wake(void *arg, struct endpoint *ep)
{
	(void)arg;
	task_wake(ep->ep_engine);
}

void
sched_env(struct sched *s, struct spate_env *env)
{
	env->env_now = sched_env_now;
	env->env_wait = sched_env_wait;
	env->env_wake = sched_env_wake;
	env->env_arg = s;
	env->env_virtual = true;
}

/* Events: a binary heap. */

static bool
event_before(const struct event *a, const struct event *b)
{
	return a->e_when < b->e_when ||
	    (a->e_when == b->e_when && a->e_seq < b->e_seq);
}

static void
event_swap(struct event *a, struct event *b)
{
	struct event e = *a;

	*a = *b;
	*b = e;
}

static void
event_up(struct event *h, unsigned i)
{
	for (; i > 0 && event_before(&h[i], &h[(i - 1) / 2]); i = (i - 1) / 2)
		event_swap(&h[i], &h[(i - 1) / 2]);
}

static void
event_down(struct event *h, unsigned n)
{
	unsigned i = 0, k;

	while ((k = 2 * i + 1) < n) {
		if (k + 1 < n && event_before(&h[k + 1], &h[k]))
			k++;
		if (!event_before(&h[k], &h[i]))
			return;
		event_swap(&h[i], &h[k]);
		i = k;
	}
}

void
sched_at(struct sched *s, uint64_t when, void (*fn)(void *), void *arg)
{
	if (s->s_nevents == s->s_maxevents) {
		s->s_maxevents = s->s_maxevents * 2 + 64;
		s->s_event = realloc(
		    s->s_event, s->s_maxevents * sizeof(*s->s_event));
		if (s->s_event == NULL)
			panic("sim: no memory for events");
	}
	s->s_event[s->s_nevents] = (struct event){
		.e_when = when, .e_seq = s->s_eseq++, .e_fn = fn, .e_arg = arg
	};
	event_up(s->s_event, s->s_nevents++);
}

static void
event_run(struct sched *s)
{
	struct event e = s->s_event[0];

	s->s_event[0] = s->s_event[--s->s_nevents];
	event_down(s->s_event, s->s_nevents);
	s->s_steps++;
	sched_note(s, e.e_when);
	e.e_fn(e.e_arg);
}

/* Running. */

static uint64_t
sched_next(const struct sched *s)
{
	const struct task *t;
	uint64_t next = s->s_nevents > 0 ? s->s_event[0].e_when : UINT64_MAX;

	for (t = s->s_tasks; t != NULL; t = t->t_next)
		next = u64min(next, t->t_ready);
	return next;
}

static struct task *
sched_pick(struct sched *s)
{
	struct task *t;
	unsigned n = 0;
	uint64_t which;

	for (t = s->s_tasks; t != NULL; t = t->t_next)
		n += t->t_ready <= s->s_now;
	if (n == 0)
		return NULL;
	which = n == 1 ? 0 : rnd_below(&s->s_rnd, n);
	for (t = s->s_tasks; t != NULL; t = t->t_next)
		if (t->t_ready <= s->s_now && which-- == 0)
			break;
	return t;
}

static bool
sched_all_asleep(const struct sched *s)
{
	const struct task *t;

	for (t = s->s_tasks; t != NULL; t = t->t_next)
		if (!task_asleep(t) || t->t_ready <= s->s_now)
			return false;
	return true;
}

/* Everybody sleeps: does anyone sleep on work? */
static bool
sched_find_lost(struct sched *s)
{
	struct task *t;

	if (!sched_all_asleep(s))
		return false;
	for (t = s->s_tasks; t != NULL; t = t->t_next)
		if (t->t_busy != NULL && t->t_busy(t->t_arg)) {
			s->s_lost = t->t_name;
			return true;
		}
	return false;
}

bool
sched_quiet(const struct sched *s, uint64_t until)
{
	return sched_all_asleep(s) &&
	    (s->s_nevents == 0 || s->s_event[0].e_when > until);
}

static void
sched_step(struct sched *s)
{
	struct task *t;

	if (s->s_nevents > 0 && s->s_event[0].e_when <= s->s_now)
		event_run(s);
	else if ((t = sched_pick(s)) != NULL)
		task_run(t);
}

static enum sched_end
sched_loop(struct sched *s, uint64_t until)
{
	uint64_t next;

	while (!s->s_stop) {
		if (s->s_steps >= s->s_limit)
			return SE_STEPS;
		next = sched_next(s);
		if (next > s->s_now) {
			if (sched_find_lost(s))
				return SE_LOST;
			if (next > until)
				break;
			s->s_now = next;
		}
		sched_step(s);
	}
	if (s->s_stop)
		return SE_STOPPED;
	s->s_now = until;
	return SE_TIME;
}

enum sched_end
sched_run(struct sched *s, uint64_t until)
{
	struct sched *outer = sched_running;
	void (*hook)(enum sim_point) = sim_point_hook;
	enum sched_end end;

	s->s_stop = false;
	sched_running = s;
	sim_point_hook = sched_point;
	end = sched_loop(s, until);
	sim_point_hook = hook;
	sched_running = outer;
	return end;
}
