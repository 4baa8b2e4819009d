/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything about devices that needs privilege is a request, executed by the
 * opener: in the same process (opener_local), or in a privileged parent at the
 * other end of a socket pair (opener_remote here, opener_serve() there), which
 * answers with descriptors.  Using these descriptors needs no privilege.
 *
 * Requests and answers are plain bytes without pointers.  The parent does not
 * trust the child: it checks every member, and asks its policy whether the
 * configuration names the device.
 *
 * Members are values, set by whoever makes the request or the answer; of the
 * openers:
 *	I	immutable after opener_remote_init()
 */
#ifndef DEV_OPEN_H
#define DEV_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/open_rss.h"

struct spate;

#define OPEN_VERSION 1
#define OPEN_NAMELEN 16 /* of an interface, with its NUL */
#define OPEN_MAXQ    64 /* queues of an interface */
#define OPEN_MAXFDS  (OPEN_MAXQ + 3) /* and OPEN_XDP_*, OPEN_PACKET_* */
#define OPEN_PATHLEN 108 /* of a UNIX socket, with its NUL */

enum open_kind {
	OPEN_QUERY = 1, /* what the interface is like; no descriptors */
	OPEN_TAP, /* make or attach to a tap: one descriptor a queue */
	OPEN_XDP, /* one socket a queue, then OPEN_XDP_* */
	OPEN_PACKET, /* one socket a queue, then OPEN_PACKET_* */
	OPEN_MEMIF_LISTEN, /* one socket that listens at or_path */
	OPEN_MEMIF_CONNECT, /* one that is connected to it */
	OPEN_RESTORE, /* put back what the others changed */
	OPEN_MEMIF_REMOVE, /* or_path, if nobody listens there */
};

static inline bool
open_kind_memif(unsigned kind)
{
	return kind == OPEN_MEMIF_LISTEN || kind == OPEN_MEMIF_CONNECT ||
	    kind == OPEN_MEMIF_REMOVE;
}

enum { /* descriptors that follow the sockets of OPEN_XDP */
	OPEN_XDP_LINK, /* holds program and map; closing it detaches */
	OPEN_XDP_PACKET, /* makes the interface take multicast */
	OPEN_XDP_EXTRA
};

enum { /* descriptors that follow the sockets of OPEN_PACKET */
	OPEN_PACKET_SLOW, /* sends by way of the queueing discipline */
	OPEN_PACKET_CLAIM, /* tells other Spates that this one is here */
	OPEN_PACKET_MUTE, /* with OPENS_MUTED: closing it unmutes the kernel */
	OPEN_PACKET_EXTRA
};

enum { /* or_flags */
	OPENF_NOOFFLOAD = 1u << 0, /* tap: the kernel finishes packets */
	OPENF_PROMISC = 1u << 1, /* xdp: frames to any address */
	OPENF_DOWN = 1u << 2, /* restore: it was down */
	OPENF_NOMUTE = 1u << 3, /* packet: the kernel's stack hears too */
	OPENF_RXVLAN = 1u << 4, /* restore: it took VLAN tags off */
	OPENF_RSS = 1u << 5, /* or_rss: set its key; restore: all of it */
	OPENF_NORX = 1u << 6, /* packet: only to send; nothing is heard */
	OPENF_ALL = 127
};

enum open_mode { OPENM_AUTO, OPENM_COPY, OPENM_ZEROCOPY, OPENM_N };

struct open_req {
	uint32_t or_version; /* OPEN_VERSION */
	uint8_t or_kind; /* enum open_kind */
	uint8_t or_mode; /* xdp: enum open_mode */
	uint16_t or_flags; /* OPENF_* */
	uint32_t or_queues; /* tap, packet: wanted, 1 to OPEN_MAXQ; else 0 */
	uint32_t or_mtu; /* tap, restore: to set; 0: leave it.  xdp: to be
			  * able to; 0: the device's */
	uint64_t or_memsize; /* xdp: bytes of packet memory */
	char or_name[OPEN_NAMELEN]; /* device; memif: the interface */
	char or_path[OPEN_PATHLEN]; /* memif: "/…", or "@…": abstract */
	struct hwrss or_rss; /* with OPENF_RSS */
};

