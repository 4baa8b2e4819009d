/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags off and on (IEEE 802.1Q, 802.1ad).
 *
 * A VLAN of a VLAN's frame is found tag by tag, in one go; one that leaves
 * passes dev_output() once more for each tag, so that others pay nothing.
 * Either is bounded by VLAN_TAGS.
 */
#include <spate/capture.h>
#include <string.h>

#include "ether/ether.h"
#include "ether/vlan.h"
#include "mbuf/capture.h"
#include "path.h"

/* Where DSCP stands in the first bytes of an IP header. */
#define VLAN_IP_BYTES 2

static struct ifnet *
vlan_lookup(const struct ifnet *parent, const struct vlan_tag *tag)
{
	const struct vlan_table *vt =
	    atomic_load_explicit(&parent->if_vlans, memory_order_acquire);
	unsigned ad = tag->vt_tpid == ETHERTYPE_QINQ;

	if (vt == NULL)
		return NULL;
	/* Index 0 has no interface. */
	return if_lookup(parent->if_sp,
	    atomic_load_explicit(&vt->vt_ifindex[ad][tag->vt_tci & VLAN_VID],
		memory_order_acquire));
}

/* Off with it; a frame that others read as well keeps its bytes. */
static void
vlan_untag(struct mbuf *m, const struct vlan_tag *tag)
{
	if ((m->m_flags & MF_SHARED) == 0)
		vlan_pop(m->m_data);
	m_adj(m, VLAN_HLEN);
	m->m_vlan[m->m_nvlan++] = tag->vt_tci;
}

static void ON_CPU
vlan_receive(struct cpu *c, struct mbuf *m, const struct ifnet *ifp)
{
	struct ifcount *ifc = &ifp->if_count[c->c_id];

	m->m_rcvif = ifp->if_index;
	m->m_rcvgen = ifp->if_gen;
	m->m_rtable = ifp->if_rtable;
	stat_cell_add(&ifc->ifc_rx_packets, 1);
	stat_cell_add(&ifc->ifc_rx_bytes, m->m_pktlen);
	capture_tap(c, SCR_IN, ifp->if_index, &m, 1);
}

enum etherstat
vlan_input(
    struct cpu *c, struct mbuf *m, const struct ifnet *ifp, unsigned *type)
{
	struct vlan_tag tag;

	do {
		if (m->m_nvlan == VLAN_TAGS)
			return ets_vlan;
		if (!vlan_parse(m->m_data, m->m_len, &tag))
			return ets_runt;
		vlan_untag(m, &tag);
		*type = tag.vt_type;
		if ((tag.vt_tci & VLAN_VID) == 0)
			continue;
		if ((ifp = vlan_lookup(ifp, &tag)) == NULL)
			return ets_novlan;
		vlan_receive(c, m, ifp);
		if (!if_running(ifp))
			return ets_down;
	} while (vlan_is_tag(*type));
	stat_add(c, SG_ETHER, ets_untagged, 1);
	return ets_none;
}

/* Of an untagged or tagged frame, see VLAN_PRIORITY_MAP. */
static unsigned
vlan_priority(const struct mbuf *m)
{
	const uint8_t *p = m->m_data;
	struct vlan_tag tag;

	if (vlan_parse(p, m->m_len, &tag))
		return tag.vt_tci >> VLAN_PCP_SHIFT;
	if (m->m_len < ETHER_HLEN + VLAN_IP_BYTES)
		return 0;
	switch (ld16be(p + 12)) {
	case ETHERTYPE_IP: /* RFC 2474, 3: the second byte */
		return p[ETHER_HLEN + 1] >> 5;
	case ETHERTYPE_IPV6: /* RFC 8200, 3: behind the version */
		return (p[ETHER_HLEN] & 15) >> 1;
	}
	return 0;
}

/* A frame without headroom, or that others read as well, is copied. */
static uint8_t *ON_CPU
vlan_room(struct cpu *c, struct mbuf **mp)
{
	uint8_t *p = m_prepend(*mp, VLAN_HLEN);
	struct mbuf *copy;

	if (likely(p != NULL))
		return p;
	if ((copy = m_copy(c, *mp)) == NULL)
		return NULL;
	m_free(c, *mp);
	*mp = copy;
	return m_prepend(copy, VLAN_HLEN);
}

/* The tagged frame, which may be another mbuf; NULL if it was dropped. */
static struct mbuf *ON_CPU
vlan_tag(struct cpu *c, struct mbuf *m, const struct vlan_conf *vc)
{
	unsigned pcp = vc->vc_priority;
	uint8_t *p;

	if (pcp == VLAN_PRIORITY_MAP)
		pcp = vlan_priority(m);
	if (unlikely((p = vlan_room(c, &m)) == NULL)) {
		m_drop(c, m, SG_ETHER, ets_nobufs);
		return NULL;
	}
	vlan_push(p, vc->vc_tpid, pcp << VLAN_PCP_SHIFT | vc->vc_id);
	return m;
}

void
vlan_output(struct cpu *c, struct ifnet *ifp, struct mbuf **mm, unsigned n)
{
	const struct ifnet *lower = if_lower(ifp);
	struct ifcount *ifc = &ifp->if_count[c->c_id];
	uint64_t bytes = 0;
	unsigned i, sent = 0;

	if (unlikely(lower == NULL || !if_running(ifp))) {
		for (i = 0; i < n; i++)
			m_drop(c, mm[i], SG_ETHER, ets_down);
		return;
	}
	capture_tap(c, SCR_OUT, ifp->if_index, mm, n);
	for (i = 0; i < n; i++) {
		uint32_t len = mm[i]->m_pktlen;
		struct mbuf *m = vlan_tag(c, mm[i], vlan_conf(ifp));

		if (m == NULL)
			continue;
		m->m_oif = lower->if_index;
		path_next(c, ST_TX, m);
		bytes += len;
		sent++;
	}
	stat_cell_add(&ifc->ifc_tx_packets, sent);
	stat_cell_add(&ifc->ifc_tx_bytes, bytes);
	stat_add(c, SG_ETHER, ets_tagged, sent);
}
