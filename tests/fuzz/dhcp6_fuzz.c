/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a DHCPv6 message.  What is taken lies inside; wrapped, it comes
 * out as it went in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "dhcp/dhcp6_parse.h"
#include "dhcp/dhcp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
wrap(const uint8_t *p, size_t n, const struct dhcp6_info *d6)
{
	size_t max = n + 100, len;
	uint8_t *out = malloc(max);
	struct dhcp6_info now;

	if (out == NULL)
		abort();
	len = dhcp6_forward_build(p, n, 5, d6->d6_link, d6->d6_peer,
	    (const uint8_t *)"if", 2, out, max);
	if (len == 0 || dhcp6_parse(out, len, &now) != rls_none)
		panic("what was made is no message");
	if (now.d6_type != DHCP6_RELAY_FORW || now.d6_hops != 5 ||
	    now.d6_msglen != n || memcmp(out + now.d6_msg, p, n) != 0 ||
	    now.d6_idlen != 2 || memcmp(out + now.d6_id, "if", 2) != 0 ||
	    !in6_eq(now.d6_peer, d6->d6_peer))
		panic("it says something else");
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n + 1);
	struct dhcp6_info d6;

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	if (n <= UINT16_MAX && dhcp6_parse(copy, n, &d6) == rls_none) {
		if ((d6.d6_type == DHCP6_RELAY_FORW ||
			d6.d6_type == DHCP6_RELAY_REPL) &&
		    (d6.d6_msg < 38 || d6.d6_msglen < 4 ||
			d6.d6_msg + d6.d6_msglen > n))
			panic("a message outside");
		if (d6.d6_id != 0 &&
		    (d6.d6_id < 38 || d6.d6_id + d6.d6_idlen > n))
			panic("an identifier outside");
		wrap(copy, n, &d6);
	}
	free(copy);
	return 0;
}
