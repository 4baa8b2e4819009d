/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Broken packets of every protocol and family at a router: it must live, its
 * ledger balance, and it must answer a ping afterwards.  A seed is 2,000
 * packets; --seeds 500 is a million.
 */
#include <string.h>

#include "lab.h"
#include "sim/broken.h"

#define PACKETS 2000
#define BURST   32

static void
broken(struct sim *s, enum broken_kind k)
{
	struct broken_net bn;
	struct lab l;
	struct frame f;
	struct rnd r;
	struct wire *safe;
	struct ping *p;
	unsigned i;

	lab_make_mtu(&l, s, 2, 0, 1280);
	safe = sim_wire(s, l.l_r, "safe", 1);
	host_addr(l.l_r, "safe", "10.0.3.1/24");
	lab_ping(&l, 1);
	wire_anything(l.l_left);
	wire_anything(l.l_right);
	wire_anything(safe);
	memcpy(bn.bn_mac, host_mac(l.l_r, "left"), MAC_LEN);
	(void)addr_parse(&bn.bn_self4, "10.0.1.1");
	(void)addr_parse(&bn.bn_self6, "fd00:1::1");
	bn.bn_peer4 = l.l_a4->pr_addr;
	bn.bn_peer6 = l.l_a6->pr_addr;
	bn.bn_far4 = l.l_b4->pr_addr;
	bn.bn_far6 = l.l_b6->pr_addr;
	rnd_seed(&r, sim_seed(s) * BK_N + k);
	for (i = 0; i < PACKETS; i++) {
		broken_frame(&r, k, &bn, &f);
		wire_inject(l.l_left, &f);
		if (i % BURST == 0)
			sim_pass(s, 200000);
	}
	p = peer_ping(wire_peer(safe, "10.0.3.2/24", NULL), "10.0.3.1", 1,
	    NS_MS, 56);
	SIM_UNTIL(s, ping_done(p), 5 * NS_S);
}

#define X(kind, name)							\
	static void							\
	broken_##kind(struct sim *s)					\
	{								\
		broken(s, kind);					\
	}
BROKEN_KINDS(X)
#undef X

int
main(int argc, char **argv)
{
#define X(kind, name) { name, broken_##kind, 10 },
	static const struct scenario scenarios[] = { BROKEN_KINDS(X){
	    NULL, NULL, 0 } };
#undef X

	return sim_main(argc, argv, scenarios);
}
