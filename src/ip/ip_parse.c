/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 headers from bytes to values: RFC 791, 3.1; RFC 1122, 3.2.1; RFC 1812,
 * 5.2.2.  Pure.
 *
 * What every packet needs is inline in ip_parse.h; here is the rest.
 */
#include "ip/ip_parse.h"

enum ipstat
ip_check_rest(const uint8_t *p)
{
	struct ip_info ii;

	ip_take(p, &ii);
	if (ii.ii_off + (unsigned)ii.ii_len - ii.ii_hlen > IP_LEN_MAX)
		return ips_toolong;
	return ii.ii_hlen != IP_HLEN ? ips_options : ips_none;
}

enum ipstat
ip_parse(const uint8_t *p, size_t n, size_t total, struct ip_info *ii)
{
	enum ipstat why;

	if ((why = ip_check(p, n, total)) == ips_options)
		why = ips_none;
	if (why == ips_none)
		ip_take(p, ii);
	return why;
}

enum ipstat
ip_parse_quoted(const uint8_t *p, size_t n, struct ip_info *ii)
{
	const struct ip_wire *ip = (const void *)p;

	if (n < sizeof(*ip))
		return ips_toosmall;
	if (ip->ip_vhl >> 4 != 4)
		return ips_badvers;
	ip_take(p, ii);
	if (ii->ii_hlen < sizeof(*ip) || ii->ii_hlen > n)
		return ips_badhlen;
	return ips_none;
}
