/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Headings of told packets: what is read of a frame, and of how much of it.
 */
#include "ctl/told_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two tags, IPv4 with DSCP 46, UDP 1000 > 53. */
static const uint8_t tagged[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xa8, 0x20, 100, 0x81, 0, 0,
	7, 8, 0,
	0x45, 46 << 2, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 1, 2, 10, 0, 2,
	2, 3, 232, 0, 53, 0, 8, 0, 0,
};

/* IPv6, traffic class of DSCP 10, TCP 80 > 1024. */
static const uint8_t six[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd,
	0x62, 0x80, 0, 0, 0, 20, 6, 3, 0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 2, 0xfd, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0, 80, 4, 0,
};

static void
test_tagged(void **state)
{
	struct told_frame tf;

	(void)state;
	told_frame_parse(tagged, sizeof(tagged), &tf);
	assert_int_equal(tf.tf_type, 0x0800);
	assert_int_equal(tf.tf_nvlan, 2);
	assert_int_equal(tf.tf_vlan[0], 100);
	assert_int_equal(tf.tf_vlan[1], 7);
	assert_true(tf.tf_ip && tf.tf_ports && !tf.tf_fragment);
	assert_int_equal(tf.tf_src.a_v4, 0x0a000102);
	assert_int_equal(tf.tf_dst.a_v4, 0x0a000202);
	assert_int_equal(tf.tf_dscp, 46);
	assert_int_equal(tf.tf_ttl, 64);
	assert_int_equal(tf.tf_len, 28);
	assert_int_equal(tf.tf_sport, 1000);
	assert_int_equal(tf.tf_dport, 53);
}

static void
test_six(void **state)
{
	struct told_frame tf;

	(void)state;
	told_frame_parse(six, sizeof(six), &tf);
	assert_int_equal(tf.tf_type, 0x86dd);
	assert_true(tf.tf_ip && tf.tf_ports);
	assert_int_equal(tf.tf_src.a_family, ADDR_V6);
	assert_int_equal(tf.tf_dst.a_v6.i6_lo, 2);
	assert_int_equal(tf.tf_dscp, 10);
	assert_int_equal(tf.tf_ttl, 3);
	assert_int_equal(tf.tf_len, 60);
	assert_int_equal(tf.tf_sport, 80);
	assert_int_equal(tf.tf_dport, 1024);
}

/* A later fragment has data where ports would be. */
static void
test_fragment(void **state)
{
	uint8_t frame[sizeof(tagged)];
	struct told_frame tf;

	(void)state;
	memcpy(frame, tagged, sizeof(frame));
	frame[22 + 7] = 9;
	told_frame_parse(frame, sizeof(frame), &tf);
	assert_true(tf.tf_ip && tf.tf_fragment && !tf.tf_ports);
}

/* As short as it likes: less is read, nothing beyond it. */
static void
test_cut(void **state)
{
	struct told_frame tf;
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(tagged); n++) {
		told_frame_parse(tagged, n, &tf);
		assert_int_equal(tf.tf_nvlan,
		    (n >= 18 ? 1 : 0) + (n >= 22 ? 1 : 0));
		assert_int_equal(tf.tf_ip, n >= 42);
		assert_int_equal(tf.tf_ports, n >= 46);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_six),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
