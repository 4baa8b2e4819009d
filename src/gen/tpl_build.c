/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from addresses and ports; see tpl_int.h.
 *
 * All sizes share their bytes from TPL_HEAD on, in which no header reaches:
 * Ethernet, two tags, IPv6 and TCP are 82.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ether/ether_wire.h"
#include "gen/tpl_int.h"
#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"

static_assert(
    ETHER_HLEN + 4 * TPL_TAGS + IP6_HLEN + 8 * TPL_EXTS + 20 <= TPL_HEAD,
    "headers are in what each size has for itself");

static int
tpl_check_tags(const struct tpl_conf *tc, struct tpl_fault *tl)
{
	unsigned i;

	if (tc->tc_ntags > TPL_TAGS)
		return tpl_fault(tl, TPL_M_TAGS, TPL_TAGS,
		    "a frame has at most %u VLAN tags", TPL_TAGS);
	for (i = 0; i < tc->tc_ntags; i++) {
		const struct tpl_tag *tt = &tc->tc_tag[i];

		if (tt->tt_id > 4095)
			return tpl_fault(tl, TPL_M_TAGS, i,
			    "VLAN %u is not from 0 to 4095", tt->tt_id);
		if (tt->tt_prio > 7)
			return tpl_fault(tl, TPL_M_TAGS, i,
			    "priority %u is not from 0 to 7", tt->tt_prio);
		if (tt->tt_type != 0 && tt->tt_type != ETHERTYPE_VLAN &&
		    tt->tt_type != ETHERTYPE_QINQ)
			return tpl_fault(tl, TPL_M_TAGS, i, "type 0x%04x is "
			    "none of a VLAN tag; 0x8100 and 0x88a8 are",
			    tt->tt_type);
	}
	return 0;
}

static int
tpl_check_exts(const struct tpl_conf *tc, struct tpl_fault *tl)
{
	bool fragment = false;
	unsigned i;

	if (tc->tc_nexts != 0 && tc->tc_src.a_family != ADDR_V6)
		return tpl_fault(
		    tl, TPL_M_EXTS, 0, "IPv4 has no extension headers");
	if (tc->tc_nexts > TPL_EXTS)
		return tpl_fault(tl, TPL_M_EXTS, TPL_EXTS, "there are %u "
		    "extension headers, at most %u can be sent", tc->tc_nexts,
		    TPL_EXTS);
	for (i = 0; i < tc->tc_nexts; i++) {
		switch (tc->tc_ext[i]) {
		case IPP_HOPOPTS:
			if (i == 0)
				break;
			return tpl_fault(tl, TPL_M_EXTS, i, "hop-by-hop "
			    "options must be the first extension header");
		case IPP_DSTOPTS:
		case IPP_ROUTING:
			break;
		case IPP_FRAGMENT:
			if (fragment)
				return tpl_fault(tl, TPL_M_EXTS, i, "there is "
				    "one fragment header at most");
			fragment = true;
			break;
		default:
			return tpl_fault(tl, TPL_M_EXTS, i, "protocol %u is "
			    "no extension header that can be sent",
			    tc->tc_ext[i]);
		}
	}
	return 0;
}

static int
tpl_check_conf(const struct tpl_conf *tc, struct tpl_fault *tl)
{
	unsigned family = tc->tc_src.a_family;

	if (family != ADDR_V4 && family != ADDR_V6)
		return tpl_fault(tl, TPL_M_SRC, 0, "no source address");
	if (tc->tc_dst.a_family == ADDR_NONE)
		return tpl_fault(tl, TPL_M_DST, 0, "no destination address");
	if (tc->tc_dst.a_family != family)
		return tpl_fault(tl, TPL_M_DST, 0, "source is an IPv%u "
		    "address, destination is an IPv%u address",
		    family, tc->tc_dst.a_family);
	if (tc->tc_proto > TPL_ICMP)
		return tpl_fault(tl, TPL_M_PROTO, 0, "unknown protocol %u",
		    tc->tc_proto);
	if (tc->tc_label != 0 && family == ADDR_V4)
		return tpl_fault(tl, TPL_M_LABEL, 0, "IPv4 has no flow label");
	if (tc->tc_label > 0xfffff)
		return tpl_fault(tl, TPL_M_LABEL, 0,
		    "flow label %u is not from 0 to 1048575", tc->tc_label);
	if (tpl_check_exts(tc, tl) != 0)
		return EINVAL;
	if (tc->tc_pattern > TPL_NOISE ||
	    (tc->tc_pattern == TPL_BYTES && tc->tc_nbytes == 0))
		return tpl_fault(tl, TPL_M_PATTERN, 0,
		    "the payload's pattern has no bytes");
	return tpl_check_tags(tc, tl);
}

#define EXT_LEN 8u /* of each extension header */

