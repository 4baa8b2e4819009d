/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subcommands of spate(1).  Each is a function with the form of main();
 * what it returns is the exit status: 0, 1 for "it failed", CMD_USAGE for
 * "I did not understand you".
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

enum {
	CMD_OK		= 0,
	CMD_FAILED	= 1,
	CMD_USAGE	= 2,	/* wrong arguments or configuration */
};

/* argv[0] is the subcommand's name, ready for getopt(). */
typedef int cmd_fn(int argc, char **argv);

#endif
