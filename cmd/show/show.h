/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_SHOW_SHOW_H
#define CMD_SHOW_SHOW_H

/* The subcommand "show"; see cmd.h. */
int cmd_show(int argc, char **argv);

#endif