static unsigned
tpl_l4_hlen(const struct tpl_conf *tc)
{
	return tc->tc_proto == TPL_TCP ? sizeof(struct tcp_wire) : 8;
}

/* Up to the end of UDP's, TCP's or ICMP's header. */
static unsigned
tpl_hlen(const struct tpl_conf *tc)
{
	return ETHER_HLEN + 4 * tc->tc_ntags +
	    (tc->tc_src.a_family == ADDR_V4 ? IP_HLEN : IP6_HLEN) +
	    EXT_LEN * tc->tc_nexts + tpl_l4_hlen(tc);
}

uint32_t
tpl_minsize(const struct tpl_conf *tc)
{
	return umax(TPL_MINSIZE,
	    tpl_hlen(tc) + (tc->tc_plain ? 0 : SIG_LEN) + TPL_FCS);
}

int
tpl_check_size(const struct tpl_conf *tc, uint32_t size, unsigned index,
    struct tpl_fault *tl)
{
	if (size < TPL_MINSIZE)
		return tpl_fault(tl, TPL_M_SIZES, index, "frame of %u bytes "
		    "is too short: Ethernet's have at least %u", size,
		    TPL_MINSIZE);
	if (size < tpl_minsize(tc))
		return tpl_fault(tl, TPL_M_SIZES, index, "frame of %u bytes "
		    "is too short: its headers%s need %u", size,
		    tc->tc_plain ? "" : " and signature", tpl_minsize(tc));
	if (size > TPL_MAXSIZE)
		return tpl_fault(tl, TPL_M_SIZES, index, "frame of %u bytes "
		    "is too long: at most %u can be sent", size, TPL_MAXSIZE);
	return 0;
}

