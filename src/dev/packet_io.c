/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet: frames in and out.
 *
 * In: from the slots of the ring into buffers; a frame too large for a slot by
 * a call, straight into a chain.  The kernel has taken the VLAN tag off and
 * completed or left checksums as the virtio header says, which is about the
 * frame without the tag; the tag is put back before anybody sees the frame.
 *
 * Out: many frames a call, from where they lie; there is no ring to copy to
 * first, which was measured to be slower.  The queue's socket hands them to
 * the device's transmit queue past the queueing discipline, where the device
 * cuts all segments itself; else, and for VLAN frames, of whose segments
 * nothing is known, the kernel sees to it on the ordinary way (pq_slowfd).
 * So the frames of a flow stay in order.
 *
 * Sending copies: nothing is left to be reaped.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "dev/packet_int.h"
#include "dev/vnet.h"

#define PACKET_TAG 4 /* bytes of a VLAN tag */

/*
 * A round takes no more than this from a queue, so that large frames are still
 * in the cache when they are written.
 */
#define PACKET_BURST (4 * RXBUF_FRAME)

static uint8_t *
packet_slot(const struct packet_queue *pq, uint32_t at)
{
	return pq->pq_ring + (size_t)(at & (PACKET_SLOTS - 1)) * PACKET_SLOT;
}

/* tp_status, the first member, passes the slot from one side to the other. */
static _Atomic uint32_t *
packet_status(const struct packet_queue *pq, uint32_t at)
{
	return (void *)packet_slot(pq, at);
}

static_assert(offsetof(struct tpacket2_hdr, tp_status) == 0, "it is first");

static bool
packet_filled(const struct packet_queue *pq, uint32_t at)
{
	/* Acquire: what the kernel wrote to the slot before. */
	return (atomic_load_explicit(packet_status(pq, at),
		    memory_order_acquire) & TP_STATUS_USER) != 0;
}

/* Slots with frames in a row, at most max; their beginnings are fetched. */
static unsigned
packet_waiting(const struct packet_queue *pq, unsigned max)
{
	unsigned n;

	for (n = 0; n < max && packet_filled(pq, pq->pq_at + n); n++)
		__builtin_prefetch(packet_slot(pq, pq->pq_at + n) + CACHELINE);
	return n;
}

/* The next slot is the kernel's again. */
static void
packet_release(struct packet_queue *pq)
{
	/* Release: we have read what was in it. */
	atomic_store_explicit(packet_status(pq, pq->pq_at), TP_STATUS_KERNEL,
	    memory_order_release);
	pq->pq_at++;
}

/* Put the tag back between addresses and type; false: there is no headroom. */
static bool
packet_tag(struct mbuf *m, const struct packet_slot *ps)
{
	uint8_t *p = m_prepend(m, PACKET_TAG);

	if (unlikely(p == NULL))
		return false;
	memmove(p, p + PACKET_TAG, 2 * ETHER_ALEN);
	st16be(p + 2 * ETHER_ALEN, ps->ps_tpid);
	st16be(p + 2 * ETHER_ALEN + 2, ps->ps_tci);
	return true;
}

/* The frame of a slot, in buffers of ours. */
static struct mbuf *ON_CPU
packet_copy(struct cpu *c, struct packet_queue *pq,
    const struct packet_slot *ps)
{
	struct mbuf *m;

	if (unlikely(ps->ps_len > MBUF_DATA))
		m = m_from_bytes(c, ps->ps_data, ps->ps_len);
	else if ((m = pq->pq_nbuf > 0 ? pq->pq_buf[--pq->pq_nbuf] : NULL) !=
	    NULL) {
		memcpy(m->m_data, ps->ps_data, ps->ps_len);
		m->m_len = m->m_pktlen = ps->ps_len;
	}
	if (unlikely(m == NULL))
		stat_cell_add(&pq->pq_nobuf, 1);
	return m;
}

/*
 * Read the frame at the head of the socket's queue.  An error that was waiting
 * is told first: that the device went down.
 */
static ssize_t
packet_recv(struct packet_queue *pq, struct msghdr *mh)
{
	unsigned tries;
	ssize_t n = -1;

	for (tries = 0; tries < 3 && n < 0; tries++) {
		n = recvmsg(pq->pq_fd, mh, MSG_DONTWAIT);
		if (n < 0 && errno != ENETDOWN && errno != EINTR)
			break;
	}
	return n;
}

