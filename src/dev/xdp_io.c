/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xdp: packets in and out.
 *
 * A frame's way: a buffer from the CPU's pool goes into the fill ring, comes
 * back in the receive ring with a frame in it, travels, goes into the transmit
 * ring of some interface and comes back in its completion ring, to be freed.
 *
 * A frame too large for a buffer comes and goes in pieces, where the kernel
 * takes that (xs_pieces): each but the last says that more follows.  Elsewhere
 * dev_offload() joins chains.  Each piece sent is a buffer of packet memory,
 * since its address is all that comes back; clones and others' memory are
 * copied, and so is what is in too many pieces, or empty ones.
 *
 * Checksums that the sender never finished (unfinished.h) are recognised and
 * left to whatever sends the packet on (MF_CSUM_PARTIAL).  That is done for
 * every packet where it is known to happen (veth) or configured; elsewhere
 * samples are taken, and the user is told what to do.
 */
#include <errno.h>
#include <sys/socket.h>

#include "dev/unfinished.h"
#include "dev/xdp_int.h"

#define XDP_BATCH      64 /* buffers moved at a time */
#define XDP_SAMPLE_ALL 64 /* packets looked at first … */
#define XDP_SAMPLE_ONE 1024 /* … and one of so many from then on */

/* The buffer at this offset is the kernel's, or ours again. */
static struct mbuf *
xdp_hold(struct xdp_softc *xs, uint64_t addr, bool hold)
{
	uint8_t *held = &xs->xs_held[addr >> MBUF_SHIFT];

	KASSERT(*held != hold);
	*held = hold;
	return pktmem_mbuf(xs->xs_sp->sp_pktmem, xs->xs_base + addr);
}

