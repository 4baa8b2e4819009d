/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the options of a TCP header.  The first two say how large a
 * segment may be; the next 20 are the fixed header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "ip/mss_parse.h"
#include "mbuf/in_cksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Bytes that differ lie in options of this kind, and none grew. */
static void
check(const uint8_t *before, const uint8_t *now, unsigned n, unsigned most)
{
	unsigned mss, at = 20, upto = 20;

	if (memcmp(before, now, 16) != 0 || memcmp(before + 18, now + 18, 2))
		panic("the fixed header changed");
	while ((mss = tcp_mss_next(now, n, &at)) != 0) {
		if (mss < 22 || mss + 2 > n || at != mss + 2 ||
		    now[mss - 2] != 2 || now[mss - 1] != 4)
			panic("no MSS option");
		if (ld16be(now + mss) != umin(ld16be(before + mss), most))
			panic("not lowered, or raised");
		if (memcmp(before + upto, now + upto, mss - upto) != 0)
			panic("something else changed");
		upto = mss + 2;
	}
	if (memcmp(before + upto, now + upto, n - upto) != 0)
		panic("something behind changed");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	unsigned n = (unsigned)size - 2, most;
	uint8_t *before, *now;

	if (size < 22 || n > 60)
		return 0;
	most = ld16be(p);
	if ((before = malloc(n)) == NULL || (now = malloc(n)) == NULL)
		abort();
	memcpy(before, p + 2, n);
	before[0] |= 1; /* a checksum of all zeros has two forms */
	st16be(before + 16, 0);
	st16be(before + 16, in_cksum(before, n));
	memcpy(now, before, n);
	tcp_mss_lower(now, n, most, false);
	check(before, now, n, most);
	/* n may be odd, as no header's is. */
	if (in_cksum(now, n) != 0)
		panic("the checksum is wrong");
	if (tcp_mss_exceeds(now, n, most))
		panic("still too large");
	free(before);
	free(now);
	return 0;
}
