/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A control connection of memif.
 *
 * The server begins with HELLO, which says what it takes.  The client answers
 * with INIT, then tells of each region, each ring, and CONNECT; the server
 * acknowledges each, and CONNECT by CONNECTED.  From then on nothing is said
 * but DISCONNECT, and the end of the connection says the same.
 *
 * Everything runs on ctl, which looks now and then; nothing here blocks.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev/memif_int.h"

#define UP_NS	 (5 * NS_S) /* to get up in */
#define MESSAGES 64u /* looked at in a step */

/* Room for one descriptor. */
union cmsg_fd {
	struct cmsghdr cf_hdr;
	char cf_buf[CMSG_SPACE(sizeof(int))];
};

struct memif_conn *
memif_conn_create(int fd, enum memif_state state)
{
	struct memif_conn *mc;

	if ((mc = calloc(1, sizeof(*mc))) == NULL)
		return NULL;
	mc->mc_fd = fd;
	mc->mc_msgfd = -1;
	mc->mc_state = state;
	return mc;
}

void
memif_conn_end(struct memif_conn *mc, const char *fmt, ...)
{
	va_list ap;

	if (mc->mc_why[0] != '\0')
		return; /* the first reason is the one */
	va_start(ap, fmt);
	vsnprintf(mc->mc_why, sizeof(mc->mc_why), fmt, ap);
	va_end(ap);
}

int
memif_conn_send(const struct memif_conn *mc, const struct memif_msg *mm,
    int fd)
{
	uint8_t buf[MEMIF_MSGLEN];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union cmsg_fd cf = { .cf_buf = { 0 } };

	memif_msg_write(buf, mm);
	if (fd >= 0) {
		mh.msg_control = cf.cf_buf;
		mh.msg_controllen = sizeof(cf.cf_buf);
		cf.cf_hdr.cmsg_level = SOL_SOCKET;
		cf.cf_hdr.cmsg_type = SCM_RIGHTS;
		cf.cf_hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&cf.cf_hdr), &fd, sizeof(fd));
	}
	if (sendmsg(mc->mc_fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno;
	return 0;
}

void
memif_conn_destroy(struct memif_conn *mc)
{
	struct memif_msg mm = { .mm_type = MEMIF_DISCONNECT, .mm_code = 1 };

	if (mc->mc_why[0] != '\0' && !mc->mc_theirs) {
		snprintf(mm.mm_text, sizeof(mm.mm_text), "%.*s",
		    (int)MEMIF_TEXTLEN, mc->mc_why);
		(void)memif_conn_send(mc, &mm, -1);
	}
	if (mc->mc_msgfd >= 0)
		close(mc->mc_msgfd);
	if (mc->mc_link != NULL)
		memif_link_free(mc->mc_link);
	close(mc->mc_fd);
	free(mc);
}

static void
conn_hangup(struct memif_conn *mc, int error)
{
	mc->mc_theirs = true;
	if (error == 0 || error == ECONNRESET || error == EPIPE)
		memif_conn_end(mc, "the peer hung up");
	else
		memif_conn_end(mc, "the connection failed: %s",
		    strerror(error));
}

/* The descriptor that came with a message, if one did. */
static int
conn_fd(struct msghdr *mh)
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(mh);
	int fd = -1;

	if (cm != NULL && cm->cmsg_level == SOL_SOCKET &&
	    cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	return fd;
}

/* The next message to mc_msg.  false: there is none, or it is the end. */
static bool
conn_recv(struct memif_conn *mc)
{
	uint8_t buf[MEMIF_MSGLEN + 1];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	union cmsg_fd cf;
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = cf.cf_buf,
		/* Not CMSG_SPACE, in which there is room for one more. */
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	const char *mistake;
	ssize_t n;

	do
		n = recvmsg(mc->mc_fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		conn_hangup(mc, n < 0 ? errno : 0);
		return false;
	}
	mc->mc_msgfd = conn_fd(&mh);
	if ((mh.msg_flags & MSG_CTRUNC) != 0)
		mistake = "a message with more than one descriptor";
	else
		mistake = memif_msg_parse(buf, (size_t)n, &mc->mc_msg);
	if (mistake == NULL)
		return true;
	memif_conn_end(mc, "the peer sent %s", mistake);
	if (mc->mc_sc != NULL)
		mc->mc_sc->ms_bad++;
	return false;
}

static bool
state_is_client(enum memif_state state)
{
	return state == MEMIFS_HELLO || state == MEMIFS_ACK ||
	    state == MEMIFS_CONNECTED;
}

static void ON_CTL
conn_input(struct ctl *ctl, struct memif_conn *mc)
{
	const struct memif_msg *mm = &mc->mc_msg;

	mc->mc_held = false;
	if (mm->mm_type == MEMIF_DISCONNECT) {
		mc->mc_theirs = true;
		memif_conn_end(mc, "the peer disconnects: %s (%u)",
		    mm->mm_text[0] != '\0' ? mm->mm_text : "no reason given",
		    mm->mm_code);
	} else if (mc->mc_state == MEMIFS_UP) {
		memif_conn_end(mc, "the peer sent %s when connected",
		    memif_msg_name(mm->mm_type));
	} else if (state_is_client(mc->mc_state)) {
		memif_client_input(ctl, mc);
	} else {
		memif_server_input(ctl, mc);
	}
	if (!mc->mc_held && mc->mc_msgfd >= 0) {
		close(mc->mc_msgfd);
		mc->mc_msgfd = -1;
	}
}

void
memif_conn_step(struct ctl *ctl, struct memif_conn *mc)
{
	unsigned left = MESSAGES;

	if (mc->mc_until == 0)
		mc->mc_until = ctl->ctl_now + UP_NS;
	while (left-- > 0 && mc->mc_why[0] == '\0' &&
	    (mc->mc_held || conn_recv(mc))) {
		conn_input(ctl, mc);
		if (mc->mc_held)
			break;
	}
	if (mc->mc_state != MEMIFS_UP && ctl->ctl_now >= mc->mc_until)
		memif_conn_end(mc, "the peer is silent: it was not connected "
		    "within 5 s");
}
