/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 fragments for this host: RFC 8200, 4.5; RFC 5722; RFC 6946; RFC 6980;
 * RFC 7112.
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "base/random.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_stat.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_stat.h"
#include "mbuf/in_cksum.h"

#define FRAG 8u

struct world {
	struct fixture fx;
	struct ifnet *a;
	uint8_t *data; /* an echo request */
	unsigned len;
};

static void
world_init(struct world *w, unsigned len)
{
	unsigned i;

	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 1500, "2001:db8:a::1/64");
	w->len = len;
	w->data = malloc(len);
	assert_non_null(w->data);
	for (i = 0; i < len; i++)
		w->data[i] = (uint8_t)(i * 7 + (i >> 8));
	memset(w->data, 0, 8);
	w->data[0] = ICMP6_ECHO;
	st16be(w->data + 2,
	    in_cksum_fold(in_cksum_add(w->data, len,
		in6_cksum_pseudo(fx_v6("2001:db8:a::9"),
		    fx_v6("2001:db8:a::1"), IPP_ICMPV6, len))));
}

static void
world_fini(struct world *w)
{
	fixture_fini(&w->fx);
	free(w->data);
}

/* A fragment with extra bytes of destination options before its header. */
struct piece {
	unsigned extra; /* 0, or a multiple of 8 */
	unsigned nxt;
	unsigned off; /* as in the header, with M */
	unsigned id;
	unsigned chain;
	unsigned tclass;
	const void *data;
	unsigned len;
};

static void
give(struct world *w, const struct piece *p)
{
	uint8_t *b = calloc(1, p->extra + FRAG + p->len + 1);
	struct fx_packet fp = { .fp_src = "2001:db8:a::9",
		.fp_dst = "2001:db8:a::1",
		.fp_proto = p->extra != 0 ? IPP_DSTOPTS : IPP_FRAGMENT,
		.fp_payload = b,
		.fp_len = p->extra + FRAG + p->len,
		.fp_chain = p->chain };
	uint8_t *f = b + p->extra;
	struct mbuf *m;

	assert_non_null(b);
	if (p->extra != 0) {
		b[0] = IPP_FRAGMENT;
		b[1] = (uint8_t)(p->extra / 8 - 1);
		b[2] = 1; /* PadN */
		b[3] = (uint8_t)(p->extra - 4);
	}
	f[0] = (uint8_t)p->nxt;
	st16be(f + 2, (uint16_t)p->off);
	st32be(f + 4, p->id);
	if (p->data != NULL)
		memcpy(f + FRAG, p->data, p->len);
	m = fixture_packet(&w->fx, w->a, &fp);
	m->m_data[1] = (uint8_t)(p->tclass << 4);
	fixture_run(&w->fx, ST_IP6, m);
	free(b);
}

static void
give_echo(struct world *w, unsigned off, unsigned len, unsigned extra,
    unsigned chain)
{
	const struct piece p = { .extra = extra,
		.nxt = IPP_ICMPV6,
		.off = off | (off + len < w->len),
		.id = 0x12345678,
		.chain = chain,
		.data = w->data + off,
		.len = len };

	give(w, &p);
}

/* The reply's data are the request's, in whatever fragments. */
static void
check_reply(struct world *w)
{
	uint8_t *got = malloc(w->len), head[48];
	unsigned i, at = 0, hlen;

	assert_true(w->fx.fx_n > 0);
	for (i = 0; i < w->fx.fx_n; i++) {
		const struct mbuf *m = w->fx.fx_m[i];

		assert_int_equal(w->fx.fx_stage[i], ST_RESOLVE);
		assert_true(m->m_pktlen <= 1500);
		m_copydata(m, 0, sizeof(head), head);
		assert_int_equal(ld16be(head + 4), m->m_pktlen - 40);
		hlen = 40;
		if (head[6] == IPP_FRAGMENT) {
			hlen = 48;
			assert_int_equal(head[40], IPP_ICMPV6);
			assert_int_equal(ld16be(head + 42) & ~7u, at);
			assert_int_equal(
			    ld16be(head + 42) & 1, i + 1 < w->fx.fx_n);
		}
		assert_true(at + m->m_pktlen - hlen <= w->len);
		m_copydata(m, hlen, m->m_pktlen - hlen, got + at);
		at += m->m_pktlen - hlen;
	}
	assert_int_equal(at, w->len);
	assert_int_equal(in_cksum_fold(in_cksum_add(got, w->len,
			     in6_cksum_pseudo(fx_v6("2001:db8:a::1"),
				 fx_v6("2001:db8:a::9"), IPP_ICMPV6, w->len))),
	    0);
	assert_int_equal(got[0], ICMP6_ECHOREPLY);
	assert_memory_equal(got + 4, w->data + 4, w->len - 4);
	free(got);
}

