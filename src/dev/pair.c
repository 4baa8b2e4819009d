/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link in memory: making it, opening and closing its ends, counting.
 *
 * Life-cycle.  The link counts its users: who created it, and each open end.
 * The last to go frees it.  Opening and closing are each instance's control
 * thread's; they exclude each other by p_lock, which no CPU ever takes.
 *
 * What an end leaves behind when it closes: frames in either direction are
 * taken off the wires (see the guard in pair_int.h).  Its own instance's mbufs
 * go home through a message to a CPU, since ctl has no pool; those of another
 * instance go back as if they had been copied.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/point.h"
#include "dev/drivers.h"
#include "dev/pair_int.h"

struct pair_free_msg {
	struct msg pfm_msg;
	struct mbuf *pfm_list; /* by m_nextpkt */
};

static void
pair_lock(struct pair *p)
{
	while (atomic_flag_test_and_set_explicit(
	    &p->p_lock, memory_order_acquire)) {
		sim_point(SP_PUBLISH);
		sched_yield();
	}
}

static void
pair_unlock(struct pair *p)
{
	atomic_flag_clear_explicit(&p->p_lock, memory_order_release);
}

static int
pair_wire_init(struct pair_wire *pw, unsigned ring)
{
	memset(pw, 0, sizeof(*pw));
	pw->pw_data = ring_create(ring);
	pw->pw_done = ring_create(ring);
	return pw->pw_data != NULL && pw->pw_done != NULL ? 0 : ENOMEM;
}

static int
pair_txq_init(struct pair_end *pe, unsigned q, uint64_t seed)
{
	struct pair_txq *pt = &pe->pe_txq[q];
	unsigned i, n = pe->pe_peer->pe_maxq;
	int error = 0;

	pt->pt_end = pe;
	rnd_seed(&pt->pt_rnd, seed);
	pt->pt_wire = lines_alloc(n, sizeof(*pt->pt_wire));
	if (pt->pt_wire == NULL)
		return ENOMEM;
	for (i = 0; i < n; i++)
		error |= pair_wire_init(&pt->pt_wire[i], pe->pe_pair->p_ring);
	return error;
}

static int
pair_rxq_init(struct pair_end *pe, unsigned q)
{
	struct pair_rxq *pr = &pe->pe_rxq[q];

	pr->pr_end = pe;
	pr->pr_index = q;
	pr->pr_heap = lines_alloc(pe->pe_pair->p_delay, sizeof(*pr->pr_heap));
	return pr->pr_heap != NULL ? 0 : ENOMEM;
}

/* A locally administered unicast address, if none is given. */
static void
pair_mac(struct pair_end *pe, const struct pair_side *ps, uint64_t seed)
{
	static const uint8_t none[MAC_LEN];
	struct rnd r;

	memcpy(pe->pe_mac, ps->ps_mac, MAC_LEN);
	if (memcmp(pe->pe_mac, none, MAC_LEN) != 0)
		return;
	rnd_seed(&r, seed);
	rnd_bytes(&r, pe->pe_mac, MAC_LEN);
	pe->pe_mac[0] = (uint8_t)((pe->pe_mac[0] & 0xfcu) | 2);
}

static int
pair_end_init(struct pair_end *pe, const struct pair_side *ps, uint64_t seed)
{
	unsigned i;
	int error = 0;

	pe->pe_mtu = ps->ps_mtu != 0 ? ps->ps_mtu : 1500;
	pair_mac(pe, ps, seed);
	pair_set_impair(pe, &ps->ps_impair);
	pe->pe_tz = malloc(sizeof(*pe->pe_tz));
	pe->pe_txq = lines_alloc(pe->pe_maxq, sizeof(*pe->pe_txq));
	pe->pe_rxq = lines_alloc(pe->pe_maxq, sizeof(*pe->pe_rxq));
	if (pe->pe_tz == NULL || pe->pe_txq == NULL || pe->pe_rxq == NULL)
		return ENOMEM;
	pe->pe_keyed = ps->ps_key != NULL;
	pe->pe_hash16 = ps->ps_hash16;
	pe->pe_reversed = ps->ps_reversed;
	toeplitz_init(pe->pe_tz,
	    ps->ps_key != NULL ? ps->ps_key : toeplitz_key_default);
	for (i = 0; i < pe->pe_maxq; i++) {
		error |= pair_txq_init(pe, i, seed + i + 1);
		error |= pair_rxq_init(pe, i);
	}
	return error;
}

