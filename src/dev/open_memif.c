/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opener: sockets of memif, whose files only the privileged process can
 * reach.  A path that begins with "@" is a name in the abstract space, of
 * which there is no file.
 *
 * A server that was killed leaves its file behind.  Whether one that is there
 * is dead shows when one connects to it: nobody listens.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_int.h"

#define BACKLOG 16
#define MODE	0660 /* whoever may write to it can connect */

static socklen_t
memif_address(struct sockaddr_un *sun, const char *path)
{
	size_t n = strlen(path);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, n);
	if (path[0] != '@')
		return sizeof(*sun);
	sun->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

/* -1: os says why. */
static int
memif_socket(struct open_res *os)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd < 0)
		open_fail(os, errno, "memif: no socket: %s", strerror(errno));
	return fd;
}

/* Errno value of the attempt. */
static int
memif_probe(const char *path)
{
	struct sockaddr_un sun;
	socklen_t len = memif_address(&sun, path);
	int error = 0, fd;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&sun, len) != 0)
		error = errno;
	close(fd);
	return error;
}

/* Remove a socket that nobody listens on; other things stay. */
static int
memif_remove_dead(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno;
	if (!S_ISSOCK(st.st_mode))
		return EEXIST;
	if (memif_probe(path) != ECONNREFUSED)
		return EADDRINUSE;
	return unlink(path) == 0 ? 0 : errno;
}

static int
memif_listen_fail(struct open_res *os, const char *path, int error)
{
	switch (error) {
	case EADDRINUSE:
		return open_fail(os, error, "memif: somebody else listens on "
		    "%s", path);
	case EEXIST:
		return open_fail(os, error, "memif: %s is there already and "
		    "is no socket", path);
	default:
		return open_fail(os, error, "memif: cannot listen on %s: %s",
		    path, strerror(error));
	}
}

int
open_memif_listen(const struct open_req *req, struct open_res *os, int *fds)
{
	struct sockaddr_un sun;
	socklen_t len = memif_address(&sun, req->or_path);
	int error, fd;

	if ((fd = memif_socket(os)) < 0)
		return os->os_error;
	/* Of the file that bind() makes, less umask: nobody comes before. */
	(void)fchmod(fd, MODE);
	error = bind(fd, (struct sockaddr *)&sun, len) != 0 ? errno : 0;
	if (error == EADDRINUSE && req->or_path[0] != '@' &&
	    (error = memif_remove_dead(req->or_path)) == 0)
		error = bind(fd, (struct sockaddr *)&sun, len) != 0 ? errno : 0;
	if (error == 0 && req->or_path[0] != '@' &&
	    chmod(req->or_path, MODE) != 0)
		error = errno;
	if (error == 0 && listen(fd, BACKLOG) != 0)
		error = errno;
	if (error != 0) {
		close(fd);
		return memif_listen_fail(os, req->or_path, error);
	}
	fds[0] = fd;
	os->os_nfds = 1;
	return 0;
}

int
open_memif_connect(const struct open_req *req, struct open_res *os, int *fds)
{
	struct sockaddr_un sun;
	socklen_t len = memif_address(&sun, req->or_path);
	int error, fd;

	if ((fd = memif_socket(os)) < 0)
		return os->os_error;
	if (connect(fd, (struct sockaddr *)&sun, len) != 0) {
		error = errno;
		close(fd);
		return open_fail(os, error, "memif: cannot connect to %s: %s",
		    req->or_path, error == ECONNREFUSED || error == ENOENT ?
		    "no server there" : strerror(error));
	}
	fds[0] = fd;
	os->os_nfds = 1;
	return 0;
}

int
open_memif_remove(const struct open_req *req, struct open_res *os)
{
	int error = 0;

	if (req->or_path[0] != '@')
		error = memif_remove_dead(req->or_path);
	if (error == 0 || error == ENOENT)
		return 0;
	return open_fail(os, error, "memif: cannot remove %s: %s",
	    req->or_path, strerror(error));
}
