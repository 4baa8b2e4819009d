/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel says of an interface, and the few things that are set.
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_int.h"

#define FEATURE_BLOCKS 8 /* of 32 features */

int
link_socket(int *fdp)
{
	*fdp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return *fdp < 0 ? errno : 0;
}

static struct ifreq
ifreq_for(const char *name)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ifr;
}

/* An ethtool command on p.  Errno value. */
static int
ethtool(int fd, const char *name, void *p)
{
	struct ifreq ifr = ifreq_for(name);

	ifr.ifr_data = p;
	return ioctl(fd, SIOCETHTOOL, &ifr) != 0 ? errno : 0;
}

struct rss_call {
	int rc_fd;
	const char *rc_name;
};

static int
rss_call(void *arg, void *command)
{
	const struct rss_call *rc = arg;

	return ethtool(rc->rc_fd, rc->rc_name, command);
}

void
link_rss(int fd, const struct open_req *req, struct open_res *os)
{
	struct rss_call rc = { .rc_fd = fd, .rc_name = req->or_name };
	bool changed = false;

	if ((req->or_flags & OPENF_RSS) == 0 || os->os_nrxq < 2)
		return;
	(void)hwrss_program(rss_call, &rc, req->or_rss.hr_key, os->os_nrxq,
	    &os->os_rssfound, &os->os_rss, &changed);
	if (changed)
		os->os_flags |= OPENS_RSS;
}

void
link_rss_restore(const char *name, const struct hwrss *hr)
{
	struct rss_call rc = { .rc_name = name };

	if (link_socket(&rc.rc_fd) != 0)
		return;
	(void)hwrss_set(rss_call, &rc, hr);
	close(rc.rc_fd);
}

static bool
ethtool_flag(int fd, const char *name, uint32_t cmd)
{
	struct ethtool_value ev = { .cmd = cmd };

	return ethtool(fd, name, &ev) == 0 && ev.data != 0;
}

/* Queues in use; a driver that does not say has one. */
static void
link_queues(int fd, const char *name, struct open_res *os)
{
	struct ethtool_channels ec = { .cmd = ETHTOOL_GCHANNELS };

	os->os_nrxq = os->os_ntxq = 1;
	if (ethtool(fd, name, &ec) != 0)
		return;
	os->os_nrxq = umax(1, ec.rx_count + ec.combined_count);
	os->os_ntxq = umax(1, ec.tx_count + ec.combined_count);
}

static void
link_driver(int fd, const char *name, struct open_res *os)
{
	struct ethtool_drvinfo ed = { .cmd = ETHTOOL_GDRVINFO };

	if (ethtool(fd, name, &ed) == 0)
		snprintf(os->os_driver, sizeof(os->os_driver), "%.*s",
		    (int)sizeof(os->os_driver) - 1, ed.driver);
	if (ethtool_flag(fd, name, ETHTOOL_GTXCSUM))
		os->os_flags |= OPENS_TXCSUM;
	if (ethtool_flag(fd, name, ETHTOOL_GTSO))
		os->os_flags |= OPENS_TSO;
}

/* Which bits of the device's features are these; -1: there is none. */
struct feature {
	const char *f_name;
	int f_bit;
};

/* How many features there are.  Errno value. */
static int
link_feature_count(int fd, const char *name, unsigned *count)
{
	union {
		struct ethtool_sset_info h;
		uint8_t room[sizeof(struct ethtool_sset_info) +
		    sizeof(uint32_t)];
	} u = { .h = { .cmd = ETHTOOL_GSSET_INFO,
		    .sset_mask = 1ull << ETH_SS_FEATURES } };
	uint32_t n;
	int error;

	if ((error = ethtool(fd, name, &u)) != 0)
		return error;
	memcpy(&n, u.room + sizeof(u.h), sizeof(n));
	*count = u.h.sset_mask != 0 ? n : 0;
	return *count <= FEATURE_BLOCKS * 32 ? 0 : E2BIG;
}

/* Errno value. */
static int
link_feature_bits(int fd, const char *name, struct feature *f, unsigned n)
{
	struct ethtool_gstrings *gs;
	unsigned i, k, count;
	int error;

	if ((error = link_feature_count(fd, name, &count)) != 0)
		return error;
	gs = calloc(1, sizeof(*gs) + (size_t)count * ETH_GSTRING_LEN);
	if (gs == NULL)
		return ENOMEM;
	gs->cmd = ETHTOOL_GSTRINGS;
	gs->string_set = ETH_SS_FEATURES;
	gs->len = count;
	error = ethtool(fd, name, gs);
	for (i = 0; i < gs->len && error == 0; i++)
		for (k = 0; k < n; k++)
			if (strncmp(
				(char *)gs->data + (size_t)i * ETH_GSTRING_LEN,
				f[k].f_name, ETH_GSTRING_LEN) == 0)
				f[k].f_bit = (int)i;
	free(gs);
	return error;
}

