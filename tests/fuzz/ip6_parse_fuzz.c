/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an IPv6 packet with extension headers.  The first says how much
 * of it is in other buffers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is taken is consistent; p has exactly n bytes, for the sanitizer. */
static void
check(const uint8_t *p, size_t n, size_t total)
{
	struct ip6_info i6;

	if (ip6_parse_quoted(p, n, &i6) == i6s_none)
		(void)ip6_parse_ext(p, n, &i6);
	if (ip6_parse(p, n, total, &i6) != i6s_none)
		return;
	if (i6.i6_len < IP6_HLEN || i6.i6_len > total)
		panic("an impossible packet was taken");
	if (ip6_parse_ext(p, n, &i6) == i6s_none &&
	    (i6.i6_l4off < IP6_HLEN || i6.i6_l4off > n ||
		(ip6_is_ext(i6.i6_proto) && i6.i6_off == 0)))
		panic("an impossible chain was taken");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy;

	if (n == 0 || (copy = malloc(n)) == NULL)
		return 0;
	memcpy(copy, p + 1, n - 1);
	check(copy, n - 1, n - 1 + p[0]);
	free(copy);
	return 0;
}
