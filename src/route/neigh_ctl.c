/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours as ctl keeps them: all entries in every state, their timers, and
 * the questions of the CPUs that wait.  What to do is neigh_fsm.c's table;
 * doing it is here.
 *
 * An entry is made by a CPU's question, by a request somebody sent us, or by
 * configuration.  While it has a MAC its struct lle is published.  It goes
 * when it has been unused for long, when it fails, when its interface goes, or
 * when it is in the way of a new one.
 *
 * A scan of a subnet makes entries that never get a MAC.  They are limited in
 * number (net.link.neigh.maxincomplete), and none of them pushes out one that
 * CPUs use.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "route/neigh_int.h"
#include "route/nhop.h"

#define NEIGH_SLOTS_MIN 256u
#define NEIGH_POLL_NS	NS_S /* between looks at whether it was used */
#define NEIGH_EVICT_MAX 256 /* entries looked at to find one that may go */
#define NEIGH_LOG_NS	(60 * NS_S)

struct neigh {
	struct neigh *n_next; /* [C] of its slot */
	struct addr n_addr; /* [C] */
	uint16_t n_ifindex; /* [C] */
	uint8_t n_state; /* [C] enum neigh_state */
	uint8_t n_sent; /* [C] requests since the state began */
	bool n_router; /* [C] */
	uint8_t n_mac[ETHER_ALEN]; /* [C] while n_lle is not NULL */
	struct lle *n_lle; /* [C] published */
	struct msg *n_asks; /* [C] questions to be answered */
	struct timer n_timer; /* [C] */
	uint64_t n_confirmed; /* [C] when it last answered */
	uint64_t n_used; /* [C] STALE: when CPUs last sent by it */
};

struct neigh_ctl {
	struct neigh **nk_slot; /* [C] */
	unsigned nk_mask; /* [C] slots - 1 */
	unsigned nk_n; /* [C] entries */
	unsigned nk_incomplete; /* [C] of them */
	unsigned nk_cursor; /* [C] slot where the next one is evicted */
	uint64_t nk_key; /* [C] of the hash */
	struct neigh_pub nk_pub; /* [C] */
	const struct neigh_proto *nk_v4; /* [C] */
	const struct neigh_proto *nk_v6; /* [C] */
	struct lograte nk_full; /* [C] */
};

static void neigh_timer(struct timer *, void *);

int
neigh_ctl_init(struct ctl *ctl, const struct neigh_proto *v4,
    const struct neigh_proto *v6)
{
	struct neigh_ctl *nk;
	int error;

	if ((nk = calloc(1, sizeof(*nk))) == NULL)
		return ENOMEM;
	nk->nk_key = rnd_u64(&ctl->ctl_rnd);
	nk->nk_v4 = v4;
	nk->nk_v6 = v6;
	nk->nk_mask = NEIGH_SLOTS_MIN - 1;
	nk->nk_slot = calloc(NEIGH_SLOTS_MIN, sizeof(*nk->nk_slot));
	if (nk->nk_slot == NULL) {
		error = ENOMEM;
		goto fail;
	}
	error = neigh_pub_init(ctl->ctl_sp, &nk->nk_pub, nk->nk_key);
	if (error != 0)
		goto fail;
	ctl->ctl_neigh = nk;
	return 0;
fail:
	free(nk->nk_slot);
	free(nk);
	return error;
}

/* All CPUs have stopped; unanswered questions are in their own pools. */
void
neigh_ctl_fini(struct ctl *ctl)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh *n;
	unsigned i;

	if (nk == NULL)
		return;
	for (i = 0; i <= nk->nk_mask; i++)
		while ((n = nk->nk_slot[i]) != NULL) {
			nk->nk_slot[i] = n->n_next;
			timer_cancel(&ctl->ctl_wheel, &n->n_timer);
			free(n->n_lle);
			free(n);
		}
	neigh_pub_fini(ctl->ctl_sp, &nk->nk_pub);
	free(nk->nk_slot);
	free(nk);
	ctl->ctl_neigh = NULL;
}

