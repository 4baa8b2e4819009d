/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Working on packets that may be chains: copying, trimming, joining, sums.
 * Nothing here is on the way of a small packet that is only forwarded.
 */
#include <string.h>

#include "mbuf/in_cksum.h"
#include "mbuf/mbuf.h"

void
m_copy_meta(struct mbuf *to, const struct mbuf *from)
{
	to->m_hash = from->m_hash;
	to->m_nh = from->m_nh;
	to->m_rcvif = from->m_rcvif;
	to->m_rcvgen = from->m_rcvgen;
	to->m_oif = from->m_oif;
	to->m_flags = from->m_flags & (uint16_t)~MF_SHARED;
	to->m_l4off = from->m_l4off;
	to->m_gsosize = from->m_gsosize;
	to->m_hashtype = from->m_hashtype;
	to->m_csumoff = from->m_csumoff;
	to->m_gso = from->m_gso;
	to->m_gsoflags = from->m_gsoflags;
	memcpy(to->m_vlan, from->m_vlan, sizeof(to->m_vlan));
	to->m_told = from->m_told;
	to->m_nvlan = from->m_nvlan;
	to->m_rtable = from->m_rtable;
	if ((from->m_flags & MF_COLD) != 0)
		memcpy((char *)to + MBUF_COLD, (const char *)from + MBUF_COLD,
		    sizeof(*to) - MBUF_COLD);
}

static struct mbuf *
m_last(struct mbuf *m)
{
	while (m->m_next != NULL)
		m = m->m_next;
	return m;
}

bool
m_append(struct cpu *c, struct mbuf *m, const void *p, unsigned n)
{
	struct mbuf *last = m_last(m);
	const uint8_t *from = p;
	unsigned some, left;

	for (left = n; left > 0; left -= some) {
		/* The room behind shared data is shared, too. */
		if (m_tailroom(last) == 0 || (last->m_flags & MF_SHARED) != 0) {
			if ((last->m_next = m_alloc(c)) == NULL)
				goto fail;
			last = last->m_next;
			last->m_data = last->m_head;
		}
		some = umin(left, m_tailroom(last));
		memcpy(last->m_data + last->m_len, from, some);
		last->m_len += some;
		from += some;
	}
	m->m_pktlen += n;
	return true;
fail:
	/* What was added goes; what went into its tail is cut by length. */
	m->m_pktlen += n - left;
	m_trim(c, m, n - left);
	return false;
}

struct mbuf *
m_from_bytes(struct cpu *c, const void *p, size_t n)
{
	struct mbuf *m = m_alloc(c);

	if (m == NULL || m_append(c, m, p, (unsigned)n))
		return m;
	m_free(c, m);
	return NULL;
}

struct mbuf *
m_copy(struct cpu *c, const struct mbuf *from)
{
	const struct mbuf *f;
	struct mbuf *m = m_alloc(c);

	if (m == NULL)
		return NULL;
	for (f = from; f != NULL; f = f->m_next)
		if (!m_append(c, m, f->m_data, f->m_len)) {
			m_free(c, m);
			return NULL;
		}
	m_copy_meta(m, from);
	return m;
}

void
m_trim(struct cpu *c, struct mbuf *m, unsigned n)
{
	unsigned keep;

	KASSERT(n <= m->m_pktlen);
	m->m_pktlen -= n;
	for (keep = m->m_pktlen; keep > m->m_len; m = m->m_next)
		keep -= m->m_len;
	m->m_len = keep;
	if (m->m_next != NULL) {
		m_free(c, m->m_next);
		m->m_next = NULL;
	}
}

/* Move the data towards the head until n bytes fit; no further. */
static void
m_make_room(struct mbuf *m, unsigned n)
{
	uint8_t *to = m->m_head + m->m_size - n;

	if (to < m->m_data) {
		memmove(to, m->m_data, m->m_len);
		m->m_data = to;
	}
}

