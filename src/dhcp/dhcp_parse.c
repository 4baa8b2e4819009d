/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP messages: RFC 2131, 2; RFC 2132, 2; RFC 3046.  Pure.
 *
 * A relay is to pass on what it does not know (RFC 1542, 4), so options are
 * checked for form only, and of those in the fields "file" and "sname" (RFC
 * 2132, 9.3) nothing is asked: option 82 is never there.
 */
#include "dhcp/dhcp_parse.h"

#include <string.h>

#include "base/bytes.h"
#include "dhcp/dhcp_wire.h"

#define FIXED	sizeof(struct bootp_wire)
#define OPTIONS (FIXED + 4) /* behind the cookie */

/* Length of the option at "at", which is neither pad nor end; 0: cut off. */
static size_t
option_len(const uint8_t *p, size_t n, size_t at)
{
	size_t len;

	if (at + 2 > n)
		return 0;
	len = 2u + p[at + 1];
	return at + len <= n ? len : 0;
}

/* Some leave the end option out; then the end of the message is it. */
static enum relaystat
parse_options(const uint8_t *p, size_t n, struct dhcp_info *di)
{
	size_t at, len;

	for (at = OPTIONS; at < n && p[at] != DHCPOPT_END; at += len) {
		len = 1;
		if (p[at] == DHCPOPT_PAD)
			continue;
		if ((len = option_len(p, n, at)) == 0)
			return rls_badopt;
		if (p[at] == DHCPOPT_AGENT)
			di->di_agent = true;
	}
	di->di_end = (unsigned)at;
	return rls_none;
}

enum relaystat
dhcp_parse(const uint8_t *p, size_t n, struct dhcp_info *di)
{
	const struct bootp_wire *bp = (const void *)p;

	if (n < FIXED)
		return rls_toosmall;
	if (bp->bp_op != BOOTREQUEST && bp->bp_op != BOOTREPLY)
		return rls_badop;
	if (bp->bp_hlen > sizeof(bp->bp_chaddr))
		return rls_badhlen;
	di->di_op = bp->bp_op;
	di->di_htype = bp->bp_htype;
	di->di_hlen = bp->bp_hlen;
	di->di_hops = bp->bp_hops;
	di->di_ciaddr = ld32be(bp->bp_ciaddr);
	di->di_yiaddr = ld32be(bp->bp_yiaddr);
	di->di_giaddr = ld32be(bp->bp_giaddr);
	memcpy(di->di_chaddr, bp->bp_chaddr, sizeof(di->di_chaddr));
	di->di_broadcast = (ld16be(bp->bp_flags) & BOOTP_BROADCAST) != 0;
	di->di_options = n >= OPTIONS && ld32be(p + FIXED) == DHCP_COOKIE;
	di->di_agent = false;
	di->di_end = (unsigned)n;
	return di->di_options ? parse_options(p, n, di) : rls_none;
}

/* Returns where the copies end. */
static size_t
copy_options(const uint8_t *p, const struct dhcp_info *di, bool strip,
    uint8_t *out)
{
	size_t at, len, to = OPTIONS;

	for (at = OPTIONS; at < di->di_end; at += len) {
		len = p[at] == DHCPOPT_PAD ? 1 : 2u + p[at + 1];
		if (strip && p[at] == DHCPOPT_AGENT)
			continue;
		memcpy(out + to, p + at, len);
		to += len;
	}
	return to;
}

size_t
dhcp_rewrite(const uint8_t *p, size_t n, const struct dhcp_info *di,
    bool strip, const uint8_t *add, size_t nadd, uint8_t *out, size_t max)
{
	size_t to;

	if (n > max || max < BOOTP_MIN)
		return 0;
	if (!di->di_options || (nadd == 0 && !(strip && di->di_agent))) {
		memcpy(out, p, n);
		to = n;
	} else {
		memcpy(out, p, OPTIONS);
		to = copy_options(p, di, strip, out);
		if (to + nadd + 1 > max)
			return 0;
		if (nadd > 0)
			memcpy(out + to, add, nadd);
		to += nadd;
		out[to++] = DHCPOPT_END;
	}
	if (to < BOOTP_MIN) {
		memset(out + to, 0, BOOTP_MIN - to);
		to = BOOTP_MIN;
	}
	return to;
}

static size_t
agent_put(uint8_t *out, size_t at, unsigned code, const uint8_t *p, size_t n)
{
	if (n == 0)
		return at;
	out[at] = (uint8_t)code;
	out[at + 1] = (uint8_t)n;
	memcpy(out + at + 2, p, n);
	return at + 2 + n;
}

size_t
dhcp_agent_build(const uint8_t *circuit, size_t ncircuit,
    const uint8_t *remote, size_t nremote, uint8_t out[static DHCP_AGENT_MAX])
{
	size_t n = 2;

	n = agent_put(out, n, DHCPAGENT_CIRCUIT, circuit, ncircuit);
	n = agent_put(out, n, DHCPAGENT_REMOTE, remote, nremote);
	out[0] = DHCPOPT_AGENT;
	out[1] = (uint8_t)(n - 2);
	return n;
}