static struct neigh **
neigh_slot(struct neigh_ctl *nk, unsigned ifindex, const struct addr *a)
{
	return &nk->nk_slot[neigh_hash(nk->nk_key, ifindex, a) & nk->nk_mask];
}

static struct neigh *
neigh_find(struct neigh_ctl *nk, unsigned ifindex, const struct addr *a)
{
	struct neigh *n;

	for (n = *neigh_slot(nk, ifindex, a); n != NULL; n = n->n_next)
		if (n->n_ifindex == ifindex && addr_eq(&n->n_addr, a))
			break;
	return n;
}

/* Twice the slots; without memory for them chains grow instead. */
static void
neigh_grow(struct neigh_ctl *nk)
{
	unsigned i, oldmask = nk->nk_mask;
	struct neigh **old = nk->nk_slot, **slot, *n;

	slot = calloc((oldmask + 1) * 2ull, sizeof(*slot));
	if (slot == NULL)
		return;
	nk->nk_slot = slot;
	nk->nk_mask = oldmask * 2 + 1;
	for (i = 0; i <= oldmask; i++)
		while ((n = old[i]) != NULL) {
			old[i] = n->n_next;
			slot = neigh_slot(nk, n->n_ifindex, &n->n_addr);
			n->n_next = *slot;
			*slot = n;
		}
	free(old);
}

/* In state NS_NONE: the first event decides. */
static struct neigh *
neigh_create(struct neigh_ctl *nk, unsigned ifindex, const struct addr *a)
{
	struct neigh **slot, *n;

	if ((n = calloc(1, sizeof(*n))) == NULL)
		return NULL;
	if (nk->nk_n > nk->nk_mask)
		neigh_grow(nk);
	n->n_addr = *a;
	n->n_ifindex = (uint16_t)ifindex;
	timer_init(&n->n_timer, neigh_timer);
	slot = neigh_slot(nk, ifindex, a);
	n->n_next = *slot;
	*slot = n;
	nk->nk_n++;
	return n;
}

static void
neigh_answer_one(struct ctl *ctl, struct msg *msg, enum neigh_answer answer)
{
	struct neigh_ask *nq = container_of(msg, struct neigh_ask, nq_msg);

	nq->nq_answer = (uint8_t)answer;
	msg->msg_fn = neigh_cpu_answered;
	msg_send(&ctl->ctl_ep, nq->nq_cpu, msg);
}

static void
neigh_answer(struct ctl *ctl, struct neigh *n)
{
	enum neigh_answer answer =
	    n->n_lle != NULL ? NANS_RESOLVED : NANS_FAILED;
	struct msg *msg;

	while ((msg = n->n_asks) != NULL) {
		n->n_asks = msg->msg_next;
		neigh_answer_one(ctl, msg, answer);
	}
}

static void
neigh_set_state(struct ctl *ctl, struct neigh *n, enum neigh_state state)
{
	ctl->ctl_neigh->nk_incomplete -= n->n_state == NS_INCOMPLETE;
	ctl->ctl_neigh->nk_incomplete += state == NS_INCOMPLETE;
	if (state != n->n_state)
		n->n_sent = 0;
	n->n_state = (uint8_t)state;
	if (n->n_lle != NULL)
		atomic_store_explicit(&n->n_lle->lle_state, (uint8_t)state,
		    memory_order_relaxed);
}

static void ON_CTL
neigh_forget(struct ctl *ctl, struct neigh *n)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh **p = neigh_slot(nk, n->n_ifindex, &n->n_addr);

	neigh_set_state(ctl, n, NS_NONE);
	timer_cancel(&ctl->ctl_wheel, &n->n_timer);
	if (n->n_lle != NULL)
		neigh_pub_delete(ctl->ctl_sp, &nk->nk_pub, n->n_lle);
	n->n_lle = NULL;
	neigh_answer(ctl, n);
	while (*p != n)
		p = &(*p)->n_next;
	*p = n->n_next;
	nk->nk_n--;
	free(n);
}

