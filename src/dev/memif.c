/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif: another program on this machine, through memory that both share:
 * VPP, DPDK, a container's data plane, another Spate.
 *
 * One side is the server and listens on a UNIX socket, the other the client,
 * which connects and brings the memory (memif_wire.h, memif_conn.c).  Our
 * packet memory is never in it: frames are copied on their way in and out
 * (memif_ring.c).  Either side may go and come back at any time; the carrier
 * follows (memif_up.c).
 *
 * The peer is a stranger: what it writes can cost it the connection, and
 * nobody else anything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dev/drivers.h"
#include "dev/memif_int.h"

#define MTU 1500u /* unless asked for another */

static void
memif_timer(struct timer *t, void *ctx)
{
	role_enter(&on_ctl);
	memif_step(ctx, container_of(t, struct memif_softc, ms_timer));
}

/* A locally administered address, of its own each time. */
static void ON_CTL
memif_mac(struct ctl *ctl, uint8_t mac[static ETHER_ALEN])
{
	rnd_bytes(&ctl->ctl_rnd, mac, ETHER_ALEN);
	mac[0] = (uint8_t)((mac[0] & 0xfcu) | 2);
}

/* What the protocol does not have; the configuration has refused it before. */
static int
memif_conf_check(const struct memif_conf *mc, const char *name, unsigned nq,
    char *err, size_t errlen)
{
	unsigned ring = mc->mc_ring != 0 ? mc->mc_ring : MEMIF_RING;
	unsigned buffer = mc->mc_buffer != 0 ? mc->mc_buffer : MEMIF_BUFFER;
	const char *what = NULL;

	if (mc->mc_socket == NULL ||
	    (mc->mc_socket[0] != '/' && mc->mc_socket[0] != '@') ||
	    strlen(mc->mc_socket) >= MEMIF_PATHLEN)
		what = "a socket is a path of up to 107 bytes that begins "
		       "with \"/\", or \"@\" and a name";
	else if (!is_pow2(ring) || ring < MEMIF_RING_MIN ||
	    ring > MEMIF_RING_MAX)
		what = "a ring has a power of 2 of descriptors, 2 to 16384";
	else if (buffer < MEMIF_BUFFER_MIN || buffer > MEMIF_BUFFER_MAX ||
	    buffer % CACHELINE != 0)
		what = "a buffer has 256 to 65536 bytes, in steps of 64";
	else if (mc->mc_secret != NULL &&
	    strlen(mc->mc_secret) > MEMIF_SECRETMAX)
		what = "a secret has at most 24 bytes";
	else if (mc->mc_client &&
	    memif_shared_size(nq, ring, buffer) > MEMIF_SHARED_MAX)
		what = "rings and buffers are more than the 4 GiB that can be "
		       "shared";
	if (what == NULL)
		return 0;
	snprintf(err, errlen, "%s: %s", name, what);
	return EINVAL;
}

static void
memif_softc_free(struct memif_softc *ms)
{
	unsigned i;

	for (i = 0; ms->ms_rxq != NULL && i < ms->ms_nq; i++)
		if (ms->ms_rxq[i].mq_epfd >= 0)
			close(ms->ms_rxq[i].mq_epfd);
	free(ms->ms_rxq);
	free(ms->ms_txq);
	free(ms);
}

/* Errno value. */
static int
memif_queues_alloc(struct memif_softc *ms)
{
	unsigned i;
	int error = 0;

	ms->ms_rxq = lines_alloc(ms->ms_nq, sizeof(*ms->ms_rxq));
	ms->ms_txq = lines_alloc(ms->ms_nq, sizeof(*ms->ms_txq));
	if (ms->ms_rxq == NULL || ms->ms_txq == NULL) {
		free(ms->ms_rxq); /* its descriptors are none yet */
		ms->ms_rxq = NULL;
		return ENOMEM;
	}
	for (i = 0; i < ms->ms_nq; i++)
		if ((ms->ms_rxq[i].mq_epfd = epoll_create1(EPOLL_CLOEXEC)) < 0)
			error = errno;
	return error;
}

