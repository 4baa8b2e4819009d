/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileged parent.
 *
 * It does little, so that there is little to go wrong: opens the devices that
 * the configuration names when the child asks, passes signals on, waits.  When
 * the child is gone it removes the control socket; everything else (taps,
 * AF_XDP sockets and programs) goes with the descriptors, whoever dies first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "daemon_int.h"
#include "dev/open.h"
#include "newconf.h"
#include "priv/permit.h"
#include "priv/priv.h"

#define STOP_MS 5000 /* the child has to stop, before it is killed */

struct parent {
	struct newconf pa_newconf;
	pid_t pa_child;
	int pa_signals; /* signalfd */
	int pa_opener;	/* requests of the child */
	int pa_ready;	/* -1 once it was, or is gone */
	bool pa_stopping;
};

static struct permit
if_permit(const struct conf_if *ci)
{
	static const unsigned kinds[] = {
		[CONF_TAP] = OPEN_TAP,
		[CONF_XDP] = OPEN_XDP,
		[CONF_PACKET] = OPEN_PACKET,
		[CONF_PAIR] = 0,
		[CONF_PCAP] = 0,
		[CONF_MEMIF] = OPEN_MEMIF_LISTEN,
	};
	struct permit pm = {
		.pm_device =
		    ci->ci_device != NULL ? ci->ci_device : ci->ci_name,
		.pm_socket = ci->ci_socket,
		.pm_cut = ci->ci_login == CONF_LOGIN_CUT,
	};

	if (ci->ci_parent != NULL)
		pm.pm_kind = 0; /* a VLAN has no device */
	else if (ci->ci_driver == CONF_MEMIF && ci->ci_role == CONF_CLIENT)
		pm.pm_kind = OPEN_MEMIF_CONNECT;
	else
		pm.pm_kind = kinds[ci->ci_driver];
	return pm;
}

/* Until it is settled which of two configurations runs: what either says. */
static bool
newconf_permit(const void *arg, unsigned i, struct permit *pm)
{
	const struct newconf *nc = arg;
	const struct conf *conf = nc->nc_next;

	if (conf == NULL || i >= conf->cf_nif) {
		i -= conf != NULL ? conf->cf_nif : 0;
		conf = nc->nc_conf;
	}
	if (conf == NULL || i >= conf->cf_nif)
		return false;
	*pm = if_permit(&conf->cf_if[i]);
	return true;
}

/* To the service manager that started us, if one did (sd_notify(3)). */
static void
notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (path == NULL || (len = strlen(path)) == 0 ||
	    len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	if (sun.sun_path[0] == '@')
		sun.sun_path[0] = '\0'; /* an abstract name */
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun, (socklen_t)(offsetof(struct sockaddr_un,
	    sun_path) + len)) < 0)
		fprintf(stderr, "spate: cannot tell %s \"%s\": %s\n", path,
		    text, strerror(errno));
	close(fd);
}

static void
parent_ready(struct parent *pa)
{
	char byte;

	if (read(pa->pa_ready, &byte, 1) == 1)
		notify("READY=1");
	close(pa->pa_ready);
	pa->pa_ready = -1;
}

static void
parent_signal(struct parent *pa)
{
	struct signalfd_siginfo si;

	if (read(pa->pa_signals, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGTERM:
	case SIGINT:
		if (!pa->pa_stopping)
			notify("STOPPING=1");
		pa->pa_stopping = true;
		kill(pa->pa_child, SIGTERM);
		break;
	case SIGHUP:
		newconf_signal(&pa->pa_newconf);
		break;
	}
}

static void
parent_newconf(struct parent *pa)
{
	struct newconf *nc = &pa->pa_newconf;

	if (newconf_serve(nc) != 0) {
		close(nc->nc_sock);
		nc->nc_sock = -1;
	}
}

/* Serve until the child has gone; its status as of waitpid(2). */
static int
parent_loop(struct parent *pa)
{
	struct permits permits = { "configuration", newconf_permit,
		&pa->pa_newconf };
	int n, status;

	while (waitpid(pa->pa_child, &status, WNOHANG) == 0) {
		struct pollfd pfd[] = {
			{ .fd = pa->pa_signals, .events = POLLIN },
			{ .fd = pa->pa_opener, .events = POLLIN },
			{ .fd = pa->pa_ready, .events = POLLIN },
			{ .fd = pa->pa_newconf.nc_sock, .events = POLLIN },
		};

		n = poll(pfd, countof(pfd), pa->pa_stopping ? STOP_MS : -1);
		if (n == 0) {
			fprintf(stderr, "spate: the data plane does not stop: "
			    "killing it\n");
			kill(pa->pa_child, SIGKILL);
		}
		if (n <= 0)
			continue;
		if (pfd[2].revents != 0)
			parent_ready(pa);
		if (pfd[3].revents != 0)
			parent_newconf(pa);
		if (pfd[1].revents != 0 && opener_serve(pa->pa_opener,
		    permit_policy, &permits) != 0) {
			close(pa->pa_opener);
			pa->pa_opener = -1;
		}
		if (pfd[0].revents != 0)
			parent_signal(pa);
	}
	return status;
}

static int
parent_status(const struct parent *pa, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "spate: the data plane (pid %d) was killed by signal "
	    "%d (%s)\n", (int)pa->pa_child, WTERMSIG(status),
	    strsignal(WTERMSIG(status)));
	return CMD_FAILED;
}

/* Of each two ends the first is the parent's. */
static void
parent_ends(struct parent *pa, struct child_fds *cf, const int opener[2],
    const int newconf[2], const int ready[2])
{
	int mine = pa->pa_child == 0;

	close(opener[!mine]);
	close(newconf[!mine]);
	close(ready[!mine]);
	if (mine)
		close(pa->pa_signals);
	else
		close(cf->cf_listen); /* or nobody could tell that it died */
	cf->cf_opener = pa->pa_opener = opener[mine];
	cf->cf_newconf = pa->pa_newconf.nc_sock = newconf[mine];
	cf->cf_ready = pa->pa_ready = ready[mine];
}

/* Both processes come out of it; in the child pa_child is 0. */
static int
parent_fork(struct parent *pa, struct child_fds *cf)
{
	int opener[2], newconf[2], ready[2];

	if ((pa->pa_signals = signals_block()) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		opener) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		newconf) != 0 ||
	    pipe2(ready, O_CLOEXEC) != 0 || (pa->pa_child = fork()) < 0) {
		fprintf(stderr, "spate: cannot start the data plane: %s\n",
		    strerror(errno));
		return -1;
	}
	parent_ends(pa, cf, opener, newconf, ready);
	return 0;
}

int
parent_run(const char *path, struct conf *conf)
{
	struct parent pa = { .pa_newconf = { .nc_path = path,
		.nc_conf = conf } };
	struct child_fds cf;
	struct sockfile sf;
	int status = CMD_FAILED;

	if (sockfile_create(&sf, conf->cf_control, &cf.cf_listen) != 0)
		goto out;
	if (parent_fork(&pa, &cf) == 0) {
		if (pa.pa_child == 0)
			return child_run(conf, &cf);
		status = parent_status(&pa, parent_loop(&pa));
	}
	sockfile_remove(&sf);
out:
	newconf_fini(&pa.pa_newconf);
	return status;
}