bool
link_segments(int fd, const char *name)
{
	struct feature f[] = { { "tx-tcp-segmentation", -1 },
		{ "tx-tcp6-segmentation", -1 },
		{ "tx-tcp-ecn-segmentation", -1 },
		{ "tx-udp-segmentation", -1 } };
	struct ethtool_get_features_block b[FEATURE_BLOCKS];
	union {
		struct ethtool_gfeatures h;
		uint8_t room[sizeof(struct ethtool_gfeatures) + sizeof(b)];
	} u = { .h = { .cmd = ETHTOOL_GFEATURES, .size = FEATURE_BLOCKS } };
	unsigned i;

	if (link_feature_bits(fd, name, f, countof(f)) != 0 ||
	    ethtool(fd, name, &u) != 0)
		return false;
	memcpy(b, u.room + sizeof(u.h), sizeof(b));
	for (i = 0; i < countof(f); i++) {
		unsigned bit = (unsigned)f[i].f_bit;

		if (f[i].f_bit < 0 || bit / 32 >= FEATURE_BLOCKS ||
		    (b[bit / 32].active & 1u << bit % 32) == 0)
			return false;
	}
	return true;
}

/* Room for what the kernel says of a link. */
struct link_answer {
	alignas(struct nlmsghdr) char la_buf[8192];
};

/* The first attribute of RTM_GETLINK's answer; NULL: there is none. */
static struct rtattr *
link_attrs(unsigned ifindex, struct link_answer *la, int *left)
{
	struct {
		struct nlmsghdr r_nh;
		struct ifinfomsg r_ifi;
	} r = { .r_nh = { .nlmsg_len = sizeof(r),
		    .nlmsg_type = RTM_GETLINK,
		    .nlmsg_flags = NLM_F_REQUEST },
		.r_ifi = { .ifi_index = (int)ifindex } };
	struct nlmsghdr *nh = (void *)la->la_buf;
	ssize_t n = 0;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return NULL;
	if (send(fd, &r, sizeof(r), 0) == (ssize_t)sizeof(r))
		n = recv(fd, la->la_buf, sizeof(la->la_buf), 0);
	close(fd);
	if (n <= 0 || !NLMSG_OK(nh, (size_t)n) ||
	    nh->nlmsg_type != RTM_NEWLINK)
		return NULL;
	*left = (int)IFLA_PAYLOAD(nh);
	return IFLA_RTA(NLMSG_DATA(nh));
}

/* The attribute of this type; NULL if there is none. */
static struct rtattr *
attr_find(struct rtattr *rta, int left, unsigned type)
{
	for (; rta != NULL && RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if ((rta->rta_type & NLA_TYPE_MASK) == type)
			return rta;
	return NULL;
}

static struct rtattr *
attr_find_in(struct rtattr *rta, unsigned type)
{
	return rta == NULL ? NULL :
	    attr_find(RTA_DATA(rta), (int)RTA_PAYLOAD(rta), type);
}

static unsigned
attr_u32(const struct rtattr *rta)
{
	uint32_t v = 0;

	if (rta != NULL && RTA_PAYLOAD(rta) == sizeof(v))
		memcpy(&v, RTA_DATA(rta), sizeof(v));
	return v;
}

/* A veth's other end, unless it is elsewhere. */
static void
link_peer(struct open_res *os)
{
	struct link_answer la;
	struct rtattr *rta;
	unsigned peer;
	int left = 0;

	rta = link_attrs(os->os_ifindex, &la, &left);
	if (attr_find(rta, left, IFLA_LINK_NETNSID) != NULL ||
	    (peer = attr_u32(attr_find(rta, left, IFLA_LINK))) == 0)
		return;
	if (if_indextoname(peer, os->os_peer) == NULL)
		os->os_peer[0] = '\0';
}

unsigned
link_tap_queues(const char *name)
{
	struct link_answer la;
	struct rtattr *data, *rta;
	int left = 0;

	rta = link_attrs(if_nametoindex(name), &la, &left);
	data = attr_find_in(attr_find(rta, left, IFLA_LINKINFO),
	    IFLA_INFO_DATA);
	return attr_u32(attr_find_in(data, IFLA_TUN_NUM_QUEUES)) +
	    attr_u32(attr_find_in(data, IFLA_TUN_NUM_DISABLED_QUEUES));
}

int
link_query(int fd, const char *name, struct open_res *os)
{
	struct ifreq ifr = ifreq_for(name);

	if (ioctl(fd, SIOCGIFINDEX, &ifr) != 0)
		return open_fail(os, errno, "%s: %s", name,
		    errno == ENODEV ? "there is no such interface" :
		    strerror(errno));
	os->os_ifindex = (uint32_t)ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 &&
	    (ifr.ifr_flags & IFF_UP) != 0)
		os->os_flags |= OPENS_UP;
	if (link_running(fd, name))
		os->os_flags |= OPENS_CARRIER;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) != 0 ||
	    ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return open_fail(os, EINVAL,
		    "%s is no Ethernet interface", name);
	memcpy(os->os_mac, ifr.ifr_hwaddr.sa_data, sizeof(os->os_mac));
	if (ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		os->os_mtu = os->os_wasmtu = (uint32_t)ifr.ifr_mtu;
	link_queues(fd, name, os);
	link_driver(fd, name, os);
	if (strcmp(os->os_driver, "veth") == 0)
		link_peer(os);
	return 0;
}

