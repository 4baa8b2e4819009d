/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 (RFC 5180): throughput of the sizes that it names (5.1.1), jumbo frames
 * included where the device takes them, and with extension headers (5.3): one
 * of each that routers look at or pass over, and a chain of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "gen/method_int.h"
#include "gen/tpl.h"
#include "ip/ip_wire.h"

#define JUMBO 1522 /* what is longer is not in 802.3: it may be refused */

static const struct {
	const char *name;
	uint8_t ext[TPL_EXTS];
	unsigned n;
} rfc5180_exts[] = {
	{ "", { 0 }, 0 },
	{ "hop-by-hop options", { IPP_HOPOPTS }, 1 },
	{ "destination options", { IPP_DSTOPTS }, 1 },
	{ "routing", { IPP_ROUTING }, 1 },
	{ "fragment", { IPP_FRAGMENT }, 1 },
	{ "destination options, routing, fragment, destination options",
	    { IPP_DSTOPTS, IPP_ROUTING, IPP_FRAGMENT, IPP_DSTOPTS }, 4 },
};

/* 5.1.1; 64 is not possible: the least that fits is used, and said. */
unsigned
method_ip6_sizes(const unsigned **sizes)
{
	static const unsigned rfc[] = { 64, 128, 256, 512, 1024, 1280, 1518,
		4096, 8192, 9216 };

	*sizes = rfc;
	return countof(rfc);
}

unsigned
method_ip6_variants(void)
{
	return countof(rfc5180_exts);
}

const char *
method_ip6_variant(unsigned i)
{
	return rfc5180_exts[i].name;
}

/* The user's streams, each with the variant's extension headers. */
bool
method_ip6_streams(struct run *ru, unsigned variant)
{
	const struct method_conf *mc = ru->ru_conf;
	unsigned n = mc->mc_nstreams, i;

	if (ru->ru_exts == NULL)
		ru->ru_exts = calloc(n, sizeof(*ru->ru_exts));
	if (ru->ru_exttpl == NULL)
		ru->ru_exttpl = calloc(n, sizeof(*ru->ru_exttpl));
	if (ru->ru_exts == NULL || ru->ru_exttpl == NULL) {
		ru->ru_nomem = true;
		return false;
	}
	for (i = 0; i < n; i++) {
		struct tpl_conf *tc = &ru->ru_exttpl[i];

		ru->ru_exts[i] = mc->mc_stream[i];
		ru->ru_exts[i].ts_tpl = tc;
		*tc = *mc->mc_stream[i].ts_tpl;
		if (tc->tc_src.a_family != ADDR_V6 || tc->tc_frames != NULL)
			continue;
		memcpy(tc->tc_ext, rfc5180_exts[variant].ext, TPL_EXTS);
		tc->tc_nexts = rfc5180_exts[variant].n;
	}
	run_streams(ru, ru->ru_exts, n);
	return true;
}

static bool
is_ip6(const struct run *ru)
{
	unsigned i;

	for (i = 0; i < ru->ru_nstreams; i++)
		if (ru->ru_stream[i].ts_tpl->tc_src.a_family != ADDR_V6 ||
		    ru->ru_stream[i].ts_tpl->tc_frames != NULL)
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
