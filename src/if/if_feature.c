/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work that some interfaces ask for and most do not: TCP segments that are
 * told to be smaller, DHCP messages to be relayed, sources to be checked.  CPUs
 * look at one word of the instance first, and at nothing else while it is 0.
 */
#include "if/if_int.h"

void
if_feature_count(struct ctl *ctl)
{
	unsigned i, mss = 0, relay = 0;
	uint32_t policies = 0;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL)
			continue;
		mss += if_mss(ifp) != IF_MSS_ANY;
		relay += atomic_load_explicit(
			     &ifp->if_relay, memory_order_relaxed) != NULL;
		policies |= if_policy(ifp);
	}
	atomic_store_explicit(&ctl->ctl_sp->sp_mss, mss, memory_order_relaxed);
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_relays, relay, memory_order_relaxed);
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_policies, policies, memory_order_relaxed);
}

void
if_set_mss(struct ctl *ctl, struct ifnet *ifp, unsigned mss)
{
	atomic_store_explicit(
	    &ifp->if_mss, (uint16_t)mss, memory_order_relaxed);
	if_feature_count(ctl);
}

void
if_set_policy(
    struct ctl *ctl, struct ifnet *ifp, uint32_t mask, uint32_t policy)
{
	atomic_store_explicit(&ifp->if_policy,
	    (if_policy(ifp) & ~mask) | (policy & mask), memory_order_relaxed);
	if_feature_count(ctl);
}

uint32_t
if_policy_vec(const struct spate *sp, const struct mvec *mv, uint32_t *policy)
{
	uint32_t all = 0, word = 0;
	unsigned i, rcvif = 0;

	for (i = 0; i < mv->mv_n; i++) {
		if (mv->mv_m[i]->m_rcvif != rcvif) {
			const struct ifnet *ifp;

			rcvif = mv->mv_m[i]->m_rcvif;
			ifp = if_lookup(sp, rcvif);
			word = ifp != NULL ? if_policy(ifp) : 0;
		}
		policy[i] = word;
		all |= word;
	}
	return all;
}
