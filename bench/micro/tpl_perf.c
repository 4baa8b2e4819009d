/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles that templates take for a packet.
 *
 *	tpl_perf [-n packets]
 *
 * Fills and stamps bursts of 32 into 512 buffers, which is what a driver's
 * ring keeps in the caches, again and again; prints for each template the
 * least that a bracket of 64 bursts took, per packet, in cycles of the
 * machine's counter and in nanoseconds, and the median.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cycles.h"
#include "base/kassert.h"
#include "gen/tpl.h"

#define NBUF	512u
#define BUFLEN	2048u
#define BRACKET 64u

static uint8_t *pool;

static const struct tpl_vary four[] = {
	{ .tv_field = TPL_F_SRC, .tv_from = { 0, 0x0a000001 },
	    .tv_to = { 0, 0x0a0003e8 } },
	{ .tv_field = TPL_F_DST,
	    .tv_from = { 0, 0x0a010001 },
	    .tv_to = { 0, 0x0a01ffff },
	    .tv_op = TPL_RANDOM },
	{ .tv_field = TPL_F_SPORT,
	    .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 },
	    .tv_step = { 0, 3 } },
	{ .tv_field = TPL_F_DPORT,
	    .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 } },
};

static const struct tpl_vary counting[] = {
	{ .tv_field = TPL_F_SRC, .tv_from = { 0, 0x0a000001 },
	    .tv_to = { 0, 0x0a0003e8 } },
	{ .tv_field = TPL_F_DST,
	    .tv_from = { 0, 0x0a010001 },
	    .tv_to = { 0, 0x0a01ffff } },
	{ .tv_field = TPL_F_SPORT,
	    .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 },
	    .tv_step = { 0, 3 } },
	{ .tv_field = TPL_F_DPORT,
	    .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 } },
};

static const struct tpl_vary drawn[] = {
	{ .tv_field = TPL_F_SRC, .tv_from = { 0, 0x0a000001 },
	    .tv_to = { 0, 0x0a0003e8 }, .tv_op = TPL_RANDOM },
	{ .tv_field = TPL_F_DST, .tv_from = { 0, 0x0a010001 },
	    .tv_to = { 0, 0x0a01ffff }, .tv_op = TPL_RANDOM },
	{ .tv_field = TPL_F_SPORT, .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 }, .tv_op = TPL_RANDOM },
	{ .tv_field = TPL_F_DPORT, .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 }, .tv_op = TPL_RANDOM },
};

static const struct tpl_vary four6[] = {
	{ .tv_field = TPL_F_SRC, .tv_from = { 1, 1 }, .tv_to = { 1, 1000 } },
	{ .tv_field = TPL_F_DST, .tv_from = { 2, 1 }, .tv_to = { 2, 65535 } },
	{ .tv_field = TPL_F_SPORT, .tv_from = { 0, 1024 },
	    .tv_to = { 0, 65535 }, .tv_step = { 0, 3 } },
	{ .tv_field = TPL_F_LABEL, .tv_to = { 0, 0xfffff } },
};

static const struct {
	const char *name;
	const char *sizes;
	const struct tpl_vary *vary;
	unsigned nvary;
	bool v6;
	uint32_t flows;
} cases[] = {
	{ "64 bytes, nothing varies", "64", NULL, 0, false, 1 },
	{ "64 bytes, 1000 flows", "64", NULL, 0, false, 1000 },
	{ "64 bytes, four fields", "64", four, 4, false, 1000 },
	{ "64 bytes, four that count", "64", counting, 4, false, 1000 },
	{ "64 bytes, four drawn", "64", drawn, 4, false, 1000 },
	{ "84 bytes, four of IPv6", "84", four6, 4, true, 1000 },
	{ "128 bytes, four fields", "128", four, 4, false, 1000 },
	{ "imix, four fields", "imix", four, 4, false, 1000 },
	{ "1518 bytes, four fields", "1518", four, 4, false, 1000 },
};

static struct tpl *
make(unsigned which)
{
	struct tpl_conf tc = { .tc_src = addr_v4(1), .tc_dst = addr_v4(2) };
	char err[TPL_ERRLEN];
	struct tpl *tp;

	if (cases[which].v6) {
		tc.tc_src = addr_v6((struct in6){ 1, 1 });
		tc.tc_dst = addr_v6((struct in6){ 2, 1 });
	}
	tc.tc_vary = cases[which].vary;
	tc.tc_nvary = cases[which].nvary;
	tc.tc_flows = cases[which].flows;
	if (sizes_parse(&tc.tc_sizes, cases[which].sizes, err, sizeof(err)) !=
		0 ||
	    tpl_create(&tc, &tp, err, sizeof(err)) != 0)
		panic("%s", err);
	return tp;
}

static void
burst(struct tpl_cursor *cu, unsigned *at, uint64_t ts)
{
	uint8_t *p[TPL_BURST];
	uint32_t len[TPL_BURST];
	uint16_t sigoff[TPL_BURST];
	unsigned i;

	for (i = 0; i < TPL_BURST; i++)
		p[i] = pool + (size_t)(*at + i) % NBUF * BUFLEN;
	*at += TPL_BURST;
	tpl_fill(cu, 4711, p, len, sigoff, TPL_BURST);
	tpl_stamp(p, sigoff, TPL_BURST, 0, ts);
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Nanoseconds of a cycle of the counter. */
static double
cycle_ns(void)
{
	struct timespec a;
	struct timespec b;
	uint64_t c = cycles();

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec <
	    50000000);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 +
		   (double)(b.tv_nsec - a.tv_nsec)) /
	    (double)(cycles() - c);
}

static void
run(unsigned which, unsigned brackets, double ns)
{
	struct tpl *tp = make(which);
	struct tpl_cursor cu;
	double *took;
	unsigned at = 0;
	uint64_t c;
	unsigned b;
	unsigned i;

	if ((took = calloc(brackets, sizeof(*took))) == NULL)
		panic("out of memory");
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	for (b = 0; b < brackets; b++) {
		c = cycles();
		for (i = 0; i < BRACKET; i++)
			burst(&cu, &at, c + i);
		took[b] = (double)(cycles() - c) / (BRACKET * TPL_BURST);
	}
	qsort(took, brackets, sizeof(*took), by_value);
	printf("%-26s %6.1f cycles %6.1f ns a packet   median %6.1f ns\n",
	    cases[which].name, took[0], took[0] * ns,
	    took[brackets / 2] * ns);
	free(took);
	tpl_destroy(tp);
}

int
main(int argc, char **argv)
{
	unsigned packets = 4000000;
	double ns = cycle_ns();
	unsigned i;
	int ch;

	while ((ch = getopt(argc, argv, "n:")) != -1)
		if (ch == 'n')
			packets = (unsigned)atoi(optarg);
		else
			return 1;
	pool = aligned_alloc(CACHELINE, NBUF * BUFLEN);
	if (pool == NULL)
		panic("out of memory");
	memset(pool, 0, NBUF * BUFLEN);
	for (i = 0; i < countof(cases); i++)
		run(i, umax(1, packets / (BRACKET * TPL_BURST)), ns);
	free(pool);
	return 0;
}
