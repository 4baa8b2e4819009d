/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated hosts: what they answer, and what they leave alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether_wire.h"
#include "gen/host.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_parse.h"
#include "mbuf/in_cksum.h"

#define ROOM 256u

static const uint8_t our_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t dut_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 9 };

static struct addr
address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a;
}

static struct host_port
port(void)
{
	struct host_port hp = { .hp_n = 3 };

	memcpy(hp.hp_mac, our_mac, MAC_LEN);
	hp.hp_hosts[0] = (struct gen_hosts){ address("10.0.0.10"), 4000 };
	hp.hp_hosts[1] = (struct gen_hosts){ address("10.9.0.1"), 0 };
	hp.hp_hosts[2] = (struct gen_hosts){ address("2001:db8::ff00"), 512 };
	return hp;
}

static void
has_ranges(void **state)
{
	static const struct {
		const char *addr;
		bool has;
	} tab[] = {
		{ "10.0.0.9", false },	      { "10.0.0.10", true },
		{ "10.0.15.169", true },      { "10.0.15.170", false },
		{ "10.9.0.1", true },	      { "10.9.0.2", false },
		{ "2001:db8::feff", false },  { "2001:db8::ff00", true },
		{ "2001:db8::1:ff", true },   { "2001:db8::1:100", false },
		{ "2001:db9::ff00", false },
	};
	struct host_port hp = port();
	unsigned i;

	(void)state;
	for (i = 0; i < countof(tab); i++) {
		struct addr a = address(tab[i].addr);

		assert_int_equal(host_has(&hp, &a), tab[i].has);
	}
}

static void
counts_in_order(void **state)
{
	struct host_port hp = port();
	struct addr a, want;

	(void)state;
	assert_int_equal(host_count(&hp), 4000 + 1 + 512);
	assert_true(host_nth(&hp, 3999, &a));
	want = address("10.0.15.169");
	assert_true(addr_eq(&a, &want));
	assert_true(host_nth(&hp, 4000, &a));
	want = address("10.9.0.1");
	assert_true(addr_eq(&a, &want));
	assert_true(host_nth(&hp, 4512, &a));
	want = address("2001:db8::1:ff");
	assert_true(addr_eq(&a, &want));
	assert_false(host_nth(&hp, 4513, &a));
}

/* Ethernet header with so many tags; where it goes on. */
static uint8_t *
begin(uint8_t *frame, unsigned tags, unsigned type)
{
	uint8_t *p = frame + 12;

	memset(frame, 0, ROOM);
	memcpy(frame, our_mac, MAC_LEN);
	memcpy(frame + 6, dut_mac, MAC_LEN);
	for (; tags > 0; tags--, p += 4) {
		st16be(p, ETHERTYPE_VLAN);
		st16be(p + 2, (uint16_t)(100 + tags));
	}
	st16be(p, (uint16_t)type);
	return p + 2;
}

static unsigned
arp_request(uint8_t *frame, unsigned tags, const char *target)
{
	struct arp_info ai = { .ai_op = ARPOP_REQUEST,
		.ai_spa = address("10.0.0.1").a_v4,
		.ai_tpa = address(target).a_v4 };
	uint8_t *p = begin(frame, tags, ETHERTYPE_ARP);

	mac_set_broadcast(frame);
	memcpy(ai.ai_sha, dut_mac, MAC_LEN);
	arp_build(p, &ai);
	return (unsigned)(p - frame) + sizeof(struct arp_wire);
}

static void
answers_arp(void **state)
{
	struct host_port hp = port();
	struct host_heard heard;
	struct arp_info ai;
	uint8_t f[ROOM];
	unsigned tags, len;

	(void)state;
	for (tags = 0; tags <= 2; tags++) {
		len = arp_request(f, tags, "10.0.3.7");
		assert_int_equal(
		    host_input(&hp, f, &len, ROOM, &heard), HV_ARP);
		assert_memory_equal(f, dut_mac, MAC_LEN);
		assert_memory_equal(f + 6, our_mac, MAC_LEN);
		assert_int_equal(arp_parse(f + 14 + 4 * tags,
		    len - 14 - 4 * tags, &ai), ars_none);
		assert_int_equal(ai.ai_op, ARPOP_REPLY);
		assert_int_equal(ai.ai_spa, address("10.0.3.7").a_v4);
		assert_int_equal(ai.ai_tpa, address("10.0.0.1").a_v4);
		assert_memory_equal(ai.ai_sha, our_mac, MAC_LEN);
		assert_memory_equal(ai.ai_tha, dut_mac, MAC_LEN);
		if (tags > 0)
			assert_int_equal(ld16be(f + 14), 100 + tags);
	}
	len = arp_request(f, 3, "10.0.3.7");
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_FOREIGN);
	len = arp_request(f, 0, "10.0.99.7");
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
	len = arp_request(f, 0, "10.0.3.7") - 1;
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
}

