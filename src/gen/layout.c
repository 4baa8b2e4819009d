/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in a frame; see layout.h.
 */
#include "gen/layout.h"

#include <string.h>

#include "ether/ether_wire.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

/* What begins at "at" and has the protocol; too short for it: unknown. */
static void
layout_l4(struct layout *ly, const uint8_t *p, uint32_t at, unsigned proto)
{
	uint32_t left = ly->ly_end - at;
	uint32_t hlen;
	uint32_t ck;

	ly->ly_payload = at;
	if (proto == IPP_UDP && left >= 8 && ld16be(p + at + 4) == left) {
		hlen = 8;
		ck = 6;
	} else if (proto == IPP_TCP && left >= 20 && p[at + 12] >> 4 >= 5 &&
	    left >= (uint32_t)(p[at + 12] >> 4) * 4) {
		hlen = (uint32_t)(p[at + 12] >> 4) * 4;
		ck = 16;
	} else if ((proto == IPP_ICMP || proto == IPP_ICMPV6) &&
	    (proto == IPP_ICMP) == (ly->ly_family == ADDR_V4) &&
	    left >= ICMP_HLEN) {
		hlen = ICMP_HLEN;
		ck = 2;
	} else {
		ly->ly_broken = proto == IPP_UDP || proto == IPP_TCP ||
		    proto == IPP_ICMP || proto == IPP_ICMPV6;
		return;
	}
	ly->ly_ipproto = (uint8_t)proto;
	ly->ly_l4 = (uint16_t)at;
	ly->ly_l4ck = (uint16_t)(at + ck);
	ly->ly_payload = at + hlen;
}

static void
layout_ip(struct layout *ly, const uint8_t *p, uint32_t len)
{
	const struct ip_wire *ip = (const void *)(p + ly->ly_l3);
	uint32_t left = len - ly->ly_l3;
	uint32_t hlen;
	uint32_t total;

	if (left < IP_HLEN || ip->ip_vhl >> 4 != 4)
		return;
	hlen = (ip->ip_vhl & 15u) * 4;
	total = ld16be(ip->ip_len);
	if (hlen < IP_HLEN || total < hlen || total > left)
		return;
	ly->ly_family = ADDR_V4;
	ly->ly_payload = ly->ly_l3 + hlen;
	ly->ly_end = ly->ly_l3 + total;
	if ((ld16be(ip->ip_off) & (IP_MF | IP_OFFMASK)) == 0)
		layout_l4(ly, p, ly->ly_payload, ip->ip_p);
}

/*
 * The length of an extension header that is looked through, as it has no say
 * in checksums: options, a routing header that is used up, a fragment header
 * of a whole packet.  0: there is none.
 */
static unsigned
layout_ext(struct layout *ly, const uint8_t *p, uint32_t at, unsigned nxt)
{
	uint32_t left = ly->ly_end - at;
	unsigned n = 8;

	if (nxt != IPP_HOPOPTS && nxt != IPP_DSTOPTS && nxt != IPP_ROUTING &&
	    nxt != IPP_FRAGMENT)
		return 0;
	if (left >= 8 && nxt != IPP_FRAGMENT)
		n = (p[at + 1] + 1u) * 8;
	if (n > left) {
		ly->ly_broken = true;
		return 0;
	}
	if (nxt == IPP_FRAGMENT && (ld16be(p + at + 2) & 0xfff9) != 0)
		return 0;
	if (nxt == IPP_ROUTING && p[at + 3] != 0)
		return 0;
	return n;
}

static void
layout_ip6(struct layout *ly, const uint8_t *p, uint32_t len)
{
	const struct ip6_wire *ip = (const void *)(p + ly->ly_l3);
	uint32_t left = len - ly->ly_l3;
	uint32_t at = ly->ly_l3 + IP6_HLEN;
	unsigned nxt, n;

	if (left < IP6_HLEN || ip->ip6_vfc[0] >> 4 != 6 ||
	    ld16be(ip->ip6_plen) > left - IP6_HLEN)
		return;
	ly->ly_family = ADDR_V6;
	ly->ly_payload = at;
	ly->ly_end = at + ld16be(ip->ip6_plen);
	nxt = ip->ip6_nxt;
	while ((n = layout_ext(ly, p, at, nxt)) != 0) {
		nxt = p[at];
		at += n;
	}
	if (!ly->ly_broken)
		layout_l4(ly, p, at, nxt);
}

