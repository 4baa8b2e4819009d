/* SPDX-License-Identifier: BSD-2-Clause */
#include "fib_peers.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bench.h"
#include "base/bytes.h"
#include "fib_dpdk.h"
#include "route/route_int.h"

#define TURNS	9
#define SPARE	256 /* groups that are nobody's at first */
#define PEERS	2   /* of a family … */
#define WAYS	(2 * PEERS) /* … and each may have two ways to look up */
#define KEY_MAX 64  /* no prefix is longer */
#define HEAP	(2ull << 30) /* room, of which only what is used is there */

struct peer {
	enum dpdk_kind p_kind;
	struct dpdk_table *p_table;
	double p_built; /* ms */
	double p_changed; /* thousand a second */
	double p_read; /* MB that lookups read */
	double p_whole; /* MB with rules and room */
};

/* A way to look up, and what came of it. */
struct way {
	char w_name[32];
	struct peer *w_peer; /* NULL: Spate */
	bool w_vector;
	double w_rate[2][TURNS]; /* M/s: hot, random */
};

struct match {
	const struct fib_side *m_side;
	const void *m_keys; /* as DPDK wants them */
	struct peer m_peer[PEERS];
	unsigned m_npeers;
	struct way m_way[1 + WAYS];
	unsigned m_nways;
};

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Groups of 256 entries below 24 bits: one for each way that goes on. */
static unsigned
groups(const struct fib_side *fs)
{
	uint64_t *way = calloc(fs->fs_n, sizeof(*way));
	unsigned sum = 0, level, i, n;

	if (way == NULL)
		errx(1, "no memory");
	for (level = 24; level < KEY_MAX; level += 8) {
		for (i = n = 0; i < fs->fs_n; i++)
			if (fs->fs_routes[i].br_prefix.p_len > level)
				way[n++] = key_from_addr(&fs->fs_routes[i]
							      .br_prefix.p_addr)
					       .i6_hi >>
				    (64 - level);
		qsort(way, n, sizeof(*way), compare);
		for (i = 0; i < n; i++)
			sum += i == 0 || way[i] != way[i - 1];
	}
	free(way);
	return sum;
}

/*
 * rte_fib6 sets groups aside for each route by itself, unless another one
 * covers it: so many at most.
 */
static unsigned
groups_aside(const struct fib_side *fs)
{
	unsigned sum = 0, i, len;

	for (i = 0; i < fs->fs_n; i++) {
		len = fs->fs_routes[i].br_prefix.p_len;
		sum += len > 24 ? (len - 24 + 7) / 8 : 0;
	}
	return sum;
}

static void
address(const struct prefix *p, uint8_t bytes[static 16])
{
	if (p->p_addr.a_family == ADDR_V4)
		st32be(bytes, p->p_addr.a_v4);
	else
		in6_store(bytes, p->p_addr.a_v6);
}

/* The table is not there; why. */
static void
absent(const struct fib_side *fs, enum dpdk_kind kind, const char *why)
{
	printf("%s is left out: %s\n", dpdk_name(kind), why);
	bench_absent("micro/fib", fs->fs_family == ADDR_V4 ? "IPv4" : "IPv6",
	    dpdk_name(kind), why);
}

/* All routes; false: it cannot hold them, which was said. */
static bool
fill(struct match *m, struct peer *p)
{
	const struct fib_side *fs = m->m_side;
	uint64_t began = bench_cpu_ns();
	char why[100];
	unsigned i;

	for (i = 0; i < fs->fs_n; i++) {
		const struct bgp_route *br = &fs->fs_routes[i];
		uint8_t bytes[16];
		int error;

		address(&br->br_prefix, bytes);
		error = br->br_nhop > dpdk_most_nhop(p->p_kind) ? ERANGE :
		    dpdk_add(p->p_table, bytes, br->br_prefix.p_len,
			br->br_nhop);
		if (error == 0)
			continue;
		snprintf(why, sizeof(why), "route %u of %u: %s", i + 1,
		    fs->fs_n, strerror(error));
		absent(fs, p->p_kind, why);
		dpdk_destroy(p->p_table);
		return false;
	}
	p->p_built = (double)(bench_cpu_ns() - began) / NS_MS;
	p->p_whole = (double)dpdk_memory(p->p_table) / 1e6;
	return true;
}

