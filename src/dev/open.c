/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opener: checks requests, executes them here or has them executed by the
 * privileged parent.
 *
 * What needs which privilege (Linux 6.18; "caller" is whoever makes the call):
 *	TUNSETIFF			CAP_NET_ADMIN, or the tap's owner
 *	other tap ioctls		none, on an attached descriptor
 *	interface up, MTU		CAP_NET_ADMIN
 *	socket(AF_XDP), (AF_PACKET)	CAP_NET_RAW
 *	XDP_UMEM_REG			none, but it pins memory of the caller
 *					and charges RLIMIT_MEMLOCK, unless the
 *					caller has CAP_IPC_LOCK
 *	rings of a socket, bind()	none
 *	program, map, link		CAP_BPF + CAP_NET_ADMIN
 *	AF_PACKET's ring, membership	none
 *	SO_RCVBUFFORCE			CAP_NET_ADMIN
 *	mmap() of rings, poll, sendto,
 *	XDP_STATISTICS			none: descriptors are enough
 *	SIOCGIFFLAGS, SIOCGIFMTU	none
 * Packet memory must therefore be registered by the parent: it is a memfd,
 * which the parent maps for the time of the call.  The pages pinned are the
 * same, and descriptors count from the start of the memory, not from where
 * one or the other has mapped it.
 *
 * What the parent opens it hands over and closes: sockets, program and taps
 * live as long as the child does, and go with it, also after kill -9.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cpu/instance.h"
#include "dev/open_int.h"

#define OPEN_MTU_MIN 68	  /* RFC 791 */
#define OPEN_MTU_MAX 65521 /* a tap's, with a link header in 65,535 bytes */
#define OPEN_CHUNK   2048u

static int opener_local_open(const struct opener *, const struct open_req *,
    int memfd, struct open_res *, int *fds, unsigned maxfds);

const struct opener opener_local = { .op_open = opener_local_open };

const struct opener *
opener_of(const struct spate *sp)
{
	return sp->sp_env.env_opener != NULL ? sp->sp_env.env_opener :
	    &opener_local;
}

int
open_fail(struct open_res *os, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(os->os_text, sizeof(os->os_text), fmt, ap);
	va_end(ap);
	os->os_error = error;
	return error;
}

void
open_req_init(struct open_req *req, enum open_kind kind, const char *name)
{
	memset(req, 0, sizeof(*req));
	req->or_version = OPEN_VERSION;
	req->or_kind = (uint8_t)kind;
	/* A name too long is cut to one that open_req_check() refuses. */
	memcpy(req->or_name, name, szmin(strlen(name), OPEN_NAMELEN));
}

/*
 * A name the kernel would take, without "%", which asks it to choose one, and
 * without ":", an alias.
 */
static bool
name_ok(const char name[static OPEN_NAMELEN])
{
	unsigned i, n = (unsigned)strnlen(name, OPEN_NAMELEN);

	if (n == 0 || n == OPEN_NAMELEN || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' ||
		    strchr("/%:", name[i]) != NULL)
			return false;
	for (; i < OPEN_NAMELEN; i++)
		if (name[i] != '\0')
			return false;
	return true;
}

/* Only memif has one: from the root, or an abstract name. */
static bool
path_ok(const struct open_req *req)
{
	unsigned i, n = (unsigned)strnlen(req->or_path, OPEN_PATHLEN);

	if (open_kind_memif(req->or_kind) ? n < 2 || n == OPEN_PATHLEN ||
	    (req->or_path[0] != '/' && req->or_path[0] != '@') : n != 0)
		return false;
	for (i = n; i < OPEN_PATHLEN; i++)
		if (req->or_path[i] != '\0')
			return false;
	return true;
}

