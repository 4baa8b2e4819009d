/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet: any interface of the kernel, by AF_PACKET, where AF_XDP is not to be
 * had.
 *
 * Each queue is a socket with a receive ring (packet_ring.h); the kernel
 * spreads flows over them, by the device's own queues if it has enough, else
 * by a hash, so that a flow stays on one.  Frames are copied on their way in
 * and out; segments of 64 KiB pass through whole, with the virtio header.
 *
 * The kernel's own stack would hear the same frames and answer them: a
 * program that drops them behind the sockets keeps it from that (open_packet.c)
 * and goes with the process, however it ends.
 *
 * With dc_norx it only sends: sockets hear nothing, have no rings, and leave
 * what comes to the kernel.
 *
 * When the interface is deleted its sockets say so once and are silent for
 * ever, until ctl has them opened again (if/if_return.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev/dev_int.h"
#include "dev/drivers.h"
#include "dev/open_int.h"
#include "dev/packet_int.h"
#include "dev/reclaim.h"

#define ETHER_HDR 14

static uint32_t
packet_caps(const struct dev_conf *dc, const struct open_res *os)
{
	if (dc->dc_nooffload)
		return IFCAP_CHAIN | IFCAP_RXCSUM;
	return IFCAP_CHAIN | IFCAP_RXCSUM | IFCAP_TXCSUM | IFCAP_TSO4 |
	    IFCAP_TSO6 | ((os->os_flags & OPENS_USO) != 0 ? IFCAP_USO : 0);
}

/* The descriptors are the softc's if it succeeds. */
static struct packet_softc *
packet_softc_alloc(const struct opener *op, const struct open_res *os,
    const char *name, const int *fds)
{
	struct packet_softc *ps;
	unsigned q;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return NULL;
	ps->ps_nq = os->os_nrxq;
	ps->ps_q = lines_alloc(ps->ps_nq, sizeof(*ps->ps_q));
	if (ps->ps_q == NULL) {
		free(ps);
		return NULL;
	}
	ps->ps_opener = op;
	ps->ps_found = *os;
	ps->ps_slowfd = fds[ps->ps_nq + OPEN_PACKET_SLOW];
	ps->ps_claimfd = fds[ps->ps_nq + OPEN_PACKET_CLAIM];
	ps->ps_mutefd = (os->os_flags & OPENS_MUTED) != 0
	    ? fds[ps->ps_nq + OPEN_PACKET_MUTE]
	    : -1;
	for (q = 0; q < ps->ps_nq; q++) {
		ps->ps_q[q].pq_fd = fds[q];
		ps->ps_q[q].pq_slowfd = ps->ps_slowfd;
		ps->ps_q[q].pq_ring = MAP_FAILED;
	}
	snprintf(ps->ps_name, sizeof(ps->ps_name), "%s", name);
	return ps;
}

/* Errno value. */
static int
packet_rings_map(struct packet_softc *ps)
{
	unsigned q;

	for (q = 0; q < ps->ps_nq; q++) {
		struct packet_queue *pq = &ps->ps_q[q];

		pq->pq_ring = mmap(NULL, PACKET_RING, PROT_READ | PROT_WRITE,
		    MAP_SHARED, pq->pq_fd, 0);
		if (pq->pq_ring == MAP_FAILED)
			return errno;
	}
	return 0;
}

static void
packet_restore(const struct packet_softc *ps)
{
	struct open_req req;
	struct open_res answer;

	if (ps->ps_gone)
		return;
	open_req_init(&req, OPEN_RESTORE, ps->ps_name);
	if ((ps->ps_found.os_flags & OPENS_WASDOWN) != 0)
		req.or_flags |= OPENF_DOWN;
	dev_rss_restore(&req, &ps->ps_found);
	if (req.or_flags == 0)
		return;
	(void)ps->ps_opener->op_open(
	    ps->ps_opener, &req, -1, &answer, NULL, 0);
}

/* The kernel's stack hears again when nobody else listens any more. */
static void
packet_softc_free(struct packet_softc *ps)
{
	unsigned q;

	for (q = 0; q < ps->ps_nq; q++) {
		struct packet_queue *pq = &ps->ps_q[q];

		if (pq->pq_ring != MAP_FAILED)
			munmap(pq->pq_ring, PACKET_RING);
		close(pq->pq_fd);
	}
	packet_restore(ps);
	close(ps->ps_slowfd);
	close(ps->ps_claimfd);
	if (ps->ps_mutefd >= 0)
		close(ps->ps_mutefd);
	free(ps->ps_q);
	free(ps);
}

static int
packet_ifnet_init(struct ifnet *ifp, struct packet_softc *ps,
    const struct dev_conf *dc, char *err, size_t errlen)
{
	unsigned q, most = umin(ps->ps_found.os_mtu, UINT16_MAX);
	int error;

	/* The device's own MTU is the user's to change. */
	if (dc->dc_mtu > most) {
		snprintf(err, errlen, "%s: mtu is at most %u here, which is "
		    "the device's own: ip link set %s mtu %u", ps->ps_name,
		    most, ps->ps_name, dc->dc_mtu);
		return EINVAL;
	}
	if ((error = if_set_queues(ifp, ps->ps_nq, ps->ps_nq)) != 0)
		return error;
	for (q = 0; q < ps->ps_nq; q++) {
		ifp->if_rxq[q].rxq_sc = &ps->ps_q[q];
		ifp->if_rxq[q].rxq_fd = ps->ps_q[q].pq_fd;
		ifp->if_rxq[q].rxq_irq = ps->ps_found.os_irq[q];
		ifp->if_txq[q].txq_sc = &ps->ps_q[q];
	}
	memcpy(ifp->if_mac,
	    dc->dc_mac != NULL ? dc->dc_mac : ps->ps_found.os_mac, ETHER_ALEN);
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : most);
	ifp->if_caps = packet_caps(dc, &ps->ps_found);
	ifp->if_softc = ps;
	dev_rss_note(ifp, dc, &ps->ps_found);
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s", ps->ps_name);
	return 0;
}

