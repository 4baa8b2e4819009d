/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random packets, randomly broken; see broken.h.
 *
 * A packet is built from its end to its beginning, so that each header knows
 * what is behind it.  Then some fields are changed, mostly where headers are,
 * and in half of the cases checksums are made right again, so that what is
 * broken is found by the code behind the checksum.
 */
#include "sim/broken.h"

#include <string.h>

#include "base/bytes.h"

#define PKT_MAX 2000 /* of what stands behind the link header */
#define JUMBO   4000 /* a few are chains in any memory */

/* The packet under construction stands at the end of bd_b. */
struct build {
	struct rnd	*bd_rnd;
	const struct broken_net *bd_net;
	struct addr	 bd_src;
	struct addr	 bd_dst;
	uint8_t		 bd_proto;	/* of what stands first */
	size_t		 bd_n;
	uint8_t		 bd_b[FRAME_MAX];
};

const char *
broken_name(enum broken_kind k)
{
#define X(kind, name) [kind] = name,
	static const char *const names[BK_N] = { BROKEN_KINDS(X) };
#undef X

	return names[k];
}

static unsigned
below(struct build *bd, unsigned n)
{
	return (unsigned)rnd_below(bd->bd_rnd, n);
}

static bool
one_in(struct build *bd, unsigned n)
{
	return below(bd, n) == 0;
}

static uint8_t *
front(struct build *bd)
{
	return bd->bd_b + sizeof(bd->bd_b) - bd->bd_n;
}

/* Room for n random bytes in front. */
static uint8_t *
push(struct build *bd, size_t n)
{
	bd->bd_n += n;
	rnd_bytes(bd->bd_rnd, front(bd), n);
	return front(bd);
}

/* Addresses: the usual ones, and those that must not be seen there. */

static uint32_t
odd4(struct build *bd)
{
	static const uint32_t odd[] = { 0, 0xffffffff, 0x7f000001, 0xe0000001,
		0xe0000005, 0xf0000001, 0xa9fe0001, 0x0a0001ff, 0x0a000100,
		0x0a0002ff };

	if (one_in(bd, 3))
		return (uint32_t)rnd_u64(bd->bd_rnd);
	return odd[below(bd, countof(odd))];
}

static struct in6
odd6(struct build *bd)
{
	static const struct in6 odd[] = { { 0, 0 }, { 0, 1 },
		{ 0xff02000000000000, 1 }, { 0xff02000000000000, 2 },
		{ 0xff02000000000000, 0x1ff000001 },
		{ 0xff01000000000000, 1 }, { 0xfe80000000000000, 1 },
		{ 0xfe80000000000000, 0xfffe000001 }, { 0, 0xffff0a000101 },
		{ 0x2002000000000000, 1 } };

	if (one_in(bd, 3))
		return (struct in6){ rnd_u64(bd->bd_rnd), rnd_u64(bd->bd_rnd) };
	return odd[below(bd, countof(odd))];
}

static struct addr
odd_addr(struct build *bd, bool v4)
{
	return v4 ? addr_v4(odd4(bd)) : addr_v6(odd6(bd));
}

static void
choose_addrs(struct build *bd, bool v4)
{
	const struct broken_net *bn = bd->bd_net;
	const struct addr *self = v4 ? &bn->bn_self4 : &bn->bn_self6;
	const struct addr *far = v4 ? &bn->bn_far4 : &bn->bn_far6;

	bd->bd_src = v4 ? bn->bn_peer4 : bn->bn_peer6;
	if (one_in(bd, 8))
		bd->bd_src = odd_addr(bd, v4);
	bd->bd_dst = one_in(bd, 2) ? *self : *far;
	if (one_in(bd, 6))
		bd->bd_dst = odd_addr(bd, v4);
}

/* Transport. */

