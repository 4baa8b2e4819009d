/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Merging segments: RFC 9293 streams and runs of equal UDP datagrams.
 *
 * A flow's packets stay in order: whatever comes of a flow and cannot be
 * merged closes its large segment, and packets of unknown flow close all.
 * Packets of different flows may change places.
 *
 * A checksum is verified before the packet's own is given up, so that a damaged
 * packet reaches its receiver damaged.  One that is alone costs a look at its
 * headers only.
 */
#include "dev/coalesce.h"

#include <string.h>

#include "dev/dev_stat.h"
#include "dev/frame.h"
#include "dev/l4.h"
#include "mbuf/in_cksum.h"

#define COAL_FLOWS 8  /* large segments in the making */
#define COAL_PARTS 48 /* of one; drivers have room for a few more */

/* Flags that only the last piece has. */
#define TCP_ENDS (TCP_FIN | TCP_PSH)

/* Who may touch a member: o, dev_coalesce() and what it calls. */
struct coal_flow {
	struct mbuf *cf_head; /* [o] NULL: not in use */
	struct mbuf **cf_tail; /* [o] where the next part is put */
	struct coal_pkt cf_pkt; /* [o] the first one's */
	unsigned cf_n; /* [o] packets */
	unsigned cf_payload; /* [o] bytes of all */
};

struct coal {
	const struct ifnet *co_if; /* [o] */
	unsigned co_next; /* [o] flow that a new one takes the place of */
	struct coal_flow co_flow[COAL_FLOWS]; /* [o] */
};

/* Sets cp_l4 and cp_end; the protocol, or -1: fragment, options, unsound. */
static int
coal_ip4(struct coal_pkt *cp, const uint8_t *ip, unsigned n, unsigned pktlen)
{
	unsigned len;

	if (n < IP4_HDR || ip[0] != 0x45 || (ld16be(ip + 6) & 0x3fff) != 0)
		return -1;
	len = ld16be(ip + 2);
	if (len < IP4_HDR || len > pktlen)
		return -1;
	cp->cp_l4 = (uint16_t)(cp->cp_l3 + IP4_HDR);
	cp->cp_end = (uint16_t)(cp->cp_l3 + len);
	return ip[9];
}

static int
coal_ip6(struct coal_pkt *cp, const uint8_t *ip, unsigned n, unsigned pktlen)
{
	unsigned len;

	if (n < IP6_HDR || ip[0] >> 4 != 6)
		return -1;
	len = IP6_HDR + ld16be(ip + 4);
	if (len > pktlen || cp->cp_l3 + len > UINT16_MAX)
		return -1;
	cp->cp_l4 = (uint16_t)(cp->cp_l3 + IP6_HDR);
	cp->cp_end = (uint16_t)(cp->cp_l3 + len);
	switch (ip[6]) {
	case PROTO_HOPOPTS:
	case PROTO_ROUTING:
	case PROTO_FRAGMENT:
	case PROTO_DSTOPTS:
		return -1;
	default:
		return ip[6];
	}
}

static enum coal_kind
coal_tcp(struct coal_pkt *cp, const uint8_t *th, unsigned n, unsigned len)
{
	unsigned hlen;

	if (n < TCP_HDR || len < TCP_HDR)
		return COAL_UNKNOWN;
	hlen = (th[12] >> 4) * 4u;
	if (hlen < TCP_HDR || hlen > n || hlen > len)
		return COAL_ALONE;
	cp->cp_hdrlen = (uint16_t)(cp->cp_l4 + hlen);
	if (hlen == len || (th[12] & 15) != 0 ||
	    (th[13] & ~(TCP_ENDS | TCP_ECE)) != TCP_ACK)
		return COAL_ALONE;
	return COAL_DATA;
}

static enum coal_kind
coal_udp(struct coal_pkt *cp, const uint8_t *uh, unsigned n, unsigned len)
{
	if (n < UDP_HDR || len < UDP_HDR)
		return COAL_UNKNOWN;
	cp->cp_hdrlen = (uint16_t)(cp->cp_l4 + UDP_HDR);
	/* RFC 768: no checksum; what would be cut has one. */
	if (ld16be(uh + 4) != len || len == UDP_HDR ||
	    ld16be(uh + UDP_SUM) == 0)
		return COAL_ALONE;
	return COAL_DATA;
}

