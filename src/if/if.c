/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces as ctl manages them.
 *
 * Life of an interface: if_attach() opens the device, publishes the interface
 * and sends each CPU its queues.  if_detach() takes the published pointer away
 * and sends each CPU the order to let go of its queues; when the last has
 * answered, and a grace period later, the device is closed and memory freed.
 * An index may be used again from then on, with another generation.
 *
 * An interface whose device has gone keeps everything else (if_return.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/lines.h"
#include "base/point.h"
#include "if/if_int.h"

/* An interface that goes: what is still to come before it can be freed. */
struct if_going {
	struct ctl *ig_ctl;
	struct ifnet *ig_if;
};

int
if_ctl_init(struct ctl *ctl)
{
	ctl->ctl_if = calloc(1, sizeof(*ctl->ctl_if));
	return ctl->ctl_if != NULL ? 0 : ENOMEM;
}

static void
if_free(struct ifnet *ifp)
{
	free(atomic_load_explicit(&ifp->if_addrs, memory_order_relaxed));
	free(atomic_load_explicit(&ifp->if_vlans, memory_order_relaxed));
	free(atomic_load_explicit(&ifp->if_relay, memory_order_relaxed));
	free(ifp->if_count);
	free(ifp->if_rxq);
	free(ifp->if_txq);
	free(ifp->if_conf);
	free(ifp);
}

/* All CPUs have stopped. */
void
if_ctl_fini(struct ctl *ctl)
{
	unsigned i;

	if (ctl->ctl_if == NULL)
		return;
	/* First all: one that closes may look at what it stands on. */
	for (i = 1; i < IF_MAX; i++)
		if (ctl->ctl_if->ic_if[i] != NULL)
			if_close(ctl->ctl_if->ic_if[i]);
	for (i = 1; i < IF_MAX; i++)
		if (ctl->ctl_if->ic_if[i] != NULL)
			if_free(ctl->ctl_if->ic_if[i]);
	free(ctl->ctl_if);
	ctl->ctl_if = NULL;
}

struct ifnet *
if_find(const struct ctl *ctl, const char *name)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = ctl->ctl_if->ic_if[i];

		if (ifp != NULL && if_lookup(ctl->ctl_sp, i) == ifp &&
		    strcmp(ifp->if_name, name) == 0)
			return ifp;
	}
	return NULL;
}

bool
if_closing(const struct ctl *ctl)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++)
		if (ctl->ctl_if->ic_if[i] != if_lookup(ctl->ctl_sp, i))
			return true;
	return false;
}

/*
 * In turn, so that an index rests for as long as it can: a packet on its way
 * may still be meant for an interface that has gone.
 */
static unsigned
if_free_index(struct if_ctl *ic)
{
	unsigned i, n;

	for (n = 0; n < IF_MAX - 1; n++) {
		i = (ic->ic_last + n) % (IF_MAX - 1) + 1;
		if (ic->ic_if[i] == NULL) {
			ic->ic_last = (uint16_t)i;
			return i;
		}
	}
	return 0;
}

/* Whether CPUs have room for its queues beside those they serve. */
static bool
if_queues_fit(const struct if_ctl *ic, const struct ifnet *new)
{
	unsigned i, q, n[CPU_MAX] = { 0 };

	for (i = 0; i < IF_MAX; i++) {
		const struct ifnet *ifp = i == 0 ? new : ic->ic_if[i];

		if (ifp == NULL || ifp->if_dev == IFD_CLOSED)
			continue;
		for (q = 0; q < ifp->if_nrxq; q++)
			if (++n[ifp->if_rxq[q].rxq_goal] > CPU_QUEUES)
				return false;
	}
	return true;
}

