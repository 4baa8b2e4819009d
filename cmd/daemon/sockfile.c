/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket in the file system.
 *
 * A daemon that was killed leaves its socket behind.  Whether one that is
 * there is dead shows when one connects to it: nobody listens.
 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_int.h"

#define BACKLOG	 16
#define DYING_MS 200 /* a daemon that was killed may need to be gone */

static int
sockfile_fail(const char *what, const char *path)
{
	int error = errno;

	fprintf(stderr, "spate: control socket: cannot %s %s: %s%s\n", what,
	    path, strerror(error),
	    error == EACCES ? "; run as root, or choose another place: "
			      "control { socket = \"FILE\" }" : "");
	return -1;
}

/* The folder of the socket: made if missing, and then ours to remove. */
static int
sockfile_mkdir(struct sockfile *sf)
{
	const char *slash = strrchr(sf->sf_path, '/');
	char dir[PATH_MAX];

	sf->sf_newdir = false;
	if (slash == NULL || slash == sf->sf_path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - sf->sf_path),
	    sf->sf_path);
	if (mkdir(dir, 0755) == 0)
		sf->sf_newdir = true;
	else if (errno != EEXIST)
		return sockfile_fail("make", dir);
	return 0;
}

static void
sockfile_rmdir(const struct sockfile *sf)
{
	const char *slash = strrchr(sf->sf_path, '/');
	char dir[PATH_MAX];

	if (!sf->sf_newdir)
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - sf->sf_path),
	    sf->sf_path);
	rmdir(dir); /* others may have put something there: then it stays */
}

/*
 * 0 if nobody listens on a socket, EADDRINUSE if somebody does, or another
 * errno value.  A daemon that was killed a moment ago may not be quite dead:
 * it takes the connection, and then it goes.
 */
static int
sockfile_probe(const struct sockaddr_un *sun)
{
	struct pollfd pfd = { .events = POLLIN };
	int error = EADDRINUSE;

	pfd.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (pfd.fd < 0)
		return errno;
	if (connect(pfd.fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
		error = poll(&pfd, 1, DYING_MS) > 0 ? 0 : EADDRINUSE;
	else if (errno == ECONNREFUSED)
		error = 0;
	else if (errno != EAGAIN) /* more want to connect than it takes */
		error = errno;
	close(pfd.fd);
	return error;
}

/* Remove a socket that nobody listens on.  0 too if there is nothing. */
static int
sockfile_replace(const char *path, const struct sockaddr_un *sun)
{
	struct stat st;
	int error;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : sockfile_fail("look at", path);
	if (!S_ISSOCK(st.st_mode)) {
		fprintf(stderr,
		    "spate: control socket: %s is there already and is no "
		    "socket\n",
		    path);
		return -1;
	}
	if ((error = sockfile_probe(sun)) == EADDRINUSE) {
		fprintf(stderr,
		    "spate: a daemon is running already and answers at %s; "
		    "stop it, or choose another place: "
		    "control { socket = \"FILE\" }\n",
		    path);
		return -1;
	}
	if (error != 0) {
		errno = error;
		return sockfile_fail("reach", path);
	}
	return unlink(path) == 0 ? 0 : sockfile_fail("remove", path);
}

/* Who may connect, before anybody can. */
static int
sockfile_permit(const struct conf_control *co)
{
	const struct group *gr;

	if (co->co_group != NULL) {
		if ((gr = getgrnam(co->co_group)) == NULL) {
			fprintf(stderr, "spate: control socket: there is no "
			    "group \"%s\"\n", co->co_group);
			return -1;
		}
		if (chown(co->co_socket, (uid_t)-1, gr->gr_gid) != 0)
			return sockfile_fail("change the group of",
			    co->co_socket);
	}
	if (chmod(co->co_socket, (mode_t)co->co_mode) != 0)
		return sockfile_fail("set the mode of", co->co_socket);
	return 0;
}

static int
sockfile_bind(struct sockfile *sf, const struct conf_control *co,
    const struct sockaddr_un *sun, int fd)
{
	mode_t mask = umask(0777);
	struct stat st;
	int error;

	error = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(mask);
	if (error != 0)
		return sockfile_fail("make", sf->sf_path);
	if (stat(sf->sf_path, &st) != 0)
		return sockfile_fail("look at", sf->sf_path);
	sf->sf_dev = st.st_dev;
	sf->sf_ino = st.st_ino;
	if (sockfile_permit(co) != 0)
		return -1;
	return listen(fd, BACKLOG) == 0 ? 0 :
	    sockfile_fail("listen on", sf->sf_path);
}

int
sockfile_create(struct sockfile *sf, const struct conf_control *co, int *fdp)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	*sf = (struct sockfile){ 0 };
	snprintf(sf->sf_path, sizeof(sf->sf_path), "%s", co->co_socket);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", co->co_socket);
	if (sockfile_mkdir(sf) != 0)
		return -1;
	if (sockfile_replace(sf->sf_path, &sun) != 0)
		goto fail;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		sockfile_fail("make", sf->sf_path);
		goto fail;
	}
	if (sockfile_bind(sf, co, &sun, fd) != 0) {
		close(fd);
		goto fail;
	}
	*fdp = fd;
	return 0;
fail:
	sockfile_remove(sf);
	return -1;
}

void
sockfile_remove(const struct sockfile *sf)
{
	struct stat st;

	/* Not one that somebody put there since. */
	if (sf->sf_ino != 0 && lstat(sf->sf_path, &st) == 0 &&
	    st.st_dev == sf->sf_dev && st.st_ino == sf->sf_ino)
		unlink(sf->sf_path);
	sockfile_rmdir(sf);
}