/* NULL: it was lost, and counted. */
static struct mbuf *ON_CPU
packet_large(struct cpu *c, struct packet_queue *pq)
{
	struct rxbuf *rb = &pq->pq_rxbuf;
	bool ready = rxbuf_ready(c, rb);
	/* Without buffers it is taken off the queue all the same. */
	struct msghdr mh = { .msg_iov = rb->rb_iov,
		.msg_iovlen = ready ? rb->rb_niov : 0 };
	size_t hdr = sizeof(rb->rb_hdr);
	ssize_t n;

	n = packet_recv(pq, &mh);
	if (!ready) {
		stat_cell_add(&pq->pq_nobuf, 1);
		return NULL;
	}
	if (n < (ssize_t)(hdr + ETH_HLEN) || (mh.msg_flags & MSG_TRUNC) != 0) {
		stat_cell_add(&pq->pq_rxbad, 1);
		return NULL;
	}
	return rxbuf_take(rb, (unsigned)((size_t)n - hdr));
}

/* The packet of the next slot; NULL: there is none in it, or it was lost. */
static struct mbuf *ON_CPU
packet_take(struct cpu *c, struct packet_queue *pq)
{
	const struct virtio_net_hdr *hdr;
	struct packet_slot ps;
	struct mbuf *m;

	switch (packet_slot_read(packet_slot(pq, pq->pq_at), &ps)) {
	case PACKET_FRAME:
		m = packet_copy(c, pq, &ps);
		hdr = &ps.ps_hdr;
		break;
	case PACKET_LARGE:
		m = packet_large(c, pq);
		hdr = &pq->pq_rxbuf.rb_hdr;
		break;
	case PACKET_LOST:
		stat_cell_add(&pq->pq_lost, 1);
		return NULL;
	case PACKET_BAD:
		stat_cell_add(&pq->pq_rxbad, 1);
		return NULL;
	case PACKET_NOT_OURS:
	default:
		return NULL;
	}
	if (m == NULL)
		return NULL;
	if (unlikely(!vnet_to_mbuf(hdr, m) ||
		(ps.ps_tagged && !packet_tag(m, &ps)))) {
		stat_cell_add(&pq->pq_rxbad, 1);
		m_free(c, m);
		return NULL;
	}
	return m;
}

unsigned
packet_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct packet_queue *pq = rxq->rxq_sc;
	unsigned i, n, was = mv->mv_n;
	size_t bytes = 0;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	if (pq->pq_ring == MAP_FAILED)
		return 0;
	n = packet_waiting(pq, umin(max, MVEC_MAX - was));
	if (pq->pq_nbuf < n)
		pq->pq_nbuf += m_alloc_bulk(
		    c, &pq->pq_buf[pq->pq_nbuf], n - pq->pq_nbuf);
	for (i = 0; i < n && bytes < PACKET_BURST; i++) {
		struct mbuf *m = packet_take(c, pq);

		packet_release(pq);
		if (m == NULL)
			continue;
		bytes += m->m_pktlen;
		mv->mv_m[mv->mv_n++] = m;
	}
	return mv->mv_n - was;
}

/* A frame that has a VLAN tag. */
static bool
packet_tagged(const struct mbuf *m)
{
	const uint8_t *type = m->m_data + 2 * ETHER_ALEN;

	if (unlikely(m->m_len < ETH_HLEN))
		return true; /* the slow way takes anything */
	return ld16be(type) == ETH_P_8021Q || ld16be(type) == ETH_P_8021AD;
}

/* Add a frame if there is room for its pieces. */
static bool
batch_add(struct packet_batch *pb, struct mbuf *m)
{
	struct iovec *iov = &pb->pb_iov[pb->pb_niov];
	unsigned i = pb->pb_n, n = 1, room = PACKET_IOVS - pb->pb_niov;
	const struct mbuf *part;

	if (i == PACKET_BATCH || room == 0)
		return false;
	for (part = m; part != NULL; part = part->m_next) {
		if (n == room)
			return false;
		iov[n].iov_base = part->m_data;
		iov[n++].iov_len = part->m_len;
	}
	vnet_from_mbuf(&pb->pb_hdr[i], m);
	iov[0].iov_base = &pb->pb_hdr[i];
	iov[0].iov_len = sizeof(pb->pb_hdr[i]);
	pb->pb_msg[i].msg_hdr.msg_iov = iov;
	pb->pb_msg[i].msg_hdr.msg_iovlen = n;
	pb->pb_m[i] = m;
	pb->pb_n = i + 1;
	pb->pb_niov += n;
	return true;
}