bool
m_pullup(struct cpu *c, struct mbuf *m, unsigned n)
{
	struct mbuf *next;
	unsigned some;

	if (likely(n <= m->m_len))
		return true;
	if (n > m->m_pktlen || n > m->m_size || (m->m_flags & MF_SHARED) != 0)
		return false;
	m_make_room(m, n);
	while (m->m_len < n) {
		next = m->m_next;
		some = umin(n - m->m_len, next->m_len);
		memcpy(m->m_data + m->m_len, next->m_data, some);
		m->m_len += some;
		next->m_data += some;
		next->m_len -= some;
		if (next->m_len == 0) {
			m->m_next = next->m_next;
			next->m_next = NULL;
			m_free(c, next);
		}
	}
	return true;
}

/* The buffer that holds byte *off, and where in it. */
static struct mbuf *
m_find(const struct mbuf *m, unsigned *off)
{
	while (*off >= m->m_len && m->m_next != NULL) {
		*off -= m->m_len;
		m = m->m_next;
	}
	return (struct mbuf *)m;
}

void
m_copydata(const struct mbuf *m, unsigned off, unsigned n, void *to)
{
	uint8_t *t = to;
	unsigned some;

	KASSERT(off <= m->m_pktlen && n <= m->m_pktlen - off);
	for (m = m_find(m, &off); n > 0; m = m->m_next, off = 0) {
		some = umin(n, m->m_len - off);
		memcpy(t, m->m_data + off, some);
		t += some;
		n -= some;
	}
}

void
m_copyback(struct mbuf *m, unsigned off, unsigned n, const void *from)
{
	const uint8_t *f = from;
	unsigned some;

	KASSERT(off <= m->m_pktlen && n <= m->m_pktlen - off);
	for (m = m_find(m, &off); n > 0; m = m->m_next, off = 0) {
		KASSERT((m->m_flags & MF_SHARED) == 0);
		some = umin(n, m->m_len - off);
		memcpy(m->m_data + off, f, some);
		f += some;
		n -= some;
	}
}

struct mbuf *
m_writable(struct cpu *c, struct mbuf *m, unsigned n)
{
	struct mbuf *w;

	if ((m->m_flags & MF_SHARED) == 0)
		return m_pullup(c, m, n) ? m : NULL;
	if (n > m->m_pktlen || n > MBUF_DATA || (w = m_copy(c, m)) == NULL)
		return NULL;
	if (!m_pullup(c, w, n)) {
		m_free(c, w);
		return NULL;
	}
	m_free(c, m);
	return w;
}

uint64_t
m_cksum_add(const struct mbuf *m, unsigned off, unsigned n, uint64_t sum)
{
	unsigned some;
	bool odd = false;

	KASSERT(off <= m->m_pktlen && n <= m->m_pktlen - off);
	for (m = m_find(m, &off); n > 0; m = m->m_next, off = 0) {
		some = umin(n, m->m_len - off);
		sum = odd ? in_cksum_add_odd(m->m_data + off, some, sum) :
		    in_cksum_add(m->m_data + off, some, sum);
		odd ^= some & 1;
		n -= some;
	}
	return sum;
}

bool
m_csum_complete(struct mbuf *m)
{
	unsigned at = m->m_l4off + m->m_csumoff;
	uint8_t sum[2];
	uint16_t v;

	if (m->m_l4off >= m->m_pktlen || at + 2 > m->m_pktlen)
		return false;
	/* The field holds the pseudo-header sum and is summed with the rest. */
	v = in_cksum_fold(
	    m_cksum_add(m, m->m_l4off, m->m_pktlen - m->m_l4off, 0));
	/* UDP's 0 says "no checksum" (RFC 768); TCP may not care. */
	st16be(sum, v != 0 ? v : 0xffff);
	m_copyback(m, at, 2, sum);
	m->m_flags &= (uint16_t)~MF_CSUM_PARTIAL;
	m->m_flags |= MF_CSUM_OK;
	return true;
}
