/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recognising checksums that hold only the pseudo-header's sum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/unfinished.h"
#include "mbuf/in_cksum.h"

#define PAYLOAD 10

struct frame {
	uint8_t f_bytes[128];
	unsigned f_len;
	unsigned f_l4; /* offset of the transport header */
	unsigned f_sum; /* offset of its checksum */
};

/* A TCP or UDP frame whose checksum was left to the device. */
static void
frame_make(struct frame *f, bool v6, uint8_t proto)
{
	unsigned hlen = proto == 6 ? 20 : 8, len = hlen + PAYLOAD;
	uint8_t *ip = f->f_bytes + 14;
	uint64_t sum;

	memset(f, 0, sizeof(*f));
	st16be(f->f_bytes + 12, v6 ? 0x86dd : 0x0800);
	f->f_l4 = 14 + (v6 ? 40 : 20);
	f->f_len = f->f_l4 + len;
	memset(ip + 8, 0x5a, v6 ? 32 : 12);
	if (v6) {
		ip[0] = 0x60;
		st16be(ip + 4, (uint16_t)len);
		ip[6] = proto;
		sum = in6_cksum_pseudo(
		    in6_load(ip + 8), in6_load(ip + 24), proto, len);
	} else {
		ip[0] = 0x45;
		st16be(ip + 2, (uint16_t)(20 + len));
		ip[9] = proto;
		sum = in_cksum_pseudo(
		    ld32be(ip + 12), ld32be(ip + 16), proto, (uint16_t)len);
	}
	f->f_sum = f->f_l4 + (proto == 6 ? 16 : 6);
	memset(f->f_bytes + f->f_l4 + hlen, 0x77, PAYLOAD);
	st16be(f->f_bytes + f->f_sum, in_cksum_reduce(sum));
}

static bool
found(const struct frame *f)
{
	uint16_t l4off;
	uint8_t csumoff;

	if (!csum_unfinished(f->f_bytes, f->f_len, f->f_len, &l4off, &csumoff))
		return false;
	assert_int_equal(l4off, f->f_l4);
	assert_int_equal(l4off + csumoff, f->f_sum);
	return true;
}

static const struct {
	bool v6;
	uint8_t proto;
} kinds[] = { { false, 6 }, { false, 17 }, { true, 6 }, { true, 17 } };

static void
unfinished(void **state)
{
	struct frame f;
	unsigned i;

	for (i = 0; i < countof(kinds); i++) {
		frame_make(&f, kinds[i].v6, kinds[i].proto);
		assert_true(found(&f));
		f.f_len += 6; /* padding of the link */
		assert_true(found(&f));
	}
}

static void
finished(void **state)
{
	struct frame f;
	unsigned i;
	uint16_t sum;

	for (i = 0; i < countof(kinds); i++) {
		frame_make(&f, kinds[i].v6, kinds[i].proto);
		/* The field holds the pseudo-header's sum already. */
		sum = in_cksum_fold(in_cksum_add(
		    f.f_bytes + f.f_l4, f.f_len - f.f_l4, 0));
		st16be(f.f_bytes + f.f_sum, sum);
		assert_false(found(&f));
	}
}

/* One tag, and two; three are nobody's. */
static void
in_vlans(void **state)
{
	struct frame f;
	unsigned i, tags;

	for (i = 0; i < countof(kinds); i++) {
		frame_make(&f, kinds[i].v6, kinds[i].proto);
		for (tags = 1; tags <= 3; tags++) {
			memmove(f.f_bytes + 16, f.f_bytes + 12, f.f_len - 12);
			st16be(f.f_bytes + 12, tags == 1 ? 0x8100 : 0x88a8);
			f.f_len += 4;
			f.f_l4 += 4;
			f.f_sum += 4;
			assert_int_equal(found(&f), tags < 3);
		}
	}
}

static void
no_checksum(void **state)
{
	struct frame f;

	frame_make(&f, false, 17);
	st16be(f.f_bytes + f.f_sum, 0);
	assert_false(found(&f));
}

static const struct {
	const char *name;
	unsigned at;
	uint8_t byte;
} spoilt[] = {
	{ "not IP", 12, 0x09 },
	{ "header length of 16", 14, 0x44 },
	{ "longer than the frame", 16, 1 },
	{ "shorter than its header", 17, 19 },
	{ "first fragment", 20, 0x20 },
	{ "later fragment", 21, 1 },
	{ "another protocol", 23, 1 },
};

static void
not_whole(void **state)
{
	struct frame f;
	unsigned i;

	for (i = 0; i < countof(spoilt); i++) {
		frame_make(&f, false, 6);
		f.f_bytes[spoilt[i].at] = spoilt[i].byte;
		if (found(&f))
			fail_msg("%s", spoilt[i].name);
	}
}

/* Each length is looked at in memory of just that length. */
static void
cut_short(void **state)
{
	struct frame f;
	unsigned i, n;

	for (i = 0; i < countof(kinds); i++) {
		frame_make(&f, kinds[i].v6, kinds[i].proto);
		for (n = 0; n < f.f_len; n++) {
			uint8_t *copy = test_malloc(n + 1);
			uint16_t l4off;
			uint8_t csumoff;

			memcpy(copy + 1, f.f_bytes, n);
			assert_false(csum_unfinished(
			    copy + 1, n, n, &l4off, &csumoff));
			/* The rest is in other buffers. */
			assert_int_equal(csum_unfinished(copy + 1, n, f.f_len,
			    &l4off, &csumoff), n >= f.f_len - PAYLOAD);
			test_free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unfinished),
		cmocka_unit_test(finished),
		cmocka_unit_test(in_vlans),
		cmocka_unit_test(no_checksum),
		cmocka_unit_test(not_whole),
		cmocka_unit_test(cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
