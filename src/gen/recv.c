/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving: what is ours becomes records, and the buffers are free at once;
 * what is for hosts is answered; what is left is counted and dropped.
 *
 * A flow is checked by one CPU.  Records of flows of another CPU go to it by a
 * ring; while that has no room this CPU receives nothing, so that what we
 * cannot keep up with is lost in the device, which counts it, and not here.
 */
#include "base/kassert.h"
#include "dev/dev.h"
#include "gen/classify.h"
#include "gen/gen_int.h"
#include "path.h"

#define GLANCE_NS (NS_S / 10) /* a window of what is looked at */

/* A batch of one queue as it is being looked at. */
struct recv {
	struct cpu *rv_c;
	struct gen_cpu *rv_gc;
	struct gen_job *rv_job; /* NULL: no trial, or its run is not counted */
	const struct gen_port *rv_port;
	struct gen_seen *rv_seen;
	uint64_t rv_now;
	unsigned rv_ours;
	unsigned rv_warm;
	unsigned rv_nfree;
	struct mbuf *rv_free[MVEC_MAX]; /* delivered */
};

/* The stream of a flow of the trial. */
static unsigned
stream_of(const struct gen_job *gj, uint32_t flow)
{
	unsigned low = 0, high = gj->gj_nstreams - 1, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (flow < gj->gj_upto[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void ON_CPU
lose(struct recv *rv, struct mbuf *m, enum genstat why, uint64_t *n)
{
	if (n != NULL)
		++*n;
	m_drop(rv->rv_c, m, SG_GEN, why);
}

/* One for the look of it. */
static void
glance(struct recv *rv, const struct check_rec *cr)
{
	struct gen_glance *ge = &rv->rv_gc->gc_glance;
	uint64_t took = rv->rv_now > cr->cr_ts ? rv->rv_now - cr->cr_ts : 0;

	if (rv->rv_now >= ge->ge_winend) {
		atomic_store_explicit(
		    &ge->ge_min, ge->ge_winmin, memory_order_relaxed);
		atomic_store_explicit(
		    &ge->ge_max, ge->ge_winmax, memory_order_relaxed);
		ge->ge_winmin = UINT64_MAX;
		ge->ge_winmax = 0;
		ge->ge_winend = rv->rv_now + GLANCE_NS;
	}
	ge->ge_winmin = u64min(ge->ge_winmin, took);
	ge->ge_winmax = u64max(ge->ge_winmax, took);
	stat_cell_add(&ge->ge_n, 1);
	stat_cell_add(&ge->ge_sum, took);
}

static void recv_other(struct recv *, struct mbuf *) ON_CPU;

/* Flows from the first to before the last that may come to a port. */
struct flows {
	uint32_t fs_from;
	uint32_t fs_upto;
};

/*
 * Whether a packet with our key is one of ours, and at the right port; if so,
 * which others are.
 */
static __attribute__((noinline)) bool ON_CPU
recv_right(struct recv *rv, const struct check_rec *cr, struct mbuf *m,
    struct flows *fs)
{
	const struct gen_job *gj = rv->rv_job;
	unsigned s;

	if (cr->cr_flow >= gj->gj_flows) {
		/* Chance, or a tester of the same seed: no flow of ours. */
		recv_other(rv, m);
		return false;
	}
	s = stream_of(gj, cr->cr_flow);
	if (gj->gj_to[s] != rv->rv_port->gp_number) {
		lose(rv, m, gns_astray, &rv->rv_seen->gn_astray);
		return false;
	}
	fs->fs_from = s == 0 ? 0 : gj->gj_upto[s - 1];
	fs->fs_upto = gj->gj_upto[s];
	return true;
}

/* Ours have come: how long had there been none? */
static void
silence(struct gen_job *gj, uint64_t now)
{
	uint64_t longest = gj->gj_silence[1] - gj->gj_silence[0];

	if (gj->gj_last != 0 && now - gj->gj_last > longest) {
		gj->gj_silence[0] = gj->gj_last;
		gj->gj_silence[1] = now;
	}
	gj->gj_last = now;
}

/* Packets of the trial: their records go to who checks their flows. */
static void ON_CPU
recv_ours(struct recv *rv, struct mbuf *const *mm, struct check_rec *cr,
    unsigned n)
{
	struct gen_cpu *gc = rv->rv_gc;
	const struct gen_job *gj = rv->rv_job;
	struct flows fs = { 0, 0 };
	unsigned i, to, right = 0;

	glance(rv, cr);
	silence(rv->rv_job, rv->rv_now);
	for (i = 0; i < n; i++) {
		struct mbuf *m = mm[cr[i].cr_more];

		if (unlikely(cr[i].cr_flow - fs.fs_from >=
			fs.fs_upto - fs.fs_from) &&
		    !recv_right(rv, &cr[i], m, &fs))
			continue;
		if (unlikely(right != i))
			cr[right] = cr[i];
		right++;
		rv->rv_free[rv->rv_nfree++] = m;
	}
	rv->rv_ours += right;
	if (rv->rv_c->c_sp->sp_ncpus == 1) {
		check_burst(gj->gj_checker, cr, right);
		return;
	}
	for (i = 0; i < right; i++) {
		to = check_share(cr[i].cr_flow, 0, gj->gj_shares);
		gc->gc_rec[to][gc->gc_nrec[to]++] = cr[i];
	}
}

static void ON_CPU
recv_heard(struct recv *rv, const struct host_heard *heard)
{
	struct endpoint *ep = &rv->rv_c->c_ep;
	struct gen_msg *gm = msg_alloc(ep, sizeof(*gm));

	if (gm == NULL)
		return; /* it will be asked again */
	gm->gm_msg.msg_fn = gen_on_heard;
	gm->gm_gen = rv->rv_gc->gc_gen;
	gm->gm_port = rv->rv_port->gp_number;
	gm->gm_heard = *heard;
	stat_add(rv->rv_c, SG_GEN, gns_heard, 1);
	msg_send(ep, sp_ctl_id(rv->rv_c->c_sp), &gm->gm_msg);
}

static void ON_CPU
recv_answer(struct recv *rv, struct mbuf *m, unsigned len, enum genstat what)
{
	stat_add(rv->rv_c, SG_GEN, what, 1);
	m->m_len = m->m_pktlen = len;
	gen_send_control(rv->rv_c, m, rv->rv_port);
}

/* Nothing of a trial: perhaps for a host. */
static void ON_CPU
recv_other(struct recv *rv, struct mbuf *m)
{
	unsigned len = m->m_len, room = len + m_tailroom(m);
	enum host_verdict hv = HV_FOREIGN;
	struct host_heard heard;

	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		m_csum_complete(m);
	if (m->m_next == NULL && (m->m_flags & MF_SHARED) == 0)
		hv = host_input(
		    &rv->rv_port->gp_host, m->m_data, &len, room, &heard);
	if (hv == HV_FOREIGN) {
		lose(rv, m, gns_foreign, &rv->rv_seen->gn_foreign);
		return;
	}
	if (hv != HV_UDP && hv != HV_SUNK)
		rv->rv_seen->gn_control++;
	switch (hv) {
	case HV_ARP:
		recv_answer(rv, m, len, gns_arp);
		break;
	case HV_NS:
		recv_answer(rv, m, len, gns_ns);
		break;
	case HV_ECHO:
		recv_answer(rv, m, len, gns_echo);
		break;
	case HV_UDP:
		recv_answer(rv, m, len, gns_reflect);
		break;
	case HV_HEARD:
		recv_heard(rv, &heard);
		rv->rv_free[rv->rv_nfree++] = m;
		break;
	case HV_SUNK:
		stat_add(rv->rv_c, SG_GEN, gns_sunk, 1);
		rv->rv_free[rv->rv_nfree++] = m;
		break;
	case HV_FOREIGN:
	case HV_NOISE:
		lose(rv, m, gns_noise, NULL);
		break;
	}
}

/* Of the warm-up, or of some trial before. */
static void ON_CPU
recv_trial(struct recv *rv, struct mbuf *m)
{
	const struct gen_job *gj = rv->rv_job;
	unsigned other = 0;
	struct sig sg;

	if (classify(&gj->gj_keys, m, &sg, &other) == CW_OTHER &&
	    gj->gj_keys.ky_other[other] == gj->gj_warmkey) {
		rv->rv_warm++;
		rv->rv_free[rv->rv_nfree++] = m;
		return;
	}
	lose(rv, m, gns_stale, &rv->rv_seen->gn_stale);
}

static void ON_CPU
recv_rest(struct recv *rv, struct mbuf *m, enum classify_why why)
{
	switch (classify_class(why)) {
	case CL_OURS:
		break;
	case CL_OTHER:
		recv_trial(rv, m);
		break;
	case CL_CORRUPT:
		lose(rv, m, gns_corrupt, &rv->rv_seen->gn_corrupt);
		break;
	default:
		recv_other(rv, m);
		break;
	}
}

static void ON_CPU
recv_batch(struct recv *rv, const struct mvec *mv)
{
	struct check_rec rec[MVEC_MAX];
	uint8_t why[MVEC_MAX];
	unsigned i, n;

	/* What a port sinks or sends back is no matter of a trial. */
	if (rv->rv_job == NULL ||
	    rv->rv_port->gp_host.hp_udp != GU_FOREIGN) {
		for (i = 0; i < mv->mv_n; i++)
			recv_other(rv, mv->mv_m[i]);
		return;
	}
	n = classify_burst(&rv->rv_job->gj_keys, mv->mv_m, mv->mv_n,
	    rv->rv_now, why, rec);
	if (n > 0)
		recv_ours(rv, mv->mv_m, rec, n);
	for (i = 0; n < mv->mv_n && i < mv->mv_n; i++)
		recv_rest(rv, mv->mv_m[i], why[i]);
}

unsigned
gen_recv_records(struct cpu *c, struct gen_cpu *gc)
{
	struct gen_job *gj = gc->gc_job;
	const struct check_rec *cr;
	unsigned i, k, total = 0;
	size_t bytes;

	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		if (gc->gc_in[i] == NULL)
			continue;
		while ((cr = recring_peek(gc->gc_in[i], &bytes)) != NULL) {
			k = (unsigned)(bytes / sizeof(*cr));
			/* Left from a trial that is over: it knew of it. */
			if (gj != NULL)
				check_burst(gj->gj_checker, cr, k);
			recring_consume(gc->gc_in[i]);
			total += k;
		}
	}
	return total;
}

void
gen_recv_flush(struct cpu *c, struct gen_cpu *gc)
{
	struct recring *ring;
	unsigned i;
	void *p;

	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		size_t bytes = gc->gc_nrec[i] * sizeof(gc->gc_rec[i][0]);

		if (bytes == 0)
			continue;
		if (i == c->c_id) {
			check_burst(gc->gc_job->gj_checker, gc->gc_rec[i],
			    gc->gc_nrec[i]);
			gc->gc_nrec[i] = 0;
			continue;
		}
		ring = gc->gc_gen->g_cpu[i]->gc_in[c->c_id];
		if ((p = recring_reserve(ring, bytes)) == NULL)
			continue;
		memcpy(p, gc->gc_rec[i], bytes);
		recring_commit(ring, bytes);
		gc->gc_nrec[i] = 0;
		endpoint_wake(c->c_sp, i);
	}
}

/* Whether a whole batch could be for any CPU. */
static bool
recv_room(const struct gen_cpu *gc, unsigned ncpus)
{
	unsigned i;

	for (i = 0; i < ncpus; i++)
		if (gc->gc_nrec[i] > 0)
			return false;
	return true;
}

static void ON_CPU
recv_done(struct recv *rv)
{
	struct cpu *c = rv->rv_c;

	if (rv->rv_ours > 0) {
		stat_add(c, SG_GEN, gns_received, rv->rv_ours);
		stat_cell_add(
		    &rv->rv_gc->gc_live[rv->rv_port->gp_number].gv_received,
		    rv->rv_ours);
	}
	if (rv->rv_job != NULL && rv->rv_ours + rv->rv_warm > 0)
		atomic_store_explicit(
		    &rv->rv_job->gj_heard, rv->rv_now, memory_order_relaxed);
	stat_add(c, SG_GEN, gns_warmup, rv->rv_warm);
	stat_add(c, SG_PATH, pks_delivered, rv->rv_nfree);
	m_free_bulk(c, rv->rv_free, rv->rv_nfree);
}

/* Packets of a port that came at the same time. */
static void ON_CPU
recv_vec(struct cpu *c, struct gen_cpu *gc, unsigned port,
    const struct mvec *mv, uint64_t now, struct gen_job *gj)
{
	struct gen_seen ignored;
	struct recv rv;
	unsigned i;

	/* Not as a whole: rv_free is large. */
	rv.rv_c = c;
	rv.rv_gc = gc;
	rv.rv_job = gj;
	rv.rv_now = now;
	rv.rv_ours = rv.rv_warm = rv.rv_nfree = 0;
	if (port == GEN_PORTS) {
		for (i = 0; i < mv->mv_n; i++)
			lose(&rv, mv->mv_m[i], gns_noport, NULL);
		return;
	}
	rv.rv_port = &gc->gc_gen->g_port[port];
	memset(&ignored, 0, sizeof(ignored));
	rv.rv_seen = gj != NULL ? &gj->gj_seen[port] : &ignored;
	recv_batch(&rv, mv);
	recv_done(&rv);
	gen_recv_flush(c, gc);
}

/* What segments were cut into, as far as it finds room. */
static unsigned ON_CPU
recv_pieces(struct cpu *c, struct gen_cpu *gc)
{
	unsigned n = 0;
	struct mvec mv;

	while (gc->gc_cut != NULL && recv_room(gc, c->c_sp->sp_ncpus)) {
		for (mv.mv_n = 0; gc->gc_cut != NULL && mv.mv_n < GEN_RECS;) {
			mv.mv_m[mv.mv_n++] = gc->gc_cut;
			gc->gc_cut = gc->gc_cut->m_nextpkt;
		}
		recv_vec(c, gc, gc->gc_cutport, &mv, gc->gc_cutat,
		    gc->gc_cutjob);
		n += mv.mv_n;
	}
	return n;
}

/*
 * Large segments are among what came: packets that a kernel or a router has
 * put together.  What counts are packets as they are on a wire.
 */
static __attribute__((noinline)) unsigned ON_CPU
recv_cut(struct cpu *c, struct gen_cpu *gc, const struct ifnet *ifp,
    const struct mvec *mv)
{
	struct gen_job *gj = gc->gc_cutjob;
	struct mbuf **tail = &gc->gc_cut;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		m->m_nextpkt = NULL;
		if (m->m_gso != GSO_NONE && (m = dev_cut(c, ifp, m)) == NULL) {
			if (gj != NULL && gc->gc_cutport != GEN_PORTS)
				gj->gj_seen[gc->gc_cutport].gn_uncut++;
			continue;
		}
		for (*tail = m; *tail != NULL; tail = &(*tail)->m_nextpkt)
			continue;
	}
	return recv_pieces(c, gc);
}

