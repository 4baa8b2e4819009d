/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a DHCP message.  What is rewritten is a message again, with
 * just the options it should have.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "dhcp/dhcp_parse.h"
#include "dhcp/dhcp_wire.h"

#define OPTS (sizeof(struct bootp_wire) + 4)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t mine[] = { DHCPOPT_AGENT, 4, DHCPAGENT_CIRCUIT, 2, 'i',
	'f' };

static void
rewrite(const uint8_t *p, size_t n, const struct dhcp_info *di, bool strip,
    bool add)
{
	size_t max = n + sizeof(mine) + BOOTP_MIN, len;
	uint8_t *out = malloc(max);
	struct dhcp_info now;

	if (out == NULL)
		abort();
	len = dhcp_rewrite(
	    p, n, di, strip, mine, add ? sizeof(mine) : 0, out, max);
	if (len < BOOTP_MIN || len > max || dhcp_parse(out, len, &now) != 0)
		panic("what was made is no message");
	if (memcmp(p, out, sizeof(struct bootp_wire)) != 0)
		panic("the fixed part changed");
	if (di->di_options &&
	    now.di_agent != (add || (di->di_agent && !strip)))
		panic("option 82 is there, or is not");
	if (di->di_options && add &&
	    memcmp(out + now.di_end - sizeof(mine), mine, sizeof(mine)) != 0)
		panic("it is not the last");
	/* Out again, what is left is as without it. */
	if (strip && add) {
		uint8_t *a = malloc(max), *b = malloc(max);
		size_t na, nb;

		if (a == NULL || b == NULL)
			abort();
		na = dhcp_rewrite(out, len, &now, true, NULL, 0, a, max);
		nb = dhcp_rewrite(p, n, di, true, NULL, 0, b, max);
		if (dhcp_parse(a, na, &now) != 0 || now.di_agent)
			panic("it is still there");
		if (di->di_agent && (na != nb || memcmp(a, b, na) != 0))
			panic("something else went");
		free(a);
		free(b);
	}
	if (dhcp_rewrite(p, n, di, strip, mine, add ? sizeof(mine) : 0, out,
		BOOTP_MIN) > BOOTP_MIN)
		panic("longer than it may be");
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n + 1);
	struct dhcp_info di;
	unsigned i;

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	if (dhcp_parse(copy, n, &di) == rls_none)
		for (i = 0; i < 4; i++)
			rewrite(copy, n, &di, (i & 1) != 0, (i & 2) != 0);
	/* Random bytes seldom have the cookie. */
	if (n >= OPTS) {
		copy[0] = BOOTREQUEST;
		copy[2] = 6;
		memcpy(copy + OPTS - 4, "\x63\x82\x53\x63", 4);
		if (dhcp_parse(copy, n, &di) == rls_none)
			for (i = 0; i < 4; i++)
				rewrite(
				    copy, n, &di, (i & 1) != 0, (i & 2) != 0);
	}
	free(copy);
	return 0;
}
