/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening AF_PACKET: a socket with a receive ring for every queue, one to send
 * by way of the queueing discipline, and the program that mutes the kernel.
 *
 * Frames come past AF_PACKET's sockets first, then past the programs of TCX,
 * and only then to bridges, bonds and protocols.  Our program drops them
 * there, and is the first of its kind: what Spate has is nobody else's.  It is
 * attached by a link, which lives as long as its descriptor.
 *
 * The order: sockets that drop everything (a filter), the program, sockets
 * without the filter.  So no frame is handled twice, by the kernel and by
 * Spate, or by two sockets.
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_int.h"
#include "dev/open_irq.h"
#include "dev/packet_ring.h"

/* Newer than the distribution's headers. */
#define PACKET_ATTACH_TCX      46 /* BPF_TCX_INGRESS */
#define PACKET_ATTACH_FIRST    (1u << 3) /* BPF_F_BEFORE, of all */
#define PACKET_TCX_DROP	       2
#define PACKET_TCX_MOST	       64 /* programs of an interface */
#define PACKET_FANOUT_INCOMING 0x4000 /* PACKET_FANOUT_FLAG_IGNORE_OUTGOING */

#define MUTE_NAME "spate_mute"

/* A daemon that was killed a moment ago may still be leaving. */
#define BUSY_TRIES    50
#define BUSY_PAUSE_NS 10000000

#define PACKET_RCVBUF (16 << 20) /* for large frames beside the ring */
#define PACKET_SNDBUF (4 << 20)

static int
packet_fail(struct open_res *os, const char *name, const char *what, int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return open_fail(os, error, "%s: %s: no permission (needs "
		    "CAP_NET_RAW and CAP_NET_ADMIN)", name, what);
	case EAFNOSUPPORT:
		return open_fail(os, error, "%s: this kernel has no AF_PACKET",
		    name);
	case ENOMEM:
		return open_fail(os, error, "%s: %s: no memory for %u KiB a "
		    "queue: fewer queues", name, what,
		    (unsigned)(PACKET_RING / 1024));
	case ENETDOWN:
	case ENXIO:
		return open_fail(os, error, "%s: it went away while it was "
		    "opened", name);
	default:
		return open_fail(os, error, "%s: %s: %s", name, what,
		    strerror(error));
	}
}

/* It hears nothing, so it is in nobody's way: no claim, no mute, no ring. */
static bool
packet_sends_only(const struct open_req *req)
{
	return (req->or_flags & OPENF_NORX) != 0;
}

static int
packet_opt(int fd, int opt, int value)
{
	return setsockopt(fd, SOL_PACKET, opt, &value, sizeof(value)) != 0
	    ? errno : 0;
}

/* Above the system's limits if that is allowed. */
static void
packet_buffers(int fd)
{
	static const int rcv = PACKET_RCVBUF, snd = PACKET_SNDBUF;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcv, sizeof(rcv)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcv, sizeof(rcv));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &snd, sizeof(snd)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &snd, sizeof(snd));
}

/* From here on the socket takes no frame. */
static int
packet_deaf(int fd)
{
	struct sock_filter drop = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) != 0 ? errno : 0;
}

static int
packet_ring(int fd)
{
	struct tpacket_req ring = { .tp_block_size = PACKET_BLOCK,
		.tp_block_nr = PACKET_RING / PACKET_BLOCK,
		.tp_frame_size = PACKET_SLOT,
		.tp_frame_nr = PACKET_SLOTS };
	int error;

	if ((error = packet_opt(fd, PACKET_VERSION, TPACKET_V2)) != 0 ||
	    (error = packet_opt(fd, PACKET_COPY_THRESH, 1)) != 0)
		return error;
	return setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring,
	    sizeof(ring)) != 0 ? errno : 0;
}

static int
packet_bind(int fd, const struct open_res *os, uint16_t proto)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = (int)os->os_ifindex };

	return bind(fd, (void *)&sll, sizeof(sll)) != 0 ? errno : 0;
}

/*
 * Make the socket one of a group that shares the interface's frames.  The
 * group's number is chosen by the kernel, for the first one.
 */
static int
packet_fanout(int fd, int first, const struct open_res *os)
{
	int how = (os->os_flags & OPENS_DEVQ) != 0 ? PACKET_FANOUT_QM :
	    PACKET_FANOUT_HASH;
	int error, arg = 0, flags = PACKET_FANOUT_INCOMING;
	socklen_t size = sizeof(arg);

	if (fd == first)
		flags |= PACKET_FANOUT_FLAG_UNIQUEID;
	else if (getsockopt(first, SOL_PACKET, PACKET_FANOUT, &arg, &size) !=
	    0)
		return errno;
	arg &= UINT16_MAX;
	error = packet_opt(fd, PACKET_FANOUT, (int)((unsigned)arg |
	    (unsigned)(how | flags) << 16));
	/* Older than the flag: what is sent is told apart when it is read. */
	if (error == EINVAL)
		error = packet_opt(fd, PACKET_FANOUT,
		    (int)((unsigned)arg |
			(unsigned)(how | (flags & ~PACKET_FANOUT_INCOMING))
			    << 16));
	return error;
}

