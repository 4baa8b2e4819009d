/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 messages for this host: echo in all sizes and shapes, neighbour
 * discovery handed on, and what is not answered (RFC 4443).
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_stat.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "2001:db8:a::1/64");
	fixture_addr(&w->fx, w->a, "fe80::1/64", 0);
	w->b = fixture_if(&w->fx, "b", 9000, "2001:db8:b::1/64");
	fixture_addr(&w->fx, w->b, "fe80::1/64", 0); /* the same */
}

/* Stands for the one of nd6.c: what comes here is counted as delivered. */
static unsigned nd_type, nd_hlim, nd_l4off;

void
nd6_input(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    unsigned l4off)
{
	nd_type = m->m_data[l4off];
	nd_hlim = i6->i6_hlim;
	nd_l4off = l4off;
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}

static uint64_t
pseudo(const char *src, const char *dst, unsigned n)
{
	return in6_cksum_pseudo(fx_v6(src), fx_v6(dst), IPP_ICMPV6, n);
}

/* A message of n bytes with a right checksum. */
static void
message(uint8_t *p, unsigned type, unsigned n, const char *src,
    const char *dst)
{
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 3);
	p[0] = (uint8_t)type;
	p[1] = 0;
	st16be(p + 2, 0);
	st16be(p + 2,
	    in_cksum_fold(in_cksum_add(p, n, pseudo(src, dst, n))));
}

static const struct {
	const char *name;
	const char *src;
	const char *dst;
	const char *from; /* source of the reply */
	unsigned len;
	unsigned chain;
	unsigned extlen; /* bytes of destination options before it */
} echotab[] = {
	{ "header only", "2001:db8:a::9", "2001:db8:a::1", "2001:db8:a::1", 8,
	    0, 0 },
	{ "odd", "2001:db8:a::9", "2001:db8:a::1", "2001:db8:a::1", 9, 0, 0 },
	{ "other side", "2001:db8:a::9", "2001:db8:b::1", "2001:db8:b::1", 64,
	    0, 0 },
	{ "link-local", "fe80::9", "fe80::1", "fe80::1", 64, 0, 0 },
	{ "link-local to global", "fe80::9", "2001:db8:a::1", "2001:db8:a::1",
	    64, 0, 0 },
	{ "chain", "2001:db8:a::9", "2001:db8:a::1", "2001:db8:a::1", 8900, 0,
	    0 },
	{ "chain of tiny buffers", "2001:db8:a::9", "2001:db8:a::1",
	    "2001:db8:a::1", 100, 5, 0 },
	{ "options, which the reply has not", "2001:db8:a::9", "2001:db8:a::1",
	    "2001:db8:a::1", 64, 0, 24 },
	{ "options in a chain", "2001:db8:a::9", "2001:db8:a::1",
	    "2001:db8:a::1", 64, 9, 200 },
	/* RFC 4443, 4.2 */
	{ "all nodes", "fe80::9", "ff02::1", "fe80::1", 64, 0, 0 },
	{ "all nodes, from afar", "2001:db8:a::9", "ff02::1",
	    "2001:db8:a::1", 64, 0, 0 },
};

static void
test_echo(void **state)
{
	uint8_t msg[9200], back[9000];
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(echotab); i++) {
		unsigned n = echotab[i].len, e = echotab[i].extlen;
		const struct fx_packet fp = { .fp_src = echotab[i].src,
			.fp_dst = echotab[i].dst,
			.fp_proto = e != 0 ? IPP_DSTOPTS : IPP_ICMPV6,
			.fp_ttl = 3,
			.fp_payload = msg,
			.fp_len = e + n,
			.fp_chain = echotab[i].chain };

		memset(msg, 0, e);
		msg[0] = IPP_ICMPV6;
		msg[1] = (uint8_t)(e / 8 - 1);
		message(msg + e, ICMP6_ECHO, n, fp.fp_src, fp.fp_dst);
		fixture_input(&w.fx, w.a, &fp);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(m->m_pktlen, IP6_HLEN + n);
		assert_int_equal(ld16be(m->m_data + 4), n);
		assert_int_equal(m->m_data[6], IPP_ICMPV6);
		assert_int_equal(m->m_data[7], 64);
		assert_true(
		    in6_eq(in6_load(m->m_data + 8), fx_v6(echotab[i].from)));
		assert_true(in6_eq(in6_load(m->m_data + 24), fx_v6(fp.fp_src)));
		m_copydata(m, IP6_HLEN, n, back);
		assert_int_equal(in_cksum_fold(in_cksum_add(back, n,
				     pseudo(echotab[i].from, fp.fp_src, n))),
		    0);
		assert_int_equal(back[0], ICMP6_ECHOREPLY);
		assert_memory_equal(back + 4, msg + e + 4, n - 4);
		/* To a link-local address by where it came from. */
		if (in6_is_linklocal(fx_v6(fp.fp_src)))
			assert_int_equal(m->m_oif, w.a->if_index);
		fixture_clear(&w.fx);
	}
	assert_int_equal(
	    fixture_stat(&w.fx, SG_ICMP6, i6cs_echo), countof(echotab));
	fixture_fini(&w.fx);
}

