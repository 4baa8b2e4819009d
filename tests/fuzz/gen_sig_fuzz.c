/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame in which a signature is looked for: it is inside, where
 * the sender would have put it, and once written it is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "gen/layout.h"
#include "gen/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_layout(const struct layout *ly, unsigned n)
{
	unsigned i;

	if (ly->ly_l3 > n || ly->ly_payload > n || ly->ly_end > n ||
	    (ly->ly_l4 != 0 && ly->ly_l4ck + 2u > ly->ly_end) ||
	    ly->ly_payload > ly->ly_end)
		panic("places outside of the frame");
	for (i = 0; i < n; i++)
		(void)layout_class(ly, i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct sig wrote = { 1, 2, 3 };
	struct layout ly;
	struct sig sg;
	uint8_t *copy;
	unsigned at;

	if (n > 65535 || (copy = malloc(n != 0 ? n : 1)) == NULL)
		return 0;
	memcpy(copy, p, n);
	at = sig_find(copy, (unsigned)n);
	layout_parse(&ly, copy, (uint32_t)n);
	check_layout(&ly, (unsigned)n);
	if (at != 0) {
		if (at < 14 || at + SIG_LEN > n)
			panic("a signature outside of the frame");
		if (ly.ly_end - SIG_LEN != at)
			panic("two places for a signature");
		sig_write(copy + at, 7, &wrote);
		if (sig_find(copy, (unsigned)n) != at ||
		    !sig_read(copy + at, 7, &sg) || sg.sg_flow != 1 ||
		    sg.sg_seq != 2 || sg.sg_ts != 3)
			panic("a signature is not what was written");
	}
	free(copy);
	return 0;
}
