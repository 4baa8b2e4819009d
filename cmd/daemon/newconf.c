/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the configuration again, in the parent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/control.h"
#include "newconf.h"

int
newconf_send(int sock, const struct newconf_msg *nm, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)nm, sizeof(*nm) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;

	if (fd >= 0) {
		mh.msg_control = control.buf;
		mh.msg_controllen = sizeof(control.buf);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(int));
	}
	return sendmsg(sock, &mh, MSG_NOSIGNAL) < 0 ? errno : 0;
}

int
newconf_receive(int sock, struct newconf_msg *nm, int *fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { nm, sizeof(*nm) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	const struct cmsghdr *cm;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if ((cm = CMSG_FIRSTHDR(&mh)) != NULL &&
	    cm->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cm), sizeof(int));
	if (n == (ssize_t)sizeof(*nm))
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return n == 0 ? EPIPE : EPROTO;
}

/* Files as they are read: path, length and text of each, to a stream. */
static int
newconf_record(void *arg, const char *path, char **text, size_t *len)
{
	FILE *f = arg;
	uint64_t n;
	int error;

	if ((error = conf_read_file(NULL, path, text, len)) != 0)
		return error;
	n = *len;
	fwrite(path, strlen(path) + 1, 1, f);
	fwrite(&n, sizeof(n), 1, f);
	fwrite(*text, 1, *len, f);
	return 0;
}

/* Read and check, and put into f what the child needs to know of it. */
static enum newconf_kind
newconf_read(struct newconf *nc, FILE *f)
{
	struct conf_env env = control_conf_env;
	struct conf_errors errs;
	enum newconf_kind kind = NEWCONF_FILES;

	conf_free(nc->nc_next);
	env.ce_read = newconf_record;
	env.ce_arg = f;
	if (conf_load(nc->nc_path, &env, &nc->nc_next, &errs) != 0) {
		kind = NEWCONF_ERRORS;
		rewind(f);
		if (ftruncate(fileno(f), 0) == 0)
			conf_errors_print(&errs, f);
	}
	conf_errors_free(&errs);
	return kind;
}

static int
newconf_answer(struct newconf *nc)
{
	struct newconf_msg nm = { .nm_kind = NEWCONF_FAILED };
	int fd = memfd_create("spate configuration", MFD_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;
	int error;

	if (f == NULL) {
		nm.nm_error = (uint32_t)errno;
		if (fd >= 0)
			close(fd);
		return newconf_send(nc->nc_sock, &nm, -1);
	}
	nm.nm_kind = newconf_read(nc, f);
	if (fflush(f) == 0) {
		nm.nm_size = (uint64_t)ftell(f);
		rewind(f);
		error = newconf_send(nc->nc_sock, &nm, fd);
	} else {
		nm.nm_kind = NEWCONF_FAILED;
		nm.nm_error = (uint32_t)errno;
		error = newconf_send(nc->nc_sock, &nm, -1);
	}
	fclose(f);
	return error;
}

int
newconf_serve(struct newconf *nc)
{
	struct newconf_msg nm;
	int error, fd;

	if ((error = newconf_receive(nc->nc_sock, &nm, &fd)) != 0)
		return error;
	if (fd >= 0)
		close(fd);
	switch (nm.nm_kind) {
	case NEWCONF_FETCH:
		return newconf_answer(nc);
	case NEWCONF_KEEPNEW:
		if (nc->nc_next != NULL) {
			conf_free(nc->nc_conf);
			nc->nc_conf = nc->nc_next;
			nc->nc_next = NULL;
		}
		return 0;
	case NEWCONF_KEEPOLD:
		conf_free(nc->nc_next);
		nc->nc_next = NULL;
		return 0;
	}
	return EPROTO;
}

void
newconf_signal(const struct newconf *nc)
{
	struct newconf_msg nm = { .nm_kind = NEWCONF_SIGNAL };

	if (nc->nc_sock >= 0)
		(void)newconf_send(nc->nc_sock, &nm, -1);
}

void
newconf_fini(struct newconf *nc)
{
	conf_free(nc->nc_conf);
	conf_free(nc->nc_next);
}
