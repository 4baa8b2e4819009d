/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio network header <-> mbuf (virtio 1.2, 5.1.6; legacy byte order, which
 * is the machine's own).
 */
#include <string.h>

#include "dev/vnet.h"

#define VNET_L2_MIN    14 /* Ethernet: no transport header before it */
#define VNET_TCP_MIN   20
#define VNET_TCP_OFF   12 /* of the header's length, in its upper half */
#define VNET_TCP_CSUM  16
#define VNET_UDP_LEN   8
#define VNET_UDP_CSUM  6

static bool
vnet_gso(unsigned type, enum mbuf_gso *gso)
{
	switch (type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		*gso = GSO_NONE;
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		*gso = GSO_TCP4;
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		*gso = GSO_TCP6;
		return true;
	case VNET_GSO_UDP_L4:
		*gso = GSO_UDP;
		return true;
	default:
		return false;
	}
}

/* Segments: the transport header is there, and its checksum partial. */
static bool
vnet_gso_ok(const struct virtio_net_hdr *h, const struct mbuf *m,
    enum mbuf_gso gso)
{
	bool udp = gso == GSO_UDP;

	return h->gso_size > 0 &&
	    (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 &&
	    h->csum_offset == (udp ? VNET_UDP_CSUM : VNET_TCP_CSUM) &&
	    h->csum_start + (udp ? VNET_UDP_LEN : VNET_TCP_MIN) <=
	    (int)m->m_pktlen;
}

bool
vnet_to_mbuf(const struct virtio_net_hdr *h, struct mbuf *m)
{
	enum mbuf_gso gso;

	if (!vnet_gso(h->gso_type, &gso) ||
	    (gso != GSO_NONE && !vnet_gso_ok(h, m, gso)))
		return false;
	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
		if (h->csum_start < VNET_L2_MIN || h->csum_offset > UINT8_MAX ||
		    (uint32_t)h->csum_start + h->csum_offset + 2 >
		    m->m_pktlen)
			return false;
		m->m_l4off = h->csum_start;
		m->m_csumoff = (uint8_t)h->csum_offset;
		/* Never left this machine's memory, so not damaged either. */
		m->m_flags |= MF_CSUM_PARTIAL | MF_CSUM_OK;
	} else if ((h->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0)
		m->m_flags |= MF_CSUM_OK;
	m->m_gso = (uint8_t)gso;
	m->m_gsosize = gso != GSO_NONE ? h->gso_size : 0;
	m->m_gsoflags =
	    (h->gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0 ? GSOF_ECN : 0;
	return true;
}

/* Bytes of all headers of a packet that is to be cut. */
static uint16_t
vnet_hdr_len(const struct mbuf *m)
{
	uint8_t off = 0;

	if (m->m_gso == GSO_UDP)
		return (uint16_t)(m->m_l4off + VNET_UDP_LEN);
	m_copydata(m, m->m_l4off + VNET_TCP_OFF, 1, &off);
	return (uint16_t)(m->m_l4off + (off >> 4) * 4);
}

void
vnet_from_mbuf(struct virtio_net_hdr *h, const struct mbuf *m)
{
	static const uint8_t type[] = {
		[GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
		[GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[GSO_UDP] = VNET_GSO_UDP_L4,
	};

	memset(h, 0, sizeof(*h));
	if ((m->m_flags & MF_CSUM_PARTIAL) == 0) {
		if ((m->m_flags & MF_CSUM_OK) != 0)
			h->flags = VIRTIO_NET_HDR_F_DATA_VALID;
		return;
	}
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = m->m_l4off;
	h->csum_offset = m->m_csumoff;
	if (m->m_gso == GSO_NONE)
		return;
	h->gso_type = type[m->m_gso];
	if ((m->m_gsoflags & GSOF_ECN) != 0)
		h->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	h->gso_size = m->m_gsosize;
	h->hdr_len = vnet_hdr_len(m);
}
