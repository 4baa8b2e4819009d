/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash, bucket and owner of a packet: known answers for each type, keys,
 * numbers of buckets, which algorithm, chains.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../dev/host.h"
#include "netisr/netisr.h"

static struct spate *sp;
static struct cpu *c;
static uint64_t now = NS_S;

static void
start(unsigned ncpus)
{
	unsigned i;

	sp = host_create(ncpus, &now);
	assert_int_equal(rss_create(sp), 0);
	for (i = 0; i < ncpus; i++)
		assert_int_equal(netisr_cpu_init(sp->sp_cpu[i]), 0);
	c = host_cpu(sp, 0);
}

static void
stop(void)
{
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		netisr_cpu_fini(sp->sp_cpu[i]);
	rss_destroy(sp);
	host_destroy(sp);
}

static int
setup(void **state)
{
	start(4);
	return 0;
}

static int
teardown(void **state)
{
	stop();
	return 0;
}

static void
set(const char *name, const char *value)
{
	char err[256];

	assert_int_equal(
	    sysctl_set(&sp->sp_sysctl, name, value, err, sizeof(err)), 0);
}

enum { TCP = 6, UDP = 17, ICMP = 1, FRAG6 = 44 };

/* An IP packet between the addresses, ports behind a plain header. */
static struct mbuf *
packet(const char *from, const char *to, uint8_t proto, uint16_t sport,
    uint16_t dport)
{
	struct mbuf *m = m_alloc(c);
	struct addr src, dst;
	uint8_t *p = m->m_data;
	unsigned hlen;

	assert_int_equal(addr_parse(&src, from), 0);
	assert_int_equal(addr_parse(&dst, to), 0);
	memset(p, 0, 100);
	if (src.a_family == ADDR_V4) {
		hlen = 20;
		p[0] = 0x45;
		p[9] = proto;
		st32be(p + 12, src.a_v4);
		st32be(p + 16, dst.a_v4);
	} else {
		hlen = 40;
		p[0] = 0x60;
		p[6] = proto;
		in6_store(p + 8, src.a_v6);
		in6_store(p + 24, dst.a_v6);
	}
	st16be(p + hlen, sport);
	st16be(p + hlen + 2, dport);
	m->m_len = m->m_pktlen = hlen + 20;
	m->m_hashtype = RSS_NONE;
	return m;
}

#define V4A "66.9.149.187"
#define V4B "161.142.100.80"
#define V6A "3ffe:2501:200:1fff::7"
#define V6B "3ffe:2501:200:3::1"

static const struct {
	const char *src, *dst;
	uint8_t proto;
	bool udp; /* udp_4tuple is on */
	enum rss_type type;
	uint32_t hash;
} known[] = {
	{ V4A, V4B, TCP, false, RSS_TCP4, 0x51ccc178 },
	{ V4A, V4B, UDP, false, RSS_IP4, 0x323e8fc2 },
	{ V4A, V4B, UDP, true, RSS_UDP4, 0x51ccc178 },
	{ V4A, V4B, ICMP, true, RSS_IP4, 0x323e8fc2 },
	{ V6A, V6B, TCP, false, RSS_TCP6, 0x40207d3d },
	{ V6A, V6B, UDP, false, RSS_IP6, 0x2cc18cd5 },
	{ V6A, V6B, UDP, true, RSS_UDP6, 0x40207d3d },
	{ V6A, V6B, FRAG6, true, RSS_IP6, 0x2cc18cd5 },
};

static void
known_answers(void **state)
{
	unsigned i;

	for (i = 0; i < countof(known); i++) {
		struct mbuf *m = packet(known[i].src, known[i].dst,
		    known[i].proto, 2794, 1766);

		set("net.inet.rss.udp_4tuple", known[i].udp ? "1" : "0");
		assert_int_equal(rss_hash(c, m), known[i].hash);
		assert_int_equal(m->m_hash, known[i].hash);
		assert_int_equal(m->m_hashtype, known[i].type);
		m_free(c, m);
	}
}

static void
tcp_ports_can_be_off(void **state)
{
	struct mbuf *m = packet(V4A, V4B, TCP, 2794, 1766);

	set("net.inet.rss.tcp_4tuple", "0");
	assert_int_equal(rss_hash(c, m), 0x323e8fc2);
	m_free(c, m);
}

