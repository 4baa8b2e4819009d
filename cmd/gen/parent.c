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
#include "priv/permit.h"
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
	bool pa_nohup; /* nohup(1): the terminal may go */
};

static bool
plan_permit(const void *arg, unsigned i, struct permit *pm)
{
	static const unsigned kinds[] = {
		[PLAN_TAP] = OPEN_TAP,
		[PLAN_XDP] = OPEN_XDP,
		[PLAN_PACKET] = OPEN_PACKET,
		[PLAN_PAIR] = 0,
		[PLAN_MEMIF] = OPEN_MEMIF_LISTEN,
	};
	const struct plan *pl = arg;
	const struct plan_port *pp;

	if (i >= pl->pl_nport)
		return false;
	pp = &pl->pl_port[i];
	*pm = (struct permit) {
		.pm_kind = kinds[pp->pp_driver],
		.pm_device = pp->pp_device,
		.pm_socket = pp->pp_socket,
		.pm_cut = pp->pp_login == CONF_LOGIN_CUT,
	};
	if (pp->pp_driver == PLAN_MEMIF && pp->pp_role == CONF_CLIENT)
		pm->pm_kind = OPEN_MEMIF_CONNECT;
	return true;
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
	    si.ssi_signo == SIGCHLD ||
	    (si.ssi_signo == SIGHUP && pa->pa_nohup))
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
	struct permits permits = { "plan", plan_permit, pa->pa_plan };
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
		    permit_policy, &permits) != 0) {
			close(pa->pa_opener);
			pa->pa_opener = -1;
		}
		if (pfd[0].revents != 0)
			parent_signal(pa);
		command_ended(pa);
	}
	/* The child was told to end, and did not wait for it. */
	if (pa->pa_command > 0)
		kill(pa->pa_command, SIGTERM);
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
	struct sigaction hup;
	struct gen_files fs;
	int status;

	if (files_open(gj->gj_plan, &fs) != 0)
		return GEN_NOTHING;
	fflush(stdout);
	sigaction(SIGHUP, NULL, &hup);
	pa.pa_nohup = hup.sa_handler == SIG_IGN;
	if ((pa.pa_signals = signals_block()) < 0) {
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