enum coal_kind
coal_parse(struct coal_pkt *cp, const uint8_t *p, unsigned n, unsigned pktlen)
{
	unsigned type, l4len;
	int proto;

	cp->cp_l3 = (uint16_t)frame_parse(p, n, &type);
	if (cp->cp_l3 == 0)
		return COAL_UNKNOWN;
	if (type != FRAME_IP4 && type != FRAME_IP6)
		return COAL_OTHER;
	cp->cp_v6 = type == FRAME_IP6;
	p += cp->cp_l3;
	n -= cp->cp_l3;
	pktlen -= cp->cp_l3;
	proto = cp->cp_v6 ? coal_ip6(cp, p, n, pktlen) :
	    coal_ip4(cp, p, n, pktlen);
	if (proto < 0)
		return COAL_UNKNOWN;
	cp->cp_udp = proto == PROTO_UDP;
	l4len = (unsigned)(cp->cp_end - cp->cp_l4);
	p += cp->cp_l4 - cp->cp_l3;
	n -= cp->cp_l4 - cp->cp_l3;
	if (proto == PROTO_TCP)
		return coal_tcp(cp, p, n, l4len);
	return cp->cp_udp ? coal_udp(cp, p, n, l4len) : COAL_OTHER;
}

static bool
same(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
	return memcmp(a + from, b + from, to - from) == 0;
}

bool
coal_same_flow(const uint8_t *a, const struct coal_pkt *pa, const uint8_t *b,
    const struct coal_pkt *pb)
{
	const uint8_t *ipa = a + pa->cp_l3, *ipb = b + pb->cp_l3;

	return pa->cp_v6 == pb->cp_v6 && pa->cp_udp == pb->cp_udp &&
	    memcmp(a + pa->cp_l4, b + pb->cp_l4, 4) == 0 &&
	    (pa->cp_v6 ? same(ipa, ipb, 8, 40) : same(ipa, ipb, 12, 20));
}

/* All but lengths, checksums, and what counts up. */
static bool
follows_ip(const uint8_t *a, const uint8_t *b, bool v6, unsigned i)
{
	if (v6)
		return same(a, b, 0, 4) && same(a, b, 6, IP6_HDR);
	return same(a, b, 0, 2) && same(a, b, 6, 10) &&
	    same(a, b, 12, IP4_HDR) &&
	    ld16be(b + 4) == (uint16_t)(ld16be(a + 4) + i);
}

static bool
follows_tcp(const uint8_t *a, const uint8_t *b, unsigned hlen, unsigned skipped)
{
	return same(a, b, 0, 4) && ld32be(b + 4) == ld32be(a + 4) + skipped &&
	    same(a, b, 8, 13) && (a[13] & TCP_ENDS) == 0 &&
	    (b[13] & ~TCP_ENDS) == a[13] && same(a, b, 14, TCP_SUM) &&
	    same(a, b, 18, hlen);
}

bool
coal_follows(const uint8_t *a, const struct coal_pkt *pa, const uint8_t *b,
    const struct coal_pkt *pb, unsigned i)
{
	unsigned size = (unsigned)(pa->cp_end - pa->cp_hdrlen);
	unsigned hlen = (unsigned)(pa->cp_hdrlen - pa->cp_l4);

	return pa->cp_l3 == pb->cp_l3 && pa->cp_hdrlen == pb->cp_hdrlen &&
	    (unsigned)(pb->cp_end - pb->cp_hdrlen) <= size &&
	    coal_same_flow(a, pa, b, pb) && same(a, b, 0, pa->cp_l3) &&
	    follows_ip(a + pa->cp_l3, b + pb->cp_l3, pa->cp_v6, i) &&
	    (pa->cp_udp ||
		follows_tcp(a + pa->cp_l4, b + pb->cp_l4, hlen, size * i));
}

static uint64_t
coal_pseudo(const struct coal_pkt *cp, const uint8_t *p, unsigned l4len)
{
	uint8_t proto = cp->cp_udp ? PROTO_UDP : PROTO_TCP;
	const uint8_t *ip = p + cp->cp_l3;

	if (cp->cp_v6)
		return in6_cksum_pseudo(
		    in6_load(ip + 8), in6_load(ip + 24), proto, l4len);
	return in_cksum_pseudo(
	    ld32be(ip + 12), ld32be(ip + 16), proto, (uint16_t)l4len);
}

