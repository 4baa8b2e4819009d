/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 fragments for this host: what is whole again is the original, and
 * everything else has its reason (RFC 791, 3.2; RFC 1122, 3.3.2).
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "base/random.h"
#include "ip/icmp_wire.h"
#include "ip/ip_parse.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

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
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
	w->len = len;
	w->data = malloc(len);
	assert_non_null(w->data);
	for (i = 0; i < len; i++)
		w->data[i] = (uint8_t)(i * 7 + (i >> 8));
	memset(w->data, 0, 8);
	w->data[0] = ICMP_ECHO;
	st16be(w->data + 2, in_cksum(w->data, len));
}

static void
world_fini(struct world *w)
{
	fixture_fini(&w->fx);
	free(w->data);
}

/* After a change by hand. */
static void
ip_header_fix(uint8_t *p)
{
	st16be(p + 10, 0);
	st16be(p + 10, in_cksum(p, (p[0] & 15u) * 4));
}

static struct fx_packet
piece(const struct world *w, unsigned off, unsigned len)
{
	return (struct fx_packet){ .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_ICMP,
		.fp_id = 7,
		.fp_off = off / 8 | (off + len < w->len ? IP_MF : 0),
		.fp_payload = w->data + off,
		.fp_len = len };
}

static void
give(struct world *w, unsigned off, unsigned len)
{
	struct fx_packet fp = piece(w, off, len);

	fixture_input(&w->fx, w->a, &fp);
}

/* The reply's data are the request's. */
static void
check_reply(struct world *w)
{
	unsigned i, at = 0;
	struct ip_info ii;
	uint8_t *got = malloc(w->len);

	assert_true(w->fx.fx_n > 0);
	for (i = 0; i < w->fx.fx_n; i++) {
		const struct mbuf *m = w->fx.fx_m[i];

		assert_int_equal(w->fx.fx_stage[i], ST_RESOLVE);
		assert_int_equal(
		    ip_parse(m->m_data, m->m_len, m->m_pktlen, &ii), ips_none);
		assert_int_equal(ii.ii_hlen, IP_HLEN);
		assert_true(at + ii.ii_len - IP_HLEN <= w->len);
		m_copydata(m, IP_HLEN, ii.ii_len - IP_HLEN, got + at);
		at += ii.ii_len - IP_HLEN;
	}
	assert_int_equal(at, w->len);
	assert_int_equal(in_cksum(got, w->len), 0);
	assert_int_equal(got[0], ICMP_ECHOREPLY);
	assert_memory_equal(got + 4, w->data + 4, w->len - 4);
	free(got);
}

static const struct {
	const char *name;
	unsigned len; /* of the datagram's payload */
	unsigned piece; /* of each fragment's */
	unsigned chain; /* of each buffer */
} sizetab[] = {
	{ "two", 1000, 504, 0 },
	{ "ping -s 60000", 60008, 1480, 0 },
	{ "as large as can be", 65515, 1480, 0 },
	{ "jumbo frames", 60008, 8976, 0 },
	{ "8 bytes each", 1000, 8, 0 },
	{ "odd buffers", 5000, 1480, 333 },
	{ "tiny buffers", 5000, 1480, 48 },
};

static void
test_echo(void **state)
{
	struct fx_packet fp;
	unsigned order[128], i, k, n, t, order_n;
	struct world w;
	struct rnd rnd;

	rnd_seed(&rnd, 3);
	for (i = 0; i < countof(sizetab); i++) {
		world_init(&w, sizetab[i].len);
		n = (w.len + sizetab[i].piece - 1) / sizetab[i].piece;
		for (k = 0; k < n; k++)
			order[k] = k;
		for (k = n; k > 1; k--) {
			order_n = (unsigned)rnd_below(&rnd, k);
			t = order[k - 1];
			order[k - 1] = order[order_n];
			order[order_n] = t;
		}
		for (k = 0; k < n; k++) {
			unsigned off = order[k] * sizetab[i].piece;

			fp = piece(
			    &w, off, umin(sizetab[i].piece, w.len - off));
			fp.fp_chain = sizetab[i].chain;
			fixture_input(&w.fx, w.a, &fp);
		}
		if (fixture_stat(&w.fx, SG_IP, ips_reassembled) != 1)
			fail_msg("%s", sizetab[i].name);
		assert_int_equal(
		    fixture_stat(&w.fx, SG_PATH, pks_merged), n - 1);
		assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_held), 0);
		assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_fragments), n);
		check_reply(&w);
		world_fini(&w);
	}
	(void)state;
}

