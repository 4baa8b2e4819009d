/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Namespaces and programs of the laboratory; see lab.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demo/lab.h"

/* The one thing a signal handler can reach. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

void
lab_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

bool
lab_interrupted(void)
{
	return interrupted != 0;
}

static int
write_file(const char *path, const char *text)
{
	int error = 0, fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

/* We are root of a user namespace in which only we exist. */
static int
map_root(uid_t uid, gid_t gid)
{
	char text[64];
	int error;

	snprintf(text, sizeof(text), "0 %u 1", uid);
	if ((error = write_file("/proc/self/uid_map", text)) != 0 ||
	    (error = write_file("/proc/self/setgroups", "deny")) != 0)
		return error;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	return write_file("/proc/self/gid_map", text);
}

static int
run_ip_loopback(const struct lab_host *h)
{
	return lab_run(h, 5, NULL, 0, "ip link set lo up") == 0 ? 0 : EIO;
}

int
lab_enter(bool unprivileged)
{
	static const struct lab_host here = { .lh_fd = -1 };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error;

	if (unshare(CLONE_NEWNET | (unprivileged ? CLONE_NEWUSER : 0)) != 0)
		return errno;
	if (unprivileged && (error = map_root(uid, gid)) != 0)
		return error;
	return run_ip_loopback(&here);
}

int
lab_host_create(struct lab_host *h, const char *name)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (here < 0)
		return errno;
	h->lh_name = name;
	/* There and back again; the descriptor keeps the namespace. */
	if (unshare(CLONE_NEWNET) != 0)
		error = errno;
	else if ((h->lh_fd = open("/proc/self/ns/net", O_RDONLY)) < 0)
		error = errno;
	if (setns(here, CLONE_NEWNET) != 0 && error == 0)
		error = errno;
	close(here);
	return error != 0 ? error : run_ip_loopback(h);
}

/* In the child: onto the host, into a process group that can be ended. */
static void
become(const struct lab_host *h, int out)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (h->lh_fd >= 0 && setns(h->lh_fd, CLONE_NEWNET) != 0)
		_exit(127);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int
exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Wait until a time; a process that is still there then is ended. */
static int
reap(pid_t pid, uint64_t until)
{
	struct timespec nap = { .tv_nsec = 2000000 };
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (interrupted || now_ms() >= until) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return exit_status(status);
}

/* Collect what the command prints until it ends its output. */
static void
collect(int fd, uint64_t until, char *out, size_t outlen)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char rest[512];
	size_t n = 0;
	uint64_t now;
	ssize_t got;

	while (!interrupted && (now = now_ms()) < until) {
		bool full = n + 1 >= outlen;

		if (poll(&pfd, 1, (int)(until - now)) <= 0)
			continue;
		got = read(fd, full ? rest : out + n,
		    full ? sizeof(rest) : outlen - 1 - n);
		if (got <= 0)
			break;
		if (!full)
			n += (size_t)got;
	}
	out[n] = '\0';
}

int
lab_run(const struct lab_host *h, unsigned seconds, char *out, size_t outlen,
    const char *fmt, ...)
{
	uint64_t until = now_ms() + seconds * 1000ull;
	int fds[2] = { -1, -1 };
	char command[1024];
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (interrupted || (out != NULL && pipe2(fds, O_CLOEXEC) != 0))
		return -1;
	fflush(stdout);
	if ((pid = fork()) == 0) {
		become(h, fds[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (out != NULL) {
		close(fds[1]);
		if (pid > 0)
			collect(fds[0], until, out, outlen);
		close(fds[0]);
	}
	return pid > 0 ? reap(pid, until) : -1;
}

pid_t
lab_start(const struct lab_host *h, const char *logfile,
    const char *const argv[])
{
	pid_t pid;
	int fd;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	fd = logfile == NULL ? -1 :
	    open(logfile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	become(h, fd);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int
lab_stop(pid_t pid, unsigned seconds)
{
	uint64_t until = now_ms() + seconds * 1000ull;
	struct timespec nap = { .tv_nsec = 2000000 };
	int status;

	if (pid <= 0)
		return -1;
	kill(pid, SIGTERM);
	/* Even when interrupted: it is told to end in order, and given time. */
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() >= until) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return exit_status(status);
}