/*
 * Whether an unmerged packet's checksums are right, or left to do.  All ones
 * stand for the same sum as 0, but are not what is written when the packet is
 * cut off again; UDP's are.
 */
static bool
coal_sound(const struct mbuf *m, const struct coal_pkt *cp)
{
	const uint8_t *ip = m->m_data + cp->cp_l3, *l4 = m->m_data + cp->cp_l4;
	unsigned l4len = (unsigned)(cp->cp_end - cp->cp_l4);

	if (!cp->cp_v6 &&
	    (ld16be(ip + 10) == 0xffff || in_cksum(ip, IP4_HDR) != 0))
		return false;
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		return true;
	if (!cp->cp_udp && ld16be(l4 + TCP_SUM) == 0xffff)
		return false;
	return (m->m_flags & MF_CSUM_OK) != 0 ||
	    in_cksum_fold(in_cksum_add(
		l4, l4len, coal_pseudo(cp, m->m_data, l4len))) == 0;
}

static bool
coal_takes(const struct coal *co, const struct coal_pkt *cp)
{
	uint32_t cap = cp->cp_v6 ? IFCAP_TSO6 : IFCAP_TSO4;

	return (co->co_if->if_caps & (cp->cp_udp ? IFCAP_USO : cap)) != 0;
}

/* The lengths and the checksums of what was put together. */
static void
coal_headers(struct coal_flow *cf)
{
	const struct coal_pkt *cp = &cf->cf_pkt;
	struct mbuf *m = cf->cf_head;
	uint8_t *ip = m->m_data + cp->cp_l3, *l4 = m->m_data + cp->cp_l4;
	unsigned l4len = m->m_pktlen - cp->cp_l4;

	if (cp->cp_v6)
		st16be(ip + 4, (uint16_t)l4len);
	else {
		st16be(ip + 2, (uint16_t)(IP4_HDR + l4len));
		st16be(ip + 10, 0);
		st16be(ip + 10, in_cksum(ip, IP4_HDR));
	}
	if (cp->cp_udp)
		st16be(l4 + 4, (uint16_t)l4len);
	m->m_l4off = cp->cp_l4;
	m->m_csumoff = cp->cp_udp ? UDP_SUM : TCP_SUM;
	st16be(l4 + m->m_csumoff,
	    in_cksum_reduce(coal_pseudo(cp, m->m_data, l4len)));
	m->m_flags |= MF_CSUM_PARTIAL | MF_CSUM_OK;
	m->m_gso = cp->cp_udp ? GSO_UDP : cp->cp_v6 ? GSO_TCP6 : GSO_TCP4;
	m->m_gsoflags = 0;
	m->m_gsosize = (uint16_t)(cp->cp_end - cp->cp_hdrlen);
}

static void
coal_close(struct coal_flow *cf)
{
	if (cf->cf_n > 1)
		coal_headers(cf);
	cf->cf_head = NULL;
	cf->cf_n = 0;
}

static void
coal_close_all(struct coal *co)
{
	unsigned i;

	for (i = 0; i < COAL_FLOWS; i++)
		if (co->co_flow[i].cf_head != NULL)
			coal_close(&co->co_flow[i]);
}

static struct coal_flow *
coal_find(struct coal *co, const struct mbuf *m, const struct coal_pkt *cp)
{
	unsigned i;

	for (i = 0; i < COAL_FLOWS; i++) {
		struct coal_flow *cf = &co->co_flow[i];

		if (cf->cf_head != NULL &&
		    coal_same_flow(
			cf->cf_head->m_data, &cf->cf_pkt, m->m_data, cp))
			return cf;
	}
	return NULL;
}

/* m may become the first packet of a large segment. */
static void
coal_open(struct coal *co, struct mbuf *m, const struct coal_pkt *cp)
{
	struct coal_flow *cf;

	if (!cp->cp_udp && (m->m_data[cp->cp_l4 + 13] & TCP_ENDS) != 0)
		return;
	cf = &co->co_flow[co->co_next++ % COAL_FLOWS];
	if (cf->cf_head != NULL)
		coal_close(cf);
	cf->cf_head = m;
	cf->cf_tail = &m->m_next;
	cf->cf_pkt = *cp;
	cf->cf_n = 1;
	cf->cf_payload = (unsigned)(cp->cp_end - cp->cp_hdrlen);
}

