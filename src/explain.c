/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explaining a packet: the stages themselves work on it, on the CPU that would
 * have it, and it is told (mbuf/tell.h) and not sent.
 *
 * The CPU is a copy, made for this and thrown away: struct cpu with stages,
 * counters and budgets of its own.  So whatever a stage counts, spends or hands
 * on is forgotten, and what waits on the real CPU's stages is not touched.
 * What a copy cannot keep apart looks at cpu_pretends(): devices, captures,
 * packets that are held, neighbours that are used.  Counters of interfaces are
 * put back as they were.
 *
 * It runs as a message of ctl's, between two rounds' packets, so that nobody
 * else's packet sees the copy.  A packet that goes on on another CPU comes back
 * to ctl, which sends it there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "ip/icmp_limit.h"
#include "mbuf/tell.h"
#include "netisr/netisr.h"
#include "path.h"

#define EXPLAIN_RING (1u << 18) /* bytes: hundreds of records */

/* The copy, and what stands in it in place of the CPU's own. */
struct explain_cpu {
	struct cpu xc_cpu;
	struct path xc_path;
	struct tell_explain xc_tell;
	stat_cell *xc_stats; /* of all groups, behind each other */
	stat_cell *xc_drops; /* of all interfaces, together */
	void *xc_netisr;
	void *xc_limit;
	struct ifcount xc_count[IF_MAX];
};

struct explain_msg {
	struct msg em_msg; /* first: from msg_alloc() */
	struct explain *em_explain;
};

struct explain *
explain_create(size_t room)
{
	struct explain *ex = calloc(1, sizeof(*ex));
	struct explain_cpu *xc;

	if (ex == NULL)
		return NULL;
	ex->ex_ring = recring_create(EXPLAIN_RING);
	ex->ex_frame = malloc(room);
	ex->ex_copy = xc = lines_alloc(1, sizeof(*xc));
	if (xc != NULL) {
		xc->xc_stats = calloc(stat_total(), sizeof(stat_cell));
		xc->xc_drops = calloc(stat_total(), sizeof(stat_cell));
		xc->xc_netisr = lines_alloc(1, netisr_cpu_size());
		xc->xc_limit = lines_alloc(1, icmp_limit_size());
	}
	if (ex->ex_ring != NULL && ex->ex_frame != NULL && xc != NULL &&
	    xc->xc_stats != NULL && xc->xc_drops != NULL &&
	    xc->xc_netisr != NULL && xc->xc_limit != NULL)
		return ex;
	explain_destroy(ex);
	return NULL;
}

void
explain_destroy(struct explain *ex)
{
	struct explain_cpu *xc = ex->ex_copy;

	if (xc != NULL) {
		free(xc->xc_stats);
		free(xc->xc_drops);
		free(xc->xc_netisr);
		free(xc->xc_limit);
		free(xc);
	}
	recring_destroy(ex->ex_ring);
	free(ex->ex_frame);
	free(ex);
}

/* All but the end point, which others use. */
static void
copy_cpu(struct explain_cpu *xc, const struct cpu *c, struct recring *ring)
{
	struct cpu *x = &xc->xc_cpu;
	unsigned i;

	memset(x, 0, sizeof(*x));
	memcpy(&x->c_now, &c->c_now, sizeof(*x) - offsetof(struct cpu, c_now));
	x->c_ep.ep_sp = c->c_sp;
	x->c_ep.ep_id = c->c_id;
	memset(&xc->xc_path, 0, sizeof(xc->xc_path));
	xc->xc_path.p_now = ST_N;
	xc->xc_path.p_names = path_names;
	atomic_init(&xc->xc_path.p_fn, path_told_fn);
	x->c_path = &xc->xc_path;
	for (i = 0; i < SG_N; i++)
		x->c_stat[i] = xc->xc_stats + stat_base(i);
	for (i = 0; i < IF_MAX; i++)
		if (c->c_drop[i] != NULL)
			x->c_drop[i] = xc->xc_drops;
	memcpy(xc->xc_netisr, c->c_netisr, netisr_cpu_size());
	x->c_netisr = xc->xc_netisr;
	memcpy(xc->xc_limit, c->c_icmp_limit, icmp_limit_size());
	x->c_icmp_limit = xc->xc_limit;
	xc->xc_tell.te_ring = ring;
	x->c_explain = &xc->xc_tell;
}

/* Counters of virtual interfaces that this CPU has: kept … */
static void
counts_keep(struct explain_cpu *xc)
{
	const struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++)
		if ((ifp = if_lookup(xc->xc_cpu.c_sp, i)) != NULL &&
		    ifp->if_count != NULL)
			xc->xc_count[i] = ifp->if_count[xc->xc_cpu.c_id];
}

static void
count_restore(stat_cell *now, const stat_cell *was)
{
	stat_cell_add(now, stat_cell_read(was) - stat_cell_read(now));
}

