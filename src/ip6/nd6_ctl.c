/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Own IPv6 addresses on their links: probed for duplicates before they are
 * used (RFC 4862, 5.4), announced when they come (RFC 4861, 7.2.6), defended
 * when another station uses them later.
 *
 * A record lives while something is still to be sent or waited for.  While it
 * probes, any sign of another station with the address ends it; our own probe
 * come back over a loop is known by its nonce (RFC 7527) and is none.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ip6/nd6_int.h"

#define DAD_DELAY_MAX	  NS_S /* RFC 4861, 10: MAX_RTR_SOLICITATION_DELAY */
#define DAD_LINK_NS	  (100 * NS_MS) /* between looks at a dead link */
#define ANNOUNCE_NUM	  3 /* MAX_NEIGHBOR_ADVERTISEMENT */
#define DEFEND_INTERVAL	  (10 * NS_S) /* as for ARP: RFC 5227, 1.1 */

typedef void nd6_done_fn(
    struct ctl *, unsigned ifindex, const struct in6 *, bool unique);

struct nd6_own {
	struct nd6_own *no_next; /* [C] */
	struct in6 no_addr; /* [C] */
	uint16_t no_ifindex; /* [C] */
	uint16_t no_ifgen; /* [C] */
	bool no_probing; /* [C] */
	uint8_t no_left; /* [C] probes or announcements to be sent */
	uint8_t no_nonce[ND6_NONCELEN]; /* [C] of our probes */
	uint64_t no_quiet; /* [C] not defended again before */
	nd6_done_fn *no_done; /* [C] of probing */
	struct timer no_timer; /* [C] */
};

struct nd6_ctl {
	struct nd6_own *ndc_own; /* [C] */
	struct lograte ndc_log; /* [C] */
};

static void nd6_own_timer(struct timer *, void *);

int
nd6_ctl_init(struct ctl *ctl)
{
	ctl->ctl_nd6 = calloc(1, sizeof(*ctl->ctl_nd6));
	return ctl->ctl_nd6 != NULL ? 0 : ENOMEM;
}

static void
nd6_own_free(struct ctl *ctl, struct nd6_own *no)
{
	struct nd6_own **p = &ctl->ctl_nd6->ndc_own;

	while (*p != no)
		p = &(*p)->no_next;
	*p = no->no_next;
	timer_cancel(&ctl->ctl_wheel, &no->no_timer);
	free(no);
}

void
nd6_ctl_fini(struct ctl *ctl)
{
	if (ctl->ctl_nd6 == NULL)
		return;
	while (ctl->ctl_nd6->ndc_own != NULL)
		nd6_own_free(ctl, ctl->ctl_nd6->ndc_own);
	free(ctl->ctl_nd6);
	ctl->ctl_nd6 = NULL;
}

static struct nd6_own *
nd6_own_find(struct ctl *ctl, unsigned ifindex, struct in6 addr)
{
	struct nd6_own *no;

	for (no = ctl->ctl_nd6->ndc_own; no != NULL; no = no->no_next)
		if (no->no_ifindex == ifindex && in6_eq(no->no_addr, addr))
			break;
	return no;
}

/* Existing or new; NULL without memory. */
static struct nd6_own *
nd6_own_get(struct ctl *ctl, const struct ifnet *ifp, struct in6 addr)
{
	struct nd6_own *no = nd6_own_find(ctl, ifp->if_index, addr);

	if (no == NULL) {
		if ((no = calloc(1, sizeof(*no))) == NULL)
			return NULL;
		no->no_addr = addr;
		no->no_ifindex = ifp->if_index;
		timer_init(&no->no_timer, nd6_own_timer);
		no->no_next = ctl->ctl_nd6->ndc_own;
		ctl->ctl_nd6->ndc_own = no;
	}
	no->no_ifgen = ifp->if_gen;
	return no;
}