int
if_set_queues(struct ifnet *ifp, unsigned nrxq, unsigned ntxq)
{
	unsigned i, ncpus = ifp->if_sp->sp_ncpus;

	free(ifp->if_rxq);
	free(ifp->if_txq);
	ifp->if_rxq = lines_alloc(nrxq, sizeof(*ifp->if_rxq));
	ifp->if_txq = lines_alloc(ntxq, sizeof(*ifp->if_txq));
	if (ifp->if_rxq == NULL || ifp->if_txq == NULL)
		return ENOMEM;
	for (i = 0; i < nrxq; i++) {
		ifp->if_rxq[i].rxq_if = ifp;
		ifp->if_rxq[i].rxq_index = (uint16_t)i;
		atomic_init(&ifp->if_rxq[i].rxq_cpu, (uint16_t)(i % ncpus));
		ifp->if_rxq[i].rxq_goal = (uint16_t)(i % ncpus);
		ifp->if_rxq[i].rxq_fd = -1;
	}
	for (i = 0; i < ntxq; i++) {
		ifp->if_txq[i].txq_if = ifp;
		ifp->if_txq[i].txq_index = (uint16_t)i;
		ifp->if_txq[i].txq_cpu = (uint16_t)i;
	}
	ifp->if_nrxq = (uint16_t)nrxq;
	ifp->if_ntxq = (uint16_t)ntxq;
	return 0;
}

/*
 * Each CPU fills the queue of its number, or hands to a CPU that has one.  What
 * leaves on a virtual interface is best sent by whom the lower one is best
 * sent by.
 */
static void
if_map_tx(struct ifnet *ifp, unsigned ntxq)
{
	const struct ifnet *lower = if_lower(ifp);
	unsigned c;

	for (c = 0; c < ifp->if_sp->sp_ncpus; c++) {
		if (lower != NULL) {
			ifp->if_txcpu[c] = lower->if_txcpu[c];
			continue;
		}
		ifp->if_tx[c] = c < ntxq ? &ifp->if_txq[c] : NULL;
		ifp->if_txcpu[c] = (uint16_t)(c % ntxq);
	}
}

void
if_use_tx(struct ifnet *ifp, unsigned n)
{
	KASSERT(!if_carrier(ifp) && n > 0);
	if_map_tx(ifp, umin(n, ifp->if_ntxq));
}