static int
memif_softc_alloc(const struct ifnet *ifp, const struct memif_conf *mc,
    struct memif_softc **msp)
{
	struct memif_softc *ms;
	int error;

	if ((ms = calloc(1, sizeof(*ms))) == NULL)
		return ENOMEM;
	ms->ms_sp = ifp->if_sp;
	ms->ms_index = ifp->if_index;
	snprintf(ms->ms_name, sizeof(ms->ms_name), "%s", ifp->if_name);
	snprintf(ms->ms_socket, sizeof(ms->ms_socket), "%s", mc->mc_socket);
	ms->ms_id = mc->mc_id;
	ms->ms_client = mc->mc_client;
	ms->ms_nq = ifp->if_nrxq;
	ms->ms_ring = mc->mc_ring != 0 ? mc->mc_ring : MEMIF_RING;
	ms->ms_buffer = mc->mc_buffer != 0 ? mc->mc_buffer : MEMIF_BUFFER;
	if (mc->mc_secret != NULL)
		memcpy(ms->ms_secret, mc->mc_secret, strlen(mc->mc_secret));
	timer_init(&ms->ms_timer, memif_timer);
	if ((error = memif_queues_alloc(ms)) != 0) {
		memif_softc_free(ms);
		return error;
	}
	*msp = ms;
	return 0;
}

/* The end of a path says more than its beginning. */
static void
memif_device_name(struct ifnet *ifp, const char *path)
{
	size_t n = strlen(path), room = sizeof(ifp->if_device) - 1;

	if (n <= room)
		snprintf(ifp->if_device, sizeof(ifp->if_device), "%s", path);
	else
		snprintf(ifp->if_device, sizeof(ifp->if_device), "...%s",
		    path + n - (room - 3));
}

static void ON_CTL
memif_ifnet_init(struct ctl *ctl, struct ifnet *ifp, struct memif_softc *ms,
    const struct dev_conf *dc)
{
	unsigned i;

	ifp->if_softc = ms;
	if (dc->dc_mac != NULL)
		memcpy(ifp->if_mac, dc->dc_mac, ETHER_ALEN);
	else
		memif_mac(ctl, ifp->if_mac);
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : MTU);
	ifp->if_caps = IFCAP_CHAIN;
	memif_device_name(ifp, ms->ms_socket);
	for (i = 0; i < ms->ms_nq; i++) {
		ifp->if_rxq[i].rxq_sc = &ms->ms_rxq[i];
		ifp->if_rxq[i].rxq_fd = ms->ms_rxq[i].mq_epfd;
		ifp->if_txq[i].txq_sc = &ms->ms_txq[i];
	}
}

static int
memif_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	struct ctl *ctl = ifp->if_sp->sp_ctl;
	struct memif_softc *ms;
	int error;

	role_enter(&on_ctl);
	if (dc->dc_memif == NULL) {
		snprintf(err, errlen, "%s: has no socket", ifp->if_name);
		return EINVAL;
	}
	if ((error = memif_conf_check(dc->dc_memif, ifp->if_name,
	    ifp->if_nrxq, err, errlen)) != 0)
		return error;
	if ((error = memif_softc_alloc(ifp, dc->dc_memif, &ms)) != 0) {
		snprintf(err, errlen, "%s: %s", ifp->if_name, strerror(error));
		return error;
	}
	if (!ms->ms_client &&
	    (error = memif_listen(ctl, ms, err, errlen)) != 0) {
		memif_softc_free(ms);
		return error;
	}
	memif_ifnet_init(ctl, ifp, ms, dc);
	timer_set(&ctl->ctl_wheel, &ms->ms_timer, ctl->ctl_now);
	return 0;
}

/* CPUs are done with it, so that nothing need wait for them. */
static void
memif_close(struct ifnet *ifp)
{
	struct memif_softc *ms = ifp->if_softc;
	struct ctl *ctl = ms->ms_sp->sp_ctl;

	role_enter(&on_ctl);
	timer_cancel(&ctl->ctl_wheel, &ms->ms_timer);
	if (ms->ms_conn != NULL) {
		memif_conn_end(ms->ms_conn, "the interface is closed");
		memif_conn_destroy(ms->ms_conn);
	}
	if (ms->ms_old != NULL)
		ms->ms_old->ml_sc = NULL;
	if (ms->ms_listener != NULL)
		memif_unlisten(ctl, ms);
	memif_softc_free(ms);
}