static void
finish_sum(struct build *bd, uint8_t proto, size_t at)
{
	uint32_t sum = 0;
	uint8_t *p = front(bd);

	if (proto != FP_ICMP)
		sum = frame_pseudo(&bd->bd_src, &bd->bd_dst, proto, bd->bd_n);
	st16be(p + at, 0);
	st16be(p + at, frame_cksum(p, bd->bd_n, sum));
	bd->bd_proto = proto;
}

static void
put_payload(struct build *bd)
{
	push(bd, below(bd, one_in(bd, 50) ? JUMBO : one_in(bd, 4) ? PKT_MAX :
	    64));
}

static void
put_udp(struct build *bd)
{
	uint8_t *p;

	put_payload(bd);
	p = push(bd, 8);
	st16be(p + 4, (uint16_t)bd->bd_n);
	finish_sum(bd, FP_UDP, 6);
	if (one_in(bd, 8))
		st16be(p + 6, 0);
}

static void
put_tcp(struct build *bd)
{
	unsigned words = one_in(bd, 2) ? 0 : below(bd, 11);
	uint8_t *p;

	put_payload(bd);
	push(bd, words * 4);
	p = push(bd, 20);
	p[12] = (uint8_t)((5 + words) << 4);
	if (one_in(bd, 3))
		p[13] = 2;	/* SYN */
	finish_sum(bd, FP_TCP, 16);
}

/* An error quotes a packet: of ours to its peer, or anything. */
static void
put_quote(struct build *bd, bool v4)
{
	uint8_t *p;

	push(bd, below(bd, 64));
	if (v4) {
		p = push(bd, 20);
		p[0] = one_in(bd, 4) ? (uint8_t)below(bd, 256) : 0x45;
		st32be(p + 12, bd->bd_dst.a_v4);
		st32be(p + 16, bd->bd_src.a_v4);
		p[9] = (uint8_t)(one_in(bd, 2) ? FP_ICMP : below(bd, 256));
	} else {
		p = push(bd, 40);
		p[0] = one_in(bd, 4) ? (uint8_t)below(bd, 256) : 0x60;
		in6_store(p + 8, bd->bd_dst.a_v6);
		in6_store(p + 24, bd->bd_src.a_v6);
		p[6] = (uint8_t)(one_in(bd, 2) ? FP_ICMP6 : below(bd, 256));
	}
}

static void
put_icmp4(struct build *bd)
{
	static const uint8_t types[] = { 0, 3, 3, 4, 5, 8, 8, 8, 9, 10, 11, 12,
		13, 14, 15, 16, 17, 18, 30, 42 };
	uint8_t type = types[below(bd, countof(types))], *p;

	if (type >= 3 && type <= 12 && type != 8)
		put_quote(bd, true);
	else
		put_payload(bd);
	p = push(bd, 8);
	p[0] = one_in(bd, 16) ? (uint8_t)below(bd, 256) : type;
	p[1] = (uint8_t)(one_in(bd, 4) ? below(bd, 256) : below(bd, 6));
	finish_sum(bd, FP_ICMP, 2);
}

static void
put_icmp6(struct build *bd)
{
	static const uint8_t types[] = { 1, 1, 2, 2, 3, 4, 100, 127, 128, 128,
		128, 129, 130, 131, 132, 143, 200 };
	uint8_t type = types[below(bd, countof(types))], *p;

	if (type < 5)
		put_quote(bd, false);
	else
		put_payload(bd);
	p = push(bd, 8);
	p[0] = one_in(bd, 16) ? (uint8_t)below(bd, 256) : type;
	p[1] = (uint8_t)(one_in(bd, 4) ? below(bd, 256) : below(bd, 6));
	finish_sum(bd, FP_ICMP6, 2);
}

static void
put_nd_options(struct build *bd)
{
	static const uint8_t types[] = { 1, 1, 2, 2, 3, 4, 5, 14, 25, 200 };
	unsigned n = below(bd, 4);
	unsigned units;
	uint8_t *p;

	for (; n > 0; n--) {
		units = one_in(bd, 4) ? 1 + below(bd, 6) : 1;
		p = push(bd, units * 8);
		p[0] = types[below(bd, countof(types))];
		p[1] = (uint8_t)(one_in(bd, 10) ? below(bd, 256) : units);
		p[2] &= 0xfe;
	}
}