static uint8_t *
tpl_put_ether(const struct tpl_conf *tc, uint8_t *p)
{
	unsigned i;

	memcpy(p, tc->tc_dst_mac, MAC_LEN);
	memcpy(p + 6, tc->tc_src_mac, MAC_LEN);
	p += 12;
	for (i = 0; i < tc->tc_ntags; i++, p += 4) {
		const struct tpl_tag *tt = &tc->tc_tag[i];
		unsigned type = tt->tt_type;

		if (type == 0) /* IEEE 802.1ad: the outer of two */
			type = i + 1 < tc->tc_ntags ? ETHERTYPE_QINQ :
			    ETHERTYPE_VLAN;
		st16be(p, (uint16_t)type);
		st16be(p + 2, (uint16_t)(tt->tt_prio << 13 |
		    (unsigned)tt->tt_dei << 12 | tt->tt_id));
	}
	st16be(
	    p, tc->tc_src.a_family == ADDR_V4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	return p + 2;
}

static unsigned
tpl_ipproto(const struct tpl_conf *tc)
{
	if (tc->tc_proto == TPL_UDP)
		return IPP_UDP;
	if (tc->tc_proto == TPL_TCP)
		return IPP_TCP;
	return tc->tc_src.a_family == ADDR_V4 ? IPP_ICMP : IPP_ICMPV6;
}

static uint8_t *
tpl_put_ip(const struct tpl_conf *tc, uint8_t *p, uint32_t left)
{
	struct ip_wire *ip = (void *)p;

	*ip = (struct ip_wire){ .ip_vhl = 0x45, .ip_tos = tc->tc_tos,
		.ip_ttl = tc->tc_ttl != 0 ? tc->tc_ttl : 64,
		.ip_p = (uint8_t)tpl_ipproto(tc) };
	st16be(ip->ip_len, (uint16_t)left);
	st16be(ip->ip_off, tc->tc_df ? IP_DF : 0);
	st32be(ip->ip_src, tc->tc_src.a_v4);
	st32be(ip->ip_dst, tc->tc_dst.a_v4);
	return p + IP_HLEN;
}

/* RFC 8200, 4: headers that routers look at, or not, and change nothing of. */
static uint8_t *
tpl_put_exts(const struct tpl_conf *tc, uint8_t *p)
{
	unsigned i;

	for (i = 0; i < tc->tc_nexts; i++, p += EXT_LEN) {
		memset(p, 0, EXT_LEN);
		p[0] = i + 1 < tc->tc_nexts ? tc->tc_ext[i + 1] :
		    (uint8_t)tpl_ipproto(tc);
		if (tc->tc_ext[i] == IPP_ROUTING) {
			p[2] = 253; /* RFC 4727: experiments */
		} else if (tc->tc_ext[i] != IPP_FRAGMENT) {
			p[2] = 1; /* PadN, to the end */
			p[3] = EXT_LEN - 4;
		}
	}
	return p;
}

static uint8_t *
tpl_put_ip6(const struct tpl_conf *tc, uint8_t *p, uint32_t left)
{
	struct ip6_wire *ip = (void *)p;

	*ip = (struct ip6_wire){ .ip6_nxt = tc->tc_nexts > 0 ?
		    tc->tc_ext[0] :
		    (uint8_t)tpl_ipproto(tc),
		.ip6_hlim = tc->tc_ttl != 0 ? tc->tc_ttl : 64 };
	st32be(ip->ip6_vfc,
	    UINT32_C(6) << 28 | (uint32_t)tc->tc_tos << 20 | tc->tc_label);
	st16be(ip->ip6_plen, (uint16_t)(left - IP6_HLEN));
	in6_store(ip->ip6_src, tc->tc_src.a_v6);
	in6_store(ip->ip6_dst, tc->tc_dst.a_v6);
	return tpl_put_exts(tc, p + IP6_HLEN);
}

static void
tpl_put_l4(const struct tpl_conf *tc, uint8_t *p, uint32_t left)
{
	struct tcp_wire *th = (void *)p;
	bool v4 = tc->tc_src.a_family == ADDR_V4;

	memset(p, 0, tpl_l4_hlen(tc));
	switch (tc->tc_proto) {
	case TPL_ICMP:
		p[0] = v4 ? (uint8_t)ICMP_ECHO : (uint8_t)ICMP6_ECHO;
		st16be(p + 4, tc->tc_sport);
		st16be(p + 6, tc->tc_dport);
		return;
	case TPL_UDP:
		st16be(p + 4, (uint16_t)left);
		break;
	case TPL_TCP:
		th->th_off = 5 << 4;
		th->th_flags = tc->tc_tcpflags != 0 ? tc->tc_tcpflags : TH_ACK;
		st16be(th->th_win, 65535);
		break;
	}
	st16be(p, tc->tc_sport);
	st16be(p + 2, tc->tc_dport);
}

/* n bytes of payload, the first of which is its byte "from". */
static void
tpl_put_pattern(
    const struct tpl_conf *tc, uint8_t *p, uint32_t from, uint32_t n)
{
	struct rnd rnd;
	uint32_t i;

	switch (tc->tc_pattern) {
	case TPL_COUNTING:
		for (i = 0; i < n; i++)
			p[i] = (uint8_t)(from + i);
		break;
	case TPL_BYTES:
		for (i = 0; i < n; i++)
			p[i] = tc->tc_bytes[(from + i) % tc->tc_nbytes];
		break;
	case TPL_NOISE:
		rnd_seed(&rnd, tc->tc_noise);
		rnd_bytes(&rnd, p, n);
		break;
	default:
		memset(p, 0, n);
		break;
	}
}

static void
tpl_put_headers(const struct tpl_conf *tc, uint8_t *head, uint32_t len)
{
	uint8_t *p = tpl_put_ether(tc, head);
	uint32_t left = len - (uint32_t)(p - head);

	p = tc->tc_src.a_family == ADDR_V4 ? tpl_put_ip(tc, p, left) :
	    tpl_put_ip6(tc, p, left);
	tpl_put_l4(tc, p, len - (uint32_t)(p - head));
}

int
tpl_build(struct tpl *tp, const struct tpl_conf *tc, const uint32_t *size,
    unsigned n, struct tpl_fault *tl)
{
	uint32_t hlen = tpl_hlen(tc);
	uint8_t *whole;
	uint8_t *head;
	unsigned i;

	if (tpl_protos(tp, n, (size_t)(n + 1) * TPL_HEAD + TPL_MAXSIZE) != 0)
		return tpl_nomem(tl);
	/* One frame of the greatest size, whose head is the others' model. */
	whole = tp->tp_mem + (size_t)n * TPL_HEAD;
	tpl_put_pattern(tc, whole + hlen, 0, TPL_MAXSIZE - hlen);
	for (i = 0; i < n; i++) {
		head = tp->tp_mem + (size_t)i * TPL_HEAD;
		memcpy(head, whole, TPL_HEAD);
		tpl_put_headers(tc, head, size[i] - TPL_FCS);
		tp->tp_proto[i] = (struct tpl_form){ .pr_head = head,
			.pr_body = whole + TPL_HEAD,
			.pr_len = size[i] - TPL_FCS };
	}
	return 0;
}

int
tpl_check(const struct tpl_conf *tc, struct tpl_fault *tl)
{
	unsigned i;
	int error;

	if ((error = tpl_check_conf(tc, tl)) != 0)
		return error;
	if (tc->tc_sizes.sz_n != 0 && sizes_rowlen(&tc->tc_sizes) == 0)
		return tpl_fault(tl, TPL_M_SIZES, 0, "the weights of the "
		    "sizes add up to more than %u; take rounder ones",
		    SIZES_ROW);
	for (i = 0; error == 0 && i < tc->tc_sizes.sz_n; i++)
		error = tpl_check_size(
		    tc, tc->tc_sizes.sz_mix[i].sw_size, i, tl);
	return error;
}
