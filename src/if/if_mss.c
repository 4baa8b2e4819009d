/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces whose TCP segments are told to be smaller.  CPUs look at the
 * number of them (sp_mss) once for a vector, and at nothing else while it is 0.
 */
#include "if/if_int.h"

void
if_mss_count(struct ctl *ctl)
{
	unsigned i, n = 0;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && if_mss(ifp) != IF_MSS_ANY)
			n++;
	}
	atomic_store_explicit(&ctl->ctl_sp->sp_mss, n, memory_order_relaxed);
}

void
if_set_mss(struct ctl *ctl, struct ifnet *ifp, unsigned mss)
{
	atomic_store_explicit(
	    &ifp->if_mss, (uint16_t)mss, memory_order_relaxed);
	if_mss_count(ctl);
}
