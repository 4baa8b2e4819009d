/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_RSS_H
#define CMD_RSS_H

/* The subcommand "rss"; see cmd.h. */
int cmd_rss(int argc, char **argv);

#endif