/* A frame the kernel did not take, and will not. */
static void
packet_refused(struct packet_queue *pq, const struct mbuf *m, int error)
{
	switch (error) {
	case EMSGSIZE:
		stat_cell_add(&pq->pq_toolong, 1);
		if (m->m_pktlen > stat_cell_read(&pq->pq_longest))
			atomic_store_explicit(&pq->pq_longest, m->m_pktlen,
			    memory_order_relaxed);
		break;
	case ENETDOWN:
	case ENXIO:
	case ENODEV:
		stat_cell_add(&pq->pq_down, 1);
		break;
	default:
		stat_cell_add(&pq->pq_txbad, 1);
		break;
	}
}

/*
 * What to do about frame i of the batch, for which sending said error.
 * Returns whether to go on behind it: not if the queue is full, and the frame
 * should wait.
 */
static bool
batch_retry(struct packet_queue *pq, unsigned i, int fd, int error)
{
	const struct packet_batch *pb = &pq->pq_batch;
	bool again = error == ENETDOWN;

	/*
	 * The first call after the device went down says so, even if it is up
	 * again.  Segments that the device does not cut any more (somebody
	 * used ethtool) look as if the queue were full.
	 */
	if (error == ENOBUFS && pb->pb_m[i]->m_gso != GSO_NONE) {
		again = fd != pq->pq_slowfd;
		fd = pq->pq_slowfd;
	}
	if (again && sendmsg(fd, &pb->pb_msg[i].msg_hdr, MSG_DONTWAIT) >= 0)
		return true;
	if (again)
		error = errno;
	if (error == EAGAIN || error == ENOBUFS)
		return false;
	packet_refused(pq, pb->pb_m[i], error);
	return true;
}

/* Returns how many frames of the batch are done with: sent, or refused. */
static unsigned
batch_send(struct packet_queue *pq)
{
	struct packet_batch *pb = &pq->pq_batch;
	int n, fd = pb->pb_tagged ? pq->pq_slowfd : pq->pq_fd;
	unsigned done = 0;

	while (done < pb->pb_n) {
		n = sendmmsg(fd, &pb->pb_msg[done], pb->pb_n - done,
		    MSG_DONTWAIT);
		if (n > 0)
			done += (unsigned)n;
		else if (errno == EINTR)
			continue;
		else if (batch_retry(pq, done, fd, errno))
			done++;
		else
			break;
	}
	return done;
}

/*
 * Fill the batch from mm[0..n) with frames that go the same way.  Returns how
 * many; 0: the first one is in too many pieces.
 */
static unsigned
batch_fill(struct packet_batch *pb, struct mbuf **mm, unsigned n)
{
	unsigned i;

	pb->pb_n = pb->pb_niov = 0;
	pb->pb_tagged = packet_tagged(mm[0]);
	for (i = 0; i < n; i++)
		if (packet_tagged(mm[i]) != pb->pb_tagged ||
		    !batch_add(pb, mm[i]))
			break;
	return i;
}

/* A packet in too many pieces, in as few as it takes; consumed if done. */
static bool ON_CPU
packet_send_copy(struct cpu *c, struct packet_queue *pq, struct mbuf *m)
{
	struct mbuf *copy = m_copy(c, m);
	bool done = true;

	if (copy == NULL)
		stat_cell_add(&pq->pq_txbad, 1);
	else {
		if (batch_fill(&pq->pq_batch, &copy, 1) == 1)
			done = batch_send(pq) == 1;
		else
			stat_cell_add(&pq->pq_txbad, 1);
		m_free(c, copy);
	}
	if (done)
		m_free(c, m);
	return done;
}

unsigned
packet_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct packet_queue *pq = txq->txq_sc;
	unsigned i = 0, k, done;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	while (i < n) {
		if ((k = batch_fill(&pq->pq_batch, &mm[i], n - i)) == 0) {
			if (!packet_send_copy(c, pq, mm[i]))
				break;
			i++;
			continue;
		}
		done = batch_send(pq);
		m_free_bulk(c, &mm[i], done);
		i += done;
		if (done < k)
			break;
	}
	return i;
}

void
packet_kick(struct cpu *c, struct txq *txq)
{
	(void)c;
	(void)txq;
}

/*
 * The descriptor is level-triggered: a frame that waits ends any sleep.  So
 * would an error that nobody has asked for: that the device went down.
 */
bool
packet_arm(struct cpu *c, struct rxq *rxq)
{
	const struct packet_queue *pq = rxq->rxq_sc;
	socklen_t size = sizeof(int);
	int error;

	(void)c;
	(void)getsockopt(pq->pq_fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return pq->pq_ring != MAP_FAILED && packet_filled(pq, pq->pq_at);
}
