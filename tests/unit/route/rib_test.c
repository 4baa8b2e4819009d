/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routing table against a list of entries under random additions and
 * deletions; which entry of a prefix is active; what it refuses; its size.
 */
#include <errno.h>
#include <string.h>

#include "naive.h"

#include "base/bytes.h"

static struct rib *
must_create(void)
{
	struct rib *r;

	assert_int_equal(rib_create(&r), 0);
	return r;
}

static struct prefix
must_parse(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text), 0);
	return p;
}

static void
test_empty(void **state)
{
	struct rib *r = must_create();
	struct prefix p = must_parse("0.0.0.0/0");
	struct rib_entry re = { 0 };

	assert_false(rib_lookup(r, &p.p_addr, &p, &re));
	assert_false(rib_lookup_exact(r, &p, &re));
	assert_int_equal(rib_count(r, ADDR_V4), 0);
	assert_int_equal(rib_count(r, ADDR_V6), 0);
	rib_destroy(r);
	rib_destroy(NULL);
}

static const struct {
	const char *prefix;
	struct rib_entry re;
	int error;
} addtab[] = {
	{ "10.0.0.0/8", { 1, RP_STATIC, 1 }, 0 },
	{ "10.0.0.0/8", { 1, RP_STATIC, 7 }, EEXIST },
	{ "10.0.0.0/8", { 2, RP_STATIC, 1 }, 0 },
	{ "10.0.0.0/8", { 1, RP_CONNECTED, 0 }, 0 },
	{ "10.9.9.9/8", { 1, RP_CONNECTED, 0 }, EEXIST },
	{ "10.0.0.0/9", { 0, RP_STATIC, 1 }, EINVAL },
	{ "10.0.0.0/9", { RIB_NHOP_MAX, RP_STATIC, 1 }, 0 },
	{ "10.0.0.0/9", { RIB_NHOP_MAX + 1, RP_STATIC, 1 }, EINVAL },
	{ "10.0.0.0/9", { 1, RP_N, 1 }, EINVAL },
	{ "::/0", { 1, RP_STATIC, 1 }, 0 },
	{ "::1/128", { 1, RP_LOCAL, 0 }, 0 },
};

static void
test_add(void **state)
{
	struct rib *r = must_create();
	struct rib_entry re = { 1, RP_STATIC, 1 };
	struct prefix p;
	unsigned i;

	role_enter(&on_ctl);
	for (i = 0; i < countof(addtab); i++) {
		p = must_parse(addtab[i].prefix);
		assert_int_equal(
		    rib_add(r, &p, &addtab[i].re), addtab[i].error);
	}
	assert_int_equal(rib_count(r, ADDR_V4), 2);
	assert_int_equal(rib_count(r, ADDR_V6), 2);
	p = (struct prefix){ .p_addr = addr_v4(0), .p_len = 33 };
	assert_int_equal(rib_add(r, &p, &re), EINVAL);
	assert_int_equal(rib_delete(r, &p, &re), EINVAL);
	p = (struct prefix){ 0 };
	assert_int_equal(rib_add(r, &p, &re), EINVAL);
	rib_destroy(r);
}

static void
test_delete_unknown(void **state)
{
	struct rib *r = must_create();
	struct prefix p = must_parse("10.0.0.0/8");
	struct prefix half = must_parse("10.0.0.0/9");
	struct rib_entry re = { 1, RP_STATIC, 1 };
	struct rib_entry other = { 2, RP_STATIC, 1 };

	role_enter(&on_ctl);
	assert_int_equal(rib_delete(r, &p, &re), ESRCH);
	assert_int_equal(rib_add(r, &p, &re), 0);
	assert_int_equal(rib_delete(r, &p, &other), ESRCH);
	assert_int_equal(rib_delete(r, &half, &re), ESRCH);
	assert_int_equal(rib_delete(r, &p, &re), 0);
	assert_int_equal(rib_delete(r, &p, &re), ESRCH);
	rib_destroy(r);
}

/* Entries are added in this order; which is active after each? */
static const struct {
	const char *name;
	struct rib_entry re;
	uint32_t active;
} besttab[] = {
	{ "first", { 1, RP_STATIC, 20 }, 1 },
	{ "farther", { 2, RP_STATIC, 30 }, 1 },
	{ "as far, later", { 3, RP_STATIC, 20 }, 1 },
	{ "nearer", { 4, RP_STATIC, 10 }, 4 },
	{ "as near, better protocol", { 5, RP_CONNECTED, 10 }, 5 },
	{ "as near, best protocol", { 6, RP_LOCAL, 10 }, 6 },
	{ "nearest", { 7, RP_STATIC, 0 }, 7 },
};

