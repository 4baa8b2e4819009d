/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device cannot do itself, done before the frame reaches it: checksums
 * completed, large segments cut, chains made one buffer.
 *
 * Nothing is done for a frame that the device takes as it is; dev_output()
 * does not even call here.
 */
#include <limits.h>

#include "dev/dev.h"
#include "dev/dev_int.h"
#include "dev/frame.h"
#include "dev/segment.h"

/* Bytes before the network header; beyond any frame if it is not readable. */
static unsigned
offload_l2len(const struct ifnet *ifp, const struct mbuf *m)
{
	uint8_t hdr[FRAME_HDR + FRAME_MAXVLAN * FRAME_VLAN];
	unsigned n = umin(m->m_pktlen, sizeof(hdr)), type, l2len;

	if ((ifp->if_caps & IFCAP_LOOPBACK) != 0)
		return 0;
	m_copydata(m, 0, n, hdr);
	l2len = (unsigned)frame_parse(hdr, n, &type);
	return l2len != 0 ? l2len : UINT_MAX;
}

/* The frame may be another one, since shared data is not written. */
static struct mbuf *ON_CPU
offload_csum(struct cpu *c, struct mbuf *m)
{
	struct mbuf *w = m;

	if ((m->m_flags & MF_SHARED) != 0) {
		if ((w = m_copy(c, m)) == NULL) {
			m_drop(c, m, SG_DEV, dvs_nobuf);
			return NULL;
		}
		m_free(c, m);
	}
	if (!m_csum_complete(w)) {
		m_drop(c, w, SG_DEV, dvs_badcsum);
		return NULL;
	}
	stat_add(c, SG_DEV, dvs_csum, 1);
	return w;
}

static bool
offload_fits(const struct mbuf *m)
{
	return (m->m_flags & MF_SHARED) == 0 &&
	    m->m_pktlen <= m->m_len + m_tailroom(m);
}

/* In place where the first buffer has room for all, else into a fresh one. */
static struct mbuf *ON_CPU
offload_linear(struct cpu *c, struct mbuf *m)
{
	struct mbuf *w;

	if (!offload_fits(m)) {
		if (m->m_pktlen > MBUF_DATA) {
			m_drop(c, m, SG_DEV, dvs_toobig);
			return NULL;
		}
		if ((w = m_copy(c, m)) == NULL) {
			m_drop(c, m, SG_DEV, dvs_nobuf);
			return NULL;
		}
		m_free(c, m);
		m = w;
	} else {
		(void)m_pullup(c, m, m->m_pktlen);
		m_trim(c, m, 0); /* empty buffers behind the last byte */
	}
	stat_add(c, SG_DEV, dvs_linear, 1);
	return m;
}

/* Each frame of the list as one buffer; those that cannot be drop out. */
static struct mbuf *ON_CPU
offload_linear_list(struct cpu *c, struct mbuf *m)
{
	struct mbuf *list = NULL, **tail = &list, *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		if (m->m_next != NULL && (m = offload_linear(c, m)) == NULL)
			continue;
		*tail = m;
		tail = &m->m_nextpkt;
	}
	*tail = NULL;
	return list;
}

struct mbuf *
dev_offload(struct cpu *c, const struct ifnet *ifp, struct mbuf *m)
{
	bool complete = (ifp->if_caps & IFCAP_TXCSUM) == 0;

	m->m_nextpkt = NULL;
	if (m->m_gso != GSO_NONE && (ifp->if_caps & gso_cap(m)) == 0)
		m = dev_segment(c, m, offload_l2len(ifp, m), complete);
	else if ((m->m_flags & MF_CSUM_PARTIAL) != 0 && complete)
		m = offload_csum(c, m);
	if (m != NULL && (ifp->if_caps & IFCAP_CHAIN) == 0)
		m = offload_linear_list(c, m);
	return m;
}

struct mbuf *
dev_cut(struct cpu *c, const struct ifnet *ifp, struct mbuf *m)
{
	return dev_segment(c, m, offload_l2len(ifp, m), false);
}