static void
pair_end_fini(struct pair_end *pe)
{
	unsigned i, k;

	for (i = 0; pe->pe_txq != NULL && i < pe->pe_maxq; i++) {
		struct pair_wire *pw = pe->pe_txq[i].pt_wire;

		for (k = 0; pw != NULL && k < pe->pe_peer->pe_maxq; k++) {
			ring_destroy(pw[k].pw_data);
			ring_destroy(pw[k].pw_done);
		}
		free(pw);
	}
	for (i = 0; pe->pe_rxq != NULL && i < pe->pe_maxq; i++)
		free(pe->pe_rxq[i].pr_heap);
	free(pe->pe_txq);
	free(pe->pe_rxq);
	free(pe->pe_tz);
}

static void
pair_free(struct pair *p)
{
	unsigned i;

	for (i = 0; i < p->p_nends; i++)
		pair_end_fini(&p->p_end[i]);
	free(p);
}

static bool
pair_conf_ok(const struct pair_conf *pc)
{
	return (pc->pc_ring == 0 || is_pow2(pc->pc_ring)) &&
	    pc->pc_ring <= 1u << 20 && pc->pc_delay <= 1u << 24 &&
	    pc->pc_side[0].ps_queues <= IF_MAXQUEUES &&
	    pc->pc_side[1].ps_queues <= IF_MAXQUEUES;
}

int
pair_create(const struct pair_conf *pc, struct pair **pp)
{
	struct pair *p;
	unsigned i;

	if (!pair_conf_ok(pc))
		return EINVAL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ENOMEM;
	atomic_flag_clear(&p->p_lock);
	p->p_users = 1;
	p->p_ring = pc->pc_ring != 0 ? pc->pc_ring : PAIR_RING;
	p->p_delay = pc->pc_delay != 0 ? pc->pc_delay : PAIR_DELAY;
	p->p_offload = pc->pc_offload;
	p->p_nends = pc->pc_loop ? 1 : 2;
	for (i = 0; i < p->p_nends; i++) {
		struct pair_end *pe = &p->p_end[i];

		pe->pe_pair = p;
		pe->pe_peer = &p->p_end[p->p_nends - 1 - i];
		pe->pe_maxq = umax(pc->pc_side[i].ps_queues, 1);
	}
	for (i = 0; i < p->p_nends; i++)
		if (pair_end_init(&p->p_end[i], &pc->pc_side[i],
			pc->pc_seed + i * (IF_MAXQUEUES + 1)) != 0) {
			pair_free(p);
			return ENOMEM;
		}
	*pp = p;
	return 0;
}

/* One user less; consumes the lock. */
static void
pair_unuse(struct pair *p)
{
	bool last = --p->p_users == 0;

	pair_unlock(p);
	if (last)
		pair_free(p);
}

void
pair_destroy(struct pair *p)
{
	if (p == NULL)
		return;
	pair_lock(p);
	pair_unuse(p);
}

struct pair_end *
pair_end(struct pair *p, unsigned side)
{
	KASSERT(side < p->p_nends);
	return &p->p_end[side];
}

void
pair_set_impair(struct pair_end *pe, const struct pair_impair *pi)
{
	pe->pe_impair = *pi;
	pe->pe_impaired = (pi->pi_delay | pi->pi_jitter | pi->pi_rate |
			      pi->pi_loss | pi->pi_dup | pi->pi_corrupt) != 0;
}

unsigned
pair_queue(const struct pair_end *pe, uint32_t hash)
{
	return pe->pe_table[hash % RSS_TABLE];
}

static void
pair_count_sent(const struct pair_txq *pt, struct pair_counts *pn)
{
	unsigned i;

	pn->pn_sent += stat_cell_read(&pt->pt_stat[PTS_SENT]);
	pn->pn_duplicated += stat_cell_read(&pt->pt_stat[PTS_DUP]);
	pn->pn_corrupted += stat_cell_read(&pt->pt_stat[PTS_CORRUPT]);
	pn->pn_lost_chance += stat_cell_read(&pt->pt_stat[PTS_LOSS]);
	pn->pn_lost_limit += stat_cell_read(&pt->pt_stat[PTS_LIMIT]);
	pn->pn_lost_full += stat_cell_read(&pt->pt_stat[PTS_FULL]);
	for (i = 0; i < pt->pt_end->pe_peer->pe_maxq; i++) {
		unsigned n = ring_count(pt->pt_wire[i].pw_data);

		pn->pn_underway += n;
		pn->pn_holds += n + ring_count(pt->pt_wire[i].pw_done);
	}
}

void
pair_counts(const struct pair_end *pe, struct pair_counts *pn)
{
	const struct pair_end *to = pe->pe_peer;
	unsigned i;

	memset(pn, 0, sizeof(*pn));
	for (i = 0; i < pe->pe_maxq; i++) {
		pair_count_sent(&pe->pe_txq[i], pn);
		pn->pn_holds += stat_cell_read(&pe->pe_rxq[i].pr_delayed);
	}
	for (i = 0; i < to->pe_maxq; i++) {
		const struct pair_rxq *pr = &to->pe_rxq[i];

		pn->pn_received += stat_cell_read(&pr->pr_received);
		pn->pn_lost_nobuf += stat_cell_read(&pr->pr_nobuf);
		pn->pn_underway += stat_cell_read(&pr->pr_delayed);
	}
	pn->pn_lost_down = stat_cell_read(&pe->pe_lost_down);
	pn->pn_lost = pn->pn_lost_chance + pn->pn_lost_limit +
	    pn->pn_lost_full + pn->pn_lost_nobuf + pn->pn_lost_down;
}

