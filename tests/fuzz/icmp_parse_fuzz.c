/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ICMP message, as the quote of an error, and as what an error
 * might be about.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/kassert.h"
#include "ip/icmp_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The parts of RFC 1122, 3.2.2 that are easily said again. */
static void
check_answer(const uint8_t *p, size_t n)
{
	struct ip_info ii;

	if (ip_parse_quoted(p, n, &ii) != ips_none ||
	    !icmp_may_answer(&ii, p + ii.ii_hlen, n - ii.ii_hlen))
		return;
	if (ii.ii_src == 0 || in_is_multicast(ii.ii_src) ||
	    in_is_multicast(ii.ii_dst) || ii.ii_off != 0)
		panic("this must not be answered");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct icmp_quoted_echo iq;
	struct icmp_info ic;
	uint8_t *copy;

	if ((copy = malloc(n + 1)) == NULL)
		return 0;
	memcpy(copy + 1, p, n); /* exactly n bytes, to the end */
	(void)icmp_parse(copy + 1, n, &ic);
	(void)icmp_parse_quoted_echo(copy + 1, n, &iq);
	check_answer(copy + 1, n);
	free(copy);
	return 0;
}
