/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif: between a connection and the CPUs.
 *
 * CPUs know nothing of connections: a queue has a ring or it has none.  Before
 * rings of another connection are put there, the last ones have had their
 * grace; so no CPU has both, and which of its queues sends may change.
 *
 * ctl looks at connections now and then, often while one is negotiated.  What
 * a CPU found wrong in a ring it left there for ctl to see.
 */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "base/point.h"
#include "dev/memif_int.h"

#define BUSY_NS (1 * NS_MS) /* between looks, while something is negotiated */
#define LOOK_NS (100 * NS_MS) /* otherwise */

/* Its interface, if that is there to be seen. */
static struct ifnet *ON_CTL
memif_ifnet(const struct memif_softc *ms)
{
	struct ifnet *ifp = if_lookup(ms->ms_sp, ms->ms_index);

	return ifp != NULL && ifp->if_softc == ms ? ifp : NULL;
}

void
memif_trouble(struct memif_softc *ms, const char *why)
{
	if (!ms->ms_quiet || strcmp(ms->ms_said, why) != 0)
		log_warn(&ms->ms_sp->sp_env.env_log, "%s: memif %s id %u: %s",
		    ms->ms_name, ms->ms_socket, ms->ms_id, why);
	snprintf(ms->ms_said, sizeof(ms->ms_said), "%s", why);
	ms->ms_quiet = true;
}

/*
 * Each write to the event ends a sleep, whatever it counts to: it need not be
 * read.  That would be the peer's chance to have us wait.
 */
static bool
memif_watch(const struct memif_rxq *mq, const struct memif_ring *mr, bool on)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	return epoll_ctl(mq->mq_epfd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
	    mr->mr_fd, &ev) == 0;
}

/* Rings of a server begin as the client left them. */
static bool ON_CTL
memif_begin(struct memif_softc *ms, struct memif_link *ml)
{
	unsigned i;

	for (i = 0; ms->ms_client && i < ml->ml_nrx; i++)
		memif_ring_begin(&ml->ml_rx[i]);
	for (i = 0; !ms->ms_client && i < ml->ml_nrx; i++)
		memif_ring_init(&ml->ml_rx[i]);
	for (i = 0; !ms->ms_client && i < ml->ml_ntx; i++)
		memif_ring_init(&ml->ml_tx[i]);
	for (i = 0; i < ml->ml_nrx; i++)
		if (!memif_watch(&ms->ms_rxq[i], &ml->ml_rx[i], true)) {
			while (i > 0) {
				i--;
				memif_watch(&ms->ms_rxq[i], &ml->ml_rx[i],
				    false);
			}
			return false;
		}
	return true;
}

/*
 * A CPU that sleeps could not ask to be told by a ring that was not there: it
 * does when it goes to sleep again.
 */
static void ON_CTL
memif_wake(struct memif_softc *ms, const struct ifnet *ifp, unsigned nrx)
{
	unsigned i;

	for (i = 0; i < nrx; i++)
		endpoint_wake(ms->ms_sp, if_queue_cpu(&ifp->if_rxq[i]));
}

void
memif_up(struct memif_softc *ms)
{
	struct ifnet *ifp = memif_ifnet(ms);
	struct memif_conn *mc = ms->ms_conn;
	struct memif_link *ml = mc->mc_link;
	unsigned i;

	if (!memif_begin(ms, ml)) {
		memif_conn_end(mc, "an event of the peer's cannot be waited "
		    "for");
		return;
	}
	sim_point(SP_PUBLISH);
	/* Release: rings are whole for who sees them. */
	for (i = 0; i < ml->ml_nrx; i++)
		atomic_store_explicit(&ms->ms_rxq[i].mq_ring, &ml->ml_rx[i],
		    memory_order_release);
	for (i = 0; i < ml->ml_ntx; i++)
		atomic_store_explicit(&ms->ms_txq[i].mq_ring, &ml->ml_tx[i],
		    memory_order_release);
	mc->mc_state = MEMIFS_UP;
	ms->ms_connects++;
	ms->ms_quiet = false;
	if (ifp != NULL) {
		if_use_tx(ifp, ml->ml_ntx);
		if_link_set(ifp, IFL_UP);
		memif_wake(ms, ifp, ml->ml_nrx);
	}
	log_info(&ms->ms_sp->sp_env.env_log, "%s: memif %s id %u: connected "
	    "to %s (%s), %u rings to us, %u from us, of %u", ms->ms_name,
	    ms->ms_socket, ms->ms_id, mc->mc_peer, mc->mc_peerif, ml->ml_nrx,
	    ml->ml_ntx, ml->ml_ring);
}

/* After grace: no CPU uses it. */
static void
link_gone(void *obj)
{
	struct memif_link *ml = obj;

	if (ml->ml_sc != NULL)
		ml->ml_sc->ms_old = NULL;
	memif_link_free(ml);
}

