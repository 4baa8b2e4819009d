/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileged process: it opens the devices that the plan names when the
 * child asks, runs the plan's commands for the device under test, passes
 * signals on, and puts the child's reports into their places.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open.h"
#include "priv/priv.h"
#include "run_int.h"

#define STOP_MS 10000 /* the child has to stop and report */

struct parent {
	const struct plan *pa_plan;
	pid_t pa_child;
	pid_t pa_command; /* that runs now; 0: none */
	int pa_signals; /* signalfd */
	int pa_opener; /* requests of the child; -1: it has no more */
	int pa_commands;
	bool pa_stopping;
};

static const struct plan_port *
port_of(const struct plan *pl, const char *device)
{
	unsigned i;

	for (i = 0; i < pl->pl_nport; i++) {
		const struct plan_port *pp = &pl->pl_port[i];

		if (pp->pp_device != NULL && strcmp(pp->pp_device, device) == 0)
			return pp;
	}
	return NULL;
}

/* The port with this socket and role, or NULL. */
static const struct plan_port *
port_of_socket(const struct plan *pl, const struct open_req *req)
{
	enum conf_role role =
	    req->or_kind == OPEN_MEMIF_CONNECT ? CONF_CLIENT : CONF_SERVER;
	unsigned i;

	for (i = 0; i < pl->pl_nport; i++) {
		const struct plan_port *pp = &pl->pl_port[i];

		if (pp->pp_socket != NULL && pp->pp_role == role &&
		    strcmp(pp->pp_socket, req->or_path) == 0)
			return pp;
	}
	return NULL;
}

/* Whether a port of this driver needs a device opened in this way. */
static bool
driver_opens(enum plan_driver driver, unsigned kind)
{
	switch (kind) {
	case OPEN_TAP:
		return driver == PLAN_TAP;
	case OPEN_XDP:
		return driver == PLAN_XDP;
	case OPEN_PACKET:
		return driver == PLAN_PACKET;
	case OPEN_MEMIF_LISTEN:
	case OPEN_MEMIF_CONNECT:
	case OPEN_MEMIF_REMOVE:
		return driver == PLAN_MEMIF;
	default:
		return true;
	}
}

static int
parent_policy(void *arg, const struct open_req *req, char *err, size_t errlen)
{
	const struct plan *pl = arg;
	const bool memif = open_kind_memif(req->or_kind);
	const struct plan_port *pp = memif ? port_of_socket(pl, req) :
	    port_of(pl, req->or_name);

	if (pp == NULL || !driver_opens(pp->pp_driver, req->or_kind)) {
		snprintf(err, errlen, "the plan does not name a %s %.107s",
		    memif ? "socket" : "device",
		    memif ? req->or_path : req->or_name);
		return EPERM;
	}
	if (req->or_kind == OPEN_XDP || req->or_kind == OPEN_PACKET)
		return login_check(req->or_name,
		    pp->pp_login == CONF_LOGIN_CUT, err, errlen);
	return 0;
}

/* Start one of the plan's commands; answered when it ends. */
static void
parent_command(struct parent *pa)
{
	const struct plan_dut *pd = pa->pa_plan->pl_dut;
	const char *command = NULL;
	uint8_t byte;
	sigset_t none;

	if (read(pa->pa_commands, &byte, 1) != 1) {
		close(pa->pa_commands);
		pa->pa_commands = -1;
		return;
	}
	if (byte == COMMAND_RESET)
		command = pd->pd_reset;
	else if (byte == COMMAND_READY)
		command = pd->pd_ready;
	else if (byte == COMMAND_FORGET)
		command = pd->pd_forget;
	if (command == NULL || pa->pa_command != 0)
		return; /* the child knows better */
	if ((pa->pa_command = fork()) == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		dup2(STDERR_FILENO, STDOUT_FILENO); /* that is the report's */
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pa->pa_command < 0) {
		pa->pa_command = 0;
		byte = 127;
		if (write(pa->pa_commands, &byte, 1) != 1)
			fprintf(stderr, "spate gen: the tester is gone\n");
	}
}

