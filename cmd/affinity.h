/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_AFFINITY_H
#define CMD_AFFINITY_H

/* The subcommand "affinity"; see cmd.h. */
int cmd_affinity(int argc, char **argv);

#endif
