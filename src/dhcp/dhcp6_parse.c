/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 messages from and to bytes: RFC 8415, 8, 9 and 21.1.  Pure.
 *
 * What a client or server says is not looked into, but for its kind (RFC 7283:
 * kinds that a relay does not know are relayed).
 */
#include "dhcp/dhcp6_parse.h"

#include <string.h>

#include "base/bytes.h"
#include "dhcp/dhcp_wire.h"

#define FIXED	 sizeof(struct dhcp6_relay_wire)
#define MSG_MIN	 4u /* kind, transaction */
#define OPT_HLEN 4u

static enum relaystat
parse_options(const uint8_t *p, size_t n, struct dhcp6_info *d6)
{
	size_t at, len;

	for (at = FIXED; at < n; at += OPT_HLEN + len) {
		if (n - at < OPT_HLEN)
			return rls_badopt;
		len = ld16be(p + at + 2);
		if (n - at - OPT_HLEN < len)
			return rls_badopt;
		switch (ld16be(p + at)) {
		case DHCP6OPT_RELAY_MSG:
			if (d6->d6_msg != 0)
				return rls_badopt;
			d6->d6_msg = (unsigned)(at + OPT_HLEN);
			d6->d6_msglen = (unsigned)len;
			break;
		case DHCP6OPT_INTERFACE_ID:
			if (d6->d6_id != 0)
				return rls_badopt;
			d6->d6_id = (unsigned)(at + OPT_HLEN);
			d6->d6_idlen = (unsigned)len;
			break;
		}
	}
	return d6->d6_msg != 0 && d6->d6_msglen >= MSG_MIN ? rls_none :
	    rls_badopt;
}

enum relaystat
dhcp6_parse(const uint8_t *p, size_t n, struct dhcp6_info *d6)
{
	const struct dhcp6_relay_wire *dw = (const void *)p;

	if (n < MSG_MIN)
		return rls_toosmall;
	*d6 = (struct dhcp6_info){ .d6_type = p[0] };
	if (p[0] != DHCP6_RELAY_FORW && p[0] != DHCP6_RELAY_REPL)
		return rls_none;
	if (n < FIXED)
		return rls_toosmall;
	d6->d6_hops = dw->d6_hops;
	d6->d6_link = in6_load(dw->d6_link);
	d6->d6_peer = in6_load(dw->d6_peer);
	return parse_options(p, n, d6);
}

static size_t
option_put(uint8_t *out, size_t at, unsigned code, const uint8_t *p, size_t n)
{
	st16be(out + at, (uint16_t)code);
	st16be(out + at + 2, (uint16_t)n);
	memcpy(out + at + OPT_HLEN, p, n);
	return at + OPT_HLEN + n;
}

size_t
dhcp6_forward_build(const uint8_t *p, size_t n, unsigned hops,
    struct in6 link, struct in6 peer, const uint8_t *id, size_t idlen,
    uint8_t *out, size_t max)
{
	struct dhcp6_relay_wire *dw = (void *)out;
	size_t at = FIXED;

	if (n > UINT16_MAX || idlen > UINT16_MAX ||
	    at + OPT_HLEN + idlen + OPT_HLEN + n > max)
		return 0;
	dw->d6_type = DHCP6_RELAY_FORW;
	dw->d6_hops = (uint8_t)hops;
	in6_store(dw->d6_link, link);
	in6_store(dw->d6_peer, peer);
	at = option_put(out, at, DHCP6OPT_INTERFACE_ID, id, idlen);
	return option_put(out, at, DHCP6OPT_RELAY_MSG, p, n);
}
