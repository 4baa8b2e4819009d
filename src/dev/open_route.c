/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel sends what goes to an address: asked before a device is
 * taken away from it.
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open.h"

#define ROUTE_DEPTH 16 /* devices upon devices; more is a circle */

/* What the kernel says of a device. */
struct above {
	unsigned a_master; /* bridge, bond or the like it is part of; or 0 */
	unsigned a_lower; /* what it is built on (VLAN); or 0 */
};

/* Ask, and have the answer in buf.  How many bytes; 0: there is none. */
static size_t
route_ask(const struct nlmsghdr *nh, void *buf, size_t size)
{
	ssize_t n = -1;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return 0;
	if (send(fd, nh, nh->nlmsg_len, 0) == (ssize_t)nh->nlmsg_len)
		n = recv(fd, buf, size, 0);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

static uint32_t
attr_u32(struct rtattr *rta)
{
	uint32_t v = 0;

	if (RTA_PAYLOAD(rta) >= sizeof(v))
		memcpy(&v, RTA_DATA(rta), sizeof(v));
	return v;
}

static bool
attr_is(struct rtattr *rta, const char *text)
{
	return RTA_PAYLOAD(rta) >= strlen(text) &&
	    memcmp(RTA_DATA(rta), text, strlen(text)) == 0;
}

/* A veth's IFLA_LINK is its other end, which it is not built on. */
static bool
info_is_veth(struct rtattr *info)
{
	struct rtattr *rta = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == IFLA_INFO_KIND && attr_is(rta, "veth"))
			return true;
	return false;
}

static struct above
route_above(unsigned ifindex)
{
	struct {
		struct nlmsghdr r_nh;
		struct ifinfomsg r_ifi;
	} r = { .r_nh = { .nlmsg_len = sizeof(r),
		    .nlmsg_type = RTM_GETLINK,
		    .nlmsg_flags = NLM_F_REQUEST },
		.r_ifi = { .ifi_index = (int)ifindex } };
	alignas(struct nlmsghdr) char buf[16384];
	size_t n = route_ask(&r.r_nh, buf, sizeof(buf));
	struct nlmsghdr *nh = (void *)buf;
	struct above a = { 0 };
	bool elsewhere = false;
	struct rtattr *rta;
	int left;

	if (!NLMSG_OK(nh, n) || nh->nlmsg_type != RTM_NEWLINK)
		return a;
	rta = IFLA_RTA(NLMSG_DATA(nh));
	left = (int)IFLA_PAYLOAD(nh);
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		if (rta->rta_type == IFLA_MASTER)
			a.a_master = attr_u32(rta);
		else if (rta->rta_type == IFLA_LINK)
			a.a_lower = attr_u32(rta);
		else if (rta->rta_type == IFLA_LINK_NETNSID ||
		    (rta->rta_type == IFLA_LINKINFO && info_is_veth(rta)))
			elsewhere = true;
	}
	if (elsewhere || a.a_lower == ifindex)
		a.a_lower = 0;
	return a;
}

/* The device on which the kernel sends to an address; 0: none. */
static unsigned
route_device(int family, const void *addr, size_t len)
{
	struct {
		struct nlmsghdr r_nh;
		struct rtmsg r_rt;
		struct rtattr r_dst;
		uint8_t r_addr[16];
	} r = { .r_nh = { .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_flags = NLM_F_REQUEST },
		.r_rt = { .rtm_family = (unsigned char)family,
		    .rtm_dst_len = (unsigned char)(len * 8) },
		.r_dst = { .rta_len = (unsigned short)RTA_LENGTH(len),
		    .rta_type = RTA_DST } };
	alignas(struct nlmsghdr) char buf[4096];
	struct nlmsghdr *nh = (void *)buf;
	struct rtattr *rta;
	size_t n;
	int left;

	memcpy(r.r_addr, addr, len);
	r.r_nh.nlmsg_len = (uint32_t)(offsetof(typeof(r), r_addr) + len);
	n = route_ask(&r.r_nh, buf, sizeof(buf));
	if (!NLMSG_OK(nh, n) || nh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	rta = RTM_RTA(NLMSG_DATA(nh));
	left = (int)RTM_PAYLOAD(nh);
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == RTA_OIF)
			return attr_u32(rta);
	return 0;
}

/* Whether dev, or what it is part of, is one of those at. */
static bool
route_part_of(unsigned dev, unsigned at)
{
	unsigned depth;

	for (depth = 0; dev != 0 && depth < ROUTE_DEPTH; depth++) {
		if (dev == at)
			return true;
		dev = route_above(dev).a_master;
	}
	return false;
}

bool
open_carries(const char *device, int family, const void *addr)
{
	unsigned depth, at, dev = if_nametoindex(device);

	if (dev == 0)
		return false;
	at = route_device(family, addr, family == AF_INET ? 4 : 16);
	for (depth = 0; at != 0 && depth < ROUTE_DEPTH; depth++) {
		if (route_part_of(dev, at))
			return true;
		at = route_above(at).a_lower;
	}
	return false;
}