void
layout_parse(struct layout *ly, const uint8_t *p, uint32_t len)
{
	uint32_t at = ETHER_HLEN;
	unsigned type = 0;

	*ly = (struct layout){ .ly_payload = len, .ly_end = len };
	if (len < ETHER_HLEN)
		return;
	for (;; at += 4, ly->ly_ntags++) {
		type = ld16be(p + at - 2);
		if ((type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ) ||
		    ly->ly_ntags == LAYOUT_TAGS || len - at < 4)
			break;
	}
	ly->ly_l3 = (uint16_t)at;
	ly->ly_payload = at;
	if (type == ETHERTYPE_IP)
		layout_ip(ly, p, len);
	else if (type == ETHERTYPE_IPV6)
		layout_ip6(ly, p, len);
}

static enum layout_class
layout_class_ip(const struct layout *ly, uint32_t off)
{
	bool pseudo = ly->ly_l4ck != 0 && ly->ly_ipproto != IPP_ICMP;

	switch (off) {
	case 0:
	case 2:
	case 3:
	case 6:
	case 7:
	case 9:
	case 10:
	case 11:
		return LY_FIXED;
	}
	return off >= 12 && off < IP_HLEN && pseudo ? LY_ADDR4 : LY_IP;
}

static enum layout_class
layout_class_ip6(const struct layout *ly, uint32_t off)
{
	if (off == 0 || (off >= 4 && off <= 6) || off >= IP6_HLEN)
		return LY_FIXED;
	return off >= 8 && ly->ly_l4ck != 0 ? LY_PSEUDO : LY_FREE;
}

static enum layout_class
layout_class_l4(const struct layout *ly, uint32_t at)
{
	uint32_t off = at - ly->ly_l4;

	if (at == ly->ly_l4ck || at == ly->ly_l4ck + 1u ||
	    (ly->ly_ipproto == IPP_UDP && (off == 4 || off == 5)) ||
	    (ly->ly_ipproto == IPP_TCP && off == 12))
		return LY_FIXED;
	return LY_L4;
}

enum layout_class
layout_class(const struct layout *ly, uint32_t at)
{
	uint32_t hend = ly->ly_l4 != 0 ? ly->ly_l4 : ly->ly_payload;

	if (at < ly->ly_l3) /* types of tags, and what is in them */
		return at < 12 || (at & 2) != 0 ? LY_FREE : LY_FIXED;
	if (ly->ly_family == ADDR_NONE || at >= ly->ly_end)
		return LY_FREE;
	if (at < hend)
		return ly->ly_family == ADDR_V4 ?
		    layout_class_ip(ly, at - ly->ly_l3) :
		    layout_class_ip6(ly, at - ly->ly_l3);
	return ly->ly_l4ck != 0 ? layout_class_l4(ly, at) : LY_FREE;
}

uint64_t
layout_ipsum(const struct layout *ly, const uint8_t *p)
{
	const uint8_t *ip = p + ly->ly_l3;
	unsigned hlen = (ip[0] & 15u) * 4;

	return in_cksum_add(ip + 12, hlen - 12, in_cksum_add(ip, 10, 0));
}

uint64_t
layout_l4sum(const struct layout *ly, const uint8_t *p, uint32_t end)
{
	uint32_t len = ly->ly_end - ly->ly_l4;
	uint32_t ck = ly->ly_l4ck;
	uint64_t sum = 0;

	if (ly->ly_family == ADDR_V6)
		sum = in_cksum_add(p + ly->ly_l3 + 8, 32, 0) + len +
		    ly->ly_ipproto;
	else if (ly->ly_ipproto != IPP_ICMP)
		sum = in_cksum_add(p + ly->ly_l3 + 12, 8, 0) + len +
		    ly->ly_ipproto;
	sum = in_cksum_add(p + ly->ly_l4, ck - ly->ly_l4, sum);
	return in_cksum_add(p + ck + 2, end - ck - 2, sum);
}