static void
way_add(struct match *m, struct peer *p, bool vector)
{
	struct way *w = &m->m_way[m->m_nways++];

	w->w_peer = p;
	w->w_vector = vector;
	snprintf(w->w_name, sizeof(w->w_name), "%s%s",
	    p == NULL ? "Spate" : dpdk_name(p->p_kind),
	    vector ? ", AVX-512" : "");
}

static void
join(struct match *m, enum dpdk_kind kind)
{
	const struct fib_side *fs = m->m_side;
	struct peer *p = &m->m_peer[m->m_npeers];
	unsigned used = groups(fs);
	unsigned room =
	    (kind == DPDK_FIB6 ? groups_aside(fs) : used) + SPARE;

	p->p_kind = kind;
	p->p_read = (double)dpdk_lookup_memory(kind, used, room) / 1e6;
	p->p_table = dpdk_create(kind, fs->fs_n, room);
	if (p->p_table == NULL) {
		absent(fs, kind, dpdk_error());
		return;
	}
	if (!fill(m, p))
		return;
	m->m_npeers++;
	way_add(m, p, false);
	if (dpdk_vector(p->p_table, true))
		way_add(m, p, true);
}

/* All give the same answers. */
static void
agree(const struct match *m, const struct way *w)
{
	const struct fib_side *fs = m->m_side;
	uint32_t *nh = calloc(fs->fs_nkeys, sizeof(*nh));
	unsigned i;

	if (nh == NULL)
		errx(1, "no memory");
	dpdk_vector(w->w_peer->p_table, w->w_vector);
	dpdk_lookup(w->w_peer->p_table, m->m_keys, nh, fs->fs_nkeys);
	for (i = 0; i < fs->fs_nkeys; i++)
		if (nh[i] != fs->fs_lookup(fs->fs_arg, i))
			errx(1, "%s finds next hop %u for address %u, not %u",
			    w->w_name, nh[i], i,
			    fs->fs_lookup(fs->fs_arg, i));
	free(nh);
}

/* M/s of fs_lookups over the first n keys. */
static double
turn(const struct match *m, const struct way *w, unsigned n)
{
	static volatile uint32_t sink;
	const struct fib_side *fs = m->m_side;
	uint64_t began;
	unsigned i;

	if (w->w_peer != NULL)
		dpdk_vector(w->w_peer->p_table, w->w_vector);
	began = bench_cpu_ns();
	if (w->w_peer == NULL)
		for (i = 0; i < fs->fs_lookups; i += DPDK_BATCH)
			fs->fs_run(fs->fs_arg, i % n);
	else
		for (i = 0; i < fs->fs_lookups; i += n)
			sink = sink + dpdk_run(w->w_peer->p_table, m->m_keys,
			    umin(n, fs->fs_lookups - i));
	return fs->fs_lookups * 1e3 / (double)(bench_cpu_ns() - began);
}

static void
lookups(struct match *m)
{
	unsigned i, k;

	for (k = 0; k < m->m_nways; k++)
		if (m->m_way[k].w_peer != NULL)
			agree(m, &m->m_way[k]);
	for (i = 0; i < TURNS; i++)
		for (k = 0; k < m->m_nways; k++) {
			struct way *w = &m->m_way[k];

			w->w_rate[0][i] = turn(m, w, m->m_side->fs_nhot);
			w->w_rate[1][i] = turn(m, w, m->m_side->fs_nkeys);
		}
}

/* As fib_perf's: a random route goes and comes back by another next hop. */
static void
change(struct match *m, struct peer *p)
{
	const struct fib_side *fs = m->m_side;
	uint64_t began = bench_cpu_ns(), took;
	uint8_t bytes[16];
	struct rnd rnd;
	unsigned i = 0;

	rnd_seed(&rnd, 2);
	do {
		const struct bgp_route *br =
		    &fs->fs_routes[rnd_below(&rnd, fs->fs_n)];
		unsigned len = br->br_prefix.p_len;

		address(&br->br_prefix, bytes);
		if (dpdk_delete(p->p_table, bytes, len) != 0 ||
		    dpdk_add(p->p_table, bytes, len, br->br_nhop + 1) != 0)
			errx(1, "%s refuses a change", dpdk_name(p->p_kind));
		took = bench_cpu_ns() - began;
	} while (++i < fs->fs_changes && took < NS_S);
	p->p_changed = i * 1e6 / (double)took;
}

/* A line of the table of all benchmarks. */
static void
row(const struct match *m, const char *what, const char *unit,
    struct bench_figure ours, const char *peer, struct bench_figure its)
{
	struct bench_row br = { .br_bench = "micro/fib", .br_unit = unit,
		.br_spate = ours, .br_peer = its, .br_peername = peer,
		.br_goalis = BENCH_NONE };
	char name[60];

