/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 headers from bytes to values: RFC 791, 3.1; RFC 1122, 3.2.1; RFC 1812,
 * 5.2.2.  Pure.
 *
 * Options are checked for form only.  Source routes are refused (RFC 7126,
 * 4.3 and 4.4); every other option is carried along unread.
 */
#include "ip/ip_parse.h"

#include "base/bytes.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

static void
ip_take(const struct ip_wire *ip, struct ip_info *ii)
{
	unsigned off = ld16be(ip->ip_off);

	ii->ii_src = ld32be(ip->ip_src);
	ii->ii_dst = ld32be(ip->ip_dst);
	ii->ii_len = ld16be(ip->ip_len);
	ii->ii_off = (uint16_t)((off & IP_OFFMASK) * 8);
	ii->ii_id = ld16be(ip->ip_id);
	ii->ii_hlen = (uint8_t)((ip->ip_vhl & 15u) * 4);
	ii->ii_proto = ip->ip_p;
	ii->ii_ttl = ip->ip_ttl;
	ii->ii_tos = ip->ip_tos;
	ii->ii_flags = (uint8_t)(((off & IP_DF) != 0 ? IIF_DF : 0) |
	    ((off & IP_MF) != 0 ? IIF_MF : 0));
	ii->ii_errptr = 0;
}

static enum ipstat
ip_parse_options(const uint8_t *p, struct ip_info *ii)
{
	unsigned at, len;

	for (at = IP_HLEN; at < ii->ii_hlen; at += len) {
		if (p[at] == IPOPT_EOL)
			break;
		if (p[at] == IPOPT_NOP) {
			len = 1;
			continue;
		}
		ii->ii_errptr = (uint8_t)(at + 1);
		if (at + 1 >= ii->ii_hlen)
			return ips_badopt;
		len = p[at + 1];
		if (len < 2 || at + len > ii->ii_hlen)
			return ips_badopt;
		if (p[at] == IPOPT_LSRR || p[at] == IPOPT_SSRR)
			return ips_srcroute;
	}
	return ips_none;
}

enum ipstat
ip_parse(const uint8_t *p, size_t n, size_t total, struct ip_info *ii)
{
	const struct ip_wire *ip = (const void *)p;

	if (unlikely(n < sizeof(*ip)))
		return ips_toosmall;
	if (unlikely(ip->ip_vhl >> 4 != 4))
		return ips_badvers;
	ip_take(ip, ii);
	if (unlikely(ii->ii_hlen < sizeof(*ip) || ii->ii_hlen > n))
		return ips_badhlen;
	if (unlikely(ii->ii_len < ii->ii_hlen || ii->ii_len > total))
		return ips_badlen;
	if (unlikely(in_cksum(p, ii->ii_hlen) != 0))
		return ips_badsum;
	if (unlikely(ii->ii_off + (unsigned)(ii->ii_len - ii->ii_hlen) >
		IP_LEN_MAX))
		return ips_toolong;
	if (likely(ii->ii_hlen == IP_HLEN))
		return ips_none;
	return ip_parse_options(p, ii);
}

enum ipstat
ip_parse_quoted(const uint8_t *p, size_t n, struct ip_info *ii)
{
	const struct ip_wire *ip = (const void *)p;

	if (n < sizeof(*ip))
		return ips_toosmall;
	if (ip->ip_vhl >> 4 != 4)
		return ips_badvers;
	ip_take(ip, ii);
	if (ii->ii_hlen < sizeof(*ip) || ii->ii_hlen > n)
		return ips_badhlen;
	return ips_none;
}
