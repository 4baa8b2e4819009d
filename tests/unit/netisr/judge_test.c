/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judging NICs by what they say: each way to be wrong is found, and not
 * claimed where it cannot be known.
 */
#include "netisr/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { MOST = 64, QUEUES = 4 };

static struct toeplitz ours, theirs;
static struct rss_sample sm[MOST];

/* Flows of clients in a network with a server, as they are in life. */
static void
flows(unsigned n, enum rss_type type)
{
	struct rnd r;
	unsigned i;

	rnd_seed(&r, n);
	memset(sm, 0, sizeof(sm));
	for (i = 0; i < n; i++) {
		struct rss_tuple *rt = &sm[i].sm_tuple;

		rt->rt_type = (uint8_t)type;
		rt->rt_src.i6_lo = 0x0a000000 + rnd_below(&r, 256);
		rt->rt_dst.i6_lo = 0x0a000101;
		if (rss_type_v6(type))
			rt->rt_src.i6_hi = rt->rt_dst.i6_hi =
			    UINT64_C(0xfd00000000000001);
		if (rss_type_ports(type))
			rt->rt_ports = (uint32_t)(1024 + rnd_below(&r, 60000))
				<< 16 |
			    80;
	}
}

/* What a NIC with their key says, wrong in this way. */
static void
say(unsigned n, enum rss_verdict v)
{
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 7);
	for (i = 0; i < n; i++) {
		struct rss_tuple rt = sm[i].sm_tuple;

		if (v == RSSV_REVERSED)
			rt = rss_reverse(&rt);
		sm[i].sm_hash = rss_toeplitz(&theirs, &rt);
		if (v == RSSV_16BIT)
			sm[i].sm_hash &= 0xffff;
		if (v == RSSV_WRONG)
			sm[i].sm_hash = (uint32_t)rnd_u64(&r);
		sm[i].sm_hashed = true;
		sm[i].sm_queue = (uint8_t)(sm[i].sm_hash % RSS_TABLE % QUEUES);
	}
}

static int
setup(void **state)
{
	toeplitz_init(&ours, toeplitz_key_default);
	theirs = ours;
	return 0;
}

/* Every way, with every type of tuple. */
static void
each_way(void **state)
{
	static const enum rss_verdict ways[] = { RSSV_RIGHT, RSSV_16BIT,
		RSSV_REVERSED, RSSV_WRONG };
	unsigned i, type;

	for (type = 1; type < RSS_TYPES; type++)
		for (i = 0; i < countof(ways); i++) {
			flows(24, type);
			say(24, ways[i]);
			assert_int_equal(
			    rss_judge_hash(&ours, sm, 24), ways[i]);
		}
}

static void
upper_half(void **state)
{
	unsigned i;

	flows(24, RSS_TCP4);
	say(24, RSSV_RIGHT);
	for (i = 0; i < 24; i++)
		sm[i].sm_hash >>= 16;
	assert_int_equal(rss_judge_hash(&ours, sm, 24), RSSV_16BIT);
}

static void
known_keys(void **state)
{
	uint8_t key[TOEPLITZ_KEYLEN];

	flows(24, RSS_TCP6);
	toeplitz_init(&theirs, toeplitz_key_symmetric);
	say(24, RSSV_RIGHT);
	assert_int_equal(rss_judge_hash(&ours, sm, 24), RSSV_SYMMETRIC);
	memset(key, 0x5a, sizeof(key));
	toeplitz_init(&ours, key);
	toeplitz_init(&theirs, toeplitz_key_default);
	say(24, RSSV_RIGHT);
	assert_int_equal(rss_judge_hash(&ours, sm, 24), RSSV_DEFAULT);
}

static void
random_keys(void **state)
{
	uint8_t key[TOEPLITZ_KEYLEN];
	unsigned i, type;
	struct rnd r;

	rnd_seed(&r, 1);
	for (i = 0; i < 50; i++)
		for (type = 1; type < RSS_TYPES; type++) {
			rnd_bytes(&r, key, sizeof(key));
			toeplitz_init(&theirs, key);
			flows(24, type);
			say(24, RSSV_RIGHT);
			assert_int_equal(
			    rss_judge_hash(&ours, sm, 24), RSSV_KEY);
			/* One that does not fit, and it is no key at all. */
			sm[23].sm_hash ^= 1u << i % 32;
			assert_int_equal(
			    rss_judge_hash(&ours, sm, 24), RSSV_WRONG);
		}
}

/* One flow says nothing of a key; nor does the same one many times. */
static void
few(void **state)
{
	unsigned i;

	toeplitz_init(&theirs, toeplitz_key_symmetric);
	flows(1, RSS_TCP4);
	say(1, RSSV_WRONG);
	assert_int_equal(rss_judge_hash(&ours, sm, 1), RSSV_FEW);
	assert_int_equal(rss_judge_hash(&ours, sm, 0), RSSV_NONE);
	for (i = 0; i < MOST; i++)
		sm[i].sm_hashed = false;
	assert_int_equal(rss_judge_hash(&ours, sm, MOST), RSSV_NONE);
}

/* Not every NIC hashes every packet. */
static void
some_without(void **state)
{
	unsigned i;

	flows(24, RSS_TCP4);
	say(24, RSSV_REVERSED);
	for (i = 0; i < 24; i += 3) {
		sm[i].sm_hashed = false;
		sm[i].sm_hash = 0;
	}
	assert_int_equal(rss_judge_hash(&ours, sm, 24), RSSV_REVERSED);
}

static void
queues(void **state)
{
	unsigned agree, i;

	flows(24, RSS_TCP4);
	say(24, RSSV_RIGHT);
	assert_int_equal(
	    rss_judge_queue(&ours, sm, 24, QUEUES, &agree), RSSC_PREDICTED);
	assert_int_equal(agree, 24);
	assert_int_equal(rss_judge_queue(&ours, sm, 24, 1, &agree), RSSC_NONE);
	assert_int_equal(
	    rss_judge_queue(&ours, sm, 0, QUEUES, &agree), RSSC_NONE);
	say(24, RSSV_REVERSED);
	assert_int_equal(
	    rss_judge_queue(&ours, sm, 24, QUEUES, &agree), RSSC_OWN);
	assert_in_range(agree, 1, 23);
	for (i = 0; i < 24; i++)
		sm[i].sm_queue = (uint8_t)(i % QUEUES);
	assert_int_equal(
	    rss_judge_queue(&ours, sm, 24, QUEUES, &agree), RSSC_FLOWS);
	sm[1] = sm[0];
	sm[1].sm_queue ^= 1;
	assert_int_equal(
	    rss_judge_queue(&ours, sm, 24, QUEUES, &agree), RSSC_MIXED);
}

static void
names(void **state)
{
	unsigned i;

	for (i = 0; i < RSSV_N; i++)
		assert_true(strlen(rss_verdict_name(i)) > 0);
	for (i = 0; i < RSSC_N; i++)
		assert_true(strlen(rss_choice_name(i)) > 0);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, NULL)
	const struct CMUnitTest tests[] = {
		T(each_way),
		T(upper_half),
		T(known_keys),
		T(random_keys),
		T(few),
		T(some_without),
		T(queues),
		T(names),
	};
#undef T

	return cmocka_run_group_tests_name("netisr/judge", tests, NULL, NULL);
}