/* What it says itself may come back. */
static void
ignores_itself(void **state)
{
	struct host_port hp = port();
	struct addr a = address("10.0.0.10"), a6 = address("2001:db8::ff01");
	struct host_heard heard;
	uint8_t f[ROOM];
	unsigned len;

	(void)state;
	len = host_announce(f, &hp, &a);
	assert_int_equal(len, 60);
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
	len = host_ask(f, &hp, &a6, &a6);
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
}

static void
hears_arp(void **state)
{
	struct host_port hp = port();
	struct arp_info ai = { .ai_op = ARPOP_REPLY,
		.ai_spa = address("10.0.0.1").a_v4,
		.ai_tpa = address("10.0.0.10").a_v4 };
	struct addr want = address("10.0.0.1");
	struct host_heard heard;
	uint8_t f[ROOM];
	unsigned len = 42;

	(void)state;
	memcpy(ai.ai_sha, dut_mac, MAC_LEN);
	arp_build(begin(f, 0, ETHERTYPE_ARP), &ai);
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_HEARD);
	assert_true(addr_eq(&heard.hh_addr, &want));
	assert_memory_equal(heard.hh_mac, dut_mac, MAC_LEN);
	/* To somebody else: a bridge that floods. */
	f[5] = 7;
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_FOREIGN);
}

static void
answers_solicitation(void **state)
{
	struct host_port hp = port();
	struct nd6_info nd = { .nd_type = ND6_NS,
		.nd_src = address("2001:db8::1").a_v6,
		.nd_target = address("2001:db8::ff03").a_v6,
		.nd_haslla = true }, na = { 0 };
	struct host_heard heard;
	uint8_t f[ROOM], *p;
	unsigned len, probe;

	(void)state;
	for (probe = 0; probe < 2; probe++) {
		p = begin(f, 1, ETHERTYPE_IPV6);
		nd.nd_dst = in6_solicited_node(nd.nd_target);
		mac_set_group6(f, nd.nd_dst);
		memcpy(nd.nd_lla, dut_mac, MAC_LEN);
		if (probe) {
			nd.nd_src = (struct in6){ 0, 0 };
			nd.nd_haslla = false;
		}
		len = 18 + nd6_build(p, &nd);
		assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NS);
		assert_int_equal(len, 18 + 40 + 24 + 8);
		na.nd_src = in6_load(p + 8);
		na.nd_dst = in6_load(p + 24);
		na.nd_hlim = p[7];
		assert_int_equal(in_cksum_fold(in_cksum_add(p + 40, 32,
		    in6_cksum_pseudo(na.nd_src, na.nd_dst, IPP_ICMPV6, 32))),
		    0);
		assert_int_equal(nd6_parse(p + 40, 32, &na), nds_none);
		assert_int_equal(na.nd_type, ND6_NA);
		assert_true(in6_eq(na.nd_target, nd.nd_target));
		assert_memory_equal(na.nd_lla, our_mac, MAC_LEN);
		assert_int_equal(na.nd_flags & ND6_NA_SOLICITED,
		    probe ? 0 : ND6_NA_SOLICITED);
		assert_int_equal(f[0], probe ? 0x33 : dut_mac[0]);
	}
	/* And hears it: its own answer at another port. */
	hp.hp_mac[5] = 2;
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_HEARD);
	assert_true(in6_eq(heard.hh_addr.a_v6, nd.nd_target));
}

static unsigned
echo4(uint8_t *f, const char *dst, unsigned data)
{
	uint8_t *p = begin(f, 0, ETHERTYPE_IP);
	struct ip_wire *ip = (void *)p;
	struct icmp_wire *ic = (void *)(p + 20);

	ip->ip_vhl = 0x45;
	st16be(ip->ip_len, (uint16_t)(28 + data));
	ip->ip_ttl = 64;
	ip->ip_p = IPP_ICMP;
	st32be(ip->ip_src, address("10.0.0.1").a_v4);
	st32be(ip->ip_dst, address(dst).a_v4);
	st16be(ip->ip_sum, in_cksum(p, 20));
	ic->ic_type = ICMP_ECHO;
	st16be(ic->ic_id, 7);
	memset(ic + 1, 0x5a, data);
	st16be(ic->ic_sum, in_cksum_fold(in_cksum_add(ic, 8 + data, 0)));
	return 14 + 28 + data;
}