static void
put_nd(struct build *bd)
{
	static const size_t lens[] = { 8, 16, 24, 24, 40 };
	unsigned type = below(bd, 8) < 6 ? 2 + below(bd, 2) : below(bd, 5);
	struct in6 self = bd->bd_net->bn_self6.a_v6;
	struct in6 peer = bd->bd_net->bn_peer6.a_v6;
	uint8_t *p;

	put_nd_options(bd);
	p = push(bd, lens[type]);
	p[0] = (uint8_t)(133 + type);
	p[1] = one_in(bd, 16);
	if (type >= 2 && !one_in(bd, 4))
		in6_store(p + 8, one_in(bd, 2) ? self : peer);
	if (one_in(bd, 3))	/* solicited-node group of ourselves */
		bd->bd_dst = addr_v6((struct in6){ 0xff02000000000000,
		    0x1ff000000 | (self.i6_lo & 0xffffff) });
	finish_sum(bd, FP_ICMP6, 2);
}

static void
put_any(struct build *bd, bool v4)
{
	switch (below(bd, 4)) {
	case 0:
		put_udp(bd);
		break;
	case 1:
		put_tcp(bd);
		break;
	case 2:
		if (v4)
			put_icmp4(bd);
		else
			put_icmp6(bd);
		break;
	default:
		put_payload(bd);
		bd->bd_proto = (uint8_t)below(bd, 256);
		break;
	}
}

/* Network. */

static void
ip4_sum(uint8_t *p)
{
	unsigned h = (p[0] & 15u) * 4;

	st16be(p + 10, 0);
	st16be(p + 10, frame_cksum(p, h, 0));
}

/* n bytes of options, mostly well formed. */
static void
ip4_options(struct build *bd, uint8_t *p, size_t n)
{
	static const uint8_t types[] = { 7, 68, 131, 137, 148, 130, 134 };
	size_t len;

	while (n > 0) {
		if (n < 4 || one_in(bd, 4)) {
			*p++ = (uint8_t)below(bd, 2);
			n--;
			continue;
		}
		len = 3 + below(bd, (unsigned)n - 2);
		p[0] = types[below(bd, countof(types))];
		p[1] = (uint8_t)(one_in(bd, 8) ? below(bd, 256) : len);
		p[2] = (uint8_t)(one_in(bd, 4) ? below(bd, 256) : 4);
		p += len;
		n -= len;
	}
}

static void
put_ip4(struct build *bd, bool rich)
{
	unsigned words = rich && one_in(bd, 2) ? below(bd, 11) : 0;
	uint8_t *p;

	push(bd, words * 4);
	ip4_options(bd, front(bd), words * 4);
	p = push(bd, 20);
	p[0] = (uint8_t)(0x45 + words);
	st16be(p + 2, (uint16_t)bd->bd_n);
	st16be(p + 6, one_in(bd, 2) ? FF_DF : 0);
	if (rich && one_in(bd, 3))
		st16be(p + 6, (uint16_t)rnd_u64(bd->bd_rnd));
	p[8] = (uint8_t)(one_in(bd, 8) ? below(bd, 3) : 64);
	p[9] = bd->bd_proto;
	st32be(p + 12, bd->bd_src.a_v4);
	st32be(p + 16, bd->bd_dst.a_v4);
	ip4_sum(p);
}

/* Padding options and others, of any action. */
static void
ip6_options(struct build *bd, uint8_t *p, size_t n)
{
	size_t len;

	while (n > 0) {
		if (n < 2 || one_in(bd, 4)) {
			*p++ = 0;
			n--;
			continue;
		}
		len = below(bd, (unsigned)n - 1);
		p[0] = (uint8_t)(one_in(bd, 2) ? 1 : below(bd, 256));
		p[1] = (uint8_t)(one_in(bd, 8) ? below(bd, 256) : len);
		p += 2 + len;
		n -= 2 + len;
	}
}

