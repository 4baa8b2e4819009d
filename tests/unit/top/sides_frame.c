/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: most of them plain, of few flows, so that whatever a way remembers of
 * a flow is used; the rest broken, or of a kind that plain ones are not.
 */
#include <string.h>

#include "sides.h"
#include "sim/broken.h"

#define MAGIC	  0x5eed01u /* three bytes */
#define NUMBER	  8u /* magic, where it came in, number: ends the packet */
#define TTL_PLAIN 64

enum { UDP_HDR = 8, TCP_HDR = 20 };

/* What makes a frame less than plain; in some turns few frames are. */
static bool
odd(struct sides *sd, unsigned n)
{
	return one_in(sd, sd->sd_calm ? n * 50 : n);
}

static struct addr
address(const char *text)
{
	struct addr a;

	(void)addr_parse(&a, text);
	return a;
}

/* Somebody's, in a network of the tables, or on a link, or any. */
static struct addr
any_dst(struct sides *sd, bool six)
{
	unsigned net = below(sd, sd->sd_calm ? 18 : 24);
	struct addr a = address(six ? "2001:db8::" : "10.0.0.0");

	if (net == 23) {
		rnd_bytes(&sd->sd_rnd, six ? (void *)&a.a_v6 :
		    (void *)&a.a_v4, six ? sizeof(a.a_v6) : 4);
	} else if (net >= 18 && six) { /* on a link, or a router's */
		a.a_v6.i6_hi += net - 18;
		a.a_v6.i6_lo = below(sd, 6);
	} else if (net >= 18) {
		a.a_v4 += (net - 18) << 16 | below(sd, 6);
	} else if (six) {
		a.a_v6.i6_hi += 0x20000000 | net << 16 | below(sd, 3);
		a.a_v6.i6_lo = 1 + below(sd, 2);
	} else {
		a.a_v4 = 0x14000000 | net << 16 | below(sd, 3) << 8 |
		    (1 + below(sd, 2));
	}
	return a;
}

/* A host where the frame comes in. */
static struct addr
any_src(struct sides *sd, bool six, unsigned net)
{
	struct addr a = address(six ? "2001:db8::2" : "10.0.0.2");

	if (six) {
		a.a_v6.i6_hi += net;
		a.a_v6.i6_lo += below(sd, 4);
	} else {
		a.a_v4 += net << 16 | below(sd, 4);
	}
	return a;
}

static uint8_t
any_ttl(struct sides *sd)
{
	static const uint8_t ttls[] = { 255, 2, 1, 0 };

	return odd(sd, 8) ? ttls[below(sd, countof(ttls))] : TTL_PLAIN;
}

static unsigned
put_ip4(struct sides *sd, uint8_t *p, const struct addr *src,
    const struct addr *dst, unsigned proto)
{
	unsigned hlen = 20;

	memset(p, 0, 24);
	if (odd(sd, 24)) { /* options: none, or anything */
		hlen = 24;
		p[20] = one_in(sd, 2) ? 1 : (uint8_t)below(sd, 256);
	}
	p[0] = (uint8_t)(0x40 | hlen / 4);
	if (one_in(sd, 4))
		p[1] = (uint8_t)below(sd, 256);
	st16be(p + 4, (uint16_t)sd->sd_sent);
	if (odd(sd, 16))
		st16be(p + 6, (uint16_t)below(sd, 0x8000));
	else if (one_in(sd, 2))
		p[6] = 0x40;
	p[8] = any_ttl(sd);
	p[9] = (uint8_t)proto;
	st32be(p + 12, src->a_v4);
	st32be(p + 16, dst->a_v4);
	return hlen;
}

static unsigned
put_ip6(struct sides *sd, uint8_t *p, const struct addr *src,
    const struct addr *dst, unsigned proto)
{
	memset(p, 0, 40);
	st32be(p, 0x60000000 | (one_in(sd, 4) ? below(sd, 1u << 28) : 0));
	p[6] = (uint8_t)proto;
	p[7] = any_ttl(sd);
	in6_store(p + 8, src->a_v6);
	in6_store(p + 24, dst->a_v6);
	if (!odd(sd, 24))
		return 40;
	p[6] = one_in(sd, 2) ? 0 : 60; /* hop-by-hop or destination options */
	memset(p + 40, 0, 8);
	p[40] = (uint8_t)proto;
	p[42] = 1; /* PadN */
	p[43] = 4;
	return 48;
}

/* Lengths and checksums, once all is there. */
static void
finish_ip(struct sides *sd, uint8_t *p, unsigned hlen, unsigned len)
{
	static const uint16_t edges[] = { 0, 0xff, 0x100, 0xfe00, 0xfeff,
		0xff00, 0xfffe, 0xffff };
	unsigned sum, edge = edges[below(sd, countof(edges))];

	if (p[0] >> 4 == 6) {
		st16be(p + 4, (uint16_t)(len - 40));
		return;
	}
	st16be(p + 2, (uint16_t)len);
	st16be(p + 10, 0);
	if (one_in(sd, 16)) { /* where carries come from */
		st16be(p + 4, 0);
		sum = frame_cksum(p, hlen, 0);
		st16be(p + 4,
		    (uint16_t)(sum >= edge ? sum - edge : sum - edge - 1));
	}
	st16be(p + 10, frame_cksum(p, hlen, 0));
}

