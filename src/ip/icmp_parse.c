/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP messages from bytes to values (RFC 792), and which packets must not be
 * answered with one.  Pure.
 */
#include "ip/icmp_parse.h"

#include "base/addr.h"
#include "base/bytes.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"

enum icmpstat
icmp_parse(const uint8_t *p, size_t n, struct icmp_info *ic)
{
	const struct icmp_wire *w = (const void *)p;

	if (n < sizeof(*w))
		return ics_toosmall;
	ic->ic_type = w->ic_type;
	ic->ic_code = w->ic_code;
	ic->ic_id = ld16be(w->ic_id);
	ic->ic_seq = ld16be(w->ic_seq);
	ic->ic_mtu = ic->ic_type == ICMP_UNREACH &&
		ic->ic_code == ICMP_UNREACH_NEEDFRAG
	    ? ic->ic_seq
	    : 0;
	return ics_none;
}

/*
 * Queries and their answers are the types listed; whatever else there is or
 * will be counts as an error, so that it is never answered.
 */
bool
icmp_is_error(unsigned type)
{
	switch (type) {
	case ICMP_ECHOREPLY:
	case ICMP_ECHO:
	case ICMP_TSTAMP:
	case ICMP_TSTAMPREPLY:
	case ICMP_INFO:
	case ICMP_INFOREPLY:
	case ICMP_MASK:
	case ICMP_MASKREPLY:
		return false;
	default:
		return true;
	}
}

bool
icmp_parse_quoted_echo(const uint8_t *p, size_t n, struct icmp_quoted_echo *iq)
{
	struct ip_info ii;
	struct icmp_info ic;

	if (ip_parse_quoted(p, n, &ii) != ips_none ||
	    ii.ii_proto != IPP_ICMP || ii.ii_off != 0 ||
	    icmp_parse(p + ii.ii_hlen, n - ii.ii_hlen, &ic) != ics_none ||
	    ic.ic_type != ICMP_ECHO)
		return false;
	iq->iq_dst = ii.ii_dst;
	iq->iq_id = ic.ic_id;
	iq->iq_seq = ic.ic_seq;
	return true;
}

/* "A source address that does not define a single host." */
static bool
icmp_single_host(uint32_t src)
{
	return src >> 24 != 0 && !in_is_loopback(src) && src >> 28 < 0xe;
}

bool
icmp_may_answer(const struct ip_info *ii, const uint8_t *l4, size_t n)
{
	if (!icmp_single_host(ii->ii_src))
		return false;
	if (in_is_multicast(ii->ii_dst) || in_is_broadcast(ii->ii_dst))
		return false;
	if (ii->ii_off != 0)
		return false;
	if (ii->ii_proto == IPP_ICMP && (n == 0 || icmp_is_error(l4[0])))
		return false;
	return true;
}
