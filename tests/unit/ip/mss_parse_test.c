/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maximum segment size in a TCP header, wherever it stands, and the
 * checksum after it has changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "ip/ip_wire.h"
#include "ip/mss_parse.h"
#include "mbuf/in_cksum.h"

#define MSS(n) 2, 4, (n) >> 8, (n) & 0xff

static const struct {
	const char *name;
	unsigned most;
	unsigned n; /* of the options */
	uint8_t opt[40];
	uint8_t want[40]; /* all 0: the same */
} tab[] = {
	{ "no options", 100, 0, { 0 }, { 0 } },
	{ "alone", 1360, 4, { MSS(1460) }, { MSS(1360) } },
	{ "as large as allowed", 1460, 4, { MSS(1460) }, { 0 } },
	{ "smaller", 1360, 4, { MSS(536) }, { 0 } },
	{ "the largest", 1360, 4, { MSS(65535) }, { MSS(1360) } },
	{ "zero", 1360, 4, { MSS(0) }, { 0 } },
	{ "at an odd offset", 1360, 8, { 1, MSS(1460), 1, 1, 0 },
	    { 1, MSS(1360), 1, 1, 0 } },
	{ "behind others", 1360, 20,
	    { 1, 3, 3, 7, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, MSS(9000) },
	    { 1, 3, 3, 7, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, MSS(1360) } },
	{ "twice", 1360, 8, { MSS(1460), MSS(1400) },
	    { MSS(1360), MSS(1360) } },
	{ "twice, once too large", 1360, 12,
	    { MSS(536), 1, MSS(1400), 1, 1, 0 },
	    { MSS(536), 1, MSS(1360), 1, 1, 0 } },
	{ "behind the end", 1360, 8, { 0, 1, 1, 1, MSS(1460) }, { 0 } },
	{ "of a wrong length", 1360, 8, { 2, 3, 5, 2, 6, 5, 5, 1 }, { 0 } },
	{ "of a wrong length, then right", 1360, 8,
	    { 2, 3, 5, MSS(1460), 1 }, { 2, 3, 5, MSS(1360), 1 } },
	{ "cut off", 1360, 4, { 1, 2, 4, 5 }, { 0 } },
	{ "no length", 1360, 4, { 1, 1, 1, 2 }, { 0 } },
	{ "behind a length of 0", 1360, 8, { 8, 0, 1, 1, MSS(1460) }, { 0 } },
	{ "behind a length of 1", 1360, 8, { 8, 1, 1, 1, MSS(1460) }, { 0 } },
	{ "behind one that is too long", 1360, 8, { 8, 9, 1, 1, MSS(1460) },
	    { 0 } },
	{ "in another option", 1360, 8, { 254, 8, MSS(1460), 1, 1 }, { 0 } },
};

static void
test_options(void **state)
{
	static const uint8_t none[40];
	uint8_t th[60], want[60];
	unsigned i, k, n;

	(void)state;
	for (i = 0; i < countof(tab); i++) {
		const uint8_t *to = memcmp(tab[i].want, none, 40) == 0 ?
		    tab[i].opt : tab[i].want;

		n = 20 + tab[i].n;
		for (k = 0; k < 20; k++)
			th[k] = (uint8_t)(k * 37 + i);
		memcpy(th + 20, tab[i].opt, tab[i].n);
		st16be(th + 16, 0);
		st16be(th + 16, in_cksum(th, n));
		memcpy(want, th, 20);
		memcpy(want + 20, to, tab[i].n);
		st16be(want + 16, 0);
		st16be(want + 16, in_cksum(want, n));
		if (tcp_mss_exceeds(th, n, tab[i].most) != (to != tab[i].opt))
			fail_msg("%s: exceeds", tab[i].name);
		tcp_mss_lower(th, n, tab[i].most, false);
		if (memcmp(th, want, n) != 0)
			fail_msg("%s: lowered", tab[i].name);
	}
}

/* RFC 1624: every value that can be there, at both kinds of offset. */
static void
test_checksum(void **state)
{
	uint8_t th[28] = { 0 };
	unsigned mss, odd;

	(void)state;
	for (odd = 0; odd < 2; odd++)
		for (mss = 0; mss < 65536; mss++) {
			memset(th + 20, 1, 8);
			th[20 + odd] = 2;
			th[21 + odd] = 4;
			st16be(th + 22 + odd, (uint16_t)mss);
			st16be(th + 16, 0);
			st16be(th + 16, in_cksum(th, sizeof(th)));
			tcp_mss_lower(th, sizeof(th), 1220, false);
			assert_int_equal(in_cksum(th, sizeof(th)), 0);
			assert_int_equal(
			    ld16be(th + 22 + odd), umin(mss, 1220));
		}
}

/* What is to be completed by a device covers no data yet. */
static void
test_partial(void **state)
{
	uint8_t th[24] = { [16] = 0x12, [17] = 0x34, [20] = 2, 4, 0x23, 0x28 };

	(void)state;
	tcp_mss_lower(th, sizeof(th), 1000, true);
	assert_int_equal(ld16be(th + 22), 1000);
	assert_int_equal(ld16be(th + 16), 0x1234);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_partial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
