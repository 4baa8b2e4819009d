/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 (RFC 5180): throughput of the sizes that it names, jumbo frames
 * included where the device takes them.
 */
#include "base/addr.h"
#include "base/bytes.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

#define JUMBO 1522 /* what is longer is not in 802.3: it may be refused */

/* 5.1.1; 64 is not possible: the least that fits is used, and said. */
unsigned
method_ip6_sizes(const unsigned **sizes)
{
	static const unsigned rfc[] = { 64, 128, 256, 512, 1024, 1280, 1518,
		4096, 8192, 9216 };

	*sizes = rfc;
	return countof(rfc);
}

static bool
is_ip6(const struct run *ru)
{
	unsigned i;

	for (i = 0; i < ru->ru_nstreams; i++)
		if (ru->ru_stream[i].ts_tpl->tc_src.a_family != ADDR_V6)
			return false;
	return true;
}

void
point_ip6(struct run *ru)
{
	struct method_point *mp;

	if (!is_ip6(ru)) {
		run_status(ru, MS_IMPOSSIBLE, "the streams are not of IPv6");
		return;
	}
	point_throughput(ru);
	mp = run_point(ru);
	/* Nothing was sent: the tester's own devices cannot. */
	if (mp->mp_status == MS_FAILED && mp->mp_size > JUMBO &&
	    mp->mp_invalid == 0 && mp->mp_trials == 1)
		mp->mp_status = MS_IMPOSSIBLE;
}