/* What is of the wanted type stays, what is not is made. */
static void
what_is_there(void **state)
{
	struct mbuf *m = packet(V4A, V4B, TCP, 2794, 1766);

	m->m_hash = 42;
	m->m_hashtype = RSS_TCP4;
	assert_int_equal(rss_hash(c, m), 42);
	m->m_hashtype = RSS_IP4;
	assert_int_equal(rss_hash(c, m), 0x51ccc178);
	/* A fragment became whole: its hash over addresses is not enough. */
	set("net.inet.rss.udp_4tuple", "1");
	m->m_data[9] = UDP;
	st16be(m->m_data + 6, 0x2000);
	assert_int_equal(rss_hash(c, m), 0x323e8fc2);
	st16be(m->m_data + 6, 0);
	assert_int_equal(rss_hash(c, m), 0x51ccc178);
	m_free(c, m);
}

static void
chains(void **state)
{
	struct mbuf *m = packet(V6A, V6B, TCP, 2794, 1766), *head;
	unsigned cut;

	for (cut = 1; cut < 60; cut++) {
		head = m_from_bytes(c, m->m_data, cut);
		head->m_next = m_from_bytes(c, m->m_data + cut, 60 - cut);
		head->m_pktlen = 60;
		head->m_hashtype = RSS_NONE;
		assert_int_equal(rss_hash(c, head), 0x40207d3d);
		m_free(c, head);
	}
	m_free(c, m);
}

static void
no_ip(void **state)
{
	struct mbuf *m = packet(V4A, V4B, TCP, 1, 2);

	m->m_data[0] = 0x55;
	assert_int_equal(rss_hash(c, m), 0);
	assert_int_equal(m->m_hashtype, RSS_NONE);
	m->m_data[0] = 0x45;
	m->m_len = m->m_pktlen = 19;
	m->m_hashtype = RSS_TCP4;
	assert_int_equal(rss_hash(c, m), 0);
	assert_int_equal(m->m_hashtype, RSS_NONE);
	m_free(c, m);
}

static void
frames(void **state)
{
	struct mbuf *m = packet(V4A, V4B, TCP, 2794, 1766);
	uint8_t *p = m_prepend(m, 18);

	st16be(p + 12, 0x8100);
	st16be(p + 16, 0x0800);
	assert_int_equal(rss_hash_frame(c, m), 0x51ccc178);
	st16be(p + 16, 0x86dd); /* says one thing, is another */
	assert_int_equal(rss_hash_frame(c, m), 0);
	st16be(p + 16, 0x0806);
	assert_int_equal(rss_hash_frame(c, m), 0);
	assert_int_equal(m->m_hashtype, RSS_NONE);
	m_free(c, m);
}

static void
keys(void **state)
{
	struct mbuf *m = packet(V4A, V4B, TCP, 2794, 1766);
	struct mbuf *back = packet(V4B, V4A, TCP, 1766, 2794);
	uint8_t key[TOEPLITZ_KEYLEN];
	char err[256];

	set("net.inet.rss.key", "symmetric");
	assert_int_equal(rss_setup(sp->sp_ctl, true, err, sizeof(err)), 0);
	assert_int_equal(rss_hash(c, m), 0x9fcc9fcc);
	assert_int_equal(rss_hash(c, back), 0x9fcc9fcc);
	memcpy(key, sp->sp_rss_key, sizeof(key));
	set("net.inet.rss.key", "random");
	assert_int_equal(rss_setup(sp->sp_ctl, true, err, sizeof(err)), 0);
	assert_memory_not_equal(key, sp->sp_rss_key, sizeof(key));
	set("net.inet.rss.key", "6d5A56da255b0ec24167253d43a38fb0"
	    "d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");
	assert_int_equal(rss_setup(sp->sp_ctl, true, err, sizeof(err)), 0);
	assert_memory_equal(sp->sp_rss_key, toeplitz_key_default, sizeof(key));
	m_free(c, m);
	m_free(c, back);
}