static void
pair_open_queues(struct pair_end *pe, struct ifnet *ifp)
{
	unsigned i;

	ifp->if_nrxq = (uint16_t)umin(ifp->if_nrxq, pe->pe_maxq);
	ifp->if_ntxq = (uint16_t)umin(ifp->if_ntxq, pe->pe_maxq);
	for (i = 0; i < ifp->if_nrxq; i++) {
		ifp->if_rxq[i].rxq_sc = &pe->pe_rxq[i];
		pe->pe_cpu[i] = (uint16_t)if_queue_cpu(&ifp->if_rxq[i]);
	}
	for (i = 0; i < ifp->if_ntxq; i++)
		ifp->if_txq[i].txq_sc = &pe->pe_txq[i];
	pe->pe_nrxq = ifp->if_nrxq;
	for (i = 0; i < RSS_TABLE; i++)
		pe->pe_table[i] = (uint8_t)(i % pe->pe_nrxq);
}

/* As an instance programs its NICs: with its key, for what it hashes. */
static void
pair_program(struct pair_end *pe, const struct spate *sp)
{
	if (!pe->pe_keyed && sp->sp_rss != NULL)
		toeplitz_init(pe->pe_tz, sp->sp_rss_key);
	pe->pe_types = (tun(sp, rss_tcp_4tuple) != 0 ? RSS_TCP : 0) |
	    (tun(sp, rss_udp_4tuple) != 0 ? RSS_UDP : 0);
}

static void
pair_carrier(struct ifnet *ifp, bool on)
{
	if (ifp == NULL)
		return;
	if (on)
		atomic_fetch_or_explicit(
		    &ifp->if_state, IFS_CARRIER, memory_order_relaxed);
	else
		atomic_fetch_and_explicit(&ifp->if_state,
		    ~(uint32_t)IFS_CARRIER, memory_order_relaxed);
}

static int
pair_open(
    struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	struct pair_end *pe = dc->dc_pair;
	struct pair *p;

	if (pe == NULL) {
		snprintf(err, errlen, "%s: has no peer", ifp->if_name);
		return ENODEV;
	}
	p = pe->pe_pair;
	pair_lock(p);
	if (pe->pe_ifp != NULL) {
		pair_unlock(p);
		snprintf(err, errlen, "%s: this end of the link is in use",
		    ifp->if_name);
		return EBUSY;
	}
	p->p_users++;
	ifp->if_softc = pe;
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : pe->pe_mtu);
	memcpy(ifp->if_mac, dc->dc_mac != NULL ? dc->dc_mac : pe->pe_mac,
	    MAC_LEN);
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s",
	    dc->dc_device != NULL ? dc->dc_device : "memory");
	pair_open_queues(pe, ifp);
	pair_program(pe, ifp->if_sp);
	ifp->if_caps = IFCAP_CHAIN;
	if (pe->pe_nrxq > 1)
		ifp->if_caps |= IFCAP_HASH;
	if (p->p_offload)
		ifp->if_caps |= IFCAP_TXCSUM | IFCAP_RXCSUM | IFCAP_TSO4 |
		    IFCAP_TSO6 | IFCAP_USO;
	pe->pe_sp = ifp->if_sp;
	pe->pe_ifp = ifp;
	/* What is set above belongs to who sees it open. */
	sim_point(SP_PUBLISH);
	atomic_store_explicit(&pe->pe_open, 1, memory_order_seq_cst);
	if (pe->pe_peer->pe_ifp != NULL) {
		pair_carrier(ifp, true);
		pair_carrier(pe->pe_peer->pe_ifp, true);
	}
	pair_unlock(p);
	return 0;
}

/* Until no CPU of this side is inside the guard. */
static void
pair_wait(struct pair_end *pe)
{
	unsigned i;

	for (i = 0; i < pe->pe_maxq; i++)
		while (atomic_load_explicit(&pe->pe_txq[i].pt_busy,
			   memory_order_seq_cst) != 0 ||
		    atomic_load_explicit(
			&pe->pe_rxq[i].pr_busy, memory_order_seq_cst) != 0) {
			sim_point(SP_PUBLISH);
			sched_yield();
		}
}

static void
pair_list(struct mbuf **list, struct mbuf *m)
{
	m->m_nextpkt = *list;
	*list = m;
}