static void
command_ended(struct parent *pa)
{
	uint8_t byte;
	int status;

	if (pa->pa_command == 0 ||
	    waitpid(pa->pa_command, &status, WNOHANG) != pa->pa_command)
		return;
	pa->pa_command = 0;
	byte = WIFEXITED(status) ? (uint8_t)WEXITSTATUS(status) :
	    (uint8_t)(128 + WTERMSIG(status));
	if (pa->pa_commands >= 0 && write(pa->pa_commands, &byte, 1) != 1)
		fprintf(stderr, "spate gen: the tester is gone\n");
}

static void
parent_signal(struct parent *pa)
{
	struct signalfd_siginfo si;

	if (read(pa->pa_signals, &si, sizeof(si)) != (ssize_t)sizeof(si) ||
	    si.ssi_signo == SIGCHLD)
		return;
	pa->pa_stopping = true;
	kill(pa->pa_child, SIGTERM);
	if (pa->pa_command > 0)
		kill(pa->pa_command, SIGTERM);
}

/* Serve until the child has gone; its status as of waitpid(2). */
static int
parent_loop(struct parent *pa)
{
	int n, status;

	while (waitpid(pa->pa_child, &status, WNOHANG) == 0) {
		struct pollfd pfd[] = {
			{ .fd = pa->pa_signals, .events = POLLIN },
			{ .fd = pa->pa_opener, .events = POLLIN },
			{ .fd = pa->pa_commands, .events = POLLIN },
		};

		n = poll(pfd, countof(pfd), pa->pa_stopping ? STOP_MS : -1);
		if (n == 0) {
			fprintf(stderr, "spate gen: the tester does not stop: "
			    "killing it\n");
			kill(pa->pa_child, SIGKILL);
		}
		if (n <= 0)
			continue;
		if (pfd[2].revents != 0)
			parent_command(pa);
		if (pfd[1].revents != 0 && opener_serve(pa->pa_opener,
		    parent_policy, (void *)(uintptr_t)pa->pa_plan) != 0) {
			close(pa->pa_opener);
			pa->pa_opener = -1;
		}
		if (pfd[0].revents != 0)
			parent_signal(pa);
		command_ended(pa);
	}
	return status;
}

static int
parent_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "spate gen: the tester was killed by signal %d (%s)\n",
	    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return GEN_NOTHING;
}

/* From here on signals are read; the child lets them in when it is ready. */
static int
parent_block_signals(sigset_t *before)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < countof(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int
parent_fork(struct parent *pa, const struct gen_job *gj,
    const struct gen_files *fs)
{
	int opener[2], command[2], status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		opener) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		command) != 0 ||
	    (pa->pa_child = fork()) < 0) {
		fprintf(stderr, "spate gen: cannot start: %s\n",
		    strerror(errno));
		return GEN_NOTHING;
	}
	if (pa->pa_child == 0) {
		close(opener[0]);
		close(command[0]);
		close(pa->pa_signals);
		status = gen_child_run(gj, fs, opener[1], command[1]);
		fflush(stdout);
		_exit(status);
	}
	close(opener[1]);
	close(command[1]);
	pa->pa_opener = opener[0];
	pa->pa_commands = command[0];
	return parent_status(parent_loop(pa));
}

int
gen_parent_run(const struct gen_job *gj)
{
	struct parent pa = { .pa_plan = gj->gj_plan, .pa_opener = -1,
		.pa_commands = -1 };
	struct gen_files fs;
	sigset_t before;
	int status;

	if (files_open(gj->gj_plan, &fs) != 0)
		return GEN_NOTHING;
	fflush(stdout);
	if ((pa.pa_signals = parent_block_signals(&before)) < 0) {
		fprintf(stderr, "spate gen: %s\n", strerror(errno));
		files_finish(&fs, false);
		return GEN_NOTHING;
	}
	status = parent_fork(&pa, gj, &fs);
	if (files_finish(&fs, !gj->gj_quiet) != 0)
		status = GEN_NOTHING;
	close(pa.pa_signals);
	return status;
}
