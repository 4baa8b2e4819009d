/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery on a CPU: RFC 4861, 7; RFC 4862, 5.4.3 and 5.4.4.
 *
 * A message is parsed, tells the neighbour table about its sender or target,
 * and is answered if it asks for an address of ours on the interface it came
 * by.  What touches an address that ctl is still probing goes to ctl alone: a
 * tentative address answers nobody and sends nothing.  Whether and when we
 * solicit, probe and announce is ctl's decision (route/neigh_ctl.c,
 * nd6_ctl.c); the packets are built here.
 */
#include <string.h>

#include "ether/ether.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_int.h"
#include "ip6/nd6_parse.h"
#include "ip6/ra_int.h"
#include "path.h"
#include "route/fib6.h"
#include "route/nhop.h"

#define IFA_UNUSABLE (IFA_TENTATIVE | IFA_DUPLICATE)

static const struct in6 in6_allnodes = { UINT64_C(0xff02000000000000), 1 };

/*
 * Address of ours to ask for target from: of its network, else link-local;
 * unspecified if there is none (RFC 4861, 7.2.2).
 */
static struct in6
nd6_source(const struct ifnet *ifp, struct in6 target)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct addr to = addr_v6(target);
	struct in6 found = { 0, 0 };
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];
		struct prefix p = { ifa->ifa_addr, ifa->ifa_plen };

		if (ifa->ifa_addr.a_family != ADDR_V6 ||
		    (ifa->ifa_flags & IFA_UNUSABLE) != 0)
			continue;
		if (prefix_match(&p, &to))
			return ifa->ifa_addr.a_v6;
		if (in6_is_linklocal(ifa->ifa_addr.a_v6))
			found = ifa->ifa_addr.a_v6;
	}
	return found;
}

/*
 * Whether an address is on the link for sure: of a network of ours that is
 * there, or that a router has told us of (RFC 5942, 4).
 */
static bool
nd6_is_onlink(const struct ifnet *ifp, struct in6 a)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct addr addr = addr_v6(a);
	const struct fib6 *fib;
	const struct nhop *nh;
	unsigned i;

	if (in6_is_linklocal(a))
		return true;
	for (i = 0; i < ias->ias_n; i++) {
		struct prefix p = { ias->ias_a[i].ifa_addr,
			ias->ias_a[i].ifa_plen };

		if ((ias->ias_a[i].ifa_flags & IFA_SLAAC) == 0 &&
		    prefix_match(&p, &addr))
			return true;
	}
	fib = atomic_load_explicit(&ifp->if_sp->sp_rt[ifp->if_rtable].rt_fib6,
	    memory_order_acquire);
	nh = nhop_lookup(ifp->if_sp, fib6_lookup(fib, &a));
	return nh->nh_type == NH_CONNECTED && nh->nh_ifindex == ifp->if_index;
}

/*
 * Send nd, to mac if that is known; else its destination is resolved, or is a
 * group.  Counts as "what" if it was sent.
 */
static void ON_CPU
nd6_send(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd,
    const uint8_t *mac, enum nd6stat what)
{
	struct mbuf *m = m_alloc(c);

	if (m == NULL) {
		stat_add(c, SG_ND6, nds_nobufs, 1);
		return;
	}
	m->m_len = m->m_pktlen = nd6_build(m->m_data, nd);
	stat_add(c, SG_PATH, pks_originated, 1);
	stat_add(c, SG_ND6, what, 1);
	if (mac != NULL) {
		ether_send(c, ifp, m, mac, ETHERTYPE_IPV6);
		return;
	}
	m->m_nh = 0; /* a neighbour on m_oif */
	m->m_oif = ifp->if_index;
	path_next(c, ST_RESOLVE, m);
}

/* An advertisement of an address of ours, without a destination. */
static struct nd6_info
nd6_advert(struct cpu *c, const struct ifnet *ifp, struct in6 target)
{
	struct nd6_info nd = { .nd_type = ND6_NA,
		.nd_flags = ND6_NA_OVERRIDE,
		.nd_src = target,
		.nd_target = target,
		.nd_haslla = true };

	if (tun(c->c_sp, ip6_forwarding))
		nd.nd_flags |= ND6_NA_ROUTER;
	memcpy(nd.nd_lla, ifp->if_mac, MAC_LEN);
	return nd;
}

/* RFC 4861, 7.2.4; a prober has no address yet and is told by all nodes'. */
static void ON_CPU
nd6_answer(struct cpu *c, struct ifnet *ifp, const struct nd6_info *ns)
{
	struct nd6_info na = nd6_advert(c, ifp, ns->nd_target);

	if (in6_is_unspecified(ns->nd_src)) {
		na.nd_dst = in6_allnodes;
	} else {
		na.nd_dst = ns->nd_src;
		na.nd_flags |= ND6_NA_SOLICITED;
	}
	nd6_send(
	    c, ifp, &na, ns->nd_haslla ? ns->nd_lla : NULL, nds_answered);
}

