/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xdp: any interface of the kernel, by AF_XDP.
 *
 * Packet memory is registered with every interface (open_xdp.c), so a frame
 * that arrives on one leaves on another without being copied by us; whether
 * the kernel copies depends on the driver.  A receive queue's buffers come
 * from the pool of the CPU that serves it; a buffer in the kernel's hands is
 * marked in xs_held, so that all come home when the device is closed.
 *
 * All receive queues of the device are served, whatever the number of CPUs; as
 * many transmit queues as there are CPUs are used.
 *
 * The rings are mapped by hand: libxdp makes them together with the socket,
 * which here another process does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev/dev_int.h"
#include "dev/drivers.h"
#include "dev/open_int.h"
#include "dev/reclaim.h"
#include "dev/xdp_int.h"

#define XDP_HDR	      14 /* of a frame */
#define XDP_TAGS      8 /* bytes of the VLAN tags before it */
#define XDP_RX_BUFS   2048u /* in the kernel's hands, for a queue */
#define XDP_POOL_PART 4 /* at most this part of a pool, for all queues */

static_assert(XDP_MTU_ONE == MBUF_DATA - XDP_HDR, "xdp_prog.h");

/*
 * Without copying, the device may write to its buffers until the kernel gets
 * round to taking its rings apart.
 */
#define XDP_LATE_NS (2 * NS_S)

static int
xdp_rings_map(struct xdp_queue *xq)
{
	struct xdp_mmap_offsets off;
	socklen_t size = sizeof(off);
	int e, fd = xq->xq_fd;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &size) != 0)
		return errno;
	if (size != sizeof(off))
		return ENOPROTOOPT; /* older than Linux 5.4 */
	if ((e = xdp_ring_map(&xq->xq_rx, fd, XDP_PGOFF_RX_RING, &off.rx,
		 XDP_RX_ENTRIES, sizeof(struct xdp_desc))) != 0 ||
	    (e = xdp_ring_map(&xq->xq_tx, fd, XDP_PGOFF_TX_RING, &off.tx,
		 XDP_TX_ENTRIES, sizeof(struct xdp_desc))) != 0 ||
	    (e = xdp_ring_map(&xq->xq_fill, fd, XDP_UMEM_PGOFF_FILL_RING,
		 &off.fr, XDP_FILL_ENTRIES, sizeof(uint64_t))) != 0)
		return e;
	return xdp_ring_map(&xq->xq_done, fd, XDP_UMEM_PGOFF_COMPLETION_RING,
	    &off.cr, XDP_DONE_ENTRIES, sizeof(uint64_t));
}

static void
xdp_queue_close(struct xdp_queue *xq)
{
	xdp_ring_unmap(&xq->xq_rx);
	xdp_ring_unmap(&xq->xq_tx);
	xdp_ring_unmap(&xq->xq_fill);
	xdp_ring_unmap(&xq->xq_done);
	close(xq->xq_fd);
}

/* Its queues' buffers are a bounded part of what a CPU has. */
static uint32_t
xdp_want(const struct spate *sp, unsigned nq)
{
	size_t pool = pktmem_size(sp->sp_pktmem) / MBUF_SIZE / sp->sp_ncpus;
	size_t percpu = (nq + sp->sp_ncpus - 1) / sp->sp_ncpus;

	return (uint32_t)szmin(XDP_RX_BUFS, pool / XDP_POOL_PART / percpu);
}

static struct xdp_softc *
xdp_softc_alloc(struct spate *sp, const struct open_res *os, const char *name)
{
	size_t nbufs = pktmem_size(sp->sp_pktmem) / MBUF_SIZE;
	struct xdp_softc *xs;

	if ((xs = calloc(1, sizeof(*xs))) == NULL)
		return NULL;
	xs->xs_q = lines_alloc(os->os_nrxq, sizeof(*xs->xs_q));
	xs->xs_held = calloc(nbufs, sizeof(*xs->xs_held));
	if (xs->xs_q == NULL || xs->xs_held == NULL) {
		free(xs->xs_q);
		free(xs->xs_held);
		free(xs);
		return NULL;
	}
	xs->xs_opener = opener_of(sp);
	xs->xs_sp = sp;
	xs->xs_base = pktmem_base(sp->sp_pktmem);
	xs->xs_found = *os;
	xs->xs_pieces = umin(umax(os->os_pieces, 1), XDP_PIECES);
	xs->xs_longest = umax(os->os_mtu, XDP_MTU_ONE) + XDP_HDR + XDP_TAGS;
	snprintf(xs->xs_name, sizeof(xs->xs_name), "%s", name);
	return xs;
}

