/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening AF_XDP: a socket for every receive queue of an interface, all on one
 * packet memory, and the program that fills them.
 *
 * Every queue gets a socket, however few CPUs there are: packets of a queue
 * without one go to the kernel, and a program cannot send them to the socket
 * of another queue.
 *
 * The interface has a umem object of its own over the memory that all share,
 * so that interfaces come and go independently; its first socket registers it,
 * the others share it with fill and completion rings of their own.
 *
 * Frames that do not fit a buffer come in pieces (XDP_USE_SG, Linux 6.6), both
 * if the sockets and if the program can.  A driver that sends without copying
 * may know only whole frames: then it copies if the MTU asks for it, and large
 * frames are lost if it does not.
 *
 * The program is attached last, by a link: it and its map live as long as the
 * link's descriptor.
 */
/* Before the kernel's headers, which know how to live with it. */
#include <net/if.h>

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_btf.h"
#include "dev/open_int.h"
#include "dev/open_irq.h"
#include "dev/xdp_prog.h"

#define XDP_CHUNK 2048

/* Newer than some distributions' headers. */
#define OPEN_XDP_USE_SG	   (1u << 4)
#define OPEN_XDP_HAS_FRAGS (1u << 5)
#define OPEN_XDP_DEV_BOUND (1u << 6)
#define OPEN_XDP_TX_BUDGET 9 /* XDP_MAX_TX_SKB_BUDGET, Linux 6.17 */

/*
 * A queue stays busy for about half a second after its last user closed it,
 * until the kernel has freed what hung on the socket.
 */
#define BIND_TRIES    120
#define BIND_PAUSE_NS 10000000

static int
bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int
setopt(int fd, int opt, const void *p, size_t size)
{
	return setsockopt(fd, SOL_XDP, opt, p, (socklen_t)size) != 0 ? errno :
	    0;
}

static int
xdp_fail(struct open_res *os, const char *name, const char *what, int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return open_fail(os, error, "%s: %s: no permission (needs "
		    "CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF; CAP_IPC_LOCK)", name,
		    what);
	case ENOBUFS:
		return open_fail(os, error, "%s: %s: packet memory may not be "
		    "locked: needs CAP_IPC_LOCK, or a higher \"ulimit -l\"",
		    name, what);
	case EBUSY:
		return open_fail(os, error, "%s: %s: another program uses it "
		    "(\"ip link show %s\" names an XDP program; "
		    "\"ip link set %s xdp off\" removes it)",
		    name, what, name, name);
	case EAFNOSUPPORT:
		return open_fail(os, error, "%s: this kernel has no AF_XDP",
		    name);
	default:
		return open_fail(os, error, "%s: %s: %s", name, what,
		    strerror(error));
	}
}

/*
 * Register the memory with the socket.  It is mapped only for the call: the
 * kernel keeps the pages.
 */
static int
xdp_umem(int fd, int memfd, uint64_t size)
{
	struct xdp_umem_reg reg = { .len = size, .chunk_size = XDP_CHUNK };
	struct stat st;
	void *p;
	int error;

	if (memfd < 0 || fstat(memfd, &st) != 0)
		return EBADF;
	if (st.st_size < 0 || (uint64_t)st.st_size < size)
		return EINVAL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (p == MAP_FAILED)
		return errno;
	reg.addr = (uintptr_t)p;
	error = setopt(fd, XDP_UMEM_REG, &reg, sizeof(reg));
	munmap(p, size);
	return error;
}

/*
 * Also asks for more than 32 frames to be copied in a call; an older kernel
 * will want more calls.
 */
static int
xdp_rings(int fd)
{
	static const int budget = XDP_TX_CALL;
	static const struct {
		int opt;
		int entries;
	} rings[] = {
		{ XDP_UMEM_FILL_RING, XDP_FILL_ENTRIES },
		{ XDP_UMEM_COMPLETION_RING, XDP_DONE_ENTRIES },
		{ XDP_RX_RING, XDP_RX_ENTRIES },
		{ XDP_TX_RING, XDP_TX_ENTRIES },
	};
	unsigned i;
	int error = 0;

	for (i = 0; i < countof(rings) && error == 0; i++)
		error = setopt(fd, rings[i].opt, &rings[i].entries,
		    sizeof(rings[i].entries));
	if (error == 0)
		(void)setopt(fd, OPEN_XDP_TX_BUDGET, &budget, sizeof(budget));
	return error;
}

