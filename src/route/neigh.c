/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours as a CPU sees them: packets that wait for one, and news for ctl.
 *
 * A packet whose next hop has no entry waits in a queue of its neighbour.  A
 * queue's life: made by its first packet; ctl is asked (again, by timer, while
 * no message is free); the answer empties it.  If the answer was good it goes.
 * If not it stays for a moment without packets, to give the same answer to
 * those who go on trying: neither they nor a scan of a subnet send ctl more
 * than a question a moment for each of at most HOLDQ_MAX neighbours.
 *
 * Everything here belongs to the CPU.
 *	o	owner CPU only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/lines.h"
#include "base/plant.h"
#include "mbuf/tell.h"
#include "path.h"
#include "route/neigh_int.h"

#define HOLDQ_MAX   (MSG_POOL / 2) /* each has at most one message out */
#define HOLDQ_SLOTS 1024
#define HOLDQ_SHARE 8 /* of packet memory, at most */
#define ASK_AGAIN_NS (10 * NS_MS)

/* What the wire can make a CPU tell ctl: so much of a kind in a window. */
#define TELL_WINDOW_NS (100 * NS_MS)
#define TELL_MAX       256

enum holdq_state {
	HQ_NEW, /* no message was free yet */
	HQ_ASKED, /* the answer will come */
	HQ_FAILED, /* it came: the neighbour does not answer */
	HQ_REFUSED, /* it came: ctl resolves too many */
};

struct holdq {
	struct holdq *hq_next; /* [o] of its slot, or free */
	struct addr hq_addr; /* [o] */
	uint16_t hq_ifindex; /* [o] */
	uint8_t hq_state; /* [o] enum holdq_state */
	unsigned hq_n; /* [o] packets */
	struct mbuf *hq_head; /* [o] oldest first */
	struct mbuf **hq_tail; /* [o] */
	struct timer hq_timer; /* [o] asks again, or ends the queue */
};

struct neigh_tell_limit {
	uint64_t ntl_since; /* [o] when the window began */
	unsigned ntl_n; /* [o] told in it */
};

struct neigh_cpu {
	struct holdq *nc_slot[HOLDQ_SLOTS]; /* [o] */
	struct holdq *nc_free; /* [o] */
	uint64_t nc_key; /* [o] of the hash: strangers choose addresses */
	unsigned nc_held; /* [o] packets in all queues … */
	unsigned nc_bufs; /* [o] … and their buffers */
	struct neigh_tell_limit nc_tell[IF_MAX][NT_N]; /* [o] */
	/* PLANT_GRACE: kept from round to round, which is the bug. */
	const struct lle *nc_last; /* [o] */
	struct addr nc_lastaddr; /* [o] */
	uint16_t nc_lastif; /* [o] */
	struct holdq nc_pool[HOLDQ_MAX]; /* [o] */
};

static void holdq_timer(struct timer *, void *);

int
neigh_cpu_init(struct cpu *c)
{
	struct neigh_cpu *nc;
	unsigned i;

	if ((nc = lines_alloc(1, sizeof(*nc))) == NULL)
		return ENOMEM;
	nc->nc_key = rnd_u64(&c->c_rnd);
	for (i = 0; i < HOLDQ_MAX; i++) {
		timer_init(&nc->nc_pool[i].hq_timer, holdq_timer);
		nc->nc_pool[i].hq_next = nc->nc_free;
		nc->nc_free = &nc->nc_pool[i];
	}
	c->c_neigh = nc;
	return 0;
}

/* Packets that are still held go with the packet memory. */
void
neigh_cpu_fini(struct cpu *c)
{
	free(c->c_neigh);
	c->c_neigh = NULL;
}

unsigned
neigh_held(const struct cpu *c)
{
	return c->c_neigh->nc_held;
}

const struct lle *
neigh_lookup(struct cpu *c, unsigned ifindex, const struct addr *addr)
{
	struct neigh_cpu *nc = c->c_neigh;
	const struct lle *lle;

	if (PLANT_GRACE && nc->nc_last != NULL && nc->nc_lastif == ifindex &&
	    addr_eq(&nc->nc_lastaddr, addr))
		lle = nc->nc_last;
	else if (addr->a_family == ADDR_V4)
		lle = neigh_lookup4(c->c_sp, ifindex, addr->a_v4);
	else
		lle = neigh_lookup6(c->c_sp, ifindex, &addr->a_v6);
	/* A poisoned entry has no address. */
	KASSERT(lle == NULL || lle_is(lle, ifindex, addr));
	if (PLANT_GRACE && lle != NULL) {
		nc->nc_last = lle;
		nc->nc_lastif = (uint16_t)ifindex;
		nc->nc_lastaddr = *addr;
	}
	return lle;
}

