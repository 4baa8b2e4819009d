/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links that go down and come back.
 *
 * The kernel's messages are only the bell: what they say may be out of date,
 * and some are lost when many come at once.  When it rings, every driver looks
 * at its device.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/link.h"
#include "ether/arp.h"
#include "if/if.h"
#include "ip6/nd6.h"
#include "route/neigh.h"
#include "route/nhop.h"

int
link_open(void)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&snl, sizeof(snl)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ENOBUFS says that messages were lost, which is no loss here. */
static void
link_drain(int fd)
{
	char buf[8192];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 ||
	    errno == ENOBUFS || errno == EINTR)
		continue;
}

/* Who remembers another MAC for our addresses learns better. */
static void ON_CTL
link_came(struct ctl *ctl, struct ifnet *ifp)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	log_info(&ctl->ctl_sp->sp_env.env_log, "%s: link is up",
	    ifp->if_name);
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
link_went(struct ctl *ctl, const struct ifnet *ifp)
{
	log_warn(&ctl->ctl_sp->sp_env.env_log, "%s: link is down",
	    ifp->if_name);
	neigh_unlearn(ctl, ifp->if_index);
}

void
link_check(struct ctl *ctl, int fd)
{
	bool was[IF_MAX] = { false };
	unsigned i;

	if (fd >= 0)
		link_drain(fd);
	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL)
			continue;
		was[i] = if_running(ifp);
		if (ifp->if_ops->do_link != NULL)
			ifp->if_ops->do_link(ifp);
	}
	if_follow(ctl); /* VLANs, of those that changed */
	nhop_links(ctl);
	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || was[i] == if_running(ifp))
			continue;
		if (was[i])
			link_went(ctl, ifp);
		else
			link_came(ctl, ifp);
	}
}