/* The descriptors are the softc's from here on. */
static int
xdp_queues_init(struct xdp_softc *xs, const int *fds)
{
	unsigned q;
	int error = 0;

	xs->xs_nq = xs->xs_found.os_nrxq;
	xs->xs_linkfd = fds[xs->xs_nq + OPEN_XDP_LINK];
	xs->xs_packetfd = fds[xs->xs_nq + OPEN_XDP_PACKET];
	for (q = 0; q < xs->xs_nq; q++) {
		xs->xs_q[q].xq_fd = fds[q];
		xs->xs_q[q].xq_want = xdp_want(xs->xs_sp, xs->xs_nq);
	}
	for (q = 0; q < xs->xs_nq && error == 0; q++)
		error = xdp_rings_map(&xs->xs_q[q]);
	return error;
}

static void
xdp_restore(const struct xdp_softc *xs)
{
	struct open_req req;
	struct open_res answer;

	if (xs->xs_gone)
		return;
	open_req_init(&req, OPEN_RESTORE, xs->xs_name);
	if ((xs->xs_found.os_flags & OPENS_WASDOWN) != 0)
		req.or_flags |= OPENF_DOWN;
	if ((xs->xs_found.os_flags & OPENS_RXVLAN) != 0)
		req.or_flags |= OPENF_RXVLAN;
	dev_rss_restore(&req, &xs->xs_found);
	if (req.or_flags == 0)
		return;
	(void)xs->xs_opener->op_open(
	    xs->xs_opener, &req, -1, &answer, NULL, 0);
}

/* Program first, so that no frame goes to a socket that is closing. */
static void
xdp_softc_free(struct xdp_softc *xs)
{
	unsigned q;

	close(xs->xs_linkfd);
	close(xs->xs_packetfd);
	for (q = 0; q < xs->xs_nq; q++)
		xdp_queue_close(&xs->xs_q[q]);
	xdp_restore(xs);
	free(xs->xs_q);
	free(xs->xs_held);
	free(xs);
}

/* The device's own MTU is the user's to change. */
static int
xdp_mtu(const struct xdp_softc *xs, unsigned want, uint16_t *mtu, char *err,
    size_t errlen)
{
	unsigned frames = xs->xs_pieces * MBUF_DATA - XDP_HDR;
	unsigned most = umin(frames, xs->xs_found.os_mtu);

	if (want > most && most < frames) {
		snprintf(err, errlen, "%s: mtu is at most %u here, which is "
		    "the device's own: ip link set %s mtu %u", xs->xs_name,
		    most, xs->xs_name, umin(want, frames));
		return EINVAL;
	}
	if (want > most) {
		snprintf(err, errlen, "%s: mtu is at most %u here", xs->xs_name,
		    most);
		return EINVAL;
	}
	*mtu = (uint16_t)(want != 0 ? want : most);
	return 0;
}

