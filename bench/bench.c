/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <err.h>
#include <stdlib.h>
#include <time.h>

#include "mbuf/mbuf.h"

static uint64_t
clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

uint64_t
bench_ns(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

uint64_t
bench_cpu_ns(void)
{
	return clock_of(CLOCK_THREAD_CPUTIME_ID);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(v[0]), compare);
	return n > 0 ? v[n / 2] : 0;
}

static uint64_t
env_now(void *arg)
{
	(void)arg;
	return bench_ns();
}

static void
env_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	(void)arg, (void)ep, (void)until;
}

static void
env_wake(void *arg, struct endpoint *ep)
{
	(void)arg, (void)ep;
}

struct spate *
bench_instance(const char *name, unsigned ncpus, unsigned buffers)
{
	struct spate_env env = { .env_now = env_now, .env_wait = env_wait,
		.env_wake = env_wake, .env_seed = 1 };
	struct spate_conf sc = { .sc_ncpus = ncpus, .sc_hostname = name,
		.sc_pktmem = (uint64_t)buffers * MBUF_SIZE };
	struct spate *sp;

	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_WARN);
	if (spate_create(&sc, &env, &sp) != 0)
		errx(1, "no memory");
	return sp;
}
