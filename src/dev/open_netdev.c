/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel says a device can do for XDP, by generic netlink (the family
 * "netdev", Linux 6.3).
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <linux/genetlink.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_int.h"

/* linux/netdev.h, which the distribution does not have. */
#define NETDEV_FAMILY	"netdev"
#define NETDEV_VERSION	1
#define NETDEV_GET	1
#define NETDEV_IFINDEX	1
#define NETDEV_FEATURES 3
#define NETDEV_ZC_SEGS	4
#define NETDEV_METADATA 5

struct netdev_msg {
	struct nlmsghdr nm_nh;
	struct genlmsghdr nm_gh;
	struct nlattr nm_attr;
	char nm_value[GENL_NAMSIZ];
};

struct netdev_answer {
	alignas(struct nlmsghdr) char na_buf[4096];
	const char *na_attrs;
	size_t na_left;
};

/* Ask with one attribute; false: no answer. */
static bool
netdev_ask(int fd, uint16_t family, uint8_t cmd, uint16_t type,
    const void *value, size_t n, struct netdev_answer *na)
{
	struct netdev_msg nm = { .nm_nh = { .nlmsg_type = family,
				     .nlmsg_flags = NLM_F_REQUEST },
		.nm_gh = { .cmd = cmd, .version = NETDEV_VERSION },
		.nm_attr = { .nla_type = type,
		    .nla_len = (uint16_t)(NLA_HDRLEN + n) } };
	const struct nlmsghdr *nh = (const void *)na->na_buf;
	ssize_t got;

	memcpy(nm.nm_value, value, n);
	nm.nm_nh.nlmsg_len = (uint32_t)(offsetof(struct netdev_msg, nm_value) +
	    NLA_ALIGN(n));
	if (send(fd, &nm, nm.nm_nh.nlmsg_len, 0) < 0 ||
	    (got = recv(fd, na->na_buf, sizeof(na->na_buf), 0)) <= 0 ||
	    !NLMSG_OK(nh, (size_t)got) || nh->nlmsg_type != family ||
	    nh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return false;
	na->na_attrs = na->na_buf + NLMSG_LENGTH(GENL_HDRLEN);
	na->na_left = nh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return true;
}

/* The first n bytes of the attribute of this type; false: there is none. */
static bool
netdev_attr(const struct netdev_answer *na, unsigned type, void *value,
    size_t n)
{
	const char *p = na->na_attrs;
	size_t left = na->na_left;
	struct nlattr nla;

	while (left >= NLA_HDRLEN) {
		memcpy(&nla, p, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > left)
			return false;
		if ((nla.nla_type & NLA_TYPE_MASK) == type) {
			if (nla.nla_len < NLA_HDRLEN + n)
				return false;
			memcpy(value, p + NLA_HDRLEN, n);
			return true;
		}
		p += szmin(NLA_ALIGN(nla.nla_len), left);
		left -= szmin(NLA_ALIGN(nla.nla_len), left);
	}
	return false;
}

static bool
netdev_query(int fd, uint32_t ifindex, struct netdev_answer *na)
{
	static const char name[] = NETDEV_FAMILY;
	uint16_t family;

	return netdev_ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
	    CTRL_ATTR_FAMILY_NAME, name, sizeof(name), na) &&
	    netdev_attr(na, CTRL_ATTR_FAMILY_ID, &family, sizeof(family)) &&
	    netdev_ask(fd, family, NETDEV_GET, NETDEV_IFINDEX, &ifindex,
	    sizeof(ifindex), na);
}

void
link_xdp_caps(uint32_t ifindex, struct link_xdp_caps *lx)
{
	struct netdev_answer na;
	int fd;

	memset(lx, 0, sizeof(*lx));
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0)
		return;
	if (netdev_query(fd, ifindex, &na)) {
		(void)netdev_attr(&na, NETDEV_FEATURES, &lx->lx_features,
		    sizeof(lx->lx_features));
		(void)netdev_attr(&na, NETDEV_METADATA, &lx->lx_metadata,
		    sizeof(lx->lx_metadata));
		(void)netdev_attr(&na, NETDEV_ZC_SEGS, &lx->lx_segs,
		    sizeof(lx->lx_segs));
	}
	close(fd);
}