/* RFC 4861: types 133 to 137, to groups and to us. */
static void
test_nd(void **state)
{
	static const char *const dst[] = { "ff02::1", "ff02::1:ff00:1",
		"fe80::1" };
	uint8_t msg[32];
	struct fx_packet fp = { .fp_src = "fe80::9",
		.fp_proto = IPP_ICMPV6,
		.fp_ttl = 255,
		.fp_payload = msg,
		.fp_len = sizeof(msg),
		.fp_chain = 41 };
	struct world w;
	unsigned i, type;

	world_init(&w);
	for (type = 133; type <= 137; type++)
		for (i = 0; i < countof(dst); i++) {
			fp.fp_dst = dst[i];
			message(msg, type, sizeof(msg), fp.fp_src, dst[i]);
			nd_type = 0;
			fixture_input(&w.fx, w.a, &fp);
			assert_int_equal(nd_type, type);
			assert_int_equal(nd_hlim, 255);
			assert_int_equal(nd_l4off, 40);
		}
	/* Whose checksum is wrong is not heard. */
	msg[2] ^= 1;
	nd_type = 0;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(nd_type, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_badsum), 1);
	fixture_fini(&w.fx);
}

static void
test_drops(void **state)
{
	uint8_t msg[64];
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = IPP_ICMPV6,
		.fp_payload = msg,
		.fp_len = 64 };
	struct world w;
	unsigned n;

	world_init(&w);
	message(msg, 131, 64, fp.fp_src, fp.fp_dst);
	fixture_input(&w.fx, w.a, &fp);
	message(msg, 200, 64, fp.fp_src, fp.fp_dst);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_type), 2);
	for (n = 0; n < 8; n++) {
		message(msg, ICMP6_ECHO, 8, fp.fp_src, fp.fp_dst);
		fp.fp_len = n;
		fixture_input(&w.fx, w.a, &fp);
	}
	assert_int_equal(fixture_stat(&w.fx, SG_ICMP6, i6cs_toosmall), 8);
	/* In our own name. */
	fp.fp_len = 64;
	fp.fp_src = "2001:db8:b::1";
	message(msg, ICMP6_ECHO, 64, fp.fp_src, fp.fp_dst);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_ownsrc), 1);
	assert_int_equal(w.fx.fx_n, 0);
	fixture_fini(&w.fx);
}

/* Errors and replies for nobody are consumed, however short their quote. */
static void
test_consumed(void **state)
{
	static const uint8_t types[] = { ICMP6_ECHOREPLY, ICMP6_UNREACH,
		ICMP6_TOOBIG, ICMP6_TIMEX, ICMP6_PARAM };
	uint8_t msg[128];
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = IPP_ICMPV6,
		.fp_payload = msg };
	struct world w;
	unsigned i, n = 0;

	world_init(&w);
	for (i = 0; i < countof(types); i++)
		for (fp.fp_len = 8; fp.fp_len <= 128; fp.fp_len++, n++) {
			message(msg, types[i], fp.fp_len, fp.fp_src,
			    fp.fp_dst);
			fixture_input(&w.fx, w.a, &fp);
		}
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_delivered), n);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_nd),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_consumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