/* The header that CPUs put in front of packets to mac. */
static void
neigh_header(uint8_t hdr[static ETHER_HDR_LEN], const struct ifnet *ifp,
    const uint8_t *mac, unsigned family)
{
	memcpy(hdr, mac, ETHER_ALEN);
	memcpy(hdr + ETHER_ALEN, ifp->if_mac, ETHER_ALEN);
	st16be(hdr + 2 * ETHER_ALEN, family == ADDR_V4 ? 0x0800 : 0x86dd);
}

/* ENOMEM, or ENXIO if the interface is gone. */
static int ON_CTL
neigh_publish(struct ctl *ctl, struct neigh *n, const uint8_t *mac)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, n->n_ifindex);
	struct lle *lle;
	int error;

	static_assert(sizeof(*lle) <= CACHELINE, "a lookup's last line");
	if (ifp == NULL)
		return ENXIO;
	if ((lle = aligned_alloc(CACHELINE, CACHELINE)) == NULL)
		return ENOMEM;
	memset(lle, 0, CACHELINE);
	lle->lle_addr = n->n_addr;
	lle->lle_ifindex = n->n_ifindex;
	neigh_header(lle->lle_hdr, ifp, mac, n->n_addr.a_family);
	error = neigh_pub_set(
	    ctl->ctl_sp, &ctl->ctl_neigh->nk_pub, lle, n->n_lle);
	if (error != 0) {
		free(lle);
		return error;
	}
	n->n_lle = lle;
	memcpy(n->n_mac, mac, ETHER_ALEN);
	return 0;
}

/*
 * Any CPU can send it; neighbours are spread over those that have a queue on
 * the interface.  Without memory the request counts as lost on the wire.
 */
static void
neigh_solicit(struct ctl *ctl, const struct neigh *n, bool unicast)
{
	const struct neigh_ctl *nk = ctl->ctl_neigh;
	struct spate *sp = ctl->ctl_sp;
	struct ifnet *ifp = if_lookup(sp, n->n_ifindex);
	struct neigh_solicit *ns;
	uint64_t hash;

	if (ifp == NULL ||
	    (ns = msg_alloc(&ctl->ctl_ep, sizeof(*ns))) == NULL)
		return;
	ns->ns_ifindex = n->n_ifindex;
	ns->ns_target = n->n_addr;
	ns->ns_unicast = unicast;
	memcpy(ns->ns_mac, n->n_mac, ETHER_ALEN);
	ns->ns_msg.msg_fn = n->n_addr.a_family == ADDR_V4 ?
	    nk->nk_v4->np_solicit : nk->nk_v6->np_solicit;
	hash = neigh_hash(nk->nk_key, n->n_ifindex, &n->n_addr);
	msg_send(&ctl->ctl_ep, ifp->if_txcpu[(hash >> 32) % sp->sp_ncpus],
	    &ns->ns_msg);
}

/* RFC 4861, 6.3.2: uniformly between 0.5 and 1.5 times the base. */
static uint64_t
neigh_reachable_ns(struct ctl *ctl)
{
	uint64_t base = tun(ctl->ctl_sp, neigh_reachable) * NS_MS;

	return base / 2 + rnd_below(&ctl->ctl_rnd, base + 1);
}

static uint64_t
neigh_state_ns(struct ctl *ctl, enum neigh_state state)
{
	switch (state) {
	case NS_INCOMPLETE:
	case NS_PROBE:
		return tun(ctl->ctl_sp, neigh_retrans) * NS_MS;
	case NS_REACHABLE:
		return neigh_reachable_ns(ctl);
	case NS_STALE:
		return NEIGH_POLL_NS;
	case NS_DELAY:
		return tun(ctl->ctl_sp, neigh_delay) * NS_MS;
	default:
		return NEIGH_NEGATIVE_NS;
	}
}

/*
 * Whether a CPU has sent by it since the last call.  If so, those that remember
 * that they told must look, and tell, again.
 */
