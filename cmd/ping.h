/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_PING_H
#define CMD_PING_H

/* The subcommand "ping"; see cmd.h. */
int cmd_ping(int argc, char **argv);

#endif
