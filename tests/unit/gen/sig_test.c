/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures: their sum, times that are put in later, where they are found.
 */
#include "gen/sig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "gen/layout.h"
#include "mbuf/in_cksum.h"

static struct sig
random_sig(struct rnd *rnd)
{
	struct sig sg = { .sg_flow = (uint32_t)rnd_u64(rnd),
		.sg_seq = (uint32_t)rnd_u64(rnd), .sg_ts = rnd_u64(rnd) };

	switch (rnd_below(rnd, 4)) { /* the edges of one's complement */
	case 0:
		sg = (struct sig){ 0 };
		break;
	case 1:
		sg.sg_flow = sg.sg_seq = UINT32_MAX;
		break;
	}
	return sg;
}

/* RFC 1071 as it stands: word by word. */
static unsigned
slow_sum(const uint8_t *p, unsigned n)
{
	unsigned sum = 0;
	unsigned i;

	for (i = 0; i < n; i += 2) {
		sum += (unsigned)p[i] << 8 | p[i + 1];
		sum = sum > 0xffff ? sum - 0xffff : sum;
	}
	return sum;
}

static void
sum_is_key(void **state)
{
	uint8_t p[SIG_LEN];
	struct sig sg;
	struct sig got;
	struct rnd rnd;
	unsigned i;
	uint16_t key;

	rnd_seed(&rnd, 1);
	for (i = 0; i < 200000; i++) {
		key = sig_key(rnd_u64(&rnd));
		assert_true(sig_key_ok(key));
		sg = random_sig(&rnd);
		sig_write(p, key, &sg);
		assert_int_equal(slow_sum(p, SIG_LEN), key);
		assert_int_equal(sig_sum(p), key);
		assert_true(sig_read(p, key, &got));
		assert_int_equal(got.sg_flow, sg.sg_flow);
		assert_int_equal(got.sg_seq, sg.sg_seq);
		assert_true(got.sg_ts == sg.sg_ts);
		assert_false(sig_read(p, sig_key(key), &got));
	}
}

static void
every_key(void **state)
{
	const struct sig sg = { 1, 2, 3 };
	uint8_t p[SIG_LEN] = { 0 };
	struct sig got;
	unsigned key;

	for (key = 1; key < 0xffff; key++) {
		assert_false(sig_read(p, (uint16_t)key, &got));
		sig_write(p, (uint16_t)key, &sg);
		assert_true(sig_read(p, (uint16_t)key, &got));
		memset(p, 0, sizeof(p));
	}
	assert_false(sig_key_ok(0) || sig_key_ok(0xffff));
}

static void
stamps_again(void **state)
{
	uint8_t p[SIG_LEN] = { 0 };
	struct sig sg = { 0 };
	struct sig got;
	struct rnd rnd;
	uint16_t key = 0;
	uint64_t was;
	unsigned i;

	rnd_seed(&rnd, 2);
	for (i = 0; i < 100000; i++) {
		if (i % 10 == 0) {
			key = sig_key(rnd_u64(&rnd));
			sg = random_sig(&rnd);
			sig_write(p, key, &sg);
		}
		was = sg.sg_ts;
		sg.sg_ts = random_sig(&rnd).sg_ts;
		sig_stamp(p, sg.sg_ts, sig_change(was, sg.sg_ts));
		assert_true(sig_read(p, key, &got));
		assert_int_equal(got.sg_flow, sg.sg_flow);
		assert_int_equal(got.sg_seq, sg.sg_seq);
		assert_true(got.sg_ts == sg.sg_ts);
	}
}