bool
link_running(int fd, const char *name)
{
	struct ifreq ifr = ifreq_for(name);

	return ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 &&
	    (ifr.ifr_flags & IFF_RUNNING) != 0;
}

unsigned
link_mtu(int fd, const char *name)
{
	struct ifreq ifr = ifreq_for(name);

	return ioctl(fd, SIOCGIFMTU, &ifr) == 0 ? (unsigned)ifr.ifr_mtu : 0;
}

bool
link_exists(int fd, const char *name)
{
	struct ifreq ifr = ifreq_for(name);

	return ioctl(fd, SIOCGIFFLAGS, &ifr) == 0;
}

bool
link_name(int fd, unsigned ifindex, char name[static OPEN_NAMELEN])
{
	struct ifreq ifr = { .ifr_ifindex = (int)ifindex };

	if (ioctl(fd, SIOCGIFNAME, &ifr) != 0)
		return false;
	snprintf(name, OPEN_NAMELEN, "%s", ifr.ifr_name);
	return true;
}

/* Errno value. */
static int
link_rxvlan(int fd, const char *name, bool on, bool *was)
{
	struct ethtool_value ev = { .cmd = ETHTOOL_GFLAGS };
	int error = ethtool(fd, name, &ev);

	*was = error == 0 && (ev.data & ETH_FLAG_RXVLAN) != 0;
	if (error != 0 || *was == on)
		return error;
	ev.cmd = ETHTOOL_SFLAGS;
	ev.data ^= ETH_FLAG_RXVLAN;
	return ethtool(fd, name, &ev);
}

void
link_keep_tags(int fd, const char *name, struct open_res *os)
{
	bool was;

	if (link_rxvlan(fd, name, false, &was) == 0 && was)
		os->os_flags |= OPENS_RXVLAN;
}

int
link_take_tags(int fd, const char *name, struct open_res *os)
{
	bool was;
	int error = link_rxvlan(fd, name, true, &was);

	return error == 0 ? 0 : open_fail(os, error, "%s: cannot set rxvlan "
	    "on: %s", name, strerror(error));
}

int
link_set_up(int fd, const char *name, bool up, struct open_res *os)
{
	struct ifreq ifr = ifreq_for(name);
	short flags;

	if (ioctl(fd, SIOCGIFFLAGS, &ifr) != 0)
		return open_fail(os, errno, "%s: %s", name, strerror(errno));
	flags = ifr.ifr_flags;
	if (((flags & IFF_UP) != 0) == up)
		return 0;
	ifr.ifr_flags = (short)(up ? flags | IFF_UP : flags & ~IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) != 0)
		return open_fail(os, errno, "%s: cannot set it %s: %s", name,
		    up ? "up" : "down", strerror(errno));
	if (up)
		os->os_flags |= OPENS_WASDOWN;
	return 0;
}

int
link_set_mtu(int fd, const char *name, unsigned mtu, struct open_res *os)
{
	struct ifreq ifr = ifreq_for(name);

	ifr.ifr_mtu = (int)mtu;
	if (ioctl(fd, SIOCSIFMTU, &ifr) != 0)
		return open_fail(os, errno, "%s: cannot set MTU %u: %s", name,
		    mtu, strerror(errno));
	os->os_mtu = mtu;
	return 0;
}