static bool
has_segments(const struct mvec *mv)
{
	unsigned i, gso = 0;

	for (i = 0; i < mv->mv_n; i++)
		gso |= mv->mv_m[i]->m_gso;
	return gso != GSO_NONE;
}

static unsigned ON_CPU
recv_some(struct cpu *c, struct gen_cpu *gc, struct rxq *rxq, unsigned burst)
{
	const struct gen *g = gc->gc_gen;
	struct gen_job *gj = gc->gc_job;
	unsigned port = g->g_ifport[rxq->rxq_if->if_index];
	struct mvec mv;

	if (dev_rx_burst(c, rxq, &mv, burst) == 0)
		return 0;
	if (gj != NULL && gj->gj_quiet)
		gj = NULL;
	if (unlikely(has_segments(&mv))) {
		gc->gc_cutport = port;
		gc->gc_cutat = gen_clock(&g->g_clock);
		gc->gc_cutjob = gj;
		return recv_cut(c, gc, rxq->rxq_if, &mv);
	}
	recv_vec(c, gc, port, &mv, gen_clock(&g->g_clock), gj);
	return mv.mv_n;
}

/* As much as a port may send in a round, so that it finds room. */
static unsigned ON_CPU
recv_queue(struct cpu *c, struct gen_cpu *gc, struct rxq *rxq, unsigned burst)
{
	unsigned ncpus = c->c_sp->sp_ncpus, n, total = 0;

	do {
		n = recv_some(c, gc, rxq, burst);
		total += n;
	} while (n == burst && total < GEN_BURSTS * GEN_BURST &&
	    gc->gc_cut == NULL && recv_room(gc, ncpus));
	return total;
}

unsigned
gen_recv(struct cpu *c, struct gen_cpu *gc)
{
	unsigned burst = umin((unsigned)tun(c->c_sp, isr_burst), GEN_RECS);
	unsigned i, ncpus = c->c_sp->sp_ncpus, n = 0;

	if (ncpus > 1) {
		n += gen_recv_records(c, gc);
		gen_recv_flush(c, gc);
	}
	if (unlikely(gc->gc_cut != NULL))
		n += recv_pieces(c, gc);
	if (unlikely(gc->gc_quiet != NULL) && gc->gc_cut == NULL &&
	    recv_room(gc, ncpus))
		gen_quiet_answer(c, gc);
	for (i = 0; i < c->c_nrxq; i++) {
		if (unlikely(gc->gc_cut != NULL || !recv_room(gc, ncpus))) {
			stat_add(c, SG_GEN, gns_held, 1);
			break;
		}
		n += recv_queue(c, gc, c->c_rxq[i], burst);
	}
	return n;
}