/* One extension header in front of what there is. */
static void
put_ext(struct build *bd)
{
	static const uint8_t types[] = { 0, 0, 43, 44, 44, 50, 51, 59, 60, 60,
		135, 140 };
	uint8_t type = types[below(bd, countof(types))];
	unsigned units = type == 44 || one_in(bd, 2) ? 0 : below(bd, 5);
	uint8_t *p = push(bd, (units + 1) * 8);

	p[0] = bd->bd_proto;
	p[1] = (uint8_t)(one_in(bd, 16) ? below(bd, 256) : units);
	if (type == 0 || type == 60)
		ip6_options(bd, p + 2, units * 8 + 6);
	if (type == 43 && one_in(bd, 2))
		p[3] = 0;	/* no segments left */
	if (type == 44 && one_in(bd, 3))
		st16be(p + 2, 0);	/* atomic */
	bd->bd_proto = type;
}

static void
put_ip6(struct build *bd, bool rich)
{
	unsigned n = rich && !one_in(bd, 3) ? below(bd, 5) : 0;
	uint8_t *p;

	for (; n > 0; n--)
		put_ext(bd);
	p = push(bd, 40);
	st32be(p, 0x60000000 | below(bd, 1 << 20));
	st16be(p + 4, (uint16_t)(bd->bd_n - 40));
	p[6] = bd->bd_proto;
	p[7] = (uint8_t)(one_in(bd, 8) ? below(bd, 3) : 255);
	in6_store(p + 8, bd->bd_src.a_v6);
	in6_store(p + 24, bd->bd_dst.a_v6);
}

static void
put_arp(struct build *bd)
{
	const struct broken_net *bn = bd->bd_net;
	uint8_t *p;

	push(bd, one_in(bd, 4) ? below(bd, 40) : 18);
	p = push(bd, 28);
	memcpy(p, (const uint8_t[]){ 0, 1, 8, 0, 6, 4, 0 }, 7);
	p[7] = (uint8_t)(one_in(bd, 16) ? below(bd, 256) : 1 + below(bd, 2));
	p[8] &= 0xfe;
	st32be(p + 14, one_in(bd, 4) ? odd4(bd) : bn->bn_peer4.a_v4);
	st32be(p + 24, one_in(bd, 4) ? odd4(bd) : bn->bn_self4.a_v4);
}

/* The link, and what is broken. */

static void
choose_mac(struct build *bd, uint8_t mac[static MAC_LEN])
{
	memcpy(mac, bd->bd_net->bn_mac, MAC_LEN);
	switch (below(bd, 16)) {
	case 0:
		memset(mac, 0xff, MAC_LEN);
		break;
	case 1:
		st16be(mac, 0x3333);
		mac[2] = 0xff;
		break;
	case 2:
		rnd_bytes(bd->bd_rnd, mac, MAC_LEN);
		break;
	}
}

/* Length of the network header as far as it can be told. */
static size_t
ip_header_len(const uint8_t *p, size_t n)
{
	if (n >= 20 && p[0] >> 4 == 4)
		return (p[0] & 15u) * 4;
	return 40;
}

static uint8_t
ip_proto(const uint8_t *p)
{
	return p[0] >> 4 == 4 ? p[9] : p[6];
}