static int
xdp_ifnet_init(struct ifnet *ifp, struct xdp_softc *xs,
    const struct dev_conf *dc, char *err, size_t errlen)
{
	unsigned q, ntxq = umin(xs->xs_found.os_ntxq, xs->xs_sp->sp_ncpus);
	int error;

	error = xdp_mtu(xs, dc->dc_mtu, &ifp->if_mtu, err, errlen);
	if (error != 0)
		return error;
	ifp->if_framemax = (uint16_t)(xs->xs_pieces * MBUF_DATA);
	if ((error = if_set_queues(ifp, xs->xs_nq, ntxq)) != 0)
		return error;
	for (q = 0; q < xs->xs_nq; q++) {
		ifp->if_rxq[q].rxq_sc = &xs->xs_q[q];
		ifp->if_rxq[q].rxq_fd = xs->xs_q[q].xq_fd;
		ifp->if_rxq[q].rxq_irq = xs->xs_found.os_irq[q];
	}
	for (q = 0; q < ntxq; q++)
		ifp->if_txq[q].txq_sc = &xs->xs_q[q];
	memcpy(ifp->if_mac,
	    dc->dc_mac != NULL ? dc->dc_mac : xs->xs_found.os_mac, ETHER_ALEN);
	ifp->if_caps = xs->xs_pieces > 1 ? IFCAP_CHAIN : 0;
	ifp->if_softc = xs;
	dev_rss_note(ifp, dc, &xs->xs_found);
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s", xs->xs_name);
	return 0;
}

/*
 * From the kernel's flags.  The device is known by its number: it may have
 * been renamed, and another may have its name.
 */
static void
xdp_link(struct ifnet *ifp)
{
	struct xdp_softc *xs = ifp->if_softc;
	char name[OPEN_NAMELEN];

	role_enter(&on_ctl);
	xs->xs_gone = !link_name(
	    xs->xs_packetfd, xs->xs_found.os_ifindex, name);
	if (xs->xs_gone)
		if_link_set(ifp, IFL_GONE);
	else
		if_link_set(ifp, link_running(xs->xs_packetfd, name) ? IFL_UP :
		    IFL_DOWN);
}

/*
 * A MAC that is not the device's own needs all frames let in.  If it cannot be
 * asked, opening will say why.
 */
static bool
xdp_needs_promisc(struct ifnet *ifp, const char *name, const uint8_t *mac)
{
	const struct opener *op = opener_of(ifp->if_sp);
	struct open_req req;
	struct open_res os;

	if (mac == NULL)
		return false;
	open_req_init(&req, OPEN_QUERY, name);
	return op->op_open(op, &req, -1, &os, NULL, 0) != 0 ||
	    memcmp(os.os_mac, mac, sizeof(os.os_mac)) != 0;
}

static int
xdp_request(struct ifnet *ifp, const struct dev_conf *dc, struct open_req *req,
    char *err, size_t errlen)
{
	const struct pktmem *pm = ifp->if_sp->sp_pktmem;
	const char *name =
	    dc->dc_device != NULL ? dc->dc_device : ifp->if_name;

	open_req_init(req, OPEN_XDP, name);
	if (dc->dc_mode == NULL || strcmp(dc->dc_mode, "auto") == 0)
		req->or_mode = OPENM_AUTO;
	else if (strcmp(dc->dc_mode, "copy") == 0)
		req->or_mode = OPENM_COPY;
	else if (strcmp(dc->dc_mode, "zerocopy") == 0)
		req->or_mode = OPENM_ZEROCOPY;
	else {
		snprintf(err, errlen,
		    "mode is \"auto\", \"copy\" or \"zerocopy\"");
		return EINVAL;
	}
	if (xdp_needs_promisc(ifp, name, dc->dc_mac))
		req->or_flags |= OPENF_PROMISC;
	req->or_mtu = dc->dc_mtu;
	req->or_memsize = pktmem_size(pm);
	dev_rss_ask(req, dc);
	if (pktmem_fd(pm) < 0) {
		snprintf(err, errlen,
		    "%s: packet memory was not made to be shared",
		    ifp->if_name);
		return EINVAL;
	}
	return 0;
}

static void
xdp_log_open(const struct ifnet *ifp, const struct xdp_softc *xs)
{
	struct log *l = &xs->xs_sp->sp_env.env_log;
	uint32_t flags = xs->xs_found.os_flags;

	log_info(l, "%s: %s (%s), %u queues, %s program, %s%s", ifp->if_name,
	    xs->xs_name, xs->xs_found.os_driver, xs->xs_nq,
	    (flags & OPENS_NATIVE) != 0 ? "native" : "generic",
	    (flags & OPENS_ZEROCOPY) != 0 ? "zero copy" : "copying",
	    xs->xs_pieces > 1 ? ", frames in pieces" : "");
	if ((flags & OPENS_NATIVE) == 0)
		log_warn(l, "%s: the driver does not run the program, large "
		    "segments and VLAN tags are lost: %s",
		    ifp->if_name, xs->xs_found.os_text);
	if (xs->xs_pieces == 1 && xs->xs_found.os_mtu > XDP_MTU_ONE)
		log_warn(l, "%s: frames larger than %u bytes are lost: "
		    "ip link set %s mtu %u", ifp->if_name, MBUF_DATA,
		    xs->xs_name, XDP_MTU_ONE);
}

