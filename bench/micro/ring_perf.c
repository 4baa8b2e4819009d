/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ring costs for each entry: one thread that puts and gets in turn, and
 * two threads, over a few bursts.
 *
 * The two-thread figures depend on where the machine puts the two CPUs; take
 * them only beside a probe of the distance between them.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "cpu/ring.h"

#define RING_SIZE 1024
#define BURST_MAX 128
#define NENTRIES  (UINT64_C(1) << 24)

struct run {
	struct ring *r_ring;
	unsigned r_burst;
};

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* On a machine with a single CPU both threads share it. */
static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		fprintf(stderr, "ring_perf: cannot use CPU %d\n", cpu);
}

static void *
produce(void *arg)
{
	struct run *r = arg;
	void *v[BURST_MAX] = { NULL };
	uint64_t n;
	unsigned put;

	pin(1);
	for (n = 0; n < NENTRIES; n += put)
		if ((put = ring_put(r->r_ring, v, r->r_burst)) == 0)
			sched_yield();
	return NULL;
}

/* At least NENTRIES; the producer may end with a part of a burst more. */
static void
consume(struct run *r)
{
	void *v[BURST_MAX];
	uint64_t n;
	unsigned got;

	for (n = 0; n < NENTRIES; n += got)
		if ((got = ring_get(r->r_ring, v, r->r_burst)) == 0)
			sched_yield();
}

static double
one_thread(struct run *r)
{
	void *v[BURST_MAX] = { NULL };
	uint64_t start = now_ns();
	uint64_t n;

	for (n = 0; n < NENTRIES; n += r->r_burst) {
		ring_put(r->r_ring, v, r->r_burst);
		ring_get(r->r_ring, v, r->r_burst);
	}
	return (double)(now_ns() - start) / (double)NENTRIES;
}

static double
two_threads(struct run *r)
{
	uint64_t start;
	pthread_t p;

	if (pthread_create(&p, NULL, produce, r) != 0)
		panic("ring_perf: no thread");
	start = now_ns();
	consume(r);
	pthread_join(p, NULL);
	return (double)(now_ns() - start) / (double)NENTRIES;
}

int
main(void)
{
	static const unsigned bursts[] = { 1, 8, 32, BURST_MAX };
	struct run r;
	unsigned i;

	pin(0);
	printf("%8s %16s %16s\n", "burst", "one thread", "two threads");
	for (i = 0; i < countof(bursts); i++) {
		r.r_burst = bursts[i];
		if ((r.r_ring = ring_create(RING_SIZE)) == NULL)
			panic("ring_perf: no memory");
		printf("%8u %13.2f ns", r.r_burst, one_thread(&r));
		printf(" %13.2f ns\n", two_threads(&r));
		ring_destroy(r.r_ring);
	}
	return 0;
}
