/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow lists: the packets of a template with them are hashed as a device does
 * it, and each bucket gets what was asked for.
 */
#include "gen/flows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dev/rss.h"

static struct flows fl;
static struct toeplitz tz;
static char err[300];

static struct flows_conf
udp4(void)
{
	struct flows_conf fc = { .fc_types = RSS_UDP | RSS_TCP,
		.fc_src = addr_v4(0x0a000001), .fc_dst = addr_v4(0x0a010001),
		.fc_sport_from = 1024, .fc_sport_to = 65535, .fc_dport = 9,
		.fc_nbuckets = 128, .fc_n = 1024 };

	memcpy(fc.fc_key, toeplitz_key_default, TOEPLITZ_KEYLEN);
	return fc;
}

static void
must_create(const struct flows_conf *fc)
{
	if (flows_create(fc, &fl, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(fl.fl_n, fc->fc_n);
}

static int
by_flow(const void *a, const void *b)
{
	return memcmp(a, b, 18);
}

/* No flow twice. */
static void
check_distinct(void)
{
	uint8_t(*all)[18] = calloc(fl.fl_n, 18);
	uint32_t i;

	for (i = 0; i < fl.fl_n; i++) {
		in6_store(all[i], fl.fl_src[i]);
		st16be(all[i] + 16, (uint16_t)fl.fl_sport[i].i6_lo);
	}
	qsort(all, fl.fl_n, 18, by_flow);
	for (i = 1; i < fl.fl_n; i++)
		assert_memory_not_equal(all[i - 1], all[i], 18);
	free(all);
}

/* One round of packets, as many as flows; counts them by bucket. */
static void
check_packets(const struct flows_conf *fc, unsigned types)
{
	static uint8_t room[128];
	uint32_t *count = calloc(fc->fc_nbuckets, sizeof(*count));
	struct tpl_vary tv[2];
	struct tpl_conf tc = { .tc_src = fc->fc_src, .tc_dst = fc->fc_dst,
		.tc_dport = fc->fc_dport, .tc_proto = fc->fc_proto,
		.tc_vary = tv, .tc_nvary = 2, .tc_flows = fl.fl_n };
	struct tpl_cursor cu;
	struct tpl *tp;
	uint8_t *p = room;
	uint16_t sigoff;
	uint32_t len;
	uint32_t hash;
	uint32_t i;

	flows_vary(&fl, tv);
	if (tpl_create(&tc, &tp, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	toeplitz_init(&tz, fc->fc_key);
	for (i = 0; i < fl.fl_n; i++) {
		tpl_fill(&cu, 1, &p, &len, &sigoff, 1);
		rss_frame(&tz, types, p, len, &hash);
		assert_int_equal(hash % fc->fc_nbuckets, fl.fl_bucket[i]);
		count[fl.fl_bucket[i]]++;
	}
	assert_memory_equal(
	    count, fl.fl_count, fc->fc_nbuckets * sizeof(*count));
	tpl_destroy(tp);
	free(count);
	check_distinct();
}

static void
even(void **state)
{
	struct flows_conf fc = udp4();
	unsigned b;

	must_create(&fc);
	check_packets(&fc, fc.fc_types);
	for (b = 0; b < 128; b++)
		assert_int_equal(fl.fl_count[b], 8);
	flows_destroy(&fl);
	fc.fc_n = 1000; /* 7 or 8 each */
	must_create(&fc);
	check_packets(&fc, fc.fc_types);
	for (b = 0; b < 128; b++)
		assert_in_range(fl.fl_count[b], 7, 8);
	flows_destroy(&fl);
}

static void
families_and_types(void **state)
{
	struct rnd rnd;
	unsigned proto;
	unsigned v6;
	unsigned types;

	rnd_seed(&rnd, 3);
	for (proto = TPL_UDP; proto <= TPL_ICMP; proto++)
		for (v6 = 0; v6 < 2; v6++)
			for (types = 0; types < 2; types++) {
				struct flows_conf fc = udp4();

				rnd_bytes(&rnd, fc.fc_key, sizeof(fc.fc_key));
				fc.fc_proto = (uint8_t)proto;
				fc.fc_types = types == 0 ? 0 :
				    RSS_UDP | RSS_TCP;
				fc.fc_nsrc = 4096;
				if (v6 != 0) {
					fc.fc_src = addr_v6((struct in6){ 1,
					    UINT64_MAX - 2000 });
					fc.fc_dst =
					    addr_v6((struct in6){ 3, 4 });
				}
				must_create(&fc);
				check_packets(&fc, fc.fc_types);
				flows_destroy(&fl);
			}
}

/* Three quarters to queue 2, which has two buckets; the rest to queue 0. */
static void
uneven(void **state)
{
	uint16_t table[16] = { 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 1, 3, 0, 1, 1, 3 };
	uint32_t qweight[4] = { 1, 0, 3, 0 };
	struct flows_conf fc = udp4();
	uint32_t queue[4] = { 0 };
	unsigned b;

	fc.fc_nbuckets = 16;
	fc.fc_table = table;
	fc.fc_qweight = qweight;
	fc.fc_nqueues = 4;
	fc.fc_n = 800;
	must_create(&fc);
	check_packets(&fc, fc.fc_types);
	for (b = 0; b < 16; b++)
		queue[table[b]] += fl.fl_count[b];
	assert_int_equal(queue[0], 200);
	assert_int_equal(queue[1], 0);
	assert_int_equal(queue[2], 600);
	assert_int_equal(queue[3], 0);
	assert_int_equal(fl.fl_count[2], 300);
	assert_int_equal(fl.fl_count[6], 300);
	flows_destroy(&fl);
}

/* One bucket of many gets all. */
static void
one_bucket(void **state)
{
	static uint32_t weight[4096];
	struct flows_conf fc = udp4();

	weight[1234] = 7;
	fc.fc_nbuckets = 4096;
	fc.fc_weight = weight;
	fc.fc_nsrc = 1000;
	fc.fc_n = 5000;
	must_create(&fc);
	check_packets(&fc, fc.fc_types);
	assert_int_equal(fl.fl_count[1234], 5000);
	flows_destroy(&fl);
}

static void
weights(void **state)
{
	uint32_t weight[8];
	struct flows_conf fc = udp4();
	struct rnd rnd;
	uint64_t sum;
	unsigned round;
	unsigned b;

	rnd_seed(&rnd, 4);
	fc.fc_nbuckets = 8;
	fc.fc_weight = weight;
	fc.fc_nsrc = 100;
	for (round = 0; round < 50; round++) {
		for (sum = b = 0; b < 8; b++)
			sum += weight[b] = (uint32_t)rnd_u64(&rnd);
		fc.fc_n = 1 + (uint32_t)rnd_below(&rnd, 10000);
		must_create(&fc);
		check_packets(&fc, fc.fc_types);
		for (b = 0; b < 8; b++)
			assert_in_range(fl.fl_count[b],
			    fc.fc_n * (uint64_t)weight[b] / sum,
			    fc.fc_n * (uint64_t)weight[b] / sum + 1);
		flows_destroy(&fl);
	}
}

static void
refused(const struct flows_conf *fc, const char *text)
{
	assert_int_equal(flows_create(fc, &fl, err, sizeof(err)), EINVAL);
	assert_string_equal(err, text);
	assert_null(fl.fl_src);
}

static void
impossible(void **state)
{
	const uint32_t none[128] = { 0 };
	const uint16_t table[128] = { 0 };
	const uint32_t qweight[2] = { 1, 1 };
	struct flows_conf fc = udp4();

	fc.fc_sport_to = 1024;
	refused(&fc,
	    "bucket 0 is to get 8 flows, and only 0 of those from 1 "
	    "address and ports 1024 to 1024 come into it; allow more "
	    "of either");
	fc = udp4();
	fc.fc_types = 0;
	fc.fc_nsrc = 2;
	assert_int_equal(flows_create(&fc, &fl, err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err,
	    "; ports are not hashed, allow more "
	    "addresses"));
	fc = udp4();
	fc.fc_n = 0;
	refused(&fc, "0 flows are not from 1 to 1048576");
	fc = udp4();
	fc.fc_nbuckets = 100;
	refused(&fc, "100 buckets are not a power of two up to 4096");
	fc = udp4();
	fc.fc_dst = addr_v6((struct in6){ 1, 1 });
	refused(&fc, "source and destination are not addresses of one family");
	fc = udp4();
	fc.fc_sport_to = 1;
	refused(&fc, "source ports go from 1024 to 1, which is less");
	fc = udp4();
	fc.fc_weight = none;
	refused(&fc, "all buckets have weight 0");
	fc = udp4();
	fc.fc_src = addr_v4(0xfffffff0);
	fc.fc_nsrc = 17;
	refused(&fc, "17 source addresses go beyond 255.255.255.255");
	fc = udp4();
	fc.fc_qweight = qweight;
	fc.fc_nqueues = 2;
	refused(&fc,
	    "queues have weights, but no table says whose buckets "
	    "are whose");
	fc.fc_table = table;
	refused(&fc, "queue 1 has weight 1, but no bucket");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even),
		cmocka_unit_test(families_and_types),
		cmocka_unit_test(uneven),
		cmocka_unit_test(one_bucket),
		cmocka_unit_test(weights),
		cmocka_unit_test(impossible),
	};

	return cmocka_run_group_tests_name("gen/flows", tests, NULL, NULL);
}
