/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap: the host's own network stack, or a virtual machine, at the other end.
 *
 * Each queue is a descriptor; a read takes one frame, a write sends one, both
 * preceded by a virtio header.  With offloads on, checksums and segments of up
 * to 64 KiB are left to the other side, both ways, so that a bulk transfer
 * through Spate moves large packets whole.
 *
 * A queue keeps room for the largest frame ready (rxbuf.h); without room
 * nothing is read, and frames wait in the kernel's queue.
 *
 * The kernel sends a flow to the queue it was last written on: what a CPU
 * sends on its own queue is answered there.
 *
 * When the tap is deleted under us, its descriptors are in error for ever and
 * would keep the CPU awake; a silent one is put in their place, until ctl has
 * seen it and everything is opened again (if/if_return.c).
 *
 * Whether the kernel's end is up is asked of the descriptor, for it may be in
 * another network namespace, of which no news comes.
 *
 *	I	immutable after tap_open()
 *	o	the CPU that serves the queue
 *	A	atomic, relaxed: written by that CPU, read by anyone
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/lines.h"
#include "dev/drivers.h"
#include "dev/open.h"
#include "dev/reclaim.h"
#include "dev/rxbuf.h"
#include "dev/vnet.h"

#define TAP_IOVS 64 /* pieces of a frame that is sent */

/*
 * A round takes no more than this from a queue, so that large frames are still
 * in the cache when they are written.
 */
#define TAP_BURST (4 * RXBUF_FRAME)

struct tap_queue {
	/*
	 * Neighbours are served by other CPUs.  The descriptor stays a number;
	 * tap_gone() changes what is behind it.
	 */
	alignas(LINEPAIR) int tq_fd; /* [I] */
	struct rxbuf tq_rxbuf; /* [o] what is read goes there */
	stat_cell tq_rxbad; /* [A] frames with an unsound header */
	stat_cell tq_txbad; /* [A] frames the kernel refused */
	stat_cell tq_down; /* [A] frames sent while it was down */
	_Atomic bool tq_gone; /* [A] the tap was deleted */
};

struct tap_softc {
	const struct opener *ts_opener; /* [I] */
	char ts_name[OPEN_NAMELEN]; /* [I] */
	unsigned ts_nq; /* [I] */
	struct open_res ts_found; /* [I] what to put back */
	struct tap_queue *ts_q; /* [I] ts_nq of them */
};

/* The name of the device in the system. */
static const char *
tap_device(const struct ifnet *ifp, const struct dev_conf *dc)
{
	return dc->dc_device != NULL ? dc->dc_device : ifp->if_name;
}

/*
 * Two ends of a link need two addresses.  This one is as stable as the
 * kernel's.
 */
static void
tap_mac(uint8_t mac[static ETHER_ALEN], const uint8_t kernel[static ETHER_ALEN])
{
	memcpy(mac, kernel, ETHER_ALEN);
	mac[0] = (uint8_t)((mac[0] | 2) & ~1);
	mac[ETHER_ALEN - 1] ^= 0xff;
}

static uint32_t
tap_caps(const struct dev_conf *dc, const struct open_res *os)
{
	if (dc->dc_nooffload)
		return IFCAP_CHAIN;
	return IFCAP_CHAIN | IFCAP_RXCSUM | IFCAP_TXCSUM | IFCAP_TSO4 |
	    IFCAP_TSO6 | ((os->os_flags & OPENS_USO) != 0 ? IFCAP_USO : 0);
}

static void
tap_bind_queues(struct ifnet *ifp, struct tap_softc *ts, const int *fds)
{
	unsigned i;

	for (i = 0; i < ts->ts_nq; i++) {
		ts->ts_q[i].tq_fd = fds[i];
		ifp->if_rxq[i].rxq_sc = &ts->ts_q[i];
		ifp->if_rxq[i].rxq_fd = fds[i];
		ifp->if_txq[i].txq_sc = &ts->ts_q[i];
	}
	ifp->if_nrxq = ifp->if_ntxq = (uint16_t)ts->ts_nq;
}

static bool
tap_is_gone(const struct tap_softc *ts)
{
	unsigned i;
	bool gone = false;

	for (i = 0; i < ts->ts_nq; i++)
		gone |= atomic_load_explicit(
		    &ts->ts_q[i].tq_gone, memory_order_relaxed);
	return gone;
}

/*
 * The kernel says that frames may be written while its end is up, and that
 * there is an error once the tap is deleted.
 */
static void
tap_link(struct ifnet *ifp)
{
	const struct tap_softc *ts = ifp->if_softc;
	struct pollfd pfd = { .fd = ts->ts_q[0].tq_fd, .events = POLLOUT };

	role_enter(&on_ctl);
	if (tap_is_gone(ts) || poll(&pfd, 1, 0) < 0 ||
	    (pfd.revents & (POLLERR | POLLNVAL)) != 0)
		if_link_set(ifp, IFL_GONE);
	else
		if_link_set(ifp, (pfd.revents & POLLOUT) != 0 ? IFL_UP :
		    IFL_DOWN);
}

