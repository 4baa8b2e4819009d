/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <err.h>
#include <stdio.h>
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

struct bench_figure
bench_figure(double *v, unsigned n)
{
	double mid = median(v, n);

	return (struct bench_figure){ .bf_median = mid,
		.bf_min = n > 0 ? v[0] : 0, .bf_max = n > 0 ? v[n - 1] : 0,
		.bf_runs = n };
}

bool
bench_met(const struct bench_row *br)
{
	double is = br->br_spate.bf_median, peer = br->br_peer.bf_median;

	switch (br->br_goalis) {
	case BENCH_AT_MOST:
		return is <= br->br_goal;
	case BENCH_AT_LEAST:
		return is >= br->br_goal;
	case BENCH_RATIO:
		return is >= br->br_goal * peer;
	case BENCH_NO_MORE:
		return is <= peer;
	case BENCH_NONE:
		return true;
	}
	return false;
}

static void
figure_print(FILE *f, const char *name, const struct bench_figure *bf)
{
	fprintf(f, ", \"%s\": {\"median\": %.9g, \"min\": %.9g, "
	    "\"max\": %.9g, \"runs\": %u}", name, bf->bf_median,
	    bf->bf_min, bf->bf_max, bf->bf_runs);
}

/* The file of lines; NULL: there is none. */
static FILE *
rows_open(void)
{
	const char *name = getenv("BENCH_ROWS");
	FILE *f;

	if (name == NULL)
		return NULL;
	if ((f = fopen(name, "ae")) == NULL)
		err(1, "%s", name);
	return f;
}

static void
rows_close(FILE *f)
{
	if (fclose(f) != 0)
		err(1, "%s", getenv("BENCH_ROWS"));
}

void
bench_absent(
    const char *bench, const char *what, const char *peer, const char *why)
{
	FILE *f = rows_open();

	if (f == NULL)
		return;
	fprintf(f, "{\"benchmark\": \"%s\", \"what\": \"%s\", "
	    "\"peer\": \"%s\", \"absent\": \"%s\"}\n", bench, what, peer,
	    why);
	rows_close(f);
}

void
bench_row(const struct bench_row *br)
{
	static const char *const goals[] = { "at most", "at least", "ratio",
		"no more", "none" };
	FILE *f = rows_open();

	if (f == NULL)
		return;
	fprintf(f, "{\"benchmark\": \"%s\", \"what\": \"%s\", "
	    "\"unit\": \"%s\"", br->br_bench, br->br_what, br->br_unit);
	figure_print(f, "spate", &br->br_spate);
	if (br->br_peername != NULL) {
		fprintf(f, ", \"peer\": \"%s\"", br->br_peername);
		figure_print(f, "of_peer", &br->br_peer);
	}
	fprintf(f, ", \"goal_is\": \"%s\", \"goal\": %.9g, "
	    "\"met\": %s}\n", goals[br->br_goalis], br->br_goal,
	    bench_met(br) ? "true" : "false");
	rows_close(f);
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
