/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that vanish and return under an interface that stays.
 *
 * Whoever deletes an interface of the kernel and makes it again wants what was
 * configured on it to go on.  So only the device goes: the interface loses its
 * carrier, CPUs let go of the queues (if_vanish()), the device is closed, and
 * when there is one again its queues take the place of the old (if_return()).
 * Index, generation, MAC, MTU, addresses and routes are the same as before.
 *
 * Nobody but ctl looks at the queues while there is no carrier: CPUs see that
 * it is gone before they are told to let go, and that it is there again only
 * after all else is in place (if_running()).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "if/if_int.h"

struct if_conf *
if_conf_copy(const struct dev_conf *dc)
{
	struct if_conf *ico;
	struct dev_conf *to;

	if ((ico = calloc(1, sizeof(*ico))) == NULL)
		return NULL;
	to = &ico->ico_dc;
	*to = *dc;
	to->dc_driver = NULL;
	to->dc_read = to->dc_write = NULL;
	to->dc_pair = NULL;
	to->dc_memif = NULL;
	if (dc->dc_device != NULL) {
		snprintf(ico->ico_device, sizeof(ico->ico_device), "%s",
		    dc->dc_device);
		to->dc_device = ico->ico_device;
	}
	if (dc->dc_mode != NULL) {
		snprintf(ico->ico_mode, sizeof(ico->ico_mode), "%s",
		    dc->dc_mode);
		to->dc_mode = ico->ico_mode;
	}
	to->dc_lower = NULL;
	to->dc_vlan = NULL;
	to->dc_mac = NULL; /* the interface has it */
	return ico;
}

void
if_link_set(struct ifnet *ifp, enum if_link link)
{
	const uint32_t all = IFS_CARRIER | IFS_GONE;
	uint32_t want = link == IFL_UP ? IFS_CARRIER :
	    link == IFL_GONE ? IFS_GONE : 0;
	uint32_t state =
	    atomic_load_explicit(&ifp->if_state, memory_order_relaxed);

	if ((state & all) == want)
		return;
	if ((state & IFS_CARRIER) != 0)
		ifp->if_wentdown++;
	atomic_fetch_and_explicit(
	    &ifp->if_state, ~(all & ~want), memory_order_relaxed);
	atomic_fetch_or_explicit(&ifp->if_state, want, memory_order_release);
}

static void
stats_add(struct dev_stats *to, const struct dev_stats *ds)
{
	to->ds_rx_dropped += ds->ds_rx_dropped;
	to->ds_rx_errors += ds->ds_rx_errors;
	to->ds_tx_errors += ds->ds_tx_errors;
}

void
if_close(struct ifnet *ifp)
{
	struct dev_stats ds = { 0 };

	if (ifp->if_dev == IFD_CLOSED)
		return;
	if (ifp->if_ops->do_stats != NULL)
		ifp->if_ops->do_stats(ifp, &ds);
	stats_add(&ifp->if_past, &ds);
	ifp->if_ops->do_close(ifp);
	ifp->if_softc = NULL;
	ifp->if_dev = IFD_CLOSED;
}

void
if_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	memset(ds, 0, sizeof(*ds));
	if (ifp->if_dev != IFD_CLOSED && ifp->if_ops->do_stats != NULL)
		ifp->if_ops->do_stats(ifp, ds);
	stats_add(ds, &ifp->if_past);
	if ((atomic_load_explicit(&ifp->if_state, memory_order_relaxed) &
	    IFS_GONE) != 0)
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "device %s is gone, and opened when it is back",
		    ifp->if_device);
}

static inline void
cell_move(stat_cell *to, const stat_cell *from)
{
	stat_cell_add(to, stat_cell_read(from));
}

/* What was counted goes on; there may be fewer queues than before. */
static void
if_counters_keep(const struct ifnet *ifp, struct ifnet *new)
{
	unsigned i;

	for (i = 0; i < ifp->if_nrxq; i++) {
		struct rxq *to = &new->if_rxq[i % new->if_nrxq];

		cell_move(&to->rxq_packets, &ifp->if_rxq[i].rxq_packets);
		cell_move(&to->rxq_bytes, &ifp->if_rxq[i].rxq_bytes);
	}
	for (i = 0; i < ifp->if_ntxq; i++) {
		struct txq *to = &new->if_txq[i % new->if_ntxq];

		cell_move(&to->txq_packets, &ifp->if_txq[i].txq_packets);
		cell_move(&to->txq_bytes, &ifp->if_txq[i].txq_bytes);
		cell_move(&to->txq_full, &ifp->if_txq[i].txq_full);
	}
}

