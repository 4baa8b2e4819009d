/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 fragmentation (RFC 8200, 4.5), of packets that originate here; routers
 * do not fragment.
 *
 * All fragments are made before the first is sent: half a packet is of no use
 * to anybody.  The first keeps the packet's own buffers, cut short; the others
 * are copies.
 */
#include <string.h>

#include "ip6/ip6.h"
#include "ip6/ip6_int.h"
#include "path.h"

#define IP6_FRAG_HLEN (IP6_HLEN + (unsigned)sizeof(struct ip6_frag_wire))

/* How a packet is cut. */
struct ip6_cut {
	unsigned ct_len; /* of the packet's payload */
	uint8_t ct_head[IP6_FRAG_HLEN]; /* of each fragment */
};

static void
ip6_cut_init(struct cpu *c, struct ip6_cut *ct, const struct mbuf *m)
{
	struct ip6_wire *ip6 = (void *)ct->ct_head;
	struct ip6_frag_wire *f = (void *)(ct->ct_head + IP6_HLEN);

	memset(ct->ct_head, 0, sizeof(ct->ct_head));
	ct->ct_len = m->m_pktlen - IP6_HLEN;
	memcpy(ip6, m->m_data, IP6_HLEN);
	f->ip6f_nxt = ip6->ip6_nxt;
	/* Not to be foretold: RFC 7739. */
	st32be(f->ip6f_id, (uint32_t)rnd_u64(&c->c_rnd));
	ip6->ip6_nxt = IPP_FRAGMENT;
}

/* Write the header of the fragment with len bytes from byte "at" to p. */
static void
ip6_cut_header(
    const struct ip6_cut *ct, uint8_t *p, unsigned at, unsigned len)
{
	struct ip6_wire *ip6 = (void *)p;
	struct ip6_frag_wire *f = (void *)(p + IP6_HLEN);

	memcpy(p, ct->ct_head, IP6_FRAG_HLEN);
	st16be(ip6->ip6_plen, (uint16_t)(sizeof(*f) + len));
	st16be(f->ip6f_off,
	    (uint16_t)(at | (at + len < ct->ct_len ? IP6F_MORE : 0)));
}

/* Append n bytes of m from offset off to another packet. */
static bool ON_CPU
ip6_append_part(struct cpu *c, struct mbuf *to, const struct mbuf *m,
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

/* The fragment with len bytes of m's payload from byte "at" on. */
static struct mbuf *ON_CPU
ip6_cut_make(struct cpu *c, const struct ip6_cut *ct, const struct mbuf *m,
    unsigned at, unsigned len)
{
	struct mbuf *f;

	if ((f = m_alloc(c)) == NULL)
		return NULL;
	ip6_cut_header(ct, f->m_data, at, len);
	f->m_len = f->m_pktlen = IP6_FRAG_HLEN;
	if (!ip6_append_part(c, f, m, IP6_HLEN + at, len)) {
		m_free(c, f);
		return NULL;
	}
	m_copy_meta(f, m);
	f->m_pktlen = IP6_FRAG_HLEN + len;
	return f;
}

static void ON_CPU
ip6_free_list(struct cpu *c, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_free(c, m);
	}
}

/*
 * All fragments from the second on, as a list by m_nextpkt; returns how many,
 * or 0 if there is no memory.
 */
static unsigned ON_CPU
ip6_cut_rest(struct cpu *c, const struct ip6_cut *ct, const struct mbuf *m,
    unsigned most, struct mbuf **list)
{
	struct mbuf **tail = list;
	unsigned at, n = 0;

	*list = NULL;
	for (at = most; at < ct->ct_len; at += most, n++) {
		*tail = ip6_cut_make(c, ct, m, at, umin(most, ct->ct_len - at));
		if (*tail == NULL) {
			ip6_free_list(c, *list);
			*list = NULL;
			return 0;
		}
		(*tail)->m_nextpkt = NULL;
		tail = &(*tail)->m_nextpkt;
	}
	return n;
}

void
ip6_fragment(struct cpu *c, struct mbuf *m, unsigned mtu)
{
	unsigned most = (umax(mtu, IP6_MTU_MIN) - IP6_FRAG_HLEN) & ~7u;
	struct mbuf *list, *next;
	struct ip6_cut ct;
	unsigned n;

	ip6_cut_init(c, &ct, m);
	n = ip6_cut_rest(c, &ct, m, most, &list);
	if (n == 0 || m_prepend(m, sizeof(struct ip6_frag_wire)) == NULL) {
		ip6_free_list(c, list);
		ip6_drop(c, m, i6s_nobuf);
		return;
	}
	m_trim(c, m, ct.ct_len - most);
	ip6_cut_header(&ct, m->m_data, 0, most);
	stat_add(c, SG_IP6, i6s_fragmented, 1);
	stat_add(c, SG_IP6, i6s_ofragments, n + 1);
	stat_add(c, SG_PATH, pks_copied, n);
	path_next(c, ST_RESOLVE, m);
	for (; list != NULL; list = next) {
		next = list->m_nextpkt;
		path_next(c, ST_RESOLVE, list);
	}
}
