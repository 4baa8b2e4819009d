/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces without a device, which stand on others, and what passed an
 * interface of either kind.
 *
 * A virtual interface knows its lower one by index and generation; when that
 * goes it stays, without a link, until it is detached itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "if/if.h"
#include "if/if_int.h"

int
if_virtual_init(struct ifnet *ifp)
{
	ifp->if_count =
	    lines_alloc(ifp->if_sp->sp_ncpus, sizeof(*ifp->if_count));
	return ifp->if_count != NULL ? 0 : ENOMEM;
}

static bool
if_set_carrier(struct ifnet *ifp, bool on)
{
	uint32_t old;

	if (on)
		old = atomic_fetch_or_explicit(
		    &ifp->if_state, IFS_CARRIER, memory_order_relaxed);
	else
		old = atomic_fetch_and_explicit(&ifp->if_state,
		    ~(uint32_t)IFS_CARRIER, memory_order_relaxed);
	return ((old & IFS_CARRIER) != 0) != on;
}

/* One may stand on the next: until nothing changes, which is bounded. */
void
if_follow(struct ctl *ctl)
{
	bool changed;
	unsigned i;

	do {
		changed = false;
		for (i = 1; i < IF_MAX; i++) {
			struct ifnet *ifp = if_lookup(ctl->ctl_sp, i), *lower;

			if (ifp == NULL || ifp->if_lower == 0)
				continue;
			lower = if_lower(ifp);
			changed |= if_set_carrier(
			    ifp, lower != NULL && if_running(lower));
		}
	} while (changed);
}

void
if_virtual_orphan(struct ctl *ctl, const struct ifnet *gone)
{
	unsigned i;

	if_follow(ctl);
	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && ifp->if_lower == gone->if_index &&
		    ifp->if_lowergen == gone->if_gen)
			log_warn(&ctl->ctl_sp->sp_env.env_log,
			    "%s: link is down: %s, on which it stands, is gone",
			    ifp->if_name, gone->if_name);
	}
}

void
if_counts(const struct ifnet *ifp, struct if_counts *ic)
{
	unsigned i, n = ifp->if_count != NULL ? ifp->if_sp->sp_ncpus : 0;

	memset(ic, 0, sizeof(*ic));
	for (i = 0; i < ifp->if_nrxq; i++) {
		ic->ic_rx_packets +=
		    stat_cell_read(&ifp->if_rxq[i].rxq_packets);
		ic->ic_rx_bytes += stat_cell_read(&ifp->if_rxq[i].rxq_bytes);
	}
	for (i = 0; i < ifp->if_ntxq; i++) {
		ic->ic_tx_packets +=
		    stat_cell_read(&ifp->if_txq[i].txq_packets);
		ic->ic_tx_bytes += stat_cell_read(&ifp->if_txq[i].txq_bytes);
	}
	for (i = 0; i < n; i++) {
		const struct ifcount *ifc = &ifp->if_count[i];

		ic->ic_rx_packets += stat_cell_read(&ifc->ifc_rx_packets);
		ic->ic_rx_bytes += stat_cell_read(&ifc->ifc_rx_bytes);
		ic->ic_tx_packets += stat_cell_read(&ifc->ifc_tx_packets);
		ic->ic_tx_bytes += stat_cell_read(&ifc->ifc_tx_bytes);
	}
}
