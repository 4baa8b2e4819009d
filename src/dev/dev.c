/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The general part of devices: which queues a CPU polls, and how packets leave.
 *
 * A CPU has at most one transmit queue of its own on an interface.  One that
 * has none hands its frames to a CPU that does (if_txcpu); there they enter
 * ST_TX again.
 */
#include <spate/capture.h>
#include <string.h>

#include "dev/coalesce.h"
#include "dev/dev.h"
#include "dev/dev_int.h"
#include "dev/drivers.h"
#include "mbuf/capture.h"
#include "mbuf/tell.h"
#include "path.h"

static const struct dev_ops *const dev_drivers[] = {
	&dev_pair,
	&dev_tap,
	&dev_xdp,
	&dev_packet,
	&dev_memif,
	&dev_pcap,
};
const char dev_driver_names[] = "pair, tap, xdp, packet, memif, pcap";

const struct dev_ops *
dev_driver(const char *name)
{
	unsigned i;

	for (i = 0; i < countof(dev_drivers); i++)
		if (strcmp(dev_drivers[i]->do_name, name) == 0)
			return dev_drivers[i];
	return NULL;
}

/* What packets of a queue have in m_rcv. */
static uint64_t
dev_rcv(const struct rxq *rxq)
{
	const struct ifnet *ifp = rxq->rxq_if;
	struct mbuf m;

	m.m_rcv = 0;
	m.m_rcvif = ifp->if_index;
	m.m_rcvgen = ifp->if_gen;
	m.m_rtable = ifp->if_rtable;
	m.m_isr = (uint8_t)rxq->rxq_index;
	return m.m_rcv;
}

/* Appends to mv. */
static unsigned ON_CPU
dev_rx_append(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned burst)
{
	struct ifnet *ifp = rxq->rxq_if;
	uint64_t bytes = 0, rcv = dev_rcv(rxq);
	unsigned i, n, was = mv->mv_n;

	if (ifp->if_ops->do_rx(c, rxq, mv, burst) == 0)
		return 0;
	n = mv->mv_n - was;
	for (i = was; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];

		m->m_rcv = rcv;
		bytes += m->m_pktlen;
	}
	stat_cell_add(&rxq->rxq_packets, n);
	stat_cell_add(&rxq->rxq_bytes, bytes);
	stat_add(c, SG_PATH, pks_received, n);
	capture_tap(c, SCR_IN, ifp->if_index, mv->mv_m + was, n);
	return n;
}

unsigned
dev_rx_burst(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned burst)
{
	mv->mv_n = 0;
	return dev_rx_append(c, rxq, mv, burst);
}

/* Right into the stage's vector, if there is room for a whole burst. */
static unsigned ON_CPU
dev_rx_queue(struct cpu *c, struct rxq *rxq, unsigned burst)
{
	struct mvec *to = path_room(c, ST_RX, burst), mv;
	unsigned i, n;

	if (likely(to != NULL))
		return dev_rx_append(c, rxq, to, burst);
	n = dev_rx_burst(c, rxq, &mv, burst);
	for (i = 0; i < n; i++)
		path_next(c, ST_RX, mv.mv_m[i]);
	return n;
}

#define INTAKE_LEAST 128 /* a burst's part that any queue has */
#define INTAKE_BULK  8 /* packets for which the stages are worth running */

/*
 * Of a burst, what an interface is worth while another has more to give than
 * it may: as much of it as its packets come to something.  A few packets cost
 * nearly as much in the stages as many, so few wait until they are more.
 */
static unsigned
dev_worth(struct intake *in, unsigned burst)
{
	unsigned good, worth;

	if (in->in_taken < MVEC_MAX)
		return burst;
	good = in->in_taken - umin(in->in_vain, in->in_taken);
	worth = good * burst / in->in_taken;
	if (worth >= INTAKE_BULK)
		return worth;
	in->in_owed += umax(good * burst * INTAKE_OWED / in->in_taken,
	    umax(burst * INTAKE_OWED / INTAKE_LEAST, 1));
	worth = in->in_owed / INTAKE_OWED;
	if (worth < umin(INTAKE_BULK, burst))
		return 0;
	in->in_owed = 0;
	return umin(worth, burst);
}

static void
dev_remember(struct intake *in, unsigned n)
{
	in->in_taken += n;
	if (in->in_taken >= INTAKE_MEMORY) {
		in->in_taken /= 2;
		in->in_vain /= 2;
	}
}

/*
 * A queue that gave all it might has more, as a rule.  So a flood of packets
 * that come to nothing takes no time from another queue that could use it, and
 * all it wants where nobody else does.
 */