static const struct {
	const char *name;
	unsigned len;
	unsigned piece;
	unsigned extra;
	unsigned chain;
} sizetab[] = {
	{ "two", 1000, 504, 0, 0 },
	{ "ping -s 60000", 60008, 1448, 0, 0 },
	{ "as large as can be", 65535, 1448, 0, 0 },
	{ "8 bytes each", 1000, 8, 0, 0 },
	{ "options in front", 5000, 1448, 8, 0 },
	{ "long options in front", 5000, 1000, 248, 0 },
	{ "odd buffers", 5000, 1448, 8, 333 },
	{ "tiny buffers", 5000, 1448, 0, 48 },
};

static void
test_echo(void **state)
{
	unsigned i, k, n, off;
	struct world w;

	for (i = 0; i < countof(sizetab); i++) {
		world_init(&w, sizetab[i].len);
		n = (w.len + sizetab[i].piece - 1) / sizetab[i].piece;
		/* Every other, then the rest backwards. */
		for (k = 0; k < n; k += 2) {
			off = k * sizetab[i].piece;
			give_echo(&w, off, umin(sizetab[i].piece, w.len - off),
			    sizetab[i].extra, sizetab[i].chain);
		}
		for (k = n; k-- > 0;) {
			off = k * sizetab[i].piece;
			if (k % 2 != 0)
				give_echo(&w, off,
				    umin(sizetab[i].piece, w.len - off),
				    sizetab[i].extra, sizetab[i].chain);
		}
		if (fixture_stat(&w.fx, SG_IP6, i6s_reassembled) != 1)
			fail_msg("%s", sizetab[i].name);
		assert_int_equal(
		    fixture_stat(&w.fx, SG_PATH, pks_merged), n - 1);
		check_reply(&w);
		world_fini(&w);
	}
	(void)state;
}

/* The next header is the first fragment's; CE of any is of all. */
static void
test_header(void **state)
{
	uint8_t udp[24] = { 0, 9, 0, 9, 0, 24, 0, 0, 1, 2, 3, 4 };
	struct piece p = { .nxt = IPP_NONE,
		.off = 8,
		.id = 1,
		.tclass = 3,
		.data = udp + 8,
		.len = 16 };
	const uint8_t *q;
	struct world w;

	world_init(&w, 8);
	st16be(udp + 6,
	    in_cksum_fold(in_cksum_add(udp, 24,
		in6_cksum_pseudo(fx_v6("2001:db8:a::9"),
		    fx_v6("2001:db8:a::1"), IPP_UDP, 24))));
	give(&w, &p);
	p = (struct piece){ .extra = 16,
		.nxt = IPP_UDP,
		.off = 1,
		.id = 1,
		.tclass = 2,
		.data = udp,
		.len = 8 };
	give(&w, &p);
	q = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(q[40], ICMP6_UNREACH);
	q += 48; /* what is quoted */
	assert_int_equal(ld16be(q + 4), 16 + 24);
	assert_int_equal(q[1], 3 << 4);
	assert_int_equal(q[6], IPP_DSTOPTS);
	assert_int_equal(q[40], IPP_UDP);
	assert_memory_equal(q + 56, udp, 24);
	world_fini(&w);
	(void)state;
}

static void
test_time(void **state)
{
	struct world w;
	const uint8_t *p;

	world_init(&w, 2000);
	give_echo(&w, 0, 1000, 0, 0);
	fixture_pass(&w.fx, 59 * NS_S);
	assert_int_equal(w.fx.fx_n, 0);
	fixture_pass(&w.fx, 2 * NS_S);
	p = fixture_caught(&w.fx, ST_RESOLVE)->m_data;
	assert_int_equal(p[40], ICMP6_TIMEX);
	assert_int_equal(p[41], ICMP6_TIMEX_REASS);
	assert_int_equal(p[48 + 6], IPP_FRAGMENT);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_fragtime), 1);
	fixture_clear(&w.fx);
	give_echo(&w, 1000, 1000, 0, 0);
	fixture_pass(&w.fx, 61 * NS_S);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_fragtime), 2);
	world_fini(&w);
	(void)state;
}

#define IC_NONE 0xffff
#define IC(type, code) ((unsigned)(type) << 8 | (code))

