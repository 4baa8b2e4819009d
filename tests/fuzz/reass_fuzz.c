/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any fragments of one datagram.  What is called complete has every byte once;
 * what is held is in order and does not overlap.
 *
 * A fragment is 5 bytes: offset in units of 8, length, and flags: its lowest
 * bit is MF, the next two are ECN, and the upper half is added to the length
 * in units of 8.
 */
#include <stdint.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "ip/reass.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct reass *r, enum reass_verdict v)
{
	unsigned i, have = 0, end = 0;

	for (i = 0; i < r->r_n; i++) {
		const struct reass_piece *rp = &r->r_piece[i];

		if (rp->rp_off < end || rp->rp_end <= rp->rp_off)
			panic("pieces overlap or are not in order");
		if (v == REASS_COMPLETE && rp->rp_off != end)
			panic("complete, with a hole");
		end = rp->rp_end;
		have += rp->rp_end - rp->rp_off;
	}
	if (have != r->r_have || (r->r_total != 0 && end > r->r_total))
		panic("the sum is wrong");
	if (v == REASS_COMPLETE && end != r->r_total)
		panic("complete, without the end");
	if (r->r_total != 0 && have == r->r_total && v == REASS_HOLD)
		panic("complete, and nobody says so");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct reass r = { 0 };
	enum reass_verdict v;
	unsigned at = 0;

	for (; n >= 5; p += 5, n -= 5) {
		struct reass_frag rf = {
			.rf_off = (ld16be(p) & 0x1fffu) * 8,
			.rf_len = ld16be(p + 2) + (p[4] >> 4) * 8u,
			.rf_more = (p[4] & 1) != 0,
			.rf_ecn = p[4] >> 1 & 3,
		};

		v = reass_add(&r, &rf, 100, &at);
		if (reass_is_fatal(v))
			break;
		check(&r, v);
		if (v == REASS_HOLD &&
		    (at >= r.r_n || r.r_piece[at].rp_off != rf.rf_off))
			panic("it is not where it is said to be");
		if (v == REASS_COMPLETE)
			break;
	}
	return 0;
}