static int
xdp_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	const struct opener *op = opener_of(ifp->if_sp);
	struct xdp_softc *xs;
	struct open_req req;
	struct open_res os;
	int error, fds[OPEN_MAXFDS];

	if ((error = xdp_request(ifp, dc, &req, err, errlen)) != 0)
		return error;
	error = op->op_open(op, &req, pktmem_fd(ifp->if_sp->sp_pktmem), &os,
	    fds, countof(fds));
	if (error != 0) {
		snprintf(err, errlen, "%s", os.os_text);
		return error;
	}
	xs = xdp_softc_alloc(ifp->if_sp, &os, req.or_name);
	if (xs == NULL) {
		while (os.os_nfds > 0)
			close(fds[--os.os_nfds]);
		return ENOMEM;
	}
	xs->xs_repair = dc->dc_repair || strcmp(os.os_driver, "veth") == 0;
	if ((error = xdp_queues_init(xs, fds)) != 0)
		snprintf(err, errlen, "%s: rings: %s", xs->xs_name,
		    strerror(error));
	else
		error = xdp_ifnet_init(ifp, xs, dc, err, errlen);
	if (error != 0) {
		xdp_softc_free(xs);
		return error;
	}
	xdp_link(ifp);
	xdp_log_open(ifp, xs);
	return 0;
}

/* The sockets are closed first: then the kernel takes no new buffer. */
static void
xdp_close(struct ifnet *ifp)
{
	struct xdp_softc *xs = ifp->if_softc;
	size_t i, nbufs = pktmem_size(xs->xs_sp->sp_pktmem) / MBUF_SIZE;
	struct spate *sp = xs->xs_sp;
	uint8_t *held = xs->xs_held;
	struct reclaim rec = { 0 };
	bool zerocopy = (xs->xs_found.os_flags & OPENS_ZEROCOPY) != 0;

	role_enter(&on_ctl);
	for (i = 0; i < xs->xs_nq; i++)
		reclaim_add(&rec, xs->xs_q[i].xq_part);
	xs->xs_held = NULL;
	xdp_softc_free(xs);
	for (i = 0; i < nbufs; i++)
		if (held[i] != 0)
			reclaim_add(&rec, pktmem_mbuf(sp->sp_pktmem,
			    (uint8_t *)pktmem_base(sp->sp_pktmem) +
			    i * MBUF_SIZE));
	if (zerocopy)
		reclaim_send_late(sp, &rec, XDP_LATE_NS);
	else
		reclaim_send(sp, &rec);
	free(held);
}

/* What the kernel counts, and we; summed over queues. */
struct xdp_sums {
	uint64_t xm_toolong;	/* frames that are segments not cut */
	uint64_t xm_dropped;	/* frames that did not reach the ring */
	uint64_t xm_empty;	/* of those, for want of a buffer */
	uint64_t xm_full;	/* frames that found the ring full */
	uint64_t xm_looked; /* checksums that were looked at */
	uint64_t xm_unfinished; /* of those, the ones nobody finished */
	uint64_t xm_rxbad;
	uint64_t xm_txbad;
};

