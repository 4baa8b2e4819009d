/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated hosts; see host.h.
 */
#include "gen/host.h"

#include <string.h>

#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether_wire.h"
#include "ip/icmp_wire.h"
#include "ip/ip_parse.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_parse.h"
#include "ip6/nd6_parse.h"
#include "mbuf/in_cksum.h"

#define TAG_LEN	  4u
#define TAGS_MAX  2u
#define FRAME_MIN 60u

static const struct in6 all_nodes = { UINT64_C(0xff02000000000000), 1 };

/* A frame as it is being looked at. */
struct host_frame {
	const struct host_port *hf_port;
	uint8_t *hf_frame;
	uint8_t *hf_l3;
	unsigned hf_n; /* bytes from hf_l3 on */
	unsigned hf_room; /* the same with what is free behind them */
	unsigned hf_type; /* EtherType */
	struct host_heard *hf_heard;
};

/* Position of an address in a range, if it is in it. */
static bool
range_has(const struct gen_hosts *gh, const struct addr *a)
{
	uint64_t n = gh->gh_n != 0 ? gh->gh_n : 1;

	if (gh->gh_first.a_family != a->a_family)
		return false;
	if (a->a_family == ADDR_V4)
		return (uint32_t)(a->a_v4 - gh->gh_first.a_v4) < n;
	return a->a_v6.i6_hi == gh->gh_first.a_v6.i6_hi &&
	    a->a_v6.i6_lo - gh->gh_first.a_v6.i6_lo < n;
}

bool
host_has(const struct host_port *hp, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < hp->hp_n; i++)
		if (range_has(&hp->hp_hosts[i], a))
			return true;
	return false;
}

uint64_t
host_count(const struct host_port *hp)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < hp->hp_n; i++)
		sum += u64max(hp->hp_hosts[i].gh_n, 1);
	return sum;
}

bool
host_nth(const struct host_port *hp, uint64_t n, struct addr *a)
{
	unsigned i;

	for (i = 0; i < hp->hp_n; i++) {
		const struct gen_hosts *gh = &hp->hp_hosts[i];

		if (n >= u64max(gh->gh_n, 1)) {
			n -= u64max(gh->gh_n, 1);
			continue;
		}
		*a = gh->gh_first;
		if (a->a_family == ADDR_V4)
			a->a_v4 += (uint32_t)n;
		else
			a->a_v6.i6_lo += n;
		return true;
	}
	return false;
}

static bool
host_has4(const struct host_port *hp, uint32_t a)
{
	struct addr addr = addr_v4(a);

	return host_has(hp, &addr);
}

static bool
host_has6(const struct host_port *hp, struct in6 a)
{
	struct addr addr = addr_v6(a);

	return host_has(hp, &addr);
}

/* Back to the sender, with the tags it had. */
static void
frame_turn(const struct host_frame *hf)
{
	memcpy(hf->hf_frame, hf->hf_frame + MAC_LEN, MAC_LEN);
	memcpy(hf->hf_frame + MAC_LEN, hf->hf_port->hp_mac, MAC_LEN);
}

static enum host_verdict
host_arp(struct host_frame *hf)
{
	const struct host_port *hp = hf->hf_port;
	struct arp_info ai;
	uint32_t asked;

	if (arp_parse(hf->hf_l3, hf->hf_n, &ai) != ars_none)
		return HV_NOISE;
	if (ai.ai_op == ARPOP_REPLY) {
		if (!mac_eq(hf->hf_frame, hp->hp_mac))
			return HV_NOISE;
		hf->hf_heard->hh_addr = addr_v4(ai.ai_spa);
		memcpy(hf->hf_heard->hh_mac, ai.ai_sha, MAC_LEN);
		return HV_HEARD;
	}
	asked = ai.ai_tpa;
	/* What we say ourselves comes back where a bridge is a loop. */
	if (!host_has4(hp, asked) || mac_eq(ai.ai_sha, hp->hp_mac))
		return HV_NOISE;
	ai.ai_op = ARPOP_REPLY;
	memcpy(ai.ai_tha, ai.ai_sha, MAC_LEN);
	memcpy(ai.ai_sha, hp->hp_mac, MAC_LEN);
	ai.ai_tpa = ai.ai_spa;
	ai.ai_spa = asked;
	arp_build(hf->hf_l3, &ai);
	frame_turn(hf);
	return HV_ARP;
}