static const char *
req_mistake(const struct open_req *req)
{
	bool some = req->or_kind == OPEN_TAP || req->or_kind == OPEN_PACKET;
	bool xdp = req->or_kind == OPEN_XDP;

	if (req->or_version != OPEN_VERSION)
		return "version";
	if (req->or_kind < OPEN_QUERY || req->or_kind > OPEN_MEMIF_REMOVE)
		return "kind";
	if (!path_ok(req))
		return "path";
	if (req->or_mode >= OPENM_N || (!xdp && req->or_mode != OPENM_AUTO))
		return "mode";
	if ((req->or_flags & ~OPENF_ALL) != 0)
		return "flags";
	if (some ? req->or_queues == 0 || req->or_queues > OPEN_MAXQ :
	    req->or_queues != 0)
		return "number of queues";
	if (req->or_mtu != 0 &&
	    (req->or_mtu < OPEN_MTU_MIN || req->or_mtu > OPEN_MTU_MAX))
		return "MTU";
	if (!hwrss_sound(&req->or_rss))
		return "indirection table";
	if (xdp ? req->or_memsize == 0 || req->or_memsize % OPEN_CHUNK != 0 :
	    req->or_memsize != 0)
		return "memory size";
	return NULL;
}

int
open_req_check(const struct open_req *req, char *err, size_t errlen)
{
	const char *what;

	if (!name_ok(req->or_name)) {
		snprintf(err, errlen,
		    "a device name is 1 to %d characters without blanks, "
		    "\"/\", \"%%\" and \":\"", OPEN_NAMELEN - 1);
		return EINVAL;
	}
	if ((what = req_mistake(req)) != NULL) {
		snprintf(err, errlen, "%s: request with a bad %s",
		    req->or_name, what);
		return EINVAL;
	}
	return 0;
}

static int
open_query(const struct open_req *req, struct open_res *os)
{
	int error, fd;

	if ((error = link_socket(&fd)) != 0)
		return open_fail(os, error, "socket: %s", strerror(error));
	error = link_query(fd, req->or_name, os);
	close(fd);
	return error;
}

static int
open_restore(const struct open_req *req, struct open_res *os)
{
	int error, fd;

	if ((error = link_socket(&fd)) != 0)
		return open_fail(os, error, "socket: %s", strerror(error));
	if (req->or_mtu != 0)
		error = link_set_mtu(fd, req->or_name, req->or_mtu, os);
	if (error == 0 && (req->or_flags & OPENF_RXVLAN) != 0)
		error = link_take_tags(fd, req->or_name, os);
	if ((req->or_flags & OPENF_RSS) != 0)
		link_rss_restore(req->or_name, &req->or_rss);
	if (error == 0 && (req->or_flags & OPENF_DOWN) != 0)
		error = link_set_up(fd, req->or_name, false, os);
	close(fd);
	return error;
}

static int
opener_local_open(const struct opener *op, const struct open_req *req,
    int memfd, struct open_res *os, int *fds, unsigned maxfds)
{
	int error;

	(void)op;
	memset(os, 0, sizeof(*os));
	error = open_req_check(req, os->os_text, sizeof(os->os_text));
	if (error != 0)
		return os->os_error = error;
	if (req->or_kind > OPEN_QUERY && req->or_kind < OPEN_RESTORE &&
	    maxfds < OPEN_MAXFDS)
		return open_fail(os, EINVAL, "no room for descriptors");
	switch (req->or_kind) {
	case OPEN_QUERY:
		return open_query(req, os);
	case OPEN_TAP:
		return open_tap(req, os, fds);
	case OPEN_XDP:
		return open_xdp(req, memfd, os, fds);
	case OPEN_PACKET:
		return open_packet(req, os, fds);
	case OPEN_MEMIF_LISTEN:
		return open_memif_listen(req, os, fds);
	case OPEN_MEMIF_CONNECT:
		return open_memif_connect(req, os, fds);
	case OPEN_RESTORE:
		return open_restore(req, os);
	case OPEN_MEMIF_REMOVE:
		return open_memif_remove(req, os);
	}
	return EINVAL;
}

/* Room for a control message with that many descriptors. */
union cmsg_fds {
	struct cmsghdr cf_hdr;
	char cf_buf[CMSG_SPACE(OPEN_MAXFDS * sizeof(int))];
};

/*
 * Whether to try once more.  The child's event loop has its end not block;
 * who asks waits all the same.
 */
