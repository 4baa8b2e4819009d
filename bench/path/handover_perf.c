/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs that a CPU other than the one that received a packet forwards
 * it: net.isr.dispatch = deferred, one receive queue, all flows owned by the
 * other CPU.
 *
 * Cycles of both CPUs' rounds for each packet, less those of one CPU that does
 * it all (direct), is the hand-over: two more stages, the rings, the buffer's
 * way back to its pool, and the lines of packet and header that move from one
 * CPU's cache to the other's.  Rounds that found nothing to do do not count.
 * Beside it a bare SPSC ring between the same two threads, in bursts of as
 * many: with nothing in its entries, and with 64 bytes of each written on one
 * side and read on the other.  There, too, only calls count that moved
 * something.
 *
 * usage: handover [-n packets] [-b brackets]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench.h"
#include "base/bytes.h"
#include "base/cycles.h"
#include "cpu/ring.h"
#include "duo.h"
#include "path.h"
#include "rig.h"

#define BRACKETS_MAX 10000
#define FLIGHT	     512 /* packets on their way, at most */
#define RING_SIZE    1024 /* and buffers */

enum {
	DIRECT, /* one CPU */
	DEFERRED, /* both CPUs, summed */
	HANDOVER, /* DEFERRED - DIRECT */
	RING_BARE,
	RING_BYTES,
	KINDS
};

static const char *const kind_names[KINDS] = {
	"direct, one CPU",
	"deferred, both CPUs",
	"hand-over",
	"bare ring, pointers",
	"bare ring, 64 bytes each",
};

struct bench {
	struct rig b_rig;
	struct ring *b_ring;
	uint64_t b_packets; /* to do */
	bool b_bytes; /* of the bare ring */
	alignas(CACHELINE) _Atomic uint64_t b_sent;
	uint64_t b_took0; /* cycles */
	alignas(CACHELINE) _Atomic uint64_t b_got;
	uint64_t b_took1;
	uint8_t b_buf[RING_SIZE][MBUF_SIZE]; /* apart as packets are */
};

static void
direct(void *arg)
{
	struct bench *b = arg;
	uint64_t n = 0;

	b->b_took0 = b->b_took1 = 0;
	while (n < b->b_packets) {
		rig_offer(&b->b_rig, 0, 1, RIG_BURST);
		b->b_took0 += rig_round(&b->b_rig, 0);
		n += rig_collect(&b->b_rig, 1);
	}
	b->b_packets = n;
}

/* Offers no more than are collected in time: nothing is lost. */
static void
receiver(void *arg)
{
	struct bench *b = arg;

	while (b->b_sent < b->b_packets) {
		if (b->b_sent - b->b_got > FLIGHT - RIG_BURST) {
			rig_round(&b->b_rig, 0); /* buffers come home */
			continue;
		}
		rig_offer(&b->b_rig, 0, 1, RIG_BURST);
		b->b_took0 += rig_round(&b->b_rig, 0);
		b->b_sent += RIG_BURST;
	}
	while (b->b_got < b->b_sent)
		rig_round(&b->b_rig, 0);
}

static void
forwarder(void *arg)
{
	struct bench *b = arg;
	const struct cpu *c = b->b_rig.r_router->sp_cpu[1];
	uint64_t took, before;

	while (b->b_got < b->b_packets) {
		before = path_taken(c, 0);
		took = rig_round(&b->b_rig, 1);
		if (path_taken(c, 0) != before)
			b->b_took1 += took;
		b->b_got += rig_collect(&b->b_rig, 1);
	}
}

static void
putter(void *arg)
{
	struct bench *b = arg;
	void *v[RIG_BURST];
	unsigned i, n, slot = 0;
	uint64_t began;

	while (b->b_sent < b->b_packets) {
		if (b->b_sent - b->b_got > FLIGHT - RIG_BURST)
			continue;
		began = cycles();
		for (i = 0; i < RIG_BURST; i++) {
			v[i] = b->b_buf[slot++ % RING_SIZE];
			if (b->b_bytes)
				memset(v[i], (int)slot, CACHELINE);
		}
		n = ring_put(b->b_ring, v, RIG_BURST);
		b->b_took0 += cycles() - began;
		b->b_sent += n;
	}
}

