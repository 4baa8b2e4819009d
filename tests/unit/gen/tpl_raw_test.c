/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from hexadecimal text and packet files, and templates of them: what
 * is sent is what was given, but for signature and checksums.
 */
#include "gen/tpl_raw.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "base/bytes.h"
#include "base/random.h"
#include "frame.h"

static struct tpl_raw raw;
static char err[TPL_ERRLEN];

static void
hex(void **state)
{
	static const char text[] = "# two frames\n"
				   "00:11-22 33\t44 5566778899aAbB 0800\r\n"
				   "# more of it\n"
				   "01\n"
				   "\n\n"
				   "ff # the other\n"
				   "  fe";

	assert_int_equal(
	    tpl_raw_hex(&raw, text, strlen(text), err, sizeof(err)), 0);
	assert_int_equal(raw.rw_n, 2);
	assert_int_equal(raw.rw_frames[0].tf_len, 15);
	assert_memory_equal(raw.rw_frames[0].tf_data,
	    "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\x08\x00\x01",
	    15);
	assert_int_equal(raw.rw_frames[1].tf_len, 2);
	assert_memory_equal(raw.rw_frames[1].tf_data, "\xff\xfe", 2);
	tpl_raw_free(&raw);
}

static const struct {
	const char *text;
	const char *err;
} bad[] = {
	{ "", "no bytes, so no frame" },
	{ "# nothing\n\n", "no bytes, so no frame" },
	{ "00\n0",
	    "line 2: a byte has two hexadecimal digits, \"0\" is only "
	    "one" },
	{ "00 1 2",
	    "line 1: a byte has two hexadecimal digits, \"1\" is only "
	    "one" },
	{ "00\n\nxy", "line 3: \"x\" is no hexadecimal digit" },
	{ "\x01", "line 1: byte 0x01 is no hexadecimal digit" },
	{ "\xc3\xa4", "line 1: byte 0xc3 is no hexadecimal digit" },
};

static void
bad_hex(void **state)
{
	static char big[2 * TPL_MAXSIZE + 1];
	unsigned i;

	for (i = 0; i < countof(bad); i++) {
		assert_int_equal(tpl_raw_hex(&raw, bad[i].text,
				     strlen(bad[i].text), err, sizeof(err)),
		    EINVAL);
		assert_string_equal(err, bad[i].err);
		assert_null(raw.rw_frames);
	}
	memset(big, '0', 2 * TPL_MAXSIZE);
	assert_int_equal(
	    tpl_raw_hex(&raw, big, strlen(big), err, sizeof(err)), EINVAL);
	assert_string_equal(
	    err, "line 1: the frame is longer than 16380 bytes");
}

/* A packet file of these frames, in a stream of its own. */
static FILE *
packet_file(const struct tpl_frame *tf, unsigned n, int type, unsigned snap)
{
	FILE *fp = tmpfile();
	pcap_t *pc = pcap_open_dead(type, 65535);
	pcap_dumper_t *pd;
	struct pcap_pkthdr h = { 0 };
	unsigned i;

	assert_non_null(fp);
	pd = pcap_dump_fopen(pc, fdopen(dup(fileno(fp)), "wb"));
	assert_non_null(pd);
	for (i = 0; i < n; i++) {
		h.len = tf[i].tf_len;
		h.caplen = umin(snap, h.len);
		pcap_dump((void *)pd, &h, tf[i].tf_data);
	}
	pcap_dump_close(pd);
	pcap_close(pc);
	rewind(fp);
	return fp;
}

/* Frames of other templates: all that this one can say. */
static unsigned
make_frames(struct rnd *rnd, uint8_t bytes[][300], struct tpl_frame *tf)
{
	static uint8_t room[512];
	uint8_t *p = room;
	struct tpl_conf tc = { 0 };
	struct tpl_cursor cu;
	struct tpl *tp;
	uint16_t sigoff;
	uint32_t len;
	unsigned n;

	for (n = 0; n < 12; n++) {
		bool v4 = (n & 1) != 0;

		tc.tc_src = v4 ? addr_v4(1) : addr_v6((struct in6){ 1, 1 });
		tc.tc_dst = v4 ? addr_v4(2) : addr_v6((struct in6){ 1, 2 });
		tc.tc_proto = (uint8_t)(n % 3);
		tc.tc_ntags = n / 4;
		sizes_one(&tc.tc_sizes, 104 + (uint32_t)rnd_below(rnd, 150));
		tc.tc_pattern = TPL_NOISE;
		assert_int_equal(tpl_create(&tc, &tp, err, sizeof(err)), 0);
		tpl_cursor_init(&cu, tp, 1, 0, 1);
		tpl_fill(&cu, 1, &p, &len, &sigoff, 1);
		tpl_destroy(tp);
		/* A sender that left checksums to its device. */
		if (v4 && tc.tc_ntags == 0)
			st16be(p + 24, 0x1234);
		memcpy(bytes[n], p, len);
		tf[n] = (struct tpl_frame){ bytes[n], len };
	}
	return n;
}

