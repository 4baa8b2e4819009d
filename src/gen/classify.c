/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that arrived, told apart.
 *
 * Most by far are UDP over IPv4 without tags, options or chains; they take one
 * look at fixed offsets.  All others go the long way, which gives the same
 * answer for those as well (tests compare).
 */
#include "gen/classify.h"

#include <stdalign.h>
#include <string.h>

#include "ether/ether_wire.h"
#include "ip/ip_parse.h"
#include "ip6/ip6_parse.h"
#include "mbuf/in_cksum.h"

#define TAGS 4u /* of VLANs that are looked through, as in sig_find() */
#define HEAD 256u /* bytes in which all headers are looked for */

enum { /* types of ICMP and ICMPv6 */
	ECHO = 8,
	ECHO6 = 128,
	ND_SOLICIT = 135,
	ND_ADVERT = 136,
};

/* The frame, and of its beginning what is in one piece. */
struct view {
	const struct mbuf *v_m;
	const uint8_t *v_p;
	unsigned v_n; /* bytes at v_p */
	unsigned v_len; /* of the frame */
};

/* What is known of an IP packet when its header is done. */
struct packet {
	uint64_t pk_pseudo; /* addresses of the pseudo header, summed up */
	unsigned pk_l4; /* offset in the frame of what IP carries … */
	unsigned pk_l4len; /* … and how much */
	uint8_t pk_proto;
	bool pk_v6;
};

void
classify_key(struct classify_keys *ky, uint16_t key)
{
	if (ky->ky_key != 0 && ky->ky_key != key) {
		memmove(ky->ky_other + 1, ky->ky_other,
		    sizeof(ky->ky_other) - sizeof(ky->ky_other[0]));
		ky->ky_other[0] = ky->ky_key;
	}
	ky->ky_key = key;
}

enum classify_class
classify_class(enum classify_why why)
{
#define X(name, class, text) [name] = (class),
	static const uint8_t classes[CW_N] = { CLASSIFY_WHYS(X) };
#undef X

	return (enum classify_class)classes[why];
}

const char *
classify_text(enum classify_why why)
{
#define X(name, class, text) [name] = (text),
	static const char *const texts[CW_N] = { CLASSIFY_WHYS(X) };
#undef X

	return texts[why];
}

/* The SIG_LEN bytes at p, of this sum, of a frame in which nothing is wrong. */
static inline enum classify_why
signature(const struct classify_keys *ky, const uint8_t *p, uint16_t sum,
    struct sig *sg, unsigned *other)
{
	unsigned i;

	*sg = (struct sig){
		.sg_flow = ld32be(p + SIG_FLOW),
		.sg_seq = ld32be(p + SIG_SEQ),
		.sg_ts = ld64be(p + SIG_TS),
	};
	if (likely(sum == ky->ky_key))
		return CW_OURS;
	for (i = 0; i < CLASSIFY_KEYS && ky->ky_other[i] != 0; i++)
		if (sum == ky->ky_other[i]) {
			if (other != NULL)
				*other = i;
			return CW_OTHER;
		}
	return CW_NOSIG;
}

/* The last bytes before end, which are there. */
static enum classify_why
signature_in(const struct classify_keys *ky, const struct view *v,
    unsigned end, struct sig *sg, unsigned *other)
{
	uint8_t b[SIG_LEN];

	m_copydata(v->v_m, end - SIG_LEN, SIG_LEN, b);
	return signature(ky, b, sig_sum(b), sg, other);
}