/* The queues of the device that was opened as "new" become those of ifp. */
static void ON_CTL
if_queues_take(struct ifnet *ifp, struct ifnet *new)
{
	unsigned i;

	if_counters_keep(ifp, new);
	free(ifp->if_rxq);
	free(ifp->if_txq);
	ifp->if_rxq = new->if_rxq;
	ifp->if_txq = new->if_txq;
	ifp->if_nrxq = new->if_nrxq;
	ifp->if_ntxq = new->if_ntxq;
	for (i = 0; i < ifp->if_nrxq; i++)
		ifp->if_rxq[i].rxq_if = ifp;
	for (i = 0; i < ifp->if_ntxq; i++)
		ifp->if_txq[i].txq_if = ifp;
	memcpy(ifp->if_tx, new->if_tx, sizeof(ifp->if_tx));
	memcpy(ifp->if_txcpu, new->if_txcpu, sizeof(ifp->if_txcpu));
	memcpy(ifp->if_device, new->if_device, sizeof(ifp->if_device));
	ifp->if_softc = new->if_softc;
	ifp->if_hwkey = new->if_hwkey;
	ifp->if_hwtable = new->if_hwtable;
	ifp->if_dev = IFD_OPEN;
	atomic_store_explicit(&ifp->if_caps, new->if_caps,
	    memory_order_relaxed);
	if_link_set(ifp, if_carrier(new) ? IFL_UP : IFL_DOWN);
}

/* Open the device on a stand-in, for there are readers of ifp. */
static int ON_CTL
if_open_again(struct ctl *ctl, struct ifnet *ifp, struct ifnet *new, char *err,
    size_t errlen)
{
	struct dev_conf dc = ifp->if_conf->ico_dc;
	unsigned queues =
	    dc.dc_queues != 0 ? dc.dc_queues : ctl->ctl_sp->sp_ncpus;
	int error;

	memcpy(new->if_name, ifp->if_name, sizeof(new->if_name));
	new->if_index = ifp->if_index;
	new->if_gen = ifp->if_gen;
	new->if_rtable = ifp->if_rtable;
	new->if_sp = ifp->if_sp;
	new->if_ops = ifp->if_ops;
	dc.dc_driver = ifp->if_ops->do_name;
	dc.dc_mtu = ifp->if_mtu; /* routes have it, too */
	dc.dc_mac = ifp->if_mac;
	if ((error = if_set_queues(new, queues, queues)) != 0) {
		snprintf(err, errlen, "%s: no memory", ifp->if_name);
		return error;
	}
	if ((error = if_open(ctl, new, &dc, err, errlen)) != 0)
		return error;
	if (new->if_mtu == ifp->if_mtu)
		return 0;
	snprintf(err, errlen, "%s: MTU %u, it was %u", ifp->if_name,
	    new->if_mtu, ifp->if_mtu);
	new->if_ops->do_close(new);
	return EINVAL;
}

int
if_return(struct ctl *ctl, struct ifnet *ifp, char *err, size_t errlen)
{
	struct if_queues_msg *iqm[CPU_MAX];
	struct ifnet *new;
	int error;

	err[0] = '\0';
	if (ifp->if_dev != IFD_CLOSED)
		return EINPROGRESS;
	if ((new = calloc(1, sizeof(*new))) == NULL)
		return ENOMEM;
	error = if_open_again(ctl, ifp, new, err, errlen);
	if (error == 0 && (error = if_msgs_alloc(ctl, iqm)) != 0)
		new->if_ops->do_close(new);
	if (error != 0) {
		free(new->if_rxq);
		free(new->if_txq);
	} else {
		if_queues_take(ifp, new);
		if_msgs_send(ctl, iqm, ifp, cpu_serve_queues);
	}
	free(new);
	return error;
}
