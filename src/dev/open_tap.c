/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a tap: one descriptor for each queue.
 *
 * A tap that is not there is made, and vanishes with the last descriptor.  One
 * that is there, made persistent by the user, is attached to with as many
 * queues as it can have, and by nobody else: the kernel would give each flow to
 * one of us, whose it may not be.
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "dev/open_int.h"

/* Newer than the distribution's headers; the kernel takes only both. */
#define TAP_USO4 0x20
#define TAP_USO6 0x40

/* A daemon that was killed a moment ago may still be leaving. */
#define BUSY_TRIES    50
#define BUSY_PAUSE_NS 10000000

static int
tap_attach(const char *name, short flags, int *fdp)
{
	struct ifreq ifr = { .ifr_flags = flags };
	int error, fd;

	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno;
	memcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
		error = errno;
		close(fd);
		return error;
	}
	*fdp = fd;
	return 0;
}

static int
tap_fail(struct open_res *os, const char *name, int error)
{
	switch (error) {
	case ENOENT:
		return open_fail(os, error, "%s: this system has no "
		    "/dev/net/tun", name);
	case EPERM:
	case EACCES:
		return open_fail(os, error, "%s: no permission for taps: run "
		    "as root, or give the tap to this user "
		    "(ip tuntap add %s mode tap user NAME)",
		    name, name);
	case EBUSY:
		return open_fail(os, error, "%s: another program has this tap "
		    "open", name);
	case EINVAL:
		return open_fail(os, error, "%s: there is an interface of this "
		    "name, and it is no tap", name);
	default:
		return open_fail(os, error, "%s: %s", name, strerror(error));
	}
}

/*
 * Attach queues; how many are in os_nfds.  A tap that has been made for one
 * queue refuses IFF_MULTI_QUEUE with EINVAL, one for several requires it.
 */
static int
tap_queues(const struct open_req *req, struct open_res *os, int *fds)
{
	short flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	int error;

	if (link_tap_queues(req->or_name) > 0)
		return EBUSY;
	error = tap_attach(req->or_name, flags | IFF_MULTI_QUEUE, &fds[0]);
	if (error == EINVAL && (os->os_flags & OPENS_EXISTED) != 0) {
		error = tap_attach(req->or_name, flags, &fds[0]);
		if (error == 0)
			os->os_nfds = 1;
		return error;
	}
	while (error == 0 && ++os->os_nfds < req->or_queues)
		error = tap_attach(req->or_name, flags | IFF_MULTI_QUEUE,
		    &fds[os->os_nfds]);
	/* Somebody did the same at the same time. */
	if (error == 0 && link_tap_queues(req->or_name) > os->os_nfds)
		error = EBUSY;
	return error;
}

static void
tap_detach(struct open_res *os, const int *fds)
{
	while (os->os_nfds > 0)
		close(fds[--os->os_nfds]);
}

static int
tap_queues_wait(const struct open_req *req, struct open_res *os, int *fds)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	unsigned tries = BUSY_TRIES;
	int error;

	while ((error = tap_queues(req, os, fds)) == EBUSY && tries-- > 0) {
		tap_detach(os, fds);
		nanosleep(&pause, NULL);
	}
	return error;
}

/* Checksums and segments: what both sides leave to each other. */
static int
tap_offload(const struct open_req *req, struct open_res *os, int fd)
{
	unsigned most = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int hdr = sizeof(struct virtio_net_hdr);

	if (ioctl(fd, TUNSETVNETHDRSZ, &hdr) != 0)
		return errno;
	if ((req->or_flags & OPENF_NOOFFLOAD) != 0)
		return ioctl(fd, TUNSETOFFLOAD, 0) != 0 ? errno : 0;
	if (ioctl(fd, TUNSETOFFLOAD, most | TAP_USO4 | TAP_USO6) == 0) {
		os->os_flags |= OPENS_USO;
		return 0;
	}
	return ioctl(fd, TUNSETOFFLOAD, most) != 0 ? errno : 0;
}

static int
tap_configure(int sock, const struct open_req *req, struct open_res *os)
{
	int error;

	if ((error = link_query(sock, req->or_name, os)) != 0)
		return error;
	if (req->or_mtu != 0 && req->or_mtu != os->os_mtu &&
	    (error = link_set_mtu(sock, req->or_name, req->or_mtu, os)) != 0)
		return error;
	return link_set_up(sock, req->or_name, true, os);
}

int
open_tap(const struct open_req *req, struct open_res *os, int *fds)
{
	int error, sock;

	if ((error = link_socket(&sock)) != 0)
		return tap_fail(os, req->or_name, error);
	if (if_nametoindex(req->or_name) != 0)
		os->os_flags |= OPENS_EXISTED;
	if ((error = tap_queues_wait(req, os, fds)) != 0) {
		tap_fail(os, req->or_name, error);
		goto fail;
	}
	/* Before offloads change, so that os_flags say what was found. */
	if ((error = tap_configure(sock, req, os)) != 0)
		goto fail;
	if ((error = tap_offload(req, os, fds[0])) != 0) {
		tap_fail(os, req->or_name, error);
		goto fail;
	}
	os->os_nrxq = os->os_ntxq = os->os_nfds;
	close(sock);
	return 0;
fail:
	tap_detach(os, fds);
	close(sock);
	return error;
}
