/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_DEMO_DEMO_H
#define CMD_DEMO_DEMO_H

/* The subcommand "demo"; see cmd.h. */
int cmd_demo(int argc, char **argv);

#endif