static struct holdq **
holdq_slot(struct neigh_cpu *nc, unsigned ifindex, const struct addr *a)
{
	return &nc->nc_slot[neigh_hash(nc->nc_key, ifindex, a) % HOLDQ_SLOTS];
}

static struct holdq *
holdq_find(struct neigh_cpu *nc, unsigned ifindex, const struct addr *a)
{
	struct holdq *hq;

	for (hq = *holdq_slot(nc, ifindex, a); hq != NULL; hq = hq->hq_next)
		if (hq->hq_ifindex == ifindex && addr_eq(&hq->hq_addr, a))
			break;
	return hq;
}

static struct holdq *
holdq_create(struct neigh_cpu *nc, unsigned ifindex, const struct addr *a)
{
	struct holdq **slot = holdq_slot(nc, ifindex, a);
	struct holdq *hq;

	if ((hq = nc->nc_free) == NULL)
		return NULL;
	nc->nc_free = hq->hq_next;
	hq->hq_addr = *a;
	hq->hq_ifindex = (uint16_t)ifindex;
	hq->hq_state = HQ_NEW;
	hq->hq_n = 0;
	hq->hq_head = NULL;
	hq->hq_tail = &hq->hq_head;
	hq->hq_next = *slot;
	*slot = hq;
	return hq;
}

static void
holdq_free(struct cpu *c, struct holdq *hq)
{
	struct neigh_cpu *nc = c->c_neigh;
	struct holdq **p = holdq_slot(nc, hq->hq_ifindex, &hq->hq_addr);

	KASSERT(hq->hq_n == 0);
	timer_cancel(&c->c_wheel, &hq->hq_timer);
	while (*p != hq)
		p = &(*p)->hq_next;
	*p = hq->hq_next;
	hq->hq_next = nc->nc_free;
	nc->nc_free = hq;
}

static void
holdq_put(struct cpu *c, struct holdq *hq, struct mbuf *m)
{
	m->m_nextpkt = NULL;
	*hq->hq_tail = m;
	hq->hq_tail = &m->m_nextpkt;
	hq->hq_n++;
	c->c_neigh->nc_held++;
	c->c_neigh->nc_bufs += m_nbufs(m);
	stat_add(c, SG_NEIGH, nes_held, 1);
	stat_add(c, SG_PATH, pks_held, 1);
}

/* The oldest packet, which is no longer held; NULL if there is none. */
static struct mbuf *
holdq_get(struct cpu *c, struct holdq *hq)
{
	struct mbuf *m = hq->hq_head;

	if (m == NULL)
		return NULL;
	if ((hq->hq_head = m->m_nextpkt) == NULL)
		hq->hq_tail = &hq->hq_head;
	m->m_nextpkt = NULL;
	hq->hq_n--;
	c->c_neigh->nc_held--;
	c->c_neigh->nc_bufs -= m_nbufs(m);
	stat_add(c, SG_PATH, pks_held, (uint64_t)-1);
	return m;
}

/* m has no neighbour to go to; what its sender is told is ip's business. */
static void ON_CPU
neigh_unreach(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_NEIGH, nes_failed, 1);
	path_next(c, m->m_data[0] >> 4 == 6 ? ST_UNREACH6 : ST_UNREACH, m);
}

static void
holdq_ask(struct cpu *c, struct holdq *hq)
{
	struct neigh_ask *nq = msg_alloc(&c->c_ep, sizeof(*nq));

	if (nq == NULL) {
		stat_add(c, SG_NEIGH, nes_nomsg, 1);
		timer_set(&c->c_wheel, &hq->hq_timer, c->c_now + ASK_AGAIN_NS);
		return;
	}
	nq->nq_addr = hq->hq_addr;
	nq->nq_ifindex = hq->hq_ifindex;
	nq->nq_cpu = (uint8_t)c->c_id;
	nq->nq_msg.msg_fn = neigh_ctl_asked;
	hq->hq_state = HQ_ASKED;
	stat_add(c, SG_NEIGH, nes_asked, 1);
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &nq->nq_msg);
}

