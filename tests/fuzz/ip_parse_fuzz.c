/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an IPv4 packet.  The first says how much of it is in other
 * buffers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "ip/ip_parse.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is taken is consistent; p has exactly n bytes, for the sanitizer. */
static void
check(const uint8_t *p, size_t n, size_t total)
{
	struct ip_info ii;

	(void)ip_parse_quoted(p, n, &ii);
	if (ip_parse(p, n, total, &ii) != ips_none)
		return;
	if (ii.ii_hlen < IP_HLEN || ii.ii_hlen > n || ii.ii_len < ii.ii_hlen ||
	    ii.ii_len > total ||
	    ii.ii_off + (unsigned)ii.ii_len - ii.ii_hlen > IP_LEN_MAX)
		panic("an impossible packet was taken");
}

/* No random packet has a right checksum. */
static void
mend(uint8_t *p, size_t n)
{
	size_t hlen = n > 0 ? (p[0] & 15u) * 4 : 0;

	if (hlen < IP_HLEN || hlen > n)
		return;
	st16be(p + 10, 0);
	st16be(p + 10, in_cksum(p, hlen));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy;

	if (n == 0 || (copy = malloc(n)) == NULL)
		return 0;
	memcpy(copy, p + 1, n - 1);
	check(copy, n - 1, n - 1 + p[0]);
	mend(copy, n - 1);
	check(copy, n - 1, n - 1 + p[0]);
	free(copy);
	return 0;
}