	snprintf(name, sizeof(name), "IPv%u, %s",
	    m->m_side->fs_family == ADDR_V4 ? 4 : 6, what);
	br.br_what = name;
	bench_row(&br);
}

static struct bench_figure
once(double v)
{
	return bench_figure(&v, 1);
}

static void
tell_lookups(struct match *m)
{
	struct bench_figure f[1 + WAYS][2];
	unsigned i, k;

	for (k = 0; k < m->m_nways; k++) {
		struct way *w = &m->m_way[k];

		for (i = 0; i < 2; i++)
			f[k][i] = bench_figure(w->w_rate[i], TURNS);
		printf("  %-18s %8.1f %8.1f M/s", w->w_name,
		    f[k][0].bf_median, f[k][1].bf_median);
		if (k > 0) {
			printf("   Spate %.2f, %.2f of it",
			    f[0][0].bf_median / f[k][0].bf_median,
			    f[0][1].bf_median / f[k][1].bf_median);
			row(m, "256 addresses", "M lookups/s", f[0][0],
			    w->w_name, f[k][0]);
			row(m, "random", "M lookups/s", f[0][1], w->w_name,
			    f[k][1]);
		}
		printf("\n");
	}
}

static void
tell_rest(struct match *m)
{
	const struct fib_side *fs = m->m_side;
	unsigned i;

	printf("  %-18s %8s %8s %10s %12s\n", "", "MB", "and all", "built, ms",
	    "changes, k/s");
	printf("  %-18s %8.1f %8.1f %10.0f %12.1f\n", "Spate", fs->fs_memory,
	    fs->fs_whole, fs->fs_built, fs->fs_changed);
	for (i = 0; i < m->m_npeers; i++) {
		struct peer *p = &m->m_peer[i];
		const char *name = dpdk_name(p->p_kind);
		double mb = p->p_read;

		change(m, p);
		printf("  %-18s %8.1f %8.1f %10.0f %12.1f   Spate %.2f, %.2f, "
		       "%.3g, %.3g of it\n", name, mb, p->p_whole, p->p_built,
		    p->p_changed, fs->fs_memory / mb,
		    fs->fs_whole / p->p_whole, fs->fs_built / p->p_built,
		    fs->fs_changed / p->p_changed);
		row(m, "what lookups read", "MB", once(fs->fs_memory), name,
		    once(mb));
		row(m, "with its routes", "MB", once(fs->fs_whole), name,
		    once(p->p_whole));
		row(m, "built", "ms", once(fs->fs_built), name,
		    once(p->p_built));
		row(m, "changes", "thousand/s", once(fs->fs_changed), name,
		    once(p->p_changed));
	}
}

/* IPv6 addresses as bytes. */
static uint8_t (*key_bytes(const struct fib_side *fs))[16]
{
	const struct in6 *keys = fs->fs_keys;
	uint8_t(*bytes)[16] = calloc(fs->fs_nkeys, sizeof(*bytes));
	unsigned i;

	if (bytes == NULL)
		errx(1, "no memory");
	for (i = 0; i < fs->fs_nkeys; i++)
		in6_store(bytes[i], keys[i]);
	return bytes;
}

void
fib_peers(const struct fib_side *fs)
{
	static bool tried, there;
	struct match m = { .m_side = fs, .m_keys = fs->fs_keys };
	bool six = fs->fs_family == ADDR_V6;
	uint8_t(*bytes)[16] = NULL;
	const char *why;
	unsigned i;

	if (!tried && (why = dpdk_open(HEAP)) != NULL)
		printf("DPDK's tables are left out: %s\n", why);
	else if (!tried)
		there = true;
	tried = true;
	if (!there)
		return;
	if (six)
		m.m_keys = bytes = key_bytes(fs);
	printf("IPv%u beside DPDK's, medians of %u turns: 256 addresses, "
	       "random\n", six ? 6 : 4, TURNS);
	way_add(&m, NULL, false);
	join(&m, six ? DPDK_LPM6 : DPDK_LPM);
	join(&m, six ? DPDK_FIB6 : DPDK_FIB);
	lookups(&m);
	tell_lookups(&m);
	tell_rest(&m);
	for (i = 0; i < m.m_npeers; i++)
		dpdk_destroy(m.m_peer[i].p_table);
	free(bytes);
}
