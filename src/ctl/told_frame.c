/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Headers of told packets: RFC 791, 3.1; RFC 8200, 3; IEEE 802.1Q.
 */
#include "ctl/told_frame.h"

#include <string.h>

#include "base/bytes.h"
#include "ether/ether_wire.h"
#include "ether/vlan_wire.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_wire.h"

/* Ports stand at the start of both headers. */
static void
frame_ports(const uint8_t *p, size_t n, struct told_frame *tf)
{
	if ((tf->tf_proto != IPP_TCP && tf->tf_proto != IPP_UDP) ||
	    tf->tf_fragment || n < 4)
		return;
	tf->tf_ports = true;
	tf->tf_sport = ld16be(p);
	tf->tf_dport = ld16be(p + 2);
}

static void
frame_ip4(const uint8_t *p, size_t n, struct told_frame *tf)
{
	const struct ip_wire *ip = (const void *)p;
	size_t hlen;

	if (n < sizeof(*ip))
		return;
	hlen = (ip->ip_vhl & 15u) * 4;
	tf->tf_ip = true;
	tf->tf_src = addr_v4(ld32be(ip->ip_src));
	tf->tf_dst = addr_v4(ld32be(ip->ip_dst));
	tf->tf_proto = ip->ip_p;
	tf->tf_ttl = ip->ip_ttl;
	tf->tf_dscp = ip->ip_tos >> 2;
	tf->tf_len = ld16be(ip->ip_len);
	tf->tf_fragment = (ld16be(ip->ip_off) & IP_OFFMASK) != 0;
	if (hlen >= sizeof(*ip) && hlen <= n)
		frame_ports(p + hlen, n - hlen, tf);
}

static void
frame_ip6(const uint8_t *p, size_t n, struct told_frame *tf)
{
	const struct ip6_wire *ip6 = (const void *)p;

	if (n < sizeof(*ip6))
		return;
	tf->tf_ip = true;
	tf->tf_src = addr_v6(in6_load(ip6->ip6_src));
	tf->tf_dst = addr_v6(in6_load(ip6->ip6_dst));
	tf->tf_proto = ip6->ip6_nxt;
	tf->tf_ttl = ip6->ip6_hlim;
	tf->tf_dscp = (uint8_t)((ld16be(p) & 0xfff) >> 6);
	tf->tf_len = (uint32_t)sizeof(*ip6) + ld16be(ip6->ip6_plen);
	frame_ports(p + sizeof(*ip6), n - sizeof(*ip6), tf);
}

void
told_packet_parse(const uint8_t *p, size_t n, struct told_frame *tf)
{
	memset(tf, 0, sizeof(*tf));
	if (n > 0 && p[0] >> 4 == 4)
		frame_ip4(p, n, tf);
	else if (n > 0 && p[0] >> 4 == 6)
		frame_ip6(p, n, tf);
}

void
told_frame_parse(const uint8_t *p, size_t n, struct told_frame *tf)
{
	struct told_frame in;
	uint16_t type, vlan[2] = { 0 };
	uint8_t nvlan = 0;
	size_t at = ETHER_HLEN;

	memset(tf, 0, sizeof(*tf));
	if (n < at)
		return;
	type = ld16be(p + at - 2);
	while (vlan_is_tag(type) && nvlan < 2 && n - at >= VLAN_HLEN) {
		vlan[nvlan++] = ld16be(p + at) & VLAN_VID;
		type = ld16be(p + at + 2);
		at += VLAN_HLEN;
	}
	if (type == ETHERTYPE_IP || type == ETHERTYPE_IPV6)
		told_packet_parse(p + at, n - at, &in);
	else
		memset(&in, 0, sizeof(in));
	*tf = in;
	tf->tf_type = type;
	memcpy(tf->tf_vlan, vlan, sizeof(vlan));
	tf->tf_nvlan = nvlan;
}
