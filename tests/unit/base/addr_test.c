/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses: masks, kinds, and text in both directions.
 */
#include "base/addr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static struct in6
v6(const char *s)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, s), 0);
	assert_int_equal(a.a_family, ADDR_V6);
	return a.a_v6;
}

/* RFC 5952; the numbers are its sections. */
static const struct {
	const char *in;
	const char *out; /* NULL: refused */
} addrtab[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" }, /* 4.1 */
	{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" }, /* 4.2.1 */
	{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, /* 4.2.2 */
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" }, /* 4.2.3 */
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* 4.2.3 */
	{ "2001:DB8::ABCD", "2001:db8::abcd" }, /* 4.3 */
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" }, /* 5 */
	{ "::ffff:c000:201", "::ffff:192.0.2.1" },
	{ "::1.2.3.4", "::102:304" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0" },
	{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
	{ "0:0:3:4:5:6:7:8", "::3:4:5:6:7:8" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "", NULL },
	{ "none", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.01", NULL },
	{ "192.0.2.1 ", NULL },
	{ "192.0.2.1/24", NULL },
	{ "0x7f.0.0.1", NULL },
	{ "1::2::3", NULL },
	{ "1:2:3:4:5:6:7", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "12345::", NULL },
	{ "fe80::1%eth0", NULL },
	{ "g::", NULL },
};

static void
addresses_to_text_and_back(void **state)
{
	char buf[ADDR_STRLEN];
	struct addr a;
	unsigned i;

	for (i = 0; i < countof(addrtab); i++) {
		a = addr_v4(0xdeadbeef);
		if (addrtab[i].out == NULL) {
			assert_int_equal(addr_parse(&a, addrtab[i].in), EINVAL);
			assert_int_equal(a.a_v4, 0xdeadbeef);
			continue;
		}
		assert_int_equal(addr_parse(&a, addrtab[i].in), 0);
		assert_string_equal(addr_format(&a, buf), addrtab[i].out);
	}
	a = (struct addr){ .a_family = ADDR_NONE };
	assert_string_equal(addr_format(&a, buf), "none");
}

/* All patterns of zero and other words: what is written is read the same. */
static void
text_of_all_zero_patterns(void **state)
{
	char buf[ADDR_STRLEN];
	uint8_t b[16];
	struct addr a;
	struct addr back;
	unsigned m;
	unsigned i;

	for (m = 0; m < 256; m++) {
		memset(b, 0, sizeof(b));
		for (i = 0; i < 8; i++)
			st16be(b + 2 * i, m >> i & 1 ? 0xa0 + i : 0);
		a = addr_v6(in6_load(b));
		assert_int_equal(addr_parse(&back, addr_format(&a, buf)), 0);
		assert_true(addr_eq(&a, &back));
	}
}

static void
random_text_round_trip(void **state)
{
	char buf[ADDR_STRLEN];
	struct addr a;
	struct addr back;
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 1);
	for (i = 0; i < 20000; i++) {
		if (i % 2 == 0)
			a = addr_v4((uint32_t)rnd_u64(&r));
		else
			a = addr_v6((struct in6){ rnd_u64(&r), rnd_u64(&r) });
		assert_int_equal(addr_parse(&back, addr_format(&a, buf)), 0);
		assert_true(addr_eq(&a, &back));
	}
}

static const struct {
	const char *in;
	const char *out;
} prefixtab[] = {
	{ "192.0.2.1/24", "192.0.2.1/24" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "10.0.0.1/32", "10.0.0.1/32" },
	{ "2001:db8:1::2/64", "2001:db8:1::2/64" },
	{ "::/0", "::/0" },
	{ "::ffff:192.0.2.1/128", "::ffff:192.0.2.1/128" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
	{ "192.0.2.1", NULL },
	{ "192.0.2.1/", NULL },
	{ "192.0.2.1/33", NULL },
	{ "192.0.2.1/024", NULL },
	{ "192.0.2.1/+8", NULL },
	{ "192.0.2.1/-1", NULL },
	{ "192.0.2.1/8 ", NULL },
	{ "192.0.2.1/255.255.255.0", NULL },
	{ "192.0.2.1/99999999999999999999", NULL },
	{ "2001:db8::/129", NULL },
	{ "/24", NULL },
	{ "", NULL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255.255.255.255/8", NULL },
};

static void
prefixes_to_text_and_back(void **state)
{
	char buf[PREFIX_STRLEN];
	struct prefix p;
	unsigned i;

	for (i = 0; i < countof(prefixtab); i++) {
		p = (struct prefix){ .p_len = 77 };
		if (prefixtab[i].out == NULL) {
			assert_int_equal(
			    prefix_parse(&p, prefixtab[i].in), EINVAL);
			assert_int_equal(p.p_len, 77);
			continue;
		}
		assert_int_equal(prefix_parse(&p, prefixtab[i].in), 0);
		assert_string_equal(prefix_format(&p, buf), prefixtab[i].out);
	}
}

static const struct {
	const char *prefix;
	const char *addr;
	bool match;
} matchtab[] = {
	{ "192.0.2.1/24", "192.0.2.255", true },
	{ "192.0.2.1/24", "192.0.3.0", false },
	{ "192.0.2.1/32", "192.0.2.1", true },
	{ "192.0.2.1/32", "192.0.2.0", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "128.0.0.0/1", "127.255.255.255", false },
	{ "0.0.0.0/0", "::", false },
	{ "::/0", "0.0.0.0", false },
	{ "::/0", "ffff::", true },
	{ "2001:db8::/64", "2001:db8::ffff:0:0:1", true },
	{ "2001:db8::/64", "2001:db8:0:1::", false },
	{ "2001:db8::/65", "2001:db8::7fff:0:0:0", true },
	{ "2001:db8::/65", "2001:db8::8000:0:0:0", false },
	{ "2001:db8::1/128", "2001:db8::1", true },
	{ "2001:db8::1/128", "2001:db8::", false },
};

static void
prefixes_match(void **state)
{
	struct prefix p;
	struct addr a;
	unsigned i;

	for (i = 0; i < countof(matchtab); i++) {
		assert_int_equal(prefix_parse(&p, matchtab[i].prefix), 0);
		assert_int_equal(addr_parse(&a, matchtab[i].addr), 0);
		assert_int_equal(prefix_match(&p, &a), matchtab[i].match);
	}
}

static void
masks_of_every_length(void **state)
{
	struct in6 m;
	uint8_t b[16];
	unsigned len;
	unsigned i;

	for (len = 0; len <= 32; len++)
		for (i = 0; i < 32; i++)
			assert_int_equal(in_mask(len) >> (31 - i) & 1, i < len);
	for (len = 0; len <= 128; len++) {
		m = in6_mask(len);
		in6_store(b, m);
		for (i = 0; i < 128; i++)
			assert_int_equal(b[i / 8] >> (7 - i % 8) & 1, i < len);
		assert_true(in6_eq(in6_load(b), m));
	}
}

enum {
	UNSPEC = 1,
	LOOP = 2,
	LINK = 4,
	MULTI = 8,
	MAPPED = 16,
	BCAST = 32,
	SOLICITED = 64
};

static const struct {
	const char *text;
	unsigned kind;
} kindtab[] = {
	{ "0.0.0.0", UNSPEC },
	{ "0.0.0.1", 0 },
	{ "127.0.0.1", LOOP },
	{ "127.255.255.255", LOOP },
	{ "128.0.0.0", 0 },
	{ "169.254.0.0", LINK },
	{ "169.255.0.0", 0 },
	{ "223.255.255.255", 0 },
	{ "224.0.0.1", MULTI },
	{ "239.255.255.255", MULTI },
	{ "240.0.0.0", 0 },
	{ "255.255.255.255", BCAST },
	{ "::", UNSPEC },
	{ "::1", LOOP },
	{ "::2", 0 },
	{ "1::1", 0 },
	{ "fe7f:ffff::", 0 },
	{ "fe80::", LINK },
	{ "febf:ffff::1", LINK },
	{ "fec0::", 0 },
	{ "ff00::", MULTI },
	{ "ff02::1", MULTI },
	{ "ff02::1:ff00:0", MULTI | SOLICITED },
	{ "ff02::1:ffff:ffff", MULTI | SOLICITED },
	{ "ff02::1:fe00:0", MULTI },
	{ "ff05::1:ff00:0", MULTI },
	{ "::ffff:1.2.3.4", MAPPED },
	{ "::fffe:1.2.3.4", 0 },
};

static unsigned
kind_v4(uint32_t a)
{
	return (in_is_unspecified(a) ? UNSPEC : 0) |
	    (in_is_loopback(a) ? LOOP : 0) | (in_is_linklocal(a) ? LINK : 0) |
	    (in_is_multicast(a) ? MULTI : 0) | (in_is_broadcast(a) ? BCAST : 0);
}

static unsigned
kind_v6(struct in6 a)
{
	return (in6_is_unspecified(a) ? UNSPEC : 0) |
	    (in6_is_loopback(a) ? LOOP : 0) | (in6_is_linklocal(a) ? LINK : 0) |
	    (in6_is_multicast(a) ? MULTI : 0) |
	    (in6_is_v4mapped(a) ? MAPPED : 0) |
	    (in6_is_solicited_node(a) ? SOLICITED : 0);
}

static void
kinds(void **state)
{
	struct addr a;
	unsigned i;

	for (i = 0; i < countof(kindtab); i++) {
		assert_int_equal(addr_parse(&a, kindtab[i].text), 0);
		assert_int_equal(
		    a.a_family == ADDR_V4 ? kind_v4(a.a_v4) : kind_v6(a.a_v6),
		    kindtab[i].kind);
	}
}

static void
equality(void **state)
{
	struct addr none = { .a_family = ADDR_NONE };
	struct addr a4 = addr_v4(0);
	struct addr a6 = addr_v6((struct in6){ 0, 0 });
	struct addr b6 = addr_v6((struct in6){ 0, 1 });
	struct addr c6 = addr_v6((struct in6){ 1, 0 });

	assert_true(addr_eq(&none, &none));
	assert_true(addr_eq(&a4, &a4));
	assert_false(addr_eq(&a4, &none));
	assert_false(addr_eq(&a4, &a6));
	assert_false(addr_eq(&a6, &b6));
	assert_false(addr_eq(&a6, &c6));
	assert_int_equal(addr_bits(ADDR_V4), 32);
	assert_int_equal(addr_bits(ADDR_V6), 128);
	assert_int_equal(addr_bits(ADDR_NONE), 0);
}

static void
computed_addresses(void **state)
{
	static const uint8_t mac[MAC_LEN] = { 0x34, 0x56, 0x78, 0x9a, 0xbc,
		0xde };
	static const uint8_t local[MAC_LEN] = { 0x02, 0, 0, 0, 0, 0x01 };

	/* RFC 4291, 2.7.1 */
	assert_true(in6_eq(in6_solicited_node(v6("4037::1:800:200e:8c6c")),
	    v6("ff02::1:ff0e:8c6c")));
	/* RFC 2464, 4 */
	assert_true(
	    in6_eq(in6_linklocal_mac(mac), v6("fe80::3656:78ff:fe9a:bcde")));
	assert_true(in6_eq(in6_linklocal_mac(local), v6("fe80::ff:fe00:1")));
}

static const struct {
	const char *in;
	const char *out;
} mactab[] = {
	{ "02:00:5e:10:00:01", "02:00:5e:10:00:01" },
	{ "FF:Ff:fF:aB:Cd:09", "ff:ff:ff:ab:cd:09" },
	{ "", NULL },
	{ "02:00:5e:10:00", NULL },
	{ "02:00:5e:10:00:", NULL },
	{ "02:00:5e:10:00:1", NULL },
	{ "02:00:5e:10:00:01:", NULL },
	{ "02:00:5e:10:00:011", NULL },
	{ "02-00-5e-10-00-01", NULL },
	{ "0g:00:5e:10:00:01", NULL },
};

static void
macs_to_text_and_back(void **state)
{
	static const uint8_t keep[MAC_LEN] = { 9, 9, 9, 9, 9, 9 };
	char buf[MAC_STRLEN];
	uint8_t mac[MAC_LEN];
	unsigned i;

	for (i = 0; i < countof(mactab); i++) {
		memcpy(mac, keep, sizeof(mac));
		if (mactab[i].out == NULL) {
			assert_int_equal(mac_parse(mac, mactab[i].in), EINVAL);
			assert_memory_equal(mac, keep, sizeof(mac));
			continue;
		}
		assert_int_equal(mac_parse(mac, mactab[i].in), 0);
		assert_string_equal(mac_format(mac, buf), mactab[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_to_text_and_back),
		cmocka_unit_test(text_of_all_zero_patterns),
		cmocka_unit_test(random_text_round_trip),
		cmocka_unit_test(prefixes_to_text_and_back),
		cmocka_unit_test(prefixes_match),
		cmocka_unit_test(masks_of_every_length),
		cmocka_unit_test(kinds),
		cmocka_unit_test(equality),
		cmocka_unit_test(computed_addresses),
		cmocka_unit_test(macs_to_text_and_back),
	};

	return cmocka_run_group_tests_name("base/addr", tests, NULL, NULL);
}