static void
test_best(void **state)
{
	static const uint32_t after[] = { 6, 5, 4, 1, 3, 2 };
	struct rib *r = must_create();
	struct prefix p = must_parse("2001:db8::/32");
	struct rib_entry re;
	unsigned i;

	role_enter(&on_ctl);
	for (i = 0; i < countof(besttab); i++) {
		assert_int_equal(rib_add(r, &p, &besttab[i].re), 0);
		assert_true(rib_lookup_exact(r, &p, &re));
		assert_int_equal(re.re_nhop, besttab[i].active);
	}
	for (i = 0; i < countof(after); i++) {
		assert_int_equal(rib_delete(r, &p, &re), 0);
		assert_true(rib_lookup_exact(r, &p, &re));
		assert_int_equal(re.re_nhop, after[i]);
	}
	assert_int_equal(rib_count(r, ADDR_V6), 1);
	assert_int_equal(rib_delete(r, &p, &re), 0);
	assert_int_equal(rib_count(r, ADDR_V6), 0);
	rib_destroy(r);
}

static void
test_find(void **state)
{
	struct rib *r = must_create();
	struct prefix p = must_parse("10.0.0.0/8");
	struct prefix half = must_parse("10.0.0.0/9");
	struct rib_entry near = { 3, RP_CONNECTED, 0 };
	struct rib_entry far = { 4, RP_STATIC, 5 };
	struct rib_entry farther = { 5, RP_STATIC, 6 };
	struct rib_entry re = { 0 };

	role_enter(&on_ctl);
	assert_false(rib_find(r, &p, RP_STATIC, &re));
	assert_int_equal(rib_add(r, &p, &farther), 0);
	assert_int_equal(rib_add(r, &p, &near), 0);
	assert_int_equal(rib_add(r, &p, &far), 0);
	assert_true(rib_find(r, &p, RP_STATIC, &re));
	assert_int_equal(re.re_nhop, 4);
	assert_true(rib_find(r, &p, RP_CONNECTED, &re));
	assert_int_equal(re.re_nhop, 3);
	assert_false(rib_find(r, &p, RP_LOCAL, &re));
	assert_false(rib_find(r, &half, RP_STATIC, &re));
	rib_destroy(r);
}

static void
test_host_bits(void **state)
{
	struct rib *r = must_create();
	struct prefix p = must_parse("192.0.2.77/24");
	struct rib_entry re = { 9, RP_CONNECTED, 0 };
	struct prefix found;

	role_enter(&on_ctl);
	assert_int_equal(rib_add(r, &p, &re), 0);
	assert_true(rib_lookup(r, &p.p_addr, &found, &re));
	assert_int_equal(found.p_addr.a_v4, 0xc0000200);
	assert_int_equal(found.p_len, 24);
	assert_int_equal(rib_delete(r, &p, &re), 0);
	rib_destroy(r);
}

/* Reference for random operations: prefixes in the order of a walk. */
struct known {
	struct prefix k_prefix;
	struct rib_entry k_entry;
	unsigned k_age; /* when it was added */
};

struct list {
	struct known l_known[1024];
	unsigned l_n;
	unsigned l_next; /* walked so far */
	unsigned l_clock;
};

static int
known_compare(const void *pa, const void *pb)
{
	const struct known *a = pa;
	const struct known *b = pb;
	struct in6 ka = key_from_addr(&a->k_prefix.p_addr);
	struct in6 kb = key_from_addr(&b->k_prefix.p_addr);

	if (!in6_eq(ka, kb))
		return key_before(ka, kb) ? -1 : 1;
	if (a->k_prefix.p_len != b->k_prefix.p_len)
		return a->k_prefix.p_len < b->k_prefix.p_len ? -1 : 1;
	if (a->k_entry.re_distance != b->k_entry.re_distance)
		return a->k_entry.re_distance < b->k_entry.re_distance ? -1 : 1;
	if (a->k_entry.re_proto != b->k_entry.re_proto)
		return a->k_entry.re_proto < b->k_entry.re_proto ? -1 : 1;
	return a->k_age < b->k_age ? -1 : 1;
}

static int
list_find(
    const struct list *l, const struct prefix *p, const struct rib_entry *re)
{
	unsigned i;

	for (i = 0; i < l->l_n; i++)
		if (prefix_same(&l->l_known[i].k_prefix, p) &&
		    l->l_known[i].k_entry.re_nhop == re->re_nhop &&
		    l->l_known[i].k_entry.re_proto == re->re_proto)
			return (int)i;
	return -1;
}

