/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parsing UDP headers; see udp_parse.h.
 */
#include "udp/udp_parse.h"

#include "base/bytes.h"
#include "ip/ip_parse.h"
#include "ip6/ip6_parse.h"

enum udpstat
udp_parse(
    const uint8_t *p, size_t n, size_t total, bool six, struct udp_info *ui)
{
	const struct udp_wire *uh = (const void *)p;

	if (unlikely(n < sizeof(*uh)))
		return udps_hdrops;
	ui->ui_sport = ld16be(uh->uh_sport);
	ui->ui_dport = ld16be(uh->uh_dport);
	ui->ui_len = ld16be(uh->uh_len);
	ui->ui_sum = ld16be(uh->uh_sum);
	if (unlikely(ui->ui_len < sizeof(*uh) || ui->ui_len > total))
		return udps_badlen;
	if (unlikely(ui->ui_sum == 0 && six))
		return udps_nosum6;
	if (unlikely(ui->ui_dport == 0))
		return udps_port0;
	return udps_none;
}

/* The ports, n bytes from the UDP header on. */
static bool
quoted_ports(const uint8_t *p, size_t n, struct in_key *ik)
{
	const struct udp_wire *uh = (const void *)p;

	if (n < offsetof(struct udp_wire, uh_len))
		return false;
	ik->ik_lport = ld16be(uh->uh_sport);
	ik->ik_fport = ld16be(uh->uh_dport);
	ik->ik_plen = IN_PLEN_MAX;
	return true;
}

static bool
quoted4(const uint8_t *p, size_t n, struct in_key *ik)
{
	struct ip_info ii;

	if (ip_parse_quoted(p, n, &ii) != ips_none ||
	    ii.ii_proto != IPP_UDP || ii.ii_off != 0)
		return false;
	ik->ik_laddr = in6_mapped(ii.ii_src);
	ik->ik_faddr = in6_mapped(ii.ii_dst);
	return quoted_ports(p + ii.ii_hlen, n - ii.ii_hlen, ik);
}

static bool
quoted6(const uint8_t *p, size_t n, struct in_key *ik)
{
	struct ip6_info i6;

	if (ip6_parse_quoted(p, n, &i6) != i6s_none)
		return false;
	if (ip6_is_ext(i6.i6_proto) && ip6_parse_ext(p, n, &i6) != i6s_none)
		return false;
	if (i6.i6_proto != IPP_UDP || i6.i6_off != 0 || i6.i6_l4off > n)
		return false;
	ik->ik_laddr = i6.i6_src;
	ik->ik_faddr = i6.i6_dst;
	return quoted_ports(p + i6.i6_l4off, n - i6.i6_l4off, ik);
}

bool
udp_parse_quoted(const uint8_t *p, size_t n, struct in_key *ik)
{
	*ik = (struct in_key){ .ik_lport = 0 };
	if (n == 0)
		return false;
	return p[0] >> 4 == 6 ? quoted6(p, n, ik) : quoted4(p, n, ik);
}