static uint64_t
sum_of(const uint8_t *p)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < CACHELINE; i += 8)
		sum += ld64be(p + i);
	return sum;
}

static void
getter(void *arg)
{
	struct bench *b = arg;
	volatile uint64_t sink;
	uint64_t began, sum = 0;
	void *v[RIG_BURST];
	unsigned i, n;

	while (b->b_got < b->b_packets) {
		began = cycles();
		if ((n = ring_get(b->b_ring, v, RIG_BURST)) == 0)
			continue;
		for (i = 0; b->b_bytes && i < n; i++)
			sum += sum_of(v[i]);
		b->b_took1 += cycles() - began;
		b->b_got += n;
	}
	sink = sum;
	(void)sink;
}

/* Cycles of both threads for each packet. */
static double
together(struct bench *b, struct duo *du, duo_fn *first, duo_fn *second)
{
	b->b_sent = b->b_got = b->b_took0 = b->b_took1 = 0;
	duo_run(du, first, b, second, b);
	return (double)(b->b_took0 + b->b_took1) / (double)b->b_packets;
}

static void ON_CTL
measure(struct bench *b, struct duo *du, uint64_t packets, double *took)
{
	b->b_packets = packets / RIG_BURST * RIG_BURST;
	rig_set(&b->b_rig, "net.isr.dispatch", "direct");
	took[DIRECT] = together(b, du, direct, NULL);
	b->b_packets = packets / RIG_BURST * RIG_BURST;
	rig_set(&b->b_rig, "net.isr.dispatch", "deferred");
	took[DEFERRED] = together(b, du, receiver, forwarder);
	took[HANDOVER] = took[DEFERRED] - took[DIRECT];
	b->b_bytes = false;
	took[RING_BARE] = together(b, du, putter, getter);
	b->b_bytes = true;
	took[RING_BYTES] = together(b, du, putter, getter);
}

static double all[DISTANCES][KINDS][BRACKETS_MAX];

static void
report(enum distance where, unsigned n)
{
	double ring = 0, hand = 0, one;
	unsigned k;

	printf("  %s, %u brackets\n", distance_names[where], n);
	for (k = 0; k < KINDS && n > 0; k++) {
		one = median(all[where][k], n);
		printf("    %-26s %7.1f cycles/packet\n", kind_names[k], one);
		if (k == HANDOVER)
			hand = one;
		if (k == RING_BYTES)
			ring = one;
	}
	if (n > 0)
		printf("    hand-over / bare ring with 64 bytes %.2f\n",
		    hand / ring);
}

int
main(int argc, char **argv)
{
	unsigned n[DISTANCES] = { 0 }, brackets = 400, flips = 0, i, k;
	static struct bench b;
	uint64_t packets = 8192;
	enum distance where;
	double took[KINDS];
	struct duo *du;
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "n:b:")) != -1)
		if (ch == 'n')
			packets = strtoull(optarg, NULL, 10);
		else if (ch == 'b')
			brackets = (unsigned)atoi(optarg);
		else
			errx(2, "usage: handover [-n packets] [-b brackets]");
	if (brackets < 1 || brackets > BRACKETS_MAX || packets < RIG_BURST)
		errx(2, "brackets: 1 to %u; packets: from %u", BRACKETS_MAX,
		    RIG_BURST);
	if ((b.b_ring = ring_create(RING_SIZE)) == NULL)
		errx(1, "no memory");
	rig_create(&b.b_rig, 2, 1, false, true);
	du = duo_create();
	printf("hand-over of 64-byte frames, deferred, bursts of %u\n",
	    RIG_BURST);
	for (i = 0; i < brackets; i++) {
		where = duo_distance(du);
		measure(&b, du, packets, took);
		if (duo_distance(du) != where) {
			flips++;
			continue;
		}
		for (k = 0; k < KINDS; k++)
			all[where][k][n[where]] = took[k];
		n[where]++;
	}
	for (where = 0; where < DISTANCES; where++)
		report(where, n[where]);
	printf("  %u brackets thrown away: the machine moved\n", flips);
	duo_destroy(du);
	ring_destroy(b.b_ring);
	rig_destroy(&b.b_rig);
	return 0;
}
