/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A laboratory: network namespaces that nobody else sees, and programs run in
 * them.
 *
 * The calling process moves into a namespace of its own; others are held by
 * their descriptors alone.  When the process ends, however it ends, the
 * programs it started end with it and the kernel takes the namespaces, their
 * interfaces and all: there is nothing to clean up.
 */
#ifndef CMD_DEMO_LAB_H
#define CMD_DEMO_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A host: a network namespace with the kernel's own stack in it. */
struct lab_host {
	const char *lh_name;
	int lh_fd; /* its namespace; -1: the calling process's */
};

/*
 * Move into a network namespace of our own; unprivileged: as root of a user
 * namespace of our own.  Returns 0 or an errno value.
 */
int lab_enter(bool unprivileged);

/* Another namespace, with its loopback up.  Returns 0 or an errno value. */
int lab_host_create(struct lab_host *, const char *name);

/* From now on SIGINT and SIGTERM end what runs; see lab_interrupted(). */
void lab_catch_signals(void);
bool lab_interrupted(void);

/*
 * Run a shell command on a host and wait, at most the given seconds.  What it
 * prints goes to out, cut to outlen; NULL: to our own output.  Returns its
 * exit status, or -1 if it was ended.
 */
int lab_run(const struct lab_host *, unsigned seconds, char *out,
    size_t outlen, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * Start a program on a host; its output goes to the file of that name, NULL:
 * to ours.  Returns its process, or -1.
 */
pid_t lab_start(const struct lab_host *, const char *logfile,
    const char *const argv[]);

/* End it and wait for it.  Returns its exit status, or -1. */
int lab_stop(pid_t, unsigned seconds);

#endif
