/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP on a CPU: RFC 826, and RFC 5227 for what touches our own addresses.
 *
 * A packet is parsed, tells the neighbour table about its sender, and if it
 * asks for an address of ours on the interface it came by it is answered.  We
 * never answer for others.  Whether and when requests and announcements are
 * sent is ctl's decision (route/neigh_ctl.c, arp_ctl.c); they are built here.
 */
#include <string.h>

#include "ether/arp_int.h"
#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether.h"
#include "netisr/punt.h"
#include "path.h"

static const uint8_t mac_none[ETHER_ALEN];
static const uint8_t mac_all[ETHER_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff };

/* Whether ifp has the address and may use it. */
static bool
arp_is_ours(const struct ifnet *ifp, uint32_t a)
{
	struct addr addr = addr_v4(a);
	unsigned flags;

	return if_has_addr(ifp, &addr, &flags) &&
	    (flags & (IFA_TENTATIVE | IFA_DUPLICATE)) == 0;
}

/*
 * Our address on a network of ifp that covers target; 0 if there is none.  Any
 * address of ours if fallback.
 */
static uint32_t
arp_source(const struct ifnet *ifp, uint32_t target, bool fallback)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct addr to = addr_v4(target);
	uint32_t any = 0;
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];
		struct prefix p = { ifa->ifa_addr, ifa->ifa_plen };

		if (ifa->ifa_addr.a_family != ADDR_V4 ||
		    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
			continue;
		if (prefix_match(&p, &to))
			return ifa->ifa_addr.a_v4;
		if (any == 0)
			any = ifa->ifa_addr.a_v4;
	}
	return fallback ? any : 0;
}

/* Whether it was sent: not if there is no buffer. */
static bool ON_CPU
arp_send(struct cpu *c, struct ifnet *ifp, const struct arp_info *ai,
    const uint8_t *dst)
{
	struct mbuf *m = m_alloc(c);

	if (m == NULL) {
		stat_add(c, SG_ARP, ars_nobufs, 1);
		return false;
	}
	arp_build(m->m_data, ai);
	m->m_len = m->m_pktlen = sizeof(struct arp_wire);
	stat_add(c, SG_PATH, pks_originated, 1);
	ether_send(c, ifp, m, dst, ETHERTYPE_ARP);
	return true;
}

/* From us, about spa. */
static struct arp_info
arp_make(const struct ifnet *ifp, unsigned op, uint32_t spa,
    const uint8_t *tha, uint32_t tpa)
{
	struct arp_info ai = { .ai_op = (uint16_t)op, .ai_spa = spa,
		.ai_tpa = tpa };

	memcpy(ai.ai_sha, ifp->if_mac, ETHER_ALEN);
	memcpy(ai.ai_tha, tha, ETHER_ALEN);
	return ai;
}

static void ON_CPU
arp_answer(struct cpu *c, struct ifnet *ifp, const struct arp_info *ai)
{
	struct arp_info re =
	    arp_make(ifp, ARPOP_REPLY, ai->ai_tpa, ai->ai_sha, ai->ai_spa);

	if (arp_send(c, ifp, &re, ai->ai_sha))
		stat_add(c, SG_ARP, ars_answered, 1);
}

/* Another station uses our address: RFC 5227, 2.4. */
static void ON_CPU
arp_conflict(struct cpu *c, const struct ifnet *ifp, const struct arp_info *ai)
{
	struct arp_own_msg *aom;

	stat_add(c, SG_ARP, ars_conflicts, 1);
	if (!neigh_may_tell(c, ifp->if_index, NT_CONFLICT) ||
	    (aom = msg_alloc(&c->c_ep, sizeof(*aom))) == NULL)
		return; /* it will do it again */
	aom->aom_addr = ai->ai_spa;
	aom->aom_ifindex = ifp->if_index;
	memcpy(aom->aom_mac, ai->ai_sha, ETHER_ALEN);
	aom->aom_msg.msg_fn = arp_ctl_conflict;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &aom->aom_msg);
}

/*
 * The sender of any packet brings an entry we have up to date; only one that
 * asks us makes a new one (RFC 826, "Packet Reception").  Who is not on a
 * network of this link is not learnt.
 */