static void
finish_l4(struct probe *pb, uint8_t *l4, const struct addr *src,
    const struct addr *dst, unsigned proto, unsigned len)
{
	unsigned at = proto == FP_UDP ? 6 : 16;
	uint32_t sum = frame_pseudo(src, dst, proto,
	    pb->pb_gso != GSO_NONE ? 0 : len);

	if (proto == FP_UDP)
		st16be(l4 + 4, (uint16_t)len);
	st16be(l4 + at, 0);
	st16be(l4 + at, pb->pb_flags == 0 ? frame_cksum(l4, len, sum) :
	    (uint16_t)~frame_cksum(NULL, 0, sum));
	pb->pb_csumoff = at;
}

/* Ports of few flows.  Returns the header's length. */
static unsigned
put_l4(struct sides *sd, uint8_t *l4, unsigned proto)
{
	memset(l4, 0, TCP_HDR + 4);
	st16be(l4, (uint16_t)(1024 + below(sd, 3)));
	st16be(l4 + 2, (uint16_t)(80 + below(sd, 3)));
	if (proto == FP_UDP)
		return UDP_HDR;
	st32be(l4 + 4, sd->sd_sent);
	l4[12] = TCP_HDR / 4 << 4;
	l4[13] = one_in(sd, 8) ? (uint8_t)(1u << below(sd, 6)) : 0x10;
	if (l4[13] != 2)
		return TCP_HDR;
	l4[12] += 1 << 4;
	st32be(l4 + TCP_HDR, 0x020405b4); /* MSS of 1460 */
	return TCP_HDR + 4;
}

static unsigned
any_length(struct sides *sd, const struct probe *pb)
{
	if (pb->pb_gso != GSO_NONE)
		return 1000 + below(sd, 3000);
	return NUMBER + (one_in(sd, 4) ? below(sd, 1400) : below(sd, 16));
}

/* What a driver may say of a good packet. */
static void
any_offload(struct sides *sd, struct probe *pb, bool six, unsigned proto)
{
	if (!sd->sd_offload || !one_in(sd, 4))
		return;
	pb->pb_flags = MF_CSUM_PARTIAL | MF_CSUM_OK;
	if (proto != FP_TCP || !one_in(sd, 4))
		return;
	pb->pb_gso = six ? GSO_TCP6 : GSO_TCP4;
	pb->pb_gsosize = 400 + below(sd, 1000);
}

static void
plain(struct sides *sd, struct probe *pb, unsigned net, unsigned came)
{
	bool six = one_in(sd, 3);
	struct addr src = any_src(sd, six, net), dst = any_dst(sd, six);
	unsigned proto = one_in(sd, 2) ? FP_UDP : FP_TCP, hlen, n, l4len;
	uint8_t *p = pb->pb_frame.f_b + 14, *l4;

	any_offload(sd, pb, six, proto);
	n = any_length(sd, pb);
	hlen = six ? put_ip6(sd, p, &src, &dst, proto) :
	    put_ip4(sd, p, &src, &dst, proto);
	l4 = p + hlen;
	l4len = put_l4(sd, l4, proto) + n;
	rnd_bytes(&sd->sd_rnd, l4 + l4len - n, n - NUMBER);
	st32be(l4 + l4len - NUMBER, MAGIC << 8 | came);
	st32be(l4 + l4len - NUMBER + 4, sd->sd_sent);
	finish_l4(pb, l4, &src, &dst, proto, l4len);
	finish_ip(sd, p, hlen, hlen + l4len);
	pb->pb_l4off = 14 + hlen;
	pb->pb_frame.f_len = 14 + hlen + l4len;
	st16be(pb->pb_frame.f_b + 12, six ? FT_IP6 : FT_IP4);
}

const uint8_t *
sides_number(const uint8_t *p, unsigned len)
{
	unsigned l3 = 14, end;

	if (len < 18)
		return NULL;
	if (ld16be(p + 12) == FT_TAG)
		l3 += 4;
	if (len < l3 + 40)
		return NULL;
	end = l3 +
	    (p[l3] >> 4 == 6 ? 40u + ld16be(p + l3 + 4) : ld16be(p + l3 + 2));
	if (end > len || end < l3 + 28 ||
	    ld32be(p + end - NUMBER) >> 8 != MAGIC)
		return NULL;
	return p + end - 4;
}

static void
broken(struct sides *sd, struct probe *pb, unsigned net)
{
	struct broken_net bn;
	struct addr self4 = address("10.0.0.1"), self6 = address("2001:db8::1");

	memcpy(bn.bn_mac, sd->sd_side[0].s_if[pb->pb_link]->if_mac, MAC_LEN);
	self4.a_v4 += net << 16;
	self6.a_v6.i6_hi += net;
	bn.bn_self4 = self4;
	bn.bn_self6 = self6;
	bn.bn_peer4 = any_src(sd, false, net);
	bn.bn_peer6 = any_src(sd, true, net);
	bn.bn_far4 = any_dst(sd, false);
	bn.bn_far6 = any_dst(sd, true);
	broken_frame(&sd->sd_rnd, (enum broken_kind)below(sd, BK_N), &bn,
	    &pb->pb_frame);
}