static void
holdq_timer(struct timer *t, void *ctx)
{
	struct holdq *hq = container_of(t, struct holdq, hq_timer);
	struct cpu *c = ctx;

	if (hq->hq_state == HQ_NEW)
		holdq_ask(c, hq);
	else
		holdq_free(c, hq);
}

/*
 * Whether so much is held that m must not be.  All CPUs together hold a share
 * of packet memory: more, and strangers who do not answer would leave nothing
 * to receive the answers of others with.
 */
static bool
holdq_full(const struct cpu *c, const struct mbuf *m)
{
	const struct neigh_cpu *nc = c->c_neigh;
	size_t most = pktmem_size(c->c_sp->sp_pktmem) / MBUF_SIZE /
	    HOLDQ_SHARE / c->c_sp->sp_ncpus;

	return nc->nc_held >= tun(c->c_sp, neigh_maxheld) ||
	    nc->nc_bufs + m_nbufs(m) > most;
}

/*
 * The newest packets are the ones worth keeping for a neighbour (RFC 4861,
 * 7.2.2); of all neighbours together, those that came first.
 */
static void ON_CPU
holdq_hold(struct cpu *c, struct holdq *hq, struct mbuf *m)
{
	if (hq->hq_n >= tun(c->c_sp, neigh_maxhold))
		m_drop(c, holdq_get(c, hq), SG_NEIGH, nes_replaced);
	if (holdq_full(c, m))
		m_drop(c, m, SG_NEIGH, nes_toomany);
	else if (m_pool_low(c, m))
		m_drop(c, m, SG_NEIGH, nes_nobufs);
	else
		holdq_put(c, hq, m);
}

/* For people: what the packet waits for. */
static void ON_CPU
neigh_tell_held(struct cpu *c, unsigned ifindex, const struct addr *addr,
    const struct mbuf *m)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, ifindex);
	char text[ADDR_STRLEN];

	tell_held(c, m, "neighbour %s on %s is not resolved: %s",
	    addr_format(addr, text), ifp != NULL ? ifp->if_name : "-",
	    cpu_pretends(c) ? "it would be held and the neighbour asked for" :
	    "held, and the neighbour is asked for");
}

void
neigh_hold(
    struct cpu *c, unsigned ifindex, const struct addr *addr, struct mbuf *m)
{
	struct neigh_cpu *nc = c->c_neigh;
	struct holdq *hq = holdq_find(nc, ifindex, addr);

	if (m != NULL && m_is_told(m) &&
	    (hq == NULL || hq->hq_state <= HQ_ASKED)) {
		neigh_tell_held(c, ifindex, addr, m);
		if (cpu_pretends(c)) { /* without a question or a queue */
			m_free(c, m);
			return;
		}
	}
	if (hq == NULL) {
		if ((hq = holdq_create(nc, ifindex, addr)) != NULL)
			holdq_ask(c, hq);
	}
	if (m == NULL)
		return;
	if (hq == NULL)
		m_drop(c, m, SG_NEIGH, nes_toomany);
	else if (hq->hq_state == HQ_FAILED)
		neigh_unreach(c, m);
	else if (hq->hq_state == HQ_REFUSED)
		m_drop(c, m, SG_NEIGH, nes_refused);
	else
		holdq_hold(c, hq, m);
}

bool
neigh_holds(struct cpu *c, unsigned ifindex, const struct addr *addr)
{
	const struct holdq *hq;

	if (likely(c->c_neigh->nc_held == 0))
		return false;
	hq = holdq_find(c->c_neigh, ifindex, addr);
	return hq != NULL && hq->hq_n > 0;
}

/* The queue stays until it is answered. */
struct mbuf *
neigh_take(struct cpu *c, unsigned ifindex, const struct addr *addr)
{
	if (!neigh_holds(c, ifindex, addr))
		return NULL;
	stat_add(c, SG_NEIGH, nes_resumed, 1);
	return holdq_get(c, holdq_find(c->c_neigh, ifindex, addr));
}

static void ON_CPU
holdq_resume(struct cpu *c, struct holdq *hq)
{
	struct mbuf *m;

	while ((m = holdq_get(c, hq)) != NULL) {
		stat_add(c, SG_NEIGH, nes_resumed, 1);
		path_next(c, ST_RESOLVE, m);
	}
	holdq_free(c, hq);
}

