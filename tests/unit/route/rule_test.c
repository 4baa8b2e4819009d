/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiled rules against a walk through the rules as they are written: random
 * rules over few values, so that packets meet their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bitmap.h"
#include "base/random.h"
#include "route/rule.h"

static struct in6
some_v6(struct rnd *r)
{
	static const uint64_t hi[] = { 0, UINT64_C(0xfd00000000000000),
		UINT64_C(0xfd00000000000001), UINT64_MAX };
	static const uint64_t lo[] = { 0, 1, 0xffff, UINT64_MAX };

	return (struct in6){ hi[rnd_below(r, 4)], lo[rnd_below(r, 4)] };
}

static uint32_t
some_v4(struct rnd *r)
{
	static const uint32_t v[] = { 0, 0x0a000000, 0x0a000001, 0x0a0000ff,
		0x0a000100, 0x0affffff, 0xfffffffe, UINT32_MAX };

	return v[rnd_below(r, 8)];
}

static struct addr
some_addr(struct rnd *r, unsigned family)
{
	return family == ADDR_V4 ? addr_v4(some_v4(r)) : addr_v6(some_v6(r));
}

static uint16_t
some_port(struct rnd *r)
{
	static const uint16_t v[] = { 0, 1, 80, 81, 8000, 65534, 65535 };

	return v[rnd_below(r, 7)];
}

static void
some_prefixes(struct rnd *r, unsigned family, struct prefix **p, unsigned *n)
{
	unsigned i;

	*n = (unsigned)rnd_below(r, 4);
	assert_non_null(*p = calloc(*n + 1, sizeof(**p)));
	for (i = 0; i < *n; i++) {
		(*p)[i].p_addr = some_addr(r, family);
		(*p)[i].p_len =
		    (uint8_t)rnd_below(r, addr_bits(family) + 1u);
	}
}

static void
some_ports(struct rnd *r, struct rule_ports **rp, unsigned *n)
{
	unsigned i;

	*n = rnd_below(r, 2) == 0 ? 0 : (unsigned)rnd_below(r, 3);
	assert_non_null(*rp = calloc(*n + 1, sizeof(**rp)));
	for (i = 0; i < *n; i++) {
		uint16_t a = some_port(r), b = some_port(r);

		(*rp)[i] = (struct rule_ports){ a < b ? a : b, a < b ? b : a };
	}
}

static void
some_rule(struct rnd *r, struct rule *ru)
{
	static const uint8_t families[] = { ADDR_NONE, ADDR_V4, ADDR_V6 };
	unsigned i;

	memset(ru, 0, sizeof(*ru));
	ru->ru_family = families[rnd_below(r, 3)];
	ru->ru_idle = rnd_below(r, 10) == 0;
	for (i = 1; i < 4; i++)
		if (rnd_below(r, 2) == 0)
			bitmap_set(ru->ru_if, i);
	if (rnd_below(r, 3) == 0)
		ru->ru_dscp = 1 | UINT64_C(1) << 63;
	ru->ru_anyproto = rnd_below(r, 2) == 0;
	if (!ru->ru_anyproto)
		bitmap_set(ru->ru_proto, rnd_below(r, 2) == 0 ? 6 : 255);
	if (ru->ru_family != ADDR_NONE) {
		some_prefixes(r, ru->ru_family, &ru->ru_src, &ru->ru_nsrc);
		some_prefixes(r, ru->ru_family, &ru->ru_dst, &ru->ru_ndst);
	}
	some_ports(r, &ru->ru_sport, &ru->ru_nsport);
	some_ports(r, &ru->ru_dport, &ru->ru_ndport);
}

