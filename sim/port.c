/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports: a host's interfaces, with their driver's functions wrapped.
 */
#include <stdio.h>
#include <string.h>

#include "route/neigh.h"
#include "route/route.h"
#include "sim/sim_int.h"

struct attach {
	struct port	*at_port;
	const struct dev_conf *at_conf;
	int		 at_error;
	char		 at_err[256];
};

static int
port_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	struct port *po = port_of(ifp);
	int error = po->po_real->do_open(ifp, dc, err, errlen);

	po->po_open = error == 0;
	return error;
}

static void
port_close(struct ifnet *ifp)
{
	struct port *po = port_of(ifp);

	po->po_real->do_close(ifp);
	po->po_open = false;
}

/* One at a time, so that only what is taken is written. */
static unsigned
port_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct port *po = port_of(txq->txq_if);
	unsigned i;

	if (po->po_pcap == NULL)
		return po->po_real->do_tx(c, txq, mm, n);
	for (i = 0; i < n; i++) {
		sim_pcap_mbuf(po->po_pcap, sim_now(po->po_host->h_sim), mm[i]);
		if (po->po_real->do_tx(c, txq, &mm[i], 1) == 0)
			break;
	}
	return i;
}

static void
port_attach_job(struct ctl *ctl, void *arg)
{
	struct attach *at = arg;
	struct port *po = at->at_port;
	struct dev_conf conf = *at->at_conf;

	role_enter(&on_ctl);
	conf.dc_rtable = po->po_rtable;
	at->at_error = if_attach(ctl, po->po_name, &po->po_ops, &conf,
	    &po->po_if, at->at_err, sizeof(at->at_err));
	if (at->at_error != 0)
		return;
	if_set_up(ctl, po->po_if, true);
	nhop_links(ctl);
}

void
port_reattach(struct port *po, const struct dev_conf *dc)
{
	struct attach at = { .at_port = po, .at_conf = dc };

	host_ctl(po->po_host, port_attach_job, &at);
	if (at.at_error != 0)
		SIM_FAIL(po->po_host->h_sim, "%s: %s: %s",
		    po->po_host->h_name, po->po_name, at.at_err);
}

void
port_attach(struct port *po, struct host *h, const char *ifname,
    const struct dev_ops *ops, const struct dev_conf *dc)
{
	po->po_ops = *ops;
	po->po_ops.do_open = port_open;
	po->po_ops.do_close = port_close;
	po->po_ops.do_tx = port_tx;
	po->po_real = ops;
	po->po_host = h;
	po->po_rtable = h->h_rtable;
	snprintf(po->po_name, sizeof(po->po_name), "%s", ifname);
	po->po_next = h->h_ports;
	h->h_ports = po;
	port_reattach(po, dc);
}

void
port_forget(struct ctl *ctl, struct ifnet *ifp)
{
	while (if_addrs(ifp)->ias_n > 0) {
		struct ifaddr ifa = if_addrs(ifp)->ias_a[0];

		(void)if_addr_delete(ctl, ifp, &ifa.ifa_addr);
		(void)route_address(ctl, ifp, &ifa, false);
	}
	(void)route_publish(ctl);
	neigh_flush(ctl, ifp->if_index);
}

static void
port_detach_job(struct ctl *ctl, void *arg)
{
	struct port *po = arg;

	role_enter(&on_ctl);
	port_forget(ctl, po->po_if);
	if_detach(ctl, po->po_if);
	nhop_links(ctl);
	po->po_if = NULL;
}

void
host_detach(struct host *h, const char *ifname)
{
	struct port *po = host_port(h, ifname);
	struct sim *s = h->h_sim;

	host_ctl(h, port_detach_job, po);
	SIM_UNTIL(s, !po->po_open, NS_S);
}
