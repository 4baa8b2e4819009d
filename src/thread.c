/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of production: a pinned thread runs each CPU, and sleeps in poll.
 *
 * Each end point has an eventfd, for wake-ups by other end points.  A CPU
 * sleeps on it and on the descriptors of the receive queues that it serves;
 * packets that came before it slept end its sleep at once.
 *
 * It is poll, not epoll, because poll leaves nothing behind: with a waiter
 * registered for good the kernel would call it for each frame that it sends or
 * gets, under two locks, while the CPU is awake and has no need of it.
 *
 *	I	immutable after engine_start()
 *	o	the thread of the end point
 *	A	atomic; the order is given where it is used
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/kassert.h"
#include "path.h"
#include "spate.h"

struct engine_ep {
	int ee_wakefd;		/* [I] */
	unsigned ee_nfds;	/* [o] */
	struct pollfd *ee_fds;	/* [o] ee_wakefd first */
	pthread_t ee_thread;	/* [I] */
	bool ee_running;	/* [I] there is a thread to join */
	struct cpu *ee_cpu;	/* [I] NULL: ctl */
	struct engine *ee_engine; /* [I] */
};

struct engine {
	struct spate *en_sp;	     /* [I] */
	unsigned en_n;		     /* [I] end points set up */
	struct engine_ep en_ep[EP_MAX]; /* [I] */
	_Atomic bool en_stop;	     /* [A] */
};

static uint64_t
thread_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