/* … and put back. */
static void
counts_restore(struct explain_cpu *xc)
{
	const struct ifnet *ifp;
	struct ifcount *now;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		if ((ifp = if_lookup(xc->xc_cpu.c_sp, i)) == NULL ||
		    ifp->if_count == NULL)
			continue;
		now = &ifp->if_count[xc->xc_cpu.c_id];
		count_restore(
		    &now->ifc_rx_packets, &xc->xc_count[i].ifc_rx_packets);
		count_restore(
		    &now->ifc_rx_bytes, &xc->xc_count[i].ifc_rx_bytes);
		count_restore(
		    &now->ifc_tx_packets, &xc->xc_count[i].ifc_tx_packets);
		count_restore(
		    &now->ifc_tx_bytes, &xc->xc_count[i].ifc_tx_bytes);
	}
}

/* The packet as it would have come from the device. */
static struct mbuf *ON_CPU
explain_packet(struct cpu *x, const struct explain *ex)
{
	const struct ifnet *ifp = if_lookup(x->c_sp, ex->ex_ifindex);
	struct mbuf *m;

	if (ifp == NULL || ifp->if_gen != ex->ex_ifgen ||
	    (m = m_from_bytes(x, ex->ex_frame, ex->ex_len)) == NULL)
		return NULL;
	m->m_rcvif = ifp->if_index;
	m->m_rcvgen = ifp->if_gen;
	m->m_rtable = ifp->if_rtable;
	m->m_isr = (uint8_t)ex->ex_queue;
	tell_explain(x, m);
	return m;
}

/* What is not told, answers that were only made, never comes to a stage. */
static void ON_CPU
explain_forget(struct cpu *x, unsigned st, bool all)
{
	struct mvec *mv = &x->c_path->p_stage[st].ps_vec;
	unsigned i, keep = 0;

	for (i = 0; i < mv->mv_n; i++)
		if (all || !m_is_told(mv->mv_m[i]))
			m_free(x, mv->mv_m[i]);
		else
			mv->mv_m[keep++] = mv->mv_m[i];
	mv->mv_n = keep;
}

/* The first told packet that goes to another CPU; the rest is forgotten. */
static void ON_CPU
explain_handed(struct cpu *x, struct explain *ex)
{
	struct path_hand *ph;
	unsigned i, k;

	for (i = 0; i < x->c_sp->sp_ncpus; i++) {
		ph = &x->c_path->p_hand[i];
		for (k = 0; k < ph->ph_n; k++) {
			if (m_is_told(ph->ph_m[k]) && ex->ex_m == NULL) {
				ex->ex_m = ph->ph_m[k];
				ex->ex_cpu = (uint16_t)i;
			} else
				m_free(x, ph->ph_m[k]);
		}
	}
}

static void ON_CPU
explain_sweep(struct cpu *x)
{
	unsigned st;

	for (st = 0; st < ST_N; st++) {
		explain_forget(x, st, false);
		path_run(x, st, st);
	}
}

static void ON_CPU
explain_on(struct cpu *x, struct explain *ex)
{
	unsigned left = (unsigned)tun(x->c_sp, isr_sweeps);
	struct mbuf *m = ex->ex_m;
	unsigned st = m != NULL ? m->m_stage : ST_RX;

	ex->ex_m = NULL;
	if (m == NULL && (m = explain_packet(x, ex)) == NULL)
		return;
	path_next(x, st, m);
	do {
		explain_sweep(x);
	} while (--left > 0 && path_waiting(x));
	explain_handed(x, ex);
	for (st = 0; st < ST_N; st++)
		explain_forget(x, st, true);
}

static void
explain_back(struct endpoint *ep, struct msg *msg)
{
	struct explain *ex = container_of(msg, struct explain_msg, em_msg)
				 ->em_explain;

	msg_done(ep, msg);
	ex->ex_back(endpoint_ctl(ep), ex);
}

static void
explain_run(struct endpoint *ep, struct msg *msg)
{
	struct explain *ex = container_of(msg, struct explain_msg, em_msg)
				 ->em_explain;
	struct explain_cpu *xc = ex->ex_copy;
	struct cpu *c = endpoint_cpu(ep);

	role_enter(&on_cpu);
	copy_cpu(xc, c, ex->ex_ring);
	counts_keep(xc);
	curcpu = &xc->xc_cpu;
	explain_on(&xc->xc_cpu, ex);
	curcpu = c;
	counts_restore(xc);
	msg->msg_fn = explain_back;
	msg_send(ep, sp_ctl_id(c->c_sp), msg);
}

int
explain_send(struct ctl *ctl, struct explain *ex)
{
	struct explain_msg *em = msg_alloc(&ctl->ctl_ep, sizeof(*em));

	if (em == NULL)
		return ENOMEM;
	em->em_explain = ex;
	em->em_msg.msg_fn = explain_run;
	msg_send(&ctl->ctl_ep, ex->ex_cpu, &em->em_msg);
	return 0;
}
