/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unfinished datagrams of a CPU: who has to make room, what memory counts, and
 * moving a bucket away and back.
 */
#include <stdio.h>
#include <string.h>

#include "../fixture.h"

#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "ip/reass_table.h"
#include "netisr/rss.h"

#define BUFFER (MBUF_SIZE + sizeof(struct mbuf))

struct world {
	struct fixture fx;
	struct ifnet *a;
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 1500, "10.0.0.1/24");
}

/* Bytes 8 * at to 8 * at + 7 of a datagram of two times 8 bytes. */
static void
give(struct world *w, unsigned host, unsigned id, unsigned at)
{
	struct fx_packet fp = { .fp_dst = "10.0.0.1",
		.fp_proto = IPP_UDP,
		.fp_id = id,
		.fp_off = at | (at == 0 ? IP_MF : 0),
		.fp_len = 8 };
	char src[32];

	snprintf(src, sizeof(src), "10.0.0.%u", host);
	fp.fp_src = src;
	fixture_input(&w->fx, w->a, &fp);
}

static uint64_t
count(const struct world *w, enum ipstat which)
{
	return fixture_stat(&w->fx, SG_IP, which);
}

static struct reass_info
info(const struct world *w)
{
	struct reass_info ri;

	reass_info(w->fx.fx_c, REASS_IP4, &ri);
	return ri;
}

static void
tune(struct world *w, const char *name, const char *value)
{
	char err[128];

	assert_int_equal(
	    sysctl_set(&w->fx.fx_sp->sp_sysctl, name, value, err, sizeof(err)),
	    0);
}

/* Whether this datagram is still there: its other half completes it. */
static bool
alive(struct world *w, unsigned host, unsigned id)
{
	uint64_t n = count(w, ips_reassembled);

	give(w, host, id, 1);
	fixture_clear(&w->fx);
	return count(w, ips_reassembled) == n + 1;
}

/* A buffer of 2 KiB for 8 bytes is 2 KiB. */
static void
test_memory(void **state)
{
	struct world w;

	world_init(&w);
	give(&w, 9, 1, 0);
	assert_int_equal(info(&w).ri_datagrams, 1);
	assert_int_equal(info(&w).ri_fragments, 1);
	assert_int_equal(info(&w).ri_bytes, 2 * BUFFER);
	assert_true(alive(&w, 9, 1));
	assert_int_equal(info(&w).ri_datagrams, 0);
	assert_int_equal(info(&w).ri_fragments, 0);
	assert_int_equal(info(&w).ri_bytes, 0);
	assert_int_equal(info(&w).ri_peak, 3 * BUFFER);
	/* 4 MiB of packet memory in the fixture. */
	assert_int_equal(info(&w).ri_maxbytes, (4 << 20) / 8);
	fixture_fini(&w.fx);
	(void)state;
}

/* Who sends more than his share loses his own, the oldest first. */
static void
test_source(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	tune(&w, "net.inet.ip.maxfragpersource", "5");
	give(&w, 8, 1, 0);
	for (i = 0; i < 100; i++)
		give(&w, 9, i, 0);
	assert_int_equal(count(&w, ips_fragsource), 95);
	assert_int_equal(info(&w).ri_datagrams, 6);
	assert_true(alive(&w, 8, 1));
	assert_true(alive(&w, 9, 95));
	assert_false(alive(&w, 9, 94)); /* it is an older one's second half */
	fixture_fini(&w.fx);
	(void)state;
}

/* By memory, too: a quarter for one source. */
static void
test_source_memory(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	give(&w, 8, 1, 0);
	for (i = 0; i < 1000; i++)
		give(&w, 9, i, 0);
	assert_true(count(&w, ips_fragsource) > 0);
	assert_int_equal(count(&w, ips_fraglimit), 0);
	assert_true(info(&w).ri_bytes <= info(&w).ri_maxbytes / 4 + 2 * BUFFER);
	assert_true(alive(&w, 8, 1));
	assert_true(alive(&w, 9, 999));
	fixture_fini(&w.fx);
	(void)state;
}

/*
 * All together: who has something pays with it; for who has nothing the oldest
 * of all goes.
 */
static void
test_limit(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	tune(&w, "net.inet.ip.maxfragpackets", "10");
	for (i = 0; i < 10; i++)
		give(&w, 20 + i, 1, 0);
	for (i = 2; i < 50; i++)
		give(&w, 29, i, 0);
	assert_int_equal(count(&w, ips_fraglimit), 48);
	give(&w, 30, 1, 0);
	assert_int_equal(count(&w, ips_fraglimit), 49);
	assert_int_equal(info(&w).ri_datagrams, 10);
	for (i = 1; i < 9; i++)
		assert_true(alive(&w, 20 + i, 1));
	assert_true(alive(&w, 29, 49));
	assert_true(alive(&w, 30, 1));
	assert_false(alive(&w, 20, 1)); /* the oldest: 30 has its place */
	fixture_fini(&w.fx);
	(void)state;
}

