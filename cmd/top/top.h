/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_TOP_TOP_H
#define CMD_TOP_TOP_H

/* The subcommand "top"; see cmd.h. */
int cmd_top(int argc, char **argv);

#endif