static void
list_operate(struct list *l, struct rib *r, struct rnd *rnd,
    const struct shape *sh, bool add)
{
	struct prefix p = random_prefix(rnd, sh);
	struct rib_entry re = { .re_nhop = 1 + (uint32_t)rnd_below(rnd, 3),
		.re_proto = (uint8_t)rnd_below(rnd, RP_N),
		.re_distance = (uint8_t)rnd_below(rnd, 4) };
	int i;

	if (!add && l->l_n > 0 && rnd_below(rnd, 8) != 0) {
		i = (int)rnd_below(rnd, l->l_n);
		p = l->l_known[i].k_prefix;
		re = l->l_known[i].k_entry;
	}
	i = list_find(l, &p, &re);
	role_enter(&on_ctl);
	if (!add) {
		assert_int_equal(rib_delete(r, &p, &re), i < 0 ? ESRCH : 0);
		if (i >= 0)
			l->l_known[i] = l->l_known[--l->l_n];
	} else {
		assert_int_equal(rib_add(r, &p, &re), i < 0 ? 0 : EEXIST);
		if (i < 0)
			l->l_known[l->l_n++] = (struct known){ p, re,
				l->l_clock++ };
	}
}

static int
list_walked(
    void *arg, const struct prefix *p, const struct rib_entry *re, bool active)
{
	struct list *l = arg;
	const struct known *k = &l->l_known[l->l_next++];
	bool first = k == l->l_known || !prefix_same(p, &k[-1].k_prefix);

	assert_true(l->l_next <= l->l_n);
	assert_true(prefix_same(p, &k->k_prefix));
	assert_int_equal(re->re_nhop, k->k_entry.re_nhop);
	assert_int_equal(re->re_proto, k->k_entry.re_proto);
	assert_int_equal(re->re_distance, k->k_entry.re_distance);
	assert_int_equal(active, first);
	return 0;
}

static void
list_compare(struct list *l, const struct rib *r, uint8_t family)
{
	struct rib_entry re;
	struct prefix p;
	unsigned nprefixes = 0;
	unsigned i, j;

	qsort(l->l_known, l->l_n, sizeof(l->l_known[0]), known_compare);
	l->l_next = 0;
	assert_int_equal(rib_walk(r, family, list_walked, l), 0);
	assert_int_equal(l->l_next, l->l_n);
	for (i = 0; i < l->l_n; i++) {
		const struct addr *a = &l->l_known[i].k_prefix.p_addr;
		const struct known *best = NULL;

		nprefixes += i == 0 ||
		    !prefix_same(
			&l->l_known[i].k_prefix, &l->l_known[i - 1].k_prefix);
		/* Sorted: later matches are longer, and the first is best. */
		for (j = 0; j < l->l_n; j++)
			if (prefix_match(&l->l_known[j].k_prefix, a) &&
			    (best == NULL ||
				l->l_known[j].k_prefix.p_len >
				    best->k_prefix.p_len))
				best = &l->l_known[j];
		assert_true(rib_lookup(r, a, &p, &re));
		assert_non_null(best);
		assert_true(prefix_same(&p, &best->k_prefix));
		assert_int_equal(re.re_nhop, best->k_entry.re_nhop);
	}
	assert_int_equal(rib_count(r, family), nprefixes);
}

static const struct shape ribshapes[] = {
	{ "v4, any length", ADDR_V4, 0, 32, 0, 0, 0 },
	{ "v4, dense", ADDR_V4, 24, 32, 24, 0, 0 },
	{ "v4, tiny universe", ADDR_V4, 0, 4, 0, 0, 0 },
	{ "v6, any length", ADDR_V6, 0, 128, 0, 0, 0 },
	{ "v6, dense over the middle", ADDR_V6, 60, 68, 60, 0, 0 },
	{ "v6, hosts", ADDR_V6, 120, 128, 120, 0, 0 },
};

static void
run_shape(const struct shape *sh, uint64_t seed)
{
	static struct list l;
	struct rib *r = must_create();
	size_t peak = 0;
	struct rnd rnd;
	unsigned i;

	rnd_seed(&rnd, seed);
	l = (struct list){ 0 };
	/* Grow, shrink to nothing, and again: slots are used anew. */
	for (i = 0; i < 4 * 300 || l.l_n > 0; i++) {
		bool add = i < 4 * 300 && i / 300 % 2 == 0;

		if (rnd_below(&rnd, 4) == 0 && i < 4 * 300)
			add = !add;
		list_operate(&l, r, &rnd, sh, add);
		if (i % 50 == 0)
			list_compare(&l, r, sh->sh_family);
		if (i == 300)
			peak = rib_memory(r);
	}
	list_compare(&l, r, sh->sh_family);
	assert_int_equal(rib_count(r, sh->sh_family), 0);
	assert_true(rib_memory(r) < peak * 2);
	rib_destroy(r);
}

