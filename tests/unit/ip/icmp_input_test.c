/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP messages for this host: echo in all sizes and shapes, and what is not
 * answered (RFC 792; RFC 1122, 3.2.2).
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
};

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
}

/* A message of n bytes with a right checksum. */
static void
message(uint8_t *p, unsigned type, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 3);
	p[0] = (uint8_t)type;
	p[1] = 0;
	st16be(p + 2, 0);
	st16be(p + 2, in_cksum(p, n));
}

static const struct {
	const char *name;
	unsigned len;
	unsigned chain;
	unsigned optlen;
} echotab[] = {
	{ "header only", 8, 0, 0 },
	{ "odd", 9, 0, 0 },
	{ "usual", 64, 0, 0 },
	{ "full frame", 1480, 0, 0 },
	{ "chain", 8900, 0, 0 },
	{ "chain of odd buffers", 1001, 77, 0 },
	{ "chain of tiny buffers", 100, 5, 0 },
	{ "options, which the reply has not", 64, 0, 8 },
	{ "options in a chain", 64, 9, 40 },
};

static void
test_echo(void **state)
{
	uint8_t msg[9000], back[9000], opts[40];
	struct world w;
	struct mbuf *m;
	unsigned i;

	memset(opts, 1, sizeof(opts));
	world_init(&w);
	for (i = 0; i < countof(echotab); i++) {
		unsigned n = echotab[i].len;
		const struct fx_packet fp = { .fp_src = "10.0.0.9",
			.fp_dst = "10.0.0.1",
			.fp_proto = IPP_ICMP,
			.fp_ttl = 3,
			.fp_options = opts,
			.fp_optlen = echotab[i].optlen,
			.fp_payload = msg,
			.fp_len = n,
			.fp_chain = echotab[i].chain };

		message(msg, ICMP_ECHO, n);
		fixture_input(&w.fx, w.a, &fp);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(m->m_pktlen, IP_HLEN + n);
		assert_int_equal(in_cksum(m->m_data, IP_HLEN), 0);
		assert_int_equal(ld16be(m->m_data + 2), IP_HLEN + n);
		assert_int_equal(m->m_data[8], 64);
		assert_int_equal(ld32be(m->m_data + 12), fx_v4("10.0.0.1"));
		assert_int_equal(ld32be(m->m_data + 16), fx_v4("10.0.0.9"));
		m_copydata(m, IP_HLEN, n, back);
		assert_int_equal(in_cksum(back, n), 0);
		assert_int_equal(back[0], ICMP_ECHOREPLY);
		assert_memory_equal(back + 4, msg + 4, n - 4);
		fixture_clear(&w.fx);
	}
	assert_int_equal(
	    fixture_stat(&w.fx, SG_ICMP, ics_echo), countof(echotab));
	assert_int_equal(
	    fixture_stat(&w.fx, SG_PATH, pks_delivered), countof(echotab));
	fixture_fini(&w.fx);
}

/* Through a device that says the checksum is right, or leaves it to others. */
static void
test_offload(void **state)
{
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_ICMP,
		.fp_len = 64 };
	uint8_t msg[64];
	struct world w;
	struct mbuf *m;

	message(msg, ICMP_ECHO, sizeof(msg));
	st16be(msg + 2, 0);
	fp.fp_payload = msg;
	world_init(&w);
	m = fixture_packet(&w.fx, w.a, &fp);
	m->m_flags |= MF_CSUM_PARTIAL;
	m->m_l4off = IP_HLEN;
	m->m_csumoff = 2;
	fixture_run(&w.fx, ST_IP, m);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	assert_int_equal(in_cksum(m->m_data + IP_HLEN, 64), 0);
	assert_int_equal(m->m_flags & MF_CSUM_PARTIAL, 0);
	fixture_fini(&w.fx);
}

static const struct {
	const char *name;
	const char *dst;
	unsigned flags;
	unsigned type;
	unsigned len;
	bool badsum;
	enum icmpstat why;
} droptab[] = {
	{ "cut off", "10.0.0.1", 0, ICMP_ECHO, 7, false, ics_toosmall },
	{ "bad checksum", "10.0.0.1", 0, ICMP_ECHO, 64, true, ics_badsum },
	/* RFC 1122, 3.2.2.6 */
	{ "to a net", "10.0.0.255", MF_BCAST, ICMP_ECHO, 64, false,
	    ics_bcast },
	{ "to a net, as unicast", "10.0.0.255", 0, ICMP_ECHO, 64, false,
	    ics_bcast },
	{ "to all ones", "255.255.255.255", MF_BCAST, ICMP_ECHO, 64, false,
	    ics_bcast },
	{ "to all hosts", "224.0.0.1", MF_MCAST, ICMP_ECHO, 64, false,
	    ics_bcast },
	/* RFC 1122, 3.2.2: silently discarded */
	{ "unknown type", "10.0.0.1", 0, 99, 64, false, ics_type },
	{ "timestamp", "10.0.0.1", 0, ICMP_TSTAMP, 64, false, ics_type },
	{ "redirect", "10.0.0.1", 0, ICMP_REDIRECT, 64, false, ics_redirected },
};

static void
test_drops(void **state)
{
	uint8_t msg[64];
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(droptab); i++) {
		const struct fx_packet fp = { .fp_src = "10.0.0.9",
			.fp_dst = droptab[i].dst,
			.fp_proto = IPP_ICMP,
			.fp_payload = msg,
			.fp_len = droptab[i].len };
		uint64_t n = fixture_stat(&w.fx, SG_ICMP, droptab[i].why);

		message(msg, droptab[i].type, sizeof(msg));
		msg[2] ^= droptab[i].badsum;
		m = fixture_packet(&w.fx, w.a, &fp);
		m->m_flags |= (uint16_t)droptab[i].flags;
		fixture_run(&w.fx, ST_IP, m);
		if (w.fx.fx_n != 0 ||
		    fixture_stat(&w.fx, SG_ICMP, droptab[i].why) != n + 1)
			fail_msg("%s", droptab[i].name);
	}
	fixture_fini(&w.fx);
}

/* Errors and replies for nobody are consumed, however short their quote. */
static void
test_consumed(void **state)
{
	static const uint8_t types[] = { ICMP_ECHOREPLY, ICMP_UNREACH,
		ICMP_TIMEX, ICMP_PARAM, ICMP_QUENCH };
	uint8_t msg[64];
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "10.0.0.1",
		.fp_proto = IPP_ICMP,
		.fp_payload = msg };
	struct world w;
	unsigned i, n = 0;

	world_init(&w);
	for (i = 0; i < countof(types); i++)
		for (fp.fp_len = 8; fp.fp_len <= 64; fp.fp_len++, n++) {
			message(msg, types[i], fp.fp_len);
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
		cmocka_unit_test(test_offload),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_consumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