static int
xdp_bind(int fd, const struct sockaddr_xdp *sxdp)
{
	const struct timespec pause = { .tv_nsec = BIND_PAUSE_NS };
	unsigned tries;

	for (tries = 0; tries < BIND_TRIES; tries++) {
		if (bind(fd, (const void *)sxdp, sizeof(*sxdp)) == 0)
			return 0;
		if (errno != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	return errno;
}

/* A socket for each queue; how many are open is in os_nfds. */
static int
xdp_sockets_as(const struct open_req *req, int memfd, bool sg,
    struct open_res *os, int *fds)
{
	static const uint16_t mode[OPENM_N] = { [OPENM_COPY] = XDP_COPY,
		[OPENM_ZEROCOPY] = XDP_ZEROCOPY };
	struct sockaddr_xdp sxdp = { .sxdp_family = AF_XDP,
		.sxdp_flags = (uint16_t)(mode[req->or_mode] |
		    XDP_USE_NEED_WAKEUP | (sg ? OPEN_XDP_USE_SG : 0)),
		.sxdp_ifindex = os->os_ifindex };
	unsigned q;
	int error, fd;

	for (q = 0; q < os->os_nrxq; q++) {
		fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return xdp_fail(os, req->or_name, "socket", errno);
		fds[os->os_nfds++] = fd;
		if (q == 0 &&
		    (error = xdp_umem(fd, memfd, req->or_memsize)) != 0)
			return xdp_fail(os, req->or_name, "memory", error);
		if ((error = xdp_rings(fd)) != 0)
			return xdp_fail(os, req->or_name, "rings", error);
		sxdp.sxdp_queue_id = q;
		if ((error = xdp_bind(fd, &sxdp)) != 0)
			return xdp_fail(os, req->or_name, "bind", error);
		sxdp.sxdp_flags = XDP_SHARED_UMEM;
		sxdp.sxdp_shared_umem_fd = (uint32_t)fds[0];
	}
	return 0;
}

static bool
xdp_zerocopy(int fd)
{
	struct xdp_options opts;
	socklen_t size = sizeof(opts);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &opts, &size) == 0 &&
	    (opts.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

static void
xdp_close(struct open_res *os, const int *fds)
{
	while (os->os_nfds > 0)
		close(fds[--os->os_nfds]);
}

/* The MTU that was asked for cannot be. */
static int
xdp_no_pieces(const struct open_req *req, struct open_res *os)
{
	if (req->or_mode == OPENM_ZEROCOPY)
		return open_fail(os, EOPNOTSUPP, "%s: mtu is at most %u here: "
		    "without copying, driver %s takes no frames in pieces "
		    "(mode = copy)",
		    req->or_name, XDP_MTU_ONE, os->os_driver);
	return open_fail(os, EOPNOTSUPP,
	    "%s: mtu is at most %u here: this kernel "
	    "takes no frames in pieces (Linux 6.6 does)",
	    req->or_name, XDP_MTU_ONE);
}

/*
 * Frames in pieces if that costs nothing, or is needed; what the kernel said
 * to it is in os_pieces.
 */
static int
xdp_sockets(const struct open_req *req, int memfd, struct open_res *os,
    int *fds)
{
	unsigned mtu = req->or_mtu != 0 ? req->or_mtu : os->os_mtu;
	bool whole, zc = req->or_mode == OPENM_ZEROCOPY;
	struct link_xdp_caps lx;
	int error;

	link_xdp_caps(os->os_ifindex, &lx);
	/* Asked for pieces, it would copy, or refuse. */
	whole = req->or_mode != OPENM_COPY && lx.lx_segs <= 1 &&
	    (lx.lx_features & LINK_XDP_ZEROCOPY) != 0;
	if (!whole || (mtu > XDP_MTU_ONE && !zc)) {
		error = xdp_sockets_as(req, memfd, true, os, fds);
		if (error != EINVAL && error != EOPNOTSUPP) {
			os->os_pieces = error == 0 && xdp_zerocopy(fds[0]) ?
			    lx.lx_segs : XDP_PIECES;
			return error;
		}
		xdp_close(os, fds);
		os->os_error = 0;
		os->os_text[0] = '\0';
	}
	os->os_pieces = 1;
	error = xdp_sockets_as(req, memfd, false, os, fds);
	if (error == 0 && req->or_mtu > XDP_MTU_ONE)
		error = xdp_no_pieces(req, os);
	return error;
}

/* The map from queue to socket.  -1 and errno. */
static int
xdp_map(const int *socks, unsigned n)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(int),
		.max_entries = n,
		.map_name = "spate" };
	uint32_t q;
	int fd;

	if ((fd = bpf(BPF_MAP_CREATE, &attr)) < 0)
		return -1;
	for (q = 0; q < n; q++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (uint32_t)fd;
		attr.key = (uintptr_t)&q;
		attr.value = (uintptr_t)&socks[q];
		if (bpf(BPF_MAP_UPDATE_ELEM, &attr) != 0) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

/*
 * One that takes frames in pieces, if the kernel knows that.  tagfn: see
 * xdp_prog(); only a program for this device can call it.  -1 and errno.
 */
static int
xdp_load(int mapfd, int tagfn, uint32_t ifindex)
{
	struct bpf_insn insn[XDP_PROG_LEN];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP,
		.insn_cnt = xdp_prog(insn, mapfd, tagfn),
		.insns = (uintptr_t)insn,
		.license = (uintptr_t) "Dual BSD/GPL",
		.prog_name = "spate",
		.prog_flags = OPEN_XDP_HAS_FRAGS,
		.expected_attach_type = BPF_XDP };
	int fd;

	if (tagfn != 0) {
		attr.prog_flags |= OPEN_XDP_DEV_BOUND;
		attr.prog_ifindex = ifindex;
		return bpf(BPF_PROG_LOAD, &attr);
	}
	if ((fd = bpf(BPF_PROG_LOAD, &attr)) < 0 && errno == EINVAL) {
		attr.prog_flags = 0;
		fd = bpf(BPF_PROG_LOAD, &attr);
	}
	return fd;
}

/*
 * A veth's driver refuses while the other end could send to queues that are
 * not there, or frames that do not fit a page.  The generic way takes them
 * all, but loses large segments.
 */
static void
xdp_explain(struct open_res *os, int error)
{
	const char *peer = os->os_peer[0] != '\0' ? os->os_peer : "PEER";

	if (error == ENOSPC)
		snprintf(os->os_text, sizeof(os->os_text),
		    "the other end has more transmit queues than this one "
		    "receive queues: ethtool -L %s tx %u", peer, os->os_nrxq);
	else if (error == ERANGE)
		snprintf(os->os_text, sizeof(os->os_text),
		    "the MTU of the other end is too large: "
		    "ip link set %s mtu 1500", peer);
	else
		snprintf(os->os_text, sizeof(os->os_text), "driver %s: %s",
		    os->os_driver, strerror(error));
}

/*
 * In the driver if it can, else in the generic part of the kernel.  The
 * driver's refusal is what the user hears of if both fail.
 */
static int
xdp_attach(int progfd, struct open_res *os, bool native)
{
	union bpf_attr attr = { .link_create = { .prog_fd = (uint32_t)progfd,
				    .target_ifindex = os->os_ifindex,
				    .attach_type = BPF_XDP,
				    .flags = XDP_FLAGS_DRV_MODE } };
	int error, fd;

	if ((fd = bpf(BPF_LINK_CREATE, &attr)) >= 0) {
		os->os_flags |= OPENS_NATIVE;
		return fd;
	}
	error = errno;
	if (native || error == EBUSY || error == EPERM)
		return -1;
	attr.link_create.flags = XDP_FLAGS_SKB_MODE;
	if ((fd = bpf(BPF_LINK_CREATE, &attr)) < 0)
		errno = error;
	else
		xdp_explain(os, error);
	return fd;
}

/* One that puts VLAN tags back, in the driver; -1: it cannot. */
static int
xdp_attach_tagging(int mapfd, struct open_res *os)
{
	struct link_xdp_caps lx;
	struct open_res native = *os;
	int linkfd = -1, progfd = -1, tagfn;

	link_xdp_caps(os->os_ifindex, &lx);
	if ((lx.lx_metadata & LINK_XDP_VLAN_TAG) == 0 ||
	    (tagfn = btf_kernel_func("bpf_xdp_metadata_rx_vlan_tag")) == 0 ||
	    (progfd = xdp_load(mapfd, tagfn, os->os_ifindex)) < 0)
		return -1;
	if ((linkfd = xdp_attach(progfd, &native, true)) >= 0)
		os->os_flags |= OPENS_NATIVE | OPENS_TAGS;
	close(progfd);
	return linkfd;
}

/* One that does without.  -1 and errno. */
static int
xdp_attach_plain(const struct open_req *req, int mapfd, struct open_res *os)
{
	int error, linkfd, progfd = xdp_load(mapfd, 0, 0);

	if (progfd < 0)
		return -1;
	linkfd = xdp_attach(progfd, os, req->or_mode == OPENM_ZEROCOPY);
	error = errno;
	close(progfd);
	errno = error;
	return linkfd;
}

/* The link holds the program, the program the map. */
static int
xdp_program(const struct open_req *req, struct open_res *os, int *fds)
{
	int error, linkfd, mapfd = xdp_map(fds, os->os_nrxq);

	if (mapfd < 0)
		return xdp_fail(os, req->or_name, "XDP program", errno);
	if ((linkfd = xdp_attach_tagging(mapfd, os)) < 0)
		linkfd = xdp_attach_plain(req, mapfd, os);
	error = errno;
	close(mapfd);
	if (linkfd < 0)
		return xdp_fail(os, req->or_name, "XDP program", error);
	fds[os->os_nfds++] = linkfd;
	return 0;
}

/* Tags that the device takes off, and nobody puts back, are left on. */
static void
xdp_tags(const struct open_req *req, struct open_res *os)
{
	int sock;

	if ((os->os_flags & OPENS_TAGS) != 0 || link_socket(&sock) != 0)
		return;
	link_keep_tags(sock, req->or_name, os);
	close(sock);
}

/*
 * A card filters multicast by what the kernel has joined, which is not what
 * Spate listens to.  The membership ends with the socket, which receives
 * nothing itself.
 */
static int
xdp_multicast(const struct open_req *req, struct open_res *os, int *fds)
{
	struct packet_mreq mr = { .mr_ifindex = (int)os->os_ifindex,
		.mr_type = (req->or_flags & OPENF_PROMISC) != 0
		    ? PACKET_MR_PROMISC
		    : PACKET_MR_ALLMULTI };
	int fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return xdp_fail(os, req->or_name, "packet socket", errno);
	fds[os->os_nfds++] = fd;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
	    sizeof(mr)) != 0)
		return xdp_fail(os, req->or_name, "multicast", errno);
	return 0;
}

