/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router's CPUs in turn, for lines.py, which runs this under a tool that
 * prints every access to memory and so sees which lines CPUs share.
 *
 * Stores to a page of marks say who runs: mark i is CPU i, mark CPU_MAX the
 * device (the tester's side and the memory between), mark CPU_MAX + 1 the end
 * of the part that counts.  Prints where the marks and the current CPU's
 * pointer are, how many packets were counted, and how many of them were handed
 * over.
 *
 * usage: lines cpus queues policy turns
 */
#include <err.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "netisr/netisr.h"
#include "rig.h"

#define WARM 4 /* turns that do not count */

static alignas(4096) volatile uint64_t marks[512];

/* So many frames of each CPU's flows; RIG_BURST at each receive queue. */
static unsigned
turn_offer(struct rig *r, unsigned ncpus, unsigned queues)
{
	unsigned cpu, each = RIG_BURST * queues / ncpus;

	for (cpu = 0; cpu < ncpus; cpu++)
		rig_offer(r, cpu, cpu, each);
	return each * ncpus;
}

static unsigned
turn_collect(struct rig *r, unsigned ncpus)
{
	unsigned cpu, n = 0;

	for (cpu = 0; cpu < ncpus; cpu++)
		n += rig_collect(r, cpu);
	return n;
}

/* Frames in, and rounds of all CPUs until all are out. */
static unsigned
turn(struct rig *r, unsigned ncpus, unsigned queues, bool counts)
{
	unsigned cpu, rounds, out = 0, in;

	if (counts)
		marks[CPU_MAX] = 1;
	in = turn_offer(r, ncpus, queues);
	for (rounds = 0; out < in; rounds++) {
		if (rounds == 8)
			errx(1, "%u of %u frames came out", out, in);
		for (cpu = 0; cpu < ncpus; cpu++) {
			if (counts)
				marks[cpu] = 1;
			rig_round(r, cpu);
		}
		if (counts)
			marks[CPU_MAX] = 1;
		out += turn_collect(r, ncpus);
	}
	return in;
}

static uint64_t
handed(const struct rig *r, unsigned ncpus)
{
	struct netisr_info ni;
	uint64_t n = 0;
	unsigned cpu, p;

	for (cpu = 0; cpu < ncpus; cpu++)
		for (p = 0; p < NETISR_N; p++) {
			netisr_info(r->r_router, cpu, p, &ni);
			n += ni.ni_queued;
		}
	return n;
}

int
main(int argc, char **argv)
{
	unsigned ncpus, queues, turns, i, packets = 0;
	static struct rig rig;
	uint64_t before;

	role_enter(&on_ctl);
	if (argc != 5)
		errx(2, "usage: lines cpus queues policy turns");
	ncpus = (unsigned)atoi(argv[1]);
	queues = (unsigned)atoi(argv[2]);
	turns = (unsigned)atoi(argv[4]);
	if (ncpus < 1 || ncpus > CPU_MAX || queues < 1 || queues > ncpus)
		errx(2, "CPUs: 1 to %u; queues: no more than CPUs", CPU_MAX);
	printf("marks %#lx\ncurcpu %#lx\n", (unsigned long)marks,
	    (unsigned long)&curcpu);
	fflush(stdout);
	rig_create(&rig, ncpus, queues, false, false);
	rig_set(&rig, "net.isr.dispatch", argv[3]);
	for (i = 0; i < WARM; i++)
		turn(&rig, ncpus, queues, false);
	before = handed(&rig, ncpus);
	for (i = 0; i < turns; i++)
		packets += turn(&rig, ncpus, queues, true);
	marks[CPU_MAX + 1] = 1;
	printf("packets %u\nhanded %lu\n", packets,
	    (unsigned long)(handed(&rig, ncpus) - before));
	rig_destroy(&rig);
	return 0;
}