/* A socket of one queue, complete but for its filter, which drops all. */
static int
packet_queue(const struct open_req *req, struct open_res *os, int *fds,
    unsigned q)
{
	int error, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return packet_fail(os, req->or_name, "socket", errno);
	fds[os->os_nfds++] = fd;
	packet_buffers(fd);
	if ((error = packet_opt(fd, PACKET_VNET_HDR, 1)) != 0)
		return packet_fail(os, req->or_name, "virtio header", error);
	if ((os->os_flags & OPENS_BYPASS) != 0 &&
	    (error = packet_opt(fd, PACKET_QDISC_BYPASS, 1)) != 0)
		return packet_fail(os, req->or_name, "transmit queue", error);
	if (packet_sends_only(req)) {
		if ((error = packet_bind(fd, os, 0)) != 0)
			return packet_fail(os, req->or_name, "bind", error);
		return 0;
	}
	if ((error = packet_ring(fd)) != 0)
		return packet_fail(os, req->or_name, "receive ring", error);
	if ((error = packet_deaf(fd)) != 0)
		return packet_fail(os, req->or_name, "filter", error);
	/* Older than Linux 4.20: told apart when it is read. */
	(void)packet_opt(fd, PACKET_IGNORE_OUTGOING, 1);
	if ((error = packet_bind(fd, os, ETH_P_ALL)) != 0)
		return packet_fail(os, req->or_name, "bind", error);
	if (req->or_queues > 1 &&
	    (error = packet_fanout(fd, fds[0], os)) != 0)
		return packet_fail(os, req->or_name, q == 0
		    ? "sharing frames among queues"
		    : "joining the other queues", error);
	return 0;
}

/*
 * The socket for frames that the kernel must finish; it receives nothing.  It
 * holds the membership that has the card deliver frames to any address: what
 * the card filters by is not what Spate listens to (multicast, VLANs).
 */
static int
packet_slow(const struct open_req *req, struct open_res *os, int *fds)
{
	struct packet_mreq mr = { .mr_ifindex = (int)os->os_ifindex,
		.mr_type = PACKET_MR_PROMISC };
	int error, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return packet_fail(os, req->or_name, "socket", errno);
	fds[os->os_nfds++] = fd;
	packet_buffers(fd);
	if ((error = packet_opt(fd, PACKET_VNET_HDR, 1)) != 0)
		return packet_fail(os, req->or_name, "virtio header", error);
	if ((error = packet_bind(fd, os, 0)) != 0)
		return packet_fail(os, req->or_name, "bind", error);
	if (!packet_sends_only(req) &&
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
		sizeof(mr)) != 0)
		return packet_fail(os, req->or_name, "promiscuous", errno);
	return 0;
}

/*
 * A name in the namespace of the interface, which only one can have and which
 * goes with its process.  Whoever else is here may be about to leave.
 */
static int
packet_claim(const struct open_req *req, struct open_res *os, int *fds)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned tries;
	socklen_t len;

	if (fd < 0)
		return packet_fail(os, req->or_name, "claim", errno);
	fds[os->os_nfds++] = fd;
	if (packet_sends_only(req))
		return 0;
	len = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
	    (socklen_t)snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
		"spate-packet-%u", os->os_ifindex);
	for (tries = 0; bind(fd, (void *)&sun, len) != 0; tries++) {
		if (errno != EADDRINUSE)
			return packet_fail(os, req->or_name, "claim", errno);
		if (tries == BUSY_TRIES) {
			os->os_flags |= OPENS_SHARED;
			break;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int
bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* A program that drops.  -1 and errno. */
static int
mute_load(void)
{
	const struct bpf_insn insn[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		    .dst_reg = BPF_REG_0,
		    .imm = PACKET_TCX_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insn_cnt = countof(insn),
		.insns = (uintptr_t)insn,
		.license = (uintptr_t) "Dual BSD/GPL",
		.prog_name = MUTE_NAME };

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Whether the program of this number mutes, if that may be asked. */
static bool
mute_is(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .prog_id = id };
	int error, fd;

	if ((fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr)) < 0)
		return false;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	error = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	return error == 0 &&
	    strncmp(info.name, MUTE_NAME, sizeof(info.name)) == 0;
}

/* Whether some Spate serves the interface already: two would both answer. */
static bool
mute_there(uint32_t ifindex)
{
	uint32_t i, ids[PACKET_TCX_MOST] = { 0 };
	union bpf_attr attr = { .query = { .target_fd = ifindex,
				    .attach_type = PACKET_ATTACH_TCX,
				    .prog_ids = (uintptr_t)ids,
				    .prog_cnt = countof(ids) } };

	if (bpf(BPF_PROG_QUERY, &attr) != 0)
		return false;
	for (i = 0; i < umin(attr.query.prog_cnt, countof(ids)); i++)
		if (mute_is(ids[i]))
			return true;
	return false;
}

static bool
mute_wait(uint32_t ifindex)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	unsigned tries;

	for (tries = 0; tries < BUSY_TRIES && mute_there(ifindex); tries++)
		nanosleep(&pause, NULL);
	return tries < BUSY_TRIES;
}

