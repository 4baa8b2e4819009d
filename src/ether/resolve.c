/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a next hop to an Ethernet header.
 *
 * Packets arrive with m_data at their IP header and the number of their next
 * hop; they leave with a complete link header and m_oif.  What a next hop
 * comes to (struct hop) is found out once for each run of packets that go the
 * same way, so that a vector of one flow costs one lookup.  A hop lives no
 * longer than the vector.  Packets without a next hop (m_nh 0, m_oif set) go
 * to their destination on that link; they are few and have no hop kept.
 *
 * Groups and broadcasts need no neighbour: RFC 1112, 6.4; RFC 2464, 7.
 */
#include <string.h>

#include "ether/ether.h"
#include "path.h"
#include "route/neigh.h"
#include "route/nhop.h"

enum hop_what {
	HOP_SEND, /* h_hdr in front, out on h_oif */
	HOP_BARE, /* the interface has no link layer */
	HOP_HOLD, /* h_addr is not resolved */
	HOP_DROP, /* h_why */
};

/*
 * All members belong to the CPU whose stack it is on; h_hdr is a copy, because
 * a neighbour may change its MAC while packets leave.
 */
struct hop {
	uint32_t h_nh; /* [o] next hop; 0: nothing to keep */
	uint8_t h_vers; /* [o] of the packets: 4 or 6 */
	uint8_t h_what; /* [o] enum hop_what */
	uint8_t h_why; /* [o] enum etherstat */
	bool h_bydst; /* [o] only for packets to h_addr */
	uint16_t h_oif; /* [o] */
	uint8_t h_hdr[ETHER_HDR_LEN]; /* [o] */
	struct addr h_addr; /* [o] address on the link */
};

static inline struct addr
packet_dst(const struct mbuf *m, unsigned vers)
{
	const uint8_t *p = m->m_data;

	if (vers == 4)
		return addr_v4(ld32be(p + 16)); /* RFC 791, 3.1 */
	return addr_v6(in6_load(p + 24)); /* RFC 8200, 3 */
}

static inline bool
hop_is_dst(const struct hop *h, const struct mbuf *m)
{
	if (h->h_vers == 4)
		return ld32be(m->m_data + 16) == h->h_addr.a_v4;
	return in6_eq(in6_load(m->m_data + 24), h->h_addr.a_v6);
}

/* Whether m goes where the packet before it went. */
static inline bool
hop_fits(const struct hop *h, const struct mbuf *m)
{
	return h->h_nh == m->m_nh && h->h_vers == m->m_data[0] >> 4 &&
	    (!h->h_bydst || hop_is_dst(h, m));
}

