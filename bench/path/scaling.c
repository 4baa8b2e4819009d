/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of a router with 1 to 64 CPUs, which one thread plays in turn: what
 * they do is counted (count.h), what it would take is reckoned.  Prints the
 * table of docs/scaling.md.
 *
 * A CPU's cycles are its accesses to memory, of which one CPU alone is known to
 * need so many cycles a packet (-c), and so many more (-t) for each line that
 * it takes from another.  A router is as fast as the CPU that has most to do.
 *
 * Columns: packets at each queue in each round; for a packet what was handed
 * to another CPU, stores to and loads of lines that another CPU had, accesses
 * in all; lines that a CPU touches in a round; cycles of the busiest CPU for
 * each packet of the router; its gain over one CPU, and for each CPU.
 *
 * usage: scaling [-c cycles] [-t cycles] [-n turns]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "count.h"
#include "netisr/netisr.h"
#include "rig.h"

#define WARM   64 /* turns that do not count: hashes are trusted, rings made */

struct model {
	unsigned mo_cpus;
	unsigned mo_queues;
	unsigned mo_burst; /* packets at each queue */
	const char *mo_policy;
	/* What was counted, a packet; of the busiest CPU in cycles. */
	unsigned mo_packets;
	double mo_handed, mo_reads, mo_writes, mo_accesses, mo_lines;
	double mo_busiest;
};

static double base_cycles = 70, line_cycles = 30, per_access;
static unsigned turns = 8;

static void
offer(struct rig *r, const struct model *mo)
{
	unsigned cpu, each = mo->mo_burst * mo->mo_queues / mo->mo_cpus;

	count_as(COUNT_DEVICE);
	for (cpu = 0; cpu < mo->mo_cpus; cpu++)
		rig_offer(r, cpu, cpu, each);
}

static unsigned
collect(struct rig *r, const struct model *mo)
{
	unsigned cpu, n = 0;

	count_as(COUNT_DEVICE);
	for (cpu = 0; cpu < mo->mo_cpus; cpu++)
		n += rig_collect(r, cpu);
	return n;
}

/* Frames in, a round of each CPU, frames out; returns how many. */
static unsigned
turn(struct rig *r, const struct model *mo)
{
	unsigned cpu;

	offer(r, mo);
	count_turn();
	for (cpu = 0; cpu < mo->mo_cpus; cpu++) {
		count_as(cpu);
		rig_round(r, cpu);
	}
	return collect(r, mo);
}

static uint64_t
handed(const struct rig *r)
{
	struct netisr_info ni;
	uint64_t n = 0;
	unsigned cpu, p;

	for (cpu = 0; cpu < r->r_router->sp_ncpus; cpu++)
		for (p = 0; p < NETISR_N; p++) {
			netisr_info(r->r_router, cpu, p, &ni);
			n += ni.ni_queued;
		}
	return n;
}

static void
reckon(struct model *mo)
{
	double n = mo->mo_packets, cycles;
	unsigned cpu;

	for (cpu = 0; cpu < mo->mo_cpus; cpu++) {
		const struct count *ct = count_of(cpu);

		mo->mo_reads += (double)ct->ct_reads / n;
		mo->mo_writes += (double)ct->ct_writes / n;
		mo->mo_accesses += (double)ct->ct_accesses / n;
		mo->mo_lines += (double)ct->ct_lines / mo->mo_cpus / turns;
	}
	if (per_access == 0) /* the first case is one CPU alone */
		per_access = base_cycles / mo->mo_accesses;
	for (cpu = 0; cpu < mo->mo_cpus; cpu++) {
		const struct count *ct = count_of(cpu);

		cycles = (double)ct->ct_accesses * per_access +
		    (double)(ct->ct_reads + ct->ct_writes) * line_cycles;
		if (cycles / n > mo->mo_busiest)
			mo->mo_busiest = cycles / n;
	}
}

/*
 * One CPU alone is one of two, of which the other has nothing to do and no
 * rounds: a link of one queue needs no hash, and its sender would do less.
 */
static void ON_CTL
run(struct model *mo)
{
	static struct rig rig;
	unsigned i, least = mo->mo_cpus == 1 ? 2 : 1;
	uint64_t before;

	rig_create(&rig, umax(mo->mo_cpus, least), umax(mo->mo_queues, least),
	    false, false);
	rig_set(&rig, "net.isr.dispatch", mo->mo_policy);
	count_start(__builtin_frame_address(0));
	for (i = 0; i < WARM; i++)
		turn(&rig, mo);
	count_zero();
	before = handed(&rig);
	for (i = 0; i < turns; i++)
		mo->mo_packets += turn(&rig, mo);
	if (mo->mo_packets == 0)
		errx(1, "the router forwards nothing");
	reckon(mo);
	mo->mo_handed = (double)(handed(&rig) - before) / mo->mo_packets;
	count_stop();
	curcpu = NULL;
	role_enter(&on_ctl);
	rig_destroy(&rig);
}

static void
print(const struct model *mo)
{
	double gain = base_cycles / mo->mo_busiest;

	printf("| %u | %u | %u | %s | %.3f | %.2f | %.2f | %.1f | %.0f | %.2f "
	       "| %.1f | %.2f |\n",
	    mo->mo_cpus, mo->mo_queues, mo->mo_burst, mo->mo_policy,
	    mo->mo_handed, mo->mo_writes, mo->mo_reads, mo->mo_accesses,
	    mo->mo_lines, mo->mo_busiest, gain, gain / mo->mo_cpus);
	fflush(stdout);
}

/* divisor: CPUs for each receive queue; 0: there is one queue for all. */
static void ON_CTL
cases(unsigned divisor, unsigned burst, const char *policy)
{
	const unsigned least = divisor == 1 ? 1 : 4 + divisor;
	unsigned n;

	for (n = 1; n <= CPU_MAX; n *= 2) {
		struct model mo = { .mo_cpus = n, .mo_burst = burst,
			.mo_queues = divisor == 0 ? 1 : n / divisor,
			.mo_policy = policy };

		if (n < least || burst * mo.mo_queues < n)
			continue;
		run(&mo);
		print(&mo);
	}
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:t:n:")) != -1)
		switch (c) {
		case 'c':
			base_cycles = atof(optarg);
			break;
		case 't':
			line_cycles = atof(optarg);
			break;
		case 'n':
			turns = (unsigned)atoi(optarg);
			break;
		default:
			errx(2, "usage: scaling [-c cycles] [-t cycles] "
			    "[-n turns]");
		}
	if (base_cycles <= 0 || line_cycles < 0 || turns == 0)
		errx(2, "cycles and turns must be above 0");
	role_enter(&on_ctl);
	printf(
	    "| CPUs | queues | at each | policy | handed | writes | reads | "
	    "accesses | lines | cycles | gain | of CPUs |\n"
	    "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | "
	    "---: | ---: | ---: |\n");
	cases(1, RIG_BURST, "direct");
	cases(1, 8, "direct");
	cases(4, RIG_BURST, "deferred");
	cases(0, RIG_BURST, "deferred");
	return 0;
}
