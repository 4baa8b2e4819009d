/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_EDIT_H
#define CMD_EDIT_H

/* The subcommands "route", "neigh", "address" and "sysctl"; see cmd.h. */
int cmd_route(int argc, char **argv);
int cmd_neigh(int argc, char **argv);
int cmd_address(int argc, char **argv);
int cmd_sysctl(int argc, char **argv);

#endif