static void
hop_header(struct hop *h, const struct ifnet *ifp)
{
	struct ether_wire *eh = (void *)h->h_hdr;

	memcpy(eh->eh_src, ifp->if_mac, ETHER_ALEN);
	st16be(eh->eh_type,
	    h->h_addr.a_family == ADDR_V4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

/* Addresses whose MAC follows from them. */
static bool
hop_group(struct hop *h, const struct ifnet *ifp, bool bcast)
{
	struct ether_wire *eh = (void *)h->h_hdr;
	const struct addr *a = &h->h_addr;

	if (a->a_family == ADDR_V6) {
		if (!in6_is_multicast(a->a_v6))
			return false;
		mac_set_group6(eh->eh_dst, a->a_v6);
	} else if (bcast || in_is_broadcast(a->a_v4))
		mac_set_broadcast(eh->eh_dst);
	else if (in_is_multicast(a->a_v4))
		mac_set_group4(eh->eh_dst, a->a_v4);
	else
		return false;
	hop_header(h, ifp);
	return true;
}

static enum hop_what ON_CPU
hop_neigh(struct cpu *c, struct hop *h)
{
	const struct lle *lle = neigh_lookup(c, h->h_oif, &h->h_addr);

	if (lle == NULL)
		return HOP_HOLD;
	lle_use(c, lle);
	memcpy(h->h_hdr, lle->lle_hdr, sizeof(h->h_hdr));
	return HOP_SEND;
}

static enum hop_what
hop_drop(struct hop *h, enum etherstat why)
{
	h->h_why = (uint8_t)why;
	return HOP_DROP;
}

/* The address on the link that packets like m must reach. */
static enum etherstat
hop_target(struct hop *h, const struct nhop *nh, const struct mbuf *m)
{
	h->h_oif = nh->nh_ifindex;
	h->h_bydst = false;
	if (m->m_nh == 0) {
		h->h_oif = m->m_oif;
		h->h_addr = packet_dst(m, h->h_vers);
		return ets_none;
	}
	switch (nh->nh_type) {
	case NH_GATEWAY:
		h->h_addr = nh->nh_gw;
		return h->h_addr.a_family == h->h_vers ? ets_none : ets_family;
	case NH_CONNECTED:
	case NH_BROADCAST:
		h->h_addr = packet_dst(m, h->h_vers);
		h->h_bydst = true;
		return ets_none;
	}
	return ets_nonh; /* the route went while the packet was held */
}

static enum hop_what ON_CPU
hop_find(struct cpu *c, struct hop *h, const struct mbuf *m)
{
	const struct nhop *nh = nhop_lookup(c->c_sp, m->m_nh);
	const struct ifnet *ifp;
	enum etherstat why;

	h->h_nh = m->m_nh;
	h->h_vers = m->m_data[0] >> 4;
	KASSERT(m->m_len >= (h->h_vers == 6 ? 40u : 20u));
	if ((why = hop_target(h, nh, m)) != ets_none)
		return hop_drop(h, why);
	if ((ifp = if_lookup(c->c_sp, h->h_oif)) == NULL)
		return hop_drop(h, ets_noif);
	if (!if_running(ifp))
		return hop_drop(h, ets_down);
	if ((ifp->if_caps & IFCAP_LOOPBACK) != 0)
		return HOP_BARE;
	if (hop_group(h, ifp, nh->nh_type == NH_BROADCAST))
		return HOP_SEND;
	return hop_neigh(c, h);
}

/* A packet whose data is shared, or without headroom, is copied. */
static struct mbuf *ON_CPU
resolve_copy(struct cpu *c, struct mbuf *m)
{
	struct mbuf *copy = m_copy(c, m);

	if (copy == NULL)
		m_drop(c, m, SG_ETHER, ets_nobufs);
	else
		m_free(c, m);
	return copy;
}

static inline void ON_CPU
resolve_send(struct cpu *c, const struct hop *h, struct mbuf *m)
{
	uint8_t *p = m_prepend(m, ETHER_HDR_LEN);

	if (unlikely(p == NULL)) {
		if ((m = resolve_copy(c, m)) == NULL)
			return;
		p = m_prepend(m, ETHER_HDR_LEN);
	}
	memcpy(p, h->h_hdr, ETHER_HDR_LEN);
	m->m_oif = h->h_oif;
	path_next(c, ST_ETHEROUT, m);
}

/* All but the common way. */
static void ON_CPU
resolve_else(struct cpu *c, const struct hop *h, struct mbuf *m)
{
	switch ((enum hop_what)h->h_what) {
	case HOP_SEND:
		resolve_send(c, h, m);
		break;
	case HOP_BARE:
		m->m_oif = h->h_oif;
		path_next(c, ST_ETHEROUT, m);
		break;
	case HOP_HOLD:
		neigh_hold(c, h->h_oif, &h->h_addr, m);
		break;
	case HOP_DROP:
		m_drop(c, m, SG_ETHER, h->h_why);
		break;
	}
}

/*
 * The neighbour of *h is found by one of the packets that come, and this CPU
 * holds older ones for it: these leave first.
 */
static __attribute__((noinline)) void ON_CPU
resolve_held(struct cpu *c, const struct hop *h)
{
	struct mbuf *m;

	while ((m = neigh_take(c, h->h_oif, &h->h_addr)) != NULL) {
		struct hop own = { .h_nh = 0 };

		/* Its route may be another by now. */
		own.h_what = (uint8_t)hop_find(c, &own, m);
		resolve_else(c, &own, m);
	}
}

void
neigh_resolve(struct cpu *c, struct mvec *mv)
{
	struct hop h = { .h_nh = 0 };
	unsigned i;

	stat_add(c, SG_ETHER, ets_resolved, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		if (unlikely(h.h_nh == 0 || !hop_fits(&h, m))) {
			h.h_what = (uint8_t)hop_find(c, &h, m);
			if (h.h_what == HOP_SEND)
				resolve_held(c, &h);
		}
		if (likely(h.h_what == HOP_SEND))
			resolve_send(c, &h, m);
		else
			resolve_else(c, &h, m);
	}
}