unsigned
dev_rx(struct cpu *c)
{
	unsigned burst = (unsigned)tun(c->c_sp, isr_burst);
	unsigned i, n, most, full = 0, total = 0;

	for (i = 0; i < c->c_nrxq; i++) {
		struct rxq *rxq = c->c_rxq[i];
		struct intake *in = &c->c_intake[rxq->rxq_if->if_index];

		most = c->c_nrxfull > rxq->rxq_full ? dev_worth(in, burst) :
		    burst;
		if (most == 0) { /* not yet: it has what it had */
			full += rxq->rxq_full;
			continue;
		}
		n = dev_rx_queue(c, rxq, most);
		dev_remember(in, n);
		rxq->rxq_full = n == most;
		full += n == most;
		total += n;
	}
	c->c_nrxfull = (uint16_t)full;
	return total;
}

unsigned
dev_tx_burst(struct cpu *c, struct ifnet *ifp, struct mbuf **mm, unsigned n)
{
	struct txq *txq = ifp->if_tx[c->c_id];
	uint64_t bytes = 0;
	unsigned i, sent;

	/* The driver may free what it takes: lengths first. */
	for (i = 0; i < n; i++)
		bytes += mm[i]->m_pktlen;
	capture_tap(c, SCR_OUT, ifp->if_index, mm, n);
	sent = ifp->if_ops->do_tx(c, txq, mm, n);
	for (i = sent; i < n; i++)
		bytes -= mm[i]->m_pktlen;
	txq->txq_kick = true;
	stat_cell_add(&txq->txq_packets, sent);
	stat_cell_add(&txq->txq_bytes, bytes);
	stat_add(c, SG_PATH, pks_sent, sent);
	if (unlikely(sent < n))
		stat_cell_add(&txq->txq_full, n - sent);
	return sent;
}

/* Put mm[0..n), all for ifp and ready for it, on this CPU's queue. */
static void ON_CPU
dev_send(struct cpu *c, struct ifnet *ifp, struct mbuf **mm, unsigned n)
{
	unsigned i;

	for (i = dev_tx_burst(c, ifp, mm, n); i < n; i++)
		m_drop(c, mm[i], SG_DEV, dvs_full);
}

/*
 * Whether the device takes it as it is.  A told packet goes the way of those it
 * does not take.
 */
static bool
dev_ready(const struct ifnet *ifp, const struct mbuf *m)
{
	return ((m->m_flags & (MF_CSUM_PARTIAL | MF_TOLD)) == 0 ||
		   (!m_is_told(m) && (ifp->if_caps & IFCAP_TXCSUM) != 0)) &&
	    (m->m_gso == GSO_NONE || (ifp->if_caps & gso_cap(m)) != 0) &&
	    (m->m_next == NULL || (ifp->if_caps & IFCAP_CHAIN) != 0);
}

/* The last of a told packet; what is only explained does not leave. */
static void ON_CPU
dev_send_told(struct cpu *c, struct ifnet *ifp, struct mbuf *m)
{
	unsigned oif = ifp->if_index, queue = ifp->if_tx[c->c_id]->txq_index;
	uint32_t told = m->m_told, len = m->m_pktlen;

	if (cpu_pretends(c)) {
		tell_sent(c, told, oif, queue, len);
		m_free(c, m);
		return;
	}
	m->m_flags &= (uint16_t)~MF_TOLD; /* the mark is ours alone */
	if (dev_tx_burst(c, ifp, &m, 1) == 1) {
		tell_sent(c, told, oif, queue, len);
		return;
	}
	m->m_flags |= MF_TOLD;
	m_drop(c, m, SG_DEV, dvs_full);
}

static void ON_CPU
dev_send_slowly(struct cpu *c, struct ifnet *ifp, struct mbuf *m)
{
	struct mbuf *mm[MVEC_MAX], *next;
	unsigned n = 0;

	for (m = dev_offload(c, ifp, m); m != NULL; m = next) {
		next = m->m_nextpkt;
		if (m_is_told(m)) {
			dev_send_told(c, ifp, m);
			continue;
		}
		mm[n++] = m;
		if (n == MVEC_MAX || next == NULL) {
			dev_send(c, ifp, mm, n);
			n = 0;
		}
	}
}

/*
 * This CPU has no queue there: a virtual interface makes frames of another one
 * of them, which come back here; a CPU that has a queue sends them.
 */
static void ON_CPU
dev_output_other(
    struct cpu *c, struct ifnet *ifp, struct mbuf **mm, unsigned n)
{
	unsigned i;

	if ((ifp->if_caps & IFCAP_VIRTUAL) != 0) {
		ifp->if_ops->do_output(c, ifp, mm, n);
		return;
	}
	stat_add(c, SG_DEV, dvs_handed, n);
	for (i = 0; i < n; i++)
		path_hand(c, ifp->if_txcpu[c->c_id], ST_TX, mm[i]);
}

