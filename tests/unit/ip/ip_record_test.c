/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of packets with options, on their way through and for this
 * host: RFC 1812, 5.3.13; RFC 1122, 3.2.2.6; net.inet.ip.process_options.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_stat.h"
#include "ip/icmp_wire.h"
#include "ip/ip_options.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

#define UTC_MS 45296789u /* 12:34:56.789 */

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w, unsigned mode)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 1500, "10.0.0.1/24");
	w->b = fixture_if(&w->fx, "b", 1280, "192.0.2.1/24");
	atomic_store(&w->fx.fx_sp->sp_sysctl.ip_process_options, mode);
}

static uint64_t
utc(void *arg)
{
	(void)arg;
	return (UINT64_C(20000) * 86400000 + UTC_MS) * NS_MS;
}

/* Route (two, one taken), alert, time with addresses (two). */
static const uint8_t both[36] = { 7, 11, 8, 10, 0, 0, 9, 0, 0, 0, 0, 1, 148, 4,
	0, 0, 68, 20, 5, 1 };

static const struct fx_packet transit = { .fp_src = "10.0.0.9",
	.fp_dst = "192.0.2.9",
	.fp_proto = IPP_UDP,
	.fp_options = both,
	.fp_optlen = sizeof(both),
	.fp_len = 100 };

/* The one caught has a right header checksum. */
static const uint8_t *
caught(struct world *w)
{
	const uint8_t *p = fixture_caught(&w->fx, ST_RESOLVE)->m_data;

	assert_int_equal(in_cksum(p, (p[0] & 15u) * 4), 0);
	return p;
}

/* Both options have addr in their next place, and this time. */
static void
is_recorded(const uint8_t *opt, const char *addr, uint32_t stamp)
{
	uint8_t want[sizeof(both)];

	memcpy(want, both, sizeof(want));
	want[2] = 12;
	st32be(want + 7, fx_v4(addr));
	want[18] = 13;
	st32be(want + 20, fx_v4(addr));
	st32be(want + 24, stamp);
	assert_memory_equal(opt, want, sizeof(want));
}

/* The address is that of the way out; others share the packet, or do not. */
static void
test_transit(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct mbuf *m;

		fp.fp_chain = i == 2 ? 30 : 0;
		world_init(&w, IPOPTS_PROCESS);
		w.fx.fx_sp->sp_env.env_utc = i == 0 ? utc : NULL;
		m = fixture_packet(&w.fx, w.a, &fp);
		m->m_flags |= i == 1 ? MF_SHARED : 0;
		fixture_run(&w.fx, ST_IP, m);
		is_recorded(caught(&w) + IP_HLEN, "192.0.2.1",
		    i == 0 ? UTC_MS : 0x80000000u | 1000);
		assert_int_equal(caught(&w)[8], 63);
		assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_options), 1);
		assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_recorded), 1);
		assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_forward), 1);
		fixture_fini(&w.fx);
	}
}

/* Any address of this host is asked for; and one of somebody else. */
static void
test_asked(void **state)
{
	uint8_t opt[12] = { 68, 12, 5, 3 };
	struct fx_packet fp = transit;
	struct world w;

	(void)state;
	fp.fp_options = opt;
	fp.fp_optlen = sizeof(opt);
	world_init(&w, IPOPTS_PROCESS);
	w.fx.fx_sp->sp_env.env_utc = utc;
	st32be(opt + 4, fx_v4("10.0.0.9"));
	fixture_input(&w.fx, w.a, &fp);
	assert_memory_equal(caught(&w) + IP_HLEN, opt, sizeof(opt));
	fixture_clear(&w.fx);
	st32be(opt + 4, fx_v4("10.0.0.1"));
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(caught(&w)[22], 13);
	assert_int_equal(ld32be(caught(&w) + 28), UTC_MS);
	fixture_fini(&w.fx);
}

/* Into fragments goes what was recorded, in the first. */
static void
test_fragments(void **state)
{
	struct fx_packet fp = transit;
	struct world w;

	(void)state;
	fp.fp_len = 1300;
	world_init(&w, IPOPTS_PROCESS);
	w.fx.fx_sp->sp_env.env_utc = utc;
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 2);
	is_recorded(w.fx.fx_m[0]->m_data + IP_HLEN, "192.0.2.1", UTC_MS);
	assert_int_equal(w.fx.fx_m[1]->m_data[0], 0x46);
	assert_int_equal(w.fx.fx_m[1]->m_data[20], IPOPT_RALERT);
	fixture_fini(&w.fx);
}

/* An error quotes the packet as it arrived. */
static void
test_quoted(void **state)
{
	struct fx_packet fp = transit;
	struct world w;

	(void)state;
	fp.fp_ttl = 1;
	world_init(&w, IPOPTS_PROCESS);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(caught(&w)[20], ICMP_TIMEX);
	assert_memory_equal(caught(&w) + 48, both, sizeof(both));
	fixture_fini(&w.fx);
}