static const struct {
	const char *name;
	struct piece p[2];
	enum ip6stat why;
	unsigned n;
	unsigned error;
	unsigned pointer;
} refusetab[] = {
	{ "overlap", { { .nxt = IPP_UDP, .off = 1, .len = 16 },
	    { .nxt = IPP_UDP, .off = 8, .len = 24 } }, i6s_fragoverlap, 2,
	    IC_NONE, 0 },
	{ "duplicate", { { .nxt = IPP_UDP, .off = 1, .len = 16 },
	    { .nxt = IPP_UDP, .off = 1, .len = 16 } }, i6s_fragdup, 1,
	    IC_NONE, 0 },
	{ "behind the end", { { .nxt = IPP_UDP, .off = 8, .len = 9 },
	    { .nxt = IPP_UDP, .off = 64 | 1, .len = 8 } }, i6s_fragbad, 2,
	    IC_NONE, 0 },
	{ "no multiple of 8", { { .nxt = IPP_UDP, .off = 1, .len = 17 } },
	    i6s_fragbad, 1, IC(ICMP6_PARAM, ICMP6_PARAM_HEADER), 4 },
	{ "nothing in it", { { .nxt = IPP_UDP, .off = 8, .len = 0 } },
	    i6s_fragbad, 1, IC_NONE, 0 },
	{ "too long", { { .nxt = IPP_UDP, .off = 0xfff8, .len = 8 } },
	    i6s_toolong, 1, IC(ICMP6_PARAM, ICMP6_PARAM_HEADER), 42 },
	{ "half a TCP header", { { .nxt = IPP_TCP, .off = 1, .len = 16 } },
	    i6s_fragchain, 1, IC(ICMP6_PARAM, ICMP6_PARAM_CHAIN), 0 },
	{ "options that go on",
	    { { .nxt = IPP_DSTOPTS,
		.off = 1,
		.len = 8,
		.data = "\x11\x01\x01\x0c\0\0\0" } },
	    i6s_fragchain, 1, IC(ICMP6_PARAM, ICMP6_PARAM_CHAIN), 0 },
	{ "ECN",
	    { { .nxt = IPP_UDP, .off = 1, .len = 16, .tclass = 3 },
		{ .nxt = IPP_UDP, .off = 16, .len = 24 } },
	    i6s_fragecn, 2, IC_NONE, 0 },
	{ "atomic", { { .nxt = IPP_NONE, .off = 0, .len = 8 } }, i6s_nonext, 1,
	    IC_NONE, 0 },
};

static unsigned
caught(const struct fixture *fx)
{
	const uint8_t *p = fx->fx_n > 0 ? fx->fx_m[0]->m_data : NULL;

	return p != NULL ? IC(p[40], p[41]) : IC_NONE;
}

static void
test_refuse(void **state)
{
	struct world w;
	unsigned i;

	for (i = 0; i < countof(refusetab); i++) {
		world_init(&w, 8);
		give(&w, &refusetab[i].p[0]);
		if (refusetab[i].p[1].nxt != 0)
			give(&w, &refusetab[i].p[1]);
		if (fixture_stat(&w.fx, SG_IP6, refusetab[i].why) !=
			refusetab[i].n ||
		    caught(&w.fx) != refusetab[i].error)
			fail_msg("%s: %u, error %x", refusetab[i].name,
			    (unsigned)fixture_stat(
				&w.fx, SG_IP6, refusetab[i].why),
			    caught(&w.fx));
		if (refusetab[i].error != IC_NONE)
			assert_int_equal(ld32be(w.fx.fx_m[0]->m_data + 44),
			    refusetab[i].pointer);
		fixture_clear(&w.fx);
		world_fini(&w);
	}
	(void)state;
}

/* RFC 6946: it has nothing to do with fragments of the same id. */
static void
test_atomic(void **state)
{
	struct world w;

	world_init(&w, 1000);
	give_echo(&w, 0, 504, 0, 0);
	w.len = 8; /* the same id, all in one; its checksum is not right */
	give_echo(&w, 0, 8, 0, 0);
	w.len = 1000;
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_atomic), 1);
	assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_held), 1);
	give_echo(&w, 504, 496, 0, 0);
	check_reply(&w);
	world_fini(&w);
	(void)state;
}

/* RFC 6980, 5: neighbour discovery does not come in fragments. */
static void
test_nd(void **state)
{
	uint8_t ns[24] = { 135 };
	struct piece p = { .nxt = IPP_ICMPV6, .data = ns, .len = 24 };
	struct world w;

	world_init(&w, 8);
	in6_store(ns + 8, fx_v6("2001:db8:a::1"));
	st16be(ns + 2,
	    in_cksum_fold(in_cksum_add(ns, 24,
		in6_cksum_pseudo(fx_v6("2001:db8:a::9"),
		    fx_v6("2001:db8:a::1"), IPP_ICMPV6, 24))));
	give(&w, &p);
	assert_int_equal(fixture_stat(&w.fx, SG_ND6, nds_fragment), 1);
	p.off = 1;
	p.len = 8;
	give(&w, &p);
	p.off = 8;
	p.len = 16;
	p.data = ns + 8;
	give(&w, &p);
	assert_int_equal(fixture_stat(&w.fx, SG_ND6, nds_fragment), 2);
	assert_int_equal(w.fx.fx_n, 0);
	world_fini(&w);
	(void)state;
}

/* What stands in front of the fragments counts in the whole, too. */
static void
test_whole_too_long(void **state)
{
	struct world w;
	unsigned off;

	world_init(&w, 65535);
	for (off = 0; off < w.len; off += 1400)
		give_echo(&w, off, umin(1400, w.len - off), 8, 0);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_toolong), 1);
	world_fini(&w);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_atomic),
		cmocka_unit_test(test_nd),
		cmocka_unit_test(test_whole_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
