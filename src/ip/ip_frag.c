/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 fragmentation (RFC 791, 3.2; RFC 1812, 4.2.2.7).
 *
 * All fragments are made before the first is sent: half a datagram is of no
 * use to anybody.  The first keeps the packet's own buffers, cut short; the
 * others are copies, as the data of a packet that other references share, or
 * that a device still reads, must not move.
 *
 * A packet that is a fragment already keeps its identification, and its
 * "more fragments" in the last piece.
 */
#include <string.h>

#include "ip/ip.h"
#include "ip/ip_int.h"
#include "ip/ip_options.h"
#include "mbuf/in_cksum.h"
#include "path.h"

/* How a packet is cut. */
struct ip_cut {
	unsigned ct_hlen; /* header of the packet and of the first fragment */
	unsigned ct_len; /* of the packet */
	unsigned ct_off; /* fragment offset field of the packet, with MF */
	unsigned ct_hlen2; /* header of the other fragments */
	uint8_t ct_head[IP_HLEN_MAX]; /* header of the other fragments */
};

void
ip_header_cksum(struct ip_wire *ip)
{
	st16be(ip->ip_sum, 0);
	st16be(ip->ip_sum, in_cksum(ip, (ip->ip_vhl & 15u) * 4));
}

static void
ip_cut_init(struct ip_cut *ct, const struct mbuf *m)
{
	const uint8_t *p = mtod(m, const uint8_t *);
	const struct ip_wire *ip = (const void *)p;

	ct->ct_hlen = (ip->ip_vhl & 15u) * 4;
	ct->ct_len = m->m_pktlen;
	ct->ct_off = ld16be(ip->ip_off);
	memcpy(ct->ct_head, p, IP_HLEN);
	ct->ct_hlen2 =
	    IP_HLEN + ip_options_copied(p, ct->ct_hlen, ct->ct_head + IP_HLEN);
	ct->ct_head[0] = (uint8_t)(4 << 4 | ct->ct_hlen2 / 4);
}

/* Length, offset and checksum of the header at p; data starts at byte "at". */
static void
ip_cut_header(const struct ip_cut *ct, uint8_t *p, unsigned at, unsigned len)
{
	struct ip_wire *ip = (void *)p;
	unsigned hlen = (ip->ip_vhl & 15u) * 4;
	unsigned off = ct->ct_off & (IP_OFFMASK | IP_MF);

	if (ct->ct_hlen + at + len < ct->ct_len)
		off |= IP_MF;
	st16be(ip->ip_len, (uint16_t)(hlen + len));
	st16be(ip->ip_off, (uint16_t)(off + at / 8));
	ip_header_cksum(ip);
}

/* Append n bytes of m from offset off to another packet. */
static bool ON_CPU
ip_append_part(struct cpu *c, struct mbuf *to, const struct mbuf *m,
    unsigned off, unsigned n)
{
	unsigned some;

	for (; off >= m->m_len; m = m->m_next)
		off -= m->m_len;
	for (; n > 0; n -= some, off = 0, m = m->m_next) {
		some = umin(n, m->m_len - off);
		if (!m_append(c, to, m->m_data + off, some))
			return false;
	}
	return true;
}

/* The fragment with len bytes of m's data from byte "at" on. */
static struct mbuf *ON_CPU
ip_cut_make(struct cpu *c, const struct ip_cut *ct, const struct mbuf *m,
    unsigned at, unsigned len)
{
	struct mbuf *f;

	if ((f = m_alloc(c)) == NULL)
		return NULL;
	if (!m_append(c, f, ct->ct_head, ct->ct_hlen2) ||
	    !ip_append_part(c, f, m, ct->ct_hlen + at, len)) {
		m_free(c, f);
		return NULL;
	}
	len = f->m_pktlen;
	m_copy_meta(f, m);
	f->m_pktlen = len;
	ip_cut_header(ct, f->m_data, at, len - ct->ct_hlen2);
	return f;
}

static void ON_CPU
ip_free_list(struct cpu *c, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_free(c, m);
	}
}

/*
 * All fragments from byte "at" on, as a list by m_nextpkt; returns how many,
 * or 0 if there is no memory.
 */
static unsigned ON_CPU
ip_cut_rest(struct cpu *c, const struct ip_cut *ct, const struct mbuf *m,
    unsigned at, unsigned mtu, struct mbuf **list)
{
	unsigned datalen = ct->ct_len - ct->ct_hlen;
	unsigned most = (mtu - ct->ct_hlen2) & ~7u;
	struct mbuf **tail = list;
	unsigned n = 0;

	for (*list = NULL; at < datalen; at += most, n++) {
		*tail = ip_cut_make(c, ct, m, at, umin(most, datalen - at));
		if (*tail == NULL) {
			ip_free_list(c, *list);
			return 0;
		}
		(*tail)->m_nextpkt = NULL;
		tail = &(*tail)->m_nextpkt;
	}
	return n;
}

void
ip_fragment(struct cpu *c, struct mbuf *m, unsigned mtu)
{
	struct mbuf *list, *next;
	struct ip_cut ct;
	unsigned first, n;

	/* A device cannot complete what is spread over packets. */
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0 && !m_csum_complete(m)) {
		ip_drop(c, m, ips_badl4);
		return;
	}
	ip_cut_init(&ct, m);
	first = (umax(mtu, IP_MTU_MIN) - ct.ct_hlen) & ~7u;
	n = ip_cut_rest(c, &ct, m, first, umax(mtu, IP_MTU_MIN), &list);
	if (n == 0) {
		ip_drop(c, m, ips_nobuf);
		return;
	}
	m_trim(c, m, ct.ct_len - ct.ct_hlen - first);
	ip_cut_header(&ct, m->m_data, 0, first);
	stat_add(c, SG_IP, ips_fragmented, 1);
	stat_add(c, SG_IP, ips_ofragments, n + 1);
	stat_add(c, SG_PATH, pks_copied, n);
	path_next(c, ST_RESOLVE, m);
	for (; list != NULL; list = next) {
		next = list->m_nextpkt;
		path_next(c, ST_RESOLVE, list);
	}
}