/* Sums right again, where a sum has a place. */
static void
repair(struct build *bd, uint8_t *p, size_t n)
{
	size_t h = ip_header_len(p, n), at;
	uint32_t sum;

	if (n < 20 || h < 20 || h > n)
		return;
	if (p[0] >> 4 == 4)
		ip4_sum(p);
	switch (ip_proto(p)) {
	case FP_ICMP:
	case FP_ICMP6:
		at = 2;
		break;
	case FP_UDP:
		at = 6;
		break;
	case FP_TCP:
		at = 16;
		break;
	default:
		return;
	}
	if (h + at + 2 > n)
		return;
	sum = ip_proto(p) == FP_ICMP ? 0 :
	    frame_pseudo(&bd->bd_src, &bd->bd_dst, ip_proto(p), n - h);
	st16be(p + h + at, 0);
	st16be(p + h + at, frame_cksum(p + h, n - h, sum));
}

/* One change, where headers are. */
static void
break_field(struct build *bd, uint8_t *p, size_t n)
{
	static const uint16_t extremes[] = { 0, 1, 0xffff, 0x7fff, 0x8000, 0xff,
		7, 8, 19, 20, 21 };
	size_t at = below(bd, (unsigned)(n < 96 ? n : 96));

	switch (below(bd, 4)) {
	case 0:
		p[at] ^= (uint8_t)(1u << below(bd, 8));
		break;
	case 1:
		p[at] = (uint8_t)below(bd, 256);
		break;
	case 2:
		if ((at & ~(size_t)1) + 2 <= n)
			st16be(p + (at & ~(size_t)1),
			    extremes[below(bd, countof(extremes))]);
		break;
	default:
		p[at] = (uint8_t)(p[at] + (one_in(bd, 2) ? 1 : -1));
		break;
	}
}

static void
break_frame(struct build *bd, struct frame *f, bool ip)
{
	unsigned n = one_in(bd, 4) ? 0 : 1 + below(bd, 3);

	for (; n > 0 && f->f_len > 14; n--) {
		switch (below(bd, 8)) {
		case 0:		/* cut short */
			f->f_len = 14 + below(bd, (unsigned)f->f_len - 13);
			break;
		case 1:		/* more than the header says */
			f->f_len += below(bd, 64);
			break;
		default:
			break_field(bd, f->f_b + 14, f->f_len - 14);
			break;
		}
	}
	if (ip && f->f_len > 14 && one_in(bd, 2))
		repair(bd, f->f_b + 14, f->f_len - 14);
	if (one_in(bd, 64))
		st16be(f->f_b + 12, (uint16_t)rnd_u64(bd->bd_rnd));
	if (one_in(bd, 256))
		f->f_len = 1 + below(bd, 14);
}

static void
put_packet(struct build *bd, enum broken_kind k)
{
	bool v4 = k < BK_IP6;

	choose_addrs(bd, v4);
	switch (k) {
	case BK_ARP:
		put_arp(bd);
		return;
	case BK_ICMP4:
		put_icmp4(bd);
		break;
	case BK_ICMP6:
		put_icmp6(bd);
		break;
	case BK_ND6:
		put_nd(bd);
		break;
	case BK_UDP4:
	case BK_UDP6:
		put_udp(bd);
		break;
	case BK_TCP4:
	case BK_TCP6:
		put_tcp(bd);
		break;
	default:
		put_any(bd, v4);
		break;
	}
	if (v4)
		put_ip4(bd, k == BK_IP4 || one_in(bd, 16));
	else
		put_ip6(bd, k == BK_IP6 || one_in(bd, 16));
}

void
broken_frame(struct rnd *r, enum broken_kind k, const struct broken_net *bn,
    struct frame *f)
{
	struct build bd = { .bd_rnd = r, .bd_net = bn };
	uint8_t dst[MAC_LEN], src[MAC_LEN];

	put_packet(&bd, k);
	choose_mac(&bd, dst);
	rnd_bytes(r, src, MAC_LEN);
	if (!one_in(&bd, 32))
		src[0] &= 0xfe;
	frame_ether(f, dst, src, k == BK_ARP ? FT_ARP :
	    k < BK_IP6 ? FT_IP4 : FT_IP6, front(&bd), bd.bd_n);
	break_frame(&bd, f, k != BK_ARP);
}