/* Without memory the packet counts as lost on the wire. */
static void
nd6_own_send(struct ctl *ctl, const struct nd6_own *no,
    const struct ifnet *ifp)
{
	struct nd6_own_msg *nom = msg_alloc(&ctl->ctl_ep, sizeof(*nom));

	if (nom == NULL)
		return;
	nom->nom_addr = no->no_addr;
	nom->nom_ifindex = no->no_ifindex;
	memcpy(nom->nom_nonce, no->no_nonce, ND6_NONCELEN);
	nom->nom_msg.msg_fn = no->no_probing ? nd6_cpu_probe : nd6_cpu_announce;
	msg_send(&ctl->ctl_ep, ifp->if_txcpu[0], &nom->nom_msg);
}

static uint64_t
nd6_retrans_ns(const struct ctl *ctl)
{
	return tun(ctl->ctl_sp, neigh_retrans) * NS_MS;
}

/* The address as ifp has it; false if it has not. */
static bool
nd6_own_ifaddr(const struct ifnet *ifp, struct in6 addr, struct ifaddr *ifa)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct addr a = addr_v6(addr);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, &a)) {
			*ifa = ias->ias_a[i];
			return true;
		}
	return false;
}

static void ON_CTL
nd6_own_announce(struct ctl *ctl, struct nd6_own *no, unsigned n)
{
	no->no_probing = false;
	no->no_left = (uint8_t)umax(no->no_left, n);
	timer_set(&ctl->ctl_wheel, &no->no_timer, ctl->ctl_now);
}

/* Probing has ended: change the address's flags, and tell. */
static void ON_CTL
nd6_dad_end(struct ctl *ctl, struct nd6_own *no, struct ifnet *ifp,
    struct ifaddr *ifa, bool unique)
{
	nd6_done_fn *done = no->no_done;
	unsigned ifindex = no->no_ifindex;
	struct in6 addr = no->no_addr;

	ifa->ifa_flags &= (uint8_t)~IFA_TENTATIVE;
	if (!unique)
		ifa->ifa_flags |= IFA_DUPLICATE;
	if (if_addr_set(ctl, ifp, ifa) != 0) {
		/* No memory: it stays unused; tried again. */
		no->no_left = !unique;
		timer_set(&ctl->ctl_wheel, &no->no_timer, ctl->ctl_now + NS_S);
		return;
	}
	if (unique)
		nd6_own_announce(ctl, no, ANNOUNCE_NUM);
	else
		nd6_own_free(ctl, no);
	if (done != NULL)
		done(ctl, ifindex, &addr, unique);
}

static void ON_CTL
nd6_dad_step(struct ctl *ctl, struct nd6_own *no, struct ifnet *ifp)
{
	struct ifaddr ifa;

	if (!nd6_own_ifaddr(ifp, no->no_addr, &ifa) ||
	    (ifa.ifa_flags & IFA_TENTATIVE) == 0) {
		nd6_own_free(ctl, no);
		return;
	}
	if (no->no_left == 0) {
		nd6_dad_end(ctl, no, ifp, &ifa, true);
		return;
	}
	if (!if_running(ifp)) {
		timer_set(
		    &ctl->ctl_wheel, &no->no_timer, ctl->ctl_now + DAD_LINK_NS);
		return;
	}
	nd6_own_send(ctl, no, ifp);
	no->no_left--;
	timer_set(
	    &ctl->ctl_wheel, &no->no_timer, ctl->ctl_now + nd6_retrans_ns(ctl));
}

static void
nd6_announce_step(struct ctl *ctl, struct nd6_own *no, const struct ifnet *ifp)
{
	if (no->no_left > 0) {
		nd6_own_send(ctl, no, ifp);
		no->no_left--;
		timer_set(&ctl->ctl_wheel, &no->no_timer,
		    ctl->ctl_now + nd6_retrans_ns(ctl));
	} else if (no->no_quiet > ctl->ctl_now)
		timer_set(&ctl->ctl_wheel, &no->no_timer, no->no_quiet);
	else
		nd6_own_free(ctl, no);
}

static void
nd6_own_timer(struct timer *t, void *ctx)
{
	struct nd6_own *no = container_of(t, struct nd6_own, no_timer);
	struct ctl *ctl = ctx;
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, no->no_ifindex);

	role_enter(&on_ctl);
	if (ifp == NULL || ifp->if_gen != no->no_ifgen)
		nd6_own_free(ctl, no);
	else if (no->no_probing)
		nd6_dad_step(ctl, no, ifp);
	else
		nd6_announce_step(ctl, no, ifp);
}

