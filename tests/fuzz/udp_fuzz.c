/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a UDP header, of either family, and as what an ICMP error
 * quotes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "udp/udp_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_header(const uint8_t *p, size_t n, bool six)
{
	struct udp_info ui;

	if (udp_parse(p, n, n, six, &ui) == udps_none &&
	    (ui.ui_len < UDP_HLEN || ui.ui_len > n || ui.ui_dport == 0))
		panic("a header that is not right");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct in_key ik;
	uint8_t *copy;

	if ((copy = malloc(n + 1)) == NULL)
		return 0;
	memcpy(copy + 1, p, n); /* exactly n bytes, to the end */
	check_header(copy + 1, n, false);
	check_header(copy + 1, n, true);
	if (udp_parse_quoted(copy + 1, n, &ik) && ik.ik_plen != IN_PLEN_MAX)
		panic("a key without an address");
	free(copy);
	return 0;
}