static unsigned
memif_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct memif_rxq *mq = rxq->rxq_sc;
	struct memif_ring *mr =
	    atomic_load_explicit(&mq->mq_ring, memory_order_acquire);

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	return mr != NULL ? memif_ring_rx(c, mr, &mq->mq_count, mv, max) : 0;
}

static unsigned
memif_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct memif_txq *mq = txq->txq_sc;
	struct memif_ring *mr =
	    atomic_load_explicit(&mq->mq_ring, memory_order_acquire);

	role_enter(&on_cpu);
	CPU_ASSERT(c);
	return mr != NULL ? memif_ring_tx(c, mr, &mq->mq_count, mm, n) : 0;
}

static void
memif_kick(struct cpu *c, struct txq *txq)
{
	struct memif_txq *mq = txq->txq_sc;
	struct memif_ring *mr =
	    atomic_load_explicit(&mq->mq_ring, memory_order_acquire);

	(void)c;
	if (mr != NULL)
		memif_ring_tell(mr);
}

/* What the peer told so far is forgotten before it may tell again. */
static bool
memif_arm(struct cpu *c, struct rxq *rxq)
{
	struct memif_rxq *mq = rxq->rxq_sc;
	struct memif_ring *mr =
	    atomic_load_explicit(&mq->mq_ring, memory_order_acquire);
	struct epoll_event ev;

	(void)c;
	if (mr == NULL)
		return false;
	(void)epoll_wait(mq->mq_epfd, &ev, 1, 0);
	return memif_ring_arm(mr);
}

/* With what it is connected, or why it is not. */
static void
memif_note(const struct memif_softc *ms, char *note, size_t size)
{
	const struct memif_conn *mc = ms->ms_conn;
	const char *last = ms->ms_said[0] != '\0' ? "; last: " : "";
	const char *role = ms->ms_client ? "client" : "server";

	if (mc != NULL && mc->mc_state == MEMIFS_UP)
		snprintf(note, size, "%s, id %u: connected to %s (%s), rings "
		    "%u in, %u out, of %u%s%s", role, ms->ms_id, mc->mc_peer,
		    mc->mc_peerif, mc->mc_link->ml_nrx, mc->mc_link->ml_ntx,
		    mc->mc_link->ml_ring, last, ms->ms_said);
	else
		snprintf(note, size, "%s, id %u: %s%s%s", role, ms->ms_id,
		    mc != NULL ? "connecting" : "not connected", last,
		    ms->ms_said);
}

static void
memif_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	const struct memif_softc *ms = ifp->if_softc;
	unsigned i;

	memset(ds, 0, sizeof(*ds));
	for (i = 0; i < ms->ms_nq; i++) {
		const struct memif_count *rx = &ms->ms_rxq[i].mq_count;
		const struct memif_count *tx = &ms->ms_txq[i].mq_count;

		ds->ds_rx_dropped += stat_cell_read(&rx->mk_nobuf);
		ds->ds_rx_errors += stat_cell_read(&rx->mk_bad);
		ds->ds_tx_errors += stat_cell_read(&tx->mk_toolong);
	}
	ds->ds_rx_errors += ms->ms_cut + ms->ms_bad;
	memif_note(ms, ds->ds_note, sizeof(ds->ds_note));
}

/* It is brought up to date by memif_up.c. */
static void
memif_link(struct ifnet *ifp)
{
	struct memif_softc *ms = ifp->if_softc;

	role_enter(&on_ctl);
	memif_look(ms->ms_sp->sp_ctl, ms);
}

const struct dev_ops dev_memif = {
	.do_name = "memif",
	.do_open = memif_open,
	.do_close = memif_close,
	.do_rx = memif_rx,
	.do_tx = memif_tx,
	.do_kick = memif_kick,
	.do_arm = memif_arm,
	.do_stats = memif_stats,
	.do_link = memif_link,
};