static void
test_fragments_limit(void **state)
{
	struct world w;

	world_init(&w);
	tune(&w, "net.inet.ip.maxfrags", "2");
	give(&w, 20, 1, 0);
	give(&w, 21, 1, 0);
	/* What is completed needs no room for long, but room. */
	assert_true(alive(&w, 21, 1));
	assert_int_equal(count(&w, ips_fraglimit), 1);
	assert_false(alive(&w, 20, 1));
	fixture_fini(&w.fx);
	(void)state;
}

/* Memory stays within its cap whatever comes, from however many sources. */
static void
test_flood(void **state)
{
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < 20000; i++)
		give(&w, 2 + i % 250, i, 0);
	assert_true(info(&w).ri_peak <= info(&w).ri_maxbytes);
	assert_true(info(&w).ri_peak > info(&w).ri_maxbytes / 2);
	assert_int_equal(count(&w, ips_nobuf), 0);
	fixture_fini(&w.fx);
	(void)state;
}

/* When packet memory runs out fragments are the first to go. */
static void
test_pool(void **state)
{
	struct mbuf *m[2048];
	struct mpool_info mi;
	struct world w;
	unsigned n;

	role_enter(&on_cpu);
	world_init(&w);
	give(&w, 8, 1, 0);
	mpool_flush(w.fx.fx_c);
	mpool_info(w.fx.fx_c, &mi);
	n = m_alloc_bulk(w.fx.fx_c, m, mi.mi_free - mi.mi_total / 8 + 10);
	mpool_flush(w.fx.fx_c);
	give(&w, 9, 1, 0);
	assert_int_equal(count(&w, ips_fraglimit), 1);
	assert_int_equal(info(&w).ri_datagrams, 1);
	assert_true(alive(&w, 9, 1));
	give(&w, 9, 2, 0);
	give(&w, 9, 3, 0);
	assert_int_equal(count(&w, ips_fraglimit), 2);
	assert_int_equal(info(&w).ri_datagrams, 1);
	m_free_bulk(w.fx.fx_c, m, n);
	fixture_fini(&w.fx);
	(void)state;
}

static void
test_off(void **state)
{
	struct world w;

	world_init(&w);
	tune(&w, "net.inet.ip.maxfragpackets", "0");
	give(&w, 9, 1, 0);
	assert_int_equal(count(&w, ips_reass), 1);
	fixture_fini(&w.fx);
	(void)state;
}

static void
test_pieces(void **state)
{
	struct world w;

	world_init(&w);
	tune(&w, "net.inet.ip.maxfragsperpacket", "1");
	give(&w, 9, 1, 0);
	give(&w, 9, 1, 1);
	assert_int_equal(count(&w, ips_fragmany), 2);
	assert_int_equal(info(&w).ri_datagrams, 0);
	fixture_fini(&w.fx);
	(void)state;
}

/* Each bucket goes and comes back, with its deadlines. */
static void
test_move(void **state)
{
	struct reass_info before, none;
	void *list[1u << RSS_MAXBITS];
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 2; i < 42; i++)
		give(&w, i, 1, 0);
	before = info(&w);
	fixture_pass(&w.fx, 30 * NS_S);
	for (i = 0; i < rss_buckets(w.fx.fx_sp); i++)
		list[i] = reass_detach_bucket(w.fx.fx_c, i);
	none = info(&w);
	assert_int_equal(none.ri_datagrams, 0);
	assert_int_equal(none.ri_bytes, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_held), 40);
	for (i = 0; i < rss_buckets(w.fx.fx_sp); i++)
		reass_attach_bucket(w.fx.fx_c, i, list[i]);
	assert_int_equal(info(&w).ri_datagrams, before.ri_datagrams);
	assert_int_equal(info(&w).ri_fragments, before.ri_fragments);
	assert_int_equal(info(&w).ri_bytes, before.ri_bytes);
	for (i = 2; i < 22; i++)
		assert_true(alive(&w, i, 1));
	fixture_pass(&w.fx, 29 * NS_S);
	assert_int_equal(count(&w, ips_fragtime), 0);
	fixture_pass(&w.fx, 2 * NS_S);
	assert_int_equal(count(&w, ips_fragtime), 20);
	fixture_fini(&w.fx);
	(void)state;
}

/* What comes after its deadline on the new CPU dies there at once. */
static void
test_move_late(void **state)
{
	struct world w;
	void *list[1u << RSS_MAXBITS];
	unsigned i;

	world_init(&w);
	give(&w, 9, 1, 0);
	for (i = 0; i < rss_buckets(w.fx.fx_sp); i++)
		list[i] = reass_detach_bucket(w.fx.fx_c, i);
	fixture_pass(&w.fx, 100 * NS_S);
	assert_int_equal(count(&w, ips_fragtime), 0);
	for (i = 0; i < rss_buckets(w.fx.fx_sp); i++)
		reass_attach_bucket(w.fx.fx_c, i, list[i]);
	fixture_pass(&w.fx, NS_MS);
	assert_int_equal(count(&w, ips_fragtime), 1);
	fixture_fini(&w.fx);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_source_memory),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_fragments_limit),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_move_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
