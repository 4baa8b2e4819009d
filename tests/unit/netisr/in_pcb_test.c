/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets a packet: look-ups beside a plain search through all end points;
 * groups; who may be bound beside whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "netisr/in_pcb.h"

#define NBOUND 200
#define TRIES  20000

static const struct in_seed seed = { { 1, 22, 333, 4444 } };

static struct in_key
key(const char *laddr, unsigned lport, unsigned ifindex)
{
	struct in_key ik = { .ik_lport = (uint16_t)lport,
		.ik_ifindex = (uint16_t)ifindex };
	struct prefix p = { .p_len = 255 };

	if (strchr(laddr, '/') != NULL) {
		assert_int_equal(prefix_parse(&p, laddr), 0);
	} else {
		assert_int_equal(addr_parse(&p.p_addr, laddr), 0);
		p.p_len = (uint8_t)addr_bits(p.p_addr.a_family);
	}
	in_key_bind(&ik, &p.p_addr, p.p_len);
	return ik;
}

/* Few of each, so that many are alike. */
static const char *const places[] = { "0.0.0.0/0", "::/0", "10.0.0.1",
	"10.0.0.2", "10.0.0.0/8", "10.0.0.0/24", "2001:db8::1",
	"2001:db8::/32", "fe80::1", "192.0.2.1" };
static const char *const to[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3",
	"10.1.1.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2",
	"2001:db9::1", "fe80::1" };

static void
random_bound(struct rnd *rnd, struct inpcb *inp, unsigned id)
{
	*inp = (struct inpcb){ .inp_id = id,
		.inp_key = key(places[rnd_below(rnd, countof(places))],
		    1 + (unsigned)rnd_below(rnd, 4),
		    (unsigned)(rnd_below(rnd, 3) == 0 ? rnd_below(rnd, 3) : 0)),
		.inp_flags = rnd_below(rnd, 4) == 0 ? INF_V6ONLY : 0,
		.inp_bucket = INP_ANYBUCKET };
	inp->inp_key.ik_rtable = rnd_below(rnd, 8) == 0;
	if (rnd_below(rnd, 8) == 0)
		inp->inp_bucket = (uint16_t)rnd_below(rnd, 2);
}

/* The more, the better; 0: it takes it not. */
static uint64_t
plain_rank(const struct inpcb *inp, const struct in_key *ik, unsigned bucket)
{
	const struct in_key *b = &inp->inp_key;
	uint64_t rank = ((uint64_t)b->ik_plen << 2) + 1;

	if (b->ik_lport != ik->ik_lport || b->ik_rtable != ik->ik_rtable ||
	    (b->ik_ifindex != 0 && b->ik_ifindex != ik->ik_ifindex) ||
	    (inp->inp_bucket != INP_ANYBUCKET && inp->inp_bucket != bucket) ||
	    !in6_eq(in6_and(ik->ik_laddr, in6_mask(b->ik_plen)), b->ik_laddr) ||
	    ((inp->inp_flags & INF_V6ONLY) != 0 &&
		in6_is_v4mapped(ik->ik_laddr)))
		return 0;
	return rank + (b->ik_ifindex != 0 ? 2 : 0) +
	    (inp->inp_bucket != INP_ANYBUCKET);
}

static unsigned
plain_takers(const struct inpcb *inp, const bool *in, const struct in_key *ik)
{
	unsigned i, n = 0;

	for (i = 0; i < NBOUND; i++)
		n += in[i] &&
		    plain_rank(&inp[i], ik,
			inp[i].inp_bucket == INP_ANYBUCKET ?
			    0 : inp[i].inp_bucket) != 0;
	return n;
}

static void
none(struct in_here *ih, void *arg)
{
	(void)ih;
	(void)arg;
}

static void
compare(struct in_bound *ib, const struct inpcb *inp, const bool *in,
    struct rnd *rnd)
{
	struct in_key ik = key(to[rnd_below(rnd, countof(to))],
	    1 + (unsigned)rnd_below(rnd, 5), (unsigned)rnd_below(rnd, 3));
	unsigned i, bucket = (unsigned)rnd_below(rnd, 3);
	uint64_t best = 0, rank;
	struct in_here *ih;

