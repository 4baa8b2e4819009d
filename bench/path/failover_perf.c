/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long after Spate knows of a link's death all routes avoid it.
 *
 * A router's CPUs forward (-l M packets a second) while a million routes like
 * the Internet's (-r) lead by groups of two next hops each, one of each of two
 * links: all by one group, then by 256.  The second link dies, as a driver
 * tells of it, over and over (-n).  Of each CPU are noted, from the moment that
 * ctl is told,
 *
 *	last	when the last packet left by the dead link
 *	moved	when the first packet that went by it left by the other one
 *
 * and of ctl how long it took to tell the CPUs.  Then all routes lead by single
 * next hops of the second link: packets are refused from "last" on.
 *
 * usage: failover [-r routes] [-n deaths] [-l Mpps] [-c CPUs]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench.h"
#include "base/bytes.h"
#include "churn.h"
#include "route/route.h"

#define DEATHS	 40
#define MOST	 1000
#define CPUS	 2
#define REST_NS	 (20 * NS_MS) /* between a death and the next change */
#define GATEWAYS 256
#define GOAL	 1000 /* us */

struct bench {
	struct churn b_churn;
	struct bgp_route *b_bgp;
	uint8_t *b_owner; /* of destinations */
	/* [o] the thread's */
	uint8_t b_by[CHURN_DSTS]; /* link that its packets took before */
	_Atomic bool b_dying; /* the second link is, or is dead */
	_Atomic uint64_t b_last[CPU_MAX], b_moved[CPU_MAX]; /* 0: not yet */
	unsigned b_routes, b_deaths, b_ncpus;
	double b_rate;
};

/* us, of all CPUs and deaths. */
struct found {
	double fo_last[MOST * CPUS], fo_moved[MOST * CPUS], fo_told[MOST];
	unsigned fo_nlast, fo_nmoved, fo_ntold;
};

static void
seen(void *arg, unsigned link, const uint8_t *frame)
{
	struct bench *b = arg;
	unsigned dst = ld16be(frame + 18) % CHURN_DSTS, cpu = b->b_owner[dst];

	if (!atomic_load_explicit(&b->b_dying, memory_order_acquire))
		b->b_by[dst] = (uint8_t)link;
	else if (link == 1)
		atomic_store_explicit(&b->b_last[cpu], bench_ns(),
		    memory_order_relaxed);
	else if (b->b_by[dst] == 1 &&
	    atomic_load_explicit(&b->b_moved[cpu], memory_order_relaxed) == 0)
		atomic_store_explicit(&b->b_moved[cpu], bench_ns(),
		    memory_order_relaxed);
}

/* All routes by so many groups; 0: by the second link alone. */
static void ON_CTL
routes(struct bench *b, unsigned groups)
{
	struct ctl *ctl = b->b_churn.ch_router->sp_ctl;
	unsigned i, gw, n = groups > 0 ? 2 : 1;

	for (i = 0; i < b->b_routes; i++) {
		struct nhop nh[2];

		gw = groups > 0 ? i % groups : i % GATEWAYS;
		nh[0] = churn_gateway(&b->b_churn, 1, gw);
		nh[1] = churn_gateway(&b->b_churn, 0, gw);
		if (route_set(ctl, 0, &b->b_bgp[i].br_prefix, RP_STATIC, 0,
			nh, n) != 0)
			errx(1, "a route is refused");
	}
	churn_publish(&b->b_churn);
	churn_rest(&b->b_churn, REST_NS);
}

/* As ctl/link.c does when a driver tells of it; us that it took. */
static double ON_CTL
link_set(struct bench *b, bool up)
{
	struct ctl *ctl = b->b_churn.ch_router->sp_ctl;
	uint64_t began = bench_ns();

	if_link_set(b->b_churn.ch_via[1], up ? IFL_UP : IFL_DOWN);
	if_follow(ctl);
	nhop_links(ctl);
	return (double)(bench_ns() - began) / 1e3;
}

static void
note(double *v, unsigned *n, uint64_t at, uint64_t began)
{
	if (at != 0)
		v[(*n)++] = at > began ? (double)(at - began) / 1e3 : 0;
}

static void ON_CTL
death(struct bench *b, struct found *fo)
{
	uint64_t began;
	unsigned i;

	for (i = 0; i < b->b_ncpus; i++) {
		atomic_store(&b->b_last[i], 0);
		atomic_store(&b->b_moved[i], 0);
	}
	atomic_store(&b->b_dying, true);
	began = bench_ns();
	fo->fo_told[fo->fo_ntold++] = link_set(b, false);
	churn_rest(&b->b_churn, REST_NS);
	for (i = 0; i < b->b_ncpus; i++) {
		note(fo->fo_last, &fo->fo_nlast, atomic_load(&b->b_last[i]),
		    began);
		note(fo->fo_moved, &fo->fo_nmoved,
		    atomic_load(&b->b_moved[i]), began);
	}
	link_set(b, true);
	churn_rest(&b->b_churn, REST_NS);
	atomic_store(&b->b_dying, false);
	churn_rest(&b->b_churn, REST_NS);
}