/* Bring the kernel's stock of empty buffers up to what it should have. */
static void ON_CPU
xdp_fill(struct cpu *c, struct xdp_softc *xs, struct xdp_queue *xq)
{
	struct mbuf *mm[XDP_BATCH];
	unsigned i, n, want;

	while ((want = xq->xq_want - xq->xq_given) > 0) {
		want = umin(want, XDP_BATCH);
		n = umin(want, xdp_ring_room(&xq->xq_fill, want));
		n = n > 0 ? m_alloc_bulk(c, mm, n) : 0;
		for (i = 0; i < n; i++) {
			uint64_t addr =
			    (uint64_t)(mm[i]->m_head - xs->xs_base);

			xdp_hold(xs, addr, true);
			*xdp_ring_addr(&xq->xq_fill) = addr;
		}
		xdp_ring_submit(&xq->xq_fill);
		xq->xq_given += n;
		if (n < want)
			break;
	}
	if (unlikely(xdp_ring_need_wakeup(&xq->xq_fill)))
		(void)recvfrom(xq->xq_fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static void
xdp_tell(struct cpu *c, struct xdp_softc *xs, const struct ifnet *ifp)
{
	if (atomic_load_explicit(&xs->xs_told, memory_order_relaxed) ||
	    atomic_exchange_explicit(
	    &xs->xs_told, true, memory_order_relaxed))
		return;
	log_warn(&c->c_sp->sp_env.env_log,
	    "%s: the sender leaves TCP and UDP checksums unfinished%s: "
	    "ethtool -K %s tx off%s", ifp->if_name,
	    xs->xs_repair ? "; they are repaired, at some cost" : "",
	    xs->xs_found.os_peer[0] != '\0' ? xs->xs_found.os_peer : "SENDER",
	    xs->xs_repair ? " avoids it" : " there, or checksum = repair here");
}

/* Look at a packet's checksum, see the head of the file. */
static void
xdp_checksum(struct cpu *c, struct xdp_softc *xs, struct xdp_queue *xq,
    const struct ifnet *ifp, struct mbuf *m)
{
	uint32_t seen = xq->xq_seen++;
	uint16_t l4off;
	uint8_t csumoff;

	if (!xs->xs_repair && seen >= XDP_SAMPLE_ALL &&
	    seen % XDP_SAMPLE_ONE != 0)
		return;
	stat_cell_add(&xq->xq_looked, 1);
	if (!csum_unfinished(
		m->m_data, m->m_len, m->m_pktlen, &l4off, &csumoff))
		return;
	stat_cell_add(&xq->xq_unfinished, 1);
	if (xdp_sure(stat_cell_read(&xq->xq_unfinished),
	    stat_cell_read(&xq->xq_looked)))
		xdp_tell(c, xs, ifp);
	if (!xs->xs_repair)
		return;
	m->m_l4off = l4off;
	m->m_csumoff = csumoff;
	m->m_flags |= MF_CSUM_PARTIAL | MF_CSUM_OK;
}

/*
 * The sender's CPU wrote the frame: its first bytes are fetched from there,
 * some frames ahead of xdp_checksum().
 */
static void
xdp_rx_prefetch(const struct xdp_softc *xs, const struct xdp_queue *xq,
    unsigned ahead)
{
	const struct xdp_ring *xr = &xq->xq_rx;
	const struct xdp_desc *xd = xr->xr_desc;

	xd += (xr->xr_mine + ahead) & (xr->xr_size - 1);
	__builtin_prefetch(xs->xs_base + xd->addr);
}

/* One more piece of a frame, which is returned when it is whole. */
static struct mbuf *
xdp_piece(struct xdp_queue *xq, struct mbuf *m, bool more)
{
	struct mbuf *first = xq->xq_part;

	if (likely(first == NULL && !more))
		return m;
	if (first == NULL) {
		xq->xq_part = first = m;
	} else {
		first->m_pktlen += m->m_len;
		xq->xq_last->m_next = m;
	}
	xq->xq_last = m;
	if (more)
		return NULL;
	xq->xq_part = NULL;
	return first;
}

/*
 * A frame that its device never sends, nor anything at the other end: segments
 * that should have been cut, whose size is not told.
 */
static bool ON_CPU
xdp_toolong(struct cpu *c, const struct xdp_softc *xs, struct xdp_queue *xq,
    struct mbuf *m)
{
	if (likely(m->m_pktlen <= xs->xs_longest))
		return false;
	stat_cell_add(&xq->xq_toolong, 1);
	m_free(c, m);
	return true;
}

unsigned
xdp_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct xdp_softc *xs = rxq->rxq_if->if_softc;
	struct xdp_queue *xq = rxq->rxq_sc;
	unsigned i, n, got = 0;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	max = umin(max, MVEC_MAX - mv->mv_n);
	n = umin(max, xdp_ring_avail(&xq->xq_rx, max));
	for (i = 0; i < umin(n, MVEC_AHEAD); i++)
		xdp_rx_prefetch(xs, xq, i);
	for (i = 0; i < n; i++) {
		const struct xdp_desc *xd;
		struct mbuf *m;

		if (i + MVEC_AHEAD < n)
			xdp_rx_prefetch(xs, xq, MVEC_AHEAD);
		xd = xdp_ring_desc(&xq->xq_rx);
		m = xdp_hold(xs, xd->addr, false);
		m->m_data = xs->xs_base + xd->addr;
		m->m_len = m->m_pktlen = xd->len;
		m = xdp_piece(xq, m, (xd->options & XDP_PKT_CONTD) != 0);
		if (m == NULL || xdp_toolong(c, xs, xq, m))
			continue;
		xdp_checksum(c, xs, xq, rxq->rxq_if, m);
		mv->mv_m[mv->mv_n++] = m;
		got++;
	}
	if (n > 0)
		xdp_ring_release(&xq->xq_rx);
	xq->xq_given -= n;
	if (xq->xq_given + XDP_BATCH <= xq->xq_want)
		xdp_fill(c, xs, xq);
	return got;
}

/* Frames that were sent. */
static void ON_CPU
xdp_reap(struct cpu *c, struct xdp_softc *xs, struct xdp_queue *xq)
{
	unsigned i, k, n = xdp_ring_avail(&xq->xq_done, XDP_DONE_ENTRIES);
	struct mbuf *mm[XDP_BATCH];

	if (n == 0)
		return;
	for (; n > 0; n -= k) {
		k = umin(n, XDP_BATCH);
		for (i = 0; i < k; i++)
			mm[i] = xdp_hold(
			    xs, *xdp_ring_addr(&xq->xq_done), false);
		m_free_bulk(c, mm, k);
	}
	xdp_ring_release(&xq->xq_done);
}

/* How many pieces the packet can be sent in as it is; 0: it cannot. */
static unsigned
xdp_pieces(const struct xdp_softc *xs, const struct mbuf *m)
{
	unsigned n;

	if (likely(m->m_next == NULL && m->m_kind == MK_BUFFER))
		return 1;
	for (n = 0; m != NULL; m = m->m_next, n++)
		if (m->m_kind != MK_BUFFER || m->m_len == 0)
			return 0;
	return n <= xs->xs_pieces ? n : 0;
}

/*
 * The packet in *n buffers of packet memory; NULL: it was freed, and counted.
 */
static struct mbuf *ON_CPU
xdp_own(struct cpu *c, struct xdp_softc *xs, struct xdp_queue *xq,
    struct mbuf *m, unsigned *n)
{
	struct mbuf *copy;

	if (likely((*n = xdp_pieces(xs, m)) > 0))
		return m;
	copy = m_copy(c, m);
	m_free(c, m);
	if (copy != NULL && (*n = xdp_pieces(xs, copy)) > 0)
		return copy;
	if (copy != NULL)
		m_free(c, copy);
	stat_cell_add(&xq->xq_txbad, 1);
	return NULL;
}

/* Its pieces are the kernel's; they come back one by one. */
static void
xdp_put(struct xdp_softc *xs, struct xdp_queue *xq, struct mbuf *m)
{
	struct xdp_desc *xd;
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_next;
		m->m_next = NULL;
		xd = xdp_ring_desc(&xq->xq_tx);
		xd->addr = (uint64_t)(m->m_data - xs->xs_base);
		xd->len = m->m_len;
		xd->options = next != NULL ? XDP_PKT_CONTD : 0;
		xdp_hold(xs, xd->addr, true);
	}
}