static bool ON_CTL
neigh_was_used(struct ctl *ctl, struct neigh *n)
{
	if (!atomic_exchange_explicit(
		&n->n_lle->lle_used, false, memory_order_relaxed))
		return false;
	flowgen_bump(ctl->ctl_sp);
	return true;
}

static void ON_CTL
neigh_start_timer(struct ctl *ctl, struct neigh *n)
{
	if (n->n_state == NS_STALE) {
		/* Use before this moment was by an entry that was good. */
		(void)neigh_was_used(ctl, n);
		n->n_used = ctl->ctl_now;
	}
	timer_set(&ctl->ctl_wheel, &n->n_timer,
	    ctl->ctl_now + neigh_state_ns(ctl, n->n_state));
}

/* mac: of an event that comes with one.  n may be gone afterwards. */
static void ON_CTL
neigh_event(struct ctl *ctl, struct neigh *n, enum neigh_event event,
    const uint8_t *mac)
{
	const struct neigh_rule *nr = neigh_rule(n->n_state, event);

	if ((nr->nr_act & NA_RECORD) != 0 && neigh_publish(ctl, n, mac) != 0)
		return; /* as if nothing had been heard */
	if (nr->nr_next != NS_NONE)
		neigh_set_state(ctl, n, nr->nr_next);
	if ((nr->nr_act & NA_RECORD) != 0 || nr->nr_next == NS_REACHABLE)
		n->n_confirmed = ctl->ctl_now;
	if ((nr->nr_act & (NA_SOLICIT | NA_PROBE)) != 0) {
		neigh_solicit(ctl, n, (nr->nr_act & NA_PROBE) != 0);
		n->n_sent++;
	}
	if ((nr->nr_act & NA_TIMER) != 0)
		neigh_start_timer(ctl, n);
	if ((nr->nr_act & NA_ANSWER) != 0)
		neigh_answer(ctl, n);
	/* Before n goes. */
	if ((nr->nr_act & NA_RECORD) != 0 || nr->nr_next == NS_REACHABLE)
		nhop_neigh(ctl, n->n_ifindex, &n->n_addr, true);
	else if (event == NE_EXHAUSTED)
		nhop_neigh(ctl, n->n_ifindex, &n->n_addr, false);
	if ((nr->nr_act & NA_FORGET) != 0)
		neigh_forget(ctl, n);
}

/* CPUs do not tell that they use an entry; while it matters, ctl looks. */
static void ON_CTL
neigh_poll(struct ctl *ctl, struct neigh *n)
{
	uint64_t gc = tun(ctl->ctl_sp, neigh_gc) * NS_S;

	if (neigh_was_used(ctl, n))
		neigh_event(ctl, n, NE_USED, NULL);
	else if (ctl->ctl_now - n->n_used >= gc)
		neigh_event(ctl, n, NE_TIMEOUT, NULL);
	else
		timer_set(&ctl->ctl_wheel, &n->n_timer,
		    ctl->ctl_now + NEIGH_POLL_NS);
}

static void
neigh_timer(struct timer *t, void *ctx)
{
	struct neigh *n = container_of(t, struct neigh, n_timer);
	struct ctl *ctl = ctx;
	bool asking = n->n_state == NS_INCOMPLETE || n->n_state == NS_PROBE;
	bool last = asking && n->n_sent >= tun(ctl->ctl_sp, neigh_tries);

	role_enter(&on_ctl);
	if (n->n_state == NS_STALE)
		neigh_poll(ctl, n);
	else
		neigh_event(ctl, n, last ? NE_EXHAUSTED : NE_TIMEOUT, NULL);
}

/* It may go to make room: CPUs have not used it since ctl last looked. */
static bool
neigh_evictable(const struct neigh *n)
{
	if (n->n_state == NS_FAILED)
		return true;
	return n->n_state == NS_STALE &&
	    !atomic_load_explicit(&n->n_lle->lle_used, memory_order_relaxed);
}