static void
answers_echo(void **state)
{
	struct host_port hp = port();
	struct host_heard heard;
	uint8_t f[ROOM];
	unsigned len = echo4(f, "10.9.0.1", 33);

	(void)state;
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_ECHO);
	assert_int_equal(in_cksum(f + 14, 20), 0);
	assert_int_equal(in_cksum_fold(in_cksum_add(f + 34, 8 + 33, 0)), 0);
	assert_int_equal(f[34], ICMP_ECHOREPLY);
	assert_int_equal(ld32be(f + 26), address("10.9.0.1").a_v4);
	assert_int_equal(ld32be(f + 30), address("10.0.0.1").a_v4);
	len = echo4(f, "10.9.0.1", 33);
	f[50] ^= 1;
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
	len = echo4(f, "10.9.0.2", 33);
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_NOISE);
}

static void
answers_echo6(void **state)
{
	struct host_port hp = port();
	struct in6 src = address("2001:db8::1").a_v6;
	struct in6 dst = address("2001:db8::ff00").a_v6;
	struct host_heard heard;
	uint8_t f[ROOM], *p = begin(f, 0, ETHERTYPE_IPV6);
	unsigned len = 14 + 40 + 16;

	(void)state;
	p[0] = 0x60;
	st16be(p + 4, 16);
	p[6] = IPP_ICMPV6;
	p[7] = 64;
	in6_store(p + 8, src);
	in6_store(p + 24, dst);
	p[40] = ICMP6_ECHO;
	st16be(p + 42, in_cksum_fold(in_cksum_add(p + 40, 16,
	    in6_cksum_pseudo(src, dst, IPP_ICMPV6, 16))));
	assert_int_equal(host_input(&hp, f, &len, ROOM, &heard), HV_ECHO);
	assert_int_equal(p[40], ICMP6_ECHOREPLY);
	assert_true(in6_eq(in6_load(p + 8), dst));
	assert_int_equal(in_cksum_fold(in_cksum_add(p + 40, 16,
	    in6_cksum_pseudo(src, dst, IPP_ICMPV6, 16))), 0);
}

static void
sends_udp_back(void **state)
{
	struct host_port hp = port();
	struct host_heard heard;
	uint8_t f[ROOM], *p;
	unsigned len, i;

	(void)state;
	for (i = GU_FOREIGN; i <= GU_ECHO; i++) {
		static const enum host_verdict want[] = { HV_FOREIGN, HV_SUNK,
			HV_UDP };

		hp.hp_udp = (enum gen_udp)i;
		len = echo4(f, "192.0.2.1", 33);
		p = f + 14;
		p[9] = IPP_UDP;
		st16be(p + 10, 0);
		st16be(p + 10, in_cksum(p, 20));
		st16be(p + 20, 1000);
		st16be(p + 22, 9);
		assert_int_equal(
		    host_input(&hp, f, &len, ROOM, &heard), want[i]);
	}
	assert_int_equal(ld32be(p + 12), address("192.0.2.1").a_v4);
	assert_int_equal(ld16be(p + 20), 9);
	assert_int_equal(ld16be(p + 22), 1000);
	assert_memory_equal(f, dut_mac, MAC_LEN);
}

/* No length is trusted: all prefixes, and any byte changed, in a tight room. */
static void
survives_rubbish(void **state)
{
	struct host_port hp = port();
	struct host_heard heard;
	uint8_t f[ROOM], *copy;
	unsigned len, cut, i, v, full;

	(void)state;
	hp.hp_udp = GU_ECHO;
	for (i = 0; i < 42; i++)
		for (v = 0; v < 256; v += 5)
			for (cut = 0; cut <= 42; cut += 3) {
				full = v % 2 == 0 ?
				    arp_request(f, 0, "10.0.3.7") :
				    echo4(f, "10.9.0.1", 33);
				f[i] = (uint8_t)v;
				len = umin(full, full - cut);
				copy = test_malloc(len + 1);
				memcpy(copy, f, len);
				host_input(&hp, copy, &len, len, &heard);
				test_free(copy);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_ranges),
		cmocka_unit_test(counts_in_order),
		cmocka_unit_test(answers_arp),
		cmocka_unit_test(ignores_itself),
		cmocka_unit_test(hears_arp),
		cmocka_unit_test(answers_solicitation),
		cmocka_unit_test(answers_echo),
		cmocka_unit_test(answers_echo6),
		cmocka_unit_test(sends_udp_back),
		cmocka_unit_test(survives_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
