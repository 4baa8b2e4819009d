/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A router between two wires; see lab.h.
 */
#include "lab.h"

void
lab_make_host(struct lab *l, struct sim *s, struct host *r, unsigned queues,
    unsigned left, unsigned right)
{
	l->l_sim = s;
	l->l_r = r;
	l->l_left = sim_wire_mtu(s, r, "left", queues, left);
	l->l_right = sim_wire_mtu(s, r, "right", queues, right);
	host_addr(l->l_r, "left", "10.0.1.1/24");
	host_addr(l->l_r, "left", "fd00:1::1/64");
	host_addr(l->l_r, "right", "10.0.2.1/24");
	host_addr(l->l_r, "right", "fd00:2::1/64");
	l->l_a4 = wire_peer(l->l_left, "10.0.1.2/24", "10.0.1.1");
	l->l_a6 = wire_peer(l->l_left, "fd00:1::2/64", "fd00:1::1");
	l->l_b4 = wire_peer(l->l_right, "10.0.2.2/24", "10.0.2.1");
	l->l_b6 = wire_peer(l->l_right, "fd00:2::2/64", "fd00:2::1");
}

void
lab_make_mtu(struct lab *l, struct sim *s, unsigned ncpus, unsigned queues,
    unsigned mtu)
{
	lab_make_host(l, s, sim_host(s, "r", ncpus), queues, 0, mtu);
}

void
lab_make(struct lab *l, struct sim *s, unsigned ncpus, unsigned queues)
{
	lab_make_mtu(l, s, ncpus, queues, 0);
}

void
lab_ping(struct lab *l, unsigned n)
{
	struct ping *p4 = peer_ping(l->l_a4, l->l_b4->pr_text, n, NS_MS, 56);
	struct ping *p6 = peer_ping(l->l_a6, l->l_b6->pr_text, n, NS_MS, 56);

	SIM_UNTIL(l->l_sim, ping_done(p4) && ping_done(p6),
	    3 * NS_S + n * NS_MS);
	SIM_EQ(l->l_sim, p4->pg_dups + p6->pg_dups, 0);
}