static const struct {
	const char *name;
	uint8_t p[70];
	unsigned len;
	unsigned at;
} frames[] = {
	{ "IPv4, 46 bytes of it", { [12] = 8, 0, 0x45, 0, 0, 46 }, 60, 42 },
	{ "and a trailer", { [12] = 8, 0, 0x45, 0, 0, 46 }, 70, 42 },
	{ "cut off", { [12] = 8, 0, 0x45, 0, 0, 46 }, 59, 0 },
	{ "payload of 17", { [12] = 8, 0, 0x45, 0, 0, 37 }, 60, 0 },
	{ "payload of 18", { [12] = 8, 0, 0x45, 0, 0, 38 }, 60, 34 },
	{ "options", { [12] = 8, 0, 0x46, 0, 0, 42 }, 60, 38 },
	{ "options instead", { [12] = 8, 0, 0x4f, 0, 0, 46 }, 60, 0 },
	{ "header of 16", { [12] = 8, 0, 0x44, 0, 0, 46 }, 60, 0 },
	{ "version 5", { [12] = 8, 0, 0x55, 0, 0, 46 }, 60, 0 },
	{ "half a header", { [12] = 8, 0, 0x45, 0, 0, 46 }, 30, 0 },
	{ "tagged", { [12] = 0x81, 0, 0, 7, 8, 0, 0x45, 0, 0, 46 }, 64, 46 },
	{ "tagged twice",
	    { [12] = 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0, 0x45, 0, 0, 42 },
	    64, 46 },
	{ "tags to the end", { [12] = 0x81, 0, 0, 7, 0x81, 0 }, 18, 0 },
	{ "IPv6, 18 bytes",
	    { [12] = 0x86, 0xdd, 0x60, 0, 0, 0, 0, 18 }, 70, 0 },
	{ "IPv6, none left",
	    { [12] = 0x86, 0xdd, 0x60, 0, 0, 0, 0, 16 }, 70, 0 },
	{ "IPv6, not 6", { [12] = 0x86, 0xdd, 0x50, 0, 0, 0, 0, 16 }, 70, 0 },
	{ "another protocol", { [12] = 0x88, 0xcc }, 60, 42 },
	{ "and a short one", { [12] = 0x88, 0xcc }, 31, 0 },
	{ "no header", { 0 }, 13, 0 },
	{ "nothing", { 0 }, 0, 0 },
};

static void
found(void **state)
{
	uint8_t p[72] = { [12] = 0x86, 0xdd, 0x60, 0, 0, 0, 0, 18 };
	unsigned i;

	for (i = 0; i < countof(frames); i++) {
		print_message("# %s\n", frames[i].name);
		assert_int_equal(
		    sig_find(frames[i].p, frames[i].len), frames[i].at);
	}
	assert_int_equal(sig_find(p, 72), 54);
	assert_int_equal(sig_find(p, 71), 0);
}

/* The receiver's short way and the sender's long one agree. */
static void
found_as_laid_out(void **state)
{
	static const uint16_t types[] = { 0x800, 0x86dd, 0x8100, 0x88a8,
		0x806 };
	uint8_t p[100];
	struct layout ly;
	struct rnd rnd;
	unsigned want;
	unsigned i;
	unsigned at;
	unsigned some = 0;

	rnd_seed(&rnd, 3);
	for (i = 0; i < 300000; i++) {
		rnd_bytes(&rnd, p, sizeof(p));
		for (at = 12; at < 12 + 4 * rnd_below(&rnd, 4); at += 4)
			st16be(p + at, types[2 + rnd_below(&rnd, 2)]);
		st16be(p + at, types[rnd_below(&rnd, countof(types))]);
		p[at + 2] = rnd_below(&rnd, 2) != 0 ? 0x45 : 0x60;
		st16be(p + at + 4, (uint16_t)rnd_below(&rnd, 90));
		st16be(p + at + 6, (uint16_t)rnd_below(&rnd, 60));
		layout_parse(&ly, p, sizeof(p));
		want = 0;
		if (ly.ly_family != 0 && ly.ly_end - ly.ly_l3 >= SIG_LEN)
			want = ly.ly_end - SIG_LEN;
		if (ly.ly_family == 4 &&
		    want < ly.ly_l3 + (p[ly.ly_l3] & 15u) * 4)
			want = 0;
		if (ly.ly_family == 6 && want < ly.ly_l3 + 40u)
			want = 0;
		if (ly.ly_family == 0)
			continue;
		assert_int_equal(sig_find(p, sizeof(p)), want);
		some += want != 0;
	}
	assert_true(some > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sum_is_key),
		cmocka_unit_test(every_key),
		cmocka_unit_test(stamps_again),
		cmocka_unit_test(found),
		cmocka_unit_test(found_as_laid_out),
	};

	return cmocka_run_group_tests_name("gen/sig", tests, NULL, NULL);
}