/* Like a clock's hand over the slots, so that each gets its time. */
static bool ON_CTL
neigh_evict(struct ctl *ctl)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	unsigned i, looked = 0;
	struct neigh *n;

	for (i = 0; i <= nk->nk_mask && looked < NEIGH_EVICT_MAX; i++) {
		nk->nk_cursor = (nk->nk_cursor + 1) & nk->nk_mask;
		for (n = nk->nk_slot[nk->nk_cursor]; n != NULL; n = n->n_next) {
			looked++;
			if (neigh_evictable(n)) {
				neigh_forget(ctl, n);
				return true;
			}
		}
	}
	return false;
}

static bool ON_CTL
neigh_room(struct ctl *ctl)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	uint64_t held;

	if (nk->nk_n < tun(ctl->ctl_sp, neigh_max) || neigh_evict(ctl))
		return true;
	if (lograte_pass(&nk->nk_full, ctl->ctl_now, NEIGH_LOG_NS, &held))
		log_warn(&ctl->ctl_sp->sp_env.env_log,
		    "neighbour table is full (%u): see net.link.neigh.max",
		    nk->nk_n);
	return false;
}

/* The entry of a question, made if need be; else the answer in *answer. */
static struct neigh *ON_CTL
neigh_obtain(struct ctl *ctl, unsigned ifindex, const struct addr *a,
    enum neigh_answer *answer)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh *n = neigh_find(nk, ifindex, a);

	if (n != NULL)
		return n;
	*answer = NANS_FAILED;
	if (if_lookup(ctl->ctl_sp, ifindex) == NULL)
		return NULL;
	*answer = NANS_REFUSED;
	if (nk->nk_incomplete >= tun(ctl->ctl_sp, neigh_maxincomplete) ||
	    !neigh_room(ctl))
		return NULL;
	return neigh_create(nk, ifindex, a);
}

void
neigh_ask(struct ctl *ctl, unsigned ifindex, const struct addr *a)
{
	enum neigh_answer answer;
	struct neigh *n = neigh_obtain(ctl, ifindex, a, &answer);

	if (n != NULL)
		neigh_event(ctl, n, NE_ASK, NULL);
}

void
neigh_ctl_asked(struct endpoint *ep, struct msg *msg)
{
	struct neigh_ask *nq = container_of(msg, struct neigh_ask, nq_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	enum neigh_answer answer;
	struct neigh *n;

	role_enter(&on_ctl);
	n = neigh_obtain(ctl, nq->nq_ifindex, &nq->nq_addr, &answer);
	if (n == NULL) {
		neigh_answer_one(ctl, msg, answer);
		return;
	}
	msg->msg_next = n->n_asks;
	n->n_asks = msg;
	neigh_event(ctl, n, NE_ASK, NULL);
}

/* A request always tells the truth about its sender (RFC 4861, 7.2.3). */
static enum neigh_event
neigh_news_event(const struct neigh *n, const struct neigh_report *nrp)
{
	bool solicited = nrp->nrp_news == NN_REPLY;

	if (n->n_lle != NULL && memcmp(n->n_mac, nrp->nrp_mac, ETHER_ALEN) == 0)
		return solicited ? NE_SOL_SAME : NE_UNS_SAME;
	if (nrp->nrp_news == NN_REQUEST || (nrp->nrp_flags & NNF_OVERRIDE) != 0)
		return solicited ? NE_SOL_NEW : NE_UNS_NEW;
	return solicited ? NE_SOL_KEEP : NE_UNS_KEEP;
}

static void ON_CTL
neigh_take_news(struct ctl *ctl, const struct neigh_report *nrp)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh *n = neigh_find(nk, nrp->nrp_ifindex, &nrp->nrp_addr);

	if (n == NULL) {
		if (nrp->nrp_news != NN_REQUEST || !neigh_room(ctl))
			return;
		n = neigh_create(nk, nrp->nrp_ifindex, &nrp->nrp_addr);
		if (n == NULL)
			return;
	}
	if (nrp->nrp_news != NN_REQUEST)
		n->n_router = (nrp->nrp_flags & NNF_ROUTER) != 0;
	neigh_event(ctl, n, neigh_news_event(n, nrp), nrp->nrp_mac);
	if (n->n_state == NS_NONE)
		neigh_forget(ctl, n); /* it could not be published */
}

