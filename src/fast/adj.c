/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making adjacencies; see adj.h.
 *
 * Why a_lle may be kept beyond a round: ctl moves sp_hopgen on before it
 * retires an entry.  A CPU that still reads the old number does so in a round
 * that began before, for which the entry waits.
 */
#include "fast/adj.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "fast/fast.h"
#include "if/if.h"
#include "ip6/ip6_wire.h"

int
fast_cpu_init(struct cpu *c)
{
	if ((c->c_fast = lines_alloc(1, sizeof(*c->c_fast))) == NULL)
		return ENOMEM;
	rnd_seed(&c->c_fast->fc_rnd,
	    hash_mix64(c->c_sp->sp_env.env_seed + c->c_id));
	return 0;
}

void
fast_cpu_fini(struct cpu *c)
{
	if (c->c_fast != NULL)
		flow_fini(&c->c_fast->fc_flow);
	free(c->c_fast);
	c->c_fast = NULL;
}

void
adj_begin(struct cpu *c)
{
	struct fast_cpu *fc = c->c_fast;

	/* Number 0 is never used: fresh memory fits nothing. */
	if (++fc->fc_turn == 0) {
		memset(fc->fc_hop, 0, sizeof(fc->fc_hop));
		memset(fc->fc_dst, 0, sizeof(fc->fc_dst));
		memset(fc->fc_ifturn, 0, sizeof(fc->fc_ifturn));
	}
	fc->fc_turn += fc->fc_turn == 0;
	fc->fc_gen = atomic_load_explicit(
	    &c->c_sp->sp_hopgen, memory_order_acquire);
	fc->fc_flows = flow_begin(c, &fc->fc_flow, fc->fc_gen);
}

/* The interface runs and has a link layer. */
static bool
adj_if_good(const struct cpu *c, unsigned oif)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, oif);

	return ifp != NULL && if_running(ifp) &&
	    (ifp->if_caps & IFCAP_LOOPBACK) == 0;
}

bool
adj_if_looked(struct cpu *c, unsigned oif)
{
	if (!adj_if_good(c, oif))
		return false;
	c->c_fast->fc_ifturn[oif] = c->c_fast->fc_turn;
	return true;
}

/* Addresses whose MAC follows from them have no neighbour. */
static bool
adj_is_group(const struct addr *gw)
{
	if (gw->a_family == ADDR_V6)
		return in6_is_multicast(gw->a_v6);
	return in_is_broadcast(gw->a_v4) || in_is_multicast(gw->a_v4);
}

/* a leads to addr, if nothing waits that must leave first. */
static bool ON_CPU
adj_neigh(struct cpu *c, struct adj *a, const struct addr *addr)
{
	a->a_lle = neigh_lookup(c, a->a_oif, addr);
	if (a->a_lle == NULL || neigh_holds(c, a->a_oif, addr))
		return false;
	memcpy(a->a_hdr, a->a_lle->lle_hdr, sizeof(a->a_hdr));
	return true;
}

static bool ON_CPU
adj_make(struct cpu *c, struct adj *a, unsigned vers, uint32_t index)
{
	const struct nhop *nh = nhop_lookup(c->c_sp, index);

	a->a_vers = 0;
	a->a_nh = index;
	a->a_gen = c->c_fast->fc_gen;
	a->a_oif = nh->nh_ifindex;
	a->a_linkmtu = vers == 6 ? (uint16_t)umax(nh->nh_mtu, IP6_MTU_MIN) :
	    nh->nh_mtu;
	a->a_mtu = a->a_linkmtu;
	a->a_lle = NULL;
	if (nh->nh_type == NH_CONNECTED)
		a->a_mtu = 0;
	else if (nh->nh_type != NH_GATEWAY || nh->nh_gw.a_family != vers ||
	    adj_is_group(&nh->nh_gw) || !adj_neigh(c, a, &nh->nh_gw))
		return false;
	a->a_vers = (uint8_t)vers;
	return true;
}

struct adj *
adj_find(struct cpu *c, unsigned vers, uint32_t nh, unsigned len)
{
	struct fast_cpu *fc = c->c_fast;
	struct adj *a = adj_slot(fc, vers, nh);

	if ((a->a_nh != nh || a->a_vers != vers || a->a_gen != fc->fc_gen) &&
	    !adj_make(c, a, vers, nh))
		return NULL;
	if (!adj_if_good(c, a->a_oif) || (a->a_mtu != 0 && len > a->a_mtu))
		return NULL;
	if (a->a_lle != NULL)
		lle_use(c, a->a_lle);
	a->a_key = adj_key(fc, vers, nh);
	return a;
}

/* The hash is of this CPU alone; whoever makes it collide slows himself. */
static struct adj *
adj_dst_slot(struct fast_cpu *fc, const struct adj *hop, const struct in6 *dst)
{
	uint64_t h = (dst->i6_hi ^ dst->i6_lo ^ hop->a_nh) *
	    UINT64_C(0x9e3779b97f4a7c15);

	return &fc->fc_dst[h >> 40 & (ADJ_SLOTS - 1)];
}

static bool ON_CPU
adj_dst_make(struct cpu *c, struct adj *a, const struct adj *hop,
    const struct in6 *dst)
{
	struct addr addr = hop->a_vers == 6 ? addr_v6(*dst) :
	    addr_v4((uint32_t)dst->i6_lo);

	a->a_vers = 0;
	a->a_nh = hop->a_nh;
	a->a_gen = c->c_fast->fc_gen;
	a->a_oif = hop->a_oif;
	a->a_mtu = a->a_linkmtu = hop->a_linkmtu;
	a->a_dst = *dst;
	if (adj_is_group(&addr) || !adj_neigh(c, a, &addr))
		return false;
	a->a_vers = hop->a_vers;
	return true;
}

struct adj *
adj_dst(struct cpu *c, const struct adj *hop, const struct in6 *dst,
    unsigned len)
{
	struct adj *a = adj_dst_slot(c->c_fast, hop, dst);
	bool same = in6_eq(a->a_dst, *dst);

	if (len > hop->a_linkmtu)
		return NULL;
	if (likely(same && a->a_key == hop->a_key))
		return a;
	if ((!same || a->a_nh != hop->a_nh || a->a_vers != hop->a_vers ||
		a->a_gen != c->c_fast->fc_gen) &&
	    !adj_dst_make(c, a, hop, dst)) {
		a->a_key = 0;
		return NULL;
	}
	lle_use(c, a->a_lle);
	a->a_key = hop->a_key;
	return a;
}