static int
tap_softc_alloc(struct ifnet *ifp, const struct open_res *os,
    const char *name, struct tap_softc **tsp)
{
	struct tap_softc *ts;

	if ((ts = calloc(1, sizeof(*ts))) == NULL)
		return ENOMEM;
	if ((ts->ts_q = lines_alloc(os->os_nfds, sizeof(*ts->ts_q))) == NULL) {
		free(ts);
		return ENOMEM;
	}
	ts->ts_opener = opener_of(ifp->if_sp);
	snprintf(ts->ts_name, sizeof(ts->ts_name), "%s", name);
	ts->ts_nq = os->os_nfds;
	ts->ts_found = *os;
	*tsp = ts;
	return 0;
}

static int
tap_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	const struct opener *op = opener_of(ifp->if_sp);
	struct tap_softc *ts;
	struct open_req req;
	struct open_res os;
	int error, fds[OPEN_MAXFDS];

	open_req_init(&req, OPEN_TAP, tap_device(ifp, dc));
	req.or_queues = umin(ifp->if_nrxq, OPEN_MAXQ);
	req.or_mtu = dc->dc_mtu;
	if (dc->dc_nooffload)
		req.or_flags |= OPENF_NOOFFLOAD;
	error = op->op_open(op, &req, -1, &os, fds, countof(fds));
	if (error != 0) {
		snprintf(err, errlen, "%s", os.os_text);
		return error;
	}
	if ((error = tap_softc_alloc(ifp, &os, req.or_name, &ts)) != 0) {
		while (os.os_nfds > 0)
			close(fds[--os.os_nfds]);
		return error;
	}
	ifp->if_softc = ts;
	if (dc->dc_mac != NULL)
		memcpy(ifp->if_mac, dc->dc_mac, ETHER_ALEN);
	else
		tap_mac(ifp->if_mac, os.os_mac);
	ifp->if_mtu = (uint16_t)os.os_mtu;
	ifp->if_caps = tap_caps(dc, &os);
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s", ts->ts_name);
	tap_bind_queues(ifp, ts, fds);
	tap_link(ifp);
	return 0;
}

/* What the user's own tap was like before. */
static void
tap_restore(const struct tap_softc *ts)
{
	const struct open_res *os = &ts->ts_found;
	struct open_req req;
	struct open_res answer;
	unsigned offload = 0;

	if ((os->os_flags & OPENS_EXISTED) == 0)
		return;
	if ((os->os_flags & OPENS_TXCSUM) != 0)
		offload |= TUN_F_CSUM;
	if ((os->os_flags & OPENS_TSO) != 0)
		offload |= TUN_F_TSO4 | TUN_F_TSO6;
	(void)ioctl(ts->ts_q[0].tq_fd, TUNSETOFFLOAD, offload);
	open_req_init(&req, OPEN_RESTORE, ts->ts_name);
	if (os->os_wasmtu != os->os_mtu)
		req.or_mtu = os->os_wasmtu;
	if ((os->os_flags & OPENS_WASDOWN) != 0)
		req.or_flags |= OPENF_DOWN;
	if (req.or_mtu != 0 || req.or_flags != 0)
		(void)ts->ts_opener->op_open(
		    ts->ts_opener, &req, -1, &answer, NULL, 0);
}

static void
tap_close(struct ifnet *ifp)
{
	struct tap_softc *ts = ifp->if_softc;
	struct reclaim rec = { 0 };
	unsigned i;

	role_enter(&on_ctl);
	if (!tap_is_gone(ts))
		tap_restore(ts);
	for (i = 0; i < ts->ts_nq; i++) {
		struct tap_queue *tq = &ts->ts_q[i];

		close(tq->tq_fd);
		rxbuf_reclaim(&tq->tq_rxbuf, &rec);
	}
	reclaim_send(ifp->if_sp, &rec);
	free(ts->ts_q);
	free(ts);
}

/*
 * The tap is no more: a descriptor that is never readable takes the place of
 * the one that always would be.
 */
static void
tap_gone(struct tap_queue *tq, struct ifnet *ifp)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd >= 0) {
		(void)dup3(fd, tq->tq_fd, O_CLOEXEC);
		close(fd);
	}
	atomic_store_explicit(&tq->tq_gone, true, memory_order_relaxed);
	/* ctl finds out why. */
	atomic_fetch_and_explicit(
	    &ifp->if_state, ~(uint32_t)IFS_CARRIER, memory_order_relaxed);
}