/* Both directions alike, all else different, all buckets used evenly. */
static void
cheap(void **state)
{
	enum { FLOWS = 128 * 256 };
	unsigned count[128] = { 0 }, i, most = 0, least = FLOWS;
	char err[256];

	assert_int_equal(rss_setup(sp->sp_ctl, false, err, sizeof(err)), 0);
	assert_int_equal(sp->sp_rss->rs_algo, RSS_SYMMETRIC);
	for (i = 0; i < FLOWS; i++) {
		struct rss_tuple rt = { .rt_type = RSS_TCP4,
			.rt_src.i6_lo = 0x0a000000 + i % 256,
			.rt_dst.i6_lo = 0x0a000100,
			.rt_ports = (1024 + i / 256) << 16 | 80 };
		struct rss_tuple back = rss_reverse(&rt);
		uint32_t hash = rss_tuple_hash(sp, &rt);

		assert_int_equal(hash, rss_tuple_hash(sp, &back));
		count[rss_bucket(sp, hash)]++;
	}
	for (i = 0; i < 128; i++) {
		most = count[i] > most ? count[i] : most;
		least = count[i] < least ? count[i] : least;
	}
	assert_in_range(least, 180, 256); /* 256 expected, 16 a sigma */
	assert_in_range(most, 256, 340);
}

static void
algorithms(void **state)
{
	static const struct {
		const char *algo;
		bool device;
		enum rss_algo is;
	} tab[] = {
		{ "auto", true, RSS_TOEPLITZ },
		{ "auto", false, RSS_SYMMETRIC },
		{ "toeplitz", false, RSS_TOEPLITZ },
		{ "symmetric", true, RSS_SYMMETRIC },
	};
	char err[256];
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		set("net.inet.rss.hashalgo", tab[i].algo);
		assert_int_equal(rss_setup(sp->sp_ctl, tab[i].device, err,
		    sizeof(err)), 0);
		assert_int_equal(sp->sp_rss->rs_algo, tab[i].is);
	}
}

static void
buckets(void **state)
{
	static const struct {
		unsigned ncpus;
		const char *bits;
		unsigned buckets; /* 0: refused */
	} tab[] = {
		{ 1, "0", 128 }, { 2, "0", 128 }, { 32, "0", 128 },
		{ 33, "0", 256 }, { 64, "0", 256 }, { 4, "2", 4 },
		{ 4, "12", 4096 }, { 5, "2", 0 }, { 1, "1", 2 }, { 2, "1", 2 },
	};
	unsigned i, b, mine[CPU_MAX];
	char err[256];

	stop();
	for (i = 0; i < countof(tab); i++) {
		start(tab[i].ncpus);
		set("net.inet.rss.bits", tab[i].bits);
		if (tab[i].buckets == 0) {
			assert_int_equal(rss_setup(sp->sp_ctl, true, err,
			    sizeof(err)), EINVAL);
			assert_non_null(strstr(err, "at least 3, or 0"));
			stop();
			continue;
		}
		assert_int_equal(rss_setup(sp->sp_ctl, true, err, sizeof(err)),
		    0);
		assert_int_equal(rss_buckets(sp), tab[i].buckets);
		memset(mine, 0, sizeof(mine));
		for (b = 0; b < rss_buckets(sp); b++) {
			assert_true(rss_cpu(sp, b) < tab[i].ncpus);
			mine[rss_cpu(sp, b)]++;
		}
		/* As even as entries of a table of RSS_TABLE can be. */
		for (b = 0; b < tab[i].ncpus; b++)
			assert_true(mine[b] > 0 && mine[0] - mine[b] <=
			    umax(1, tab[i].buckets / RSS_TABLE));
		assert_int_equal(rss_bucket(sp, 0xffffffff),
		    tab[i].buckets - 1);
		stop();
	}
	start(4);
}

static void
selftest(void **state)
{
	static struct toeplitz tz;

	assert_true(rss_selftest(&tz));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(known_answers),
		T(tcp_ports_can_be_off),
		T(what_is_there),
		T(chains),
		T(no_ip),
		T(frames),
		T(keys),
		T(cheap),
		T(algorithms),
		T(buckets),
		T(selftest),
	};
#undef T

	return cmocka_run_group_tests_name("netisr/rss", tests, NULL, NULL);
}
