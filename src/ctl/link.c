/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links that go down and come back, devices that vanish and return.
 *
 * The kernel's messages are only the bell: what they say may be out of date,
 * and some are lost when many come at once.  When it rings, every driver looks
 * at its device.  Of a tap in another network namespace there are no messages,
 * so drivers look now and then as well, more often while something is down.
 *
 * A device that is gone is opened again when there is one of its name, or when
 * opening makes one.  What fails is tried again, less and less often, and
 * sooner when the bell rings.
 *
 *	I	immutable after link_create()
 *	C	ctl only
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/link.h"
#include "dev/open.h"
#include "ether/arp.h"
#include "if/if.h"
#include "ip6/nd6.h"
#include "ip6/ra_host.h"
#include "ip6/ra_send.h"
#include "route/neigh.h"
#include "route/nhop.h"

#define LOOK_NS	   (1 * NS_S) /* between looks, if all links are up … */
#define DOWN_NS	   (100 * NS_MS) /* … or one is down … */
#define FRESH_NS   (20 * NS_MS) /* … and went so lately … */
#define LATELY_NS  (5 * NS_S) /* … which is this */
#define CREATE_NS  (1 * NS_S) /* the user has to make a tap again himself */
#define BACKOFF_NS (30 * NS_S) /* at most, between tries */

/* A device that is gone. */
struct link_gone {
	uint64_t lg_next; /* [C] when to try again */
	uint64_t lg_last; /* [C] when it was tried */
	uint64_t lg_wait; /* [C] between the two */
	char lg_said[160]; /* [C] why it failed */
};

/* What it was like when it was looked at last. */
struct link_seen {
	uint16_t ls_gen; /* [C] of which interface of the index */
	bool ls_carrier; /* [C] */
	unsigned ls_wentdown; /* [C] if_wentdown */
};

struct link {
	struct ctl *lk_ctl; /* [I] */
	int lk_fd; /* [I] netlink */
	struct timer lk_timer; /* [C] */
	uint64_t lk_went; /* [C] when something went down */
	struct link_gone lk_gone[IF_MAX]; /* [C] */
	struct link_seen lk_seen[IF_MAX]; /* [C] */
};

static int
link_open(void)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK };
	int error, fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&snl, sizeof(snl)) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* ENOBUFS says that messages were lost, which is no loss here. */
static bool
link_drain(int fd)
{
	char buf[8192];
	bool rang = false;

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 ||
	    errno == ENOBUFS || errno == EINTR)
		rang = true;
	return rang;
}

/* Who remembers another MAC for our addresses learns better. */
static void ON_CTL
link_came(struct ctl *ctl, struct ifnet *ifp)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	log_info(&ctl->ctl_sp->sp_env.env_log, "%s: link is up",
	    ifp->if_name);
	ra_send_changed(ctl, ifp);
	ra_host_changed(ctl, ifp);
	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if ((ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
			continue;
		if (ifa->ifa_addr.a_family == ADDR_V4)
			arp_announce(ctl, ifp, ifa->ifa_addr.a_v4);
		else
			nd6_announce(ctl, ifp, &ifa->ifa_addr.a_v6);
	}
}

static void ON_CTL
link_went(struct link *lk, struct ifnet *ifp)
{
	log_warn(&lk->lk_ctl->ctl_sp->sp_env.env_log, "%s: link is down",
	    ifp->if_name);
	neigh_unlearn(lk->lk_ctl, ifp->if_index);
	lk->lk_went = lk->lk_ctl->ctl_now;
}

static bool
link_is_gone(const struct ifnet *ifp)
{
	return (atomic_load_explicit(&ifp->if_state, memory_order_relaxed) &
	    IFS_GONE) != 0;
}

static void ON_CTL
link_vanished(struct link *lk, struct ifnet *ifp)
{
	struct link_gone *lg = &lk->lk_gone[ifp->if_index];
	struct ctl *ctl = lk->lk_ctl;

	log_warn(&ctl->ctl_sp->sp_env.env_log, "%s: device %s is gone; it is "
	    "opened when it is back", ifp->if_name, ifp->if_device);
	neigh_unlearn(ctl, ifp->if_index);
	if_vanish(ctl, ifp);
	memset(lg, 0, sizeof(*lg));
	lg->lg_wait = CREATE_NS;
	lg->lg_next = ctl->ctl_now + CREATE_NS;
	lk->lk_went = ctl->ctl_now;
}

/* Each reason once; the next try is later than this one was. */
static void ON_CTL
link_failed(struct link *lk, struct ifnet *ifp, const char *err)
{
	struct link_gone *lg = &lk->lk_gone[ifp->if_index];

	if (strcmp(lg->lg_said, err) != 0)
		log_warn(&lk->lk_ctl->ctl_sp->sp_env.env_log,
		    "%s: device %s cannot be opened again, still trying: %s",
		    ifp->if_name, ifp->if_device, err);
	memccpy(lg->lg_said, err, '\0', sizeof(lg->lg_said) - 1);
	lg->lg_last = lk->lk_ctl->ctl_now;
	lg->lg_next = lg->lg_last + lg->lg_wait;
	lg->lg_wait = u64min(2 * lg->lg_wait, BACKOFF_NS);
}