void
neigh_ctl_heard(struct endpoint *ep, struct msg *msg)
{
	struct ctl *ctl = endpoint_ctl(ep);

	role_enter(&on_ctl);
	neigh_take_news(ctl, container_of(msg, struct neigh_report, nrp_msg));
	msg_done(ep, msg);
}

int
neigh_add(struct ctl *ctl, struct ifnet *ifp, const struct addr *a,
    const uint8_t mac[static ETHER_ALEN])
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh *n = neigh_find(nk, ifp->if_index, a);
	int error;

	if (n == NULL) {
		if (!neigh_room(ctl))
			return ENOSPC;
		if ((n = neigh_create(nk, ifp->if_index, a)) == NULL)
			return ENOMEM;
	}
	if ((error = neigh_publish(ctl, n, mac)) != 0) {
		if (n->n_state == NS_NONE)
			neigh_forget(ctl, n);
		return error;
	}
	neigh_set_state(ctl, n, NS_PERMANENT);
	timer_cancel(&ctl->ctl_wheel, &n->n_timer);
	n->n_confirmed = ctl->ctl_now;
	neigh_answer(ctl, n);
	nhop_neigh(ctl, ifp->if_index, a, true);
	return 0;
}

int
neigh_delete(struct ctl *ctl, struct ifnet *ifp, const struct addr *a)
{
	struct neigh *n = neigh_find(ctl->ctl_neigh, ifp->if_index, a);

	if (n == NULL)
		return ENOENT;
	neigh_forget(ctl, n);
	return 0;
}

static void ON_CTL
neigh_flush_if(struct ctl *ctl, unsigned ifindex, bool permanent)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh *n, *next;
	unsigned i;

	for (i = 0; i <= nk->nk_mask; i++)
		for (n = nk->nk_slot[i]; n != NULL; n = next) {
			next = n->n_next;
			if (n->n_ifindex == ifindex &&
			    (permanent || n->n_state != NS_PERMANENT))
				neigh_forget(ctl, n);
		}
}

void
neigh_flush(struct ctl *ctl, unsigned ifindex)
{
	neigh_flush_if(ctl, ifindex, true);
}

void
neigh_unlearn(struct ctl *ctl, unsigned ifindex)
{
	neigh_flush_if(ctl, ifindex, false);
}

static struct neigh_info
neigh_describe(const struct ctl *ctl, const struct neigh *n)
{
	struct neigh_info ni = {
		.ni_addr = n->n_addr,
		.ni_ifindex = n->n_ifindex,
		.ni_state = n->n_state,
		.ni_router = n->n_router,
		.ni_age_ns = ctl->ctl_now - n->n_confirmed,
	};

	memcpy(ni.ni_mac, n->n_mac, ETHER_ALEN);
	return ni;
}

bool
neigh_query(struct ctl *ctl, unsigned ifindex, const struct addr *a,
    struct neigh_info *ni)
{
	const struct neigh *n = neigh_find(ctl->ctl_neigh, ifindex, a);

	if (n != NULL)
		*ni = neigh_describe(ctl, n);
	return n != NULL;
}

void
neigh_dump(
    struct ctl *ctl, void (*fn)(void *, const struct neigh_info *), void *arg)
{
	struct neigh_ctl *nk = ctl->ctl_neigh;
	struct neigh_info ni;
	const struct neigh *n;
	unsigned i;

	for (i = 0; i <= nk->nk_mask; i++)
		for (n = nk->nk_slot[i]; n != NULL; n = n->n_next) {
			ni = neigh_describe(ctl, n);
			fn(arg, &ni);
		}
}
