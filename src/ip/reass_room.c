/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much unfinished datagrams may take, and who has to make room.
 */
#include "ip/reass_int.h"

#define SOURCE_SHARE  4 /* of the memory, for one source */
#define POOL_SHARE    8 /* of packet memory, for a family */

static uint64_t
reass_part(const struct spate *sp, uint64_t n)
{
	return n == 0 ? 0 : u64max(n / sp->sp_ncpus, 1);
}

static void
reass_caps4(const struct spate *sp, struct reass_caps *rl)
{
	rl->rl_datagrams = tun(sp, ip_maxfragpackets);
	rl->rl_fragments = tun(sp, ip_maxfrags);
	rl->rl_bytes = tun(sp, ip_maxfragmem);
	rl->rl_slot = tun(sp, ip_maxfragbucketsize);
	rl->rl_source = tun(sp, ip_maxfragpersource);
	rl->rl_pieces = tun(sp, ip_maxfragsperpacket);
	rl->rl_ttl = tun(sp, ip_fragttl) * NS_S;
}

static void
reass_caps6(const struct spate *sp, struct reass_caps *rl)
{
	rl->rl_datagrams = tun(sp, ip6_maxfragpackets);
	rl->rl_fragments = tun(sp, ip6_maxfrags);
	rl->rl_bytes = tun(sp, ip6_maxfragmem);
	rl->rl_slot = tun(sp, ip6_maxfragbucketsize);
	rl->rl_source = tun(sp, ip6_maxfragpersource);
	rl->rl_pieces = tun(sp, ip6_maxfragsperpacket);
	rl->rl_ttl = tun(sp, ip6_fraglifetime) * NS_MS;
}

void
reass_caps(
    const struct spate *sp, enum reass_family fam, struct reass_caps *rl)
{
	if (fam == REASS_IP4)
		reass_caps4(sp, rl);
	else
		reass_caps6(sp, rl);
	rl->rl_datagrams = reass_part(sp, rl->rl_datagrams);
	rl->rl_fragments = reass_part(sp, rl->rl_fragments);
	rl->rl_bytes = reass_part(sp,
	    u64min(rl->rl_bytes, pktmem_size(sp->sp_pktmem) / POOL_SHARE));
}

/* The oldest of the same source but for this one. */
static struct reass_queue *
reass_oldest_of(const struct reass_source *rs, const struct reass_key *rk,
    const struct reass_queue *but)
{
	struct reass_queue *rq;

	TAILQ_FOREACH (rq, &rs->rs_list, rq_source)
		if (rq != but && in6_eq(rq->rq_key.rk_src, rk->rk_src))
			break;
	return rq;
}

static struct reass_queue *
reass_oldest(const struct reass_table *rt, const struct reass_queue *but)
{
	struct reass_queue *rq = TAILQ_FIRST(&rt->rt_age);

	return rq != NULL && rq == but ? TAILQ_NEXT(rq, rq_age) : rq;
}

static bool
reass_over_share(struct cpu *c, const struct reass_room *rm,
    const struct reass_caps *rl)
{
	const struct reass_source *rs =
	    reass_source(c, rm->rm_family, rm->rm_key);

	return (rm->rm_queue == NULL && rs->rs_n >= rl->rl_source) ||
	    rs->rs_bytes + rm->rm_bytes > rl->rl_bytes / SOURCE_SHARE;
}

static bool
reass_over_all(const struct reass_table *rt, const struct reass_room *rm,
    const struct reass_caps *rl)
{
	return (rm->rm_queue == NULL &&
		   stat_cell_read(&rt->rt_n) >= rl->rl_datagrams) ||
	    stat_cell_read(&rt->rt_frags) >= rl->rl_fragments ||
	    stat_cell_read(&rt->rt_bytes) + rm->rm_bytes > rl->rl_bytes;
}

/* Each turn frees a datagram. */
bool
reass_make_room(struct cpu *c, const struct reass_room *rm,
    const struct reass_caps *rl, bool low)
{
	struct reass_table *rt = reass_table(c, rm->rm_family);
	const struct reass_source *rs =
	    reass_source(c, rm->rm_family, rm->rm_key);
	struct reass_queue *own, *any;

	/* Who shares his share with another may have nothing to give. */
	while (reass_over_share(c, rm, rl) &&
	    (own = reass_oldest_of(rs, rm->rm_key, rm->rm_queue)) != NULL)
		reass_kill(c, own, RW_SOURCE);
	for (; low || reass_over_all(rt, rm, rl); low = false) {
		own = reass_oldest_of(rs, rm->rm_key, rm->rm_queue);
		any = reass_oldest(rt, rm->rm_queue);
		if (own != NULL || any != NULL)
			reass_kill(c, own != NULL ? own : any, RW_LIMIT);
		else if (!low) /* else it is not us who take the buffers */
			return false;
	}
	return true;
}

void
reass_info(const struct cpu *c, enum reass_family fam, struct reass_info *ri)
{
	const struct reass_table *rt = &c->c_reass->rc_table[fam];
	struct reass_caps rl;

	reass_caps(c->c_sp, fam, &rl);
	ri->ri_datagrams = stat_cell_read(&rt->rt_n);
	ri->ri_fragments = stat_cell_read(&rt->rt_frags);
	ri->ri_bytes = stat_cell_read(&rt->rt_bytes);
	ri->ri_peak = stat_cell_read(&rt->rt_peak);
	ri->ri_maxdatagrams = rl.rl_datagrams;
	ri->ri_maxfragments = rl.rl_fragments;
	ri->ri_maxbytes = rl.rl_bytes;
}