/* Another station has, or wants, an address of ours. */
static void ON_CPU
nd6_conflict(struct cpu *c, const struct ifnet *ifp, struct in6 addr,
    const struct nd6_info *nd)
{
	struct nd6_own_msg *nom;

	stat_add(c, SG_ND6, nds_conflicts, 1);
	if (!neigh_may_tell(c, ifp->if_index, NT_CONFLICT) ||
	    (nom = msg_alloc(&c->c_ep, sizeof(*nom))) == NULL)
		return; /* it will do it again */
	nom->nom_addr = addr;
	nom->nom_ifindex = ifp->if_index;
	nom->nom_hasmac = nd->nd_haslla;
	nom->nom_hasnonce = nd->nd_hasnonce;
	memcpy(nom->nom_mac, nd->nd_lla, ETHER_ALEN);
	memcpy(nom->nom_nonce, nd->nd_nonce, ND6_NONCELEN);
	nom->nom_msg.msg_fn = nd6_ctl_conflict;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &nom->nom_msg);
}

/*
 * Whether ifp has the address, with its flags.  One that was found to be a
 * duplicate is the other host's.
 */
static bool
nd6_is_ours(const struct ifnet *ifp, struct in6 a, unsigned *flags)
{
	struct addr addr = addr_v6(a);

	*flags = 0;
	return if_has_addr(ifp, &addr, flags) && (*flags & IFA_DUPLICATE) == 0;
}

static bool
nd6_is_looped(const struct ifnet *ifp, const struct nd6_info *nd)
{
	return nd->nd_haslla && mac_eq(nd->nd_lla, ifp->if_mac);
}

/* RFC 4861, 7.2.3; for a tentative target RFC 4862, 5.4.3. */
static enum nd6stat ON_CPU
nd6_ns_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd)
{
	struct addr sender = addr_v6(nd->nd_src);
	unsigned flags, srcflags;

	if (nd6_is_looped(ifp, nd))
		return nds_looped;
	if (!nd6_is_ours(ifp, nd->nd_target, &flags))
		return nds_none;
	if ((flags & IFA_TENTATIVE) != 0) {
		if (in6_is_unspecified(nd->nd_src))
			nd6_conflict(c, ifp, nd->nd_target, nd);
		return nds_none;
	}
	if (nd6_is_ours(ifp, nd->nd_src, &srcflags)) {
		nd6_conflict(c, ifp, nd->nd_src, nd);
		return nds_none;
	}
	if (nd->nd_haslla && nd6_is_onlink(ifp, nd->nd_src))
		neigh_heard(c, ifp->if_index, &sender, nd->nd_lla, NN_REQUEST,
		    NNF_OVERRIDE);
	nd6_answer(c, ifp, nd);
	return nds_none;
}

/*
 * RFC 4861, 7.2.5.  Without a MAC it can only confirm the one we know; who
 * sent it did not have to repeat it when asked by unicast (4.4).
 */
static void ON_CPU
nd6_na_heard(struct cpu *c, const struct ifnet *ifp, const struct nd6_info *nd)
{
	struct addr target = addr_v6(nd->nd_target);
	const uint8_t *mac = nd->nd_lla;
	const struct lle *lle;
	unsigned flags = 0;

	if (!nd->nd_haslla) {
		lle = neigh_lookup6(c->c_sp, ifp->if_index, &nd->nd_target);
		if (lle == NULL)
			return;
		mac = lle->lle_hdr;
	}
	if ((nd->nd_flags & ND6_NA_OVERRIDE) != 0)
		flags |= NNF_OVERRIDE;
	if ((nd->nd_flags & ND6_NA_ROUTER) != 0)
		flags |= NNF_ROUTER;
	neigh_heard(c, ifp->if_index, &target, mac,
	    (nd->nd_flags & ND6_NA_SOLICITED) != 0 ? NN_REPLY : NN_ANNOUNCE,
	    flags);
}

static enum nd6stat ON_CPU
nd6_na_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd)
{
	unsigned flags;

	if (nd6_is_looped(ifp, nd))
		return nds_looped;
	if (!nd6_is_ours(ifp, nd->nd_target, &flags))
		nd6_na_heard(c, ifp, nd);
	else
		nd6_conflict(c, ifp, nd->nd_target, nd);
	return nds_none;
}

/* RFC 4861, 6.2.6: who asks for routers is a neighbour. */
static void ON_CPU
nd6_rs_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd)
{
	struct addr sender = addr_v6(nd->nd_src);

	if (nd->nd_haslla && nd6_is_onlink(ifp, nd->nd_src))
		neigh_heard(c, ifp->if_index, &sender, nd->nd_lla, NN_REQUEST,
		    NNF_OVERRIDE);
	ra_solicit_input(c, ifp, nd);
}

static enum nd6stat ON_CPU
nd6_ra_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd,
    const uint8_t *p, size_t n)
{
	if (nd6_is_looped(ifp, nd))
		return nds_looped;
	ra_advert_input(c, ifp, nd, p, n);
	return nds_none;
}