static void ON_CPU
holdq_fail(struct cpu *c, struct holdq *hq, enum holdq_state state)
{
	struct mbuf *m;

	while ((m = holdq_get(c, hq)) != NULL)
		if (state == HQ_FAILED)
			neigh_unreach(c, m);
		else
			m_drop(c, m, SG_NEIGH, nes_refused);
	hq->hq_state = state;
	timer_set(&c->c_wheel, &hq->hq_timer, c->c_now + NEIGH_NEGATIVE_NS);
}

void
neigh_cpu_answered(struct endpoint *ep, struct msg *msg)
{
	struct neigh_ask *nq = container_of(msg, struct neigh_ask, nq_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct holdq *hq;

	role_enter(&on_cpu);
	hq = holdq_find(c->c_neigh, nq->nq_ifindex, &nq->nq_addr);
	/* One question a queue, which stays until it is answered. */
	KASSERT(hq != NULL && hq->hq_state == HQ_ASKED);
	switch ((enum neigh_answer)nq->nq_answer) {
	case NANS_RESOLVED:
		holdq_resume(c, hq);
		break;
	case NANS_FAILED:
		holdq_fail(c, hq, HQ_FAILED);
		break;
	case NANS_REFUSED:
		holdq_fail(c, hq, HQ_REFUSED);
		break;
	}
	msg_done(ep, msg);
}

bool
neigh_may_tell(struct cpu *c, unsigned ifindex, enum neigh_tell kind)
{
	struct neigh_tell_limit *ntl = &c->c_neigh->nc_tell[ifindex][kind];

	if (c->c_now - ntl->ntl_since >= TELL_WINDOW_NS) {
		ntl->ntl_since = c->c_now;
		ntl->ntl_n = 0;
	}
	if (ntl->ntl_n >= TELL_MAX) {
		stat_add(c, SG_NEIGH, nes_untold, 1);
		return false;
	}
	ntl->ntl_n++;
	stat_add(c, SG_NEIGH, nes_told, 1);
	return true;
}

/*
 * Whether ctl would change nothing for it (neigh_fsm.c).  An announcement of
 * a neighbour that nobody here asked for creates nothing either.
 */
static bool
neigh_is_old_news(struct cpu *c, unsigned ifindex, const struct addr *addr,
    const uint8_t *mac, enum neigh_news news)
{
	const struct lle *lle;
	unsigned state;

	lle = addr->a_family == ADDR_V4 ?
	    neigh_lookup4(c->c_sp, ifindex, addr->a_v4) :
	    neigh_lookup6(c->c_sp, ifindex, &addr->a_v6);
	if (lle == NULL)
		return news == NN_ANNOUNCE &&
		    holdq_find(c->c_neigh, ifindex, addr) == NULL;
	state = atomic_load_explicit(&lle->lle_state, memory_order_relaxed);
	if (state == NS_PERMANENT)
		return true;
	if (memcmp(lle->lle_hdr, mac, ETHER_ALEN) != 0)
		return false;
	return news != NN_REPLY || state == NS_REACHABLE;
}

void
neigh_heard(struct cpu *c, unsigned ifindex, const struct addr *addr,
    const uint8_t mac[static ETHER_ALEN], enum neigh_news news, unsigned flags)
{
	static const uint8_t kind[] = {
		[NN_REQUEST] = NT_REQUEST,
		[NN_REPLY] = NT_REPLY,
		[NN_ANNOUNCE] = NT_ANNOUNCE,
	};
	struct neigh_report *nrp;

	if (neigh_is_old_news(c, ifindex, addr, mac, news) ||
	    !neigh_may_tell(c, ifindex, kind[news]))
		return;
	/* Lost news is repeated by whoever is asked again. */
	if ((nrp = msg_alloc(&c->c_ep, sizeof(*nrp))) == NULL)
		return;
	nrp->nrp_addr = *addr;
	nrp->nrp_ifindex = (uint16_t)ifindex;
	memcpy(nrp->nrp_mac, mac, ETHER_ALEN);
	nrp->nrp_news = (uint8_t)news;
	nrp->nrp_flags = (uint8_t)flags;
	nrp->nrp_msg.msg_fn = neigh_ctl_heard;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &nrp->nrp_msg);
}