	ik.ik_rtable = rnd_below(rnd, 4) == 0;
	for (i = 0; i < NBOUND; i++)
		if (in[i] && (rank = plain_rank(&inp[i], &ik, bucket)) > best)
			best = rank;
	ih = in_bound_lookup(ib, &seed, &ik, bucket, rnd_u64(rnd));
	assert_int_equal(
	    ih != NULL ? plain_rank(ih->ih_inp, &ik, bucket) : 0, best);
	assert_int_equal(in_bound_each(ib, &seed, &ik, none, NULL),
	    plain_takers(inp, in, &ik));
}

static void
maybe_grow(struct in_table *t)
{
	uint32_t n = in_table_wants(t);

	if (n != 0)
		assert_true(in_table_grow(t, calloc(n, sizeof(void *)), n));
}

static void
test_bound(void **state)
{
	static struct inpcb inp[NBOUND];
	static struct in_here here[NBOUND];
	static bool in[NBOUND];
	struct in_bound ib;
	struct rnd rnd;
	unsigned k, i;

	(void)state;
	rnd_seed(&rnd, 7);
	assert_int_equal(in_bound_init(&ib), 0);
	for (k = 0; k < TRIES; k++) {
		i = (unsigned)rnd_below(&rnd, NBOUND);
		if (in[i]) {
			in_bound_remove(&ib, &here[i]);
		} else {
			random_bound(&rnd, &inp[i], i);
			here[i] = (struct in_here){ .ih_inp = &inp[i] };
			free(in_bound_insert(&ib, &here[i], &seed));
			maybe_grow(&ib.ib_table);
		}
		in[i] = !in[i];
		compare(&ib, inp, in, &rnd);
	}
	in_bound_fini(&ib);
}

/* Members have about equal shares, and keep their flows. */
static void
test_group(void **state)
{
	enum { MEMBERS = 5, FLOWS = 10000 };
	struct inpcb inp[MEMBERS];
	struct in_here here[MEMBERS];
	static unsigned has[FLOWS];
	unsigned i, n[MEMBERS] = { 0 }, moved = 0;
	struct in_key ik = key("10.0.0.1", 9, 0);
	struct in_bound ib;

	(void)state;
	assert_int_equal(in_bound_init(&ib), 0);
	for (i = 0; i < MEMBERS; i++) {
		inp[i] = (struct inpcb){ .inp_id = 100 + i,
			.inp_key = key("0.0.0.0/0", 9, 0),
			.inp_flags = INF_REUSEPORT,
			.inp_bucket = INP_ANYBUCKET };
		here[i] = (struct in_here){ .ih_inp = &inp[i] };
		free(in_bound_insert(&ib, &here[i], &seed));
	}
	for (i = 0; i < FLOWS; i++) {
		has[i] = in_bound_lookup(&ib, &seed, &ik, 0, i)
			     ->ih_inp->inp_id - 100;
		n[has[i]]++;
	}
	for (i = 0; i < MEMBERS; i++)
		assert_in_range(n[i], FLOWS / MEMBERS * 9 / 10,
		    FLOWS / MEMBERS * 11 / 10);
	in_bound_remove(&ib, &here[2]);
	for (i = 0; i < FLOWS; i++)
		moved += in_bound_lookup(&ib, &seed, &ik, 0, i)
			     ->ih_inp->inp_id - 100 != has[i];
	assert_int_equal(moved, n[2]);
	in_bound_fini(&ib);
}