enum { /* os_flags */
	OPENS_UP = 1u << 0, /* query: configured up */
	OPENS_CARRIER = 1u << 1,
	OPENS_EXISTED = 1u << 2, /* tap: was there before */
	OPENS_WASDOWN = 1u << 3, /* it had to be set up */
	OPENS_USO = 1u << 4, /* tap, packet: UDP segments too */
	OPENS_TXCSUM = 1u << 5, /* as found: checksums left to the device … */
	OPENS_TSO = 1u << 6, /* … and segments */
	OPENS_NATIVE = 1u << 7, /* xdp: program runs in the driver */
	OPENS_ZEROCOPY = 1u << 8, /* xdp */
	OPENS_BYPASS = 1u << 9, /* packet: past the queueing discipline */
	OPENS_DEVQ = 1u << 10, /* packet: queues are the device's */
	OPENS_MUTED = 1u << 11, /* packet: the kernel's stack hears nothing */
	OPENS_RXVLAN = 1u << 12, /* xdp: it had to be told to leave VLAN tags */
	OPENS_TAGS = 1u << 13, /* xdp: the program puts tags back */
	OPENS_RSS = 1u << 14, /* os_rssfound must be put back */
	OPENS_SHARED = 1u << 15, /* packet: another Spate serves it, too */
};

struct open_res {
	int32_t os_error; /* 0 or errno; os_text explains it */
	uint32_t os_nfds; /* descriptors that come with it */
	uint32_t os_flags; /* OPENS_* */
	uint32_t os_nrxq; /* the device's, all of which are open */
	uint32_t os_ntxq; /* of those, the ones that can send */
	uint32_t os_ifindex;
	uint32_t os_mtu; /* as it is now */
	uint32_t os_wasmtu; /* as it was found */
	struct hwrss os_rss; /* as it is now; no lengths: not known */
	struct hwrss os_rssfound; /* and was */
	uint32_t os_irq[OPEN_MAXQ]; /* kernel's of each queue; 0: not known */
	uint32_t os_pieces; /* xdp: buffers that a frame may take */
	uint8_t os_mac[6];
	char os_driver[18]; /* the kernel's driver: "veth", "tun", … */
	char os_peer[OPEN_NAMELEN]; /* veth: other end, if it is here too */
	char os_text[160]; /* what the user can do about an error; xdp: why
			    * not native */
};

/*
 * op_open: memfd is the packet memory (OPEN_XDP; -1 for the others), which
 * stays the caller's.  Returns os_error; at most maxfds descriptors, os_nfds
 * in fact, are the caller's from then on.
 */
struct opener {
	int (*op_open)(const struct opener *, const struct open_req *,
	    int memfd, struct open_res *, int *fds, unsigned maxfds);
};

/* Executes requests in this process. */
extern const struct opener opener_local;

/* The instance's, or opener_local. */
const struct opener *opener_of(const struct spate *);

struct opener_remote {
	struct opener orm_opener; /* [I] first: an opener is its remote */
	int orm_fd; /* [I] socket pair, SOCK_SEQPACKET */
};

/* fd stays the caller's. */
void opener_remote_init(struct opener_remote *, int fd);

/* 0, or an errno value and text: the configuration does not say so. */
typedef int open_policy_fn(
    void *arg, const struct open_req *, char *err, size_t errlen);

/*
 * In the parent: receive one request from fd, execute it if it is sound and
 * the policy agrees, answer.  0; EPIPE when the child is gone; another errno
 * value if the socket fails.
 */
int opener_serve(int fd, open_policy_fn *, void *arg);

/*
 * Whether the kernel sends what goes to an address (AF_INET, AF_INET6; in
 * network order) by this device, or by something made of it: a bridge or bond
 * it is part of, a VLAN on either.  Needs no privilege.
 */
bool open_carries(const char *device, int family, const void *addr);

/*
 * Whether there is an interface of this name; needs no privilege.  fd: any
 * socket made where it would be.
 */
bool link_exists(int fd, const char *name);

/* A request of this kind for the named interface. */
void open_req_init(struct open_req *, enum open_kind, const char *name);

/* Whether every member is within bounds; EINVAL and text if not. */
int open_req_check(const struct open_req *, char *err, size_t errlen);

#endif