/* Only told to others, never compared: it may jump. */
static uint64_t
thread_utc(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

/* Makes the eventfd unreadable; how often it was written is no matter. */
static void
wakefd_clear(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		continue;
}

static void
thread_wake(void *arg, struct endpoint *ep)
{
	struct engine_ep *ee = ep->ep_engine;
	uint64_t one = 1;

	(void)arg;
	/* EAGAIN: it is readable as never before. */
	while (write(ee->ee_wakefd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

static void
thread_wait(void *arg, struct endpoint *ep, uint64_t until_ns)
{
	struct engine_ep *ee = ep->ep_engine;
	struct timespec ts = { 0 };
	uint64_t now;

	if (until_ns != UINT64_MAX) {
		now = thread_now(arg);
		if (until_ns <= now)
			return;
		ts.tv_sec = (time_t)((until_ns - now) / NS_S);
		ts.tv_nsec = (long)((until_ns - now) % NS_S);
	}
	if (ppoll(ee->ee_fds, ee->ee_nfds,
	    until_ns != UINT64_MAX ? &ts : NULL, NULL) > 0 &&
	    ee->ee_fds[0].revents != 0)
		wakefd_clear(ee->ee_wakefd);
}

static void
thread_watch(void *arg, struct endpoint *ep, int fd, bool on)
{
	struct engine_ep *ee = ep->ep_engine;
	unsigned i;

	(void)arg;
	if (on) {
		KASSERT(ee->ee_nfds <= CPU_QUEUES);
		ee->ee_fds[ee->ee_nfds++] =
		    (struct pollfd){ .fd = fd, .events = POLLIN };
		return;
	}
	for (i = 1; i < ee->ee_nfds; i++)
		if (ee->ee_fds[i].fd == fd) {
			ee->ee_fds[i] = ee->ee_fds[--ee->ee_nfds];
			break;
		}
}

int
engine_create(struct spate_env *env, struct engine **enp)
{
	struct engine *en;

	if ((en = calloc(1, sizeof(*en))) == NULL)
		return ENOMEM;
	env->env_now = thread_now;
	env->env_utc = thread_utc;
	env->env_wait = thread_wait;
	env->env_wake = thread_wake;
	env->env_watch = thread_watch;
	env->env_arg = en;
	*enp = en;
	return 0;
}

static int
engine_ep_init(struct engine *en, unsigned id)
{
	struct engine_ep *ee = &en->en_ep[id];

	ee->ee_engine = en;
	ee->ee_cpu = id < en->en_sp->sp_ncpus ? en->en_sp->sp_cpu[id] : NULL;
	ee->ee_wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	en->en_n = id + 1;
	if (ee->ee_wakefd < 0)
		return errno;
	ee->ee_fds = calloc(1 + CPU_QUEUES, sizeof(*ee->ee_fds));
	if (ee->ee_fds == NULL)
		return ENOMEM;
	ee->ee_fds[0].fd = ee->ee_wakefd;
	ee->ee_fds[0].events = POLLIN;
	ee->ee_nfds = 1;
	en->en_sp->sp_ep[id]->ep_engine = ee;
	return 0;
}

static void *
thread_main(void *arg)
{
	struct engine_ep *ee = arg;
	struct cpu *c = ee->ee_cpu;

	role_enter(&on_cpu);
	curcpu = c;
	qsbr_wake(&c->c_sp->sp_qsbr, c->c_id);
	while (!atomic_load_explicit(&ee->ee_engine->en_stop,
	    memory_order_relaxed)) {
		c->c_sp->sp_round(c);
		c->c_sp->sp_idle(c);
	}
	qsbr_sleep(&c->c_sp->sp_qsbr, c->c_id);
	return NULL;
}

/* The n-th CPU of the system that this process may use; wraps around. */
static unsigned
system_cpu(unsigned n)
{
	cpu_set_t set;
	unsigned i;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return n;
	n %= (unsigned)CPU_COUNT(&set);
	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set) && n-- == 0)
			break;
	return i;
}

/* Signals are for the thread of ctl. */
static int
thread_create(pthread_t *t, const pthread_attr_t *attr, void *arg)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(t, attr, thread_main, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

static int
engine_thread(struct engine_ep *ee, unsigned cpu)
{
	pthread_attr_t attr;
	char name[16];
	cpu_set_t set;
	int error;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	error = thread_create(&ee->ee_thread, &attr, ee);
	pthread_attr_destroy(&attr);
	if (error != 0)
		return error;
	ee->ee_running = true;
	snprintf(name, sizeof(name), "spate-cpu%u", ee->ee_cpu->c_id);
	pthread_setname_np(ee->ee_thread, name);
	return 0;
}

static void
engine_close(struct engine *en)
{
	unsigned i;

	for (i = 0; i < en->en_n; i++) {
		if (en->en_ep[i].ee_wakefd >= 0)
			close(en->en_ep[i].ee_wakefd);
		free(en->en_ep[i].ee_fds);
		en->en_ep[i].ee_fds = NULL;
	}
	en->en_n = 0;
}

int
engine_start(struct engine *en, struct spate *sp, const unsigned *cpus)
{
	unsigned i;
	int error = 0;

	engine_close(en); /* of an earlier start */
	en->en_sp = sp;
	atomic_store_explicit(&en->en_stop, false, memory_order_relaxed);
	for (i = 0; i <= sp->sp_ncpus && error == 0; i++)
		error = engine_ep_init(en, i);
	for (i = 0; i < sp->sp_ncpus && error == 0; i++)
		error = engine_thread(&en->en_ep[i],
		    cpus != NULL ? cpus[i] : system_cpu(i));
	if (error != 0)
		engine_stop(en);
	return error;
}

void
engine_stop(struct engine *en)
{
	unsigned i;

	atomic_store_explicit(&en->en_stop, true, memory_order_relaxed);
	/* Unconditionally: one may see the flag only after a sleep. */
	for (i = 0; i < en->en_n; i++)
		if (en->en_ep[i].ee_running)
			thread_wake(en, &en->en_ep[i].ee_cpu->c_ep);
	for (i = 0; i < en->en_n; i++)
		if (en->en_ep[i].ee_running) {
			pthread_join(en->en_ep[i].ee_thread, NULL);
			en->en_ep[i].ee_running = false;
		}
}

void
engine_destroy(struct engine *en)
{
	engine_stop(en);
	engine_close(en);
	free(en);
}

int
engine_ctl_fd(const struct engine *en)
{
	return en->en_ep[sp_ctl_id(en->en_sp)].ee_wakefd;
}

void
engine_ctl_woken(struct engine *en)
{
	wakefd_clear(engine_ctl_fd(en));
}
