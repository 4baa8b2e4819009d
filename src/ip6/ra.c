/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router discovery: what its two sides share, and what CPUs do for it.
 *
 * ctl decides what is sent and when (ra_send.c, ra_host.c) and builds whole
 * packets; a CPU puts one into a buffer and on its way.  What a CPU hears it
 * parses and tells ctl, so much of it in a time as neigh_may_tell() lets pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ip6/nd6_parse.h"
#include "ip6/ra_int.h"
#include "path.h"

int
ra_ctl_init(struct ctl *ctl)
{
	ctl->ctl_ra = calloc(1, sizeof(*ctl->ctl_ra));
	return ctl->ctl_ra != NULL ? 0 : ENOMEM;
}

struct ra_packet *
ra_packet_new(struct ctl *ctl)
{
	struct ra_packet *rpk = malloc(sizeof(*rpk));

	if (rpk == NULL)
		return NULL;
	rpk->rpk_next = ctl->ctl_ra->rac_packets;
	ctl->ctl_ra->rac_packets = rpk;
	return rpk;
}

static void ON_CTL
ra_packet_free(struct ctl *ctl, struct ra_packet *rpk)
{
	struct ra_packet **p = &ctl->ctl_ra->rac_packets;

	while (*p != rpk)
		p = &(*p)->rpk_next;
	*p = rpk->rpk_next;
	free(rpk);
}

void
ra_packet_send(struct ctl *ctl, const struct ifnet *ifp, struct ra_packet *rpk,
    enum nd6stat what)
{
	struct ra_packet_msg *rpm = msg_alloc(&ctl->ctl_ep, sizeof(*rpm));

	if (rpm == NULL) {
		ra_packet_free(ctl, rpk);
		return;
	}
	rpm->rpm_packet = rpk;
	rpm->rpm_ifindex = ifp->if_index;
	rpm->rpm_stat = (uint16_t)what;
	rpm->rpm_cpu = ifp->if_txcpu[0];
	rpm->rpm_msg.msg_fn = ra_cpu_send;
	msg_send(&ctl->ctl_ep, rpm->rpm_cpu, &rpm->rpm_msg);
}

bool
ra_sending(const struct ctl *ctl)
{
	return ctl->ctl_ra->rac_packets != NULL;
}

static void ON_CPU
ra_send_packet(struct cpu *c, const struct ifnet *ifp,
    const struct ra_packet *rpk, enum nd6stat what)
{
	struct mbuf *m = m_alloc(c);

	if (m == NULL) {
		stat_add(c, SG_ND6, nds_nobufs, 1);
		return;
	}
	memcpy(m->m_data, rpk->rpk_bytes, rpk->rpk_len);
	m->m_len = m->m_pktlen = rpk->rpk_len;
	stat_add(c, SG_PATH, pks_originated, 1);
	stat_add(c, SG_ND6, what, 1);
	m->m_nh = 0; /* a neighbour on m_oif, or a group */
	m->m_oif = ifp->if_index;
	path_next(c, ST_RESOLVE, m);
}

void
ra_cpu_send(struct endpoint *ep, struct msg *msg)
{
	struct ra_packet_msg *rpm =
	    container_of(msg, struct ra_packet_msg, rpm_msg);
	struct cpu *c = endpoint_cpu(ep);
	const struct ifnet *ifp = if_lookup(c->c_sp, rpm->rpm_ifindex);

	role_enter(&on_cpu);
	if (ifp != NULL)
		ra_send_packet(c, ifp, rpm->rpm_packet, rpm->rpm_stat);
	msg->msg_fn = ra_ctl_sent;
	msg_send(ep, sp_ctl_id(c->c_sp), msg);
}

/*
 * The packet was on its way through the stages when the CPU said so; it has
 * left, or waits for room, when the CPU looks at messages again.
 */
void
ra_ctl_sent(struct endpoint *ep, struct msg *msg)
{
	const struct ra_packet_msg *rpm =
	    container_of(msg, struct ra_packet_msg, rpm_msg);

	role_enter(&on_ctl);
	msg->msg_fn = ra_cpu_left;
	msg_send(ep, rpm->rpm_cpu, msg);
}