static enum nd6stat ON_CPU
nd6_dispatch(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd,
    const uint8_t *p, size_t n)
{
	switch (nd->nd_type) {
	case ND6_NS:
		stat_add(c, SG_ND6, nds_ns, 1);
		return nd6_ns_input(c, ifp, nd);
	case ND6_NA:
		stat_add(c, SG_ND6, nds_na, 1);
		return nd6_na_input(c, ifp, nd);
	case ND6_RS:
		stat_add(c, SG_ND6, nds_rs, 1);
		nd6_rs_input(c, ifp, nd);
		break;
	case ND6_RA:
		stat_add(c, SG_ND6, nds_ra, 1);
		return nd6_ra_input(c, ifp, nd, p, n);
	case ND6_REDIRECT:
		stat_add(c, SG_ND6, nds_redirect, 1);
		break;
	}
	return nds_none;
}

/* The message must be in one piece; nobody sends one that does not fit. */
static enum nd6stat ON_CPU
nd6_take(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    unsigned l4off)
{
	struct nd6_info nd = { .nd_src = i6->i6_src,
		.nd_dst = i6->i6_dst,
		.nd_hlim = i6->i6_hlim };
	struct ifnet *ifp = if_lookup(c->c_sp, m->m_rcvif);
	enum nd6stat why;

	if ((m->m_flags & MF_REASS) != 0)
		return nds_fragment; /* RFC 6980, 5 */
	if (l4off > i6->i6_len || !m_pullup(c, m, i6->i6_len))
		return nds_short;
	why = nd6_parse(m->m_data + l4off, i6->i6_len - l4off, &nd);
	if (why != nds_none)
		return why;
	return ifp == NULL ?
	    nds_noif :
	    nd6_dispatch(c, ifp, &nd, m->m_data + l4off, i6->i6_len - l4off);
}

void
nd6_input(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    unsigned l4off)
{
	enum nd6stat why;

	stat_add(c, SG_ND6, nds_in, 1);
	if ((why = nd6_take(c, m, i6, l4off)) != nds_none) {
		m_drop(c, m, SG_ND6, why);
		return;
	}
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}

static void ON_CPU
nd6_ask(struct cpu *c, struct ifnet *ifp, const struct neigh_solicit *ns)
{
	struct in6 target = ns->ns_target.a_v6;
	struct nd6_info nd = { .nd_type = ND6_NS,
		.nd_src = nd6_source(ifp, target),
		.nd_dst = in6_solicited_node(target),
		.nd_target = target,
		.nd_haslla = true };

	if (in6_is_unspecified(nd.nd_src)) {
		stat_add(c, SG_ND6, nds_nosrc, 1);
		return;
	}
	memcpy(nd.nd_lla, ifp->if_mac, MAC_LEN);
	if (ns->ns_unicast)
		nd.nd_dst = target;
	nd6_send(c, ifp, &nd, ns->ns_unicast ? ns->ns_mac : NULL, nds_asked);
}

static void
nd6_solicit(struct endpoint *ep, struct msg *msg)
{
	struct neigh_solicit *ns =
	    container_of(msg, struct neigh_solicit, ns_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = if_lookup(c->c_sp, ns->ns_ifindex);

	role_enter(&on_cpu);
	if (ifp != NULL)
		nd6_ask(c, ifp, ns);
	msg_done(ep, msg);
}

const struct neigh_proto nd6_proto = { .np_solicit = nd6_solicit };

/* RFC 4862, 5.4.2: from nobody, without our MAC; RFC 7527: with a nonce. */
void
nd6_cpu_probe(struct endpoint *ep, struct msg *msg)
{
	struct nd6_own_msg *nom =
	    container_of(msg, struct nd6_own_msg, nom_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = if_lookup(c->c_sp, nom->nom_ifindex);
	struct nd6_info nd = { .nd_type = ND6_NS,
		.nd_dst = in6_solicited_node(nom->nom_addr),
		.nd_target = nom->nom_addr,
		.nd_hasnonce = true };

	role_enter(&on_cpu);
	memcpy(nd.nd_nonce, nom->nom_nonce, ND6_NONCELEN);
	if (ifp != NULL)
		nd6_send(c, ifp, &nd, NULL, nds_dad);
	msg_done(ep, msg);
}

/* RFC 4861, 7.2.6. */
void
nd6_cpu_announce(struct endpoint *ep, struct msg *msg)
{
	struct nd6_own_msg *nom =
	    container_of(msg, struct nd6_own_msg, nom_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = if_lookup(c->c_sp, nom->nom_ifindex);
	struct nd6_info nd;
	unsigned flags;

	role_enter(&on_cpu);
	if (ifp != NULL && nd6_is_ours(ifp, nom->nom_addr, &flags) &&
	    (flags & IFA_UNUSABLE) == 0) {
		nd = nd6_advert(c, ifp, nom->nom_addr);
		nd.nd_dst = in6_allnodes;
		nd6_send(c, ifp, &nd, NULL, nds_announced);
	}
	msg_done(ep, msg);
}