static bool
sock_again(int sock, short events)
{
	struct pollfd pfd = { .fd = sock, .events = events };

	if (errno == EAGAIN)
		return poll(&pfd, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

/* One datagram with descriptors.  Errno value. */
static int
fds_send(int sock, const void *p, size_t size, const int *fds, unsigned nfds)
{
	struct iovec iov = { .iov_base = (void *)p, .iov_len = size };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union cmsg_fds cf = { .cf_buf = { 0 } };
	ssize_t n;

	if (nfds > 0) {
		mh.msg_control = cf.cf_buf;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cf.cf_hdr.cmsg_level = SOL_SOCKET;
		cf.cf_hdr.cmsg_type = SCM_RIGHTS;
		cf.cf_hdr.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&cf.cf_hdr), fds, nfds * sizeof(int));
	}
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n < 0 && sock_again(sock, POLLOUT));
	return n < 0 ? errno : 0;
}

/*
 * The other half.  A datagram of another size is EBADMSG; of more descriptors
 * than there is room for the rest is closed.  EPIPE at the end.
 */
static int
fds_recv(int sock, void *p, size_t size, int *fds, unsigned maxfds,
    unsigned *nfds)
{
	struct iovec iov = { .iov_base = p, .iov_len = size };
	union cmsg_fds cf;
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = cf.cf_buf,
		/* Not CMSG_SPACE, in which there is room for one more. */
		.msg_controllen = CMSG_LEN(maxfds * sizeof(int)) };
	struct cmsghdr *cm;
	ssize_t n;

	*nfds = 0;
	do
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	while (n < 0 && sock_again(sock, POLLIN));
	if (n < 0)
		return errno;
	cm = CMSG_FIRSTHDR(&mh);
	if (cm != NULL && cm->cmsg_level == SOL_SOCKET &&
	    cm->cmsg_type == SCM_RIGHTS) {
		*nfds = (unsigned)((cm->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(cm), *nfds * sizeof(int));
	}
	if (n == 0)
		return EPIPE;
	return (size_t)n == size && (mh.msg_flags & MSG_TRUNC) == 0 ? 0 :
	    EBADMSG;
}

static void
fds_close(const int *fds, unsigned n)
{
	while (n > 0)
		close(fds[--n]);
}

static int
opener_remote_open(const struct opener *op, const struct open_req *req,
    int memfd, struct open_res *os, int *fds, unsigned maxfds)
{
	const struct opener_remote *orm =
	    container_of(op, struct opener_remote, orm_opener);
	unsigned nfds = 0;
	int error;

	error = fds_send(orm->orm_fd, req, sizeof(*req), &memfd, memfd >= 0);
	if (error == 0)
		error = fds_recv(orm->orm_fd, os, sizeof(*os), fds,
		    umin(maxfds, OPEN_MAXFDS), &nfds);
	os->os_nfds = nfds;
	if (error != 0) {
		fds_close(fds, nfds);
		memset(os, 0, sizeof(*os));
		return open_fail(os, error,
		    "%s: the privileged process does not answer: %s",
		    req->or_name, strerror(error));
	}
	return os->os_error;
}

void
opener_remote_init(struct opener_remote *orm, int fd)
{
	orm->orm_opener.op_open = opener_remote_open;
	orm->orm_fd = fd;
}

int
opener_serve(int fd, open_policy_fn *policy, void *arg)
{
	struct open_req req;
	struct open_res os = { 0 };
	int error, memfd = -1, fds[OPEN_MAXFDS];
	unsigned nmem;

	error = fds_recv(fd, &req, sizeof(req), &memfd, 1, &nmem);
	if (error != 0 && error != EBADMSG)
		return error;
	if (error != 0)
		open_fail(&os, error, "malformed request");
	else if ((error = open_req_check(&req, os.os_text,
	    sizeof(os.os_text))) != 0 || (error = policy(arg, &req,
	    os.os_text, sizeof(os.os_text))) != 0)
		os.os_error = error;
	else
		opener_local.op_open(&opener_local, &req, memfd, &os, fds,
		    countof(fds));
	fds_close(&memfd, nmem);
	error = fds_send(fd, &os, sizeof(os), fds, os.os_nfds);
	fds_close(fds, os.os_nfds);
	return error;
}