static void ON_CPU
arp_learn(struct cpu *c, const struct ifnet *ifp, const struct arp_info *ai,
    bool tous)
{
	struct addr sender = addr_v4(ai->ai_spa);
	enum neigh_news news = NN_ANNOUNCE;

	if (ai->ai_spa == 0 || arp_source(ifp, ai->ai_spa, false) == 0)
		return;
	if (tous)
		news = ai->ai_op == ARPOP_REPLY ? NN_REPLY : NN_REQUEST;
	neigh_heard(
	    c, ifp->if_index, &sender, ai->ai_sha, news, NNF_OVERRIDE);
}

static enum arpstat ON_CPU
arp_packet(struct cpu *c, struct ifnet *ifp, const struct arp_info *ai)
{
	bool tous;

	if (mac_eq(ai->ai_sha, ifp->if_mac))
		return ars_looped;
	tous = arp_is_ours(ifp, ai->ai_tpa);
	if (!tous)
		cpu_in_vain(c, ifp->if_index); /* as a rule */
	if ((tous || arp_is_ours(ifp, ai->ai_spa)) &&
	    !punt_take(c, ifp->if_index, PUNT_ARP))
		return ars_punt;
	stat_add(c, SG_ARP,
	    ai->ai_op == ARPOP_REPLY ? ars_replies : ars_requests, 1);
	if (arp_is_ours(ifp, ai->ai_spa)) {
		arp_conflict(c, ifp, ai);
		return ars_none;
	}
	arp_learn(c, ifp, ai, tous);
	if (tous && ai->ai_op == ARPOP_REQUEST)
		arp_answer(c, ifp, ai);
	return ars_none;
}

void
arp_input(struct cpu *c, struct mvec *mv)
{
	struct arp_info ai;
	enum arpstat why;
	unsigned i;

	stat_add(c, SG_ARP, ars_in, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		struct ifnet *ifp = if_lookup(c->c_sp, m->m_rcvif);

		(void)m_pullup(c, m, sizeof(struct arp_wire));
		why = arp_parse(mtod(m, const uint8_t *), m->m_len, &ai);
		if (why == ars_none)
			why = ifp == NULL ? ars_noif : arp_packet(c, ifp, &ai);
		if (why != ars_none) {
			m_drop(c, m, SG_ARP, why);
			continue;
		}
		stat_add(c, SG_PATH, pks_delivered, 1);
		m_free(c, m);
	}
}

static void ON_CPU
arp_request(struct cpu *c, struct ifnet *ifp, const struct neigh_solicit *ns)
{
	uint32_t tpa = ns->ns_target.a_v4;
	uint32_t spa = arp_source(ifp, tpa, true);
	struct arp_info ai;

	if (spa == 0) {
		stat_add(c, SG_ARP, ars_nosrc, 1);
		return;
	}
	ai = arp_make(ifp, ARPOP_REQUEST, spa, mac_none, tpa);
	if (arp_send(c, ifp, &ai, ns->ns_unicast ? ns->ns_mac : mac_all))
		stat_add(c, SG_ARP, ars_asked, 1);
}

static void
arp_solicit(struct endpoint *ep, struct msg *msg)
{
	struct neigh_solicit *ns =
	    container_of(msg, struct neigh_solicit, ns_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = if_lookup(c->c_sp, ns->ns_ifindex);

	role_enter(&on_cpu);
	if (ifp != NULL)
		arp_request(c, ifp, ns);
	msg_done(ep, msg);
}

const struct neigh_proto arp_proto = { .np_solicit = arp_solicit };

/* RFC 5227, 2.3: a request whose sender and target are the same address. */
void
arp_cpu_announce(struct endpoint *ep, struct msg *msg)
{
	struct arp_own_msg *aom =
	    container_of(msg, struct arp_own_msg, aom_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = if_lookup(c->c_sp, aom->aom_ifindex);
	uint32_t a = aom->aom_addr;
	struct arp_info ai;

	role_enter(&on_cpu);
	if (ifp != NULL && arp_is_ours(ifp, a)) {
		ai = arp_make(ifp, ARPOP_REQUEST, a, mac_none, a);
		if (arp_send(c, ifp, &ai, mac_all))
			stat_add(c, SG_ARP, ars_announced, 1);
	}
	msg_done(ep, msg);
}