unsigned
xdp_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct xdp_softc *xs = txq->txq_if->if_softc;
	struct xdp_queue *xq = txq->txq_sc;
	unsigned i, k;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	for (i = 0; i < n; i++) {
		/* A copy needs no more room than the most there can be. */
		k = mm[i]->m_next != NULL ? xs->xs_pieces : 1;
		if (xdp_ring_room(&xq->xq_tx, umax(k, n - i)) < k)
			break;
		mm[i] = xdp_own(c, xs, xq, mm[i], &k);
		if (likely(mm[i] != NULL))
			xdp_put(xs, xq, mm[i]);
	}
	xdp_ring_submit(&xq->xq_tx);
	return i;
}

/*
 * The kernel sends a few frames in one call when it copies, all of them when
 * it does not, and says whether it must be called.
 */
static void
xdp_kick_queue(struct xdp_queue *xq)
{
	unsigned calls = XDP_TX_ENTRIES / XDP_TX_CALL_OLD;
	uint32_t before;

	while (calls-- > 0 && !xdp_ring_drained(&xq->xq_tx) &&
	    xdp_ring_need_wakeup(&xq->xq_tx)) {
		before = xq->xq_tx.xr_other;
		if (sendto(xq->xq_fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 &&
		    errno != EAGAIN)
			break;
		if (!xdp_ring_drained(&xq->xq_tx) &&
		    xq->xq_tx.xr_other == before)
			break;
	}
}

void
xdp_kick(struct cpu *c, struct txq *txq)
{
	struct xdp_queue *xq = txq->txq_sc;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	xdp_kick_queue(xq);
	xdp_reap(c, txq->txq_if->if_softc, xq);
}

/* The socket is readable, and its poll does what a wake-up is needed for. */
bool
xdp_arm(struct cpu *c, struct rxq *rxq)
{
	struct xdp_queue *xq = rxq->rxq_sc;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	xdp_fill(c, rxq->rxq_if->if_softc, xq);
	return xdp_ring_avail(&xq->xq_rx, 1) > 0;
}

bool
xdp_txpending(struct cpu *c, struct txq *txq)
{
	struct xdp_queue *xq = txq->txq_sc;

	(void)c;
	/* Whatever was put on the one must come back on the other. */
	return xq->xq_tx.xr_mine != xq->xq_done.xr_mine;
}