static void
test_random(void **state)
{
	uint64_t seed;
	unsigned i;

	for (i = 0; i < countof(ribshapes); i++)
		for (seed = 0; seed < 8; seed++)
			run_shape(&ribshapes[i], seed);
}

static int
stop_at_third(
    void *arg, const struct prefix *p, const struct rib_entry *re, bool active)
{
	unsigned *n = arg;

	return ++*n == 3 ? 42 : 0;
}

static void
test_walk_stops(void **state)
{
	struct rib *r = must_create();
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < 5; i++) {
		struct prefix p = { .p_addr = addr_v4(i << 24), .p_len = 8 };

		must_add(r, &p, 1);
	}
	assert_int_equal(rib_walk(r, ADDR_V4, stop_at_third, &n), 42);
	assert_int_equal(n, 3);
	n = 0;
	assert_int_equal(rib_walk(r, ADDR_V6, stop_at_third, &n), 0);
	assert_int_equal(rib_walk(r, ADDR_NONE, stop_at_third, &n), 0);
	assert_int_equal(n, 0);
	rib_destroy(r);
}

/* Every length under one another is the deepest trie there is. */
static void
test_nested(void **state)
{
	struct rib *r = must_create();
	struct in6 key = { UINT64_MAX, UINT64_MAX };
	struct rib_entry re;
	struct prefix p;
	unsigned n = 0;
	unsigned len;

	role_enter(&on_ctl);
	for (len = 0; len <= 128; len++) {
		p = make_prefix(ADDR_V6, key, len);
		must_add(r, &p, len + 1);
		if (len > 0) {
			struct in6 side = key_at(1, len);

			p = make_prefix(ADDR_V6,
			    (struct in6){ key.i6_hi ^ side.i6_hi,
				key.i6_lo ^ side.i6_lo },
			    len);
			must_add(r, &p, 1000 + len);
		}
	}
	(void)rib_walk(r, ADDR_V6, stop_at_third, &n);
	n = 4;
	assert_int_equal(rib_walk(r, ADDR_V6, stop_at_third, &n), 0);
	assert_int_equal(n, 4 + 129 + 128);
	for (len = 128; len > 0; len--) {
		p = make_prefix(ADDR_V6, key, len);
		assert_true(rib_lookup(r,
		    &(struct addr){ .a_family = ADDR_V6, .a_v6 = key }, &p,
		    &re));
		assert_int_equal(p.p_len, len);
		re.re_nhop = len + 1;
		assert_int_equal(rib_delete(r, &p, &re), 0);
	}
	rib_destroy(r);
}

static void
test_memory(void **state)
{
	const struct shape sh = { "", ADDR_V6, 16, 64, 0, 0, 0 };
	struct rib_entry re = { 1, RP_STATIC, 1 };
	struct rib *r = must_create();
	struct rnd rnd;
	unsigned i;

	role_enter(&on_ctl);
	rnd_seed(&rnd, 1);
	for (i = 0; i < 100000; i++) {
		struct prefix p = random_prefix(&rnd, &sh);

		(void)rib_add(r, &p, &re);
	}
	assert_true(rib_count(r, ADDR_V6) > 50000);
	assert_true(rib_memory(r) < 80 * rib_count(r, ADDR_V6));
	rib_destroy(r);
}

/* What joins two routes goes with either of them. */
static void
test_forks_go(void **state)
{
	struct rib_entry re = { 1, RP_STATIC, 1 };
	struct rib *r = must_create();
	struct prefix p[2];
	size_t memory = 0;
	unsigned i, j;

	role_enter(&on_ctl);
	for (i = 0; i < 1000; i++) {
		for (j = 0; j < 2; j++) {
			p[j] = (struct prefix){ .p_len = 32,
				.p_addr = addr_v4(i << 8 | j) };
			assert_int_equal(rib_add(r, &p[j], &re), 0);
		}
		for (j = 0; j < 2; j++)
			assert_int_equal(rib_delete(r, &p[j], &re), 0);
		if (i == 0)
			memory = rib_memory(r);
		assert_int_equal(rib_memory(r), memory);
	}
	rib_destroy(r);
}

static void
test_protocols(void **state)
{
	assert_string_equal(rib_proto_name(RP_CONNECTED), "connected");
	assert_string_equal(rib_proto_name(RP_STATIC), "static");
	assert_true(
	    rib_proto_distance(RP_CONNECTED) < rib_proto_distance(RP_STATIC));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_delete_unknown),
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_host_bits),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_walk_stops),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_forks_go),
		cmocka_unit_test(test_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