static int
xdp_prepare(const struct open_req *req, struct open_res *os)
{
	int error, sock;

	if ((error = link_socket(&sock)) != 0)
		return xdp_fail(os, req->or_name, "socket", error);
	if ((error = link_query(sock, req->or_name, os)) == 0)
		error = link_set_up(sock, req->or_name, true, os);
	if (error == 0 && os->os_nrxq <= OPEN_MAXQ)
		link_rss(sock, req, os);
	close(sock);
	if (error == 0 && os->os_nrxq > OPEN_MAXQ)
		return open_fail(os, E2BIG, "%s has %u receive queues, at most "
		    "%u can be served: ethtool -L %s combined %u",
		    req->or_name, os->os_nrxq, OPEN_MAXQ, req->or_name,
		    OPEN_MAXQ);
	os->os_ntxq = umin(os->os_ntxq, os->os_nrxq);
	return error;
}

int
open_xdp(const struct open_req *req, int memfd, struct open_res *os, int *fds)
{
	int error;

	if ((error = xdp_prepare(req, os)) == 0 &&
	    (error = xdp_sockets(req, memfd, os, fds)) == 0 &&
	    (error = xdp_program(req, os, fds)) == 0 &&
	    (error = xdp_multicast(req, os, fds)) == 0) {
		xdp_tags(req, os);
		/* Whether the kernel copies is its own choice in auto. */
		if (xdp_zerocopy(fds[0]))
			os->os_flags |= OPENS_ZEROCOPY;
		link_irqs(req->or_name, os->os_irq, os->os_nrxq);
		return 0;
	}
	xdp_close(os, fds);
	if ((os->os_flags & OPENS_RSS) != 0)
		link_rss_restore(req->or_name, &os->os_rssfound);
	return error;
}