/* n bytes of the packet's transport, and its pseudo header. */
static bool
sum_ok(const struct view *v, const struct packet *pk, unsigned n, bool pseudo)
{
	uint64_t sum = pseudo ? pk->pk_pseudo + pk->pk_proto + n : 0;

	if ((v->v_m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0)
		return true;
	return in_cksum_fold(m_cksum_add(v->v_m, pk->pk_l4, n, sum)) == 0;
}

static enum classify_why
verify_udp(const struct view *v, const struct packet *pk)
{
	const uint8_t *p = v->v_p + pk->pk_l4;
	unsigned len;

	if (pk->pk_l4len < sizeof(struct udp_wire))
		return CW_SHORT;
	len = ld16be(p + 4);
	if (len < sizeof(struct udp_wire) || len > pk->pk_l4len)
		return CW_SHORT;
	if (ld16be(p + 6) == 0 &&
	    (v->v_m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) == 0)
		return pk->pk_v6 ? CW_L4SUM : CW_OURS; /* RFC 8200, 8.1 */
	return sum_ok(v, pk, len, true) ? CW_OURS : CW_L4SUM;
}

/* CW_OURS: what IP carries is as its checksum says, if it has one. */
static enum classify_why
verify(const struct view *v, const struct packet *pk)
{
	bool icmp = pk->pk_proto == (pk->pk_v6 ? IPP_ICMPV6 : IPP_ICMP);

	if (pk->pk_l4 + umin(pk->pk_l4len, 20) > v->v_n)
		return CW_IPHEAD; /* headers without end */
	if (pk->pk_proto == IPP_UDP)
		return verify_udp(v, pk);
	if (pk->pk_proto != IPP_TCP && !icmp)
		return CW_OURS;
	if (pk->pk_l4len < (icmp ? 8 : sizeof(struct tcp_wire)))
		return CW_SHORT;
	return sum_ok(v, pk, pk->pk_l4len, !icmp || pk->pk_v6) ? CW_OURS :
	    CW_L4SUM;
}

/* An IP packet whose header is right. */
static enum classify_why
classify_l4(const struct classify_keys *ky, const struct view *v,
    const struct packet *pk, struct sig *sg, unsigned *other)
{
	enum classify_why why = verify(v, pk);
	bool icmp = pk->pk_proto == (pk->pk_v6 ? IPP_ICMPV6 : IPP_ICMP);
	unsigned type;

	if (why != CW_OURS)
		return why;
	type = icmp ? v->v_p[pk->pk_l4] : 0;
	if (pk->pk_v6 && (type == ND_SOLICIT || type == ND_ADVERT))
		return CW_ND;
	why = CW_NOSIG;
	if (pk->pk_l4len >= SIG_LEN)
		why = signature_in(ky, v, pk->pk_l4 + pk->pk_l4len, sg, other);
	if (why == CW_NOSIG && icmp && type == (pk->pk_v6 ? ECHO6 : ECHO))
		return CW_ECHO;
	return why;
}

static enum classify_why
classify_ip(const struct classify_keys *ky, const struct view *v, unsigned at,
    struct sig *sg, unsigned *other)
{
	const uint8_t *p = v->v_p + at;
	const struct ip_wire *ip = (const void *)p;
	struct packet pk;

	switch (ip_check(p, v->v_n - at, v->v_len - at)) {
	case ips_none:
	case ips_options:
		break;
	case ips_toosmall:
	case ips_badlen:
		return CW_SHORT;
	case ips_badsum:
		return CW_IPSUM;
	default:
		return CW_IPHEAD;
	}
	if ((ld16be(ip->ip_off) & (IP_OFFMASK | IP_MF)) != 0)
		return CW_FRAGMENT;
	pk = (struct packet){
		.pk_pseudo = (uint64_t)ld32be(ip->ip_src) + ld32be(ip->ip_dst),
		.pk_l4 = at + (ip->ip_vhl & 15u) * 4,
		.pk_proto = ip->ip_p,
	};
	pk.pk_l4len = at + ld16be(ip->ip_len) - pk.pk_l4;
	return classify_l4(ky, v, &pk, sg, other);
}

static enum classify_why
classify_ip6(const struct classify_keys *ky, const struct view *v, unsigned at,
    struct sig *sg, unsigned *other)
{
	const uint8_t *p = v->v_p + at;
	struct ip6_info i6;
	struct packet pk;

	switch (ip6_parse(p, v->v_n - at, v->v_len - at, &i6)) {
	case i6s_none:
		break;
	case i6s_badvers:
		return CW_IPHEAD;
	default:
		return CW_SHORT;
	}
	if (ip6_parse_ext(p, v->v_n - at, &i6) != i6s_none ||
	    i6.i6_l4off > i6.i6_len)
		return CW_IPHEAD;
	/* A fragment that is the whole packet is none (RFC 8200, 4.5). */
	if (i6.i6_off != 0 || (i6.i6_flags & I6F_MF) != 0)
		return CW_FRAGMENT;
	pk = (struct packet){
		.pk_pseudo = in6_cksum_pseudo(i6.i6_src, i6.i6_dst, 0, 0),
		.pk_l4 = at + i6.i6_l4off,
		.pk_l4len = i6.i6_len - i6.i6_l4off,
		.pk_proto = i6.i6_proto,
		.pk_v6 = true,
	};
	return classify_l4(ky, v, &pk, sg, other);
}

static enum classify_why
classify_type(const struct classify_keys *ky, const struct view *v,
    struct sig *sg, unsigned *other)
{
	unsigned at = ETHER_HLEN, tags, type;

	for (tags = 0; tags <= TAGS && at <= v->v_n; tags++, at += 4) {
		type = ld16be(v->v_p + at - 2);
		if (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ)
			continue;
		if (type == ETHERTYPE_IP)
			return classify_ip(ky, v, at, sg, other);
		if (type == ETHERTYPE_IPV6)
			return classify_ip6(ky, v, at, sg, other);
		if (type == ETHERTYPE_ARP)
			return CW_ARP;
		if (v->v_len - at < SIG_LEN)
			return CW_NOSIG;
		return signature_in(ky, v, v->v_len, sg, other);
	}
	return v->v_len < ETHER_HLEN ? CW_SHORT : CW_NOSIG;
}

static __attribute__((noinline)) enum classify_why
classify_slow(const struct classify_keys *ky, const struct mbuf *m,
    struct sig *sg, unsigned *other)
{
	struct view v = { m, m->m_data, m->m_len, m->m_pktlen };
	uint8_t head[HEAD];

	if (m->m_next != NULL && m->m_len < HEAD) {
		v.v_n = umin(m->m_pktlen, HEAD);
		v.v_p = head;
		m_copydata(m, 0, v.v_n, head);
	}
	return classify_type(ky, &v, sg, other);
}

/*
 * UDP at p + 8, behind the addresses, as large as a signature makes it: both
 * sums at once.  Memory is added up as it lies there; the order of bytes does
 * not matter to whether a sum is all ones, and is put right in the other.
 */
static inline bool
sum_least(const uint8_t *p, uint16_t *sig)
{
	uint64_t w[4], lo;
	unsigned __int128 s;
	uint16_t end;

	memcpy(w, p, sizeof(w));
	memcpy(&end, p + sizeof(w), sizeof(end));
	s = (unsigned __int128)w[2] + w[3] + end;
	lo = (uint64_t)s;
	lo = (lo & 0xffffffff) + (lo >> 32) + (uint64_t)(s >> 64);
	*sig = in_cksum_order(in_cksum_reduce(lo));
	s = (unsigned __int128)w[0] + w[1] + lo +
	    in_cksum_order(IPP_UDP + 8 + SIG_LEN);
	lo = (uint64_t)s;
	lo = (lo & 0xffffffff) + (lo >> 32) + (uint64_t)(s >> 64);
	return in_cksum_reduce(lo) == 0xffff;
}

/* Whether this is the most common kind of frame, in one piece. */
static inline bool
is_common(const struct mbuf *m, const uint8_t *p)
{
	/* Ethernet, IPv4, UDP, signature. */
	return m->m_next == NULL && m->m_len >= ETHER_HLEN + 28 + SIG_LEN &&
	    ld16be(p + 12) == ETHERTYPE_IP && p[14] == 0x45 &&
	    p[23] == IPP_UDP && (ld16be(p + 20) & (IP_OFFMASK | IP_MF)) == 0;
}

static inline enum classify_why
classify_one(const struct classify_keys *ky, const struct mbuf *m,
    struct sig *sg, unsigned *other)
{
	const uint8_t *p = m->m_data, *end;
	bool verified, right;
	unsigned len;
	uint16_t sum;

	if (unlikely(!is_common(m, p)))
		return classify_slow(ky, m, sg, other);
	len = ld16be(p + 16);
	if (unlikely(len > m->m_len - ETHER_HLEN || len < 28 + SIG_LEN ||
		ld16be(p + 38) != len - IP_HLEN || ld16be(p + 40) == 0))
		return classify_slow(ky, m, sg, other);
	if (unlikely(!ip_cksum_ok(p + ETHER_HLEN, IP_HLEN)))
		return CW_IPSUM;
	verified = (m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0;
	end = p + ETHER_HLEN + len - SIG_LEN;
	if (likely(len == 28 + SIG_LEN)) {
		right = sum_least(p + 26, &sum);
	} else {
		/* The pseudo header's addresses stand right before UDP. */
		right = verified ||
		    in_cksum_fold(in_cksum_add(p + 26, len - 12,
			IPP_UDP + len - IP_HLEN)) == 0;
		sum = sig_sum(end);
	}
	if (unlikely(!right && !verified))
		return CW_L4SUM;
	return signature(ky, end, sum, sg, other);
}

enum classify_why
classify(const struct classify_keys *ky, const struct mbuf *m, struct sig *sg,
    unsigned *other)
{
	return classify_one(ky, m, sg, other);
}

/*
 * The most common frames of a burst, as many at a time as fit the sums of a
 * few registers: their one's-complement sums are gathered frame by frame and
 * reduced side by side.  They are ours if all is right; any other frame, and
 * any doubt, is for classify_one().
 */
#define LANES 16u

struct lanes {
	alignas(CACHELINE) uint32_t la_ip[LANES]; /* of the IPv4 header */
	uint32_t la_l4[LANES]; /* of pseudo header and UDP */
	uint32_t la_sig[LANES]; /* of the signature */
};

/* A one's complement sum of 64 bits in 32. */
static inline uint32_t
half(uint64_t v)
{
	uint32_t low = (uint32_t)v, sum = low + (uint32_t)(v >> 32);

	return sum + (sum < low);
}

/*
 * Whether the first 42 bytes at p are those of Ethernet, IPv4 and UDP around
 * a signature and nothing else; checksums are not looked at, but that there
 * is one of UDP.
 */
static inline bool
is_least(const uint8_t *p)
{
	static const uint8_t type[8] = { 8, 0, 0x45, 0, 0, 28 + SIG_LEN };
	static const uint8_t types[8] = { 255, 255, 255, 0, 255, 255 };
	static const uint8_t proto[4] = { 0, 0, 0, IPP_UDP };
	static const uint8_t protos[4] = { 0x3f, 255, 0, 255 };
	static const uint8_t len[4] = { 0, 8 + SIG_LEN };
	static const uint8_t lens[4] = { 255, 255 };
	uint32_t ulen = ld32(p + 38);

	return (((ld64(p + 12) & ld64(types)) ^ ld64(type)) |
		   ((ld32(p + 20) & ld32(protos)) ^ ld32(proto)) |
		   ((ulen & ld32(lens)) ^ ld32(len))) == 0 &&
	    ulen != ld32(len);
}

/* The sums of lane i; all wrong if it is no such frame. */
static inline void
lane_add(struct lanes *la, unsigned i, const struct mbuf *m)
{
	const uint8_t *p = m->m_data;
	uint64_t rest;
	uint32_t sig;
	uint16_t end;

	if (unlikely(m->m_next != NULL ||
		m->m_len < ETHER_HLEN + 28 + SIG_LEN || !is_least(p))) {
		la->la_ip[i] = 0;
		return;
	}
	la->la_ip[i] = half(in_cksum_add64(
	    in_cksum_add64(ld64(p + 14), ld64(p + 22)), ld32(p + 30)));
	memcpy(&end, p + 58, sizeof(end));
	sig = half(in_cksum_add64(
	    in_cksum_add64(ld64(p + 42), ld64(p + 50)), end));
	la->la_sig[i] = sig;
	rest = in_cksum_order(IPP_UDP + 8 + SIG_LEN) + (uint64_t)sig;
	la->la_l4[i] = half(in_cksum_add64(
	    in_cksum_add64(ld64(p + 26), ld64(p + 34)), rest));
	/* Verified already, or for a device to complete. */
	if (unlikely((m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0))
		la->la_l4[i] = 0xffff;
}

static inline uint32_t
lane_reduce(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Which lanes are not certainly ours: none is 0; else each is in wrong[]. */
static inline uint32_t
lanes_wrong(const struct lanes *la, uint16_t key, uint32_t wrong[])
{
	uint32_t want = in_cksum_order(key), any = 0;
	unsigned i;

	for (i = 0; i < LANES; i++) {
		wrong[i] = (lane_reduce(la->la_ip[i]) ^ 0xffff) |
		    (lane_reduce(la->la_l4[i]) ^ 0xffff) |
		    (lane_reduce(la->la_sig[i]) ^ want);
		any |= wrong[i];
	}
	return any;
}

static inline void
record(struct check_rec *cr, const struct mbuf *m, const struct sig *sg,
    uint64_t now, unsigned i)
{
	*cr = (struct check_rec){
		.cr_flow = sg->sg_flow,
		.cr_seq = sg->sg_seq,
		.cr_ts = sg->sg_ts,
		.cr_now = now,
		.cr_len = m->m_pktlen + 4,
		.cr_more = i,
	};
}

/* The signature of a frame that is_least(). */
static inline struct sig
least_sig(const uint8_t *p)
{
	p += ETHER_HLEN + 28;
	return (struct sig){
		.sg_flow = ld32be(p + SIG_FLOW),
		.sg_seq = ld32be(p + SIG_SEQ),
		.sg_ts = ld64be(p + SIG_TS),
	};
}

/* LANES frames, of which the first is number "at". */
static inline unsigned
classify_lanes(const struct classify_keys *ky, struct mbuf *const *m,
    unsigned at, uint64_t now, uint8_t *why, struct check_rec *cr)
{
	uint32_t wrong[LANES], any;
	unsigned i, ours = 0;
	struct lanes la;
	struct sig sg;

	for (i = 0; i < LANES; i++)
		lane_add(&la, i, m[i]);
	any = lanes_wrong(&la, ky->ky_key, wrong);
	memset(why, CW_OURS, LANES);
	if (likely(any == 0)) {
		for (i = 0; i < LANES; i++) {
			sg = least_sig(m[i]->m_data);
			record(&cr[i], m[i], &sg, now, at + i);
		}
		return LANES;
	}
	for (i = 0; i < LANES; i++) {
		if (wrong[i] != 0)
			why[i] = (uint8_t)classify_one(ky, m[i], &sg, NULL);
		else
			sg = least_sig(m[i]->m_data);
		if (why[i] == CW_OURS)
			record(&cr[ours++], m[i], &sg, now, at + i);
	}
	return ours;
}

unsigned
classify_burst(const struct classify_keys *ky, struct mbuf *const *m,
    unsigned n, uint64_t now, uint8_t *why, struct check_rec *cr)
{
	unsigned i, ours = 0;
	struct sig sg;

	for (i = 0; i < n; i++)
		m_prefetch(m[i]);
	for (i = 0; i + LANES <= n; i += LANES)
		ours += classify_lanes(ky, m + i, i, now, why + i, cr + ours);
	for (; i < n; i++) {
		why[i] = (uint8_t)classify_one(ky, m[i], &sg, NULL);
		if (likely(why[i] == CW_OURS))
			record(&cr[ours++], m[i], &sg, now, i);
	}
	return ours;
}