void
cpu_serve_queues(struct endpoint *ep, struct msg *msg)
{
	struct if_queues_msg *iqm =
	    container_of(msg, struct if_queues_msg, iqm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct ifnet *ifp = iqm->iqm_if;
	unsigned i;

	for (i = 0; i < ifp->if_nrxq; i++) {
		if (if_queue_cpu(&ifp->if_rxq[i]) != c->c_id)
			continue;
		KASSERT(c->c_nrxq < CPU_QUEUES);
		c->c_rxq[c->c_nrxq++] = &ifp->if_rxq[i];
		cpu_watch(c, &ifp->if_rxq[i], true);
	}
	/* Whether or not it sends now: see if_use_tx(). */
	if (c->c_id < ifp->if_ntxq)
		c->c_txq[c->c_ntxq++] = &ifp->if_txq[c->c_id];
	msg_done(ep, msg);
}

static void
cpu_forget_queues(struct cpu *c, const struct ifnet *ifp)
{
	unsigned i, n;

	for (i = n = 0; i < c->c_nrxq; i++)
		if (c->c_rxq[i]->rxq_if != ifp)
			c->c_rxq[n++] = c->c_rxq[i];
		else
			cpu_watch(c, c->c_rxq[i], false);
	c->c_nrxq = (uint16_t)n;
	for (i = n = 0; i < c->c_ntxq; i++)
		if (c->c_txq[i]->txq_if != ifp)
			c->c_txq[n++] = c->c_txq[i];
	c->c_ntxq = (uint16_t)n;
}

/*
 * The grace period is over: nobody uses the device any more, and nobody knows
 * the interface, unless it has only vanished.
 */
static void
if_gone(void *arg)
{
	struct if_going *ig = arg;
	struct ifnet *ifp = ig->ig_if;
	struct ctl *ctl = ig->ig_ctl;

	role_enter(&on_ctl);
	free(ig);
	if_close(ifp);
	if (if_lookup(ctl->ctl_sp, ifp->if_index) == ifp)
		return;
	ctl->ctl_if->ic_if[ifp->if_index] = NULL;
	if_free(ifp);
}

static void ON_CTL
if_retire(struct ctl *ctl, struct ifnet *ifp)
{
	struct if_going *ig;

	if ((ig = malloc(sizeof(*ig))) == NULL)
		return; /* it stays until the end */
	ig->ig_ctl = ctl;
	ig->ig_if = ifp;
	qsbr_retire(&ctl->ctl_sp->sp_qsbr, ig, 0, if_gone);
}

/* The last CPU has let go of its queues. */
static void
if_let_go(struct endpoint *ep, struct msg *msg)
{
	struct if_queues_msg *iqm =
	    container_of(msg, struct if_queues_msg, iqm_msg);

	role_enter(&on_ctl);
	if (--iqm->iqm_if->if_letgo == 0)
		if_retire(endpoint_ctl(ep), iqm->iqm_if);
	msg_done(ep, msg);
}

void
cpu_drop_queues(struct endpoint *ep, struct msg *msg)
{
	struct if_queues_msg *iqm =
	    container_of(msg, struct if_queues_msg, iqm_msg);

	cpu_forget_queues(endpoint_cpu(ep), iqm->iqm_if);
	msg->msg_fn = if_let_go;
	msg_send(ep, sp_ctl_id(ep->ep_sp), msg);
}

/* All or none: an interface half served would never go. */
int
if_msgs_alloc(struct ctl *ctl, struct if_queues_msg *iqm[static CPU_MAX])
{
	unsigned i, n = ctl->ctl_sp->sp_ncpus;

	for (i = 0; i < n; i++)
		if ((iqm[i] = msg_alloc(&ctl->ctl_ep, sizeof(*iqm[i]))) == NULL)
			break;
	if (i < n) {
		while (i-- > 0)
			msg_done(&ctl->ctl_ep, &iqm[i]->iqm_msg);
		return ENOMEM;
	}
	return 0;
}

void
if_msgs_send(struct ctl *ctl, struct if_queues_msg *const iqm[static CPU_MAX],
    struct ifnet *ifp, void (*fn)(struct endpoint *, struct msg *))
{
	unsigned i;

	for (i = 0; i < ctl->ctl_sp->sp_ncpus; i++) {
		iqm[i]->iqm_if = ifp;
		iqm[i]->iqm_msg.msg_fn = fn;
		msg_send(&ctl->ctl_ep, i, &iqm[i]->iqm_msg);
	}
}

static int ON_CTL
if_create(
    struct ctl *ctl, const char *name, unsigned queues, struct ifnet **ifpp)
{
	struct spate *sp = ctl->ctl_sp;
	struct ifnet *ifp;
	unsigned i, index;
	int error = ENOMEM;

	if ((index = if_free_index(ctl->ctl_if)) == 0)
		return ENFILE;
	if ((ifp = calloc(1, sizeof(*ifp))) == NULL)
		return ENOMEM;
	snprintf(ifp->if_name, sizeof(ifp->if_name), "%s", name);
	ifp->if_index = (uint16_t)index;
	ifp->if_gen = ++ctl->ctl_if->ic_gen[index];
	ifp->if_sp = sp;
	atomic_init(&ifp->if_addrs, calloc(1, sizeof(struct ifaddrs)));
	if (if_addrs(ifp) == NULL ||
	    (error = queues > 0 ? if_set_queues(ifp, queues, queues) :
	    if_virtual_init(ifp)) != 0)
		goto fail;
	for (i = 0; i < sp->sp_ncpus; i++)
		if ((error = cpu_drop_attach(sp->sp_cpu[i], index)) != 0)
			goto fail;
	*ifpp = ifp;
	return 0;
fail:
	if_free(ifp);
	return error;
}

/* What is wrong with a wish before any device is opened. */
static int ON_CTL
if_attach_check(const struct ctl *ctl, const char *name, unsigned queues,
    char *err, size_t errlen)
{
	if (strlen(name) >= IF_NAMELEN) {
		snprintf(err, errlen, "%s: a name has at most %u characters",
		    name, IF_NAMELEN - 1);
		return EINVAL;
	}
	if (queues > IF_MAXQUEUES) {
		snprintf(err, errlen, "%s: at most %u queues", name,
		    IF_MAXQUEUES);
		return EINVAL;
	}
	if (if_find(ctl, name) != NULL) {
		snprintf(err, errlen, "interface %s is there already", name);
		return EEXIST;
	}
	return 0;
}

int
if_open(struct ctl *ctl, struct ifnet *ifp, const struct dev_conf *dc,
    char *err, size_t errlen)
{
	int error;

	if (dc->dc_lower != NULL) {
		ifp->if_lower = dc->dc_lower->if_index;
		ifp->if_lowergen = dc->dc_lower->if_gen;
	}
	if ((error = ifp->if_ops->do_open(ifp, dc, err, errlen)) != 0)
		return error;
	if (ifp->if_ops->do_output != NULL)
		ifp->if_caps |= IFCAP_VIRTUAL;
	else
		KASSERT(ifp->if_nrxq > 0 && ifp->if_ntxq > 0);
	if (!if_queues_fit(ctl->ctl_if, ifp)) {
		snprintf(err, errlen, "%s: a CPU serves at most %u queues",
		    ifp->if_name, CPU_QUEUES);
		ifp->if_ops->do_close(ifp);
		return ENFILE;
	}
	if_map_tx(ifp, ifp->if_ntxq);
	return 0;
}

int
if_attach(struct ctl *ctl, const char *name, const struct dev_ops *ops,
    const struct dev_conf *dc, struct ifnet **ifpp, char *err, size_t errlen)
{
	struct if_queues_msg *iqm[CPU_MAX];
	struct ifnet *ifp;
	unsigned queues;
	int error;

	/* A driver may lower if_nrxq, if_ntxq, or call if_set_queues(). */
	queues = dc->dc_queues != 0 ? dc->dc_queues : ctl->ctl_sp->sp_ncpus;
	if (ops->do_output != NULL)
		queues = 0;
	if ((error = if_attach_check(ctl, name, queues, err, errlen)) != 0)
		return error;
	if ((error = if_create(ctl, name, queues, &ifp)) != 0) {
		snprintf(err, errlen, "%s: %s", name,
		    error == ENFILE ? "too many interfaces" : "no memory");
		return error;
	}
	ifp->if_ops = ops;
	ifp->if_rtable = (uint8_t)dc->dc_rtable;
	if ((error = if_open(ctl, ifp, dc, err, errlen)) != 0)
		goto fail_if;
	if ((ifp->if_conf = if_conf_copy(dc)) == NULL ||
	    if_msgs_alloc(ctl, iqm) != 0) {
		error = ENOMEM;
		goto fail_open;
	}
	ctl->ctl_if->ic_if[ifp->if_index] = ifp;
	atomic_store_explicit(&ctl->ctl_sp->sp_if_dev[ifp->if_index],
	    ifp->if_lower != 0 ? ctl->ctl_sp->sp_if_dev[ifp->if_lower] :
	    ifp->if_index,
	    memory_order_relaxed);
	/* Before its first packet, which refers to it. */
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_if[ifp->if_index], ifp, memory_order_release);
	sim_point(SP_PUBLISH);
	if_msgs_send(ctl, iqm, ifp, cpu_serve_queues);
	if_follow(ctl);
	*ifpp = ifp;
	return 0;

fail_open:
	snprintf(err, errlen, "%s: no memory", name);
	ops->do_close(ifp);
fail_if:
	if_free(ifp);
	return error;
}

