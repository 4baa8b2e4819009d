/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links: two hosts joined by a pair device, whose own counters must agree with
 * those of the interfaces.
 */
#include <stdlib.h>
#include <string.h>

#include "dev/drivers.h"
#include "dev/pair.h"
#include "sim/sim_int.h"

struct link {
	struct link	*l_next;
	struct pair	*l_pair;
	struct port	 l_port[2];
	bool		 l_again;	/* counters of interfaces began anew */
};

static const struct pair_impair link_plain = { .pi_delay = 5000 };

struct link *
link_next(const struct link *l)
{
	return l->l_next;
}

static struct pair *
link_pair(struct sim *s, unsigned queues, const struct pair_impair *impair,
    const struct pair_side *nic, bool offload)
{
	struct pair_conf pc = { .pc_seed = sim_below(s, UINT64_MAX),
		.pc_offload = offload };
	struct pair *p;
	unsigned i;

	if (nic != NULL) {
		pc.pc_side[1] = *nic;
		pc.pc_side[0].ps_mtu = nic->ps_mtu;
	}
	for (i = 0; i < 2; i++) {
		pc.pc_side[i].ps_queues = (uint16_t)queues;
		pc.pc_side[i].ps_impair =
		    impair != NULL ? *impair : link_plain;
	}
	if (pair_create(&pc, &p) != 0)
		SIM_FAIL(s, "cannot make a link");
	return p;
}

void
link_impair(struct link *l, const struct pair_impair *pi)
{
	pair_set_impair(pair_end(l->l_pair, 0), pi);
	pair_set_impair(pair_end(l->l_pair, 1), pi);
}

static struct link *
link_join(struct sim *s, struct host *a, const char *ifa, struct host *b,
    const char *ifb, unsigned queues, const struct pair_impair *impair,
    const struct pair_side *nic, bool offload)
{
	struct link *l = calloc(1, sizeof(*l));
	struct dev_conf dc = { .dc_driver = "pair", .dc_queues = queues };

	if (l == NULL)
		SIM_FAIL(s, "no memory");
	l->l_pair = link_pair(s, queues, impair, nic, offload);
	l->l_next = s->sm_links;
	s->sm_links = l;
	l->l_port[0].po_pcap = l->l_port[1].po_pcap = sim_pcap_open(s, ifa);
	dc.dc_pair = pair_end(l->l_pair, 0);
	port_attach(&l->l_port[0], a, ifa, &dev_pair, &dc);
	dc.dc_pair = pair_end(l->l_pair, 1);
	port_attach(&l->l_port[1], b, ifb, &dev_pair, &dc);
	return l;
}

struct link *
sim_link(struct sim *s, struct host *a, const char *ifa, struct host *b,
    const char *ifb, unsigned queues, const struct pair_impair *impair)
{
	return link_join(s, a, ifa, b, ifb, queues, impair, NULL, false);
}

struct link *
sim_link_nic(struct sim *s, struct host *a, const char *ifa, struct host *b,
    const char *ifb, unsigned queues, const struct pair_impair *impair,
    const struct pair_side *nic)
{
	return link_join(s, a, ifa, b, ifb, queues, impair, nic, false);
}

struct link *
sim_link_offload(struct sim *s, struct host *a, const char *ifa,
    struct host *b, const char *ifb, unsigned queues)
{
	return link_join(s, a, ifa, b, ifb, queues, NULL, NULL, true);
}

struct link *
sim_link_mtu(struct sim *s, struct host *a, const char *ifa, struct host *b,
    const char *ifb, unsigned queues, unsigned mtu)
{
	struct pair_side side = { .ps_mtu = (uint16_t)mtu };

	return sim_link_nic(s, a, ifa, b, ifb, queues, NULL, &side);
}

void
link_counts(const struct link *l, unsigned side, struct pair_counts *pn)
{
	pair_counts(pair_end(l->l_pair, side), pn);
}

void
link_reattach(struct link *l, unsigned side)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(l->l_pair, side) };

	l->l_again = true;
	port_reattach(&l->l_port[side], &dc);
}

bool
link_quiet(const struct link *l)
{
	struct pair_counts pn;
	unsigned i;

	for (i = 0; i < 2; i++) {
		pair_counts(pair_end(l->l_pair, i), &pn);
		if (pn.pn_underway != 0)
			return false;
	}
	return true;
}

static uint64_t
rx_packets(const struct port *po)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < po->po_if->if_nrxq; i++)
		n += stat_cell_read(&po->po_if->if_rxq[i].rxq_packets);
	return n;
}

static uint64_t
tx_packets(const struct port *po)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < po->po_if->if_ntxq; i++)
		n += stat_cell_read(&po->po_if->if_txq[i].txq_packets);
	return n;
}

/* What one side sent, the other received, or the link knows why not. */
void
link_check(struct sim *s, const struct link *l)
{
	struct pair_counts pn;
	unsigned i;

	for (i = 0; i < 2; i++) {
		const struct port *from = &l->l_port[i];
		const struct port *to = &l->l_port[!i];

		pair_counts(pair_end(l->l_pair, i), &pn);
		SIM_EQ(s, pn.pn_sent + pn.pn_duplicated,
		    pn.pn_received + pn.pn_lost + pn.pn_underway);
		if (l->l_again)
			continue;
		if (from->po_if != NULL)
			SIM_EQ(s, tx_packets(from), pn.pn_sent);
		if (to->po_if != NULL)
			SIM_EQ(s, rx_packets(to), pn.pn_received);
	}
}

void
link_destroy(struct link *l)
{
	sim_pcap_close(l->l_port[0].po_pcap);
	pair_destroy(l->l_pair);
	free(l);
}