/* The header of the whole: options of the first, lengths, checksum, CE. */
static void
test_header(void **state)
{
	static const uint8_t opts[4] = { 148, 4, 0, 0 };
	uint8_t udp[16] = { 0, 9, 0, 9, 0, 16 }; /* no checksum */
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_UDP,
		.fp_id = 7,
		.fp_off = IP_MF,
		.fp_options = opts,
		.fp_optlen = 4,
		.fp_payload = udp,
		.fp_len = 8 };
	const struct ip_wire *ip;
	struct ip_info ii;
	struct world w;
	struct mbuf *m;

	world_init(&w, 8);
	m = fixture_packet(&w.fx, w.a, &fp);
	m->m_data[1] = 2; /* ECT(0) */
	ip_header_fix(m->m_data);
	fixture_run(&w.fx, ST_IP, m);
	fp.fp_off = 1;
	fp.fp_optlen = 0;
	fp.fp_payload = udp + 8;
	m = fixture_packet(&w.fx, w.a, &fp);
	m->m_data[1] = 3; /* CE */
	ip_header_fix(m->m_data);
	fixture_run(&w.fx, ST_IP, m);
	/* Port unreachable quotes it. */
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_data[20], ICMP_UNREACH);
	ip = (const void *)(m->m_data + 28);
	assert_int_equal(
	    ip_parse(m->m_data + 28, m->m_len - 28, m->m_len - 28, &ii),
	    ips_none);
	assert_int_equal(ii.ii_hlen, 24);
	assert_int_equal(ii.ii_len, 40);
	assert_int_equal(ii.ii_tos, 3);
	assert_int_equal(ld16be(ip->ip_off), 0);
	assert_memory_equal(m->m_data + 28 + 24, udp, 16);
	world_fini(&w);
	(void)state;
}

/* RFC 1122, 3.3.2: told of the first fragment only. */
static void
test_time(void **state)
{
	struct world w;
	struct mbuf *m;

	world_init(&w, 2000);
	give(&w, 0, 1000);
	fixture_pass(&w.fx, 59 * NS_S);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_held), 1);
	fixture_pass(&w.fx, 2 * NS_S);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(m->m_data[20], ICMP_TIMEX);
	assert_int_equal(m->m_data[21], ICMP_TIMEX_REASS);
	assert_int_equal(ld16be(m->m_data + 28 + 6), IP_MF);
	assert_memory_equal(m->m_data + 48, w.data, 100);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_fragtime), 1);
	fixture_clear(&w.fx);
	give(&w, 1000, 1000);
	fixture_pass(&w.fx, 61 * NS_S);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_fragtime), 2);
	world_fini(&w);
	(void)state;
}

/* Other address, protocol or identification: another datagram. */
static void
test_key(void **state)
{
	struct fx_packet fp;
	struct world w;

	world_init(&w, 2000);
	give(&w, 0, 1000);
	fp = piece(&w, 1000, 1000);
	fp.fp_id = 8;
	fixture_input(&w.fx, w.a, &fp);
	fp.fp_id = 7;
	fp.fp_proto = IPP_UDP;
	fixture_input(&w.fx, w.a, &fp);
	fp.fp_proto = IPP_ICMP;
	fp.fp_src = "10.0.0.8";
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(fixture_stat(&w.fx, SG_PATH, pks_held), 4);
	assert_int_equal(w.fx.fx_n, 0);
	give(&w, 1000, 1000);
	check_reply(&w);
	world_fini(&w);
	(void)state;
}

static const struct {
	const char *name;
	unsigned proto;
	unsigned off[2], len[2]; /* off with flags, in the field's form */
	enum ipstat why;
	unsigned n; /* dropped for it */
} refusetab[] = {
	{ "overlap", IPP_UDP, { IP_MF, 1 }, { 16, 24 }, ips_fragoverlap, 2 },
	{ "duplicate", IPP_UDP, { IP_MF, IP_MF }, { 16, 16 }, ips_fragdup, 1 },
	{ "behind the end", IPP_UDP, { 1, 8 | IP_MF }, { 9, 8 }, ips_fragbad,
	    2 },
	{ "no multiple of 8", IPP_UDP, { IP_MF, IP_MF }, { 9, 17 },
	    ips_fragbad, 2 },
	{ "nothing in it", IPP_UDP, { 9, IP_MF | 3 }, { 0, 0 }, ips_fragbad,
	    2 },
	{ "too long", IPP_UDP, { 8191, 8191 | IP_MF }, { 8, 8 }, ips_toolong,
	    2 },
	{ "half a TCP header", IPP_TCP, { IP_MF, 1 }, { 16, 24 }, ips_fragtiny,
	    2 },
	{ "the other half", IPP_TCP, { 2, 1 }, { 16, 24 }, ips_fragtiny, 2 },
};

static void
test_refuse(void **state)
{
	unsigned i, k;

	for (i = 0; i < countof(refusetab); i++) {
		struct world w;

		world_init(&w, 8);
		for (k = 0; k < 2; k++) {
			const struct fx_packet fp = { .fp_src = "10.0.0.9",
				.fp_dst = "10.0.0.1",
				.fp_proto = refusetab[i].proto,
				.fp_off = refusetab[i].off[k],
				.fp_len = refusetab[i].len[k] };

			fixture_input(&w.fx, w.a, &fp);
		}
		if (fixture_stat(&w.fx, SG_IP, refusetab[i].why) !=
			refusetab[i].n ||
		    w.fx.fx_n != 0)
			fail_msg("%s: %u", refusetab[i].name,
			    (unsigned)fixture_stat(
				&w.fx, SG_IP, refusetab[i].why));
		world_fini(&w);
	}
	(void)state;
}

/* With the largest header the whole would not fit its length field. */
static void
test_whole_too_long(void **state)
{
	static const uint8_t opts[4] = { 148, 4, 0, 0 };
	struct fx_packet fp;
	struct world w;
	unsigned off;

	world_init(&w, 65515);
	for (off = 0; off < w.len; off += 1480) {
		fp = piece(&w, off, umin(1480, w.len - off));
		if (off == 0) {
			fp.fp_options = opts;
			fp.fp_optlen = 4;
		}
		fixture_input(&w.fx, w.a, &fp);
	}
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_toolong), 1);
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
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_whole_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