static void
tell(const char *routes, const char *what, double *v, unsigned n, bool isgoal)
{
	char name[80];
	struct bench_row br = { .br_bench = "path/failover", .br_what = name,
		.br_unit = "us", .br_spate = bench_figure(v, n),
		.br_goalis = isgoal ? BENCH_AT_MOST : BENCH_NONE,
		.br_goal = GOAL };

	if (n == 0)
		return;
	snprintf(name, sizeof(name), "%s: %s", routes, what);
	printf("  %-52s %8.1f %8.1f  %u%s\n", name, br.br_spate.bf_median,
	    br.br_spate.bf_max, n, !isgoal ? "" : bench_met(&br) ?
	    ", met" : ", not met");
	bench_row(&br);
}

static void ON_CTL
measure(struct bench *b, const char *what, unsigned groups)
{
	static struct found fo;
	unsigned i;

	fo.fo_nlast = fo.fo_nmoved = fo.fo_ntold = 0;
	routes(b, groups);
	/* Until it is known of each destination which way it takes. */
	churn_rest(&b->b_churn, (uint64_t)(2 * CHURN_DSTS / b->b_rate * NS_S));
	for (i = 0; i < b->b_deaths; i++)
		death(b, &fo);
	tell(what, "ctl has told", fo.fo_told, fo.fo_ntold, true);
	tell(what, "last packet by it", fo.fo_last, fo.fo_nlast, true);
	tell(what, "first by the other", fo.fo_moved, fo.fo_nmoved, true);
	if (groups > 0 && fo.fo_nmoved < b->b_deaths)
		warnx("after %u deaths of %u a CPU's packets were not seen by "
		      "the other link", b->b_deaths * b->b_ncpus -
		    fo.fo_nmoved, b->b_deaths * b->b_ncpus);
}

/* Addresses in them. */
static void ON_CTL
destinations(struct bench *b, struct rnd *rnd)
{
	uint32_t *dst = calloc(CHURN_DSTS, sizeof(*dst));
	unsigned n = 0;

	if (dst == NULL)
		errx(1, "no memory");
	while (n < CHURN_DSTS) {
		const struct bgp_route *br =
		    &b->b_bgp[rnd_below(rnd, b->b_routes)];
		struct addr a = bgp_host(&br->br_prefix, rnd);

		/* There are no hosts in 0/8, 127/8 and from 224/3 on. */
		if (a.a_v4 >> 24 != 0 && a.a_v4 >> 24 != 127 &&
		    a.a_v4 < 0xe0000000)
			dst[n++] = a.a_v4;
	}
	churn_load(&b->b_churn, dst);
	free(dst);
}

static void ON_CTL
run(struct bench *b)
{
	struct churn_count cc;
	struct rnd rnd;

	rnd_seed(&rnd, 1);
	b->b_bgp = bgp_make(ADDR_V4, b->b_routes, GATEWAYS, &rnd);
	b->b_owner = calloc(CHURN_DSTS, 1);
	if (b->b_owner == NULL)
		errx(1, "no memory");
	churn_create(&b->b_churn, b->b_ncpus, GATEWAYS);
	destinations(b, &rnd);
	churn_owners(&b->b_churn, b->b_owner);
	b->b_churn.ch_seen = seen;
	b->b_churn.ch_arg = b;
	churn_start(&b->b_churn);
	churn_begin(&b->b_churn, b->b_rate);
	printf("failover: %u routes, %u CPUs, %.1f Mpps; us after the link's "
	       "death is known\n  %-52s %8s %8s\n", b->b_routes, b->b_ncpus,
	    b->b_rate / 1e6, "", "median", "worst");
	measure(b, "one group", 1);
	measure(b, "256 groups", GATEWAYS);
	measure(b, "no other way", 0);
	churn_end(&b->b_churn, &cc);
	churn_destroy(&b->b_churn);
	free(b->b_bgp);
	free(b->b_owner);
}

int
main(int argc, char **argv)
{
	static struct bench b = { .b_routes = 1000000, .b_deaths = DEATHS,
		.b_ncpus = CPUS, .b_rate = 4e6 };
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "c:l:n:r:")) != -1)
		switch (ch) {
		case 'c':
			b.b_ncpus = (unsigned)atoi(optarg);
			break;
		case 'l':
			b.b_rate = atof(optarg) * 1e6;
			break;
		case 'n':
			b.b_deaths = (unsigned)atoi(optarg);
			break;
		case 'r':
			b.b_routes = (unsigned)atoi(optarg);
			break;
		default:
			errx(2,
			    "usage: failover [-r routes] [-n deaths] "
			    "[-l Mpps] [-c CPUs]");
		}
	if (b.b_deaths < 1 || b.b_deaths > MOST || b.b_routes < 1 ||
	    b.b_ncpus < 1 || b.b_ncpus > CPUS || !(b.b_rate > 0))
		errx(2, "1 to %u deaths, 1 to %u CPUs, a rate and a route",
		    MOST, CPUS);
	run(&b);
	return 0;
}
