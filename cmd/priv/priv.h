/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs with privileges have in common, the daemon and the tester:
 * giving them up, not cutting the user's own login, and hearing of signals.
 */
#ifndef CMD_PRIV_PRIV_H
#define CMD_PRIV_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/*
 * login.c: whether the user's own login (ssh) comes by the device that is to
 * be taken from the kernel, unless he says that it may be cut.  EPERM and
 * text; else 0.  Warns of others' logins.
 */
int login_check(const char *device, bool cut, char *err, size_t errlen);

/*
 * sandbox.c: give up all privileges and most system calls, for good.  Threads
 * made later inherit it.  0, or an errno value and a message.
 */
int sandbox_enter(struct log *);

/*
 * signals.c: from here on SIGTERM, SIGINT, SIGHUP and SIGCHLD wait to be read
 * from the descriptor that is returned (signalfd(2)), or -1.  Children inherit
 * that, and let them in when they are ready.
 */
int signals_block(void);

#endif