static void
swap_bytes(uint8_t *a, uint8_t *b, unsigned n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

/* UDP of n bytes at p: checksums stay right when ports change places. */
static enum host_verdict
host_udp(const struct host_frame *hf, uint8_t *src, uint8_t *dst,
    unsigned addrlen, uint8_t *p, unsigned n)
{
	if (n < sizeof(struct udp_wire))
		return HV_FOREIGN;
	if (hf->hf_port->hp_udp == GU_SINK)
		return HV_SUNK;
	if (hf->hf_port->hp_udp != GU_ECHO || mac_is_group(hf->hf_frame))
		return HV_FOREIGN;
	swap_bytes(src, dst, addrlen);
	swap_bytes(p, p + 2, 2);
	frame_turn(hf);
	return HV_UDP;
}

static enum host_verdict
host_ip(struct host_frame *hf)
{
	struct ip_wire *ip = (void *)hf->hf_l3;
	struct icmp_wire *ic;
	struct ip_info ii;
	unsigned n;

	if (ip_check(hf->hf_l3, hf->hf_n, hf->hf_n) != ips_none)
		return HV_FOREIGN;
	ip_take(hf->hf_l3, &ii);
	ic = (void *)(hf->hf_l3 + ii.ii_hlen);
	n = ii.ii_len - ii.ii_hlen;
	if (ii.ii_off != 0 || (ii.ii_flags & IIF_MF) != 0)
		return HV_FOREIGN;
	if (ii.ii_proto == IPP_UDP)
		return host_udp(
		    hf, ip->ip_src, ip->ip_dst, 4, (uint8_t *)ic, n);
	if (ii.ii_proto != IPP_ICMP)
		return HV_FOREIGN;
	if (n < sizeof(*ic) || !host_has4(hf->hf_port, ii.ii_dst) ||
	    ic->ic_type != ICMP_ECHO || in_is_multicast(ii.ii_src) ||
	    in_cksum_fold(in_cksum_add(ic, n, 0)) != 0)
		return HV_NOISE;
	ic->ic_type = ICMP_ECHOREPLY;
	st16be(ic->ic_sum, in_cksum_update16(ld16be(ic->ic_sum),
	    ICMP_ECHO << 8, ICMP_ECHOREPLY << 8));
	swap_bytes(ip->ip_src, ip->ip_dst, 4);
	frame_turn(hf);
	return HV_ECHO;
}

/* RFC 4861, 7.2.3 and 7.2.4. */
static enum host_verdict
host_solicited(struct host_frame *hf, const struct nd6_info *ns)
{
	const struct host_port *hp = hf->hf_port;
	bool probe = in6_is_unspecified(ns->nd_src);
	struct nd6_info na = {
		.nd_src = ns->nd_target,
		.nd_dst = probe ? all_nodes : ns->nd_src,
		.nd_type = ND6_NA,
		.nd_flags = ND6_NA_OVERRIDE | (probe ? 0 : ND6_NA_SOLICITED),
		.nd_haslla = true,
		.nd_target = ns->nd_target,
	};

	if (!host_has6(hp, ns->nd_target) ||
	    mac_eq(hf->hf_frame + MAC_LEN, hp->hp_mac) ||
	    hf->hf_room < ND6_BUILD_MAX)
		return HV_NOISE;
	memcpy(na.nd_lla, hp->hp_mac, MAC_LEN);
	hf->hf_n = nd6_build(hf->hf_l3, &na);
	frame_turn(hf);
	if (probe)
		mac_set_group6(hf->hf_frame, all_nodes);
	return HV_NS;
}

static enum host_verdict
host_nd6(struct host_frame *hf, const struct ip6_wire *ip6, unsigned n)
{
	struct nd6_info nd = { .nd_src = in6_load(ip6->ip6_src),
		.nd_dst = in6_load(ip6->ip6_dst), .nd_hlim = ip6->ip6_hlim };

	if (nd6_parse((const uint8_t *)(ip6 + 1), n, &nd) != nds_none)
		return HV_NOISE;
	if (nd.nd_type == ND6_NS)
		return host_solicited(hf, &nd);
	if (nd.nd_type != ND6_NA || !nd.nd_haslla)
		return HV_NOISE;
	hf->hf_heard->hh_addr = addr_v6(nd.nd_target);
	memcpy(hf->hf_heard->hh_mac, nd.nd_lla, MAC_LEN);
	return HV_HEARD;
}

static enum host_verdict
host_icmp6(struct host_frame *hf, struct ip6_wire *ip6, unsigned n)
{
	struct icmp6_wire *ic = (void *)(ip6 + 1);
	struct in6 src = in6_load(ip6->ip6_src);
	struct in6 dst = in6_load(ip6->ip6_dst);

	if (n < sizeof(*ic) ||
	    in_cksum_fold(in_cksum_add(ic, n, in6_cksum_pseudo(src, dst,
	    IPP_ICMPV6, n))) != 0)
		return HV_NOISE;
	if (ic->ic6_type >= ICMP6_ND_FIRST && ic->ic6_type <= ICMP6_ND_LAST)
		return host_nd6(hf, ip6, n);
	if (ic->ic6_type != ICMP6_ECHO || !host_has6(hf->hf_port, dst) ||
	    in6_is_multicast(src))
		return HV_NOISE;
	ic->ic6_type = ICMP6_ECHOREPLY;
	st16be(ic->ic6_sum, in_cksum_update16(ld16be(ic->ic6_sum),
	    ICMP6_ECHO << 8, ICMP6_ECHOREPLY << 8));
	swap_bytes(ip6->ip6_src, ip6->ip6_dst, 16);
	frame_turn(hf);
	return HV_ECHO;
}

static enum host_verdict
host_ip6(struct host_frame *hf)
{
	struct ip6_wire *ip6 = (void *)hf->hf_l3;
	unsigned n;

	if (ip6_check(hf->hf_l3, hf->hf_n, hf->hf_n) != i6s_none)
		return HV_FOREIGN;
	n = ld16be(ip6->ip6_plen);
	if (ip6->ip6_nxt == IPP_UDP)
		return host_udp(hf, ip6->ip6_src, ip6->ip6_dst, 16,
		    (uint8_t *)(ip6 + 1), n);
	if (ip6->ip6_nxt != IPP_ICMPV6)
		return HV_FOREIGN;
	return host_icmp6(hf, ip6, n);
}

/* Whether it is for our MAC or a group; finds the packet behind the tags. */
static bool
frame_open(struct host_frame *hf, unsigned len, unsigned room)
{
	unsigned at = ETHER_HLEN, tags = 0;

	if (len < ETHER_HLEN || (!mac_is_group(hf->hf_frame) &&
	    !mac_eq(hf->hf_frame, hf->hf_port->hp_mac)))
		return false;
	hf->hf_type = ld16be(hf->hf_frame + at - 2);
	while ((hf->hf_type == ETHERTYPE_VLAN ||
	    hf->hf_type == ETHERTYPE_QINQ) && tags++ < TAGS_MAX) {
		at += TAG_LEN;
		if (len < at)
			return false;
		hf->hf_type = ld16be(hf->hf_frame + at - 2);
	}
	hf->hf_l3 = hf->hf_frame + at;
	hf->hf_n = len - at;
	hf->hf_room = room - at;
	return true;
}

enum host_verdict
host_input(const struct host_port *hp, uint8_t *frame, unsigned *len,
    unsigned room, struct host_heard *heard)
{
	struct host_frame hf = { .hf_port = hp, .hf_frame = frame,
		.hf_heard = heard };
	enum host_verdict hv;

	if (!frame_open(&hf, *len, room))
		return HV_FOREIGN;
	switch (hf.hf_type) {
	case ETHERTYPE_ARP:
		return host_arp(&hf);
	case ETHERTYPE_IP:
		return host_ip(&hf);
	case ETHERTYPE_IPV6:
		hv = host_ip6(&hf);
		if (hv == HV_NS)
			*len = (unsigned)(hf.hf_l3 - frame) + hf.hf_n;
		return hv;
	default:
		return HV_FOREIGN;
	}
}

/* The header of a frame that hosts send by themselves; where it goes on. */
static uint8_t *
frame_begin(uint8_t *frame, const struct host_port *hp, unsigned type)
{
	uint8_t *p = frame + 2 * MAC_LEN;

	memset(frame, 0, HOST_FRAME);
	memcpy(frame + MAC_LEN, hp->hp_mac, MAC_LEN);
	if (hp->hp_vlan != 0) {
		st16be(p, ETHERTYPE_VLAN);
		st16be(p + 2, hp->hp_vlan);
		p += TAG_LEN;
	}
	st16be(p, (uint16_t)type);
	return p + 2;
}

static unsigned
frame_end(const uint8_t *frame, const uint8_t *end)
{
	return umax((unsigned)(end - frame), FRAME_MIN);
}

/* A request of an ARP host; about itself it is an announcement. */
static unsigned
host_ask4(uint8_t *frame, const struct host_port *hp, uint32_t target,
    uint32_t src)
{
	struct arp_info ai = { .ai_op = ARPOP_REQUEST, .ai_spa = src,
		.ai_tpa = target };
	uint8_t *p = frame_begin(frame, hp, ETHERTYPE_ARP);

	mac_set_broadcast(frame);
	memcpy(ai.ai_sha, hp->hp_mac, MAC_LEN);
	arp_build(p, &ai);
	return frame_end(frame, p + sizeof(struct arp_wire));
}

static unsigned
host_say6(uint8_t *frame, const struct host_port *hp, struct nd6_info *nd)
{
	uint8_t *p = frame_begin(frame, hp, ETHERTYPE_IPV6);

	nd->nd_haslla = true;
	memcpy(nd->nd_lla, hp->hp_mac, MAC_LEN);
	mac_set_group6(frame, nd->nd_dst);
	return frame_end(frame, p + nd6_build(p, nd));
}

unsigned
host_ask(uint8_t *frame, const struct host_port *hp,
    const struct addr *target, const struct addr *src)
{
	struct nd6_info ns;

	if (target->a_family == ADDR_V4)
		return host_ask4(frame, hp, target->a_v4, src->a_v4);
	ns = (struct nd6_info){
		.nd_src = src->a_v6,
		.nd_dst = in6_solicited_node(target->a_v6),
		.nd_type = ND6_NS,
		.nd_target = target->a_v6,
	};
	return host_say6(frame, hp, &ns);
}

unsigned
host_announce(
    uint8_t *frame, const struct host_port *hp, const struct addr *a)
{
	struct nd6_info na;

	if (a->a_family == ADDR_V4)
		return host_ask4(frame, hp, a->a_v4, a->a_v4);
	na = (struct nd6_info){
		.nd_src = a->a_v6,
		.nd_dst = all_nodes,
		.nd_type = ND6_NA,
		.nd_flags = ND6_NA_OVERRIDE,
		.nd_target = a->a_v6,
	};
	return host_say6(frame, hp, &na);
}
