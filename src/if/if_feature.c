/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work that some interfaces ask for and most do not: TCP segments that are
 * told to be smaller, DHCP messages to be relayed.  CPUs look at the number of
 * such interfaces first, and at nothing else while it is 0.
 */
#include "if/if_int.h"

void
if_feature_count(struct ctl *ctl)
{
	unsigned i, mss = 0, relay = 0;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL)
			continue;
		mss += if_mss(ifp) != IF_MSS_ANY;
		relay += atomic_load_explicit(
			     &ifp->if_relay, memory_order_relaxed) != NULL;
	}
	atomic_store_explicit(&ctl->ctl_sp->sp_mss, mss, memory_order_relaxed);
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_relays, relay, memory_order_relaxed);
}

void
if_set_mss(struct ctl *ctl, struct ifnet *ifp, unsigned mss)
{
	atomic_store_explicit(
	    &ifp->if_mss, (uint16_t)mss, memory_order_relaxed);
	if_feature_count(ctl);
}
