/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What CPUs of one router cost each other when each has its own load: packets
 * that arrive at a CPU, are its own, and leave by it.
 *
 * Each thread runs a CPU of the router and offers and collects what that CPU
 * forwards, first alone, then while the other does the same.  The gain, two
 * CPUs over one, is at most 2; but what the machine gives to two threads that
 * share nothing at all may be less, so the same bracket holds two such
 * routers, of which a CPU each is used, and a loop over private memory.  The
 * figure is the router's gain over theirs.
 *
 * Only cycles of rounds count, not the tester's.  Brackets in which the
 * machine moved its CPUs are thrown away.
 *
 * usage: share [-n packets] [-b brackets]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "base/bytes.h"
#include "base/cycles.h"
#include "base/kassert.h"
#include "duo.h"
#include "rig.h"

#define BRACKETS_MAX 10000

/* One thread's part, however it does it. */
struct part {
	alignas(CACHELINE) struct rig *pa_rig; /* NULL: the bare loop */
	unsigned pa_cpu;
	uint64_t pa_packets; /* to do */
	struct part *pa_other; /* that runs at the same time, or NULL */
	_Atomic bool pa_done;
	double pa_rate; /* packets per cycle */
	uint32_t pa_memory[256][512]; /* half a megabyte, of the bare loop */
};

static unsigned
forward(struct part *pa, uint64_t *took)
{
	rig_offer(pa->pa_rig, pa->pa_cpu, pa->pa_cpu, RIG_BURST);
	*took += rig_round(pa->pa_rig, pa->pa_cpu);
	return rig_collect(pa->pa_rig, pa->pa_cpu);
}

/* As much as forwarding is: read a line of one buffer, write one of another. */
static unsigned
touch(struct part *pa, uint64_t *took)
{
	static const uint32_t odd = 2654435761u;
	uint64_t began = cycles();
	unsigned i, k;

	for (i = 0; i < RIG_BURST; i++) {
		uint32_t *from = pa->pa_memory[i];
		uint32_t *to = pa->pa_memory[128 + i];

		for (k = 0; k < 16; k++)
			to[k] = (to[k] ^ from[k]) * odd;
		from[to[3] % 16] = to[5];
	}
	*took += cycles() - began;
	return RIG_BURST;
}

/* Packets for each cycle. */
static double
some(struct part *pa, uint64_t packets)
{
	uint64_t n = 0, took = 0;
	unsigned got;

	while (n < packets) {
		got = pa->pa_rig != NULL ? forward(pa, &took) :
		    touch(pa, &took);
		if (got == 0)
			errx(1, "the router forwards nothing");
		n += got;
	}
	return (double)n / (double)took;
}

/*
 * Starts with what is not counted, as the CPU may have slept, and goes on
 * until the other is done as well, so that all that counts is together.
 */
static void
part_run(void *arg)
{
	struct part *pa = arg;

	some(pa, pa->pa_packets / 4);
	pa->pa_rate = some(pa, pa->pa_packets);
	pa->pa_done = true;
	while (pa->pa_other != NULL && !pa->pa_other->pa_done)
		some(pa, RIG_BURST);
}

/* Both alone, then together: together over the mean of alone. */
static double
gain(struct duo *du, struct part *pa)
{
	double alone = 0;
	unsigned i;

	for (i = 0; i < 2; i++) {
		pa[i].pa_other = NULL;
		duo_run(du, i == 0 ? part_run : NULL, &pa[0],
		    i == 1 ? part_run : NULL, &pa[1]);
		alone += pa[i].pa_rate / 2;
	}
	for (i = 0; i < 2; i++) {
		pa[i].pa_other = &pa[1 - i];
		pa[i].pa_done = false;
	}
	duo_run(du, part_run, &pa[0], part_run, &pa[1]);
	return (pa[0].pa_rate + pa[1].pa_rate) / alone;
}

enum { ONE_ROUTER, TWO_ROUTERS, BARE, KINDS };

static const char *const kind_names[KINDS] = {
	"one router, two CPUs",
	"a CPU of each of two",
	"bare loops",
};

static struct part parts[KINDS][2];

static double gains[DISTANCES][KINDS][BRACKETS_MAX];
static double over[DISTANCES][KINDS][BRACKETS_MAX]; /* the router over it */

/* All kinds side by side; false if the machine changed in between. */
static bool
bracket(struct duo *du, enum distance *where, double g[KINDS])
{
	unsigned k;

	*where = duo_distance(du);
	for (k = 0; k < KINDS; k++)
		g[k] = gain(du, parts[k]);
	return duo_distance(du) == *where;
}

static void
report(enum distance where, unsigned n)
{
	unsigned k;

	printf("  %s, %u brackets\n", distance_names[where], n);
	for (k = 0; k < KINDS && n > 0; k++) {
		printf("    %-24s two CPUs / one %.3f", kind_names[k],
		    median(gains[where][k], n));
		if (k != ONE_ROUTER)
			printf(", router / this %.3f, goal 0.95",
			    median(over[where][k], n));
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	static struct rig rigs[3];
	unsigned n[DISTANCES] = { 0 }, brackets = 400, flips = 0, b, k;
	uint64_t packets = 8192;
	enum distance where;
	double g[KINDS];
	struct duo *du;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "n:b:")) != -1)
		if (ch == 'n')
			packets = strtoull(optarg, NULL, 10);
		else if (ch == 'b')
			brackets = (unsigned)atoi(optarg);
		else
			errx(2, "usage: share [-n packets] [-b brackets]");
	if (brackets < 1 || brackets > BRACKETS_MAX)
		errx(2, "brackets: 1 to %u", BRACKETS_MAX);
	for (k = 0; k < countof(rigs); k++)
		rig_create(&rigs[k], 2, 2, false, true);
	du = duo_create();
	for (k = 0; k < 2; k++) {
		parts[ONE_ROUTER][k].pa_rig = &rigs[0];
		parts[TWO_ROUTERS][k].pa_rig = &rigs[1 + k];
		parts[ONE_ROUTER][k].pa_cpu = k;
		parts[TWO_ROUTERS][k].pa_cpu = k;
		parts[ONE_ROUTER][k].pa_packets = packets;
		parts[TWO_ROUTERS][k].pa_packets = packets;
		parts[BARE][k].pa_packets = 4 * packets;
	}
	printf("forward IPv4, 64 bytes, pair to pair, each CPU its own load\n");
	for (b = 0; b < brackets; b++) {
		if (!bracket(du, &where, g)) {
			flips++;
			continue;
		}
		for (k = 0; k < KINDS; k++) {
			gains[where][k][n[where]] = g[k];
			over[where][k][n[where]] = g[ONE_ROUTER] / g[k];
		}
		n[where]++;
	}
	for (where = 0; where < DISTANCES; where++)
		report(where, n[where]);
	printf("  %u brackets thrown away: the machine moved\n", flips);
	duo_destroy(du);
	for (k = 0; k < 3; k++)
		rig_destroy(&rigs[k]);
	return 0;
}