static void
some_key(struct rnd *r, struct rule_key *rk)
{
	static const uint8_t protos[] = { 6, 17, 255 };
	static const uint8_t dscps[] = { 0, 46, 63 };

	memset(rk, 0, sizeof(*rk));
	rk->rk_family = rnd_below(r, 2) == 0 ? ADDR_V4 : ADDR_V6;
	if (rk->rk_family == ADDR_V4) {
		rk->rk_src.i6_lo = some_v4(r);
		rk->rk_dst.i6_lo = some_v4(r);
	} else {
		rk->rk_src = some_v6(r);
		rk->rk_dst = some_v6(r);
	}
	rk->rk_ifindex = (uint16_t)(1 + rnd_below(r, 3));
	rk->rk_proto = protos[rnd_below(r, 3)];
	rk->rk_dscp = dscps[rnd_below(r, 3)];
	rk->rk_ports = rnd_below(r, 3) != 0;
	rk->rk_sport = some_port(r);
	rk->rk_dport = some_port(r);
}

static bool
in_prefixes(const struct prefix *p, unsigned n, unsigned family, struct in6 a)
{
	struct addr addr = family == ADDR_V4 ? addr_v4((uint32_t)a.i6_lo) :
	    addr_v6(a);
	unsigned i;

	for (i = 0; i < n; i++)
		if (prefix_match(&p[i], &addr))
			return true;
	return n == 0;
}

static bool
in_ports(const struct rule_ports *rp, unsigned n, uint16_t port)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (port >= rp[i].rp_lo && port <= rp[i].rp_hi)
			return true;
	return n == 0;
}

static bool
naive(const struct rule *ru, const struct rule_key *rk)
{
	if (ru->ru_nsport + ru->ru_ndport > 0 && !rk->rk_ports)
		return false;
	return !ru->ru_idle &&
	    (ru->ru_family == ADDR_NONE || ru->ru_family == rk->rk_family) &&
	    bitmap_test(ru->ru_if, rk->rk_ifindex) &&
	    (ru->ru_dscp == 0 || (ru->ru_dscp >> rk->rk_dscp & 1) != 0) &&
	    (ru->ru_anyproto || bitmap_test(ru->ru_proto, rk->rk_proto)) &&
	    in_prefixes(ru->ru_src, ru->ru_nsrc, rk->rk_family, rk->rk_src) &&
	    in_prefixes(ru->ru_dst, ru->ru_ndst, rk->rk_family, rk->rk_dst) &&
	    in_ports(ru->ru_sport, ru->ru_nsport, rk->rk_sport) &&
	    in_ports(ru->ru_dport, ru->ru_ndport, rk->rk_dport);
}

static void
check(struct rnd *r, unsigned n, unsigned packets)
{
	struct rule *ru = calloc(n, sizeof(*ru));
	struct rule_key rk;
	struct rules *rs;
	unsigned i, k;

	assert_non_null(ru);
	for (i = 0; i < n; i++)
		some_rule(r, &ru[i]);
	assert_non_null(rs = rules_compile(ru, n));
	for (k = 0; k < packets; k++) {
		some_key(r, &rk);
		for (i = 0; i < n && !naive(&ru[i], &rk); i++)
			;
		assert_int_equal(
		    rules_match(rs, &rk), i < n ? i : RULE_NONE);
	}
	rules_free(rs);
	for (i = 0; i < n; i++)
		rule_fini(&ru[i]);
	free(ru);
}

static void
test_naive(void **state)
{
	static const unsigned sizes[] = { 1, 2, 5, 63, 64, 65, 200 };
	struct rnd r;
	unsigned i, k;

	(void)state;
	rnd_seed(&r, 7);
	for (i = 0; i < countof(sizes); i++)
		for (k = 0; k < 30; k++)
			check(&r, sizes[i], 300);
	check(&r, RULE_MAX, 1000);
}

static void
test_equal(void **state)
{
	struct prefix p = { .p_addr = addr_v4(0x0a000000), .p_len = 8 };
	struct rule a = { .ru_name = "a", .ru_nsrc = 1, .ru_src = &p }, b = a;
	struct prefix q = p;

	(void)state;
	b.ru_src = &q;
	assert_true(rule_equal(&a, &b));
	q.p_len = 9;
	assert_false(rule_equal(&a, &b));
	b = a;
	b.ru_dscp = 1;
	assert_false(rule_equal(&a, &b));
	b = a;
	b.ru_nh = 3;
	assert_false(rule_equal(&a, &b));
	b = a;
	strcpy(b.ru_name, "b");
	assert_false(rule_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_naive),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