static unsigned ON_CPU
tap_rx_some(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct tap_queue *tq = rxq->rxq_sc;
	struct rxbuf *rb = &tq->tq_rxbuf;
	struct mbuf *m;
	unsigned i, got = 0;
	size_t bytes = 0;
	ssize_t n;

	for (i = 0; i < max && bytes < TAP_BURST; i++) {
		if (unlikely(!rxbuf_ready(c, rb)))
			break;
		n = readv(tq->tq_fd, rb->rb_iov, (int)rb->rb_niov);
		if (n < 0 && errno == EBADFD)
			tap_gone(tq, rxq->rxq_if);
		if (n < (ssize_t)sizeof(rb->rb_hdr))
			break;
		bytes += (size_t)n;
		m = rxbuf_take(rb, (unsigned)n - (unsigned)sizeof(rb->rb_hdr));
		if (unlikely(!vnet_to_mbuf(&rb->rb_hdr, m))) {
			stat_cell_add(&tq->tq_rxbad, 1);
			m_free(c, m);
			continue;
		}
		mv->mv_m[mv->mv_n++] = m;
		got++;
	}
	return got;
}

static unsigned
tap_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct tap_queue *tq = rxq->rxq_sc;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	if (atomic_load_explicit(&tq->tq_gone, memory_order_relaxed))
		return 0;
	return tap_rx_some(c, rxq, mv, umin(max, MVEC_MAX - mv->mv_n));
}

/* The pieces of a packet behind its header; 0 if there are too many. */
static unsigned
tap_iov(struct iovec *iov, struct virtio_net_hdr *hdr, const struct mbuf *m)
{
	unsigned n = 1;

	iov[0].iov_base = hdr;
	iov[0].iov_len = sizeof(*hdr);
	for (; m != NULL; m = m->m_next) {
		if (n == TAP_IOVS)
			return 0;
		iov[n].iov_base = m->m_data;
		iov[n++].iov_len = m->m_len;
	}
	return n;
}

/* Errno value of the write. */
static int
tap_write(struct tap_queue *tq, const struct mbuf *m)
{
	struct iovec iov[TAP_IOVS];
	struct virtio_net_hdr hdr;
	unsigned n;

	vnet_from_mbuf(&hdr, m);
	if ((n = tap_iov(iov, &hdr, m)) == 0)
		return EMSGSIZE;
	return writev(tq->tq_fd, iov, (int)n) < 0 ? errno : 0;
}

/* A packet in too many pieces, in as few as it takes. */
static int ON_CPU
tap_write_copy(struct cpu *c, struct tap_queue *tq, const struct mbuf *m)
{
	struct mbuf *copy;
	int error;

	if ((copy = m_copy(c, m)) == NULL)
		return ENOBUFS;
	error = tap_write(tq, copy);
	m_free(c, copy);
	return error;
}

static unsigned
tap_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct tap_queue *tq = txq->txq_sc;
	unsigned i;
	int error;

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	for (i = 0; i < n; i++) {
		if ((error = tap_write(tq, mm[i])) == EMSGSIZE)
			error = tap_write_copy(c, tq, mm[i]);
		if (error == EAGAIN)
			break;
		/* EIO: the kernel's side of the link is not up. */
		if (error != 0)
			stat_cell_add(
			    error == EIO ? &tq->tq_down : &tq->tq_txbad, 1);
		m_free(c, mm[i]);
	}
	return i;
}

static void
tap_kick(struct cpu *c, struct txq *txq)
{
	(void)c;
	(void)txq;
}

/* The descriptor is level-triggered: a frame that waits ends any sleep. */
static bool
tap_arm(struct cpu *c, struct rxq *rxq)
{
	(void)c;
	(void)rxq;
	return false;
}

static void
tap_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	const struct tap_softc *ts = ifp->if_softc;
	uint64_t down = 0;
	unsigned i;

	memset(ds, 0, sizeof(*ds));
	for (i = 0; i < ts->ts_nq; i++) {
		const struct tap_queue *tq = &ts->ts_q[i];

		ds->ds_rx_errors += stat_cell_read(&tq->tq_rxbad);
		ds->ds_tx_errors += stat_cell_read(&tq->tq_txbad);
		down += stat_cell_read(&tq->tq_down);
	}
	ds->ds_tx_errors += down;
	if (tap_is_gone(ts))
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "tap %s was deleted", ts->ts_name);
	else if (!if_carrier(ifp))
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "%s is down: ip link set %s up", ts->ts_name, ts->ts_name);
	else if (down > 0)
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "%ju frames were lost while %s was down",
		    (uintmax_t)down, ts->ts_name);
}

const struct dev_ops dev_tap = {
	.do_name = "tap",
	.do_open = tap_open,
	.do_close = tap_close,
	.do_rx = tap_rx,
	.do_tx = tap_tx,
	.do_kick = tap_kick,
	.do_arm = tap_arm,
	.do_stats = tap_stats,
	.do_link = tap_link,
	.do_creates = true,
};
