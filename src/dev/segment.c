/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cutting large segments: RFC 9293 streams and runs of equal UDP datagrams.
 *
 * A large segment comes from a tap or from here, and nothing that the former
 * says of it is believed: where the headers are is read from the packet, not
 * from m_l4off, and lengths must agree with what arrived.  Payload is copied:
 * the pieces are one buffer each at usual sizes, which every device takes.
 */
#include "dev/segment.h"

#include <string.h>

#include "base/addr.h"
#include "dev/dev_stat.h"
#include "dev/l4.h"
#include "mbuf/in_cksum.h"

/* Sets sp_l4 and returns the protocol; -1 if the header is unsound. */
static int
seg_parse_ip4(
    struct seg_plan *sp, const uint8_t *ip, unsigned n, unsigned pktlen)
{
	unsigned hlen;

	if (n < IP4_HDR || ip[0] >> 4 != 4)
		return -1;
	hlen = (ip[0] & 15u) * 4;
	/* MF or an offset: nobody cuts fragments. */
	if (hlen < IP4_HDR || hlen > n || ld16be(ip + 2) != pktlen ||
	    (ld16be(ip + 6) & 0x3fff) != 0)
		return -1;
	sp->sp_l4 = (uint16_t)(sp->sp_l3 + hlen);
	return ip[9];
}

/*
 * Options may stand between; a routing header may not, for the checksum would
 * be over another destination.
 */
static int
seg_parse_ip6(
    struct seg_plan *sp, const uint8_t *ip, unsigned n, unsigned pktlen)
{
	unsigned at = IP6_HDR, proto;

	if (n < IP6_HDR || ip[0] >> 4 != 6 || ld16be(ip + 4) != pktlen - at)
		return -1;
	proto = ip[6];
	while (proto == PROTO_HOPOPTS || proto == PROTO_DSTOPTS) {
		if (at + 8 > n)
			return -1;
		proto = ip[at];
		at += (ip[at + 1] + 1u) * 8;
	}
	if (at > n)
		return -1;
	sp->sp_l4 = (uint16_t)(sp->sp_l3 + at);
	return (int)proto;
}

/* The length of the header at l4, of which n bytes are there; 0: unsound. */
static unsigned
seg_parse_l4(const struct seg_plan *sp, const uint8_t *l4, unsigned n)
{
	unsigned hlen;

	if (sp->sp_udp)
		return n >= UDP_HDR ? UDP_HDR : 0;
	if (n < TCP_HDR)
		return 0;
	hlen = (l4[12] >> 4) * 4u;
	if (hlen < TCP_HDR || hlen > n || (l4[13] & (TCP_SYN | TCP_RST)) != 0)
		return 0;
	return hlen;
}

bool
seg_parse(struct seg_plan *sp, const uint8_t *p, unsigned n, unsigned pktlen,
    enum mbuf_gso gso, unsigned gsosize, unsigned l2len)
{
	unsigned hlen, payload, pieces;
	int proto;

	if (gso == GSO_NONE || gsosize == 0 || gsosize > UINT16_MAX ||
	    l2len >= n)
		return false;
	sp->sp_l3 = (uint16_t)l2len;
	sp->sp_v6 = gso == GSO_TCP6 || (gso == GSO_UDP && p[l2len] >> 4 == 6);
	sp->sp_udp = gso == GSO_UDP;
	proto = sp->sp_v6 ?
	    seg_parse_ip6(sp, p + l2len, n - l2len, pktlen - l2len) :
	    seg_parse_ip4(sp, p + l2len, n - l2len, pktlen - l2len);
	if (proto != (sp->sp_udp ? PROTO_UDP : PROTO_TCP))
		return false;
	hlen = seg_parse_l4(sp, p + sp->sp_l4, n - sp->sp_l4);
	if (hlen == 0)
		return false;
	sp->sp_hdrlen = (uint16_t)(sp->sp_l4 + hlen);
	payload = pktlen - sp->sp_hdrlen;
	pieces = umax((payload + gsosize - 1) / gsosize, 1);
	if (pieces > SEG_MAX)
		return false;
	sp->sp_size = (uint16_t)gsosize;
	sp->sp_n = (uint16_t)pieces;
	return true;
}