/*
 * Whether the device was deleted, or moved to another namespace: its sockets
 * were unbound from it.  One of the same name may have come instead.
 */
static bool
packet_deleted(const struct packet_softc *ps)
{
	struct sockaddr_ll sll = { 0 };
	socklen_t size = sizeof(sll);

	return getsockname(ps->ps_q[0].pq_fd, (void *)&sll, &size) == 0 &&
	    sll.sll_ifindex != (int)ps->ps_found.os_ifindex;
}

static void
packet_link(struct ifnet *ifp)
{
	struct packet_softc *ps = ifp->if_softc;

	role_enter(&on_ctl);
	if (!ps->ps_gone)
		ps->ps_gone = packet_deleted(ps);
	if (ps->ps_gone)
		if_link_set(ifp, IFL_GONE);
	else
		if_link_set(ifp, link_running(ps->ps_slowfd, ps->ps_name) ?
		    IFL_UP : IFL_DOWN);
}

static void
packet_log_open(const struct ifnet *ifp, const struct packet_softc *ps)
{
	struct log *l = &ifp->if_sp->sp_env.env_log;
	uint32_t flags = ps->ps_found.os_flags;

	log_info(l, "%s: %s (%s), %u queue%s%s, sends %s", ifp->if_name,
	    ps->ps_name, ps->ps_found.os_driver, ps->ps_nq,
	    ps->ps_nq == 1 ? "" : "s", ps->ps_nq == 1 ? "" :
	    (flags & OPENS_DEVQ) != 0 ? " by the device's own" : " by hash",
	    (flags & OPENS_BYPASS) != 0
		? "past the queueing discipline"
		: "by the queueing discipline");
	if (ps->ps_q[0].pq_ring == MAP_FAILED)
		return; /* what comes is the kernel's */
	if ((flags & OPENS_MUTED) == 0)
		log_warn(l, "%s: the kernel hears every frame of %s too, and "
		    "answers and forwards what it can (mute = no)",
		    ifp->if_name, ps->ps_name);
	if ((flags & OPENS_SHARED) != 0)
		log_warn(l, "%s: another Spate serves %s, too: both hear, "
		    "answer and forward each frame; stop one of them",
		    ifp->if_name, ps->ps_name);
}

static void
packet_request(const struct ifnet *ifp, const struct dev_conf *dc,
    struct open_req *req)
{
	open_req_init(req, OPEN_PACKET,
	    dc->dc_device != NULL ? dc->dc_device : ifp->if_name);
	req->or_queues = umin(ifp->if_nrxq, OPEN_MAXQ);
	if (dc->dc_nomute)
		req->or_flags |= OPENF_NOMUTE;
	if (dc->dc_norx)
		req->or_flags |= OPENF_NORX;
	dev_rss_ask(req, dc);
}

