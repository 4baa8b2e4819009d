/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet frames in and out.
 *
 * In: frames for this host, or a group, leave their header and go to the stage
 * of their type; tagged ones are those of a VLAN first.  Out: frames are
 * complete when they come here; VLANs put their tags on behind this, in ST_TX.
 */
#include "ether/ether.h"
#include "ether/vlan.h"
#include "path.h"

/* Whom a frame is for, as MF_* flags in *flags; ets_notforus if not for us. */
static enum etherstat
ether_for_us(const struct ether_wire *eh, const struct ifnet *ifp,
    unsigned *flags)
{
	*flags = 0;
	if (likely(mac_eq(eh->eh_dst, ifp->if_mac)))
		return ets_none;
	if (!mac_is_group(eh->eh_dst))
		return ets_notforus;
	*flags = mac_is_broadcast(eh->eh_dst) ? MF_BCAST : MF_MCAST;
	return ets_none;
}

/* The stage of a type, or why there is none. */
static enum etherstat
ether_stage(unsigned type, enum stage *st)
{
	switch (type) {
	case ETHERTYPE_IP:
		*st = ST_IP;
		return ets_none;
	case ETHERTYPE_IPV6:
		*st = ST_IP6;
		return ets_none;
	case ETHERTYPE_ARP:
		*st = ST_ARP;
		return ets_none;
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
		return ets_vlan;
	}
	return type < ETHERTYPE_MIN ? ets_8023 : ets_type;
}

/* Where m goes on, or why it does not; m_flags are set. */
static enum etherstat
ether_check(struct mbuf *m, const struct ifnet *ifp, enum stage *st)
{
	const struct ether_wire *eh = mtod(m, const struct ether_wire *);
	enum etherstat why;
	unsigned flags;

	if (unlikely(ifp == NULL || ifp->if_gen != m->m_rcvgen))
		return ets_noif;
	if (unlikely(m->m_len < sizeof(*eh)))
		return ets_runt;
	if ((why = ether_for_us(eh, ifp, &flags)) != ets_none)
		return why;
	if (unlikely(mac_is_group(eh->eh_src)))
		return ets_badsrc;
	m->m_flags |= (uint16_t)flags;
	return ether_stage(ld16be(eh->eh_type), st);
}

/* Where a tagged frame goes on, as that of its VLAN, or why it does not. */
static enum etherstat ON_CPU
ether_tagged(struct cpu *c, struct mbuf *m, const struct ifnet *ifp,
    enum stage *st)
{
	enum etherstat why;
	unsigned type;

	if ((why = vlan_input(c, m, ifp, &type)) != ets_none)
		return why;
	return ether_stage(type, st);
}

void
ether_input(struct cpu *c, struct mvec *mv)
{
	const struct ifnet *ifp = NULL;
	enum etherstat why;
	enum stage st;
	unsigned i, rcvif = IF_MAX;

	stat_add(c, SG_ETHER, ets_in, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (i + MVEC_AHEAD < mv->mv_n)
			m_prefetch(mv->mv_m[i + MVEC_AHEAD]);
		if (m->m_rcvif != rcvif) {
			rcvif = m->m_rcvif;
			ifp = if_lookup(c->c_sp, rcvif);
		}
		if (unlikely((why = ether_check(m, ifp, &st)) != ets_none)) {
			if (why == ets_vlan)
				why = ether_tagged(c, m, ifp, &st);
			if (why != ets_none) {
				m_drop(c, m, SG_ETHER, why);
				continue;
			}
		}
		m_adj(m, ETHER_HLEN);
		path_next(c, st, m);
	}
}

void
ether_output(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	stat_add(c, SG_ETHER, ets_out, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		path_next(c, ST_TX, mv->mv_m[i]);
}

void
ether_send(struct cpu *c, struct ifnet *ifp, struct mbuf *m,
    const uint8_t dst[static ETHER_ALEN], unsigned type)
{
	struct ether_wire *eh = m_prepend(m, sizeof(*eh));

	if (eh == NULL) {
		m_drop(c, m, SG_ETHER, ets_nobufs);
		return;
	}
	memcpy(eh->eh_dst, dst, ETHER_ALEN);
	memcpy(eh->eh_src, ifp->if_mac, ETHER_ALEN);
	st16be(eh->eh_type, (uint16_t)type);
	m->m_oif = ifp->if_index;
	path_next(c, ST_ETHEROUT, m);
}