static void
test_connected(void **state)
{
	enum { N = 2000 };
	static struct inpcb inp[N];
	struct in_table t;
	struct in_key ik;
	unsigned i;

	(void)state;
	in_table_init(&t);
	for (i = 0; i < N; i++) {
		ik = key(i % 2 != 0 ? "10.0.0.1" : "2001:db8::1",
		    1 + i % 500 / 2, i % 3 == 0 ? 4 : 0);
		ik.ik_faddr = i % 2 != 0 ? in6_mapped(0x0a000002) :
		    (struct in6){ 7, 7 };
		ik.ik_fport = (uint16_t)(1 + i / 500);
		inp[i] = (struct inpcb){ .inp_key = ik, .inp_id = i };
		free(in_table_insert(&t, &inp[i].inp_node,
		    in_key_hash(&ik, seed.is_seed), in_conn_hash, &seed));
		maybe_grow(&t);
	}
	for (i = 0; i < N; i++) {
		ik = inp[i].inp_key;
		assert_ptr_equal(
		    in_conn_find(&t, &ik, in_key_hash(&ik, seed.is_seed)),
		    &inp[i]);
		ik.ik_ifindex = 4;
		assert_ptr_equal(
		    in_conn_lookup(&t, &ik, in_key_hash(&ik, seed.is_seed)),
		    &inp[i]);
		ik.ik_ifindex = 5;
		assert_ptr_equal(
		    in_conn_lookup(&t, &ik, in_key_hash(&ik, seed.is_seed)),
		    i % 3 == 0 ? NULL : &inp[i]);
		ik.ik_fport = 77;
		assert_null(
		    in_conn_lookup(&t, &ik, in_key_hash(&ik, seed.is_seed)));
	}
	in_table_fini(&t);
}

/* One that is bound to the interface goes before one that is not. */
static void
test_connected_by_interface(void **state)
{
	struct in_key ik = key("10.0.0.1", 5, 0);
	struct inpcb any, one;
	struct in_table t;
	uint64_t h;

	(void)state;
	ik.ik_faddr = in6_mapped(9);
	ik.ik_fport = 99;
	h = in_key_hash(&ik, seed.is_seed);
	any = one = (struct inpcb){ .inp_key = ik };
	one.inp_key.ik_ifindex = 3;
	in_table_init(&t);
	in_table_insert(&t, &one.inp_node, h, in_conn_hash, &seed);
	in_table_insert(&t, &any.inp_node, h, in_conn_hash, &seed);
	ik.ik_ifindex = 3;
	assert_ptr_equal(in_conn_lookup(&t, &ik, h), &one);
	ik.ik_ifindex = 2;
	assert_ptr_equal(in_conn_lookup(&t, &ik, h), &any);
	in_table_remove(&t, &any.inp_node, h);
	assert_null(in_conn_lookup(&t, &ik, h));
	in_table_fini(&t);
}