static int
packet_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	const struct opener *op = opener_of(ifp->if_sp);
	struct packet_softc *ps;
	struct open_req req;
	struct open_res os;
	int error, fds[OPEN_MAXFDS];

	packet_request(ifp, dc, &req);
	error = op->op_open(op, &req, -1, &os, fds, countof(fds));
	if (error != 0) {
		snprintf(err, errlen, "%s", os.os_text);
		return error;
	}
	if ((ps = packet_softc_alloc(op, &os, req.or_name, fds)) == NULL) {
		while (os.os_nfds > 0)
			close(fds[--os.os_nfds]);
		return ENOMEM;
	}
	if (!dc->dc_norx && (error = packet_rings_map(ps)) != 0)
		snprintf(err, errlen, "%s: receive rings: %s", ps->ps_name,
		    strerror(error));
	else
		error = packet_ifnet_init(ifp, ps, dc, err, errlen);
	if (error != 0) {
		packet_softc_free(ps);
		return error;
	}
	packet_link(ifp);
	packet_log_open(ifp, ps);
	return 0;
}

static void
packet_close(struct ifnet *ifp)
{
	struct packet_softc *ps = ifp->if_softc;
	struct reclaim rec = { 0 };
	unsigned q;

	role_enter(&on_ctl);
	for (q = 0; q < ps->ps_nq; q++) {
		struct packet_queue *pq = &ps->ps_q[q];

		rxbuf_reclaim(&pq->pq_rxbuf, &rec);
		while (pq->pq_nbuf > 0)
			reclaim_add(&rec, pq->pq_buf[--pq->pq_nbuf]);
	}
	reclaim_send(ifp->if_sp, &rec);
	packet_softc_free(ps);
}

/* Frames of a queue that found its ring full; the kernel forgets them. */
static uint64_t
packet_full(struct packet_queue *pq)
{
	struct tpacket_stats st = { 0 };
	socklen_t size = sizeof(st);

	if (getsockopt(pq->pq_fd, SOL_PACKET, PACKET_STATISTICS, &st,
	    &size) == 0)
		pq->pq_full += st.tp_drops;
	return pq->pq_full;
}

/* The MTU that would have let all frames through. */
static unsigned
packet_enough(const struct packet_softc *ps)
{
	unsigned q, mtu = ps->ps_found.os_mtu;

	for (q = 0; q < ps->ps_nq; q++) {
		uint64_t longest = stat_cell_read(&ps->ps_q[q].pq_longest);

		if (longest > ETHER_HDR)
			mtu = umax(mtu, (unsigned)longest - ETHER_HDR);
	}
	return mtu;
}

/* What the user should hear of first. */
static void
packet_note(const struct packet_softc *ps, uint64_t full, uint64_t toolong,
    uint64_t down, char *note, size_t size)
{
	if (ps->ps_gone)
		snprintf(note, size, "%s was deleted", ps->ps_name);
	else if (toolong > 0)
		snprintf(note, size, "%ju frames were larger than the MTU of "
		    "%s: ip link set %s mtu %u", (uintmax_t)toolong,
		    ps->ps_name, ps->ps_name, packet_enough(ps));
	else if (full > 0)
		snprintf(note, size, "%ju frames lost because the ring was "
		    "full: more arrives than is taken", (uintmax_t)full);
	else if (down > 0)
		snprintf(note, size, "%ju frames lost while %s was down",
		    (uintmax_t)down, ps->ps_name);
}

static void
packet_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	const struct packet_softc *ps = ifp->if_softc;
	uint64_t full = 0, toolong = 0, down = 0;
	unsigned q;

	memset(ds, 0, sizeof(*ds));
	for (q = 0; q < ps->ps_nq; q++) {
		struct packet_queue *pq = &ps->ps_q[q];

		full += packet_full(pq) + stat_cell_read(&pq->pq_lost);
		toolong += stat_cell_read(&pq->pq_toolong);
		down += stat_cell_read(&pq->pq_down);
		ds->ds_rx_dropped += stat_cell_read(&pq->pq_nobuf);
		ds->ds_rx_errors += stat_cell_read(&pq->pq_rxbad);
		ds->ds_tx_errors += stat_cell_read(&pq->pq_txbad);
	}
	ds->ds_rx_dropped += full;
	ds->ds_tx_errors += toolong + down;
	packet_note(ps, full, toolong, down, ds->ds_note,
	    sizeof(ds->ds_note));
}

const struct dev_ops dev_packet = {
	.do_name = "packet",
	.do_open = packet_open,
	.do_close = packet_close,
	.do_rx = packet_rx,
	.do_tx = packet_tx,
	.do_kick = packet_kick,
	.do_arm = packet_arm,
	.do_stats = packet_stats,
	.do_link = packet_link,
};