/* Have CPUs let go of the queues; if_gone() is the end of it. */
static void ON_CTL
if_queues_drop(struct ctl *ctl, struct ifnet *ifp)
{
	struct if_queues_msg *iqm[CPU_MAX];

	/* Without memory for it the queues stay served until the end. */
	if (if_msgs_alloc(ctl, iqm) != 0)
		return;
	ifp->if_dev = IFD_CLOSING;
	/* Before the messages: who has got one sees it (if_affinity.c). */
	atomic_fetch_add_explicit(&ifp->if_past_devs, 1, memory_order_relaxed);
	ifp->if_letgo = ctl->ctl_sp->sp_ncpus;
	if_msgs_send(ctl, iqm, ifp, cpu_drop_queues);
}

void
if_detach(struct ctl *ctl, struct ifnet *ifp)
{
	KASSERT(if_lookup(ctl->ctl_sp, ifp->if_index) == ifp);
	if (ifp->if_ops->do_detach != NULL)
		ifp->if_ops->do_detach(ctl, ifp);
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_if[ifp->if_index], NULL, memory_order_release);
	sim_point(SP_PUBLISH);
	if_feature_count(ctl);
	if_virtual_orphan(ctl, ifp);
	switch (ifp->if_dev) {
	case IFD_OPEN:
		if_queues_drop(ctl, ifp);
		break;
	case IFD_CLOSING:
		break; /* if_gone() is still to come */
	case IFD_CLOSED:
		if_retire(ctl, ifp);
		break;
	}
}

