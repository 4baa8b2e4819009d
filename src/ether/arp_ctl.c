/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Own IPv4 addresses on their links: announced when they come, defended when
 * another station uses them (RFC 5227, 2.3 and 2.4, case c).
 *
 * A record lives from the announcement or conflict that made it until nothing
 * is left to send and the last defence is DEFEND_INTERVAL ago.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "ether/arp_int.h"

/* RFC 5227, 1.1. */
#define ANNOUNCE_NUM		2
#define ANNOUNCE_INTERVAL	(2 * NS_S)
#define DEFEND_INTERVAL		(10 * NS_S)

struct arp_own {
	struct arp_own *ao_next; /* [C] */
	uint32_t ao_addr; /* [C] */
	uint16_t ao_ifindex; /* [C] */
	uint8_t ao_left; /* [C] announcements to be sent */
	uint64_t ao_quiet; /* [C] not defended again before */
	struct timer ao_timer; /* [C] */
};

struct arp_ctl {
	struct arp_own *ac_own; /* [C] */
	struct lograte ac_log; /* [C] */
};

static void arp_own_timer(struct timer *, void *);

int
arp_ctl_init(struct ctl *ctl)
{
	ctl->ctl_arp = calloc(1, sizeof(*ctl->ctl_arp));
	return ctl->ctl_arp != NULL ? 0 : ENOMEM;
}

static void
arp_own_free(struct ctl *ctl, struct arp_own *ao)
{
	struct arp_own **p = &ctl->ctl_arp->ac_own;

	while (*p != ao)
		p = &(*p)->ao_next;
	*p = ao->ao_next;
	timer_cancel(&ctl->ctl_wheel, &ao->ao_timer);
	free(ao);
}

void
arp_ctl_fini(struct ctl *ctl)
{
	if (ctl->ctl_arp == NULL)
		return;
	while (ctl->ctl_arp->ac_own != NULL)
		arp_own_free(ctl, ctl->ctl_arp->ac_own);
	free(ctl->ctl_arp);
	ctl->ctl_arp = NULL;
}

/* Existing or new; NULL without memory. */
static struct arp_own *
arp_own_get(struct ctl *ctl, unsigned ifindex, uint32_t addr)
{
	struct arp_ctl *ac = ctl->ctl_arp;
	struct arp_own *ao;

	for (ao = ac->ac_own; ao != NULL; ao = ao->ao_next)
		if (ao->ao_ifindex == ifindex && ao->ao_addr == addr)
			return ao;
	if ((ao = calloc(1, sizeof(*ao))) == NULL)
		return NULL;
	ao->ao_addr = addr;
	ao->ao_ifindex = (uint16_t)ifindex;
	timer_init(&ao->ao_timer, arp_own_timer);
	ao->ao_next = ac->ac_own;
	ac->ac_own = ao;
	return ao;
}

/* The CPU finds out whether the address is still ours. */
static void
arp_own_announce(struct ctl *ctl, const struct arp_own *ao)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, ao->ao_ifindex);
	struct arp_own_msg *aom;

	if (ifp == NULL ||
	    (aom = msg_alloc(&ctl->ctl_ep, sizeof(*aom))) == NULL)
		return;
	aom->aom_addr = ao->ao_addr;
	aom->aom_ifindex = ao->ao_ifindex;
	aom->aom_msg.msg_fn = arp_cpu_announce;
	msg_send(&ctl->ctl_ep, ifp->if_txcpu[0], &aom->aom_msg);
}

static void
arp_own_timer(struct timer *t, void *ctx)
{
	struct arp_own *ao = container_of(t, struct arp_own, ao_timer);
	struct ctl *ctl = ctx;

	if (ao->ao_left > 0) {
		arp_own_announce(ctl, ao);
		ao->ao_left--;
		timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + ANNOUNCE_INTERVAL);
	} else if (ao->ao_quiet > ctl->ctl_now)
		timer_set(&ctl->ctl_wheel, t, ao->ao_quiet);
	else
		arp_own_free(ctl, ao);
}

void
arp_announce(struct ctl *ctl, struct ifnet *ifp, uint32_t addr)
{
	struct arp_own *ao = arp_own_get(ctl, ifp->if_index, addr);

	if (ao == NULL)
		return;
	ao->ao_left = ANNOUNCE_NUM;
	timer_set(&ctl->ctl_wheel, &ao->ao_timer, ctl->ctl_now);
}

static void
arp_log_conflict(struct ctl *ctl, const struct ifnet *ifp,
    const struct arp_own_msg *aom)
{
	struct addr a = addr_v4(aom->aom_addr);
	char text[ADDR_STRLEN], mac[MAC_STRLEN];
	uint64_t held;

	if (lograte_pass(
		&ctl->ctl_arp->ac_log, ctl->ctl_now, DEFEND_INTERVAL, &held))
		log_warn(&ctl->ctl_sp->sp_env.env_log,
		    "%s: %s uses our address %s as well", ifp->if_name,
		    mac_format(aom->aom_mac, mac), addr_format(&a, text));
}

static void ON_CTL
arp_defend(struct ctl *ctl, struct ifnet *ifp, const struct arp_own_msg *aom)
{
	struct addr a = addr_v4(aom->aom_addr);
	struct arp_own *ao;

	if (!if_has_addr(ifp, &a, NULL))
		return;
	arp_log_conflict(ctl, ifp, aom);
	ao = arp_own_get(ctl, ifp->if_index, aom->aom_addr);
	if (ao == NULL || ao->ao_quiet > ctl->ctl_now)
		return;
	ao->ao_quiet = ctl->ctl_now + DEFEND_INTERVAL;
	ao->ao_left = (uint8_t)umax(ao->ao_left, 1);
	timer_set(&ctl->ctl_wheel, &ao->ao_timer, ctl->ctl_now);
}

void
arp_ctl_conflict(struct endpoint *ep, struct msg *msg)
{
	struct arp_own_msg *aom =
	    container_of(msg, struct arp_own_msg, aom_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, aom->aom_ifindex);

	role_enter(&on_ctl);
	if (ifp != NULL)
		arp_defend(ctl, ifp, aom);
	msg_done(ep, msg);
}