#define A INF_REUSEADDR
#define P INF_REUSEPORT
#define V INF_V6ONLY
static const struct {
	const char *a, *b;
	unsigned aflags, bflags, auid, buid, aif, bif;
	bool conflict;
} bindtab[] = {
	{ "10.0.0.1", "10.0.0.2", 0, 0, 0, 0, 0, 0, false },
	{ "10.0.0.1", "10.0.0.1", 0, 0, 0, 0, 0, 0, true },
	{ "10.0.0.1", "10.0.0.1", A, A, 0, 0, 0, 0, true },
	{ "10.0.0.1", "10.0.0.1", P, P, 0, 0, 0, 0, false },
	{ "10.0.0.1", "10.0.0.1", P, 0, 0, 0, 0, 0, true },
	{ "10.0.0.1", "10.0.0.1", P, P, 5, 6, 0, 0, true },
	{ "10.0.0.1", "10.0.0.1", P, P, 5, 5, 0, 0, false },
	{ "0.0.0.0/0", "10.0.0.1", 0, 0, 0, 0, 0, 0, true },
	{ "0.0.0.0/0", "10.0.0.1", A, 0, 0, 0, 0, 0, false },
	{ "0.0.0.0/0", "10.0.0.1", A, 0, 5, 6, 0, 0, true },
	{ "0.0.0.0/0", "10.0.0.1", 0, A, 0, 0, 0, 0, true },
	{ "10.0.0.1", "0.0.0.0/0", P, 0, 0, 0, 0, 0, false },
	{ "10.0.0.0/8", "10.0.0.1", 0, 0, 0, 0, 0, 0, true },
	{ "10.0.0.0/8", "11.0.0.1", 0, 0, 0, 0, 0, 0, false },
	{ "10.0.0.0/8", "10.0.0.0/24", A, 0, 0, 0, 0, 0, false },
	{ "::/0", "10.0.0.1", 0, 0, 0, 0, 0, 0, true },
	{ "::/0", "10.0.0.1", V, 0, 0, 0, 0, 0, false },
	{ "::/0", "0.0.0.0/0", 0, 0, 0, 0, 0, 0, true },
	{ "::/0", "0.0.0.0/0", V, 0, 0, 0, 0, 0, false },
	{ "0.0.0.0/0", "::/0", 0, V, 0, 0, 0, 0, false },
	{ "::/0", "2001:db8::1", V, 0, 0, 0, 0, 0, true },
	{ "::/0", "::/0", V, 0, 0, 0, 0, 0, true },
	{ "10.0.0.1", "10.0.0.1", 0, 0, 0, 0, 1, 2, false },
	{ "10.0.0.1", "10.0.0.1", 0, 0, 0, 0, 1, 0, true },
	{ "10.0.0.1", "10.0.0.1", A, 0, 0, 0, 1, 0, false },
	{ "224.1.1.1", "224.1.1.1", A, A, 0, 0, 0, 0, false },
	{ "224.1.1.1", "224.1.1.1", A, 0, 0, 0, 0, 0, true },
	{ "ff02::9", "ff02::9", A, A, 0, 0, 0, 0, false },
};

static void
test_conflicts(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < countof(bindtab); i++) {
		struct inpcb a = { .inp_flags = (uint16_t)bindtab[i].aflags,
			.inp_key = key(bindtab[i].a, 7, bindtab[i].aif) };
		struct inpcb b = { .inp_flags = (uint16_t)bindtab[i].bflags,
			.inp_key = key(bindtab[i].b, 7, bindtab[i].bif) };

		if (in_bind_conflict(&a, bindtab[i].auid, &b,
			bindtab[i].buid) != bindtab[i].conflict)
			fail_msg("%u: %s beside %s", i, bindtab[i].a,
			    bindtab[i].b);
		b.inp_key.ik_lport = 8;
		assert_false(in_bind_conflict(&a, 0, &b, 0));
		b.inp_key.ik_lport = 7;
		b.inp_key.ik_rtable = 1;
		assert_false(in_bind_conflict(&a, 0, &b, 0));
	}
}

static void
test_tuples(void **state)
{
	struct in_key ik = key("10.0.0.1", 5, 0);
	struct rss_tuple rt;

	(void)state;
	ik.ik_faddr = in6_mapped(0x01020304);
	ik.ik_fport = 99;
	assert_true(in_key_is4(&ik));
	assert_true(in_key_connected(&ik));
	rt = in_key_tuple(&ik, RSS_UDP4);
	assert_int_equal(rt.rt_type, RSS_UDP4);
	assert_int_equal(rt.rt_src.i6_lo, 0x01020304);
	assert_int_equal(rt.rt_dst.i6_lo, 0x0a000001);
	assert_int_equal(rt.rt_ports, 99u << 16 | 5);
	assert_int_equal(in_key_tuple(&ik, RSS_NONE).rt_type, RSS_IP4);
	assert_int_equal(in_key_tuple(&ik, RSS_NONE).rt_ports, 0);
	ik = key("2001:db8::1", 5, 0);
	assert_false(in_key_is4(&ik));
	assert_int_equal(in_key_tuple(&ik, RSS_TCP4).rt_type, RSS_TCP6);
	assert_int_equal(in_key_tuple(&ik, RSS_NONE).rt_type, RSS_IP6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_connected),
		cmocka_unit_test(test_connected_by_interface),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_tuples),
	};

	return cmocka_run_group_tests_name("netisr/in_pcb", tests, NULL, NULL);
}