void
if_vanish(struct ctl *ctl, struct ifnet *ifp)
{
	if_link_set(ifp, IFL_GONE);
	if (ifp->if_dev == IFD_OPEN)
		if_queues_drop(ctl, ifp);
}

void
if_set_up(struct ctl *ctl, struct ifnet *ifp, bool up)
{
	if (up)
		atomic_fetch_or_explicit(
		    &ifp->if_state, IFS_UP, memory_order_relaxed);
	else
		atomic_fetch_and_explicit(
		    &ifp->if_state, ~(uint32_t)IFS_UP, memory_order_relaxed);
	if_follow(ctl);
}

/* A copy with room for one more. */
static struct ifaddrs *
ifaddrs_copy(const struct ifaddrs *old)
{
	struct ifaddrs *new;

	new = malloc(sizeof(*new) + (old->ias_n + 1) * sizeof(new->ias_a[0]));
	if (new != NULL)
		memcpy(new, old,
		    sizeof(*new) + old->ias_n * sizeof(new->ias_a[0]));
	return new;
}

static unsigned
ifaddrs_find(const struct ifaddrs *ias, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, a))
			break;
	return i;
}

static void ON_CTL
ifaddrs_publish(struct ctl *ctl, struct ifnet *ifp, struct ifaddrs *new)
{
	struct ifaddrs *old;

	old =
	    atomic_exchange_explicit(&ifp->if_addrs, new, memory_order_acq_rel);
	sim_point(SP_PUBLISH);
	qsbr_retire(&ctl->ctl_sp->sp_qsbr, old,
	    sizeof(*old) + old->ias_n * sizeof(old->ias_a[0]), free);
}

int
if_addr_set(struct ctl *ctl, struct ifnet *ifp, const struct ifaddr *ifa)
{
	struct ifaddrs *new = ifaddrs_copy(if_addrs(ifp));
	unsigned i;

	if (new == NULL)
		return ENOMEM;
	i = ifaddrs_find(new, &ifa->ifa_addr);
	new->ias_a[i] = *ifa;
	if (i == new->ias_n)
		new->ias_n++;
	ifaddrs_publish(ctl, ifp, new);
	return 0;
}

int
if_addr_delete(struct ctl *ctl, struct ifnet *ifp, const struct addr *a)
{
	struct ifaddrs *new;
	unsigned i = ifaddrs_find(if_addrs(ifp), a);

	if (i == if_addrs(ifp)->ias_n)
		return ENOENT;
	if ((new = ifaddrs_copy(if_addrs(ifp))) == NULL)
		return ENOMEM;
	memmove(&new->ias_a[i], &new->ias_a[i + 1],
	    (new->ias_n - i - 1) * sizeof(new->ias_a[0]));
	new->ias_n--;
	ifaddrs_publish(ctl, ifp, new);
	return 0;
}

bool
if_has_addr(const struct ifnet *ifp, const struct addr *a, unsigned *flags)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i = ifaddrs_find(ias, a);

	if (i == ias->ias_n)
		return false;
	if (flags != NULL)
		*flags = ias->ias_a[i].ifa_flags;
	return true;
}