static void ON_CTL
link_return(struct link *lk, struct ifnet *ifp, bool rang)
{
	struct link_gone *lg = &lk->lk_gone[ifp->if_index];
	struct ctl *ctl = lk->lk_ctl;
	bool there = link_exists(lk->lk_fd, ifp->if_device);
	char err[160];
	int error;

	if (rang)
		lg->lg_next = u64min(lg->lg_next, lg->lg_last + LOOK_NS);
	if (!there && !ifp->if_ops->do_creates)
		return;
	/* The first time it is there, it is not waited for. */
	if (ctl->ctl_now < lg->lg_next && (!there || lg->lg_last != 0))
		return;
	if ((error = if_return(ctl, ifp, err, sizeof(err))) == EINPROGRESS)
		return;
	if (error != 0) {
		link_failed(lk, ifp, err[0] != '\0' ? err : strerror(error));
		return;
	}
	log_info(&ctl->ctl_sp->sp_env.env_log, "%s: device %s is back",
	    ifp->if_name, ifp->if_device);
}

/* What has become of it; was: it ran at the last look. */
static void ON_CTL
link_changed(struct link *lk, struct ifnet *ifp, bool was)
{
	const struct link_seen *ls = &lk->lk_seen[ifp->if_index];

	/* Another one may be at the other end now. */
	if (was && if_running(ifp) && ls->ls_gen == ifp->if_gen &&
	    ls->ls_wentdown != ifp->if_wentdown) {
		link_went(lk, ifp);
		was = false;
	}
	if (ifp->if_dev == IFD_OPEN && link_is_gone(ifp))
		link_vanished(lk, ifp);
	else if (was && !if_running(ifp))
		link_went(lk, ifp);
	else if (!was && if_running(ifp))
		link_came(lk->lk_ctl, ifp);
}

/* When to look again. */
static uint64_t ON_CTL
link_next(const struct link *lk)
{
	const struct ctl *ctl = lk->lk_ctl;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && ifp->if_ops->do_link != NULL &&
		    !if_carrier(ifp))
			return ctl->ctl_now + (ctl->ctl_now - lk->lk_went <
			    LATELY_NS ? FRESH_NS : DOWN_NS);
	}
	return ctl->ctl_now + LOOK_NS;
}

/*
 * Whether it ran, as far as is known here: a driver may know of its link
 * before we look.
 */
static bool ON_CTL
link_ran(const struct link *lk, const struct ifnet *ifp)
{
	const struct link_seen *ls = &lk->lk_seen[ifp->if_index];

	if (ls->ls_gen != ifp->if_gen)
		return if_running(ifp);
	return ls->ls_carrier &&
	    (atomic_load_explicit(&ifp->if_state, memory_order_relaxed) &
	    IFS_UP) != 0;
}

static void ON_CTL
link_see(struct link *lk, const struct ifnet *ifp)
{
	struct link_seen *ls = &lk->lk_seen[ifp->if_index];

	ls->ls_gen = ifp->if_gen;
	ls->ls_carrier = if_carrier(ifp);
	ls->ls_wentdown = ifp->if_wentdown;
}

void
link_check(struct link *lk)
{
	struct ctl *ctl = lk->lk_ctl;
	bool rang = link_drain(lk->lk_fd), was[IF_MAX] = { false };
	struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		if ((ifp = if_lookup(ctl->ctl_sp, i)) == NULL)
			continue;
		was[i] = link_ran(lk, ifp);
		if (ifp->if_dev != IFD_OPEN)
			link_return(lk, ifp, rang);
		else if (ifp->if_ops->do_link != NULL)
			ifp->if_ops->do_link(ifp);
	}
	if_follow(ctl); /* VLANs, of those that changed */
	nhop_links(ctl);
	for (i = 1; i < IF_MAX; i++)
		if ((ifp = if_lookup(ctl->ctl_sp, i)) != NULL) {
			link_changed(lk, ifp, was[i]);
			link_see(lk, ifp);
		}
	timer_set(&ctl->ctl_wheel, &lk->lk_timer, link_next(lk));
}

static void
link_timer(struct timer *t, void *ctx)
{
	(void)ctx;
	role_enter(&on_ctl);
	link_check(container_of(t, struct link, lk_timer));
}

int
link_create(struct ctl *ctl, struct link **lkp)
{
	struct link *lk;
	int error;

	if ((lk = calloc(1, sizeof(*lk))) == NULL)
		return ENOMEM;
	if ((lk->lk_fd = link_open()) < 0) {
		error = errno;
		free(lk);
		return error;
	}
	lk->lk_ctl = ctl;
	timer_init(&lk->lk_timer, link_timer);
	*lkp = lk;
	/* Devices were opened before: what has changed since? */
	link_check(lk);
	return 0;
}

void
link_destroy(struct link *lk)
{
	timer_cancel(&lk->lk_ctl->ctl_wheel, &lk->lk_timer);
	close(lk->lk_fd);
	free(lk);
}

int
link_fd(const struct link *lk)
{
	return lk->lk_fd;
}
