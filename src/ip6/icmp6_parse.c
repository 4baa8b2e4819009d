/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 messages from bytes to values (RFC 4443), and which packets must not
 * be answered with one.  Pure.
 */
#include "ip6/icmp6_parse.h"

#include "base/addr.h"
#include "base/bytes.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"

enum icmp6stat
icmp6_parse(const uint8_t *p, size_t n, struct icmp6_info *ic)
{
	const struct icmp6_wire *w = (const void *)p;

	if (n < sizeof(*w))
		return i6cs_toosmall;
	ic->ic6_type = w->ic6_type;
	ic->ic6_code = w->ic6_code;
	ic->ic6_id = ld16be(w->ic6_id);
	ic->ic6_seq = ld16be(w->ic6_seq);
	ic->ic6_mtu = ic->ic6_type == ICMP6_TOOBIG
	    ? (uint32_t)ic->ic6_id << 16 | ic->ic6_seq
	    : 0;
	return i6cs_none;
}

/* A redirect is none, but must not be answered either: 2.4(e.2). */
bool
icmp6_is_error(unsigned type)
{
	return type < ICMP6_INFO || type == ICMP6_REDIRECT;
}

bool
icmp6_parse_quoted_echo(
    const uint8_t *p, size_t n, struct icmp6_quoted_echo *iq)
{
	struct ip6_info i6;
	struct icmp6_info ic;

	if (ip6_parse_quoted(p, n, &i6) != i6s_none ||
	    ip6_parse_ext(p, n, &i6) != i6s_none ||
	    i6.i6_proto != IPP_ICMPV6 || i6.i6_off != 0 || i6.i6_l4off > n ||
	    icmp6_parse(p + i6.i6_l4off, n - i6.i6_l4off, &ic) != i6cs_none ||
	    ic.ic6_type != ICMP6_ECHO)
		return false;
	iq->iq6_dst = i6.i6_dst;
	iq->iq6_id = ic.ic6_id;
	iq->iq6_seq = ic.ic6_seq;
	return true;
}

bool
icmp6_may_answer(const struct ip6_info *i6, const uint8_t *l4, size_t n,
    bool mcast, unsigned type, unsigned code)
{
	if (in6_is_unspecified(i6->i6_src) || in6_is_multicast(i6->i6_src))
		return false;
	if ((mcast || in6_is_multicast(i6->i6_dst)) && type != ICMP6_TOOBIG &&
	    (type != ICMP6_PARAM || code != ICMP6_PARAM_OPTION))
		return false;
	/* What a later fragment continues could be an error. */
	if (i6->i6_proto == IPP_ICMPV6 &&
	    (i6->i6_off != 0 || n == 0 || icmp6_is_error(l4[0])))
		return false;
	return true;
}