void
ra_cpu_left(struct endpoint *ep, struct msg *msg)
{
	msg->msg_fn = ra_ctl_left;
	msg_send(ep, sp_ctl_id(endpoint_cpu(ep)->c_sp), msg);
}

void
ra_ctl_left(struct endpoint *ep, struct msg *msg)
{
	struct ra_packet_msg *rpm =
	    container_of(msg, struct ra_packet_msg, rpm_msg);

	role_enter(&on_ctl);
	ra_packet_free(endpoint_ctl(ep), rpm->rpm_packet);
	msg_done(ep, msg);
}

/* The one that each interface has by itself comes first. */
bool
ra_source(const struct ifnet *ifp, struct in6 *src)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	bool found = false;
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if (ifa->ifa_addr.a_family != ADDR_V6 ||
		    !in6_is_linklocal(ifa->ifa_addr.a_v6) ||
		    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
			continue;
		if (found && (ifa->ifa_flags & IFA_AUTO) == 0)
			continue;
		*src = ifa->ifa_addr.a_v6;
		found = true;
	}
	return found;
}

void
ra_solicit_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd)
{
	struct ra_solicit_msg *rsm;

	if ((atomic_load_explicit(&ifp->if_ra, memory_order_relaxed) &
		IFRA_SOLICITS) == 0 ||
	    !neigh_may_tell(c, ifp->if_index, NT_SOLICIT) ||
	    (rsm = msg_alloc(&c->c_ep, sizeof(*rsm))) == NULL)
		return; /* it will ask again */
	rsm->rsm_src = nd->nd_src;
	rsm->rsm_ifindex = ifp->if_index;
	rsm->rsm_msg.msg_fn = ra_ctl_solicited;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &rsm->rsm_msg);
}

/* Some prefixes of an advertisement; the rest is repeated. */
static bool ON_CPU
ra_tell_heard(struct cpu *c, const struct ifnet *ifp, const struct ra_info *ra,
    unsigned first)
{
	struct ra_heard_msg *rhm;

	if (!neigh_may_tell(c, ifp->if_index, NT_ROUTER) ||
	    (rhm = msg_alloc(&c->c_ep, sizeof(*rhm))) == NULL)
		return false; /* routers repeat themselves */
	rhm->rhm_src = ra->ra_src;
	rhm->rhm_mtu = ra->ra_mtu;
	rhm->rhm_ifindex = ifp->if_index;
	rhm->rhm_lifetime = ra->ra_lifetime;
	rhm->rhm_hlim = ra->ra_hlim;
	rhm->rhm_pref = ra->ra_pref;
	rhm->rhm_nprefix =
	    (uint8_t)umin(ra->ra_nprefix - first, RA_HEARD_PREFIXES);
	memcpy(rhm->rhm_prefix, ra->ra_prefix + first,
	    rhm->rhm_nprefix * sizeof(ra->ra_prefix[0]));
	rhm->rhm_msg.msg_fn = ra_ctl_heard;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &rhm->rhm_msg);
	return true;
}

void
ra_advert_input(struct cpu *c, struct ifnet *ifp, const struct nd6_info *nd,
    const uint8_t *p, size_t n)
{
	struct addr router = addr_v6(nd->nd_src);
	struct ra_info ra;
	unsigned first = 0;

	if ((atomic_load_explicit(&ifp->if_ra, memory_order_relaxed) &
		IFRA_ADVERTS) == 0) {
		stat_add(c, SG_ND6, nds_raignored, 1);
		return;
	}
	ra_parse(p, n, &ra);
	ra.ra_src = nd->nd_src;
	stat_add(c, SG_ND6, nds_rasurplus, ra.ra_more);
	if (nd->nd_haslla)
		neigh_heard(c, ifp->if_index, &router, nd->nd_lla, NN_REQUEST,
		    NNF_OVERRIDE | NNF_ROUTER);
	do {
		if (!ra_tell_heard(c, ifp, &ra, first))
			break;
		first += RA_HEARD_PREFIXES;
	} while (first < ra.ra_nprefix);
}