static void
seg_headers_tcp(
    const struct seg_plan *sp, uint8_t *th, unsigned i, unsigned skipped)
{
	unsigned urp = ld16be(th + 18);

	st32be(th + 4, ld32be(th + 4) + skipped);
	if (i + 1 < sp->sp_n)
		th[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (i > 0) /* RFC 3168, 6.1.2: told once */
		th[13] &= (uint8_t)~TCP_CWR;
	if ((th[13] & TCP_URG) == 0)
		return;
	if (urp > skipped) {
		st16be(th + 18, (uint16_t)(urp - skipped));
	} else {
		th[13] &= (uint8_t)~TCP_URG;
		st16be(th + 18, 0);
	}
}

static uint64_t
seg_headers_ip4(
    const struct seg_plan *sp, uint8_t *ip, unsigned i, unsigned len)
{
	unsigned hlen = sp->sp_l4 - sp->sp_l3;

	st16be(ip + 2, (uint16_t)(hlen + len));
	st16be(ip + 4, (uint16_t)(ld16be(ip + 4) + i));
	st16be(ip + 10, 0);
	st16be(ip + 10, in_cksum(ip, hlen));
	return in_cksum_pseudo(
	    ld32be(ip + 12), ld32be(ip + 16), ip[9], (uint16_t)len);
}

static uint64_t
seg_headers_ip6(const struct seg_plan *sp, uint8_t *ip, unsigned len)
{
	unsigned options = sp->sp_l4 - sp->sp_l3 - IP6_HDR;

	st16be(ip + 4, (uint16_t)(options + len));
	return in6_cksum_pseudo(in6_load(ip + 8), in6_load(ip + 24),
	    sp->sp_udp ? PROTO_UDP : PROTO_TCP, len);
}

uint64_t
seg_headers(const struct seg_plan *sp, uint8_t *p, unsigned i, unsigned len)
{
	uint8_t *l4 = p + sp->sp_l4;

	len += sp->sp_hdrlen - sp->sp_l4;
	if (sp->sp_udp) {
		st16be(l4 + 4, (uint16_t)len);
		st16be(l4 + UDP_SUM, 0);
	} else {
		seg_headers_tcp(sp, l4, i, i * sp->sp_size);
		st16be(l4 + TCP_SUM, 0);
	}
	return sp->sp_v6 ? seg_headers_ip6(sp, p + sp->sp_l3, len) :
	    seg_headers_ip4(sp, p + sp->sp_l3, i, len);
}

/* Where in a chain the next payload is. */
struct seg_cursor {
	const struct mbuf *sc_m;
	unsigned sc_off;
};

static bool ON_CPU
seg_payload(struct cpu *c, struct mbuf *m, struct seg_cursor *sc, unsigned len)
{
	unsigned some;

	for (; len > 0; len -= some) {
		while (sc->sc_off >= sc->sc_m->m_len) {
			sc->sc_off -= sc->sc_m->m_len;
			sc->sc_m = sc->sc_m->m_next;
		}
		some = umin(len, sc->sc_m->m_len - sc->sc_off);
		if (!m_append(c, m, sc->sc_m->m_data + sc->sc_off, some))
			return false;
		sc->sc_off += some;
	}
	return true;
}

/* psum is of the pseudo-header. */
static void
seg_checksum(
    const struct seg_plan *sp, struct mbuf *m, uint64_t psum, bool complete)
{
	uint8_t off = sp->sp_udp ? UDP_SUM : TCP_SUM;
	uint8_t *field = m->m_data + sp->sp_l4 + off;
	uint16_t sum;

	m->m_flags &= (uint16_t) ~(MF_CSUM_PARTIAL | MF_CSUM_OK);
	if (complete) {
		sum = in_cksum_fold(m_cksum_add(
		    m, sp->sp_l4, m->m_pktlen - sp->sp_l4, psum));
		/* RFC 768: 0 would say that there is none. */
		st16be(field, sum == 0 && sp->sp_udp ? 0xffff : sum);
		m->m_flags |= MF_CSUM_OK;
	} else {
		st16be(field, in_cksum_reduce(psum));
		m->m_flags |= MF_CSUM_PARTIAL;
		m->m_l4off = sp->sp_l4;
		m->m_csumoff = off;
	}
}

/* Piece i of "from"; NULL without buffers. */
static struct mbuf *ON_CPU
seg_piece(struct cpu *c, const struct seg_plan *sp, const struct mbuf *from,
    unsigned i, struct seg_cursor *sc, bool complete)
{
	unsigned skipped = i * sp->sp_size;
	unsigned len = umin(
	    sp->sp_size, from->m_pktlen - sp->sp_hdrlen - skipped);
	struct mbuf *m = m_alloc(c);

	if (m == NULL)
		return NULL;
	m_copy_meta(m, from);
	m->m_gso = GSO_NONE;
	m_copydata(from, 0, sp->sp_hdrlen, m->m_data);
	m->m_len = m->m_pktlen = sp->sp_hdrlen;
	if (!seg_payload(c, m, sc, len)) {
		m_free(c, m);
		return NULL;
	}
	seg_checksum(sp, m, seg_headers(sp, m->m_data, i, len), complete);
	return m;
}

static void ON_CPU
seg_free(struct cpu *c, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_free(c, m);
	}
}

struct mbuf *
dev_segment(struct cpu *c, struct mbuf *m, unsigned l2len, bool complete)
{
	struct mbuf *list = NULL, **tail = &list;
	uint8_t hdr[SEG_HDRMAX];
	unsigned i, n = umin(m->m_pktlen, SEG_HDRMAX);
	struct seg_cursor sc;
	struct seg_plan sp;

	m_copydata(m, 0, n, hdr);
	if (!seg_parse(
		&sp, hdr, n, m->m_pktlen, m->m_gso, m->m_gsosize, l2len)) {
		m_drop(c, m, SG_DEV, dvs_badgso);
		return NULL;
	}
	sc = (struct seg_cursor){ m, sp.sp_hdrlen };
	for (i = 0; i < sp.sp_n; i++) {
		if ((*tail = seg_piece(c, &sp, m, i, &sc, complete)) == NULL) {
			seg_free(c, list);
			m_drop(c, m, SG_DEV, dvs_nobuf);
			return NULL;
		}
		(*tail)->m_nextpkt = NULL;
		tail = &(*tail)->m_nextpkt;
	}
	stat_add(c, SG_DEV, dvs_gso, 1);
	stat_add(c, SG_PATH, pks_copied, sp.sp_n - 1u);
	m_free(c, m);
	return list;
}
