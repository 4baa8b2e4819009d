/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements and solicitations from values to bytes and back, and
 * what is passed over (RFC 4861, 6.3.4; RFC 4862, 5.5.3; RFC 4191, 2.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_parse.h"
#include "ip6/ra_host.h"
#include "ip6/ra_parse.h"
#include "mbuf/in_cksum.h"

static const struct in6 router = { UINT64_C(0xfe80000000000000), 1 };
static const struct in6 allnodes = { UINT64_C(0xff02000000000000), 1 };

/* A packet is whole: version, length, hop limit, checksum, a message. */
static void
check_packet(const uint8_t *p, unsigned len, unsigned type, struct in6 src,
    struct in6 dst)
{
	const struct ip6_wire *ip6 = (const void *)p;
	struct nd6_info nd = { .nd_src = src, .nd_dst = dst,
		.nd_hlim = ip6->ip6_hlim };
	unsigned n = len - IP6_HLEN;

	assert_int_equal(ip6->ip6_vfc[0], 0x60);
	assert_int_equal(ld16be(ip6->ip6_plen), n);
	assert_int_equal(n % 8, 0);
	assert_int_equal(ip6->ip6_nxt, IPP_ICMPV6);
	assert_int_equal(ip6->ip6_hlim, 255);
	assert_true(in6_eq(in6_load(ip6->ip6_src), src));
	assert_true(in6_eq(in6_load(ip6->ip6_dst), dst));
	assert_int_equal(in_cksum_fold(in_cksum_add(p + IP6_HLEN, n,
	    in6_cksum_pseudo(src, dst, IPP_ICMPV6, n))), 0);
	assert_int_equal(nd6_parse(p + IP6_HLEN, n, &nd), nds_none);
	assert_int_equal(nd.nd_type, type);
}

static struct ra_info
full(void)
{
	static const struct in6 dns[] = { { 1, 2 }, { 3, 4 } };
	static uint8_t search[64];
	struct ra_info ra = { .ra_src = router,
		.ra_dst = allnodes,
		.ra_hlim = 64,
		.ra_managed = true,
		.ra_haslla = true,
		.ra_lla = { 2, 0, 0, 0, 0, 1 },
		.ra_pref = RA_LOW,
		.ra_lifetime = 1800,
		.ra_reachable = 30000,
		.ra_retrans = 1000,
		.ra_mtu = 1400,
		.ra_dns = dns,
		.ra_ndns = 2,
		.ra_search = search,
		.ra_dnslife = 1200 };

	ra.ra_searchlen = ra_search_name(search, sizeof(search), "a.example");
	return ra;
}

static void
test_again(void **state)
{
	struct ra_info ra = full(), got;
	uint8_t p[RA_BUILD_MAX];
	unsigned i, n;

	(void)state;
	ra.ra_nprefix = RA_BATCH;
	for (i = 0; i < RA_BATCH; i++)
		ra.ra_prefix[i] = (struct ra_prefix){
			.rp_prefix = { UINT64_C(0x20010db800000000) + i, 0 },
			.rp_len = 64,
			.rp_flags = i % 4 * 0x40,
			.rp_valid = i == 1 ? RA_INFINITE : 1000 + i,
			.rp_preferred = 500 + i,
		};
	n = ra_build(p, &ra);
	assert_true(n <= RA_BUILD_MAX);
	check_packet(p, n, ND6_RA, router, allnodes);
	ra_parse(p + IP6_HLEN, n - IP6_HLEN, &got);
	assert_int_equal(got.ra_hlim, 64);
	assert_true(got.ra_managed && !got.ra_other);
	assert_true(got.ra_haslla);
	assert_memory_equal(got.ra_lla, ra.ra_lla, MAC_LEN);
	assert_int_equal(got.ra_pref, RA_LOW);
	assert_int_equal(got.ra_lifetime, 1800);
	assert_int_equal(got.ra_reachable, 30000);
	assert_int_equal(got.ra_retrans, 1000);
	assert_int_equal(got.ra_mtu, 1400);
	assert_int_equal(got.ra_nprefix, RA_BATCH);
	assert_int_equal(got.ra_more, 0);
	assert_memory_equal(got.ra_prefix, ra.ra_prefix,
	    RA_BATCH * sizeof(ra.ra_prefix[0]));
}

/* The most of everything fits the least MTU. */
static void
test_room(void **state)
{
	static const struct in6 dns[RA_DNS_MAX];
	static const uint8_t search[RA_SEARCH_MAX];
	struct ra_info ra = full();
	uint8_t p[RA_BUILD_MAX];
	unsigned i;

	(void)state;
	ra.ra_dns = dns;
	ra.ra_ndns = RA_DNS_MAX;
	ra.ra_search = search;
	ra.ra_searchlen = RA_SEARCH_MAX;
	ra.ra_nprefix = RA_BATCH;
	for (i = 0; i < RA_BATCH; i++)
		ra.ra_prefix[i] = (struct ra_prefix){ .rp_len = 64 };
	assert_true(ra_build(p, &ra) <= 1280);
}

/* RFC 8106, 5.1 and 5.2, byte by byte. */
static void
test_dns(void **state)
{
	static const uint8_t want[] = { 25, 5, 0, 0, 0, 0, 4, 0xb0, 0, 0, 0, 0,
		0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0,
		0, 0, 0, 0, 0, 0, 4, 31, 3, 0, 0, 0, 0, 4, 0xb0, 1, 'a', 7,
		'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 0, 0, 0, 0 };
	struct ra_info ra = full();
	uint8_t p[RA_BUILD_MAX];
	unsigned n;

	(void)state;
	ra.ra_haslla = false;
	ra.ra_mtu = 0;
	n = ra_build(p, &ra);
	assert_int_equal(n, IP6_HLEN + 16 + sizeof(want));
	assert_memory_equal(p + IP6_HLEN + 16, want, sizeof(want));
}

/* RFC 4191, 2.2. */
static void
test_preference(void **state)
{
	static const struct {
		uint8_t flags, pref;
	} tab[] = { { 0x00, RA_MEDIUM }, { 0x08, RA_HIGH }, { 0x18, RA_LOW },
		{ 0x10, RA_MEDIUM } };
	struct ra_info ra = full(), got;
	uint8_t p[RA_BUILD_MAX];
	unsigned i, n;

	(void)state;
	ra.ra_lifetime = 0;
	n = ra_build(p, &ra);
	ra_parse(p + IP6_HLEN, n - IP6_HLEN, &got);
	assert_int_equal(got.ra_pref, RA_MEDIUM);
	for (i = 0; i < countof(tab); i++) {
		p[IP6_HLEN + 5] = tab[i].flags;
		ra_parse(p + IP6_HLEN, n - IP6_HLEN, &got);
		assert_int_equal(got.ra_pref, tab[i].pref);
	}
}

#define PIO(plen, flags, valid, preferred, hi)                                 \
	3, 4, plen, flags, 0, 0, 0, valid, 0, 0, 0, preferred, 0, 0, 0, 0,     \
	    hi, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 9

static const struct {
	const char *name;
	unsigned len;
	uint8_t bytes[64];
	unsigned nprefix;
	uint32_t mtu;
} options[] = {
	{ "a prefix", 32, { PIO(64, 0xc0, 9, 5, 0x20) }, 1, 0 },
	{ "two", 64, { PIO(64, 0xc0, 9, 5, 0x20), PIO(128, 0, 9, 5, 0xfd) }, 2,
	    0 },
	{ "longer than an address", 32, { PIO(129, 0xc0, 9, 5, 0x20) }, 0, 0 },
	{ "preferred longer than valid", 32, { PIO(64, 0xc0, 5, 9, 0x20) }, 0,
	    0 },
	{ "a group's", 32, { PIO(64, 0xc0, 9, 5, 0xff) }, 0, 0 },
	{ "of another length", 40,
	    { 3, 5, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 5 }, 0, 0 },
	{ "cut off", 24, { 3, 4, 64, 0xc0, 0, 0, 0, 9 }, 0, 0 },
	{ "MTU", 8, { 5, 1, 0, 0, 0, 0, 5, 0 }, 0, 1280 },
	{ "MTU too small", 8, { 5, 1, 0, 0, 0, 0, 4, 0xff }, 0, 0 },
	{ "unknown before", 24,
	    { 99, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0,
		0, 5, 0 },
	    0, 1280 },
	{ "no length", 16, { 99, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5 },
	    0, 0 },
};

static void
test_options(void **state)
{
	uint8_t p[16 + 64] = { 134 };
	struct ra_info got;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(options); i++) {
		memcpy(p + 16, options[i].bytes, options[i].len);
		ra_parse(p, 16 + options[i].len, &got);
		if (got.ra_nprefix != options[i].nprefix ||
		    got.ra_mtu != options[i].mtu)
			fail_msg("%s: %u prefixes, MTU %u", options[i].name,
			    got.ra_nprefix, got.ra_mtu);
	}
	/* Bits behind the length mean nothing. */
	memcpy(p + 16, options[0].bytes, 32);
	ra_parse(p, 48, &got);
	assert_int_equal(got.ra_prefix[0].rp_prefix.i6_hi & 0xff, 9);
	assert_int_equal(got.ra_prefix[0].rp_prefix.i6_lo, 0);
	assert_int_equal(got.ra_prefix[0].rp_valid, 9);
	assert_int_equal(got.ra_prefix[0].rp_preferred, 5);
}

static void
test_many(void **state)
{
	static uint8_t p[16 + 100 * 32];
	struct ra_info got;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		memcpy(p + 16 + i * 32, options[0].bytes, 32);
	ra_parse(p, sizeof(p), &got);
	assert_int_equal(got.ra_nprefix, RA_PREFIXES);
	assert_int_equal(got.ra_more, 100 - RA_PREFIXES);
}

static void
test_solicitation(void **state)
{
	static const uint8_t mac[MAC_LEN] = { 2, 1, 2, 3, 4, 5 };
	struct in6 dst = { UINT64_C(0xff02000000000000), 2 }, none = { 0, 0 };
	uint8_t p[RS_BUILD_MAX];

	(void)state;
	assert_int_equal(rs_build(p, router, dst, mac), RS_BUILD_MAX);
	check_packet(p, RS_BUILD_MAX, ND6_RS, router, dst);
	assert_memory_equal(p + 50, mac, MAC_LEN);
	assert_int_equal(rs_build(p, none, dst, NULL), RS_BUILD_MAX - 8);
	check_packet(p, RS_BUILD_MAX - 8, ND6_RS, none, dst);
}

static void
test_names(void **state)
{
	uint8_t p[300];
	char name[300];

	(void)state;
	assert_int_equal(ra_search_name(p, 300, "a.bc"), 6);
	assert_memory_equal(p, "\1a\2bc", 6);
	assert_int_equal(ra_search_name(p, 300, "a.bc."), 6);
	assert_int_equal(ra_search_name(p, 6, "a.bc"), 6);
	assert_int_equal(ra_search_name(p, 5, "a.bc"), 0);
	assert_int_equal(ra_search_name(p, 300, ""), 0);
	assert_int_equal(ra_search_name(p, 300, "."), 0);
	assert_int_equal(ra_search_name(p, 300, "a..b"), 0);
	memset(name, 'x', 64);
	name[64] = '\0';
	assert_int_equal(ra_search_name(p, 300, name), 0);
	name[63] = '\0';
	assert_int_equal(ra_search_name(p, 300, name), 65);
}

/* RFC 7217, 5: nothing but what goes in decides, and all of it does. */
static void
test_stable(void **state)
{
	static const uint8_t key[SIPHASH_KEYLEN] = { 1 }, other[] = { 2, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	const uint64_t net = UINT64_C(0x20010db800000000);
	uint64_t id = ra_stable_id(key, net, "wan", 0);

	(void)state;
	assert_true(id == ra_stable_id(key, net, "wan", 0));
	assert_true(id != ra_stable_id(key, net, "wan", 1));
	assert_true(id != ra_stable_id(key, net, "lan", 0));
	assert_true(id != ra_stable_id(key, net + 1, "wan", 0));
	assert_true(id != ra_stable_id(other, net, "wan", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_preference),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_solicitation),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
