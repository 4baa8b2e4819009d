/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files that execute an opener's requests.  All fill *os, with
 * text on failure, and return an errno value.
 */
#ifndef DEV_OPEN_INT_H
#define DEV_OPEN_INT_H

#include "dev/open.h"

/* Sets os_error and os_text; returns error. */
int open_fail(struct open_res *, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int open_tap(const struct open_req *, struct open_res *, int *fds);
int open_packet(const struct open_req *, struct open_res *, int *fds);
int open_xdp(const struct open_req *, int memfd, struct open_res *, int *fds);

/* A socket for the calls below.  Errno value. */
int link_socket(int *fdp);

/* Fill *os with what the kernel says of the interface. */
int link_query(int fd, const char *name, struct open_res *);

/*
 * Whether it is up and has its link; needs no privilege, so it serves drivers
 * too, on any socket made where the interface is.
 */
bool link_running(int fd, const char *name);

/* Its MTU as it is now, likewise; 0: it is gone. */
unsigned link_mtu(int fd, const char *name);

/*
 * Whether the device cuts all segments itself that Spate sends: TCP's of both
 * families, also with congestion notification, and UDP's.
 */
bool link_segments(int fd, const char *name);

/* The name of the interface of this number, likewise; false: it is gone. */
bool link_name(int fd, unsigned ifindex, char name[static OPEN_NAMELEN]);

enum { LINK_XDP_ZEROCOPY = 1u << 3, LINK_XDP_VLAN_TAG = 1u << 2 };

/* What the device's driver can do for XDP; all 0 before Linux 6.3. */
struct link_xdp_caps {
	uint64_t lx_features; /* LINK_XDP_ZEROCOPY */
	uint64_t lx_metadata; /* LINK_XDP_VLAN_TAG */
	uint32_t lx_segs; /* pieces of a frame without copying */
};
void link_xdp_caps(uint32_t ifindex, struct link_xdp_caps *);

/*
 * If the request asks for it: the key of or_rss, and queues in turn, for a
 * device with several; what it is like now in os_rss, and OPENS_RSS if that was
 * changed.  A device that refuses is one that stays as it is.
 */
void link_rss(int fd, const struct open_req *, struct open_res *);

/* Put back what link_rss() changed. */
void link_rss_restore(const char *name, const struct hwrss *);

/* How many queues of a tap with several are attached to, by anybody. */
unsigned link_tap_queues(const char *name);

/*
 * The device no longer takes VLAN tags off what it receives, if that can be
 * helped; sets OPENS_RXVLAN if that changed it.  And back.
 */
void link_keep_tags(int fd, const char *name, struct open_res *);
int link_take_tags(int fd, const char *name, struct open_res *);

/* Configure it up or down; sets OPENS_WASDOWN if that changed it. */
int link_set_up(int fd, const char *name, bool up, struct open_res *);
int link_set_mtu(int fd, const char *name, unsigned mtu, struct open_res *);

/* open_memif.c: sockets, of or_path. */
int open_memif_listen(const struct open_req *, struct open_res *, int *fds);
int open_memif_connect(const struct open_req *, struct open_res *, int *fds);
int open_memif_remove(const struct open_req *, struct open_res *);

#endif
