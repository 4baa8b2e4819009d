/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What templates refuse, which member it names and in which words; smallest
 * sizes; memory that comes and goes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gen/tpl.h"

static const struct tpl_conf good = { .tc_src = { ADDR_V4, .a_v4 = 1 },
	.tc_dst = { ADDR_V4, .a_v4 = 2 } };
static const struct tpl_conf good6 = { .tc_src = { ADDR_V6, .a_v6 = { 1, 1 } },
	.tc_dst = { ADDR_V6, .a_v6 = { 1, 2 } } };

static struct tpl_fault fault;

static void
refused(const struct tpl_conf *tc, enum tpl_member member, unsigned index,
    const char *text)
{
	struct tpl *tp;

	assert_int_equal(tpl_make(tc, &tp, &fault), EINVAL);
	assert_string_equal(fault.tl_text, text);
	assert_int_equal(fault.tl_member, member);
	assert_int_equal(fault.tl_index, index);
}

static void
taken(const struct tpl_conf *tc)
{
	char err[TPL_ERRLEN] = "";
	struct tpl *tp;

	if (tpl_create(tc, &tp, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	tpl_destroy(tp);
}

static void
with_size(struct tpl_conf tc, uint32_t size, const char *text)
{
	sizes_one(&tc.tc_sizes, size);
	if (text == NULL)
		taken(&tc);
	else
		refused(&tc, TPL_M_SIZES, 0, text);
}

/* The least that headers and signature need, as the contract says. */
static void
sizes(void **state)
{
	struct tpl_conf tc = good;
	struct tpl_conf tc6 = good6;
	uint32_t tags;

	for (tags = 0; tags <= 2; tags++) {
		tc.tc_ntags = tags;
		tc6.tc_ntags = tags;
		tc.tc_proto = tc6.tc_proto = TPL_UDP;
		with_size(tc, 64 + 4 * tags, NULL);
		with_size(tc6, 84 + 4 * tags, NULL);
		tc.tc_proto = tc6.tc_proto = TPL_ICMP;
		with_size(tc, 64 + 4 * tags, NULL);
		with_size(tc6, 84 + 4 * tags, NULL);
		tc.tc_proto = tc6.tc_proto = TPL_TCP;
		with_size(tc, 76 + 4 * tags, NULL);
		with_size(tc6, 96 + 4 * tags, NULL);
	}
	with_size(good, 63,
	    "frame of 63 bytes is too short: Ethernet's have "
	    "at least 64");
	with_size(good6, 64,
	    "frame of 64 bytes is too short: its headers and "
	    "signature need 84");
	with_size(good6, 83,
	    "frame of 83 bytes is too short: its headers and "
	    "signature need 84");
	tc = good;
	tc.tc_ntags = 1;
	with_size(tc, 64,
	    "frame of 64 bytes is too short: its headers and "
	    "signature need 68");
	tc6 = good6;
	tc6.tc_plain = true;
	with_size(tc6, 66, NULL);
	with_size(tc6, 65,
	    "frame of 65 bytes is too short: its headers need "
	    "66");
	with_size(good, 16384, NULL);
	with_size(good, 16385,
	    "frame of 16385 bytes is too long: at most "
	    "16384 can be sent");
}

static void
tags(void **state)
{
	struct tpl_conf tc;

	tc = good;
	tc.tc_ntags = 3;
	refused(&tc, TPL_M_TAGS, 2, "a frame has at most 2 VLAN tags");
	tc.tc_ntags = 2;
	tc.tc_tag[1].tt_id = 4096;
	refused(&tc, TPL_M_TAGS, 1, "VLAN 4096 is not from 0 to 4095");
	tc.tc_tag[1].tt_id = 1;
	tc.tc_tag[0].tt_prio = 8;
	refused(&tc, TPL_M_TAGS, 0, "priority 8 is not from 0 to 7");
	tc.tc_tag[0].tt_prio = 0;
	tc.tc_tag[0].tt_type = 0x9100;
	refused(&tc, TPL_M_TAGS, 0,
	    "type 0x9100 is none of a VLAN tag; "
	    "0x8100 and 0x88a8 are");
}

static void
members(void **state)
{
	struct tpl_conf tc = good;

	tc.tc_src.a_family = ADDR_NONE;
	refused(&tc, TPL_M_SRC, 0, "no source address");
	tc = good;
	tc.tc_dst.a_family = ADDR_NONE;
	refused(&tc, TPL_M_DST, 0, "no destination address");
	tc = good;
	tc.tc_dst = good6.tc_dst;
	refused(&tc, TPL_M_DST, 0,
	    "source is an IPv4 address, destination is "
	    "an IPv6 address");
	tc = good;
	tc.tc_label = 1;
	refused(&tc, TPL_M_LABEL, 0, "IPv4 has no flow label");
	tc = good6;
	tc.tc_label = 1 << 20;
	refused(&tc, TPL_M_LABEL, 0,
	    "flow label 1048576 is not from 0 to 1048575");
	tc = good;
	tc.tc_nexts = 1;
	refused(&tc, TPL_M_EXTS, 0, "IPv4 has no extension headers");
	tc = good6;
	tc.tc_nexts = 5;
	refused(&tc, TPL_M_EXTS, 4,
	    "there are 5 extension headers, at most 4 can be sent");
	tc.tc_nexts = 2;
	tc.tc_ext[0] = 60;
	refused(&tc, TPL_M_EXTS, 1,
	    "hop-by-hop options must be the first extension header");
	tc.tc_ext[0] = tc.tc_ext[1] = 44;
	refused(&tc, TPL_M_EXTS, 1, "there is one fragment header at most");
	tc.tc_ext[0] = 60;
	tc.tc_ext[1] = 51;
	refused(&tc, TPL_M_EXTS, 1,
	    "protocol 51 is no extension header that can be sent");
	tc = good;
	tc.tc_pattern = TPL_BYTES;
	refused(&tc, TPL_M_PATTERN, 0, "the payload's pattern has no bytes");
	tc = good;
	tc.tc_proto = 9;
	refused(&tc, TPL_M_PROTO, 0, "unknown protocol 9");
	tc = good;
	tc.tc_flows = 2;
	tc.tc_flowbase = UINT32_MAX;
	refused(&tc, TPL_M_FLOWS, 0,
	    "2 flows from number 4294967295 on do "
	    "not fit into 32 bits");
	tc.tc_flows = 1;
	taken(&tc);
}

/* One field, and what is said of it; NULL: nothing. */
static const struct {
	bool v6;
	struct tpl_vary tv;
	enum tpl_part part;
	const char *text;
} fields[] = {
	{ false, { .tv_field = TPL_F_N }, TPL_P_FIELD, "unknown field 17" },
	{ false, { .tv_op = 3, .tv_field = TPL_F_TTL }, TPL_P_OP,
	    "unknown operation 3" },
	{ false, { .tv_field = TPL_F_LABEL }, TPL_P_FIELD,
	    "flow label cannot vary: IPv4 has none" },
	{ true, { .tv_field = TPL_F_IPID }, TPL_P_FIELD,
	    "identification cannot vary: IPv6 has none" },
	{ false, { .tv_field = TPL_F_VLAN }, TPL_P_FIELD,
	    "VLAN cannot vary: the frame has no VLAN tag" },
	{ false, { .tv_field = TPL_F_SPORT, .tv_to = { 0, 65536 } }, TPL_P_TO,
	    "65536 is too great for source port, which has 16 bits" },
	{ false, { .tv_field = TPL_F_SRC, .tv_from = { 1, 0 } }, TPL_P_FROM,
	    "0x10000000000000000 is too great for source address, which has "
	    "32 bits" },
	{ false,
	    { .tv_field = TPL_F_SRC, .tv_from = { 0, 0x0a000002 },
		.tv_to = { 0, 0x0a000001 } },
	    TPL_P_TO,
	    "source address goes from 10.0.0.2 to 10.0.0.1, which "
	    "is less" },
	{ true,
	    { .tv_field = TPL_F_DST, .tv_from = { 1, 2 }, .tv_to = { 1, 1 } },
	    TPL_P_TO,
	    "destination address goes from ::1:0:0:0:2 to "
	    "::1:0:0:0:1, which is less" },
	{ true, { .tv_field = TPL_F_DST, .tv_to = { UINT64_MAX, UINT64_MAX } },
	    TPL_P_STEP,
	    "destination address has more than 2^64 values; take "
	    "a greater step" },
	{ true,
	    { .tv_field = TPL_F_DST,
		.tv_to = { UINT64_MAX, UINT64_MAX },
		.tv_step = { 1, 0 } },
	    0, NULL },
	{ false, { .tv_field = TPL_F_TTL, .tv_op = TPL_LIST }, TPL_P_LIST,
	    "the list of values of TTL is empty" },
	{ false, { .tv_field = TPL_F_PAYLOAD }, TPL_P_WIDTH,
	    "a field in the payload has 1 to 8 bytes, not 0" },
	{ false, { .tv_field = TPL_F_PAYLOAD, .tv_width = 9 }, TPL_P_WIDTH,
	    "a field in the payload has 1 to 8 bytes, not 9" },
	{ false, { .tv_field = TPL_F_PAYLOAD, .tv_width = 1 }, TPL_P_OFFSET,
	    "payload cannot vary: these bytes reach into the signature, or "
	    "beyond "
	    "it, in the shortest frame" },
	{ false, { .tv_field = TPL_F_BYTES, .tv_width = 2, .tv_offset = 24 },
	    TPL_P_OFFSET,
	    "frame cannot vary: these bytes say what the packet is, "
	    "how long it is, or are a checksum" },
	{ false, { .tv_field = TPL_F_BYTES, .tv_width = 4, .tv_offset = 32 },
	    TPL_P_OFFSET,
	    "frame cannot vary: these bytes belong to different "
	    "headers; vary those one by one" },
	{ false, { .tv_field = TPL_F_BYTES, .tv_width = 2, .tv_offset = 18 }, 0,
	    NULL },
	{ false,
	    { .tv_field = TPL_F_SIZE,
		.tv_from = { 0, 60 },
		.tv_to = { 0, 64 } },
	    TPL_P_FROM,
	    "frame of 60 bytes is too short: Ethernet's have at least 64" },
	{ false,
	    { .tv_field = TPL_F_SIZE,
		.tv_from = { 0, 64 },
		.tv_to = { 0, 20000 } },
	    TPL_P_TO,
	    "frame of 16385 bytes is too long: at most 16384 can be sent" },
	{ false,
	    { .tv_field = TPL_F_SIZE,
		.tv_from = { 0, 64 },
		.tv_to = { 0, 100000 } },
	    TPL_P_TO, "size has more than 65536 values" },
};

static void
varying(void **state)
{
	struct tpl_vary tv[2] = { { .tv_field = TPL_F_TTL } };
	struct tpl_conf tc;
	unsigned i;

	for (i = 0; i < countof(fields); i++) {
		tc = fields[i].v6 ? good6 : good;
		tc.tc_nvary = 2;
		tc.tc_vary = tv;
		tv[1] = fields[i].tv;
		if (tv[1].tv_field == TPL_F_TTL) {
			tc.tc_nvary = 1;
			tv[0] = tv[1];
		}
		if (fields[i].text == NULL) {
			taken(&tc);
			continue;
		}
		refused(&tc, TPL_M_VARY, tc.tc_nvary - 1, fields[i].text);
		assert_int_equal(fault.tl_part, fields[i].part);
		tv[0] = (struct tpl_vary){ .tv_field = TPL_F_TTL };
	}
}

static void
lists(void **state)
{
	const struct in6 values[] = { { 0, 64 }, { 0, 256 }, { 0, 63 } };
	struct tpl_vary tv = { .tv_field = TPL_F_TTL, .tv_op = TPL_LIST,
		.tv_list = values, .tv_nlist = 3 };
	struct tpl_conf tc = good;

	tc.tc_vary = &tv;
	tc.tc_nvary = 1;
	refused(&tc, TPL_M_VARY, 0,
	    "256 is too great for TTL, which has 8 bits");
	assert_int_equal(fault.tl_part, TPL_P_LIST);
	assert_int_equal(fault.tl_item, 1);
	tv.tv_field = TPL_F_SIZE;
	refused(&tc, TPL_M_VARY, 0,
	    "frame of 63 bytes is too short: "
	    "Ethernet's have at least 64");
	assert_int_equal(fault.tl_part, TPL_P_LIST);
	assert_int_equal(fault.tl_item, 2);
}

static void
conflicts(void **state)
{
	struct tpl_vary tv[TPL_VARY_MAX + 1] = {
		{ .tv_field = TPL_F_SPORT }, { .tv_field = TPL_F_SPORT } };
	struct tpl_conf tc = good;

	tc.tc_vary = tv;
	tc.tc_nvary = 2;
	refused(&tc, TPL_M_VARY, 1,
	    "source port cannot vary: another field varies these bytes");
	tv[1] = (struct tpl_vary){
		.tv_field = TPL_F_BYTES, .tv_width = 2, .tv_offset = 35
	};
	refused(&tc, TPL_M_VARY, 1,
	    "frame cannot vary: another field varies "
	    "these bytes");
	tv[0].tv_field = tv[1].tv_field = TPL_F_SIZE;
	refused(&tc, TPL_M_VARY, 1, "size varies already");
	tc.tc_nvary = 1;
	sizes_one(&tc.tc_sizes, 64);
	refused(&tc, TPL_M_VARY, 0,
	    "size varies, and a mix of sizes is there as well");
	tc.tc_nvary = TPL_VARY_MAX + 1;
	refused(&tc, TPL_M_VARY, TPL_VARY_MAX, "more than 16 fields vary");
}

static void
frames(void **state)
{
	static const uint8_t arp[42] = { [12] = 8, 6 };
	static const uint8_t syn[54] = { [12] = 8, 0, 0x45, 0, 0, 40, [23] = 6,
		[46] = 0x50 };
	static const uint8_t cut[60] = { [12] = 8, 0, 0x45, 0, 0, 46,
		[23] = 17, [39] = 25 };
	static const uint8_t not_ip[60] = { [12] = 8, 0, 0x65 };
	struct tpl_frame tf[2] = { { arp, 42 }, { syn, 54 } };
	struct tpl_vary tv = { .tv_field = TPL_F_SRC };
	struct tpl_conf tc = { .tc_frames = tf, .tc_nframes = 2 };

	refused(&tc, TPL_M_FRAMES, 1,
	    "frame 2 has no room for a signature: "
	    "its payload is 0 bytes, 18 are needed");
	tf[1] = (struct tpl_frame){ cut, 60 };
	refused(&tc, TPL_M_FRAMES, 1,
	    "frame 2 can have no signature: what "
	    "follows its IP header is cut off or "
	    "wrong");
	tf[1] = (struct tpl_frame){ not_ip, 60 };
	refused(&tc, TPL_M_FRAMES, 1,
	    "no receiver would find a signature in "
	    "frame 2: its type is IP's, but no IP "
	    "packet follows, or it has more than 4 "
	    "VLAN tags");
	tf[1] = (struct tpl_frame){ syn, 54 };
	tc.tc_plain = true;
	taken(&tc);
	tc.tc_vary = &tv;
	tc.tc_nvary = 1;
	refused(&tc, TPL_M_VARY, 0,
	    "source address cannot vary in frame 1: the frame is not IP");
	tv.tv_field = TPL_F_SIZE;
	refused(&tc, TPL_M_VARY, 0,
	    "size cannot vary: frames that are given "
	    "have their own");
	tc.tc_nvary = 0;
	tf[0].tf_len = 13;
	refused(&tc, TPL_M_FRAMES, 0,
	    "frame 1 has 13 bytes: not even an Ethernet header");
	tf[0].tf_len = 16381;
	refused(&tc, TPL_M_FRAMES, 0,
	    "frame 1 of 16381 bytes is too long: at "
	    "most 16380 can be sent");
	tc.tc_nframes = 0;
	refused(&tc, TPL_M_FRAMES, 0, "0 frames are not from 1 to 65536");
	tc.tc_nframes = 1;
	sizes_one(&tc.tc_sizes, 64);
	refused(&tc, TPL_M_SIZES, 0,
	    "frames that are given have sizes of their own");
}

/* The same field, at different places. */
static void
places(void **state)
{
	static uint8_t one[60] = { [12] = 8, 0, 0x45, 0, 0, 46, [23] = 17,
		[38] = 0, 26 };
	static uint8_t two[64] = { [12] = 0x81, 0, 0, 1, 8, 0, 0x45, 0, 0, 46,
		[27] = 17, [42] = 0, 26 };
	struct tpl_frame tf[2] = { { one, 60 }, { two, 64 } };
	struct tpl_vary tv = { .tv_field = TPL_F_SRC };
	struct tpl_conf tc = { .tc_frames = tf, .tc_nframes = 2, .tc_vary = &tv,
		.tc_nvary = 1 };

	refused(&tc, TPL_M_VARY, 0,
	    "source address cannot vary: it is not at "
	    "the same place in frames 1 and 2");
	tv.tv_field = TPL_F_SRC_MAC;
	taken(&tc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(members),
		cmocka_unit_test(tags),
		cmocka_unit_test(varying),
		cmocka_unit_test(lists),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(frames),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("gen/tpl_bad", tests, NULL, NULL);
}