static void
sent_as_given(const struct tpl_raw *rw)
{
	static uint8_t room[512];
	struct tpl_conf tc = { .tc_frames = rw->rw_frames,
		.tc_nframes = rw->rw_n, .tc_flows = 5 };
	struct tpl_cursor cu;
	struct tpl *tp;
	uint8_t *p = room;
	uint16_t sigoff;
	uint32_t len;
	struct sig sg;
	struct seen s;
	unsigned i;

	if (tpl_create(&tc, &tp, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	for (i = 0; i < 3 * rw->rw_n; i++) {
		const struct tpl_frame *tf = &rw->rw_frames[i % rw->rw_n];
		uint8_t given[512];

		tpl_fill(&cu, 99, &p, &len, &sigoff, 1);
		tpl_stamp(&p, &sigoff, 1, 0, i);
		assert_int_equal(len, tf->tf_len);
		assert_null(seen_frame(&s, p, len));
		assert_true(sig_read(p + sigoff, 99, &sg));
		assert_int_equal(sg.sg_flow, i % 5);
		assert_int_equal(sg.sg_seq, i / 5);
		/* All else, once the sums are the same. */
		memcpy(given, tf->tf_data, len);
		memcpy(given + sigoff, p + sigoff, SIG_LEN);
		given[s.s_l4ck] = p[s.s_l4ck];
		given[s.s_l4ck + 1] = p[s.s_l4ck + 1];
		if (s.s_family == 4)
			memcpy(given + s.s_l3 + 10, p + s.s_l3 + 10, 2);
		assert_memory_equal(given, p, len);
	}
	tpl_destroy(tp);
}

static void
files(void **state)
{
	static uint8_t bytes[12][300];
	struct tpl_frame tf[12];
	struct rnd rnd;
	unsigned round;
	unsigned n;
	unsigned i;

	rnd_seed(&rnd, 21);
	for (round = 0; round < 30; round++) {
		n = make_frames(&rnd, bytes, tf);
		if (tpl_raw_pcap_fp(&raw, packet_file(tf, n, DLT_EN10MB, 9999),
			"x.pcap", err, sizeof(err)) != 0)
			fail_msg("%s", err);
		assert_int_equal(raw.rw_n, n);
		for (i = 0; i < n; i++) {
			assert_int_equal(
			    raw.rw_frames[i].tf_len, tf[i].tf_len);
			assert_memory_equal(raw.rw_frames[i].tf_data,
			    tf[i].tf_data, tf[i].tf_len);
		}
		sent_as_given(&raw);
		tpl_raw_free(&raw);
	}
}

static void
file_refused(FILE *fp, const char *text)
{
	assert_int_equal(
	    tpl_raw_pcap_fp(&raw, fp, "x.pcap", err, sizeof(err)), EINVAL);
	assert_string_equal(err, text);
	assert_null(raw.rw_frames);
}

static void
bad_files(void **state)
{
	static uint8_t big[20000];
	struct tpl_frame tf[2] = { { big, 60 }, { big, 100 } };
	FILE *fp;

	file_refused(packet_file(tf, 0, DLT_EN10MB, 100),
	    "x.pcap holds no "
	    "frame");
	file_refused(packet_file(tf, 2, DLT_RAW, 100),
	    "x.pcap holds frames of "
	    "type RAW, not "
	    "Ethernet");
	file_refused(packet_file(tf, 2, DLT_EN10MB, 64),
	    "x.pcap: frame 2 was "
	    "cut to 64 of 100 "
	    "bytes when it was "
	    "captured");
	tf[1].tf_len = 20000;
	file_refused(packet_file(tf, 2, DLT_EN10MB, 65535),
	    "x.pcap: frame 2 "
	    "has 20000 bytes, "
	    "at most 16380 "
	    "can be sent");
	fp = tmpfile();
	fputs("not a packet file at all, but some text", fp);
	rewind(fp);
	assert_int_equal(
	    tpl_raw_pcap_fp(&raw, fp, "x.pcap", err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err, "x.pcap: "));
	assert_int_equal(
	    tpl_raw_pcap(&raw, "/nowhere/x.pcap", err, sizeof(err)), ENOENT);
	assert_string_equal(
	    err, "/nowhere/x.pcap: No such file or directory");
}

/* Not IP: the signature ends the frame, which is padded first. */
static void
others(void **state)
{
	static const uint8_t lldp[30] = { 1, 2, 3, [12] = 0x88, 0xcc, 7 };
	struct tpl_frame tf = { lldp, 30 };
	struct tpl_vary tv = { .tv_field = TPL_F_BYTES, .tv_offset = 20,
		.tv_width = 3, .tv_from = { 0, 5 }, .tv_to = { 0, 6 } };
	struct tpl_conf tc = { .tc_frames = &tf, .tc_nframes = 1,
		.tc_vary = &tv, .tc_nvary = 1 };
	uint8_t want[60] = { 1, 2, 3, [12] = 0x88, 0xcc, 7, [22] = 6 };
	static uint8_t room[64];
	uint8_t *p = room;
	struct tpl_cursor cu;
	struct tpl *tp;
	uint16_t sigoff;
	uint32_t len;

	assert_int_equal(tpl_create(&tc, &tp, err, sizeof(err)), 0);
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	tpl_fill(&cu, 1, &p, &len, &sigoff, 1);
	tpl_fill(&cu, 1, &p, &len, &sigoff, 1);
	assert_int_equal(len, 60);
	assert_int_equal(sigoff, 42);
	assert_memory_equal(p, want, 42);
	tpl_destroy(tp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(bad_hex),
		cmocka_unit_test(files),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests_name("gen/tpl_raw", tests, NULL, NULL);
}