/* Whether m, which follows, may: soundness is dear and looked at last. */
static bool
coal_fits(const struct coal_flow *cf, const struct mbuf *m,
    const struct coal_pkt *cp)
{
	unsigned payload = (unsigned)(cp->cp_end - cp->cp_hdrlen);
	unsigned headers = (unsigned)(cf->cf_pkt.cp_hdrlen - cf->cf_pkt.cp_l3);

	return cf->cf_n < COAL_PARTS &&
	    headers + cf->cf_payload + payload <= UINT16_MAX &&
	    (cf->cf_n > 1 || coal_sound(cf->cf_head, &cf->cf_pkt)) &&
	    coal_sound(m, cp);
}

/* Without what the link added. */
static void ON_CPU
coal_trim(struct cpu *c, struct mbuf *m, const struct coal_pkt *cp)
{
	if (m->m_pktlen > cp->cp_end)
		m_trim(c, m, m->m_pktlen - cp->cp_end);
}

/* m becomes the next part of a large segment. */
static void ON_CPU
coal_append(struct cpu *c, struct coal_flow *cf, struct mbuf *m,
    const struct coal_pkt *cp)
{
	unsigned payload = (unsigned)(cp->cp_end - cp->cp_hdrlen);
	unsigned size = (unsigned)(cf->cf_pkt.cp_end - cf->cf_pkt.cp_hdrlen);
	uint8_t *flags = cf->cf_head->m_data + cf->cf_pkt.cp_l4 + 13;
	uint8_t ends = 0;

	if (!cp->cp_udp) {
		ends = m->m_data[cp->cp_l4 + 13] & TCP_ENDS;
		*flags |= ends;
	}
	if (cf->cf_n == 1)
		coal_trim(c, cf->cf_head, &cf->cf_pkt);
	coal_trim(c, m, cp);
	m_adj(m, cp->cp_hdrlen);
	*cf->cf_tail = m;
	cf->cf_tail = &m->m_next;
	cf->cf_head->m_pktlen += payload;
	cf->cf_payload += payload;
	cf->cf_n++;
	if (payload < size || ends != 0)
		coal_close(cf);
}

/* Returns whether m was merged into another. */
static bool ON_CPU
coal_data(struct cpu *c, struct coal *co, struct mbuf *m,
    const struct coal_pkt *cp)
{
	struct coal_flow *cf = coal_find(co, m, cp);

	if (cf != NULL &&
	    coal_follows(cf->cf_head->m_data, &cf->cf_pkt, m->m_data, cp,
		cf->cf_n) && coal_fits(cf, m, cp)) {
		coal_append(c, cf, m, cp);
		return true;
	}
	if (cf != NULL)
		coal_close(cf);
	coal_open(co, m, cp);
	return false;
}

/* One buffer that may be written, not a segment yet, and all its headers. */
static bool
coal_simple(const struct mbuf *m)
{
	return m->m_next == NULL && (m->m_flags & MF_SHARED) == 0 &&
	    m->m_gso == GSO_NONE && m->m_pktlen <= UINT16_MAX;
}

static bool ON_CPU
coal_one(struct cpu *c, struct coal *co, struct mbuf *m)
{
	struct coal_pkt cp;
	struct coal_flow *cf;
	enum coal_kind kind = coal_parse(&cp, m->m_data,
	    umin(m->m_len, COAL_HDRMAX), umin(m->m_pktlen, UINT16_MAX));

	switch (kind) {
	case COAL_OTHER:
		return false;
	case COAL_UNKNOWN:
		coal_close_all(co);
		return false;
	case COAL_DATA:
		if (coal_simple(m) && coal_takes(co, &cp))
			return coal_data(c, co, m, &cp);
		break;
	case COAL_ALONE:
		break;
	}
	if ((cf = coal_find(co, m, &cp)) != NULL)
		coal_close(cf);
	return false;
}

unsigned
dev_coalesce(
    struct cpu *c, const struct ifnet *ifp, struct mbuf **mm, unsigned n)
{
	struct coal co = { .co_if = ifp };
	unsigned i, left = 0;

	for (i = 0; i < n; i++)
		if (!coal_one(c, &co, mm[i]))
			mm[left++] = mm[i];
	coal_close_all(&co);
	if (left < n) {
		stat_add(c, SG_PATH, pks_merged, n - left);
		stat_add(c, SG_DEV, dvs_merged, n - left);
	}
	return left;
}
