/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the daemon.
 *
 *	parent.c	privileged: makes the control socket, opens devices for
 *			the child, passes signals on, cleans up behind it
 *	child.c		the data plane: puts the instance together, gives up
 *			what it need not have, runs
 *	loop.c		the event loop around ctl
 *	server.c	clients of the control socket
 *	sockfile.c	the control socket in the file system
 *	newconf.c	reading the configuration again, in the parent
 *	source.c	and getting it from there, in the child
 *	../priv/	giving up privileges; the user's own login is not cut
 *
 * Parent and child are joined by a pair of sockets, over which the child has
 * devices opened (dev/open.h), another one for new configurations (newconf.h),
 * and a pipe, on which it says that it is ready.
 * When either process goes, however it goes, the other sees its end closed.
 */
#ifndef CMD_DAEMON_DAEMON_INT_H
#define CMD_DAEMON_DAEMON_INT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/tsa.h"
#include "ctl/conf/conf.h"
#include "spate.h"

/*
 * parent.c: runs the daemon to its end; returns the exit status.  path: where
 * the configuration, which is taken, was read.
 */
int parent_run(const char *path, struct conf *);

/* What the child is given. */
struct child_fds {
	int cf_opener; /* requests to the parent */
	int cf_newconf; /* new configurations */
	int cf_ready;  /* one byte to the parent: ready */
	int cf_listen; /* the control socket */
};

/*
 * child.c: the child's main program, which takes the configuration; returns
 * its exit status.
 */
int child_run(struct conf *, const struct child_fds *);

/*
 * loop.c: run ctl until a signal asks to stop (returns true), or the parent
 * is gone (false).
 */
struct loop;
int loop_create(struct ctl *, const struct child_fds *, struct loop **) ON_CTL;
bool loop_run(struct loop *, struct engine *) ON_CTL;
void loop_destroy(struct loop *);

/* sockfile.c: the control socket's name, and what must go with it. */
struct sockfile {
	char sf_path[108];
	dev_t sf_dev; /* of the socket, to know it again */
	ino_t sf_ino;
	bool sf_newdir; /* its folder is ours too */
};

/*
 * Make the socket that a configuration wants, listening, in *fdp.  A dead one
 * of the same name is replaced.  0, or -1 and a message.
 */
int sockfile_create(struct sockfile *, const struct conf_control *, int *fdp);
void sockfile_remove(const struct sockfile *);

#endif
