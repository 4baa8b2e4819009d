/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_DAEMON_DAEMON_H
#define CMD_DAEMON_DAEMON_H

/* The subcommand "daemon"; see cmd.h. */
int cmd_daemon(int argc, char **argv);

#endif