/* Whether any device takes all of them as they are. */
static bool
dev_simple(struct mbuf *const *mm, unsigned n)
{
	uintptr_t odd = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		odd |= (uintptr_t)mm[i]->m_next | mm[i]->m_gso |
		    (mm[i]->m_flags & (MF_CSUM_PARTIAL | MF_TOLD));
	return odd == 0;
}

/* mm[0..n) leave on the interface of index oif. */
static void ON_CPU
dev_output_if(struct cpu *c, unsigned oif, struct mbuf **mm, unsigned n)
{
	struct ifnet *ifp = if_lookup(c->c_sp, oif);
	struct mbuf *ready[MVEC_MAX];
	unsigned i, k = 0;

	if (ifp == NULL || !if_running(ifp)) {
		for (i = 0; i < n; i++)
			m_drop(c, mm[i], SG_DEV,
			    ifp == NULL ? dvs_noif : dvs_down);
		return;
	}
	if (ifp->if_tx[c->c_id] == NULL) {
		dev_output_other(c, ifp, mm, n);
		return;
	}
	if (n > 1 && coal_wanted(ifp) && tun(c->c_sp, if_coalesce) != 0)
		n = dev_coalesce(c, ifp, mm, n);
	if (likely(dev_simple(mm, n))) {
		dev_send(c, ifp, mm, n);
		return;
	}
	for (i = 0; i < n; i++) {
		if (likely(dev_ready(ifp, mm[i]))) {
			ready[k++] = mm[i];
			continue;
		}
		if (k > 0)
			dev_send(c, ifp, ready, k); /* order is kept */
		k = 0;
		dev_send_slowly(c, ifp, mm[i]);
	}
	if (k > 0)
		dev_send(c, ifp, ready, k);
}

/*
 * Packets that leave by several interfaces: those of each together, in their
 * order.
 */
static void ON_CPU
dev_output_mixed(struct cpu *c, struct mbuf **mm, unsigned n)
{
	struct mbuf *same[MVEC_MAX];
	unsigned i, k, left, oif;

	for (; n > 0; n = left) {
		oif = mm[0]->m_oif;
		for (i = k = left = 0; i < n; i++)
			if (mm[i]->m_oif == oif)
				same[k++] = mm[i];
			else
				mm[left++] = mm[i];
		dev_output_if(c, oif, same, k);
	}
}

void
dev_output(struct cpu *c, struct mvec *mv)
{
	unsigned i, oif = mv->mv_m[0]->m_oif, mixed = 0;

	for (i = 1; i < mv->mv_n; i++)
		mixed |= mv->mv_m[i]->m_oif ^ oif;
	if (likely(mixed == 0))
		dev_output_if(c, oif, mv->mv_m, mv->mv_n);
	else
		dev_output_mixed(c, mv->mv_m, mv->mv_n);
}

/* Until everything sent has been reaped, whether or not more is sent. */
static void ON_CPU
dev_kick(struct cpu *c, struct txq *txq)
{
	const struct dev_ops *ops = txq->txq_if->if_ops;

	txq->txq_kick = false;
	ops->do_kick(c, txq);
	if (ops->do_txpending != NULL && ops->do_txpending(c, txq))
		txq->txq_kick = true;
}

void
dev_tx(struct cpu *c)
{
	unsigned i;

	for (i = 0; i < c->c_ntxq; i++) {
		struct txq *txq = c->c_txq[i];

		if (txq->txq_kick)
			dev_kick(c, txq);
	}
}

bool
dev_arm(struct cpu *c)
{
	bool waiting = false;
	unsigned i;

	for (i = 0; i < c->c_nrxq; i++) {
		struct rxq *rxq = c->c_rxq[i];

		waiting |= rxq->rxq_if->if_ops->do_arm(c, rxq);
	}
	return waiting;
}

uint64_t
dev_when(struct cpu *c)
{
	uint64_t when = UINT64_MAX;
	unsigned i;

	for (i = 0; i < c->c_nrxq; i++) {
		struct rxq *rxq = c->c_rxq[i];

		if (rxq->rxq_if->if_ops->do_when != NULL)
			when =
			    u64min(when, rxq->rxq_if->if_ops->do_when(c, rxq));
	}
	return when;
}

bool
dev_txpending(struct cpu *c)
{
	bool pending = false;
	unsigned i;

	for (i = 0; i < c->c_ntxq; i++) {
		struct txq *txq = c->c_txq[i];

		if (txq->txq_if->if_ops->do_txpending == NULL)
			continue;
		txq->txq_if->if_ops->do_kick(c, txq);
		pending |= txq->txq_if->if_ops->do_txpending(c, txq);
	}
	return pending;
}
