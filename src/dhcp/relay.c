/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interfaces relay DHCP, and what both families have in common.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/point.h"
#include "dhcp/relay_int.h"

int
relay_set(struct ctl *ctl, struct ifnet *ifp, const struct relay *rl)
{
	struct relay *new = NULL, *old;

	if (rl != NULL) {
		if ((new = malloc(sizeof(*new))) == NULL)
			return ENOMEM;
		*new = *rl;
	}
	old =
	    atomic_exchange_explicit(&ifp->if_relay, new, memory_order_acq_rel);
	sim_point(SP_PUBLISH);
	if (old != NULL)
		qsbr_retire(&ctl->ctl_sp->sp_qsbr, old, sizeof(*old), free);
	if_feature_count(ctl);
	return 0;
}

/* An identifier, if there is one, is the same. */
static bool
id_same(const uint8_t *a, unsigned na, const uint8_t *b, unsigned nb)
{
	return na == nb && memcmp(a, b, na) == 0;
}

static bool
relay_same(const struct relay *a, const struct relay *b)
{
	return a->rl_n4 == b->rl_n4 && a->rl_n6 == b->rl_n6 &&
	    memcmp(a->rl_server4, b->rl_server4,
		a->rl_n4 * sizeof(a->rl_server4[0])) == 0 &&
	    memcmp(a->rl_server6, b->rl_server6,
		a->rl_n6 * sizeof(a->rl_server6[0])) == 0 &&
	    a->rl_addr4 == b->rl_addr4 &&
	    in6_eq(a->rl_addr6, b->rl_addr6) && a->rl_hops4 == b->rl_hops4 &&
	    a->rl_hops6 == b->rl_hops6 && a->rl_agent == b->rl_agent &&
	    a->rl_policy == b->rl_policy &&
	    id_same(a->rl_circuit, a->rl_circuitlen, b->rl_circuit,
		b->rl_circuitlen) &&
	    id_same(
		a->rl_remote, a->rl_remotelen, b->rl_remote, b->rl_remotelen);
}

bool
relay_is(const struct ifnet *ifp, const struct relay *rl)
{
	const struct relay *is = if_relay(ifp);

	return is == NULL || rl == NULL ? is == rl : relay_same(is, rl);
}

const uint8_t *
relay_circuit(const struct ifnet *ifp, const struct relay *rl, size_t *n)
{
	if (rl->rl_circuitlen != 0) {
		*n = rl->rl_circuitlen;
		return rl->rl_circuit;
	}
	*n = strlen(ifp->if_name);
	return (const uint8_t *)ifp->if_name;
}

/* The interface's first that can be used; NULL: none. */
static const struct addr *
first_address(const struct ifnet *ifp, unsigned family)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if (ifa->ifa_addr.a_family != family ||
		    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0 ||
		    (family == ADDR_V6 && in6_is_linklocal(ifa->ifa_addr.a_v6)))
			continue;
		return &ifa->ifa_addr;
	}
	return NULL;
}

bool
relay_address(const struct ifnet *ifp, const struct relay *rl, unsigned family,
    struct addr *a)
{
	const struct addr *first;

	if (family == ADDR_V4 && rl->rl_addr4 != 0) {
		*a = addr_v4(rl->rl_addr4);
		return true;
	}
	if (family == ADDR_V6 && !in6_is_unspecified(rl->rl_addr6)) {
		*a = addr_v6(rl->rl_addr6);
		return true;
	}
	if ((first = first_address(ifp, family)) != NULL)
		*a = *first;
	return first != NULL;
}

void
relay_done(struct cpu *c, struct mbuf *m, enum relaystat what)
{
	stat_add(c, SG_DHCP, what, 1);
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}

bool
relay_take(struct cpu *c, enum icmp_budget b)
{
	return icmp_limit_take(c, b, tun(c->c_sp, relay_rate));
}