static unsigned
pair_drain(struct ring *r, struct mbuf **list)
{
	unsigned n = 0;
	void *entry;

	for (; ring_get(r, &entry, 1) > 0; n++)
		pair_list(list, pair_entry_mbuf(entry));
	return n;
}

/* What this end has sent: frames and what comes back of them. */
static void
pair_drain_sent(struct pair_end *pe, struct mbuf **list)
{
	unsigned i, k;

	for (i = 0; i < pe->pe_maxq; i++) {
		struct pair_txq *pt = &pe->pe_txq[i];

		for (k = 0; k < pe->pe_peer->pe_maxq; k++) {
			struct pair_wire *pw = &pt->pt_wire[k];

			stat_cell_add(
			    &pe->pe_lost_down, pair_drain(pw->pw_data, list));
			pair_drain(pw->pw_done, list);
			pw->pw_out = 0;
		}
		pt->pt_out = 0;
		pt->pt_dirty = 0;
	}
}

/* What would have come to queue pr; frames of another instance go back. */
static void
pair_drain_coming(struct pair_rxq *pr, struct mbuf **list)
{
	struct pair_end *from = pr->pr_end->pe_peer;
	struct mbuf *m;
	unsigned i;
	void *entry;

	for (i = 0; i < from->pe_maxq; i++) {
		struct pair_wire *pw = pair_wire_in(pr, i);

		while (ring_get(pw->pw_data, &entry, 1) > 0) {
			stat_cell_add(&from->pe_lost_down, 1);
			m = pair_entry_mbuf(entry);
			entry = m;
			if (from->pe_sp == pr->pr_end->pe_sp)
				pair_list(list, m);
			else
				ring_put(pw->pw_done, &entry, 1);
		}
	}
	while ((m = pair_arrived(pr, UINT64_MAX)) != NULL) {
		stat_cell_add(&from->pe_lost_down, 1);
		pair_list(list, m);
	}
	atomic_store_explicit(&pr->pr_delayed, 0, memory_order_relaxed);
}

static void
pair_free_list(struct endpoint *ep, struct msg *msg)
{
	struct pair_free_msg *pfm =
	    container_of(msg, struct pair_free_msg, pfm_msg);
	struct mbuf *m, *next;

	role_enter(&on_cpu);
	for (m = pfm->pfm_list; m != NULL; m = next) {
		next = m->m_nextpkt;
		m_free(endpoint_cpu(ep), m);
	}
	msg_done(ep, msg);
}

/* At the end of an instance nobody handles it, and the memory goes anyway. */
static void
pair_give_back(struct spate *sp, struct mbuf *list)
{
	struct endpoint *ctl = sp->sp_ep[sp_ctl_id(sp)];
	struct pair_free_msg *pfm;

	if (list == NULL || (pfm = msg_alloc(ctl, sizeof(*pfm))) == NULL)
		return;
	pfm->pfm_list = list;
	pfm->pfm_msg.msg_fn = pair_free_list;
	msg_send(ctl, 0, &pfm->pfm_msg);
}

static void
pair_close(struct ifnet *ifp)
{
	struct pair_end *pe = ifp->if_softc;
	struct pair_end *peer = pe->pe_peer;
	struct mbuf *list = NULL;
	unsigned i;

	pair_lock(pe->pe_pair);
	pair_carrier(peer->pe_ifp, false);
	sim_point(SP_PUBLISH);
	atomic_store_explicit(&pe->pe_open, 0, memory_order_seq_cst);
	pair_wait(peer);
	pair_drain_sent(pe, &list);
	for (i = 0; i < pe->pe_maxq; i++)
		pair_drain_coming(&pe->pe_rxq[i], &list);
	pair_give_back(pe->pe_sp, list);
	pe->pe_ifp = NULL;
	pair_unuse(pe->pe_pair);
}

/* What was lost on the way to this interface. */
static void
pair_dev_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	const struct pair_end *pe = ifp->if_softc;
	struct pair_counts pn;

	memset(ds, 0, sizeof(*ds));
	pair_counts(pe->pe_peer, &pn);
	ds->ds_rx_dropped = pn.pn_lost_full + pn.pn_lost_nobuf;
	if (!atomic_load_explicit(&pe->pe_peer->pe_open, memory_order_relaxed))
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "the other end of the link is closed");
}

const struct dev_ops dev_pair = {
	.do_name = "pair",
	.do_rss = true,
	.do_open = pair_open,
	.do_close = pair_close,
	.do_rx = pair_rx,
	.do_tx = pair_tx,
	.do_kick = pair_kick,
	.do_moved = pair_moved,
	.do_arm = pair_arm,
	.do_when = pair_when,
	.do_txpending = pair_txpending,
	.do_stats = pair_dev_stats,
};