/* A bit of the headers, the end cut off, or more than there should be. */
static void
garble(struct sides *sd, struct frame *f)
{
	if (ld16be(f->f_b + 12) == FT_IP6 && odd(sd, 48)) {
		st16be(f->f_b + 18, 0); /* of any length: RFC 2675 */
		f->f_b[20] = 0;
	}
	if (odd(sd, 24))
		f->f_b[below(sd, 48)] ^= (uint8_t)(1u << below(sd, 8));
	if (odd(sd, 48))
		f->f_len = 1 + below(sd, (unsigned)f->f_len);
	if (one_in(sd, 12))
		f->f_len += 1 + below(sd, 24);
}

/* As a VLAN's of the link, of none, of another, or of one within another. */
static void
tag(struct sides *sd, struct probe *pb, unsigned how)
{
	struct frame_tags ft = { .ft_n = 1 };

	if (how == 1)
		ft.ft_tag[0] = (uint32_t)FT_TAG << 16 |
		    (pb->pb_link == SIDES_IN ? 20 : 30);
	else
		ft.ft_tag[0] = (uint32_t)(one_in(sd, 2) ? FT_TAG : FT_STAG)
			<< 16 | (how == 2 ? 0 : below(sd, 4096));
	ft.ft_tag[0] |= below(sd, 8) << 13;
	if (how == 3 && one_in(sd, 2)) {
		ft.ft_n = 2;
		ft.ft_tag[1] = (uint32_t)FT_TAG << 16 | below(sd, 40);
	}
	frame_tag(&pb->pb_frame, &ft);
	pb->pb_l4off += 4 * ft.ft_n;
}

static void
put_macs(struct sides *sd, struct probe *pb)
{
	uint8_t *p = pb->pb_frame.f_b;

	memcpy(p, sd->sd_side[0].s_if[pb->pb_link]->if_mac, MAC_LEN);
	if (odd(sd, 64))
		memset(p, one_in(sd, 2) ? 0xff : 1, MAC_LEN);
	memset(p + MAC_LEN, 2, MAC_LEN);
}

void
sides_frame(struct sides *sd, struct probe *pb)
{
	unsigned how = odd(sd, 12) ? 1 + below(sd, 3) : 0, net;

	*pb = (struct probe){ .pb_frame.f_len = 0 };
	pb->pb_link = one_in(sd, 4) ? below(sd, SIDES_LINKS) : SIDES_IN;
	net = how == 1 && pb->pb_link != SIDES_A ?
	    (pb->pb_link == SIDES_IN ? 3 : 4) : pb->pb_link;
	if (odd(sd, 6)) {
		broken(sd, pb, net);
	} else {
		put_macs(sd, pb);
		plain(sd, pb, net, pb->pb_link << 2 | how);
		if (pb->pb_flags == 0)
			garble(sd, &pb->pb_frame);
	}
	if (how != 0 && pb->pb_frame.f_len >= 14)
		tag(sd, pb, how);
	if (pb->pb_flags == 0)
		pb->pb_l4off = pb->pb_csumoff = 0;
}

/* The MAC that it gets is another one each time. */
bool
sides_answer(struct sides *sd, struct probe *pb)
{
	uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 2, (uint8_t)below(sd, 4) };
	struct frame_info fi;
	const struct frame *q;
	struct in6 target;
	unsigned i;

	*pb = (struct probe){ .pb_frame.f_len = 0 };
	if (sd->sd_nquestions == 0)
		return false;
	i = --sd->sd_nquestions;
	q = &sd->sd_question[i].q_frame;
	pb->pb_link = sd->sd_question[i].q_link;
	if (frame_parse(&fi, q->f_b, q->f_len) != NULL)
		return false;
	if (fi.fi_type == FT_ARP && fi.fi_op == 1) {
		if ((fi.fi_dst.a_v4 & 0xff) == 99)
			return false;
		frame_arp(&pb->pb_frame, fi.fi_smac, 2, mac, fi.fi_dst.a_v4,
		    fi.fi_smac, fi.fi_src.a_v4);
	} else if (fi.fi_type == FT_IP6 && fi.fi_proto == FP_ICMP6 &&
	    fi.fi_l4len >= 24 && fi.fi_l4[0] == 135) {
		target = in6_load(fi.fi_l4 + 8);
		if ((target.i6_lo & 0xff) == 0x99)
			return false;
		frame_na(&pb->pb_frame, mac, fi.fi_smac, target,
		    fi.fi_src.a_v6, target, 0x60);
	} else {
		return false;
	}
	if (fi.fi_tags.ft_n > 0)
		frame_tag(&pb->pb_frame, &fi.fi_tags);
	return true;
}
