/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 headers from bytes to values: RFC 791, 3.1; RFC 1122, 3.2.1; RFC 1812,
 * 5.2.2.  Pure.
 *
 * What every packet needs is inline in ip_parse.h; here is the rest.
 *
 * Options are checked for form only.  Source routes are refused (RFC 7126,
 * 4.3 and 4.4); every other option is carried along unread.
 */
#include "ip/ip_parse.h"

enum ipstat
ip_check_options(const uint8_t *p, unsigned hlen, unsigned *errptr)
{
	unsigned at, len;

	for (at = IP_HLEN; at < hlen; at += len) {
		if (p[at] == IPOPT_EOL)
			break;
		if (p[at] == IPOPT_NOP) {
			len = 1;
			continue;
		}
		*errptr = at + 1;
		if (at + 1 >= hlen)
			return ips_badopt;
		len = p[at + 1];
		if (len < 2 || at + len > hlen)
			return ips_badopt;
		if (p[at] == IPOPT_LSRR || p[at] == IPOPT_SSRR)
			return ips_srcroute;
	}
	return ips_none;
}

enum ipstat
ip_check_rest(const uint8_t *p)
{
	unsigned errptr;
	struct ip_info ii;

	ip_take(p, &ii);
	if (ii.ii_off + (unsigned)ii.ii_len - ii.ii_hlen > IP_LEN_MAX)
		return ips_toolong;
	return ip_check_options(p, ii.ii_hlen, &errptr);
}

enum ipstat
ip_parse(const uint8_t *p, size_t n, size_t total, struct ip_info *ii)
{
	enum ipstat why;

	if ((why = ip_check(p, n, total)) == ips_none)
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