/* CPUs find no rings any more; those they found must stay for a while. */
static void ON_CTL
memif_withdraw(struct memif_softc *ms, struct memif_link *ml)
{
	struct ifnet *ifp = memif_ifnet(ms);
	unsigned i;

	if (ifp != NULL)
		if_link_set(ifp, IFL_DOWN);
	for (i = 0; i < ml->ml_nrx; i++) {
		memif_watch(&ms->ms_rxq[i], &ml->ml_rx[i], false);
		atomic_store_explicit(&ms->ms_rxq[i].mq_ring, NULL,
		    memory_order_release);
	}
	for (i = 0; i < ml->ml_ntx; i++)
		atomic_store_explicit(&ms->ms_txq[i].mq_ring, NULL,
		    memory_order_release);
	sim_point(SP_PUBLISH);
	ms->ms_old = ml;
	ml->ml_sc = ms;
	qsbr_retire(&ms->ms_sp->sp_qsbr, ml, 0, link_gone);
}

void
memif_down(struct memif_softc *ms)
{
	struct memif_conn *mc = ms->ms_conn;

	if (mc == NULL)
		return;
	if (mc->mc_state == MEMIFS_UP) {
		memif_withdraw(ms, mc->mc_link);
		mc->mc_link = NULL;
	}
	ms->ms_conn = NULL;
	memif_conn_destroy(mc);
}

/* Ends the connection if a CPU found something wrong. */
static void ON_CTL
memif_check_rings(struct memif_softc *ms, const struct memif_ring *mr,
    unsigned n, const char *way)
{
	enum memif_fault mf;
	unsigned i;

	for (i = 0; i < n && ms->ms_conn->mc_why[0] == '\0'; i++) {
		mf = atomic_load_explicit(&mr[i].mr_fault,
		    memory_order_relaxed);
		if (mf == MEMIF_SOUND)
			continue;
		ms->ms_cut++;
		memif_conn_end(ms->ms_conn, "cut off: the peer %s (ring %u %s "
		    "us)", memif_fault_text(mf), i, way);
	}
}

/*
 * A CPU that has been inside the same write for the time between two looks is
 * there because the peer filled its event up behind our back: empty it.
 */
static void ON_CTL
memif_rescue(struct memif_softc *ms, struct memif_link *ml)
{
	unsigned i;

	for (i = 0; i < ml->ml_ntx; i++) {
		struct memif_ring *mr = &ml->ml_tx[i];
		uint64_t count, tells = stat_cell_read(&mr->mr_tells);
		struct iovec iov = { &count, sizeof(count) };

		if (tells % 2 != 0 && tells == mr->mr_told) {
			(void)preadv2(mr->mr_fd, &iov, 1, -1, RWF_NOWAIT);
			if (ms->ms_conn != NULL)
				memif_conn_end(ms->ms_conn, "cut off: the "
				    "peer made an event block");
		}
		mr->mr_told = tells;
	}
}

void
memif_look(struct ctl *ctl, struct memif_softc *ms)
{
	struct memif_conn *mc = ms->ms_conn;

	if (mc == NULL)
		return;
	memif_conn_step(ctl, mc);
	if (mc->mc_state == MEMIFS_UP) {
		memif_check_rings(ms, mc->mc_link->ml_rx, mc->mc_link->ml_nrx,
		    "to");
		memif_check_rings(ms, mc->mc_link->ml_tx, mc->mc_link->ml_ntx,
		    "from");
	}
	if (mc->mc_why[0] == '\0')
		return;
	memif_trouble(ms, mc->mc_why);
	memif_down(ms);
}

static uint64_t ON_CTL
memif_next(const struct ctl *ctl, const struct memif_softc *ms)
{
	bool busy = ms->ms_conn != NULL && ms->ms_conn->mc_state != MEMIFS_UP;

	if (ms->ms_listener != NULL && ms->ms_listener->mn_new != NULL)
		busy = true;
	return ctl->ctl_now + (busy ? BUSY_NS : LOOK_NS);
}

void
memif_step(struct ctl *ctl, struct memif_softc *ms)
{
	if (ms->ms_conn != NULL && ms->ms_conn->mc_state == MEMIFS_UP)
		memif_rescue(ms, ms->ms_conn->mc_link);
	if (ms->ms_old != NULL)
		memif_rescue(ms, ms->ms_old);
	memif_look(ctl, ms);
	if (ms->ms_listener != NULL)
		memif_listener_step(ctl, ms->ms_listener);
	else if (ms->ms_conn == NULL && ms->ms_old == NULL &&
	    ctl->ctl_now >= ms->ms_retry)
		memif_client_connect(ctl, ms);
	timer_set(&ctl->ctl_wheel, &ms->ms_timer, memif_next(ctl, ms));
}