int
nd6_dad_start(struct ctl *ctl, struct ifnet *ifp, const struct in6 *addr,
    nd6_done_fn *done)
{
	uint64_t count = tun(ctl->ctl_sp, dad_count), delay = 0;
	struct nd6_own *no = nd6_own_get(ctl, ifp, *addr);

	if (no == NULL)
		return ENOMEM;
	no->no_probing = true;
	no->no_done = done;
	no->no_left = (uint8_t)count;
	rnd_bytes(&ctl->ctl_rnd, no->no_nonce, ND6_NONCELEN);
	/* All that boot at once do not probe at once. */
	if (count > 0)
		delay = rnd_below(&ctl->ctl_rnd, DAD_DELAY_MAX);
	timer_set(&ctl->ctl_wheel, &no->no_timer, ctl->ctl_now + delay);
	return 0;
}

void
nd6_announce(struct ctl *ctl, struct ifnet *ifp, const struct in6 *addr)
{
	struct nd6_own *no = nd6_own_get(ctl, ifp, *addr);

	if (no != NULL && !no->no_probing)
		nd6_own_announce(ctl, no, ANNOUNCE_NUM);
}

static void
nd6_log_conflict(struct ctl *ctl, const struct ifnet *ifp,
    const struct nd6_own_msg *nom, bool fatal)
{
	struct addr a = addr_v6(nom->nom_addr);
	char text[ADDR_STRLEN], mac[MAC_STRLEN] = "another station";

	if (nom->nom_hasmac)
		mac_format(nom->nom_mac, mac);
	if (fatal)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "%s: %s has our address %s: we do not use it",
		    ifp->if_name, mac, addr_format(&a, text));
	else
		log_warn(&ctl->ctl_sp->sp_env.env_log,
		    "%s: %s uses our address %s as well", ifp->if_name, mac,
		    addr_format(&a, text));
}

/* Of an address that is in use. */
static void ON_CTL
nd6_defend(struct ctl *ctl, struct ifnet *ifp, const struct nd6_own_msg *nom)
{
	struct nd6_own *no = nd6_own_get(ctl, ifp, nom->nom_addr);
	uint64_t held;

	if (lograte_pass(
		&ctl->ctl_nd6->ndc_log, ctl->ctl_now, DEFEND_INTERVAL, &held))
		nd6_log_conflict(ctl, ifp, nom, false);
	if (no == NULL || no->no_quiet > ctl->ctl_now)
		return;
	no->no_quiet = ctl->ctl_now + DEFEND_INTERVAL;
	nd6_own_announce(ctl, no, 1);
}

static void ON_CTL
nd6_take_conflict(
    struct ctl *ctl, struct ifnet *ifp, const struct nd6_own_msg *nom)
{
	struct nd6_own *no =
	    nd6_own_find(ctl, nom->nom_ifindex, nom->nom_addr);
	struct ifaddr ifa;

	if (!nd6_own_ifaddr(ifp, nom->nom_addr, &ifa) ||
	    (ifa.ifa_flags & IFA_DUPLICATE) != 0)
		return;
	if ((ifa.ifa_flags & IFA_TENTATIVE) == 0) {
		nd6_defend(ctl, ifp, nom);
		return;
	}
	if (no == NULL || !no->no_probing ||
	    (nom->nom_hasnonce &&
		memcmp(nom->nom_nonce, no->no_nonce, ND6_NONCELEN) == 0))
		return;
	nd6_log_conflict(ctl, ifp, nom, true);
	nd6_dad_end(ctl, no, ifp, &ifa, false);
}

void
nd6_ctl_conflict(struct endpoint *ep, struct msg *msg)
{
	struct nd6_own_msg *nom =
	    container_of(msg, struct nd6_own_msg, nom_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, nom->nom_ifindex);

	role_enter(&on_ctl);
	if (ifp != NULL)
		nd6_take_conflict(ctl, ifp, nom);
	msg_done(ep, msg);
}
