/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that are explained: RFC 791, 3.1; RFC 8200, 3; RFC 768; RFC 9293, 3.1;
 * RFC 792; RFC 4443, 4.1; IEEE 802.1Q and 802.1ad.
 */
#include "ctl/explain_frame.h"

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "ether/ether_wire.h"
#include "ether/vlan_wire.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

static unsigned
desc_hlen(const struct explain_desc *ed)
{
	return ed->ed_src.a_family == ADDR_V6 ? IP6_HLEN : IP_HLEN;
}

unsigned
explain_size_min(const struct explain_desc *ed)
{
	switch (ed->ed_proto) {
	case IPP_TCP:
		return desc_hlen(ed) + (unsigned)sizeof(struct tcp_wire);
	case IPP_UDP:
	case IPP_ICMP:
	case IPP_ICMPV6:
		return desc_hlen(ed) + 8;
	default:
		return desc_hlen(ed);
	}
}

static size_t
desc_link(const struct explain_desc *ed, uint8_t *p)
{
	size_t at = 2 * MAC_LEN;
	unsigned i;

	memcpy(p, ed->ed_mac, MAC_LEN);
	memset(p + MAC_LEN, 0, MAC_LEN);
	p[MAC_LEN] = 2; /* somebody's: locally administered */
	for (i = 0; i < ed->ed_nvlan; i++) {
		st16be(p + at,
		    i + 1 < ed->ed_nvlan ? ETHERTYPE_QINQ : ETHERTYPE_VLAN);
		st16be(p + at + 2, ed->ed_vlan[i]);
		at += VLAN_HLEN;
	}
	st16be(p + at,
	    ed->ed_src.a_family == ADDR_V6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	return at + 2;
}

static void
desc_header4(const struct explain_desc *ed, uint8_t *p, size_t size)
{
	struct ip_wire *ip = (void *)p;

	*ip = (struct ip_wire){ .ip_vhl = 0x45,
		.ip_tos = (uint8_t)(ed->ed_dscp << 2),
		.ip_ttl = ed->ed_ttl,
		.ip_p = ed->ed_proto };
	st16be(ip->ip_len, (uint16_t)size);
	st16be(ip->ip_off, ed->ed_df ? IP_DF : 0);
	st32be(ip->ip_src, ed->ed_src.a_v4);
	st32be(ip->ip_dst, ed->ed_dst.a_v4);
	st16be(ip->ip_sum, in_cksum(p, IP_HLEN));
}

static void
desc_header6(const struct explain_desc *ed, uint8_t *p, size_t size)
{
	struct ip6_wire *ip6 = (void *)p;

	memset(ip6, 0, sizeof(*ip6));
	st16be(ip6->ip6_vfc, (uint16_t)(6u << 12 | ed->ed_dscp << 6));
	st16be(ip6->ip6_plen, (uint16_t)(size - IP6_HLEN));
	ip6->ip6_nxt = ed->ed_proto;
	ip6->ip6_hlim = ed->ed_ttl;
	in6_store(ip6->ip6_src, ed->ed_src.a_v6);
	in6_store(ip6->ip6_dst, ed->ed_dst.a_v6);
}

/* Sum of the pseudo-header; ICMP of IPv4 has none. */
static uint64_t
desc_pseudo(const struct explain_desc *ed, size_t n)
{
	if (ed->ed_src.a_family == ADDR_V6)
		return in6_cksum_pseudo(ed->ed_src.a_v6, ed->ed_dst.a_v6,
		    ed->ed_proto, (uint32_t)n);
	if (ed->ed_proto == IPP_ICMP)
		return 0;
	return in_cksum_pseudo(ed->ed_src.a_v4, ed->ed_dst.a_v4,
	    ed->ed_proto, (uint16_t)n);
}

/* p[0..n) is zeros, and n enough for the header. */
static void
desc_l4(const struct explain_desc *ed, uint8_t *p, size_t n)
{
	unsigned sum;

	switch (ed->ed_proto) {
	case IPP_UDP:
		st16be(p + 4, (uint16_t)n);
		sum = 6;
		break;
	case IPP_TCP:
		p[12] = 5 << 4;
		p[13] = TH_SYN;
		sum = 16;
		break;
	case IPP_ICMP:
	case IPP_ICMPV6:
		p[0] = ed->ed_proto == IPP_ICMP ? ICMP_ECHO : ICMP6_ECHO;
		sum = 2;
		break;
	default:
		return;
	}
	if (ed->ed_proto == IPP_UDP || ed->ed_proto == IPP_TCP) {
		st16be(p, ed->ed_sport);
		st16be(p + 2, ed->ed_dport);
	}
	st16be(p + sum, in_cksum_fold(in_cksum_add(p, n, desc_pseudo(ed, n))));
	if (ed->ed_proto == IPP_UDP && ld16be(p + sum) == 0)
		st16be(p + sum, 0xffff); /* 0 says that there is none */
}

size_t
explain_frame(const struct explain_desc *ed, uint8_t *p, size_t n)
{
	size_t size = ed->ed_size != 0 ? ed->ed_size : explain_size_min(ed);
	unsigned hlen = desc_hlen(ed);
	size_t at;

	if (n < ETHER_HLEN + ed->ed_nvlan * VLAN_HLEN + size)
		return 0;
	at = desc_link(ed, p);
	memset(p + at, 0, size);
	if (ed->ed_src.a_family == ADDR_V6)
		desc_header6(ed, p + at, size);
	else
		desc_header4(ed, p + at, size);
	desc_l4(ed, p + at + hlen, size - hlen);
	return at + size;
}
