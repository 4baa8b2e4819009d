/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of spate gen:
 *
 *	gen.c		finds out what is wanted
 *	oneliner.c	the options of a command line;
 *	oneliner_plan.c	the text of a plan that they are
 *	parent.c	privileged: opens devices for the child, runs commands
 *			for the device under test, passes signals on, puts
 *			reports into their places
 *	child.c		puts the tester together, gives up what it need not have
 *	ports.c		a plan's ports as the tester takes them
 *	steps.c		runs the steps;
 *	methods.c	those that are methods of src/gen
 *	expects.c	holds expectations against results
 *	screen.c	shows trials as they run, and changes them by keys
 *	live.c		what there is to be seen
 *	udp.c		source, sink and echo: command line, and what they do
 *	files.c		reports as files that are whole or not there
 *	report.c	a report of the past in another form
 *
 * All of it runs a plan: a one-liner is turned into one first.
 */
#ifndef CMD_GEN_JOB_H
#define CMD_GEN_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "gen/plan.h"

/* Exit status, besides those of cmd.h. */
enum {
	GEN_UNMET = 1,		/* an expectation was not met */
	GEN_NOTHING = 3,	/* it could not be measured */
	GEN_STOPPED = 130,	/* by the user; what was measured is told */
};

/* spate gen udp */
enum udp_mode { UDP_NONE, UDP_SOURCE, UDP_SINK, UDP_ECHO };

/* What to do. */
struct gen_job {
	const struct plan *gj_plan;
	const char	*gj_name;	/* of the plan's file */
	const char	*gj_text;	/* of the plan */
	int		 gj_argc;	/* after "spate gen", for the report */
	char		**gj_argv;
	const enum udp_mode *gj_udp;	/* of each port; NULL: steps, report */
	bool		 gj_quiet;	/* no progress, no report as text */
	bool		 gj_screen;	/* not the steps: trials on a screen */
};

/*
 * oneliner.c: the plan of a command line (argv[0]: "rfc2544", "send", ...),
 * malloc'ed.  0, or CMD_USAGE after a message, or -1 if help was asked for
 * and given.
 */
struct oneliner {
	char		*ol_text;
	bool		 ol_print;	/* --print-plan */
	bool		 ol_quiet;
};
int	 oneliner_parse(int argc, char **argv, struct oneliner *);
/* Whether there is a suite or method of this name. */
bool	 oneliner_known(const char *name);
void	 oneliner_list(FILE *);

/* A --port as part of a plan; false after a message.  A string, quoted. */
bool	 oneliner_put_port(FILE *, const char *port, unsigned i);
void	 oneliner_put_string(FILE *, const char *);

/* report.c: spate gen report */
int	 report_main(int argc, char **argv);

/* udp.c: spate gen udp */
int	 udp_main(int argc, char **argv);

/* parent.c: runs the job to its end; returns the exit status. */
int	 gen_parent_run(const struct gen_job *);

/*
 * child.c: the same in a process of its own, with a socket on which to have
 * devices opened, and one on which to have commands run.
 */
struct gen_files;
int	 gen_child_run(const struct gen_job *, const struct gen_files *,
	    int opener, int command);

#endif