static void
xdp_sum(const struct xdp_softc *xs, struct xdp_sums *xm)
{
	unsigned q;

	memset(xm, 0, sizeof(*xm));
	for (q = 0; q < xs->xs_nq; q++) {
		const struct xdp_queue *xq = &xs->xs_q[q];
		struct xdp_statistics st = { 0 };
		socklen_t size = sizeof(st);

		(void)getsockopt(
		    xq->xq_fd, SOL_XDP, XDP_STATISTICS, &st, &size);
		xm->xm_dropped += st.rx_dropped;
		xm->xm_empty +=
		    u64min(st.rx_dropped, st.rx_fill_ring_empty_descs);
		xm->xm_full += st.rx_ring_full;
		xm->xm_rxbad += st.rx_invalid_descs;
		xm->xm_txbad +=
		    st.tx_invalid_descs + stat_cell_read(&xq->xq_txbad);
		xm->xm_toolong += stat_cell_read(&xq->xq_toolong);
		xm->xm_looked += stat_cell_read(&xq->xq_looked);
		xm->xm_unfinished += stat_cell_read(&xq->xq_unfinished);
	}
}

/* Whole packets, after the MTU was raised; or segments, of any size. */
static void
xdp_note_large(const struct xdp_softc *xs, uint64_t lost, const char *peer,
    char *note, size_t size)
{
	bool pieces = xs->xs_pieces > 1;
	unsigned mtu = pieces ? umax(xs->xs_found.os_mtu, XDP_MTU_ONE) :
	    XDP_MTU_ONE;

	if (link_mtu(xs->xs_packetfd, xs->xs_name) > mtu)
		snprintf(note, size, "%ju frames lost that were over %u bytes: "
		    "ip link set %s mtu %u%s", (uintmax_t)lost,
		    pieces ? xs->xs_longest : MBUF_DATA, xs->xs_name,
		    pieces ? xs->xs_found.os_mtu : mtu,
		    pieces ? " as it was, or restart" : "");
	else
		snprintf(note, size, "%ju frames lost that were over %u bytes: "
		    "ethtool -K %s tso off gso off", (uintmax_t)lost,
		    pieces ? xs->xs_longest : MBUF_DATA, peer);
}

/* What the user should hear of first. */
static void
xdp_note(const struct xdp_softc *xs, struct xdp_sums *xm, char *note,
    size_t size)
{
	const char *peer =
	    xs->xs_found.os_peer[0] != '\0' ? xs->xs_found.os_peer : "SENDER";
	bool sure = xdp_sure(xm->xm_unfinished, xm->xm_looked);
	uint64_t large = xm->xm_dropped > xm->xm_empty ?
	    xm->xm_dropped - xm->xm_empty : 0;

	/* In pieces, a frame may lack a buffer while there are some. */
	if (xs->xs_pieces > 1) {
		xm->xm_empty += large;
		large = 0;
	}
	large += xm->xm_toolong;
	if (large > 0)
		xdp_note_large(xs, large, peer, note, size);
	else if (sure && !xs->xs_repair)
		snprintf(note, size, "packets arrive with unfinished "
		    "checksums: ethtool -K %s tx off, or checksum = repair",
		    peer);
	else if (xm->xm_empty + xm->xm_full > 0)
		snprintf(note, size, "%ju frames lost because no buffer was "
		    "ready: more arrives than is taken",
		    (uintmax_t)(xm->xm_empty + xm->xm_full));
	else if (sure)
		snprintf(note, size, "%ju unfinished checksums repaired: "
		    "ethtool -K %s tx off saves the work",
		    (uintmax_t)xm->xm_unfinished, peer);
}

static void
xdp_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	const struct xdp_softc *xs = ifp->if_softc;
	struct xdp_sums xm;

	memset(ds, 0, sizeof(*ds));
	xdp_sum(xs, &xm);
	ds->ds_rx_dropped = xm.xm_dropped + xm.xm_full + xm.xm_toolong;
	ds->ds_rx_errors = xm.xm_rxbad;
	ds->ds_tx_errors = xm.xm_txbad;
	xdp_note(xs, &xm, ds->ds_note, sizeof(ds->ds_note));
}

const struct dev_ops dev_xdp = {
	.do_name = "xdp",
	.do_rss = true,
	.do_open = xdp_open,
	.do_close = xdp_close,
	.do_rx = xdp_rx,
	.do_tx = xdp_tx,
	.do_kick = xdp_kick,
	.do_arm = xdp_arm,
	.do_txpending = xdp_txpending,
	.do_stats = xdp_stats,
	.do_link = xdp_link,
};
