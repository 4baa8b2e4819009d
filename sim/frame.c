/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames as a test writes and reads them; see frame.h.
 */
#include "sim/frame.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"

enum { ETH = 14, IP4 = 20, IP6 = 40, UDP = 8, ICMP = 8, ARP = 28, FRAG6 = 8 };

uint16_t
frame_cksum(const void *p, size_t n, uint32_t sum)
{
	const uint8_t *b = p;

	for (; n > 1; n -= 2, b += 2) {
		sum += ld16be(b);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (n == 1)
		sum += (uint32_t)*b << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t
put_addr(uint8_t *p, const struct addr *a)
{
	if (a->a_family == ADDR_V4) {
		st32be(p, a->a_v4);
		return 4;
	}
	in6_store(p, a->a_v6);
	return 16;
}

uint32_t
frame_pseudo(const struct addr *src, const struct addr *dst, unsigned proto,
    size_t len)
{
	uint8_t b[40];
	size_t n;

	n = put_addr(b, src);
	n += put_addr(b + n, dst);
	st32be(b + n, (uint32_t)len);
	st32be(b + n + 4, proto);
	return (uint16_t)~frame_cksum(b, n + 8, 0);
}

void
frame_ether(struct frame *f, const uint8_t dst[static MAC_LEN],
    const uint8_t src[static MAC_LEN], unsigned type, const void *payload,
    size_t n)
{
	KASSERT(ETH + n <= FRAME_MAX);
	memcpy(f->f_b, dst, MAC_LEN);
	memcpy(f->f_b + 6, src, MAC_LEN);
	st16be(f->f_b + 12, (uint16_t)type);
	memcpy(f->f_b + ETH, payload, n);
	f->f_len = ETH + n;
}

static void
put_ip4(uint8_t *p, const struct frame_spec *fs, size_t n)
{
	memset(p, 0, IP4);
	p[0] = 0x45;
	st16be(p + 2, (uint16_t)(IP4 + n));
	st16be(p + 4, fs->fs_id);
	st16be(p + 6, fs->fs_frag);
	p[8] = fs->fs_ttl != 0 ? fs->fs_ttl : 64;
	p[9] = fs->fs_proto;
	put_addr(p + 12, &fs->fs_src);
	put_addr(p + 16, &fs->fs_dst);
	st16be(p + 10, frame_cksum(p, IP4, 0));
}

static void
put_ip6(uint8_t *p, const struct frame_spec *fs, size_t n)
{
	memset(p, 0, IP6);
	p[0] = 0x60;
	st16be(p + 4, (uint16_t)n);
	p[6] = fs->fs_proto;
	p[7] = fs->fs_ttl != 0 ? fs->fs_ttl : 64;
	put_addr(p + 8, &fs->fs_src);
	put_addr(p + 24, &fs->fs_dst);
}

void
frame_ip(struct frame *f, const struct frame_spec *fs, const void *payload,
    size_t n)
{
	uint8_t b[FRAME_MAX - ETH];
	bool v4 = fs->fs_src.a_family == ADDR_V4;
	size_t h = v4 ? IP4 : IP6;

	KASSERT(h + n <= sizeof(b));
	if (v4)
		put_ip4(b, fs, n);
	else
		put_ip6(b, fs, n);
	memcpy(b + h, payload, n);
	frame_ether(f, fs->fs_dmac, fs->fs_smac, v4 ? FT_IP4 : FT_IP6, b,
	    h + n);
}

void
frame_udp(struct frame *f, const struct frame_spec *fs, uint16_t sport,
    uint16_t dport, const void *data, size_t n)
{
	struct frame_spec u = *fs;
	uint8_t b[FRAME_MAX];
	uint16_t sum;

	u.fs_proto = FP_UDP;
	st16be(b, sport);
	st16be(b + 2, dport);
	st16be(b + 4, (uint16_t)(UDP + n));
	st16be(b + 6, 0);
	memcpy(b + UDP, data, n);
	sum = frame_cksum(b, UDP + n,
	    frame_pseudo(&u.fs_src, &u.fs_dst, FP_UDP, UDP + n));
	st16be(b + 6, sum != 0 ? sum : 0xffff);
	frame_ip(f, &u, b, UDP + n);
}

/* Payload of ICMP or ICMPv6, its checksum still 0. */
static void
frame_icmp(struct frame *f, const struct frame_spec *fs, uint8_t *b, size_t n)
{
	struct frame_spec u = *fs;
	uint32_t sum = 0;

	u.fs_proto = FP_ICMP;
	if (u.fs_src.a_family == ADDR_V6) {
		u.fs_proto = FP_ICMP6;
		sum = frame_pseudo(&u.fs_src, &u.fs_dst, FP_ICMP6, n);
	}
	st16be(b + 2, frame_cksum(b, n, sum));
	frame_ip(f, &u, b, n);
}

void
frame_echo(struct frame *f, const struct frame_spec *fs, bool reply,
    uint16_t id, uint16_t seq, size_t n)
{
	uint8_t b[FRAME_MAX];
	size_t i;

	memset(b, 0, ICMP);
	if (fs->fs_src.a_family == ADDR_V4)
		b[0] = reply ? 0 : 8;
	else
		b[0] = reply ? 129 : 128;
	st16be(b + 4, id);
	st16be(b + 6, seq);
	for (i = 0; i < n; i++)
		b[ICMP + i] = (uint8_t)(id + seq + i);
	frame_icmp(f, fs, b, ICMP + n);
}

void
frame_arp(struct frame *f, const uint8_t dmac[static MAC_LEN], unsigned op,
    const uint8_t smac[static MAC_LEN], uint32_t spa,
    const uint8_t tmac[static MAC_LEN], uint32_t tpa)
{
	uint8_t b[46] = { 0, 1, 8, 0, 6, 4 };	/* padded as on Ethernet */

	st16be(b + 6, (uint16_t)op);
	memcpy(b + 8, smac, MAC_LEN);
	st32be(b + 14, spa);
	memcpy(b + 18, tmac, MAC_LEN);
	st32be(b + 24, tpa);
	frame_ether(f, dmac, smac, FT_ARP, b, sizeof(b));
}

/* RFC 4291, 2.7.1; RFC 2464, 7. */
static struct in6
solicited_node(struct in6 a)
{
	return (struct in6){ UINT64_C(0xff02) << 48,
		UINT64_C(0x1ff000000) | (a.i6_lo & 0xffffff) };
}

static void
mcast_mac(uint8_t mac[static MAC_LEN], struct in6 group)
{
	st16be(mac, 0x3333);
	st32be(mac + 2, (uint32_t)group.i6_lo);
}

void
frame_ns(struct frame *f, const uint8_t smac[static MAC_LEN], struct in6 src,
    struct in6 target)
{
	struct in6 group = solicited_node(target);
	struct frame_spec fs = { .fs_src = addr_v6(src),
		.fs_dst = addr_v6(group), .fs_ttl = 255 };
	uint8_t b[32] = { 135 };
	bool probe = (src.i6_hi | src.i6_lo) == 0;

	mcast_mac(fs.fs_dmac, group);
	memcpy(fs.fs_smac, smac, MAC_LEN);
	in6_store(b + 8, target);
	b[24] = 1;	/* source link-layer address */
	b[25] = 1;
	memcpy(b + 26, smac, MAC_LEN);
	frame_icmp(f, &fs, b, probe ? 24 : 32);
}

void
frame_na(struct frame *f, const uint8_t smac[static MAC_LEN],
    const uint8_t dmac[static MAC_LEN], struct in6 src, struct in6 dst,
    struct in6 target, unsigned flags)
{
	struct frame_spec fs = { .fs_src = addr_v6(src),
		.fs_dst = addr_v6(dst), .fs_ttl = 255 };
	uint8_t b[32] = { 136 };

	memcpy(fs.fs_dmac, dmac, MAC_LEN);
	memcpy(fs.fs_smac, smac, MAC_LEN);
	b[4] = (uint8_t)flags;
	in6_store(b + 8, target);
	b[24] = 2;	/* target link-layer address */
	b[25] = 1;
	memcpy(b + 26, smac, MAC_LEN);
	frame_icmp(f, &fs, b, 32);
}

static const char *
parse_arp(struct frame_info *fi, const uint8_t *p, size_t n)
{
	static const uint8_t head[6] = { 0, 1, 8, 0, 6, 4 };

	if (n < ARP)
		return "ARP packet is short";
	if (memcmp(p, head, sizeof(head)) != 0)
		return "ARP packet is not Ethernet and IPv4";
	fi->fi_op = ld16be(p + 6);
	fi->fi_src = addr_v4(ld32be(p + 14));
	fi->fi_dst = addr_v4(ld32be(p + 24));
	return NULL;
}

static const char *
parse_ip4(struct frame_info *fi, const uint8_t *p, size_t n)
{
	size_t h, len;

	if (n < IP4 || p[0] >> 4 != 4)
		return "IPv4 header is short or of another version";
	h = (p[0] & 15u) * 4;
	len = ld16be(p + 2);
	if (h < IP4 || h > len || len > n)
		return "IPv4 lengths are wrong";
	if (frame_cksum(p, h, 0) != 0)
		return "IPv4 header checksum is wrong";
	fi->fi_ttl = p[8];
	fi->fi_proto = p[9];
	fi->fi_frag = ld16be(p + 6);
	fi->fi_src = addr_v4(ld32be(p + 12));
	fi->fi_dst = addr_v4(ld32be(p + 16));
	fi->fi_l4 = p + h;
	fi->fi_l4len = len - h;
	return NULL;
}

static const char *
parse_ip6(struct frame_info *fi, const uint8_t *p, size_t n)
{
	if (n < IP6 || p[0] >> 4 != 6)
		return "IPv6 header is short or of another version";
	if (IP6 + (size_t)ld16be(p + 4) > n)
		return "IPv6 payload length is wrong";
	fi->fi_ttl = p[7];
	fi->fi_proto = p[6];
	fi->fi_src = addr_v6(in6_load(p + 8));
	fi->fi_dst = addr_v6(in6_load(p + 24));
	fi->fi_l4 = p + IP6;
	fi->fi_l4len = ld16be(p + 4);
	if (fi->fi_proto == FP_FRAG6 && fi->fi_l4len >= FRAG6) {
		unsigned off = ld16be(fi->fi_l4 + 2);

		fi->fi_proto = fi->fi_l4[0];
		fi->fi_frag = (uint16_t)(off >> 3 | (off & 1 ? FF_MF : 0));
		fi->fi_l4 += FRAG6;
		fi->fi_l4len -= FRAG6;
	}
	return NULL;
}

/* Whole ICMP, ICMPv6 and UDP: what they hold sums up. */
static const char *
parse_l4(const struct frame_info *fi)
{
	uint32_t sum;

	if ((fi->fi_frag & (FF_MF | 0x1fff)) != 0)
		return NULL;
	sum = frame_pseudo(
	    &fi->fi_src, &fi->fi_dst, fi->fi_proto, fi->fi_l4len);
	if (fi->fi_proto == FP_ICMP && fi->fi_src.a_family == ADDR_V4)
		sum = 0;
	else if (fi->fi_proto != FP_ICMP6 && fi->fi_proto != FP_UDP)
		return NULL;
	if (fi->fi_proto == FP_UDP && fi->fi_l4len >= UDP &&
	    ld16be(fi->fi_l4 + 6) == 0 && fi->fi_src.a_family == ADDR_V4)
		return NULL;	/* RFC 768: sent without */
	if (frame_cksum(fi->fi_l4, fi->fi_l4len, sum) != 0)
		return "transport checksum is wrong";
	return NULL;
}

void
frame_tag(struct frame *f, const struct frame_tags *ft)
{
	size_t n = 4 * ft->ft_n;
	unsigned i;

	memmove(f->f_b + 12 + n, f->f_b + 12, f->f_len - 12);
	for (i = 0; i < ft->ft_n; i++)
		st32be(f->f_b + 12 + 4 * i, ft->ft_tag[i]);
	f->f_len += n;
}

const char *
frame_parse(struct frame_info *fi, const uint8_t *p, size_t n)
{
	const char *error;

	memset(fi, 0, sizeof(*fi));
	if (n < ETH)
		return "shorter than an Ethernet header";
	memcpy(fi->fi_dmac, p, MAC_LEN);
	memcpy(fi->fi_smac, p + 6, MAC_LEN);
	while ((fi->fi_type = ld16be(p + 12)) == FT_TAG ||
	    fi->fi_type == FT_STAG) {
		if (n < ETH + 4 || fi->fi_tags.ft_n == FRAME_TAGS)
			return "tag too many, or cut off";
		fi->fi_tags.ft_tag[fi->fi_tags.ft_n++] = ld32be(p + 12);
		p += 4;
		n -= 4;
	}
	switch (fi->fi_type) {
	case FT_ARP:
		return parse_arp(fi, p + ETH, n - ETH);
	case FT_IP4:
		error = parse_ip4(fi, p + ETH, n - ETH);
		break;
	case FT_IP6:
		error = parse_ip6(fi, p + ETH, n - ETH);
		break;
	default:
		return "unknown EtherType";
	}
	return error != NULL ? error : parse_l4(fi);
}