/* The link, which holds the program.  -1 and errno. */
static int
mute_attach(uint32_t ifindex)
{
	union bpf_attr attr;
	int error, fd, prog = mute_load();

	if (prog < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog;
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = PACKET_ATTACH_TCX;
	attr.link_create.flags = PACKET_ATTACH_FIRST;
	fd = bpf(BPF_LINK_CREATE, &attr);
	error = errno;
	close(prog);
	errno = error;
	return fd;
}

static int
packet_mute(const struct open_req *req, struct open_res *os, int *fds)
{
	const char *name = req->or_name;
	int fd;

	if ((req->or_flags & OPENF_NOMUTE) != 0 || packet_sends_only(req))
		return 0;
	if ((fd = mute_attach(os->os_ifindex)) >= 0) {
		fds[os->os_nfds++] = fd;
		os->os_flags |= OPENS_MUTED;
		return 0;
	}
	return open_fail(os, errno, "%s: cannot mute the kernel's stack (%s); "
	    "needs Linux 6.6 and CAP_BPF, or no addresses of the kernel there "
	    "and mute = no",
	    name, errno == EINVAL ? "this kernel has no TCX" : strerror(errno));
}

/* The frames are Spate's from here on. */
static int
packet_listen(const struct open_req *req, struct open_res *os, const int *fds)
{
	unsigned q;
	int unused = 0;

	for (q = 0; !packet_sends_only(req) && q < req->or_queues; q++)
		if (setsockopt(fds[q], SOL_SOCKET, SO_DETACH_FILTER, &unused,
			sizeof(unused)) != 0)
			return packet_fail(os, req->or_name, "filter", errno);
	return 0;
}

/* Segments of UDP came to the virtio header with Linux 6.2. */
static bool
packet_has_uso(void)
{
	unsigned major = 0, minor = 0;
	struct utsname u;

	return uname(&u) == 0 &&
	    sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 2));
}

static int
packet_alone(const struct open_req *req, struct open_res *os)
{
	if (packet_sends_only(req) || mute_wait(os->os_ifindex))
		return 0;
	return open_fail(os, EBUSY, "%s: another Spate serves it "
	    "(\"bpftool net show\" names " MUTE_NAME ")", req->or_name);
}

static int
packet_prepare(const struct open_req *req, struct open_res *os)
{
	int error, sock;

	if ((error = link_socket(&sock)) != 0)
		return packet_fail(os, req->or_name, "socket", error);
	if ((error = link_query(sock, req->or_name, os)) == 0 &&
	    link_segments(sock, req->or_name))
		os->os_flags |= OPENS_BYPASS;
	if (error == 0)
		error = packet_alone(req, os);
	if (error == 0)
		error = link_set_up(sock, req->or_name, true, os);
	if (packet_has_uso())
		os->os_flags |= OPENS_USO;
	if (req->or_queues > 1 && os->os_nrxq >= req->or_queues &&
	    !packet_sends_only(req))
		os->os_flags |= OPENS_DEVQ;
	if (error == 0 && (os->os_flags & OPENS_DEVQ) != 0)
		link_rss(sock, req, os);
	close(sock);
	return error;
}

static int
packet_queues(const struct open_req *req, struct open_res *os, int *fds)
{
	unsigned q;
	int error = 0;

	for (q = 0; q < req->or_queues && error == 0; q++)
		error = packet_queue(req, os, fds, q);
	return error;
}

int
open_packet(const struct open_req *req, struct open_res *os, int *fds)
{
	int error;

	if ((error = packet_prepare(req, os)) == 0 &&
	    (error = packet_queues(req, os, fds)) == 0 &&
	    (error = packet_slow(req, os, fds)) == 0 &&
	    (error = packet_claim(req, os, fds)) == 0 &&
	    (error = packet_mute(req, os, fds)) == 0 &&
	    (error = packet_listen(req, os, fds)) == 0) {
		os->os_nrxq = os->os_ntxq = req->or_queues;
		if ((os->os_flags & OPENS_DEVQ) != 0)
			link_irqs(req->or_name, os->os_irq, os->os_nrxq);
		return 0;
	}
	while (os->os_nfds > 0)
		close(fds[--os->os_nfds]);
	if ((os->os_flags & OPENS_RSS) != 0)
		link_rss_restore(req->or_name, &os->os_rssfound);
	return error;
}
