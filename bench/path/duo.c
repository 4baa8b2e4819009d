/* SPDX-License-Identifier: BSD-2-Clause */
#include "duo.h"

#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "base/tsa.h"

#define BOUNCES 3000
#define FAR_NS	80 /* between the two states */

const char *const distance_names[DISTANCES] = { "NEAR", "FAR" };

struct duo_thread {
	struct duo *dt_duo;
	pthread_t dt_thread;
	unsigned dt_cpu;
	duo_fn *dt_fn; /* by the barriers: before du_begin, after du_end */
	void *dt_arg;
};

struct duo {
	pthread_barrier_t du_begin;
	pthread_barrier_t du_end;
	bool du_over;
	struct duo_thread du_t[2];
	alignas(CACHELINE) _Atomic unsigned du_ready; /* to begin at once */
	alignas(CACHELINE) _Atomic uint32_t du_ball;
	alignas(CACHELINE) double du_ns; /* of a bounce */
};

/* A barrier wakes one long before the other. */
static void
duo_gather(struct duo *du)
{
	unsigned spins = 0;

	atomic_fetch_sub(&du->du_ready, 1);
	while (atomic_load(&du->du_ready) != 0)
		if (++spins % 65536 == 0)
			sched_yield();
}

static void *
duo_main(void *arg)
{
	struct duo_thread *dt = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(dt->dt_cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		warnx("cannot use CPU %u", dt->dt_cpu);
	for (;;) {
		pthread_barrier_wait(&dt->dt_duo->du_begin);
		if (dt->dt_duo->du_over)
			return NULL;
		if (dt->dt_fn != NULL) {
			duo_gather(dt->dt_duo);
			dt->dt_fn(dt->dt_arg);
		}
		pthread_barrier_wait(&dt->dt_duo->du_end);
	}
}

struct duo *
duo_create(void)
{
	struct duo *du = aligned_alloc(CACHELINE, sizeof(*du));
	unsigned i;

	if (du == NULL)
		errx(1, "no memory");
	*du = (struct duo){ 0 };
	pthread_barrier_init(&du->du_begin, NULL, 3);
	pthread_barrier_init(&du->du_end, NULL, 3);
	for (i = 0; i < 2; i++) {
		du->du_t[i].dt_duo = du;
		du->du_t[i].dt_cpu = i;
		if (pthread_create(&du->du_t[i].dt_thread, NULL, duo_main,
			&du->du_t[i]) != 0)
			errx(1, "no threads");
	}
	return du;
}

void
duo_destroy(struct duo *du)
{
	du->du_over = true;
	pthread_barrier_wait(&du->du_begin);
	pthread_join(du->du_t[0].dt_thread, NULL);
	pthread_join(du->du_t[1].dt_thread, NULL);
	pthread_barrier_destroy(&du->du_begin);
	pthread_barrier_destroy(&du->du_end);
	free(du);
}

void
duo_run(struct duo *du, duo_fn *first, void *first_arg, duo_fn *second,
    void *second_arg)
{
	du->du_t[0].dt_fn = first;
	du->du_t[0].dt_arg = first_arg;
	du->du_t[1].dt_fn = second;
	du->du_t[1].dt_arg = second_arg;
	du->du_ready = (first != NULL) + (second != NULL);
	pthread_barrier_wait(&du->du_begin);
	pthread_barrier_wait(&du->du_end);
}

/* Sends the ball back whenever it comes; on one CPU it must let go. */
static void
bounce(struct duo *du, uint32_t mine)
{
	uint32_t i;
	unsigned spins = 0;

	for (i = mine; i < 2 * BOUNCES; i += 2) {
		while (atomic_load_explicit(
			   &du->du_ball, memory_order_acquire) != i)
			if (++spins % 65536 == 0)
				sched_yield();
		atomic_store_explicit(
		    &du->du_ball, i + 1, memory_order_release);
	}
}

static void
serve(void *arg)
{
	struct duo *du = arg;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	bounce(du, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	du->du_ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 +
			(double)(to.tv_nsec - from.tv_nsec)) /
	    (2 * BOUNCES);
}

static void
receive(void *arg)
{
	bounce(arg, 1);
}

enum distance
duo_distance(struct duo *du)
{
	atomic_store(&du->du_ball, 0);
	duo_run(du, serve, du, receive, du);
	return du->du_ns < FAR_NS ? NEAR : FAR;
}
