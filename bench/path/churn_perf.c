/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What forwarding loses while the control plane is at work.
 *
 * One thread is a router's only CPU and the tester at the far ends of its
 * links; another, on a CPU of its own, is the router's ctl.  The tester sends
 * by the clock: what is due goes into a ring as long as a network card's, and
 * what finds no room there is lost, as it is when a router stands still.  First
 * the highest rate without loss is looked for; then it sends at nine tenths of
 * it, by turns while ctl rests and while
 *
 *	load	  a million routes like the Internet's are added
 *	flap	  routes change their next hop, one batch after the other
 *	link	  the link under half of them goes down and up, over and over
 *	show	  everything that "spate show" knows is shown
 *	withdraw  all of them are deleted
 *
 * Destinations are such that the link that goes down is not theirs, and are
 * covered by a default route when theirs is withdrawn: all of them are to
 * arrive.  A round's time is that from one clock reading to the next.
 *
 * usage: churn [-r routes] [-n turns] [-s ms of a search's trial]
 *	[-m Mpps, instead of a search] [-k kind[,kind]...]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench.h"
#include "churn.h"
#include "ctl/show.h"
#include "route/neigh.h"
#include "route/route.h"

#define TURNS	 5
#define NHOPS	 500
#define BATCH	 1024 /* routes in one change, as of "spate route -b" */
#define FLAPS	 100 /* batches */
#define LINKS	 20 /* times down and up */
#define LINK_NS	 (20 * NS_MS)
#define SHARE	 0.9 /* of the rate without loss */
#define STEPS	 8 /* of the search */
#define TRIES	 10 /* of a rate: others may have the CPU for a moment */

struct bench {
	struct churn b_churn;
	struct bgp_route *b_bgp;
	unsigned b_routes, b_turns, b_search;
	unsigned b_flap; /* batches, so far */
	double b_rate; /* sent at; 0: a search finds it */
	const char *b_kinds; /* NULL: all */
};

/* Route i is by way of this; other: of another gateway there. */
static struct nhop ON_CTL
gateway(const struct bench *b, unsigned i, bool other)
{
	unsigned n = b->b_bgp[i].br_nhop + other;

	return churn_gateway(&b->b_churn, n % 2, n / 2 % (NHOPS / 2));
}

static void ON_CTL
add(struct bench *b, unsigned i)
{
	struct nhop nh = gateway(b, i, false);

	if (route_add(b->b_churn.ch_router->sp_ctl, 0,
		&b->b_bgp[i].br_prefix, RP_STATIC, 0, &nh) != 0)
		errx(1, "a route is refused");
}

static void ON_CTL
withdraw(struct bench *b, unsigned i)
{
	if (route_unset(b->b_churn.ch_router->sp_ctl, 0,
		&b->b_bgp[i].br_prefix, RP_STATIC) != 0)
		errx(1, "a route is not there");
}

/* Half of what flaps has another next hop of the same interface, then again. */
static void ON_CTL
flap(struct bench *b, unsigned i)
{
	struct nhop nh = gateway(b, i, false);

	nh.nh_gw.a_v4 ^= b->b_flap / FLAPS % 2;
	if (route_set(b->b_churn.ch_router->sp_ctl, 0,
		&b->b_bgp[i].br_prefix, RP_STATIC, 0, &nh, 1) != 0)
		errx(1, "a route is refused");
}

/* All routes from first to end, as many at once as a user's command. */
static void ON_CTL
batches(struct bench *b, void (*change)(struct bench *, unsigned),
    unsigned first, unsigned end)
{
	unsigned i, n;

	for (i = first; i < end; i += n) {
		for (n = 0; n < BATCH && i + n < end; n++)
			change(b, i + n);
		churn_publish(&b->b_churn);
	}
}

static void ON_CTL
do_load(struct bench *b)
{
	batches(b, add, 0, b->b_routes);
}

static void ON_CTL
do_withdraw(struct bench *b)
{
	batches(b, withdraw, 0, b->b_routes);
}

static void ON_CTL
do_flap(struct bench *b)
{
	unsigned at, i;

	for (i = 0; i < FLAPS; i++) {
		at = b->b_flap++ % FLAPS * BATCH % b->b_routes;
		batches(b, flap, at, umin(at + BATCH, b->b_routes));
	}
}

static void ON_CTL
do_link(struct bench *b)
{
	unsigned i;

	for (i = 0; i < 2 * LINKS; i++) {
		churn_link(&b->b_churn, i % 2 != 0);
		churn_rest(&b->b_churn, LINK_NS);
	}
}

/* As the control socket does it: made, written out, let go. */
static void ON_CTL
show_one(struct bench *b, const char *what)
{
	json_t *j = show(b->b_churn.ch_router->sp_ctl, what);
	char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;

	if (text == NULL)
		errx(1, "nothing to show of %s", what);
	free(text);
	json_decref(j);
	churn_rest(&b->b_churn, 0);
}

static void ON_CTL
do_show(struct bench *b)
{
	char names[400], *rest, *name;

	snprintf(names, sizeof(names), "%s", show_names());
	for (name = strtok_r(names, ", ", &rest); name != NULL;
	     name = strtok_r(NULL, ", ", &rest))
		if (strcmp(name, "config") != 0 && strcmp(name, "changes") != 0)
			show_one(b, name);
}

static const struct kind {
	const char *name;
	void (*fn)(struct bench *) TSA(requires_capability(on_ctl));
	const char *what;
} kinds[] = {
	{ "load", do_load, "routes are loaded" },
	{ "flap", do_flap, "routes flap" },
	{ "link", do_link, "the link under half of them flaps" },
	{ "show", do_show, "everything is shown" },
	{ "withdraw", do_withdraw, "they are withdrawn" },
};

/* What came of a kind's turns. */
struct found {
	double fo_lost[2][64]; /* ppm; at rest, at work */
	double fo_longest[2]; /* us */
	double fo_took; /* s, the last turn */
};

static void ON_CTL
turn(struct bench *b, const struct kind *k, struct found *fo, unsigned i)
{
	struct churn_count cc;
	uint64_t began;

	churn_begin(&b->b_churn, b->b_rate);
	began = bench_ns();
	k->fn(b);
	fo->fo_took = (double)(bench_ns() - began) / NS_S;
	churn_end(&b->b_churn, &cc);
	fo->fo_lost[1][i] = churn_lost(&cc);
	fo->fo_longest[1] = cc.cc_longest > fo->fo_longest[1] ?
	    cc.cc_longest : fo->fo_longest[1];

	churn_begin(&b->b_churn, b->b_rate);
	churn_rest(&b->b_churn, (uint64_t)(fo->fo_took * NS_S));
	churn_end(&b->b_churn, &cc);
	fo->fo_lost[0][i] = churn_lost(&cc);
	fo->fo_longest[0] = cc.cc_longest > fo->fo_longest[0] ?
	    cc.cc_longest : fo->fo_longest[0];
}

static void
tell(const struct bench *b, const struct kind *k, struct found *fo)
{
	struct bench_row br = { .br_bench = "path/churn", .br_what = k->what,
		.br_unit = "ppm lost", .br_peername = "at rest",
		.br_goalis = BENCH_NO_MORE };

	br.br_spate = bench_figure(fo->fo_lost[1], b->b_turns);
	br.br_peer = bench_figure(fo->fo_lost[0], b->b_turns);
	bench_row(&br);
	printf("  %-9s %7.2f  %9.1f %9.1f  %9.1f %9.1f  %8.0f %8.0f  %s\n",
	    k->name, fo->fo_took, br.br_spate.bf_median, br.br_spate.bf_max,
	    br.br_peer.bf_median, br.br_peer.bf_max, fo->fo_longest[1],
	    fo->fo_longest[0], bench_met(&br) ? "met" : "not met");
}

static bool ON_CTL
lossless(struct bench *b, double rate)
{
	struct churn_count cc;
	unsigned i;

	for (i = 0; i < TRIES; i++) {
		churn_begin(&b->b_churn, rate);
		churn_rest(&b->b_churn, b->b_search * NS_MS);
		churn_end(&b->b_churn, &cc);
		/* It must have had its CPU nearly all the time. */
		if (cc.cc_sent == cc.cc_came &&
		    (double)cc.cc_sent > rate * b->b_search / 1e3 * SHARE)
			return true;
	}
	return false;
}

static double ON_CTL
search(struct bench *b)
{
	double low = 0, high = 40e6, rate;
	unsigned i;

	for (i = 0; i < STEPS; i++) {
		rate = (low + high) / 2;
		if (lossless(b, rate))
			low = rate;
		else
			high = rate;
	}
	if (low == 0) {
		warnx("no rate was without loss; this one is the least tried");
		low = rate;
	}
	return low;
}

/* Whether this kind's turns are wanted; others only do what they do. */
static bool
wanted(const struct bench *b, const struct kind *k)
{
	size_t len = strlen(k->name);
	const char *at = b->b_kinds;

	for (; at != NULL && *at != '\0';
	     at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == len && strncmp(at, k->name, len) == 0)
			return true;
	return b->b_kinds == NULL;
}

static void ON_CTL
measure(struct bench *b)
{
	static struct found found[countof(kinds)];
	unsigned i, k;

	for (i = 0; i < b->b_turns; i++)
		for (k = 0; k < countof(kinds); k++)
			if (wanted(b, &kinds[k]))
				turn(b, &kinds[k], &found[k], i);
			else if (kinds[k].fn == do_load ||
			    kinds[k].fn == do_withdraw)
				kinds[k].fn(b);
	printf("  %-9s %7s  %19s  %19s  %17s\n", "", "", "lost at work, ppm",
	    "lost at rest, ppm", "longest round, us");
	printf("  %-9s %7s  %9s %9s  %9s %9s  %8s %8s\n", "", "s", "median",
	    "most", "median", "most", "at work", "at rest");
	for (k = 0; k < countof(kinds); k++)
		if (wanted(b, &kinds[k]))
			tell(b, &kinds[k], &found[k]);
}

/* Addresses of which all that covers them leads by way of the first link. */
static void ON_CTL
destinations(struct bench *b, struct rnd *rnd)
{
	uint32_t *dst = calloc(CHURN_DSTS, sizeof(*dst));
	unsigned n;

	if (dst == NULL)
		errx(1, "no memory");
	do_load(b);
	for (n = 0; n < CHURN_DSTS;) {
		const struct bgp_route *br =
		    &b->b_bgp[rnd_below(rnd, b->b_routes)];
		struct addr a = bgp_host(&br->br_prefix, rnd);

		/* Nor are there hosts in 0/8, 127/8 and from 224/3 on. */
		if (a.a_v4 >> 24 != 0 && a.a_v4 >> 24 != 127 &&
		    a.a_v4 < 0xe0000000 && churn_first(&b->b_churn, &a))
			dst[n++] = a.a_v4;
	}
	churn_load(&b->b_churn, dst);
	free(dst);
}

static void ON_CTL
run(struct bench *b)
{
	struct rnd rnd;

	rnd_seed(&rnd, 1);
	b->b_bgp = bgp_make(ADDR_V4, b->b_routes, NHOPS, &rnd);
	churn_create(&b->b_churn, 1, NHOPS / 2);
	destinations(b, &rnd);
	churn_start(&b->b_churn);
	printf("churn: %u routes, %u destinations, one CPU; ", b->b_routes,
	    CHURN_DSTS);
	if (b->b_rate > 0) {
		printf("%.2f Mpps\n", b->b_rate / 1e6);
	} else {
		b->b_rate = SHARE * search(b);
		printf("%.2f Mpps, 0.9 of the rate without loss\n",
		    b->b_rate / 1e6);
	}
	do_withdraw(b);
	measure(b);
	churn_destroy(&b->b_churn);
	free(b->b_bgp);
}

int
main(int argc, char **argv)
{
	static struct bench b = { .b_routes = 1000000, .b_turns = TURNS,
		.b_search = 100 };
	int ch;

	role_enter(&on_ctl);
	while ((ch = getopt(argc, argv, "k:m:n:r:s:")) != -1)
		switch (ch) {
		case 'k':
			b.b_kinds = optarg;
			break;
		case 'm':
			b.b_rate = atof(optarg) * 1e6;
			break;
		case 'n':
			b.b_turns = (unsigned)atoi(optarg);
			break;
		case 'r':
			b.b_routes = (unsigned)atoi(optarg);
			break;
		case 's':
			b.b_search = (unsigned)atoi(optarg);
			break;
		default:
			errx(2,
			    "usage: churn [-r routes] [-n turns] [-s ms] "
			    "[-m Mpps] [-k kind,...]");
		}
	if (b.b_turns < 1 || !(b.b_rate >= 0) ||
	    b.b_turns > countof(((struct found *)0)->fo_lost[0]) ||
	    b.b_routes < 1)
		errx(2, "1 to 64 turns, and at least a route");
	run(&b);
	return 0;
}
