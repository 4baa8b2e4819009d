/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_SHOW_SHOW_H
#define CMD_SHOW_SHOW_H

#include <stdbool.h>

/* The subcommand "show"; see cmd.h. */
int cmd_show(int argc, char **argv);

/* One view, for a subcommand of its own.  path: NULL for the usual socket. */
int show_view(const char *name, const char *path, bool json);

#endif