/* Source routes and what is malformed, by mode. */
static const struct {
	const char *name;
	uint8_t opt[8];
	unsigned mode;
	enum ipstat why; /* ips_none: forwarded as it is */
	int type; /* of the answer; -1: none */
	unsigned code;
} modetab[] = {
	{ "source route", { 131, 7, 4, 1, 2, 3, 4 }, IPOPTS_PROCESS,
	    ips_srcroute, -1, 0 },
	{ "malformed", { 7, 7, 3 }, IPOPTS_PROCESS, ips_badopt, ICMP_PARAM,
	    0 },
	{ "router alert", { 148, 4, 0, 0 }, IPOPTS_PROCESS, ips_none, -1, 0 },
	{ "unknown", { 0x5e, 8, 1, 2, 3, 4, 5, 6 }, IPOPTS_PROCESS, ips_none,
	    -1, 0 },
	{ "route unread", { 7, 7, 4 }, IPOPTS_IGNORE, ips_none, -1, 0 },
	{ "source route unread", { 131, 7, 4, 1, 2, 3, 4 }, IPOPTS_IGNORE,
	    ips_none, -1, 0 },
	{ "malformed, unread", { 7, 7, 3 }, IPOPTS_IGNORE, ips_none, -1, 0 },
	{ "route refused", { 7, 7, 4 }, IPOPTS_REFUSE, ips_optrefused,
	    ICMP_UNREACH, ICMP_UNREACH_ADMIN },
	{ "padding refused", { 1, 1, 1, 0 }, IPOPTS_REFUSE, ips_optrefused,
	    ICMP_UNREACH, ICMP_UNREACH_ADMIN },
};

static void
test_modes(void **state)
{
	struct fx_packet fp = transit;
	struct world w;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(modetab); i++) {
		fp.fp_options = modetab[i].opt;
		fp.fp_optlen = sizeof(modetab[i].opt);
		world_init(&w, modetab[i].mode);
		fixture_input(&w.fx, w.a, &fp);
		if (w.fx.fx_n !=
		    (modetab[i].why == ips_none || modetab[i].type >= 0))
			fail_msg("%s: %u packets", modetab[i].name, w.fx.fx_n);
		if (modetab[i].why == ips_none)
			assert_memory_equal(
			    caught(&w) + IP_HLEN, modetab[i].opt, 8);
		else
			assert_int_equal(
			    fixture_stat(&w.fx, SG_IP, modetab[i].why), 1);
		if (modetab[i].type >= 0) {
			assert_int_equal(caught(&w)[20], modetab[i].type);
			assert_int_equal(caught(&w)[21], modetab[i].code);
		}
		fixture_fini(&w.fx);
	}
}

static void
echo_make(uint8_t msg[64])
{
	memset(msg, 0x5a, 64);
	msg[0] = ICMP_ECHO;
	msg[1] = 0;
	st16be(msg + 2, 0);
	st16be(msg + 2, in_cksum(msg, 64));
}

/* Both go back without the alert, with the address that was asked. */
static void
test_echo(void **state)
{
	uint8_t msg[64], want[sizeof(both)];
	struct fx_packet fp = transit;
	struct world w;
	const uint8_t *p;
	unsigned mode;

	(void)state;
	echo_make(msg);
	fp.fp_dst = "192.0.2.1";
	fp.fp_proto = IPP_ICMP;
	fp.fp_payload = msg;
	fp.fp_len = sizeof(msg);
	for (mode = IPOPTS_IGNORE; mode <= IPOPTS_PROCESS; mode++) {
		unsigned n = mode == IPOPTS_PROCESS ? 32 : 0;

		world_init(&w, mode);
		w.fx.fx_sp->sp_env.env_utc = utc;
		fixture_input(&w.fx, w.a, &fp);
		p = caught(&w);
		assert_int_equal(p[0], 0x45 + n / 4);
		assert_int_equal(ld16be(p + 2), IP_HLEN + n + sizeof(msg));
		assert_int_equal(ld32be(p + 12), fx_v4("192.0.2.1"));
		assert_int_equal(p[IP_HLEN + n], ICMP_ECHOREPLY);
		assert_int_equal(in_cksum(p + IP_HLEN + n, sizeof(msg)), 0);
		if (n != 0) {
			memcpy(want, p + IP_HLEN, 11);
			want[11] = 1;
			memcpy(want + 12, both + 12, 4);
			memcpy(want + 16, p + IP_HLEN + 11, 20);
			is_recorded(want, "192.0.2.1", UTC_MS);
			assert_int_equal(p[IP_HLEN + 31], IPOPT_EOL);
		}
		fixture_fini(&w.fx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transit),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
