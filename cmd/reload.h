/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_RELOAD_H
#define CMD_RELOAD_H

/* The subcommands "reload" and "confirm"; see cmd.h. */
int cmd_reload(int argc, char **argv);
int cmd_confirm(int argc, char **argv);

#endif
