/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ICMPv6 message, as the quote of an error, and as what an
 * error might be about.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/kassert.h"
#include "ip6/icmp6_parse.h"
#include "ip6/icmp6_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The parts of RFC 4443, 2.4(e) that are easily said again. */
static void
check_answer(const uint8_t *p, size_t n)
{
	struct ip6_info i6;

	if (ip6_parse_quoted(p, n, &i6) != i6s_none ||
	    ip6_parse_ext(p, n, &i6) != i6s_none || i6.i6_l4off > n ||
	    !icmp6_may_answer(&i6, p + i6.i6_l4off, n - i6.i6_l4off, false,
		ICMP6_UNREACH, 0))
		return;
	if (in6_is_unspecified(i6.i6_src) || in6_is_multicast(i6.i6_src) ||
	    in6_is_multicast(i6.i6_dst))
		panic("this must not be answered");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct icmp6_quoted_echo iq;
	struct icmp6_info ic;
	uint8_t *copy;

	if ((copy = malloc(n + 1)) == NULL)
		return 0;
	memcpy(copy + 1, p, n); /* exactly n bytes, to the end */
	(void)icmp6_parse(copy + 1, n, &ic);
	(void)icmp6_parse_quoted_echo(copy + 1, n, &iq);
	check_answer(copy + 1, n);
	free(copy);
	return 0;
}
